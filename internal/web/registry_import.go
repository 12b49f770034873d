package web

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"io"
	"net/http"
	"strconv"
	"strings"

	"kulla.dev/internal/access"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/marking"
	"kulla.dev/internal/registry"
)

// The file of an import travels packed within the page that shows its dry
// run, so that the second step works on every node and without storing
// anything before somebody agreed.
const (
	maxPacked   = 12 << 20 // bytes of the packed file within the page
	maxUnpacked = 64 << 20
	rowsShown   = 100 // of each outcome
)

func packFile(data []byte) (string, error) {
	var buf bytes.Buffer
	z := gzip.NewWriter(&buf)
	if _, err := z.Write(data); err != nil {
		return "", err // unreachable: a buffer takes everything
	}
	if err := z.Close(); err != nil {
		return "", err // unreachable: likewise
	}
	return base64.RawURLEncoding.EncodeToString(buf.Bytes()), nil
}

func unpackFile(text string) ([]byte, error) {
	damaged := fault.New(fault.Invalid, "web.error.form")
	packed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, damaged.Because(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, damaged.Because(err)
	}
	data, err := io.ReadAll(io.LimitReader(z, maxUnpacked+1))
	if err != nil || len(data) > maxUnpacked {
		return nil, damaged.Because(err)
	}
	return data, nil
}

func (s *Server) importPage(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	return s.showImport(w, r, by, http.StatusOK, nil)
}

func (s *Server) importBoard(r *http.Request, by access.Actor) *boardView {
	v := s.board(r, by, visitOf(r).lang.T("web.registry.import.title"))
	v.Path = "/institutions/import"
	v.banner(marking.Of(marking.TLPAmber))
	v.Head.Trail = []Link{{v.L("web.registry.title"), "/institutions"}}
	return v
}

func (s *Server) showImport(w http.ResponseWriter, r *http.Request, by access.Actor, status int, errs []FieldError) error {
	v := s.importBoard(r, by)
	v.Lead = v.L("web.registry.import.lead")
	f := &boardForm{FormView: FormView{ID: "import", Action: "/institutions/import", Multipart: true}, Buttons: []ButtonView{{Text: v.L("web.registry.import.plan"), Primary: true}},
		Groups: []boardGroup{{Fields: []boardField{{Kind: file, FieldView: FieldView{Name: "file", Label: v.L("web.registry.import.file"), Hint: v.L("web.registry.import.file-hint"), Accept: ".csv,.xlsx,.json", Required: true}}}}}}
	f.wrong(errs)
	v.Blocks = []blockView{{Card: CardView{Title: v.L("web.registry.import.step1"), Span: 7}, Form: f},
		{Card: CardView{Title: v.L("web.registry.import.columns"), Span: 5}, Lead: v.L("web.registry.import.columns-text"), Facts: []DefinitionView{
			{Term: v.L("web.registry.import.example"), Why: Link{v.L("web.registry.download", "XLSX"), "/institutions/export?format=xlsx"}}}}}
	return s.show(w, r, status, v)
}

// importPlan shows what a file would do, changing nothing.
func (s *Server) importPlan(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	if err := r.ParseMultipartForm(1 << 20); err != nil {
		return formError(err)
	}
	defer func() { _ = r.MultipartForm.RemoveAll() }()
	again := func(err error) error {
		errs, status, ok := refused(s.base(r, by, ""), err)
		if !ok || fault.Is(err, fault.Denied) {
			return err
		}
		return s.showImport(w, r, by, status, errs)
	}
	f, _, err := r.FormFile("file")
	if err != nil {
		var missing fault.Fields
		missing.Add("file", "web.registry.import.choose")
		return again(missing.Err())
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		return err
	}
	p, err := s.Registry.Plan(r.Context(), by, registry.Upload{Data: data}, nil, s.Now())
	if err != nil {
		return again(err)
	}
	packed, err := packFile(data)
	if err != nil {
		return err
	}
	if len(packed) > maxPacked {
		var large fault.Fields
		large.Add("file", "web.registry.import.split")
		return again(large.Err())
	}
	return s.showPlan(w, r, by, http.StatusOK, p, packed, nil)
}

// importDo carries the plan out that was looked at.
func (s *Server) importDo(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	data, err := unpackFile(r.PostForm.Get("packed"))
	if err != nil {
		return err
	}
	p, err := s.Registry.Import(r.Context(), by, registry.Upload{Data: data, Seen: r.PostForm.Get("seen")}, nil, s.Now())
	if fault.Is(err, fault.Stale) {
		f := asFault(err)
		return s.showPlan(w, r, by, http.StatusConflict, p, r.PostForm.Get("packed"), []FlashView{{Tone: Warn, Title: visitOf(r).lang.T(f.Key, f.Args...)}})
	}
	if err != nil {
		return err
	}
	return s.showPlan(w, r, by, http.StatusOK, p, "", nil)
}

