package incident

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/country"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
)

const rowListColumns = `i.id, i.number, i.kind, i.title, i.name, i.owner_id, i.sector, i.class, i.unit, i.status, i.assignee, i.band, i.reported_at,
	i.turn, i.turn_at, i.turn_stage, i.turn_regime, i.turn_binding, i.overdue_at, i.open_clocks, i.exercise, i.next_own`

type listRow struct {
	Row
	turn int
	at   int64
}

func scanListRow(s db.Scanner) (r listRow, err error) {
	var reported int64
	var binding, exercise int
	var overdue, own db.NullTime
	if err := s.Scan(&r.ID, &r.Number, &r.Kind, &r.Title, &r.Name, &r.Institution, &r.Sector, &r.Class, &r.Unit, &r.Status, &r.Assignee, &r.Band, &reported,
		&r.turn, &r.at, &r.Stage, &r.Regime, &binding, &overdue, &r.Open, &exercise, &own); err != nil {
		return r, err
	}
	r.Reported, r.Binding, r.Exercise, r.Overdue = db.Time(reported), binding != 0, exercise != 0, overdue.Time
	if r.turn < 3 {
		r.Due, r.Own = db.Time(r.at), r.turn == 1
		if r.Own && !own.Time.Equal(r.Due) {
			r.Due, r.Prompt = time.Time{}, r.Due
		}
	}
	return r, nil
}

// order is how a list is sorted: two columns and the id, all in one index.
type order struct {
	columns []string
	desc    bool
}

func (q Query) order() order {
	switch {
	case q.Ended:
		return order{[]string{"i.reported_at"}, true}
	case q.Overdue:
		return order{[]string{"i.overdue_at"}, false}
	}
	return order{[]string{"i.turn", "i.turn_at"}, false}
}

func (o order) by() string {
	dir := ""
	if o.desc {
		dir = " DESC"
	}
	return strings.Join(append(slices.Clone(o.columns), "i.id"), dir+", ") + dir
}

// after gives the condition that continues a list behind a row, whose sort
// values and id the cursor holds.
func (o order) after(cursor string) (string, []any, error) {
	if cursor == "" {
		return "", nil, nil
	}
	parts := strings.Split(cursor, "_")
	bad := fault.New(fault.Invalid, "incident.list.cursor")
	if len(parts) != len(o.columns)+1 || !db.ValidID(parts[len(parts)-1]) {
		return "", nil, bad
	}
	var args []any
	for _, p := range parts[:len(parts)-1] {
		n, err := strconv.ParseInt(p, 10, 64)
		if err != nil {
			return "", nil, bad
		}
		args = append(args, n)
	}
	sign := ">"
	if o.desc {
		sign = "<"
	}
	args = append(args, parts[len(parts)-1])
	return " AND (" + strings.Join(append(slices.Clone(o.columns), "i.id"), ", ") + ") " + sign + " (" + strings.TrimSuffix(strings.Repeat("?, ", len(args)), ", ") + ")", args, nil
}

func (q Query) cursor(r listRow) string {
	switch {
	case q.Ended:
		return fmt.Sprintf("%d_%s", r.Reported.UnixMicro(), r.ID)
	case q.Overdue:
		return fmt.Sprintf("%d_%s", r.Overdue.UnixMicro(), r.ID)
	}
	return fmt.Sprintf("%d_%d_%s", r.turn, r.at, r.ID)
}

// where gives the condition of a query, with the reader's clearance in it.
func (d *Desk) where(tx *db.Tx, by access.Actor, p access.Permission, q Query, now time.Time) (string, []any, error) {
	filter, err := d.Access.Filter(tx, by, p)
	if err != nil {
		return "", nil, err
	}
	cond, args := filter.SQL("i.mark_id", "i.owner_id", "i.reporter_id")
	add := func(c string, a ...any) { cond, args = cond+" AND "+c, append(args, a...) }
	// The literals let both engines use the partial indexes; of one institution
	// or one word the incidents are few, and are found by it instead.
	live := "i.live"
	own := access.ReachOf(by, p) == access.ReachOwn
	if own || q.Text != "" {
		live += " + 0"
	}
	if q.Ended {
		add(live + " = 0")
	} else {
		add(live + " = 1")
	}
	add("i.exercise = ?", q.Exercise)
	if own {
		add("i.id IN (SELECT id FROM incident_incident WHERE owner_id = ? UNION ALL SELECT id FROM incident_incident WHERE reporter_id = ? AND reporter_id <> '')", by.Institution, by.Institution)
	}
	if q.Mine {
		add("i.assignee = ?", by.Person)
	}
	if q.Unassigned {
		add("i.assignee = ''")
	}
	if q.Overdue {
		add("i.overdue_at IS NOT NULL")
		add("i.overdue_at < ?", now)
	}
	if q.Sector != "" {
		ids := d.sectors(q.Sector)
		if len(ids) == 1 {
			add("i.sector = ?", ids[0])
		} else {
			add("i.sector IN "+db.In(len(ids)), ids...)
		}
	}
	if q.Institution != "" {
		add("i.owner_id = ?", q.Institution)
	}
	if q.Status != "" {
		add("i.status = ?", string(q.Status))
	}
	if q.Unit != "" {
		add("i.unit = ?", string(q.Unit))
	}
	if !q.From.IsZero() {
		add("i.reported_at >= ?", q.From)
	}
	if !q.To.IsZero() {
		add("i.reported_at < ?", q.To)
	}
	if text := strings.ToLower(clean(q.Text)); text != "" {
		if number := strings.ToUpper(text); len(number) >= 11 && (number[:2] == "I-" || number[:2] == "X-") {
			add("i.number = ?", number)
		} else {
			c, more := wordCondition(text)
			add(c, more...)
		}
	}
	return cond, args, nil
}

