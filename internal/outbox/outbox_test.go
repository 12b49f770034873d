package outbox

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"kulla.dev/internal/access"
	"kulla.dev/internal/audit"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/housetest"
	"kulla.dev/internal/jobs"
	"kulla.dev/internal/marking"
)

var t0 = time.Date(2026, 3, 27, 22, 30, 0, 0, time.UTC)

func person(id string, roles ...access.Role) access.Actor {
	return access.Actor{Kind: access.KindPerson, Person: id, Institution: "authority", Roles: roles, Fresh: t0,
		Clearance: access.Clearance{TLP: marking.TLPRed, Nations: []string{"ZZ"}}}
}

type world struct {
	*Desk
	post *housetest.Post
	run  *jobs.Runner
	now  time.Time
}

func newWorld(t *testing.T, d *db.DB) *world {
	w := &world{post: housetest.StartPost(t), now: t0}
	m, err := NewMailer(MailConfig{URL: "smtp://" + w.post.Addr, From: "Desk <desk@example.test>", Roots: w.post.Roots, Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	w.Desk = New(Config{DB: d, Audit: audit.New(audit.Config{DB: d}), Mail: m})
	w.run = jobs.NewRunner(jobs.Config{DB: d, Node: "n", Handlers: w.Handlers(), Now: func() time.Time { return w.now }})
	return w
}

func (w *world) propose(t *testing.T, p Proposal) (string, error) {
	t.Helper()
	var id string
	err := w.DB.Tx(context.Background(), func(tx *db.Tx) (err error) {
		id, err = w.Propose(tx, person("reporter"), p, w.now)
		return err
	})
	return id, err
}

func receipt(key string, m marking.Marking) Proposal {
	return Proposal{Kind: "incident.receipt", Key: key, Org: "operator", Address: "soc@operator.test",
		To:   marking.Reader{Institutions: []string{"operator"}, TLP: marking.TLPRed},
		Mark: m, Subject: "Marrë: ë ç", Content: Content{Text: "teksti ë ç", HTML: "<p>teksti ë ç</p>"}, Object: "incident", ObjectID: "i1"}
}

func (w *world) item(t *testing.T, id string) Item {
	t.Helper()
	var it Item
	if err := w.DB.Read(context.Background(), func(tx *db.Tx) (err error) {
		it, _, err = db.One(tx, scan, `SELECT `+columns+` FROM outbox_item WHERE id = ?`, id)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return it
}

func (w *world) drain(t *testing.T) {
	t.Helper()
	for range 100 {
		n, err := w.run.Step(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
	t.Fatal("the queue does not drain")
}

func TestAReceiptLeavesOnceWithItsReceipt(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		id, err := w.propose(t, receipt("r1", marking.Of(marking.TLPAmber)))
		if err != nil {
			t.Fatal(err)
		}
		if again, err := w.propose(t, receipt("r1", marking.Of(marking.TLPAmber))); err != nil || again != id {
			t.Fatalf("proposed again: %v %v, want the first id", again, err)
		}
		w.drain(t)
		w.drain(t)
		got := w.post.Letters()
		if len(got) != 1 || !strings.Contains(got[0].Text, "Message-ID: <"+id+"@example.test>") || !strings.Contains(got[0].Text, "multipart/alternative") {
			t.Fatalf("letters: %+v", got)
		}
		it := w.item(t, id)
		if it.State != Sent || it.Receipt == "" || it.SentAt.IsZero() || it.Subject != "[TLP:AMBER] Marrë: ë ç" {
			t.Errorf("item: %+v", it)
		}
	})
}

func TestWhatMayNotBeReleasedIsRefused(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		p := receipt("r1", marking.Of(marking.TLPAmberStrict))
		p.Mark.Scope = marking.Only("another")
		if _, err := w.propose(t, p); !fault.Is(err, fault.Denied) {
			t.Errorf("scope of another institution: %v, want a refusal", err)
		}
		p = receipt("r2", marking.Of(marking.TLPRed))
		p.To.TLP = marking.TLPClear
		if _, err := w.propose(t, p); !fault.Is(err, fault.Denied) {
			t.Errorf("TLP:RED to the public: %v, want a refusal", err)
		}
		w.drain(t)
		if n := len(w.post.Letters()); n != 0 {
			t.Errorf("%d letters left", n)
		}
	})
}

func TestFourEyes(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		id, err := w.propose(t, receipt("r1", marking.Of(marking.TLPRed)))
		if err != nil {
			t.Fatal(err)
		}
		w.drain(t)
		if len(w.post.Letters()) != 0 {
			t.Fatal("left without approval")
		}
		ctx := t.Context()
		if _, err := w.Approve(ctx, person("reporter", access.Duty), id, t0); !fault.Is(err, fault.Denied) {
			t.Errorf("own proposal: %v, want a refusal", err)
		}
		if _, err := w.Approve(ctx, person("analyst", access.Analyst), id, t0); !fault.Is(err, fault.Denied) {
			t.Errorf("analyst: %v, want a refusal", err)
		}
		stale := person("duty", access.Duty)
		stale.Fresh = t0.Add(-time.Hour)
		if _, err := w.Approve(ctx, stale, id, t0); !fault.Is(err, fault.Denied) {
			t.Errorf("without step-up: %v, want a refusal", err)
		}
		blind := person("duty", access.Duty)
		blind.Clearance.TLP = marking.TLPGreen
		if _, err := w.Approve(ctx, blind, id, t0); !fault.Is(err, fault.NotFound) {
			t.Errorf("without clearance: %v, want not found", err)
		}
		if _, err := w.Approve(ctx, person("duty", access.Duty), id, t0); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Reject(ctx, person("duty2", access.Duty), id, t0); !fault.Is(err, fault.Conflict) {
			t.Errorf("decided twice: %v", err)
		}
		w.drain(t)
		if len(w.post.Letters()) != 1 {
			t.Error("did not leave after approval")
		}
	})
}

