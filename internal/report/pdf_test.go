package report

import (
	"bytes"
	"compress/zlib"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// printed gives the PDF of d, checked for form.
func printed(t testing.TB, d Doc) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := PDF(&b, d); err != nil {
		t.Fatal(err)
	}
	if err := wellFormed(b.Bytes()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// wellFormed reads a file back the way a reader does: every object at its
// offset, every reference to an object that exists, every stream as long as
// it says and decodable, marked content opened and closed in pairs, every
// MCID of a page owned by one element.
func wellFormed(file []byte) error {
	a, err := readObjects(bytes.Replace(file, []byte("\nstartxref\n"), []byte("\nstartxref\n"), 1))
	if err != nil {
		return err
	}
	refs := regexp.MustCompile(`(\d+) 0 R`)
	length := regexp.MustCompile(`/Length (\d+)`)
	for n, body := range a.objects {
		dict, stream, isStream := bytes.Cut(body, []byte("stream\n"))
		for _, m := range refs.FindAllSubmatch(dict, -1) {
			var to int
			fmt.Sscan(string(m[1]), &to)
			if _, ok := a.objects[to]; !ok {
				return fmt.Errorf("object %d points to %d, which does not exist", n, to)
			}
		}
		if !isStream {
			continue
		}
		m := length.FindSubmatch(dict)
		if m == nil {
			return fmt.Errorf("stream %d has no length", n)
		}
		var size int
		fmt.Sscan(string(m[1]), &size)
		if size > len(stream) || !bytes.HasPrefix(bytes.TrimLeft(stream[size:], "\r\n"), []byte("endstream")) {
			return fmt.Errorf("stream %d is not %d bytes long", n, size)
		}
		if !bytes.Contains(dict, []byte("FlateDecode")) {
			continue
		}
		z, err := zlib.NewReader(bytes.NewReader(stream[:size]))
		if err != nil {
			return fmt.Errorf("stream %d: %w", n, err)
		}
		content, err := io.ReadAll(z)
		if err != nil {
			return fmt.Errorf("stream %d: %w", n, err)
		}
		if n%2 == 0 && bytes.Contains(a.objects[n-1], []byte("/Type /Page ")) {
			if err := paired(content); err != nil {
				return fmt.Errorf("page content %d: %w", n, err)
			}
		}
	}
	return nil
}

// paired checks that marked content is closed before the next opens and that
// nothing is drawn outside it.
func paired(content []byte) error {
	open := false
	for line := range strings.SplitSeq(string(content), "\n") {
		switch {
		case strings.HasSuffix(line, " BDC"), strings.HasSuffix(line, " BMC"):
			if open {
				return fmt.Errorf("%q inside other marked content", line)
			}
			open = true
		case line == "EMC":
			if !open {
				return fmt.Errorf("closed twice")
			}
			open = false
		case strings.Contains(line, " Tj") && !open:
			return fmt.Errorf("untagged text %q", line)
		}
	}
	if open {
		return fmt.Errorf("left open")
	}
	return nil
}

// outlineOf writes the structure tree of a document as text: what a screen
// reader meets, in order.
func outlineOf(t testing.TB, d Doc) string {
	t.Helper()
	s := set(d)
	texts := map[*elem]*strings.Builder{}
	p := &printer{s: s, tags: tags{root: s.root, owners: make([][]*elem, len(s.sheets))}}
	if _, err := p.draw(); err != nil {
		t.Fatal(err)
	}
	for _, sh := range s.sheets {
		for _, o := range sh.ops {
			if o.kind == opText && o.elem != nil {
				if texts[o.elem] == nil {
					texts[o.elem] = &strings.Builder{}
				}
				texts[o.elem].WriteString(o.text)
			}
		}
	}
	var b strings.Builder
	var walk func(e *elem, depth int)
	walk = func(e *elem, depth int) {
		fmt.Fprintf(&b, "%s%s", strings.Repeat("  ", depth), e.kind)
		if e.alt != "" {
			fmt.Fprintf(&b, " alt=%q", e.alt)
		} else if texts[e] != nil {
			fmt.Fprintf(&b, " %q", texts[e])
		}
		b.WriteString("\n")
		for _, k := range e.kids {
			if k.elem != nil {
				walk(k.elem, depth+1)
			}
		}
	}
	walk(s.root, 0)
	return b.String()
}

func TestSamplePaper(t *testing.T) {
	for _, lang := range []string{"en", "sq"} {
		d := sample(lang)
		file := printed(t, d)
		if again := printed(t, d); !bytes.Equal(file, again) {
			t.Errorf("%s: the same document gave different files", lang)
		}
		for _, want := range []string{"/Lang " + pdfText(lang), "/MarkInfo <</Marked true>>", "/DisplayDocTitle true", "/Title " + pdfText(d.Title),
			"/CreationDate (D:20261124180500Z)", "/Tabs /S", "/S /TOCI", "/S /Figure", "/Scope /Column", "/Scope /Row", "/S /URI /URI <" + fmt.Sprintf("%x", "https://desk.example.org/evidence/1") + ">"} {
			if !bytes.Contains(file, []byte(want)) {
				t.Errorf("%s: no %s in the file", lang, want)
			}
		}
		golden(t, "sample-"+lang+".tree.txt", []byte(outlineOf(t, d)))
		if err := os.WriteFile(filepath.Join(t.ArtifactDir(), "sample-"+lang+".pdf"), file, 0o600); err != nil { // kept with -artifacts
			t.Fatal(err)
		}
	}
}

func TestPapersAreMadeSideBySide(t *testing.T) {
	want := printed(t, sample("sq"))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			var b bytes.Buffer
			if err := PDF(&b, sample("sq")); err != nil || !bytes.Equal(b.Bytes(), want) {
				t.Errorf("a paper made beside others differs: %v", err)
			}
		})
	}
	wg.Wait()
}

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with testdata, or writes it with -update.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s (-update refreshes it): %s", name, d)
	}
}

