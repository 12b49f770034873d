package regime_test

import (
	"testing"
	"time"

	"kulla.dev/internal/country"
	"kulla.dev/internal/regime"
)

func TestCase01_ChainFromActualSubmission(t *testing.T) {
	s := nis2(t)
	s.on(country.Aware, "2026-06-01 09:00", "")
	fallback := find(t, s.at("2026-06-01 10:00"), "eu.nis2/final")
	wantFlag(t, fallback, "regime.warn.anchor-missing")
	wantDue(t, fallback, "2026-07-06 09:00") // Sat 4 July rolls to Monday
	s.on(country.Submitted, "2026-06-02 16:00", "notice")
	f := find(t, s.at("2026-06-03 10:00"), "eu.nis2/final")
	wantDue(t, f, "2026-07-02 16:00")
	if f.Anchor.Fallback || f.Flag("regime.warn.anchor-missing") {
		t.Error("the real submission is there, yet the fallback is flagged")
	}
}

func TestCase02_EarliestOfTwoAnchors(t *testing.T) {
	for _, c := range []struct{ classified, due string }{
		{"2026-06-18 14:00", "2026-06-18 18:00"}, {"2026-06-19 07:00", "2026-06-19 08:00"},
	} {
		s := dora(t)
		s.on(country.Aware, "2026-06-18 08:00", "")
		wantDue(t, find(t, s.at("2026-06-18 08:05"), "eu.dora/initial"), "2026-06-19 08:00") // not classified yet
		s.on(country.Classified, c.classified, "")
		wantDue(t, find(t, s.at(c.classified), "eu.dora/initial"), c.due)
	}
}

func TestCase03_LateClassificationOverrides(t *testing.T) {
	for kind, due := range map[string]string{"credit_institution": "2026-06-20 14:00", "insurer": "2026-06-22 12:00"} {
		s := dora(t, kind)
		s.on(country.Aware, "2026-06-18 08:00", "")
		o := find(t, s.at("2026-06-19 12:00"), "eu.dora/initial")
		wantState(t, o, regime.PendingEvent) // 24 h are over and it is not major yet
		s.on(country.Classified, "2026-06-20 10:00", "")
		wantDue(t, find(t, s.at("2026-06-20 11:00"), "eu.dora/initial"), due)
	}
}

func TestCase04_FutureEventAnchor(t *testing.T) {
	s := tell(t, []string{"manufacturer"}, "al", "eu-cra").yes("exploited_vulnerability")
	s.on(country.Aware, "2026-10-01 09:00", "")
	o := find(t, s.at("2026-10-20 09:00"), "eu.cra.vulnerability/final")
	wantState(t, o, regime.PendingEvent)
	if o.WaitsFor != "fix_available" || len(o.Reminders) == 0 || !o.Reminders[len(o.Reminders)-1].Equal(local(t, "2026-10-29 08:00")) {
		// every 14 elapsed days from 1 October 09:00; winter time begins on the 25th
		t.Errorf("waits for %q, reminders %v", o.WaitsFor, o.Reminders)
	}
	s.on(country.FixAvailable, "2026-11-02 10:00", "")
	wantDue(t, find(t, s.at("2026-11-03 09:00"), "eu.cra.vulnerability/final"), "2026-11-16 10:00")
}

func TestCase05_OngoingAtTheFinalDate(t *testing.T) {
	s := nis2(t).yes("ongoing")
	s.on(country.Aware, "2026-06-01 09:00", "")
	s.on(country.Submitted, "2026-06-02 09:00", "notice")
	r := s.at("2026-06-20 09:00") // before the date both ways are open
	wantState(t, find(t, r, "eu.nis2/final"), regime.Open)
	wantState(t, find(t, r, "eu.nis2/progress"), regime.Open)
	r = s.at("2026-07-03 09:00") // after it the progress report is what is owed
	wantState(t, find(t, r, "eu.nis2/final"), regime.Replaced)
	wantState(t, find(t, r, "eu.nis2/progress"), regime.Late)
	s.on(country.Submitted, "2026-07-01 09:00", "progress")
	r = s.at("2026-07-03 09:00")
	wantState(t, find(t, r, "eu.nis2/progress"), regime.Met)
	wantState(t, find(t, r, "eu.nis2/final-after"), regime.PendingEvent)
	s.on(country.Handled, "2026-07-20 09:00", "")
	wantDue(t, find(t, s.at("2026-07-21 09:00"), "eu.nis2/final-after"), "2026-08-20 09:00")
	s.on(country.Submitted, "2026-08-10 09:00", "final") // by its kind
	r = s.at("2026-08-11 09:00")
	wantState(t, find(t, r, "eu.nis2/final-after"), regime.Met)
	wantState(t, find(t, r, "eu.nis2/final"), regime.Replaced)
}

