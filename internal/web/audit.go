package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"kulla.dev/internal/access"
	"kulla.dev/internal/audit"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/marking"
)

const auditPageSize = 50

// note records an act on the desk's own workings.
func (s *Server) note(ctx context.Context, by access.Actor, e audit.Entry) error {
	return s.DB.Tx(ctx, func(tx *db.Tx) error { return s.Audit.Record(tx, by, e, s.Now()) })
}

// mayKnow says whether the reader may know of the object a record is about.
func mayKnow(by access.Actor, r audit.Record) (marking.Marking, bool) {
	if r.Mark == "" {
		return inHouse(), true
	}
	m, err := marking.Parse(r.Mark)
	return m, err == nil && marking.MayRead(by.Reader(), m)
}

// auditRecords gives a page of records whose objects the reader may know of.
func (s *Server) auditRecords(ctx context.Context, by access.Actor, q audit.Query) (out []audit.Record, more bool, err error) {
	q.Limit = 4 * auditPageSize
	for range 20 { // a reader who may know of next to nothing is not kept waiting
		list, err := s.Audit.List(ctx, q)
		if err != nil {
			return nil, false, err
		}
		for _, x := range list {
			if _, ok := mayKnow(by, x); ok {
				if len(out) == auditPageSize {
					return out, true, nil
				}
				out = append(out, x)
			}
		}
		if len(list) < q.Limit {
			return out, false, nil
		}
		q.Before = list[len(list)-1].ID
	}
	return out, len(out) > 0, nil
}

// auditList searches the trail by object and by actor; the search is recorded.
func (s *Server) auditList(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	values := r.URL.Query()
	q := audit.Query{ObjectID: strings.TrimSpace(values.Get("object")), Actor: strings.TrimSpace(values.Get("actor")), Before: values.Get("before")}
	v := s.board(r, by, visitOf(r).lang.T("web.desk.audit.title"))
	v.Lead = v.L("web.desk.audit.lead")
	if access.May(by, "audit.verify") == nil {
		v.Actions = []ButtonView{{Text: v.L("web.desk.audit.chain"), Href: "/audit/chain"}}
	}
	v.Filters = FilterView{Action: "/audit", Label: v.L("web.desk.audit.filter"), Search: FieldView{Name: "object", Label: v.L("web.desk.audit.object"), Value: q.ObjectID},
		Selects: []FilterSelect{}}
	several, err := s.auditActor(r, by, v, &q)
	if err != nil {
		return err
	}
	if err := s.note(r.Context(), by, audit.Entry{Verb: "audit.search", Object: "audit", Detail: map[string]any{"object": q.ObjectID, "actor": q.Actor}}); err != nil {
		return err
	}
	list, more, err := s.auditRecords(r.Context(), by, q)
	if err != nil {
		return err
	}
	b := blockView{Card: CardView{Title: v.L("web.desk.audit.records")}}
	b.Table, err = s.auditTable(r, by, v, list)
	if err != nil {
		return err
	}
	if more || q.Before != "" {
		b.Page = PageView{Shown: v.L("web.desk.shown", len(list))}
		if q.Before != "" {
			b.Page.First = "/audit?" + set(values, "before", "")
		}
		if more {
			b.Page.Next = "/audit?" + set(values, "before", list[len(list)-1].ID)
		}
	}
	v.Blocks = append(several, s.auditAsk(v.Base, values), b)
	return s.show(w, r, http.StatusOK, v)
}

// auditAsk is the form by object and actor.
func (s *Server) auditAsk(b Base, values url.Values) blockView {
	return blockView{Card: CardView{Title: b.L("web.desk.audit.filter")}, Form: &boardForm{FormView: FormView{ID: "find", Action: "/audit", Get: true},
		Groups: []boardGroup{{Fields: []boardField{
			{FieldView: FieldView{Name: "object", Label: b.L("web.desk.audit.object"), Hint: b.L("web.desk.audit.object-hint"), Value: values.Get("object"), NoDraft: true}},
			{FieldView: FieldView{Name: "actor", Label: b.L("web.desk.audit.actor"), Hint: b.L("web.desk.audit.actor-hint"), Value: values.Get("actor"), NoDraft: true}}}}},
		Buttons: []ButtonView{{Text: b.L("web.desk.audit.find"), Primary: true}}}}
}

