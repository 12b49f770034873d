// Package registry is the room of institutions and what they hold: names,
// numbers, kinds, infrastructures and their classes, services and what those
// need, networks, domains and contacts.
//
// # One record, many versions
//
// An [Institution] is a [Record] under an id that never changes: the id of the
// country pack, or one of db.NewID. A record is one value. It is cleaned into
// one written form, so that two records that say the same are equal to the
// byte; checked whole, so that every broken field is told at once; and stored
// as a new version, never over an old one. Forms, proposals, imports and packs
// all hand in records; [Diff] says what differs, and a merge of three records
// (start, yours, theirs) solves every meeting of two editors: what only one
// changed is kept, what both changed is named and nothing typed is lost
// ([Clash]).
//
// # Two times
//
// Names, kinds, classes, services, networks and domains carry the days on which
// they held. Versions carry when they were recorded. [Desk.Tallies] counts the
// institutions of a day as known at a cut-off, whatever was learnt since;
// [Desk.AsKnown] gives the record of a past instant; [Desk.Entity] gives the
// facts of a day to the regimes.
//
// # Who may
//
// An institution owns its own record: registry.read, .propose, .write,
// .approve, .import and .export of access. Its officers propose changes;
// people of the desk write; whoever approves has not proposed. Listing is the
// authority's: an institution's proposal leaves its own class, marking and
// proofs as they are. What one may not read is not listed, counted, found,
// suggested, named as a double or exported, and asking for it by id says the
// same as asking for nothing.
//
// # Tables
//
//	registry_institution  the newest version and the columns lists filter by
//	registry_version      append-only: every version of every record
//	registry_count        stretches of days in which class and sector stood × recorded time
//	registry_term         folded words; a search is a range of bytes, the same on both engines
//	registry_holding      networks, AS numbers and domains with their days
//	registry_service      which institution runs a service
//	registry_contact      whether mail to a contact came back
//	registry_proposal     registrations and changes that wait for a decision
//
// # Always true
//
//   - All but registry_version, registry_proposal and the bounces of
//     registry_contact can be derived again from registry_version.
//   - registry_version only grows; a version is what one person saved once.
//   - Class history is added to by [Desk.Classify]; an institution that was on
//     no list keeps its id when it is listed.
//   - An import run twice changes nothing the second time, and so does an
//     export that is imported again.
//
// # The door
//
//	New(Config) (*Desk, error)
//	Create, Change, Classify                        people of the desk
//	Register, Propose, Review, Approve, Reject, Withdraw, InviteAgain, Proposals
//	Get, History, List, Counts, Suggest, Doubles, Attribute, Tallies, Behind
//	Plan, Import, Export                            CSV, XLSX and JSON
//	SeedPack                                        at the start of the desk
//
// and, inside another room's transaction, without asking permission:
//
//	Entity, Find, AsKnown, Contacts, SetBounced, Service, OwnerOf, Table, Graph, TalliesIn
//
// Who calls: web (pages), incident (through app: who reports and whom to
// tell), feed (attribution), council (figures), cmd/kulla (import, export).
package registry
