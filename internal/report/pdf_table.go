package report

import "math"

// padding of table cells, in points.
const (
	cellX = 6.0
	cellY = 3.6
)

// widths decides the columns' widths from shares or from what they hold.
func (t Table) widths(total float64) []float64 {
	n := len(t.Columns)
	w := make([]float64, n)
	shared := 0.0
	for _, c := range t.Columns {
		shared += math.Max(0, c.Share)
	}
	if shared > 0 {
		rest := 0
		for _, c := range t.Columns {
			if c.Share <= 0 {
				rest++
			}
		}
		unit := total / (shared + float64(rest)*shared/float64(n))
		for i, c := range t.Columns {
			if w[i] = c.Share * unit; c.Share <= 0 {
				w[i] = shared / float64(n) * unit
			}
		}
		return w
	}
	low, nat := make([]float64, n), make([]float64, n)
	sumLow, sumNat := 0.0, 0.0
	for i, c := range t.Columns {
		note := func(text Text, k typo) {
			word, line := 0.0, 0.0
			for _, tk := range tokens(text, k) {
				tw := measure(tk.text, tk.t.style, tk.t.size)
				word = math.Max(word, tw)
				line += tw + measure(" ", tk.t.style, tk.t.size)
			}
			low[i] = math.Max(low[i], math.Min(word, total*0.3)+2*cellX)
			nat[i] = math.Max(nat[i], math.Min(line, total*0.75)+2*cellX+1)
		}
		note(Plain(c.Title), tableHead)
		for _, r := range t.Rows {
			if i < len(r.Cells) && !r.Group {
				k := tableText
				if r.Total {
					k.style = strong
				}
				note(r.Cells[i].Text, k)
			}
		}
		nat[i] = math.Max(nat[i], low[i])
		sumLow += low[i]
		sumNat += nat[i]
	}
	limit := waterline(low, nat, total)
	for i, c := range t.Columns {
		switch {
		case sumNat <= total: // the spare width goes to the words
			w[i] = nat[i]
			if t.wordColumns() == 0 {
				w[i] += (total - sumNat) / float64(n)
			} else if !c.Num {
				w[i] += (total - sumNat) / float64(t.wordColumns())
			}
		case sumLow < total: // the narrow columns stay whole, the wide ones wrap
			w[i] = math.Max(low[i], math.Min(nat[i], limit))
		default:
			w[i] = total * low[i] / sumLow
		}
	}
	return w
}

// waterline gives the width at which columns are cut so that all together
// fill total, none narrower than its longest word.
func waterline(low, nat []float64, total float64) float64 {
	lo, hi := 0.0, total
	for range 50 {
		m, sum := (lo+hi)/2, 0.0
		for i := range nat {
			sum += math.Max(low[i], math.Min(nat[i], m))
		}
		if sum > total {
			hi = m
		} else {
			lo = m
		}
	}
	return lo
}

func (t Table) wordColumns() int {
	n := 0
	for _, c := range t.Columns {
		if !c.Num {
			n++
		}
	}
	return n
}

// table sets a table; its header is repeated on each sheet it reaches.
func (s *setter) table(t Table) {
	if len(t.Columns) == 0 {
		return
	}
	s.gap(6)
	w := t.widths(textW)
	e := s.root.child("Table")
	heads := make([][]flowed, len(t.Columns))
	headH := 0.0
	for i, c := range t.Columns {
		heads[i] = flow(Plain(c.Title), tableHead, w[i]-2*cellX)
		headH = math.Max(headH, float64(len(heads[i]))*tableHead.leading)
	}
	headH += 2 * cellY
	if len(t.Columns) > 40 {
		headH = math.Min(headH, 200)
	}
	title := ""
	if t.Caption != "" {
		s.tables++
		title = s.d.Words.Table + " " + decimal(s.tables)
	}
	capLines := s.captionLines(title, t.Caption)
	s.need(float64(len(capLines))*caption.leading + headH + 2*(tableText.leading+2*cellY) + 4)
	if len(capLines) > 0 {
		s.lines(e.child("Caption"), capLines, marginX, caption)
		s.y += 2
	}
	s.tableHead(e.child("THead").child("TR"), t, heads, w, headH)
	bodyElem := e.child("TBody")
	for i, r := range t.Rows {
		if r.Group && i > 0 {
			bodyElem = e.child("TBody")
		}
		s.row(e, bodyElem, t, r, heads, w, headH, title)
	}
	s.y += 4
	s.remarks(s.root, t.Note, t.Source)
	s.y += 10
}

// captionLines sets "Table 3. What it shows".
func (s *setter) captionLines(no, text string) []flowed {
	if text == "" {
		return nil
	}
	return flow(Plain(no+". "+text), caption, textW)
}

