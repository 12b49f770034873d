package stat

import (
	"fmt"
	"math"
)

// Expected is what a count was expected to be.
type Expected struct {
	Mean      float64
	Low, High int // smallest and largest count within the range; outside is unusual
}

// Expect gives the expected range of a count with mean mu, Poisson when size
// is +Inf, negative binomial with variance mu + mu²/size otherwise: Low and
// High are the (1−conf)/2 and 1−(1−conf)/2 quantiles, so that a count above
// High is rarer than (1−conf)/2. The quantiles are
// those of R qpois and qnbinom.
func Expect(mu, size, conf float64) (Expected, error) {
	if err := badConf(conf); err != nil {
		return Expected{}, err
	}
	a := (1 - conf) / 2
	lo, err := CountQuantile(a, mu, size)
	if err != nil {
		return Expected{}, err
	}
	hi, err := CountQuantile(1-a, mu, size)
	return Expected{mu, lo, hi}, err
}

// AtLeast gives the probability of k or more events when mu are expected;
// size as in Expect.
func AtLeast(k int, mu, size float64) (float64, error) {
	if err := badMean(mu, size); err != nil {
		return 0, err
	}
	if k <= 0 {
		return 1, nil
	}
	_, upper := countCDF(k-1, mu, size)
	return upper, nil
}

func badMean(mu, size float64) error {
	if !(mu >= 0) || mu > 1e9 || !(size > 0) {
		return fmt.Errorf("%w: mean %v, size %v", ErrInput, mu, size)
	}
	return nil
}

// countCDF gives P(X ≤ k) and P(X > k), each precise on its small side.
func countCDF(k int, mu, size float64) (lower, upper float64) {
	if k < 0 {
		return 0, 1
	}
	if mu == 0 {
		return 1, 0
	}
	if math.IsInf(size, 1) {
		upper, lower = gammaPQ(float64(k+1), mu)
		return lower, upper
	}
	p := size / (size + mu)
	return betaPQ(p, mu/(size+mu), size, float64(k+1))
}

// CountQuantile gives the smallest k with P(X ≤ k) ≥ p for a Poisson (size
// +Inf) or negative binomial count. p must lie in [0, 1).
func CountQuantile(p, mu, size float64) (int, error) {
	if err := badMean(mu, size); err != nil {
		return 0, err
	}
	if !(p >= 0 && p < 1) {
		return 0, fmt.Errorf("%w: probability %v", ErrInput, p)
	}
	// As R does, allow for rounding of the order of the arithmetic.
	p *= 1 - 64*2.220446049250313e-16
	enough := func(k int) bool { l, _ := countCDF(k, mu, size); return l >= p }
	hi := int(mu) + 8
	for !enough(hi) {
		if hi > 1<<40 {
			return 0, fmt.Errorf("%w: no finite quantile for mean %v, size %v", ErrInput, mu, size)
		}
		hi *= 2
	}
	lo := -1
	for hi-lo > 1 {
		if m := lo + (hi-lo)/2; enough(m) {
			hi = m
		} else {
			lo = m
		}
	}
	return hi, nil
}

// SizeOf estimates the size of a negative binomial by moments from counts of
// comparable periods, +Inf (Poisson) when they vary no more than chance. At
// least three counts are needed.
func SizeOf(counts []int) (mean, size float64, err error) {
	if len(counts) < 3 {
		return 0, 0, fmt.Errorf("%w: %d counts, an expected range needs 3", ErrTooFew, len(counts))
	}
	for _, c := range counts {
		if c < 0 {
			return 0, 0, fmt.Errorf("%w: count %d", ErrInput, c)
		}
		mean += float64(c)
	}
	mean /= float64(len(counts))
	v := 0.0
	for _, c := range counts {
		v += (float64(c) - mean) * (float64(c) - mean)
	}
	v /= float64(len(counts) - 1)
	if v <= mean || mean == 0 {
		return mean, math.Inf(1), nil
	}
	return mean, mean * mean / (v - mean), nil
}

