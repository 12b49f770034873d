package web

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/db"
	"kulla.dev/internal/i18n"
	"kulla.dev/internal/incident"
	"kulla.dev/internal/marking"
	"kulla.dev/internal/regime"
	"kulla.dev/internal/registry"
)

// listView is the triage list: sorted by what the law needs next.
type listView struct {
	Base
	Head    HeadView
	Tabs    []tabView
	Filter  FilterView
	Table   TableView
	Page    PageView
	Actions []ButtonView
	Keys    []KeyView
}

// tabView is one standing choice over a list, with its count.
type tabView struct {
	Text    string
	Count   string
	Href    string
	Current bool
	Urgent  bool
}

// incidentList is the list the duty officer works from, and an institution's
// own incidents for its people.
func (s *Server) incidentList(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	p := r.URL.Query()
	q := incident.Query{Sector: p.Get("sector"), Status: incident.Status(p.Get("status")), Unit: incident.Unit(p.Get("unit")), Text: p.Get("q"),
		Institution: p.Get("institution"), After: p.Get("after"), Exercise: by.Exercise || p.Get("exercise") != ""}
	switch p.Get("show") {
	case "mine":
		q.Mine = true
	case "unassigned":
		q.Unassigned = true
	case "overdue":
		q.Overdue = true
	case "ended":
		q.Ended = true
	}
	now := s.Now()
	page, err := s.Incident.Queue(r.Context(), by, q, now)
	if err != nil {
		return err
	}
	counts, err := s.Incident.Counts(r.Context(), by, q, now)
	if err != nil {
		return err
	}
	desk := access.ReachOf(by, "incident.read") == access.ReachDesk
	title := "web.incident.list.title"
	if !desk {
		title = "web.incident.list.mine-title"
	}
	v := listView{Base: s.base(r, by, visitOf(r).lang.T(title))}
	v.Head = HeadView{Title: v.Title, Note: v.L("web.incident.list.order")}
	v.Search = q.Text
	if q.Exercise {
		v.Exercise = v.L("web.incident.list.exercise")
	}
	// What stands on the list is at least as sensitive as its least public row.
	v.banner(marking.Of(marking.TLPAmberStrict))
	v.tabs(p, counts, desk)
	s.listFilter(&v, p)
	names, err := s.institutionNames(r.Context(), by, v.Lang, page.Rows)
	if err != nil {
		return err
	}
	s.listTable(&v, page, names, desk)
	if page.Next != "" {
		v.Page.Next = "/incidents?" + with(p, "after", page.Next)
	}
	if q.After != "" {
		v.Page.First = "/incidents?" + with(p, "after", "")
	}
	v.Page.Shown = v.L("web.incident.list.shown", len(page.Rows))
	if access.May(by, "incident.submit") == nil {
		v.Actions = append(v.Actions, ButtonView{Text: v.L("web.incident.list.report"), Href: "/report", Primary: !desk})
	}
	if access.May(by, "incident.note") == nil {
		v.Actions = append(v.Actions, ButtonView{Text: v.L("web.incident.list.hand-over"), Href: "/incidents/hand-over"})
	}
	v.Keys = []KeyView{{[]string{"j"}, v.L("web.keys.next")}, {[]string{"k"}, v.L("web.keys.previous")}, {[]string{"/"}, v.L("web.keys.search")}, {[]string{"?"}, v.L("web.keys.help")}}
	s.dropFlash(w, r)
	return s.render(w, r, http.StatusOK, listPageView(v))
}

// with gives the query with one parameter changed and the page started anew.
func with(p url.Values, name, value string) string {
	out := cloneValues(p)
	out.Del("after")
	if value == "" {
		out.Del(name)
	} else {
		out.Set(name, value)
	}
	return out.Encode()
}

// atLeast writes a count, which is not counted beyond a limit.
func atLeast(lang i18n.Lang, n int) string {
	if n >= incident.CountLimit {
		return lang.T("web.incident.list.at-least", incident.CountLimit)
	}
	return lang.Number(int64(n))
}

func (v *listView) tabs(p url.Values, c incident.Counts, desk bool) {
	show := p.Get("show")
	add := func(name string, n int, counted, urgent bool) {
		t := tabView{Text: v.L("web.incident.list.tab." + name), Current: show == name || show == "" && name == "open", Urgent: urgent && n > 0}
		if counted {
			t.Count = atLeast(v.Lang, n)
		}
		value := name
		if name == "open" {
			value = ""
		}
		t.Href = "/incidents?" + with(p, "show", value)
		v.Tabs = append(v.Tabs, t)
	}
	add("open", c.Open, true, false)
	if desk {
		add("mine", c.Mine, true, false)
		add("unassigned", c.Unassigned, true, true)
	}
	add("overdue", c.Overdue, true, true)
	add("ended", 0, false, false)
	if c.Own > 0 && desk {
		v.Head.Chips = append(v.Head.Chips, ChipView{Text: v.L("web.incident.list.own", atLeast(v.Lang, c.Own)), Tone: Warn})
	}
	if c.DueToday > 0 {
		v.Head.Chips = append(v.Head.Chips, ChipView{Text: v.L("web.incident.list.today", atLeast(v.Lang, c.DueToday)), Tone: Info})
	}
}

