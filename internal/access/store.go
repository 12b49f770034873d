package access

import (
	"encoding/json"
	"fmt"
	"time"

	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/i18n"
)

// secrets is what a person's row holds beyond Person.
type secrets struct {
	password string
	totp     string
	totpOn   bool
	totpStep int64
}

const personColumns = `p.id, p.name, p.email, p.phone, p.languages, p.clearance, p.active, p.version,
	p.password, p.totp, p.totp_on, p.totp_step, p.created_at`

type personRow struct {
	Person
	secrets
}

func scanPerson(s db.Scanner) (personRow, error) {
	var r personRow
	var languages, clearance string
	var active, on, created int64
	err := s.Scan(&r.ID, &r.Name, &r.Email, &r.Phone, &languages, &clearance, &active, &r.Version,
		&r.password, &r.totp, &on, &r.totpStep, &created)
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal([]byte(languages), &r.Languages); err != nil {
		return r, fmt.Errorf("languages of %s: %w", r.ID, err)
	}
	if err := json.Unmarshal([]byte(clearance), &r.Clearance); err != nil {
		return r, fmt.Errorf("clearance of %s: %w", r.ID, err)
	}
	r.Active, r.totpOn, r.Created = active != 0, on != 0, db.Time(created)
	r.Person.Password, r.Second = r.password != "", r.totpOn
	return r, nil
}

// person reads one person with memberships; ok is false when there is none.
// Column is id or email_key.
func person(tx *db.Tx, column, value string) (r personRow, ok bool, err error) {
	r, ok, err = db.One(tx, scanPerson, `SELECT `+personColumns+` FROM access_person p WHERE p.`+column+` = ?`, value)
	if err != nil || !ok {
		return r, ok, err
	}
	r.Members, err = members(tx, r.ID)
	return r, true, err
}

// mustPerson is person by id, NotFound when there is none.
func mustPerson(tx *db.Tx, id string) (personRow, error) {
	r, ok, err := person(tx, "id", id)
	if err == nil && !ok {
		err = fault.New(fault.NotFound, "access.may.not-found")
	}
	return r, err
}

func scanMember(s db.Scanner) (Membership, error) {
	var m Membership
	var within string
	var since int64
	if err := s.Scan(&m.Institution, &m.Role, &within, &since); err != nil {
		return m, err
	}
	m.Since = db.Time(since)
	if err := json.Unmarshal([]byte(within), &m.Within); err != nil {
		return m, fmt.Errorf("limits of a membership: %w", err)
	}
	return m, nil
}

func members(tx *db.Tx, id string) ([]Membership, error) {
	ms, err := db.All(tx, scanMember, `SELECT institution_id, role, within, since FROM access_member
		WHERE person_id = ?`, id)
	if err != nil {
		return nil, err
	}
	return Draft{Members: ms}.clean().Members, nil
}

func toJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // unreachable: only lists of text and Clearance come here
	}
	if string(b) == "null" {
		return "[]"
	}
	return string(b)
}

// insertPerson writes a new person without any way to sign in.
func insertPerson(tx *db.Tx, id string, in Draft, now time.Time) error {
	_, err := tx.Exec(`INSERT INTO access_person (id, name, email, email_key, find, phone, languages, clearance, active, version,
		password, totp, totp_on, totp_step, created_at, changed_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, 1, '', '', 0, 0, ?, ?)`,
		id, in.Name, in.Email, emailKey(in.Email), findKey(in.Name, in.Email), in.Phone, toJSON(in.Languages), toJSON(in.Clearance), now, now)
	if db.IsUnique(err) {
		return taken()
	}
	if err != nil {
		return err
	}
	return writeMembers(tx, id, in.Members, nil, now)
}

// findKey is what a search looks in.
func findKey(name, email string) string { return i18n.Fold(name + " " + email) }

func taken() error {
	var f fault.Fields
	f.Add("email", "fault.field.taken")
	return f.Err()
}

// writeMembers makes the memberships exactly these, keeping the day each that
// was there began.
func writeMembers(tx *db.Tx, id string, now []Membership, before []Membership, at time.Time) error {
	if _, err := tx.Exec(`DELETE FROM access_member WHERE person_id = ?`, id); err != nil {
		return err
	}
	for _, m := range now {
		since := at
		for _, b := range before {
			if b.Institution == m.Institution && b.Role == m.Role {
				since = b.Since
			}
		}
		if _, err := tx.Exec(`INSERT INTO access_member (person_id, institution_id, role, within, since)
			VALUES (?, ?, ?, ?, ?)`, id, m.Institution, string(m.Role), toJSON(m.Within), since); err != nil {
			return err
		}
	}
	return nil
}
