package incident

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/country"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
)

// mayCount gives the permission under which the actor may count: reading
// incidents, or the situation as a whole.
func mayCount(by access.Actor) (access.Permission, error) {
	if access.May(by, "incident.read") == nil {
		return "incident.read", nil
	}
	return "situation.read", access.May(by, "situation.read")
}

// slice checks a slice and gives its days and cut-off.
func (d *Desk) slice(sl Slice) (from, to int, at int64, err error) {
	var f fault.Fields
	if sl.From.IsZero() {
		f.Add("from", "incident.time.missing")
	}
	if sl.To.IsZero() {
		f.Add("to", "incident.time.missing")
	}
	if !sl.From.IsZero() && !sl.To.IsZero() && !sl.To.After(sl.From) {
		f.Add("to", "incident.time.span-order")
	}
	if err := f.Err(); err != nil {
		return 0, 0, 0, err
	}
	at = forever - 1
	if !sl.CutOff.IsZero() {
		at = sl.CutOff.UnixMicro()
	}
	return d.dayOf(sl.From), d.dayOf(sl.To), at, nil
}

// day is the column a slice counts by.
func (sl Slice) day() string {
	if sl.ByStart {
		return "c.began"
	}
	return "c.day"
}

// counting gives FROM and WHERE of what a slice counts: the versions that held
// at the cut-off, of incidents the reader may know of, exercises left out.
func (d *Desk) counting(tx *db.Tx, by access.Actor, sl Slice) (string, []any, error) {
	p, err := mayCount(by)
	if err != nil {
		return "", nil, err
	}
	from, to, at, err := d.slice(sl)
	if err != nil {
		return "", nil, err
	}
	filter, err := d.Access.Filter(tx, by, p)
	if err != nil {
		return "", nil, err
	}
	cond, more := filter.SQL("c.mark_id", "c.owner_id", "c.reporter_id")
	day := sl.day()
	var where string
	var args []any
	if access.ReachOf(by, p) == access.ReachOwn {
		// The incidents of one institution are few, and are found by it; the
		// sum keeps both engines from walking the whole period instead.
		day += " + 0"
		where = `c.incident_id IN (SELECT id FROM incident_incident WHERE owner_id = ? UNION ALL SELECT id FROM incident_incident WHERE reporter_id = ? AND reporter_id <> '') AND `
		args = append(args, by.Institution, by.Institution)
	}
	where += day + ` >= ? AND ` + day + ` < ? AND c.rec_from <= ? AND c.rec_to > ? AND ` + cond
	args = append(append(args, from, to, at, at), more...)
	if len(sl.Units) > 0 || sl.Sector != "" {
		// The index knows combinations, not their parts: those meant are few.
		all, err := allDims(tx)
		if err != nil {
			return "", nil, err
		}
		var ids []any
		sectors := d.sectors(sl.Sector)
		for _, id := range slices.Sorted(maps.Keys(all)) {
			v := all[id]
			if (len(sl.Units) == 0 || slices.Contains(sl.Units, v.unit)) && (sl.Sector == "" || slices.Contains(sectors, any(v.sector))) {
				ids = append(ids, id)
			}
		}
		if len(ids) == 0 {
			where += ` AND 1 = 0`
		} else {
			where += ` AND c.dim_id IN ` + db.In(len(ids))
			args = append(args, ids...)
		}
	}
	return ` FROM incident_count c WHERE ` + where, args, nil
}

// daily is what one day holds of a slice.
type daily struct {
	day, dated int
	list       []string // a value of the column asked for, once for each incident
}

