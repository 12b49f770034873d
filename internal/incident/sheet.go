package incident

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"kulla.dev/internal/access"
	"kulla.dev/internal/i18n"
	"kulla.dev/internal/regime"
)

// Sheets makes the statistical returns of a period as known at the cut-off:
//
//   - summary: the three-monthly summary of NIS2 article 23(9), by sector:
//     significant incidents, other incidents, threats, near misses
//   - type: incidents by class of the base taxonomy, in the manner of CIRAS
//   - severity: incidents by national severity
//   - class: incidents by class of infrastructure
//
// Each sheet carries its definition, counts what nobody classified in a row of
// its own, adds up to the same total, and says for how many incidents the
// dimension is known. No sheet names an institution or a person.
func (d *Desk) Sheets(ctx context.Context, by access.Actor, sl Slice, lang i18n.Lang) ([]Sheet, error) {
	rows, err := d.summaries(ctx, by, sl)
	if err != nil {
		return nil, err
	}
	l := string(lang)
	unknown := lang.T("incident.sheet.unknown")
	other := lang.T("incident.sheet.other")

	sector := d.table(rows, lang, "summary", func(r summary) string { return d.sectorOf(r.sector) }, unknown)
	for _, s := range d.Pack.Sectors {
		if s.Parent == "" {
			sector.add(s.ID, s.Title.In(l))
		}
	}

	kinds := d.table(rows, lang, "type", func(r summary) string { c, _, _ := strings.Cut(r.base, "/"); return c }, unknown)
	if t, ok := d.baseTaxonomy(); ok {
		for _, g := range t.Groups {
			kinds.add(g.ID, g.Title.In(l))
		}
	}

	severity := d.table(rows, lang, "severity", func(r summary) string { return r.band }, unknown)
	bands := slices.Clone(d.Pack.Severity.Bands)
	for _, b := range bands {
		severity.add(b.ID, b.Title.In(l))
	}

	class := d.table(rows, lang, "class", func(r summary) string { return r.class }, unknown)
	for _, c := range d.Pack.Classes {
		class.add(c.ID, c.Title.In(l))
	}

	out := make([]Sheet, 0, 4)
	for _, t := range []*sheetTable{sector, kinds, severity, class} {
		out = append(out, t.sheet(other))
	}
	return out, nil
}

// sheetTable is one dimension against the kinds of report.
type sheetTable struct {
	lang    i18n.Lang
	id      string
	cells   map[string][4]int // significant, other incidents, threats, near misses
	order   []string
	titles  map[string]string
	unknown string
}

func (d *Desk) table(rows []summary, lang i18n.Lang, id string, key func(summary) string, unknown string) *sheetTable {
	t := &sheetTable{lang: lang, id: id, cells: map[string][4]int{}, titles: map[string]string{}, unknown: unknown}
	for _, r := range rows {
		c := t.cells[key(r)]
		switch {
		case r.kind == regime.Threat:
			c[2] += r.n
		case r.kind == regime.NearMiss:
			c[3] += r.n
		case r.significant == regime.Yes && r.kind == regime.Significant:
			c[0] += r.n
		default:
			c[1] += r.n
		}
		t.cells[key(r)] = c
	}
	return t
}

func (t *sheetTable) add(id, title string) {
	if _, ok := t.titles[id]; !ok && id != "" {
		t.order = append(t.order, id)
		t.titles[id] = title
	}
}

// sheet writes the table: the pack's words in the pack's order, then what
// stands under a word the pack no longer has, then what nobody stated, then
// the total.
func (t *sheetTable) sheet(other string) Sheet {
	s := Sheet{ID: t.id, Title: t.lang.T("incident.sheet." + t.id), Note: t.lang.T("incident.sheet." + t.id + "-note"),
		Columns: []string{t.lang.T("incident.sheet." + t.id + "-column"), t.lang.T("incident.sheet.significant"), t.lang.T("incident.sheet.incidents"),
			t.lang.T("incident.sheet.threats"), t.lang.T("incident.sheet.near-misses"), t.lang.T("incident.sheet.all")}}
	var total, rest [4]int
	row := func(title string, c [4]int) {
		sum := c[0] + c[1] + c[2] + c[3]
		s.Rows = append(s.Rows, []string{title, strconv.Itoa(c[0]), strconv.Itoa(c[1]), strconv.Itoa(c[2]), strconv.Itoa(c[3]), strconv.Itoa(sum)})
	}
	for key, c := range t.cells {
		for i := range c {
			total[i] += c[i]
		}
		n := c[0] + c[1] + c[2] + c[3]
		s.Of += n
		if key != "" {
			s.Known += n
		}
		if _, ok := t.titles[key]; !ok && key != "" {
			for i := range c {
				rest[i] += c[i]
			}
		}
	}
	for _, id := range t.order {
		row(t.titles[id], t.cells[id])
	}
	row(other, rest)
	row(t.unknown, t.cells[""])
	row(t.lang.T("incident.sheet.total"), total)
	return s
}
