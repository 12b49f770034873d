package country

import (
	"errors"
	"fmt"
	"slices"
)

// index finds items by id; made once by finish.
type index struct {
	institutions map[string]int
	bodies       map[string]int
	sectors      map[string]int
	classes      map[string]int
	kinds        map[string]int
	roles        map[string]int
	acts         map[string]int
	fields       map[string]int
	calendars    map[string]int
	levels       map[string]int
	scales       map[string]int
	templates    map[string]int
	taxonomies   map[string]int
	regimes      map[string][]*Regime
	plain        *Calendar // weekends only: for a set of regimes without a country
}

// finish indexes a pack, works its calendars out, and refuses what could not
// be used at all. Softer findings are Check's.
func (p *Pack) finish() error {
	var errs []error
	p.index.institutions = by(&errs, "institution", p.Institutions, func(x Institution) string { return x.ID })
	p.index.bodies = by(&errs, "body", p.Bodies, func(x Body) string { return x.ID })
	p.index.sectors = by(&errs, "sector", p.Sectors, func(x Sector) string { return x.ID })
	p.index.classes = by(&errs, "class", p.Classes, func(x Class) string { return x.ID })
	p.index.kinds = by(&errs, "entity kind", p.EntityKinds, func(x Term) string { return x.ID })
	p.index.roles = by(&errs, "role", p.Roles, func(x Role) string { return x.ID })
	p.index.acts = by(&errs, "act", p.Acts, func(x Act) string { return x.ID })
	p.index.fields = by(&errs, "field", p.Fields, func(x Field) string { return x.ID })
	p.index.calendars = by(&errs, "calendar", p.Calendars, func(x *Calendar) string { return x.ID })
	p.index.levels = by(&errs, "level", p.Levels, func(x Level) string { return x.System + ":" + x.ID })
	p.index.scales = by(&errs, "scale", p.Scales, func(x Scale) string { return x.ID })
	p.index.templates = by(&errs, "template", p.Templates, func(x Template) string { return x.ID })
	p.index.taxonomies = by(&errs, "taxonomy", p.Taxonomies, func(x Taxonomy) string { return x.ID })
	by(&errs, "regime", p.Regimes, func(x *Regime) string { return x.ID + " " + x.Version })
	p.index.regimes = map[string][]*Regime{}
	for _, r := range p.Regimes {
		if r.Verification == "" {
			r.Verification = Unverified
		}
		p.index.regimes[r.ID] = append(p.index.regimes[r.ID], r)
	}
	for _, rs := range p.index.regimes {
		slices.SortFunc(rs, func(a, b *Regime) int { return a.ValidFrom.Compare(b.ValidFrom) })
	}
	for _, c := range p.Calendars {
		if err := c.valid(); err != nil {
			errs = append(errs, err)
			continue
		}
		c.prepare()
	}
	p.index.plain = &Calendar{ID: "weekends", Version: "1", Title: Text{"en": "Weekends only"}}
	p.index.plain.prepare()
	if _, ok := p.index.calendars[p.CalendarID]; p.CalendarID != "" && !ok {
		errs = append(errs, fmt.Errorf("pack.yaml: calendar %q is not defined", p.CalendarID))
	}
	if !slices.Contains(p.Languages, p.Authentic) {
		errs = append(errs, fmt.Errorf("pack.yaml: authentic language %q is not among the languages", p.Authentic))
	}
	for _, r := range p.Regimes {
		errs = append(errs, p.regimeShape(r)...)
	}
	return errors.Join(errs...)
}

func (c *Calendar) valid() error {
	for _, w := range c.Weekend {
		if !slices.Contains(weekdays(), w) {
			return fmt.Errorf("calendar %s: weekend %q is no day of the week%s", c.ID, w, suggest(w, weekdays()))
		}
	}
	if len(c.Weekend) > 5 {
		return fmt.Errorf("calendar %s: a weekend of more than five days leaves no working days", c.ID)
	}
	for _, f := range c.Feasts {
		n := 0
		for _, set := range []bool{f.On != "", f.Easter != "", len(f.Dates) > 0} {
			if set {
				n++
			}
		}
		if n != 1 {
			return fmt.Errorf("calendar %s: feast %s needs exactly one of on, easter, dates", c.ID, f.ID)
		}
		if f.On != "" {
			if _, err := ParseDate("2024-" + f.On); err != nil {
				return fmt.Errorf("calendar %s: feast %s: %q is no month and day", c.ID, f.ID, f.On)
			}
		}
	}
	return nil
}

