package registry

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/audit"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
)

// Upload is a file of institutions: CSV, XLSX or the JSON of an export.
type Upload struct {
	Data []byte
	Seen string // Plan.Digest of the dry run that was looked at; "" does not compare
}

// Outcome says what a row does.
type Outcome string

// The outcomes of a row.
const (
	RowNew       Outcome = "new"
	RowChanged   Outcome = "changed"
	RowUnchanged Outcome = "unchanged"
	RowError     Outcome = "error"
)

// Problem is one thing wrong in a row: the column and what to do about it.
type Problem struct {
	Column string
	Key    string // message key
	Args   []any
}

// Row is what one row of an upload does or would do.
type Row struct {
	Line     int // in the file, from 1
	ID       ID  // of the institution; "" for a row in error that matches none
	Name     string
	Outcome  Outcome
	Changes  []Change // nil for RowNew
	Problems []Problem

	was    Institution
	record Record
}

// Plan is what an upload does or would do.
type Plan struct {
	Digest   string // of what it does: an import of the same file into the same register has the same
	Encoding string // what the file was read as
	Unknown  []string
	Rows     []Row
	New      int
	Changed  int
	Same     int
	Errors   int
	Done     bool // carried out
}

// Plan reads the upload and says what it would do, row by row, without
// changing anything. Progress, which may be nil, is told how many rows of how
// many are done.
func (d *Desk) Plan(ctx context.Context, by access.Actor, up Upload, progress func(done, total int), now time.Time) (Plan, error) {
	if err := access.May(by, "registry.import"); err != nil {
		return Plan{}, err
	}
	rows, p, err := d.readUpload(up.Data)
	if err != nil {
		return Plan{}, err
	}
	err = d.DB.Read(ctx, func(tx *db.Tx) error {
		p.Rows = p.Rows[:0]
		return d.plan(tx, by, rows, &p, progress, now)
	})
	return p, err
}

// Import carries the upload out: rows in error are passed over, all others
// are written, some hundred to a transaction. Broken off, it is run again:
// what is written already is then unchanged. A plan other than the one seen
// makes it Stale before anything is written.
func (d *Desk) Import(ctx context.Context, by access.Actor, up Upload, progress func(done, total int), now time.Time) (Plan, error) {
	p, err := d.Plan(ctx, by, up, nil, now)
	if err != nil {
		return p, err
	}
	if up.Seen != "" && up.Seen != p.Digest {
		return p, fault.New(fault.Stale, "registry.import.stale")
	}
	var todo []int
	for i, r := range p.Rows {
		if r.Outcome == RowNew || r.Outcome == RowChanged {
			todo = append(todo, i)
		}
	}
	done := 0
	for chunk := range slices.Chunk(todo, 500) {
		err := d.DB.Tx(ctx, func(tx *db.Tx) error {
			w := d.writer(tx, by, now)
			defer w.close()
			w.later = map[string]*rowsLater{}
			for _, i := range chunk {
				var err error
				if r := &p.Rows[i]; r.Outcome == RowNew {
					_, err = w.create(r.ID, r.record, SourceImport, "import")
				} else {
					_, err = w.replace(r.was, r.record, "registry.change", "import")
				}
				if err != nil {
					return fmt.Errorf("line %d: %w", p.Rows[i].Line, err)
				}
			}
			if err := w.flush(); err != nil {
				return err
			}
			return d.Audit.Record(tx, by, audit.Entry{Verb: "registry.import", Object: "upload", ObjectID: p.Digest[:32],
				Detail: map[string]any{"rows": len(chunk), "done": done + len(chunk), "of": len(todo)}}, now)
		})
		if err != nil {
			return p, err
		}
		if done += len(chunk); progress != nil {
			progress(done, len(todo))
		}
	}
	p.Done = true
	return p, nil
}

// rowIn is one row before it is compared: cells by column, or a whole record.
type rowIn struct {
	line  int
	id    string
	cells map[string]string
	whole *Record
	bad   []Problem
}

