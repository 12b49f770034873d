package stat

import (
	"errors"
	"fmt"
	"math"
	"testing"
)

func TestFarrington(t *testing.T) {
	type result struct {
		Expected []number
		Upper    []number `json:"upperbound"`
		Phi      []number
		Alarm    []int
	}
	var f struct {
		Tolerance struct{ Rel float64 }
		Cases     []struct {
			Name  string
			Input struct {
				Series  []int
				Range   []int `json:"range_1based"`
				Control struct {
					B, W             int
					Reweight         bool
					WeightsThreshold float64
					Alpha            float64
					PThresholdTrend  float64
					Limit54          []int
					NoPeriods        int
					Exclude          int `json:"pastWeeksNotIncluded"`
					ThresholdMethod  string
				}
			}
			Expected result
			Clean    *result `json:"expected_clean"`
		}
	}
	truth(t, "farrington_flexible", &f)
	method := map[string]Threshold{"delta": Delta, "nbPlugin": NBPlugin, "muan": Muan}
	done := 0
	for _, c := range f.Cases {
		if c.Clean == nil {
			continue // calendar-date epochs with the package's own standard error: not ours
		}
		t.Run(c.Name, func(t *testing.T) {
			in := c.Input.Control
			o := FarringtonOptions{Period: 52, Years: in.B, Half: in.W, Exclude: in.Exclude, Seasons: in.NoPeriods, Reweight: in.WeightsThreshold,
				Alpha: in.Alpha, TrendP: in.PThresholdTrend, MinCases: in.Limit54[0], MinRecent: in.Limit54[1], Threshold: method[in.ThresholdMethod]}
			if len(c.Input.Series) < 100 {
				o.Period = 12
			}
			if !in.Reweight {
				o.Reweight = math.Inf(1)
			}
			if o.MinCases == 0 {
				o.MinCases = -1
			}
			for i, at := range c.Input.Range {
				got, err := Farrington(c.Input.Series, at-1, o)
				if err != nil {
					t.Fatal(err)
				}
				rel := func(what string, got float64, want number) {
					t.Helper()
					near(t, fmt.Sprintf("%s at %d", what, at), got, want, f.Tolerance.Rel*math.Max(1e-300, math.Abs(float64(want))))
				}
				rel("expected", got.Expected, c.Clean.Expected[i])
				rel("phi", got.Dispersion, c.Clean.Phi[i])
				rel("upper", got.Upper, c.Clean.Upper[i])
				if got.Alarm != (c.Clean.Alarm[i] == 1) {
					t.Errorf("alarm at %d: %v", at, got.Alarm)
				}
				if in.ThresholdMethod == "nbPlugin" {
					near(t, fmt.Sprintf("package's upper at %d", at), got.Upper, c.Expected.Upper[i], 0)
				}
			}
		})
		done++
	}
	if done < 7 {
		t.Errorf("%d reference cases", done)
	}
}

func TestFarringtonNeedsHistory(t *testing.T) {
	y := make([]int, 400)
	if _, err := Farrington(y, 200, FarringtonOptions{}); !errors.Is(err, ErrTooFew) {
		t.Errorf("short history: %v", err)
	}
	if _, err := Farrington(y, 400, FarringtonOptions{}); !errors.Is(err, ErrInput) {
		t.Errorf("beyond the series: %v", err)
	}
	if o, err := Farrington(y, 399, FarringtonOptions{}); err != nil && !errors.Is(err, ErrTooFew) || o.Alarm {
		t.Errorf("nothing ever happened: %+v, %v", o, err)
	}
}

func BenchmarkFarrington(b *testing.B) {
	y := make([]int, 52*7)
	for i := range y {
		y[i] = 5 + i%7 + i*13%5
	}
	for b.Loop() {
		if _, err := Farrington(y, len(y)-1, FarringtonOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}
