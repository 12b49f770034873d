package report

import (
	"math"
)

// set places the whole document and returns its sheets.
func set(d Doc) *setter {
	s := &setter{d: d, ids: d.anchors(), levels: d.levels(), root: &elem{kind: "Document"}, spots: map[string]spot{}, pages: map[string]*int{}}
	s.turn()
	s.head()
	contents := d.Contents
	for i, b := range d.Blocks {
		if _, ok := b.(Heading); ok && contents {
			contents = false
			s.contents()
			s.turn()
		}
		s.block(i, b)
	}
	if contents {
		s.contents()
	}
	for id, n := range s.pages {
		*n = s.spots[id].page + 1
	}
	return s
}

// head sets the title of the document with its facts.
func (s *setter) head() {
	d := s.d
	para := func(kind, text string, t typo, after float64) {
		if text == "" {
			return
		}
		e := s.root.child(kind)
		s.lines(e, flow(Plain(text), t, textW), marginX, t)
		s.y += after
	}
	para("P", d.Kicker, typo{9, 13, regular, ink3}, 4)
	para("H1", d.Title, typo{25, 30.5, strong, ink}, 6)
	para("P", d.Subtitle, typo{13, 18, regular, ink2}, 4)
	if len(d.Facts) > 0 {
		s.y += 8
		s.rule(marginX, s.y, textW, 0.7, lineStrong)
		s.y += 8
		s.facts(d.Facts)
	}
	s.y += 10
}

// contents lists the headings of two levels with their pages.
func (s *setter) contents() {
	s.gap(18)
	s.need(60)
	t := typo{12, 16, strong, ink}
	s.lines(s.root.child("P"), flow(Plain(s.d.Words.Contents), t, textW), marginX, t)
	s.y += 4
	toc := s.root.child("TOC")
	for i, b := range s.d.Blocks {
		h, ok := b.(Heading)
		if !ok || s.levels[i] == 0 || s.levels[i] > 2 {
			continue
		}
		t := typo{10, 17, strong, ink}
		x := marginX
		if s.levels[i] == 2 {
			t, x = typo{9.4, 15, regular, ink2}, marginX+14
		}
		link := toc.child("TOCI").child("Reference").child("Link")
		ls := flow(Plain(h.Text), t, textW-40-(x-marginX))
		for k, l := range ls {
			s.need(t.leading)
			base := s.y + t.leading*0.5 + t.size*0.36
			s.put(op{kind: opLink, elem: link, x: x, y: s.y, w: marginX + textW - x, h: t.leading, href: "#" + s.ids[i], text: h.Text})
			s.line(link, l, x, base, nil, k == len(ls)-1)
			if k == len(ls)-1 {
				n := new(int)
				s.pages[s.ids[i]] = n
				if from := x + l.w + 8; from < marginX+textW-26 {
					c := lineStrong
					s.put(op{kind: opPath, pts: []pt{{from, base}, {marginX + textW - 22, base}}, look: look{stroke: &c, width: 0.7, dash: [2]float64{0.01, 3}, round: true}})
				}
				s.put(op{kind: opText, elem: link, x: marginX + textW, y: base, t: t, toPage: n})
			}
			s.y += t.leading
		}
	}
}

// height that a block needs to begin with: a heading stays with it.
func (s *setter) start(b Block) float64 {
	switch b := b.(type) {
	case Heading:
		return 60
	case Chart:
		return s.chartHeight(b)
	case Table:
		return 84
	case Judgement, Callout, Figures:
		return 80
	}
	return 2 * body.leading
}

func (s *setter) block(i int, b Block) {
	switch b := b.(type) {
	case Heading:
		s.heading(i, b)
	case Para:
		t, after := body, 8.0
		if b.Lead {
			t = lead
		} else if b.Mute {
			t, after = small, 6
		}
		s.lines(s.root.child("P"), flow(b.Text, t, textW), marginX, t)
		s.y += after
	case Judgement:
		s.judgement(b)
	case List:
		s.list(s.root, b.Ordered, b.Items, 0)
		s.y += 6
	case Table:
		s.table(b)
	case Chart:
		s.chart(b)
	case Callout:
		s.callout(b)
	case Figures:
		s.headline(b)
	case Facts:
		s.facts(b.Items)
		s.y += 6
	case Notes:
		s.notes(b)
	case PageBreak:
		if !s.top() {
			s.turn()
		}
	}
}

