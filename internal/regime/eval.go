package regime

import (
	"math"
	"slices"
	"time"

	"kulla.dev/internal/country"
)

// value is the outcome of one node: an answer, or an amount known to lie
// between lo and hi. Amounts of time are microseconds; moments are
// microseconds since 1970.
type value struct {
	answer bool // tri holds; else lo and hi
	tri    Tri
	lo, hi float64
}

func ans(t Tri) value            { return value{answer: true, tri: t} }
func point(v float64) value      { return value{lo: v, hi: v} }
func between(a, b float64) value { return value{lo: a, hi: b} }

// env is what an expression may see.
type env struct {
	run     *run
	facts   map[string]*Fact // incident facts at this version of the log
	group   map[string]float64
	horizon time.Time // events after it have not happened; zero: no limit
	missing []string
}

func (v *env) miss(name string) {
	if !slices.Contains(v.missing, name) {
		v.missing = append(v.missing, name)
	}
}

// holds answers a condition; the empty one holds. Facts that are missing are
// kept only while the answer is unknown.
func (v *env) holds(e country.Expr) Tri {
	if e.IsZero() {
		return Yes
	}
	kept := len(v.missing)
	t := v.node(e.Node).truth()
	if t != Unknown {
		v.missing = v.missing[:kept]
	}
	return t
}

// truth reads a value as an answer: an amount is yes when it is certainly not zero.
func (x value) truth() Tri {
	switch {
	case x.answer:
		return x.tri
	case x.lo > 0:
		return Yes
	case x.lo == 0 && x.hi == 0:
		return No
	}
	return Unknown
}

// amount reads a value as a number: yes is 1.
func (x value) amount() (lo, hi float64) {
	if !x.answer {
		return x.lo, x.hi
	}
	switch x.tri {
	case Yes:
		return 1, 1
	case No:
		return 0, 0
	}
	return 0, 1
}

func (v *env) node(n *country.Node) value {
	switch n.Op {
	case country.OpNumber:
		return point(n.Num)
	case country.OpTrue:
		return ans(TriOf(n.Num != 0))
	case country.OpSpan:
		return point(float64(v.run.quick(n.Dur).Microseconds()))
	case country.OpFact:
		return v.fact(n)
	case country.OpEvent:
		return v.moment(n.Name)
	case country.OpMember:
		return ans(v.member(n))
	case country.OpCall:
		return v.call(n)
	case country.OpNot:
		return ans(v.node(n.Args[0]).truth().Not())
	case country.OpAnd:
		return ans(v.count(n.Args, len(n.Args)))
	case country.OpOr:
		return ans(v.count(n.Args, 1))
	case country.OpCompare:
		return ans(compare(n.Name, v.node(n.Args[0]), v.node(n.Args[1])))
	case country.OpAdd, country.OpSub:
		alo, ahi := v.node(n.Args[0]).amount()
		blo, bhi := v.node(n.Args[1]).amount()
		if n.Op == country.OpSub {
			blo, bhi = -bhi, -blo
		}
		return between(alo+blo, ahi+bhi)
	case country.OpPercent:
		lo, hi := v.node(n.Args[0]).amount()
		return between(lo*n.Num/100, hi*n.Num/100)
	}
	return ans(Unknown) // unreachable: the parser makes no other operation
}

// count answers whether at least need of the conditions hold.
func (v *env) count(args []*country.Node, need int) Tri {
	kept := len(v.missing)
	yes, maybe := 0, 0
	for _, a := range args {
		before := len(v.missing)
		switch v.node(a).truth() {
		case Yes:
			yes++
			v.missing = v.missing[:before]
		case No:
			v.missing = v.missing[:before]
		default:
			maybe++
		}
	}
	return v.decide(yes, maybe, need, kept)
}

// decide turns counts into an answer and forgets what is missing when the
// answer stands without it.
func (v *env) decide(yes, maybe, need, kept int) Tri {
	switch {
	case yes >= need:
		v.missing = v.missing[:kept]
		return Yes
	case yes+maybe < need:
		v.missing = v.missing[:kept]
		return No
	}
	return Unknown
}

func compare(sign string, a, b value) Tri {
	alo, ahi := a.amount()
	blo, bhi := b.amount()
	switch sign {
	case "<":
		return compare(">", b, a)
	case "<=":
		return compare(">=", b, a)
	case ">":
		if alo > bhi {
			return Yes
		}
		if ahi <= blo {
			return No
		}
	case ">=":
		if alo >= bhi {
			return Yes
		}
		if ahi < blo {
			return No
		}
	case "==", "!=":
		t := Unknown
		if alo == ahi && blo == bhi && alo == blo {
			t = Yes
		} else if alo > bhi || ahi < blo {
			t = No
		}
		if sign == "!=" {
			t = t.Not()
		}
		return t
	}
	return Unknown
}

func (v *env) lookup(n *country.Node) (*Fact, bool) {
	if n.Ns == "entity" {
		f, ok := v.run.entity[n.Name]
		return f, ok
	}
	f, ok := v.facts[n.Name]
	return f, ok
}

