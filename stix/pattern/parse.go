package pattern

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// parser is a recursive-descent parser with one token of look-ahead; its
// recursion is bounded by Limits.Depth.
type parser struct {
	src         string
	pos         int
	tok         token
	lim         Limits
	depth       int
	comparisons int
	literals    int
}

// Parse reads a pattern with the default limits. The error is an *Error.
func Parse(text string) (*Pattern, error) { return ParseLimited(text, Limits{}) }

// ParseLimited reads a pattern within limits. The error is an *Error and names
// the first broken rule; a pattern that breaks one matches nothing (§9.4), so
// there is no partial result.
//
// What the grammar admits and the text forbids is refused here: zero windows
// and counts, two qualifiers of one kind on one expression, impossible dates,
// empty and mixed sets, constants of ISSUBSET and ISSUPERSET that are no
// address, roots that are not observables. Regular expressions are read when a
// Matcher is made: a pattern of another engine's dialect can still be stored,
// printed and compared.
func ParseLimited(text string, lim Limits) (*Pattern, error) {
	p := parser{src: text, lim: lim.filled()}
	if len(text) > p.lim.Bytes {
		return nil, p.err(p.lim.Bytes, "limit.bytes", "", "the pattern is longer than %d bytes", p.lim.Bytes)
	}
	if !utf8.ValidString(text) {
		return nil, p.err(badUTF8(text), "parse.utf8", "9.4", "the pattern is not valid UTF-8")
	}
	out := &Pattern{src: text}
	if err := p.next(); err != nil {
		return nil, err
	}
	if err := p.followedBy(&out.root); err != nil {
		return nil, err
	}
	if p.tok.kind != tEOF {
		return nil, p.unexpected("an operator, a qualifier or the end")
	}
	return out, nil
}

func badUTF8(s string) int {
	for i, r := range s {
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(s[i:]); n == 1 {
				return i
			}
		}
	}
	return len(s)
}

func (p *parser) err(off int, key, section, format string, args ...any) error {
	return errAt(p.src, off, key, section, format, args...)
}

func (p *parser) unexpected(want string) error {
	if p.tok.kind == tEOF {
		return p.err(p.tok.off, "parse.end", "9.4", "the pattern ends where %s should stand", want)
	}
	end := min(max(p.pos, p.tok.off), p.tok.off+40)
	return p.err(p.tok.off, "parse.unexpected", "9.4", "found %q where %s should stand",
		strings.ToValidUTF8(p.src[p.tok.off:end], ""), want)
}

func (p *parser) isKeyword(s string) bool { return p.tok.kind == tKeyword && p.tok.text == s }
func (p *parser) isPunct(c byte) bool     { return p.tok.kind == tPunct && p.tok.ch == c }

func (p *parser) punct(c byte) error {
	if !p.isPunct(c) {
		return p.unexpected("\"" + string(c) + "\"")
	}
	return p.next()
}

func (p *parser) keyword(s string) error {
	if !p.isKeyword(s) {
		return p.unexpected(s)
	}
	return p.next()
}

// enter counts one level of parentheses.
func (p *parser) enter() error {
	if p.depth++; p.depth > p.lim.Depth {
		return p.err(p.tok.off, "limit.depth", "", "nested deeper than %d parentheses", p.lim.Depth)
	}
	return nil
}

// operator reads operand (word operand)* into n.
func (p *parser) operator(n *Node, word string, op NodeOp, operand func(*Node) error) error {
	if err := operand(n); err != nil || !p.isKeyword(word) {
		return err
	}
	kids := make([]Node, 1, 4)
	kids[0] = *n
	for p.isKeyword(word) {
		if err := p.next(); err != nil {
			return err
		}
		kids = append(kids, Node{})
		if err := operand(&kids[len(kids)-1]); err != nil {
			return err
		}
	}
	*n = Node{Op: op, Kids: kids}
	return nil
}

func (p *parser) followedBy(n *Node) error { return p.operator(n, "FOLLOWEDBY", FollowedBy, p.nodeOr) }
func (p *parser) nodeOr(n *Node) error     { return p.operator(n, "OR", Or, p.nodeAnd) }
func (p *parser) nodeAnd(n *Node) error    { return p.operator(n, "AND", And, p.qualified) }

// qualified reads a bracket or parenthesis and its qualifiers.
func (p *parser) qualified(n *Node) error {
	switch {
	case p.isPunct('['):
		if err := p.next(); err != nil {
			return err
		}
		n.Op = Observe
		if err := p.testOr(&n.Test); err != nil {
			return err
		}
		if !p.isPunct(']') {
			return p.unexpected("AND, OR or ]")
		}
	case p.isPunct('('):
		if err := p.enter(); err != nil {
			return err
		}
		if err := p.next(); err != nil {
			return err
		}
		if err := p.followedBy(n); err != nil {
			return err
		}
		if !p.isPunct(')') {
			return p.unexpected("an operator, a qualifier or )")
		}
		p.depth--
	default:
		return p.unexpected("[ or (")
	}
	if err := p.next(); err != nil {
		return err
	}
	return p.qualifiers(n)
}

func (p *parser) qualifiers(n *Node) error {
	var seen [StartStop + 1]bool
	for p.tok.kind == tKeyword {
		at := p.tok.off
		var op NodeOp
		var q Qualifier
		var err error
		switch p.tok.text {
		case "REPEATS":
			op, err = Repeats, p.repeats(&q)
		case "WITHIN":
			op, err = Within, p.within(&q)
		case "START":
			op, err = StartStop, p.startStop(&q)
		default:
			return nil
		}
		if err != nil {
			return err
		}
		if seen[op] {
			return p.err(at, "parse.qualifier-twice", "9.5.1",
				"an expression takes one qualifier of each kind; parentheses make a new expression")
		}
		seen[op] = true
		*n = Node{Op: op, Kids: []Node{*n}, Qual: &q}
	}
	return nil
}

func (p *parser) repeats(q *Qualifier) error {
	if err := p.next(); err != nil {
		return err
	}
	n, err := strconv.Atoi(p.tok.text)
	if p.tok.kind != tInt || err == nil && n < 1 {
		return p.err(p.tok.off, "parse.repeats", "9.5.1", "REPEATS takes a whole number of at least 1")
	}
	if err != nil || n > p.lim.Repeats {
		return p.err(p.tok.off, "limit.repeats", "", "REPEATS takes at most %d", p.lim.Repeats)
	}
	q.Times = n
	if err := p.next(); err != nil {
		return err
	}
	return p.keyword("TIMES")
}

func (p *parser) within(q *Qualifier) error {
	if err := p.next(); err != nil {
		return err
	}
	d, ok := parseSpan(p.tok.text)
	if p.tok.kind != tInt && p.tok.kind != tFloat || !ok || d.zero() {
		return p.err(p.tok.off, "parse.within", "9.5.1", "WITHIN takes a positive number of seconds")
	}
	q.Seconds = p.tok.text
	if err := p.next(); err != nil {
		return err
	}
	return p.keyword("SECONDS")
}

func (p *parser) startStop(q *Qualifier) error {
	for _, part := range []struct {
		word string
		to   *Instant
	}{{"START", &q.Start}, {"STOP", &q.Stop}} {
		if err := p.keyword(part.word); err != nil {
			return err
		}
		at, ok := ParseInstant(p.tok.text)
		if p.tok.kind != tTime && p.tok.kind != tString || !ok {
			return p.err(p.tok.off, "parse.start-stop", "9.5.1", "%s takes a timestamp constant t'…'", part.word)
		}
		*part.to = at
		if err := p.next(); err != nil {
			return err
		}
	}
	return nil
}
