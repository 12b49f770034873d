package report

import (
	"fmt"
	"math"
	"slices"
)

// steps of the heat scale above zero.
const heatSteps = 5

// scene draws the cells row by row with a key of the scale.
func (p Heat) scene(c Chart, f frame) *scene {
	s := &scene{w: f.width}
	names, cols := 0.0, len(p.Columns)
	for _, r := range p.Rows {
		names = math.Max(names, f.text(r.Name))
		cols = max(cols, len(r.Values))
	}
	names = math.Min(names, f.width*0.34)
	x0 := 0.0
	if names > 0 {
		x0 = names + f.size*0.7
	}
	y := p.key(s, c, f)
	cell := (f.width - x0) / float64(max(cols, 1))
	tall := math.Max(f.size*1.7, math.Min(cell, f.size*2.4))
	gap := math.Min(1, cell*0.08)
	for _, r := range p.Rows {
		s.say("r-tn", names, y+tall/2+f.size*0.35, 1, fit(r.Name, regular, f.size, names))
		for i := range cols {
			x, v := x0+float64(i)*cell, math.NaN()
			if i < len(r.Values) {
				v = r.Values[i]
			}
			if !measured(v) {
				s.missing(x, y, cell-gap, tall-1)
				continue
			}
			step := p.step(v)
			s.rect(fmt.Sprintf("r-heat r-h%d", step), x, y, cell-gap, tall-1)
			if t := f.words.limit(v); f.text(t) < cell-gap-f.size*0.3 {
				s.say(fmt.Sprintf("r-th r-th%d", step), x+(cell-gap)/2, y+tall/2+f.size*0.35, 0, t)
			}
		}
		y += tall
	}
	free := math.Inf(-1)
	for _, t := range p.Ticks {
		if t.At < 0 || t.At >= cols {
			continue
		}
		x, w := x0+(float64(t.At)+0.5)*cell, f.text(t.Text)
		if from := math.Max(x0, math.Min(x-w/2, f.width-w)); from >= free {
			s.say("r-t", from, y+f.size*1.3, -1, t.Text)
			free = from + w + f.size*0.6
		}
	}
	s.h = y + f.size*0.4
	if len(p.Ticks) > 0 {
		s.h += f.size * 1.5
	}
	return s
}

func (p Heat) top() float64 {
	if p.Max > 0 {
		return p.Max
	}
	m := 0.0
	for _, r := range p.Rows {
		m = most(m, r.Values)
	}
	return m
}

// step puts v on the scale: 0 for zero, 1 to heatSteps above.
func (p Heat) step(v float64) int {
	top := p.top()
	if v <= 0 || top <= 0 {
		return 0
	}
	return max(1, min(heatSteps, int(math.Ceil(v/top*heatSteps-1e-9))))
}

// key draws the scale and returns the height used.
func (p Heat) key(s *scene, c Chart, f frame) float64 {
	x, y := 0.0, f.size*1.1
	if c.Unit != "" {
		s.say("r-t", x, y, -1, fit(c.Unit, regular, f.size, f.width*0.6))
		x = math.Min(f.text(c.Unit), f.width*0.6) + f.size*1.2
	}
	s.say("r-t", x, y, -1, "0")
	x += f.text("0") + f.size*0.4
	for i := range heatSteps + 1 {
		s.rect(fmt.Sprintf("r-heat r-h%d", i), x, y-f.size*0.85, f.size*1.5, f.size*1.05)
		x += f.size * 1.5
	}
	top := f.words.limit(p.top())
	s.say("r-t", x+f.size*0.4, y, -1, top)
	x += f.size*1.8 + f.text(top)
	for _, r := range p.Rows {
		if slices.ContainsFunc(r.Values, math.IsNaN) && x+f.size*2+f.text(f.words.NotMeasured) < f.width {
			s.missing(x, y-f.size*0.85, f.size*1.5, f.size*1.05)
			s.say("r-t", x+f.size*1.9, y, -1, f.words.NotMeasured)
			break
		}
	}
	return y + f.size*0.9
}

// table gives the columns as rows, so that a long strip reads downward.
func (p Heat) table(c Chart, w Words) Table {
	t := Table{RowHead: true, Columns: []Column{{Title: w.Item}}}
	n := len(p.Columns)
	for _, r := range p.Rows {
		t.Columns = append(t.Columns, Column{Title: orWord(r.Name, w.Value), Num: true})
		n = max(n, len(r.Values))
	}
	for i := range n {
		row := Row{Cells: []Cell{{Text: Plain(nth(p.Columns, i))}}}
		for _, r := range p.Rows {
			row.Cells = append(row.Cells, Cell{Text: Plain(w.value(r.Values, i))})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
