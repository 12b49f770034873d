package marking

import (
	"cmp"
	"slices"
	"strings"

	"kulla.dev/internal/fault"
)

// Table is the country pack's knowledge of markings: which systems of levels
// there are, what their levels are called, how they correspond, and which
// caveats and compartments exist.
type Table struct {
	Systems      []System
	Pairs        []Pair
	Caveats      []string
	Compartments []string
}

// System is one ladder of levels; the level at index i has rank i+1.
type System struct {
	ID     string
	Levels []LevelName
}

// LevelName is how one level is written: in texts by language tag, and a
// short code for places without room.
type LevelName struct {
	Code string
	Text map[string]string
}

// Pair says that two levels of different systems correspond. It is treaty
// data: a pair that nobody verified is kept to be shown, and opens nothing.
type Pair struct {
	A, B     Level
	Verified bool
}

// Expand adds to the levels a person is cleared for those which verified
// pairs make equal. It takes one step only: a treaty with A and a treaty with
// B are not a treaty between A and B.
func (t Table) Expand(cleared []Level) []Level {
	out := maxLevels(cleared, nil)
	for _, p := range t.Pairs {
		if !p.Verified {
			continue
		}
		if p.A.Rank > 0 && rankIn(cleared, p.A.System) >= p.A.Rank {
			out = maxLevels(out, []Level{p.B})
		}
		if p.B.Rank > 0 && rankIn(cleared, p.B.System) >= p.B.Rank {
			out = maxLevels(out, []Level{p.A})
		}
	}
	return out
}

// Check says whether the marking is well formed and uses only systems,
// ranks, caveats and compartments that the table knows.
func (t Table) Check(m Marking) error {
	if err := m.Check(); err != nil {
		return err
	}
	var f fault.Fields
	for _, l := range m.Levels {
		if _, ok := t.name(l); !ok {
			f.Add("level", "marking.check.level", l.System, l.Rank)
		}
	}
	for _, c := range m.Caveats {
		if !slices.Contains(t.Caveats, c) {
			f.Add("caveat", "marking.check.caveat", c)
		}
	}
	for _, c := range m.Compartments {
		if !slices.Contains(t.Compartments, c) {
			f.Add("compartment", "marking.check.compartment", c)
		}
	}
	return f.Err()
}

func (t Table) name(l Level) (LevelName, bool) {
	for _, s := range t.Systems {
		if s.ID == l.System && l.Rank >= 1 && l.Rank <= len(s.Levels) {
			return s.Levels[l.Rank-1], true
		}
	}
	return LevelName{}, false
}

// Name gives the level's name in the language, else its code, else its id.
func (t Table) Name(l Level, lang string) string {
	n, ok := t.name(l)
	if !ok {
		return strings.ToUpper(l.System) + " " + itoa(l.Rank)
	}
	return cmp.Or(n.Text[lang], n.Code)
}

// Banner is what a page or paper shows at its head and foot.
type Banner struct {
	Text  string // the parts of the marking that bind the reader, " // " between
	Class string // style class: "level-N" of the highest rank, else "tlp-…", else "none"
}

// Banner gives the marking as a reader of the language must see it. Scope,
// names and cases are shown as the fact that they limit, never as ids.
func (t Table) Banner(m Marking, lang string) Banner {
	var parts []string
	top := 0
	for _, l := range maxLevels(m.Levels, nil) {
		parts = append(parts, strings.ToUpper(t.Name(l, lang)))
		top = max(top, l.Rank)
	}
	parts = append(parts, sorted(m.Compartments)...)
	switch ids := m.Rel.ids; {
	case m.Rel.IsEmpty():
		parts = append(parts, "REL TO NOBODY")
	case len(ids) == 1:
		parts = append(parts, ids[0]+" ONLY")
	case len(ids) > 1:
		parts = append(parts, "REL TO "+strings.Join(ids, ", "))
	}
	if m.ORCON {
		parts = append(parts, "ORCON")
	}
	parts = append(parts, sorted(m.Caveats)...)
	if !m.Scope.IsEveryone() || !m.Named.IsEveryone() || len(m.Cases) > 0 {
		parts = append(parts, "LIMITED DISTRIBUTION")
	}
	for _, s := range []string{m.TLP.String(), m.PAP.String()} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	b := Banner{Text: strings.Join(parts, " // "), Class: "none"}
	switch {
	case top > 0:
		b.Class = "level-" + itoa(top)
	case m.TLP != TLPNone:
		w := strings.TrimPrefix(m.TLP.String(), "TLP:")
		b.Class = "tlp-" + strings.ToLower(strings.ReplaceAll(w, "+", "-"))
	}
	return b
}
