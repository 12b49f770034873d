package stat

import (
	"fmt"
	"math"
)

// badConf says why a confidence cannot be used.
func badConf(conf float64) error {
	if !(conf > 0 && conf < 1) {
		return fmt.Errorf("%w: confidence %v is not between 0 and 1", ErrInput, conf)
	}
	return nil
}

// PoissonInterval gives the exact confidence interval of the rate behind a
// count observed over an exposure (months, entity-years, …), in events per
// unit of exposure. Source: Garwood 1936; R poisson.test.
func PoissonInterval(count int, exposure, conf float64) (Interval, error) {
	if err := badConf(conf); err != nil {
		return Interval{}, err
	}
	if count < 0 || !(exposure > 0) || math.IsInf(exposure, 1) {
		return Interval{}, fmt.Errorf("%w: count %d, exposure %v", ErrInput, count, exposure)
	}
	a, x := (1-conf)/2, float64(count)
	var lo float64
	if count > 0 {
		lo = gammaInv(a, x)
	}
	return Interval{lo / exposure, gammaInv(1-a, x+1) / exposure}, nil
}

// ZeroUpper gives the one-sided upper limit of a rate when nothing was
// observed over the exposure: −ln(1−conf)/exposure, the "rule of three" made
// exact (3.0/exposure at 95 %).
func ZeroUpper(exposure, conf float64) (float64, error) {
	if err := badConf(conf); err != nil {
		return 0, err
	}
	if !(exposure > 0) {
		return 0, fmt.Errorf("%w: exposure %v", ErrInput, exposure)
	}
	return -math.Log1p(-conf) / exposure, nil
}

// Proportion is x of n with its intervals.
type Proportion struct {
	Value float64  // x/n
	Exact Interval // Clopper–Pearson: never covers less than promised
	Score Interval // Wilson without continuity correction: nearer to promised
}

// Proportions gives the share x of n with Clopper–Pearson and Wilson
// intervals. n must be positive. Source: Clopper & Pearson 1934, Wilson 1927;
// R binom.test, prop.test(correct=FALSE).
func Proportions(x, n int, conf float64) (Proportion, error) {
	if err := badConf(conf); err != nil {
		return Proportion{}, err
	}
	if n <= 0 || x < 0 || x > n {
		return Proportion{}, fmt.Errorf("%w: %d of %d", ErrInput, x, n)
	}
	N := float64(n)
	p := float64(x) / N
	z := NormalQuantile(1 - (1-conf)/2)
	mid, half := (p+z*z/(2*N))/(1+z*z/N), z/(1+z*z/N)*math.Sqrt(p*(1-p)/N+z*z/(4*N*N))
	score := Interval{math.Max(0, mid-half), math.Min(1, mid+half)}
	if x == 0 {
		score.Low = 0
	}
	if x == n {
		score.High = 1
	}
	return Proportion{Value: p, Exact: clopperPearson(x, n, (1-conf)/2), Score: score}, nil
}

// clopperPearson gives the exact interval with a in each tail.
func clopperPearson(x, n int, a float64) Interval {
	lo, hi := 0.0, 1.0
	if x > 0 {
		lo = betaInv(a, float64(x), float64(n-x+1))
	}
	if x < n {
		hi = betaInv(1-a, float64(x+1), float64(n-x))
	}
	return Interval{lo, hi}
}

// Ratio compares the rates of two periods.
type Ratio struct {
	Now, Before   int      // counts
	Value         float64  // rate now / rate before; NaN when nothing was counted before
	Exact         Interval // conditional exact (Clopper–Pearson)
	MidP          Interval // mid-P: less conservative
	P             float64  // two-sided exact, by likelihood
	PMid          float64  // two-sided mid-P, doubled
	PGreater      float64  // one-sided: rate now is greater
	Conf          float64  // confidence of the intervals
	relative      float64  // exposure before / exposure now
	overdispersed bool
}

