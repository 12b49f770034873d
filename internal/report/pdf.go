package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
)

// PDF writes d as a tagged A4 file: structure tree, language, bookmarks,
// embedded faces, running header and footer with the marking. The same d
// gives the same bytes. It fails as HTML does.
func PDF(w io.Writer, d Doc) error {
	if err := d.check(); err != nil {
		return err
	}
	s := set(d)
	p := &printer{s: s, tags: tags{root: s.root, owners: make([][]*elem, len(s.sheets))}}
	drawn, err := p.draw()
	if err != nil {
		return err
	}
	a, err := readObjects(drawn)
	if err != nil {
		return err
	}
	_, err = w.Write(p.finish(a))
	return err
}

// printer writes the set sheets.
type printer struct {
	s      *setter
	f      *fpdf.Fpdf
	tags   tags
	sheet  int
	open   *elem // element of the marked content that is open
	art    bool  // an artifact is open
	typo   typo
	banner []flowed // the marking, set once
}

// draw makes fpdf's file of pages and faces.
func (p *printer) draw() ([]byte, error) {
	f := fpdf.NewCustom(&fpdf.InitType{OrientationStr: "P", UnitStr: "pt", Size: fpdf.SizeType{Wd: pageW, Ht: pageH}})
	p.f = f
	f.SetCatalogSort(true)
	f.SetAutoPageBreak(false, 0)
	f.SetMargins(0, 0, 0)
	f.SetCreationDate(time.Unix(0, 0).UTC())
	f.SetModificationDate(time.Unix(0, 0).UTC())
	for i, st := range []string{"", "B", "I"} {
		f.AddUTF8FontFromBytes("inter", st, bytes.Clone(faces()[i].data)) // fpdf pads tables in place
	}
	p.s.root.attach()
	for i, sh := range p.s.sheets {
		p.sheet = i
		f.AddPage()
		p.typo = typo{}
		p.running(i)
		for _, o := range sh.ops {
			p.op(o)
		}
		p.close()
	}
	var b bytes.Buffer
	if err := f.Output(&b); err != nil {
		return nil, fmt.Errorf("report: draw pages: %w", err)
	}
	return b.Bytes(), nil
}

// enter opens marked content for an element, or an artifact for nil.
func (p *printer) enter(e *elem) {
	if e == nil {
		if !p.art {
			p.close()
			p.f.RawWriteStr("/Artifact BMC")
			p.art = true
		}
		return
	}
	if p.open == e {
		return
	}
	p.close()
	e.attach()
	id := len(p.tags.owners[p.sheet])
	p.tags.owners[p.sheet] = append(p.tags.owners[p.sheet], e)
	e.kids = append(e.kids, kid{page: p.sheet, mcid: id})
	p.f.RawWriteStr(fmt.Sprintf("/%s <</MCID %d>> BDC", e.kind, id))
	p.open = e
}

func (p *printer) close() {
	if p.art || p.open != nil {
		p.f.RawWriteStr("EMC")
	}
	p.art, p.open = false, nil
}

func (p *printer) op(o op) {
	switch o.kind {
	case opTouch:
		o.elem.attach()
	case opLink:
		p.link(o)
	case opText:
		text := o.text
		if o.toPage != nil {
			text = decimal(*o.toPage)
			o.x -= measure(text, o.t.style, o.t.size)
		}
		p.enter(o.elem)
		p.text(o.x, o.y, text, o.t)
	case opPath:
		p.enter(o.elem)
		p.path(o)
	case opDisc:
		p.enter(o.elem)
		p.disc(o)
	}
}

var fpdfStyles = [...]string{"", "B", "I"}

func (p *printer) text(x, y float64, text string, t typo) {
	if text == "" {
		return
	}
	if p.typo.style != t.style || p.typo.size != t.size {
		p.f.SetFont("inter", fpdfStyles[t.style], t.size)
	}
	if p.typo.ink != t.ink || p.typo.size == 0 {
		p.f.SetTextColor(int(t.ink[0]), int(t.ink[1]), int(t.ink[2]))
	}
	p.typo = t
	p.f.Text(x, y, text)
}