// byDay reads a slice as one row a day with a list in it: both engines write a
// list faster than a hundred thousand rows are handed over, and the index is
// in the order of the days, so that nothing is sorted.
func (d *Desk) byDay(tx *db.Tx, by access.Actor, sl Slice, column string) ([]daily, error) {
	from, args, err := d.counting(tx, by, sl)
	if err != nil {
		return nil, err
	}
	return db.All(tx, func(s db.Scanner) (r daily, err error) {
		var list string
		err = s.Scan(&r.day, &r.dated, &list)
		r.list = strings.Split(list, ",")
		return r, err
	}, `SELECT `+sl.day()+`, sum(c.dated), `+tx.Dialect().Concat(`CAST(c.`+column+` AS TEXT)`, "44", "1")+from+` GROUP BY `+sl.day()+` ORDER BY 1`, args...)
}

// Series counts incidents by day and by the dimensions of the paper, as known
// at the cut-off. Points are sorted by day, then by dimensions; a dimension
// nobody stated is "", never left out.
func (d *Desk) Series(ctx context.Context, by access.Actor, sl Slice) (Series, error) {
	out := Series{Slice: sl}
	err := d.DB.Read(ctx, func(tx *db.Tx) error {
		days, err := d.byDay(tx, by, sl, "dim_id")
		if err != nil {
			return err
		}
		dims, err := allDims(tx)
		if err != nil {
			return err
		}
		kinds, of := pointsOf(dims)
		n := make([]int, len(kinds))
		for _, r := range days {
			clear(n)
			for _, id := range r.list {
				n[of[id]]++
			}
			for i, k := range kinds {
				if n[i] > 0 {
					k.Day, k.N = dayTime(r.day), n[i]
					out.Points = append(out.Points, k)
				}
			}
			out.Total += len(r.list)
			out.Dated += r.dated
		}
		return nil
	})
	return out, err
}

// pointsOf gives what a series tells apart, sorted, and under which of them
// each combination counts, by the text of its id.
func pointsOf(all map[int64]dims) (points []Point, of map[string]int) {
	point := func(v dims) Point {
		p := Point{Unit: v.unit, Sector: v.sector, Class: v.class, Kind: v.kind}
		p.Base, _, _ = strings.Cut(v.base, "/")
		return p
	}
	order := func(a, b Point) int {
		return cmp.Or(cmp.Compare(a.Unit, b.Unit), cmp.Compare(a.Sector, b.Sector), cmp.Compare(a.Class, b.Class), cmp.Compare(a.Base, b.Base), cmp.Compare(a.Kind, b.Kind))
	}
	for _, v := range all {
		points = append(points, point(v))
	}
	slices.SortFunc(points, order)
	points = slices.Compact(points)
	of = make(map[string]int, len(all))
	for id, v := range all {
		of[strconv.FormatInt(id, 10)], _ = slices.BinarySearchFunc(points, point(v), order)
	}
	return points, of
}

// By sums a series over one dimension: key says under what a point counts.
func (s Series) By(key func(Point) string) map[string]int {
	out := map[string]int{}
	for _, p := range s.Points {
		out[key(p)] += p.N
	}
	return out
}

// Months sums a series by the first day of the month, for every month it spans.
func (s Series) Months() map[time.Time]int {
	out := map[time.Time]int{}
	for m := time.Date(s.From.Year(), s.From.Month(), 1, 0, 0, 0, 0, time.UTC); m.Before(s.To); m = m.AddDate(0, 1, 0) {
		out[m] = 0
	}
	for _, p := range s.Points {
		out[time.Date(p.Day.Year(), p.Day.Month(), 1, 0, 0, 0, 0, time.UTC)] += p.N
	}
	return out
}

// Weeks sums a series by the Monday of the week.
func (s Series) Weeks() map[time.Time]int {
	out := map[time.Time]int{}
	for _, p := range s.Points {
		out[p.Day.AddDate(0, 0, -(int(p.Day.Weekday())+6)%7)] += p.N
	}
	return out
}

