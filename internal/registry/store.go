package registry

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/audit"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/i18n"
)

// forever is the end of recorded time of a row that holds.
const forever = int64(1<<63 - 1)

const institutionColumns = `i.id, i.version, i.class, i.source, i.mark_id, i.content, i.created_at, i.changed_at`

func scanInstitution(s db.Scanner) (in Institution, err error) {
	var mark, created, changed int64
	var content string
	if err = s.Scan(&in.ID, &in.Version, &in.Class, &in.Source, &mark, &content, &created, &changed); err != nil {
		return in, err
	}
	in.Created, in.Changed = db.Time(created), db.Time(changed)
	in.Record, err = decode(content)
	return in, err
}

// load reads an institution whatever its marking; ok is false when there is none.
func load(tx *db.Tx, id ID) (in Institution, ok bool, err error) {
	if !ValidID(string(id)) {
		return in, false, nil
	}
	return db.One(tx, scanInstitution, `SELECT `+institutionColumns+` FROM registry_institution i WHERE i.id = ?`, string(id))
}

func unknown() error { return fault.New(fault.NotFound, "registry.unknown") }

// must reads an institution on which the actor has the permission.
func must(tx *db.Tx, by access.Actor, p access.Permission, id ID) (Institution, error) {
	in, ok, err := load(tx, id)
	if err != nil {
		return in, err
	}
	if !ok {
		return in, unknown()
	}
	if err := access.MayOn(by, p, object(in)); err != nil {
		if fault.Is(err, fault.NotFound) {
			return Institution{}, unknown() // one sentence for both, so that nothing is learnt from it
		}
		return Institution{}, err
	}
	return in, nil
}

func object(in Institution) access.Object {
	return access.Object{Owner: string(in.ID), Mark: in.Mark}
}

// writer writes institutions and all that is derived from them within one
// transaction, preparing each statement once.
type writer struct {
	d     *Desk
	tx    *db.Tx
	by    access.Actor
	now   time.Time
	stmts map[string]*db.Stmt
	marks map[string]access.MarkID // written in this transaction
	later map[string]*rowsLater    // by statement; nil writes at once
}

// rowsLater are rows of one table that are written together.
type rowsLater struct {
	columns int
	args    []any
}

func (d *Desk) writer(tx *db.Tx, by access.Actor, now time.Time) *writer {
	return &writer{d: d, tx: tx, by: by, now: now.UTC().Truncate(time.Microsecond), stmts: map[string]*db.Stmt{}, marks: map[string]access.MarkID{}}
}

func (w *writer) close() {
	for _, s := range w.stmts {
		_ = s.Close() // ends with the transaction anyway
	}
}

func (w *writer) exec(query string, args ...any) error {
	s, ok := w.stmts[query]
	if !ok {
		var err error
		if s, err = w.tx.Prepare(query); err != nil {
			return err
		}
		w.stmts[query] = s
	}
	if err := s.Exec(args...); err != nil {
		return fmt.Errorf("exec %.100q: %w", query, err)
	}
	return nil
}

// add inserts a row that nothing reads before the transaction ends: at once,
// or where many institutions are written, with theirs by flush.
func (w *writer) add(into string, args ...any) error {
	if w.later == nil {
		return w.exec(into+` VALUES `+db.In(len(args)), args...)
	}
	l := w.later[into]
	if l == nil {
		l = &rowsLater{columns: len(args)}
		w.later[into] = l
	}
	l.args = append(l.args, args...)
	return nil
}

// flush writes what add has put off, words in the order of their index.
func (w *writer) flush() error {
	for _, into := range slices.Sorted(maps.Keys(w.later)) {
		l := w.later[into]
		if into == intoTerm {
			pairs := slices.Collect(slices.Chunk(l.args, 2))
			slices.SortFunc(pairs, func(a, b []any) int { return bytes.Compare(a[0].([]byte), b[0].([]byte)) })
			l.args = slices.Concat(pairs...)
		}
		if err := db.Insert(w.tx, into, l.columns, l.args, ""); err != nil {
			return err
		}
	}
	clear(w.later)
	return nil
}

// intoTerm inserts words to search by.
const intoTerm = `INSERT INTO registry_term (term, institution_id)`

