package incident

import (
	"context"
	"slices"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/country"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/marking"
	"kulla.dev/internal/regime"
)

// Correct replaces a moment or facts stated before. Both versions stay; what
// is owed is derived again, and obligations that move keep their history.
func (d *Desk) Correct(ctx context.Context, by access.Actor, id ID, in Correction, now time.Time) (Incident, error) {
	var f fault.Fields
	in.Reason, in.Values = clean(in.Reason), cleanValues(in.Values)
	if in.Reason == "" {
		f.Add("reason", "incident.field.needed")
	}
	if in.Event == "" && len(in.Values) == 0 && len(in.Spans) == 0 {
		f.Add("values", "incident.field.needed")
	}
	tooLong(&f, "reason", in.Reason, maxText)
	checkMoment(&f, "at", in.At, now)
	if in.Event != "" && in.At.IsZero() {
		f.Add("at", "incident.time.missing")
	}
	d.checkValues(&f, in.Values, now)
	checkSpans(&f, in.Spans, now)
	if err := f.Err(); err != nil {
		return Incident{}, err
	}
	return d.change(ctx, by, "incident.write", id, in.Seen, now, "incident.correct", func(_ *db.Tx, s *state) (map[string]any, error) {
		if in.Event != "" {
			old, ok := s.event(in.Event)
			if !ok || old.Kind == country.Submitted || old.Kind == country.Received || slices.ContainsFunc(s.events, func(e Event) bool { return e.Supersedes == in.Event }) {
				var f fault.Fields
				f.Add("event", "incident.correct.event")
				return nil, f.Err()
			}
			e := *old
			e.Supersedes, e.At, e.Precision, e.By, e.Reason, e.Submission = old.ID, in.At.At, in.At.Precision, by.ID(), in.Reason, ""
			s.add(e, now)
			s.restore()
			if err := d.ordered(s); err != nil {
				return nil, err
			}
		}
		d.state(by, s, in.Values, in.Spans, "", now)
		return map[string]any{"event": in.Event, "values": sortedKeys(in.Values), "reason": in.Reason}, nil
	})
}

// ordered refuses a log whose moments contradict each other.
func (d *Desk) ordered(s *state) error {
	var f fault.Fields
	o, t, a := s.body.Occurred, s.body.Detected, s.body.Aware
	if known(o) && known(t) && !o.At.Before(d.latest(t)) {
		f.Add("at", "incident.time.detected-before-occurred")
	}
	if known(t) && known(a) && !t.At.Before(d.latest(a)) {
		f.Add("at", "incident.time.aware-before-detected")
	}
	if known(o) && known(a) && !o.At.Before(d.latest(a)) {
		f.Add("at", "incident.time.aware-before-occurred")
	}
	return f.Err()
}

// Recall takes a submission back. It stays on record and no longer meets a
// stage; when every one is recalled the incident is withdrawn.
func (d *Desk) Recall(ctx context.Context, by access.Actor, id ID, submission, reason string, now time.Time) (Incident, error) {
	reason = clean(reason)
	var f fault.Fields
	if reason == "" {
		f.Add("reason", "incident.field.needed")
	}
	tooLong(&f, "reason", reason, maxText)
	if err := f.Err(); err != nil {
		return Incident{}, err
	}
	return d.change(ctx, by, "incident.submit", id, 0, now, "incident.recall", func(_ *db.Tx, s *state) (map[string]any, error) {
		left, found := 0, false
		for _, e := range slices.Clone(s.events) {
			if e.Kind != country.Submitted && e.Kind != country.Received || s.recalled(e.Submission) {
				continue
			}
			if e.Submission != submission {
				if e.Kind == country.Submitted {
					left++
				}
				continue
			}
			found = true
			r := Event{Submission: submission}
			r.Kind, r.Covers, r.At, r.By, r.Reason = country.Recalled, e.Covers, now, by.ID(), reason
			if e.Kind == country.Submitted {
				r.Supersedes = e.ID
				defer s.add(r, now)
			}
		}
		if !found {
			return nil, fault.New(fault.NotFound, "incident.get.unknown")
		}
		if left == 0 {
			s.Status = StatusWithdrawn
		}
		return map[string]any{"submission": submission, "reason": reason}, nil
	})
}

