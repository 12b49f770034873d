package country_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kulla.dev/internal/country"
)

func TestExprPrintsWhatItReads(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"entity.is(bank)", "entity.is(bank)"},
		{"entity.sector(al.drinking-water, al.energy)", "entity.sector(al.drinking-water, al.energy)"},
		{"not incident.a and incident.b or incident.c", "not incident.a and incident.b or incident.c"},
		{"not (incident.a and incident.b)", "not (incident.a and incident.b)"},
		{"incident.a and (incident.b or incident.c)", "incident.a and (incident.b or incident.c)"},
		{"incident.loss>lesser_of(500_000,5% of entity.turnover)", "incident.loss > lesser_of(500000, 5% of entity.turnover)"},
		{"event.classified - event.aware > 24h", "event.classified - event.aware > 24h"},
		{"total(outage) >= 90min", "total(outage) >= 90min"},
		{"at_least(2, incident.a, incident.b, capable(incident.c))", "at_least(2, incident.a, incident.b, capable(incident.c))"},
		{"1 - (2 - 3) == 2", "1 - (2 - 3) == 2"},
		{"true", "true"},
	} {
		e, err := country.ParseExpr(c.in)
		if err != nil {
			t.Errorf("%s: %v", c.in, err)
			continue
		}
		if e.String() != c.want {
			t.Errorf("%s prints %s, want %s", c.in, e, c.want)
		}
	}
}

func TestExprErrorsNameThePlace(t *testing.T) {
	for in, want := range map[string]string{
		"":                               "ends too early",
		"entity.is()":                    "column 11",
		"entiti.is(a)":                   `did you mean "entity"?`,
		"event.awear > 2h":               `did you mean "aware"?`,
		"totl(outage) > 1h":              `did you mean "total"?`,
		"incident.a and":                 "ends too early",
		"incident.a incident.b":          `unexpected "incident.b"`,
		"5% incident.a":                  `want "of"`,
		"12parsec > 3h":                  "neither a number nor a length of time",
		"at_least(incident.a, 2)":        "begins with a number",
		"suspected(3)":                   "takes a fact",
		"incident.a & incident.b":        `unexpected "&"`,
		"lesser_of(1)":                   "at least 2",
		strings.Repeat("(", 100) + "1":   "nested deeper",
		strings.Repeat("not ", 100):      "nested deeper",
		strings.Repeat("1+", 5000) + "1": "longer than",
		"incident.a == \xff":             "UTF-8",
	} {
		if _, err := country.ParseExpr(in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q gives %v, want %q", in, err, want)
		}
	}
}

func TestExprSense(t *testing.T) {
	for in, want := range map[string]string{
		"total(outage) > 30":                     "compared with",
		"event.aware > 3h":                       "compared with",
		"event.aware + event.detected > 3h":      "cannot be added",
		"24h":                                    "cannot be",
		"event.aware and incident.a":             "is no condition",
		"event.classified - event.aware > 24h":   "",
		"incident.loss > 5% of entity.turnover":  "",
		"entity.is(a) or total(outage) > 30min":  "",
		"5% of event.aware > 3":                  "a percentage of",
		"event.aware + 3h < event.classified":    "",
		"lesser_of(3, incident.a) > incident.b ": "",
	} {
		e, err := country.ParseExpr(in)
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if got := e.Mismatch(); (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}

func TestAnchors(t *testing.T) {
	for _, in := range []string{"aware", "aware(controller)", "submitted(notice)", "last(submitted(intermediate))", "due(notice)", "received(early)"} {
		a, err := country.ParseAnchor(in)
		if err != nil || a.String() != in {
			t.Errorf("%s reads as %s, %v", in, a, err)
		}
	}
	for _, in := range []string{"", "awaer", "due()", "submitted(", "submitted(a b)", "last(due(a))", "submitted(A)"} {
		if a, err := country.ParseAnchor(in); err == nil {
			t.Errorf("%q reads as %+v", in, a)
		}
	}
}

func FuzzExpr(f *testing.F) {
	for _, s := range []string{"entity.is(a, b)", "not (incident.a or total(x) > 3h) and 5% of entity.t >= 2", "at_least(2, true, false, incident.x)",
		"event.classified - event.aware > 24h", "((((", "1.5 == 1_000", "any(capable(incident.a), stated(entity.b))", "5%of incident.x", "worst_week(outage) > 1h"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, err := country.ParseExpr(s)
		if err != nil {
			return
		}
		text := e.String()
		again, err := country.ParseExpr(text)
		if err != nil {
			if len(text) > 4096 || strings.Contains(err.Error(), "nested deeper") {
				return // printing may add a few bytes or brackets
			}
			t.Fatalf("%q prints %q, which does not read: %v", s, text, err)
		}
		if again.String() != text {
			t.Fatalf("%q prints %q, then %q", s, text, again)
		}
		if d := cmp.Diff(e, again); d != "" {
			t.Fatalf("%q changed its tree: %s", s, d)
		}
		_ = e.Mismatch()
	})
}

func FuzzAnchor(f *testing.F) {
	for _, s := range []string{"aware", "last(submitted(intermediate))", "due(notice)", "aware(controller)", "x(y)", "last(("} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := country.ParseAnchor(s)
		if err != nil {
			return
		}
		if b, err := country.ParseAnchor(a.String()); err != nil || a != b {
			t.Fatalf("%q → %+v → %+v, %v", s, a, b, err)
		}
	})
}
