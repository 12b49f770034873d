package regime

import (
	"time"

	"kulla.dev/internal/country"
)

// dueAt is what one due comes to.
type dueAt struct {
	known  bool
	undue  bool // without undue delay: no number
	due    time.Time
	outer  time.Time
	anchor AnchorUsed
	waits  string
	sub    *Event // the submission that met the stage
	why    []Step
	warn   []Step
}

// later keeps the outer limit from lying before the due.
func (d *dueAt) order() {
	if d.outer.Before(d.due) {
		d.outer = d.due
	}
}

// stage works out the due of a stage once; the due of another stage may need
// it (fallbacks, same_as). Load made sure there is no circle.
func (x *run) stage(id string) *dueAt {
	if d, ok := x.dues[id]; ok {
		return d
	}
	s, ok := stageOf(x.r, id)
	if !ok {
		return &dueAt{waits: id} // unreachable: Load refuses unknown stages
	}
	x.dues[id] = &dueAt{waits: id}
	sub := x.satisfier(s)
	var horizon time.Time
	if sub != nil {
		horizon = sub.At
	}
	d := x.ofStage(s, horizon)
	d.sub = sub
	x.dues[id] = &d
	return &d
}

// stageAt is the due of a stage as it stood at horizon (zero: now).
func (x *run) stageAt(id string, horizon time.Time) dueAt {
	d := x.stage(id)
	if horizon.IsZero() || d.sub != nil && !d.sub.At.After(horizon) {
		return *d
	}
	s, ok := stageOf(x.r, id)
	if !ok {
		return *d // unreachable: Load refuses unknown stages
	}
	return x.ofStage(s, horizon)
}

// ofStage is the due of a stage with overrides, weekend and crisis, judged on
// the events up to horizon (zero: all).
func (x *run) ofStage(s *country.Stage, horizon time.Time) dueAt {
	v := x.env(horizon)
	rule := s.Due
	var warn []Step
	for _, o := range s.Overrides {
		is := v.holds(o.If)
		if is == Yes {
			rule = o.Due
			break
		}
		if is == Unknown {
			warn = append(warn, Step{"regime.warn.override-unknown", []any{v.missing}})
		}
	}
	d := x.due(rule, v)
	d.warn = append(warn, d.warn...)
	if d.known {
		x.weekend(s, v, &d)
		x.crisis(s, v, &d)
	}
	return d
}

// due works one due out.
func (x *run) due(rule country.Due, v *env) dueAt {
	if rule.Unless != nil && v.holds(rule.Unless.When) == Yes {
		d := x.due(rule.Unless.Use, v)
		d.why = append(d.why, Step{"regime.why.unless", nil})
		return d
	}
	switch {
	case rule.UndueDelay:
		return dueAt{undue: true, why: []Step{{"regime.why.undue-delay", nil}}}
	case rule.SameAs != "":
		d := x.stageAt(rule.SameAs, v.horizon)
		d.sub = nil
		d.why = []Step{{"regime.why.same-as", []any{x.title(rule.SameAs)}}}
		return d
	case rule.Min != nil:
		return x.choose(rule.Min, v, false)
	case rule.Max != nil:
		return x.choose(rule.Max, v, true)
	case rule.OnRequest != "":
		return dueAt{waits: string(country.Requested)}
	}
	return x.after(rule, v)
}

// choose takes the earliest (or latest) of several dues. One whose event has
// not happened is left out of the earliest, and keeps the latest pending.
func (x *run) choose(rules []country.Due, v *env, latest bool) dueAt {
	var best dueAt
	waits := ""
	for _, r := range rules {
		d := x.due(r, v)
		if !d.known {
			if waits == "" {
				waits = d.waits
			}
			continue
		}
		if !best.known || d.due.Before(best.due) != latest && !d.due.Equal(best.due) {
			best = d
		}
	}
	switch {
	case !best.known:
		return dueAt{waits: waits}
	case latest && waits != "":
		return dueAt{waits: waits}
	case latest:
		best.why = append(best.why, Step{"regime.why.latest", []any{len(rules)}})
	default:
		best.why = append(best.why, Step{"regime.why.earliest", []any{len(rules)}})
		if waits != "" {
			best.why = append(best.why, Step{"regime.why.may-come-earlier", []any{eventKey(waits)}})
		}
	}
	return best
}

