package incident

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/xuri/excelize/v2"
	"golang.org/x/mod/sumdb/note"

	"kulla.dev/internal/country"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/i18n"
	"kulla.dev/internal/regime"
)

// Limits of a form that comes as a file.
const (
	maxFormFile = 4 << 20  // bytes as sent
	maxUnzipped = 32 << 20 // of a workbook, against archives that swell
	formSheet   = "Kulla"
	formVersion = "kulla report form 1"
)

// ReadJSON reads a report from a file: one JSON object with the members of
// Draft, plain, or as the text of a signed note when the institution signs its
// forms. Unknown and repeated members are refused. by names the key that
// signed, "" for a plain form; a signature nobody in known vouches for is
// refused.
func ReadJSON(r io.Reader, known note.Verifiers) (in Draft, by string, err error) {
	data, err := io.ReadAll(io.LimitReader(r, maxFormFile+1))
	if err != nil {
		return in, "", fault.New(fault.Invalid, "incident.form.broken").Because(err)
	}
	if len(data) > maxFormFile {
		return in, "", fault.New(fault.Invalid, "incident.form.too-big", maxFormFile>>20)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if bytes.Contains(data, []byte("\n\n— ")) {
		if known == nil {
			return in, "", fault.New(fault.Invalid, "incident.form.signature")
		}
		n, err := note.Open(data, known)
		if err != nil {
			return in, "", fault.New(fault.Invalid, "incident.form.signature").Because(err)
		}
		data, by = []byte(n.Text), n.Sigs[0].Name
	}
	if err := json.Unmarshal(data, &in, words(), json.RejectUnknownMembers(true)); err != nil {
		where := "form"
		if e, ok := errors.AsType[*json.SemanticError](err); ok && e.JSONPointer != "" {
			where = strings.ReplaceAll(strings.TrimPrefix(string(e.JSONPointer), "/"), "/", ".")
		}
		var f fault.Fields
		f.Add(where, "incident.form.json")
		out := f.Err().(*fault.Error)
		return Draft{}, "", out.Because(err)
	}
	return in, by, nil
}

// formRow is one question of the form as a sheet: where its answer goes.
type formRow struct {
	id, title, why, kind string
	options              []string
}

// formRows lists the questions of the form: the report's own members, then
// every field of the pack that a stage of the kinds asks for.
func (d *Desk) formRows(lang string) []formRow {
	l := i18n.Lang(lang)
	rows := []formRow{
		{"title", l.T("incident.form.title"), l.T("incident.form.title-why"), "text", nil},
		{"institution", l.T("incident.form.institution"), l.T("incident.form.institution-why"), "text", nil},
		{"victim.name", l.T("incident.form.victim"), l.T("incident.form.victim-why"), "text", nil},
		{"victim.contact", l.T("incident.form.victim-contact"), "", "text", nil},
		{"kind", l.T("incident.form.kind"), "", "choice", []string{string(regime.Significant), string(regime.Voluntary), string(regime.NearMiss), string(regime.Threat)}},
		{"late_reason", l.T("incident.form.late-reason"), "", "longtext", nil},
		{"tlp", l.T("incident.form.tlp"), "", "choice", []string{"TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED"}},
	}
	for _, f := range d.Pack.Fields {
		if f.Type == "files" {
			continue
		}
		row := formRow{"values." + f.ID, f.Title.In(lang), f.Why.In(lang), f.Type, nil}
		if f.Unit != "" {
			row.title += " (" + f.Unit + ")"
		}
		switch f.Type {
		case "yes_no_unknown":
			row.options = []string{"yes", "no", "unknown"}
		case "choice":
			for _, o := range f.Options {
				row.options = append(row.options, o.ID)
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// WriteForm writes the form as a workbook to fill in without the desk:
// one row for each question, the answer in column D.
func (d *Desk) WriteForm(w io.Writer, lang i18n.Lang) error {
	x := excelize.NewFile()
	defer x.Close()
	if err := x.SetSheetName("Sheet1", formSheet); err != nil {
		return err
	}
	head := []any{formVersion, lang.T("incident.form.question"), lang.T("incident.form.why"), lang.T("incident.form.answer"), lang.T("incident.form.how")}
	if err := x.SetSheetRow(formSheet, "A1", &head); err != nil {
		return err
	}
	for i, r := range d.formRows(string(lang)) {
		n := i + 2
		how := ""
		switch {
		case r.kind == "datetime":
			how = lang.T("incident.form.how-time")
		case r.kind == "choices":
			how = lang.T("incident.form.how-list")
		case len(r.options) > 0:
			how = strings.Join(r.options, " | ")
			v := excelize.NewDataValidation(true)
			v.Sqref = fmt.Sprintf("D%d", n)
			if err := v.SetDropList(r.options); err == nil {
				if err := x.AddDataValidation(formSheet, v); err != nil {
					return err
				}
			}
		}
		cells := []any{r.id, r.title, r.why, "", how}
		if err := x.SetSheetRow(formSheet, fmt.Sprintf("A%d", n), &cells); err != nil {
			return err
		}
	}
	for col, width := range map[string]float64{"A": 24, "B": 40, "C": 50, "D": 50, "E": 30} {
		if err := x.SetColWidth(formSheet, col, col, width); err != nil {
			return err
		}
	}
	_, err := x.WriteTo(w)
	return err
}

// ReadForm reads a filled workbook into a draft. Every cell that cannot be
// read is named at once; a formula is refused, since what it shows may change.
func (d *Desk) ReadForm(r io.Reader) (Draft, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxFormFile+1))
	if err != nil {
		return Draft{}, fault.New(fault.Invalid, "incident.form.broken").Because(err)
	}
	if len(data) > maxFormFile {
		return Draft{}, fault.New(fault.Invalid, "incident.form.too-big", maxFormFile>>20)
	}
	if err := smallBook(data); err != nil {
		return Draft{}, fault.New(fault.Invalid, "incident.form.broken").Because(err)
	}
	x, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{UnzipSizeLimit: maxUnzipped, UnzipXMLSizeLimit: maxUnzipped})
	if err != nil {
		return Draft{}, fault.New(fault.Invalid, "incident.form.broken").Because(err)
	}
	defer x.Close()
	if mark, err := x.GetCellValue(formSheet, "A1"); err != nil || mark != formVersion {
		return Draft{}, fault.New(fault.Invalid, "incident.form.other").Because(err)
	}
	rows, err := x.GetRows(formSheet, excelize.Options{RawCellValue: false})
	if err != nil || len(rows) > 1000 {
		return Draft{}, fault.New(fault.Invalid, "incident.form.broken").Because(err)
	}
	known := map[string]formRow{}
	for _, k := range d.formRows("en") {
		known[k.id] = k
	}
	in := Draft{Channel: "file", Values: map[string]Stated{}}
	var f fault.Fields
	seen := map[string]bool{}
	for i, cells := range rows[1:] {
		if len(cells) < 4 || strings.TrimSpace(cells[3]) == "" {
			continue
		}
		id, at := strings.TrimSpace(cells[0]), fmt.Sprintf("D%d", i+2)
		k, ok := known[id]
		formula, _ := x.GetCellFormula(formSheet, at)
		switch {
		case formula != "":
			f.Add(at, "incident.form.formula")
		case !ok || seen[id]:
			f.Add(fmt.Sprintf("A%d", i+2), "incident.field.unknown", id)
		default:
			d.answer(&f, &in, k, at, clean(cells[3]))
		}
		seen[id] = true
	}
	return in, f.Err()
}

// answer puts one cell into the draft.
func (d *Desk) answer(f *fault.Fields, in *Draft, k formRow, at, text string) {
	switch k.id {
	case "title":
		in.Title = text
		return
	case "institution":
		in.Institution = text
		return
	case "victim.name":
		in.Victim.Name = text
		return
	case "victim.contact":
		in.Victim.Contact = text
		return
	case "kind":
		in.Kind = regime.ReportKind(text)
		return
	case "late_reason":
		in.LateReason = text
		return
	case "tlp":
		if err := json.Unmarshal([]byte(strconv.Quote(text)), &in.TLP, words()); err != nil {
			f.Add(at, "marking.tlp.unknown", text)
		}
		return
	}
	name := strings.TrimPrefix(k.id, "values.")
	field, _ := d.Pack.Field(name)
	v := Stated{}
	switch k.kind {
	case "yes_no_unknown":
		switch strings.ToLower(text) {
		case "yes", "po":
			v.Is = regime.Yes
		case "no", "jo":
			v.Is = regime.No
		case "unknown", "?":
		default:
			f.Add(at, "incident.form.yes-no", text)
		}
	case "number", "money", "duration":
		n, ok := parseAmount(text)
		if !ok {
			f.Add(at, "incident.field.number")
			return
		}
		v.Number = &n
	case "datetime":
		m, ok := d.parseMoment(text)
		if !ok {
			f.Add(at, "incident.form.time", text)
			return
		}
		v.At = m
	case "choices":
		for part := range strings.SplitSeq(text, ";") {
			if part = clean(part); part != "" {
				v.List = append(v.List, optionID(field, part))
			}
		}
	case "choice":
		v.Text = optionID(field, text)
	case "taxon":
		if t, ok := d.baseTaxonomy(); ok {
			in.Codes = append(in.Codes, Code{Scheme: t.ID, Version: t.Version, Code: text})
		}
	default:
		v.Text = text
	}
	in.Values[name] = v
}

// optionID gives the id of an option named by id or by its title in any
// language; what matches nothing stays, and is refused by the checks.
func optionID(f country.Field, text string) string {
	i := slices.IndexFunc(f.Options, func(t country.Term) bool {
		for _, title := range t.Title {
			if strings.EqualFold(title, text) {
				return true
			}
		}
		return strings.EqualFold(t.ID, text)
	})
	if i < 0 {
		return text
	}
	return f.Options[i].ID
}

// parseAmount reads a number written plainly: "1200" or "1200.5". Grouped or
// comma-separated numbers read differently in different countries, so that
// they are refused rather than guessed.
func parseAmount(text string) (float64, bool) {
	if text == "" || strings.Trim(text, "0123456789.") != "" || strings.Count(text, ".") > 1 {
		return 0, false
	}
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil
}

// parseMoment reads "2026-03-27 22:30", "2026-03-27" or "2026-03" in the
// authority's zone; "unknown" is an answer. Other orders of day and month are
// ambiguous and refused.
func (d *Desk) parseMoment(text string) (Moment, bool) {
	if strings.EqualFold(text, "unknown") || text == "?" {
		return Moment{Precision: Unknown}, true
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return Moment{t.UTC(), Minute}, true
	}
	for _, l := range []struct {
		layout string
		p      Precision
	}{{"2006-01-02 15:04", Minute}, {"2006-01-02 15:04:05", Minute}, {"2006-01-02", Day}, {"2006-01", Month}} {
		if t, err := time.ParseInLocation(l.layout, text, d.Pack.Location); err == nil {
			return Moment{t.UTC(), l.p}, true
		}
	}
	return Moment{}, false
}
