package web

import (
	"net/http"
	"strconv"

	"kulla.dev/internal/access"
)

func (s *Server) personPage(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	p, err := s.Access.PersonByID(r.Context(), by, r.PathValue("id"))
	if err != nil {
		return err
	}
	return s.showPerson(w, r, by, http.StatusOK, p, draftOf(p), nil, nil)
}

func draftOf(p access.Person) access.Draft {
	return access.Draft{Name: p.Name, Email: p.Email, Phone: p.Phone, Languages: p.Languages, Members: p.Members, Clearance: p.Clearance}
}

// showPerson is the page of one person; in is what the form holds, errs what
// is wrong with it, other what another act on the page was refused for.
func (s *Server) showPerson(w http.ResponseWriter, r *http.Request, by access.Actor, status int, p access.Person, in access.Draft, errs, other []FieldError) error {
	v := s.board(r, by, p.Name)
	v.Path = "/people/" + p.ID
	v.banner(inHouse())
	v.Head.Trail, v.Head.Chips = []Link{{v.L("web.people.title"), "/people"}}, []ChipView{personState(v.Base, p)}
	facts := []DefinitionView{{Term: v.L("web.people.email"), Value: p.Email}, {Term: v.L("web.people.phone"), Value: orElse(p.Phone, "–")}}
	for _, t := range s.memberTexts(v.Base, p, map[string]string{}) {
		facts = append(facts, DefinitionView{Term: v.L("web.people.works"), Value: t})
	}
	second := v.L("web.people.second-no")
	if p.Second {
		second = v.L("web.people.second-yes")
	}
	facts = append(facts, DefinitionView{Term: v.L("web.people.clearance"), Value: clearanceWord(p.Clearance)}, DefinitionView{Term: v.L("web.people.second"), Value: second},
		DefinitionView{Term: v.L("web.people.since"), Value: s.when(v.Lang, p.Created)})
	if access.May(by, "audit.read") == nil {
		facts = append(facts, DefinitionView{Term: v.L("web.people.acts"), Why: Link{v.L("web.people.acts-see"), "/audit?actor=" + p.ID}})
	}
	about := blockView{Card: CardView{Title: v.L("web.people.about"), Span: 7}, Facts: facts}
	if access.May(by, "access.write") != nil {
		v.Blocks = []blockView{about}
		return s.show(w, r, status, v)
	}
	f := s.personForm(r, v.Base, by, in, p)
	f.Action, f.Buttons = "/people/"+p.ID, []ButtonView{{Text: v.L("web.people.save"), Primary: true}}
	f.Hidden = []HiddenField{{"version", itoa(p.Version)}}
	f.wrong(errs)
	v.Blocks = []blockView{about, s.personActs(v.Base, by, p, other), {Card: CardView{Title: v.L("web.people.change")}, Form: f}}
	return s.show(w, r, status, v)
}

// personActs offers what keeps a person in or out; one form, a button for each
// act.
func (s *Server) personActs(b Base, by access.Actor, p access.Person, errs []FieldError) blockView {
	at := "/people/" + p.ID
	f := &boardForm{FormView: FormView{ID: "acts", Action: at + "/reset"}}
	var fields []boardField
	if p.Second {
		fields = append(fields, boardField{Kind: tick, FieldView: FieldView{Name: "second", Label: b.L("web.people.drop-second"), Hint: b.L("web.people.drop-second-hint"), NoDraft: true}})
	}
	if !s.proven(by) {
		x := proofField(b)
		x.Name, x.Label = "acts-proof", b.L("web.proof.proof")
		fields = append(fields, x)
	}
	if len(fields) > 0 {
		f.Groups = []boardGroup{{Fields: fields}}
	}
	f.Buttons = []ButtonView{{Text: b.L("web.people.reset")}, {Text: b.L("web.people.end"), Action: at + "/end"}}
	if p.Active {
		f.Buttons = append(f.Buttons, ButtonView{Text: b.L("web.people.deactivate"), Action: at + "/active", Name: "active", Value: "no", Danger: true})
	} else {
		f.Buttons = append(f.Buttons, ButtonView{Text: b.L("web.people.activate"), Action: at + "/active", Name: "active", Value: "yes"})
	}
	f.wrong(errs)
	return blockView{Card: CardView{ID: "access", Title: b.L("web.people.access"), Span: 5}, Lead: b.L("web.people.access-lead"), Form: f}
}

// personChange replaces what a person is by the form.
func (s *Server) personChange(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	p, err := s.Access.PersonByID(r.Context(), by, r.PathValue("id"))
	if err != nil {
		return err
	}
	in, err := s.personDraft(r, by, p)
	again := func(err error) error {
		errs, status, ok := refused(s.base(r, by, ""), err)
		if !ok {
			return err
		}
		return s.showPerson(w, r, by, status, p, in, errs, nil)
	}
	if err != nil {
		return again(err)
	}
	version, err := strconv.Atoi(r.PostForm.Get("version"))
	if err != nil {
		version = 0 // no version that was ever looked at: Stale
	}
	if by, err = s.prove(r, by); err != nil {
		return again(err)
	}
	if _, err := s.Access.Change(r.Context(), by, p.ID, version, in, s.Now()); err != nil {
		return again(err)
	}
	s.flash(w, Good, "web.flash.saved")
	return go303(w, r, "/people/"+p.ID)
}

// personAct does one of the acts beside the form, after the proof it needs.
func (s *Server) personAct(act func(*http.Request, access.Actor, access.Person) (flash string, err error)) handler {
	return func(w http.ResponseWriter, r *http.Request, by access.Actor) error {
		if err := r.ParseForm(); err != nil {
			return formError(err)
		}
		p, err := s.Access.PersonByID(r.Context(), by, r.PathValue("id"))
		if err != nil {
			return err
		}
		r.PostForm.Set("proof", r.PostForm.Get("acts-proof"))
		flash := ""
		if by, err = s.prove(r, by); err == nil {
			flash, err = act(r, by, p)
		}
		if err != nil {
			errs, status, ok := refused(s.base(r, by, ""), err)
			if !ok {
				return err
			}
			for i := range errs {
				if errs[i].Name == "proof" {
					errs[i].Name = "acts-proof"
				}
			}
			return s.showPerson(w, r, by, status, p, draftOf(p), nil, errs)
		}
		s.flash(w, Good, flash, p.Name)
		return go303(w, r, "/people/"+p.ID)
	}
}

func (s *Server) resetPerson(r *http.Request, by access.Actor, p access.Person) (string, error) {
	l, err := s.Access.Reset(r.Context(), by, p.ID, r.PostForm.Has("second"), s.Now())
	if err != nil {
		return "", err
	}
	return "web.people.flash.reset", s.sendLink(r.Context(), l)
}

func (s *Server) endPerson(r *http.Request, by access.Actor, p access.Person) (string, error) {
	return "web.people.flash.ended", s.Access.EndSessions(r.Context(), by, p.ID, s.Now())
}

func (s *Server) activatePerson(r *http.Request, by access.Actor, p access.Person) (string, error) {
	active := r.PostForm.Get("active") == "yes"
	flash := "web.people.flash.out"
	if active {
		flash = "web.people.flash.in"
	}
	return flash, s.Access.SetActive(r.Context(), by, p.ID, active, s.Now())
}
