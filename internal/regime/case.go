package regime

import (
	"time"

	"kulla.dev/internal/country"
)

// Tri is an answer with three values.
type Tri int8

// The three answers; the zero value is Unknown.
const (
	Unknown Tri = iota
	No
	Yes
)

// String gives the machine word.
func (t Tri) String() string { return [...]string{"unknown", "no", "yes"}[max(0, min(t, 2))] }

// Not swaps yes and no.
func (t Tri) Not() Tri {
	switch t {
	case Yes:
		return No
	case No:
		return Yes
	}
	return Unknown
}

// TriOf turns a bool into a decided answer.
func TriOf(b bool) Tri {
	if b {
		return Yes
	}
	return No
}

// Fact is one thing stated about an incident or an entity. A yes-or-no fact
// uses Is; an amount sets HasNumber. Versions of a fact are kept apart by
// Recorded: the log is append-only and the last recorded version holds.
type Fact struct {
	Name      string
	Is        Tri
	HasNumber bool
	Number    float64 // unit as the pack's field says
	Potential bool    // the incident is capable of it; it did not happen (yet)
	Suspected bool    // not confirmed
	Estimate  bool
	AsOf      time.Time // the moment the value describes
	Recorded  time.Time // when it was stated
	By        string
}

// Interval is a stretch of a tagged state, such as an outage of a service.
// A zero To means it still lasts.
type Interval struct {
	Tag      string // "outage", "limited", "slow_response"…
	From, To time.Time
	Marks    []string // "scheduled_maintenance": excluded where a regime says so
}

// Entity is who has to report.
type Entity struct {
	ID        string
	Kinds     []string // entity kinds of the pack; several at once are usual
	Disputed  []string // kinds that are claimed and contested
	KindsOpen bool     // the list of kinds is not complete
	Sectors   []string // sector ids of the pack, with their parents
	Class     string   // "critical", "important", "unlisted"…; empty: not known
	State     string   // member state, ISO 3166-1 alpha-2
	Authority string   // the authority it answers to, for aggregated reports
	Zone      string   // IANA name; empty: the pack's
	Calendar  string   // calendar id; empty: the pack's
	Facts     []Fact
}

// ReportKind is the legal nature of what is reported.
type ReportKind string

// The kinds of report. Only Significant creates duties.
const (
	Significant ReportKind = "significant"
	Voluntary   ReportKind = "voluntary"
	NearMiss    ReportKind = "near_miss"
	Threat      ReportKind = "threat"
)

// Related is another incident of the same entity with the same apparent root
// cause, for recurrence rules.
type Related struct {
	ID    string
	At    time.Time
	Facts []Fact
}

// Incident is what is known of the incident.
type Incident struct {
	ID        string
	Kind      ReportKind // empty: Significant
	Facts     []Fact     // append-only, all versions
	Spans     []Interval
	Group     []Related // the others of its recurrence group
	Exercise  bool
	Speed     float64 // in an exercise: how many times faster clocks run; ≤1: real time
	Occurred  time.Time
	Grounds   []string // grounds of withholding claimed ("national_security")
	Reference string
}

// Event is one entry of the append-only log. An event that Supersedes another
// takes its place; both stay.
type Event struct {
	ID         string
	Kind       country.EventKind
	Covers     []Cover // submitted, attempted, recalled: what it covers; requested, held, extended, decided: what it is about
	At         time.Time
	Recorded   time.Time
	By         string // person or institution
	Role       string // aware: "controller", "processor"; held, requested: the ordering role
	Supersedes string
	Disputes   string    // id of an event whose moment this one contests; not used as an anchor
	Until      time.Time // held, extended: expiry; requested: the due set by the officer
	Ground     string    // held, extended: id of the hold rule
	Reason     string    // lateness, hold, decision
	Channel    string
	OnBehalf   string // submitted by this other entity
	Aggregate  *Aggregate
}

// Cover names stages: of one regime, or of all when Regime is empty. Stage is
// a stage id or a stage kind.
type Cover struct{ Regime, Stage string }

// Aggregate marks a submission made for several entities at once.
type Aggregate struct {
	Entities   []string
	State      string
	Authority  string
	Permission bool
}

// Case is all the engine needs.
type Case struct {
	Entity   Entity
	Incident Incident
	Events   []Event
}
