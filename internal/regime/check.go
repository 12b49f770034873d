package regime

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"kulla.dev/internal/country"
)

// Check examines a pack whole: country.Check, then every clock test the pack
// brings, run on the engine.
func Check(p *country.Pack) []country.Finding {
	out := country.Check(p)
	e := New(p)
	for _, t := range p.ClockTests {
		out = append(out, e.clockTest(t)...)
	}
	return out
}

func (e *Engine) clockTest(t country.ClockTest) []country.Finding {
	where := "clock test “" + t.Name + "”"
	fail := func(format string, args ...any) country.Finding {
		text := fmt.Sprintf(format, args...)
		return country.Finding{Level: country.LevelError, Where: where, Key: "country.check.clock-test", Args: []any{text}, Text: text}
	}
	loc := e.pack.Location
	if t.Zone != "" {
		l, err := time.LoadLocation(t.Zone)
		if err != nil {
			return []country.Finding{fail("zone %q is unknown", t.Zone)}
		}
		loc = l
	}
	c, now, err := testCase(t, loc)
	if err != nil {
		return []country.Finding{fail("%v", err)}
	}
	eng := e
	if loc.String() != e.pack.Zone { // the test speaks for another seat
		moved := *e.pack
		moved.Zone, moved.Location = loc.String(), loc
		eng = New(&moved)
	}
	res := eng.Evaluate(c, now)
	var out []country.Finding
	for _, x := range t.Expect {
		if why := expect(res, t.Regime, x, loc); why != "" {
			out = append(out, fail("%s", why))
		}
	}
	return out
}

// testCase turns the YAML of a clock test into a case.
func testCase(t country.ClockTest, loc *time.Location) (Case, time.Time, error) {
	c := Case{
		Entity:   Entity{ID: "test", Kinds: t.Entity.Kinds, Class: t.Entity.Class, Zone: loc.String(), Calendar: t.Calendar, Facts: facts(t.Entity.Facts)},
		Incident: Incident{ID: "test", Kind: ReportKind(t.Kind), Facts: facts(t.Facts)},
	}
	if t.Entity.Sector != "" {
		c.Entity.Sectors = []string{t.Entity.Sector}
	}
	var last time.Time
	for i, ev := range t.Events {
		at, err := moment(ev.At, loc)
		if err != nil {
			return Case{}, last, err
		}
		n := Event{ID: fmt.Sprintf("e%d", i+1), Kind: ev.Kind, At: at, Role: ev.Role, Reason: ev.Why, By: cmp.Or(ev.By, "test")}
		if ev.Stage != "" {
			n.Covers = []Cover{{Regime: t.Regime, Stage: ev.Stage}}
		}
		if until := cmp.Or(ev.Due, ev.Until); until != "" {
			if n.Until, err = moment(until, loc); err != nil {
				return Case{}, last, err
			}
		}
		if at.After(last) {
			last = at
		}
		c.Events = append(c.Events, n)
	}
	if t.Now == "" {
		return c, last, nil
	}
	now, err := moment(t.Now, loc)
	return c, now, err
}

func facts(in map[string]any) []Fact {
	var out []Fact
	for name, v := range in {
		f := Fact{Name: name}
		switch v := v.(type) {
		case bool:
			f.Is = TriOf(v)
		case int:
			f.HasNumber, f.Number = true, float64(v)
		case float64:
			f.HasNumber, f.Number = true, v
		case string:
			f.Is = map[string]Tri{"yes": Yes, "no": No, "suspected": Yes, "possible": Yes}[v]
			f.Suspected, f.Potential = v == "suspected", v == "possible"
		}
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b Fact) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

func moment(s string, loc *time.Location) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	t, err := time.ParseInLocation("2006-01-02 15:04", s, loc)
	if err != nil {
		return t, fmt.Errorf("moment %q: want \"YYYY-MM-DD hh:mm\"", s)
	}
	return t, nil
}

// expect says how the result differs from the expectation, or "".
func expect(res Result, regime string, x country.Expectation, loc *time.Location) string {
	if x.Applies != "" {
		for _, a := range res.Regimes {
			if a.ID == regime && string(a.State) != x.Applies {
				return fmt.Sprintf("the regime is %s, expected %s", a.State, x.Applies)
			}
		}
	}
	state, due, outer, found, flagged := State(""), time.Time{}, time.Time{}, false, false
	what := x.Stage
	if x.Duty != "" {
		what = x.Duty
		for _, d := range res.Duties {
			if d.Regime == regime && d.ID == x.Duty {
				state, due, found = d.State, d.Due, true
			}
		}
	}
	for _, o := range res.Obligations {
		if x.Stage != "" && o.Regime == regime && o.Stage == x.Stage {
			state, due, outer, found, flagged = o.State, o.Due, o.LegalOuter, true, o.Flag(x.Flag)
		}
	}
	switch {
	case what == "":
		return ""
	case x.State == "absent":
		if found {
			return fmt.Sprintf("%s is there (%s), expected none", what, state)
		}
		return ""
	case !found:
		return what + " is not there"
	case x.State != "" && string(state) != x.State:
		return fmt.Sprintf("%s is %s, expected %s", what, state, x.State)
	case x.Flag != "" && !flagged:
		return fmt.Sprintf("%s does not warn %s", what, x.Flag)
	}
	for _, m := range []struct {
		name, want string
		got        time.Time
	}{{"due", x.Due, due}, {"legal limit", x.Outer, outer}} {
		if m.want == "" {
			continue
		}
		want, err := moment(m.want, loc)
		if err != nil {
			return err.Error()
		}
		if !want.Equal(m.got) {
			return fmt.Sprintf("%s of %s is %s, expected %s", m.name, what, m.got.In(loc).Format("2006-01-02 15:04 -07:00"), want.In(loc).Format("2006-01-02 15:04 -07:00"))
		}
	}
	return ""
}
