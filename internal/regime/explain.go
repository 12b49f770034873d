package regime

import (
	"strings"

	"kulla.dev/internal/country"
	"kulla.dev/internal/i18n"
)

// Say puts a step into words. Texts of the pack inside it are given in the
// same language, facts by the title of the field that states them, regimes by
// their short titles.
func Say(p *country.Pack, lang i18n.Lang, s Step) string {
	args := make([]any, len(s.Args))
	for i, a := range s.Args {
		switch v := a.(type) {
		case country.Text:
			args[i] = v.In(string(lang))
		case []string:
			names := make([]string, len(v))
			for j, n := range v {
				names[j] = FactTitle(p, n).In(string(lang))
			}
			args[i] = names
		case string:
			args[i] = v
			if rs := p.Versions(v); len(rs) > 0 {
				args[i] = rs[len(rs)-1].Short.In(string(lang))
			}
		default:
			args[i] = a
		}
	}
	return i18n.T(lang, s.Key, args...)
}

// FactTitle names a fact such as "incident.financial_loss" by the field of
// the report that states it; by its own name when no field does.
func FactTitle(p *country.Pack, fact string) country.Text {
	_, name, _ := strings.Cut(fact, ".")
	for _, f := range p.Fields {
		if f.Fact == name {
			return f.Title
		}
	}
	switch fact {
	case "entity.kind":
		return both("regime.fact.kind")
	case "entity.class":
		return both("regime.fact.class")
	case "entity.sector":
		return both("regime.fact.sector")
	}
	return country.Text{"en": strings.ReplaceAll(name, "_", " ")}
}

func both(key string) country.Text {
	t := country.Text{}
	for _, l := range i18n.Languages() {
		t[string(l)] = i18n.T(l, key)
	}
	return t
}

// eventKey gives the message key of an anchor's event: "last(submitted(x))"
// is said as the submission.
func eventKey(anchor string) i18n.Key {
	name := strings.TrimPrefix(anchor, "last(")
	name, _, _ = strings.Cut(name, "(")
	name = strings.TrimSuffix(name, ")")
	switch country.EventKind(name) {
	case country.Occurred:
		return "regime.event.occurred"
	case country.Detected:
		return "regime.event.detected"
	case country.Aware:
		return "regime.event.aware"
	case country.Believed:
		return "regime.event.believed"
	case country.Classified:
		return "regime.event.classified"
	case country.Declassified:
		return "regime.event.declassified"
	case country.Submitted:
		return "regime.event.submitted"
	case country.Recovered:
		return "regime.event.recovered"
	case country.Handled:
		return "regime.event.handled"
	case country.Resolved:
		return "regime.event.resolved"
	case country.RootCauseFixed:
		return "regime.event.root-cause-fixed"
	case country.FixAvailable:
		return "regime.event.fix-available"
	case country.RansomPaid:
		return "regime.event.ransom-paid"
	case country.Received:
		return "regime.event.received"
	case country.Requested:
		return "regime.event.requested"
	case country.Crossed:
		return "regime.event.crossed"
	case country.CrisisDeclared:
		return "regime.event.crisis-declared"
	case country.CrisisEnded:
		return "regime.event.crisis-ended"
	case country.NewFacts:
		return "regime.event.new-facts"
	case country.Outsourced:
		return "regime.event.outsourced"
	case "due":
		return "regime.event.due"
	}
	return "regime.event.other"
}