// recalled says whether a submission was taken back.
func (s *state) recalled(submission string) bool {
	return submission != "" && slices.ContainsFunc(s.events, func(e Event) bool { return e.Kind == country.Recalled && e.Submission == submission })
}

// Record adds what happened, told without a report: recovered, handled,
// resolved, users informed, aware as somebody else judges it.
func (d *Desk) Record(ctx context.Context, by access.Actor, id ID, in Happening, now time.Time) (Incident, error) {
	var f fault.Fields
	kind := country.EventKind(in.Kind)
	in.Reason = clean(in.Reason)
	if !reportable(kind) && kind != country.Aware {
		f.Add("kind", "incident.field.unknown", in.Kind)
	}
	if in.At.IsZero() {
		in.At = Moment{now, Minute}
	}
	if in.Role != "" && in.Role != "controller" && in.Role != "processor" {
		f.Add("role", "incident.field.unknown", in.Role)
	}
	tooLong(&f, "reason", in.Reason, maxText)
	checkMoment(&f, "at", in.At, now)
	if err := f.Err(); err != nil {
		return Incident{}, err
	}
	return d.change(ctx, by, "incident.write", id, in.Seen, now, "incident.record", func(_ *db.Tx, s *state) (map[string]any, error) {
		e := Event{Precision: in.At.Precision}
		e.Kind, e.At, e.By, e.Role, e.Reason, e.Disputes = kind, in.At.At, by.ID(), in.Role, in.Reason, in.Disputes
		if in.Disputes != "" {
			old, ok := s.event(in.Disputes)
			if !ok || old.Kind != kind {
				var f fault.Fields
				f.Add("disputes", "incident.correct.event")
				return nil, f.Err()
			}
		}
		s.add(e, now)
		if in.Disputes == "" {
			s.restore()
		}
		return map[string]any{"kind": in.Kind, "at": in.At.At, "disputes": in.Disputes}, nil
	})
}

// Order is an act of the authority that moves clocks. The engine judges
// whether its ground, role and expiry suffice, and shows what they lack.
func (d *Desk) Order(ctx context.Context, by access.Actor, id ID, in Order, now time.Time) (Incident, error) {
	var f fault.Fields
	kind := country.EventKind(in.Kind)
	in.Reason, in.Channel = clean(in.Reason), clean(in.Channel)
	if !slices.Contains([]country.EventKind{country.Classified, country.Declassified, country.Held, country.Released, country.Extended, country.Decided,
		country.Requested, country.Forwarded, country.Acknowledged, country.CrisisDeclared, country.CrisisEnded}, kind) {
		f.Add("kind", "incident.field.unknown", in.Kind)
	}
	d.checkCovers(&f, in.Covers)
	if slices.Contains([]country.EventKind{country.Declassified, country.Held, country.Extended, country.Decided}, kind) && in.Reason == "" {
		f.Add("reason", "incident.field.needed")
	}
	if (kind == country.Held || kind == country.Extended) && !in.Until.After(now) {
		f.Add("until", "incident.time.past")
	}
	if (kind == country.Held || kind == country.Extended) && in.Ground == "" {
		f.Add("ground", "incident.field.needed")
	}
	if !in.At.IsZero() {
		checkMoment(&f, "at", Moment{in.At, Minute}, now)
	}
	tooLong(&f, "reason", in.Reason, maxText)
	tooLong(&f, "channel", in.Channel, maxLine)
	if err := f.Err(); err != nil {
		return Incident{}, err
	}
	return d.change(ctx, by, "incident.answer", id, in.Seen, now, "incident.order", func(_ *db.Tx, s *state) (map[string]any, error) {
		e := Event{}
		e.Kind, e.Covers, e.By, e.Role, e.Until, e.Ground, e.Reason, e.Channel = kind, in.Covers, by.ID(), in.Role, micros(in.Until), in.Ground, in.Reason, in.Channel
		if in.Until.IsZero() {
			e.Until = time.Time{}
		}
		e.At = in.At
		if e.At.IsZero() {
			e.At = now
		}
		s.add(e, now)
		return map[string]any{"kind": in.Kind, "covers": coverText(in.Covers), "ground": in.Ground, "reason": in.Reason}, nil
	})
}

