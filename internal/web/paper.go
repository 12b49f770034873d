package web

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"kulla.dev/internal/access"
	"kulla.dev/internal/council"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/i18n"
	"kulla.dev/internal/marking"
	"kulla.dev/internal/report"
	"kulla.dev/internal/stat"
)

// papersView is the list of papers with the form of a new one.
type papersView struct {
	Base
	Table   TableView
	MayMake bool
	Errors  []FieldError
	Periods []Link // fill the form with a usual period
	From    string
	To      string
	CutOff  string
	Zone    string
	TLPs    []OptionView
	Public  bool
}

func (v papersView) errorOf(name string) string {
	for _, e := range v.Errors {
		if e.Name == name {
			return e.Text
		}
	}
	return ""
}

// papersPage lists the papers the reader may read.
func (s *Server) papersPage(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	q := r.URL.Query()
	if q.Get("from") == "" {
		from, to := s.yearBack()
		q.Set("from", from)
		q.Set("to", to)
	}
	return s.showPapers(w, r, by, http.StatusOK, q, nil)
}

// yearBack is the usual period: the twelve months up to yesterday.
func (s *Server) yearBack() (from, to string) {
	last := s.Now().In(s.Zone).AddDate(0, 0, -1)
	return last.AddDate(-1, 0, 1).Format(time.DateOnly), last.Format(time.DateOnly)
}

func (s *Server) showPapers(w http.ResponseWriter, r *http.Request, by access.Actor, status int, form url.Values, broken []FieldError) error {
	papers, err := s.Council.List(r.Context(), by, 100)
	if err != nil {
		return err
	}
	v := papersView{Base: s.base(r, by, visitOf(r).lang.T("web.paper.list")), MayMake: access.May(by, "council.write") == nil, Errors: broken,
		From: form.Get("from"), To: form.Get("to"), CutOff: form.Get("cut-off"), Zone: s.Zone.String(), Public: form.Get("public") != ""}
	v.Path = "/papers"
	v.Table = TableView{Caption: v.L("web.paper.list"), Keys: true, Empty: EmptyView{Title: v.L("web.paper.none"), Text: v.L("web.paper.none-text")},
		Columns: []ColumnView{{Title: v.L("web.paper.number"), Main: true}, {Title: v.L("web.paper.period")}, {Title: v.L("web.paper.cut-off")}, {Title: v.L("web.paper.made")}, {Title: v.L("web.paper.files")}}}
	var marks []marking.Marking
	for _, p := range papers {
		marks = append(marks, p.Mark)
		text, class := p.Banner()
		title := p.Content.Title.In(string(v.Lang))
		v.Table.Rows = append(v.Table.Rows, RowView{ID: p.ID, Cells: []CellView{
			{Body: paperName("/papers/"+p.ID, p.Number+" · "+title, text, class)}, {Text: v.Lang.DateRange(p.Content.From.Date(), (p.Content.To - 1).Date())}, {Text: s.moment(v.Lang, p.CutOff)},
			{Text: s.moment(v.Lang, p.MadeAt), Sub: p.Content.Maker}, {Body: paperFiles(s.files(p))}}})
	}
	v.banner(marks...)
	if v.MayMake {
		s.paperForm(&v, by, form)
	}
	s.dropFlash(w, r)
	return s.render(w, r, status, papersPageView(v))
}

// files gives the printed forms of a paper, one for each language.
func (s *Server) files(p council.Paper) (out []Link) {
	for _, l := range s.Languages {
		out = append(out, Link{"PDF " + strings.ToUpper(string(l)), "/papers/" + p.ID + "/paper.pdf?lang=" + string(l)})
	}
	return out
}