// long is a paper with a table of n rows.
func long(n int) Doc {
	d := sample("en")
	t := Table{Caption: "Every report", RowHead: true, Columns: []Column{{Title: "Institution"}, {Title: "Stage"}, {Title: "Hours", Num: true}, {Title: "Remark"}}}
	for i := range n {
		t.Rows = append(t.Rows, Cells("Institution number "+decimal(i), "early warning", decimal(i%72), "in time, confirmed by the duty officer of the day, without any further remark"))
	}
	d.Add(Heading{Level: 1, Text: "Annex"}, t)
	return d
}

func TestLongTableRepeatsItsHeader(t *testing.T) {
	d := long(300)
	s := set(d)
	heads, continued := 0, 0
	for _, sh := range s.sheets {
		for _, o := range sh.ops {
			if o.kind == opText && o.text == "Institution" {
				heads++
			}
			if strings.Contains(o.text, "(continued)") {
				continued++
			}
			if o.kind == opText && o.y > textBottom+1 {
				t.Fatalf("text %q below the sheet at %v", o.text, o.y)
			}
		}
	}
	if heads < 8 || continued != heads-1 {
		t.Errorf("header on %d sheets, %d continued", heads, continued)
	}
	tree := outlineOf(t, d)
	if n := strings.Count(tree, "TH \"Institution\"\n"); n != 1 {
		t.Errorf("a screen reader hears the header %d times", n)
	}
	for i := range 300 {
		if !strings.Contains(tree, "\"Institution number "+decimal(i)+"\"") {
			t.Fatalf("row %d is missing", i)
		}
	}
	printed(t, d)
}

func TestTallCellIsCut(t *testing.T) {
	d := Doc{Lang: "en", Title: "t", Words: english, Blocks: []Block{Table{Columns: []Column{{Title: "A"}, {Title: "B"}}, Rows: []Row{Cells("x", strings.Repeat("many words ", 4000))}}}}
	s := set(d)
	if len(s.sheets) < 5 || len(s.sheets) > 60 {
		t.Errorf("%d sheets", len(s.sheets))
	}
	if got := strings.Count(outlineOf(t, d), "many words "); got != 4000-1 && got != 4000 {
		t.Errorf("%d of 4000 repetitions printed", got)
	}
	printed(t, d)
}

func TestMarkingIsNeverShortened(t *testing.T) {
	long := strings.TrimSpace("CONFIDENTIAL " + strings.Repeat("releasable to AAA ", 6))
	d := Doc{Lang: "en", Title: "t", Words: english, Marking: Banner{long, "national"}}
	p := &printer{s: set(d), tags: tags{owners: make([][]*elem, 1)}}
	p.tags.root = p.s.root
	if _, err := p.draw(); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range p.banner {
		for _, piece := range l.pieces {
			got = append(got, piece.text)
			if piece.t.size < 12 {
				t.Errorf("marking at %v points, TLP 2.0 asks for 12", piece.t.size)
			}
		}
	}
	if strings.Join(got, " ") != long {
		t.Errorf("the marking became %q", got)
	}
	printed(t, d)
}

