package db_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/housetest"
)

func TestTxCommitsAndRollsBack(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		insert := func(id string) func(*db.Tx) error {
			return func(tx *db.Tx) error {
				_, err := tx.Exec(`INSERT INTO audit_node (level, n, hash) VALUES (?, ?, ?)`, 1, len(id), []byte(id))
				return err
			}
		}
		if err := d.Tx(ctx, insert("a")); err != nil {
			t.Fatal(err)
		}
		boom := errors.New("boom")
		err := d.Tx(ctx, func(tx *db.Tx) error {
			if err := insert("bb")(tx); err != nil {
				return err
			}
			return boom
		})
		if !errors.Is(err, boom) {
			t.Fatalf("got %v, want boom", err)
		}
		var n int64
		if err := d.Read(ctx, func(tx *db.Tx) (err error) {
			n, err = db.Count(tx, `SELECT count(*) FROM audit_node WHERE '?' = '?'`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if n != 1 {
			t.Errorf("rows = %d, want 1: the second transaction was rolled back", n)
		}
		if err := d.Tx(ctx, insert("c")); !db.IsUnique(err) {
			t.Errorf("second row with the same key: %v, want a uniqueness error", err)
		}
	})
}

func TestMigrateIsSafeToRepeatAndRefusesNewer(t *testing.T) {
	housetest.EachURL(t, func(t *testing.T, url string) {
		ctx := t.Context()
		d := housetest.Open(t, url)
		again, err := d.Migrate(ctx)
		if err != nil || len(again) != 0 {
			t.Fatalf("second run applied %v, %v; want nothing", again, err)
		}
		if err := d.Tx(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, ` + map[db.Dialect]string{db.SQLite: "1", db.Postgres: "true"}[tx.Dialect()] + `)`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Migrate(ctx); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "db.schema-newer") {
			t.Errorf("newer schema: %v, want db.schema-newer", err)
		}
	})
}

func TestTwoNodesMigrateAtOnce(t *testing.T) {
	housetest.EachURL(t, func(t *testing.T, url string) {
		var wg sync.WaitGroup
		errs := make([]error, 4)
		for i := range errs {
			wg.Go(func() {
				d, err := db.Open(context.Background(), db.Config{URL: url})
				if err != nil {
					errs[i] = err
					return
				}
				defer d.Close()
				_, errs[i] = d.Migrate(context.Background())
			})
		}
		wg.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
	})
}

func TestConcurrentWritersLoseNothing(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		if err := d.Tx(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`INSERT INTO audit_node (level, n, hash) VALUES (7, 0, ?)`, []byte{})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for w := range 8 {
			wg.Go(func() {
				for i := range 20 {
					err := d.Tx(context.Background(), func(tx *db.Tx) error {
						_, err := tx.Exec(`INSERT INTO audit_node (level, n, hash) VALUES (8, ?, ?)`, w*100+i, []byte{1})
						return err
					})
					if err != nil {
						t.Errorf("writer %d: %v", w, err)
					}
				}
			})
		}
		wg.Wait()
		_ = d.Read(t.Context(), func(tx *db.Tx) error {
			n, err := db.Count(tx, `SELECT count(*) FROM audit_node WHERE level = 8`)
			if err != nil || n != 160 {
				t.Errorf("rows = %d (%v), want 160", n, err)
			}
			return nil
		})
	})
}

func TestBackupRestoreOnARunningDesk(t *testing.T) {
	dir := t.TempDir()
	live := filepath.Join(dir, "live.db")
	d := housetest.Open(t, "sqlite:"+live)
	write := func(n int) {
		if err := d.Tx(context.Background(), func(tx *db.Tx) error {
			_, err := tx.Exec(`INSERT INTO audit_node (level, n, hash) VALUES (1, ?, ?)`, n, []byte(fmt.Sprint(n)))
			return err
		}); err != nil {
			t.Error(err)
		}
	}
	for i := range 100 {
		write(i)
	}
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 1000; ; i++ {
			select {
			case <-stop:
				return
			default:
				write(i)
			}
		}
	})
	copyPath := filepath.Join(dir, "backup.db")
	if err := d.Backup(t.Context(), copyPath); err != nil {
		t.Fatal(err)
	}
	close(stop)
	wg.Wait()
	if err := d.Backup(t.Context(), copyPath); !fault.Is(err, fault.Conflict) {
		t.Errorf("backup over an existing file: %v, want a refusal", err)
	}
	target := filepath.Join(dir, "restored.db")
	if err := db.Restore(t.Context(), copyPath, target); err != nil {
		t.Fatal(err)
	}
	r := housetest.Open(t, "sqlite:"+target)
	sum := func(d *db.DB) (n int64) {
		_ = d.Read(context.Background(), func(tx *db.Tx) (err error) {
			n, err = db.Count(tx, `SELECT count(*) FROM audit_node WHERE n < 1000 AND hash = CAST(n AS TEXT)`)
			if err != nil || n == 0 {
				n, err = db.Count(tx, `SELECT count(*) FROM audit_node WHERE n < 1000`)
			}
			return err
		})
		return n
	}
	if a, b := sum(d), sum(r); a != 100 || b != 100 {
		t.Errorf("live has %d, restored %d of the first 100 rows", a, b)
	}
	broken := filepath.Join(dir, "broken.db")
	if err := os.WriteFile(broken, []byte(strings.Repeat("not a database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := db.Restore(t.Context(), broken, target); !fault.Is(err, fault.Invalid) {
		t.Errorf("restore from a broken file: %v, want a refusal", err)
	}
	if sum(housetest.Open(t, "sqlite:"+target)) != 100 {
		t.Error("a refused restore touched the database")
	}
}

func TestTextOrderIsBytewise(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		var got []string
		err := d.Read(t.Context(), func(tx *db.Tx) (err error) {
			got, err = db.All(tx, db.Scalar[string], `SELECT v FROM (SELECT 'b' AS v UNION ALL SELECT 'B' UNION ALL SELECT 'a' UNION ALL SELECT 'ë') x ORDER BY `+tx.Dialect().Bytewise("v"))
			return err
		})
		if err != nil || strings.Join(got, "") != "Babë" {
			t.Errorf("order %q (%v), want Babë", got, err)
		}
	})
}

func TestUnavailableIsSaid(t *testing.T) {
	_, err := db.Open(t.Context(), db.Config{URL: "postgres://nobody@127.0.0.1:1/none?connect_timeout=1"})
	if !fault.Is(err, fault.Unavailable) {
		t.Errorf("unreachable server: %v, want unavailable", err)
	}
	_, err = db.Open(t.Context(), db.Config{URL: "sqlite:/proc/none/kulla.db"})
	if err == nil {
		t.Error("a file that cannot be made must be an error")
	}
}

// A filter or an id typed into an address may hold any bytes: the reader is to
// blame for them, not the desk, whichever engine is asked.
func TestTextThatCannotBeStoredIsRefused(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		for _, text := range []string{"a\x00b", "\xff\xfe", "\xed\xa0\x80"} {
			err := d.Read(t.Context(), func(tx *db.Tx) error {
				_, err := db.All(tx, db.Scalar[string], `SELECT v FROM (SELECT 'a' AS v) x WHERE v = ?`, text)
				return err
			})
			if err != nil && !fault.Is(err, fault.Invalid) {
				t.Errorf("%q: %v, want invalid", text, err)
			}
		}
	})
}

func TestIDsSortByTime(t *testing.T) {
	t0 := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	a, b := db.NewID(t0), db.NewID(t0.Add(time.Millisecond))
	if !(a < b) || !db.ValidID(a) || db.ValidID("../etc") || db.ValidID(strings.ToUpper(a)) {
		t.Errorf("ids %q %q", a, b)
	}
}

func FuzzValidID(f *testing.F) {
	f.Add(db.NewID(time.Unix(0, 0)))
	f.Add("0190-../..")
	f.Fuzz(func(t *testing.T, s string) {
		if db.ValidID(s) && strings.ContainsAny(s, "/.\\%\x00 ") {
			t.Errorf("%q passed as an id", s)
		}
	})
}
