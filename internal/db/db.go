package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // the driver named "sqlite"
)

// Config says where the data are. The zero value is an SQLite file kulla.db in
// the working directory.
type Config struct {
	// URL is "sqlite:PATH" (or a bare path) or "postgres://user@host/name?…".
	URL string
	// Readers bounds concurrent reading connections; 0 means 8.
	Readers int
	// Writers bounds concurrent writing connections on PostgreSQL; 0 means 16.
	// SQLite always has one.
	Writers int
}

// DB is an open database of either engine. It is safe for concurrent use.
type DB struct {
	dialect Dialect
	write   *sql.DB
	read    *sql.DB
	path    string // SQLite file, empty on PostgreSQL
	rebound sync.Map

	kept   sync.Map // kept → *sql.Stmt
	keptMu sync.Mutex
	keptN  int
}

// kept names a statement compiled once for a handle.
type kept struct {
	from  *sql.DB
	query string
}

// Bounds of the kept statements: longer texts hold lists and differ each time.
const (
	keptText  = 4096
	keptTexts = 600
)

// keep compiles, after a transaction, the texts it had to compile itself.
func (d *DB) keep(ctx context.Context, from *sql.DB, missed []string) {
	d.keptMu.Lock()
	defer d.keptMu.Unlock()
	for _, q := range missed {
		key := kept{from, q}
		if _, ok := d.kept.Load(key); ok || d.keptN >= keptTexts {
			continue
		}
		s, err := from.PrepareContext(ctx, q)
		if err != nil {
			continue // whoever runs it next reports the error
		}
		d.kept.Store(key, s)
		d.keptN++
	}
}

// Open connects to the database and checks that it answers. It does not
// migrate: call Migrate for that.
func Open(ctx context.Context, c Config) (*DB, error) {
	readers, writers := c.Readers, c.Writers
	if readers == 0 {
		readers = 8
	}
	if writers == 0 {
		writers = 16
	}
	if strings.HasPrefix(c.URL, "postgres://") || strings.HasPrefix(c.URL, "postgresql://") {
		return openPostgres(ctx, c.URL, readers+writers)
	}
	path := strings.TrimPrefix(strings.TrimPrefix(c.URL, "sqlite:"), "//")
	if path == "" {
		path = "kulla.db"
	}
	return openSQLite(ctx, path, readers)
}

func openPostgres(ctx context.Context, dsn string, conns int) (*DB, error) {
	cc, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("read database URL: %w", redact(err, dsn))
	}
	if _, ok := cc.RuntimeParams["application_name"]; !ok {
		cc.RuntimeParams["application_name"] = "kulla"
	}
	h := stdlib.OpenDB(*cc)
	h.SetMaxOpenConns(conns)
	h.SetMaxIdleConns(conns)
	d := &DB{dialect: Postgres, write: h, read: h}
	if err := d.Ping(ctx); err != nil {
		h.Close()
		return nil, err
	}
	return d, nil
}

func openSQLite(ctx context.Context, path string, readers int) (*DB, error) {
	if dir := filepath.Dir(path); dir != "." {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("make database folder: %w", err)
		}
	}
	open := func(extra ...string) (*sql.DB, error) {
		q := url.Values{}
		for _, p := range append([]string{
			"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(ON)",
			"temp_store(MEMORY)", "cache_size(-32000)", "mmap_size(268435456)",
		}, extra...) {
			q.Add("_pragma", p)
		}
		q.Set("_txlock", "immediate")
		return sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+q.Encode())
	}
	w, err := open("journal_size_limit(67108864)")
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	w.SetMaxOpenConns(1)
	w.SetMaxIdleConns(1)
	d := &DB{dialect: SQLite, write: w, read: w, path: path}
	if err := d.Ping(ctx); err != nil { // creates the file and switches it to WAL before readers open it
		w.Close()
		return nil, err
	}
	r, err := open("query_only(ON)")
	if err != nil {
		w.Close()
		return nil, fmt.Errorf("open database: %w", err)
	}
	r.SetMaxOpenConns(readers)
	r.SetMaxIdleConns(readers)
	d.read = r
	return d, nil
}

// Close ends all connections.
func (d *DB) Close() error {
	if d.read != d.write {
		return errors.Join(d.read.Close(), d.write.Close())
	}
	return d.write.Close()
}

// Ping says whether the database answers.
func (d *DB) Ping(ctx context.Context) error {
	if err := d.write.PingContext(ctx); err != nil {
		return classify(fmt.Errorf("reach database: %w", err))
	}
	return nil
}

// Dialect gives the engine's differences.
func (d *DB) Dialect() Dialect { return d.dialect }

// Path is the SQLite file, or "" on PostgreSQL.
func (d *DB) Path() string { return d.path }

// Tx runs f in one writing transaction: committed when f returns nil, else
// rolled back. Serialisation failures and deadlocks run f again, up to ten times.
func (d *DB) Tx(ctx context.Context, f func(*Tx) error) error {
	return d.run(ctx, d.write, &sql.TxOptions{}, f)
}

// Read runs f in one reading transaction: a consistent view of the data.
func (d *DB) Read(ctx context.Context, f func(*Tx) error) error {
	o := &sql.TxOptions{ReadOnly: true}
	if d.dialect == Postgres {
		o.Isolation = sql.LevelRepeatableRead
	}
	return d.run(ctx, d.read, o, f)
}

func (d *DB) run(ctx context.Context, h *sql.DB, o *sql.TxOptions, f func(*Tx) error) error {
	var err error
	for try := range 10 {
		err = d.once(ctx, h, o, f)
		if !retryable(err) || ctx.Err() != nil {
			break
		}
		select {
		case <-time.After(time.Duration(1+try*try) * time.Millisecond):
		case <-ctx.Done():
		}
	}
	return classify(err)
}

func (d *DB) once(ctx context.Context, h *sql.DB, o *sql.TxOptions, f func(*Tx) error) (err error) {
	t, err := h.BeginTx(ctx, o)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	done := false
	defer func() {
		if !done {
			_ = t.Rollback()
		}
	}()
	tx := &Tx{ctx: ctx, tx: t, db: d, from: h}
	if err := f(tx); err != nil {
		return err
	}
	done = true
	if err := t.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	if len(tx.missed) > 0 {
		d.keep(ctx, h, tx.missed)
	}
	for _, after := range tx.after {
		after()
	}
	return nil
}

// redact keeps a password in the URL out of an error text.
func redact(err error, dsn string) error {
	if u, e := url.Parse(dsn); e == nil && u.User != nil {
		return errors.New(strings.ReplaceAll(err.Error(), dsn, u.Redacted()))
	}
	return errors.New("the database URL cannot be read")
}
