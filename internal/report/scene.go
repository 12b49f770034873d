package report

import "math"

// frame is what a plot must know of the medium it is drawn for.
type frame struct {
	width float64 // of the drawing, in the medium's unit
	size  float64 // of its text
	words Words
}

func (f frame) text(s string) float64   { return measure(s, regular, f.size) }
func (f frame) strong(s string) float64 { return measure(s, strong, f.size) }

// scene is a drawing in shapes that both media know. Coordinates run right
// and down from the upper left corner.
type scene struct {
	w, h   float64
	shapes []shape
}

// kind of a shape.
type kind int

const (
	path  kind = iota // open line through pts
	area              // closed figure through pts
	label             // text at pts[0]
	disc              // circle around pts[0], radius r
)

// shape is one thing drawn. Its look is a class that CSS and the printed page
// both define.
type shape struct {
	kind   kind
	class  string
	pts    []pt
	r      float64
	text   string
	anchor int // -1 begins at the point, 0 is centred on it, 1 ends there
	href   string
}

type pt struct{ x, y float64 }

func (s *scene) line(class string, pts ...pt) {
	s.shapes = append(s.shapes, shape{kind: path, class: class, pts: pts})
}

func (s *scene) fill(class string, pts ...pt) {
	s.shapes = append(s.shapes, shape{kind: area, class: class, pts: pts})
}

func (s *scene) rect(class string, x, y, w, h float64) {
	s.fill(class, pt{x, y}, pt{x + w, y}, pt{x + w, y + h}, pt{x, y + h})
}

func (s *scene) dot(class string, at pt, r float64) {
	s.shapes = append(s.shapes, shape{kind: disc, class: class, pts: []pt{at}, r: r})
}

func (s *scene) say(class string, x, y float64, anchor int, text string) {
	if text != "" {
		s.shapes = append(s.shapes, shape{kind: label, class: class, pts: []pt{{x, y}}, anchor: anchor, text: text})
	}
}

func (s *scene) link(class string, x, y float64, anchor int, text, href string) {
	s.say(class, x, y, anchor, text)
	if text != "" {
		s.shapes[len(s.shapes)-1].href = safeHref(href)
	}
}

// linked reports whether anything in the drawing can be followed.
func (s *scene) linked() bool {
	for _, sh := range s.shapes {
		if sh.href != "" {
			return true
		}
	}
	return false
}

// hatch draws diagonal lines inside a rectangle.
func (s *scene) hatch(class string, x, y, w, h, gap float64) {
	if w <= 0 || h <= 0 || gap <= 0 {
		return
	}
	for d := gap; d < w+h; d += gap {
		a := pt{x + math.Min(d, w), y + math.Max(0, d-w)}
		b := pt{x + math.Max(0, d-h), y + math.Min(d, h)}
		s.line(class, a, b)
	}
}

// scale is a value axis from lo to hi.
type scale struct {
	lo, hi float64
	ticks  []float64
	places int
}

// fromZero makes an axis from 0 (or below, when there are negative values)
// to a round number at or over hi, in about n steps.
func fromZero(lo, hi float64, n int) scale {
	lo, hi = math.Min(lo, 0), math.Max(hi, 0)
	if hi-lo < 1e-12 || math.IsInf(hi-lo, 0) || math.IsNaN(hi-lo) {
		lo, hi = 0, 1
	}
	step, places := niceStep((hi-lo)/float64(n), hi)
	s := scale{lo: math.Floor(lo/step+1e-9) * step, hi: math.Ceil(hi/step-1e-9) * step, places: places}
	for i := 0; ; i++ {
		v := s.lo + float64(i)*step
		if v > s.hi+step/2 {
			return s
		}
		s.ticks = append(s.ticks, v)
	}
}

// niceStep rounds a step up to 1, 2 or 5 times a power of ten, and says how
// many decimals its multiples need. Counts small enough are stepped by ones.
func niceStep(raw, hi float64) (step float64, places int) {
	p := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, m := range []float64{1, 2, 5, 10} {
		if step = m * p; step >= raw-1e-12 {
			break
		}
	}
	if step < 1 && hi >= 2 && hi == math.Trunc(hi) {
		step = 1
	}
	for q := step; q < 1-1e-9 && places < 9; q *= 10 {
		places++
	}
	return step, places
}

// at places v between a and b.
func (s scale) at(v, a, b float64) float64 { return a + (v-s.lo)/(s.hi-s.lo)*(b-a) }

// most gives the largest finite number of the rows, at least floor.
func most(floor float64, rows ...[]float64) float64 {
	for _, r := range rows {
		for _, v := range r {
			if v > floor && !math.IsInf(v, 0) {
				floor = v
			}
		}
	}
	return floor
}

// least gives the smallest finite number of the rows, at most ceiling.
func least(ceiling float64, rows ...[]float64) float64 {
	for _, r := range rows {
		for _, v := range r {
			if v < ceiling && !math.IsInf(v, 0) {
				ceiling = v
			}
		}
	}
	return ceiling
}

// measured reports whether v is a number that can be drawn.
func measured(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// sample draws a swatch of a class for a key and returns where its text
// begins.
func (s *scene) sample(class string, k int, x, y, size float64) float64 {
	switch {
	case class == "r-band":
		s.rect(class, x, y-size*0.75, size*1.6, size*0.8)
		s.line("r-mid", pt{x, y - size*0.35}, pt{x + size*1.6, y - size*0.35})
	case class == "r-line":
		s.line(class+seriesClass(k), pt{x, y - size*0.35}, pt{x + size*1.6, y - size*0.35})
	default:
		s.bar(k, x, y-size*0.75, size*1.6, size*0.8)
	}
	return x + size*1.6 + size*0.45
}

func seriesClass(k int) string { return [...]string{" r-s0", " r-s1", " r-s2"}[k%3] }

// bar draws one bar in the pattern of series k.
func (s *scene) bar(k int, x, y, w, h float64) {
	if w < 0 {
		x, w = x+w, -w
	}
	if h < 0 {
		y, h = y+h, -h
	}
	s.rect("r-bar"+seriesClass(k), x, y, w, h)
	if k%3 == 1 {
		s.hatch("r-hatch", x, y, w, h, 4)
	}
}

// missing draws the frame of what was not measured.
func (s *scene) missing(x, y, w, h float64) {
	s.rect("r-none", x, y, w, h)
	s.hatch("r-hatch-none", x, y, w, h, 4)
}