// after counts from an event.
func (x *run) after(rule country.Due, v *env) dueAt {
	a, ok := x.anchor(rule.After, v)
	if !ok && !rule.Fallback.IsZero() {
		if a, ok = x.anchor(rule.Fallback, v); ok {
			a.Fallback = true
		}
	}
	if !ok {
		return dueAt{waits: rule.After.String()}
	}
	at := a.At.In(x.loc)
	d := dueAt{known: true, anchor: a, why: make([]Step, 0, 6)}
	d.why = append(d.why, Step{"regime.why.anchor", []any{eventKey(a.Text), at}})
	if a.Fallback {
		d.why = append(d.why, Step{"regime.why.fallback", []any{eventKey(rule.After.String())}})
		d.warn = append(d.warn, Step{"regime.warn.anchor-missing", []any{eventKey(rule.After.String())}})
	}
	switch {
	case rule.Hours > 0:
		d.due = at.Add(time.Duration(rule.Hours) * time.Hour)
		d.outer = d.due
		d.why = append(d.why, Step{"regime.why.hours", []any{rule.Hours, d.due}})
		if x.r.Computation.HourOfEvent == "not_counted" {
			into := time.Duration(at.Minute())*time.Minute + time.Duration(at.Second())*time.Second + time.Duration(at.Nanosecond())
			d.outer = at.Add(-into).Add(time.Duration(rule.Hours+1) * time.Hour)
			d.why = append(d.why, Step{"regime.why.hour-not-counted", []any{d.outer}})
		}
	case rule.Months > 0:
		x.civil(&d, at, country.DateOf(at).AddMonths(rule.Months), true)
		d.why = append(d.why, Step{"regime.why.months", []any{rule.Months, d.due}})
	case rule.Days > 0:
		x.civil(&d, at, country.DateOf(at).AddDays(rule.Days), rule.Days >= 2)
		d.why = append(d.why, Step{"regime.why.days", []any{rule.Days, d.due}})
	case rule.WorkingDays > 0:
		day := country.DateOf(at).AddDays(rule.WorkingDays)
		if x.cal != nil {
			day = x.cal.AddWorking(country.DateOf(at), rule.WorkingDays)
		}
		x.civil(&d, at, day, false)
		d.why = append(d.why, Step{"regime.why.working-days", []any{rule.WorkingDays, d.due}})
	}
	if x.speed > 1 {
		d.due = at.Add(x.quick(d.due.Sub(at)))
		d.outer = at.Add(x.quick(d.outer.Sub(at)))
		d.why = append(d.why, Step{"regime.why.exercise", []any{x.speed, d.due}})
	}
	d.order()
	return d
}

// civil sets a due counted in days: the time of day of the anchor as target,
// the end of the day as the legal limit, rolled and stretched as the act says.
func (x *run) civil(d *dueAt, at time.Time, day country.Date, twoDays bool) {
	c := x.r.Computation
	first := day
	if x.cal != nil {
		if n := c.MinWorkingDays; twoDays && n > 0 {
			from := country.DateOf(at).AddDays(1)
			for !x.cal.HasWorking(from, day, n) && !day.Before(from) {
				day = day.AddDays(1)
			}
		}
		if c.Roll == "next_working_day" {
			day = x.cal.NextWorking(day)
		}
	}
	d.due = onDay(day, at, x.loc)
	d.outer = d.due
	if c.HourOfEvent == "not_counted" {
		d.outer = day.AddDays(1).At(0, 0, 0, x.loc).Add(-time.Microsecond)
	}
	if day != first {
		d.why = append(d.why, Step{"regime.why.rolled", []any{first.At(0, 0, 0, x.loc), d.due, x.calName()}})
	}
}

// onDay gives the time of day of at on another day.
func onDay(day country.Date, at time.Time, loc *time.Location) time.Time {
	return time.Date(day.Year, day.Month, day.Day, at.Hour(), at.Minute(), at.Second(), at.Nanosecond(), loc)
}

func (x *run) calName() string {
	if x.cal == nil {
		return ""
	}
	return x.cal.ID + " " + x.cal.Version
}

