package stix

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
)

func bundles(tb testing.TB) map[string][]byte {
	tb.Helper()
	out := map[string][]byte{"attack-shaped": corpus(tb)}
	for _, dir := range []string{"examples", "examples20"} {
		files, err := filepath.Glob("testdata/" + dir + "/*.json")
		if err != nil || len(files) < 5 {
			tb.Fatalf("%s: %v %v", dir, files, err)
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				tb.Fatal(err)
			}
			out[f] = b
		}
	}
	return out
}

// TestRoundTrip reads every bundle in memory, through a reader and through a
// reader that gives a byte at a time, and finds the same bytes of every
// object, in order, in the text.
func TestRoundTrip(t *testing.T) {
	for name, text := range bundles(t) {
		readers := map[string]*Decoder{
			"text":   NewTextDecoder(text),
			"stream": NewDecoder(bytes.NewReader(text)),
			"half":   NewDecoder(iotest.HalfReader(bytes.NewReader(text))),
			"errata": NewDecoder(iotest.DataErrReader(bytes.NewReader(text))),
		}
		if len(text) < 100_000 {
			readers["byte"] = NewDecoder(iotest.OneByteReader(bytes.NewReader(text)))
		}
		for kind, d := range readers {
			rest, n := text, 0
			for o, err := range d.Objects() {
				if err != nil {
					t.Fatalf("%s by %s: %v", name, kind, err)
				}
				i := bytes.Index(rest, o.Raw())
				if i < 0 {
					t.Fatalf("%s by %s: object %d is not in the text: %s", name, kind, n, o.Raw())
				}
				rest = rest[i+len(o.Raw()):]
				if n++; o.Get("id").Text() != string(o.ID()) || o.Get("type").Text() != o.Type() {
					t.Errorf("%s by %s: header of object %d differs", name, kind, n)
				}
			}
			if h := d.Header(); h.Type != "" && (h.Type != "bundle" || !h.ID.Valid()) || n == 0 || bytes.Contains(rest, []byte(`"type"`)) &&
				!bytes.Contains(rest, []byte("bundle")) {
				t.Errorf("%s by %s: header %+v after %d objects", name, kind, h, n)
			}
			if d.Offset() != int64(len(text)) {
				t.Errorf("%s by %s: %d of %d bytes read", name, kind, d.Offset(), len(text))
			}
		}
	}
}

// TestCorpusIsValid checks the real and ATT&CK-shaped content: STIX 2.1 has no
// error, STIX 2.0 has none after conversion.
func TestCorpusIsValid(t *testing.T) {
	objects := 0
	for name, text := range bundles(t) {
		d := NewTextDecoder(text)
		for o, err := range d.Objects() {
			if err != nil {
				t.Fatal(name, err)
			}
			objects++
			c, err := Convert(o)
			if err != nil {
				t.Fatal(name, err)
			}
			for _, n := range c.Objects {
				if r := d.Check(n); r.Outcome == Invalid {
					t.Errorf("%s: %s: %v", name, n.ID(), r.Err())
				}
			}
		}
	}
	if objects < 9000 {
		t.Errorf("only %d objects", objects)
	}
}

