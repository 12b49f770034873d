package web

import (
	"net/http"
	"net/url"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/fault"
)

func (s *Server) visit(r *http.Request) access.Visit {
	return access.Visit{Addr: s.addr(r), Agent: r.UserAgent()}
}

type signInView struct {
	Base
	Email string
	Next  string
	Error string
	Demo  []DemoSignIn

	Services      []Link // other services, by name
	PasskeyDomain string // "" when the desk takes no passkeys
}

func (s *Server) signInPage(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	if by.Kind == access.KindPerson {
		return go303(w, r, localPath(r.URL.Query().Get("next")))
	}
	b := s.base(r, by, visitOf(r).lang.T("web.sign-in.title"))
	return s.render(w, r, http.StatusOK, signInPageView(s.signInView(signInView{Base: b, Next: r.URL.Query().Get("next")})))
}

func (s *Server) signIn(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	email, next := r.PostForm.Get("email"), localPath(r.PostForm.Get("next"))
	e, err := s.Access.SignIn(r.Context(), email, r.PostForm.Get("password"), s.visit(r), s.Now())
	if k := fault.Of(err); err != nil && k != fault.Denied && k != fault.Limited {
		return err
	}
	if err != nil {
		f := asFault(err)
		visitOf(r).err = err
		b := s.base(r, access.Actor{}, visitOf(r).lang.T("web.sign-in.title"))
		return s.render(w, r, statusOf(f.Kind), signInPageView(s.signInView(signInView{Base: b, Email: email, Next: next, Error: b.L(f.Key, f.Args...)})))
	}
	return s.enter(w, r, e, next)
}

// enter keeps the session's secret and leads to the step it waits for.
func (s *Server) enter(w http.ResponseWriter, r *http.Request, e access.Entry, next string) error {
	s.setCookie(w, s.cookieName(), e.Secret, e.Ends, true)
	switch e.Next {
	case access.NextCode:
		return go303(w, r, "/sign-in/code?next="+queryEscape(next))
	case access.NextEnrol:
		return go303(w, r, "/sign-in/enrol?next="+queryEscape(next))
	case access.NextNothing:
	}
	return go303(w, r, next)
}

func (s *Server) secret(r *http.Request) string {
	if c, err := r.Cookie(s.cookieName()); err == nil {
		return c.Value
	}
	return ""
}

type codeView struct {
	Base
	Next, Error string
}

func (s *Server) codePage(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	next := localPath(r.URL.Query().Get("next"))
	if st, err := s.Access.Waiting(r.Context(), s.secret(r), s.Now()); err != nil || st != access.NextCode {
		return go303(w, r, "/sign-in?next="+queryEscape(next))
	}
	b := s.base(r, by, visitOf(r).lang.T("web.code.title"))
	return s.render(w, r, http.StatusOK, codePageView(codeView{Base: b, Next: next}))
}

func (s *Server) code(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	next := localPath(r.PostForm.Get("next"))
	e, err := s.Access.Confirm(r.Context(), s.secret(r), r.PostForm.Get("code"), s.Now())
	switch fault.Of(err) {
	case fault.Expired:
		return go303(w, r, "/sign-in?next="+queryEscape(next))
	case fault.Denied, fault.Limited, fault.Invalid:
		f := asFault(err)
		b := s.base(r, by, visitOf(r).lang.T("web.code.title"))
		return s.render(w, r, statusOf(f.Kind), codePageView(codeView{Base: b, Next: next, Error: b.L(f.Key, f.Args...)}))
	}
	if err != nil {
		return err
	}
	return s.enter(w, r, e, next)
}

type enrolView struct {
	Base
	Next, Error string
	Secret      string
	QR          [][]bool
	Codes       []string // recovery codes, shown once
}

func (s *Server) enrolPage(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	return s.showEnrol(w, r, by, localPath(r.URL.Query().Get("next")), http.StatusOK, "")
}

func (s *Server) showEnrol(w http.ResponseWriter, r *http.Request, by access.Actor, next string, status int, text string) error {
	e, err := s.Access.Enrol(r.Context(), s.secret(r), s.Now())
	if fault.Is(err, fault.Expired) {
		return go303(w, r, "/sign-in?next="+queryEscape(next))
	}
	if err != nil {
		return err
	}
	b := s.base(r, by, visitOf(r).lang.T("web.enrol.title"))
	return s.render(w, r, status, enrolPageView(enrolView{Base: b, Next: next, Error: text, Secret: e.Secret, QR: e.Code}))
}

func (s *Server) enrol(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	next := localPath(r.PostForm.Get("next"))
	e, codes, err := s.Access.ConfirmEnrol(r.Context(), s.secret(r), r.PostForm.Get("code"), s.Now())
	switch fault.Of(err) {
	case fault.Expired:
		return go303(w, r, "/sign-in?next="+queryEscape(next))
	case fault.Denied, fault.Invalid:
		// The same secret stays in force for this attempt only: a new one is shown.
		return s.showEnrol(w, r, by, next, http.StatusUnprocessableEntity, visitOf(r).lang.T("web.enrol.wrong"))
	}
	if err != nil {
		return err
	}
	if e.Secret != "" {
		s.setCookie(w, s.cookieName(), e.Secret, e.Ends, true)
	}
	b := s.base(r, by, visitOf(r).lang.T("web.enrol.codes-title"))
	return s.render(w, r, http.StatusOK, enrolPageView(enrolView{Base: b, Next: next, Codes: codes}))
}

