package incident

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/db"
	"kulla.dev/internal/housetest"
	"kulla.dev/internal/jobs"
	"kulla.dev/internal/marking"
	"kulla.dev/internal/regime"
)

var (
	benchIncidents = flag.Int("incidents", 20_000, "incidents in the database of a benchmark")
	benchOwners    = flag.Int("institutions", 1_000, "institutions they belong to, each with a marking of its own")
	benchLive      = flag.Int("live", 100, "per cent of the incidents that are worked on")
)

// fillDesk writes many incidents by SQL, as a year of reports would leave them.
func fillDesk(b *testing.B, w *world, n, owners int) {
	b.Helper()
	sectors := []string{}
	for _, s := range testPack().Sectors {
		sectors = append(sectors, s.ID)
	}
	units := []Unit{UnitEvent, UnitAttempt, UnitIncident, UnitReportable}
	bases := []string{"", "availability/ddos", "fraud/phishing", "intrusions/system-compromise", "malicious-code/infected-system"}
	marks := make([]int64, owners)
	if err := w.DB.Tx(bg, func(tx *db.Tx) error {
		for i := range marks {
			m := marking.Of(marking.TLPAmberStrict)
			m.Scope = marking.Only(authority, fmt.Sprintf("inst-%05d", i))
			id, err := w.Access.Mark(tx, m, t0)
			if err != nil {
				return err
			}
			marks[i] = int64(id)
		}
		return nil
	}); err != nil {
		b.Fatal(err)
	}
	const batch = 2000
	for from := 0; from < n; from += batch {
		if err := w.DB.Tx(bg, func(tx *db.Tx) error {
			insert := func(head string, columns int, rows [][]any) error {
				for len(rows) > 0 {
					k := min(len(rows), 900/columns*10)
					k = min(k, 30000/columns)
					one := "(" + strings.TrimSuffix(strings.Repeat("?,", columns), ",") + ")"
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
			var a, o, c, words [][]any
			for i := from; i < min(n, from+batch); i++ {
				at := t0.Add(-time.Duration(n-i) * (365 * 24 * time.Hour / time.Duration(n)))
				id := db.NewID(at)
				own, live := i%owners, i%100 < *benchLive
				turn, due := 1+i%3, t0.Add(time.Duration(i%2000-300)*time.Hour)
				status := StatusOpen
				if !live {
					turn, status = 3, StatusClosed
				}
				who := ""
				if i%5 == 0 {
					who = fmt.Sprintf("d%d", i%40)
				}
				var overdue any
				if live && turn < 3 {
					overdue = due
				}
				a = append(a, []any{id, fmt.Sprintf("I-%d-%07d", at.Year(), i), 1, "significant", fmt.Sprintf("inst-%05d", own), "", "", "", fmt.Sprintf("Institution %d", own), "Something happened",
					string(units[i%4]), string(status), who, sectors[i%len(sectors)], "critical", bases[i%len(bases)], marks[own], 0, 1.0, 2, "", "", "{}", at, at, at, "",
					live, turn, due, "eu.nis2", "notice", 1, due, nil, overdue, 2})
				for _, x := range searchWords(fmt.Sprintf("Institution %d something happened", own), 10) {
					words = append(words, []any{digits(x), id})
				}
				o = append(o, []any{id, "eu.nis2", "notice", at, int64(forever), 0, "notification", "open", due, due, nil, 1, 0, live, 0, w.dayOf(at), marks[own]})
				o = append(o, []any{id, "eu.nis2", "early", at, int64(forever), 0, "early_warning", "met", at.Add(24 * time.Hour), at.Add(24 * time.Hour), at, 1, 0, 0, 0, w.dayOf(at), marks[own]})
				k, err := dim(tx, dims{unit: units[i%4], kind: "significant", sector: sectors[i%len(sectors)], class: "critical", base: bases[i%len(bases)], significant: 2})
				if err != nil {
					return err
				}
				c = append(c, []any{id, at, int64(forever), w.dayOf(at), w.dayOf(at) - 1, 1, k, string(units[i%4]), sectors[i%len(sectors)], fmt.Sprintf("inst-%05d", own), "", marks[own]})
			}
			if err := insert(`INSERT INTO incident_incident (id, number, version, kind, owner_id, victim_id, reporter_id, group_id, name, title, unit, status, assignee, sector, class, base, mark_id,
				exercise, speed, significant, severity, band, content, reported_at, created_at, changed_at, merged_into, live, turn, turn_at, turn_regime, turn_stage, turn_binding, next_due, next_own, overdue_at, open_clocks)`, 37, a); err != nil {
				return err
			}
			if err := insert(`INSERT INTO incident_obligation (incident_id, regime, stage, rec_from, rec_to, own, kind, state, due, outer_due, met_at, binding, optional, running, exercise, day, mark_id)`, 17, o); err != nil {
				return err
			}
			if err := insert(`INSERT INTO incident_word (word, incident_id)`, 2, words); err != nil {
				return err
			}
			return insert(`INSERT INTO incident_count (incident_id, rec_from, rec_to, day, began, dated, dim_id, unit, sector, owner_id, reporter_id, mark_id)`, 12, c)
		}); err != nil {
			b.Fatal(err)
		}
	}
	if w.DB.Dialect() == db.Postgres {
		_ = w.DB.Tx(bg, func(tx *db.Tx) error { _, err := tx.Exec(`ANALYZE`); return err })
	}
}

func BenchmarkDesk(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			url := housetest.SQLiteURL
			if engine == "postgres" {
				url = housetest.PostgresURL
			}
			d := housetest.Open(b, url(b))
			w := newWorld(b, d)
			fillDesk(b, w, *benchIncidents, *benchOwners)
			by := duty()
			own := person("x", "inst-00007", access.Officer)
			year := Slice{From: t0.AddDate(-1, 0, 0), To: t0.AddDate(0, 0, 1)}
			page2 := func(q Query) Query {
				p, err := w.Queue(bg, by, q, t0)
				if err != nil {
					b.Fatal(err)
				}
				q.After = p.Next
				return q
			}
			deep := Query{Limit: 200}
			for range 5 {
				deep = page2(deep)
			}
			for _, c := range []struct {
				name string
				run  func() error
			}{
				{"queue", func() error { _, err := w.Queue(bg, by, Query{}, t0); return err }},
				{"queue-deep", func() error { _, err := w.Queue(bg, by, deep, t0); return err }},
				{"queue-mine", func() error {
					_, err := w.Queue(bg, person("d5", authority, access.Duty), Query{Mine: true}, t0)
					return err
				}},
				{"queue-unassigned", func() error { _, err := w.Queue(bg, by, Query{Unassigned: true}, t0); return err }},
				{"queue-sector", func() error { _, err := w.Queue(bg, by, Query{Sector: testPack().Sectors[0].ID}, t0); return err }},
				{"queue-overdue", func() error { _, err := w.Queue(bg, by, Query{Overdue: true}, t0); return err }},
				{"queue-ended", func() error { _, err := w.Queue(bg, by, Query{Ended: true}, t0); return err }},
				{"queue-own", func() error { _, err := w.Queue(bg, own, Query{}, t0); return err }},
				{"queue-text-common", func() error { _, err := w.Queue(bg, by, Query{Text: "someth"}, t0); return err }},
				{"queue-text-none", func() error { _, err := w.Queue(bg, by, Query{Text: "nothing like it"}, t0); return err }},
				{"counts", func() error { _, err := w.Counts(bg, by, Query{}, t0); return err }},
				{"clocks", func() error { _, err := w.OpenClocks(bg, by, t0.Add(24*time.Hour), 50); return err }},
				{"series-year", func() error { _, err := w.Series(bg, by, year); return err }},
				{"series-quarter", func() error { _, err := w.Series(bg, by, Slice{From: t0.AddDate(0, -3, 0), To: t0}); return err }},
				{"punctuality-year", func() error { _, err := w.Punctuality(bg, by, year, t0); return err }},
				{"reporting-year", func() error { _, err := w.Reporting(bg, by, year); return err }},
				{"series-own", func() error { _, err := w.Series(bg, own, year); return err }},
				{"series-sector", func() error {
					_, err := w.Series(bg, by, Slice{From: year.From, To: year.To, Sector: testPack().Sectors[0].ID})
					return err
				}},
				{"counts-own", func() error { _, err := w.Counts(bg, own, Query{}, t0); return err }},
				{"sheets-year", func() error { _, err := w.Sheets(bg, by, year, "en"); return err }},
			} {
				b.Run(c.name, func(b *testing.B) {
					var took []time.Duration
					for b.Loop() {
						began := time.Now()
						if err := c.run(); err != nil {
							b.Fatal(err)
						}
						took = append(took, time.Since(began))
					}
					slices.Sort(took)
					b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
				})
			}
			b.Run("submit", func(b *testing.B) {
				var took []time.Duration
				for b.Loop() {
					in := report(w.now)
					began := time.Now()
					w.submit(officer(), in)
					took = append(took, time.Since(began))
				}
				slices.Sort(took)
				b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
			})
		})
	}
}

