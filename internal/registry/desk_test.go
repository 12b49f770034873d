package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kulla.dev/internal/access"
	"kulla.dev/internal/audit"
	"kulla.dev/internal/country"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/housetest"
	"kulla.dev/internal/marking"
)

var t0 = time.Date(2026, 11, 24, 2, 40, 0, 0, time.UTC)

// testPack is a made-up country.
func testPack() *country.Pack {
	day := func(s string) country.Date {
		d, err := country.ParseDate(s)
		if err != nil {
			panic(err)
		}
		return d
	}
	return &country.Pack{
		ID: "xa", Version: "1", Code: "XA", Languages: []string{"sq", "en"},
		Sectors:     []country.Sector{{ID: "xa.energy"}, {ID: "xa.power", Parent: "xa.energy"}, {ID: "xa.health"}, {ID: "xa.public"}},
		Classes:     []country.Class{{ID: "critical", Rank: 3, Listed: true}, {ID: "important", Rank: 2, Listed: true}, {ID: "unlisted", Rank: 1}},
		EntityKinds: []country.Term{{ID: "essential"}, {ID: "important"}, {ID: "financial"}, {ID: "authority"}, {ID: "operator"}},
		Institutions: []country.Institution{
			{ID: "xa.org.old", Names: []country.Name{{Text: country.Text{"en": "Old Agency"}, To: day("2020-12-31")}}, Kind: "authority",
				Successor: "xa.org.authority", Until: day("2020-12-31")},
			{ID: "xa.org.authority", Kind: "authority", Sector: "xa.public", Domain: "authority.example", Since: day("2021-01-01"), Names: []country.Name{
				{Text: country.Text{"sq": "Enti i Parë", "en": "First Authority"}, Short: country.Text{"en": "FA"}, From: day("2021-01-01"), To: day("2023-12-31")},
				{Text: country.Text{"sq": "Enti Kombëtar", "en": "National Authority"}, Short: country.Text{"en": "NA"}, From: day("2024-01-01")},
			}},
		},
	}
}

type world struct {
	*Desk
	t testing.TB
}

func newWorld(t testing.TB, d *db.DB) *world {
	t.Helper()
	ledger := audit.New(audit.Config{DB: d, MACKey: []byte(strings.Repeat("m", 32))})
	a, err := access.New(access.Config{DB: d, Key: []byte(strings.Repeat("k", 32)), Cost: access.Cost{Memory: 64, Passes: 1, Lanes: 1},
		Record: func(tx *db.Tx, by access.Actor, r access.Record) error {
			return ledger.Record(tx, by, audit.Entry{Verb: r.Verb, Object: r.Object, ObjectID: r.ObjectID, Detail: r.Detail}, r.At)
		}})
	if err != nil {
		t.Fatal(err)
	}
	desk, err := New(Config{DB: d, Access: a, Audit: ledger, Pack: testPack()})
	if err != nil {
		t.Fatal(err)
	}
	return &world{desk, t}
}

func person(id, institution string, tlp marking.TLP, roles ...access.Role) access.Actor {
	return access.Actor{Kind: access.KindPerson, Person: id, Name: id, Institution: institution, Roles: roles, Fresh: t0.Add(72 * time.Hour),
		Clearance: access.Clearance{TLP: tlp, Nations: []string{"XA"}}}
}

var (
	duty       = person("p-duty", "xa.org.authority", marking.TLPRed, access.Duty)
	duty2      = person("p-duty-2", "xa.org.authority", marking.TLPRed, access.Duty)
	analyst    = person("p-analyst", "xa.org.authority", marking.TLPAmber, access.Analyst)
	supervisor = person("p-supervisor", "xa.org.authority", marking.TLPRed, access.Supervisor)
	admin      = person("p-admin", "xa.org.authority", marking.TLPRed, access.Administrator)
)

func officer(id ID) access.Actor {
	return person("p-officer-"+string(id), string(id), marking.TLPAmberStrict, access.Officer)
}

func (w *world) make(r Record, now time.Time) Institution {
	w.t.Helper()
	in, err := w.Create(context.Background(), duty, Draft{Record: r}, now)
	if err != nil {
		w.t.Fatalf("create: %v", err)
	}
	return in
}

