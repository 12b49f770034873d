package incident

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/housetest"
	"kulla.dev/internal/regime"
)

func TestRating(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		r := w.submit(officer(), report(w.now))
		rate := func(answers map[string]string, band, why string) (Incident, error) {
			return w.Rate(bg, duty(), r.Incident, 0, answers, band, why, w.now)
		}
		if v := w.get(duty(), r.Incident); v.Severity.band() != "" || !v.Severity.At.IsZero() {
			t.Errorf("rated before anybody did: %+v", v.Severity)
		}
		low, high := map[string]string{}, map[string]string{}
		for _, c := range testPack().Severity.Categories {
			least, most := c.Options[0], c.Options[0]
			for _, o := range c.Options {
				if o.Value < least.Value {
					least = o
				}
				if o.Value > most.Value {
					most = o
				}
			}
			low[c.ID], high[c.ID] = least.ID, most.ID
		}
		lowest, err := rate(low, "", "")
		if err != nil {
			t.Fatal(err)
		}
		w.now = w.now.Add(time.Minute)
		highest, err := rate(high, "", "")
		if err != nil {
			t.Fatal(err)
		}
		if a, b := lowest.Severity.Score, highest.Severity.Score; a.High >= b.Low || a.Band.ID == b.Band.ID || a.Low != a.High {
			t.Errorf("lowest %v–%v %q, highest %v–%v %q", a.Low, a.High, a.Band.ID, b.Low, b.High, b.Band.ID)
		}
		// What nobody knows widens the score; it is not taken for the least.
		some := map[string]string{}
		for i, c := range sortedKeys(high) {
			if i > 0 {
				some[c] = high[c]
			}
		}
		open, err := rate(some, "", "")
		if err != nil || open.Severity.Score.Low >= open.Severity.Score.High || open.Severity.Score.High != highest.Severity.Score.High {
			t.Errorf("with an answer missing: %v–%v %v", open.Severity.Score.Low, open.Severity.Score.High, err)
		}
		band := testPack().Severity.Bands[0].ID
		in, err := rate(some, band, "the answers miss that the supplier is hit too")
		if err != nil || in.Severity.band() != band || in.Severity.Score.Band.ID == "" || in.Severity.By != "d1" {
			t.Errorf("an officer's judgement: %+v %v", in.Severity, err)
		}
		if p, err := w.Queue(bg, duty(), Query{}, w.now); err != nil || p.Rows[0].Band != band {
			t.Errorf("band in the list: %+v %v", p.Rows, err)
		}
		for name, c := range map[string]struct {
			answers   map[string]string
			band, why string
		}{"answers.colour": {map[string]string{"colour": "red"}, "", ""}, "answers." + sortedKeys(high)[0]: {map[string]string{sortedKeys(high)[0]: "nonsense"}, "", ""},
			"band": {high, "purple", "x"}, "why": {high, band, " "}} {
			if _, err := rate(c.answers, c.band, c.why); !fault.Is(err, fault.Invalid) || !strings.HasPrefix(strings.Join(fields(err), "\n"), name+":") {
				t.Errorf("%s: %v", name, fields(err))
			}
		}
		if _, err := w.Rate(bg, officer(), r.Incident, 0, high, "", "", w.now); !fault.Is(err, fault.Denied) {
			t.Errorf("the institution rates itself: %v", err)
		}
	})
}

