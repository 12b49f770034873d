package web

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"kulla.dev/internal/country"
	"kulla.dev/internal/i18n"
	"kulla.dev/internal/regime"
)

// How the law stands to an incident, in words. The same parts are shown to the
// reporter before sending and to the duty officer afterwards.

// lawView is one regime: whether it applies, why, and what it asks by when.
type lawView struct {
	ID       string
	Title    string
	Short    string
	State    ChipView
	Warning  string // the law's own warning while it is not verified
	Steps    []StepView
	Why      []string   // why it applies, or not
	Fired    []string   // thresholds met
	Missing  string     // facts that would decide, "" none
	Details  []lawStage // how each date came about
	Quiet    bool       // does not apply: shown small
	Perhaps  bool       // whether it applies is not settled: folded
	Anchored string     // "counted from awareness, 13 Nov 14:40"
}

// lawStage is one obligation with its explanation.
type lawStage struct {
	Title    string
	Law      string
	To       string
	Why      []string
	Warnings []string
}

// laws puts the result of the engine into words, regime by regime. Regimes
// that do not concern the institution at all are left out.
func (s *Server) laws(lang i18n.Lang, res regime.Result, now time.Time) []lawView {
	var out, perhaps, quiet []lawView
	next := nextOpen(res)
	for _, a := range res.Regimes {
		if a.State == regime.NotApplicable || a.Regime == nil {
			continue
		}
		v := lawView{ID: a.ID, Title: a.Regime.Title.In(string(lang)), Short: cmp.Or(a.Regime.Short.In(string(lang)), a.Regime.Title.In(string(lang))), State: applyChip(lang, a), Quiet: a.State == regime.Suppressed || a.State == regime.NotConcerned,
			Perhaps: a.State == regime.Unsettled}
		if !a.Regime.Verification.Binding() {
			v.Warning = a.Regime.Warning.In(string(lang))
		}
		for _, w := range a.Why {
			v.Why = append(v.Why, s.sayStep(lang, w))
		}
		for _, f := range a.Significance.Fired {
			v.Fired = append(v.Fired, strings.Join(nonEmpty(f.Title.In(string(lang)), s.refText(lang, f.LegalRef)), " · "))
		}
		if a.Significance.State == regime.Unknown && len(a.Significance.Missing) > 0 {
			v.Missing = s.factNames(lang, a.Significance.Missing)
		}
		if !v.Quiet {
			for _, o := range res.Obligations {
				if o.Regime != a.ID {
					continue
				}
				v.Steps = append(v.Steps, s.stepView(lang, res, o, o.Key() == next, now))
				v.Details = append(v.Details, s.stageView(lang, o))
				if v.Anchored == "" && !o.Anchor.At.IsZero() {
					v.Anchored = lang.T("web.incident.counted-from", anchorWord(lang, o.Anchor.Text), lang.Moment(o.Anchor.At.In(s.Zone), now))
				}
			}
			if v.Perhaps {
				perhaps = append(perhaps, v)
			} else {
				out = append(out, v)
			}
		} else {
			quiet = append(quiet, v)
		}
	}
	return append(append(out, perhaps...), quiet...)
}

// settled says whether a regime is known to apply: only then is what it asks
// shown as owed.
func settled(res regime.Result, id string) bool {
	return slices.ContainsFunc(res.Regimes, func(a regime.Applied) bool { return a.ID == id && a.State == regime.Applies })
}

// perhaps are the laws of which it is not settled whether they apply.
func perhaps(laws []lawView) (out []lawView) {
	for _, l := range laws {
		if l.Perhaps {
			out = append(out, l)
		}
	}
	return out
}

// settledLaws are the others.
func settledLaws(laws []lawView) (out []lawView) {
	for _, l := range laws {
		if !l.Perhaps {
			out = append(out, l)
		}
	}
	return out
}

// hours says a length as laws do: in hours up to four days.
func hours(lang i18n.Lang, d time.Duration) string {
	d = d.Round(time.Minute)
	if d > 96*time.Hour {
		return lang.Duration(d)
	}
	h, m := int(d/time.Hour), int(d%time.Hour/time.Minute)
	switch {
	case h == 0:
		return lang.T("web.incident.span.minutes", m)
	case m == 0:
		return lang.T("web.incident.span.hours", h)
	}
	return lang.T("web.incident.span.both", h, m)
}

