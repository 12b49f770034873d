// Package housetest holds what only tests need: databases of both engines, a
// small made-up country to test in, and the rules of the house as tests.
//
// Each runs a test on SQLite, always, and on PostgreSQL whenever one can be
// reached. KULLA_TEST_POSTGRES names the server (a URL of a database in which
// schemas may be made); where it is unset, the
// server of tests/postgres.sh is tried. With KULLA_TEST_BOTH=1 a missing
// PostgreSQL fails the test instead of skipping its half.
package housetest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver named "pgx"

	"kulla.dev/internal/db"
)

// Each runs f as a subtest on each engine with an empty, migrated database.
func Each(t *testing.T, f func(t *testing.T, d *db.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, Open(t, SQLiteURL(t))) })
	t.Run("postgres", func(t *testing.T) { f(t, Open(t, PostgresURL(t))) })
}

// EachURL is Each for tests that open the database themselves.
func EachURL(t *testing.T, f func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, SQLiteURL(t)) })
	t.Run("postgres", func(t *testing.T) { f(t, PostgresURL(t)) })
}

// Open opens and migrates the database and closes it with the test.
func Open(t testing.TB, dbURL string) *db.DB {
	t.Helper()
	d, err := db.Open(context.Background(), db.Config{URL: dbURL})
	if err != nil {
		t.Fatalf("open %s: %v", dbURL, err)
	}
	t.Cleanup(func() { _ = d.Close() })
	if _, err := d.Migrate(context.Background()); err != nil {
		t.Fatalf("migrate: %v", err)
	}
	return d
}

// SQLiteURL names a database file of the test's own.
func SQLiteURL(t testing.TB) string {
	return "sqlite:" + filepath.Join(t.TempDir(), "kulla.db")
}

var server = sync.OnceValues(func() (string, error) {
	var err error
	for _, u := range []string{os.Getenv("KULLA_TEST_POSTGRES"), "postgres://postgres@127.0.0.1:54329/postgres"} {
		if u == "" {
			continue
		}
		var h *sql.DB
		if h, err = sql.Open("pgx", u); err != nil {
			continue
		}
		err = h.Ping()
		h.Close()
		if err == nil {
			return u, nil
		}
	}
	return "", err
})

// PostgresURL makes a schema of the test's own and drops it afterwards.
func PostgresURL(t testing.TB) string {
	t.Helper()
	base, err := server()
	if err != nil {
		if os.Getenv("KULLA_TEST_BOTH") != "" {
			t.Fatalf("no PostgreSQL, and KULLA_TEST_BOTH is set: %v", err)
		}
		t.Skipf("no PostgreSQL to test on: %v", err)
	}
	var b [6]byte
	_, _ = rand.Read(b[:])
	name := "test_" + hex.EncodeToString(b[:])
	h, err := sql.Open("pgx", base)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if _, err := h.Exec("CREATE SCHEMA " + name); err != nil {
		t.Fatalf("make schema: %v", err)
	}
	t.Cleanup(func() {
		h, err := sql.Open("pgx", base)
		if err != nil {
			return
		}
		defer h.Close()
		_, _ = h.Exec("DROP SCHEMA " + name + " CASCADE")
	})
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return u.String()
}
