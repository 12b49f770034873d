package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kulla.dev/internal/db"
	"kulla.dev/internal/housetest"
	"kulla.dev/internal/jobs"
)

func enqueue(t *testing.T, d *db.DB, kind, key string, due, now time.Time) bool {
	t.Helper()
	var fresh bool
	if err := d.Tx(context.Background(), func(tx *db.Tx) (err error) {
		fresh, err = jobs.Enqueue(tx, kind, key, map[string]string{"key": key}, due, now)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return fresh
}

func TestEnqueueIsIdempotentByKey(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		now := time.Now()
		if !enqueue(t, d, "a.b", "k", now, now) || enqueue(t, d, "a.b", "k", now, now) || !enqueue(t, d, "a.c", "k", now, now) {
			t.Error("a kind and key must be taken once")
		}
		if !enqueue(t, d, "a.b", "", now, now) || !enqueue(t, d, "a.b", "", now, now) {
			t.Error("jobs without key never collide")
		}
	})
}

func TestEffectHappensOnceAmongManyNodes(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		now := time.Now()
		for i := range 60 {
			enqueue(t, d, "a.count", fmt.Sprint(i), now, now)
		}
		var ran atomic.Int64
		do := jobs.Handler{Do: func(tx *db.Tx, j jobs.Job, now time.Time) error {
			ran.Add(1)
			_, err := tx.Exec(`INSERT INTO audit_node (level, n, hash) VALUES (1, ?, ?)`, int(now.UnixNano()%1e15)*100+int(ran.Load()%100), []byte(j.Key))
			return err
		}}
		ctx, stop := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for n := range 3 {
			r := jobs.NewRunner(jobs.Config{DB: d, Node: fmt.Sprint("node", n), Handlers: map[string]jobs.Handler{"a.count": do}, Poll: 10 * time.Millisecond})
			wg.Go(func() { r.Run(ctx) })
		}
		count := func(q string) (n int64) {
			_ = d.Read(context.Background(), func(tx *db.Tx) (err error) { n, err = db.Count(tx, q); return err })
			return n
		}
		for range 500 {
			if count(`SELECT count(*) FROM jobs_job WHERE state = 'done'`) == 60 {
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
		stop()
		wg.Wait()
		if n := count(`SELECT count(*) FROM audit_node`); n != 60 {
			t.Errorf("effects = %d, want 60", n)
		}
	})
}

func TestFailureBacksOffAndIsVisible(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		enqueue(t, d, "a.fail", "x", now, now)
		tries := 0
		r := jobs.NewRunner(jobs.Config{DB: d, Node: "n", Now: func() time.Time { return now }, Handlers: map[string]jobs.Handler{
			"a.fail": {Do: func(tx *db.Tx, j jobs.Job, now time.Time) error {
				if tries++; tries < 3 {
					if _, err := tx.Exec(`INSERT INTO audit_node (level, n, hash) VALUES (1, 1, ?)`, []byte{1}); err != nil {
						return err
					}
					return errors.New("not yet")
				}
				return nil
			}}}})
		step := func(want int) {
			t.Helper()
			if n, err := r.Step(t.Context()); err != nil || n != want {
				t.Fatalf("ran %d (%v), want %d", n, err, want)
			}
		}
		step(1)
		step(0) // backing off
		var left, rows int64
		_ = d.Read(t.Context(), func(tx *db.Tx) error {
			js, err := jobs.List(tx, jobs.Ready, 10)
			if err != nil || len(js) != 1 || js[0].Error != "not yet" || js[0].Attempts != 1 {
				t.Errorf("waiting jobs: %+v (%v)", js, err)
			}
			left, _ = db.Count(tx, `SELECT count(*) FROM jobs_job WHERE state = 'ready'`)
			rows, err = db.Count(tx, `SELECT count(*) FROM audit_node`)
			return err
		})
		if left != 1 || rows != 0 {
			t.Errorf("after a failure: %d waiting, %d effects; want 1, 0", left, rows)
		}
		now = now.Add(jobs.Backoff(1))
		step(1)
		now = now.Add(jobs.Backoff(2))
		step(1)
		if tries != 3 {
			t.Errorf("tries = %d", tries)
		}
	})
}