func want(t testing.TB, err error, k fault.Kind) {
	t.Helper()
	if !fault.Is(err, k) {
		t.Errorf("got %v, want %v", err, k)
	}
}

func number(f float64) *float64 { return &f }

// full is a record with something in every field.
func full() Record {
	return Record{
		Names: []Name{
			{Text: country.Text{"sq": "Operatori i Vjetër"}, To: "2022-12-31"},
			{Text: country.Text{"sq": "Operatori i Sistemit të Çelur", "en": "Grid Operator"}, Short: country.Text{"sq": "OSÇ"}, From: "2023-01-01"},
		},
		Kind: "operator", Role: country.Text{"en": "Runs the grid"}, Sector: Coded{Code: "xa.power"}, Country: "xa", TaxID: "L 1234-5678 M",
		LEI: "5493001KJTIIGC8Y1R12", Authority: "xa.org.authority", Since: "1998-03-01", Zone: "Europe/Rome",
		Kinds:         []Kind{{ID: "essential", From: "2024-10-18"}, {ID: "financial", Disputed: true}},
		KindsComplete: true,
		Attributes:    []Attribute{{Name: "annual_turnover", Number: number(2e7), AsOf: "2024-12-31"}, {Name: "annual_turnover", Number: number(3e7), AsOf: "2025-12-31"}, {Name: "employees", Number: number(480)}},
		Infrastructures: []Infrastructure{{Name: country.Text{"en": "Control centre"}, Sector: Coded{Code: "xa.power"}, Classes: []ClassSpan{
			{Class: "important", From: "2022-01-01", To: "2024-06-30", Act: "VKM 1/2022"}, {Class: "critical", From: "2024-07-01", Act: "VKM 2/2024", Reason: "grew"}}}},
		Services: []Service{{ID: "grid", Name: country.Text{"en": "Dispatch"}, Users: 1_200_000, Area: "whole country", Critical: true, Infrastructure: "main",
			Needs: []Need{{K: 1, Of: []ServiceID{"telecom-b", "telecom-a"}, Buffer: 4, Restart: 12, Evidence: "b2", DeclaredBy: "operator", Verified: "2026-01-05"}}}},
		Networks: []Network{{Value: "192.0.2.7/24"}, {Value: "2001:DB8::1/32", Proof: ProofRegistry}, {Value: "as64496"}},
		Domains:  []Domain{{Value: "*.Grid.Example."}, {Value: "çelur.example"}},
		Contacts: []Contact{
			{ID: "night", Name: "Duty desk", Roles: []ContactRole{ContactDuty}, Phone: "+355 4 222 1039", AllDay: true},
			{ID: "sec", Name: "Security", Roles: []ContactRole{ContactSecurity, ContactTechnical}, Mail: "Sec@grid.example", Languages: []string{"sq", "en"},
				Key: "0123 4567 89ab cdef 0123 4567 89ab cdef 0123 4567"},
		},
		Note: "first line\nsecond line",
	}
}

