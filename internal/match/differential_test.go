package match

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"kulla.dev/stix/pattern"
)

// dice decide what a test does. They are thrown by a seed or read from the
// fuzzer's bytes, and show nothing but zeros when those end.
type dice struct{ next func() byte }

func (d dice) number(lo, hi int) int { return lo + int(d.next())%(hi-lo+1) }
func (d dice) even() bool            { return d.next()%2 == 0 }

func pick[T any](d dice, from ...T) T { return from[int(d.next())%len(from)] }

func seeded(seed uint64) dice {
	r := rand.New(rand.NewPCG(seed, 7))
	return dice{func() byte { return byte(r.Uint32()) }}
}

func fromBytes(b []byte) dice {
	return dice{func() (out byte) {
		if len(b) > 0 {
			out, b = b[0], b[1:]
		}
		return out
	}}
}

// values meet the constants of the patterns often.
func randomValue(d dice) pattern.Value {
	return pick(d, pattern.Text("alpha"), pattern.Text("ALPHAbet"), pattern.Text("beta.example.com"),
		pattern.Text("xal\u017fha-beta"),
		pattern.Text("10.1.2.3"), pattern.Text("10.1.0.0/16"), pattern.Text("2001:db8::1"), pattern.Text("2026-01-01T00:00:00.50Z"),
		pattern.Text("6162"), pattern.Text(""), pattern.Text("caf\u00e9-noir"), pattern.Text("cafe\u0301-noir"), pattern.Text("\u00ff"),
		pattern.Whole(1), pattern.Decimal("1.0"), pattern.Whole(5), pattern.Decimal("1e2"), pattern.Decimal("-0.5"),
		pattern.Truth(true), pattern.Value{}, pattern.List(pattern.Text("alpha"), pattern.Whole(5),
			pattern.Text("beta.example.com")),
		pattern.Dict(pattern.Field{Name: "k", Value: pattern.Text("alpha")}), pattern.Text("o1"), pattern.Text("o2"))
}

func randomEvent(d dice, id int) Event {
	at := day.Add(time.Duration(d.number(0, 20)) * time.Second)
	i := pattern.InstantOf(at)
	e := Event{ID: fmt.Sprint(id), First: i, Last: i, Count: pick(d, 1, 1, 1, 2)}
	for k := range d.number(1, 3) {
		o := pattern.Object{Key: fmt.Sprintf("o%d", k), Type: pick(d, "a", "a", "b")}
		for _, name := range []string{"v", "w", "l", "x_ref", "y_refs", "z_hex", "value", "hashes"} {
			if d.even() {
				v := randomValue(d)
				if name == "y_refs" || name == "l" {
					v = pattern.List(v, randomValue(d))
				}
				if name == "hashes" {
					v = pattern.Dict(pattern.Field{Name: "MD5", Value: pattern.Text("cead3f77f6cda6ec00f57d76c9a6879f")})
				}
				o.Fields = append(o.Fields, pattern.Field{Name: name, Value: v})
			}
		}
		e.Objects = append(e.Objects, o)
	}
	return e
}

func randomComparison(d dice) string {
	path := pick(d, "a:v", "a:v", "a:v", "b:v", "a:w", "a:l[*]", "a:l[1]", "a:l[-1]", "a:v.k", "a:x_ref.v",
		"a:x_ref.x_ref.w", "a:y_refs[*].v",
		"a:y_refs[*].y_refs[*].w", "a:value", "b:value", "a:hashes.MD5", "a:x_ref.value", "a:z_hex", "a:type",
		"b:id", "a:x_ref.type", "a:x_ref")
	return path + pick(d, " = 'alpha'", " = 'beta.example.com'", " = '10.1.2.3/32'",
		" IN ('CEAD3F77F6CDA6EC00F57D76C9A6879F', '2001:DB8::1')", " != '10.1.2.3/32'", " = 1", " = 1.0", " = 100",
		" = true", " = h'6162'", " = b'/w=='", " = 'ab'", " = 'o1'", " = 'a'",
		" = t'2026-01-01T00:00:00.5Z'", " IN ('alpha', 'o2')", " IN (5, 1)", " IN (t'2026-01-01T00:00:00.500Z')",
		" NOT IN ('alpha')", " != 'alpha'", " NOT = 5",
		" > 1", " >= 1", " < 0", " <= 5", " > 'b'", " < t'2026-01-01T00:00:01Z'", " >= t'2026-01-01T00:00:00.5Z'",
		" NOT > 1", " > h'61'",
		" LIKE 'alpha%'", " LIKE '%.example.com'", " LIKE '%et%'", " LIKE '%a_p%'", " LIKE 'caf\u00e9%'",
		" LIKE '%'", " NOT LIKE 'alpha%'", " LIKE 'ab'",
		" MATCHES 'alpha'", " MATCHES '(?i)alphabet'", " MATCHES '(?i)alsha'", " MATCHES '^(beta|alpha)'",
		" MATCHES 'exampl?e'", " MATCHES '[0-9]+$'", " MATCHES 'cafe\u0301'",
		" ISSUBSET '10.0.0.0/8'", " ISSUBSET '10.1.2.3'", " ISSUBSET '2001:db8::/32'", " ISSUPERSET '10.1.2.0/24'",
		" NOT ISSUBSET '10.0.0.0/8'", " ISSUBSET '0.0.0.0/0'")
}

func randomTest(d dice, depth int) string {
	switch n := d.number(0, 5); {
	case depth > 0 && n < 3:
		word := pick(d, " AND ", " OR ")
		return "(" + randomTest(d, depth-1) + word + randomTest(d, depth-1) + ")"
	case n == 3:
		return pick(d, "EXISTS a:v", "EXISTS a:l[*]", "NOT EXISTS a:v", "EXISTS a:x_ref.v")
	}
	return randomComparison(d)
}

