package country

// Regime says who must report what, to whom, and by when, under one version
// of one act. Several versions of a regime share ID and differ in Version and
// validity; the incident's date chooses among them.
type Regime struct {
	ID               string        `yaml:"id" need:"y"` // "eu.nis2"
	Version          string        `yaml:"version" need:"y"`
	Title            Text          `yaml:"title" need:"y"`
	Short            Text          `yaml:"short"`
	Jurisdiction     string        `yaml:"jurisdiction" need:"y"`
	ValidFrom        Date          `yaml:"valid_from" need:"y"`
	ValidTo          Date          `yaml:"valid_to"` // last day; zero: open
	LegalRefs        []LegalRef    `yaml:"legal_refs" need:"y"`
	Verification     Verification  `yaml:"verification" need:"y"`
	Warning          Text          `yaml:"warning"`    // shown with every date of the regime
	AppliesTo        Expr          `yaml:"applies_to"` // over entity; empty: everybody
	Concerns         Expr          `yaml:"concerns"`   // over the incident; empty: every incident
	LexSpecialisOver []string      `yaml:"lex_specialis_over"`
	Significance     *Test         `yaml:"significance"` // nil: no threshold
	Recurrence       *Recurrence   `yaml:"recurrence"`
	Exclusions       []string      `yaml:"exclusions"` // tags of spans that never count ("scheduled_maintenance")
	Stages           []Stage       `yaml:"stages" need:"y"`
	Computation      Computation   `yaml:"computation"`
	Zone             string        `yaml:"zone"`     // authority (default) | entity | an IANA name
	Calendar         string        `yaml:"calendar"` // authority (default) | entity | a calendar id
	Duties           []Duty        `yaml:"authority"`
	CrossBorder      []Trigger     `yaml:"cross_border"`
	Voluntary        []string      `yaml:"voluntary"` // report kinds without legal effect
	Reclassification string        `yaml:"reclassification" enum:"closes_open|corrections_only"`
	Crisis           []CrisisRule  `yaml:"crisis"`
	Aggregated       *Aggregated   `yaml:"aggregated"`
	Transmission     *Transmission `yaml:"transmission_failure"`
	Late             *LateRule     `yaml:"late"`
	Holds            []HoldRule    `yaml:"holds"`
	Withheld         []Withheld    `yaml:"withheld"`
	Sanctions        []Sanction    `yaml:"sanctions"`
	Reminders        []Span        `yaml:"reminders"` // default of stages: elapsed time before the due
}

// Stage is one report the reporter owes.
type Stage struct {
	ID            string       `yaml:"id" need:"y"`
	Kind          StageKind    `yaml:"kind" need:"y"`
	Title         Text         `yaml:"title" need:"y"`
	LegalRef      LegalRef     `yaml:"legal_ref" need:"y"`
	Verification  Verification `yaml:"verification"` // empty: the regime's
	When          Expr         `yaml:"when"`         // the stage exists only if so; empty: always
	Due           Due          `yaml:"due" need:"y"`
	Overrides     []Override   `yaml:"override"`
	Weekend       *Weekend     `yaml:"weekend"`
	Recipients    []string     `yaml:"to"` // role ids
	Fields        []FieldUse   `yaml:"fields"`
	SatisfiesAlso []string     `yaml:"satisfies_also"` // stages an in-place submission of this one meets too
	ReplacedBy    *Replaced    `yaml:"replaced_by"`
	Follows       string       `yaml:"follows"` // the stage exists only once that one was sent, or took another's place
	Repeat        *Repeat      `yaml:"repeat"`
	Reminders     []Span       `yaml:"reminders"`
	RemindEvery   Span         `yaml:"remind_every"` // while the anchor has not happened
	Optional      bool         `yaml:"optional"`     // nothing is missed when it is never sent
}

// StageKind is what a stage is, whatever a regime calls it.
type StageKind string