func TestCreateReadChange(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		in := w.make(full(), t0)
		if in.Class != "critical" || in.TaxID != "L12345678M" || in.Networks[0].Value != "192.0.2.0/24" || in.Networks[1].Value != "2001:db8::/32" ||
			in.Domains[1].Value != "xn--elur-zoa.example" || in.Mark.Text() != "TLP:AMBER" || in.Services[0].Needs[0].Of[0] != "telecom-a" {
			t.Errorf("not in its written form: %+v", in)
		}
		got, err := w.Get(ctx, officer(in.ID), in.ID, t0)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(in.Record, got.Record, cmp.Comparer(func(a, b marking.Marking) bool { return a.Equal(b) })); diff != "" {
			t.Error(diff)
		}
		again, err := w.Change(ctx, duty, in.ID, 1, got.Record, "nothing", t0)
		if err != nil || again.Version != 1 {
			t.Errorf("the same record made version %d, %v", again.Version, err)
		}
		r := got.Record
		r.Note = "moved"
		r.Contacts = slices.Clone(r.Contacts)
		r.Contacts[1].Mail = "cert@grid.example"
		changed, err := w.Change(ctx, duty, in.ID, 1, r, "letter of 24 November", t0.Add(time.Hour))
		if err != nil || changed.Version != 2 {
			t.Fatal(changed.Version, err)
		}
		h, err := w.History(ctx, duty, in.ID, t0)
		if err != nil || len(h) != 2 {
			t.Fatal(h, err)
		}
		if len(h[0].Diff) != 2 || h[0].Diff[0].Field != "contacts/sec/mail" || h[0].Diff[0].Before != "Sec@grid.example" || h[0].Reason != "letter of 24 November" || h[0].By != "p-duty" {
			t.Errorf("history says %+v", h[0])
		}
		err = d.Read(ctx, func(tx *db.Tx) error {
			for _, x := range []struct {
				at   time.Time
				note string
				ok   bool
			}{{t0.Add(-time.Second), "", false}, {t0.Add(time.Minute), "first line\nsecond line", true}, {t0.Add(time.Hour), "moved", true}} {
				old, ok, err := w.AsKnown(tx, in.ID, x.at)
				if err != nil || ok != x.ok || old.Note != x.note {
					t.Errorf("as known at %v: %v %q %v", x.at, ok, old.Note, err)
				}
			}
			n, err := db.Count(tx, `SELECT COUNT(*) FROM audit_record WHERE object_id = ?`, string(in.ID))
			if err != nil || n != 4 { // create, read, change, history
				t.Errorf("%d audit records, %v", n, err)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestEveryBrokenFieldIsTold(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		r := full()
		r.Country, r.LEI, r.Sector, r.Zone, r.Until = "Xland", "5493001KJTIIGC8Y1R13", Coded{Code: "xa.enrgy"}, "Mars/North", "1990-01-01"
		r.Kinds[0].ID = "esential"
		r.Attributes[0].Number = nil
		r.Infrastructures[0].Classes[0].To = "2025-01-01"
		r.Services[0].Needs[0].K = 3
		r.Services[0].Needs[0].Evidence = "G9"
		r.Networks[0].Value = "0.0.0.0/0"
		r.Domains[0].Value = "not a domain"
		r.Contacts[0].Phone, r.Contacts[1].Mail, r.Contacts[1].Key = "ring twice", "nobody", "abc"
		r.Note = "bell\x07"
		_, err := w.Create(t.Context(), duty, Draft{Record: r}, t0)
		want(t, err, fault.Invalid)
		var got []string
		e, ok := errors.AsType[*fault.Error](err)
		if !ok {
			t.Fatal(err)
		}
		for _, f := range e.Fields {
			got = append(got, f.Name)
		}
		slices.Sort(got)
		expected := []string{"attributes.0.number", "contacts.0.phone", "contacts.1.key", "contacts.1.mail", "country", "domains.0.value",
			"infrastructures.0.classes.1.from", "kinds.0.id", "lei", "networks.0.value", "note", "sector", "services.0.needs.0.evidence",
			"services.0.needs.0.k", "until", "zone"}
		if diff := cmp.Diff(expected, got); diff != "" {
			t.Error(diff)
		}
		if c, err := w.Counts(t.Context(), duty, Query{}); err != nil || c.Total != 0 {
			t.Errorf("something was stored: %+v %v", c, err)
		}
	})
}

// Two people open the same institution; both save.
func TestTwoEditors(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		in := w.make(full(), t0)
		mine, theirs := in.Record, in.Record
		theirs.Note, theirs.Kind = "theirs", "authority"
		theirs.Contacts = append(slices.Clone(theirs.Contacts), Contact{ID: "press", Name: "Press", Mail: "press@grid.example"})
		mine.Note, mine.Zone = "mine", "Europe/Vienna"
		mine.Services = slices.Clone(mine.Services)
		mine.Services[0].Users = 7
		if _, err := w.Change(ctx, duty2, in.ID, 1, theirs, "", t0.Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		_, err := w.Change(ctx, duty, in.ID, 1, mine, "", t0.Add(2*time.Minute))
		want(t, err, fault.Stale)
		c, ok := errors.AsType[*Clash](err)
		if !ok {
			t.Fatalf("no clash in %v", err)
		}
		if c.Yours.Note != "mine" || c.Theirs.Note != "theirs" || c.Theirs.Version != 2 {
			t.Errorf("versions %q %q", c.Yours.Note, c.Theirs.Note)
		}
		if !slices.Equal(c.Both, []string{"note"}) {
			t.Errorf("both changed %v", c.Both)
		}
		if m := c.Merged; m.Note != "theirs" || m.Kind != "authority" || m.Zone != "Europe/Vienna" || m.Services[0].Users != 7 || len(m.Contacts) != 3 {
			t.Errorf("merged wrongly: %+v", m)
		}
		if len(c.Mine) != 3 || len(c.Other) < 3 {
			t.Errorf("differences %v and %v", c.Mine, c.Other)
		}
		c.Merged.Note = "both"
		last, err := w.Change(ctx, duty, in.ID, c.Theirs.Version, c.Merged, "", t0.Add(3*time.Minute))
		if err != nil || last.Version != 3 || last.Note != "both" {
			t.Error(last, err)
		}
		// Many at once: exactly one wins each version, and every loser is told.
		type result struct{ err error }
		results := make(chan result)
		for i := range 8 {
			go func() {
				r := last.Record
				r.Note = fmt.Sprint("racer ", i)
				_, err := w.Change(context.WithoutCancel(ctx), duty, in.ID, 3, r, "", t0.Add(4*time.Minute))
				results <- result{err}
			}()
		}
		won := 0
		for range 8 {
			r := <-results
			if r.err == nil {
				won++
			} else if _, ok := errors.AsType[*Clash](r.err); !ok || !fault.Is(r.err, fault.Stale) {
				t.Errorf("a loser was told %v", r.err)
			}
		}
		if won != 1 {
			t.Errorf("%d won", won)
		}
	})
}

// A victim on no list is registered by its name and listed later.
func TestUnlistedIsListedLater(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		in := w.make(Named("sq", "Furra e Lagjes"), t0)
		if in.Class != "unlisted" || in.Country != "XA" {
			t.Errorf("%+v", in)
		}
		if _, err := w.Classify(ctx, duty, in.ID, 1, Listing{Class: "important", From: "2026-12-01"}, t0); !fault.Is(err, fault.Invalid) {
			t.Errorf("listed without act or reason: %v", err)
		}
		in, err := w.Classify(ctx, duty, in.ID, 1, Listing{Class: "important", From: "2026-11-24", Act: "Act 9/2026"}, t0.Add(time.Hour))
		if err != nil || in.Class != "important" {
			t.Fatal(in.Class, err)
		}
		later := t0.AddDate(1, 0, 0)
		if _, err = w.Classify(ctx, duty, in.ID, 2, Listing{Class: "critical", From: "2026-11-01", Act: "x"}, later); !fault.Is(err, fault.Invalid) {
			t.Errorf("history was rewritten: %v", err)
		}
		if in, err = w.Classify(ctx, duty, in.ID, 2, Listing{Class: "critical", From: "2027-11-24", Act: "Act 1/2027"}, later); err != nil {
			t.Fatal(err)
		}
		if in, err = w.Classify(ctx, duty, in.ID, 3, Listing{Class: "unlisted", From: "2028-01-01", Reason: "closed its network"}, later.AddDate(0, 2, 0)); err != nil {
			t.Fatal(err)
		}
		spans := in.Infrastructures[0].Classes
		if len(spans) != 3 || spans[0].To != "2027-11-23" || spans[1].To != "2027-12-31" || spans[2].To != "" {
			t.Errorf("history %+v", spans)
		}
		for _, x := range []struct {
			day   Day
			known time.Time
			class string
		}{
			{"2026-11-20", later, "unlisted"}, {"2026-11-24", later, "important"}, {"2027-12-01", later.AddDate(0, 0, 1), "critical"},
			{"2028-02-01", later.AddDate(0, 0, 1), "critical"}, {"2028-02-01", time.Time{}, "unlisted"}, {"2026-11-24", t0.Add(time.Minute), "unlisted"},
			{"2026-11-24", t0.Add(-time.Minute), ""},
		} {
			tallies, err := w.Tallies(ctx, duty, AsOf{x.day, x.known})
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if len(tallies) == 1 && tallies[0].N == 1 {
				got = tallies[0].Class
			}
			if got != x.class || x.class == "" && len(tallies) != 0 {
				t.Errorf("class on %s as known at %v: %+v, want %q", x.day, x.known, tallies, x.class)
			}
			if ids, err := w.Behind(ctx, duty, AsOf{x.day, x.known}, Tally{Class: x.class}, 10); err != nil || x.class != "" && (len(ids) != 1 || ids[0] != in.ID) {
				t.Errorf("behind the figure: %v %v", ids, err)
			}
		}
	})
}

