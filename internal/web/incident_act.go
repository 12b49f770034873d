package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/incident"
	"kulla.dev/internal/marking"
	"kulla.dev/internal/regime"
)

// actForm is the posted form of one act. Its fields are called "ACT-NAME", so
// that many forms stand on one page.
type actForm struct {
	act    string
	values url.Values
	zone   *time.Location
	broken fault.Fields
	seen   int // version of the incident the page showed
}

func (f *actForm) get(name string) string { return strings.TrimSpace(f.values.Get(f.act + "-" + name)) }

func (f *actForm) list(name string) []string { return f.values[f.act+"-"+name] }

// moment reads a moment; a broken one is noted under the field's own name.
func (f *actForm) moment(name string) incident.Moment {
	var broken fault.Fields
	m := sheet{Values: f.values}.moment(f.act+"-"+name, f.zone, &broken)
	for _, x := range broken {
		f.broken.Add(name, x.Key, x.Args...)
	}
	return m
}

// time reads a moment that must be exact, such as a due.
func (f *actForm) time(name string) time.Time {
	m := f.moment(name)
	if m.Precision == incident.Day { // no clock given: the end of that day
		return m.At.AddDate(0, 0, 1).Add(-time.Minute)
	}
	return m.At
}

func (f *actForm) covers() []regime.Cover {
	var out []regime.Cover
	for _, c := range f.list("covers") {
		if r, stage, ok := strings.Cut(c, "/"); ok {
			out = append(out, regime.Cover{Regime: r, Stage: stage})
		}
	}
	return out
}

// doing is one act: it reads its form and calls the room.
type doing func(s *Server, r *http.Request, by access.Actor, id incident.ID, f *actForm) error

// act makes the handler of one act on an incident: decode, call the room, go
// back to the page. A refused form comes back whole, beside the state that
// made it be refused.
func (s *Server) act(name string, do doing) handler {
	return func(w http.ResponseWriter, r *http.Request, by access.Actor) error {
		if _, err := parseUpload(r); err != nil {
			return err
		}
		id := incident.ID(r.PathValue("id"))
		f := &actForm{act: name, values: r.PostForm, zone: s.Zone}
		f.seen, _ = strconv.Atoi(r.PostForm.Get("seen"))
		err := do(s, r, by, id, f)
		if err == nil {
			s.flash(w, Good, "web.incident.flash."+name)
			return go303(w, r, "/incidents/"+string(id))
		}
		switch fault.Of(err) {
		case fault.Invalid, fault.Stale, fault.Conflict:
			return s.refusedAct(w, r, by, id, f, err)
		case fault.Denied:
			if x := asFault(err); x.Key == "incident.mark.wall" || x.Key == "incident.mark.self" {
				return s.refusedAct(w, r, by, id, f, err)
			}
		}
		return err
	}
}

func (s *Server) refusedAct(w http.ResponseWriter, r *http.Request, by access.Actor, id incident.ID, f *actForm, err error) error {
	x := asFault(err)
	visitOf(r).err = err
	lang := visitOf(r).lang
	d := formDesk{s: s, lang: lang}
	st := actState{Act: f.act, Values: f.values}
	for _, y := range x.Fields {
		name, _, _ := strings.Cut(y.Name, "[")
		st.Errors = append(st.Errors, FieldError{f.act + "-" + name, d.say(y)})
	}
	if len(x.Fields) == 0 {
		st.Text = d.say(fault.Field{Key: x.Key, Args: x.Args})
	}
	if x.Kind == fault.Stale {
		st.Stale = &DiffView{}
	}
	return s.showIncident(w, r, by, id, statusOf(x.Kind), st)
}

