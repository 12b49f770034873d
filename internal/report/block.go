package report

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// Doc is one document, in one language, ready to be shown or printed.
type Doc struct {
	Lang      string    // BCP 47 tag of all text, "sq" or "en"
	Kicker    string    // small line above the title: body, paper number, "for decision"
	Title     string    // what the paper is called; must not be empty
	Subtitle  string    // optional second line
	Issuer    string    // who answers for it; running header and PDF author
	Number    string    // register number or digest; running footer; may be empty
	Marking   Banner    // highest marking of anything in it
	AsOf      time.Time // the figures are as known at this instant
	Generated time.Time // date written into the PDF's metadata
	Facts     []Fact    // label and value lines under the title: period, known at, digest
	Contents  bool      // list the headings before the first of them; in print with page numbers, then a new page
	BaseURL   string    // prefix that makes relative hrefs absolute in the PDF; "" drops their links there
	Words     Words     // the words report itself must say
	Blocks    []Block   // the body in reading order
}

// Add appends blocks to the body.
func (d *Doc) Add(b ...Block) { d.Blocks = append(d.Blocks, b...) }

// Banner is the marking of a document as it is to be shown.
type Banner struct {
	Text  string // in full, for example "TLP:AMBER+STRICT"
	Class string // CSS class: red, amber, green, clear or a national level's own
}

// Fact is one label with its value.
type Fact struct {
	Label string
	Value Text
}

// check says what a document lacks.
func (d Doc) check() error {
	if strings.TrimSpace(printable(d.Title)) == "" {
		return errors.New("report: the document has no title")
	}
	return d.Words.check()
}

// levels gives each heading its depth, 0 for other blocks and for headings
// without a word: as asked, but never more than one deeper than the heading
// before, so that no level is skipped.
func (d Doc) levels() []int {
	out := make([]int, len(d.Blocks))
	before := 0
	for i, b := range d.Blocks {
		if h, ok := b.(Heading); ok && strings.TrimSpace(printable(h.Text)) != "" {
			out[i] = max(1, min(3, h.Level, before+1))
			before = out[i]
		}
	}
	return out
}

// Block is one piece of the body: [Heading], [Para], [Judgement], [List],
// [Table], [Chart], [Callout], [Figures], [Facts], [Notes] or [PageBreak].
type Block interface{ block() }

// Heading opens a section. Level is 1 to 3; the document's own title stands
// above level 1, and no level is skipped.
type Heading struct {
	Level int
	Text  string
	ID    string // anchor; made from the text when empty
}

// Para is a paragraph.
type Para struct {
	Text Text
	Lead bool // larger opening paragraph
	Mute bool // small and grey: a remark
}

// Judgement is the sentence a reader must not miss, with who stands behind it
// and how sure they are.
type Judgement struct {
	Text  Text
	Basis string // "Threat desk · moderate confidence"
}

// List is a bulleted or numbered list.
type List struct {
	Ordered bool
	Items   []Item
}

// Item is one entry of a List, with entries of its own if any (one level).
type Item struct {
	Text Text
	Sub  []Item
}

// Tone says how a callout, cell or mark is meant. It is always shown by a
// word or shape too.
type Tone int

// The tones.
const (
	Neutral Tone = iota
	Good
	Warn
	Bad
)

var toneClass = [...]string{"", "good", "warn", "bad"}

func (t Tone) class() string {
	if t < 0 || int(t) >= len(toneClass) {
		return ""
	}
	return toneClass[t]
}

// Callout is a boxed remark: a caveat, an exercise notice, a decision asked.
type Callout struct {
	Tone  Tone
	Title string // says the tone in words
	Text  []Text // paragraphs
}

// Figures is a row of headline numbers, two to four of them.
type Figures struct{ Items []Figure }

// Figure is one headline number with what makes it honest.
type Figure struct {
	Value  string // "612", "+38 %"
	Label  string // what was counted
	Detail string // interval and period: "95 % interval 22–56 %, Jan–Oct"
	Href   string // the records behind it
	Tone   Tone
}

// Facts is a list of labels and values in the body.
type Facts struct{ Items []Fact }

// Notes is the numbered list of sources and evidence at the end of a section
// or paper; a Span points to one with Note.
type Notes struct {
	Title string
	Items []Note
}

// Note is one source: its number as shown in the text, and what it is.
type Note struct {
	Number int
	Text   Text
}

// PageBreak starts a new page in print and is invisible on screen.
type PageBreak struct{}

func (Heading) block()   {}
func (Para) block()      {}
func (Judgement) block() {}
func (List) block()      {}
func (Table) block()     {}
func (Chart) block()     {}
func (Callout) block()   {}
func (Figures) block()   {}
func (Facts) block()     {}
func (Notes) block()     {}
func (PageBreak) block() {}

// Table is rows under named columns. Long tables break across pages with
// their header repeated.
type Table struct {
	Caption string   // says what the table shows; printed above, numbered
	Columns []Column // at least one
	Rows    []Row
	RowHead bool // the first cell of each row names the row
	Note    Text // printed small below
	Source  Text // where the rows come from, after the word Source
}

// Column is one column of a Table.
type Column struct {
	Title string
	Num   bool    // right aligned, tabular numerals
	Share float64 // relative width in print; 0 lets the content decide
}

// Row is one line of a Table.
type Row struct {
	Cells []Cell // missing cells are empty, surplus cells are ignored
	Total bool   // a sum: ruled above and strong
	Group bool   // a subheading over the following rows; only Cells[0] is shown
}

// Cell is one value, formatted by the caller.
type Cell struct {
	Text Text
	Tone Tone
}

// Cells makes a row of plain texts.
func Cells(texts ...string) Row {
	r := Row{Cells: make([]Cell, len(texts))}
	for i, t := range texts {
		r.Cells[i] = Cell{Text: Plain(t)}
	}
	return r
}

// Text is a run of spans that are read as one sentence or more.
type Text []Span

// Span is text of one look.
type Span struct {
	Text   string
	Strong bool
	Em     bool
	Code   bool   // digests, addresses, identifiers
	Href   string // where the evidence is; relative or http, https, mailto
	Note   int    // number of a Note, shown raised after the text
}

// Plain makes a Text of one span.
func Plain(s string) Text { return Text{{Text: s}} }

// Strong makes an emphasised span.
func Strong(s string) Span { return Span{Text: s, Strong: true} }

// Ref makes a figure that opens its evidence.
func Ref(s, href string) Span { return Span{Text: s, Strong: true, Href: href} }

// Compose puts spans into a sentence at the places {1}, {2}, …, so that a
// translator may order them. A place without a span is left as written.
func Compose(pattern string, spans ...Span) Text {
	var t Text
	plain := func(s string) {
		if s != "" {
			t = append(t, Span{Text: s})
		}
	}
	for {
		open := strings.IndexByte(pattern, '{')
		if open < 0 {
			break
		}
		end := strings.IndexByte(pattern[open:], '}')
		if end < 0 {
			break
		}
		end += open
		n, err := strconv.Atoi(pattern[open+1 : end])
		if err != nil || n < 1 || n > len(spans) {
			plain(pattern[:end+1])
		} else {
			plain(pattern[:open])
			t = append(t, spans[n-1])
		}
		pattern = pattern[end+1:]
	}
	plain(pattern)
	return t
}

// String gives the words of t without their look.
func (t Text) String() string {
	var b strings.Builder
	for _, s := range t {
		b.WriteString(s.Text)
	}
	return b.String()
}

// Empty reports whether t says nothing.
func (t Text) Empty() bool { return t.String() == "" }
