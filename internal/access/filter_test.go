package access

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"kulla.dev/internal/db"
	"kulla.dev/internal/housetest"
	"kulla.dev/internal/marking"
)

// manyMarks is a desk with a table of one row for each of n institutions, each
// marked for the authority and itself.
func manyMarks(t *testing.T, d *db.DB, n int) *world {
	t.Helper()
	w := newWorld(t, d, nil)
	err := d.Tx(t.Context(), func(tx *db.Tx) error {
		if _, err := tx.Exec(`CREATE TABLE thing (id INTEGER PRIMARY KEY, mark_id BIGINT NOT NULL, owner_id TEXT NOT NULL)`); err != nil {
			return err
		}
		for i := range n {
			if err := w.thing(tx, i, fmt.Sprintf("op-%d", i)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) thing(tx *db.Tx, i int, owner string) error {
	id, err := w.Mark(tx, marking.MustParse("TLP:AMBER+STRICT SCOPE:auth,"+owner), t0)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO thing VALUES (?, ?, ?)`, i, int64(id), owner)
	return err
}

// things lists what an actor may read, and the condition that said so.
func things(tx *db.Tx, d *Desk, a Actor) ([]int, string, error) {
	where, err := d.Filter(tx, a, "incident.read")
	if err != nil {
		return nil, "", err
	}
	cond, args := where.SQL("t.mark_id", "t.owner_id")
	got, err := db.All(tx, db.Scalar[int], `SELECT id FROM thing t WHERE `+cond+` ORDER BY id`, args...)
	return got, cond, err
}

func TestFilterStaysShort(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		const n = 300
		w := manyMarks(t, d, n)
		if err := d.Tx(t.Context(), func(tx *db.Tx) error {
			id, err := w.Mark(tx, marking.MustParse("TLP:RED SCOPE:op-1"), t0)
			if err != nil {
				return err
			}
			_, err = tx.Exec(`INSERT INTO thing VALUES (?, ?, 'op-1')`, n, int64(id))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		deaf := at("auth", Duty)
		deaf.Clearance.TLP = marking.TLPNone
		for _, c := range []struct {
			name string
			by   Actor
			want int
			ids  int
		}{
			{"authority reads all but one", at("auth", Duty), n, 1},
			{"an institution reads its own", at("op-1", Officer), 2, 2},
			{"another reads its own", at("op-2", Officer), 1, 1},
			{"in no label's audience", deaf, 0, 0},
		} {
			for range 2 { // decided, then remembered
				if err := d.Read(t.Context(), func(tx *db.Tx) error {
					got, cond, err := things(tx, w.Desk, c.by)
					ids := 0
					if strings.Contains(cond, " IN (") {
						list, _, _ := strings.Cut(cond, ")")
						ids = 1 + strings.Count(list, ",")
					}
					if len(got) != c.want || ids != c.ids {
						t.Errorf("%s: %d rows by a list of %d, want %d by %d", c.name, len(got), ids, c.want, c.ids)
					}
					return err
				}); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

// What one reader may see is remembered; a marking that is new, was rolled
// back, or was written by another node changes it at once.
func TestFilterSeesNewMarkingsAtOnce(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := manyMarks(t, d, 3)
		other := newWorld(t, d, nil) // another node on the same database
		by := at("auth", Duty)
		next := 3
		check := func(tx *db.Tx, desk *Desk, want int) error {
			got, _, err := things(tx, desk, by)
			if len(got) != want {
				t.Errorf("reads %v, want %d", got, want)
			}
			return err
		}
		read := func(desk *Desk, want int) {
			t.Helper()
			if err := d.Read(t.Context(), func(tx *db.Tx) error { return check(tx, desk, want) }); err != nil {
				t.Fatal(err)
			}
		}
		read(w.Desk, 3)
		read(other.Desk, 3)
		stop := errors.New("stop")
		for _, round := range []struct {
			owner string
			keep  bool
		}{{"op-a", false}, {"op-b", true}, {"op-a", false}, {"op-c", false}, {"op-a", true}} {
			err := d.Tx(t.Context(), func(tx *db.Tx) error {
				if err := other.thing(tx, next, round.owner); err != nil {
					return err
				}
				// A marking this reader may not see: the list must not let it through.
				id, err := other.Mark(tx, marking.MustParse("TLP:RED SCOPE:"+round.owner), t0)
				if err != nil {
					return err
				}
				if _, err := tx.Exec(`INSERT INTO thing VALUES (?, ?, ?)`, next+1000, int64(id), round.owner); err != nil {
					return err
				}
				if err := check(tx, other.Desk, next+1); err != nil || round.keep {
					return err
				}
				return stop
			})
			if round.keep {
				next++
			}
			if err != nil && !errors.Is(err, stop) {
				t.Fatal(err)
			}
			read(w.Desk, next)
			read(other.Desk, next)
		}
	})
}

// A writing transaction on PostgreSQL may meet, in a later statement, rows with
// markings that were not there when the filter was made: they stay out.
func TestFilterLetsNothingUndecidedThrough(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		if d.Dialect() == db.SQLite {
			t.Skip("one writer at a time: nothing comes between")
		}
		w := manyMarks(t, d, 3)
		by := at("auth", Duty)
		err := d.Tx(t.Context(), func(tx *db.Tx) error {
			where, err := w.Filter(tx, by, "incident.read")
			if err != nil {
				return err
			}
			if err := d.Tx(t.Context(), func(tx *db.Tx) error {
				id, err := w.Mark(tx, marking.MustParse("TLP:RED SCOPE:op-1"), t0)
				if err != nil {
					return err
				}
				_, err = tx.Exec(`INSERT INTO thing VALUES (99, ?, 'op-1')`, int64(id))
				return err
			}); err != nil {
				return err
			}
			cond, args := where.SQL("t.mark_id", "t.owner_id")
			got, err := db.All(tx, db.Scalar[int], `SELECT id FROM thing t WHERE `+cond+` ORDER BY id`, args...)
			if !slices.Equal(got, []int{0, 1, 2}) {
				t.Errorf("reads %v", got)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
