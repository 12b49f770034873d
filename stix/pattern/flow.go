package pattern

import (
	"slices"
)

// flow assigns items to slots: need of each slot, at most cap of each item. It
// is the augmenting-path method for assignments with capacities; items are
// offered in order, so a caller puts first those it would rather use.
type flow struct {
	*run
	slots []slot
	items []item
	edges [][]int32       // for each slot the items it takes
	used  []map[int32]int // for each slot how many it has of each item
	free  []int           // of each item
	users [][]int32       // for each item the slots that have some of it
}

// assign gives the number left of each item, or ok false if the slots cannot
// all be filled.
func (r *run) assign(slots []slot, its []item) (free []int, ok bool) {
	f := flow{run: r, slots: slots, items: its}
	f.free = make([]int, len(its))
	total := 0
	for i := range its {
		f.free[i] = its[i].cap
		total += its[i].cap
	}
	need := 0
	for i := range slots {
		if need += slots[i].need; need > total {
			return nil, false
		}
	}
	f.edges = make([][]int32, len(slots))
	f.used = make([]map[int32]int, len(slots))
	f.users = make([][]int32, len(its))
	for i := range slots {
		sum := 0
		for k := range its {
			if slots[i].takes(&its[k]) {
				f.edges[i] = append(f.edges[i], int32(k))
				sum += its[k].cap
			}
		}
		r.spend(int64(len(its)*len(slots[i].alts)) >> 2)
		if sum < slots[i].need || r.broke {
			return nil, false
		}
		f.used[i] = map[int32]int{}
	}
	order := make([]int, len(slots)) // slots with least choice first
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return len(f.edges[a]) - len(f.edges[b]) })
	for _, i := range order {
		if !f.fill(i) {
			return nil, false
		}
	}
	return f.free, true
}

// fill gives slot i all it needs, moving what other slots have if it must.
func (f *flow) fill(i int) bool {
	need := f.slots[i].need
	for _, k := range f.edges[i] {
		n := min(need, f.free[k])
		f.move(i, k, n)
		f.free[k] -= n
		if need -= n; need == 0 {
			return true
		}
	}
	for need > 0 {
		n := f.augment(i, need)
		if n == 0 {
			return false
		}
		need -= n
	}
	return true
}

func (f *flow) move(i int, k int32, n int) {
	if n == 0 {
		return
	}
	if f.used[i][k] == 0 {
		f.users[k] = append(f.users[k], int32(i))
	}
	f.used[i][k] += n
	if f.used[i][k] == 0 {
		delete(f.used[i], k)
		f.users[k] = slices.DeleteFunc(f.users[k], func(u int32) bool { return u == int32(i) })
	}
}

// augment finds the shortest way to give slot i up to want more: slot → item →
// slot that has some of it → another item … → an item with some left.
func (f *flow) augment(i, want int) int {
	viaSlot := make([]int32, len(f.items)) // which slot reached the item; -1 none
	for k := range viaSlot {
		viaSlot[k] = -1
	}
	viaItem := make([]int32, len(f.slots)) // which item reached the slot
	for k := range viaItem {
		viaItem[k] = -1
	}
	queue := []int32{int32(i)}
	for len(queue) > 0 {
		s := queue[0]
		queue = queue[1:]
		f.spend(int64(len(f.edges[s])) >> 1)
		if f.broke {
			return 0
		}
		for _, k := range f.edges[s] {
			if viaSlot[k] >= 0 {
				continue
			}
			viaSlot[k] = s
			if f.free[k] > 0 {
				return f.apply(i, want, k, viaSlot, viaItem)
			}
			for _, u := range f.users[k] {
				if u != int32(i) && viaItem[u] < 0 {
					viaItem[u] = k
					queue = append(queue, u)
				}
			}
		}
	}
	return 0
}

// apply moves along the way found to item k.
func (f *flow) apply(i, want int, k int32, viaSlot, viaItem []int32) int {
	n := min(want, f.free[k])
	for s := viaSlot[k]; s != int32(i); {
		back := viaItem[s]
		n = min(n, f.used[s][back])
		s = viaSlot[back]
	}
	f.free[k] -= n
	for it := k; ; {
		s := viaSlot[it]
		f.move(int(s), it, n)
		if s == int32(i) {
			return n
		}
		back := viaItem[s]
		f.move(int(s), back, -n)
		it = back
	}
}

// greedy fills the groups of a FOLLOWEDBY one after the other, each with the
// observations that let it end earliest. That is best for the groups behind
// it, except for observations made at the very instant a group ends: those it
// shares with the next. exact is false if such a choice may have been wrong.
func (s *solver) greedy(groups [][]slot, its []item) (got, exact bool) {
	if len(groups) == 1 {
		_, ok := s.assign(groups[0], its)
		return ok, true
	}
	exact = true
	left := slices.Clone(its)
	for g, slots := range groups {
		if g == len(groups)-1 {
			_, ok := s.assign(slots, left)
			return ok, exact
		}
		ends := make([]Instant, 0, len(left))
		for i := range left {
			ends = append(ends, left[i].hi)
		}
		slices.SortFunc(ends, Instant.Compare)
		ends = slices.CompactFunc(ends, func(a, b Instant) bool { return a.Compare(b) == 0 })
		at, _ := slices.BinarySearchFunc(ends, true, func(t Instant, _ bool) int {
			if _, ok := s.assign(slots, until(left, t, groups[g+1:])); ok {
				return 1
			}
			return -1
		})
		if at == len(ends) || s.broke {
			return false, exact
		}
		end := ends[at]
		early := until(left, end, groups[g+1:])
		free, _ := s.assign(slots, early)
		var next []item
		taken, choice, regret := 0, false, false
		for i, it := range early {
			if it.lo.Compare(end) >= 0 { // made exactly at end
				taken += it.cap - free[i]
				choice = choice || free[i] > 0 && wanted(&it, groups[g:g+1])
				regret = regret || free[i] < it.cap && wanted(&it, groups[g+1:])
				if it.cap = free[i]; it.cap > 0 {
					next = append(next, it)
				}
			}
		}
		// One is needed at end, or the group could end earlier: if it took one and
		// there is no other to take, it had no choice.
		if regret && (choice || taken > 1) {
			exact = false
		}
		for _, it := range left {
			if it.lo.Compare(end) >= 0 && it.hi.Compare(end) > 0 {
				next = append(next, it)
			}
		}
		left = next
	}
	return true, exact // unreachable: the last group returns
}

// until gives the items made by t at the latest, those made exactly at t last
// and among them last those later groups could use.
func until(its []item, t Instant, later [][]slot) []item {
	var out, same, dear []item
	for _, it := range its {
		switch c := it.hi.Compare(t); {
		case c > 0:
		case c < 0 || it.lo.Compare(t) < 0:
			out = append(out, it)
		case wanted(&it, later):
			dear = append(dear, it)
		default:
			same = append(same, it)
		}
	}
	return append(append(out, same...), dear...)
}

func wanted(it *item, later [][]slot) bool {
	for _, g := range later {
		for i := range g {
			if g[i].takes(it) {
				return true
			}
		}
	}
	return false
}