// auditActor turns a name that was typed into the id of the person; where
// several bear it, the reader chooses.
func (s *Server) auditActor(r *http.Request, by access.Actor, v *boardView, q *audit.Query) ([]blockView, error) {
	v.Filters = FilterView{}
	if q.Actor == "" || db.ValidID(q.Actor) || strings.Contains(q.Actor, ":") || access.May(by, "access.read") != nil {
		return nil, nil
	}
	people, err := s.Access.People(r.Context(), by, access.Query{Text: q.Actor, Limit: 20})
	if err != nil || len(people) == 0 {
		return nil, err
	}
	if len(people) == 1 {
		q.Actor = people[0].ID
		return nil, nil
	}
	b := blockView{Card: CardView{Title: v.L("web.desk.audit.which")}}
	for _, p := range people {
		b.Facts = append(b.Facts, DefinitionView{Term: p.Name, Value: p.Email, Why: Link{v.L("web.desk.audit.this-one"), "/audit?" + set(r.URL.Query(), "actor", p.ID)}})
	}
	return []blockView{b}, nil
}

func (s *Server) auditTable(r *http.Request, by access.Actor, v *boardView, list []audit.Record) (TableView, error) {
	t := TableView{Caption: v.L("web.desk.audit.records"), Keys: true, Empty: EmptyView{Title: v.L("web.desk.audit.none")}, Columns: []ColumnView{
		{Title: v.L("web.desk.audit.verb"), Main: true}, {Title: v.L("web.desk.audit.by")}, {Title: v.L("web.desk.audit.object")}, {Title: v.L("web.desk.audit.at")}, {Title: v.L("web.desk.audit.seq"), Num: true, Hide: true}}}
	var people, orgs []string
	marks := []marking.Marking{inHouse()}
	for _, x := range list {
		people, orgs = append(people, x.Actor), append(orgs, x.Org)
		m, _ := mayKnow(by, x)
		marks = append(marks, m)
	}
	v.banner(marks...)
	who, err := s.namesOf(r, by, people, orgs)
	if err != nil {
		return t, err
	}
	for _, x := range list {
		object := CellView{Text: x.Object, Sub: x.ObjectID}
		if x.ObjectID != "" {
			object.Href = "/audit?object=" + queryEscape(x.ObjectID)
		}
		seq := v.L("web.desk.audit.open")
		if x.Seq >= 0 {
			seq = v.Lang.Number(x.Seq)
		}
		sub := ""
		if x.Org != "" {
			sub = s.institutionName(x.Org, v.Lang)
		}
		t.Rows = append(t.Rows, RowView{ID: "record-" + x.ID, Cells: []CellView{{Text: x.Verb, Href: "/audit/" + x.ID}, {Text: who.of(v.Lang, x.Actor), Sub: sub}, object,
			{Text: v.Lang.DateTime(x.At.In(s.Zone))}, {Text: seq}}})
	}
	return t, nil
}

// auditRecord reads one record the reader may know of.
func (s *Server) auditRecord(ctx context.Context, by access.Actor, id string) (audit.Record, marking.Marking, error) {
	unknown := fault.New(fault.NotFound, "audit.record-unknown")
	if !db.ValidID(id) {
		return audit.Record{}, marking.Marking{}, unknown
	}
	list, err := s.Audit.List(ctx, audit.Query{Before: id + "~", Limit: 1}) // the newest up to this one
	if err != nil {
		return audit.Record{}, marking.Marking{}, err
	}
	if len(list) == 0 || list[0].ID != id {
		return audit.Record{}, marking.Marking{}, unknown
	}
	m, ok := mayKnow(by, list[0])
	if !ok {
		return audit.Record{}, marking.Marking{}, unknown
	}
	return list[0], m, nil
}