func by[T any](errs *[]error, what string, list []T, id func(T) string) map[string]int {
	out := make(map[string]int, len(list))
	for i, x := range list {
		if _, twice := out[id(x)]; twice {
			*errs = append(*errs, fmt.Errorf("%s %q is defined twice", what, id(x)))
		}
		out[id(x)] = i
	}
	return out
}

func get[T any](list []T, at map[string]int, id string) (T, bool) {
	i, ok := at[id]
	if !ok {
		var zero T
		return zero, false
	}
	return list[i], true
}

// Institution finds an institution by id.
func (p *Pack) Institution(id string) (Institution, bool) {
	return get(p.Institutions, p.index.institutions, id)
}

// Body finds a council or committee by id.
func (p *Pack) Body(id string) (Body, bool) { return get(p.Bodies, p.index.bodies, id) }

// Sector finds a sector or subsector by id.
func (p *Pack) Sector(id string) (Sector, bool) { return get(p.Sectors, p.index.sectors, id) }

// SectorPath gives the sector, its parent and so on up to the root.
func (p *Pack) SectorPath(id string) []string {
	var out []string
	for id != "" && len(out) < 8 {
		s, ok := p.Sector(id)
		if !ok {
			break
		}
		out, id = append(out, id), s.Parent
	}
	return out
}

// Class finds an infrastructure class by id.
func (p *Pack) Class(id string) (Class, bool) { return get(p.Classes, p.index.classes, id) }

// EntityKind finds a kind of entity by id.
func (p *Pack) EntityKind(id string) (Term, bool) { return get(p.EntityKinds, p.index.kinds, id) }

// Role finds a role by id.
func (p *Pack) Role(id string) (Role, bool) { return get(p.Roles, p.index.roles, id) }

// Act finds an act by id.
func (p *Pack) Act(id string) (Act, bool) { return get(p.Acts, p.index.acts, id) }

// Field finds a report field by id.
func (p *Pack) Field(id string) (Field, bool) { return get(p.Fields, p.index.fields, id) }

// Calendar finds a calendar by id; the empty id means the pack's own, which
// knows only weekends when the pack names none.
func (p *Pack) Calendar(id string) (*Calendar, bool) {
	if id == "" {
		id = p.CalendarID
	}
	if id == "" {
		return p.index.plain, true
	}
	return get(p.Calendars, p.index.calendars, id)
}

// Level finds a classification level by "system:level".
func (p *Pack) Level(id string) (Level, bool) { return get(p.Levels, p.index.levels, id) }

// Scale finds a word scale by id.
func (p *Pack) Scale(id string) (Scale, bool) { return get(p.Scales, p.index.scales, id) }

// Template finds a mail template by id.
func (p *Pack) Template(id string) (Template, bool) {
	return get(p.Templates, p.index.templates, id)
}

// Taxonomy finds a coded scheme by id.
func (p *Pack) Taxonomy(id string) (Taxonomy, bool) {
	return get(p.Taxonomies, p.index.taxonomies, id)
}

// Taxon finds an entry by "class/entry" in a scheme, with its class.
func (p *Pack) Taxon(scheme, code string) (TaxonClass, Taxon, bool) {
	t, _ := p.Taxonomy(scheme)
	for _, c := range t.Groups {
		for _, e := range c.Entries {
			if c.ID+"/"+e.ID == code {
				return c, e, true
			}
		}
	}
	return TaxonClass{}, Taxon{}, false
}

// Versions lists the versions of a regime, oldest first.
func (p *Pack) Versions(regime string) []*Regime { return p.index.regimes[regime] }

// RegimesOn lists the regimes valid on a day, in pack order.
func (p *Pack) RegimesOn(day Date) []*Regime {
	var out []*Regime
	for _, r := range p.Regimes {
		if r.ValidOn(day) {
			out = append(out, r)
		}
	}
	return out
}

// ValidOn says whether the version holds for incidents of the day.
func (r *Regime) ValidOn(day Date) bool {
	return !day.Before(r.ValidFrom) && (r.ValidTo.IsZero() || !r.ValidTo.Before(day))
}

// Stage finds a stage by id.
func (r *Regime) Stage(id string) (Stage, bool) {
	for _, s := range r.Stages {
		if s.ID == id {
			return s, true
		}
	}
	return Stage{}, false
}

// InstitutionOf gives the institution that fills a role.
func (p *Pack) InstitutionOf(role string) (Institution, bool) {
	r, ok := p.Role(role)
	if !ok {
		return Institution{}, false
	}
	return p.Institution(r.Institution)
}
