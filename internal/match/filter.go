package match

// filter stands in front of the hash table of atoms: most values of most
// events are in no pattern, and a bit that is not set says so for one access to
// memory that stays in the processor's cache.
type filter struct {
	bits  []uint64
	mask  uint64
	since int // additions since it was made
}

// full says whether one more addition should be preceded by a new filter.
func (f *filter) full() bool { return (f.since+1)*16 > len(f.bits)*64 }

// remake makes room for twice n hashes, at 32 to 64 bits each.
func (f *filter) remake(n int) {
	words := 64
	for words < n {
		words *= 2
	}
	*f = filter{bits: make([]uint64, words), mask: uint64(words*64 - 1)}
}

func (f *filter) add(h uint64) {
	b := h & f.mask
	f.bits[b>>6] |= 1 << (b & 63)
	f.since++
}

func (f *filter) may(h uint64) bool {
	b := h & f.mask
	return len(f.bits) > 0 && f.bits[b>>6]&(1<<(b&63)) != 0
}

// file puts an entry into the hash table of atoms.
func (x *Index) file(h uint64, e uint32) {
	if x.filter.full() { // removed hashes are forgotten here, too
		x.filter.remake(len(x.posts) + 1)
		for k := range x.posts {
			x.filter.add(k)
		}
	}
	x.filter.add(h)
	x.posts[h] = x.push(x.posts[h], e)
}

// filed gives the posting list of a hash, 0 if there is none.
func (x *Index) filed(h uint64) uint32 {
	if !x.filter.may(h) {
		return 0
	}
	return x.posts[h]
}
