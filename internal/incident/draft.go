package incident

import (
	"bytes"
	"context"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
)

// maxForm is how many bytes a saved form may hold.
const maxForm = 1 << 20

// SaveDraft keeps a form in the making for the person. version is the one the
// door read last, 0 for a new form; the same save sent again changes nothing;
// a save from an older state is refused as stale, and the kept form is given
// back so that nothing typed is lost.
func (d *Desk) SaveDraft(ctx context.Context, by access.Actor, name string, version int, content []byte, now time.Time) (Form, error) {
	if err := access.May(by, "incident.submit"); err != nil {
		return Form{}, err
	}
	var f fault.Fields
	name = clean(name)
	tooLong(&f, "form", name, maxLine)
	if name == "" || len(content) > maxForm {
		f.Add("form", "incident.field.too-long", len(content), maxForm)
	}
	content = []byte(clean(string(content)))
	if err := f.Err(); err != nil {
		return Form{}, err
	}
	var out Form
	err := d.DB.Tx(ctx, func(tx *db.Tx) error {
		have, ok, err := db.One(tx, scanForm, `SELECT form, version, content, changed_at FROM incident_draft WHERE person_id = ? AND form = ?`+tx.Dialect().ForUpdate(), by.ID(), name)
		if err != nil {
			return err
		}
		if ok && bytes.Equal(have.Content, content) {
			out = have
			return nil
		}
		if have.Version != version {
			out = have
			return fault.New(fault.Stale, "incident.draft.stale")
		}
		out = Form{Name: name, Version: version + 1, Content: content, Changed: now}
		n, err := tx.Exec(`INSERT INTO incident_draft (person_id, form, version, content, changed_at) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (person_id, form) DO UPDATE SET version = excluded.version, content = excluded.content, changed_at = excluded.changed_at
			WHERE incident_draft.version = ?`, by.ID(), name, out.Version, string(content), now, version)
		if err == nil && n == 0 {
			err = fault.New(fault.Stale, "incident.draft.stale")
		}
		return err
	})
	return out, err
}

func scanForm(s db.Scanner) (f Form, err error) {
	var at int64
	var content string
	err = s.Scan(&f.Name, &f.Version, &content, &at)
	f.Content, f.Changed = []byte(content), db.Time(at)
	return f, err
}

// LoadDraft gives a saved form of the person; NotFound when there is none.
func (d *Desk) LoadDraft(ctx context.Context, by access.Actor, name string) (f Form, err error) {
	if err := access.May(by, "incident.submit"); err != nil {
		return f, err
	}
	err = d.DB.Read(ctx, func(tx *db.Tx) error {
		var ok bool
		if f, ok, err = db.One(tx, scanForm, `SELECT form, version, content, changed_at FROM incident_draft WHERE person_id = ? AND form = ?`, by.ID(), clean(name)); err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.NotFound, "incident.draft.none")
		}
		return nil
	})
	return f, err
}

// Drafts lists the saved forms of the person, newest first.
func (d *Desk) Drafts(ctx context.Context, by access.Actor) (out []Form, err error) {
	if err := access.May(by, "incident.submit"); err != nil {
		return nil, err
	}
	err = d.DB.Read(ctx, func(tx *db.Tx) (err error) {
		out, err = db.All(tx, scanForm, `SELECT form, version, content, changed_at FROM incident_draft WHERE person_id = ? ORDER BY changed_at DESC, form LIMIT 200`, by.ID())
		return err
	})
	return out, err
}

// DropDraft forgets a saved form; it is no error if there is none.
func (d *Desk) DropDraft(ctx context.Context, by access.Actor, name string) error {
	if err := access.May(by, "incident.submit"); err != nil {
		return err
	}
	return d.DB.Tx(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`DELETE FROM incident_draft WHERE person_id = ? AND form = ?`, by.ID(), clean(name))
		return err
	})
}
