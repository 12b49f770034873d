package stat

import (
	"fmt"
	"math"
	"slices"
)

// Calibration is how well stated probabilities met what happened.
type Calibration struct {
	N           int
	Brier       float64 // mean of (p − o)²: 0 is perfect, 0.25 is a coin
	Reliability float64 // Murphy: stated against observed, lower is better
	Resolution  float64 // Murphy: how far the judgements told cases apart, higher is better
	Uncertainty float64 // Murphy: of the outcomes themselves; Brier = Reliability − Resolution + Uncertainty
	Skill       float64 // 1 − Brier/Uncertainty; NaN when all outcomes are the same
	LogLoss     float64 // mean of −ln of the probability given to what happened; +Inf after a certainty that failed
	BaseRate    float64 // share that happened
}

// Calibrate scores judgements whose outcome is known: p[i] was stated, o[i]
// says whether it happened. The decomposition groups by distinct stated
// values, so that it is exact. Source: Brier 1950, Murphy 1973.
func Calibrate(p []float64, o []bool) (Calibration, error) {
	if len(p) != len(o) {
		return Calibration{}, fmt.Errorf("%w: %d judgements, %d outcomes", ErrInput, len(p), len(o))
	}
	if len(p) == 0 {
		return Calibration{}, fmt.Errorf("%w: no resolved judgement", ErrTooFew)
	}
	c := Calibration{N: len(p)}
	n := float64(len(p))
	type group struct{ n, hit float64 }
	groups := map[float64]*group{}
	for i, v := range p {
		if !(v >= 0 && v <= 1) {
			return Calibration{}, fmt.Errorf("%w: probability %v", ErrInput, v)
		}
		hit := b2f(o[i])
		c.BaseRate += hit / n
		c.Brier += (v - hit) * (v - hit) / n
		c.LogLoss -= math.Log(math.Abs(1-hit-v)) / n
		if groups[v] == nil {
			groups[v] = &group{}
		}
		groups[v].n++
		groups[v].hit += hit
	}
	stated := make([]float64, 0, len(groups))
	for v := range groups {
		stated = append(stated, v)
	}
	slices.Sort(stated) // a sum in one order, whatever the map's
	for _, v := range stated {
		g := groups[v]
		rate := g.hit / g.n
		c.Reliability += g.n / n * (v - rate) * (v - rate)
		c.Resolution += g.n / n * (rate - c.BaseRate) * (rate - c.BaseRate)
	}
	c.Uncertainty = c.BaseRate * (1 - c.BaseRate)
	c.Skill = math.NaN()
	if c.Uncertainty > 0 {
		c.Skill = 1 - c.Brier/c.Uncertainty
	}
	return c, nil
}

// BandCheck compares how often judgements worded with one band of likelihood
// came true with the band: rate with its Clopper–Pearson interval, and whether
// that interval meets the band at all. n must be positive.
func BandCheck(occurred, n int, band Interval, conf float64) (rate Proportion, consistent bool, err error) {
	if rate, err = Proportions(occurred, n, conf); err != nil {
		return rate, false, err
	}
	return rate, rate.Exact.Low <= band.High && band.Low <= rate.Exact.High, nil
}
