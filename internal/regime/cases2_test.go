package regime_test

import (
	"testing"
	"time"

	"kulla.dev/internal/country"
	"kulla.dev/internal/regime"
)

func TestCase16_WhichZone(t *testing.T) {
	at := time.Date(2026, 6, 20, 8, 0, 0, 0, time.UTC) // Saturday
	for zone, due := range map[string]time.Time{
		"Europe/Lisbon": time.Date(2026, 6, 22, 11, 0, 0, 0, time.UTC), "Europe/Tirane": time.Date(2026, 6, 22, 10, 0, 0, 0, time.UTC),
	} {
		s := dora(t)
		s.c.Entity.Zone = zone // noon is the noon of the entity's own state
		s.c.Events = []regime.Event{
			{ID: "a", Kind: country.Aware, At: at.Add(-48 * time.Hour)}, {ID: "c", Kind: country.Classified, At: at},
		}
		if o := find(t, s.e.Evaluate(s.c, at), "eu.dora/initial"); !o.Due.Equal(due) || o.Zone != zone {
			t.Errorf("%s: due %v in %s, want %v", zone, o.Due, o.Zone, due)
		}
	}
	s := nis2(t)
	s.c.Entity.Zone = "Europe/Lisbon" // the authority's seat decides here
	s.on(country.Aware, "2026-06-01 09:00", "")
	if o := find(t, s.at("2026-06-01 10:00"), "eu.nis2/final"); o.Zone != "Europe/Tirane" {
		t.Errorf("zone %s, want the authority's", o.Zone)
	}
}

func TestCase17_AwarenessIsAJudgement(t *testing.T) {
	s := tell(t, []string{"controller"}, "al", "eu-gdpr").yes("personal_data_breach")
	s.c.Incident.Facts = append(s.c.Incident.Facts, regime.Fact{Name: "risk_unlikely", Is: regime.No})
	s.on(country.Aware, "2026-06-01 09:00", "", func(e *regime.Event) { e.Role = "processor" })
	wantState(t, find(t, s.at("2026-06-01 10:00"), "eu.gdpr/notice"), regime.PendingEvent)
	id := s.on(country.Aware, "2026-06-02 09:00", "", func(e *regime.Event) { e.Role, e.By = "controller", "security officer" })
	o := find(t, s.at("2026-06-02 10:00"), "eu.gdpr/notice")
	wantDue(t, o, "2026-06-05 09:00")
	if o.Anchor.EventID != id {
		t.Errorf("anchor %q, want the controller's judgement", o.Anchor.EventID)
	}
	s.on(country.Aware, "2026-06-01 12:00", "", func(e *regime.Event) { e.Role, e.By, e.Disputes = "controller", "authority", id })
	o = find(t, s.at("2026-06-02 10:00"), "eu.gdpr/notice")
	wantDue(t, o, "2026-06-05 09:00")
	if len(o.Alternatives) != 1 || !o.Alternatives[0].Due.Equal(local(t, "2026-06-04 12:00")) {
		t.Errorf("contested view %+v, want a due on 4 June 12:00", o.Alternatives)
	}
	wantFlag(t, o, "regime.warn.contested")
}

// Where a regime names no role, a processor's knowledge still starts no clock.
func TestCase17_ProcessorStartsNoClock(t *testing.T) {
	s := nis2(t)
	s.on(country.Aware, "2026-06-01 09:00", "", func(e *regime.Event) { e.Role = "processor" })
	wantState(t, find(t, s.at("2026-06-03 10:00"), "eu.nis2/early"), regime.PendingEvent)
}