// paperForm offers usual periods and readers.
func (s *Server) paperForm(v *papersView, by access.Actor, form url.Values) {
	now := s.Now().In(s.Zone)
	period := func(key string, from, to time.Time) {
		v.Periods = append(v.Periods, Link{v.L(key), "/papers?" + url.Values{"from": {from.Format(time.DateOnly)}, "to": {to.Format(time.DateOnly)}}.Encode() + "#make"})
	}
	yesterday := now.AddDate(0, 0, -1)
	month := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	quarter := time.Date(now.Year(), (now.Month()-1)/3*3+1, 1, 0, 0, 0, 0, time.UTC)
	period("web.paper.period-year", yesterday.AddDate(-1, 0, 1), yesterday)
	period("web.paper.period-month", month.AddDate(0, -1, 0), month.AddDate(0, 0, -1))
	period("web.paper.period-quarter", quarter.AddDate(0, -3, 0), quarter.AddDate(0, 0, -1))
	period("web.paper.period-calendar", time.Date(now.Year()-1, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(now.Year()-1, 12, 31, 0, 0, 0, 0, time.UTC))
	v.TLPs = []OptionView{{Value: "", Text: v.L("web.paper.tlp-mine", by.Clearance.TLP.String())}}
	for _, t := range []marking.TLP{marking.TLPAmberStrict, marking.TLPAmber, marking.TLPGreen, marking.TLPClear} {
		if t < by.Clearance.TLP {
			v.TLPs = append(v.TLPs, OptionView{Value: t.String(), Text: t.String(), Selected: form.Get("tlp") == t.String()})
		}
	}
}

// paperMake composes a paper; what is wrong stands beside its field.
func (s *Server) paperMake(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	lang := visitOf(r).lang
	req := council.Request{Public: r.PostForm.Get("public") != ""}
	var broken []FieldError
	wrong := func(name string) { broken = append(broken, FieldError{name, lang.T("web.paper.bad-date")}) }
	day := func(name string) council.Day {
		text := strings.TrimSpace(r.PostForm.Get(name))
		t, err := time.Parse(time.DateOnly, text)
		if err != nil && text != "" {
			wrong(name)
		}
		if err != nil {
			return 0
		}
		return council.DayOf(t)
	}
	req.From, req.To = day("from"), day("to")
	if text := strings.TrimSpace(r.PostForm.Get("cut-off")); text != "" {
		t, err := time.ParseInLocation("2006-01-02T15:04", text, s.Zone)
		if err != nil {
			wrong("cut-off")
		}
		req.CutOff = t
	}
	if text := r.PostForm.Get("tlp"); text != "" {
		t, err := marking.ParseTLP(text)
		if err != nil {
			broken = append(broken, FieldError{"tlp", lang.T("marking.tlp.unknown", text)})
		}
		req.TLP = t
	}
	if len(broken) > 0 {
		return s.showPapers(w, r, by, http.StatusUnprocessableEntity, r.PostForm, broken)
	}
	p, err := s.Council.Compose(r.Context(), by, req, s.Now())
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Kind == fault.Invalid {
		for _, x := range f.Fields {
			broken = append(broken, FieldError{x.Name, lang.T(x.Key, x.Args...)})
		}
		return s.showPapers(w, r, by, http.StatusUnprocessableEntity, r.PostForm, broken)
	}
	if err != nil {
		return err
	}
	s.flash(w, Good, "web.flash.paper-made", p.Number)
	return go303(w, r, "/papers/"+p.ID)
}

// paperView is one paper as a page.
type paperView struct {
	Base
	Head  HeadView
	Files []Link
	Doc   templ.Component
}

func (s *Server) paperPage(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	p, err := s.Council.Get(r.Context(), by, r.PathValue("id"), s.Now())
	if err != nil {
		return err
	}
	lang := visitOf(r).lang
	d := s.Council.Doc(p, lang)
	d.Marking = report.Banner{} // the page carries it
	v := paperView{Base: s.base(r, by, p.Number+" · "+d.Title), Files: s.files(p), Doc: docView(d)}
	v.paperBanner(p)
	s.dropFlash(w, r)
	return s.render(w, r, http.StatusOK, paperPageView(v))
}

// paperBanner marks a page that shows what a paper holds.
func (b *Base) paperBanner(p council.Paper) {
	text, class := p.Banner()
	b.Marking = Banner{Text: text, Class: class}
	if p.Content.Invented {
		b.Exercise = b.L("web.paper.invented")
	}
}

// docView sets a document into a page.
func docView(d report.Doc) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error { return report.HTML(w, d) })
}

// blocksIn sets blocks into a card.
func blocksIn(lang i18n.Lang, blocks ...report.Block) templ.Component {
	words := council.Words(lang)
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error { return report.Fragment(w, words, blocks...) })
}

// paperFile sends the paper as PDF.
func (s *Server) paperFile(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	lang := visitOf(r).lang
	if l := i18n.Lang(r.URL.Query().Get("lang")); slices.Contains(s.Languages, l) {
		lang = l
	}
	p, err := s.Council.Get(r.Context(), by, r.PathValue("id"), s.Now())
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := report.PDF(&b, s.Council.Doc(p, lang)); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/pdf")
	h.Set("Content-Disposition", `inline; filename="`+p.Number+`-`+string(lang)+`.pdf"`)
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(b.Len()))
	_, err = b.WriteTo(w)
	return ignoreGone(err)
}

