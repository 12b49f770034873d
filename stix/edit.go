package stix

import "slices"

// Edit is one change to a top-level property; make it by Set, Drop or Rename.
type Edit struct {
	kind editKind
	name string
	raw  []byte // Set: the new value; Rename: the new name
}

type editKind uint8

const (
	editSet editKind = iota + 1
	editDrop
	editRename
)

// Set gives a property a new JSON value; it is added behind the others if the
// object does not have it.
func Set(name string, json []byte) Edit { return Edit{editSet, name, json} }

// SetText is Set with a string.
func SetText(name, text string) Edit { return Set(name, appendCanonicalText(nil, []byte(text))) }

// Drop removes a property; it is no error if there is none.
func Drop(name string) Edit { return Edit{editDrop, name, nil} }

// Rename gives a property another name and leaves its value alone.
func Rename(from, to string) Edit { return Edit{editRename, from, []byte(to)} }

// Edit makes a new object by changing the text in place: everything the edits
// do not name keeps its bytes, blanks and order included. The result is parsed
// and refused like any other text, so an edit cannot break the JSON or remove
// type or id.
func (o *Object) Edit(edits ...Edit) (*Object, error) {
	var p Parser
	p.Limits = Limits{Bytes: 1<<31 - 1}
	if err := p.scan.whole(o.raw); err != nil {
		return nil, err
	}
	text, err := p.scan.splice(0, edits)
	if err != nil {
		return nil, err
	}
	return p.Parse(text)
}

// patch replaces src[from:to] by text.
type patch struct {
	from, to uint32
	text     []byte
}

// apply makes the patched text; patches must not overlap.
func apply(src []byte, patches []patch) []byte {
	slices.SortStableFunc(patches, func(a, b patch) int { return int(int64(a.from) - int64(b.from)) })
	out := make([]byte, 0, len(src)+256)
	at := uint32(0)
	for _, p := range patches {
		if p.from < at {
			continue // inside what is already replaced
		}
		out = append(append(out, src[at:p.from]...), p.text...)
		at = p.to
	}
	return append(out, src[at:]...)
}

// splice applies edits to the object at a node of the scanned text.
func (s *scanner) splice(at uint32, edits []Edit) ([]byte, error) {
	patches, err := s.patches(at, edits)
	if err != nil {
		return nil, err
	}
	return apply(s.src, patches), nil
}

func (s *scanner) patches(at uint32, edits []Edit) ([]patch, error) {
	var members []uint32
	for k := at + 1; k < s.nodes[at].next; k = s.nodes[k].next {
		members = append(members, k)
	}
	find := func(name string) int {
		return slices.IndexFunc(members, func(k uint32) bool { return string(s.key(&s.nodes[k])) == name })
	}
	var out []patch
	gone := make([]bool, len(members))
	var added []byte
	var owner []int // of each patch: the member it changes
	for _, e := range edits {
		if e.kind == editSet {
			v, err := ParseValue(e.raw, Limits{Bytes: 1<<31 - 1})
			if err != nil {
				return nil, err
			}
			e.raw = v.raw
		}
		i := find(e.name)
		switch {
		case e.kind == editSet && i < 0:
			added = append(append(append(added, s.gap(members)...), appendCanonicalText(nil, []byte(e.name))...), ':')
			added = append(append(added, s.blank(members)...), e.raw...)
		case i < 0:
		case e.kind == editSet:
			out = append(out, patch{s.nodes[members[i]].start, s.nodes[members[i]].end, e.raw})
			owner = append(owner, i)
		case e.kind == editRename:
			from, to := s.keyText(members, i)
			out = append(out, patch{from, to, appendCanonicalText(nil, e.raw)})
			owner = append(owner, i)
		case e.kind == editDrop:
			gone[i] = true
		}
	}
	kept := out[:0]
	for p, i := range owner {
		if !gone[i] { // dropping a member wins over changing it
			kept = append(kept, out[p])
		}
	}
	return s.assemble(at, members, gone, kept, added), nil
}

// assemble turns dropped members into patches and puts added ones at the end.
func (s *scanner) assemble(at uint32, members []uint32, gone []bool, out []patch, added []byte) []patch {
	left := -1 // last member that stays
	for i := range members {
		if !gone[i] {
			left = i
			continue
		}
		from, _ := s.keyText(members, i)
		switch {
		case left >= 0: // with the comma in front of it
			out = append(out, patch{s.nodes[members[i-1]].end, s.nodes[members[i]].end, nil})
		case i+1 < len(members): // with the comma behind it
			next, _ := s.keyText(members, i+1)
			out = append(out, patch{from, next, nil})
		default:
			out = append(out, patch{from, s.nodes[members[i]].end, nil})
		}
	}
	if added != nil {
		end := s.nodes[at].start + 1
		if len(members) > 0 {
			end = s.nodes[members[len(members)-1]].end
		}
		if left < 0 && len(added) > 0 {
			added = added[slices.Index(added, ',')+1:]
		}
		out = append(out, patch{end, end, added})
	}
	return out
}

// keyText gives where the name of member i stands, quotes included.
func (s *scanner) keyText(members []uint32, i int) (from, to uint32) {
	k := members[i]
	if n := &s.nodes[k]; n.flags&keyArena == 0 {
		return n.kstart - 1, n.kend + 1
	}
	// The name had escapes: walk forward from the member before.
	at := uint32(skipBlank(s.src, int(s.parentStart(k))+1))
	if i > 0 {
		at = uint32(skipBlank(s.src, int(s.nodes[members[i-1]].end)))
		at = uint32(skipBlank(s.src, int(at)+1))
	}
	return at, uint32(skipString(s.src, int(at)))
}

func (s *scanner) parentStart(k uint32) uint32 {
	for p := k; p > 0; {
		p--
		if s.nodes[p].next > k {
			return s.nodes[p].start
		}
	}
	return 0
}

// gap gives what separates members in this text: a comma and the blanks the
// author uses.
func (s *scanner) gap(members []uint32) []byte {
	if len(members) < 2 {
		return []byte{','}
	}
	last := len(members) - 1
	to, _ := s.keyText(members, last)
	return slices.Clip(slices.Clone(s.src[s.nodes[members[last-1]].end:to]))
}

// blank gives what stands between a colon and its value in this text.
func (s *scanner) blank(members []uint32) []byte {
	if len(members) == 0 {
		return nil
	}
	_, to := s.keyText(members, 0)
	colon := skipBlank(s.src, int(to)) + 1
	return s.src[colon:s.nodes[members[0]].start]
}
