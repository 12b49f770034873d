package incident

import (
	"context"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
)

func scanTask(s db.Scanner) (t Task, err error) {
	var content string
	var due, done db.NullTime
	var created int64
	if err := s.Scan(&t.ID, &content, &due, &t.Assignee, &done, &t.DoneBy, &created); err != nil {
		return t, err
	}
	id, who, by := t.ID, t.Assignee, t.DoneBy
	if err := decode(content, &t); err != nil {
		return t, err
	}
	t.ID, t.Assignee, t.DoneBy = id, who, by
	t.Due, t.Done, t.Created = due.Time, done.Time, db.Time(created)
	return t, nil
}

const taskColumns = `id, content, due, assignee, done_at, done_by, created_at`

func tasks(tx *db.Tx, id ID) ([]Task, error) {
	return db.All(tx, scanTask, `SELECT `+taskColumns+` FROM incident_task WHERE incident_id = ? ORDER BY created_at, id`, string(id))
}

// AddTask opens something to do on the incident.
func (d *Desk) AddTask(ctx context.Context, by access.Actor, id ID, in TaskDraft, now time.Time) (Task, error) {
	text, err := goodText(in.Text)
	if err != nil {
		return Task{}, err
	}
	t := Task{ID: db.NewID(now), Text: text, Due: in.Due, Assignee: in.Assignee, Created: now}
	_, err = d.change(ctx, by, "incident.note", id, 0, now, "incident.task", func(tx *db.Tx, _ *state) (map[string]any, error) {
		content, err := encode(Task{Text: text})
		if err != nil {
			return nil, err
		}
		_, err = tx.Exec(`INSERT INTO incident_task (id, incident_id, content, due, assignee, done_by, created_at) VALUES (?, ?, ?, ?, ?, '', ?)`,
			t.ID, string(id), content, t.Due, t.Assignee, now)
		return map[string]any{"task": t.ID}, err
	})
	return t, err
}

// FinishTask says that a task is done and what came of it.
func (d *Desk) FinishTask(ctx context.Context, by access.Actor, id ID, task, outcome string, now time.Time) (Incident, error) {
	outcome = clean(outcome)
	var f fault.Fields
	tooLong(&f, "outcome", outcome, maxText)
	if err := f.Err(); err != nil {
		return Incident{}, err
	}
	return d.change(ctx, by, "incident.note", id, 0, now, "incident.task-done", func(tx *db.Tx, _ *state) (map[string]any, error) {
		t, ok, err := db.One(tx, scanTask, `SELECT `+taskColumns+` FROM incident_task WHERE id = ? AND incident_id = ?`+tx.Dialect().ForUpdate(), task, string(id))
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, fault.New(fault.NotFound, "incident.get.unknown")
		}
		if !t.Done.IsZero() {
			return nil, fault.New(fault.Conflict, "incident.task.done")
		}
		t.Outcome = outcome
		content, err := encode(Task{Text: t.Text, Title: t.Title, Key: t.Key, Regime: t.Regime, Source: t.Source, To: t.To, Outcome: outcome})
		if err != nil {
			return nil, err
		}
		_, err = tx.Exec(`UPDATE incident_task SET content = ?, done_at = ?, done_by = ? WHERE id = ?`, content, now, by.ID(), task)
		return map[string]any{"task": task, "outcome": outcome}, err
	})
}

// MyTasks lists the open tasks of a person, those due first.
func (d *Desk) MyTasks(ctx context.Context, by access.Actor, limit int) (out []Task, err error) {
	if err := access.May(by, "incident.note"); err != nil {
		return nil, err
	}
	err = d.DB.Read(ctx, func(tx *db.Tx) (err error) {
		out, err = db.All(tx, scanTask, `SELECT `+taskColumns+` FROM incident_task WHERE assignee = ? AND done_at IS NULL ORDER BY COALESCE(due, ?), id LIMIT ?`, by.Person, int64(forever), limit)
		return err
	})
	return out, err
}
