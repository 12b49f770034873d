package regime

import (
	"slices"
	"time"

	"kulla.dev/internal/country"
)

// orders applies holds and extensions. One without a ground the regime knows,
// an entitled authority, a reason or an expiry is shown and not applied.
func (x *run) orders(o *Obligation, s *country.Stage, sub *Event) {
	for _, e := range x.log.all {
		if e.Kind != country.Held && e.Kind != country.Extended || !e.about(x.r, s.ID) || sub != nil && e.At.After(sub.At) {
			continue
		}
		if why := x.invalidOrder(e, s); why != "" {
			o.Warnings = append(o.Warnings, Step{why, []any{e.By}})
			continue
		}
		until := e.Until
		if e.Kind == country.Held {
			if r, ok := x.released(e, s); ok && r.At.Before(until) {
				until = r.At
			}
		}
		if !o.Due.IsZero() && o.Due.Before(until) {
			o.Due = until.In(x.loc)
		}
		if !o.LegalOuter.IsZero() && o.LegalOuter.Before(until) {
			o.LegalOuter = until.In(x.loc)
		}
		if e.Kind == country.Extended {
			o.Why = append(o.Why, Step{"regime.why.extended", []any{e.By, until.In(x.loc), e.Reason}})
			continue
		}
		o.Why = append(o.Why, Step{"regime.why.held", []any{e.By, until.In(x.loc), e.Reason}})
		if x.now.Before(until) {
			o.State, o.HeldUntil, o.HeldBy = HeldState, until.In(x.loc), e.By
		}
	}
}

func (x *run) released(hold *Event, s *country.Stage) (*Event, bool) {
	for _, e := range x.log.all {
		if e.Kind == country.Released && !e.At.Before(hold.At) && e.about(x.r, s.ID) {
			return e, true
		}
	}
	return nil, false
}

// invalidOrder names what an order lacks, or "".
func (x *run) invalidOrder(e *Event, s *country.Stage) string {
	for _, h := range x.r.Holds {
		kind := country.Held
		if h.Kind == "extension" {
			kind = country.Extended
		}
		if h.ID != e.Ground || kind != e.Kind || !contains(h.Stages, s.ID) {
			continue
		}
		switch {
		case !contains(h.By, e.Role):
			return "regime.warn.order-authority"
		case e.Until.IsZero():
			return "regime.warn.order-expiry"
		case e.Reason == "":
			return "regime.warn.order-reason"
		}
		return ""
	}
	return "regime.warn.order-ground"
}

// suspension stops a stage while the crisis state lasts and gives the lost
// time back after it.
func (x *run) suspension(o *Obligation, s *country.Stage, sub *Event) {
	if !slices.ContainsFunc(x.r.Crisis, func(c country.CrisisRule) bool { return c.Suspend && contains(c.Stages, s.ID) }) {
		return
	}
	var begun time.Time
	for _, e := range x.log.all {
		if sub != nil && e.At.After(sub.At) {
			break
		}
		switch e.Kind {
		case country.CrisisDeclared:
			if begun.IsZero() && !e.At.After(x.now) {
				begun = e.At
			}
		case country.CrisisEnded:
			if !begun.IsZero() {
				x.giveBack(o, begun, e.At)
				begun = time.Time{}
			}
		}
	}
	if begun.IsZero() || sub != nil {
		return
	}
	if o.Due.IsZero() || begun.Before(o.LegalOuter) {
		o.State = Suspended
		o.Why = append(o.Why, Step{"regime.why.suspended", []any{begun.In(x.loc)}})
	}
}

func (x *run) giveBack(o *Obligation, from, to time.Time) {
	if o.Due.IsZero() || from.After(o.Due) {
		return
	}
	if from.Before(o.Anchor.At) {
		from = o.Anchor.At
	}
	if lost := to.Sub(from); lost > 0 {
		o.Due, o.LegalOuter = o.Due.Add(lost), o.LegalOuter.Add(lost)
		o.Why = append(o.Why, Step{"regime.why.suspension-ended", []any{to.In(x.loc), o.Due}})
	}
}
