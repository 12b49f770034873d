package web

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"kulla.dev/internal/access"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/i18n"
	"kulla.dev/internal/incident"
	"kulla.dev/internal/regime"
	"kulla.dev/internal/registry"
)

// The reporter's form. A report in the making is a sheet of typed answers kept
// at the authority under its key; each page of the form, and each autosave,
// puts its own answers into it. Handing in turns the sheet into an
// incident.Draft; the key makes a second click harmless.

const sheetPrefix = "report:"

// reportStart offers what is kept, or opens a new form.
func (s *Server) reportStart(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	forms, err := s.Incident.Drafts(r.Context(), by)
	if err != nil {
		return err
	}
	v := reportStartView{Base: s.base(r, by, visitOf(r).lang.T("web.report.title"))}
	for _, f := range forms {
		key, ok := strings.CutPrefix(f.Name, sheetPrefix)
		values, err := url.ParseQuery(string(f.Content))
		if !ok || err != nil || values.Get("sent") != "" {
			continue
		}
		title := values.Get("values.description")
		if title == "" {
			title = v.L("web.report.untitled")
		}
		v.Drafts = append(v.Drafts, draftLine{Title: shorten(title, 90), Href: "/report/" + key, Drop: "/report/" + key + "/drop",
			Saved: v.L("web.report.saved-at", v.Lang.Moment(f.Changed.In(s.Zone), v.Now))})
	}
	address := "/report/" + db.NewID(s.Now())
	if q := r.URL.RawQuery; q != "" {
		address += "?" + q
	}
	if len(v.Drafts) == 0 || r.URL.RawQuery != "" {
		return go303(w, r, address)
	}
	v.New = address
	s.dropFlash(w, r)
	return s.render(w, r, http.StatusOK, reportStartPage(v))
}

// loadSheet gives the kept form, or an empty one of that key.
func (s *Server) loadSheet(ctx context.Context, by access.Actor, key string) (sheet, error) {
	if !db.ValidID(key) {
		return sheet{}, fault.New(fault.NotFound, "web.error.nowhere")
	}
	f := sheet{Key: key, Values: url.Values{}}
	kept, err := s.Incident.LoadDraft(ctx, by, sheetPrefix+key)
	if fault.Is(err, fault.NotFound) {
		return f, nil
	}
	if err != nil {
		return f, err
	}
	f.Version, f.Changed = kept.Version, kept.Changed
	if f.Values, err = url.ParseQuery(string(kept.Content)); err != nil {
		f.Values = url.Values{}
	}
	return f, nil
}

func (s *Server) saveSheet(ctx context.Context, by access.Actor, f *sheet) error {
	kept, err := s.Incident.SaveDraft(ctx, by, sheetPrefix+f.Key, f.Version, []byte(f.Values.Encode()), s.Now())
	if err == nil {
		f.Version, f.Changed = kept.Version, kept.Changed
	}
	return err
}

// begin fills a new form with what is known already, so that nothing is asked
// twice: the institution, the contacts, and for a later stage everything
// reported before.
func (s *Server) begin(ctx context.Context, by access.Actor, f *sheet, q url.Values, lang i18n.Lang) error {
	for _, name := range []string{"incident", "covers", "kind"} {
		if v := q.Get(name); v != "" && len(v) < 200 {
			f.Values.Set(name, v)
		}
	}
	if id := f.get("incident"); id != "" {
		v, err := s.Incident.Get(ctx, by, incident.ID(id), s.Now())
		if err != nil {
			return err
		}
		s.known(f, v)
		return nil
	}
	if !slices.Contains([]string{string(regime.Voluntary), string(regime.NearMiss), string(regime.Threat)}, f.get("kind")) {
		f.Values.Set("kind", string(regime.Significant))
	}
	if access.ReachOf(by, "incident.submit") == access.ReachOwn {
		f.Values.Set("institution", by.Institution)
		if c := s.contactOf(ctx, by); c != "" {
			f.Values.Set("values.contact", c)
		}
	}
	return nil
}