// staleDiff shows what the incident says now beside what was typed.
func (s *Server) staleDiff(v *incidentView) {
	d := DiffView{Caption: v.L("web.incident.stale"), Before: v.L("web.incident.stale-now"), After: v.L("web.incident.stale-yours")}
	name := func(list []OptionView, selected string) string {
		for _, o := range list {
			if o.Value == selected {
				return o.Text
			}
		}
		return selected
	}
	row := func(field, now, yours string) {
		x := DiffRow{Field: field, Before: now, After: yours}
		if now != yours {
			x.Tone, x.Word = Warn, v.L("web.incident.diff.changed")
		}
		d.Rows = append(d.Rows, x)
	}
	code := ""
	if len(v.In.Codes) > 0 {
		code = v.In.Codes[0].Scheme + ":" + v.In.Codes[0].Code
	}
	switch c := v.Choices; v.Act.Act {
	case "assign":
		row(v.L("web.incident.assignee"), name(c.People, v.In.Assignee), name(c.People, v.typed("assign-assignee")))
	case "status":
		row(v.L("web.incident.status"), name(c.Statuses, string(v.In.Status)), name(c.Statuses, v.typed("status-status")))
	case "unit":
		row(v.L("web.incident.unit"), name(c.Units, string(v.In.Unit)), name(c.Units, v.typed("unit-unit")))
	case "classify":
		row(v.L("web.incident.type"), name(c.Taxa, code), name(c.Taxa, v.typed("classify-codes")))
	case "mark":
		row(v.L("web.incident.marking"), v.In.Mark.TLP.String(), v.typed("mark-tlp"))
	case "rate":
		for _, q := range c.Severity {
			id := strings.TrimPrefix(q.Field.Name, "rate-")
			row(q.Field.Label, name(q.Options, v.In.Severity.Answers[id]), name(q.Options, v.typed(q.Field.Name)))
		}
	default:
		for _, k := range sortedFields(v.Act.Values, v.Act.Act) {
			row(strings.TrimPrefix(k, v.Act.Act+"-"), "", strings.Join(v.Act.Values[k], ", "))
		}
	}
	v.Act.Stale = &d
}

