package pattern

// Limits bound what Parse accepts and what evaluation may spend. A zero field
// stands for the default named beside it, so the zero Limits is ready to use.
type Limits struct {
	Bytes       int   // length of the pattern text; default 4 MiB
	Depth       int   // nesting of parentheses, both kinds together; default 64, at most 1,000
	Comparisons int   // comparison expressions in one pattern; default 10,000
	Literals    int   // constants in one pattern, members of sets included; default 100,000
	PathSteps   int   // steps of one object path; default 64
	Repeats     int   // the number of a REPEATS qualifier; default 1,000,000
	RegexBytes  int   // length of one regular expression; default 8 KiB
	RegexSize   int   // instructions of one compiled regular expression; default 20,000
	Steps       int64 // work of one evaluation, about ten nanoseconds a step; default 100,000,000
}

// filled replaces every zero field by its default.
func (l Limits) filled() Limits {
	set := func(p *int, v int) {
		if *p <= 0 {
			*p = v
		}
	}
	set(&l.Bytes, 4<<20)
	set(&l.Depth, 64)
	l.Depth = min(l.Depth, 1_000) // the parser recurses
	set(&l.Comparisons, 10_000)
	set(&l.Literals, 100_000)
	set(&l.PathSteps, 64)
	set(&l.Repeats, 1_000_000)
	set(&l.RegexBytes, 8<<10)
	set(&l.RegexSize, 20_000)
	if l.Steps <= 0 {
		l.Steps = 100_000_000
	}
	return l
}
