package stat

import (
	"encoding/json"
	"errors"
	"math"
	"testing"
)

func TestCalibration(t *testing.T) {
	var f struct {
		Tolerance struct{ Abs float64 }
		Cases     []struct {
			Name            string
			Input, Expected json.RawMessage
		}
	}
	truth(t, "brier_calibration", &f)
	read := func(b json.RawMessage, into any) {
		if err := json.Unmarshal(b, into); err != nil {
			t.Fatal(err)
		}
	}
	scored, bands := 0, 0
	for _, c := range f.Cases {
		switch c.Name {
		case "analyst_20_judgements", "ten":
			var in struct {
				P []float64
				O []int
			}
			var e struct {
				Brier, Reliability, Resolution, Uncertainty, Skill number
				LogLoss                                            number `json:"log_loss"`
				BaseRate                                           number `json:"base_rate"`
			}
			read(c.Input, &in)
			read(c.Expected, &e)
			o := make([]bool, len(in.O))
			for i := range o {
				o[i] = in.O[i] == 1
			}
			got, err := Calibrate(in.P, o)
			if err != nil {
				t.Fatal(err)
			}
			tol := f.Tolerance.Abs
			near(t, "Brier", got.Brier, e.Brier, tol)
			near(t, "reliability", got.Reliability, e.Reliability, tol)
			near(t, "resolution", got.Resolution, e.Resolution, tol)
			near(t, "uncertainty", got.Uncertainty, e.Uncertainty, tol)
			near(t, "skill", got.Skill, e.Skill, tol)
			near(t, "log loss", got.LogLoss, e.LogLoss, tol)
			near(t, "base rate", got.BaseRate, e.BaseRate, tol)
			near(t, "Murphy's identity", got.Reliability-got.Resolution+got.Uncertainty, number(got.Brier), 1e-12)
			scored++
		case "estimative_bands_calibration":
			var in []struct{ N, Occurred int }
			var e []struct {
				Freq       number
				CI         [2]number
				Band       [2]float64
				Consistent bool
			}
			read(c.Input, &in)
			read(c.Expected, &e)
			for i := range in {
				p, ok, err := BandCheck(in[i].Occurred, in[i].N, Interval{e[i].Band[0], e[i].Band[1]}, 0.9)
				if err != nil || ok != e[i].Consistent {
					t.Errorf("band %d: %v, %v", i, ok, err)
				}
				near(t, "frequency", p.Value, e[i].Freq, f.Tolerance.Abs)
				near(t, "low", p.Exact.Low, e[i].CI[0], f.Tolerance.Abs)
				near(t, "high", p.Exact.High, e[i].CI[1], f.Tolerance.Abs)
				bands++
			}
		}
	}
	if scored != 2 || bands != 4 {
		t.Errorf("%d scored, %d bands", scored, bands)
	}
	if _, ok, err := BandCheck(2, 30, Interval{.8, .95}, .9); ok || err != nil {
		t.Errorf("2 of 30 meets 80–95 %%: %v, %v", ok, err)
	}
	if c, err := Calibrate([]float64{1}, []bool{false}); err != nil || !math.IsInf(c.LogLoss, 1) || !math.IsNaN(c.Skill) {
		t.Errorf("a failed certainty: %+v, %v", c, err)
	}
	if _, err := Calibrate(nil, nil); !errors.Is(err, ErrTooFew) {
		t.Errorf("nothing to score: %v", err)
	}
}

func BenchmarkDetectable(b *testing.B) {
	for b.Loop() {
		if _, err := Detectable(612, 0.8, 0.05); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCompare(b *testing.B) {
	for b.Loop() {
		if _, err := Compare(612, 12, 443, 12, 0.95); err != nil {
			b.Fatal(err)
		}
	}
}