// The kinds of stage.
const (
	EarlyWarning      StageKind = "early_warning"
	Notification      StageKind = "notification"
	Intermediate      StageKind = "intermediate"
	Progress          StageKind = "progress"
	Final             StageKind = "final"
	PublicNotice      StageKind = "public_notice" // to users, clients or persons concerned
	PeerNotice        StageKind = "peer_notice"   // processor to controller, to another state
	RansomReport      StageKind = "ransom_report"
	OutsourcingNotice StageKind = "outsourcing_notice"
	VoluntaryNotice   StageKind = "voluntary_notice"
)

// Values lists the closed vocabulary.
func (StageKind) Values() []string {
	return []string{"early_warning", "notification", "intermediate", "progress", "final", "public_notice",
		"peer_notice", "ransom_report", "outsourcing_notice", "voluntary_notice"}
}

// Due is when a stage falls due: exactly one of After, Min, Max, OnRequest,
// SameAs and UndueDelay is set.
type Due struct {
	After       Anchor  `yaml:"after"`
	Hours       int     `yaml:"hours"`         // elapsed
	Days        int     `yaml:"calendar_days"` // civil
	WorkingDays int     `yaml:"working_days"`
	Months      int     `yaml:"months"` // civil
	Fallback    Anchor  `yaml:"fallback"`
	Min         []Due   `yaml:"min"`
	Max         []Due   `yaml:"max"`
	Unless      *Unless `yaml:"unless"`
	OnRequest   string  `yaml:"on_request"` // role that asks; the request carries the due
	SameAs      string  `yaml:"same_as"`
	UndueDelay  bool    `yaml:"undue_delay"` // no number in the law
}

// Unless swaps a due for another while a condition holds.
type Unless struct {
	When Expr `yaml:"when" need:"y"`
	Use  Due  `yaml:"use" need:"y"`
}

// Override gives some entities another due; the first that holds wins.
type Override struct {
	If  Expr `yaml:"if" need:"y"`
	Due Due  `yaml:"due" need:"y"`
}

// Weekend moves a due that falls on a day off.
type Weekend struct {
	Shift  string `yaml:"shift" need:"y" enum:"next_working_day_noon|next_working_day"`
	Except Expr   `yaml:"except"` // entities that are not given the grace
}

// Replaced says which stage takes this one's place, and when.
type Replaced struct {
	Stage string `yaml:"stage" need:"y"`
	If    Expr   `yaml:"if" need:"y"`
}

// Repeat makes a further instance of the stage when an event happens after
// its last submission.
type Repeat struct {
	On    EventKind `yaml:"on" need:"y"`
	Hours int       `yaml:"hours"` // 0: without undue delay
}

// Computation is how the act counts time.
type Computation struct {
	HourOfEvent    string `yaml:"hour_of_event" enum:"counted|not_counted"`
	Roll           string `yaml:"roll" enum:"none|next_working_day"` // for days and months only
	MinWorkingDays int    `yaml:"min_working_days"`                  // in periods of two days or more
}

// FieldUse says how much a stage needs a field of the pack's field list.
type FieldUse struct {
	Field    string `yaml:"field" need:"y"`
	Need     string `yaml:"need" need:"y" enum:"required|if_available|optional"`
	Estimate bool   `yaml:"estimate_ok"`
	Why      Text   `yaml:"why"`
	Article  string `yaml:"article"`
}

// Duty is a clock of the authority itself.
type Duty struct {
	ID       string   `yaml:"id" need:"y"`
	Title    Text     `yaml:"title" need:"y"`
	LegalRef LegalRef `yaml:"legal_ref" need:"y"`
	Due      Due      `yaml:"due"`          // for duties of one incident
	Every    int      `yaml:"every_months"` // for calendar duties: period in months from 1 January
	Within   int      `yaml:"within_days"`  // days after the period ends
	Done     Anchor   `yaml:"done"`         // event that fulfils it
	By       string   `yaml:"by"`           // role
	To       []string `yaml:"to"`
	Aim      bool     `yaml:"aim"` // "where possible": shown, never a breach
}

