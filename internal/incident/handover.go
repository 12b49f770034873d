package incident

import (
	"context"
	"strings"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/audit"
	"kulla.dev/internal/db"
)

const clockColumns = `o.incident_id, i.number, i.name, i.title, o.own, o.regime, o.stage, o.kind, o.state, o.due, o.outer_due, o.binding, o.exercise`

func scanClock(s db.Scanner) (c Clock, err error) {
	var own, binding, exercise int
	var due, outer db.NullTime
	err = s.Scan(&c.Incident, &c.Number, &c.Name, &c.Title, &own, &c.Regime, &c.Stage, &c.Kind, &c.State, &due, &outer, &binding, &exercise)
	c.Own, c.Binding, c.Exercise, c.Due, c.Outer = own != 0, binding != 0, exercise != 0, due.Time, outer.Time
	c.Stage = strings.TrimPrefix(c.Stage, "duty:")
	return c, err
}

// OpenClocks gives the clocks running on incidents the reader may know of that
// fall due before a moment, those due first, at most limit.
func (d *Desk) OpenClocks(ctx context.Context, by access.Actor, before time.Time, limit int) (out []Clock, err error) {
	if err := access.May(by, "incident.read"); err != nil {
		return nil, err
	}
	err = d.DB.Read(ctx, func(tx *db.Tx) (err error) {
		out, err = d.clocks(tx, by, before, limit)
		return err
	})
	return out, err
}

func (d *Desk) clocks(tx *db.Tx, by access.Actor, before time.Time, limit int) ([]Clock, error) {
	filter, err := d.Access.Filter(tx, by, "incident.read")
	if err != nil {
		return nil, err
	}
	cond, args := filter.SQL("i.mark_id", "i.owner_id", "i.reporter_id")
	args = append([]any{by.Exercise, before}, append(args, limit)...)
	return db.All(tx, scanClock, `SELECT `+clockColumns+` FROM incident_obligation o JOIN incident_incident i ON i.id = o.incident_id
		WHERE o.running = 1 AND o.rec_to = 9223372036854775807 AND o.exercise = ? AND o.due < ? AND `+cond+` ORDER BY o.due, o.incident_id LIMIT ?`, args...)
}

// HandOver keeps the note of one shift to the next, with the clocks that run
// out within 24 hours as they stood.
func (d *Desk) HandOver(ctx context.Context, by access.Actor, to, text string, now time.Time) (Handover, error) {
	if err := access.May(by, "incident.answer"); err != nil {
		return Handover{}, err
	}
	text, err := goodText(text)
	if err != nil {
		return Handover{}, err
	}
	h := Handover{ID: db.NewID(now), At: now, By: by.ID(), To: to, Text: text}
	err = d.DB.Tx(ctx, func(tx *db.Tx) error {
		if h.Clocks, err = d.clocks(tx, by, now.Add(24*time.Hour), 500); err != nil {
			return err
		}
		clocks, err := encode(h.Clocks)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO incident_handover (id, at, by_id, to_id, text, clocks) VALUES (?, ?, ?, ?, ?, ?)`, h.ID, now, h.By, to, text, clocks); err != nil {
			return err
		}
		return d.Audit.Record(tx, by, audit.Entry{Verb: "incident.hand-over", Object: "handover", ObjectID: h.ID, Detail: map[string]any{"to": to, "clocks": len(h.Clocks)}}, now)
	})
	return h, err
}

// Handovers gives the newest notes. Of the clocks, those are shown whose
// incident the reader may know of.
func (d *Desk) Handovers(ctx context.Context, by access.Actor, limit int) (out []Handover, err error) {
	if err := access.May(by, "incident.note"); err != nil {
		return nil, err
	}
	err = d.DB.Read(ctx, func(tx *db.Tx) error {
		if out, err = db.All(tx, func(s db.Scanner) (h Handover, err error) {
			var at int64
			var clocks string
			if err := s.Scan(&h.ID, &at, &h.By, &h.To, &h.Text, &clocks); err != nil {
				return h, err
			}
			h.At = db.Time(at)
			return h, decode(clocks, &h.Clocks)
		}, `SELECT id, at, by_id, to_id, text, clocks FROM incident_handover ORDER BY at DESC LIMIT ?`, limit); err != nil {
			return err
		}
		filter, err := d.Access.Filter(tx, by, "incident.read")
		if err != nil {
			return err
		}
		cond, args := filter.SQL("mark_id", "owner_id", "reporter_id")
		known := map[ID]bool{}
		for i := range out {
			kept := out[i].Clocks[:0]
			for _, c := range out[i].Clocks {
				ok, asked := known[c.Incident]
				if !asked {
					n, err := db.Count(tx, `SELECT count(*) FROM incident_incident WHERE id = ? AND `+cond, append([]any{string(c.Incident)}, args...)...)
					if err != nil {
						return err
					}
					ok = n > 0
					known[c.Incident] = ok
				}
				if ok {
					kept = append(kept, c)
				}
			}
			out[i].Clocks = kept
		}
		return nil
	})
	return out, err
}
