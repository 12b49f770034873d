package stix

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"
)

// TestCanonicalRFC8785 holds the examples of RFC 8785, sections 3.2.2 to 3.2.4.
func TestCanonicalRFC8785(t *testing.T) {
	tests := []struct{ in, want string }{
		{`{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],` +
			`"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}`,
			`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],` +
				`"string":"€$\u000f\nA'B\"\\\\\"/"}`},
		{`{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One",` +
			`"\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}`,
			`{"\r":"Carriage Return","1":"One","` + "\u0080" + `":"Control","ö":"Latin Small Letter O With Diaeresis",` +
				`"€":"Euro Sign","😀":"Emoji: Grinning Face","` + "\ufb33" + `":"Hebrew Letter Dalet With Dagesh"}`},
		{` [ -0 , 0.0, 1e21, 1e20, 1e-6, 1e-7, 9007199254740993, 5e-324, 1.7976931348623157e308 ] `,
			`[0,0,1e+21,100000000000000000000,0.000001,1e-7,9007199254740992,5e-324,1.7976931348623157e+308]`},
		{`"\u2028\u007f\b\f\t"`, "\"\u2028\u007f\\b\\f\\t\""},
		{`{"b":[],"a":{}}`, `{"a":{},"b":[]}`},
	}
	for _, tt := range tests {
		got, err := Canonical([]byte(tt.in), Limits{})
		if err != nil || string(got) != tt.want {
			t.Errorf("%s\n got %s %v\nwant %s", tt.in, got, err, tt.want)
		}
	}
	_, err := Canonical([]byte(`[1e400]`), Limits{})
	if e, ok := errors.AsType[*SyntaxError](err); !ok || e.Rule != RuleFloat {
		t.Errorf("1e400: %v", err)
	}
}

// TestCanonicalLaws: canonical text is its own canonical text, means the same,
// and equals what an independent implementation makes of it.
func TestCanonicalLaws(t *testing.T) {
	value := func() *rapid.Generator[any] {
		return rapid.Deferred(func() *rapid.Generator[any] { return anyJSON(4) })
	}
	rapid.Check(t, func(t *rapid.T) {
		text, err := json.Marshal(value().Draw(t, "value"))
		if err != nil {
			t.Skip(err)
		}
		once, err := Canonical(text, Limits{})
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		twice, err := Canonical(once, Limits{})
		if err != nil || string(twice) != string(once) {
			t.Fatalf("not a fixed point: %s then %s %v", once, twice, err)
		}
		other := jsontext.Value(append([]byte(nil), text...))
		if err := other.Canonicalize(); err != nil || string(other) != string(once) {
			t.Fatalf("%s\n got %s\nwant %s %v", text, once, other, err)
		}
	})
}

func anyJSON(depth int) *rapid.Generator[any] {
	leaf := []*rapid.Generator[any]{
		rapid.Just[any](nil), rapid.Bool().AsAny(), rapid.String().AsAny(), rapid.Int64Range(-1<<60, 1<<60).AsAny(),
		rapid.Float64().Filter(func(f float64) bool { return !math.IsInf(f, 0) && !math.IsNaN(f) }).AsAny(),
	}
	if depth == 0 {
		return rapid.OneOf(leaf...)
	}
	inner := rapid.Deferred(func() *rapid.Generator[any] { return anyJSON(depth - 1) })
	return rapid.OneOf(append(leaf, rapid.SliceOfN(inner, 0, 5).AsAny(), rapid.MapOfN(rapid.String(), inner, 0, 5).AsAny())...)
}

// TestValueAgreesWithStandardLibrary walks random values and compares with
// encoding/json.
func TestValueAgreesWithStandardLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, err := json.MarshalIndent(anyJSON(3).Draw(t, "value"), strings.Repeat(" ", rapid.IntRange(0, 2).Draw(t, "in")), " ")
		if err != nil {
			t.Skip(err)
		}
		v, err := ParseValue(text, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		var want any
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatal(err)
		}
		equal(t, v, want)
	})
}

func equal(t *rapid.T, v Value, want any) {
	switch w := want.(type) {
	case nil:
		if v.Kind() != Null {
			t.Fatalf("%s is not null", v.Raw())
		}
	case bool:
		if b, ok := v.Bool(); b != w || !ok {
			t.Fatalf("%s is not %v", v.Raw(), w)
		}
	case string:
		if v.Text() != w || !v.EqualText(w) || string(v.AppendText(nil)) != w || v.EqualText(w+"x") {
			t.Fatalf("%s is not %q", v.Raw(), w)
		}
	case float64:
		if f, ok := v.Float64(); f != w || !ok {
			t.Fatalf("%s is not %v", v.Raw(), w)
		}
	case []any:
		if v.Len() != len(w) {
			t.Fatalf("%s has %d elements", v.Raw(), v.Len())
		}
		for i, e := range w {
			equal(t, v.Index(i), e)
		}
	case map[string]any:
		if v.Len() != len(w) {
			t.Fatalf("%s has %d members", v.Raw(), v.Len())
		}
		for k, e := range w {
			equal(t, v.Get(k), e)
		}
	}
}
