package regime

import (
	"slices"

	"kulla.dev/internal/country"
)

// Score is the national severity of one incident under the pack's model: the
// weighted mean of the answers scaled to 0–100. With unknown answers it is a
// range; the inputs are kept, not only the number.
type Score struct {
	Model    string // id and version of the model
	Known    bool   // every category is answered
	Value    float64
	Low      float64 // with every unknown answered at its least
	High     float64 // with every unknown answered at its most
	Band     country.SeverityBand
	LowBand  country.SeverityBand
	HighBand country.SeverityBand
	Parts    []ScorePart // in the order of the model
	Unknown  []string    // categories not answered
}

// ScorePart is one category: what was answered and what it adds.
type ScorePart struct {
	Category string
	Title    country.Text
	Option   string // empty: unknown
	Answer   country.Text
	Points   float64 // of the final 0–100; 0 when unknown
	Spread   float64 // how many points of the score this unknown leaves open
}

// Score rates an incident: in maps category to option. An option the model
// does not have counts as unknown.
func (e *Engine) Score(in map[string]string) Score { return ScoreWith(e.pack.Severity, in) }

// ScoreWith rates with a given model:
// 100·(Σwᵢvᵢ − Σwᵢminᵢ)/(Σwᵢmaxᵢ − Σwᵢminᵢ), clipped to 0–100.
func ScoreWith(m country.Severity, in map[string]string) Score {
	s := Score{Model: m.ID + " " + m.Version, Known: true}
	var least, most, low, high float64
	for _, c := range m.Categories {
		lo, hi := extremes(c)
		least += c.Weight * lo
		most += c.Weight * hi
		at := slices.IndexFunc(c.Options, func(o country.SeverityOption) bool { return o.ID == in[c.ID] })
		part := ScorePart{Category: c.ID, Title: c.Title}
		if at < 0 {
			s.Known = false
			s.Unknown = append(s.Unknown, c.ID)
			low += c.Weight * lo
			high += c.Weight * hi
			part.Spread = c.Weight * (hi - lo)
		} else {
			o := c.Options[at]
			part.Option, part.Answer = o.ID, o.Title
			part.Points = c.Weight * (o.Value - lo)
			low += c.Weight * o.Value
			high += c.Weight * o.Value
		}
		s.Parts = append(s.Parts, part)
	}
	span := most - least
	if span <= 0 {
		return Score{Model: s.Model, Unknown: s.Unknown}
	}
	scale := func(v float64) float64 { return min(100, max(0, 100*v/span)) }
	for i := range s.Parts {
		s.Parts[i].Points = scale(s.Parts[i].Points)
		s.Parts[i].Spread = scale(s.Parts[i].Spread)
	}
	s.Low, s.High = scale(low-least), scale(high-least)
	s.Value = (s.Low + s.High) / 2
	s.Band, s.LowBand, s.HighBand = band(m, s.Value), band(m, s.Low), band(m, s.High)
	return s
}

func extremes(c country.SeverityCategory) (lo, hi float64) {
	for i, o := range c.Options {
		if i == 0 || o.Value < lo {
			lo = o.Value
		}
		if i == 0 || o.Value > hi {
			hi = o.Value
		}
	}
	return lo, hi
}

func band(m country.Severity, v float64) country.SeverityBand {
	var best country.SeverityBand
	found := false
	for _, b := range m.Bands {
		if v >= b.From && (!found || b.From >= best.From) {
			best, found = b, true
		}
	}
	return best
}
