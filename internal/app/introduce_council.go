package app

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/council"
	"kulla.dev/internal/db"
	"kulla.dev/internal/incident"
	"kulla.dev/internal/registry"
)

// buildCouncil builds the room of papers and hands it who answers.
func (a *App) buildCouncil() (err error) {
	a.Council, err = council.New(council.Config{DB: a.DB, Access: a.Access, Audit: a.Audit, Pack: a.Pack, Source: answers{a}, Owner: a.AuthorityID(),
		Invented: a.Config.Demo, BaseURL: a.Config.BaseURL})
	return err
}

// answers is council's source: it reads the tables of incident and registry,
// which council does not know, and asks their desks.
type answers struct{ *App }

// forever is the end of what still holds.
const forever = math.MaxInt64

// counts gives the permission under which the actor may count: the room's own,
// or the situation as a whole.
func counts(by access.Actor, p access.Permission) access.Permission {
	if access.ReachOf(by, p) == access.ReachDesk {
		return p
	}
	return "situation.read"
}

// dims reads the combinations of what statistics tell apart, by their ids.
func dims(tx *db.Tx) (map[int64]council.Record, error) {
	out := map[int64]council.Record{}
	rows, err := tx.Query(`SELECT id, text FROM incident_dim`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var text string
		if err := rows.Scan(&id, &text); err != nil {
			return nil, err
		}
		p := strings.Split(text, "\x1f") // unit, kind, sector, class, base, significance, band
		if len(p) != 7 {
			return nil, fmt.Errorf("combination %d has %d parts, want 7", id, len(p))
		}
		r := council.Record{Unit: p[0], Sector: p[2], Class: p[3]}
		r.Base, _, _ = strings.Cut(p[4], "/")
		out[id] = r
	}
	return out, rows.Err()
}

// counted gives the condition for rows c of incident_count that lie in the
// days of a window, were known and the actor may know of; what narrows the
// window further stands in the combinations.
func (s answers) counted(tx *db.Tx, by access.Actor, w council.Window) (string, []any, error) {
	filter, err := s.Access.Filter(tx, by, counts(by, "incident.read"))
	if err != nil {
		return "", nil, err
	}
	cond, more := filter.SQL("c.mark_id", "c.owner_id", "c.reporter_id")
	at := int64(forever - 1)
	if !w.Known.IsZero() {
		at = w.Known.UnixMicro()
	}
	return `c.day >= ? AND c.day < ? AND c.rec_from <= ? AND c.rec_to > ? AND ` + cond, append([]any{int(w.From), int(w.To), at, at}, more...), nil
}

// Records implements council.Source.
func (s answers) Records(ctx context.Context, by access.Actor, w council.Window, each func(council.Record)) error {
	return s.DB.Read(ctx, func(tx *db.Tx) error {
		cond, args, err := s.counted(tx, by, w)
		if err != nil {
			return err
		}
		all, err := dims(tx)
		if err != nil {
			return err
		}
		if len(w.Units) > 0 || w.By != "" && w.By != council.ByOwner {
			cond += ` AND c.dim_id IN (0`
			for id, r := range all {
				if r.Day = w.From; w.Match(r) {
					cond += "," + strconv.FormatInt(id, 10)
				}
			}
			cond += ")"
		}
		rows, err := tx.Query(`SELECT c.incident_id, c.day, c.dim_id, c.owner_id, c.mark_id FROM incident_count c WHERE `+cond, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id, owner string
			var dim, mark int64
			var day council.Day
			if err := rows.Scan(&id, &day, &dim, &owner, &mark); err != nil {
				return err
			}
			r := all[dim]
			r.ID, r.Day, r.Owner, r.Mark = id, day, owner, mark
			each(r)
		}
		return rows.Err()
	})
}

