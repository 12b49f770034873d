package web

import (
	"bytes"
	"net/http"
	"strings"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/i18n"
	"kulla.dev/internal/incident"
	"kulla.dev/internal/regime"
	"kulla.dev/internal/report"
)

// receiptView is what the reporter holds in hand.
type receiptView struct {
	Base
	Receipt  incident.Receipt
	Facts    []DefinitionView
	Next     *ClockView
	NextText string
	Home     string
	PDF      string
	Signed   string
	Done     []string // drafts on the device this receipt ends
	Others   []Link
	Covers   string
}

// receiptPage shows the receipt of a submission, at once and whenever it is
// asked for again.
func (s *Server) receiptPage(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	id, sub := incident.ID(r.PathValue("id")), r.PathValue("submission")
	v, x, err := s.receipt(r, by, id, sub)
	if err != nil {
		return err
	}
	v.Facts = s.receiptFacts(v.Base, v.Receipt, x)
	if key := r.URL.Query().Get("form"); db.ValidID(key) {
		for n := allSteps; n <= lastStep; n++ {
			v.Done = append(v.Done, "/report/"+key+"/save?step="+stepText(n))
		}
	}
	s.dropFlash(w, r)
	return s.render(w, r, http.StatusOK, receiptPageView(v))
}

func (s *Server) receipt(r *http.Request, by access.Actor, id incident.ID, sub string) (v receiptView, x incident.Submission, err error) {
	if x, err = s.Incident.Submission(r.Context(), by, id, sub, s.Now()); err != nil {
		return v, x, err
	}
	rc, err := s.Incident.Receipt(r.Context(), by, id, sub, s.Now())
	if err != nil {
		return v, x, err
	}
	if err := s.settleNext(r, by, id, &rc); err != nil {
		return v, x, err
	}
	home := "/incidents/" + string(id)
	b := s.base(r, by, visitOf(r).lang.T("web.report.receipt.title", rc.Number))
	v = receiptView{Base: b, Receipt: rc, Home: home, PDF: home + "/receipts/" + sub + "/pdf", Signed: rc.Signed}
	v.banner(rc.Mark)
	for _, o := range rc.Others {
		v.Others = append(v.Others, Link{o.Number, "/incidents/" + string(o.Incident)})
	}
	if !rc.Next.IsZero() {
		stage := s.stageTitle(b.Lang, rc.NextRegime, rc.NextStage)
		v.Next = &ClockView{Label: stage + " · " + s.regimeShort(b.Lang, rc.NextRegime), Text: b.Lang.Due(rc.Next, b.Now), Started: rc.At, Deadline: rc.Next, Tone: Info}
		if rc.Next.Sub(b.Now) < 24*time.Hour {
			v.Next.Tone = Warn
		}
		v.NextText = b.L("web.report.receipt.next-at", stage, b.Lang.DateTime(rc.Next.In(s.Zone)))
	}
	return v, x, nil
}

// settleNext lets the receipt speak of a deadline of a law that is known to
// apply: one that hangs on missing facts is shown with the incident.
func (s *Server) settleNext(r *http.Request, by access.Actor, id incident.ID, rc *incident.Receipt) error {
	if rc.Next.IsZero() {
		return nil
	}
	res, err := s.Incident.AsKnown(r.Context(), by, id, rc.At)
	if err != nil || settled(res, rc.NextRegime) {
		return err
	}
	var next *regime.Obligation
	for i := range res.Obligations {
		o := &res.Obligations[i]
		if o.SatisfiedBy == "" && !o.Optional && !o.Due.IsZero() && (o.State == regime.Open || o.State == regime.Late) && settled(res, o.Regime) && (next == nil || o.Due.Before(next.Due)) {
			next = o
		}
	}
	if next != nil {
		rc.Next, rc.NextRegime, rc.NextStage = next.Due, next.Regime, next.Stage
	}
	return nil
}

// receiptFacts are the lines of the receipt, on the page and in print.
func (s *Server) receiptFacts(b Base, rc incident.Receipt, x incident.Submission) []DefinitionView {
	var covers []string
	for _, c := range x.Covers {
		covers = append(covers, strings.Join(nonEmpty(s.stageTitle(b.Lang, c.Regime, c.Stage), s.shortOrNone(b.Lang, c.Regime)), " · "))
	}
	next := b.L("web.report.receipt.no-next")
	if !rc.Next.IsZero() {
		next = b.Lang.DateTime(rc.Next.In(s.Zone)) + " · " + s.stageTitle(b.Lang, rc.NextRegime, rc.NextStage) + " · " + s.regimeShort(b.Lang, rc.NextRegime)
	}
	return []DefinitionView{
		{Term: b.L("web.report.receipt.number"), Value: rc.Number, Note: b.L("web.report.receipt.version", rc.Version)},
		{Term: b.L("web.report.receipt.at"), Value: b.Lang.DateTime(rc.At.In(s.Zone))},
		{Term: b.L("web.report.receipt.for"), Value: b.Lang.List(covers...)},
		{Term: b.L("web.report.receipt.by"), Value: strings.Join(nonEmpty(x.ByName, s.institutionName(x.Org, b.Lang)), ", ")},
		{Term: b.L("web.report.receipt.next"), Value: next},
	}
}

