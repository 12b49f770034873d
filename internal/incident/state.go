package incident

import (
	"slices"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/country"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/regime"
)

// forever is rec_to of a derived row that holds now.
const forever = 1<<63 - 1

// state is one incident in a transaction: what is stored, what is about to be
// added, and what follows from both.
type state struct {
	Incident
	body
	fresh     bool // not stored yet
	party     Party
	events    []Event
	facts     []fact
	questions []Entry // open ones
	group     []regime.Related
	stored    int // how many events and facts are in the database
	kept      int
	indexed   string // text whose words are in the database
	result    regime.Result
}

// body is what of an incident is stored as JSON.
type body struct {
	Occurred Moment   `json:"occurred,omitzero"`
	Detected Moment   `json:"detected,omitzero"`
	Aware    Moment   `json:"aware,omitzero"`
	Codes    []Code   `json:"codes,omitempty"`
	Services []string `json:"services,omitempty"`
	Grounds  []string `json:"grounds,omitempty"`
	UnitBy   string   `json:"unit_by,omitzero"` // "rule", or the person who said so
	BandBy   string   `json:"band_by,omitzero"`
}

// fact is one version of one stated field.
type fact struct {
	Seq        int
	Name       string
	Recorded   time.Time
	By         string
	Submission string
	Stated     Stated
	Spans      []Span // of the field named spans
}

// spansField is the name under which stretches of outage are kept.
const spansField = "spans"

func (s *state) seen(version int) error {
	if version != 0 && version != s.Version {
		return fault.New(fault.Stale, "incident.change.stale", s.Number)
	}
	return nil
}

// add appends an event to the log; it is written by settle.
func (s *state) add(e Event, now time.Time) *Event {
	e.ID, e.Seq, e.Recorded = db.NewID(now), len(s.events)+1, micros(now)
	if e.At.IsZero() {
		e.At = now
	}
	e.At = micros(e.At)
	if e.Precision == "" {
		e.Precision = Minute
	}
	s.events = append(s.events, e)
	return &s.events[len(s.events)-1]
}

// say appends a version of a stated field.
func (s *state) say(by access.Actor, name string, v Stated, spans []Span, submission string, now time.Time) {
	s.facts = append(s.facts, fact{Seq: len(s.facts) + 1, Name: name, Recorded: micros(now), By: by.ID(), Submission: submission, Stated: v, Spans: spans})
}

// current gives the last version of each stated field.
func (s *state) current() map[string]Stated {
	out := map[string]Stated{}
	for _, f := range s.facts {
		if f.Name != spansField {
			out[f.Name] = f.Stated
		}
	}
	return out
}

// event gives an event of the log by id.
func (s *state) event(id string) (*Event, bool) {
	i := slices.IndexFunc(s.events, func(e Event) bool { return e.ID == id })
	if i < 0 {
		return nil, false
	}
	return &s.events[i], true
}

// first gives the first event of a kind that no correction replaced.
func (s *state) first(kind country.EventKind) (*Event, bool) {
	for i := range s.events {
		e := &s.events[i]
		if e.Kind == kind && e.Disputes == "" && !slices.ContainsFunc(s.events, func(o Event) bool { return o.Supersedes == e.ID }) {
			return e, true
		}
	}
	return nil, false
}

// kase is the incident as the regime engine sees it.
func (d *Desk) kase(s *state) regime.Case {
	p := s.party
	c := regime.Case{
		Entity: regime.Entity{ID: p.ID, Kinds: p.Kinds, Disputed: p.Disputed, KindsOpen: p.KindsOpen, Sectors: p.Sectors,
			Class: p.Class, State: p.State, Authority: p.Authority, Zone: p.Zone, Calendar: p.Calendar, Facts: p.Facts},
		Incident: regime.Incident{ID: string(s.ID), Kind: s.Kind, Group: s.group, Exercise: s.Exercise, Speed: s.Speed,
			Grounds: s.Grounds, Reference: s.Number},
	}
	if m := s.body.Occurred; !m.IsZero() && m.Precision != Unknown {
		c.Incident.Occurred = m.At
	}
	for _, f := range s.facts {
		if f.Name == spansField {
			c.Incident.Spans = c.Incident.Spans[:0:0]
			for _, sp := range f.Spans {
				c.Incident.Spans = append(c.Incident.Spans, regime.Interval{Tag: sp.Tag, From: sp.From, To: sp.To, Marks: sp.Marks})
			}
			continue
		}
		if rf, ok := d.fact(f); ok {
			c.Incident.Facts = append(c.Incident.Facts, rf)
		}
	}
	for i := range s.events {
		c.Events = append(c.Events, s.events[i].Event)
	}
	return c
}

// fact turns a stated field into a fact of the significance tests.
func (d *Desk) fact(f fact) (regime.Fact, bool) {
	name := f.Name
	if field, ok := d.Pack.Field(f.Name); ok && field.Fact != "" {
		name = field.Fact
	}
	v := f.Stated
	out := regime.Fact{Name: name, Is: v.Is, Potential: v.Potential, Suspected: v.Suspected, Estimate: v.Estimate, AsOf: v.AsOf, Recorded: f.Recorded, By: f.By}
	switch {
	case v.Number != nil:
		out.HasNumber, out.Number = true, *v.Number
	case v.Is == regime.Unknown && v.Text+joined(v.List) != "":
		return out, false // words state no fact
	}
	return out, true
}

func joined(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

func micros(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// until leaves out of the state what was recorded after a moment, so that the
// position as known then can be derived again.
func (s *state) until(at time.Time) {
	s.events = slices.DeleteFunc(s.events, func(e Event) bool { return e.Recorded.After(at) })
	s.facts = slices.DeleteFunc(s.facts, func(f fact) bool { return f.Recorded.After(at) })
	s.restore()
}

// restore reads the moments of the incident back from the log.
func (s *state) restore() {
	for _, m := range []struct {
		kind country.EventKind
		to   []*Moment
	}{
		{country.Occurred, []*Moment{&s.body.Occurred, &s.Incident.Occurred}},
		{country.Detected, []*Moment{&s.body.Detected, &s.Incident.Detected}},
		{country.Aware, []*Moment{&s.body.Aware, &s.Incident.Aware}},
	} {
		v := Moment{}
		if e, ok := s.first(m.kind); ok {
			v = Moment{e.At, e.Precision}
		}
		for _, to := range m.to {
			*to = v
		}
	}
}
