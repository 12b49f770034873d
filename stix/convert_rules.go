package stix

import (
	"slices"
	"strings"
)

// renames20 lists what observables of STIX 2.0 call differently, by type; an
// empty new name means STIX 2.1 has no such property.
var renames20 = map[string]map[string]string{
	"file": {"created": "ctime", "modified": "mtime", "accessed": "atime", "is_encrypted": "",
		"encryption_algorithm": "", "decryption_key": ""},
	"directory":            {"created": "ctime", "modified": "mtime", "accessed": "atime"},
	"process":              {"created": "created_time", "binary_ref": "image_ref", "name": "", "arguments": ""},
	"user-account":         {"password_last_changed": "credential_last_changed"},
	"windows-registry-key": {"modified": "modified_time"},
}

// renamed gives the edits that bring an observable's property names to 2.1.
func (c *converter) renamed(typ string, at uint32) (edits []Edit) {
	table := renames20[typ]
	for k := at + 1; k < c.scan.nodes[at].next; k = c.scan.nodes[k].next {
		from := string(c.scan.key(&c.scan.nodes[k]))
		to, ok := table[from]
		if !ok {
			continue
		}
		if to == "" {
			to = "x_stix20_" + from
			c.note(NoteKept)
		} else {
			c.note(NoteRenamed)
		}
		if c.member(at, to) == 0 {
			edits = append(edits, Rename(from, to))
		}
	}
	return edits
}

// marks are the markings an observable takes over.
type marks struct {
	refs     []string // JSON texts of marking identifiers for the whole object, beside those for all
	granular []part
}

// part is one selector inside an observable and the marking it belongs to.
type part struct {
	selector string
	marking  []byte
}

// carried reads the observed-data's markings: what each of its objects takes
// over, and the edit that leaves on the observed-data the granular markings
// that still select something there, nil if nothing changes.
func (c *converter) carried(o *Object) (map[string]*marks, *Edit) {
	out := map[string]*marks{}
	of := func(key string) *marks {
		if out[key] == nil {
			out[key] = new(marks)
		}
		return out[key]
	}
	c.all = nil
	seen := map[string]bool{}
	all := func(ref string) {
		if !seen[ref] {
			seen[ref] = true
			c.all = append(c.all, ref)
		}
	}
	for _, v := range o.Get("object_marking_refs").Elements() {
		all(string(v.raw))
	}
	g := o.Get("granular_markings")
	left, changed := []byte{'['}, false
	for _, gm := range g.Elements() {
		ref := gm.Get("marking_ref")
		var stay []byte
		for _, sel := range gm.Get("selectors").Elements() {
			s := sel.Text()
			switch parts := strings.SplitN(s, ".", 3); {
			case s == "objects" && ref.Exists():
				all(string(ref.raw))
			case parts[0] == "objects" && len(parts) == 2 && ref.Exists():
				of(parts[1]).refs = append(of(parts[1]).refs, string(ref.raw))
			case parts[0] == "objects" && len(parts) == 3:
				m := of(parts[1])
				m.granular = append(m.granular, part{parts[2], gm.raw})
			default:
				if len(stay) > 0 {
					stay = append(stay, ',')
				}
				stay = append(stay, sel.raw...)
				continue
			}
			changed = true
		}
		if len(stay) > 0 {
			if len(left) > 1 {
				left = append(left, ',')
			}
			left = append(left, withSelectors(gm.raw, stay)...)
		}
	}
	if !changed {
		return out, nil
	}
	c.note(NoteMarked)
	e := Drop("granular_markings")
	if len(left) > 1 {
		e = Set("granular_markings", append(left, ']'))
	}
	return out, &e
}

// withSelectors gives a granular marking with other selectors.
func withSelectors(gm, selectors []byte) []byte {
	var s scanner
	if err := s.whole(gm); err != nil {
		return gm // unreachable: gm is part of a scanned text
	}
	text, err := s.splice(0, []Edit{Set("selectors", append(append([]byte{'['}, selectors...), ']'))})
	if err != nil {
		return gm // unreachable: as above
	}
	return text
}

// mark puts the markings on a converted object.
func (c *converter) mark(o *Object, m *marks) (*Object, error) {
	if m == nil {
		m = new(marks)
	}
	var edits []Edit
	seen := map[string]bool{}
	list := []byte{'['}
	for _, r := range slices.Concat(c.all, m.refs) {
		if !seen[r] {
			if seen[r] = true; len(list) > 1 {
				list = append(list, ',')
			}
			list = append(list, r...)
		}
	}
	if len(list) > 1 {
		c.note(NoteMarked)
		edits = append(edits, Set("object_marking_refs", append(list, ']')))
	}
	granular := []byte{'['}
	for _, p := range m.granular {
		sel := p.selector
		head, rest, more := strings.Cut(sel, ".")
		if to, ok := renames20[o.typ][head]; ok {
			if to == "" {
				to = "x_stix20_" + head
			}
			if head = to; more {
				head += "." + rest
			}
			sel = head
			c.note(NoteRenamed)
		}
		if len(granular) > 1 {
			granular = append(granular, ',')
		}
		granular = append(granular, withSelectors(p.marking, appendCanonicalText(nil, []byte(sel)))...)
	}
	if len(granular) > 1 {
		edits = append(edits, Set("granular_markings", append(granular, ']')))
	}
	if edits == nil {
		return o, nil
	}
	return o.Edit(edits...)
}