func rgb(c colour) string {
	return fmt.Sprintf("%.3f %.3f %.3f", float64(c[0])/255, float64(c[1])/255, float64(c[2])/255)
}

func (p *printer) path(o op) {
	if len(o.pts) < 2 || o.look.fill == nil && o.look.stroke == nil {
		return
	}
	var b strings.Builder
	p.begin(&b, o.look)
	for i, q := range o.pts {
		op := "l"
		if i == 0 {
			op = "m"
		}
		fmt.Fprintf(&b, "%.2f %.2f %s ", q.x, pageH-q.y, op)
	}
	p.f.RawWriteStr(b.String() + paint(o.look) + " Q")
}

func (p *printer) begin(b *strings.Builder, l look) {
	b.WriteString("q ")
	if l.fill != nil {
		b.WriteString(rgb(*l.fill) + " rg ")
	}
	if l.stroke != nil {
		fmt.Fprintf(b, "%s RG %.2f w ", rgb(*l.stroke), l.width)
		if l.round {
			b.WriteString("1 J 1 j ")
		}
		if l.dash[0] > 0 {
			fmt.Fprintf(b, "[%.2f %.2f] 0 d ", l.dash[0], l.dash[1])
		}
	}
}

func paint(l look) string {
	switch {
	case l.fill != nil && l.stroke != nil:
		return "b"
	case l.fill != nil:
		return "h f"
	case l.closed:
		return "s"
	}
	return "S"
}

// disc draws a circle of four curves.
func (p *printer) disc(o op) {
	const k = 0.5523
	x, y, r := o.x, pageH-o.y, o.r
	var b strings.Builder
	p.begin(&b, o.look)
	fmt.Fprintf(&b, "%.2f %.2f m ", x+r, y)
	for _, q := range [4][6]float64{
		{x + r, y + k*r, x + k*r, y + r, x, y + r}, {x - k*r, y + r, x - r, y + k*r, x - r, y},
		{x - r, y - k*r, x - k*r, y - r, x, y - r}, {x + k*r, y - r, x + r, y - k*r, x + r, y},
	} {
		fmt.Fprintf(&b, "%.2f %.2f %.2f %.2f %.2f %.2f c ", q[0], q[1], q[2], q[3], q[4], q[5])
	}
	o.look.closed = true
	p.f.RawWriteStr(b.String() + paint(o.look) + " Q")
}

// link remembers an annotation; its target is written at the end.
func (p *printer) link(o op) {
	action := ""
	if strings.HasPrefix(o.href, "#") {
		at, ok := p.s.spots[o.href[1:]]
		if !ok {
			return
		}
		action = fmt.Sprintf("/Dest [%d 0 R /XYZ 0 %.2f null]", pageObject(at.page), pageH-at.y+8)
	} else {
		uri := absolute(p.s.d.BaseURL, o.href)
		if uri == "" {
			return
		}
		action = "/A <</S /URI /URI <" + hex.EncodeToString([]byte(uri)) + ">>>"
	}
	p.tags.annots = append(p.tags.annots, annotation{page: p.sheet, elem: o.elem, text: strings.TrimSpace(o.text), action: action,
		rect: [4]float64{o.x, pageH - o.y - o.h, o.x + o.w, pageH - o.y}})
	o.elem.attach()
	o.elem.kids = append(o.elem.kids, kid{page: p.sheet, annot: -len(p.tags.annots)})
}

func hasScheme(href string) bool {
	u, err := url.Parse(href)
	return err == nil && u.Scheme != ""
}

// absolute makes href absolute under base; "" when that is impossible.
func absolute(base, href string) string {
	u, err := url.Parse(href)
	if err != nil {
		return ""
	}
	if u.Scheme != "" {
		return u.String()
	}
	b, err := url.Parse(base)
	if err != nil || b.Scheme == "" {
		return ""
	}
	return b.ResolveReference(u).String()
}

