package marking

import (
	"slices"
	"strconv"
)

func itoa(n int) string { return strconv.Itoa(n) }

// Reader is what matters of somebody who wants to read or receive: a person
// of the house, a partner, or the public (the zero Reader with TLPClear).
type Reader struct {
	Person       string
	Institutions []string // where the reader works
	ClientOf     []string // institutions whose client or constituent the reader's is
	Nations      []string // nations and partners the reader counts as, for Rel
	Levels       []Level  // cleared for, already expanded by Table.Expand
	TLP          TLP      // the highest label the reader is in the audience of
	Compartments []string
	Cases        []string
	Barred       []string // caveats that exclude this reader
}

// Axis names the axis of a marking that forbids something.
type Axis uint8

// The axes; AxisNone says that nothing forbids.
const (
	AxisNone Axis = iota
	AxisLevel
	AxisRel
	AxisCaveat
	AxisCompartment
	AxisTLP
	AxisScope
	AxisNamed
	AxisCase
	AxisConsent
)

var axisNames = [...]string{"none", "level", "rel", "caveat", "compartment", "tlp", "scope", "named", "case", "consent"}

// String gives the axis's stable word, for audit records.
func (a Axis) String() string { return axisNames[a] }

// MayRead says whether the reader may read what is so marked.
func MayRead(r Reader, m Marking) bool { return WhyNotRead(r, m) == AxisNone }

// WhyNotRead gives the first axis that forbids reading, AxisNone if none does.
func WhyNotRead(r Reader, m Marking) Axis {
	for _, l := range m.Levels {
		if rankIn(r.Levels, l.System) < l.Rank {
			return AxisLevel
		}
	}
	switch {
	case !m.Rel.HasAny(r.Nations):
		return AxisRel
	case slices.ContainsFunc(m.Caveats, func(c string) bool { return slices.Contains(r.Barred, c) }):
		return AxisCaveat
	case !holdsAll(r.Compartments, m.Compartments):
		return AxisCompartment
	case m.TLP > r.TLP:
		return AxisTLP
	case !inScope(r, m):
		return AxisScope
	case !m.Named.IsEveryone() && (r.Person == "" || !m.Named.Has(r.Person)):
		return AxisNamed
	case !holdsAll(r.Cases, m.Cases):
		return AxisCase
	}
	return AxisNone
}

// inScope says whether the reader's institution is one the marking is limited
// to. TLP:AMBER and below reaches that institution's clients too; STRICT and
// RED do not.
func inScope(r Reader, m Marking) bool {
	if m.Scope.HasAny(r.Institutions) {
		return true
	}
	return m.TLP <= TLPAmber && m.Scope.HasAny(r.ClientOf)
}

// Consent is one originator's permission to release its information to one
// recipient: a person, an institution or a nation.
type Consent struct {
	Originator string
	To         string
}

// MayRelease says whether what is so marked may go to the recipient, given
// the consents at hand.
func MayRelease(to Reader, m Marking, have []Consent) bool {
	return WhyNotRelease(to, m, have) == AxisNone
}

// WhyNotRelease gives the first axis that forbids the release. A recipient
// must be allowed to read; under ORCON every originator other than the
// recipient itself must have consented. Consent opens no other axis: wider
// audience is a new marking, which is the originator's act.
func WhyNotRelease(to Reader, m Marking, have []Consent) Axis {
	if why := WhyNotRead(to, m); why != AxisNone {
		return why
	}
	if m.TLP == TLPNone && len(m.Levels) == 0 {
		return AxisTLP // nobody has decided yet
	}
	if !m.ORCON {
		return AxisNone
	}
	is := append([]string{to.Person}, to.Institutions...)
	is = append(is, to.Nations...)
	if len(m.Originators) == 0 {
		return AxisConsent
	}
	for _, o := range m.Originators {
		given := slices.Contains(is, o) || slices.ContainsFunc(have, func(c Consent) bool {
			return c.Originator == o && c.To != "" && slices.Contains(is, c.To)
		})
		if !given {
			return AxisConsent
		}
	}
	return AxisNone
}
