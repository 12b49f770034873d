package audit

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"kulla.dev/internal/db"
	"kulla.dev/internal/housetest"
)

var t0 = time.Date(2026, 3, 27, 22, 30, 0, 0, time.UTC)

type world struct {
	*Ledger
	ver     note.Verifier
	anchors []Checkpoint
}

func newWorld(t testing.TB, d *db.DB) *world {
	skey, vkey, err := note.GenerateKey(rand.Reader, "kulla.test")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{}
	signer, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	if w.ver, err = note.NewVerifier(vkey); err != nil {
		t.Fatal(err)
	}
	w.Ledger = New(Config{DB: d, MACKey: []byte("key of the test desk"), Signer: signer,
		Anchor: func(c Checkpoint) error { w.anchors = append(w.anchors, c); return nil }})
	return w
}

func (w *world) write(t testing.TB, n int) {
	t.Helper()
	if err := w.DB.Tx(context.Background(), func(tx *db.Tx) error {
		for i := range n {
			at := t0.Add(time.Duration(i) * time.Millisecond)
			if err := w.insert(tx, Record{ID: db.NewID(at), At: at, Actor: "person", Org: "org", Verb: "incident.submit",
				Object: "incident", ObjectID: fmt.Sprint(i), Mark: "TLP:AMBER", Request: "r", Detail: `{"n":1}`}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func (w *world) seal(t testing.TB, want int) {
	t.Helper()
	n, forged, err := w.Seal(context.Background(), t0.Add(time.Hour))
	if err != nil || n != want || len(forged) != 0 {
		t.Fatalf("sealed %d, forged %v, %v; want %d", n, forged, err, want)
	}
}

func (w *world) sql(t testing.TB, q string, args ...any) {
	t.Helper()
	if err := w.DB.Tx(context.Background(), func(tx *db.Tx) error { _, err := tx.Exec(q, args...); return err }); err != nil {
		t.Fatal(err)
	}
}

func TestVerifyFindsEveryTampering(t *testing.T) {
	chainHex := `(SELECT chain FROM audit_record WHERE seq = 4)`
	cases := []struct {
		name string
		do   []string
		seq  int64
		what string
	}{
		{"edit a detail", []string{`UPDATE audit_record SET detail = '{"n":2}' WHERE seq = 700`}, 700, "edited"},
		{"edit the time", []string{`UPDATE audit_record SET at = at + 1 WHERE seq = 0`}, 0, "edited"},
		{"edit the marking", []string{`UPDATE audit_record SET mark = 'TLP:CLEAR' WHERE seq = 999`}, 999, "edited"},
		{"move text between fields", []string{`UPDATE audit_record SET actor = 'perso', org = 'norg' WHERE seq = 5`}, 5, "edited"},
		{"edit the chain value too", []string{`UPDATE audit_record SET chain = ` + chainHex + ` WHERE seq = 5`}, 5, "edited"},
		{"delete one", []string{`DELETE FROM audit_record WHERE seq = 300`}, 300, "missing"},
		{"delete the first", []string{`DELETE FROM audit_record WHERE seq = 0`}, 0, "missing"},
		{"delete and close the gap", []string{`DELETE FROM audit_record WHERE seq = 300`, `UPDATE audit_record SET seq = -seq WHERE seq > 300`, `UPDATE audit_record SET seq = -seq - 1 WHERE seq < 0`}, 300, "edited"},
		{"reorder two", []string{`UPDATE audit_record SET seq = -1 WHERE seq = 10`, `UPDATE audit_record SET seq = 10 WHERE seq = 11`, `UPDATE audit_record SET seq = 11 WHERE seq = -1`}, 10, "edited"},
		{"insert after the end", []string{`INSERT INTO audit_record (id, at, actor, org, verb, object, object_id, mark, request, detail, mac, seq, chain) SELECT 'x', at, actor, org, verb, object, object_id, mark, request, detail, mac, 1000, chain FROM audit_record WHERE seq = 999`}, 1000, "edited"},
		{"insert an open record", []string{`INSERT INTO audit_record (id, at, actor, org, verb, object, object_id, mark, request, detail, mac) SELECT 'forged', at, 'somebody', org, verb, object, object_id, mark, request, detail, mac FROM audit_record WHERE seq = 1`}, -1, "inserted"},
		{"truncate the rows", []string{`DELETE FROM audit_record WHERE seq >= 990`}, 990, "missing"},
		{"truncate rows and head", []string{`DELETE FROM audit_record WHERE seq >= 990`, `UPDATE audit_head SET size = 990, chain = (SELECT chain FROM audit_record WHERE seq = 989)`}, 990, "truncated"},
		{"truncate to a checkpoint, everywhere", []string{`DELETE FROM audit_record WHERE seq >= 600`, `DELETE FROM audit_checkpoint WHERE size > 600`, `DELETE FROM audit_node WHERE n >= 2`,
			`UPDATE audit_head SET size = 600, chain = (SELECT chain FROM audit_record WHERE seq = 599)`}, 600, "truncated"},
		{"truncate all", []string{`DELETE FROM audit_record`, `DELETE FROM audit_checkpoint`, `DELETE FROM audit_node`, `UPDATE audit_head SET size = 0`}, 0, "truncated"},
		{"delete a checkpoint", []string{`DELETE FROM audit_checkpoint WHERE size = 1000`}, 600, "checkpoint"},
		{"edit a checkpoint", []string{`UPDATE audit_checkpoint SET root = (SELECT hash FROM audit_node WHERE level = 1 AND n = 0) WHERE size = 600`}, 599, "checkpoint"},
		{"forge a signature", []string{`UPDATE audit_checkpoint SET note = (SELECT note FROM audit_checkpoint WHERE size = 600) WHERE size = 1000`}, 999, "checkpoint"},
		{"edit a tree node", []string{`UPDATE audit_node SET hash = (SELECT hash FROM audit_node WHERE level = 1 AND n = 0) WHERE level = 1 AND n = 2`}, 0, "node"},
		{"delete a tree node", []string{`DELETE FROM audit_node WHERE level = 1 AND n = 1`}, 512, "node"},
		{"edit the head", []string{`UPDATE audit_head SET size = 999`}, 999, "head"},
		{"delete the head", []string{`DELETE FROM audit_head`}, -1, "head"},
	}
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.write(t, 600)
		w.seal(t, 600)
		w.write(t, 400)
		w.seal(t, 400)
		anchor := w.anchors[len(w.anchors)-1]
		check := func() (Verified, error) {
			return w.Verify(context.Background(), VerifyOptions{Verifier: w.ver, Anchor: &anchor})
		}
		v, err := check()
		if err != nil || v.Records != 1000 || v.Checkpoints != 2 || v.Signed != 2 {
			t.Fatalf("untouched ledger: %+v, %v", v, err)
		}
		tables := []string{"audit_record", "audit_checkpoint", "audit_node", "audit_head"}
		for _, tb := range tables {
			w.sql(t, `CREATE TABLE keep_`+tb+` AS SELECT * FROM `+tb)
		}
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				for _, q := range c.do {
					w.sql(t, q)
				}
				_, err := check()
				b, ok := errors.AsType[*Broken](err)
				if !ok || b.What != c.what || b.Seq != c.seq {
					t.Errorf("found %v, want %s at %d", err, c.what, c.seq)
				}
				for _, tb := range tables {
					w.sql(t, `DELETE FROM `+tb)
					w.sql(t, `INSERT INTO `+tb+` SELECT * FROM keep_`+tb)
				}
			})
		}
		if _, err := check(); err != nil {
			t.Fatalf("restored ledger: %v", err)
		}
	})
}

