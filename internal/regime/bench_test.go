package regime_test

import (
	"fmt"
	"testing"

	"kulla.dev/internal/country"
	"kulla.dev/internal/regime"
	"kulla.dev/packs"
)

// twenty makes a pack of twenty regimes that all apply: the shipped ones,
// repeated under other ids.
func twenty(b *testing.B) *country.Pack {
	p := load(b, "al", "eu-nis2", "eu-dora", "eu-gdpr", "eu-cra", "eu-cer")
	q := *p
	q.Regimes = nil
	for i := 0; len(q.Regimes) < 20; i++ {
		for _, r := range p.Regimes {
			if len(q.Regimes) == 20 {
				break
			}
			if !r.ValidTo.IsZero() || r.ValidFrom.Year > 2026 {
				continue
			}
			c := *r
			c.ID = fmt.Sprintf("%s.%d", r.ID, i)
			c.LexSpecialisOver = nil
			q.Regimes = append(q.Regimes, &c)
		}
	}
	return &q
}

func busy(b *testing.B, e *regime.Engine) (regime.Case, *story) {
	s := &story{t: b, e: e}
	s.c.Entity = regime.Entity{ID: "zz", Class: "critical", Kinds: []string{"essential", "cloud", "financial", "credit_institution", "manufacturer", "controller", "critical_entity"}}
	s.yes("severe_disruption", "critical_services", "reputation", "data_loss", "personal_data_breach", "exploited_vulnerability", "product_security", "essential_service_disrupted", "malicious", "cross_border", "ongoing", "recipients_affected", "high_risk")
	s.number("financial_loss", 700_000).number("users_affected", 20_000).number("costs", 150_000)
	s.c.Incident.Facts = append(s.c.Incident.Facts, regime.Fact{Name: "risk_unlikely", Is: regime.No})
	s.c.Incident.Spans = []regime.Interval{{Tag: "outage", From: local(b, "2026-10-01 08:00"), To: local(b, "2026-10-01 11:00")}}
	s.on(country.Detected, "2026-10-01 08:30", "")
	s.on(country.Aware, "2026-10-01 09:00", "")
	s.on(country.Classified, "2026-10-01 10:00", "")
	s.on(country.Submitted, "2026-10-01 12:00", "early_warning")
	s.on(country.Answered, "2026-10-01 20:00", "early_warning")
	s.on(country.Submitted, "2026-10-03 12:00", "notification")
	s.on(country.Requested, "2026-10-05 12:00", "intermediate", func(e *regime.Event) { e.Until = local(b, "2026-10-07 12:00") })
	s.on(country.Submitted, "2026-10-06 12:00", "intermediate")
	s.on(country.Recovered, "2026-10-08 12:00", "")
	s.on(country.Submitted, "2026-10-20 12:00", "progress")
	return s.c, s
}

// One incident, ten events, seventeen facts, against twenty regimes that apply.
func BenchmarkEvaluateTwentyRegimes(b *testing.B) {
	e := regime.New(twenty(b))
	c, _ := busy(b, e)
	now := local(b, "2026-10-21 09:00")
	r := e.Evaluate(c, now)
	n := 0
	for _, a := range r.Regimes {
		if a.State == regime.Applies {
			n++
		}
	}
	if n != 20 {
		b.Fatalf("%d of %d regimes apply, want 20", n, len(r.Regimes))
	}
	b.ReportMetric(float64(len(r.Obligations)), "obligations")
	b.ReportAllocs()
	for b.Loop() {
		e.Evaluate(c, now)
	}
}

// The usual case: the regimes of one country, a few events.
func BenchmarkEvaluateCountry(b *testing.B) {
	e := regime.New(load(b, "al", "eu-nis2", "eu-dora"))
	s := &story{t: b, e: e}
	s.c.Entity = regime.Entity{ID: "zz", Class: "critical", Kinds: []string{"essential"}}
	s.yes("severe_disruption")
	s.on(country.Aware, "2026-10-01 09:00", "")
	s.on(country.Submitted, "2026-10-01 12:00", "early")
	now := local(b, "2026-10-02 09:00")
	b.ReportAllocs()
	for b.Loop() {
		e.Evaluate(s.c, now)
	}
}

func BenchmarkLoadPacks(b *testing.B) {
	for b.Loop() {
		if _, err := country.LoadAll(packs.FS, "al", "eu-nis2", "eu-dora"); err != nil {
			b.Fatal(err)
		}
	}
}
