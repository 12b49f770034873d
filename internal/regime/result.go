package regime

import (
	"time"

	"kulla.dev/internal/country"
)

// Result is everything that follows from a Case at a moment.
type Result struct {
	At          time.Time
	Exercise    bool
	Regimes     []Applied    // every regime of the pack valid for the incident, in pack order
	Obligations []Obligation // by regime in pack order, then stage order
	Duties      []Duty       // the authority's own
	Tasks       []Task
	Next        time.Time // earliest future moment at which this result changes or a reminder is due; zero: none
}

// ApplyState says whether a regime binds.
type ApplyState string

// How a regime may stand to an incident.
const (
	Applies       ApplyState = "applies"
	Suppressed    ApplyState = "suppressed"     // a more special regime takes its place
	NotApplicable ApplyState = "not-applicable" // not this entity
	NotConcerned  ApplyState = "not-concerned"  // not this kind of incident
	Unsettled     ApplyState = "unknown"        // facts are missing; obligations are provisional
)

// Applied is one regime and how it stands to the incident.
type Applied struct {
	Regime       *country.Regime `json:"-"`
	ID, Version  string
	State        ApplyState
	By           string // Suppressed: the regime that takes its place
	Missing      []string
	Significance Significance
	LegalEffect  bool // false for voluntary, near-miss and threat reports
	Why          []Step
}

// Significance is the outcome of a regime's thresholds.
type Significance struct {
	State   Tri
	Fired   []Fired  // thresholds met, in pack order
	Missing []string // facts that would decide it, sorted: "incident.financial_loss"
	Ever    bool     // an earlier version of the facts met a threshold
	Since   time.Time
}

// Fired is one threshold that was met.
type Fired struct {
	ID       string
	Title    country.Text
	LegalRef country.LegalRef
}

// State is where an obligation stands.
type State string

// The states of an obligation.
const (
	PendingEvent State = "pending-event" // its anchor has not happened
	Open         State = "open"
	Met          State = "met"
	Late         State = "late" // overdue, or submitted late when SatisfiedBy is set
	Replaced     State = "replaced"
	Closed       State = "closed"
	HeldState    State = "held"
	Suspended    State = "suspended"
)

// Obligation is one stage owed under one regime.
type Obligation struct {
	Regime, Version string
	Stage           string // stage id; further instances add "#2", "#3"
	Kind            country.StageKind
	Title           country.Text
	LegalRef        country.LegalRef
	Verification    country.Verification
	Recipients      []string // role ids
	Zone            string
	State           State
	Due             time.Time // the target shown; zero: none yet, or "without undue delay"
	LegalOuter      time.Time // last instant by law, never before Due
	UndueDelay      bool      // the law gives no number
	Anchor          AnchorUsed
	WaitsFor        string // PendingEvent: the anchor awaited
	SatisfiedBy     string // event id of the submission
	SatisfiedAt     time.Time
	Attempted       time.Time     // a failed sending that the regime lets count
	Lateness        time.Duration // beyond LegalOuter; 0 when in time
	LateReason      string
	Decision        string // the officer's decision on lateness
	Breach          bool   // overdue or late under a binding limit; never for an unverified one
	PastDue         bool   // now, or the submission, lies beyond LegalOuter, binding or not
	Provisional     bool   // the regime or significance is not settled
	Optional        bool
	LegalEffect     bool
	ClosedBy        string // event id or reason
	HeldUntil       time.Time
	HeldBy          string
	Alternatives    []Alternative // dues under contested views
	Reminders       []time.Time   // sorted; elapsed time, holidays included
	Warnings        []Step
	Why             []Step // how the due came about, in order
}

// Key identifies the obligation within its incident.
func (o Obligation) Key() string { return o.Regime + "/" + o.Stage }

// Flag says whether a warning with the message key is present.
func (o Obligation) Flag(key string) bool {
	for _, w := range o.Warnings {
		if w.Key == key {
			return true
		}
	}
	return false
}

// AnchorUsed is the moment a due was counted from.
type AnchorUsed struct {
	Text     string // "submitted(notice)"
	EventID  string
	At       time.Time
	Fallback bool // the declared fallback, because the event is missing
}

// Alternative is the due that would hold if a contested moment prevailed.
type Alternative struct {
	EventID string
	At      time.Time
	Due     time.Time
}

// Duty is a clock of the authority itself.
type Duty struct {
	Regime   string
	ID       string
	Title    country.Text
	LegalRef country.LegalRef
	By       string
	To       []string
	State    State
	Due      time.Time
	Anchor   AnchorUsed
	DoneBy   string
	DoneAt   time.Time
	Lateness time.Duration
	Aim      bool // "where possible"
	Period   string
}

// Task is something to do that has no clock of its own.
type Task struct {
	Regime   string
	ID       string
	Title    country.Text // empty: Key says it
	Key      string       // message key
	To       []string
	LegalRef country.LegalRef
	State    Tri // Yes: to do; Unknown: perhaps, Missing says what decides
	Missing  []string
}

// Step is one sentence of an explanation: a message key and its arguments.
type Step struct {
	Key  string
	Args []any
}
