package web

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"kulla.dev/internal/country"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/marking"
	"kulla.dev/internal/registry"
)

// The form of an institution asks what a record holds, under the names of its
// JSON, so that what the register finds wrong stands beside its question. What
// the form does not ask (numbers of the law, history of classes) is taken from
// the record it was made of.

// recordLangs are the languages names are asked in.
func (s *Server) recordLangs(b Base) []string {
	out := slices.Clone(s.Pack.Languages)
	if len(out) == 0 {
		out = []string{string(b.Lang)}
	}
	return out
}

func text(b Base, name, key, value string) boardField {
	return boardField{FieldView: FieldView{Name: name, Label: b.L(key), Value: value, NoDraft: true}}
}

func day(b Base, name, key string, value registry.Day) boardField {
	x := text(b, name, key, string(value))
	x.Type, x.Short = "date", true
	return x
}

// sectorOptions are the sectors of the pack, each under its parent.
func (s *Server) sectorOptions(b Base, value string) []OptionView {
	out := []OptionView{{Value: "", Text: b.L("web.registry.unknown-sector")}}
	for _, x := range s.Pack.Sectors {
		o := OptionView{Value: x.ID, Text: x.Title.In(string(b.Lang))}
		if p, ok := s.Pack.Sector(x.Parent); ok {
			o.Group = p.Title.In(string(b.Lang))
		}
		out = append(out, o)
	}
	return chosen(value, out)
}

// basicsGroup asks who the institution is. names[0] is the newest name.
func (s *Server) basicsGroup(b Base, r registry.Record) boardGroup {
	g := boardGroup{Title: b.L("web.registry.form.basics")}
	newest := max(len(r.Names)-1, 0)
	var n registry.Name
	if len(r.Names) > 0 {
		n = r.Names[newest]
	}
	at := "names." + strconv.Itoa(newest)
	for i, l := range s.recordLangs(b) {
		x := text(b, at+".text."+l, "web.registry.name", n.Text[l])
		x.Label = b.L("web.registry.form.name-in", langName(b, l))
		x.Required = i == 0
		y := text(b, at+".short."+l, "web.registry.name", n.Short[l])
		y.Label, y.Short, y.Optional = b.L("web.registry.form.short-in", langName(b, l)), true, true
		g.Fields = append(g.Fields, x, y)
	}
	renamed := day(b, "renamed", "web.registry.form.renamed", "")
	renamed.Hint = b.L("web.registry.form.renamed-hint")
	kind := text(b, "kind", "web.registry.kind", r.Kind)
	kind.Hint = b.L("web.registry.form.kind-hint")
	country := text(b, "country", "web.registry.country", r.Country)
	country.Short, country.MaxLength = true, 2
	number := text(b, "tax_id", "web.registry.tax-id", r.TaxID)
	number.Short, number.Mono = true, true
	lei := text(b, "lei", "web.registry.lei", r.LEI)
	lei.Short, lei.Mono = true, true
	if len(r.Names) > 0 {
		g.Fields = append(g.Fields, renamed)
	}
	g.Fields = append(g.Fields, kind, boardField{Kind: oneOf, Options: s.sectorOptions(b, r.Sector.Code), FieldView: FieldView{Name: "sector", Label: b.L("web.registry.sector"), NoDraft: true}},
		country, number, lei)
	var kinds []OptionView
	for _, t := range s.Pack.EntityKinds {
		kinds = append(kinds, OptionView{Value: t.ID, Text: t.Title.In(string(b.Lang)), Selected: slices.ContainsFunc(r.Kinds, func(k registry.Kind) bool { return k.ID == t.ID && k.To == "" })})
	}
	if len(kinds) > 0 {
		g.Fields = append(g.Fields, boardField{Kind: checks, Options: kinds, FieldView: FieldView{Name: "kinds", Label: b.L("web.registry.law-kinds"), Hint: b.L("web.registry.form.kinds-hint"), NoDraft: true, Short: true}})
	}
	g.Fields = append(g.Fields, boardField{Kind: lines, FieldView: FieldView{Name: "note", Label: b.L("web.registry.note"), Value: r.Note, Optional: true, NoDraft: true}})
	return g
}

func langName(b Base, l string) string {
	for _, x := range b.languages() {
		if string(x) == l {
			return x.T("i18n.language.name")
		}
	}
	return l
}

