package country_test

import (
	"testing"

	"pgregory.net/rapid"

	"kulla.dev/internal/country"
	"kulla.dev/packs"
)

// Published Easter Sundays, western and eastern.
func TestEasters(t *testing.T) {
	for year, want := range map[int][2]string{
		2019: {"2019-04-21", "2019-04-28"}, 2020: {"2020-04-12", "2020-04-19"}, 2021: {"2021-04-04", "2021-05-02"},
		2022: {"2022-04-17", "2022-04-24"}, 2023: {"2023-04-09", "2023-04-16"}, 2024: {"2024-03-31", "2024-05-05"},
		2025: {"2025-04-20", "2025-04-20"}, 2026: {"2026-04-05", "2026-04-12"}, 2027: {"2027-03-28", "2027-05-02"},
		2028: {"2028-04-16", "2028-04-16"}, 2029: {"2029-04-01", "2029-04-08"}, 2030: {"2030-04-21", "2030-04-28"},
		1961: {"1961-04-02", "1961-04-09"}, 2038: {"2038-04-25", "2038-04-25"},
	} {
		if g, o := country.GregorianEaster(year).String(), country.OrthodoxEaster(year).String(); g != want[0] || o != want[1] {
			t.Errorf("%d: %s and %s, want %s and %s", year, g, o, want[0], want[1])
		}
	}
}

func TestCalendarLaws(t *testing.T) {
	p, err := country.LoadAll(packs.FS, "al")
	if err != nil {
		t.Fatal(err)
	}
	c, ok := p.Calendar("")
	if !ok {
		t.Fatal("no calendar")
	}
	rapid.Check(t, func(t *rapid.T) {
		d := country.Date{Year: 2015, Month: 1, Day: 1}.AddDays(rapid.IntRange(0, 20000).Draw(t, "day"))
		n := rapid.IntRange(0, 60).Draw(t, "n")
		if next := c.NextWorking(d); next.Before(d) || !c.IsWorking(next) || c.IsWorking(d) && next != d {
			t.Fatalf("NextWorking(%s) = %s", d, next)
		}
		a, b := c.AddWorking(d, n), c.AddWorking(d, n+1)
		if !a.Before(b) || n > 0 && !c.IsWorking(a) {
			t.Fatalf("AddWorking(%s, %d) = %s, then %s", d, n, a, b)
		}
		if n > 0 && (!c.HasWorking(d.AddDays(1), a, n) || c.HasWorking(d.AddDays(1), a, n+1)) {
			t.Fatalf("%s to %s are not %d working days", d, a, n)
		}
		if m := d.AddMonths(n); (m.Year*12+int(m.Month))-(d.Year*12+int(d.Month)) != n || m.Day > d.Day {
			t.Fatalf("%s and %d months = %s", d, n, m)
		}
	})
}

func TestSubstituteRuleIsASetting(t *testing.T) {
	for rule, works := range map[string]bool{"next_working_day": false, "none": true} {
		m := copyPack(t, "al")
		if rule == "none" {
			m["calendar.yaml"].Data = []byte(replaceOnce(t, string(m["calendar.yaml"].Data), "rule: next_working_day", "rule: none"))
		}
		p, err := country.Load(m)
		if err != nil {
			t.Fatal(err)
		}
		c, _ := p.Calendar("")
		d, _ := country.ParseDate("2026-11-30")
		if c.IsWorking(d) != works {
			t.Errorf("rule %s: 30 November 2026 working is %v, want %v", rule, !works, works)
		}
	}
}
