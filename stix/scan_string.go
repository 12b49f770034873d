package stix

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

const (
	lo8 = 0x0101010101010101
	hi8 = 0x8080808080808080
)

// str reads a string whose opening quote stands before i.
func (s *scanner) str(i int) (int, bool, *SyntaxError) {
	src, esc := s.src, false
	for {
		for i+8 <= len(src) {
			w := binary.LittleEndian.Uint64(src[i:])
			q, b := w^('"'*lo8), w^('\\'*lo8)
			m := ((w-0x20*lo8)&^w | (q-lo8)&^q | (b-lo8)&^b) & hi8
			if m != 0 {
				i += bits.TrailingZeros64(m) >> 3
				break
			}
			i += 8
		}
		if i >= len(src) {
			return i, esc, s.short(i)
		}
		switch c := src[i]; {
		case c == '"':
			return i + 1, esc, nil
		case c == '\\':
			esc = true
			var err *SyntaxError
			if i, err = s.escape(i); err != nil {
				return i, esc, err
			}
		case c < 0x20:
			return i, esc, s.fail(i, RuleJSON, "control character in string")
		default:
			i++
		}
	}
}

// escape checks the escape sequence at i; a surrogate must come as a pair.
func (s *scanner) escape(i int) (int, *SyntaxError) {
	src := s.src
	if i+1 >= len(src) {
		return i, s.short(i)
	}
	switch src[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2, nil
	case 'u':
	default:
		return i, s.fail(i, RuleJSON, "unknown escape in string")
	}
	if i+6 > len(src) {
		return i, s.short(i)
	}
	r := hex4(src[i+2:])
	switch {
	case r < 0:
		return i, s.fail(i, RuleJSON, "four hexadecimal digits expected after \\u")
	case r >= 0xdc00 && r <= 0xdfff:
		return i, s.fail(i, RuleSurrogate, "lone low surrogate in string")
	case r < 0xd800 || r > 0xdbff:
		return i + 6, nil
	}
	if i+12 > len(src) {
		if i+6 < len(src) && src[i+6] != '\\' {
			return i, s.fail(i, RuleSurrogate, "lone high surrogate in string")
		}
		return i, s.short(i)
	}
	if src[i+6] != '\\' || src[i+7] != 'u' {
		return i, s.fail(i, RuleSurrogate, "lone high surrogate in string")
	}
	if r = hex4(src[i+8:]); r < 0xdc00 || r > 0xdfff {
		return i, s.fail(i, RuleSurrogate, "lone high surrogate in string")
	}
	return i + 12, nil
}

// hex4 decodes four hexadecimal digits, -1 if b does not start with them.
func hex4(b []byte) rune {
	if len(b) < 4 {
		return -1
	}
	var r rune
	for _, c := range b[:4] {
		d := hexDigit(c)
		if d > 15 {
			return -1
		}
		r = r<<4 | rune(d)
	}
	return r
}

func hexDigit(c byte) byte {
	switch {
	case c-'0' <= 9:
		return c - '0'
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	}
	return 255
}

// appendUnescaped appends the decoded text of a checked string body.
func appendUnescaped(dst, body []byte) []byte {
	for i := 0; i < len(body); {
		c := body[i]
		if c != '\\' || i+1 >= len(body) {
			dst = append(dst, c)
			i++
			continue
		}
		switch c = body[i+1]; c {
		case 'b':
			c = '\b'
		case 'f':
			c = '\f'
		case 'n':
			c = '\n'
		case 'r':
			c = '\r'
		case 't':
			c = '\t'
		case 'u':
			r := hex4(body[i+2:])
			i += 6
			if r >= 0xd800 && r < 0xdc00 && i+6 <= len(body) {
				r = (r-0xd800)<<10 + (hex4(body[i+2:]) - 0xdc00) + 0x10000
				i += 6
			}
			dst = utf8.AppendRune(dst, r)
			continue
		}
		dst = append(dst, c)
		i += 2
	}
	return dst
}
