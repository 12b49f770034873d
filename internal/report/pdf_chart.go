package report

import (
	"math"
	"strings"
)

// text size of charts in print, in points.
const chartText = 8.0

// drawn gives the chart's scene for print and the factor that makes it fit on
// a sheet.
func (s *setter) drawn(c Chart) (sc *scene, factor float64) {
	if c.Plot == nil {
		return &scene{}, 1
	}
	sc = c.Plot.scene(c, frame{width: textW, size: chartText, words: s.d.Words})
	factor = 1
	if limit := textBottom - marginTop - 90; sc.h > limit {
		factor = limit / sc.h
	}
	return sc, factor
}

// chartHeight gives the height of a chart with its caption.
func (s *setter) chartHeight(c Chart) float64 {
	sc, f := s.drawn(c)
	ls := s.captionLines(s.d.Words.Figure+" 00", c.Title)
	return float64(len(ls))*caption.leading + sc.h*f + 20
}

func (s *setter) chart(c Chart) {
	s.figures++
	sc, factor := s.drawn(c)
	ls := s.captionLines(s.d.Words.Figure+" "+decimal(s.figures), c.Title)
	remarks := 0.0
	if !c.Note.Empty() || !c.Source.Empty() {
		remarks = small.leading
	}
	s.gap(6)
	s.need(float64(len(ls))*caption.leading + sc.h*factor + 8 + remarks)
	s.lines(s.root.child("P"), ls, marginX, caption)
	s.y += 5
	if c.Plot != nil {
		fig := s.root.child("Figure")
		fig.alt = s.alternative(c)
		fig.box = [4]float64{marginX, s.y, textW * factor, sc.h * factor}
		fig.page = len(s.sheets) - 1
		s.draw(fig, sc, marginX, s.y, factor)
		s.y += sc.h*factor + 4
	}
	s.remarks(s.root, c.Note, c.Source)
	s.y += 12
}

// alternative says the chart in words: its finding and, while that is short
// enough to listen to, its data.
func (s *setter) alternative(c Chart) string {
	var b strings.Builder
	b.WriteString(strings.TrimRight(c.Title, ". ") + ". ")
	if c.Desc != "" {
		b.WriteString(strings.TrimRight(c.Desc, ". ") + ". ")
	}
	t := c.Plot.table(c, s.d.Words)
	if len(t.Rows) > 60 {
		return printable(b.String())
	}
	for _, r := range t.Rows {
		for i, cell := range r.Cells {
			switch {
			case i == 0:
				b.WriteString(cell.Text.String() + ": ")
			case len(r.Cells) == 2:
				b.WriteString(cell.Text.String())
			default:
				if i > 1 {
					b.WriteString(", ")
				}
				b.WriteString(t.Columns[i].Title + " " + cell.Text.String())
			}
		}
		b.WriteString("; ")
	}
	return printable(strings.TrimSuffix(b.String(), "; "))
}

// draw puts a scene on the sheet as one figure.
func (s *setter) draw(e *elem, sc *scene, x0, y0, k float64) {
	at := func(p pt) pt { return pt{x0 + p.x*k, y0 + p.y*k} }
	for _, sh := range sc.shapes {
		switch sh.kind {
		case path, area:
			pts := make([]pt, len(sh.pts))
			for i, p := range sh.pts {
				pts[i] = at(p)
			}
			l := printLook(sh.class)
			l.closed = sh.kind == area
			s.put(op{kind: opPath, elem: e, pts: pts, look: l})
		case disc:
			p := at(sh.pts[0])
			s.put(op{kind: opDisc, elem: e, x: p.x, y: p.y, r: sh.r * k, look: printLook(sh.class)})
		case label:
			t := printType(sh.class)
			t.size = chartText * k
			p, text := at(sh.pts[0]), printable(sh.text)
			switch sh.anchor {
			case 0:
				p.x -= measure(text, t.style, t.size) / 2
			case 1:
				p.x -= measure(text, t.style, t.size)
			}
			s.put(op{kind: opText, elem: e, x: p.x, y: p.y, text: text, t: t})
		}
	}
}

