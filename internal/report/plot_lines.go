package report

import "math"

// scene draws the lines within their band.
func (p Lines) scene(c Chart, f frame) *scene {
	s := &scene{w: f.width, h: 21 * f.size}
	if f.width < 420 {
		s.h = 18 * f.size
	}
	n := len(p.Labels)
	rows := [][]float64{}
	for _, sr := range p.Series {
		n = max(n, len(sr.Values))
		rows = append(rows, sr.Values)
	}
	if p.Band != nil {
		rows = append(rows, p.Band.High, p.Band.Mid, p.Band.Low)
	}
	ax := fromZero(least(0, rows...), most(0, rows...), 4)

	left := 0.0
	for _, t := range ax.ticks {
		left = math.Max(left, f.text(f.words.number(t, ax.places)))
	}
	left += f.size * 0.8
	right, ends := f.size*0.8, false
	if len(p.Series) > 1 && f.width >= 420 {
		ends = true
		for _, sr := range p.Series {
			right = math.Max(right, math.Min(f.strong(sr.Name), f.width*0.22)+f.size)
		}
	}
	top := p.key(s, c, f, ends)
	if hasText(p.Marks) {
		top += f.size * 1.3
	}
	x0, x1, y0, y1 := left, f.width-right, s.h-f.size*2, top+f.size*0.6
	at := func(i int, v float64) pt {
		x := (x0 + x1) / 2
		if n > 1 {
			x = x0 + float64(i)/float64(n-1)*(x1-x0)
		}
		return pt{x, ax.at(v, y0, y1)}
	}
	for _, t := range ax.ticks {
		y := ax.at(t, y0, y1)
		class := "r-grid"
		if t == 0 {
			class = "r-axis"
		}
		s.line(class, pt{x0, y}, pt{x1, y})
		s.say("r-t", x0-f.size*0.5, y+f.size*0.35, 1, f.words.number(t, ax.places))
	}
	p.drawTicks(s, f, at, n, x1)
	if b := p.Band; b != nil {
		b.draw(s, at)
	}
	for k := len(p.Series) - 1; k >= 0; k-- {
		p.drawSeries(s, f, k, at)
	}
	if ends {
		p.nameEnds(s, f, at, x1)
	}
	p.drawMarks(s, f, at, x0, x1)
	return s
}

// key draws the unit and what the lines are, and returns the height used.
func (p Lines) key(s *scene, c Chart, f frame, ends bool) float64 {
	x, y := 0.0, f.size*1.1
	if c.Unit != "" {
		s.say("r-t", x, y, -1, fit(c.Unit, regular, f.size, f.width))
		x += f.text(c.Unit) + f.size*2
	}
	put := func(class string, k int, name string) {
		name = fit(name, regular, f.size, f.width-3*f.size)
		w := f.size*2.05 + f.text(name)
		if x > 0 && x+w > f.width {
			x, y = 0, y+f.size*1.5
		}
		s.say("r-t", s.sample(class, k, x, y, f.size), y, -1, name)
		x += w + f.size*1.6
	}
	if !ends && (len(p.Series) > 1 || p.Band != nil) {
		for k, sr := range p.Series {
			if sr.Name != "" {
				put("r-line", k, sr.Name)
			}
		}
	}
	if p.Band != nil && p.Band.Name != "" {
		put("r-band", 0, p.Band.Name)
	}
	if x == 0 && y < f.size*1.2 {
		return 0
	}
	return y + f.size*0.3
}

func hasText(ms []Mark) bool {
	for _, m := range ms {
		if m.Text != "" {
			return true
		}
	}
	return false
}

// drawTicks names points on the axis, leaving out what would overlap.
func (p Lines) drawTicks(s *scene, f frame, at func(int, float64) pt, n int, x1 float64) {
	free := math.Inf(-1)
	for _, t := range p.Ticks {
		if t.At < 0 || t.At >= n {
			continue
		}
		x, w := at(t.At, 0).x, f.text(t.Text)
		from := math.Max(0, math.Min(x-w/2, f.width-w))
		if from < free {
			continue
		}
		y := s.h - f.size*2
		s.line("r-axis", pt{x, y}, pt{x, y + f.size*0.35})
		s.say("r-t", from, s.h-f.size*0.5, -1, t.Text)
		free = from + w + f.size*0.8
	}
}

// draw fills the expected range and dashes its middle. Where a limit was not
// measured the band is interrupted.
func (b Band) draw(s *scene, at func(int, float64) pt) {
	n := min(len(b.Low), len(b.High))
	for i := 0; i < n; {
		j := i
		for j < n && measured(b.Low[j]) && measured(b.High[j]) {
			j++
		}
		if j-i > 1 {
			var pts []pt
			for k := i; k < j; k++ {
				pts = append(pts, at(k, b.High[k]))
			}
			for k := j - 1; k >= i; k-- {
				pts = append(pts, at(k, b.Low[k]))
			}
			s.fill("r-band", pts...)
		}
		i = j + 1
	}
	for _, run := range runs(b.Mid, 0, len(b.Mid)) {
		s.line("r-mid", points(run, b.Mid, at)...)
	}
}

// drawSeries draws one line: solid, its incomplete end dashed, a lone value
// as a dot.
func (p Lines) drawSeries(s *scene, f frame, k int, at func(int, float64) pt) {
	v := p.Series[k].Values
	whole := max(0, len(v)-max(0, p.Open))
	class := "r-line" + seriesClass(k)
	for _, run := range runs(v, 0, whole) {
		if run[1]-run[0] == 1 {
			s.dot("r-dot"+seriesClass(k), at(run[0], v[run[0]]), f.size*0.2)
			continue
		}
		s.line(class, points(run, v, at)...)
	}
	if whole < len(v) {
		for _, run := range runs(v, max(0, whole-1), len(v)) {
			s.line(class+" r-open", points(run, v, at)...)
		}
	}
}

