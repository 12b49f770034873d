package country

import "fmt"

// sort of value an expression gives.
type exprSort int

const (
	sortAny exprSort = iota // a fact may be an answer or an amount
	sortAnswer
	sortNumber
	sortSpan
	sortMoment
)

func (s exprSort) String() string {
	return [...]string{"a fact", "a yes or no", "a number", "a length of time", "a moment"}[s]
}

// Mismatch says what makes an expression senseless, such as a length of time
// compared with a number; "" when it makes sense.
func (e Expr) Mismatch() string {
	if e.Node == nil {
		return ""
	}
	why := ""
	s := e.Node.sort(&why)
	if why == "" && (s == sortSpan || s == sortMoment) {
		why = fmt.Sprintf("a condition cannot be %s", s)
	}
	return why
}

func (n *Node) sort(why *string) exprSort {
	fail := func(format string, args ...any) {
		if *why == "" {
			*why = fmt.Sprintf(format, args...)
		}
	}
	switch n.Op {
	case OpNumber:
		return sortNumber
	case OpSpan:
		return sortSpan
	case OpTrue, OpMember:
		return sortAnswer
	case OpFact:
		return sortAny
	case OpEvent:
		return sortMoment
	case OpPercent:
		if s := n.Args[0].sort(why); s != sortAny && s != sortNumber {
			fail("a percentage of %s", s)
		}
		return sortNumber
	case OpAdd, OpSub:
		a, b := n.Args[0].sort(why), n.Args[1].sort(why)
		switch {
		case a == sortMoment && b == sortMoment && n.Op == OpSub:
			return sortSpan
		case a == sortMoment && b == sortSpan:
			return sortMoment
		case a == sortAny || b == sortAny:
			return max(a, b)
		case a != b || a == sortMoment || a == sortAnswer:
			fail("%s and %s cannot be added or subtracted", a, b)
		}
		return a
	case OpCompare:
		a, b := n.Args[0].sort(why), n.Args[1].sort(why)
		if a != b && a != sortAny && b != sortAny {
			fail("%s compared with %s", a, b)
		}
		return sortAnswer
	case OpNot, OpAnd, OpOr:
		for _, x := range n.Args {
			if s := x.sort(why); s == sortSpan || s == sortMoment {
				fail("%s is no condition", s)
			}
		}
		return sortAnswer
	}
	switch n.Name {
	case "total", "longest", "worst_week":
		return sortSpan
	case "lesser_of", "greater_of":
		s := sortAny
		for _, x := range n.Args {
			s = max(s, x.sort(why))
		}
		return s
	}
	for _, x := range n.Args {
		x.sort(why)
	}
	return sortAnswer
}

// clocks finds stages that can never fall due.
func (c *checker) clocks() {
	for _, r := range c.p.Regimes {
		base := "regime " + r.ID
		if !canHold(r.AppliesTo, r.Concerns) {
			c.add(LevelError, base, "country.check.never-applies", "can never apply: its conditions contradict each other")
			continue
		}
		dead := map[string]bool{}
		for range r.Stages { // until nothing changes
			for _, s := range r.Stages {
				if !dead[s.ID] && r.neverDue(s, dead) {
					dead[s.ID] = true
				}
			}
		}
		for _, s := range r.Stages {
			if dead[s.ID] {
				c.add(LevelError, base+" stage "+s.ID, "country.check.never-fires", "its clock can never run: what it waits for cannot happen")
			}
		}
	}
}

func (r *Regime) neverDue(s Stage, dead map[string]bool) bool {
	if !canHold(r.AppliesTo, r.Concerns, s.When) || s.Follows != "" && dead[s.Follows] {
		return true
	}
	if !r.dueDead(s.Due, dead) {
		return false
	}
	for _, o := range s.Overrides {
		if canHold(r.AppliesTo, o.If) && !r.dueDead(o.Due, dead) {
			return false
		}
	}
	return true
}

// dueDead says whether no event could ever give the due a date.
func (r *Regime) dueDead(d Due, dead map[string]bool) bool {
	if d.Unless != nil && canHold(d.Unless.When) && !r.dueDead(d.Unless.Use, dead) {
		return false
	}
	switch {
	case d.Min != nil:
		for _, m := range d.Min {
			if !r.dueDead(m, dead) {
				return false
			}
		}
		return true
	case d.Max != nil:
		for _, m := range d.Max {
			if r.dueDead(m, dead) {
				return true
			}
		}
		return false
	case d.SameAs != "":
		return dead[d.SameAs]
	case !d.After.IsZero():
		return r.anchorDead(d.After, dead) && (d.Fallback.IsZero() || r.anchorDead(d.Fallback, dead))
	}
	return false
}

func (r *Regime) anchorDead(a Anchor, dead map[string]bool) bool {
	switch {
	case a.OfDue:
		return dead[a.Arg]
	case a.Kind == Crossed:
		return r.Recurrence == nil
	case a.Kind == Submitted || a.Kind == Received:
		return dead[a.Arg]
	}
	return false
}

// canHold says whether all conditions can hold together, taking each fact,
// event and comparison as free. It tries every combination of up to twelve of
// them; with more it assumes they can.
func canHold(exprs ...Expr) bool {
	atoms := map[string]bool{}
	var names []string
	for _, e := range exprs {
		e.Walk(func(n *Node) {
			for _, a := range n.atoms() {
				if _, ok := atoms[a]; !ok {
					atoms[a] = false
					names = append(names, a)
				}
			}
		})
	}
	if len(names) > 12 {
		return true
	}
	for bits := range 1 << len(names) {
		for i, a := range names {
			atoms[a] = bits>>i&1 == 1
		}
		all := true
		for _, e := range exprs {
			if e.Node != nil && !e.Node.try(atoms) {
				all = false
				break
			}
		}
		if all {
			return true
		}
	}
	return false
}

func (n *Node) atoms() []string {
	switch n.Op {
	case OpMember:
		var out []string
		for _, w := range n.Words {
			out = append(out, n.Name+"("+w+")")
		}
		return out
	case OpFact, OpCompare, OpEvent:
		return []string{Expr{n}.String()}
	case OpCall:
		switch n.Name {
		case "any", "all", "at_least":
			return nil
		}
		return []string{Expr{n}.String()}
	}
	return nil
}

func (n *Node) try(atoms map[string]bool) bool {
	holds := 0
	switch n.Op {
	case OpTrue, OpNumber:
		return n.Num != 0
	case OpMember:
		for _, w := range n.Words {
			if atoms[n.Name+"("+w+")"] {
				return true
			}
		}
		return false
	case OpNot:
		return !n.Args[0].try(atoms)
	case OpAnd, OpOr:
		for _, a := range n.Args {
			if a.try(atoms) {
				holds++
			}
		}
		return n.Op == OpOr && holds > 0 || holds == len(n.Args)
	case OpCompare:
		if a, b := n.Args[0], n.Args[1]; a.Op == OpNumber && b.Op == OpNumber {
			return map[string]bool{"<": a.Num < b.Num, "<=": a.Num <= b.Num, ">": a.Num > b.Num, ">=": a.Num >= b.Num, "==": a.Num == b.Num, "!=": a.Num != b.Num}[n.Name]
		}
	case OpCall:
		args, need := n.Args, 1
		switch n.Name {
		case "all":
			need = len(args)
		case "at_least":
			need, args = int(args[0].Num), args[1:]
		case "any":
		default:
			return atoms[Expr{n}.String()]
		}
		for _, a := range args {
			if a.try(atoms) {
				holds++
			}
		}
		return holds >= need
	}
	return atoms[Expr{n}.String()]
}
