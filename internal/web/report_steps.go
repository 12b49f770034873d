package web

import (
	"cmp"
	"iter"
	"maps"
	"net/url"
	"slices"
	"strings"

	"kulla.dev/internal/access"
	"kulla.dev/internal/country"
	"kulla.dev/internal/i18n"
	"kulla.dev/internal/incident"
	"kulla.dev/internal/marking"
	"kulla.dev/internal/regime"
	"kulla.dev/internal/registry"
)

func mapsKeys(v url.Values) iter.Seq[string] { return maps.Keys(v) }

// step builds the questions of one step.
func (d *formDesk) step(n int) stepPage {
	L := d.lang.T
	p := stepPage{N: n}
	switch n {
	case 1:
		p.Title = L("web.report.step.1")
		d.who(&p)
		d.when(&p)
	case 2:
		p.Title = L("web.report.step.2")
		d.questions(&p, n)
	case 3:
		p.Title, p.Note = L("web.report.step.3"), L("web.report.step.3-note")
		d.questions(&p, n)
		p.Boxes = append(p.Boxes, d.attachments())
	case lastStep:
		p.Title, p.Note = L("web.report.step.4"), L("web.report.step.4-note")
	}
	return p
}

// who asks whom the report is about and what kind of report it is.
func (d *formDesk) who(p *stepPage) {
	L := d.lang.T
	if d.draft.Incident != "" {
		return
	}
	if access.ReachOf(d.by, "incident.submit") != access.ReachDesk && access.May(d.by, "incident.behalf") == nil {
		p.Boxes = append(p.Boxes, questionBox{Shape: "radio", Field: FieldView{Name: "for", Label: L("web.report.for"), Short: true},
			Options: []OptionView{
				{Value: "own", Text: cmp.Or(d.s.institutionName(d.by.Institution, d.lang), L("web.report.for-own")), Selected: d.f.get("for") != "other"},
				{Value: "other", Text: L("web.report.for-other"), Selected: d.f.get("for") == "other"},
			}})
	}
	if d.s.asksAbout(d.by, d.f) {
		box := questionBox{Shape: "text", Field: FieldView{Name: "about", Label: L("web.report.about"), Hint: L("web.report.about-hint"), Value: d.f.get("about"),
			Suggest: "/report/institutions", Autocomplete: "off", Required: true, Error: d.errs["institution"], MaxLength: 200}}
		p.Boxes = append(p.Boxes, box)
		if d.draft.Victim.Name != "" {
			p.Boxes = append(p.Boxes,
				questionBox{Shape: "note", Field: FieldView{Name: "victim", Label: L("web.report.victim"), Hint: L("web.report.victim-note", d.draft.Victim.Name)}},
				questionBox{Shape: "select", Field: FieldView{Name: "victim.sector", Label: L("web.report.victim-sector"), Optional: true, Error: d.errs["victim.sector"]}, Options: d.sectors(d.f.get("victim.sector"))},
				questionBox{Shape: "text", Field: FieldView{Name: "victim.contact", Label: L("web.report.victim-mail"), Type: "email", Optional: true, Value: d.f.get("victim.contact"), Error: d.errs["victim.contact"]}},
				questionBox{Shape: "text", Field: FieldView{Name: "victim.phone", Label: L("web.report.victim-phone"), Type: "tel", Optional: true, Value: d.f.get("victim.phone"), Error: d.errs["victim.phone"]}})
		}
	}
	kind := cmp.Or(d.draft.Kind, regime.Significant)
	box := questionBox{Shape: "radio", Field: FieldView{Name: "kind", Label: L("web.report.kind"), Error: d.errs["kind"]}}
	for _, k := range []regime.ReportKind{regime.Significant, regime.Voluntary, regime.NearMiss, regime.Threat} {
		box.Options = append(box.Options, OptionView{Value: string(k), Text: L(kindKey(k)), Hint: L(kindKey(k) + "-note"), Selected: k == kind})
	}
	p.Boxes = append(p.Boxes, box)
}

func (d *formDesk) sectors(chosen string) []OptionView {
	out := []OptionView{{Text: d.lang.T("web.report.not-known")}}
	for _, s := range d.s.Pack.Sectors {
		if s.Parent == "" {
			out = append(out, OptionView{Value: s.ID, Text: s.Title.In(string(d.lang)), Selected: s.ID == chosen})
		}
	}
	return out
}