func TestCase18_ManyRegimesOneIncident(t *testing.T) {
	s := tell(t, []string{"essential", "financial", "credit_institution", "controller"}, "al", "eu-nis2", "eu-dora", "eu-gdpr")
	s.yes("severe_disruption", "critical_services", "reputation", "data_loss", "personal_data_breach", "malicious")
	s.c.Incident.Facts = append(s.c.Incident.Facts, regime.Fact{Name: "risk_unlikely", Is: regime.No})
	s.on(country.Aware, "2026-06-17 08:00", "")
	s.on(country.Classified, "2026-06-17 10:00", "")
	r := s.at("2026-06-17 10:30")
	n := applied(t, r, "eu.nis2")
	if n.State != regime.Suppressed || n.By != "eu.dora" || len(n.Why) == 0 {
		t.Errorf("NIS2 is %s by %q, why %v; want suppressed by DORA with its reason", n.State, n.By, n.Why)
	}
	if _, ok := seek(r, "eu.nis2/early"); ok {
		t.Error("a suppressed regime still asks")
	}
	for _, k := range []string{"al.cyber/early", "eu.dora/initial", "eu.gdpr/notice", "al.data/notice"} {
		find(t, r, k)
	}
	asked := map[string]int{}
	for _, q := range regime.Ask(s.e.Pack(), r) {
		asked[q.Field.ID]++
		if q.Field.ID == "description" && (len(q.Askers) < 3 || q.Need != "required") {
			t.Errorf("description: %d askers, need %s; want at least 3, required", len(q.Askers), q.Need)
		}
	}
	for f, n := range asked {
		if n != 1 {
			t.Errorf("field %s is asked %d times", f, n)
		}
	}
	refer := false
	for _, task := range r.Tasks {
		refer = refer || task.ID == "refer-crime" && task.State == regime.Yes
	}
	if !refer {
		t.Error("no task to refer the suspected crime")
	}
	s.c.Entity.Kinds = []string{"essential", "controller"} // whether it is a financial entity is disputed
	s.c.Entity.Disputed = []string{"financial"}
	n = applied(t, s.at("2026-06-17 10:30"), "eu.nis2")
	if n.State != regime.Applies {
		t.Errorf("NIS2 is %s while DORA is only perhaps, want applies", n.State)
	}
}

func TestCase19_CrossBorderTasks(t *testing.T) {
	s := nis2(t).yes("cross_border")
	s.on(country.Aware, "2026-06-01 09:00", "")
	task := func(r regime.Result, id string) (regime.Task, bool) {
		for _, x := range r.Tasks {
			if x.ID == id {
				return x, true
			}
		}
		return regime.Task{}, false
	}
	if x, ok := task(s.at("2026-06-01 10:00"), "inform-states"); !ok || x.State != regime.Yes || len(x.To) == 0 {
		t.Errorf("task %+v, %v", x, ok)
	}
	c := tell(t, []string{"critical_entity"}, "al", "eu-cer").yes("essential_service_disrupted")
	c.on(country.Aware, "2026-06-01 09:00", "")
	if x, ok := task(c.at("2026-06-01 10:00"), "inform-commission"); !ok || x.State != regime.Unknown || len(x.Missing) != 1 {
		t.Errorf("number of states unknown: %+v, %v", x, ok)
	}
	c.number("member_states_affected", 5)
	if _, ok := task(c.at("2026-06-01 10:00"), "inform-commission"); ok {
		t.Error("five states do not concern the Commission")
	}
	c.number("member_states_affected", 6)
	if x, ok := task(c.at("2026-06-01 10:00"), "inform-commission"); !ok || x.State != regime.Yes {
		t.Error("six states do")
	}
}

func TestCase20_LawEnforcementHold(t *testing.T) {
	base := func() *story {
		s := nis2(t).yes("recipients_affected")
		s.on(country.Aware, "2026-06-01 09:00", "")
		return s
	}
	hold := func(e *regime.Event) {
		e.Ground, e.Role, e.By, e.Reason, e.Until = "law-enforcement", "prosecutor", "prosecutor", "investigation", local(t, "2026-06-10 09:00")
	}
	s := base()
	s.on(country.Held, "2026-06-02 09:00", "recipients", hold)
	o := find(t, s.at("2026-06-05 09:00"), "eu.nis2/recipients")
	wantState(t, o, regime.HeldState)
	if o.HeldBy != "prosecutor" || !o.HeldUntil.Equal(local(t, "2026-06-10 09:00")) {
		t.Errorf("held by %q until %v", o.HeldBy, o.HeldUntil)
	}
	wantState(t, find(t, s.at("2026-06-10 09:01"), "eu.nis2/recipients"), regime.Open) // expired by itself
	s.on(country.Released, "2026-06-06 09:00", "recipients")
	wantState(t, find(t, s.at("2026-06-07 09:00"), "eu.nis2/recipients"), regime.Open)

	for warn, spoil := range map[string]func(*regime.Event){
		"regime.warn.order-ground":    func(e *regime.Event) { e.Ground = "" },
		"regime.warn.order-authority": func(e *regime.Event) { e.Role = "reporter" },
		"regime.warn.order-expiry":    func(e *regime.Event) { e.Until = time.Time{} },
		"regime.warn.order-reason":    func(e *regime.Event) { e.Reason = "" },
	} {
		s := base()
		s.on(country.Held, "2026-06-02 09:00", "recipients", hold, spoil)
		o := find(t, s.at("2026-06-05 09:00"), "eu.nis2/recipients")
		wantState(t, o, regime.Open)
		wantFlag(t, o, warn)
	}
	s = base() // the report to the authority itself cannot be held
	s.on(country.Held, "2026-06-01 10:00", "early", hold)
	wantState(t, find(t, s.at("2026-06-01 11:00"), "eu.nis2/early"), regime.Open)
}

