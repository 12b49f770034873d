package web

import (
	"context"
	"net/http"
	"strings"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/i18n"
	"kulla.dev/internal/marking"
	"kulla.dev/internal/outbox"
)

const outboxPageSize = 50

// outboxStates are the states in the order a reader asks for them.
var outboxStates = []outbox.State{outbox.Proposed, outbox.Uncertain, outbox.Failed, outbox.Approved, outbox.Claimed, outbox.Handing, outbox.Sent, outbox.Rejected}

// outboxList shows what leaves the house: first what waits for a person, or,
// for a chosen state, the whole list.
func (s *Server) outboxList(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	state, after := outbox.State(r.URL.Query().Get("state")), r.URL.Query().Get("after")
	v := s.board(r, by, visitOf(r).lang.T("web.desk.outbox.title"))
	v.Lead = v.L("web.desk.outbox.lead")
	options := []OptionView{{Value: "", Text: v.L("web.desk.outbox.needs-you")}}
	for _, st := range outboxStates {
		options = append(options, OptionView{Value: string(st), Text: outboxState(v.Lang, st).Text})
	}
	v.Filters = FilterView{Action: "/outbox", Label: v.L("web.desk.outbox.filter"), Selects: []FilterSelect{{"state", v.L("web.desk.outbox.state"), chosen(string(state), options)}}}
	if state != "" {
		return s.outboxOfState(w, r, by, v, state, after)
	}
	var all []outbox.Item
	groups := []struct {
		title, none string
		tone        Tone
		limit       int
		states      []outbox.State
	}{
		{v.L("web.desk.outbox.waits"), v.L("web.desk.outbox.waits-none"), Neutral, 50, []outbox.State{outbox.Proposed}},
		{v.L("web.desk.outbox.stuck"), v.L("web.desk.outbox.stuck-none"), Warn, 50, []outbox.State{outbox.Uncertain, outbox.Failed}},
		{v.L("web.desk.outbox.moving"), v.L("web.desk.outbox.moving-none"), Neutral, 10, []outbox.State{outbox.Approved, outbox.Claimed, outbox.Handing}},
		{v.L("web.desk.outbox.latest"), v.L("web.desk.outbox.latest-none"), Neutral, 10, []outbox.State{outbox.Sent}},
	}
	lists := make([][]outbox.Item, len(groups))
	for i, g := range groups {
		for _, st := range g.states {
			items, err := s.Outbox.List(r.Context(), by, st, "", g.limit)
			if err != nil {
				return err
			}
			lists[i] = append(lists[i], items...)
		}
		all = append(all, lists[i]...)
	}
	who, err := s.outboxNames(r, by, all)
	if err != nil {
		return err
	}
	for i, g := range groups {
		b := blockView{Card: CardView{Title: g.title}}
		if len(lists[i]) == 0 {
			b.Lead = g.none
		} else {
			b.Card.Tone, b.Table = g.tone, s.outboxTable(v, g.title, lists[i], who)
			b.Table.Keys = i == 0
			if len(lists[i]) >= g.limit {
				b.Card.Link = Link{v.L("web.desk.all"), "/outbox?state=" + string(g.states[0])}
			}
		}
		v.Blocks = append(v.Blocks, b)
	}
	v.banner(outboxMarks(all)...)
	return s.show(w, r, http.StatusOK, v)
}

func (s *Server) outboxOfState(w http.ResponseWriter, r *http.Request, by access.Actor, v *boardView, state outbox.State, after string) error {
	items, err := s.Outbox.List(r.Context(), by, state, after, outboxPageSize+1)
	if err != nil {
		return err
	}
	b := blockView{Card: CardView{Title: outboxState(v.Lang, state).Text}}
	if len(items) > outboxPageSize {
		items = items[:outboxPageSize]
		b.Page.Next = "/outbox?state=" + queryEscape(string(state)) + "&after=" + items[len(items)-1].ID
	}
	if after != "" {
		b.Page.First = "/outbox?state=" + queryEscape(string(state))
	}
	if b.Page != (PageView{}) {
		b.Page.Shown = v.L("web.desk.shown", len(items))
	}
	who, err := s.outboxNames(r, by, items)
	if err != nil {
		return err
	}
	b.Table = s.outboxTable(v, b.Card.Title, items, who)
	b.Table.Keys = true
	b.Table.Empty = EmptyView{Title: v.L("web.desk.outbox.none")}
	v.Blocks = []blockView{b}
	v.banner(outboxMarks(items)...)
	return s.show(w, r, http.StatusOK, v)
}

