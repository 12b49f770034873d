package outbox

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/audit"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/jobs"
	"kulla.dev/internal/marking"
)

// DeliverJob is the kind of the job that hands an item over.
const DeliverJob = "outbox.deliver"

// Config of a Desk.
type Config struct {
	DB    *db.DB
	Audit *audit.Ledger
	Mail  *Mailer
	// NeedApproval names kinds that a second person must approve whatever
	// their marking.
	NeedApproval map[string]bool
	Wake         func() // makes the job runner look at once; may be nil
}

// Desk proposes, approves and delivers.
type Desk struct{ Config }

// New makes the outbox of a desk.
func New(c Config) *Desk { return &Desk{c} }

// Proposal is what a room wants to leave.
type Proposal struct {
	Kind, Key string
	Org       string         // institution it goes to, "" for none
	Address   string         // mail address
	To        marking.Reader // what the recipient may read
	Consents  []marking.Consent
	Mark      marking.Marking
	Subject   string // the marking is put before it
	Content   Content
	Object    string
	ObjectID  string
	Exercise  bool
}

// Propose notes an act in the transaction that makes it necessary and gives
// its id; proposing the same kind and key again gives the first one's id and
// changes nothing. What the marking does not let the recipient read is refused.
func (d *Desk) Propose(tx *db.Tx, by access.Actor, p Proposal, now time.Time) (string, error) {
	if have, ok, err := db.One(tx, db.Scalar[string], `SELECT id FROM outbox_item WHERE kind = ? AND unique_key = ?`, p.Kind, p.Key); err != nil || ok {
		return have, err
	}
	if axis := marking.WhyNotRelease(p.To, p.Mark, p.Consents); axis != marking.AxisNone {
		return "", fault.New(fault.Denied, "outbox.release.denied", axis.String())
	}
	it := Item{ID: db.NewID(now), Kind: p.Kind, Key: p.Key, Channel: "mail", State: Approved, Exercise: p.Exercise, Mark: p.Mark,
		Org: p.Org, Address: p.Address, Subject: labelled(p.Mark, p.Subject), Content: p.Content, Object: p.Object, ObjectID: p.ObjectID,
		Reason: "release: " + p.Mark.Text() + " to " + p.Org, ProposedBy: by.ID(), ProposedAt: now}
	if d.needsApproval(p) {
		it.State = Proposed
	} else {
		it.ApprovedBy, it.ApprovedAt = "rule", now
	}
	it.Digest = it.digest()
	content, err := json.Marshal(it.Content)
	if err != nil {
		return "", fmt.Errorf("content of %s: %w", p.Kind, err)
	}
	if _, err := tx.Exec(`INSERT INTO outbox_item (id, kind, unique_key, channel, state, exercise, mark, org, address, subject, content,
		digest, object, object_id, reason, proposed_by, proposed_at, approved_by, approved_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		it.ID, it.Kind, it.Key, it.Channel, string(it.State), it.Exercise, it.Mark.Text(), it.Org, it.Address, it.Subject, string(content),
		it.Digest, it.Object, it.ObjectID, it.Reason, it.ProposedBy, it.ProposedAt, nullable(it.ApprovedBy), it.ApprovedAt); err != nil {
		return "", err
	}
	if err := d.Audit.Record(tx, by, audit.Entry{Verb: "outbox.propose", Object: "outbox", ObjectID: it.ID, Mark: it.Mark.Text(),
		Detail: map[string]any{"kind": it.Kind, "org": it.Org, "digest": it.Digest, "state": string(it.State), "about": it.ObjectID}}, now); err != nil {
		return "", err
	}
	if it.State == Approved {
		return it.ID, d.enqueue(tx, it.ID, "", now)
	}
	return it.ID, nil
}

// labelled puts the traffic light before the subject, as TLP 2.0 asks of mail;
// the body carries it too, by its template.
func labelled(m marking.Marking, subject string) string {
	if m.TLP == marking.TLPNone {
		return subject
	}
	return "[" + m.TLP.String() + "] " + subject
}

func nullable(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// needsApproval: classified, originator-controlled and TLP:RED content is
// looked at by a second person before it leaves, and so are the kinds named.
func (d *Desk) needsApproval(p Proposal) bool {
	return d.NeedApproval[p.Kind] || p.Mark.ORCON || len(p.Mark.Levels) > 0 || p.Mark.TLP == marking.TLPRed
}

func (d *Desk) enqueue(tx *db.Tx, id, again string, now time.Time) error {
	if d.Wake != nil {
		tx.AfterCommit(d.Wake)
	}
	_, err := jobs.Enqueue(tx, DeliverJob, id+again, id, now, now)
	return err
}

// Approve lets an item leave. Whoever proposed it cannot.
func (d *Desk) Approve(ctx context.Context, by access.Actor, id string, now time.Time) (Item, error) {
	return d.decide(ctx, by, id, now, Approved)
}

// Reject keeps an item in the house for good.
func (d *Desk) Reject(ctx context.Context, by access.Actor, id string, now time.Time) (Item, error) {
	return d.decide(ctx, by, id, now, Rejected)
}

func (d *Desk) decide(ctx context.Context, by access.Actor, id string, now time.Time, to State) (it Item, err error) {
	if err := access.May(by, "outbox.approve"); err != nil {
		return it, err
	}
	if err := access.MustBeFresh(by, now); err != nil {
		return it, err
	}
	err = d.DB.Tx(ctx, func(tx *db.Tx) (err error) {
		if it, err = d.get(tx, by, id); err != nil {
			return err
		}
		switch {
		case it.State != Proposed:
			return fault.New(fault.Conflict, "outbox.decided-already")
		case it.ProposedBy == by.ID():
			return fault.New(fault.Denied, "outbox.own-proposal")
		}
		it.State, it.ApprovedBy, it.ApprovedAt = to, by.ID(), now
		if _, err := tx.Exec(`UPDATE outbox_item SET state = ?, approved_by = ?, approved_at = ? WHERE id = ? AND state = 'proposed'`, string(to), by.ID(), now, id); err != nil {
			return err
		}
		verb := map[State]string{Approved: "outbox.approve", Rejected: "outbox.reject"}[to]
		if err := d.record(tx, by, verb, it, now); err != nil || to != Approved {
			return err
		}
		return d.enqueue(tx, id, "", now)
	})
	return it, err
}

// Resend hands an uncertain or failed item over once more: a person has
// decided that arriving twice is better than not at all.
func (d *Desk) Resend(ctx context.Context, by access.Actor, id string, now time.Time) (it Item, err error) {
	return d.settle(ctx, by, id, now, Approved, "outbox.resend")
}

// Settle notes that an uncertain item did arrive, or no longer matters.
func (d *Desk) Settle(ctx context.Context, by access.Actor, id string, now time.Time) (it Item, err error) {
	return d.settle(ctx, by, id, now, Sent, "outbox.settle")
}

func (d *Desk) settle(ctx context.Context, by access.Actor, id string, now time.Time, to State, verb string) (it Item, err error) {
	if err := access.May(by, "outbox.approve"); err != nil {
		return it, err
	}
	err = d.DB.Tx(ctx, func(tx *db.Tx) (err error) {
		if it, err = d.get(tx, by, id); err != nil {
			return err
		}
		if it.State != Uncertain && it.State != Failed {
			return fault.New(fault.Conflict, "outbox.decided-already")
		}
		it.State = to
		if _, err := tx.Exec(`UPDATE outbox_item SET state = ? WHERE id = ?`, string(to), id); err != nil {
			return err
		}
		if err := d.record(tx, by, verb, it, now); err != nil || to != Approved {
			return err
		}
		return d.enqueue(tx, id, "#"+db.NewID(now), now)
	})
	return it, err
}

func (d *Desk) record(tx *db.Tx, by access.Actor, verb string, it Item, now time.Time) error {
	return d.Audit.Record(tx, by, audit.Entry{Verb: verb, Object: "outbox", ObjectID: it.ID, Mark: it.Mark.Text(),
		Detail: map[string]any{"kind": it.Kind, "org": it.Org, "digest": it.Digest, "state": string(it.State)}}, now)
}

// get reads an item that the actor may know of.
func (d *Desk) get(tx *db.Tx, by access.Actor, id string) (Item, error) {
	it, ok, err := db.One(tx, scan, `SELECT `+columns+` FROM outbox_item WHERE id = ?`+tx.Dialect().ForUpdate(), id)
	if err != nil {
		return it, err
	}
	if !ok || (by.Kind != access.KindSystem && !marking.MayRead(by.Reader(), it.Mark)) {
		return Item{}, fault.New(fault.NotFound, "outbox.unknown")
	}
	return it, nil
}

// Get gives one item and notes that it was read.
func (d *Desk) Get(ctx context.Context, by access.Actor, id string, now time.Time) (it Item, err error) {
	if err := access.May(by, "outbox.read"); err != nil {
		return it, err
	}
	err = d.DB.Tx(ctx, func(tx *db.Tx) (err error) {
		if it, err = d.get(tx, by, id); err != nil {
			return err
		}
		return d.record(tx, by, "outbox.read", it, now)
	})
	return it, err
}

// List gives the newest items of a state ("" for all) that the actor may know
// of; after is the id of the last item of the previous page.
func (d *Desk) List(ctx context.Context, by access.Actor, state State, after string, limit int) (out []Item, err error) {
	if err := access.May(by, "outbox.read"); err != nil {
		return nil, err
	}
	err = d.DB.Read(ctx, func(tx *db.Tx) error {
		marks, err := readable(tx, by)
		if err != nil {
			return err
		}
		where, args := `mark IN `+db.In(len(marks)), marks
		if state != "" {
			where, args = where+` AND state = ?`, append(args, string(state))
		}
		if after != "" {
			where, args = where+` AND id < ?`, append(args, after)
		}
		out, err = db.All(tx, scan, `SELECT `+columns+` FROM outbox_item WHERE `+where+` ORDER BY id DESC LIMIT ?`, append(args, limit)...)
		return err
	})
	return out, err
}

// readable lists the markings of items that the actor may read.
func readable(tx *db.Tx, by access.Actor) ([]any, error) {
	texts, err := db.All(tx, db.Scalar[string], `SELECT DISTINCT mark FROM outbox_item`)
	if err != nil {
		return nil, err
	}
	var out []any
	for _, t := range texts {
		m, err := marking.Parse(t)
		if err != nil {
			return nil, fmt.Errorf("marking of an outbox item: %w", err)
		}
		if by.Kind == access.KindSystem || marking.MayRead(by.Reader(), m) {
			out = append(out, t)
		}
	}
	return out, nil
}

// About gives what left about an object, oldest first. The caller has checked
// that the reader may see the object.
func (d *Desk) About(tx *db.Tx, by access.Actor, objectID string) ([]Item, error) {
	items, err := db.All(tx, scan, `SELECT `+columns+` FROM outbox_item WHERE object_id = ? ORDER BY proposed_at, id`, objectID)
	if err != nil {
		return nil, err
	}
	out := items[:0]
	for _, it := range items {
		if by.Kind == access.KindSystem || marking.MayRead(by.Reader(), it.Mark) {
			out = append(out, it)
		}
	}
	return out, nil
}
