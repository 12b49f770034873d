// Package incident is the room of reports, stages and the legal clocks that
// run on them. It is the model room: the others are built like it.
//
// # From a form to a receipt
//
// A reporter fills one [Draft], whatever the laws that ask. [Desk.Submit]
// checks it whole and gives every broken field at once; then, in one
// transaction, it writes the incident, an immutable submission with its
// SHA-256 digest, the facts and events it states, derives every obligation
// with the regime engine, enqueues a reminder for each, proposes the receipt
// to the outbox and records the act. The same form sent twice ([Draft.Key])
// gives the same receipt and never a second incident.
//
// # What is stored, and what is derived
//
// Three tables only grow: incident_event (what happened, and corrections that
// supersede), incident_fact (every version of every stated fact),
// incident_submission (what was handed in). All else follows from them:
// [Desk.AsKnown] derives an incident's legal position at any past instant from
// the rows recorded by then. incident_obligation and incident_count keep the
// derived rows with the span of recorded time in which they held
// (rec_from, rec_to), so that lists, scans and statistics with a cut-off are
// one index-backed query. incident_incident holds the present state and the
// few columns triage sorts by.
//
// # Always true
//
//   - A submission, once acknowledged, is never changed; its canonical JSON
//     hashes to the digest on the receipt.
//   - What one may not read is not counted, found, listed or exported.
//   - Voluntary, near-miss and threat reports carry access.NotForSupervision.
//   - Exercises carry numbers of their own and are in no statistic.
//   - A reminder is a job with a key made of incident, regime, stage, due and
//     instant: it leaves once; one whose reason has gone leaves not at all.
//   - Nothing derived is ever the only copy.
//
// # The door
//
//	New(Config) (*Desk, error)
//	(*Desk).Handlers() map[string]jobs.Handler                     incident.remind, incident.review
//
//	Submit(ctx, by, Draft, now) (Receipt, error)                   a report of any stage, kind and number of regimes
//	Check(ctx, by, Draft, now) (Preview, error)                    the same rules without writing: questions, dues, broken fields
//	Correct(ctx, by, id, Correction, now) (Incident, error)        a moment or fact was wrong: both versions stay
//	Recall(ctx, by, id, submission, reason, now) (Incident, error)
//	Record(ctx, by, id, Happening, now) (Incident, error)          recovered, handled, resolved, users informed…
//	Order(ctx, by, id, Order, now) (Incident, error)               classify, declassify, hold, release, extend, decide on lateness
//	Answer(ctx, by, id, Message, now) (Incident, error)            the authority's answer; stops its own clock
//	Ask(ctx, by, id, Question, now) (Incident, error)              a question with a due
//	Reply(ctx, by, id, Message, now) (Incident, error)             the institution's side of the thread
//	Note(ctx, by, id, text, now) (Incident, error)                 seen by the authority only
//	Assign, SetStatus, SetUnit, Classify, Rate, Mark               the officer's judgements, each with the version seen
//	AddTask, FinishTask, MyTasks, Link, Merge, Refer, HandOver, Handovers
//	Adopt(ctx, by, victim, institution, now) ([]ID, error)         an unlisted victim turns out to be in the registry
//
//	Get(ctx, by, id, now) (View, error)                            everything on one page; the read is recorded
//	Find(ctx, by, number) (ID, error)
//	AsKnown(ctx, by, id, at) (regime.Result, error)
//	Queue(ctx, by, Query, now) (Page, error)                       triage, keyset pages
//	Counts(ctx, by, Query, now) (Counts, error)
//	Submission(ctx, by, id, submission, now) (Submission, error)
//
//	SaveDraft, LoadDraft, Drafts, DropDraft                        forms in the making
//	Attach, Attachment, Files, DropAttachment                      files, checked by content
//	WriteForm(lang) / ReadForm, ReadJSON                           the form on paper, as a sheet or as signed JSON
//
//	Series(ctx, by, Slice) (Series, error)                         counts as known at a cut-off
//	Punctuality(ctx, by, Slice, now) ([]Punctual, error)
//	Evidence(ctx, by, Slice, after, limit) ([]ID, error)           the incidents behind a figure
//	OpenClocks(ctx, by, before, limit) ([]Clock, error)
//	Reporting(ctx, by, Slice) (Reporting, error)                   who reported and who did not
//	Sheets(ctx, by, Slice, lang) ([]Sheet, error)                  the three-monthly summary and the yearly one
//	Export(ctx, by, Query, format, w, now) (n, marking, error)     incident list, CSV or JSON
//
// Who calls: web (pages and its programming interface), council (series for
// the paper), cmd/kulla (import, export), jobs (reminders and reviews).
//
// Tables: incident_incident, incident_number, incident_event, incident_fact,
// incident_submission, incident_obligation, incident_count, incident_dim, incident_victim, incident_word,
// incident_message, incident_task, incident_link, incident_referral,
// incident_handover, incident_draft, incident_attachment, incident_chunk.
package incident
