package pattern

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestAssign compares the flow with trying every assignment of single
// observations.
func TestAssign(t *testing.T) {
	moved := 0
	rapid.Check(t, func(t *rapid.T) {
		its := make([]item, rapid.IntRange(1, 5).Draw(t, "items"))
		tests := rapid.IntRange(1, 4).Draw(t, "tests")
		var units []*item
		for i := range its {
			its[i].cap = rapid.IntRange(1, 2).Draw(t, "cap")
			for k := range tests {
				if rapid.Bool().Draw(t, "satisfies") {
					its[i].sat = append(its[i].sat, k)
				}
			}
			for range its[i].cap {
				units = append(units, &its[i])
			}
		}
		slots := make([]slot, rapid.IntRange(1, 4).Draw(t, "slots"))
		var needs []*slot
		for i := range slots {
			slots[i].need = rapid.IntRange(1, 2).Draw(t, "need")
			for range rapid.IntRange(1, 2).Draw(t, "alternatives") {
				slots[i].alts = append(slots[i].alts, alt{test: rapid.IntRange(0, tests-1).Draw(t, "test")})
			}
			for range slots[i].need {
				needs = append(needs, &slots[i])
			}
		}
		used := make([]bool, len(units))
		var try func(n int) bool
		try = func(n int) bool {
			if n == len(needs) {
				return true
			}
			for i, u := range units {
				if !used[i] && needs[n].takes(u) {
					used[i] = true
					if try(n + 1) {
						return true
					}
					used[i] = false
				}
			}
			return false
		}
		r := run{left: 1 << 40}
		free, got := r.assign(slots, its)
		if want := try(0); got != want {
			t.Fatalf("%+v to %+v: %v, want %v", slots, its, got, want)
		}
		if got {
			sum := 0
			for i := range free {
				if free[i] < 0 || free[i] > its[i].cap {
					t.Fatalf("%d of item %d left of %d", free[i], i, its[i].cap)
				}
				sum += its[i].cap - free[i]
			}
			if sum != len(needs) {
				t.Fatalf("%d observations used for %d", sum, len(needs))
			}
			moved++
		}
	})
	if moved == 0 {
		t.Error("no assignment was possible")
	}
}

// TestAssignMoves: an assignment that is only found by moving what was given.
func TestAssignMoves(t *testing.T) {
	// the first two expressions have taken 1 and 3 when the third wants either
	its := []item{{cap: 1, sat: []int{0, 1, 2}}, {cap: 1, sat: []int{0}}, {cap: 1, sat: []int{1, 2}}}
	var slots []slot
	for i := range 3 {
		slots = append(slots, slot{alts: []alt{{test: i}}, need: 1})
	}
	r := run{left: 1 << 20}
	if free, ok := r.assign(slots, its); !ok || !slices.Equal(free, []int{0, 0, 0}) {
		t.Errorf("got %v, %v", free, ok)
	}
	// the same by numbers: 500 of each, moved in one step
	for i := range its {
		its[i].cap = 500
		slots[i].need = 500
	}
	if free, ok := r.assign(slots, its); !ok || !slices.Equal(free, []int{0, 0, 0}) {
		t.Errorf("got %v, %v", free, ok)
	}
	its[1].cap = 499
	if _, ok := r.assign(slots, its); ok {
		t.Error("one too few, yet assigned")
	}
}

