package pattern

import "net/netip"

// The functions of this file let an index find, for one observed value, the
// comparisons that can hold for it without evaluating each.

// EqualKey stands for a value in one sense of equality: two comparable values
// of one property are equal exactly if their keys are.
type EqualKey struct {
	Sense KeySense
	Text  string
}

// KeySense says how a value is read for a key: a text property may be looked
// up as text and, where timestamps are asked for, as an instant.
type KeySense byte

// The senses of equality.
const (
	AsText   KeySense = 'S'
	AsNumber KeySense = 'N'
	AsBool   KeySense = 'B'
	AsTime   KeySense = 'T'
	AsOctets KeySense = 'O' // binary properties, whose names end in _bin or _hex
)

// EqualKeys gives the keys of an Eq or In comparison that is not negated: it
// holds for a value exactly if one of them is the value's. A constant no value
// can equal has none.
func (c *Comparison) EqualKeys() []EqualKey {
	octets := octetPath(&c.Path)
	out := make([]EqualKey, 0, len(c.Values))
	for _, v := range c.Values {
		if v.Kind == String && !octets {
			out = append(out, EqualKey{AsText, v.Text}) // the usual case without a copy
			continue
		}
		lit := compileLiteral(v)
		if k, ok := lit.key(nil, octets); ok {
			out = append(out, EqualKey{KeySense(k[0]), string(k[1:])})
		}
	}
	return out
}

// AppendKey appends the text of the value's key in a sense; ok is false if the
// value cannot be read so. name is the property's name; only AsOctets needs it.
func (v *Value) AppendKey(dst []byte, sense KeySense, name string) (key []byte, ok bool) {
	switch sense {
	case AsText:
		return append(dst, v.text...), v.kind == TextValue
	case AsNumber:
		if v.kind != NumberValue {
			return dst, false
		}
		d, ok := parseDecimal(v.text)
		return d.appendKey(dst), ok
	case AsBool:
		return append(dst, v.text...), v.kind == BoolValue
	case AsTime:
		t, ok := ParseInstant(v.text)
		if v.kind != TextValue || !ok {
			return dst, false
		}
		return append(dst, t.String()...), true
	case AsOctets:
		if v.kind != TextValue {
			return dst, false
		}
		oct, ok := decodeOctets(v.text, len(name) > 4 && name[len(name)-4:] == "_bin")
		return append(dst, oct...), ok
	}
	return dst, false
}

// IsOctets says whether the path names a binary property.
func (p *Path) IsOctets() bool { return octetPath(p) }

// IsReference says whether a property of this name holds references to other
// objects.
func IsReference(name string) bool { return reference(name) }

// ParseNet reads an IPv4 or IPv6 address or CIDR block as ISSUBSET does: host
// bits are dropped, a bare address is a block of one.
func ParseNet(s string) (netip.Prefix, bool) { return parseNet(s) }

// NFC gives the normal form that LIKE and MATCHES compare in.
func NFC(s string) string { return nfc(s) }

// Evidence is one observed value for which a comparison of the pattern holds.
type Evidence struct {
	Path  string // of the comparison
	Value string // text of the value; "" for lists and dictionaries
}

// Evidence lists, without repetition, the values of an observation for which
// comparisons hold, of those expressions in brackets the observation
// satisfies: why it matched, for people. The list is cut at 100, and where the
// step budget ends.
func (m *Matcher) Evidence(o *Observation) []Evidence {
	const most = 100
	var out []Evidence
	seen := map[Evidence]bool{}
	r := run{left: m.lim.Steps, loose: m.loose}
	r.observe(o)
	for i := range m.tests {
		t := &m.tests[i]
		for obj := range o.Objects {
			r.found = nil
			if !r.test(t, obj) || r.broke {
				continue
			}
			r.found = func(c *ccmp, v *Value) bool {
				e := Evidence{c.Path.String(), v.text}
				if !seen[e] {
					seen[e] = true
					out = append(out, e)
				}
				return len(out) >= most
			}
			r.each(t, obj)
			if len(out) >= most {
				return out
			}
		}
	}
	return out
}

// each evaluates every comparison of a test, whatever the others give.
func (r *run) each(t *ctest, obj int) {
	if t.op == Compare {
		r.test(t, obj)
	}
	for i := range t.kids {
		r.each(&t.kids[i], obj)
	}
}
