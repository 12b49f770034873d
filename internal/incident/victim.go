package incident

import (
	"context"
	"slices"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/audit"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/marking"
)

// Adopt says which institution of the registry an unlisted victim is, once it
// is listed. Its incidents become the institution's, with their whole history;
// what each was called and how it was classed at the report stays on it. It
// gives the incidents that moved.
func (d *Desk) Adopt(ctx context.Context, by access.Actor, victimID, institution string, now time.Time) (moved []ID, err error) {
	if err := access.May(by, "incident.mark"); err != nil {
		return nil, err
	}
	err = d.DB.Tx(ctx, func(tx *db.Tx) error {
		moved = nil
		if _, ok, err := d.party(tx, institution, now); err != nil || !ok {
			var f fault.Fields
			f.Add("institution", "incident.field.unknown", institution)
			if err == nil {
				err = f.Err()
			}
			return err
		}
		n, err := tx.Exec(`UPDATE incident_victim SET institution_id = ? WHERE id = ? AND institution_id = ''`, institution, victimID)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.NotFound, "incident.get.unknown")
		}
		ids, err := db.All(tx, db.Scalar[ID], `SELECT id FROM incident_incident WHERE victim_id = ? ORDER BY id`, victimID)
		if err != nil {
			return err
		}
		for _, id := range ids {
			s, err := d.open(tx, by, "incident.mark", id, now)
			if err != nil {
				return err
			}
			s.Institution = institution
			if m := s.Incident.Mark; !m.Scope.IsEveryone() {
				s.Incident.Mark.Scope = marking.Only(append(slices.Clone(m.Scope.IDs()), institution)...)
			}
			if err := d.identify(tx, s, now); err != nil {
				return err
			}
			if err := d.settle(tx, by, s, now, true); err != nil {
				return err
			}
			if err := d.remark(tx, s, now); err != nil {
				return err
			}
			moved = append(moved, id)
		}
		return d.Audit.Record(tx, by, audit.Entry{Verb: "incident.adopt", Object: "victim", ObjectID: victimID,
			Detail: map[string]any{"institution": institution, "incidents": len(moved)}}, now)
	})
	return moved, err
}
