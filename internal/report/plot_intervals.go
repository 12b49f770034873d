package report

import "math"

// scene draws one row per estimate over a common axis.
func (p Intervals) scene(c Chart, f frame) *scene {
	s := &scene{w: f.width}
	narrow := f.width < 420
	names, texts := 0.0, 0.0
	for _, r := range p.Rows {
		names = math.Max(names, f.text(r.Label))
		texts = math.Max(texts, f.strong(r.Text))
	}
	x0, x1, row := 0.0, f.width, f.size*2.3
	if narrow {
		x0, x1, row = f.size*0.5, f.width-f.size*0.5, f.size*3.4
	} else {
		names = math.Min(names, f.width*0.34)
		x0 = names + f.size
		if texts > 0 {
			x1 = f.width - math.Min(texts, f.width*0.3) - f.size
		}
	}
	ax := p.axis()
	top := 0.0
	if c.Unit != "" || p.RefText != "" {
		top = f.size * 1.6
		if c.Unit != "" {
			s.say("r-t", 0, f.size*1.1, -1, fit(c.Unit, regular, f.size, f.width*0.6))
		}
	}
	bottom := top + row*float64(len(p.Rows))
	for _, t := range ax.ticks {
		x := ax.pos(t, x0, x1)
		s.line("r-grid", pt{x, top}, pt{x, bottom})
	}
	p.ticks(s, f, ax, x0, x1, bottom)
	if !p.NoRef {
		x := ax.pos(p.Ref, x0, x1)
		s.line("r-ref", pt{x, top}, pt{x, bottom})
		w := f.text(p.RefText)
		from := math.Max(0, math.Min(x-w/2, f.width-w))
		if c.Unit == "" || from > f.text(c.Unit)+f.size {
			s.say("r-t", from, f.size*1.1, -1, p.RefText)
		}
	}
	for i, r := range p.Rows {
		y := top + row*(float64(i)+0.5)
		if narrow {
			room := f.width - f.strong(r.Text) - f.size
			s.link("r-tn", 0, y-f.size*0.5, -1, fit(r.Label, regular, f.size, room), r.Href)
			s.say("r-tv", f.width, y-f.size*0.5, 1, r.Text)
			y += f.size * 0.6
		} else {
			s.link("r-tn", names, y+f.size*0.35, 1, fit(r.Label, regular, f.size, names), r.Href)
			s.say("r-tv", x1+f.size, y+f.size*0.35, -1, fit(r.Text, strong, f.size, f.width-x1-f.size))
		}
		p.whisker(s, f, ax, r, x0, x1, y)
	}
	s.h = bottom + f.size*1.9
	return s
}

// whisker draws one interval with its dot.
func (p Intervals) whisker(s *scene, f frame, ax ruler, r Interval, x0, x1, y float64) {
	if math.IsNaN(r.Low) || math.IsNaN(r.High) {
		if measured(r.Point) {
			s.dot("r-est "+r.Tone.class(), pt{ax.pos(r.Point, x0, x1), y}, f.size*0.38)
		} else {
			s.say("r-t", x0, y+f.size*0.35, -1, f.words.NotMeasured)
		}
		return
	}
	a, b := ax.pos(r.Low, x0, x1), ax.pos(r.High, x0, x1)
	cap, k := f.size*0.38, "r-whisker "+r.Tone.class()
	s.line(k, pt{a, y}, pt{b, y})
	end := func(x, v, dir float64) {
		if math.IsInf(v, 0) || ax.log && v <= 0 {
			s.line(k, pt{x - dir*cap, y - cap}, pt{x, y}, pt{x - dir*cap, y + cap})
			return
		}
		s.line(k, pt{x, y - cap}, pt{x, y + cap})
	}
	end(a, r.Low, -1)
	end(b, r.High, 1)
	if !measured(r.Point) {
		return
	}
	at := pt{ax.pos(r.Point, x0, x1), y}
	if r.Tone == Bad {
		d := f.size * 0.48
		s.fill("r-est "+r.Tone.class(), pt{at.x, y - d}, pt{at.x + d, y}, pt{at.x, y + d}, pt{at.x - d, y})
		return
	}
	s.dot("r-est "+r.Tone.class(), at, f.size*0.38)
}

// ruler is a linear or logarithmic axis.
type ruler struct {
	scale
	log bool
}

// pos places v; what lies outside is put at the end.
func (r ruler) pos(v, a, b float64) float64 {
	if r.log {
		if v <= 0 {
			return a
		}
		v = math.Log(v)
	}
	if math.IsNaN(v) {
		return a
	}
	return math.Max(math.Min(r.at(v, a, b), math.Max(a, b)), math.Min(a, b))
}

// axis covers all finite numbers, never more than the whiskers need.
func (p Intervals) axis() ruler {
	var all []float64
	if !p.NoRef {
		all = append(all, p.Ref)
	}
	for _, r := range p.Rows {
		all = append(all, r.Point, r.Low, r.High)
	}
	if !p.Log {
		lo, hi := least(math.Inf(1), all), most(math.Inf(-1), all)
		if lo >= 0 || math.IsInf(lo, 0) {
			lo = 0
		}
		return ruler{scale: fromZero(lo, hi, 5)}
	}
	lo, hi := math.Inf(1), 0.0
	for _, v := range all {
		if measured(v) && v > 0 {
			lo, hi = math.Min(lo, v), math.Max(hi, v)
		}
	}
	if math.IsInf(lo, 1) {
		lo, hi = 0.5, 2
	}
	base := 2.0
	if math.Log10(hi)-math.Log10(lo) > 2 {
		base = 10
	}
	from, to := math.Floor(math.Log(lo)/math.Log(base)), math.Ceil(math.Log(hi)/math.Log(base))
	if from == to {
		from, to = from-1, to+1
	}
	r := ruler{scale: scale{lo: from * math.Log(base), hi: to * math.Log(base), places: 4}, log: true}
	step := math.Max(1, math.Ceil((to-from)/12))
	for e := from; e <= to; e += step {
		r.ticks = append(r.ticks, math.Pow(base, e))
	}
	return r
}

// ticks writes the axis under the rows, leaving out what would overlap.
func (p Intervals) ticks(s *scene, f frame, ax ruler, x0, x1, y float64) {
	s.line("r-axis", pt{x0, y}, pt{x1, y})
	free := math.Inf(-1)
	for _, t := range ax.ticks {
		text := f.words.number(t, ax.places)
		x, w := ax.pos(t, x0, x1), f.text(text)
		if from := math.Min(x-w/2, f.width-w); from >= free {
			s.say("r-t", from, y+f.size*1.4, -1, text)
			free = from + w + f.size*0.5
		}
	}
}

// table gives each estimate with its limits.
func (p Intervals) table(c Chart, w Words) Table {
	t := Table{RowHead: true, Columns: []Column{{Title: w.Item}, {Title: w.Value, Num: true}, {Title: w.Lower, Num: true}, {Title: w.Upper, Num: true}}}
	for _, r := range p.Rows {
		t.Rows = append(t.Rows, Row{Cells: []Cell{{Text: Text{{Text: r.Label, Href: r.Href}}},
			{Text: Plain(w.limit(r.Point)), Tone: r.Tone}, {Text: Plain(w.limit(r.Low))}, {Text: Plain(w.limit(r.High))}}})
	}
	return t
}
