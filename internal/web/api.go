package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"kulla.dev/internal/access"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/incident"
	"kulla.dev/internal/marking"
	"kulla.dev/internal/regime"
	"kulla.dev/internal/registry"
)

// The interface for programs: the same rooms, the same rules, the same
// receipts as the pages. Its description is /api/v1/openapi.json.

type actorKey struct{}

func actorOf(ctx context.Context) access.Actor {
	by, _ := ctx.Value(actorKey{}).(access.Actor)
	return by
}

// api serves everything below /api/v1/ for an actor already known.
func (s *Server) api() http.Handler {
	mux := http.NewServeMux()
	c := huma.DefaultConfig("Kulla", "1")
	c.Info.Description = "Report incidents under the law, follow their clocks, read the register. Authenticate with a key of your account: Authorization: Bearer kulla_…"
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "/api/v1/openapi", "", "/api/v1/schemas"
	c.CreateHooks = nil // answers carry data, no links to schemas
	c.Transformers = append(c.Transformers, s.apiWords())
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"key": {Type: "http", Scheme: "bearer"}}
	c.Security = []map[string][]string{{"key": {}}}
	a := humago.New(mux, c)
	op := func(id, method, path, summary string, status int) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: "/api/v1" + path, Summary: summary, DefaultStatus: status, MaxBodyBytes: 4 << 20,
			Errors: []int{400, 401, 403, 404, 409, 413, 415, 422, 429, 503}}
	}
	huma.Register(a, op("submit-report", http.MethodPost, "/reports", "Hand in a report of any stage; the same key gives the same receipt", http.StatusCreated), s.apiSubmit)
	huma.Register(a, op("check-report", http.MethodPost, "/reports/check", "Say which laws apply and what is missing, without handing in", http.StatusOK), s.apiCheck)
	huma.Register(a, op("list-incidents", http.MethodGet, "/incidents", "Incidents you may know of, by what the law needs next", http.StatusOK), s.apiIncidents)
	huma.Register(a, op("get-incident", http.MethodGet, "/incidents/{id}", "One incident with its obligations", http.StatusOK), s.apiIncident)
	huma.Register(a, op("list-institutions", http.MethodGet, "/institutions", "Institutions you may know of", http.StatusOK), s.apiInstitutions)
	return mux
}

// apiEntry hands a request of a known actor to the interface.
func (s *Server) apiEntry(inner http.Handler) handler {
	return func(w http.ResponseWriter, r *http.Request, by access.Actor) error {
		inner.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), actorKey{}, by)))
		return nil
	}
}

// APIMoment is a point in time as a person knows it.
type APIMoment struct {
	At        time.Time `json:"at"`
	Precision string    `json:"precision,omitempty" enum:"minute,hour,day,month,unknown" default:"minute"`
}

// APIStated is the answer to one field of the pack.
type APIStated struct {
	Text      string     `json:"text,omitempty" maxLength:"20000"`
	List      []string   `json:"list,omitempty" maxItems:"200"`
	Number    *float64   `json:"number,omitempty"`
	Is        string     `json:"is,omitempty" enum:"yes,no,unknown"`
	At        *APIMoment `json:"at,omitempty"`
	Suspected bool       `json:"suspected,omitempty"`
	Potential bool       `json:"potential,omitempty" doc:"Capable of it, not (yet) happened"`
	Estimate  bool       `json:"estimate,omitempty"`
	Method    string     `json:"method,omitempty" maxLength:"500"`
}

