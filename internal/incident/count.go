package incident

import (
	"time"

	"kulla.dev/internal/db"
)

// dayOf is the civil day of a moment in the authority's zone, as the number of
// days since 1970-01-01.
func (d *Desk) dayOf(t time.Time) int {
	y, m, day := t.In(d.Pack.Location).Date()
	return int(time.Date(y, m, day, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// dayTime is midnight UTC of a day number.
func dayTime(n int) time.Time { return time.Unix(int64(n)*86400, 0).UTC() }

// counted is what statistics count of one incident.
type counted struct {
	day                             int
	began                           any // int64, or nil
	unit, kind, sector, class, base string
	owner, reporter, band           string
	significant                     int
	mark                            int64
}

func (d *Desk) countOf(s *state, mark int64) counted {
	c := counted{day: d.dayOf(s.Incident.Reported.At), unit: string(s.Unit), kind: string(s.Kind), sector: s.Sector, class: s.Class, base: s.Base,
		owner: s.Institution, reporter: s.Reporter, band: s.Severity.band(), significant: int(s.Significant), mark: mark}
	if m := s.body.Occurred; !m.IsZero() && m.Precision != Unknown && m.Precision != Month {
		c.began = int64(d.dayOf(m.At))
	}
	return c
}

// writeCount keeps the version of what is counted. Exercises are never
// counted; merged and withdrawn incidents no longer are.
func (d *Desk) writeCount(tx *db.Tx, s *state, mark int64, now time.Time) error {
	if s.Exercise {
		return nil
	}
	want, counts := d.countOf(s, mark), s.Status != StatusMerged && s.Status != StatusWithdrawn
	var from int64
	have, ok, err := db.One(tx, func(r db.Scanner) (c counted, err error) {
		var began *int64
		err = r.Scan(&from, &c.day, &began, &c.unit, &c.kind, &c.sector, &c.class, &c.base, &c.owner, &c.reporter, &c.significant, &c.band, &c.mark)
		if began != nil {
			c.began = *began
		}
		return c, err
	}, `SELECT rec_from, day, began, unit, kind, sector, class, base, owner_id, reporter_id, significant, band, mark_id FROM incident_count
		WHERE incident_id = ? AND rec_to = ?`, string(s.ID), int64(forever))
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
	_, err = tx.Exec(`INSERT INTO incident_count (incident_id, rec_from, rec_to, day, began, unit, kind, sector, class, base, owner_id, reporter_id, significant, band, mark_id)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		string(s.ID), at, int64(forever), want.day, want.began, want.unit, want.kind, want.sector, want.class, want.base, want.owner, want.reporter,
		want.significant, want.band, want.mark)
	return err
}
