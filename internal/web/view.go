package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/db"
	"kulla.dev/internal/i18n"
	"kulla.dev/internal/marking"
	"kulla.dev/internal/registry"
)

// base is what every page knows: language, theme, who is signed in, where
// they may go.
func (s *Server) base(r *http.Request, by access.Actor, title string) Base {
	v := visitOf(r)
	b := Base{Lang: v.lang, Languages: s.Languages, Title: title, Desk: s.Desk, Path: r.URL.RequestURI(), Now: s.Now().In(s.Zone)}
	if c, err := r.Cookie("theme"); err == nil {
		b.Theme = ParseTheme(c.Value)
	}
	if by.Kind == access.KindPerson {
		b.Actor = s.actorView(b, by)
		b.Nav = s.navigation(b, by, r.URL.Path)
		if by.Exercise {
			b.Exercise = b.L("web.exercise.session")
		}
	}
	if len(s.Demo) > 0 {
		b.Exercise = b.L("web.exercise.demo")
	}
	b.Flash = s.takeFlash(r, b)
	return b
}

func (s *Server) actorView(b Base, by access.Actor) *ActorView {
	a := &ActorView{Name: by.Name, SignOut: "/sign-out", Clearance: clearanceWord(by.Clearance),
		Links: []Link{{b.L("web.nav.account"), "/account"}, {b.L("web.nav.keyboard"), "/help/keyboard"}}}
	if len(by.Roles) > 0 {
		a.Role = b.L("access.role." + string(by.Roles[0]))
	}
	a.Institution = s.institutionName(by.Institution, b.Lang)
	return a
}

// institutionName gives the name of an institution the actor works for.
func (s *Server) institutionName(id string, lang i18n.Lang) string {
	if id == "" {
		return ""
	}
	name := id
	err := s.DB.Read(context.Background(), func(tx *db.Tx) error {
		in, ok, err := s.Registry.Find(tx, registry.ID(id))
		if ok {
			name = in.NameOn(string(lang), registry.DayOf(s.Now().In(s.Zone)))
		}
		return err
	})
	if err != nil {
		s.Log.Error("name of institution", "id", id, "error", err)
	}
	return name
}

func clearanceWord(c access.Clearance) string { return c.TLP.String() }

// banner is the marking of everything on a page: the combination of the
// markings of its parts.
func (b *Base) banner(parts ...marking.Marking) {
	if len(parts) == 0 {
		return
	}
	m := marking.Combine(parts...)
	text := m.TLP.String()
	b.Marking = Banner{Text: text, Class: TLPClass(text)}
}

// navigation lists the places the actor may go; what they may not do is not
// shown.
func (s *Server) navigation(b Base, by access.Actor, path string) []NavGroup {
	type place struct {
		group, key, href, short string
		need                    access.Permission
	}
	places := []place{
		{"", "web.nav.situation", "/", "s", "situation.read"},
		{"web.nav.group.report", "web.nav.incidents", "/incidents", "i", "incident.read"},
		{"web.nav.group.report", "web.nav.report", "/report", "r", "incident.submit"},
		{"web.nav.group.report", "web.nav.institutions", "/institutions", "o", "registry.read"},
		{"web.nav.group.share", "web.nav.outbox", "/outbox", "p", "outbox.read"},
		{"web.nav.group.decide", "web.nav.papers", "/papers", "c", "council.read"},
		{"web.nav.group.desk", "web.nav.people", "/people", "u", "access.read"},
		{"web.nav.group.desk", "web.nav.audit", "/audit", "a", "audit.read"},
		{"web.nav.group.desk", "web.nav.jobs", "/jobs", "j", "jobs.read"},
	}
	listed := map[string]bool{}
	for _, r := range s.routes() {
		if href, ok := strings.CutPrefix(r.Pattern, "GET "); ok {
			listed[strings.TrimSuffix(href, "{$}")] = true
		}
	}
	var out []NavGroup
	current := -1
	best := 0
	for _, p := range places {
		if !listed[p.href] || access.May(by, p.need) != nil {
			continue
		}
		title := ""
		if p.group != "" {
			title = b.L(p.group)
		}
		if len(out) == 0 || out[len(out)-1].Title != title {
			out = append(out, NavGroup{Title: title})
		}
		g := &out[len(out)-1]
		g.Items = append(g.Items, NavItem{Text: b.L(p.key), Href: p.href, Key: p.short})
		if within(path, p.href) && len(p.href) > best {
			best = len(p.href)
			current = (len(out)-1)*100 + len(g.Items) - 1
		}
	}
	if current >= 0 {
		out[current/100].Items[current%100].Current = true
	}
	return out
}

func within(path, place string) bool {
	return path == place || place != "/" && strings.HasPrefix(path, place+"/")
}

// flash carries a message over a redirect in a short-lived cookie: only its
// key and arguments travel, so that nobody can put words on a page.
func (s *Server) flash(w http.ResponseWriter, tone Tone, key string, args ...string) {
	parts := append([]string{string(tone), key}, args...)
	for i, p := range parts {
		parts[i] = url.QueryEscape(p)
	}
	s.setCookie(w, "flash", strings.Join(parts, "|"), s.Now().Add(time.Minute), true)
}

func (s *Server) takeFlash(r *http.Request, b Base) []FlashView {
	c, err := r.Cookie("flash")
	if err != nil || r.Method != http.MethodGet {
		return nil
	}
	var parts []string
	for p := range strings.SplitSeq(c.Value, "|") {
		p, err := url.QueryUnescape(p)
		if err != nil {
			return nil
		}
		parts = append(parts, p)
	}
	if len(parts) < 2 || !slices.Contains([]Tone{Neutral, Info, Good, Warn, Bad}, Tone(parts[0])) || !strings.Contains(parts[1], ".flash.") || !i18n.Embedded().Has(b.Lang, parts[1]) {
		return nil
	}
	var args []any
	for _, a := range parts[2:] {
		args = append(args, a)
	}
	return []FlashView{{Tone: Tone(parts[0]), Title: b.L(parts[1], args...)}}
}

// dropFlash ends a message once it was shown.
func (s *Server) dropFlash(w http.ResponseWriter, r *http.Request) {
	if _, err := r.Cookie("flash"); err == nil && r.Method == http.MethodGet {
		s.setCookie(w, "flash", "", time.Time{}, true)
	}
}

// go303 sends the reader on after a POST.
func go303(w http.ResponseWriter, r *http.Request, to string) error {
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

func queryEscape(s string) string { return url.QueryEscape(s) }

// localPath keeps a return address inside the desk.
func localPath(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") || strings.ContainsAny(s, "\\\r\n") {
		return "/"
	}
	return u.RequestURI()
}
