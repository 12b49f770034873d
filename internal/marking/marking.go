package marking

import (
	"cmp"
	"slices"

	"kulla.dev/internal/fault"
)

// Level is a classification in one system: Rank 1 is the system's lowest
// level. Unclassified is the absence of a Level.
type Level struct {
	System string // id of a system of the country pack's table, for example "nato"
	Rank   int    // 1..MaxRank
}

// MaxRank is the highest rank a system can have.
const MaxRank = 15

// Marking is what a piece of information carries. It is a value: build it,
// hand it on, never change the slices of one you were given. The zero
// Marking can be read by nobody; start from Public.
type Marking struct {
	Levels       []Level  // at most one per system
	Rel          Set      // nations and partners it may go to
	Caveats      []string // prohibitions; see Reader.Barred
	Compartments []string // all must be held by the reader
	TLP          TLP
	PAP          PAP
	ORCON        bool     // a release needs the consent of every originator
	Originators  []string // whose information it is, nations or institutions
	Scope        Set      // institutions it is limited to
	Named        Set      // persons it is limited to
	Cases        []string // the reader must be on every one
}

// Public gives the marking that limits nothing, labelled TLP:CLEAR.
func Public() Marking { return Of(TLPClear) }

// Of gives the marking that has only this label.
func Of(t TLP) Marking {
	return Marking{TLP: t, Rel: Everyone(), Scope: Everyone(), Named: Everyone()}
}

// Combine gives the marking of what is composed of parts so marked: highest
// level of each system, nations that all parts share, every compartment,
// caveat and case, strictest TLP and PAP, consent if any part needs it, all
// originators. Without parts it gives an unlabelled marking without limits.
func Combine(parts ...Marking) Marking {
	all := Of(TLPNone)
	for _, m := range parts {
		all = join(all, m)
	}
	return all
}

func join(a, b Marking) Marking {
	return Marking{
		Levels:       maxLevels(a.Levels, b.Levels),
		Rel:          a.Rel.And(b.Rel),
		Caveats:      union(a.Caveats, b.Caveats),
		Compartments: union(a.Compartments, b.Compartments),
		TLP:          max(a.TLP, b.TLP),
		PAP:          max(a.PAP, b.PAP),
		ORCON:        a.ORCON || b.ORCON,
		Originators:  union(a.Originators, b.Originators),
		Scope:        a.Scope.And(b.Scope),
		Named:        a.Named.And(b.Named),
		Cases:        union(a.Cases, b.Cases),
	}
}

// maxLevels gives the higher rank of each system, sorted by system.
func maxLevels(a, b []Level) []Level {
	if len(a)+len(b) == 0 {
		return nil
	}
	out := append(slices.Clone(a), b...)
	slices.SortFunc(out, func(x, y Level) int {
		return cmp.Or(cmp.Compare(x.System, y.System), cmp.Compare(y.Rank, x.Rank))
	})
	return slices.CompactFunc(out, func(x, y Level) bool { return x.System == y.System })
}

// rankIn gives the rank of levels in the system, 0 for none.
func rankIn(levels []Level, system string) int {
	top := 0
	for _, l := range levels {
		if l.System == system {
			top = max(top, l.Rank)
		}
	}
	return top
}

// Rank gives the marking's rank in the system, 0 when unclassified there.
func (m Marking) Rank(system string) int { return rankIn(m.Levels, system) }

// Equal says whether two markings say the same, in whatever order they list it.
func (m Marking) Equal(o Marking) bool { return m.Text() == o.Text() }

// Dominates says whether m is at least as restrictive as o on every axis.
func (m Marking) Dominates(o Marking) bool { return join(m, o).Equal(m) }

// Exceeds says whether m has a level above the ceiling a system is accredited
// for. A system that the ceiling does not name is accredited for nothing.
func (m Marking) Exceeds(ceiling []Level) bool {
	return slices.ContainsFunc(m.Levels, func(l Level) bool { return l.Rank > rankIn(ceiling, l.System) })
}

// Check says whether the marking may be put on a stored object: it carries a
// label or a level, its ids are well formed, and consent has someone to ask.
func (m Marking) Check() error {
	var f fault.Fields
	if m.TLP == TLPNone && len(m.Levels) == 0 {
		f.Add("marking", "marking.check.unmarked")
	}
	if int(m.TLP) >= len(tlpNames) {
		f.Add("tlp", "marking.tlp.unknown", int(m.TLP))
	}
	if int(m.PAP) >= len(papNames) {
		f.Add("pap", "marking.pap.unknown", int(m.PAP))
	}
	for i, l := range m.Levels {
		if !goodID(l.System) || l.Rank < 1 || l.Rank > MaxRank {
			f.Add("level", "marking.check.level", l.System, l.Rank)
		}
		if slices.ContainsFunc(m.Levels[:i], func(k Level) bool { return k.System == l.System }) {
			f.Add("level", "marking.check.level-twice", l.System)
		}
	}
	for _, ids := range []struct {
		name string
		ids  []string
	}{
		{"rel", m.Rel.ids}, {"caveat", m.Caveats}, {"compartment", m.Compartments},
		{"originator", m.Originators}, {"scope", m.Scope.ids}, {"named", m.Named.ids}, {"case", m.Cases},
	} {
		for _, id := range ids.ids {
			if !goodID(id) {
				f.Add(ids.name, "marking.check.id", id)
			}
		}
	}
	if m.ORCON && len(m.Originators) == 0 {
		f.Add("originator", "marking.check.orcon")
	}
	return f.Err()
}
