package registry

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/country"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/housetest"
	"kulla.dev/internal/marking"
)

func TestStrangerRegisters(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		r := full()
		r.Mark = marking.Public()
		app := Application{Record: r, Applicant: Applicant{Name: " Olta  Prifti ", Mail: "olta@grid.example", Language: "sq"}, Note: "please"}
		bad := app
		bad.Applicant.Mail = "olta"
		_, err := w.Register(ctx, bad, t0)
		want(t, err, fault.Invalid)
		p, err := w.Register(ctx, app, t0)
		if err != nil {
			t.Fatal(err)
		}
		if c, _ := w.Counts(ctx, duty, Query{}); c.Total != 0 {
			t.Errorf("registered before approval")
		}
		if _, err := w.Review(ctx, officer("x"), p.ID, t0); !fault.Is(err, fault.NotFound) {
			t.Errorf("an officer elsewhere reads it: %v", err)
		}
		seen, err := w.Review(ctx, duty, p.ID, t0)
		if err != nil || seen.Record.Mark.Text() != "TLP:AMBER" || len(seen.Record.Infrastructures[0].Classes) != 0 || seen.Record.Authority != "" ||
			seen.Record.Networks[1].Proof != ProofClaimed {
			t.Errorf("a stranger marked, listed or proved themselves: %+v %v", seen.Record, err)
		}
		if _, err := w.Approve(ctx, analyst, p.ID, "", false, t0); !fault.Is(err, fault.Denied) {
			t.Errorf("an analyst approves: %v", err)
		}
		tired := duty
		tired.Fresh = t0.Add(-time.Hour)
		if _, err := w.Approve(ctx, tired, p.ID, "", false, t0); !fault.Is(err, fault.Denied) {
			t.Errorf("approved without a recent proof of identity: %v", err)
		}
		got, err := w.Approve(ctx, duty, p.ID, "known to us", false, t0)
		if err != nil || got.NotInvited != nil || got.Link == nil {
			t.Fatal(got, err)
		}
		if got.Institution.Source != SourceRegister || got.Institution.Class != "unlisted" || got.Link.Email != "olta@grid.example" || got.Link.Name != "Olta Prifti" {
			t.Errorf("%+v %+v", got.Institution, got.Link)
		}
		e, err := w.Access.Accept(ctx, got.Link.Secret, "seven quiet boats at noon", access.Visit{Addr: "192.0.2.1"}, t0)
		if err != nil || e.Secret == "" {
			t.Errorf("the first officer cannot come in: %v", err)
		}
		err = d.Read(ctx, func(tx *db.Tx) error {
			people, err := w.Access.Holders(tx, string(got.Institution.ID), access.Officer)
			if err != nil || len(people) != 1 {
				t.Errorf("officers %v %v", people, err)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		if _, err := w.Approve(ctx, duty, p.ID, "", false, t0); !fault.Is(err, fault.Conflict) {
			t.Errorf("approved twice: %v", err)
		}
		// The same applicant again: the institution is made, the invitation is not, and it says so.
		app.Record.Names = Named("sq", "Tjetër").Names
		app.Record.Services = nil
		p, err = w.Register(ctx, app, t0)
		if err != nil {
			t.Fatal(err)
		}
		if got, err = w.Approve(ctx, duty2, p.ID, "", false, t0); err != nil || got.Link != nil || got.NotInvited == nil {
			t.Errorf("%+v %v", got, err)
		}
	})
}

func TestInstitutionProposesAChange(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		in := w.make(full(), t0)
		other := w.make(Named("en", "Somebody Else"), t0)
		by := officer(in.ID)
		r := in.Record
		r.Note = "new note"
		r.Domains = append(slices.Clone(r.Domains), Domain{Value: "new.example", Proof: ProofShown})
		r.Mark = marking.Public()
		r.Infrastructures = []Infrastructure{{ID: "main", Classes: []ClassSpan{{Class: "unlisted"}}}}
		if _, err := w.Change(ctx, by, in.ID, 1, r, "", t0); !fault.Is(err, fault.Denied) {
			t.Errorf("an officer writes: %v", err)
		}
		if _, err := w.Propose(ctx, by, other.ID, 1, r, "", t0); !fault.Is(err, fault.NotFound) {
			t.Errorf("an officer proposes for another: %v", err)
		}
		if _, err := w.Propose(ctx, by, in.ID, 1, in.Record, "", t0); !fault.Is(err, fault.Conflict) {
			t.Errorf("proposed nothing: %v", err)
		}
		p, err := w.Propose(ctx, by, in.ID, 1, r, "we moved", t0)
		if err != nil {
			t.Fatal(err)
		}
		var fields []string
		for _, c := range p.Changes {
			fields = append(fields, c.Field)
		}
		if slices.ContainsFunc(fields, func(f string) bool { return f == "mark" || strings.Contains(f, "classes") }) || !slices.Contains(fields, "note") {
			t.Errorf("proposes %v", fields)
		}
		if list, err := w.Proposals(ctx, officer(other.ID), Pending, "", 0); err != nil || len(list) != 0 {
			t.Errorf("seen elsewhere: %v %v", list, err)
		}
		if list, err := w.Proposals(ctx, by, Pending, "", 0); err != nil || len(list) != 1 {
			t.Errorf("not seen at home: %v %v", list, err)
		}
		// In the meantime the desk changes something else, and the note too.
		now := in.Record
		now.Kind, now.Note = "authority", "desk's note"
		if _, err := w.Change(ctx, duty, in.ID, 1, now, "", t0); err != nil {
			t.Fatal(err)
		}
		seen, err := w.Review(ctx, duty, p.ID, t0)
		if err != nil || !slices.Equal(seen.Both, []string{"note"}) {
			t.Errorf("review %v %v", seen.Both, err)
		}
		if _, err := w.Approve(ctx, duty, p.ID, "", false, t0); !fault.Is(err, fault.Stale) {
			t.Errorf("passed over a clash: %v", err)
		}
		if _, err := w.Approve(ctx, by, p.ID, "", true, t0); !fault.Is(err, fault.Denied) {
			t.Errorf("an officer approves: %v", err)
		}
		got, err := w.Approve(ctx, supervisor, p.ID, "checked", true, t0)
		if err != nil {
			t.Fatal(err)
		}
		if x := got.Institution; x.Version != 3 || x.Note != "desk's note" || x.Kind != "authority" || len(x.Domains) != 3 || x.Class != "critical" || x.Mark.Text() != "TLP:AMBER" {
			t.Errorf("%+v", x)
		}
		if i := slices.IndexFunc(got.Institution.Domains, func(x Domain) bool { return x.Value == "new.example" }); i < 0 || got.Institution.Domains[i].Proof != ProofClaimed {
			t.Error("an institution proved its own holding by saying so")
		}
		// Whoever proposes does not approve; rejecting needs a reason; withdrawing is for the maker.
		r = got.Institution.Record
		r.Note = "third"
		p, err = w.Propose(ctx, duty, in.ID, 3, r, "", t0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Approve(ctx, duty, p.ID, "", false, t0); !fault.Is(err, fault.Denied) {
			t.Errorf("approved the own proposal: %v", err)
		}
		if _, err := w.Reject(ctx, duty2, p.ID, " ", t0); !fault.Is(err, fault.Invalid) {
			t.Errorf("rejected without reason: %v", err)
		}
		if x, err := w.Reject(ctx, duty2, p.ID, "not so", t0); err != nil || x.State != Rejected || x.Reason != "not so" {
			t.Errorf("%+v %v", x, err)
		}
		if p, err = w.Propose(ctx, by, in.ID, 3, r, "", t0); err != nil {
			t.Fatal(err)
		}
		if err := w.Withdraw(ctx, officer(other.ID), p.ID, t0); !fault.Is(err, fault.NotFound) {
			t.Errorf("withdrawn by another: %v", err)
		}
		if err := w.Withdraw(ctx, by, p.ID, t0); err != nil {
			t.Error(err)
		}
	})
}

