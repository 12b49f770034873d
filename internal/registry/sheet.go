package registry

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"kulla.dev/internal/country"
	"kulla.dev/internal/marking"
)

// A column of a sheet reads from a record and writes into one. Columns a
// sheet does not have leave a record as it is. The three columns of the class
// are written together by setClass and have no set.
type column struct {
	name string
	get  func(Record) string
	set  func(*Record, string) string // message key of what is wrong, "" for nothing
}

// The columns of the class.
const (
	colClass     = "class"
	colClassFrom = "class_from"
	colClassAct  = "class_act"
)

// columnsOf gives every column in the order of an export: names and acronyms
// in each of the languages.
func columnsOf(langs []string) []column {
	var out []column
	for _, l := range langs {
		out = append(out, column{"name:" + l,
			func(r Record) string { return r.nameOn("").Text[l] },
			func(r *Record, v string) string { setName(r, l, v, false); return "" }})
	}
	for _, l := range langs {
		out = append(out, column{"short:" + l,
			func(r Record) string { return r.nameOn("").Short[l] },
			func(r *Record, v string) string { setName(r, l, v, true); return "" }})
	}
	plain := func(name string, at func(*Record) *string) column {
		return column{name, func(r Record) string { return *at(&r) }, func(r *Record, v string) string { *at(r) = v; return "" }}
	}
	return append(out,
		plain("kind", func(r *Record) *string { return &r.Kind }),
		column{"sector", func(r Record) string { return r.Sector.Code }, func(r *Record, v string) string {
			if v != r.Sector.Code {
				r.Sector = Coded{Code: v}
			}
			return ""
		}},
		plain("country", func(r *Record) *string { return &r.Country }),
		plain("tax_id", func(r *Record) *string { return &r.TaxID }),
		plain("lei", func(r *Record) *string { return &r.LEI }),
		column{"since", func(r Record) string { return string(r.Since) }, func(r *Record, v string) string { return setDay(&r.Since, v) }},
		column{"until", func(r Record) string { return string(r.Until) }, func(r *Record, v string) string { return setDay(&r.Until, v) }},
		column{colClass, func(r Record) string { return lastClass(r).Class }, nil},
		column{colClassFrom, func(r Record) string { return string(lastClass(r).From) }, nil},
		column{colClassAct, func(r Record) string { return lastClass(r).Act }, nil},
		column{"kinds", kindsCell, setKinds},
		column{"employees", func(r Record) string { return attribute(r, "employees") }, setAttribute("employees")},
		column{"annual_turnover", func(r Record) string { return attribute(r, "annual_turnover") }, setAttribute("annual_turnover")},
		column{"networks", networksCell, setNetworks},
		column{"domains", domainsCell, setDomains},
		contact("contact_name", func(c *Contact) *string { return &c.Name }),
		contact("contact_mail", func(c *Contact) *string { return &c.Mail }),
		contact("contact_phone", func(c *Contact) *string { return &c.Phone }),
		column{"mark", func(r Record) string { return r.Mark.Text() }, func(r *Record, v string) string {
			if v == "" {
				return ""
			}
			m, err := marking.Parse(v)
			if err != nil {
				return "registry.check.mark"
			}
			r.Mark = m
			return ""
		}},
		plain("note", func(r *Record) *string { return &r.Note }),
	)
}

// setName writes into the newest name, the one a sheet shows.
func setName(r *Record, lang, v string, short bool) {
	r.Names = slices.Clone(r.Names)
	if len(r.Names) == 0 {
		if v == "" {
			return
		}
		r.Names = []Name{{}}
	}
	n := &r.Names[len(r.Names)-1]
	t := country.Text{}
	from := n.Text
	if short {
		from = n.Short
	}
	for l, s := range from {
		t[l] = s
	}
	if t[lang] = v; v == "" {
		delete(t, lang)
	}
	if len(t) == 0 {
		t = nil
	}
	if short {
		n.Short = t
	} else {
		n.Text = t
	}
}

