package country

import "strings"

// references follows every name of the pack to what it names.
func (c *checker) references() {
	p := c.p
	for _, r := range p.Roles {
		c.ref(r.Institution, has(p.index.institutions), "role "+r.ID, "institution")
	}
	for _, i := range p.Institutions {
		where := "institution " + i.ID
		c.ref(i.Successor, has(p.index.institutions), where, "institution")
		c.ref(i.Sector, has(p.index.sectors), where, "sector")
		c.ref(i.Kind, has(p.index.kinds), where, "entity kind")
		c.law(i.LegalRef, where)
	}
	for _, b := range p.Bodies {
		for _, m := range b.Members {
			c.ref(m.Institution, has(p.index.institutions), "body "+b.ID+" member "+m.ID, "institution")
		}
		for _, a := range b.Adopters {
			c.ref(a, has(p.index.institutions), "body "+b.ID, "institution")
		}
		c.ref(b.MinutesLevel, has(p.index.levels), "body "+b.ID, "level")
		c.laws(b.LegalRefs, "body "+b.ID)
	}
	for _, s := range p.Sectors {
		c.ref(s.Parent, has(p.index.sectors), "sector "+s.ID, "sector")
		if tree, ok := p.Taxonomy(sectorTree); ok {
			for _, code := range s.NIS2 {
				c.ref(code, tree.sector, "sector "+s.ID, "sector of "+sectorTree)
			}
		}
	}
	for _, k := range p.Classes {
		c.law(&k.LegalRef, "class "+k.ID)
	}
	for _, a := range p.Acts {
		c.ref(a.RepealedBy, has(p.index.acts), "act "+a.ID, "act")
	}
	for _, e := range p.Equivalences {
		c.ref(e.A, has(p.index.levels), "equivalence", "level")
		c.ref(e.B, has(p.index.levels), "equivalence", "level")
	}
	for _, t := range p.Taxonomies {
		for _, m := range t.Maps {
			if _, _, ok := p.Taxon(t.Base, m.To); !ok {
				c.add(LevelError, "taxonomy "+t.ID, "country.check.unknown", "there is no %s %q", "code of "+t.Base, m.To)
			}
		}
	}
	for _, cat := range p.Severity.Categories {
		for _, o := range cat.Options {
			c.ref(o.Sector, has(p.index.sectors), "severity "+cat.ID, "sector")
		}
	}
	for _, m := range p.Timeline {
		for _, i := range m.Institutions {
			c.ref(i, has(p.index.institutions), "timeline "+m.ID, "institution")
		}
	}
	for _, m := range p.Meetings {
		c.ref(m.Body, has(p.index.bodies), "meeting of "+m.On.String(), "body")
	}
	c.ref(p.Paper.Issuer, has(p.index.institutions), "paper", "institution")
	c.ref(p.Crisis.Proposer, has(p.index.roles), "crisis_state", "role")
	c.ref(p.Crisis.Declarer, has(p.index.roles), "crisis_state", "role")
	c.laws(p.Crisis.LegalRefs, "crisis_state")
	for _, k := range p.Calendars {
		c.law(&k.LegalRef, "calendar "+k.ID)
	}
	for _, r := range p.Regimes {
		c.regimeRefs(r)
	}
	for _, t := range p.ClockTests {
		if len(p.Versions(t.Regime)) == 0 {
			c.ref(t.Regime, func(string) bool { return false }, "clock test "+t.Name, "regime")
		}
	}
}

func (c *checker) regimeRefs(r *Regime) {
	p := c.p
	base := "regime " + r.ID
	c.laws(r.LegalRefs, base)
	roles := func(list []string, where string) {
		for _, id := range list {
			c.ref(id, has(p.index.roles), where, "role")
		}
	}
	for _, s := range r.Stages {
		where := base + " stage " + s.ID
		roles(s.Recipients, where)
		c.law(&s.LegalRef, where)
		for _, f := range s.Fields {
			c.ref(f.Field, has(p.index.fields), where, "field")
		}
		if s.Follows != "" {
			if _, ok := r.Stage(s.Follows); !ok {
				c.add(LevelError, where, "country.check.unknown", "there is no %s %q", "stage", s.Follows)
			}
		}
		roles([]string{s.Due.OnRequest}, where)
	}
	for _, d := range r.Duties {
		roles(append([]string{d.By}, d.To...), base+" duty "+d.ID)
		c.law(&d.LegalRef, base+" duty "+d.ID)
	}
	for _, t := range r.CrossBorder {
		roles(t.To, base+" task "+t.ID)
		c.law(&t.LegalRef, base+" task "+t.ID)
	}
	for _, h := range r.Holds {
		roles(h.By, base+" hold "+h.ID)
		c.law(&h.Ref, base+" hold "+h.ID)
	}
	for _, w := range r.Withheld {
		for _, f := range w.Fields {
			c.ref(f, has(p.index.fields), base+" withheld "+w.Ground, "field")
		}
	}
	if r.Significance != nil {
		r.Significance.laws(func(t *Test) { c.law(t.LegalRef, base+" threshold "+t.ID) })
	}
	if r.Recurrence != nil {
		c.law(&r.Recurrence.LegalRef, base+" recurrence")
	}
	for _, id := range r.LexSpecialisOver {
		if len(p.Versions(id)) == 0 {
			c.add(LevelNotice, base, "country.check.lex-absent", "stands before regime %q, which is not loaded", id)
		}
	}
	r.exprs(func(where string, e Expr) {
		e.Walk(func(n *Node) {
			c.fact(n, base+" "+where)
			if n.Op != OpMember {
				return
			}
			for _, w := range n.Words {
				switch n.Name {
				case "is":
					c.ref(w, has(p.index.kinds), base+" "+where, "entity kind")
				case "class":
					c.ref(w, has(p.index.classes), base+" "+where, "class")
				case "sector":
					c.ref(w, has(p.index.sectors), base+" "+where, "sector")
				}
			}
		})
		if why := e.Mismatch(); why != "" {
			c.add(LevelError, base+" "+where, "country.check.mismatch", "%s", why)
		}
	})
}

