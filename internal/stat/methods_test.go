package stat

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestMannKendall(t *testing.T) {
	var f struct {
		Tolerance struct{ Abs float64 }
		Cases     []struct {
			Name  string
			Input struct {
				X         []float64
				Frequency int
			}
			Expected struct {
				S        int
				VarS     number
				Tau      number  `json:"tau_b"`
				Z        number  `json:"z_continuity"`
				P        number  `json:"p_continuity"`
				PSeason  number  `json:"p"`
				PExact   *number `json:"p_exact_two_sided"`
				PPermute *number `json:"p_permutation_exact"`
				Slope    number  `json:"sen_slope"`
				Lower    number  `json:"sen_lower95"`
				Upper    number  `json:"sen_upper95"`
				BySeason []int   `json:"S_by_season"`
				SSlope   number  `json:"seasonal_sen_slope"`
			}
		}
	}
	truth(t, "mann_kendall_theil_sen", &f)
	if len(f.Cases) < 8 {
		t.Fatal("reference cases missing")
	}
	for _, c := range f.Cases {
		t.Run(c.Name, func(t *testing.T) {
			tol, e := f.Tolerance.Abs, c.Expected
			if e.BySeason != nil {
				s, err := SeasonalMannKendall(c.Input.X, 12)
				if err != nil {
					t.Fatal(err)
				}
				if s.S != e.S || !slices.Equal(s.BySeason, e.BySeason) {
					t.Errorf("S %d by %v, want %d by %v", s.S, s.BySeason, e.S, e.BySeason)
				}
				near(t, "variance", s.Variance, e.VarS, tol)
				near(t, "z", s.Z, e.Z, tol)
				near(t, "p", s.P, e.PSeason, tol)
				near(t, "slope", s.Slope, e.SSlope, tol)
				return
			}
			m, err := MannKendall(c.Input.X, 0.95)
			if err != nil {
				t.Fatal(err)
			}
			if m.S != e.S {
				t.Errorf("S = %d, want %d", m.S, e.S)
			}
			near(t, "variance", m.Variance, e.VarS, tol)
			near(t, "tau", m.Tau, e.Tau, tol)
			near(t, "z", m.Z, e.Z, tol)
			near(t, "slope", m.Slope, e.Slope, tol)
			near(t, "slope lower", m.SlopeIn.Low, e.Lower, tol)
			near(t, "slope upper", m.SlopeIn.High, e.Upper, tol)
			switch {
			case m.Exact && e.PExact != nil:
				near(t, "exact p", m.P, *e.PExact, tol)
			case m.Exact && e.PPermute != nil:
				near(t, "permutation p", m.P, *e.PPermute, tol)
			case m.Exact:
				t.Error("no reference for the exact p")
			default:
				near(t, "p", m.P, e.P, tol)
			}
		})
	}
}

func TestEARS(t *testing.T) {
	var f struct {
		Tolerance struct{ Abs float64 }
		Cases     []struct {
			Name  string
			Input struct {
				Series  []int
				Control struct {
					Method          string
					Baseline        int
					Alpha, MinSigma float64
				}
			}
			Expected struct {
				Range []int    `json:"range_1based"`
				Upper []number `json:"upperbound"`
				C3    []number
				Alarm []int
			}
		}
	}
	truth(t, "ears_c1_c2_c3", &f)
	method := map[string]EARSMethod{"C1": C1, "C2": C2, "C3": C3}
	for _, c := range f.Cases {
		t.Run(c.Name, func(t *testing.T) {
			in := c.Input.Control
			got, err := EARS(c.Input.Series, EARSOptions{method[in.Method], in.Baseline, in.Alpha, in.MinSigma})
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != len(c.Expected.Range) || len(got) == 0 {
				t.Fatalf("%d periods judged, want %d", len(got), len(c.Expected.Range))
			}
			for i, a := range got {
				if a.At != c.Expected.Range[i]-1 {
					t.Fatalf("period %d, want %d", a.At, c.Expected.Range[i]-1)
				}
				if in.Method == "C3" {
					near(t, fmt.Sprint("C3 at ", a.At), a.Value, c.Expected.C3[i], f.Tolerance.Abs)
				} else {
					near(t, fmt.Sprint("upper at ", a.At), a.Upper, c.Expected.Upper[i], f.Tolerance.Abs)
				}
				if a.Alarm != (c.Expected.Alarm[i] == 1) {
					t.Errorf("alarm at %d: %v", a.At, a.Alarm)
				}
			}
		})
	}
}

