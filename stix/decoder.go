package stix

import (
	"errors"
	"io"
	"iter"
	"strconv"
)

// Header is what stands around the objects of a bundle.
type Header struct {
	Type        string   // "bundle", or "" for an envelope that names no type
	ID          ID       // the bundle's identifier
	SpecVersion string   // only bundles of STIX 2.0 have one
	Rest        []Member // every other member, in order

	empty bool // objects is an empty list
}

// Member is one member of a JSON object: its name and the text of its value.
type Member struct {
	Name string
	Raw  []byte
}

// maxHeader bounds the bytes a Header keeps.
const maxHeader = 1 << 20

// Decoder reads the objects of a bundle one by one, in memory that does not
// grow with the bundle. It also reads a TAXII envelope, whose objects stand in
// the same place, and a text that is one single object.
type Decoder struct {
	Parser

	r     io.Reader
	buf   []byte
	pos   int   // in buf: next byte to read
	keep  int   // in buf: what must stay, -1 for nothing before pos
	base  int64 // position of buf[0] in the input
	eof   bool
	share bool // buf is the caller's and never moves: objects may keep parts of it
	fail  error
	head  Header
	kept  int
}

// NewDecoder reads from r.
func NewDecoder(r io.Reader) *Decoder { return &Decoder{r: r, keep: -1} }

// NewTextDecoder reads a text in memory without copying: the objects keep
// parts of text, which must not be changed afterwards.
func NewTextDecoder(text []byte) *Decoder {
	return &Decoder{buf: text, eof: true, share: true, keep: -1}
}

// ObjectError says which object of a bundle could not be read.
type ObjectError struct {
	Index  int   // position in the bundle, from 0
	Offset int64 // byte position in the input
	Err    error // a *SyntaxError or *ValueError
}

// Error gives index, position and cause on one line.
func (e *ObjectError) Error() string {
	return "object " + strconv.Itoa(e.Index) + " at byte " + strconv.FormatInt(e.Offset, 10) + ": " + e.Err.Error()
}

// Unwrap gives the cause.
func (e *ObjectError) Unwrap() error { return e.Err }

// Header gives what was read around the objects; it is complete when Objects
// has ended, because members may follow them.
func (d *Decoder) Header() Header { return d.head }

// Offset gives the number of input bytes read so far, for progress.
func (d *Decoder) Offset() int64 { return d.base + int64(d.pos) }

// Objects iterates the objects. A text that breaks JSON's rules ends the
// iteration with its error; an element that is JSON but no STIX object is
// reported as an *ObjectError and the iteration goes on behind it. The
// iteration can be made once.
func (d *Decoder) Objects() iter.Seq2[*Object, error] {
	return func(yield func(*Object, error) bool) {
		if d.scan.names == nil {
			d.scan.limits = d.Limits
		}
		if err := d.bundle(yield); err != nil && !errors.Is(err, errStop) {
			yield(nil, err)
		}
	}
}

var errStop = errors.New("stop") // the consumer has left the loop

// more makes at least twice as much input available behind pos; false at the end.
func (d *Decoder) more() bool {
	if d.eof {
		return false
	}
	from := d.pos
	if d.keep >= 0 {
		from = d.keep
	}
	have := len(d.buf) - from
	want := max(2*have, 256<<10)
	next := d.buf[:0]
	if want > cap(d.buf) {
		next = make([]byte, 0, want+512)
	}
	next = append(next, d.buf[from:]...)
	d.base += int64(from)
	d.pos -= from
	if d.keep >= 0 {
		d.keep = 0
	}
	n, err := io.ReadAtLeast(d.r, next[have:cap(next)], want-have)
	d.buf = next[:have+n]
	if err != nil {
		d.eof = true
		if err != io.EOF && err != io.ErrUnexpectedEOF {
			d.fail = err
		}
	}
	return n > 0
}

// peek skips blanks and gives the next byte, 0 at the end of the input.
func (d *Decoder) peek() byte {
	for {
		if d.pos = skipBlank(d.buf, d.pos); d.pos < len(d.buf) {
			return d.buf[d.pos]
		}
		if !d.more() {
			return 0
		}
	}
}

// next scans one value at pos and steps behind it.
func (d *Decoder) next() error {
	d.peek()
	for {
		// No more than one byte beyond the limit is looked at, so that positions
		// in a text of any length fit a node.
		text := d.buf[d.pos:]
		if limit := d.scan.limits.filled().Bytes; len(text) > limit+1 {
			text = text[:limit+1]
		}
		end, err := d.scan.scan(text, 0)
		// A number or word at the very end of the buffer may go on.
		if (err != nil && err.End || err == nil && d.pos+end == len(d.buf)) && d.more() {
			continue
		}
		if err != nil {
			if err.End && d.fail != nil {
				return d.fail
			}
			err.Offset += d.Offset()
			return err
		}
		d.pos += end
		return nil
	}
}

// syntax is the error for an unexpected byte, or for the end of the input.
func (d *Decoder) syntax(text string) error {
	end := d.pos >= len(d.buf)
	if end && d.fail != nil {
		return d.fail
	}
	if end {
		text = "text ends inside a value"
	}
	return &SyntaxError{Offset: d.Offset(), Rule: RuleJSON, Text: text, End: end}
}

