package registry

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"kulla.dev/internal/country"
	"kulla.dev/internal/fault"
)

// The most of everything one record may hold.
const (
	maxName = 300
	maxText = 4000
	maxList = 2000
)

// checker notes every broken field of one record.
type checker struct {
	fault.Fields
	d *Desk
}

// pairs yields each index of a list in the order of f, with the index before
// it, -1 for the first.
func pairs[T any](s []T, f func(a, b T) int) func(func(i, before int) bool) {
	return func(yield func(i, before int) bool) {
		order := make([]int, len(s))
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(a, b int) int { return f(s[a], s[b]) })
		before := -1
		for _, i := range order {
			if !yield(i, before) {
				return
			}
			before = i
		}
	}
}

// check judges a tidy record and gives every broken field at once; names
// are paths as in its JSON: "services.2.name".
func (d *Desk) check(r Record, self ID) fault.Fields {
	c := &checker{d: d}
	c.names(r)
	c.text("kind", r.Kind, maxName)
	c.texts("role", r.Role)
	c.text("note", r.Note, maxText)
	c.sector("sector", r.Sector)
	if len(r.Country) != 2 || strings.Trim(r.Country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		c.Add("country", "registry.check.country")
	}
	if len(r.TaxID) > 40 || strings.Trim(r.TaxID, alnum) != "" {
		c.Add("tax_id", "registry.check.tax-id")
	}
	if r.LEI != "" && !goodLEI(r.LEI) {
		c.Add("lei", "registry.check.lei")
	}
	for _, x := range []struct {
		name string
		id   ID
	}{{"authority", r.Authority}, {"successor", r.Successor}} {
		if x.id != "" && (!ValidID(string(x.id)) || x.id == self) {
			c.Add(x.name, "registry.check.other")
		}
	}
	c.days("since", "until", r.Since, r.Until)
	if r.Zone != "" {
		if _, err := time.LoadLocation(r.Zone); err != nil {
			c.Add("zone", "registry.check.zone")
		}
	}
	if err := d.Access.Table().Check(r.Mark); err != nil {
		c.Add("mark", "registry.check.mark")
	}
	c.kinds(r)
	c.held(r)
	c.contacts(r)
	return c.Fields
}

const alnum = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

func (c *checker) names(r Record) {
	if len(r.Names) == 0 {
		c.Add("names", "fault.field.required")
	}
	c.count("names", len(r.Names))
	for i, b := range pairs(r.Names, byName) {
		n := r.Names[i]
		at := path("names", i)
		c.texts(at+".text", n.Text)
		c.texts(at+".short", n.Short)
		c.days(at+".from", at+".to", n.From, n.To)
		if b >= 0 && (n.From == r.Names[b].From || r.Names[b].To != "" && n.From <= r.Names[b].To) {
			c.Add(at+".from", "registry.check.overlap")
		}
	}
}

func (c *checker) kinds(r Record) {
	c.count("kinds", len(r.Kinds))
	known := func(id string) bool {
		return slices.ContainsFunc(c.d.Pack.EntityKinds, func(t country.Term) bool { return t.ID == id })
	}
	for i, b := range pairs(r.Kinds, byKind) {
		k := r.Kinds[i]
		if !known(k.ID) {
			c.Add(path("kinds", i)+".id", "registry.check.kind", short(k.ID))
		}
		if b >= 0 && r.Kinds[b].ID == k.ID && (r.Kinds[b].To == "" || k.From <= r.Kinds[b].To) {
			c.Add(path("kinds", i)+".id", "registry.check.twice", k.ID)
		}
		c.days(path("kinds", i)+".from", path("kinds", i)+".to", k.From, k.To)
	}
	c.count("attributes", len(r.Attributes))
	for i, b := range pairs(r.Attributes, byAttribute) {
		a := r.Attributes[i]
		at := path("attributes", i)
		if a.Name == "" || strings.Trim(a.Name, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			c.Add(at+".name", "fault.field.choice")
		}
		if (a.Number == nil) == (a.Yes == nil) {
			c.Add(at+".number", "fault.field.required")
		}
		if a.Number != nil && (math.IsNaN(*a.Number) || math.IsInf(*a.Number, 0) || *a.Number < 0) {
			c.Add(at+".number", "fault.field.number")
		}
		if b >= 0 && r.Attributes[b].Name == a.Name && r.Attributes[b].AsOf == a.AsOf {
			c.Add(at+".as_of", "registry.check.twice", a.Name)
		}
		if !a.AsOf.valid() {
			c.Add(at+".as_of", "registry.check.day")
		}
		c.text(at+".source", a.Source, maxName)
	}
}

