package regime

import (
	"slices"

	"kulla.dev/internal/country"
)

// Question is one field of the common report: asked once, for every regime
// and stage that wants it.
type Question struct {
	Field    country.Field
	Need     string // the strongest need: required | if_available | optional
	Estimate bool   // every asker accepts an estimate
	Askers   []Asker
}

// Asker is one stage that wants the field, with its reason.
type Asker struct {
	Regime, Stage string
	Short         country.Text // the regime's short title
	Need          string
	Why           country.Text
	Article       string
	Act           string
}

// Ask merges the fields of every obligation that is owed now (or pending) and
// whose kind is among kinds (all kinds when none is given), in the order of
// the pack's field list.
func Ask(p *country.Pack, r Result, kinds ...country.StageKind) []Question {
	found := map[string]*Question{}
	for i := range r.Obligations {
		o := &r.Obligations[i]
		if o.State == Replaced || o.State == Closed || len(kinds) > 0 && !slices.Contains(kinds, o.Kind) {
			continue
		}
		rg := regimeOf(p, o)
		if rg == nil {
			continue
		}
		s, ok := stageOf(rg, stageID(o.Stage))
		if !ok {
			continue
		}
		for _, use := range s.Fields {
			f, ok := p.Field(use.Field)
			if !ok {
				continue
			}
			q := found[f.ID]
			if q == nil {
				q = &Question{Field: f, Need: use.Need, Estimate: true}
				found[f.ID] = q
			}
			if strength(use.Need) > strength(q.Need) {
				q.Need = use.Need
			}
			q.Estimate = q.Estimate && use.Estimate
			why, article := use.Why, use.Article
			if len(why) == 0 {
				why = f.Why
			}
			if article == "" {
				article = s.LegalRef.Article
			}
			q.Askers = append(q.Askers, Asker{rg.ID, s.ID, rg.Short, use.Need, why, article, s.LegalRef.Act})
		}
	}
	var out []Question
	for _, f := range p.Fields {
		if q := found[f.ID]; q != nil {
			out = append(out, *q)
		}
	}
	return out
}

func strength(need string) int {
	return slices.Index([]string{"optional", "if_available", "required"}, need)
}

func regimeOf(p *country.Pack, o *Obligation) *country.Regime {
	for _, r := range p.Versions(o.Regime) {
		if r.Version == o.Version {
			return r
		}
	}
	return nil
}

func stageID(instance string) string {
	for i := range len(instance) {
		if instance[i] == '#' {
			return instance[:i]
		}
	}
	return instance
}

// Withhold takes out of an outward report the fields that the regime lets an
// entity withhold on the claimed grounds. The national record keeps them:
// values itself is not changed.
func Withhold(r *country.Regime, grounds []string, values map[string]any) (kept, withheld map[string]any) {
	kept, withheld = map[string]any{}, map[string]any{}
	for name, v := range values {
		out := false
		for _, w := range r.Withheld {
			if slices.Contains(grounds, w.Ground) && slices.Contains(w.Fields, name) {
				out = true
			}
		}
		if out {
			withheld[name] = v
		} else {
			kept[name] = v
		}
	}
	return kept, withheld
}
