package registry

import (
	"context"
	"errors"
	"slices"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/country"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
)

// Draft is a new institution as a form hands it in.
type Draft struct {
	Record
	Anyway bool   // although one of the same name or number exists and was shown
	Reason string // for the trail
}

// Named gives the least a record needs: what somebody is called, in one
// language. An institution hit by an incident that is on no list begins so.
func Named(lang, name string) Record {
	return Record{Names: []Name{{Text: country.Text{lang: name}}}}
}

// Create registers an institution. One of the same tax number, LEI or name
// that the actor may know of makes it a Conflict with a *Double as cause,
// unless Anyway is set.
func (d *Desk) Create(ctx context.Context, by access.Actor, in Draft, now time.Time) (Institution, error) {
	if err := access.May(by, "registry.write"); err != nil {
		return Institution{}, err
	}
	id := ID(db.NewID(now))
	r, broken := d.prepare(in.Record, id, func() string { return db.NewID(now) })
	if err := broken.Err(); err != nil {
		return Institution{}, err
	}
	var out Institution
	err := d.DB.Tx(ctx, func(tx *db.Tx) (err error) {
		if !in.Anyway {
			if err := d.refuseDouble(tx, by, r, id); err != nil {
				return err
			}
		}
		w := d.writer(tx, by, now)
		defer w.close()
		out, err = w.create(id, r, SourceDesk, in.Reason)
		return err
	})
	return out, err
}

// Change replaces the record of an institution by r. Version is the one the
// actor looked at. When somebody changed the institution since, the error is
// Stale with a *Clash as cause that holds both records, their differences and
// a merged record to go on from.
func (d *Desk) Change(ctx context.Context, by access.Actor, id ID, version int, r Record, reason string, now time.Time) (Institution, error) {
	if err := access.May(by, "registry.write"); err != nil {
		return Institution{}, err
	}
	r, broken := d.prepare(r, id, func() string { return db.NewID(now) })
	if err := broken.Err(); err != nil {
		return Institution{}, err
	}
	var out Institution
	err := d.DB.Tx(ctx, func(tx *db.Tx) error {
		was, err := must(tx, by, "registry.write", id)
		if err != nil {
			return err
		}
		if was.Version != version {
			return d.stale(tx, was, version, r)
		}
		if out = was; same(was.Record, r) {
			return nil
		}
		w := d.writer(tx, by, now)
		defer w.close()
		out, err = w.replace(was, r, "registry.change", reason)
		return err
	})
	if err == nil {
		return out, nil
	}
	if c, ok := errors.AsType[*Clash](err); !ok && fault.Is(err, fault.Stale) && c == nil {
		return d.lostRace(ctx, by, id, version, r, err)
	}
	return Institution{}, err
}

// lostRace explains a change that lost between reading and writing.
func (d *Desk) lostRace(ctx context.Context, by access.Actor, id ID, version int, r Record, cause error) (Institution, error) {
	err := d.DB.Read(ctx, func(tx *db.Tx) error {
		was, err := must(tx, by, "registry.write", id)
		if err != nil {
			return err
		}
		if was.Version == version {
			return cause
		}
		return d.stale(tx, was, version, r)
	})
	return Institution{}, err
}

// stale makes the error of a change that came too late.
func (d *Desk) stale(tx *db.Tx, now Institution, version int, yours Record) error {
	base, ok, err := atVersion(tx, now.ID, version)
	if err != nil {
		return err
	}
	if !ok {
		return fault.New(fault.Stale, "registry.stale") // a version that never was
	}
	c := &Clash{Yours: yours, Theirs: now, Mine: Diff(base, yours), Other: Diff(base, now.Record)}
	if c.Merged, c.Both, err = merge(base, yours, now.Record); err != nil {
		return err
	}
	return fault.New(fault.Stale, "registry.stale").Because(c)
}

func atVersion(tx *db.Tx, id ID, version int) (Record, bool, error) {
	text, ok, err := db.One(tx, db.Scalar[string], `SELECT content FROM registry_version WHERE institution_id = ? AND version = ?`, string(id), version)
	if err != nil || !ok {
		return Record{}, false, err
	}
	r, err := decode(text)
	return r, err == nil, err
}

// Listing is the decision to put an infrastructure into a class, or off the
// list with the pack's unlisted class.
type Listing struct {
	Infrastructure string // id; "" is the first
	Class          string
	From           Day    // first day; "" today
	Act            string // the deciding act, as cited
	Reason         string
	Name           country.Text // of an infrastructure that is new
	Sector         Coded        // likewise
}