func TestExpectedBandAndCharts(t *testing.T) {
	var f struct {
		Cases []struct {
			Kind            string
			Input, Expected json.RawMessage
		}
	}
	truth(t, "expected_band_control_charts", &f)
	const tol = 1e-9
	seen := map[string]int{}
	for _, c := range f.Cases {
		seen[c.Kind]++
		var in struct {
			Mu, Theta number
			X         []float64
			Baseline  int
			Mu0, Mu1  float64
			Y         []int
			K, H      float64
			P         []float64
		}
		var e struct {
			Q025, Q10, Q50, Q90, Q975, Q99865 int
			P                                 []struct {
				K int
				P number
			} `json:"p_at_least"`
			Mean, Upper, Lower, K number
			MR                    number `json:"mr_bar"`
			Outside               []int  `json:"points_outside"`
			Run                   int    `json:"run_of_8_above_ends_at"`
			S                     []float64
			AlarmAt               int `json:"alarm_at"`
			BH, Holm              []number
			Significant           int `json:"significant_fdr25"`
		}
		if err := json.Unmarshal(c.Input, &in); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(c.Expected, &e); err != nil {
			t.Fatal(err)
		}
		switch c.Kind {
		case "expected_band":
			mu, size := float64(in.Mu), float64(in.Theta)
			if math.IsNaN(size) {
				size = math.Inf(1)
			}
			for _, q := range []struct {
				p    float64
				want int
			}{{.025, e.Q025}, {.10, e.Q10}, {.50, e.Q50}, {.90, e.Q90}, {.975, e.Q975}, {.99865, e.Q99865}} {
				if k, err := CountQuantile(q.p, mu, size); err != nil || k != q.want {
					t.Errorf("quantile %v of %v/%v: %d, %v; want %d", q.p, mu, size, k, err, q.want)
				}
			}
			for _, p := range e.P {
				got, err := AtLeast(p.K, mu, size)
				if err != nil || math.Abs(got/float64(p.P)-1) > 1e-9 {
					t.Errorf("P(X ≥ %d | %v, %v) = %g, %v; want %g", p.K, mu, size, got, err, float64(p.P))
				}
			}
			x, err := Expect(mu, size, 0.95)
			if err != nil || x != (Expected{mu, e.Q025, e.Q975}) {
				t.Errorf("Expect = %+v, %v", x, err)
			}
		case "xmr":
			x, err := Individuals(in.X, in.Baseline)
			if err != nil {
				t.Fatal(err)
			}
			near(t, "mean", x.Mean, e.Mean, tol)
			near(t, "moving range", x.MovingRange, e.MR, tol)
			near(t, "upper", x.Limits.High, e.Upper, tol)
			near(t, "lower", x.Limits.Low, e.Lower, tol)
			for i := range e.Outside {
				e.Outside[i]--
			}
			if !slices.Equal(x.Outside, e.Outside) || x.Shift != e.Run-1 {
				t.Errorf("outside %v, shift %d; want %v, %d", x.Outside, x.Shift, e.Outside, e.Run-1)
			}
		case "cusum_k":
			k, err := CusumReference(in.Mu0, in.Mu1)
			if err != nil {
				t.Fatal(err)
			}
			near(t, "k", k, e.K, tol)
		case "cusum_path":
			path, at := Cusum(in.Y, in.K, in.H)
			if d := cmp.Diff(e.S, path); d != "" || at != e.AlarmAt-1 {
				t.Errorf("alarm at %d; path %s", at, d)
			}
		case "bh_fdr":
			bh, err1 := BenjaminiHochberg(in.P)
			holm, err2 := Holm(in.P)
			if err1 != nil || err2 != nil {
				t.Fatal(err1, err2)
			}
			n := 0
			for i := range bh {
				near(t, "BH", bh[i], e.BH[i], tol)
				near(t, "Holm", holm[i], e.Holm[i], tol)
				if bh[i] <= .25 {
					n++
				}
			}
			if n != e.Significant {
				t.Errorf("%d discoveries, want %d", n, e.Significant)
			}
		default:
			t.Errorf("unknown kind %q", c.Kind)
		}
	}
	if seen["expected_band"] < 5 || len(seen) < 5 {
		t.Errorf("reference cases missing: %v", seen)
	}
}

