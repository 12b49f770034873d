package council

import (
	"context"
	"slices"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/marking"
)

// Evidence is what stands behind one figure, as far as the reader may see it.
type Evidence struct {
	Paper  Paper
	Figure Figure

	Lines   []Line // incidents as they are called today, newest report first
	Members []Line // institutions, for figures that count these; Title holds the name
	More    bool   // there are more than PageSize behind this page
	Page    int    // from 0
	Before  bool   // the lines are those of the year before

	Full    bool // the reader sees every record that was counted
	Altered bool // the same question at the same cut-off gives other records now
	Revised bool // the same question as known today gives another number
	Today   int  // that number, when Full
}

// PageSize is how many records a page of evidence shows.
const PageSize = 50

// firstOf is where a page begins in a list of n; a page behind the end begins
// at the end, however far behind it is.
func firstOf(page, n int) int {
	return min(n, min(max(0, page), n/PageSize+1)*PageSize)
}

// Evidence opens figure n of a paper: the records behind it as known at the
// cut-off that the reader may see, and whether it has been revised since. How
// many records the reader may not see is not told. The read is recorded.
func (d *Desk) Evidence(ctx context.Context, by access.Actor, id string, n, page int, before bool, now time.Time) (e Evidence, err error) {
	p, err := d.Get(ctx, by, id, now)
	if err != nil {
		return e, err
	}
	if n < 1 || n > len(p.Figures) {
		return e, fault.New(fault.NotFound, "council.figure.not-found")
	}
	f := p.Figures[n-1]
	e = Evidence{Paper: p, Figure: f, Page: max(0, page), Before: before && f.HashBefore != ""}
	if f.Hidden {
		return e, nil
	}
	reader := by
	if p.Content.Clearance.TLP < reader.Clearance.TLP { // never more than the maker counted
		reader.Clearance.TLP = p.Content.Clearance.TLP
	}
	ids, keys, err := d.behind(ctx, reader, f, e.Before, p.CutOff)
	if err != nil {
		return e, err
	}
	hash := f.Hash
	if e.Before {
		hash = f.HashBefore
	}
	e.Full = hashOf(keys) == hash
	e.Altered = !e.Full && d.seesAll(reader, p)
	if e.Full && !e.Before {
		_, today, err := d.behind(ctx, reader, f, false, now)
		if err != nil {
			return e, err
		}
		e.Today = len(today)
		e.Revised = hashOf(today) != f.Hash
	}
	slices.Sort(ids)
	slices.Reverse(ids)
	from := firstOf(e.Page, len(ids))
	to := min(len(ids), from+PageSize)
	e.More = to < len(ids)
	if f.Query.Set == OfMembers {
		names, err := d.Source.Names(ctx, by, ids[from:to], by.Lang)
		for _, id := range ids[from:to] {
			if name, ok := names[id]; ok {
				e.Members = append(e.Members, Line{ID: id, Title: name})
			}
		}
		return e, err
	}
	e.Lines, err = d.Source.Lines(ctx, by, ids[from:to])
	return e, err
}

// seesAll says whether the actor reads everything the maker of the paper read.
func (d *Desk) seesAll(by access.Actor, p Paper) bool {
	maker := marking.Reader{TLP: p.Content.Clearance.TLP, Levels: p.Content.Clearance.Levels, Compartments: p.Content.Clearance.Compartments}
	return access.ReachOf(by, "situation.read") == access.ReachDesk && by.Clearance.TLP >= maker.TLP && len(maker.Levels) <= len(by.Clearance.Levels) &&
		len(by.Reader().Barred) == 0 && by.Institution == d.Owner && len(p.Content.Clearance.Cases) == 0
}

// behind asks a figure's question again: the ids of the incidents or
// institutions, and the keys its hash is made of.
func (d *Desk) behind(ctx context.Context, by access.Actor, f Figure, before bool, known time.Time) (ids, keys []string, err error) {
	w := f.Query.Window
	if before {
		w = f.Query.Prior
	}
	w.Known = known
	switch f.Query.Set {
	case OfRecords:
		err = d.Source.Records(ctx, by, w, func(r Record) {
			if w.Match(r) {
				ids = append(ids, r.ID)
			}
		})
		return ids, slices.Clone(ids), err
	case OfStages:
		q := f.Query
		seen := map[string]bool{}
		err = d.Source.Stages(ctx, by, w, len(q.States) > 0, func(s Stage) {
			if q.Regime != "" && (s.Regime != q.Regime || s.Stage != q.Stage || s.Binding != q.Binding) {
				return
			}
			if len(q.States) > 0 && (!slices.Contains(q.States, s.State) || len(q.States) == 1 && s.Binding != q.Binding) {
				return
			}
			keys = append(keys, s.Incident+" "+s.Regime+"/"+s.Stage)
			if !seen[s.Incident] {
				seen[s.Incident] = true
				ids = append(ids, s.Incident)
			}
		})
		return ids, keys, err
	case OfMembers:
		owners := map[string]bool{}
		whole := w
		whole.By, whole.In, whole.Not = "", nil, nil
		if err = d.Source.Records(ctx, by, whole, func(r Record) { owners[r.Owner] = true }); err != nil {
			return nil, nil, err
		}
		listed := d.words().listed
		err = d.Source.Members(ctx, by, f.Query.On, known, func(m Member) {
			if !slices.Contains(listed, m.Class) || len(w.In) > 0 && !slices.Contains(w.In, m.Sector) || f.Item == Unknown && m.Sector != "" {
				return
			}
			if owners[m.ID] != f.Query.Silent {
				ids = append(ids, m.ID)
			}
		})
		return ids, slices.Clone(ids), err
	}
	return nil, nil, nil
}

// Since gives from when "what changed" counts for a reader, and notes that
// they looked now. A look within half an hour of the last belongs to the same
// visit; the first look of all counts from a day before.
func (d *Desk) Since(ctx context.Context, by access.Actor, now time.Time) (since time.Time, err error) {
	const visit, step = 30 * time.Minute, time.Minute
	if err := access.May(by, "situation.read"); err != nil {
		return since, err
	}
	if by.Kind != access.KindPerson {
		return now.Add(-24 * time.Hour), nil
	}
	var last int64
	read := func(tx *db.Tx) error {
		var from int64
		_, ok, err := db.One(tx, func(s db.Scanner) (bool, error) { return true, s.Scan(&from, &last) }, `SELECT since, last FROM council_seen WHERE person_id = ?`, by.Person)
		if ok {
			since = db.Time(from)
		}
		return err
	}
	if err := d.DB.Read(ctx, read); err != nil {
		return since, err
	}
	if last != 0 && now.Sub(db.Time(last)) < step {
		return since, nil
	}
	switch {
	case last == 0:
		since = now.Add(-24 * time.Hour)
	case now.Sub(db.Time(last)) > visit:
		since = db.Time(last)
	}
	return since, d.seen(ctx, by, since, now)
}

// Seen begins "what changed" anew from now.
func (d *Desk) Seen(ctx context.Context, by access.Actor, now time.Time) error {
	if err := access.May(by, "situation.read"); err != nil {
		return err
	}
	if by.Kind != access.KindPerson {
		return nil
	}
	return d.seen(ctx, by, now, now)
}

func (d *Desk) seen(ctx context.Context, by access.Actor, since, last time.Time) error {
	return d.DB.Tx(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`INSERT INTO council_seen (person_id, since, last) VALUES (?, ?, ?) ON CONFLICT (person_id) DO UPDATE SET since = excluded.since, last = excluded.last`,
			by.Person, since, last)
		return err
	})
}
