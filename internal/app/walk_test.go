package app

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"kulla.dev/internal/access"
	"kulla.dev/internal/db"
	"kulla.dev/internal/housetest"
	"kulla.dev/internal/marking"
	"kulla.dev/internal/registry"
)

var update = flag.Bool("update", false, "write the golden files anew")

// visitor is somebody who walks: a session and whom it belongs to.
type visitor struct {
	name   string
	cookie *http.Cookie // nil for a stranger
	actor  access.Actor
}

// walkers signs in the demo's people, who hold every role there is, at
// institutions of three kinds.
func walkers(t *testing.T, a *App) []visitor {
	t.Helper()
	out := []visitor{{name: "stranger"}}
	for _, id := range []string{"reporter", "officer", "hospital-reporter", "bank-officer", "duty", "analyst", "supervisor", "secretary", "member", "liaison", "auditor", "admin"} {
		e, err := a.Access.SignIn(t.Context(), id+"@demo.example", DemoPassword, access.Visit{Addr: "192.0.2.1", Agent: "walk"}, a.now())
		if err != nil {
			t.Fatalf("sign in %s: %v", id, err)
		}
		by, err := a.Access.Resolve(t.Context(), e.Secret, a.now())
		if err != nil {
			t.Fatalf("session of %s: %v", id, err)
		}
		out = append(out, visitor{id, &http.Cookie{Name: "kulla", Value: e.Secret}, by})
	}
	return out
}

// things gives an object of the transmission operator for every kind of
// address, by the first word of the path.
func things(t *testing.T, a *App, officer visitor) map[string]map[string]string {
	t.Helper()
	tso := officer.actor.Institution
	one := func(q string, args ...any) (id string) {
		t.Helper()
		err := a.DB.Read(t.Context(), func(tx *db.Tx) error {
			v, ok, err := db.One(tx, db.Scalar[string], q, args...)
			if err == nil && !ok {
				err = fmt.Errorf("nothing")
			}
			id = v
			return err
		})
		if err != nil {
			t.Fatalf("%s: %v", q, err)
		}
		return id
	}
	inc := one(`SELECT id FROM incident_incident WHERE owner_id = ? ORDER BY id LIMIT 1`, tso)
	in, err := a.Registry.Get(t.Context(), officer.actor, registry.ID(tso), a.now())
	if err != nil {
		t.Fatal(err)
	}
	rec := in.Record
	rec.Contacts = append(slices.Clone(rec.Contacts), registry.Contact{Name: "Night desk", Phone: "+355 4 000 0001", Roles: []registry.ContactRole{registry.ContactDuty}})
	p, err := a.Registry.Propose(t.Context(), officer.actor, in.ID, in.Version, rec, "walk", a.now())
	if err != nil {
		t.Fatal(err)
	}
	victim, _, err := a.Access.Create(t.Context(), access.Draft{Name: "Somebody Else", Email: "somebody@demo.example",
		Members: []access.Membership{{Institution: tso, Role: access.Reporter}}, Clearance: access.Clearance{TLP: marking.TLPAmber, Nations: []string{a.Pack.Code}}}, DemoPassword, a.now())
	if err != nil {
		t.Fatal(err)
	}
	return map[string]map[string]string{
		"institutions": {"id": tso},
		"incidents":    {"id": inc, "submission": one(`SELECT id FROM incident_submission WHERE incident_id = ? ORDER BY id LIMIT 1`, inc)},
		"proposals":    {"id": p.ID},
		"people":       {"id": victim.ID},
		"outbox":       {"id": one(`SELECT id FROM outbox_item WHERE org = ? ORDER BY id LIMIT 1`, tso)},
		"audit":        {"id": one(`SELECT id FROM audit_record WHERE object_id = ? AND seq IS NOT NULL ORDER BY id LIMIT 1`, tso)},
		"jobs":         {"id": one(`SELECT id FROM jobs_job WHERE state = 'done' ORDER BY id LIMIT 1`)},
	}
}

var placeholder = regexp.MustCompile(`\{[^}]*\}`)

// address fills a pattern with the objects.
func address(path string, objects map[string]map[string]string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return placeholder.ReplaceAllStringFunc(path, func(p string) string {
		name := strings.Trim(p, "{}.")
		if name == "$" {
			return ""
		}
		return cmp.Or(objects[first][name], "none")
	})
}