func TestDecoderForms(t *testing.T) {
	tests := []struct {
		name, text string
		objects    int
		bad        int  // elements that are no objects
		rule       Rule // of the error that ends the iteration
	}{
		{"bundle", `{"type":"bundle","id":"bundle--1","objects":[{"type":"a","id":"1"},{"type":"b","id":"2"}]}`, 2, 0, ""},
		{"objects first", `{"objects":[{"type":"a","id":"1"}],"id":"bundle--1","type":"bundle"}`, 1, 0, ""},
		{"empty bundle", `{"type":"bundle","id":"bundle--1"}`, 0, 0, ""},
		{"empty list", ` {"type":"bundle","objects":[ ] } `, 0, 0, ""},
		{"envelope", `{"more":true,"next":"x","objects":[{"type":"a","id":"1"}]}`, 1, 0, ""},
		{"lone object", `{"id":"a--1","type":"a","objects":{"0":1}}`, 1, 0, ""},
		{"lone object, type last", `{"id":"a--1","x":[1,2],"type":"a"}`, 1, 0, ""},
		{"nothing", ``, 0, 0, RuleJSON},
		{"empty object", `{}`, 0, 0, RuleHeader},
		{"no type", `{"a":1}`, 0, 0, RuleHeader},
		{"number", `7`, 0, 0, RuleJSON},
		{"array", `[{"type":"a","id":"1"}]`, 0, 0, RuleNotObject},
		{"array of arrays", `{"type":"bundle","objects":[[],[[{"type":"a","id":"1"}]]]}`, 0, 2, ""},
		{"numbers among objects", `{"type":"bundle","objects":[1,{"type":"a","id":"1"},"x",null]}`, 1, 3, ""},
		{"object without id", `{"type":"bundle","objects":[{"type":"a"},{"type":"a","id":"1"}]}`, 1, 1, ""},
		{"objects in another type", `{"objects":[{"type":"a","id":"1"}],"type":"report"}`, 1, 0, RuleHeader},
		{"duplicate around", `{"type":"bundle","type":"bundle","objects":[]}`, 0, 0, RuleDuplicate},
		{"duplicate objects", `{"type":"bundle","objects":[],"objects":[]}`, 0, 0, RuleDuplicate},
		{"duplicate inside", `{"type":"bundle","objects":[{"type":"a","id":"1"},{"type":"a","id":"1","id":"2"}]}`, 1, 0, RuleDuplicate},
		{"cut", `{"type":"bundle","objects":[{"type":"a","id":"1"},{"type":"a",`, 1, 0, RuleJSON},
		{"cut behind", `{"type":"bundle","objects":[{"type":"a","id":"1"}]`, 1, 0, RuleJSON},
		{"trailing", `{"type":"bundle","objects":[]} x`, 0, 0, RuleJSON},
		{"trailing comma", `{"type":"bundle","objects":[{"type":"a","id":"1"},]}`, 1, 0, RuleJSON},
		{"bad utf8", "{\"type\":\"bundle\",\"objects\":[{\"type\":\"a\",\"id\":\"\xff\"}]}", 0, 0, RuleUTF8},
		{"bad utf8 around", "{\"type\":\"bundle\xff\",\"objects\":[]}", 0, 0, RuleUTF8},
		{"surrogate", `{"type":"bundle","objects":[{"type":"a","id":"\ud800"}]}`, 0, 0, RuleSurrogate},
		{"deep", `{"type":"bundle","objects":[{"type":"a","id":"1","x":` + strings.Repeat("[", 10000) + `]}`, 0, 0, RuleDepth},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, d := range []*Decoder{NewTextDecoder([]byte(tt.text)), NewDecoder(iotest.OneByteReader(strings.NewReader(tt.text)))} {
				objects, bad, rule := 0, 0, Rule("")
				for _, err := range d.Objects() {
					if err == nil {
						objects++
						continue
					}
					syntax, isSyntax := errors.AsType[*SyntaxError](err)
					value, isValue := errors.AsType[*ValueError](err)
					_, isElement := errors.AsType[*ObjectError](err)
					switch {
					case isSyntax:
						rule = syntax.Rule
					case isValue && isElement:
						bad++
					case isValue:
						rule = value.Rule
					default:
						t.Errorf("odd error %v", err)
					}
				}
				if objects != tt.objects || bad != tt.bad || rule != tt.rule {
					t.Errorf("%d objects, %d bad, rule %q; want %d, %d, %q", objects, bad, rule, tt.objects, tt.bad, tt.rule)
				}
			}
		})
	}
}

func TestDecoderHeader(t *testing.T) {
	d := NewDecoder(strings.NewReader(`{"more":true,"objects":[],"next":"tök","spec_version":"2.0"}`))
	for range d.Objects() {
		t.Error("an object in nothing")
	}
	h := d.Header()
	if len(h.Rest) != 2 || h.Rest[0].Name != "more" || string(h.Rest[1].Raw) != `"tök"` || h.SpecVersion != "2.0" {
		t.Errorf("got %+v", h)
	}
}

