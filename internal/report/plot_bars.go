package report

import "math"

// scene draws the bars: upright when asked or when every name fits under its
// bar, lying otherwise.
func (p Bars) scene(c Chart, f frame) *scene {
	n := p.len()
	if p.Horizontal || n <= 16 && !p.namesFit(f, n) {
		return p.lying(c, f, n)
	}
	return p.upright(c, f, n)
}

func (p Bars) len() int {
	n := len(p.Labels)
	for _, sr := range p.Series {
		n = max(n, len(sr.Values))
	}
	return n
}

func (p Bars) namesFit(f frame, n int) bool {
	slot := (f.width - 4*f.size) / float64(max(n, 1))
	for _, l := range p.Labels {
		if f.text(l) > slot-f.size*0.4 {
			return false
		}
	}
	return true
}

func (p Bars) values() [][]float64 {
	rows := make([][]float64, len(p.Series))
	for k, sr := range p.Series {
		rows[k] = sr.Values
	}
	return rows
}

// text gives the words at bar i of series k.
func (p Bars) text(w Words, k, i int) string {
	if k < len(p.Texts) && i < len(p.Texts[k]) {
		return p.Texts[k][i]
	}
	return w.limit(p.Series[k].Values[i])
}

// key names the series above the bars and returns the height used.
func (p Bars) key(s *scene, c Chart, f frame, lying bool) float64 {
	x, y := 0.0, f.size*1.1
	if c.Unit != "" {
		s.say("r-t", x, y, -1, fit(c.Unit, regular, f.size, f.width))
		x += f.text(c.Unit) + f.size*2
	}
	if len(p.Series) > 1 {
		for k, sr := range p.Series {
			name := fit(sr.Name, regular, f.size, f.width-3*f.size)
			w := f.size*2.05 + f.text(name)
			if x > 0 && x+w > f.width {
				x, y = 0, y+f.size*1.5
			}
			s.say("r-t", s.sample("r-bar", k, x, y, f.size), y, -1, name)
			x += w + f.size*1.6
		}
	}
	if p.gaps() && !lying {
		w := f.size*2.05 + f.text(f.words.NotMeasured)
		if x > 0 && x+w > f.width {
			x, y = 0, y+f.size*1.5
		}
		s.missing(x, y-f.size*0.75, f.size*1.6, f.size*0.8)
		s.say("r-t", x+f.size*2.05, y, -1, f.words.NotMeasured)
		x += w
	}
	if x == 0 && y < f.size*1.2 {
		return f.size * 0.4
	}
	return y + f.size*0.8
}

// gaps reports whether any value was not measured.
func (p Bars) gaps() bool {
	n := p.len()
	for _, sr := range p.Series {
		for i := range n {
			if i >= len(sr.Values) || !measured(sr.Values[i]) {
				return true
			}
		}
	}
	return false
}

func (p Bars) upright(c Chart, f frame, n int) *scene {
	s := &scene{w: f.width, h: 19 * f.size}
	rows := p.values()
	ax := fromZero(least(0, rows...), most(0, rows...), 4)
	left := 0.0
	for _, t := range ax.ticks {
		left = math.Max(left, f.text(f.words.number(t, ax.places)))
	}
	left += f.size * 0.8
	y0, y1 := s.h-f.size*2, p.key(s, c, f, false)+f.size
	for _, t := range ax.ticks {
		y := ax.at(t, y0, y1)
		s.line("r-grid", pt{left, y}, pt{f.width, y})
		s.say("r-t", left-f.size*0.5, y+f.size*0.35, 1, f.words.number(t, ax.places))
	}
	zero := ax.at(0, y0, y1)
	slot := (f.width - left) / float64(max(n, 1))
	group := slot * 0.72
	each := group / float64(max(len(p.Series), 1))
	free := math.Inf(-1)
	for i := range n {
		mid := left + (float64(i)+0.5)*slot
		for k, sr := range p.Series {
			if i >= len(sr.Values) || !measured(sr.Values[i]) {
				s.missing(mid-group/2+(float64(k)+0.04)*each, zero-f.size*1.2, each*0.92, f.size*1.2)
				continue
			}
			x, y := mid-group/2+float64(k)*each, ax.at(sr.Values[i], y0, y1)
			s.bar(k, x+each*0.04, y, each*0.92, zero-y)
			if t := p.text(f.words, k, i); f.strong(t) <= math.Max(each, group*0.5)+f.size*0.2 {
				if sr.Values[i] < 0 {
					y += f.size * 1.4
				}
				s.say("r-tv", x+each/2, y-f.size*0.35, 0, t)
			}
		}
		name := nth(p.Labels, i)
		if w := f.text(name); mid-w/2 >= free {
			s.link("r-t", mid, s.h-f.size*0.5, 0, name, nth(p.Hrefs, i))
			free = mid + w/2 + f.size*0.6
		}
	}
	s.line("r-axis", pt{left, zero}, pt{f.width, zero})
	return s
}

func (p Bars) lying(c Chart, f frame, n int) *scene {
	s := &scene{w: f.width}
	rows := p.values()
	ax := fromZero(least(0, rows...), most(0, rows...), 4)
	names, texts := 0.0, 0.0
	for i := range n {
		names = math.Max(names, f.text(nth(p.Labels, i)))
		for k := range p.Series {
			if i < len(p.Series[k].Values) {
				texts = math.Max(texts, f.strong(p.text(f.words, k, i)))
			}
		}
	}
	names = math.Min(names, f.width*0.42)
	x0, x1 := names+f.size*0.8, f.width-texts-f.size*0.8
	if x1-x0 < f.width*0.2 {
		x1 = x0 + f.width*0.2
	}
	y := p.key(s, c, f, true)
	thick := f.size * 1.2
	if len(p.Series) > 1 {
		thick = f.size * 1.05
	}
	zero := ax.at(0, x0, x1)
	top := y
	for i := range n {
		y += f.size * 0.4
		mid := y + thick*float64(max(len(p.Series), 1))/2
		s.link("r-tn", names, mid+f.size*0.35, 1, fit(nth(p.Labels, i), regular, f.size, names), nth(p.Hrefs, i))
		for k, sr := range p.Series {
			if i < len(sr.Values) && measured(sr.Values[i]) {
				x := ax.at(sr.Values[i], x0, x1)
				s.bar(k, zero, y+thick*0.04, x-zero, thick*0.92)
				s.say("r-tv", math.Max(x, zero)+f.size*0.4, y+thick/2+f.size*0.35, -1, p.text(f.words, k, i))
			} else {
				s.say("r-t", zero+f.size*0.4, y+thick/2+f.size*0.35, -1, f.words.NotMeasured)
			}
			y += thick
		}
		y += f.size * 0.4
	}
	s.line("r-axis", pt{zero, top}, pt{zero, y})
	s.h = y + f.size*0.4
	return s
}

// table gives one row per label.
func (p Bars) table(c Chart, w Words) Table {
	t := Table{RowHead: true, Columns: []Column{{Title: w.Item}}}
	for _, sr := range p.Series {
		t.Columns = append(t.Columns, Column{Title: orWord(sr.Name, w.Value), Num: true})
	}
	for i := range p.len() {
		row := Row{Cells: []Cell{{Text: Text{{Text: nth(p.Labels, i), Href: nth(p.Hrefs, i)}}}}}
		for k, sr := range p.Series {
			v := w.value(sr.Values, i)
			if i < len(sr.Values) && !math.IsNaN(sr.Values[i]) {
				v = p.text(w, k, i)
			}
			row.Cells = append(row.Cells, Cell{Text: Plain(v)})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