func TestInstant(t *testing.T) {
	now := time.Date(2026, 5, 6, 7, 8, 9, 123456789, time.FixedZone("", 7200))
	i := InstantOf(now)
	if !i.Time().Equal(now) || i.String() != "2026-05-06T05:08:09.123456789Z" {
		t.Errorf("%v, %s", i.Time(), i)
	}
	for _, s := range []string{"2026-05-06T05:08:09Z", "2026-05-06T05:08:09.1Z",
		"2026-05-06T05:08:09.1234567890000000001Z", "0000-01-01T00:00:00Z"} {
		got, ok := ParseInstant(s)
		if !ok || got.String() != s {
			t.Errorf("%s: %s, %v", s, got, ok)
		}
	}
	for _, s := range []string{"", "2026-05-06", "2026-05-06T05:08:09", "2026-05-06T05:08:09+00:00",
		"2026-05-06T05:08:09.Z", "2026-05-06T05:08:09.1xZ",
		"2026-00-06T05:08:09Z", "2026-05-00T05:08:09Z", "2026-05-06T25:08:09Z", "2026-05-06T05:60:09Z", "2026-05-06t05:08:09Z", "2026-05-06 05:08:09Z",
		"2026-05-06T05:08:09." + strings.Repeat("1", 1001) + "Z", "-026-05-06T05:08:09Z", "20260-5-06T05:08:09Z"} {
		if got, ok := ParseInstant(s); ok {
			t.Errorf("%s was read as %s", s, got)
		}
	}
	for _, c := range []struct {
		at, start, span string
		want            bool
	}{
		{"2026-01-01T00:00:05Z", "2026-01-01T00:00:00Z", "5", false}, {"2026-01-01T00:00:04.999Z", "2026-01-01T00:00:00Z",
			"5", true},
		{"2026-01-01T00:00:05Z", "2026-01-01T00:00:00.000000000001Z", "5", true},
		{"2026-01-01T00:00:05.000000000001Z", "2026-01-01T00:00:00.000000000001Z", "5", false},
		{"2026-01-01T00:00:05.000000000001Z", "2026-01-01T00:00:00Z", "5.000000000001", false},
		{"2026-01-01T00:00:05.000000000001Z", "2026-01-01T00:00:00Z", "5.0000000000011", true},
		{"2026-01-01T00:00:01Z", "2026-01-01T00:00:00.6Z", "0.4", false}, {"2026-01-01T00:00:01Z", "2026-01-01T00:00:00.6Z",
			"0.41", true},
		{"9999-01-01T00:00:01Z", "0001-01-01T00:00:00.6Z", "99999999999999999999", true},
	} {
		at, _ := ParseInstant(c.at)
		start, _ := ParseInstant(c.start)
		d, ok := parseSpan(c.span)
		if got := at.before(start, d); got != c.want || !ok {
			t.Errorf("%s before %s + %s: %v", c.at, c.start, c.span, got)
		}
	}
}

func TestDecimal(t *testing.T) {
	ascending := []string{"-1e400", "-12345678901234567891", "-12345678901234567890", "-1e10", "-2", "-1.5", "-1",
		"-0.1", "-1e-400", "0", "1e-400", "0.1",
		"0.10000000000000000001", "1", "1.5", "2", "10", "9007199254740992", "9007199254740993", "12345678901234567890", "1e400", "1e401"}
	for i, a := range ascending {
		for k, b := range ascending {
			x, ok1 := parseDecimal(a)
			y, ok2 := parseDecimal(b)
			want := 0
			if i != k {
				want = sign(i < k)
			}
			if got := x.compare(y); got != want || !ok1 || !ok2 {
				t.Errorf("compare(%s, %s) = %d", a, b, got)
			}
			if same := string(x.appendKey(nil)) == string(y.appendKey(nil)); same != (i == k) {
				t.Errorf("keys of %s and %s", a, b)
			}
		}
	}
	for _, same := range [][]string{{"0", "-0", "0.0", "0e5", "-0.000", "0e-99999999999999999999"}, {"1", "1.0", "10e-1",
		"0.1e1", "1e0", "+1"},
		{"1200", "1.2e3", "12e2", "1200.00"}, {"1e999999999999999999999", "1e9999999999999999999999"}} {
		for _, s := range same[1:] {
			x, _ := parseDecimal(same[0])
			if y, ok := parseDecimal(s); !ok || x.compare(y) != 0 || string(x.appendKey(nil)) != string(y.appendKey(nil)) {
				t.Errorf("%s and %s differ", same[0], s)
			}
		}
	}
	for _, s := range []string{"", "-", ".", "1.", "1e", "x", "1x", "--1", "1.2.3", "0x10", "1e1.5", " 1"} {
		if d, ok := parseDecimal(s); ok {
			t.Errorf("%q was read as %+v", s, d)
		}
	}
	for in, want := range map[string]string{"5.0": "5", "-0.50": "-0.5", "100": "100", "0.001": "0.001", "-0": "0",
		"123456789012345678901234567890.10": "123456789012345678901234567890.1"} {
		if got := canonicalNumber(in); got != want {
			t.Errorf("canonicalNumber(%s) = %s, want %s", in, got, want)
		}
	}
}