// Assign hands the incident to a person of the authority, or with "" to nobody.
func (d *Desk) Assign(ctx context.Context, by access.Actor, id ID, seen int, person string, now time.Time) (Incident, error) {
	return d.change(ctx, by, "incident.assign", id, seen, now, "incident.assign", func(tx *db.Tx, s *state) (map[string]any, error) {
		if person != "" && person != by.Person {
			holders, err := d.Access.Holders(tx, d.Authority, access.Duty, access.Analyst)
			if err != nil {
				return nil, err
			}
			i := slices.IndexFunc(holders, func(p access.Person) bool { return p.ID == person })
			if i < 0 || access.MayOn(d.Access.ActorOf(holders[i], d.Authority), "incident.read", s.object()) != nil {
				var f fault.Fields
				f.Add("assignee", "incident.assign.cannot")
				return nil, f.Err()
			}
		}
		was := s.Assignee
		s.Assignee = person
		if s.Status == StatusNew && person != "" {
			s.Status = StatusOpen
		}
		return map[string]any{"from": was, "to": person}, nil
	})
}

// SetStatus says how far the handling has come. It moves no clock.
func (d *Desk) SetStatus(ctx context.Context, by access.Actor, id ID, seen int, to Status, now time.Time) (Incident, error) {
	if !slices.Contains(Statuses(), to) || to == StatusMerged || to == StatusWithdrawn {
		var f fault.Fields
		f.Add("status", "incident.field.unknown", string(to))
		return Incident{}, f.Err()
	}
	return d.change(ctx, by, "incident.assign", id, seen, now, "incident.status", func(_ *db.Tx, s *state) (map[string]any, error) {
		if s.Status == StatusMerged {
			return nil, fault.New(fault.Conflict, "incident.submit.merged")
		}
		was := s.Status
		s.Status = to
		return map[string]any{"from": string(was), "to": string(to)}, nil
	})
}

// SetUnit says on which rung of the ladder the incident is counted; "" lets
// the facts decide again.
func (d *Desk) SetUnit(ctx context.Context, by access.Actor, id ID, seen int, to Unit, now time.Time) (Incident, error) {
	if to != "" && !slices.Contains(Units(), to) {
		var f fault.Fields
		f.Add("unit", "incident.field.unknown", string(to))
		return Incident{}, f.Err()
	}
	return d.change(ctx, by, "incident.assign", id, seen, now, "incident.unit", func(_ *db.Tx, s *state) (map[string]any, error) {
		was := s.Unit
		s.Unit, s.UnitBy = to, by.ID()
		if to == "" {
			s.UnitBy = byRule
		}
		return map[string]any{"from": string(was), "to": string(to)}, nil
	})
}

// Classify gives the incident its taxonomy codes, the first of which is counted.
func (d *Desk) Classify(ctx context.Context, by access.Actor, id ID, seen int, codes []Code, now time.Time) (Incident, error) {
	var f fault.Fields
	if len(codes) > maxCodes {
		f.Add("codes", "incident.field.too-many", len(codes), maxCodes)
	}
	d.checkCodes(&f, codes)
	if err := f.Err(); err != nil {
		return Incident{}, err
	}
	return d.change(ctx, by, "incident.assign", id, seen, now, "incident.classify", func(_ *db.Tx, s *state) (map[string]any, error) {
		was := s.Base
		for i, c := range codes {
			if t, ok := d.Pack.Taxonomy(c.Scheme); ok {
				codes[i].Version = t.Version
			}
		}
		s.body.Codes, s.Incident.Codes, s.Base = codes, codes, d.baseOf(codes)
		return map[string]any{"from": was, "to": s.Base}, nil
	})
}