func (s *setter) heading(i int, h Heading) {
	level := s.levels[i]
	if level == 0 {
		return
	}
	t, before, after := typo{15.5, 20, strong, ink}, 20.0, 6.0
	switch level {
	case 2:
		t, before, after = typo{12, 16, strong, ink}, 14, 4
	case 3:
		t, before, after = typo{10.4, 14.6, strong, ink2}, 10, 2
	}
	ls := flow(Plain(h.Text), t, textW)
	h0 := t.leading*float64(len(ls)) + before + after
	if i+1 < len(s.d.Blocks) {
		next := s.d.Blocks[i+1]
		h0 += s.start(next)
		if s.levels[i+1] > level && i+2 < len(s.d.Blocks) {
			h0 += s.start(s.d.Blocks[i+2])
		}
	}
	if h0 < textBottom-marginTop {
		s.need(h0)
	}
	s.gap(before)
	at := s.spotHere(s.ids[i])
	s.marks = append(s.marks, mark{level, h.Text, at})
	s.lines(s.root.child([...]string{"H2", "H3", "H4"}[level-1]), ls, marginX, t)
	s.y += after
}

func (s *setter) judgement(j Judgement) {
	ls := flow(j.Text, judged, textW-20)
	basis := flow(Plain(j.Basis), small, textW-20)
	h := float64(len(ls))*judged.leading + float64(len(basis))*small.leading + 4
	s.gap(4)
	s.need(h)
	if h <= s.room() {
		s.rect(marginX, s.y, 3.2, h, brand)
	}
	e := s.root.child("BlockQuote")
	s.lines(e.child("P"), ls, marginX+16, judged)
	s.y += 2
	if len(basis) > 0 {
		s.lines(e.child("P"), basis, marginX+16, small)
	}
	s.y += 14
}

func (s *setter) list(parent *elem, ordered bool, items []Item, depth int) {
	l := parent.child("L")
	l.attr = "/O /List /ListNumbering /Disc"
	if ordered && depth == 0 {
		l.attr = "/O /List /ListNumbering /Decimal"
	}
	x := marginX + 4 + float64(depth)*16
	for n, it := range items {
		s.need(2 * body.leading)
		li := l.child("LI")
		label := "•"
		if ordered && depth == 0 {
			label = decimal(n+1) + "."
		}
		s.put(op{kind: opText, elem: li.child("Lbl"), x: x, y: s.y + body.leading*0.5 + body.size*0.36, text: label, t: typo{body.size, body.leading, regular, ink3}})
		in := x + math.Max(14, measure(label, regular, body.size)+6)
		lb := li.child("LBody")
		ls := flow(it.Text, body, marginX+textW-in)
		if len(ls) == 0 {
			s.y += body.leading
		}
		s.lines(lb, ls, in, body)
		s.y += 2.5
		if len(it.Sub) > 0 && depth < maxDepth {
			s.list(lb, false, it.Sub, depth+1)
		}
	}
}

// facts sets labels over values in two or three columns.
func (s *setter) facts(items []Fact) {
	cols := min(3, max(1, len(items)))
	if len(items) == 4 {
		cols = 2
	}
	w := (textW - float64(cols-1)*16) / float64(cols)
	l := s.root.child("L")
	for i := 0; i < len(items); i += cols {
		row := items[i:min(len(items), i+cols)]
		tall := 0.0
		var labels, values [][]flowed
		for _, f := range row {
			lb, v := flow(Plain(f.Label), small, w), flow(f.Value, tableText, w)
			labels, values = append(labels, lb), append(values, v)
			tall = math.Max(tall, float64(len(lb))*small.leading+float64(len(v))*tableText.leading)
		}
		s.need(tall)
		y := s.y
		for k := range row {
			li := l.child("LI")
			x := marginX + float64(k)*(w+16)
			s.y = y
			s.column(li.child("Lbl"), labels[k], x, small)
			s.column(li.child("LBody"), values[k], x, tableText)
		}
		s.y = y + tall + 6
	}
}

// column sets lines without turning the page.
func (s *setter) column(e *elem, ls []flowed, x float64, t typo) {
	links := map[int]*elem{}
	s.put(op{kind: opTouch, elem: e})
	for i, l := range ls {
		s.line(e, l, x, s.y+t.leading*0.5+t.size*0.36, links, i == len(ls)-1)
		s.y += t.leading
	}
}

