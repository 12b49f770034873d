package incident

import (
	"context"
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"kulla.dev/internal/access"
	"kulla.dev/internal/audit"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/marking"
)

// Format is a form an export has.
type Format string

// The formats of an export.
const (
	CSV  Format = "csv"
	JSON Format = "json"
)

// exported is one incident in an export, in the order of its columns.
type exported struct {
	name string
	of   func(listRow) string
}

func exportColumns() []exported {
	stamp := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.RFC3339)
	}
	return []exported{
		{"number", func(r listRow) string { return r.Number }},
		{"kind", func(r listRow) string { return string(r.Kind) }},
		{"institution", func(r listRow) string { return r.Name }},
		{"title", func(r listRow) string { return r.Title }},
		{"sector", func(r listRow) string { return r.Sector }},
		{"class", func(r listRow) string { return r.Class }},
		{"unit", func(r listRow) string { return string(r.Unit) }},
		{"status", func(r listRow) string { return string(r.Status) }},
		{"severity", func(r listRow) string { return r.Band }},
		{"reported", func(r listRow) string { return stamp(r.Reported) }},
		{"next_due", func(r listRow) string { return stamp(r.Due) }},
		{"next_stage", func(r listRow) string { return strings.TrimPrefix(r.Stage, "duty:") }},
		{"next_regime", func(r listRow) string { return r.Regime }},
		{"next_by_authority", func(r listRow) string { return strconv.FormatBool(r.Own) }},
		{"overdue_since", func(r listRow) string { return stamp(r.Overdue) }},
		{"open_clocks", func(r listRow) string { return strconv.Itoa(r.Open) }},
		{"exercise", func(r listRow) string { return strconv.FormatBool(r.Exercise) }},
	}
}

// Export writes the incidents of a query that the actor may take out, as CSV
// or as a JSON list, and gives their number and their combined marking: the
// banner the file has to carry. Nothing of what one may not read is in it.
func (d *Desk) Export(ctx context.Context, by access.Actor, q Query, format Format, w io.Writer, now time.Time) (n int, mark marking.Marking, err error) {
	if err := access.May(by, "incident.export"); err != nil {
		return 0, mark, err
	}
	if format != CSV && format != JSON {
		var f fault.Fields
		f.Add("format", "incident.field.unknown", string(format))
		return 0, mark, f.Err()
	}
	out := newTable(w, format, exportColumns())
	var marks []marking.Marking
	seen := map[int64]bool{}
	err = d.DB.Read(ctx, func(tx *db.Tx) error {
		q.Limit, q.After = 1000, ""
		for {
			rows, err := d.list(tx, by, "incident.export", q, now)
			if err != nil {
				return err
			}
			more := len(rows) > q.Limit
			if more {
				rows = rows[:q.Limit]
			}
			ids := make([]any, len(rows))
			for i, r := range rows {
				ids[i] = string(r.ID)
				if err := out.row(r); err != nil {
					return err
				}
			}
			n += len(rows)
			found, err := db.All(tx, db.Scalar[int64], `SELECT DISTINCT mark_id FROM incident_incident WHERE id IN `+db.In(len(ids)), ids...)
			if err != nil {
				return err
			}
			for _, id := range found {
				if !seen[id] {
					seen[id] = true
					m, err := d.Access.MarkOf(tx, access.MarkID(id))
					if err != nil {
						return err
					}
					marks = append(marks, m)
				}
			}
			if !more {
				return nil
			}
			q.After = q.cursor(rows[len(rows)-1])
		}
	})
	if err != nil {
		return n, mark, err
	}
	if err := out.end(); err != nil {
		return n, mark, err
	}
	mark = marking.Combine(marks...)
	err = d.DB.Tx(ctx, func(tx *db.Tx) error {
		return d.Audit.Record(tx, by, audit.Entry{Verb: "incident.export", Object: "export", ObjectID: db.NewID(now), Mark: mark.Text(),
			Detail: map[string]any{"rows": n, "format": string(format)}}, now)
	})
	return n, mark, err
}

// table writes rows as CSV or JSON.
type table struct {
	columns []exported
	csv     *csv.Writer
	json    *jsontext.Encoder
}

func newTable(w io.Writer, format Format, columns []exported) *table {
	t := &table{columns: columns}
	if format == JSON {
		t.json = jsontext.NewEncoder(w)
		return t
	}
	t.csv = csv.NewWriter(w)
	head := make([]string, len(columns))
	for i, c := range columns {
		head[i] = c.name
	}
	_ = t.csv.Write(head) // kept by the writer and given by Flush
	return t
}

func (t *table) row(r listRow) error {
	if t.csv != nil {
		cells := make([]string, len(t.columns))
		for i, c := range t.columns {
			cells[i] = harmless(c.of(r))
		}
		return t.csv.Write(cells)
	}
	if t.json.StackDepth() == 0 {
		if err := t.json.WriteToken(jsontext.BeginArray); err != nil {
			return err
		}
	}
	if err := t.json.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	for _, c := range t.columns {
		if err := t.json.WriteToken(jsontext.String(c.name)); err != nil {
			return err
		}
		if err := t.json.WriteToken(jsontext.String(c.of(r))); err != nil {
			return err
		}
	}
	return t.json.WriteToken(jsontext.EndObject)
}

func (t *table) end() error {
	if t.csv != nil {
		t.csv.Flush()
		return t.csv.Error()
	}
	if t.json.StackDepth() == 0 {
		if err := t.json.WriteToken(jsontext.BeginArray); err != nil {
			return err
		}
	}
	return t.json.WriteToken(jsontext.EndArray)
}

// harmless keeps a spreadsheet from taking a text for a formula.
func harmless(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

// WriteSheets writes statistical sheets as CSV, one below the other, each with
// its definition and completeness.
func WriteSheets(w io.Writer, sheets []Sheet) error {
	c := csv.NewWriter(w)
	for i, s := range sheets {
		if i > 0 {
			_ = c.Write([]string{""})
		}
		_ = c.Write([]string{harmless(s.Title)})
		_ = c.Write([]string{harmless(s.Note)})
		_ = c.Write([]string{strconv.Itoa(s.Known), strconv.Itoa(s.Of)})
		_ = c.Write(s.Columns)
		for _, r := range s.Rows {
			r[0] = harmless(r[0])
			_ = c.Write(r)
		}
	}
	c.Flush()
	return c.Error()
}
