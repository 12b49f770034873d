// Package match holds up to a million STIX patterns against a stream of events.
//
// An Index stores patterns under conditions that must hold for them to match:
// for each expression in brackets the cheapest set of atoms (an equality, an
// address block, a piece of text, a range, or the mere presence of a property)
// of which every match satisfies one. An event is walked once along the paths
// any pattern asks about; each value is looked up among the atoms of its path;
// what is found are candidates, and those are evaluated by stix/pattern. So the
// index decides what is worth evaluating and never what matches: its answer is
// that of evaluating every pattern, which a differential fuzz test holds it to.
//
//	type → path trie ─┬─ equality, IN      hash of (path, typed value)
//	                  ├─ ISSUBSET          prefix tree, all covering blocks
//	                  ├─ ISSUPERSET        prefix tree, all covered blocks
//	                  ├─ LIKE, MATCHES     hash of 3, 5 or 8 bytes they require
//	                  ├─ < <= > >=         sorted bounds
//	                  └─ EXISTS, !=, NOT … presence: slow, limited in number
//
// Patterns are kept as canonical text in one arena and parsed again when they
// become candidates; a simple equality costs about 200 bytes in all.
//
// # Several observations
//
// A pattern with AND, FOLLOWEDBY or REPEATS between observations keeps the
// sightings of its expressions in a window: as long as its WITHIN, or
// Options.MaxWindow without one, and Options.Late longer for events that come
// late. When the sightings in the window match, a Hit names all of them and the
// window starts empty: an observation counts towards one hit of a pattern. A
// window that had to drop sightings because of Options.WindowCap marks the hit
// and counts in Stats: it is never silent.
//
// # By the letter
//
// The language compares addresses and digests of = as text. Feeds do not write
// them alike, so with Options.Loose patterns that match only when both sides are
// brought into one notation are reported as well, marked as Hit.Loose.
//
// # Warning lists
//
// Hits on values that are known to be harmless (resolvers, popular domains,
// private addresses) are reported with the lists they stand on and the entry
// that says so; whether to act is the caller's decision.
//
// # Concurrency and time
//
// All methods may be called at once; adding and removing holds up matching for
// microseconds a pattern. Time is handed in: Match and Expire take now, windows
// run on the events' own time.
package match
