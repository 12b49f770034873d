package access

import (
	"time"

	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
)

// limit says how many failures are free and how long the wait then is: base,
// doubled by each further failure, at most longest. Failures are forgotten
// after forget without one.
type limit struct {
	free    int
	base    time.Duration
	longest time.Duration
	forget  time.Duration
}

var (
	perName    = limit{free: 5, base: 15 * time.Second, longest: time.Hour, forget: 24 * time.Hour}
	perAddress = limit{free: 50, base: 15 * time.Second, longest: 15 * time.Minute, forget: time.Hour}
	perCode    = limit{free: 5, base: 30 * time.Second, longest: time.Hour, forget: 24 * time.Hour}
	perReset   = limit{free: 3, base: 15 * time.Minute, longest: 6 * time.Hour, forget: 24 * time.Hour}
)

// count is how often something failed.
type count struct {
	fails       int
	last        time.Time
	lockedUntil time.Time
}

// fail gives the count after one more failure at now.
func (l limit) fail(c count, now time.Time) count {
	if now.Sub(c.last) > l.forget {
		c = count{}
	}
	c.fails++
	c.last = now
	if over := c.fails - l.free; over >= 0 {
		wait := l.longest
		if over < 20 {
			wait = min(l.longest, l.base<<over)
		}
		c.lockedUntil = now.Add(wait)
	}
	return c
}

// try counts an attempt as failed before it is looked at, so that attempts
// made at once are all counted; passed takes it back. A bucket that is locked
// gives Limited and is not counted further.
func (d *Desk) try(tx *db.Tx, bucket string, l limit, now time.Time) error {
	if _, err := tx.Exec(`INSERT INTO access_attempt (bucket, fails, last_at, locked_until) VALUES (?, 0, ?, 0)
		ON CONFLICT (bucket) DO NOTHING`, bucket, now); err != nil {
		return err
	}
	var last, locked int64
	var c count
	err := tx.QueryRow(`SELECT fails, last_at, locked_until FROM access_attempt WHERE bucket = ?`+tx.Dialect().ForUpdate(), bucket).
		Scan(&c.fails, &last, &locked)
	if err != nil {
		return err
	}
	c.last, c.lockedUntil = db.Time(last), db.Time(locked)
	if now.Before(c.lockedUntil) {
		return fault.New(fault.Limited, "access.sign-in.limited", wait(c.lockedUntil.Sub(now)))
	}
	c = l.fail(c, now)
	until := int64(0)
	if !c.lockedUntil.IsZero() {
		until = db.Micros(c.lockedUntil)
	}
	_, err = tx.Exec(`UPDATE access_attempt SET fails = ?, last_at = ?, locked_until = ? WHERE bucket = ?`,
		c.fails, c.last, until, bucket)
	return err
}

// wait rounds a remaining time up to what is worth telling.
func wait(left time.Duration) time.Duration {
	if left < time.Minute {
		return (left + 5*time.Second).Truncate(5 * time.Second)
	}
	return (left + time.Minute).Truncate(time.Minute)
}

// passed forgets the failures of a bucket.
func passed(tx *db.Tx, bucket string) error {
	_, err := tx.Exec(`DELETE FROM access_attempt WHERE bucket = ?`, bucket)
	return err
}

// undo takes back one failure of a bucket shared by many: an address where
// one person signed in still counts the failures of others.
func undo(tx *db.Tx, bucket string) error {
	_, err := tx.Exec(`UPDATE access_attempt SET fails = fails - 1, locked_until = 0 WHERE bucket = ? AND fails > 0`, bucket)
	return err
}
