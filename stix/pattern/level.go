package pattern

import "strings"

// Level gives the one notation for a text that Key and Loose compare: a
// single address without its length, IPv6 as RFC 5952 writes it, blocks without
// host bits, hexadecimal digests in lower case. name and parent are the names of
// the property and of the one it stands in; ok is false if the property or the
// text is of no such kind, and the text then stands for itself.
func Level(parent, name, text string) (level string, ok bool) {
	switch {
	case name == "value":
		if n, ok := parseNet(text); ok {
			return netText(n), true
		}
	case parent == "hashes" && isHex(text):
		return strings.ToLower(text), true
	}
	return text, false
}

// levelText levels a text found at the end of a path.
func levelText(p *Path, s string) string {
	n := len(p.Steps)
	parent := ""
	if n > 1 && p.Steps[n-2].Kind == Key {
		parent = p.Steps[n-2].Name
	}
	if p.Steps[n-1].Kind != Key {
		return s
	}
	s, _ = Level(parent, p.Steps[n-1].Name, s)
	return s
}

func isHex(s string) bool {
	for i := range len(s) {
		if !digit(s[i]) && (s[i]|0x20 < 'a' || s[i]|0x20 > 'f') {
			return false
		}
	}
	return len(s) >= 32
}

// Loose gives a matcher that compares =, != and IN with text constants as Key
// does: 198.51.100.1 equals 198.51.100.1/32, and a digest in capitals equals
// itself in small letters. The language does not allow this (§9.6.2), so what
// only the loose matcher finds is a lead and not a match.
func (m *Matcher) Loose() *Matcher {
	out := *m
	out.loose = true
	return &out
}

// levelled answers =, != and IN by levelled texts.
func (c *ccmp) levelled(s string) bool {
	s = levelText(&c.Path, s)
	found := false
	for _, v := range c.Values {
		found = found || levelText(&c.Path, v.Text) == s
	}
	return found != (c.Op == Ne)
}