type line struct{ method, path, need string }

func surface(t *testing.T, a *App) (out []line) {
	t.Helper()
	var b bytes.Buffer
	if err := a.Web.WriteRoutes(&b); err != nil {
		t.Fatal(err)
	}
	for l := range strings.Lines(b.String()) {
		pattern, need := strings.TrimSpace(l[:53]), strings.TrimSpace(l[53:])
		method, path, ok := strings.Cut(pattern, " ")
		if !ok {
			continue // the interface of programs is walked by its own tests
		}
		out = append(out, line{method, path, need})
	}
	return out
}

// ask does one request as a visitor.
func ask(t *testing.T, a *App, v visitor, method, path string, form url.Values, lang string, n int) *httptest.ResponseRecorder {
	t.Helper()
	var r *http.Request
	if method == http.MethodPost {
		r = httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	} else {
		r = httptest.NewRequest(method, path, nil)
	}
	r.RemoteAddr = fmt.Sprintf("198.51.100.%d:1", n)
	r.AddCookie(&http.Cookie{Name: "lang", Value: lang})
	if v.cookie != nil {
		r.AddCookie(v.cookie)
	}
	w := httptest.NewRecorder()
	a.Web.Handler().ServeHTTP(w, r)
	return w
}

// ends are addresses that would end the walk of whoever asks for them.
var ends = map[string]bool{"POST /sign-out": true, "POST /account/institution": true, "POST /account/sessions/{id}/revoke": true}

// TestEveryRouteAsEveryRole walks the whole surface as every role of every
// institution: what comes is what grants.txt says, and the golden file shows
// every change of it.
func TestEveryRouteAsEveryRole(t *testing.T) {
	clock := &Clock{}
	a := desk(t, housetest.SQLiteURL(t), Options{Now: clock.Now})
	tellShort(t, a, clock)
	who := walkers(t, a)
	objects := things(t, a, who[slices.IndexFunc(who, func(v visitor) bool { return v.name == "officer" })])
	var golden strings.Builder
	for _, l := range surface(t, a) {
		pattern := l.method + " " + l.path
		if ends[pattern] {
			continue
		}
		fmt.Fprintf(&golden, "%s  [%s]\n ", pattern, l.need)
		for n, v := range who {
			w := ask(t, a, v, l.method, address(l.path, objects), url.Values{}, "en", n+1)
			fmt.Fprintf(&golden, " %s %d", v.name, w.Code)
			judge(t, l, v, w)
		}
		golden.WriteString("\n")
	}
	compare(t, "walk.golden", golden.String())
}

// judge holds one answer against the grants.
func judge(t *testing.T, l line, v visitor, w *httptest.ResponseRecorder) {
	t.Helper()
	at := fmt.Sprintf("%s %s as %s: %d", l.method, l.path, v.name, w.Code)
	if w.Code >= 500 {
		t.Errorf("%s\n%s", at, w.Body)
		return
	}
	open := l.need == "(anyone)"
	if v.cookie == nil {
		to := w.Header().Get("Location")
		if !open && w.Code != http.StatusUnauthorized && !(w.Code == http.StatusSeeOther && strings.HasPrefix(to, "/sign-in")) {
			t.Errorf("%s: a stranger is let in", at)
		}
		return
	}
	if open || l.need == "(signed in)" {
		return
	}
	if access.May(v.actor, access.Permission(l.need)) != nil {
		if w.Code != http.StatusForbidden {
			t.Errorf("%s: %s is not granted", at, l.need)
		}
		return
	}
	if w.Code == http.StatusForbidden && !strings.Contains(l.path, "{") && l.method == http.MethodGet {
		t.Errorf("%s: %s is granted", at, l.need)
	}
	// The object is the transmission operator's: another institution's people do not learn that it exists.
	foreign := v.name == "bank-officer" || v.name == "hospital-reporter"
	if foreign && strings.Contains(l.path, "{id}") && !strings.HasPrefix(l.path, "/account") && w.Code != http.StatusNotFound {
		t.Errorf("%s: an object of another institution must not exist", at)
	}
}

