package jobs

import (
	"encoding/json"
	"fmt"
	"time"

	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
)

// State of a job.
type State string

// The states; Ready covers waiting, due, leased and backing off.
const (
	Ready     State = "ready"
	Done      State = "done"
	Failed    State = "failed"    // gave up after MaxAttempts: a person must look
	Cancelled State = "cancelled" // no longer necessary
)

// MaxAttempts is how often a job is tried before it is Failed: with the
// back-off of Backoff about three days.
const MaxAttempts = 80

// Job is one piece of work.
type Job struct {
	ID       string
	Kind     string
	Key      string // unique within the kind; "" for none
	Args     string // JSON
	State    State
	Due      time.Time // next run
	Wanted   time.Time // first due
	Attempts int
	Error    string // of the last attempt
	LeasedBy string
	Created  time.Time
	Done     time.Time
}

// Decode reads the job's arguments into v.
func (j Job) Decode(v any) error {
	if err := json.Unmarshal([]byte(j.Args), v); err != nil {
		return fmt.Errorf("arguments of job %s (%s): %w", j.ID, j.Kind, err)
	}
	return nil
}

// Enqueue asks for work of a kind at a due time, in the caller's transaction.
// With a key it is idempotent: fresh is false when the kind and key were asked
// for before, and the first request stands.
func Enqueue(tx *db.Tx, kind, key string, args any, due, now time.Time) (fresh bool, err error) {
	text, err := json.Marshal(args)
	if err != nil {
		return false, fmt.Errorf("arguments of job %s: %w", kind, err)
	}
	var k any
	if key != "" {
		k = key
	}
	n, err := tx.Exec(`INSERT INTO jobs_job (id, kind, unique_key, args, state, due_at, wanted_at, created_at)
		VALUES (?, ?, ?, ?, 'ready', ?, ?, ?) ON CONFLICT (kind, unique_key) DO NOTHING`,
		db.NewID(now), kind, k, string(text), due, due, now)
	return n == 1, err
}

// Cancel withdraws a job that has not run; it is no error if there is none.
func Cancel(tx *db.Tx, kind, key string, now time.Time) error {
	_, err := tx.Exec(`UPDATE jobs_job SET state = 'cancelled', done_at = ? WHERE kind = ? AND unique_key = ? AND state = 'ready'`, now, kind, key)
	return err
}

// Retry makes a failed, cancelled or waiting job due now, with fresh attempts.
func Retry(tx *db.Tx, id string, now time.Time) error {
	n, err := tx.Exec(`UPDATE jobs_job SET state = 'ready', due_at = ?, attempts = 0, done_at = NULL
		WHERE id = ? AND state <> 'done' AND lease_until < ?`, now, id, now)
	if err == nil && n == 0 {
		return fault.New(fault.Conflict, "jobs.retry-not-possible")
	}
	return err
}

const columns = `id, kind, unique_key, args, state, due_at, wanted_at, attempts, last_error, lease_by, created_at, done_at`

func scan(s db.Scanner) (j Job, err error) {
	var key, last, by db.NullString
	var due, wanted, created, done db.NullTime
	err = s.Scan(&j.ID, &j.Kind, &key, &j.Args, &j.State, &due, &wanted, &j.Attempts, &last, &by, &created, &done)
	j.Key, j.Error, j.LeasedBy = key.String, last.String, by.String
	j.Due, j.Wanted, j.Created, j.Done = due.Time, wanted.Time, created.Time, done.Time
	return j, err
}

// List gives up to limit jobs of a state, those that matter first: waiting
// ones by due time, ended ones by the time they ended, latest first.
func List(tx *db.Tx, state State, limit int) ([]Job, error) {
	order := "done_at DESC, id"
	if state == Ready {
		order = "due_at, id"
	}
	return db.All(tx, scan, `SELECT `+columns+` FROM jobs_job WHERE state = ? ORDER BY `+order+` LIMIT ?`, string(state), limit)
}

// Counts are the numbers of jobs to watch.
type Counts struct {
	Waiting int64 // due later
	Due     int64 // due now or overdue
	Failed  int64
	Oldest  time.Time // due time of the most overdue job; zero when none
}

// Count gives the numbers to watch, as of now.
func Count(tx *db.Tx, now time.Time) (c Counts, err error) {
	if c.Due, err = db.Count(tx, `SELECT count(*) FROM jobs_job WHERE state = 'ready' AND due_at <= ?`, now); err != nil {
		return c, err
	}
	if c.Waiting, err = db.Count(tx, `SELECT count(*) FROM jobs_job WHERE state = 'ready' AND due_at > ?`, now); err != nil {
		return c, err
	}
	if c.Failed, err = db.Count(tx, `SELECT count(*) FROM jobs_job WHERE state = 'failed'`); err != nil {
		return c, err
	}
	var oldest db.NullTime
	err = tx.QueryRow(`SELECT min(due_at) FROM jobs_job WHERE state = 'ready' AND due_at <= ?`, now).Scan(&oldest)
	c.Oldest = oldest.Time
	return c, err
}

// Backoff is the wait after the nth failed attempt (n from 1): 1 s doubling to
// one hour.
func Backoff(n int) time.Duration {
	if n > 12 {
		return time.Hour
	}
	return min(time.Second<<(max(n, 1)-1), time.Hour)
}
