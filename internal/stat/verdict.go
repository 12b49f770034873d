package stat

import (
	"fmt"
	"math"
)

// Verdict says which words a comparison allows.
type Verdict int

// The verdicts.
const (
	Unknown      Verdict = iota
	NoDetectable         // the interval includes 1: do not say "increased" or "decreased"
	Increased            // the whole interval lies above 1
	Decreased            // the whole interval lies below 1
)

// Verdict applies the rule of the house: a change is named only when the
// exact interval excludes 1.
func (r Ratio) Verdict() Verdict {
	switch {
	case r.Conf == 0 || math.IsNaN(r.Exact.Low) || math.IsNaN(r.Exact.High):
		return Unknown
	case r.Exact.Low > 1:
		return Increased
	case r.Exact.High < 1:
		return Decreased
	}
	return NoDetectable
}

// PercentMinimum is the smallest baseline count on which a change in per cent
// may be printed; below it the two counts themselves are printed.
const PercentMinimum = 20

// Percent gives the change in per cent with its interval, and whether the
// baseline is large enough to print it.
func (r Ratio) Percent() (change float64, in Interval, ok bool) {
	pc := func(x float64) float64 { return 100 * (x - 1) }
	return pc(r.Value), Interval{pc(r.Exact.Low), pc(r.Exact.High)}, r.Before >= PercentMinimum
}

// Dispersion gives Pearson's χ²/df of counts around their common rate: 1 for
// Poisson, more when events come in clusters. Exposures may be nil for equal
// periods. At least two counts and one event are needed.
func Dispersion(counts []int, exposures []float64) (float64, error) {
	if len(counts) < 2 {
		return 0, fmt.Errorf("%w: dispersion needs two counts", ErrTooFew)
	}
	if exposures != nil && len(exposures) != len(counts) {
		return 0, fmt.Errorf("%w: %d counts, %d exposures", ErrInput, len(counts), len(exposures))
	}
	sum, all := 0.0, 0.0
	at := func(i int) float64 {
		if exposures == nil {
			return 1
		}
		return exposures[i]
	}
	for i, c := range counts {
		if c < 0 || !(at(i) > 0) {
			return 0, fmt.Errorf("%w: count %d, exposure %v", ErrInput, c, at(i))
		}
		sum += float64(c)
		all += at(i)
	}
	if sum == 0 {
		return 0, fmt.Errorf("%w: no event", ErrTooFew)
	}
	chi := 0.0
	for i, c := range counts {
		mu := sum / all * at(i)
		d := float64(c) - mu
		chi += d * d / mu
	}
	return chi / float64(len(counts)-1), nil
}

// Overdispersed widens the interval of r for clustered events: the standard
// error of the logarithm, √(1/now+1/before), is multiplied by √phi. It never
// narrows: with phi ≤ 1 or an empty period r is returned as it is; otherwise
// each limit is the outer one of the exact and the widened interval.
func (r Ratio) Overdispersed(phi float64) Ratio {
	if !(phi > 1) || r.Now == 0 || r.Before == 0 {
		return r
	}
	se := math.Sqrt(phi) * math.Sqrt(1/float64(r.Now)+1/float64(r.Before))
	z := NormalQuantile(1 - (1-r.Conf)/2)
	wide := Interval{r.Value * math.Exp(-z*se), r.Value * math.Exp(z*se)}
	r.Exact = Interval{math.Min(r.Exact.Low, wide.Low), math.Max(r.Exact.High, wide.High)}
	r.MidP = Interval{math.Min(r.MidP.Low, wide.Low), math.Max(r.MidP.High, wide.High)}
	p := 2 * NormalCDF(-math.Abs(math.Log(r.Value))/se)
	r.P, r.PMid = math.Max(r.P, p), math.Max(r.PMid, p)
	r.overdispersed = true
	return r
}

