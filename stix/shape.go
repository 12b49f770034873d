package stix

import (
	"strings"
	"sync"
)

// Class groups the object types of STIX by the role they play.
type Class uint8

// The classes. Bundle is a container, not an object, but has an identifier.
const (
	Custom Class = iota // a type this package does not know
	SDO                 // domain object, section 4
	SRO                 // relationship object, section 5
	SCO                 // cyber-observable object, section 6
	Meta                // language content, marking definition, extension definition, section 7
	Bundle              // section 8
)

var classWords = [...]string{"custom", "sdo", "sro", "sco", "meta", "bundle"}

// String gives the class's short word: sdo, sro, sco, meta, bundle or custom.
func (c Class) String() string { return classWords[min(int(c), len(classWords)-1)] }

// ClassOf gives the class of an object type; Custom if the specification does
// not define the type.
func ClassOf(typ string) Class {
	if sh := table().types[typ]; sh != nil {
		return sh.class
	}
	return Custom
}

// Types lists the object types the specification defines in a class, in the
// order of its sections.
func Types(c Class) []string {
	var out []string
	for _, sh := range table().list {
		if sh.class == c {
			out = append(out, sh.name)
		}
	}
	return out
}

// form says what a property's value must look like.
type form uint8

const (
	formText form = iota
	formBool
	formInteger
	formFloat
	formTime
	formMillis     // timestamp of at least millisecond precision
	formOwnID      // identifier of the object's own type
	formRef        // identifier of another object
	formHex        // 2.8
	formBinary     // 2.1
	formDictionary // 2.3
	formHashes     // 2.7
	formOpen       // open vocabulary
	formEnum       // enumeration
	formStruct     // embedded object with a shape of its own
	formType       // the object's type
	formVersion    // spec_version
	formExtensions // 3.2, 7.3
	formSelector   // granular marking selector, 7.2.3.1
	formLang       // RFC 5646
	formContents   // language-content contents, 7.1
	formMarking    // marking-definition definition, 7.2.1
	formContainer  // observable-container, 2.13
	formIPv4
	formIPv6
	formMAC
	formURL
	formDomain
	formEmail
	formSeconds  // timestamp of whole seconds
	formHeaders  // dictionary of lists of strings
	formCPE      // Common Platform Enumeration 2.3
	formMIME     // media type
	formCharset  // name of a character set
	formRelation // relationship_type
	formHive     // registry key with its hive in full
	formSocketOptions
)

// rule of one property: what its value, or each element of it, must be.
type want struct {
	form     form
	list     bool
	words    *words
	refs     uint64 // shapes that may be referred to, by bit; 0 = any
	custom   bool   // types the specification does not know may be referred to
	min, max int64
	bounded  bool
	sub      *shape
}

type prop struct {
	name       string
	want       want
	must       bool
	deprecated bool
}

// law is a rule over several properties of one object.
type law struct {
	kind    lawKind
	rule    Rule
	section string
	mask    uint64 // properties concerned
	need    uint64 // for lawNeeds and lawNone
	a, b    uint8  // for lawOrder and lawStrict: property numbers
	detail  string // the rule in words, for findings
}

type lawKind uint8

const (
	lawAny     lawKind = iota // at least one of mask
	lawOne                    // exactly one of mask
	lawNeeds                  // any of mask present: all of need
	lawOrder                  // a <= b, timestamps
	lawStrict                 // a < b, timestamps
	lawTrue                   // a is true: all of need
	lawNotTrue                // any of mask present: a must not be true
	lawOnlyIf                 // any of mask present: a must be true
)

// shape is the table of one object type, extension or embedded type.
type shape struct {
	name    string
	section string
	class   Class
	host    string // for predefined extensions: the type they extend
	props   []prop
	rules   []string // compiled into laws; see compile
	laws    []law
	must    uint64
	index   []uint8 // by nameID: property number + 1
	bit     uint    // position in reference sets
	contrib []string
	open    bool // any member allowed silently
}

// spec is the compiled specification: shapes, names, vocabularies.
type spec struct {
	vocabularies
	names      *nameTable
	list       []*shape
	types      map[string]*shape
	byName     []*shape // by nameID of the type
	extensions map[string]*shape
	external, phase, granular, mime, statement, tlp1,
	unlisted *shape
	relations map[string]struct{}
}

