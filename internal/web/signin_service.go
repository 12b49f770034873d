package web

import (
	"net/http"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/fault"
)

// serviceButtons are the links of the sign-in page to other services.
func (s *Server) serviceButtons(next string) []Link {
	var out []Link
	for _, x := range s.Access.Services() {
		out = append(out, Link{Text: x[1], Href: "/sign-in/with/" + x[0] + "?next=" + queryEscape(localPath(next))})
	}
	return out
}

// flowCookie names the cookie of a sign-in that goes elsewhere and comes back.
func (s *Server) flowCookie(kind string) string { return s.cookieName() + "-" + kind }

// keepFlow gives the browser the secret it comes back with.
func (s *Server) keepFlow(w http.ResponseWriter, kind, secret string) {
	s.setCookie(w, s.flowCookie(kind), secret, s.Now().Add(15*time.Minute), true)
}

// takeFlow reads the secret and takes it from the browser: it serves once.
func (s *Server) takeFlow(w http.ResponseWriter, r *http.Request, kind string) string {
	c, err := r.Cookie(s.flowCookie(kind))
	if err != nil {
		return ""
	}
	s.setCookie(w, s.flowCookie(kind), "", time.Time{}, true)
	return c.Value
}

// serviceGo sends the browser to the service. It is a link and no form: the
// policy of the pages lets forms lead to the desk only.
func (s *Server) serviceGo(w http.ResponseWriter, r *http.Request, _ access.Actor) error {
	next := localPath(r.URL.Query().Get("next"))
	address, secret, err := s.Access.BeginService(r.Context(), r.PathValue("service"), next, s.Now())
	if err != nil {
		return s.signInAgain(w, r, next, err)
	}
	s.keepFlow(w, "service", secret)
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, address, http.StatusSeeOther)
	return nil
}

// serviceBack takes the browser back from the service.
func (s *Server) serviceBack(w http.ResponseWriter, r *http.Request, _ access.Actor) error {
	secret := s.takeFlow(w, r, "service")
	e, back, err := s.Access.FinishService(r.Context(), r.PathValue("service"), secret, r.URL.Query(), s.visit(r), s.Now())
	if err != nil {
		return s.signInAgain(w, r, back, err)
	}
	return s.enter(w, r, e, localPath(back))
}

// signInAgain shows the sign-in page with what went wrong elsewhere; what is
// no business of the visitor passes.
func (s *Server) signInAgain(w http.ResponseWriter, r *http.Request, next string, err error) error {
	f := asFault(err)
	switch f.Kind {
	case fault.Denied, fault.Limited, fault.Unavailable, fault.Expired:
	default:
		return err
	}
	visitOf(r).err = err
	key := f.Key
	if f.Key == "access.sign-in.failed" {
		key = "web.sign-in.service-failed" // nothing was typed here
	}
	b := s.base(r, access.Actor{}, visitOf(r).lang.T("web.sign-in.title"))
	b.Path = "/sign-in" // the address holds what the service appended
	return s.render(w, r, statusOf(f.Kind), signInPageView(s.signInView(signInView{Base: b, Next: next, Error: b.L(key, f.Args...)})))
}

// signInView fills in what every sign-in page offers.
func (s *Server) signInView(v signInView) signInView {
	v.Demo, v.Services, v.PasskeyDomain = s.Demo, s.serviceButtons(v.Next), s.Access.PasskeyDomain()
	return v
}

// waysView is the part of the account page about other ways of signing in.
type waysView struct {
	Say           Say
	PasskeyDomain string // "" when the desk takes none
	Passkeys      TableView
	Services      TableView
	Certificates  TableView
	MayMachine    bool
	Scopes        []OptionView
	NameError     string
	CertError     string
	ScopesError   string
}

// accountWays reads the actor's other ways of signing in.
func (s *Server) accountWays(r *http.Request, by access.Actor, v *accountView) error {
	list, err := s.Access.Identities(r.Context(), by)
	if err != nil {
		return err
	}
	table := func(title string) TableView {
		return TableView{Caption: v.L(title), Empty: EmptyView{Title: v.L("web.ways.none")}, Columns: []ColumnView{{Title: v.L("web.ways.name"), Main: true},
			{Title: v.L("web.ways.since")}, {Title: v.L("web.ways.used")}, {Title: v.L("web.ways.action")}}}
	}
	ways := waysView{Say: v.Say(), PasskeyDomain: s.Access.PasskeyDomain(), MayMachine: s.Machines && access.May(by, "access.token") == nil,
		Passkeys: table("web.ways.passkeys"), Services: table("web.ways.services"), Certificates: table("web.ways.certificates"),
		NameError: v.errorOf("cert-name"), CertError: v.errorOf("certificate"), ScopesError: v.errorOf("scopes")}
	into := map[access.IdentityKind]*TableView{access.ByPasskey: &ways.Passkeys, access.ByService: &ways.Services, access.ByCertificate: &ways.Certificates}
	for _, x := range list {
		if t := into[x.Kind]; t != nil {
			t.Rows = append(t.Rows, RowView{ID: x.Key, Cells: []CellView{{Text: x.Name}, {Text: s.moment(v.Lang, x.Created)}, {Text: s.moment(v.Lang, x.Seen)},
				{Body: forgetButton(string(x.Kind), x.Key, v.L("web.ways.remove"))}}})
		}
	}
	if ways.MayMachine {
		for _, p := range access.TokenScopes(by) {
			ways.Scopes = append(ways.Scopes, OptionView{Value: string(p), Text: v.L(p.Key()), Hint: string(p)})
		}
	}
	v.Ways = ways
	return nil
}

// accountForget removes one of the actor's other ways of signing in.
func (s *Server) accountForget(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	if err := s.Access.Forget(r.Context(), by, access.IdentityKind(r.PostForm.Get("kind")), r.PostForm.Get("key"), s.Now()); err != nil {
		return err
	}
	s.flash(w, Good, "web.ways.removed")
	return go303(w, r, "/account#ways")
}

// accountCertificate registers the certificate of a machine.
func (s *Server) accountCertificate(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	var scopes []access.Permission
	for _, p := range r.PostForm["scopes"] {
		scopes = append(scopes, access.Permission(p))
	}
	if _, err := s.Access.AddCertificate(r.Context(), by, r.PostForm.Get("cert-name"), []byte(r.PostForm.Get("certificate")), scopes, s.Now()); err != nil {
		if f := asFault(err); f.Kind == fault.Invalid {
			for i := range f.Fields {
				if f.Fields[i].Name == "name" {
					f.Fields[i].Name = "cert-name"
				}
			}
		}
		return s.accountFault(w, r, by, err, "certificate")
	}
	s.flash(w, Good, "web.ways.added")
	return go303(w, r, "/account#ways")
}
