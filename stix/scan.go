package stix

import (
	"encoding/binary"
	"unicode/utf8"
)

// Limits bound what a reader accepts. A zero field takes its default, so the
// zero Limits is the recommended one.
type Limits struct {
	Depth  int // nesting of arrays and objects inside one object; default 64
	Bytes  int // length of one object's text; default 32 MiB
	Values int // values (members and elements) in one object; default 1<<20
}

// Default limits: what Limits{} means.
const (
	DefaultDepth  = 64
	DefaultBytes  = 32 << 20
	DefaultValues = 1 << 20
)

func (l Limits) filled() Limits {
	if l.Depth <= 0 {
		l.Depth = DefaultDepth
	}
	if l.Bytes <= 0 || l.Bytes > 1<<31-1 {
		l.Bytes = min(max(l.Bytes, DefaultBytes), 1<<31-1)
	}
	if l.Values <= 0 {
		l.Values = DefaultValues
	}
	return l
}

// node is one value of a scanned text. A scan leaves the nodes of a text in
// document order, parents before children; next is the index behind the last
// descendant, so that stepping over a subtree costs one load.
type node struct {
	start, end   uint32 // the value's text, quotes included
	kstart, kend uint32 // its member name without quotes, in src or (keyArena) in arena
	next         uint32
	hash         uint32 // of the member name
	name         nameID // of the member name; 0 = not a name of the specification
	kind         Kind
	flags        uint8
}

const (
	flagEscaped  uint8 = 1 << iota // string holds at least one backslash
	flagFraction                   // number has a point or an exponent
	keyArena                       // the member name had escapes and lies decoded in arena
)

// scanner turns text into nodes and refuses whatever is not I-JSON. It is
// reused from object to object; nothing it returns outlives the next scan.
type scanner struct {
	src    []byte
	nodes  []node
	arena  []byte
	limits Limits
	seen   map[string]struct{} // only for objects of many members
	names  *nameTable
}

// scan reads one value that starts at or after i (blanks are skipped) and
// gives the position behind it.
func (s *scanner) scan(src []byte, i int) (int, *SyntaxError) {
	s.src, s.nodes, s.arena = src, s.nodes[:0], s.arena[:0]
	if s.names == nil {
		s.limits, s.names = s.limits.filled(), names()
	}
	i = skipBlank(src, i)
	start := i
	i, err := s.value(i, 0)
	if err == nil && i-start > s.limits.Bytes {
		err = s.fail(start, RuleSize, "object is longer than the limit")
	}
	if err == nil && !utf8.Valid(src[start:i]) {
		err = s.fail(start+badUTF8(src[start:i]), RuleUTF8, "text is not valid UTF-8")
	}
	if err != nil && err.End && len(src)-start > s.limits.Bytes {
		err = s.fail(start, RuleSize, "object is longer than the limit")
	}
	return i, err
}

func badUTF8(b []byte) int {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n <= 1 {
			return i
		}
		i += n
	}
	return len(b)
}

func (s *scanner) fail(at int, rule Rule, text string) *SyntaxError {
	return &SyntaxError{Offset: int64(at), Rule: rule, Text: text}
}

func (s *scanner) short(at int) *SyntaxError {
	return &SyntaxError{Offset: int64(at), Rule: RuleJSON, Text: "text ends inside a value", End: true}
}

