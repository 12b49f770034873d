package registry

import (
	"slices"
	"strings"
	"time"

	"kulla.dev/internal/db"
	"kulla.dev/internal/regime"
)

// Entity gives what the regimes must know of an institution, as it was valid
// on the day of at and as known now. A zero at knows it as of now: it is an
// error. Unknown ids give a NotFound fault. It asks nobody's permission: the
// room that calls decides what its actor may see.
func (d *Desk) Entity(tx *db.Tx, id ID, at time.Time) (regime.Entity, error) {
	in, ok, err := load(tx, id)
	if err != nil {
		return regime.Entity{}, err
	}
	if !ok {
		return regime.Entity{}, unknown()
	}
	return d.entity(in, at), nil
}

func (d *Desk) entity(in Institution, at time.Time) regime.Entity {
	on := d.today(at)
	e := regime.Entity{ID: string(in.ID), KindsOpen: !in.KindsComplete, Class: in.ClassOn(on, d.ranks, d.unlisted), State: in.Country,
		Authority: string(in.Authority), Zone: in.Zone}
	e.Kinds, e.Disputed = in.KindsOn(on)
	for _, s := range in.SectorCodes() {
		for range 8 { // sectors are two deep; a circle in a pack must not hang us
			if !slices.Contains(e.Sectors, s) {
				e.Sectors = append(e.Sectors, s)
			}
			if s = d.parents[s]; s == "" {
				break
			}
		}
	}
	for _, a := range in.Attributes {
		if a.AsOf > on {
			continue // describes a later day
		}
		f := regime.Fact{Name: a.Name, By: a.Source, Recorded: in.Changed}
		if a.AsOf != "" {
			if t, err := time.Parse(time.DateOnly, string(a.AsOf)); err == nil {
				f.AsOf, f.Recorded = t, t // later statements hold; they are in order of their day
			}
		} else {
			f.Recorded = time.Unix(0, 0).UTC() // undated: any dated statement is newer
		}
		switch {
		case a.Number != nil:
			f.HasNumber, f.Number = true, *a.Number
		case a.Yes != nil:
			f.Is = regime.TriOf(*a.Yes)
		}
		e.Facts = append(e.Facts, f)
	}
	return e
}

// Find reads institutions within the caller's transaction without asking
// permission, for rooms that decide themselves; ids nobody has are left out.
func (d *Desk) Find(tx *db.Tx, id ID) (Institution, bool, error) { return load(tx, id) }

// Contacts lists whom to reach at an institution for a matter: contacts with
// the role, or, if none has it, those with the next of ContactRoles. Contacts
// whose mail came back stand last. It asks nobody's permission: what is sent
// is judged by whoever sends it.
func (d *Desk) Contacts(tx *db.Tx, id ID, role ContactRole) ([]Contact, error) {
	in, ok, err := load(tx, id)
	if err != nil || !ok {
		return nil, err
	}
	bad, err := bounces(tx, id)
	if err != nil {
		return nil, err
	}
	order := append([]ContactRole{role}, ContactRoles()...)
	for _, want := range order {
		var good, bounced []Contact
		for _, c := range in.Contacts {
			if !slices.Contains(c.Roles, want) && !(want == ContactDuty && c.AllDay) {
				continue
			}
			if _, is := bad[c.ID]; is {
				bounced = append(bounced, c)
			} else {
				good = append(good, c)
			}
		}
		if out := append(good, bounced...); len(out) > 0 {
			return out, nil
		}
	}
	return in.Contacts, nil
}

// SetBounced notes that mail to an address came back, at every contact that
// has it, and says how many there are. An empty text clears the note.
func (d *Desk) SetBounced(tx *db.Tx, mail, text string, at time.Time) (int64, error) {
	if text == "" {
		at = time.Time{}
	}
	return tx.Exec(`UPDATE registry_contact SET bounced_at = ?, bounce = ? WHERE mail_key = ?`, at, short(text), strings.ToLower(strings.TrimSpace(mail)))
}

// Service gives a service by id with the institution that runs it, without
// asking permission; ok is false for an id nobody has.
func (d *Desk) Service(tx *db.Tx, id ServiceID) (s Service, owner ID, ok bool, err error) {
	owner, ok, err = db.One(tx, db.Scalar[ID], `SELECT institution_id FROM registry_service WHERE id = ?`, string(id))
	if err != nil || !ok {
		return s, "", false, err
	}
	in, _, err := load(tx, owner)
	if err != nil {
		return s, "", false, err
	}
	i := slices.IndexFunc(in.Services, func(x Service) bool { return x.ID == id })
	if i < 0 {
		return s, "", false, nil // unreachable: the table is derived from the record
	}
	return in.Services[i], owner, true, nil
}
