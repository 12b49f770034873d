package web

import (
	"io"
	"net/http"
	"slices"
	"strings"

	"kulla.dev/internal/access"
	"kulla.dev/internal/country"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/incident"
	"kulla.dev/internal/regime"
	"kulla.dev/internal/registry"
)

// incidentFile hands over an attachment to keep, never to show in place.
func (s *Server) incidentFile(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	f, body, err := s.Incident.Attachment(r.Context(), by, incident.ID(r.PathValue("id")), r.PathValue("file"), s.Now())
	if err != nil {
		return err
	}
	data, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	return s.download(w, data, "application/octet-stream", f.Name)
}

// referralFile hands over the extract another authority was given.
func (s *Server) referralFile(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	v, err := s.Incident.Get(r.Context(), by, incident.ID(r.PathValue("id")), s.Now())
	if err != nil {
		return err
	}
	i := slices.IndexFunc(v.Referrals, func(x incident.Referral) bool { return x.ID == r.PathValue("referral") })
	if i < 0 {
		return fault.New(fault.NotFound, "incident.get.unknown")
	}
	return s.download(w, v.Referrals[i].Content, "application/json", v.Number+"-"+v.Referrals[i].Role+".json")
}

// extractView is what another authority would be given, before it is.
type extractView struct {
	Base
	Home     string
	Number   string
	To       string
	Role     string
	Laws     string
	Fields   []DefinitionView
	Empty    []string // fields the law names that nobody stated
	Form     FormView
	Withhold questionBox
	Reason   FieldView
	Address  FieldView
	Note     FieldView
}

// referPage shows the extract for a recipient and asks for the ground.
func (s *Server) referPage(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	in, err := s.Incident.Get(r.Context(), by, incident.ID(r.PathValue("id")), s.Now())
	if err != nil {
		return err
	}
	role, ok := s.Pack.Role(r.URL.Query().Get("refer-role"))
	if !ok {
		return fault.New(fault.NotFound, "web.error.nowhere")
	}
	if !in.May.Refer {
		return fault.New(fault.Denied, "access.may.denied")
	}
	home := "/incidents/" + string(in.ID)
	v := extractView{Base: s.base(r, by, visitOf(r).lang.T("web.incident.extract-for", s.roleName(visitOf(r).lang, role.ID))), Home: home, Number: in.Number, To: s.roleName(visitOf(r).lang, role.ID), Role: role.ID}
	v.banner(in.Mark)
	var of registry.Institution
	err = s.DB.Read(r.Context(), func(tx *db.Tx) (err error) {
		of, _, err = s.Registry.Find(tx, registry.ID(in.Institution))
		return err
	})
	if err != nil {
		return err
	}
	ids, laws := s.extractFields(in.Result, role.ID)
	var names []string
	for _, id := range laws {
		names = append(names, s.regimeShort(v.Lang, id))
	}
	v.Laws = v.Lang.List(names...)
	for _, field := range s.Pack.Fields {
		if !slices.Contains(ids, field.ID) {
			continue
		}
		text := ""
		if x, ok := in.Values[field.ID]; ok {
			text = s.statedText(v.Lang, field, x, v.Now)
		}
		if field.ID == "affected_services" {
			text = s.serviceNames(v.Lang, in.Services, of)
		}
		if text == "" {
			v.Empty = append(v.Empty, strings.TrimRight(field.Title.In(string(v.Lang)), "?"))
			continue
		}
		v.Fields = append(v.Fields, DefinitionView{Term: strings.TrimRight(field.Title.In(string(v.Lang)), "?"), Value: text})
	}
	v.Form = FormView{ID: "refer-form", Action: home + "/refer", Hidden: []HiddenField{{"refer-role", role.ID}}}
	v.Reason = FieldView{Name: "refer-ground", Label: v.L("web.incident.refer-ground"), Hint: v.L("web.incident.refer-ground-hint"), Required: true, NoDraft: true, MaxLength: 2000}
	v.Address = FieldView{Name: "refer-address", Label: v.L("web.incident.refer-address"), Hint: v.L("web.incident.refer-address-hint"), Type: "email", Optional: true, NoDraft: true}
	v.Note = FieldView{Name: "refer-note", Label: v.L("web.incident.refer-note"), Optional: true, NoDraft: true, Rows: 3}
	v.Withhold = questionBox{Shape: "checks", Field: FieldView{Name: "refer-withhold", Label: v.L("web.incident.refer-withhold"), Hint: v.L("web.incident.refer-withhold-hint"), NoDraft: true}}
	seen := map[string]bool{}
	for _, a := range in.Result.Regimes {
		if a.Regime == nil || !slices.Contains(laws, a.ID) {
			continue
		}
		for _, x := range a.Regime.Withheld {
			if !seen[x.Ground] {
				seen[x.Ground] = true
				v.Withhold.Options = append(v.Withhold.Options, OptionView{Value: x.Ground, Text: x.Title.In(string(v.Lang)), Hint: s.refText(v.Lang, x.Ref)})
			}
		}
	}
	return s.render(w, r, http.StatusOK, extractPageView(v))
}

// extractFields gives the fields a recipient's law names, as Refer hands them
// over.
func (s *Server) extractFields(res regime.Result, role string) (fields, laws []string) {
	for _, a := range res.Regimes {
		r := a.Regime
		if r == nil || a.State != regime.Applies && a.State != regime.Unsettled {
			continue
		}
		named := slices.ContainsFunc(r.CrossBorder, func(t country.Trigger) bool { return slices.Contains(t.To, role) })
		for _, st := range r.Stages {
			if !slices.Contains(st.Recipients, role) && !(named && (st.Kind == country.EarlyWarning || st.Kind == country.Notification)) {
				continue
			}
			for _, u := range st.Fields {
				if !slices.Contains(fields, u.Field) {
					fields = append(fields, u.Field)
				}
			}
			if !slices.Contains(laws, r.ID) {
				laws = append(laws, r.ID)
			}
		}
	}
	return fields, laws
}
