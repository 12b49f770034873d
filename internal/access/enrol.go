package access

import (
	"context"
	"time"

	"github.com/boombuler/barcode/qr"

	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
)

// Enrolment is what an authenticator app needs.
type Enrolment struct {
	Secret string   // base32, to type by hand
	URL    string   // otpauth address
	Code   [][]bool // the address as a QR code, rows of dark modules, no margin
}

// Enrol makes a new secret for a second factor and keeps it, not yet in
// force, until a code of it is confirmed. The secret of the session is
// enough where the session waits for it (NextEnrol); an open session needs a
// recent proof of identity.
func (d *Desk) Enrol(ctx context.Context, secret string, now time.Time) (Enrolment, error) {
	var out Enrolment
	err := d.tx(ctx, func(tx *db.Tx) error {
		p, _, err := d.enrolling(tx, secret, now)
		if err != nil {
			return err
		}
		if p.totpOn {
			return fault.New(fault.Conflict, "access.enrol.has-one")
		}
		key := newTOTP()
		sealed, err := d.seal(p.ID, key)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`UPDATE access_person SET totp = ?, totp_step = 0 WHERE id = ? AND totp_on = 0`, sealed, p.ID); err != nil {
			return err
		}
		out = Enrolment{Secret: base32Plain.EncodeToString(key), URL: totpURL(d.issuer, p.Email, key)}
		out.Code, err = qrCode(out.URL)
		return err
	})
	return out, err
}

// enrolling gives the person whose session may set up a second factor.
func (d *Desk) enrolling(tx *db.Tx, secret string, now time.Time) (personRow, sessionRow, error) {
	s, err := sessionBy(tx, secret, now)
	if err != nil {
		return personRow{}, s, err
	}
	switch {
	case s.state == NextEnrol:
	case s.state == NextNothing && now.Sub(s.seen) <= d.idle:
		if now.Sub(s.fresh) > Freshness {
			return personRow{}, s, fault.New(fault.Denied, "access.step-up.needed")
		}
	default:
		return personRow{}, s, errExpired()
	}
	p, err := mustPerson(tx, s.person)
	if err == nil && !p.Active {
		err = errExpired()
	}
	return p, s, err
}

// ConfirmEnrol puts the second factor in force when the code is good, gives
// ten recovery codes to be shown once, and opens the session if it waited.
func (d *Desk) ConfirmEnrol(ctx context.Context, secret, code string, now time.Time) (Entry, []string, error) {
	var e Entry
	var codes []string
	good := false
	err := d.tx(ctx, func(tx *db.Tx) error {
		e, codes, good = Entry{}, nil, false
		p, s, err := d.enrolling(tx, secret, now)
		if err != nil {
			return err
		}
		if p.totpOn || p.totp == "" {
			return fault.New(fault.Conflict, "access.enrol.has-one")
		}
		bucket := d.bucket("code", p.ID)
		if err := d.try(tx, bucket, perCode, now); err != nil {
			return err
		}
		key, err := d.open(p.ID, p.totp)
		if err != nil {
			return err
		}
		step, ok := totpMatch(key, code, now, p.totpStep)
		if !ok {
			return nil
		}
		n, err := tx.Exec(`UPDATE access_person SET totp_on = 1, totp_step = ?, version = version + 1, changed_at = ?
			WHERE id = ? AND totp_on = 0 AND totp = ?`, step, now, p.ID, p.totp)
		if err != nil {
			return err
		}
		if n != 1 {
			return fault.New(fault.Conflict, "access.enrol.has-one")
		}
		good = true
		if err := passed(tx, bucket); err != nil {
			return err
		}
		if codes, err = writeRecovery(tx, p.ID); err != nil {
			return err
		}
		by := p.acting(KindPerson, s.institution, d.table)
		by.Session = s.id
		if err := d.record(tx, by, Record{At: now, Verb: "access.enrol", Object: "person", ObjectID: p.ID}); err != nil {
			return err
		}
		if s.state == NextNothing {
			e = Entry{Secret: secret, Next: NextNothing, Person: p.ID, Ends: s.ends}
			return nil
		}
		if e, err = d.openSession(tx, s, now); err != nil {
			return err
		}
		return d.recordSignIn(tx, p, s.institution, s.id, s.method+"+totp", now)
	})
	if err == nil && !good {
		var f fault.Fields
		f.Add("code", "access.enrol.code")
		err = f.Err()
	}
	return e, codes, err
}

// writeRecovery replaces the person's recovery codes by new ones.
func writeRecovery(tx *db.Tx, person string) ([]string, error) {
	if _, err := tx.Exec(`DELETE FROM access_recovery WHERE person_id = ?`, person); err != nil {
		return nil, err
	}
	codes := newRecovery()
	for _, c := range codes {
		if _, err := tx.Exec(`INSERT INTO access_recovery (person_id, hash) VALUES (?, ?)`, person, digest(recoveryForm(c))); err != nil {
			return nil, err
		}
	}
	return codes, nil
}

// NewRecovery replaces the actor's recovery codes; the old ones are void.
func (d *Desk) NewRecovery(ctx context.Context, by Actor, now time.Time) (codes []string, err error) {
	if err := May(by, "access.self"); err != nil {
		return nil, err
	}
	if err := MustBeFresh(by, now); err != nil {
		return nil, err
	}
	err = d.tx(ctx, func(tx *db.Tx) error {
		if codes, err = writeRecovery(tx, by.Person); err != nil {
			return err
		}
		return d.record(tx, by, Record{At: now, Verb: "access.recovery", Object: "person", ObjectID: by.Person})
	})
	return codes, err
}

// RecoveryLeft counts the actor's recovery codes that are still good.
func (d *Desk) RecoveryLeft(ctx context.Context, by Actor) (n int, err error) {
	err = d.read(ctx, func(tx *db.Tx) error {
		c, err := db.Count(tx, `SELECT COUNT(*) FROM access_recovery WHERE person_id = ? AND used_at IS NULL`, by.Person)
		n = int(c)
		return err
	})
	return n, err
}

// DropSecond takes the actor's own second factor away, to set up another.
// Where one is required the next sign-in asks for it.
func (d *Desk) DropSecond(ctx context.Context, by Actor, now time.Time) error {
	if err := May(by, "access.self"); err != nil {
		return err
	}
	if err := MustBeFresh(by, now); err != nil {
		return err
	}
	return d.tx(ctx, func(tx *db.Tx) error {
		if err := dropSecondFactor(tx, by.Person, now); err != nil {
			return err
		}
		return d.record(tx, by, Record{At: now, Verb: "access.unenrol", Object: "person", ObjectID: by.Person})
	})
}

func dropSecondFactor(tx *db.Tx, id string, now time.Time) error {
	if _, err := tx.Exec(`UPDATE access_person SET totp = '', totp_on = 0, totp_step = 0, version = version + 1, changed_at = ?
		WHERE id = ?`, now, id); err != nil {
		return err
	}
	_, err := tx.Exec(`DELETE FROM access_recovery WHERE person_id = ?`, id)
	return err
}

// qrCode draws the text as rows of modules, true for dark.
func qrCode(text string) ([][]bool, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return nil, err
	}
	size := code.Bounds().Max
	rows := make([][]bool, size.Y)
	for y := range rows {
		rows[y] = make([]bool, size.X)
		for x := range rows[y] {
			r, _, _, _ := code.At(x, y).RGBA()
			rows[y][x] = r == 0
		}
	}
	return rows, nil
}