// runs gives the half-open stretches of v between from and to that were
// measured.
func runs(v []float64, from, to int) [][2]int {
	var out [][2]int
	for i := from; i < to; {
		j := i
		for j < to && measured(v[j]) {
			j++
		}
		if j > i {
			out = append(out, [2]int{i, j})
		}
		i = j + 1
	}
	return out
}

func points(run [2]int, v []float64, at func(int, float64) pt) []pt {
	pts := make([]pt, 0, run[1]-run[0])
	for i := run[0]; i < run[1]; i++ {
		pts = append(pts, at(i, v[i]))
	}
	return pts
}

// nameEnds writes each line's name at its end, pushed apart when they meet.
func (p Lines) nameEnds(s *scene, f frame, at func(int, float64) pt, x1 float64) {
	type end struct {
		y    float64
		k    int
		name string
	}
	var ends []end
	for k, sr := range p.Series {
		for i := len(sr.Values) - 1; i >= 0; i-- {
			if measured(sr.Values[i]) {
				e := end{at(i, sr.Values[i]).y, k, sr.Name}
				j := len(ends)
				ends = append(ends, e)
				for ; j > 0 && ends[j-1].y > e.y; j-- {
					ends[j] = ends[j-1]
				}
				ends[j] = e
				break
			}
		}
	}
	for i := 1; i < len(ends); i++ {
		ends[i].y = math.Max(ends[i].y, ends[i-1].y+f.size*1.25)
	}
	for _, e := range ends {
		s.say("r-tv"+seriesClass(e.k), x1+f.size*0.5, e.y+f.size*0.35, -1, fit(e.name, strong, f.size, f.width-x1-f.size*0.5))
	}
}

// drawMarks puts a triangle over alarms and a ring round other values, with
// their text where there is room.
func (p Lines) drawMarks(s *scene, f frame, at func(int, float64) pt, x0, x1 float64) {
	if len(p.Series) == 0 {
		return
	}
	type span struct{ a, b, y float64 }
	var used []span
	v := p.Series[0].Values
	for _, m := range p.Marks {
		if m.At < 0 || m.At >= len(v) || !measured(v[m.At]) {
			continue
		}
		c, r := at(m.At, v[m.At]), f.size*0.36
		if m.Tone == Bad {
			y := c.y - f.size*0.5
			s.fill("r-alarm", pt{c.x - r, y}, pt{c.x + r, y}, pt{c.x, y - r*1.7})
		} else {
			s.dot("r-ring", c, r)
		}
		w := f.text(m.Text)
		a := math.Max(0, math.Min(c.x-w/2, f.width-w))
		t := span{a, a + w, c.y - f.size*1.4}
		clash := m.Text == ""
		for _, u := range used {
			if t.a < u.b+f.size && u.a < t.b+f.size && math.Abs(t.y-u.y) < f.size*1.2 {
				clash = true
			}
		}
		if !clash {
			s.say("r-t", t.a, t.y, -1, m.Text)
			used = append(used, t)
		}
	}
}

// table gives the points as rows.
func (p Lines) table(c Chart, w Words) Table {
	t := Table{RowHead: true, Columns: []Column{{Title: w.Item}}}
	for _, sr := range p.Series {
		t.Columns = append(t.Columns, Column{Title: orWord(sr.Name, w.Value), Num: true})
	}
	if p.Band != nil {
		t.Columns = append(t.Columns, Column{Title: w.Expected, Num: true}, Column{Title: w.Lower, Num: true}, Column{Title: w.Upper, Num: true})
	}
	said := map[int]Mark{}
	for _, m := range p.Marks {
		said[m.At] = m
	}
	n := len(p.Labels)
	for _, sr := range p.Series {
		n = max(n, len(sr.Values))
	}
	for i := range n {
		row := Row{Cells: []Cell{{Text: Plain(nth(p.Labels, i))}}}
		for k, sr := range p.Series {
			cell := Cell{Text: Plain(w.value(sr.Values, i))}
			if m, ok := said[i]; ok && k == 0 {
				why := m.Text
				if why == "" && m.Tone == Bad {
					why = w.Above
				}
				if why != "" {
					cell = Cell{Text: Plain(w.value(sr.Values, i) + " (" + why + ")"), Tone: m.Tone}
				}
			}
			row.Cells = append(row.Cells, cell)
		}
		if b := p.Band; b != nil {
			for _, v := range [][]float64{b.Mid, b.Low, b.High} {
				row.Cells = append(row.Cells, Cell{Text: Plain(w.value(v, i))})
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func orWord(s, word string) string {
	if s == "" {
		return word
	}
	return s
}

func nth(s []string, i int) string {
	if i < len(s) {
		return s[i]
	}
	return ""
}

// value writes the i-th number of v for a table.
func (w Words) value(v []float64, i int) string {
	if i >= len(v) || math.IsNaN(v[i]) {
		return w.NotMeasured
	}
	return w.limit(v[i])
}

// limit writes a number that may be infinite.
func (w Words) limit(v float64) string {
	switch {
	case math.IsInf(v, 1):
		return "∞"
	case math.IsInf(v, -1):
		return "−∞"
	case math.IsNaN(v):
		return w.NotMeasured
	case math.Abs(v) < 0.1:
		return w.number(v, 4)
	}
	return w.number(v, 2)
}
