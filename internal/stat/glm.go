package stat

import (
	"fmt"
	"math"
)

// model is a log-linear quasi-Poisson regression: intercept, optional trend,
// seasonal levels against the first.
type model struct {
	x       [][]float64
	used    [][]int // columns of each row that are not zero
	y       []float64
	weight  []float64
	mu      []float64
	beta    []float64
	cov     [][]float64 // (XᵀWX)⁻¹
	trend   bool
	levels  []int // column of each season level, 0 for the base
	origin  float64
	columns int
}

// newModel lays out the design. Levels that never occur get no column.
func newModel(y, when, group []int, seasons int, trend bool) *model {
	m := &model{trend: trend, columns: 1, levels: make([]int, seasons+1)}
	if trend {
		m.columns++
	}
	if len(when) > 0 {
		m.origin = float64(when[0])
	}
	seen := make([]bool, seasons+1)
	for _, i := range when {
		seen[group[i]] = true
	}
	base := true
	for l := 1; l <= seasons; l++ {
		if !seen[l] {
			continue
		}
		if base {
			base = false
			continue
		}
		m.levels[l] = m.columns
		m.columns++
	}
	for _, i := range when {
		x := m.row(i, group[i])
		var used []int
		for j, u := range x {
			if u != 0 {
				used = append(used, j)
			}
		}
		m.x, m.used = append(m.x, x), append(m.used, used)
		m.y = append(m.y, float64(y[i]))
	}
	return m
}

// timeScale keeps the trend's column near the size of the others.
const timeScale = 100

func (m *model) row(i, level int) []float64 {
	r := make([]float64, m.columns)
	r[0] = 1
	if m.trend {
		r[1] = (float64(i) - m.origin) / timeScale
	}
	if c := m.levels[level]; c > 0 {
		r[c] = 1
	}
	return r
}

func (m *model) df() int { return len(m.y) - m.columns }

// fit runs iteratively reweighted least squares to convergence of the
// deviance, as R's glm does.
func (m *model) fit(weight []float64) error {
	n := len(m.y)
	if n <= m.columns {
		return fmt.Errorf("%w: %d periods for %d coefficients", ErrTooFew, n, m.columns)
	}
	if weight == nil {
		weight = make([]float64, n)
		for i := range weight {
			weight[i] = 1
		}
	}
	m.weight = weight
	m.mu = make([]float64, n)
	eta := make([]float64, n)
	for i, v := range m.y {
		m.mu[i] = v + 0.1
		eta[i] = math.Log(m.mu[i])
	}
	before := math.Inf(1)
	for range 100 {
		a := make([][]float64, m.columns)
		for j := range a {
			a[j] = make([]float64, m.columns)
		}
		b := make([]float64, m.columns)
		for i, x := range m.x {
			w := weight[i] * m.mu[i]
			z := eta[i] + (m.y[i]-m.mu[i])/m.mu[i]
			for _, j := range m.used[i] {
				wu := w * x[j]
				b[j] += wu * z
				for _, k := range m.used[i] {
					a[j][k] += wu * x[k]
				}
			}
		}
		inv, ok := invert(a)
		if !ok {
			return fmt.Errorf("%w: the seasons cannot be told apart", ErrTooFew)
		}
		m.cov, m.beta = inv, make([]float64, m.columns)
		for j := range inv {
			for k := range b {
				m.beta[j] += inv[j][k] * b[k]
			}
		}
		dev := 0.0
		for i, x := range m.x {
			eta[i] = 0
			for _, j := range m.used[i] {
				eta[i] += x[j] * m.beta[j]
			}
			m.mu[i] = math.Max(math.Exp(math.Max(-30, math.Min(30, eta[i]))), 1e-12)
			d := m.mu[i] - m.y[i]
			if m.y[i] > 0 {
				d += m.y[i] * math.Log(m.y[i]/m.mu[i])
			}
			dev += 2 * weight[i] * d
		}
		if math.Abs(dev-before) < 1e-11*(math.Abs(dev)+0.1) {
			return nil
		}
		before = dev
	}
	return nil
}

// pearson gives Pearson's dispersion.
func (m *model) pearson() float64 {
	chi := 0.0
	for i, v := range m.y {
		chi += m.weight[i] * (v - m.mu[i]) * (v - m.mu[i]) / m.mu[i]
	}
	return chi / float64(m.df())
}

// damped gives weights that hold past outbreaks down: periods whose Anscombe
// residual exceeds the limit count with its inverse square.
func (m *model) damped(limit float64) []float64 {
	phi := math.Max(1, m.pearson())
	n := len(m.y)
	res := make([]float64, n)
	sum := 0.0
	for i, v := range m.y {
		h := 0.0
		for _, j := range m.used[i] {
			for _, k := range m.used[i] {
				h += m.x[i][j] * m.x[i][k] * m.cov[j][k]
			}
		}
		h *= m.weight[i] * m.mu[i]
		res[i] = 1.5 * (math.Pow(v, 2.0/3) - math.Pow(m.mu[i], 2.0/3)) / (math.Pow(m.mu[i], 1.0/6) * math.Sqrt(phi*math.Max(1e-12, 1-h)))
		if res[i] > limit {
			sum += 1 / (res[i] * res[i])
		} else {
			sum++
		}
	}
	w := make([]float64, n)
	for i := range w {
		w[i] = float64(n) / sum
		if res[i] > limit {
			w[i] /= res[i] * res[i]
		}
	}
	return w
}

// predict gives the mean at a period of the highest season level, with the
// standard error of its logarithm.
func (m *model) predict(at, level int) fitted {
	x := m.row(at, level)
	eta, v := 0.0, 0.0
	for j, u := range x {
		eta += u * m.beta[j]
		for k, w := range x {
			v += u * w * m.cov[j][k]
		}
	}
	pearson := m.pearson()
	return fitted{mean: math.Exp(eta), se: math.Sqrt(pearson * v), phi: math.Max(1, pearson), trend: m.trend}
}

// invert gives the inverse of a symmetric positive definite matrix by
// Cholesky's decomposition; false when it is singular.
func invert(a [][]float64) ([][]float64, bool) {
	n := len(a)
	l := make([][]float64, n)
	for i := range l {
		l[i] = make([]float64, n)
		for j := 0; j <= i; j++ {
			s := a[i][j]
			for k := range j {
				s -= l[i][k] * l[j][k]
			}
			if i == j {
				if s <= 1e-13*a[i][i] {
					return nil, false
				}
				l[i][i] = math.Sqrt(s)
			} else {
				l[i][j] = s / l[j][j]
			}
		}
	}
	inv := make([][]float64, n)
	for i := range inv {
		inv[i] = make([]float64, n)
	}
	for c := range n {
		z := make([]float64, n)
		for i := c; i < n; i++ {
			s := 0.0
			if i == c {
				s = 1
			}
			for k := c; k < i; k++ {
				s -= l[i][k] * z[k]
			}
			z[i] = s / l[i][i]
		}
		for i := n - 1; i >= 0; i-- {
			s := z[i]
			for k := i + 1; k < n; k++ {
				s -= l[k][i] * inv[k][c]
			}
			inv[i][c] = s / l[i][i]
		}
	}
	return inv, true
}
