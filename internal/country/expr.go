package country

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Expr is a condition or an amount over the facts of one incident:
//
//	entity.is(bank, payment) and not entity.is(micro)
//	incident.financial_loss > lesser_of(500000, 5% of entity.annual_turnover)
//	event.classified - event.aware > 24h
//	total(outage) > 30min and capable(incident.severe_disruption)
//
// Operators, weakest first: or · and · not · < <= > >= == != · + - · "% of".
// Names: entity.X, incident.X, group.X (facts), event.X (moments). Functions:
//
//	entity.is(a, b…)      one of these kinds          entity.sector(a…), entity.class(a…)
//	suspected(f)          yes, or suspected yes       capable(f)   yes, or possible
//	stated(f)             known at all                happened(e)  the event is recorded
//	total(s) longest(s) worst_week(s)                 length of the spans tagged s: summed,
//	                                                  longest one, in the worst calendar week
//	lesser_of(a, b…) greater_of(a, b…) at_least(n, c…) any(c…) all(c…)
//
// Answers are three-valued: what is not stated makes an answer unknown unless
// the rest decides it.
type Expr struct{ Node *Node }

// Op is what a Node does.
type Op uint8

// The operations. Leaves first.
const (
	OpNumber  Op = iota // Num
	OpSpan              // Dur
	OpTrue              // the words true and false: Num 1 or 0
	OpFact              // Ns "entity", "incident" or "group"; Name
	OpEvent             // Name
	OpCall              // Name, Args
	OpMember            // entity.is, entity.sector, entity.class: Name, Words
	OpNot               // Args[0]
	OpAnd               // Args
	OpOr                // Args
	OpCompare           // Name is the sign, Args two
	OpAdd               // Args two
	OpSub               // Args two
	OpPercent           // Num per cent of Args[0]
)

// Node is one node of the parsed tree.
type Node struct {
	Op    Op
	Num   float64
	Dur   time.Duration
	Ns    string
	Name  string
	Words []string
	Args  []*Node
}

// IsZero says whether there is no condition.
func (e Expr) IsZero() bool { return e.Node == nil }

// UnmarshalYAML reads the text form.
func (e *Expr) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.ScalarNode {
		return fmt.Errorf("line %d: a condition is one line of text", n.Line)
	}
	v, err := ParseExpr(n.Value)
	if err != nil {
		return fmt.Errorf("line %d: %w", n.Line, err)
	}
	*e = v
	return nil
}

// Limits that keep a hostile pack from costing more than it should.
const (
	maxExprBytes = 4096
	maxExprDepth = 64
)

// signatures of the functions: least and greatest number of arguments.
func arity(fn string) (int, int, bool) {
	switch fn {
	case "suspected", "capable", "stated", "happened", "total", "longest", "worst_week":
		return 1, 1, true
	case "lesser_of", "greater_of":
		return 2, 16, true
	case "any", "all":
		return 1, 64, true
	case "at_least":
		return 2, 65, true
	}
	return 0, 0, false
}

func functions() []string {
	return []string{"suspected", "capable", "stated", "happened", "total", "longest", "worst_week",
		"lesser_of", "greater_of", "any", "all", "at_least"}
}

// ParseExpr reads an expression. The error names the column and what was
// expected there.
func ParseExpr(text string) (Expr, error) {
	if len(text) > maxExprBytes {
		return Expr{}, fmt.Errorf("condition: longer than %d bytes", maxExprBytes)
	}
	if !utf8.ValidString(text) {
		return Expr{}, fmt.Errorf("condition: not valid UTF-8")
	}
	p := exprParser{text: text}
	p.next()
	n := p.or(0)
	if p.err == nil && p.tok != "" {
		p.fail("unexpected %q", p.tok)
	}
	if p.err != nil {
		return Expr{}, fmt.Errorf("condition %q: %w", text, p.err)
	}
	return Expr{n}, nil
}

type exprParser struct {
	text string
	pos  int // after tok
	at   int // start of tok
	tok  string
	err  error
}

func (p *exprParser) fail(format string, args ...any) *Node {
	if p.err == nil {
		p.err = fmt.Errorf("column %d: %s", p.at+1, fmt.Sprintf(format, args...))
	}
	p.tok = ""
	p.pos = len(p.text)
	return &Node{}
}