// exprs visits every condition of a regime.
func (r *Regime) exprs(visit func(where string, e Expr)) {
	visit("applies_to", r.AppliesTo)
	visit("concerns", r.Concerns)
	if r.Significance != nil {
		r.Significance.exprs(visit)
	}
	if r.Recurrence != nil {
		visit("recurrence", r.Recurrence.Jointly)
		visit("recurrence", r.Recurrence.Except)
	}
	for _, s := range r.Stages {
		visit("stage "+s.ID, s.When)
		for _, o := range s.Overrides {
			visit("stage "+s.ID, o.If)
			o.Due.exprs("stage "+s.ID, visit)
		}
		s.Due.exprs("stage "+s.ID, visit)
		if s.Weekend != nil {
			visit("stage "+s.ID, s.Weekend.Except)
		}
		if s.ReplacedBy != nil {
			visit("stage "+s.ID, s.ReplacedBy.If)
		}
	}
	for _, t := range r.CrossBorder {
		visit("task "+t.ID, t.If)
	}
}

func (d Due) exprs(where string, visit func(string, Expr)) {
	if d.Unless != nil {
		visit(where, d.Unless.When)
		d.Unless.Use.exprs(where, visit)
	}
	for _, s := range append(append([]Due{}, d.Min...), d.Max...) {
		s.exprs(where, visit)
	}
}

func (t *Test) exprs(visit func(string, Expr)) {
	where := "threshold " + t.ID
	visit(where, t.For)
	visit(where, t.If)
	for _, list := range [][]Test{t.Any, t.All} {
		for i := range list {
			list[i].exprs(visit)
		}
	}
	if t.AtLeast != nil {
		for i := range t.AtLeast.Of {
			t.AtLeast.Of[i].exprs(visit)
		}
	}
}

// laws visits every threshold of the tree.
func (t *Test) laws(visit func(*Test)) {
	visit(t)
	for _, list := range [][]Test{t.Any, t.All} {
		for i := range list {
			list[i].laws(visit)
		}
	}
	if t.AtLeast != nil {
		for i := range t.AtLeast.Of {
			t.AtLeast.Of[i].laws(visit)
		}
	}
}

func has(at map[string]int) func(string) bool {
	return func(id string) bool { _, ok := at[id]; return ok }
}

func (c *checker) ref(id string, known func(string) bool, where, what string) {
	if id != "" && !known(id) {
		c.add(LevelError, where, "country.check.unknown", "there is no %s %q", what, id)
	}
}

func (c *checker) laws(refs []LegalRef, where string) {
	for i := range refs {
		c.law(&refs[i], where)
	}
}

// law checks an act named by id; a citation in words has a space in it.
func (c *checker) law(r *LegalRef, where string) {
	if r != nil && !strings.Contains(r.Act, " ") {
		c.ref(r.Act, has(c.p.index.acts), where, "act")
	}
}

// fact warns of a fact no field of the report states: the condition could
// never be known.
func (c *checker) fact(n *Node, where string) {
	name := ""
	switch {
	case n.Op == OpFact && n.Name != "listed" && n.Name != "count":
		name = n.Name
	case n.Op == OpCall && (n.Name == "total" || n.Name == "longest" || n.Name == "worst_week"):
		name = n.Words[0]
	}
	if name == "" {
		return
	}
	for _, f := range c.p.Fields {
		if f.Fact == name {
			return
		}
	}
	c.add(LevelWarning, where, "country.check.fact-unasked", "no field of the report states the fact %q", name)
}

// sectorTree is the taxonomy the sectors of a country map to.
const sectorTree = "nis2.sectors"

// sector says whether a code is a class ("energy") or an entry
// ("energy.electricity") of the taxonomy.
func (t Taxonomy) sector(code string) bool {
	class, entry, sub := strings.Cut(code, ".")
	for _, g := range t.Groups {
		if g.ID != class {
			continue
		}
		if !sub {
			return true
		}
		for _, e := range g.Entries {
			if e.ID == entry {
				return true
			}
		}
	}
	return false
}
