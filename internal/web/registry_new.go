package web

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"kulla.dev/internal/access"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/marking"
	"kulla.dev/internal/registry"
)

// institutionNew asks for the least that is needed: somebody hit by an
// incident who is on no list stands in the register in under a minute.
func (s *Server) institutionNew(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	rec := registry.Record{Country: s.Pack.Code, Mark: marking.Of(marking.TLPAmber)}
	if name := r.URL.Query().Get("name"); name != "" {
		rec = registry.Named(s.recordLangs(s.base(r, by, ""))[0], name)
		rec.Country, rec.Mark = s.Pack.Code, marking.Of(marking.TLPAmber)
	}
	return s.showNew(w, r, by, http.StatusOK, rec, nil, nil)
}

func (s *Server) showNew(w http.ResponseWriter, r *http.Request, by access.Actor, status int, rec registry.Record, errs []FieldError, doubles []registry.Double) error {
	v := s.board(r, by, visitOf(r).lang.T("web.registry.new"))
	v.Path = "/institutions/new"
	v.banner(rec.Mark)
	v.Head.Trail = []Link{{v.L("web.registry.title"), "/institutions"}}
	v.Lead = v.L("web.registry.form.new-lead")
	f := s.quickForm(v.Base, rec)
	f.Action = "/institutions/new"
	f.Groups[0].Fields = append(f.Groups[0].Fields, markField(v.Base, rec.Mark))
	if len(doubles) > 0 {
		b := blockView{Card: CardView{Title: v.L("web.registry.form.doubles"), Tone: Warn}, Lead: v.L("web.registry.form.doubles-lead")}
		for _, d := range doubles {
			b.Facts = append(b.Facts, DefinitionView{Term: v.L("web.registry.form.double." + strings.ReplaceAll(d.By, "_", "-")), Why: Link{d.Name, "/institutions/" + string(d.ID)}})
		}
		v.Blocks = append(v.Blocks, b)
		f.Groups = append(f.Groups, boardGroup{Fields: []boardField{{Kind: tick, FieldView: FieldView{Name: "anyway", Label: v.L("web.registry.form.anyway"), NoDraft: true}}}})
	}
	f.Buttons = []ButtonView{{Text: v.L("web.registry.form.add"), Primary: true}, {Text: v.L("web.registry.form.cancel"), Href: "/institutions"}}
	f.wrong(holdingErrors(errs))
	v.Blocks = append(v.Blocks, blockView{Form: f})
	return s.show(w, r, status, v)
}

// quickForm asks for a name, a sector, whom to call and what is held: enough
// to begin with.
func (s *Server) quickForm(b Base, rec registry.Record) *boardForm {
	f := &boardForm{FormView: FormView{ID: "institution", Guard: true}}
	var n registry.Name
	if len(rec.Names) > 0 {
		n = rec.Names[0]
	}
	basics := boardGroup{Title: b.L("web.registry.form.basics")}
	for i, l := range s.recordLangs(b) {
		x := text(b, "names.0.text."+l, "web.registry.name", n.Text[l])
		x.Label = b.L("web.registry.form.name-in", langName(b, l))
		x.Required, x.Optional = i == 0, i > 0
		basics.Fields = append(basics.Fields, x)
	}
	number := text(b, "tax_id", "web.registry.tax-id", rec.TaxID)
	number.Short, number.Mono, number.Optional = true, true, true
	country := text(b, "country", "web.registry.country", rec.Country)
	country.Short, country.MaxLength = true, 2
	basics.Fields = append(basics.Fields, boardField{Kind: oneOf, Options: s.sectorOptions(b, rec.Sector.Code), FieldView: FieldView{Name: "sector", Label: b.L("web.registry.sector"), NoDraft: true}}, country, number)
	var c registry.Contact
	if len(rec.Contacts) > 0 {
		c = rec.Contacts[0]
	}
	contact := contactGroup(b, 0, c, false)
	contact.Title, contact.Fields = b.L("web.registry.duty-contact"), contact.Fields[:3]
	contact.Note = b.L("web.registry.form.contact-note")
	held := boardGroup{Title: b.L("web.registry.holdings"), Closed: true, Fields: []boardField{
		{Kind: lines, FieldView: FieldView{Name: "holdings", Label: b.L("web.registry.form.holdings"), Hint: b.L("web.registry.form.holdings-hint"), Value: holdingLines(rec), Mono: true, Optional: true, NoDraft: true}},
		{Kind: lines, FieldView: FieldView{Name: "note", Label: b.L("web.registry.note"), Value: rec.Note, Optional: true, NoDraft: true}}}}
	f.Groups = []boardGroup{basics, contact, held}
	return f
}

// quickRecord reads the quick form.
func (s *Server) quickRecord(b Base, r *http.Request) (registry.Record, error) {
	form := r.PostForm
	var f fault.Fields
	rec := registry.Record{Country: form.Get("country"), TaxID: form.Get("tax_id"), Note: form.Get("note"), Sector: registry.Coded{Code: form.Get("sector")}, Mark: marking.Of(marking.TLPAmber)}
	rec.Names = []registry.Name{{Text: putTexts(nil, form, "names.0.text.", s.recordLangs(b))}}
	if form.Has("mark") {
		t, err := marking.ParseTLP(form.Get("mark"))
		if err != nil {
			f.Add("mark", "fault.field.choice")
		}
		rec.Mark = marking.Of(t)
	}
	putHoldings(&rec, form.Get("holdings"))
	putContacts(&rec, form)
	for i := range rec.Contacts {
		if len(rec.Contacts[i].Roles) == 0 {
			rec.Contacts[i].Roles = []registry.ContactRole{registry.ContactSecurity}
		}
	}
	return rec, f.Err()
}

