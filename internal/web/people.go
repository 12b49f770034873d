package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"kulla.dev/internal/access"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/i18n"
	"kulla.dev/internal/marking"
	"kulla.dev/internal/registry"
)

const peoplePageSize = 50

// peopleList shows the people the actor manages or may see.
func (s *Server) peopleList(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	q := r.URL.Query()
	people, err := s.Access.People(r.Context(), by, access.Query{Text: q.Get("q"), Institution: q.Get("institution"), After: q.Get("after"), Limit: peoplePageSize + 1})
	if err != nil {
		return err
	}
	v := s.board(r, by, visitOf(r).lang.T("web.people.title"))
	v.banner(inHouse())
	if access.May(by, "access.write") == nil {
		v.Actions = []ButtonView{{Text: v.L("web.people.invite"), Href: "/people/new", Primary: true}}
	}
	v.Filters = FilterView{Action: "/people", Label: v.L("web.people.filter"), Search: FieldView{Name: "q", Label: v.L("web.people.search"), Value: q.Get("q")}}
	if q.Get("q") != "" || q.Get("institution") != "" {
		v.Filters.Clear, v.Filters.Active = "/people", []Link{}
	}
	if id := q.Get("institution"); id != "" {
		v.Filters.Active = []Link{{s.institutionName(id, v.Lang), "/people?q=" + queryEscape(q.Get("q"))}}
	}
	b := blockView{Card: CardView{Title: v.L("web.people.title")}}
	more := len(people) > peoplePageSize
	if more {
		people = people[:peoplePageSize]
	}
	b.Table = TableView{Caption: v.L("web.people.title"), Keys: true, Empty: EmptyView{Title: v.L("web.people.none")}, Columns: []ColumnView{
		{Title: v.L("web.people.name"), Main: true}, {Title: v.L("web.people.works")}, {Title: v.L("web.people.clearance")}, {Title: v.L("web.people.state")}}}
	names := map[string]string{}
	for _, p := range people {
		b.Table.Rows = append(b.Table.Rows, RowView{ID: "person-" + p.ID, Cells: []CellView{{Text: p.Name, Sub: p.Email, Href: "/people/" + p.ID},
			{Text: strings.Join(s.memberTexts(v.Base, p, names), "; ")}, {Text: clearanceWord(p.Clearance)}, {Body: Chip(personState(v.Base, p))}}})
	}
	if more || q.Get("after") != "" {
		b.Page = PageView{Shown: v.L("web.desk.shown", len(people))}
		rest := url.Values{"q": q["q"], "institution": q["institution"]}
		if q.Get("after") != "" {
			b.Page.First = "/people?" + rest.Encode()
		}
		if more {
			rest.Set("after", people[len(people)-1].ID)
			b.Page.Next = "/people?" + rest.Encode()
		}
	}
	v.Blocks = []blockView{b}
	return s.show(w, r, http.StatusOK, v)
}

// memberTexts says the person's roles, institution by institution; names are
// kept over the rows of a list.
func (s *Server) memberTexts(b Base, p access.Person, names map[string]string) []string {
	var out []string
	for _, id := range p.Institutions() {
		if _, ok := names[id]; !ok {
			names[id] = s.institutionName(id, b.Lang)
		}
		var roles []string
		for _, role := range p.Roles(id) {
			roles = append(roles, b.L("access.role."+string(role)))
		}
		out = append(out, names[id]+": "+strings.Join(roles, ", "))
	}
	return out
}

func personState(b Base, p access.Person) ChipView {
	switch {
	case !p.Active:
		return ChipView{Text: b.L("web.people.state.out"), Tone: Bad}
	case !p.Password:
		return ChipView{Text: b.L("web.people.state.invited"), Tone: Info}
	case !p.Second:
		return ChipView{Text: b.L("web.people.state.no-second"), Tone: Warn}
	}
	return ChipView{Text: b.L("web.people.state.in"), Tone: Good}
}

// personNew asks for a new person.
func (s *Server) personNew(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	in := access.Draft{Clearance: access.Clearance{TLP: marking.TLPAmberStrict}}
	if access.ReachOf(by, "access.write") != access.ReachDesk {
		in.Clearance.TLP = min(in.Clearance.TLP, by.Clearance.TLP)
	}
	return s.showNewPerson(w, r, by, http.StatusOK, in, nil)
}

func (s *Server) showNewPerson(w http.ResponseWriter, r *http.Request, by access.Actor, status int, in access.Draft, errs []FieldError) error {
	v := s.board(r, by, visitOf(r).lang.T("web.people.invite"))
	v.Path = "/people/new"
	v.banner(inHouse())
	v.Head.Trail = []Link{{v.L("web.people.title"), "/people"}}
	v.Lead = v.L("web.people.invite-lead")
	f := s.personForm(r, v.Base, by, in, access.Person{})
	f.Action, f.Buttons = "/people/new", []ButtonView{{Text: v.L("web.people.invite-do"), Primary: true}}
	f.wrong(errs)
	v.Blocks = []blockView{{Form: f}}
	return s.show(w, r, status, v)
}