// setDay reads 2006-01-02, 02.01.2006 or 2.1.2006: orders no one mistakes.
func setDay(d *Day, v string) string {
	if day, month, ok := strings.Cut(v, "."); ok {
		month, year, ok := strings.Cut(month, ".")
		a, err := strconv.Atoi(day)
		b, err2 := strconv.Atoi(month)
		y, err3 := strconv.Atoi(year)
		if !ok || err != nil || err2 != nil || err3 != nil || len(year) != 4 {
			return "registry.check.day"
		}
		v = country.Date{Year: y, Month: 1, Day: 1}.String()[:5] + two(b) + "-" + two(a)
	}
	if !Day(v).valid() {
		return "registry.check.day"
	}
	*d = Day(v)
	return ""
}

func two(n int) string {
	if n >= 0 && n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}

// lastClass gives the newest class of the first infrastructure.
func lastClass(r Record) ClassSpan {
	for _, in := range r.Infrastructures {
		if in.ID == mainID || len(r.Infrastructures) == 1 {
			if n := len(in.Classes); n > 0 {
				return in.Classes[n-1]
			}
		}
	}
	return ClassSpan{}
}

// setClass writes what a row says of the class: a class other than the
// newest begins on its day, or today, and ends the one before. What a row
// repeats is left; history is not rewritten by a sheet. The column and message
// of what is wrong come back, "" for nothing.
func setClass(r *Record, cells map[string]string, today Day) (col, key string) {
	class, given := cells[colClass]
	last := lastClass(*r)
	var from Day
	if key := setDay(&from, cells[colClassFrom]); key != "" {
		return colClassFrom, key
	}
	act := words(cells[colClassAct])
	switch {
	case class == "" && last.Class == "" && (from != "" || act != ""):
		return colClass, "fault.field.required"
	case !given || class == last.Class:
		if from != "" && from != last.From {
			return colClassFrom, "registry.import.class-rewrite"
		}
		if act != "" && act != last.Act {
			return colClassAct, "registry.import.class-rewrite"
		}
		return "", ""
	case class == "":
		return colClass, "registry.import.class-empty"
	}
	if from == "" {
		from = today
	}
	r.Infrastructures = slices.Clone(r.Infrastructures)
	i := slices.IndexFunc(r.Infrastructures, func(x Infrastructure) bool { return x.ID == mainID || len(r.Infrastructures) == 1 })
	if i < 0 {
		r.Infrastructures = append(r.Infrastructures, Infrastructure{ID: mainID})
		i = len(r.Infrastructures) - 1
	}
	x := &r.Infrastructures[i]
	x.Classes = slices.Clone(x.Classes)
	if n := len(x.Classes); n > 0 {
		if from <= x.Classes[n-1].From {
			return colClassFrom, "registry.import.class-rewrite"
		}
		if x.Classes[n-1].To == "" {
			x.Classes[n-1].To = dayBefore(from)
		}
	}
	x.Classes = append(x.Classes, ClassSpan{Class: class, From: from, Act: act})
	return "", ""
}

