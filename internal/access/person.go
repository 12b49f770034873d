package access

import (
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"kulla.dev/internal/fault"
	"kulla.dev/internal/i18n"
	"kulla.dev/internal/marking"
)

// Person is somebody who works with the desk.
type Person struct {
	ID        string
	Name      string
	Email     string
	Phone     string
	Languages []string // first is preferred
	Members   []Membership
	Clearance Clearance
	Active    bool
	Version   int  // counts changes; Change asks for the one that was looked at
	Password  bool // has one
	Second    bool // has a confirmed second factor
	Created   time.Time
}

// Membership is one role of a person in one institution.
type Membership struct {
	Institution string
	Role        Role
	Within      []string // institutions the role reaches there; none: all it can
	Since       time.Time
}

// Institutions lists where the person has a role, in order, each once.
func (p Person) Institutions() []string {
	var out []string
	for _, m := range p.Members {
		out = append(out, m.Institution)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Roles lists the person's roles at the institution; "" for all of them.
func (p Person) Roles(institution string) []Role {
	var out []Role
	for _, m := range p.Members {
		if institution == "" || m.Institution == institution {
			out = append(out, m.Role)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Draft is what a person may be made of or changed to.
type Draft struct {
	Name      string
	Email     string
	Phone     string
	Languages []string
	Members   []Membership
	Clearance Clearance
}

// clean trims what was typed and brings lists into order.
func (in Draft) clean() Draft {
	in.Name = strings.Join(strings.Fields(in.Name), " ")
	in.Email = strings.TrimSpace(in.Email)
	in.Phone = strings.Join(strings.Fields(in.Phone), " ")
	in.Members = slices.Clone(in.Members)
	slices.SortFunc(in.Members, func(a, b Membership) int {
		return strings.Compare(a.Institution+"\x00"+string(a.Role), b.Institution+"\x00"+string(b.Role))
	})
	return in
}

// check notes every broken field of a cleaned draft.
func (in Draft) check(t marking.Table) error {
	var f fault.Fields
	text := func(name, s string, most int, needed bool) {
		switch {
		case needed && s == "":
			f.Add(name, "fault.field.required")
		case !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }):
			f.Add(name, "fault.field.text")
		case utf8.RuneCountInString(s) > most:
			f.Add(name, "fault.field.long", most)
		}
	}
	text("name", in.Name, 120, true)
	text("email", in.Email, 254, true)
	text("phone", in.Phone, 40, false)
	if in.Email != "" && !goodEmail(in.Email) {
		f.Add("email", "fault.field.email")
	}
	if in.Phone != "" && strings.Trim(in.Phone, "+0123456789 ()/-") != "" {
		f.Add("phone", "access.person.phone")
	}
	if len(in.Languages) > 10 {
		f.Add("languages", "fault.field.choice")
	}
	for _, l := range in.Languages {
		if len(l) < 2 || len(l) > 12 || strings.Trim(l, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-") != "" {
			f.Add("languages", "fault.field.choice")
		}
	}
	if len(in.Members) == 0 {
		f.Add("members", "access.person.no-role")
	}
	for i, m := range in.Members {
		if m.Institution == "" || !m.Role.Known() {
			f.Add("members", "access.person.role")
		}
		if i > 0 && in.Members[i-1].Institution == m.Institution && in.Members[i-1].Role == m.Role {
			f.Add("members", "access.person.role-twice", i18n.Key("access.role."+string(m.Role)))
		}
	}
	c := in.Clearance
	probe := marking.Of(max(c.TLP, marking.TLPClear))
	probe.Levels, probe.Compartments, probe.Caveats = c.Levels, c.Compartments, c.Barred
	probe.Rel = marking.Only(c.Nations...)
	if err := t.Check(probe); err != nil {
		f.Add("clearance", "access.person.clearance")
	}
	return f.Err()
}

// goodEmail says whether s is a bare address with a domain that has a dot.
func goodEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || a.Name != "" {
		return false
	}
	_, domain, _ := strings.Cut(s, "@")
	return strings.Contains(domain, ".") && !strings.ContainsAny(s, "\"\\ \r\n")
}

// covers says whether a person of clearance c may hand out clearance o: not
// more than they have. Bars must be kept.
func (c Clearance) covers(o Clearance) bool {
	for _, l := range o.Levels {
		if !slices.ContainsFunc(c.Levels, func(k marking.Level) bool { return k.System == l.System && k.Rank >= l.Rank }) {
			return false
		}
	}
	return o.TLP <= c.TLP && subset(o.Nations, c.Nations) && subset(o.Compartments, c.Compartments) &&
		subset(o.Cases, c.Cases) && subset(c.Barred, o.Barred)
}

func subset(a, b []string) bool {
	return !slices.ContainsFunc(a, func(s string) bool { return !slices.Contains(b, s) })
}

// acting gives the person as actor at an institution. The wall looks at the
// roles held anywhere: changing the institution does not change the person.
func (p Person) acting(kind Kind, institution string, t marking.Table) Actor {
	a := Actor{
		Kind: kind, Person: p.ID, Name: p.Name, Institution: institution,
		Roles: p.Roles(institution), Clearance: p.Clearance,
	}
	if len(p.Languages) > 0 {
		a.Lang = p.Languages[0]
	}
	a.Clearance.Levels = t.Expand(p.Clearance.Levels)
	a.Clearance.Barred = append(slices.Clone(p.Clearance.Barred), barredBy(p.Roles(""))...)
	for _, m := range p.Members {
		if m.Institution == institution && len(m.Within) > 0 {
			if a.Within == nil {
				a.Within = map[Role][]string{}
			}
			a.Within[m.Role] = m.Within
		}
	}
	return a
}