func wordByte(c byte) bool {
	return c == '_' || c == '.' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func (p *exprParser) next() {
	for p.pos < len(p.text) && strings.IndexByte(" \t\n\r", p.text[p.pos]) >= 0 {
		p.pos++
	}
	p.at = p.pos
	if p.pos == len(p.text) {
		p.tok = ""
		return
	}
	c := p.text[p.pos]
	if wordByte(c) {
		for p.pos < len(p.text) && wordByte(p.text[p.pos]) {
			p.pos++
		}
		if p.pos < len(p.text) && p.text[p.pos] == '%' {
			p.pos++
		}
		p.tok = p.text[p.at:p.pos]
		return
	}
	n := 1
	if two := p.text[p.pos:min(p.pos+2, len(p.text))]; slices.Contains([]string{"<=", ">=", "==", "!="}, two) {
		n = 2
	}
	p.pos += n
	p.tok = p.text[p.at:p.pos]
	if n == 1 && !strings.Contains("()<>+-,", p.tok) {
		p.fail("unexpected %q", p.tok)
	}
}

func (p *exprParser) take(tok string) bool {
	if p.err == nil && p.tok == tok {
		p.next()
		return true
	}
	return false
}

func (p *exprParser) want(tok string) {
	if !p.take(tok) {
		p.fail("want %q, found %q", tok, p.tok)
	}
}

func (p *exprParser) chain(depth int, word string, op Op, sub func(int) *Node) *Node {
	n := sub(depth)
	if p.tok != word {
		return n
	}
	n = &Node{Op: op, Args: []*Node{n}}
	for p.take(word) {
		n.Args = append(n.Args, sub(depth))
	}
	return n
}

func (p *exprParser) or(depth int) *Node {
	if depth > maxExprDepth {
		return p.fail("nested deeper than %d", maxExprDepth)
	}
	return p.chain(depth, "or", OpOr, p.and)
}

func (p *exprParser) and(depth int) *Node { return p.chain(depth, "and", OpAnd, p.not) }

func (p *exprParser) not(depth int) *Node {
	if depth > maxExprDepth {
		return p.fail("nested deeper than %d", maxExprDepth)
	}
	if p.take("not") {
		return &Node{Op: OpNot, Args: []*Node{p.not(depth + 1)}}
	}
	l := p.sum(depth)
	switch p.tok {
	case "<", "<=", ">", ">=", "==", "!=":
		sign := p.tok
		p.next()
		return &Node{Op: OpCompare, Name: sign, Args: []*Node{l, p.sum(depth)}}
	}
	return l
}

func (p *exprParser) sum(depth int) *Node {
	l := p.primary(depth)
	for p.tok == "+" || p.tok == "-" {
		op := OpAdd
		if p.tok == "-" {
			op = OpSub
		}
		p.next()
		l = &Node{Op: op, Args: []*Node{l, p.primary(depth)}}
	}
	return l
}

func (p *exprParser) primary(depth int) *Node {
	switch {
	case p.err != nil:
		return &Node{}
	case p.tok == "":
		return p.fail("the condition ends too early")
	case p.take("("):
		n := p.or(depth + 1)
		p.want(")")
		return n
	case p.tok == "true" || p.tok == "false":
		n := &Node{Op: OpTrue}
		if p.tok == "true" {
			n.Num = 1
		}
		p.next()
		return n
	case '0' <= p.tok[0] && p.tok[0] <= '9':
		return p.literal(depth)
	}
	return p.name(depth)
}

func (p *exprParser) literal(depth int) *Node {
	tok := p.tok
	if pc, ok := strings.CutSuffix(tok, "%"); ok {
		v, err := parseNumber(pc)
		if err != nil {
			return p.fail("%q is no percentage", tok)
		}
		p.next()
		p.want("of")
		if p.err != nil {
			return &Node{}
		}
		return &Node{Op: OpPercent, Num: v, Args: []*Node{p.primary(depth)}}
	}
	if v, err := parseNumber(tok); err == nil {
		p.next()
		return &Node{Op: OpNumber, Num: v}
	}
	d, err := parseSpan(tok)
	if err != nil {
		return p.fail("%q is neither a number nor a length of time", tok)
	}
	p.next()
	return &Node{Op: OpSpan, Dur: d}
}

func (p *exprParser) name(depth int) *Node {
	tok := p.tok
	ns, name, dotted := strings.Cut(tok, ".")
	if dotted {
		if !isWord(name) {
			return p.fail("%q is no name", tok)
		}
		switch ns {
		case "event":
			if !EventKind(name).Known() {
				return p.fail("%q is no event%s", name, suggest(name, EventKind("").Values()))
			}
			p.next()
			return &Node{Op: OpEvent, Name: name}
		case "entity", "incident", "group":
			p.next()
			if ns == "entity" && (name == "is" || name == "sector" || name == "class") && p.tok == "(" {
				return p.member(name)
			}
			return &Node{Op: OpFact, Ns: ns, Name: name}
		}
		return p.fail("%q: names begin with entity., incident., group. or event.%s", tok,
			suggest(ns, []string{"entity", "incident", "group", "event"}))
	}
	lo, hi, ok := arity(tok)
	if !ok {
		return p.fail("%q is no function%s", tok, suggest(tok, functions()))
	}
	p.next()
	p.want("(")
	n := &Node{Op: OpCall, Name: tok}
	switch tok {
	case "total", "longest", "worst_week", "happened":
		if !isWord(p.tok) {
			return p.fail("%s( takes one word", tok)
		}
		if tok == "happened" && !EventKind(p.tok).Known() {
			return p.fail("%q is no event%s", p.tok, suggest(p.tok, EventKind("").Values()))
		}
		n.Words = []string{p.tok}
		p.next()
		p.want(")")
		return n
	}
	for p.err == nil {
		n.Args = append(n.Args, p.or(depth+1))
		if len(n.Args) > hi {
			return p.fail("%s takes at most %d arguments", tok, hi)
		}
		if !p.take(",") {
			break
		}
	}
	p.want(")")
	if p.err == nil && len(n.Args) < lo {
		return p.fail("%s takes at least %d arguments", tok, lo)
	}
	if p.err == nil && (tok == "suspected" || tok == "capable" || tok == "stated") && n.Args[0].Op != OpFact {
		return p.fail("%s( takes a fact", tok)
	}
	if p.err == nil && tok == "at_least" && n.Args[0].Op != OpNumber {
		return p.fail("at_least( begins with a number")
	}
	return n
}

func (p *exprParser) member(name string) *Node {
	p.want("(")
	n := &Node{Op: OpMember, Name: name}
	for p.err == nil {
		word := p.tok
		if !isID(word) {
			return p.fail("entity.%s( takes words, found %q", name, word)
		}
		p.next()
		for p.tok == "-" { // ids may have hyphens
			p.next()
			word += "-" + p.tok
			if !isID(p.tok) {
				return p.fail("entity.%s( takes words, found %q", name, word)
			}
			p.next()
		}
		n.Words = append(n.Words, word)
		if !p.take(",") {
			break
		}
	}
	p.want(")")
	return n
}

// isID says whether s is a piece of an id of the pack: words joined by dots.
func isID(s string) bool {
	for _, c := range []byte(s) {
		if c != '_' && c != '.' && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

func parseNumber(s string) (float64, error) {
	for _, c := range []byte(s) {
		if c != '.' && c != '_' && (c < '0' || c > '9') {
			return 0, strconv.ErrSyntax
		}
	}
	return strconv.ParseFloat(strings.ReplaceAll(s, "_", ""), 64)
}

// parseSpan reads "30min", "24h", "14d", "10s", "2w".
func parseSpan(s string) (time.Duration, error) {
	i := 0
	for i < len(s) && ('0' <= s[i] && s[i] <= '9') {
		i++
	}
	v, err := strconv.ParseInt(s[:i], 10, 32)
	if err != nil {
		return 0, fmt.Errorf("length of time %q: want a number and a unit, such as 30min, 24h, 14d", s)
	}
	unit := time.Duration(0)
	switch s[i:] {
	case "s":
		unit = time.Second
	case "min":
		unit = time.Minute
	case "h":
		unit = time.Hour
	case "d":
		unit = 24 * time.Hour
	case "w":
		unit = 7 * 24 * time.Hour
	default:
		return 0, fmt.Errorf("length of time %q: unit %q is none of s, min, h, d, w", s, s[i:])
	}
	if v > int64(100*366*24*time.Hour/unit) {
		return 0, fmt.Errorf("length of time %q: longer than a century", s)
	}
	return time.Duration(v) * unit, nil
}

// suggest gives "; did you mean "x"?" for the nearest word, or "".
func suggest(word string, known []string) string {
	best, dist := "", max(2, len(word)/3)+1
	for _, k := range known {
		if d := editDistance(word, k); d < dist {
			best, dist = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

func editDistance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 65
	}
	prev := make([]int, len(b)+1)
	cur := make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := range len(a) {
		cur[0] = i + 1
		for j := range len(b) {
			c := 1
			if a[i] == b[j] {
				c = 0
			}
			cur[j+1] = min(prev[j]+c, prev[j+1]+1, cur[j]+1)
		}
		prev, cur = cur, prev
	}
	return prev[len(b)]
}