func TestCase21_SecrecyWithholdsFromTheOutwardReport(t *testing.T) {
	p := load(t, "al", "eu-nis2")
	r := p.Versions("eu.nis2")[0]
	record := map[string]any{"description": "secret", "contact": "duty", "indicators": "x"}
	kept, gone := regime.Withhold(r, []string{"national_security"}, record)
	if len(kept) != 1 || kept["contact"] != "duty" || len(gone) != 2 || len(record) != 3 {
		t.Errorf("kept %v, withheld %v, record %v", kept, gone, record)
	}
	if kept, gone := regime.Withhold(r, nil, record); len(kept) != 3 || len(gone) != 0 {
		t.Errorf("without a ground: kept %v, withheld %v", kept, gone)
	}
}

func TestCase22_VoluntaryReportsCreateNoDuty(t *testing.T) {
	for _, k := range []regime.ReportKind{regime.Voluntary, regime.NearMiss, regime.Threat} {
		s := nis2(t)
		s.c.Incident.Kind = k
		s.on(country.Aware, "2026-06-01 09:00", "")
		r := s.at("2026-09-01 09:00")
		if a := applied(t, r, "eu.nis2"); a.LegalEffect {
			t.Errorf("%s has legal effect", k)
		}
		for _, o := range r.Obligations {
			if o.Kind != country.VoluntaryNotice || o.Breach || o.PastDue || !o.Optional || o.LegalEffect || !o.Due.IsZero() {
				t.Errorf("%s: %s %+v", k, o.Key(), o.State)
			}
		}
		s.on(country.Submitted, "2026-06-02 09:00", "voluntary")
		wantState(t, find(t, s.at("2026-09-01 09:00"), "eu.nis2/voluntary"), regime.Met)
	}
}

func TestCase23_TheAuthoritysOwnClocks(t *testing.T) {
	s := nis2(t)
	s.on(country.Aware, "2026-06-01 09:00", "")
	duty := func(r regime.Result) (regime.Duty, bool) {
		for _, d := range r.Duties {
			if d.Regime == "eu.nis2" && d.ID == "feedback" {
				return d, true
			}
		}
		return regime.Duty{}, false
	}
	if _, ok := duty(s.at("2026-06-01 10:00")); ok {
		t.Error("the answer clock runs before anything was received")
	}
	s.on(country.Submitted, "2026-06-01 12:00", "early")
	d, ok := duty(s.at("2026-06-01 13:00"))
	if !ok || d.State != regime.Open || !d.Due.Equal(local(t, "2026-06-02 12:00")) {
		t.Errorf("duty %+v", d)
	}
	if d, _ := duty(s.at("2026-06-02 14:00")); d.State != regime.Late {
		t.Errorf("unanswered after 24 h: %s", d.State)
	}
	s.on(country.Answered, "2026-06-02 08:00", "early")
	if d, _ := duty(s.at("2026-06-02 14:00")); d.State != regime.Met || d.Lateness != 0 {
		t.Errorf("answered in time: %s", d.State)
	}
	found := false
	for _, p := range s.e.Periodic(local(t, "2026-07-02 09:00")) {
		if p.Regime == "eu.nis2" && p.ID == "summary" {
			found = true
			if p.Period != "2026-04-01/2026-06-30" || country.DateOf(p.Due).String() != "2026-07-30" {
				t.Errorf("summary of %s due %v", p.Period, p.Due)
			}
		}
	}
	if !found {
		t.Error("no three-monthly summary")
	}
}

func TestCase24_CrisisShortensAndSuspends(t *testing.T) {
	s := tell(t, []string{"operator"}, "al").yes("severe_disruption")
	s.on(country.Aware, "2026-06-01 09:00", "")
	s.on(country.CrisisDeclared, "2026-06-01 18:00", "")
	wantDue(t, find(t, s.at("2026-06-01 19:00"), "al.cyber/notice"), "2026-06-02 18:00")
	s.on(country.Submitted, "2026-06-02 09:00", "notice")
	wantState(t, find(t, s.at("2026-06-20 19:00"), "al.cyber/final"), regime.Suspended)
	s.on(country.CrisisEnded, "2026-06-11 09:00", "")
	f := find(t, s.at("2026-06-20 19:00"), "al.cyber/final")
	wantState(t, f, regime.Open)
	wantDue(t, f, "2026-07-11 09:00") // one month from 2 June, and nine days given back
}