// known copies what an incident holds into the form of its next stage.
func (s *Server) known(f *sheet, v incident.View) {
	f.Values.Set("kind", string(v.Kind))
	f.Values.Set("seen", strconv.Itoa(v.Version))
	f.putMoment("occurred", v.Occurred, s.Zone)
	f.putMoment("detected", v.Detected, s.Zone)
	f.putMoment("aware", v.Aware, s.Zone)
	if len(v.Services) > 0 {
		f.Values["services"] = v.Services
	}
	for _, field := range s.Pack.Fields {
		if x, ok := v.Values[field.ID]; ok {
			f.put(field, x, s.Zone)
		}
		if field.Type == "taxon" && len(v.Codes) > 0 {
			f.Values.Set("values."+field.ID, v.Codes[0].Scheme+":"+v.Codes[0].Code)
		}
	}
}

// contactOf is whom the authority reaches at any hour: the institution's
// contact of the registry, else the person who reports.
func (s *Server) contactOf(ctx context.Context, by access.Actor) string {
	var parts []string
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		list, err := s.Registry.Contacts(tx, registry.ID(by.Institution), registry.ContactSecurity)
		for _, c := range list {
			if c.Phone != "" || c.AllDay {
				parts = nonEmpty(c.Name, c.Phone, c.Mail)
				break
			}
		}
		return err
	})
	if err != nil {
		s.Log.Error("contact of institution", "error", err)
	}
	if len(parts) == 0 {
		if p, err := s.Access.PersonByID(ctx, by, by.Person); err == nil {
			parts = nonEmpty(p.Name, p.Phone, p.Email)
		}
	}
	return strings.Join(parts, ", ")
}

// reportPage shows one step of the form, or with step=all the whole of it.
func (s *Server) reportPage(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	f, err := s.loadSheet(r.Context(), by, r.PathValue("draft"))
	if err != nil {
		return err
	}
	if to := f.get("sent"); to != "" {
		return go303(w, r, localPath(to))
	}
	if f.Version == 0 {
		if err := s.begin(r.Context(), by, &f, r.URL.Query(), visitOf(r).lang); err != nil {
			return err
		}
	}
	return s.showReport(w, r, by, f, reportState{Step: stepOf(r.URL.Query().Get("step"))})
}

