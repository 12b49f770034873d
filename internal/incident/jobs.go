package incident

import (
	"fmt"
	"strings"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/country"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/i18n"
	"kulla.dev/internal/jobs"
	"kulla.dev/internal/regime"
)

// system is the desk itself at work on incidents.
func system() access.Actor {
	return access.System("incident", "incident.read", "incident.write", "incident.submit")
}

// remind sends one reminder, if its reason still stands: the obligation is
// open, and due when the job says. It runs in the transaction that marks the
// job done, and the letter's key is the job's, so that it leaves once.
func (d *Desk) remind(tx *db.Tx, j jobs.Job, now time.Time) error {
	var a remindArgs
	if err := j.Decode(&a); err != nil {
		return err
	}
	s, err := d.load(tx, a.Incident, now, tx.Dialect().ForUpdate())
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if s.Status == StatusMerged || s.Status == StatusWithdrawn {
		return nil
	}
	s.result = d.engine.Evaluate(d.kase(s), now)
	title, due, open := d.reason(s, a)
	if !open {
		return nil
	}
	l := letter{key: a.key(), org: s.Institution, args: i18n.Args{"stage": title, "due": due, "regime": d.short(a.Regime)}}
	switch {
	case due.IsZero():
		l.kind = "incident.remind-pending"
	case !now.Before(due):
		l.kind = "incident.remind-past"
	default:
		l.kind = "incident.remind"
		l.args["left"] = due.Sub(now).Round(time.Minute)
	}
	var to []Address
	if a.Own {
		l.kind += "-own"
		l.org = d.Authority
		to, err = d.duty(tx)
	} else {
		to, err = d.addresses(tx, s)
	}
	if err != nil {
		return err
	}
	if l.org == "" {
		return nil // an unlisted victim is reminded by a person
	}
	by := system()
	by.Request = j.ID
	if err := d.send(tx, by, s, to, l, now); err != nil {
		return err
	}
	return d.record(tx, by, "incident.remind", s, map[string]any{"regime": a.Regime, "stage": a.Stage, "due": a.Due, "to": len(to)}, now)
}

// reason says whether what a reminder is about is still open and due then.
func (d *Desk) reason(s *state, a remindArgs) (title country.Text, due time.Time, open bool) {
	same := func(t time.Time) bool { return t.IsZero() && a.Due == 0 || !t.IsZero() && t.UnixMicro() == a.Due }
	for _, o := range s.result.Obligations {
		if a.Own || o.Regime != a.Regime || o.Stage != a.Stage {
			continue
		}
		running := o.State == regime.Open || o.State == regime.Late || o.State == regime.PendingEvent
		return o.Title, o.Due, running && o.SatisfiedBy == "" && same(o.Due)
	}
	for _, o := range s.result.Duties {
		if a.Own && o.Regime == a.Regime && "duty:"+o.ID == a.Stage {
			return o.Title, o.Due, o.DoneBy == "" && same(o.Due)
		}
	}
	for _, q := range s.questions {
		if "question:"+q.ID == a.Stage {
			return country.Text{"en": headline(q.Text)}, q.Due, same(q.Due)
		}
	}
	return nil, time.Time{}, false
}

// short gives the short title of a regime.
func (d *Desk) short(id string) country.Text {
	for _, r := range d.Pack.Versions(id) {
		if len(r.Short) > 0 {
			return r.Short
		}
		return r.Title
	}
	return country.Text{"en": id}
}

// review derives an incident again at a moment at which something changes by
// the clock alone.
func (d *Desk) review(tx *db.Tx, j jobs.Job, now time.Time) error {
	var id ID
	if err := j.Decode(&id); err != nil {
		return err
	}
	s, err := d.load(tx, id, now, tx.Dialect().ForUpdate())
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if s.Status == StatusMerged || s.Status == StatusWithdrawn {
		return nil
	}
	if err := d.settle(tx, system(), s, now, false); err != nil {
		return fmt.Errorf("review of %s: %w", strings.ToLower(s.Number), err)
	}
	return nil
}
