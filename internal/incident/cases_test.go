package incident

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/mod/sumdb/note"

	"kulla.dev/internal/access"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/housetest"
	"kulla.dev/internal/marking"
	"kulla.dev/internal/regime"
)

func TestAnUnlistedVictimAndAReportOnBehalf(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		in := Draft{Key: "phone-1", Victim: Victim{Name: "Bakery at the corner", Contact: "owner@bakery.test"}, Title: "Till encrypted", Aware: Moment{Precision: Unknown}, Channel: "phone"}
		r := w.submit(duty(), in)
		v := w.get(duty(), r.Incident)
		if v.Institution != "" || v.Victim.ID == "" || v.Class != "unlisted" || v.Reporter != "" {
			t.Errorf("victim: %+v", v.Incident)
		}
		responder := person("h1", "helper", access.Officer)
		on := report(w.now)
		on.Key = "behalf-1"
		r2 := w.submit(responder, on)
		v = w.get(responder, r2.Incident)
		if v.Institution != "grid" || v.Reporter != "helper" || len(v.Submissions) != 1 {
			t.Errorf("on behalf: %+v", v.Incident)
		}
		if _, err := w.Get(bg, officer(), r2.Incident, w.now); err != nil {
			t.Errorf("the institution itself reads it: %v", err)
		}
		if _, err := w.Submit(bg, person("h2", "helper", access.Reporter), on, w.now); !fault.Is(err, fault.Denied) {
			t.Errorf("a reporter without the right to report for others: %v", err)
		}
	})
}

func TestLateAttemptedCombinedAndAggregated(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		late := report(w.now)
		late.Detected, late.Aware = Moment{w.now.Add(-81 * time.Hour), Minute}, Moment{w.now.Add(-80 * time.Hour), Minute}
		late.Covers = []regime.Cover{{Stage: "early_warning"}, {Stage: "notification"}}
		late.LateReason = "the on-call phone was encrypted too"
		r := w.submit(officer(), late)
		o := w.obligation(r.Incident, "eu.nis2/notice")
		if o.State != regime.Late || !o.Breach || o.LateReason == "" || o.Lateness <= 0 {
			t.Errorf("late notice: %v breach %v lateness %v", o.State, o.Breach, o.Lateness)
		}
		if u := w.obligation(r.Incident, "al.cyber/notice"); u.Breach || u.SatisfiedBy == "" {
			t.Errorf("an unverified limit: state %v breach %v", u.State, u.Breach)
		}
		if final := w.obligation(r.Incident, "eu.nis2/final"); !final.Anchor.At.Equal(w.now) { // vector 9
			t.Errorf("final counts from %v, want the real submission %v", final.Anchor.At, w.now)
		}
		if _, err := w.Order(bg, duty(), r.Incident, Order{Kind: "decided", Covers: []regime.Cover{{Regime: "eu.nis2", Stage: "notice"}}, Reason: "accepted"}, w.now); err != nil {
			t.Fatal(err)
		}
		if o = w.obligation(r.Incident, "eu.nis2/notice"); o.Decision != "accepted" {
			t.Errorf("decision %q", o.Decision)
		}
		p, err := w.Punctuality(bg, duty(), Slice{From: t0.AddDate(0, 0, -1), To: t0.AddDate(0, 0, 2)}, w.now)
		i := slices.IndexFunc(p, func(x Punctual) bool { return x.Regime == "eu.nis2" && x.Stage == "notice" })
		if err != nil || i < 0 || p[i].Late != 1 || p[i].InTime != 0 || p[i].MedianLate != o.Lateness {
			t.Errorf("punctuality: %+v %v", p, err)
		}

		group := report(w.now)
		group.Others, group.Permission = []string{"shop"}, true
		g := w.submit(duty(), group)
		if len(g.Others) != 1 || g.Others[0].Number == g.Number {
			t.Fatalf("aggregated: %+v", g)
		}
		again := w.submit(duty(), group)
		if len(again.Others) != 1 || again.Others[0].Number != g.Others[0].Number || !again.Replayed {
			t.Errorf("aggregated again: %+v", again)
		}
		if v := w.get(duty(), g.Incident); len(v.Links) != 1 || v.Links[0].Kind != LinkAggregate || v.Group == "" {
			t.Errorf("group: %+v", v.Links)
		}
		bad := report(w.now)
		bad.Others, bad.Permission = []string{"nobody"}, true
		before := w.count(`SELECT count(*) FROM incident_incident`)
		if _, err := w.Submit(bg, duty(), bad, w.now); !strings.Contains(fmt.Sprint(fields(err)), "others[0].institution") {
			t.Errorf("unknown member: %v", err)
		}
		if n := w.count(`SELECT count(*) FROM incident_incident`); n != before {
			t.Error("half a group was kept")
		}
	})
}