func TestKilledNodesJobIsTakenOverWithinLease(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		enqueue(t, d, "a.slow", "x", now, now)
		died, cancel := context.WithCancel(t.Context())
		dead := jobs.NewRunner(jobs.Config{DB: d, Node: "dead", Lease: time.Minute, Now: func() time.Time { return now }, Handlers: map[string]jobs.Handler{
			"a.slow": {Outside: func(ctx context.Context, j jobs.Job, _ time.Time) error { cancel(); return ctx.Err() }}}})
		_, _ = dead.Step(died)
		ran := 0
		live := jobs.NewRunner(jobs.Config{DB: d, Node: "live", Now: func() time.Time { return now }, Handlers: map[string]jobs.Handler{
			"a.slow": {Do: func(*db.Tx, jobs.Job, time.Time) error { ran++; return nil }}}})
		if n, _ := live.Step(t.Context()); n != 0 {
			t.Error("a leased job was taken while its lease runs")
		}
		now = now.Add(61 * time.Second)
		if n, _ := live.Step(t.Context()); n != 1 || ran != 1 {
			t.Errorf("after the lease: ran %d of %d", ran, n)
		}
	})
}

// The desk is stopped across due times and the wall clock jumps; every job
// still runs exactly once, never early.
func TestOutagesAndClockJumps(t *testing.T) {
	for _, outage := range []time.Duration{3 * time.Hour, 12 * time.Hour, 48 * time.Hour} {
		t.Run(outage.String(), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "kulla.db")
			synctest.Test(t, func(t *testing.T) {
				d := housetest.Open(t, "sqlite:"+path)
				var skew time.Duration // how far the wall clock is off
				clock := func() time.Time { return time.Now().Add(skew) }
				ran := map[string]int{}
				var mu sync.Mutex
				handlers := map[string]jobs.Handler{"a.remind": {Do: func(tx *db.Tx, j jobs.Job, now time.Time) error {
					mu.Lock()
					defer mu.Unlock()
					ran[j.Key]++
					if now.Before(j.Wanted) {
						t.Errorf("%s ran %v early", j.Key, j.Wanted.Sub(now))
					}
					return nil
				}}}
				start := clock()
				for i := range 72 {
					enqueue(t, d, "a.remind", fmt.Sprint(i), start.Add(time.Duration(i)*time.Hour), start)
				}
				serve := func(for_ time.Duration) {
					ctx, stop := context.WithCancel(context.Background())
					r := jobs.NewRunner(jobs.Config{DB: d, Node: "n", Handlers: handlers, Now: clock, Poll: time.Minute})
					var wg sync.WaitGroup
					wg.Go(func() { r.Run(ctx) })
					time.Sleep(for_)
					stop()
					wg.Wait()
				}
				serve(90 * time.Minute)
				time.Sleep(outage)
				skew = -2 * time.Hour // the clock jumps back
				serve(4 * time.Hour)
				skew = 5 * time.Hour // and forward
				serve(80 * time.Hour)
				for i := range 72 {
					if n := ran[fmt.Sprint(i)]; n != 1 {
						t.Errorf("reminder %d ran %d times, want once", i, n)
					}
				}
				if err := d.Close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func BenchmarkDueScan(b *testing.B) {
	for _, open := range []int{1_000, 100_000} {
		b.Run(fmt.Sprintf("open=%d", open), func(b *testing.B) {
			d := housetest.Open(b, housetest.SQLiteURL(b))
			now := time.Now()
			if err := d.Tx(b.Context(), func(tx *db.Tx) error {
				for i := range open {
					if _, err := jobs.Enqueue(tx, "a.b", fmt.Sprint(i), i, now.Add(time.Hour), now); err != nil {
						return err
					}
				}
				return nil
			}); err != nil {
				b.Fatal(err)
			}
			r := jobs.NewRunner(jobs.Config{DB: d, Node: "n"})
			for b.Loop() {
				if n, err := r.Step(b.Context()); n != 0 || err != nil {
					b.Fatal(n, err)
				}
			}
		})
	}
}
