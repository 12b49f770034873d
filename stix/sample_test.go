package stix

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

const sampleUUID = "--0c7b5b88-8ff7-4a4d-aa9d-feb398cd0061"

// sample writes an object of a type with every property its table lists, each
// with a value the table allows, as far as the laws allow them together.
func sample(t *spec, sh *shape) string {
	skip := map[string][]string{
		"artifact":      {"url"},
		"email-message": {"body"},
		"observed-data": {"objects"},
	}[sh.name]
	switch sh {
	case t.granular:
		skip = []string{"lang"}
	case t.mime:
		skip = []string{"body_raw_ref"}
	}
	var b strings.Builder
	b.WriteByte('{')
	first := true
	for _, p := range sh.props {
		if slices.Contains(skip, p.name) {
			continue
		}
		if !first {
			b.WriteByte(',')
		}
		first = false
		v := sampleValue(t, sh, p)
		if p.want.list {
			v = "[" + v + "]"
		}
		fmt.Fprintf(&b, "%q:%s", p.name, v)
	}
	b.WriteByte('}')
	return b.String()
}

func sampleValue(t *spec, sh *shape, p prop) string {
	q := func(s string) string { return fmt.Sprintf("%q", s) }
	w := p.want
	switch w.form {
	case formText:
		return q("text")
	case formBool:
		if p.name == "is_active" {
			return "false"
		}
		return "true"
	case formInteger:
		return fmt.Sprint(max(w.min, 1))
	case formFloat:
		return "1.5"
	case formTime, formMillis:
		minute := "00"
		for i, end := range []string{"end", "last", "modified", "until", "stop", "ended"} {
			if strings.Contains(p.name, end) {
				minute = fmt.Sprintf("%02d", i+1)
			}
		}
		return q("2020-02-29T12:" + minute + ":00.123Z")
	case formOwnID:
		return q(sh.name + sampleUUID)
	case formRef:
		for _, other := range t.list {
			if w.refs>>other.bit&1 != 0 {
				return q(other.name + sampleUUID[:len(sampleUUID)-1] + "2")
			}
		}
		return q("indicator" + sampleUUID)
	case formHex:
		return q("00ff")
	case formBinary:
		return q("aGVsbG8=")
	case formDictionary:
		return `{"Key-1":"v"}`
	case formHashes:
		return `{"MD5":"d41d8cd98f00b204e9800998ecf8427e","SHA-256":"` + strings.Repeat("ab", 32) + `"}`
	case formOpen, formEnum:
		if w.words == nil {
			return q("term")
		}
		if w.words == t.extension {
			return q("toplevel-property-extension")
		}
		words := []string{}
		for s := range w.words.set {
			words = append(words, s)
		}
		return q(slices.Min(words))
	case formStruct:
		return sample(t, w.sub)
	case formType:
		return q(sh.name)
	case formVersion:
		return q("2.1")
	case formExtensions:
		var parts []string
		for _, name := range []string{"archive-ext", "ntfs-ext", "pdf-ext", "raster-image-ext", "windows-pebinary-ext",
			"http-request-ext", "icmp-ext", "socket-ext", "tcp-ext", "windows-process-ext", "windows-service-ext",
			"unix-account-ext"} {
			if ext := t.extensions[name]; ext.host == sh.name {
				parts = append(parts, fmt.Sprintf("%q:%s", name, sample(t, ext)))
			}
		}
		parts = append(parts, `"extension-definition`+sampleUUID+`":{"extension_type":"property-extension","rank":5}`)
		return "{" + strings.Join(parts, ",") + "}"
	case formSelector:
		return q("type")
	case formLang:
		return q("sq-AL")
	case formContents:
		return `{"sq":{"name":"Emri"}}`
	case formMarking:
		return `{"statement":"Copyright"}`
	case formIPv4:
		return q("198.51.100.0/24")
	case formIPv6:
		return q("2001:db8::/32")
	case formMAC:
		return q("d2:fb:49:24:37:18")
	case formURL:
		return q("https://example.com/?a=%20")
	case formDomain:
		return q("example.com")
	case formEmail:
		return q("a@example.com")
	case formSeconds:
		return q("2020-02-29T12:00:00Z")
	case formHeaders:
		return `{"Accept":["a","b"]}`
	case formCPE:
		return q(`cpe:2.3:a:microsoft:word\:2:2000:*:*:*:*:*:*:*`)
	case formHive:
		return q(`HKEY_LOCAL_MACHINE\Software`)
	case formMIME:
		return q("image/svg+xml")
	case formCharset:
		return q("windows-1252")
	case formRelation:
		return q("uses")
	case formSocketOptions:
		return `{"SO_KEEPALIVE":1}`
	}
	panic("no sample for form")
}

