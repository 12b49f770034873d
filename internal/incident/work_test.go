package incident

import (
	"bytes"
	"context"
	"io"
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

var bg = context.Background()

func TestWhatOneMayNotKnowDoesNotExist(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		mine := w.submit(officer(), report(w.now))
		near := report(w.now)
		near.Kind, near.Values["description"] = regime.NearMiss, Stated{Text: "A mail was caught in time."}
		miss := w.submit(officer(), near)
		bank := person("b1", "bank", access.Officer)
		small := duty()
		small.Clearance.TLP = 0 // not even in the audience of a label
		for _, c := range []struct {
			name string
			by   access.Actor
			id   ID
			kind fault.Kind
		}{
			{"another institution", bank, mine.Incident, fault.NotFound},
			{"an officer without clearance", small, mine.Incident, fault.NotFound},
			{"the supervisor and a near miss", supervisor(), miss.Incident, fault.NotFound},
			{"an administrator", person("a1", authority, access.Administrator), mine.Incident, fault.Denied},
			{"nobody", access.Actor{}, mine.Incident, fault.Denied},
			{"an id that is none", duty(), "../../etc", fault.NotFound},
		} {
			if _, err := w.Get(bg, c.by, c.id, w.now); !fault.Is(err, c.kind) {
				t.Errorf("%s: %v, want %v", c.name, err, c.kind)
			}
			if _, err := w.Reply(bg, c.by, c.id, Message{Text: "x"}, w.now); err == nil {
				t.Errorf("%s: may reply", c.name)
			}
		}
		for _, c := range []struct {
			name string
			by   access.Actor
			want int
		}{{"the institution", officer(), 2}, {"another", bank, 0}, {"duty officer", duty(), 2}, {"supervisor", supervisor(), 1}} {
			p, err := w.Queue(bg, c.by, Query{}, w.now)
			if err != nil || len(p.Rows) != c.want {
				t.Errorf("%s lists %d (%v), want %d", c.name, len(p.Rows), err, c.want)
			}
			n, err := w.Counts(bg, c.by, Query{}, w.now)
			if err != nil || n.Open != c.want {
				t.Errorf("%s counts %d (%v), want %d", c.name, n.Open, err, c.want)
			}
			s, err := w.Series(bg, c.by, Slice{From: w.now.AddDate(0, 0, -1), To: w.now.AddDate(0, 0, 2)})
			if err != nil || s.Total != c.want {
				t.Errorf("%s: series of %d (%v), want %d", c.name, s.Total, err, c.want)
			}
			if _, err := w.Find(bg, c.by, miss.Number); (err == nil) != (c.want == 2) {
				t.Errorf("%s finds the near miss: %v", c.name, err)
			}
		}
		if v := w.get(officer(), mine.Incident); v.May.Answer || v.May.Note || !v.May.Report {
			t.Errorf("rights of the institution: %+v", v.May)
		}
		// The wall cannot be taken off, and nothing voluntary owes anything.
		if _, err := w.Mark(bg, duty(), miss.Incident, 0, w.get(duty(), mine.Incident).Incident.Mark, "open it", w.now); !fault.Is(err, fault.Denied) {
			t.Errorf("wall taken off: %v", err)
		}
		for _, o := range w.get(duty(), miss.Incident).Result.Obligations {
			if !o.Optional || o.LegalEffect {
				t.Errorf("a near miss owes %s", o.Key())
			}
		}
	})
}

