package stix

import (
	"errors"
	"strconv"
)

// Rule names one rule of the specification or of this package, for machines:
// it never changes once published. Section tells where the rule stands.
type Rule string

// Rules of the text itself: JSON as RFC 8259 and RFC 7493 (I-JSON) demand it,
// and the limits of the reader.
const (
	RuleJSON      Rule = "json"           // not JSON
	RuleUTF8      Rule = "json-utf8"      // bytes that are not UTF-8
	RuleSurrogate Rule = "json-surrogate" // half a surrogate pair
	RuleDuplicate Rule = "json-duplicate" // a member name twice in one object
	RuleDepth     Rule = "limit-depth"    // nested too deep
	RuleSize      Rule = "limit-size"     // too long, or too many values
)

// SyntaxError says why a text is refused before its meaning is looked at. A
// reader stops at the first one, because nothing behind it can be trusted.
type SyntaxError struct {
	Offset int64  // byte position in the input
	Rule   Rule   // which rule is broken
	Text   string // what is wrong, in English
	Member string // the member name concerned, if one is
	End    bool   // the input ended too early: more bytes might complete it
}

// Error gives place, rule and reason on one line.
func (e *SyntaxError) Error() string {
	s := "stix: byte " + strconv.FormatInt(e.Offset, 10) + ": " + e.Text
	if e.Member != "" {
		s += " " + strconv.Quote(e.Member)
	}
	return s + " [" + string(e.Rule) + "]"
}

// IsSyntax says whether err is or wraps a *SyntaxError.
func IsSyntax(err error) bool {
	_, ok := errors.AsType[*SyntaxError](err)
	return ok
}
