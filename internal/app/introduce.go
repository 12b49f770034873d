package app

import (
	"context"
	"strings"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/audit"
	"kulla.dev/internal/country"
	"kulla.dev/internal/db"
	"kulla.dev/internal/incident"
	"kulla.dev/internal/marking"
	"kulla.dev/internal/registry"
)

// This file introduces rooms that may not know each other: one asks a
// question of its own, here stands who answers it.

// buildRooms builds the library and the workrooms.
func (a *App) buildRooms(wake func()) (err error) {
	a.Registry, err = registry.New(registry.Config{DB: a.DB, Access: a.Access, Audit: a.Audit, Pack: a.Pack})
	if err != nil {
		return err
	}
	a.Incident, err = incident.New(incident.Config{Log: a.Log, DB: a.DB, Access: a.Access, Audit: a.Audit, Outbox: a.Outbox, Pack: a.Pack,
		Directory: directory{a.Registry}, Authority: a.AuthorityID(), Signer: a.secrets.signer, Wake: wake, BaseURL: a.Config.BaseURL})
	if err != nil {
		return err
	}
	return a.buildCouncil()
}

// AuthorityID is the institution this desk belongs to: the configured one, or
// the one that fills the role of the competent authority in the pack.
func (a *App) AuthorityID() string {
	if a.Config.Authority != "" {
		return a.Config.Authority
	}
	for _, role := range []string{"competent_authority", "csirt"} {
		if r, ok := a.Pack.Role(role); ok && r.Institution != "" {
			return r.Institution
		}
	}
	return ""
}

// recorder writes what access does into the audit trail. The ledger stands
// above access, so access is handed this function.
func (a *App) recorder() access.Recorder {
	return func(tx *db.Tx, by access.Actor, r access.Record) error {
		return a.Audit.Record(tx, by, audit.Entry{Verb: r.Verb, Object: r.Object, ObjectID: r.ObjectID, Detail: r.Detail}, r.At)
	}
}

// directory answers incident's question who an institution is.
type directory struct{ registry *registry.Desk }

// Party implements incident.Directory.
func (d directory) Party(tx *db.Tx, id string, now time.Time) (p incident.Party, ok bool, err error) {
	in, ok, err := d.registry.Find(tx, registry.ID(id))
	if err != nil || !ok {
		return p, false, err
	}
	e, err := d.registry.Entity(tx, registry.ID(id), now)
	if err != nil {
		return p, false, err
	}
	day := registry.DayOf(now)
	p = incident.Party{ID: id, Name: in.NameOn("", day), Kinds: e.Kinds, Disputed: e.Disputed, KindsOpen: e.KindsOpen, Sectors: e.Sectors, Class: e.Class,
		State: e.State, Authority: e.Authority, Zone: e.Zone, Calendar: e.Calendar, Facts: e.Facts, Services: map[string]string{}}
	for _, s := range in.Services {
		p.Services[string(s.ID)] = s.Name.In("")
	}
	contacts, err := d.registry.Contacts(tx, registry.ID(id), registry.ContactSecurity)
	if err != nil {
		return p, false, err
	}
	for _, c := range contacts {
		if c.Mail == "" {
			continue
		}
		lang := ""
		if len(c.Languages) > 0 {
			lang = c.Languages[0]
		}
		p.Addresses = append(p.Addresses, incident.Address{Mail: c.Mail, Name: c.Name, Lang: lang})
	}
	return p, true, nil
}

// markingTable gives the pack's classification in the form marking reads.
func markingTable(p *country.Pack) marking.Table {
	var t marking.Table
	index := map[string]int{}
	rank := map[string]marking.Level{}
	for _, l := range p.Levels {
		if l.Rank < 1 {
			continue // unclassified is the absence of a level
		}
		i, ok := index[l.System]
		if !ok {
			i = len(t.Systems)
			index[l.System] = i
			t.Systems = append(t.Systems, marking.System{ID: l.System})
		}
		s := &t.Systems[i]
		for len(s.Levels) < l.Rank {
			s.Levels = append(s.Levels, marking.LevelName{})
		}
		text := map[string]string{}
		for _, lang := range p.Languages {
			text[lang] = l.Title.In(lang)
		}
		s.Levels[l.Rank-1] = marking.LevelName{Code: l.Short.In("en"), Text: text}
		rank[l.System+":"+l.ID] = marking.Level{System: l.System, Rank: l.Rank}
	}
	for _, e := range p.Equivalences {
		x, okX := rank[e.A]
		y, okY := rank[e.B]
		if okX && okY {
			t.Pairs = append(t.Pairs, marking.Pair{A: x, B: y, Verified: !e.Blocked()})
		}
	}
	for _, c := range p.Caveats {
		t.Caveats = append(t.Caveats, strings.ToUpper(c.ID))
	}
	return t
}

// seed makes the pack's institutions institutions of the registry.
func (a *App) seed(ctx context.Context) error {
	return a.Registry.SeedPack(ctx, access.System("app", "registry.write"), a.Pack, a.now())
}
