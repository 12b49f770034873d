package registry

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/xuri/excelize/v2"

	"kulla.dev/internal/access"
	"kulla.dev/internal/audit"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/marking"
)

// Format is what an export is written as.
type Format string

// The formats. CSV and XLSX hold one row for each institution with what fits
// into a row; JSON holds everything.
const (
	CSV  Format = "csv"
	XLSX Format = "xlsx"
	JSON Format = "json"
)

// Exported says what left the register.
type Exported struct {
	Count int
	Mark  marking.Marking // the combination of all that is in it
}

// Export writes the institutions a query finds, as far as the actor may
// export them, and records that they left. Imported again it changes nothing.
// Nothing is written when the record of the export cannot be stored.
func (d *Desk) Export(ctx context.Context, by access.Actor, q Query, f Format, out io.Writer, now time.Time) (Exported, error) {
	if err := access.May(by, "registry.export"); err != nil {
		return Exported{}, err
	}
	if f != CSV && f != XLSX && f != JSON {
		var bad fault.Fields
		bad.Add("format", "fault.field.choice")
		return Exported{}, bad.Err()
	}
	var all []Institution
	done := Exported{Mark: marking.Public()}
	err := d.DB.Read(ctx, func(tx *db.Tx) error {
		cond, args, err := d.whereMay(tx, by, "registry.export", q)
		if err != nil {
			return err
		}
		all, err = db.All(tx, scanInstitution, `SELECT `+institutionColumns+` FROM registry_institution i WHERE `+cond+` ORDER BY i.sort_key, i.id`, args...)
		return err
	})
	if err != nil {
		return done, err
	}
	for _, in := range all {
		if !done.Mark.Dominates(in.Mark) {
			done.Mark = marking.Combine(done.Mark, in.Mark)
		}
	}
	done.Count = len(all)
	var buf bytes.Buffer
	switch f {
	case CSV:
		err = d.writeCSV(&buf, all)
	case XLSX:
		err = d.writeXLSX(&buf, all)
	case JSON:
		err = writeJSON(&buf, all)
	}
	if err != nil {
		return done, err
	}
	err = d.DB.Tx(ctx, func(tx *db.Tx) error {
		return d.Audit.Record(tx, by, audit.Entry{Verb: "registry.export", Object: "institution", ObjectID: "", Mark: done.Mark.Text(),
			Detail: map[string]any{"format": string(f), "count": done.Count, "text": q.Text, "sector": q.Sector, "class": q.Class}}, now)
	})
	if err != nil {
		return done, err
	}
	if _, err = out.Write(buf.Bytes()); err != nil {
		return done, fmt.Errorf("write export: %w", err)
	}
	return done, nil
}

// sheetColumns are those of every language any name is in.
func (d *Desk) sheetColumns(all []Institution) []column {
	langs, seen := append([]string(nil), d.Pack.Languages...), map[string]bool{}
	for _, l := range langs {
		seen[l] = true
	}
	for _, in := range all {
		for _, l := range in.Languages() {
			if !seen[l] {
				seen[l] = true
				langs = append(langs, l)
			}
		}
	}
	return columnsOf(langs)
}

func (d *Desk) writeCSV(out io.Writer, all []Institution) error {
	columns := d.sheetColumns(all)
	if _, err := io.WriteString(out, "\ufeff"); err != nil { // spreadsheets then know that it is UTF-8
		return err
	}
	w := csv.NewWriter(out)
	w.UseCRLF = true
	row := []string{"id"}
	for _, c := range columns {
		row = append(row, c.name)
	}
	if err := w.Write(row); err != nil {
		return err
	}
	for _, in := range all {
		row = append(row[:0], string(in.ID))
		for _, c := range columns {
			row = append(row, neutral(c.get(in.Record)))
		}
		if err := w.Write(row); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// writeXLSX writes every cell as a text: a spreadsheet computes none of them.
func (d *Desk) writeXLSX(out io.Writer, all []Institution) error {
	columns := d.sheetColumns(all)
	f := excelize.NewFile()
	defer f.Close()
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		return fmt.Errorf("sheet: %w", err)
	}
	row := []any{"id"}
	for _, c := range columns {
		row = append(row, c.name)
	}
	for n := range len(all) + 1 {
		if n > 0 {
			row = append(row[:0], string(all[n-1].ID))
			for _, c := range columns {
				row = append(row, neutral(c.get(all[n-1].Record)))
			}
		}
		at, err := excelize.CoordinatesToCellName(1, n+1)
		if err != nil {
			return fmt.Errorf("sheet: %w", err)
		}
		if err := w.SetRow(at, row); err != nil {
			return fmt.Errorf("sheet: %w", err)
		}
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("sheet: %w", err)
	}
	if err := f.Write(out); err != nil {
		return fmt.Errorf("sheet: %w", err)
	}
	return nil
}

func writeJSON(out io.Writer, all []Institution) error {
	var doc document
	doc.Kulla = "registry 1"
	for _, in := range all {
		doc.Institutions = append(doc.Institutions, struct {
			ID ID `json:"id"`
			Record
		}{in.ID, in.Record})
	}
	e := json.NewEncoder(out)
	e.SetIndent("", " ")
	return e.Encode(doc)
}
