package pattern

import (
	"errors"
	"strings"
	"testing"

	"kulla.dev/stix"
)

// examples are the patterns of STIX 2.1 §9 and what else has shapes of its own.
var examples = []string{
	`[file:hashes.'SHA-256' = 'aec070645fe53ee3b3763059376134f058cc337247c978add178b6ccdfb0019f']`,
	`[email-message:from_ref.value MATCHES '.+\\@example\\.com$' AND email-message:body_multipart[*].body_raw_ref.name MATCHES '^Final Report.+\\.exe$']`,
	`[file:hashes.'SHA-256' = 'bf07a7' OR file:hashes.MD5 = 'cead3f77'] AND [file:hashes.'SHA-256' = 'aec0']`,
	`([file:hashes.MD5 = '79054025255fb1a26e4bc422aef54eb4'] FOLLOWEDBY [windows-registry-key:key = 'HKEY_LOCAL_MACHINE\\foo\\bar']) WITHIN 300 SECONDS`,
	`[artifact:mime_type = 'application/vnd.tcpdump.pcap' AND artifact:payload_bin MATCHES '\\xd4\\xc3\\xb2\\xa1\\x02\\x00\\x04\\x00']`,
	`[file:extensions.'windows-pebinary-ext'.sections[*].entropy > 7.0]`,
	`[file:mime_type = 'image/bmp' AND file:magic_number_hex = h'ffd8']`,
	`[network-traffic:dst_ref.type = 'domain-name' AND network-traffic:dst_ref.value = 'example.com'] REPEATS 5 TIMES WITHIN 1800 SECONDS`,
	`[(file:name = 'pdf.exe' OR file:size = 371712) AND file:created = t'2014-01-13T07:03:17Z']`,
	`[process:command_line MATCHES '^.+>-add GlobalSign.cer -c -s -r localMachine Root$'] FOLLOWEDBY [process:command_line MATCHES'^.+>-add$'] WITHIN 300 SECONDS`,
	`[network-traffic:dst_ref.value ISSUBSET '2001:0db8:dead:beef:0000:0000:0000:0000/64']`,
	`([file:name = 'foo.dll'] AND [windows-registry-key:key = 'HKEY_LOCAL_MACHINE\\foo\\bar']) OR [process:image_ref.name = 'fooproc' OR process:image_ref.name = 'procfoo']`,
	`[a:b[-1] NOT IN (1, +2.0) /* c */] START t'2026-01-01T00:00:00.5Z' STOP t'2027-01-01T00:00:00Z' // end`,
	`[NOT EXISTS a:'x-y'.z AND a:b LIKE '%_é' OR c-d:e[0] == b'YQ==' AND c-d:e <> true]`,
	`([a:b = 1] AND [a:b = 1]) REPEATS 3 TIMES OR [a:b ISSUPERSET '10.0.0.1'] REPEATS 2 TIMES`,
	`[a:b MATCHES '(?i)(foo|bar)\\s+\\h*[[:digit:]]{2,3}$']`,
}

// FuzzParse: any text is read or refused at a place; what is read prints to a
// text that reads alike, and its canonical text is at rest.
func FuzzParse(f *testing.F) {
	for _, s := range examples {
		f.Add(s)
	}
	for _, s := range []string{``, `[`, `[a:b = 'x`, `[a:b = t'2016-02-30T00:00:00Z']`, `((((`, `[a:b IN ()]`,
		"[a:b = 1]\u2003", `[x:true = 1]`, `[a:b = 00.5]`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Parse(text)
		if err != nil {
			e, ok := errors.AsType[*Error](err)
			if !ok || e.Key == "" || e.Line < 1 || e.Column < 1 || e.Offset < 0 || e.Offset > len(text) {
				t.Fatalf("error %#v", err)
			}
			return
		}
		printed := p.String()
		q, err := Parse(printed)
		if err != nil {
			t.Fatalf("%q prints as %q: %v", text, printed, err)
		}
		if again := q.String(); again != printed {
			t.Fatalf("%q prints as %q and then as %q", text, printed, again)
		}
		canonical := p.Canonical()
		c, err := ParseLimited(canonical, Limits{Depth: 100})
		if err != nil {
			t.Fatalf("%q has the canonical form %q: %v", text, canonical, err)
		}
		if again := c.Canonical(); again != canonical {
			t.Fatalf("%q has the canonical form %q, and that has %q", text, canonical, again)
		}
		if s := c.String(); s != canonical {
			t.Fatalf("canonical form %q prints as %q", canonical, s)
		}
		if got := q.Canonical(); got != canonical {
			t.Fatalf("%q: canonical %q, of its printed form %q", text, canonical, got)
		}
		_ = p.Key()
	})
}

