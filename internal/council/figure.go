package council

import (
	"math"
	"strconv"
	"strings"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/country"
	"kulla.dev/internal/marking"
	"kulla.dev/internal/stat"
)

// Num is a number that may be undefined (NaN) or open (±Inf); JSON holds it
// as text, so that it survives unchanged.
type Num float64

// MarshalText writes the shortest text that reads back as the same number.
func (n Num) MarshalText() ([]byte, error) {
	return []byte(strconv.FormatFloat(float64(n), 'g', -1, 64)), nil
}

// UnmarshalText reads it.
func (n *Num) UnmarshalText(b []byte) error {
	f, err := strconv.ParseFloat(string(b), 64)
	*n = Num(f)
	return err
}

// Def names what a figure is; its words are council.def.ID.
type Def string

// The definitions.
const (
	Total      Def = "total"      // incidents: rungs incident and reportable
	Rate       Def = "rate"       // of them at listed institutions, for each 100 of these a year
	Unit       Def = "unit"       // reports of one rung
	Sector     Def = "sector"     // incidents of one sector
	Class      Def = "class"      // incidents of one class of infrastructure
	Type       Def = "type"       // incidents of one class of the base taxonomy
	Month      Def = "month"      // incidents of one calendar month
	Punctual   Def = "punctual"   // share of one stage that came in time, verified law
	Unverified Def = "unverified" // one stage of law nobody verified: counted, never judged
	Running    Def = "running"    // stages still owed at the cut-off
	Overdue    Def = "overdue"    // of them past the limit of verified law
	Past       Def = "past"       // of them past a limit that is not verified
	Reported   Def = "reported"   // listed institutions that reported
	Silent     Def = "silent"     // listed institutions that did not, in all or of one sector
	Outside    Def = "outside"    // incidents of victims that are not on the list
)

// Set says what kind of things a figure counts.
type Set string

// The sets.
const (
	OfRecords Set = "records"
	OfStages  Set = "stages"
	OfMembers Set = "members"
)

// Query is what a figure counts, so that it can be counted again.
type Query struct {
	Set     Set          `json:"set"`
	Window  Window       `json:"window"`
	Prior   Window       `json:"prior,omitzero"` // the year before
	Regime  string       `json:"regime,omitempty"`
	Stage   string       `json:"stage,omitempty"`
	States  []StageState `json:"states,omitempty"`
	Binding bool         `json:"binding,omitempty"`
	On      Day          `json:"on,omitempty"` // day of the register
	Silent  bool         `json:"silent,omitempty"`
}

// Figure is one frozen number of a paper with what makes it honest.
type Figure struct {
	N    int    `json:"-"`
	Def  Def    `json:"-"`
	Item string `json:"-"` // what of the definition: a sector, a month …; Unknown or Other

	Count  int `json:"count"`
	Before int `json:"before"` // in the same days of the year before

	Of       Num `json:"of"`        // denominator: institution-years, stages judged, institutions listed; days otherwise
	OfBefore Num `json:"of_before"` // of the year before

	Value Num `json:"value"` // the count, or the rate or share with Of
	Low   Num `json:"low"`   // 95 % interval of the value; NaN where a census has none
	High  Num `json:"high"`

	Ratio     Num          `json:"ratio"` // rate over that of the year before; NaN when there was none
	RatioLow  Num          `json:"ratio_low"`
	RatioHigh Num          `json:"ratio_high"`
	P         Num          `json:"p"` // two-sided, of no change
	Verdict   stat.Verdict `json:"verdict"`
	Phi       Num          `json:"phi"`    // dispersion by which the interval was widened; 1 none
	Detect    Num          `json:"detect"` // smallest ratio that would have been found, power 80 %; NaN where not asked

	Late   int  `json:"late,omitempty"`    // of a stage
	Owed   int  `json:"overdue,omitempty"` // of a stage: past its limit and not handed in
	Open   int  `json:"open,omitempty"`    // of a stage: limit not reached
	Known  int  `json:"known"`             // records that state the dimension
	All    int  `json:"all"`               // of so many
	Hidden bool `json:"hidden,omitempty"`  // withheld: a small number in a paper for the public

	Query      Query  `json:"query"`
	Hash       string `json:"hash"`                  // SHA-256 of the sorted ids, each followed by a line feed
	HashBefore string `json:"hash_before,omitempty"` // of the year before
}

