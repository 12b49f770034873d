package web

import (
	"context"
	"net/http"
	"strings"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/i18n"
	"kulla.dev/internal/marking"
	"kulla.dev/internal/registry"
)

const proposalPageSize = 50

// proposalStates are the states in the order a reader asks for them.
var proposalStates = []registry.ProposalState{registry.Pending, registry.Approved, registry.Rejected, registry.Withdrawn}

func proposalChip(lang i18n.Lang, st registry.ProposalState) ChipView {
	tone := map[registry.ProposalState]Tone{registry.Pending: Info, registry.Approved: Good, registry.Rejected: Bad}[st]
	return ChipView{Text: lang.T("web.registry.proposal." + string(st)), Tone: tone}
}

// proposalList shows what was proposed: what waits first.
func (s *Server) proposalList(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	values := r.URL.Query()
	state := registry.ProposalState(values.Get("state"))
	if !values.Has("state") {
		state = registry.Pending
	}
	list, err := s.Registry.Proposals(r.Context(), by, state, values.Get("after"), proposalPageSize+1)
	if err != nil {
		return err
	}
	v := s.board(r, by, visitOf(r).lang.T("web.registry.proposals"))
	v.Head.Trail = []Link{{v.L("web.registry.title"), "/institutions"}}
	options := []OptionView{}
	for _, st := range proposalStates {
		options = append(options, OptionView{Value: string(st), Text: proposalChip(v.Lang, st).Text})
	}
	options = append(options, OptionView{Value: "", Text: v.L("web.registry.any")})
	v.Filters = FilterView{Action: "/proposals", Label: v.L("web.registry.proposal-filter"), Selects: []FilterSelect{{"state", v.L("web.registry.state"), chosen(string(state), options)}}}
	b := blockView{Card: CardView{Title: v.L("web.registry.proposals")}}
	b.Table = TableView{Caption: v.L("web.registry.proposals"), Keys: true, Empty: EmptyView{Title: v.L("web.registry.proposal-none")}, Columns: []ColumnView{
		{Title: v.L("web.registry.name"), Main: true}, {Title: v.L("web.registry.proposal-kind")}, {Title: v.L("web.registry.state")}, {Title: v.L("web.registry.proposal-made")}}}
	more := len(list) > proposalPageSize
	if more {
		list = list[:proposalPageSize]
	}
	marks := []marking.Marking{marking.Of(marking.TLPAmber)}
	for _, p := range list {
		marks = append(marks, p.Record.Mark)
		b.Table.Rows = append(b.Table.Rows, RowView{ID: "proposal-" + p.ID, Cells: []CellView{{Text: p.Name, Href: "/proposals/" + p.ID, Sub: p.Note},
			{Text: v.L("web.registry.proposal-kind." + string(p.Kind))}, {Body: Chip(proposalChip(v.Lang, p.State))}, {Text: s.when(v.Lang, p.Created)}}})
	}
	if more || values.Get("after") != "" {
		b.Page = PageView{Shown: v.L("web.desk.shown", len(list))}
		if values.Get("after") != "" {
			b.Page.First = "/proposals?" + set(values, "after", "")
		}
		if more {
			b.Page.Next = "/proposals?" + set(values, "after", list[len(list)-1].ID)
		}
	}
	v.Blocks = []blockView{b}
	v.banner(marks...)
	return s.show(w, r, http.StatusOK, v)
}

func (s *Server) proposalPage(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	return s.showProposal(w, r, by, http.StatusOK, nil)
}

