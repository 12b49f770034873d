// Package council is the room of papers for decision makers. Of them it makes
// one: "The state of cybersecurity", for a period and as known at a cut-off;
// and the first page of the desk, the situation of this week.
//
// # From records to sentences
//
// [Desk.Compose] asks its [Source] for the incidents of a period and of the
// same days a year before, as known at the cut-off and as far as the maker may
// read, and counts them in one pass (count.go). Each number becomes a [Figure]
// that holds what it is, its interval, its denominator, how complete it is, the
// [Query] it answers and the hash of the ids behind it. Figures are frozen with
// the paper in one transaction. The sentences (rules.go) are pure functions of
// the frozen figures: a change is named only when the exact interval excludes
// no change. [Desk.Doc] sets figures and sentences as a report.Doc in one
// language; the same paper gives the same bytes.
//
// # The evidence
//
// [Desk.Evidence] opens a figure: its definition, its inputs, the records
// behind it as known at the cut-off that the reader may see, and, where the
// reader sees all of them, whether the figure has been revised since. How
// many records a reader may not see is not told.
//
// # Always true
//
//   - A paper is never changed. Its marking is the combination of the markings
//     of everything counted in it.
//   - Every number of a paper is a frozen figure or computed from frozen
//     figures; lines of a table add up to its total, with lines of their own for
//     what nobody stated and for what the pack does not name.
//   - Nothing is counted that its reader may not know of: the situation as the
//     reader may read it, a paper as its maker could.
//
// The room knows no neighbour: [Source] asks the questions, the switchboard
// introduces who answers.
//
// Tables: council_paper, council_figure, council_number, council_seen.
//
// Who calls: web (pages), app and cmd/kulla (files of the paper).
package council