func TestTheThreadAndTheAuthoritysOwnClock(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		r := w.submit(officer(), report(w.now))
		own := w.get(duty(), r.Incident).NextOwn
		if want := w.now.Add(24 * time.Hour); !own.Equal(want) {
			t.Errorf("answer due %v, want %v", own, want)
		}
		p, _ := w.Queue(bg, duty(), Query{}, w.now)
		if len(p.Rows) != 1 || !p.Rows[0].Own {
			t.Fatalf("queue: %+v", p.Rows)
		}
		w.now = w.now.Add(time.Hour)
		in, err := w.Answer(bg, duty(), r.Incident, Message{Text: "Unplug the historian; we call at nine."}, w.now)
		if err != nil || !in.NextOwn.IsZero() || in.Status != StatusOpen || in.Assignee != "d1" {
			t.Fatalf("after the answer: %+v %v", in, err)
		}
		if p, _ = w.Queue(bg, duty(), Query{Mine: true}, w.now); len(p.Rows) != 1 || p.Rows[0].Own {
			t.Errorf("queue after the answer: %+v", p.Rows)
		}
		w.now = w.now.Add(time.Minute)
		due := w.now.Add(8 * time.Hour)
		if in, err = w.Ask(bg, duty(), r.Incident, Question{Text: "Which backups are left?", Due: due, Formal: true}, w.now); err != nil || in.Status != StatusWaiting || !in.NextDue.Equal(due) {
			t.Fatalf("question: %+v %v", in, err)
		}
		if o := w.obligation(r.Incident, "eu.nis2/interim"); !o.Due.Equal(due) || o.State != regime.Open {
			t.Errorf("formal request: %v %v", o.State, o.Due)
		}
		w.now = w.now.Add(time.Minute)
		if _, err := w.Note(bg, duty(), r.Incident, "the caller sounded calm", w.now); err != nil {
			t.Fatal(err)
		}
		v := w.get(officer(), r.Incident)
		if len(v.Thread) != 2 || v.Thread[1].Kind != EntryQuestion || len(v.Tasks) != 0 {
			t.Errorf("the institution sees %+v", v.Thread)
		}
		if in, err = w.Reply(bg, officer(), r.Incident, Message{Text: "Weekly, offline.", To: v.Thread[1].ID, Close: true}, w.now); err != nil || in.Status != StatusOpen {
			t.Errorf("reply: %v %v", in.Status, err)
		}
		if _, err := w.Reply(bg, officer(), r.Incident, Message{Text: "again", To: v.Thread[1].ID}, w.now); !fault.Is(err, fault.Conflict) {
			t.Errorf("answered twice: %v", err)
		}
		if v = w.get(duty(), r.Incident); len(v.Thread) != 4 || v.Thread[1].Answered.IsZero() || len(v.Tasks) == 0 {
			t.Errorf("the authority sees %d entries, %d tasks", len(v.Thread), len(v.Tasks))
		}
		if n := w.count(`SELECT count(*) FROM outbox_item WHERE kind IN ('incident.answer', 'incident.question')`); n != 2 {
			t.Errorf("%d letters", n)
		}
		if _, err := w.FinishTask(bg, duty(), r.Incident, v.Tasks[0].ID, "told", w.now); err != nil {
			t.Error(err)
		}
		if _, err := w.FinishTask(bg, duty(), r.Incident, v.Tasks[0].ID, "told", w.now); !fault.Is(err, fault.Conflict) {
			t.Errorf("done twice: %v", err)
		}
		if _, err := w.Assign(bg, duty(), r.Incident, v.Version-1, "", w.now); !fault.Is(err, fault.Stale) {
			t.Errorf("two officers at once: %v, want stale", err)
		}
	})
}

func TestCorrectionRecallAndWhatWasKnown(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		r := w.submit(officer(), report(w.now))
		before := w.obligation(r.Incident, "eu.nis2/notice").Due
		at := w.now
		w.now = w.now.Add(2 * time.Hour)
		v := w.get(officer(), r.Incident)
		i := slices.IndexFunc(v.Events, func(e Event) bool { return e.Kind == "aware" })
		c := Correction{Seen: v.Version, Event: v.Events[i].ID, At: Moment{t0.Add(-30 * time.Minute), Minute}, Reason: "the log was in another zone"}
		if _, err := w.Correct(bg, officer(), r.Incident, c, w.now); err != nil {
			t.Fatal(err)
		}
		after := w.obligation(r.Incident, "eu.nis2/notice").Due
		if !after.Equal(before.Add(-30 * time.Minute)) {
			t.Errorf("due moved from %v to %v", before, after)
		}
		known, err := w.AsKnown(bg, duty(), r.Incident, at.Add(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range known.Obligations {
			if o.Key() == "eu.nis2/notice" && !o.Due.Equal(before) {
				t.Errorf("as known then: due %v, want %v", o.Due, before)
			}
		}
		v = w.get(duty(), r.Incident)
		if !slices.ContainsFunc(v.History, func(h Version) bool { return h.Regime == "eu.nis2" && h.Stage == "notice" && h.Due.Equal(before) }) {
			t.Errorf("history: %+v", v.History)
		}
		c.Event, c.At = v.Events[i].ID, Moment{t0.Add(-40 * time.Minute), Minute}
		if _, err := w.Correct(bg, officer(), r.Incident, c, w.now); !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.Stale) {
			t.Errorf("an entry corrected twice: %v", err)
		}
		in, err := w.Recall(bg, officer(), r.Incident, r.Submission, "sent about the wrong plant", w.now)
		if err != nil || in.Status != StatusWithdrawn {
			t.Fatalf("recall: %v %v", in.Status, err)
		}
		v = w.get(duty(), r.Incident)
		if !v.Submissions[0].Recalled || !v.Submissions[0].Verify() {
			t.Errorf("submission after recall: %+v", v.Submissions[0])
		}
		s, _ := w.Series(bg, duty(), Slice{From: t0.AddDate(0, 0, -1), To: t0.AddDate(0, 0, 2)})
		past, _ := w.Series(bg, duty(), Slice{From: t0.AddDate(0, 0, -1), To: t0.AddDate(0, 0, 2), CutOff: at.Add(time.Minute)})
		if s.Total != 0 || past.Total != 1 {
			t.Errorf("counted %d now, %d as known before the recall; want 0, 1", s.Total, past.Total)
		}
	})
}

