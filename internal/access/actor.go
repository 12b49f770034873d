package access

import (
	"slices"
	"time"

	"kulla.dev/internal/fault"
	"kulla.dev/internal/marking"
)

// Role is what a person does in an institution.
type Role string

// The roles. What each may do stands in grants.txt.
const (
	Reporter      Role = "reporter"      // operator: reports incidents
	Officer       Role = "officer"       // operator: security officer, answers for the institution
	Duty          Role = "duty"          // authority: duty officer, answers reports
	Analyst       Role = "analyst"       // authority: works on incidents and figures
	Supervisor    Role = "supervisor"    // authority: supervises obligations; behind the wall
	Secretary     Role = "secretary"     // council: prepares papers
	Member        Role = "member"        // council: reads papers
	Liaison       Role = "liaison"       // shares with partners
	Auditor       Role = "auditor"       // reads what was done
	Administrator Role = "administrator" // people and settings, no content
)

// Roles lists every role in the order of grants.txt.
func Roles() []Role {
	return []Role{Reporter, Officer, Duty, Analyst, Supervisor, Secretary, Member, Liaison, Auditor, Administrator}
}

// Known says whether r is one of Roles.
func (r Role) Known() bool { return slices.Contains(Roles(), r) }

// Permission names something one may do, "room.verb". Permissions lists all.
type Permission string

// Kind says what sort of actor acts.
type Kind uint8

// The kinds of actor. The zero kind may do nothing.
const (
	KindNobody  Kind = iota
	KindPerson       // a person in a session
	KindToken        // a person's program with a token, limited to its scopes
	KindMachine      // an institution's machine with a client certificate, likewise
	KindSystem       // the desk itself: jobs and the command line
)

var kindNames = [...]string{"nobody", "person", "token", "machine", "system"}

// String gives the kind's stable word.
func (k Kind) String() string { return kindNames[k] }

// Clearance is how far a person is trusted, before roles are looked at. It
// is stored as JSON; a field left out trusts nothing.
type Clearance struct {
	Levels       []marking.Level `json:"levels,omitempty"`
	TLP          marking.TLP     `json:"tlp,omitempty"`     // highest label one is in the audience of
	Nations      []string        `json:"nations,omitempty"` // nations and partners one counts as
	Compartments []string        `json:"compartments,omitempty"`
	Cases        []string        `json:"cases,omitempty"`  // need to know
	Barred       []string        `json:"barred,omitempty"` // caveats that exclude this person
}

// Actor is who does something, acting for one institution at a time. It is a
// value made by this package (or by a test); rooms only read it.
type Actor struct {
	Kind        Kind
	Person      string            // id of the person; name of the part of the desk for KindSystem
	Name        string            // to show
	Institution string            // acting for; "" for KindSystem
	Roles       []Role            // held at Institution
	Within      map[Role][]string // institutions a role is limited to; a role not here has no limit
	Clearance   Clearance         // levels already expanded by the pack's verified pairs
	Scopes      []Permission      // the most a token, machine or system actor may do
	Session     string            // id of the session or token, for the audit trail
	Fresh       time.Time         // when identity was last proven
	Request     string            // id of the request or job, joins the audit with the log
	Lang        string            // language to answer in, "" for the visitor's
	Exercise    bool              // acts in an exercise: what it makes is marked so
}

// System gives the desk itself as an actor, limited to the permissions named.
// It reads every marking: what it reads leaves only through rules of release.
func System(part string, may ...Permission) Actor {
	return Actor{Kind: KindSystem, Person: part, Name: part, Scopes: may}
}

// Has says whether the actor holds the role at the institution acted for.
func (a Actor) Has(r Role) bool { return slices.Contains(a.Roles, r) }

// ID gives the actor's id for audit records: "system:jobs", a person's id, or
// "nobody".
func (a Actor) ID() string {
	switch {
	case a.Kind == KindSystem:
		return "system:" + a.Person
	case a.Person == "":
		return "nobody"
	}
	return a.Person
}

// Reader gives the actor as the rules of marking see it, barred by the wall
// where one of the roles stands behind it.
func (a Actor) Reader() marking.Reader {
	r := marking.Reader{
		Person:       a.Person,
		Nations:      a.Clearance.Nations,
		Levels:       a.Clearance.Levels,
		TLP:          a.Clearance.TLP,
		Compartments: a.Clearance.Compartments,
		Cases:        a.Clearance.Cases,
		Barred:       append(barredBy(a.Roles), a.Clearance.Barred...),
	}
	if a.Institution != "" {
		r.Institutions = []string{a.Institution}
	}
	return r
}

// Freshness is how long a proof of identity counts for acts that need one.
const Freshness = 10 * time.Minute

// MustBeFresh refuses an act that needs a recent proof of identity: the door
// then asks for it (Desk.StepUp) and repeats the act. Tokens and machines
// cannot prove themselves anew and are refused.
func MustBeFresh(a Actor, now time.Time) error {
	if a.Kind == KindSystem {
		return nil
	}
	if a.Kind != KindPerson || a.Fresh.IsZero() || now.Sub(a.Fresh) > Freshness {
		return fault.New(fault.Denied, "access.step-up.needed")
	}
	return nil
}