// readUpload gives the rows of any of the formats.
func (d *Desk) readUpload(data []byte) ([]rowIn, Plan, error) {
	if t := bytes.TrimLeft(bytes.TrimPrefix(data[:min(len(data), 200)], []byte("\xef\xbb\xbf")), " \r\n\t"); len(t) > 0 && (t[0] == '{' || t[0] == '[') {
		return d.readJSON(data)
	}
	s, err := readSheet(data)
	if err != nil {
		return nil, Plan{}, err
	}
	p := Plan{Encoding: s.encoding}
	langs := slices.Clone(d.Pack.Languages)
	for _, h := range s.header {
		if l, ok := strings.CutPrefix(h, "name:"); ok && !slices.Contains(langs, l) && l != "" {
			langs = append(langs, l)
		}
	}
	known := map[string]bool{"id": true, "version": true}
	for _, c := range columnsOf(langs) {
		known[c.name] = true
	}
	named := false
	for i, h := range s.header {
		if !known[h] {
			p.Unknown = append(p.Unknown, s.where(i))
		}
		named = named || strings.HasPrefix(h, "name:") || h == "id" || h == "tax_id"
	}
	if !named {
		return nil, p, badFile("registry.import.no-name", "name:"+langs[0])
	}
	var out []rowIn
	for n, row := range s.rows {
		in := rowIn{line: s.lines[n], cells: map[string]string{}}
		for i, v := range row {
			switch {
			case len(v) > maxCell:
				in.bad = append(in.bad, Problem{s.where(i), "registry.import.cell-long", []any{maxCell}})
				continue
			case i >= len(s.header) || !known[s.header[i]]:
				continue
			case s.header[i] == "id":
				in.id = v
			case s.header[i] != "version":
				in.cells[s.header[i]] = v
			}
		}
		out = append(out, in)
	}
	return out, p, nil
}

// document is the JSON of an export.
type document struct {
	Kulla        string `json:"kulla"` // "registry 1"
	Institutions []struct {
		ID ID `json:"id"`
		Record
	} `json:"institutions"`
}

func (d *Desk) readJSON(data []byte) ([]rowIn, Plan, error) {
	if len(data) > maxUpload {
		return nil, Plan{}, badFile("registry.import.large", maxUpload>>20)
	}
	var doc document
	dec := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&doc); err != nil {
		if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return nil, Plan{}, badFile("registry.import.json-field", short(e.Field))
		}
		return nil, Plan{}, badFile("registry.import.json", short(err.Error()))
	}
	var out []rowIn
	for i := range doc.Institutions {
		out = append(out, rowIn{line: i + 1, id: string(doc.Institutions[i].ID), whole: &doc.Institutions[i].Record})
	}
	if len(out) == 0 {
		return nil, Plan{}, badFile("registry.import.empty")
	}
	return out, Plan{Encoding: "JSON"}, nil
}

// finder finds the institution a row means among those the actor may import
// into.
type finder struct {
	ids  map[ID]bool
	tax  map[string][]ID
	name map[string][]ID
}

