package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"kulla.dev/internal/access"
	"kulla.dev/internal/db"
	"kulla.dev/internal/i18n"
	"kulla.dev/internal/marking"
	"kulla.dev/internal/registry"
)

// registryQuery reads the filters of the list.
func registryQuery(q url.Values) registry.Query {
	return registry.Query{Text: q.Get("q"), Sector: q.Get("sector"), Class: q.Get("class"), Kind: q.Get("kind"), Country: q.Get("country"), Ended: q.Get("ended") != "", After: q.Get("after")}
}

// institutionList shows the institutions the actor may read.
func (s *Server) institutionList(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	values := r.URL.Query()
	q := registryQuery(values)
	page, err := s.Registry.List(r.Context(), by, q)
	if err != nil {
		return err
	}
	q.After = ""
	counts, err := s.Registry.Counts(r.Context(), by, q)
	if err != nil {
		return err
	}
	v := s.board(r, by, visitOf(r).lang.T("web.registry.title"))
	v.Search = q.Text
	s.institutionActions(v, by, values)
	s.institutionFilters(v, values)
	b := blockView{Card: CardView{Title: v.L("web.registry.title"), Note: v.L("web.registry.count", counts.Total)}}
	for _, c := range s.Pack.Classes {
		if n := counts.ByClass[c.ID]; n > 0 {
			b.Figures = append(b.Figures, FigureView{Label: c.Title.In(string(v.Lang)), Value: v.Lang.Number(n), Href: "/institutions?" + set(values, "class", c.ID)})
		}
	}
	if len(b.Figures) < 2 {
		b.Figures = nil
	}
	b.Table = TableView{Caption: v.L("web.registry.title"), Keys: true, Columns: []ColumnView{{Title: v.L("web.registry.name"), Main: true}, {Title: v.L("web.registry.class")},
		{Title: v.L("web.registry.sector")}, {Title: v.L("web.registry.duty-contact")}, {Title: v.L("web.registry.changed"), Hide: true}}}
	b.Table.Empty = EmptyView{Title: v.L("web.registry.none"), Text: v.L("web.registry.none-text")}
	if access.May(by, "registry.write") == nil {
		b.Table.Empty.Action = Link{v.L("web.registry.new"), "/institutions/new?name=" + queryEscape(q.Text)}
	}
	marks := []marking.Marking{marking.Of(marking.TLPGreen)}
	for _, x := range page.Items {
		marks = append(marks, x.Record.Mark)
		b.Table.Rows = append(b.Table.Rows, s.institutionRow(v.Base, x))
	}
	if page.Next != "" || values.Get("after") != "" {
		b.Page = PageView{Shown: v.L("web.desk.shown", len(page.Items))}
		if values.Get("after") != "" {
			b.Page.First = "/institutions?" + set(values, "after", "")
		}
		if page.Next != "" {
			b.Page.Next = "/institutions?" + set(values, "after", page.Next)
		}
	}
	v.Blocks = []blockView{b}
	v.banner(marks...)
	return s.show(w, r, http.StatusOK, v)
}

func (s *Server) institutionRow(b Base, x registry.Item) RowView {
	lang := string(b.Lang)
	today := registry.DayOf(s.Now().In(s.Zone))
	contact := CellView{Text: "–"}
	if c, ok := firstContact(x.Record); ok {
		contact = CellView{Text: c.Name, Sub: orElse(c.Phone, c.Mail)}
	}
	return RowView{ID: "institution-" + string(x.ID), Cells: []CellView{
		{Text: x.Record.NameOn(lang, today), Sub: x.Record.ShortOn(lang, today), Href: "/institutions/" + string(x.ID)},
		{Body: Chip(s.classChip(b.Lang, x.Class))}, {Text: s.sectorText(b.Lang, x.Sector)}, contact, {Text: s.when(b.Lang, x.Changed)}}}
}

// firstContact is whom to ask first: who answers day and night, then the roles
// in their order.
func firstContact(r registry.Record) (registry.Contact, bool) {
	for _, role := range registry.ContactRoles() {
		for _, c := range r.Contacts {
			if slices.Contains(c.Roles, role) {
				return c, true
			}
		}
	}
	if len(r.Contacts) > 0 {
		return r.Contacts[0], true
	}
	return registry.Contact{}, false
}

func (s *Server) institutionActions(v *boardView, by access.Actor, values url.Values) {
	if access.May(by, "registry.write") == nil {
		v.Actions = append(v.Actions, ButtonView{Text: v.L("web.registry.new"), Href: "/institutions/new", Primary: true})
	}
	if access.May(by, "registry.propose") == nil || access.May(by, "registry.approve") == nil {
		v.Actions = append(v.Actions, ButtonView{Text: v.L("web.registry.proposals"), Href: "/proposals"})
	}
	if access.May(by, "registry.import") == nil {
		v.Actions = append(v.Actions, ButtonView{Text: v.L("web.registry.import"), Href: "/institutions/import"})
	}
	if access.May(by, "registry.export") == nil {
		v.Actions = append(v.Actions, ButtonView{Text: v.L("web.registry.export"), Href: "/institutions/export?" + set(values, "after", "")})
	}
}