func TestDecoderPassesReadErrors(t *testing.T) {
	broken := errors.New("line is down")
	r := io.MultiReader(strings.NewReader(`{"type":"bundle","objects":[{"type":"a","id":"1"},`), iotest.ErrReader(broken))
	objects := 0
	var last error
	for _, err := range NewDecoder(r).Objects() {
		if err != nil {
			last = err
		} else {
			objects++
		}
	}
	if objects != 1 || !errors.Is(last, broken) {
		t.Errorf("%d objects, error %v", objects, last)
	}
}

func TestDecoderStops(t *testing.T) {
	n := 0
	for range NewTextDecoder([]byte(`{"type":"bundle","objects":[{"type":"a","id":"1"},{"type":"b","id":"2"}]}`)).Objects() {
		n++
		break
	}
	if n != 1 {
		t.Errorf("%d objects after break", n)
	}
}

// endless gives a bundle with one object whose string never ends.
type endless struct{ sent int64 }

func (e *endless) Read(p []byte) (int, error) {
	n := 0
	if e.sent == 0 {
		n = copy(p, `{"type":"bundle","objects":[{"type":"a","id":"`)
	}
	for ; n < len(p); n++ {
		p[n] = 'x'
	}
	e.sent += int64(n)
	return n, nil
}

// TestHundredMegabyteString refuses an object of unlimited length after the
// limit, without reading on.
func TestHundredMegabyteString(t *testing.T) {
	e := new(endless)
	d := NewDecoder(e)
	d.Limits.Bytes = 1 << 20
	var last error
	for _, err := range d.Objects() {
		last = err
	}
	syntax, ok := errors.AsType[*SyntaxError](last)
	if !ok || syntax.Rule != RuleSize || e.sent > 8<<20 {
		t.Errorf("got %v after %d bytes", last, e.sent)
	}
	long := append(append([]byte(`{"type":"bundle","objects":[{"type":"a","id":"`), bytes.Repeat([]byte("y"), 100<<20)...), `"}]}`...)
	for _, err := range NewTextDecoder(long).Objects() {
		if syntax, ok := errors.AsType[*SyntaxError](err); !ok || syntax.Rule != RuleSize {
			t.Errorf("100 MB string: %v", err)
		}
	}
}

// TestStreamMemory reads a bundle a hundred times the corpus's shape and finds
// the memory held constant.
func TestStreamMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	one := []byte(`{"type":"identity","spec_version":"2.1","id":"identity` + sampleUUID + `","created":"2020-01-01T00:00:00.000Z",` +
		`"modified":"2020-01-01T00:00:00.000Z","name":"` + strings.Repeat("n", 800) + `"}`)
	const total = 100_000
	r, w := io.Pipe()
	go func() {
		io.WriteString(w, `{"type":"bundle","id":"bundle--1","objects":[`)
		for i := range total {
			if i > 0 {
				w.Write([]byte(","))
			}
			w.Write(one)
		}
		io.WriteString(w, "]}")
		w.Close()
	}()
	var before, m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	d, n, peak := NewDecoder(r), 0, uint64(0)
	for o, err := range d.Objects() {
		if err != nil {
			t.Fatal(err)
		}
		if d.Check(o).Outcome == Invalid {
			t.Fatal("invalid")
		}
		if n++; n%20_000 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapAlloc)
		}
	}
	if n != total || peak > before.HeapAlloc+4<<20 {
		t.Errorf("%d objects, %d KiB held at most", n, (int64(peak)-int64(before.HeapAlloc))>>10)
	}
}

func TestParserAllocations(t *testing.T) {
	text := []byte("{" + head("identity") + `,"name":"n","identity_class":"group"}`)
	var p Parser
	n := testing.AllocsPerRun(200, func() {
		o, err := p.Parse(text)
		if err != nil || p.Check(o).Outcome != Valid {
			t.Fatal(err)
		}
		o.Digest()
	})
	if n > 2 { // the object and its identifier
		t.Errorf("parse, check and digest allocate %v times", n)
	}
}
