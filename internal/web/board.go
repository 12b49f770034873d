package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/i18n"
	"kulla.dev/internal/marking"
	"kulla.dev/internal/registry"
)

// boardView is a page of sections under one head: the lists and records of
// the register and of the desk's own administration.
type boardView struct {
	Base
	Head    HeadView
	Lead    string // one sentence under the head
	Actions []ButtonView
	Notes   []FlashView
	Filters FilterView // Action empty shows none
	Blocks  []blockView
}

// blockView is one section; its parts are shown in the order of the fields.
type blockView struct {
	Card    CardView
	Lead    string
	Figures []FigureView
	Facts   []DefinitionView
	Table   TableView // no columns shows none
	Page    PageView  // Shown empty shows none
	Diff    DiffView  // no rows shows none
	Code    CodeView  // Text empty shows none
	Times   []TimelineView
	Inside  []blockView // parts that open, each under its card's title
	Open    bool        // when it is a part that opens
	Form    *boardForm
}

// boardForm is a form made of groups of questions.
type boardForm struct {
	FormView
	Groups  []boardGroup
	Buttons []ButtonView
}

// boardGroup is a run of questions under a heading; without a title they stand
// by themselves.
type boardGroup struct {
	Title, Note string
	Closed      bool // opens by a click; a group with an error stands open
	Fields      []boardField
}

// fieldKind says how a question is answered.
type fieldKind int

// The kinds of question; the zero value is one line of text.
const (
	oneLine fieldKind = iota
	lines
	oneOf  // a select
	radios // large choices
	checks // any of some
	tick   // a single yes
	file
)

// boardField is one question of a boardForm.
type boardField struct {
	FieldView
	Kind    fieldKind
	Options []OptionView
	Checked bool
}

// board begins a page.
func (s *Server) board(r *http.Request, by access.Actor, title string) *boardView {
	b := s.base(r, by, title)
	return &boardView{Base: b, Head: HeadView{Title: title}}
}

// show writes a page of sections.
func (s *Server) show(w http.ResponseWriter, r *http.Request, status int, v *boardView) error {
	s.dropFlash(w, r)
	return s.render(w, r, status, boardPage(*v))
}

// when says a moment as lists do, "–" for none.
func (s *Server) when(lang i18n.Lang, t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return lang.Moment(t.In(s.Zone), s.Now())
}

// names gives people and institutions by id, for showing who did what; ids
// that are nobody's, or that the reader may not know of, stand as they are.
type names map[string]string

func (n names) of(lang i18n.Lang, id string) string {
	if name, ok := n[id]; ok {
		return name
	}
	if part, ok := strings.CutPrefix(id, "system:"); ok {
		return lang.T("web.desk.actor.system", part)
	}
	switch id {
	case "":
		return "–"
	case "rule":
		return lang.T("web.desk.actor.rule")
	case "nobody":
		return lang.T("web.desk.actor.nobody")
	}
	return id
}

func (s *Server) namesOf(r *http.Request, by access.Actor, people, institutions []string) (names, error) {
	out := names{}
	err := s.DB.Read(r.Context(), func(tx *db.Tx) error {
		found, err := s.Access.Names(tx, people)
		if err != nil {
			return err
		}
		for id, name := range found {
			out[id] = name
		}
		slices.Sort(institutions)
		var ids []registry.ID
		for _, id := range slices.Compact(institutions) {
			if id != "" {
				ids = append(ids, registry.ID(id))
			}
		}
		if len(ids) == 0 || access.May(by, "registry.read") != nil {
			return nil
		}
		known, err := s.Registry.Names(tx, by, string(visitOf(r).lang), ids...)
		for id, name := range known {
			out[string(id)] = name
		}
		return err
	})
	return out, err
}

// proven says whether the actor proved lately who they are; forms of acts
// that need it then do not ask again.
func (s *Server) proven(by access.Actor) bool { return access.MustBeFresh(by, s.Now()) == nil }

