package match

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// gramSizes are the lengths of the pieces of text an index looks for,
// ascending. A required text is found by one piece of the largest size it has.
var gramSizes = [...]int{3, 5, 8}

// size gives the index into gramSizes for a text, -1 if it is too short.
func size(text string) int {
	for i := len(gramSizes) - 1; i >= 0; i-- {
		if len(text) >= gramSizes[i] {
			return i
		}
	}
	return -1
}

// gramHash mixes a piece (its bytes as a number), its length and its node.
func gramHash(node uint32, size int, piece uint64) uint64 {
	h := piece*0x9e3779b97f4a7c15 ^ uint64(node)<<8 ^ uint64(size+1)
	h ^= h >> 32
	h *= 0xd6e8feb86659fd93
	h ^= h >> 29
	h *= 0xd6e8feb86659fd93
	return h ^ h>>32
}

// pieces calls fn for the hash of each piece of one size.
func pieces(text string, node uint32, size int, fn func(h uint64)) {
	n := gramSizes[size]
	mask := ^uint64(0) >> (64 - 8*n)
	var w uint64
	for i := range len(text) {
		w = w<<8 | uint64(text[i])
		if i >= n-1 {
			fn(gramHash(node, size, w&mask))
		}
	}
}

// fold gives the form in which texts are looked for: two texts that a
// case-insensitive expression takes for one fold alike.
func fold(s string) string {
	plain := true
	for i := range len(s) {
		if c := s[i]; c >= utf8.RuneSelf || c >= 'A' && c <= 'Z' {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	return strings.Map(foldRune, s)
}

// foldRune maps every rune to one representative of the runes that simple
// case folding takes for equal to it.
func foldRune(r rune) rune {
	switch {
	case r >= 'A' && r <= 'Z':
		return r + 'a' - 'A'
	case r < utf8.RuneSelf:
		return r
	}
	return simpleFold(r)
}

// simpleFold gives the smallest rune of an orbit of case folding, lower-cased
// if that is an ASCII letter.
func simpleFold(r rune) rune {
	least := r
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		least = min(least, f)
	}
	if least >= 'A' && least <= 'Z' {
		return least + 'a' - 'A'
	}
	return least
}