func TestUnderReporting(t *testing.T) {
	var f struct {
		Cases []struct {
			Name, Kind string
			Input      struct {
				N1, N2, Both         int
				Count1, Count2       json.RawMessage
				Entities1, Entities2 json.RawMessage
				Standard             []float64
			}
			Expected struct {
				Estimate, Variance number
				LogNormal          []number
				Union              int    `json:"observed_union"`
				Total              number `json:"total_pct"`
				Reporters          number `json:"reporters_pct"`
				Rate               number `json:"rate_pct"`
				Crude1, Crude2     number
				Standardised1      number
				Standardised2      number
				Var1, Var2         number
			}
		}
	}
	truth(t, "underreporting", &f)
	const tol = 1e-9
	read := func(b json.RawMessage, into any) {
		if err := json.Unmarshal(b, into); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range f.Cases {
		in, e := c.Input, c.Expected
		switch c.Kind {
		case "chapman":
			r, err := Chapman(in.N1, in.N2, in.Both, 0.95)
			if err != nil {
				t.Fatal(err)
			}
			near(t, c.Name, r.Estimate, e.Estimate, tol)
			near(t, c.Name+" variance", r.Variance, e.Variance, tol)
			if e.LogNormal != nil {
				near(t, c.Name+" lower", r.In.Low, e.LogNormal[0], tol)
				near(t, c.Name+" upper", r.In.High, e.LogNormal[1], tol)
				if r.Seen != e.Union {
					t.Errorf("%s: seen %d, want %d", c.Name, r.Seen, e.Union)
				}
			}
		case "log_decomposition":
			var y1, y2 int
			var e1, e2 float64
			read(in.Count1, &y1)
			read(in.Count2, &y2)
			read(in.Entities1, &e1)
			read(in.Entities2, &e2)
			d, err := Decompose(y1, e1, y2, e2)
			if err != nil {
				t.Fatal(err)
			}
			near(t, c.Name+" total", d.Total, e.Total, tol)
			near(t, c.Name+" reporters", d.Reporters, e.Reporters, tol)
			near(t, c.Name+" rate", d.Rate, e.Rate, tol)
		case "standardisation":
			for i, w := range []struct {
				y, e            json.RawMessage
				crude, rate, vr number
			}{{in.Count1, in.Entities1, e.Crude1, e.Standardised1, e.Var1}, {in.Count2, in.Entities2, e.Crude2, e.Standardised2, e.Var2}} {
				var y []int
				var n []float64
				read(w.y, &y)
				read(w.e, &n)
				var g []Stratum
				for k := range y {
					g = append(g, Stratum{y[k], n[k], in.Standard[k]})
				}
				s, err := Standardise(g)
				if err != nil {
					t.Fatal(err)
				}
				near(t, fmt.Sprint("crude ", i), s.Crude, w.crude, tol)
				near(t, fmt.Sprint("standardised ", i), s.Rate, w.rate, tol)
				near(t, fmt.Sprint("variance ", i), s.Variance, w.vr, tol)
			}
		default:
			t.Errorf("unknown kind %q", c.Kind)
		}
	}
	if _, err := Chapman(5, 5, 0, .95); !errors.Is(err, ErrTooFew) {
		t.Errorf("nothing in common: %v", err)
	}
}

func TestSuppressHidesWhatTheTotalWouldTell(t *testing.T) {
	for _, c := range []struct {
		counts []int
		want   []bool
	}{
		{[]int{10, 20, 30}, []bool{false, false, false}},
		{[]int{10, 3, 30}, []bool{true, true, false}},
		{[]int{1, 2, 30, 8}, []bool{true, true, false, true}},
		{[]int{4, 4, 30}, []bool{true, true, false}},
		{[]int{0, 0, 7}, []bool{false, false, false}},
		{[]int{3}, []bool{true}},
		{nil, []bool{}},
	} {
		if got := Suppress(c.counts, SmallNumber); !slices.Equal(got, c.want) {
			t.Errorf("%v: %v, want %v", c.counts, got, c.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		counts := rapid.SliceOf(rapid.IntRange(0, 40)).Draw(t, "counts")
		hide := Suppress(counts, SmallNumber)
		hidden, sum, shown := 0, 0, 0
		for i, c := range counts {
			if c > 0 && c < SmallNumber && !hide[i] {
				t.Fatalf("cell %d of %v shown", i, counts)
			}
			if hide[i] {
				hidden++
				sum += c
			} else {
				shown++
			}
		}
		if hidden > 0 && shown > 0 && (hidden < 2 || sum < SmallNumber) {
			t.Fatalf("%v can be worked out: %v", counts, hide)
		}
	})
}

func TestRolling(t *testing.T) {
	counts := make([]int, 30)
	for i := range counts {
		counts[i] = 4
	}
	counts[20] = 19
	got, err := Rolling(counts, 26, .95)
	if err != nil || len(got) != 30 {
		t.Fatal(len(got), err)
	}
	for i, e := range got {
		if math.IsNaN(e.Mean) != (i < BandMinimum) {
			t.Errorf("period %d: mean %v", i, e.Mean)
		}
	}
	if got[20] != (Expected{4, 1, 8}) {
		t.Errorf("the outbreak is part of its own expectation: %+v", got[20])
	}
	if got[21].High <= 8 {
		t.Errorf("the period after the outbreak does not know of it: %+v", got[21])
	}
	if _, err := Rolling(counts, 5, .95); !errors.Is(err, ErrInput) {
		t.Errorf("short window: %v", err)
	}
	if _, err := Rolling([]int{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, 1}, 12, .95); !errors.Is(err, ErrInput) {
		t.Errorf("negative count: %v", err)
	}
}

func TestBandNeedsHistory(t *testing.T) {
	if _, err := Band(make([]int, BandMinimum-1), .95); !errors.Is(err, ErrTooFew) {
		t.Errorf("short history: %v", err)
	}
	b, err := Band([]int{4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4}, .95)
	if err != nil || b != (Expected{4, 1, 8}) {
		t.Errorf("steady four a week: %+v, %v", b, err)
	}
	wide, err := Band([]int{0, 9, 1, 8, 0, 10, 2, 7, 0, 9, 1, 1}, .95)
	if err != nil || wide.High <= 8 {
		t.Errorf("clustered four a week: %+v, %v", wide, err)
	}
}
