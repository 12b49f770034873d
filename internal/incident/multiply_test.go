package incident

import (
	"testing"

	"kulla.dev/internal/db"
	"kulla.dev/internal/housetest"
)

// A copy is an incident like the one it was made of: it opens, owes the same,
// counts, is found, and its owner alone may read it.
func TestMultiply(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		first := w.submit(officer(), report(w.now))
		before, err := w.Get(bg, duty(), first.Incident, w.now)
		if err != nil {
			t.Fatal(err)
		}
		const n = 1203
		owners := []Owner{{before.Institution, before.Name}, {"inst-b", "Second Waterworks"}}
		if err := w.Multiply(bg, n, owners, w.now, nil); err != nil {
			t.Fatal(err)
		}
		c, err := w.Queue(bg, duty(), Query{Limit: 200}, w.now)
		if err != nil || len(c.Rows) != 200 {
			t.Fatalf("%d listed, %v", len(c.Rows), err)
		}
		page, err := w.Queue(bg, duty(), Query{Text: "second waterworks", Limit: 10}, w.now)
		if err != nil || len(page.Rows) != 10 {
			t.Fatalf("%d found, %v", len(page.Rows), err)
		}
		page, err = w.Queue(bg, person("o", before.Institution, "officer"), Query{Limit: 200}, w.now)
		if err != nil || len(page.Rows) == 0 {
			t.Fatal(len(page.Rows), err)
		}
		numbers := map[string]bool{}
		for _, i := range page.Rows {
			numbers[i.Number] = true
			if i.Name != before.Name {
				t.Fatalf("%s of %s is shown to %s", i.Number, i.Name, before.Name)
			}
		}
		if len(numbers) != len(page.Rows) {
			t.Errorf("%d numbers for %d incidents", len(numbers), len(page.Rows))
		}
		for _, i := range page.Rows {
			if i.ID == first.Incident {
				continue
			}
			v, err := w.Get(bg, duty(), i.ID, w.now)
			if err != nil {
				t.Fatal(err)
			}
			if len(v.Submissions) != len(before.Submissions) || len(v.Result.Obligations) != len(before.Result.Obligations) {
				t.Errorf("%s has %d submissions and owes %d, its original %d and %d", i.Number, len(v.Submissions), len(v.Result.Obligations), len(before.Submissions), len(before.Result.Obligations))
			}
			break
		}
		again := w.submit(officer(), report(w.now))
		if numbers[again.Number] || again.Number == first.Number {
			t.Errorf("number %s is given twice", again.Number)
		}
		s, err := w.Series(bg, duty(), Slice{From: w.now.AddDate(-1, 0, 0), To: w.now.AddDate(0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		total := 0
		for _, p := range s.Points {
			total += p.N
		}
		if total != n+2 {
			t.Errorf("%d are counted, want %d", total, n+2)
		}
	})
}
