package stat

import (
	"fmt"
	"math"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// TestSpecialFunctions compares with 60-digit arithmetic to a relative 1e-10.
func TestSpecialFunctions(t *testing.T) {
	var f struct {
		Gamma, Beta, Normal [][]any
		GammaInv            [][]any `json:"gamma_inv"`
		BetaInv             [][]any `json:"beta_inv"`
	}
	truth(t, "special", &f)
	num := func(v any) float64 {
		if s, ok := v.(string); ok {
			x, err := strconv.ParseFloat(s, 64)
			if err != nil {
				t.Fatal(err)
			}
			return x
		}
		return v.(float64)
	}
	worst, n := 0.0, 0
	check := func(what string, got float64, want any) {
		t.Helper()
		w := num(want)
		n++
		if w == 0 && got == 0 {
			return
		}
		e := math.Abs(got/w - 1)
		if w == 0 {
			e = math.Abs(got)
		}
		worst = math.Max(worst, e)
		if !(e <= 1e-10) {
			t.Errorf("%s = %.17g, want %.17g", what, got, w)
		}
	}
	for _, c := range f.Gamma {
		p, q := gammaPQ(num(c[0]), num(c[1]))
		check(fmt.Sprint("P ", c[:2]), p, c[2])
		if num(c[3]) > 1e-290 {
			check(fmt.Sprint("Q ", c[:2]), q, c[3])
		}
	}
	for _, c := range f.Beta {
		p, q := betaPQ(num(c[2]), 1-num(c[2]), num(c[0]), num(c[1]))
		check(fmt.Sprint("I ", c[:3]), p, c[3])
		check(fmt.Sprint("1−I ", c[:3]), q, c[4])
	}
	for _, c := range f.GammaInv {
		check(fmt.Sprint("gamma quantile ", c[:2]), gammaInv(num(c[1]), num(c[0])), c[2])
	}
	for _, c := range f.BetaInv {
		check(fmt.Sprint("beta quantile ", c[:3]), betaInv(num(c[2]), num(c[0]), num(c[1])), c[3])
	}
	for _, c := range f.Normal {
		check(fmt.Sprint("normal quantile ", c[0]), NormalQuantile(num(c[0])), c[1])
	}
	if n < 300 {
		t.Errorf("%d values compared", n)
	}
	t.Logf("%d values, largest relative error %.1e", n, worst)
}

func TestQuantilesInvert(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.Float64Range(1e-9, 1-1e-9).Draw(t, "p")
		a := math.Exp(rapid.Float64Range(-3, 10).Draw(t, "ln a"))
		b := math.Exp(rapid.Float64Range(-3, 10).Draw(t, "ln b"))
		if u, v := gammaPQ(a, gammaInv(p, a)); math.Abs(u-p) > 1e-11 || math.Abs(u+v-1) > 1e-12 {
			t.Fatalf("P(%v, inverse %v) = %v", a, p, u)
		}
		x := betaInv(p, a, b)
		if x > 1e-290 && x < 1-1e-6 {
			if u, v := betaPQ(x, 1-x, a, b); math.Abs(u-p) > 1e-9 || math.Abs(u+v-1) > 1e-12 {
				t.Fatalf("I(%v, %v) at inverse %v = %v", a, b, p, u)
			}
		}
		if u := NormalCDF(NormalQuantile(p)); math.Abs(u/p-1) > 1e-11 {
			t.Fatalf("Φ(z(%v)) = %v", p, u)
		}
	})
}

// FuzzNeverPanics throws arbitrary numbers at every exported method.
func FuzzNeverPanics(f *testing.F) {
	f.Add(3, 7, 1.0, 2.0, 0.95)
	f.Add(-1, 0, math.NaN(), math.Inf(1), 0.0)
	f.Add(1<<40, 1<<40, 1e-300, 1e300, 1-1e-16)
	f.Fuzz(func(t *testing.T, a, b int, x, y, z float64) {
		small := func(v int) int { return v % 3000 }
		if i, err := PoissonInterval(a%1_000_000, x, z); err == nil && !(i.Low <= i.High) {
			t.Errorf("Poisson %d over %v at %v: %v", a%1_000_000, x, z, i)
		}
		if r, err := Compare(a%1_000_000, x, b%1_000_000, y, z); err == nil && !(r.Exact.Low <= r.Exact.High && r.P >= 0 && r.P <= 1) {
			t.Errorf("ratio %d over %v to %d over %v at %v: %+v", a%1_000_000, x, b%1_000_000, y, z, r)
		}
		if p, err := Proportions(a%1_000_000, b%1_000_000, z); err == nil && !(p.Exact.Low <= p.Value && p.Value <= p.Exact.High) {
			t.Errorf("proportion: %+v", p)
		}
		_, _ = ZeroUpper(x, z)
		if math.Abs(x) < 1e5 && math.Abs(y) < 100 {
			if p, err := Power(x, y, z); err == nil && !(p >= 0 && p <= 1) {
				t.Errorf("power(%v, %v, %v) = %v", x, y, z, p)
			}
		}
		_, _ = Expect(x, y, z)
		_, _ = AtLeast(a, x, y)
		_, _ = Chapman(a%100_000, b%100_000, (a+b)%1000, z)
		_, _ = Decompose(a, x, b, y)
		_, _ = Standardise([]Stratum{{a, x, y}, {b, y, z}})
		_, _ = MannKendall([]float64{x, y, z, float64(a), float64(b)}, 0.95)
		_, _ = SeasonalMannKendall([]float64{x, y, z, x, y, z}, a)
		_, _ = BenjaminiHochberg([]float64{x, y, z})
		_, _ = Individuals([]float64{x, y, z}, small(a))
		_, _ = CusumReference(x, y)
		counts := make([]int, 0, 60)
		for i := range 60 {
			counts = append(counts, (a*i+b)%17)
		}
		_, _ = Band(counts, z)
		_, _ = Dispersion(counts, nil)
		_, _ = EARS(counts, EARSOptions{EARSMethod(a % 5), small(b), z, x})
		_, _ = Farrington(counts, a%70, FarringtonOptions{Period: 12, Years: b % 6, Half: a % 4, Exclude: b % 9, Seasons: a % 12, Alpha: z, Threshold: Threshold(b % 5)})
		Suppress(counts, small(a))
	})
}
