package incident

import (
	"slices"
	"strings"
	"testing"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/db"
	"kulla.dev/internal/housetest"
	"kulla.dev/internal/regime"
)

// Two incidents of one root, each too small alone, are significant together.
func TestRecurrence(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		by := person("b1", "bank", access.Officer)
		small := func() Receipt {
			t.Helper()
			in := bankReport(w.now)
			in.Covers = []regime.Cover{{Regime: "eu.dora", Stage: "initial"}}
			in.Values["clients_affected"] = Stated{Number: new(60_000.0)}
			in.Values["costs"] = Stated{Number: new(60_000.0)}
			return w.submit(by, in)
		}
		fired := func(id ID) bool {
			t.Helper()
			v := w.get(duty(), id)
			i := slices.IndexFunc(v.Result.Regimes, func(a regime.Applied) bool { return a.Regime.ID == "eu.dora" })
			if i < 0 {
				t.Fatal("the regime is not applied")
			}
			return slices.ContainsFunc(v.Result.Regimes[i].Significance.Fired, func(f regime.Fired) bool { return f.ID == "recurrence" })
		}
		first := small()
		w.now = w.now.AddDate(0, 1, 0)
		second := small()
		if fired(first.Incident) || fired(second.Incident) {
			t.Error("counted together before anybody said that they have one root")
		}
		if _, err := w.Link(bg, duty(), second.Incident, first.Incident, LinkRelated, "both in the core system", w.now); err != nil {
			t.Fatal(err)
		}
		if fired(second.Incident) {
			t.Error("related is not the same root")
		}
		w.now = w.now.Add(time.Hour)
		if _, err := w.Link(bg, duty(), second.Incident, first.Incident, LinkSameRoot, "the same patch failed", w.now); err != nil {
			t.Fatal(err)
		}
		if !fired(second.Incident) {
			t.Error("two of one root within six months do not count together")
		}
	})
}

// A sending that failed in time excuses the delay where the law says so.
func TestAFailedSendingInTime(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		by := person("b1", "bank", access.Officer)
		late := func() Draft {
			in := bankReport(w.now)
			in.Covers = []regime.Cover{{Regime: "eu.dora", Stage: "initial"}}
			in.Detected, in.Aware = Moment{w.now.Add(-31 * time.Hour), Minute}, Moment{w.now.Add(-30 * time.Hour), Minute}
			in.Values["occurred_at"] = Stated{At: Moment{w.now.Add(-40 * time.Hour), Minute}}
			for _, f := range []string{"detected_at", "aware_at"} {
				delete(in.Values, f)
			}
			in.Values["classified_at"] = Stated{At: Moment{w.now.Add(-20 * time.Hour), Minute}} // due four hours later
			for _, f := range []string{"severe_disruption", "critical_services", "unauthorised_access", "data_loss"} {
				in.Values[f] = yes()
			}
			return in
		}
		tooLate := late()
		tooLate.Attempt = Attempt{At: w.now.Add(-time.Hour), Channel: "portal"}
		for name, in := range map[string]Draft{"without": late(), "after the limit": tooLate} {
			if _, err := w.Submit(bg, by, in, w.now); !strings.Contains(strings.Join(fields(err), "\n"), "late_reason: incident.submit.late-reason") {
				t.Errorf("%s: %v", name, err)
			}
		}
		nameless := late()
		nameless.Attempt = Attempt{At: w.now.Add(-18 * time.Hour)}
		if _, err := w.Submit(bg, by, nameless, w.now); !strings.Contains(strings.Join(fields(err), "\n"), "attempt.channel: incident.field.needed") {
			t.Errorf("no channel: %v", err)
		}
		in := late()
		in.Attempt = Attempt{At: w.now.Add(-18 * time.Hour), Channel: "portal"}
		r := w.submit(by, in)
		if o := w.obligation(r.Incident, "eu.dora/initial"); !o.Attempted.Equal(in.Attempt.At) || o.Breach {
			t.Errorf("attempted %v, breach %v", o.Attempted, o.Breach)
		}
	})
}

// In an exercise days are minutes for reminders too, and nothing of it counts.
func TestAnExerciseRunsFast(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		in := report(w.now)
		in.Exercise, in.Speed = true, 60
		r := w.submit(officer(), in)
		real := w.submit(officer(), report(w.now))
		fast, slow := w.get(duty(), r.Incident), w.get(duty(), real.Incident)
		if fast.NextOwn.Sub(w.now)*60 != slow.NextOwn.Sub(w.now) {
			t.Errorf("own duty after %v in the exercise, %v otherwise", fast.NextOwn.Sub(w.now), slow.NextOwn.Sub(w.now))
		}
		end := w.now.Add(73 * time.Minute)
		w.pass(end)
		all := w.letters("incident.remind%")
		mine := 0
		for _, k := range all {
			if strings.HasPrefix(k, string(r.Incident)) {
				mine++
			}
		}
		if mine != len(all) || mine < 4 {
			t.Errorf("%d of %d reminders are of the exercise", mine, len(all))
		}
		year := Slice{From: t0.AddDate(0, 0, -1), To: t0.AddDate(0, 0, 2)}
		s, err := w.Series(bg, duty(), year)
		if err != nil || s.Total != 1 {
			t.Errorf("counted: %d %v", s.Total, err)
		}
		p, err := w.Punctuality(bg, duty(), year, w.now)
		for _, x := range p {
			if x.Overdue+x.Late > 0 || x.InTime+x.Running > 1 {
				t.Errorf("the exercise is judged: %+v", x)
			}
		}
		if c, err := w.Counts(bg, duty(), Query{Exercise: true}, w.now); err != nil || c.Open != 1 || c.Overdue != 1 {
			t.Errorf("numbers of the exercise: %+v %v", c, err)
		}
		if rep, err := w.Reporting(bg, duty(), year); err != nil || rep.Reported["grid"] != 1 {
			t.Errorf("reporting: %+v %v", rep, err)
		}
	})
}
