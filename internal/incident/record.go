package incident

import (
	"time"

	"kulla.dev/internal/marking"
	"kulla.dev/internal/regime"
)

// ID identifies an incident: a UUID. People speak of its Number.
type ID string

// Unit is the rung of the ladder an incident is counted on. A statistic names
// its unit; rungs are never added up.
type Unit string

// The rungs, lowest first.
const (
	UnitUnknown    Unit = "unknown"
	UnitEvent      Unit = "event"      // something observed
	UnitAttempt    Unit = "attempt"    // an attack that did not succeed
	UnitIncident   Unit = "incident"   // a compromise or loss
	UnitReportable Unit = "reportable" // an incident a law requires to be reported
)

// Units lists the rungs, lowest first.
func Units() []Unit {
	return []Unit{UnitUnknown, UnitEvent, UnitAttempt, UnitIncident, UnitReportable}
}

// Status is how far the authority's handling has come. It moves no clock.
type Status string

// The statuses. The last three are ends.
const (
	StatusNew       Status = "new"     // nobody has looked yet
	StatusOpen      Status = "open"    // being worked on
	StatusWaiting   Status = "waiting" // for the institution
	StatusResolved  Status = "resolved"
	StatusClosed    Status = "closed"
	StatusMerged    Status = "merged"    // is part of another incident
	StatusWithdrawn Status = "withdrawn" // every submission was recalled
)

// Statuses lists them in the order of handling.
func Statuses() []Status {
	return []Status{StatusNew, StatusOpen, StatusWaiting, StatusResolved, StatusClosed, StatusMerged, StatusWithdrawn}
}

// Ended says whether nothing more is to be done.
func (s Status) Ended() bool {
	return s == StatusClosed || s == StatusMerged || s == StatusWithdrawn
}

// Precision is how exactly a moment is known.
type Precision string

// The precisions. With Day and Month the moment is the beginning of that day
// or month in the authority's zone.
const (
	Minute  Precision = "minute"
	Hour    Precision = "hour"
	Day     Precision = "day"
	Month   Precision = "month"
	Unknown Precision = "unknown"
)

// Moment is a point in time as a person knows it. The zero Moment says nothing.
type Moment struct {
	At        time.Time `json:"at,omitzero"`
	Precision Precision `json:"precision,omitzero"`
}

// IsZero says whether no time is known.
func (m Moment) IsZero() bool { return m.At.IsZero() }

// Code is one entry of a versioned taxonomy of the country pack.
type Code struct {
	Scheme  string `json:"scheme"`
	Version string `json:"version"`
	Code    string `json:"code"` // "class/entry"
}

// Incident is the present state of one incident.
type Incident struct {
	ID          ID
	Number      string // "I-2026-0412"; "X-2026-0007" in an exercise
	Version     int    // counts changes; an edit names the version it saw
	Kind        regime.ReportKind
	Institution string // registry id; "" for an unlisted victim
	Victim      Victim // of an unlisted victim
	Name        string // of the institution or victim, as at the report
	Reporter    string // institution that reported, if not the one concerned
	Group       string // the same for all incidents of one aggregated report; "" otherwise
	Title       string
	Unit        Unit
	Status      Status
	Assignee    string // person id; "" for nobody
	Sector      string // pack's sector id as at the report; "" unknown
	Class       string // of infrastructure, as at the report
	Codes       []Code
	Base        string // base taxonomy "class/entry" the first code maps to; "" none
	Services    []string
	Occurred    Moment
	Detected    Moment
	Aware       Moment
	Reported    Moment
	Mark        marking.Marking
	Exercise    bool
	Speed       float64 // of clocks in an exercise; 1 otherwise
	Severity    Severity
	Significant regime.Tri
	Created     time.Time
	Changed     time.Time
	NextDue     time.Time // earliest open obligation of the institution
	NextOwn     time.Time // earliest open duty of the authority
	Overdue     time.Time // earliest legal limit of anything open; past: overdue
	MergedInto  ID
}

// Severity is the national severity with its inputs; the answers are kept, not
// only the score.
type Severity struct {
	Answers  map[string]string // category of the pack's model → option; absent: unknown
	Score    regime.Score
	Override string    // band id an officer chose instead
	Why      string    // reason of the override
	By       string    // who rated
	At       time.Time // zero: not rated
}

// Event is one entry of an incident's append-only log with what only this
// room knows of it.
type Event struct {
	regime.Event
	Seq        int
	Precision  Precision
	Submission string // id of the submission that stated it, or ""
}

// Submission is one immutable report handed in.
type Submission struct {
	ID         string
	Incident   ID
	Version    int // 1 for the first of the incident
	Covers     []regime.Cover
	At         time.Time
	By         string // person
	ByName     string
	Org        string // institution the person acted for
	Content    []byte // canonical JSON of Stated
	Digest     string // SHA-256 of Content, hexadecimal
	Signed     string // signed note over the receipt; "" where the desk has no key
	LateReason string
	Channel    string // "" for the desk's own form
	Recalled   bool
	Next       time.Time // next deadline told on the receipt
	NextStage  string
}

// Clock is one obligation or duty with the incident it belongs to, as stored.
type Clock struct {
	Incident ID
	Number   string
	Name     string // of the institution
	Title    string // of the incident
	Own      bool   // the authority's own
	Regime   string
	Stage    string // or id of the duty, or "question:ID"
	Kind     string // stage kind, "duty" or "question"
	State    regime.State
	Due      time.Time
	Outer    time.Time
	Binding  bool // verified law: may be called missed
	Exercise bool
}

// View is everything about one incident on one page.
type View struct {
	Incident
	Result      regime.Result // derived at the moment of reading
	Questions   []regime.Question
	Events      []Event
	Submissions []Submission
	Thread      []Entry
	Tasks       []Task
	Links       []Linked
	Referrals   []Referral
	Files       []File
	Values      map[string]Stated // last stated value of each field
	Trail       map[string][]Told // every version of the fields stated more than once, oldest first
	History     []Version         // of obligations that changed, oldest first
	People      map[string]string // names of the persons mentioned, by id
	May         Rights
}

// Told is one version of a stated field: here, or in an incident that was
// merged into this one and stated it too.
type Told struct {
	Stated
	At         time.Time // recorded
	By         string
	Submission string // "" when stated without a report
	Incident   ID     // where it was stated
	Number     string
}

// Rights are the acts the reader may do on this incident, for buttons.
type Rights struct {
	Report, Behalf, Answer, Assign, Note, Write, Merge, Refer, Mark, Enforce, Export bool
}

// Version is an earlier state of an obligation.
type Version struct {
	Regime, Stage string
	State         regime.State
	Due           time.Time
	From, To      time.Time // recorded time in which it held
}
