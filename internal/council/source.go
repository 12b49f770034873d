package council

import (
	"context"
	"slices"
	"time"

	"kulla.dev/internal/access"
)

// Day is a civil day in the authority's zone, as days since 1970-01-01.
type Day int

// DayOf gives the day of a moment in its own location.
func DayOf(t time.Time) Day {
	y, m, d := t.Date()
	return Day(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// Date gives midnight UTC of the day, to say it and to reckon with.
func (d Day) Date() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// Monday gives the first day of the day's week.
func (d Day) Monday() Day { return d - (d+3)%7 }

// Window chooses the incidents that are counted: reported on days in
// [From, To), as known at Known. Empty members do not narrow.
type Window struct {
	From  Day       `json:"from"`
	To    Day       `json:"to"`
	Known time.Time `json:"known"`
	Units []string  `json:"units,omitempty"` // rungs of the ladder of units
	By    Dim       `json:"by,omitempty"`    // dimension that is narrowed
	In    []string  `json:"in,omitempty"`    // to these values
	Not   []string  `json:"not,omitempty"`   // or to all but these
}

// Dim is a dimension incidents are told apart by.
type Dim string

// The dimensions.
const (
	ByUnit   Dim = "unit"
	BySector Dim = "sector"
	ByClass  Dim = "class"
	ByType   Dim = "type"
	ByOwner  Dim = "owner"
)

// value gives the record's value of a dimension.
func (d Dim) value(r Record) string {
	switch d {
	case ByUnit:
		return r.Unit
	case BySector:
		return r.Sector
	case ByClass:
		return r.Class
	case ByType:
		return r.Base
	case ByOwner:
		return r.Owner
	}
	return ""
}

// Match says whether the window counts the record.
func (w Window) Match(r Record) bool {
	if r.Day < w.From || r.Day >= w.To || len(w.Units) > 0 && !slices.Contains(w.Units, r.Unit) {
		return false
	}
	v := w.By.value(r)
	return (len(w.In) == 0 || slices.Contains(w.In, v)) && !slices.Contains(w.Not, v)
}

// Record is one incident as statistics count it, at the cut-off.
type Record struct {
	ID     string
	Day    Day
	Unit   string // event, attempt, incident, reportable, unknown
	Sector string // "" where nobody stated it
	Class  string
	Base   string // class of the base taxonomy, "" where not classified
	Owner  string // institution concerned, "" for a victim in no register
	Mark   int64
}

// Stage is one report stage that an institution owed for an incident.
type Stage struct {
	Incident string
	Regime   string
	Stage    string
	Binding  bool // verified law: may be called late
	State    StageState
	Mark     int64
}

// StageState is how a stage stood at the cut-off.
type StageState int

// The states.
const (
	StageOpen    StageState = iota + 1 // not handed in, its limit not reached
	StageInTime                        // handed in within its limit
	StageLate                          // handed in after its limit
	StageOverdue                       // not handed in, its limit past
)

// Member is an institution of the register on a day.
type Member struct {
	ID     string
	Sector string
	Class  string
	Mark   int64
}

// Bucket is the number of incidents of a week and sector.
type Bucket struct {
	Week   Day // its Monday
	Sector string
	N      int
}

// Clock is a legal clock that runs.
type Clock struct {
	Incident, Number string
	Name, Title      string // institution and incident
	Regime, Stage    string
	Own              bool // the authority's own
	Binding          bool
	Began            time.Time // report of the incident
	Due, Limit       time.Time // Limit: the last moment the law allows, where it differs
}

// Load is how much waits at the desk. Numbers stop at LoadLimit, which then
// means "at least".
type Load struct{ Open, Overdue, Own, Today int }

// LoadLimit is where Load stops counting.
const LoadLimit = 1000

// News is what happened since a moment.
type News struct {
	Incidents   []NewsItem // new reports, newest first, at most a few
	New         int        // how many in all, up to LoadLimit
	Submissions int        // stages and progress handed in
	Messages    int        // questions, answers and replies
	Overdue     int        // clocks that passed their limit and still run
}

// NewsItem is one new incident.
type NewsItem struct {
	ID, Number, Title, Name string
	At                      time.Time
}

// Line is one incident of a list of evidence, as it is known today.
type Line struct {
	ID, Number, Title, Name string
	At                      time.Time // of the report
	State                   StageState
}

// Source answers what the room asks of its neighbours. Every answer is
// limited to what the actor may read; what they may not is as if it were not.
type Source interface {
	// Records gives the incidents of a window to each, in any order.
	Records(ctx context.Context, by access.Actor, w Window, each func(Record)) error
	// Stages gives the stages institutions owed for the incidents of a window;
	// open: only those that were not handed in.
	Stages(ctx context.Context, by access.Actor, w Window, open bool, each func(Stage)) error
	// Members gives the institutions of the register on a day, as known then.
	Members(ctx context.Context, by access.Actor, on Day, known time.Time, each func(Member)) error
	// Lines gives the incidents of the ids that the actor may open, in their order.
	Lines(ctx context.Context, by access.Actor, ids []string) ([]Line, error)
	// Names gives the names of institutions.
	Names(ctx context.Context, by access.Actor, ids []string, lang string) (map[string]string, error)

	// Weeks counts the incidents of whole weeks by sector, as known now, and
	// gives the markings of everything counted.
	Weeks(ctx context.Context, by access.Actor, from, to Day, units []string) (counts []Bucket, marks []int64, err error)
	// Listed counts the institutions on the list on a day, as known now, and
	// those of them that reported on the days [from, to).
	Listed(ctx context.Context, by access.Actor, from, to Day) (listed, reported int, err error)
	// Due gives the clocks of verified law that ran out last, and those that
	// run out next, earliest first.
	Due(ctx context.Context, by access.Actor, late, next int, now time.Time) ([]Clock, error)
	// Load gives the numbers over the list of work.
	Load(ctx context.Context, by access.Actor, now time.Time) (Load, error)
	// News gives what happened since a moment.
	News(ctx context.Context, by access.Actor, since, now time.Time) (News, error)
}