// markField asks for the label of the record; people of the desk decide it.
func markField(b Base, m marking.Marking) boardField {
	var tlps []OptionView
	for _, t := range []marking.TLP{marking.TLPClear, marking.TLPGreen, marking.TLPAmber, marking.TLPAmberStrict, marking.TLPRed} {
		tlps = append(tlps, OptionView{Value: t.String(), Text: t.String(), Selected: t == m.TLP})
	}
	return boardField{Kind: oneOf, Options: tlps, FieldView: FieldView{Name: "mark", Label: b.L("web.registry.form.mark"), Hint: b.L("web.registry.form.mark-hint"), NoDraft: true, Short: true}}
}

// contactGroup asks about one contact.
func contactGroup(b Base, i int, c registry.Contact, closed bool) boardGroup {
	at := "contacts." + strconv.Itoa(i) + "."
	g := boardGroup{Title: orElse(c.Name, b.L("web.registry.form.contact-new")), Closed: closed}
	var roles []OptionView
	for _, role := range registry.ContactRoles() {
		roles = append(roles, OptionView{Value: string(role), Text: b.L("web.registry.contact." + string(role)), Selected: slices.Contains(c.Roles, role)})
	}
	name, phone, mail, key := text(b, at+"name", "web.registry.form.contact-name", c.Name), text(b, at+"phone", "web.registry.phone", c.Phone), text(b, at+"mail", "web.registry.mail", c.Mail), text(b, at+"key", "web.registry.form.key", c.Key)
	phone.Type, mail.Type, key.Mono, key.Optional = "tel", "email", true, true
	g.Fields = []boardField{name, phone, mail, {Kind: checks, Options: roles, FieldView: FieldView{Name: at + "roles", Label: b.L("web.registry.form.contact-for"), Short: true, NoDraft: true}},
		{Kind: tick, Checked: c.AllDay, FieldView: FieldView{Name: at + "all_day", Label: b.L("web.registry.form.all-day"), NoDraft: true}}, key}
	return g
}

// serviceGroup asks about one service and its requirement groups.
func (s *Server) serviceGroup(b Base, i int, x registry.Service, infra []registry.Infrastructure) boardGroup {
	at := "services." + strconv.Itoa(i) + "."
	g := boardGroup{Title: b.L("web.registry.form.service-new"), Closed: true}
	if x.ID != "" {
		g.Title = x.Name.In(string(b.Lang))
	}
	for _, l := range s.recordLangs(b) {
		f := text(b, at+"name."+l, "web.registry.name", x.Name[l])
		f.Label = b.L("web.registry.form.name-in", langName(b, l))
		g.Fields = append(g.Fields, f)
	}
	users := text(b, at+"users", "web.registry.users", "")
	if users.InputMode, users.Short = "numeric", true; x.Users > 0 {
		users.Value = strconv.FormatInt(x.Users, 10)
	}
	area := text(b, at+"area", "web.registry.form.area", x.Area)
	area.Optional = true
	runs := []OptionView{{Value: "", Text: b.L("web.registry.form.no-infrastructure")}}
	for _, in := range infra {
		name := in.ID
		if len(in.Name) > 0 {
			name = in.Name.In(string(b.Lang))
		} else if in.ID == "main" {
			name = b.L("web.registry.main")
		}
		runs = append(runs, OptionView{Value: in.ID, Text: name})
	}
	g.Fields = append(g.Fields, users, area, boardField{Kind: tick, Checked: x.Critical, FieldView: FieldView{Name: at + "critical", Label: b.L("web.registry.form.critical"), NoDraft: true}},
		boardField{Kind: oneOf, Options: s.sectorOptions(b, x.Sector.Code), FieldView: FieldView{Name: at + "sector", Label: b.L("web.registry.sector"), NoDraft: true}},
		boardField{Kind: oneOf, Options: chosen(x.Infrastructure, runs), FieldView: FieldView{Name: at + "infrastructure", Label: b.L("web.registry.form.runs-on"), NoDraft: true, Short: true}},
		day(b, at+"from", "web.registry.form.from", x.From), day(b, at+"to", "web.registry.form.to", x.To),
		boardField{Kind: lines, FieldView: FieldView{Name: at + "needs", Label: b.L("web.registry.form.needs"), Hint: b.L("web.registry.form.needs-hint"), Value: needLines(x.Needs), Mono: true, Optional: true, NoDraft: true}})
	return g
}

