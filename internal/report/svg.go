package report

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"math"
	"net/url"
	"strconv"
	"strings"
)

// Widths and text size of a drawing on screen, in CSS pixels. The narrow one
// is for phones; CSS shows one of the two.
const (
	svgWide   = 720
	svgNarrow = 330
	svgText   = 12
)

// SVG writes the chart as one svg element of the wide form, with role,
// title and description, without inline style.
func (c Chart) SVG(w io.Writer, words Words) error {
	if err := words.check(); err != nil {
		return err
	}
	var b bytes.Buffer
	c.svg(&b, words, svgWide, "r-chart")
	_, err := w.Write(b.Bytes())
	return err
}

// svg draws at a width with a class on the svg element.
func (c Chart) svg(b *bytes.Buffer, words Words, width float64, class string) {
	if c.Plot == nil {
		return
	}
	s := c.Plot.scene(c, frame{width: width, size: svgText, words: words})
	role, name := "img", c.Title
	if s.linked() {
		role = "group"
	}
	if c.Desc != "" {
		name = strings.TrimRight(c.Title, ". ") + ". " + c.Desc
	}
	fmt.Fprintf(b, `<svg class="%s" viewBox="0 0 %s %s" width="%s" height="%s" role="%s" aria-label="%s">`,
		class, num(s.w), num(s.h), num(s.w), num(s.h), role, attr(name))
	fmt.Fprintf(b, "<title>%s</title>", esc(c.Title))
	if c.Desc != "" {
		fmt.Fprintf(b, "<desc>%s</desc>", esc(c.Desc))
	}
	s.svg(b)
	b.WriteString("</svg>")
}

var anchors = [...]string{"", ` text-anchor="middle"`, ` text-anchor="end"`}

// svg writes the shapes.
func (s *scene) svg(b *bytes.Buffer) {
	for _, sh := range s.shapes {
		class := strings.TrimSpace(sh.class)
		if sh.href != "" {
			fmt.Fprintf(b, `<a href="%s">`, attr(sh.href))
		}
		switch sh.kind {
		case path, area:
			fmt.Fprintf(b, `<path class="%s" d="`, class)
			for i, p := range sh.pts {
				op := "L"
				if i == 0 {
					op = "M"
				}
				b.WriteString(op + num(p.x) + " " + num(p.y))
			}
			if sh.kind == area {
				b.WriteString("Z")
			}
			b.WriteString(`"/>`)
		case disc:
			fmt.Fprintf(b, `<circle class="%s" cx="%s" cy="%s" r="%s"/>`, class, num(sh.pts[0].x), num(sh.pts[0].y), num(sh.r))
		case label:
			fmt.Fprintf(b, `<text class="%s" x="%s" y="%s"%s>%s</text>`, class, num(sh.pts[0].x), num(sh.pts[0].y), anchors[sh.anchor+1], esc(sh.text))
		}
		if sh.href != "" {
			b.WriteString("</a>")
		}
	}
}

// num writes a coordinate with at most one decimal place, the same on every
// processor.
func num(x float64) string {
	if !measured(x) {
		x = 0
	}
	x = math.Round(x*10) / 10
	if x == 0 {
		return "0"
	}
	return strconv.FormatFloat(x, 'f', -1, 64)
}

// Spark draws a small line without axes for a row of numbers, its last value
// dotted, for use inside a table cell or card. The words say what it shows.
func Spark(w io.Writer, values []float64, words string) error {
	const width, height, pad = 96, 22, 3.0
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg class="r-spark" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s">`, width, height, width, height, attr(words))
	fmt.Fprintf(&b, "<title>%s</title>", esc(words))
	s := &scene{}
	hi := most(0, values)
	at := func(i int, v float64) pt {
		y := height - pad
		if hi > 0 {
			y -= math.Max(0, v) / hi * (height - 2*pad)
		}
		return pt{pad + float64(i)/float64(max(1, len(values)-1))*(width-2*pad), y}
	}
	s.line("r-axis", pt{pad, height - pad}, pt{width - pad, height - pad})
	for _, run := range runs(values, 0, len(values)) {
		s.line("r-line r-s0", points(run, values, at)...)
	}
	if n := len(values); n > 0 && measured(values[n-1]) {
		s.dot("r-dot r-s0", at(n-1, values[n-1]), 2.5)
	}
	s.svg(&b)
	b.WriteString("</svg>")
	_, err := w.Write(b.Bytes())
	return err
}

// esc makes s safe inside an element: markup escaped, characters that HTML
// forbids or that reorder the text around them replaced.
func esc(s string) string { return html.EscapeString(clean(s)) }

// attr makes s safe inside a double-quoted attribute.
func attr(s string) string { return esc(s) }

func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r < ' ' || r >= 0x7f && r < 0xa0 || r&0xfffe == 0xfffe || r >= 0xfdd0 && r <= 0xfdef:
			return '\ufffd'
		case r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069:
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
}

// safeHref keeps relative, http, https and mailto addresses.
func safeHref(href string) string {
	if href == "" || strings.ContainsFunc(href, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\\' }) {
		return ""
	}
	u, err := url.Parse(href)
	if err != nil {
		return ""
	}
	if u.Scheme == "" && u.Host != "" {
		return "" // leads elsewhere while looking relative
	}
	switch u.Scheme {
	case "", "http", "https", "mailto":
		return u.String()
	}
	return ""
}
