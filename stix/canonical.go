package stix

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Canonical gives the text of RFC 8785 (JSON Canonicalization Scheme) for one
// JSON text: members sorted by UTF-16 code units, no blanks, numbers as
// ECMAScript writes them, strings with the fewest escapes. It refuses what
// ParseValue refuses, and numbers beyond double precision.
func Canonical(text []byte, l Limits) ([]byte, error) {
	c := canon{scanner: &scanner{limits: l}}
	if err := c.whole(text); err != nil {
		return nil, err
	}
	c.out = make([]byte, 0, len(text))
	c.value(0)
	if c.err != nil {
		return nil, c.err
	}
	return c.out, nil
}

// canon writes scanned nodes canonically.
type canon struct {
	*scanner
	out   []byte
	order []uint32
	exact bool // numbers that double precision would change keep their value
	err   error
}

func (c *canon) value(at uint32) {
	n := &c.nodes[at]
	switch n.kind {
	case Map:
		c.object(at, nil)
	case Array:
		c.out = append(c.out, '[')
		for k := at + 1; k < n.next; k = c.nodes[k].next {
			if k > at+1 {
				c.out = append(c.out, ',')
			}
			c.value(k)
		}
		c.out = append(c.out, ']')
	case String:
		c.out = appendCanonicalBody(c.out, c.src[n.start+1:n.end-1], n.flags&flagEscaped != 0)
	case Number:
		c.number(n)
	default:
		c.out = append(c.out, c.src[n.start:n.end]...)
	}
}

// object writes the members of an object node in canonical order; keep, if
// not nil, says which and may write a value in its own way.
func (c *canon) object(at uint32, keep func(k uint32) (write func(), ok bool)) {
	from := len(c.order)
	for k := at + 1; k < c.nodes[at].next; k = c.nodes[k].next {
		c.order = append(c.order, k)
	}
	members := c.order[from:]
	slices.SortFunc(members, func(a, b uint32) int {
		return compareUTF16(c.key(&c.nodes[a]), c.key(&c.nodes[b]))
	})
	c.out = append(c.out, '{')
	first := true
	for i := range len(members) {
		k := c.order[from+i]
		var write func()
		if keep != nil {
			ok := false
			if write, ok = keep(k); !ok {
				continue
			}
		}
		if !first {
			c.out = append(c.out, ',')
		}
		first = false
		c.out = appendCanonicalText(c.out, c.key(&c.nodes[k]))
		c.out = append(c.out, ':')
		if write != nil {
			write()
		} else {
			c.value(k)
		}
	}
	c.order = c.order[:from]
	c.out = append(c.out, '}')
}

func (c *canon) number(n *node) {
	raw := c.src[n.start:n.end]
	if n.flags&flagFraction == 0 && len(raw) <= 15 && string(raw) != "-0" {
		c.out = append(c.out, raw...) // integers of at most 15 digits are their own canonical text
		return
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	if err == nil && c.exact {
		digits, exp, neg := decimalParts(raw)
		text := appendNumber(nil, f)
		d2, e2, neg2 := decimalParts(text)
		if digits != d2 || digits != "" && (exp != e2 || neg != neg2) {
			err = strconv.ErrRange
		}
	}
	switch {
	case err == nil:
		c.out = appendNumber(c.out, f)
	case c.exact:
		digits, exp, neg := decimalParts(raw)
		if neg {
			c.out = append(c.out, '-')
		}
		c.out = append(append(append(c.out, digits...), 'e'), exp...)
	case c.err == nil:
		c.err = &SyntaxError{Offset: int64(n.start), Rule: RuleFloat, Text: "number beyond double precision"}
	}
}

// decimalParts reduces a JSON number to digits without leading or trailing
// zeros, times ten to the power of exp; "" digits mean zero.
func decimalParts(raw []byte) (digits, exp string, neg bool) {
	if neg = raw[0] == '-'; neg {
		raw = raw[1:]
	}
	mantissa, e := raw, []byte(nil)
	if i := bytes.IndexAny(raw, "eE"); i >= 0 {
		mantissa, e = raw[:i], raw[i+1:]
	}
	whole, frac, _ := bytes.Cut(mantissa, []byte("."))
	all := strings.TrimLeft(string(whole)+string(frac), "0")
	trimmed := strings.TrimRight(all, "0")
	if trimmed == "" {
		return "", "0", false
	}
	shift := int64(len(all)-len(trimmed)) - int64(len(frac))
	return trimmed, addExponent(string(e), shift), neg
}

// addExponent adds a small number to an exponent of any length.
func addExponent(e string, n int64) string {
	sign := ""
	if e != "" && (e[0] == '+' || e[0] == '-') {
		sign, e = e[:1], e[1:]
	}
	e = strings.TrimLeft(e, "0")
	if sign == "+" {
		sign = ""
	}
	if len(e) > 17 {
		return sign + e + "+" + strconv.FormatInt(n, 10) // astronomically large: left as a sum, still one text per value
	}
	v, _ := strconv.ParseInt("0"+e, 10, 64)
	if sign == "-" {
		v = -v
	}
	return strconv.FormatInt(v+n, 10)
}

// appendNumber writes a number as ECMAScript's Number::toString does.
func appendNumber(dst []byte, f float64) []byte {
	if f == 0 {
		return append(dst, '0')
	}
	abs := max(f, -f)
	if abs >= 1e-6 && abs < 1e21 {
		return strconv.AppendFloat(dst, f, 'f', -1, 64)
	}
	dst = strconv.AppendFloat(dst, f, 'e', -1, 64)
	if n := len(dst); n >= 4 && dst[n-2] == '0' && (dst[n-3] == '-' || dst[n-3] == '+') {
		dst[n-2] = dst[n-1] // e-07 is written e-7
		dst = dst[:n-1]
	}
	return dst
}

func appendCanonicalBody(dst, body []byte, escaped bool) []byte {
	if !escaped { // nothing needs an escape in it, because JSON demanded none
		dst = append(dst, '"')
		dst = append(dst, body...)
		return append(dst, '"')
	}
	return appendCanonicalText(dst, appendUnescaped(nil, body))
}

// appendCanonicalText writes decoded text as a JSON string of RFC 8785.
func appendCanonicalText(dst, text []byte) []byte {
	dst = append(dst, '"')
	for _, c := range text {
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c >= 0x20:
			dst = append(dst, c)
		case c == '\b':
			dst = append(dst, '\\', 'b')
		case c == '\t':
			dst = append(dst, '\\', 't')
		case c == '\n':
			dst = append(dst, '\\', 'n')
		case c == '\f':
			dst = append(dst, '\\', 'f')
		case c == '\r':
			dst = append(dst, '\\', 'r')
		default:
			const digits = "0123456789abcdef"
			dst = append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		}
	}
	return append(dst, '"')
}

// compareUTF16 orders by UTF-16 code units, which differs from the order of
// the UTF-8 bytes only where characters beyond the BMP meet U+E000 to U+FFFF.
func compareUTF16(a, b []byte) int {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	if i == len(a) || i == len(b) || a[i] < 0xee && b[i] < 0xee {
		return bytes.Compare(a, b)
	}
	for i > 0 && !utf8.RuneStart(a[i]) {
		i--
	}
	ra, _ := utf8.DecodeRune(a[i:])
	rb, _ := utf8.DecodeRune(b[i:])
	ua, ub := utf16.AppendRune(nil, ra), utf16.AppendRune(nil, rb)
	return slices.Compare(ua, ub)
}
