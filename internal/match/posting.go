package match

import (
	"hash/maphash"
	"math/bits"
	"net/netip"

	"github.com/gaissmai/bart"

	"kulla.dev/stix/pattern"
)

// at gives the node of a path, made if need be.
func (x *Index) at(p *pattern.Path) *node {
	n := x.types[p.Type]
	if n == nil {
		x.nodes++
		n = &node{id: x.nodes}
		x.types[p.Type] = n
	}
	for _, s := range p.Steps {
		n = n.child(x, s)
	}
	return n
}

// equalHash is the place of an equality atom in the hash table.
func (x *Index) equalHash(n *node, sense pattern.KeySense, key string) uint64 {
	return mix(maphash.String(x.seed, key), n.id, sense)
}

func mix(h uint64, node uint32, sense pattern.KeySense) uint64 {
	hi, lo := bits.Mul64(h^uint64(node)<<8^uint64(sense), 0x9e3779b97f4a7c15)
	return hi ^ lo
}

// push puts an entry at the head of a posting list and gives the new head.
func (x *Index) push(head, e uint32) uint32 {
	i := x.vacant
	if i != 0 {
		x.vacant = x.post[i].next
	} else {
		i = uint32(len(x.post))
		x.post = append(x.post, post{})
	}
	x.post[i] = post{e, head}
	return i
}

// pull takes an entry out of a posting list and gives the new head.
func (x *Index) pull(head, e uint32) (newHead uint32, found bool) {
	prev := uint32(0)
	for i := head; i != 0; prev, i = i, x.post[i].next {
		if x.post[i].entry != e {
			continue
		}
		next := x.post[i].next
		if prev == 0 {
			head = next
		} else {
			x.post[prev].next = next
		}
		x.post[i] = post{next: x.vacant}
		x.vacant = i
		return head, true
	}
	return head, false
}

// asLevel is the sense of equality of Options.Loose.
const asLevel pattern.KeySense = 'L'

// level gives the levelled text an equality is also filed under.
func (x *Index) level(n *node, a *atom) (text string, ok bool) {
	last := a.path.Steps[len(a.path.Steps)-1]
	if !x.opt.Loose || a.key.Sense != pattern.AsText || last.Kind != pattern.Key {
		return "", false
	}
	return pattern.Level(n.parent, n.name, a.key.Text)
}

// link files an entry under an atom.
func (x *Index) link(a *atom, e uint32, bulk bool) {
	n := x.at(a.path)
	switch a.kind {
	case atomEqual:
		n.counted(a.key.Sense, 1)
		x.file(x.equalHash(n, a.key.Sense, a.key.Text), e)
		if text, ok := x.level(n, a); ok {
			n.counted(asLevel, 1)
			x.file(x.equalHash(n, asLevel, text), e)
		}
	case atomText:
		k := size(a.text)
		n.texts[k]++
		x.file(x.rarest(n, k, a.text), e)
	case atomSubset:
		if n.nets == nil {
			n.nets = &bart.Table[uint32]{}
		}
		x.pushNet(n.nets, a.net, e)
	case atomSuperset:
		if n.inner == nil {
			n.inner = &bart.Table[uint32]{}
		}
		x.pushNet(n.inner, a.net, e)
	case atomAbove, atomBelow:
		b := n.bounds(a)
		s := b.side(a.kind)
		*s = append(*s, bound{a.num, e})
		b.dirty = true
		if bulk {
			x.unsorted = append(x.unsorted, b)
		} else {
			b.sort()
		}
	case atomPresent:
		n.present = x.push(n.present, e)
	}
}

func (x *Index) pushNet(t *bart.Table[uint32], p netip.Prefix, e uint32) {
	head, _ := t.Get(p)
	t.Insert(p, x.push(head, e))
}

func (x *Index) pullNet(t *bart.Table[uint32], p netip.Prefix, e uint32) {
	if t == nil {
		return
	}
	head, _ := t.Get(p)
	if head, _ = x.pull(head, e); head == 0 {
		t.Delete(p)
	} else {
		t.Insert(p, head)
	}
}

// unlink is the reverse of link.
func (x *Index) unlink(a *atom, e uint32) {
	n := x.at(a.path)
	switch a.kind {
	case atomEqual:
		n.counted(a.key.Sense, -1)
		x.pullPost(x.equalHash(n, a.key.Sense, a.key.Text), e)
		if text, ok := x.level(n, a); ok {
			n.counted(asLevel, -1)
			x.pullPost(x.equalHash(n, asLevel, text), e)
		}
	case atomText:
		k := size(a.text)
		done := false
		pieces(a.text, n.id, k, func(h uint64) { done = done || x.pullPost(h, e) })
		if done {
			n.texts[k]--
		}
	case atomSubset:
		x.pullNet(n.nets, a.net, e)
	case atomSuperset:
		x.pullNet(n.inner, a.net, e)
	case atomAbove, atomBelow:
		n.bounds(a).remove(a.kind, bound{a.num, e})
	case atomPresent:
		n.present, _ = x.pull(n.present, e)
	}
	if x.types[a.path.Type].prune(a.path.Steps) {
		delete(x.types, a.path.Type)
	}
}

func (x *Index) pullPost(h uint64, e uint32) bool {
	head, ok := x.posts[h]
	if !ok {
		return false
	}
	head, found := x.pull(head, e)
	if head == 0 {
		delete(x.posts, h)
	} else {
		x.posts[h] = head
	}
	return found
}

// rarest chooses the piece of a required text that fewest patterns are filed
// under so far.
func (x *Index) rarest(n *node, k int, text string) uint64 {
	const enough = 16
	best, least := uint64(0), enough+1
	pieces(text, n.id, k, func(h uint64) {
		c := 0
		for i := x.posts[h]; i != 0 && c < least; i = x.post[i].next {
			c++
		}
		if c < least || best == 0 {
			best, least = h, c
		}
	})
	return best
}

func (n *node) bounds(a *atom) *bounds {
	if a.time {
		return &n.orders[1]
	}
	return &n.orders[0]
}