// TestEqualKeys: a value has a key of a comparison exactly if the comparison
// holds for it.
func TestEqualKeys(t *testing.T) {
	values := []Value{Text("a"), Text("1"), Text(""), Text("YQ=="), Text("61"), Text("\u00ff"),
		Text("2026-01-01T00:00:00Z"), Text("2026-01-01T00:00:00.0Z"),
		Whole(1), Decimal("1.0"), Decimal("1e0"), Truth(true), Value{}, List(), Dict()}
	for _, path := range []string{"a:v", "a:v_bin", "a:v_hex"} {
		for _, rest := range []string{"= 'a'", "= '1'", "= 1", "= 1.0", "= true", "= h'61'", "= b'YQ=='", "= '\u00ff'",
			"= h'ff'", "= '\u0100'", "IN ('a', '')",
			"IN (1, 2)", "= t'2026-01-01T00:00:00Z'", "IN (h'ff', h'')"} {
			p := mustParse(t, "["+path+" "+rest+"]")
			m, err := p.Matcher()
			if err != nil {
				t.Fatal(err)
			}
			name := p.Root().Test.Cmp.Path.Steps[0].Name
			for _, v := range values {
				r, err := m.Match([]Observation{{Objects: []Object{{Type: "a", Fields: []Field{{name, v}}}}}})
				if err != nil {
					t.Fatal(err)
				}
				got := false
				for _, k := range p.Root().Test.Cmp.EqualKeys() {
					key, ok := v.AppendKey(nil, k.Sense, name)
					got = got || ok && string(key) == k.Text
				}
				if got != r.Matched {
					t.Errorf("%s for %+v: by key %v, evaluated %v", p, v, got, r.Matched)
				}
			}
		}
	}
}