// create stores a new institution. The record must be cleaned and checked.
func (w *writer) create(id ID, r Record, source Source, reason string) (Institution, error) {
	in := Institution{ID: id, Version: 1, Record: r, Source: source, Created: w.now, Changed: w.now}
	in.Class = r.ClassOn(w.d.today(w.now), w.d.ranks, w.d.unlisted)
	content, mark, err := w.prepared(in)
	if err != nil {
		return in, err
	}
	name := r.NameOn(w.lang(), "")
	err = w.exec(`INSERT INTO registry_institution (id, version, name, sort_key, name_key, tax_id, lei, kind, sector, class, country, source,
		state, mark_id, content, created_at, changed_at) VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		string(id), name, []byte(i18n.Fold(name)), nameKey(name), r.TaxID, r.LEI, r.Kind, r.Sector.Code, in.Class, r.Country, string(source),
		w.state(r), int64(mark), content, w.now, w.now)
	if err != nil {
		return in, err
	}
	return in, w.derive(in, mark, content, "registry.create", reason, nil)
}

// replace stores what an institution became. It is Stale when was is no
// longer what is stored.
func (w *writer) replace(was Institution, r Record, verb, reason string) (Institution, error) {
	in := was
	in.Record, in.Version = r, was.Version+1
	if in.Changed = w.now; in.Changed.Before(was.Changed) {
		in.Changed = was.Changed // the clock went back: what is known stays in order
	}
	in.Class = r.ClassOn(w.d.today(w.now), w.d.ranks, w.d.unlisted)
	content, mark, err := w.prepared(in)
	if err != nil {
		return in, err
	}
	name := r.NameOn(w.lang(), "")
	n, err := w.tx.Exec(`UPDATE registry_institution SET version = ?, name = ?, sort_key = ?, name_key = ?, tax_id = ?, lei = ?, kind = ?,
		sector = ?, class = ?, country = ?, state = ?, mark_id = ?, content = ?, changed_at = ? WHERE id = ? AND version = ?`,
		in.Version, name, []byte(i18n.Fold(name)), nameKey(name), r.TaxID, r.LEI, r.Kind, r.Sector.Code, in.Class, r.Country,
		w.state(r), int64(mark), content, in.Changed, string(in.ID), was.Version)
	if err != nil {
		return in, err
	}
	if n != 1 {
		return in, fault.New(fault.Stale, "registry.stale")
	}
	if terms := termsOf(was); len(terms) > 0 {
		args := []any{string(in.ID)}
		for _, t := range terms {
			args = append(args, []byte(t))
		}
		if err := w.exec(`DELETE FROM registry_term WHERE institution_id = ? AND term IN `+db.In(len(terms)), args...); err != nil {
			return in, err
		}
	}
	for _, q := range []string{
		`DELETE FROM registry_holding WHERE institution_id = ?`,
		`DELETE FROM registry_service WHERE institution_id = ?`,
	} {
		if err := w.exec(q, string(in.ID)); err != nil {
			return in, err
		}
	}
	return in, w.derive(in, mark, content, verb, reason, Diff(was.Record, r))
}

func (w *writer) prepared(in Institution) (content string, mark access.MarkID, err error) {
	b, err := encode(in.Record)
	if err != nil {
		return "", 0, err
	}
	text := in.Mark.Text()
	mark, ok := w.marks[text]
	if !ok {
		if mark, err = w.d.Access.Mark(w.tx, in.Mark, w.now); err != nil {
			return "", 0, err
		}
		w.marks[text] = mark
	}
	return string(b), mark, nil
}

func (w *writer) lang() string {
	if len(w.d.Pack.Languages) > 0 {
		return w.d.Pack.Languages[0]
	}
	return "en"
}

func (w *writer) state(r Record) string {
	if r.Until != "" && r.Until < w.d.today(w.now) {
		return "ended"
	}
	return "active"
}

// derive writes the version, the rows for search, counting and attribution,
// and the audit record.
func (w *writer) derive(in Institution, mark access.MarkID, content, verb, reason string, changes []Change) error {
	id, rec := string(in.ID), in.Changed.UnixMicro()
	if err := w.add(`INSERT INTO registry_version (institution_id, version, rec_from, by_id, org, reason, mark_id, content)`, id, in.Version, rec, w.by.ID(), w.by.Institution, reason, int64(mark), content); err != nil {
		return err
	}
	if err := w.counts(in, mark, rec); err != nil {
		return err
	}
	if terms := termsOf(in); len(terms) > 0 {
		args := make([]any, 0, 2*len(terms))
		for _, t := range terms {
			args = append(args, []byte(t), id)
		}
		var err error
		if w.later == nil {
			err = db.Insert(w.tx, intoTerm, 2, args, "")
		} else {
			for pair := range slices.Chunk(args, 2) {
				err = errors.Join(err, w.add(intoTerm, pair...))
			}
		}
		if err != nil {
			return err
		}
	}
	hold := func(kind, value string, from, to Day, p Proof) error {
		return w.add(`INSERT INTO registry_holding (institution_id, kind, value, valid_from, valid_to, proof)`,
			id, kind, value, string(from), string(orEver(to)), string(p))
	}
	for _, n := range in.Networks {
		kind := kindNet
		if strings.HasPrefix(n.Value, "AS") {
			kind = kindASN
		}
		if err := hold(kind, n.Value, n.From, n.To, n.Proof); err != nil {
			return err
		}
	}
	for _, n := range in.Domains {
		if err := hold(kindDomain, n.Value, n.From, n.To, n.Proof); err != nil {
			return err
		}
	}
	for _, s := range in.Services {
		err := w.exec(`INSERT INTO registry_service (id, institution_id, name) VALUES (?, ?, ?)`, string(s.ID), id, s.Name.In(w.lang()))
		if db.IsUnique(err) {
			return fault.New(fault.Conflict, "registry.service-taken", string(s.ID))
		}
		if err != nil {
			return err
		}
	}
	if err := w.contacts(in); err != nil {
		return err
	}
	detail := map[string]any{"version": in.Version}
	if reason != "" {
		detail["reason"] = reason
	}
	if fields := changedFields(changes); len(fields) > 0 {
		detail["changed"] = fields
	}
	return w.d.Audit.Record(w.tx, w.by, audit.Entry{Verb: verb, Object: "institution", ObjectID: id, Mark: in.Mark.Text(), Detail: detail}, w.now)
}

// contacts keeps what is known of each address's mail as long as the address
// stays the same.
func (w *writer) contacts(in Institution) error {
	type row struct {
		id, key string
		at      db.NullTime
		text    string
	}
	var old []row
	if in.Version > 1 {
		var err error
		old, err = db.All(w.tx, func(s db.Scanner) (r row, err error) {
			err = s.Scan(&r.id, &r.key, &r.at, &r.text)
			return r, err
		}, `SELECT id, mail_key, bounced_at, bounce FROM registry_contact WHERE institution_id = ?`, string(in.ID))
		if err != nil {
			return err
		}
		if err := w.exec(`DELETE FROM registry_contact WHERE institution_id = ?`, string(in.ID)); err != nil {
			return err
		}
	}
	for _, c := range in.Contacts {
		r := row{id: c.ID, key: strings.ToLower(c.Mail)}
		for _, o := range old {
			if o.id == r.id && o.key == r.key {
				r = o
			}
		}
		if err := w.add(`INSERT INTO registry_contact (institution_id, id, mail_key, bounced_at, bounce)`,
			string(in.ID), r.id, r.key, r.at.Time, r.text); err != nil {
			return err
		}
	}
	return nil
}

func orEver(d Day) Day {
	if d == "" {
		return dayEver
	}
	return d
}

// maxTerms bounds the words one institution is found by.
const maxTerms = 200

// termsOf gives the folded words an institution is found by.
func termsOf(in Institution) []string {
	seen := map[string]bool{}
	var out []string
	add := func(t string) {
		if t != "" && len(t) <= 100 && !seen[t] {
			seen[t] = true
			out = append(out, t)
		}
	}
	for _, n := range in.Names {
		for _, t := range n.Text {
			for w := range strings.FieldsSeq(nameKey(t)) {
				add(w)
			}
		}
		for _, t := range n.Short {
			for w := range strings.FieldsSeq(nameKey(t)) {
				add(w)
			}
		}
	}
	add(strings.ToLower(in.TaxID))
	add(strings.ToLower(in.LEI))
	for _, n := range in.Domains {
		add(n.Value)
	}
	slices.Sort(out) // the same for the same record: replace deletes by it
	return out[:min(len(out), maxTerms)]
}

// changedFields gives the distinct first parts of the changed paths: the audit
// trail says what was changed, the versions say how.
func changedFields(changes []Change) []string {
	var out []string
	for _, c := range changes {
		f := c.Field
		if parts := strings.SplitN(f, "/", 3); len(parts) > 2 {
			f = parts[0] + "/" + parts[1]
		}
		if len(out) == 0 || out[len(out)-1] != f {
			out = append(out, f)
		}
		if len(out) == 50 {
			break
		}
	}
	return out
}
