package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/audit"
	"kulla.dev/internal/council"
	"kulla.dev/internal/db"
	"kulla.dev/internal/i18n"
	"kulla.dev/internal/marking"
	"kulla.dev/internal/registry"
	"kulla.dev/internal/report"
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
	if err := os.WriteFile(name, append(b, '\n'), 0o600); err != nil {
		return files, err
	}
	files = append(files, name)
	p, err := a.YearPaper(ctx, now)
	if err != nil {
		return files, fmt.Errorf("paper of the demo: %w", err)
	}
	papers, err := a.WritePaper(dir, p)
	if err != nil {
		return files, err
	}
	files = append(files, papers...)
	by := access.System("demo", "registry.read", "registry.export")
	for _, format := range []registry.Format{registry.CSV, registry.JSON} {
		var b bytes.Buffer
		if _, err := a.Registry.Export(ctx, by, registry.Query{}, format, &b, now); err != nil {
			return files, fmt.Errorf("register: %w", err)
		}
		name := filepath.Join(dir, "register."+string(format))
		if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
			return files, err
		}
		files = append(files, name)
	}
	return files, nil
}

// YearPaper makes the paper of the twelve months up to yesterday, as the desk
// itself may read.
func (a *App) YearPaper(ctx context.Context, now time.Time) (council.Paper, error) {
	by := access.System("app", "council.write", "council.read", "situation.read", "incident.read", "registry.read")
	by.Name, by.Clearance.TLP = a.Config.Name, marking.TLPRed
	last := council.DayOf(now.In(a.Pack.Location)) - 1
	return a.Council.Compose(ctx, by, council.Request{From: council.DayOf(last.Date().AddDate(-1, 0, 1)), To: last}, now)
}

// WritePaper writes a paper as PDF, one file for each language of the desk.
func (a *App) WritePaper(dir string, p council.Paper) (files []string, err error) {
	for _, lang := range a.Pack.Languages {
		if !i18n.Lang(lang).Known() {
			continue
		}
		var b bytes.Buffer
		if err := report.PDF(&b, a.Council.Doc(p, i18n.Lang(lang))); err != nil {
			return files, err
		}
		name := filepath.Join(dir, p.Number+"-"+lang+".pdf")
		if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
			return files, err
		}
		files = append(files, name)
	}
	return files, nil
}
