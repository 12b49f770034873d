package pattern

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestHostilePatterns: whatever the text, the answer comes soon and names a
// place and a rule.
func TestHostilePatterns(t *testing.T) {
	many := func(n int, part, sep string) string { return strings.TrimSuffix(strings.Repeat(part+sep, n), sep) }
	for _, c := range []struct{ name, text, key string }{
		{"100,000 comparisons", "[" + many(100_000, "a:b = 1", " OR ") + "]", "limit.comparisons"},
		{"100,000 observations", many(100_000, "[a:b = 1]", " AND "), "limit.comparisons"},
		{"1,000,000 constants", "[a:b IN (" + many(1_000_000, "1", ",") + ")]", "limit.literals"},
		{"deep comparison", "[" + strings.Repeat("(", 1_000_000), "limit.depth"},
		{"deep observation", strings.Repeat("(", 1_000_000), "limit.depth"},
		{"long path", "[a:b" + strings.Repeat(".c", 100_000) + " = 1]", "limit.path"},
		{"long text", "[a:b = '" + strings.Repeat("x", 5<<20) + "']", "limit.bytes"},
		{"many qualifiers", "[a:b = 1]" + strings.Repeat(" REPEATS 2 TIMES", 100_000), "parse.qualifier-twice"},
		{"blanks", strings.Repeat(" ", 4<<20), "parse.end"},
		{"comments", strings.Repeat("/**/", 1<<20), "parse.end"},
		{"open comment", "/*" + strings.Repeat("*", 1<<20), "parse.comment-open"},
		{"long number", "[a:b[" + strings.Repeat("9", 1<<20) + "] = 1]", "parse.unexpected"},
	} {
		t.Run(c.name, func(t *testing.T) {
			start := time.Now()
			_, err := Parse(c.text)
			e, ok := errors.AsType[*Error](err)
			if !ok || e.Key != "pattern."+c.key {
				t.Errorf("got %.200v, want %s", err, c.key)
			}
			if d := time.Since(start); d > 5*time.Second {
				t.Errorf("took %v", d)
			}
			if len(err.Error()) > 300 {
				t.Errorf("the error is %d bytes long", len(err.Error()))
			}
		})
	}
}

// TestLargeButLegal: what the limits allow is handled in time.
func TestLargeButLegal(t *testing.T) {
	var ors, ors2, set []string
	for i := range 9_000 {
		ors2 = append(ors2, fmt.Sprintf("a:b IN (%d, %d, %d)", i, i+1, i+2), fmt.Sprintf("a:b IN ('%d', '%d', '%d')", i,
			i+1, i+2))
	}
	ors2 = ors2[:9_900]
	for i := range 9_999 {
		ors = append(ors, fmt.Sprintf("a:b = 'v%d'", i), fmt.Sprintf("a:c%d LIKE 'v%d%%'", i, i))
		set = append(set, fmt.Sprintf("'v%d'", i))
	}
	obs := one(t, `{"type":"a","b":"v9998","c1":"x"}`)
	for _, text := range []string{
		"[" + strings.Join(ors[:9_998], " OR ") + "]",
		"[a:b IN (" + strings.Join(set, ",") + ")]",
		"[a:b IN (" + strings.Join(set, ",") + ") OR " + strings.Join(ors2, " OR ") + "]",
		strings.Repeat("(", 63) + "[a:b = 'v9998']" + strings.Repeat(")", 63),
	} {
		start := time.Now()
		got := matches(t, text, obs)
		if d := time.Since(start); d > 10*time.Second {
			t.Errorf("%.40s… took %v", text, d)
		}
		if want := !strings.Contains(text, "LIKE"); got != want {
			t.Errorf("%.40s… matched %v, want %v", text, got, want)
		}
	}
}

func TestRegexRefused(t *testing.T) {
	for _, c := range []struct{ re, key string }{
		{`a(?=b)`, "regex.look-ahead"}, {`a(?!b)`, "regex.look-ahead"}, {`(?<=a)b`, "regex.look-behind"}, {`(?<!a)b`,
			"regex.look-behind"},
		{`(a)\1`, "regex.back-reference"}, {`(?P<x>a)(?P=x)`, "regex.back-reference"}, {`(?<x>a)\k<x>`,
			"regex.back-reference"}, {`(a)\g1`, "regex.back-reference"},
		{`(?>a+)b`, "regex.atomic"}, {`a++b`, "regex.possessive"}, {`a{2,3}+`, "regex.possessive"}, {`a*+`,
			"regex.possessive"}, {`(?(1)a|b)`, "regex.conditional"},
		{`(a(?R)?b)`, "regex.recursion"}, {`(a(?1)?b)`, "regex.recursion"}, {`(?|a|b)`, "regex.branch-reset"}, {`a\Kb`,
			"regex.match-reset"},
		{`(*COMMIT)a`, "regex.verb"}, {`(?#note)a`, "regex.comment"}, {`(?x) a b`, "regex.extended"}, {`\Ga`,
			"regex.start-anchor"}, {`\X`, "regex.grapheme"},
		{`a(`, "regex.syntax"}, {`[z-a]`, "regex.syntax"}, {`a$b`, "regex.dollar"}, {`(a$)+`, "regex.dollar"},
		{`(a{1000}){1000}`, "regex.syntax"}, {`((a{100}){100}){100}`, "regex.syntax"}, {strings.Repeat(`[a-z]{1,900}`, 20),
			"limit.regex-size"},
		{strings.Repeat("a", 9000), "limit.regex"},
	} {
		p := mustParse(t, "[a:b MATCHES "+Literal{String, c.re}.String()+"]")
		_, err := p.Matcher()
		e, ok := errors.AsType[*Error](err)
		if !ok || e.Key != "pattern."+c.key || e.Column != 14 {
			t.Errorf("%.40s: %.200v, want %s at column 14", c.re, err, c.key)
		}
		if _, err := Parse(p.Canonical()); err != nil {
			t.Errorf("%.40s: a refused expression can still be printed: %v", c.re, err)
		}
	}
}

