package stix

import (
	"iter"
	"strconv"
	"strings"
)

// References iterates the identifiers the object refers to, at any depth, in
// document order: every string under a property whose name ends in _ref, and
// every element of a list under one that ends in _refs. The first value is the
// place as a selector (section 7.2.3.1), for example object_refs.[2]. Keys of a
// deprecated observable container are no identifiers and are left out.
func (o *Object) References() iter.Seq2[string, ID] {
	return func(yield func(string, ID) bool) {
		references(o.Value(), "", yield)
	}
}

func references(v Value, path string, yield func(string, ID) bool) bool {
	for k, m := range v.Members() {
		name := k.Text()
		if path == "" && name == "objects" {
			continue
		}
		at := name
		if path != "" {
			at = path + "." + name
		}
		switch {
		case m.Kind() == String:
			if strings.HasSuffix(name, "_ref") && !yield(at, ID(m.Text())) {
				return false
			}
		case m.Kind() == Map:
			if !references(m, at, yield) {
				return false
			}
		case m.Kind() == Array:
			for i, e := range m.Elements() {
				place := at + ".[" + strconv.Itoa(i) + "]"
				switch {
				case e.Kind() == String && strings.HasSuffix(name, "_refs"):
					if !yield(place, ID(e.Text())) {
						return false
					}
				case e.Kind() == Map:
					if !references(e, place, yield) {
						return false
					}
				}
			}
		}
	}
	return true
}

// Granular is one granular marking (section 7.2.3): what the selectors name
// carries the marking, or is in the language.
type Granular struct {
	Marking   ID     // "" for a language
	Lang      string // "" for a marking
	Selectors []string
}

// Granular gives the object's granular markings in order, nil if it has none.
func (o *Object) Granular() []Granular {
	var out []Granular
	for _, g := range o.Get("granular_markings").Elements() {
		m := Granular{Marking: ID(g.Get("marking_ref").Text()), Lang: g.Get("lang").Text()}
		for _, s := range g.Get("selectors").Elements() {
			m.Selectors = append(m.Selectors, s.Text())
		}
		out = append(out, m)
	}
	return out
}

// Covers says whether a selector covers a place, both in the syntax of section
// 7.2.3.1: the place itself, or something the place is part of.
func Covers(selector, place string) bool {
	rest, ok := strings.CutPrefix(place, selector)
	return ok && selector != "" && (rest == "" || rest[0] == '.')
}
