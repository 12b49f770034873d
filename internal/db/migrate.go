package db

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"testing/fstest"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"kulla.dev/internal/fault"
)

//go:embed schema/*.sql
var schema embed.FS

// Schema is the state of a database's schema against this program's.
type Schema struct {
	Have, Want int64
}

// migrations gives the schema texts of one engine: NNNN_name.sql for both, or
// NNNN_name.ENGINE.sql for one, adapted and in goose's form.
func migrations(d Dialect) (fs.FS, int64, error) {
	entries, err := schema.ReadDir("schema")
	if err != nil {
		return nil, 0, err
	}
	out := fstest.MapFS{}
	var last int64
	seen := map[int64]string{}
	for _, e := range entries {
		name := e.Name()
		stem := strings.TrimSuffix(name, ".sql")
		if base, engine, twin := strings.Cut(stem, "."); twin {
			if engine != d.String() {
				continue
			}
			stem = base
		}
		number, _, ok := strings.Cut(stem, "_")
		n, err := strconv.ParseInt(number, 10, 64)
		if !ok || err != nil || len(number) != 4 {
			return nil, 0, fmt.Errorf("migration %q: the name must be NNNN_name.sql", name)
		}
		if other, dup := seen[n]; dup {
			return nil, 0, fmt.Errorf("migrations %q and %q share a number", other, name)
		}
		seen[n] = name
		text, err := fs.ReadFile(schema, "schema/"+name)
		if err != nil {
			return nil, 0, err
		}
		body := "-- +goose Up\n" + d.migration(string(text))
		out[stem+".sql"] = &fstest.MapFile{Data: []byte(body), Mode: 0o444}
		last = max(last, n)
	}
	return out, last, nil
}

func (d *DB) provider() (*goose.Provider, int64, error) {
	files, want, err := migrations(d.dialect)
	if err != nil {
		return nil, 0, err
	}
	dialect, opts := goose.DialectSQLite3, []goose.ProviderOption{}
	if d.dialect == Postgres {
		dialect = goose.DialectPostgres
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300))
		if err != nil {
			return nil, 0, err
		}
		opts = append(opts, goose.WithSessionLocker(locker))
	}
	p, err := goose.NewProvider(dialect, d.write, files, opts...)
	return p, want, err
}

// SchemaState says which schema the database has and which this program wants.
func (d *DB) SchemaState(ctx context.Context) (Schema, error) {
	p, want, err := d.provider()
	if err != nil {
		return Schema{}, err
	}
	have, err := p.GetDBVersion(ctx)
	if err != nil {
		return Schema{}, classify(fmt.Errorf("read schema version: %w", err))
	}
	return Schema{have, want}, nil
}

// Migrate brings the schema up to this program's, each step in its own
// transaction, safe to run again and by several nodes at once. A database that
// a newer program has written is refused, untouched.
func (d *DB) Migrate(ctx context.Context) (applied []string, err error) {
	s, err := d.SchemaState(ctx)
	if err != nil {
		return nil, err
	}
	if s.Have > s.Want {
		return nil, fault.New(fault.Conflict, "db.schema-newer", s.Have, s.Want)
	}
	// SQLite has no advisory lock: of two programs at the same step one is
	// rolled back, looks again and goes on from where the other has come to.
	for try := 0; ; try++ {
		p, _, perr := d.provider()
		if perr != nil {
			return nil, perr
		}
		var done []*goose.MigrationResult
		done, err = p.Up(ctx)
		for _, r := range done {
			applied = append(applied, strings.TrimSuffix(r.Source.Path, ".sql"))
		}
		if err == nil || d.dialect != SQLite || try == 20 || ctx.Err() != nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	slices.Sort(applied)
	if err != nil {
		return applied, classify(fmt.Errorf("migrate: %w", err))
	}
	return applied, nil
}