// when asks for the three moments, the one that moves the clock first.
func (d *formDesk) when(p *stepPage) {
	for _, m := range []struct{ name, field string }{{"aware", "aware_at"}, {"detected", "detected_at"}, {"occurred", "occurred_at"}} {
		field, ok := d.s.Pack.Field(m.field)
		if !ok {
			continue
		}
		kind := cmp.Or(d.draft.Kind, regime.Significant)
		if m.name == "aware" && kind != regime.Significant {
			continue
		}
		v := d.fieldView(field, m.name)
		if m.name == "aware" {
			v.Hint = d.lang.T("web.report.aware-hint")
			v.Required = false
		}
		box := d.momentBox(v)
		if m.name == "occurred" && !v.Required && v.Error == "" {
			p.More = append(p.More, box)
		} else {
			p.Boxes = append(p.Boxes, box)
		}
	}
}

// questions asks what the law asks in this stage; what later stages will ask
// may be answered already.
func (d *formDesk) questions(p *stepPage, n int) {
	described := false
	var firm, soft []questionBox
	for _, q := range d.asked {
		if stepOfField(q.Field) != n {
			continue
		}
		need := d.need(q)
		described = described || q.Field.ID == "description"
		box := d.box(q.Field)
		box.Field.Required = need == "required"
		switch {
		case need == "required" || q.Field.ID == "description" || box.Field.Error != "":
			firm = append(firm, box)
		case need == "if_available":
			box.Field.Optional = true
			soft = append(soft, box)
		default:
			p.More = append(p.More, box)
		}
	}
	if n == 2 && !described {
		if field, ok := d.s.Pack.Field("description"); ok {
			firm = append(firm, d.box(field))
		}
	}
	p.Boxes = append(p.Boxes, append(firm, soft...)...)
	if n == 2 && !slices.ContainsFunc(d.asked, func(q regime.Question) bool { return q.Field.ID == "incident_type" }) {
		if field, ok := d.s.Pack.Field("incident_type"); ok {
			p.More = append(p.More, d.box(field))
		}
	}
}

func stepOfField(f country.Field) int {
	switch {
	case slices.Contains([]string{"aware_at", "detected_at", "occurred_at"}, f.ID):
		return 1
	case f.Type == "files":
		return 0
	case f.Group == "what" || f.Group == "cause" || f.Group == "cross_border":
		return 2
	}
	return 3
}

// fieldView is the question of a field: what, why, by which law.
func (d *formDesk) fieldView(field country.Field, name string) FieldView {
	lang := string(d.lang)
	v := FieldView{Name: name, Label: field.Title.In(lang), Why: field.Why.In(lang), Value: d.f.get(name), Error: d.errs[name]}
	i := slices.IndexFunc(d.asked, func(q regime.Question) bool { return q.Field.ID == field.ID })
	if i < 0 {
		return v
	}
	q := d.asked[i]
	v.Required = d.need(q) == "required"
	var laws []string
	said := false
	for _, a := range q.Askers {
		if !coversStage(d.covers, a.Regime, a.Stage, d.kindOf(a.Regime, a.Stage)) && len(laws) > 0 {
			continue
		}
		if why := a.Why.In(lang); !said && why != "" {
			v.Why, said = why, true
		}
		law := strings.Join(nonEmpty(a.Short.In(lang), article(d.lang, a.Article)), ", ")
		if !slices.Contains(laws, law) && len(laws) < 3 {
			laws = append(laws, law)
		}
	}
	v.Law = strings.Join(laws, " · ")
	return v
}

func article(lang i18n.Lang, a string) string {
	if a == "" || strings.HasPrefix(strings.ToLower(a), "art") {
		return a
	}
	return lang.T("web.incident.article", a)
}

// box gives a field of the pack the shape of its answer.
func (d *formDesk) box(field country.Field) questionBox {
	L := d.lang.T
	if field.ID == "affected_services" {
		return d.services(field)
	}
	v := d.fieldView(field, "values."+field.ID)
	b := questionBox{Shape: "text", Field: v}
	switch field.Type {
	case "longtext":
		b.Shape, b.Field.MaxLength, b.Field.Rows = "area", 20000, 4
	case "yes_no_unknown":
		b.Shape, b.Field.Short = "radio", true
		for _, o := range []string{"yes", "maybe", "no", notKnown} {
			b.Options = append(b.Options, OptionView{Value: o, Text: L("web.report.tri." + o), Selected: v.Value == o})
		}
	case "number", "money", "duration":
		b.Shape, b.Field.InputMode, b.Field.Short = "number", "decimal", true
		if u := field.Unit; u != "" {
			b.Field.Hint = L("web.report.unit." + strings.ToLower(u))
		}
		b.Estimate = FieldView{Name: v.Name + ".estimate", Label: L("web.report.estimate")}
		b.Checked = d.f.get(v.Name+".estimate") != ""
	case "datetime":
		return d.momentBox(v)
	case "choice":
		b.Shape = "radio"
		b.Options = terms(field.Options, d.lang, d.f.Values[v.Name])
	case "choices":
		if len(field.Options) > 0 {
			b.Shape, b.Options = "checks", terms(field.Options, d.lang, d.f.Values[v.Name])
		} else {
			b.Field.Hint = L("web.report.list-hint")
		}
	case "taxon":
		b.Shape, b.Options = "select", d.taxa(v.Value)
	case "contact":
		b.Field.MaxLength = 500
	}
	return b
}

