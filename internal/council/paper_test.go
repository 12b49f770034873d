package council

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/audit"
	"kulla.dev/internal/country"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/housetest"
	"kulla.dev/internal/i18n"
	"kulla.dev/internal/marking"
	"kulla.dev/internal/report"
	"kulla.dev/packs"
)

var t0 = time.Date(2026, 7, 1, 9, 0, 0, 0, time.UTC)

const owner = "authority"

// held is a record with the recorded time in which it held.
type held struct {
	Record
	from, to time.Time // zero to: still
}

// shelf is a small source: what the neighbours would answer.
type shelf struct {
	marks   map[int64]marking.Marking
	records []held
	stages  []Stage
	members []Member
}

func (s *shelf) may(by access.Actor, mark int64) bool {
	return marking.MayRead(by.Reader(), s.marks[mark])
}

func (s *shelf) Records(_ context.Context, by access.Actor, w Window, each func(Record)) error {
	for _, r := range s.records {
		if w.Match(r.Record) && s.may(by, r.Mark) && (w.Known.IsZero() || !r.from.After(w.Known)) && (r.to.IsZero() || !w.Known.IsZero() && r.to.After(w.Known)) {
			each(r.Record)
		}
	}
	return nil
}

func (s *shelf) Stages(_ context.Context, by access.Actor, w Window, open bool, each func(Stage)) error {
	day := map[string]Day{}
	for _, r := range s.records {
		day[r.ID] = r.Day
	}
	for _, x := range s.stages {
		owed := x.State == StageOpen || x.State == StageOverdue
		if on := day[x.Incident]; on >= w.From && on < w.To && s.may(by, x.Mark) && (owed || !open) {
			each(x)
		}
	}
	return nil
}

func (s *shelf) Members(_ context.Context, by access.Actor, _ Day, _ time.Time, each func(Member)) error {
	for _, m := range s.members {
		if s.may(by, m.Mark) {
			each(m)
		}
	}
	return nil
}

func (s *shelf) Lines(_ context.Context, by access.Actor, ids []string) (out []Line, _ error) {
	for _, id := range ids {
		for _, r := range s.records {
			if r.ID == id && r.to.IsZero() && s.may(by, r.Mark) && access.May(by, "incident.read") == nil {
				out = append(out, Line{ID: id, Number: "I-" + id})
			}
		}
	}
	return out, nil
}

func (s *shelf) Names(_ context.Context, _ access.Actor, ids []string, _ string) (map[string]string, error) {
	out := map[string]string{}
	for _, id := range ids {
		out[id] = "The " + id
	}
	return out, nil
}

func (s *shelf) Weeks(ctx context.Context, by access.Actor, from, to Day, units []string) ([]Bucket, []int64, error) {
	sums, marks := map[Bucket]int{}, map[int64]bool{}
	err := s.Records(ctx, by, Window{From: from, To: to, Units: units}, func(r Record) {
		sums[Bucket{Week: r.Day.Monday(), Sector: r.Sector}]++
		marks[r.Mark] = true
	})
	var out []Bucket
	for b, n := range sums {
		b.N = n
		out = append(out, b)
	}
	var all []int64
	for m := range marks {
		all = append(all, m)
	}
	return out, all, err
}

func (s *shelf) Listed(context.Context, access.Actor, Day, Day) (int, int, error) { return 4, 2, nil }
func (s *shelf) Due(context.Context, access.Actor, int, int, time.Time) ([]Clock, error) {
	return nil, nil
}
func (s *shelf) Load(context.Context, access.Actor, time.Time) (Load, error) { return Load{}, nil }
func (s *shelf) News(context.Context, access.Actor, time.Time, time.Time) (News, error) {
	return News{}, nil
}

type world struct {
	*Desk
	*shelf
	t                *testing.T
	open, wall, deep int64 // marks: AMBER+STRICT, the same behind the wall, RED
}

