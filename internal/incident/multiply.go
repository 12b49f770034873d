package incident

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"kulla.dev/internal/db"
	"kulla.dev/internal/marking"
)

// Owner is an institution that copies of incidents are given to.
type Owner struct{ ID, Name string }

// Multiply copies the incidents there are, as a desk of many years would hold
// them, until there are n more: with new ids and numbers, handed out to the
// owners in turn, each marked for its owner, those that have ended moved back
// by up to two months. It is for measuring; a desk that people work on has no
// use for it. Progress may be nil.
func (d *Desk) Multiply(ctx context.Context, n int, owners []Owner, now time.Time, progress func(done, total int64)) error {
	if len(owners) == 0 {
		return fmt.Errorf("nobody to give incidents to")
	}
	m := multiplier{Desk: d, marks: map[string]int64{}, last: map[int]int64{}}
	if err := d.DB.Read(ctx, m.read); err != nil {
		return err
	}
	if len(m.of) == 0 {
		return fmt.Errorf("no incident to copy")
	}
	const batch = 500
	for done := 0; done < n; {
		k := min(batch, n-done)
		if err := d.DB.Tx(ctx, func(tx *db.Tx) error { return m.write(tx, done, k, owners, now) }); err != nil {
			return err
		}
		if done += k; progress != nil {
			progress(int64(done), int64(n))
		}
	}
	return nil
}

// multiplied lists the tables of an incident: each column is copied, after its
// kind: @ an id of its own or a text with such ids and moments in it, ~ a
// moment, # the number, $ the owner, % the owner's name, ! the marking, ^ a day
// since 1970, = a key made unique.
func multiplied() []copied {
	return []copied{
		{"incident_incident", "id", "@id #number version kind $owner_id victim_id reporter_id group_id %name title unit status assignee sector class base !mark_id exercise speed significant severity band @content ~reported_at ~created_at ~changed_at merged_into live turn ~turn_at turn_regime turn_stage turn_binding ~next_due ~next_own ~overdue_at open_clocks"},
		{"incident_event", "incident_id", "@id @incident_id seq kind ~at ~recorded_at @supersedes @submission @content"},
		{"incident_fact", "incident_id", "@incident_id seq name ~recorded_at by_id @submission @content"},
		{"incident_submission", "incident_id", "@id @incident_id version =form_key covers ~at by_id by_name org @content digest signed late_reason channel ~next_due next_regime next_stage"},
		{"incident_obligation", "incident_id", "@incident_id regime @stage ~rec_from ~rec_to own kind state ~due ~outer_due ~met_at binding optional running exercise ^day !mark_id"},
		{"incident_count", "incident_id", "@incident_id ~rec_from ~rec_to ^day ^began dated dim_id unit sector $owner_id reporter_id !mark_id"},
		{"incident_message", "incident_id", "@id @incident_id kind ~at by_id org text ~due ~answered_at to_id"},
		{"incident_task", "incident_id", "@id @incident_id source content ~due assignee ~done_at done_by ~created_at"},
	}
}

type copied struct{ name, by, columns string }

func (t copied) names() []string {
	out := strings.Fields(t.columns)
	for i := range out {
		out[i] = strings.TrimLeft(out[i], "@~#$%!^=")
	}
	return out
}

type multiplier struct {
	*Desk
	of    []original
	marks map[string]int64
	last  map[int]int64 // year → highest number
}

// original is one incident to copy.
type original struct {
	title    string
	reported time.Time
	live     bool
	ids      []string
	rows     [][][]any // by table; texts with ids or moments in them are parts
}

// part is a stretch of a text: as it is, or an id, or a moment.
type part struct {
	text string
	id   int // index in ids, -1 for none
	at   time.Time
}

