package registry

import (
	"context"
	"strings"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/audit"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
)

// Get reads an institution; the read is recorded.
func (d *Desk) Get(ctx context.Context, by access.Actor, id ID, now time.Time) (in Institution, err error) {
	if err := access.May(by, "registry.read"); err != nil {
		return in, err
	}
	err = d.DB.Tx(ctx, func(tx *db.Tx) error {
		if in, err = must(tx, by, "registry.read", id); err != nil {
			return err
		}
		if in.Bounced, err = bounces(tx, id); err != nil {
			return err
		}
		return d.recordRead(tx, by, "registry.read", in, nil, now)
	})
	return in, err
}

func (d *Desk) recordRead(tx *db.Tx, by access.Actor, verb string, in Institution, detail map[string]any, now time.Time) error {
	return d.Audit.Record(tx, by, audit.Entry{Verb: verb, Object: "institution", ObjectID: string(in.ID), Mark: in.Mark.Text(), Detail: detail}, now)
}

func bounces(tx *db.Tx, id ID) (map[string]Bounce, error) {
	rows, err := tx.Query(`SELECT id, bounced_at, bounce FROM registry_contact WHERE institution_id = ? AND bounced_at IS NOT NULL`, string(id))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out map[string]Bounce
	for rows.Next() {
		var contact, text string
		var at db.NullTime
		if err := rows.Scan(&contact, &at, &text); err != nil {
			return nil, err
		}
		if out == nil {
			out = map[string]Bounce{}
		}
		out[contact] = Bounce{at.Time, text}
	}
	return out, rows.Err()
}

// Version is one state of a record and who made it so.
type Version struct {
	Number int
	Known  time.Time // recorded then
	By     string    // id of the actor
	Org    string
	Reason string
	Record Record
	Diff   []Change // from the version before
}

// History lists the versions of an institution, newest first; the read is
// recorded. A version whose own marking the actor may not read is left out.
func (d *Desk) History(ctx context.Context, by access.Actor, id ID, now time.Time) (out []Version, err error) {
	if err := access.May(by, "registry.read"); err != nil {
		return nil, err
	}
	err = d.DB.Tx(ctx, func(tx *db.Tx) error {
		in, err := must(tx, by, "registry.read", id)
		if err != nil {
			return err
		}
		where, err := d.Access.Filter(tx, by, "registry.read")
		if err != nil {
			return err
		}
		cond, args := where.SQL("v.mark_id", "v.institution_id")
		out, err = db.All(tx, scanVersion, `SELECT v.version, v.rec_from, v.by_id, v.org, v.reason, v.content FROM registry_version v
			WHERE v.institution_id = ? AND `+cond+` ORDER BY v.version DESC`, append([]any{string(id)}, args...)...)
		if err != nil {
			return err
		}
		for i := range out[:max(0, len(out)-1)] {
			out[i].Diff = Diff(out[i+1].Record, out[i].Record)
		}
		return d.recordRead(tx, by, "registry.history", in, nil, now)
	})
	return out, err
}

func scanVersion(s db.Scanner) (v Version, err error) {
	var at int64
	var content string
	if err = s.Scan(&v.Number, &at, &v.By, &v.Org, &v.Reason, &content); err != nil {
		return v, err
	}
	v.Known = db.Time(at)
	v.Record, err = decode(content)
	return v, err
}

// AsKnown gives an institution as it was recorded at a past instant, in the
// caller's transaction and without asking permission; ok is false when it was
// not known then.
func (d *Desk) AsKnown(tx *db.Tx, id ID, at time.Time) (in Institution, ok bool, err error) {
	in, ok, err = load(tx, id)
	if err != nil || !ok {
		return in, ok, err
	}
	if !in.Changed.After(at) {
		return in, true, nil
	}
	v, ok, err := db.One(tx, scanVersion, `SELECT v.version, v.rec_from, v.by_id, v.org, v.reason, v.content FROM registry_version v
		WHERE v.institution_id = ? AND v.rec_from <= ? ORDER BY v.version DESC LIMIT 1`, string(id), at)
	if err != nil || !ok {
		return Institution{}, false, err
	}
	in.Record, in.Version, in.Changed = v.Record, v.Number, v.Known
	in.Class = in.ClassOn(d.today(at), d.ranks, d.unlisted)
	return in, true, nil
}

