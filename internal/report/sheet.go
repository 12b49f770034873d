package report

import "math"

// A4 in points, and where the text stands.
const (
	pageW, pageH = 595.28, 841.89
	marginX      = 60.0
	marginTop    = 78.0
	marginBottom = 74.0
	textW        = pageW - 2*marginX
	textBottom   = pageH - marginBottom
)

// op is one thing on a sheet: text, a path, a disc, a link's rectangle, or
// nothing but the order of an element.
type op struct {
	kind   opKind
	elem   *elem // structure element it belongs to; nil is an artifact
	x, y   float64
	text   string
	t      typo
	pts    []pt
	look   look
	r      float64
	w, h   float64 // of a link
	href   string
	toPage *int // set the text to the number this points to, right aligned at x
}

type opKind int

const (
	opText opKind = iota
	opPath
	opDisc
	opLink
	opTouch
)

// look is how a path or disc is painted. Zero widths and nil colours paint
// nothing.
type look struct {
	fill, stroke *colour
	width        float64
	dash         [2]float64
	round        bool
	closed       bool
}

// sheet is one page.
type sheet struct{ ops []op }

// spot is a place a link can lead to.
type spot struct {
	page int // index of the sheet
	y    float64
}

// mark is an entry of the outline.
type mark struct {
	level int
	text  string
	at    spot
}

// setter places blocks on sheets.
type setter struct {
	d       Doc
	ids     []string
	levels  []int
	sheets  []*sheet
	y       float64 // next free line
	root    *elem
	spots   map[string]spot
	marks   []mark
	pages   map[string]*int // page number of each heading, for the contents
	tables  int
	figures int
}

func (s *setter) page() *sheet { return s.sheets[len(s.sheets)-1] }

func (s *setter) put(o op) { p := s.page(); p.ops = append(p.ops, o) }

// turn begins a new sheet.
func (s *setter) turn() {
	s.sheets = append(s.sheets, &sheet{})
	s.y = marginTop
}

// top reports whether nothing stands on the sheet yet.
func (s *setter) top() bool { return s.y <= marginTop }

// room gives the height left on the sheet.
func (s *setter) room() float64 { return textBottom - s.y }

// need turns the page unless h fits; what is taller than a whole page begins
// a page.
func (s *setter) need(h float64) {
	if h > s.room() && !s.top() {
		s.turn()
	}
}

// gap leaves space before a block, except at the top of a sheet.
func (s *setter) gap(h float64) {
	if !s.top() {
		s.y += h
	}
}

// spotHere remembers where an anchor is.
func (s *setter) spotHere(id string) spot {
	at := spot{len(s.sheets) - 1, s.y}
	if id != "" {
		if _, taken := s.spots[id]; !taken {
			s.spots[id] = at
		}
	}
	return at
}

// line sets one flowed line with its baseline, for an element; links get
// their own element and rectangle. last says whether the text ends here.
func (s *setter) line(e *elem, l flowed, x, baseline float64, links map[int]*elem, last bool) {
	for i, p := range l.pieces {
		to := e
		if p.href != "" && e != nil {
			if s.resolves(p.href) {
				if links[p.span] == nil {
					links[p.span] = e.child("Link")
				}
				to = links[p.span]
				s.put(op{kind: opLink, elem: to, x: x + p.x, y: baseline - p.t.size*0.95 - p.rise, w: p.w, h: p.t.size * 1.25, href: p.href, text: p.text})
			}
		}
		text := p.text
		if !last && i == len(l.pieces)-1 {
			text += " " // so that a reader hears two words across the line end
		}
		s.put(op{kind: opText, elem: to, x: x + p.x, y: baseline - p.rise, text: text, t: p.t})
		if to != e && p.rise == 0 {
			c := p.t.ink
			s.put(op{kind: opPath, x: 0, look: look{stroke: &c, width: 0.5}, pts: []pt{{x + p.x, baseline + 1.6}, {x + p.x + measure(trimSpace(p.text), p.t.style, p.t.size), baseline + 1.6}}})
		}
	}
}

func trimSpace(s string) string {
	for len(s) > 0 && s[len(s)-1] == ' ' {
		s = s[:len(s)-1]
	}
	return s
}

// resolves reports whether an address leads somewhere from paper.
func (s *setter) resolves(href string) bool {
	return href[0] == '#' || s.d.BaseURL != "" || hasScheme(href)
}

// lines sets a paragraph, broken over sheets without leaving a single line
// behind or ahead.
func (s *setter) lines(e *elem, ls []flowed, x float64, t typo) {
	links := map[int]*elem{}
	for i := 0; i < len(ls); {
		fits := int(math.Floor((s.room() + 0.01) / t.leading))
		n := len(ls) - i
		switch {
		case fits >= n:
		case fits < 2 && !s.top():
			s.turn()
			continue
		case n-fits == 1 && fits > 2:
			n = fits - 1
		case n-fits == 1 && !s.top():
			s.turn()
			continue
		default:
			n = max(1, fits)
		}
		for range n {
			s.line(e, ls[i], x, s.y+t.leading*0.5+t.size*0.36, links, i == len(ls)-1)
			s.y += t.leading
			i++
		}
		if i < len(ls) {
			s.turn()
		}
	}
}

// rule draws a horizontal artifact line.
func (s *setter) rule(x, y, w, width float64, c colour) {
	s.put(op{kind: opPath, pts: []pt{{x, y}, {x + w, y}}, look: look{stroke: &c, width: width}})
}

// rect fills an artifact rectangle.
func (s *setter) rect(x, y, w, h float64, c colour) {
	s.put(op{kind: opPath, pts: []pt{{x, y}, {x + w, y}, {x + w, y + h}, {x, y + h}}, look: look{fill: &c, closed: true}})
}
