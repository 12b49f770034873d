package incident

import (
	"time"

	"kulla.dev/internal/regime"
)

// Query narrows and pages a list of incidents; zero members do not narrow.
type Query struct {
	Mine        bool // assigned to the reader
	Unassigned  bool
	Overdue     bool
	Ended       bool // ended ones instead of those to work on
	Exercise    bool // exercises instead of what is real
	Sector      string
	Institution string
	Status      Status
	Unit        Unit
	Text        string // a number, or beginnings of words of the title or the name
	From, To    time.Time
	After       string // Next of the page before
	Limit       int    // 0: 50; at most 200
}

// Row is one line of the triage list.
type Row struct {
	ID          ID
	Number      string
	Kind        regime.ReportKind
	Title       string
	Name        string
	Institution string
	Sector      string
	Class       string
	Unit        Unit
	Status      Status
	Assignee    string
	Band        string // severity band; "" not rated
	Reported    time.Time
	Due         time.Time // what the law needs next; zero with Prompt
	Own         bool      // it is the authority's duty
	Prompt      time.Time // owed by the authority without undue delay since then; zero: not so
	Stage       string
	Regime      string
	Binding     bool
	Overdue     time.Time
	Open        int // clocks running
	Exercise    bool
}

// Page is one page of a list.
type Page struct {
	Rows   []Row
	Next   string            // After of the next page; "" on the last
	People map[string]string // names of the assignees, by id
}

// Counts are the numbers over the list. Beyond CountLimit a number is not
// counted further and means "at least".
type Counts struct {
	Open, Mine, Unassigned, Overdue, Own, DueToday int
}

// CountLimit is where counting stops.
const CountLimit = 1000

// Slice chooses what a statistic counts.
type Slice struct {
	From, To time.Time // reported in [From, To)
	CutOff   time.Time // as known then; zero: as known now
	Units    []Unit    // none: all, each counted apart
	Sector   string
	ByStart  bool // by the day it occurred instead of the day it was reported
}

// Series are counts by day with the dimensions of the paper.
type Series struct {
	Slice
	Points []Point
	Total  int
	// Dated is how many of Total have the moment that Slice.ByStart asks for;
	// the others are counted on the day of report.
	Dated int
}

// Point is one count. Day is the civil day in the authority's zone.
type Point struct {
	Day    time.Time // midnight UTC of the civil day
	Unit   Unit
	Sector string // "" for unknown
	Class  string
	Base   string // base taxonomy class; "" for not classified
	Kind   regime.ReportKind
	N      int
}

// Punctual is how punctual one stage was.
type Punctual struct {
	Regime, Stage, Kind string
	Binding             bool
	InTime, Late        int           // handed in
	Overdue, Running    int           // not handed in
	MedianLate          time.Duration // of those late
}

// Reporting says which institutions reported in a period and which did not.
type Reporting struct {
	Reported map[string]int // institution id → incidents
	Unlisted int            // incidents of victims not in the registry
}

// Sheet is one table of a statistical return.
type Sheet struct {
	ID      string
	Title   string
	Note    string // the definition
	Columns []string
	Rows    [][]string
	Known   int // incidents in scope with a value for the dimension
	Of      int
}