// needLines writes requirement groups one a line:
// "1 of a, b; buffer 4; restart 2; evidence B2; by NAME; verified DAY; id X".
func needLines(needs []registry.Need) string {
	var out []string
	for _, n := range needs {
		var of []string
		for _, id := range n.Of {
			of = append(of, string(id))
		}
		line := strconv.Itoa(n.K) + " of " + strings.Join(of, ", ")
		for _, p := range []struct{ name, value string }{{"buffer", number(n.Buffer)}, {"restart", number(n.Restart)}, {"evidence", n.Evidence}, {"by", n.DeclaredBy}, {"verified", string(n.Verified)}, {"id", n.ID}} {
			if p.value != "" {
				line += "; " + p.name + " " + p.value
			}
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

func number(v float64) string {
	if v == 0 {
		return ""
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// parseNeeds reads them again; a line that cannot be read is named.
func parseNeeds(f *fault.Fields, name, text string) (out []registry.Need) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		head, rest, _ := strings.Cut(line, ";")
		k, of, ok := strings.Cut(head, " of ")
		n := registry.Need{}
		var err error
		n.K, err = strconv.Atoi(strings.TrimSpace(k))
		for id := range strings.SplitSeq(of, ",") {
			if id = strings.TrimSpace(id); id != "" {
				n.Of = append(n.Of, registry.ServiceID(id))
			}
		}
		ok = ok && err == nil
		for part := range strings.SplitSeq(rest, ";") {
			word, value, _ := strings.Cut(strings.TrimSpace(part), " ")
			value = strings.TrimSpace(value)
			switch word {
			case "":
			case "buffer":
				n.Buffer, err = strconv.ParseFloat(value, 64)
			case "restart":
				n.Restart, err = strconv.ParseFloat(value, 64)
			case "evidence":
				n.Evidence = value
			case "by":
				n.DeclaredBy = value
			case "verified":
				n.Verified = registry.Day(value)
			case "id":
				n.ID = value
			default:
				ok = false
			}
			ok = ok && err == nil
		}
		if !ok {
			f.Add(name, "web.registry.form.need-line", line)
			continue
		}
		out = append(out, n)
	}
	return out
}

// holdingLines writes networks and domains one a line, with their days:
// "192.0.2.0/24 2024-01-01 2025-12-31".
func holdingLines(r registry.Record) string {
	var out []string
	add := func(value string, from, to registry.Day) {
		line := value
		if from != "" || to != "" {
			line += " " + orElse(string(from), "-")
		}
		if to != "" {
			line += " " + string(to)
		}
		out = append(out, line)
	}
	for _, n := range r.Networks {
		add(n.Value, n.From, n.To)
	}
	for _, d := range r.Domains {
		add(d.Value, d.From, d.To)
	}
	return strings.Join(out, "\n")
}

// putHoldings reads them again; the proof of what was held before stays.
func putHoldings(r *registry.Record, text string) {
	networks, domains := r.Networks, r.Domains
	r.Networks, r.Domains = nil, nil
	for line := range strings.Lines(text) {
		parts := strings.Fields(line)
		if len(parts) == 0 {
			continue
		}
		var from, to registry.Day
		if len(parts) > 1 && parts[1] != "-" {
			from = registry.Day(parts[1])
		}
		if len(parts) > 2 {
			to = registry.Day(strings.Join(parts[2:], " "))
		}
		if v, ok := registry.ParseNetwork(parts[0]); ok || strings.Contains(parts[0], "/") || strings.HasPrefix(strings.ToUpper(parts[0]), "AS") && !strings.Contains(parts[0], ".") {
			if !ok {
				v = parts[0]
			}
			n := registry.Network{Value: v, From: from, To: to}
			for _, x := range networks {
				if x.Value == v && x.From == from {
					n.Proof, n.Proven = x.Proof, x.Proven
				}
			}
			r.Networks = append(r.Networks, n)
			continue
		}
		v, ok := registry.ParseDomain(parts[0])
		if !ok {
			v = parts[0]
		}
		d := registry.Domain{Value: v, From: from, To: to}
		for _, x := range domains {
			if x.Value == v && x.From == from {
				d.Proof, d.Proven = x.Proof, x.Proven
			}
		}
		r.Domains = append(r.Domains, d)
	}
}

// putTexts reads a text of several languages; languages not asked stay.
func putTexts(was country.Text, form url.Values, prefix string, langs []string) country.Text {
	out := maps.Clone(was)
	if out == nil {
		out = country.Text{}
	}
	for _, l := range langs {
		if form.Has(prefix + l) {
			out[l] = form.Get(prefix + l)
		}
	}
	return out
}
