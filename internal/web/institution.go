package web

import (
	"net/http"
	"slices"
	"strings"

	"kulla.dev/internal/access"
	"kulla.dev/internal/db"
	"kulla.dev/internal/i18n"
	"kulla.dev/internal/registry"
)

// institutionPage shows one institution: whom to call, what it holds, what it
// was and who changed it.
func (s *Server) institutionPage(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	id := registry.ID(r.PathValue("id"))
	in, err := s.Registry.Get(r.Context(), by, id, s.Now())
	if err != nil {
		return err
	}
	history, err := s.Registry.History(r.Context(), by, id, s.Now())
	if err != nil {
		return err
	}
	today := registry.DayOf(s.Now().In(s.Zone))
	v := s.board(r, by, in.NameOn(string(visitOf(r).lang), today))
	v.banner(in.Mark)
	v.Head.Trail, v.Head.Note, v.Head.TLP = []Link{{v.L("web.registry.title"), "/institutions"}}, in.ShortOn(string(v.Lang), today), in.Mark.TLP.String()
	v.Head.Chips = []ChipView{s.classChip(v.Lang, in.Class)}
	if in.Until != "" && in.Until < today {
		v.Head.Chips = append(v.Head.Chips, ChipView{Text: v.L("web.registry.gone", s.dayText(v.Lang, in.Until)), Tone: Warn})
	}
	at := "/institutions/" + string(id)
	if access.MayOn(by, "registry.write", access.Object{Owner: string(id), Mark: in.Mark}) == nil {
		v.Actions = []ButtonView{{Text: v.L("web.registry.change"), Href: at + "/edit", Primary: true}, {Text: v.L("web.registry.classify"), Href: at + "/classify"}}
	} else if access.MayOn(by, "registry.propose", access.Object{Owner: string(id), Mark: in.Mark}) == nil {
		v.Actions = []ButtonView{{Text: v.L("web.registry.propose"), Href: at + "/edit", Primary: true}}
	}
	if access.May(by, "incident.read") == nil {
		v.Actions = append(v.Actions, ButtonView{Text: v.L("web.registry.incidents"), Href: "/incidents?institution=" + queryEscape(string(id))})
	}
	facts, err := s.institutionFacts(r, by, v.Base, in)
	if err != nil {
		return err
	}
	v.Blocks = append(v.Blocks, facts, s.contactBlock(v.Base, in), s.infrastructureBlock(v.Base, in))
	services, err := s.serviceBlock(r, by, v.Base, in)
	if err != nil {
		return err
	}
	v.Blocks = append(v.Blocks, services, s.holdingBlock(v.Base, in))
	if len(in.Names) > 1 {
		v.Blocks = append(v.Blocks, s.nameBlock(v.Base, in))
	}
	past, err := s.historyBlock(r, by, v.Base, history)
	if err != nil {
		return err
	}
	v.Blocks = append(v.Blocks, past)
	return s.show(w, r, http.StatusOK, v)
}

// dayText says a day, "–" for none.
func (s *Server) dayText(lang i18n.Lang, d registry.Day) string {
	t, err := dayTime(d)
	if err != nil {
		return "–"
	}
	return lang.ShortDate(t)
}

// spanText says the days something held.
func (s *Server) spanText(b Base, from, to registry.Day) string {
	switch {
	case from == "" && to == "":
		return b.L("web.registry.always")
	case to == "":
		return b.L("web.registry.since-day", s.dayText(b.Lang, from))
	case from == "":
		return b.L("web.registry.until-day", s.dayText(b.Lang, to))
	}
	return s.dayText(b.Lang, from) + " – " + s.dayText(b.Lang, to)
}

