package report

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf16"
)

// elem is one node of the structure tree. Children are attached when their
// first content is written, so that the tree is in reading order.
type elem struct {
	kind     string
	parent   *elem
	attached bool
	kids     []kid
	attr     string     // body of the attribute dictionary
	alt      string     // alternative text
	page     int        // of a figure: its sheet
	box      [4]float64 // of a figure: x, y, width, height on the sheet
	object   int        // number in the file
}

// kid is a child element, a marked content of a page, or an annotation.
type kid struct {
	elem  *elem
	page  int // index of the sheet
	mcid  int // when elem is nil and annot is 0
	annot int // object number of an annotation
}

// child makes a node under e; it enters the tree with its first content.
func (e *elem) child(kind string) *elem { return &elem{kind: kind, parent: e} }

// attach puts e and all above it into the tree.
func (e *elem) attach() {
	if e.attached {
		return
	}
	e.attached = true
	if e.parent != nil {
		e.parent.attach()
		e.parent.kids = append(e.parent.kids, kid{elem: e})
	}
}

// annotation is a link on a page.
type annotation struct {
	object int
	page   int
	elem   *elem
	rect   [4]float64
	text   string
	action string
}

// tags collects what the structure tree needs while pages are written.
type tags struct {
	root   *elem
	owners [][]*elem // by sheet and MCID
	annots []annotation
}

// assemble renumbers nothing: it takes fpdf's file apart into objects,
// replaces pages, catalog and information, adds the structure tree, links,
// outline and metadata, and writes one file with one cross-reference table.
type assemble struct {
	objects map[int][]byte // bodies by number
	last    int
	out     bytes.Buffer
}

// readObjects takes a file written by fpdf apart. Objects are found through
// its cross-reference table.
func readObjects(file []byte) (*assemble, error) {
	at := bytes.LastIndex(file, []byte("startxref\n"))
	if at < 0 {
		return nil, fmt.Errorf("report: no cross-reference table in the drawn pages")
	}
	var xref, n int
	if _, err := fmt.Sscanf(string(file[at+len("startxref\n"):]), "%d", &xref); err != nil {
		return nil, fmt.Errorf("report: read cross-reference offset: %w", err)
	}
	table := file[xref:]
	if _, err := fmt.Sscanf(string(table[:min(len(table), 40)]), "xref\n0 %d", &n); err != nil {
		return nil, fmt.Errorf("report: read cross-reference table: %w", err)
	}
	lines := table[bytes.Index(table, []byte(" f \n"))+4:]
	a := &assemble{objects: make(map[int][]byte, n), last: n - 1}
	offsets := make([]int, n)
	for i := 1; i < n; i++ {
		if _, err := fmt.Sscanf(string(lines[20*(i-1):20*i-10]), "%d", &offsets[i]); err != nil {
			return nil, fmt.Errorf("report: read offset of object %d: %w", i, err)
		}
	}
	for i := 1; i < n; i++ {
		head := fmt.Sprintf("%d 0 obj\n", i)
		rest := file[offsets[i]:]
		if !bytes.HasPrefix(rest, []byte(head)) {
			return nil, fmt.Errorf("report: object %d is not at its offset", i)
		}
		end := xref
		for _, o := range offsets[1:] {
			if o > offsets[i] && o < end {
				end = o
			}
		}
		whole := file[offsets[i]+len(head) : end]
		a.objects[i] = whole[:bytes.LastIndex(whole, []byte("\nendobj"))]
	}
	return a, nil
}

// add stores a new object and returns its number.
func (a *assemble) add(body string) int {
	a.last++
	a.objects[a.last] = []byte(body)
	return a.last
}

// reserve takes a number for an object written later.
func (a *assemble) reserve() int {
	a.last++
	return a.last
}

