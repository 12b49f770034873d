package council

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"kulla.dev/internal/stat"
)

func compared(now, before int, exposureNow, exposureBefore, phi float64) Figure {
	return Figure{Def: Total, Count: now, Before: before}.against(exposureNow, exposureBefore, phi).detectable(exposureNow, exposureBefore)
}

func keys(claims []Claim) (out []string) {
	for _, c := range claims {
		out = append(out, c.Key)
	}
	return out
}

// What stands in a figure is what independent implementations computed, and
// the words follow the exact interval.
func TestFiguresAgreeWithTheGroundTruth(t *testing.T) {
	b, err := os.ReadFile("testdata/counts_rates.json")
	if err != nil {
		t.Fatal(err)
	}
	var truth struct {
		Cases struct {
			RateRatio []struct {
				Name  string `json:"name"`
				Input struct {
					Now            int     `json:"count_now"`
					Before         int     `json:"count_before"`
					ExposureNow    float64 `json:"exposure_now"`
					ExposureBefore float64 `json:"exposure_before"`
					Conf           float64 `json:"conf"`
				} `json:"input"`
				Expected map[string]any `json:"expected"`
			} `json:"rate_ratio"`
		} `json:"cases"`
	}
	if err := json.Unmarshal(b, &truth); err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, c := range truth.Cases.RateRatio {
		in := c.Input
		if in.Conf != Confidence {
			continue
		}
		checked++
		f := compared(in.Now, in.Before, in.ExposureNow, in.ExposureBefore, 1)
		for key, got := range map[string]Num{"rate_ratio": f.Ratio, "exact_lower": f.RatioLow, "exact_upper": f.RatioHigh, "p_two_sided_minlike": f.P} {
			if want, ok := c.Expected[key].(float64); ok && math.Abs(float64(got)-want) > 1e-6*math.Max(1, want) {
				t.Errorf("%s: %s = %v, want %v", c.Name, key, got, want)
			}
		}
		said := Judge(f, nil)[0].Key
		lower, _ := c.Expected["exact_lower"].(float64)
		upper, bounded := c.Expected["exact_upper"].(float64)
		switch {
		case lower > 1 && !slices.Contains([]string{"increase", "from-none"}, said), bounded && upper < 1 && !slices.Contains([]string{"decrease", "to-none"}, said),
			lower <= 1 && (!bounded || upper >= 1) && slices.Contains([]string{"increase", "decrease", "from-none", "to-none"}, said):
			t.Errorf("%s: said %q of the interval %v–%v", c.Name, said, c.Expected["exact_lower"], c.Expected["exact_upper"])
		}
	}
	if checked < 3 {
		t.Fatalf("only %d cases checked", checked)
	}
}

func TestWhatMayBeSaidOfChange(t *testing.T) {
	rate := func(now, before int, years, yearsBefore float64) *Figure {
		f := compared(now, before, years, yearsBefore, 1)
		f.Def = Rate
		return &f
	}
	for _, c := range []struct {
		name  string
		total Figure
		rate  *Figure
		want  []string
	}{
		{"the press: fifty in ten months after forty-nine in twelve", compared(50, 49, 10, 12, 1), nil, []string{"no-change", "detectable"}},
		{"twice as many", compared(120, 60, 1, 1, 1), nil, []string{"increase"}},
		{"half as many", compared(60, 120, 1, 1, 1), nil, []string{"decrease"}},
		{"none, then four", compared(4, 0, 1, 1, 1), nil, []string{"none-one"}},
		{"none, then twelve", compared(12, 0, 1, 1, 1), nil, []string{"from-none"}},
		{"twelve, then none", compared(0, 12, 1, 1, 1), nil, []string{"to-none"}},
		{"two, then none", compared(0, 2, 1, 1, 1), nil, []string{"none-one"}},
		{"none at all", compared(0, 0, 1, 1, 1), nil, []string{"none-both"}},
		{"twice as many in clusters", compared(60, 30, 1, 1, 9), nil, []string{"no-change", "detectable", "clusters"}},
		{"more, because more institutions report", compared(200, 100, 1, 1, 1), rate(200, 100, 200, 100), []string{"no-change-rate", "detectable", "more-reporters"}},
		{"more for each institution", compared(200, 100, 1, 1, 1), rate(200, 100, 110, 100), []string{"increase-rate"}},
		{"fewer, because fewer report", compared(100, 200, 1, 1, 1), rate(100, 200, 50, 100), []string{"no-change-rate", "detectable", "fewer-reporters"}},
		{"as many, at fewer institutions", compared(100, 100, 1, 1, 1), rate(100, 100, 40, 100), []string{"increase-rate"}},
	} {
		if got := keys(Judge(c.total, c.rate)); !slices.Equal(got, c.want) {
			t.Errorf("%s: said %v, want %v", c.name, got, c.want)
		}
	}
}

