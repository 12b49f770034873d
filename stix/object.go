package stix

import (
	"crypto/sha256"
	"iter"
)

// Object is one STIX object: the exact bytes received, and beside them the
// header every store and exchange needs. It never changes; an edit makes a new
// Object. It may be used by many goroutines at once.
type Object struct {
	raw  []byte
	id   ID
	typ  string
	by   span
	made span
	mod  span
	mark span
	ver  version
	gone bool // revoked
}

// span is a stretch of raw; length 0 means absent.
type span struct{ at, n uint32 }

type version uint8

const (
	versionAbsent version = iota
	version20
	version21
	versionOther
)

func (s span) of(raw []byte) []byte { return raw[s.at : s.at+s.n : s.at+s.n] }

// Raw gives the exact bytes of the object as received. Do not change them.
func (o *Object) Raw() []byte { return o.raw }

// ID gives the object's identifier as written, well formed or not.
func (o *Object) ID() ID { return o.id }

// Type gives the object's type, for example "indicator".
func (o *Object) Type() string { return o.typ }

// Class gives the class of the object's type.
func (o *Object) Class() Class { return ClassOf(o.typ) }

// SpecVersion gives the version of STIX the object is written in: the
// spec_version property, else "2.1" for cyber-observable objects and custom
// types, which need not carry it, and "2.0" for all others, which had no such
// property before 2.1.
func (o *Object) SpecVersion() string {
	switch o.ver {
	case version20:
		return "2.0"
	case version21:
		return "2.1"
	case versionOther:
		return o.Get("spec_version").Text()
	}
	if c := o.Class(); c == SCO || c == Custom {
		return "2.1"
	}
	return "2.0"
}

// Created gives the created property, zero if absent or malformed.
func (o *Object) Created() Timestamp { return o.time(o.made) }

// Modified gives the modified property, zero if absent or malformed.
func (o *Object) Modified() Timestamp { return o.time(o.mod) }

// Version gives what TAXII 2.1 (section 3.4) calls the version of an object:
// modified, else created, else zero.
func (o *Object) Version() Timestamp {
	if t := o.Modified(); !t.IsZero() {
		return t
	}
	return o.Created()
}

func (o *Object) time(s span) Timestamp {
	if s.n == 0 {
		return Timestamp{}
	}
	t, err := ParseTimestamp(Value{s.of(o.raw)}.Text())
	if err != nil {
		return Timestamp{}
	}
	return t
}

// Revoked says whether the object carries revoked: true.
func (o *Object) Revoked() bool { return o.gone }

// CreatedBy gives created_by_ref, "" if absent.
func (o *Object) CreatedBy() ID { return ID(Value{o.by.of(o.raw)}.Text()) }

// Markings iterates object_marking_refs in order.
func (o *Object) Markings() iter.Seq[ID] {
	return func(yield func(ID) bool) {
		for _, v := range (Value{o.mark.of(o.raw)}).Elements() {
			if v.Kind() == String && !yield(ID(v.Text())) {
				return
			}
		}
	}
}

// Value gives a view of the whole object.
func (o *Object) Value() Value { return Value{o.raw} }

// Get gives a property by name, absent if there is none.
func (o *Object) Get(name string) Value { return o.Value().Get(name) }

// Digest gives the SHA-256 of the exact bytes. Equal digests mean the same
// text: evidence, and the test for a repeated submission.
func (o *Object) Digest() [32]byte { return sha256.Sum256(o.raw) }

// Parser turns texts into objects and checks them. Its zero value is ready;
// it keeps room between calls, so that parsing many objects allocates little.
// A Parser must not be used by two goroutines at once; the objects it makes
// may.
type Parser struct {
	Limits  Limits                  // what texts to accept
	Pattern func(text string) error // checks patterns of type stix in Check; nil leaves them unchecked
	Quiet   bool                    // Check gives errors only

	scan  scanner
	check checker
	canon canon
	last  *Object // whose nodes scan still holds
}

// Parse reads the object that text holds, blanks around it allowed. The object
// keeps text, which must not be changed afterwards. It refuses with a
// *SyntaxError what is not I-JSON, and with a *ValueError what has no type and
// id; everything else is for Check to judge, so that content with faults can
// still be kept and shown.
func (p *Parser) Parse(text []byte) (*Object, error) {
	p.last = nil
	if p.scan.names == nil {
		p.scan.limits = p.Limits
	}
	if err := p.scan.whole(text); err != nil {
		return nil, err
	}
	return p.object()
}

// Parse reads one object with default limits; use a Parser for many.
func Parse(text []byte) (*Object, error) {
	var p Parser
	return p.Parse(text)
}

// Check tests the object against STIX 2.1 and reports errors and warnings. It
// is fastest straight after the object was parsed by the same Parser.
func (p *Parser) Check(o *Object) Report {
	if err := p.ready(o); err != nil {
		return Report{Invalid, []Finding{{Error, RuleSize, "", "", err.Error()}}}
	}
	c := &p.check
	c.scanner, c.spec, c.pattern, c.quiet = &p.scan, table(), p.Pattern, p.Quiet
	return c.root(o.typ)
}

// ready makes scan hold the nodes of o. It fails only for an object that was
// parsed under wider limits.
func (p *Parser) ready(o *Object) error {
	if p.last == o {
		return nil
	}
	p.last = nil
	if p.scan.names == nil {
		p.scan.limits = p.Limits
	}
	if err := p.scan.whole(o.raw); err != nil {
		return err
	}
	p.last = o
	return nil
}

// Check tests the object against STIX 2.1; use a Parser for many.
func (o *Object) Check() Report {
	var p Parser
	return p.Check(o)
}

// object reads the header from the nodes of the last scan.
func (p *Parser) object() (*Object, error) {
	s := &p.scan
	root := &s.nodes[0]
	if root.kind != Map {
		return nil, &ValueError{RuleNotObject, "", "a STIX object is a JSON object, found " + root.kind.String()}
	}
	base := root.start
	o := &Object{raw: s.src[base:root.end:root.end]}
	at := func(n *node, k Kind) span {
		if n.kind != k {
			return span{}
		}
		return span{n.start - base, n.end - n.start}
	}
	for k := uint32(1); k < root.next; k = s.nodes[k].next {
		n := &s.nodes[k]
		switch n.name {
		case nameType:
			if n.kind == String {
				o.typ = s.typeName(n)
			}
		case nameIDMember:
			if n.kind == String {
				o.id = ID(Value{s.src[n.start:n.end]}.Text())
			}
		case nameSpecVersion:
			switch string(s.src[n.start:n.end]) {
			case `"2.1"`:
				o.ver = version21
			case `"2.0"`:
				o.ver = version20
			default:
				o.ver = versionOther
			}
		case nameCreated:
			o.made = at(n, String)
		case nameModified:
			o.mod = at(n, String)
		case nameCreatedBy:
			o.by = at(n, String)
		case nameMarkings:
			o.mark = at(n, Array)
		case nameRevoked:
			o.gone = n.kind == Bool && s.src[n.start] == 't'
		}
	}
	if o.typ == "" || o.id == "" {
		missing := "type"
		if o.typ != "" {
			missing = "id"
		}
		return nil, &ValueError{RuleHeader, "", "not a STIX object: no " + missing}
	}
	p.last = o
	return o, nil
}

// typeName gives the text of a type, without allocating for known types.
func (s *scanner) typeName(n *node) string {
	body := s.src[n.start+1 : n.end-1]
	if id := s.names.find(hashName(body), body); id != 0 {
		return s.names.text[id]
	}
	return Value{s.src[n.start:n.end]}.Text()
}
