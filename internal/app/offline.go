package app

import (
	"context"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"kulla.dev/internal/audit"
	"kulla.dev/internal/db"
)

// Migrate brings the schema up to date and gives the steps applied.
func Migrate(ctx context.Context, c Config) ([]string, error) {
	d, err := db.Open(ctx, db.Config{URL: c.Database})
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return d.Migrate(ctx)
}

// Backup copies a running desk's SQLite database.
func Backup(ctx context.Context, c Config, to string) error {
	d, err := db.Open(ctx, db.Config{URL: c.Database})
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Backup(ctx, to)
}

// Restore puts a backup in the place of the database of a stopped desk.
func Restore(ctx context.Context, c Config, from string) error {
	return db.Restore(ctx, from, strings.TrimPrefix(c.Database, "sqlite:"))
}

// Verify proves the audit trail against the anchor and key named, or those of
// the state folder.
func Verify(ctx context.Context, c Config, anchor, key string, progress func(done, total int64)) (audit.Verified, error) {
	ver, err := PublicKey(c, key)
	if err != nil {
		return audit.Verified{}, err
	}
	if anchor == "" {
		anchor = (&secrets{dir: c.State}).anchorPath()
	}
	kept, err := readAnchor(anchor)
	if err != nil {
		return audit.Verified{}, err
	}
	l, d, err := openLedger(ctx, c)
	if err != nil {
		return audit.Verified{}, err
	}
	defer d.Close()
	return l.Verify(ctx, audit.VerifyOptions{Verifier: ver, Anchor: kept, Progress: progress})
}

// Prove makes the proof of one record.
func Prove(ctx context.Context, c Config, record string) (audit.Proof, error) {
	l, d, err := openLedger(ctx, c)
	if err != nil {
		return audit.Proof{}, err
	}
	defer d.Close()
	return l.Prove(ctx, record)
}

// PublicKey reads the key that checks the desk's signatures.
func PublicKey(c Config, path string) (note.Verifier, error) {
	if path == "" {
		path = filepath.Join(c.State, "audit.pub")
	}
	return readVerifier(path)
}

func openLedger(ctx context.Context, c Config) (*audit.Ledger, *db.DB, error) {
	d, err := db.Open(ctx, db.Config{URL: c.Database})
	if err != nil {
		return nil, nil, err
	}
	s, err := openSecrets(c.State)
	if err != nil {
		_ = d.Close()
		return nil, nil, err
	}
	return audit.New(audit.Config{DB: d, MACKey: s.mac}), d, nil
}

// BuildInfo says which program this is.
type BuildInfo struct {
	Version  string `json:"version"`
	Revision string `json:"revision"`
	Go       string `json:"go"`
}

// Build gives the program's own version.
func Build(version string) BuildInfo {
	b := BuildInfo{Version: version, Go: runtime.Version()}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				b.Revision = s.Value
			}
		}
	}
	return b
}
