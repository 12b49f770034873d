package incident

import (
	"testing"

	"kulla.dev/internal/access"
	"kulla.dev/internal/db"
	"kulla.dev/internal/housetest"
	"kulla.dev/internal/registry"
)

// The real registry answers the room's question.
func TestTheRegistryAnswers(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		reg, err := registry.New(registry.Config{DB: d, Access: w.Access, Audit: w.Audit, Pack: testPack()})
		if err != nil {
			t.Fatal(err)
		}
		if err := reg.SeedPack(bg, access.System("test", "registry.read", "registry.write", "registry.import", "registry.approve"), testPack(), w.now); err != nil {
			t.Fatal(err)
		}
		w.Directory = FromRegistry{Registry: reg, Lang: "en"}
		id := testPack().Institutions[0].ID
		in := report(w.now)
		in.Institution = id
		r := w.submit(duty(), in)
		if v := w.get(duty(), r.Incident); v.Institution != id || v.Name == "" || v.Name == id {
			t.Errorf("institution %q is called %q", v.Institution, v.Name)
		}
		in = report(w.now)
		in.Institution = "nobody.has.this"
		if _, err := w.Submit(bg, duty(), in, w.now); len(fields(err)) != 1 {
			t.Errorf("unknown institution: %v", err)
		}
	})
}
