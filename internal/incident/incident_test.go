package incident

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/audit"
	"kulla.dev/internal/country"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/jobs"
	"kulla.dev/internal/marking"
	"kulla.dev/internal/outbox"
	"kulla.dev/internal/regime"
	"kulla.dev/packs"
)

// t0 is a Friday evening two days before the clocks change.
var t0 = time.Date(2026, 3, 27, 21, 30, 0, 0, time.UTC)

var testPack = sync.OnceValue(func() *country.Pack {
	p, err := country.LoadAll(packs.FS, "al", "eu-nis2", "eu-dora")
	if err != nil {
		panic(err)
	}
	return p
})

// directory is a small registry: the room's one question, answered.
type directory map[string]Party

func (m directory) Party(_ *db.Tx, id string, _ time.Time) (Party, bool, error) {
	p, ok := m[id]
	return p, ok, nil
}

const authority = "authority"

func institutions() directory {
	return directory{
		"grid": {ID: "grid", Name: "The Grid", Kinds: []string{"essential"}, Sectors: []string{"energy"}, Class: "critical", State: "AL", Authority: authority,
			Addresses: []Address{{Mail: "soc@grid.test", Lang: "en"}}},
		"bank": {ID: "bank", Name: "The Bank", Kinds: []string{"essential", "financial", "credit_institution"}, Sectors: []string{"banking"}, Class: "critical",
			State: "AL", Authority: authority, Addresses: []Address{{Mail: "soc@bank.test", Lang: "sq"}}},
		"shop": {ID: "shop", Name: "The Shop", Kinds: []string{"operator"}, Sectors: []string{"health"}, Class: "unlisted", State: "AL", Authority: authority,
			Addresses: []Address{{Mail: "it@shop.test", Lang: "en"}}},
		"helper":  {ID: "helper", Name: "The Responders", Kinds: []string{"managed_security", "essential"}, Class: "important", State: "AL", Authority: authority},
		authority: {ID: authority, Name: "The Authority", Kinds: []string{"public_body"}},
	}
}

type world struct {
	*Desk
	t   testing.TB
	run *jobs.Runner
	now time.Time
}

func newWorld(t testing.TB, d *db.DB) *world {
	t.Helper()
	w := &world{t: t, now: t0}
	log := audit.New(audit.Config{DB: d})
	acc, err := access.New(access.Config{DB: d, Key: make([]byte, 32), Table: marking.Table{}, Record: func(*db.Tx, access.Actor, access.Record) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	w.Desk, err = New(Config{DB: d, Access: acc, Audit: log, Outbox: outbox.New(outbox.Config{DB: d, Audit: log}), Pack: testPack(),
		Directory: institutions(), Authority: authority, DutyMail: []Address{{Mail: "duty@authority.test", Lang: "en"}}})
	if err != nil {
		t.Fatal(err)
	}
	w.run = jobs.NewRunner(jobs.Config{DB: d, Node: "n", Handlers: w.Handlers(), Now: func() time.Time { return w.now }})
	return w
}

func person(id, institution string, roles ...access.Role) access.Actor {
	return access.Actor{Kind: access.KindPerson, Person: id, Name: id, Institution: institution, Roles: roles, Fresh: t0,
		Clearance: access.Clearance{TLP: marking.TLPRed, Nations: []string{"ZZ"}}}
}

func officer() access.Actor    { return person("o1", "grid", access.Officer) }
func duty() access.Actor       { return person("d1", authority, access.Duty) }
func supervisor() access.Actor { return person("s1", authority, access.Supervisor) }

func yes() Stated { return Stated{Is: regime.Yes} }

// report is a first report of the grid, complete for an early warning.
func report(now time.Time) Draft {
	return Draft{Key: db.NewID(now), Institution: "grid", Title: "Ransomware in the control network", Services: []string{"supply"},
		Detected: Moment{now.Add(-time.Hour), Minute}, Aware: Moment{now, Minute},
		Values: map[string]Stated{"suspected_malicious": yes(), "cross_border": {}, "contact": {Text: "night desk, +355 4 000 000"},
			"description": {Text: "Screens show a ransom note."}, "severe_disruption": yes(), "severity_assessment": {Text: "high"}, "damage_to_others": {}}}
}

// bankReport is a first report of the bank, complete for what its own law asks.
func bankReport(now time.Time) Draft {
	in := report(now)
	in.Institution = "bank"
	for _, f := range testPack().Fields {
		v := Stated{Text: "to follow"}
		switch f.Type {
		case "datetime":
			v = Stated{At: Moment{now, Minute}}
		case "yes_no_unknown":
			v = Stated{}
		case "number", "money", "duration":
			v = Stated{Number: new(1.0)}
		case "files", "taxon":
			continue
		}
		if len(f.Options) > 0 {
			v = Stated{List: []string{f.Options[0].ID}}
		}
		if _, ok := in.Values[f.ID]; !ok {
			in.Values[f.ID] = v
		}
	}
	in.Values["occurred_at"] = Stated{At: Moment{now.Add(-2 * time.Hour), Minute}}
	return in
}

func (w *world) submit(by access.Actor, in Draft) Receipt {
	w.t.Helper()
	r, err := w.Submit(context.Background(), by, in, w.now)
	if err != nil {
		w.t.Fatalf("submit: %v", err)
	}
	return r
}

func (w *world) get(by access.Actor, id ID) View {
	w.t.Helper()
	v, err := w.Get(context.Background(), by, id, w.now)
	if err != nil {
		w.t.Fatalf("get: %v", err)
	}
	return v
}

func (w *world) obligation(id ID, key string) regime.Obligation {
	w.t.Helper()
	v := w.get(duty(), id)
	i := slices.IndexFunc(v.Result.Obligations, func(o regime.Obligation) bool { return o.Key() == key })
	if i < 0 {
		w.t.Fatalf("no obligation %s among %d", key, len(v.Result.Obligations))
	}
	return v.Result.Obligations[i]
}

func (w *world) count(query string, args ...any) (n int64) {
	w.t.Helper()
	if err := w.DB.Read(context.Background(), func(tx *db.Tx) (err error) { n, err = db.Count(tx, query, args...); return err }); err != nil {
		w.t.Fatal(err)
	}
	return n
}

// pass lets the desk work through everything due until a moment, stopping at
// each due.
func (w *world) pass(to time.Time) {
	w.t.Helper()
	for {
		n, err := w.run.Step(context.Background())
		if err != nil {
			w.t.Fatal(err)
		}
		if n > 0 {
			continue
		}
		next := w.count(`SELECT COALESCE(min(due_at), 0) FROM jobs_job WHERE state = 'ready' AND kind LIKE 'incident.%' AND due_at > ?`, w.now)
		if next == 0 || db.Time(next).After(to) {
			w.now = to
			return
		}
		w.now = db.Time(next)
	}
}

func fields(err error) []string {
	f, ok := err.(*fault.Error)
	if !ok {
		return nil
	}
	var out []string
	for _, x := range f.Fields {
		out = append(out, fmt.Sprintf("%s: %s", x.Name, x.Key))
	}
	return out
}