// Query narrows a list. Empty fields do not narrow.
type Query struct {
	Text    string // words, each a beginning of a word of a name, acronym, number or domain
	Sector  string // a sector takes its subsectors with it
	Class   string
	Kind    string
	Country string
	Ended   bool   // those that no longer exist, instead of those that do
	After   string // Page.Next of the page before
	Limit   int    // 0 is 50; at most 500
}

// Item is one line of a list.
type Item struct {
	ID      ID
	Name    string
	Class   string
	Sector  string
	Kind    string
	Country string
	TaxID   string
	Version int
	Changed time.Time
	Record  Record
}

// Page is a part of a list in order of folded name.
type Page struct {
	Items []Item
	Next  string // for Query.After; "" on the last page
}

// List gives the institutions the actor may read.
func (d *Desk) List(ctx context.Context, by access.Actor, q Query) (p Page, err error) {
	if err := access.May(by, "registry.read"); err != nil {
		return p, err
	}
	if q.Limit <= 0 {
		q.Limit = 50
	}
	q.Limit = min(q.Limit, 500)
	err = d.DB.Read(ctx, func(tx *db.Tx) error {
		p = Page{}
		cond, args, err := d.where(tx, by, q)
		if err != nil {
			return err
		}
		if q.After != "" {
			key, id, err := decodeAfter(q.After)
			if err != nil {
				return err
			}
			cond += " AND (i.sort_key, i.id) > (?, ?)"
			args = append(args, key, id)
		}
		type row struct {
			Item
			key []byte
		}
		rows, err := db.All(tx, func(s db.Scanner) (r row, err error) {
			var changed int64
			var content string
			if err = s.Scan(&r.ID, &r.Name, &r.Class, &r.Sector, &r.Kind, &r.Country, &r.TaxID, &r.Version, &changed, &content, &r.key); err != nil {
				return r, err
			}
			r.Changed = db.Time(changed)
			r.Record, err = decode(content)
			return r, err
		}, `SELECT i.id, i.name, i.class, i.sector, i.kind, i.country, i.tax_id, i.version, i.changed_at, i.content, i.sort_key
			FROM registry_institution i WHERE `+cond+` ORDER BY i.sort_key, i.id LIMIT ?`, append(args, q.Limit+1)...)
		if err != nil {
			return err
		}
		if len(rows) > q.Limit {
			rows = rows[:q.Limit]
			last := rows[len(rows)-1]
			p.Next = encodeAfter(last.key, string(last.ID))
		}
		for _, r := range rows {
			p.Items = append(p.Items, r.Item)
		}
		return nil
	})
	return p, err
}

// Counts says how many institutions a query finds, and how they spread over
// classes and sectors.
type Counts struct {
	Total    int64
	ByClass  map[string]int64
	BySector map[string]int64
}

// Counts counts what List would list on all its pages.
func (d *Desk) Counts(ctx context.Context, by access.Actor, q Query) (c Counts, err error) {
	if err := access.May(by, "registry.read"); err != nil {
		return c, err
	}
	err = d.DB.Read(ctx, func(tx *db.Tx) error {
		c = Counts{ByClass: map[string]int64{}, BySector: map[string]int64{}}
		cond, args, err := d.where(tx, by, q)
		if err != nil {
			return err
		}
		rows, err := tx.Query(`SELECT i.class, i.sector, COUNT(*) FROM registry_institution i WHERE `+cond+` GROUP BY i.class, i.sector`, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var class, sector string
			var n int64
			if err := rows.Scan(&class, &sector, &n); err != nil {
				return err
			}
			c.Total += n
			c.ByClass[class] += n
			c.BySector[sector] += n
		}
		return rows.Err()
	})
	return c, err
}

// Suggestion is one proposal while somebody types.
type Suggestion struct {
	ID    ID
	Name  string // newest name in the language asked for
	Short string
	Class string
}

