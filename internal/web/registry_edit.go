package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"kulla.dev/internal/access"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/marking"
	"kulla.dev/internal/registry"
)

// putRecord reads the form over a record.
func (s *Server) putRecord(b Base, r registry.Record, form url.Values) (registry.Record, error) {
	var f fault.Fields
	langs := s.recordLangs(b)
	s.putName(b, &r, form, langs)
	r.Kind, r.Country, r.TaxID, r.LEI, r.Note = form.Get("kind"), form.Get("country"), form.Get("tax_id"), form.Get("lei"), form.Get("note")
	if form.Get("sector") != r.Sector.Code {
		r.Sector = registry.Coded{Code: form.Get("sector")}
	}
	today := registry.DayOf(s.Now().In(s.Zone))
	var kinds []registry.Kind
	for _, k := range r.Kinds {
		if k.To == "" && !slices.Contains(form["kinds"], k.ID) {
			k.To = today
		}
		kinds = append(kinds, k)
	}
	for _, id := range form["kinds"] {
		if !slices.ContainsFunc(r.Kinds, func(k registry.Kind) bool { return k.ID == id && k.To == "" }) {
			kinds = append(kinds, registry.Kind{ID: id, From: today})
		}
	}
	r.Kinds = kinds
	if form.Has("mark") {
		if t, err := marking.ParseTLP(form.Get("mark")); err == nil {
			r.Mark.TLP = t
		} else {
			f.Add("mark", "fault.field.choice")
		}
	}
	if form.Has("holdings") {
		putHoldings(&r, form.Get("holdings"))
	}
	putContacts(&r, form)
	s.putServices(&f, &r, form, langs)
	return r, f.Err()
}

// putName reads the name. With the day of a renaming the old name ends the
// day before and stays in the record.
func (s *Server) putName(b Base, r *registry.Record, form url.Values, langs []string) {
	newest := max(len(r.Names)-1, 0)
	at := "names." + strconv.Itoa(newest)
	r.Names = slices.Clone(r.Names)
	if len(r.Names) == 0 {
		r.Names = []registry.Name{{}}
	}
	was := r.Names[newest]
	n := was
	n.Text, n.Short = putTexts(was.Text, form, at+".text.", langs), putTexts(was.Short, form, at+".short.", langs)
	if from := registry.Day(form.Get("renamed")); from != "" {
		if t, err := dayTime(from); err == nil {
			r.Names[newest].To = registry.DayOf(t.AddDate(0, 0, -1))
		}
		n.From, n.To = from, ""
		r.Names = append(r.Names, n)
		return
	}
	r.Names[newest] = n
}

// putContacts reads the contacts; one without name, mail and phone is gone.
func putContacts(r *registry.Record, form url.Values) {
	was := r.Contacts
	var out []registry.Contact
	for i := 0; i < 200 && form.Has("contacts."+strconv.Itoa(i)+".name"); i++ {
		at := "contacts." + strconv.Itoa(i) + "."
		c := registry.Contact{}
		if i < len(was) {
			c = was[i]
		}
		c.Name, c.Phone, c.Mail, c.Key, c.AllDay = strings.TrimSpace(form.Get(at+"name")), strings.TrimSpace(form.Get(at+"phone")), strings.TrimSpace(form.Get(at+"mail")), form.Get(at+"key"), form.Has(at+"all_day")
		c.Roles = nil
		for _, role := range form[at+"roles"] {
			c.Roles = append(c.Roles, registry.ContactRole(role))
		}
		if c.Name != "" || c.Phone != "" || c.Mail != "" {
			out = append(out, c)
		}
	}
	r.Contacts = out
}

