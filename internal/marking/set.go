package marking

import (
	"slices"
	"strings"
)

// Set is a set of ids that may also be Everyone. The zero Set is empty:
// nobody. A Set is a value; no method changes it.
type Set struct {
	all bool
	ids []string // sorted, unique; nil when all
}

// Everyone gives the set that limits nothing.
func Everyone() Set { return Set{all: true} }

// Only gives the set of exactly these ids; without ids, nobody.
func Only(ids ...string) Set { return Set{ids: sorted(ids)} }

// IsEveryone says whether the set limits nothing.
func (s Set) IsEveryone() bool { return s.all }

// IsEmpty says whether nobody is in the set.
func (s Set) IsEmpty() bool { return !s.all && len(s.ids) == 0 }

// IDs gives the members in order; nil for Everyone.
func (s Set) IDs() []string { return slices.Clone(s.ids) }

// Has says whether id is in the set.
func (s Set) Has(id string) bool {
	if s.all {
		return true
	}
	_, ok := slices.BinarySearch(s.ids, id)
	return ok
}

// HasAny says whether the set is Everyone or holds one of ids.
func (s Set) HasAny(ids []string) bool { return s.all || slices.ContainsFunc(ids, s.Has) }

// And gives the members of both sets.
func (s Set) And(t Set) Set {
	switch {
	case s.all:
		return t
	case t.all:
		return s
	}
	var both []string
	for _, id := range s.ids {
		if t.Has(id) {
			both = append(both, id)
		}
	}
	return Set{ids: both}
}

// Equal says whether the sets have the same members.
func (s Set) Equal(t Set) bool { return s.all == t.all && slices.Equal(s.ids, t.ids) }

// Within says whether every member of s is a member of t.
func (s Set) Within(t Set) bool { return s.And(t).Equal(s) }

// sorted gives ids in order, each once, in a slice of its own; nil for none.
func sorted(ids []string) []string {
	if len(ids) == 0 {
		return nil
	}
	out := slices.Clone(ids)
	slices.Sort(out)
	return slices.Compact(out)
}

// union gives the members of a or b in order; nil for none.
func union(a, b []string) []string {
	return sorted(append(slices.Clone(a), b...))
}

// holdsAll says whether every id of need is in have.
func holdsAll(have, need []string) bool {
	for _, id := range need {
		if !slices.Contains(have, id) {
			return false
		}
	}
	return true
}

// goodID says whether s can be an id inside a marking: 1 to 64 letters,
// digits and the signs . _ : - @, not starting with a sign.
func goodID(s string) bool {
	if len(s) == 0 || len(s) > 64 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case i > 0 && strings.IndexByte("._:-@", c) >= 0:
		default:
			return false
		}
	}
	return true
}