// nextOpen is the obligation that falls due first of those not handed in.
func nextOpen(res regime.Result) string {
	var best *regime.Obligation
	for i := range res.Obligations {
		o := &res.Obligations[i]
		if o.SatisfiedBy != "" || o.Optional || o.Due.IsZero() || o.State != regime.Open && o.State != regime.Late {
			continue
		}
		if best == nil || o.Due.Before(best.Due) {
			best = o
		}
	}
	if best == nil {
		return ""
	}
	return best.Key()
}

func applyChip(lang i18n.Lang, a regime.Applied) ChipView {
	c := ChipView{Text: lang.T("web.incident.apply." + string(a.State))}
	switch a.State {
	case regime.Applies:
		c.Tone = Info
	case regime.Unsettled:
		c.Tone = Warn
	case regime.Suppressed, regime.NotConcerned, regime.NotApplicable:
	}
	if !a.LegalEffect && a.State == regime.Applies {
		c = ChipView{Text: lang.T("web.incident.apply.no-effect"), Tone: Good}
	}
	return c
}

// stepView is an obligation as a step of the row.
func (s *Server) stepView(lang i18n.Lang, res regime.Result, o regime.Obligation, next bool, now time.Time) StepView {
	v := StepView{Title: o.Title.In(string(lang)), Law: s.refText(lang, o.LegalRef), State: StepOpen}
	moment := func(t time.Time) string { return lang.Moment(t.In(s.Zone), now) }
	switch {
	case o.SatisfiedBy != "":
		v.State, v.When = StepDone, moment(o.SatisfiedAt)
		switch {
		case o.Lateness == 0 && o.SatisfiedAt.Equal(res.At) || o.SatisfiedAt.Equal(now): // by the report that is being made
			v.When = lang.T("web.incident.step.by-this")
		case o.Lateness > 0:
			v.When = lang.T("web.incident.step.late-by", v.When, o.Lateness.Round(time.Minute))
		case !o.LegalOuter.IsZero() && !o.Anchor.At.IsZero() && o.SatisfiedAt.After(o.Anchor.At):
			v.When = lang.T("web.incident.step.used", v.When, hours(lang, o.SatisfiedAt.Sub(o.Anchor.At)), hours(lang, cmp.Or(o.Due, o.LegalOuter).Sub(o.Anchor.At)))
		}
	case o.State == regime.Closed || o.State == regime.Replaced:
		v.State, v.When = StepWaived, lang.T("web.incident.step."+string(o.State))
	case o.State == regime.HeldState || o.State == regime.Suspended:
		v.State, v.When = StepPaused, lang.T("web.incident.step."+string(o.State))
		if !o.HeldUntil.IsZero() {
			v.When = lang.T("web.incident.step.held-until", moment(o.HeldUntil))
		}
	case o.Due.IsZero():
		v.When = lang.T("web.incident.step.no-date")
		if o.UndueDelay {
			v.When = lang.T("web.incident.step.undue-delay")
		} else if o.Optional {
			v.When = lang.T("web.incident.step.on-request")
		} else if o.WaitsFor != "" {
			v.When = lang.T("web.incident.step.waits", anchorWord(lang, o.WaitsFor))
		}
	case o.PastDue:
		v.State, v.When, v.Deadline = StepLate, lang.Due(o.Due, now), o.Due
	default:
		if next || o.Due.Sub(now) < 72*time.Hour {
			v.State, v.Deadline, v.When = StepDue, o.Due, lang.Due(o.Due, now)
		} else {
			v.When = lang.T("web.incident.step.due", moment(o.Due))
		}
	}
	v.Word = lang.T("web.incident.step.word." + string(v.State))
	if !o.Verification.Binding() {
		v.Law = strings.Join(nonEmpty(v.Law, lang.T("web.incident.unverified-short")), " · ")
	}
	return v
}

