package council

import (
	"math"
	"strconv"
	"strings"
	"time"

	"kulla.dev/internal/i18n"
	"kulla.dev/internal/report"
	"kulla.dev/internal/stat"
)

// Doc sets a paper in one language. The same paper gives the same document.
func (d *Desk) Doc(p Paper, lang i18n.Lang) report.Doc {
	zone, err := time.LoadLocation(p.Content.Zone)
	if err != nil {
		zone = d.Pack.Location
	}
	w := &writer{speaker: speaker{p, lang, zone, p.href}}
	c, l := p.Content, string(lang)
	w.doc = report.Doc{Lang: l, Kicker: p.Number, Title: c.Title.In(l), Subtitle: c.Subtitle.In(l), Issuer: c.Issuer.In(l), Number: p.Number + " · " + p.Digest[:12],
		Marking: banner(p), AsOf: p.CutOff.In(zone), Generated: p.MadeAt.In(zone), Contents: true, BaseURL: d.BaseURL, Words: words(lang)}
	if w.doc.Title == "" {
		w.doc.Title = w.t("council.paper.title")
	}
	w.doc.Facts = []report.Fact{
		{Label: w.t("council.fact.period"), Value: report.Plain(w.span(c.From, c.To))},
		{Label: w.t("council.fact.compared"), Value: report.Plain(w.span(c.PriorFrom, c.PriorTo))},
		{Label: w.t("council.fact.cut-off"), Value: report.Plain(w.moment(p.CutOff))},
		{Label: w.t("council.fact.made"), Value: report.Plain(strings.TrimSuffix(w.moment(p.MadeAt)+" · "+c.Maker, " · "))},
		{Label: w.t("council.fact.clearance"), Value: report.Plain(w.clearance())},
		{Label: w.t("council.fact.digest"), Value: report.Text{{Text: p.Digest[:16] + "…", Code: true}}},
	}
	w.judgement()
	w.numbers()
	w.sectors()
	w.types()
	w.punctuality()
	w.owed()
	w.reporting()
	w.background()
	w.method()
	return w.doc
}

func banner(p Paper) report.Banner {
	tlp := p.Mark.TLP.String()
	class := ""
	switch {
	case strings.Contains(tlp, "RED"):
		class = "red"
	case strings.Contains(tlp, "AMBER"):
		class = "amber"
	case strings.Contains(tlp, "GREEN"):
		class = "green"
	case strings.Contains(tlp, "CLEAR"):
		class = "clear"
	}
	parts := []string{tlp}
	if tlp == "" {
		parts = nil
	}
	parts = append(parts, p.Mark.Caveats...)
	return report.Banner{Text: strings.Join(parts, " · "), Class: class}
}

// Banner is the marking of a paper as pages and prints show it.
func (p Paper) Banner() (text, class string) {
	b := banner(p)
	return b.Text, b.Class
}

type writer struct {
	speaker
	doc     report.Doc
	section int
}

func (w *writer) clearance() string {
	return w.t("council.fact.clearance-value", w.p.Content.Clearance.TLP.String())
}

// head opens a section with the pack's title, or the desk's own.
func (w *writer) head(id string) {
	w.section++
	title := w.t("council.section." + id)
	part, ok := w.p.Content.Sections[id]
	if ok {
		title = part.Title.In(string(w.lang))
	}
	w.doc.Add(report.Heading{Level: 1, Text: strconv.Itoa(w.section) + " " + title, ID: id})
	if lead := part.Lead.In(string(w.lang)); ok && lead != "" {
		w.doc.Add(report.Para{Text: report.Plain(lead), Mute: true})
	}
}

func (w *writer) para(claims []Claim) {
	if len(claims) > 0 {
		w.doc.Add(report.Para{Text: w.sentences(claims)})
	}
}

// source says where the numbers of a table come from, and as of when.
func (w *writer) source() report.Text {
	return report.Plain(w.t("council.source.register", w.moment(w.p.CutOff)))
}

