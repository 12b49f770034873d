package web

import (
	"slices"
	"strings"
	"time"

	"kulla.dev/internal/i18n"
	"kulla.dev/internal/incident"
	"kulla.dev/internal/regime"
)

// previewView is what sending would lead to: which laws apply and why, who
// gets the report, what comes next; and what was answered, once more.
type previewView struct {
	Laws    []lawView
	Goes    []DefinitionView // recipient → stages
	Note    string           // nothing applies, or no duty
	Answers []DefinitionView
	Late    *FieldView
	Attempt *questionBox
	TLP     questionBox
	Open    []FieldError // what still lacks
	Wrong   string
}

// previewOf reads the outcome of the check.
func (d *formDesk) previewOf(b Base) *previewView {
	p := &previewView{}
	L := d.lang.T
	res := d.preview.Result
	p.Laws = d.s.laws(d.lang, res, d.now)
	for i := range p.Laws {
		p.Laws[i].Details = nil // before sending the row and its reason are enough
	}
	if k := d.draft.Kind; k != regime.Significant && k != "" {
		p.Note = L("web.report.no-duty")
	} else if !slices.ContainsFunc(p.Laws, func(v lawView) bool { return !v.Quiet }) {
		p.Note = L("web.report.no-law")
	}
	p.Goes = d.goes(res)
	p.Answers = d.answers()
	if d.preview.Problems != nil {
		for _, x := range asFault(d.preview.Problems).Fields {
			name := formField(x.Name)
			switch name {
			case "late_reason":
				p.Late = d.lateField(d.say(x))
			default:
				p.Open = append(p.Open, FieldError{Name: name, Text: d.say(x)})
			}
		}
	}
	if p.Late == nil && (d.errs["late_reason"] != "" || d.draft.LateReason != "") {
		p.Late = d.lateField("")
	}
	if p.Late != nil {
		p.Late.Error = d.errs["late_reason"]
		m := d.momentBox(FieldView{Name: "attempt", Label: L("web.report.attempt"), Hint: L("web.report.attempt-hint"), Optional: true, Error: d.errs["attempt"]})
		m.Moment.Precisions = nil
		m.Extra = &FieldView{Name: "attempt.channel", Label: L("web.report.attempt-channel"), Value: d.f.get("attempt.channel"), Optional: true, MaxLength: 200}
		p.Attempt = &m
	}
	chosen := d.mark().TLP.String()
	p.TLP = questionBox{Shape: "radio", Field: FieldView{Name: "tlp", Label: L("web.report.tlp"), Hint: L("web.report.tlp-hint"), Error: d.errs["tlp"]}, Options: tlpOptions(d.lang, chosen)}
	return p
}

func (d *formDesk) lateField(hint string) *FieldView {
	return &FieldView{Name: "late_reason", Label: d.lang.T("web.report.late-reason"), Hint: hint, Why: d.lang.T("web.report.late-why"), Required: true, Value: d.f.get("late_reason"), Rows: 3, MaxLength: 20000}
}

// goes says which authority gets what of this report.
func (d *formDesk) goes(res regime.Result) []DefinitionView {
	type line struct{ to, what []string }
	byRole := map[string]*line{}
	var order []string
	for _, o := range res.Obligations {
		if o.State == regime.Replaced || o.State == regime.Closed || !settled(res, o.Regime) || !coversStage(d.covers, o.Regime, o.Stage, o.Kind) {
			continue
		}
		for _, role := range o.Recipients {
			name := d.s.roleName(d.lang, role)
			if byRole[name] == nil {
				byRole[name] = &line{}
				order = append(order, name)
			}
			what := o.Title.In(string(d.lang)) + " (" + d.s.regimeShort(d.lang, o.Regime) + ")"
			if !slices.Contains(byRole[name].what, what) {
				byRole[name].what = append(byRole[name].what, what)
			}
		}
	}
	var out []DefinitionView
	for _, name := range order {
		out = append(out, DefinitionView{Term: name, Value: d.lang.List(byRole[name].what...)})
	}
	return out
}

// answers shows what was answered, each with the step it can be changed on.
func (d *formDesk) answers() []DefinitionView {
	L := d.lang.T
	var out []DefinitionView
	add := func(step int, term, value string) {
		if value == "" {
			return
		}
		href := "/report/" + d.f.Key + "?step=" + stepText(step)
		out = append(out, DefinitionView{Term: strings.TrimRight(term, "?:"), Value: value, Why: Link{L("web.report.change"), href}})
	}
	add(1, L("web.report.about"), d.about())
	if d.draft.Incident == "" {
		add(1, L("web.report.kind"), L(kindKey(d.kind())))
	}
	moments := map[string]incident.Moment{"aware": d.draft.Aware, "detected": d.draft.Detected, "occurred": d.draft.Occurred}
	for _, m := range []string{"aware", "detected", "occurred"} {
		if field, ok := d.s.Pack.Field(m + "_at"); ok {
			text := d.s.momentText(d.lang, moments[m], d.now)
			if m == "aware" && d.awareNow && d.kind() == regime.Significant {
				text = L("web.report.aware-now")
			}
			add(1, field.Title.In(string(d.lang)), text)
		}
	}
	for _, field := range d.s.Pack.Fields {
		step := stepOfField(field)
		switch field.ID {
		case "affected_services":
			add(2, field.Title.In(string(d.lang)), d.s.serviceNames(d.lang, d.draft.Services, d.known))
			continue
		case "aware_at", "detected_at", "occurred_at":
			continue
		}
		if field.Type == "taxon" && len(d.draft.Codes) > 0 {
			add(2, field.Title.In(string(d.lang)), d.s.codeText(d.lang, d.draft.Codes[0]))
			continue
		}
		if v, ok := d.draft.Values[field.ID]; ok {
			add(step, field.Title.In(string(d.lang)), d.s.statedText(d.lang, field, v, d.now))
		}
	}
	var files []string
	for _, f := range d.files {
		files = append(files, f.Name)
	}
	add(3, L("web.report.files"), strings.Join(files, ", "))
	return out
}

func (d *formDesk) kind() regime.ReportKind {
	if d.draft.Kind == "" {
		return regime.Significant
	}
	return d.draft.Kind
}

// momentText says a moment with how exactly it is known; "" for none.
func (s *Server) momentText(lang i18n.Lang, m incident.Moment, now time.Time) string {
	if m.IsZero() {
		if m.Precision == incident.Unknown {
			return lang.T("web.report.precision.unknown")
		}
		return ""
	}
	at := m.At.In(s.Zone)
	switch m.Precision {
	case incident.Day:
		return lang.T("web.incident.moment.day", lang.Date(at))
	case incident.Month:
		return lang.MonthYear(at)
	case incident.Hour:
		return lang.T("web.incident.moment.hour", lang.Moment(at, now))
	case incident.Unknown:
		return lang.T("web.report.precision.unknown")
	case incident.Minute:
	}
	return lang.Moment(at, now)
}
