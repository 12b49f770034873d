package i18n

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/text/feature/plural"
)

// Args are arguments by name, passed as the only argument of T.
type Args map[string]any

// Key is an argument that is itself a message key: it is said in the language
// of the sentence around it.
type Key string

// message is one parsed value: a single text under "other", or one text for
// each plural category, chosen by the argument named by.
type message struct {
	by    string
	forms map[string][]part
}

// part is literal text, or the name of an argument to say there.
type part struct{ text, arg string }

// categories are the members a plural object may have, beside "by".
var categories = map[string]plural.Form{
	"zero": plural.Zero, "one": plural.One, "two": plural.Two,
	"few": plural.Few, "many": plural.Many, "other": plural.Other,
}

func parseMessage(v jsontext.Value) (message, error) {
	m := message{by: "0", forms: map[string][]part{}}
	if v.Kind() == '"' {
		var s string
		if err := json.Unmarshal(v, &s); err != nil {
			return m, err
		}
		parts, err := parseText(s)
		m.forms["other"] = parts
		return m, err
	}
	var object map[string]string
	if err := json.Unmarshal(v, &object); err != nil {
		return m, fmt.Errorf("want a text or an object of plural texts: %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if name == "by" {
			m.by = object[name]
			continue
		}
		if _, ok := categories[name]; !ok && name != "0" {
			return m, fmt.Errorf("%q is not a plural category", name)
		}
		parts, err := parseText(object[name])
		if err != nil {
			return m, err
		}
		m.forms[name] = parts
	}
	if m.forms["other"] == nil {
		return m, fmt.Errorf(`plural texts need "other"`)
	}
	return m, nil
}

// parseText cuts "a {0} b" into parts.
func parseText(s string) ([]part, error) {
	if strings.TrimSpace(s) == "" {
		return nil, fmt.Errorf("empty text")
	}
	var parts []part
	var lit strings.Builder
	for s != "" {
		before, after, found := strings.Cut(s, "{")
		lit.WriteString(before)
		if !found {
			break
		}
		if rest, doubled := strings.CutPrefix(after, "{"); doubled {
			lit.WriteByte('{')
			s = rest
			continue
		}
		name, rest, closed := strings.Cut(after, "}")
		if !closed || name == "" || strings.ContainsAny(name, "{ ") {
			return nil, fmt.Errorf("bad placeholder after %q", before)
		}
		if lit.Len() > 0 {
			parts = append(parts, part{text: lit.String()})
			lit.Reset()
		}
		parts = append(parts, part{arg: name})
		s = rest
	}
	if lit.Len() > 0 {
		parts = append(parts, part{text: lit.String()})
	}
	return parts, nil
}

// argument finds an argument by name or position.
func argument(args []any, name string) (any, bool) {
	if i, err := strconv.Atoi(name); err == nil {
		if i >= 0 && i < len(args) {
			return args[i], true
		}
		return nil, false
	}
	for _, a := range args {
		if named, ok := a.(Args); ok {
			v, found := named[name]
			return v, found
		}
	}
	return nil, false
}

// say writes the message with its arguments.
func (b *book) say(m message, args []any) string {
	parts := m.forms["other"]
	if len(m.forms) > 1 {
		if v, ok := argument(args, m.by); ok {
			parts = m.choose(b, v)
		}
	}
	if len(parts) == 1 && parts[0].arg == "" {
		return parts[0].text
	}
	var out strings.Builder
	for _, p := range parts {
		if p.arg == "" {
			out.WriteString(p.text)
		} else if v, ok := argument(args, p.arg); ok {
			out.WriteString(b.write(v))
		} else {
			out.WriteString("{" + p.arg + "}")
		}
	}
	return out.String()
}

// choose picks the text for a number; anything else takes "other".
func (m message) choose(b *book, v any) []part {
	n, ok := toNumber(v)
	if !ok {
		return m.forms["other"]
	}
	if exact := m.forms["0"]; exact != nil && n.zero() {
		return exact
	}
	return m.form(n.category(plural.Cardinal, b))
}

// form gives the text of a category, or of "other".
func (m message) form(f plural.Form) []part {
	for name, form := range categories {
		if form == f && m.forms[name] != nil {
			return m.forms[name]
		}
	}
	return m.forms["other"]
}

// placeholders lists the sorted names a message's texts use, for the checks.
func (m message) placeholders() []string {
	seen := map[string]bool{}
	for _, parts := range m.forms {
		for _, p := range parts {
			if p.arg != "" {
				seen[p.arg] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(seen))
}
