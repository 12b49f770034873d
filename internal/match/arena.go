package match

// arena keeps the ids and texts of patterns in large blocks without pointers,
// so that a million of them cost the garbage collector nothing.
type arena struct {
	blocks [][]byte
	used   int
	wasted int
}

const blockSize = 1 << 20

// ref is a place in the arena: an id and, right behind it, a text.
type ref struct {
	block, off uint32
	id, text   uint32 // lengths
}

func (r ref) len() int { return int(r.id) + int(r.text) }

func (a *arena) add(id, text string) ref {
	n := len(id) + len(text)
	last := len(a.blocks) - 1
	if last < 0 || cap(a.blocks[last])-len(a.blocks[last]) < n {
		a.blocks = append(a.blocks, make([]byte, 0, max(blockSize, n)))
		last++
	}
	b := a.blocks[last]
	r := ref{block: uint32(last), off: uint32(len(b)), id: uint32(len(id)), text: uint32(len(text))}
	a.blocks[last] = append(append(b, id...), text...)
	a.used += n
	return r
}

func (a *arena) bytes(r ref) []byte {
	return a.blocks[r.block][r.off : int(r.off)+r.len()]
}

func (a *arena) id(r ref) string   { return string(a.bytes(r)[:r.id]) }
func (a *arena) text(r ref) string { return string(a.bytes(r)[r.id:]) }

func (a *arena) hasID(r ref, id string) bool { return string(a.bytes(r)[:r.id]) == id }

func (a *arena) free(r ref) { a.wasted += r.len() }

// wasteful says whether compacting is worth its work.
func (a *arena) wasteful() bool { return a.wasted > 8*blockSize && a.wasted > a.used/2 }

// compact copies what is live into new blocks.
func (a *arena) compact(entries []entry) {
	next := arena{}
	for i := range entries {
		if e := &entries[i]; e.live {
			b := a.bytes(e.ref)
			e.ref = next.add(string(b[:e.ref.id]), string(b[e.ref.id:]))
		}
	}
	*a = next
}
