package incident

import (
	"context"
	"slices"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/regime"
)

// Get gives everything about one incident for one page, derived at the moment
// of reading, and notes that it was read. The institution's side does not see
// notes, referrals or tasks of the authority.
func (d *Desk) Get(ctx context.Context, by access.Actor, id ID, now time.Time) (View, error) {
	if err := access.May(by, "incident.read"); err != nil {
		return View{}, err
	}
	var v View
	err := d.DB.Tx(ctx, func(tx *db.Tx) error {
		s, err := d.load(tx, id, now, "")
		if err != nil {
			return err
		}
		if err := access.MayOn(by, "incident.read", s.object()); err != nil {
			return hide(err)
		}
		if v, err = d.view(tx, by, s, now); err != nil {
			return err
		}
		return d.record(tx, by, "incident.read", s, map[string]any{"version": s.Version}, now)
	})
	return v, err
}

func (d *Desk) view(tx *db.Tx, by access.Actor, s *state, now time.Time) (v View, err error) {
	v.Incident, v.Events, v.Values = s.Incident, s.events, s.current()
	v.Result = d.engine.Evaluate(d.kase(s), now)
	v.Questions = regime.Ask(d.Pack, v.Result)
	inside := access.ReachOf(by, "incident.note") == access.ReachDesk || by.Kind == access.KindSystem
	id := string(s.ID)
	if v.Submissions, err = db.All(tx, scanSubmission, `SELECT `+submissionColumns+` FROM incident_submission WHERE incident_id = ? ORDER BY version`, id); err != nil {
		return v, err
	}
	for i := range v.Submissions {
		v.Submissions[i].Recalled = s.recalled(v.Submissions[i].ID)
	}
	hidden := ` AND kind <> 'note'`
	if inside {
		hidden = ""
	}
	if v.Thread, err = db.All(tx, scanEntry, `SELECT `+entryColumns+` FROM incident_message WHERE incident_id = ?`+hidden+` ORDER BY at, id`, id); err != nil {
		return v, err
	}
	if v.Files, err = db.All(tx, scanFile, `SELECT `+fileColumns+` FROM incident_attachment WHERE incident_id = ? AND dropped_at IS NULL ORDER BY created_at, id`, id); err != nil {
		return v, err
	}
	if inside {
		if v.Tasks, err = tasks(tx, s.ID); err != nil {
			return v, err
		}
		if v.Referrals, err = referrals(tx, s.ID); err != nil {
			return v, err
		}
	}
	if v.Links, err = d.links(tx, by, s.ID); err != nil {
		return v, err
	}
	if v.Trail, err = trail(tx, s, v.Links); err != nil {
		return v, err
	}
	if v.History, err = db.All(tx, scanVersion, `SELECT regime, stage, state, due, rec_from, rec_to FROM incident_obligation
		WHERE incident_id = ? AND rec_to < ? ORDER BY rec_from, regime, stage`, id, int64(forever)); err != nil {
		return v, err
	}
	v.May = d.rights(by, s)
	v.People, err = d.Access.Names(tx, people(v))
	return v, err
}

// trail gives every version of each field that was stated more than once, those
// of the incidents merged into this one among them as far as the reader may
// know of them. Nothing is overwritten by a merge: what differs is shown.
func trail(tx *db.Tx, s *state, links []Linked) (map[string][]Told, error) {
	out := map[string][]Told{}
	add := func(facts []fact, id ID, number string) {
		for _, f := range facts {
			if f.Name != spansField {
				out[f.Name] = append(out[f.Name], Told{f.Stated, f.Recorded, f.By, f.Submission, id, number})
			}
		}
	}
	add(s.facts, s.ID, s.Number)
	for _, l := range links {
		if l.Kind != LinkDuplicate || l.Out {
			continue
		}
		facts, err := db.All(tx, scanFact, `SELECT seq, name, recorded_at, by_id, submission, content FROM incident_fact WHERE incident_id = ? ORDER BY seq`, string(l.ID))
		if err != nil {
			return nil, err
		}
		add(facts, l.ID, l.Number)
	}
	for name, all := range out {
		if len(all) < 2 {
			delete(out, name)
			continue
		}
		slices.SortStableFunc(all, func(a, b Told) int { return a.At.Compare(b.At) })
	}
	return out, nil
}

func scanVersion(s db.Scanner) (v Version, err error) {
	var due db.NullTime
	var from, to int64
	err = s.Scan(&v.Regime, &v.Stage, &v.State, &due, &from, &to)
	v.Due, v.From, v.To = due.Time, db.Time(from), db.Time(to)
	return v, err
}

