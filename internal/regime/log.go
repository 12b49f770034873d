package regime

import (
	"cmp"
	"slices"
	"time"

	"kulla.dev/internal/country"
)

// eventLog is the log as it stands: corrected events left out, in order of
// time. What was recorded after the moment asked about is not seen.
type eventLog struct {
	all []*Event
}

func newLog(events []Event, now time.Time) eventLog {
	gone := map[string]bool{}
	for i := range events {
		e := &events[i]
		if e.Supersedes != "" && !unseen(e.Recorded, now) {
			gone[e.Supersedes] = true
		}
	}
	l := eventLog{all: make([]*Event, 0, len(events))}
	for i := range events {
		if e := &events[i]; !gone[e.ID] && !unseen(e.Recorded, now) {
			l.all = append(l.all, e)
		}
	}
	slices.SortStableFunc(l.all, func(a, b *Event) int {
		return cmp.Or(a.At.Compare(b.At), a.Recorded.Compare(b.Recorded), cmp.Compare(a.ID, b.ID))
	})
	return l
}

func unseen(recorded, now time.Time) bool { return !recorded.IsZero() && recorded.After(now) }

// about says whether an event concerns a stage of a regime. With no stage
// given, or no cover in the event, it concerns all.
func (e *Event) about(r *country.Regime, stage string) bool {
	if len(e.Covers) == 0 {
		return stage == "" || !covering(e.Kind)
	}
	for _, c := range e.Covers {
		if c.Regime != "" && c.Regime != r.ID {
			continue
		}
		if stage == "" || c.Stage == "" || c.Stage == stage {
			return true
		}
		if s, ok := stageOf(r, stage); ok && c.Stage == string(s.Kind) {
			return true
		}
	}
	return false
}

// covering kinds say nothing about a stage they do not name.
func covering(k country.EventKind) bool {
	switch k {
	case country.Submitted, country.Attempted, country.Requested, country.Held, country.Extended, country.Decided, country.Received:
		return true
	}
	return false
}

func stageOf(r *country.Regime, id string) (*country.Stage, bool) {
	for i := range r.Stages {
		if r.Stages[i].ID == id {
			return &r.Stages[i], true
		}
	}
	return nil, false
}

// names says whether an event covers the stage of the regime by naming that regime.
func (e *Event) names(r *country.Regime) bool {
	return slices.ContainsFunc(e.Covers, func(c Cover) bool { return c.Regime == r.ID })
}

// first gives the earliest event of a kind about arg, up to horizon.
func (l eventLog) first(kind country.EventKind, arg string, r *country.Regime, horizon time.Time) (*Event, bool) {
	for _, e := range l.all {
		if !horizon.IsZero() && e.At.After(horizon) {
			break
		}
		if l.is(e, kind, arg, r) {
			return e, true
		}
	}
	return nil, false
}

// last gives the latest such event.
func (l eventLog) last(kind country.EventKind, arg string, r *country.Regime, horizon time.Time) (*Event, bool) {
	for _, e := range slices.Backward(l.all) {
		if (horizon.IsZero() || !e.At.After(horizon)) && l.is(e, kind, arg, r) {
			return e, true
		}
	}
	return nil, false
}

func (l eventLog) is(e *Event, kind country.EventKind, arg string, r *country.Regime) bool {
	if e.Kind != kind || e.Disputes != "" {
		return false
	}
	if kind == country.Aware || kind == country.Believed {
		// A processor's knowledge is not the controller's.
		if arg == "" {
			return e.Role != "processor"
		}
		return e.Role == arg || e.Role == "" && arg == "controller"
	}
	return e.about(r, arg)
}

// each gives the events of a kind about arg, in order of time.
func (l eventLog) each(kind country.EventKind, arg string, r *country.Regime) []*Event {
	var out []*Event
	for _, e := range l.all {
		if l.is(e, kind, arg, r) {
			out = append(out, e)
		}
	}
	return out
}

// current gives the last recorded version of each fact known at now, and the
// distinct moments at which facts were recorded, oldest first.
func current(facts []Fact, now time.Time) (map[string]*Fact, []time.Time) {
	out := make(map[string]*Fact, len(facts))
	var when []time.Time
	for i := range facts {
		f := &facts[i]
		if unseen(f.Recorded, now) {
			continue
		}
		if old, ok := out[f.Name]; !ok || !f.Recorded.Before(old.Recorded) {
			out[f.Name] = f
		}
		if len(when) == 0 || !when[len(when)-1].Equal(f.Recorded) {
			when = append(when, f.Recorded)
		}
	}
	slices.SortFunc(when, time.Time.Compare)
	return out, slices.CompactFunc(when, time.Time.Equal)
}
