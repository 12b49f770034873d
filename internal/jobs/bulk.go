package jobs

import (
	"time"

	"kulla.dev/internal/db"
)

// Fill asks for n jobs of a kind at once, without arguments, the first due at
// from and each later one every later: for measuring what a full queue costs.
func Fill(tx *db.Tx, kind string, n int, from time.Time, every time.Duration, now time.Time) error {
	const columns = 7
	args := make([]any, 0, n*columns)
	for i := range n {
		due := from.Add(time.Duration(i) * every)
		args = append(args, db.NewID(now), kind, "null", string(Ready), due, due, now)
	}
	return db.Insert(tx, `INSERT INTO jobs_job (id, kind, args, state, due_at, wanted_at, created_at)`, columns, args, "")
}