func TestAFileIsWhatItsNameSays(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.MaxFile = 1 << 20
		big := append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte("x"), 600<<10)...)
		for _, c := range []struct {
			name, want string
			data       []byte
		}{
			{"note.pdf", "", big},
			{"log.txt", "", []byte("Mar 27 22:30 ë ç\n")},
			{"../../etc/passwd.txt", "", []byte("x")},
			{"note.pdf", "incident.file.lies", []byte("just text")},
			{"photo.png", "incident.file.lies", big},
			{"run.pdf", "incident.file.type", []byte("MZ\x90\x00")},
			{"page.html", "incident.file.type", []byte("<script>")},
			{"empty.txt", "incident.file.empty", nil},
			{"big.txt", "incident.file.too-big", bytes.Repeat([]byte("x"), 1<<20+1)},
			{"", "incident.file.name", []byte("x")},
		} {
			f, err := w.Attach(bg, officer(), "", c.name, bytes.NewReader(c.data), w.now)
			if c.want == "" && (err != nil || strings.Contains(f.Name, "/")) || c.want != "" && !strings.Contains(strings.Join(fields(err), ","), c.want) {
				t.Errorf("%q: %v %v, want %q", c.name, f.Name, err, c.want)
			}
		}
		files, err := w.Files(bg, officer())
		if err != nil || len(files) != 3 {
			t.Fatalf("files: %+v %v", files, err)
		}
		slices.SortFunc(files, func(a, b File) int { return int(b.Size - a.Size) })
		in := report(w.now)
		in.Files = []string{files[0].ID}
		if _, err := w.Submit(bg, person("b1", "bank", access.Officer), func() Draft { x := in; x.Institution = "bank"; return x }(), w.now); !fault.Is(err, fault.Invalid) {
			t.Errorf("another's file: %v", err)
		}
		r := w.submit(officer(), in)
		f, rd, err := w.Attachment(bg, duty(), r.Incident, files[0].ID, w.now)
		if err != nil {
			t.Fatal(err)
		}
		got, _ := io.ReadAll(rd)
		if !bytes.Equal(got, big) || f.Type != "application/pdf" {
			t.Errorf("read back %d bytes of %s", len(got), f.Type)
		}
		if _, _, err := w.Attachment(bg, person("b1", "bank", access.Officer), r.Incident, files[0].ID, w.now); !fault.Is(err, fault.NotFound) {
			t.Errorf("another institution reads it: %v", err)
		}
		if n := w.count(`SELECT count(*) FROM audit_record WHERE verb = 'incident.download'`); n != 1 {
			t.Errorf("%d downloads recorded", n)
		}
		if err := w.DropAttachment(bg, officer(), files[0].ID, w.now); !fault.Is(err, fault.NotFound) {
			t.Errorf("a file of a report dropped: %v", err)
		}
	})
}

