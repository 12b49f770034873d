package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/country"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/i18n"
	"kulla.dev/internal/incident"
	"kulla.dev/internal/marking"
	"kulla.dev/internal/regime"
	"kulla.dev/internal/registry"
)

// The steps of the form; allSteps shows them all on one page.
const (
	allSteps = 0
	lastStep = 4
)

// reportState is what a page of the form shows beside the answers.
type reportState struct {
	Step        int
	Check       bool  // go on to the next step if this one is whole
	Problems    error // broken fields
	Refused     *fault.Error
	NotAccepted bool      // the desk could not keep it: say so, lose nothing
	Conflict    *DiffView // another window saved first
}

// reportView is one page of the form.
type reportView struct {
	Base
	Key      string
	Head     HeadView
	Strip    ClockView
	Form     FormView
	Steps    []stepPage // the one shown, or all
	Trail    []StepView
	Preview  *previewView
	Save     SaveView
	Notice   *FlashView
	Conflict *DiffView
	Other    Link // to the whole form, or back to steps
}

// stepPage is one step with its questions.
type stepPage struct {
	N     int
	Title string
	Note  string
	Boxes []questionBox
	More  []questionBox // may be answered now, not asked yet
}

// questionBox is one question with the shape of its answer.
type questionBox struct {
	Shape    string // text, area, radio, checks, select, moment, files, note, number
	Field    FieldView
	Options  []OptionView
	Moment   MomentView
	Estimate FieldView // of a number
	Checked  bool      // of Estimate
	Files    []fileLine
	Extra    *FieldView // a line under the answers: other services
}

// fileLine is one attachment of a form.
type fileLine struct{ ID, Name, Note string }

type reportStartView struct {
	Base
	New    string
	Drafts []draftLine
}

type draftLine struct{ Title, Saved, Href, Drop string }

// desk gathers what one page of the form needs.
type formDesk struct {
	s       *Server
	ctx     context.Context
	by      access.Actor
	lang    i18n.Lang
	f       sheet
	draft   incident.Draft
	preview incident.Preview
	known   registry.Institution // of the institution reported for
	errs    map[string]string
	order   []string // names with errors, as found
	asked   []regime.Question
	covers  []regime.Cover
	files   []incident.File
	now     time.Time
	// awareNow says that the moment of awareness was left to be "now".
	awareNow bool
}

// showReport renders the form. Whatever cannot be read from the desk is left
// out; what the reporter typed is always shown.
func (s *Server) showReport(w http.ResponseWriter, r *http.Request, by access.Actor, f sheet, st reportState) error {
	d := &formDesk{s: s, ctx: r.Context(), by: by, lang: visitOf(r).lang, f: f, errs: map[string]string{}, now: s.Now().In(s.Zone)}
	d.ask()
	if st.Check {
		st.Check = false
		if names := d.stepNames(st.Step); d.take(d.preview.Problems, func(name string) bool { return slices.Contains(names, name) }) {
			return s.writeReport(w, r, d, st)
		}
		return go303(w, r, fmt.Sprintf("/report/%s?step=%d", f.Key, min(lastStep, st.Step+1)))
	}
	d.take(st.Problems, func(string) bool { return true })
	return s.writeReport(w, r, d, st)
}

// ask finds out which questions the law puts and what the draft would lead to.
func (d *formDesk) ask() {
	var broken fault.Fields
	d.draft = d.f.draft(d.s.Pack, d.s.Zone, &broken)
	d.awareNow = d.draft.Aware.IsZero()
	nowAware(&d.draft, d.now)
	p, err := d.s.Incident.Check(d.ctx, d.by, d.draft, d.now)
	if err != nil {
		d.s.Log.Error("check report", "error", err)
	}
	if p.Problems != nil {
		for _, x := range asFault(p.Problems).Fields {
			broken = append(broken, x)
		}
	}
	p.Problems = broken.Err()
	if len(p.Result.Regimes) == 0 { // nothing to judge by yet: ask as for an institution not known
		c := regime.Case{Entity: regime.Entity{KindsOpen: true}, Incident: regime.Incident{Kind: d.draft.Kind}}
		c.Events = []regime.Event{{ID: "now", Kind: country.Aware, At: d.now, Recorded: d.now, By: "desk"}}
		p.Result = d.s.Incident.Engine().Evaluate(c, d.now)
		p.Questions = regime.Ask(d.s.Pack, p.Result)
	}
	d.preview, d.asked = p, p.Questions
	d.covers = d.draft.Covers
	if len(d.covers) == 0 {
		d.covers = owedFirst(p.Result, d.draft.Kind)
	}
	d.institution()
	if len(d.f.Values["files"]) > 0 {
		all, err := d.s.Incident.Files(d.ctx, d.by)
		if err == nil {
			for _, x := range all {
				if slices.Contains(d.f.Values["files"], x.ID) {
					d.files = append(d.files, x)
				}
			}
		}
	}
}

