package web

import (
	"math"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"kulla.dev/internal/i18n"
)

// story fetches one page of the storybook.
func story(t *testing.T, address string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	StorybookHandler(time.Date(2026, 11, 17, 15, 50, 0, 0, time.UTC)).ServeHTTP(w, httptest.NewRequest("GET", address, nil))
	if w.Code != http.StatusOK {
		t.Fatalf("%s answered %d", address, w.Code)
	}
	return w
}

// walkHTML visits every element.
func walkHTML(n *html.Node, visit func(*html.Node)) {
	if n.Type == html.ElementNode {
		visit(n)
	}
	for c := range n.ChildNodes() {
		walkHTML(c, visit)
	}
}

func attribute(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

// TestPagesObeyThePolicy holds every page against the policy it is sent with,
// and against what a page needs to be used without sight.
func TestPagesObeyThePolicy(t *testing.T) {
	for path := range storyPages {
		for _, l := range i18n.Languages() {
			address := path + "?exercise=1&lang=" + string(l)
			w := story(t, address)
			if got := w.Header().Get("Content-Security-Policy"); got != PagePolicy {
				t.Errorf("%s: policy %q", address, got)
			}
			doc, err := html.Parse(w.Body)
			if err != nil {
				t.Fatal(err)
			}
			ids := map[string]int{}
			var refs []string
			mains, titles := 0, 0
			walkHTML(doc, func(n *html.Node) {
				if n.Data == "main" {
					mains++
				}
				if n.Data == "h1" {
					titles++
				}
				if n.Data == "style" || n.Data == "script" && n.FirstChild != nil {
					t.Errorf("%s: inline <%s>", address, n.Data)
				}
				for _, a := range n.Attr {
					switch {
					case a.Key == "style" || strings.HasPrefix(a.Key, "on"):
						t.Errorf("%s: <%s %s=…>", address, n.Data, a.Key)
					case a.Key == "id":
						ids[a.Val]++
					case a.Key == "for", a.Key == "popovertarget", a.Key == "aria-labelledby", a.Key == "aria-describedby":
						refs = append(refs, strings.Fields(a.Val)...)
					case (a.Key == "href" || a.Key == "src") && strings.Contains(a.Val, "//"):
						t.Errorf("%s: %s=%q leaves the desk", address, a.Key, a.Val)
					case strings.Contains(a.Val, "⟦"):
						t.Errorf("%s: missing words in %s=%q", address, a.Key, a.Val)
					}
				}
			})
			for id, n := range ids {
				if n > 1 {
					t.Errorf("%s: id %q stands %d times", address, id, n)
				}
			}
			for _, ref := range refs {
				if ids[ref] == 0 {
					t.Errorf("%s: %q points to nothing", address, ref)
				}
			}
			if mains != 1 || titles != 1 {
				t.Errorf("%s: %d main, %d h1", address, mains, titles)
			}
		}
	}
}

func TestPagesAreTranslated(t *testing.T) {
	for path := range storyPages {
		for _, l := range i18n.Languages() {
			body := story(t, path+"?lang="+string(l)).Body.String()
			if i := strings.Index(body, "⟦"); i >= 0 {
				t.Errorf("%s in %s: missing %.60s", path, l, body[i:])
			}
			if !strings.Contains(body, `<html lang="`+string(l)+`"`) {
				t.Errorf("%s in %s: wrong lang", path, l)
			}
		}
	}
	if missing := stories().Missing(); len(missing) > 0 {
		t.Errorf("the storybook lacks %v", missing)
	}
}

func TestMarkingStandsAtBothEnds(t *testing.T) {
	body := story(t, "/storybook/incident?lang=en").Body.String()
	if n := strings.Count(body, "TLP:AMBER+STRICT · Authority and grid operator"); n != 2 {
		t.Errorf("the banner stands %d times, want 2", n)
	}
	if strings.Contains(body, "EXERCISE") || !strings.Contains(story(t, "/storybook?lang=en&exercise=1").Body.String(), "EXERCISE") {
		t.Error("the exercise banner is wrong")
	}
}

func TestTextIsEscaped(t *testing.T) {
	var out strings.Builder
	evil := `"><script>alert(1)</script>`
	b := Base{Lang: i18n.English, Path: evil, Search: evil, Title: evil, Marking: Banner{Text: evil}, Actor: &ActorView{Name: evil}}
	if err := Layout(b).Render(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	f := FieldView{Name: `a"b`, Label: evil, Value: evil, Error: evil, Hint: evil}
	if err := TextArea(b.Say(), f).Render(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	if err := Button(ButtonView{Text: evil, Href: "javascript:alert(1)"}).Render(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "<script>alert") || strings.Contains(out.String(), "javascript:alert") {
		t.Errorf("markup got through:\n%s", out.String())
	}
}

func TestErrorSummaryLeadsToFields(t *testing.T) {
	body := story(t, "/storybook/report?lang=en").Body.String()
	for _, want := range []string{`href="#f-contact"`, `id="f-contact"`, `aria-describedby="f-contact-error"`, `aria-invalid="true"`, `value="drita@"`, "1 answer needs your attention"} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s in the form", want)
		}
	}
}

func TestSmallRules(t *testing.T) {
	for in, want := range map[string]string{"TLP:AMBER+STRICT": "amber", "tlp:red": "red", "SECRET": "", "TLP:CLEAR · all": "clear", "TLP:GREEN": "green"} {
		if got := TLPClass(in); got != want {
			t.Errorf("TLPClass(%q) = %q, want %q", in, got, want)
		}
	}
	for in, want := range map[float64]string{-1: "0", 0: "0", 0.256: "26", 1.4: "100", math.NaN(): "0"} {
		if got := percentOf(in); got != want {
			t.Errorf("percentOf(%v) = %q, want %q", in, got, want)
		}
	}
	if ParseTheme("dark") != ThemeDark || ParseTheme("x") != ThemeAuto || levelClass(9) != "h5" || levelClass(-1) != "h-unknown" || spanClass(12) != "" {
		t.Error("a small rule is wrong")
	}
	got := groups([]OptionView{{Value: "1", Group: "b"}, {Value: "2"}, {Value: "3", Group: "b"}})
	if len(got) != 2 || got[0][0].Value != "2" || len(got[1]) != 2 {
		t.Errorf("groups = %v", got)
	}
}

func TestStatic(t *testing.T) {
	get := func(path, encoding string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", path, nil)
		r.Header.Set("Accept-Encoding", encoding)
		w := httptest.NewRecorder()
		Static().ServeHTTP(w, r)
		return w
	}
	for _, name := range []string{"kulla.css", "kulla.js", "kulla.svg", "fonts/inter-latin.woff2", "fonts/inter.LICENSE.txt"} {
		w := get(Asset(name), "")
		if w.Code != 200 || w.Body.Len() == 0 || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %d, %v", name, w.Code, w.Header())
		}
	}
	if w := get(Asset("kulla.css"), "br, gzip;q=0.8"); w.Header().Get("Content-Encoding") != "gzip" || w.Header().Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("style sheet: %v", w.Header())
	}
	if w := get(Asset("kulla.css"), "gzip;q=0"); w.Header().Get("Content-Encoding") != "" {
		t.Error("compressed against the reader's wish")
	}
	if w := get("/static/old/kulla.js", ""); w.Code != 200 || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("old version: %d, %v", w.Code, w.Header())
	}
	for _, path := range []string{"/static/", "/static/x/../base.go", "/static/x/css/1-tokens.css", "/static/x/nothing"} {
		if w := get(path, ""); w.Code != 404 {
			t.Errorf("%s answered %d", path, w.Code)
		}
	}
	// Every file the style sheet names is shipped.
	for _, m := range regexp.MustCompile(`url\(([^)]+)\)`).FindAllStringSubmatch(string(assets().files["kulla.css"].plain), -1) {
		if _, ok := assets().files[m[1]]; !ok {
			t.Errorf("the style sheet names %s, which is not shipped", m[1])
		}
	}
}

