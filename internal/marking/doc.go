// Package marking says who may read a piece of information, what may be done
// with it and to whom it may go.
//
// A Marking has independent axes; none is derived from another:
//
//   - Levels: national or alliance classification, one rank per system
//   - Rel: the nations and partners it may go to; Everyone, or a list
//   - Caveats: prohibitions; each bars the readers it names
//   - Compartments: every one must be held by the reader
//   - TLP: the source's traffic light, version 2.0
//   - PAP: what may be done with it (not who may read it)
//   - ORCON and Originators: whose consent a release needs
//   - Scope: the institutions it is limited to
//   - Named: the persons it is limited to
//   - Cases: need to know; the reader must be on every case
//
// Markings form a lattice. Combine is its join: what is composed of parts
// carries the combination of their markings, which nobody can read who could
// not read every part. The laws (idempotent, commutative, associative,
// monotone; no combination widens readers or releases) are property tests.
//
// The zero Marking can be read by nobody: forgetting to mark fails closed.
// Public is the other end, the identity of Combine.
//
// TLP is not a classification: TLP:RED is not above any national level, and a
// classified paper needs no TLP. Levels of different systems are compared
// only through pairs of the country pack's table that are verified (Table).
//
// The package is pure: no database, no clock, no text of any country.
package marking
