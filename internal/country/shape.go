package country

import "fmt"

// regimeShape refuses a regime the engine could not walk: a due with no or
// two meanings, a stage that does not exist, a circle of stages.
func (p *Pack) regimeShape(r *Regime) []error {
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("regime %s %s: %s", r.ID, r.Version, fmt.Sprintf(format, args...)))
	}
	ids := map[string]bool{}
	for _, s := range r.Stages {
		if ids[s.ID] {
			bad("stage %q stands twice", s.ID)
		}
		ids[s.ID] = true
	}
	need := func(where, id string) {
		if !ids[id] {
			known := make([]string, 0, len(r.Stages))
			for _, s := range r.Stages {
				known = append(known, s.ID)
			}
			bad("%s: there is no stage %q%s", where, id, suggest(id, known))
		}
	}
	deps := map[string][]string{}
	for _, s := range r.Stages {
		where := "stage " + s.ID
		dues := []Due{s.Due}
		for _, o := range s.Overrides {
			dues = append(dues, o.Due)
		}
		for _, d := range dues {
			deps[s.ID] = append(deps[s.ID], dueShape(d, where, 0, bad, need)...)
		}
		for _, a := range s.SatisfiesAlso {
			need(where, a)
		}
		if s.ReplacedBy != nil {
			need(where, s.ReplacedBy.Stage)
		}
	}
	for _, d := range r.Duties {
		if d.Every == 0 {
			dueShape(d.Due, "duty "+d.ID, 0, bad, need)
		}
	}
	for _, c := range r.Crisis {
		for _, s := range c.Stages {
			need("crisis", s)
		}
		if c.Due != nil {
			dueShape(*c.Due, "crisis", 0, bad, need)
		}
	}
	for _, h := range r.Holds {
		for _, s := range h.Stages {
			need("hold "+h.ID, s)
		}
	}
	if r.Significance != nil {
		testShape(*r.Significance, 0, bad)
	}
	if circle := findCircle(deps); circle != "" {
		bad("stage %q waits for its own due", circle)
	}
	return errs
}

// dueShape checks one due and gives the stages whose due it may need.
func dueShape(d Due, where string, depth int, bad func(string, ...any), need func(string, string)) []string {
	if depth > 8 {
		bad("%s: due nested deeper than 8", where)
		return nil
	}
	n := 0
	for _, set := range []bool{!d.After.IsZero(), d.Min != nil, d.Max != nil, d.OnRequest != "", d.SameAs != "", d.UndueDelay} {
		if set {
			n++
		}
	}
	if n != 1 {
		bad("%s: due needs exactly one of after, min, max, on_request, same_as, undue_delay (has %d)", where, n)
	}
	units := 0
	for _, u := range []int{d.Hours, d.Days, d.WorkingDays, d.Months} {
		if u < 0 {
			bad("%s: due counts backwards", where)
		}
		if u != 0 {
			units++
		}
	}
	if !d.After.IsZero() && units != 1 {
		bad("%s: due after an event needs exactly one of hours, calendar_days, working_days, months", where)
	}
	if d.After.IsZero() && units != 0 {
		bad("%s: due has a number but no event to count from", where)
	}
	var deps []string
	for _, a := range []Anchor{d.After, d.Fallback} {
		switch {
		case a.OfDue:
			need(where, a.Arg)
			deps = append(deps, a.Arg)
		case a.Arg != "" && a.Kind != Aware && a.Kind != Believed:
			need(where, a.Arg)
		}
	}
	if d.SameAs != "" {
		need(where, d.SameAs)
		deps = append(deps, d.SameAs)
	}
	for _, sub := range append(append([]Due{}, d.Min...), d.Max...) {
		deps = append(deps, dueShape(sub, where, depth+1, bad, need)...)
	}
	if d.Unless != nil {
		deps = append(deps, dueShape(d.Unless.Use, where, depth+1, bad, need)...)
	}
	return deps
}

func testShape(t Test, depth int, bad func(string, ...any)) {
	if depth > 8 {
		bad("threshold %s: nested deeper than 8", t.ID)
		return
	}
	n := 0
	for _, set := range []bool{!t.If.IsZero(), t.Any != nil, t.All != nil, t.AtLeast != nil} {
		if set {
			n++
		}
	}
	if n != 1 {
		bad("threshold %s: needs exactly one of if, any, all, at_least", t.ID)
	}
	subs := append(append([]Test{}, t.Any...), t.All...)
	if t.AtLeast != nil {
		subs = append(subs, t.AtLeast.Of...)
		if t.AtLeast.N < 1 || t.AtLeast.N > len(t.AtLeast.Of) {
			bad("threshold %s: at_least %d of %d can never hold or always holds", t.ID, t.AtLeast.N, len(t.AtLeast.Of))
		}
	}
	for _, s := range subs {
		testShape(s, depth+1, bad)
	}
}

func findCircle(deps map[string][]string) string {
	state := map[string]int{}
	var visit func(string) bool
	visit = func(s string) bool {
		switch state[s] {
		case 1:
			return true
		case 2:
			return false
		}
		state[s] = 1
		for _, d := range deps[s] {
			if visit(d) {
				return true
			}
		}
		state[s] = 2
		return false
	}
	for s := range deps {
		if visit(s) {
			return s
		}
	}
	return ""
}
