package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// page gives the HTML of d, checked for form.
func page(t testing.TB, d Doc) string {
	t.Helper()
	var b bytes.Buffer
	if err := HTML(&b, d); err != nil {
		t.Fatal(err)
	}
	if err := balanced(b.String()); err != nil {
		t.Fatalf("%v in %s", err, b.String())
	}
	return b.String()
}

// balanced reads markup as strict XML: what HTML writes has no void elements
// and no unclosed ones.
func balanced(s string) error {
	d := xml.NewDecoder(strings.NewReader(s))
	d.Entity = xml.HTMLEntity
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func TestSamplePage(t *testing.T) {
	for _, lang := range []string{"en", "sq"} {
		got := page(t, sample(lang))
		golden(t, "sample-"+lang+".html", []byte(got))
		if err := os.WriteFile(filepath.Join(t.ArtifactDir(), "sample-"+lang+".html"), []byte(got), 0o600); err != nil { // kept with -artifacts
			t.Fatal(err)
		}
		if m := regexp.MustCompile(`<script| style=| on[a-z]+=|javascript:`).FindString(got); m != "" {
			t.Errorf("%s: %q breaks a strict Content Security Policy", lang, m)
		}
		ids := map[string]int{}
		for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(got, -1) {
			if ids[m[1]]++; ids[m[1]] > 1 {
				t.Errorf("%s: id %q twice", lang, m[1])
			}
		}
		for _, m := range regexp.MustCompile(`href="#([^"]*)"`).FindAllStringSubmatch(got, -1) {
			if ids[m[1]] == 0 {
				t.Errorf("%s: link to #%s leads nowhere", lang, m[1])
			}
		}
		if strings.Index(got, "r-judge") > strings.Index(got, "r-toc") {
			t.Errorf("%s: the judgement does not stand first", lang)
		}
	}
}

func TestTextIsEscaped(t *testing.T) {
	evil := `"><img src=x onerror=alert(1)>&<script>`
	d := Doc{Lang: evil, Title: evil, Kicker: evil, Subtitle: evil, Marking: Banner{evil, evil}, Words: english, Contents: true}
	d.Add(Heading{1, evil, evil}, Para{Text: Text{{Text: evil, Href: evil, Code: true}}}, Callout{Bad, evil, []Text{Plain(evil)}},
		Table{Caption: evil, Columns: []Column{{Title: evil}}, Rows: []Row{Cells(evil)}}, Figures{[]Figure{{evil, evil, evil, evil, Good}}},
		Chart{Title: evil, Desc: evil, Unit: evil, Plot: Bars{Labels: []string{evil}, Hrefs: []string{evil}, Series: []Series{{evil, []float64{1}}}}})
	got := page(t, d)
	if strings.Contains(got, "<img") || strings.Contains(got, "<script") {
		t.Errorf("markup let through: %s", got)
	}
}

func TestHrefs(t *testing.T) {
	for in, want := range map[string]string{
		"/incidents/1":          "/incidents/1",
		"?q=a&b=c":              "?q=a&b=c",
		"#s-x":                  "#s-x",
		"https://example.org/ë": "https://example.org/%C3%AB",
		"mailto:a@example.org":  "mailto:a@example.org",
		"javascript:alert(1)":   "",
		"JaVaScRiPt:alert(1)":   "",
		" javascript:alert(1)":  "",
		"java\nscript:alert(1)": "",
		"data:text/html,x":      "",
		"//evil.example/x":      "",
		`/\evil.example`:        "",
		"\x00javascript:x":      "",
		"vbscript:x":            "",
	} {
		if got := safeHref(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func TestMissingWordIsAnError(t *testing.T) {
	w := english
	w.Source = ""
	for name, err := range map[string]error{
		"HTML": HTML(io.Discard, Doc{Title: "t", Words: w}),
		"PDF":  PDF(io.Discard, Doc{Title: "t", Words: w}),
		"SVG":  Chart{}.SVG(io.Discard, w),
	} {
		if err == nil || !strings.Contains(err.Error(), "Source") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFragmentHasNoNumbers(t *testing.T) {
	var b bytes.Buffer
	if err := Fragment(&b, english, sample("en").Blocks...); err != nil {
		t.Fatal(err)
	}
	if err := balanced(b.String()); err != nil {
		t.Fatal(err)
	}
	for _, no := range []string{"<h1", `class="r-no"`, "Figure 1", "Table 1", "marking"} {
		if strings.Contains(b.String(), no) {
			t.Errorf("a fragment contains %q", no)
		}
	}
	if n := strings.Count(b.String(), "<svg"); n != 10 {
		t.Errorf("%d drawings of five charts, want a wide and a narrow one of each", n)
	}
}

func TestTitleIsNeeded(t *testing.T) {
	for _, title := range []string{"", " \n", "\u202e"} {
		if HTML(io.Discard, Doc{Title: title, Words: english}) == nil || PDF(io.Discard, Doc{Title: title, Words: english}) == nil {
			t.Errorf("a document titled %q was written", title)
		}
	}
}

func TestHeadingsSkipNoLevel(t *testing.T) {
	d := Doc{Title: "t", Lang: "en", Words: english, Contents: true}
	d.Add(Heading{3, "a", ""}, Heading{3, "b", ""}, Heading{1, " ", ""}, Heading{3, "c", ""}, Heading{7, "d", ""}, Heading{0, "e", ""})
	got := regexp.MustCompile(`<h([1-6])`).FindAllStringSubmatch(page(t, d), -1)
	var order strings.Builder
	for _, m := range got {
		order.WriteString(m[1])
	}
	if order.String() != "123442" {
		t.Errorf("headings %s, want 123442", order.String())
	}
	printed(t, d)
}

func TestCompose(t *testing.T) {
	a, b := Strong("50"), Ref("49", "/e")
	for _, c := range []struct{ pattern, want string }{
		{"{1} against {2}", "50 against 49"},
		{"kundrejt {2}: {1}", "kundrejt 49: 50"},
		{"{3} {0} {x} {", "{3} {0} {x} {"},
		{"", ""},
		{"{1}{1}", "5050"},
	} {
		if got := Compose(c.pattern, a, b).String(); got != c.want {
			t.Errorf("%q: %q, want %q", c.pattern, got, c.want)
		}
	}
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		w      Words
		x      float64
		places int
		want   string
	}{
		{english, 1234567.5, 1, "1,234,567.5"},
		{albanian, 1234567.5, 1, "1\u00a0234\u00a0567,5"},
		{english, -0.4, 0, "0"},
		{english, -12, 0, "−12"},
		{english, 0.125, 4, "0.125"},
		{english, 999, 2, "999"},
	} {
		if got := c.w.number(c.x, c.places); got != c.want {
			t.Errorf("%v: %q, want %q", c.x, got, c.want)
		}
	}
}

func TestAxes(t *testing.T) {
	for _, c := range []struct {
		lo, hi       float64
		first, last  float64
		atLeastTicks int
	}{
		{0, 24, 0, 30, 3}, {0, 3, 0, 3, 4}, {0, 1, 0, 1, 3}, {0, 0, 0, 1, 3}, {-4, 10, -5, 10, 3}, {5, 9, 0, 10, 3}, {0, 1e9, 0, 1e9, 3}, {0, 0.003, 0, 0.003, 3}, {0, 2, 0, 2, 3},
	} {
		s := fromZero(c.lo, c.hi, 4)
		if n := len(s.ticks); n < c.atLeastTicks || n > 9 || math.Abs(s.ticks[0]-c.first) > 1e-9 || math.Abs(s.ticks[n-1]-c.last) > 1e-9 {
			t.Errorf("%v to %v: ticks %v", c.lo, c.hi, s.ticks)
		}
	}
}

func TestBarsBeginAtZeroAndGapsAreNotZero(t *testing.T) {
	p := Bars{Labels: []string{"a", "b", "c"}, Series: []Series{{"", []float64{90, 100, math.NaN()}}}}
	s := p.scene(Chart{}, frame{720, 12, english})
	var tops, bottoms []float64
	missing := 0
	for _, sh := range s.shapes {
		switch {
		case strings.HasPrefix(sh.class, "r-bar"):
			tops, bottoms = append(tops, sh.pts[0].y), append(bottoms, sh.pts[2].y)
		case sh.class == "r-none":
			missing++
		}
	}
	if len(tops) != 2 || bottoms[0] != bottoms[1] {
		t.Fatalf("bars from %v to %v", tops, bottoms)
	}
	if ratio := (bottoms[0] - tops[0]) / (bottoms[1] - tops[1]); math.Abs(ratio-0.9) > 1e-9 {
		t.Errorf("90 is drawn %v as tall as 100", ratio)
	}
	if missing != 2 { // in its place and in the key
		t.Errorf("what was not measured is drawn %d times", missing)
	}
	if cell := p.table(Chart{}, english).Rows[2].Cells[1].Text.String(); cell != english.NotMeasured {
		t.Errorf("the table says %q for what was not measured", cell)
	}
}

func TestLineBreaksWhereNothingWasMeasured(t *testing.T) {
	nan := math.NaN()
	p := Lines{Series: []Series{{"", []float64{1, 2, nan, 3, nan, 4, 5}}}}
	s := p.scene(Chart{}, frame{720, 12, english})
	lines, dots := 0, 0
	for _, sh := range s.shapes {
		if strings.HasPrefix(sh.class, "r-line") {
			lines++
		}
		if strings.HasPrefix(sh.class, "r-dot") {
			dots++
		}
	}
	if lines != 2 || dots != 1 {
		t.Errorf("%d lines and %d dots, want 2 and 1", lines, dots)
	}
}

func TestOpenIntervalEndsInAnArrow(t *testing.T) {
	p := Intervals{Log: true, Ref: 1, Rows: []Interval{{Label: "a", Point: math.NaN(), Low: 0.66, High: math.Inf(1)}}}
	s := p.scene(Chart{}, frame{720, 12, english})
	arrows := 0
	for _, sh := range s.shapes {
		if strings.HasPrefix(sh.class, "r-est") {
			t.Error("an undefined estimate has a dot")
		}
		if strings.HasPrefix(sh.class, "r-whisker") && len(sh.pts) == 3 {
			arrows++
		}
		for _, q := range sh.pts {
			if q.x < -1 || q.x > 721 || math.IsNaN(q.x) || math.IsNaN(q.y) {
				t.Errorf("%s drawn at %v", sh.class, q)
			}
		}
	}
	if arrows != 1 {
		t.Errorf("%d arrows, want 1", arrows)
	}
}

func TestSpark(t *testing.T) {
	var b bytes.Buffer
	if err := Spark(&b, []float64{1, 5, math.NaN(), 2, 8}, `eight <this> week`); err != nil {
		t.Fatal(err)
	}
	if err := balanced(b.String()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`role="img"`, "eight &lt;this&gt; week", "r-dot"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in %s", want, b.String())
		}
	}
	for _, v := range [][]float64{nil, {0}, {math.NaN()}, {math.Inf(1), -3}} {
		if err := Spark(io.Discard, v, "x"); err != nil {
			t.Error(err)
		}
	}
}

func TestClassesHaveALook(t *testing.T) {
	var b bytes.Buffer
	for _, blk := range sample("en").Blocks {
		if c, ok := blk.(Chart); ok {
			if err := c.SVG(&b, english); err != nil {
				t.Fatal(err)
			}
		}
	}
	seen := map[string]bool{}
	for _, m := range regexp.MustCompile(`class="([^"]+)"`).FindAllStringSubmatch(b.String(), -1) {
		for c := range strings.FieldsSeq(m[1]) {
			seen[c] = true
		}
	}
	for c := range seen {
		if c == "r-s0" || c == "r-t" || c == "bad" || c == "r-heat" || strings.HasPrefix(c, "r-th") { // looks come from the element or the other class
			continue
		}
		if !strings.Contains(CSS, "."+c) {
			t.Errorf("class %q has no look on screen", c)
		}
	}
	for _, sh := range weeks().scene(Chart{}, frame{470, 8, english}).shapes {
		if sh.kind != label && printLook(sh.class) == (look{}) {
			t.Errorf("class %q has no look in print", sh.class)
		}
	}
}

func BenchmarkHTML(b *testing.B) {
	for _, c := range []struct {
		name string
		d    Doc
	}{{"sample", sample("sq")}, {"table-5000-rows", long(5000)}} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if err := HTML(io.Discard, c.d); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
