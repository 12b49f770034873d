package incident

import (
	"context"
	"slices"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
)

func link(tx *db.Tx, from, to ID, kind LinkKind, by access.Actor, reason string, now time.Time) error {
	_, err := tx.Exec(`INSERT INTO incident_link (from_id, to_id, kind, at, by_id, reason) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (from_id, to_id, kind) DO NOTHING`, string(from), string(to), string(kind), now, by.ID(), reason)
	return err
}

// Link says that two incidents belong together. A same-root link counts for
// rules of recurrence: both incidents' positions are derived again.
func (d *Desk) Link(ctx context.Context, by access.Actor, from, to ID, kind LinkKind, reason string, now time.Time) (Incident, error) {
	reason = clean(reason)
	var f fault.Fields
	if !slices.Contains([]LinkKind{LinkRelated, LinkCause, LinkSameRoot}, kind) {
		f.Add("kind", "incident.field.unknown", string(kind))
	}
	if from == to {
		f.Add("to", "incident.link.self")
	}
	tooLong(&f, "reason", reason, maxText)
	if err := f.Err(); err != nil {
		return Incident{}, err
	}
	return d.change(ctx, by, "incident.write", from, 0, now, "incident.link", func(tx *db.Tx, s *state) (map[string]any, error) {
		other, err := d.open(tx, by, "incident.write", to, now)
		if err != nil {
			return nil, err
		}
		if err := link(tx, from, to, kind, by, reason, now); err != nil {
			return nil, err
		}
		if kind == LinkSameRoot {
			if s.group, err = d.related(tx, s); err != nil {
				return nil, err
			}
			if other.group, err = d.related(tx, other); err != nil {
				return nil, err
			}
			if err := d.settle(tx, by, other, now, true); err != nil {
				return nil, err
			}
		}
		return map[string]any{"to": string(to), "kind": string(kind)}, nil
	})
}

// Merge makes one incident part of another: its clocks end, its log stays, and
// a link keeps the trail both ways. What was reported to it is read there.
func (d *Desk) Merge(ctx context.Context, by access.Actor, duplicate, into ID, seen int, reason string, now time.Time) (Incident, error) {
	reason = clean(reason)
	var f fault.Fields
	if reason == "" {
		f.Add("reason", "incident.field.needed")
	}
	tooLong(&f, "reason", reason, maxText)
	if duplicate == into {
		f.Add("into", "incident.link.self")
	}
	if err := f.Err(); err != nil {
		return Incident{}, err
	}
	return d.change(ctx, by, "incident.merge", duplicate, seen, now, "incident.merge", func(tx *db.Tx, s *state) (map[string]any, error) {
		other, err := d.open(tx, by, "incident.merge", into, now)
		if err != nil {
			return nil, err
		}
		switch {
		case s.Status == StatusMerged || other.Status == StatusMerged:
			return nil, fault.New(fault.Conflict, "incident.merge.merged")
		case s.Institution != other.Institution || s.Exercise != other.Exercise:
			return nil, fault.New(fault.Conflict, "incident.merge.different")
		}
		s.Status, s.MergedInto = StatusMerged, into
		return map[string]any{"into": string(into), "reason": reason}, link(tx, duplicate, into, LinkDuplicate, by, reason, now)
	})
}