// institution reads the record of whom the report is about, where it is the
// reporter's own or the reporter is the desk.
func (d *formDesk) institution() {
	id := d.draft.Institution
	if d.draft.Incident != "" {
		id = d.by.Institution
	}
	if id == "" || id != d.by.Institution && access.ReachOf(d.by, "registry.read") != access.ReachDesk {
		return
	}
	err := d.s.DB.Read(d.ctx, func(tx *db.Tx) (err error) {
		d.known, _, err = d.s.Registry.Find(tx, registry.ID(id))
		return err
	})
	if err != nil {
		d.s.Log.Error("institution of report", "error", err)
	}
}

// take notes the broken fields that pass; it says whether there were any.
func (d *formDesk) take(err error, pass func(string) bool) bool {
	if err == nil {
		return false
	}
	any := false
	for _, x := range asFault(err).Fields {
		name := formField(x.Name)
		if !pass(name) {
			continue
		}
		any = true
		if d.errs[name] == "" {
			d.errs[name] = d.say(x)
			d.order = append(d.order, name)
		}
	}
	return any
}

func (d *formDesk) say(x fault.Field) string {
	args := make([]any, len(x.Args))
	for i, a := range x.Args {
		switch v := a.(type) {
		case country.Text:
			args[i] = v.In(string(d.lang))
		case time.Time:
			args[i] = d.lang.DateTime(v.In(d.s.Zone))
		default:
			args[i] = a
		}
	}
	return d.lang.T(x.Key, args...)
}

