// Package db opens the desk's storage, SQLite or PostgreSQL, and lets a room
// write one SQL text for both.
//
// # What a room sees
//
// A [DB] gives transactions and nothing else: [DB.Tx] for writing, [DB.Read]
// for reading. Inside, [Tx.Exec], [Tx.Query] and [Tx.QueryRow] take the
// portable subset of SQL with ? as placeholder; [All] and [One] scan rows into
// values. Arguments may be string, []byte, int, int64, float64, bool (stored
// as 0 or 1), time.Time (stored as UTC microseconds), their pointers' values or
// nil. Rooms read times with [Time] and ids are made by [NewID].
//
// # What differs between the engines
//
// The ≤ 10 real differences are methods of [Dialect]; migrations are written
// once, with the words SERIALPK and BLOB replaced per engine, or twice as
// NNNN_name.sqlite.sql and NNNN_name.postgres.sql where an engine needs its own.
//
// # Always true
//
// An acknowledged write is durable: SQLite runs in WAL mode with
// synchronous=FULL, PostgreSQL with its default synchronous commit. SQLite has
// one writing connection; writers wait for it, so a transaction must stay
// short and must not call the network. A transaction function may run more
// than once (serialisation failures are retried): it must not have effects
// outside the transaction.
//
// Errors that mean "not now" (disk full, database unreachable) come back as
// fault.Unavailable: nothing was accepted.
package db
