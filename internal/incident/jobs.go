package incident

import (
	"cmp"
	"fmt"
	"slices"
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
	_, due, open := d.reason(s, a)
	if !open {
		return nil
	}
	all, told, err := d.together(tx, s, a)
	if err != nil || told {
		return err
	}
	var titles, names []country.Text
	for _, o := range all {
		t, _, _ := d.reason(s, o)
		titles, names = append(titles, t), append(names, d.short(o.Regime))
	}
	l := letter{key: lettersKey(all), org: s.Institution, args: i18n.Args{"stage": d.joined(titles), "due": due, "regime": d.joined(names)}}
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
	detail := map[string]any{"regime": a.Regime, "stage": a.Stage, "due": a.Due, "to": len(to)}
	if len(all) > 1 {
		detail["together"] = lettersMembers(all)
	}
	return d.record(tx, by, "incident.remind", s, detail, now)
}

// together gives what one letter reminds of: the obligation of the job and
// those of other laws that are due at the same moment and remind at the same
// instant. Each has a job of its own, so that none is lost when another is met
// meanwhile; told says that an earlier letter has named this one already.
func (d *Desk) together(tx *db.Tx, s *state, a remindArgs) (all []remindArgs, told bool, err error) {
	all = []remindArgs{a}
	if a.Due == 0 {
		return all, false, nil
	}
	keys, err := db.All(tx, db.Scalar[string], `SELECT unique_key FROM outbox_item WHERE object_id = ? AND kind LIKE 'incident.remind%'`, string(s.ID))
	if err != nil {
		return nil, false, err
	}
	named := func(o remindArgs) bool {
		return slices.ContainsFunc(keys, func(k string) bool {
			k, ok := strings.CutPrefix(k, string(s.ID)+"/")
			members, rest, found := strings.Cut(k, fmt.Sprintf("/%d/%d/", o.Due, o.At))
			return ok && found && rest != "" && slices.Contains(strings.Split(members, "+"), o.Regime+"/"+o.Stage)
		})
	}
	if named(a) {
		return nil, true, nil
	}
	for _, r := range d.reminders(s) {
		o := r.remindArgs
		o.At = a.At
		if o.Own != a.Own || o.Due != a.Due || o.Regime+"/"+o.Stage == a.Regime+"/"+a.Stage || named(o) ||
			!slices.ContainsFunc(r.all, func(t time.Time) bool { return t.UnixMicro() == a.At }) {
			continue
		}
		if _, _, open := d.reason(s, o); open {
			all = append(all, o)
		}
	}
	slices.SortFunc(all, func(a, b remindArgs) int {
		return cmp.Or(cmp.Compare(a.Regime, b.Regime), cmp.Compare(a.Stage, b.Stage))
	})
	return all, false, nil
}

// lettersMembers names the obligations a letter reminds of.
func lettersMembers(all []remindArgs) string {
	var out []string
	for _, a := range all {
		out = append(out, a.Regime+"/"+a.Stage)
	}
	return strings.Join(out, "+")
}

// lettersKey is the key of the letter about them; about one, that of its job.
func lettersKey(all []remindArgs) string {
	a := all[0]
	return fmt.Sprintf("%s/%s/%d/%d", a.Incident, lettersMembers(all), a.Due, a.At)
}

// joined says several names in one text, in every language of the pack, each once.
func (d *Desk) joined(names []country.Text) country.Text {
	if len(names) == 1 {
		return names[0]
	}
	out := country.Text{}
	for _, lang := range append([]string{"en"}, d.Pack.Languages...) {
		var words []string
		for _, n := range names {
			if w := n.In(lang); !slices.Contains(words, w) {
				words = append(words, w)
			}
		}
		out[lang] = strings.Join(words, " · ")
	}
	return out
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
