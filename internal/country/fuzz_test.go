package country_test

import (
	"io/fs"
	"testing"
	"testing/fstest"

	"golang.org/x/mod/sumdb/note"

	"kulla.dev/internal/country"
	"kulla.dev/packs"
)

// Whatever a file of a pack holds, loading it ends, without a panic, in a
// pack that can be checked or in an error.
func FuzzPackFile(f *testing.F) {
	err := fs.WalkDir(packs.FS, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(packs.FS, name)
		if len(b) < 20_000 {
			f.Add(b)
		}
		return err
	})
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{"roles: [{id: a, title: {en: A}}]\n", "a: &a [*a]\n", "regimes:\n  - stages:\n      - due: {min: [{min: [{after: aware}]}]}\n", "\x00", "calendars: [{id: c, version: 1, title: {en: c}, weekend: [monday], feasts: [{id: x, title: {en: x}, on: \"02-30\"}]}]\n", "- 1\n---\n- 2\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := country.Load(fstest.MapFS{"pack.yaml": {Data: []byte(minimal)}, "x.yaml": {Data: b}})
		if err != nil {
			if err.Error() == "" {
				t.Fatal("an error without a word")
			}
			return
		}
		for _, x := range country.Check(p) {
			if x.Text == "" || x.Where == "" || x.Key == "" {
				t.Fatalf("finding without words: %+v", x)
			}
		}
	})
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte("kulla country pack manifest v1\nzz 1\n00  a\n"))
	f.Add([]byte("\n\n— x y\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := country.Verify(fstest.MapFS{}, b, note.VerifierList()); err == nil {
			t.Fatal("verified without a key")
		}
	})
}
