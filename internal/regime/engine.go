package regime

import (
	"slices"
	"sync"
	"time"

	"kulla.dev/internal/country"
)

// Engine evaluates cases against the regimes of one pack. It is safe for use
// by many goroutines.
type Engine struct {
	pack   *country.Pack
	listed map[string]bool // classes that mean "on the list"
	zones  sync.Map        // IANA name → *time.Location, read once
}

// New makes the engine of a pack.
func New(p *country.Pack) *Engine {
	e := &Engine{pack: p, listed: map[string]bool{}}
	for _, c := range p.Classes {
		e.listed[c.ID] = c.Listed
	}
	return e
}

// Pack gives the pack the engine was made of.
func (e *Engine) Pack() *country.Pack { return e.pack }

// Regimes lists the regimes valid on a day, in pack order.
func (e *Engine) Regimes(on country.Date) []*country.Regime { return e.pack.RegimesOn(on) }

// zone gives a location by IANA name, the pack's for an empty or unknown one.
func (e *Engine) zone(name string) *time.Location {
	if name == "" || name == "authority" {
		return e.pack.Location
	}
	if l, ok := e.zones.Load(name); ok {
		return l.(*time.Location)
	}
	l, err := time.LoadLocation(name)
	if err != nil {
		l = e.pack.Location
	}
	e.zones.Store(name, l)
	return l
}

// run is one evaluation of one case; for each regime a copy with r set.
type run struct {
	e      *Engine
	c      *Case
	now    time.Time
	log    eventLog
	entity map[string]*Fact
	facts  map[string]*Fact
	stated []time.Time // distinct moments at which facts were recorded
	listed bool
	speed  float64

	r       *country.Regime
	loc     *time.Location
	cal     *country.Calendar
	applied *Applied
	crossed *Event // recurrence: the moment the group crossed the limit
	dues    map[string]*dueAt
	moved   map[string]time.Time // contested moments tried out, by event id
}

// quick shortens a length of time by the speed of an exercise.
func (x *run) quick(d time.Duration) time.Duration {
	if x.speed <= 1 {
		return d
	}
	return time.Duration(float64(d) / x.speed)
}

func (x *run) excluded(s Interval) bool {
	return slices.ContainsFunc(s.Marks, func(m string) bool { return slices.Contains(x.r.Exclusions, m) })
}

func (x *run) env(horizon time.Time) *env {
	return &env{run: x, facts: x.facts, horizon: horizon}
}

// Evaluate derives everything that follows from the case at the moment now.
// Events and facts recorded after now are not seen, so an earlier now gives
// the result as it was known then.
func (e *Engine) Evaluate(c Case, now time.Time) Result {
	x := run{e: e, c: &c, now: now, log: newLog(c.Events, now), listed: e.listed[c.Entity.Class], speed: 1}
	if c.Incident.Exercise && c.Incident.Speed > 1 {
		x.speed = c.Incident.Speed
	}
	x.entity, _ = current(c.Entity.Facts, now)
	x.facts, x.stated = current(c.Incident.Facts, now)
	res := Result{At: now, Exercise: c.Incident.Exercise}

	day := x.incidentDay()
	regimes := e.pack.RegimesOn(day)
	res.Regimes = make([]Applied, len(regimes))
	runs := make([]run, len(regimes))
	for i, r := range regimes {
		runs[i] = x
		runs[i].enter(r)
		res.Regimes[i] = runs[i].apply()
		runs[i].applied = &res.Regimes[i]
	}
	suppress(regimes, res.Regimes)
	stages := 0
	for _, r := range regimes {
		stages += len(r.Stages)
	}
	res.Obligations = make([]Obligation, 0, stages+4)
	for i := range regimes {
		res.Obligations = append(res.Obligations, runs[i].obligations()...)
		res.Duties = append(res.Duties, runs[i].duties()...)
		res.Tasks = append(res.Tasks, runs[i].tasks()...)
	}
	res.Next = x.next(res)
	return res
}

// enter turns to one regime: its zone, its calendar.
func (x *run) enter(r *country.Regime) {
	x.r = r
	x.dues = map[string]*dueAt{}
	zone, cal := r.Zone, r.Calendar
	if zone == "entity" {
		zone = x.c.Entity.Zone
	}
	if cal == "entity" {
		cal = x.c.Entity.Calendar
	} else if cal == "authority" {
		cal = ""
	}
	x.loc = x.e.zone(zone)
	x.cal, _ = x.e.pack.Calendar(cal)
}

// incidentDay is the day that chooses the version of each regime: the day it
// occurred, else the earliest day on record.
func (x *run) incidentDay() country.Date {
	t := x.c.Incident.Occurred
	if t.IsZero() {
		if e, ok := x.log.first(country.Occurred, "", &country.Regime{}, time.Time{}); ok {
			t = e.At
		} else if len(x.log.all) > 0 {
			t = x.log.all[0].At
		} else {
			t = x.now
		}
	}
	return country.DateOf(t.In(x.e.pack.Location))
}

// next finds the earliest coming moment at which the result changes.
func (x *run) next(res Result) time.Time {
	var best time.Time
	see := func(t time.Time) {
		if t.After(x.now) && (best.IsZero() || t.Before(best)) {
			best = t
		}
	}
	for _, o := range res.Obligations {
		if o.State == Met || o.State == Closed || o.State == Replaced {
			continue
		}
		see(o.Due)
		see(o.LegalOuter)
		see(o.HeldUntil)
		for _, t := range o.Reminders {
			see(t)
		}
	}
	for _, d := range res.Duties {
		if d.State == Open {
			see(d.Due)
		}
	}
	for _, s := range x.c.Incident.Spans {
		if s.To.IsZero() { // a lasting outage may cross a threshold
			see(x.now.Add(x.quick(15 * time.Minute)))
		}
	}
	return best
}
