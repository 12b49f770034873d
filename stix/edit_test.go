package stix

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestEdit(t *testing.T) {
	tests := []struct {
		name, text string
		edits      []Edit
		want       string // "" means refused
	}{
		{"nothing", `{"type":"a","id":"1"}`, nil, `{"type":"a","id":"1"}`},
		{"replace", `{"type":"a", "n": 1 ,"id":"1"}`, []Edit{Set("n", []byte(" [2] "))}, `{"type":"a", "n": [2] ,"id":"1"}`},
		{"add", `{"type":"a","id":"1"}`, []Edit{Set("n", []byte("2"))}, `{"type":"a","id":"1","n":2}`},
		{"add in the author's style", "{\n  \"type\": \"a\",\n  \"id\": \"1\"\n}", []Edit{Set("n", []byte("2"))},
			"{\n  \"type\": \"a\",\n  \"id\": \"1\",\n  \"n\": 2\n}"},
		{"drop first", `{"n":1,"type":"a","id":"1"}`, []Edit{Drop("n")}, `{"type":"a","id":"1"}`},
		{"drop middle", `{"type":"a","n":1,"id":"1"}`, []Edit{Drop("n")}, `{"type":"a","id":"1"}`},
		{"drop last", `{"type":"a","id":"1", "n":1}`, []Edit{Drop("n")}, `{"type":"a","id":"1"}`},
		{"drop two neighbours", `{"x":1,"y":2,"type":"a","id":"1"}`, []Edit{Drop("x"), Drop("y")}, `{"type":"a","id":"1"}`},
		{"drop last two and add", `{"type":"a","id":"1","x":1,"y":2}`, []Edit{Drop("x"), Drop("y"), Set("z", []byte("3"))},
			`{"type":"a","id":"1","z":3}`},
		{"drop absent", `{"type":"a","id":"1"}`, []Edit{Drop("n")}, `{"type":"a","id":"1"}`},
		{"rename", `{"type":"a","id":"1","n" : 1}`, []Edit{Rename("n", "m\"")}, `{"type":"a","id":"1","m\"" : 1}`},
		{"rename and set", `{"type":"a","id":"1","n":1}`, []Edit{Rename("n", "m"), Set("n", []byte("2"))}, `{"type":"a","id":"1","m":2}`},
		{"rename and drop", `{"type":"a","id":"1","n":1}`, []Edit{Rename("n", "m"), Drop("n")}, `{"type":"a","id":"1"}`},
		{"escaped name", `{"type":"a","id":"1","\u006e":1}`, []Edit{Rename("n", "m")}, `{"type":"a","id":"1","m":1}`},
		{"escaped first name", `{ "\u006e" :1,"type":"a","id":"1"}`, []Edit{Drop("n")}, `{ "type":"a","id":"1"}`},
		{"rename onto another", `{"type":"a","id":"1","n":1}`, []Edit{Rename("n", "id")}, ""},
		{"no type left", `{"type":"a","id":"1"}`, []Edit{Drop("type")}, ""},
		{"bad value", `{"type":"a","id":"1"}`, []Edit{Set("n", []byte("{"))}, ""},
		{"smuggled member", `{"type":"a","id":"1","n":1}`, []Edit{Set("n", []byte(`1,"revoked":true`))}, ""},
	}
	for _, tt := range tests {
		o := mustParse(t, tt.text)
		got, err := o.Edit(tt.edits...)
		switch {
		case tt.want == "" && err == nil:
			t.Errorf("%s: passed as %s", tt.name, got.Raw())
		case tt.want != "" && (err != nil || string(got.Raw()) != tt.want):
			t.Errorf("%s: got %v, want %s", tt.name, got, tt.want)
		}
		if string(o.Raw()) != tt.text {
			t.Errorf("%s: the original changed", tt.name)
		}
	}
}

