package match

import (
	"hash/maphash"
	"iter"
	"net/netip"
	"slices"

	"kulla.dev/stix/pattern"
)

// walker follows the paths of the index through one event and gathers the
// entries some atom of which holds. It is reused from event to event.
type walker struct {
	x       *Index
	e       *Event
	found   []uint32
	key     []byte
	visited []visit
	many    map[visit]struct{} // visited, once there are many
	keys    map[string]int     // objects of e by key, once needed and many
}

// visit is an object entered at a node by reference.
type visit struct {
	node   uint32
	object int
}

// candidates gives the entries to evaluate, ascending and without repetition.
// The slice is the walker's.
func (w *walker) candidates(x *Index, e *Event) []uint32 {
	w.x, w.e = x, e
	w.found, w.visited = w.found[:0], w.visited[:0]
	w.many, w.keys = nil, nil
	for i := range e.Objects {
		if n := x.types[e.Objects[i].Type]; n != nil {
			w.object(n, i)
		}
	}
	w.e = nil
	if len(w.found) > 1 {
		slices.Sort(w.found)
		w.found = slices.Compact(w.found)
	}
	return w.found
}

// object takes the next step of every path at n from an object.
func (w *walker) object(n *node, obj int) {
	o := &w.e.Objects[obj]
	for i := range o.Fields {
		if k := n.names[o.Fields[i].Name]; k != nil {
			w.value(k, &o.Fields[i].Value)
		}
	}
	for _, name := range [...]string{"type", "id"} {
		k := n.names[name]
		if k == nil || slices.ContainsFunc(o.Fields, func(f pattern.Field) bool { return f.Name == name }) {
			continue
		}
		text := o.Type
		if name == "id" {
			if text = o.Key; text == "" {
				continue
			}
		}
		v := pattern.Text(text)
		w.value(k, &v)
	}
}

// value looks a value up at its node and goes on below it.
func (w *walker) value(n *node, v *pattern.Value) {
	w.list(n.present)
	switch v.Kind() {
	case pattern.TextValue:
		w.text(n, v)
		if n.ref && n.names != nil {
			w.follow(n, v.Text())
		}
	case pattern.NumberValue:
		w.equal(n, v)
		if !n.orders[0].empty() {
			w.found = n.orders[0].find(number(v.Text()), w.found)
		}
	case pattern.BoolValue:
		w.equal(n, v)
	case pattern.ListValue:
		kids := v.Fields()
		for i, k := range n.indexes {
			if i >= 0 && i < len(kids) {
				w.value(k, &kids[i].Value)
			}
		}
		if n.star != nil {
			for i := range kids {
				w.value(n.star, &kids[i].Value)
			}
		}
	case pattern.DictValue:
		kids := v.Fields()
		for i := range kids {
			if k := n.names[kids[i].Name]; k != nil {
				w.value(k, &kids[i].Value)
			}
		}
	}
}

// equal looks up the keys of a value in every sense asked for at the node.
func (w *walker) equal(n *node, v *pattern.Value) {
	for _, s := range n.senses {
		if s == pattern.AsText && v.Kind() == pattern.TextValue {
			w.list(w.x.filed(mix(maphash.String(w.x.seed, v.Text()), n.id, s)))
			continue
		}
		if s == asLevel {
			if text, ok := pattern.Level(n.parent, n.name, v.Text()); ok && v.Kind() == pattern.TextValue {
				w.list(w.x.filed(mix(maphash.String(w.x.seed, text), n.id, s)))
			}
			continue
		}
		key, ok := v.AppendKey(w.key[:0], s, n.name)
		w.key = key
		if ok {
			w.list(w.x.filed(mix(maphash.Bytes(w.x.seed, key), n.id, s)))
		}
	}
}

func (w *walker) text(n *node, v *pattern.Value) {
	w.equal(n, v)
	s := v.Text()
	if n.nets != nil || n.inner != nil {
		w.address(n, s)
	}
	if !n.orders[1].empty() {
		if t, ok := pattern.ParseInstant(s); ok {
			w.found = n.orders[1].find(seconds(t), w.found)
		}
	}
	if n.texts != [len(gramSizes)]int{} {
		w.pieces(n, fold(pattern.NFC(s)))
	}
}

// pieces looks up the pieces of a text, in the sizes asked for at the node.
func (w *walker) pieces(n *node, s string) {
	for k, asked := range n.texts {
		if asked == 0 {
			continue
		}
		size := gramSizes[k]
		mask := ^uint64(0) >> (64 - 8*size)
		var piece uint64
		for i := range len(s) {
			piece = piece<<8 | uint64(s[i])
			if i < size-1 {
				continue
			}
			if h := gramHash(n.id, k, piece&mask); w.x.filter.may(h) {
				w.list(w.x.posts[h])
			}
		}
	}
}

func (w *walker) address(n *node, s string) {
	p, ok := pattern.ParseNet(s)
	if !ok {
		return
	}
	if n.nets != nil {
		w.nets(n.nets.Supernets(p))
	}
	if n.inner != nil {
		w.nets(n.inner.Subnets(p))
	}
}

func (w *walker) nets(heads iter.Seq2[netip.Prefix, uint32]) {
	for _, head := range heads {
		w.list(head)
	}
}

// list gathers a posting list.
func (w *walker) list(head uint32) {
	for i := head; i != 0; i = w.x.post[i].next {
		w.found = append(w.found, w.x.post[i].entry)
	}
}

// follow enters the object a reference names, once for each node.
func (w *walker) follow(n *node, key string) {
	obj := w.find(key)
	if obj < 0 {
		return
	}
	v := visit{n.id, obj}
	if len(w.visited) < 16 {
		if slices.Contains(w.visited, v) {
			return
		}
		w.visited = append(w.visited, v)
	} else {
		if len(w.many) == 0 {
			w.many = make(map[visit]struct{})
			for _, old := range w.visited {
				w.many[old] = struct{}{}
			}
		}
		if _, seen := w.many[v]; seen {
			return
		}
		w.many[v] = struct{}{}
	}
	w.object(n, obj)
}

// find gives the object of a key, -1 if the event has none.
func (w *walker) find(key string) int {
	objs := w.e.Objects
	if key == "" {
		return -1
	}
	if len(objs) <= 16 {
		return slices.IndexFunc(objs, func(o pattern.Object) bool { return o.Key == key })
	}
	if w.keys == nil {
		w.keys = make(map[string]int, len(objs))
		for i := len(objs) - 1; i >= 0; i-- {
			w.keys[objs[i].Key] = i
		}
	}
	if i, ok := w.keys[key]; ok {
		return i
	}
	return -1
}
