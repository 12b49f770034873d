// Package jobs is the ledger of what is due: durable work, enqueued in the
// transaction that makes it necessary, leased by one node at a time, retried
// with back-off, visible and re-runnable.
//
// Table: jobs_job. A row is one piece of work of a kind ("incident.remind"),
// due at a time, with JSON arguments. A kind and a key are unique for ever, so
// that asking twice for the same reminder gives one.
//
// Always true:
//   - a job enqueued in a committed transaction runs, at or after its due
//     time, however long the desk was down: lateness is bounded by the outage;
//   - the effect of an in-transaction handler ([Handler.Do]) happens exactly
//     once: the row is marked done in the same transaction;
//   - a node that dies keeps its jobs no longer than its lease;
//   - the wall clock may jump: a job runs when the clock reads its due time or
//     later, and never again once done.
//
// Every room calls [Enqueue]; app builds the one [Runner] of the node.
package jobs
