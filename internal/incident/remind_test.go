package incident

import (
	"context"
	"fmt"
	"slices"
	"strings"
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

// instants lists the keys of the letters the engine's reminders ask for up to
// a moment, sorted: one for all that is due at one moment and reminds at one.
func instants(w *world, id ID, to time.Time) []string {
	type group struct {
		due, at int64
		address string
	}
	members := map[group][]string{}
	v := w.get(duty(), id)
	key := func(regime, stage string, due, at time.Time, address string) {
		if !at.After(to) {
			g := group{due.UnixMicro(), at.UnixMicro(), address}
			members[g] = append(members[g], regime+"/"+stage)
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
	var out []string
	for g, m := range members {
		slices.Sort(m)
		out = append(out, fmt.Sprintf("%s/%s/%d/%d/%s", id, strings.Join(m, "+"), g.due, g.at, g.address))
	}
	slices.Sort(out)
	return out
}

// Two laws that want the same at the same moment are one letter naming both;
// what is met meanwhile is left out, and nothing is said twice.
func TestOneReminderForTwoLaws(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		r := w.submit(officer(), report(w.now))
		due := w.obligation(r.Incident, "eu.nis2/notice").Due
		if other := w.obligation(r.Incident, "al.cyber/notice").Due; !other.Equal(due) {
			t.Fatalf("the laws' dues differ: %v, %v", due, other)
		}
		w.pass(due.Add(-10 * time.Hour))
		both := w.letters("incident.remind")
		both = slices.DeleteFunc(both, func(k string) bool { return !strings.Contains(k, "al.cyber/notice+eu.nis2/notice/") })
		if len(both) == 0 {
			t.Fatalf("no letter names both: %q", w.letters("incident.remind%"))
		}
		text := w.text(`SELECT content FROM outbox_item WHERE unique_key = ?`, both[0])
		for _, id := range []string{"al.cyber", "eu.nis2"} {
			if name := w.short(id).In("en"); !strings.Contains(text, name) {
				t.Errorf("the letter does not name %q: %s", name, text)
			}
		}
		next := report(w.now)
		next.Incident, next.Institution, next.Detected, next.Aware = r.Incident, "", Moment{}, Moment{}
		next.Covers = []regime.Cover{{Regime: "eu.nis2", Stage: "notice"}}
		w.submit(officer(), next)
		w.pass(due.Add(time.Hour))
		for _, k := range w.letters("incident.remind%") {
			if strings.Contains(k, "eu.nis2/notice/") && !slices.Contains(both, k) {
				t.Errorf("a stage that was met is reminded of: %s", k)
			}
		}
		alone := w.letters("incident.remind")
		if !slices.ContainsFunc(alone, func(k string) bool { return strings.HasPrefix(k, string(r.Incident)+"/al.cyber/notice/") }) {
			t.Errorf("what is left is not reminded of alone: %q", alone)
		}
	})
}

func (w *world) text(query string, args ...any) (s string) {
	w.t.Helper()
	if err := w.DB.Read(bg, func(tx *db.Tx) (err error) { s, _, err = db.One(tx, db.Scalar[string], query, args...); return err }); err != nil {
		w.t.Fatal(err)
	}
	return s
}

func TestEachReminderLeavesOnceWhateverStops(t *testing.T) {
	run := func(outage time.Duration) func(t *testing.T, d *db.DB) {
		return func(t *testing.T, d *db.DB) {
			w := newWorld(t, d)
			r := w.submit(officer(), report(w.now))
			due := w.obligation(r.Incident, "eu.nis2/notice").Due
			end := due.Add(60 * time.Hour)
			want := instants(w, r.Incident, end)
			if len(want) < 6 {
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
// stops, the clock jumps both ways, summer time begins or ends, and every
// reminder leaves once.
func TestRemindersInABubbleOfTime(t *testing.T) {
	for _, c := range []struct {
		from   time.Time
		outage time.Duration
	}{
		{t0, 3 * time.Hour}, {t0, 12 * time.Hour}, {t0, 48 * time.Hour},
		{time.Date(2026, 3, 28, 23, 30, 0, 0, time.UTC), 90 * time.Minute},
		{time.Date(2026, 10, 24, 22, 30, 0, 0, time.UTC), 3 * time.Hour},
		{time.Date(2026, 10, 23, 21, 30, 0, 0, time.UTC), 48 * time.Hour},
	} {
		t.Run(c.from.Format("2006-01-02")+" "+c.outage.String(), func(t *testing.T) {
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
				shift := c.from.Sub(time.Now())
				clock := func() time.Time { return time.Now().Add(shift) }
				w.now = clock()
				r := w.submit(officer(), report(w.now))
				end := w.now.Add(141*time.Hour + c.outage)
				want := instants(w, r.Incident, end)
				serve := func(length time.Duration) {
					ctx, stop := context.WithTimeout(context.Background(), length)
					defer stop()
					jobs.NewRunner(jobs.Config{DB: d, Node: "n", Handlers: w.Handlers(), Now: clock, Poll: time.Minute}).Run(ctx)
				}
				serve(60 * time.Hour)
				time.Sleep(c.outage)
				shift -= 30 * time.Minute // the clock is set back
				serve(time.Hour)
				shift += 45 * time.Minute // and forward
				serve(80 * time.Hour)
				w.now = clock()
				if late := w.count(`SELECT count(*) FROM jobs_job WHERE kind = 'incident.remind' AND state <> 'done' AND due_at <= ?`, w.now); late != 0 {
					t.Errorf("%d reminders overdue", late)
				}
				if got := w.letters("incident.remind%"); !slices.Equal(got, want) || len(want) < 6 {
					t.Errorf("reminders that left (-want +got):\n%s", cmp.Diff(want, got))
				}
			})
		})
	}
}
