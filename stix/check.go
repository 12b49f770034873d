package stix

import (
	"bytes"
	"strconv"
)

const (
	maxInteger = 1<<53 - 1 // section 2.10
	minInteger = -maxInteger
)

// checker walks the nodes of one scanned object against its shape. It is part
// of a Parser and reused with it.
type checker struct {
	*scanner
	spec    *spec
	out     []Finding
	pattern func(text string) error
	quiet   bool   // no warnings
	local   uint32 // node of the observable container being checked, 0 if none
	toplev  bool   // an extension announces top-level properties
	newType bool   // an extension announces a new object type
	work    int    // steps spent on looking up members by name
	custom  []byte // names of custom properties, for one warning per object
	typ     string // type of the object being checked
	room    []byte
}

func (c *checker) add(sev Severity, rule Rule, at uint32, section, detail string) {
	if sev == Warning && c.quiet {
		return
	}
	if len(c.out) == maxFindings {
		return
	}
	c.out = append(c.out, Finding{sev, rule, c.path(at), section, detail})
}

// Bounds on one object, so that a hostile one can make neither a report many
// times its own size nor a check that takes for ever: findings told, and steps
// spent on looking up what selectors and local references name.
const (
	maxFindings = 200
	maxWork     = 20_000_000
)

func (c *checker) bad(rule Rule, at uint32, section, detail string) {
	c.add(Error, rule, at, section, detail)
}

func (c *checker) warn(rule Rule, at uint32, section, detail string) {
	c.add(Warning, rule, at, section, detail)
}

// path writes the selector of a node by descending from the root.
func (c *checker) path(at uint32) string {
	var b []byte
	for n := uint32(0); n != at; {
		parent, k, i := n, n+1, 0
		for ; k < c.nodes[parent].next && c.nodes[k].next <= at; k = c.nodes[k].next {
			i++
		}
		if len(b) > 0 {
			b = append(b, '.')
		}
		if c.nodes[parent].kind == Array {
			b = append(strconv.AppendInt(append(b, '['), int64(i), 10), ']')
		} else {
			b = append(b, clip(c.key(&c.nodes[k]))...)
		}
		n = k
	}
	return string(b)
}

// clip keeps hostile names and values out of reports in full length.
func clip(b []byte) []byte {
	if len(b) > 120 {
		return append(append([]byte(nil), bytes.ToValidUTF8(b[:117], nil)...), "..."...)
	}
	return b
}

// text gives the decoded text of a string node, valid until the next call.
func (c *checker) text(n *node) []byte {
	body := c.src[n.start+1 : n.end-1]
	if n.flags&flagEscaped == 0 {
		return body
	}
	c.room = appendUnescaped(c.room[:0], body)
	return c.room
}

func (c *checker) show(n *node) string { return string(clip(c.src[n.start:n.end])) }

// root checks a whole object whose type is known by name.
func (c *checker) root(typ string) Report {
	c.out, c.local, c.toplev, c.newType, c.custom = c.out[:0], 0, false, false, c.custom[:0]
	c.typ, c.work = typ, 0
	sh := c.spec.types[typ]
	c.extensionKinds(0)
	if sh == nil {
		c.customObject(typ)
	} else {
		c.object(sh, 0)
		c.special(sh)
	}
	if c.work > maxWork {
		c.out = append(c.out, Finding{Error, RuleSize, "", "", "too large to check all selectors and local references"})
	}
	if len(c.custom) > 0 {
		c.out = append(c.out, Finding{Warning, RuleCustomProp, "", "11.1",
			"custom properties are deprecated, an extension is preferred: " + string(c.custom)})
	}
	r := Report{Outcome: Valid}
	if len(c.out) == 0 {
		return r
	}
	r.Outcome = ValidWarning
	for i := range c.out {
		if c.out[i].Severity == Error {
			r.Outcome = Invalid
		}
	}
	r.Findings = append([]Finding(nil), c.out...)
	return r
}

// child finds the member of an object node by name, 0 if there is none.
func (c *checker) child(at uint32, name nameID) uint32 {
	if c.nodes[at].kind != Map {
		return 0
	}
	for k := at + 1; k < c.nodes[at].next; k = c.nodes[k].next {
		if c.nodes[k].name == name {
			return k
		}
	}
	return 0
}

