package country

import (
	"strconv"
	"strings"
	"time"
)

// String prints the expression so that ParseExpr reads the same tree back.
func (e Expr) String() string {
	if e.Node == nil {
		return ""
	}
	var b strings.Builder
	e.Node.print(&b, 0)
	return b.String()
}

// strength of the operators, as in the grammar: or 1, and 2, not 3, compare 4, sum 5, leaf 6.
func (n *Node) strength() int {
	switch n.Op {
	case OpOr:
		return 1
	case OpAnd:
		return 2
	case OpNot, OpCompare:
		return 3
	case OpAdd, OpSub:
		return 5
	}
	return 6
}

func (n *Node) print(b *strings.Builder, outer int) {
	own := n.strength()
	if own < outer {
		b.WriteByte('(')
		defer b.WriteByte(')')
	}
	switch n.Op {
	case OpNumber:
		b.WriteString(strconv.FormatFloat(n.Num, 'f', -1, 64))
	case OpSpan:
		b.WriteString(spanText(n.Dur))
	case OpTrue:
		b.WriteString(strconv.FormatBool(n.Num != 0))
	case OpFact:
		b.WriteString(n.Ns + "." + n.Name)
	case OpEvent:
		b.WriteString("event." + n.Name)
	case OpCall, OpMember:
		if n.Op == OpMember {
			b.WriteString("entity.")
		}
		b.WriteString(n.Name + "(" + strings.Join(n.Words, ", "))
		for i, a := range n.Args {
			if i > 0 {
				b.WriteString(", ")
			}
			a.print(b, 0)
		}
		b.WriteByte(')')
	case OpNot:
		b.WriteString("not ")
		n.Args[0].print(b, 3)
	case OpAnd, OpOr:
		sep := " and "
		if n.Op == OpOr {
			sep = " or "
		}
		for i, a := range n.Args {
			if i > 0 {
				b.WriteString(sep)
			}
			a.print(b, own+1)
		}
	case OpCompare, OpAdd, OpSub:
		sign := n.Name
		switch n.Op {
		case OpAdd:
			sign = "+"
		case OpSub:
			sign = "-"
		}
		n.Args[0].print(b, 5)
		b.WriteString(" " + sign + " ")
		n.Args[1].print(b, map[bool]int{true: 5, false: 6}[n.Op == OpCompare])
	case OpPercent:
		b.WriteString(strconv.FormatFloat(n.Num, 'f', -1, 64) + "% of ")
		n.Args[0].print(b, 6)
	}
}

func spanText(d time.Duration) string {
	for _, u := range []struct {
		of   time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "min"}} {
		if d >= u.of && d%u.of == 0 && !(u.name == "d" && d < 14*u.of) {
			return strconv.FormatInt(int64(d/u.of), 10) + u.name
		}
	}
	return strconv.FormatInt(int64(d/time.Second), 10) + "s"
}

// Walk calls visit for every node of the tree, parents first.
func (e Expr) Walk(visit func(*Node)) {
	if e.Node != nil {
		e.Node.walk(visit)
	}
}

func (n *Node) walk(visit func(*Node)) {
	visit(n)
	for _, a := range n.Args {
		a.walk(visit)
	}
}