// Evidence gives the incidents behind a figure: those a slice counts, as known
// at its cut-off, newest first.
func (d *Desk) Evidence(ctx context.Context, by access.Actor, sl Slice, after ID, limit int) (ids []ID, err error) {
	err = d.DB.Read(ctx, func(tx *db.Tx) error {
		from, args, err := d.counting(tx, by, sl)
		if err != nil {
			return err
		}
		if after != "" {
			from, args = from+` AND c.incident_id < ?`, append(args, string(after))
		}
		ids, err = db.All(tx, db.Scalar[ID], `SELECT c.incident_id`+from+` ORDER BY c.incident_id DESC LIMIT ?`, append(args, limit)...)
		return err
	})
	return ids, err
}

// judging gives FROM and WHERE of the obligations a slice speaks of. A slice
// by unit, sector or beginning, or a reader who sees some institutions only,
// asks for the incidents first.
func (d *Desk) judging(tx *db.Tx, by access.Actor, sl Slice) (string, []any, error) {
	p, err := mayCount(by)
	if err != nil {
		return "", nil, err
	}
	from, to, at, err := d.slice(sl)
	if err != nil {
		return "", nil, err
	}
	where := ` FROM incident_obligation o WHERE o.exercise = 0 AND o.own = 0 AND o.optional = 0 AND (o.met_at IS NOT NULL OR o.running = 1)
		AND o.rec_from <= ? AND o.rec_to > ?`
	args := []any{at, at}
	if len(sl.Units) > 0 || sl.Sector != "" || sl.ByStart || access.ReachOf(by, p) != access.ReachDesk {
		which, more, err := d.counting(tx, by, sl)
		return where + ` AND o.incident_id IN (SELECT c.incident_id` + which + `)`, append(args, more...), err
	}
	filter, err := d.Access.Filter(tx, by, p)
	if err != nil {
		return "", nil, err
	}
	cond, more := filter.SQL("o.mark_id") // without owners: a reader limited to some sees nothing here
	return where + ` AND o.day >= ? AND o.day < ? AND ` + cond, append(append(args, from, to), more...), nil
}

// Punctuality says how punctual each stage of each regime was, of incidents
// reported in the slice, as known at its cut-off. Limits that are not verified
// are counted apart: Binding is false.
func (d *Desk) Punctuality(ctx context.Context, by access.Actor, sl Slice, now time.Time) (out []Punctual, err error) {
	if sl.CutOff.IsZero() || sl.CutOff.After(now) {
		sl.CutOff = now
	}
	err = d.DB.Read(ctx, func(tx *db.Tx) error {
		where, args, err := d.judging(tx, by, sl)
		if err != nil {
			return err
		}
		type key struct {
			regime, stage, kind string
			binding             bool
		}
		sums, late := map[key]*Punctual{}, map[key][]time.Duration{}
		var order []key
		of := func(k key) *Punctual {
			k.stage, _, _ = strings.Cut(k.stage, "#") // instances count with their stage
			p := sums[k]
			if p == nil {
				p = &Punctual{Regime: k.regime, Stage: k.stage, Kind: k.kind, Binding: k.binding}
				sums[k] = p
				order = append(order, k)
			}
			return p
		}
		type row struct {
			key
			inTime, late, over, open int
		}
		// Grouped by day as the index is, and added up here: nothing is sorted.
		rows, err := db.All(tx, func(s db.Scanner) (r row, err error) {
			var binding int
			err = s.Scan(&r.regime, &r.stage, &r.kind, &binding, &r.inTime, &r.late, &r.over, &r.open)
			r.binding = binding != 0
			return r, err
		}, `SELECT o.regime, o.stage, o.kind, o.binding,
			sum(CASE WHEN o.met_at IS NOT NULL AND (o.outer_due IS NULL OR o.met_at <= o.outer_due) THEN 1 ELSE 0 END),
			sum(CASE WHEN o.met_at > o.outer_due THEN 1 ELSE 0 END),
			sum(CASE WHEN o.met_at IS NULL AND o.outer_due < ? THEN 1 ELSE 0 END),
			sum(CASE WHEN o.met_at IS NULL AND (o.outer_due IS NULL OR o.outer_due >= ?) THEN 1 ELSE 0 END)`+
			where+` GROUP BY o.day, o.regime, o.stage, o.kind, o.binding`, append([]any{sl.CutOff, sl.CutOff}, args...)...)
		if err != nil {
			return err
		}
		slowest := 0
		for _, r := range rows {
			p := of(r.key)
			p.InTime += r.inTime
			p.Late += r.late
			p.Overdue += r.over
			p.Running += r.open
			slowest += r.late
		}
		if slowest == 0 {
			for _, k := range order {
				out = append(out, *sums[k])
			}
			return nil
		}
		type lateness struct {
			key
			by int64
		}
		slow, err := db.All(tx, func(s db.Scanner) (r lateness, err error) {
			var binding int
			err = s.Scan(&r.regime, &r.stage, &r.kind, &binding, &r.by)
			r.binding = binding != 0
			return r, err
		}, `SELECT o.regime, o.stage, o.kind, o.binding, o.met_at - o.outer_due`+where+` AND o.met_at > o.outer_due`, args...)
		if err != nil {
			return err
		}
		for _, r := range slow {
			r.stage, _, _ = strings.Cut(r.stage, "#")
			late[r.key] = append(late[r.key], time.Duration(r.by)*time.Microsecond)
		}
		for _, k := range order {
			if l := late[k]; len(l) > 0 {
				slices.Sort(l)
				sums[k].MedianLate = l[len(l)/2]
			}
			out = append(out, *sums[k])
		}
		return nil
	})
	slices.SortFunc(out, func(a, b Punctual) int { return cmp.Or(cmp.Compare(a.Regime, b.Regime), cmp.Compare(a.Stage, b.Stage)) })
	return out, err
}