// APIReport is a report: one form for every law that asks.
type APIReport struct {
	Key         string               `json:"key" minLength:"8" maxLength:"100" doc:"Of the form: the same key gives the same receipt, never a second incident"`
	Incident    string               `json:"incident,omitempty" doc:"Id of the incident; absent for a first report"`
	Seen        int                  `json:"seen,omitempty" minimum:"0"`
	Kind        string               `json:"kind,omitempty" enum:"significant,voluntary,near_miss,threat"`
	Covers      []APICover           `json:"covers,omitempty" maxItems:"50" doc:"Stages it is meant for; absent: what is owed first"`
	Institution string               `json:"institution,omitempty" doc:"Absent: the one the key acts for"`
	Title       string               `json:"title,omitempty" maxLength:"400"`
	Codes       []APICode            `json:"codes,omitempty" maxItems:"20"`
	Services    []string             `json:"services,omitempty" maxItems:"200"`
	Occurred    *APIMoment           `json:"occurred,omitempty"`
	Detected    *APIMoment           `json:"detected,omitempty"`
	Aware       *APIMoment           `json:"aware,omitempty"`
	Values      map[string]APIStated `json:"values,omitempty" doc:"By field id of the country pack"`
	TLP         string               `json:"tlp,omitempty" enum:"TLP:RED,TLP:AMBER+STRICT,TLP:AMBER,TLP:GREEN,TLP:CLEAR"`
	LateReason  string               `json:"late_reason,omitempty" maxLength:"4000"`
}

// APICover names a stage of a regime.
type APICover struct {
	Regime string `json:"regime,omitempty"`
	Stage  string `json:"stage"`
}

// APICode is one entry of a versioned taxonomy.
type APICode struct {
	Scheme  string `json:"scheme"`
	Version string `json:"version,omitempty"`
	Code    string `json:"code"`
}

// APIReceipt is what the reporter holds in hand.
type APIReceipt struct {
	Incident   string     `json:"incident"`
	Number     string     `json:"number"`
	Submission string     `json:"submission"`
	Version    int        `json:"version"`
	Digest     string     `json:"digest" doc:"SHA-256 of the canonical report"`
	At         time.Time  `json:"at"`
	Next       *time.Time `json:"next,omitempty" doc:"Next deadline"`
	NextStage  string     `json:"next_stage,omitempty"`
	NextRegime string     `json:"next_regime,omitempty"`
	Signed     string     `json:"signed,omitempty" doc:"The receipt as a signed note"`
	Replayed   bool       `json:"replayed" doc:"The form had been handed in before"`
}

func (m *APIMoment) moment() incident.Moment {
	if m == nil {
		return incident.Moment{}
	}
	p := incident.Precision(m.Precision)
	if p == "" {
		p = incident.Minute
	}
	return incident.Moment{At: m.At, Precision: p}
}

func (b APIReport) draft() (incident.Draft, error) {
	d := incident.Draft{Key: b.Key, Incident: incident.ID(b.Incident), Seen: b.Seen, Kind: regime.ReportKind(b.Kind), Institution: b.Institution, Title: b.Title,
		Services: b.Services, Occurred: b.Occurred.moment(), Detected: b.Detected.moment(), Aware: b.Aware.moment(), LateReason: b.LateReason, Channel: "api"}
	if b.Incident != "" && !db.ValidID(b.Incident) {
		return d, fault.New(fault.NotFound, "web.error.nowhere")
	}
	if b.TLP != "" {
		t, err := marking.ParseTLP(b.TLP)
		if err != nil {
			return d, err
		}
		d.TLP = t
	}
	for _, c := range b.Covers {
		d.Covers = append(d.Covers, regime.Cover{Regime: c.Regime, Stage: c.Stage})
	}
	for _, c := range b.Codes {
		d.Codes = append(d.Codes, incident.Code{Scheme: c.Scheme, Version: c.Version, Code: c.Code})
	}
	for id, v := range b.Values {
		if d.Values == nil {
			d.Values = map[string]incident.Stated{}
		}
		st := incident.Stated{Text: v.Text, List: v.List, Number: v.Number, At: v.At.moment(), Suspected: v.Suspected, Potential: v.Potential, Estimate: v.Estimate, Method: v.Method}
		switch v.Is {
		case "yes":
			st.Is = regime.Yes
		case "no":
			st.Is = regime.No
		}
		d.Values[id] = st
	}
	return d, nil
}

// apiFault turns a fault into the interface's problem document.
func (s *Server) apiFault(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	f := asFault(err)
	v := visitIn(ctx)
	v.err = err
	m := &huma.ErrorModel{Type: apiType(f.Key), Status: statusOf(f.Kind), Title: v.lang.T(titleOf(f.Kind)), Detail: v.lang.T(f.Key, f.Args...), Instance: "urn:uuid:" + v.id}
	for _, x := range f.Fields {
		m.Errors = append(m.Errors, &huma.ErrorDetail{Location: "body." + x.Name, Message: v.lang.T(x.Key, x.Args...), Value: x.Key})
	}
	return m
}