// tableHead sets the header row; without an element it is a repetition and
// an artifact.
func (s *setter) tableHead(tr *elem, t Table, heads [][]flowed, w []float64, h float64) {
	x, y := marginX, s.y
	for i := range heads {
		var th *elem
		if tr != nil {
			th = tr.child("TH")
			th.attr = "/O /Table /Scope /Column"
			s.put(op{kind: opTouch, elem: th})
		}
		top := y + h - cellY - float64(len(heads[i]))*tableHead.leading
		s.cellLines(th, heads[i], x, top, w[i], t.Columns[i].Num, tableHead, false)
		x += w[i]
	}
	s.y = y + h
	s.rule(marginX, s.y, textW, 0.9, lineStrong)
}

// cellLines sets the lines of one cell, right aligned when they are numbers;
// more says that the cell goes on overleaf.
func (s *setter) cellLines(e *elem, ls []flowed, x, y, w float64, right bool, t typo, more bool) {
	links := map[int]*elem{}
	for k, l := range ls {
		at := x + cellX
		if x == marginX {
			at = x // the first column aligns with the text
		}
		if right {
			at = x + w - cellX - l.w
			if x+w > marginX+textW-1 {
				at = x + w - l.w
			}
		}
		s.line(e, l, at, y+t.leading*0.5+t.size*0.36, links, k == len(ls)-1 && !more)
		y += t.leading
	}
}

// row sets one row, on the next sheet when it does not fit; a row taller than
// a sheet is cut between lines.
func (s *setter) row(e, parent *elem, t Table, r Row, heads [][]flowed, w []float64, headH float64, title string) {
	k := tableText
	if r.Total || r.Group {
		k.style = strong
	}
	cells := make([][]flowed, len(w))
	n := 1
	if r.Group {
		if len(r.Cells) > 0 {
			cells[0] = flow(r.Cells[0].Text, k, textW)
		}
		n = max(n, len(cells[0]))
	} else {
		for i := range w {
			if i < len(r.Cells) {
				ck := k
				if tone := r.Cells[i].Tone; tone != Neutral {
					ck.ink = tone.ink()
					if tone == Bad {
						ck.style = strong
					}
				}
				cells[i] = flow(r.Cells[i].Text, ck, w[i]-2*cellX+math.Min(1, cellX))
				n = max(n, len(cells[i]))
			}
		}
	}
	pad := cellY
	if r.Group {
		pad = cellY * 1.6
	}
	tr := parent.child("TR")
	elems := make([]*elem, len(w))
	for first := 0; first < n; {
		h := float64(n-first)*k.leading + pad + cellY
		keep := 0.0
		if r.Group {
			keep = tableText.leading + 2*cellY
		}
		if h+keep > s.room() {
			if first > 0 || h+keep <= textBottom-marginTop-headH-18 || s.room() < 4*k.leading {
				s.turn()
				s.repeat(t, heads, w, headH, title)
			}
		}
		lines := min(n-first, max(1, int((s.room()-pad-cellY)/k.leading)))
		if r.Total && first == 0 {
			s.rule(marginX, s.y, textW, 0.9, lineStrong)
		}
		x := marginX
		for i := range w {
			if elems[i] == nil && (i == 0 || !r.Group) {
				elems[i] = tr.child(t.cellKind(r, i))
				elems[i].attr = t.cellAttr(r, i, len(w))
				s.put(op{kind: opTouch, elem: elems[i]})
			}
			if from, to := min(first, len(cells[i])), min(first+lines, len(cells[i])); from < to {
				s.cellLines(elems[i], cells[i][from:to], x, s.y+pad, w[i], t.Columns[i].Num && !r.Group, k, to < len(cells[i]))
			}
			x += w[i]
		}
		s.y += float64(lines)*k.leading + pad + cellY
		first += lines
	}
	c, width := lineColour, 0.5
	if r.Group {
		c = lineStrong
	}
	s.rule(marginX, s.y, textW, width, c)
}

func (t Table) cellKind(r Row, i int) string {
	if r.Group || i == 0 && t.RowHead {
		return "TH"
	}
	return "TD"
}

func (t Table) cellAttr(r Row, i, n int) string {
	switch {
	case r.Group:
		return "/O /Table /Scope /Both /ColSpan " + decimal(n)
	case i == 0 && t.RowHead:
		return "/O /Table /Scope /Row"
	}
	return ""
}

// repeat sets "Table 3 (continued)" and the header again.
func (s *setter) repeat(t Table, heads [][]flowed, w []float64, headH float64, title string) {
	if title != "" {
		text := title + " (" + s.d.Words.Continued + ")"
		s.put(op{kind: opText, x: marginX, y: s.y + 8, text: printable(text), t: small})
		s.y += 12
	}
	s.tableHead(nil, t, heads, w, headH)
}

// remarks sets a note and a source under a table or chart.
func (s *setter) remarks(e *elem, note, source Text) {
	if !note.Empty() {
		s.lines(e.child("P"), flow(note, small, textW), marginX, small)
	}
	if !source.Empty() {
		t := append(Text{{Text: s.d.Words.Source + ": "}}, source...)
		s.lines(e.child("P"), flow(t, small, textW), marginX, small)
	}
}