func TestVisibility(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		a := w.make(Named("sq", "Banka Alfa"), t0)
		b := w.make(Named("sq", "Banka Beta"), t0)
		r := Named("sq", "Banka e Fshehtë")
		r.TaxID, r.Domains = "SECRET1", []Domain{{Value: "hidden.example"}}
		r.Services = []Service{{ID: "hidden-service", Name: country.Text{"en": "x"}}}
		r.Mark = marking.Of(marking.TLPRed)
		c := w.make(r, t0)

		for _, x := range []struct {
			name string
			by   access.Actor
			sees []ID
		}{
			{"duty officer", duty, []ID{a.ID, b.ID, c.ID}},
			{"analyst cleared to amber", analyst, []ID{a.ID, b.ID}},
			{"officer of Alfa", officer(a.ID), []ID{a.ID}},
			{"officer of the hidden one, not cleared", officer(c.ID), nil},
			{"administrator", admin, nil},
			{"nobody", access.Actor{}, nil},
		} {
			page, err := w.List(ctx, x.by, Query{Text: "banka"})
			var ids []ID
			for _, i := range page.Items {
				ids = append(ids, i.ID)
			}
			if !slices.Equal(ids, x.sees) || err != nil && x.sees != nil {
				t.Errorf("%s lists %v, want %v (%v)", x.name, ids, x.sees, err)
			}
			counts, _ := w.Counts(ctx, x.by, Query{})
			tallies, _ := w.Tallies(ctx, x.by, AsOf{Day: "2026-11-24"})
			var n int64
			for _, y := range tallies {
				n += y.N
			}
			if counts.Total != int64(len(x.sees)) || n != int64(len(x.sees)) {
				t.Errorf("%s counts %d and %d, want %d", x.name, counts.Total, n, len(x.sees))
			}
			sug, _ := w.Suggest(ctx, x.by, "ban", "sq", 0)
			if len(sug) != len(x.sees) {
				t.Errorf("%s is suggested %v", x.name, sug)
			}
			for _, in := range []Institution{a, b, c} {
				_, err := w.Get(ctx, x.by, in.ID, t0)
				if saw := err == nil; saw != slices.Contains(x.sees, in.ID) {
					t.Errorf("%s gets %s: %v", x.name, in.ID, err)
				}
				if _, none := w.Get(ctx, x.by, "not-there", t0); err != nil && none.Error() != err.Error() {
					t.Errorf("%s can tell a hidden one from none: %v / %v", x.name, err, none)
				}
				if _, err := w.Change(ctx, x.by, in.ID, 1, in.Record, "", t0); err == nil && (!slices.Contains(x.sees, in.ID) || x.name[0] == 'o') {
					t.Errorf("%s changed %s", x.name, in.ID)
				}
			}
		}
		if found, err := w.Doubles(ctx, analyst, Record{TaxID: "SECRET1"}, ""); err != nil || len(found) != 0 {
			t.Errorf("a double gives away %v %v", found, err)
		}
		if o, err := w.Attribute(ctx, analyst, "www.hidden.example", t0); err != nil || len(o) != 0 {
			t.Errorf("attribution gives away %v %v", o, err)
		}
		if o, err := w.Attribute(ctx, duty, "www.hidden.example", t0); err != nil || len(o) != 1 || o[0].Institution != c.ID {
			t.Errorf("attribution says %v %v", o, err)
		}
		err := d.Read(ctx, func(tx *db.Tx) error {
			names, err := w.Names(tx, analyst, "sq", a.ID, c.ID)
			if err != nil || len(names) != 1 || names[a.ID] != "Banka Alfa" {
				t.Errorf("names %v %v", names, err)
			}
			nodes, _, err := w.Graph(tx, analyst, t0)
			if err != nil || len(nodes) != 0 {
				t.Errorf("graph %v %v", nodes, err)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		_, err = w.Create(ctx, duty, Draft{Record: Named("en", "BANKA  alfa.")}, t0)
		want(t, err, fault.Conflict)
		if x, ok := errors.AsType[*Double](err); !ok || x.ID != a.ID {
			t.Errorf("double is %v", err)
		}
		if _, err = w.Create(ctx, duty, Draft{Record: Named("en", "BANKA alfa"), Anyway: true}, t0); err != nil {
			t.Error(err)
		}
	})
}

// What can be derived again from the versions is what is stored.
func TestNothingStaleIsFound(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		r := full()
		for i := range 300 { // more words than are kept
			r.Names[0].Text[fmt.Sprintf("x%d", i)] = fmt.Sprintf("word%d other%d", i, i)
		}
		in := w.make(r, t0)
		in, err := w.Change(ctx, duty, in.ID, 1, Named("sq", "Emri i Ri"), "", t0)
		if err != nil {
			t.Fatal(err)
		}
		for text, n := range map[string]int{"emri": 1, "ri EMRI": 1, "operatori": 0, "celur": 0, "L12345678M": 0, "grid.example": 0, "word7": 0, "": 1} {
			p, err := w.List(ctx, duty, Query{Text: text})
			if err != nil || len(p.Items) != n {
				t.Errorf("%q finds %d, want %d (%v)", text, len(p.Items), n, err)
			}
		}
		err = d.Read(ctx, func(tx *db.Tx) error {
			for _, q := range []struct {
				table string
				n     int64
			}{{"registry_term", 3}, {"registry_holding", 0}, {"registry_service", 0}, {"registry_contact", 0}, {"registry_version", 2}} {
				if n, err := db.Count(tx, `SELECT COUNT(*) FROM `+q.table); err != nil || n != q.n {
					t.Errorf("%s holds %d, want %d (%v)", q.table, n, q.n, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestListPagesAndFolds(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		for i, n := range []string{"Çelësi i Artë", "çelësi i artë", "Celesi i Arte 2", "Ëndrra", "Endrra e Dytë", "Zëri", "zara"} {
			r := Named("sq", n)
			if i%2 == 0 {
				r.Sector = Coded{Code: "xa.power"}
			}
			if _, err := w.Create(ctx, duty, Draft{Record: r, Anyway: true}, t0.Add(time.Duration(i)*time.Second)); err != nil {
				t.Fatal(err)
			}
		}
		var names []string
		q := Query{Limit: 2}
		for {
			p, err := w.List(ctx, duty, q)
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range p.Items {
				names = append(names, i.Name)
			}
			if q.After = p.Next; q.After == "" {
				break
			}
		}
		if diff := cmp.Diff([]string{"Çelësi i Artë", "çelësi i artë", "Celesi i Arte 2", "Ëndrra", "Endrra e Dytë", "zara", "Zëri"}, names); diff != "" {
			t.Error(diff)
		}
		for text, n := range map[string]int{"cel": 3, "ÇEL ART": 3, "endrra dyte": 1, "ë": 2, "z": 2, "arte 2": 1, "xyz": 0, "%": 7, "' OR 1=1": 0} {
			p, err := w.List(ctx, duty, Query{Text: text})
			c, err2 := w.Counts(ctx, duty, Query{Text: text})
			if err != nil || err2 != nil || len(p.Items) != n || c.Total != int64(n) {
				t.Errorf("%q finds %d and counts %d, want %d (%v %v)", text, len(p.Items), c.Total, n, err, err2)
			}
		}
		if c, err := w.Counts(ctx, duty, Query{Sector: "xa.energy"}); err != nil || c.Total != 4 || c.BySector["xa.power"] != 4 || c.ByClass["unlisted"] != 4 {
			t.Errorf("%+v %v", c, err)
		}
		for _, after := range []string{"x", "zz.a", "0.a", "00.", "00.a'b"} {
			_, err := w.List(ctx, duty, Query{After: after})
			want(t, err, fault.Invalid)
		}
	})
}