func TestTasks(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		in := report(w.now)
		in.Values["cross_border"] = yes()
		r := w.submit(officer(), in)
		law := func() []Task {
			return slices.DeleteFunc(w.get(duty(), r.Incident).Tasks, func(t Task) bool { return !strings.HasSuffix(t.Source, "/inform-states") })
		}
		if got := law(); len(got) != 2 || got[0].Title.In("en") == "" || len(got[0].To) == 0 {
			t.Errorf("tasks of an incident across borders: %+v", got)
		}
		w.now = w.now.Add(time.Hour)
		if _, err := w.Correct(bg, officer(), r.Incident, Correction{Values: map[string]Stated{"cross_border": {Is: regime.No}}, Reason: "our mistake"}, w.now); err != nil {
			t.Fatal(err)
		}
		if got := law(); len(got) != 2 {
			t.Errorf("a task once opened stays until a person ends it: %+v", got)
		}
		due := w.now.Add(3 * time.Hour)
		a, err := w.AddTask(bg, duty(), r.Incident, TaskDraft{Text: "  Call the vendor\u0000 ", Assignee: "d1"}, w.now)
		if err != nil || a.Text != "Call the vendor" {
			t.Fatalf("%+v %v", a, err)
		}
		b, err := w.AddTask(bg, duty(), r.Incident, TaskDraft{Text: "Ask for the image", Due: due, Assignee: "d1"}, w.now)
		if err != nil {
			t.Fatal(err)
		}
		mine, err := w.MyTasks(bg, duty(), 10)
		if err != nil || len(mine) != 2 || mine[0].ID != b.ID || !mine[0].Due.Equal(due) || mine[1].ID != a.ID {
			t.Errorf("mine, those due first: %+v %v", mine, err)
		}
		if _, err := w.FinishTask(bg, duty(), r.Incident, a.ID, "no answer", w.now); err != nil {
			t.Fatal(err)
		}
		all := w.get(duty(), r.Incident).Tasks
		i := slices.IndexFunc(all, func(t Task) bool { return t.ID == a.ID })
		if i < 0 || all[i].Outcome != "no answer" || all[i].DoneBy != "d1" || !all[i].Done.Equal(w.now) || all[i].Text != "Call the vendor" {
			t.Errorf("done: %+v", all)
		}
		if mine, _ = w.MyTasks(bg, duty(), 10); len(mine) != 1 {
			t.Errorf("mine after one is done: %+v", mine)
		}
		other := w.submit(officer(), report(w.now))
		if _, err := w.FinishTask(bg, duty(), other.Incident, b.ID, "", w.now); !fault.Is(err, fault.NotFound) {
			t.Errorf("a task of another incident: %v", err)
		}
		if _, err := w.AddTask(bg, duty(), r.Incident, TaskDraft{Text: " "}, w.now); !fault.Is(err, fault.Invalid) {
			t.Errorf("a task without words: %v", err)
		}
		if _, err := w.AddTask(bg, officer(), r.Incident, TaskDraft{Text: "x"}, w.now); !fault.Is(err, fault.Denied) {
			t.Errorf("the institution opens a task: %v", err)
		}
	})
}

func TestOrdersThatMoveClocks(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		r := w.submit(officer(), report(w.now))
		notice := []regime.Cover{{Regime: "al.cyber", Stage: "notice"}}
		before := w.obligation(r.Incident, "al.cyber/notice")
		until := w.now.Add(200 * time.Hour)
		for name, o := range map[string]Order{
			"reason":    {Kind: "held", Covers: notice, Until: until, Ground: "x"},
			"ground":    {Kind: "held", Covers: notice, Until: until, Reason: "x"},
			"until":     {Kind: "extended", Covers: notice, Until: w.now.Add(-time.Hour), Ground: "x", Reason: "x"},
			"kind":      {Kind: "submitted", Covers: notice},
			"covers[0]": {Kind: "held", Covers: []regime.Cover{{Regime: "al.cyber", Stage: "nothing"}}, Until: until, Ground: "x", Reason: "x"},
		} {
			if _, err := w.Order(bg, duty(), r.Incident, o, w.now); !strings.Contains(strings.Join(fields(err), "\n"), name+":") {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := w.Order(bg, officer(), r.Incident, Order{Kind: "crisis_declared"}, w.now); !fault.Is(err, fault.Denied) {
			t.Errorf("the institution declares a crisis: %v", err)
		}
		due := func(key string) time.Time { t.Helper(); return w.obligation(r.Incident, key).Due }
		order := func(o Order) {
			t.Helper()
			w.now = w.now.Add(time.Minute)
			if _, err := w.Order(bg, duty(), r.Incident, o, w.now); err != nil {
				t.Fatal(err)
			}
		}
		// Without a role the law lets extend, nothing moves.
		order(Order{Kind: "extended", Covers: notice, Until: until, Ground: "extension", Role: "police", Reason: "as asked"})
		if got := due("al.cyber/notice"); !got.Equal(before.Due) {
			t.Errorf("extended by whom the law does not name: %v, want %v", got, before.Due)
		}
		order(Order{Kind: "extended", Covers: notice, Until: until, Ground: "extension", Role: "csirt", Reason: "the plant must be restarted first"})
		if got := due("al.cyber/notice"); !got.Equal(until) {
			t.Errorf("extended: due %v, want %v", got, until)
		}
		if got := due("eu.nis2/notice"); !got.Equal(before.Due) {
			t.Errorf("the other law's due moved to %v", got)
		}
		if h := w.get(duty(), r.Incident).History; !slices.ContainsFunc(h, func(v Version) bool {
			return v.Regime == "al.cyber" && v.Stage == "notice" && v.Due.Equal(before.Due)
		}) {
			t.Errorf("the due that held before is not kept: %+v", h)
		}
	})
}

