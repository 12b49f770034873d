package web

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/i18n"
	"kulla.dev/internal/marking"
	"kulla.dev/internal/outbox"
)

type errorPage struct {
	Base
	Text        string
	Number      string
	ShowNumber  bool
	NotAccepted bool
	Fields      []FieldError
}

func (v errorPage) number() string {
	if v.ShowNumber {
		return v.Number
	}
	return ""
}

func (s *Server) nowhere(http.ResponseWriter, *http.Request, access.Actor) error {
	return fault.New(fault.NotFound, "web.error.nowhere")
}

func (s *Server) health(w http.ResponseWriter, _ *http.Request, _ access.Actor) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := fmt.Fprintln(w, "ok")
	return ignoreGone(err)
}

// ready says whether the desk can do its work: database reachable, schema as
// the program wants it.
func (s *Server) ready(w http.ResponseWriter, r *http.Request, _ access.Actor) error {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	err := s.DB.Ping(ctx)
	if err == nil && s.Ready != nil {
		err = s.Ready(r.WithContext(ctx))
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if err != nil {
		visitOf(r).err = err
		w.WriteHeader(http.StatusServiceUnavailable)
		_, err = fmt.Fprintln(w, "not ready")
		return ignoreGone(err)
	}
	_, err = fmt.Fprintln(w, "ready")
	return ignoreGone(err)
}

type accountView struct {
	Base
	Person       access.Person
	Errors       []FieldError
	Langs        []OptionView
	Roles        []DefinitionView
	Institutions []OptionView
	RecoveryLeft int
	Codes        []string
	Sessions     TableView
	MayToken     bool
	NewToken     string
	Tokens       TableView
	Scopes       []OptionView
	Days         []OptionView
	Ways         waysView
}

func (v accountView) errorOf(name string) string {
	for _, e := range v.Errors {
		if e.Name == name {
			return e.Text
		}
	}
	return ""
}

func (s *Server) accountPage(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	return s.showAccount(w, r, by, http.StatusOK, func(*accountView) {})
}

func (s *Server) showAccount(w http.ResponseWriter, r *http.Request, by access.Actor, status int, more func(*accountView)) error {
	now := s.Now()
	p, err := s.Access.PersonByID(r.Context(), by, by.Person)
	if err != nil {
		return err
	}
	v := accountView{Base: s.base(r, by, visitOf(r).lang.T("web.account.title")), Person: p, MayToken: access.May(by, "access.token") == nil}
	v.Path = "/account"
	for _, l := range s.Languages {
		v.Langs = append(v.Langs, OptionView{Value: string(l), Text: l.T("i18n.language.name"), Selected: len(p.Languages) > 0 && p.Languages[0] == string(l)})
	}
	for _, id := range p.Institutions() {
		var roles []string
		for _, role := range p.Roles(id) {
			roles = append(roles, v.L("access.role."+string(role)))
		}
		name := s.institutionName(id, v.Lang)
		v.Roles = append(v.Roles, DefinitionView{Term: name, Value: strings.Join(roles, ", ")})
		v.Institutions = append(v.Institutions, OptionView{Value: id, Text: name, Selected: id == by.Institution})
	}
	if v.RecoveryLeft, err = s.Access.RecoveryLeft(r.Context(), by); err != nil {
		return err
	}
	sessions, err := s.Access.Sessions(r.Context(), by, now)
	if err != nil {
		return err
	}
	v.Sessions = TableView{Caption: v.L("web.account.sessions"), Columns: []ColumnView{{Title: v.L("web.account.session-program"), Main: true}, {Title: v.L("web.account.session-since")}, {Title: v.L("web.account.session-seen")}, {Title: v.L("web.ways.action")}}}
	for _, x := range sessions {
		row := RowView{ID: x.ID, Cells: []CellView{{Text: x.Agent, Sub: x.Addr}, {Text: s.moment(v.Lang, x.Created)}, {Text: s.moment(v.Lang, x.Seen)}, {}}}
		if x.This {
			row.Cells[3].Text = v.L("web.account.session-this")
		} else {
			row.Cells[3].Body = revokeButton("/account/sessions/"+x.ID+"/revoke", v.L("web.account.session-end"))
		}
		v.Sessions.Rows = append(v.Sessions.Rows, row)
	}
	if v.MayToken {
		if err := s.accountTokens(r.Context(), by, &v, now); err != nil {
			return err
		}
	}
	more(&v)
	if err := s.accountWays(r, by, &v); err != nil {
		return err
	}
	s.dropFlash(w, r)
	return s.render(w, r, status, accountPageView(v))
}

func (s *Server) accountTokens(ctx context.Context, by access.Actor, v *accountView, now time.Time) error {
	tokens, err := s.Access.Tokens(ctx, by, now)
	if err != nil {
		return err
	}
	v.Tokens = TableView{Caption: v.L("web.account.tokens"), Columns: []ColumnView{{Title: v.L("web.account.token-name"), Main: true}, {Title: v.L("web.account.token-scopes")}, {Title: v.L("web.account.token-ends")}, {Title: v.L("web.ways.action")}},
		Empty: EmptyView{Title: v.L("web.account.token-none")}}
	for _, t := range tokens {
		if !t.Revoked.IsZero() {
			continue
		}
		var scopes []string
		for _, p := range t.Scopes {
			scopes = append(scopes, string(p))
		}
		v.Tokens.Rows = append(v.Tokens.Rows, RowView{ID: t.ID, Cells: []CellView{{Text: t.Name, Sub: t.Prefix + "…"}, {Text: strings.Join(scopes, ", ")},
			{Text: s.moment(v.Lang, t.Ends)}, {Body: revokeButton("/account/tokens/"+t.ID+"/revoke", v.L("web.account.token-revoke"))}}})
	}
	for _, p := range access.Permissions() {
		if access.May(by, p) == nil && !strings.HasPrefix(string(p), "role.") && !strings.HasPrefix(string(p), "access.") {
			v.Scopes = append(v.Scopes, OptionView{Value: string(p), Text: string(p)})
		}
	}
	for _, d := range []int{30, 90, 365} {
		v.Days = append(v.Days, OptionView{Value: strconv.Itoa(d), Text: v.L("web.account.days", d), Selected: d == 90})
	}
	return nil
}

// accountFault shows the page again with what was wrong; other errors pass.
func (s *Server) accountFault(w http.ResponseWriter, r *http.Request, by access.Actor, err error, field string) error {
	f := asFault(err)
	if f.Kind != fault.Invalid {
		return err
	}
	return s.showAccount(w, r, by, http.StatusUnprocessableEntity, func(v *accountView) {
		for _, x := range f.Fields {
			v.Errors = append(v.Errors, FieldError{x.Name, v.L(x.Key, x.Args...)})
		}
		if len(f.Fields) == 0 {
			v.Errors = append(v.Errors, FieldError{field, v.L(f.Key, f.Args...)})
		}
	})
}

func (s *Server) accountProfile(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	err := s.Access.Profile(r.Context(), by, r.PostForm.Get("name"), r.PostForm.Get("phone"), []string{r.PostForm.Get("language")}, s.Now())
	if err != nil {
		return s.accountFault(w, r, by, err, "name")
	}
	s.flash(w, Good, "web.flash.saved")
	return go303(w, r, "/account")
}

func (s *Server) accountPassword(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	if err := s.Access.ChangePassword(r.Context(), by, r.PostForm.Get("password"), s.Now()); err != nil {
		return s.accountFault(w, r, by, err, "password")
	}
	s.flash(w, Good, "web.flash.password")
	return go303(w, r, "/account")
}

func (s *Server) accountRecovery(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	codes, err := s.Access.NewRecovery(r.Context(), by, s.Now())
	if err != nil {
		return err
	}
	return s.showAccount(w, r, by, http.StatusOK, func(v *accountView) { v.Codes = codes })
}

func (s *Server) accountRevoke(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	if err := s.Access.Revoke(r.Context(), by, r.PathValue("id"), s.Now()); err != nil {
		return err
	}
	s.flash(w, Good, "web.flash.session-ended")
	return go303(w, r, "/account")
}

func (s *Server) accountAct(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	if err := s.Access.Act(r.Context(), by, r.PostForm.Get("institution"), s.Now()); err != nil {
		return err
	}
	return go303(w, r, "/")
}

func (s *Server) accountToken(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	var scopes []access.Permission
	for _, p := range r.PostForm["scope"] {
		scopes = append(scopes, access.Permission(p))
	}
	days, err := strconv.Atoi(r.PostForm.Get("days"))
	if err != nil || !slices.Contains([]int{30, 90, 365}, days) {
		days = 90
	}
	_, secret, err := s.Access.CreateToken(r.Context(), by, r.PostForm.Get("token-name"), scopes, time.Duration(days)*24*time.Hour, s.Now())
	if err != nil {
		return s.accountFault(w, r, by, err, "token-name")
	}
	return s.showAccount(w, r, by, http.StatusOK, func(v *accountView) { v.NewToken = secret })
}

func (s *Server) accountTokenRevoke(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	if err := s.Access.RevokeToken(r.Context(), by, r.PathValue("id"), s.Now()); err != nil {
		return err
	}
	s.flash(w, Good, "web.flash.token-revoked")
	return go303(w, r, "/account")
}

type keyboardView struct {
	Base
	Keys []KeyView
}

func (s *Server) keyboardPage(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	v := keyboardView{Base: s.base(r, by, visitOf(r).lang.T("web.nav.keyboard"))}
	v.Keys = []KeyView{{[]string{"/"}, v.L("web.keys.search")}, {[]string{"j"}, v.L("web.keys.next")}, {[]string{"k"}, v.L("web.keys.previous")}, {[]string{"?"}, v.L("web.keys.help")}}
	for _, g := range v.Nav {
		for _, n := range g.Items {
			if n.Key != "" {
				v.Keys = append(v.Keys, KeyView{[]string{"g", n.Key}, n.Text})
			}
		}
	}
	return s.render(w, r, http.StatusOK, keyboardPageView(v))
}

// home is the first page of the actor's role.
func (s *Server) home(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	for _, n := range s.base(r, by, "").Nav {
		for _, i := range n.Items {
			if i.Href != "/" {
				return go303(w, r, i.Href)
			}
		}
	}
	return go303(w, r, "/account")
}

// moment says a time in the desk's zone.
func (s *Server) moment(lang i18n.Lang, t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return lang.T("web.moment", t.In(s.Zone))
}

// sendLink proposes the mail with a link to a new password. The link is a
// secret for one person: TLP:RED to that person, whose own it is.
func (s *Server) sendLink(ctx context.Context, l access.Link) error {
	lang := i18n.Lang(l.Lang)
	if !lang.Known() {
		lang = s.Languages[0]
	}
	address := s.BaseURL + "/link/" + l.Secret
	subject, lead, ends := lang.T("web.link.mail-subject"), lang.T("web.link.mail-lead", l.Name), lang.T("web.link.mail-ends", l.Ends.In(s.Zone))
	m := marking.Of(marking.TLPAmberStrict)
	text := m.TLP.String() + "\n\n" + lead + "\n\n" + address + "\n\n" + ends + "\n\n" + m.TLP.String() + "\n"
	page := "<!doctype html><html lang=\"" + string(lang) + "\"><p><strong>" + m.TLP.String() + "</strong></p><p>" + html.EscapeString(lead) + "</p><p><a href=\"" + html.EscapeString(address) + "\">" +
		html.EscapeString(address) + "</a></p><p>" + html.EscapeString(ends) + "</p></html>"
	now := s.Now()
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		_, err := s.Outbox.Propose(tx, access.System("web"), outbox.Proposal{
			Kind: "access.link", Key: l.Person + "-" + strconv.FormatInt(l.Ends.UnixMicro(), 36), Address: l.Email,
			To: marking.Reader{Person: l.Person, TLP: marking.TLPRed}, Mark: m, Subject: subject,
			Content: outbox.Content{Text: text, HTML: page}, Object: "person", ObjectID: l.Person}, now)
		return err
	})
}

func qrBox(code [][]bool) string {
	n := strconv.Itoa(len(code) + 8)
	return "-4 -4 " + n + " " + n
}

func qrPath(code [][]bool) string {
	var b strings.Builder
	for y, row := range code {
		for x, dark := range row {
			if dark {
				fmt.Fprintf(&b, "M%d %dh1v1h-1z", x, y)
			}
		}
	}
	return b.String()
}

type problem struct {
	Type   string         `json:"type"`
	Title  string         `json:"title"`
	Status int            `json:"status"`
	Detail string         `json:"detail"`
	Code   string         `json:"code"`
	Number string         `json:"request"`
	Fields []problemField `json:"fields,omitempty"`
}

type problemField struct {
	Name   string `json:"name"`
	Detail string `json:"detail"`
	Code   string `json:"code"`
}
