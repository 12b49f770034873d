package pattern

// Pattern is one parsed pattern. It is immutable and may be shared.
type Pattern struct {
	root Node
	src  string
}

// Root gives the outermost observation expression. The tree is shared with
// the pattern: read it, do not change it.
func (p *Pattern) Root() *Node { return &p.root }

// Source gives the text that was parsed, exactly.
func (p *Pattern) Source() string { return p.src }

// NodeOp says what an observation-level Node is.
type NodeOp uint8

// The observation-level operators and qualifiers of STIX 2.1 §9.5.
const (
	Observe    NodeOp = iota + 1 // [ Test ]: one observation
	And                          // every kid, each by different observations
	Or                           // one of the kids
	FollowedBy                   // every kid, each not earlier than the one before
	Repeats                      // Kids[0] REPEATS Times TIMES
	Within                       // Kids[0] WITHIN Seconds SECONDS
	StartStop                    // Kids[0] START Start STOP Stop
)

// Node is an observation-level expression: a comparison in brackets, an
// operator over such, or a qualified expression. A qualifier is a node over
// the expression that precedes it, so "[a] REPEATS 5 TIMES WITHIN 9 SECONDS"
// is Within over Repeats over Observe.
type Node struct {
	Op   NodeOp
	Test Test       // Observe only
	Kids []Node     // operators: two or more; qualifiers: one
	Qual *Qualifier // Repeats, Within and StartStop only
}

// Qualifier holds the numbers of a qualifier.
type Qualifier struct {
	Times       int     // Repeats: at least 1
	Seconds     string  // Within: a positive decimal number, as written
	Start, Stop Instant // StartStop: from Start, before Stop
}

// TestOp says what a comparison-level Test is.
type TestOp uint8

// The comparison-level nodes of STIX 2.1 §9.6.
const (
	Compare TestOp = iota + 1 // one comparison
	All                       // every kid, on the same object
	Any                       // one of the kids
)

// Test is a comparison-level expression: what stands between [ and ].
type Test struct {
	Op   TestOp
	Cmp  *Comparison // Compare only
	Kids []Test      // All and Any: two or more
}

// Operator is a comparison operator.
type Operator uint8

// The comparison operators of STIX 2.1 §9.6.1.
const (
	Eq Operator = iota + 1
	Ne
	Lt
	Le
	Gt
	Ge
	In
	Like
	Matches
	IsSubset
	IsSuperset
	Exists
)

// String gives the operator as the language writes it.
func (o Operator) String() string {
	if int(o) >= len(operatorText) || o == 0 {
		return "?"
	}
	return operatorText[o]
}

var operatorText = [...]string{"", "=", "!=", "<", "<=", ">", ">=", "IN", "LIKE", "MATCHES", "ISSUBSET", "ISSUPERSET",
	"EXISTS"}

// Comparison is an object path, an operator and its constants.
type Comparison struct {
	Path   Path
	Op     Operator
	Not    bool
	Values []Literal // one; for In one or more; for Exists none
	at     int32     // offset of the comparison in the source
	valAt  int32     // offset of its first constant
}

// Path is an object path: the type of the object to start from and the steps
// from there.
type Path struct {
	Type  string
	Steps []Step
}

// StepKind says what a path step is.
type StepKind uint8

// The kinds of path step of STIX 2.1 §9.7.
const (
	Key   StepKind = iota + 1 // .name
	Index                     // [n]
	Star                      // [*]
)

// Step is one step of an object path.
type Step struct {
	Kind  StepKind
	Name  string // Key
	Index int    // Index; negative is grammatical and never present
}

// LiteralKind is the type of a constant.
type LiteralKind uint8

// The constants of STIX 2.1 §9.2.
const (
	String LiteralKind = iota + 1
	Int
	Float
	Bool
	Hex
	Binary
	Timestamp
)

// Literal is a constant. Text is the value, not its notation: the characters
// of a string, the octets of a hex or binary constant, the digits of a number
// without plus sign, "true" or "false", and an RFC 3339 time ending in Z.
type Literal struct {
	Kind LiteralKind
	Text string
}

// Walk calls fn for each comparison of the pattern in text order.
func (p *Pattern) Walk(fn func(*Comparison)) { p.root.walk(fn) }

func (n *Node) walk(fn func(*Comparison)) {
	if n.Op == Observe {
		n.Test.walk(fn)
	}
	for i := range n.Kids {
		n.Kids[i].walk(fn)
	}
}

func (t *Test) walk(fn func(*Comparison)) {
	if t.Op == Compare {
		fn(t.Cmp)
	}
	for i := range t.Kids {
		t.Kids[i].walk(fn)
	}
}