// Classify ends the present class of an infrastructure the day before and
// begins the new one: history is added to, never rewritten.
func (d *Desk) Classify(ctx context.Context, by access.Actor, id ID, version int, in Listing, now time.Time) (Institution, error) {
	if err := access.May(by, "registry.write"); err != nil {
		return Institution{}, err
	}
	if in.From == "" {
		in.From = d.today(now)
	}
	if in.Infrastructure == "" {
		in.Infrastructure = mainID
	}
	var f fault.Fields
	if _, ok := d.ranks[in.Class]; !ok {
		f.Add("class", "registry.check.class", in.Class)
	}
	if !in.From.valid() {
		f.Add("from", "registry.check.day")
	}
	if in.Reason = words(in.Reason); in.Reason == "" && words(in.Act) == "" {
		f.Add("reason", "registry.classify.reason")
	}
	if err := f.Err(); err != nil {
		return Institution{}, err
	}
	var out Institution
	err := d.DB.Tx(ctx, func(tx *db.Tx) error {
		was, err := must(tx, by, "registry.write", id)
		if err != nil {
			return err
		}
		r, err := classified(was.Record, in)
		if err != nil {
			return err
		}
		r = d.clean(r, func() string { return db.NewID(now) })
		if was.Version != version {
			return d.stale(tx, was, version, r)
		}
		if err := d.check(r, id).Err(); err != nil {
			return err
		}
		w := d.writer(tx, by, now)
		defer w.close()
		out, err = w.replace(was, r, "registry.classify", in.Reason)
		return err
	})
	return out, err
}

// classified gives the record after the decision.
func classified(r Record, in Listing) (Record, error) {
	r.Infrastructures = slices.Clone(r.Infrastructures)
	i := slices.IndexFunc(r.Infrastructures, func(x Infrastructure) bool { return x.ID == in.Infrastructure })
	if i < 0 {
		if in.Infrastructure != mainID && len(in.Name) == 0 {
			var f fault.Fields
			f.Add("infrastructure", "fault.field.choice")
			return r, f.Err()
		}
		r.Infrastructures = append(r.Infrastructures, Infrastructure{ID: in.Infrastructure, Name: in.Name, Sector: in.Sector})
		i = len(r.Infrastructures) - 1
	}
	x := &r.Infrastructures[i]
	x.Classes = slices.Clone(x.Classes)
	if n := len(x.Classes); n > 0 {
		last := &x.Classes[n-1]
		var f fault.Fields
		if last.Class == in.Class && last.To == "" {
			f.Add("class", "registry.classify.same")
		} else if in.From <= last.From || last.To != "" && in.From <= last.To {
			f.Add("from", "registry.classify.before", string(last.From))
		}
		if err := f.Err(); err != nil {
			return r, err
		}
		if last.To == "" {
			last.To = dayBefore(in.From)
		}
	}
	x.Classes = append(x.Classes, ClassSpan{Class: in.Class, From: in.From, Act: in.Act, Reason: in.Reason})
	return r, nil
}

func dayBefore(d Day) Day {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return d // unreachable: the day was checked
	}
	return DayOf(t.AddDate(0, 0, -1))
}

// Double is an institution that may be the same as another.
type Double struct {
	ID   ID
	Name string
	By   string // tax_id, lei, name
}

// Error names it, for the log.
func (d *Double) Error() string { return "same " + d.By + " as " + string(d.ID) }

// Doubles lists institutions the actor may know of that have the record's tax
// number, LEI or name, without the institution self.
func (d *Desk) Doubles(ctx context.Context, by access.Actor, r Record, self ID) (out []Double, err error) {
	if err := access.May(by, "registry.read"); err != nil {
		return nil, err
	}
	r = d.clean(r, func() string { return "new" })
	err = d.DB.Read(ctx, func(tx *db.Tx) error {
		out, err = d.doubles(tx, by, r, self)
		return err
	})
	return out, err
}

func (d *Desk) doubles(tx *db.Tx, by access.Actor, r Record, self ID) ([]Double, error) {
	where, err := d.Access.Filter(tx, by, "registry.read")
	if err != nil {
		return nil, err
	}
	cond, args := where.SQL("i.mark_id", "i.id")
	var out []Double
	look := func(by, column, v string) error {
		if v == "" {
			return nil
		}
		more, err := db.All(tx, func(s db.Scanner) (x Double, err error) {
			x.By = by
			err = s.Scan(&x.ID, &x.Name)
			return x, err
		}, `SELECT i.id, i.name FROM registry_institution i WHERE `+column+` = ? AND i.id <> ? AND `+cond+` ORDER BY i.id LIMIT 5`,
			append([]any{v, string(self)}, args...)...)
		out = append(out, more...)
		return err
	}
	if err := look("tax_id", "i.tax_id", r.TaxID); err != nil {
		return nil, err
	}
	if err := look("lei", "i.lei", r.LEI); err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, n := range r.Names {
		for _, t := range n.Text {
			if k := nameKey(t); k != "" && !seen[k] {
				seen[k] = true
				if err := look("name", "i.name_key", k); err != nil {
					return nil, err
				}
			}
		}
	}
	return out, nil
}

func (d *Desk) refuseDouble(tx *db.Tx, by access.Actor, r Record, self ID) error {
	found, err := d.doubles(tx, by, r, self)
	if err != nil || len(found) == 0 {
		return err
	}
	return fault.New(fault.Conflict, "registry.create.double", found[0].Name).Because(&found[0])
}
