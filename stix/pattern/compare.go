package pattern

import (
	"encoding/base64"
	"encoding/hex"
	"net/netip"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// ccmp is a compiled comparison.
type ccmp struct {
	*Comparison
	octets bool // the property is binary: base64 or hexadecimal text
	lit    clit
	set    map[string]struct{} // In: the keys of its constants
	like   *like
	re     *regex
	net    netip.Prefix
}

// clit is a compiled constant.
type clit struct {
	kind LiteralKind
	text string  // String, Bool
	num  decimal // Int, Float
	at   Instant // Timestamp
	oct  string  // Hex, Binary; String: its octets, if plain
	// plain says whether a string has octets: no code point is U+0100 or more.
	plain bool
}

func compileLiteral(l Literal) clit {
	c := clit{kind: l.Kind.class(), text: l.Text}
	switch c.kind {
	case String:
		c.oct, c.plain = octetsOf(l.Text)
	case Int:
		c.num, _ = parseDecimal(l.Text)
	case Hex:
		c.oct, c.plain = l.Text, true
	case Timestamp:
		c.at, _ = ParseInstant(l.Text)
	}
	return c
}

// octetsOf maps U+0000…U+00FF to 00…ff (§9.2); ok is false if the string
// holds anything beyond.
func octetsOf(s string) (string, bool) {
	if ascii(s) {
		return s, true
	}
	b := make([]byte, 0, len(s))
	for _, r := range s {
		if r > 0xff {
			return "", false
		}
		b = append(b, byte(r))
	}
	return string(b), true
}

// latin1 is the reverse of octetsOf.
func latin1(oct string) string {
	if ascii(oct) {
		return oct
	}
	b := make([]byte, 0, 2*len(oct))
	for i := range len(oct) {
		b = utf8.AppendRune(b, rune(oct[i]))
	}
	return string(b)
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// nfc normalises; texts that already are cost one scan.
func nfc(s string) string {
	if ascii(s) {
		return s
	}
	return norm.NFC.String(s)
}

// decodeOctets reads the value of a binary property.
func decodeOctets(text string, base64Text bool) (string, bool) {
	if base64Text {
		b, err := base64.StdEncoding.DecodeString(text)
		return string(b), err == nil
	}
	b, err := hex.DecodeString(text)
	return string(b), err == nil
}

// key gives a text that two comparable values share if and only if they are
// equal; octets tells the kind of the property. A string constant without
// octets equals no binary property: ok is false.
func (c *clit) key(b []byte, octets bool) ([]byte, bool) {
	switch c.kind {
	case Bool:
		return append(append(b, 'B'), c.text...), true
	case Int:
		return c.num.appendKey(append(b, 'N')), true
	case Timestamp:
		return append(append(b, 'T'), c.at.String()...), true
	case Hex:
		if octets {
			return append(append(b, 'O'), c.oct...), true
		}
		return append(append(b, 'S'), latin1(c.oct)...), true
	}
	if octets {
		return append(append(b, 'O'), c.oct...), c.plain
	}
	return append(append(b, 'S'), c.text...), true
}

// eval gives the comparison's answer for one present value. NOT turns the
// answer round, also where the types do not fit: the text negates the
// comparison, and a comparison of unfit types is false (§9.6.1).
func (c *ccmp) eval(r *run, v *Value) bool {
	return c.positive(r, v) != c.Not
}

func (c *ccmp) positive(r *run, v *Value) bool {
	r.spend(int64(len(v.text)) >> 5)
	if r.loose && v.kind == TextValue && c.lit.kind == String && !c.octets && (c.Op == Eq || c.Op == Ne || c.Op == In) {
		r.spend(int64(len(c.Values)) << 2)
		return c.levelled(v.text)
	}
	switch c.Op {
	case Exists:
		return true
	case Eq, Ne, Lt, Le, Gt, Ge:
		return c.ordered(v)
	case In:
		return c.member(v)
	case Like:
		s, ok := c.searched(v)
		return ok && c.like.match(r, s)
	case Matches:
		s, ok := c.searched(v)
		return ok && c.re.match(r, s)
	case IsSubset, IsSuperset:
		if v.kind != TextValue {
			return false
		}
		n, ok := parseNet(v.text)
		if c.Op == IsSubset {
			return ok && covers(c.net, n)
		}
		return ok && covers(n, c.net)
	}
	return false
}

// ordered answers the six operators of equality and order.
func (c *ccmp) ordered(v *Value) bool {
	n, ok := c.compare(v)
	if !ok {
		return c.Op == Ne
	}
	switch c.Op {
	case Eq:
		return n == 0
	case Ne:
		return n != 0
	case Lt:
		return n < 0
	case Le:
		return n <= 0
	case Gt:
		return n > 0
	}
	return n >= 0
}

// compare orders the value against the constant; ok is false if their types
// cannot be compared.
func (c *ccmp) compare(v *Value) (n int, ok bool) {
	switch v.kind {
	case BoolValue:
		return strings.Compare(v.text, c.lit.text), c.lit.kind == Bool
	case NumberValue:
		if c.lit.kind != Int {
			return 0, false
		}
		d, ok := parseDecimal(v.text)
		return d.compare(c.lit.num), ok
	case TextValue:
		return c.compareText(v.text)
	}
	return 0, false
}

func (c *ccmp) compareText(s string) (n int, ok bool) {
	switch c.lit.kind {
	case Timestamp:
		t, ok := ParseInstant(s)
		return t.Compare(c.lit.at), ok
	case String:
		if !c.octets {
			return strings.Compare(s, c.lit.text), true
		}
		fallthrough
	case Hex:
		if !c.lit.plain {
			return 0, false
		}
		oct, ok := "", false
		if c.octets {
			oct, ok = decodeOctets(s, binaryName(&c.Path))
		} else {
			oct, ok = octetsOf(s)
		}
		return strings.Compare(oct, c.lit.oct), ok
	}
	return 0, false
}

// member answers IN by looking the value up.
func (c *ccmp) member(v *Value) bool {
	var room [128]byte
	k, ok := valueKey(room[:0], v, c.lit.kind == Timestamp, c.octets, binaryName(&c.Path))
	if !ok {
		return false
	}
	_, in := c.set[string(k)]
	return in
}

// valueKey gives the key a value would share with an equal constant, which is
// a timestamp or not, for a property that is binary or not.
func valueKey(b []byte, v *Value, asTime, octets, base64Text bool) ([]byte, bool) {
	switch v.kind {
	case BoolValue:
		return append(append(b, 'B'), v.text...), true
	case NumberValue:
		d, ok := parseDecimal(v.text)
		return d.appendKey(append(b, 'N')), ok
	case TextValue:
		if asTime {
			t, ok := ParseInstant(v.text)
			if !ok {
				return b, false
			}
			return append(append(b, 'T'), t.String()...), true
		}
		if octets {
			oct, ok := decodeOctets(v.text, base64Text)
			return append(append(b, 'O'), oct...), ok
		}
		return append(append(b, 'S'), v.text...), true
	}
	return b, false
}

// searched gives the text LIKE and MATCHES look at: NFC for strings, one code
// point per octet for binary properties.
func (c *ccmp) searched(v *Value) (string, bool) {
	if v.kind != TextValue {
		return "", false
	}
	if !c.octets {
		return nfc(v.text), true
	}
	oct, ok := decodeOctets(v.text, binaryName(&c.Path))
	return latin1(oct), ok
}