// value reads the value at i, which is not a blank.
func (s *scanner) value(i, depth int) (int, *SyntaxError) {
	src := s.src
	if i >= len(src) {
		return i, s.short(i)
	}
	if len(s.nodes) >= s.limits.Values {
		return i, s.fail(i, RuleSize, "object holds more values than the limit")
	}
	at := len(s.nodes)
	s.nodes = append(s.nodes, node{start: uint32(i)})
	var err *SyntaxError
	n := &s.nodes[at]
	switch c := src[i]; c {
	case '"':
		var esc bool
		if i, esc, err = s.str(i + 1); err != nil {
			return i, err
		}
		n.kind = String
		if esc {
			n.flags = flagEscaped
		}
	case '{', '[':
		if depth >= s.limits.Depth {
			return i, s.fail(i, RuleDepth, "nested deeper than the limit")
		}
		if c == '{' {
			n.kind = Map
			i, err = s.object(at, i+1, depth+1)
		} else {
			n.kind = Array
			i, err = s.array(i+1, depth+1)
		}
		if err != nil {
			return i, err
		}
		n = &s.nodes[at] // the slice may have moved
	case 't':
		n.kind = Bool
		i, err = s.literal(i, "true")
	case 'f':
		n.kind = Bool
		i, err = s.literal(i, "false")
	case 'n':
		n.kind = Null
		i, err = s.literal(i, "null")
	default:
		n.kind = Number
		i, n.flags, err = s.number(i)
	}
	n.end, n.next = uint32(i), uint32(len(s.nodes))
	return i, err
}

func (s *scanner) literal(i int, word string) (int, *SyntaxError) {
	for j := range len(word) {
		if i+j >= len(s.src) {
			return i, s.short(i)
		}
		if s.src[i+j] != word[j] {
			return i, s.fail(i, RuleJSON, "not a JSON value")
		}
	}
	return i + len(word), nil
}

func (s *scanner) number(i int) (int, uint8, *SyntaxError) {
	src, start, flags := s.src, i, uint8(0)
	if src[i] == '-' {
		i++
	}
	digits := func() bool {
		from := i
		for i < len(src) && src[i]-'0' <= 9 {
			i++
		}
		return i > from
	}
	switch {
	case i >= len(src):
		return i, 0, s.short(i)
	case src[i] == '0':
		i++
	case !digits():
		return i, 0, s.fail(start, RuleJSON, "not a JSON value")
	}
	if i < len(src) && src[i] == '.' {
		flags = flagFraction
		i++
		if !digits() {
			return i, 0, s.numberEnd(i)
		}
	}
	if i < len(src) && src[i]|0x20 == 'e' {
		flags = flagFraction
		i++
		if i < len(src) && (src[i] == '+' || src[i] == '-') {
			i++
		}
		if !digits() {
			return i, 0, s.numberEnd(i)
		}
	}
	return i, flags, nil
}

func (s *scanner) numberEnd(i int) *SyntaxError {
	if i >= len(s.src) {
		return s.short(i)
	}
	return s.fail(i, RuleJSON, "digit expected in number")
}

// skipBlank gives the first position from i on that holds no blank.
func skipBlank(b []byte, i int) int {
	if i < len(b) && b[i] > ' ' {
		return i
	}
	return skipBlanks(b, i)
}

func skipBlanks(b []byte, i int) int {
	for {
		for i+8 <= len(b) && binary.LittleEndian.Uint64(b[i:]) == ' '*lo8 {
			i += 8
		}
		if i >= len(b) || b[i] != ' ' && b[i] != '\n' && b[i] != '\r' && b[i] != '\t' {
			return i
		}
		i++
	}
}

func (s *scanner) array(i, depth int) (int, *SyntaxError) {
	i = skipBlank(s.src, i)
	if i < len(s.src) && s.src[i] == ']' {
		return i + 1, nil
	}
	for {
		var err *SyntaxError
		if i, err = s.value(i, depth); err != nil {
			return i, err
		}
		i = skipBlank(s.src, i)
		switch {
		case i >= len(s.src):
			return i, s.short(i)
		case s.src[i] == ']':
			return i + 1, nil
		case s.src[i] != ',':
			return i, s.fail(i, RuleJSON, "comma or ] expected in array")
		}
		i = skipBlank(s.src, i+1)
	}
}

