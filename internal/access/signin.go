package access

import (
	"context"
	"time"

	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
)

// Visit is what is known of the browser or program that knocks.
type Visit struct {
	Addr  string // network address without port
	Agent string // user agent, shown in the list of sessions
}

// clean makes what the visitor says about itself fit to be stored.
func (v Visit) clean() Visit {
	cut := func(s string, n int) string { return cleanText(s[:min(len(s), n)]) }
	return Visit{Addr: cut(v.Addr, 64), Agent: cut(v.Agent, 200)}
}

// Entry is the outcome of a step of signing in.
type Entry struct {
	Secret string    // the value for the session cookie
	Next   Next      // what has to happen before the session is open
	Ends   time.Time // when the cookie is worth nothing any more
	Person string    // id of the person
}

// Next is what a session waits for.
type Next string

// The states of a session.
const (
	NextNothing Next = "open"  // signed in
	NextCode    Next = "code"  // a code is to be typed: Desk.Confirm
	NextEnrol   Next = "enrol" // a second factor is to be set up: Desk.Enrol, Desk.ConfirmEnrol
)

// stepFor is how long a session may wait between its steps.
const stepFor = 15 * time.Minute

// SignIn looks at name and password and begins a session. Every refusal is
// the same fault (Denied, or Limited after too many), whether the person
// exists or not, and takes the time of one password hash.
func (d *Desk) SignIn(ctx context.Context, email, password string, v Visit, now time.Time) (Entry, error) {
	key := emailKey(email)
	if len(key) > 254 {
		key = key[:254]
	}
	if len(password) > 4*longestPassword {
		password = password[:4*longestPassword]
	}
	v = v.clean()
	var p personRow
	var ok bool
	var name string
	addr := d.bucket("address", v.Addr)
	err := d.tx(ctx, func(tx *db.Tx) (err error) {
		if p, ok, err = person(tx, "email_key", key); err != nil {
			return err
		}
		if name, err = d.nameBucket(tx, key, p.ID, v, now); err != nil {
			return err
		}
		if err := d.try(tx, name, perName, now); err != nil {
			return err
		}
		return d.try(tx, addr, perAddress, now)
	})
	if err != nil {
		return Entry{}, err
	}
	hash := p.password
	if !ok || !p.Active {
		hash = ""
	}
	same, err := d.verify(ctx, password, hash)
	if err != nil {
		return Entry{}, err
	}
	if !same {
		return Entry{}, d.refuse(ctx, p.ID, "password", now)
	}
	renew := ""
	if d.outdated(hash) {
		if renew, err = d.hashNew(ctx, password); err != nil {
			return Entry{}, err
		}
	}
	var e Entry
	err = d.tx(ctx, func(tx *db.Tx) error {
		if err := passed(tx, name); err != nil {
			return err
		}
		if err := undo(tx, addr); err != nil {
			return err
		}
		fresh, err := mustPerson(tx, p.ID)
		if err != nil {
			return err
		}
		if !fresh.Active || fresh.password != hash {
			return errRefused() // changed while the hash was computed
		}
		if renew != "" {
			if _, err := tx.Exec(`UPDATE access_person SET password = ? WHERE id = ? AND password = ?`, renew, p.ID, hash); err != nil {
				return err
			}
		}
		e, err = d.begin(tx, fresh, "password", false, v, now)
		return err
	})
	return e, err
}

// nameBucket is where failures for a name are counted. From an address where
// the person signed in during the last thirty days they are counted apart, so
// that strangers cannot lock somebody out of their own office.
func (d *Desk) nameBucket(tx *db.Tx, key, person string, v Visit, now time.Time) (string, error) {
	n, err := db.Count(tx, `SELECT COUNT(*) FROM access_session WHERE person_id = ? AND state = 'open' AND addr = ? AND created_at > ?`,
		person, v.Addr, now.Add(-30*24*time.Hour))
	if err != nil {
		return "", err
	}
	if n > 0 {
		return d.bucket("name", key+"\x00"+v.Addr), nil
	}
	return d.bucket("name", key), nil
}

// refuse records a failed sign-in and gives the fault everybody gets.
func (d *Desk) refuse(ctx context.Context, person, step string, now time.Time) error {
	err := d.tx(ctx, func(tx *db.Tx) error {
		return d.record(tx, nobody(), Record{At: now, Verb: "access.refuse", Object: "person", ObjectID: person,
			Detail: map[string]any{"step": step}})
	})
	if err != nil {
		return err
	}
	return errRefused()
}