// bundle reads the outermost object.
func (d *Decoder) bundle(yield func(*Object, error) bool) error {
	switch c := d.peek(); {
	case c != '{' && c != '[':
		return d.syntax("a bundle or an object expected")
	case c == '[':
		return &ValueError{RuleNotObject, "", "a bundle is a JSON object, found an array"}
	}
	d.keep = d.pos
	d.pos++
	seen := map[string]bool{}
	if d.peek() == '}' {
		d.pos++
		return d.trailing(&ValueError{RuleHeader, "", "neither a bundle nor an object"})
	}
	for {
		name, err := d.name()
		if err != nil {
			return err
		}
		if seen[name] {
			return &SyntaxError{Offset: d.Offset(), Rule: RuleDuplicate, Text: "member name appears twice", Member: name}
		}
		if seen[name] = true; len(seen) > 1000 {
			return &SyntaxError{Offset: d.Offset(), Rule: RuleSize, Text: "too many members around the objects"}
		}
		if name == "objects" && d.peek() == '[' {
			d.keep = -1
			if err := d.elements(yield); err != nil {
				return err
			}
		} else if err := d.member(name); err != nil {
			return err
		}
		if d.keep >= 0 && d.head.Type != "" && d.head.Type != "bundle" {
			return d.lone(yield)
		}
		switch d.peek() {
		case ',':
			d.pos++
		case '}':
			d.pos++
			if !seen["objects"] && d.head.Type != "bundle" {
				return d.trailing(&ValueError{RuleHeader, "", "neither a bundle nor an object: no type"})
			}
			if t := d.head.Type; t != "" && t != "bundle" {
				return d.trailing(&ValueError{RuleHeader, "type", "objects stand in a bundle, not in " + strconv.Quote(t)})
			}
			return d.trailing(nil)
		default:
			return d.syntax("comma or } expected in object")
		}
	}
}

func (d *Decoder) trailing(err error) error {
	if d.peek() != 0 && err == nil {
		return d.syntax("text goes on behind the bundle")
	}
	if err == nil {
		err = d.fail
	}
	return err
}

// name reads a member name and its colon.
func (d *Decoder) name() (string, error) {
	if d.peek() != '"' {
		return "", d.syntax("member name expected in object")
	}
	if err := d.next(); err != nil {
		return "", err
	}
	n := d.scan.nodes[0]
	name := Value{d.scan.src[n.start:n.end]}.Text()
	if d.peek() != ':' {
		return "", d.syntax("colon expected after member name")
	}
	d.pos++
	return name, nil
}

// member reads a member beside the objects into the header.
func (d *Decoder) member(name string) error {
	if err := d.next(); err != nil {
		return err
	}
	if d.keep >= 0 && d.pos-d.keep > d.scan.limits.filled().Bytes {
		return &SyntaxError{Offset: d.Offset(), Rule: RuleSize, Text: "too much text before the objects"}
	}
	n := d.scan.nodes[0]
	raw := d.scan.src[n.start:n.end]
	v := Value{raw}
	switch {
	case name == "type" && v.Kind() == String:
		d.head.Type = v.Text()
	case name == "id" && v.Kind() == String:
		d.head.ID = ID(v.Text())
	case name == "spec_version" && v.Kind() == String:
		d.head.SpecVersion = v.Text()
	default:
		if d.kept += len(raw) + len(name); d.kept > maxHeader {
			d.head.Rest = nil
			return nil
		}
		d.head.Rest = append(d.head.Rest, Member{name, append([]byte(nil), raw...)})
	}
	return nil
}

// lone reads the input again as one object.
func (d *Decoder) lone(yield func(*Object, error) bool) error {
	d.pos, d.head = d.keep, Header{}
	if err := d.next(); err != nil {
		return err
	}
	o, err := d.take()
	if err != nil {
		return &ObjectError{0, d.Offset(), err}
	}
	d.keep = -1
	if !yield(o, nil) {
		return errStop
	}
	return d.trailing(nil)
}

// take makes an object of the value just scanned.
func (d *Decoder) take() (*Object, error) {
	d.last = nil
	o, err := d.object()
	if err == nil && !d.share {
		o.raw = append(make([]byte, 0, len(o.raw)), o.raw...)
	}
	return o, err
}

// elements reads the array of objects.
func (d *Decoder) elements(yield func(*Object, error) bool) error {
	d.pos++
	if d.peek() == ']' {
		d.pos++
		d.head.empty = true
		return nil
	}
	for i := 0; ; i++ {
		d.peek()
		at := d.Offset()
		if err := d.next(); err != nil {
			if IsSyntax(err) {
				err = &ObjectError{i, at, err}
			}
			return err
		}
		o, err := d.take()
		if err != nil {
			err = &ObjectError{i, at, err}
		}
		if !yield(o, err) {
			return errStop
		}
		switch d.peek() {
		case ',':
			d.pos++
		case ']':
			d.pos++
			return nil
		default:
			return d.syntax("comma or ] expected in array")
		}
	}
}
