package match

import (
	"math"
	"net/netip"
	"slices"
	"strconv"

	"kulla.dev/stix/pattern"
)

// atomKind says how an atom is looked up.
type atomKind uint8

const (
	atomEqual    atomKind = iota + 1
	atomText              // the value contains text
	atomSubset            // the value lies in net
	atomSuperset          // the value holds net
	atomAbove             // number or time at or above num
	atomBelow             // number or time at or below num
	atomPresent           // the path has a value
)

// atom is a condition on one value at one path.
type atom struct {
	kind atomKind
	path *pattern.Path
	key  pattern.EqualKey // atomEqual
	text string           // atomText
	net  netip.Prefix     // atomSubset, atomSuperset
	num  float64          // atomAbove, atomBelow
	time bool             // num counts seconds
}

// Costs estimate how often an atom holds where the pattern does not match.
const (
	costEqual   = 1
	costPresent = 100_000
	costOrder   = 2_000
)

// Slow says whether an index can find the pattern only by the presence of a
// property: each event that has it costs an evaluation. Its author should add
// an equality, an address block or a text of three characters that must hold.
func Slow(p *pattern.Pattern) bool {
	return slices.ContainsFunc(covers(p.Canonicalise().Root(), nil), func(a atom) bool { return a.kind == atomPresent })
}

// covers gives the atoms of a whole pattern: each observation that can
// satisfy one of its expressions satisfies one of the atoms.
func covers(n *pattern.Node, out []atom) []atom {
	if n.Op == pattern.Observe {
		atoms, _ := cover(&n.Test)
		return append(out, atoms...)
	}
	for i := range n.Kids {
		out = covers(&n.Kids[i], out)
	}
	return out
}

// cover gives atoms of which every object that satisfies the test satisfies
// one, and what they cost. No atoms means that nothing satisfies it.
func cover(t *pattern.Test) ([]atom, int) {
	switch t.Op {
	case pattern.All:
		best, cost := cover(&t.Kids[0])
		for i := 1; i < len(t.Kids); i++ {
			if a, c := cover(&t.Kids[i]); c < cost {
				best, cost = a, c
			}
		}
		return best, cost
	case pattern.Any:
		var all []atom
		sum := 0
		for i := range t.Kids {
			a, c := cover(&t.Kids[i])
			all = append(all, a...)
			sum += c
		}
		return all, sum
	}
	return comparison(t.Cmp)
}

func comparison(c *pattern.Comparison) ([]atom, int) {
	for _, s := range c.Path.Steps {
		if s.Kind == pattern.Index && s.Index < 0 {
			return nil, 0
		}
	}
	if c.Op == pattern.Exists && c.Not {
		return nil, 0
	}
	present := []atom{{kind: atomPresent, path: &c.Path}}
	if c.Not {
		return present, costPresent
	}
	switch c.Op {
	case pattern.Eq, pattern.In:
		keys := c.EqualKeys()
		out := make([]atom, len(keys))
		for i, k := range keys {
			out[i] = atom{kind: atomEqual, path: &c.Path, key: k}
		}
		return out, costEqual + len(keys)/16
	case pattern.Lt, pattern.Le, pattern.Gt, pattern.Ge:
		if a, ok := order(c); ok {
			return []atom{a}, costOrder
		}
	case pattern.Like, pattern.Matches:
		texts, ok := c.Required()
		if !ok {
			break
		}
		var out []atom
		cost := 0
		for _, t := range texts {
			t = fold(t)
			if len(t) < gramSizes[0] {
				return present, costPresent
			}
			out = append(out, atom{kind: atomText, path: &c.Path, text: t})
			cost += 4 + 400/(len(t)*len(t))
		}
		return out, cost
	case pattern.IsSubset, pattern.IsSuperset:
		net, ok := pattern.ParseNet(c.Values[0].Text)
		if !ok {
			return nil, 0
		}
		kind := atomSubset
		if c.Op == pattern.IsSuperset {
			kind = atomSuperset
		}
		return []atom{{kind: kind, path: &c.Path, net: net}}, 2 + max(0, 24-net.Bits())*50
	}
	return present, costPresent
}

// order gives the atom of an order comparison with a number or a time. Bounds
// are kept as floats: rounding keeps order, so nothing is missed.
func order(c *pattern.Comparison) (atom, bool) {
	a := atom{kind: atomAbove, path: &c.Path}
	if c.Op == pattern.Lt || c.Op == pattern.Le {
		a.kind = atomBelow
	}
	switch v := c.Values[0]; v.Kind {
	case pattern.Int, pattern.Float:
		a.num = number(v.Text)
		return a, true
	case pattern.Timestamp:
		t, ok := pattern.ParseInstant(v.Text)
		a.num, a.time = seconds(t), true
		return a, ok
	}
	return a, false
}

// number rounds a decimal text to a float; beyond the range it is infinite.
func number(s string) float64 {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && !math.IsInf(f, 0) {
		return math.NaN()
	}
	return f
}

func seconds(t pattern.Instant) float64 {
	u := t.Time()
	return float64(u.Unix()) + float64(u.Nanosecond())/1e9
}
