// Package stix reads, checks, identifies, edits and converts content of STIX
// 2.1 (OASIS Standard with Errata 01), the language in which knowledge about
// threats is exchanged.
//
// # Objects are texts
//
// An [Object] is the exact bytes that were received and, beside them, a small
// header: type, id, created, modified, revoked, creator, markings. Nothing is
// decoded into structs and written back, so nothing is lost: unknown
// properties, several versions of one id, integers of any length, timestamp
// fractions of any length, even the blanks and the order of properties are
// served as they came. Properties are read through [Value], a view of the
// bytes that allocates nothing, and changed through [Object.Edit], which
// replaces only what the edit names.
//
// # Reading
//
// [Parse] reads one object. A [Decoder] reads the objects of a bundle or a
// TAXII envelope one at a time, from a reader in constant memory or from a
// text without copying. A [Parser] does the same work for texts that are
// already cut; it keeps room between calls.
//
// All of them refuse what cannot be trusted, with a [SyntaxError] that names
// place and [Rule]: text that is not JSON, member names that occur twice,
// bytes that are not UTF-8, halves of surrogate pairs, nesting deeper than
// [Limits] allow (64), objects that are too long. Everything that is sound
// JSON with a type and an id is an Object, however wrong it may be as STIX:
// it can be stored, shown and argued about.
//
// # Writing
//
// [New] makes an object from properties, [WriteBundle] a bundle from objects.
// [Object.References] and [Object.Granular] tell what an object refers to and
// how its parts are marked.
//
// # Checking
//
// [Parser.Check] and [Object.Check] compare an object with the tables of the
// specification and give a [Report] of one of three outcomes: [Valid],
// [ValidWarning] (vocabularies, deprecated features, best practice) or
// [Invalid]. Each [Finding] tells the place as a granular-marking selector,
// the rule, and the section of the text. The tables cover every domain,
// relationship, cyber-observable and meta object, the predefined extensions,
// extension definitions, markings, language content, and what the text says
// about custom types and properties. References are checked by the type in
// the identifier; whether their target exists is for a store to know.
//
// The pattern of an indicator is checked by the function in [Parser.Pattern];
// the package kulla.dev/stix/pattern provides one.
//
// # Sameness
//
// [Object.Digest] is the SHA-256 of the bytes: the same text. [Object.Meaning]
// is equal for texts that differ only in blanks, order, escapes, defaults or
// the writing of numbers and times: the same content. [DeterministicID] is the
// identifier section 2.9 derives for a cyber-observable object: the same
// thing, whoever reported it. Identifiers made by others are accepted as they
// are; a store keeps the derived one beside them as an alias.
//
// # Numbers and times
//
// Numbers stay text until somebody asks for an int64 or float64, and say so
// when they do not fit. A [Timestamp] compares by seconds and the digits of
// its fraction, never through a float, and knows leap seconds.
//
// # STIX 2.0
//
// [Convert] turns objects of STIX 2.0 into 2.1 by rules listed there, and
// returns the original with the result.
//
// The package is pure: no network, no clock, no files, no state. Its errors
// and findings are in English, for logs and reports.
package stix
