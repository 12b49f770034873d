package access

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/housetest"
	"kulla.dev/internal/marking"
)

var (
	t0      = time.Date(2026, 11, 24, 2, 40, 0, 0, time.UTC)
	browser = Visit{Addr: "192.0.2.7", Agent: "test"}
	// cheap hashes so quickly that tests are about the rules, not the cost.
	cheap = Cost{Memory: 64, Passes: 1, Lanes: 1}
)

const goodPassword = "seven quiet boats at noon"

// world is a desk with a record of what it recorded.
type world struct {
	*Desk
	t       *testing.T
	d       *db.DB
	mu      sync.Mutex
	records []Record
	by      []Actor
}

func newWorld(t *testing.T, d *db.DB, change func(*Config)) *world {
	t.Helper()
	w := &world{t: t, d: d}
	c := Config{DB: d, Key: []byte(strings.Repeat("k", 32)), Cost: cheap, Table: testTable(),
		Ceiling: []marking.Level{{System: "xa", Rank: 2}},
		Record: func(tx *db.Tx, by Actor, r Record) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.records, w.by = append(w.records, r), append(w.by, by)
			return nil
		}}
	if change != nil {
		change(&c)
	}
	desk, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	w.Desk = desk
	return w
}

func testTable() marking.Table {
	level := func(code string) marking.LevelName { return marking.LevelName{Code: code} }
	return marking.Table{
		Systems:      []marking.System{{ID: "xa", Levels: []marking.LevelName{level("R"), level("C"), level("S")}}},
		Compartments: []string{"ALPHA"},
		Caveats:      []string{"NO-CONTRACTOR"},
	}
}

func (w *world) did(verb string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, r := range w.records {
		if r.Verb == verb {
			n++
		}
	}
	return n
}