func TestCase25_EntityUnlistedDisputedOrTwoAtOnce(t *testing.T) {
	s := tell(t, nil, "al", "eu-nis2").yes("severe_disruption")
	s.c.Entity.Class = ""
	s.on(country.Aware, "2026-06-01 09:00", "")
	r := s.at("2026-06-01 10:00")
	a := applied(t, r, "eu.nis2")
	if a.State != regime.Unsettled || len(a.Missing) == 0 {
		t.Errorf("nothing known of the entity: %s, missing %v", a.State, a.Missing)
	}
	if o := find(t, r, "eu.nis2/early"); !o.Provisional {
		t.Error("the obligation is not marked provisional")
	}
	s.c.Entity.Kinds, s.c.Entity.Class = []string{"public_body"}, "unlisted"
	review := false
	r = s.at("2026-06-01 10:00")
	for _, x := range r.Tasks {
		review = review || x.ID == "review-list"
	}
	if applied(t, r, "al.cyber").State != regime.NotApplicable || !review {
		t.Errorf("unlisted: %s, review of the list asked: %v", applied(t, r, "al.cyber").State, review)
	}
	two := tell(t, []string{"essential", "cloud", "credit_institution", "financial"}, "al", "eu-nis2", "eu-dora").yes("critical_services", "reputation", "data_loss")
	two.on(country.Aware, "2026-06-17 08:00", "")
	if a := applied(t, two.at("2026-06-17 09:00"), "eu.dora"); a.State != regime.Applies {
		t.Errorf("bank and cloud: DORA %s", a.State)
	}
	dis := tell(t, []string{"operator"}, "al", "eu-dora")
	dis.c.Entity.Disputed = []string{"payment_institution"}
	dis.on(country.Aware, "2026-06-17 08:00", "")
	if a := applied(t, dis.at("2026-06-17 09:00"), "eu.dora"); a.State != regime.Unsettled {
		t.Errorf("disputed type: DORA %s, want unknown", a.State)
	}
}

func TestCase26_VersionByIncidentDate(t *testing.T) {
	for at, version := range map[string]string{"2022-07-15 10:00": "2/2017", "2024-04-30 23:00": "2/2017", "2024-05-01 00:30": "25/2024", "2026-06-01 10:00": "25/2024"} {
		s := tell(t, []string{"operator"}, "al").yes("severe_disruption")
		s.on(country.Occurred, at, "")
		s.on(country.Aware, "2026-06-02 10:00", "") // noticed much later: the incident's date decides
		if a := applied(t, s.at("2026-06-02 11:00"), "al.cyber"); a.Version != version {
			t.Errorf("incident of %s under %s, want %s", at, a.Version, version)
		}
	}
}

func TestCase27_UnverifiedNeverBreaches(t *testing.T) {
	s := tell(t, []string{"operator"}, "al").yes("severe_disruption")
	s.on(country.Aware, "2026-06-01 09:00", "")
	r := s.at("2026-06-20 09:00")
	o := find(t, r, "al.cyber/notice")
	wantState(t, o, regime.Open)
	wantFlag(t, o, "regime.warn.unverified")
	if o.Due.IsZero() || !o.PastDue || o.Breach {
		t.Errorf("due %v, past %v, breach %v; want a date, past, no breach", o.Due, o.PastDue, o.Breach)
	}
	confirm := false
	for _, x := range r.Tasks {
		confirm = confirm || x.Key == "regime.task.confirm-law"
	}
	if !confirm {
		t.Error("no task to confirm with legal counsel")
	}
	s.on(country.Submitted, "2026-06-21 09:00", "notice")
	o = find(t, s.at("2026-06-22 09:00"), "al.cyber/notice")
	wantState(t, o, regime.Met)
	if o.Breach || o.Lateness == 0 {
		t.Errorf("breach %v, lateness %v", o.Breach, o.Lateness)
	}
}