// The scan for what is due costs the same whatever is waiting.
func BenchmarkDueScan(b *testing.B) {
	for _, n := range []int{1_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			w := newWorld(b, housetest.Open(b, housetest.SQLiteURL(b)))
			for from := 0; from < n; from += 5000 {
				if err := w.DB.Tx(bg, func(tx *db.Tx) error {
					for i := from; i < min(n, from+5000); i++ {
						if _, err := jobs.Enqueue(tx, RemindJob, fmt.Sprint(i), remindArgs{}, t0.Add(time.Duration(i+1)*time.Hour), t0); err != nil {
							return err
						}
					}
					return nil
				}); err != nil {
					b.Fatal(err)
				}
			}
			for b.Loop() {
				if _, err := w.run.Step(bg); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkEvaluate(b *testing.B) {
	w := newWorld(b, housetest.Open(b, housetest.SQLiteURL(b)))
	r := w.submit(officer(), report(w.now))
	var s *state
	if err := w.DB.Read(bg, func(tx *db.Tx) (err error) { s, err = w.load(tx, r.Incident, w.now, ""); return err }); err != nil {
		b.Fatal(err)
	}
	var out regime.Result
	for b.Loop() {
		out = w.engine.Evaluate(w.kase(s), w.now)
	}
	if len(out.Obligations) == 0 {
		b.Fatal("nothing owed")
	}
}
