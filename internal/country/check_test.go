package country_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"kulla.dev/internal/country"
)

func replaceOnce(t *testing.T, text, old, new string) string {
	t.Helper()
	out := strings.Replace(text, old, new, 1)
	if out == text {
		t.Fatalf("the text does not contain %q", old)
	}
	return out
}

// Each way to spoil a pack is found, and says where.
func TestCheckFindsWhatIsWrong(t *testing.T) {
	for _, c := range []struct{ name, file, old, new, key, where string }{
		{"missing translation", "sectors.yaml", `, sq: "Energjia"}`, `}`, "country.check.missing-text", "sectors al.energy"},
		{"unknown institution", "roles.yaml", "institution: al.org.police", "institution: al.org.polis", "country.check.unknown", "role police"},
		{"unknown act", "regimes.yaml", "legal_ref: {act: al.law25-2024", "legal_ref: {act: al.law25-2025", "country.check.unknown", "regime al.cyber"},
		{"unknown class", "regimes.yaml", "entity.class(critical, important)", "entity.class(critical, importent)", "country.check.unknown", "regime al.cyber applies_to"},
		{"unknown role", "regimes.yaml", "to: [csirt, sectoral_csirt]", "to: [csirt, sectorial_csirt]", "country.check.unknown", "regime al.cyber"},
		{"unknown field", "regimes.yaml", "field: affected_services", "field: affected_service", "country.check.unknown", "regime al.cyber stage"},
		{"gap", "regimes.yaml", "valid_to: 2024-04-30", "valid_to: 2024-03-31", "country.check.gap", "regime al.cyber"},
		{"overlap", "regimes.yaml", "valid_to: 2024-04-30", "valid_to: 2024-05-31", "country.check.overlap", "regime al.cyber"},
		{"never applies", "regimes.yaml", "applies_to: entity.class(critical, important)", "applies_to: entity.class(critical) and not entity.class(critical)", "country.check.never-applies", "regime al.cyber"},
		{"never fires by its condition", "regimes.yaml", "when: entity.is(controller) and incident.high_risk", "when: entity.is(controller) and not entity.is(controller)", "country.check.never-fires", "regime al.data stage persons"},
		{"never fires by its anchor", "regimes.yaml", "due: {after: aware, hours: 4}", "due: {after: crossed, hours: 4}", "country.check.never-fires", "regime al.cyber stage initial"},
		{"never fires by what it follows", "regimes.yaml", "when: incident.recipients_affected", "when: 1 > 2", "country.check.never-fires", "stage recipients"},
		{"senseless condition", "regimes.yaml", "concerns: incident.personal_data_breach", "concerns: total(outage) > 3", "country.check.mismatch", "regime al.data concerns"},
		{"fact nobody states", "regimes.yaml", "concerns: incident.personal_data_breach", "concerns: incident.pdb", "country.check.fact-unasked", "regime al.data concerns"},
		{"placeholder", "templates.yaml", "was received on {received}", "was received on {receivd}", "country.check.placeholder-unknown", "template incident.receipt"},
		{"taxonomy code", "taxonomy.yaml", "to: fraud/phishing", "to: fraud/fishing", "country.check.unknown", "taxonomy al.quarterly"},
		{"level", "classification.yaml", `b: "NATO:secret"`, `b: "NATO:secrets"`, "country.check.unknown", "equivalence"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := copyPack(t, "al")
			m[c.file] = &fstest.MapFile{Data: []byte(replaceOnce(t, string(m[c.file].Data), c.old, c.new))}
			p, err := country.Load(m)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range country.Check(p) {
				if f.Key == c.key && strings.Contains(f.Where, c.where) {
					return
				}
			}
			t.Errorf("no finding %s at %s", c.key, c.where)
		})
	}
}

// What could not be walked at all is refused at load.
func TestLoadRefusesABrokenGraph(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"two meanings", "due: {after: aware, hours: 24}", "due: {after: aware, hours: 24, undue_delay: true}", "exactly one of after, min"},
		{"no unit", "due: {after: aware, hours: 24}", "due: {after: aware}", "exactly one of hours"},
		{"two units", "due: {after: aware, hours: 24}", "due: {after: aware, hours: 24, months: 1}", "exactly one of hours"},
		{"unknown stage", "fallback: due(notice)", "fallback: due(notise)", `there is no stage "notise"; did you mean "notice"?`},
		{"circle", "due: {after: aware, hours: 72}", "due: {after: due(final), hours: 72}", "waits for its own due"},
		{"negative", "due: {after: aware, hours: 24}", "due: {after: aware, hours: -24}", "counts backwards"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := copyPack(t, "al")
			m["regimes.yaml"] = &fstest.MapFile{Data: []byte(replaceOnce(t, string(m["regimes.yaml"].Data), c.old, c.new))}
			if _, err := country.Load(m); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Load says %v, want %q", err, c.want)
			}
		})
	}
}

func TestUnverifiedEquivalencesStayBlocked(t *testing.T) {
	p, err := country.Load(copyPack(t, "al"))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Equivalences) == 0 {
		t.Fatal("no equivalences")
	}
	for _, e := range p.Equivalences {
		if !e.Blocked() {
			t.Errorf("%s = %s is open, and nobody verified it", e.A, e.B)
		}
	}
}

func TestDatedNames(t *testing.T) {
	p, err := country.Load(copyPack(t, "al"))
	if err != nil {
		t.Fatal(err)
	}
	i, ok := p.Institution("al.org.ncsa")
	if !ok {
		t.Fatal("no authority")
	}
	for day, want := range map[string]string{"2022-07-15": "NAECCS", "2024-05-01": "NCSA", "": "NCSA"} {
		d := country.Date{}
		if day != "" {
			d, _ = country.ParseDate(day)
		}
		if got := i.NameOn(d).Short.In("en"); got != want {
			t.Errorf("on %q it was called %s, want %s", day, got, want)
		}
	}
	old, _ := p.Institution("al.org.alcirt")
	if old.Successor != i.ID {
		t.Errorf("successor %q", old.Successor)
	}
	if len(p.Glossary) != 158 {
		t.Errorf("%d glossary terms, want 158", len(p.Glossary))
	}
	n := 0
	tx, _ := p.Taxonomy("rsit")
	for _, c := range tx.Groups {
		n += len(c.Entries)
	}
	if len(tx.Groups) != 11 || n != 39 {
		t.Errorf("taxonomy has %d classes and %d entries, want 11 and 39", len(tx.Groups), n)
	}
	for _, f := range p.Figures {
		sum := 0.0
		for _, b := range f.Breakdown {
			sum += b.Value
		}
		if len(f.Breakdown) > 0 && sum != f.Value {
			t.Errorf("figure %s: the breakdown sums to %v, the figure is %v", f.ID, sum, f.Value)
		}
	}
}
