package pattern

import (
	"strconv"
)

// boolean reads operand (word operand)* into t.
func (p *parser) boolean(t *Test, word string, op TestOp, operand func(*Test) error) error {
	if err := operand(t); err != nil || !p.isKeyword(word) {
		return err
	}
	kids := make([]Test, 1, 4)
	kids[0] = *t
	for p.isKeyword(word) {
		if err := p.next(); err != nil {
			return err
		}
		kids = append(kids, Test{})
		if err := operand(&kids[len(kids)-1]); err != nil {
			return err
		}
	}
	*t = Test{Op: op, Kids: kids}
	return nil
}

func (p *parser) testOr(t *Test) error  { return p.boolean(t, "OR", Any, p.testAnd) }
func (p *parser) testAnd(t *Test) error { return p.boolean(t, "AND", All, p.test) }

// test reads one comparison, or a parenthesis over several.
func (p *parser) test(t *Test) error {
	if p.isPunct('(') {
		if err := p.enter(); err != nil {
			return err
		}
		if err := p.next(); err != nil {
			return err
		}
		if err := p.testOr(t); err != nil {
			return err
		}
		p.depth--
		return p.punct(')')
	}
	if p.comparisons++; p.comparisons > p.lim.Comparisons {
		return p.err(p.tok.off, "limit.comparisons", "", "more than %d comparisons", p.lim.Comparisons)
	}
	c := &Comparison{at: int32(p.tok.off)}
	*t = Test{Op: Compare, Cmp: c}
	if p.isKeyword("NOT") || p.isKeyword("EXISTS") {
		return p.exists(c)
	}
	if err := p.path(&c.Path); err != nil {
		return err
	}
	if p.isKeyword("NOT") {
		c.Not = true
		if err := p.next(); err != nil {
			return err
		}
	}
	return p.operand(c)
}

func (p *parser) exists(c *Comparison) error {
	c.Op = Exists
	if p.isKeyword("NOT") {
		c.Not = true
		if err := p.next(); err != nil {
			return err
		}
	}
	if err := p.keyword("EXISTS"); err != nil {
		return err
	}
	return p.path(&c.Path)
}

// operand reads the operator and its constants.
func (p *parser) operand(c *Comparison) error {
	op := p.tok
	switch {
	case op.kind == tOp:
		c.Op = op.op
	case op.kind == tKeyword && op.text == "IN":
		c.Op = In
	case op.kind == tKeyword && op.text == "LIKE":
		c.Op = Like
	case op.kind == tKeyword && op.text == "MATCHES":
		c.Op = Matches
	case op.kind == tKeyword && op.text == "ISSUBSET":
		c.Op = IsSubset
	case op.kind == tKeyword && op.text == "ISSUPERSET":
		c.Op = IsSuperset
	default:
		return p.unexpected("a comparison operator")
	}
	if err := p.next(); err != nil {
		return err
	}
	c.valAt = int32(p.tok.off)
	if c.Op == In {
		return p.set(c)
	}
	var v Literal
	if err := p.literal(&v); err != nil {
		return err
	}
	c.Values = []Literal{v}
	at := int(c.valAt)
	switch c.Op {
	case Lt, Le, Gt, Ge:
		if v.Kind == Bool {
			return p.err(at, "parse.order-boolean", "9.6.1", "true and false have no order")
		}
	case Like, Matches:
		if v.Kind != String {
			return p.err(at, "parse.string-wanted", "9.6.1", "%s takes a string", c.Op)
		}
	case IsSubset, IsSuperset:
		if _, ok := parseNet(v.Text); v.Kind != String || !ok {
			return p.err(at, "parse.address", "9.6.1", "%s takes an IPv4 or IPv6 address or CIDR block in a string", c.Op)
		}
	}
	return nil
}

