package incident

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"kulla.dev/internal/access"
	"kulla.dev/internal/country"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/marking"
	"kulla.dev/internal/regime"
)

// prepare opens the incident the report is about, or makes it, and checks
// everything that can be checked before the law is asked.
func (d *Desk) prepare(tx *db.Tx, by access.Actor, in Draft, group string, now time.Time, lock string) (*state, error) {
	var f fault.Fields
	d.checkDraft(&f, in, now)
	if err := d.checkFiles(tx, by, &f, in.Files); err != nil {
		return nil, err
	}
	if in.Incident != "" {
		s, err := d.load(tx, in.Incident, now, lock)
		if err != nil {
			return nil, err
		}
		if err := access.MayOn(by, "incident.submit", s.object()); err != nil {
			return nil, hide(err)
		}
		if err := s.seen(in.Seen); err != nil {
			return nil, err
		}
		if s.Status == StatusMerged {
			return nil, fault.New(fault.Conflict, "incident.submit.merged")
		}
		return s, f.Err()
	}
	s := &state{fresh: true}
	s.ID, s.Kind, s.Institution, s.Group = ID(db.NewID(now)), in.Kind, in.Institution, group
	s.Status, s.Created, s.Speed = StatusNew, now, 1
	s.Incident.Reported = Moment{now, Minute}
	if s.Exercise = in.Exercise || by.Exercise; s.Exercise && in.Speed > 1 {
		s.Speed = in.Speed
	}
	if s.Institution == "" {
		s.Victim = in.Victim
		s.Victim.ID = db.NewID(now)
		s.Name, s.Sector, s.Class = in.Victim.Name, in.Victim.Sector, "unlisted"
	}
	if by.Institution != s.Institution && by.Institution != d.Authority {
		s.Reporter = by.Institution
	}
	s.Mark = d.defaultMark(s, in.TLP)
	if s.Institution != "" {
		p, ok, err := d.party(tx, s.Institution, now)
		if err != nil {
			return nil, err
		}
		if !ok {
			f.Add("institution", "incident.field.unknown", s.Institution)
		}
		s.party, s.Name, s.Class = p, p.Name, p.Class
		if len(p.Sectors) > 0 {
			s.Sector = p.Sectors[0]
		}
		if err := f.Err(); err != nil {
			return nil, err
		}
		return s, nil
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	return s, d.identify(tx, s, now)
}

// defaultMark is how a report is marked: as its source labelled it, else
// TLP:AMBER+STRICT, for the authority and those who reported.
func (d *Desk) defaultMark(s *state, label marking.TLP) marking.Marking {
	m := marking.Of(cmp.Or(label, marking.TLPAmberStrict))
	var scope []string
	for _, id := range []string{d.Authority, s.Institution, s.Reporter} {
		if id != "" {
			scope = append(scope, id)
		}
	}
	if m.TLP >= marking.TLPAmber && len(scope) > 0 {
		m.Scope = marking.Only(scope...)
	}
	if s.Kind != regime.Significant {
		m.Caveats = []string{access.NotForSupervision}
	}
	return m
}

// fill puts what the draft says into the incident, asks the law which fields
// the covered stages need and whether reasons are due, and adds the
// submission to the log. It gives the stages covered.
func (d *Desk) fill(by access.Actor, s *state, in Draft, sub string, now time.Time) ([]regime.Cover, error) {
	var f fault.Fields
	in = in.aliases()
	d.say(by, s, in, sub, now)
	if s.Title == "" {
		f.Add("title", "incident.field.needed")
	}
	before := d.engine.Evaluate(d.kase(s), now)
	covers := in.Covers
	if len(covers) == 0 {
		covers = firstOwed(s, before)
	}
	d.checkStages(&f, s, in, covers, before)
	if err := f.Err(); err != nil {
		return covers, err
	}
	e := Event{Submission: sub}
	e.Kind, e.Covers, e.At, e.By, e.Channel = country.Submitted, covers, now, by.ID(), in.Channel
	e.Reason = in.LateReason
	if s.Reporter != "" && s.Reporter == by.Institution {
		e.OnBehalf = by.Institution
	}
	if s.Group != "" && s.fresh {
		e.Aggregate = &regime.Aggregate{Entities: append([]string{in.Institution}, in.Others...), State: s.party.State, Authority: s.party.Authority, Permission: in.Permission}
	}
	s.add(e, now)
	r := Event{Submission: sub}
	r.Kind, r.Covers, r.At, r.By = country.Received, covers, now, "desk"
	s.add(r, now)
	return covers, nil
}

// aliases moves answers that have a place of their own in the draft there.
func (in Draft) aliases() Draft {
	in.Values = maps.Clone(in.Values)
	for _, a := range []struct {
		name string
		to   *Moment
	}{{"occurred_at", &in.Occurred}, {"detected_at", &in.Detected}, {"aware_at", &in.Aware}} {
		if v, ok := in.Values[a.name]; ok {
			if a.to.IsZero() {
				*a.to = v.At
			}
			delete(in.Values, a.name)
		}
	}
	if v, ok := in.Values["affected_services"]; ok && len(in.Services) == 0 {
		in.Services = v.List
		if len(in.Services) == 0 && v.Text != "" {
			in.Services = []string{v.Text}
		}
	}
	return in
}

// say states what the draft says: events for moments, facts for answers. What
// was said before and is said again adds nothing.
func (d *Desk) say(by access.Actor, s *state, in Draft, sub string, now time.Time) {
	if in.Title != "" {
		s.Title = in.Title
	}
	if s.Title == "" {
		s.Title = headline(in.Values["description"].Text)
	}
	if in.Unit != "" && (s.fresh || s.UnitBy == byRule) {
		s.Unit, s.UnitBy = in.Unit, by.ID()
	}
	if len(in.Codes) > 0 {
		for i, c := range in.Codes {
			if t, ok := d.Pack.Taxonomy(c.Scheme); ok {
				in.Codes[i].Version = t.Version
			}
		}
		s.body.Codes, s.Incident.Codes = in.Codes, in.Codes
		s.Base = d.baseOf(in.Codes)
	}
	if len(in.Services) > 0 {
		s.body.Services, s.Incident.Services = in.Services, in.Services
	}
	if len(in.Grounds) > 0 {
		s.Grounds = in.Grounds
	}
	d.moment(by, s, country.Occurred, in.Occurred, sub, now)
	d.moment(by, s, country.Detected, in.Detected, sub, now)
	if in.Aware.IsZero() && in.Aware.Precision == Unknown && s.Kind == regime.Significant {
		if _, ok := s.first(country.Aware); !ok {
			in.Aware.At = now // whoever reports knows of it
		}
	}
	d.moment(by, s, country.Aware, in.Aware, sub, now)
	s.restore()
	d.state(by, s, in.Values, in.Spans, sub, now)
	if !in.Attempt.At.IsZero() {
		e := Event{Submission: sub}
		e.Kind, e.Covers, e.At, e.By, e.Channel = country.Attempted, in.Covers, in.Attempt.At, by.ID(), in.Attempt.Channel
		if len(e.Covers) == 0 {
			e.Covers = []regime.Cover{{Stage: string(country.EarlyWarning)}}
		}
		s.add(e, now)
	}
}

// state adds the answers that differ from what was stated before.
func (d *Desk) state(by access.Actor, s *state, values map[string]Stated, spans []Span, sub string, now time.Time) {
	have := s.current()
	for _, name := range sortedKeys(values) {
		v := values[name]
		if old, ok := have[name]; ok && v.equal(old) {
			continue
		}
		s.say(by, name, v, nil, sub, now)
		if kind := country.EventKind(strings.TrimSuffix(name, "_at")); kind != country.EventKind(name) && reportable(kind) && known(v.At) {
			d.moment(by, s, kind, v.At, sub, now)
		}
	}
	if len(spans) > 0 {
		s.say(by, spansField, Stated{}, spans, sub, now)
	}
}

// moment adds an event at a stated moment; a moment stated before is
// corrected by an event that supersedes it.
func (d *Desk) moment(by access.Actor, s *state, kind country.EventKind, m Moment, sub string, now time.Time) {
	if m.IsZero() {
		return
	}
	e := Event{Submission: sub, Precision: m.Precision}
	e.Kind, e.At, e.By = kind, m.At, by.ID()
	if old, ok := s.first(kind); ok {
		if old.At.Equal(m.At) && old.Precision == m.Precision {
			return
		}
		e.Supersedes, e.Role = old.ID, old.Role
	}
	s.add(e, now)
}

// reportable kinds of event are told by the institution's side.
func reportable(k country.EventKind) bool {
	return slices.Contains([]country.EventKind{country.Believed, country.Classified, country.Declassified, country.Recovered, country.Handled, country.Resolved,
		country.RootCauseFixed, country.FixAvailable, country.RansomPaid, country.UsersInformed, country.Outsourced, country.NewFacts, country.Explained}, k)
}

// headline makes a title of the first words of a description.
func headline(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	line = strings.Join(strings.Fields(line), " ")
	if utf8.RuneCountInString(line) <= 80 {
		return line
	}
	cut := string([]rune(line)[:80])
	if i := strings.LastIndexByte(cut, ' '); i > 40 {
		cut = cut[:i]
	}
	return cut + "…"
}

// firstOwed gives the stage each regime waits for first.
func firstOwed(s *state, r regime.Result) []regime.Cover {
	if s.Kind != regime.Significant {
		return []regime.Cover{{Stage: string(country.VoluntaryNotice)}}
	}
	best := map[string]*regime.Obligation{}
	var order []string
	for i := range r.Obligations {
		o := &r.Obligations[i]
		if o.SatisfiedBy != "" || o.Optional || o.Kind == country.PublicNotice || o.Kind == country.PeerNotice ||
			o.State != regime.Open && o.State != regime.Late && o.State != regime.HeldState {
			continue
		}
		b, ok := best[o.Regime]
		if !ok {
			order = append(order, o.Regime)
		}
		if !ok || !o.Due.IsZero() && (b.Due.IsZero() || o.Due.Before(b.Due)) {
			best[o.Regime] = o
		}
	}
	var out []regime.Cover
	for _, id := range order {
		out = append(out, regime.Cover{Regime: id, Stage: best[id].Stage})
	}
	if out == nil {
		out = []regime.Cover{{Stage: string(country.EarlyWarning)}}
	}
	return out
}

// covered says whether the covers speak of the obligation.
func covered(covers []regime.Cover, o regime.Obligation) bool {
	return slices.ContainsFunc(covers, func(c regime.Cover) bool {
		return (c.Regime == "" || c.Regime == o.Regime) && (c.Stage == o.Stage || c.Stage == string(o.Kind))
	})
}

// checkStages asks what the covered stages need: that they are open, that
// required fields are answered, that a late report says why.
func (d *Desk) checkStages(f *fault.Fields, s *state, in Draft, covers []regime.Cover, r regime.Result) {
	mine := regime.Result{}
	late, closed, open := time.Time{}, false, false
	for _, o := range r.Obligations {
		if !covered(covers, o) {
			continue
		}
		if o.State == regime.Closed || o.State == regime.Replaced {
			closed = true
			continue
		}
		open = true
		if !o.Provisional { // what may not be owed at all is asked for, and not demanded
			mine.Obligations = append(mine.Obligations, o)
		}
		if o.SatisfiedBy == "" && o.PastDue && !o.Provisional && o.Verification.Binding() && o.LegalEffect && !d.attemptCounts(in, o) {
			late = earlier(late, o.LegalOuter)
		}
	}
	if closed && !open {
		f.Add("covers", "incident.submit.stage-closed")
	}
	if !late.IsZero() && in.LateReason == "" {
		f.Add("late_reason", "incident.submit.late-reason", late.In(d.Pack.Location))
	}
	have := s.current()
	for _, q := range regime.Ask(d.Pack, mine) {
		if q.Need == "required" && !answered(s, in, have, q.Field) {
			f.Add("values."+q.Field.ID, "incident.submit.required")
		}
	}
}

// attemptCounts says whether a failed sending in time excuses the delay.
func (d *Desk) attemptCounts(in Draft, o regime.Obligation) bool {
	if in.Attempt.At.IsZero() || in.Attempt.At.After(o.LegalOuter) {
		return false
	}
	for _, r := range d.Pack.Versions(o.Regime) {
		if r.Version == o.Version {
			return r.Transmission != nil && r.Transmission.Counts
		}
	}
	return false
}

// answered says whether a required field has an answer; "unknown" is one.
func answered(s *state, in Draft, have map[string]Stated, field country.Field) bool {
	switch field.ID {
	case "occurred_at":
		return !s.body.Occurred.IsZero() || in.Occurred.Precision == Unknown
	case "detected_at":
		return !s.body.Detected.IsZero() || in.Detected.Precision == Unknown
	case "aware_at":
		return !s.body.Aware.IsZero()
	case "affected_services":
		return len(s.body.Services) > 0
	case "incident_type":
		return len(s.body.Codes) > 0
	case "contact":
		if len(s.party.Addresses) > 0 {
			return true
		}
	}
	v, ok := have[field.ID]
	if field.Type == "yes_no_unknown" {
		return ok
	}
	return ok && (v.Text != "" || len(v.List) > 0 || v.Number != nil || v.Is != regime.Unknown || !v.At.IsZero() || v.At.Precision == Unknown)
}

func (v Stated) equal(o Stated) bool {
	same := v.Number == nil && o.Number == nil || v.Number != nil && o.Number != nil && *v.Number == *o.Number
	return same && v.Text == o.Text && slices.Equal(v.List, o.List) && v.Is == o.Is && v.At.At.Equal(o.At.At) && v.At.Precision == o.At.Precision &&
		v.Suspected == o.Suspected && v.Potential == o.Potential && v.Estimate == o.Estimate && v.AsOf.Equal(o.AsOf) && v.Method == o.Method
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
