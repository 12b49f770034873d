package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/country"
	"kulla.dev/internal/db"
	"kulla.dev/internal/incident"
	"kulla.dev/internal/outbox"
	"kulla.dev/internal/regime"
	"kulla.dev/internal/registry"
)

// incidentView is everything about one incident on one page.
type incidentView struct {
	Base
	In       incident.View
	Head     HeadView
	Home     string
	Buttons  []ButtonView
	Laws     []lawView
	Duties   []StepView
	Facts    []DefinitionView
	Rated    []DefinitionView // the inputs of the severity
	RatedWhy string
	Course   []TimelineView
	Older    []TimelineView
	Thread   []threadLine
	Tasks    []taskLine
	Links    []DefinitionView
	Referred []DefinitionView
	Files    []DefinitionView
	Handed   []handedLine
	Notice   *FlashView
	Act      actState
	Choices  actChoices
	Next     []Link // stages the institution may hand in now
	Keys     []KeyView
}

// threadLine is one entry between authority and institution, or a note.
type threadLine struct {
	Kind, Who, When string
	At              time.Time
	Text            string
	Due             *ClockView
	Answered        string
	Note            bool
	Ours            bool
	ID              string
}

// taskLine is one thing to do.
type taskLine struct {
	ID, Text, Note string
	Done           bool
	Due            *ClockView
}

// handedLine is one submission.
type handedLine struct {
	ID, Title, Note, Digest, Receipt, File string
	Recalled                               bool
	May                                    bool
}

// actState is an act that was refused: what was typed and what is wrong.
type actState struct {
	Act    string
	Values url.Values
	Errors []FieldError
	Stale  *DiffView
	Text   string
}

func (s *Server) incidentPage(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	return s.showIncident(w, r, by, incident.ID(r.PathValue("id")), http.StatusOK, actState{})
}