// stageView explains one obligation.
func (s *Server) stageView(lang i18n.Lang, o regime.Obligation) lawStage {
	v := lawStage{Title: o.Title.In(string(lang)), Law: s.refText(lang, o.LegalRef), To: s.roleNames(lang, o.Recipients)}
	for _, w := range o.Why {
		v.Why = append(v.Why, s.sayStep(lang, w))
	}
	for _, w := range o.Warnings {
		v.Warnings = append(v.Warnings, s.sayStep(lang, w))
	}
	if o.LateReason != "" {
		v.Why = append(v.Why, lang.T("web.incident.late-reason", o.LateReason))
	}
	return v
}

// sayStep puts a step of an explanation into words, times in the desk's zone.
func (s *Server) sayStep(lang i18n.Lang, w regime.Step) string {
	args := slices.Clone(w.Args)
	for i, a := range args {
		if t, ok := a.(time.Time); ok {
			args[i] = t.In(s.Zone)
		}
	}
	return regime.Say(s.Pack, lang, regime.Step{Key: w.Key, Args: args})
}

func (s *Server) factNames(lang i18n.Lang, facts []string) string {
	var out []string
	for _, f := range facts {
		name := strings.TrimRight(regime.FactTitle(s.Pack, f).In(string(lang)), "?")
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return strings.Join(out, " · ")
}

// refText cites a provision by the act's short title.
func (s *Server) refText(lang i18n.Lang, r country.LegalRef) string {
	name := r.Act
	if a, ok := s.Pack.Act(r.Act); ok {
		name = cmp.Or(a.Short.In(string(lang)), a.Title.In(string(lang)))
	}
	return strings.Join(nonEmpty(name, article(lang, r.Article)), ", ")
}

// roleName names who fills a role of the pack, else the role itself.
func (s *Server) roleName(lang i18n.Lang, id string) string {
	if in, ok := s.Pack.InstitutionOf(id); ok {
		return in.NameOn(country.DateOf(s.Now().In(s.Zone))).Text.In(string(lang))
	}
	if r, ok := s.Pack.Role(id); ok {
		return r.Title.In(string(lang))
	}
	return id
}

func (s *Server) roleNames(lang i18n.Lang, ids []string) string {
	var out []string
	for _, id := range ids {
		if n := s.roleName(lang, id); !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return lang.List(out...)
}

// anchorWord says the event a period is counted from: "submitted(notice)" is
// said as the submission.
func anchorWord(lang i18n.Lang, anchor string) string {
	name := strings.TrimPrefix(anchor, "last(")
	name, _, _ = strings.Cut(name, "(")
	name = strings.TrimSuffix(name, ")")
	if !slices.Contains(country.Occurred.Values(), name) {
		return lang.T("regime.event.other")
	}
	return lang.T("web.incident.event." + strings.ReplaceAll(name, "_", "-"))
}

// stageTitle names a stage by its regime; "early_warning" by its kind.
func (s *Server) stageTitle(lang i18n.Lang, id, stage string) string {
	base, n, many := strings.Cut(stage, "#")
	for _, r := range s.Pack.Regimes {
		if id != "" && r.ID != id {
			continue
		}
		for _, st := range r.Stages {
			if st.ID == base || string(st.Kind) == base {
				t := st.Title.In(string(lang))
				if many {
					t += " " + n
				}
				return t
			}
		}
		for _, u := range r.Duties {
			if u.ID == base {
				return u.Title.In(string(lang))
			}
		}
	}
	if strings.HasPrefix(stage, "question") {
		return lang.T("web.incident.question-open")
	}
	return stage
}

// regimeShort is the short title of a regime.
func (s *Server) regimeShort(lang i18n.Lang, id string) string {
	if v := s.Pack.Versions(id); len(v) > 0 {
		last := v[len(v)-1]
		return cmp.Or(last.Short.In(string(lang)), last.Title.In(string(lang)))
	}
	return id
}

// whyNote says in a few words how significance stands.
func whyNote(b Base, l lawView) string {
	switch {
	case len(l.Fired) > 0:
		return b.L("web.incident.significant.yes", len(l.Fired))
	case l.Missing != "":
		return b.L("web.incident.significant.unknown")
	}
	return ""
}

// lawNames lists laws by their short titles.
func lawNames(laws []lawView) string {
	var out []string
	for _, l := range laws {
		out = append(out, l.Short)
	}
	return strings.Join(out, " · ")
}