func TestSeedPack(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		app := access.System("app", "registry.write")
		pack := testPack()
		for range 2 {
			if err := w.SeedPack(ctx, app, pack, t0); err != nil {
				t.Fatal(err)
			}
		}
		in, err := w.Get(ctx, duty, "xa.org.authority", t0)
		if err != nil || in.Version != 1 || in.NameOn("en", "2022-05-05") != "First Authority" || in.NameOn("sq", "") != "Enti Kombëtar" || in.ShortOn("en", "2025-01-01") != "NA" {
			t.Errorf("%+v %v", in, err)
		}
		ended, err := w.List(ctx, duty, Query{Ended: true})
		if err != nil || len(ended.Items) != 1 || ended.Items[0].Record.Successor != "xa.org.authority" {
			t.Errorf("%+v %v", ended, err)
		}
		r := in.Record
		r.Contacts = []Contact{{Name: "Night desk", Phone: "+355 4 000 0000", AllDay: true}}
		r.Kind = "regulator"
		if _, err := w.Change(ctx, duty, in.ID, 1, r, "", t0); err != nil {
			t.Fatal(err)
		}
		pack.Version = "2"
		pack.Institutions[1].Names = append(pack.Institutions[1].Names[:1:1], country.Name{Text: country.Text{"en": "Renamed"}, From: country.Date{Year: 2024, Month: 1, Day: 1}})
		w.Pack.Version = "2"
		if err := w.SeedPack(ctx, app, pack, t0.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		in, err = w.Get(ctx, duty, in.ID, t0)
		if err != nil || in.NameOn("en", "") != "Renamed" || in.Kind != "regulator" || len(in.Contacts) != 1 || in.Version != 3 {
			t.Errorf("%+v %v", in, err)
		}
		if err := w.SeedPack(ctx, duty, pack, t0); err != nil {
			t.Error(err)
		}
		if err := w.SeedPack(ctx, admin, pack, t0); !fault.Is(err, fault.Denied) {
			t.Error(err)
		}
	})
}

