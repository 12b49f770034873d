package incident

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"strings"
	"testing"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/housetest"
	"kulla.dev/internal/marking"
	"kulla.dev/internal/regime"
)

func TestCountsAsKnownAtACutOff(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		year := Slice{From: t0.AddDate(0, -6, 0), To: t0.AddDate(0, 6, 0)}
		at := func(cut time.Time) Series {
			sl := year
			sl.CutOff = cut
			s, err := w.Series(bg, duty(), sl)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		first := report(w.now)
		first.Title = "=HYPERLINK(1)"
		a := w.submit(officer(), first)
		w.now = w.now.Add(24 * time.Hour)
		threat := report(w.now)
		threat.Kind = regime.Threat
		w.submit(officer(), threat)
		noon := w.now.Add(time.Hour)
		w.now = w.now.Add(48 * time.Hour)
		if _, err := w.Classify(bg, duty(), a.Incident, 0, []Code{{Scheme: "rsit", Code: "malicious-code/infected-system"}}, w.now); err != nil {
			t.Fatal(err)
		}
		if _, err := w.SetUnit(bg, duty(), a.Incident, 0, UnitIncident, w.now); err != nil {
			t.Fatal(err)
		}
		then, now := at(noon), at(time.Time{})
		unit := func(p Point) string { return string(p.Unit) }
		base := func(p Point) string { return p.Base }
		if then.Total != 2 || then.By(unit)["reportable"] != 1 || then.By(base)["malicious-code"] != 0 || then.By(base)[""] != 2 {
			t.Errorf("as known then: %+v", then.Points)
		}
		if now.Total != 2 || now.By(unit)["reportable"] != 0 || now.By(unit)["incident"] != 1 || now.By(base)["malicious-code"] != 1 {
			t.Errorf("as known now: %+v", now.Points)
		}
		if before := at(t0.Add(-time.Hour)); before.Total != 0 {
			t.Errorf("known before it was reported: %d", before.Total)
		}
		if m := now.Months(); m[time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)] != 2 || len(m) < 12 {
			t.Errorf("months: %v", m)
		}
		if ids, err := w.Evidence(bg, duty(), year, "", 10); err != nil || len(ids) != 2 {
			t.Errorf("evidence: %v %v", ids, err)
		}
		if r, err := w.Reporting(bg, duty(), year); err != nil || r.Reported["grid"] != 2 {
			t.Errorf("reporting: %+v %v", r, err)
		}
		if _, err := w.Series(bg, duty(), Slice{}); !fault.Is(err, fault.Invalid) {
			t.Errorf("a slice without dates: %v", err)
		}
		if _, err := w.Series(bg, access.Actor{}, year); !fault.Is(err, fault.Denied) {
			t.Errorf("nobody counts: %v", err)
		}
		sheets, err := w.Sheets(bg, duty(), year, "sq")
		if err != nil || len(sheets) != 4 {
			t.Fatalf("sheets: %v", err)
		}
		for _, s := range sheets {
			sum := [5]int{}
			for _, r := range s.Rows[:len(s.Rows)-1] {
				for i := range sum {
					n, _ := strconv.Atoi(r[i+1])
					sum[i] += n
				}
			}
			total := s.Rows[len(s.Rows)-1]
			for i := range sum {
				if total[i+1] != strconv.Itoa(sum[i]) {
					t.Errorf("%s: column %d adds up to %d, total says %s", s.ID, i, sum[i], total[i+1])
				}
			}
			if s.Of != 2 || total[5] != "2" || total[3] != "1" {
				t.Errorf("%s: %+v", s.ID, s)
			}
		}
		var out bytes.Buffer
		n, mark, err := w.Export(bg, duty(), Query{}, CSV, &out, w.now)
		if err != nil || n != 2 || mark.TLP != marking.TLPAmberStrict {
			t.Fatalf("export: %d %v %v", n, mark, err)
		}
		rows, err := csv.NewReader(&out).ReadAll()
		if err != nil || len(rows) != 3 || !strings.Contains(strings.Join(rows[1], "")+strings.Join(rows[2], ""), "'=HYPERLINK") {
			t.Errorf("csv: %v %v", rows, err)
		}
		out.Reset()
		if n, _, err = w.Export(bg, officer(), Query{}, JSON, &out, w.now); err != nil || n != 2 || !strings.HasPrefix(out.String(), "[") {
			t.Errorf("json: %d %v", n, err)
		}
		if _, _, err = w.Export(bg, person("r1", "grid", access.Reporter), Query{}, JSON, &out, w.now); !fault.Is(err, fault.Denied) {
			t.Errorf("a reporter exports: %v", err)
		}
	})
}

func TestAVictimIsListedLater(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		r := w.submit(duty(), Draft{Key: "1", Victim: Victim{Name: "A shop"}, Title: "Till encrypted", Aware: Moment{Precision: Unknown}})
		owner := person("k1", "shop", access.Officer)
		if _, err := w.Get(bg, owner, r.Incident, w.now); !fault.Is(err, fault.NotFound) {
			t.Errorf("read before it is listed: %v", err)
		}
		v := w.get(duty(), r.Incident)
		w.now = w.now.Add(time.Hour)
		ids, err := w.Adopt(bg, duty(), v.Victim.ID, "shop", w.now)
		if err != nil || len(ids) != 1 {
			t.Fatalf("%v %v", ids, err)
		}
		got := w.get(owner, r.Incident)
		if got.Institution != "shop" || got.Name != "A shop" || len(got.Submissions) != 1 || got.Number != r.Number {
			t.Errorf("after: %+v", got.Incident)
		}
		if _, err := w.Adopt(bg, duty(), v.Victim.ID, "grid", w.now); !fault.Is(err, fault.NotFound) {
			t.Errorf("listed twice: %v", err)
		}
	})
}