func terms(list []country.Term, lang i18n.Lang, chosen []string) []OptionView {
	var out []OptionView
	for _, t := range list {
		out = append(out, OptionView{Value: t.ID, Text: t.Title.In(string(lang)), Hint: t.Note.In(string(lang)), Selected: slices.Contains(chosen, t.ID)})
	}
	return out
}

// taxa are the entries of the base taxonomy by class.
func (d *formDesk) taxa(chosen string) []OptionView {
	return append([]OptionView{{Text: d.lang.T("web.report.not-known")}}, taxonOptions(d.s.Pack, d.lang, chosen)...)
}

func taxonOptions(p *country.Pack, lang i18n.Lang, chosen string) []OptionView {
	var out []OptionView
	for _, t := range p.Taxonomies {
		for _, g := range t.Groups {
			for _, e := range g.Entries {
				code := t.ID + ":" + g.ID + "/" + e.ID
				out = append(out, OptionView{Value: code, Text: e.Title.In(string(lang)), Group: g.Title.In(string(lang)), Selected: code == chosen})
			}
		}
		if len(out) > 0 {
			break // the base; national codes map to it
		}
	}
	return out
}

// services asks for the institution's own services as cards.
func (d *formDesk) services(field country.Field) questionBox {
	L := d.lang.T
	v := d.fieldView(field, "services")
	chosen := slices.Clone(d.f.Values["services"])
	b := questionBox{Shape: "checks", Field: v}
	today := registry.DayOf(d.now)
	for _, s := range d.known.Services {
		if s.To != "" && s.To < today {
			continue
		}
		hint := ""
		if s.Critical {
			hint = L("web.report.service-critical")
		}
		b.Options = append(b.Options, OptionView{Value: string(s.ID), Text: s.Name.In(string(d.lang)), Hint: hint, Selected: slices.Contains(chosen, string(s.ID))})
		chosen = slices.DeleteFunc(chosen, func(x string) bool { return x == string(s.ID) })
	}
	for _, other := range chosen { // named in an earlier stage
		if other != notKnown {
			b.Options = append(b.Options, OptionView{Value: other, Text: other, Selected: true})
		}
	}
	b.Options = append(b.Options, OptionView{Value: notKnown, Text: L("web.report.services-unknown"), Selected: slices.Contains(chosen, notKnown)})
	b.Extra = &FieldView{Name: "services.other", Label: L("web.report.services-other"), Hint: L("web.report.services-other-hint"), Value: d.f.get("services.other"), Optional: true, MaxLength: 1000}
	return b
}

func (d *formDesk) momentBox(v FieldView) questionBox {
	m := MomentView{FieldView: v, Date: d.f.get(v.Name + ".date"), Clock: d.f.get(v.Name + ".clock"), Zone: d.lang.T("web.report.zone")}
	chosen := cmp.Or(d.f.get(v.Name+".precision"), string(incident.Minute))
	for _, p := range []incident.Precision{incident.Minute, incident.Hour, incident.Day, incident.Month, incident.Unknown} {
		m.Precisions = append(m.Precisions, OptionView{Value: string(p), Text: d.lang.T("web.report.precision." + string(p)), Selected: chosen == string(p)})
	}
	return questionBox{Shape: "moment", Field: v, Moment: m}
}

func (d *formDesk) attachments() questionBox {
	L := d.lang.T
	b := questionBox{Shape: "files", Field: FieldView{Name: "file", Label: L("web.report.files"), Hint: L("web.report.files-hint", i18n.Bytes(d.s.Incident.MaxFile)), Multiple: true, NoDraft: true, Optional: true,
		Error: cmp.Or(d.errs["file"], d.errs["files"])}}
	for _, f := range d.files {
		b.Files = append(b.Files, fileLine{ID: f.ID, Name: f.Name, Note: d.lang.Bytes(f.Size) + " · " + f.Type})
	}
	return b
}

// tlpOptions are the labels a source may give its report.
func tlpOptions(lang i18n.Lang, chosen string) []OptionView {
	var out []OptionView
	for _, t := range []marking.TLP{marking.TLPClear, marking.TLPGreen, marking.TLPAmber, marking.TLPAmberStrict, marking.TLPRed} {
		key := strings.ToLower(strings.NewReplacer("TLP:", "", "+", "-").Replace(t.String()))
		out = append(out, OptionView{Value: t.String(), Text: t.String(), Hint: lang.T("web.report.tlp." + key), Selected: t.String() == chosen})
	}
	return out
}