type apiSubmitIn struct{ Body APIReport }
type apiSubmitOut struct{ Body APIReceipt }

func (s *Server) apiSubmit(ctx context.Context, in *apiSubmitIn) (*apiSubmitOut, error) {
	by := actorOf(ctx)
	d, err := in.Body.draft()
	if err != nil {
		return nil, s.apiFault(ctx, err)
	}
	if d.Institution == "" && d.Incident == "" {
		d.Institution = by.Institution
	}
	r, err := s.Incident.Submit(ctx, by, d, s.Now())
	if err != nil {
		return nil, s.apiFault(ctx, err)
	}
	out := APIReceipt{Incident: string(r.Incident), Number: r.Number, Submission: r.Submission, Version: r.Version, Digest: r.Digest, At: r.At,
		NextStage: r.NextStage, NextRegime: r.NextRegime, Signed: r.Signed, Replayed: r.Replayed}
	if !r.Next.IsZero() {
		out.Next = &r.Next
	}
	return &apiSubmitOut{out}, nil
}

// APIPreview is what a report would lead to.
type APIPreview struct {
	Significant string          `json:"significant" enum:"yes,no,unknown"`
	Obligations []APIObligation `json:"obligations"`
	Problems    []APIProblem    `json:"problems" doc:"Fields to mend before it can be handed in"`
}

// APIProblem is one field to mend.
type APIProblem struct {
	Field string `json:"field"`
	Text  string `json:"text"`
}

// APIObligation is one duty under one law.
type APIObligation struct {
	Regime string     `json:"regime"`
	Stage  string     `json:"stage"`
	State  string     `json:"state"`
	Due    *time.Time `json:"due,omitempty"`
}

func obligations(list []regime.Obligation) []APIObligation {
	out := []APIObligation{}
	for _, o := range list {
		x := APIObligation{Regime: o.Regime, Stage: o.Stage, State: string(o.State)}
		if !o.Due.IsZero() {
			due := o.Due
			x.Due = &due
		}
		out = append(out, x)
	}
	return out
}

type apiCheckOut struct{ Body APIPreview }

func (s *Server) apiCheck(ctx context.Context, in *apiSubmitIn) (*apiCheckOut, error) {
	by := actorOf(ctx)
	d, err := in.Body.draft()
	if err != nil {
		return nil, s.apiFault(ctx, err)
	}
	if d.Institution == "" && d.Incident == "" {
		d.Institution = by.Institution
	}
	p, err := s.Incident.Check(ctx, by, d, s.Now())
	if err != nil {
		return nil, s.apiFault(ctx, err)
	}
	out := APIPreview{Significant: significance(p.Result), Obligations: obligations(p.Result.Obligations), Problems: []APIProblem{}}
	lang := visitIn(ctx).lang
	if f, ok := errors.AsType[*fault.Error](p.Problems); ok {
		for _, x := range f.Fields {
			out.Problems = append(out.Problems, APIProblem{x.Name, lang.T(x.Key, x.Args...)})
		}
	}
	return &apiCheckOut{out}, nil
}

// significance combines the regimes' answers: yes where one says yes.
func significance(r regime.Result) string {
	words := map[regime.Tri]string{regime.Yes: "yes", regime.No: "no", regime.Unknown: "unknown"}
	out := "no"
	for _, o := range r.Regimes {
		switch w := words[o.Significance.State]; {
		case w == "yes":
			return w
		case w == "unknown":
			out = w
		}
	}
	return out
}

// APIIncident is one line of the list.
type APIIncident struct {
	ID       string     `json:"id"`
	Number   string     `json:"number"`
	Title    string     `json:"title"`
	Name     string     `json:"institution"`
	Sector   string     `json:"sector"`
	Unit     string     `json:"unit"`
	Status   string     `json:"status"`
	Reported time.Time  `json:"reported"`
	Due      *time.Time `json:"due,omitempty"`
	Stage    string     `json:"stage,omitempty"`
	Regime   string     `json:"regime,omitempty"`
	Exercise bool       `json:"exercise"`
}

