package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"kulla.dev/internal/db"
)

// Handler does the work of one kind. Exactly one of Do and Outside is set.
type Handler struct {
	// Do works inside the transaction that also marks the job done: its effect
	// happens exactly once. It must not reach outside the database.
	Do func(tx *db.Tx, j Job, now time.Time) error
	// Outside works without a transaction, under the lease, and may reach
	// outside. It must be safe to run twice.
	Outside func(ctx context.Context, j Job, now time.Time) error
}

// Config of a Runner; zero values are good.
type Config struct {
	DB       *db.DB
	Log      *slog.Logger
	Node     string             // name of this node in leases
	Handlers map[string]Handler // by kind
	Poll     time.Duration      // longest sleep between looks; 0 means 1 s
	Lease    time.Duration      // 0 means 1 min
	Workers  int                // jobs at once; 0 means 4
	Now      func() time.Time   // nil means time.Now
	Done     func(j Job, took time.Duration, err error)
}

// Runner leases due jobs and runs them, until its context ends.
type Runner struct {
	Config
	wake chan struct{}
}

// NewRunner makes a runner; it does nothing before Run.
func NewRunner(c Config) *Runner {
	if c.Poll == 0 {
		c.Poll = time.Second
	}
	if c.Lease == 0 {
		c.Lease = time.Minute
	}
	if c.Workers == 0 {
		c.Workers = 4
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Done == nil {
		c.Done = func(Job, time.Duration, error) {}
	}
	return &Runner{c, make(chan struct{}, 1)}
}

// Wake makes the runner look at once: call it after a commit that enqueued
// work. Losing a wake-up costs at most one poll.
func (r *Runner) Wake() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Run works until ctx ends, then waits for the jobs in hand.
func (r *Runner) Run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		n, err := r.Step(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			r.Log.Error("jobs: look for work", "error", err)
		case n > 0:
			continue
		}
		timer.Reset(r.Poll)
		select {
		case <-ctx.Done():
			return
		case <-r.wake:
		case <-timer.C:
		}
	}
}

// Step leases up to Workers due jobs, runs them and gives their number.
func (r *Runner) Step(ctx context.Context) (int, error) {
	now := r.Now()
	var due int64
	err := r.DB.Read(ctx, func(tx *db.Tx) (err error) {
		due, err = db.Count(tx, `SELECT count(*) FROM (SELECT 1 FROM jobs_job WHERE state = 'ready' AND due_at <= ? AND lease_until < ? LIMIT 1) x`, now, now)
		return err
	})
	if err != nil || due == 0 {
		return 0, err
	}
	var batch []Job
	err = r.DB.Tx(ctx, func(tx *db.Tx) (err error) {
		batch, err = db.All(tx, scan, `UPDATE jobs_job SET lease_until = ?, lease_by = ? WHERE id IN (
			SELECT id FROM jobs_job WHERE state = 'ready' AND due_at <= ? AND lease_until < ?
			ORDER BY due_at, id LIMIT ?`+tx.Dialect().SkipLocked()+`) RETURNING `+columns,
			now.Add(r.Lease), r.Node, now, now, r.Workers)
		return err
	})
	if err != nil {
		return 0, err
	}
	var wg sync.WaitGroup
	for _, j := range batch {
		wg.Go(func() { r.run(ctx, j) })
	}
	wg.Wait()
	return len(batch), nil
}

// errLost: another node has the job, or it was cancelled meanwhile.
var errLost = errors.New("lease lost")

func (r *Runner) run(ctx context.Context, j Job) {
	began := r.Now()
	err := r.work(ctx, j)
	took := r.Now().Sub(began)
	switch {
	case errors.Is(err, errLost):
		r.Log.Warn("job", "kind", j.Kind, "id", j.ID, "outcome", "lease lost")
		return
	case err != nil && ctx.Err() != nil:
		return // stopping: the lease runs out, or the restart takes it up
	case err != nil:
		r.Log.Error("job", "kind", j.Kind, "id", j.ID, "outcome", "failed", "attempt", j.Attempts+1, "took", took, "error", err)
		if e := r.fail(ctx, j, err); e != nil {
			r.Log.Error("job: note failure", "id", j.ID, "error", e)
		}
	default:
		r.Log.Info("job", "kind", j.Kind, "id", j.ID, "outcome", "done", "took", took, "late", began.Sub(j.Wanted))
	}
	r.Done(j, took, err)
}

func (r *Runner) work(ctx context.Context, j Job) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	h, ok := r.Handlers[j.Kind]
	if !ok {
		return fmt.Errorf("no handler for %q on this node", j.Kind)
	}
	finish := func(tx *db.Tx, now time.Time) error {
		n, err := tx.Exec(`UPDATE jobs_job SET state = 'done', done_at = ?, lease_until = 0 WHERE id = ? AND state = 'ready' AND lease_by = ?`, now, j.ID, r.Node)
		if err == nil && n == 0 {
			return errLost
		}
		return err
	}
	if h.Outside != nil {
		alive, stop := context.WithCancel(ctx)
		var beat sync.WaitGroup
		beat.Go(func() { r.heartbeat(alive, j) })
		err := h.Outside(ctx, j, r.Now())
		stop()
		beat.Wait()
		if err != nil {
			return err
		}
		return r.DB.Tx(ctx, func(tx *db.Tx) error { return finish(tx, r.Now()) })
	}
	return r.DB.Tx(ctx, func(tx *db.Tx) error {
		now := r.Now()
		if err := finish(tx, now); err != nil {
			return err
		}
		return h.Do(tx, j, now)
	})
}

// heartbeat keeps the lease of a job that takes long.
func (r *Runner) heartbeat(ctx context.Context, j Job) {
	t := time.NewTicker(r.Lease / 3)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			_ = r.DB.Tx(ctx, func(tx *db.Tx) error {
				_, err := tx.Exec(`UPDATE jobs_job SET lease_until = ? WHERE id = ? AND lease_by = ? AND state = 'ready'`, r.Now().Add(r.Lease), j.ID, r.Node)
				return err
			})
		}
	}
}

func (r *Runner) fail(ctx context.Context, j Job, cause error) error {
	return r.DB.Tx(ctx, func(tx *db.Tx) error {
		now, n := r.Now(), j.Attempts+1
		state, ended := Ready, time.Time{}
		if n >= MaxAttempts {
			state, ended = Failed, now
		}
		_, err := tx.Exec(`UPDATE jobs_job SET state = ?, attempts = ?, last_error = ?, due_at = ?, lease_until = 0,
			done_at = ? WHERE id = ? AND lease_by = ? AND state = 'ready'`,
			string(state), n, cause.Error(), now.Add(Backoff(n)), ended, j.ID, r.Node)
		return err
	})
}
