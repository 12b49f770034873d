package stat

import (
	"fmt"
	"math"
	"slices"
)

// BenjaminiHochberg adjusts p-values of many tests for the share of false
// discoveries: reject those whose adjusted value is at most the rate allowed.
// Source: Benjamini & Hochberg 1995; R p.adjust. NaN and values outside 0–1
// are an error.
func BenjaminiHochberg(p []float64) ([]float64, error) {
	order, err := ranked(p)
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(p))
	low := 1.0
	for i := len(order) - 1; i >= 0; i-- {
		low = math.Min(low, p[order[i]]*float64(len(p))/float64(i+1))
		out[order[i]] = low
	}
	return out, nil
}

// Holm adjusts p-values so that any false rejection at all stays below the
// level. Source: Holm 1979; R p.adjust.
func Holm(p []float64) ([]float64, error) {
	order, err := ranked(p)
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(p))
	high := 0.0
	for i, k := range order {
		high = math.Max(high, math.Min(1, p[k]*float64(len(p)-i)))
		out[k] = high
	}
	return out, nil
}

func ranked(p []float64) ([]int, error) {
	order := make([]int, len(p))
	for i, v := range p {
		if !(v >= 0 && v <= 1) {
			return nil, fmt.Errorf("%w: p-value %v", ErrInput, v)
		}
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return sign(p[a] - p[b]) })
	return order, nil
}

// Stratum is one group (a sector, a class of institution) in a rate.
type Stratum struct {
	Count    int
	Exposure float64 // entities, entity-years
	Standard float64 // weight of the group in the standard population
}

// Standardised is a rate as it would be in the standard population.
type Standardised struct {
	Crude    float64 // all counts / all exposures
	Rate     float64 // weighted mean of the groups' rates
	Variance float64 // of Rate, Poisson counts
}

// Standardise gives a directly standardised rate, so that two periods with a
// different mix of groups can be compared. A group with weight must have
// exposure: its rate is unknown otherwise. Source: Breslow & Day 1987.
func Standardise(groups []Stratum) (Standardised, error) {
	var s Standardised
	var count, exposure, weight float64
	for _, g := range groups {
		if g.Count < 0 || g.Exposure < 0 || g.Standard < 0 || g.Exposure == 0 && (g.Standard > 0 || g.Count > 0) {
			return s, fmt.Errorf("%w: group %+v", ErrInput, g)
		}
		count += float64(g.Count)
		exposure += g.Exposure
		weight += g.Standard
	}
	if !(exposure > 0) || !(weight > 0) {
		return s, fmt.Errorf("%w: no exposure or no standard", ErrTooFew)
	}
	s.Crude = count / exposure
	for _, g := range groups {
		if g.Standard > 0 {
			w := g.Standard / weight
			s.Rate += w * float64(g.Count) / g.Exposure
			s.Variance += w * w * float64(g.Count) / (g.Exposure * g.Exposure)
		}
	}
	return s, nil
}

// Decomposition splits a change of reports into more reporters and a higher
// rate for each: ln(Y2/Y1) = ln(E2/E1) + ln(r2/r1).
type Decomposition struct {
	Total, Reporters, Rate float64 // changes in per cent
}

// Decompose compares two periods by their counts and the numbers of entities
// that report. All four must be positive.
func Decompose(count1 int, entities1 float64, count2 int, entities2 float64) (Decomposition, error) {
	if count1 <= 0 || count2 <= 0 || !(entities1 > 0) || !(entities2 > 0) {
		return Decomposition{}, fmt.Errorf("%w: %d of %v, %d of %v", ErrInput, count1, entities1, count2, entities2)
	}
	y, e := float64(count2)/float64(count1), entities2/entities1
	return Decomposition{100 * (y - 1), 100 * (e - 1), 100 * (y/e - 1)}, nil
}

// Recapture estimates how many there are in all from two independent sources.
type Recapture struct {
	Estimate, Variance float64
	In                 Interval // log-normal, never below what was seen
	Seen               int      // found by either source
}

// Chapman estimates the number of incidents from the numbers known to two
// independent sources and to both; positive dependence makes it too low. With
// none in common it refuses: the data do not bound the answer. Source:
// Chapman 1951, Seber 1982, interval of Burnham et al. 1987.
func Chapman(first, second, both int, conf float64) (Recapture, error) {
	if err := badConf(conf); err != nil {
		return Recapture{}, err
	}
	if first < 0 || second < 0 || both < 0 || both > min(first, second) {
		return Recapture{}, fmt.Errorf("%w: %d and %d with %d in common", ErrInput, first, second, both)
	}
	if both == 0 {
		return Recapture{}, fmt.Errorf("%w: the sources have nothing in common", ErrTooFew)
	}
	a, b, m := float64(first), float64(second), float64(both)
	r := Recapture{Seen: first + second - both}
	r.Estimate = (a+1)*(b+1)/(m+1) - 1
	r.Variance = (a + 1) * (b + 1) * (a - m) * (b - m) / ((m + 1) * (m + 1) * (m + 2))
	seen := float64(r.Seen)
	if r.Variance == 0 || r.Estimate <= seen {
		r.In = Interval{seen, math.Max(seen, r.Estimate)}
		return r, nil
	}
	f0 := r.Estimate - seen
	c := math.Exp(NormalQuantile(1-(1-conf)/2) * math.Sqrt(math.Log1p(r.Variance/(f0*f0))))
	r.In = Interval{seen + f0/c, seen + f0*c}
	return r, nil
}

// SmallNumber is the least count of institutions or incidents that may be
// published for a group in which somebody could be recognised.
const SmallNumber = 5

// Suppress says which cells of one row of counts must be withheld when the
// row's total is published too: those from 1 to least−1, and when they could
// be worked out from the total (only one withheld, or withheld cells that sum
// to less than least) the smallest further cells until they cannot. A zero
// names nobody and is withheld only to protect others.
func Suppress(counts []int, least int) []bool {
	hide := make([]bool, len(counts))
	hidden, sum := 0, 0
	for i, c := range counts {
		if c > 0 && c < least {
			hide[i] = true
			hidden++
			sum += c
		}
	}
	for hidden > 0 && (hidden < 2 || sum < least) {
		next := -1
		for i, c := range counts {
			if !hide[i] && (next < 0 || better(c, counts[next])) {
				next = i
			}
		}
		if next < 0 {
			break
		}
		hide[next] = true
		hidden++
		sum += counts[next]
	}
	return hide
}

// better prefers the smaller cell that is not zero: hiding a zero protects
// little.
func better(c, than int) bool {
	if than == 0 {
		return c > 0
	}
	return c > 0 && c < than
}