func (s *Server) institutionFacts(r *http.Request, by access.Actor, b Base, in registry.Institution) (blockView, error) {
	others, err := s.otherNames(r, by, in.Authority, in.Successor)
	if err != nil {
		return blockView{}, err
	}
	lang := string(b.Lang)
	out := blockView{Card: CardView{Title: b.L("web.registry.about"), Note: b.L("web.registry.version", in.Version, s.when(b.Lang, in.Changed)), Span: 6}}
	add := func(term, value string) {
		if value != "" {
			out.Facts = append(out.Facts, DefinitionView{Term: term, Value: value})
		}
	}
	kind := in.Kind
	if t, ok := s.Pack.EntityKind(in.Kind); ok {
		kind = t.Title.In(lang)
	}
	add(b.L("web.registry.kind"), kind)
	if len(in.Role) > 0 {
		add(b.L("web.registry.role"), in.Role.In(lang))
	}
	add(b.L("web.registry.sector"), s.sectorText(b.Lang, in.Sector.Code))
	add(b.L("web.registry.country"), in.Country)
	add(b.L("web.registry.tax-id"), in.TaxID)
	add(b.L("web.registry.lei"), in.LEI)
	for _, o := range []struct {
		term string
		id   registry.ID
	}{{b.L("web.registry.authority"), in.Authority}, {b.L("web.registry.successor"), in.Successor}} {
		if name := others[o.id]; name != "" {
			out.Facts = append(out.Facts, DefinitionView{Term: o.term, Why: Link{name, "/institutions/" + string(o.id)}})
		}
	}
	if in.Since != "" || in.Until != "" {
		add(b.L("web.registry.exists"), s.spanText(b, in.Since, in.Until))
	}
	is, disputed := in.KindsOn(registry.DayOf(s.Now().In(s.Zone)))
	var kinds []string
	for _, k := range is {
		kinds = append(kinds, s.entityKind(b.Lang, k))
	}
	for _, k := range disputed {
		kinds = append(kinds, b.L("web.registry.disputed", s.entityKind(b.Lang, k)))
	}
	add(b.L("web.registry.law-kinds"), b.Lang.List(kinds...))
	for _, a := range in.Attributes {
		value := ""
		if a.Number != nil {
			value = b.Lang.Decimal(*a.Number, 0)
		} else if a.Yes != nil {
			value = yesNo(b, *a.Yes)
		}
		name := a.Name
		if f, ok := s.Pack.Field(a.Name); ok {
			name = f.Title.In(lang)
		}
		out.Facts = append(out.Facts, DefinitionView{Term: name, Value: value, Note: s.dayText(b.Lang, a.AsOf)})
	}
	add(b.L("web.registry.note"), in.Note)
	add(b.L("web.registry.source"), b.L("web.registry.source."+string(in.Source)))
	return out, nil
}

func yesNo(b Base, yes bool) string {
	if yes {
		return b.L("web.registry.yes")
	}
	return b.L("web.registry.no")
}

func (s *Server) entityKind(lang i18n.Lang, id string) string {
	if t, ok := s.Pack.EntityKind(id); ok {
		return t.Title.In(string(lang))
	}
	return id
}

func (s *Server) contactBlock(b Base, in registry.Institution) blockView {
	out := blockView{Card: CardView{Title: b.L("web.registry.contacts"), Span: 6}}
	out.Table = TableView{Caption: b.L("web.registry.contacts"), Empty: EmptyView{Title: b.L("web.registry.contacts-none")},
		Columns: []ColumnView{{Title: b.L("web.registry.name"), Main: true}, {Title: b.L("web.registry.phone")}, {Title: b.L("web.registry.mail")}}}
	for _, c := range in.Contacts {
		var roles []string
		for _, role := range c.Roles {
			roles = append(roles, b.L("web.registry.contact."+string(role)))
		}
		if c.AllDay {
			roles = append(roles, b.L("web.registry.all-day"))
		}
		phone, mail := CellView{Text: orElse(c.Phone, "–")}, CellView{Text: orElse(c.Mail, "–")}
		if c.Phone != "" {
			phone.Href = "tel:" + strings.Map(dialled, c.Phone)
		}
		if c.Mail != "" {
			mail.Href = "mailto:" + c.Mail
		}
		row := RowView{Cells: []CellView{{Text: c.Name, Sub: strings.Join(roles, ", ")}, phone, mail}}
		if bounce, ok := in.Bounced[c.ID]; ok {
			row.Tone = Bad
			row.Cells[2].Sub = b.L("web.registry.bounced", s.when(b.Lang, bounce.At))
		}
		out.Table.Rows = append(out.Table.Rows, row)
	}
	return out
}

