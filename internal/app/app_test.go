package app

import (
	"context"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kulla.dev/internal/db"
	"kulla.dev/internal/housetest"
)

// desk builds a whole desk on a database of the test's own.
func desk(t testing.TB, url string, o Options) *App {
	t.Helper()
	c := Defaults()
	dir := t.TempDir()
	c.Database, c.State, c.Listen, c.Metrics = url, filepath.Join(dir, "state"), "127.0.0.1:0", ""
	c.Mail.URL = "file:" + filepath.Join(dir, "mail")
	c.Demo = true
	a, err := New(context.Background(), c, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := a.Stop(ctx); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	return a
}

func TestTheStoryIsTold(t *testing.T) {
	housetest.EachURL(t, func(t *testing.T, url string) {
		clock := &Clock{}
		a := desk(t, url, Options{Now: clock.Now})
		began := time.Now()
		if err := a.Tell(t.Context(), clock, "sq", 1, nil); err != nil {
			t.Fatal(err)
		}
		t.Logf("told in %v", time.Since(began))
		_ = a.DB.Read(t.Context(), func(tx *db.Tx) error {
			for q, least := range map[string]int64{
				`SELECT count(*) FROM incident_incident`:                              80,
				`SELECT count(*) FROM incident_incident WHERE overdue_at IS NOT NULL`: 1,
				`SELECT count(*) FROM outbox_item WHERE state = 'sent'`:               80,
				`SELECT count(*) FROM audit_record WHERE seq IS NOT NULL`:             300,
			} {
				n, err := db.Count(tx, q)
				if err != nil || n < least {
					t.Errorf("%s = %d (%v), want at least %d", q, n, err, least)
				}
			}
			return nil
		})
	})
}

func TestADeskStartsAnswersAndStops(t *testing.T) {
	a := desk(t, housetest.SQLiteURL(t), Options{})
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/sign-in": 200, "/nowhere": 404, "/incidents": 200} {
		r, err := http.Get(a.URL() + path)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode != want && !(path == "/incidents" && r.StatusCode == 404) {
			t.Errorf("%s: %d, want %d", path, r.StatusCode, want)
		}
		if csp := r.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") {
			t.Errorf("%s: policy %q", path, csp)
		}
	}
}
