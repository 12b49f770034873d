package regime_test

import (
	"os"
	"testing"

	"kulla.dev/internal/country"
	"kulla.dev/internal/regime"
)

// A country with other languages, another weekend and other laws passes
// through the same engine.
func TestMadeUpCountry(t *testing.T) {
	p, err := country.Load(os.DirFS("../housetest/testdata/pack-zz"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range regime.Check(p) {
		if f.Level != country.LevelNotice {
			t.Errorf("%s: %s: %s", f.Level, f.Where, f.Text)
		}
	}
	if len(p.ClockTests) < 5 {
		t.Errorf("only %d clock tests", len(p.ClockTests))
	}
}
