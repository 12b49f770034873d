package incident

import (
	"time"

	"kulla.dev/internal/marking"
	"kulla.dev/internal/regime"
)

// Draft is a report in the making: one form for every law that asks. A field
// that is not known stays empty; "unknown" is an answer.
type Draft struct {
	Key         string            `json:"key"`               // of the form: the same key gives the same receipt
	Incident    ID                `json:"incident,omitzero"` // "" for a first report
	Seen        int               `json:"seen,omitzero"`     // version of the incident the form was filled from; 0: not checked
	Kind        regime.ReportKind `json:"kind,omitzero"`     // "" is Significant
	Covers      []regime.Cover    `json:"covers,omitempty"`  // stages it is meant for; none: what is owed first
	Institution string            `json:"institution,omitzero"`
	Victim      Victim            `json:"victim,omitzero"`     // instead of Institution
	Others      []string          `json:"others,omitempty"`    // aggregated report: the further institutions
	Permission  bool              `json:"permission,omitzero"` // the authority allowed the aggregated report
	Title       string            `json:"title,omitzero"`
	Unit        Unit              `json:"unit,omitzero"`
	Codes       []Code            `json:"codes,omitempty"`
	Services    []string          `json:"services,omitempty"`
	Occurred    Moment            `json:"occurred,omitzero"`
	Detected    Moment            `json:"detected,omitzero"`
	Aware       Moment            `json:"aware,omitzero"`
	Values      map[string]Stated `json:"values,omitempty"` // by field id of the pack
	Spans       []Span            `json:"spans,omitempty"`
	Grounds     []string          `json:"grounds,omitempty"` // of withholding claimed
	TLP         marking.TLP       `json:"tlp,omitzero"`      // the source's label; none: AMBER+STRICT
	LateReason  string            `json:"late_reason,omitzero"`
	Attempt     Attempt           `json:"attempt,omitzero"` // an earlier sending that failed
	Channel     string            `json:"channel,omitzero"` // how it came, if not by the desk's form: "phone", "mail", "file"
	Files       []string          `json:"files,omitempty"`  // attachments uploaded before
	Exercise    bool              `json:"exercise,omitzero"`
	Speed       float64           `json:"speed,omitzero"`
}

// Victim is somebody hit who is not in the registry (yet).
type Victim struct {
	ID      string   `json:"id,omitzero"` // given by the desk
	Name    string   `json:"name,omitzero"`
	Kinds   []string `json:"kinds,omitempty"`
	Sector  string   `json:"sector,omitzero"`
	Contact string   `json:"contact,omitzero"` // mail address
	Phone   string   `json:"phone,omitzero"`
}

// Stated is the answer to one field. Which members count is decided by the
// field's type in the pack.
type Stated struct {
	Text      string     `json:"text,omitzero"`    // text, longtext, choice, taxon, contact
	List      []string   `json:"list,omitempty"`   // choices, files
	Number    *float64   `json:"number,omitempty"` // number, money, duration in hours
	Is        regime.Tri `json:"is,omitzero"`      // yes_no_unknown
	At        Moment     `json:"at,omitzero"`      // datetime
	Suspected bool       `json:"suspected,omitzero"`
	Potential bool       `json:"potential,omitzero"` // capable of it, not (yet) happened
	Estimate  bool       `json:"estimate,omitzero"`
	AsOf      time.Time  `json:"as_of,omitzero"`
	Method    string     `json:"method,omitzero"`
}

// Span is a stretch of a state, such as an outage; a zero To still lasts.
type Span struct {
	Tag   string    `json:"tag"`
	From  time.Time `json:"from"`
	To    time.Time `json:"to,omitzero"`
	Marks []string  `json:"marks,omitempty"`
}

// Attempt is a sending that failed before this one.
type Attempt struct {
	At      time.Time `json:"at,omitzero"`
	Channel string    `json:"channel,omitzero"`
}

// Receipt is what the reporter holds in hand.
type Receipt struct {
	Incident   ID
	Number     string
	Submission string
	Version    int
	Digest     string
	At         time.Time
	Next       time.Time // next deadline; zero: none
	NextStage  string    // its stage id
	NextRegime string
	Signed     string    // signed note; "" where the desk has no key
	Replayed   bool      // the form had been handed in before
	Others     []Receipt // of an aggregated report: the further incidents
	Mark       marking.Marking
}

// Preview is what a draft would lead to.
type Preview struct {
	Result    regime.Result
	Questions []regime.Question
	Problems  error // fault.Invalid with every broken field, or nil
}

// Correction replaces a moment or facts stated before; both versions stay.
type Correction struct {
	Seen   int
	Event  string // id of the event that was wrong; "" when only values change
	At     Moment // its right moment
	Values map[string]Stated
	Spans  []Span
	Reason string
}

// Happening is something that happened to an incident, told without a report.
type Happening struct {
	Seen   int
	Kind   string // a country.EventKind of the institution's side
	At     Moment
	Role   string // aware: "controller" or "processor"
	Reason string
	// Disputes is the id of an event whose moment this one contests: both
	// views are kept and shown.
	Disputes string
}

// Order is an act of the authority with legal effect on clocks.
type Order struct {
	Seen    int
	Kind    string // classified, declassified, held, released, extended, decided, requested, forwarded, crisis…
	Covers  []regime.Cover
	At      time.Time // zero: now
	Role    string    // authority role that orders it
	Until   time.Time
	Ground  string
	Reason  string
	Channel string
}
