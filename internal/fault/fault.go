// Package fault names the kinds of error the house knows, each with a
// sentence that is safe to show to a stranger.
//
// A room returns a *fault.Error for a condition somebody must act on; every
// other error is internal: doors log its text and show a reference number.
// The sentence is carried as a message key of the i18n catalogue with its
// arguments, so that a door can say it in the reader's language; Error()
// gives the English text for logs and command lines.
package fault

import (
	"errors"
	"fmt"
)

// Kind says what the caller can do about an error.
type Kind int

// The kinds, in the order of house.md §2.6. Zero is not a kind: an error
// without a fault is Internal.
const (
	Internal    Kind = iota // unexpected: logged in full, shown as a number
	NotFound                // no such object, or one the actor may not know of
	Denied                  // the actor may know of the object but not do this
	Invalid                 // the input breaks a rule; Fields say which and why
	Conflict                // the act contradicts the present state
	Stale                   // somebody else changed the object first
	Expired                 // a session, link, lease or window has ended
	Unavailable             // not now: storage or a peer is out of reach; nothing was accepted
	Limited                 // too many attempts; try again later
)

var kindNames = [...]string{"internal", "not-found", "denied", "invalid", "conflict", "stale", "expired", "unavailable", "limited"}

// String gives the kind's stable machine word, as used in JSON and logs.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return "internal"
	}
	return kindNames[k]
}

// Field is one broken rule of one input field. Name is the form name or JSON
// path of the field; Key is a message key that says what to do, Args fill it.
type Field struct {
	Name string
	Key  string
	Args []any
}

// Error is a condition someone must act on.
type Error struct {
	Kind   Kind
	Key    string  // message key, for example "incident.submit.stage-closed"
	Args   []any   // arguments of the message
	Fields []Field // for Invalid: every broken field, not only the first
	Cause  error   // for the log only; never shown
}

// New makes a fault of a kind whose sentence is the message key with args.
func New(kind Kind, key string, args ...any) *Error {
	return &Error{Kind: kind, Key: key, Args: args}
}

// Because attaches the internal cause, kept for the log.
func (e *Error) Because(err error) *Error { e.Cause = err; return e }

// Error gives a text for logs: kind, key, arguments, fields and cause.
func (e *Error) Error() string {
	s := e.Kind.String() + ": " + e.Key
	for _, a := range e.Args {
		s += fmt.Sprintf(" %v", a)
	}
	for _, f := range e.Fields {
		s += fmt.Sprintf("; %s: %s %v", f.Name, f.Key, f.Args)
	}
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Unwrap gives the internal cause.
func (e *Error) Unwrap() error { return e.Cause }

// Of gives the kind of err: Internal for nil-fault errors.
func Of(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// Is says whether err is a fault of the kind.
func Is(err error, kind Kind) bool { return err != nil && Of(err) == kind }

// Fields collects broken fields; its Err is nil while there are none.
type Fields []Field

// Add notes one broken field.
func (f *Fields) Add(name, key string, args ...any) { *f = append(*f, Field{name, key, args}) }

// Err gives an Invalid fault holding all fields, or nil.
func (f Fields) Err() error {
	if len(f) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Key: "fault.invalid", Fields: f}
}
