package access

import (
	"context"
	"time"

	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
)

// LinkKind says what a link is for.
type LinkKind string

// The kinds of link.
const (
	LinkInvite LinkKind = "invite" // first password
	LinkReset  LinkKind = "reset"  // a new password
)

// resetFor is how long a link to a new password holds.
const resetFor = time.Hour

// Link is a secret that lets one person choose a password, once.
type Link struct {
	Secret string // to put into the address; never stored
	Kind   LinkKind
	Person string
	Name   string
	Email  string
	Lang   string
	Ends   time.Time
}

// newLink makes a link and voids the person's older ones.
func (d *Desk) newLink(tx *db.Tx, person string, kind LinkKind, now time.Time) (Link, error) {
	l := Link{Secret: randomText(32), Kind: kind, Person: person, Ends: now.Add(d.linkFor)}
	if kind == LinkReset {
		l.Ends = now.Add(resetFor)
	}
	if _, err := tx.Exec(`UPDATE access_link SET used_at = ? WHERE person_id = ? AND used_at IS NULL`, now, person); err != nil {
		return l, err
	}
	if _, err := tx.Exec(`INSERT INTO access_link (hash, person_id, kind, created_at, ends_at) VALUES (?, ?, ?, ?, ?)`,
		digest(l.Secret), person, string(kind), now, l.Ends); err != nil {
		return l, err
	}
	p, err := mustPerson(tx, person)
	l.Name, l.Email = p.Name, p.Email
	if len(p.Languages) > 0 {
		l.Lang = p.Languages[0]
	}
	return l, err
}

// openLink reads a link that still holds, and its person.
func openLink(tx *db.Tx, secret string, now time.Time) (l Link, p personRow, err error) {
	var who string
	var ends int64
	var used db.NullTime
	err = tx.QueryRow(`SELECT person_id, kind, ends_at, used_at FROM access_link WHERE hash = ?`, digest(secret)).
		Scan(&who, &l.Kind, &ends, &used)
	if db.NoRows(err) || err == nil && (!used.Time.IsZero() || !now.Before(db.Time(ends))) {
		return l, p, fault.New(fault.Expired, "access.link.ended")
	}
	if err != nil {
		return l, p, err
	}
	if p, err = mustPerson(tx, who); err != nil {
		return l, p, err
	}
	if !p.Active {
		return l, p, fault.New(fault.Expired, "access.link.ended")
	}
	l.Person, l.Name, l.Email, l.Ends = p.ID, p.Name, p.Email, db.Time(ends)
	return l, p, nil
}

// LookAt says whose link it is, for the page that asks for the password.
func (d *Desk) LookAt(ctx context.Context, secret string, now time.Time) (l Link, err error) {
	err = d.read(ctx, func(tx *db.Tx) error {
		l, _, err = openLink(tx, secret, now)
		return err
	})
	return l, err
}

// Accept uses the link up: the password becomes the person's, every session
// they had ends and a new one begins. A second factor already set up stays
// and is asked for.
func (d *Desk) Accept(ctx context.Context, secret, password string, v Visit, now time.Time) (Entry, error) {
	l, err := d.LookAt(ctx, secret, now)
	if err != nil {
		return Entry{}, err
	}
	hash, err := d.newPassword(ctx, password, l.Name, l.Email)
	if err != nil {
		return Entry{}, err
	}
	var e Entry
	err = d.tx(ctx, func(tx *db.Tx) error {
		l, p, err := openLink(tx, secret, now)
		if err != nil {
			return err
		}
		n, err := tx.Exec(`UPDATE access_link SET used_at = ? WHERE hash = ? AND used_at IS NULL`, now, digest(secret))
		if err != nil {
			return err
		}
		if n != 1 {
			return fault.New(fault.Expired, "access.link.ended")
		}
		by := p.acting(KindPerson, "", d.table)
		if err := d.setPassword(tx, by, p.ID, hash, now); err != nil {
			return err
		}
		if err := passed(tx, d.bucket("name", emailKey(p.Email))); err != nil {
			return err
		}
		if err := d.record(tx, by, Record{At: now, Verb: "access.accept", Object: "person", ObjectID: p.ID,
			Detail: map[string]any{"kind": string(l.Kind)}}); err != nil {
			return err
		}
		p.password = hash
		e, err = d.begin(tx, p, "password", false, v, now)
		return err
	})
	return e, err
}

