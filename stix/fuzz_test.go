package stix

import (
	"bytes"
	"encoding/json"
	"testing"
	"testing/iotest"

	"github.com/go-json-experiment/json/jsontext"
)

func seed(f *testing.F) {
	spec := table()
	for _, sh := range spec.list {
		f.Add([]byte(fullObject(spec, sh)))
	}
	for _, s := range []string{observed20, `{"type":"bundle","id":"bundle--1","objects":[{"type":"a","id":"1"},[]]}`,
		`{"type":"x","id":"\ud83d\ude00","n":[-0.0e+00,1e400,12345678901234567890]}`, `{"":{"":[[[]]]}}`, `[`, "\xff", `"\ud800"`,
		`{"type":"a","type":"b"}`} {
		f.Add([]byte(s))
	}
}

// FuzzParse: nothing panics, the two decoders agree, what is accepted is
// exactly what an independent strict reader accepts, and raw bytes come back.
func FuzzParse(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		_, err := ParseValue(text, Limits{})
		strict := jsontext.Value(text).IsValid()
		if e, ok := err.(*SyntaxError); ok && (e.Rule == RuleDepth || e.Rule == RuleSize) {
			strict = false
		}
		if (err == nil) != strict {
			t.Fatalf("error %v, independent reader says %v: %q", err, strict, text)
		}
		read := func(d *Decoder) (out []string) {
			for o, err := range d.Objects() {
				switch {
				case err != nil:
					out = append(out, err.Error())
				case !bytes.Contains(text, o.Raw()):
					t.Fatalf("raw bytes are not in the text: %q", o.Raw())
				default:
					if p, err := Parse(o.Raw()); err != nil || p.ID() != o.ID() || p.Type() != o.Type() || p.Digest() != o.Digest() {
						t.Fatalf("raw bytes read differently: %v", err)
					}
					out = append(out, string(o.Raw()))
				}
			}
			return out
		}
		a, b := read(NewTextDecoder(text)), read(NewDecoder(iotest.OneByteReader(bytes.NewReader(text))))
		if len(a) != len(b) {
			t.Fatalf("text decoder gives %q, stream decoder %q", a, b)
		}
		for i := range a {
			if a[i] != b[i] {
				t.Fatalf("text decoder gives %q, stream decoder %q", a[i], b[i])
			}
		}
	})
}

// FuzzValidate: a check never panics, gives the same report twice, names
// places that exist, and finds quietly the errors it finds aloud.
func FuzzValidate(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		o, err := Parse(text)
		if err != nil {
			return
		}
		var loud Parser
		r := loud.Check(o)
		quiet := Parser{Quiet: true}
		q := quiet.Check(o)
		if (r.Outcome == Invalid) != (q.Outcome == Invalid) || r.Outcome == Valid && len(r.Findings) > 0 {
			t.Fatalf("loud %v, quiet %v", r, q)
		}
		for i, x := range loud.Check(o).Findings {
			if x != r.Findings[i] {
				t.Fatalf("second report differs: %v, %v", x, r.Findings[i])
			}
		}
		o.SpecVersion()
		o.Version().Time()
		for range o.Markings() {
		}
		if m := o.Meaning(); m != loud.Meaning(o) {
			t.Fatal("meaning differs from itself")
		}
		if id, err := o.DeterministicID(); err == nil && !id.Valid() {
			t.Fatalf("derived identifier %q", id)
		}
	})
}

// FuzzConvert: converting never panics, leaves the original alone, gives
// objects that parse, and is stable.
func FuzzConvert(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		o, err := Parse(text)
		if err != nil {
			return
		}
		before := string(o.Raw())
		c, err := Convert(o)
		if string(o.Raw()) != before {
			t.Fatal("the original changed")
		}
		if err != nil {
			return
		}
		for _, n := range c.Objects {
			if n.SpecVersion() == "2.0" && n != o {
				t.Fatalf("still 2.0: %s", n.Raw())
			}
			again, err := Convert(n)
			if err != nil || len(again.Objects) != 1 || string(again.Objects[0].Raw()) != string(n.Raw()) {
				t.Fatalf("converting the result changes it: %s", n.Raw())
			}
		}
	})
}

// FuzzTimestamp: what parses keeps its text, agrees with encoding/json on the
// instant, and orders like its text.
func FuzzTimestamp(f *testing.F) {
	for _, s := range []string{"2016-01-20T12:31:12.123Z", "2016-12-31T23:59:60.5Z", "0000-02-29T00:00:00Z", "9999-12-31T23:59:59Z",
		"2016-01-20T12:31:12.Z", ""} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		ta, err := ParseTimestamp(a)
		if (err == nil) != validTime(a) {
			t.Fatalf("%q: %v", a, err)
		}
		if err != nil {
			return
		}
		if ta.String() != a {
			t.Fatalf("%q became %q", a, ta)
		}
		std := ta.Time()
		if text, err := json.Marshal(std); err == nil && !ta.leap && string(text[1:20]) != a[:19] {
			t.Fatalf("%q is %s", a, text)
		}
		tb, err := ParseTimestamp(b)
		if err != nil {
			return
		}
		if ta.Compare(tb) != -tb.Compare(ta) || ta.Compare(tb) != min(max(compareTimes([]byte(a), []byte(b)), -1), 1) {
			t.Fatalf("%q and %q compare as %d", a, b, ta.Compare(tb))
		}
	})
}

// FuzzJCS: canonical text equals an independent implementation's and is its
// own canonical text.
func FuzzJCS(f *testing.F) {
	seed(f)
	f.Add([]byte(`[1e21,1e-7,-0,0.1e-400,123456789012345678901234567890,5e-324]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := Canonical(text, Limits{})
		if err != nil {
			return
		}
		want := jsontext.Value(append([]byte(nil), text...))
		if err := want.Canonicalize(); err != nil {
			t.Fatalf("independent implementation refuses: %v", err)
		}
		if string(got) != string(want) {
			t.Fatalf("%q\n got %q\nwant %q", text, got, want)
		}
		again, err := Canonical(got, Limits{})
		if err != nil || string(again) != string(got) {
			t.Fatalf("not a fixed point: %q %v", again, err)
		}
	})
}
