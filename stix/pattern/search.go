package pattern

// search is the general solver: it tries choices in order of time and takes
// them back. It is exact; the budget bounds it.
type search struct {
	*solver
	its  []item
	free []int
	deep int
}

// maxDeep bounds the recursion of a search: more observations in one match are
// out of its reach, whatever the budget.
const maxDeep = 20_000

// extent is the time the observations of a part were made in. n counts them
// only as none, one, and more: a window needs no more.
type extent struct {
	lo, hi Instant
	n      int
}

func (e extent) with(o extent) extent {
	if e.n == 0 {
		return o
	}
	if o.n == 0 {
		return e
	}
	if o.lo.Compare(e.lo) < 0 {
		e.lo = o.lo
	}
	if o.hi.Compare(e.hi) > 0 {
		e.hi = o.hi
	}
	e.n = min(e.n+o.n, 2)
	return e
}

// bounds are what surrounding expressions ask of every observation.
type bounds struct {
	from, before Instant
	hasFrom      bool // made at from or later (FOLLOWEDBY, START)
	hasBefore    bool // made before before (STOP)
}

func (b *bounds) take(it *item) bool {
	return (!b.hasFrom || it.lo.Compare(b.from) >= 0) && (!b.hasBefore || it.hi.Compare(b.before) < 0)
}

func (b bounds) notBefore(t Instant) bounds {
	if !b.hasFrom || t.Compare(b.from) > 0 {
		b.from, b.hasFrom = t, true
	}
	return b
}

func (b bounds) until(t Instant) bounds {
	if !b.hasBefore || t.Compare(b.before) < 0 {
		b.before, b.hasBefore = t, true
	}
	return b
}

func (s *solver) search(n *cnode, its []item) bool {
	x := search{solver: s, its: its, free: make([]int, len(its))}
	for i := range its {
		x.free[i] = its[i].cap
	}
	return x.try(n, bounds{}, func(extent) bool { return true })
}

// try satisfies n within b and then asks done whether the rest can follow;
// choices are taken back where it cannot.
func (x *search) try(n *cnode, b bounds, done func(extent) bool) bool {
	if x.spend(4); x.broke {
		return false
	}
	if x.deep++; x.deep > maxDeep {
		x.broke = true
		return false
	}
	defer func() { x.deep-- }()
	switch n.op {
	case Observe:
		return x.leaf(n, b, 0, func(e extent, _ int) bool { return done(e) })
	case Or:
		for i := range n.kids {
			if x.try(&n.kids[i], b, done) {
				return true
			}
		}
		return false
	case And:
		return x.and(n.kids, b, extent{}, done)
	case FollowedBy:
		return x.followed(n.kids, b, extent{}, done)
	case StartStop:
		return x.try(&n.kids[0], b.notBefore(n.start).until(n.stop), done)
	case Within:
		return x.try(&n.kids[0], b, func(e extent) bool {
			return (e.n < 2 || e.hi.before(e.lo, n.window)) && done(e)
		})
	case Repeats:
		if n.kids[0].op == Observe {
			return x.repeatLeaf(&n.kids[0], n.times, b, 0, extent{}, done)
		}
		return x.repeat(n, n.times, b, extent{}, done)
	}
	return false
}

// leaf takes one observation from item first on.
func (x *search) leaf(n *cnode, b bounds, first int, done func(extent, int) bool) bool {
	for i := first; i < len(x.its); i++ {
		if x.spend(0); x.broke {
			return false
		}
		it := &x.its[i]
		if x.free[i] == 0 || !b.take(it) || !it.satisfies(n.test) {
			continue
		}
		x.free[i]--
		ok := done(extent{it.lo, it.hi, 1}, i)
		x.free[i]++
		if ok {
			return true
		}
	}
	return false
}

func (x *search) and(kids []cnode, b bounds, e extent, done func(extent) bool) bool {
	if len(kids) == 0 {
		return done(e)
	}
	return x.try(&kids[0], b, func(k extent) bool { return x.and(kids[1:], b, e.with(k), done) })
}

// followed satisfies kids in order: each observation of one not earlier than
// the latest of all before.
func (x *search) followed(kids []cnode, b bounds, e extent, done func(extent) bool) bool {
	if len(kids) == 0 {
		return done(e)
	}
	if e.n > 0 {
		b = b.notBefore(e.hi)
	}
	return x.try(&kids[0], b, func(k extent) bool { return x.followed(kids[1:], b, e.with(k), done) })
}

// repeatLeaf takes times observations in ascending order: their order among
// themselves means nothing.
func (x *search) repeatLeaf(n *cnode, times int, b bounds, first int, e extent, done func(extent) bool) bool {
	if times == 0 {
		return done(e)
	}
	if x.deep++; x.deep > maxDeep {
		x.broke = true
		return false
	}
	defer func() { x.deep-- }()
	return x.leaf(n, b, first, func(k extent, i int) bool {
		return x.repeatLeaf(n, times-1, b, i, e.with(k), done)
	})
}

func (x *search) repeat(n *cnode, times int, b bounds, e extent, done func(extent) bool) bool {
	if times == 0 {
		return done(e)
	}
	return x.try(&n.kids[0], b, func(k extent) bool { return x.repeat(n, times-1, b, e.with(k), done) })
}