// Rate scores the national severity from answers to the pack's model. With a
// band an officer's judgement stands in place of the score; both are kept.
func (d *Desk) Rate(ctx context.Context, by access.Actor, id ID, seen int, answers map[string]string, band, why string, now time.Time) (Incident, error) {
	why = clean(why)
	var f fault.Fields
	for _, c := range sortedKeys(answers) {
		i := slices.IndexFunc(d.Pack.Severity.Categories, func(k country.SeverityCategory) bool { return k.ID == c })
		if i < 0 {
			f.Add("answers."+c, "incident.field.unknown", c)
			continue
		}
		if o := answers[c]; o != "" && !slices.ContainsFunc(d.Pack.Severity.Categories[i].Options, func(k country.SeverityOption) bool { return k.ID == o }) {
			f.Add("answers."+c, "incident.field.unknown", o)
		}
	}
	if band != "" {
		if !slices.ContainsFunc(d.Pack.Severity.Bands, func(b country.SeverityBand) bool { return b.ID == band }) {
			f.Add("band", "incident.field.unknown", band)
		}
		if why == "" {
			f.Add("why", "incident.field.needed")
		}
	}
	tooLong(&f, "why", why, maxText)
	if err := f.Err(); err != nil {
		return Incident{}, err
	}
	return d.change(ctx, by, "incident.assign", id, seen, now, "incident.rate", func(_ *db.Tx, s *state) (map[string]any, error) {
		was := s.Severity.band()
		s.Severity = Severity{Answers: answers, Score: d.engine.Score(answers), Override: band, Why: why, By: by.ID(), At: now}
		return map[string]any{"from": was, "to": s.Severity.band(), "low": s.Severity.Score.Low, "high": s.Severity.Score.High, "model": s.Severity.Score.Model}, nil
	})
}

// band gives the band that counts, "" when the incident was not rated.
func (v Severity) band() string {
	if v.At.IsZero() {
		return ""
	}
	if v.Override != "" {
		return v.Override
	}
	return v.Score.Band.ID
}

// Mark gives the incident another marking. The wall's caveat of a voluntary
// report cannot be taken off.
func (d *Desk) Mark(ctx context.Context, by access.Actor, id ID, seen int, m marking.Marking, why string, now time.Time) (Incident, error) {
	why = clean(why)
	var f fault.Fields
	if why == "" {
		f.Add("why", "incident.field.needed")
	}
	tooLong(&f, "why", why, maxText)
	if err := m.Check(); err != nil {
		return Incident{}, err
	}
	if err := f.Err(); err != nil {
		return Incident{}, err
	}
	return d.change(ctx, by, "incident.mark", id, seen, now, "incident.mark", func(tx *db.Tx, s *state) (map[string]any, error) {
		if s.Kind != regime.Significant && !slices.Contains(m.Caveats, access.NotForSupervision) {
			return nil, fault.New(fault.Denied, "incident.mark.wall")
		}
		if err := access.MayOn(by, "incident.mark", access.Object{Owner: s.Institution, Mark: m}); err != nil {
			return nil, fault.New(fault.Denied, "incident.mark.self")
		}
		was := s.Incident.Mark
		s.Incident.Mark = m
		return map[string]any{"from": was.Text(), "to": m.Text(), "why": why}, d.remark(tx, s, now)
	})
}

// remark puts the present marking on what was derived before too: who may
// count an incident is decided by how it is marked now.
func (d *Desk) remark(tx *db.Tx, s *state, now time.Time) error {
	mark, err := d.Access.Mark(tx, s.Incident.Mark, now)
	if err != nil {
		return err
	}
	for _, table := range []string{"incident_count", "incident_obligation"} {
		if _, err := tx.Exec(`UPDATE `+table+` SET mark_id = ? WHERE incident_id = ?`, int64(mark), string(s.ID)); err != nil {
			return err
		}
	}
	return nil
}
