package registry

import (
	"context"
	"errors"
	"slices"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/country"
	"kulla.dev/internal/db"
	"kulla.dev/internal/marking"
)

// seedReason begins the reason of every version a pack wrote.
const seedReason = "pack "

// SeedPack makes the institutions of a country pack institutions of the desk,
// under the pack's own ids. It may run at every start: what is as the pack
// says is left alone; what a newer pack says differently is changed, except
// where people of the desk have changed the same thing.
func (d *Desk) SeedPack(ctx context.Context, by access.Actor, p *country.Pack, now time.Time) error {
	if err := access.May(by, "registry.write"); err != nil {
		return err
	}
	return d.DB.Tx(ctx, func(tx *db.Tx) error {
		w := d.writer(tx, by, now)
		defer w.close()
		var problems error
		for _, x := range p.Institutions {
			id := ID(x.ID)
			r := d.clean(fromPack(x, p), func() string { return x.ID })
			if err := d.check(r, id).Err(); err != nil {
				problems = errors.Join(problems, err)
				continue
			}
			if err := w.seed(id, r, seedReason+p.ID+" "+p.Version); err != nil {
				return err
			}
		}
		return problems
	})
}

func (w *writer) seed(id ID, r Record, reason string) error {
	was, ok, err := load(w.tx, id)
	if err != nil {
		return err
	}
	if !ok {
		_, err = w.create(id, r, SourcePack, reason)
		return err
	}
	text, ok, err := db.One(w.tx, db.Scalar[string], `SELECT v.content FROM registry_version v WHERE v.institution_id = ? AND v.reason LIKE 'pack %'
		ORDER BY v.version DESC LIMIT 1`, string(id))
	if err != nil || !ok {
		return err // none: an institution of the desk holds this id; it stays as it is
	}
	base, err := decode(text)
	if err != nil || same(base, r) {
		return err
	}
	merged, _, err := merge(base, r, was.Record)
	if err != nil {
		return err
	}
	if merged = w.d.clean(merged, func() string { return string(id) }); same(merged, was.Record) {
		return nil
	}
	_, err = w.replace(was, merged, "registry.change", reason)
	return err
}

func fromPack(x country.Institution, p *country.Pack) Record {
	r := Record{Kind: x.Kind, Role: x.Roles, Sector: Coded{Code: x.Sector}, Country: p.Code, Successor: ID(x.Successor),
		Since: fromDate(x.Since), Until: fromDate(x.Until), Mark: marking.Of(marking.TLPGreen)}
	for _, n := range x.Names {
		r.Names = append(r.Names, Name{Text: n.Text, Short: n.Short, From: fromDate(n.From), To: fromDate(n.To)})
	}
	if slices.ContainsFunc(p.EntityKinds, func(t country.Term) bool { return t.ID == x.Kind }) {
		r.Kinds = []Kind{{ID: x.Kind}}
	}
	if x.Domain != "" {
		r.Domains = []Domain{{Value: x.Domain}}
	}
	return r
}
