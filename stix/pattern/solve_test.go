package pattern

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// byWords answers by the words of the text: it tries every way to give the
// expressions distinct observations. Each item is one observation.
type byWords struct {
	m    *Matcher
	its  []item
	used []bool
}

func (r *byWords) ways(n *cnode, done func([]int) bool) bool {
	switch n.op {
	case Observe:
		for i := range r.its {
			if !r.used[i] && r.its[i].satisfies(n.test) {
				r.used[i] = true
				ok := done([]int{i})
				r.used[i] = false
				if ok {
					return true
				}
			}
		}
		return false
	case Or:
		return slices.ContainsFunc(n.kids, func(k cnode) bool { return r.ways(&k, done) })
	case And:
		return r.all(n.kids, nil, done, nil)
	case FollowedBy:
		return r.all(n.kids, nil, done, func(before, after []int) bool {
			for _, a := range before {
				for _, b := range after {
					if r.its[b].lo.Compare(r.its[a].hi) < 0 {
						return false
					}
				}
			}
			return true
		})
	case Repeats:
		kids := make([]cnode, n.times)
		for i := range kids {
			kids[i] = n.kids[0]
		}
		return r.all(kids, nil, done, nil)
	case Within:
		return r.ways(&n.kids[0], func(u []int) bool {
			for _, a := range u {
				for _, b := range u {
					if a != b && !r.its[a].hi.before(r.its[b].lo, n.window) {
						return false
					}
				}
			}
			return done(u)
		})
	case StartStop:
		return r.ways(&n.kids[0], func(u []int) bool {
			for _, a := range u {
				if r.its[a].lo.Compare(n.start) < 0 || r.its[a].hi.Compare(n.stop) >= 0 {
					return false
				}
			}
			return done(u)
		})
	}
	return false
}

func (r *byWords) all(kids []cnode, have []int, done func([]int) bool, check func(a, b []int) bool) bool {
	if len(kids) == 0 {
		return done(have)
	}
	return r.ways(&kids[0], func(u []int) bool {
		if check != nil && !check(have, u) {
			return false
		}
		return r.all(kids[1:], append(slices.Clone(have), u...), done, check)
	})
}

// TestSolverAgainstReference compares the solver with trying everything.
func TestSolverAgainstReference(t *testing.T) {
	answers := map[bool]int{}
	rapid.Check(t, func(t *rapid.T) {
		leaves := []string{"[a:v = 'a']", "[a:v = 'b']", "[a:v IN ('a', 'ab')]", "[a:v LIKE 'a%' OR a:v = 1]"}
		var gen func(depth int) string
		gen = func(depth int) string {
			if depth == 0 || rapid.IntRange(0, 2).Draw(t, "leaf") == 0 {
				return pick(t, "test", leaves...)
			}
			var parts []string
			for range rapid.IntRange(2, 3).Draw(t, "kids") {
				parts = append(parts, gen(depth-1))
			}
			out := "(" + strings.Join(parts, pick(t, "op", " AND ", " OR ", " FOLLOWEDBY ")) + ")"
			if rapid.Bool().Draw(t, "qualified") {
				out += pick(t, "qualifier", " WITHIN 2 SECONDS", " WITHIN 3.5 SECONDS", " REPEATS 2 TIMES",
					" START t'2026-01-01T12:00:01Z' STOP t'2026-01-01T12:00:04Z'")
			}
			return out
		}
		text := gen(2)
		obs := randomObservations(t, 5)
		p, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		m, err := p.Matcher()
		if err != nil {
			t.Fatal(err)
		}
		var seen []Sighting
		for i := range obs {
			if s, ok, _ := m.Sight(&obs[i]); ok {
				seen = append(seen, s)
			}
		}
		ref := byWords{m: m}
		for _, it := range items(seen) {
			for range it.cap {
				ref.its = append(ref.its, item{it.lo, it.hi, 1, it.sat})
			}
		}
		ref.used = make([]bool, len(ref.its))
		want := ref.ways(&m.root, func([]int) bool { return true })
		got, err := m.Combine(seen)
		if err != nil || got != want {
			t.Fatalf("%s over %+v: %v (%v), want %v", text, seen, got, err, want)
		}
		answers[want]++
	})
	if answers[true] == 0 || answers[false] == 0 {
		t.Errorf("answers %v: one side was never tested", answers)
	}
}

// TestHostileCombinations: assignments that defeat naive backtracking.
func TestHostileCombinations(t *testing.T) {
	var parts []string
	for i := range 60 {
		parts = append(parts, fmt.Sprintf("[a:v LIKE '%%x%%' AND a:n != %d]", i))
	}
	var obs []Observation
	for i := range 59 { // one too few
		o := one(t, fmt.Sprintf(`{"type":"a","v":"x%d","n":-1}`, i))[0]
		o.First, o.Last = Instant{sec: int64(i)}, Instant{sec: int64(i)}
		obs = append(obs, o)
	}
	for _, text := range []string{
		strings.Join(parts, " AND "),
		"(" + strings.Join(parts, " AND ") + ") WITHIN 3600 SECONDS",
		strings.Join(parts, " FOLLOWEDBY "),
	} {
		start := time.Now()
		if matches(t, text, obs) {
			t.Errorf("%.40s… matched with an observation too few", text)
		}
		if d := time.Since(start); d > 20*time.Second {
			t.Errorf("%.40s… took %v", text, d)
		}
	}
	// What no polynomial method covers is bounded by the budget and says so.
	hard := "((" + strings.Join(parts[:30], " AND ") + ") WITHIN 5 SECONDS AND (" + strings.Join(parts[30:],
		" AND ") + ") WITHIN 5 SECONDS)"
	p := mustParse(t, hard)
	m, err := p.MatcherLimited(Limits{Steps: 1_000_000})
	if err != nil {
		t.Fatal(err)
	}
	if r, err := m.Match(obs); !errors.Is(err, ErrBudget) || r.Matched {
		t.Errorf("a hard pattern gave %v, %v; want ErrBudget", r, err)
	}
}
