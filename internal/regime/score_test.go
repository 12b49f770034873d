package regime_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"pgregory.net/rapid"

	"kulla.dev/internal/country"
	"kulla.dev/internal/regime"
)

type ncissTruth struct {
	Config struct {
		Weights map[string]float64            `json:"weights"`
		Options map[string]map[string]float64 `json:"options"`
	} `json:"config"`
	Cases []struct {
		Name     string            `json:"name"`
		Input    map[string]string `json:"input"`
		Expected struct {
			Score float64 `json:"score"`
		} `json:"expected"`
	} `json:"cases"`
}

func truth(t *testing.T) (ncissTruth, country.Severity) {
	t.Helper()
	b, err := os.ReadFile("testdata/nciss.json")
	if err != nil {
		t.Fatal(err)
	}
	var g ncissTruth
	if err := json.Unmarshal(b, &g); err != nil {
		t.Fatal(err)
	}
	var m country.Severity
	for id, w := range g.Config.Weights {
		c := country.SeverityCategory{ID: id, Weight: w}
		for o, v := range g.Config.Options[id] {
			c.Options = append(c.Options, country.SeverityOption{ID: o, Value: v})
		}
		m.Categories = append(m.Categories, c)
	}
	return g, m
}

func TestScoreMatchesThePublishedModel(t *testing.T) {
	g, m := truth(t)
	if len(g.Cases) < 4 {
		t.Fatalf("only %d cases", len(g.Cases))
	}
	for _, c := range g.Cases {
		s := regime.ScoreWith(m, c.Input)
		if !s.Known || math.Abs(s.Value-c.Expected.Score) > 1e-9 {
			t.Errorf("%s: %v (known %v), want %v", c.Name, s.Value, s.Known, c.Expected.Score)
		}
	}
}

// The pack keeps the model's weights and options; only the sectors are its own.
func TestPackKeepsTheModel(t *testing.T) {
	g, _ := truth(t)
	p := load(t, "al")
	for _, c := range p.Severity.Categories {
		if c.Weight != g.Config.Weights[c.ID] {
			t.Errorf("%s weighs %v, want %v", c.ID, c.Weight, g.Config.Weights[c.ID])
		}
		if c.ID == "cross_sector_dependency" {
			continue
		}
		if len(c.Options) != len(g.Config.Options[c.ID]) {
			t.Errorf("%s has %d options, want %d", c.ID, len(c.Options), len(g.Config.Options[c.ID]))
		}
		for _, o := range c.Options {
			if v, ok := g.Config.Options[c.ID][o.ID]; !ok || v != o.Value {
				t.Errorf("%s/%s = %v, want %v", c.ID, o.ID, o.Value, v)
			}
		}
	}
}

// An unknown answer gives a range that holds the score of every answer, and
// the spreads of the unknowns sum to its width.
func TestScoreRangeHoldsEveryAnswer(t *testing.T) {
	p := load(t, "al")
	e := regime.New(p)
	rapid.Check(t, func(t *rapid.T) {
		in, full := map[string]string{}, map[string]string{}
		for _, c := range p.Severity.Categories {
			o := rapid.SampledFrom(c.Options).Draw(t, c.ID).ID
			full[c.ID] = o
			if rapid.Bool().Draw(t, "know "+c.ID) {
				in[c.ID] = o
			}
		}
		part, whole := e.Score(in), e.Score(full)
		if whole.Value < part.Low-1e-9 || whole.Value > part.High+1e-9 {
			t.Fatalf("score %v outside %v–%v", whole.Value, part.Low, part.High)
		}
		if part.Known != (len(part.Unknown) == 0) || !whole.Known || whole.Low != whole.High {
			t.Fatalf("known %v with unknowns %v", part.Known, part.Unknown)
		}
		spread, points := 0.0, 0.0
		for _, x := range part.Parts {
			spread += x.Spread
			points += x.Points
		}
		if math.Abs(spread-(part.High-part.Low)) > 1e-9 || math.Abs(points-part.Low) > 1e-9 {
			t.Fatalf("parts sum to %v+%v, range %v–%v", points, spread, part.Low, part.High)
		}
		if part.LowBand.Rank > part.HighBand.Rank {
			t.Fatal("bands out of order")
		}
	})
}