func (c *checker) held(r Record) {
	c.count("infrastructures", len(r.Infrastructures))
	seen := map[string]bool{}
	for i, in := range r.Infrastructures {
		at := path("infrastructures", i)
		c.id(at+".id", in.ID, seen)
		c.texts(at+".name", in.Name)
		c.sector(at+".sector", in.Sector)
		c.count(at+".classes", len(in.Classes))
		for j, b := range pairs(in.Classes, byClass) {
			k := in.Classes[j]
			p := path(at+".classes", j)
			if _, ok := c.d.ranks[k.Class]; !ok {
				c.Add(p+".class", "registry.check.class", short(k.Class))
			}
			c.days(p+".from", p+".to", k.From, k.To)
			c.text(p+".act", k.Act, maxName)
			c.text(p+".reason", k.Reason, maxText)
			if b >= 0 && (in.Classes[b].To == "" || k.From <= in.Classes[b].To) {
				c.Add(p+".from", "registry.check.overlap")
			}
		}
	}
	c.services(r, seen)
	c.count("networks", len(r.Networks))
	for i, b := range pairs(r.Networks, byNetwork) {
		n := r.Networks[i]
		at := path("networks", i)
		if _, ok := ParseNetwork(n.Value); !ok {
			c.Add(at+".value", "registry.check.network", short(n.Value))
		}
		c.holding(at, n.From, n.To, n.Proof, n.Proven)
		if b >= 0 && r.Networks[b].Value == n.Value && (r.Networks[b].To == "" || n.From <= r.Networks[b].To) {
			c.Add(at+".value", "registry.check.twice", n.Value)
		}
	}
	c.count("domains", len(r.Domains))
	for i, b := range pairs(r.Domains, byDomain) {
		n := r.Domains[i]
		at := path("domains", i)
		if _, ok := ParseDomain(n.Value); !ok {
			c.Add(at+".value", "registry.check.domain", short(n.Value))
		}
		c.holding(at, n.From, n.To, n.Proof, n.Proven)
		if b >= 0 && r.Domains[b].Value == n.Value && (r.Domains[b].To == "" || n.From <= r.Domains[b].To) {
			c.Add(at+".value", "registry.check.twice", n.Value)
		}
	}
}

func (c *checker) services(r Record, infra map[string]bool) {
	c.count("services", len(r.Services))
	seen := map[string]bool{}
	for i, s := range r.Services {
		at := path("services", i)
		c.id(at+".id", string(s.ID), seen)
		if len(s.Name) == 0 {
			c.Add(at+".name", "fault.field.required")
		}
		c.texts(at+".name", s.Name)
		c.text(at+".area", s.Area, maxName)
		c.sector(at+".sector", s.Sector)
		c.days(at+".from", at+".to", s.From, s.To)
		if s.Users < 0 {
			c.Add(at+".users", "fault.field.number")
		}
		if s.Infrastructure != "" && !infra[s.Infrastructure] {
			c.Add(at+".infrastructure", "fault.field.choice")
		}
		c.count(at+".needs", len(s.Needs))
		needs := map[string]bool{}
		for j, n := range s.Needs {
			c.need(path(at+".needs", j), s.ID, n, needs)
		}
	}
}

func (c *checker) need(at string, of ServiceID, n Need, seen map[string]bool) {
	c.id(at+".id", n.ID, seen)
	c.count(at+".of", len(n.Of))
	if n.K < 1 || n.K > len(n.Of) {
		c.Add(at+".k", "registry.check.k", len(n.Of))
	}
	for i, s := range n.Of {
		if !ValidID(string(s)) || s == of || slices.Contains(n.Of[:i], s) {
			c.Add(path(at+".of", i), "registry.check.need")
		}
	}
	for name, v := range map[string]float64{".buffer": n.Buffer, ".restart": n.Restart} {
		if math.IsNaN(v) || v < 0 || v > 24*366*10 {
			c.Add(at+name, "fault.field.number")
		}
	}
	if n.Evidence != "" && (len(n.Evidence) != 2 || n.Evidence[0] < 'A' || n.Evidence[0] > 'F' || n.Evidence[1] < '1' || n.Evidence[1] > '6') {
		c.Add(at+".evidence", "registry.check.evidence")
	}
	c.text(at+".declared_by", n.DeclaredBy, maxName)
	if !n.Verified.valid() {
		c.Add(at+".verified", "registry.check.day")
	}
}

