package regime_test

import (
	"strings"
	"testing"

	"kulla.dev/internal/country"
	"kulla.dev/internal/i18n"
	"kulla.dev/internal/regime"
)

// Every sentence of an explanation is a whole sentence in both languages.
func TestExplanationsReadWell(t *testing.T) {
	s := nis2(t).yes("ongoing", "recipients_affected")
	s.on(country.Aware, "2026-06-01 09:00", "")
	s.on(country.Submitted, "2026-06-05 09:00", "notice")
	s.on(country.Held, "2026-06-05 10:00", "recipients", func(e *regime.Event) {
		e.Ground, e.Role, e.By, e.Reason, e.Until = "law-enforcement", "prosecutor", "N.N.", "investigation", local(t, "2026-06-20 09:00")
	})
	r := s.at("2026-07-10 09:00")
	n := 0
	for _, o := range r.Obligations {
		for _, st := range append(o.Why, o.Warnings...) {
			for _, lang := range []i18n.Lang{i18n.English, i18n.Albanian} {
				text := regime.Say(s.e.Pack(), lang, st)
				if text == "" || strings.ContainsAny(text, "{}") || strings.Contains(text, st.Key) || strings.Contains(text, "map[") || strings.Contains(text, "%!") {
					t.Errorf("%s in %s: %q", st.Key, lang, text)
				}
				n++
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d sentences", n)
	}
	o := find(t, r, "eu.nis2/notice")
	got := regime.Say(s.e.Pack(), i18n.Albanian, o.Why[1])
	if !strings.Contains(got, "72 orë") || !strings.Contains(got, "4.6.2026") {
		t.Errorf("Albanian sentence: %q", got)
	}
	a := regime.Step{Key: "regime.apply.unknown", Args: []any{[]string{"incident.financial_loss", "entity.kind"}}}
	if got := regime.Say(s.e.Pack(), i18n.English, a); !strings.Contains(got, "Direct financial loss and kind of institution") {
		t.Errorf("missing facts are said as %q", got)
	}
}