// Suggest gives at most limit (0: 10) institutions that begin like the text.
func (d *Desk) Suggest(ctx context.Context, by access.Actor, text, lang string, limit int) ([]Suggestion, error) {
	if limit <= 0 {
		limit = 10
	}
	p, err := d.List(ctx, by, Query{Text: text, Limit: min(limit, 50)})
	if err != nil || nameKey(text) == "" {
		return nil, err
	}
	var out []Suggestion
	for _, i := range p.Items {
		out = append(out, Suggestion{i.ID, i.Record.NameOn(lang, ""), i.Record.ShortOn(lang, ""), i.Class})
	}
	return out, nil
}

// Names gives the newest name of each institution in lang, for showing; ids
// the actor may not know of, or that are nobody's, are left out.
func (d *Desk) Names(tx *db.Tx, by access.Actor, lang string, ids ...ID) (map[ID]string, error) {
	out := map[ID]string{}
	where, err := d.Access.Filter(tx, by, "registry.read")
	if err != nil {
		return nil, err
	}
	cond, wargs := where.SQL("i.mark_id", "i.id")
	for len(ids) > 0 {
		n := min(len(ids), 500)
		args := make([]any, n)
		for i, id := range ids[:n] {
			args[i] = string(id)
		}
		ids = ids[n:]
		rows, err := db.All(tx, scanInstitution, `SELECT `+institutionColumns+` FROM registry_institution i WHERE i.id IN `+db.In(n)+` AND `+cond, append(args, wargs...)...)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			out[r.ID] = r.NameOn(lang, "")
		}
	}
	return out, nil
}

// where gives the condition of a query on registry_institution i.
func (d *Desk) where(tx *db.Tx, by access.Actor, q Query) (string, []any, error) {
	return d.whereMay(tx, by, "registry.read", q)
}

func (d *Desk) whereMay(tx *db.Tx, by access.Actor, p access.Permission, q Query) (string, []any, error) {
	w, err := d.Access.Filter(tx, by, p)
	if err != nil {
		return "", nil, err
	}
	cond, args := w.SQL("i.mark_id", "i.id")
	and := func(c string, v ...any) {
		cond += " AND " + c
		args = append(args, v...)
	}
	state := "active"
	if q.Ended {
		state = "ended"
	}
	and("i.state = ?", state)
	if q.Sector != "" {
		codes := []any{q.Sector}
		for _, s := range d.Pack.Sectors {
			if s.Parent == q.Sector {
				codes = append(codes, s.ID)
			}
		}
		and("i.sector IN "+db.In(len(codes)), codes...)
	}
	for _, f := range []struct{ column, v string }{{"i.class", q.Class}, {"i.kind", q.Kind}, {"i.country", q.Country}} {
		if f.v != "" {
			and(f.column+" = ?", f.v)
		}
	}
	for n, word := range searchWords(q.Text) {
		if n == 8 {
			break // nobody types more; each is a lookup
		}
		and("i.id IN (SELECT t.institution_id FROM registry_term t WHERE t.term >= ? AND t.term < ?)", []byte(word), append([]byte(word), 0xff))
	}
	return cond, args, nil
}

// searchWords folds what was typed to the words that are looked for: a domain
// stays whole.
func searchWords(s string) []string {
	var out []string
	for w := range strings.FieldsSeq(s) {
		if dom, ok := ParseDomain(w); ok {
			out = append(out, dom)
			continue
		}
		out = append(out, strings.Fields(nameKey(w))...)
	}
	return out
}

func encodeAfter(key []byte, id string) string {
	const hex = "0123456789abcdef"
	var b strings.Builder
	for _, c := range key {
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	}
	return b.String() + "." + id
}

func decodeAfter(s string) (key []byte, id string, err error) {
	h, id, ok := strings.Cut(s, ".")
	ok = ok && len(h)%2 == 0 && len(h) < 10_000 && ValidID(id)
	for i := 0; ok && i < len(h); i += 2 {
		a, b := strings.IndexByte("0123456789abcdef", h[i]), strings.IndexByte("0123456789abcdef", h[i+1])
		if a < 0 || b < 0 {
			ok = false
			break
		}
		key = append(key, byte(a<<4|b))
	}
	if !ok {
		var f fault.Fields
		f.Add("after", "registry.list.after")
		return nil, "", f.Err()
	}
	if key == nil {
		key = []byte{}
	}
	return key, id, nil
}