func TestFactsForTheRegimes(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		in := w.make(full(), t0)
		at := func(s string) time.Time { x, _ := time.Parse(time.DateOnly, s); return x }
		err := d.Tx(ctx, func(tx *db.Tx) error {
			e, err := w.Entity(tx, in.ID, t0)
			if err != nil || e.Class != "critical" || !slices.Equal(e.Sectors, []string{"xa.power", "xa.energy"}) || !slices.Equal(e.Kinds, []string{"essential"}) ||
				!slices.Equal(e.Disputed, []string{"financial"}) || e.KindsOpen || e.State != "XA" || e.Zone != "Europe/Rome" || len(e.Facts) != 3 {
				t.Errorf("%+v %v", e, err)
			}
			if e, err = w.Entity(tx, in.ID, at("2024-03-01")); err != nil || e.Class != "important" || len(e.Kinds) != 0 || len(e.Facts) != 1 {
				t.Errorf("in 2024: %+v %v", e, err)
			}
			if _, err = w.Entity(tx, "nobody", t0); !fault.Is(err, fault.NotFound) {
				t.Errorf("nobody: %v", err)
			}
			c, err := w.Contacts(tx, in.ID, ContactDuty)
			if err != nil || len(c) != 1 || c[0].ID != "night" {
				t.Errorf("at night: %v %v", c, err)
			}
			if c, err = w.Contacts(tx, in.ID, ContactPress); err != nil || len(c) != 1 || c[0].ID != "night" {
				t.Errorf("nobody for the press: %v %v", c, err)
			}
			n, err := w.SetBounced(tx, "SEC@grid.example", "550 no such user", t0)
			if err != nil || n != 1 {
				t.Errorf("%d bounced, %v", n, err)
			}
			s, owner, ok, err := w.Service(tx, "grid")
			if err != nil || !ok || owner != in.ID || s.Needs[0].K != 1 || s.Needs[0].Evidence != "B2" {
				t.Errorf("%+v %v %v", s, owner, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		got, err := w.Get(ctx, duty, in.ID, t0)
		if err != nil || got.Bounced["sec"].Text != "550 no such user" {
			t.Errorf("%+v %v", got.Bounced, err)
		}
		r := got.Record
		r.Note = "still bounced"
		if _, err := w.Change(ctx, duty, in.ID, 1, r, "", t0); err != nil {
			t.Fatal(err)
		}
		if got, err = w.Get(ctx, duty, in.ID, t0); err != nil || len(got.Bounced) != 1 {
			t.Errorf("a change of something else forgot the bounce: %+v %v", got.Bounced, err)
		}
		r.Contacts = slices.Clone(r.Contacts)
		r.Contacts[1].Mail = "new@grid.example"
		if _, err := w.Change(ctx, duty, in.ID, 2, r, "", t0); err != nil {
			t.Fatal(err)
		}
		if got, err = w.Get(ctx, duty, in.ID, t0); err != nil || len(got.Bounced) != 0 {
			t.Errorf("a new address is still bounced: %+v %v", got.Bounced, err)
		}
		// A service id belongs to one institution.
		_, err = w.Create(ctx, duty, Draft{Record: Record{Names: Named("en", "Thief").Names, Services: []Service{{ID: "grid", Name: country.Text{"en": "x"}}}}}, t0)
		want(t, err, fault.Conflict)
		if _, ok := errors.AsType[*Double](err); ok {
			t.Error("taken for a double")
		}
	})
}

func TestOwnerOf(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		hold := func(name string, nets []Network, doms ...Domain) ID {
			r := Named("en", name)
			r.Networks, r.Domains = nets, doms
			return w.make(r, t0).ID
		}
		isp := hold("Carrier", []Network{{Value: "192.0.2.0/24"}, {Value: "2001:db8::/32"}, {Value: "AS64496"}}, Domain{Value: "example.org"})
		bank := hold("Bank", []Network{{Value: "192.0.2.128/25"}, {Value: "2001:db8:1::/48", From: "2026-01-01", To: "2026-06-30"}}, Domain{Value: "bank.example.org"})
		rival := hold("Rival", []Network{{Value: "192.0.2.128/25", Proof: ProofDisputed}})
		both := []ID{bank, rival}
		slices.Sort(both)
		summer, autumn := time.Date(2026, 6, 30, 12, 0, 0, 0, time.UTC), t0
		err := d.Read(ctx, func(tx *db.Tx) error {
			for _, x := range []struct {
				what  string
				at    time.Time
				owner []ID
				by    string
			}{
				{"192.0.2.1", autumn, []ID{isp}, "192.0.2.0/24"}, {"192.0.2.200", autumn, both, "192.0.2.128/25"}, {"192.0.2.192/28", autumn, both, "192.0.2.128/25"},
				{"198.51.100.1", autumn, nil, ""}, {"2001:db8:1::7", summer, []ID{bank}, "2001:db8:1::/48"}, {"2001:db8:1::7", autumn, []ID{isp}, "2001:db8::/32"},
				{"::ffff:192.0.2.1", autumn, []ID{isp}, "192.0.2.0/24"}, {"as64496", autumn, []ID{isp}, "AS64496"},
				{"www.BANK.example.org.", autumn, []ID{bank}, "bank.example.org"}, {"notbank.example.org", autumn, []ID{isp}, "example.org"},
				{"org", autumn, nil, ""}, {"xexample.org", autumn, nil, ""}, {"nonsense at all", autumn, nil, ""},
			} {
				owners, err := w.OwnerOf(tx, x.what, x.at)
				if err != nil {
					return err
				}
				var ids []ID
				for _, o := range owners {
					ids = append(ids, o.Institution)
					if o.Holding != x.by {
						t.Errorf("%s by %s, want %s", x.what, o.Holding, x.by)
					}
				}
				if !slices.Equal(ids, x.owner) {
					t.Errorf("%s on %v is %v's, want %v", x.what, x.at, ids, x.owner)
				}
				table, err := w.Table(tx, x.at)
				if err != nil {
					return err
				}
				var fast []Owner
				if a, ok := addr(x.what); ok {
					fast = table.Addr(a)
				} else if !strings.Contains(x.what, "/") {
					fast = table.Name(x.what)
				} else {
					continue
				}
				if !slices.Equal(fast, owners) {
					t.Errorf("%s: the table says %v, the database %v", x.what, fast, owners)
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestGraph(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		with := func(name string, red bool, s Service) {
			r := Named("en", name)
			r.Services = []Service{s}
			if red {
				r.Mark = markRed
			}
			w.make(r, t0)
		}
		en := func(s string) country.Text { return country.Text{"en": s} }
		with("A", false, Service{ID: "a", Name: en("A"), Needs: []Need{{K: 2, Of: []ServiceID{"b", "c", "gone"}}}})
		with("B", false, Service{ID: "b", Name: en("B")})
		with("C", true, Service{ID: "c", Name: en("C")})
		with("D", false, Service{ID: "gone", Name: en("D"), To: "2026-01-01"})
		err := d.Read(ctx, func(tx *db.Tx) error {
			nodes, cut, err := w.Graph(tx, duty, t0)
			if err != nil || len(nodes) != 3 || !cut || !slices.Equal(nodes[0].Needs[0].Of, []ServiceID{"b", "c"}) || nodes[0].Needs[0].K != 2 {
				t.Errorf("%+v %v %v", nodes, cut, err)
			}
			if nodes, cut, err = w.Graph(tx, analyst, t0); err != nil || len(nodes) != 2 || !cut || len(nodes[0].Needs[0].Of) != 1 {
				t.Errorf("%+v %v %v", nodes, cut, err)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}
