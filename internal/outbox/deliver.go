package outbox

import (
	"context"
	"fmt"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/db"
	"kulla.dev/internal/jobs"
)

// Handlers gives the outbox's job kinds.
func (d *Desk) Handlers() map[string]jobs.Handler {
	return map[string]jobs.Handler{DeliverJob: {Outside: d.deliver}}
}

var system = access.System("outbox", "outbox.read", "outbox.approve")

// deliver hands one item over. It may be run again at any point: what it does
// depends only on the state stored.
func (d *Desk) deliver(ctx context.Context, j jobs.Job, now time.Time) error {
	var id string
	if err := j.Decode(&id); err != nil {
		return err
	}
	var it Item
	ready := false
	err := d.DB.Tx(ctx, func(tx *db.Tx) (err error) {
		ready = false
		if it, err = d.get(tx, system, id); err != nil {
			return err
		}
		switch it.State {
		case Approved, Claimed:
			ready = true
			it.State = Claimed
			_, err = tx.Exec(`UPDATE outbox_item SET state = 'claimed', attempts = attempts + 1 WHERE id = ?`, id)
			return err
		case Handing: // a node died between handing over and noting the answer
			it.State = Uncertain
			if _, err = tx.Exec(`UPDATE outbox_item SET state = 'uncertain', last_error = 'interrupted while handing over' WHERE id = ?`, id); err != nil {
				return err
			}
			return d.record(tx, system, "outbox.uncertain", it, now)
		}
		return nil
	})
	if err != nil || !ready {
		return err
	}
	conn, err := d.Mail.open(ctx)
	if err != nil {
		return d.later(ctx, it, fmt.Errorf("reach mail server: %w", err))
	}
	defer conn.close()
	if err := d.move(ctx, it, Claimed, Handing, "", nil, now); err != nil {
		return err
	}
	receipt, outcome, cause := conn.send(it, now)
	switch outcome {
	case outcomeSent:
		// The answer must be stored even while the desk is stopping.
		return d.move(context.WithoutCancel(ctx), it, Handing, Sent, receipt, nil, now)
	case outcomeRefused:
		return d.move(context.WithoutCancel(ctx), it, Handing, Failed, receipt, cause, now)
	case outcomeNotNow:
		if err := d.move(context.WithoutCancel(ctx), it, Handing, Approved, "", cause, now); err != nil {
			return err
		}
		return fmt.Errorf("mail server: not now: %w", cause)
	default:
		return d.move(context.WithoutCancel(ctx), it, Handing, Uncertain, receipt, cause, now)
	}
}

// later notes why an item could not be handed over yet; the job's back-off
// brings it back.
func (d *Desk) later(ctx context.Context, it Item, cause error) error {
	err := d.DB.Tx(context.WithoutCancel(ctx), func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE outbox_item SET state = 'approved', last_error = ? WHERE id = ? AND state = 'claimed'`, cause.Error(), it.ID)
		return err
	})
	if err != nil {
		return err
	}
	return cause
}

func (d *Desk) move(ctx context.Context, it Item, from, to State, receipt string, cause error, now time.Time) error {
	return d.DB.Tx(ctx, func(tx *db.Tx) error {
		var sentAt, last any
		if to == Sent {
			sentAt = now
		}
		if cause != nil {
			last = cause.Error()
		}
		n, err := tx.Exec(`UPDATE outbox_item SET state = ?, sent_at = COALESCE(?, sent_at), receipt = COALESCE(?, receipt), last_error = ? WHERE id = ? AND state = ?`,
			string(to), sentAt, nullable(receipt), last, it.ID, string(from))
		if err != nil {
			return err
		}
		if n == 0 {
			return fmt.Errorf("item %s is no longer %s", it.ID, from)
		}
		if to == Handing {
			return nil // the audit has the proposal and the outcome
		}
		it.State = to
		return d.record(tx, system, "outbox."+string(to), it, now)
	})
}