// FuzzEvaluate: evaluation ends, within its budget, and the canonical form
// gives the same answer.
func FuzzEvaluate(f *testing.F) {
	bundle := `{"type":"bundle","objects":[{"type":"observed-data","id":"o1","first_observed":"2026-01-01T00:00:00Z",
		"last_observed":"2026-01-01T00:00:05Z","number_observed":3,"object_refs":["f","g","h"]},
		{"type":"file","id":"f","name":"foo.dll","size":7,"hashes":{"MD5":"x"},"parent_directory_ref":"g","magic_number_hex":"ffd8"},
		{"type":"directory","id":"g","path":"C:\\x","contains_refs":["f","g"]},{"type":"a","id":"h","b":[1,"foo 12",null,true,2.5e1]},
		{"type":"observed-data","id":"o2","first_observed":"2026-01-01T00:00:03Z","last_observed":"2026-01-01T00:00:03Z","number_observed":1,
		"objects":{"0":{"type":"a","b":"10.0.0.0/8"},"1":{"type":"windows-registry-key","key":"HKEY_LOCAL_MACHINE\\foo\\bar"}}}]}`
	for _, s := range examples {
		f.Add(s, bundle)
	}
	f.Add(`[directory:contains_refs[*].contains_refs[*].name LIKE 'f%']`, bundle)
	f.Add(`[a:b[*] > 2] FOLLOWEDBY [a:b ISSUBSET '10.0.0.0/8']`, bundle)
	f.Fuzz(func(t *testing.T, text, data string) {
		p, err := Parse(text)
		if err != nil {
			return
		}
		v, err := stix.ParseValue([]byte(data), stix.Limits{})
		if err != nil {
			return
		}
		obs, err := Observations(v)
		if err != nil {
			return
		}
		lim := Limits{Steps: 200_000}
		m, err := p.MatcherLimited(lim)
		if err != nil {
			if _, ok := errors.AsType[*Error](err); !ok {
				t.Fatalf("%v", err)
			}
			return
		}
		c, err := ParseLimited(p.Canonical(), Limits{Depth: 100})
		if err != nil {
			t.Fatal(err)
		}
		cm, err := c.MatcherLimited(Limits{Steps: 200_000, RegexBytes: 1 << 20, RegexSize: 1 << 20})
		if err != nil {
			t.Fatalf("%q compiles, its canonical form %q does not: %v", text, p.Canonical(), err)
		}
		a, aerr := m.Match(obs)
		b, berr := cm.Match(obs)
		if aerr != nil && !errors.Is(aerr, ErrBudget) || aerr != nil && a.Matched {
			t.Fatalf("%v with %v", a, aerr)
		}
		if aerr == nil && berr == nil && a.Matched != b.Matched {
			t.Fatalf("%q matches %v, its canonical form %q %v, on %s", text, a.Matched, c.Source(), b.Matched, data)
		}
		for i := range obs {
			m.Evidence(&obs[i])
		}
	})
}