// finish adds everything that is not drawing and gives the file.
func (p *printer) finish(a *assemble) []byte {
	d := p.s.d
	catalog, info := a.last, a.last-1 // fpdf writes them last, in this order
	byPage := make([]strings.Builder, len(p.s.sheets))
	for i := range p.tags.annots {
		n := &p.tags.annots[i]
		n.object = a.add(fmt.Sprintf("<</Type /Annot /Subtype /Link /F 4 /Border [0 0 0] /Rect [%.2f %.2f %.2f %.2f] /StructParent %d /Contents %s %s>>",
			n.rect[0], n.rect[1], n.rect[2], n.rect[3], len(p.s.sheets)+i, pdfText(n.text), n.action))
		fmt.Fprintf(&byPage[n.page], "%d 0 R ", n.object)
		for k := range n.elem.kids {
			if n.elem.kids[k].annot == -(i + 1) {
				n.elem.kids[k].annot = n.object
			}
		}
	}
	for i := range p.s.sheets {
		annots := ""
		if byPage[i].Len() > 0 {
			annots = " /Annots [" + byPage[i].String() + "]"
		}
		a.objects[pageObject(i)] = fmt.Appendf(nil, "<</Type /Page /Parent 1 0 R /Resources 2 0 R /Contents %d 0 R /StructParents %d /Tabs /S%s>>", pageObject(i)+1, i, annots)
	}
	a.repairFonts()
	tree := p.tags.tree(a)
	marks := ""
	if o := outline(a, p.s.marks); o != 0 {
		marks = fmt.Sprintf(" /Outlines %d 0 R /PageMode /UseOutlines", o)
	}
	when := d.Generated.UTC().Format("D:20060102150405Z")
	a.objects[info] = fmt.Appendf(nil, "<</Title %s /Author %s /Subject %s /Creator %s /Producer %s /CreationDate (%s) /ModDate (%s)>>",
		pdfText(d.Title), pdfText(d.Issuer), pdfText(d.Subtitle), pdfText("Kulla"), pdfText("Kulla"), when, when)
	xmp := metadata(d)
	meta := a.add(fmt.Sprintf("<</Type /Metadata /Subtype /XML /Length %d>>\nstream\n%s\nendstream", len(xmp), xmp))
	a.objects[catalog] = fmt.Appendf(nil, "<</Type /Catalog /Pages 1 0 R /Lang %s /MarkInfo <</Marked true>> /StructTreeRoot %d 0 R /ViewerPreferences <</DisplayDocTitle true>> /Metadata %d 0 R%s>>",
		pdfText(d.Lang), tree, meta, marks)
	return a.write(catalog, info, func(body []byte) string {
		sum := sha256.Sum256(body)
		return hex.EncodeToString(sum[:16])
	})
}

// metadata gives the XMP packet.
func metadata(d Doc) string {
	x := func(s string) string {
		var b bytes.Buffer
		_ = xml.EscapeText(&b, []byte(clean(s))) // a buffer never fails
		return b.String()
	}
	when := d.Generated.UTC().Format(time.RFC3339)
	return "<?xpacket begin=\"\ufeff\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n" +
		`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
		`<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">` +
		`<dc:title><rdf:Alt><rdf:li xml:lang="x-default">` + x(d.Title) + `</rdf:li></rdf:Alt></dc:title>` +
		`<dc:creator><rdf:Seq><rdf:li>` + x(d.Issuer) + `</rdf:li></rdf:Seq></dc:creator>` +
		`<dc:language><rdf:Bag><rdf:li>` + x(d.Lang) + `</rdf:li></rdf:Bag></dc:language>` +
		`<xmp:CreatorTool>Kulla</xmp:CreatorTool><xmp:CreateDate>` + when + `</xmp:CreateDate><xmp:ModifyDate>` + when + `</xmp:ModifyDate>` +
		`<pdf:Producer>Kulla</pdf:Producer><pdfuaid:part>1</pdfuaid:part></rdf:Description></rdf:RDF></x:xmpmeta>` + "\n<?xpacket end=\"r\"?>"
}
