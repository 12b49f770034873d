package web

import (
	"slices"
	"strings"

	"kulla.dev/internal/access"
	"kulla.dev/internal/country"
	"kulla.dev/internal/db"
	"kulla.dev/internal/incident"
	"kulla.dev/internal/marking"
	"kulla.dev/internal/regime"
)

// actChoices are the answers the forms of an incident's page offer.
type actChoices struct {
	People   []OptionView
	Statuses []OptionView
	Units    []OptionView
	Taxa     []OptionView
	Severity []rateQuestion
	Bands    []OptionView
	TLP      []OptionView
	Orders   []OptionView
	Covers   []OptionView
	Grounds  []OptionView
	Roles    []OptionView // recipients of a referral
	Ordering []OptionView // authorities that may order
	Links    []OptionView
	Happened []OptionView
	Moments  []OptionView // of the log, that can be corrected
	Question []OptionView // open questions
}

// rateQuestion is one category of the severity model.
type rateQuestion struct {
	Field   FieldView
	Options []OptionView
}

// people offers those of the authority who may work on the incident.
func (s *Server) people(tx *db.Tx, v *incidentView) error {
	holders, err := s.Access.Holders(tx, s.Incident.Authority, access.Duty, access.Analyst)
	if err != nil {
		return err
	}
	v.Choices.People = []OptionView{{Text: v.L("web.incident.nobody"), Selected: v.In.Assignee == ""}}
	for _, p := range holders {
		v.Choices.People = append(v.Choices.People, OptionView{Value: p.ID, Text: p.Name, Selected: p.ID == v.In.Assignee})
	}
	return nil
}

// choose fills the choices of the forms, with what was typed kept.
func (s *Server) choose(v *incidentView) {
	c, lang := &v.Choices, string(v.Lang)
	for _, x := range incident.Statuses() {
		if x != incident.StatusMerged && x != incident.StatusWithdrawn {
			c.Statuses = append(c.Statuses, OptionView{Value: string(x), Text: v.L("web.incident.status." + string(x)), Selected: x == v.In.Status})
		}
	}
	c.Units = []OptionView{{Text: v.L("web.incident.unit-by-rule")}}
	for _, x := range incident.Units() {
		c.Units = append(c.Units, OptionView{Value: string(x), Text: v.L("web.incident.unit-of." + string(x)), Selected: x == v.In.Unit})
	}
	code := ""
	if len(v.In.Codes) > 0 {
		code = v.In.Codes[0].Scheme + ":" + v.In.Codes[0].Code
	}
	c.Taxa = append([]OptionView{{Text: v.L("web.incident.not-classified")}}, taxonOptions(s.Pack, v.Lang, code)...)
	for _, k := range s.Pack.Severity.Categories {
		q := rateQuestion{Field: FieldView{Name: "rate-" + k.ID, Label: k.Title.In(lang), Error: v.errorOf("rate-answers." + k.ID)}}
		q.Options = []OptionView{{Text: v.L("web.report.not-known")}}
		for _, o := range k.Options {
			q.Options = append(q.Options, OptionView{Value: o.ID, Text: o.Title.In(lang), Selected: v.In.Severity.Answers[k.ID] == o.ID})
		}
		c.Severity = append(c.Severity, q)
	}
	c.Bands = []OptionView{{Text: v.L("web.incident.band-by-score")}}
	for _, b := range s.Pack.Severity.Bands {
		c.Bands = append(c.Bands, OptionView{Value: b.ID, Text: b.Title.In(lang), Selected: v.In.Severity.Override == b.ID})
	}
	for _, t := range []marking.TLP{marking.TLPClear, marking.TLPGreen, marking.TLPAmber, marking.TLPAmberStrict, marking.TLPRed} {
		c.TLP = append(c.TLP, OptionView{Value: t.String(), Text: t.String(), Selected: t == v.In.Mark.TLP})
	}
	for _, k := range []country.EventKind{country.Held, country.Released, country.Extended, country.Decided, country.Classified, country.Declassified, country.Acknowledged, country.Forwarded, country.CrisisDeclared, country.CrisisEnded} {
		c.Orders = append(c.Orders, OptionView{Value: string(k), Text: v.L("web.incident.event." + strings.ReplaceAll(string(k), "_", "-"))})
	}
	s.chooseLaw(v)
	for _, k := range []incident.LinkKind{incident.LinkRelated, incident.LinkCause, incident.LinkSameRoot} {
		c.Links = append(c.Links, OptionView{Value: string(k), Text: v.L("web.incident.link." + string(k) + ".out")})
	}
	for _, k := range []country.EventKind{country.Recovered, country.Handled, country.Resolved, country.RootCauseFixed, country.FixAvailable, country.UsersInformed, country.NewFacts, country.RansomPaid, country.Explained, country.Believed} {
		c.Happened = append(c.Happened, OptionView{Value: string(k), Text: v.L("web.incident.event." + strings.ReplaceAll(string(k), "_", "-"))})
	}
	for _, e := range v.In.Events {
		superseded := slices.ContainsFunc(v.In.Events, func(o incident.Event) bool { return o.Supersedes == e.ID })
		if e.Kind == country.Submitted || e.Kind == country.Received || e.Kind == country.Answered || e.Kind == country.Recalled || superseded {
			continue
		}
		c.Moments = append(c.Moments, OptionView{Value: e.ID, Text: v.L("web.incident.event."+strings.ReplaceAll(string(e.Kind), "_", "-")) + " · " + v.Lang.Moment(e.At.In(s.Zone), v.Now)})
	}
	c.Question = []OptionView{{Text: v.L("web.incident.reply-none")}}
	first := true
	for _, e := range v.In.Thread {
		if e.Kind == incident.EntryQuestion && e.Answered.IsZero() {
			c.Question = append(c.Question, OptionView{Value: e.ID, Text: shorten(e.Text, 70), Selected: first})
			first = false
		}
	}
	v.keep()
}