// Stages implements council.Source.
func (s answers) Stages(ctx context.Context, by access.Actor, w council.Window, open bool, each func(council.Stage)) error {
	return s.DB.Read(ctx, func(tx *db.Tx) error {
		at := w.Known.UnixMicro()
		cond, args := `o.day >= ? AND o.day < ?`, []any{int(w.From), int(w.To)}
		if len(by.Within) > 0 { // a role limited to some institutions: obligations do not name theirs
			more, its, err := s.counted(tx, by, w)
			if err != nil {
				return err
			}
			cond, args = cond+` AND o.incident_id IN (SELECT c.incident_id FROM incident_count c WHERE `+more+`)`, append(args, its...)
		} else {
			filter, err := s.Access.Filter(tx, by, counts(by, "incident.read"))
			if err != nil {
				return err
			}
			more, its := filter.SQL("o.mark_id")
			cond, args = cond+" AND "+more, append(args, its...)
		}
		which := `(o.met_at IS NOT NULL OR o.running = 1)`
		if open {
			which = `o.met_at IS NULL AND o.running = 1`
		}
		return eachStage(tx, at, each, `SELECT o.incident_id, o.regime, o.stage, o.binding, o.met_at, o.outer_due, o.mark_id FROM incident_obligation o
			WHERE o.exercise = 0 AND o.own = 0 AND o.optional = 0 AND `+which+` AND o.rec_from <= ? AND o.rec_to > ? AND `+cond,
			append([]any{at, at}, args...)...)
	})
}

func eachStage(tx *db.Tx, at int64, each func(council.Stage), query string, args ...any) error {
	rows, err := tx.Query(query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var o council.Stage
		var binding int
		var met, limit *int64
		if err := rows.Scan(&o.Incident, &o.Regime, &o.Stage, &binding, &met, &limit, &o.Mark); err != nil {
			return err
		}
		o.Stage, _, _ = strings.Cut(o.Stage, "#")
		o.Binding = binding != 0
		switch {
		case met != nil && (limit == nil || *met <= *limit):
			o.State = council.StageInTime
		case met != nil:
			o.State = council.StageLate
		case limit != nil && *limit < at:
			o.State = council.StageOverdue
		default:
			o.State = council.StageOpen
		}
		each(o)
	}
	return rows.Err()
}

// members gives the condition for rows r of registry_count.
func (s answers) members(tx *db.Tx, by access.Actor, on council.Day, known time.Time) (string, []any, error) {
	filter, err := s.Access.Filter(tx, by, counts(by, "registry.read"))
	if err != nil {
		return "", nil, err
	}
	cond, args := filter.SQL("r.mark_id", "r.institution_id")
	at := int64(forever - 1)
	if !known.IsZero() {
		at = known.UnixMicro()
	}
	day := on.Date().Format(time.DateOnly)
	return cond + ` AND r.rec_from <= ? AND r.rec_to > ? AND r.valid_from <= ? AND r.valid_to > ?`, append(args, at, at, day, day), nil
}

// Members implements council.Source.
func (s answers) Members(ctx context.Context, by access.Actor, on council.Day, known time.Time, each func(council.Member)) error {
	return s.DB.Read(ctx, func(tx *db.Tx) error {
		cond, args, err := s.members(tx, by, on, known)
		if err != nil {
			return err
		}
		rows, err := tx.Query(`SELECT r.institution_id, r.sector, r.class, r.mark_id FROM registry_count r WHERE `+cond, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var m council.Member
			if err := rows.Scan(&m.ID, &m.Sector, &m.Class, &m.Mark); err != nil {
				return err
			}
			each(m)
		}
		return rows.Err()
	})
}

// Lines implements council.Source.
func (s answers) Lines(ctx context.Context, by access.Actor, ids []string) (out []council.Line, err error) {
	if access.May(by, "incident.read") != nil || len(ids) == 0 {
		return nil, nil
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		filter, err := s.Access.Filter(tx, by, "incident.read")
		if err != nil {
			return err
		}
		cond, args := filter.SQL("i.mark_id", "i.owner_id", "i.reporter_id")
		for _, id := range ids {
			args = append(args, id)
		}
		found := map[string]council.Line{}
		rows, err := db.All(tx, func(r db.Scanner) (l council.Line, err error) {
			var at int64
			err = r.Scan(&l.ID, &l.Number, &l.Title, &l.Name, &at)
			l.At = db.Time(at)
			return l, err
		}, `SELECT i.id, i.number, i.title, i.name, i.reported_at FROM incident_incident i WHERE `+cond+` AND i.id IN `+db.In(len(ids)), args...)
		for _, l := range rows {
			found[l.ID] = l
		}
		out = out[:0]
		for _, id := range ids {
			if l, ok := found[id]; ok {
				out = append(out, l)
			}
		}
		return err
	})
	return out, err
}

