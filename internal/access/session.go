package access

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
)

// Session is one sign-in, as its owner sees it in the list.
type Session struct {
	ID          string
	Institution string
	Method      string // password, passkey, oidc
	Addr        string
	Agent       string
	Created     time.Time
	Seen        time.Time
	Ends        time.Time
	This        bool // the one asking
}

type sessionRow struct {
	id, person, institution, method string
	state                           Next
	addr, agent                     string
	created, seen, fresh, ends      time.Time
	revoked                         time.Time
}

const sessionColumns = `id, person_id, institution_id, state, method, addr, agent, created_at, seen_at, fresh_at, ends_at, revoked_at`

func scanSession(s db.Scanner) (sessionRow, error) {
	var r sessionRow
	var created, seen, fresh, ends int64
	var revoked db.NullTime
	err := s.Scan(&r.id, &r.person, &r.institution, &r.state, &r.method, &r.addr, &r.agent,
		&created, &seen, &fresh, &ends, &revoked)
	r.created, r.seen, r.fresh, r.ends = db.Time(created), db.Time(seen), db.Time(fresh), db.Time(ends)
	r.revoked = revoked.Time
	return r, err
}

// sessionBy reads the session of a secret that has not ended.
func sessionBy(tx *db.Tx, secret string, now time.Time) (sessionRow, error) {
	s, ok, err := db.One(tx, scanSession, `SELECT `+sessionColumns+` FROM access_session WHERE secret = ?`, digest(secret))
	if err != nil {
		return s, err
	}
	if !ok || !s.revoked.IsZero() || !now.Before(s.ends) {
		return s, errExpired()
	}
	return s, nil
}

// waiting is sessionBy for one that is in this state.
func waiting(tx *db.Tx, secret string, state Next, now time.Time) (sessionRow, error) {
	s, err := sessionBy(tx, secret, now)
	if err == nil && s.state != state {
		err = errExpired()
	}
	return s, err
}

// Waiting says what the session of the secret waits for, so that the door can
// show the right page. Expired when there is none.
func (d *Desk) Waiting(ctx context.Context, secret string, now time.Time) (next Next, err error) {
	err = d.read(ctx, func(tx *db.Tx) error {
		s, err := sessionBy(tx, secret, now)
		next = s.state
		return err
	})
	return next, err
}

// seenEvery is how precisely the last request of a session is kept.
const seenEvery = time.Minute

