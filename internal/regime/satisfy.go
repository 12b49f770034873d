package regime

import (
	"slices"
	"time"

	"kulla.dev/internal/country"
)

// covers says whether a submission is about the stage: by its id, by its
// kind, or because it is a stage that satisfies this one too.
func (x *run) covers(e *Event, s *country.Stage) bool {
	if e.Disputes != "" {
		return false
	}
	for _, c := range e.Covers {
		if c.Regime != "" && c.Regime != x.r.ID {
			continue
		}
		if c.Stage == s.ID || c.Stage == string(s.Kind) {
			return true
		}
		for i := range x.r.Stages {
			o := &x.r.Stages[i]
			if (c.Stage == o.ID || c.Stage == string(o.Kind)) && contains(o.SatisfiesAlso, s.ID) {
				return true
			}
		}
	}
	return false
}

// counts says whether a submission counts for the stage of this entity. An
// aggregated one counts only on the regime's conditions.
func (x *run) counts(e *Event, s *country.Stage) bool {
	return x.covers(e, s) && (e.Aggregate == nil || x.aggregate(e) == "")
}

// aggregate names the condition an aggregated submission breaks, or "".
func (x *run) aggregate(e *Event) string {
	rule := x.r.Aggregated
	a := e.Aggregate
	switch {
	case rule == nil:
		return "regime.warn.aggregate-not-foreseen"
	case !slices.Contains(a.Entities, x.c.Entity.ID):
		return "regime.warn.aggregate-not-named"
	case rule.Permission && !a.Permission:
		return "regime.warn.aggregate-permission"
	case rule.SameState && a.State != x.c.Entity.State:
		return "regime.warn.aggregate-state"
	case rule.SameAuthority && a.Authority != x.c.Entity.Authority:
		return "regime.warn.aggregate-authority"
	case rule.EachMajor && x.applied != nil && x.applied.Significance.State == No && !x.isClassified():
		return "regime.warn.aggregate-not-major"
	}
	return ""
}

func (x *run) isClassified() bool { _, ok := x.classified(time.Time{}); return ok }

// satisfier gives the submission that meets a stage, or nil.
func (x *run) satisfier(s *country.Stage) *Event {
	var from time.Time // submissions before it belong to an earlier stage
	if s.Follows != "" {
		if f, ok := x.submission(s.Follows, false, time.Time{}); ok {
			from = f.At
		}
	}
	var until time.Time // submissions after it belong to the stage that took over
	if s.ReplacedBy != nil {
		if p, ok := x.submission(s.ReplacedBy.Stage, false, time.Time{}); ok {
			until = p.At
		}
	}
	for _, e := range x.log.all {
		if e.Kind != country.Submitted || !x.counts(e, s) {
			continue
		}
		if !until.IsZero() && !e.At.Before(until) && !byID(e, x.r, s.ID) {
			return nil
		}
		// One that names this stage itself is never taken for an earlier one, so
		// that what it met stays met whatever is sent later.
		if s.Follows != "" && !from.IsZero() && !e.At.After(from) && !byID(e, x.r, s.ID) {
			continue
		}
		if s.Follows != "" && from.IsZero() && !byID(e, x.r, s.ID) {
			continue
		}
		return e
	}
	return nil
}

// byID says whether a submission names the very stage, not only its kind.
func byID(e *Event, r *country.Regime, stage string) bool {
	return slices.ContainsFunc(e.Covers, func(c Cover) bool {
		return c.Stage == stage && (c.Regime == "" || c.Regime == r.ID) && !kindWord(c.Stage)
	})
}

func kindWord(s string) bool { return slices.Contains(country.Final.Values(), s) }

// stands says whether a stage that takes another's place does so now.
func (x *run) stands(id string) bool {
	for i := range x.r.Stages {
		if s := &x.r.Stages[i]; s.ReplacedBy != nil && s.ReplacedBy.Stage == id {
			return x.replaced(s)
		}
	}
	return false
}

// replaced says whether another stage has taken this one's place: the other
// was sent first, or the condition held when this one fell due.
func (x *run) replaced(s *country.Stage) bool {
	if s.ReplacedBy == nil {
		return false
	}
	own, sent := x.firstOwn(s)
	if p, ok := x.submission(s.ReplacedBy.Stage, false, time.Time{}); ok && (!sent || p.At.Before(own.At)) {
		return true
	}
	if sent {
		return false
	}
	d := x.ofStage(s, time.Time{})
	if !d.known || !x.now.After(d.due) {
		return false
	}
	v := x.env(d.due) // as it stood at the due
	return v.holds(s.ReplacedBy.If) == Yes
}

// firstOwn gives the first submission for a stage that its replacement did
// not come before.
func (x *run) firstOwn(s *country.Stage) (*Event, bool) {
	return x.submission(s.ID, false, time.Time{})
}

// attempt gives a failed sending that the regime lets count for punctuality.
func (x *run) attempt(s *country.Stage, before time.Time) (*Event, bool) {
	for _, e := range x.log.all {
		if e.Kind == country.Attempted && x.covers(e, s) && (before.IsZero() || !e.At.After(before)) {
			return e, true
		}
	}
	return nil, false
}
