package access

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"kulla.dev/internal/fault"
	"kulla.dev/internal/i18n"
	"kulla.dev/internal/marking"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestTablesAreSound(t *testing.T) {
	table, err := parseRights(grantsText, wallText)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range Roles() {
		if table.grants[Permission("role."+string(r))] == nil {
			t.Errorf("nobody can give the role %s", r)
		}
		if table.grants["access.self"][r] == ReachNone {
			t.Errorf("%s cannot change their own password", r)
		}
	}
	for _, c := range []struct{ name, grants, wall string }{
		{"unknown role", "permission boss", ""},
		{"too few columns", "permission duty analyst\nincident.read own", ""},
		{"unknown reach", "permission duty\nincident.read all", ""},
		{"twice", "permission duty\na.b own\na.b own", ""},
		{"wall of an unknown role", "permission duty\na.b own", "read X boss"},
		{"wall of an unknown permission", "permission duty\na.b own", "use X a.c"},
		{"wall with an unknown verb", "permission duty\na.b own", "hide X duty"},
	} {
		if _, err := parseRights(c.grants, c.wall); err == nil {
			t.Errorf("%s: accepted", c.name)
		}
	}
}

func TestEveryRoleAndScopeHasAName(t *testing.T) {
	words := i18n.Embedded()
	for _, lang := range []string{"en", "sq"} {
		name := func(key string) {
			if !words.Has(i18n.Lang(lang), key) {
				t.Errorf("%s has no %s", lang, key)
			}
		}
		for _, r := range Roles() {
			name("access.role." + string(r))
		}
		for _, p := range TokenScopes(Actor{Kind: KindPerson, Institution: "i", Roles: Roles()}) {
			name(p.Key())
		}
	}
}

// TestRightsGolden prints who may what, role by role, for reviewers to see
// every change.
func TestRightsGolden(t *testing.T) {
	var b strings.Builder
	for _, r := range Roles() {
		fmt.Fprintf(&b, "%s\n", r)
		a := Actor{Kind: KindPerson, Person: "p", Institution: "i", Roles: []Role{r}}
		for _, p := range Permissions() {
			if reach := ReachOf(a, p); reach != ReachNone {
				fmt.Fprintf(&b, "  %-20s %s\n", p, reach)
			}
		}
		for _, c := range a.Reader().Barred {
			fmt.Fprintf(&b, "  never reads          %s\n", c)
		}
	}
	const file = "testdata/rights.golden"
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := b.String(); got != string(want) {
		t.Errorf("rights changed; look at the difference, then run with -update:\n%s", got)
	}
}

func at(institution string, roles ...Role) Actor {
	return Actor{Kind: KindPerson, Person: "p-" + institution, Institution: institution, Roles: roles,
		Clearance: Clearance{TLP: marking.TLPRed, Nations: []string{"XA"}}}
}

func TestMayIsDeniedByDefault(t *testing.T) {
	everything := Permissions()
	for _, a := range []Actor{
		{}, {Kind: KindPerson}, {Kind: KindPerson, Roles: []Role{"boss"}}, {Kind: KindToken, Roles: Roles()},
		{Kind: KindSystem, Roles: Roles()}, {Kind: 99, Roles: Roles(), Scopes: everything},
		{Roles: Roles(), Scopes: everything},
	} {
		for _, p := range everything {
			if err := May(a, p); !fault.Is(err, fault.Denied) {
				t.Errorf("%+v may %s: %v", a, p, err)
			}
		}
	}
	for _, p := range []Permission{"", "incident", "incident.", "incident.destroy", "INCIDENT.READ"} {
		if May(at("a", Roles()...), p) == nil {
			t.Errorf("unlisted %q is allowed", p)
		}
	}
}

func TestTokenIsLimitedToScopesAndRoles(t *testing.T) {
	a := at("op", Reporter)
	a.Kind, a.Scopes = KindToken, []Permission{"incident.submit", "incident.answer"}
	if err := May(a, "incident.submit"); err != nil {
		t.Error(err)
	}
	if May(a, "incident.read") == nil {
		t.Error("a permission outside the scopes")
	}
	if May(a, "incident.answer") == nil {
		t.Error("a scope gave more than the role")
	}
}

