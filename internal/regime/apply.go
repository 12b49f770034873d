package regime

import (
	"cmp"
	"slices"
	"time"

	"kulla.dev/internal/country"
)

// apply says whether the regime of the run binds this entity in this
// incident, and whether its thresholds are met. Lex specialis comes after,
// when every regime has answered.
func (x *run) apply() Applied {
	a := Applied{Regime: x.r, ID: x.r.ID, Version: x.r.Version, State: Applies}
	a.LegalEffect = !slices.Contains([]ReportKind{Voluntary, NearMiss, Threat}, x.c.Incident.Kind)
	v := x.env(time.Time{})
	who := v.holds(x.r.AppliesTo)
	what := v.holds(x.r.Concerns)
	switch {
	case who == No:
		a.State = NotApplicable
		a.Why = append(a.Why, Step{"regime.apply.not-entity", nil})
	case what == No:
		a.State = NotConcerned
		a.Why = append(a.Why, Step{"regime.apply.not-concerned", nil})
	case who == Unknown || what == Unknown:
		a.State = Unsettled
		slices.Sort(v.missing)
		a.Missing = slices.Clone(v.missing)
		a.Why = append(a.Why, Step{"regime.apply.unknown", []any{a.Missing}})
	default:
		a.Why = append(a.Why, Step{"regime.apply.applies", nil})
	}
	if len(x.e.pack.Versions(x.r.ID)) > 1 {
		a.Why = append(a.Why, Step{"regime.apply.version", []any{x.r.Version, x.incidentDay().String()}})
	}
	if !a.LegalEffect {
		a.Why = append(a.Why, Step{"regime.apply.voluntary", nil})
	}
	if a.State == Applies || a.State == Unsettled {
		a.Significance = x.significance()
	}
	return a
}

// suppress applies lex specialis: a regime that binds takes the place of
// those it names; one that perhaps binds only warns.
func suppress(regimes []*country.Regime, applied []Applied) {
	for i, special := range regimes {
		if applied[i].State != Applies && applied[i].State != Unsettled {
			continue
		}
		for j, general := range regimes {
			if i == j || !slices.Contains(special.LexSpecialisOver, general.ID) {
				continue
			}
			if a := &applied[j]; a.State == Applies || a.State == Unsettled {
				if applied[i].State == Applies {
					a.State, a.By = Suppressed, special.ID
					a.Why = []Step{{"regime.apply.suppressed", []any{special.ID}}}
				} else {
					a.Why = append(a.Why, Step{"regime.apply.perhaps-suppressed", []any{special.ID}})
				}
			}
		}
	}
}

// significance evaluates the thresholds on the facts as they stand, and on
// their earlier versions to know whether they were ever met.
func (x *run) significance() Significance {
	s := x.thresholds(x.facts)
	if s.State == Yes && len(x.stated) <= 1 {
		s.Ever = true
		if len(x.stated) == 1 {
			s.Since = x.stated[0]
		}
		return s
	}
	if len(x.stated) < 2 {
		return s
	}
	for _, at := range x.stated[:min(len(x.stated), 64)] {
		was, _ := current(x.c.Incident.Facts, at)
		if x.thresholds(was).State == Yes {
			s.Ever, s.Since = true, at
			return s
		}
	}
	s.Ever = s.State == Yes
	return s
}

func (x *run) thresholds(facts map[string]*Fact) Significance {
	if x.r.Significance == nil && x.r.Recurrence == nil {
		return Significance{State: Yes}
	}
	v := x.env(time.Time{})
	v.facts = facts
	var s Significance
	if x.r.Significance != nil {
		s.State, s.Fired = v.test(x.r.Significance)
	} else {
		s.State = No
	}
	if s.State != Yes {
		if at, yes := x.recurrence(facts); yes {
			s.State = Yes
			s.Fired = []Fired{{ID: "recurrence", LegalRef: x.r.Recurrence.LegalRef}}
			x.crossed = &Event{ID: "recurrence", Kind: country.Crossed, At: at}
		}
	}
	if s.State != Yes {
		s.Fired = nil
	}
	if s.State == Unknown {
		slices.Sort(v.missing)
		s.Missing = slices.Clone(v.missing)
	}
	return s
}

// test evaluates one threshold or group and lists the thresholds that fired.
func (v *env) test(t *country.Test) (Tri, []Fired) {
	kept := len(v.missing)
	scope := v.holds(t.For)
	if scope == No {
		return No, nil
	}
	var is Tri
	var fired []Fired
	switch {
	case !t.If.IsZero():
		if is = v.holds(t.If); is == Yes {
			f := Fired{ID: t.ID, Title: t.Title}
			if t.LegalRef != nil {
				f.LegalRef = *t.LegalRef
			}
			fired = []Fired{f}
		}
	case t.Any != nil:
		is, fired = v.tests(t.Any, 1)
	case t.All != nil:
		is, fired = v.tests(t.All, len(t.All))
	case t.AtLeast != nil:
		is, fired = v.tests(t.AtLeast.Of, t.AtLeast.N)
	}
	if is == Yes && scope == Unknown {
		return Unknown, nil
	}
	if is != Unknown {
		v.missing = v.missing[:kept]
	}
	if is != Yes {
		fired = nil
	}
	return is, fired
}

func (v *env) tests(list []country.Test, need int) (Tri, []Fired) {
	kept := len(v.missing)
	yes, maybe := 0, 0
	var fired []Fired
	for i := range list {
		is, f := v.test(&list[i])
		switch is {
		case Yes:
			yes++
			fired = append(fired, f...)
		case Unknown:
			maybe++
		}
	}
	return v.decide(yes, maybe, need, kept), fired
}

// recurrence finds the moment at which this incident together with the
// others of its group crossed the regime's limit.
func (x *run) recurrence(facts map[string]*Fact) (time.Time, bool) {
	rule := x.r.Recurrence
	if rule == nil || len(x.c.Incident.Group) == 0 || x.env(time.Time{}).holds(rule.Except) == Yes && !rule.Except.IsZero() {
		return time.Time{}, false
	}
	type one struct {
		at    time.Time
		facts map[string]*Fact
		own   bool
	}
	all := []one{{x.moment(), facts, true}}
	for _, g := range x.c.Incident.Group {
		f, _ := current(g.Facts, x.now)
		all = append(all, one{g.At, f, false})
	}
	slices.SortStableFunc(all, func(a, b one) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(len(a.facts), len(b.facts))) })
	for i := range all {
		from := country.DateOf(all[i].at.In(x.loc)).AddMonths(-rule.Months)
		sums := map[string]float64{}
		n, own := 0, false
		for _, o := range all[:i+1] {
			if country.DateOf(o.at.In(x.loc)).Before(from) {
				continue
			}
			n++
			own = own || o.own
			for name, f := range o.facts {
				if f.HasNumber && !f.Potential {
					sums[name] += f.Number
				}
			}
		}
		if n < rule.Count || !own {
			continue
		}
		v := x.env(time.Time{})
		sums["count"] = float64(n)
		v.group = sums
		if v.holds(rule.Jointly) == Yes {
			return all[i].at, true
		}
	}
	return time.Time{}, false
}

// moment is when the incident began, as far as is known.
func (x *run) moment() time.Time {
	if !x.c.Incident.Occurred.IsZero() {
		return x.c.Incident.Occurred
	}
	for _, kind := range []country.EventKind{country.Occurred, country.Detected, country.Aware} {
		if e, ok := x.log.first(kind, "", x.r, time.Time{}); ok {
			return e.At
		}
	}
	return x.now
}