func (s *Server) outboxTable(v *boardView, caption string, items []outbox.Item, who names) TableView {
	t := TableView{Caption: caption, Columns: []ColumnView{{Title: v.L("web.desk.outbox.subject"), Main: true}, {Title: v.L("web.desk.outbox.to")},
		{Title: v.L("web.desk.outbox.state")}, {Title: v.L("web.desk.outbox.when")}}}
	for _, it := range items {
		st := outboxState(v.Lang, it.State)
		to := CellView{Text: it.Address}
		if it.Org != "" {
			to = CellView{Text: who.of(v.Lang, it.Org), Sub: it.Address}
		}
		row := RowView{ID: "item-" + it.ID, Cells: []CellView{{Text: it.Subject, Href: "/outbox/" + it.ID, Sub: it.Kind}, to, {Body: Chip(st)},
			{Text: s.when(v.Lang, latest(it.ProposedAt, it.ApprovedAt, it.SentAt))}}}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func latest(times ...time.Time) (out time.Time) {
	for _, t := range times {
		if t.After(out) {
			out = t
		}
	}
	return out
}

func outboxMarks(items []outbox.Item) []marking.Marking {
	out := []marking.Marking{inHouse()}
	for _, it := range items {
		out = append(out, it.Mark)
	}
	return out
}

func (s *Server) outboxNames(r *http.Request, by access.Actor, items []outbox.Item) (names, error) {
	var people, orgs []string
	for _, it := range items {
		people, orgs = append(people, it.ProposedBy, it.ApprovedBy), append(orgs, it.Org)
	}
	return s.namesOf(r, by, people, orgs)
}

// outboxState says a state as a chip.
func outboxState(lang i18n.Lang, st outbox.State) ChipView {
	tone := map[outbox.State]Tone{outbox.Proposed: Info, outbox.Uncertain: Warn, outbox.Failed: Bad, outbox.Sent: Good}[st]
	return ChipView{Text: lang.T("web.desk.outbox.state." + string(st)), Tone: tone}
}

func (s *Server) outboxItem(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	return s.showOutbox(w, r, by, http.StatusOK, nil)
}

// secretKinds are kinds whose content is a secret of the recipient alone: it
// is sent, and never shown.
var secretKinds = map[string]bool{"access.link": true}

// showOutbox is the page of one item, with the errors of a decision refused.
func (s *Server) showOutbox(w http.ResponseWriter, r *http.Request, by access.Actor, status int, errs []FieldError) error {
	it, err := s.Outbox.Get(r.Context(), by, r.PathValue("id"), s.Now())
	if err != nil {
		return err
	}
	who, err := s.outboxNames(r, by, []outbox.Item{it})
	if err != nil {
		return err
	}
	v := s.board(r, by, it.Subject)
	v.Path = "/outbox/" + it.ID
	v.banner(it.Mark)
	v.Head.Trail = []Link{{v.L("web.desk.outbox.title"), "/outbox"}}
	v.Head.TLP, v.Head.Chips = it.Mark.TLP.String(), []ChipView{outboxState(v.Lang, it.State)}
	if it.Exercise {
		v.Exercise = v.L("web.exercise.session")
	}
	v.Blocks = append(v.Blocks, blockView{Card: CardView{Title: v.L("web.desk.outbox.facts"), Span: 7}, Facts: s.outboxFacts(v.Base, it, who)})
	if b, ok := s.outboxDecision(v, by, it, errs); ok {
		v.Blocks = append(v.Blocks, b)
	}
	content := blockView{Card: CardView{Title: v.L("web.desk.outbox.content"), Note: v.L("web.desk.outbox.content-note")}}
	if secretKinds[it.Kind] {
		content.Lead = v.L("web.desk.outbox.secret")
	} else {
		content.Code = CodeView{Label: v.L("web.desk.outbox.text"), Text: it.Content.Text}
		for _, a := range it.Content.Attachments {
			content.Facts = append(content.Facts, DefinitionView{Term: v.L("web.desk.outbox.attachment"), Value: a.Name, Note: a.Type + ", " + v.Lang.Bytes(int64(len(a.Data)))})
		}
	}
	v.Blocks = append(v.Blocks, content)
	return s.show(w, r, status, v)
}

func (s *Server) outboxFacts(b Base, it outbox.Item, who names) []DefinitionView {
	facts := []DefinitionView{{Term: b.L("web.desk.outbox.to"), Value: it.Address}}
	if it.Org != "" {
		facts[0] = DefinitionView{Term: b.L("web.desk.outbox.to"), Value: who.of(b.Lang, it.Org), Note: it.Address}
	}
	add := func(term, value, note string) {
		if value != "" {
			facts = append(facts, DefinitionView{Term: term, Value: value, Note: note})
		}
	}
	add(b.L("web.desk.outbox.kind"), it.Kind, "")
	if href := s.objectPage(it.Object, it.ObjectID); href != "" {
		facts = append(facts, DefinitionView{Term: b.L("web.desk.outbox.about"), Why: Link{it.Object, href}})
	}
	add(b.L("web.desk.outbox.reason"), it.Reason, "")
	add(b.L("web.desk.outbox.proposed"), s.when(b.Lang, it.ProposedAt), who.of(b.Lang, it.ProposedBy))
	if !it.ApprovedAt.IsZero() {
		term := b.L("web.desk.outbox.approved")
		if it.State == outbox.Rejected {
			term = b.L("web.desk.outbox.rejected")
		}
		add(term, s.when(b.Lang, it.ApprovedAt), who.of(b.Lang, it.ApprovedBy))
	}
	if it.Attempts > 0 {
		add(b.L("web.desk.outbox.attempts"), b.Lang.Number(int64(it.Attempts)), it.Error)
	}
	if !it.SentAt.IsZero() {
		add(b.L("web.desk.outbox.sent"), s.when(b.Lang, it.SentAt), it.Receipt)
	}
	return append(facts, DefinitionView{Term: b.L("web.desk.outbox.digest"), Body: digestView(it.Digest)})
}

// outboxDecision offers what a person may decide about the item now.
func (s *Server) outboxDecision(v *boardView, by access.Actor, it outbox.Item, errs []FieldError) (blockView, bool) {
	if access.May(by, "outbox.approve") != nil {
		return blockView{}, false
	}
	at := "/outbox/" + it.ID
	f := &boardForm{FormView: FormView{ID: "decide", Action: at}}
	b := blockView{Card: CardView{ID: "decision", Title: v.L("web.desk.outbox.decide"), Span: 5}, Form: f}
	switch it.State {
	case outbox.Proposed:
		if it.ProposedBy == by.ID() {
			b.Lead, b.Form = v.L("outbox.own-proposal"), nil
			return b, true
		}
		b.Lead = v.L("web.desk.outbox.decide-lead")
		f.Action = at + "/approve"
		if !s.proven(by) {
			f.Groups = []boardGroup{{Fields: []boardField{proofField(v.Base)}}}
		}
		f.Buttons = []ButtonView{{Text: v.L("web.desk.outbox.approve"), Primary: true}, {Text: v.L("web.desk.outbox.reject"), Action: at + "/reject"}}
	case outbox.Uncertain, outbox.Failed:
		b.Lead = v.L("web.desk.outbox.failed-lead")
		if it.State == outbox.Uncertain {
			b.Lead = v.L("web.desk.outbox.uncertain-lead")
		}
		f.Action = at + "/resend"
		f.Buttons = []ButtonView{{Text: v.L("web.desk.outbox.resend"), Primary: true}, {Text: v.L("web.desk.outbox.settle"), Action: at + "/settle"}}
	default:
		return blockView{}, false
	}
	f.wrong(errs)
	return b, true
}

// outboxDo decides about an item; proof says whether the act needs a recent
// proof of identity.
func (s *Server) outboxDo(proof bool, flash string, do func(context.Context, access.Actor, string, time.Time) (outbox.Item, error)) handler {
	return func(w http.ResponseWriter, r *http.Request, by access.Actor) (err error) {
		if err := r.ParseForm(); err != nil {
			return formError(err)
		}
		if proof {
			if by, err = s.prove(r, by); err != nil {
				errs, status, ok := refused(s.base(r, by, ""), err)
				if !ok {
					return err
				}
				return s.showOutbox(w, r, by, status, errs)
			}
		}
		it, err := do(r.Context(), by, r.PathValue("id"), s.Now())
		if err != nil {
			return err
		}
		s.flash(w, Good, flash, strings.TrimSpace(it.Subject))
		return go303(w, r, "/outbox")
	}
}
