package app

import (
	"context"
	"strings"

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
		Directory: incident.FromRegistry{Registry: a.Registry, Lang: a.authentic()}, Authority: a.AuthorityID(), Signer: a.secrets.signer, Wake: wake, BaseURL: a.Config.BaseURL})
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

// authentic is the language whose text binds: names on receipts stand in it.
func (a *App) authentic() string {
	if a.Pack.Authentic != "" {
		return a.Pack.Authentic
	}
	return a.Pack.Languages[0]
}

// recorder writes what access does into the audit trail. The ledger stands
// above access, so access is handed this function.
func (a *App) recorder() access.Recorder {
	return func(tx *db.Tx, by access.Actor, r access.Record) error {
		return a.Audit.Record(tx, by, audit.Entry{Verb: r.Verb, Object: r.Object, ObjectID: r.ObjectID, Detail: r.Detail}, r.At)
	}
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
