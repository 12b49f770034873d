package incident

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"kulla.dev/internal/db"
	"kulla.dev/internal/housetest"
	"kulla.dev/internal/jobs"
	"kulla.dev/internal/regime"
)

// letters lists kind and key of the letters proposed, sorted.
func (w *world) letters(kind string) []string {
	w.t.Helper()
	var out []string
	if err := w.DB.Read(context.Background(), func(tx *db.Tx) (err error) {
		out, err = db.All(tx, db.Scalar[string], `SELECT unique_key FROM outbox_item WHERE kind LIKE ?`, kind)
		return err
	}); err != nil {
		w.t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

// named lists the keys of the reminders the engine names now for instants up
// to a moment, sorted.
func instants(w *world, id ID, to time.Time) []string {
	var out []string
	v := w.get(duty(), id)
	key := func(regime, stage string, due, at time.Time, address string) {
		if !at.After(to) {
			out = append(out, fmt.Sprintf("%s/%s/%s/%d/%d/%s", id, regime, stage, due.UnixMicro(), at.UnixMicro(), address))
		}
	}
	for _, o := range v.Result.Obligations {
		if o.SatisfiedBy != "" || o.Optional || o.State == regime.PendingEvent {
			continue
		}
		for _, at := range o.Reminders {
			key(o.Regime, o.Stage, o.Due, at, "soc@grid.test")
		}
	}
	for _, o := range v.Result.Duties {
		if o.Due.IsZero() {
			continue
		}
		for _, b := range ownReminders() {
			key(o.Regime, "duty:"+o.ID, o.Due, o.Due.Add(-b), "duty@authority.test")
		}
	}
	slices.Sort(out)
	return out
}

func TestEachReminderLeavesOnceWhateverStops(t *testing.T) {
	run := func(outage time.Duration) func(t *testing.T, d *db.DB) {
		return func(t *testing.T, d *db.DB) {
			w := newWorld(t, d)
			r := w.submit(officer(), report(w.now))
			due := w.obligation(r.Incident, "eu.nis2/notice").Due
			end := due.Add(60 * time.Hour)
			want := instants(w, r.Incident, end)
			if len(want) < 12 {
				t.Fatalf("the engine names only %q", want)
			}
			w.pass(due.Add(-5 * time.Hour)) // then the desk stops, across the last reminders and the due
			w.now = w.now.Add(outage)
			w.pass(end)
			w.pass(end)
			if got := w.letters("incident.remind%"); !slices.Equal(got, want) {
				t.Errorf("reminders that left (-want +got):\n%s", cmp.Diff(want, got))
			}
			if n := w.count(`SELECT count(*) FROM jobs_job WHERE kind = 'incident.remind' AND state <> 'done' AND due_at <= ?`, end); n != 0 {
				t.Errorf("%d reminders overdue and not done", n)
			}
		}
	}
	for _, outage := range []time.Duration{0, 3 * time.Hour, 12 * time.Hour} {
		t.Run(outage.String(), func(t *testing.T) { run(outage)(t, housetest.Open(t, housetest.SQLiteURL(t))) })
	}
	t.Run("48h", func(t *testing.T) { housetest.Each(t, run(48*time.Hour)) })
}

func TestNoReminderAfterItsReasonHasGone(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		r := w.submit(officer(), report(w.now))
		w.now = w.now.Add(time.Hour)
		next := report(w.now)
		next.Incident, next.Institution, next.Detected, next.Aware = r.Incident, "", Moment{}, Moment{}
		next.Covers = []regime.Cover{{Stage: "notification"}}
		w.submit(officer(), next)
		due := w.obligation(r.Incident, "eu.nis2/notice").Due
		w.pass(due.Add(time.Hour))
		if n := w.count(`SELECT count(*) FROM outbox_item WHERE kind LIKE 'incident.remind%' AND unique_key LIKE ?`, string(r.Incident)+"/eu.nis2/notice/%"); n != 0 {
			t.Errorf("%d reminders of a stage that was met", n)
		}
		// The correction of the awareness moves what is due: old instants are silent.
		v := w.get(duty(), r.Incident)
		i := slices.IndexFunc(v.Events, func(e Event) bool { return e.Kind == "aware" })
		final := w.obligation(r.Incident, "eu.nis2/final")
		if final.Due.IsZero() {
			t.Fatal("no final due")
		}
		if _, err := w.Correct(context.Background(), officer(), r.Incident, Correction{Event: v.Events[i].ID, At: Moment{v.Events[i].At.Add(-30 * time.Minute), Minute}, Reason: "read the wrong line of the log"}, w.now); err != nil {
			t.Fatal(err)
		}
		if n := w.count(`SELECT count(*) FROM incident_obligation WHERE incident_id = ? AND regime = 'eu.nis2' AND stage = 'notice' AND rec_to < 9223372036854775807`, string(r.Incident)); n == 0 {
			t.Error("the earlier position of the notification is not kept")
		}
	})
}

// The real runner on the real embedded engine, in a bubble of time: the desk
// stops, the clock jumps both ways, and every reminder leaves once.
func TestRemindersInABubbleOfTime(t *testing.T) {
	for _, outage := range []time.Duration{3 * time.Hour, 12 * time.Hour, 48 * time.Hour} {
		t.Run(fmt.Sprint(outage), func(t *testing.T) {
			url := housetest.SQLiteURL(t)
			synctest.Test(t, func(t *testing.T) {
				d, err := db.Open(context.Background(), db.Config{URL: url})
				if err != nil {
					t.Fatal(err)
				}
				defer d.Close()
				if _, err := d.Migrate(context.Background()); err != nil {
					t.Fatal(err)
				}
				w := newWorld(t, d)
				shift := t0.Sub(time.Now())
				clock := func() time.Time { return time.Now().Add(shift) }
				w.now = clock()
				w.submit(officer(), report(w.now))
				serve := func(length time.Duration) {
					ctx, stop := context.WithTimeout(context.Background(), length)
					defer stop()
					jobs.NewRunner(jobs.Config{DB: d, Node: "n", Handlers: w.Handlers(), Now: clock, Poll: time.Minute}).Run(ctx)
				}
				serve(60 * time.Hour)
				time.Sleep(outage)
				shift -= 30 * time.Minute // the clock is set back
				serve(time.Hour)
				shift += 45 * time.Minute // and forward
				serve(80 * time.Hour)
				w.now = clock()
				want := w.count(`SELECT count(*) FROM jobs_job WHERE kind = 'incident.remind' AND state = 'done'`)
				if late := w.count(`SELECT count(*) FROM jobs_job WHERE kind = 'incident.remind' AND state <> 'done' AND due_at <= ?`, w.now); late != 0 || want == 0 {
					t.Errorf("%d reminders done, %d overdue", want, late)
				}
				if got := len(w.letters("incident.remind%")); int64(got) != want {
					t.Errorf("%d letters for %d reminders of one address each", got, want)
				}
			})
		})
	}
}
