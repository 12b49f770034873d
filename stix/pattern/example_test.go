package pattern_test

import (
	"errors"
	"fmt"
	"log"

	"kulla.dev/stix"
	"kulla.dev/stix/pattern"
)

// A pattern is parsed, compiled and evaluated against the observed data of a
// bundle.
func Example() {
	bundle := `{"type": "bundle", "id": "bundle--5d0092c5-5f74-4287-9642-33f4c354e56d", "objects": [
		{"type": "observed-data", "id": "observed-data--b67d30ff-02ac-498a-92f9-32f845f448cf",
		 "first_observed": "2026-01-01T12:00:00Z", "last_observed": "2026-01-01T12:00:00Z", "number_observed": 1,
		 "object_refs": ["ipv4-addr--efcd5e80-570d-4131-b213-62cb18eaa6a8"]},
		{"type": "ipv4-addr", "id": "ipv4-addr--efcd5e80-570d-4131-b213-62cb18eaa6a8", "value": "198.51.100.3"}]}`

	data, err := stix.ParseValue([]byte(bundle), stix.Limits{})
	if err != nil {
		log.Fatal(err)
	}
	observed, err := pattern.Observations(data)
	if err != nil {
		log.Fatal(err)
	}
	p, err := pattern.Parse(`[ipv4-addr:value ISSUBSET '198.51.100.0/24']`)
	if err != nil {
		log.Fatal(err)
	}
	m, err := p.Matcher()
	if err != nil {
		log.Fatal(err)
	}
	r, err := m.Match(observed)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(r.Matched, m.Evidence(&observed[0]))
	// Output: true [{ipv4-addr:value 198.51.100.3}]
}

// Errors name the place, the rule and the section that holds it.
func ExampleParse() {
	for _, text := range []string{
		`[file:hashes.SHA-256 = 'aec0']`,
		`[file:size > 1e6]`,
		`[file:name = 'a'] REPEATS 0 TIMES`,
	} {
		_, err := pattern.Parse(text)
		fmt.Println(err)
	}
	// Output:
	// line 1, column 14: a name with a hyphen is quoted: 'SHA-256' (STIX 2.1 §9.7.1)
	// line 1, column 14: numbers have no exponent; write all digits (STIX 2.1 §9.2)
	// line 1, column 27: REPEATS takes a whole number of at least 1 (STIX 2.1 §9.5.1)
}

// Equivalent patterns share their canonical text.
func ExamplePattern_Canonical() {
	for _, text := range []string{
		`[file:size = +7.0 AND file:'name' == 'a']`,
		`[ (file:name = 'a' AND file:size IN (7)) /* the same */ ]`,
	} {
		p, err := pattern.Parse(text)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(p.Canonical())
	}
	// Output:
	// [file:name = 'a' AND file:size = 7]
	// [file:name = 'a' AND file:size = 7]
}

// Key finds duplicates that differ in notation only.
func ExamplePattern_Key() {
	a, _ := pattern.Parse(`[ipv4-addr:value = '198.51.100.1/32']`)
	b, _ := pattern.Parse(`[ipv4-addr:value = '198.51.100.1']`)
	fmt.Println(a.Canonical() == b.Canonical(), a.Key() == b.Key())
	// Output: false true
}

// What an expression needs a backtracking engine for is refused by name.
func ExamplePattern_Matcher() {
	p, err := pattern.Parse(`[url:value MATCHES '^http(?!s)']`)
	if err != nil {
		log.Fatal(err)
	}
	_, err = p.Matcher()
	if e, ok := errors.AsType[*pattern.Error](err); ok {
		fmt.Println(e.Key)
		fmt.Println(e.Text)
	}
	// Output:
	// pattern.regex.look-ahead
	// a negative look-ahead (?!…) needs a backtracking engine and is not supported
}

// A stream keeps sightings instead of observations: which expressions were
// satisfied and when.
func ExampleMatcher_Combine() {
	p, err := pattern.Parse(`([user-account:account_login = 'root'] REPEATS 3 TIMES) WITHIN 60 SECONDS`)
	if err != nil {
		log.Fatal(err)
	}
	m, err := p.Matcher()
	if err != nil {
		log.Fatal(err)
	}
	var seen []pattern.Sighting
	for _, at := range []string{"2026-01-01T12:00:00Z", "2026-01-01T12:00:30Z", "2026-01-01T12:00:59Z"} {
		t, _ := pattern.ParseInstant(at)
		o := pattern.Observation{First: t, Last: t, Count: 1, Objects: []pattern.Object{{
			Type: "user-account", Fields: []pattern.Field{{Name: "account_login", Value: pattern.Text("root")}}}}}
		s, ok, err := m.Sight(&o)
		if err != nil || !ok {
			log.Fatal(ok, err)
		}
		seen = append(seen, s)
		matched, err := m.Combine(seen)
		fmt.Println(at, matched, err)
	}
	// Output:
	// 2026-01-01T12:00:00Z false <nil>
	// 2026-01-01T12:00:30Z false <nil>
	// 2026-01-01T12:00:59Z true <nil>
}