// Names implements council.Source.
func (s answers) Names(ctx context.Context, by access.Actor, ids []string, lang string) (map[string]string, error) {
	out := map[string]string{}
	if access.May(by, "registry.read") != nil {
		return out, nil
	}
	return out, s.DB.Read(ctx, func(tx *db.Tx) error {
		day := registry.DayOf(s.now().In(s.Pack.Location))
		for _, id := range ids {
			in, ok, err := s.Registry.Find(tx, registry.ID(id))
			if err != nil {
				return err
			}
			if ok && access.MayOn(by, "registry.read", access.Object{Owner: id, Mark: in.Mark}) == nil {
				out[id] = in.NameOn(lang, day)
			}
		}
		return nil
	})
}

// Weeks implements council.Source. It counts by day and combination, in the
// order of the index.
func (s answers) Weeks(ctx context.Context, by access.Actor, from, to council.Day, units []string) (out []council.Bucket, marks []int64, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		cond, args, err := s.counted(tx, by, council.Window{From: from, To: to})
		if err != nil {
			return err
		}
		all, err := dims(tx)
		if err != nil {
			return err
		}
		sums := map[council.Bucket]int{}
		rows, err := tx.Query(`SELECT c.day, c.dim_id, count(*) FROM incident_count c WHERE `+cond+` GROUP BY c.day, c.dim_id`, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var day council.Day
			var dim int64
			var n int
			if err := rows.Scan(&day, &dim, &n); err != nil {
				return err
			}
			if r := all[dim]; slices.Contains(units, r.Unit) {
				sums[council.Bucket{Week: day.Monday(), Sector: r.Sector}] += n
			}
		}
		if err := rows.Err(); err != nil {
			return err
		}
		out = out[:0]
		for b, n := range sums {
			b.N = n
			out = append(out, b)
		}
		marks, err = db.All(tx, db.Scalar[int64], `SELECT DISTINCT c.mark_id FROM incident_count c WHERE `+cond, args...)
		return err
	})
	return out, marks, err
}

// Listed implements council.Source.
func (s answers) Listed(ctx context.Context, by access.Actor, from, to council.Day) (listed, reported int, err error) {
	var classes []any
	for _, c := range s.Pack.Classes {
		if c.Listed {
			classes = append(classes, c.ID)
		}
	}
	if len(classes) == 0 {
		return 0, 0, nil
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		cond, args, err := s.members(tx, by, to-1, time.Time{})
		if err != nil {
			return err
		}
		cond += ` AND r.class IN ` + db.In(len(classes))
		args = append(args, classes...)
		n, err := db.Count(tx, `SELECT count(*) FROM registry_count r WHERE `+cond, args...)
		if err != nil {
			return err
		}
		listed = int(n)
		if from >= to {
			return nil
		}
		seen, more, err := s.counted(tx, by, council.Window{From: from, To: to})
		if err != nil {
			return err
		}
		n, err = db.Count(tx, `SELECT count(*) FROM registry_count r WHERE `+cond+` AND r.institution_id IN (SELECT c.owner_id FROM incident_count c WHERE `+seen+`)`,
			append(args, more...)...)
		reported = int(n)
		return err
	})
	return listed, reported, err
}

// clockColumns are what scanClock reads.
const clockColumns = `o.incident_id, i.number, i.name, i.title, o.own, o.regime, o.stage, o.due, o.outer_due, o.binding, i.reported_at`

func scanClock(r db.Scanner) (c council.Clock, err error) {
	var own, binding int
	var began int64
	var due, limit db.NullTime
	err = r.Scan(&c.Incident, &c.Number, &c.Name, &c.Title, &own, &c.Regime, &c.Stage, &due, &limit, &binding, &began)
	c.Own, c.Binding, c.Began, c.Due, c.Limit = own != 0, binding != 0, db.Time(began), due.Time, limit.Time
	c.Stage = strings.TrimPrefix(c.Stage, "duty:")
	return c, err
}

