package web

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"kulla.dev/internal/access"
	"kulla.dev/internal/council"
	"kulla.dev/internal/i18n"
	"kulla.dev/internal/marking"
	"kulla.dev/internal/report"
	"kulla.dev/internal/stat"
)

// situationView is the first page of the desk.
type situationView struct {
	Base
	council.Situation
	MayMake  bool
	Said     templ.Component // the judgement
	Quantity templ.Component
	Unusual  []Link // weeks above their range
	Heat     HeatView
	Figures  []FigureView
	Due      []dueView
	DueNote  string
	All      Link
	Fresh    TableView
	Counts   []FigureView
	SinceTxt string
}

// dueView is one clock of the list.
type dueView struct {
	Link  Link
	Name  string
	Stage string
	Clock ClockView
}

// situationPage is "/": the situation for those who read it, for others the
// first place they may go.
func (s *Server) situationPage(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	if s.Council == nil || access.May(by, "situation.read") != nil {
		return s.home(w, r, by)
	}
	now := s.Now()
	st, err := s.Council.Situation(r.Context(), by, now)
	if err != nil {
		return err
	}
	lang := visitOf(r).lang
	v := situationView{Base: s.base(r, by, lang.T("web.situation.title", lang.Week(now.In(s.Zone), now.In(s.Zone)))), Situation: st, MayMake: access.May(by, "council.write") == nil}
	if st.Mark.TLP != 0 {
		v.banner(st.Mark)
	}
	if len(s.Demo) > 0 {
		v.Exercise = v.L("web.paper.invented")
	}
	v.judge(s)
	v.quantity()
	v.where(s)
	v.numbers()
	v.clocks(s, now)
	v.news(s)
	s.dropFlash(w, r)
	return s.render(w, r, http.StatusOK, situationPageView(v))
}

// situationSeen begins "what changed" anew.
func (s *Server) situationSeen(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	if err := s.Council.Seen(r.Context(), by, s.Now()); err != nil {
		return err
	}
	s.flash(w, Good, "web.flash.situation-seen")
	return go303(w, r, "/")
}

// recordsHref leads to the incidents behind a number of the page.
func recordsHref(w council.Window, sector string) string {
	q := url.Values{"from": {w.From.Date().Format(time.DateOnly)}, "to": {(w.To - 1).Date().Format(time.DateOnly)}}
	if sector != "" {
		q.Set("sector", sector)
	}
	return "/situation/records?" + q.Encode()
}

// judge says what the checks allow, with what the last whole week was.
func (v *situationView) judge(s *Server) {
	var p council.Paper
	text := p.Claims(v.Judgement(), v.Lang, s.Zone, func(f council.Figure) string { return recordsHref(f.Query.Window, "") })
	last := v.Last()
	week := council.Window{From: last.Monday, To: last.Monday + 7}
	if key := weekKey(last.Verdict); key != "" {
		text = append(text, report.Span{Text: " "})
		text = append(text, report.Compose(v.L("web.situation.week."+key, "{1}", "{2}"), report.Ref(v.Lang.Number(int64(last.N)), recordsHref(week, "")),
			report.Span{Text: v.Lang.Range(float64(last.Low), float64(last.High), 0)})...)
	}
	basis := v.L("web.situation.basis", v.Lang.DateRange(v.Year.Query.Window.From.Date(), (v.Year.Query.Window.To-1).Date()), v.Lang.Clock(v.Now))
	v.Said = blocksIn(v.Lang, report.Judgement{Text: text, Basis: basis})
}

func weekKey(w council.WeekVerdict) string {
	switch w {
	case council.WeekAbove:
		return "above"
	case council.WeekBelow:
		return "below"
	case council.WeekWithin:
		return "within"
	case council.WeekUnknown:
	}
	return ""
}

// quantity draws the weeks with their expected range.
func (v *situationView) quantity() {
	plot := report.Lines{Open: 1, Band: &report.Band{Name: v.L("web.situation.band")}}
	var values []float64
	month := 0
	for i, w := range v.Weeks {
		day := w.Monday.Date()
		values = append(values, float64(w.N))
		plot.Labels = append(plot.Labels, v.Lang.Week(day, time.Time{}))
		low, high := float64(w.Low), float64(w.High)
		if math.IsNaN(w.Mean) {
			low, high = math.NaN(), math.NaN()
		}
		plot.Band.Low, plot.Band.Mid, plot.Band.High = append(plot.Band.Low, low), append(plot.Band.Mid, w.Mean), append(plot.Band.High, high)
		if m := int(day.Month()); m != month && (m-1)%3 == 0 && i < len(v.Weeks)-3 {
			text := v.L("i18n.mon." + strconv.Itoa(m))
			if m == 1 || len(plot.Ticks) == 0 {
				text += " " + strconv.Itoa(day.Year())
			}
			plot.Ticks = append(plot.Ticks, report.Tick{At: i, Text: text})
		}
		month = int(day.Month())
		if w.Verdict == council.WeekAbove {
			plot.Marks = append(plot.Marks, report.Mark{At: i, Tone: report.Bad})
			v.Unusual = append(v.Unusual, Link{v.Lang.Week(day, v.Now) + ": " + v.Lang.Number(int64(w.N)), recordsHref(council.Window{From: w.Monday, To: w.Monday + 7}, "")})
		}
	}
	if len(v.Unusual) > 6 {
		v.Unusual = v.Unusual[len(v.Unusual)-6:]
	}
	plot.Series = []report.Series{{Name: v.L("web.situation.incidents"), Values: values}}
	desc := v.L("web.situation.quantity-desc", len(plot.Marks), council.SituationWeeks-1)
	v.Quantity = blocksIn(v.Lang, report.Chart{Title: v.L("web.situation.quantity-title"), Unit: v.L("web.situation.quantity-unit"), Desc: desc, Plot: plot,
		Note: report.Plain(v.L("web.situation.quantity-note"))})
}

