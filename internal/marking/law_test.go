package marking

import (
	"testing"

	"pgregory.net/rapid"
)

// Small vocabularies, so that markings and readers meet often.
var (
	systems = []string{"xa", "nato", "eu"}
	nations = []string{"XA", "XB", "XC", "NATO"}
	caveats = []string{"NO-CONTRACTOR", "NO-SUPERVISION"}
	comps   = []string{"ALPHA", "BRAVO"}
	insts   = []string{"inst-1", "inst-2", "inst-3"}
	people  = []string{"p1", "p2", "p3"}
	cases   = []string{"case-1", "case-2"}
	parties = append(append([]string{}, nations...), insts...)
)

func subset(t *rapid.T, from []string, name string) []string {
	var out []string
	for _, id := range from {
		if rapid.Bool().Draw(t, name+" "+id) {
			out = append(out, id)
		}
	}
	return out
}

func drawSet(t *rapid.T, from []string, name string) Set {
	if rapid.IntRange(0, 2).Draw(t, name+" kind") > 0 {
		return Everyone()
	}
	return Only(subset(t, from, name)...)
}

func drawLevels(t *rapid.T, name string) []Level {
	var out []Level
	for _, s := range systems {
		if n := rapid.IntRange(-2, 4).Draw(t, name+" "+s); n > 0 {
			out = append(out, Level{s, n})
		}
	}
	return maxLevels(out, nil)
}

// drawMarking gives a marking that Check accepts.
func drawMarking(t *rapid.T, name string) Marking {
	m := Marking{
		Levels:       drawLevels(t, name+" level"),
		Rel:          drawSet(t, nations, name+" rel"),
		Caveats:      subset(t, caveats, name+" caveat"),
		Compartments: subset(t, comps, name+" comp"),
		TLP:          TLP(rapid.IntRange(0, int(TLPRed)).Draw(t, name+" tlp")),
		PAP:          PAP(rapid.IntRange(0, int(PAPRed)).Draw(t, name+" pap")),
		ORCON:        rapid.Bool().Draw(t, name+" orcon"),
		Originators:  subset(t, parties, name+" orig"),
		Scope:        drawSet(t, insts, name+" scope"),
		Named:        drawSet(t, people, name+" named"),
		Cases:        subset(t, cases, name+" case"),
	}
	if m.ORCON && len(m.Originators) == 0 {
		m.Originators = []string{"XA"}
	}
	if m.TLP == TLPNone && len(m.Levels) == 0 {
		m.TLP = TLPClear
	}
	if err := m.Check(); err != nil {
		t.Fatalf("drawn marking %s: %v", m, err)
	}
	return m
}

func drawReader(t *rapid.T, name string) Reader {
	r := Reader{
		Institutions: subset(t, insts, name+" inst"),
		ClientOf:     subset(t, insts, name+" client"),
		Nations:      subset(t, nations, name+" nation"),
		Levels:       drawLevels(t, name+" level"),
		TLP:          TLP(rapid.IntRange(0, int(TLPRed)).Draw(t, name+" tlp")),
		Compartments: subset(t, comps, name+" comp"),
		Cases:        subset(t, cases, name+" case"),
		Barred:       subset(t, caveats, name+" barred"),
	}
	if rapid.Bool().Draw(t, name+" known") {
		r.Person = rapid.SampledFrom(people).Draw(t, name+" person")
	}
	return r
}

func drawConsents(t *rapid.T) []Consent {
	var out []Consent
	for _, o := range parties {
		for _, to := range parties {
			if rapid.IntRange(0, 3).Draw(t, o+">"+to) == 0 {
				out = append(out, Consent{o, to})
			}
		}
	}
	return out
}

func TestLawsOfCombine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := drawMarking(t, "a"), drawMarking(t, "b"), drawMarking(t, "c")
		same := func(law string, x, y Marking) {
			if !x.Equal(y) {
				t.Fatalf("%s: %s != %s", law, x, y)
			}
		}
		same("idempotent", Combine(a, a), a)
		same("commutative", Combine(a, b), Combine(b, a))
		same("associative", Combine(a, Combine(b, c)), Combine(Combine(a, b), c))
		same("nothing is the identity", Combine(a), a)
		if a.TLP != TLPNone {
			same("public is the identity of labelled markings", Combine(a, Public()), a)
		}
		ab := Combine(a, b)
		if !ab.Dominates(a) || !ab.Dominates(b) {
			t.Fatalf("%s does not dominate its parts %s and %s", ab, a, b)
		}
		// Least: whatever dominates both parts dominates the combination.
		if c.Dominates(a) && c.Dominates(b) && !c.Dominates(ab) {
			t.Fatalf("%s dominates the parts, not %s", c, ab)
		}
		// Monotone: a stricter part never makes a laxer whole.
		if up := Combine(b, c); !Combine(a, up).Dominates(ab) {
			t.Fatalf("combining with %s instead of %s lowers", up, b)
		}
		if err := ab.Check(); err != nil {
			t.Fatalf("combination of valid markings: %v", err)
		}
	})
}