// Member names the package itself asks for have fixed numbers.
const (
	nameType nameID = iota + 1
	nameIDMember
	nameSpecVersion
	nameCreated
	nameModified
	nameRevoked
	nameCreatedBy
	nameMarkings
	nameGranular
	nameExtensions
	nameExtensionType
	nameLang
	nameDefinitionType
	nameDefinition
	namePattern
	namePatternType
	nameObjects
	nameRelationshipType
	nameSourceRef
	nameTargetRef
)

var fixedNames = [...]string{"type", "id", "spec_version", "created", "modified", "revoked", "created_by_ref",
	"object_marking_refs", "granular_markings", "extensions", "extension_type", "lang", "definition_type",
	"definition", "pattern", "pattern_type", "objects", "relationship_type", "source_ref", "target_ref"}

// table compiles the specification once, on first use.
var table = sync.OnceValue(func() *spec {
	t := &spec{vocabularies: *newVocabularies(), names: new(nameTable), types: map[string]*shape{},
		extensions: map[string]*shape{}, relations: map[string]struct{}{}}
	for _, n := range fixedNames {
		t.names.add(n)
	}
	t.list = append(t.list, t.typeNames()...)
	for i, sh := range t.list {
		sh.bit = uint(i)
		t.types[sh.name] = sh
	}
	t.embedded()
	t.domain()
	t.observable()
	t.meta()
	t.predefined()
	for _, sh := range t.list {
		t.compile(sh)
	}
	t.byName = make([]*shape, len(t.names.text))
	for _, sh := range t.list {
		t.byName[t.names.find(hashName([]byte(sh.name)), []byte(sh.name))] = sh
	}
	t.compile(t.unlisted)
	t.relate()
	return t
})

func names() *nameTable { return table().names }

// customShape is the table of objects the specification does not define: the
// common properties, of which only type and id must be there.
func customShape() *shape { return table().unlisted }

// typeNames lists every object type before the tables that refer to them.
func (t *spec) typeNames() []*shape {
	var out []*shape
	section := func(c Class, from int, chapter, list string) {
		for n := range strings.FieldsSeq(list) {
			sh := &shape{name: n, class: c, section: chapter + "." + itoa(from)}
			t.names.add(n)
			out = append(out, sh)
			from++
		}
	}
	section(SDO, 1, "4", "attack-pattern campaign course-of-action grouping identity incident indicator "+
		"infrastructure intrusion-set location malware malware-analysis note observed-data opinion report "+
		"threat-actor tool vulnerability")
	section(SRO, 1, "5", "relationship sighting")
	section(SCO, 1, "6", "artifact autonomous-system directory domain-name email-addr email-message file ipv4-addr "+
		"ipv6-addr mac-addr mutex network-traffic process software url user-account windows-registry-key "+
		"x509-certificate")
	section(Meta, 1, "7", "language-content marking-definition extension-definition")
	return out
}

// set fills the properties, rules and contributing properties of a type.
func (t *spec) set(name string, props []prop, rules ...string) *shape {
	sh := t.types[name]
	sh.props = append(t.common(sh), props...)
	sh.rules = rules
	return sh
}