func dialled(c rune) rune {
	if c == '+' || c >= '0' && c <= '9' {
		return c
	}
	return -1
}

// infrastructureBlock shows every infrastructure with the history of its
// class, newest first.
func (s *Server) infrastructureBlock(b Base, in registry.Institution) blockView {
	out := blockView{Card: CardView{ID: "infrastructures", Title: b.L("web.registry.infrastructures")}}
	out.Table = TableView{Caption: b.L("web.registry.infrastructures"), Empty: EmptyView{Title: b.L("web.registry.infrastructures-none")},
		Columns: []ColumnView{{Title: b.L("web.registry.infrastructure"), Main: true}, {Title: b.L("web.registry.class")}, {Title: b.L("web.registry.held")}, {Title: b.L("web.registry.act")}}}
	for _, x := range in.Infrastructures {
		name := x.ID
		if len(x.Name) > 0 {
			name = x.Name.In(string(b.Lang))
		} else if x.ID == "main" {
			name = b.L("web.registry.main")
		}
		for i := len(x.Classes) - 1; i >= 0; i-- {
			c := x.Classes[i]
			act := CellView{Text: orElse(c.Act, "–"), Sub: c.Reason}
			if a, ok := s.Pack.Act(c.Act); ok {
				act.Text = a.Title.In(string(b.Lang))
			}
			out.Table.Rows = append(out.Table.Rows, RowView{Cells: []CellView{{Text: name, Sub: s.sectorText(b.Lang, x.Sector.Code)}, {Body: Chip(s.classChip(b.Lang, c.Class))},
				{Text: s.spanText(b, c.From, c.To)}, act}})
		}
		if len(x.Classes) == 0 {
			out.Table.Rows = append(out.Table.Rows, RowView{Cells: []CellView{{Text: name, Sub: s.sectorText(b.Lang, x.Sector.Code)}, {Body: Chip(s.classChip(b.Lang, s.Registry.Unlisted()))}, {Text: "–"}, {Text: "–"}}})
		}
	}
	return out
}

// serviceBlock shows what users get and what that needs.
func (s *Server) serviceBlock(r *http.Request, by access.Actor, b Base, in registry.Institution) (blockView, error) {
	out := blockView{Card: CardView{ID: "services", Title: b.L("web.registry.services")}}
	out.Table = TableView{Caption: b.L("web.registry.services"), Empty: EmptyView{Title: b.L("web.registry.services-none")},
		Columns: []ColumnView{{Title: b.L("web.registry.service"), Main: true}, {Title: b.L("web.registry.users"), Num: true}, {Title: b.L("web.registry.needs")}, {Title: b.L("web.registry.held"), Hide: true}}}
	named, err := s.neededServices(r, by, in)
	if err != nil {
		return out, err
	}
	for _, x := range in.Services {
		name := CellView{Text: x.Name.In(string(b.Lang)), Sub: s.sectorText(b.Lang, x.Sector.Code)}
		if x.Critical {
			name.Sub = b.L("web.registry.critical") + " · " + name.Sub
		}
		users := "–"
		if x.Users > 0 {
			users = b.Lang.Number(x.Users)
		}
		var needs []string
		for _, n := range x.Needs {
			needs = append(needs, s.needText(b, n, named))
		}
		out.Table.Rows = append(out.Table.Rows, RowView{ID: "service-" + string(x.ID), Cells: []CellView{name, {Text: users, Sub: x.Area}, {Text: orElse(strings.Join(needs, "; "), "–")}, {Text: s.spanText(b, x.From, x.To)}}})
	}
	return out, nil
}

// neededServices names the services the institution's own services need, as far
// as the reader may know of who runs them.
func (s *Server) neededServices(r *http.Request, by access.Actor, in registry.Institution) (map[registry.ServiceID]string, error) {
	out := map[registry.ServiceID]string{}
	lang := string(visitOf(r).lang)
	err := s.DB.Read(r.Context(), func(tx *db.Tx) error {
		for _, x := range in.Services {
			out[x.ID] = x.Name.In(lang)
			for _, n := range x.Needs {
				for _, id := range n.Of {
					if _, ok := out[id]; ok {
						continue
					}
					x, of, ok, err := s.Registry.Service(tx, id)
					if err != nil {
						return err
					}
					if !ok {
						continue
					}
					known, err := s.Registry.Names(tx, by, lang, of)
					if err != nil {
						return err
					}
					if name, may := known[of]; may {
						out[id] = x.Name.In(lang) + " (" + name + ")"
					}
				}
			}
		}
		return nil
	})
	return out, err
}