// figurePage opens one figure of a paper: what it is and what stands behind it.
func (s *Server) figurePage(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil {
		return fault.New(fault.NotFound, "council.figure.not-found")
	}
	page, _ := strconv.Atoi(r.URL.Query().Get("page"))
	lang := visitOf(r).lang
	by.Lang = string(lang)
	e, err := s.Council.Evidence(r.Context(), by, r.PathValue("id"), n, page, r.URL.Query().Get("year") == "before", s.Now())
	if err != nil {
		return err
	}
	p, f := e.Paper, e.Figure
	v := figureView{Base: s.base(r, by, p.Item(f, lang)), Evidence: e}
	v.paperBanner(p)
	v.Head = HeadView{Title: v.Title, Trail: []Link{{v.L("web.paper.list"), "/papers"}, {p.Number, "/papers/" + p.ID}, {v.L("web.paper.figure", n), ""}}}
	v.Number = FigureView{Label: v.L("council.def." + string(f.Def)), Value: p.Value(f, lang), Interval: p.Interval(f, lang),
		Note: lang.DateRange(p.Content.From.Date(), (p.Content.To - 1).Date())}
	v.facts(s, p, f)
	v.state()
	v.records(s)
	return s.render(w, r, http.StatusOK, figurePageView(v))
}

// figureView is the evidence of one figure.
type figureView struct {
	Base
	council.Evidence
	Head   HeadView
	Number FigureView
	Facts  []DefinitionView
	States []FlashView
	Tabs   []Link // this period, the year before; the current one has no address
	Table  TableView
	Pages  PageView
}

func (v *figureView) facts(s *Server, p council.Paper, f council.Figure) {
	add := func(key, value string) {
		if value != "" {
			v.Facts = append(v.Facts, DefinitionView{Term: v.L(key), Value: value})
		}
	}
	l := v.Lang
	add("web.paper.definition", v.L("council.define."+string(f.Def)))
	q := f.Query
	days := func(w council.Window) string {
		if w.To == 0 {
			return ""
		}
		return l.DateRange(w.From.Date(), (w.To - 1).Date())
	}
	add("web.paper.days", days(q.Window))
	add("web.paper.known", s.moment(l, p.CutOff))
	add("web.paper.readers", v.L("council.fact.clearance-value", p.Content.Clearance.TLP.String()))
	if len(q.Window.Units) > 0 {
		var units []string
		for _, u := range q.Window.Units {
			units = append(units, v.L("council.unit."+u))
		}
		add("web.paper.units", l.List(units...))
	}
	if q.Window.By != "" {
		add("web.paper.narrowed", v.L("web.paper.by."+string(q.Window.By))+": "+p.Item(f, l))
	}
	if q.Regime != "" {
		regime, stage := p.StageNames(f, string(l))
		add("web.paper.stage", stage+" · "+regime)
	}
	if f.Hidden {
		add("web.paper.value", v.L("web.paper.hidden", stat.SmallNumber))
		return
	}
	switch f.Def {
	case council.Rate:
		add("web.paper.numerator", l.Number(int64(f.Count)))
		add("web.paper.denominator", v.L("web.paper.institution-years", l.Decimal(float64(f.Of), 1)))
	case council.Punctual, council.Unverified:
		add("web.paper.numerator", v.L("web.paper.stages", f.Count, f.Late, f.Owed, f.Open))
		add("web.paper.denominator", v.L("web.paper.judged", int(f.Of)))
	case council.Reported, council.Silent:
		add("web.paper.denominator", v.L("web.paper.listed", int(f.Of)))
	default:
		add("web.paper.numerator", l.Number(int64(f.Count)))
	}
	if f.HashBefore != "" {
		add("web.paper.before", v.L("web.paper.before-value", f.Before, days(q.Prior)))
		add("web.paper.ratio", p.Ratio(f, l))
		add("web.paper.verdict", v.L("web.paper.verdict."+verdictWord(f.Verdict)))
		if f.Phi > 1 {
			add("web.paper.phi", l.Decimal(float64(f.Phi), 2))
		}
		if d := float64(f.Detect); d > 1 && d < 100 {
			add("web.paper.detect", l.Percent(d-1, 0))
		}
	}
	add("web.paper.complete", v.L("web.paper.complete-value", f.Known, f.All))
	add("web.paper.source", v.L("web.paper.source."+string(q.Set)))
	v.Facts = append(v.Facts, DefinitionView{Term: v.L("web.paper.hash"), Body: codeText(f.Hash)})
}