func (d *Desk) rights(by access.Actor, s *state) Rights {
	may := func(p access.Permission) bool { return access.MayOn(by, p, s.object()) == nil }
	return Rights{Report: may("incident.submit"), Behalf: may("incident.behalf"), Answer: may("incident.answer"), Assign: may("incident.assign"),
		Note: may("incident.note"), Write: may("incident.write"), Merge: may("incident.merge"), Refer: may("incident.refer"),
		Mark: may("incident.mark"), Enforce: may("incident.enforce"), Export: may("incident.export")}
}

// people lists the ids of the persons a view mentions.
func people(v View) []string {
	seen := map[string]bool{}
	var out []string
	add := func(ids ...string) {
		for _, id := range ids {
			if db.ValidID(id) && !seen[id] {
				seen[id] = true
				out = append(out, id)
			}
		}
	}
	add(v.Assignee, v.Severity.By)
	for _, e := range v.Events {
		add(e.By)
	}
	for _, told := range v.Trail {
		for _, e := range told {
			add(e.By)
		}
	}
	for _, e := range v.Submissions {
		add(e.By)
	}
	for _, e := range v.Thread {
		add(e.By)
	}
	for _, t := range v.Tasks {
		add(t.Assignee, t.DoneBy)
	}
	for _, f := range v.Files {
		add(f.By)
	}
	return out
}

// links lists the incidents this one belongs together with, as far as the
// reader may know of them.
func (d *Desk) links(tx *db.Tx, by access.Actor, id ID) ([]Linked, error) {
	where, err := d.Access.Filter(tx, by, "incident.read")
	if err != nil {
		return nil, err
	}
	cond, args := where.SQL("i.mark_id", "i.owner_id", "i.reporter_id")
	return db.All(tx, func(s db.Scanner) (l Linked, err error) {
		var at int64
		var from string
		err = s.Scan(&l.ID, &l.Number, &l.Title, &l.Kind, &from, &at, &l.By, &l.Reason)
		l.Out, l.At = ID(from) == id, db.Time(at)
		return l, err
	}, `SELECT i.id, i.number, i.title, l.kind, l.from_id, l.at, l.by_id, l.reason FROM incident_link l
		JOIN incident_incident i ON i.id = CASE WHEN l.from_id = ? THEN l.to_id ELSE l.from_id END
		WHERE (l.from_id = ? OR l.to_id = ?) AND `+cond+` ORDER BY l.at, i.id`, append([]any{string(id), string(id), string(id)}, args...)...)
}

// Find gives the id of the incident with the number, if the reader may know
// of it.
func (d *Desk) Find(ctx context.Context, by access.Actor, number string) (id ID, err error) {
	if err := access.May(by, "incident.read"); err != nil {
		return "", err
	}
	err = d.DB.Read(ctx, func(tx *db.Tx) error {
		where, err := d.Access.Filter(tx, by, "incident.read")
		if err != nil {
			return err
		}
		cond, args := where.SQL("mark_id", "owner_id", "reporter_id")
		text, ok, err := db.One(tx, db.Scalar[string], `SELECT id FROM incident_incident WHERE number = ? AND `+cond, append([]any{clean(number)}, args...)...)
		if err == nil && !ok {
			err = fault.New(fault.NotFound, "incident.get.unknown")
		}
		id = ID(text)
		return err
	})
	return id, err
}

// AsKnown derives the legal position of an incident as it was known at a past
// instant: from the rows recorded by then.
func (d *Desk) AsKnown(ctx context.Context, by access.Actor, id ID, at time.Time) (out regime.Result, err error) {
	if err := access.May(by, "incident.read"); err != nil {
		return out, err
	}
	err = d.DB.Read(ctx, func(tx *db.Tx) error {
		s, err := d.load(tx, id, at, "")
		if err != nil {
			return err
		}
		if err := access.MayOn(by, "incident.read", s.object()); err != nil {
			return hide(err)
		}
		if s.Created.After(at) {
			return fault.New(fault.NotFound, "incident.get.unknown")
		}
		s.until(at)
		out = d.engine.Evaluate(d.kase(s), at)
		return nil
	})
	return out, err
}

// Check says what a draft would lead to, without writing: the regimes that
// apply, what they ask, the dues, and every field that breaks a rule.
func (d *Desk) Check(ctx context.Context, by access.Actor, in Draft, now time.Time) (out Preview, err error) {
	if err := d.maySubmit(by, in); err != nil {
		return out, err
	}
	in, now = in.cleaned(), micros(now)
	err = d.DB.Read(ctx, func(tx *db.Tx) error {
		s, err := d.prepare(tx, by, in, "", now, "")
		if fault.Is(err, fault.Invalid) {
			out.Problems = err
			return nil
		}
		if err != nil {
			return err
		}
		_, err = d.fill(by, s, in, "preview", now)
		if err != nil && !fault.Is(err, fault.Invalid) {
			return err
		}
		out.Problems = err
		out.Result = d.engine.Evaluate(d.kase(s), now)
		out.Questions = regime.Ask(d.Pack, out.Result)
		return nil
	})
	return out, err
}
