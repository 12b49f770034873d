package web

import (
	"net/http"
	"slices"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/incident"
	"kulla.dev/internal/marking"
)

// handOverView is the page of a shift change: what runs out within a day, the
// note to the next shift, and the notes before.
type handOverView struct {
	Base
	Clocks TableView
	Late   TableView // already past
	Form   FormView
	Text   FieldView
	To     FieldView
	People []OptionView
	Notes  []handOverNote
	May    bool
}

type handOverNote struct {
	Title, Text string
	Clocks      []DefinitionView
}

func (s *Server) handOverPage(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	return s.showHandOver(w, r, by, http.StatusOK, "", nil)
}

func (s *Server) handOver(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	_, err := s.Incident.HandOver(r.Context(), by, r.PostForm.Get("to"), r.PostForm.Get("text"), s.Now())
	if fault.Is(err, fault.Invalid) {
		return s.showHandOver(w, r, by, http.StatusUnprocessableEntity, r.PostForm.Get("text"), asFault(err).Fields)
	}
	if err != nil {
		return err
	}
	s.flash(w, Good, "web.incident.flash.handed-over")
	return go303(w, r, "/incidents/hand-over")
}

func (s *Server) showHandOver(w http.ResponseWriter, r *http.Request, by access.Actor, status int, text string, broken fault.Fields) error {
	now := s.Now()
	v := handOverView{Base: s.base(r, by, visitOf(r).lang.T("web.incident.hand-over.title")), May: access.May(by, "incident.answer") == nil}
	v.banner(marking.Of(marking.TLPAmberStrict))
	clocks, err := s.Incident.OpenClocks(r.Context(), by, now.Add(24*time.Hour), 1000)
	if err != nil {
		return err
	}
	notes, err := s.Incident.Handovers(r.Context(), by, 10)
	if err != nil {
		return err
	}
	var names map[string]string
	err = s.DB.Read(r.Context(), func(tx *db.Tx) error {
		holders, err := s.Access.Holders(tx, s.Incident.Authority, access.Duty, access.Analyst)
		if err != nil {
			return err
		}
		v.People = []OptionView{{Text: v.L("web.incident.hand-over.next-shift")}}
		for _, p := range holders {
			if p.ID != by.Person {
				v.People = append(v.People, OptionView{Value: p.ID, Text: p.Name})
			}
		}
		var ids []string
		for _, n := range notes {
			for _, id := range []string{n.By, n.To} {
				if db.ValidID(id) {
					ids = append(ids, id)
				}
			}
		}
		names, err = s.Access.Names(tx, ids)
		return err
	})
	if err != nil {
		return err
	}
	past := slices.IndexFunc(clocks, func(c incident.Clock) bool { return c.Due.After(now) })
	if past < 0 {
		past = len(clocks)
	}
	late := slices.Clone(clocks[:past])
	slices.Reverse(late) // those that ran out last come first
	v.Clocks, v.Late = s.clockTable(v.Base, clocks[past:], v.L("web.incident.hand-over.clocks")), s.clockTable(v.Base, late[:min(len(late), shownLate)], v.L("web.incident.hand-over.late", len(late)))
	v.Form = FormView{ID: "hand-over", Action: "/incidents/hand-over", Guard: true}
	v.Text = FieldView{Name: "text", Label: v.L("web.incident.hand-over.text"), Hint: v.L("web.incident.hand-over.hint"), Rows: 6, Value: text, NoDraft: true, MaxLength: 20000}
	v.To = FieldView{Name: "to", Label: v.L("web.incident.hand-over.to"), NoDraft: true}
	for _, b := range broken {
		v.Form.Errors = append(v.Form.Errors, FieldError{b.Name, v.L(b.Key, b.Args...)})
		v.Text.Error = v.L(b.Key, b.Args...)
	}
	for _, n := range notes {
		to := names[n.To]
		if to == "" {
			to = v.L("web.incident.hand-over.next-shift")
		}
		x := handOverNote{Title: v.L("web.incident.hand-over.from-to", names[n.By], to, v.Lang.Moment(n.At.In(s.Zone), v.Now)), Text: n.Text}
		for _, c := range n.Clocks {
			x.Clocks = append(x.Clocks, DefinitionView{Term: c.Number, Value: s.stageTitle(v.Lang, c.Regime, c.Stage) + " · " + c.Name, Note: v.Lang.Moment(c.Due.In(s.Zone), v.Now), Why: Link{v.L("web.incident.open"), "/incidents/" + string(c.Incident)}})
		}
		v.Notes = append(v.Notes, x)
	}
	s.dropFlash(w, r)
	return s.render(w, r, status, handOverPageView(v))
}

// shownLate is how many clocks already past are listed.
const shownLate = 50

// clockTable lists running clocks in the order given.
func (s *Server) clockTable(b Base, clocks []incident.Clock, caption string) TableView {
	t := TableView{Caption: caption, Keys: true, Columns: []ColumnView{{Title: b.L("web.incident.number"), Main: true}, {Title: b.L("web.incident.what")}, {Title: b.L("web.incident.next")}},
		Empty: EmptyView{Title: b.L("web.incident.hand-over.none"), Text: b.L("web.incident.hand-over.none-text")}}
	for _, c := range clocks {
		stage := s.stageTitle(b.Lang, c.Regime, c.Stage)
		if c.Own {
			stage = b.L("web.incident.own-duty", stage)
		}
		left := c.Due.Sub(b.Now)
		bar := ClockView{Label: stage, Text: b.Lang.Due(c.Due, b.Now), Deadline: c.Due, Tone: dueTone(left), Used: 1 - float64(left)/float64(24*time.Hour)}
		row := RowView{Cells: []CellView{{Text: c.Number, Href: "/incidents/" + string(c.Incident), Sub: c.Name}, {Text: c.Title, Sub: s.regimeShort(b.Lang, c.Regime)}, {Body: ClockBar(bar)}}}
		if left < 0 {
			row.Tone = Bad
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
