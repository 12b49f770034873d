package web

import (
	"maps"
	"slices"
	"strings"

	"kulla.dev/internal/i18n"
)

// sheetDiff shows what differs between the kept form and the one typed here.
// Fields the two agree on are left out.
func (s *Server) sheetDiff(lang i18n.Lang, kept, mine sheet) DiffView {
	d := DiffView{Caption: lang.T("web.report.conflict"), Before: lang.T("web.report.conflict-kept"), After: lang.T("web.report.conflict-typed")}
	names := slices.Sorted(maps.Keys(mine.Values))
	for name := range kept.Values {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		if name == "tab" || name == "files" || name == "seen" {
			continue
		}
		a, b := strings.Join(kept.Values[name], ", "), strings.Join(mine.Values[name], ", ")
		if a == b {
			continue
		}
		row := DiffRow{Field: s.fieldTitle(lang, name), Before: a, After: b, Tone: Warn, Word: lang.T("web.incident.diff.changed")}
		switch "" {
		case a:
			row.Tone, row.Word = Good, lang.T("web.incident.diff.added")
		case b:
			row.Tone, row.Word = Bad, lang.T("web.incident.diff.removed")
		}
		d.Rows = append(d.Rows, row)
	}
	return d
}

// fieldTitle names a form field by the pack's field it states.
func (s *Server) fieldTitle(lang i18n.Lang, name string) string {
	id := strings.TrimPrefix(name, "values.")
	for _, part := range []string{".date", ".clock", ".precision", ".estimate", ".other"} {
		id = strings.TrimSuffix(id, part)
	}
	switch id {
	case "services":
		id = "affected_services"
	case "aware", "detected", "occurred":
		id += "_at"
	}
	if f, ok := s.Pack.Field(id); ok {
		return f.Title.In(string(lang))
	}
	if key := "web.report." + strings.ReplaceAll(id, "_", "-"); i18n.Embedded().Has(lang, key) {
		return lang.T(key)
	}
	return name
}