func TestEverySheetCarriesTheMarkingTwice(t *testing.T) {
	d := long(100)
	d.Marking = Banner{"TLP:RED", "red"}
	s := set(d)
	p := &printer{s: s, tags: tags{root: s.root, owners: make([][]*elem, len(s.sheets))}}
	drawn, err := p.draw()
	if err != nil {
		t.Fatal(err)
	}
	a, err := readObjects(drawn)
	if err != nil {
		t.Fatal(err)
	}
	for i := range s.sheets {
		_, stream, _ := bytes.Cut(a.objects[pageObject(i)+1], []byte("stream\n"))
		z, err := zlib.NewReader(bytes.NewReader(stream))
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(content, []byte("\x00T\x00L\x00P\x00:\x00R\x00E\x00D")); n != 2 {
			t.Errorf("sheet %d carries the marking %d times", i+1, n)
		}
	}
	if n := strings.Count(outlineOf(t, d), "TLP:RED"); n > 1 {
		t.Errorf("a screen reader hears the marking %d times", n)
	}
}

func TestUnprintable(t *testing.T) {
	for in, want := range map[string]string{
		"ë ç Ë Ç":          "ë ç Ë Ç",
		"e\u0308 c\u0327":  "ë ç",
		"a\x00b":           "a□b",
		"fire \U0001F525":  "fire □",
		"שלום":             "□□□□",
		"\u202eevil\u202c": "evil",
		"soft\u00adhyphen": "softhyphen",
		"one\r\ntwo":       "one  two",
		"\xff\xfe":         "□□",
		"→ ≥ − ± × · … “ ” ‘ ’": "→ ≥ − ± × · … “ ” ‘ ’",
	} {
		if got := printable(in); got != want && !(in == "\xff\xfe" && !strings.ContainsFunc(got, func(r rune) bool { return r != box })) {
			t.Errorf("%q prints as %q, want %q", in, got, want)
		}
	}
	for _, f := range faces() {
		for _, r := range "ëçËÇ□…−∞≥≤±×·–—’“”•0123456789" {
			if f.width[r] <= 0 {
				t.Errorf("a face has no %q", r)
			}
		}
		for r := '0'; r <= '9'; r++ {
			if d := f.width[r] - f.width['0']; d < -1 || d > 1 { // rounding
				t.Errorf("figure %q is %d wide, 0 is %d: not tabular", r, f.width[r], f.width['0'])
			}
		}
	}
}

func TestFlowKeepsEveryWord(t *testing.T) {
	text := Text{{Text: "Institutions reported "}, {Text: "50", Strong: true, Href: "/e"}, {Text: " incidents,"}, {Text: " 49", Em: true}, {Text: " before; sha256:" + strings.Repeat("9f3c", 60)}}
	for _, width := range []float64{20, 60, 137, 300, 2000} {
		var got strings.Builder
		for i, l := range flow(text, body, width) {
			if l.w > width+0.01 && utf8.RuneCountInString(l.pieces[0].text) > 1 {
				t.Errorf("width %v: line %d is %v wide", width, i, l.w)
			}
			for _, p := range l.pieces {
				got.WriteString(p.text)
			}
		}
		squeeze := func(s string) string { return strings.ReplaceAll(s, " ", "") }
		if squeeze(got.String()) != squeeze(text.String()) {
			t.Errorf("width %v: %q", width, got.String())
		}
	}
}

