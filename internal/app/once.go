package app

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"kulla.dev/internal/audit"
	"kulla.dev/internal/db"
)

// summary is what a demo holds, in numbers.
type summary struct {
	Made         time.Time      `json:"made"`
	Packs        []string       `json:"packs"`
	Institutions int64          `json:"institutions"`
	Incidents    int64          `json:"incidents"`
	Open         int64          `json:"open_incidents"`
	Messages     int64          `json:"messages_sent"`
	Audit        audit.Verified `json:"audit"`
}

// WriteDemo writes the papers, the register and a summary into a folder and
// gives the names of the files.
func (a *App) WriteDemo(ctx context.Context, dir string) (files []string, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	now := a.now()
	s := summary{Made: now, Packs: a.Config.Packs}
	err = a.DB.Read(ctx, func(tx *db.Tx) error {
		for q, to := range map[string]*int64{
			`SELECT count(*) FROM registry_institution`:             &s.Institutions,
			`SELECT count(*) FROM incident_incident`:                &s.Incidents,
			`SELECT count(*) FROM incident_incident WHERE live = 1`: &s.Open,
			`SELECT count(*) FROM outbox_item WHERE state = 'sent'`: &s.Messages,
		} {
			n, err := db.Count(tx, q)
			if err != nil {
				return err
			}
			*to = n
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if s.Audit, err = a.Audit.Verify(ctx, audit.VerifyOptions{Verifier: a.secrets.verifier}); err != nil {
		return nil, fmt.Errorf("audit of the demo: %w", err)
	}
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return nil, err
	}
	name := filepath.Join(dir, "summary.json")
	return append(files, name), os.WriteFile(name, append(b, '\n'), 0o600)
}