func TestExercisesAreKeptApart(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		in := report(w.now)
		in.Exercise, in.Speed = true, 60
		r := w.submit(officer(), in)
		if r.Number != "X-2026-0001" {
			t.Errorf("number %s", r.Number)
		}
		if o := w.obligation(r.Incident, "eu.nis2/notice"); !o.Due.Equal(w.now.Add(72 * time.Minute)) {
			t.Errorf("notice due %v after the report, want 72 min", o.Due.Sub(w.now))
		}
		if p, err := w.Queue(bg, duty(), Query{}, w.now); err != nil || len(p.Rows) != 0 {
			t.Errorf("in the real list: %d %v", len(p.Rows), err)
		}
		if p, err := w.Queue(bg, duty(), Query{Exercise: true}, w.now); err != nil || len(p.Rows) != 1 || !p.Rows[0].Exercise {
			t.Errorf("in the exercise's list: %+v %v", p.Rows, err)
		}
		s, err := w.Series(bg, duty(), Slice{From: t0.AddDate(0, 0, -1), To: t0.AddDate(0, 0, 2)})
		if err != nil || s.Total != 0 {
			t.Errorf("counted: %d %v", s.Total, err)
		}
		w.pass(w.now.Add(2 * time.Hour))
		if n := w.count(`SELECT count(*) FROM outbox_item WHERE exercise = 0`); n != 0 {
			t.Errorf("%d letters of an exercise are not marked", n)
		}
		if n := w.count(`SELECT count(*) FROM outbox_item WHERE subject LIKE '%EXERCISE%'`); n == 0 {
			t.Error("no letter says EXERCISE")
		}
	})
}

func TestTheReceiptIsSigned(t *testing.T) {
	skey, vkey, err := note.GenerateKey(nil, "desk.test")
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, housetest.Open(t, housetest.SQLiteURL(t)))
	if w.Signer, err = note.NewSigner(skey); err != nil {
		t.Fatal(err)
	}
	r := w.submit(officer(), report(w.now))
	v, err := note.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	n, err := note.Open([]byte(r.Signed), note.VerifierList(v))
	if err != nil || !strings.Contains(n.Text, r.Digest) || !strings.Contains(n.Text, r.Number) {
		t.Errorf("signed receipt: %v\n%s", err, r.Signed)
	}
}