// make creates a person with a password and one role.
func (w *world) make(email, institution string, r Role) Person {
	w.t.Helper()
	p, _, err := w.Create(w.t.Context(), Draft{Name: "Test Person", Email: email, Languages: []string{"en"},
		Members:   []Membership{{Institution: institution, Role: r}},
		Clearance: Clearance{TLP: marking.TLPRed, Nations: []string{"XA"}},
	}, goodPassword, t0)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// enter signs a person in who has a second factor, setting one up if needed.
func (w *world) enter(email string, now time.Time) (secret string, a Actor, key string) {
	w.t.Helper()
	ctx := w.t.Context()
	e, err := w.SignIn(ctx, email, goodPassword, browser, now)
	if err != nil {
		w.t.Fatal(err)
	}
	if e.Next == NextEnrol {
		en, err := w.Enrol(ctx, e.Secret, now)
		if err != nil {
			w.t.Fatal(err)
		}
		key = en.Secret
		if e, _, err = w.ConfirmEnrol(ctx, e.Secret, codeAt(key, now), now); err != nil {
			w.t.Fatal(err)
		}
	}
	if a, err = w.Resolve(ctx, e.Secret, now); err != nil {
		w.t.Fatal(err)
	}
	return e.Secret, a, key
}

func codeAt(key string, now time.Time) string {
	b, err := base32Plain.DecodeString(key)
	if err != nil {
		panic(err)
	}
	return totpCode(b, now.Unix()/totpStep)
}

func want(t *testing.T, err error, k fault.Kind) {
	t.Helper()
	if !fault.Is(err, k) {
		t.Errorf("got %v, want %v", err, k)
	}
}

func TestNewRefusesAWeakKey(t *testing.T) {
	if _, err := New(Config{Key: []byte("short")}); err == nil {
		t.Error("accepted")
	}
}

// TestFilterAgreesWithMayOn reads a table of every owner and marking as every
// kind of reader and compares each row with MayOn, on both engines.
func TestFilterAgreesWithMayOn(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, nil)
		ctx := t.Context()
		type row struct {
			id          int
			owner, also string
			m           marking.Marking
		}
		var rows []row
		owners := []string{"op-1", "op-2", "auth", "it's"}
		marks := []string{
			"TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED", "TLP:AMBER REL:XA", "TLP:AMBER REL:XB",
			"TLP:GREEN CAVEAT:NO-CONTRACTOR", "TLP:AMBER CAVEAT:" + NotForSupervision, "LEVEL:xa=1", "LEVEL:xa=2 TLP:AMBER",
			"TLP:GREEN COMP:ALPHA", "TLP:GREEN SCOPE:op-1,auth", "TLP:RED NAMED:p-auth", "TLP:GREEN CASE:c1", "TLP:GREEN REL:-",
		}
		err := d.Tx(ctx, func(tx *db.Tx) error {
			if _, err := tx.Exec(`CREATE TABLE thing (id INTEGER PRIMARY KEY, mark_id BIGINT NOT NULL REFERENCES access_mark (id),
				owner_id TEXT NOT NULL, also_id TEXT NOT NULL)`); err != nil {
				return err
			}
			for _, o := range owners {
				for _, text := range marks {
					r := row{len(rows), o, owners[len(rows)%3], marking.MustParse(text)}
					id, err := w.Mark(tx, r.m, t0)
					if err != nil {
						return err
					}
					if again, err := w.Mark(tx, r.m, t0); err != nil || again != id {
						return fmt.Errorf("second id %d, %v", again, err)
					}
					if _, err := tx.Exec(`INSERT INTO thing VALUES (?, ?, ?, ?)`, r.id, int64(id), r.owner, r.also); err != nil {
						return err
					}
					rows = append(rows, r)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		random := rand.New(rand.NewPCG(1, 2))
		pick := func(from ...string) []string {
			return slices.DeleteFunc(from, func(string) bool { return random.IntN(2) == 0 })
		}
		readers := []Actor{{}, System("x", "incident.read", "incident.enforce"), at("it's", Officer)}
		for range 150 {
			a := at(owners[random.IntN(len(owners))])
			a.Kind = Kind(random.IntN(5))
			a.Person = "p-" + a.Institution
			for _, r := range Roles() {
				if random.IntN(5) == 0 {
					a.Roles = append(a.Roles, r)
				}
			}
			a.Scopes = []Permission{"incident.read", "incident.enforce", "registry.read"}
			if random.IntN(3) == 0 {
				a.Within = map[Role][]string{Duty: {"op-2"}, Analyst: {"op-1"}}
			}
			a.Clearance = Clearance{TLP: marking.TLP(random.IntN(6)), Nations: pick("XA", "XB"), Compartments: pick("ALPHA"),
				Cases: pick("c1"), Barred: pick("NO-CONTRACTOR"), Levels: []marking.Level{{System: "xa", Rank: random.IntN(3)}}}
			readers = append(readers, a)
		}
		seen := 0
		for _, a := range readers {
			for _, p := range []Permission{"incident.read", "incident.submit", "incident.enforce", "registry.read", "nothing.known"} {
				for _, parties := range []bool{false, true} {
					var got []int
					err := d.Read(ctx, func(tx *db.Tx) error {
						where, err := w.Filter(tx, a, p)
						if err != nil {
							return err
						}
						cond, args := where.SQL("t.mark_id", "t.owner_id")
						if parties {
							cond, args = where.SQL("t.mark_id", "t.owner_id", "t.also_id")
						}
						got, err = db.All(tx, db.Scalar[int], `SELECT id FROM thing t WHERE `+cond+` ORDER BY id`, args...)
						return err
					})
					if err != nil {
						t.Fatal(err)
					}
					var want []int
					for _, r := range rows {
						o := Object{Owner: r.owner, Mark: r.m}
						if parties {
							o.Parties = []string{r.also}
						}
						if MayOn(a, p, o) == nil {
							want = append(want, r.id)
						}
					}
					seen += len(want)
					if !slices.Equal(got, want) {
						t.Fatalf("%+v %s: SQL reads %v, MayOn %v", a, p, got, want)
					}
				}
			}
		}
		if seen < 1000 {
			t.Errorf("only %d rows were read at all", seen)
		}
		if cond, _ := (Where{}).SQL("m", "o"); cond != "(1 = 0)" {
			t.Errorf("the zero Where lets through %s", cond)
		}
	})
}

func TestMarkRefuses(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, nil)
		for _, m := range []marking.Marking{
			{}, marking.MustParse("LEVEL:xa=3"), marking.MustParse("LEVEL:zz=1"), marking.MustParse("TLP:RED COMP:BETA"),
		} {
			err := d.Tx(t.Context(), func(tx *db.Tx) error {
				_, err := w.Mark(tx, m, t0)
				return err
			})
			want(t, err, fault.Invalid)
		}
	})
}

// A marking written in a transaction that failed must not be remembered as
// something rows can carry, and must be writable later.
func TestMarkOfARolledBackTransaction(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, nil)
		m := marking.MustParse("TLP:AMBER COMP:ALPHA")
		stop := errors.New("stop")
		var first MarkID
		err := d.Tx(t.Context(), func(tx *db.Tx) (err error) {
			if first, err = w.Mark(tx, m, t0); err != nil {
				return err
			}
			if _, err := w.Filter(tx, at("a", Duty), "incident.read"); err != nil {
				return err
			}
			return stop
		})
		if !errors.Is(err, stop) {
			t.Fatal(err)
		}
		err = d.Tx(t.Context(), func(tx *db.Tx) error {
			id, err := w.Mark(tx, m, t0)
			if err != nil {
				return err
			}
			got, err := w.MarkOf(tx, id)
			if err == nil && (!got.Equal(m) || id != first) {
				err = fmt.Errorf("%d is %s, want %d %s", id, got, first, m)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestMarkAtOnce(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, nil)
		var wg sync.WaitGroup
		for i := range 16 {
			wg.Go(func() {
				err := d.Tx(context.WithoutCancel(t.Context()), func(tx *db.Tx) error {
					for j := range 5 {
						if _, err := w.Mark(tx, marking.MustParse(fmt.Sprintf("TLP:RED CASE:c%d", (i+j)%5)), t0); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	})
}