// where fills the heat strip: sectors by week.
func (v *situationView) where(s *Server) {
	most := 1
	for _, r := range v.Situation.Heat {
		for _, n := range r.N {
			most = max(most, n)
		}
	}
	level := func(n int) int {
		if n == 0 {
			return 0
		}
		return min(5, 1+int(4*math.Log(float64(n))/math.Log(float64(max(most, 3)))+0.001))
	}
	h := HeatView{Caption: v.L("web.situation.where-caption")}
	weeks := v.Weeks[v.First:]
	for _, w := range weeks {
		_, n := w.Monday.Date().ISOWeek()
		h.Columns = append(h.Columns, strconv.Itoa(n))
	}
	for _, r := range v.Situation.Heat {
		row := HeatRow{Title: s.heatSector(r.Sector, v.Base), Href: recordsHref(council.Window{From: weeks[0].Monday, To: weeks[len(weeks)-1].Monday + 7}, r.Sector)}
		for i, n := range r.N {
			c := HeatCell{Level: level(n), Title: v.L("web.situation.cell", row.Title, v.Lang.Week(weeks[i].Monday.Date(), v.Now), n)}
			if n > 0 {
				c.Text = v.Lang.Number(int64(n))
				c.Href = recordsHref(council.Window{From: weeks[i].Monday, To: weeks[i].Monday + 7}, r.Sector)
			}
			row.Cells = append(row.Cells, c)
		}
		h.Rows = append(h.Rows, row)
	}
	v.Heat = h
}

func (s *Server) heatSector(id string, b Base) string {
	switch id {
	case council.Unknown:
		return b.L("council.word.unknown")
	case council.Other:
		return b.L("council.word.other")
	}
	return s.sectorName(b.Lang, id)
}

// numbers are this week and the last against what was expected, and who
// reports.
func (v *situationView) numbers() {
	week := func(key string, w council.Week) FigureView {
		f := FigureView{Label: v.L(key), Value: v.Lang.Number(int64(w.N)), Href: recordsHref(council.Window{From: w.Monday, To: w.Monday + 7}, ""), Note: v.Lang.DateRange(w.Monday.Date(), (w.Monday + 6).Date())}
		if !math.IsNaN(w.Mean) {
			f.Interval = v.L("web.situation.expected", v.Lang.Range(float64(w.Low), float64(w.High), 0))
		}
		if w.Verdict == council.WeekAbove {
			f.Tone, f.Interval = Bad, f.Interval+" · "+v.L("web.situation.above")
		}
		return f
	}
	v.Figures = []FigureView{week("web.situation.this-week", v.This()), week("web.situation.last-week", v.Last())}
	f := FigureView{Label: v.L("web.situation.reporting"), Value: v.Lang.Number(int64(v.Reported)), Note: v.L("web.situation.reporting-note", v.Listed, council.ReportingDays)}
	if p, err := stat.Proportions(v.Reported, max(v.Listed, 1), council.Confidence); err == nil && v.Listed > 0 {
		f.Interval = v.Lang.Percent(p.Value, 0)
	}
	v.Figures = append(v.Figures, f)
	if v.MayOpen {
		v.Figures = append(v.Figures, FigureView{Label: v.L("web.situation.open"), Value: s1000(v.Lang, v.Load.Open), Href: "/incidents", Note: v.L("web.situation.open-note", s1000(v.Lang, v.Load.Own))})
	}
}

// s1000 writes a number that is not counted beyond the limit.
func s1000(l i18n.Lang, n int) string {
	if n >= council.LoadLimit {
		return l.Number(int64(n)) + "+"
	}
	return l.Number(int64(n))
}