func TestCase06_OnRequestWithAdHocDue(t *testing.T) {
	s := nis2(t)
	s.on(country.Aware, "2026-06-01 09:00", "")
	wantState(t, find(t, s.at("2026-06-01 10:00"), "eu.nis2/interim"), regime.PendingEvent)
	s.on(country.Requested, "2026-06-03 09:00", "interim", func(e *regime.Event) { e.Until = local(t, "2026-06-05 17:00") })
	wantDue(t, find(t, s.at("2026-06-03 10:00"), "eu.nis2/interim"), "2026-06-05 17:00")
	s.on(country.Submitted, "2026-06-05 12:00", "interim")
	s.on(country.Requested, "2026-06-08 09:00", "interim", func(e *regime.Event) { e.Until = local(t, "2026-06-09 09:00") })
	r := s.at("2026-06-10 09:00")
	wantState(t, find(t, r, "eu.nis2/interim"), regime.Met)
	wantState(t, find(t, r, "eu.nis2/interim#2"), regime.Late)
}

func TestCase07_ReclassificationClosesOrOnlyCorrects(t *testing.T) {
	s := dora(t)
	s.on(country.Aware, "2026-06-17 08:00", "")
	s.on(country.Classified, "2026-06-17 10:00", "")
	s.on(country.Submitted, "2026-06-17 11:00", "initial")
	id := s.on(country.Declassified, "2026-06-18 11:00", "", func(e *regime.Event) { e.By, e.Reason = "officer", "below the thresholds" })
	r := s.at("2026-06-19 09:00")
	wantState(t, find(t, r, "eu.dora/initial"), regime.Met)
	o := find(t, r, "eu.dora/intermediate")
	wantState(t, o, regime.Closed)
	if o.ClosedBy != id {
		t.Errorf("closed by %q, want the record %q", o.ClosedBy, id)
	}
	s.on(country.Classified, "2026-06-22 10:00", "") // major again
	wantState(t, find(t, s.at("2026-06-22 11:00"), "eu.dora/intermediate"), regime.Open)

	c := tell(t, []string{"controller"}, "al", "eu-gdpr").yes("personal_data_breach")
	c.c.Incident.Facts = append(c.c.Incident.Facts, regime.Fact{Name: "risk_unlikely", Is: regime.No})
	c.on(country.Aware, "2026-06-17 08:00", "")
	c.on(country.Declassified, "2026-06-18 08:00", "")
	n := find(t, c.at("2026-06-18 09:00"), "eu.gdpr/notice")
	wantState(t, n, regime.Open)
	wantFlag(t, n, "regime.warn.no-withdrawal")
}

func TestCase08_CombinedSubmission(t *testing.T) {
	s := nis2(t)
	s.on(country.Aware, "2026-06-01 09:00", "")
	id := s.on(country.Submitted, "2026-06-02 08:00", "", func(e *regime.Event) {
		e.Covers = []regime.Cover{{Regime: "eu.nis2", Stage: "early"}, {Regime: "eu.nis2", Stage: "notice"}}
	})
	r := s.at("2026-06-02 09:00")
	for _, k := range []string{"eu.nis2/early", "eu.nis2/notice"} {
		o := find(t, r, k)
		wantState(t, o, regime.Met)
		if o.SatisfiedBy != id {
			t.Errorf("%s met by %q, want %q", k, o.SatisfiedBy, id)
		}
	}
	only := nis2(t) // a notification within the first day is a warning too
	only.on(country.Aware, "2026-06-01 09:00", "")
	only.on(country.Submitted, "2026-06-01 20:00", "notice")
	wantState(t, find(t, only.at("2026-06-03 09:00"), "eu.nis2/early"), regime.Met)
}

