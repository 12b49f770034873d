package stix

import (
	"strings"
	"testing"
)

func TestValueWalk(t *testing.T) {
	v, err := ParseValue([]byte(` {"a":[1,{"b":"x\u00e9\ud83d\ude00"},null,true,1e3],"é":"q\"","n":-0.50} `), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if got := v.Get("a").Index(1).Get("b").Text(); got != "xé😀" {
		t.Errorf("b = %q", got)
	}
	if !v.Get("é").EqualText(`q"`) {
		t.Error("é is not q\"")
	}
	if v.Get("n").Number() != "-0.50" || v.Get("a").Len() != 5 || v.Len() != 3 {
		t.Error("number text or lengths differ")
	}
	if v.Get("zz").Get("y").Index(3).Exists() {
		t.Error("a path through nothing leads somewhere")
	}
	if b, ok := v.Get("a").Index(3).Bool(); !b || !ok {
		t.Error("true is not true")
	}
	if _, ok := v.Get("a").Index(4).Int64(); ok {
		t.Error("1e3 read as an integer")
	}
}

func TestParseValueRefuses(t *testing.T) {
	many := "{"
	for i := range 100 {
		many += `"k` + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + string(rune('0'+i/26)) + `":1,`
	}
	tests := []struct {
		name, text string
		want       Rule
	}{
		{"empty", "", RuleJSON},
		{"two values", "{} {}", RuleJSON},
		{"open", `{"a":1`, RuleJSON},
		{"trailing comma", `[1,]`, RuleJSON},
		{"leading zero", `[01]`, RuleJSON},
		{"plus", `[+1]`, RuleJSON},
		{"bare point", `[1.]`, RuleJSON},
		{"bare exponent", `[1e]`, RuleJSON},
		{"control", "[\"a\nb\"]", RuleJSON},
		{"escape", `["\x"]`, RuleJSON},
		{"bad word", `[nul1]`, RuleJSON},
		{"name", `{a:1}`, RuleJSON},
		{"colon", `{"a" 1}`, RuleJSON},
		{"duplicate", `{"a":1,"b":2,"a":3}`, RuleDuplicate},
		{"duplicate by escape", `{"a":1,"\u0061":3}`, RuleDuplicate},
		{"duplicate deep", `[{"x":{"a":1,"a":1}}]`, RuleDuplicate},
		{"duplicate among many", many + `"kaa0":1,"kaa0":2}`, RuleDuplicate},
		{"lone high", `["\ud800"]`, RuleSurrogate},
		{"lone high then text", `["\ud800abcdefgh"]`, RuleSurrogate},
		{"lone low", `["\udc00"]`, RuleSurrogate},
		{"two highs", `["\ud800\ud800"]`, RuleSurrogate},
		{"bad utf8", "[\"\xff\"]", RuleUTF8},
		{"surrogate in utf8", "[\"\xed\xa0\x80\"]", RuleUTF8},
		{"overlong", "[\"\xc0\xaf\"]", RuleUTF8},
		{"depth", strings.Repeat("[", 65) + strings.Repeat("]", 65), RuleDepth},
		{"depth 10000", strings.Repeat("[", 10000), RuleDepth},
		{"values", "[" + strings.Repeat("1,", 1<<20) + "1]", RuleSize},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseValue([]byte(tt.text), Limits{})
			e, ok := err.(*SyntaxError)
			if !ok || e.Rule != tt.want {
				t.Errorf("got %v, want rule %s", err, tt.want)
			}
		})
	}
	if _, err := ParseValue([]byte(strings.Repeat("[", 64)+strings.Repeat("]", 64)), Limits{}); err != nil {
		t.Errorf("depth 64: %v", err)
	}
	if _, err := ParseValue([]byte(`["`+strings.Repeat("x", 200)+`"]`), Limits{Bytes: 100}); err == nil {
		t.Error("200 bytes passed a limit of 100")
	}
}

func TestValueDoesNotAllocate(t *testing.T) {
	v, err := ParseValue([]byte(`{"type":"file","hashes":{"MD5":"d41d8cd98f00b204e9800998ecf8427e"},"size":10}`), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	n := testing.AllocsPerRun(100, func() {
		if !v.Get("hashes").Get("MD5").EqualText("d41d8cd98f00b204e9800998ecf8427e") {
			t.Error("wrong hash")
		}
	})
	if n != 0 {
		t.Errorf("a walk allocates %v times", n)
	}
}