// showProposal shows what a proposal would change, and what can be done.
func (s *Server) showProposal(w http.ResponseWriter, r *http.Request, by access.Actor, status int, errs []FieldError) error {
	p, err := s.Registry.Review(r.Context(), by, r.PathValue("id"), s.Now())
	if err != nil {
		return err
	}
	who, err := s.namesOf(r, by, []string{p.By, p.DecidedBy}, []string{p.Org, string(p.Institution)})
	if err != nil {
		return err
	}
	v := s.board(r, by, p.Name)
	v.Path = "/proposals/" + p.ID
	v.banner(p.Record.Mark)
	v.Head.Trail = []Link{{v.L("web.registry.title"), "/institutions"}, {v.L("web.registry.proposals"), "/proposals"}}
	v.Head.TLP, v.Head.Chips = p.Record.Mark.TLP.String(), []ChipView{{Text: v.L("web.registry.proposal-kind." + string(p.Kind))}, proposalChip(v.Lang, p.State)}
	about := blockView{Card: CardView{Title: v.L("web.registry.proposal-about"), Span: 6}}
	add := func(term, value, note string) {
		if value != "" {
			about.Facts = append(about.Facts, DefinitionView{Term: term, Value: value, Note: note})
		}
	}
	add(v.L("web.registry.proposal-made"), s.when(v.Lang, p.Created), who.of(v.Lang, p.By))
	if p.Institution != "" {
		about.Facts = append(about.Facts, DefinitionView{Term: v.L("web.registry.proposal-institution"), Why: Link{who.of(v.Lang, string(p.Institution)), "/institutions/" + string(p.Institution)}})
	}
	add(v.L("web.registry.applicant"), p.Applicant.Name, p.Applicant.Position)
	add(v.L("web.registry.mail"), p.Applicant.Mail, "")
	add(v.L("web.registry.phone"), p.Applicant.Phone, "")
	add(v.L("web.registry.note"), p.Note, "")
	if !p.Decided.IsZero() {
		add(v.L("web.registry.proposal-decided"), s.when(v.Lang, p.Decided), who.of(v.Lang, p.DecidedBy))
	}
	add(v.L("web.registry.form.reason"), p.Reason, "")
	v.Blocks = append(v.Blocks, about)
	if b, ok := s.proposalActs(v.Base, by, p, errs); ok {
		v.Blocks = append(v.Blocks, b)
	}
	if len(p.Doubles) > 0 && p.State == registry.Pending {
		b := blockView{Card: CardView{Title: v.L("web.registry.form.doubles"), Tone: Warn}, Lead: v.L("web.registry.proposal-doubles")}
		for _, d := range p.Doubles {
			b.Facts = append(b.Facts, DefinitionView{Term: v.L("web.registry.form.double." + strings.ReplaceAll(d.By, "_", "-")), Why: Link{d.Name, "/institutions/" + string(d.ID)}})
		}
		v.Blocks = append(v.Blocks, b)
	}
	diff := blockView{Card: CardView{Title: v.L("web.registry.diff")}, Diff: s.registryDiff(v.Base, p.Changes)}
	if len(p.Changes) == 0 {
		diff.Lead = v.L("web.registry.proposal-nothing")
	}
	if len(p.Both) > 0 {
		var both []string
		for _, x := range p.Both {
			both = append(both, s.fieldText(v.Base, x))
		}
		diff.Lead = v.L("web.registry.proposal-both", v.Lang.List(both...))
	}
	v.Blocks = append(v.Blocks, diff)
	return s.show(w, r, status, v)
}