func TestACrisisShortensAndSuspends(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		r := w.submit(officer(), report(w.now))
		before := w.obligation(r.Incident, "al.cyber/notice").Due
		w.now = w.now.Add(2 * time.Hour)
		if _, err := w.Order(bg, duty(), r.Incident, Order{Kind: "crisis_declared", Reason: "decision 1"}, w.now); err != nil {
			t.Fatal(err)
		}
		want := w.now.Add(24 * time.Hour)
		if got := w.obligation(r.Incident, "al.cyber/notice").Due; !got.Equal(want) || !got.Before(before) {
			t.Errorf("notice due %v, want %v", got, want)
		}
		if o := w.obligation(r.Incident, "al.cyber/final"); o.State == regime.Late || !o.Due.IsZero() && o.State == regime.Open {
			t.Errorf("final while the crisis lasts: %v %v", o.State, o.Due)
		}
		if got := w.obligation(r.Incident, "eu.nis2/notice").Due; !got.Equal(before) {
			t.Errorf("the other law's notice moved to %v", got)
		}
	})
}

func TestHeldWhileTheGroundLasts(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		in := report(w.now)
		in.Values["recipients_affected"] = yes()
		r := w.submit(officer(), in)
		told := []regime.Cover{{Regime: "eu.nis2", Stage: "recipients"}}
		if o := w.obligation(r.Incident, "eu.nis2/recipients"); o.State != regime.Open || !o.Due.IsZero() {
			t.Fatalf("telling the recipients: %v %v", o.State, o.Due)
		}
		w.now = w.now.Add(time.Hour)
		until := w.now.Add(48 * time.Hour)
		if _, err := w.Order(bg, duty(), r.Incident, Order{Kind: "held", Covers: told, Until: until, Ground: "law-enforcement", Role: "police", Reason: "an arrest is near"}, w.now); err != nil {
			t.Fatal(err)
		}
		if o := w.obligation(r.Incident, "eu.nis2/recipients"); o.State != regime.HeldState || !o.HeldUntil.Equal(until) {
			t.Errorf("held: %v until %v", o.State, o.HeldUntil)
		}
		w.now = w.now.Add(time.Hour)
		if _, err := w.Order(bg, duty(), r.Incident, Order{Kind: "released", Covers: told, Role: "police"}, w.now); err != nil {
			t.Fatal(err)
		}
		if o := w.obligation(r.Incident, "eu.nis2/recipients"); o.State != regime.Open {
			t.Errorf("released: %v", o.State)
		}
		// A hold ends by itself when its time is over.
		if _, err := w.Order(bg, duty(), r.Incident, Order{Kind: "held", Covers: told, Until: until, Ground: "law-enforcement", Role: "police", Reason: "once more"}, w.now); err != nil {
			t.Fatal(err)
		}
		w.pass(until.Add(time.Minute))
		if o := w.obligation(r.Incident, "eu.nis2/recipients"); o.State != regime.Open {
			t.Errorf("after the hold: %v", o.State)
		}
	})
}