// tint mixes a colour with white paper.
func tint(c colour, share float64) colour {
	var out colour
	for i := range c {
		out[i] = uint8(math.Round(255 - (255-float64(c[i]))*share))
	}
	return out
}

var heatPrint = [heatSteps + 1]colour{{0xee, 0xec, 0xe6}, {0xcf, 0xe3, 0xf1}, {0x9c, 0xc5, 0xe0}, {0x5f, 0x9f, 0xc9}, {0x2a, 0x74, 0xa6}, {0x0b, 0x4a, 0x78}}

// printLook is the printed form of the classes in report.css.
func printLook(class string) look {
	has := map[string]bool{}
	for w := range strings.FieldsSeq(class) {
		has[w] = true
	}
	stroke := func(c colour, w float64, dash ...float64) look {
		l := look{stroke: &c, width: w, round: true}
		copy(l.dash[:], dash)
		return l
	}
	fill := func(c colour) look { return look{fill: &c} }
	tone := ink
	for i, name := range toneClass {
		if name != "" && has[name] {
			tone = toneColour[i]
		}
	}
	series := ink
	if has["r-s1"] {
		series = accent
	} else if has["r-s2"] {
		series = ink3
	}
	switch {
	case has["r-axis"]:
		return stroke(lineStrong, 0.7)
	case has["r-grid"]:
		return stroke(lineColour, 0.5)
	case has["r-band"]:
		return fill(tint(accent, 0.14))
	case has["r-mid"]:
		return stroke(accent, 0.8, 2, 2)
	case has["r-line"] && has["r-open"]:
		return stroke(series, 1.1, 1.4, 2.6)
	case has["r-line"] && has["r-s1"]:
		return stroke(series, 1.1, 4, 2)
	case has["r-line"] && has["r-s2"]:
		return stroke(series, 1.1, 1, 2.4)
	case has["r-line"]:
		return stroke(series, 1.1)
	case has["r-dot"]:
		return fill(series)
	case has["r-alarm"]:
		return fill(toneColour[Bad])
	case has["r-ring"]:
		return stroke(ink, 1)
	case has["r-bar"] && has["r-s1"]:
		l := stroke(accent, 0.7)
		l.fill = &colour{255, 255, 255}
		return l
	case has["r-bar"] && has["r-s2"]:
		l := stroke(ink3, 0.7)
		l.fill = &colour{0xe9, 0xe6, 0xdd}
		return l
	case has["r-bar"]:
		return fill(accent)
	case has["r-hatch"]:
		return stroke(accent, 0.6)
	case has["r-whisker"]:
		return stroke(tone, 1.2)
	case has["r-est"]:
		return fill(tone)
	case has["r-ref"]:
		return stroke(ink2, 0.8, 3.2, 2)
	case has["r-none"], has["r-hatch-none"]:
		return stroke(lineStrong, 0.5)
	}
	for i := range heatPrint {
		if has["r-h"+decimal(i)] {
			return fill(heatPrint[i])
		}
	}
	return look{}
}

// printType is the printed form of the text classes.
func printType(class string) typo {
	t := typo{chartText, chartText * 1.3, regular, ink2}
	switch {
	case strings.Contains(class, "r-tv"):
		t.style, t.ink = strong, ink
		if strings.Contains(class, "r-s1") {
			t.ink = accent
		} else if strings.Contains(class, "r-s2") {
			t.ink = ink3
		}
	case strings.Contains(class, "r-tn"):
		t.ink = ink
	case strings.Contains(class, "r-th4"), strings.Contains(class, "r-th5"):
		t.ink = colour{255, 255, 255}
	case strings.Contains(class, "r-th"):
		t.ink = ink
	}
	return t
}
