package incident

import (
	"context"
	"errors"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/country"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/i18n"
	"kulla.dev/internal/regime"
)

const entryColumns = `id, kind, at, by_id, org, text, due, answered_at, to_id`

func scanEntry(s db.Scanner) (e Entry, err error) {
	var at int64
	var due, answered db.NullTime
	err = s.Scan(&e.ID, &e.Kind, &at, &e.By, &e.Org, &e.Text, &due, &answered, &e.To)
	e.At, e.Due, e.Answered = db.Time(at), due.Time, answered.Time
	return e, err
}

// The same text by the same person to the same incident within ten minutes is
// the same message sent again (a second press, a form replayed): errTwice.
func writeEntry(tx *db.Tx, s *state, by access.Actor, e Entry, now time.Time) (Entry, error) {
	n, err := db.Count(tx, `SELECT count(*) FROM incident_message WHERE incident_id = ? AND at > ? AND kind = ? AND by_id = ? AND to_id = ? AND text = ?`,
		string(s.ID), now.Add(-10*time.Minute), string(e.Kind), by.ID(), e.To, e.Text)
	if err != nil {
		return e, err
	}
	if n > 0 {
		return e, errTwice
	}
	e.ID, e.At, e.By, e.Org = db.NewID(now), now, by.ID(), by.Institution
	_, err = tx.Exec(`INSERT INTO incident_message (id, incident_id, kind, at, by_id, org, text, due, to_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		e.ID, string(s.ID), string(e.Kind), e.At, e.By, e.Org, e.Text, e.Due, e.To)
	return e, err
}

// errTwice stops a message that stands already; nobody sees it.
var errTwice = errors.New("the message stands already")

// said gives the present state where a message was sent a second time: to the
// sender the first one has simply been taken.
func (d *Desk) said(ctx context.Context, by access.Actor, id ID, now time.Time) func(Incident, error) (Incident, error) {
	return func(in Incident, err error) (Incident, error) {
		if !errors.Is(err, errTwice) {
			return in, err
		}
		v, err := d.Get(ctx, by, id, now)
		return v.Incident, err
	}
}

func goodText(text string) (string, error) {
	text = clean(text)
	var f fault.Fields
	if text == "" {
		f.Add("text", "incident.field.needed")
	}
	tooLong(&f, "text", text, maxText)
	return text, f.Err()
}

// Answer is the authority's answer to a report. It stops the clocks of its own
// duties that wait for one and goes to the institution by mail.
func (d *Desk) Answer(ctx context.Context, by access.Actor, id ID, in Message, now time.Time) (Incident, error) {
	text, err := goodText(in.Text)
	if err != nil {
		return Incident{}, err
	}
	return d.said(ctx, by, id, now)(d.change(ctx, by, "incident.answer", id, 0, now, "incident.answer", func(tx *db.Tx, s *state) (map[string]any, error) {
		entry, err := writeEntry(tx, s, by, Entry{Kind: EntryAnswer, Text: text}, now)
		if err != nil {
			return nil, err
		}
		e := Event{}
		e.Kind, e.By, e.At = country.Answered, by.ID(), now
		for _, stage := range in.Stages {
			e.Covers = append(e.Covers, regime.Cover{Stage: stage})
		}
		if len(e.Covers) == 0 {
			e.Covers = received(s)
		}
		s.add(e, now)
		if s.Status == StatusNew {
			s.Status = StatusOpen
		}
		if s.Assignee == "" {
			s.Assignee = by.Person
		}
		return map[string]any{"entry": entry.ID, "covers": coverText(e.Covers)}, d.tell(tx, by, s, "incident.answer", entry, now)
	}))
}

// received lists every stage the institution has handed in.
func received(s *state) []regime.Cover {
	var out []regime.Cover
	seen := map[regime.Cover]bool{}
	for _, e := range s.events {
		if e.Kind != country.Received {
			continue
		}
		for _, c := range e.Covers {
			if !seen[c] {
				seen[c] = true
				out = append(out, c)
			}
		}
	}
	return out
}

// Ask puts a question to the institution. With a due it becomes a clock; a
// formal one is a request for an intermediate report in the sense of the law.
func (d *Desk) Ask(ctx context.Context, by access.Actor, id ID, in Question, now time.Time) (Incident, error) {
	text, err := goodText(in.Text)
	if err != nil {
		return Incident{}, err
	}
	if !in.Due.IsZero() && !in.Due.After(now) {
		var f fault.Fields
		f.Add("due", "incident.time.past")
		return Incident{}, f.Err()
	}
	return d.said(ctx, by, id, now)(d.change(ctx, by, "incident.answer", id, 0, now, "incident.ask", func(tx *db.Tx, s *state) (map[string]any, error) {
		entry, err := writeEntry(tx, s, by, Entry{Kind: EntryQuestion, Text: text, Due: micros(in.Due)}, now)
		if err != nil {
			return nil, err
		}
		s.questions = append(s.questions, entry)
		if in.Formal {
			e := Event{}
			e.Kind, e.By, e.At, e.Until, e.Reason = country.Requested, by.ID(), now, in.Due, entry.ID
			e.Covers = []regime.Cover{{Stage: string(country.Intermediate)}}
			s.add(e, now)
		}
		if s.Status == StatusNew || s.Status == StatusOpen {
			s.Status = StatusWaiting
		}
		return map[string]any{"entry": entry.ID, "formal": in.Formal}, d.tell(tx, by, s, "incident.question", entry, now)
	}))
}

// Reply is the institution's side of the thread.
func (d *Desk) Reply(ctx context.Context, by access.Actor, id ID, in Message, now time.Time) (Incident, error) {
	text, err := goodText(in.Text)
	if err != nil {
		return Incident{}, err
	}
	return d.said(ctx, by, id, now)(d.change(ctx, by, "incident.submit", id, 0, now, "incident.reply", func(tx *db.Tx, s *state) (map[string]any, error) {
		if in.To != "" {
			i := -1
			for k, q := range s.questions {
				if q.ID == in.To {
					i = k
				}
			}
			if i < 0 {
				return nil, fault.New(fault.Conflict, "incident.reply.no-question")
			}
			if in.Close {
				if _, err := tx.Exec(`UPDATE incident_message SET answered_at = ? WHERE id = ? AND incident_id = ?`, now, in.To, string(s.ID)); err != nil {
					return nil, err
				}
				s.questions = append(s.questions[:i:i], s.questions[i+1:]...)
			}
		}
		entry, err := writeEntry(tx, s, by, Entry{Kind: EntryReply, Text: text, To: in.To}, now)
		if err != nil {
			return nil, err
		}
		if s.Status == StatusWaiting && len(s.questions) == 0 {
			s.Status = StatusOpen
		}
		return map[string]any{"entry": entry.ID}, nil
	}))
}

// Note keeps a text only the authority sees.
func (d *Desk) Note(ctx context.Context, by access.Actor, id ID, text string, now time.Time) (Incident, error) {
	text, err := goodText(text)
	if err != nil {
		return Incident{}, err
	}
	return d.said(ctx, by, id, now)(d.change(ctx, by, "incident.note", id, 0, now, "incident.note", func(tx *db.Tx, s *state) (map[string]any, error) {
		entry, err := writeEntry(tx, s, by, Entry{Kind: EntryNote, Text: text}, now)
		return map[string]any{"entry": entry.ID}, err
	}))
}

// tell mails the institution what the authority said.
func (d *Desk) tell(tx *db.Tx, by access.Actor, s *state, kind string, e Entry, now time.Time) error {
	to, err := d.addresses(tx, s)
	if err != nil {
		return err
	}
	if s.Institution == "" {
		return nil
	}
	l := letter{kind: kind, key: e.ID, org: s.Institution, args: i18n.Args{"text": e.Text, "due": e.Due}}
	return d.send(tx, by, s, to, l, now)
}