func TestLawsOfDominance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawMarking(t, "a"), drawMarking(t, "b")
		c := Combine(b, drawMarking(t, "c"))
		if !a.Dominates(a) {
			t.Fatal("not reflexive")
		}
		if a.Dominates(b) && b.Dominates(a) && !a.Equal(b) {
			t.Fatalf("not antisymmetric: %s, %s", a, b)
		}
		if up := Combine(a, c); !up.Dominates(b) {
			t.Fatalf("not transitive: %s over %s over %s", up, c, b)
		}
	})
}

func TestCombineNeverWidens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawMarking(t, "a"), drawMarking(t, "b")
		r := drawReader(t, "r")
		ab := Combine(a, b)
		if MayRead(r, ab) != (MayRead(r, ab) && MayRead(r, a) && MayRead(r, b)) {
			t.Fatalf("%+v reads %s but not both parts", r, ab)
		}
		have := drawConsents(t)
		if MayRelease(r, ab, have) && !(MayRelease(r, a, have) && MayRelease(r, b, have)) {
			t.Fatalf("%s may go to %+v, its parts %s and %s may not", ab, r, a, b)
		}
		for act := ActHidden; act <= ActAny; act++ {
			if ab.PAP.Allows(act) && !(a.PAP.Allows(act) && b.PAP.Allows(act)) {
				t.Fatalf("%v allows %d, its parts do not", ab.PAP, act)
			}
		}
	})
}

func TestDominatedIsReadable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawMarking(t, "a")
		b := Combine(a, drawMarking(t, "b"))
		r := drawReader(t, "r")
		if MayRead(r, b) && !MayRead(r, a) {
			t.Fatalf("%+v reads %s, not the lower %s", r, b, a)
		}
	})
}

func TestReleaseNeverWidens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, r := drawMarking(t, "m"), drawReader(t, "r")
		have := drawConsents(t)
		if MayRelease(r, m, have) && !MayRead(r, m) {
			t.Fatalf("%s released to one who may not read it: %+v", m, r)
		}
		if MayRelease(r, m, nil) && !MayRelease(r, m, have) {
			t.Fatal("a consent forbade a release")
		}
	})
}

func TestMoreClearanceNeverReadsLess(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, r, s := drawMarking(t, "m"), drawReader(t, "r"), drawReader(t, "s")
		more := Reader{
			Person:       r.Person,
			Institutions: union(r.Institutions, s.Institutions),
			ClientOf:     union(r.ClientOf, s.ClientOf),
			Nations:      union(r.Nations, s.Nations),
			Levels:       maxLevels(r.Levels, s.Levels),
			TLP:          max(r.TLP, s.TLP),
			Compartments: union(r.Compartments, s.Compartments),
			Cases:        union(r.Cases, s.Cases),
			Barred:       r.Barred,
		}
		if MayRead(r, m) && !MayRead(more, m) {
			t.Fatalf("%s: read with less, refused with more", m)
		}
	})
}

func TestZeroMarkingIsReadByNobody(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if r := drawReader(t, "r"); MayRead(r, Marking{}) {
			t.Fatalf("%+v reads the zero marking", r)
		}
	})
	if (Marking{}).Check() == nil {
		t.Error("the zero marking may be stored")
	}
}

func TestTextAndBinaryRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawMarking(t, "m")
		got, err := Parse(m.Text())
		if err != nil || !got.Equal(m) || got.Text() != m.Text() {
			t.Fatalf("%s reads back as %s, %v", m, got, err)
		}
		b, _ := m.MarshalBinary()
		var back Marking
		if err := back.UnmarshalBinary(b); err != nil || !back.Equal(m) {
			t.Fatalf("%s decodes to %s, %v", m, back, err)
		}
	})
}

func TestExpandNeverLowersAndIgnoresUnverified(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		have := drawLevels(t, "have")
		var table Table
		for range rapid.IntRange(0, 4).Draw(t, "pairs") {
			level := func(name string) Level {
				return Level{rapid.SampledFrom(systems).Draw(t, name), rapid.IntRange(1, 4).Draw(t, name+" rank")}
			}
			table.Pairs = append(table.Pairs, Pair{A: level("a"), B: level("b"), Verified: rapid.Bool().Draw(t, "verified")})
		}
		out := table.Expand(have)
		for _, l := range have {
			if rankIn(out, l.System) < l.Rank {
				t.Fatalf("expanding %v gave %v", have, out)
			}
		}
		for i := range table.Pairs {
			table.Pairs[i].Verified = false
		}
		if got := table.Expand(have); len(got) != len(have) {
			t.Fatalf("unverified pairs opened %v from %v", got, have)
		}
	})
}
