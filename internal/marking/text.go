package marking

import (
	"slices"
	"strconv"
	"strings"

	"kulla.dev/internal/fault"
)

// maxText is the longest text Parse reads, in bytes.
const maxText = 16 << 10

// Text gives the canonical text: equal markings have equal text. Its parts
// stand in fixed order, separated by one space, lists in byte order:
//
//	LEVEL:eu=1,nato=2 TLP:AMBER PAP:RED REL:XA,XB CAVEAT:X COMP:Y ORCON ORIG:XA SCOPE:i NAMED:p CASE:c
//
// An axis that limits nothing is left out; "-" is a set without members.
func (m Marking) Text() string {
	var b strings.Builder
	part := func(s string) {
		if s == "" {
			return
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(s)
	}
	list := func(key string, ids []string) {
		if len(ids) > 0 {
			part(key + ":" + strings.Join(sorted(ids), ","))
		}
	}
	set := func(key string, s Set) {
		if s.IsEmpty() {
			part(key + ":-")
		}
		list(key, s.ids)
	}
	var levels []string
	for _, l := range maxLevels(m.Levels, nil) {
		levels = append(levels, l.System+"="+strconv.Itoa(l.Rank))
	}
	if len(levels) > 0 {
		part("LEVEL:" + strings.Join(levels, ","))
	}
	part(m.TLP.String())
	part(m.PAP.String())
	set("REL", m.Rel)
	list("CAVEAT", m.Caveats)
	list("COMP", m.Compartments)
	if m.ORCON {
		part("ORCON")
	}
	list("ORIG", m.Originators)
	set("SCOPE", m.Scope)
	set("NAMED", m.Named)
	list("CASE", m.Cases)
	return b.String()
}

// String gives the canonical text.
func (m Marking) String() string { return m.Text() }

// Parse reads the canonical text, its parts in any order and its lists in any
// order, TLP:WHITE as TLP:CLEAR. Everything else that is not exactly
// canonical is refused, naming the part.
func Parse(s string) (Marking, error) {
	bad := func(part string) (Marking, error) {
		return Marking{}, fault.New(fault.Invalid, "marking.parse.part", part)
	}
	if len(s) > maxText {
		return bad(s[:40] + "…")
	}
	m := Of(TLPNone)
	seen := map[string]bool{}
	for part := range strings.FieldsSeq(s) {
		key, val, hasVal := strings.Cut(part, ":")
		if seen[key] || hasVal == (key == "ORCON") {
			return bad(part)
		}
		seen[key] = true
		var err error
		ok := true
		switch key {
		case "LEVEL":
			m.Levels, ok = parseLevels(val)
		case "TLP":
			m.TLP, err = ParseTLP(val)
			ok = err == nil && val == strings.ToUpper(val) && !strings.HasPrefix(val, "TLP:")
		case "PAP":
			m.PAP, err = ParsePAP(val)
			ok = err == nil && val == strings.ToUpper(val) && !strings.HasPrefix(val, "PAP:")
		case "REL":
			m.Rel, ok = parseSet(val)
		case "CAVEAT":
			m.Caveats, ok = parseList(val)
		case "COMP":
			m.Compartments, ok = parseList(val)
		case "ORCON":
			m.ORCON = true
		case "ORIG":
			m.Originators, ok = parseList(val)
		case "SCOPE":
			m.Scope, ok = parseSet(val)
		case "NAMED":
			m.Named, ok = parseSet(val)
		case "CASE":
			m.Cases, ok = parseList(val)
		default:
			ok = false
		}
		if !ok {
			return bad(part)
		}
	}
	if len(seen) == 0 {
		return Marking{}, fault.New(fault.Invalid, "marking.check.unmarked")
	}
	return m, nil
}

// MustParse is Parse for texts written in code; it panics on a bad one.
func MustParse(s string) Marking {
	m, err := Parse(s)
	if err != nil {
		panic(err)
	}
	return m
}

func parseLevels(s string) ([]Level, bool) {
	var out []Level
	for item := range strings.SplitSeq(s, ",") {
		system, rank, _ := strings.Cut(item, "=")
		n, err := strconv.Atoi(rank)
		if err != nil || strconv.Itoa(n) != rank || n < 1 || n > MaxRank || !goodID(system) {
			return nil, false
		}
		if rankIn(out, system) > 0 {
			return nil, false
		}
		out = append(out, Level{system, n})
	}
	return maxLevels(out, nil), true
}

func parseSet(s string) (Set, bool) {
	if s == "-" {
		return Set{}, true
	}
	ids, ok := parseList(s)
	return Set{ids: ids}, ok
}

func parseList(s string) ([]string, bool) {
	ids := strings.Split(s, ",")
	if slices.ContainsFunc(ids, func(id string) bool { return !goodID(id) }) {
		return nil, false
	}
	return sorted(ids), true
}

// MarshalText gives the canonical text, so that a marking is a JSON string.
func (m Marking) MarshalText() ([]byte, error) { return []byte(m.Text()), nil }

// UnmarshalText reads what MarshalText wrote.
func (m *Marking) UnmarshalText(b []byte) error {
	got, err := Parse(string(b))
	if err == nil {
		*m = got
	}
	return err
}