// judgement is what a reader must not miss.
func (w *writer) judgement() {
	if w.p.Content.Invented {
		text := w.standing("exercise", nil)
		if text == "" {
			text = w.t("council.paper.invented")
		}
		w.doc.Add(report.Callout{Tone: report.Warn, Title: w.t("council.paper.invented-title"), Text: []report.Text{report.Plain(text)}})
	}
	claims := w.p.Judgement()
	basis := w.t("council.say.basis", w.span(w.p.Content.From, w.p.Content.To), w.moment(w.p.CutOff))
	if len(claims) > 0 {
		w.doc.Add(report.Judgement{Text: w.sentences(claims), Basis: basis})
	}
	var items []report.Figure
	item := func(f Figure, value, label, detail string, tone report.Tone) {
		items = append(items, report.Figure{Value: value, Label: label, Detail: detail, Href: w.p.href(f), Tone: tone})
	}
	if f, ok := w.p.Figure(Total, ""); ok {
		item(f, w.value(f), w.t("council.def.total"), w.t("council.box.total", w.interval(f, 0), f.Before), report.Neutral)
	}
	if f, ok := w.p.Figure(Rate, ""); ok {
		item(f, w.value(f), w.t("council.box.rate-label"), w.t("council.box.rate", w.interval(f, 1), w.ratio(f)), report.Neutral)
	}
	if f, ok := w.p.Figure(Overdue, ""); ok {
		tone := report.Neutral
		if f.Count > 0 {
			tone = report.Bad
		}
		item(f, w.value(f), w.t("council.def.overdue"), w.t("council.box.overdue", int(f.Of)), tone)
	}
	if f, ok := w.p.Figure(Silent, ""); ok {
		item(f, w.value(f), w.t("council.def.silent"), w.t("council.box.silent", int(f.Of)), report.Neutral)
	}
	w.doc.Add(report.Figures{Items: items})
}

// numbers compares the period with the year before.
func (w *writer) numbers() {
	w.head("incidents")
	w.para(w.p.Judgement())
	w.table(w.t("council.table.unit"), w.p.Of(Unit), true, "council.table.unit-note")
	months := w.p.Of(Month)
	var labels, hrefs []string
	now, before := report.Series{Name: w.span(w.p.Content.From, w.p.Content.To)}, report.Series{Name: w.span(w.p.Content.PriorFrom, w.p.Content.PriorTo)}
	for _, f := range months {
		m, _ := monthOf(f.Item)
		labels, hrefs = append(labels, w.monthLabel(m, len(months))), append(hrefs, w.p.href(f))
		x, y := float64(f.Count), float64(f.Before)
		if f.Hidden {
			x, y = math.NaN(), math.NaN()
		}
		now.Values, before.Values = append(now.Values, x), append(before.Values, y)
	}
	if len(months) > 1 && len(months) <= 36 {
		total, _ := w.p.Figure(Total, "")
		w.doc.Add(report.Chart{Title: w.t("council.chart.month"), Unit: w.t("council.chart.month-unit"), Desc: w.t("council.chart.month-desc", total.Count, total.Before),
			Plot: report.Bars{Labels: labels, Hrefs: hrefs, Series: []report.Series{now, before}}, Note: report.Plain(w.partial(months)), Source: w.source(), NoData: true})
	}
	w.table(w.t("council.table.month"), months, false, "")
}

// monthLabel names a month on an axis: short where there are many.
func (w *writer) monthLabel(m Day, n int) string {
	if n <= 12 {
		return i18n.Lang(w.lang).T("i18n.mon." + strconv.Itoa(int(m.Date().Month())))
	}
	return m.Date().Format("01/06")
}

// partial says which months the period cuts.
func (w *writer) partial(months []Figure) string {
	var cut []string
	for _, f := range months {
		m, ok := monthOf(f.Item)
		next := DayOf(m.Date().AddDate(0, 1, 0))
		if ok && (f.Query.Window.From > m || f.Query.Window.To < next) {
			cut = append(cut, w.lang.MonthYear(m.Date()))
		}
	}
	if len(cut) == 0 {
		return ""
	}
	return w.t("council.chart.partial", cut)
}

// table sets lines against the year before, with the total they add up to.
func (w *writer) table(caption string, lines []Figure, total bool, note string) {
	t := report.Table{Caption: caption, RowHead: true, Source: w.source(), Columns: []report.Column{{Title: w.t("council.col.item"), Share: 4},
		{Title: w.t("council.col.now"), Num: true, Share: 1.2}, {Title: w.t("council.col.before"), Num: true, Share: 1.4}, {Title: w.t("council.col.ratio"), Num: true, Share: 2.4}}}
	if note != "" {
		t.Note = report.Plain(w.t(note))
	}
	now, before := 0, 0
	hidden := false
	for _, f := range lines {
		now, before, hidden = now+f.Count, before+f.Before, hidden || f.Hidden
		t.Rows = append(t.Rows, report.Row{Cells: []report.Cell{{Text: report.Plain(w.p.Item(f, w.lang))}, {Text: report.Text{w.ref(f, w.count(f, f.Count))}},
			{Text: report.Plain(w.count(f, f.Before))}, {Text: report.Plain(w.ratio(f)), Tone: toneOf(f)}}})
	}
	if hidden {
		now, before = 0, 0
		if f, ok := w.p.Figure(Total, ""); ok && !total {
			now, before = f.Count, f.Before
		}
		t.Note = append(t.Note, report.Span{Text: " " + w.t("council.table.withheld", stat.SmallNumber)})
	}
	if !hidden || now > 0 {
		t.Rows = append(t.Rows, report.Row{Total: true, Cells: []report.Cell{{Text: report.Plain(w.t("council.col.total"))}, {Text: report.Plain(w.lang.Number(int64(now)))},
			{Text: report.Plain(w.lang.Number(int64(before)))}, {}}})
	}
	w.doc.Add(t)
}

