package pattern

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"kulla.dev/stix"
)

// seen makes an observation of the objects of a STIX 2.0 map, written as JSON,
// sec seconds after noon.
func seen(t testing.TB, sec float64, objects string) Observation {
	t.Helper()
	at := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(sec * float64(time.Second)))
	return many(t, at.Format(time.RFC3339Nano), at.Format(time.RFC3339Nano), 1, objects)
}

func many(t testing.TB, first, last string, n int, objects string) Observation {
	t.Helper()
	v, err := stix.ParseValue(fmt.Appendf(nil, `{"type":"observed-data","id":"observed-data--%s","first_observed":%q,
		"last_observed":%q,"number_observed":%d,"objects":%s}`, first, first, last, n, objects), stix.Limits{})
	if err != nil {
		t.Fatalf("%s: %v", objects, err)
	}
	obs, err := Observations(v)
	if err != nil || len(obs) != 1 {
		t.Fatalf("%s: %v", objects, err)
	}
	return obs[0]
}

// one makes observations of one object each, a second apart.
func one(t testing.TB, objects ...string) []Observation {
	t.Helper()
	var out []Observation
	for i, o := range objects {
		out = append(out, seen(t, float64(i), `{"0":`+o+`}`))
	}
	return out
}

func matches(t testing.TB, text string, obs []Observation) bool {
	t.Helper()
	p, err := Parse(text)
	if err != nil {
		t.Fatalf("Parse(%s): %v", text, err)
	}
	m, err := p.Matcher()
	if err != nil {
		t.Fatalf("Matcher(%s): %v", text, err)
	}
	r, err := m.Match(obs)
	if err != nil {
		t.Fatalf("Match(%s): %v", text, err)
	}
	c, err := Parse(p.Canonical())
	if err != nil {
		t.Fatalf("Parse(%s): %v", p.Canonical(), err)
	}
	cm, err := c.Matcher()
	if err != nil {
		t.Fatalf("Matcher(%s): %v", p.Canonical(), err)
	}
	if cr, err := cm.Match(obs); err != nil || cr.Matched != r.Matched {
		t.Errorf("%s matches %v, its canonical form %s matches %v (%v)", text, r.Matched, p.Canonical(), cr.Matched, err)
	}
	return r.Matched
}

// refused checks that a text is no pattern and that the error names a rule.
func refused(t *testing.T, key string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		_, err := Parse(text)
		e, ok := errors.AsType[*Error](err)
		if !ok {
			t.Errorf("Parse(%s) = %v, want an *Error", text, err)
			continue
		}
		if e.Key != "pattern."+key {
			t.Errorf("Parse(%s): key %q (%v), want %q", text, e.Key, err, "pattern."+key)
		}
		if e.Line < 1 || e.Column < 1 || e.Offset > len(text) {
			t.Errorf("Parse(%s): place %d:%d", text, e.Line, e.Column)
		}
	}
}

type check struct {
	text string
	obs  []Observation
	want bool
}

func expect(t *testing.T, checks ...check) {
	t.Helper()
	for _, c := range checks {
		if got := matches(t, c.text, c.obs); got != c.want {
			t.Errorf("%s: matched %v, want %v", c.text, got, c.want)
		}
	}
}

