package pattern

import (
	"encoding/base64"
	"encoding/hex"
	"strconv"
)

// String prints the pattern: one blank between words, no comments, aliases
// resolved (== and <>), names quoted only where they must be. Parsing the
// result gives the same tree and printing that gives the same text.
func (p *Pattern) String() string { return string(appendNode(nil, &p.root)) }

func appendNode(b []byte, n *Node) []byte {
	switch n.Op {
	case Observe:
		b = append(b, '[')
		b = appendTest(b, &n.Test)
		return append(b, ']')
	case And, Or, FollowedBy:
		word := " AND "
		if n.Op == Or {
			word = " OR "
		} else if n.Op == FollowedBy {
			word = " FOLLOWEDBY "
		}
		for i := range n.Kids {
			if i > 0 {
				b = append(b, word...)
			}
			k := &n.Kids[i]
			b = appendNodeIn(b, k, k.Op >= n.Op && k.Op <= FollowedBy)
		}
		return b
	}
	k := &n.Kids[0]
	b = appendNodeIn(b, k, k.Op >= And && k.Op <= FollowedBy || qualifiedBy(k, n.Op))
	return appendQualifier(b, n)
}

// qualifiedBy says whether printing n without parentheses would put another
// qualifier of the kind on the same expression.
func qualifiedBy(n *Node, op NodeOp) bool {
	var seen [StartStop + 1]bool
	for n.Op >= Repeats {
		if seen[n.Op] {
			return false // parentheses stand further in and start anew
		}
		if n.Op == op {
			return true
		}
		seen[n.Op] = true
		n = &n.Kids[0]
	}
	return false
}

func appendNodeIn(b []byte, n *Node, paren bool) []byte {
	if !paren {
		return appendNode(b, n)
	}
	b = append(b, '(')
	b = appendNode(b, n)
	return append(b, ')')
}

func appendQualifier(b []byte, n *Node) []byte {
	q := n.Qual
	switch n.Op {
	case Repeats:
		b = append(b, " REPEATS "...)
		b = strconv.AppendInt(b, int64(q.Times), 10)
		b = append(b, " TIMES"...)
	case Within:
		b = append(b, " WITHIN "...)
		b = append(b, q.Seconds...)
		b = append(b, " SECONDS"...)
	case StartStop:
		b = append(b, " START t'"...)
		b = append(b, q.Start.String()...)
		b = append(b, "' STOP t'"...)
		b = append(b, q.Stop.String()...)
		b = append(b, '\'')
	}
	return b
}

func appendTest(b []byte, t *Test) []byte {
	if t.Op == Compare {
		return appendComparison(b, t.Cmp)
	}
	word := " AND "
	if t.Op == Any {
		word = " OR "
	}
	for i := range t.Kids {
		if i > 0 {
			b = append(b, word...)
		}
		k := &t.Kids[i]
		if k.Op >= t.Op {
			b = append(b, '(')
			b = appendTest(b, k)
			b = append(b, ')')
		} else {
			b = appendTest(b, k)
		}
	}
	return b
}

func appendComparison(b []byte, c *Comparison) []byte {
	if c.Op == Exists {
		if c.Not {
			b = append(b, "NOT "...)
		}
		b = append(b, "EXISTS "...)
		return appendPath(b, &c.Path)
	}
	b = appendPath(b, &c.Path)
	if c.Not {
		b = append(b, " NOT"...)
	}
	b = append(b, ' ')
	b = append(b, c.Op.String()...)
	b = append(b, ' ')
	if c.Op != In {
		return appendLiteral(b, c.Values[0])
	}
	for i, v := range c.Values {
		if i == 0 {
			b = append(b, '(')
		} else {
			b = append(b, ", "...)
		}
		b = appendLiteral(b, v)
	}
	return append(b, ')')
}

// String gives the path as the language writes it.
func (p Path) String() string { return string(appendPath(nil, &p)) }

func appendPath(b []byte, p *Path) []byte {
	b = append(b, p.Type...)
	for i, s := range p.Steps {
		switch s.Kind {
		case Key:
			b = append(b, ":."[min(i, 1)])
			if plainName(s.Name) {
				b = append(b, s.Name...)
			} else {
				b = appendQuoted(b, s.Name)
			}
		case Index:
			b = append(b, '[')
			b = strconv.AppendInt(b, int64(s.Index), 10)
			b = append(b, ']')
		case Star:
			b = append(b, "[*]"...)
		}
	}
	return b
}

// plainName says whether a property name may stand without apostrophes.
func plainName(s string) bool {
	if s == "" || !identStart(s[0]) || keyword(s) {
		return false
	}
	for i := 1; i < len(s); i++ {
		if !identStart(s[i]) && !digit(s[i]) {
			return false
		}
	}
	return true
}

func appendQuoted(b []byte, s string) []byte {
	b = append(b, '\'')
	for i := range len(s) {
		if s[i] == '\'' || s[i] == '\\' {
			b = append(b, '\\')
		}
		b = append(b, s[i])
	}
	return append(b, '\'')
}

// String gives the constant as the language writes it.
func (l Literal) String() string { return string(appendLiteral(nil, l)) }

func appendLiteral(b []byte, l Literal) []byte {
	switch l.Kind {
	case String:
		return appendQuoted(b, l.Text)
	case Hex:
		b = append(b, "h'"...)
		b = hex.AppendEncode(b, []byte(l.Text))
		return append(b, '\'')
	case Binary:
		b = append(b, "b'"...)
		b = base64.StdEncoding.AppendEncode(b, []byte(l.Text))
		return append(b, '\'')
	case Timestamp:
		b = append(b, "t'"...)
		b = append(b, l.Text...)
		return append(b, '\'')
	}
	return append(b, l.Text...)
}
