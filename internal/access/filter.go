package access

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/marking"
)

// MarkID is the id of a distinct marking in access_mark, the value of every
// mark_id column.
type MarkID int64

// markID computes the id: the first 62 bits of the SHA-256 of the text.
func markID(text string) MarkID {
	sum := sha256.Sum256([]byte(text))
	return MarkID(binary.BigEndian.Uint64(sum[:8]) >> 2)
}

// Mark gives the id under which rows so marked are stored, writing it if the
// marking is new. It refuses a marking that the country's table does not know
// or that exceeds what this desk is accredited for.
func (d *Desk) Mark(tx *db.Tx, m marking.Marking, now time.Time) (MarkID, error) {
	if err := d.table.Check(m); err != nil {
		return 0, err
	}
	if m.Exceeds(d.ceiling) {
		return 0, fault.New(fault.Invalid, "access.mark.above-ceiling")
	}
	text := m.Text()
	id := markID(text)
	have := func() (bool, error) {
		got, ok, err := db.One(tx, db.Scalar[string], `SELECT text FROM access_mark WHERE id = ?`, int64(id))
		if err == nil && ok && got != text {
			err = fmt.Errorf("markings %q and %q share id %d", got, text, id) // unreachable below 2^31 markings
		}
		return ok, err
	}
	if ok, err := have(); ok || err != nil {
		return id, err
	}
	// New markings are rare. Transactions that add several, in whatever order,
	// queue here instead of waiting for each other's rows. What the row says
	// then follows from every marking added, so that each node sees at once
	// that there is a new one, and one that was rolled back is not mistaken for
	// the next.
	if _, err := tx.Exec(`UPDATE access_mark_lock SET one = (CAST(one AS BIGINT) * 31 + CAST(? AS BIGINT)) % ?`, int64(id)%generations, int64(generations)); err != nil {
		return 0, fmt.Errorf("lock markings: %w", err)
	}
	if _, err := tx.Exec(`INSERT INTO access_mark (id, text, created_at) VALUES (?, ?, ?)
		ON CONFLICT (id) DO NOTHING`, int64(id), text, now); err != nil {
		return 0, fmt.Errorf("store marking: %w", err)
	}
	_, err := have()
	return id, err
}

// MarkOf gives the marking stored under the id.
func (d *Desk) MarkOf(tx *db.Tx, id MarkID) (marking.Marking, error) {
	if m, ok := d.marks.get(id); ok {
		return m, nil
	}
	text, ok, err := db.One(tx, db.Scalar[string], `SELECT text FROM access_mark WHERE id = ?`, int64(id))
	if err != nil {
		return marking.Marking{}, err
	}
	if !ok {
		return marking.Marking{}, fmt.Errorf("no marking has id %d", id)
	}
	m, err := marking.Parse(text)
	if err != nil {
		return marking.Marking{}, fmt.Errorf("stored marking %d: %w", id, err)
	}
	d.marks.put(id, m)
	return m, nil
}

// generations is how many values the row of access_mark_lock takes: a prime
// that fits its column.
const generations = 1<<31 - 1

// generation gives a number that is the same as long as the markings are, and
// whether all statements of the transaction see the same ones.
func generation(tx *db.Tx) (gen int64, steady bool, err error) {
	level := "''"
	if tx.Dialect() == db.Postgres {
		level = "current_setting('transaction_isolation')"
	}
	var isolation string
	err = tx.QueryRow(`SELECT one, `+level+` FROM access_mark_lock`).Scan(&gen, &isolation)
	return gen, isolation != "read committed", err
}

// markings gives all markings, of the generation that the transaction sees.
func (d *Desk) markings(tx *db.Tx, gen int64) (*markings, error) {
	if k := d.marks.at(gen); k != nil {
		return k, nil
	}
	k := &markings{gen: gen, split: map[string]split{}}
	rows, err := tx.Query(`SELECT id, text FROM access_mark`)
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
		m, ok := d.marks.get(MarkID(id))
		if !ok {
			if m, err = marking.Parse(text); err != nil {
				return nil, fmt.Errorf("stored marking %d: %w", id, err)
			}
			d.marks.put(MarkID(id), m)
		}
		k.ids, k.all = append(k.ids, MarkID(id)), append(k.all, m)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	d.marks.keep(k)
	return k, nil
}

// marks remembers markings by id. What an id means never changes, so that it
// can be kept whatever becomes of the transaction it was read in.
type marks struct {
	mu   sync.RWMutex
	by   map[MarkID]marking.Marking
	last *markings // of the generation met last
}

// markings is every marking of one generation, with who may read which.
type markings struct {
	gen int64
	ids []MarkID
	all []marking.Marking

	mu    sync.Mutex
	split map[string]split // by what decides it of the reader
	n     int              // ids in split
}

