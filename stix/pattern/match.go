package pattern

// Result is the answer of an evaluation.
type Result struct {
	Matched bool
	// Touched lists, in ascending order, the observations that satisfy at
	// least one expression in brackets; empty if the pattern did not match.
	Touched []int
}

// Sighting tells which expressions in brackets one observation satisfies, and
// when it was made: all that matching over several observations needs to keep.
type Sighting struct {
	First, Last Instant
	Count       int   // number_observed; less than 1 counts as 1
	Satisfies   []int // expressions, ascending, 0 ≤ n < Matcher.Expressions()
}

// Match evaluates the pattern against observations. The only error is
// ErrBudget, when Limits.Steps did not suffice to find the answer.
func (m *Matcher) Match(obs []Observation) (Result, error) {
	r := run{left: m.lim.Steps, loose: m.loose}
	var seen []Sighting
	var touched []int
	for i := range obs {
		s, ok := m.sight(&r, &obs[i])
		if r.broke {
			return Result{}, ErrBudget
		}
		if ok {
			seen = append(seen, s)
			touched = append(touched, i)
		}
	}
	matched, err := m.combine(&r, seen)
	if err != nil || !matched {
		return Result{}, err
	}
	return Result{Matched: true, Touched: touched}, nil
}

// Sight evaluates the expressions in brackets against one observation; ok is
// false if it satisfies none. The only error is ErrBudget.
func (m *Matcher) Sight(o *Observation) (s Sighting, ok bool, err error) {
	r := run{left: m.lim.Steps, loose: m.loose}
	if s, ok = m.sight(&r, o); r.broke {
		return Sighting{}, false, ErrBudget
	}
	return s, ok, nil
}

func (m *Matcher) sight(r *run, o *Observation) (s Sighting, ok bool) {
	r.observe(o)
	s = Sighting{First: o.First, Last: o.Last, Count: o.Count}
	for i := range m.tests {
		if r.expression(&m.tests[i]) {
			s.Satisfies = append(s.Satisfies, i)
		}
	}
	return s, len(s.Satisfies) > 0
}

// Combine says whether sightings of distinct observations match the pattern.
// The only error is ErrBudget.
func (m *Matcher) Combine(seen []Sighting) (bool, error) {
	return m.combine(&run{left: m.lim.Steps, loose: m.loose}, seen)
}

func (m *Matcher) combine(r *run, seen []Sighting) (bool, error) {
	if len(seen) == 0 {
		return false, nil
	}
	if m.root.op == Observe {
		return true, nil
	}
	s := solver{run: r, tests: len(m.tests)}
	got := s.solve(&m.root, items(seen))
	if got {
		return true, nil // found is found, whatever it cost
	}
	if r.broke {
		return false, ErrBudget
	}
	return false, nil
}
