package regime

import (
	"fmt"
	"slices"
	"time"

	"kulla.dev/internal/country"
)

// obligations lists what is owed under the regime of the run.
func (x *run) obligations() []Obligation {
	a := x.applied
	binds := a.State == Applies || a.State == Unsettled
	if !a.LegalEffect {
		return x.voluntary(binds)
	}
	sig := a.Significance
	sent := x.sentAny()
	judged := x.isClassified() || sig.Ever || sent
	if binds && sig.State == No && !judged && !x.wasDeclassified() {
		return nil
	}
	out := make([]Obligation, 0, len(x.r.Stages))
	for i := range x.r.Stages {
		s := &x.r.Stages[i]
		if s.Kind == country.VoluntaryNotice {
			continue
		}
		made := x.instances(s, binds)
		for i := range made {
			o := &made[i]
			if binds && sig.State == No && !x.isClassified() {
				o.Warnings = append(o.Warnings, Step{"regime.warn.thresholds-changed", nil})
			}
			o.Provisional = o.Provisional || a.State == Unsettled || sig.State == Unknown && !x.isClassified()
		}
		out = append(out, made...)
	}
	return out
}

func (x *run) sentAny() bool {
	return slices.ContainsFunc(x.log.all, func(e *Event) bool { return e.Kind == country.Submitted && e.about(x.r, "") })
}

func (x *run) wasDeclassified() bool {
	_, ok := x.log.first(country.Declassified, "", x.r, time.Time{})
	return ok
}

// voluntary reports create no duty: only the voluntary stage, if the regime has one.
func (x *run) voluntary(binds bool) []Obligation {
	if !binds || !slices.Contains(x.r.Voluntary, string(x.c.Incident.Kind)) {
		return nil
	}
	var out []Obligation
	for i := range x.r.Stages {
		if s := &x.r.Stages[i]; s.Kind == country.VoluntaryNotice {
			o := x.base(s)
			o.Optional, o.UndueDelay, o.State = true, true, Open
			if e := x.satisfier(s); e != nil {
				o.State, o.SatisfiedBy, o.SatisfiedAt = Met, e.ID, e.At
			}
			out = append(out, o)
		}
	}
	return out
}

func (x *run) base(s *country.Stage) Obligation {
	o := Obligation{
		Regime: x.r.ID, Version: x.r.Version, Stage: s.ID, Kind: s.Kind, Title: s.Title, LegalRef: s.LegalRef,
		Verification: s.Verification, Recipients: s.Recipients, Zone: x.loc.String(), Optional: s.Optional,
		LegalEffect: x.applied.LegalEffect,
	}
	if o.Verification == "" {
		o.Verification = x.r.Verification
	}
	return o
}

// instances makes the obligations of one stage: none when it does not exist
// here, one as a rule, several for requests and repeats.
func (x *run) instances(s *country.Stage, binds bool) []Obligation {
	sub := x.stage(s.ID).sub
	if !binds {
		// The regime does not bind (any more): only what was sent to it stays.
		if sub == nil || !sub.names(x.r) {
			return nil
		}
	}
	v := x.env(time.Time{})
	exists := v.holds(s.When)
	if sub == nil && exists == No || s.Follows != "" && sub == nil && !x.follows(s) {
		return nil
	}
	if s.Due.OnRequest != "" {
		return x.requested(s)
	}
	first := x.base(s)
	first.Provisional = exists == Unknown
	if sub == nil && x.replaced(s) {
		d := x.stage(s.ID)
		first.State, first.ClosedBy = Replaced, s.ReplacedBy.Stage
		first.Due, first.LegalOuter, first.Anchor = d.due, d.outer, d.anchor
		first.Why = append(slices.Clone(d.why), Step{"regime.why.replaced", []any{x.title(s.ReplacedBy.Stage)}})
		return []Obligation{first}
	}
	if x.idleAlternative(s) {
		return nil
	}
	x.settle(&first, s, *x.stage(s.ID))
	return append([]Obligation{first}, x.repeats(s, first)...)
}

// follows says whether the stage before has been sent or stands in its place.
func (x *run) follows(s *country.Stage) bool {
	if _, ok := x.submission(s.Follows, false, time.Time{}); ok {
		return true
	}
	return x.stands(s.Follows)
}

// idleAlternative says whether the stage only exists to take another's place
// and does not: the other was sent, or the condition does not hold.
func (x *run) idleAlternative(s *country.Stage) bool {
	if x.stage(s.ID).sub != nil {
		return false
	}
	for i := range x.r.Stages {
		o := &x.r.Stages[i]
		if o.ReplacedBy == nil || o.ReplacedBy.Stage != s.ID {
			continue
		}
		if x.replaced(o) {
			return false
		}
		v := x.env(time.Time{})
		return x.stage(o.ID).sub != nil || v.holds(o.ReplacedBy.If) != Yes
	}
	return false
}

