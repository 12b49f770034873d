package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Rows is a result set, as of database/sql.
type Rows = sql.Rows

// Scanner is a row to read columns from: *Rows or the row of QueryRow.
type Scanner interface{ Scan(dest ...any) error }

// ErrNoRows is what scanning the result of QueryRow gives when there is none.
var ErrNoRows = sql.ErrNoRows

// NoRows says whether err means that a row was not there.
func NoRows(err error) bool { return errors.Is(err, sql.ErrNoRows) }

// Tx is one transaction. It is not safe for concurrent use and ends with the
// function it was handed to.
type Tx struct {
	ctx   context.Context
	tx    *sql.Tx
	db    *DB
	from  *sql.DB // handle the transaction was begun on
	after []func()
	// For SQLite, whose driver compiles a text each time it is run: texts whose
	// rows are being read, and texts without a kept statement yet.
	open   map[string]bool
	missed []string
}

// stmt gives the kept statement of a text, bound to this transaction, or nil
// where none is kept: on PostgreSQL the driver keeps them itself; a text being
// read cannot be run a second time meanwhile; very long texts are built anew
// each time.
func (t *Tx) stmt(query string) *sql.Stmt {
	if t.db.dialect != SQLite || len(query) > keptText || t.open[query] {
		return nil
	}
	if s, ok := t.db.kept.Load(kept{t.from, query}); ok {
		return t.tx.StmtContext(t.ctx, s.(*sql.Stmt))
	}
	t.missed = append(t.missed, query)
	return nil
}

// Context is the transaction's context.
func (t *Tx) Context() context.Context { return t.ctx }

// Dialect gives the engine's differences.
func (t *Tx) Dialect() Dialect { return t.db.dialect }

// AfterCommit registers f to run once the transaction is durable: a wake-up,
// never something that must not be lost.
func (t *Tx) AfterCommit(f func()) { t.after = append(t.after, f) }

// Exec runs a statement and gives the number of rows it changed.
func (t *Tx) Exec(query string, args ...any) (int64, error) {
	var r sql.Result
	var err error
	if s := t.stmt(query); s != nil {
		r, err = s.ExecContext(t.ctx, values(args)...)
	} else {
		r, err = t.tx.ExecContext(t.ctx, t.db.bind(query), values(args)...)
	}
	if err != nil {
		return 0, fmt.Errorf("exec %.120q: %w", query, err)
	}
	n, err := r.RowsAffected()
	if err != nil {
		return 0, fmt.Errorf("rows affected: %w", err)
	}
	return n, nil
}

// Query runs a query; the caller closes the rows. All and One are easier.
func (t *Tx) Query(query string, args ...any) (*Rows, error) {
	r, err := t.tx.QueryContext(t.ctx, t.db.bind(query), values(args)...)
	if err != nil {
		return nil, fmt.Errorf("query %.120q: %w", query, err)
	}
	return r, nil
}

// QueryRow runs a query for one row.
func (t *Tx) QueryRow(query string, args ...any) Scanner {
	if s := t.stmt(query); s != nil {
		return s.QueryRowContext(t.ctx, values(args)...)
	}
	return t.tx.QueryRowContext(t.ctx, t.db.bind(query), values(args)...)
}

// Prepare makes a statement to run many times within the transaction.
func (t *Tx) Prepare(query string) (*Stmt, error) {
	s, err := t.tx.PrepareContext(t.ctx, t.db.bind(query))
	if err != nil {
		return nil, fmt.Errorf("prepare %.120q: %w", query, err)
	}
	return &Stmt{t.ctx, s}, nil
}

// Stmt is a prepared statement of one transaction.
type Stmt struct {
	ctx context.Context
	s   *sql.Stmt
}

// Exec runs the statement with args.
func (s *Stmt) Exec(args ...any) error {
	_, err := s.s.ExecContext(s.ctx, values(args)...)
	return err
}

// Close frees the statement.
func (s *Stmt) Close() error { return s.s.Close() }

// All runs a query and scans every row with scan.
func All[T any](t *Tx, scan func(Scanner) (T, error), query string, args ...any) ([]T, error) {
	var rows *Rows
	var err error
	if s := t.stmt(query); s != nil {
		if t.open == nil {
			t.open = map[string]bool{}
		}
		t.open[query] = true
		defer delete(t.open, query)
		if rows, err = s.QueryContext(t.ctx, values(args)...); err != nil {
			return nil, fmt.Errorf("query %.120q: %w", query, err)
		}
	} else if rows, err = t.Query(query, args...); err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("scan %.80q: %w", query, err)
		}
		out = append(out, v)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read %.80q: %w", query, err)
	}
	return out, nil
}

// One runs a query for at most one row; ok is false when there is none.
func One[T any](t *Tx, scan func(Scanner) (T, error), query string, args ...any) (v T, ok bool, err error) {
	v, err = scan(t.QueryRow(query, args...))
	if NoRows(err) {
		var zero T
		return zero, false, nil
	}
	return v, err == nil, err
}

// Scalar scans one column, for All and One.
func Scalar[T any](s Scanner) (T, error) {
	var v T
	err := s.Scan(&v)
	return v, err
}

// Count runs a query whose single value is a number.
func Count(t *Tx, query string, args ...any) (int64, error) {
	var n sql.NullInt64
	if err := t.QueryRow(query, args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("count %.80q: %w", query, err)
	}
	return n.Int64, nil
}

// values turns the house's argument types into what both drivers take.
func values(args []any) []any {
	var out []any
	set := func(i int, v any) {
		if out == nil {
			out = append([]any(nil), args...)
		}
		out[i] = v
	}
	for i, a := range args {
		switch v := a.(type) {
		case time.Time:
			if v.IsZero() {
				set(i, nil)
			} else {
				set(i, v.UnixMicro())
			}
		case *time.Time:
			if v == nil || v.IsZero() {
				set(i, nil)
			} else {
				set(i, v.UnixMicro())
			}
		case bool:
			if v {
				set(i, int64(1))
			} else {
				set(i, int64(0))
			}
		case int:
			set(i, int64(v))
		}
	}
	if out == nil {
		return args
	}
	return out
}

// Micros is t as UTC microseconds since 1970, the stored form of a time.
func Micros(t time.Time) int64 { return t.UnixMicro() }

// Time reads a stored time; 0 gives the zero time.
func Time(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// NullTime scans a stored time that may be absent; absent is the zero time.
type NullTime struct{ Time time.Time }

// Scan implements sql.Scanner.
func (n *NullTime) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		n.Time = time.Time{}
	case int64:
		n.Time = time.UnixMicro(v).UTC()
	default:
		return fmt.Errorf("time column holds %T", v)
	}
	return nil
}

// NullString scans a text that may be absent; absent is "".
type NullString struct{ String string }

// Scan implements sql.Scanner.
func (n *NullString) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		n.String = ""
	case string:
		n.String = v
	case []byte:
		n.String = string(v)
	default:
		return fmt.Errorf("text column holds %T", v)
	}
	return nil
}
