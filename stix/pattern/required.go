package pattern

import (
	"regexp/syntax"
	"strings"
)

// Required gives texts of which a value must contain at least one, up to the
// case of letters, for a LIKE or MATCHES comparison to hold; ok is false if no
// text of two characters or more is required. The texts are in NFC, as is the
// value to look in.
func (c *Comparison) Required() (texts []string, ok bool) {
	if c.Not || octetPath(&c.Path) {
		return nil, false
	}
	switch c.Op {
	case Like:
		best := ""
		for _, run := range strings.FieldsFunc(nfc(c.Values[0].Text), func(r rune) bool { return r == '%' || r == '_' }) {
			if len(run) > len(best) {
				best = run
			}
		}
		texts = []string{best}
	case Matches:
		text, fault := translateRegex(nfc(c.Values[0].Text))
		if fault != nil {
			return nil, false
		}
		tree, err := syntax.Parse(text, syntax.Perl|syntax.DotNL)
		if err != nil {
			return nil, false
		}
		texts = required(tree)
	}
	for _, t := range texts {
		if len(t) < 2 {
			return nil, false
		}
	}
	return texts, len(texts) > 0
}

// maxRequired is how many alternatives are kept apart.
const maxRequired = 16

// required gives alternatives of which each match contains one; nil if unknown.
func required(re *syntax.Regexp) []string {
	switch re.Op {
	case syntax.OpLiteral:
		return []string{string(re.Rune)}
	case syntax.OpCapture, syntax.OpPlus:
		return required(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return required(re.Sub[0])
		}
	case syntax.OpConcat:
		var best []string
		for _, s := range re.Sub {
			if r := required(s); shortest(r) > shortest(best) {
				best = r
			}
		}
		return best
	case syntax.OpAlternate:
		var out []string
		for _, s := range re.Sub {
			r := required(s)
			if r == nil || len(out)+len(r) > maxRequired {
				return nil
			}
			out = append(out, r...)
		}
		return out
	}
	return nil
}

func shortest(texts []string) int {
	if len(texts) == 0 {
		return 0
	}
	n := len(texts[0])
	for _, t := range texts[1:] {
		n = min(n, len(t))
	}
	return n
}