func FuzzPDF(f *testing.F) {
	for _, s := range []string{"", "plain", "ë ç", "a\x00\x01\x1b[31m", "\u202e\u2066rtl שלום عربى", "\U0001F525\U0001F9D1\u200d\U0001F680", "(\\)<</Type>>endobj", strings.Repeat("x", 3000),
		"\xff\xfe\xfd", "a\u00a0b\u202fc", "e\u0301\u0308\u0327", "\n\n\t\r", "#", "#s-x", "javascript:alert(1)", "https://ë.example/ç?q=(1)", "{1}{2}{", "\ufffd\uffff\ufeff"} {
		f.Add(s, s, 3.5, uint8(3))
	}
	f.Fuzz(func(t *testing.T, a, b string, x float64, n uint8) {
		d := Doc{Lang: a, Title: a, Kicker: b, Subtitle: b, Issuer: a, Number: b, Marking: Banner{b, a}, Contents: n%2 == 0, BaseURL: b, Words: english,
			Facts: []Fact{{a, Plain(b)}, {b, Text{{Text: a, Href: b, Note: int(n)}}}}}
		vals := []float64{x, -x, x * 2, math.NaN(), math.Inf(1), 0, float64(n)}
		d.Add(Heading{int(n), a, b}, Para{Text: Compose(a, Span{Text: b, Href: a, Em: true})}, Judgement{Plain(b), a},
			List{n%2 == 1, []Item{{Text: Plain(a), Sub: []Item{{Text: Plain(b)}}}}},
			Table{Caption: a, Columns: []Column{{Title: a}, {Title: b, Num: true}, {Share: x}}, Rows: []Row{Cells(a, b), {Group: true, Cells: Cells(b).Cells}, {Total: true, Cells: Cells(a, b, a, b).Cells}}, RowHead: true, Note: Plain(a)},
			Chart{Title: a, Desc: b, Unit: a, Plot: Lines{Labels: []string{a, b}, Ticks: []Tick{{0, a}, {5, b}, {-1, a}}, Series: []Series{{a, vals}, {b, vals[:2]}}, Marks: []Mark{{int(n), a, Bad}, {0, b, Neutral}}, Open: int(n), Band: &Band{Name: a, Low: vals, Mid: vals[:3], High: vals}}},
			Chart{Title: b, Plot: Bars{Labels: []string{a, b, a}, Hrefs: []string{b}, Series: []Series{{a, vals}, {b, vals}, {a, nil}}, Horizontal: n%2 == 0}},
			Chart{Title: a, Plot: Intervals{Log: n%2 == 0, Ref: x, RefText: b, Rows: []Interval{{a, x, -x, x, b, a, Bad}, {b, math.NaN(), 0, math.Inf(1), a, b, Good}}}},
			Chart{Title: b, Plot: Heat{Columns: []string{a}, Ticks: []Tick{{0, b}}, Rows: []Series{{a, vals}}, Max: x}},
			Callout{Tone(n), a, []Text{Plain(b)}}, Figures{[]Figure{{a, b, a, b, Tone(n)}, {b, a, b, a, Bad}}}, Facts{[]Fact{{a, Plain(b)}}}, Notes{a, []Note{{int(n), Plain(b)}}}, PageBreak{})
		if d.check() != nil {
			d.Title = "t"
		}
		printed(t, d)
		var h bytes.Buffer
		if err := HTML(&h, d); err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(h.Bytes(), []byte("<script")) || bytes.Contains(h.Bytes(), []byte(" style=")) {
			t.Fatal("markup let through")
		}
		if bytes.Contains(h.Bytes(), []byte(`href="javascript`)) {
			t.Fatal("a script address let through")
		}
	})
}

func FuzzFlow(f *testing.F) {
	for _, s := range []string{"", "plain words here", "ë ç", "a\x00b", "\U0001F525 \u202e", strings.Repeat("x", 900), "a-b/c_d.e", "\u00a0\u202f \n", "e\u0308"} {
		f.Add(s, 50.0)
	}
	f.Fuzz(func(t *testing.T, s string, width float64) {
		if !(width >= 1 && width < 5000) {
			return
		}
		clean := printable(s)
		for _, r := range clean {
			if r > 0xffff || faces()[0].width[r] < 0 {
				t.Fatalf("%q prints %q, which no face has", s, r)
			}
		}
		var got strings.Builder
		for _, l := range flow(Text{{Text: s}, {Text: s, Strong: true, Href: "/x", Note: 3}}, body, width) {
			n := 0
			for _, p := range l.pieces {
				n += utf8.RuneCountInString(p.text)
				if p.rise == 0 {
					got.WriteString(p.text)
				}
			}
			if l.w > width+0.01 && n > 3 {
				t.Fatalf("%q is %v wide in %v", s, l.w, width)
			}
		}
		squeeze := func(s string) string { return strings.Join(strings.FieldsFunc(s, breaks), "") }
		if want := squeeze(clean + clean); squeeze(got.String()) != want {
			t.Fatalf("%q became %q", want, got.String())
		}
		_ = fit(clean, regular, 8, width)
		slug(s)
	})
}

func BenchmarkPDF(b *testing.B) {
	b.Run("sample-5-pages", func(b *testing.B) { benchmark(b, sample("sq")) })
	b.Run("40-pages", func(b *testing.B) {
		d := sample("sq")
		blocks := d.Blocks
		for range 11 {
			d.Blocks = append(d.Blocks, blocks...)
		}
		benchmark(b, d)
	})
	for _, n := range []int{500, 5000, 50000} {
		b.Run(fmt.Sprintf("table-%d-rows", n), func(b *testing.B) { benchmark(b, long(n)) })
	}
}

func benchmark(b *testing.B, d Doc) {
	var size, pages int
	for b.Loop() {
		var w bytes.Buffer
		if err := PDF(&w, d); err != nil {
			b.Fatal(err)
		}
		size = w.Len()
	}
	pages = len(set(d).sheets)
	b.ReportMetric(float64(pages), "pages")
	b.ReportMetric(float64(size)/1024, "KB")
}
