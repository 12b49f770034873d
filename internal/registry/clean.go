package registry

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/idna"

	"kulla.dev/internal/country"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/i18n"
	"kulla.dev/internal/marking"
)

// words trims a text and leaves one space between words.
func words(s string) string { return strings.Join(strings.Fields(s), " ") }

// long trims a text of several lines and gives it one kind of line end.
func long(s string) string {
	if strings.IndexByte(s, '\r') >= 0 {
		s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	}
	return strings.TrimSpace(s)
}

func texts(t country.Text) country.Text {
	out := country.Text{}
	for l, s := range t {
		if s = words(s); s != "" {
			out[strings.TrimSpace(l)] = s
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// prepare gives the record in its one written form, and what is wrong with
// it: paths of broken fields count as the record came.
func (d *Desk) prepare(r Record, self ID, newID func() string) (Record, fault.Fields) {
	r = d.tidy(r, newID)
	f := d.check(r, self)
	return arrange(r), f
}

// clean gives the record in its one written form, in which records that say
// the same are equal to the byte. It does not judge.
func (d *Desk) clean(r Record, newID func() string) Record { return arrange(d.tidy(r, newID)) }

// arrange brings every list of a tidy record into its order.
func arrange(r Record) Record {
	slices.SortStableFunc(r.Names, byName)
	slices.SortStableFunc(r.Kinds, byKind)
	slices.SortStableFunc(r.Attributes, byAttribute)
	slices.SortStableFunc(r.Infrastructures, func(a, b Infrastructure) int { return cmp.Compare(a.ID, b.ID) })
	for i := range r.Infrastructures {
		slices.SortStableFunc(r.Infrastructures[i].Classes, byClass)
	}
	slices.SortStableFunc(r.Services, func(a, b Service) int { return cmp.Compare(a.ID, b.ID) })
	for i := range r.Services {
		slices.SortStableFunc(r.Services[i].Needs, func(a, b Need) int { return cmp.Compare(a.ID, b.ID) })
		for j := range r.Services[i].Needs {
			slices.Sort(r.Services[i].Needs[j].Of)
		}
	}
	slices.SortStableFunc(r.Networks, byNetwork)
	slices.SortStableFunc(r.Domains, byDomain)
	slices.SortStableFunc(r.Contacts, func(a, b Contact) int { return cmp.Compare(a.ID, b.ID) })
	for i := range r.Contacts {
		slices.Sort(r.Contacts[i].Roles)
	}
	return r
}

func byName(a, b Name) int { return cmp.Compare(a.From, b.From) }
func byKind(a, b Kind) int { return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.From, b.From)) }
func byAttribute(a, b Attribute) int {
	return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.AsOf, b.AsOf))
}
func byClass(a, b ClassSpan) int { return cmp.Compare(a.From, b.From) }
func byNetwork(a, b Network) int {
	return cmp.Or(cmp.Compare(a.Value, b.Value), cmp.Compare(a.From, b.From))
}
func byDomain(a, b Domain) int {
	return cmp.Or(cmp.Compare(a.Value, b.Value), cmp.Compare(a.From, b.From))
}

// tidy trims texts, makes values canonical and gives new things ids by newID,
// leaving lists in the order they came.
func (d *Desk) tidy(r Record, newID func() string) Record {
	r.Names = slices.Clone(r.Names)
	for i := range r.Names {
		r.Names[i].Text, r.Names[i].Short = texts(r.Names[i].Text), texts(r.Names[i].Short)
	}
	r.Names = slices.DeleteFunc(r.Names, func(n Name) bool { return n.Text == nil })
	r.Kind, r.Role, r.Note = words(r.Kind), texts(r.Role), long(r.Note)
	r.Sector = d.coded(r.Sector)
	r.Country = strings.ToUpper(words(r.Country))
	if r.Country == "" {
		r.Country = d.Pack.Code
	}
	r.TaxID, r.LEI = taxID(r.TaxID), strings.ToUpper(taxID(r.LEI))
	r.Zone = words(r.Zone)
	if len(r.Mark.Text()) == 0 || r.Mark.Equal(marking.Marking{}) {
		r.Mark = marking.Of(marking.TLPAmber)
	}
	r.Kinds = copied(r.Kinds)
	r.Attributes = copied(r.Attributes)
	d.cleanHeld(&r, newID)
	r.Contacts = copied(r.Contacts)
	for i := range r.Contacts {
		c := &r.Contacts[i]
		if c.ID == "" {
			c.ID = newID()
		}
		c.Name, c.Phone, c.Mail, c.Note = words(c.Name), words(c.Phone), strings.TrimSpace(c.Mail), long(c.Note)
		c.Key = strings.ToUpper(strings.ReplaceAll(c.Key, " ", ""))
		c.Roles = copied(c.Roles)
		if len(c.Languages) == 0 {
			c.Languages = nil
		}
	}
	return r
}