// personForm asks for everything a person is. Roles held stand as ticks, a new
// one is chosen below them.
func (s *Server) personForm(r *http.Request, b Base, by access.Actor, in access.Draft, p access.Person) *boardForm {
	f := &boardForm{FormView: FormView{ID: "person", Guard: true}}
	who := []boardField{
		{FieldView: FieldView{Name: "name", Label: b.L("web.people.name"), Value: in.Name, Required: true, NoDraft: true}},
		{FieldView: FieldView{Name: "email", Label: b.L("web.people.email"), Hint: b.L("web.people.email-hint"), Type: "email", Value: in.Email, Required: true, NoDraft: true}},
		{FieldView: FieldView{Name: "phone", Label: b.L("web.people.phone"), Type: "tel", Value: in.Phone, Optional: true, NoDraft: true}},
	}
	var langs []OptionView
	for _, l := range s.Languages {
		langs = append(langs, OptionView{Value: string(l), Text: l.T("i18n.language.name"), Selected: len(in.Languages) > 0 && in.Languages[0] == string(l)})
	}
	who = append(who, boardField{Kind: oneOf, Options: langs, FieldView: FieldView{Name: "languages", Label: b.L("web.people.language"), NoDraft: true, Short: true}})
	var held []OptionView
	for _, m := range append(slices.Clone(in.Members), p.Members...) {
		value := m.Institution + "|" + string(m.Role)
		if !slices.ContainsFunc(held, func(o OptionView) bool { return o.Value == value }) {
			held = append(held, OptionView{Value: value, Text: b.L("access.role." + string(m.Role)), Hint: s.institutionName(m.Institution, b.Lang),
				Selected: slices.ContainsFunc(in.Members, func(x access.Membership) bool { return x.Institution == m.Institution && x.Role == m.Role })})
		}
	}
	var roles []boardField
	if len(held) > 0 {
		roles = append(roles, boardField{Kind: checks, Options: held, FieldView: FieldView{Name: "members", Label: b.L("web.people.roles"), Hint: b.L("web.people.roles-hint"), NoDraft: true}})
	}
	give := []OptionView{{Value: "", Text: b.L("web.people.no-role")}}
	for _, role := range access.Roles() {
		if access.MayGrant(by, role, by.Institution) == nil || access.ReachOf(by, access.Permission("role."+string(role))) == access.ReachDesk {
			give = append(give, OptionView{Value: string(role), Text: b.L("access.role." + string(role)), Selected: r.PostForm.Get("role") == string(role)})
		}
	}
	institution := r.PostForm.Get("institution")
	if institution == "" {
		institution = by.Institution
	}
	place := FieldView{Name: "institution", Label: b.L("web.people.institution"), Hint: b.L("web.people.institution-hint"), Value: institution, Suggest: "/people/institutions", NoDraft: true}
	if access.ReachOf(by, "access.write") == access.ReachDesk {
		roles = append(roles, boardField{FieldView: place})
	}
	roles = append(roles, boardField{Kind: oneOf, Options: give, FieldView: FieldView{Name: "role", Label: b.L("web.people.role"), NoDraft: true, Short: true}})
	var tlps []OptionView
	for _, t := range []marking.TLP{marking.TLPClear, marking.TLPGreen, marking.TLPAmber, marking.TLPAmberStrict, marking.TLPRed} {
		tlps = append(tlps, OptionView{Value: t.String(), Text: t.String(), Selected: t == in.Clearance.TLP})
	}
	clear := []boardField{{Kind: oneOf, Options: tlps, FieldView: FieldView{Name: "clearance", Label: b.L("web.people.tlp"), NoDraft: true, Short: true}}}
	for _, system := range s.Access.Table().Systems {
		levels := []OptionView{{Value: "0", Text: b.L("web.people.no-level")}}
		for rank, l := range system.Levels {
			levels = append(levels, OptionView{Value: itoa(rank + 1), Text: levelText(l, b.Lang), Selected: rankOf(in.Clearance, system.ID) == rank+1})
		}
		clear = append(clear, boardField{Kind: oneOf, Options: levels, FieldView: FieldView{Name: "level." + system.ID, Label: b.L("web.people.level", strings.ToUpper(system.ID)), NoDraft: true, Short: true}})
	}
	f.Groups = []boardGroup{{Title: b.L("web.people.who"), Fields: who}, {Title: b.L("web.people.works"), Fields: roles}, {Title: b.L("web.people.clearance"), Note: b.L("web.people.clearance-note"), Fields: clear}}
	if !s.proven(by) {
		f.Groups = append(f.Groups, boardGroup{Title: b.L("web.proof.title"), Fields: []boardField{proofField(b)}})
	}
	return f
}

func levelText(l marking.LevelName, lang i18n.Lang) string {
	if t := l.Text[string(lang)]; t != "" {
		return t
	}
	return l.Code
}