func (s *Server) listFilter(v *listView, p url.Values) {
	f := FilterView{Action: "/incidents", Label: v.L("web.incident.list.filter"), Search: FieldView{Name: "q", Label: v.L("web.incident.list.search"), Value: p.Get("q")}}
	any := OptionView{Text: v.L("web.incident.list.any")}
	sectors, statuses, units := []OptionView{any}, []OptionView{any}, []OptionView{any}
	for _, x := range s.Pack.Sectors {
		if x.Parent == "" {
			sectors = append(sectors, OptionView{Value: x.ID, Text: x.Title.In(string(v.Lang)), Selected: p.Get("sector") == x.ID})
		}
	}
	for _, x := range incident.Statuses() {
		if x.Ended() == (p.Get("show") == "ended") {
			statuses = append(statuses, OptionView{Value: string(x), Text: v.L("web.incident.status." + string(x)), Selected: p.Get("status") == string(x)})
		}
	}
	for _, x := range incident.Units() {
		units = append(units, OptionView{Value: string(x), Text: v.L("web.incident.unit-of." + string(x)), Selected: p.Get("unit") == string(x)})
	}
	f.Selects = []FilterSelect{{"sector", v.L("web.incident.sector"), sectors}, {"status", v.L("web.incident.status"), statuses}, {"unit", v.L("web.incident.unit"), units}}
	for _, sel := range f.Selects {
		for _, o := range sel.Options {
			if o.Selected && o.Value != "" {
				f.Active = append(f.Active, Link{sel.Label + ": " + o.Text, "/incidents?" + with(p, sel.Name, "")})
			}
		}
	}
	if q := p.Get("q"); q != "" {
		f.Active = append(f.Active, Link{v.L("web.incident.list.search") + ": " + q, "/incidents?" + with(p, "q", "")})
	}
	if len(f.Active) > 0 {
		f.Clear = "/incidents"
		if show := p.Get("show"); show != "" {
			f.Clear += "?show=" + queryEscape(show)
		}
	}
	v.Filter = f
}

// institutionNames names the institutions of a list in the page's language.
func (s *Server) institutionNames(ctx context.Context, by access.Actor, lang i18n.Lang, rows []incident.Row) (names map[registry.ID]string, err error) {
	var ids []registry.ID
	for _, x := range rows {
		if id := registry.ID(x.Institution); id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		names, err = s.Registry.Names(tx, by, string(lang), ids...)
		return err
	})
	return names, err
}

func (s *Server) listTable(v *listView, page incident.Page, names map[registry.ID]string, desk bool) {
	t := TableView{Caption: v.L("web.incident.list.caption"), Keys: true, Columns: []ColumnView{
		{Title: v.L("web.incident.number"), Main: true}, {Title: v.L("web.incident.what")}, {Title: v.L("web.incident.next")}, {Title: v.L("web.incident.severity"), Hide: true}, {Title: v.L("web.incident.status")}},
		Empty: EmptyView{Title: v.L("web.incident.list.empty"), Text: v.L("web.incident.list.empty-text")}}
	if desk {
		t.Columns = append(t.Columns, ColumnView{Title: v.L("web.incident.assignee")})
	} else {
		t.Empty = EmptyView{Title: v.L("web.incident.list.none-mine"), Text: v.L("web.incident.list.none-mine-text"), Action: Link{v.L("web.incident.list.report"), "/report"}}
	}
	for _, x := range page.Rows {
		sub := cmp.Or(names[registry.ID(x.Institution)], x.Name)
		kind := s.sectorName(v.Lang, x.Sector)
		if x.Kind != regime.Significant && x.Kind != "" {
			kind = strings.Join(nonEmpty(v.L(kindKey(x.Kind)), kind), " · ")
		}
		row := RowView{ID: x.Number, Cells: []CellView{
			{Text: x.Number, Href: "/incidents/" + string(x.ID), Sub: sub}, {Text: x.Title, Sub: kind}, s.nextCell(v, x), {Body: Severity(s.bandView(v.Lang, x.Band))},
			{Body: Chip(statusChip(v.Lang, x.Status))}}}
		if !x.Overdue.IsZero() && x.Overdue.Before(v.Now) {
			row.Tone = Bad
		}
		if desk {
			name := v.L("web.incident.nobody")
			if x.Assignee != "" {
				name = page.People[x.Assignee]
			}
			row.Cells = append(row.Cells, CellView{Text: name})
		}
		t.Rows = append(t.Rows, row)
	}
	v.Table = t
}

// nextCell is what the law needs next on one incident.
func (s *Server) nextCell(v *listView, x incident.Row) CellView {
	if x.Due.IsZero() {
		return CellView{Text: v.L("web.incident.no-clock")}
	}
	stage := s.stageTitle(v.Lang, x.Regime, strings.TrimPrefix(x.Stage, "duty:"))
	if x.Own {
		stage = v.L("web.incident.own-duty", stage)
	}
	c := ClockView{Label: stage, Text: v.Lang.Due(x.Due, v.Now), Started: x.Reported, Deadline: x.Due}
	if total := x.Due.Sub(x.Reported); total > 0 {
		c.Used = float64(v.Now.Sub(x.Reported)) / float64(total)
	}
	switch left := x.Due.Sub(v.Now); {
	case left < 0:
		c.Tone, c.Used = Bad, 1
	case left < 6*time.Hour:
		c.Tone = Warn
	}
	cell, lang := CellView{Body: ClockBar(c)}, v.Lang
	if v := s.Pack.Versions(x.Regime); len(v) > 0 && !v[len(v)-1].Verification.Binding() {
		cell.Sub = strings.Join(nonEmpty(s.regimeShort(lang, x.Regime), lang.T("web.incident.unverified-short")), " · ")
	} else {
		cell.Sub = s.regimeShort(lang, x.Regime)
	}
	return cell
}