func TestCase09_AggregatedReport(t *testing.T) {
	whole := regime.Aggregate{Entities: []string{"zz.op", "zz.other"}, State: "AL", Authority: "a", Permission: true}
	for _, c := range []struct {
		name   string
		change func(*regime.Aggregate)
		warn   string
	}{
		{"all conditions", func(*regime.Aggregate) {}, ""},
		{"not named", func(a *regime.Aggregate) { a.Entities = []string{"zz.other"} }, "regime.warn.aggregate-not-named"},
		{"no permission", func(a *regime.Aggregate) { a.Permission = false }, "regime.warn.aggregate-permission"},
		{"other state", func(a *regime.Aggregate) { a.State = "XK" }, "regime.warn.aggregate-state"},
		{"other authority", func(a *regime.Aggregate) { a.Authority = "b" }, "regime.warn.aggregate-authority"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := dora(t)
			s.on(country.Aware, "2026-06-17 08:00", "")
			s.on(country.Classified, "2026-06-17 10:00", "")
			a := whole
			c.change(&a)
			s.on(country.Submitted, "2026-06-17 11:00", "initial", func(e *regime.Event) { e.Aggregate, e.OnBehalf = &a, "" })
			o := find(t, s.at("2026-06-17 12:00"), "eu.dora/initial")
			if c.warn == "" {
				wantState(t, o, regime.Met)
				return
			}
			wantState(t, o, regime.Open)
			wantFlag(t, o, c.warn)
		})
	}
	t.Run("not individually major", func(t *testing.T) {
		s := tell(t, []string{"financial"}, "al", "eu-dora").yes("critical_services", "reputation", "data_loss")
		s.on(country.Aware, "2026-06-17 08:00", "")
		for i := range s.c.Incident.Facts {
			s.c.Incident.Facts[i].Recorded = local(t, "2026-06-17 08:00")
		}
		s.c.Incident.Facts = append(s.c.Incident.Facts, regime.Fact{Name: "critical_services", Is: regime.No, Recorded: local(t, "2026-06-17 09:00")})
		s.on(country.Submitted, "2026-06-17 11:00", "initial", func(e *regime.Event) { e.Aggregate = &whole })
		wantFlag(t, find(t, s.at("2026-06-17 12:00"), "eu.dora/initial"), "regime.warn.aggregate-not-major")
	})
}

func TestCase10_OutsourcedReporter(t *testing.T) {
	s := dora(t).yes("outsourced_reporting")
	s.on(country.Aware, "2026-06-17 08:00", "")
	s.on(country.Classified, "2026-06-17 10:00", "")
	r := s.at("2026-06-17 10:30")
	n := find(t, r, "eu.dora/outsourcing")
	wantState(t, n, regime.Open)
	if !n.Due.Equal(find(t, r, "eu.dora/initial").Due) {
		t.Errorf("the notice of outsourcing is due %v, not with the initial report", n.Due)
	}
	s.on(country.Submitted, "2026-06-17 11:00", "initial", func(e *regime.Event) { e.OnBehalf = "zz.responder" })
	wantFlag(t, find(t, s.at("2026-06-17 12:00"), "eu.dora/initial"), "regime.warn.outsourcing-unannounced")
	s.on(country.Outsourced, "2026-06-16 10:00", "")
	if o := find(t, s.at("2026-06-17 12:00"), "eu.dora/initial"); o.Flag("regime.warn.outsourcing-unannounced") {
		t.Error("announced, yet flagged")
	}
	s.on(country.Submitted, "2026-06-17 10:45", "outsourcing")
	wantState(t, find(t, s.at("2026-06-17 12:00"), "eu.dora/outsourcing"), regime.Met)
}

func TestCase11_RecurrenceCrossesTheLimit(t *testing.T) {
	s := tell(t, []string{"essential", "cloud"}, "al", "eu-nis2")
	s.c.Entity.Facts = []regime.Fact{{Name: "annual_turnover", HasNumber: true, Number: 20_000_000}}
	for _, n := range []string{"severe_disruption", "severe_financial_loss", "damage_to_others", "trade_secrets", "death", "health_damage", "unauthorised_access", "malicious", "data_compromised", "outage", "limited"} {
		s.c.Incident.Facts = append(s.c.Incident.Facts, regime.Fact{Name: n, Is: regime.No})
	}
	s.number("financial_loss", 300_000)
	s.on(country.Aware, "2026-06-01 09:00", "")
	if a := applied(t, s.at("2026-06-01 10:00"), "eu.nis2"); a.Significance.State != regime.No {
		t.Fatalf("alone it is %v, missing %v", a.Significance.State, a.Significance.Missing)
	}
	s.c.Incident.Occurred = local(t, "2026-06-01 08:00")
	s.c.Incident.Group = []regime.Related{{ID: "i2", At: local(t, "2026-06-10 12:00"), Facts: []regime.Fact{{Name: "financial_loss", HasNumber: true, Number: 250_000}}}}
	r := s.at("2026-06-10 13:00")
	a := applied(t, r, "eu.nis2")
	if a.Significance.State != regime.Yes || len(a.Significance.Fired) != 1 || a.Significance.Fired[0].ID != "recurrence" {
		t.Fatalf("together: %+v", a.Significance)
	}
	o := find(t, r, "eu.nis2/early")
	wantDue(t, o, "2026-06-11 12:00")
	if o.Anchor.Text != "crossed" {
		t.Errorf("anchor %q, want the moment the group crossed the limit", o.Anchor.Text)
	}
	s.c.Incident.Group[0].At = local(t, "2026-12-02 12:00") // beyond six months
	if a := applied(t, s.at("2026-12-03 13:00"), "eu.nis2"); a.Significance.State != regime.No {
		t.Errorf("six months apart: %v, want no", a.Significance.State)
	}
}