func (s *Server) shortOrNone(lang i18n.Lang, id string) string {
	if id == "" {
		return ""
	}
	return s.regimeShort(lang, id)
}

// receiptPDF is the receipt as a file to keep.
func (s *Server) receiptPDF(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	v, x, err := s.receipt(r, by, incident.ID(r.PathValue("id")), r.PathValue("submission"))
	if err != nil {
		return err
	}
	d := report.Doc{Lang: string(v.Lang), Title: v.L("web.report.receipt.heading", v.Receipt.Number), Kicker: v.L("web.report.receipt.kicker"), Issuer: s.institutionName(s.Incident.Authority, v.Lang),
		Number: v.Receipt.Number, Marking: report.Banner{Text: v.Marking.Text, Class: v.Marking.Class}, AsOf: v.Receipt.At.In(s.Zone), Generated: v.Receipt.At.In(s.Zone), BaseURL: s.BaseURL, Words: docWords(v.Lang)}
	var facts []report.Fact
	for _, f := range s.receiptFacts(v.Base, v.Receipt, x) {
		facts = append(facts, report.Fact{Label: f.Term, Value: report.Plain(strings.Join(nonEmpty(f.Value, f.Note), ", "))})
	}
	facts = append(facts, report.Fact{Label: v.L("web.report.receipt.digest"), Value: report.Plain(spaced(v.Receipt.Digest))})
	d.Add(report.Para{Text: report.Plain(v.L("web.report.receipt.lead")), Lead: true}, report.Facts{Items: facts},
		report.Heading{Level: 1, Text: v.L("web.report.receipt.now")}, report.List{Items: []report.Item{
			{Text: report.Plain(v.L("web.report.receipt.now-1"))}, {Text: report.Plain(v.L("web.report.receipt.now-2"))}, {Text: report.Plain(v.L("web.report.receipt.now-3"))}}})
	if v.Signed != "" {
		d.Add(report.Heading{Level: 1, Text: v.L("web.report.receipt.signed")})
		for line := range strings.SplitSeq(strings.TrimSpace(v.Signed), "\n") {
			if line != "" {
				d.Add(report.Para{Text: report.Plain(line), Mute: true})
			}
		}
	}
	var b bytes.Buffer
	if err := report.PDF(&b, d); err != nil {
		return err
	}
	return s.download(w, b.Bytes(), "application/pdf", v.Receipt.Number+"-"+v.L("web.report.receipt.file")+".pdf")
}

// spaced lets a long digest break over lines.
func spaced(s string) string {
	var out []string
	for len(s) > 16 {
		out, s = append(out, s[:16]), s[16:]
	}
	return strings.Join(append(out, s), " ")
}

// download hands over a file to keep, never to show in place.
func (s *Server) download(w http.ResponseWriter, data []byte, kind, name string) error {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", disposition(name))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "no-store")
	_, err := w.Write(data)
	return ignoreGone(err)
}

// disposition names a download safely for old and new browsers (RFC 6266).
func disposition(name string) string {
	plain := strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e || strings.ContainsRune(`"\/;%`, r) {
			return '_'
		}
		return r
	}, name)
	return `attachment; filename="` + plain + `"; filename*=UTF-8''` + strings.NewReplacer("+", "%20").Replace(queryEscape(name))
}

// docWords are the words a printed paper says by itself.
func docWords(lang i18n.Lang) report.Words {
	L := func(name string) string { return lang.T("web.report.pdf." + name) }
	decimal := strings.Trim(lang.Decimal(1.5, 1), "15")
	group := strings.Trim(lang.Number(1_000_000), "10")
	if r := []rune(group); len(r) > 1 {
		group = string(r[:1])
	}
	if group == "" {
		group = "\u00a0"
	}
	return report.Words{Contents: L("contents"), Page: strings.NewReplacer("[", "{", "]", "}").Replace(L("page")), Table: L("table"), Figure: L("figure"), Source: L("source"), Data: L("data"), Note: L("note"),
		Continued: L("continued"), Marking: L("marking"), NotMeasured: L("not-measured"), Item: L("item"), Value: L("value"), Expected: L("expected"),
		Lower: L("lower"), Upper: L("upper"), Above: L("above"), Decimal: decimal, Group: group}
}

// submissionFile hands over the content of a submission as it was sealed.
func (s *Server) submissionFile(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	x, err := s.Incident.Submission(r.Context(), by, incident.ID(r.PathValue("id")), r.PathValue("submission"), s.Now())
	if err != nil {
		return err
	}
	if !x.Verify() {
		return fault.New(fault.Conflict, "web.incident.digest-broken")
	}
	w.Header().Set("X-Kulla-Digest", x.Digest)
	return s.download(w, x.Content, "application/json", x.Digest[:16]+".json")
}