// Power gives the probability that Compare's exact two-sided test at level
// alpha finds a true ratio of rates, in its true direction, when expectedBefore
// events are expected in the first of two equal periods. Both Poisson distributions are
// enumerated to 1e-12, as binomial given the total; the cost grows with the
// counts.
func Power(expectedBefore, ratio, alpha float64) (float64, error) {
	if !(expectedBefore > 0) || !(ratio > 0) || !(alpha > 0 && alpha < 1) || math.IsInf(expectedBefore*ratio, 1) {
		return 0, fmt.Errorf("%w: expected %v, ratio %v, alpha %v", ErrInput, expectedBefore, ratio, alpha)
	}
	return newRejection(alpha).power(expectedBefore, ratio), nil
}

// rejection remembers, for a level, the least larger count at which a split
// of n events between two equal periods is found unequal. The null is
// binomial(n, ½), symmetric, so the likelihood test has one such limit.
type rejection struct {
	alpha float64
	least map[int]int
}

func newRejection(alpha float64) *rejection { return &rejection{alpha, map[int]int{}} }

// power sums over all totals the chance that the larger count reaches its
// limit.
func (r *rejection) power(before, ratio float64) float64 {
	all := before * (1 + ratio)
	p := max(1, ratio) / (1 + ratio)
	spread := 7.5*math.Sqrt(all) + 30 // beyond lies less than 1e-12
	power := 0.0
	for n := int(math.Max(0, all-spread)); n <= int(all+spread); n++ {
		if c := r.limit(n); c <= n {
			power += poissonAt(float64(n), all) * atLeast(c, n, p)
		}
	}
	return math.Min(1, power)
}

// limit gives the least count c of n at which 2·P(X ≥ c) ≤ alpha; n+1 when
// there is none. It grows with n by none or one.
func (r *rejection) limit(n int) int {
	if c, ok := r.least[n]; ok {
		return c
	}
	found := func(c int) bool { return c > n || 2*c > n && 2*atLeast(c, n, 0.5) <= r.alpha }
	c, ok := r.least[n-1]
	if !ok || !found(c) && !found(c+1) {
		lo, hi := n/2, n+1 // not found at lo, found at hi
		for hi-lo > 1 {
			if m := (lo + hi) / 2; found(m) {
				hi = m
			} else {
				lo = m
			}
		}
		c = hi
	} else if !found(c) {
		c++
	}
	r.least[n] = c
	return c
}

// Detectable gives the smallest increase, as a ratio of rates, that would
// have been found with the given power (0.8 is usual) at level alpha. It is
// what stands beside "no detectable change". +Inf when even a hundredfold
// increase would be missed.
func Detectable(expectedBefore, power, alpha float64) (float64, error) {
	if !(power > 0 && power < 1) {
		return 0, fmt.Errorf("%w: power %v", ErrInput, power)
	}
	if !(expectedBefore > 0) || math.IsInf(expectedBefore, 1) || !(alpha > 0 && alpha < 1) {
		return 0, fmt.Errorf("%w: expected %v, alpha %v", ErrInput, expectedBefore, alpha)
	}
	r := newRejection(alpha)
	short := func(ratio float64) float64 { return r.power(expectedBefore, ratio) - power }
	lo, hi := 1.0, 1+4/math.Sqrt(expectedBefore)
	from, to := alpha/2-power, short(hi)
	for to < 0 {
		if lo, from, hi = hi, to, hi*2; hi > 128 {
			return math.Inf(1), nil
		}
		to = short(hi)
	}
	for range 60 { // the Illinois form of false position
		m := hi - to*(hi-lo)/(to-from)
		v := short(m)
		if math.Abs(v) < 1e-6 || hi-lo < 1e-7*lo {
			return m, nil
		}
		if v > 0 {
			if hi, to = m, v; from < 0 {
				from /= 2
			}
		} else if lo, from = m, v; to > 0 {
			to /= 2
		}
	}
	return hi, nil
}