// proposalActs offers what the reader may do with it now.
func (s *Server) proposalActs(b Base, by access.Actor, p registry.Proposal, errs []FieldError) (blockView, bool) {
	at := "/proposals/" + p.ID
	o := access.Object{Owner: string(p.Institution), Mark: p.Record.Mark}
	approver := access.MayOn(by, "registry.approve", o) == nil
	f := &boardForm{FormView: FormView{ID: "decide", Action: at + "/approve"}}
	out := blockView{Card: CardView{ID: "decision", Title: b.L("web.desk.outbox.decide"), Span: 6}, Form: f}
	own := p.By == by.ID() || p.Org != "" && p.Org == by.Institution
	switch {
	case p.State == registry.Pending && approver && p.By != by.ID():
		fields := []boardField{{Kind: lines, FieldView: FieldView{Name: "reason", Label: b.L("web.registry.form.reason"), Hint: b.L("web.registry.proposal-reason-hint"), NoDraft: true}}}
		if len(p.Both) > 0 {
			fields = append(fields, boardField{Kind: tick, FieldView: FieldView{Name: "pass", Label: b.L("web.registry.proposal-pass"), NoDraft: true}})
		}
		if !s.proven(by) {
			fields = append(fields, proofField(b))
		}
		f.Groups = []boardGroup{{Fields: fields}}
		f.Buttons = []ButtonView{{Text: b.L("web.registry.proposal-approve"), Primary: true}, {Text: b.L("web.registry.proposal-reject"), Action: at + "/reject"}}
	case p.State == registry.Pending && own && access.May(by, "registry.propose") == nil:
		out.Lead = b.L("web.registry.proposal-waits")
		f.Action, f.Buttons = at+"/withdraw", []ButtonView{{Text: b.L("web.registry.proposal-withdraw")}}
	case p.State == registry.Approved && p.Kind == registry.ProposeRegister && approver:
		out.Lead = b.L("web.registry.proposal-invited")
		if !s.proven(by) {
			f.Groups = []boardGroup{{Fields: []boardField{proofField(b)}}}
		}
		f.Action, f.Buttons = at+"/invite", []ButtonView{{Text: b.L("web.registry.proposal-invite")}}
	default:
		return out, false
	}
	f.wrong(errs)
	return out, true
}

// proposalDo decides about a proposal; what is wrong stands on its page.
func (s *Server) proposalDo(proof bool, do func(context.Context, *http.Request, access.Actor, time.Time) (flash string, err error)) handler {
	return func(w http.ResponseWriter, r *http.Request, by access.Actor) (err error) {
		if err := r.ParseForm(); err != nil {
			return formError(err)
		}
		flash := ""
		if proof {
			by, err = s.prove(r, by)
		}
		if err == nil {
			flash, err = do(r.Context(), r, by, s.Now())
		}
		if err != nil {
			errs, status, ok := refused(s.base(r, by, ""), err)
			if !ok || fault.Is(err, fault.Denied) {
				return err
			}
			return s.showProposal(w, r, by, status, errs)
		}
		s.flash(w, Good, flash)
		return go303(w, r, "/proposals/"+r.PathValue("id"))
	}
}

func (s *Server) proposalApprove(ctx context.Context, r *http.Request, by access.Actor, now time.Time) (string, error) {
	d, err := s.Registry.Approve(ctx, by, r.PathValue("id"), r.PostForm.Get("reason"), r.PostForm.Has("pass"), now)
	switch {
	case err != nil:
		return "", err
	case d.NotInvited != nil:
		s.Log.Warn("invitation of an applicant", "proposal", d.Proposal.ID, "error", d.NotInvited)
		return "web.registry.flash.not-invited", nil
	case d.Link != nil:
		return "web.registry.flash.registered", s.sendLink(ctx, *d.Link)
	}
	return "web.registry.flash.approved", nil
}

func (s *Server) proposalReject(ctx context.Context, r *http.Request, by access.Actor, now time.Time) (string, error) {
	_, err := s.Registry.Reject(ctx, by, r.PathValue("id"), r.PostForm.Get("reason"), now)
	return "web.registry.flash.rejected", err
}

func (s *Server) proposalWithdraw(ctx context.Context, r *http.Request, by access.Actor, now time.Time) (string, error) {
	return "web.registry.flash.withdrawn", s.Registry.Withdraw(ctx, by, r.PathValue("id"), now)
}

func (s *Server) proposalInvite(ctx context.Context, r *http.Request, by access.Actor, now time.Time) (string, error) {
	l, err := s.Registry.InviteAgain(ctx, by, r.PathValue("id"), now)
	if err != nil || l == nil {
		return "", err
	}
	return "web.registry.flash.invited", s.sendLink(ctx, *l)
}