func (d *Desk) finder(tx *db.Tx, by access.Actor) (*finder, error) {
	where, err := d.Access.Filter(tx, by, "registry.import")
	if err != nil {
		return nil, err
	}
	cond, args := where.SQL("i.mark_id", "i.id")
	rows, err := tx.Query(`SELECT i.id, i.tax_id, i.name_key FROM registry_institution i WHERE `+cond, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	f := &finder{map[ID]bool{}, map[string][]ID{}, map[string][]ID{}}
	for rows.Next() {
		var id ID
		var tax, name string
		if err := rows.Scan(&id, &tax, &name); err != nil {
			return nil, err
		}
		f.ids[id] = true
		if tax != "" {
			f.tax[tax] = append(f.tax[tax], id)
		}
		f.name[name] = append(f.name[name], id)
	}
	return f, rows.Err()
}

// find gives the institution a row means, "" for a new one, and the problem
// when it could mean several.
func (f *finder) find(in rowIn, langs []string) (ID, *Problem) {
	if in.id != "" {
		if !ValidID(in.id) {
			return "", &Problem{"id", "registry.check.id", nil}
		}
		return ID(in.id), nil
	}
	tax, names := taxID(in.cells["tax_id"]), []string{}
	if in.whole != nil {
		tax = taxID(in.whole.TaxID)
		names = append(names, in.whole.NameOn(langs[0], ""))
	}
	if tax != "" {
		switch ids := f.tax[tax]; len(ids) {
		case 0: // a number nobody has: the name may still be known, without a number
		case 1:
			return ids[0], nil
		default:
			return "", &Problem{"tax_id", "registry.import.several", []any{len(ids)}}
		}
	}
	for _, l := range langs {
		names = append(names, in.cells["name:"+l])
	}
	for _, n := range names {
		k := nameKey(n)
		if k == "" {
			continue
		}
		switch ids := f.name[k]; len(ids) {
		case 0:
		case 1:
			return ids[0], nil
		default:
			return "", &Problem{"name:" + langs[0], "registry.import.several", []any{len(ids)}}
		}
	}
	return "", nil
}

func (d *Desk) plan(tx *db.Tx, by access.Actor, rows []rowIn, p *Plan, progress func(done, total int), now time.Time) error {
	f, err := d.finder(tx, by)
	if err != nil {
		return err
	}
	langs := d.Pack.Languages
	if len(langs) == 0 {
		langs = []string{"en"}
	}
	all := slices.Clone(langs)
	for _, in := range rows {
		for c := range in.cells {
			if l, ok := strings.CutPrefix(c, "name:"); ok && !slices.Contains(all, l) {
				all = append(all, l)
			}
		}
	}
	slices.Sort(all[len(langs):])
	columns := columnsOf(all)
	seen := map[string]int{}
	h := sha256.New()
	for begin := 0; begin < len(rows); begin += 500 {
		part := rows[begin:min(begin+500, len(rows))]
		ids := make([]ID, len(part))
		probs := make([]*Problem, len(part))
		var load []any
		for i, in := range part {
			if ids[i], probs[i] = f.find(in, langs); f.ids[ids[i]] {
				load = append(load, string(ids[i]))
			}
		}
		have := map[ID]Institution{}
		found, err := db.All(tx, scanInstitution, `SELECT `+institutionColumns+` FROM registry_institution i WHERE i.id IN `+db.In(len(load)), load...)
		if err != nil {
			return err
		}
		for _, in := range found {
			have[in.ID] = in
		}
		for i, in := range part {
			was, known := have[ids[i]]
			row := d.row(in, ids[i], was, known, columns, now)
			if probs[i] != nil {
				row.Problems = append(row.Problems, *probs[i])
			}
			keys := []string{"id " + string(row.ID), "tax " + row.record.TaxID}
			if row.ID == "" {
				keys[0] = "name " + nameKey(row.Name)
			}
			for n, k := range keys {
				if strings.HasSuffix(k, " ") {
					continue
				}
				if first, twice := seen[k]; twice {
					row.Problems = append(row.Problems, Problem{[]string{"id", "tax_id"}[n], "registry.import.row-twice", []any{first}})
				} else {
					seen[k] = row.Line
				}
			}
			if err := servicesTaken(tx, &row, seen); err != nil {
				return err
			}
			d.settle(&row, known, p, now)
			fmt.Fprintf(h, "%s\x00%s\x00%v\x00%v\x00", row.Outcome, row.Name, row.Changes, row.Problems)
			p.Rows = append(p.Rows, row)
		}
		if progress != nil {
			progress(len(p.Rows), len(rows))
		}
	}
	p.Digest = hex.EncodeToString(h.Sum(nil))
	return nil
}

// servicesTaken notes services whose id another institution has, here or in
// the file.
func servicesTaken(tx *db.Tx, row *Row, seen map[string]int) error {
	for i, s := range row.record.Services {
		if slices.ContainsFunc(row.was.Services, func(x Service) bool { return x.ID == s.ID }) {
			continue
		}
		n, err := db.Count(tx, `SELECT COUNT(*) FROM registry_service s WHERE s.id = ? AND s.institution_id <> ?`, string(s.ID), string(row.ID))
		if err != nil {
			return err
		}
		if _, twice := seen["service "+string(s.ID)]; twice || n > 0 {
			row.Problems = append(row.Problems, Problem{path("services", i), "registry.service-taken", []any{string(s.ID)}})
		}
		seen["service "+string(s.ID)] = row.Line
	}
	return nil
}

// settle decides what a row does and counts it.
func (d *Desk) settle(row *Row, known bool, p *Plan, now time.Time) {
	switch {
	case len(row.Problems) > 0:
		row.Outcome = RowError
		p.Errors++
	case !known:
		row.Outcome = RowNew
		if row.ID == "" {
			row.ID = ID(db.NewID(now))
		}
		p.New++
	case len(row.Changes) == 0:
		row.Outcome = RowUnchanged
		p.Same++
	default:
		row.Outcome = RowChanged
		p.Changed++
	}
}

// row applies a row to what is known and says what comes of it.
func (d *Desk) row(in rowIn, id ID, was Institution, known bool, columns []column, now time.Time) Row {
	row := Row{Line: in.line, ID: id, Problems: in.bad, was: was}
	r := was.Record
	if in.whole != nil {
		r = *in.whole
	} else {
		for _, c := range columns {
			v, given := in.cells[c.name]
			if !given || c.set == nil || known && v == c.get(was.Record) {
				continue
			}
			if key := c.set(&r, v); key != "" {
				row.Problems = append(row.Problems, Problem{c.name, key, []any{short(v)}})
			}
		}
		if col, key := setClass(&r, in.cells, d.today(now)); key != "" {
			row.Problems = append(row.Problems, Problem{col, key, []any{short(in.cells[col])}})
		}
	}
	n, key := 0, string(id)+"\x00"+taxID(r.TaxID)+"\x00"+r.NameOn("", "")
	r, broken := d.prepare(r, id, func() string { // the same for the same row, so that an import run twice changes nothing
		n++
		sum := sha256.Sum256([]byte(fmt.Sprintf("%s\x00%d", key, n)))
		return hex.EncodeToString(sum[:12])
	})
	for _, f := range broken {
		row.Problems = append(row.Problems, Problem{columnOf(f.Name, in), f.Key, f.Args})
	}
	row.record, row.Name = r, r.NameOn(firstOf(d.Pack.Languages), "")
	if known && !same(was.Record, r) {
		row.Changes = Diff(was.Record, r)
	}
	return row
}

func firstOf(s []string) string {
	if len(s) == 0 {
		return ""
	}
	return s[0]
}

// columnOf gives the column a broken field of a record came from.
func columnOf(field string, in rowIn) string {
	if in.whole != nil {
		return field
	}
	first, _, _ := strings.Cut(field, ".")
	switch first {
	case "names":
		for c := range in.cells {
			if strings.HasPrefix(c, "name:") {
				return "name:" + strings.TrimPrefix(field[strings.LastIndexByte(field, '.')+1:], "names")
			}
		}
		return "name"
	case "infrastructures":
		if strings.HasSuffix(field, ".from") {
			return colClassFrom
		}
		return colClass
	case "attributes":
		return "annual_turnover"
	case "contacts":
		for _, part := range []string{"mail", "phone"} {
			if strings.HasSuffix(field, part) {
				return "contact_" + part
			}
		}
		return "contact_name"
	}
	return first
}