// chooseLaw offers the stages, grounds and roles of the laws that apply.
func (s *Server) chooseLaw(v *incidentView) {
	c, lang := &v.Choices, string(v.Lang)
	roles, ordering, grounds := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, o := range v.In.Result.Obligations {
		if o.State != regime.Closed && o.State != regime.Replaced {
			c.Covers = append(c.Covers, OptionView{Value: o.Key(), Text: o.Title.In(lang) + " · " + s.regimeShort(v.Lang, o.Regime)})
		}
	}
	recipient := func(id string) {
		if !roles[id] {
			roles[id] = true
			c.Roles = append(c.Roles, OptionView{Value: id, Text: s.roleName(v.Lang, id)})
		}
	}
	for _, id := range []string{"police", "prosecutor", "data_protection_authority", "financial_authority", "single_contact_point", "other_states"} {
		if _, ok := s.Pack.Role(id); ok {
			recipient(id)
		}
	}
	c.Grounds = []OptionView{{Text: v.L("web.incident.ground-none")}}
	for _, a := range v.In.Result.Regimes {
		if a.Regime == nil || a.State != regime.Applies && a.State != regime.Unsettled {
			continue
		}
		for _, t := range a.Regime.CrossBorder {
			for _, to := range t.To {
				recipient(to)
			}
		}
		for _, h := range a.Regime.Holds {
			if grounds[h.ID] {
				continue
			}
			grounds[h.ID] = true
			c.Grounds = append(c.Grounds, OptionView{Value: h.ID, Text: h.Title.In(lang) + " · " + s.refText(v.Lang, h.Ref)})
			for _, by := range h.By {
				if !ordering[by] {
					ordering[by] = true
					c.Ordering = append(c.Ordering, OptionView{Value: by, Text: s.roleName(v.Lang, by)})
				}
			}
		}
	}
	if len(c.Ordering) == 0 {
		c.Ordering = []OptionView{{Text: v.L("web.incident.role-none")}}
	}
}

// keep selects again what was chosen in a refused form.
func (v *incidentView) keep() {
	c := &v.Choices
	for name, list := range map[string]*[]OptionView{"assign-assignee": &c.People, "status-status": &c.Statuses, "unit-unit": &c.Units, "classify-codes": &c.Taxa, "rate-band": &c.Bands,
		"mark-tlp": &c.TLP, "order-kind": &c.Orders, "order-covers": &c.Covers, "order-ground": &c.Grounds, "refer-role": &c.Roles, "order-role": &c.Ordering, "link-kind": &c.Links,
		"record-kind": &c.Happened, "correct-event": &c.Moments, "reply-to": &c.Question} {
		v.choose(name, *list)
	}
	for _, q := range c.Severity {
		v.choose(q.Field.Name, q.Options)
	}
}

func (v *incidentView) choose(name string, list []OptionView) {
	chosen, ok := v.Act.Values[name]
	if !ok {
		return
	}
	for i := range list {
		list[i].Selected = slices.Contains(chosen, list[i].Value)
	}
}

// typed gives what was typed into a refused form.
func (v incidentView) typed(name string) string { return v.Act.Values.Get(name) }

func (v incidentView) errorOf(name string) string {
	for _, e := range v.Act.Errors {
		if e.Name == name {
			return e.Text
		}
	}
	return ""
}

// errorsOf are the broken fields of one form.
func (v incidentView) errorsOf(act string) []FieldError {
	if v.Act.Act != act {
		return nil
	}
	return v.Act.Errors
}

// field is a question of an act, with what was typed and what is wrong.
func (v incidentView) field(name, key string) FieldView {
	return FieldView{Name: name, Label: v.L(key), Value: v.typed(name), Error: v.errorOf(name), NoDraft: true}
}

// moment is a moment of an act.
func (v incidentView) moment(name, key, hint string, precise bool) MomentView {
	m := MomentView{FieldView: v.field(name, key), Date: v.typed(name + ".date"), Clock: v.typed(name + ".clock"), Zone: v.L("web.report.zone")}
	m.Hint = hint
	if precise {
		for _, p := range []incident.Precision{incident.Minute, incident.Hour, incident.Day, incident.Month} {
			m.Precisions = append(m.Precisions, OptionView{Value: string(p), Text: v.L("web.report.precision." + string(p)), Selected: v.typed(name+".precision") == string(p)})
		}
	}
	return m
}

// form frames an act on this incident.
func (v incidentView) form(act string) FormView {
	return FormView{ID: act + "-form", Action: v.Home + "/" + act, Errors: v.errorsOf(act), Guard: true, Hidden: []HiddenField{{"seen", itoa(v.In.Version)}}}
}

// open says whether a folded form stands open: it was just refused.
func (v incidentView) open(acts ...string) bool { return slices.Contains(acts, v.Act.Act) }

func hinted(f FieldView, hint string) FieldView { f.Hint = hint; return f }

func area(f FieldView, hint string) FieldView {
	f.Hint, f.Rows, f.MaxLength = hint, 3, 20000
	return f
}

func numberField(f FieldView) FieldView {
	f.Mono, f.Short, f.Placeholder, f.Autocomplete = true, true, "I-2026-0001", "off"
	return f
}

func attachForm(v incidentView) FormView {
	f := v.form("attach")
	f.Multipart = true
	return f
}

func attachField(v incidentView) FieldView {
	f := v.field("attach-file", "web.incident.attach-file")
	f.Multiple = true
	return f
}