func TestFormsFromFiles(t *testing.T) {
	w := newWorld(t, housetest.Open(t, housetest.SQLiteURL(t)))
	var b bytes.Buffer
	if err := w.WriteForm(&b, "sq"); err != nil {
		t.Fatal(err)
	}
	x, err := excelize.OpenReader(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	rows, _ := x.GetRows(formSheet)
	set := func(id, v string) {
		for i, r := range rows {
			if len(r) > 0 && r[0] == id {
				if err := x.SetCellStr(formSheet, fmt.Sprintf("D%d", i+1), v); err != nil {
					t.Fatal(err)
				}
				return
			}
		}
		t.Fatalf("the form has no %s", id)
	}
	for id, v := range map[string]string{"title": "Ransomware", "institution": "grid", "values.description": "A note on every screen", "values.suspected_malicious": "yes",
		"values.cross_border": "unknown", "values.contact": "night desk", "values.aware_at": "2026-03-27 22:30", "values.affected_services": "supply; billing",
		"values.severe_disruption": "yes", "values.damage_to_others": "no", "values.severity_assessment": "high"} {
		set(id, v)
	}
	read := func() (Draft, error) {
		var out bytes.Buffer
		if _, err := x.WriteTo(&out); err != nil {
			t.Fatal(err)
		}
		return w.ReadForm(bytes.NewReader(out.Bytes()))
	}
	in, err := read()
	if err != nil {
		t.Fatal(err)
	}
	r := w.submit(officer(), in)
	v := w.get(duty(), r.Incident)
	if len(v.Incident.Services) != 2 || v.Values["cross_border"].Is != regime.Unknown || !v.Incident.Aware.At.Equal(t0) || v.Submissions[0].Channel != "file" {
		t.Errorf("from the sheet: %+v", v.Incident)
	}
	set("values.aware_at", "03/04/2026")
	set("values.suspected_malicious", "maybe")
	set("tlp", "TLP:PURPLE")
	if _, err = read(); len(fields(err)) != 3 {
		t.Errorf("ambiguous cells: %v", err)
	}
	if err := x.SetCellFormula(formSheet, "D2", `HYPERLINK("http://x.test")`); err != nil {
		t.Fatal(err)
	}
	if _, err = read(); !strings.Contains(fmt.Sprint(fields(err)), "incident.form.formula") {
		t.Errorf("formula: %v", err)
	}
	for name, text := range map[string]string{
		"unknown member": `{"title":"x","colour":"red"}`, "twice": `{"title":"x","title":"y"}`, "type": `{"title":1}`, "label": `{"tlp":"TLP:PURPLE"}`,
		"truncated": `{"title":"x"`, "bad UTF-8": "{\"title\":\"\xff\"}", "two values": `{}{}`, "empty": ``, "answer": `{"values":{"cross_border":{"is":"maybe"}}}`,
		"forged": "{\"title\":\"x\"}\n\n— nobody.test AAAA\n",
	} {
		if _, _, err := ReadJSON(strings.NewReader(text), nil); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	skey, vkey, _ := note.GenerateKey(nil, "grid.test")
	s, _ := note.NewSigner(skey)
	ver, _ := note.NewVerifier(vkey)
	signed, err := note.Sign(&note.Note{Text: `{"title":"x","tlp":"TLP:AMBER","values":{"cross_border":{"is":"yes"}}}` + "\n"}, s)
	if err != nil {
		t.Fatal(err)
	}
	in, by, err := ReadJSON(bytes.NewReader(signed), note.VerifierList(ver))
	if err != nil || by != "grid.test" || in.TLP != marking.TLPAmber || in.Values["cross_border"].Is != regime.Yes {
		t.Errorf("signed form: %+v %q %v", in, by, err)
	}
}

func FuzzReadJSON(f *testing.F) {
	f.Add([]byte(`{"title":"x","aware":{"at":"2026-03-27T21:30:00Z","precision":"minute"},"values":{"users_affected":{"number":3}}}`))
	f.Add([]byte("{\"title\":\"x\"}\n\n— a.test AAAAAA==\n"))
	f.Add([]byte(`{"spans":[{"tag":"outage","from":"0001-01-01T00:00:00Z"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		in, _, err := ReadJSON(bytes.NewReader(data), note.VerifierList())
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Fatalf("%v", err)
			}
			return
		}
		var fs fault.Fields
		d := &Desk{Config: Config{Pack: testPack()}, facts: namedFacts(testPack())}
		d.checkDraft(&fs, in.cleaned(), t0)
		if _, err := canonical(in.cleaned()); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzSniff(f *testing.F) {
	f.Add([]byte("%PDF-1.7"), "a.pdf")
	f.Add([]byte("PK\x03\x04word/"), "a.docx")
	f.Add([]byte("\xff\xfea\x00"), "a.txt")
	f.Fuzz(func(t *testing.T, data []byte, name string) {
		kind, ok := sniff(data, fileName(name))
		if ok && kind == "" {
			t.Error("taken without a kind")
		}
		if strings.ContainsAny(fileName(name), "/\\\x00") {
			t.Errorf("name %q", fileName(name))
		}
	})
}