// requested makes one obligation for each request, met by the first
// submission after it that no earlier request used.
func (x *run) requested(s *country.Stage) []Obligation {
	reqs := x.log.each(country.Requested, s.ID, x.r)
	if len(reqs) == 0 {
		o := x.base(s)
		o.Optional = true
		d := dueAt{waits: string(country.Requested), sub: x.stage(s.ID).sub}
		x.settle(&o, s, d)
		return []Obligation{o}
	}
	var subs []*Event
	for _, e := range x.log.all {
		if e.Kind == country.Submitted && x.counts(e, s) {
			subs = append(subs, e)
		}
	}
	var out []Obligation
	for i, q := range reqs {
		o := x.base(s)
		o.Optional = false // asked for, it is owed
		if i > 0 {
			o.Stage = fmt.Sprintf("%s#%d", s.ID, i+1)
		}
		d := dueAt{anchor: AnchorUsed{Text: a(country.Requested, s.ID), EventID: q.ID, At: q.At}}
		d.why = append(d.why, Step{"regime.why.requested", []any{q.By, q.At.In(x.loc)}})
		if q.Until.IsZero() {
			d.undue = true
		} else {
			d.known, d.due, d.outer = true, q.Until, q.Until
			d.why = append(d.why, Step{"regime.why.set-by-officer", []any{q.Until.In(x.loc)}})
		}
		for j, e := range subs {
			if e != nil && !e.At.Before(q.At) {
				d.sub, subs[j] = e, nil
				break
			}
		}
		x.settle(&o, s, d)
		out = append(out, o)
	}
	return out
}

func a(kind country.EventKind, stage string) string {
	return country.Anchor{Kind: kind, Arg: stage}.String()
}

// repeats adds an instance for each event that makes the stage due again.
func (x *run) repeats(s *country.Stage, first Obligation) []Obligation {
	if s.Repeat == nil || first.SatisfiedBy == "" {
		return nil
	}
	var out []Obligation
	since := first.SatisfiedAt
	for _, e := range x.log.all {
		if e.Kind != s.Repeat.On || e.Disputes != "" || !e.At.After(since) {
			continue
		}
		o := x.base(s)
		o.Stage = fmt.Sprintf("%s#%d", s.ID, len(out)+2)
		d := dueAt{anchor: AnchorUsed{Text: string(e.Kind), EventID: e.ID, At: e.At}}
		d.why = []Step{{"regime.why.repeats", []any{eventKey(string(e.Kind)), e.At.In(x.loc)}}}
		if s.Repeat.Hours == 0 {
			d.undue = true
		} else {
			d.known, d.due = true, e.At.Add(x.quick(time.Duration(s.Repeat.Hours)*time.Hour)).In(x.loc)
			d.outer = d.due
		}
		for _, sub := range x.log.all {
			if sub.Kind == country.Submitted && x.counts(sub, s) && !sub.At.Before(e.At) {
				d.sub = sub
				break
			}
		}
		x.settle(&o, s, d)
		out = append(out, o)
		if d.sub == nil {
			break
		}
		since = d.sub.At
	}
	return out
}

// settle gives an obligation its due, its state and everything said about it.
func (x *run) settle(o *Obligation, s *country.Stage, d dueAt) {
	o.Anchor, o.Why, o.Warnings = d.anchor, d.why, slices.Clone(d.warn)
	o.UndueDelay, o.WaitsFor = d.undue, d.waits
	if d.known {
		o.Due, o.LegalOuter, o.WaitsFor = d.due.In(x.loc), d.outer.In(x.loc), ""
	}
	if !d.known && !d.undue && d.waits != "" {
		o.Why = append(slices.Clone(o.Why), Step{"regime.why.waits", []any{eventKey(d.waits)}})
	}
	x.orders(o, s, d.sub)
	x.suspension(o, s, d.sub)
	switch {
	case d.sub != nil:
		x.met(o, s, d.sub)
	case x.closed(o):
	case o.State == HeldState || o.State == Suspended:
	case !d.known && !d.undue:
		o.State = PendingEvent
	default:
		o.State = Open
		if e, ok := x.attempt(s, time.Time{}); ok {
			o.Attempted = e.At
			o.Warnings = append(o.Warnings, Step{"regime.warn.attempt-failed", []any{e.At.In(x.loc)}})
		}
		if d.known && x.now.After(o.LegalOuter) && !o.Optional {
			o.PastDue = true
			if o.Verification.Binding() {
				o.State, o.Breach = Late, true
				o.Lateness = x.now.Sub(o.LegalOuter)
			}
		}
	}
	x.lateness(o, s)
	x.contested(o, s, d)
	x.reminders(o, s)
	if !o.Verification.Binding() {
		o.Warnings = append(o.Warnings, Step{"regime.warn.unverified", nil})
	} else if o.Verification == country.General {
		o.Warnings = append(o.Warnings, Step{"regime.warn.general", nil})
	}
	for _, e := range x.log.all {
		if e.Kind == country.Submitted && e.Aggregate != nil && x.covers(e, s) {
			if why := x.aggregate(e); why != "" {
				o.Warnings = append(o.Warnings, Step{why, nil})
			}
		}
	}
}