// Detectable must be an honest promise: the named rise is found, a tenth of
// it is not called a rise.
func TestARiseThatWouldHaveBeenFound(t *testing.T) {
	for _, before := range []int{30, 100, 400, 20000} {
		f := compared(before, before, 1, 1, 1)
		d := float64(f.Detect)
		if power, err := stat.Power(float64(before), d, 0.05); before <= 400 && (err != nil || math.Abs(power-0.8) > 0.02) {
			t.Errorf("%d: ratio %.3f has power %.3f (%v)", before, d, power, err)
		}
		if g := compared(int(float64(before)*d*1.25), before, 1, 1, 1); g.Verdict != stat.Increased {
			t.Errorf("%d: a rise of a quarter over %.3f is not seen", before, d)
		}
		if d <= 1 {
			t.Errorf("%d: detectable ratio %v", before, d)
		}
	}
}

// One line of many that stands out by chance is not named.
func TestLinesAreAdjustedForTheirNumber(t *testing.T) {
	var lines []Figure
	for range 19 {
		lines = append(lines, compared(10, 10, 1, 1, 1))
	}
	chance := compared(16, 4, 1, 1, 1) // p about .01 alone
	if chance.Verdict != stat.Increased {
		t.Fatal("the line must stand out alone")
	}
	if got := keys(Lines(append(slices.Clone(lines), chance))); !slices.Equal(got, []string{"lines-none"}) {
		t.Errorf("among twenty: %v", got)
	}
	if got := keys(Lines(append(slices.Clone(lines), compared(60, 10, 1, 1, 1)))); !slices.Equal(got, []string{"lines-up"}) {
		t.Errorf("a real rise: %v", got)
	}
	unknown := compared(60, 10, 1, 1, 1)
	unknown.Item = Unknown
	if got := keys(Lines([]Figure{unknown})); got != nil {
		t.Errorf("what nobody stated is not a line: %v", got)
	}
}

func TestStagesAndSilence(t *testing.T) {
	stage := func(in, late, owed int) Figure {
		f := Figure{Def: Punctual, Count: in, Late: late, Owed: owed, Of: Num(in + late + owed)}
		if p, err := stat.Proportions(in, in+late+owed, Confidence); err == nil {
			f.Value, f.Low, f.High = Num(p.Value), Num(p.Exact.Low), Num(p.Exact.High)
		}
		return f
	}
	for _, c := range []struct {
		name   string
		claims []Claim
		want   []string
	}{
		{"nothing came due", Stages([]Figure{stage(0, 0, 0)}), []string{"stages-none"}},
		{"alike", Stages([]Figure{stage(40, 4, 1), stage(38, 5, 2)}), []string{"stages"}},
		{"one worse beyond doubt", Stages([]Figure{stage(90, 4, 1), stage(10, 25, 10)}), []string{"stages", "stages-worst"}},
		{"one worse by chance", Stages([]Figure{stage(9, 1, 0), stage(2, 1, 0)}), []string{"stages"}},
		{"nothing owed", Owed(Figure{}, Figure{}, Figure{}), []string{"owed-none"}},
		{"in time", Owed(Figure{Count: 3}, Figure{}, Figure{}), []string{"owed-in-time"}},
		{"past unverified law is no breach", Owed(Figure{Count: 3}, Figure{}, Figure{Count: 2}), []string{"owed-past"}},
		{"overdue", Owed(Figure{Count: 5}, Figure{Count: 2}, Figure{Count: 1}), []string{"owed-late", "owed-past-too"}},
		{"no register", Silence(Figure{}, Figure{}), nil},
		{"all reported", Silence(Figure{Count: 4}, Figure{}), []string{"silence-none"}},
		{"some did not", Silence(Figure{Count: 4}, Figure{Count: 1}), []string{"silence"}},
		{"half known", Complete([]Figure{{Known: 5, All: 10}}), []string{"incomplete"}},
		{"known", Complete([]Figure{{Known: 9, All: 10}}), nil},
	} {
		if got := keys(c.claims); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
