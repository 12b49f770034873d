package access

import (
	"fmt"
	"testing"

	"kulla.dev/internal/db"
	"kulla.dev/internal/housetest"
	"kulla.dev/internal/marking"
)

// BenchmarkFilter is what a request pays to learn which markings it may read.
func BenchmarkFilter(b *testing.B) {
	for _, n := range []int{10, 100, 1000, 10000} {
		b.Run(fmt.Sprintf("marks=%d", n), func(b *testing.B) {
			d := housetest.Open(b, housetest.SQLiteURL(b))
			desk, err := New(Config{DB: d, Key: make([]byte, 32), Cost: cheap, Table: testTable(),
				Record: func(*db.Tx, Actor, Record) error { return nil }})
			if err != nil {
				b.Fatal(err)
			}
			err = d.Tx(b.Context(), func(tx *db.Tx) error {
				for i := range n {
					if _, err := desk.Mark(tx, marking.MustParse(fmt.Sprintf("TLP:AMBER+STRICT SCOPE:auth,op-%d", i)), t0); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
			a := at("auth", Duty)
			err = d.Read(b.Context(), func(tx *db.Tx) error {
				for b.Loop() {
					if _, err := desk.Filter(tx, a, "incident.read"); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
		})
	}
}

// BenchmarkResolve is what a request pays to learn who asks.
func BenchmarkResolve(b *testing.B) {
	d := housetest.Open(b, housetest.SQLiteURL(b))
	desk, err := New(Config{DB: d, Key: make([]byte, 32), Cost: cheap, Table: testTable(), SecondOptional: true,
		Record: func(*db.Tx, Actor, Record) error { return nil }})
	if err != nil {
		b.Fatal(err)
	}
	if _, _, err := desk.CreateAdmin(b.Context(), "Root", "root@auth.example", "auth", goodPassword, t0); err != nil {
		b.Fatal(err)
	}
	e, err := desk.SignIn(b.Context(), "root@auth.example", goodPassword, browser, t0)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := desk.Resolve(b.Context(), e.Secret, t0); err != nil {
			b.Fatal(err)
		}
	}
}