// compile numbers properties and turns rules into laws. A rule is a line:
//
//	any a b c      at least one of them
//	one a b        exactly one of them
//	needs a: b c   a demands b and c
//	true a: b      a true demands b
//	onlyif a: b    b is allowed only while a is true
//	nottrue a: b   b is not allowed while a is true
//	order a b      a is not later than b
//	strict a b     a is earlier than b
func (t *spec) compile(sh *shape) {
	if sh.index != nil {
		return
	}
	number := map[string]uint8{}
	for i, p := range sh.props {
		id := t.names.add(p.name)
		for len(sh.index) <= int(id) {
			sh.index = append(sh.index, 0)
		}
		sh.index[id] = uint8(i + 1)
		number[p.name] = uint8(i)
		if p.must {
			sh.must |= 1 << i
		}
	}
	bits := func(list string) (m uint64) {
		for n := range strings.FieldsSeq(list) {
			m |= 1 << number[n]
		}
		return m
	}
	for _, r := range sh.rules {
		word, rest, _ := strings.Cut(r, " ")
		a, b, _ := strings.Cut(rest, ": ")
		l := law{section: sh.section}
		switch word {
		case "any":
			l.kind, l.rule, l.mask = lawAny, RuleAtLeastOne, bits(rest)
			l.detail = "at least one of " + commas(rest) + " is required"
			if rest == "*" {
				l.mask = 1<<len(sh.props) - 1
				l.mask &^= bits("type id spec_version object_marking_refs granular_markings defanged extensions")
				l.detail = "at least one property of " + sh.name + " is required"
			}
		case "one":
			l.kind, l.rule, l.mask = lawOne, RuleExactlyOne, bits(rest)
			l.detail = "exactly one of " + commas(rest) + " is required"
		case "needs":
			l.kind, l.rule, l.mask, l.need = lawNeeds, RuleDepends, bits(a), bits(b)
			l.detail = a + " demands " + commas(b)
		case "true":
			l.kind, l.rule, l.a, l.need = lawTrue, RuleDepends, number[a], bits(b)
			l.mask, l.detail = bits(a), commas(b)+" is required while "+a+" is true"
		case "onlyif":
			l.kind, l.rule, l.a, l.mask = lawOnlyIf, RuleExcludes, number[a], bits(b)
			l.detail = commas(b) + " is allowed only while " + a + " is true"
		case "nottrue":
			l.kind, l.rule, l.a, l.mask = lawNotTrue, RuleExcludes, number[a], bits(b)
			l.detail = commas(b) + " is not allowed while " + a + " is true"
		case "order", "strict":
			x, y, _ := strings.Cut(rest, " ")
			l.kind, l.rule, l.a, l.b = lawOrder, RuleOrder, number[x], number[y]
			if word == "strict" {
				l.kind = lawStrict
			}
			l.mask = bits(rest)
		}
		sh.laws = append(sh.laws, l)
	}
}

func commas(list string) string { return strings.ReplaceAll(list, " ", ", ") }

func itoa(n int) string {
	if n >= 10 {
		return itoa(n/10) + itoa(n%10)
	}
	return string(rune('0' + n))
}

// Short words of the tables below.

func text(name string) prop       { return prop{name: name} }
func texts(name string) prop      { return prop{name: name, want: want{list: true}} }
func flag(name string) prop       { return prop{name: name, want: want{form: formBool}} }
func when(name string) prop       { return prop{name: name, want: want{form: formTime}} }
func hexes(name string) prop      { return prop{name: name, want: want{form: formHex}} }
func hashes(name string) prop     { return prop{name: name, want: want{form: formHashes}} }
func integer(name string) prop    { return prop{name: name, want: want{form: formInteger}} }
func decimal(name string) prop    { return prop{name: name, want: want{form: formFloat}} }
func dict(name string) prop       { return prop{name: name, want: want{form: formDictionary}} }
func as(name string, f form) prop { return prop{name: name, want: want{form: f}} }

func open(name string, w *words) prop { return prop{name: name, want: want{form: formOpen, words: w}} }
func opens(name string, w *words) prop {
	return prop{name: name, want: want{form: formOpen, words: w, list: true}}
}
func enum(name string, w *words) prop { return prop{name: name, want: want{form: formEnum, words: w}} }

func within(name string, lo, hi int64) prop {
	return prop{name: name, want: want{form: formInteger, min: lo, max: hi, bounded: true}}
}

// natural is an integer that must not be negative.
func natural(name string) prop { return within(name, 0, maxInteger) }

func embed(name string, sub *shape) prop {
	return prop{name: name, want: want{form: formStruct, sub: sub}}
}
func embeds(name string, sub *shape) prop {
	return prop{name: name, want: want{form: formStruct, sub: sub, list: true}}
}

func must(p prop) prop       { p.must = true; return p }
func deprecated(p prop) prop { p.deprecated = true; return p }

// ref is an identifier of one of the listed types; sdo, sco and sro stand for
// all types of a class and admit custom types.
func (t *spec) ref(name, types string) prop {
	w := want{form: formRef}
	for n := range strings.FieldsSeq(types) {
		if sh := t.types[n]; sh != nil {
			w.refs |= 1 << sh.bit
			continue
		}
		w.custom = true
		for _, sh := range t.list {
			if sh.class.String() == n {
				w.refs |= 1 << sh.bit
			}
		}
	}
	return prop{name: name, want: w}
}

func (t *spec) refs(name, types string) prop {
	p := t.ref(name, types)
	p.want.list = true
	return p
}