// tellShort tells the least of a story: everybody, one incident of each of
// three institutions, what they lead to.
func tellShort(t *testing.T, a *App, clock *Clock) {
	t.Helper()
	s, err := readStory(a.Pack.ID)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	begin := now.AddDate(0, -1, 0)
	clock.Set(begin)
	x := &teller{App: a, story: s, clock: clock, lang: "en", rng: rand.New(rand.NewPCG(2022, 0715)), ids: map[string]string{}, service: map[string][]string{}, actors: map[string]access.Actor{}}
	if err := x.people(t.Context(), begin); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"tso", "bank", "hospital"} {
		x.incident(t.Context(), x.institution(id), x.kind("ddos"), now.Add(-30*time.Hour), false)
	}
	for i := 0; i < len(x.acts); i++ { // an act may lead to later ones
		if act := x.acts[i]; act.at.Before(now) {
			clock.Set(act.at)
			if err := act.do(act.at); err != nil {
				t.Fatal(err)
			}
		}
	}
	clock.Set(now)
	if err := a.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func compare(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	g, x := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range max(len(g), len(x)) {
		var have, should string
		if i < len(g) {
			have = g[i]
		}
		if i < len(x) {
			should = x[i]
		}
		if have != should {
			t.Fatalf("%s:%d changed; look at the difference, then run with -update:\n got %s\nwant %s", path, i+1, have, should)
		}
	}
}

// bare are pages that show nothing marked: whoever signs in, the reader's own
// account, help, the list of papers while there is none.
var bare = []string{"/sign-in", "/forgot", "/link", "/account", "/proof", "/help", "/storybook", "/papers"}

// TestEveryPageIsWhole reads every page of everybody in every language: its
// language, title, banner, headings, and nothing inline the policy forbids.
func TestEveryPageIsWhole(t *testing.T) {
	clock := &Clock{}
	a := desk(t, housetest.SQLiteURL(t), Options{Now: clock.Now})
	tellShort(t, a, clock)
	who := walkers(t, a)
	objects := things(t, a, who[slices.IndexFunc(who, func(v visitor) bool { return v.name == "officer" })])
	pages := 0
	for _, l := range surface(t, a) {
		if l.method != http.MethodGet {
			continue
		}
		for n, v := range who {
			for _, lang := range []string{"sq", "en"} {
				w := ask(t, a, v, l.method, address(l.path, objects), nil, lang, n+1)
				if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
					continue
				}
				pages++
				whole(t, fmt.Sprintf("%s as %s in %s", l.path, v.name, lang), l.path, lang, w.Body.String())
			}
		}
	}
	if pages < 100 {
		t.Errorf("only %d pages were read", pages)
	}
}

func whole(t *testing.T, at, path, lang, body string) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if i := strings.Index(body, "⟦"); i >= 0 {
		t.Errorf("%s: words are missing: %.60s", at, body[i:])
	}
	count, ids, banners := map[string]int{}, map[string]int{}, 0
	title := ""
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		count[n.Data]++
		if n.Data == "title" && n.FirstChild != nil && n.Parent.Data == "head" {
			title = n.FirstChild.Data
		}
		if n.Data == "style" || n.Data == "script" && n.FirstChild != nil {
			t.Errorf("%s: inline <%s>", at, n.Data)
		}
		for _, x := range n.Attr {
			switch {
			case x.Key == "style" || strings.HasPrefix(x.Key, "on"):
				t.Errorf("%s: <%s %s=…>", at, n.Data, x.Key)
			case x.Key == "id":
				ids[x.Val]++
			case x.Key == "lang" && n.Data == "html" && x.Val != lang:
				t.Errorf("%s: lang is %q", at, x.Val)
			case x.Key == "class" && n.Data == "section" && slices.Contains(strings.Fields(x.Val), "marking"):
				banners++
			}
		}
	}
	for id, n := range ids {
		if n > 1 {
			t.Errorf("%s: id %q stands %d times", at, id, n)
		}
	}
	if count["main"] != 1 || count["h1"] != 1 || strings.TrimSpace(title) == "" {
		t.Errorf("%s: %d main, %d h1, title %q", at, count["main"], count["h1"], title)
	}
	plain := slices.ContainsFunc(bare, func(p string) bool { return strings.HasPrefix(path, p) })
	if banners != 2 && !(plain && banners == 0) {
		t.Errorf("%s: the marking stands %d times", at, banners)
	}
}