func TestCase12_FactsChangeAfterSubmission(t *testing.T) {
	s := tell(t, []string{"essential"}, "al", "eu-nis2")
	say := func(at string, is regime.Tri) {
		for _, n := range []string{"severe_disruption", "severe_financial_loss", "damage_to_others"} {
			s.c.Incident.Facts = append(s.c.Incident.Facts, regime.Fact{Name: n, Is: is, Recorded: local(t, at)})
			is = regime.No
		}
	}
	s.on(country.Aware, "2026-06-01 09:00", "")
	say("2026-06-01 09:30", regime.Yes)
	s.on(country.Submitted, "2026-06-01 10:00", "early")
	say("2026-06-02 09:00", regime.No)
	r := s.at("2026-06-02 10:00")
	a := applied(t, r, "eu.nis2")
	if a.Significance.State != regime.No || !a.Significance.Ever {
		t.Fatalf("significance %+v, want no now, yes once", a.Significance)
	}
	o := find(t, r, "eu.nis2/notice")
	wantState(t, o, regime.Open)
	wantFlag(t, o, "regime.warn.thresholds-changed")
	was := applied(t, s.at("2026-06-01 12:00"), "eu.nis2")
	if was.Significance.State != regime.Yes {
		t.Errorf("as known on 1 June it was %v, want yes", was.Significance.State)
	}
}

func TestCase13_HoursAgainstDays(t *testing.T) {
	s := nis2(t)
	s.on(country.Aware, "2027-01-28 23:00", "")
	s.on(country.Submitted, "2027-01-31 22:00", "notice")
	r := s.at("2027-02-01 09:00")
	wantDue(t, find(t, r, "eu.nis2/notice"), "2027-01-31 23:00") // a Sunday: hours never roll
	f := find(t, r, "eu.nis2/final")
	wantDue(t, f, "2027-03-01 22:00")
	if want := local(t, "2027-03-02 00:00").Add(-time.Microsecond); !f.LegalOuter.Equal(want) {
		t.Errorf("a period in months ends with its last day: %v, want %v", f.LegalOuter, want)
	}
	c := tell(t, []string{"manufacturer"}, "al", "eu-cra").yes("exploited_vulnerability")
	c.on(country.Aware, "2026-11-10 09:00", "")
	c.on(country.FixAvailable, "2026-11-16 10:00", "")
	wantDue(t, find(t, c.at("2026-11-17 09:00"), "eu.cra.vulnerability/final"), "2026-12-02 10:00") // 30 Nov and 1 Dec are substitute days
}

func TestCase14_DaylightSaving(t *testing.T) {
	s := nis2(t)
	s.on(country.Aware, "2026-03-27 22:30", "")
	o := find(t, s.at("2026-03-27 22:31"), "eu.nis2/notice")
	wantDue(t, o, "2026-03-30 23:30")
	if d := o.Due.Sub(o.Anchor.At); d != 72*time.Hour {
		t.Errorf("elapsed %v, want 72h", d)
	}
}

func TestCase15_MovingFeastsAndVersions(t *testing.T) {
	p := load(t, "al")
	c, _ := p.Calendar("")
	for day, what := range map[string]string{
		"2026-04-05": "Catholic Easter", "2026-04-12": "Orthodox Easter", "2026-03-20": "Great Bajram (Eid al-Fitr)", "2027-05-17": "Kurban Bajram (Eid al-Adha)",
	} {
		d, _ := country.ParseDate(day)
		found := false
		for _, h := range c.Holidays(d.Year) {
			if h.On == d && h.Title.In("en") == what {
				found = true
			}
		}
		if !found || c.IsWorking(d) {
			t.Errorf("%s is not %s", day, what)
		}
	}
	for _, h := range c.Holidays(2026) {
		if h.Title.In("en") == "Great Bajram (Eid al-Fitr)" && h.Status != country.Uncertain {
			t.Errorf("Eid is %s, must say it is uncertain", h.Status)
		}
	}
	f := nis2(t)
	f.on(country.Aware, "2027-02-25 09:00", "")
	f.on(country.Submitted, "2027-02-28 09:00", "notice")
	o := find(t, f.at("2027-03-01 09:00"), "eu.nis2/final") // 28 March 2027 is Catholic Easter, a Sunday; 29 March its substitute
	wantDue(t, o, "2027-03-30 09:00")
	named := false
	for _, w := range o.Why {
		for _, a := range w.Args {
			named = named || a == calendarVersion
		}
	}
	if !named {
		t.Errorf("the explanation does not name the calendar version %s: %v", calendarVersion, o.Why)
	}
}