func randomPattern(d dice) string {
	leaf := func() string { return "[" + randomTest(d, 2) + "]" }
	switch d.number(0, 7) {
	case 0:
		return "(" + leaf() + pick(d, " AND ", " FOLLOWEDBY ", " OR ") + leaf() + ")" + pick(d, "",
			" WITHIN 5 SECONDS", " WITHIN 10.5 SECONDS")
	case 1:
		return leaf() + " REPEATS " + pick(d, "1", "2", "3") + " TIMES" + pick(d, "", " WITHIN 8 SECONDS")
	case 2:
		return leaf() + " START t'2026-01-01T00:00:05Z' STOP t'2026-01-01T00:00:15Z'"
	}
	return leaf()
}

// naive evaluates every pattern against every event.
type naive struct {
	m       *pattern.Matcher
	expires time.Time
	history []Event // of patterns over several observations, since the last hit
}

func (n *naive) live(now time.Time) bool { return n.expires.IsZero() || n.expires.After(now) }

func (n *naive) match(t testing.TB, e Event, now time.Time) bool {
	if !n.live(now) {
		return false
	}
	if n.m.Single() {
		n.history = nil
	}
	n.history = append(n.history, e)
	r, err := n.m.Match(n.history)
	if err != nil {
		t.Fatal(err)
	}
	if r.Matched {
		n.history = nil
	}
	return r.Matched
}

// differ compares an index, patterns coming and going, with evaluating every
// pattern against every event, and gives the number of hits: without any, it
// proves little.
func differ(t testing.TB, d dice) (hits int) {
	loose := d.even()
	x := New(Options{Limits: pattern.Limits{Steps: 50_000_000}, Loose: loose})
	all := map[string]*naive{}
	now := day
	events := 0
	for range d.number(1, 40) {
		id := fmt.Sprint(d.number(0, 15))
		switch d.number(0, 5) {
		case 0, 1:
			p := Pattern{ID: id, Text: randomPattern(d)}
			if d.number(0, 3) == 0 {
				p.Expires = now.Add(2 * time.Second)
			}
			parsed, err := pattern.Parse(p.Text)
			if err != nil {
				t.Fatalf("%s: %v", p.Text, err)
			}
			m, err := parsed.Matcher()
			if err != nil {
				t.Fatalf("%s: %v", p.Text, err)
			}
			if d.even() {
				if n, bad := x.Load(slices.Values([]Pattern{p})); n != 1 {
					t.Fatal(bad)
				}
			} else if err := x.Add(p); err != nil {
				t.Fatal(err)
			}
			all[id] = &naive{m: m, expires: p.Expires}
		case 2:
			if _, want := all[id]; x.Remove(id) != want {
				t.Fatalf("Remove(%s) = %v", id, !want)
			}
			delete(all, id)
		case 3:
			now = now.Add(time.Second)
			if d.even() {
				n := 0
				for id, p := range all {
					if !p.expires.IsZero() && !p.expires.After(now) {
						delete(all, id)
						n++
					}
				}
				if got := x.Expire(now); got != n {
					t.Fatalf("Expire dropped %d, want %d", got, n)
				}
			}
		default:
			e := randomEvent(d, events)
			events++
			r := x.Match(&e, now)
			var got, want []string
			for _, h := range r.Hits {
				got = append(got, fmt.Sprint(h.ID, h.Loose))
			}
			for id, p := range all {
				switch {
				case p.match(t, e, now):
					want = append(want, id+"false")
				case loose && p.m.Single() && p.live(now):
					if r, err := p.m.Loose().Match([]Event{e}); err != nil {
						t.Fatal(err)
					} else if r.Matched {
						want = append(want, id+"true")
					}
				}
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) || len(r.Unfinished) > 0 {
				var text []string
				for _, id := range append(got, want...) {
					id = strings.TrimRight(id, "aeflrstu")
					text = append(text, id+": "+x.texts.text(x.entries[x.find(id)].ref))
				}
				t.Fatalf("hits %v, want %v\nevent %+v\n%s", got, want, e, strings.Join(text, "\n"))
			}
			hits += len(got)
		}
	}
	if s := x.Stats(); s.Patterns != len(all) {
		t.Fatalf("%d patterns stored, want %d", s.Patterns, len(all))
	}
	waiting := 0
	for _, w := range x.windows.open {
		waiting += len(w.seen)
	}
	if s := x.Stats(); s.Waiting != waiting {
		t.Fatalf("%d sightings wait, %d are counted", waiting, s.Waiting)
	}
	for id := range all {
		x.Remove(id)
	}
	if s := x.Stats(); s != (Stats{Dropped: s.Dropped,
		Late: s.Late}) || len(x.posts) > 0 || len(x.ids) > 0 || len(x.types) > 0 {
		t.Fatalf("an emptied index holds %+v, %d posting lists, %d ids, %d tries", s, len(x.posts), len(x.ids), len(x.types))
	}
	return hits
}

func TestMatchDifferential(t *testing.T) {
	hits := 0
	for seed := range uint64(1000) {
		hits += differ(t, seeded(seed))
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	if hits < 1000 {
		t.Errorf("all runs together had %d hits", hits)
	}
	t.Logf("%d hits", hits)
}

// FuzzMatchDifferential: what the index finds is what evaluating every pattern
// finds.
func FuzzMatchDifferential(f *testing.F) {
	for seed := range uint64(16) {
		d := seeded(seed)
		b := make([]byte, 400)
		for i := range b {
			b[i] = d.next()
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) { differ(t, fromBytes(b)) })
}