// BandMinimum is the least number of past periods an expected range is
// drawn from.
const BandMinimum = 12

// Band gives the expected range of the next period from past counts of
// comparable periods, with the spread they show (negative binomial by
// moments, for a new observation). Fewer than BandMinimum past periods is
// ErrTooFew: then no band is drawn.
func Band(past []int, conf float64) (Expected, error) {
	if len(past) < BandMinimum {
		return Expected{}, fmt.Errorf("%w: %d periods, a band needs %d", ErrTooFew, len(past), BandMinimum)
	}
	mean, size, err := SizeOf(past)
	if err != nil {
		return Expected{}, err
	}
	return Expect(mean, size, conf)
}

// Rolling gives each period of a series its expected range from the periods
// before it, at most window of them, for drawing "this week against the
// expected". Periods with fewer than BandMinimum before them have Mean NaN
// and must be drawn without a band. window must be at least BandMinimum.
func Rolling(counts []int, window int, conf float64) ([]Expected, error) {
	if window < BandMinimum {
		return nil, fmt.Errorf("%w: window %d, a band needs %d", ErrInput, window, BandMinimum)
	}
	if err := badConf(conf); err != nil {
		return nil, err
	}
	out := make([]Expected, len(counts))
	for i := range counts {
		if i < BandMinimum {
			out[i].Mean = math.NaN()
			continue
		}
		var err error
		if out[i], err = Band(counts[max(0, i-window):i], conf); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// XmR is an individuals control chart whose limits are frozen at a baseline.
type XmR struct {
	Mean, MovingRange float64
	Limits            Interval
	Outside           []int // indices beyond the limits
	Shift             int   // index at which the first eight points after the baseline on one side of the mean are complete; −1 without
}

// Individuals makes an XmR chart of x with limits from its first baseline
// points: mean ± 2.66 times the mean moving range. The baseline needs at
// least two points. Source: Wheeler; run rule of eight.
func Individuals(x []float64, baseline int) (XmR, error) {
	if baseline < 2 || baseline > len(x) {
		return XmR{}, fmt.Errorf("%w: baseline %d of %d points", ErrTooFew, baseline, len(x))
	}
	c := XmR{Shift: -1}
	for i := range baseline {
		c.Mean += x[i] / float64(baseline)
		if i > 0 {
			c.MovingRange += math.Abs(x[i]-x[i-1]) / float64(baseline-1)
		}
	}
	c.Limits = Interval{c.Mean - 2.66*c.MovingRange, c.Mean + 2.66*c.MovingRange}
	run, side := 0, 0
	for i, v := range x {
		if !c.Limits.Contains(v) {
			c.Outside = append(c.Outside, i)
		}
		if i < baseline {
			continue
		}
		if s := sign(v - c.Mean); s == side && s != 0 {
			run++
		} else {
			side, run = s, 1
		}
		if run >= 8 && side != 0 && c.Shift < 0 {
			c.Shift = i
		}
	}
	return c, nil
}

// CusumReference gives the reference value of a Poisson CUSUM tuned to see a
// change of the mean from mu0 to mu1. Source: Lucas 1985.
func CusumReference(mu0, mu1 float64) (float64, error) {
	if !(mu0 > 0) || !(mu1 > 0) || mu0 == mu1 {
		return 0, fmt.Errorf("%w: means %v and %v", ErrInput, mu0, mu1)
	}
	return (mu1 - mu0) / (math.Log(mu1) - math.Log(mu0)), nil
}

// Cusum gives the path S = max(0, S + y − k) and the index of the first value
// over h, −1 without.
func Cusum(y []int, k, h float64) (path []float64, alarm int) {
	alarm = -1
	s := 0.0
	for i, v := range y {
		s = math.Max(0, s+float64(v)-k)
		path = append(path, s)
		if alarm < 0 && s > h {
			alarm = i
		}
	}
	return path, alarm
}