// sectors gives a sector of the pack with its subsectors.
func (d *Desk) sectors(id string) []any {
	out := []any{id}
	for _, s := range d.Pack.Sectors {
		if s.Parent == id {
			out = append(out, s.ID)
		}
	}
	return out
}

// Queue gives a page of the list the duty officer works from: the authority's
// own duties first, then what institutions owe, each by its due, then the
// rest by age.
func (d *Desk) Queue(ctx context.Context, by access.Actor, q Query, now time.Time) (Page, error) {
	if err := access.May(by, "incident.read"); err != nil {
		return Page{}, err
	}
	if q.Limit <= 0 {
		q.Limit = 50
	}
	q.Limit = min(q.Limit, 200)
	var out Page
	err := d.DB.Read(ctx, func(tx *db.Tx) error {
		rows, err := d.list(tx, by, "incident.read", q, now)
		if err != nil {
			return err
		}
		if len(rows) > q.Limit {
			rows = rows[:q.Limit]
			out.Next = q.cursor(rows[q.Limit-1])
		}
		var who []string
		out.Rows = make([]Row, len(rows))
		for i, r := range rows {
			out.Rows[i] = r.Row
			if db.ValidID(r.Assignee) && !slices.Contains(who, r.Assignee) {
				who = append(who, r.Assignee)
			}
		}
		out.People, err = d.Access.Names(tx, who)
		return err
	})
	return out, err
}

// list reads one row more than the limit, to know whether there are more.
func (d *Desk) list(tx *db.Tx, by access.Actor, p access.Permission, q Query, now time.Time) ([]listRow, error) {
	cond, args, err := d.where(tx, by, p, q, now)
	if err != nil {
		return nil, err
	}
	o := q.order()
	after, more, err := o.after(q.After)
	if err != nil {
		return nil, err
	}
	args = append(append(args, more...), q.Limit+1)
	return db.All(tx, scanListRow, `SELECT `+rowListColumns+` FROM incident_incident i WHERE `+cond+after+` ORDER BY `+o.by()+` LIMIT ?`, args...)
}

// Counts gives the numbers over the list, each counted up to CountLimit.
func (d *Desk) Counts(ctx context.Context, by access.Actor, q Query, now time.Time) (out Counts, err error) {
	if err := access.May(by, "incident.read"); err != nil {
		return out, err
	}
	base := Query{Exercise: q.Exercise, Sector: q.Sector, Institution: q.Institution}
	tomorrow := country.DateOf(now.In(d.Pack.Location)).AddDays(1).At(0, 0, 0, d.Pack.Location)
	err = d.DB.Read(ctx, func(tx *db.Tx) error {
		for _, c := range []struct {
			to   *int
			q    Query
			more string
			args []any
		}{
			{&out.Open, base, "", nil},
			{&out.Mine, Query{Mine: true, Exercise: base.Exercise, Sector: base.Sector, Institution: base.Institution}, "", nil},
			{&out.Unassigned, Query{Unassigned: true, Exercise: base.Exercise, Sector: base.Sector, Institution: base.Institution}, "", nil},
			{&out.Overdue, Query{Overdue: true, Exercise: base.Exercise, Sector: base.Sector, Institution: base.Institution}, "", nil},
			{&out.Own, base, " AND i.turn = 1", nil},
			{&out.DueToday, base, " AND i.turn IN (1, 2) AND i.turn_at < ?", []any{tomorrow}},
		} {
			cond, args, err := d.where(tx, by, "incident.read", c.q, now)
			if err != nil {
				return err
			}
			n, err := db.Count(tx, `SELECT count(*) FROM (SELECT 1 FROM incident_incident i WHERE `+cond+c.more+` LIMIT ?) x`, append(append(args, c.args...), CountLimit)...)
			if err != nil {
				return err
			}
			*c.to = int(n)
		}
		return nil
	})
	return out, err
}
