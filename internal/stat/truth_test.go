package stat

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

// truth reads a file of reference values.
func truth(t *testing.T, name string, into any) {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// number is a JSON number, null (NaN) or "Inf".
type number float64

func (n *number) UnmarshalJSON(b []byte) error {
	switch string(b) {
	case "null":
		*n = number(math.NaN())
		return nil
	case `"Inf"`:
		*n = number(math.Inf(1))
		return nil
	}
	var f float64
	err := json.Unmarshal(b, &f)
	*n = number(f)
	return err
}

// near checks got against want within tol, NaN and infinities included.
func near(t *testing.T, what string, got float64, want number, tol float64) {
	t.Helper()
	w := float64(want)
	switch {
	case math.IsNaN(w) && math.IsNaN(got), got == w:
	case math.IsNaN(w) || math.IsNaN(got) || math.IsInf(w, 0) || math.IsInf(got, 0) || math.Abs(got-w) > tol:
		t.Errorf("%s = %.12g, want %.12g ± %g", what, got, w, tol)
	}
}