func (d *Desk) cleanHeld(r *Record, newID func() string) {
	r.Infrastructures = copied(r.Infrastructures)
	for i := range r.Infrastructures {
		in := &r.Infrastructures[i]
		if in.ID == "" && i == 0 {
			in.ID = mainID
		} else if in.ID == "" {
			in.ID = newID()
		}
		in.Name, in.Sector = texts(in.Name), d.coded(in.Sector)
		in.Classes = copied(in.Classes)
		for j := range in.Classes {
			in.Classes[j].Act, in.Classes[j].Reason = words(in.Classes[j].Act), long(in.Classes[j].Reason)
		}
	}
	r.Services = copied(r.Services)
	for i := range r.Services {
		s := &r.Services[i]
		if s.ID == "" {
			s.ID = ServiceID(newID())
		}
		s.Name, s.Area, s.Sector = texts(s.Name), words(s.Area), d.coded(s.Sector)
		s.Needs = copied(s.Needs)
		for j := range s.Needs {
			n := &s.Needs[j]
			if n.ID == "" {
				n.ID = newID()
			}
			n.Of = copied(n.Of)
			n.Evidence, n.DeclaredBy = strings.ToUpper(words(n.Evidence)), words(n.DeclaredBy)
		}
	}
	r.Networks = copied(r.Networks)
	for i := range r.Networks {
		n := &r.Networks[i]
		if v, ok := ParseNetwork(n.Value); ok {
			n.Value = v
		}
		n.Proof = cmp.Or(n.Proof, ProofClaimed)
	}
	r.Domains = copied(r.Domains)
	for i := range r.Domains {
		n := &r.Domains[i]
		if v, ok := ParseDomain(n.Value); ok {
			n.Value = v
		}
		n.Proof = cmp.Or(n.Proof, ProofClaimed)
	}
}

// mainID is the infrastructure that is meant when none is named.
const mainID = "main"

// copied copies a list, nil for an empty one.
func copied[T any](s []T) []T {
	if len(s) == 0 {
		return nil
	}
	return slices.Clone(s)
}

// coded completes a bare code of the pack's sectors with scheme and version.
func (d *Desk) coded(c Coded) Coded {
	c.Code = words(c.Code)
	if c.Code == "" {
		return Coded{}
	}
	if c.Scheme == "" {
		c.Scheme = d.Pack.ID + ".sectors"
	}
	if c.Version == "" {
		c.Version = d.Pack.Version
	}
	return c
}

// taxID leaves letters and digits, upper case.
func taxID(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		case r == ' ', r == '-', r == '.', r == '/', r == '\u00a0':
			return -1
		}
		return r
	}, strings.TrimSpace(s))
}

// ParseNetwork reads an IPv4 or IPv6 prefix, a single address or an AS number
// and gives its canonical form: host bits cleared, "AS64496". ok is false for
// anything else, and for prefixes so short (IPv4 under /8, IPv6 under /16)
// that nobody holds them.
func ParseNetwork(s string) (canonical string, ok bool) {
	s = strings.TrimSpace(s)
	if n, isAS := asNumber(s); isAS {
		return n, true
	}
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()).String(), true
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return "", false
	}
	if p.Addr().Is4In6() {
		if p.Bits() < 96 {
			return "", false
		}
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	if p.Addr().Is4() && p.Bits() < 8 || !p.Addr().Is4() && p.Bits() < 16 {
		return "", false
	}
	return p.Masked().String(), true
}

func asNumber(s string) (string, bool) {
	if len(s) < 3 || !strings.EqualFold(s[:2], "AS") {
		return "", false
	}
	n, err := strconv.ParseUint(strings.TrimSpace(s[2:]), 10, 32)
	if err != nil || n == 0 {
		return "", false
	}
	return "AS" + strconv.FormatUint(n, 10), true
}

// ParseDomain reads a domain name, in any script, and gives its ASCII form in
// lower case without a final dot. A leading "*." is dropped: a domain is held
// with all below it. ok is false for anything that is not a name of at least
// two labels.
func ParseDomain(s string) (canonical string, ok bool) {
	s = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(s), "*."), ".")
	if len(s) == 0 || len(s) > 253 {
		return "", false
	}
	a, err := idna.Lookup.ToASCII(s)
	if err != nil || len(a) > 253 {
		return "", false
	}
	a = strings.ToLower(a)
	labels := strings.Split(a, ".")
	if len(labels) < 2 {
		return "", false
	}
	for _, l := range labels {
		if l == "" || len(l) > 63 || strings.Trim(l, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return "", false
		}
	}
	if last := labels[len(labels)-1]; strings.Trim(last, "0123456789") == "" {
		return "", false // an address, not a name
	}
	return a, true
}

// quotation opens the marks that names are set in.
var quotation = strings.NewReplacer("“", " ", "”", " ", "„", " ", "’", "", "'", "")

// nameKey folds a name so that doubles are found: case, accents, quotation
// marks and punctuation do not count.
func nameKey(s string) string {
	return words(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r > 127:
			return r
		}
		return ' '
	}, quotation.Replace(i18n.Fold(s))))
}