// Trigger opens a task when a condition holds (cross-border and the like).
type Trigger struct {
	ID       string   `yaml:"id" need:"y"`
	Title    Text     `yaml:"title" need:"y"`
	If       Expr     `yaml:"if" need:"y"`
	To       []string `yaml:"to"`
	LegalRef LegalRef `yaml:"legal_ref" need:"y"`
}

// CrisisRule changes stages while the crisis state is declared.
type CrisisRule struct {
	Stages  []string `yaml:"stages" need:"y"`
	Suspend bool     `yaml:"suspend"`
	Due     *Due     `yaml:"due"` // the earlier of this and the ordinary due
	Ref     LegalRef `yaml:"legal_ref" need:"y"`
}

// Aggregated allows one report for several entities.
type Aggregated struct {
	SameState     bool     `yaml:"same_state"`
	SameAuthority bool     `yaml:"same_authority"`
	EachMajor     bool     `yaml:"each_major"`
	Permission    bool     `yaml:"permission"`
	Ref           LegalRef `yaml:"legal_ref" need:"y"`
}

// Transmission says what a failed attempt to send is worth.
type Transmission struct {
	Channel Text     `yaml:"channel" need:"y"`
	Counts  bool     `yaml:"attempt_counts"`
	Ref     LegalRef `yaml:"legal_ref" need:"y"`
}

// LateRule is what a late reporter owes.
type LateRule struct {
	Duty string   `yaml:"duty" need:"y" enum:"reasons|explain_before_due"`
	Ref  LegalRef `yaml:"legal_ref" need:"y"`
}

// HoldRule lets an authority delay stages.
type HoldRule struct {
	ID     string   `yaml:"id" need:"y"`
	Title  Text     `yaml:"title" need:"y"`
	Stages []string `yaml:"stages" need:"y"`
	By     []string `yaml:"by" need:"y"` // roles that may order it
	Kind   string   `yaml:"kind" need:"y" enum:"hold|extension"`
	Ref    LegalRef `yaml:"legal_ref" need:"y"`
}

// Withheld lists fields that leave an outward report on a ground.
type Withheld struct {
	Ground string   `yaml:"ground" need:"y"`
	Title  Text     `yaml:"title" need:"y"`
	Fields []string `yaml:"fields" need:"y"`
	Ref    LegalRef `yaml:"legal_ref" need:"y"`
}

// Sanction is what the act threatens, as data for papers.
type Sanction struct {
	For          Text         `yaml:"for" need:"y"`
	Min          float64      `yaml:"min"`
	Max          float64      `yaml:"max"`
	Percent      float64      `yaml:"percent_turnover"`
	Currency     string       `yaml:"currency"`
	Verification Verification `yaml:"verification"`
}

// Test is one threshold or a group of them; exactly one of If, Any, All and
// AtLeast is set. For limits it to some entities.
type Test struct {
	ID       string    `yaml:"id" need:"y"`
	Title    Text      `yaml:"title" need:"y"`
	For      Expr      `yaml:"for"`
	If       Expr      `yaml:"if"`
	Any      []Test    `yaml:"any"`
	All      []Test    `yaml:"all"`
	AtLeast  *AtLeast  `yaml:"at_least"`
	LegalRef *LegalRef `yaml:"legal_ref"`
}

// AtLeast needs N of the tests.
type AtLeast struct {
	N  int    `yaml:"n" need:"y"`
	Of []Test `yaml:"of" need:"y"`
}

// Recurrence makes small incidents of one apparent root cause reportable
// together.
type Recurrence struct {
	Count    int      `yaml:"count" need:"y"`
	Months   int      `yaml:"months" need:"y"`
	Jointly  Expr     `yaml:"jointly"` // over the summed facts; empty: the count suffices
	Except   Expr     `yaml:"except"`
	LegalRef LegalRef `yaml:"legal_ref" need:"y"`
}