func TestPrintExamples(t *testing.T) {
	for _, s := range examples {
		p := mustParse(t, s)
		if p.Source() != s {
			t.Errorf("source %q, want %q", p.Source(), s)
		}
		q := mustParse(t, p.String())
		if q.String() != p.String() {
			t.Errorf("%s prints as %s and then as %s", s, p, q)
		}
	}
	for text, want := range map[string]string{
		`[ a:b=1 OR ( a:c=2 and_ ) ]`:                "",
		`[(a:b=1 OR a:c=2) AND a:d=3]`:               `[(a:b = 1 OR a:c = 2) AND a:d = 3]`,
		`[(a:b=1 AND a:c=2) OR a:d=3]`:               `[a:b = 1 AND a:c = 2 OR a:d = 3]`,
		`[a:b=1 AND (a:c=2 AND a:d=3)]`:              `[a:b = 1 AND (a:c = 2 AND a:d = 3)]`,
		`([a:b=1]) REPEATS 2 TIMES`:                  `[a:b = 1] REPEATS 2 TIMES`,
		`([a:b=1] REPEATS 2 TIMES) REPEATS 2 TIMES`:  `([a:b = 1] REPEATS 2 TIMES) REPEATS 2 TIMES`,
		`([a:b=1] REPEATS 2 TIMES) WITHIN 2 SECONDS`: `[a:b = 1] REPEATS 2 TIMES WITHIN 2 SECONDS`,
		`[x:'true'.'a b'.'it\'s' = 'a\\b']`:          `[x:'true'.'a b'.'it\'s' = 'a\\b']`,
		`[x:a.'b'[ * ][ +3 ] = -0.5]`:                `[x:a.b[*][3] = -0.5]`,
	} {
		p, err := Parse(text)
		switch {
		case want == "" && err == nil:
			t.Errorf("%s was read", text)
		case want != "" && (err != nil || p.String() != want):
			t.Errorf("%s prints as %v (%v), want %s", text, p, err, want)
		}
	}
}

func TestErrorPlace(t *testing.T) {
	_, err := Parse("[a:b = 1]\nAND [ë:c\n= 2]")
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Line != 2 || e.Column != 6 || e.Offset != 15 {
		t.Errorf("got %+v", e)
	}
	if got, want := err.Error(), `line 2, column 6: the character 'ë' has no meaning here (STIX 2.1 §9.4)`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	_, err = Parse("[a:b = 'é' AND a:c = 1e5]")
	if e, _ := errors.AsType[*Error](err); e == nil || e.Column != 22 {
		t.Errorf("columns count code points: %v", err)
	}
}

func BenchmarkParse(b *testing.B) {
	benchParse(b, func(p *Pattern) {})
}

func BenchmarkParseCanonical(b *testing.B) {
	benchParse(b, func(p *Pattern) { _ = p.Canonical() })
}

func benchParse(b *testing.B, then func(*Pattern)) {
	for _, c := range []struct{ name, text string }{
		{"equality", examples[0]}, {"address", `[ipv4-addr:value = '198.51.100.1']`}, {"two", examples[6]}, {"compound",
			examples[11]},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p, err := Parse(c.text)
				if err != nil {
					b.Fatal(err)
				}
				then(p)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "patterns/s")
		})
	}
}

func BenchmarkMatch(b *testing.B) {
	for _, text := range []string{examples[0], examples[3], `[file:name LIKE '%.dll']`,
		`[file:name MATCHES '^[a-z]+\\.dll$']`} {
		m, err := mustParse(b, text).Matcher()
		if err != nil {
			b.Fatal(err)
		}
		obs := one(b, `{"type":"file","name":"foo.dll","hashes":{"MD5":"79054025255fb1a26e4bc422aef54eb4"}}`,
			`{"type":"windows-registry-key","key":"HKEY_LOCAL_MACHINE\\foo\\bar"}`)
		b.Run(strings.ReplaceAll(text[:min(len(text), 30)], "/", ""), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := m.Match(obs); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