func (s *Server) showPlan(w http.ResponseWriter, r *http.Request, by access.Actor, status int, p registry.Plan, packed string, notes []FlashView) error {
	v := s.importBoard(r, by)
	v.Notes = notes
	sum := blockView{Card: CardView{Title: v.L("web.registry.import.step2"), Note: p.Encoding}, Figures: []FigureView{
		{Label: v.L("web.registry.import.new"), Value: v.Lang.Number(int64(p.New))}, {Label: v.L("web.registry.import.changed"), Value: v.Lang.Number(int64(p.Changed))},
		{Label: v.L("web.registry.import.same"), Value: v.Lang.Number(int64(p.Same))}, {Label: v.L("web.registry.import.errors"), Value: v.Lang.Number(int64(p.Errors))}}}
	if p.Errors > 0 {
		sum.Figures[3].Tone = Bad
	}
	if len(p.Unknown) > 0 {
		sum.Lead = v.L("web.registry.import.unknown", v.Lang.List(p.Unknown...))
	}
	if p.Done {
		sum.Card.Title = v.L("web.registry.import.done")
		v.Notes = append(v.Notes, FlashView{Tone: Good, Title: v.L("web.registry.import.done-text", p.New+p.Changed), Links: []Link{{v.L("web.registry.title"), "/institutions"}}})
	} else {
		f := &boardForm{FormView: FormView{ID: "import", Action: "/institutions/import/do", Hidden: []HiddenField{{"seen", p.Digest}, {"packed", packed}}}}
		if p.New+p.Changed > 0 {
			f.Buttons = []ButtonView{{Text: v.L("web.registry.import.do", p.New+p.Changed), Primary: true}}
		}
		f.Buttons = append(f.Buttons, ButtonView{Text: v.L("web.registry.import.other"), Href: "/institutions/import"})
		sum.Form = f
	}
	v.Blocks = []blockView{sum}
	for _, part := range []struct {
		outcome registry.Outcome
		title   string
		tone    Tone
	}{{registry.RowError, v.L("web.registry.import.errors"), Bad}, {registry.RowChanged, v.L("web.registry.import.changed"), Neutral}, {registry.RowNew, v.L("web.registry.import.new"), Neutral}} {
		if b, ok := s.planBlock(v.Base, p, part.outcome, part.title, part.tone); ok {
			v.Blocks = append(v.Blocks, b)
		}
	}
	return s.show(w, r, status, v)
}

// planBlock shows the rows of one outcome.
func (s *Server) planBlock(b Base, p registry.Plan, outcome registry.Outcome, title string, tone Tone) (blockView, bool) {
	out := blockView{Card: CardView{Title: title, Tone: tone}}
	t := TableView{Caption: title, Columns: []ColumnView{{Title: b.L("web.registry.import.line"), Num: true}, {Title: b.L("web.registry.name"), Main: true}, {Title: b.L("web.registry.import.problem")}}}
	n := 0
	for _, row := range p.Rows {
		if row.Outcome != outcome {
			continue
		}
		if n++; n > rowsShown {
			continue
		}
		switch outcome {
		case registry.RowChanged:
			out.Inside = append(out.Inside, blockView{Card: CardView{Title: row.Name, Note: b.L("web.registry.import.line-no", row.Line)}, Diff: s.registryDiff(b, row.Changes), Open: n <= 3})
		case registry.RowError:
			var say []string
			for _, x := range row.Problems {
				say = append(say, x.Column+": "+b.L(x.Key, x.Args...))
			}
			t.Rows = append(t.Rows, RowView{Tone: Bad, Cells: []CellView{{Text: strconv.Itoa(row.Line)}, {Text: orElse(row.Name, "–")}, {Text: strings.Join(say, " ")}}})
		case registry.RowNew, registry.RowUnchanged:
			t.Rows = append(t.Rows, RowView{Cells: []CellView{{Text: strconv.Itoa(row.Line)}, {Text: row.Name}}})
		}
	}
	if n == 0 {
		return out, false
	}
	if outcome == registry.RowNew {
		t.Columns = t.Columns[:2]
	}
	if len(t.Rows) > 0 {
		out.Table = t
	}
	if n > rowsShown {
		out.Page.Shown = b.L("web.registry.import.first", rowsShown, n)
	}
	return out, true
}