// institutionCreate registers it; where one of the same name or number is
// known, that one is shown first.
func (s *Server) institutionCreate(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	b := s.base(r, by, "")
	rec, err := s.quickRecord(b, r)
	var in registry.Institution
	if err == nil {
		in, err = s.Registry.Create(r.Context(), by, registry.Draft{Record: rec, Anyway: r.PostForm.Has("anyway")}, s.Now())
	}
	if err != nil {
		var doubles []registry.Double
		if _, ok := errors.AsType[*registry.Double](err); ok {
			if doubles, err = s.Registry.Doubles(r.Context(), by, rec, ""); err != nil {
				return err
			}
			return s.showNew(w, r, by, http.StatusConflict, rec, nil, doubles)
		}
		errs, status, ok := refused(b, err)
		if !ok {
			return err
		}
		return s.showNew(w, r, by, status, rec, errs, nil)
	}
	s.flash(w, Good, "web.registry.flash.added")
	return go303(w, r, "/institutions/"+string(in.ID))
}

// classifyPage asks for the class an infrastructure is put into.
func (s *Server) classifyPage(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	return s.showClassify(w, r, by, http.StatusOK, nil)
}

func (s *Server) showClassify(w http.ResponseWriter, r *http.Request, by access.Actor, status int, errs []FieldError) error {
	in, err := s.Registry.Get(r.Context(), by, registry.ID(r.PathValue("id")), s.Now())
	if err != nil {
		return err
	}
	if err := s.mayWrite(by, in); err != nil {
		return err
	}
	v := s.board(r, by, visitOf(r).lang.T("web.registry.classify"))
	v.Path = "/institutions/" + string(in.ID) + "/classify"
	v.banner(in.Mark)
	v.Head.Trail = []Link{{v.L("web.registry.title"), "/institutions"}, {in.NameOn(string(v.Lang), ""), "/institutions/" + string(in.ID)}}
	v.Head.TLP, v.Head.Chips = in.Mark.TLP.String(), []ChipView{s.classChip(v.Lang, in.Class)}
	v.Lead = v.L("web.registry.form.classify-lead")
	form := r.PostForm
	var infra []OptionView
	for _, x := range in.Infrastructures {
		name := x.ID
		if len(x.Name) > 0 {
			name = x.Name.In(string(v.Lang))
		} else if x.ID == "main" {
			name = v.L("web.registry.main")
		}
		infra = append(infra, OptionView{Value: x.ID, Text: name})
	}
	if len(infra) == 0 {
		infra = []OptionView{{Value: "main", Text: v.L("web.registry.main")}}
	}
	var classes []OptionView
	for _, c := range s.Pack.Classes {
		classes = append(classes, OptionView{Value: c.ID, Text: c.Title.In(string(v.Lang)), Hint: c.Note.In(string(v.Lang))})
	}
	from := day(v.Base, "from", "web.registry.form.class-from", registry.Day(orElse(form.Get("from"), string(registry.DayOf(s.Now().In(s.Zone))))))
	act := text(v.Base, "act", "web.registry.form.act", form.Get("act"))
	act.Hint = v.L("web.registry.form.act-hint")
	f := &boardForm{FormView: FormView{ID: "classify", Action: v.Path, Guard: true, Hidden: []HiddenField{{"version", orElse(form.Get("version"), strconv.Itoa(in.Version))}}},
		Groups: []boardGroup{{Fields: []boardField{
			{Kind: oneOf, Options: chosen(form.Get("infrastructure"), infra), FieldView: FieldView{Name: "infrastructure", Label: v.L("web.registry.infrastructure"), NoDraft: true}},
			{Kind: radios, Options: chosen(orElse(form.Get("class"), in.Class), classes), FieldView: FieldView{Name: "class", Label: v.L("web.registry.class"), Required: true, NoDraft: true}},
			from, act,
			{Kind: lines, FieldView: FieldView{Name: "reason", Label: v.L("web.registry.form.class-reason"), Value: form.Get("reason"), NoDraft: true}}}}},
		Buttons: []ButtonView{{Text: v.L("web.registry.form.classify-do"), Primary: true}, {Text: v.L("web.registry.form.cancel"), Href: "/institutions/" + string(in.ID)}}}
	f.wrong(errs)
	v.Blocks = []blockView{{Form: f}, s.infrastructureBlock(v.Base, in)}
	return s.show(w, r, status, v)
}

// classify puts an infrastructure into a class; history is added to.
func (s *Server) classify(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	form := r.PostForm
	version, err := strconv.Atoi(form.Get("version"))
	if err != nil {
		version = 0
	}
	in, err := s.Registry.Classify(r.Context(), by, registry.ID(r.PathValue("id")), version, registry.Listing{Infrastructure: form.Get("infrastructure"), Class: form.Get("class"),
		From: registry.Day(form.Get("from")), Act: form.Get("act"), Reason: form.Get("reason")}, s.Now())
	if err != nil {
		errs, status, ok := refused(s.base(r, by, ""), err)
		if !ok || fault.Is(err, fault.Denied) {
			return err
		}
		r.PostForm.Del("version") // the next try is on what stands now
		return s.showClassify(w, r, by, status, errs)
	}
	s.flash(w, Good, "web.registry.flash.classified", s.classChip(visitOf(r).lang, in.Class).Text)
	return go303(w, r, "/institutions/"+string(in.ID))
}
