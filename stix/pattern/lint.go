package pattern

// Advice is something about a valid pattern its author will want to know.
type Advice struct {
	// Key names the advice for a message catalogue, for example
	// "pattern.lint.within-one".
	Key string
	// Text says it in English.
	Text string
	// Line and Column tell the place, 1-based, in code points.
	Line, Column int
}

// Lint finds what the language allows and nobody means: parts that can match
// nothing and qualifiers without effect. A pattern without advice may still be
// wrong; one with advice is still valid.
func (p *Pattern) Lint() []Advice {
	l := linter{src: p.src}
	l.node(&p.root)
	return l.out
}

type linter struct {
	src string
	out []Advice
}

func (l *linter) say(at int32, key, text string) {
	e := errAt(l.src, int(at), "lint."+key, "", "%s", text)
	l.out = append(l.out, Advice{Key: e.Key, Text: text, Line: e.Line, Column: e.Column})
}

func (l *linter) node(n *Node) {
	switch n.Op {
	case Observe:
		l.test(&n.Test)
	case Within:
		if single(&n.Kids[0]) {
			l.say(first(n), "within-one", "WITHIN stands on one observation and has no effect; "+
				"put parentheses around all the expressions it should span")
		}
	case StartStop:
		if n.Qual.Start.Compare(n.Qual.Stop) >= 0 {
			l.say(first(n), "interval-empty", "STOP is not later than START: nothing lies between")
		}
	}
	for i := range n.Kids {
		l.node(&n.Kids[i])
	}
}

func (l *linter) test(t *Test) {
	if t.Op == Compare {
		l.comparison(t.Cmp)
	}
	if t.Op == All {
		types := roots(&t.Kids[0])
		for i := 1; i < len(t.Kids); i++ {
			next := roots(&t.Kids[i])
			for k := range types {
				if !next[k] {
					delete(types, k)
				}
			}
		}
		if len(types) == 0 {
			l.say(firstTest(t), "roots-differ", "AND joins paths of different object types inside one [ ]: "+
				"no object is of both; use two [ ] to speak of two observations")
		}
	}
	for i := range t.Kids {
		l.test(&t.Kids[i])
	}
}

// roots gives the object types that can satisfy a test.
func roots(t *Test) map[string]bool {
	if t.Op == Compare {
		return map[string]bool{t.Cmp.Path.Type: true}
	}
	out := roots(&t.Kids[0])
	for i := 1; i < len(t.Kids); i++ {
		next := roots(&t.Kids[i])
		if t.Op == Any {
			for k := range next {
				out[k] = true
			}
			continue
		}
		for k := range out {
			if !next[k] {
				delete(out, k)
			}
		}
	}
	return out
}

func (l *linter) comparison(c *Comparison) {
	for _, s := range c.Path.Steps {
		if s.Kind == Index && s.Index < 0 {
			l.say(c.at, "index-negative", "a negative index is out of every list: nothing matches")
		}
	}
	if c.Op == Exists && c.Not {
		l.say(c.at, "not-exists", "NOT EXISTS is never true: a comparison with an absent path is false, negated or not")
	}
	if c.Op == Eq || c.Op == Ne || c.Op == In {
		for _, v := range c.Values {
			if lit := compileLiteral(v); octetPath(&c.Path) && lit.kind == String && !lit.plain {
				l.say(c.valAt, "octets-none",
					"the property is binary and the string has characters beyond U+00FF: they are never equal")
			}
		}
	}
}

// first gives the offset of the first comparison below a node.
func first(n *Node) int32 {
	for n.Op != Observe {
		n = &n.Kids[0]
	}
	return firstTest(&n.Test)
}

func firstTest(t *Test) int32 {
	for t.Op != Compare {
		t = &t.Kids[0]
	}
	return t.Cmp.at
}
