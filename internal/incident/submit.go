package incident

import (
	"context"
	"fmt"
	"strings"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
)

// Submit takes a report of any stage, kind and number of regimes, and gives
// its receipt. The same form (Draft.Key) handed in again gives the same
// receipt. A draft that breaks rules gives all broken fields at once.
func (d *Desk) Submit(ctx context.Context, by access.Actor, in Draft, now time.Time) (Receipt, error) {
	if err := d.maySubmit(by, in); err != nil {
		return Receipt{}, err
	}
	in, now = in.cleaned(), micros(now)
	if in.Key == "" {
		in.Key = db.NewID(now)
	}
	var out Receipt
	run := func(tx *db.Tx) (err error) {
		var had bool
		if out, had, err = d.replay(tx, by, in.Key); err != nil || had {
			return err
		}
		out, err = d.submit(tx, by, in, now)
		return err
	}
	err := d.DB.Tx(ctx, run)
	if db.IsUnique(err) { // the same form, handed in twice at once
		err = d.DB.Tx(ctx, run)
	}
	return out, err
}

// maySubmit asks whether the actor may report at all, for whom it wants to.
func (d *Desk) maySubmit(by access.Actor, in Draft) error {
	if err := access.May(by, "incident.submit"); err != nil {
		return err
	}
	own := in.Institution == by.Institution && in.Institution != "" && len(in.Others) == 0
	if own || in.Incident != "" || access.ReachOf(by, "incident.submit") == access.ReachDesk {
		return nil
	}
	return access.May(by, "incident.behalf")
}

// submit handles one report and, when it is aggregated, those of the others.
func (d *Desk) submit(tx *db.Tx, by access.Actor, in Draft, now time.Time) (Receipt, error) {
	if len(in.Others) == 0 || in.Incident != "" {
		return d.take(tx, by, in, "", in.Key, now)
	}
	group := db.NewID(now)
	first, err := d.take(tx, by, in, group, in.Key, now)
	if err != nil {
		return Receipt{}, err
	}
	for i, id := range in.Others {
		other := in
		other.Institution = id
		r, err := d.take(tx, by, other, group, fmt.Sprintf("%s#%d", in.Key, i+1), now)
		if err != nil {
			return Receipt{}, named(err, fmt.Sprintf("others[%d]", i))
		}
		if err := link(tx, first.Incident, r.Incident, LinkAggregate, by, "", now); err != nil {
			return Receipt{}, err
		}
		first.Others = append(first.Others, r)
	}
	return first, nil
}

// named puts the field of an aggregated report's member before its problems.
func named(err error, name string) error {
	if f, ok := err.(*fault.Error); ok && f.Kind == fault.Invalid {
		for i := range f.Fields {
			f.Fields[i].Name = name + "." + f.Fields[i].Name
		}
	}
	return err
}

// take handles one report about one institution.
func (d *Desk) take(tx *db.Tx, by access.Actor, in Draft, group, key string, now time.Time) (Receipt, error) {
	s, err := d.prepare(tx, by, in, group, now, tx.Dialect().ForUpdate())
	if err != nil {
		return Receipt{}, err
	}
	id := db.NewID(now)
	covers, err := d.fill(by, s, in, id, now)
	if err != nil {
		return Receipt{}, err
	}
	if s.fresh {
		if err := d.begin(tx, s, now); err != nil {
			return Receipt{}, err
		}
	}
	sub := Submission{ID: id, Incident: s.ID, Covers: covers, At: now, By: by.ID(), ByName: by.Name, Org: by.Institution, LateReason: in.LateReason, Channel: in.Channel}
	if err := d.seal(tx, s, &sub, in, now); err != nil {
		return Receipt{}, err
	}
	if err := d.settle(tx, by, s, now, true); err != nil {
		return Receipt{}, err
	}
	sub.Next, sub.NextStage = s.next()
	nextRegime, _, _ := strings.Cut(sub.NextStage, "/")
	if sub.Signed, err = d.sign(s, sub); err != nil {
		return Receipt{}, err
	}
	if err := writeSubmission(tx, sub, by.ID()+"|"+key); err != nil {
		return Receipt{}, err
	}
	if err := d.claim(tx, by, s, id, in.Files, now); err != nil {
		return Receipt{}, err
	}
	r := receiptOf(s, sub)
	r.NextRegime = nextRegime
	if err := d.mailReceipt(tx, by, s, r, now); err != nil {
		return Receipt{}, err
	}
	return r, d.record(tx, by, "incident.submit", s, map[string]any{"number": s.Number, "version": sub.Version, "digest": sub.Digest, "covers": coverText(covers)}, now)
}