// headline sets the row of headline numbers.
func (s *setter) headline(b Figures) {
	const perRow = 4
	for i := 0; i < len(b.Items); i += perRow {
		row := b.Items[i:min(len(b.Items), i+perRow)]
		n := max(2, len(row))
		w := (textW - float64(n-1)*18) / float64(n)
		big := typo{21, 27, strong, ink}
		label := typo{9, 12.2, regular, ink}
		type cell struct{ v, l, d []flowed }
		cells, tall := make([]cell, len(row)), 0.0
		for k, f := range row {
			t := big
			for t.size > 12 && measure(printable(f.Value), strong, t.size) > w {
				t.size--
			}
			t.ink = f.Tone.ink()
			cells[k] = cell{flow(Text{{Text: f.Value, Href: f.Href, Strong: true}}, t, w), flow(Plain(f.Label), label, w), flow(Plain(f.Detail), small, w)}
			tall = math.Max(tall, float64(len(cells[k].v))*big.leading+float64(len(cells[k].l))*label.leading+float64(len(cells[k].d))*small.leading+8)
		}
		s.gap(2)
		s.need(tall)
		y, l := s.y, s.root.child("L")
		for k, c := range cells {
			x := marginX + float64(k)*(w+18)
			s.y = y
			edge := lineStrong
			if row[k].Tone != Neutral {
				edge = row[k].Tone.ink()
			}
			s.rect(x, s.y, w, 1.6, edge)
			s.y += 6
			lb := l.child("LI").child("LBody")
			s.column(lb.child("P"), c.v, x, big)
			s.column(lb.child("P"), c.l, x, label)
			if len(c.d) > 0 {
				s.column(lb.child("P"), c.d, x, small)
			}
		}
		s.y = y + tall + 12
	}
}

func (s *setter) callout(c Callout) {
	const pad = 11.0
	in := textW - 2*pad - 4
	t := body
	title := flow(Text{{Text: c.Title, Strong: true}}, typo{10.2, 15, strong, c.Tone.ink()}, in)
	h := 2*pad - 4
	h += float64(len(title)) * 15
	var paras [][]flowed
	for _, p := range c.Text {
		ls := flow(p, t, in)
		paras = append(paras, ls)
		h += float64(len(ls))*t.leading + 4
	}
	s.gap(4)
	s.need(h)
	boxed := h <= s.room()
	if boxed {
		s.rect(marginX, s.y, textW, h, tonePaper[max(0, min(int(c.Tone), len(tonePaper)-1))])
		edge := c.Tone.ink()
		if c.Tone == Neutral {
			edge = lineStrong
		}
		s.rect(marginX, s.y, 3.2, h, edge)
	}
	y := s.y
	s.y += pad - 2
	e := s.root.child("Div")
	s.lines(e.child("P"), title, marginX+pad+4, typo{10.2, 15, strong, ink})
	for _, ls := range paras {
		s.lines(e.child("P"), ls, marginX+pad+4, t)
		s.y += 4
	}
	if boxed {
		s.y = y + h
	}
	s.y += 12
}

func (s *setter) notes(n Notes) {
	s.gap(14)
	s.need(50)
	s.rule(marginX, s.y, textW, 0.7, lineStrong)
	s.y += 8
	if n.Title != "" {
		t := typo{9, 13, strong, ink}
		s.lines(s.root.child("P"), flow(Plain(n.Title), t, textW), marginX, t)
		s.y += 2
	}
	l := s.root.child("L")
	l.attr = "/O /List /ListNumbering /Decimal"
	for _, it := range n.Items {
		s.need(2 * small.leading)
		s.spotHere("n-" + decimal(it.Number))
		li := l.child("LI")
		s.put(op{kind: opText, elem: li.child("Lbl"), x: marginX, y: s.y + small.leading*0.5 + small.size*0.36, text: decimal(it.Number), t: small})
		ls := flow(it.Text, typo{small.size, small.leading, regular, ink2}, textW-20)
		if len(ls) == 0 {
			s.y += small.leading
		}
		s.lines(li.child("LBody"), ls, marginX+20, small)
		s.y += 2
	}
}
