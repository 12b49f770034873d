package regime_test

import (
	"testing"

	"kulla.dev/internal/country"
	"kulla.dev/internal/regime"
	"kulla.dev/packs"
)

func TestShippedPacksPassTheirOwnChecks(t *testing.T) {
	for _, ids := range [][]string{{"al"}, {"eu-nis2"}, {"eu-dora", "eu-nis2"}, {"eu-gdpr", "eu-nis2"}, {"eu-cra"}, {"eu-cer"},
		{"al", "eu-nis2", "eu-dora", "eu-gdpr", "eu-cra", "eu-cer"}} {
		p, err := country.LoadAll(packs.FS, ids...)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range regime.Check(p) {
			if f.Level != country.LevelNotice {
				t.Errorf("%v: %s: %s: %s", ids, f.Level, f.Where, f.Text)
			}
		}
	}
}
