package country_test

import (
	"testing"

	"kulla.dev/internal/country"
	"kulla.dev/packs"
)

func TestCountryLoadsAloneAndWithRegimes(t *testing.T) {
	for _, ids := range [][]string{{"al"}, {"al", "eu-nis2", "eu-dora"}, {"al", "eu-nis2", "eu-dora", "eu-gdpr", "eu-cra", "eu-cer"}} {
		p, err := country.LoadAll(packs.FS, ids...)
		if err != nil {
			t.Fatalf("LoadAll(%v): %v", ids, err)
		}
		if len(p.Parts) != len(ids) || p.ID != ids[0] {
			t.Errorf("parts %v of %v", p.Parts, ids)
		}
	}
}
