package web

import (
	"slices"
	"strings"
	"time"

	"kulla.dev/internal/country"
	"kulla.dev/internal/i18n"
	"kulla.dev/internal/incident"
	"kulla.dev/internal/regime"
	"kulla.dev/internal/registry"
)

// How what was stated of an incident is said to people.

// statedText says the answer to one field.
func (s *Server) statedText(lang i18n.Lang, field country.Field, v incident.Stated, now time.Time) string {
	switch field.Type {
	case "yes_no_unknown":
		switch {
		case v.Is == regime.Yes && v.Suspected:
			return lang.T("web.report.tri.maybe")
		case v.Is == regime.Yes:
			return lang.T("web.report.tri.yes")
		case v.Is == regime.No:
			return lang.T("web.report.tri.no")
		}
		return lang.T("web.report.tri.unknown")
	case "number", "money", "duration":
		if v.Number == nil {
			return ""
		}
		digits := 0
		if *v.Number != float64(int64(*v.Number)) {
			digits = 2
		}
		text := lang.Decimal(*v.Number, digits)
		if field.Unit != "" {
			text = lang.T("web.incident.unit."+strings.ToLower(field.Unit), text)
		}
		if v.Estimate {
			text = lang.T("web.incident.estimated", text)
		}
		return text
	case "datetime":
		return s.momentText(lang, v.At, now)
	case "choice", "choices":
		var out []string
		for _, id := range append(slices.Clone(v.List), nonEmpty(v.Text)...) {
			name := id
			for _, o := range field.Options {
				if o.ID == id {
					name = o.Title.In(string(lang))
				}
			}
			out = append(out, name)
		}
		return strings.Join(out, ", ")
	}
	return v.Text
}

// serviceNames names services by the register, others as they were typed.
func (s *Server) serviceNames(lang i18n.Lang, ids []string, of registry.Institution) string {
	var out []string
	for _, id := range ids {
		name := id
		if id == notKnown {
			name = lang.T("web.report.services-unknown")
		}
		for _, x := range of.Services {
			if string(x.ID) == id {
				name = x.Name.In(string(lang))
			}
		}
		out = append(out, name)
	}
	return strings.Join(out, ", ")
}

// codeText names a taxonomy entry: "Availability › Sabotage".
func (s *Server) codeText(lang i18n.Lang, c incident.Code) string {
	if g, e, ok := s.Pack.Taxon(c.Scheme, c.Code); ok {
		return g.Title.In(string(lang)) + " › " + e.Title.In(string(lang))
	}
	return c.Code
}

// sectorName is a sector's title, "" for none.
func (s *Server) sectorName(lang i18n.Lang, id string) string {
	if x, ok := s.Pack.Sector(id); ok {
		return x.Title.In(string(lang))
	}
	return id
}

// bandView is a severity band of the pack as bars.
func (s *Server) bandView(lang i18n.Lang, id string) SeverityView {
	for _, b := range s.Pack.Severity.Bands {
		if b.ID == id && id != "" {
			return SeverityView{Level: min(b.Rank, 5), Word: b.Title.In(string(lang))}
		}
	}
	return SeverityView{Level: -1, Word: lang.T("web.incident.not-rated")}
}

// statusChip is how far the handling has come.
func statusChip(lang i18n.Lang, st incident.Status) ChipView {
	c := ChipView{Text: lang.T("web.incident.status." + string(st))}
	switch st {
	case incident.StatusNew:
		c.Tone = Warn
	case incident.StatusOpen:
		c.Tone = Info
	case incident.StatusResolved, incident.StatusClosed:
		c.Tone = Good
	case incident.StatusWaiting, incident.StatusMerged, incident.StatusWithdrawn:
	}
	return c
}

// kindKey is the message key of a kind of report.
func kindKey(k regime.ReportKind) string {
	return "web.report.kind." + strings.ReplaceAll(string(k), "_", "-")
}