// Resolve gives the actor of an open session. It reads person and roles anew:
// what was taken away is gone. Expired when the session has ended in any way.
func (d *Desk) Resolve(ctx context.Context, secret string, now time.Time) (Actor, error) {
	var a Actor
	var s sessionRow
	err := d.read(ctx, func(tx *db.Tx) error {
		var err error
		if s, err = waiting(tx, secret, NextNothing, now); err != nil {
			return err
		}
		if now.Sub(s.seen) > d.idle {
			return errExpired()
		}
		p, err := mustPerson(tx, s.person)
		if err != nil {
			return err
		}
		if !p.Active {
			return errExpired()
		}
		if len(p.Roles(s.institution)) == 0 && len(p.Members) > 0 {
			s.institution = p.Members[0].Institution
		}
		a = p.acting(KindPerson, s.institution, d.table)
		a.Session, a.Fresh = s.id, s.fresh
		return nil
	})
	if err != nil {
		return Actor{}, err
	}
	if now.Sub(s.seen) >= seenEvery {
		err = d.tx(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE access_session SET seen_at = ? WHERE id = ? AND seen_at < ?`, now, s.id, now)
			return err
		})
		if fault.Is(err, fault.Unavailable) {
			err = nil // reading goes on while nothing can be written
		}
	}
	return a, err
}

// StepUp proves the identity of the actor's session anew, by a code if the
// person has a second factor, else by the password. It counts failures like
// signing in.
func (d *Desk) StepUp(ctx context.Context, by Actor, proof string, now time.Time) error {
	if by.Kind != KindPerson {
		return fault.New(fault.Denied, "access.step-up.needed")
	}
	var p personRow
	bucket := d.bucket("code", by.Person)
	good := false
	err := d.tx(ctx, func(tx *db.Tx) (err error) {
		if err := d.try(tx, bucket, perCode, now); err != nil {
			return err
		}
		if p, err = mustPerson(tx, by.Person); err != nil || !p.totpOn {
			return err
		}
		_, good, err = d.checkCode(tx, p, proof, now)
		return err
	})
	if err != nil {
		return err
	}
	if !p.totpOn {
		if good, err = d.verify(ctx, proof, p.password); err != nil {
			return err
		}
	}
	if !good {
		return d.refuse(ctx, by.Person, "step-up", now)
	}
	return d.tx(ctx, func(tx *db.Tx) error {
		if err := passed(tx, bucket); err != nil {
			return err
		}
		n, err := tx.Exec(`UPDATE access_session SET fresh_at = ? WHERE id = ? AND revoked_at IS NULL`, now, by.Session)
		if err == nil && n != 1 {
			err = errExpired()
		}
		if err != nil {
			return err
		}
		return d.record(tx, by, Record{At: now, Verb: "access.step-up", Object: "session", ObjectID: by.Session})
	})
}

// Act changes which of the person's institutions the session acts for.
func (d *Desk) Act(ctx context.Context, by Actor, institution string, now time.Time) error {
	if err := May(by, "access.self"); err != nil {
		return err
	}
	return d.tx(ctx, func(tx *db.Tx) error {
		p, err := mustPerson(tx, by.Person)
		if err != nil {
			return err
		}
		if institution == "" || len(p.Roles(institution)) == 0 {
			return fault.New(fault.NotFound, "access.may.not-found")
		}
		if _, err := tx.Exec(`UPDATE access_session SET institution_id = ? WHERE id = ? AND person_id = ?`,
			institution, by.Session, by.Person); err != nil {
			return err
		}
		return d.record(tx, by, Record{At: now, Verb: "access.act", Object: "session", ObjectID: by.Session,
			Detail: map[string]any{"institution": institution}})
	})
}

// Sessions lists the actor's own sessions that are open, newest first.
func (d *Desk) Sessions(ctx context.Context, by Actor, now time.Time) ([]Session, error) {
	var out []Session
	err := d.read(ctx, func(tx *db.Tx) error {
		rows, err := db.All(tx, scanSession, `SELECT `+sessionColumns+` FROM access_session
			WHERE person_id = ? AND state = 'open' AND revoked_at IS NULL AND ends_at > ? AND seen_at > ?
			ORDER BY created_at DESC, id DESC LIMIT 200`, by.Person, now, now.Add(-d.idle))
		for _, s := range rows {
			out = append(out, Session{ID: s.id, Institution: s.institution, Method: s.method, Addr: s.addr, Agent: s.agent,
				Created: s.created, Seen: s.seen, Ends: s.ends, This: s.id == by.Session})
		}
		return err
	})
	return out, err
}

// SignOut ends the session of the secret, in whatever state it is.
func (d *Desk) SignOut(ctx context.Context, secret string, now time.Time) error {
	return d.tx(ctx, func(tx *db.Tx) error {
		s, err := sessionBy(tx, secret, now)
		if fault.Is(err, fault.Expired) {
			return nil // ended already
		}
		if err != nil {
			return err
		}
		p, err := mustPerson(tx, s.person)
		if err != nil {
			return err
		}
		by := p.acting(KindPerson, s.institution, d.table)
		by.Session = s.id
		return d.revoke(tx, by, "id", s.id, now)
	})
}

// Revoke ends one of the actor's own sessions.
func (d *Desk) Revoke(ctx context.Context, by Actor, session string, now time.Time) error {
	if err := May(by, "access.self"); err != nil {
		return err
	}
	return d.tx(ctx, func(tx *db.Tx) error {
		n, err := db.Count(tx, `SELECT COUNT(*) FROM access_session WHERE id = ? AND person_id = ?`, session, by.Person)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.NotFound, "access.may.not-found")
		}
		return d.revoke(tx, by, "id", session, now)
	})
}

// revoke ends the sessions whose column has the value.
func (d *Desk) revoke(tx *db.Tx, by Actor, column, value string, now time.Time) error {
	n, err := tx.Exec(`UPDATE access_session SET revoked_at = ? WHERE `+column+` = ? AND revoked_at IS NULL`, now, value)
	if err != nil || n == 0 {
		return err
	}
	object := map[string]string{"id": "session", "person_id": "person"}[column]
	return d.record(tx, by, Record{At: now, Verb: "access.sign-out", Object: object, ObjectID: value,
		Detail: map[string]any{"sessions": n}})
}

// Sweep deletes what has ended long ago: sessions and links after keep, counts
// of failures nobody needs. A job calls it.
func (d *Desk) Sweep(ctx context.Context, keep time.Duration, now time.Time) error {
	return d.tx(ctx, func(tx *db.Tx) error {
		for _, q := range []struct {
			sql string
			at  time.Time
		}{
			{`DELETE FROM access_session WHERE ends_at < ?`, now.Add(-keep)},
			{`DELETE FROM access_link WHERE ends_at < ?`, now.Add(-keep)},
			{`DELETE FROM access_flow WHERE ends_at < ?`, now},
			{`DELETE FROM access_attempt WHERE last_at < ?`, now.Add(-24 * time.Hour)},
		} {
			if _, err := tx.Exec(q.sql, q.at); err != nil {
				return err
			}
		}
		return nil
	})
}

// cleanText makes what a program says about itself fit to be stored and shown.
func cleanText(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "?")
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s)
}
