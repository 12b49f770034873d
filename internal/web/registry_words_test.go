package web

import (
	"testing"

	"kulla.dev/internal/country"
	"kulla.dev/internal/i18n"
	"kulla.dev/internal/registry"
)

func TestChangesAreSaidInWords(t *testing.T) {
	s := New(Config{Pack: &country.Pack{}})
	b := Base{Lang: i18n.Albanian}
	d := s.registryDiff(b, []registry.Change{
		{Field: "contacts/01a20e94-3918-7c0b-b715-427173aa8497/id", After: "01a20e94-3918-7c0b-b715-427173aa8497"},
		{Field: "contacts/01a20e94-3918-7c0b-b715-427173aa8497/mail", After: "post@clinic.example"},
		{Field: "sector/code", Before: "a", After: "b"},
		{Field: "sector/scheme", Before: "x", After: "y"},
		{Field: "names/start/text/sq", Before: "Klinika", After: ""},
	})
	want := []struct {
		field string
		tone  Tone
	}{{"Kontakti · posta elektronike", Good}, {"Sektori", Warn}, {"Emri · emri · sq", Bad}}
	if len(d.Rows) != len(want) {
		t.Fatalf("rows: %+v", d.Rows)
	}
	for i, w := range want {
		if d.Rows[i].Field != w.field || d.Rows[i].Tone != w.tone {
			t.Errorf("row %d: %q %q, want %q %q", i, d.Rows[i].Field, d.Rows[i].Tone, w.field, w.tone)
		}
	}
}