// begin makes a session for one whose first proof was good. After a strong
// proof (a passkey, a service that checks two factors itself) none is asked.
func (d *Desk) begin(tx *db.Tx, p personRow, method string, strong bool, v Visit, now time.Time) (Entry, error) {
	next := NextNothing
	if !strong {
		switch {
		case p.totpOn:
			next = NextCode
		case d.second:
			next = NextEnrol
		}
	}
	e := Entry{Secret: randomText(32), Next: next, Person: p.ID, Ends: now.Add(d.longest)}
	if next != NextNothing {
		e.Ends = now.Add(stepFor)
	}
	institution := ""
	if len(p.Members) > 0 {
		institution = p.Members[0].Institution
	}
	// The institution of the last session, if there still is a role.
	last, ok, err := db.One(tx, db.Scalar[string], `SELECT institution_id FROM access_session
		WHERE person_id = ? AND state = 'open' ORDER BY created_at DESC LIMIT 1`, p.ID)
	if err != nil {
		return Entry{}, err
	}
	if ok && len(p.Roles(last)) > 0 && last != "" {
		institution = last
	}
	id := db.NewID(now)
	v = v.clean()
	if _, err := tx.Exec(`INSERT INTO access_session (id, secret, person_id, institution_id, state, method, addr, agent,
		created_at, seen_at, fresh_at, ends_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		id, digest(e.Secret), p.ID, institution, string(next), method, v.Addr, v.Agent, now, now, now, e.Ends); err != nil {
		return Entry{}, err
	}
	if next == NextNothing {
		err = d.recordSignIn(tx, p, institution, id, method, now)
	}
	return e, err
}

func (d *Desk) recordSignIn(tx *db.Tx, p personRow, institution, session, method string, now time.Time) error {
	by := p.acting(KindPerson, institution, d.table)
	by.Session = session
	return d.record(tx, by, Record{At: now, Verb: "access.sign-in", Object: "session", ObjectID: session,
		Detail: map[string]any{"method": method}})
}

// Confirm takes the code for a session that waits for it: a time-based code,
// or a recovery code, which is then used up. The session gets a new secret.
func (d *Desk) Confirm(ctx context.Context, secret, code string, now time.Time) (Entry, error) {
	var e Entry
	var who string
	good := false
	err := d.tx(ctx, func(tx *db.Tx) error {
		s, err := waiting(tx, secret, NextCode, now)
		if err != nil {
			return err
		}
		who = s.person
		p, err := mustPerson(tx, s.person)
		if err != nil {
			return err
		}
		bucket := d.bucket("code", p.ID)
		if err := d.try(tx, bucket, perCode, now); err != nil {
			return err
		}
		method, ok, err := d.checkCode(tx, p, code, now)
		if err != nil {
			return err
		}
		if good = ok && p.Active; !good {
			return nil // the failure stays counted
		}
		if err := passed(tx, bucket); err != nil {
			return err
		}
		e, err = d.openSession(tx, s, now)
		if err != nil {
			return err
		}
		return d.recordSignIn(tx, p, s.institution, s.id, s.method+"+"+method, now)
	})
	if err == nil && !good {
		err = d.refuse(ctx, who, "code", now)
	}
	return e, err
}

// checkCode says whether the code is good and uses it up.
func (d *Desk) checkCode(tx *db.Tx, p personRow, code string, now time.Time) (method string, ok bool, err error) {
	if r := recoveryForm(code); r != "" {
		n, err := tx.Exec(`UPDATE access_recovery SET used_at = ? WHERE person_id = ? AND hash = ? AND used_at IS NULL`,
			now, p.ID, digest(r))
		return "recovery", n == 1, err
	}
	if !p.totpOn {
		return "", false, nil
	}
	key, err := d.open(p.ID, p.totp)
	if err != nil {
		return "", false, err
	}
	step, ok := totpMatch(key, code, now, p.totpStep)
	if !ok {
		return "totp", false, nil
	}
	n, err := tx.Exec(`UPDATE access_person SET totp_step = ? WHERE id = ? AND totp_step < ?`, step, p.ID, step)
	return "totp", n == 1, err
}

// openSession makes a waiting session an open one under a new secret.
func (d *Desk) openSession(tx *db.Tx, s sessionRow, now time.Time) (Entry, error) {
	e := Entry{Secret: randomText(32), Next: NextNothing, Person: s.person, Ends: now.Add(d.longest)}
	n, err := tx.Exec(`UPDATE access_session SET secret = ?, state = 'open', seen_at = ?, fresh_at = ?, ends_at = ?
		WHERE id = ? AND state = ?`, digest(e.Secret), now, now, e.Ends, s.id, string(s.state))
	if err == nil && n != 1 {
		err = errExpired()
	}
	return e, err
}

func errExpired() error { return fault.New(fault.Expired, "access.session.ended") }