// set reads ( constant , … ): not empty, and of one type.
func (p *parser) set(c *Comparison) error {
	at := p.tok.off
	if err := p.punct('('); err != nil {
		return err
	}
	if p.isPunct(')') {
		return p.err(at, "parse.set-empty", "9.6.1", "IN takes at least one constant")
	}
	c.Values = make([]Literal, 0, 4)
	for {
		off := p.tok.off
		var v Literal
		if err := p.literal(&v); err != nil {
			return err
		}
		if len(c.Values) > 0 && v.Kind.class() != c.Values[0].Kind.class() {
			return p.err(off, "parse.set-mixed", "9.6.1", "the constants of a set are of one type")
		}
		c.Values = append(c.Values, v)
		if p.isPunct(')') {
			return p.next()
		}
		if !p.isPunct(',') {
			return p.unexpected("a comma or )")
		}
		if err := p.next(); err != nil {
			return err
		}
	}
}

// class puts constants together that one set may mix: 1 and 1.0 are both
// numbers, hexadecimal and base64 both octets.
func (k LiteralKind) class() LiteralKind {
	switch k {
	case Float:
		return Int
	case Binary:
		return Hex
	}
	return k
}

func (p *parser) literal(v *Literal) error {
	if p.literals++; p.literals > p.lim.Literals {
		return p.err(p.tok.off, "limit.literals", "", "more than %d constants", p.lim.Literals)
	}
	v.Text = p.tok.text
	switch p.tok.kind {
	case tString:
		v.Kind = String
	case tInt:
		v.Kind = Int
	case tFloat:
		v.Kind = Float
	case tHex:
		v.Kind = Hex
	case tBinary:
		v.Kind = Binary
	case tTime:
		v.Kind = Timestamp
	case tKeyword:
		if p.tok.text == "true" || p.tok.text == "false" {
			v.Kind = Bool
			break
		}
		fallthrough
	default:
		return p.unexpected("a constant")
	}
	return p.next()
}

// path reads type:name(.name|[n]|[*])*.
func (p *parser) path(out *Path) error {
	at := p.tok.off
	if p.tok.kind != tIdent && p.tok.kind != tHyphenIdent {
		return p.unexpected("an object path")
	}
	out.Type = p.tok.text
	if err := p.next(); err != nil {
		return err
	}
	if !p.isPunct(':') {
		return p.unexpected("a colon, as in file:name,")
	}
	if notObservable(out.Type) {
		return p.err(at, "parse.root", "9.7", "%q is no cyber observable; a path starts at one", out.Type)
	}
	steps := make([]Step, 0, 2)
	for {
		step, err := p.step(len(steps) == 0)
		if err != nil {
			return err
		}
		steps = append(steps, step)
		if len(steps) > p.lim.PathSteps {
			return p.err(p.tok.off, "limit.path", "", "the path has more than %d steps", p.lim.PathSteps)
		}
		if !p.isPunct('.') && !p.isPunct('[') {
			out.Steps = steps
			return nil
		}
	}
}

// step reads one step; the current token is the mark in front of it.
func (p *parser) step(first bool) (Step, error) {
	if !first && p.isPunct('[') {
		if err := p.next(); err != nil {
			return Step{}, err
		}
		s := Step{Kind: Star}
		if !p.isPunct('*') {
			n, err := strconv.Atoi(p.tok.text)
			if p.tok.kind != tInt || err != nil {
				return Step{}, p.unexpected("a list index or *")
			}
			s = Step{Kind: Index, Index: n}
		}
		if err := p.next(); err != nil {
			return Step{}, err
		}
		return s, p.punct(']')
	}
	if err := p.next(); err != nil {
		return Step{}, err
	}
	s := Step{Kind: Key, Name: p.tok.text}
	switch p.tok.kind {
	case tIdent, tString:
		return s, p.next()
	case tHyphenIdent:
		return s, p.err(p.tok.off, "parse.path-quote", "9.7.1", "a name with a hyphen is quoted: '%s'", p.tok.text)
	}
	return s, p.unexpected("a property name")
}

// notObservable knows the types of STIX 2.1 that no observation holds.
func notObservable(t string) bool {
	switch t {
	case "attack-pattern", "campaign", "course-of-action", "grouping", "identity", "incident", "indicator",
		"infrastructure", "intrusion-set", "location", "malware", "malware-analysis", "note", "observed-data",
		"opinion", "report", "threat-actor", "tool", "vulnerability", "relationship", "sighting",
		"marking-definition", "language-content", "extension-definition", "bundle":
		return true
	}
	return false
}