// owedFirst gives the stage of each regime that a first report is for: the
// one it met, or the first that falls due.
func owedFirst(r regime.Result, kind regime.ReportKind) []regime.Cover {
	if kind != regime.Significant && kind != "" {
		return []regime.Cover{{Stage: string(country.VoluntaryNotice)}}
	}
	best := map[string]*regime.Obligation{}
	var order []string
	for i := range r.Obligations {
		o := &r.Obligations[i]
		if o.Optional || o.Kind == country.PublicNotice || o.Kind == country.PeerNotice || o.State == regime.Replaced || o.State == regime.Closed || o.State == regime.PendingEvent {
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

func coversStage(covers []regime.Cover, id, stage string, kind country.StageKind) bool {
	return slices.ContainsFunc(covers, func(c regime.Cover) bool {
		return (c.Regime == "" || c.Regime == id) && (c.Stage == stage || c.Stage == string(kind))
	})
}

// need is how much the stages of this report need the question.
func (d *formDesk) need(q regime.Question) string {
	best := ""
	rank := []string{"", "optional", "if_available", "required"}
	for _, a := range q.Askers {
		if !coversStage(d.covers, a.Regime, a.Stage, d.kindOf(a.Regime, a.Stage)) {
			continue
		}
		if slices.Index(rank, a.Need) > slices.Index(rank, best) {
			best = a.Need
		}
	}
	return best
}

func (d *formDesk) kindOf(id, stage string) country.StageKind {
	for _, o := range d.preview.Result.Obligations {
		if s, _, _ := strings.Cut(o.Stage, "#"); o.Regime == id && s == stage {
			return o.Kind
		}
	}
	return ""
}

// writeReport builds and renders the page.
func (s *Server) writeReport(w http.ResponseWriter, r *http.Request, d *formDesk, st reportState) error {
	b := s.base(r, d.by, d.lang.T("web.report.title"))
	b.Path = "/report/" + d.f.Key + "?step=" + stepText(st.Step)
	b.Nav = nil
	v := reportView{Base: b, Key: d.f.Key, Strip: d.strip(), Conflict: st.Conflict}
	v.banner(d.mark())
	if d.by.Exercise || d.draft.Exercise {
		v.Exercise = v.L("web.exercise.session")
	}
	for n := 1; n <= lastStep; n++ {
		if st.Step == n || st.Step == allSteps {
			v.Steps = append(v.Steps, d.step(n))
		}
	}
	if st.Step == lastStep || st.Step == allSteps {
		v.Preview = d.previewOf(v.Base)
	}
	d.head(&v, st)
	d.form(&v, st)
	status := http.StatusOK
	switch {
	case st.NotAccepted:
		status = http.StatusServiceUnavailable
		v.Notice = &FlashView{Tone: Bad, Title: v.L("web.error.not-accepted"), Text: v.L("web.report.not-accepted-text")}
	case st.Refused != nil:
		status = statusOf(st.Refused.Kind)
		v.Notice = &FlashView{Tone: Bad, Title: v.L(titleOf(st.Refused.Kind)), Text: v.L(st.Refused.Key, st.Refused.Args...) + " " + v.L("web.report.look-again")}
	case st.Conflict != nil:
		status = http.StatusConflict
	case len(d.errs) > 0:
		status = http.StatusUnprocessableEntity
	}
	s.dropFlash(w, r)
	return s.render(w, r, status, reportPageView(v))
}

// mark is the marking the report would carry.
func (d *formDesk) mark() marking.Marking {
	if d.draft.TLP != marking.TLPNone {
		return marking.Of(d.draft.TLP)
	}
	return marking.Of(marking.TLPAmberStrict)
}

func (d *formDesk) head(v *reportView, st reportState) {
	about := d.about()
	step := v.L("web.report.all-note")
	title := v.L("web.report.title")
	if st.Step != allSteps {
		step = v.L("web.report.step-of", st.Step, lastStep)
		title = v.Steps[0].Title
	}
	v.Title = title
	v.Head = HeadView{Note: strings.Join(nonEmpty(step, about), " · "), Title: title}
	if id := d.draft.Incident; id != "" {
		v.Head.Chips = append(v.Head.Chips, ChipView{Text: v.L("web.report.follow-up", d.stageNames()), Tone: Info, Href: "/incidents/" + string(id)})
	} else if k := d.draft.Kind; k != regime.Significant && k != "" {
		v.Head.Chips = append(v.Head.Chips, ChipView{Text: v.L(kindKey(k)), Tone: Info})
	}
	if st.Step == allSteps {
		v.Other = Link{v.L("web.report.by-steps"), "/report/" + v.Key + "?step=1"}
	} else {
		v.Other = Link{v.L("web.report.all"), "/report/" + v.Key + "?step=all"}
	}
}

// stageNames names the stages the report is for.
func (d *formDesk) stageNames() string {
	var out []string
	for _, o := range d.preview.Result.Obligations {
		if coversStage(d.covers, o.Regime, o.Stage, o.Kind) {
			if t := o.Title.In(string(d.lang)); !slices.Contains(out, t) {
				out = append(out, t)
			}
		}
	}
	return d.lang.List(out...)
}

// about names whom the report is about.
func (d *formDesk) about() string {
	if len(d.known.Names) > 0 {
		return d.known.NameOn(string(d.lang), registry.DayOf(d.now))
	}
	return d.f.get("about")
}

func (d *formDesk) form(v *reportView, st reportState) {
	f := FormView{ID: "report", Action: "/report/" + d.f.Key, Multipart: true, Draft: "/report/" + d.f.Key + "/save?step=" + stepText(st.Step), Guard: true}
	for _, name := range d.order {
		f.Errors = append(f.Errors, FieldError{name, d.labelOf(v, name) + d.errs[name]})
	}
	if !d.f.Changed.IsZero() {
		f.SavedAt = stamp(d.f.Changed)
	}
	var names []string
	for _, p := range v.Steps {
		for _, box := range append(slices.Clone(p.Boxes), p.More...) {
			names = append(names, box.names()...)
		}
	}
	if v.Preview != nil {
		names = append(names, "tlp", "late_reason", "attempt.date", "attempt.clock", "attempt.channel")
	}
	hidden := func(name, value string) { f.Hidden = append(f.Hidden, HiddenField{name, value}) }
	for _, name := range []string{"incident", "covers", "seen"} {
		if x := d.f.get(name); x != "" {
			hidden(name, x)
			names = append(names, name)
		}
	}
	if d.f.get("incident") != "" || !slices.Contains(names, "kind") {
		hidden("kind", d.f.get("kind"))
		names = append(names, "kind")
	}
	if id := d.f.get("institution"); id != "" {
		hidden("institution", id)
		names = append(names, "institution")
	}
	for _, id := range d.f.Values["files"] {
		hidden("files", id)
	}
	if d.f.Version == 0 { // what was filled in beforehand for later steps travels along
		for _, name := range slices.Sorted(mapsKeys(d.f.Values)) {
			if !slices.Contains(names, name) && name != "tab" && name != "files" {
				for _, x := range d.f.Values[name] {
					hidden(name, x)
				}
				names = append(names, name)
			}
		}
	}
	hidden("version", fmt.Sprint(d.f.Version))
	hidden("step", stepText(st.Step))
	hidden("tab", "t"+strings.ToLower(db.NewID(d.now)))
	hidden("fields", strings.Join(names, " "))
	v.Form = f
	v.Save.Tone, v.Save.Saved = Neutral, v.L("web.report.not-saved")
	if !d.f.Changed.IsZero() {
		v.Save.Tone, v.Save.Saved = Good, v.L("web.report.saved-at", v.Lang.Moment(d.f.Changed.In(d.s.Zone), v.Now))
	}
	if st.NotAccepted {
		v.Save.Tone, v.Save.Saved = Bad, v.L("web.error.not-accepted")
	}
	button := func(text, value string, primary bool) {
		v.Save.Buttons = append(v.Save.Buttons, ButtonView{Text: text, Name: "go", Value: value, Primary: primary, NoCheck: true})
	}
	if st.Step == lastStep || st.Step == allSteps {
		button(v.L("web.report.send"), "send", true)
	} else {
		button(v.L("web.report.next"), "next", true)
	}
	if st.Step > 1 {
		button(v.L("web.report.back"), "back", false)
	}
}

// labelOf names a broken field before its message.
func (d *formDesk) labelOf(v *reportView, name string) string {
	for _, p := range v.Steps {
		for _, box := range append(slices.Clone(p.Boxes), p.More...) {
			if box.Field.Name == name && box.Field.Label != "" {
				return strings.TrimRight(box.Field.Label, "?:") + ": "
			}
		}
	}
	return ""
}

// names lists the form fields a question sends.
func (b questionBox) names() []string {
	out := []string{b.Field.Name}
	switch b.Shape {
	case "moment":
		out = []string{b.Field.Name + ".date", b.Field.Name + ".clock", b.Field.Name + ".precision"}
	case "number":
		out = append(out, b.Field.Name+".estimate")
	case "files", "note":
		out = nil
	}
	if b.Extra != nil {
		out = append(out, b.Extra.Name)
	}
	return out
}

// stepNames lists the fields whose errors belong to a step.
func (d *formDesk) stepNames(n int) []string {
	var out []string
	p := d.step(n)
	for _, box := range append(slices.Clone(p.Boxes), p.More...) {
		out = append(out, box.Field.Name)
		if box.Extra != nil {
			out = append(out, box.Extra.Name)
		}
	}
	return append(out, map[int][]string{1: {"institution", "kind"}, 3: {"files", "file"}, 4: {"late_reason", "covers", "tlp"}}[n]...)
}

// strip is the next deadline, always in view.
func (d *formDesk) strip() ClockView {
	L := d.lang.T
	if k := d.draft.Kind; k != regime.Significant && k != "" {
		return ClockView{Label: L("web.report.no-clock"), Text: L("web.report.no-clock-note"), Tone: Good}
	}
	var next *regime.Obligation
	for i := range d.preview.Result.Obligations {
		o := &d.preview.Result.Obligations[i]
		if o.Due.IsZero() || o.Optional || o.State == regime.Replaced || o.State == regime.Closed || o.State == regime.PendingEvent {
			continue
		}
		open := o.SatisfiedBy == "" || !o.SatisfiedAt.Before(d.now.Truncate(time.Microsecond)) // this very report
		if open && (next == nil || o.Due.Before(next.Due)) {
			next = o
		}
	}
	if next == nil {
		return ClockView{Label: L("web.report.strip-none"), Text: L("web.report.strip-none-note"), Tone: Info}
	}
	c := ClockView{Label: next.Title.In(string(d.lang)), Text: d.lang.Due(next.Due, d.now), Deadline: next.Due, Tone: Warn}
	if left := next.Due.Sub(d.now); left < 0 {
		c.Tone = Bad
	} else if left > 48*time.Hour {
		c.Tone = Info
	}
	if !next.Verification.Binding() {
		c.Label += " · " + L("web.incident.unverified-short")
	}
	return c
}