// Due implements council.Source: of what institutions owe and the authority
// itself, what ran out last and what runs out next.
func (s answers) Due(ctx context.Context, by access.Actor, late, next int, now time.Time) (out []council.Clock, err error) {
	if access.May(by, "incident.read") != nil {
		return nil, nil
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		filter, err := s.Access.Filter(tx, by, "incident.read")
		if err != nil {
			return err
		}
		cond, args := filter.SQL("i.mark_id", "i.owner_id", "i.reporter_id")
		list := func(which, order string, limit int) ([]council.Clock, error) {
			return db.All(tx, scanClock, `SELECT `+clockColumns+` FROM incident_obligation o JOIN incident_incident i ON i.id = o.incident_id
				WHERE o.running = 1 AND o.rec_to = 9223372036854775807 AND o.exercise = 0 AND `+which+` AND `+cond+` ORDER BY o.due `+order+`, o.incident_id `+order+` LIMIT ?`,
				append(append([]any{now}, args...), limit)...)
		}
		if out, err = list(`o.due < ? AND o.binding = 1`, "DESC", late); err != nil {
			return err
		}
		slices.Reverse(out)
		coming, err := list(`o.due >= ?`, "ASC", next)
		out = append(out, coming...)
		return err
	})
	return out, err
}

// Load implements council.Source.
func (s answers) Load(ctx context.Context, by access.Actor, now time.Time) (council.Load, error) {
	if access.May(by, "incident.read") != nil {
		return council.Load{}, nil
	}
	c, err := s.Incident.Counts(ctx, by, incident.Query{}, now)
	return council.Load{Open: c.Open, Overdue: c.Overdue, Own: c.Own, Today: c.DueToday}, err
}

// newest is how many new incidents News names.
const newest = 5

// News implements council.Source.
func (s answers) News(ctx context.Context, by access.Actor, since, now time.Time) (n council.News, err error) {
	if access.May(by, "incident.read") != nil {
		return n, nil
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		filter, err := s.Access.Filter(tx, by, "incident.read")
		if err != nil {
			return err
		}
		cond, args := filter.SQL("i.mark_id", "i.owner_id", "i.reporter_id")
		from := db.NewID(since)[:14] // ids begin with the time they were made at
		with := func(head ...any) []any { return append(head, args...) }
		if n.Incidents, err = db.All(tx, func(r db.Scanner) (i council.NewsItem, err error) {
			var at int64
			err = r.Scan(&i.ID, &i.Number, &i.Title, &i.Name, &at)
			i.At = db.Time(at)
			return i, err
		}, `SELECT i.id, i.number, i.title, i.name, i.reported_at FROM incident_incident i
			WHERE i.id >= ? AND i.exercise = 0 AND i.created_at >= ? AND `+cond+` ORDER BY i.id DESC LIMIT ?`, append(with(from, since), newest)...); err != nil {
			return err
		}
		its := ` AND EXISTS (SELECT 1 FROM incident_incident i WHERE i.id = x.incident_id AND i.exercise = 0 AND ` + cond + `)` // few are asked about
		for query, to := range map[string]*int{
			`SELECT 1 FROM incident_incident i WHERE i.id >= ? AND i.exercise = 0 AND i.created_at >= ? AND ` + cond: &n.New,
			`SELECT 1 FROM incident_submission x WHERE x.id >= ? AND x.version > 1 AND x.at >= ?` + its:              &n.Submissions,
			`SELECT 1 FROM incident_message x WHERE x.id >= ? AND x.kind <> 'note' AND x.at >= ?` + its:              &n.Messages,
		} {
			got, err := db.Count(tx, `SELECT count(*) FROM (`+query+` LIMIT 1000) y`, with(from, since)...)
			if err != nil {
				return err
			}
			*to = int(got)
		}
		got, err := db.Count(tx, `SELECT count(*) FROM (SELECT 1 FROM incident_incident i WHERE i.live = 1 AND i.exercise = 0 AND i.overdue_at >= ? AND i.overdue_at < ? AND `+cond+` LIMIT 1000) x`,
			with(since, now)...)
		n.Overdue = int(got)
		return err
	})
	return n, err
}

var _ council.Source = answers{}
