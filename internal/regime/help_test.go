package regime_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kulla.dev/internal/country"
	"kulla.dev/internal/regime"
	"kulla.dev/packs"
)

// The calendar every test here counts by.
const calendarVersion = "al.official 2026.1"

// loaded keeps the packs read so far: a pack never changes.
var loaded sync.Map

func load(t testing.TB, ids ...string) *country.Pack {
	t.Helper()
	if p, ok := loaded.Load(strings.Join(ids, " ")); ok {
		return p.(*country.Pack)
	}
	p, err := country.LoadAll(packs.FS, ids...)
	if err != nil {
		t.Fatal(err)
	}
	loaded.Store(strings.Join(ids, " "), p)
	if c, ok := p.Calendar(""); ok && p.CalendarID != "" && c.ID+" "+c.Version != calendarVersion {
		t.Fatalf("calendar is %s %s, the vectors were computed for %s", c.ID, c.Version, calendarVersion)
	}
	return p
}

// local reads "2006-01-02 15:04" in the seat's zone.
func local(t testing.TB, s string) time.Time {
	t.Helper()
	loc, err := time.LoadLocation("Europe/Tirane")
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", s, loc)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// story builds a case step by step.
type story struct {
	t testing.TB
	e *regime.Engine
	c regime.Case
	n int
}

func tell(t testing.TB, kinds []string, ids ...string) *story {
	t.Helper()
	s := &story{t: t, e: regime.New(load(t, ids...))}
	s.c.Entity = regime.Entity{ID: "zz.op", Kinds: kinds, Class: "critical", State: "AL", Authority: "a"}
	return s
}

// on adds an event about stage (empty: none) and gives its id.
func (s *story) on(kind country.EventKind, at, stage string, change ...func(*regime.Event)) string {
	s.t.Helper()
	s.n++
	e := regime.Event{ID: fmt.Sprintf("e%02d", s.n), Kind: kind, At: local(s.t, at)}
	if stage != "" {
		e.Covers = []regime.Cover{{Stage: stage}}
	}
	for _, f := range change {
		f(&e)
	}
	s.c.Events = append(s.c.Events, e)
	return e.ID
}

func (s *story) yes(names ...string) *story {
	for _, n := range names {
		s.c.Incident.Facts = append(s.c.Incident.Facts, regime.Fact{Name: n, Is: regime.Yes})
	}
	return s
}

func (s *story) number(name string, v float64) *story {
	s.c.Incident.Facts = append(s.c.Incident.Facts, regime.Fact{Name: name, HasNumber: true, Number: v})
	return s
}

func (s *story) at(now string) regime.Result { s.t.Helper(); return s.e.Evaluate(s.c, local(s.t, now)) }

// find gives the obligation regime/stage or fails.
func find(t testing.TB, r regime.Result, key string) regime.Obligation {
	t.Helper()
	if o, ok := seek(r, key); ok {
		return o
	}
	var have []string
	for _, o := range r.Obligations {
		have = append(have, o.Key()+" "+string(o.State))
	}
	t.Fatalf("no obligation %s; have %v", key, have)
	return regime.Obligation{}
}

func seek(r regime.Result, key string) (regime.Obligation, bool) {
	i := slices.IndexFunc(r.Obligations, func(o regime.Obligation) bool { return o.Key() == key })
	if i < 0 {
		return regime.Obligation{}, false
	}
	return r.Obligations[i], true
}

func applied(t testing.TB, r regime.Result, id string) regime.Applied {
	t.Helper()
	for _, a := range r.Regimes {
		if a.ID == id {
			return a
		}
	}
	t.Fatalf("regime %s is not in the result", id)
	return regime.Applied{}
}

func wantDue(t testing.TB, o regime.Obligation, due string) {
	t.Helper()
	if want := local(t, due); !o.Due.Equal(want) {
		t.Errorf("%s due %s, want %s", o.Key(), o.Due.Format("Mon 2006-01-02 15:04 -07"), want.Format("Mon 2006-01-02 15:04 -07"))
	}
}

func wantState(t testing.TB, o regime.Obligation, want regime.State) {
	t.Helper()
	if o.State != want {
		t.Errorf("%s is %s, want %s", o.Key(), o.State, want)
	}
}

func wantFlag(t testing.TB, o regime.Obligation, key string) {
	t.Helper()
	if !o.Flag(key) {
		t.Errorf("%s: no warning %s; has %v", o.Key(), key, o.Warnings)
	}
}

func nis2(t testing.TB) *story {
	return tell(t, []string{"essential"}, "al", "eu-nis2").yes("severe_disruption")
}

func dora(t testing.TB, kinds ...string) *story {
	return tell(t, append([]string{"financial"}, kinds...), "al", "eu-nis2", "eu-dora").yes("critical_services", "reputation", "data_loss")
}