// TestEditLaw: an edit does to the text what it does to a map.
func TestEditLaw(t *testing.T) {
	names := []string{"type", "id", "aa", "bb", "cc", "dd", "é\"", "x\\y"}
	rapid.Check(t, func(t *rapid.T) {
		m := map[string]any{"type": "t", "id": "1"}
		var parts []string
		for _, n := range rapid.Permutation(names).Draw(t, "order") {
			if n == "type" || n == "id" || rapid.Bool().Draw(t, n) {
				if _, ok := m[n]; !ok {
					m[n] = float64(rapid.IntRange(0, 9).Draw(t, "v"))
				}
				k, _ := json.Marshal(n)
				v, _ := json.Marshal(m[n])
				blank := rapid.SampledFrom([]string{"", " ", "\n\t"}).Draw(t, "blank")
				parts = append(parts, blank+string(k)+blank+":"+blank+string(v)+blank)
			}
		}
		o, err := Parse([]byte("{" + strings.Join(parts, ",") + "}"))
		if err != nil {
			t.Fatal(err)
		}
		var edits []Edit
		for _, n := range names[2:] {
			switch rapid.IntRange(0, 3).Draw(t, "edit") {
			case 1:
				edits, m[n] = append(edits, SetText(n, "new "+n)), "new "+n
			case 2:
				edits = append(edits, Drop(n))
				delete(m, n)
			}
		}
		n, err := o.Edit(edits...)
		if err != nil {
			t.Fatalf("%s: %v", o.Raw(), err)
		}
		var got map[string]any
		if err := json.Unmarshal(n.Raw(), &got); err != nil || !reflect.DeepEqual(got, m) {
			t.Fatalf("%s became %s, want %v", o.Raw(), n.Raw(), m)
		}
	})
}

func TestTLP(t *testing.T) {
	for label := TLPClear; label <= TLPRed; label++ {
		o := label.Object()
		if r := o.Check(); r.Outcome != Valid || o.ID() != label.ID() || TLPOf(o.ID()) != label || ParseTLP(label.String()) != label {
			t.Errorf("%v: %v", label, r)
		}
	}
	for s, want := range map[string]TLP{"white": TLPClear, "TLP:WHITE": TLPClear, "tlp:amber strict": TLPUnknown,
		"Amber-Strict": TLPAmberStrict, "amber_strict": TLPAmberStrict, "RED": TLPRed, "": TLPUnknown, "tlp:": TLPUnknown,
		"reddish": TLPUnknown, "ambe": TLPUnknown} {
		if got := ParseTLP(s); got != want {
			t.Errorf("ParseTLP(%q) = %v, want %v", s, got, want)
		}
	}
	for value, id := range tlp1IDs {
		if TLPOf(ID(id)) != ParseTLP(value) {
			t.Errorf("TLP 1 %s reads as %v", value, TLPOf(ID(id)))
		}
	}
	if TLPUnknown.ID() != "" || TLPUnknown.Object() != nil || TLP(9).String() != "" || TLPOf("x") != TLPUnknown {
		t.Error("unknown is known")
	}
}

func TestObjectHeader(t *testing.T) {
	o := mustParse(t, `{"\u0074ype":"x-\u0061","id":"x-a--\u0031","created":"2020-01-01T00:00:00.000Z","revoked":true,`+
		`"created_by_ref":"identity--\u0031","object_marking_refs":["m--1","m--\u0032",3],"spec_version":"3.0"}`)
	if o.Type() != "x-a" || o.ID() != "x-a--1" || !o.Revoked() || o.CreatedBy() != "identity--1" || o.SpecVersion() != "3.0" ||
		o.Version().String() != "2020-01-01T00:00:00.000Z" || !o.Modified().IsZero() || o.Class() != Custom {
		t.Errorf("header of %s", o.Raw())
	}
	if got := slices.Collect(o.Markings()); !slices.Equal(got, []ID{"m--1", "m--2"}) {
		t.Errorf("markings %v", got)
	}
	if v := mustParse(t, `{"type":"malware","id":"1"}`).SpecVersion(); v != "2.0" {
		t.Errorf("malware without version reads as %s", v)
	}
	if v := mustParse(t, `{"type":"url","id":"1"}`).SpecVersion(); v != "2.1" {
		t.Errorf("url without version reads as %s", v)
	}
	if id := ID("a-b--0c7b5b88-8ff7-4a4d-aa9d-feb398cd0061"); !id.Valid() || id.Version() != 4 || id.Type() != "a-b" ||
		ID("a-b-0c7b").Valid() || ID("x").Type() != "" {
		t.Error("identifier parts")
	}
}