func stepOf(text string) int {
	if text == "all" {
		return allSteps
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > lastStep {
		return 1
	}
	return n
}

func stepText(n int) string {
	if n == allSteps {
		return "all"
	}
	return strconv.Itoa(n)
}

// reportSave keeps what was typed without leaving the page.
func (s *Server) reportSave(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	f, err := s.loadSheet(r.Context(), by, r.PathValue("draft"))
	if err != nil {
		return err
	}
	if f.get("sent") != "" {
		return fault.New(fault.Conflict, "web.report.sent-before")
	}
	if !sameHand(f, r.PostForm) {
		return fault.New(fault.Stale, "incident.draft.stale")
	}
	f.merge(r.PostForm)
	if err := s.saveSheet(r.Context(), by, &f); err != nil {
		return err
	}
	w.Header().Set("X-Kulla-Version", strconv.Itoa(f.Version))
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// sameHand says whether the page a form comes from was the last to save it:
// it saw the present version, or it is the same open page, whose save just
// before was still under way when the button was pressed.
func sameHand(f sheet, posted url.Values) bool {
	return f.Version == 0 || posted.Get("version") == strconv.Itoa(f.Version) || posted.Get("tab") != "" && posted.Get("tab") == f.get("tab")
}

// reportStep takes one page of the form: keeps it, then goes on, back, or
// hands the report in.
func (s *Server) reportStep(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	files, err := parseUpload(r)
	if err != nil {
		return err
	}
	posted := r.PostForm
	f, err := s.loadSheet(r.Context(), by, r.PathValue("draft"))
	if err != nil {
		return s.notKept(w, r, by, posted, err)
	}
	if to := f.get("sent"); to != "" {
		return go303(w, r, localPath(to))
	}
	st := reportState{Step: stepOf(posted.Get("step"))}
	mine := sheet{Key: f.Key, Values: cloneValues(f.Values)}
	mine.merge(posted)
	if !sameHand(f, posted) {
		if d := s.sheetDiff(visitOf(r).lang, f, mine); len(d.Rows) > 0 && posted.Get("go") != "mine" {
			st.Conflict = &d
			mine.Version = f.Version
			return s.showReport(w, r, by, mine, st)
		}
	}
	mine.Version = f.Version
	s.aim(r.Context(), by, &mine, visitOf(r).lang)
	var broken fault.Fields
	s.takeFiles(r, by, &mine, files, &broken)
	if err := s.saveSheet(r.Context(), by, &mine); err != nil {
		return s.notKept(w, r, by, posted, err)
	}
	if len(broken) > 0 {
		st.Problems = broken.Err()
		return s.showReport(w, r, by, mine, st)
	}
	return s.reportGo(w, r, by, mine, st, posted.Get("go"))
}

// reportGo does what the pressed button says.
func (s *Server) reportGo(w http.ResponseWriter, r *http.Request, by access.Actor, f sheet, st reportState, button string) error {
	here := "/report/" + f.Key + "?step="
	switch {
	case button == "back":
		return go303(w, r, here+strconv.Itoa(max(1, st.Step-1)))
	case button == "all":
		return go303(w, r, here+"all")
	case button == "stay" || button == "mine" || strings.HasPrefix(button, "drop:"):
		return go303(w, r, here+stepText(st.Step))
	case button == "send":
		return s.reportSend(w, r, by, f, st)
	case st.Step == allSteps:
		return go303(w, r, here+strconv.Itoa(lastStep))
	}
	// Going on: what this page asks must be answered first.
	st.Check = true
	return s.showReport(w, r, by, f, st)
}

// reportSend hands the report in. Until the receipt is shown it is not
// accepted, and everything typed stays.
func (s *Server) reportSend(w http.ResponseWriter, r *http.Request, by access.Actor, f sheet, st reportState) error {
	var broken fault.Fields
	in := f.draft(s.Pack, s.Zone, &broken)
	nowAware(&in, s.Now())
	if err := broken.Err(); err != nil {
		st.Step, st.Problems = allSteps, err
		return s.showReport(w, r, by, f, st)
	}
	rc, err := s.Incident.Submit(r.Context(), by, in, s.Now())
	switch fault.Of(err) {
	case fault.Invalid:
		st.Step, st.Problems = allSteps, err
		return s.showReport(w, r, by, f, st)
	case fault.Stale, fault.Conflict, fault.Denied, fault.NotFound:
		if err != nil {
			st.Refused = asFault(err)
			if fault.Is(err, fault.Stale) {
				f.Values.Del("seen") // the next sending has been looked at again
				if err := s.saveSheet(r.Context(), by, &f); err != nil {
					return err
				}
			}
			return s.showReport(w, r, by, f, st)
		}
	}
	if err != nil {
		visitOf(r).err = err
		st.NotAccepted = true
		return s.showReport(w, r, by, f, st)
	}
	to := "/incidents/" + string(rc.Incident) + "/receipts/" + rc.Submission
	done := sheet{Key: f.Key, Version: f.Version, Values: url.Values{"sent": {to}}}
	if err := s.saveSheet(r.Context(), by, &done); err != nil {
		s.Log.Error("close form", "key", f.Key, "error", err) // the receipt holds; the key keeps it single
	}
	return go303(w, r, to+"?form="+f.Key)
}

// notKept answers when the desk cannot keep a page of the form: the reporter
// is told that nothing was accepted, and sees everything typed.
func (s *Server) notKept(w http.ResponseWriter, r *http.Request, by access.Actor, posted url.Values, err error) error {
	if k := fault.Of(err); k != fault.Internal && k != fault.Unavailable {
		return err
	}
	visitOf(r).err = err
	f := sheet{Key: r.PathValue("draft"), Values: url.Values{}}
	f.merge(posted)
	f.Version, _ = strconv.Atoi(posted.Get("version"))
	return s.showReport(w, r, by, f, reportState{Step: stepOf(posted.Get("step")), NotAccepted: true})
}

func (s *Server) reportDrop(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	if err := s.Incident.DropDraft(r.Context(), by, sheetPrefix+r.PathValue("draft")); err != nil {
		return err
	}
	s.flash(w, Good, "web.report.flash.dropped")
	return go303(w, r, "/report")
}

// aim turns the typed name of whom the report is about into an institution of
// the register, or an unlisted victim.
func (s *Server) aim(ctx context.Context, by access.Actor, f *sheet, lang i18n.Lang) {
	name := strings.TrimSpace(f.get("about"))
	if f.get("incident") != "" || name == "" && !s.asksAbout(by, *f) {
		return
	}
	if name == "" {
		f.Values.Del("institution")
		f.Values.Del("victim.name")
		return
	}
	found, err := s.Registry.Suggest(ctx, by, name, string(lang), 20)
	if err == nil {
		for _, x := range found {
			if i18n.Fold(x.Name) == i18n.Fold(name) || x.Short != "" && i18n.Fold(x.Short) == i18n.Fold(name) {
				f.Values.Set("institution", string(x.ID))
				f.Values.Del("victim.name")
				return
			}
		}
	}
	f.Values.Del("institution")
	f.Values.Set("victim.name", name)
}

// asksAbout says whether the form asks for whom the report is made.
func (s *Server) asksAbout(by access.Actor, f sheet) bool {
	return f.get("incident") == "" && (access.ReachOf(by, "incident.submit") == access.ReachDesk || f.get("for") == "other")
}

// reportSuggest answers the field that names an institution.
func (s *Server) reportSuggest(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	found, err := s.Registry.Suggest(r.Context(), by, r.URL.Query().Get("q"), string(visitOf(r).lang), 12)
	if err != nil {
		return err
	}
	type line struct {
		Value string `json:"value"`
		Label string `json:"label"`
		Note  string `json:"note,omitempty"`
	}
	out := []line{}
	for _, x := range found {
		note := ""
		if c, ok := s.Pack.Class(x.Class); ok {
			note = c.Title.In(string(visitOf(r).lang))
		}
		out = append(out, line{x.Name, x.Name, note})
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	return ignoreGone(json.NewEncoder(w).Encode(out))
}

// parseUpload reads a form that may carry files.
func parseUpload(r *http.Request) ([]*multipart.FileHeader, error) {
	err := r.ParseMultipartForm(4 << 20)
	if errors.Is(err, http.ErrNotMultipart) {
		err = r.ParseForm()
	}
	if err != nil {
		return nil, formError(err)
	}
	if r.MultipartForm == nil {
		return nil, nil
	}
	return r.MultipartForm.File["file"], nil
}

// takeFiles keeps the files of a page and drops those taken off it.
func (s *Server) takeFiles(r *http.Request, by access.Actor, f *sheet, files []*multipart.FileHeader, broken *fault.Fields) {
	if id, ok := strings.CutPrefix(r.PostForm.Get("go"), "drop:"); ok && slices.Contains(f.Values["files"], id) {
		f.Values["files"] = slices.DeleteFunc(slices.Clone(f.Values["files"]), func(x string) bool { return x == id })
		if err := s.Incident.DropAttachment(r.Context(), by, id, s.Now()); err != nil && !fault.Is(err, fault.NotFound) {
			s.Log.Error("drop attachment", "error", err)
		}
	}
	for _, h := range files {
		if h.Size == 0 && h.Filename == "" {
			continue
		}
		kept, err := s.attach(r.Context(), by, "", h)
		if err != nil {
			x := asFault(err)
			for _, y := range x.Fields {
				broken.Add("file", y.Key, y.Args...)
			}
			if len(x.Fields) == 0 {
				broken.Add("file", x.Key, x.Args...)
			}
			continue
		}
		f.Values["files"] = append(f.Values["files"], kept.ID)
	}
}

// attach hands one uploaded file to the room.
func (s *Server) attach(ctx context.Context, by access.Actor, id incident.ID, h *multipart.FileHeader) (incident.File, error) {
	part, err := h.Open()
	if err != nil {
		return incident.File{}, fault.New(fault.Invalid, "incident.file.broken", h.Filename).Because(err)
	}
	defer func(c io.Closer) { _ = c.Close() }(part)
	return s.Incident.Attach(ctx, by, id, h.Filename, part, s.Now())
}

func cloneValues(v url.Values) url.Values {
	out := url.Values{}
	for name, list := range v {
		out[name] = slices.Clone(list)
	}
	return out
}

func nonEmpty(list ...string) []string {
	return slices.DeleteFunc(list, func(s string) bool { return s == "" })
}

// shorten cuts a text at a word.
func shorten(s string, limit int) string {
	s = strings.Join(strings.Fields(s), " ")
	r := []rune(s)
	if len(r) <= limit {
		return s
	}
	cut := string(r[:limit])
	if i := strings.LastIndexByte(cut, ' '); i > limit/2 {
		cut = cut[:i]
	}
	return cut + "…"
}
