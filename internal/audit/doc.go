// Package audit is the ledger of who did what to which object: written in the
// doer's transaction, hash-chained and Merkle-checkpointed.
//
// Tables: audit_record (the records), audit_node (hashes of complete subtrees
// of 256, 256², … records), audit_checkpoint (tree heads, signed where a key
// is configured), audit_head (one row, locked by the node that seals).
//
// # How a record becomes provable
//
// [Ledger.Record] inserts an open record with a MAC in the caller's
// transaction and touches nothing else, so that writers, on however many
// nodes, never queue behind one another. About once a second one node runs
// [Ledger.Seal]: it takes the open records in order of time and id, gives them
// their place (seq, from 0), extends the chain
//
//	leaf  = SHA-256(0x00 || id US at US actor US org US verb US object US object_id US mark US request US detail)
//	chain = SHA-256(previous chain || leaf)           US is the byte 0x1F
//
// and the Merkle tree of RFC 6962 over the leaves, and writes a checkpoint.
// [Ledger.Prove] makes a proof that one record is in a checkpoint without
// showing any other; [Proof.Check] checks it without the database.
//
// # What Verify finds
//
// [Ledger.Verify] recomputes everything and names the first broken row: an
// edited, deleted, reordered, inserted or truncated record, a false tree node,
// a false or removed checkpoint. Rows and checkpoints truncated together are
// found against an anchor: the last checkpoint, kept outside the database
// (kulla writes it beside the configuration), or printed and kept by an
// auditor. An open record with a false MAC is never sealed and is reported.
// What it cannot find: a record deleted within the second before it is sealed.
package audit