// auditPage shows one record whole.
func (s *Server) auditPage(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	x, m, err := s.auditRecord(r.Context(), by, r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := s.note(r.Context(), by, audit.Entry{Verb: "audit.read", Object: "audit", ObjectID: x.ID, Mark: x.Mark}); err != nil {
		return err
	}
	who, err := s.namesOf(r, by, []string{x.Actor}, nil)
	if err != nil {
		return err
	}
	v := s.board(r, by, x.Verb)
	v.banner(m, inHouse())
	v.Head.Trail = []Link{{v.L("web.desk.audit.title"), "/audit"}}
	b := blockView{Card: CardView{Title: v.L("web.desk.audit.record")}}
	add := func(term, value, note string, why Link) {
		b.Facts = append(b.Facts, DefinitionView{Term: term, Value: value, Note: note, Why: why})
	}
	add(v.L("web.desk.audit.at"), v.Lang.DateTime(x.At.In(s.Zone)), x.At.Format("15:04:05.000000Z"), Link{})
	add(v.L("web.desk.audit.by"), who.of(v.Lang, x.Actor), "", Link{v.L("web.desk.audit.all-by"), "/audit?actor=" + queryEscape(x.Actor)})
	if x.Org != "" {
		add(v.L("web.desk.audit.org"), s.institutionName(x.Org, v.Lang), "", Link{})
	}
	object := Link{}
	if x.ObjectID != "" {
		object = Link{v.L("web.desk.audit.all-on"), "/audit?object=" + queryEscape(x.ObjectID)}
	}
	add(v.L("web.desk.audit.object"), strings.TrimSpace(x.Object+" "+x.ObjectID), "", object)
	add(v.L("web.desk.audit.mark"), orElse(x.Mark, "–"), "", Link{})
	add(v.L("web.desk.audit.request"), orElse(x.Request, "–"), "", Link{})
	if x.Seq >= 0 {
		add(v.L("web.desk.audit.seq"), v.Lang.Number(x.Seq), "", Link{v.L("web.desk.audit.proof"), "/audit/" + x.ID + "/proof"})
	} else {
		add(v.L("web.desk.audit.seq"), v.L("web.desk.audit.open"), v.L("web.desk.audit.open-note"), Link{})
	}
	b.Code = CodeView{Label: v.L("web.desk.audit.detail"), Text: indented(x.Detail)}
	v.Blocks = []blockView{b}
	return s.show(w, r, http.StatusOK, v)
}

func indented(text string) string {
	var v any
	if json.Unmarshal([]byte(text), &v) == nil {
		if b, err := json.MarshalIndent(v, "", "  "); err == nil {
			return string(b)
		}
	}
	return text
}

// auditProof sends the proof that the record is in the ledger, which can be
// checked without it.
func (s *Server) auditProof(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	x, _, err := s.auditRecord(r.Context(), by, r.PathValue("id"))
	if err != nil {
		return err
	}
	p, err := s.Audit.Prove(r.Context(), x.ID)
	if err != nil {
		return err
	}
	if err := s.note(r.Context(), by, audit.Entry{Verb: "audit.prove", Object: "audit", ObjectID: x.ID, Mark: x.Mark}); err != nil {
		return err
	}
	data, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return err
	}
	return sendFile(w, append(data, '\n'), "application/json", "audit-proof-"+x.ID+".json")
}

// auditChain shows the newest checkpoint.
func (s *Server) auditChain(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	return s.showChain(w, r, by, nil)
}

// auditVerify recomputes the whole chain now and says what it found.
func (s *Server) auditVerify(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	began := s.Now()
	seen, err := s.Audit.Verify(r.Context(), audit.VerifyOptions{})
	took := s.Now().Sub(began)
	lang := visitOf(r).lang
	note := FlashView{Tone: Good, Title: lang.T("web.desk.audit.whole", seen.Records), Text: lang.T("web.desk.audit.whole-text", seen.Checkpoints, seen.Open, took)}
	result := "whole"
	if broken, ok := errors.AsType[*audit.Broken](err); ok {
		note = FlashView{Tone: Bad, Title: lang.T("web.desk.audit.broken"), Text: lang.T("web.desk.audit.broken-text", broken.Seq, broken.What, broken.Why)}
		result = broken.What
	} else if err != nil {
		return err
	}
	if err := s.note(r.Context(), by, audit.Entry{Verb: "audit.verify", Object: "audit", Detail: map[string]any{"records": seen.Records, "result": result}}); err != nil {
		return err
	}
	return s.showChain(w, r, by, []FlashView{note})
}

func (s *Server) showChain(w http.ResponseWriter, r *http.Request, by access.Actor, notes []FlashView) error {
	c, ok, err := s.Audit.Newest(r.Context())
	if err != nil {
		return err
	}
	v := s.board(r, by, visitOf(r).lang.T("web.desk.audit.chain"))
	v.Path, v.Notes = "/audit/chain", notes
	v.banner(inHouse())
	if access.May(by, "audit.read") == nil {
		v.Head.Trail = []Link{{v.L("web.desk.audit.title"), "/audit"}}
	}
	b := blockView{Card: CardView{Title: v.L("web.desk.audit.checkpoint")}, Lead: v.L("web.desk.audit.chain-lead")}
	if ok {
		b.Facts = []DefinitionView{{Term: v.L("web.desk.audit.size"), Value: v.Lang.Number(c.Size)}, {Term: v.L("web.desk.audit.at"), Value: v.Lang.DateTime(c.At.In(s.Zone))},
			{Term: v.L("web.desk.audit.root"), Body: digestView(c.Root.String())}}
		if c.Note != "" {
			b.Code = CodeView{Label: v.L("web.desk.audit.signed"), Text: c.Note}
		}
	} else {
		b.Facts = []DefinitionView{{Term: v.L("web.desk.audit.size"), Value: v.L("web.desk.audit.nothing-sealed")}}
	}
	b.Form = &boardForm{FormView: FormView{ID: "verify", Action: "/audit/chain"}, Buttons: []ButtonView{{Text: v.L("web.desk.audit.verify"), Primary: true}}}
	v.Blocks = []blockView{b}
	return s.show(w, r, http.StatusOK, v)
}