// weekend moves a due on a day off, unless the entity is denied the grace.
// Exercises run faster than days, so they know no weekend.
func (x *run) weekend(s *country.Stage, v *env, d *dueAt) {
	if s.Weekend == nil || x.cal == nil || x.speed > 1 {
		return
	}
	day := country.DateOf(d.due.In(x.loc))
	if x.cal.IsWorking(day) {
		return
	}
	if !s.Weekend.Except.IsZero() {
		switch v.holds(s.Weekend.Except) {
		case Yes:
			d.why = append(d.why, Step{"regime.why.no-grace", nil})
			return
		case Unknown:
			d.warn = append(d.warn, Step{"regime.warn.grace-unknown", nil})
			return
		}
	}
	to := x.cal.NextWorking(day)
	was := d.due
	if s.Weekend.Shift == "next_working_day_noon" {
		d.due = to.At(12, 0, 0, x.loc)
	} else {
		d.due = onDay(to, d.due.In(x.loc), x.loc)
	}
	d.outer = d.due
	d.why = append(d.why, Step{"regime.why.weekend", []any{was, d.due, x.calName()}})
}

// crisis brings a due forward while the crisis state is declared.
func (x *run) crisis(s *country.Stage, v *env, d *dueAt) {
	for _, rule := range x.r.Crisis {
		if rule.Due == nil || !contains(rule.Stages, s.ID) {
			continue
		}
		begun, ok := x.log.first(country.CrisisDeclared, "", x.r, v.horizon)
		if !ok || begun.At.After(d.due) {
			continue
		}
		if ended, over := x.log.first(country.CrisisEnded, "", x.r, v.horizon); over && ended.At.Before(d.anchor.At) {
			continue
		}
		if short := x.due(*rule.Due, v); short.known && short.due.Before(d.due) {
			d.due, d.outer, d.anchor = short.due, short.outer, short.anchor
			d.why = append(d.why, Step{"regime.why.crisis-shortened", []any{d.due}})
		}
	}
}

// anchor finds the moment an anchor names.
func (x *run) anchor(a country.Anchor, v *env) (AnchorUsed, bool) {
	if a.IsZero() {
		return AnchorUsed{}, false
	}
	if a.OfDue {
		d := x.stageAt(a.Arg, v.horizon)
		return AnchorUsed{Text: a.String(), At: d.due}, d.known
	}
	var e *Event
	var ok bool
	switch {
	case a.Kind == country.Submitted:
		e, ok = x.submission(a.Arg, a.Last, v.horizon)
	case a.Kind == country.Received:
		if e, ok = x.find(a, v.horizon); !ok { // what was submitted here was received here
			e, ok = x.submission(a.Arg, a.Last, v.horizon)
		}
	case a.Kind == country.Classified:
		e, ok = x.classified(v.horizon)
	default:
		e, ok = x.find(a, v.horizon)
	}
	if !ok {
		return AnchorUsed{}, false
	}
	at := e.At
	if t, moved := x.moved[e.ID]; moved {
		at = t
	}
	used := AnchorUsed{Text: a.String(), EventID: e.ID, At: at}
	if a.Kind == country.Aware && x.crossed != nil && x.crossed.At.After(at) {
		used = AnchorUsed{Text: string(country.Crossed), EventID: x.crossed.ID, At: x.crossed.At}
	}
	return used, true
}

func (x *run) find(a country.Anchor, horizon time.Time) (*Event, bool) {
	if a.Last {
		return x.log.last(a.Kind, a.Arg, x.r, horizon)
	}
	return x.log.first(a.Kind, a.Arg, x.r, horizon)
}

// classified gives the classification that stands: the first one after the
// last declassification before it.
func (x *run) classified(horizon time.Time) (*Event, bool) {
	var found *Event
	for _, e := range x.log.all {
		if !horizon.IsZero() && e.At.After(horizon) || e.Disputes != "" || !e.about(x.r, "") {
			continue
		}
		switch {
		case e.Kind == country.Declassified:
			found = nil
		case e.Kind == country.Classified && found == nil:
			found = e
		}
	}
	return found, found != nil
}

// submission gives the first (or last) submission that counts for a stage.
func (x *run) submission(stage string, last bool, horizon time.Time) (*Event, bool) {
	s, ok := stageOf(x.r, stage)
	if !ok {
		return nil, false
	}
	var found *Event
	for _, e := range x.log.all {
		if e.Kind != country.Submitted || !horizon.IsZero() && e.At.After(horizon) || !x.counts(e, s) {
			continue
		}
		found = e
		if !last {
			break
		}
	}
	return found, found != nil
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

func (x *run) title(stage string) country.Text {
	s, _ := stageOf(x.r, stage)
	if s == nil {
		return nil
	}
	return s.Title
}
