package report

import "strings"

// plate is how a marking of a class looks in print.
type plate struct{ paper, ink colour }

// plates holds the traffic light protocol's own colours on black; any other
// class is printed black on white within a frame.
var plates = map[string]plate{
	"red":   {colour{0, 0, 0}, colour{0xff, 0x2b, 0x2b}},
	"amber": {colour{0, 0, 0}, colour{0xff, 0xc0, 0x00}},
	"green": {colour{0, 0, 0}, colour{0x33, 0xff, 0x00}},
	"clear": {colour{0, 0, 0}, colour{0xff, 0xff, 0xff}},
}

// markingSize is the size of markings in print: TLP 2.0 asks for 12 points or
// more.
const markingSize = 12

// running writes header and footer of a sheet. They are artifacts, but for
// the first marking, which is read once.
func (p *printer) running(sheet int) {
	d := p.s.d
	var first *elem
	if sheet == 0 && d.Marking.Text != "" {
		first = p.s.root.child("P")
	}
	grey := typo{size: 8.2, style: regular, ink: ink3}
	top := p.marking(first, 34)
	p.enter(nil)
	p.text(marginX, 34+8, fit(printable(d.Issuer), regular, grey.size, top-marginX-16), grey)
	rule := lineColour
	p.path(op{pts: []pt{{marginX, 58}, {marginX + textW, 58}}, look: look{stroke: &rule, width: 0.6}})

	y := pageH - 46
	p.enter(nil)
	p.path(op{pts: []pt{{marginX, y - 14}, {marginX + textW, y - 14}}, look: look{stroke: &rule, width: 0.6}})
	edge := p.marking(nil, y-6)
	page := printable(d.Words.page(sheet+1, len(p.s.sheets)))
	p.enter(nil)
	p.text(marginX, y+2, page, typo{size: 8.2, style: strong, ink: ink2})
	x := marginX + measure(page, strong, 8.2) + 12
	parts := []string{d.Title}
	if d.Number != "" {
		parts = []string{d.Number, d.Title}
	}
	p.text(x, y+2, fit(printable(strings.Join(parts, " · ")), regular, grey.size, edge-x-16), grey)
}

// marking writes the banner right aligned with its top at y and returns where
// it begins. A marking is never shortened: long ones grow upward in lines.
func (p *printer) marking(e *elem, y float64) float64 {
	d := p.s.d
	right := marginX + textW
	if d.Marking.Text == "" {
		return right
	}
	pl, known := plates[d.Marking.Class]
	if !known {
		pl = plate{colour{255, 255, 255}, colour{0, 0, 0}}
	}
	t := typo{size: markingSize, leading: 14, style: strong, ink: pl.ink}
	if p.banner == nil {
		p.banner = flow(Plain(d.Marking.Text), t, textW*0.7)
	}
	ls := p.banner
	w := 0.0
	for _, line := range ls {
		w = max(w, line.w)
	}
	x, up := right-w-12, float64(len(ls)-1)*t.leading
	l := look{fill: &pl.paper, closed: true}
	if !known {
		l.stroke, l.width = &colour{0, 0, 0}, 0.9
	}
	p.enter(nil)
	p.path(op{pts: []pt{{x, y - 5 - up}, {right, y - 5 - up}, {right, y + 13}, {x, y + 13}}, look: l})
	p.enter(e)
	for i, line := range ls {
		at := y + 8.3 - up + float64(i)*t.leading
		for _, pc := range line.pieces {
			p.text(right-6-line.w+pc.x, at, pc.text, t)
		}
	}
	return x
}
