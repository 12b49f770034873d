package pattern

import (
	"strings"
)

// Matcher is a pattern made ready to be evaluated. It is immutable and may be
// used by many goroutines at once.
type Matcher struct {
	tests []ctest // the distinct expressions in brackets
	root  cnode
	lim   Limits
	loose bool // see Loose
}

// Matcher compiles the pattern with the default limits: see MatcherLimited.
func (p *Pattern) Matcher() (*Matcher, error) { return p.MatcherLimited(Limits{}) }

// MatcherLimited compiles the pattern. The error is an *Error: a regular
// expression that does not compile, is too large, or uses what only a
// backtracking engine has (look-around, back-references, atomic groups, …).
func (p *Pattern) MatcherLimited(lim Limits) (*Matcher, error) {
	m := &Matcher{lim: lim.filled()}
	c := compiler{m: m, src: p.src, seen: map[string]int{}}
	if p.root.Op == Observe { // the usual case needs no map of expressions
		t, err := c.test(&p.root.Test)
		if err != nil {
			return nil, err
		}
		m.tests = []ctest{t}
		m.root = cnode{op: Observe}
		return m, nil
	}
	var err error
	m.root, err = c.node(&p.root)
	if err != nil {
		return nil, err
	}
	return m, nil
}

// Expressions counts the distinct expressions in brackets.
func (m *Matcher) Expressions() int { return len(m.tests) }

// Single says whether every match is one observation alone, so that no state
// has to be kept between observations. REPEATS makes a pattern not single, for
// an observation may stand for several.
func (m *Matcher) Single() bool { return m.root.single() }

// Window gives the longest time in seconds, rounded up, that can lie between
// the first and the last observation of a match, if a WITHIN bounds the whole
// pattern; 0 if every match is one observation.
func (m *Matcher) Window() (seconds int64, ok bool) { return m.root.longest() }

func (n *cnode) longest() (seconds int64, ok bool) {
	switch n.op {
	case Observe:
		return 0, true
	case Within:
		return n.window.sec + 1, true
	case Or, StartStop:
		for i := range n.kids {
			s, ok := n.kids[i].longest()
			if !ok {
				return 0, false
			}
			seconds = max(seconds, s)
		}
		return seconds, true
	case Repeats:
		if n.times == 1 {
			return n.kids[0].longest()
		}
	}
	return 0, false
}

// cnode is a compiled observation-level node.
type cnode struct {
	op          NodeOp
	test        int // Observe: index into Matcher.tests
	kids        []cnode
	times       int
	window      span
	start, stop Instant
}

func (n *cnode) single() bool {
	switch n.op {
	case Observe:
		return true
	case Or, StartStop, Within:
		for i := range n.kids {
			if !n.kids[i].single() {
				return false
			}
		}
		return true
	case Repeats:
		return n.times == 1 && n.kids[0].single()
	}
	return false
}

// ctest is a compiled comparison-level node.
type ctest struct {
	op   TestOp
	kids []ctest
	cmp  *ccmp
}

type compiler struct {
	m    *Matcher
	src  string
	seen map[string]int
}

func (c *compiler) node(n *Node) (cnode, error) {
	out := cnode{op: n.Op}
	if n.Op == Observe {
		key := string(appendTest(nil, &n.Test))
		at, ok := c.seen[key]
		if !ok {
			t, err := c.test(&n.Test)
			if err != nil {
				return out, err
			}
			at = len(c.m.tests)
			c.m.tests = append(c.m.tests, t)
			c.seen[key] = at
		}
		out.test = at
		return out, nil
	}
	if n.Qual != nil {
		out.times, out.start, out.stop = n.Qual.Times, n.Qual.Start, n.Qual.Stop
		out.window, _ = parseSpan(n.Qual.Seconds)
	}
	out.kids = make([]cnode, len(n.Kids))
	for i := range n.Kids {
		var err error
		if out.kids[i], err = c.node(&n.Kids[i]); err != nil {
			return out, err
		}
	}
	return out, nil
}

func (c *compiler) test(t *Test) (ctest, error) {
	out := ctest{op: t.Op}
	if t.Op == Compare {
		cmp, err := c.comparison(t.Cmp)
		out.cmp = cmp
		return out, err
	}
	out.kids = make([]ctest, len(t.Kids))
	for i := range t.Kids {
		var err error
		if out.kids[i], err = c.test(&t.Kids[i]); err != nil {
			return out, err
		}
	}
	return out, nil
}

func (c *compiler) comparison(in *Comparison) (*ccmp, error) {
	out := &ccmp{Comparison: in, octets: octetPath(&in.Path)}
	if in.Op != Exists {
		out.lit = compileLiteral(in.Values[0])
	}
	switch in.Op {
	case In:
		out.set = make(map[string]struct{}, len(in.Values))
		for _, v := range in.Values {
			lit := compileLiteral(v)
			if k, ok := lit.key(nil, out.octets); ok {
				out.set[string(k)] = struct{}{}
			}
		}
	case Like:
		out.like = compileLike(in.Values[0].Text)
	case Matches:
		re, err := compileRegex(in.Values[0].Text, c.m.lim)
		if err != nil {
			return nil, errAt(c.src, int(in.valAt), err.key, "9.6.1", "%s", err.text)
		}
		out.re = re
	case IsSubset, IsSuperset:
		out.net, _ = parseNet(in.Values[0].Text)
	}
	return out, nil
}

// octetPath says whether a path names a binary property: its last name ends
// in _bin or _hex (§9.6.4).
func octetPath(p *Path) bool {
	for i := len(p.Steps) - 1; i >= 0; i-- {
		if s := p.Steps[i]; s.Kind == Key {
			return strings.HasSuffix(s.Name, "_bin") || strings.HasSuffix(s.Name, "_hex")
		}
	}
	return false
}

// binaryName says whether it is base64 (_bin) rather than hexadecimal (_hex).
func binaryName(p *Path) bool {
	for i := len(p.Steps) - 1; i >= 0; i-- {
		if s := p.Steps[i]; s.Kind == Key {
			return strings.HasSuffix(s.Name, "_bin")
		}
	}
	return false
}
