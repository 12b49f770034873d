package incident

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"kulla.dev/internal/db"
	"kulla.dev/internal/regime"
)

// dayOf is the civil day of a moment in the authority's zone, as the number of
// days since 1970-01-01.
func (d *Desk) dayOf(t time.Time) int {
	y, m, day := t.In(d.Pack.Location).Date()
	return int(time.Date(y, m, day, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// dayTime is midnight UTC of a day number.
func dayTime(n int) time.Time { return time.Unix(int64(n)*86400, 0).UTC() }

// dims is what statistics tell apart. Its text is the key of incident_dim.
type dims struct {
	unit                      Unit
	kind                      regime.ReportKind
	sector, class, base, band string
	significant               regime.Tri
}

func (v dims) text() string {
	return strings.Join([]string{string(v.unit), string(v.kind), v.sector, v.class, v.base, v.significant.String(), v.band}, "\x1f")
}

func parseDims(text string) (v dims, err error) {
	p := strings.Split(text, "\x1f")
	if len(p) != 7 {
		return v, fmt.Errorf("dimensions %q are not seven", text)
	}
	v = dims{unit: Unit(p[0]), kind: regime.ReportKind(p[1]), sector: p[2], class: p[3], base: p[4], band: p[6]}
	for _, t := range []regime.Tri{regime.Unknown, regime.No, regime.Yes} {
		if t.String() == p[5] {
			v.significant = t
		}
	}
	return v, nil
}

// dim gives the id under which a combination is stored, writing it if it is new.
func dim(tx *db.Tx, v dims) (int64, error) {
	sum := sha256.Sum256([]byte(v.text()))
	id := int64(binary.BigEndian.Uint64(sum[:8]) >> 2)
	_, err := tx.Exec(`INSERT INTO incident_dim (id, text) VALUES (?, ?) ON CONFLICT (id) DO NOTHING`, id, v.text())
	return id, err
}

// allDims reads every combination met so far.
func allDims(tx *db.Tx) (map[int64]dims, error) {
	type pair struct {
		id   int64
		text string
	}
	rows, err := db.All(tx, func(s db.Scanner) (p pair, err error) { err = s.Scan(&p.id, &p.text); return p, err }, `SELECT id, text FROM incident_dim`)
	out := make(map[int64]dims, len(rows))
	for _, r := range rows {
		v, err := parseDims(r.text)
		if err != nil {
			return nil, err
		}
		out[r.id] = v
	}
	return out, err
}

// counted is what statistics count of one incident.
type counted struct {
	day, began      int
	dated           bool
	dim             int64
	owner, reporter string
	mark            int64
}

func (d *Desk) countOf(tx *db.Tx, s *state, mark int64) (c counted, err error) {
	c = counted{day: d.dayOf(s.Incident.Reported.At), owner: s.Institution, reporter: s.Reporter, mark: mark}
	c.began = c.day
	if m := s.body.Occurred; known(m) && m.Precision != Month {
		c.began, c.dated = d.dayOf(m.At), true
	}
	c.dim, err = dim(tx, dims{unit: s.Unit, kind: s.Kind, sector: s.Sector, class: s.Class, base: s.Base, band: s.Severity.band(), significant: s.Significant})
	return c, err
}

// writeCount keeps the version of what is counted. Exercises are never
// counted; merged and withdrawn incidents no longer are.
func (d *Desk) writeCount(tx *db.Tx, s *state, mark int64, now time.Time) error {
	if s.Exercise {
		return nil
	}
	want, err := d.countOf(tx, s, mark)
	if err != nil {
		return err
	}
	counts := s.Status != StatusMerged && s.Status != StatusWithdrawn
	var from int64
	have, ok, err := db.One(tx, func(r db.Scanner) (c counted, err error) {
		var dated int
		err = r.Scan(&from, &c.day, &c.began, &dated, &c.dim, &c.owner, &c.reporter, &c.mark)
		c.dated = dated != 0
		return c, err
	}, `SELECT rec_from, day, began, dated, dim_id, owner_id, reporter_id, mark_id FROM incident_count WHERE incident_id = ? AND rec_to = ?`, string(s.ID), int64(forever))
	if err != nil || ok && counts && have == want {
		return err
	}
	at := db.Micros(now)
	if ok {
		query := `UPDATE incident_count SET rec_to = ? WHERE incident_id = ? AND rec_from = ?`
		args := []any{at, string(s.ID), from}
		if from >= at { // it held for no time at all
			query, args = `DELETE FROM incident_count WHERE incident_id = ? AND rec_from = ?`, args[1:]
		}
		if _, err := tx.Exec(query, args...); err != nil {
			return err
		}
	}
	if !counts {
		return nil
	}
	_, err = tx.Exec(`INSERT INTO incident_count (incident_id, rec_from, rec_to, day, began, dated, dim_id, unit, sector, owner_id, reporter_id, mark_id)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		string(s.ID), at, int64(forever), want.day, want.began, want.dated, want.dim, string(s.Unit), s.Sector, want.owner, want.reporter, want.mark)
	return err
}
