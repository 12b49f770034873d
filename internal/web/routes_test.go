package web

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestRoutesAreGolden shows a reviewer every change of the outside surface.
func TestRoutesAreGolden(t *testing.T) {
	var got strings.Builder
	if err := New(Config{}).WriteRoutes(&got); err != nil {
		t.Fatal(err)
	}
	const path = "testdata/routes.golden"
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() == string(want) {
		return
	}
	had := map[string]bool{}
	for l := range strings.Lines(string(want)) {
		had[l] = true
	}
	for l := range strings.Lines(got.String()) {
		if !had[l] {
			t.Errorf("new: %s", l)
		}
		delete(had, l)
	}
	for l := range had {
		t.Errorf("gone: %s", l)
	}
	t.Error("the surface changed, or its order did; look at it, then run with -update")
}