var movable = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z`)

func (m *multiplier) read(tx *db.Tx) error {
	m.of = nil
	ids, err := db.All(tx, db.Scalar[string], `SELECT id FROM incident_incident WHERE owner_id <> '' AND exercise = 0 ORDER BY id`)
	if err != nil {
		return err
	}
	for _, id := range ids {
		o := original{}
		for _, t := range multiplied() {
			names := t.names()
			rows, err := db.All(tx, func(s db.Scanner) ([]any, error) {
				row, to := make([]any, len(names)), make([]any, len(names))
				for i := range row {
					to[i] = &row[i]
				}
				err := s.Scan(to...)
				for i := range row {
					if b, ok := row[i].([]byte); ok {
						row[i] = string(b)
					}
				}
				return row, err
			}, `SELECT `+strings.Join(names, ", ")+` FROM `+t.name+` WHERE `+t.by+` = ?`, id)
			if err != nil {
				return err
			}
			o.rows = append(o.rows, rows)
		}
		m.cut(&o)
		m.of = append(m.of, o)
	}
	return nil
}

// cut finds the ids and moments in the texts of an original.
func (m *multiplier) cut(o *original) {
	have := map[string]int{}
	for ti, t := range multiplied() {
		for ci, c := range strings.Fields(t.columns) {
			for _, row := range o.rows[ti] {
				if v, ok := row[ci].(string); ok && (c == "@id") {
					have[v] = len(o.ids)
					o.ids = append(o.ids, v)
				}
			}
		}
	}
	first := o.rows[0][0]
	for i, c := range multiplied()[0].names() {
		switch v := first[i].(type) {
		case string:
			if c == "title" {
				o.title = v
			}
		case int64:
			if c == "reported_at" {
				o.reported = db.Time(v)
			}
			if c == "live" {
				o.live = v == 1
			}
		}
	}
	for ti, t := range multiplied() {
		for ci, c := range strings.Fields(t.columns) {
			if c[0] != '@' {
				continue
			}
			for _, row := range o.rows[ti] {
				if text, ok := row[ci].(string); ok {
					row[ci] = parts(text, have)
				}
			}
		}
	}
}

func parts(text string, have map[string]int) []part {
	var out []part
	done := 0
	for _, at := range movable.FindAllStringIndex(text, -1) {
		word := text[at[0]:at[1]]
		p := part{id: -1}
		if i, ok := have[word]; ok {
			p.id = i
		} else if t, err := time.Parse(time.RFC3339Nano, word); err == nil {
			p.at = t
		} else {
			continue
		}
		out = append(out, part{text: text[done:at[0]], id: -1}, p)
		done = at[1]
	}
	return append(out, part{text: text[done:], id: -1})
}

func (m *multiplier) write(tx *db.Tx, from, n int, owners []Owner, now time.Time) error {
	tables := multiplied()
	args := make([][]any, len(tables))
	var words []any
	for i := from; i < from+n; i++ {
		o, owner := &m.of[i%len(m.of)], owners[(i*7919)%len(owners)]
		back := time.Duration(i*2654435761%60) * 24 * time.Hour
		if o.live {
			back = time.Duration(i*2654435761%360) * time.Minute
		}
		mark, err := m.mark(tx, owner.ID, now)
		if err != nil {
			return err
		}
		number, err := m.number(tx, o.reported.Add(-back))
		if err != nil {
			return err
		}
		c := copier{o: o, owner: owner, mark: mark, back: back, number: number, suffix: fmt.Sprintf(" %d", i)}
		for range o.ids {
			c.ids = append(c.ids, db.NewID(o.reported.Add(-back)))
		}
		for ti, t := range tables {
			columns := strings.Fields(t.columns)
			for _, row := range o.rows[ti] {
				for ci, v := range row {
					args[ti] = append(args[ti], c.value(columns[ci], v))
				}
			}
		}
		for _, w := range searchWords(findText(owner.Name, o.title), maxWords) {
			words = append(words, digits(w), c.ids[0])
		}
	}
	for ti, t := range tables {
		names := t.names()
		if err := db.Insert(tx, `INSERT INTO `+t.name+` (`+strings.Join(names, ", ")+`)`, len(names), args[ti], ""); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
	}
	if err := db.Insert(tx, `INSERT INTO incident_word (word, incident_id)`, 2, words, ""); err != nil {
		return err
	}
	for year, last := range m.last {
		if _, err := tx.Exec(`INSERT INTO incident_number (year, kind, last) VALUES (?, 'I', ?)
			ON CONFLICT (year, kind) DO UPDATE SET last = excluded.last`, year, last); err != nil {
			return err
		}
	}
	return nil
}

func (m *multiplier) mark(tx *db.Tx, owner string, now time.Time) (int64, error) {
	if id, ok := m.marks[owner]; ok {
		return id, nil
	}
	mark := marking.Of(marking.TLPAmberStrict)
	mark.Scope = marking.Only(m.Authority, owner)
	id, err := m.Access.Mark(tx, mark, now)
	if err == nil {
		m.marks[owner] = int64(id)
	}
	return int64(id), err
}

func (m *multiplier) number(tx *db.Tx, at time.Time) (string, error) {
	year := at.In(m.Pack.Location).Year()
	if _, ok := m.last[year]; !ok {
		n, err := db.Count(tx, `SELECT max(last) FROM incident_number WHERE year = ? AND kind = 'I'`, year)
		if err != nil {
			return "", err
		}
		m.last[year] = n
	}
	m.last[year]++
	return fmt.Sprintf("I-%d-%04d", year, m.last[year]), nil
}

// copier writes the values of one copy.
type copier struct {
	o              *original
	owner          Owner
	mark           int64
	back           time.Duration
	number, suffix string
	ids            []string
}

func (c *copier) value(column string, v any) any {
	switch column[0] {
	case '@':
		list, ok := v.([]part)
		if !ok {
			return v // NULL
		}
		var b strings.Builder
		for _, p := range list {
			switch {
			case p.id >= 0:
				b.WriteString(c.ids[p.id])
			case !p.at.IsZero():
				b.WriteString(p.at.Add(-c.back).Format(time.RFC3339Nano))
			default:
				b.WriteString(p.text)
			}
		}
		return b.String()
	case '~':
		if at, ok := v.(int64); ok && at != 0 && at != int64(forever) {
			return at - c.back.Microseconds()
		}
	case '#':
		return c.number
	case '$':
		return c.owner.ID
	case '%':
		return c.owner.Name
	case '!':
		return c.mark
	case '=':
		return fmt.Sprint(v, c.suffix)
	case '^':
		day, ok := v.(int64)
		if ok {
			return day - int64(c.back/(24*time.Hour))
		}
	}
	return v
}