func TestPagesOfTheListDoNotOverlap(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		want := map[ID]bool{}
		for range 7 {
			want[w.submit(officer(), report(w.now)).Incident] = true
			w.now = w.now.Add(time.Minute)
		}
		for name, q := range map[string]Query{"turn": {Limit: 3}, "overdue": {Limit: 3, Overdue: true}} {
			seen := map[ID]bool{}
			at := w.now
			if q.Overdue {
				at = w.now.AddDate(0, 1, 0)
			}
			var last time.Time
			for {
				p, err := w.Queue(bg, duty(), q, at)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range p.Rows {
					if seen[r.ID] || r.Due.Before(last) && !q.Overdue {
						t.Errorf("%s: %s twice or out of order", name, r.Number)
					}
					seen[r.ID], last = true, r.Due
				}
				if q.After = p.Next; q.After == "" {
					break
				}
			}
			if len(seen) != len(want) {
				t.Errorf("%s: %d of %d", name, len(seen), len(want))
			}
		}
		for _, c := range []string{"x", "1_2", "1_2_3", strings.Repeat("9", 30) + "_1_" + db.NewID(t0)} {
			if _, err := w.Queue(bg, duty(), Query{After: c}, w.now); !fault.Is(err, fault.Invalid) {
				t.Errorf("cursor %q: %v", c, err)
			}
		}
		for q, n := range map[string]int{"ransomware": 7, "the grid": 7, "100%": 0, "i-2026-0003": 1} {
			if p, err := w.Queue(bg, duty(), Query{Text: q}, w.now); err != nil || len(p.Rows) != n {
				t.Errorf("search %q: %d %v, want %d", q, len(p.Rows), err, n)
			}
		}
	})
}

// A slice by unit, sector or reader counts what the whole counts under it, and
// who reported is counted with or without a place in the registry.
func TestPartsOfASeriesAddUp(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		for i := range 6 {
			in := report(w.now)
			if i%3 == 0 {
				in.Kind = regime.Threat
			}
			w.submit(officer(), in)
			w.submit(person("b1", "bank", access.Officer), bankReport(w.now))
			w.now = w.now.Add(9 * time.Hour)
		}
		for i := range 2 {
			w.submit(duty(), Draft{Key: strconv.Itoa(i), Victim: Victim{Name: "A shop"}, Title: "Till encrypted", Aware: Moment{Precision: Unknown}})
		}
		year := Slice{From: t0.AddDate(0, -6, 0), To: t0.AddDate(0, 6, 0)}
		series := func(by access.Actor, sl Slice) Series {
			t.Helper()
			s, err := w.Series(bg, by, sl)
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for i, p := range s.Points {
				n += p.N
				if i > 0 && p.Day.Before(s.Points[i-1].Day) {
					t.Errorf("point %d is out of order", i)
				}
			}
			if n != s.Total {
				t.Errorf("points add up to %d, total says %d", n, s.Total)
			}
			return s
		}
		all := series(duty(), year)
		if all.Total != 14 {
			t.Fatalf("total %d", all.Total)
		}
		units, sectors := all.By(func(p Point) string { return string(p.Unit) }), all.By(func(p Point) string { return p.Sector })
		for _, u := range Units() {
			sl := year
			sl.Units = []Unit{u}
			if s := series(duty(), sl); s.Total != units[string(u)] {
				t.Errorf("unit %s: %d alone, %d within all", u, s.Total, units[string(u)])
			}
		}
		if len(units) < 2 || sectors["energy"] != 6 || sectors["banking"] != 6 || sectors[""] != 2 {
			t.Errorf("units %v, sectors %v", units, sectors)
		}
		for _, sector := range []string{"energy", "banking", "space"} {
			sl := year
			sl.Sector = sector
			if s := series(duty(), sl); s.Total != sectors[sector] {
				t.Errorf("sector %s: %d alone, %d within all", sector, s.Total, sectors[sector])
			}
			if ids, err := w.Evidence(bg, duty(), sl, "", 100); err != nil || len(ids) != sectors[sector] {
				t.Errorf("sector %s: evidence of %d, %v", sector, len(ids), err)
			}
		}
		if s := series(officer(), year); s.Total != 6 || s.By(func(p Point) string { return p.Sector })["energy"] != 6 {
			t.Errorf("the institution counts %+v", s.Points)
		}
		r, err := w.Reporting(bg, duty(), year)
		if err != nil || r.Reported["grid"] != 6 || r.Reported["bank"] != 6 || len(r.Reported) != 2 || r.Unlisted != 2 {
			t.Errorf("reporting: %+v %v", r, err)
		}
		late, err := w.Punctuality(bg, duty(), year, w.now)
		if err != nil || len(late) == 0 {
			t.Fatalf("punctuality: %v %v", late, err)
		}
		for _, p := range late {
			judged := int64(p.InTime + p.Late + p.Overdue + p.Running)
			if n := w.count(`SELECT count(*) FROM incident_obligation WHERE regime = ? AND stage = ? AND kind = ? AND binding = ? AND own = 0 AND optional = 0
				AND exercise = 0 AND (met_at IS NOT NULL OR running = 1) AND rec_to = 9223372036854775807`, p.Regime, p.Stage, p.Kind, p.Binding); n != judged {
				t.Errorf("%s/%s: %d judged, %d are owed", p.Regime, p.Stage, judged, n)
			}
		}
	})
}