func sortedFields(values url.Values, act string) []string {
	var out []string
	for k := range values {
		if strings.HasPrefix(k, act+"-") && values.Get(k) != "" {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return out
}

// The acts, each one call of the room.

func doAnswer(s *Server, r *http.Request, by access.Actor, id incident.ID, f *actForm) error {
	_, err := s.Incident.Answer(r.Context(), by, id, incident.Message{Text: f.get("text")}, s.Now())
	return err
}

func doAsk(s *Server, r *http.Request, by access.Actor, id incident.ID, f *actForm) error {
	q := incident.Question{Text: f.get("text"), Due: f.time("due"), Formal: f.get("formal") != ""}
	if err := f.broken.Err(); err != nil {
		return err
	}
	_, err := s.Incident.Ask(r.Context(), by, id, q, s.Now())
	return err
}

func doReply(s *Server, r *http.Request, by access.Actor, id incident.ID, f *actForm) error {
	_, err := s.Incident.Reply(r.Context(), by, id, incident.Message{Text: f.get("text"), To: f.get("to"), Close: f.get("to") != "" && f.get("more") == ""}, s.Now())
	return err
}

func doNote(s *Server, r *http.Request, by access.Actor, id incident.ID, f *actForm) error {
	_, err := s.Incident.Note(r.Context(), by, id, f.get("text"), s.Now())
	return err
}

func doAssign(s *Server, r *http.Request, by access.Actor, id incident.ID, f *actForm) error {
	person := f.get("assignee")
	if f.get("me") != "" {
		person = by.Person
	}
	_, err := s.Incident.Assign(r.Context(), by, id, f.seen, person, s.Now())
	return err
}

func doStatus(s *Server, r *http.Request, by access.Actor, id incident.ID, f *actForm) error {
	_, err := s.Incident.SetStatus(r.Context(), by, id, f.seen, incident.Status(f.get("status")), s.Now())
	return err
}

func doUnit(s *Server, r *http.Request, by access.Actor, id incident.ID, f *actForm) error {
	_, err := s.Incident.SetUnit(r.Context(), by, id, f.seen, incident.Unit(f.get("unit")), s.Now())
	return err
}

func doClassify(s *Server, r *http.Request, by access.Actor, id incident.ID, f *actForm) error {
	var codes []incident.Code
	if scheme, code, ok := strings.Cut(f.get("codes"), ":"); ok {
		codes = append(codes, incident.Code{Scheme: scheme, Code: code})
	}
	_, err := s.Incident.Classify(r.Context(), by, id, f.seen, codes, s.Now())
	return err
}

func doRate(s *Server, r *http.Request, by access.Actor, id incident.ID, f *actForm) error {
	answers := map[string]string{}
	for _, c := range s.Pack.Severity.Categories {
		if o := f.get(c.ID); o != "" {
			answers[c.ID] = o
		}
	}
	_, err := s.Incident.Rate(r.Context(), by, id, f.seen, answers, f.get("band"), f.get("why"), s.Now())
	return err
}

func doMark(s *Server, r *http.Request, by access.Actor, id incident.ID, f *actForm) error {
	in, err := s.Incident.Get(r.Context(), by, id, s.Now())
	if err != nil {
		return err
	}
	t, err := marking.ParseTLP(f.get("tlp"))
	if err != nil {
		f.broken.Add("tlp", "incident.field.unknown", f.get("tlp"))
		return f.broken.Err()
	}
	m := in.Mark
	m.TLP = t
	_, err = s.Incident.Mark(r.Context(), by, id, f.seen, m, f.get("why"), s.Now())
	return err
}

func doOrder(s *Server, r *http.Request, by access.Actor, id incident.ID, f *actForm) error {
	in := incident.Order{Seen: f.seen, Kind: f.get("kind"), Covers: f.covers(), Role: f.get("role"), Until: f.time("until"), Ground: f.get("ground"), Reason: f.get("reason")}
	if err := f.broken.Err(); err != nil {
		return err
	}
	_, err := s.Incident.Order(r.Context(), by, id, in, s.Now())
	return err
}

func doRefer(s *Server, r *http.Request, by access.Actor, id incident.ID, f *actForm) error {
	_, err := s.Incident.Refer(r.Context(), by, id, incident.ReferralDraft{Role: f.get("role"), Address: f.get("address"), Ground: f.get("ground"), Note: f.get("note"), Grounds: f.list("withhold")}, s.Now())
	return err
}

// other reads the incident a form names by its number.
func (s *Server) other(r *http.Request, by access.Actor, f *actForm, name string) (incident.ID, error) {
	id, err := s.Incident.Find(r.Context(), by, strings.ToUpper(f.get(name)))
	if fault.Is(err, fault.NotFound) {
		f.broken.Add(name, "incident.get.unknown")
		return "", f.broken.Err()
	}
	return id, err
}

func doLink(s *Server, r *http.Request, by access.Actor, id incident.ID, f *actForm) error {
	to, err := s.other(r, by, f, "to")
	if err == nil {
		_, err = s.Incident.Link(r.Context(), by, id, to, incident.LinkKind(f.get("kind")), f.get("reason"), s.Now())
	}
	return err
}

func doMerge(s *Server, r *http.Request, by access.Actor, id incident.ID, f *actForm) error {
	into, err := s.other(r, by, f, "into")
	if err == nil {
		_, err = s.Incident.Merge(r.Context(), by, id, into, f.seen, f.get("reason"), s.Now())
	}
	return err
}

func doTask(s *Server, r *http.Request, by access.Actor, id incident.ID, f *actForm) error {
	in := incident.TaskDraft{Text: f.get("text"), Due: f.time("due"), Assignee: f.get("assignee")}
	if err := f.broken.Err(); err != nil {
		return err
	}
	_, err := s.Incident.AddTask(r.Context(), by, id, in, s.Now())
	return err
}

func doTaskDone(s *Server, r *http.Request, by access.Actor, id incident.ID, f *actForm) error {
	_, err := s.Incident.FinishTask(r.Context(), by, id, r.PathValue("task"), f.get("outcome"), s.Now())
	return err
}

func doRecord(s *Server, r *http.Request, by access.Actor, id incident.ID, f *actForm) error {
	in := incident.Happening{Seen: f.seen, Kind: f.get("kind"), At: f.moment("at"), Reason: f.get("reason")}
	if err := f.broken.Err(); err != nil {
		return err
	}
	_, err := s.Incident.Record(r.Context(), by, id, in, s.Now())
	return err
}

func doCorrect(s *Server, r *http.Request, by access.Actor, id incident.ID, f *actForm) error {
	in := incident.Correction{Seen: f.seen, Event: f.get("event"), At: f.moment("at"), Reason: f.get("reason")}
	if err := f.broken.Err(); err != nil {
		return err
	}
	_, err := s.Incident.Correct(r.Context(), by, id, in, s.Now())
	return err
}

func doRecall(s *Server, r *http.Request, by access.Actor, id incident.ID, f *actForm) error {
	_, err := s.Incident.Recall(r.Context(), by, id, f.get("submission"), f.get("reason"), s.Now())
	return err
}

func doAttach(s *Server, r *http.Request, by access.Actor, id incident.ID, f *actForm) error {
	if r.MultipartForm == nil || len(r.MultipartForm.File["attach-file"]) == 0 {
		f.broken.Add("file", "incident.field.needed")
		return f.broken.Err()
	}
	for _, h := range r.MultipartForm.File["attach-file"] {
		if _, err := s.attach(r.Context(), by, id, h); err != nil {
			return err
		}
	}
	return nil
}