type apiListIn struct {
	After string `query:"after" maxLength:"200" doc:"Next of the page before"`
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Ended bool   `query:"ended"`
	Text  string `query:"q" maxLength:"200"`
}

type apiIncidentsOut struct {
	Body struct {
		Incidents []APIIncident `json:"incidents"`
		Next      string        `json:"next,omitempty"`
	}
}

func (s *Server) apiIncidents(ctx context.Context, in *apiListIn) (*apiIncidentsOut, error) {
	p, err := s.Incident.Queue(ctx, actorOf(ctx), incident.Query{After: in.After, Limit: in.Limit, Ended: in.Ended, Text: in.Text}, s.Now())
	if err != nil {
		return nil, s.apiFault(ctx, err)
	}
	out := &apiIncidentsOut{}
	out.Body.Incidents, out.Body.Next = []APIIncident{}, p.Next
	for _, r := range p.Rows {
		x := APIIncident{ID: string(r.ID), Number: r.Number, Title: r.Title, Name: r.Name, Sector: r.Sector, Unit: string(r.Unit), Status: string(r.Status),
			Reported: r.Reported, Stage: r.Stage, Regime: r.Regime, Exercise: r.Exercise}
		if !r.Due.IsZero() {
			due := r.Due
			x.Due = &due
		}
		out.Body.Incidents = append(out.Body.Incidents, x)
	}
	return out, nil
}

type apiIncidentIn struct {
	ID string `path:"id" maxLength:"36"`
}

type apiIncidentOut struct {
	Body struct {
		APIIncident
		Version     int             `json:"version"`
		Marking     string          `json:"marking"`
		Obligations []APIObligation `json:"obligations"`
		Submissions []APIReceipt    `json:"submissions"`
	}
}

func (s *Server) apiIncident(ctx context.Context, in *apiIncidentIn) (*apiIncidentOut, error) {
	if !db.ValidID(in.ID) {
		return nil, s.apiFault(ctx, fault.New(fault.NotFound, "web.error.nowhere"))
	}
	v, err := s.Incident.Get(ctx, actorOf(ctx), incident.ID(in.ID), s.Now())
	if err != nil {
		return nil, s.apiFault(ctx, err)
	}
	out := &apiIncidentOut{}
	out.Body.APIIncident = APIIncident{ID: string(v.ID), Number: v.Number, Title: v.Title, Name: v.Name, Sector: v.Sector, Unit: string(v.Unit), Status: string(v.Status), Reported: v.Reported.At, Exercise: v.Exercise}
	out.Body.Version, out.Body.Marking, out.Body.Obligations, out.Body.Submissions = v.Version, v.Mark.Text(), obligations(v.Result.Obligations), []APIReceipt{}
	for _, x := range v.Submissions {
		out.Body.Submissions = append(out.Body.Submissions, APIReceipt{Incident: in.ID, Number: v.Number, Submission: x.ID, Version: x.Version, Digest: x.Digest, At: x.At})
	}
	return out, nil
}

// APIInstitution is one line of the register.
type APIInstitution struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Sector string `json:"sector,omitempty"`
	Class  string `json:"class,omitempty"`
}

type apiInstitutionsOut struct {
	Body struct {
		Institutions []APIInstitution `json:"institutions"`
		Next         string           `json:"next,omitempty"`
	}
}

func (s *Server) apiInstitutions(ctx context.Context, in *apiListIn) (*apiInstitutionsOut, error) {
	by := actorOf(ctx)
	p, err := s.Registry.List(ctx, by, registry.Query{Text: in.Text, After: in.After, Limit: in.Limit})
	if err != nil {
		return nil, s.apiFault(ctx, err)
	}
	out := &apiInstitutionsOut{}
	out.Body.Institutions, out.Body.Next = []APIInstitution{}, p.Next
	for _, r := range p.Items {
		out.Body.Institutions = append(out.Body.Institutions, APIInstitution{string(r.ID), r.Name, r.Sector, r.Class})
	}
	return out, nil
}
