package pattern

import (
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Canonical gives a text that equivalent patterns share: patterns with equal
// canonical texts match the same observations. It is itself a pattern and its
// own canonical text. What it levels out:
//
//   - blanks, comments, parentheses without effect, quotes around names,
//     == and <>, plus signs and superfluous zeros of numbers, b'…' as h'…',
//     fractions of a second that end in zeros;
//   - NOT =, NOT != and sets of one: x NOT = 1 is x != 1, x IN (1) is x = 1;
//     alternatives on one path become one set; sets are sorted;
//   - operands of AND and OR: flattened, sorted, and inside one […] without
//     repetition. [a] AND [a] needs two observations and becomes a REPEATS;
//     FOLLOWEDBY is flattened and keeps its order;
//   - a window over one observation, a window directly in a window, REPEATS 1,
//     REPEATS directly in REPEATS, the place of START STOP among qualifiers;
//   - LIKE and MATCHES constants in NFC, runs of % in LIKE;
//   - addresses of ISSUBSET and ISSUPERSET: host bits, /32 and /128, IPv6 text.
//
// Constants of = are compared as text by the language (§9.6.2), so an address
// written two ways is two patterns here; Key goes further.
func (p *Pattern) Canonical() string { return p.canonical(false).src }

// Canonicalise gives the pattern whose source is the canonical text. It is
// what parsing that text gives.
func (p *Pattern) Canonicalise() *Pattern { return p.canonical(false) }

// Key gives a text for finding duplicates between sources. It goes beyond
// Canonical where two notations mean one thing in the world though the
// language tells them apart: a single address with or without /32 or /128, IPv6
// in any spelling, hexadecimal digests in upper or lower case, as constants of
// =, != and IN. Patterns with equal keys are worth merging; the key is not for
// matching.
func (p *Pattern) Key() string { return p.canonical(true).src }

func (p *Pattern) canonical(loose bool) *Pattern {
	c := canon{loose: loose}
	out := &Pattern{root: c.node(&p.root)}
	out.src = string(appendNode(make([]byte, 0, len(p.src)+8), &out.root))
	return out
}

// maxRepeats is the largest REPEATS written into a canonical text: what Parse
// accepts by default.
const maxRepeats = 1_000_000

type canon struct{ loose bool }

// node gives the canonical form of an observation-level expression.
func (c canon) node(n *Node) Node {
	switch n.Op {
	case Observe:
		return Node{Op: Observe, Test: c.test(&n.Test)}
	case And, Or, FollowedBy:
		return c.operator(n)
	}
	kid := c.node(&n.Kids[0])
	switch n.Op {
	case Repeats:
		return repeat(kid, n.Qual.Times)
	case Within:
		sec := canonicalNumber(n.Qual.Seconds)
		if single(&kid) {
			return kid
		}
		if kid.Op == Within {
			a, _ := parseDecimal(sec)
			if b, _ := parseDecimal(kid.Qual.Seconds); a.compare(b) < 0 {
				kid.Qual = &Qualifier{Seconds: sec}
			}
			return kid
		}
		return Node{Op: Within, Kids: []Node{kid}, Qual: &Qualifier{Seconds: sec}}
	}
	return startStop(kid, n.Qual)
}

// repeat applies REPEATS: spelled out it is AND, so it multiplies, and goes
// to each operand of an AND.
func repeat(kid Node, times int) Node {
	if times == 1 {
		return kid
	}
	if kid.Op == And {
		kids := make([]Node, len(kid.Kids))
		for i, k := range kid.Kids {
			kids[i] = repeat(k, times)
		}
		return Node{Op: And, Kids: merged(kids)}
	}
	if kid.Op == Repeats && kid.Qual.Times <= maxRepeats/times {
		times, kid = times*kid.Qual.Times, kid.Kids[0]
	}
	if times > maxRepeats {
		kids := []Node{repeat(repeat(kid, maxRepeats), times/maxRepeats)}
		if rest := times % maxRepeats; rest > 0 {
			kids = append(kids, repeat(kid, rest))
			return Node{Op: And, Kids: sorted(kids, appendNode)}
		}
		return kids[0]
	}
	return Node{Op: Repeats, Kids: []Node{kid}, Qual: &Qualifier{Times: times}}
}

// startStop applies START STOP. It holds for each observation alone, so it
// commutes with the other qualifiers and goes innermost.
func startStop(n Node, q *Qualifier) Node {
	if n.Op == Repeats || n.Op == Within {
		n.Kids = []Node{startStop(n.Kids[0], q)}
		return n
	}
	if n.Op == StartStop && n.Qual.Start.Compare(q.Start) == 0 && n.Qual.Stop.Compare(q.Stop) == 0 {
		return n
	}
	if n.Op == StartStop && q.before(n.Qual) { // two in a row: a fixed order
		return Node{Op: StartStop, Kids: []Node{startStop(n.Kids[0], q)}, Qual: n.Qual}
	}
	return Node{Op: StartStop, Kids: []Node{n}, Qual: q}
}

func (q *Qualifier) before(o *Qualifier) bool {
	if c := q.Start.Compare(o.Start); c != 0 {
		return c < 0
	}
	return q.Stop.Compare(o.Stop) < 0
}

// single says whether n is always satisfied by exactly one observation.
func single(n *Node) bool {
	switch n.Op {
	case Observe:
		return true
	case Or:
		return !slices.ContainsFunc(n.Kids, func(k Node) bool { return !single(&k) })
	case StartStop, Within:
		return single(&n.Kids[0])
	}
	return false
}

func (c canon) operator(n *Node) Node {
	var kids []Node
	for i := range n.Kids {
		k := c.node(&n.Kids[i])
		if k.Op == n.Op {
			kids = append(kids, k.Kids...)
		} else {
			kids = append(kids, k)
		}
	}
	switch n.Op {
	case Or:
		kids = sorted(kids, appendNode)
	case And:
		kids = merged(kids)
	}
	if len(kids) == 1 {
		return kids[0]
	}
	return Node{Op: n.Op, Kids: kids}
}

// merged sorts the operands of AND and turns equal ones into REPEATS.
func merged(kids []Node) []Node {
	type part struct {
		node Node
		n    int
	}
	parts := map[string]*part{}
	for _, k := range kids {
		n := 1
		if k.Op == Repeats {
			n, k = k.Qual.Times, k.Kids[0]
		}
		text := string(appendNode(nil, &k))
		if p := parts[text]; p != nil {
			p.n += n
		} else {
			parts[text] = &part{k, n}
		}
	}
	out := make([]Node, 0, len(parts))
	for _, p := range parts {
		out = append(out, repeat(p.node, p.n))
	}
	return sorted(out, appendNode)
}

// sorted orders kids by their text and drops equal ones.
func sorted[T any](kids []T, print func([]byte, *T) []byte) []T {
	type keyed struct {
		text string
		kid  T
	}
	ks := make([]keyed, len(kids))
	for i := range kids {
		ks[i] = keyed{string(print(nil, &kids[i])), kids[i]}
	}
	slices.SortStableFunc(ks, func(a, b keyed) int { return strings.Compare(a.text, b.text) })
	out := kids[:0:0]
	for i := range ks {
		if i == 0 || ks[i].text != ks[i-1].text {
			out = append(out, ks[i].kid)
		}
	}
	return out
}

// test gives the canonical form of a comparison-level expression.
func (c canon) test(t *Test) Test {
	if t.Op == Compare {
		return Test{Op: Compare, Cmp: c.comparison(t.Cmp)}
	}
	var kids []Test
	for i := range t.Kids {
		k := c.test(&t.Kids[i])
		if k.Op == t.Op {
			kids = append(kids, k.Kids...)
		} else {
			kids = append(kids, k)
		}
	}
	if t.Op == Any {
		kids = c.sets(kids)
	}
	kids = sorted(kids, appendTest)
	if len(kids) == 1 {
		return kids[0]
	}
	return Test{Op: t.Op, Kids: kids}
}

// sets joins alternatives x = 1 OR x IN (2, 3) on one path into one set.
func (c canon) sets(kids []Test) []Test {
	type slot struct {
		path  string
		class LiteralKind
	}
	at := map[slot]int{}
	joined := map[int]*Comparison{} // sets made here, which may grow
	out := kids[:0:0]
	for _, k := range kids {
		if k.Op != Compare || k.Cmp.Not || k.Cmp.Op != Eq && k.Cmp.Op != In {
			out = append(out, k)
			continue
		}
		s := slot{k.Cmp.Path.String(), k.Cmp.Values[0].Kind.class()}
		i, ok := at[s]
		if !ok {
			at[s] = len(out)
			out = append(out, k)
			continue
		}
		set := joined[i]
		if set == nil {
			old := out[i].Cmp
			set = &Comparison{Path: old.Path, Op: In, Values: slices.Clone(old.Values)}
			joined[i], out[i].Cmp = set, set
		}
		set.Values = append(set.Values, k.Cmp.Values...)
	}
	for i, set := range joined {
		out[i].Cmp = c.comparison(set)
	}
	return out
}

func (c canon) comparison(in *Comparison) *Comparison {
	out := &Comparison{Path: in.Path, Op: in.Op, Not: in.Not}
	out.Values = make([]Literal, len(in.Values))
	for i, v := range in.Values {
		out.Values[i] = c.literal(in, v)
	}
	switch {
	case in.Op == In:
		if len(out.Values) > 1 {
			out.Values = sortedLiterals(out.Values)
		}
		if len(out.Values) == 1 {
			out.Op = Eq
		}
	case in.Op == Exists:
		out.Values = nil
	}
	if out.Not && out.Op == Eq {
		out.Op, out.Not = Ne, false
	} else if out.Not && out.Op == Ne {
		out.Op, out.Not = Eq, false
	}
	return out
}

// sortedLiterals orders the constants of a set and drops equal ones.
func sortedLiterals(vs []Literal) []Literal {
	slices.SortFunc(vs, func(a, b Literal) int {
		if a.Kind != b.Kind {
			return int(a.Kind) - int(b.Kind)
		}
		return strings.Compare(a.Text, b.Text)
	})
	return slices.Compact(vs)
}

func (c canon) literal(in *Comparison, v Literal) Literal {
	switch v.Kind {
	case Int, Float:
		v.Text = canonicalNumber(v.Text)
		v.Kind = Int
		if strings.Contains(v.Text, ".") {
			v.Kind = Float
		}
	case Binary:
		v.Kind = Hex
	case Timestamp:
		if t, ok := ParseInstant(v.Text); ok {
			v.Text = t.String()
		}
	case String:
		switch in.Op {
		case Like:
			v.Text = norm.NFC.String(v.Text)
			for strings.Contains(v.Text, "%%") {
				v.Text = strings.ReplaceAll(v.Text, "%%", "%")
			}
		case Matches:
			v.Text = norm.NFC.String(v.Text)
		case IsSubset, IsSuperset:
			if n, ok := parseNet(v.Text); ok {
				v.Text = netText(n)
			}
		case Eq, Ne, In:
			if c.loose {
				v.Text = levelText(&in.Path, v.Text)
			}
		}
	}
	return v
}
