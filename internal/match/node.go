package match

import (
	"cmp"
	"slices"

	"github.com/gaissmai/bart"

	"kulla.dev/stix/pattern"
)

// node is a place in the trie of paths, one trie for each object type. Its
// counters say which look-ups a value here is worth.
type node struct {
	id      uint32
	name    string // of the property that leads here
	parent  string // of the property that one stands in
	ref     bool   // strings here name other objects
	senses  []pattern.KeySense
	eq      map[pattern.KeySense]int
	names   map[string]*node
	indexes map[int]*node
	star    *node

	texts   [len(gramSizes)]int // text atoms of each size
	nets    *bart.Table[uint32] // ISSUBSET: heads of posting lists
	inner   *bart.Table[uint32] // ISSUPERSET
	orders  [2]bounds           // numbers, times
	present uint32              // head of the posting list of presence atoms
}

// child gives the node behind a step, made if need be.
func (n *node) child(x *Index, s pattern.Step) *node {
	fresh := func(name string) *node {
		x.nodes++
		k := &node{id: x.nodes, name: name, ref: pattern.IsReference(name)}
		if s.Kind == pattern.Key {
			k.parent = n.name
		}
		return k
	}
	switch s.Kind {
	case pattern.Key:
		k := n.names[s.Name]
		if k == nil {
			if n.names == nil {
				n.names = map[string]*node{}
			}
			k = fresh(s.Name)
			n.names[s.Name] = k
		}
		return k
	case pattern.Index:
		k := n.indexes[s.Index]
		if k == nil {
			if n.indexes == nil {
				n.indexes = map[int]*node{}
			}
			k = fresh(n.name)
			n.indexes[s.Index] = k
		}
		return k
	}
	if n.star == nil {
		n.star = fresh(n.name)
	}
	return n.star
}

// prune drops the nodes at the end of a path that nothing is filed under any
// more, and says whether n itself is such a node.
func (n *node) prune(steps []pattern.Step) bool {
	if len(steps) > 0 {
		switch s := steps[0]; s.Kind {
		case pattern.Key:
			if k := n.names[s.Name]; k != nil && k.prune(steps[1:]) {
				delete(n.names, s.Name)
			}
		case pattern.Index:
			if k := n.indexes[s.Index]; k != nil && k.prune(steps[1:]) {
				delete(n.indexes, s.Index)
			}
		case pattern.Star:
			if n.star != nil && n.star.prune(steps[1:]) {
				n.star = nil
			}
		}
	}
	return len(n.names) == 0 && len(n.indexes) == 0 && n.star == nil && len(n.senses) == 0 && n.present == 0 &&
		n.texts == [len(gramSizes)]int{} && n.orders[0].empty() && n.orders[1].empty() &&
		(n.nets == nil || n.nets.Size() == 0) && (n.inner == nil || n.inner.Size() == 0)
}

// counted notes that one more (or less) equality of a sense is asked for here.
func (n *node) counted(s pattern.KeySense, by int) {
	if n.eq == nil {
		n.eq = map[pattern.KeySense]int{}
	}
	n.eq[s] += by
	switch i := slices.Index(n.senses, s); {
	case n.eq[s] > 0 && i < 0:
		n.senses = append(n.senses, s)
	case n.eq[s] <= 0 && i >= 0:
		n.senses = slices.Delete(slices.Clone(n.senses), i, i+1)
	}
}

// bounds are the constants of order comparisons at one path, ascending.
type bounds struct {
	above []bound // > and >=
	below []bound // < and <=
	dirty bool    // appended to without order: see sort
}

type bound struct {
	num   float64
	entry uint32
}

func (b *bounds) empty() bool { return len(b.above)+len(b.below) == 0 }

func (b *bounds) side(k atomKind) *[]bound {
	if k == atomAbove {
		return &b.above
	}
	return &b.below
}

func (b *bounds) sort() {
	if b.dirty {
		for _, s := range [...][]bound{b.above, b.below} {
			slices.SortFunc(s, compareBounds)
		}
		b.dirty = false
	}
}

func compareBounds(a, c bound) int {
	return cmp.Or(cmp.Compare(a.num, c.num), cmp.Compare(a.entry, c.entry))
}

func (b *bounds) remove(k atomKind, v bound) {
	b.sort()
	s := b.side(k)
	if i, ok := slices.BinarySearchFunc(*s, v, compareBounds); ok {
		*s = slices.Delete(*s, i, i+1)
	}
}

// find appends the entries whose bound a value meets.
func (b *bounds) find(v float64, out []uint32) []uint32 {
	for _, a := range b.above {
		if a.num > v {
			break
		}
		out = append(out, a.entry)
	}
	for i := len(b.below) - 1; i >= 0 && b.below[i].num >= v; i-- {
		out = append(out, b.below[i].entry)
	}
	return out
}