func TestRequired(t *testing.T) {
	for text, want := range map[string]string{
		`LIKE 'abc%defg_h'`: "[defg] true", `LIKE '%'`: "[] false", `MATCHES 'abc'`: "[abc] true", `MATCHES '(?i)abc'`: "[ABC] true",
		`MATCHES '(foo|barbaz)x?'`: "[foo barbaz] true", `MATCHES 'a*'`: "[] false", `MATCHES 'x(hello)+y{2}'`: "[hello] true",
		`MATCHES 'foo|.'`: "[] false", `MATCHES '(?=x)'`: "[] false", `NOT LIKE 'abc'`: "[] false", `MATCHES '('`: "[] false",
	} {
		texts, ok := mustParse(t, "[a:b "+text+"]").Root().Test.Cmp.Required()
		if got := fmt.Sprint(texts, ok); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	if _, ok := mustParse(t, "[a:b_bin LIKE 'abcdef']").Root().Test.Cmp.Required(); ok {
		t.Error("a binary property contains no text")
	}
}

func TestWalk(t *testing.T) {
	var got []string
	mustParse(t,
		`([a:b = 1 AND (a:c < 2 OR EXISTS a:d)] FOLLOWEDBY [a:e IN (3)]) WITHIN 5 SECONDS`).Walk(func(c *Comparison) {
		got = append(got, c.Path.String()+" "+c.Op.String())
	})
	if want := []string{"a:b =", "a:c <", "a:d EXISTS", "a:e IN"}; !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}

func TestMatcherTells(t *testing.T) {
	for _, c := range []struct {
		text        string
		expressions int
		single      bool
		seconds     int64
		bounded     bool
	}{
		{`[a:b = 1]`, 1, true, 0, true}, {`[a:b = 1] OR [a:b = 2] OR [a:b = 1]`, 2, true, 0, true},
		{`[a:b = 1] AND [a:b = 1]`, 1, false, 0, false}, {`([a:b = 1] AND [a:c = 1]) WITHIN 2.5 SECONDS`, 2, false, 3, true},
		{`[a:b = 1] REPEATS 2 TIMES`, 1, false, 0, false}, {`[a:b = 1] REPEATS 1 TIMES WITHIN 9 SECONDS`, 1, true, 10, true},
		{`([a:b = 1] FOLLOWEDBY [a:b = 2]) WITHIN 5 SECONDS OR ([a:b = 1] REPEATS 2 TIMES) WITHIN 7 SECONDS`, 2, false, 8, true},
		{`([a:b = 1] AND [a:b = 2]) WITHIN 5 SECONDS AND [a:b = 3]`, 3, false, 0, false},
	} {
		m, err := mustParse(t, c.text).Matcher()
		if err != nil {
			t.Fatal(err)
		}
		sec, ok := m.Window()
		if m.Expressions() != c.expressions || m.Single() != c.single || sec != c.seconds || ok != c.bounded {
			t.Errorf("%s: %d expressions, single %v, window %d %v", c.text, m.Expressions(), m.Single(), sec, ok)
		}
	}
}

// TestLargeRepeats: what multiplying REPEATS gives stays a pattern.
func TestLargeRepeats(t *testing.T) {
	for text, want := range map[string]string{
		`([a:b = 1] REPEATS 1000 TIMES) REPEATS 1000 TIMES`: `[a:b = 1] REPEATS 1000000 TIMES`,
		`([a:b = 1] REPEATS 1000000 TIMES) REPEATS 3 TIMES`: `([a:b = 1] REPEATS 1000000 TIMES) REPEATS 3 TIMES`,
		`[a:b = 1] REPEATS 700000 TIMES AND [a:b = 1] REPEATS 700000 TIMES`: `[a:b = 1] REPEATS 1000000 TIMES AND ` +
			`[a:b = 1] REPEATS 400000 TIMES`,
	} {
		got := mustParse(t, text).Canonical()
		if again := mustParse(t, got).Canonical(); again != got {
			t.Errorf("%s becomes %s and then %s", text, got, again)
		}
		if got != want {
			t.Errorf("%s becomes %s", text, got)
		}
	}
}

func TestLooseMatcher(t *testing.T) {
	obs := one(t, `{"type":"a","value":"10.0.0.1","hashes":{"MD5":"cead3f77f6cda6ec00f57d76c9a6879f"},"n":1}`)
	for text, want := range map[string][2]bool{
		`[a:value = '10.0.0.1/32']`:                              {false, true},
		`[a:value IN ('x', '10.0.0.1/32')]`:                      {false, true},
		`[a:value != '10.0.0.1/32']`:                             {true, false},
		`[a:value = '10.0.0.2/32']`:                              {false, false},
		`[a:hashes.MD5 = 'CEAD3F77F6CDA6EC00F57D76C9A6879F']`:    {false, true},
		`[a:hashes.MD5 LIKE 'CEAD3F77F6CDA6EC00F57D76C9A6879F']`: {false, false},
		`[a:n = 1]`: {true, true},
		`[a:value = '10.0.0.1/32'] REPEATS 1 TIMES`: {false, true},
	} {
		m, err := mustParse(t, text).Matcher()
		if err != nil {
			t.Fatal(err)
		}
		strict, _ := m.Match(obs)
		loose, _ := m.Loose().Match(obs)
		if strict.Matched != want[0] || loose.Matched != want[1] {
			t.Errorf("%s: %v by the letter, %v loosely", text, strict.Matched, loose.Matched)
		}
	}
}
