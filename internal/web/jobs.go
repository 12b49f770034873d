package web

import (
	"net/http"
	"strings"

	"kulla.dev/internal/access"
	"kulla.dev/internal/audit"
	"kulla.dev/internal/db"
	"kulla.dev/internal/jobs"
)

// jobList shows what is due, what waits and what gave up. Arguments of jobs
// are content and are not shown.
func (s *Server) jobList(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	now := s.Now()
	var counts jobs.Counts
	lists := map[jobs.State][]jobs.Job{}
	err := s.DB.Read(r.Context(), func(tx *db.Tx) (err error) {
		if counts, err = jobs.Count(tx, now); err != nil {
			return err
		}
		for st, most := range map[jobs.State]int{jobs.Failed: 50, jobs.Ready: 25, jobs.Done: 10} {
			if lists[st], err = jobs.List(tx, st, most); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	v := s.board(r, by, visitOf(r).lang.T("web.desk.jobs.title"))
	v.Lead = v.L("web.desk.jobs.lead")
	v.banner(inHouse())
	due := FigureView{Label: v.L("web.desk.jobs.due"), Value: v.Lang.Number(counts.Due)}
	if !counts.Oldest.IsZero() {
		due.Note = v.L("web.desk.jobs.oldest", now.Sub(counts.Oldest))
		if counts.Due > 0 && now.Sub(counts.Oldest) > 5*60e9 {
			due.Tone = Bad
		}
	}
	failed := FigureView{Label: v.L("web.desk.jobs.failed"), Value: v.Lang.Number(counts.Failed)}
	if counts.Failed > 0 {
		failed.Tone = Bad
	}
	v.Blocks = []blockView{{Card: CardView{Title: v.L("web.desk.jobs.now")}, Figures: []FigureView{due, {Label: v.L("web.desk.jobs.waiting"), Value: v.Lang.Number(counts.Waiting)}, failed}}}
	for _, part := range []struct {
		state       jobs.State
		title, none string
		tone        Tone
	}{
		{jobs.Failed, v.L("web.desk.jobs.failed-title"), v.L("web.desk.jobs.failed-none"), Bad},
		{jobs.Ready, v.L("web.desk.jobs.ready-title"), v.L("web.desk.jobs.ready-none"), Neutral},
		{jobs.Done, v.L("web.desk.jobs.done-title"), v.L("web.desk.jobs.done-none"), Neutral},
	} {
		b := blockView{Card: CardView{ID: "jobs-" + string(part.state), Title: part.title}, Lead: part.none}
		if len(lists[part.state]) > 0 {
			b.Card.Tone, b.Lead, b.Table = part.tone, "", s.jobTable(v.Base, by, part.state, lists[part.state])
			b.Table.Caption = part.title
		}
		v.Blocks = append(v.Blocks, b)
	}
	return s.show(w, r, http.StatusOK, v)
}

func (s *Server) jobTable(b Base, by access.Actor, state jobs.State, list []jobs.Job) TableView {
	when := b.L("web.desk.jobs.at")
	if state == jobs.Done {
		when = b.L("web.desk.jobs.ended")
	}
	t := TableView{Columns: []ColumnView{{Title: b.L("web.desk.jobs.kind"), Main: true, Mono: true}, {Title: when}, {Title: b.L("web.desk.jobs.attempts"), Num: true}, {Title: b.L("web.desk.jobs.error")}}}
	run := access.May(by, "jobs.run") == nil && state != jobs.Done
	if run {
		t.Columns = append(t.Columns, ColumnView{Title: b.L("web.desk.jobs.act")})
	}
	for _, j := range list {
		at := j.Due
		if state == jobs.Done {
			at = j.Done
		}
		row := RowView{ID: "job-" + j.ID, Cells: []CellView{{Text: j.Kind}, {Text: s.when(b.Lang, at)}, {Text: b.Lang.Number(int64(j.Attempts))}, {Text: orElse(shortLine(j.Error), "–"), Sub: j.LeasedBy}}}
		if state == jobs.Done {
			row.Cells[3].Sub = ""
		}
		if run {
			row.Cells = append(row.Cells, CellView{Body: revokeButton("/jobs/"+j.ID+"/retry", b.L("web.desk.jobs.retry"))})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// shortLine is the first line of an error, cut to what a list holds.
func shortLine(text string) string {
	text, _, _ = strings.Cut(text, "\n")
	if r := []rune(text); len(r) > 160 {
		return string(r[:160]) + "…"
	}
	return text
}

// jobRetry makes a job due now. The ledger of jobs knows no actors: it is
// asked and recorded here.
func (s *Server) jobRetry(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	if err := access.May(by, "jobs.run"); err != nil {
		return err
	}
	id := r.PathValue("id")
	err := s.DB.Tx(r.Context(), func(tx *db.Tx) error {
		if err := jobs.Retry(tx, id, s.Now()); err != nil {
			return err
		}
		return s.Audit.Record(tx, by, audit.Entry{Verb: "jobs.retry", Object: "job", ObjectID: id}, s.Now())
	})
	if err != nil {
		return err
	}
	s.flash(w, Good, "web.desk.flash.retried")
	return go303(w, r, "/jobs")
}
