package web

import (
	"net/http"
	"slices"
	"sync"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/marking"
	"kulla.dev/internal/registry"
)

// strangers limits how many registrations an address may hand in on this
// node: six in an hour. The zero value is ready; it forgets what is older.
type strangers struct {
	mu   sync.Mutex
	seen map[string][]time.Time
}

const (
	strangerMost = 6
	strangerIn   = time.Hour
)

// pass says whether the address may hand one in now.
func (x *strangers) pass(addr string, now time.Time) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	recent := slices.DeleteFunc(x.seen[addr], func(t time.Time) bool { return now.Sub(t) >= strangerIn })
	if len(recent) == 0 {
		delete(x.seen, addr)
		return true
	}
	x.seen[addr] = recent
	return len(recent) < strangerMost
}

// took notes that one was taken.
func (x *strangers) took(addr string, now time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.seen == nil || len(x.seen) >= 10_000 {
		x.seen = map[string][]time.Time{}
	}
	x.seen[addr] = append(x.seen[addr], now)
}

// registerPage lets an institution that nobody has registered ask for it.
func (s *Server) registerPage(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	return s.showRegister(w, r, by, http.StatusOK, registry.Application{Record: registry.Record{Country: s.Pack.Code}}, nil)
}

func (s *Server) showRegister(w http.ResponseWriter, r *http.Request, by access.Actor, status int, in registry.Application, errs []FieldError) error {
	v := s.board(r, access.Actor{}, visitOf(r).lang.T("web.registry.register.title"))
	v.Path = "/register"
	v.banner(marking.Public())
	v.Lead = v.L("web.registry.register.lead")
	f := s.quickForm(v.Base, in.Record)
	f.Action = "/register"
	you := boardGroup{Title: v.L("web.registry.register.you"), Note: v.L("web.registry.register.you-note")}
	name := text(v.Base, "applicant.name", "web.registry.register.name", in.Applicant.Name)
	name.Required, name.Autocomplete = true, "name"
	position := text(v.Base, "applicant.position", "web.registry.register.position", in.Applicant.Position)
	position.Optional, position.Autocomplete = true, "organization-title"
	mail := text(v.Base, "applicant.mail", "web.registry.mail", in.Applicant.Mail)
	mail.Required, mail.Type, mail.Autocomplete, mail.Hint = true, "email", "email", v.L("web.registry.register.mail-hint")
	phone := text(v.Base, "applicant.phone", "web.registry.phone", in.Applicant.Phone)
	phone.Type, phone.Autocomplete, phone.Optional = "tel", "tel", true
	you.Fields = []boardField{name, position, mail, phone, {Kind: lines, FieldView: FieldView{Name: "note", Label: v.L("web.registry.register.note"), Value: in.Note, Optional: true, NoDraft: true}}}
	f.Groups[2].Fields = f.Groups[2].Fields[:1] // the note of a record is the desk's own
	f.Groups = append(f.Groups, you)
	f.Buttons = []ButtonView{{Text: v.L("web.registry.register.do"), Primary: true}}
	f.wrong(holdingErrors(errs))
	v.Blocks = []blockView{{Form: f}}
	return s.show(w, r, status, v)
}

// registerBy takes registrations, as often as seen lets them pass.
func (s *Server) registerBy(seen *strangers) handler {
	return func(w http.ResponseWriter, r *http.Request, by access.Actor) error {
		if !seen.pass(s.addr(r), s.Now()) {
			return fault.New(fault.Limited, "web.registry.register.limited")
		}
		return s.register(w, r, by, seen)
	}
}

// register takes the registration; the answer is the same whether the
// institution is known or not.
func (s *Server) register(w http.ResponseWriter, r *http.Request, by access.Actor, seen *strangers) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	b := s.base(r, access.Actor{}, "")
	rec, err := s.quickRecord(b, r)
	form := r.PostForm
	rec.Note = ""
	in := registry.Application{Record: rec, Note: form.Get("note"), Applicant: registry.Applicant{Name: form.Get("applicant.name"), Mail: form.Get("applicant.mail"),
		Phone: form.Get("applicant.phone"), Position: form.Get("applicant.position"), Language: string(b.Lang)}}
	if err == nil {
		_, err = s.Registry.Register(r.Context(), in, s.Now())
	}
	if err != nil {
		errs, status, ok := refused(b, err)
		if !ok {
			return err
		}
		return s.showRegister(w, r, by, status, in, errs)
	}
	seen.took(s.addr(r), s.Now())
	return go303(w, r, "/register/done")
}

func (s *Server) registerDone(w http.ResponseWriter, r *http.Request, _ access.Actor) error {
	v := s.board(r, access.Actor{}, visitOf(r).lang.T("web.registry.register.done"))
	v.Path = "/register/done"
	v.banner(marking.Public())
	v.Notes = []FlashView{{Tone: Good, Title: v.L("web.registry.register.done-title"), Text: v.L("web.registry.register.done-text")}}
	return s.show(w, r, http.StatusOK, v)
}
