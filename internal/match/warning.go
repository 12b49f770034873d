package match

import (
	"net/netip"
	"net/url"
	"regexp"
	"strings"

	"github.com/gaissmai/bart"

	"kulla.dev/internal/fault"
	"kulla.dev/stix/pattern"
)

// ListKind says how the entries of a warning list are compared.
type ListKind string

// The kinds, named as MISP warning lists name them.
const (
	ListCIDR      ListKind = "cidr"      // the value is an address or block inside the entry
	ListHostname  ListKind = "hostname"  // the value's host is the entry or below it
	ListString    ListKind = "string"    // the value is the entry
	ListSubstring ListKind = "substring" // the value contains the entry
	ListRegex     ListKind = "regex"     // the entry, an expression, is found in the value
)

// List is a warning list: values that indicators should not be raised on.
type List struct {
	Name    string   `json:"name"`
	Kind    ListKind `json:"type"`
	Entries []string `json:"list"`
}

// Warning explains why a value is probably harmless.
type Warning struct {
	List  string // its name
	Kind  ListKind
	Entry string // the entry that holds, as the list writes it
	Path  string // of the value in the pattern
	Value string
}

// Lists are warning lists made ready for look-ups. They are immutable; nil
// holds none.
type Lists struct {
	names []string
	nets  bart.Table[[]warn]
	exact map[string][]warn // string entries, in lower case
	hosts map[string][]warn // host names, in lower case, without dots at the ends
	texts []textWarn
	exprs []exprWarn
}

type warn struct {
	list  int
	entry string
}

type textWarn struct {
	warn
	lower string
}

type exprWarn struct {
	warn
	re *regexp.Regexp
}

// NewLists compiles warning lists. The error is a fault of kind Invalid that
// names every entry that cannot be read.
func NewLists(lists ...List) (*Lists, error) {
	out := &Lists{exact: map[string][]warn{}, hosts: map[string][]warn{}}
	var bad fault.Fields
	for i := range lists {
		l := &lists[i]
		out.names = append(out.names, l.Name)
		for _, e := range l.Entries {
			if key := out.add(i, l.Kind, e); key != "" {
				bad.Add(l.Name, key, e)
			}
		}
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	return out, nil
}

// add files one entry; key is what is wrong with it.
func (ls *Lists) add(list int, kind ListKind, e string) (key string) {
	w := warn{list, e}
	lower := strings.ToLower(strings.TrimSpace(e))
	if lower == "" {
		return "match.list.empty"
	}
	switch kind {
	case ListCIDR:
		p, ok := pattern.ParseNet(lower)
		if !ok {
			return "match.list.cidr"
		}
		old, _ := ls.nets.Get(p)
		ls.nets.Insert(p, append(old, w))
	case ListHostname:
		h := strings.Trim(lower, ".")
		ls.hosts[h] = append(ls.hosts[h], w)
	case ListString:
		ls.exact[lower] = append(ls.exact[lower], w)
	case ListSubstring:
		ls.texts = append(ls.texts, textWarn{w, lower})
	case ListRegex:
		re, err := regexp.Compile(unslash(e))
		if err != nil {
			return "match.list.regex"
		}
		ls.exprs = append(ls.exprs, exprWarn{w, re})
	default:
		return "match.list.kind"
	}
	return ""
}

// unslash takes the delimiters off an expression written /…/ or /…/i.
func unslash(e string) string {
	e = strings.TrimSpace(e)
	end := strings.LastIndexByte(e, '/')
	if len(e) < 2 || e[0] != '/' || end == 0 {
		return e
	}
	if strings.Contains(e[end:], "i") {
		return "(?i)" + e[1:end]
	}
	return e[1:end]
}

// Check gives the entries a value stands on; Path is left empty.
func (ls *Lists) Check(value string) []Warning {
	if ls == nil {
		return nil
	}
	var out []Warning
	note := func(kind ListKind, ws ...warn) {
		for _, w := range ws {
			out = append(out, Warning{List: ls.names[w.list], Kind: kind, Entry: w.entry, Value: value})
		}
	}
	lower := strings.ToLower(strings.TrimSpace(value))
	note(ListString, ls.exact[lower]...)
	host := hostOf(lower)
	if p, ok := pattern.ParseNet(host); ok {
		ls.covering(p, func(ws []warn) { note(ListCIDR, ws...) })
	} else if p, ok := pattern.ParseNet(lower); ok {
		ls.covering(p, func(ws []warn) { note(ListCIDR, ws...) })
	}
	for h := host; h != "" && len(ls.hosts) > 0; {
		note(ListHostname, ls.hosts[h]...)
		_, h, _ = strings.Cut(h, ".")
	}
	for i := range ls.texts {
		if strings.Contains(lower, ls.texts[i].lower) {
			note(ListSubstring, ls.texts[i].warn)
		}
	}
	for i := range ls.exprs {
		if ls.exprs[i].re.MatchString(value) {
			note(ListRegex, ls.exprs[i].warn)
		}
	}
	return out
}

func (ls *Lists) covering(p netip.Prefix, fn func([]warn)) {
	for _, ws := range ls.nets.Supernets(p) {
		fn(ws)
	}
}

// hostOf gives the host of a URL, of an e-mail address or of host:port, or the
// value itself without dots at its ends.
func hostOf(s string) string {
	switch {
	case strings.Contains(s, "://"):
		if u, err := url.Parse(s); err == nil {
			s = u.Hostname()
		}
	case strings.Contains(s, "@"):
		s = s[strings.LastIndexByte(s, '@')+1:]
	case strings.Count(s, ":") == 1 && !strings.Contains(s, "/"):
		s, _, _ = strings.Cut(s, ":")
	}
	return strings.Trim(s, ".")
}

// explain checks the evidence of a hit.
func (ls *Lists) explain(ev []pattern.Evidence) []Warning {
	if ls == nil {
		return nil
	}
	var out []Warning
	for _, e := range ev {
		for _, w := range ls.Check(e.Value) {
			w.Path = e.Path
			out = append(out, w)
		}
	}
	return out
}

// SetLists puts warning lists in place of those before; nil for none.
func (x *Index) SetLists(l *Lists) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.lists = l
}
