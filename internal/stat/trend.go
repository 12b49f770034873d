package stat

import (
	"fmt"
	"math"
	"slices"
)

// Trend is the result of a Mann–Kendall test with Theil–Sen slope.
type Trend struct {
	N        int
	S        int      // concordant minus discordant pairs
	Variance float64  // of S, corrected for ties
	Tau      float64  // Kendall's τ_b; NaN when all values are equal
	Z        float64  // normal score with continuity correction
	P        float64  // two-sided: exact for up to 10 points without ties or 8 with, normal otherwise
	Exact    bool     // P is exact
	Slope    float64  // Theil–Sen, units of x per step
	SlopeIn  Interval // rank interval at the confidence asked for; NaN ends for fewer than 5 points
}

// exactPoints are the largest numbers of points enumerated exactly.
const (
	exactUntied = 10
	exactTied   = 8
)

// MannKendall tests equally spaced observations for a monotone trend and
// estimates its slope. At least 3 points are needed; NaN is refused, because
// "not measured" has no rank. Four yearly points can never reach p < .05.
// Source: Mann 1945, Kendall 1975, Sen 1968; R trend::mk.test, sens.slope.
// Cost O(n² log n).
func MannKendall(x []float64, conf float64) (Trend, error) {
	if err := badConf(conf); err != nil {
		return Trend{}, err
	}
	if len(x) < 3 {
		return Trend{}, fmt.Errorf("%w: %d points, a trend needs 3", ErrTooFew, len(x))
	}
	for _, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return Trend{}, fmt.Errorf("%w: value %v in a trend", ErrInput, v)
		}
	}
	n := len(x)
	slopes := make([]float64, 0, n*(n-1)/2)
	t := Trend{N: n, S: kendallS(x)}
	for i := range x {
		for j := i + 1; j < n; j++ {
			slopes = append(slopes, (x[j]-x[i])/float64(j-i))
		}
	}
	var tied bool
	var tiePairs float64
	t.Variance, tiePairs, tied = kendallVariance(x)
	pairs := float64(n*(n-1)) / 2
	t.Tau = float64(t.S) / math.Sqrt(pairs*(pairs-tiePairs))
	if t.Variance > 0 {
		t.Z = (float64(t.S) - float64(sign(float64(t.S)))) / math.Sqrt(t.Variance)
	}
	switch {
	case !tied && n <= exactUntied:
		t.P, t.Exact = exactKendall(n, t.S), true
	case tied && n <= exactTied:
		t.P, t.Exact = permuteKendall(x, t.S), true
	default:
		t.P = math.Min(1, 2*NormalCDF(-math.Abs(t.Z)))
	}
	slices.Sort(slopes)
	t.Slope = median(slopes)
	t.SlopeIn = Interval{math.NaN(), math.NaN()}
	if n >= 5 {
		c := NormalQuantile(1-(1-conf)/2) * math.Sqrt(t.Variance)
		N := float64(len(slopes))
		lo, hi := int(math.RoundToEven((N-c)/2)), int(math.RoundToEven((N+c)/2+1))
		t.SlopeIn = Interval{slopes[max(1, lo)-1], slopes[min(len(slopes), hi)-1]}
	}
	return t, nil
}

func sign(v float64) int {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return 0
}

func kendallS(x []float64) int {
	s := 0
	for i := range x {
		for j := i + 1; j < len(x); j++ {
			s += sign(x[j] - x[i])
		}
	}
	return s
}

// kendallVariance gives Var(S), the number of tied pairs and whether there
// are any.
func kendallVariance(x []float64) (v, tiePairs float64, tied bool) {
	sorted := slices.Clone(x)
	slices.Sort(sorted)
	n := float64(len(x))
	v = n * (n - 1) * (2*n + 5)
	for i := 0; i < len(sorted); {
		j := i
		for j < len(sorted) && sorted[j] == sorted[i] {
			j++
		}
		if t := float64(j - i); t > 1 {
			tied = true
			v -= t * (t - 1) * (2*t + 5)
			tiePairs += t * (t - 1) / 2
		}
		i = j
	}
	return v / 18, tiePairs, tied
}

// exactKendall gives P(|S| ≥ |s|) over all orders of n different values, by
// counting inversions.
func exactKendall(n, s int) float64 {
	ways := []float64{1} // by number of inversions
	for k := 2; k <= n; k++ {
		next := make([]float64, len(ways)+k-1)
		for i, w := range ways {
			for j := range k {
				next[i+j] += w
			}
		}
		ways = next
	}
	all, hit := 0.0, 0.0
	top := n * (n - 1) / 2
	for inv, w := range ways {
		all += w
		if v := top - 2*inv; max(v, -v) >= max(s, -s) {
			hit += w
		}
	}
	return hit / all
}

// permuteKendall gives P(|S| ≥ |s|) over all orders of the values themselves.
func permuteKendall(x []float64, s int) float64 {
	y := slices.Clone(x)
	all, hit := 0, 0
	var walk func(k int)
	walk = func(k int) {
		if k == len(y) {
			all++
			if v := kendallS(y); max(v, -v) >= max(s, -s) {
				hit++
			}
			return
		}
		for i := k; i < len(y); i++ {
			y[k], y[i] = y[i], y[k]
			walk(k + 1)
			y[k], y[i] = y[i], y[k]
		}
	}
	walk(0)
	return float64(hit) / float64(all)
}

// median of sorted values.
func median(sorted []float64) float64 {
	n := len(sorted)
	if n == 0 {
		return math.NaN()
	}
	if n%2 == 1 {
		return sorted[n/2]
	}
	return (sorted[n/2-1] + sorted[n/2]) / 2
}

// SeasonalTrend is the result of the seasonal Mann–Kendall test.
type SeasonalTrend struct {
	S        int
	BySeason []int // S within each season
	Variance float64
	Z        float64 // with continuity correction
	P        float64 // two-sided, normal
	Slope    float64 // median of the slopes within seasons, units a year
}

// SeasonalMannKendall tests a series of whole years, period values a year,
// for a trend within the seasons; the seasons are taken as independent.
// At least two years are needed. Source: Hirsch, Slack & Smith 1982; R
// trend::smk.test, sea.sens.slope.
func SeasonalMannKendall(x []float64, period int) (SeasonalTrend, error) {
	if period < 2 {
		return SeasonalTrend{}, fmt.Errorf("%w: period %d", ErrInput, period)
	}
	if len(x) < 2*period {
		return SeasonalTrend{}, fmt.Errorf("%w: %d values of period %d", ErrTooFew, len(x), period)
	}
	var t SeasonalTrend
	var slopes []float64
	for s := range period {
		var season []float64
		for i := s; i < len(x); i += period {
			if math.IsNaN(x[i]) || math.IsInf(x[i], 0) {
				return SeasonalTrend{}, fmt.Errorf("%w: value %v in a trend", ErrInput, x[i])
			}
			season = append(season, x[i])
		}
		k := kendallS(season)
		v, _, _ := kendallVariance(season)
		t.S += k
		t.BySeason = append(t.BySeason, k)
		t.Variance += v
		for i := range season {
			for j := i + 1; j < len(season); j++ {
				slopes = append(slopes, (season[j]-season[i])/float64(j-i))
			}
		}
	}
	t.P = 1
	if t.Variance > 0 {
		t.Z = float64(t.S-sign(float64(t.S))) / math.Sqrt(t.Variance)
		t.P = math.Min(1, 2*NormalCDF(-math.Abs(t.Z)))
	}
	slices.Sort(slopes)
	t.Slope = median(slopes)
	return t, nil
}
