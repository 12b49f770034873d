package pattern

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Error is one broken rule at one place of a pattern text.
type Error struct {
	// Key names the rule for a message catalogue, for example
	// "pattern.parse.set-mixed". It never changes once published.
	Key string
	// Text says in English what is wrong and, where possible, what to write instead.
	Text string
	// Section is the part of STIX 2.1 that holds the rule, for example "9.5.1";
	// empty for a rule of this package (a limit).
	Section string
	// Line and Column are 1-based; Column counts code points. Offset is in bytes.
	Line, Column, Offset int
}

// Error gives place, text and section on one line.
func (e *Error) Error() string {
	s := fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Text)
	if e.Section != "" {
		s += " (STIX 2.1 §" + e.Section + ")"
	}
	return s
}

// ErrBudget says that an evaluation was stopped before it had an answer,
// because it used up its steps. It is not an answer: neither match nor no match.
var ErrBudget = errors.New("pattern: step budget used up before an answer was found")

// errAt makes an Error for a byte offset of src.
func errAt(src string, off int, key, section, format string, args ...any) *Error {
	off = min(max(off, 0), len(src))
	head := src[:off]
	line := 1 + strings.Count(head, "\n")
	col := 1 + utf8.RuneCountInString(head[strings.LastIndexByte(head, '\n')+1:])
	return &Error{Key: "pattern." + key, Text: fmt.Sprintf(format, args...), Section: section,
		Line: line, Column: col, Offset: off}
}
