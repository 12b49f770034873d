package app

import (
	"bytes"
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/council"
	"kulla.dev/internal/db"
	"kulla.dev/internal/housetest"
	"kulla.dev/internal/marking"
	"kulla.dev/internal/report"
)

var speedIncidents = flag.Int("incidents", 2_000, "incidents in the database of the benchmarks of the paper and the situation")

// fillYears writes two years of incidents by SQL, with three stages each.
func fillYears(b *testing.B, a *App, n int) {
	b.Helper()
	now := a.now()
	ctx := b.Context()
	owners := min(1000, max(10, n/20))
	var sectors, bases []string
	for _, s := range a.Pack.Sectors {
		sectors = append(sectors, s.ID)
	}
	for _, g := range a.Pack.Taxonomies[0].Groups {
		bases = append(bases, g.ID+"/"+g.Entries[0].ID)
	}
	marks := make([]int64, owners)
	if err := a.DB.Tx(ctx, func(tx *db.Tx) error {
		for i := range marks {
			m := marking.Of(marking.TLPAmberStrict)
			m.Scope = marking.Only(a.AuthorityID(), fmt.Sprintf("speed-%04d", i))
			id, err := a.Access.Mark(tx, m, now)
			if err != nil {
				return err
			}
			marks[i] = int64(id)
		}
		for i := range 200 {
			text := strings.Join([]string{[]string{"incident", "reportable", "attempt", "incident"}[i%4], "significant", sectors[i%len(sectors)], []string{"critical", "important", "unlisted"}[i%3],
				bases[i%len(bases)], "yes", ""}, "\x1f")
			if _, err := tx.Exec(`INSERT INTO incident_dim (id, text) VALUES (?, ?) ON CONFLICT (id) DO NOTHING`, i+1, text); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		b.Fatal(err)
	}
	insert := func(tx *db.Tx, head string, columns int, rows [][]any) error {
		one := "(" + strings.TrimSuffix(strings.Repeat("?,", columns), ",") + ")"
		for len(rows) > 0 {
			k := min(len(rows), 30000/columns)
			var args []any
			for _, r := range rows[:k] {
				args = append(args, r...)
			}
			if _, err := tx.Exec(head+" VALUES "+strings.TrimSuffix(strings.Repeat(one+",", k), ","), args...); err != nil {
				return err
			}
			rows = rows[k:]
		}
		return nil
	}
	const batch = 1000
	for from := 0; from < n; from += batch {
		if err := a.DB.Tx(ctx, func(tx *db.Tx) error {
			var in, cn, ob [][]any
			for i := from; i < min(n, from+batch); i++ {
				at := now.Add(-time.Duration(n-i) * (720 * 24 * time.Hour / time.Duration(n)))
				id, who, us := db.NewID(at), fmt.Sprintf("speed-%04d", i%owners), at.UnixMicro()
				day := int(council.DayOf(at.In(a.Pack.Location)))
				live := n-i < n/50 // two in a hundred are still worked on
				liveN, status := 0, "closed"
				if live {
					liveN, status = 1, "open"
				}
				mark := marks[i%owners]
				in = append(in, []any{id, fmt.Sprintf("S-%d", i), 1, "significant", who, "", "", "", "Institution " + who, "An incident", "incident", status, "", sectors[i%len(sectors)],
					"critical", bases[i%len(bases)], mark, 0, 1.0, 2, "", "", "{}", us, us, us, "", liveN, 2, us, "eu.nis2", "final", 1, nil, nil, nil, 1})
				cn = append(cn, []any{id, us, int64(forever), day, day, 1, i%200 + 1, []string{"incident", "reportable", "attempt", "incident"}[i%4], sectors[i%len(sectors)], who, "", mark})
				for k, stage := range []string{"early_warning", "notice", "final"} {
					limit := at.Add(time.Duration([]int{24, 72, 720}[k]) * time.Hour)
					met := any(limit.Add(-time.Hour).UnixMicro())
					running := 0
					if live && k == 2 {
						met, running = nil, 1
					} else if i%9 == k {
						met = limit.Add(5 * time.Hour).UnixMicro()
					}
					ob = append(ob, []any{id, "eu.nis2", stage, us, int64(forever), 0, "report", "open", limit.UnixMicro(), limit.UnixMicro(), met, 1, 0, running, 0, day, mark})
				}
			}
			if err := insert(tx, `INSERT INTO incident_incident (id, number, version, kind, owner_id, victim_id, reporter_id, group_id, name, title, unit, status, assignee, sector, class, base, mark_id,
				exercise, speed, significant, severity, band, content, reported_at, created_at, changed_at, merged_into, live, turn, turn_at, turn_regime, turn_stage, turn_binding, next_due, next_own,
				overdue_at, open_clocks)`, 37, in); err != nil {
				return err
			}
			if err := insert(tx, `INSERT INTO incident_count (incident_id, rec_from, rec_to, day, began, dated, dim_id, unit, sector, owner_id, reporter_id, mark_id)`, 12, cn); err != nil {
				return err
			}
			return insert(tx, `INSERT INTO incident_obligation (incident_id, regime, stage, rec_from, rec_to, own, kind, state, due, outer_due, met_at, binding, optional, running, exercise, day, mark_id)`, 17, ob)
		}); err != nil {
			b.Fatal(err)
		}
	}
	for _, table := range []string{"incident_incident", "incident_count", "incident_obligation"} {
		if err := a.DB.Tx(ctx, func(tx *db.Tx) error { _, err := tx.Exec("ANALYZE " + table); return err }); err != nil {
			b.Fatal(err)
		}
	}
}

func eachDesk(b *testing.B, f func(b *testing.B, a *App)) {
	for name, url := range map[string]func(testing.TB) string{"sqlite": housetest.SQLiteURL, "postgres": housetest.PostgresURL} {
		b.Run(name, func(b *testing.B) {
			a := desk(b, url(b), Options{})
			fillYears(b, a, *speedIncidents)
			f(b, a)
		})
	}
}

func analyst(a *App) access.Actor {
	return access.Actor{Kind: access.KindPerson, Person: db.NewID(a.now()), Name: "Analyst", Institution: a.AuthorityID(), Roles: []access.Role{access.Analyst},
		Clearance: access.Clearance{TLP: marking.TLPRed}}
}

// BenchmarkPaper makes the paper of a year and prints it: go test -bench Paper
// ./internal/app -incidents 100000.
func BenchmarkPaper(b *testing.B) {
	eachDesk(b, func(b *testing.B, a *App) {
		by := analyst(a)
		last := council.DayOf(a.now().In(a.Pack.Location)) - 1
		for b.Loop() {
			began := time.Now()
			p, err := a.Council.Compose(b.Context(), by, council.Request{From: last - 364, To: last}, a.now())
			if err != nil {
				b.Fatal(err)
			}
			counted := time.Since(began)
			var out bytes.Buffer
			if err := report.PDF(&out, a.Council.Doc(p, "sq")); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(counted.Milliseconds()), "ms/count")
			b.ReportMetric(float64(out.Len()), "B/pdf")
		}
	})
}

// BenchmarkSituation counts everything on the first page.
func BenchmarkSituation(b *testing.B) {
	eachDesk(b, func(b *testing.B, a *App) {
		by := analyst(a)
		for b.Loop() {
			if _, err := a.Council.Situation(b.Context(), by, a.now()); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkEvidence opens the largest figure of a paper.
func BenchmarkEvidence(b *testing.B) {
	eachDesk(b, func(b *testing.B, a *App) {
		by := analyst(a)
		last := council.DayOf(a.now().In(a.Pack.Location)) - 1
		p, err := a.Council.Compose(b.Context(), by, council.Request{From: last - 364, To: last}, a.now())
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if _, err := a.Council.Evidence(b.Context(), by, p.ID, 1, 0, false, a.now()); err != nil {
				b.Fatal(err)
			}
		}
	})
}