func list(v string) []string {
	var out []string
	for _, s := range strings.FieldsFunc(v, func(r rune) bool { return r == ';' || r == '|' || r == ',' || r == '\n' }) {
		if s = words(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

func kindsCell(r Record) string {
	var out []string
	for _, k := range r.Kinds {
		if k.To == "" && !k.Disputed {
			out = append(out, k.ID)
		}
	}
	return strings.Join(out, "; ")
}

func setKinds(r *Record, v string) string {
	ids := list(v)
	kept := slices.DeleteFunc(slices.Clone(r.Kinds), func(k Kind) bool { return k.To == "" && !k.Disputed && !slices.Contains(ids, k.ID) })
	for _, id := range ids {
		if !slices.ContainsFunc(kept, func(k Kind) bool { return k.ID == id && k.To == "" && !k.Disputed }) {
			kept = append(kept, Kind{ID: id})
		}
	}
	r.Kinds = kept
	return ""
}

// newest gives the index of the latest statement of an attribute, -1 for none.
func newest(r Record, name string) int {
	at := -1
	for i, a := range r.Attributes {
		if a.Name == name && (at < 0 || a.AsOf >= r.Attributes[at].AsOf) {
			at = i
		}
	}
	return at
}

func attribute(r Record, name string) string {
	if i := newest(r, name); i >= 0 && r.Attributes[i].Number != nil {
		return strconv.FormatFloat(*r.Attributes[i].Number, 'f', -1, 64)
	}
	return ""
}

func setAttribute(name string) func(*Record, string) string {
	return func(r *Record, v string) string {
		if v == attribute(*r, name) {
			return ""
		}
		i := newest(*r, name)
		r.Attributes = slices.Clone(r.Attributes)
		if v == "" {
			r.Attributes = slices.Delete(r.Attributes, i, i+1)
			return ""
		}
		n, ok := amount(v)
		if !ok {
			return "fault.field.number"
		}
		switch {
		case i >= 0 && r.Attributes[i].Number != nil && *r.Attributes[i].Number == n:
		case i >= 0: // the value of the newest statement is corrected, as of the same day
			r.Attributes[i].Number, r.Attributes[i].Yes = &n, nil
		default:
			r.Attributes = append(r.Attributes, Attribute{Name: name, Number: &n})
		}
		return ""
	}
}

// amount reads 1234567, 1 234 567 or 1234567.5; a lone comma or point before
// exactly three digits could mean either and is refused.
func amount(s string) (float64, bool) {
	s = strings.Map(func(r rune) rune {
		if r == ' ' || r == '\u00a0' || r == '\u202f' {
			return -1
		}
		return r
	}, s)
	if i := strings.IndexAny(s, ".,"); i >= 0 {
		if strings.ContainsAny(s[i+1:], ".,") || len(s)-i-1 == 3 {
			return 0, false
		}
		s = s[:i] + "." + s[i+1:]
	}
	n, err := strconv.ParseFloat(s, 64)
	return n, err == nil && strings.Trim(s, "0123456789.") == "" && len(s) < 30
}

func networksCell(r Record) string {
	var out []string
	for _, n := range r.Networks {
		if n.To == "" {
			out = append(out, n.Value)
		}
	}
	return strings.Join(out, "; ")
}

func setNetworks(r *Record, v string) string {
	var values []string
	for _, x := range list(v) {
		c, ok := ParseNetwork(x)
		if !ok {
			return "registry.check.network"
		}
		values = append(values, c)
	}
	kept := slices.DeleteFunc(slices.Clone(r.Networks), func(n Network) bool { return n.To == "" && !slices.Contains(values, n.Value) })
	for _, x := range values {
		if !slices.ContainsFunc(kept, func(n Network) bool { return n.Value == x && n.To == "" }) {
			kept = append(kept, Network{Value: x})
		}
	}
	r.Networks = kept
	return ""
}

func domainsCell(r Record) string {
	var out []string
	for _, n := range r.Domains {
		if n.To == "" {
			out = append(out, n.Value)
		}
	}
	return strings.Join(out, "; ")
}

func setDomains(r *Record, v string) string {
	var values []string
	for _, x := range list(v) {
		c, ok := ParseDomain(x)
		if !ok {
			return "registry.check.domain"
		}
		values = append(values, c)
	}
	kept := slices.DeleteFunc(slices.Clone(r.Domains), func(n Domain) bool { return n.To == "" && !slices.Contains(values, n.Value) })
	for _, x := range values {
		if !slices.ContainsFunc(kept, func(n Domain) bool { return n.Value == x && n.To == "" }) {
			kept = append(kept, Domain{Value: x})
		}
	}
	r.Domains = kept
	return ""
}

// firstContact gives the index of the contact a sheet shows: the first that
// takes incident matters, else the first.
func firstContact(r Record) int {
	at := -1
	for i, c := range r.Contacts {
		if at < 0 || slices.Contains(c.Roles, ContactSecurity) && !slices.Contains(r.Contacts[at].Roles, ContactSecurity) {
			at = i
		}
	}
	return at
}

func contact(name string, at func(*Contact) *string) column {
	return column{name,
		func(r Record) string {
			if i := firstContact(r); i >= 0 {
				return *at(&r.Contacts[i])
			}
			return ""
		},
		func(r *Record, v string) string {
			i := firstContact(*r)
			if i < 0 && v == "" {
				return ""
			}
			r.Contacts = slices.Clone(r.Contacts)
			if i < 0 {
				r.Contacts = append(r.Contacts, Contact{ID: "sheet", Roles: []ContactRole{ContactSecurity}})
				i = len(r.Contacts) - 1
			}
			*at(&r.Contacts[i]) = v
			if c := r.Contacts[i]; c.ID == "sheet" && cmp.Or(c.Name, c.Mail, c.Phone) == "" {
				r.Contacts = slices.Delete(r.Contacts, i, i+1)
			}
			return ""
		}}
}
