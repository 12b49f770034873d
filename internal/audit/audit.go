package audit

import (
	"context"
	"time"

	"golang.org/x/mod/sumdb/note"

	"kulla.dev/internal/access"
	"kulla.dev/internal/db"
)

// Config of a Ledger.
type Config struct {
	DB     *db.DB
	MACKey []byte                 // shared by the nodes of a desk; kept outside the database
	Signer note.Signer            // signs checkpoints; nil leaves them unsigned
	Anchor func(Checkpoint) error // keeps the newest checkpoint outside the database; may be nil
}

// Ledger writes, seals, proves and verifies.
type Ledger struct{ Config }

// New makes the ledger of a desk.
func New(c Config) *Ledger { return &Ledger{c} }

// Entry is what a room says of an act.
type Entry struct {
	Verb     string // room.verb
	Object   string // kind of thing
	ObjectID string
	Mark     string         // canonical marking of the object; "" for unmarked house-keeping
	Detail   map[string]any // small, no secrets: what changed
}

// Record notes an act in the doer's transaction.
func (l *Ledger) Record(tx *db.Tx, by access.Actor, e Entry, now time.Time) error {
	detail, err := canonicalJSON(e.Detail)
	if err != nil {
		return err
	}
	return l.insert(tx, Record{
		ID: db.NewID(now), At: now, Actor: by.ID(), Org: by.Institution, Verb: e.Verb, Object: e.Object, ObjectID: e.ObjectID,
		Mark: e.Mark, Request: by.Request, Detail: detail,
	})
}

func (l *Ledger) insert(tx *db.Tx, r Record) error {
	for _, f := range []*string{&r.Actor, &r.Org, &r.Verb, &r.Object, &r.ObjectID, &r.Mark, &r.Request, &r.Detail} {
		*f = clean(*f)
	}
	r.At = r.At.UTC().Truncate(time.Microsecond)
	_, err := tx.Exec(`INSERT INTO audit_record (id, at, actor, org, verb, object, object_id, mark, request, detail, mac)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		r.ID, r.At, r.Actor, r.Org, r.Verb, r.Object, r.ObjectID, r.Mark, r.Request, r.Detail, l.mac(r.text()))
	return err
}

const recordColumns = `id, at, actor, org, verb, object, object_id, mark, request, detail, seq`

func scanRecord(s db.Scanner, more ...any) (r Record, err error) {
	var at int64
	var seq *int64
	err = s.Scan(append([]any{&r.ID, &at, &r.Actor, &r.Org, &r.Verb, &r.Object, &r.ObjectID, &r.Mark, &r.Request, &r.Detail, &seq}, more...)...)
	r.At, r.Seq = time.UnixMicro(at).UTC(), -1
	if seq != nil {
		r.Seq = *seq
	}
	return r, err
}

// Query narrows a list of records; empty fields do not narrow.
type Query struct {
	ObjectID string
	Actor    string
	Before   string // id of the last record of the previous page
	Limit    int    // 0 means 50
}

// List gives records, newest first. Callers check that the reader may see the
// audit, and the objects, before they ask.
func (l *Ledger) List(ctx context.Context, q Query) (out []Record, err error) {
	where, args := "1 = 1", []any{}
	add := func(cond string, v string) {
		if v != "" {
			where += " AND " + cond
			args = append(args, v)
		}
	}
	add("object_id = ?", q.ObjectID)
	add("actor = ?", q.Actor)
	add("id < ?", q.Before)
	if q.Limit == 0 {
		q.Limit = 50
	}
	err = l.DB.Read(ctx, func(tx *db.Tx) (err error) {
		out, err = db.All(tx, func(s db.Scanner) (Record, error) { return scanRecord(s) },
			`SELECT `+recordColumns+` FROM audit_record WHERE `+where+` ORDER BY id DESC LIMIT ?`, append(args, q.Limit)...)
		return err
	})
	return out, err
}

// Newest gives the newest checkpoint; ok is false before the first seal.
func (l *Ledger) Newest(ctx context.Context) (c Checkpoint, ok bool, err error) {
	err = l.DB.Read(ctx, func(tx *db.Tx) (err error) {
		var row checkpointRow
		row, ok, err = db.One(tx, scanCheckpoint, `SELECT size, at, root, chain, note FROM audit_checkpoint ORDER BY size DESC LIMIT 1`)
		c = row.Checkpoint
		return err
	})
	return c, ok, err
}
