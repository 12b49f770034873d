package regime_test

import (
	"slices"
	"testing"
	"time"

	"kulla.dev/internal/country"
	"kulla.dev/internal/regime"
)

// digital tells a story of a digital entity whose other thresholds are all
// denied, so that one fact decides.
func digital(t *testing.T, kind string) *story {
	s := tell(t, []string{"essential", kind}, "al", "eu-nis2")
	for _, n := range []string{"severe_disruption", "severe_financial_loss", "damage_to_others", "financial_loss", "trade_secrets", "death", "health_damage",
		"unauthorised_access", "malicious", "data_compromised", "physical_access", "outage", "limited", "slow_response"} {
		s.c.Incident.Facts = append(s.c.Incident.Facts, regime.Fact{Name: n, Is: regime.No})
	}
	s.on(country.Aware, "2026-06-01 09:00", "")
	return s
}

func (s *story) set(f regime.Fact) *story {
	i := slices.IndexFunc(s.c.Incident.Facts, func(x regime.Fact) bool { return x.Name == f.Name })
	if i < 0 {
		s.c.Incident.Facts = append(s.c.Incident.Facts, f)
	} else {
		s.c.Incident.Facts[i] = f
	}
	return s
}

func (s *story) span(tag, from, to string, marks ...string) *story {
	s.c.Incident.Spans = append(s.c.Incident.Spans, regime.Interval{Tag: tag, From: local(s.t, from), To: local(s.t, to), Marks: marks})
	return s
}

func TestThresholds(t *testing.T) {
	yes := func(n string) regime.Fact { return regime.Fact{Name: n, Is: regime.Yes} }
	num := func(n string, v float64) regime.Fact { return regime.Fact{Name: n, HasNumber: true, Number: v} }
	for _, c := range []struct {
		name  string
		kind  string
		tell  func(*story)
		want  regime.Tri
		fired string
	}{
		{"nothing", "cloud", func(s *story) {}, regime.No, ""},
		{"capable of disruption", "cloud", func(s *story) {
			s.set(regime.Fact{Name: "severe_disruption", Is: regime.Yes, Potential: true})
		}, regime.Yes, "disruption"},
		{"lesser of: the fixed sum", "cloud", func(s *story) { s.set(num("financial_loss", 500_001)) }, regime.Yes, "cir-loss"},
		{"lesser of: the share of turnover", "cloud", func(s *story) {
			s.c.Entity.Facts = []regime.Fact{num("annual_turnover", 2_000_000)}
			s.set(num("financial_loss", 100_001))
		}, regime.Yes, "cir-loss"},
		{"lesser of: at the limit is not over it", "cloud", func(s *story) {
			s.c.Entity.Facts = []regime.Fact{num("annual_turnover", 2_000_000)}
			s.set(num("financial_loss", 100_000))
		}, regime.No, ""},
		{"lesser of: turnover unknown, sum below", "cloud", func(s *story) { s.set(num("financial_loss", 400_000)) }, regime.Unknown, ""},
		{"outage long enough", "cloud", func(s *story) { s.span("outage", "2026-06-01 08:00", "2026-06-01 08:31") }, regime.Yes, "cloud-outage"},
		{"outage too short", "cloud", func(s *story) { s.span("outage", "2026-06-01 08:00", "2026-06-01 08:30") }, regime.No, ""},
		{"outage stated in minutes", "cloud", func(s *story) { s.set(num("outage", 31)) }, regime.Yes, "cloud-outage"},
		{"two short outages are not one long", "cloud", func(s *story) {
			s.span("outage", "2026-06-01 07:00", "2026-06-01 07:20").span("outage", "2026-06-01 08:00", "2026-06-01 08:20")
		}, regime.No, ""},
		{"scheduled maintenance does not count", "cloud", func(s *story) {
			s.span("outage", "2026-06-01 02:00", "2026-06-01 05:00", "scheduled_maintenance")
		}, regime.No, ""},
		{"cumulative in a calendar week", "trust_service", func(s *story) {
			for _, d := range []string{"2026-05-25", "2026-05-27", "2026-05-29", "2026-05-31"} {
				s.span("outage", d+" 08:00", d+" 08:16")
			}
		}, regime.Yes, "trust-week"},
		{"the same over two weeks is not", "trust_service", func(s *story) {
			for _, d := range []string{"2026-05-21", "2026-05-22", "2026-05-25", "2026-05-27"} {
				s.span("outage", d+" 08:00", d+" 08:16")
			}
		}, regime.No, ""},
		{"overlay of another kind does not reach", "cloud", func(s *story) { s.set(yes("physical_access")) }, regime.No, ""},
		{"overlay of its own kind does", "data_centre", func(s *story) { s.set(yes("physical_access")) }, regime.Yes, "dc-physical"},
		{"suspected malice is enough where the rule says so", "cloud", func(s *story) {
			s.set(regime.Fact{Name: "malicious", Is: regime.Yes, Suspected: true}).set(yes("data_compromised"))
		}, regime.Yes, "cloud-malicious"},
		{"suspected access is not", "cloud", func(s *story) {
			s.set(regime.Fact{Name: "physical_access", Is: regime.No}).set(regime.Fact{Name: "trade_secrets", Is: regime.Yes, Suspected: true})
		}, regime.Unknown, ""},
		{"share of users", "cloud", func(s *story) {
			s.span("limited", "2026-06-01 07:00", "2026-06-01 08:01").set(num("users_affected_percent", 5.1))
		}, regime.Yes, "cloud-limited"},
		{"share of users at the limit, number unknown", "cloud", func(s *story) {
			s.span("limited", "2026-06-01 07:00", "2026-06-01 08:01").set(num("users_affected_percent", 5))
		}, regime.Unknown, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := digital(t, c.kind)
			c.tell(s)
			got := applied(t, s.at("2026-06-01 10:00"), "eu.nis2").Significance
			if got.State != c.want {
				t.Fatalf("%v, want %v; missing %v, fired %v", got.State, c.want, got.Missing, got.Fired)
			}
			if (c.want == regime.Unknown) != (len(got.Missing) > 0) {
				t.Errorf("%v with missing %v", got.State, got.Missing)
			}
			if c.fired == "" {
				if len(got.Fired) > 0 {
					t.Errorf("fired %v", got.Fired)
				}
			} else if !slices.ContainsFunc(got.Fired, func(f regime.Fired) bool { return f.ID == c.fired && f.LegalRef.Article != "" }) {
				t.Errorf("fired %v, want %s with its article", got.Fired, c.fired)
			}
		})
	}
}

