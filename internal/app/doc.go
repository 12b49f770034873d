// Package app is the switchboard: it reads the configuration, opens the
// database, builds every room, introduces them to each other, starts and
// stops them. Nobody imports it but the front gate, cmd/kulla.
//
// # The tour, bottom up
//
// An import goes down a storey, never sideways, never up (internal/housetest
// checks it). Read the house in this order; each room's doc.go says what it
// is for, what it stores and what is always true in it.
//
// The footing:
//
//   - fault: the kinds of error, each with a sentence that may be shown.
//
// The ground, which knows nothing of the desk:
//
//   - db: SQLite or PostgreSQL behind one SQL text.
//   - marking: who may read what and to whom it may go; a lattice, pure.
//   - country: packs, everything a nation's law and language adds, as data.
//   - regime: reporting duties as a graph of events: due times, significance,
//     obligations; pure.
//   - i18n: words, plurals, numbers and dates of each language.
//   - stat: published methods: exact intervals, expected ranges; pure.
//   - report: a document of headings, tables and charts as HTML, SVG, PDF; pure.
//   - stix, stix/pattern, match: the exchange core, usable by other programs.
//
// The ledgers:
//
//   - access: who may; people, sign-ins, markings of rows.
//   - jobs: what is due.
//   - audit: what was done, chained and provable.
//   - outbox: what leaves.
//
// The library:
//
//   - registry: institutions, what they hold and who answers for them.
//
// The workrooms:
//
//   - incident: reports, stages, clocks. The model room.
//   - council: the paper "The state of cybersecurity".
//
// The door:
//
//   - web: pages for people; start at routes.go.
//
// # One report, end to end
//
// web decodes POST /report into an incident.Draft; incident.Submit asks
// access, checks the draft, and in one transaction writes the submission,
// derives the obligations (regime), enqueues reminders (jobs), proposes the
// receipt (outbox) and records the act (audit). The jobs runner started here
// hands the receipt to the mail server and keeps the answer. The sealer
// started here puts the records into the chain about once a second.
//
// # In this package
//
// config.go (the one configuration file), secrets.go (keys, in files),
// app.go (New, Start, Stop), introduce.go (who answers whose question),
// serve.go (listeners, TLS), metrics.go (what is measured).
package app