func (v *env) fact(n *country.Node) value {
	if n.Ns == "group" {
		if x, ok := v.group[n.Name]; ok {
			return point(x)
		}
		v.miss("group." + n.Name)
		return between(0, math.Inf(1))
	}
	if n.Ns == "incident" && n.Name == "ongoing" {
		if _, ok := v.run.log.first(country.Handled, "", v.run.r, v.horizon); ok {
			return ans(No)
		}
	}
	if n.Ns == "entity" && n.Name == "listed" && v.run.c.Entity.Class != "" {
		return ans(TriOf(v.run.listed))
	}
	f, ok := v.lookup(n)
	switch {
	case !ok || !f.HasNumber && f.Is == Unknown:
		v.miss(n.Ns + "." + n.Name)
		return between(0, math.Inf(1))
	case f.Potential:
		return ans(No)
	case f.Suspected && f.Is == Yes:
		v.miss(n.Ns + "." + n.Name)
		return ans(Unknown)
	case f.HasNumber:
		return point(f.Number)
	}
	return ans(f.Is)
}

// moment gives when an event happened. One that has not lies at some time
// after now.
func (v *env) moment(kind string) value {
	if e, ok := v.run.log.first(country.EventKind(kind), "", v.run.r, v.horizon); ok {
		return point(float64(e.At.UnixMicro()))
	}
	v.miss("event." + kind)
	from := v.run.now
	if !v.horizon.IsZero() && v.horizon.Before(from) {
		from = v.horizon
	}
	return between(float64(from.UnixMicro()), math.Inf(1))
}

func (v *env) member(n *country.Node) Tri {
	en := &v.run.c.Entity
	switch n.Name {
	case "is":
		for _, w := range n.Words {
			if slices.Contains(en.Kinds, w) {
				return Yes
			}
		}
		for _, w := range n.Words {
			if slices.Contains(en.Disputed, w) {
				v.miss("entity.kind")
				return Unknown
			}
		}
		if en.KindsOpen || len(en.Kinds) == 0 {
			v.miss("entity.kind")
			return Unknown
		}
	case "sector":
		for _, w := range n.Words {
			if slices.Contains(en.Sectors, w) {
				return Yes
			}
		}
		if len(en.Sectors) == 0 {
			v.miss("entity.sector")
			return Unknown
		}
	case "class":
		if en.Class == "" {
			v.miss("entity.class")
			return Unknown
		}
		return TriOf(slices.Contains(n.Words, en.Class))
	}
	return No
}

func (v *env) call(n *country.Node) value {
	switch n.Name {
	case "suspected", "capable", "stated":
		return ans(v.mode(n))
	case "happened":
		_, ok := v.run.log.first(country.EventKind(n.Words[0]), "", v.run.r, v.horizon)
		return ans(TriOf(ok))
	case "total", "longest", "worst_week":
		return v.spans(n.Name, n.Words[0])
	case "any":
		return ans(v.count(n.Args, 1))
	case "all":
		return ans(v.count(n.Args, len(n.Args)))
	case "at_least":
		return ans(v.count(n.Args[1:], int(n.Args[0].Num)))
	case "lesser_of", "greater_of":
		lo, hi := v.node(n.Args[0]).amount()
		for _, a := range n.Args[1:] {
			alo, ahi := v.node(a).amount()
			if n.Name == "lesser_of" {
				lo, hi = min(lo, alo), min(hi, ahi)
			} else {
				lo, hi = max(lo, alo), max(hi, ahi)
			}
		}
		return between(lo, hi)
	}
	return ans(Unknown) // unreachable: the parser knows no other function
}

func (v *env) mode(n *country.Node) Tri {
	arg := n.Args[0]
	f, ok := v.lookup(arg)
	known := ok && (f.HasNumber || f.Is != Unknown)
	if n.Name == "stated" {
		return TriOf(known)
	}
	if !known {
		v.miss(arg.Ns + "." + arg.Name)
		return Unknown
	}
	is := f.Is
	if f.HasNumber {
		is = TriOf(f.Number > 0)
	}
	if n.Name == "suspected" && f.Potential {
		return No
	}
	if n.Name == "capable" && f.Suspected && is == Yes {
		v.miss(arg.Ns + "." + arg.Name)
		return Unknown
	}
	return is
}

// spans measures the stretches tagged tag, without those the regime excludes.
// When none is stated, the fact of that name may give the length in minutes or
// say no; else the length is unknown.
func (v *env) spans(fn, tag string) value {
	var total, longest time.Duration
	weeks := map[country.Date]time.Duration{}
	found := false
	for _, s := range v.run.c.Incident.Spans {
		if s.Tag != tag || s.From.After(v.run.now) {
			continue
		}
		found = true
		if v.run.excluded(s) {
			continue
		}
		to := s.To
		if to.IsZero() || to.After(v.run.now) {
			to = v.run.now
		}
		d := max(0, to.Sub(s.From))
		total += d
		longest = max(longest, d)
		if fn == "worst_week" {
			v.weeks(s.From, to, weeks)
		}
	}
	if !found {
		if f, ok := v.facts[tag]; ok && (f.Is == No || f.HasNumber) { // a length stated in minutes
			if !f.HasNumber {
				return point(0)
			}
			return point(f.Number * float64(time.Minute/time.Microsecond))
		}
		v.miss("incident." + tag)
		return between(0, math.Inf(1))
	}
	switch fn {
	case "longest":
		total = longest
	case "worst_week":
		total = 0
		for _, d := range weeks {
			total = max(total, d)
		}
	}
	return point(float64(total.Microseconds()))
}

// weeks adds the parts of a stretch to the calendar weeks (from Monday) it lies in.
func (v *env) weeks(from, to time.Time, into map[country.Date]time.Duration) {
	for from.Before(to) {
		day := country.DateOf(from.In(v.run.loc))
		monday := day.AddDays(-(int(day.Weekday()) + 6) % 7)
		end := monday.AddDays(7).At(0, 0, 0, v.run.loc)
		if end.After(to) {
			end = to
		}
		into[monday] += end.Sub(from)
		from = end
	}
}
