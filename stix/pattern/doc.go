// Package pattern reads, prints, compares and evaluates STIX 2.1 patterns
// (STIX 2.1 §9), for any program that has observations and indicators.
//
// A pattern is parsed once and made into a Matcher, which then answers for
// any number of observations:
//
//	p, err := pattern.Parse(`[ipv4-addr:value ISSUBSET '198.51.100.0/24']`)
//	m, err := p.Matcher()
//	r, err := m.Match(observations)
//
// Observations come from a bundle (Observations, which reads STIX 2.1
// object_refs and STIX 2.0 objects maps) or are written down as values.
//
// # Three texts of a pattern
//
// Source is what was parsed. String is the same pattern evenly printed.
// Canonical is shared by equivalent patterns: operands in order, repetitions
// gone, constants in one notation; Key goes further for finding duplicates
// between sources.
//
// # Where the text leaves a choice
//
// The specification rules where the common tools differ from it. Where it is
// silent or contradicts itself this package does the following.
//
//   - Absent is false, whatever the operator (§9.6). NOT turns the answer
//     round for a value that is present; NOT EXISTS is therefore never true.
//   - NOT also turns round the false of unfit types: on a number, NOT LIKE is
//     true, as != is.
//   - [*] asks each element alone: x[*] != 'a' is true on a list of a and b.
//   - A JSON null is present and fits no constant.
//   - A string constant compares as text with every string property, times
//     included. A t'…' constant compares instants, and a property that holds no
//     timestamp does not fit it.
//   - Properties named …_bin and …_hex are binary and compare as octets.
//   - Numbers compare exactly, as decimals, beyond 64 bits too.
//   - The first of number_observed observations was made at first_observed, the
//     last at last_observed, the others at an unknown time between: they count
//     only where every such time would do.
//   - FOLLOWEDBY asks every observation of its right side to be no earlier than
//     every one of its left. WITHIN does not bound a single observation.
//   - Qualifiers nest in the order written: a WITHIN behind a REPEATS spans all
//     repetitions; in front of it, each.
//   - NFC is applied to both sides of LIKE and MATCHES and nowhere else.
//
// # Bounds
//
// No pattern takes unbounded time or memory. Limits bounds length, nesting,
// comparisons, constants and expressions at parsing. Regular expressions run
// on an engine that is linear in the text; what needs backtracking is refused
// by name. An evaluation spends steps and ends with ErrBudget, never with a
// guess, when they are used up. References are followed within the
// observation only, at most once per object and step, so circles end.
//
// Nothing here reads a clock, a file or the network, and nothing changes after
// it is made: patterns and matchers are safe for concurrent use.
package pattern