func TestServerTroubles(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		calls := 0
		w.post.OnData(func(l housetest.Letter) error {
			calls++
			switch {
			case strings.Contains(l.Text, "X-never") || calls > 1:
				return nil
			}
			return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "later"}
		})
		id, err := w.propose(t, receipt("later", marking.Of(marking.TLPGreen)))
		if err != nil {
			t.Fatal(err)
		}
		w.drain(t)
		if it := w.item(t, id); it.State != Approved || it.Error == "" {
			t.Errorf("after 451: %s %q, want approved with the reason", it.State, it.Error)
		}
		w.now = w.now.Add(time.Hour)
		w.drain(t)
		if it := w.item(t, id); it.State != Sent {
			t.Errorf("after the retry: %s %q", it.State, it.Error)
		}
		w.post.OnData(func(housetest.Letter) error {
			return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "refused"}
		})
		id2, err := w.propose(t, receipt("never", marking.Of(marking.TLPGreen)))
		if err != nil {
			t.Fatal(err)
		}
		w.drain(t)
		if it := w.item(t, id2); it.State != Failed || !strings.Contains(it.Error, "refused") {
			t.Errorf("after 554: %s %q, want failed", it.State, it.Error)
		}
	})
}

// A node dies at each point of the hand-over; the message leaves at most once,
// and where nobody can know, a person is asked.
func TestDeathAtEveryPoint(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		for _, c := range []struct {
			died  State
			final State
			sent  int
		}{{Approved, Sent, 1}, {Claimed, Sent, 1}, {Handing, Uncertain, 0}, {Sent, Sent, 0}} {
			before := len(w.post.Letters())
			id, err := w.propose(t, receipt("death-"+string(c.died), marking.Of(marking.TLPGreen)))
			if err != nil {
				t.Fatal(err)
			}
			if err := d.Tx(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Exec(`UPDATE outbox_item SET state = ? WHERE id = ?`, string(c.died), id)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			w.drain(t)
			if it := w.item(t, id); it.State != c.final || len(w.post.Letters())-before != c.sent {
				t.Errorf("died %s: became %s with %d letters, want %s with %d", c.died, it.State, len(w.post.Letters())-before, c.final, c.sent)
			}
			if c.final == Uncertain {
				if _, err := w.Resend(t.Context(), person("duty", access.Duty), id, w.now); err != nil {
					t.Fatal(err)
				}
				w.drain(t)
				if it := w.item(t, id); it.State != Sent {
					t.Errorf("sent again by a person: %s", it.State)
				}
			}
		}
	})
}

func TestFolderMail(t *testing.T) {
	d := housetest.Open(t, housetest.SQLiteURL(t))
	w := newWorld(t, d)
	dir := filepath.Join(t.TempDir(), "mail")
	m, err := NewMailer(MailConfig{URL: "file:" + dir, From: "desk@example.test"})
	if err != nil {
		t.Fatal(err)
	}
	w.Mail = m
	id, err := w.propose(t, receipt("r", marking.Of(marking.TLPAmber)))
	if err != nil {
		t.Fatal(err)
	}
	w.drain(t)
	if b, err := os.ReadFile(filepath.Join(dir, id+".eml")); err != nil || !strings.Contains(string(b), "Subject: ") {
		t.Errorf("letter in the folder: %v", err)
	}
}

func TestMailConfigurationIsChecked(t *testing.T) {
	for url, want := range map[string]string{"smtp+plain://mail.example:25": "this machine only", "http://x": "unknown scheme", ":": "mail URL"} {
		if _, err := NewMailer(MailConfig{URL: url, From: "a@b.test"}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", url, err, want)
		}
	}
	if _, err := NewMailer(MailConfig{URL: "smtp://x", From: "nobody"}); err == nil {
		t.Error("a sender without domain passed")
	}
}

func FuzzMessage(f *testing.F) {
	f.Add("soc@operator.test", "subject\r\nBcc: x@y.test", "text")
	f.Add("a@b\r\nRCPT TO:<x@y>", "s", ".\r\nMAIL FROM:<x>")
	m, err := NewMailer(MailConfig{URL: "file:x", From: "desk@example.test"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, to, subject, text string) {
		msg, err := m.message(Item{ID: "0", Address: to, Subject: subject, Content: Content{Text: text}}, t0)
		if err != nil {
			return
		}
		var b strings.Builder
		if _, err := msg.WriteTo(&b); err != nil {
			return
		}
		head, _, _ := strings.Cut(b.String(), "\r\n\r\n")
		for _, line := range strings.Split(head, "\r\n") {
			if strings.HasPrefix(strings.ToLower(line), "bcc:") {
				t.Errorf("a header was smuggled in: %q", head)
			}
		}
		if n := len(msg.GetToString()); n != 1 {
			t.Errorf("%d recipients", n)
		}
	})
}