// clocks lists what the law needs next.
func (v *situationView) clocks(s *Server, now time.Time) {
	for _, c := range v.Situation.Clocks {
		d := dueView{Link: Link{c.Number, "/incidents/" + c.Incident}, Name: c.Name, Stage: s.stageName(c.Regime, c.Stage, v.Lang)}
		d.Clock = ClockView{Text: v.Lang.Due(c.Due, now), Started: c.Began, Deadline: c.Due, Used: 1, Tone: Info}
		if whole := c.Due.Sub(c.Began); whole > 0 {
			d.Clock.Used = float64(now.Sub(c.Began)) / float64(whole)
		}
		left := c.Due.Sub(now)
		switch {
		case left < 0 && c.Binding:
			d.Clock.Tone = Bad
		case left < 12*time.Hour:
			d.Clock.Tone = Warn
		}
		if !c.Binding {
			d.Stage += " · " + v.L("council.word.unverified")
		}
		if c.Own {
			d.Stage += " · " + v.L("web.situation.own")
		}
		v.Due = append(v.Due, d)
	}
	if v.Load.Overdue > 0 {
		v.All = Link{v.L("web.situation.overdue", s1000(v.Lang, v.Load.Overdue)), "/incidents?show=overdue"}
	} else if v.MayOpen {
		v.All = Link{v.L("web.situation.all-clocks"), "/incidents"}
	}
}

func (s *Server) stageName(regime, stage string, lang i18n.Lang) string {
	stage, _, _ = strings.Cut(stage, "#")
	for _, r := range s.Pack.Regimes {
		if r.ID != regime {
			continue
		}
		short := r.Short.In(string(lang))
		if short == "" {
			short = r.Title.In(string(lang))
		}
		for _, x := range r.Stages {
			if x.ID == stage {
				return x.Title.In(string(lang)) + " · " + short
			}
		}
		for _, x := range r.Duties {
			if x.ID == stage {
				return x.Title.In(string(lang)) + " · " + short
			}
		}
	}
	return lang.T("web.situation.question")
}

// news says what changed since the reader last looked.
func (v *situationView) news(s *Server) {
	v.SinceTxt = v.L("web.situation.since", s.moment(v.Lang, v.Since))
	n := v.News
	v.Counts = []FigureView{{Label: v.L("web.situation.new"), Value: s1000(v.Lang, n.New)}, {Label: v.L("web.situation.handed-in"), Value: s1000(v.Lang, n.Submissions)},
		{Label: v.L("web.situation.messages"), Value: s1000(v.Lang, n.Messages)}, {Label: v.L("web.situation.ran-out"), Value: s1000(v.Lang, n.Overdue)}}
	if n.Overdue > 0 {
		v.Counts[3].Tone, v.Counts[3].Href = Bad, "/incidents?show=overdue"
	}
	v.Fresh = TableView{Caption: v.L("web.situation.new-list"), Keys: true, Columns: []ColumnView{{Title: v.L("web.paper.incident"), Main: true}, {Title: v.L("web.paper.institution")}, {Title: v.L("web.paper.reported-at")}},
		Empty: EmptyView{Title: v.L("web.situation.nothing-new")}}
	for _, x := range n.Incidents {
		v.Fresh.Rows = append(v.Fresh.Rows, RowView{ID: x.ID, Cells: []CellView{{Text: x.Number, Href: "/incidents/" + x.ID, Sub: x.Title}, {Text: x.Name}, {Text: v.Lang.Moment(x.At.In(s.Zone), v.Now)}}})
	}
}

// recordsView lists the incidents behind a number of the situation.
type recordsView struct {
	Base
	Head  HeadView
	Table TableView
	Pages PageView
}

// situationRecords opens a number of the situation.
func (s *Server) situationRecords(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	q := r.URL.Query()
	lang := visitOf(r).lang
	from, err1 := time.Parse(time.DateOnly, q.Get("from"))
	to, err2 := time.Parse(time.DateOnly, q.Get("to"))
	if err1 != nil || err2 != nil {
		return s.nowhere(w, r, by)
	}
	win := council.Window{From: council.DayOf(from), To: council.DayOf(to) + 1, Units: council.Incidents()}
	title := lang.T("web.situation.records", lang.DateRange(from, to))
	page, _ := strconv.Atoi(q.Get("page"))
	v := recordsView{Base: s.base(r, by, title)}
	if sector := q.Get("sector"); sector != "" {
		win = s.Council.SectorWindow(win, sector)
		v.Title = fmt.Sprintf("%s · %s", s.heatSector(sector, v.Base), title)
	}
	lines, more, err := s.Council.Records(r.Context(), by, win, page)
	if err != nil {
		return err
	}
	v.banner(marking.Of(marking.TLPAmberStrict)) // a list of incidents, as /incidents
	if len(s.Demo) > 0 {
		v.Exercise = v.L("web.paper.invented")
	}
	v.Head = HeadView{Title: v.Title, Trail: []Link{{v.L("web.nav.situation"), "/"}}}
	v.Table = s.lineTable(v.Base, v.Title, lines)
	v.Table.Empty = EmptyView{Title: v.L("web.paper.no-records"), Text: v.L("web.paper.no-records-text")}
	q.Del("page")
	v.Pages = pagesOf(v.Base, "/situation/records", q, max(0, page), more, len(lines))
	return s.render(w, r, http.StatusOK, recordsPageView(v))
}