func toneOf(f Figure) report.Tone {
	if f.Verdict == stat.Increased {
		return report.Warn
	}
	return report.Neutral
}

// ratios draws the lines of a table around no change.
func (w *writer) ratios(title string, lines []Figure) {
	plot := report.Intervals{Log: true, Ref: 1, RefText: w.t("council.chart.same")}
	for _, f := range lines {
		if f.Hidden || f.Count+f.Before == 0 {
			continue
		}
		plot.Rows = append(plot.Rows, report.Interval{Label: w.p.Item(f, w.lang), Point: float64(f.Ratio), Low: float64(f.RatioLow), High: float64(f.RatioHigh), Text: w.ratio(f),
			Href: w.p.href(f), Tone: toneOf(f)})
		if f.Count == 0 {
			plot.Rows[len(plot.Rows)-1].Point = math.NaN()
		}
	}
	if len(plot.Rows) < 2 {
		return
	}
	w.doc.Add(report.Chart{Title: title, Unit: w.t("council.chart.ratio-unit"), Desc: w.sentences(Lines(lines)).String(), Plot: plot, NoData: true,
		Note: report.Plain(w.t("council.chart.ratio-note"))})
}

func (w *writer) sectors() {
	w.head("sectors")
	lines := sorted(w.p.Of(Sector))
	w.para(append(Lines(lines), Complete(lines)...))
	w.ratios(w.t("council.chart.sector"), lines)
	w.table(w.t("council.table.sector"), lines, false, "council.table.other-note")
	classes := w.p.Of(Class)
	w.doc.Add(report.Heading{Level: 2, Text: w.t("council.section.class")})
	w.para(append(Lines(classes), Complete(classes)...))
	w.table(w.t("council.table.class"), classes, false, "")
}

func (w *writer) types() {
	w.head("types")
	lines := sorted(w.p.Of(Type))
	w.para(append(Lines(lines), Complete(lines)...))
	w.ratios(w.t("council.chart.type"), lines)
	w.table(w.t("council.table.type", w.p.Name("taxonomy", "", string(w.lang))), lines, false, "")
	if text := w.standing("other-line", nil); text != "" {
		w.doc.Add(report.Para{Text: report.Plain(text), Mute: true})
	}
}

func (w *writer) punctuality() {
	w.head("punctuality")
	lines := w.p.Of(Punctual)
	w.para(Stages(lines))
	if len(lines) > 0 {
		t := report.Table{Caption: w.t("council.table.punctual"), RowHead: true, Source: w.source(), Columns: []report.Column{{Title: w.t("council.col.stage"), Share: 3.4},
			{Title: w.t("council.col.in-time"), Num: true, Share: 1}, {Title: w.t("council.col.late"), Num: true, Share: 1}, {Title: w.t("council.col.overdue"), Num: true, Share: 1.2},
			{Title: w.t("council.col.running"), Num: true, Share: 1}, {Title: w.t("council.col.share"), Num: true, Share: 2}}, Note: report.Plain(w.t("council.table.punctual-note"))}
		for _, f := range lines {
			share := "–"
			if !isNaN(f.Value) {
				share = w.value(f) + " (" + w.lang.Range(100*float64(f.Low), 100*float64(f.High), 0) + ")"
			}
			row := report.Cells(w.p.Item(f, w.lang), w.lang.Number(int64(f.Count)), w.lang.Number(int64(f.Late)), w.lang.Number(int64(f.Owed)), w.lang.Number(int64(f.Open)))
			row.Cells = append(row.Cells, report.Cell{Text: report.Text{w.ref(f, share)}})
			if f.Owed > 0 {
				row.Cells[3].Tone = report.Bad
			}
			t.Rows = append(t.Rows, row)
		}
		w.doc.Add(t)
	}
	un := w.p.Of(Unverified)
	if len(un) == 0 {
		return
	}
	var texts []report.Text
	for _, warning := range w.p.Content.Warnings {
		texts = append(texts, report.Plain(warning.In(string(w.lang))))
	}
	texts = append(texts, report.Plain(w.t("council.paper.unverified")))
	w.doc.Add(report.Callout{Tone: report.Warn, Title: w.t("council.paper.unverified-title"), Text: texts})
	t := report.Table{Caption: w.t("council.table.unverified"), RowHead: true, Source: w.source(), Columns: []report.Column{{Title: w.t("council.col.stage"), Share: 4},
		{Title: w.t("council.col.handed-in"), Num: true}, {Title: w.t("council.col.not-handed-in"), Num: true}}}
	for _, f := range un {
		t.Rows = append(t.Rows, report.Row{Cells: []report.Cell{{Text: report.Plain(w.p.Item(f, w.lang))}, {Text: report.Text{w.ref(f, w.lang.Number(int64(f.Count+f.Late)))}},
			{Text: report.Plain(w.lang.Number(int64(f.Owed + f.Open)))}}})
	}
	w.doc.Add(t)
}