// putServices reads the services; one without a name in any language is gone.
func (s *Server) putServices(f *fault.Fields, r *registry.Record, form url.Values, langs []string) {
	was := r.Services
	var out []registry.Service
	for i := 0; i < 500 && form.Has("services."+strconv.Itoa(i)+".users"); i++ {
		at := "services." + strconv.Itoa(i) + "."
		x := registry.Service{}
		if i < len(was) {
			x = was[i]
		}
		x.Name = putTexts(x.Name, form, at+"name.", langs)
		named := false
		for _, t := range x.Name {
			named = named || strings.TrimSpace(t) != ""
		}
		if !named {
			continue
		}
		x.Users = 0
		if t := strings.NewReplacer(" ", "", ".", "", ",", "", "\u00a0", "").Replace(form.Get(at + "users")); t != "" {
			n, err := strconv.ParseInt(t, 10, 64)
			if err != nil {
				f.Add(at+"users", "fault.field.number")
			}
			x.Users = n
		}
		if form.Get(at+"sector") != x.Sector.Code {
			x.Sector = registry.Coded{Code: form.Get(at + "sector")}
		}
		x.Area, x.Critical, x.Infrastructure = form.Get(at+"area"), form.Has(at+"critical"), form.Get(at+"infrastructure")
		x.From, x.To = registry.Day(form.Get(at+"from")), registry.Day(form.Get(at+"to"))
		x.Needs = parseNeeds(f, at+"needs", form.Get(at+"needs"))
		out = append(out, x)
	}
	r.Services = out
}

// recordForm asks for a whole record.
func (s *Server) recordForm(b Base, r registry.Record, desk bool) *boardForm {
	f := &boardForm{FormView: FormView{ID: "institution", Guard: true}, Groups: []boardGroup{s.basicsGroup(b, r)}}
	if desk {
		f.Groups[0].Fields = append(f.Groups[0].Fields, markField(b, r.Mark))
	}
	for i, c := range r.Contacts {
		f.Groups = append(f.Groups, contactGroup(b, i, c, i > 0))
	}
	f.Groups = append(f.Groups, contactGroup(b, len(r.Contacts), registry.Contact{}, len(r.Contacts) > 0))
	f.Groups = append(f.Groups, boardGroup{Title: b.L("web.registry.holdings"), Note: b.L("web.registry.form.holdings-note"), Fields: []boardField{
		{Kind: lines, FieldView: FieldView{Name: "holdings", Label: b.L("web.registry.form.holdings"), Hint: b.L("web.registry.form.holdings-hint"), Value: holdingLines(r), Mono: true, Rows: 5, Optional: true, NoDraft: true}}}})
	for i, x := range r.Services {
		f.Groups = append(f.Groups, s.serviceGroup(b, i, x, r.Infrastructures))
	}
	f.Groups = append(f.Groups, s.serviceGroup(b, len(r.Services), registry.Service{}, r.Infrastructures))
	return f
}

// renamedErrors gives errors of networks and domains to the one question that
// asks for both.
func holdingErrors(errs []FieldError) []FieldError {
	for i := range errs {
		if strings.HasPrefix(errs[i].Name, "networks.") || strings.HasPrefix(errs[i].Name, "domains.") {
			errs[i].Name = "holdings"
		}
	}
	return errs
}

// institutionEdit asks for changes: people of the desk change, an
// institution's own officers propose.
func (s *Server) institutionEdit(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	in, err := s.Registry.Get(r.Context(), by, registry.ID(r.PathValue("id")), s.Now())
	if err != nil {
		return err
	}
	return s.showEdit(w, r, by, http.StatusOK, in, in.Record, in.Version, nil, nil)
}

func (s *Server) mayWrite(by access.Actor, in registry.Institution) error {
	return access.MayOn(by, "registry.write", access.Object{Owner: string(in.ID), Mark: in.Mark})
}