func newWorld(t *testing.T, d *db.DB) *world {
	t.Helper()
	log := audit.New(audit.Config{DB: d})
	acc, err := access.New(access.Config{DB: d, Key: make([]byte, 32), Table: marking.Table{}, Record: func(*db.Tx, access.Actor, access.Record) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	pack, err := country.LoadAll(packs.FS, "al", "eu-nis2")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, shelf: &shelf{marks: map[int64]marking.Marking{}}}
	if w.Desk, err = New(Config{DB: d, Access: acc, Audit: log, Pack: pack, Source: w.shelf, Owner: owner}); err != nil {
		t.Fatal(err)
	}
	mark := func(m marking.Marking) (id int64) {
		if err := d.Tx(t.Context(), func(tx *db.Tx) error {
			k, err := acc.Mark(tx, m, t0)
			id = int64(k)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		w.marks[id] = m
		return id
	}
	strict := marking.Of(marking.TLPAmberStrict)
	strict.Scope = marking.Only(owner, "grid")
	w.open = mark(strict)
	strict.Caveats = []string{access.NotForSupervision}
	w.wall = mark(strict)
	w.deep = mark(marking.Of(marking.TLPRed))
	return w
}

func person(role access.Role, tlp marking.TLP) access.Actor {
	return access.Actor{Kind: access.KindPerson, Person: "p-" + string(role), Name: string(role), Institution: owner, Roles: []access.Role{role}, Clearance: access.Clearance{TLP: tlp}, Fresh: t0}
}

func (w *world) add(n int, day string, unit, sector, class, base, who string, mark int64) {
	on, err := time.Parse(time.DateOnly, day)
	if err != nil {
		w.t.Fatal(err)
	}
	for range n {
		w.records = append(w.records, held{Record: Record{ID: fmt.Sprintf("r%04d", len(w.records)), Day: DayOf(on), Unit: unit, Sector: sector, Class: class, Base: base, Owner: who, Mark: mark}, from: on})
	}
}

func (w *world) fill() {
	w.add(7, "2026-02-03", "reportable", "al.electricity", "critical", "availability", "grid", w.open)
	w.add(5, "2026-05-09", "incident", "al.banks", "important", "fraud", "bank", w.open)
	w.add(2, "2026-05-30", "incident", "", "", "", "", w.open)
	w.add(1, "2026-06-01", "incident", "nowhere.at-all", "unlisted", "no-such-class", "shop", w.wall)
	w.add(3, "2026-06-02", "attempt", "al.banks", "important", "fraud", "bank", w.open)
	w.add(4, "2025-03-03", "incident", "al.electricity", "critical", "", "grid", w.open)
	w.add(6, "2026-03-03", "incident", "al.water", "critical", "", "water", w.deep)
	w.members = []Member{{"grid", "al.electricity", "critical", w.open}, {"bank", "al.banks", "important", w.open}, {"water", "al.water", "critical", w.open}, {"shop", "", "unlisted", w.open}}
	for i, state := range []StageState{StageInTime, StageInTime, StageLate, StageOverdue, StageOpen} {
		w.stages = append(w.stages, Stage{Incident: w.records[i].ID, Regime: "eu.nis2", Stage: "notice", Binding: true, State: state, Mark: w.open})
	}
	w.stages = append(w.stages, Stage{Incident: w.records[0].ID, Regime: "al.cyber", Stage: "notice", State: StageOverdue, Mark: w.open})
}

func day(s string) Day {
	t, _ := time.Parse(time.DateOnly, s)
	return DayOf(t)
}

func half() Request { return Request{From: day("2026-01-01"), To: day("2026-06-30")} }

func (w *world) make(by access.Actor, r Request) Paper {
	w.t.Helper()
	p, err := w.Compose(w.t.Context(), by, r, t0)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

func TestEveryTableAddsUp(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.fill()
		p := w.make(person(access.Analyst, marking.TLPAmberStrict), half())
		total, _ := p.Figure(Total, "")
		if total.Count != 15 || total.Before != 4 {
			t.Fatalf("total %d against %d, want 15 against 4", total.Count, total.Before)
		}
		for _, def := range []Def{Sector, Class, Type, Month} {
			now, before := 0, 0
			for _, f := range p.Of(def) {
				now, before = now+f.Count, before+f.Before
			}
			if now != total.Count || before != total.Before {
				t.Errorf("%s adds up to %d against %d, want %d against %d", def, now, before, total.Count, total.Before)
			}
		}
		for _, c := range []struct {
			def  Def
			item string
			want int
		}{{Unit, "attempt", 3}, {Unit, "reportable", 7}, {Sector, "al.energy", 7}, {Sector, Unknown, 2}, {Sector, Other, 1}, {Type, Unknown, 2}, {Type, Other, 1}, {Class, Unknown, 2},
			{Month, "2026-05", 7}, {Outside, "", 3}, {Reported, "", 2}, {Silent, "", 1}, {Running, "", 3}, {Overdue, "", 1}, {Past, "", 1}} {
			if f, ok := p.Figure(c.def, c.item); !ok || f.Count != c.want {
				t.Errorf("%s %q = %d (%v), want %d", c.def, c.item, f.Count, ok, c.want)
			}
		}
		f, ok := p.Figure(Punctual, "eu.nis2/notice")
		if !ok || f.Count != 2 || f.Late != 1 || f.Owed != 1 || f.Open != 1 || f.Of != 4 || f.Value != 0.5 {
			t.Errorf("punctuality %+v", f)
		}
		if f, ok := p.Figure(Unverified, "al.cyber/notice"); !ok || !isNaN(f.Value) {
			t.Errorf("unverified law was judged: %+v", f)
		}
		rate, _ := p.Figure(Rate, "")
		if want := 100 * 12 / (3 * 181 / 365.25); math.Abs(float64(rate.Value)-want) > 1e-9 {
			t.Errorf("rate %v, want %v", rate.Value, want)
		}
	})
}

func TestAPaperIsFrozen(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.fill()
		by := person(access.Analyst, marking.TLPAmberStrict)
		p := w.make(by, half())
		print := func(p Paper, lang i18n.Lang) []byte {
			var b bytes.Buffer
			if err := report.PDF(&b, w.Doc(p, lang)); err != nil {
				t.Fatal(err)
			}
			return b.Bytes()
		}
		before := map[i18n.Lang][]byte{"sq": print(p, "sq"), "en": print(p, "en")}
		w.add(9, "2026-06-15", "incident", "al.banks", "important", "fraud", "bank", w.open) // learnt later
		for i := range w.records {
			if w.records[i].from = w.records[i].Day.Date(); i >= len(w.records)-9 {
				w.records[i].from = t0.Add(time.Hour)
			}
		}
		again, err := w.Get(t.Context(), by, p.ID, t0.Add(2*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		for lang, want := range before {
			if !bytes.Equal(print(again, lang), want) {
				t.Errorf("the %s print of the stored paper differs", lang)
			}
			if bytes.Contains(want, []byte("council.")) {
				t.Errorf("%s: a key stands in the print", lang)
			}
		}
		total, _ := again.Figure(Total, "")
		e, err := w.Evidence(t.Context(), by, p.ID, total.N, 0, false, t0.Add(2*time.Hour))
		if err != nil || !e.Full || !e.Revised || e.Altered || e.Today != 24 || len(e.Lines) != 15 {
			t.Errorf("evidence: full %v revised %v altered %v today %d lines %d (%v)", e.Full, e.Revised, e.Altered, e.Today, len(e.Lines), err)
		}
		e, err = w.Evidence(t.Context(), by, p.ID, total.N, 0, true, t0.Add(2*time.Hour))
		if err != nil || len(e.Lines) != 4 || !e.Full {
			t.Errorf("the year before: %d lines, full %v (%v)", len(e.Lines), e.Full, err)
		}
		// Somebody tampers with what was known at the cut-off.
		w.records[0].Unit = "event"
		if e, err = w.Evidence(t.Context(), by, p.ID, total.N, 0, false, t0.Add(2*time.Hour)); err != nil || !e.Altered || e.Full {
			t.Errorf("tampering: altered %v full %v (%v)", e.Altered, e.Full, err)
		}
		for _, f := range p.Figures { // every figure opens
			if _, err := w.Evidence(t.Context(), by, p.ID, f.N, 0, false, t0); err != nil {
				t.Errorf("figure %d %s %q: %v", f.N, f.Def, f.Item, err)
			}
		}
		if _, err := w.Evidence(t.Context(), by, p.ID, 999, 0, false, t0); !fault.Is(err, fault.NotFound) {
			t.Errorf("a figure that is none: %v", err)
		}
		n := int64(0)
		_ = d.Read(t.Context(), func(tx *db.Tx) error {
			n, err = db.Count(tx, `SELECT count(*) FROM audit_record WHERE verb = 'council.compose' AND object_id = ?`, p.ID)
			return err
		})
		if n != 1 {
			t.Errorf("%d records of the making", n)
		}
	})
}

func TestAPaperCarriesTheMarkingOfWhatItCounts(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.fill()
		red := w.make(person(access.Analyst, marking.TLPRed), half())
		strict := w.make(person(access.Analyst, marking.TLPAmberStrict), half())
		chosen := w.make(person(access.Analyst, marking.TLPRed), Request{From: half().From, To: half().To, TLP: marking.TLPAmberStrict})
		if red.Mark.TLP != marking.TLPRed || strict.Mark.TLP != marking.TLPAmberStrict || chosen.Mark.TLP != marking.TLPAmberStrict {
			t.Errorf("markings %v, %v, %v", red.Mark, strict.Mark, chosen.Mark)
		}
		if !slices.Contains(strict.Mark.Caveats, access.NotForSupervision) {
			t.Errorf("the wall does not hold for the paper: %v", strict.Mark)
		}
		a, _ := red.Figure(Total, "")
		b, _ := strict.Figure(Total, "")
		c, _ := chosen.Figure(Total, "")
		if a.Count != 21 || b.Count != 15 || c.Count != 15 {
			t.Errorf("counts %d, %d, %d, want 21, 15, 15", a.Count, b.Count, c.Count)
		}
		member := person(access.Member, marking.TLPAmberStrict)
		if list, err := w.List(t.Context(), member, 10); err != nil || len(list) != 2 {
			t.Errorf("the member lists %d papers (%v), want 2", len(list), err)
		}
		for _, x := range []struct {
			name string
			by   access.Actor
			id   string
			kind fault.Kind
		}{
			{"a member below the marking", member, red.ID, fault.NotFound},
			{"the supervisor behind the wall", person(access.Supervisor, marking.TLPRed), strict.ID, fault.NotFound},
			{"an administrator", person(access.Administrator, marking.TLPRed), strict.ID, fault.Denied},
			{"an id that is none", member, "../x", fault.NotFound},
		} {
			if _, err := w.Get(t.Context(), x.by, x.id, t0); !fault.Is(err, x.kind) {
				t.Errorf("%s: %v, want %v", x.name, err, x.kind)
			}
		}
		total, _ := strict.Figure(Total, "")
		e, err := w.Evidence(t.Context(), member, strict.ID, total.N, 0, false, t0)
		if err != nil || len(e.Lines) != 0 {
			t.Errorf("a member who may not open incidents sees %d (%v)", len(e.Lines), err)
		}
		if _, err := w.Compose(t.Context(), member, half(), t0); !fault.Is(err, fault.Denied) {
			t.Errorf("a member makes a paper: %v", err)
		}
		if red.Number == strict.Number || !strings.HasPrefix(red.Number, "P-2026-") {
			t.Errorf("numbers %s, %s", red.Number, strict.Number)
		}
	})
}