func TestRegexMeaning(t *testing.T) {
	for _, c := range []struct {
		re, text string
		want     bool
	}{
		{`^a$`, "a\n", true}, {`^a$`, "a\n\n", false}, {`(^a$|b)`, "a\n", true}, {`a$|b$`, "xb\n", true}, {`a\Z`, "a\n",
			true}, {`(?m)^b$`, "a\nb\nc", true},
		{`a.b`, "a\nb", true}, {`[\s\S]`, "\v", true}, {`[^\s]`, "\v", false}, {`\S`, "\v", false}, {`[\S]`, "\v",
			false}, {`\N`, "\n", false}, {`^\R$`, "\r\n", true},
		{`\x{e9}`, "é", true}, {`\Qa.b\E`, "a.b", true}, {`\Qa.b\E`, "axb", false}, {`[]a]`, "]", true}, {`[^]a]`, "]",
			false}, {`[[:alpha:]]`, "x", true},
		{`a\++`, "a++", true}, {`\e`, "\x1b", true}, {`[\h]`, "\u00a0", true}, {`\V`, "\n", false}, {`\101`, "A",
			true}, {`(?i)straße`, "STRAßE", true}, {`a{,2}`, "a{,2}", true},
		{`\d+`, "٣", false}, {`(a)(b)(c)(d)(e)(f)(g)(h)(i)\60`, "abcdefghi0", true}, {`$`, "", true}, {``, "x", true},
	} {
		x, fault := compileRegex(c.re, Limits{}.filled())
		if fault != nil {
			t.Errorf("%s: %v", c.re, fault.text)
			continue
		}
		r := run{left: 1 << 30}
		if got := x.match(&r, c.text); got != c.want {
			t.Errorf("%s on %q: %v, want %v", c.re, c.text, got, c.want)
		}
	}
}

// TestBudget: expensive evaluations end with ErrBudget and not with an answer.
func TestBudget(t *testing.T) {
	long := strings.Repeat("a", 1<<20)
	obs := []Observation{{Objects: []Object{{Type: "a", Fields: []Field{{"b", Text(long)}}}}}}
	for _, text := range []string{
		`[a:b MATCHES '(a|aa|aaa)+$' AND a:b MATCHES '(x+x+)+y']`,
		`[a:b LIKE '` + strings.Repeat("%a", 4000) + `%b']`,
	} {
		m, err := mustParse(t, text).MatcherLimited(Limits{Steps: 100_000})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if r, err := m.Match(obs); !errors.Is(err, ErrBudget) || r.Matched {
			t.Errorf("%.40s: %v, %v; want ErrBudget", text, r, err)
		}
		if d := time.Since(start); d > time.Second {
			t.Errorf("%.40s took %v", text, d)
		}
	}
}

// TestReferenceFan: sixty objects that all refer to each other.
func TestReferenceFan(t *testing.T) {
	var all []Value
	var objs []Object
	for i := range 60 {
		all = append(all, Text(fmt.Sprint(i)))
	}
	for i := range 60 {
		objs = append(objs, Object{Key: fmt.Sprint(i), Type: "directory", Fields: []Field{{"contains_refs", List(all...)}}})
	}
	obs := []Observation{{Objects: objs}}
	p := mustParse(t, "[directory:"+strings.TrimSuffix(strings.Repeat("contains_refs[*].", 31), ".")+".name = 'x']")
	m, err := p.MatcherLimited(Limits{Steps: 1_000_000_000})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if r, err := m.Match(obs[:1]); err != nil && !errors.Is(err, ErrBudget) || r.Matched {
		t.Errorf("%v, %v", r, err)
	}
	if d := time.Since(start); d > 60*time.Second {
		t.Errorf("took %v", d)
	}
}

// TestDepthIsBounded: whatever a caller sets, nesting does not exhaust the stack.
func TestDepthIsBounded(t *testing.T) {
	lim := Limits{Depth: 1 << 30, Bytes: 1 << 30}
	if _, err := ParseLimited(strings.Repeat("(", 1_000_000), lim); err == nil {
		t.Error("a million parentheses were read")
	}
	text := "[" + strings.Repeat("(", 999) + "a:b = 1" + strings.Repeat(")", 999) + "]"
	p, err := ParseLimited(text, lim)
	if err != nil || p.Canonical() != "[a:b = 1]" {
		t.Errorf("%v, %v", p, err)
	}
	nested := "a:b = 1"
	for i := range 900 {
		nested = "(" + nested + [...]string{" AND ", " OR "}[i%2] + "a:c = 2)"
	}
	if p, err = ParseLimited("["+nested+"]", lim); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	q, err := ParseLimited(p.Canonical(), lim)
	if err != nil || q.Canonical() != p.Canonical() {
		t.Errorf("the canonical form is not at rest: %v", err)
	}
	if d := time.Since(start); d > 20*time.Second {
		t.Errorf("took %v", d)
	}
}