func TestDoraNeedsTwoOfSix(t *testing.T) {
	s := tell(t, []string{"financial"}, "al", "eu-dora").yes("critical_services", "reputation")
	for _, n := range []string{"malicious", "data_loss", "outage", "incident_duration"} {
		s.c.Incident.Facts = append(s.c.Incident.Facts, regime.Fact{Name: n, Is: regime.No})
	}
	for _, n := range []string{"clients_affected", "clients_affected_percent", "counterparts_percent", "transactions_percent", "member_states_affected"} {
		s.number(n, 0)
	}
	s.on(country.Aware, "2026-06-17 08:00", "")
	now := "2026-06-17 09:00"
	if a := applied(t, s.at(now), "eu.dora").Significance; a.State != regime.Unknown || !slices.Equal(a.Missing, []string{"incident.costs"}) {
		t.Errorf("one of six, costs unknown: %v missing %v", a.State, a.Missing)
	}
	s.number("costs", 100_000)
	if a := applied(t, s.at(now), "eu.dora").Significance; a.State != regime.No {
		t.Errorf("one of six: %v", a.State)
	}
	s.set(regime.Fact{Name: "costs", HasNumber: true, Number: 100_001})
	if a := applied(t, s.at(now), "eu.dora").Significance; a.State != regime.Yes || len(a.Fired) != 3 {
		t.Errorf("two of six: %v, fired %v", a.State, a.Fired)
	}
}

// A lasting outage crosses the threshold by itself, and Next says to look again.
func TestLastingOutageCrossesByItself(t *testing.T) {
	s := digital(t, "cloud")
	s.c.Incident.Spans = []regime.Interval{{Tag: "outage", From: local(t, "2026-06-01 09:50")}}
	r := s.at("2026-06-01 10:00")
	if a := applied(t, r, "eu.nis2"); a.Significance.State != regime.No {
		t.Errorf("after ten minutes: %v", a.Significance.State)
	}
	if d := r.Next.Sub(r.At); d <= 0 || d > 15*time.Minute {
		t.Errorf("next look in %v", d)
	}
	if a := applied(t, s.at("2026-06-01 10:21"), "eu.nis2"); a.Significance.State != regime.Yes {
		t.Errorf("after 31 minutes: %v", a.Significance.State)
	}
}
