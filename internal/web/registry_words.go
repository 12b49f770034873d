package web

import (
	"slices"
	"strings"
	"time"

	"kulla.dev/internal/registry"
)

func dayTime(d registry.Day) (time.Time, error) { return time.Parse(time.DateOnly, string(d)) }

// registryDiff says changes of a record field by field.
func (s *Server) registryDiff(b Base, changes []registry.Change) DiffView {
	d := DiffView{Caption: b.L("web.registry.diff"), Before: b.L("web.registry.before"), After: b.L("web.registry.after")}
	for _, c := range changes {
		if leaf := c.Field[strings.LastIndexByte(c.Field, '/')+1:]; slices.Contains(silentParts, leaf) && strings.Contains(c.Field, "/") {
			continue
		}
		row := DiffRow{Field: s.fieldText(b, c.Field), Before: s.valueText(b, c.Field, c.Before), After: s.valueText(b, c.Field, c.After), Tone: Warn, Word: b.L("web.registry.changed-word")}
		switch {
		case row.Before == "":
			row.Tone, row.Word = Good, b.L("web.registry.added-word")
		case row.After == "":
			row.Tone, row.Word = Bad, b.L("web.registry.removed-word")
		}
		d.Rows = append(d.Rows, row)
	}
	return d
}

// recordFields are the parts of a record that have a word of their own.
var recordFields = []string{"names", "kind", "role", "sector", "country", "tax_id", "lei", "authority", "successor", "since", "until", "zone", "kinds", "kinds_complete",
	"attributes", "infrastructures", "services", "networks", "domains", "contacts", "note", "mark"}

// recordParts are the parts of those parts that have a word of their own.
var recordParts = []string{"name", "text", "short", "mail", "phone", "roles", "users", "class", "classes", "from", "to", "act", "reason", "area", "critical", "infrastructure",
	"needs", "k", "of", "buffer", "restart", "evidence", "declared_by", "verified", "value", "proof", "proven", "all_day", "key", "languages", "note", "sector", "number", "yes",
	"as_of", "source", "disputed", "code"}

// silentParts tell a reader nothing: ids, and the scheme of a code beside it.
var silentParts = []string{"id", "scheme", "version"}

// fieldText says the path of a change: "services/ID/name/en" is "Services ·
// name · en". Ids that are no words are left out.
func (s *Server) fieldText(b Base, path string) string {
	parts := strings.Split(path, "/")
	var out []string
	for i, p := range parts {
		switch {
		case i == 0 && slices.Contains(recordFields, p):
			out = append(out, b.L("web.registry.field."+strings.ReplaceAll(p, "_", "-")))
		case i == 1 && len(parts) > 2 && (len(p) > 20 || p == "start"), p == "code" && i > 0 && parts[i-1] == "sector":
		case i > 1 && slices.Contains(recordParts, p), i == 1 && len(parts) == 2 && slices.Contains(recordParts, p):
			out = append(out, b.L("web.registry.part."+strings.ReplaceAll(p, "_", "-")))
		default:
			out = append(out, strings.ReplaceAll(p, "_", " "))
		}
	}
	return strings.Join(out, " · ")
}

// valueText says a value with the word the pack has for it.
func (s *Server) valueText(b Base, path, v string) string {
	switch {
	case v == "", path == "mark" && !strings.Contains(v, "TLP:"): // a record that does not exist yet has no marking
		return ""
	case strings.HasSuffix(path, "/class"):
		return s.classChip(b.Lang, v).Text
	case strings.HasSuffix(path, "sector/code"):
		return s.sectorText(b.Lang, v)
	}
	return v
}
