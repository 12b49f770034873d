package incident

import (
	"time"

	"kulla.dev/internal/db"
	"kulla.dev/internal/registry"
)

// FromRegistry answers Directory from the registry: who an institution is on
// the day asked about, and whom to write to at any hour.
type FromRegistry struct {
	Registry *registry.Desk
	Lang     string // language of names where the institution has several
}

// Party implements Directory.
func (r FromRegistry) Party(tx *db.Tx, id string, now time.Time) (Party, bool, error) {
	in, ok, err := r.Registry.Find(tx, registry.ID(id))
	if err != nil || !ok {
		return Party{}, false, err
	}
	e, err := r.Registry.Entity(tx, registry.ID(id), now)
	if err != nil {
		return Party{}, false, err
	}
	p := Party{ID: id, Name: in.NameOn(r.Lang, registry.DayOf(now)), Kinds: e.Kinds, Disputed: e.Disputed, KindsOpen: e.KindsOpen, Sectors: e.Sectors,
		Class: e.Class, State: e.State, Authority: e.Authority, Zone: e.Zone, Calendar: e.Calendar, Facts: e.Facts, Services: map[string]string{}}
	if p.Name == "" {
		p.Name = id
	}
	for _, s := range in.Services {
		p.Services[string(s.ID)] = s.Name.In(r.Lang)
	}
	contacts, err := r.Registry.Contacts(tx, registry.ID(id), registry.ContactDuty)
	if err != nil {
		return Party{}, false, err
	}
	for _, c := range contacts {
		if c.Mail != "" {
			a := Address{Mail: c.Mail, Name: c.Name}
			if len(c.Languages) > 0 {
				a.Lang = c.Languages[0]
			}
			p.Addresses = append(p.Addresses, a)
		}
	}
	return p, true, nil
}
