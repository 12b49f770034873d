package stat

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestCountsAndRates(t *testing.T) {
	var f struct {
		Tolerance struct {
			Abs      float64 `json:"abs"`
			PowerAbs float64 `json:"power_abs"`
		}
		Cases struct {
			Poisson []struct {
				Input struct {
					Count          int
					Exposure, Conf float64
				}
				Expected struct{ Lower, Upper number }
			} `json:"poisson_interval"`
			Ratio []struct {
				Name  string
				Input struct {
					Now     int     `json:"count_now"`
					ExpNow  float64 `json:"exposure_now"`
					Before  int     `json:"count_before"`
					ExpBefo float64 `json:"exposure_before"`
					Conf    float64
				}
				Expected struct {
					Value    number `json:"rate_ratio"`
					Lower    number `json:"exact_lower"`
					Upper    number `json:"exact_upper"`
					P        number `json:"p_two_sided_minlike"`
					PGreater number `json:"p_one_sided_greater"`
					PMid     number `json:"midp_two_sided_doubled"`
					MidLower number `json:"midp_lower"`
					MidUpper number `json:"midp_upper"`
				}
			} `json:"rate_ratio"`
			Proportion []struct {
				Input struct {
					X, N int
					Conf float64
				}
				Expected struct {
					P      number
					CP     [2]number `json:"clopper_pearson"`
					Wilson [2]number
				}
			}
			Power []struct {
				Input struct {
					Before float64 `json:"expected_before"`
					Ratio  float64 `json:"true_ratio"`
					Alpha  float64
				}
				Expected struct{ Power number }
			} `json:"power_exact_conditional"`
		}
	}
	truth(t, "counts_rates", &f)
	tol := f.Tolerance.Abs
	if len(f.Cases.Poisson) < 10 || len(f.Cases.Ratio) < 6 || len(f.Cases.Proportion) < 4 || len(f.Cases.Power) < 20 {
		t.Fatal("reference cases missing")
	}
	for _, c := range f.Cases.Poisson {
		got, err := PoissonInterval(c.Input.Count, c.Input.Exposure, c.Input.Conf)
		if err != nil {
			t.Error(err)
		}
		near(t, fmt.Sprint("lower ", c.Input), got.Low, c.Expected.Lower, tol)
		near(t, fmt.Sprint("upper ", c.Input), got.High, c.Expected.Upper, tol)
	}
	for _, c := range f.Cases.Ratio {
		t.Run(c.Name, func(t *testing.T) {
			in, e := c.Input, c.Expected
			r, err := Compare(in.Now, in.ExpNow, in.Before, in.ExpBefo, in.Conf)
			if err != nil {
				t.Fatal(err)
			}
			near(t, "ratio", r.Value, e.Value, tol)
			near(t, "exact lower", r.Exact.Low, e.Lower, tol)
			near(t, "exact upper", r.Exact.High, e.Upper, tol)
			near(t, "mid-P lower", r.MidP.Low, e.MidLower, tol)
			near(t, "mid-P upper", r.MidP.High, e.MidUpper, tol)
			near(t, "p", r.P, e.P, tol)
			near(t, "p greater", r.PGreater, e.PGreater, tol)
			near(t, "p mid", r.PMid, e.PMid, tol)
		})
	}
	for _, c := range f.Cases.Proportion {
		p, err := Proportions(c.Input.X, c.Input.N, c.Input.Conf)
		if err != nil {
			t.Error(err)
		}
		near(t, "p", p.Value, c.Expected.P, tol)
		near(t, "exact low", p.Exact.Low, c.Expected.CP[0], tol)
		near(t, "exact high", p.Exact.High, c.Expected.CP[1], tol)
		near(t, "score low", p.Score.Low, c.Expected.Wilson[0], tol)
		near(t, "score high", p.Score.High, c.Expected.Wilson[1], tol)
	}
	for _, c := range f.Cases.Power {
		got, err := Power(c.Input.Before, c.Input.Ratio, c.Input.Alpha)
		if err != nil {
			t.Error(err)
		}
		near(t, fmt.Sprint("power ", c.Input), got, c.Expected.Power, f.Tolerance.PowerAbs)
	}
}