func TestMayOn(t *testing.T) {
	amber := marking.MustParse("TLP:AMBER")
	walled := marking.MustParse("TLP:AMBER CAVEAT:" + NotForSupervision)
	classified := marking.MustParse("LEVEL:xa=1 TLP:AMBER")
	limited := at("auth", Duty)
	limited.Within = map[Role][]string{Duty: {"op-1"}}
	for _, c := range []struct {
		name string
		a    Actor
		p    Permission
		o    Object
		want fault.Kind // Internal: allowed
	}{
		{"own report", at("op-1", Reporter), "incident.read", Object{Owner: "op-1", Mark: amber}, fault.Internal},
		{"another's report does not exist", at("op-1", Reporter), "incident.read", Object{Owner: "op-2", Mark: amber}, fault.NotFound},
		{"a report that concerns one", at("op-1", Reporter), "incident.read", Object{Owner: "op-2", Parties: []string{"op-1"}, Mark: amber}, fault.Internal},
		{"readable, not answerable", at("op-1", Reporter), "incident.answer", Object{Owner: "op-1", Mark: amber}, fault.Denied},
		{"unreadable is not even denied", at("op-1", Reporter), "incident.answer", Object{Owner: "op-2", Mark: amber}, fault.NotFound},
		{"duty officer reads all", at("auth", Duty), "incident.read", Object{Owner: "op-2", Mark: amber}, fault.Internal},
		{"duty officer without the level", at("auth", Duty), "incident.read", Object{Owner: "op-2", Mark: classified}, fault.NotFound},
		{"limited duty officer inside", limited, "incident.read", Object{Owner: "op-1", Mark: amber}, fault.Internal},
		{"limited duty officer outside", limited, "incident.read", Object{Owner: "op-2", Mark: amber}, fault.NotFound},
		{"administrator reads no content", at("auth", Administrator), "incident.read", Object{Owner: "op-1", Mark: amber}, fault.NotFound},
		{"supervisor reads what had to be reported", at("auth", Supervisor), "incident.read", Object{Owner: "op-1", Mark: amber}, fault.Internal},
		{"supervisor acts on it", at("auth", Supervisor), "incident.enforce", Object{Owner: "op-1", Mark: amber}, fault.Internal},
		{"supervisor behind the wall", at("auth", Supervisor), "incident.read", Object{Owner: "op-1", Mark: walled}, fault.NotFound},
		{"a second role does not open the wall", at("auth", Supervisor, Duty, Analyst), "incident.read", Object{Owner: "op-1", Mark: walled}, fault.NotFound},
		{"the notifier reads it", at("op-1", Reporter), "incident.read", Object{Owner: "op-1", Mark: walled}, fault.Internal},
		{"the helper reads it", at("auth", Duty), "incident.answer", Object{Owner: "op-1", Mark: walled}, fault.Internal},
		{"the desk itself may not use it", System("x", "incident.enforce"), "incident.enforce", Object{Owner: "op-1", Mark: walled}, fault.Denied},
		{"the desk itself reads", System("x", "incident.read"), "incident.read", Object{Owner: "op-1", Mark: classified}, fault.Internal},
		{"the desk itself only what it was made for", System("x", "incident.read"), "incident.answer", Object{Owner: "op-1", Mark: amber}, fault.Denied},
		{"unmarked is nobody's", at("auth", Duty), "incident.read", Object{Owner: "op-1"}, fault.NotFound},
		{"no owner is not one's own", at("", Reporter), "incident.read", Object{Mark: amber}, fault.NotFound},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := MayOn(c.a, c.p, c.o)
			if c.want == fault.Internal {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			if !fault.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}

// The wall follows the person, not the institution acted for, and it follows
// the information into whatever is made of it.
func TestWallFollows(t *testing.T) {
	p := Person{ID: "p", Active: true, Clearance: Clearance{TLP: marking.TLPRed}, Members: []Membership{
		{Institution: "csirt", Role: Duty}, {Institution: "regulator", Role: Supervisor},
	}}
	walled := marking.MustParse("TLP:GREEN CAVEAT:" + NotForSupervision)
	derived := marking.Combine(marking.MustParse("TLP:CLEAR"), walled)
	for _, m := range []marking.Marking{walled, derived} {
		if MayOn(p.acting(KindPerson, "csirt", marking.Table{}), "incident.read", Object{Owner: "op", Mark: m}) == nil {
			t.Errorf("a supervisor read %s by acting for another institution", m)
		}
	}
	p.Members = p.Members[:1]
	if err := MayOn(p.acting(KindPerson, "csirt", marking.Table{}), "incident.read", Object{Owner: "op", Mark: derived}); err != nil {
		t.Errorf("a duty officer who does not supervise: %v", err)
	}
}

func TestRolesOfOneInstitutionDoNotReachAnother(t *testing.T) {
	p := Person{ID: "p", Members: []Membership{{Institution: "a", Role: Officer}, {Institution: "b", Role: Reporter}}}
	a := p.acting(KindPerson, "b", marking.Table{})
	if !slices.Equal(a.Roles, []Role{Reporter}) {
		t.Errorf("acting for b with %v", a.Roles)
	}
	if MayGrant(a, Reporter, "a") == nil || MayGrant(a, Reporter, "b") == nil {
		t.Error("a reporter gives roles")
	}
	if a := p.acting(KindPerson, "a", marking.Table{}); MayGrant(a, Reporter, "a") != nil ||
		MayGrant(a, Reporter, "b") == nil || MayGrant(a, Duty, "a") == nil || MayGrant(a, Administrator, "a") == nil {
		t.Error("a security officer gives operator roles in the own institution, and nothing else")
	}
}

// A limit binds its own role: another role without limits does not lift it.
func TestLimitsBindTheirRole(t *testing.T) {
	p := Person{ID: "p", Clearance: Clearance{TLP: marking.TLPRed}, Members: []Membership{
		{Institution: "a", Role: Analyst}, {Institution: "a", Role: Duty, Within: []string{"x"}},
	}}
	a := p.acting(KindPerson, "a", marking.Table{})
	inside, outside := Object{Owner: "x", Mark: marking.Public()}, Object{Owner: "y", Mark: marking.Public()}
	if MayOn(a, "incident.answer", inside) != nil || MayOn(a, "incident.read", outside) != nil {
		t.Error("refused what a role gives")
	}
	if err := MayOn(a, "incident.answer", outside); !fault.Is(err, fault.Denied) {
		t.Errorf("answered outside the limits: %v", err)
	}
}

func TestMustBeFresh(t *testing.T) {
	now := time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		a  Actor
		ok bool
	}{
		{Actor{Kind: KindPerson, Fresh: now.Add(-Freshness)}, true},
		{Actor{Kind: KindPerson, Fresh: now.Add(-Freshness - time.Second)}, false},
		{Actor{Kind: KindPerson}, false},
		{Actor{Kind: KindToken, Fresh: now}, false},
		{System("x"), true},
		{Actor{}, false},
	} {
		if got := MustBeFresh(c.a, now) == nil; got != c.ok {
			t.Errorf("%+v: %v", c.a, got)
		}
	}
}