func (s *Server) showEdit(w http.ResponseWriter, r *http.Request, by access.Actor, status int, in registry.Institution, rec registry.Record, version int, errs []FieldError, clash *registry.Clash) error {
	desk := s.mayWrite(by, in) == nil
	if !desk {
		if err := access.MayOn(by, "registry.propose", access.Object{Owner: string(in.ID), Mark: in.Mark}); err != nil {
			return err
		}
	}
	name := in.NameOn(string(visitOf(r).lang), "")
	title := visitOf(r).lang.T("web.registry.propose")
	if desk {
		title = visitOf(r).lang.T("web.registry.change")
	}
	v := s.board(r, by, title)
	v.Path = "/institutions/" + string(in.ID) + "/edit"
	v.banner(in.Mark, rec.Mark)
	v.Head.Trail = []Link{{v.L("web.registry.title"), "/institutions"}, {name, "/institutions/" + string(in.ID)}}
	v.Head.TLP = in.Mark.TLP.String()
	if clash != nil {
		v.Notes = []FlashView{{Tone: Warn, Title: v.L("registry.stale"), Text: v.L("web.registry.form.clash-text")}}
		b := blockView{Card: CardView{Title: v.L("web.registry.form.clash"), Tone: Warn}, Diff: s.registryDiff(v.Base, clash.Other)}
		b.Diff.Before, b.Diff.After = v.L("web.registry.form.when-you-began"), v.L("web.registry.form.now")
		mine := blockView{Card: CardView{Title: v.L("web.registry.form.yours")}, Diff: s.registryDiff(v.Base, clash.Mine)}
		if len(clash.Both) > 0 {
			var both []string
			for _, x := range clash.Both {
				both = append(both, s.fieldText(v.Base, x))
			}
			mine.Lead = v.L("web.registry.form.both", v.Lang.List(both...))
		}
		v.Blocks = append(v.Blocks, b, mine)
	}
	f := s.recordForm(v.Base, rec, desk)
	f.Action = v.Path
	f.Hidden = []HiddenField{{"version", strconv.Itoa(version)}}
	why := boardField{FieldView: FieldView{Name: "reason", Label: v.L("web.registry.form.reason"), Hint: v.L("web.registry.form.reason-hint"), Value: r.PostForm.Get("reason"), NoDraft: true}}
	button := ButtonView{Text: v.L("web.registry.form.save"), Primary: true}
	if !desk {
		v.Lead = v.L("web.registry.form.propose-lead")
		button.Text = v.L("web.registry.form.propose")
	}
	f.Groups = append(f.Groups, boardGroup{Fields: []boardField{why}})
	f.Buttons = []ButtonView{button, {Text: v.L("web.registry.form.cancel"), Href: "/institutions/" + string(in.ID)}}
	f.wrong(holdingErrors(errs))
	v.Blocks = append(v.Blocks, blockView{Form: f})
	return s.show(w, r, status, v)
}

// institutionSave changes the record, or proposes the change.
func (s *Server) institutionSave(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	in, err := s.Registry.Get(r.Context(), by, registry.ID(r.PathValue("id")), s.Now())
	if err != nil {
		return err
	}
	version, err := strconv.Atoi(r.PostForm.Get("version"))
	if err != nil {
		version = 0
	}
	base := in.Record
	if version != in.Version { // read the form over what it was made of
		if base, err = s.recordAt(r, by, in.ID, version, in.Record); err != nil {
			return err
		}
	}
	rec, err := s.putRecord(s.base(r, by, ""), base, r.PostForm)
	again := func(err error) error {
		errs, status, ok := refused(s.base(r, by, ""), err)
		if !ok || fault.Is(err, fault.Denied) {
			return err
		}
		return s.showEdit(w, r, by, status, in, rec, version, errs, nil)
	}
	if err != nil {
		return again(err)
	}
	reason := r.PostForm.Get("reason")
	if s.mayWrite(by, in) != nil {
		p, err := s.Registry.Propose(r.Context(), by, in.ID, version, rec, reason, s.Now())
		if err != nil {
			return again(err)
		}
		s.flash(w, Good, "web.registry.flash.proposed")
		return go303(w, r, "/proposals/"+p.ID)
	}
	if _, err = s.Registry.Change(r.Context(), by, in.ID, version, rec, reason, s.Now()); err != nil {
		if clash, ok := errors.AsType[*registry.Clash](err); ok {
			return s.showEdit(w, r, by, http.StatusConflict, in, clash.Merged, clash.Theirs.Version, nil, clash)
		}
		return again(err)
	}
	s.flash(w, Good, "web.flash.saved")
	return go303(w, r, "/institutions/"+string(in.ID))
}

// recordAt gives the record a form was made of.
func (s *Server) recordAt(r *http.Request, by access.Actor, id registry.ID, version int, now registry.Record) (registry.Record, error) {
	list, err := s.Registry.History(r.Context(), by, id, s.Now())
	for _, x := range list {
		if x.Number == version {
			return x.Record, err
		}
	}
	return now, err
}