// TestSemantics holds the evaluator to the table of rules, one test a row.
func TestSemantics(t *testing.T) {
	a, b := `{"type":"x-a","v":1}`, `{"type":"x-b","v":1}`
	both := `{"type":"x-a","v":1,"w":1}`

	t.Run("row01_same_object", func(t *testing.T) {
		split := []Observation{seen(t, 0, `{"0":{"type":"network-traffic","src_ref":"1"},
			"1":{"type":"ipv4-addr","value":"203.0.113.10"},"2":{"type":"network-traffic","dst_ref":"3"},
			"3":{"type":"ipv4-addr","value":"198.51.100.58"}}`)}
		joined := []Observation{seen(t, 0, `{"0":{"type":"network-traffic","src_ref":"1","dst_ref":"3"},
			"1":{"type":"ipv4-addr","value":"203.0.113.10"},"3":{"type":"ipv4-addr","value":"198.51.100.58"}}`)}
		p := `[network-traffic:src_ref.value = '203.0.113.10' AND network-traffic:dst_ref.value = '198.51.100.58']`
		ab := []Observation{seen(t, 0, `{"0":`+a+`,"1":`+b+`}`)}
		expect(t,
			check{p, split, false},
			check{p, joined, true},
			check{`[x-a:v = 1 AND x-b:v = 1]`, ab, false},
			check{`[x-a:v = 2 OR x-b:v = 1]`, ab, true},
			check{`[(x-a:v = 1 AND x-a:w = 1) OR (x-b:v = 1 AND x-b:w = 1)]`, ab, false},
			check{`[x-a:v = 1] AND [x-b:v = 1]`, ab, false})
	})
	t.Run("row02_distinct_observations", func(t *testing.T) {
		expect(t,
			check{`[x-a:v = 1] AND [x-a:w = 1]`, one(t, both), false},
			check{`[x-a:v = 1] AND [x-a:w = 1]`, one(t, both, a), true},
			check{`[x-a:v = 1] AND [x-a:w = 1]`, one(t, a, both), true},
			check{`[x-a:v = 1] AND [x-a:v = 1]`, one(t, a), false},
			check{`[x-a:v = 1] OR [x-b:v = 1]`, one(t, a), true},
			check{`([x-a:v = 1] OR [x-b:v = 1]) AND [x-a:w = 1]`, one(t, both), false},
			check{`([x-a:v = 1] OR [x-b:v = 1]) AND [x-a:w = 1]`, one(t, both, b), true})
	})
	t.Run("row03_followedby", func(t *testing.T) {
		same := []Observation{seen(t, 5, `{"0":`+b+`}`), seen(t, 5, `{"0":`+a+`}`)}
		expect(t,
			check{`[x-a:v = 1] FOLLOWEDBY [x-b:v = 1]`, one(t, a, b), true},
			check{`[x-a:v = 1] FOLLOWEDBY [x-b:v = 1]`, one(t, b, a), false},
			check{`[x-a:v = 1] FOLLOWEDBY [x-b:v = 1]`, same, true},
			check{`[x-a:v = 1] FOLLOWEDBY [x-a:w = 1]`, one(t, both), false},
			check{`[x-b:v = 1] FOLLOWEDBY [x-a:v = 1] REPEATS 2 TIMES`, one(t, a, b, a), false},
			check{`[x-b:v = 1] FOLLOWEDBY [x-a:v = 1] REPEATS 2 TIMES`, one(t, b, a, a), true})
	})
	t.Run("row04_precedence", func(t *testing.T) {
		c := `{"type":"x-c","v":1}`
		// AND before OR before FOLLOWEDBY: ([a]) OR ([b] AND [c]).
		expect(t,
			check{`[x-a:v = 1] OR [x-b:v = 1] AND [x-c:v = 1]`, one(t, a), true},
			check{`([x-a:v = 1] OR [x-b:v = 1]) AND [x-c:v = 1]`, one(t, a), false},
			check{`[x-a:v = 1] FOLLOWEDBY [x-b:v = 1] OR [x-c:v = 1]`, one(t, c), false},
			check{`[x-a:v = 1] FOLLOWEDBY [x-b:v = 1] OR [x-c:v = 1]`, one(t, a, c), true},
			check{`[x-a:v = 2 OR x-a:v = 1 AND x-a:w = 1]`, one(t, a), false},
			check{`[(x-a:v = 2 OR x-a:v = 1) AND x-a:w = 1]`, one(t, both), true},
			// a qualifier binds to what stands right before it
			check{`[x-b:v = 1] AND [x-a:v = 1] START t'2026-01-01T12:00:01Z' STOP t'2026-01-01T12:00:02Z'`, one(t, b, a), true},
			check{`([x-b:v = 1] AND [x-a:v = 1]) START t'2026-01-01T12:00:01Z' STOP t'2026-01-01T12:00:02Z'`, one(t, b, a),
				false})
	})
	t.Run("row05_within_strict", func(t *testing.T) {
		at := func(sec float64) []Observation {
			return []Observation{seen(t, 0, `{"0":`+a+`}`), seen(t, sec, `{"0":`+b+`}`)}
		}
		p := `([x-a:v = 1] AND [x-b:v = 1]) WITHIN `
		expect(t,
			check{p + `5 SECONDS`, at(4.999999999), true},
			check{p + `5 SECONDS`, at(5), false},
			check{p + `5.5 SECONDS`, at(5), true},
			check{p + `0.000000001 SECONDS`, at(0), true},
			check{`[x-a:v = 1] WITHIN 1 SECONDS`, one(t, a), true})
		refused(t, "parse.within", p+`0 SECONDS`, p+`-5 SECONDS`, p+`0.0 SECONDS`, p+`'5' SECONDS`)
		refused(t, "parse.unexpected", p+`5 MINUTES`, p+`5 seconds`)
	})
	t.Run("row06_repeats", func(t *testing.T) {
		first, last := "2026-01-01T12:00:00Z", "2026-01-01T13:00:00Z"
		four := []Observation{many(t, first, last, 4, `{"0":`+a+`}`)}
		expect(t,
			check{`[x-a:v = 1] REPEATS 3 TIMES`, one(t, a, a), false},
			check{`[x-a:v = 1] REPEATS 3 TIMES`, one(t, a, a, a), true},
			check{`([x-a:v = 1] AND [x-b:v = 1]) REPEATS 2 TIMES`, one(t, a, a, b), false},
			check{`([x-a:v = 1] AND [x-b:v = 1]) REPEATS 2 TIMES`, one(t, a, b, a, b), true},
			check{`[x-a:v = 1] REPEATS 4 TIMES`, four, true},
			check{`[x-a:v = 1] REPEATS 5 TIMES`, four, false},
			check{`[x-a:v = 1] REPEATS 2 TIMES WITHIN 3600 SECONDS`, four, false},
			check{`[x-a:v = 1] REPEATS 4 TIMES WITHIN 3601 SECONDS`, four, true},
			check{`[x-a:v = 1] REPEATS 1000000 TIMES`, []Observation{many(t, first, last, 999_999_999, `{"0":`+a+`}`)}, true},
			check{`[x-a:v = 1] WITHIN 1 SECONDS REPEATS 2 TIMES`, four, true})
		refused(t, "parse.repeats", `[x-a:v = 1] REPEATS 0 TIMES`, `[x-a:v = 1] REPEATS -1 TIMES`,
			`[x-a:v = 1] REPEATS 1.5 TIMES`)
		refused(t, "limit.repeats", `[x-a:v = 1] REPEATS 1000001 TIMES`, `[x-a:v = 1] REPEATS 99999999999999999999 TIMES`)
	})
	t.Run("row07_start_stop", func(t *testing.T) {
		p := `[x-a:v = 1] START t'2026-01-01T12:00:05Z' STOP t'2026-01-01T12:00:10Z'`
		at := func(sec float64) []Observation { return []Observation{seen(t, sec, `{"0":`+a+`}`)} }
		expect(t,
			check{p, at(4.999), false}, check{p, at(5), true}, check{p, at(9.999), true}, check{p, at(10), false},
			// an observation that began before START does not match
			check{p, []Observation{many(t, "2026-01-01T12:00:04Z", "2026-01-01T12:00:06Z", 1, `{"0":`+a+`}`)}, false},
			check{`[x-a:v = 1] START t'2026-01-01T12:00:10Z' STOP t'2026-01-01T12:00:05Z'`, at(7), false})
		refused(t, "parse.start-stop", `[x-a:v = 1] START 'today' STOP t'2026-01-01T12:00:05Z'`, `[x-a:v = 1] START 5 STOP 6`)
	})
	t.Run("row08_one_qualifier_of_each_kind", func(t *testing.T) {
		refused(t, "parse.qualifier-twice",
			`[x-a:v = 1] WITHIN 5 SECONDS WITHIN 6 SECONDS`,
			`[x-a:v = 1] REPEATS 5 TIMES WITHIN 6 SECONDS REPEATS 2 TIMES`,
			`[x-a:v = 1] START t'2026-01-01T12:00:05Z' STOP t'2026-01-01T12:00:10Z' START t'2026-01-01T12:00:05Z' STOP t'2026-01-01T12:00:10Z'`)
		expect(t, check{`([x-a:v = 1] REPEATS 2 TIMES) REPEATS 2 TIMES`, one(t, a, a, a), false},
			check{`([x-a:v = 1] REPEATS 2 TIMES) REPEATS 2 TIMES`, one(t, a, a, a, a), true})
	})
	t.Run("row09_absent_is_false", func(t *testing.T) {
		for _, op := range []string{`= 1`, `!= 1`, `NOT = 1`, `NOT != 1`, `> 1`, `NOT > 1`, `IN (1)`, `NOT IN (1)`,
			`LIKE 'x'`,
			`NOT LIKE 'x'`, `MATCHES 'x'`, `NOT MATCHES 'x'`, `ISSUBSET '1.2.3.4'`, `NOT ISSUBSET '1.2.3.4'`,
			`NOT ISSUPERSET '1.2.3.4'`} {
			expect(t, check{`[x-a:nothing ` + op + `]`, one(t, a), false}, check{`[x-c:v ` + op + `]`, one(t, a), false})
		}
		expect(t, check{`[NOT EXISTS x-a:nothing]`, one(t, a), false})
	})
	t.Run("row10_types_and_not", func(t *testing.T) {
		o := one(t, `{"type":"x-a","n":5,"s":"5","b":true,"l":[1],"d":{"k":1}}`)
		expect(t,
			check{`[x-a:n = '5']`, o, false}, check{`[x-a:n != '5']`, o, true}, check{`[x-a:s = 5]`, o, false},
			check{`[x-a:s > 4]`, o, false}, check{`[x-a:n LIKE '5']`, o, false}, check{`[x-a:n MATCHES '5']`, o, false},
			check{`[x-a:l = 1]`, o, false}, check{`[x-a:l != 1]`, o, true}, check{`[x-a:d = 1]`, o, false},
			// NOT negates the answer of a present value, unfit types included
			check{`[x-a:n NOT = 5]`, o, false}, check{`[x-a:n NOT = 6]`, o, true}, check{`[x-a:n NOT != 5]`, o, true},
			check{`[x-a:n NOT LIKE '5']`, o, true}, check{`[x-a:s NOT > 4]`, o, true}, check{`[x-a:n NOT != '5']`, o, false})
	})
	t.Run("row11_numbers", func(t *testing.T) {
		o := one(t, `{"type":"x-a","i":1,"f":1.0,"h":1.5,"e":1e2,"b":true,"big":12345678901234567891,"tiny":0.1,"neg":-0}`)
		expect(t,
			check{`[x-a:i = 1.0]`, o, true}, check{`[x-a:f = 1]`, o, true}, check{`[x-a:h = 1]`, o, false},
			check{`[x-a:h > 1]`, o, true}, check{`[x-a:e = 100]`, o, true}, check{`[x-a:b = 1]`, o, false},
			check{`[x-a:i = true]`, o, false}, check{`[x-a:b = true]`, o, true}, check{`[x-a:b != 1]`, o, true},
			check{`[x-a:big = 12345678901234567891]`, o, true}, check{`[x-a:big = 12345678901234567890]`, o, false},
			check{`[x-a:big > 12345678901234567890]`, o, true}, check{`[x-a:tiny IN (0.10)]`, o, true},
			check{`[x-a:i IN (true, false)]`, o, false}, check{`[x-a:neg = 0]`, o, true}, check{`[x-a:h >= -1.5]`, o, true})
	})
	t.Run("row12_strings", func(t *testing.T) {
		composed, combining := one(t, `{"type":"x-a","s":"caf\u00e9"}`), one(t, `{"type":"x-a","s":"cafe\u0301"}`)
		expect(t,
			check{"[x-a:s = 'caf\u00e9']", composed, true}, check{"[x-a:s = 'caf\u00e9']", combining, false},
			check{"[x-a:s LIKE 'caf\u00e9']", combining, true}, check{"[x-a:s LIKE 'cafe\u0301']", composed, true},
			check{"[x-a:s MATCHES '^cafe\u0301$']", composed, true}, check{"[x-a:s MATCHES '^caf.$']", combining, true},
			// 'o' < 'oz' < 'o'+U+0300 < 'z' < U+00F2
			check{"[x-a:s > 'o']", one(t, `{"type":"x-a","s":"oz"}`), true},
			check{"[x-a:s < 'o\u0300']", one(t, `{"type":"x-a","s":"oz"}`), true},
			check{"[x-a:s < 'z']", one(t, `{"type":"x-a","s":"o\u0300"}`), true},
			check{"[x-a:s < '\u00f2']", one(t, `{"type":"x-a","s":"z"}`), true},
			// code points, not UTF-16 units
			check{"[x-a:s > '\uffff']", one(t, `{"type":"x-a","s":"\ud83d\ude00"}`), true})
	})
	t.Run("row13_like", func(t *testing.T) {
		s := func(v string) []Observation { return one(t, `{"type":"x-a","s":`+v+`}`) }
		expect(t,
			check{`[x-a:s LIKE 'a%']`, s(`"a\nb"`), true}, check{`[x-a:s LIKE 'a']`, s(`"a\n"`), false},
			check{`[x-a:s LIKE 'a_']`, s(`"a\n"`), true}, check{`[x-a:s LIKE '_']`, s(`"é"`), true},
			check{`[x-a:s LIKE '_']`, s(`"ab"`), false}, check{`[x-a:s LIKE '%']`, s(`""`), true},
			check{`[x-a:s LIKE '%a%b%']`, s(`"xaxxbx"`), true}, check{`[x-a:s LIKE 'b']`, s(`"abc"`), false},
			check{`[x-a:s LIKE 'a\\%']`, s(`"a\\b"`), true}, check{`[x-a:s LIKE 'a\\%']`, s(`"a%"`), false},
			check{`[x-a:s LIKE '%ab_d']`, s(`"ababcd"`), true}, check{`[x-a:s LIKE 'A']`, s(`"a"`), false})
	})
	t.Run("row14_matches", func(t *testing.T) {
		s := func(v string) []Observation { return one(t, `{"type":"x-a","s":`+v+`,"p_bin":"1MOyoQ=="}`) }
		expect(t,
			check{`[x-a:s MATCHES 'b.d']`, s(`"ab\ndx"`), true}, check{`[x-a:s MATCHES '^b']`, s(`"ab"`), false},
			check{`[x-a:s MATCHES 'b$']`, s(`"ab\n"`), true}, check{`[x-a:s MATCHES 'b\\z']`, s(`"ab\n"`), false},
			check{`[x-a:s MATCHES '(?i)AB']`, s(`"xab"`), true}, check{`[x-a:s MATCHES '^[\\s]$']`, s(`"\u000b"`), true},
			check{`[x-a:s MATCHES '^\\h$']`, s(`"\u2003"`), true}, check{`[x-a:s MATCHES '^\\w$']`, s(`"é"`), false},
			check{`[x-a:p_bin MATCHES '\\xd4\\xc3\\xb2\\xa1']`, s(`""`), true},
			check{`[x-a:p_bin MATCHES '^....$']`, s(`""`), true})
	})
	t.Run("row15_binary_and_strings", func(t *testing.T) {
		o := one(t, `{"type":"artifact","payload_bin":"dGhpcyBpcyBhIHRlc3Q=","x_hex":"00FF","s":"\u00ff","w":"\u0100"}`)
		expect(t,
			check{`[artifact:payload_bin = 'dGhpcyBpcyBhIHRlc3Q=']`, o, false},
			check{`[artifact:payload_bin = 'this is a test']`, o, true},
			check{`[artifact:payload_bin = b'dGhpcyBpcyBhIHRlc3Q=']`, o, true},
			check{`[artifact:payload_bin = h'7468697320697320612074657374']`, o, true},
			check{`[artifact:payload_bin IN ('x', 'this is a test')]`, o, true},
			check{`[artifact:payload_bin LIKE 'this%']`, o, true},
			check{`[artifact:x_hex = h'00ff']`, o, true}, check{`[artifact:x_hex < h'00ff00']`, o, true},
			check{`[artifact:x_hex = b'AP8=']`, o, true}, check{"[artifact:x_hex = '\x00\u00ff']", o, true},
			check{"[artifact:x_hex = '\u0100']", o, false}, check{"[artifact:x_hex != '\u0100']", o, true},
			check{`[artifact:s = h'ff']`, o, true}, check{`[artifact:w = h'ff']`, o, false}, check{`[artifact:w != h'ff']`, o,
				true},
			check{`[artifact:s IN (h'00', b'/w==')]`, o, true})
	})
	t.Run("row16_hex_and_base64_constants", func(t *testing.T) {
		o := one(t, `{"type":"x-a","v_hex":"abcd"}`)
		expect(t, check{`[x-a:v_hex = h'ABCD']`, o, true}, check{"[x-a:v_hex = b'q\n80=\r\n']", o, true},
			check{`[x-a:v_hex != h'']`, o, true})
		refused(t, "parse.hex", `[x-a:v = h'abc']`, `[x-a:v = h'xy']`)
		refused(t, "parse.base64", `[x-a:v = b'q80']`, `[x-a:v = b'q8 0=']`, `[x-a:v = b'q81=']`, `[x-a:v = b'====']`)
	})
	t.Run("row17_string_escapes", func(t *testing.T) {
		expect(t, check{`[x-a:v = 'it\'s \\n']`, one(t, `{"type":"x-a","v":"it's \\n"}`), true},
			check{"[x-a:v = 'two\nlines']", one(t, `{"type":"x-a","v":"two\nlines"}`), true})
		refused(t, "parse.string-escape", `[x-a:v = 'x\n']`, `[x-a:v = '\u0041']`, `[x-a:v = 'x\`)
		refused(t, "parse.string-open", `[x-a:v = 'x]`)
	})
	t.Run("row18_timestamps", func(t *testing.T) {
		o := one(t, `{"type":"file","ctime":"2016-01-20T14:11:25.1234561Z","s":"soon"}`)
		expect(t,
			check{`[file:ctime = t'2016-01-20T14:11:25.123456100Z']`, o, true},
			check{`[file:ctime = t'2016-01-20T14:11:25.1234569Z']`, o, false},
			check{`[file:ctime < t'2016-01-20T14:11:25.12345610001Z']`, o, true},
			check{`[file:ctime > t'2016-01-20T14:11:25.123456099999999999Z']`, o, true},
			check{`[file:ctime IN (t'2016-01-20T14:11:25.12345610Z')]`, o, true},
			check{`[file:s = t'2016-01-20T14:11:25Z']`, o, false}, check{`[file:s != t'2016-01-20T14:11:25Z']`, o, true})
		refused(t, "parse.timestamp", `[file:ctime != t'2016-02-30T00:00:00Z']`, `[file:ctime != t'2016-12-31T23:59:60Z']`,
			`[file:ctime != t'2016-13-01T00:00:00Z']`, `[file:ctime = t'2016-01-01T24:00:00Z']`, `[file:ctime = t'2016-01-01T00:00:00+00:00']`,
			`[file:ctime = t'2015-02-29T00:00:00Z']`, `[file:ctime = t'2016-01-01T00:00:00.Z']`, `[file:ctime = t'2016-01-01t00:00:00Z']`, `[file:ctime = t'']`)
	})
	t.Run("row19_invalid_matches_nothing", func(t *testing.T) {
		for _, text := range []string{``, ` `, `[`, `[]`, `[file:name = 'a'`, `[file:name]`,
			`[file:name = 'a'] [file:name = 'a']`,
			`file:name = 'a'`, `[file:name = 'a'] AND`, `([file:name = 'a'])(`, `[file:name 'a']`, `[file = 'a']`, `[:name = 'a']`,
			`[file:name = a]`, "[file:name = '\xff']", `[file:name = 'a' AND]`, `[file:name = 'a'] XOR [file:name = 'b']`} {
			if p, err := Parse(text); err == nil || p != nil {
				t.Errorf("Parse(%q) = %v, %v: want no pattern and an error", text, p, err)
			}
		}
	})
	t.Run("row20_list_steps", func(t *testing.T) {
		o := one(t, `{"type":"x-a","l":["a","b"],"o":[{"n":1},{"n":2}],"ll":[[1],[2]]}`)
		expect(t,
			check{`[x-a:l[*] = 'b']`, o, true}, check{`[x-a:l[*] = 'c']`, o, false}, check{`[x-a:l[*] != 'a']`, o, true},
			check{`[x-a:l[*] NOT = 'a']`, o, true}, check{`[x-a:l[*] NOT IN ('a','b')]`, o, false},
			check{`[x-a:l[0] = 'a']`, o, true}, check{`[x-a:l[1] = 'a']`, o, false}, check{`[x-a:l[2] = 'a']`, o, false},
			check{`[x-a:l[2] != 'a']`, o, false}, check{`[x-a:l[-1] = 'b']`, o, false}, check{`[x-a:l[-1] != 'x']`, o, false},
			check{`[x-a:l = 'a']`, o, false}, check{`[x-a:o[*].n = 2]`, o, true}, check{`[x-a:o.n = 2]`, o, false},
			check{`[x-a:ll[*][*] = 2]`, o, true}, check{`[x-a:ll[1][0] = 2]`, o, true}, check{`[x-a:o[*] = 1]`, o, false})
	})
	t.Run("row21_two_stars_two_elements", func(t *testing.T) {
		o := one(t, `{"type":"x-a","o":[{"n":1,"m":0},{"n":2,"m":5}]}`)
		expect(t, check{`[x-a:o[*].n = 1 AND x-a:o[*].m = 5]`, o, true}, check{`[x-a:o[0].n = 1 AND x-a:o[0].m = 5]`, o,
			false})
	})
	t.Run("row22_references", func(t *testing.T) {
		v, err := stix.ParseValue([]byte(`{"type":"bundle","id":"bundle--1","objects":[
			{"type":"observed-data","id":"observed-data--1","first_observed":"2026-01-01T00:00:00Z","last_observed":"2026-01-01T00:00:00Z",
			 "number_observed":1,"object_refs":["email-message--1","email-addr--1","directory--1","file--1","directory--2"]},
			{"type":"email-message","id":"email-message--1","from_ref":"email-addr--1","sender_ref":"email-addr--2"},
			{"type":"email-addr","id":"email-addr--1","value":"a@example.com"},
			{"type":"email-addr","id":"email-addr--2","value":"b@example.com"},
			{"type":"directory","id":"directory--1","path":"/","contains_refs":["file--9","file--1","directory--2"]},
			{"type":"directory","id":"directory--2","path":"/x","contains_refs":["directory--1"]},
			{"type":"file","id":"file--1","name":"f","parent_directory_ref":"directory--1"}]}`), stix.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		o, err := Observations(v)
		if err != nil {
			t.Fatal(err)
		}
		expect(t,
			check{`[email-message:from_ref.value = 'a@example.com']`, o, true},
			check{`[email-message:sender_ref.value = 'b@example.com']`, o, false}, // not among object_refs
			check{`[email-message:sender_ref.value != 'x']`, o, false},
			check{`[email-message:sender_ref = 'email-addr--2']`, o, true},
			check{`[email-message:from_ref.type = 'email-addr']`, o, true},
			check{`[email-addr:value = 'b@example.com']`, o, false},
			check{`[directory:contains_refs[*].name = 'f']`, o, true}, check{`[directory:contains_refs[1].name = 'f']`, o, true},
			check{`[directory:contains_refs[0].name = 'f']`, o, false}, check{`[directory:contains_refs.name = 'f']`, o, false},
			check{`[directory:contains_refs[*].contains_refs[*].contains_refs[*].contains_refs[*].name = 'f']`, o,
				true}, // round the circle
			check{`[directory:contains_refs[*].contains_refs[*].contains_refs[*].contains_refs[*].name = 'g']`, o, false},
			check{`[directory:contains_refs[*].contains_refs[*].contains_refs[*].name = 'f']`, o, true},
			check{`[file:parent_directory_ref.path = '/']`, o, true}, check{`[file:name.path = '/']`, o, false},
			check{`[EXISTS file:parent_directory_ref.contains_refs[*].path]`, o, true})
	})
	t.Run("row23_path_quoting", func(t *testing.T) {
		o := one(t, `{"type":"file","hashes":{"MD5":"x","SHA-256":"y","a.b":"z"}}`)
		expect(t,
			check{`[file:hashes.MD5 = 'x']`, o, true}, check{`[file:hashes.'MD5' = 'x']`, o,
				true}, check{`[file:'hashes'.'MD5' = 'x']`, o, true},
			check{`[file:hashes.'SHA-256' = 'y']`, o, true}, check{`[file:hashes.'a.b' = 'z']`, o, true},
			check{`[file:hashes.md5 = 'x']`, o, false}, check{`[file:Hashes.MD5 = 'x']`, o, false})
		refused(t, "parse.path-quote", `[file:hashes.SHA-256 = 'y']`, `[file:a-b = 1]`)
		if a, b := mustParse(t, `[file:hashes.'MD5' = 'x']`).String(), mustParse(t,
			`[file:hashes.MD5 = 'x']`).String(); a != b {
			t.Errorf("%s and %s should print alike", a, b)
		}
	})
	t.Run("row24_address_sets", func(t *testing.T) {
		ip := func(v string) []Observation { return one(t, `{"type":"ipv4-addr","value":`+v+`}`) }
		for _, c := range []struct {
			v, op, net string
			want       bool
		}{
			{`"198.51.100.0/27"`, "ISSUBSET", "198.51.100.0/24", true}, {`"198.51.100.0/24"`, "ISSUBSET", "198.51.100.0/27",
				false},
			{`"198.51.100.7"`, "ISSUBSET", "198.51.100.0/24", true}, {`"198.51.101.7"`, "ISSUBSET", "198.51.100.0/24", false},
			{`"198.51.100.7"`, "ISSUBSET", "198.51.100.7", true}, {`"198.51.100.7/32"`, "ISSUBSET", "198.51.100.7", true},
			{`"1.2.3.4"`, "ISSUBSET", "0.0.0.0/0", true}, {`"198.51.100.7"`, "ISSUBSET", "198.51.100.99/24", true},
			{`"198.51.100.9/24"`, "ISSUBSET", "198.51.100.0/24", true},
			{`"2001:db8::1"`, "ISSUBSET", "2001:db8::/32", true}, {`"2001:db9::1"`, "ISSUBSET", "2001:db8::/32", false},
			{`"::1"`, "ISSUBSET", "::/0", true}, {`"::1"`, "ISSUBSET", "0.0.0.0/0", false}, {`"1.2.3.4"`, "ISSUBSET", "::/0",
				false},
			{`"2001:0db8:dead:beef:0000:0000:0000:0000/64"`, "ISSUBSET", "2001:db8:dead:beef::/64", true},
			{`"198.51.100.0/24"`, "ISSUPERSET", "198.51.100.0/27", true}, {`"198.51.100.0/24"`, "ISSUPERSET", "198.51.100.77",
				true},
			{`"198.51.100.0/27"`, "ISSUPERSET", "198.51.100.0/24", false}, {`"2001:db8::/32"`, "ISSUPERSET", "2001:db8::7",
				true},
			{`"example.com"`, "ISSUBSET", "0.0.0.0/0", false}, {`"1.2.3.4/33"`, "ISSUBSET", "0.0.0.0/0", false},
			{`5`, "ISSUBSET", "0.0.0.0/0", false}, {`"01.2.3.4"`, "ISSUBSET", "0.0.0.0/0", false},
		} {
			expect(t, check{fmt.Sprintf("[ipv4-addr:value %s '%s']", c.op, c.net), ip(c.v), c.want})
		}
		refused(t, "parse.address", `[ipv4-addr:value ISSUBSET 'example.com']`, `[ipv4-addr:value NOT ISSUBSET '1.2.3.4/40']`,
			`[ipv4-addr:value ISSUPERSET 5]`, `[ipv4-addr:value ISSUBSET 'fe80::1%eth0']`)
	})
	t.Run("row25_exists", func(t *testing.T) {
		o := one(t, `{"type":"windows-registry-key","values":[],"z":null}`)
		expect(t, check{`[EXISTS windows-registry-key:values]`, o, true}, check{`[EXISTS windows-registry-key:key]`, o,
			false},
			check{`[EXISTS windows-registry-key:values[*]]`, o, false}, check{`[NOT EXISTS windows-registry-key:values]`, o,
				false},
			check{`[EXISTS windows-registry-key:z]`, o, true})
	})
	t.Run("row26_in", func(t *testing.T) {
		o := one(t, `{"type":"process","name":"proximus","pid":5}`)
		expect(t, check{`[process:name IN ('proccy', 'proximus', 'badproc')]`, o, true},
			check{`[process:name IN ('proccy')]`, o, false},
			check{`[process:name NOT IN ('proccy')]`, o, true}, check{`[process:pid IN (1, 5.0)]`, o, true},
			check{`[process:pid IN ('5')]`, o, false}, check{`[process:pid NOT IN ('5')]`, o, true})
		refused(t, "parse.set-mixed", `[process:pid IN (5, '5')]`, `[process:pid IN (1, true)]`,
			`[process:pid IN ('a', h'61')]`)
		refused(t, "parse.set-empty", `[process:pid IN ()]`)
	})
	t.Run("row27_white_space_and_comments", func(t *testing.T) {
		for _, sp := range []string{" ", "\t", "\n", "\r\n", "\v", "\f", "\u0085", "\u00a0", "\u1680", "\u2003", "\u2028",
			"\u2029", "\u202f",
			"\u205f", "\u3000", "/* x */", "/**/", "// x\n", "// x\r"} {
			text := sp + "[" + sp + "x-a:v" + sp + "=" + sp + "1" + sp + "]" + sp + "REPEATS" + sp + "1 TIMES" + sp
			if p, err := Parse(text); err != nil || p.String() != "[x-a:v = 1] REPEATS 1 TIMES" {
				t.Errorf("Parse(%q) = %v, %v", text, p, err)
			}
		}
		refused(t, "parse.character", "[x-a:v\u200b= 1]", "[x-a:v = 1] /", "\ufeff[x-a:v = 1]")
		refused(t, "parse.comment-open", `[x-a:v = 1] /* `)
		expect(t, check{`[x-a:v = 1] // the end`, one(t, a), true}, check{`[x-a:v = '/* text */']`, one(t,
			`{"type":"x-a","v":"/* text */"}`), true})
	})
	t.Run("row28_aliases_and_numbers", func(t *testing.T) {
		o := one(t, `{"type":"x-a","v":5,"h":0.5}`)
		expect(t, check{`[x-a:v == 5]`, o, true}, check{`[x-a:v <> 4]`, o, true}, check{`[x-a:v = +5]`, o, true},
			check{`[x-a:h = .5]`, o, true},
			check{`[x-a:h = +.5]`, o, true}, check{`[x-a:v=5AND x-a:h<.6]`, o, true}, check{`[x-a:v > -0]`, o, true})
		refused(t, "parse.number-exponent", `[x-a:v = 1e5]`, `[x-a:v = 1.5E-3]`)
		refused(t, "parse.number-zero", `[x-a:v = 05]`, `[x-a:v = -007]`, `[x-a:v = 00]`)
		refused(t, "parse.unexpected", `[x-a:v = 5 and x-a:v = 6]`, `[x-a:v = True]`, `[x-a:v = TRUE]`, `[x-a:v in (5)]`,
			`[x-a:v like 'x']`)
		refused(t, "parse.order-boolean", `[x-a:v < true]`)
	})
	t.Run("row29_root_is_observable", func(t *testing.T) {
		refused(t, "parse.root", `[indicator:name = 'x']`, `[observed-data:number_observed > 1]`, `[relationship:x = 1]`,
			`[malware:name = 'x']`)
		expect(t, check{`[x-usb-device:usbdrive.serial_number = '575833314133343231313937']`,
			one(t, `{"type":"x-usb-device","usbdrive":{"serial_number":"575833314133343231313937"}}`), true})
	})
	t.Run("row30_null", func(t *testing.T) {
		o := one(t, `{"type":"x-a","z":null}`)
		expect(t, check{`[x-a:z = 'x']`, o, false}, check{`[x-a:z != 'x']`, o, true}, check{`[x-a:z IN ('x')]`, o, false})
		refused(t, "parse.unexpected", `[x-a:z = null]`, `[x-a:z IN (null)]`)
	})
}

func mustParse(t testing.TB, text string) *Pattern {
	t.Helper()
	p, err := Parse(text)
	if err != nil {
		t.Fatalf("Parse(%s): %v", text, err)
	}
	return p
}