// tokens reads the custom properties of the block that begins with selector.
func tokens(t *testing.T, selector string) map[string]string {
	t.Helper()
	_, rest, found := strings.Cut(string(assets().files["kulla.css"].plain), selector)
	if !found {
		t.Fatalf("no %q in the style sheet", selector)
	}
	block, _, _ := strings.Cut(rest, "}")
	out := map[string]string{}
	for _, m := range regexp.MustCompile(`--([a-z0-9-]+):\s*([^;]+);`).FindAllStringSubmatch(block, -1) {
		out[m[1]] = strings.TrimSpace(m[2])
	}
	return out
}

func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(strings.TrimPrefix(hex, "#"), 16, 32)
	if err != nil || len(hex) != 7 {
		t.Fatalf("colour %q", hex)
	}
	part := func(shift uint) float64 {
		c := float64(n>>shift&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*part(16) + 0.7152*part(8) + 0.0722*part(0)
}

func contrast(t *testing.T, a, b string) float64 {
	la, lb := luminance(t, a), luminance(t, b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

// TestColours computes WCAG 2.2 contrast of every pair the components use.
func TestColours(t *testing.T) {
	light := tokens(t, ":root {")
	dark := tokens(t, ":root[data-theme=dark] {")
	auto := tokens(t, ":root:not([data-theme=light]) {")
	for name, v := range dark {
		if auto[name] != v {
			t.Errorf("--%s is %s when chosen and %s when the device is dark", name, v, auto[name])
		}
	}
	if len(auto) != len(dark) {
		t.Errorf("%d and %d tokens in the dark blocks", len(auto), len(dark))
	}
	for theme, c := range map[string]map[string]string{"light": light, "dark": dark} {
		for _, ground := range []string{"paper", "card", "sunk"} {
			for _, ink := range []string{"ink", "ink-2", "ink-3", "accent", "good", "warn", "bad"} {
				if r := contrast(t, c[ink], c[ground]); r < 4.5 {
					t.Errorf("%s: %s on %s is %.2f, want 4.5", theme, ink, ground, r)
				}
			}
			for _, edge := range []string{"control", "brand", "bar-warn", "accent", "good", "bad"} {
				if r := contrast(t, c[edge], c[ground]); r < 3 {
					t.Errorf("%s: edge %s on %s is %.2f, want 3", theme, edge, ground, r)
				}
			}
		}
		for ink, ground := range map[string]string{"accent": "accent-weak", "good": "good-weak", "warn": "warn-weak", "bad": "bad-weak", "on-accent": "accent", "ink-2": "accent-weak"} {
			if r := contrast(t, c[ink], c[ground]); r < 4.5 {
				t.Errorf("%s: %s on %s is %.2f, want 4.5", theme, ink, ground, r)
			}
		}
		for level := range 6 {
			n := strconv.Itoa(level)
			if r := contrast(t, c["on-"+n], c["sev-"+n]); r < 4.5 {
				t.Errorf("%s: figure on level %d is %.2f, want 4.5", theme, level, r)
			}
			if level == 0 {
				continue
			}
			// The ramp runs one way: paper to dark red by day, dark to bright by night.
			a, b := luminance(t, c["sev-"+strconv.Itoa(level-1)]), luminance(t, c["sev-"+n])
			if (theme == "light") == (b > a) {
				t.Errorf("%s: level %d (%.3f) does not go on from level %d (%.3f)", theme, level, b, level-1, a)
			}
		}
	}
	for _, ink := range []string{"tlp-red", "tlp-amber", "tlp-green", "tlp-clear"} {
		if r := contrast(t, light[ink], light["tlp-bg"]); r < 4.5 {
			t.Errorf("%s on black is %.2f", ink, r)
		}
	}
}

func BenchmarkLayout(b *testing.B) {
	base, tell := storyBase(i18n.Albanian, ThemeAuto, "/storybook", time.Now())
	for b.Loop() {
		var out strings.Builder
		if err := storySituation(base, tell).Render(b.Context(), &out); err != nil {
			b.Fatal(err)
		}
	}
}