func verdictWord(v stat.Verdict) string {
	switch v {
	case stat.Increased:
		return "increased"
	case stat.Decreased:
		return "decreased"
	case stat.NoDetectable:
		return "none"
	case stat.Unknown:
	}
	return "unknown"
}

// state says whether the figure still stands.
func (v *figureView) state() {
	add := func(tone Tone, title, text string) {
		v.States = append(v.States, FlashView{Tone: tone, Title: title, Text: text})
	}
	switch {
	case v.Figure.Hidden:
	case v.Altered:
		add(Bad, v.L("web.paper.altered"), v.L("web.paper.altered-text"))
	case v.Full && v.Revised:
		add(Warn, v.L("web.paper.revised"), v.L("web.paper.revised-text", v.Today))
	case v.Full && !v.Before:
		add(Good, v.L("web.paper.stands"), v.L("web.paper.stands-text"))
	}
}

// records lists what stands behind the figure.
func (v *figureView) records(s *Server) {
	base := "/papers/" + v.Paper.ID + "/figures/" + strconv.Itoa(v.Figure.N)
	if v.Figure.HashBefore != "" {
		now, before := Link{v.L("web.paper.this-period"), base}, Link{v.L("web.paper.year-before"), base + "?year=before"}
		if v.Before {
			before.Href = ""
		} else {
			now.Href = ""
		}
		v.Tabs = []Link{now, before}
	}
	empty := EmptyView{Title: v.L("web.paper.no-records"), Text: v.L("web.paper.no-records-text")}
	if v.Figure.Hidden {
		empty.Text = v.L("web.paper.hidden", stat.SmallNumber)
	}
	if v.Figure.Query.Set == council.OfMembers {
		v.Table = TableView{Caption: v.L("web.paper.records"), Keys: true, Empty: empty, Columns: []ColumnView{{Title: v.L("web.paper.institution"), Main: true}}}
		for _, m := range v.Members {
			v.Table.Rows = append(v.Table.Rows, RowView{ID: m.ID, Cells: []CellView{{Text: m.Title, Href: "/institutions/" + m.ID}}})
		}
	} else {
		v.Table = s.lineTable(v.Base, v.L("web.paper.records"), v.Lines)
		v.Table.Empty = empty
	}
	q := url.Values{}
	if v.Before {
		q.Set("year", "before")
	}
	v.Pages = pagesOf(v.Base, base, q, v.Page, v.More, len(v.Table.Rows))
}

// lineTable lists incidents behind a number.
func (s *Server) lineTable(b Base, caption string, lines []council.Line) TableView {
	t := TableView{Caption: caption, Keys: true, Columns: []ColumnView{{Title: b.L("web.paper.incident"), Main: true}, {Title: b.L("web.paper.institution")}, {Title: b.L("web.paper.reported-at")}}}
	for _, x := range lines {
		t.Rows = append(t.Rows, RowView{ID: x.ID, Cells: []CellView{{Text: x.Number, Href: "/incidents/" + x.ID, Sub: x.Title}, {Text: x.Name}, {Text: s.moment(b.Lang, x.At)}}})
	}
	return t
}

// pagesOf leads through pages counted from 0.
func pagesOf(b Base, base string, q url.Values, page int, more bool, rows int) (p PageView) {
	at := func(n int) string {
		q := cloneQuery(q)
		if n > 0 {
			q.Set("page", strconv.Itoa(n))
		}
		if len(q) == 0 {
			return base
		}
		return base + "?" + q.Encode()
	}
	if rows > 0 {
		first := page*council.PageSize + 1
		p.Shown = b.Lang.Number(int64(first)) + "–" + b.Lang.Number(int64(first+rows-1))
	}
	if page > 0 {
		p.Prev = at(page - 1)
	}
	if more {
		p.Next = at(page + 1)
	}
	return p
}

func cloneQuery(q url.Values) url.Values {
	out := url.Values{}
	for k, v := range q {
		out[k] = slices.Clone(v)
	}
	return out
}
