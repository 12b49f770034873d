package audit

import (
	"context"
	"strings"
	"testing"

	"kulla.dev/internal/db"
	"kulla.dev/internal/housetest"
)

// What Fill writes is a ledger like any other: proven, provable, continued by
// real records, and a changed row of it is found.
func TestFillIsALedger(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		l, ctx := w.Ledger, t.Context()
		w.write(t, 300)
		const n = 2*fillBatch + 777
		if err := l.Fill(ctx, n, t0, nil); err != nil {
			t.Fatal(err)
		}
		w.write(t, 1)
		w.seal(t, 1)
		v, err := l.Verify(ctx, VerifyOptions{Verifier: w.ver})
		if err != nil || v.Records != 300+n+1 || v.Open != 0 {
			t.Fatalf("verified %+v: %v", v, err)
		}
		rows, err := l.List(ctx, Query{ObjectID: "0197a1b2-0000-7000-8000-000000000007", Limit: 1})
		if err != nil || len(rows) != 1 {
			t.Fatal(rows, err)
		}
		p, err := l.Prove(ctx, rows[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Check(w.ver); err != nil {
			t.Errorf("proof of a filled record: %v", err)
		}
		w.sql(t, `UPDATE audit_record SET org = 'x' WHERE seq = 20000`)
		if _, err := l.Verify(ctx, VerifyOptions{}); err == nil || !strings.Contains(err.Error(), "seq 20000 ") {
			t.Errorf("an edited row reads %v", err)
		}
	})
}

// A desk that goes on sealing while it is verified is not called broken.
func TestVerifyOfARunningDesk(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		if err := w.Fill(t.Context(), 5000, t0, nil); err != nil {
			t.Fatal(err)
		}
		stop, done := make(chan struct{}), make(chan error, 1)
		go func() {
			for {
				select {
				case <-stop:
					done <- nil
					return
				default:
				}
				err := w.DB.Tx(context.Background(), func(tx *db.Tx) error {
					return w.insert(tx, Record{ID: db.NewID(t0), At: t0, Actor: "a", Verb: "x.y", Object: "o", Detail: "{}"})
				})
				if err == nil {
					_, _, err = New(Config{DB: d, MACKey: w.MACKey, Signer: w.Signer}).Seal(context.Background(), t0)
				}
				if err != nil {
					done <- err
					return
				}
			}
		}()
		for range 30 {
			if _, err := w.Verify(t.Context(), VerifyOptions{Verifier: w.ver}); err != nil {
				t.Error(err)
				break
			}
		}
		close(stop)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	})
}