func TestAMergeKeepsTheTrail(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		first := w.submit(officer(), report(w.now))
		w.now = w.now.Add(time.Minute)
		again := report(w.now)
		again.Values["description"] = Stated{Text: "The historian is down too."}
		second := w.submit(officer(), again)
		w.now = w.now.Add(time.Minute)
		if _, err := w.Correct(bg, officer(), first.Incident, Correction{Values: map[string]Stated{"severity_assessment": {Text: "medium"}}, Reason: "looked again"}, w.now); err != nil {
			t.Fatal(err)
		}
		if got := w.get(officer(), first.Incident).Trail; len(got) != 1 || len(got["severity_assessment"]) != 2 || got["severity_assessment"][1].Text != "medium" {
			t.Errorf("trail before the merge: %+v", got)
		}
		open := w.get(duty(), second.Incident)
		if _, err := w.Merge(bg, duty(), second.Incident, first.Incident, open.Version, "the same call", w.now); err != nil {
			t.Fatal(err)
		}
		v := w.get(officer(), first.Incident)
		told := v.Trail["description"]
		if len(told) != 2 || told[0].Number != first.Number || told[1].Number != second.Number || told[1].Text != "The historian is down too." || told[1].By != "o1" {
			t.Errorf("trail after the merge: %+v", told)
		}
		if v.Values["description"].Text != "Screens show a ransom note." {
			t.Errorf("the merge overwrote what was stated: %+v", v.Values["description"])
		}
		if len(v.Links) != 1 || v.Links[0].Kind != LinkDuplicate || v.Links[0].Out || v.Links[0].Reason != "the same call" {
			t.Errorf("links: %+v", v.Links)
		}
		m := w.get(duty(), second.Incident)
		if m.Status != StatusMerged || m.MergedInto != first.Incident || len(m.Submissions) != 1 || !m.NextDue.IsZero() {
			t.Errorf("merged: %+v", m.Incident)
		}
		next := report(w.now)
		next.Incident, next.Institution = second.Incident, ""
		if _, err := w.Submit(bg, officer(), next, w.now); !fault.Is(err, fault.Conflict) {
			t.Errorf("a report to the merged one: %v", err)
		}
		if _, err := w.Merge(bg, duty(), second.Incident, first.Incident, 0, "again", w.now); !fault.Is(err, fault.Conflict) {
			t.Errorf("merged twice: %v", err)
		}
		bank := w.submit(person("b1", "bank", access.Officer), bankReport(w.now))
		if _, err := w.Merge(bg, duty(), bank.Incident, first.Incident, 0, "x", w.now); !fault.Is(err, fault.Conflict) {
			t.Errorf("merged across institutions: %v", err)
		}
		s, err := w.Series(bg, duty(), Slice{From: t0.AddDate(0, 0, -1), To: t0.AddDate(0, 0, 2)})
		if err != nil || s.Total != 2 {
			t.Errorf("counted: %d %v, want the two that stand", s.Total, err)
		}
		before, err := w.Series(bg, duty(), Slice{From: t0.AddDate(0, 0, -1), To: t0.AddDate(0, 0, 2), CutOff: t0.Add(90 * time.Second)})
		if err != nil || before.Total != 2 {
			t.Errorf("as known before the merge: %d %v", before.Total, err)
		}
	})
}

func TestOneReportForMany(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		in := report(w.now)
		for i := range 25 {
			id := fmt.Sprintf("branch-%02d", i)
			w.Directory.(directory)[id] = Party{ID: id, Name: id, Kinds: []string{"essential"}, Sectors: []string{"energy"}, Class: "critical", State: "AL", Authority: authority,
				Addresses: []Address{{Mail: "soc@" + id + ".test"}}}
			in.Others = append(in.Others, id)
		}
		in.Permission = true
		r := w.submit(duty(), in)
		numbers := map[string]bool{r.Number: true}
		for _, o := range r.Others {
			numbers[o.Number] = true
		}
		if len(r.Others) != 25 || len(numbers) != 26 {
			t.Fatalf("%d receipts, %d numbers", len(r.Others), len(numbers))
		}
		group := w.get(duty(), r.Incident)
		if len(group.Links) != 25 || group.Group == "" {
			t.Errorf("%d links, group %q", len(group.Links), group.Group)
		}
		// Each institution knows of its own only, and owes what comes next itself.
		mine := person("x", "branch-07", access.Officer)
		p, err := w.Queue(bg, mine, Query{}, w.now)
		if err != nil || len(p.Rows) != 1 || p.Rows[0].Number != r.Others[7].Number {
			t.Fatalf("one branch lists %+v %v", p.Rows, err)
		}
		v := w.get(mine, p.Rows[0].ID)
		if len(v.Links) != 0 || v.NextDue.IsZero() {
			t.Errorf("one branch sees %+v, owes by %v", v.Links, v.NextDue)
		}
		if n := w.count(`SELECT count(*) FROM outbox_item WHERE kind = 'incident.receipt' AND address = 'soc@branch-07.test'`); n != 1 {
			t.Errorf("%d receipts for one branch", n)
		}
	})
}
