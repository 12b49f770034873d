package country

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// checker gathers findings.
type checker struct {
	p   *Pack
	out []Finding
}

func (c *checker) add(level, where, key, text string, args ...any) {
	c.out = append(c.out, Finding{Level: level, Where: where, Key: key, Args: args, Text: fmt.Sprintf(text, args...)})
}

// Check examines a loaded pack without running its clocks: missing
// translations, names that lead nowhere, versions of a regime that overlap or
// leave a gap, stages that can never fall due, templates whose placeholders
// do not match, and the list of what nobody verified. regime.Check adds the
// clock tests.
func Check(p *Pack) []Finding {
	c := &checker{p: p}
	c.translations()
	c.references()
	c.versions()
	c.clocks()
	c.templates()
	c.unverified()
	return c.out
}

// translations walks every Text of the pack.
func (c *checker) translations() {
	v := reflect.ValueOf(c.p).Elem()
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.IsExported() && f.Name != "Location" {
			c.texts(v.Field(i), strings.ToLower(f.Name))
		}
	}
	for i, g := range c.p.Glossary {
		c.text(g.Text, fmt.Sprintf("glossary.csv:%d", i+2))
	}
}

func (c *checker) text(t Text, where string) {
	for _, lang := range c.p.Languages {
		if len(t) > 0 && strings.TrimSpace(t[lang]) == "" {
			c.add(LevelError, where, "country.check.missing-text", "no text in %q for %q", lang, t.In(lang))
		}
	}
}

func (c *checker) texts(v reflect.Value, where string) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			c.texts(v.Elem(), where)
		}
	case reflect.Slice:
		for i := range v.Len() {
			e := reflect.Indirect(v.Index(i))
			at := fmt.Sprintf("%s[%d]", where, i)
			if e.Kind() == reflect.Struct {
				if id := e.FieldByName("ID"); id.IsValid() && id.Kind() == reflect.String {
					at = where + " " + id.String()
				}
			}
			c.texts(e, at)
		}
	case reflect.Map:
		if t, ok := v.Interface().(Text); ok {
			c.text(t, where)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				c.texts(v.Field(i), where+"."+cmpOr(f.Tag.Get("yaml"), strings.ToLower(f.Name)))
			}
		}
	}
}

// versions finds gaps and overlaps between the versions of one regime.
func (c *checker) versions() {
	seen := map[string]bool{}
	for _, r := range c.p.Regimes {
		where := "regime " + r.ID + " " + r.Version
		if !r.ValidTo.IsZero() && r.ValidTo.Before(r.ValidFrom) {
			c.add(LevelError, where, "country.check.never-valid", "ends (%s) before it begins (%s)", r.ValidTo, r.ValidFrom)
		}
		if seen[r.ID] {
			continue
		}
		seen[r.ID] = true
		vs := c.p.Versions(r.ID)
		for i := 1; i < len(vs); i++ {
			a, b := vs[i-1], vs[i]
			where := "regime " + r.ID
			switch next := a.ValidTo.AddDays(1); {
			case a.ValidTo.IsZero() || b.ValidFrom.Before(next):
				c.add(LevelError, where, "country.check.overlap", "versions %s and %s overlap from %s", a.Version, b.Version, b.ValidFrom)
			case next.Before(b.ValidFrom):
				c.add(LevelWarning, where, "country.check.gap", "no version holds from %s to %s", next, b.ValidFrom.AddDays(-1))
			}
		}
	}
}

var placeholder = regexp.MustCompile(`\{([a-z_]+)\}`)

// Placeholders lists the names in a text, each once, in order.
func Placeholders(text string) []string {
	var out []string
	for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(out, m[1]) {
			out = append(out, m[1])
		}
	}
	return out
}

func (c *checker) templates() {
	for _, t := range c.p.Templates {
		for _, lang := range c.p.Languages {
			have := Placeholders(t.Subject[lang] + "\n" + t.Body[lang])
			for _, name := range have {
				if !slices.Contains(t.Uses, name) {
					c.add(LevelError, "template "+t.ID, "country.check.placeholder-unknown", "text in %q uses {%s}, which is not among its names%s", lang, name, suggest(name, t.Uses))
				}
			}
			for _, name := range t.Uses {
				if !slices.Contains(have, name) {
					c.add(LevelWarning, "template "+t.ID, "country.check.placeholder-unused", "text in %q does not use {%s}", lang, name)
				}
			}
		}
	}
}

// unverified lists what rests on nothing that was read.
func (c *checker) unverified() {
	note := func(where string, v Verification) {
		if v != Verified {
			c.add(LevelNotice, where, "country.check.not-verified", "is %s", cmpOr(string(v), string(Unverified)))
		}
	}
	for _, a := range c.p.Acts {
		note("act "+a.ID, a.Verification)
	}
	for _, r := range c.p.Regimes {
		note("regime "+r.ID+" "+r.Version, r.Verification)
		for _, s := range r.Stages {
			if v := s.Verification; v != "" {
				note("regime "+r.ID+" stage "+s.ID, v)
			}
		}
	}
	for _, k := range c.p.Calendars {
		note("calendar "+k.ID, k.Verification)
		for _, f := range k.Feasts {
			if f.Verification == Uncertain || f.Verification == Unverified {
				note("calendar "+k.ID+" feast "+f.ID, f.Verification)
			}
		}
	}
	for _, e := range c.p.Equivalences {
		if e.Blocked() {
			c.add(LevelNotice, "equivalence "+e.A+" = "+e.B, "country.check.blocked", "is not verified and stays blocked")
		}
	}
	if c.p.Crisis.Title != nil {
		note("crisis_state", c.p.Crisis.Verification)
	}
	if c.p.Severity.ID != "" {
		note("severity", c.p.Severity.Status)
	}
	for _, b := range c.p.Bodies {
		for _, m := range b.Members {
			if m.Verification != Verified {
				note("body "+b.ID+" member "+m.ID, m.Verification)
			}
		}
	}
}
