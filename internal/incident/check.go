package incident

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"kulla.dev/internal/country"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/marking"
	"kulla.dev/internal/regime"
)

// Limits of what a report may hold, in characters and items.
const (
	maxLine  = 200
	maxText  = 20_000
	maxList  = 200
	maxSpans = 500
	maxCodes = 20
	maxNames = 500 // institutions of an aggregated report
)

// Ahead is how far a stated time may lie in the future: clocks differ.
const Ahead = 5 * time.Minute

// earliest is the first moment a report may speak of.
var earliest = time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)

// clean makes a text storable: valid UTF-8, composed, without control
// characters other than line ends and tabs.
func clean(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "�")
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' || r == '\u2028' || r == '\u2029' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' {
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(norm.NFC.String(s))
}

func cleanList(list []string) []string {
	var out []string
	for _, s := range list {
		if s = clean(s); s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// cleaned gives the draft with every text made storable.
func (in Draft) cleaned() Draft {
	for _, s := range []*string{&in.Key, &in.Institution, &in.Title, &in.LateReason, &in.Channel, &in.Victim.Name, &in.Victim.Contact, &in.Victim.Phone,
		&in.Victim.Sector, &in.Attempt.Channel} {
		*s = clean(*s)
	}
	in.Title = strings.Join(strings.Fields(in.Title), " ")
	in.Others, in.Services, in.Grounds, in.Files = cleanList(in.Others), cleanList(in.Services), cleanList(in.Grounds), cleanList(in.Files)
	in.Victim.Kinds = cleanList(in.Victim.Kinds)
	if in.Kind == "" {
		in.Kind = regime.Significant
	}
	in.Values = cleanValues(in.Values)
	for _, m := range []*Moment{&in.Occurred, &in.Detected, &in.Aware} {
		m.At = micros(m.At)
		if m.At.IsZero() {
			m.At = time.Time{}
		} else if m.Precision == "" {
			m.Precision = Minute
		}
	}
	return in
}

func cleanValues(values map[string]Stated) map[string]Stated {
	if values == nil {
		return nil
	}
	out := make(map[string]Stated, len(values))
	for name, v := range values {
		v.Text, v.Method, v.List = clean(v.Text), clean(v.Method), cleanList(v.List)
		out[name] = v
	}
	return out
}

func tooLong(f *fault.Fields, name, s string, limit int) {
	if n := utf8.RuneCountInString(s); n > limit {
		f.Add(name, "incident.field.too-long", n, limit)
	}
}

// checkDraft notes every field of a draft that breaks a rule, whatever the
// institution and the incident are.
func (d *Desk) checkDraft(f *fault.Fields, in Draft, now time.Time) {
	tooLong(f, "key", in.Key, maxLine)
	tooLong(f, "title", in.Title, maxLine)
	tooLong(f, "late_reason", in.LateReason, maxText)
	tooLong(f, "channel", in.Channel, maxLine)
	if !slices.Contains([]regime.ReportKind{regime.Significant, regime.Voluntary, regime.NearMiss, regime.Threat}, in.Kind) {
		f.Add("kind", "incident.field.unknown", string(in.Kind))
	}
	if in.Unit != "" && !slices.Contains(Units(), in.Unit) {
		f.Add("unit", "incident.field.unknown", string(in.Unit))
	}
	if int(in.TLP) > int(marking.TLPRed) {
		f.Add("tlp", "marking.tlp.unknown", int(in.TLP))
	}
	for _, list := range []struct {
		name  string
		n, at int
	}{{"others", len(in.Others), maxNames}, {"codes", len(in.Codes), maxCodes}, {"services", len(in.Services), maxList}, {"spans", len(in.Spans), maxSpans},
		{"files", len(in.Files), maxList}, {"values", len(in.Values), maxList}, {"covers", len(in.Covers), maxList}} {
		if list.n > list.at {
			f.Add(list.name, "incident.field.too-many", list.n, list.at)
		}
	}
	for _, s := range in.Services {
		tooLong(f, "services", s, maxLine)
	}
	d.checkVictim(f, in)
	d.checkCodes(f, in.Codes)
	d.checkMoments(f, in, now)
	d.checkValues(f, in.Values, now)
	checkSpans(f, in.Spans, now)
	d.checkCovers(f, in.Covers)
	if !in.Attempt.At.IsZero() {
		checkMoment(f, "attempt", Moment{in.Attempt.At, Minute}, now)
		if in.Attempt.Channel == "" {
			f.Add("attempt.channel", "incident.field.needed")
		}
	}
	if in.Speed != 0 && (in.Speed < 1 || in.Speed > 1000) {
		f.Add("speed", "incident.field.speed", 1000)
	}
}

func (d *Desk) checkVictim(f *fault.Fields, in Draft) {
	v := in.Victim
	if v.Name == "" && in.Institution == "" && in.Incident == "" {
		f.Add("institution", "incident.field.institution-or-victim")
	}
	if v.Name != "" && in.Institution != "" {
		f.Add("victim.name", "incident.field.institution-and-victim")
	}
	tooLong(f, "victim.name", v.Name, maxLine)
	tooLong(f, "victim.phone", v.Phone, maxLine)
	tooLong(f, "victim.contact", v.Contact, maxLine)
	if v.Contact != "" && !mailShaped(v.Contact) {
		f.Add("victim.contact", "incident.field.mail")
	}
	if _, ok := d.Pack.Sector(v.Sector); v.Sector != "" && !ok {
		f.Add("victim.sector", "incident.field.unknown", v.Sector)
	}
	for _, k := range v.Kinds {
		if _, ok := d.Pack.EntityKind(k); !ok {
			f.Add("victim.kinds", "incident.field.unknown", k)
		}
	}
}

func mailShaped(s string) bool {
	at := strings.LastIndexByte(s, '@')
	return at > 0 && at < len(s)-3 && !strings.ContainsAny(s, " \t\n<>,;\"") && strings.Contains(s[at:], ".")
}

func (d *Desk) checkCodes(f *fault.Fields, codes []Code) {
	for i, c := range codes {
		t, ok := d.Pack.Taxonomy(c.Scheme)
		switch {
		case !ok:
			f.Add(fmt.Sprintf("codes[%d]", i), "incident.field.unknown", c.Scheme)
		case c.Version != "" && c.Version != t.Version:
			f.Add(fmt.Sprintf("codes[%d]", i), "incident.field.code-version", c.Scheme, c.Version, t.Version)
		default:
			if !knownCode(d.Pack, t, c.Code) {
				f.Add(fmt.Sprintf("codes[%d]", i), "incident.field.unknown", c.Code)
			}
		}
	}
}

func knownCode(p *country.Pack, t country.Taxonomy, code string) bool {
	if _, _, ok := p.Taxon(t.ID, code); ok {
		return true
	}
	return slices.ContainsFunc(t.Maps, func(m country.TaxonMap) bool { return m.From == code })
}

// checkMoment refuses times nobody can have meant.
func checkMoment(f *fault.Fields, name string, m Moment, now time.Time) bool {
	if m.IsZero() {
		if m.Precision != "" && m.Precision != Unknown {
			f.Add(name, "incident.time.missing")
			return false
		}
		return true
	}
	switch {
	case !slices.Contains([]Precision{Minute, Hour, Day, Month, Unknown}, m.Precision):
		f.Add(name, "incident.field.unknown", string(m.Precision))
	case m.At.Before(earliest):
		f.Add(name, "incident.time.too-early", m.At.Year(), earliest.Year())
	case m.At.After(now.Add(Ahead)):
		f.Add(name, "incident.time.future")
	default:
		return true
	}
	return false
}

// latest is the end of the stretch a moment may lie in, by its precision.
func (d *Desk) latest(m Moment) time.Time {
	switch m.Precision {
	case Hour:
		return m.At.Add(time.Hour)
	case Day:
		return m.At.In(d.Pack.Location).AddDate(0, 0, 1)
	case Month:
		return m.At.In(d.Pack.Location).AddDate(0, 1, 0)
	case Minute, Unknown:
	}
	return m.At.Add(time.Minute)
}

func (d *Desk) checkMoments(f *fault.Fields, in Draft, now time.Time) {
	occurred := checkMoment(f, "occurred", in.Occurred, now) && known(in.Occurred)
	detected := checkMoment(f, "detected", in.Detected, now) && known(in.Detected)
	aware := checkMoment(f, "aware", in.Aware, now) && known(in.Aware)
	before := func(name string, a, b Moment, other string) {
		if !a.At.Before(d.latest(b)) {
			f.Add(name, "incident.time."+other)
		}
	}
	if occurred && detected {
		before("detected", in.Occurred, in.Detected, "detected-before-occurred")
	}
	if detected && aware {
		before("aware", in.Detected, in.Aware, "aware-before-detected")
	}
	if occurred && aware {
		before("aware", in.Occurred, in.Aware, "aware-before-occurred")
	}
}

func known(m Moment) bool { return !m.IsZero() && m.Precision != Unknown }

// checkValues checks the answers against the types of the pack's fields.
func (d *Desk) checkValues(f *fault.Fields, values map[string]Stated, now time.Time) {
	for _, name := range sortedKeys(values) {
		v, at := values[name], "values."+name
		field, isField := d.Pack.Field(name)
		if !isField && !d.facts[name] {
			f.Add(at, "incident.field.unknown", name)
			continue
		}
		limit := maxLine * 5
		if field.Type == "longtext" {
			limit = maxText
		}
		tooLong(f, at, v.Text, limit)
		tooLong(f, at, v.Method, maxLine)
		if len(v.List) > maxList {
			f.Add(at, "incident.field.too-many", len(v.List), maxList)
		}
		if v.Is < regime.Unknown || v.Is > regime.Yes {
			f.Add(at, "incident.field.unknown", int(v.Is))
		}
		if v.Number != nil && (*v.Number != *v.Number || *v.Number < 0 || *v.Number > 1e15) {
			f.Add(at, "incident.field.number")
		}
		if v.Number != nil && field.Unit == "percent" && *v.Number > 100 {
			f.Add(at, "incident.field.percent")
		}
		checkMoment(f, at, v.At, now)
		if v.AsOf.After(now.Add(Ahead)) {
			f.Add(at, "incident.time.future")
		}
		if len(field.Options) > 0 {
			for _, o := range append(slices.Clone(v.List), v.Text) {
				if o != "" && !slices.ContainsFunc(field.Options, func(t country.Term) bool { return t.ID == o }) {
					f.Add(at, "incident.field.unknown", o)
				}
			}
		}
	}
}

func checkSpans(f *fault.Fields, spans []Span, now time.Time) {
	for i, s := range spans {
		name := fmt.Sprintf("spans[%d]", i)
		switch {
		case s.Tag == "" || len(s.Tag) > 64:
			f.Add(name, "incident.field.needed")
		case s.From.IsZero() || s.From.Before(earliest):
			f.Add(name, "incident.time.missing")
		case s.From.After(now.Add(Ahead)) || s.To.After(now.Add(Ahead)):
			f.Add(name, "incident.time.future")
		case !s.To.IsZero() && !s.To.After(s.From):
			f.Add(name, "incident.time.span-order")
		}
	}
}

// checkCovers refuses stages no regime has.
func (d *Desk) checkCovers(f *fault.Fields, covers []regime.Cover) {
	for i, c := range covers {
		if !d.knownCover(c) {
			f.Add(fmt.Sprintf("covers[%d]", i), "incident.field.unknown", c.Regime+"/"+c.Stage)
		}
	}
}

func (d *Desk) knownCover(c regime.Cover) bool {
	if slices.Contains(country.Final.Values(), c.Stage) && c.Regime == "" {
		return true
	}
	stage, _, _ := strings.Cut(c.Stage, "#")
	for _, r := range d.Pack.Regimes {
		if c.Regime != "" && c.Regime != r.ID {
			continue
		}
		if slices.Contains(country.Final.Values(), stage) {
			return true
		}
		if _, ok := r.Stage(stage); ok {
			return true
		}
	}
	return false
}

// namedFacts lists the facts the pack's regimes speak of, beside its fields.
func namedFacts(p *country.Pack) map[string]bool {
	out := map[string]bool{"ongoing": true}
	see := func(e country.Expr) {
		e.Walk(func(n *country.Node) {
			if n.Op == country.OpFact && n.Ns == "incident" {
				out[n.Name] = true
			}
		})
	}
	var test func(t country.Test)
	test = func(t country.Test) {
		see(t.If)
		for _, list := range [][]country.Test{t.Any, t.All} {
			for _, sub := range list {
				test(sub)
			}
		}
		if t.AtLeast != nil {
			for _, sub := range t.AtLeast.Of {
				test(sub)
			}
		}
	}
	for _, r := range p.Regimes {
		see(r.Concerns)
		if r.Significance != nil {
			test(*r.Significance)
		}
		for _, s := range r.Stages {
			see(s.When)
			if s.ReplacedBy != nil {
				see(s.ReplacedBy.If)
			}
		}
		for _, t := range r.CrossBorder {
			see(t.If)
		}
	}
	return out
}
