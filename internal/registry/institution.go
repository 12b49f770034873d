package registry

import (
	"slices"
	"strings"
	"time"

	"kulla.dev/internal/country"
	"kulla.dev/internal/marking"
)

// ID names an institution for ever: the id of the country pack
// ("xa.org.authority") or one of db.NewID.
type ID string

// Day is a civil day "2006-01-02"; "" is not given. Days order as texts.
type Day string

// dayEver ends what has not ended.
const dayEver Day = "9999-12-31"

// DayOf gives the civil day of t in its own location.
func DayOf(t time.Time) Day { return Day(t.Format(time.DateOnly)) }

// fromDate turns a day of a pack into ours.
func fromDate(d country.Date) Day {
	if d.IsZero() {
		return ""
	}
	return Day(d.String())
}

// valid says whether d is a day that exists, or "".
func (d Day) valid() bool {
	if d == "" {
		return true
	}
	_, err := country.ParseDate(string(d))
	return err == nil
}

// within says whether on lies in [from, to]; an empty end is open.
func within(on, from, to Day) bool { return (from == "" || from <= on) && (to == "" || on <= to) }

// Name is what an institution is called, in some languages, for some time.
type Name struct {
	Text  country.Text `json:"text"`            // language → name
	Short country.Text `json:"short,omitempty"` // acronym; never an identifier
	From  Day          `json:"from,omitempty"`  // "" since ever known
	To    Day          `json:"to,omitempty"`    // last day; "" still
}

// Coded is a value of a coded scheme: nothing coded is stored as a bare label.
type Coded struct {
	Scheme  string `json:"scheme,omitempty"`  // "al.sectors"; filled from the pack when empty
	Version string `json:"version,omitempty"` // of the pack
	Code    string `json:"code,omitempty"`
}

// Kind is one entity kind of the pack that the institution is, or is said to
// be, for some time: what decides which regimes apply.
type Kind struct {
	ID       string `json:"id"`
	Disputed bool   `json:"disputed,omitempty"` // claimed and contested
	From     Day    `json:"from,omitempty"`
	To       Day    `json:"to,omitempty"`
}

// Attribute is one stated property regimes ask for: "annual_turnover",
// "employees". Several statements of one name may stand, each as of its day.
type Attribute struct {
	Name   string   `json:"name"`
	Number *float64 `json:"number,omitempty"` // an amount, in the unit of the pack's field
	Yes    *bool    `json:"yes,omitempty"`    // or an answer
	AsOf   Day      `json:"as_of,omitempty"`  // the day it describes
	Source string   `json:"source,omitempty"`
}

// Record is everything stated about an institution: what a form holds, what
// is compared, versioned and exchanged. The zero Mark becomes TLP:AMBER.
type Record struct {
	Names           []Name           `json:"names"`
	Kind            string           `json:"kind,omitempty"` // plain word of the pack: "ministry", "operator"
	Role            country.Text     `json:"role,omitempty"` // what it does, one sentence
	Sector          Coded            `json:"sector,omitzero"`
	Country         string           `json:"country,omitempty"` // ISO 3166-1 alpha-2
	TaxID           string           `json:"tax_id,omitempty"`
	LEI             string           `json:"lei,omitempty"`       // ISO 17442
	Authority       ID               `json:"authority,omitempty"` // institution it answers to
	Successor       ID               `json:"successor,omitempty"` // institution that took over
	Since           Day              `json:"since,omitempty"`
	Until           Day              `json:"until,omitempty"` // last day it exists
	Zone            string           `json:"zone,omitempty"`  // IANA name; "" the country's
	Kinds           []Kind           `json:"kinds,omitempty"`
	KindsComplete   bool             `json:"kinds_complete,omitempty"` // the list of kinds names all
	Attributes      []Attribute      `json:"attributes,omitempty"`
	Infrastructures []Infrastructure `json:"infrastructures,omitempty"`
	Services        []Service        `json:"services,omitempty"`
	Networks        []Network        `json:"networks,omitempty"`
	Domains         []Domain         `json:"domains,omitempty"`
	Contacts        []Contact        `json:"contacts,omitempty"`
	Note            string           `json:"note,omitempty"`
	Mark            marking.Marking  `json:"mark"`
}

// Source says how an institution came into the register.
type Source string

// The sources.
const (
	SourcePack     Source = "pack"
	SourceDesk     Source = "desk"
	SourceImport   Source = "import"
	SourceRegister Source = "register"
)

// Institution is a record under its id, as it stands or stood.
type Institution struct {
	ID      ID
	Version int // counts changes; Change asks for the one that was looked at
	Record
	Class   string // highest class held on the day of the last change
	Source  Source
	Created time.Time
	Changed time.Time
	Bounced map[string]Bounce // contact id → mail that came back
}

// Bounce says that mail to a contact came back.
type Bounce struct {
	At   time.Time
	Text string
}

// NameOn gives the name in lang that held on the day; the newest for "" or
// when none held.
func (r Record) NameOn(lang string, on Day) string { return r.nameOn(on).Text.In(lang) }

// ShortOn gives the acronym in lang that held on the day, "" if there is none.
func (r Record) ShortOn(lang string, on Day) string {
	n := r.nameOn(on)
	if len(n.Short) == 0 {
		return ""
	}
	return n.Short.In(lang)
}

func (r Record) nameOn(on Day) Name {
	if len(r.Names) == 0 {
		return Name{}
	}
	if on != "" {
		for _, n := range r.Names {
			if within(on, n.From, n.To) {
				return n
			}
		}
	}
	return r.Names[len(r.Names)-1] // in order of From
}

// Label gives the acronym if there is one, else the name.
func (r Record) Label(lang string, on Day) string {
	if s := r.ShortOn(lang, on); s != "" {
		return s
	}
	return r.NameOn(lang, on)
}

// ClassOn gives the highest class held on the day by the ranks given, or
// unlisted when none is held.
func (r Record) ClassOn(on Day, ranks map[string]int, unlisted string) string {
	best, rank := unlisted, ranks[unlisted]
	for _, in := range r.Infrastructures {
		if c := in.ClassOn(on); c != "" && ranks[c] > rank {
			best, rank = c, ranks[c]
		}
	}
	return best
}

// KindsOn lists the kinds that hold on the day, undisputed and disputed.
func (r Record) KindsOn(on Day) (is, disputed []string) {
	for _, k := range r.Kinds {
		if !within(on, k.From, k.To) {
			continue
		}
		if k.Disputed {
			disputed = append(disputed, k.ID)
		} else {
			is = append(is, k.ID)
		}
	}
	return is, disputed
}

// SectorCodes lists the institution's own sector, then those of what it holds.
func (r Record) SectorCodes() []string {
	var out []string
	add := func(c Coded) {
		if c.Code != "" && !slices.Contains(out, c.Code) {
			out = append(out, c.Code)
		}
	}
	add(r.Sector)
	for _, in := range r.Infrastructures {
		add(in.Sector)
	}
	for _, s := range r.Services {
		add(s.Sector)
	}
	return out
}

// Languages lists the languages of the newest name, in order.
func (r Record) Languages() []string {
	var out []string
	for l := range r.nameOn("").Text {
		out = append(out, l)
	}
	slices.Sort(out)
	return out
}

// ValidID says whether s has the form of an institution's id, before a room
// is asked: letters, digits, dots, hyphens and underscores, at most 80.
func ValidID(s string) bool {
	return s != "" && len(s) <= 80 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == ""
}
