package stix

import (
	"errors"
	"os"
	"testing"
)

// TestDeterministicID compares with the identifiers the OASIS reference
// library derives from the same content.
func TestDeterministicID(t *testing.T) {
	text, err := os.ReadFile("testdata/ids.json")
	if err != nil {
		t.Fatal(err)
	}
	v, err := ParseValue(text, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range v.Elements() {
		obj := c.Get("object")
		got, err := DeterministicID(obj.Get("type").Text(), obj)
		if want := ID(c.Get("want").Text()); got != want || err != nil {
			t.Errorf("case %d %s: got %s %v, want %s", i, obj.Raw(), got, err, want)
		}
	}
	if v.Len() < 25 {
		t.Errorf("only %d cases", v.Len())
	}
}

func TestDeterministicIDSpecification(t *testing.T) {
	tests := []struct{ object, want string }{
		{`{"type":"ipv4-addr","value":"198.51.100.3"}`, "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4"},
		{`{ "value" : "198.51.100.3", "type":"ipv4-addr","id":"ipv4-addr--x","resolves_to_refs":["1"]}`,
			"ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4"},
		{`{"value":"\u0031\u0039\u0038.51.100.3"}`, "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4"},
	}
	for _, tt := range tests {
		v, err := ParseValue([]byte(tt.object), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := DeterministicID("ipv4-addr", v); string(got) != tt.want || err != nil {
			t.Errorf("%s: got %s %v, want %s", tt.object, got, err, tt.want)
		}
	}
	process, _ := ParseValue([]byte(`{"type":"process","pid":1}`), Limits{})
	if _, err := DeterministicID("process", process); !errors.Is(err, ErrNoContributing) {
		t.Errorf("process: %v", err)
	}
	if _, err := DeterministicID("malware", process); !errors.Is(err, ErrNotDeterministic) {
		t.Errorf("malware: %v", err)
	}
}

func TestMeaning(t *testing.T) {
	base := `{"type":"indicator","spec_version":"2.1","id":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",` +
		`"created":"2016-04-06T20:03:48.000Z","modified":"2016-04-06T20:03:48.000Z","pattern":"[a:b = 'é']","x_n":1}`
	same := []string{
		`{"x_n":1.0,"type":"indicator","id":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","spec_version":"2.1",` +
			`"created":"2016-04-06T20:03:48.000000Z","revoked":false,"lang":"en",` +
			`"modified":"2016-04-06T20:03:48.0Z","pattern":"[a:b = '\u00e9']"}`,
		`{"x_n":10e-1,"type":"indicator","id":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",` +
			`"created":"2016-04-06T20:03:48.000Z","modified":"2016-04-06T20:03:48.000Z","pattern":"[a:b = 'é']"}`,
	}
	other := []string{
		`{"type":"indicator","spec_version":"2.1","id":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",` +
			`"created":"2016-04-06T20:03:48.000Z","modified":"2016-04-06T20:03:48.001Z","pattern":"[a:b = 'é']","x_n":1}`,
		`{"type":"indicator","spec_version":"2.1","id":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",` +
			`"created":"2016-04-06T20:03:48.000Z","modified":"2016-04-06T20:03:48.000Z","pattern":"[a:b = 'é']",` +
			`"revoked":true,"x_n":1}`,
	}
	want := mustParse(t, base).Meaning()
	for _, s := range same {
		if mustParse(t, s).Meaning() != want {
			t.Errorf("differs in meaning: %s", s)
		}
	}
	for _, s := range other {
		if mustParse(t, s).Meaning() == want {
			t.Errorf("same meaning: %s", s)
		}
	}
	big := func(n string) [32]byte { return mustParse(t, `{"type":"x-a","id":"b","x_n":`+n+`}`).Meaning() }
	if big("12345678901234567890") == big("12345678901234567891") {
		t.Error("integers beyond double precision fall together")
	}
	if big("1e400") == big("1e401") || big("1e400") != big("10e399") || big("0.1") != big("1e-1") || big("-0") != big("0") {
		t.Error("numbers do not compare by value")
	}
}

func mustParse(t testing.TB, text string) *Object {
	t.Helper()
	o, err := Parse([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return o
}

// TestDeterministicIDExamples derives the identifiers of the examples in
// section 6 of the specification (Errata 01). Those of its network traffic were
// derived before the identifiers it refers to were corrected, so they do not
// follow from the text printed beside them; the first of them is tested with
// the references it was derived from.
func TestDeterministicIDExamples(t *testing.T) {
	text, err := os.ReadFile("testdata/ids-specification.json")
	if err != nil {
		t.Fatal(err)
	}
	v, err := ParseValue(text, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	same := 0
	for i, e := range v.Elements() {
		o := mustParse(t, string(e.Raw()))
		switch id, err := o.DeterministicID(); {
		case err != nil:
			t.Errorf("%s: %v", o.ID(), err)
		case id == o.ID():
			same++
		case o.Type() != "network-traffic" || i == 0:
			t.Errorf("derived %s from %s", id, o.Raw())
		}
		if r := o.Check(); r.Outcome == Invalid && o.Type() != "artifact" {
			t.Errorf("%s: %v", o.ID(), r.Err())
		}
	}
	if same != 18 {
		t.Errorf("%d identifiers follow from their text", same)
	}
}