func (s *Server) showIncident(w http.ResponseWriter, r *http.Request, by access.Actor, id incident.ID, status int, act actState) error {
	in, err := s.Incident.Get(r.Context(), by, id, s.Now())
	if err != nil {
		return err
	}
	v := &incidentView{Base: s.base(r, by, in.Number+" · "+in.Title), In: in, Home: "/incidents/" + string(id), Act: act}
	v.Path = v.Home
	v.banner(in.Mark)
	if in.Exercise {
		v.Exercise = v.L("web.incident.list.exercise")
	}
	var items []outbox.Item
	var of registry.Institution
	err = s.DB.Read(r.Context(), func(tx *db.Tx) (err error) {
		if in.Institution != "" {
			if of, _, err = s.Registry.Find(tx, registry.ID(in.Institution)); err != nil {
				return err
			}
		}
		if in.May.Note {
			if items, err = s.Outbox.About(tx, by, string(id)); err != nil {
				return err
			}
			return s.people(tx, v)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(of.Names) > 0 {
		v.In.Name = of.NameOn(string(v.Lang), registry.DayOf(v.Now))
	}
	s.incidentHead(v)
	v.Laws = s.laws(v.Lang, in.Result, v.Now)
	s.duties(v)
	s.facts(v, of)
	s.course(v, items)
	s.thread(v)
	s.tasks(v)
	s.papers(v)
	s.choose(v)
	if act.Stale != nil {
		s.staleDiff(v)
	}
	if act.Text != "" {
		v.Notice = &FlashView{Tone: Bad, Title: act.Text, Text: v.L("web.incident.kept")}
	}
	v.Keys = []KeyView{{[]string{"/"}, v.L("web.keys.search")}, {[]string{"?"}, v.L("web.keys.help")}, {[]string{"g", "i"}, v.L("web.nav.incidents")},
		{[]string{"g", "1"}, v.L("web.incident.answer")}, {[]string{"g", "2"}, v.L("web.incident.ask")}, {[]string{"g", "3"}, v.L("web.incident.note")}}
	if !in.May.Answer {
		v.Keys = v.Keys[:3]
	}
	s.dropFlash(w, r)
	return s.render(w, r, status, incidentPageView(*v))
}

func (s *Server) incidentHead(v *incidentView) {
	in := v.In
	who := v.L("web.incident.reported-by", in.Name)
	if in.Reporter != "" {
		who = v.L("web.incident.reported-for", s.institutionName(in.Reporter, v.Lang), in.Name)
	}
	v.Head = HeadView{Trail: []Link{{v.L("web.nav.incidents"), "/incidents"}, {in.Number, ""}}, Note: who, Title: in.Title, TLP: in.Mark.TLP.String()}
	chips := []ChipView{statusChip(v.Lang, in.Status)}
	if in.Kind != regime.Significant {
		chips = append(chips, ChipView{Text: v.L(kindKey(in.Kind)), Tone: Info})
	}
	switch in.Significant {
	case regime.Yes:
		chips = append(chips, ChipView{Text: v.L("web.incident.significant"), Tone: Warn})
	case regime.Unknown:
		chips = append(chips, ChipView{Text: v.L("web.incident.significant-unknown")})
	case regime.No:
	}
	assignee := v.L("web.incident.unassigned")
	if in.Assignee != "" {
		assignee = v.L("web.incident.assigned-to", v.who(in.Assignee))
	}
	v.Head.Chips = append(chips, ChipView{Text: assignee})
	if in.MergedInto != "" {
		v.Head.Chips = append(v.Head.Chips, ChipView{Text: v.L("web.incident.merged-into"), Href: "/incidents/" + string(in.MergedInto), Tone: Warn})
	}
	if in.May.Answer {
		v.Buttons = []ButtonView{{Text: v.L("web.incident.ask"), Href: "#ask"}, {Text: v.L("web.incident.refer"), Href: "#refer"}, {Text: v.L("web.incident.answer"), Href: "#answer", Primary: true}}
	}
	if in.May.Report && !in.May.Note {
		seen := map[country.StageKind]bool{}
		for _, o := range in.Result.Obligations {
			if seen[o.Kind] || o.SatisfiedBy != "" || o.State == regime.Closed || o.State == regime.Replaced || !settled(in.Result, o.Regime) || o.Kind == country.PeerNotice || o.Kind == country.PublicNotice {
				continue
			}
			seen[o.Kind] = true
			v.Next = append(v.Next, Link{o.Title.In(string(v.Lang)), "/report?incident=" + string(in.ID) + "&covers=" + string(o.Kind)})
		}
		if len(v.Next) > 0 {
			v.Buttons = []ButtonView{{Text: v.L("web.incident.hand-in", v.Next[0].Text), Href: v.Next[0].Href, Primary: true}}
		}
	}
}

// who names a person, or the desk itself.
func (v *incidentView) who(id string) string {
	switch id {
	case "":
		return ""
	case "desk":
		return v.L("web.incident.the-desk")
	}
	if n := v.In.People[id]; n != "" {
		return n
	}
	for _, sub := range v.In.Submissions {
		if sub.By == id && sub.ByName != "" {
			return sub.ByName
		}
	}
	if strings.HasPrefix(id, "system:") || strings.HasPrefix(id, "system/") {
		return v.L("web.incident.the-desk")
	}
	return v.L("web.incident.somebody")
}

// duties are the authority's own clocks.
func (s *Server) duties(v *incidentView) {
	for _, u := range v.In.Result.Duties {
		if !settled(v.In.Result, u.Regime) && u.DoneBy == "" {
			continue
		}
		x := StepView{Title: u.Title.In(string(v.Lang)), State: StepOpen, Law: s.refText(v.Lang, u.LegalRef)}
		if short := s.regimeShort(v.Lang, u.Regime); !strings.HasPrefix(x.Law, short) {
			x.Law += " · " + short
		}
		switch {
		case u.DoneBy != "":
			x.State, x.When = StepDone, v.Lang.Moment(u.DoneAt.In(s.Zone), v.Now)
			if u.Lateness > 0 {
				x.When = v.L("web.incident.step.late-by", x.When, u.Lateness.Round(time.Minute))
			}
		case u.State == regime.Closed || u.State == regime.Replaced:
			x.State, x.When = StepWaived, v.L("web.incident.step.closed")
		case u.Due.IsZero():
			x.When = v.L("web.incident.step.no-date")
		case u.Due.Before(v.Now):
			x.State, x.Deadline, x.When = StepLate, u.Due, v.Lang.Due(u.Due, v.Now)
		default:
			x.State, x.Deadline, x.When = StepDue, u.Due, v.Lang.Due(u.Due, v.Now)
		}
		x.Word = v.L("web.incident.step.word." + string(x.State))
		v.Duties = append(v.Duties, x)
	}
}

// facts are what happened, as last stated.
func (s *Server) facts(v *incidentView, of registry.Institution) {
	in := v.In
	add := func(term, value, note string) {
		if value != "" {
			v.Facts = append(v.Facts, DefinitionView{Term: strings.TrimRight(term, "?:"), Value: value, Note: note})
		}
	}
	sev := s.bandView(v.Lang, in.Severity.Override)
	if in.Severity.Override == "" && !in.Severity.At.IsZero() {
		sev = s.bandView(v.Lang, in.Severity.Score.Band.ID)
	}
	if !in.Severity.At.IsZero() {
		sc := in.Severity.Score
		sev.Note = v.L("web.incident.score", v.Lang.Decimal(sc.Value, 0))
		if !sc.Known {
			sev.Note = v.L("web.incident.score-range", v.Lang.Decimal(sc.Low, 0), v.Lang.Decimal(sc.High, 0))
		}
		sev.Why = Link{v.L("web.incident.why"), "#severity-why"}
		for _, p := range sc.Parts {
			d := DefinitionView{Term: p.Title.In(string(v.Lang)), Value: cmp.Or(p.Answer.In(string(v.Lang)), v.L("web.report.not-known")), Note: v.L("web.incident.points", v.Lang.Decimal(p.Points, 1))}
			if p.Option == "" {
				d.Note = v.L("web.incident.points-open", v.Lang.Decimal(p.Spread, 1))
			}
			v.Rated = append(v.Rated, d)
		}
		v.RatedWhy = v.L("web.incident.rated-by", v.who(in.Severity.By), v.Lang.Moment(in.Severity.At.In(s.Zone), v.Now), sc.Model)
		if in.Severity.Override != "" {
			v.RatedWhy = v.L("web.incident.rated-override", v.who(in.Severity.By), in.Severity.Why, sc.Band.Title.In(string(v.Lang)))
		}
	}
	v.Facts = append(v.Facts, DefinitionView{Term: v.L("web.incident.severity"), Body: Severity(sev)})
	kind := v.L("web.incident.not-classified")
	if len(in.Codes) > 0 {
		kind = s.codeText(v.Lang, in.Codes[0])
	}
	add(v.L("web.incident.type"), kind, "")
	add(v.L("web.incident.unit"), v.L("web.incident.unit-of."+string(in.Unit)), "")
	add(v.L("web.incident.services"), s.serviceNames(v.Lang, in.Services, of), "")
	class := ""
	if c, ok := s.Pack.Class(in.Class); ok {
		class = c.Title.In(string(v.Lang))
	}
	add(v.L("web.incident.institution"), in.Name, strings.Join(nonEmpty(class, s.sectorName(v.Lang, in.Sector)), " · "))
	if in.Victim.Contact != "" || in.Victim.Phone != "" {
		add(v.L("web.incident.victim-contact"), strings.Join(nonEmpty(in.Victim.Contact, in.Victim.Phone), ", "), "")
	}
	add(v.L("web.incident.event.occurred"), s.momentText(v.Lang, in.Occurred, v.Now), "")
	add(v.L("web.incident.event.detected"), s.momentText(v.Lang, in.Detected, v.Now), "")
	add(v.L("web.incident.event.aware"), s.momentText(v.Lang, in.Aware, v.Now), "")
	add(v.L("web.incident.reported"), v.Lang.Moment(in.Reported.At.In(s.Zone), v.Now), "")
	for _, field := range s.Pack.Fields {
		if x, ok := in.Values[field.ID]; ok {
			add(field.Title.In(string(v.Lang)), s.statedText(v.Lang, field, x, v.Now), "")
		}
	}
}

// thread are the entries between authority and institution, oldest first.
func (s *Server) thread(v *incidentView) {
	for _, e := range v.In.Thread {
		x := threadLine{ID: e.ID, Kind: v.L("web.incident.entry." + string(e.Kind)), Who: v.who(e.By), At: e.At, When: v.Lang.Moment(e.At.In(s.Zone), v.Now), Text: e.Text,
			Note: e.Kind == incident.EntryNote, Ours: e.Kind != incident.EntryReply}
		if e.Kind == incident.EntryQuestion {
			switch {
			case !e.Answered.IsZero():
				x.Answered = v.L("web.incident.answered-at", v.Lang.Moment(e.Answered.In(s.Zone), v.Now))
			case !e.Due.IsZero():
				x.Due = &ClockView{Label: v.L("web.incident.reply-due"), Text: v.Lang.Due(e.Due, v.Now), Started: e.At, Deadline: e.Due, Tone: dueTone(e.Due.Sub(v.Now))}
			}
		}
		v.Thread = append(v.Thread, x)
	}
}

func dueTone(left time.Duration) Tone {
	switch {
	case left < 0:
		return Bad
	case left < 6*time.Hour:
		return Warn
	}
	return Neutral
}

func (s *Server) tasks(v *incidentView) {
	for _, t := range v.In.Tasks {
		x := taskLine{ID: t.ID, Text: cmp.Or(t.Text, t.Title.In(string(v.Lang))), Done: !t.Done.IsZero()}
		if x.Text == "" && t.Key != "" {
			x.Text = v.Lang.T(t.Key)
		}
		var notes []string
		if t.Perhaps {
			notes = append(notes, v.L("web.incident.task-perhaps"))
		}
		if len(t.To) > 0 {
			notes = append(notes, v.L("web.incident.goes-to", s.roleNames(v.Lang, t.To)))
		}
		if t.Regime != "" {
			notes = append(notes, s.regimeShort(v.Lang, t.Regime))
		}
		if t.Assignee != "" {
			notes = append(notes, v.who(t.Assignee))
		}
		if x.Done {
			notes = append(notes, v.L("web.incident.task-done-by", v.who(t.DoneBy), v.Lang.Moment(t.Done.In(s.Zone), v.Now)), t.Outcome)
		} else if !t.Due.IsZero() {
			x.Due = &ClockView{Text: v.Lang.Due(t.Due, v.Now), Started: t.Created, Deadline: t.Due, Tone: dueTone(t.Due.Sub(v.Now))}
		}
		x.Note = strings.Join(nonEmpty(notes...), " · ")
		v.Tasks = append(v.Tasks, x)
	}
	slices.SortStableFunc(v.Tasks, func(a, b taskLine) int {
		if a.Done == b.Done {
			return 0
		}
		if a.Done {
			return 1
		}
		return -1
	})
}

// papers are submissions, files, links and referrals.
func (s *Server) papers(v *incidentView) {
	moment := func(t time.Time) string { return v.Lang.Moment(t.In(s.Zone), v.Now) }
	for _, x := range slices.Backward(v.In.Submissions) {
		var stages []string
		for _, c := range x.Covers {
			if t := s.stageTitle(v.Lang, c.Regime, c.Stage); !slices.Contains(stages, t) {
				stages = append(stages, t)
			}
		}
		h := handedLine{ID: x.ID, Title: v.L("web.incident.version-of", x.Version, v.Lang.List(stages...)), Note: strings.Join(nonEmpty(moment(x.At), v.who(x.By), x.Channel), " · "),
			Digest: x.Digest, Receipt: v.Home + "/receipts/" + x.ID, File: v.Home + "/submissions/" + x.ID, Recalled: x.Recalled, May: v.In.May.Report && !x.Recalled}
		v.Handed = append(v.Handed, h)
	}
	for _, f := range v.In.Files {
		v.Files = append(v.Files, DefinitionView{Term: f.Name, Value: v.Lang.Bytes(f.Size) + " · " + f.Type, Note: strings.Join(nonEmpty(moment(f.At), v.who(f.By)), " · "), Why: Link{v.L("web.incident.download"), v.Home + "/files/" + f.ID}})
	}
	for _, l := range v.In.Links {
		side := "out"
		if !l.Out {
			side = "in"
		}
		v.Links = append(v.Links, DefinitionView{Term: v.L("web.incident.link." + string(l.Kind) + "." + side), Value: l.Title, Note: l.Reason, Why: Link{l.Number, "/incidents/" + string(l.ID)}})
	}
	for _, x := range v.In.Referrals {
		note := strings.Join(nonEmpty(x.Ground, moment(x.At), v.who(x.By)), " · ")
		v.Referred = append(v.Referred, DefinitionView{Term: s.roleName(v.Lang, x.Role), Value: v.L("web.incident.extract-of", len(x.Fields), len(x.Withheld)), Note: note, Why: Link{v.L("web.incident.extract"), v.Home + "/referrals/" + x.ID}})
	}
}
