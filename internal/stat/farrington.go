package stat

import (
	"fmt"
	"math"
)

// Threshold picks how the upper limit is made from the fitted mean.
type Threshold int

// The thresholds. NBPlugin is the recommended one: a negative binomial
// quantile at the fitted mean and dispersion.
const (
	NBPlugin Threshold = iota + 1
	Delta              // normal quantile on the 2/3 power scale, with the mean's own uncertainty
	Muan               // as NBPlugin at the upper limit of the mean
)

// FarringtonOptions tune Farrington; the zero value of each field takes its
// default. The defaults are those of Noufaily et al. 2013 for weeks.
type FarringtonOptions struct {
	Period    int       // periods a year: 52
	Years     int       // years looked back: 5
	Half      int       // half width of the window round the same season: 3
	Exclude   int       // last periods left out of the baseline: 26
	Seasons   int       // levels of the seasonal factor: 10; 1 uses the windows alone
	Reweight  float64   // residual over which a past outbreak is damped: 2.58; +Inf never
	Alpha     float64   // one-sided false alarm level: 0.01
	TrendP    float64   // keep the trend only when its p-value is below: 1, always
	MinCases  int       // alarm only with this many events …: 5; −1 no limit
	MinRecent int       // … in this many last periods: 4
	Threshold Threshold // NBPlugin
}

func (o FarringtonOptions) filled() FarringtonOptions {
	def := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	deff := func(v *float64, d float64) {
		if *v == 0 {
			*v = d
		}
	}
	def(&o.Period, 52)
	def(&o.Years, 5)
	def(&o.Half, 3)
	def(&o.Exclude, 26)
	def(&o.Seasons, 10)
	def(&o.MinCases, 5)
	def(&o.MinRecent, 4)
	deff(&o.Reweight, 2.58)
	deff(&o.Alpha, 0.01)
	deff(&o.TrendP, 1)
	if o.Threshold == 0 {
		o.Threshold = NBPlugin
	}
	return o
}

// Outbreak is the judgement of one period against its past.
type Outbreak struct {
	Expected   float64 // fitted mean
	Upper      float64 // upper limit of the expected; NaN when there are too few recent events
	Dispersion float64 // φ ≥ 1
	Trend      bool    // the fit kept its trend
	Score      float64 // (observed − Expected)/(Upper − Expected); NaN without an Upper
	P          float64 // probability of so many or more (negative binomial at Expected)
	Alarm      bool    // Score > 1
}

// Farrington judges y[at] against the same season of the years before with
// the flexible Farrington method: a quasi-Poisson regression with trend and
// seasonal factor, past outbreaks damped. Enough history for Years and the
// window is needed. The standard error and the test of the trend use
// Pearson's dispersion. Source: Farrington et al. 1996, Noufaily et al. 2013;
// R surveillance::farringtonFlexible, whose NBPlugin limits are equal.
func Farrington(y []int, at int, o FarringtonOptions) (Outbreak, error) {
	o = o.filled()
	if at < 0 || at >= len(y) || o.Period < 4 || o.Years < 1 || o.Half < 0 || o.Seasons < 1 || o.Exclude < 0 || !(o.Alpha > 0 && o.Alpha < 1) || o.Threshold < NBPlugin || o.Threshold > Muan {
		return Outbreak{}, fmt.Errorf("%w: period %d of %d, %+v", ErrInput, at, len(y), o)
	}
	for _, v := range y {
		if v < 0 {
			return Outbreak{}, fmt.Errorf("%w: count %d", ErrInput, v)
		}
	}
	if need := o.Years*o.Period + o.Half; at < need {
		return Outbreak{}, fmt.Errorf("%w: %d periods before this one, need %d", ErrTooFew, at, need)
	}
	group := o.groups(at)
	var when []int
	for i := range group {
		if group[i] > 0 && i < at-o.Exclude {
			when = append(when, i)
		}
	}
	fit, err := o.fit(y, when, group, at)
	if err != nil {
		return Outbreak{}, err
	}
	out := Outbreak{Expected: fit.mean, Dispersion: fit.phi, Trend: fit.trend, Upper: math.NaN(), Score: math.NaN()}
	size := math.Inf(1)
	if fit.phi > 1 {
		size = fit.mean / (fit.phi - 1)
	}
	if out.P, err = AtLeast(y[at], fit.mean, size); err != nil {
		return Outbreak{}, err
	}
	recent := 0
	for i := max(0, at-o.MinRecent+1); i <= at; i++ {
		recent += y[i]
	}
	if recent < o.MinCases {
		return out, nil
	}
	z := NormalQuantile(1 - o.Alpha)
	switch o.Threshold {
	case Delta:
		v := (fit.phi*fit.mean + fit.se*fit.se*fit.mean*fit.mean) / (fit.mean * fit.mean)
		out.Upper = fit.mean * math.Pow(math.Max(0, 1+2.0/3*z*math.Sqrt(v)), 1.5)
	case Muan:
		top := fit.mean * math.Exp(z*fit.se)
		size = math.Inf(1)
		if fit.phi > 1 {
			size = top / (fit.phi - 1)
		}
		out.Upper, err = quantile(1-o.Alpha, top, size)
	default:
		out.Upper, err = quantile(1-o.Alpha, fit.mean, size)
	}
	if err != nil {
		return Outbreak{}, err
	}
	out.Score = (float64(y[at]) - fit.mean) / (out.Upper - fit.mean)
	out.Alarm = float64(y[at]) > out.Upper
	return out, nil
}