type forgotView struct {
	Base
	Done bool
}

func (s *Server) forgotPage(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	b := s.base(r, by, visitOf(r).lang.T("web.forgot.title"))
	return s.render(w, r, http.StatusOK, forgotPageView(forgotView{Base: b}))
}

// forgot answers the same whether the address is known or not; the link goes
// out by mail.
func (s *Server) forgot(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	l, ok, err := s.Access.Forgot(r.Context(), r.PostForm.Get("email"), s.visit(r), s.Now())
	if err != nil && !fault.Is(err, fault.Limited) {
		return err
	}
	if ok && err == nil {
		if err := s.sendLink(r.Context(), l); err != nil {
			return err
		}
	}
	b := s.base(r, by, visitOf(r).lang.T("web.forgot.title"))
	return s.render(w, r, http.StatusOK, forgotPageView(forgotView{Base: b, Done: true}))
}

type linkView struct {
	Base
	Link  access.Link
	Error string
}

func (s *Server) linkPage(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	l, err := s.Access.LookAt(r.Context(), r.PathValue("secret"), s.Now())
	if err != nil {
		return err
	}
	b := s.base(r, access.Actor{}, visitOf(r).lang.T("web.link.title"))
	b.Path = "/" // the address holds a secret: it must not travel
	return s.render(w, r, http.StatusOK, linkPageView(linkView{Base: b, Link: l}))
}

func (s *Server) link(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	secret := r.PathValue("secret")
	again := func(status int, text string) error {
		l, err := s.Access.LookAt(r.Context(), secret, s.Now())
		if err != nil {
			return err
		}
		b := s.base(r, access.Actor{}, visitOf(r).lang.T("web.link.title"))
		b.Path = "/"
		return s.render(w, r, status, linkPageView(linkView{Base: b, Link: l, Error: text}))
	}
	if r.PostForm.Get("password") != r.PostForm.Get("again") {
		return again(http.StatusUnprocessableEntity, visitOf(r).lang.T("web.link.differ"))
	}
	e, err := s.Access.Accept(r.Context(), secret, r.PostForm.Get("password"), s.visit(r), s.Now())
	if f := asFault(err); err != nil && f.Kind == fault.Invalid {
		text := visitOf(r).lang.T(f.Key, f.Args...)
		if len(f.Fields) > 0 {
			text = visitOf(r).lang.T(f.Fields[0].Key, f.Fields[0].Args...)
		}
		return again(http.StatusUnprocessableEntity, text)
	}
	if err != nil {
		return err
	}
	return s.enter(w, r, e, "/")
}

func (s *Server) signOut(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	if err := s.Access.SignOut(r.Context(), s.secret(r), s.Now()); err != nil && fault.Of(err) == fault.Internal {
		return err
	}
	s.setCookie(w, s.cookieName(), "", time.Time{}, true)
	w.Header().Set("Clear-Site-Data", `"storage"`) // drafts kept on the device
	return go303(w, r, "/sign-in")
}

// preferences keeps language and theme; both are cookies of the browser, no
// business of the account.
func (s *Server) preferences(w http.ResponseWriter, r *http.Request, _ access.Actor) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	year := s.Now().AddDate(1, 0, 0)
	for _, l := range s.Languages {
		if string(l) == r.PostForm.Get("lang") {
			s.setCookie(w, "lang", string(l), year, true)
		}
	}
	if r.PostForm.Has("theme") {
		s.setCookie(w, "theme", string(ParseTheme(r.PostForm.Get("theme"))), year, true)
	}
	return go303(w, r, localPath(r.PostForm.Get("return")))
}

type proofView struct {
	Base
	Next, Error   string
	PasskeyDomain string // "" when the reader has no passkey
}

// askProof interrupts an act that needs a recent proof of identity. The act
// is not repeated by itself: after the proof the reader is back on the page
// they came from, where everything they typed is kept by the draft.
func (s *Server) askProof(w http.ResponseWriter, r *http.Request) {
	next := "/"
	// The browser names the page the act was on; only its path is believed.
	if u, err := url.Parse(r.Referer()); err == nil && u.Host == r.Host && u.Path != "" {
		next = localPath(u.RequestURI())
	}
	_ = go303(w, r, "/proof?next="+queryEscape(next))
	visitOf(r).status = http.StatusSeeOther
}

func (s *Server) proofPage(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	b := s.base(r, by, visitOf(r).lang.T("web.proof.title"))
	return s.render(w, r, http.StatusOK, proofPageView(proofView{Base: b, Next: localPath(r.URL.Query().Get("next")), PasskeyDomain: s.proofDomain(r, by)}))
}

func (s *Server) proof(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	next := localPath(r.PostForm.Get("next"))
	if err := s.Access.StepUp(r.Context(), by, r.PostForm.Get("proof"), s.Now()); err != nil {
		f := asFault(err)
		if f.Kind != fault.Denied && f.Kind != fault.Limited {
			return err
		}
		b := s.base(r, by, visitOf(r).lang.T("web.proof.title"))
		return s.render(w, r, statusOf(f.Kind), proofPageView(proofView{Base: b, Next: next, Error: b.L(f.Key, f.Args...), PasskeyDomain: s.proofDomain(r, by)}))
	}
	return go303(w, r, next)
}

// formError says what is wrong with a body that cannot be read as a form.
func formError(err error) error {
	if f := asFault(err); f.Kind != fault.Internal {
		return err
	}
	return fault.New(fault.Invalid, "web.error.form").Because(err)
}