// Compare gives the ratio of two Poisson rates: counts now and before with
// their exposures in the same unit. Given n = now+before, now is binomial, so
// the interval is Clopper–Pearson's, transformed. With no event in either
// period nothing can be said and ErrTooFew is returned.
// Source: Przyborowski & Wilenski 1940; R poisson.test.
func Compare(now int, exposureNow float64, before int, exposureBefore, conf float64) (Ratio, error) {
	if err := badConf(conf); err != nil {
		return Ratio{}, err
	}
	if now < 0 || before < 0 || !(exposureNow > 0) || !(exposureBefore > 0) || math.IsInf(exposureNow, 1) || math.IsInf(exposureBefore, 1) {
		return Ratio{}, fmt.Errorf("%w: %d over %v against %d over %v", ErrInput, now, exposureNow, before, exposureBefore)
	}
	n := now + before
	if n == 0 {
		return Ratio{}, fmt.Errorf("%w: no event in either period", ErrTooFew)
	}
	t := exposureBefore / exposureNow
	r := Ratio{Now: now, Before: before, Value: math.NaN(), Conf: conf, relative: t}
	if before > 0 {
		r.Value = float64(now) / float64(before) * t
	}
	a := (1 - conf) / 2
	cp := clopperPearson(now, n, a)
	r.Exact = Interval{odds(cp.Low) * t, odds(cp.High) * t}
	mp := midPInterval(now, n, a)
	r.MidP = Interval{odds(mp.Low) * t, odds(mp.High) * t}
	p0 := exposureNow / (exposureNow + exposureBefore)
	r.P = twoSided(now, n, p0)
	up, down := midTails(now, n, p0, 1-p0)
	r.PMid = math.Min(1, 2*math.Min(up, down))
	r.PGreater = atLeast(now, n, p0)
	return r, nil
}

func odds(p float64) float64 {
	if p >= 1 {
		return math.Inf(1)
	}
	return p / (1 - p)
}

// atLeast gives P(X ≥ x) for X binomial(n, p).
func atLeast(x, n int, p float64) float64 {
	if x <= 0 {
		return 1
	}
	u, _ := betaPQ(p, 1-p, float64(x), float64(n-x+1))
	return u
}

// twoSided sums the probabilities no greater than that of x (R binom.test,
// with its relative tolerance of 1e-7).
func twoSided(x, n int, p float64) float64 {
	q := 1 - p
	limit := binomialAt(float64(x), float64(n), p, q) * (1 + 1e-7)
	at := func(i int) float64 { return binomialAt(float64(i), float64(n), p, q) }
	mode := int(math.Floor(float64(n+1) * p))
	mode = max(0, min(n, mode))
	if at(mode) <= limit {
		return 1
	}
	// Below the mode probabilities rise, above it they fall: bisect each side.
	lo, hi := -1, mode // at(lo) ≤ limit < at(hi)
	for hi-lo > 1 {
		if m := (lo + hi) / 2; at(m) <= limit {
			lo = m
		} else {
			hi = m
		}
	}
	left := 0.0
	if lo >= 0 {
		left = 1 - atLeast(lo+1, n, p)
		if lo < n {
			_, left = betaPQ(p, q, float64(lo+1), float64(n-lo))
		}
	}
	lo, hi = mode, n+1
	for hi-lo > 1 {
		if m := (lo + hi) / 2; at(m) <= limit {
			hi = m
		} else {
			lo = m
		}
	}
	right := 0.0
	if hi <= n {
		right = atLeast(hi, n, p)
	}
	return math.Min(1, left+right)
}

// midTails gives P(X > x) + ½P(X = x) and P(X < x) + ½P(X = x).
func midTails(x, n int, p, q float64) (up, down float64) {
	at := binomialAt(float64(x), float64(n), p, q)
	switch x {
	case 0:
		return 1 - at/2, at / 2
	case n:
		return at / 2, 1 - at/2
	}
	up, _ = betaPQ(p, q, float64(x+1), float64(n-x))
	_, down = betaPQ(p, q, float64(x), float64(n-x+1))
	return up + at/2, down + at/2
}

// midPInterval inverts the mid-P tails.
func midPInterval(x, n int, a float64) Interval {
	bisect := func(below func(p float64) bool) float64 {
		lo, hi := 0.0, 1.0
		for range 200 {
			m := lo + (hi-lo)/2
			if m == lo || m == hi {
				break
			}
			if below(m) {
				lo = m
			} else {
				hi = m
			}
		}
		return lo
	}
	i := Interval{0, 1}
	if x > 0 {
		i.Low = bisect(func(p float64) bool { up, _ := midTails(x, n, p, 1-p); return up < a })
	}
	if x < n {
		i.High = bisect(func(p float64) bool { _, down := midTails(x, n, p, 1-p); return down > a })
	}
	return i
}
