package regime

import (
	"fmt"
	"time"

	"kulla.dev/internal/country"
)

// duties lists the authority's own clocks that run in this case.
func (x *run) duties() []Duty {
	if x.applied.State != Applies && x.applied.State != Unsettled && !x.sentAny() {
		return nil
	}
	var out []Duty
	for i := range x.r.Duties {
		rule := &x.r.Duties[i]
		if rule.Every > 0 {
			continue
		}
		d := Duty{Regime: x.r.ID, ID: rule.ID, Title: rule.Title, LegalRef: rule.LegalRef, By: rule.By, To: rule.To, Aim: rule.Aim}
		done, ok := x.done(rule)
		var horizon time.Time
		if ok {
			horizon = done.At
		}
		due := x.due(rule.Due, x.env(horizon))
		if !due.known && !due.undue {
			continue
		}
		d.Anchor = due.anchor
		if due.known {
			d.Due = due.due.In(x.loc)
		}
		d.State = Open
		end := x.now
		if ok {
			d.State, d.DoneBy, d.DoneAt, end = Met, done.ID, done.At, done.At
		}
		if due.known && end.After(due.outer) {
			d.Lateness = end.Sub(due.outer)
			d.State = Late
		}
		out = append(out, d)
	}
	return out
}

func (x *run) done(rule *country.Duty) (*Event, bool) {
	if rule.Done.IsZero() {
		return nil, false
	}
	if a := rule.Due.After; !a.IsZero() { // an answer counts from its question on
		if from, ok := x.anchor(a, x.env(time.Time{})); ok {
			for _, e := range x.log.each(rule.Done.Kind, rule.Done.Arg, x.r) {
				if !e.At.Before(from.At) {
					return e, true
				}
			}
			return nil, false
		}
	}
	return x.find(rule.Done, time.Time{})
}

// tasks lists what conditions ask for: other states, other authorities, and a
// lawyer's confirmation of dates nobody verified.
func (x *run) tasks() []Task {
	if x.applied.State == NotApplicable && x.outsideTheList() {
		return []Task{{Regime: x.r.ID, ID: "review-list", Key: "regime.task.review-list", LegalRef: x.r.LegalRefs[0], State: Yes}}
	}
	if x.applied.State != Applies && x.applied.State != Unsettled {
		return nil
	}
	var out []Task
	for _, t := range x.r.CrossBorder {
		v := x.env(time.Time{})
		is := v.holds(t.If)
		if is == No {
			continue
		}
		out = append(out, Task{Regime: x.r.ID, ID: t.ID, Title: t.Title, To: t.To, LegalRef: t.LegalRef, State: is, Missing: v.missing})
	}
	if !x.r.Verification.Binding() && x.applied.LegalEffect && x.applied.Significance.State != No {
		out = append(out, Task{Regime: x.r.ID, ID: "confirm-law", Key: "regime.task.confirm-law", LegalRef: x.r.LegalRefs[0], State: Yes})
	}
	return out
}

// outsideTheList says whether the regime would bind this significant incident
// if only the victim were on the list of infrastructures.
func (x *run) outsideTheList() bool {
	if x.c.Entity.Class == "" || x.listed || !x.applied.LegalEffect {
		return false
	}
	byClass := false
	x.r.AppliesTo.Walk(func(n *country.Node) { byClass = byClass || n.Op == country.OpMember && n.Name == "class" })
	return byClass && x.thresholds(x.facts).State == Yes
}

// Periodic lists the duties of the calendar (such as the three-monthly
// summary) whose period ended before now or runs at now: for each the last
// ended period and its due.
func (e *Engine) Periodic(now time.Time) []Duty {
	var out []Duty
	day := country.DateOf(now.In(e.pack.Location))
	for _, r := range e.pack.RegimesOn(day) {
		for _, rule := range r.Duties {
			if rule.Every <= 0 {
				continue
			}
			start := country.Date{Year: day.Year, Month: time.Month((int(day.Month)-1)/rule.Every*rule.Every + 1), Day: 1}
			from, end := start.AddMonths(-rule.Every), start.AddDays(-1)
			due := end.AddDays(rule.Within+1).At(0, 0, 0, e.pack.Location).Add(-time.Microsecond)
			d := Duty{Regime: r.ID, ID: rule.ID, Title: rule.Title, LegalRef: rule.LegalRef, By: rule.By, To: rule.To,
				Aim: rule.Aim, State: Open, Due: due, Period: fmt.Sprintf("%s/%s", from, end)}
			out = append(out, d)
		}
	}
	return out
}
