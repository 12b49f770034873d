package pattern

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"unicode"
	"unicode/utf8"
)

type kind uint8

const (
	tEOF kind = iota
	tIdent
	tHyphenIdent // an identifier that holds a hyphen: only an object type may
	tKeyword
	tString
	tInt
	tFloat
	tHex
	tBinary
	tTime
	tOp    // a comparison operator
	tPunct // one of [ ] ( ) : . , *
)

// token is one lexical element. text is the decoded value for constants.
type token struct {
	kind kind
	ch   byte     // tPunct
	op   Operator // tOp
	off  int
	text string
}

// keywords are reserved: a property of that name has to be quoted in a path.
func keyword(s string) bool {
	switch s {
	case "AND", "OR", "NOT", "FOLLOWEDBY", "LIKE", "MATCHES", "ISSUPERSET", "ISSUBSET", "EXISTS", "LAST", "IN",
		"START", "STOP", "SECONDS", "true", "false", "WITHIN", "REPEATS", "TIMES":
		return true
	}
	return false
}

func identStart(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' }
func digit(c byte) bool      { return c >= '0' && c <= '9' }

// blank skips white space (every code point with White_Space=Y) and comments.
func (p *parser) blank() error {
	s := p.src
	for p.pos < len(s) {
		c := s[p.pos]
		switch {
		case c == ' ' || c >= '\t' && c <= '\r':
			p.pos++
		case c == '/':
			rest := s[p.pos:]
			switch {
			case strings.HasPrefix(rest, "//"):
				if i := strings.IndexAny(rest, "\r\n"); i >= 0 {
					p.pos += i
				} else {
					p.pos = len(s)
				}
			case strings.HasPrefix(rest, "/*"):
				i := strings.Index(rest[2:], "*/")
				if i < 0 {
					return p.err(p.pos, "parse.comment-open", "", "the comment is not closed by */")
				}
				p.pos += i + 4
			default:
				return nil
			}
		case c >= utf8.RuneSelf:
			r, n := utf8.DecodeRuneInString(s[p.pos:])
			if !unicode.Is(unicode.White_Space, r) {
				return nil
			}
			p.pos += n
		default:
			return nil
		}
	}
	return nil
}

// next reads the next token into p.tok.
func (p *parser) next() error {
	if err := p.blank(); err != nil {
		return err
	}
	s, at := p.src, p.pos
	p.tok = token{off: at}
	t := &p.tok
	if at >= len(s) {
		return nil
	}
	c := s[at]
	two := byte(0)
	if at+1 < len(s) {
		two = s[at+1]
	}
	switch {
	case two == '\'' && (c == 'h' || c == 'b' || c == 't'):
		return p.prefixed(c)
	case identStart(c):
		i, hyphen := at+1, false
		for i < len(s) && (identStart(s[i]) || digit(s[i]) || s[i] == '-') {
			hyphen = hyphen || s[i] == '-'
			i++
		}
		t.text, t.kind, p.pos = s[at:i], tIdent, i
		if hyphen {
			t.kind = tHyphenIdent
		} else if keyword(t.text) {
			t.kind = tKeyword
		}
		return nil
	case c == '\'':
		return p.quoted(at)
	case digit(c) || (c == '+' || c == '-') && (digit(two) || two == '.') || c == '.' && digit(two):
		return p.number()
	}
	op, n := Operator(0), 1
	switch c {
	case '[', ']', '(', ')', ':', '.', ',', '*':
		t.kind, t.ch, p.pos = tPunct, c, at+1
		return nil
	case '=':
		op = Eq
		if two == '=' {
			n = 2
		}
	case '!':
		if two == '=' {
			op, n = Ne, 2
		}
	case '<':
		op = Lt
		if two == '=' {
			op, n = Le, 2
		} else if two == '>' {
			op, n = Ne, 2
		}
	case '>':
		op = Gt
		if two == '=' {
			op, n = Ge, 2
		}
	}
	if op == 0 {
		r, _ := utf8.DecodeRuneInString(s[at:])
		return p.err(at, "parse.character", "9.4", "the character %q has no meaning here", r)
	}
	t.kind, t.op, p.pos = tOp, op, at+n
	return nil
}

// quoted reads a string constant whose opening quote stands at at.
func (p *parser) quoted(at int) error {
	s, i := p.src, at+1
	for {
		j := strings.IndexAny(s[i:], `'\`)
		if j < 0 {
			return p.err(at, "parse.string-open", "9.2", "the string is not closed by an apostrophe")
		}
		i += j
		if s[i] == '\'' {
			p.tok.kind, p.tok.text, p.pos = tString, s[at+1:i], i+1
			return nil
		}
		if i+1 >= len(s) || s[i+1] != '\'' && s[i+1] != '\\' {
			return p.err(i, "parse.string-escape", "9.2", `only \' and \\ are escapes; write \\ for a backslash`)
		}
		return p.escaped(at, i)
	}
}

// escaped continues quoted where the first escape was found, at i.
func (p *parser) escaped(at, i int) error {
	s := p.src
	var b strings.Builder
	b.WriteString(s[at+1 : i])
	for ; i < len(s); i++ {
		switch s[i] {
		case '\'':
			p.tok.kind, p.tok.text, p.pos = tString, b.String(), i+1
			return nil
		case '\\':
			if i+1 >= len(s) || s[i+1] != '\'' && s[i+1] != '\\' {
				return p.err(i, "parse.string-escape", "9.2", `only \' and \\ are escapes; write \\ for a backslash`)
			}
			i++
		}
		b.WriteByte(s[i])
	}
	return p.err(at, "parse.string-open", "9.2", "the string is not closed by an apostrophe")
}

// prefixed reads h'…', b'…' and t'…'.
func (p *parser) prefixed(c byte) error {
	at := p.pos
	j := strings.IndexByte(p.src[at+2:], '\'')
	if j < 0 {
		return p.err(at, "parse.string-open", "9.2", "the constant is not closed by an apostrophe")
	}
	body := p.src[at+2 : at+2+j]
	p.pos = at + j + 3
	switch c {
	case 'h':
		b, err := hex.DecodeString(body)
		if err != nil {
			return p.err(at, "parse.hex", "9.2", "h'…' takes an even number of hexadecimal digits")
		}
		p.tok.kind, p.tok.text = tHex, string(b)
	case 'b':
		body = strings.NewReplacer("\n", "", "\r", "").Replace(body)
		b, err := base64.StdEncoding.Strict().DecodeString(body)
		if err != nil {
			return p.err(at, "parse.base64", "9.2", "b'…' takes padded base64 of RFC 4648")
		}
		p.tok.kind, p.tok.text = tBinary, string(b)
	case 't':
		if _, ok := ParseInstant(body); !ok || body[10] != 'T' || body[len(body)-1] != 'Z' {
			return p.err(at, "parse.timestamp", "9.2", "t'…' takes an existing instant like 2014-01-13T07:03:17Z")
		}
		p.tok.kind, p.tok.text = tTime, body
	}
	return nil
}

// number reads an integer or a float: no exponent, no leading zeros.
func (p *parser) number() error {
	s, at := p.src, p.pos
	i := at
	if s[i] == '+' || s[i] == '-' {
		i++
	}
	whole := i
	for i < len(s) && digit(s[i]) {
		i++
	}
	n := i - whole
	if n > 1 && s[whole] == '0' {
		return p.err(at, "parse.number-zero", "9.2", "a number does not begin with a superfluous 0")
	}
	p.tok.kind = tInt
	if i+1 < len(s) && s[i] == '.' && digit(s[i+1]) {
		p.tok.kind = tFloat
		for i++; i < len(s) && digit(s[i]); i++ {
		}
	} else if n == 0 {
		return p.err(at, "parse.number", "9.2", "a number needs a digit after its sign")
	}
	if i+1 < len(s) && s[i]|0x20 == 'e' && (digit(s[i+1]) || s[i+1] == '-' || s[i+1] == '+') {
		return p.err(at, "parse.number-exponent", "9.2", "numbers have no exponent; write all digits")
	}
	text := s[at:i]
	if text[0] == '+' {
		text = text[1:]
	}
	if n == 0 {
		text = strings.Replace(text, ".", "0.", 1)
	}
	p.tok.text, p.pos = text, i
	return nil
}