// object checks the members of an object node against a shape and its laws.
func (c *checker) object(sh *shape, at uint32) {
	var seen uint64
	var where [64]uint32
	end := c.nodes[at].next
	for k := at + 1; k < end; k = c.nodes[k].next {
		n := &c.nodes[k]
		i := uint8(0)
		if int(n.name) < len(sh.index) {
			i = sh.index[n.name]
		}
		if i == 0 {
			c.unknown(sh, k)
			continue
		}
		i--
		seen |= 1 << i
		where[i] = k
		p := &sh.props[i]
		if p.deprecated {
			c.warn(RuleDeprecated, k, sh.section, p.name+" is deprecated")
		}
		c.value(&p.want, sh, k)
	}
	required := sh.must
	if c.local != 0 && sh.class == SCO {
		required &^= 1 << (sh.index[nameIDMember] - 1)
	}
	if miss := required &^ seen; miss != 0 {
		for i := range sh.props {
			if miss>>i&1 != 0 {
				c.bad(RuleRequired, at, sh.section, "required property "+sh.props[i].name+" is missing")
			}
		}
	}
	for i := range sh.laws {
		c.law(&sh.laws[i], at, seen, &where)
	}
}

func (c *checker) law(l *law, at uint32, seen uint64, where *[64]uint32) {
	has := seen & l.mask
	isTrue := func() bool { return seen>>l.a&1 != 0 && c.src[c.nodes[where[l.a]].start] == 't' }
	broken := false
	switch l.kind {
	case lawOrder, lawStrict:
		if has == l.mask {
			c.order(l, where[l.a], where[l.b])
		}
		return
	case lawAny:
		broken = has == 0
	case lawOne:
		broken = has == 0 || has&(has-1) != 0
	case lawNeeds:
		broken = has != 0 && seen&l.need != l.need
	case lawTrue:
		broken = isTrue() && seen&l.need != l.need
	case lawOnlyIf:
		broken = has != 0 && !isTrue()
	case lawNotTrue:
		broken = has != 0 && isTrue()
	}
	if broken {
		c.bad(l.rule, at, l.section, l.detail)
	}
}

func (c *checker) order(l *law, a, b uint32) {
	na, nb := &c.nodes[a], &c.nodes[b]
	if na.kind != String || nb.kind != String || (na.flags|nb.flags)&flagEscaped != 0 {
		return
	}
	ta, tb := c.text(na), c.text(nb)
	if !validTime(ta) || !validTime(tb) {
		return
	}
	if d := compareTimes(ta, tb); d > 0 || d == 0 && l.kind == lawStrict {
		word := " must not be earlier than "
		if l.kind == lawStrict {
			word = " must be later than "
		}
		c.bad(RuleOrder, b, l.section, string(c.key(nb))+" "+string(tb)+word+string(c.key(na))+" "+string(ta))
	}
}

// value checks one member against what its property wants.
func (c *checker) value(w *want, sh *shape, at uint32) {
	n := &c.nodes[at]
	if !w.list {
		c.single(w, sh, at)
		return
	}
	if n.kind != Array {
		c.wrongKind(at, "list", sh.section)
		return
	}
	if n.next == at+1 {
		c.bad(RuleEmpty, at, "2.12", "an empty list is not allowed")
		return
	}
	for k := at + 1; k < n.next; k = c.nodes[k].next {
		c.single(w, sh, k)
	}
}

func (c *checker) wrongKind(at uint32, wanted, section string) {
	n := &c.nodes[at]
	if n.kind == Null {
		c.bad(RuleNull, at, section, "null is no STIX value, "+wanted+" expected")
		return
	}
	c.bad(RuleType, at, section, wanted+" expected, "+n.kind.String()+" found")
}

// formKinds gives the JSON type of the forms that are not strings.
var formKinds = [formSocketOptions + 1]struct {
	kind Kind
	word string
}{
	formBool: {Bool, "boolean"}, formInteger: {Number, "integer"}, formFloat: {Number, "number"},
	formDictionary: {Map, "dictionary"}, formHashes: {Map, "dictionary of hashes"}, formStruct: {Map, "object"},
	formExtensions: {Map, "dictionary"}, formContents: {Map, "dictionary"}, formMarking: {Map, "object"},
	formContainer: {Map, "dictionary of objects"}, formSocketOptions: {Map, "dictionary"},
	formHeaders: {Map, "dictionary"},
}