func (s *Server) institutionFilters(v *boardView, values url.Values) {
	lang := string(v.Lang)
	sectors := []OptionView{{Value: "", Text: v.L("web.registry.any")}}
	for _, x := range s.Pack.Sectors {
		text := x.Title.In(lang)
		if x.Parent != "" {
			text = "– " + text
		}
		sectors = append(sectors, OptionView{Value: x.ID, Text: text})
	}
	classes := []OptionView{{Value: "", Text: v.L("web.registry.any")}}
	for _, c := range s.Pack.Classes {
		classes = append(classes, OptionView{Value: c.ID, Text: c.Title.In(lang)})
	}
	ended := []OptionView{{Value: "", Text: v.L("web.registry.existing")}, {Value: "yes", Text: v.L("web.registry.ended")}}
	v.Filters = FilterView{Action: "/institutions", Label: v.L("web.registry.filter"),
		Search: FieldView{Name: "q", Label: v.L("web.registry.search"), Value: values.Get("q")},
		Selects: []FilterSelect{{"sector", v.L("web.registry.sector"), chosen(values.Get("sector"), sectors)}, {"class", v.L("web.registry.class"), chosen(values.Get("class"), classes)},
			{"ended", v.L("web.registry.state"), chosen(values.Get("ended"), ended)}}}
	for _, f := range []struct{ name, text string }{{"sector", s.sectorText(v.Lang, values.Get("sector"))}, {"class", s.classChip(v.Lang, values.Get("class")).Text}} {
		if values.Get(f.name) != "" {
			v.Filters.Active = append(v.Filters.Active, Link{f.text, "/institutions?" + set(values, f.name, "")})
		}
	}
	if len(v.Filters.Active) > 0 {
		v.Filters.Clear = "/institutions"
	}
}

// set gives the query with one value changed, "" taking it out.
func set(values url.Values, name, value string) string {
	out := url.Values{}
	for k, list := range values {
		if k != name && len(list) > 0 && list[0] != "" {
			out.Set(k, list[0])
		}
	}
	if value != "" {
		out.Set(name, value)
	}
	return out.Encode()
}

// classChip says a class; the listed ones stand out.
func (s *Server) classChip(lang i18n.Lang, id string) ChipView {
	c, ok := s.Pack.Class(id)
	if !ok {
		return ChipView{Text: orElse(id, "–")}
	}
	chip := ChipView{Text: c.Title.In(string(lang))}
	if short := c.Short.In(string(lang)); len(c.Short) > 0 && short != "" {
		chip.Text = short
	}
	if c.Listed {
		chip.Tone = Info
	}
	return chip
}

func (s *Server) sectorText(lang i18n.Lang, id string) string {
	if x, ok := s.Pack.Sector(id); ok {
		return x.Title.In(string(lang))
	}
	return orElse(id, "–")
}

// institutionExport sends the institutions the filters find as a file.
func (s *Server) institutionExport(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	format := registry.Format(r.URL.Query().Get("format"))
	if format == "" {
		return s.exportChoice(w, r, by)
	}
	q := registryQuery(r.URL.Query())
	q.After = ""
	kind := map[registry.Format]string{registry.CSV: "text/csv; charset=utf-8", registry.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", registry.JSON: "application/json"}[format]
	var buf strings.Builder
	done, err := s.Registry.Export(r.Context(), by, q, format, &buf, s.Now())
	if err != nil {
		return err
	}
	name := "register-" + string(registry.DayOf(s.Now().In(s.Zone))) + "-" + strings.ToLower(strings.NewReplacer(":", "-", "+", "-").Replace(done.Mark.TLP.String())) + "." + string(format)
	return sendFile(w, []byte(buf.String()), kind, name)
}

// sendFile answers with a file to keep.
func sendFile(w http.ResponseWriter, data []byte, kind, name string) error {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Cache-Control", "no-store")
	_, err := w.Write(data)
	return ignoreGone(err)
}

// exportChoice asks which format.
func (s *Server) exportChoice(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	values := r.URL.Query()
	q := registryQuery(values)
	q.After = ""
	counts, err := s.Registry.Counts(r.Context(), by, q)
	if err != nil {
		return err
	}
	v := s.board(r, by, visitOf(r).lang.T("web.registry.export"))
	v.banner(marking.Of(marking.TLPAmber))
	v.Head.Trail = []Link{{v.L("web.registry.title"), "/institutions"}}
	b := blockView{Card: CardView{Title: v.L("web.registry.count", counts.Total)}, Lead: v.L("web.registry.export-lead")}
	var rows []DefinitionView
	for _, f := range []struct{ format, note string }{{"xlsx", v.L("web.registry.export-xlsx")}, {"csv", v.L("web.registry.export-csv")}, {"json", v.L("web.registry.export-json")}} {
		rows = append(rows, DefinitionView{Term: strings.ToUpper(f.format), Value: f.note, Why: Link{v.L("web.registry.download", strings.ToUpper(f.format)), "/institutions/export?" + set(values, "format", f.format)}})
	}
	b.Facts = rows
	v.Blocks = []blockView{b}
	return s.show(w, r, http.StatusOK, v)
}

// otherNames gives the names of institutions a record points to.
func (s *Server) otherNames(r *http.Request, by access.Actor, ids ...registry.ID) (out map[registry.ID]string, err error) {
	ids = slices.DeleteFunc(ids, func(id registry.ID) bool { return id == "" })
	if len(ids) == 0 {
		return nil, nil
	}
	err = s.DB.Read(r.Context(), func(tx *db.Tx) error {
		out, err = s.Registry.Names(tx, by, string(visitOf(r).lang), ids...)
		return err
	})
	return out, err
}