// fullObject is a sample with the marking-definition's parts made to agree.
func fullObject(t *spec, sh *shape) string {
	s := sample(t, sh)
	if sh.name == "marking-definition" {
		s = strings.Replace(s, `"definition_type":"text"`, `"definition_type":"statement"`, 1)
	}
	return s
}

func TestEveryTypeFull(t *testing.T) {
	spec := table()
	for _, sh := range spec.list {
		text := fullObject(spec, sh)
		r := mustParse(t, text).Check()
		for _, f := range r.Findings {
			if f.Rule != RuleDeprecated && f.Rule != RuleUUID && f.Rule != RuleRelationship {
				t.Errorf("%s: %s\n%s", sh.name, f, text)
			}
		}
	}
}

// TestEveryPropertyBroken breaks each property of each full object in the
// ways its table forbids and demands the matching rule at the matching place.
func TestEveryPropertyBroken(t *testing.T) {
	spec := table()
	cases := 0
	for _, sh := range spec.list {
		full := mustParse(t, fullObject(spec, sh))
		for _, p := range sh.props {
			if p.name == "type" || p.name == "id" || !full.Get(p.name).Exists() {
				continue
			}
			expect := func(what string, rule Rule, path string, e Edit) {
				t.Helper()
				cases++
				o, err := full.Edit(e)
				if err != nil {
					t.Fatalf("%s.%s: %v", sh.name, p.name, err)
				}
				if r := o.Check(); r.Outcome != Invalid || !slices.ContainsFunc(r.Findings, func(f Finding) bool {
					return f.Rule == rule && f.Path == path && f.Severity == Error && f.Section != ""
				}) {
					t.Errorf("%s.%s %s: want %s at %q, got %v", sh.name, p.name, what, rule, path, r)
				}
			}
			if p.must {
				expect("missing", RuleRequired, "", Drop(p.name))
			}
			expect("null", RuleNull, p.name, Set(p.name, []byte("null")))
			wrong, path := "17", p.name
			if k := formKinds[p.want.form].kind; k == Number && !p.want.list {
				wrong = `"17"`
			}
			expect("wrong kind", RuleType, path, Set(p.name, []byte(wrong)))
			if p.want.list {
				expect("empty", RuleEmpty, p.name, Set(p.name, []byte("[]")))
				expect("element", RuleNull, p.name+".[0]", Set(p.name, []byte("[null]")))
				path += ".[0]"
			}
			broken := map[form]struct {
				value string
				rule  Rule
			}{
				formTime: {`"2020-02-30T00:00:00Z"`, RuleTimestamp}, formMillis: {`"2020-01-01T00:00:00Z"`, RulePrecision},
				formInteger: {`9007199254740992`, RuleInteger}, formFloat: {`1e999`, RuleFloat},
				formHex: {`"abc"`, RuleHex}, formBinary: {`"a"`, RuleBinary}, formEnum: {`"nonsense"`, RuleEnum},
				formRef: {`"nonsense"`, RuleIdentifier}, formLang: {`"_"`, RuleLanguage}, formURL: {`"no url"`, RuleURL},
				formIPv4: {`"1.2.3"`, RuleAddress}, formIPv6: {`"1.2.3.4"`, RuleAddress},
				formMAC: {`"D2:FB:49:24:37:18"`, RuleAddress}, formDomain: {`"a b"`, RuleFormat},
				formEmail: {`"nobody"`, RuleFormat}, formSelector: {`"nothing"`, RuleSelector},
				formVersion: {`"2.0"`, RuleVersion}, formSeconds: {`"2020-01-01T00:00:00.5Z"`, RuleTimestamp},
				formCPE: {`"cpe:2.3:a:b"`, RuleFormat}, formMIME: {`"image"`, RuleFormat},
				formCharset: {`"a b"`, RuleFormat}, formRelation: {`"Uses"`, RuleFormat},
			}
			if c, ok := broken[p.want.form]; ok {
				value := c.value
				if p.want.list {
					value = "[" + value + "]"
				}
				expect("value", c.rule, path, Set(p.name, []byte(value)))
			}
			if p.want.refs != 0 && !p.want.custom {
				for _, other := range spec.list {
					if p.want.refs>>other.bit&1 == 0 {
						value := `"` + other.name + sampleUUID + `"`
						if p.want.list {
							value = "[" + value + "]"
						}
						expect("target "+other.name, RuleReference, path, Set(p.name, []byte(value)))
					}
				}
			}
			if p.want.bounded {
				expect("range", RuleRange, p.name, Set(p.name, fmt.Appendf(nil, "%d", p.want.min-1)))
			}
		}
	}
	if cases < 3000 {
		t.Errorf("only %d cases", cases)
	}
}