func (c *checker) contacts(r Record) {
	c.count("contacts", len(r.Contacts))
	seen := map[string]bool{}
	for i, k := range r.Contacts {
		at := path("contacts", i)
		c.id(at+".id", k.ID, seen)
		if k.Name == "" {
			c.Add(at+".name", "fault.field.required")
		}
		c.text(at+".name", k.Name, maxName)
		c.text(at+".note", k.Note, maxText)
		if k.Mail == "" && k.Phone == "" {
			c.Add(at+".mail", "registry.check.reach")
		}
		if k.Mail != "" && !goodMail(k.Mail) {
			c.Add(at+".mail", "fault.field.email")
		}
		if k.Phone != "" && !goodPhone(k.Phone) {
			c.Add(at+".phone", "registry.check.phone")
		}
		for j, role := range k.Roles {
			if !slices.Contains(ContactRoles(), role) || slices.Contains(k.Roles[:j], role) {
				c.Add(at+".roles", "fault.field.choice")
			}
		}
		for _, l := range k.Languages {
			if l == "" || len(l) > 35 || strings.Trim(l, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != "" {
				c.Add(at+".languages", "registry.check.language")
			}
		}
		if k.Key != "" && (len(k.Key) != 40 && len(k.Key) != 64 || strings.Trim(k.Key, "0123456789ABCDEF") != "") {
			c.Add(at+".key", "registry.check.key")
		}
	}
}

func (c *checker) holding(at string, from, to Day, p Proof, proven Day) {
	c.days(at+".from", at+".to", from, to)
	switch p {
	case ProofClaimed, ProofRegistry, ProofShown, ProofDisputed:
	default:
		c.Add(at+".proof", "fault.field.choice")
	}
	if !proven.valid() {
		c.Add(at+".proven", "registry.check.day")
	}
}

func path(list string, i int) string { return list + "." + strconv.Itoa(i) }

// short cuts what was typed to what fits into a sentence.
func short(s string) string {
	if r := []rune(strings.ToValidUTF8(s, "?")); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return strings.ToValidUTF8(s, "?")
}

func (c *checker) text(name, s string, most int) {
	switch {
	case !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' && r != '\r' || r == 0x7f }):
		c.Add(name, "fault.field.text")
	case utf8.RuneCountInString(s) > most:
		c.Add(name, "fault.field.long", most)
	}
}

func (c *checker) texts(name string, t country.Text) {
	for l, s := range t {
		if l == "" || len(l) > 35 || strings.Trim(l, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != "" {
			c.Add(name, "registry.check.language")
		}
		c.text(name+"."+l, s, maxName)
	}
}

func (c *checker) id(name, id string, seen map[string]bool) {
	if !ValidID(id) {
		c.Add(name, "registry.check.id")
	} else if seen[id] {
		c.Add(name, "registry.check.twice", id)
	}
	seen[id] = true
}

func (c *checker) count(name string, n int) {
	if n > maxList {
		c.Add(name, "registry.check.many", maxList)
	}
}

func (c *checker) days(fromName, toName string, from, to Day) {
	if !from.valid() {
		c.Add(fromName, "registry.check.day")
	}
	if !to.valid() {
		c.Add(toName, "registry.check.day")
	}
	if from != "" && to != "" && to < from {
		c.Add(toName, "registry.check.order")
	}
}

func (c *checker) sector(name string, s Coded) {
	if s.Code == "" || s.Scheme != c.d.Pack.ID+".sectors" {
		return // of another scheme: kept as it came
	}
	if _, ok := c.d.parents[s.Code]; !ok {
		c.Add(name, "registry.check.sector", short(s.Code))
	}
}

// goodLEI checks form and check digits of ISO 17442 (ISO 7064 MOD 97-10).
func goodLEI(s string) bool {
	if len(s) != 20 || strings.Trim(s, alnum) != "" {
		return false
	}
	rest := 0
	for _, r := range s {
		if r <= '9' {
			rest = (rest*10 + int(r-'0')) % 97
		} else {
			rest = (rest*100 + int(r-'A') + 10) % 97
		}
	}
	return rest == 1
}

// goodMail says whether s is one plain address.
func goodMail(s string) bool {
	local, host, ok := strings.Cut(s, "@")
	if !ok || local == "" || len(s) > 254 || strings.ContainsAny(s, " \t\r\n<>(),;:\"\\[]") || strings.Contains(host, "@") {
		return false
	}
	_, ok = ParseDomain(host)
	return ok && utf8.ValidString(s)
}

// goodPhone says whether s has at least five digits and nothing a telephone
// does not know.
func goodPhone(s string) bool {
	digits := 0
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case !strings.ContainsRune("+ -()/.x", r):
			return false
		}
	}
	return digits >= 3 && digits <= 20
}

// String writes a change for logs.
func (c Change) String() string { return fmt.Sprintf("%s: %s → %s", c.Field, c.Before, c.After) }