func (c *checker) single(w *want, sh *shape, at uint32) {
	n := &c.nodes[at]
	kind, word := String, "string"
	if fk := &formKinds[w.form]; fk.kind != Absent {
		kind, word = fk.kind, fk.word
	}
	if n.kind != kind {
		c.wrongKind(at, word, sh.section)
		return
	}
	switch w.form {
	case formText, formBool:
	case formInteger:
		c.integer(w, at, sh.section)
	case formFloat:
		c.float(at, sh)
	case formTime, formMillis:
		t := c.text(n)
		if !validTime(t) {
			c.bad(RuleTimestamp, at, "2.16.1", "not a timestamp: "+c.show(n))
		} else if w.form == formMillis && !hasMillis(t) {
			c.bad(RulePrecision, at, "3.2", "millisecond precision is required: "+c.show(n))
		}
	case formRef:
		c.reference(w, at, sh.section)
	case formOwnID:
		c.ownID(sh, at)
	case formOpen:
		c.open(w.words, at)
	case formEnum:
		if !w.words.has(c.text(n)) {
			c.bad(RuleEnum, at, w.words.section, c.show(n)+" is not a value of "+w.words.name)
		}
	case formStruct:
		c.object(w.sub, at)
	case formType:
	case formVersion:
		if string(c.text(n)) != "2.1" {
			c.bad(RuleVersion, at, "3.2", "spec_version must be 2.1, found "+c.show(n))
		}
	default:
		c.rare(w, sh, at)
	}
}

func (c *checker) integer(w *want, at uint32, section string) {
	n := &c.nodes[at]
	if n.flags&flagFraction != 0 {
		c.bad(RuleType, at, "2.10", "integer expected, found "+c.show(n))
		return
	}
	v, ok := parseInteger(c.src[n.start:n.end])
	switch {
	case !ok:
		c.bad(RuleInteger, at, "2.10", "integer beyond 54 bits: "+c.show(n))
	case w.bounded && (v < w.min || v > w.max):
		c.bad(RuleRange, at, section, c.show(n)+" is outside "+strconv.FormatInt(w.min, 10)+" to "+
			strconv.FormatInt(w.max, 10))
	}
}

// parseInteger reads an integer of at most 54 bits with sign.
func parseInteger(b []byte) (int64, bool) {
	neg := len(b) > 0 && b[0] == '-'
	if neg {
		b = b[1:]
	}
	if len(b) > 16 {
		return 0, false
	}
	var v int64
	for _, d := range b {
		v = v*10 + int64(d-'0')
	}
	if neg {
		v = -v
	}
	return v, v >= minInteger && v <= maxInteger
}

func (c *checker) float(at uint32, sh *shape) {
	n := &c.nodes[at]
	v, err := strconv.ParseFloat(string(c.src[n.start:n.end]), 64)
	if err != nil {
		c.bad(RuleFloat, at, "2.6", "number beyond double precision: "+c.show(n))
		return
	}
	limit := 0.0
	switch string(c.key(n)) {
	case "latitude":
		limit = 90
	case "longitude":
		limit = 180
	default:
		return
	}
	if v < -limit || v > limit {
		c.bad(RuleRange, at, sh.section, c.show(n)+" is outside -"+itoa(int(limit))+" to "+itoa(int(limit)))
	}
}

func (c *checker) open(w *words, at uint32) {
	if c.quiet {
		return
	}
	t := c.text(&c.nodes[at])
	if w != nil && w.has(t) {
		return
	}
	if w != nil {
		c.warn(RuleVocabulary, at, w.section, c.show(&c.nodes[at])+" is not in "+w.name)
	}
	for _, b := range t {
		if b-'A' < 26 || b == ' ' || b == '_' {
			c.warn(RuleWord, at, "2.14", "terms should be lower-case with hyphens: "+c.show(&c.nodes[at]))
			return
		}
	}
}
