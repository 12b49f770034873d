package stat

import (
	"fmt"
	"math"
)

// EARSMethod picks the window of an EARS detector.
type EARSMethod int

// The methods: C1 compares with the window just before, C2 leaves a guard of
// two periods, C3 adds up the excess of the last three C2 values.
const (
	C1 EARSMethod = iota + 1
	C2
	C3
)

// EARSOptions tune EARS; the zero value of each field takes its default.
type EARSOptions struct {
	Method   EARSMethod // C1
	Baseline int        // periods in the window: 7
	Alpha    float64    // one-sided false alarm level: 0.001, z = 3.09
	MinSigma float64    // floor of the standard deviation: 0
}

// Alarm is the judgement of one period.
type Alarm struct {
	At    int     // index into the series
	Upper float64 // upper limit of the expected; for C3 the limit 2 of the statistic
	Value float64 // what is compared: the count, or the C3 statistic
	Alarm bool    // Value > Upper
}

// EARS judges each period of a series against the few before it, for use
// while less than three years of data exist. Periods too early to have a full
// window are not in the answer. Source: Hutwagner et al. 2003 (C3 by that
// paper's definition); R surveillance::earsC for C1 and C2.
func EARS(y []int, o EARSOptions) ([]Alarm, error) {
	if o.Method == 0 {
		o.Method = C1
	}
	if o.Baseline == 0 {
		o.Baseline = 7
	}
	if o.Alpha == 0 {
		o.Alpha = 0.001
	}
	if o.Method < C1 || o.Method > C3 || o.Baseline < 2 || !(o.Alpha > 0 && o.Alpha < 1) || o.MinSigma < 0 {
		return nil, fmt.Errorf("%w: %+v", ErrInput, o)
	}
	for _, v := range y {
		if v < 0 {
			return nil, fmt.Errorf("%w: count %d", ErrInput, v)
		}
	}
	guard := 0
	if o.Method != C1 {
		guard = 2
	}
	first := o.Baseline + guard
	if o.Method == C3 {
		first += 2
	}
	if len(y) <= first {
		return nil, fmt.Errorf("%w: %d periods, need %d", ErrTooFew, len(y), first+1)
	}
	z := NormalQuantile(1 - o.Alpha)
	var out []Alarm
	for t := first; t < len(y); t++ {
		if o.Method == C3 {
			c3 := 0.0
			for i := t - 2; i <= t; i++ {
				m, s := window(y, i-guard-o.Baseline, i-guard, o.MinSigma)
				c3 += math.Max(0, excess(float64(y[i])-m, s)-1)
			}
			out = append(out, Alarm{t, 2, c3, c3 > 2})
			continue
		}
		m, s := window(y, t-guard-o.Baseline, t-guard, o.MinSigma)
		u := m + z*s
		out = append(out, Alarm{t, u, float64(y[t]), float64(y[t]) > u})
	}
	return out, nil
}

// excess gives d/s, with 0/0 taken as 0: nothing is unusual about a constant.
func excess(d, s float64) float64 {
	if d == 0 {
		return 0
	}
	return d / s
}

// window gives mean and standard deviation of y[a:b].
func window(y []int, a, b int, floor float64) (mean, sd float64) {
	n := float64(b - a)
	for _, v := range y[a:b] {
		mean += float64(v) / n
	}
	ss := 0.0
	for _, v := range y[a:b] {
		ss += (float64(v) - mean) * (float64(v) - mean)
	}
	return mean, math.Max(floor, math.Sqrt(ss/(n-1)))
}