// met records the submission and how punctual it was. Where the regime lets a
// failed attempt count, its time decides; both are kept.
func (x *run) met(o *Obligation, s *country.Stage, sub *Event) {
	o.State, o.SatisfiedBy, o.SatisfiedAt, o.WaitsFor = Met, sub.ID, sub.At, ""
	o.LateReason = sub.Reason
	at := sub.At
	if e, ok := x.attempt(s, sub.At); ok && x.r.Transmission != nil && x.r.Transmission.Counts {
		o.Attempted, at = e.At, e.At
		o.Why = append(o.Why, Step{"regime.why.attempt-counts", []any{e.At.In(x.loc)}})
	}
	if sub.OnBehalf != "" && sub.OnBehalf != x.c.Entity.ID {
		if _, ok := x.log.first(country.Outsourced, "", x.r, sub.At); !ok && x.hasKind(country.OutsourcingNotice) {
			o.Warnings = append(o.Warnings, Step{"regime.warn.outsourcing-unannounced", nil})
		}
	}
	if o.LegalOuter.IsZero() || !at.After(o.LegalOuter) {
		return
	}
	o.PastDue = true
	o.Lateness = at.Sub(o.LegalOuter)
	if o.Verification.Binding() {
		o.State, o.Breach = Late, true
	}
}

func (x *run) hasKind(k country.StageKind) bool {
	return slices.ContainsFunc(x.r.Stages, func(s country.Stage) bool { return s.Kind == k })
}

// lateness adds what the regime asks of a late reporter, and the decision.
func (x *run) lateness(o *Obligation, s *country.Stage) {
	if e, ok := x.log.last(country.Decided, s.ID, x.r, time.Time{}); ok {
		o.Decision = e.Reason
	}
	if !o.PastDue || x.r.Late == nil {
		return
	}
	switch x.r.Late.Duty {
	case "reasons":
		if o.SatisfiedBy != "" && o.LateReason == "" {
			o.Warnings = append(o.Warnings, Step{"regime.warn.reasons-missing", nil})
		}
	case "explain_before_due":
		if _, ok := x.log.first(country.Explained, "", x.r, o.LegalOuter); !ok {
			o.Warnings = append(o.Warnings, Step{"regime.warn.not-explained", nil})
		}
	}
}

// closed applies a recorded declassification to an open stage.
func (x *run) closed(o *Obligation) bool {
	d, ok := x.log.last(country.Declassified, "", x.r, time.Time{})
	if !ok || x.isClassified() {
		return false
	}
	if x.r.Reclassification != "closes_open" {
		o.Warnings = append(o.Warnings, Step{"regime.warn.no-withdrawal", nil})
		return false
	}
	o.State, o.ClosedBy = Closed, d.ID
	o.Why = append(o.Why, Step{"regime.why.declassified", []any{d.By, d.At.In(x.loc), d.Reason}})
	return true
}

// contested works the due out again for each contested view of its anchor.
func (x *run) contested(o *Obligation, s *country.Stage, d dueAt) {
	if d.anchor.EventID == "" || !d.known || s.Due.OnRequest != "" {
		return
	}
	for _, e := range x.log.all {
		if e.Disputes != d.anchor.EventID {
			continue
		}
		y := *x
		y.dues = map[string]*dueAt{}
		y.moved = map[string]time.Time{e.Disputes: e.At}
		var horizon time.Time
		if d.sub != nil {
			horizon = d.sub.At
		}
		if alt := y.ofStage(s, horizon); alt.known {
			o.Alternatives = append(o.Alternatives, Alternative{EventID: e.ID, At: e.At, Due: alt.due.In(x.loc)})
			o.Warnings = append(o.Warnings, Step{"regime.warn.contested", []any{e.By, alt.due.In(x.loc)}})
		}
	}
}

// reminders are elapsed times before the due: holidays do not stop them.
func (x *run) reminders(o *Obligation, s *country.Stage) {
	switch o.State {
	case Open, Late, HeldState:
		if o.SatisfiedBy != "" || o.Due.IsZero() {
			return
		}
		before := s.Reminders
		if before == nil {
			before = x.r.Reminders
		}
		for _, b := range before {
			t := o.Due.Add(-x.quick(time.Duration(b)))
			if o.Anchor.At.IsZero() || t.After(o.Anchor.At) {
				o.Reminders = append(o.Reminders, t)
			}
		}
	case PendingEvent:
		every := x.quick(time.Duration(s.RemindEvery))
		if every <= 0 || len(x.log.all) == 0 {
			return
		}
		from := x.log.all[0].At
		if k := x.now.Sub(from) / every; k >= 0 {
			if k > 0 {
				o.Reminders = append(o.Reminders, from.Add(k*every))
			}
			o.Reminders = append(o.Reminders, from.Add((k+1)*every))
		}
	}
	slices.SortFunc(o.Reminders, time.Time.Compare)
}