func (w *writer) owed() {
	w.head("clocks")
	running, _ := w.p.Figure(Running, "")
	overdue, _ := w.p.Figure(Overdue, "")
	past, _ := w.p.Figure(Past, "")
	w.para(Owed(running, overdue, past))
	t := report.Table{Caption: w.t("council.table.owed", w.moment(w.p.CutOff)), RowHead: true, Source: w.source(), Columns: []report.Column{{Title: w.t("council.col.item"), Share: 4},
		{Title: w.t("council.col.stages"), Num: true}}, Note: report.Plain(w.t("council.table.owed-note", w.lang.Date(w.p.Content.PriorFrom.Date())))}
	for i, f := range []Figure{running, overdue, past} {
		row := report.Row{Cells: []report.Cell{{Text: report.Plain(upper(w.t("council.def." + string(f.Def))))}, {Text: report.Text{w.ref(f, w.value(f))}}}}
		if i == 1 && f.Count > 0 {
			row.Cells[1].Tone = report.Bad
		}
		t.Rows = append(t.Rows, row)
	}
	w.doc.Add(t)
}

func (w *writer) reporting() {
	w.head("reporting")
	reported, ok := w.p.Figure(Reported, "")
	if !ok {
		w.doc.Add(report.Para{Text: report.Plain(w.t("council.paper.no-register"))})
		return
	}
	silent, _ := w.p.Figure(Silent, "")
	w.para(Silence(reported, silent))
	t := report.Table{Caption: w.t("council.table.silent"), RowHead: true, Columns: []report.Column{{Title: w.t("council.col.sector"), Share: 4}, {Title: w.t("council.col.listed"), Num: true},
		{Title: w.t("council.col.reported"), Num: true}, {Title: w.t("council.col.silent"), Num: true}}, Source: report.Plain(w.t("council.source.institutions", w.lang.Date((w.p.Content.To - 1).Date()), w.moment(w.p.CutOff)))}
	for _, f := range w.p.Of(Silent) {
		if f.Item == "" {
			continue
		}
		t.Rows = append(t.Rows, report.Row{Cells: []report.Cell{{Text: report.Plain(w.p.Item(f, w.lang))}, {Text: report.Plain(w.lang.Number(int64(f.Of)))},
			{Text: report.Plain(w.lang.Number(int64(int(f.Of) - f.Count)))}, {Text: report.Text{w.ref(f, w.lang.Number(int64(f.Count)))}}}})
	}
	t.Rows = append(t.Rows, report.Row{Total: true, Cells: []report.Cell{{Text: report.Plain(w.t("council.col.total"))}, {Text: report.Plain(w.lang.Number(int64(silent.Of)))},
		{Text: report.Text{w.ref(reported, w.lang.Number(int64(reported.Count)))}}, {Text: report.Text{w.ref(silent, w.lang.Number(int64(silent.Count)))}}}})
	w.doc.Add(t)
	if f, ok := w.p.Figure(Outside, ""); ok && f.Count > 0 {
		w.doc.Add(report.Para{Text: report.Compose(w.t("council.say.outside", "{1}"), w.ref(f, w.value(f)))})
	}
}