func TestWrongPeriodsAreNamed(t *testing.T) {
	w := newWorld(t, housetest.Open(t, housetest.SQLiteURL(t)))
	by := person(access.Analyst, marking.TLPRed)
	for _, c := range []struct {
		name  string
		r     Request
		field string
	}{
		{"no days", Request{}, "from"},
		{"turned round", Request{From: day("2026-02-01"), To: day("2026-01-01")}, "to"},
		{"tomorrow", Request{From: day("2026-06-01"), To: day("2026-07-02")}, "to"},
		{"ten years", Request{From: day("2016-01-01"), To: day("2026-01-01")}, "to"},
		{"a cut-off to come", Request{From: half().From, To: half().To, CutOff: t0.Add(time.Hour)}, "cut-off"},
		{"a cut-off within the period", Request{From: half().From, To: half().To, CutOff: day("2026-03-01").Date()}, "cut-off"},
	} {
		_, err := w.Compose(t.Context(), by, c.r, t0)
		f, ok := err.(*fault.Error)
		if !ok || f.Kind != fault.Invalid || !slices.ContainsFunc(f.Fields, func(x fault.Field) bool { return x.Name == c.field }) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestSmallNumbersAreWithheldInPublic(t *testing.T) {
	w := newWorld(t, housetest.Open(t, housetest.SQLiteURL(t)))
	w.fill()
	r := half()
	r.Public = true
	p := w.make(person(access.Analyst, marking.TLPAmberStrict), r)
	for _, f := range p.Figures {
		switch f.Def {
		case Unit, Sector, Class, Type, Month:
			if !f.Hidden && (f.Count > 0 && f.Count < 5 || f.Before > 0 && f.Before < 5) {
				t.Errorf("%s %q shows %d against %d", f.Def, f.Item, f.Count, f.Before)
			}
			if f.Hidden && (f.Count != 0 || f.Hash != "") {
				t.Errorf("%s %q still holds its number", f.Def, f.Item)
			}
		}
	}
	hidden := slices.IndexFunc(p.Figures, func(f Figure) bool { return f.Hidden })
	if hidden < 0 {
		t.Fatal("nothing was withheld")
	}
	e, err := w.Evidence(t.Context(), person(access.Analyst, marking.TLPRed), p.ID, hidden+1, 0, false, t0)
	if err != nil || len(e.Lines) != 0 {
		t.Errorf("a withheld figure opens %d records (%v)", len(e.Lines), err)
	}
}

func TestTheSituationIsTheReadersOwn(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		for i := range 100 {
			w.add(1+i%2, t0.AddDate(0, 0, -7*i).Format(time.DateOnly), "incident", "al.banks", "important", "", "bank", w.open)
		}
		w.add(40, t0.AddDate(0, 0, -7).Format(time.DateOnly), "incident", "al.water", "critical", "", "water", w.deep)
		low, high := person(access.Duty, marking.TLPAmberStrict), person(access.Analyst, marking.TLPRed)
		a, err := w.Situation(t.Context(), low, t0)
		if err != nil {
			t.Fatal(err)
		}
		b, err := w.Situation(t.Context(), high, t0)
		if err != nil {
			t.Fatal(err)
		}
		if a.Last().N != 2 || a.Last().Verdict != WeekWithin || b.Last().N != 42 || b.Last().Verdict != WeekAbove {
			t.Errorf("last week: %d %v and %d %v", a.Last().N, a.Last().Verdict, b.Last().N, b.Last().Verdict)
		}
		if a.Mark.TLP != marking.TLPAmberStrict || b.Mark.TLP != marking.TLPRed {
			t.Errorf("markings %v and %v", a.Mark, b.Mark)
		}
		for _, r := range a.Heat {
			if r.Sector == "al.water" && r.Sum != 0 {
				t.Error("the heat strip tells what the reader may not know")
			}
		}
		if _, err := w.Situation(t.Context(), person(access.Reporter, marking.TLPRed), t0); !fault.Is(err, fault.Denied) {
			t.Errorf("a reporter: %v", err)
		}
	})
}

func TestWhatChangedCountsFromTheLastVisit(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		by := person(access.Duty, marking.TLPRed)
		for _, c := range []struct {
			at, want time.Duration // after t0
		}{{0, -24 * time.Hour}, {10 * time.Second, -24 * time.Hour}, {20 * time.Minute, -24 * time.Hour}, {45 * time.Minute, -24 * time.Hour}, {3 * time.Hour, 45 * time.Minute}, {3*time.Hour + 5*time.Minute, 45 * time.Minute}} {
			got, err := w.Since(t.Context(), by, t0.Add(c.at))
			if err != nil || !got.Equal(t0.Add(c.want)) {
				t.Errorf("at %v: since %v (%v), want %v", c.at, got.Sub(t0), err, c.want)
			}
		}
		if err := w.Seen(t.Context(), by, t0.Add(4*time.Hour)); err != nil {
			t.Fatal(err)
		}
		if got, err := w.Since(t.Context(), by, t0.Add(4*time.Hour+time.Minute)); err != nil || !got.Equal(t0.Add(4*time.Hour)) {
			t.Errorf("after seen: %v (%v)", got.Sub(t0), err)
		}
	})
}
