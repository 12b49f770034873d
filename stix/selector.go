package stix

import (
	"bytes"
	"strconv"
	"strings"
)

// Select gives the value a granular marking selector names (section 7.2.3.1):
// property names and [n] joined by points, for example
// external_references.[0].url. ok is false when it selects nothing.
func (v Value) Select(selector string) (w Value, ok bool) {
	if selector == "" {
		return Value{}, false
	}
	for part := range strings.SplitSeq(selector, ".") {
		if i, isIndex := selectorIndex([]byte(part)); isIndex {
			v = v.Index(i)
		} else {
			v = v.Get(part)
		}
		if !v.Exists() {
			return Value{}, false
		}
	}
	return v, true
}

// selectorIndex reads [n].
func selectorIndex(part []byte) (int, bool) {
	if len(part) < 3 || part[0] != '[' || part[len(part)-1] != ']' {
		return 0, false
	}
	n, err := strconv.Atoi(string(part[1 : len(part)-1]))
	return n, err == nil && n >= 0 && part[1]-'0' <= 9
}

// selector checks that a selector is well formed and selects something.
func (c *checker) selector(at uint32) {
	t := c.text(&c.nodes[at])
	n, rest := uint32(0), t
	for len(rest) > 0 || n == 0 {
		var part []byte
		part, rest, _ = bytes.Cut(rest, []byte("."))
		next := uint32(0)
		if i, ok := selectorIndex(part); ok && c.nodes[n].kind == Array {
			next = c.element(n, i)
		} else if c.nodes[n].kind == Map {
			next = c.member(n, part)
		}
		if c.work > maxWork {
			return
		}
		if next == 0 {
			c.bad(RuleSelector, at, "7.2.3.1", "selects nothing in this object: "+c.show(&c.nodes[at]))
			return
		}
		n = next
	}
}

func (c *checker) element(at uint32, i int) uint32 {
	for k := at + 1; k < c.nodes[at].next && c.work <= maxWork; k = c.nodes[k].next {
		if i == 0 {
			return k
		}
		i--
		c.work++
	}
	return 0
}