func TestForgedOpenRecordIsNeverSealed(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.write(t, 3)
		w.sql(t, `UPDATE audit_record SET actor = 'other' WHERE object_id = '1'`)
		n, forged, err := w.Seal(t.Context(), t0)
		if err != nil || n != 2 || len(forged) != 1 {
			t.Fatalf("sealed %d, forged %v, %v", n, forged, err)
		}
	})
}

func TestProofOfOneRecordStandsAlone(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		for range 5 {
			w.write(t, 333)
			w.seal(t, 333)
		}
		rs, err := w.List(t.Context(), Query{Limit: 2000})
		if err != nil || len(rs) != 1665 {
			t.Fatalf("%d records, %v", len(rs), err)
		}
		for i := 0; i < len(rs); i += 97 {
			p, err := w.Prove(t.Context(), rs[i].ID)
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Check(w.ver); err != nil {
				t.Errorf("proof of %d: %v", p.Seq, err)
			}
			if len(p.Path) > 12 {
				t.Errorf("proof holds %d hashes for 1665 records", len(p.Path))
			}
			p.Text = strings.Replace(p.Text, "person", "nobody", 1)
			if p.Check(w.ver) == nil {
				t.Error("a false text passed")
			}
		}
	})
}

func TestManyNodesSealOneOrder(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for range 10 {
					w.write(t, 20)
					if _, _, err := New(Config{DB: d, MACKey: w.MACKey, Signer: w.Signer}).Seal(context.Background(), t0); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if _, _, err := w.Seal(t.Context(), t0); err != nil {
			t.Fatal(err)
		}
		v, err := w.Verify(t.Context(), VerifyOptions{Verifier: w.ver})
		if err != nil || v.Records != 800 || v.Open != 0 {
			t.Fatalf("%+v, %v; want 800 records", v, err)
		}
	})
}

func TestSeparatorsCannotForgeALeaf(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		if err := d.Tx(t.Context(), func(tx *db.Tx) error {
			return w.insert(tx, Record{ID: db.NewID(t0), At: t0, Actor: "a\x1fb", Org: "\x1e", Verb: "x.y", Object: "o\x00", ObjectID: "1", Detail: "{}"})
		}); err != nil {
			t.Fatal(err)
		}
		w.seal(t, 1)
		if _, err := w.Verify(t.Context(), VerifyOptions{}); err != nil {
			t.Error(err)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			w := newWorld(b, housetest.Open(b, housetest.SQLiteURL(b)))
			for range n / 10_000 {
				w.write(b, 10_000)
				w.seal(b, 10_000)
			}
			for b.Loop() {
				if _, err := w.Verify(b.Context(), VerifyOptions{Verifier: w.ver}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
