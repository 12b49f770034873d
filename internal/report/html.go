package report

import (
	"bytes"
	_ "embed" // the style sheet is part of the program
	"fmt"
	"io"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// CSS is the style sheet of everything HTML, SVG and Spark write. It takes
// its colours from the custom properties of the design tokens and runs in
// light and dark.
//
//go:embed report.css
var CSS string

// HTML writes d as one article element, ready to stand in a page. It fails
// when w does, and when d has no title or a
// word of d.Words is empty.
func HTML(w io.Writer, d Doc) error {
	if err := d.check(); err != nil {
		return err
	}
	h := &htmlWriter{d: d, ids: d.anchors(), levels: d.levels()}
	h.doc()
	_, err := w.Write(h.b.Bytes())
	return err
}

// Fragment writes blocks alone, for a card or a panel of a page that has its
// own title and marking: figures and tables carry no number. Headings begin at
// h2. The class r-doc is on the element around them.
func Fragment(w io.Writer, words Words, blocks ...Block) error {
	if err := words.check(); err != nil {
		return err
	}
	d := Doc{Words: words, Blocks: blocks}
	h := &htmlWriter{d: d, ids: d.anchors(), levels: d.levels(), plain: true}
	h.f("<div class=\"r-doc r-part\">\n")
	for i, b := range blocks {
		h.block(i, b)
	}
	h.f("</div>\n")
	_, err := w.Write(h.b.Bytes())
	return err
}

type htmlWriter struct {
	b       bytes.Buffer
	d       Doc
	ids     []string // anchor by index of block, "" when it is no heading
	levels  []int    // depth by index of block, 0 when it is no heading
	tables  int
	figures int
	plain   bool // no numbers on figures and tables
}

func (h *htmlWriter) f(format string, args ...any) { fmt.Fprintf(&h.b, format, args...) }

func (h *htmlWriter) doc() {
	d := h.d
	h.f("<article class=\"r-doc\" lang=\"%s\">\n", attr(d.Lang))
	if d.Marking.Text != "" {
		h.f("<p class=\"marking %s\"><span class=\"r-sr\">%s: </span>%s</p>\n", attr(classWord(d.Marking.Class)), esc(d.Words.Marking), esc(d.Marking.Text))
	}
	h.f("<header class=\"r-head\">\n")
	if d.Kicker != "" {
		h.f("<p class=\"r-kicker\">%s</p>\n", esc(d.Kicker))
	}
	h.f("<h1>%s</h1>\n", esc(d.Title))
	if d.Subtitle != "" {
		h.f("<p class=\"r-sub\">%s</p>\n", esc(d.Subtitle))
	}
	if len(d.Facts) > 0 {
		h.facts(d.Facts, "r-facts r-facts-head")
	}
	h.f("</header>\n")
	contents := d.Contents
	for i, b := range d.Blocks {
		if _, ok := b.(Heading); ok && contents { // what comes before the first heading is the judgement: it stands first
			contents = false
			h.contents()
		}
		h.block(i, b)
	}
	h.f("</article>\n")
}

// contents lists the headings of the first two levels.
func (h *htmlWriter) contents() {
	h.f("<nav class=\"r-toc\" aria-label=\"%s\"><p class=\"r-toc-title\">%s</p>\n<ol>\n", attr(h.d.Words.Contents), esc(h.d.Words.Contents))
	for i, b := range h.d.Blocks {
		if hd, ok := b.(Heading); ok && (h.levels[i] == 1 || h.levels[i] == 2) {
			h.f("<li class=\"r-toc-%d\"><a href=\"#%s\">%s</a></li>\n", h.levels[i], h.ids[i], esc(hd.Text))
		}
	}
	h.f("</ol></nav>\n")
}

func (h *htmlWriter) block(i int, b Block) {
	switch b := b.(type) {
	case Heading:
		if n := h.levels[i] + 1; n > 1 {
			h.f("<h%d id=\"%s\">%s</h%d>\n", n, h.ids[i], esc(b.Text), n)
		}
	case Para:
		class := ""
		if b.Lead {
			class = ` class="r-lead"`
		} else if b.Mute {
			class = ` class="r-mute"`
		}
		h.f("<p%s>", class)
		h.text(b.Text)
		h.f("</p>\n")
	case Judgement:
		h.f("<div class=\"r-judge\"><p>")
		h.text(b.Text)
		h.f("</p>")
		if b.Basis != "" {
			h.f("<p class=\"r-basis\">%s</p>", esc(b.Basis))
		}
		h.f("</div>\n")
	case List:
		h.list(b.Ordered, b.Items, 0)
	case Table:
		h.table(b)
	case Chart:
		h.chart(b)
	case Callout:
		h.f("<div class=\"r-callout %s\" role=\"note\">", b.Tone.class())
		if b.Title != "" {
			h.f("<p class=\"r-callout-title\">%s</p>", esc(b.Title))
		}
		for _, t := range b.Text {
			h.f("<p>")
			h.text(t)
			h.f("</p>")
		}
		h.f("</div>\n")
	case Figures:
		h.headline(b)
	case Facts:
		h.facts(b.Items, "r-facts")
	case Notes:
		h.notes(b)
	case PageBreak:
		h.f("<div class=\"r-break\"></div>\n")
	}
}

// text writes spans; neighbouring looks nest as a, strong, em, code.
func (h *htmlWriter) text(t Text) {
	for _, s := range t {
		href := safeHref(s.Href)
		var end []string
		open := func(tag, attrs string) {
			h.f("<%s%s>", tag, attrs)
			end = append(end, tag)
		}
		if href != "" && s.Text != "" {
			open("a", ` href="`+attr(href)+`"`)
		}
		if s.Strong {
			open("strong", "")
		}
		if s.Em {
			open("em", "")
		}
		if s.Code {
			open("code", "")
		}
		h.b.WriteString(esc(s.Text))
		for i := len(end) - 1; i >= 0; i-- {
			h.f("</%s>", end[i])
		}
		if s.Note > 0 {
			h.f(`<sup class="r-nref"><a href="#n-%d" aria-label="%s %d">%d</a></sup>`, s.Note, attr(h.d.Words.Note), s.Note, s.Note)
		}
	}
}

func (h *htmlWriter) list(ordered bool, items []Item, depth int) {
	tag := "ul"
	if ordered && depth == 0 {
		tag = "ol"
	}
	h.f("<%s class=\"r-list\">\n", tag)
	for _, it := range items {
		h.f("<li>")
		h.text(it.Text)
		if len(it.Sub) > 0 && depth < maxDepth {
			h.list(false, it.Sub, depth+1)
		}
		h.f("</li>\n")
	}
	h.f("</%s>\n", tag)
}

// maxDepth bounds nested lists: one level is meant, a little more is shown.
const maxDepth = 3

func (h *htmlWriter) facts(items []Fact, class string) {
	h.f("<dl class=\"%s\">\n", class)
	for _, f := range items {
		h.f("<div><dt>%s</dt><dd>", esc(f.Label))
		h.text(f.Value)
		h.f("</dd></div>\n")
	}
	h.f("</dl>\n")
}

func (h *htmlWriter) headline(b Figures) {
	h.f("<ul class=\"r-figures\">\n")
	for _, it := range b.Items {
		h.f("<li class=\"%s\"><p class=\"r-value\">", it.Tone.class())
		h.text(Text{{Text: it.Value, Href: it.Href}})
		h.f("</p><p class=\"r-label\">%s</p>", esc(it.Label))
		if it.Detail != "" {
			h.f("<p class=\"r-detail\">%s</p>", esc(it.Detail))
		}
		h.f("</li>\n")
	}
	h.f("</ul>\n")
}

func (h *htmlWriter) notes(b Notes) {
	h.f("<section class=\"r-notes\">")
	if b.Title != "" {
		h.f("<p class=\"r-notes-title\">%s</p>", esc(b.Title))
	}
	h.f("<ol>\n")
	for _, n := range b.Items {
		h.f("<li id=\"n-%d\" value=\"%d\">", n.Number, n.Number)
		h.text(n.Text)
		h.f("</li>\n")
	}
	h.f("</ol></section>\n")
}

func (h *htmlWriter) chart(c Chart) {
	h.figures++
	if h.plain {
		h.f("<figure class=\"r-figure\"><figcaption>%s</figcaption>\n", esc(c.Title))
	} else {
		h.f("<figure class=\"r-figure\" id=\"f-%d\"><figcaption><span class=\"r-no\">%s %d</span> %s</figcaption>\n", h.figures, esc(h.d.Words.Figure), h.figures, esc(c.Title))
	}
	if c.Plot != nil {
		c.svg(&h.b, h.d.Words, svgWide, "r-chart r-wide")
		h.f("\n")
		c.svg(&h.b, h.d.Words, svgNarrow, "r-chart r-narrow")
		h.f("\n")
	}
	h.remarks(c.Note, c.Source)
	if c.Plot != nil && !c.NoData {
		h.f("<details class=\"r-data\"><summary>%s<span class=\"r-sr\">: %s</span></summary>\n", esc(h.d.Words.Data), esc(c.Title))
		t := c.Plot.table(c, h.d.Words)
		h.rows(t, fmt.Sprintf("<caption class=\"r-sr\">%s</caption>", esc(c.Title)), c.Title)
		h.f("</details>\n")
	}
	h.f("</figure>\n")
}

func (h *htmlWriter) remarks(note, source Text) {
	if !note.Empty() {
		h.f("<p class=\"r-remark\">")
		h.text(note)
		h.f("</p>\n")
	}
	if !source.Empty() {
		h.f("<p class=\"r-remark\">%s: ", esc(h.d.Words.Source))
		h.text(source)
		h.f("</p>\n")
	}
}

func (h *htmlWriter) table(t Table) {
	h.f("<div class=\"r-table\">")
	caption, name := "", t.Caption
	if t.Caption != "" && h.plain {
		caption = fmt.Sprintf("<caption>%s</caption>", esc(t.Caption))
	} else if t.Caption != "" {
		h.tables++
		no := fmt.Sprintf("%s %d", h.d.Words.Table, h.tables)
		caption, name = fmt.Sprintf("<caption><span class=\"r-no\">%s</span> %s</caption>", esc(no), esc(t.Caption)), no+" "+t.Caption
	}
	h.rows(t, caption, name)
	h.remarks(t.Note, t.Source)
	h.f("</div>\n")
}

// rows writes the table in a box that scrolls sideways on its own, and can be
// reached by keyboard when it does.
func (h *htmlWriter) rows(t Table, caption, name string) {
	if name != "" {
		h.f("<div class=\"r-scroll\" role=\"region\" aria-label=\"%s\" tabindex=\"0\">", attr(name))
	} else {
		h.f("<div class=\"r-scroll\" tabindex=\"0\">")
	}
	h.f("<table>%s\n<thead><tr>", caption)
	for _, c := range t.Columns {
		h.f("<th scope=\"col\"%s>%s</th>", numClass(c.Num, ""), esc(c.Title))
	}
	h.f("</tr></thead>\n<tbody>\n")
	for i, r := range t.Rows {
		if r.Group {
			if i > 0 {
				h.f("</tbody>\n<tbody>\n")
			}
			h.f("<tr class=\"r-group\"><th scope=\"rowgroup\" colspan=\"%d\">", max(1, len(t.Columns)))
			if len(r.Cells) > 0 {
				h.text(r.Cells[0].Text)
			}
			h.f("</th></tr>\n")
			continue
		}
		if r.Total {
			h.f("<tr class=\"r-total\">")
		} else {
			h.f("<tr>")
		}
		for k, c := range t.Columns {
			var cell Cell
			if k < len(r.Cells) {
				cell = r.Cells[k]
			}
			tag, scope := "td", ""
			if k == 0 && t.RowHead {
				tag, scope = "th", ` scope="row"`
			}
			h.f("<%s%s%s>", tag, scope, numClass(c.Num, cell.Tone.class()))
			h.text(cell.Text)
			h.f("</%s>", tag)
		}
		h.f("</tr>\n")
	}
	h.f("</tbody></table></div>\n")
}

func numClass(isNum bool, tone string) string {
	switch {
	case isNum && tone != "":
		return ` class="num ` + tone + `"`
	case isNum:
		return ` class="num"`
	case tone != "":
		return ` class="` + tone + `"`
	}
	return ""
}

// anchors gives each heading its unique id.
func (d Doc) anchors() []string {
	ids := make([]string, len(d.Blocks))
	used := map[string]bool{}
	for i, b := range d.Blocks {
		hd, ok := b.(Heading)
		if !ok {
			continue
		}
		base := "s-" + slug(hd.Text)
		if hd.ID != "" {
			base = slug(hd.ID)
		}
		id := base
		for n := 2; used[id]; n++ {
			id = fmt.Sprintf("%s-%d", base, n)
		}
		used[id] = true
		ids[i] = id
	}
	return ids
}

// slug writes s with a–z, 0–9 and single hyphens.
func slug(s string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(strings.ToLower(s)) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case unicode.Is(unicode.Mn, r):
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	if out := strings.TrimRight(b.String(), "-"); out != "" {
		return out
	}
	return "x"
}

// classWord lets nothing but class names through.
func classWord(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == ' ' {
			return r
		}
		return -1
	}, s)
}
