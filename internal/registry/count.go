package registry

import (
	"context"
	"slices"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
)

// segment is a stretch of days in which nothing that is counted changes.
type segment struct {
	from, to Day // to is the first day no longer
	class    string
}

// segments splits the life of an institution where its class changes.
func (d *Desk) segments(r Record) []segment {
	begin, end := r.Since, dayEver
	if r.Until != "" {
		end = nextDay(r.Until)
	}
	cuts := []Day{begin, end}
	for _, in := range r.Infrastructures {
		for _, c := range in.Classes {
			cuts = append(cuts, c.From)
			if c.To != "" {
				cuts = append(cuts, nextDay(c.To))
			}
		}
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	var out []segment
	for i, from := range cuts[:len(cuts)-1] {
		if from < begin || from >= end {
			continue
		}
		on := from
		if on == "" {
			on = "0001-01-01"
		}
		s := segment{from, cuts[i+1], r.ClassOn(on, d.ranks, d.unlisted)}
		if n := len(out); n > 0 && out[n-1].class == s.class && out[n-1].to == s.from {
			out[n-1].to = s.to
		} else {
			out = append(out, s)
		}
	}
	return out
}

func nextDay(d Day) Day {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return d // unreachable: checked records hold days that exist
	}
	return DayOf(t.AddDate(0, 0, 1))
}

// counts writes the segments of this version and ends those of the last.
func (w *writer) counts(in Institution, mark access.MarkID, rec int64) error {
	id := string(in.ID)
	if in.Version > 1 {
		if err := w.exec(`DELETE FROM registry_count WHERE institution_id = ? AND rec_from = ?`, id, rec); err != nil {
			return err // replaced within the same microsecond: nobody can have known it
		}
		if err := w.exec(`UPDATE registry_count SET rec_to = ? WHERE institution_id = ? AND rec_to = 9223372036854775807`, rec, id); err != nil {
			return err
		}
	}
	for _, s := range w.d.segments(in.Record) {
		if err := w.exec(`INSERT INTO registry_count (institution_id, rec_from, rec_to, valid_from, valid_to, sector, class, kind, country, mark_id)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, id, rec, forever, string(s.from), string(s.to), in.Sector.Code, s.class, in.Kind, in.Country,
			int64(mark)); err != nil {
			return err
		}
	}
	return nil
}

// AsOf says of which day, and as known when, a figure is. The zero Known
// knows what is recorded now.
type AsOf struct {
	Day   Day       // "" is refused
	Known time.Time // cut-off: what was recorded later is not counted
}

// Tally is how many institutions of one sector and class there were.
type Tally struct {
	Sector, Class, Kind, Country string
	N                            int64
}

// Tallies counts the institutions that existed on the day, as known at the
// cut-off, by sector, class, kind and country, in that order. It counts what
// the actor may read.
func (d *Desk) Tallies(ctx context.Context, by access.Actor, at AsOf) (out []Tally, err error) {
	if err := access.May(by, "registry.read"); err != nil {
		return nil, err
	}
	if at.Day == "" || !at.Day.valid() {
		var f fault.Fields
		f.Add("day", "registry.check.day")
		return nil, f.Err()
	}
	err = d.DB.Read(ctx, func(tx *db.Tx) error {
		out, err = d.TalliesIn(tx, by, at)
		return err
	})
	return out, err
}

// TalliesIn is Tallies within the caller's transaction, for a paper whose
// figures must all be of one moment.
func (d *Desk) TalliesIn(tx *db.Tx, by access.Actor, at AsOf) ([]Tally, error) {
	cond, args, err := d.known(tx, by, at)
	if err != nil {
		return nil, err
	}
	return db.All(tx, func(s db.Scanner) (t Tally, err error) {
		err = s.Scan(&t.Sector, &t.Class, &t.Kind, &t.Country, &t.N)
		return t, err
	}, `SELECT c.sector, c.class, c.kind, c.country, COUNT(*) FROM registry_count c WHERE `+cond+`
		GROUP BY c.sector, c.class, c.kind, c.country ORDER BY c.sector, c.class, c.kind, c.country`, args...)
}

// Behind lists the ids of the institutions behind one figure of Tallies;
// empty fields of t do not narrow. At most limit, in order of id.
func (d *Desk) Behind(ctx context.Context, by access.Actor, at AsOf, t Tally, limit int) (out []ID, err error) {
	if err := access.May(by, "registry.read"); err != nil {
		return nil, err
	}
	err = d.DB.Read(ctx, func(tx *db.Tx) error {
		cond, args, err := d.known(tx, by, at)
		if err != nil {
			return err
		}
		for _, f := range []struct{ column, v string }{{"c.sector", t.Sector}, {"c.class", t.Class}, {"c.kind", t.Kind}, {"c.country", t.Country}} {
			if f.v != "" {
				cond += " AND " + f.column + " = ?"
				args = append(args, f.v)
			}
		}
		out, err = db.All(tx, db.Scalar[ID], `SELECT c.institution_id FROM registry_count c WHERE `+cond+` ORDER BY c.institution_id LIMIT ?`,
			append(args, limit)...)
		return err
	})
	return out, err
}

// known gives the condition for rows that held on the day, as known at the cut-off.
func (d *Desk) known(tx *db.Tx, by access.Actor, at AsOf) (string, []any, error) {
	where, err := d.Access.Filter(tx, by, "registry.read")
	if err != nil {
		return "", nil, err
	}
	cond, args := where.SQL("c.mark_id", "c.institution_id")
	rec := forever - 1
	if !at.Known.IsZero() {
		rec = at.Known.UnixMicro()
	}
	cond += " AND c.rec_from <= ? AND c.rec_to > ? AND c.valid_from <= ? AND c.valid_to > ?"
	return cond, append(args, rec, rec, string(at.Day), string(at.Day)), nil
}