func quantile(p, mu, size float64) (float64, error) {
	k, err := CountQuantile(p, mu, size)
	return float64(k), err
}

// groups gives each period before and at the present its season, 0 for those
// not used: level Seasons is the window round the same week of each year, the
// other levels share the time between windows.
func (o FarringtonOptions) groups(at int) []int {
	g := make([]int, at+1)
	for i := max(0, at-o.Half); i <= at; i++ {
		g[i] = o.Seasons
	}
	for year := 1; year <= o.Years; year++ {
		ref, next := at-year*o.Period, at-(year-1)*o.Period
		for i := max(0, ref-o.Half); i <= ref+o.Half; i++ {
			g[i] = o.Seasons
		}
		if o.Seasons == 1 {
			continue
		}
		between := next - 2*o.Half - 1 - ref
		length, rest := between/(o.Seasons-1), between%(o.Seasons-1)
		i := ref + o.Half + 1
		for level := 1; level < o.Seasons; level++ {
			n := length
			if level <= rest {
				n++
			}
			for ; n > 0; n-- {
				if i >= 0 && i < len(g) {
					g[i] = level
				}
				i++
			}
		}
	}
	return g
}

// fitted is a regression's answer for the present.
type fitted struct {
	mean, se, phi float64 // se on the log scale
	trend         bool
}

// fit fits with trend, drops it when it is not wanted or predicts more than
// was ever seen, and damps past outbreaks.
func (o FarringtonOptions) fit(y, when, group []int, at int) (fitted, error) {
	most := 0
	for _, i := range when {
		most = max(most, y[i])
	}
	for _, trend := range []bool{true, false} {
		if trend && o.Years < 3 {
			continue
		}
		m := newModel(y, when, group, o.Seasons, trend)
		if err := m.fit(nil); err != nil {
			if trend {
				continue
			}
			return fitted{}, err
		}
		if o.Reweight > 0 && !math.IsInf(o.Reweight, 1) {
			if err := m.fit(m.damped(o.Reweight)); err != nil {
				return fitted{}, err
			}
		}
		f := m.predict(at, o.Seasons)
		if trend {
			pearson := m.pearson()
			se := math.Sqrt(pearson * m.cov[1][1])
			p := 2 * studentTail(math.Abs(m.beta[1])/se, float64(m.df()))
			if p > o.TrendP || f.mean > float64(most) {
				continue
			}
		}
		return f, nil
	}
	return fitted{}, fmt.Errorf("%w: no model fits", ErrTooFew)
}

// studentTail gives P(T > t) for Student's t.
func studentTail(t, df float64) float64 {
	if math.IsNaN(t) {
		return 1
	}
	p, _ := betaPQ(df/(df+t*t), t*t/(df+t*t), df/2, 0.5)
	return p / 2
}
