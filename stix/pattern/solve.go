package pattern

import (
	"cmp"
	"slices"
)

// Matching over several observations.
//
// Every expression in brackets that takes part needs an observation of its
// own (§9.5.2), which makes the general question as hard as the hardest
// puzzles: an OR above several AND, a WITHIN below an AND. What patterns
// use in practice is not: the solver answers in polynomial time
//
//   - one expression, and OR over anything it can answer: by looking;
//   - AND and REPEATS over expressions in brackets, each possibly with START
//     STOP or an OR of such: as a flow from expressions to observations, so
//     REPEATS 1000000 is a number and not a million copies;
//   - FOLLOWEDBY over such: each part as early as it can be, which leaves most
//     to the parts behind it;
//   - WITHIN and START STOP around any of these: once for each window that
//     holds something new.
//
// For the rest, and where two parts of a FOLLOWEDBY compete for observations
// of the same instant, it searches, and every step counts against the run's
// budget. Both ways are exact; only the budget can end without an answer.

// item is one or several observations of one kind: cap distinct ones, each
// made at an unknown time from lo to hi.
type item struct {
	lo, hi Instant
	cap    int
	sat    []int
}

func (it *item) satisfies(test int) bool {
	_, ok := slices.BinarySearch(it.sat, test)
	return ok
}

// items spells out number_observed and orders by time.
func items(seen []Sighting) []item {
	out := make([]item, 0, len(seen))
	for i := range seen {
		s := &seen[i]
		out = append(out, item{s.First, s.First, 1, s.Satisfies})
		if s.Count >= 2 {
			out = append(out, item{s.Last, s.Last, 1, s.Satisfies})
		}
		if s.Count > 2 {
			out = append(out, item{s.First, s.Last, s.Count - 2, s.Satisfies})
		}
	}
	slices.SortStableFunc(out, func(a, b item) int {
		return cmp.Or(a.lo.Compare(b.lo), a.hi.Compare(b.hi))
	})
	return out
}

type solver struct {
	*run
	tests int
}

// solve says whether distinct items satisfy the node.
func (s *solver) solve(n *cnode, its []item) bool {
	s.spend(int64(len(its)) >> 2)
	if s.broke || !s.possible(n, its) {
		return false
	}
	switch n.op {
	case Observe:
		return true // possible has looked
	case Or:
		for i := range n.kids {
			if s.solve(&n.kids[i], its) {
				return true
			}
		}
		return false
	case StartStop:
		return s.solve(&n.kids[0], during(its, n.start, n.stop))
	case Within:
		if n.kids[0].single() {
			return s.solve(&n.kids[0], its)
		}
		return s.windows(n, its)
	case Repeats:
		if n.times == 1 {
			return s.solve(&n.kids[0], its)
		}
	}
	if groups, ok := chain(n); ok {
		got, exact := s.greedy(groups, its)
		if got || exact || s.broke {
			return got && !s.broke
		}
	}
	return s.search(n, its)
}

// possible is a cheap necessary condition: each expression that must be
// satisfied is satisfied by something.
func (s *solver) possible(n *cnode, its []item) bool {
	switch n.op {
	case Observe:
		for i := range its {
			if its[i].satisfies(n.test) {
				return true
			}
		}
		s.spend(int64(len(its)) >> 2)
		return false
	case Or:
		for i := range n.kids {
			if s.possible(&n.kids[i], its) {
				return true
			}
		}
		return false
	}
	for i := range n.kids {
		if !s.possible(&n.kids[i], its) {
			return false
		}
	}
	return true
}

// during keeps the items made from start and before stop, whenever exactly.
func during(its []item, start, stop Instant) []item {
	var out []item
	for _, it := range its {
		if it.lo.Compare(start) >= 0 && it.hi.Compare(stop) < 0 {
			out = append(out, it)
		}
	}
	return out
}

// windows tries WITHIN for each earliest observation; a window that ends where
// the one before it ended holds nothing new.
func (s *solver) windows(n *cnode, its []item) bool {
	kid := &n.kids[0]
	last := -1 // where the window tried last began
	for i := range its {
		if i > 0 && its[i].lo.Compare(its[i-1].lo) == 0 {
			continue
		}
		var in []item
		fresh := last < 0
		for k := i; k < len(its) && its[k].lo.before(its[i].lo, n.window); k++ {
			if its[k].hi.before(its[i].lo, n.window) {
				in = append(in, its[k])
				fresh = fresh || !its[k].hi.before(its[last].lo, n.window)
			}
		}
		if s.spend(int64(len(in))); s.broke {
			return false
		}
		if !fresh {
			continue
		}
		last = i
		if s.solve(kid, in) {
			return true
		}
		if s.broke {
			return false
		}
	}
	return false
}

// enough is more observations than there can be.
const enough = 1 << 60

// slot is a number of observations that each satisfy one of several tests.
type slot struct {
	alts []alt
	need int
}

// alt is a test with the times it may be satisfied at.
type alt struct {
	test  int
	spans [][2]Instant
}

func (a *alt) takes(it *item) bool {
	for _, s := range a.spans {
		if it.lo.Compare(s[0]) < 0 || it.hi.Compare(s[1]) >= 0 {
			return false
		}
	}
	return it.satisfies(a.test)
}

func (s *slot) takes(it *item) bool {
	for i := range s.alts {
		if s.alts[i].takes(it) {
			return true
		}
	}
	return false
}

// chain reads a node as FOLLOWEDBY over groups of slots, if it is of that form.
func chain(n *cnode) ([][]slot, bool) {
	if n.op != FollowedBy {
		g, ok := group(n)
		return [][]slot{g}, ok
	}
	var out [][]slot
	for i := range n.kids {
		if n.kids[i].op == FollowedBy { // associative
			more, ok := chain(&n.kids[i])
			if !ok {
				return nil, false
			}
			out = append(out, more...)
			continue
		}
		g, ok := group(&n.kids[i])
		if !ok {
			return nil, false
		}
		out = append(out, g)
	}
	return out, true
}

// group reads a node as slots that only need distinct observations.
func group(n *cnode) ([]slot, bool) {
	switch n.op {
	case And:
		var out []slot
		for i := range n.kids {
			g, ok := group(&n.kids[i])
			if !ok {
				return nil, false
			}
			out = append(out, g...)
		}
		return out, true
	case Repeats:
		g, ok := group(&n.kids[0])
		for i := range g {
			if g[i].need > enough/n.times {
				g[i].need = enough
			} else {
				g[i].need *= n.times
			}
		}
		return g, ok
	case StartStop:
		g, ok := group(&n.kids[0])
		for i := range g {
			for k := range g[i].alts {
				a := &g[i].alts[k]
				a.spans = append(a.spans, [2]Instant{n.start, n.stop})
			}
		}
		return g, ok
	case Within:
		if n.kids[0].single() {
			return group(&n.kids[0])
		}
		return nil, false
	case Observe:
		return []slot{{alts: []alt{{test: n.test}}, need: 1}}, true
	case Or:
		if !n.single() {
			return nil, false
		}
		var out slot
		out.need = 1
		for i := range n.kids {
			g, ok := group(&n.kids[i])
			if !ok || len(g) != 1 || g[0].need != 1 {
				return nil, false
			}
			out.alts = append(out.alts, g[0].alts...)
		}
		return []slot{out}, true
	}
	return nil, false
}
