package registry

import (
	"errors"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/audit"
	"kulla.dev/internal/country"
	"kulla.dev/internal/db"
)

// Config is what the room needs. All must be given.
type Config struct {
	DB     *db.DB
	Access *access.Desk
	Audit  *audit.Ledger
	Pack   *country.Pack
}

// Desk is the room's door. It is safe for concurrent use.
type Desk struct {
	Config
	ranks    map[string]int    // class → rank
	parents  map[string]string // sector → the one above it, "" for none
	unlisted string            // class of what is on no list
}

// New opens the room.
func New(c Config) (*Desk, error) {
	if c.DB == nil || c.Access == nil || c.Audit == nil || c.Pack == nil {
		return nil, errors.New("registry: no database, access, audit or pack")
	}
	d := &Desk{Config: c, ranks: map[string]int{}, parents: map[string]string{}}
	for _, s := range c.Pack.Sectors {
		d.parents[s.ID] = s.Parent
	}
	lowest := 0
	for _, k := range c.Pack.Classes {
		d.ranks[k.ID] = k.Rank
		if !k.Listed && (d.unlisted == "" || k.Rank < lowest) {
			d.unlisted, lowest = k.ID, k.Rank
		}
	}
	return d, nil
}

// Unlisted gives the pack's class of what is on no list, "" if it has none.
func (d *Desk) Unlisted() string { return d.unlisted }

// today is the civil day of now at the authority's seat.
func (d *Desk) today(now time.Time) Day {
	if d.Pack.Location != nil {
		now = now.In(d.Pack.Location)
	}
	return DayOf(now)
}