// write gives the finished file. id is its identity in hexadecimal digits.
func (a *assemble) write(catalog, info int, id func(body []byte) string) []byte {
	a.out.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	offsets := make([]int, a.last+1)
	for i := 1; i <= a.last; i++ {
		offsets[i] = a.out.Len()
		fmt.Fprintf(&a.out, "%d 0 obj\n", i)
		a.out.Write(a.objects[i])
		a.out.WriteString("\nendobj\n")
	}
	xref := a.out.Len()
	digest := id(a.out.Bytes())
	fmt.Fprintf(&a.out, "xref\n0 %d\n0000000000 65535 f \n", a.last+1)
	for _, o := range offsets[1:] {
		fmt.Fprintf(&a.out, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&a.out, "trailer\n<</Size %d /Root %d 0 R /Info %d 0 R /ID [<%s> <%s>]>>\nstartxref\n%d\n%%%%EOF\n", a.last+1, catalog, info, digest, digest, xref)
	return a.out.Bytes()
}

// pageObject gives the number of a sheet's page object in fpdf's file.
func pageObject(sheet int) int { return 3 + 2*sheet }

// tree writes the structure tree and the parent tree and returns the number
// of its root.
func (t *tags) tree(a *assemble) int {
	root := a.reserve()
	var number func(e *elem)
	number = func(e *elem) {
		e.object = a.reserve()
		for _, k := range e.kids {
			if k.elem != nil {
				number(k.elem)
			}
		}
	}
	number(t.root)
	var write func(e *elem, parent int)
	write = func(e *elem, parent int) {
		var b strings.Builder
		fmt.Fprintf(&b, "<</Type /StructElem /S /%s /P %d 0 R", e.kind, parent)
		if e.alt != "" {
			b.WriteString(" /Alt " + pdfText(e.alt))
		}
		if e.kind == "Figure" {
			fmt.Fprintf(&b, " /Pg %d 0 R /A <</O /Layout /Placement /Block /BBox [%.2f %.2f %.2f %.2f]>>",
				pageObject(e.page), e.box[0], pageH-e.box[1]-e.box[3], e.box[0]+e.box[2], pageH-e.box[1])
		} else if e.attr != "" {
			fmt.Fprintf(&b, " /A <<%s>>", e.attr)
		}
		b.WriteString(" /K [")
		for _, k := range e.kids {
			switch {
			case k.elem != nil:
				fmt.Fprintf(&b, "%d 0 R ", k.elem.object)
			case k.annot != 0:
				fmt.Fprintf(&b, "<</Type /OBJR /Pg %d 0 R /Obj %d 0 R>> ", pageObject(k.page), k.annot)
			default:
				fmt.Fprintf(&b, "<</Type /MCR /Pg %d 0 R /MCID %d>> ", pageObject(k.page), k.mcid)
			}
		}
		b.WriteString("]>>")
		a.objects[e.object] = []byte(b.String())
		for _, k := range e.kids {
			if k.elem != nil {
				write(k.elem, e.object)
			}
		}
	}
	write(t.root, root)

	var nums strings.Builder
	for i, owners := range t.owners {
		var b strings.Builder
		b.WriteString("[")
		for _, e := range owners {
			fmt.Fprintf(&b, "%d 0 R ", e.object)
		}
		b.WriteString("]")
		fmt.Fprintf(&nums, "%d %d 0 R ", i, a.add(b.String()))
	}
	for i, n := range t.annots {
		fmt.Fprintf(&nums, "%d %d 0 R ", len(t.owners)+i, n.elem.object)
	}
	parents := a.add("<</Nums [" + nums.String() + "]>>")
	a.objects[root] = fmt.Appendf(nil, "<</Type /StructTreeRoot /K %d 0 R /ParentTree %d 0 R /ParentTreeNextKey %d>>", t.root.object, parents, len(t.owners)+len(t.annots))
	return root
}

// outline writes the bookmarks and returns the number of their root, 0
// without any.
func outline(a *assemble, marks []mark) int {
	if len(marks) == 0 {
		return 0
	}
	type node struct {
		object, parent, first, last, prev, next, count int
	}
	root := a.reserve()
	nodes := make([]node, len(marks))
	open := []int{-1} // indices of ancestors, -1 is the root
	levels := []int{0}
	lastOf := map[int]int{}
	for i, m := range marks {
		for levels[len(levels)-1] >= m.level {
			open, levels = open[:len(open)-1], levels[:len(levels)-1]
		}
		up := open[len(open)-1]
		nodes[i] = node{object: a.reserve(), parent: up, first: -1, last: -1, prev: -1, next: -1}
		if prev, ok := lastOf[up]; ok {
			nodes[i].prev, nodes[prev].next = prev, i
		} else if up >= 0 {
			nodes[up].first = i
		}
		lastOf[up] = i
		if up >= 0 {
			nodes[up].last = i
			nodes[up].count++
		}
		open, levels = append(open, i), append(levels, m.level)
	}
	ref := func(i int) string {
		if i < 0 {
			return fmt.Sprintf("%d 0 R", root)
		}
		return fmt.Sprintf("%d 0 R", nodes[i].object)
	}
	top := 0
	for i, n := range nodes {
		var b strings.Builder
		fmt.Fprintf(&b, "<</Title %s /Parent %s /Dest [%d 0 R /XYZ 0 %.2f null]", pdfText(marks[i].text), ref(n.parent), pageObject(marks[i].at.page), pageH-marks[i].at.y+8)
		for _, l := range []struct {
			name string
			to   int
		}{{"Prev", n.prev}, {"Next", n.next}, {"First", n.first}, {"Last", n.last}} {
			if l.to >= 0 {
				fmt.Fprintf(&b, " /%s %s", l.name, ref(l.to))
			}
		}
		if n.count > 0 {
			fmt.Fprintf(&b, " /Count -%d", n.count)
		}
		b.WriteString(">>")
		a.objects[n.object] = []byte(b.String())
		if n.parent < 0 {
			top++
		}
	}
	a.objects[root] = fmt.Appendf(nil, "<</Type /Outlines /First %s /Last %s /Count %d>>", ref(0), ref(lastOf[-1]), top)
	return root
}

// pdfText writes a text string: UTF-16 with its mark, in hexadecimal digits,
// so that no escape is needed.
func pdfText(s string) string {
	var b strings.Builder
	b.WriteString("<FEFF")
	for _, u := range utf16.Encode([]rune(strings.ToValidUTF8(s, "\ufffd"))) {
		fmt.Fprintf(&b, "%04X", u)
	}
	b.WriteString(">")
	return b.String()
}