// background sets the pack's public timeline and published figures beside the
// desk's own, with the warning that they count different things.
func (w *writer) background() {
	c := w.p.Content
	if len(c.Background) == 0 && len(c.Published) == 0 {
		return
	}
	l := string(w.lang)
	w.head("background")
	w.doc.Add(report.Callout{Tone: report.Warn, Title: w.t("council.paper.differ-title"), Text: []report.Text{report.Plain(w.t("council.paper.differ"))}})
	if len(c.Published) > 0 {
		t := report.Table{Caption: w.t("council.table.published"), RowHead: true, Columns: []report.Column{{Title: w.t("council.col.period"), Share: 1}, {Title: w.t("council.col.figure"), Num: true, Share: 1},
			{Title: w.t("council.col.counts"), Share: 3.2}, {Title: w.t("council.col.source"), Share: 2.4}}}
		for _, f := range c.Published {
			counts := w.t("council.published."+strings.ReplaceAll(f.Unit, "_", "-")) + ". " + f.Counts.In(l)
			if caution := f.Caution.In(l); caution != "" {
				counts += " " + caution
			}
			src := f.Source
			if !f.Verified {
				src += " · " + w.t("council.word.unverified")
			}
			t.Rows = append(t.Rows, report.Cells(f.Period, w.lang.Decimal(float64(f.Value), places(float64(f.Value))), counts, src))
		}
		w.doc.Add(t)
	}
	if len(c.Background) > 0 {
		t := report.Table{Caption: w.t("council.table.timeline"), RowHead: true, Columns: []report.Column{{Title: w.t("council.col.date"), Share: 1.6}, {Title: w.t("council.col.what"), Share: 4}, {Title: w.t("council.col.source"), Share: 2}}}
		for _, m := range c.Background {
			src := m.Source
			if !m.Verified {
				src += " · " + w.t("council.word.unverified")
			}
			t.Rows = append(t.Rows, report.Cells(w.when(m), m.Title.In(l), src))
		}
		w.doc.Add(t)
	}
}

func places(v float64) int {
	if v == math.Trunc(v) {
		return 0
	}
	return 1
}

// when says a moment of the timeline as exactly as it is known.
func (w *writer) when(m Moment) string {
	from, err := time.Parse(time.DateOnly, m.From)
	if err != nil {
		return m.From
	}
	to := from
	if t, err := time.Parse(time.DateOnly, m.To); err == nil {
		to = t
	}
	switch m.Precision {
	case "year":
		return strconv.Itoa(from.Year())
	case "month", "quarter":
		if from.Year() == to.Year() && from.Month() == to.Month() {
			return w.lang.MonthYear(from)
		}
		return w.lang.MonthYear(from) + " – " + w.lang.MonthYear(to)
	}
	if from.Equal(to) {
		return w.lang.ShortDate(from)
	}
	return w.lang.DateRange(from, to)
}

// method says how each figure was counted.
func (w *writer) method() {
	w.head("method")
	defs := []Def{Total, Rate, Unit, Sector, Class, Type, Month, Punctual, Unverified, Running, Overdue, Past, Reported, Silent, Outside}
	items := report.Facts{}
	for _, d := range defs {
		items.Items = append(items.Items, report.Fact{Label: upper(w.t("council.def." + string(d))), Value: report.Plain(w.t("council.define." + string(d)))})
	}
	w.doc.Add(items)
	w.doc.Add(report.List{Items: []report.Item{
		{Text: report.Plain(w.t("council.method.day"))}, {Text: report.Plain(w.t("council.method.interval"))}, {Text: report.Plain(w.t("council.method.clusters"))},
		{Text: report.Plain(w.t("council.method.holm"))}, {Text: report.Plain(w.t("council.method.detect"))}, {Text: report.Plain(w.t("council.method.shares"))},
		{Text: report.Plain(w.t("council.method.exercise"))}, {Text: report.Plain(w.t("council.method.frozen"))}}})
	w.doc.Add(report.Facts{Items: []report.Fact{
		{Label: w.t("council.fact.records"), Value: report.Plain(w.t("council.fact.records-value", w.recordCount(), w.moment(w.p.CutOff)))},
		{Label: w.t("council.fact.pack"), Value: report.Text{{Text: w.p.Content.Pack, Code: true}}},
		{Label: w.t("council.fact.digest"), Value: report.Text{{Text: w.p.Digest, Code: true}}},
	}})
}

// recordCount is how many records of the period were counted.
func (w *writer) recordCount() int {
	n := 0
	for _, f := range w.p.Of(Unit) {
		n += f.Count
	}
	return n
}
