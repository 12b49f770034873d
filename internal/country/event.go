package country

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// EventKind is what may happen to an incident and move its clocks.
type EventKind string

// The kinds of event. What the reporter's side does or learns comes first,
// then the acts of authorities, then the state of the nation.
const (
	Occurred       EventKind = "occurred"
	Detected       EventKind = "detected"
	Aware          EventKind = "aware"    // a recorded judgement: who, when, on what evidence
	Believed       EventKind = "believed" // reasonable belief
	Classified     EventKind = "classified"
	Declassified   EventKind = "declassified"
	Submitted      EventKind = "submitted"
	Attempted      EventKind = "attempted" // a sending that failed
	Recalled       EventKind = "recalled"  // a submission taken back
	Recovered      EventKind = "recovered"
	Handled        EventKind = "handled" // handling of the incident ended
	Resolved       EventKind = "resolved"
	RootCauseFixed EventKind = "root_cause_fixed"
	FixAvailable   EventKind = "fix_available"
	RansomPaid     EventKind = "ransom_paid"
	UsersInformed  EventKind = "users_informed"
	Outsourced     EventKind = "outsourced"
	NewFacts       EventKind = "new_facts"
	Explained      EventKind = "explained" // told the authority, with reasons, that a limit cannot be met
	Crossed        EventKind = "crossed"   // a group of incidents became reportable together (derived)

	Received     EventKind = "received" // by the authority
	Acknowledged EventKind = "acknowledged"
	Answered     EventKind = "answered"
	Requested    EventKind = "requested"
	Forwarded    EventKind = "forwarded"
	Decided      EventKind = "decided" // on lateness, or on a disputed matter
	Held         EventKind = "held"
	Released     EventKind = "released"
	Extended     EventKind = "extended"

	CrisisDeclared EventKind = "crisis_declared"
	CrisisEnded    EventKind = "crisis_ended"
)

// Values lists the closed vocabulary.
func (EventKind) Values() []string {
	return []string{"occurred", "detected", "aware", "believed", "classified", "declassified", "submitted",
		"attempted", "recalled", "recovered", "handled", "resolved", "root_cause_fixed", "fix_available",
		"ransom_paid", "users_informed", "outsourced", "new_facts", "explained", "crossed", "received", "acknowledged",
		"answered", "requested", "forwarded", "decided", "held", "released", "extended", "crisis_declared",
		"crisis_ended"}
}

// Known says whether k is a kind of event.
func (k EventKind) Known() bool { return slices.Contains(k.Values(), string(k)) }

// Anchor names the moment a due counts from: "aware", "aware(controller)",
// "submitted(notice)", "last(submitted(intermediate))" or "due(notice)".
type Anchor struct {
	Kind  EventKind // empty when Due
	Arg   string    // stage id for submitted, received, requested…; the role for aware
	Last  bool      // the last such event instead of the first
	OfDue bool      // the due of stage Arg
}

// IsZero says whether no anchor was given.
func (a Anchor) IsZero() bool { return a == Anchor{} }

// String gives the form ParseAnchor reads.
func (a Anchor) String() string {
	switch {
	case a.IsZero():
		return ""
	case a.OfDue:
		return "due(" + a.Arg + ")"
	}
	s := string(a.Kind)
	if a.Arg != "" {
		s += "(" + a.Arg + ")"
	}
	if a.Last {
		s = "last(" + s + ")"
	}
	return s
}

// ParseAnchor reads the text form of an anchor.
func ParseAnchor(text string) (Anchor, error) {
	var a Anchor
	s := strings.TrimSpace(text)
	if in, ok := wrapped(s, "last"); ok {
		a.Last, s = true, in
	}
	if in, ok := wrapped(s, "due"); ok && !a.Last {
		if !isWord(in) {
			return Anchor{}, fmt.Errorf("anchor %q: due(…) names a stage", text)
		}
		return Anchor{OfDue: true, Arg: in}, nil
	}
	name, arg, has := strings.Cut(s, "(")
	if has {
		in, ok := strings.CutSuffix(arg, ")")
		if in = strings.TrimSpace(in); !ok || !isWord(in) {
			return Anchor{}, fmt.Errorf("anchor %q: want event(stage)", text)
		}
		a.Arg = in
	}
	a.Kind = EventKind(strings.TrimSpace(name))
	if !a.Kind.Known() {
		return Anchor{}, fmt.Errorf("anchor %q: %q is no event%s", text, a.Kind, suggest(string(a.Kind), a.Kind.Values()))
	}
	return a, nil
}

func wrapped(s, fn string) (string, bool) {
	in, ok := strings.CutPrefix(s, fn+"(")
	if !ok {
		return "", false
	}
	in, ok = strings.CutSuffix(in, ")")
	return strings.TrimSpace(in), ok
}

func isWord(s string) bool {
	if s == "" {
		return false
	}
	for i, r := range s {
		if r != '_' && r != '-' && (r < 'a' || r > 'z') && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return true
}

// UnmarshalYAML reads the text form.
func (a *Anchor) UnmarshalYAML(n *yaml.Node) error {
	v, err := ParseAnchor(n.Value)
	if err != nil {
		return fmt.Errorf("line %d: %w", n.Line, err)
	}
	*a = v
	return nil
}