func TestCase28_LateSubmissionKeepsItsReasons(t *testing.T) {
	s := nis2(t)
	s.on(country.Aware, "2026-06-01 09:00", "")
	s.on(country.Submitted, "2026-06-05 10:00", "notice")
	o := find(t, s.at("2026-06-05 11:00"), "eu.nis2/notice")
	wantState(t, o, regime.Late)
	wantFlag(t, o, "regime.warn.reasons-missing")
	s.c.Events[1].Reason = "the team was without power"
	s.on(country.Decided, "2026-06-06 09:00", "notice", func(e *regime.Event) { e.By, e.Reason = "officer", "accepted" })
	o = find(t, s.at("2026-06-06 11:00"), "eu.nis2/notice")
	if o.Flag("regime.warn.reasons-missing") || o.LateReason != "the team was without power" || o.Decision != "accepted" ||
		o.Lateness != 24*time.Hour || o.SatisfiedAt.IsZero() || o.Due.IsZero() {
		t.Errorf("late obligation lost something: %+v", o)
	}
	d := dora(t)
	d.on(country.Aware, "2026-06-17 08:00", "")
	d.on(country.Classified, "2026-06-17 10:00", "")
	wantFlag(t, find(t, d.at("2026-06-17 15:00"), "eu.dora/initial"), "regime.warn.not-explained")
	d.on(country.Explained, "2026-06-17 13:00", "")
	if o := find(t, d.at("2026-06-17 15:00"), "eu.dora/initial"); o.Flag("regime.warn.not-explained") {
		t.Error("explained before the limit, yet flagged")
	}
}

func TestCase29_TransmissionFailure(t *testing.T) {
	s := dora(t)
	s.on(country.Aware, "2026-06-17 08:00", "")
	s.on(country.Classified, "2026-06-17 10:00", "")
	s.on(country.Attempted, "2026-06-17 13:50", "initial", func(e *regime.Event) { e.Channel = "portal" })
	o := find(t, s.at("2026-06-17 13:55"), "eu.dora/initial")
	wantState(t, o, regime.Open)
	wantFlag(t, o, "regime.warn.attempt-failed")
	s.on(country.Submitted, "2026-06-17 14:30", "initial", func(e *regime.Event) { e.Channel = "mail" })
	o = find(t, s.at("2026-06-17 15:00"), "eu.dora/initial")
	wantState(t, o, regime.Met)
	if !o.Attempted.Equal(local(t, "2026-06-17 13:50")) || !o.SatisfiedAt.Equal(local(t, "2026-06-17 14:30")) {
		t.Errorf("attempt %v, submission %v: both must be kept", o.Attempted, o.SatisfiedAt)
	}
	n := nis2(t) // where the regime does not say so, an attempt does not count
	n.on(country.Aware, "2026-06-01 09:00", "")
	n.on(country.Attempted, "2026-06-02 08:00", "early")
	n.on(country.Submitted, "2026-06-02 12:00", "early")
	wantState(t, find(t, n.at("2026-06-02 13:00"), "eu.nis2/early"), regime.Late)
}

func TestCase30_RemindersKnowNoHoliday(t *testing.T) {
	s := nis2(t)
	s.on(country.Aware, "2026-11-27 22:00", "") // Friday before four days off
	o := find(t, s.at("2026-11-27 22:01"), "eu.nis2/early")
	want := []time.Time{local(t, "2026-11-28 16:00"), local(t, "2026-11-28 20:00"), local(t, "2026-11-28 21:30")}
	if len(o.Reminders) != len(want) {
		t.Fatalf("reminders %v", o.Reminders)
	}
	for i := range want {
		if !o.Reminders[i].Equal(want[i]) {
			t.Errorf("reminder %d at %v, want %v", i, o.Reminders[i], want[i])
		}
	}
}

func TestExerciseRunsFaster(t *testing.T) {
	s := nis2(t)
	s.c.Incident.Exercise, s.c.Incident.Speed = true, 60
	s.on(country.Aware, "2026-06-01 09:00", "")
	r := s.at("2026-06-01 09:01")
	wantDue(t, find(t, r, "eu.nis2/early"), "2026-06-01 09:24")
	wantDue(t, find(t, r, "eu.nis2/notice"), "2026-06-01 10:12")
	if !r.Exercise {
		t.Error("the result is not marked as an exercise")
	}
}

func TestExtensionMovesTheDue(t *testing.T) {
	s := tell(t, []string{"operator"}, "al").yes("severe_disruption")
	s.on(country.Aware, "2026-06-01 09:00", "")
	s.on(country.Extended, "2026-06-03 09:00", "notice", func(e *regime.Event) {
		e.Ground, e.Role, e.By, e.Reason, e.Until = "extension", "csirt", "officer", "evidence at a laboratory", local(t, "2026-06-08 12:00")
	})
	wantDue(t, find(t, s.at("2026-06-03 10:00"), "al.cyber/notice"), "2026-06-08 12:00")
}