func (s *scanner) object(at, i, depth int) (int, *SyntaxError) {
	i = skipBlank(s.src, i)
	if i < len(s.src) && s.src[i] == '}' {
		return i + 1, nil
	}
	count := 0
	for {
		switch {
		case i >= len(s.src):
			return i, s.short(i)
		case s.src[i] != '"':
			return i, s.fail(i, RuleJSON, "member name expected in object")
		}
		kstart := i + 1
		kend, esc, err := s.str(kstart)
		if err != nil {
			return kend, err
		}
		i = skipBlank(s.src, kend)
		switch {
		case i >= len(s.src):
			return i, s.short(i)
		case s.src[i] != ':':
			return i, s.fail(i, RuleJSON, "colon expected after member name")
		}
		child := len(s.nodes)
		if i, err = s.value(skipBlank(s.src, i+1), depth); err != nil {
			return i, err
		}
		n := &s.nodes[child]
		n.kstart, n.kend = uint32(kstart), uint32(kend-1)
		key := s.src[kstart : kend-1]
		if esc {
			from := len(s.arena)
			s.arena = appendUnescaped(s.arena, key)
			n.kstart, n.kend, n.flags = uint32(from), uint32(len(s.arena)), n.flags|keyArena
			key = s.arena[from:]
		}
		n.hash = hashName(key)
		n.name = s.names.find(n.hash, key)
		count++
		i = skipBlank(s.src, i)
		switch {
		case i >= len(s.src):
			return i, s.short(i)
		case s.src[i] == '}':
			return i + 1, s.duplicates(at, count)
		case s.src[i] != ',':
			return i, s.fail(i, RuleJSON, "comma or } expected in object")
		}
		i = skipBlank(s.src, i+1)
	}
}

// key gives the decoded member name of n.
func (s *scanner) key(n *node) []byte {
	if n.flags&keyArena != 0 {
		return s.arena[n.kstart:n.kend]
	}
	return s.src[n.kstart:n.kend]
}

// duplicates refuses an object that names a member twice, however the names
// are escaped. Few members are compared through a 64-bit filter of their
// hashes; many go through a seeded set, so that chosen names cost nothing.
func (s *scanner) duplicates(at, count int) *SyntaxError {
	end := uint32(len(s.nodes))
	if count > 48 {
		seen := s.seen
		if seen == nil {
			seen = make(map[string]struct{}, count)
			s.seen = seen
		}
		clear(seen)
		for c := uint32(at) + 1; c < end; c = s.nodes[c].next {
			k := s.key(&s.nodes[c])
			if _, twice := seen[string(k)]; twice {
				return s.twice(c, k)
			}
			seen[string(k)] = struct{}{}
		}
		if count > 4096 {
			s.seen = nil // do not keep a hostile object's table
		}
		return nil
	}
	var filter uint64
	for c := uint32(at) + 1; c < end; c = s.nodes[c].next {
		n := &s.nodes[c]
		bit := uint64(1) << (n.hash & 63)
		if filter&bit == 0 {
			filter |= bit
			continue
		}
		for d := uint32(at) + 1; d < c; d = s.nodes[d].next {
			if o := &s.nodes[d]; o.hash == n.hash && string(s.key(o)) == string(s.key(n)) {
				return s.twice(c, s.key(n))
			}
		}
	}
	return nil
}

func (s *scanner) twice(c uint32, name []byte) *SyntaxError {
	err := s.fail(int(s.nodes[c].start), RuleDuplicate, "member name appears twice")
	err.Member = string(name)
	return err
}

// hashName mixes length, head and tail of a member name.
func hashName(k []byte) uint32 {
	var a, b uint64
	n := len(k)
	switch {
	case n >= 8:
		a, b = binary.LittleEndian.Uint64(k), binary.LittleEndian.Uint64(k[n-8:])
	case n >= 4:
		a, b = uint64(binary.LittleEndian.Uint32(k)), uint64(binary.LittleEndian.Uint32(k[n-4:]))
	case n > 0:
		a, b = uint64(k[0])|uint64(k[n/2])<<8, uint64(k[n-1])
	}
	x := (a ^ uint64(n)*0x9e3779b97f4a7c15) * 0xd6e8feb86659fd93
	x ^= x >> 32
	x = (x ^ b) * 0xa0761d6478bd642f
	return uint32(x >> 32)
}
