package registry

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"testing"

	"kulla.dev/internal/db"
	"kulla.dev/internal/housetest"
)

func addr(s string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(s)
	return a, err == nil
}

// sheetOf makes a CSV of n institutions with what a ministry would send.
func sheetOf(n int) []byte {
	var b bytes.Buffer
	b.WriteString("name:sq,name:en,tax_id,sector,class,class_act,kinds,employees,networks,domains,contact_name,contact_mail,contact_phone\n")
	for i := range n {
		fmt.Fprintf(&b, "Ndërmarrja %s nr %d,Company number %d,L%08dQ,xa.power,%s,essential,%d,\"10.%d.%d.0/24; 2001:db8:%x::/48\",c%d.example,Person %d,sec@c%d.example,+355 4 %07d\n",
			[]string{"e Ujit", "e Energjisë", "Çelësi", "Banka", "Spitali"}[i%5], i, i, i, []string{"critical,Act 1/2026", "important,Act 1/2026", ","}[i%3], i%900+1, i/256%256, i%256, i%65536, i, i, i, i)
	}
	return b.Bytes()
}

func benchWorld(b *testing.B, n int) *world {
	b.Helper()
	w := newWorld(b, housetest.Open(b, housetest.SQLiteURL(b)))
	if n > 0 {
		if p, err := w.Import(context.Background(), duty, Upload{Data: sheetOf(n)}, nil, t0); err != nil || p.New != n {
			b.Fatal(p.New, p.Errors, err)
		}
	}
	return w
}

func BenchmarkImport(b *testing.B) {
	for _, n := range []int{200, 2_000, 20_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			data := sheetOf(n)
			for b.Loop() {
				b.StopTimer()
				w := benchWorld(b, 0)
				b.StartTimer()
				dry, err := w.Plan(b.Context(), duty, Upload{Data: data}, nil, t0)
				if err != nil || dry.New != n {
					b.Fatal(dry.New, err)
				}
				if p, err := w.Import(b.Context(), duty, Upload{Data: data, Seen: dry.Digest}, nil, t0); err != nil || !p.Done {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkRegister(b *testing.B) {
	for _, n := range []int{200, 2_000, 20_000} {
		w := benchWorld(b, n)
		run := func(name string, f func() error) {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				for b.Loop() {
					if err := f(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		first, err := w.List(context.Background(), duty, Query{Limit: 1})
		if err != nil {
			b.Fatal(err)
		}
		ctx := context.Background()
		run("list", func() error { _, err := w.List(ctx, duty, Query{}); return err })
		run("search-many", func() error { _, err := w.List(ctx, duty, Query{Text: "ndermarrja"}); return err })
		run("search-one", func() error { _, err := w.List(ctx, duty, Query{Text: "company 199"}); return err })
		run("suggest", func() error { _, err := w.Suggest(ctx, duty, "cel", "sq", 10); return err })
		run("counts", func() error { _, err := w.Counts(ctx, duty, Query{}); return err })
		run("tallies", func() error { _, err := w.Tallies(ctx, duty, AsOf{Day: "2026-11-24", Known: t0}); return err })
		run("get", func() error { _, err := w.Get(ctx, duty, first.Items[0].ID, t0); return err })
		run("own", func() error { _, err := w.List(ctx, officer(first.Items[0].ID), Query{}); return err })
		run("owner", func() error {
			return w.DB.Read(ctx, func(tx *db.Tx) error { _, err := w.OwnerOf(tx, "10.0.7.9", t0); return err })
		})
		run("plan-unchanged", func() error {
			_, err := w.Plan(ctx, duty, Upload{Data: sheetOf(n)}, nil, t0)
			return err
		})
	}
}

func BenchmarkDiff(b *testing.B) {
	w := newWorld(b, housetest.Open(b, housetest.SQLiteURL(b)))
	r := w.clean(full(), func() string { return "x" })
	s := r
	s.Note = "other"
	for b.Loop() {
		if len(Diff(r, s)) != 1 {
			b.Fatal("no difference")
		}
	}
}