func TestDraftsLoseNothing(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		a, err := w.SaveDraft(bg, officer(), "report", 0, []byte(`{"title":"x"}`), w.now)
		if err != nil || a.Version != 1 {
			t.Fatalf("%+v %v", a, err)
		}
		if again, err := w.SaveDraft(bg, officer(), "report", 0, []byte(`{"title":"x"}`), w.now); err != nil || again.Version != 1 {
			t.Errorf("the same save again: %+v %v", again, err)
		}
		b, err := w.SaveDraft(bg, officer(), "report", 1, []byte(`{"title":"xy"}`), w.now)
		if err != nil || b.Version != 2 {
			t.Errorf("%+v %v", b, err)
		}
		kept, err := w.SaveDraft(bg, officer(), "report", 1, []byte(`{"title":"other window"}`), w.now)
		if !fault.Is(err, fault.Stale) || string(kept.Content) != `{"title":"xy"}` {
			t.Errorf("from an older state: %q %v", kept.Content, err)
		}
		if _, err := w.LoadDraft(bg, person("o2", "grid", access.Officer), "report"); !fault.Is(err, fault.NotFound) {
			t.Errorf("a colleague's draft: %v", err)
		}
		if l, err := w.Drafts(bg, officer()); err != nil || len(l) != 1 {
			t.Errorf("%v %v", l, err)
		}
		if err := w.DropDraft(bg, officer(), "report"); err != nil {
			t.Error(err)
		}
	})
}

func TestMergeLinkAndRefer(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		a, b := w.submit(officer(), report(w.now)), w.submit(officer(), report(w.now))
		c := w.submit(person("b1", "bank", access.Officer), bankReport(w.now))
		if _, err := w.Merge(bg, duty(), b.Incident, c.Incident, 0, "same", w.now); !fault.Is(err, fault.Conflict) {
			t.Errorf("merged across institutions: %v", err)
		}
		m, err := w.Merge(bg, duty(), b.Incident, a.Incident, 0, "reported twice by two shifts", w.now)
		if err != nil || m.Status != StatusMerged || m.MergedInto != a.Incident || !m.NextDue.IsZero() {
			t.Fatalf("merge: %+v %v", m, err)
		}
		again := report(w.now)
		again.Incident, again.Institution = b.Incident, ""
		if _, err := w.Submit(bg, officer(), again, w.now); !fault.Is(err, fault.Conflict) {
			t.Errorf("report on a merged incident: %v", err)
		}
		if _, err := w.Link(bg, duty(), a.Incident, c.Incident, LinkCause, "the grid fed the bank", w.now); err != nil {
			t.Fatal(err)
		}
		if v := w.get(duty(), a.Incident); len(v.Links) != 2 {
			t.Errorf("links of the authority: %+v", v.Links)
		}
		if v := w.get(officer(), a.Incident); len(v.Links) != 1 || v.Links[0].Number != b.Number {
			t.Errorf("links of the institution: %+v", v.Links)
		}
		s, _ := w.Series(bg, duty(), Slice{From: t0.AddDate(0, 0, -1), To: t0.AddDate(0, 0, 2)})
		if s.Total != 2 {
			t.Errorf("counted %d, want 2", s.Total)
		}
		ref, err := w.Refer(bg, duty(), a.Incident, ReferralDraft{Role: "police", Ground: "article 23(5)", Address: "desk@police.test", Grounds: []string{"national_security"}}, w.now)
		if err != nil {
			t.Fatal(err)
		}
		if ref.Item == "" || !slices.Contains(ref.Withheld, "description") || slices.Contains(ref.Fields, "description") || !slices.Contains(ref.Fields, "suspected_malicious") {
			t.Errorf("referral: %+v", ref)
		}
		if strings.Contains(string(ref.Content), "ransom note") || strings.Contains(string(ref.Content), "Ransomware in") {
			t.Errorf("withheld words leave: %s", ref.Content)
		}
		v := w.get(duty(), a.Incident)
		if len(v.Referrals) != 1 || v.Values["description"].Text == "" {
			t.Errorf("referrals %d, description %q", len(v.Referrals), v.Values["description"].Text)
		}
		if h, err := w.HandOver(bg, duty(), "d2", "quiet night", w.now); err != nil || len(h.Clocks) == 0 {
			t.Errorf("hand-over: %+v %v", h, err)
		}
		if l, err := w.Handovers(bg, duty(), 5); err != nil || len(l) != 1 || len(l[0].Clocks) == 0 {
			t.Errorf("hand-overs: %+v %v", l, err)
		}
	})
}