// newPassword checks and hashes a password to be set.
func (d *Desk) newPassword(ctx context.Context, password, name, email string) (string, error) {
	var f fault.Fields
	checkPassword(&f, password, name, email)
	if err := f.Err(); err != nil {
		return "", err
	}
	return d.hashNew(ctx, password)
}

// setPassword stores the hash and ends every session.
func (d *Desk) setPassword(tx *db.Tx, by Actor, person, hash string, now time.Time) error {
	if _, err := tx.Exec(`UPDATE access_person SET password = ?, version = version + 1, changed_at = ? WHERE id = ?`, hash, now, person); err != nil {
		return err
	}
	return d.revoke(tx, by, "person_id", person, now)
}

// ChangePassword sets the actor's own password and ends all sessions but the
// one asking. It needs a recent proof of identity.
func (d *Desk) ChangePassword(ctx context.Context, by Actor, password string, now time.Time) error {
	if err := May(by, "access.self"); err != nil {
		return err
	}
	if err := MustBeFresh(by, now); err != nil {
		return err
	}
	var p personRow
	err := d.read(ctx, func(tx *db.Tx) (err error) {
		p, err = mustPerson(tx, by.Person)
		return err
	})
	if err != nil {
		return err
	}
	hash, err := d.newPassword(ctx, password, p.Name, p.Email)
	if err != nil {
		return err
	}
	return d.tx(ctx, func(tx *db.Tx) error {
		if err := d.setPassword(tx, by, by.Person, hash, now); err != nil {
			return err
		}
		if _, err := tx.Exec(`UPDATE access_session SET revoked_at = NULL WHERE id = ? AND person_id = ?`, by.Session, by.Person); err != nil {
			return err
		}
		return d.record(tx, by, Record{At: now, Verb: "access.password", Object: "person", ObjectID: by.Person})
	})
}

// Reset makes a link to a new password for a person the actor administers.
// DropSecond also takes away the second factor, for a lost phone: the person
// then sets up a new one.
func (d *Desk) Reset(ctx context.Context, by Actor, id string, dropSecond bool, now time.Time) (Link, error) {
	if err := May(by, "access.write"); err != nil {
		return Link{}, err
	}
	if err := MustBeFresh(by, now); err != nil {
		return Link{}, err
	}
	var l Link
	err := d.tx(ctx, func(tx *db.Tx) error {
		p, err := reachable(tx, by, "access.write", id)
		if err != nil {
			return err
		}
		// Whoever resets a person could become them: all roles must be the actor's to give.
		if err := d.mayHandOut(by, Draft{Clearance: p.Clearance}, p.Person); err != nil {
			return err
		}
		if dropSecond {
			if err := dropSecondFactor(tx, id, now); err != nil {
				return err
			}
		}
		if err := d.revoke(tx, by, "person_id", id, now); err != nil {
			return err
		}
		if l, err = d.newLink(tx, id, LinkReset, now); err != nil {
			return err
		}
		return d.record(tx, by, Record{At: now, Verb: "access.reset", Object: "person", ObjectID: id,
			Detail: map[string]any{"second": dropSecond}})
	})
	return l, err
}

// Forgot makes a link to a new password for whoever has the e-mail address,
// to be sent there. There is none (ok false, no error) when nobody active has
// it; the page says the same in both cases. Askings are limited per address
// of both kinds.
func (d *Desk) Forgot(ctx context.Context, email string, v Visit, now time.Time) (l Link, ok bool, err error) {
	key := emailKey(email[:min(len(email), 254)])
	v = v.clean()
	err = d.tx(ctx, func(tx *db.Tx) error {
		l, ok = Link{}, false
		if err := d.try(tx, d.bucket("forgot", key), perReset, now); err != nil {
			return err
		}
		if err := d.try(tx, d.bucket("forgot-address", v.Addr), perAddress, now); err != nil {
			return err
		}
		p, known, err := person(tx, "email_key", key)
		if err != nil || !known || !p.Active {
			return err
		}
		if l, err = d.newLink(tx, p.ID, LinkReset, now); err != nil {
			return err
		}
		ok = true
		return d.record(tx, nobody(), Record{At: now, Verb: "access.forgot", Object: "person", ObjectID: p.ID})
	})
	return l, ok, err
}
