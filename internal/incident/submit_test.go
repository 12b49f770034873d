package incident

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/housetest"
	"kulla.dev/internal/regime"
)

func TestAReportRunsItsClocks(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		r := w.submit(officer(), report(w.now))
		if r.Number != "I-2026-0001" || r.Version != 1 || len(r.Digest) != 64 {
			t.Errorf("receipt: %+v", r)
		}
		// clock-vectors 1: the notification is due 72 elapsed hours later, over the change to summer time.
		o := w.obligation(r.Incident, "eu.nis2/notice")
		if want := time.Date(2026, 3, 30, 21, 30, 0, 0, time.UTC); !o.Due.Equal(want) || !r.Next.Equal(want) && r.Next.After(want) {
			t.Errorf("notice due %v, next on receipt %v, want %v", o.Due, r.Next, want)
		}
		if early := w.obligation(r.Incident, "eu.nis2/early"); early.State != regime.Met {
			t.Errorf("early warning: %v", early.State)
		}
		v := w.get(duty(), r.Incident)
		if v.Unit != UnitReportable || v.Significant != regime.Yes || v.NextOwn.IsZero() || v.Status != StatusNew {
			t.Errorf("incident: unit %v significant %v own duty %v status %v", v.Unit, v.Significant, v.NextOwn, v.Status)
		}
		if len(v.Submissions) != 1 || !v.Submissions[0].Verify() || !strings.Contains(string(v.Submissions[0].Content), `"title":"Ransomware`) {
			t.Errorf("submissions: %+v", v.Submissions)
		}
		if n := w.count(`SELECT count(*) FROM outbox_item WHERE kind = 'incident.receipt'`); n != 1 {
			t.Errorf("receipts proposed: %d", n)
		}
		if n := w.count(`SELECT count(*) FROM audit_record WHERE verb = 'incident.submit'`); n != 1 {
			t.Errorf("audit records: %d", n)
		}
	})
}

func TestTheSameFormIsTakenOnce(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		in := report(w.now)
		first := w.submit(officer(), in)
		again := w.submit(officer(), in)
		if !again.Replayed || again.Number != first.Number || again.Digest != first.Digest || !again.Next.Equal(first.Next) {
			t.Errorf("again: %+v, first: %+v", again, first)
		}
		var wg sync.WaitGroup
		in2 := report(w.now)
		numbers := make([]string, 8)
		for i := range numbers {
			wg.Go(func() {
				r, err := w.Submit(context.Background(), officer(), in2, w.now)
				if err != nil {
					t.Error(err)
				}
				numbers[i] = r.Number
			})
		}
		wg.Wait()
		for _, n := range numbers {
			if n != "I-2026-0002" {
				t.Errorf("numbers: %v", numbers)
				break
			}
		}
		if n := w.count(`SELECT count(*) FROM incident_incident`); n != 2 {
			t.Errorf("incidents: %d", n)
		}
	})
}

func TestEveryBrokenFieldIsNamed(t *testing.T) {
	w := newWorld(t, housetest.Open(t, housetest.SQLiteURL(t)))
	in := report(w.now)
	in.Title = strings.Repeat("x", 201)
	in.Occurred = Moment{time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC), Minute}
	in.Detected = Moment{w.now.Add(time.Hour), Minute}
	in.Aware = Moment{w.now.Add(-time.Hour), "second"}
	in.Codes = []Code{{Scheme: "rsit", Code: "nonsense/nothing"}}
	in.Values["nonsense"] = Stated{Text: "x"}
	in.Values["users_affected"] = Stated{Number: new(-1.0)}
	in.Spans = []Span{{Tag: "outage", From: w.now, To: w.now.Add(-time.Hour)}}
	in.Files = []string{"no-such-file"}
	in.Covers = []regime.Cover{{Regime: "eu.nis2", Stage: "nothing"}}
	_, err := w.Submit(context.Background(), officer(), in, w.now)
	got := strings.Join(fields(err), "\n")
	for _, want := range []string{"title: incident.field.too-long", "occurred: incident.time.too-early", "detected: incident.time.future", "aware: incident.field.unknown",
		"codes[0]: incident.field.unknown", "values.nonsense: incident.field.unknown", "values.users_affected: incident.field.number", "spans[0]: incident.time.span-order",
		"files[0]: incident.file.unknown", "covers[0]: incident.field.unknown"} {
		if !strings.Contains(got, want) {
			t.Errorf("missing %q in\n%s", want, got)
		}
	}
	for name, change := range map[string]func(*Draft){
		"detected: incident.time.detected-before-occurred": func(in *Draft) {
			in.Occurred, in.Detected = Moment{w.now.Add(-time.Hour), Minute}, Moment{w.now.Add(-2 * time.Hour), Minute}
		},
		"aware: incident.time.aware-before-detected": func(in *Draft) { in.Aware = Moment{w.now.Add(-3 * time.Hour), Minute} },
		"institution: incident.field.unknown":        func(in *Draft) { in.Institution = "grid2" },
		"values.suspected_malicious: incident.submit.required": func(in *Draft) {
			delete(in.Values, "suspected_malicious")
		},
		"late_reason: incident.submit.late-reason": func(in *Draft) {
			in.Detected, in.Aware = Moment{w.now.Add(-60 * time.Hour), Minute}, Moment{w.now.Add(-50 * time.Hour), Minute}
		},
	} {
		in := report(w.now)
		change(&in)
		by := officer()
		if strings.HasPrefix(name, "institution") {
			by = duty()
		}
		_, err := w.Submit(context.Background(), by, in, w.now)
		if !fault.Is(err, fault.Invalid) || !strings.Contains(strings.Join(fields(err), "\n"), name) {
			t.Errorf("want %q, got %v", name, err)
		}
	}
	if n := w.count(`SELECT count(*) FROM incident_incident`); n != 0 {
		t.Errorf("%d incidents of refused drafts", n)
	}
	// A day as precision is an answer even if the hours contradict.
	in = report(w.now)
	in.Occurred, in.Detected = Moment{w.now.Truncate(24 * time.Hour), Day}, Moment{w.now.Add(-time.Hour), Minute}
	w.submit(officer(), in)
}
