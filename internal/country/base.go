package country

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"
)

// Text is one sentence or name in several languages, keyed by BCP 47 tag
// ("sq", "en"). In YAML it is a map of language to text.
type Text map[string]string

// In gives the text in lang, else in English, else in the first language by
// tag, so that a reader always sees something.
func (t Text) In(lang string) string {
	if s, ok := t[lang]; ok {
		return s
	}
	if s, ok := t["en"]; ok {
		return s
	}
	keys := make([]string, 0, len(t))
	for k := range t {
		keys = append(keys, k)
	}
	if len(keys) == 0 {
		return ""
	}
	return t[slices.Min(keys)]
}

// Verification says how well a legal parameter was checked.
type Verification string

// The grades, best first. The empty grade reads as Unverified.
const (
	Verified   Verification = "verified"   // read in the act or an official text
	General    Verification = "general"    // general knowledge, not re-read
	Uncertain  Verification = "uncertain"  // sources conflict or are weak
	Unverified Verification = "unverified" // nobody checked it yet
)

// Values lists the closed vocabulary.
func (Verification) Values() []string {
	return []string{"verified", "general", "uncertain", "unverified"}
}

// Binding says whether a limit so graded may be called missed without a
// lawyer's confirmation: true for verified and general.
func (v Verification) Binding() bool { return v == Verified || v == General }

// LegalRef points at the provision behind an item.
type LegalRef struct {
	Act        string       `yaml:"act" need:"y"` // id of an act of the pack, or its citation
	Article    string       `yaml:"article"`
	URL        string       `yaml:"url"`
	Status     Verification `yaml:"verification"`
	VerifiedBy string       `yaml:"verified_by"`
	VerifiedOn Date         `yaml:"verified_on"`
	Note       Text         `yaml:"note"`
}

// String gives the short citation, "act, article".
func (r LegalRef) String() string {
	if r.Article == "" {
		return r.Act
	}
	return r.Act + ", " + r.Article
}

// Date is a civil day without zone. The zero Date means "not given".
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// ParseDate reads YYYY-MM-DD and refuses days that do not exist.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse("2006-01-02", s)
	if err != nil {
		return Date{}, fmt.Errorf("date %q: want YYYY-MM-DD", s)
	}
	return DateOf(t), nil
}

// DateOf gives the civil day of t in t's own zone.
func DateOf(t time.Time) Date { y, m, d := t.Date(); return Date{y, m, d} }

// IsZero says whether no day was given.
func (d Date) IsZero() bool { return d == Date{} }

// String gives YYYY-MM-DD, or "" for the zero Date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// At gives the instant of hour:min:sec on the day in loc. A clock time that a
// change to summer time skips is moved forward, as time.Date does.
func (d Date) At(hour, min, sec int, loc *time.Location) time.Time {
	return time.Date(d.Year, d.Month, d.Day, hour, min, sec, 0, loc)
}

func (d Date) utc() time.Time { return d.At(0, 0, 0, time.UTC) }

// AddDays gives the day n days later (earlier for negative n).
func (d Date) AddDays(n int) Date { return DateOf(d.utc().AddDate(0, 0, n)) }

// AddMonths gives the same date number n months later, or the last day of
// that month where it has no such number (31 January + 1 month = 28 or 29
// February), as Regulation (EEC, Euratom) 1182/71 art. 3(2)(c) does.
func (d Date) AddMonths(n int) Date {
	first := time.Date(d.Year, d.Month+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return Date{first.Year(), first.Month(), min(d.Day, last)}
}

// Weekday gives the day of the week.
func (d Date) Weekday() time.Weekday { return d.utc().Weekday() }

// Before says whether d lies before e.
func (d Date) Before(e Date) bool { return d.Compare(e) < 0 }

// Compare orders days.
func (d Date) Compare(e Date) int {
	return cmp.Or(cmp.Compare(d.Year, e.Year), cmp.Compare(d.Month, e.Month), cmp.Compare(d.Day, e.Day))
}

// UnmarshalYAML reads YYYY-MM-DD.
func (d *Date) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.ScalarNode {
		return fmt.Errorf("line %d: a date is written YYYY-MM-DD", n.Line)
	}
	if n.Value == "" {
		return nil
	}
	v, err := ParseDate(n.Value)
	if err != nil {
		return fmt.Errorf("line %d: %w", n.Line, err)
	}
	*d = v
	return nil
}

// Span is a length of elapsed time, written "30min", "24h", "14d".
type Span time.Duration

// UnmarshalYAML reads a span.
func (s *Span) UnmarshalYAML(n *yaml.Node) error {
	d, err := parseSpan(n.Value)
	if err != nil {
		return fmt.Errorf("line %d: %w", n.Line, err)
	}
	*s = Span(d)
	return nil
}

// Name is what something was called from one day to another.
type Name struct {
	Text  Text `yaml:"text" need:"y"`
	Short Text `yaml:"short"` // acronym; never an identifier
	From  Date `yaml:"from"`  // zero: since ever known
	To    Date `yaml:"to"`    // last day; zero: still
}

// nameOn picks the name valid on day; the newest when day is zero or before all.
func nameOn(names []Name, day Date) Name {
	if len(names) == 0 {
		return Name{}
	}
	if !day.IsZero() {
		for _, n := range names {
			if (n.From.IsZero() || !day.Before(n.From)) && (n.To.IsZero() || !n.To.Before(day)) {
				return n
			}
		}
	}
	return names[len(names)-1]
}