func TestRatioIsReciprocal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.IntRange(0, 500).Draw(t, "a"), rapid.IntRange(0, 500).Draw(t, "b")
		ta, tb := rapid.Float64Range(0.1, 100).Draw(t, "ta"), rapid.Float64Range(0.1, 100).Draw(t, "tb")
		if a+b == 0 {
			return
		}
		x, err1 := Compare(a, ta, b, tb, 0.95)
		y, err2 := Compare(b, tb, a, ta, 0.95)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		same := func(what string, u, v float64) {
			if u == 0 && math.IsInf(v, 1) || math.IsInf(u, 1) && v == 0 {
				return
			}
			if math.Abs(u*v-1) > 1e-8 {
				t.Fatalf("%s: %v × %v is not 1", what, u, v)
			}
		}
		same("lower", x.Exact.Low, y.Exact.High)
		same("upper", x.Exact.High, y.Exact.Low)
		same("mid lower", x.MidP.Low, y.MidP.High)
		if math.Abs(x.P-y.P) > 1e-9 {
			t.Fatalf("p %v against %v", x.P, y.P)
		}
		if b > 0 && !x.Exact.Contains(x.Value) {
			t.Fatalf("%v outside %v", x.Value, x.Exact)
		}
		if x.MidP.Low < x.Exact.Low-1e-12 || x.MidP.High > x.Exact.High+1e-9*x.Exact.High {
			t.Fatalf("mid-P %v wider than exact %v", x.MidP, x.Exact)
		}
	})
}

func TestVerdict(t *testing.T) {
	for _, c := range []struct {
		name        string
		now, before int
		want        Verdict
	}{
		{"press figures", 50, 49, NoDetectable},
		{"from zero", 4, 0, NoDetectable},
		{"doubled", 80, 40, Increased},
		{"halved", 40, 80, Decreased},
	} {
		r, err := Compare(c.now, 12, c.before, 12, 0.95)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Verdict(); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	if (Ratio{}).Verdict() != Unknown {
		t.Error("an empty ratio has a verdict")
	}
}

func TestOverdispersedOnlyWidens(t *testing.T) {
	r, _ := Compare(80, 12, 40, 12, 0.95)
	w := r.Overdispersed(4)
	if !(w.Exact.Low < r.Exact.Low && w.Exact.High > r.Exact.High) || w.Verdict() != NoDetectable {
		t.Errorf("φ = 4: %+v, verdict %v", w.Exact, w.Verdict())
	}
	if n := r.Overdispersed(0.5); n != r {
		t.Error("φ below 1 changed the interval")
	}
	// by hand: mean 4, Σ(x−4)²/4 = (16+0+16)/4 = 8, df 2
	if phi, err := Dispersion([]int{0, 4, 8}, nil); err != nil || math.Abs(phi-4) > 1e-12 {
		t.Errorf("dispersion %v, %v; want 4", phi, err)
	}
}

func TestDetectable(t *testing.T) {
	for _, c := range []struct{ before, lo, hi float64 }{{25, 1.9, 2.1}, {50, 1.5, 1.75}, {200, 1.25, 1.35}} {
		d, err := Detectable(c.before, 0.8, 0.05)
		if err != nil || d < c.lo || d > c.hi {
			t.Errorf("%v expected: %v, %v", c.before, d, err)
		}
		if p, _ := Power(c.before, d, 0.05); math.Abs(p-0.8) > 1e-3 {
			t.Errorf("power at the detectable ratio %v is %v", d, p)
		}
	}
	if d, err := Detectable(0.001, 0.8, 0.05); err != nil || !math.IsInf(d, 1) {
		t.Errorf("nothing expected: %v, %v", d, err)
	}
}

func TestCountsRefuseNonsense(t *testing.T) {
	bad := []error{}
	add := func(_ any, err error) { bad = append(bad, err) }
	add(PoissonInterval(-1, 1, .95))
	add(PoissonInterval(1, 0, .95))
	add(PoissonInterval(1, math.NaN(), .95))
	add(PoissonInterval(1, 1, 1))
	add(ZeroUpper(0, .95))
	add(Proportions(3, 2, .95))
	add(Proportions(0, 0, .95))
	add(Compare(1, 1, -1, 1, .95))
	add(Compare(1, math.Inf(1), 1, 1, .95))
	add(Power(0, 1, .05))
	add(Dispersion([]int{1, -1}, nil))
	for i, err := range bad {
		if !errors.Is(err, ErrInput) {
			t.Errorf("case %d: %v", i, err)
		}
	}
	if _, err := Compare(0, 1, 0, 1, .95); !errors.Is(err, ErrTooFew) {
		t.Errorf("nothing at all: %v", err)
	}
	if u, _ := ZeroUpper(1, 0.95); math.Abs(u-2.995732273553991) > 1e-12 {
		t.Errorf("rule of three: %v", u)
	}
}