func rankOf(c access.Clearance, system string) int {
	for _, l := range c.Levels {
		if l.System == system {
			return l.Rank
		}
	}
	return 0
}

// personDraft reads the form over what the person is: what the form does not
// ask stays.
func (s *Server) personDraft(r *http.Request, by access.Actor, was access.Person) (access.Draft, error) {
	form := r.PostForm
	in := access.Draft{Name: form.Get("name"), Email: form.Get("email"), Phone: form.Get("phone"), Clearance: was.Clearance}
	if l := form.Get("languages"); l != "" {
		in.Languages = append([]string{l}, slices.DeleteFunc(slices.Clone(was.Languages), func(x string) bool { return x == l })...)
	}
	var f fault.Fields
	for _, v := range form["members"] {
		institution, role, _ := strings.Cut(v, "|")
		m := access.Membership{Institution: institution, Role: access.Role(role)}
		for _, x := range was.Members {
			if x.Institution == m.Institution && x.Role == m.Role {
				m.Within, m.Since = x.Within, x.Since
			}
		}
		in.Members = append(in.Members, m)
	}
	if role := access.Role(form.Get("role")); role != "" {
		id := by.Institution
		if access.ReachOf(by, "access.write") == access.ReachDesk {
			found, ok, err := s.institutionFor(r, by, form.Get("institution"))
			if err != nil {
				return in, err
			}
			if !ok {
				f.Add("institution", "web.people.institution-unknown")
			}
			id = found
		}
		in.Members = append(in.Members, access.Membership{Institution: id, Role: role})
	}
	tlp, err := marking.ParseTLP(form.Get("clearance"))
	if err != nil {
		f.Add("clearance", "fault.field.choice")
	}
	in.Clearance.TLP = tlp
	var levels []marking.Level
	for _, system := range s.Access.Table().Systems {
		for rank := range system.Levels {
			if form.Get("level."+system.ID) == itoa(rank+1) {
				levels = append(levels, marking.Level{System: system.ID, Rank: rank + 1})
			}
		}
	}
	in.Clearance.Levels = levels
	if was.ID == "" {
		in.Clearance.Nations = []string{s.Pack.Code}
	}
	return in, f.Err()
}

// institutionFor finds the institution a role is given at by its id or its
// whole name. Whoever manages people need not read the register, but learns
// of no institution above their clearance.
func (s *Server) institutionFor(r *http.Request, by access.Actor, text string) (id string, ok bool, err error) {
	text = strings.TrimSpace(text)
	err = s.DB.Read(r.Context(), func(tx *db.Tx) error {
		in, found, err := s.Registry.Find(tx, registry.ID(text))
		if found && (in.ID == registry.ID(by.Institution) || marking.MayRead(by.Reader(), in.Mark)) {
			id, ok = string(in.ID), true
		}
		return err
	})
	if err != nil || ok {
		return id, ok, err
	}
	list, err := s.institutionsFor(r, by, text)
	if err != nil || len(list) != 1 {
		return "", false, err
	}
	return list[0].Value, true, nil
}

type suggestion struct {
	Value string `json:"value"`
	Label string `json:"label,omitempty"`
	Note  string `json:"note,omitempty"`
}

func (s *Server) institutionsFor(r *http.Request, by access.Actor, text string) ([]suggestion, error) {
	out := []suggestion{}
	if strings.TrimSpace(text) == "" {
		return out, nil
	}
	p, err := s.Registry.List(r.Context(), access.System("web", "registry.read"), registry.Query{Text: text, Limit: 20})
	if err != nil {
		return nil, err
	}
	lang := string(visitOf(r).lang)
	for _, x := range p.Items {
		if string(x.ID) == by.Institution || marking.MayRead(by.Reader(), x.Record.Mark) {
			out = append(out, suggestion{string(x.ID), x.Record.NameOn(lang, ""), x.Record.ShortOn(lang, "")})
		}
	}
	return out, nil
}

// peopleInstitutions suggests institutions to give a role at.
func (s *Server) peopleInstitutions(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	list := []suggestion{}
	var err error
	if access.ReachOf(by, "access.write") == access.ReachDesk {
		list, err = s.institutionsFor(r, by, r.URL.Query().Get("q"))
	}
	if err != nil {
		return err
	}
	return writeJSON(w, list)
}

// personInvite makes a person and mails them the way in.
func (s *Server) personInvite(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	in, err := s.personDraft(r, by, access.Person{})
	again := func(err error) error {
		errs, status, ok := refused(s.base(r, by, ""), err)
		if !ok {
			return err
		}
		return s.showNewPerson(w, r, by, status, in, errs)
	}
	if err != nil {
		return again(err)
	}
	if by, err = s.prove(r, by); err != nil {
		return again(err)
	}
	p, link, err := s.Access.Invite(r.Context(), by, in, s.Now())
	if err != nil {
		return again(err)
	}
	if err := s.sendLink(r.Context(), link); err != nil {
		return err
	}
	s.flash(w, Good, "web.people.flash.invited", p.Name)
	return go303(w, r, "/people/"+p.ID)
}