// Items that are not words of the pack.
const (
	Unknown = "?" // nobody stated it
	Other   = "*" // stated, but no word of the pack's table
)

// Paper is "The state of cybersecurity" of one period, frozen.
type Paper struct {
	ID      string
	Number  string
	Owner   string // institution that answers for it
	Mark    marking.Marking
	CutOff  time.Time
	MadeAt  time.Time
	MadeBy  string
	Digest  string
	Content Content
	Figures []Figure
}

// Content is what a paper holds beside its figures: its period and every word
// of the country that it says, frozen with it.
type Content struct {
	From       Day                     `json:"from"` // first day
	To         Day                     `json:"to"`   // first day no longer
	PriorFrom  Day                     `json:"prior_from"`
	PriorTo    Day                     `json:"prior_to"`
	Maker      string                  `json:"maker"`     // name
	Clearance  access.Clearance        `json:"clearance"` // it was counted as read with this
	Public     bool                    `json:"public,omitempty"`
	Invented   bool                    `json:"invented,omitempty"`
	Pack       string                  `json:"pack"`
	Zone       string                  `json:"zone"`
	Title      country.Text            `json:"title"`
	Subtitle   country.Text            `json:"subtitle"`
	Issuer     country.Text            `json:"issuer"`
	Sections   map[string]Part         `json:"sections"`
	Sentences  map[string]country.Text `json:"sentences"`
	Names      map[string]country.Text `json:"names"` // "sector:al.energy" → title
	Warnings   []country.Text          `json:"warnings,omitempty"`
	Background []Moment                `json:"background,omitempty"`
	Published  []Published             `json:"published,omitempty"`
}

// Part is the title of a section and the sentence under it.
type Part struct {
	Title country.Text `json:"title"`
	Lead  country.Text `json:"lead"`
}

// Moment is one line of the pack's dated, sourced public timeline.
type Moment struct {
	From      string       `json:"from"`
	To        string       `json:"to,omitempty"`
	Precision string       `json:"precision"`
	Title     country.Text `json:"title"`
	Source    string       `json:"source"`
	Verified  bool         `json:"verified"`
}

// Published is a figure somebody published, with what they said it counts.
type Published struct {
	Period    string       `json:"period"`
	Unit      string       `json:"unit"`
	Value     Num          `json:"value"`
	Counts    country.Text `json:"counts"`
	Publisher string       `json:"publisher"`
	Source    string       `json:"source"`
	Caution   country.Text `json:"caution,omitempty"`
	Verified  bool         `json:"verified"`
}

// Figure gives the figure of a definition and item.
func (p Paper) Figure(d Def, item string) (Figure, bool) {
	for _, f := range p.Figures {
		if f.Def == d && f.Item == item {
			return f, true
		}
	}
	return Figure{}, false
}

// Of gives the figures of a definition in their order.
func (p Paper) Of(d Def) (out []Figure) {
	for _, f := range p.Figures {
		if f.Def == d {
			out = append(out, f)
		}
	}
	return out
}

// Name says a word of the country as frozen, or its id.
func (p Paper) Name(kind, id, lang string) string {
	if t, ok := p.Content.Names[kind+":"+id]; ok {
		return t.In(lang)
	}
	return id
}

// StageNames gives the titles of a figure's regime and stage.
func (p Paper) StageNames(f Figure, lang string) (regime, stage string) {
	return p.Name("regime", f.Query.Regime, lang), p.Name("stage", f.Query.Regime+"/"+f.Query.Stage, lang)
}

// Days is the length of the period.
func (c Content) Days() int { return int(c.To - c.From) }

func defined(n Num) bool { return !math.IsNaN(float64(n)) }

// monthItem names a month, "2026-03".
func monthItem(d Day) string { return d.Date().Format("2006-01") }

// monthOf gives the first day of the month an item names.
func monthOf(item string) (Day, bool) {
	t, err := time.Parse("2006-01", strings.TrimSpace(item))
	return DayOf(t), err == nil
}