// proofField asks for the proof in the form of the act itself, so that
// nothing typed is lost on the way to another page.
func proofField(b Base) boardField {
	return boardField{FieldView: FieldView{Name: "proof", Label: b.L("web.proof.proof"), Hint: b.L("web.desk.proof-hint"), Type: "password",
		Autocomplete: "one-time-code", Required: true, NoDraft: true, Short: true}}
}

// prove takes the proof out of a form, where the act needs one.
func (s *Server) prove(r *http.Request, by access.Actor) (access.Actor, error) {
	if s.proven(by) {
		return by, nil
	}
	var f fault.Fields
	proof := strings.TrimSpace(r.PostForm.Get("proof"))
	if proof == "" {
		f.Add("proof", "fault.field.required")
		return by, f.Err()
	}
	if err := s.Access.StepUp(r.Context(), by, proof, s.Now()); err != nil {
		e := asFault(err)
		if e.Kind != fault.Denied && e.Kind != fault.Limited {
			return by, err
		}
		f.Add("proof", e.Key, e.Args...)
		return by, f.Err()
	}
	by.Fresh = s.Now()
	return by, nil
}

// refused gives what a form did wrong, said in the language, and whether the
// page can be shown again with it; any other error is for the error page.
func refused(b Base, err error) ([]FieldError, int, bool) {
	f := asFault(err)
	switch f.Kind {
	case fault.Invalid, fault.Conflict, fault.Stale, fault.Denied, fault.Limited:
	default:
		return nil, 0, false
	}
	var out []FieldError
	for _, x := range f.Fields {
		out = append(out, FieldError{x.Name, b.L(x.Key, x.Args...)})
	}
	if len(out) == 0 {
		out = []FieldError{{"", b.L(f.Key, f.Args...)}}
	}
	return out, statusOf(f.Kind), true
}

// wrong puts errors beside their questions. An error of a part of a question,
// or of what a question is part of, goes to the nearest; one that has none
// stays in the summary and leads to the form's first question.
func (f *boardForm) wrong(errs []FieldError) {
	var all []*boardField
	for g := range f.Groups {
		for i := range f.Groups[g].Fields {
			all = append(all, &f.Groups[g].Fields[i])
		}
	}
	if len(all) == 0 {
		f.Errors = append(f.Errors, errs...)
		return
	}
	for _, e := range errs {
		at := slices.IndexFunc(all, func(x *boardField) bool { return x.Name == e.Name })
		if at < 0 && e.Name != "" {
			at = slices.IndexFunc(all, func(x *boardField) bool {
				return strings.HasPrefix(x.Name, e.Name+".") || strings.HasPrefix(e.Name, x.Name+".")
			})
		}
		if at < 0 && e.Name != "" {
			head, _, _ := strings.Cut(e.Name, ".")
			at = slices.IndexFunc(all, func(x *boardField) bool { return x.Name == head })
		}
		if at < 0 {
			f.Errors = append(f.Errors, FieldError{all[0].Name, e.Text})
			continue
		}
		all[at].Error = e.Text
		f.Errors = append(f.Errors, FieldError{all[at].Name, e.Text})
	}
	for g := range f.Groups {
		for _, x := range f.Groups[g].Fields {
			if x.Error != "" {
				f.Groups[g].Closed = false
			}
		}
	}
}

// inHouse marks what only people of the desk are shown of its own workings.
func inHouse() marking.Marking { return marking.Of(marking.TLPAmberStrict) }

// objectPage gives the page of an object of another room, "" for none.
func (s *Server) objectPage(kind, id string) string {
	root := map[string]string{"incident": "/incidents/", "institution": "/institutions/", "proposal": "/proposals/", "person": "/people/", "outbox": "/outbox/"}[kind]
	if root == "" || id == "" {
		return ""
	}
	return root + id
}

// option marks the chosen one of some options.
func chosen(value string, options []OptionView) []OptionView {
	for i := range options {
		options[i].Selected = options[i].Value == value
	}
	return options
}