// Reporting says which institutions reported in a slice; council compares it
// with the registry to name those that did not.
func (d *Desk) Reporting(ctx context.Context, by access.Actor, sl Slice) (Reporting, error) {
	out := Reporting{Reported: map[string]int{}}
	err := d.DB.Read(ctx, func(tx *db.Tx) error {
		days, err := d.byDay(tx, by, sl, "owner_id")
		if err != nil {
			return err
		}
		for _, r := range days {
			for _, id := range r.list {
				if id == "" {
					out.Unlisted++
				} else {
					out.Reported[id]++
				}
			}
		}
		return nil
	})
	return out, err
}

// summary is what the sheets need of each combination, counted once.
type summary struct {
	dims
	n int
}

func (d *Desk) summaries(ctx context.Context, by access.Actor, sl Slice) (out []summary, err error) {
	err = d.DB.Read(ctx, func(tx *db.Tx) error {
		days, err := d.byDay(tx, by, sl, "dim_id")
		if err != nil {
			return err
		}
		all, err := allDims(tx)
		if err != nil {
			return err
		}
		n := map[string]int{}
		for _, r := range days {
			for _, id := range r.list {
				n[id]++
			}
		}
		for id, v := range all {
			if k := n[strconv.FormatInt(id, 10)]; k > 0 {
				out = append(out, summary{v, k})
			}
		}
		return nil
	})
	return out, err
}

// sectorOf gives the top sector of the pack a sector belongs to.
func (d *Desk) sectorOf(id string) string {
	path := d.Pack.SectorPath(id)
	if len(path) == 0 {
		return ""
	}
	top := path[0]
	for _, s := range path {
		if sec, ok := d.Pack.Sector(s); ok && sec.Parent == "" {
			top = s
		}
	}
	return top
}

// sectorTitle names a sector in a language.
func (d *Desk) sectorTitle(id, lang string) string {
	if s, ok := d.Pack.Sector(id); ok {
		return s.Title.In(lang)
	}
	return id
}

// baseTaxonomy is the pack's base scheme.
func (d *Desk) baseTaxonomy() (country.Taxonomy, bool) {
	i := slices.IndexFunc(d.Pack.Taxonomies, func(t country.Taxonomy) bool { return t.Base == "" })
	if i < 0 {
		return country.Taxonomy{}, false
	}
	return d.Pack.Taxonomies[i], true
}