// needText says a requirement group: "2 of 3: …, lasts 4 h without".
func (s *Server) needText(b Base, n registry.Need, named map[registry.ServiceID]string) string {
	var of []string
	for _, id := range n.Of {
		if name := named[id]; name != "" {
			of = append(of, name)
		}
	}
	text := b.L("web.registry.need", n.K, len(n.Of), strings.Join(of, ", "))
	if n.Buffer > 0 {
		text += ", " + b.L("web.registry.buffer", n.Buffer)
	}
	if n.Restart > 0 {
		text += ", " + b.L("web.registry.restart", n.Restart)
	}
	if n.Evidence != "" {
		text += " (" + n.Evidence + ")"
	}
	return text
}

func (s *Server) holdingBlock(b Base, in registry.Institution) blockView {
	out := blockView{Card: CardView{ID: "holdings", Title: b.L("web.registry.holdings")}}
	out.Table = TableView{Caption: b.L("web.registry.holdings"), Empty: EmptyView{Title: b.L("web.registry.holdings-none")},
		Columns: []ColumnView{{Title: b.L("web.registry.holding"), Main: true, Mono: true}, {Title: b.L("web.registry.held")}, {Title: b.L("web.registry.proof")}}}
	add := func(value string, from, to registry.Day, p registry.Proof, proven registry.Day) {
		tone := map[registry.Proof]Tone{registry.ProofShown: Good, registry.ProofRegistry: Good, registry.ProofDisputed: Warn}[p]
		row := RowView{Cells: []CellView{{Text: value}, {Text: s.spanText(b, from, to)}, {Body: Chip(ChipView{Text: b.L("web.registry.proof." + string(p)), Tone: tone})}}}
		if proven != "" {
			row.Cells[2].Sub = s.dayText(b.Lang, proven)
		}
		out.Table.Rows = append(out.Table.Rows, row)
	}
	for _, n := range in.Networks {
		add(n.Value, n.From, n.To, n.Proof, n.Proven)
	}
	for _, d := range in.Domains {
		add(d.Value, d.From, d.To, d.Proof, d.Proven)
	}
	return out
}

func (s *Server) nameBlock(b Base, in registry.Institution) blockView {
	out := blockView{Card: CardView{Title: b.L("web.registry.names")}}
	out.Table = TableView{Caption: b.L("web.registry.names"), Columns: []ColumnView{{Title: b.L("web.registry.name"), Main: true}, {Title: b.L("web.registry.held")}}}
	for _, n := range slices.Backward(in.Names) {
		cell := CellView{Text: n.Text.In(string(b.Lang))}
		if len(n.Short) > 0 {
			cell.Sub = n.Short.In(string(b.Lang))
		}
		out.Table.Rows = append(out.Table.Rows, RowView{Cells: []CellView{cell, {Text: s.spanText(b, n.From, n.To)}}})
	}
	return out
}

// historyBlock shows who changed what, newest first.
func (s *Server) historyBlock(r *http.Request, by access.Actor, b Base, list []registry.Version) (blockView, error) {
	out := blockView{Card: CardView{ID: "history", Title: b.L("web.registry.history"), Note: b.L("web.registry.versions", len(list))}}
	var people []string
	for _, x := range list {
		people = append(people, x.By)
	}
	who, err := s.namesOf(r, by, people, nil)
	if err != nil {
		return out, err
	}
	for i, x := range list {
		if i == 20 {
			break
		}
		part := blockView{Card: CardView{Title: b.L("web.registry.version", x.Number, s.when(b.Lang, x.Known)), Note: who.of(b.Lang, x.By)}, Lead: x.Reason}
		if x.Diff != nil {
			part.Diff = s.registryDiff(b, x.Diff)
		} else if part.Lead == "" {
			part.Lead = b.L("web.registry.first")
		}
		out.Inside = append(out.Inside, part)
	}
	return out, nil
}
