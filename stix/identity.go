package stix

import (
	"crypto/sha1"
	"crypto/sha256"
	"errors"
	"slices"
)

// Namespace is the UUID namespace of deterministic identifiers (section 2.9).
const Namespace = "00abedb4-aa42-466c-9c01-fed23315a9b7"

var namespaceBytes = [16]byte{0x00, 0xab, 0xed, 0xb4, 0xaa, 0x42, 0x46, 0x6c,
	0x9c, 0x01, 0xfe, 0xd2, 0x33, 0x15, 0xa9, 0xb7}

// ErrNoContributing says that a cyber-observable object carries none of the
// properties its deterministic identifier is made of. Section 2.9 then demands
// a random UUID, which only the caller can draw.
var ErrNoContributing = errors.New("stix: no contributing property: the identifier must be a random version 4 UUID")

// ErrNotDeterministic says that objects of this type have no deterministic
// identifier.
var ErrNotDeterministic = errors.New("stix: only cyber-observable objects have deterministic identifiers")

// DeterministicID gives the identifier section 2.9 derives from the content of
// a cyber-observable object: UUID version 5 over the RFC 8785 text of its
// contributing properties. The object need not carry an id or type of its own;
// typ names the type. Of several hashes only one contributes: MD5, SHA-1,
// SHA-256, SHA-512, else the first written.
//
// Identifiers made by others often differ although they mean the same object;
// accept them as given and keep this one beside them to find duplicates.
func DeterministicID(typ string, v Value) (ID, error) {
	sh := table().types[typ]
	if sh == nil || sh.class != SCO {
		return "", ErrNotDeterministic
	}
	c := canon{scanner: &scanner{}}
	if err := c.whole(v.raw); err != nil {
		return "", err
	}
	return c.identify(sh)
}

// DeterministicID gives the identifier derived from the object's content; see
// the function of the same name. It is an alias of ID when both differ.
func (o *Object) DeterministicID() (ID, error) { return DeterministicID(o.typ, Value{o.raw}) }

func (c *canon) identify(sh *shape) (ID, error) {
	if c.nodes[0].kind != Map {
		return "", &ValueError{RuleNotObject, "", "a STIX object is a JSON object"}
	}
	found := false
	c.object(0, func(k uint32) (func(), bool) {
		key := string(c.key(&c.nodes[k]))
		if !slices.Contains(sh.contrib, key) {
			return nil, false
		}
		found = true
		if key == "hashes" && c.nodes[k].kind == Map {
			return func() { c.oneHash(k) }, true
		}
		return nil, true
	})
	if c.err != nil {
		return "", c.err
	}
	if !found {
		return "", ErrNoContributing
	}
	h := sha1.New()
	h.Write(namespaceBytes[:])
	h.Write(c.out)
	var u [16]byte
	copy(u[:], h.Sum(nil))
	u[6], u[8] = u[6]&0x0f|0x50, u[8]&0x3f|0x80
	return ID(sh.name + "--" + formatUUID(u)), nil
}

// oneHash writes the single hash that contributes.
func (c *canon) oneHash(at uint32) {
	best, rank := uint32(0), 5
	for k := at + 1; k < c.nodes[at].next; k = c.nodes[k].next {
		r := 4
		switch string(c.key(&c.nodes[k])) {
		case "MD5":
			r = 0
		case "SHA-1":
			r = 1
		case "SHA-256":
			r = 2
		case "SHA-512":
			r = 3
		}
		if r < rank {
			best, rank = k, r
		}
	}
	c.out = append(c.out, '{')
	if best != 0 {
		c.out = appendCanonicalText(c.out, c.key(&c.nodes[best]))
		c.out = append(c.out, ':')
		c.value(best)
	}
	c.out = append(c.out, '}')
}

// Meaning gives a SHA-256 that is equal for texts of the same meaning: over
// the RFC 8785 text, leaving out what the specification makes the default
// (revoked false, defanged false, summary false, lang en, spec_version 2.1),
// with the trailing zeros of timestamp fractions removed, and with numbers by
// their exact value, so that integers beyond double precision stay distinct.
// Two objects of one id and modified but of different Meaning contradict each
// other.
//
// Use a Parser's Meaning for many objects.
func (o *Object) Meaning() [32]byte {
	var p Parser
	return p.Meaning(o)
}

// unlimited is for texts that were parsed before, under whatever limits.
var unlimited = Limits{Depth: 1 << 30, Bytes: 1<<31 - 1, Values: 1<<31 - 1}

// Meaning is the object's Meaning, fastest straight after Parse or Check of
// the same object.
func (p *Parser) Meaning(o *Object) [32]byte {
	c := &p.canon
	c.scanner = &p.scan
	if err := p.ready(o); err != nil {
		c.scanner = &scanner{limits: unlimited}
		if err := c.whole(o.raw); err != nil {
			return sha256.Sum256(o.raw) // unreachable: the text was parsed before
		}
	}
	sh := table().types[o.typ]
	if sh == nil {
		sh = customShape()
	}
	c.exact, c.out, c.order, c.err = true, c.out[:0], c.order[:0], nil
	c.object(0, func(k uint32) (func(), bool) { return c.meaning(sh, k) })
	return sha256.Sum256(c.out)
}

func (c *canon) meaning(sh *shape, k uint32) (func(), bool) {
	n := &c.nodes[k]
	text := string(c.src[n.start:min(n.end, n.start+8)])
	switch string(c.key(n)) {
	case "revoked", "defanged", "summary":
		if text == "false" {
			return nil, false
		}
	case "lang":
		if text == `"en"` {
			return nil, false
		}
	case "spec_version":
		if text == `"2.1"` {
			return nil, false
		}
	}
	if int(n.name) < len(sh.index) && sh.index[n.name] != 0 && n.kind == String && n.flags&flagEscaped == 0 {
		if f := sh.props[sh.index[n.name]-1].want.form; f == formTime || f == formMillis {
			if t := c.src[n.start+1 : n.end-1]; validTime(t) {
				return func() { c.instant(t) }, true
			}
		}
	}
	return nil, true
}

func (c *canon) instant(t []byte) {
	c.out = append(append(c.out, '"'), t[:19]...)
	if f := trimFraction(t); len(f) > 0 {
		c.out = append(append(c.out, '.'), f...)
	}
	c.out = append(c.out, 'Z', '"')
}
