package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"kulla.dev/internal/fault"
)

// Backup writes a consistent copy of a running SQLite database to path, which
// must not exist. On PostgreSQL it refuses: its own tools do that better.
func (d *DB) Backup(ctx context.Context, path string) error {
	if d.dialect != SQLite {
		return fault.New(fault.Conflict, "db.backup-postgres")
	}
	if _, err := os.Stat(path); err == nil {
		return fault.New(fault.Conflict, "db.file-exists", path)
	}
	part := path + ".part"
	_ = os.Remove(part)
	h, err := sql.Open("sqlite", "file:"+d.path+"?_pragma=busy_timeout(10000)")
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	defer h.Close()
	if _, err := h.ExecContext(ctx, "VACUUM INTO ?", part); err != nil {
		_ = os.Remove(part)
		return classify(fmt.Errorf("copy database: %w", err))
	}
	if err := os.Chmod(part, 0o600); err != nil {
		return fmt.Errorf("protect backup: %w", err)
	}
	if err := syncFile(part); err != nil {
		return err
	}
	if err := os.Rename(part, path); err != nil {
		return fmt.Errorf("name backup: %w", err)
	}
	return syncFile(filepath.Dir(path))
}

// Restore puts a backup in the place of the SQLite database at path. The
// backup is checked first; an existing database is kept beside it as
// path.before-restore. The desk must be stopped.
func Restore(ctx context.Context, backup, path string) error {
	if err := integrity(ctx, backup); err != nil {
		return err
	}
	part := path + ".part"
	if err := copyFile(backup, part); err != nil {
		return err
	}
	if _, err := os.Stat(path); err == nil {
		if err := os.Rename(path, path+".before-restore"); err != nil {
			return fmt.Errorf("set old database aside: %w", err)
		}
		for _, ext := range []string{"-wal", "-shm"} {
			if err := os.Rename(path+ext, path+".before-restore"+ext); err != nil && !errors.Is(err, os.ErrNotExist) {
				return fmt.Errorf("set old database aside: %w", err)
			}
		}
	}
	if err := os.Rename(part, path); err != nil {
		return fmt.Errorf("name database: %w", err)
	}
	return syncFile(filepath.Dir(path))
}

func integrity(ctx context.Context, path string) error {
	if _, err := os.Stat(path); err != nil {
		return fault.New(fault.NotFound, "db.backup-missing", path)
	}
	h, err := sql.Open("sqlite", "file:"+path+"?mode=ro&immutable=1")
	if err != nil {
		return fmt.Errorf("open backup: %w", err)
	}
	defer h.Close()
	var word string
	if err := h.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&word); err != nil || word != "ok" {
		return fault.New(fault.Invalid, "db.backup-broken", path).Because(errors.Join(err, errors.New(word)))
	}
	return nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("open backup: %w", err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write database: %w", err)
	}
	if _, err := io.Copy(out, in); err != nil {
		out.Close()
		return fmt.Errorf("write database: %w", err)
	}
	if err := errors.Join(out.Sync(), out.Close()); err != nil {
		return fmt.Errorf("write database: %w", err)
	}
	return nil
}

func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	return nil
}