// split is the markings some readers may see and, where those are fewer, the
// ones they may not.
type split struct{ yes, no []MarkID }

// remembered bounds the ids kept in all splits of a generation: 16 MB.
const remembered = 1 << 21

// splitFor decides each marking once for all readers of whom key says the same.
func (k *markings) splitFor(key string, may func(marking.Marking) bool) split {
	k.mu.Lock()
	s, ok := k.split[key]
	k.mu.Unlock()
	if ok {
		return s
	}
	for i, m := range k.all {
		if may(m) {
			s.yes = append(s.yes, k.ids[i])
		} else {
			s.no = append(s.no, k.ids[i])
		}
	}
	if len(s.no) >= len(s.yes) {
		s.no = nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.n += len(s.yes) + len(s.no) + 1; k.n > remembered {
		k.n = len(s.yes) + len(s.no) + 1
		clear(k.split)
	}
	k.split[key] = s
	return s
}

func (c *marks) at(gen int64) *markings {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.last == nil || c.last.gen != gen {
		return nil
	}
	return c.last
}

func (c *marks) keep(k *markings) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = k
}

func (c *marks) get(id MarkID) (marking.Marking, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	m, ok := c.by[id]
	return m, ok
}

func (c *marks) put(id MarkID, m marking.Marking) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.by == nil {
		c.by = map[MarkID]marking.Marking{}
	}
	c.by[id] = m
}

// Where is a condition of SQL with its arguments. The zero Where lets nothing
// through.
type Where struct {
	all    bool // every marking: the desk itself
	except bool // every marking but marks
	marks  []MarkID
	reach  Reach
	owners []string // institutions within reach; none: all
}

// SQL gives the condition, in parentheses, for rows whose marking is in
// markColumn and whose owner is in one of ownerColumns, with its arguments.
// Write it into the WHERE of every query that lists, counts, searches or
// suggests rows a person will see:
//
//	cond, args := where.SQL("r.mark_id", "r.owner_id")
func (w Where) SQL(markColumn string, ownerColumns ...string) (string, []any) {
	var parts []string
	var args []any
	switch {
	case w.reach == ReachNone, !w.all && !w.except && len(w.marks) == 0:
		return "(1 = 0)", nil
	case len(w.marks) > 0:
		var b strings.Builder
		b.WriteString(markColumn)
		if w.except {
			b.WriteString(" NOT")
		}
		b.WriteString(" IN (")
		for i, id := range w.marks {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(strconv.FormatInt(int64(id), 10))
		}
		b.WriteByte(')')
		parts = append(parts, b.String())
	}
	if len(w.owners) > 0 {
		if len(ownerColumns) == 0 {
			return "(1 = 0)", nil
		}
		var any []string
		for _, c := range ownerColumns {
			any = append(any, c+" IN "+db.In(len(w.owners)))
			for _, o := range w.owners {
				args = append(args, o)
			}
		}
		parts = append(parts, "("+strings.Join(any, " OR ")+")")
	}
	if len(parts) == 0 {
		return "(1 = 1)", nil
	}
	return "(" + strings.Join(parts, " AND ") + ")", args
}

// Filter gives the condition that lets through exactly the rows on which
// MayOn(by, p, …) agrees, as far as owner and marking decide it.
func (d *Desk) Filter(tx *db.Tx, by Actor, p Permission) (Where, error) {
	w := Where{all: by.Kind == KindSystem}
	if w.reach, w.owners = span(by, p); w.reach == ReachNone {
		return Where{}, nil
	}
	barredUse := usesBarred(p)
	if w.all = w.all && len(barredUse) == 0; w.all {
		return w, nil
	}
	gen, steady, err := generation(tx)
	if err != nil {
		return Where{}, err
	}
	known, err := d.markings(tx, gen)
	if err != nil {
		return Where{}, err
	}
	reader := by.Reader()
	key := fmt.Sprintf("%t %q %#v", by.Kind == KindSystem, barredUse, reader)
	s := known.splitFor(key, func(m marking.Marking) bool {
		usable := !slices.ContainsFunc(m.Caveats, func(c string) bool { return slices.Contains(barredUse, c) })
		return usable && (by.Kind == KindSystem || marking.MayRead(reader, m))
	})
	// The shorter list says the same; but where a later statement may meet a
	// marking that was not decided yet, only those decided are let through.
	w.marks = s.yes
	if steady && (s.no != nil || len(s.yes) == len(known.ids) && len(s.yes) > 0) {
		w.except, w.marks = true, s.no
	}
	return w, nil
}

// usesBarred gives the caveats on the strength of which p may not be done.
func usesBarred(p Permission) []string {
	var out []string
	for _, w := range rights().wall {
		if w.verb == "use" && w.subject == string(p) {
			out = append(out, w.caveat)
		}
	}
	return out
}
