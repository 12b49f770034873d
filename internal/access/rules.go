package access

import (
	_ "embed" // the tables of rights are data
	"fmt"
	"slices"
	"strings"
	"sync"

	"kulla.dev/internal/fault"
	"kulla.dev/internal/marking"
)

//go:embed grants.txt
var grantsText string

//go:embed wall.txt
var wallText string

// Reach says on whose objects a permission holds.
type Reach uint8

// The reaches, from none to every institution's objects.
const (
	ReachNone Reach = iota
	ReachOwn        // the institution acted for
	ReachDesk       // every institution
)

var reachNames = [...]string{"-", "own", "desk"}

// String gives the word used in grants.txt.
func (r Reach) String() string { return reachNames[r] }

// NotForSupervision is the caveat of the wall between those who help and
// those who supervise: rooms put it on voluntary and near-miss information.
const NotForSupervision = "NOT-FOR-SUPERVISION"

type table struct {
	order  []Permission
	grants map[Permission]map[Role]Reach
	wall   []wallLine
}

type wallLine struct{ verb, caveat, subject string }

// rights reads the embedded tables once. They are part of the program, so a
// mistake in them is a mistake of the program.
var rights = sync.OnceValue(func() table {
	t, err := parseRights(grantsText, wallText)
	if err != nil {
		panic(err) // unreachable: TestTablesAreSound reads the same text
	}
	return t
})

func parseRights(grants, wall string) (table, error) {
	t := table{grants: map[Permission]map[Role]Reach{}}
	var columns []Role
	for n, f := range lines(grants) {
		if f[0] == "permission" {
			for _, w := range f[1:] {
				if !Role(w).Known() {
					return t, fmt.Errorf("grants line %d: no role %q", n, w)
				}
				columns = append(columns, Role(w))
			}
			continue
		}
		p := Permission(f[0])
		if len(f) != len(columns)+1 || t.grants[p] != nil {
			return t, fmt.Errorf("grants line %d: %q must stand once, with %d columns", n, p, len(columns))
		}
		t.order = append(t.order, p)
		t.grants[p] = map[Role]Reach{}
		for i, w := range f[1:] {
			reach := slices.Index(reachNames[:], w)
			if reach < 0 {
				return t, fmt.Errorf("grants line %d: no reach %q", n, w)
			}
			t.grants[p][columns[i]] = Reach(reach)
		}
	}
	for n, f := range lines(wall) {
		if len(f) != 3 {
			return t, fmt.Errorf("wall line %d: want three words", n)
		}
		w := wallLine{f[0], f[1], f[2]}
		switch {
		case w.verb == "read" && Role(w.subject).Known():
		case w.verb == "use" && t.grants[Permission(w.subject)] != nil:
		default:
			return t, fmt.Errorf("wall line %d: cannot read %q", n, strings.Join(f, " "))
		}
		t.wall = append(t.wall, w)
	}
	return t, nil
}

// lines yields line number and words of each line that says something.
func lines(text string) func(func(int, []string) bool) {
	return func(yield func(int, []string) bool) {
		n := 0
		for line := range strings.Lines(text) {
			n++
			f := strings.Fields(line)
			if len(f) == 0 || strings.HasPrefix(f[0], "#") {
				continue
			}
			if !yield(n, f) {
				return
			}
		}
	}
}

// Permissions lists every permission in the order of grants.txt.
func Permissions() []Permission { return slices.Clone(rights().order) }

// ReachOf gives how far the actor's roles carry the permission. A permission
// no table knows is granted to nobody.
func ReachOf(a Actor, p Permission) Reach {
	reach, _ := span(a, p)
	return reach
}

// needsPerson says whether only a person can do it: managing people, tokens
// and roles asks for a proof of identity no program can give.
func needsPerson(p Permission) bool {
	return strings.HasPrefix(string(p), "access.") || strings.HasPrefix(string(p), "role.")
}

// span gives the reach of a permission and the institutions it is limited to;
// ReachDesk without any is every institution.
func span(a Actor, p Permission) (Reach, []string) {
	by, known := rights().grants[p]
	if !known {
		return ReachNone, nil
	}
	switch a.Kind {
	case KindSystem:
		if slices.Contains(a.Scopes, p) {
			return ReachDesk, nil
		}
		return ReachNone, nil
	case KindToken, KindMachine:
		if !slices.Contains(a.Scopes, p) || needsPerson(p) {
			return ReachNone, nil
		}
	case KindPerson:
	default: // KindNobody and what does not exist
		return ReachNone, nil
	}
	reach := ReachNone
	var limits []string
	for _, r := range a.Roles {
		if by[r] == ReachDesk {
			if len(a.Within[r]) == 0 {
				return ReachDesk, nil
			}
			limits = append(limits, a.Within[r]...)
		}
		reach = max(reach, by[r])
	}
	switch {
	case reach == ReachOwn && a.Institution != "":
		limits = []string{a.Institution}
	case reach == ReachOwn:
		return ReachNone, nil
	case reach == ReachDesk && a.Institution != "":
		limits = append(limits, a.Institution)
	}
	return reach, limits
}

// May says whether the actor may do this at all, on some object. It gives nil
// or a Denied fault.
func May(a Actor, p Permission) error {
	if ReachOf(a, p) == ReachNone {
		return fault.New(fault.Denied, "access.may.denied")
	}
	return nil
}

// Object is what MayOn must know of the thing acted on.
type Object struct {
	Owner   string   // institution it belongs to
	Parties []string // further institutions it concerns as if it were theirs
	Mark    marking.Marking
}

// MayOn says whether the actor may do this to the object. An object that the
// actor may not even know of gives NotFound; one that may be read but not so
// acted on gives Denied. Reading is judged by the "read" permission of the
// same room, if it has one.
func MayOn(a Actor, p Permission, o Object) error {
	if !knows(a, p, o) {
		return fault.New(fault.NotFound, "access.may.not-found")
	}
	if !within(a, p, o) {
		return fault.New(fault.Denied, "access.may.denied")
	}
	for _, w := range rights().wall {
		if w.verb == "use" && w.subject == string(p) && slices.Contains(o.Mark.Caveats, w.caveat) {
			return fault.New(fault.Denied, "access.may.wall")
		}
	}
	return nil
}

// knows says whether the actor may know that the object exists.
func knows(a Actor, p Permission, o Object) bool {
	if a.Kind != KindSystem && !marking.MayRead(a.Reader(), o.Mark) {
		return false
	}
	room, _, _ := strings.Cut(string(p), ".")
	read := Permission(room + ".read")
	if rights().grants[read] == nil {
		read = p
	}
	return within(a, read, o) || within(a, p, o)
}

// within says whether the permission reaches the object.
func within(a Actor, p Permission, o Object) bool {
	reach, limits := span(a, p)
	if reach == ReachNone || reach == ReachDesk && limits == nil {
		return reach != ReachNone
	}
	return slices.ContainsFunc(append([]string{o.Owner}, o.Parties...), func(id string) bool {
		return id != "" && slices.Contains(limits, id)
	})
}

// barredBy gives the caveats that the wall puts between the roles and what
// they would read.
func barredBy(roles []Role) []string {
	var out []string
	for _, w := range rights().wall {
		if w.verb == "read" && slices.Contains(roles, Role(w.subject)) {
			out = append(out, w.caveat)
		}
	}
	return out
}

// MayGrant says whether the actor may give or take the role at the institution.
func MayGrant(a Actor, r Role, institution string) error {
	p := Permission("role." + string(r))
	if !within(a, p, Object{Owner: institution}) {
		return fault.New(fault.Denied, "access.grant.denied")
	}
	return nil
}
