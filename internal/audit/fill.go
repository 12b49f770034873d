package audit

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"kulla.dev/internal/db"
)

// fillBatch is the number of records one transaction of Fill writes.
const fillBatch = 64 * fan

// Fill writes n records as years of work would leave them, ending at now:
// sealed, chained, with their MAC, tree nodes and checkpoints, so that Verify
// passes and later records follow on. It is for measuring; a desk that people
// work on has no use for it. Progress may be nil.
func (l *Ledger) Fill(ctx context.Context, n int, now time.Time, progress func(done, total int64)) error {
	if _, _, err := l.Seal(ctx, now); err != nil {
		return err
	}
	for done := 0; done < n; {
		k := 0
		if err := l.DB.Tx(ctx, func(tx *db.Tx) (err error) {
			k, err = l.fill(tx, done, n, now)
			return err
		}); err != nil {
			return err
		}
		if done += k; progress != nil {
			progress(int64(done), int64(n))
		}
	}
	cp, ok, err := l.Newest(ctx)
	if err == nil && ok && l.Anchor != nil {
		err = l.Anchor(cp)
	}
	return err
}

func (l *Ledger) fill(tx *db.Tx, done, total int, now time.Time) (int, error) {
	head, ok, err := db.One(tx, scanHead, `SELECT size, chain FROM audit_head WHERE one = 1`+tx.Dialect().ForUpdate())
	if err != nil || !ok {
		return 0, fmt.Errorf("head of the ledger: %w", err)
	}
	n := fillBatch
	if over := head.size % fan; over != 0 {
		n = int(fan - over) // up to a whole subtree, so that what follows needs no record read back
	}
	n = min(n, total-done)
	verbs := []string{"incident.read", "incident.read", "registry.read", "incident.list", "incident.submit", "access.sign-in", "outbox.send"}
	args := make([]any, 0, n*13)
	leaves := make([]tlog.Hash, 0, n)
	size, chain := head.size, head.chain
	for i := range n {
		at := now.Add(-time.Duration(total-done-i) * 10 * time.Second).UTC().Truncate(time.Microsecond)
		r := Record{ID: db.NewID(at), At: at, Actor: fmt.Sprintf("person-%03d", i%300), Org: fmt.Sprintf("institution-%04d", i%1000), Verb: verbs[i%len(verbs)],
			Object: "incident", ObjectID: fmt.Sprintf("0197a1b2-0000-7000-8000-%012d", i%5000), Mark: "TLP:AMBER+STRICT", Request: fmt.Sprintf("r%08x", i), Detail: `{"number":"I-2026-0042"}`}
		text := r.text()
		lf := leaf(text)
		chain = link(chain, lf)
		leaves = append(leaves, lf)
		args = append(args, r.ID, r.At, r.Actor, r.Org, r.Verb, r.Object, r.ObjectID, r.Mark, r.Request, r.Detail, l.mac(text), size, chain)
		size++
	}
	if err := db.Insert(tx, `INSERT INTO audit_record (id, at, actor, org, verb, object, object_id, mark, request, detail, mac, seq, chain)`, 13, args, ""); err != nil {
		return 0, err
	}
	if head.size%fan != 0 {
		err = addNodes(tx, head.size, size)
	} else {
		err = addNodesOf(tx, head.size, leaves)
	}
	if err != nil {
		return 0, err
	}
	_, err = l.checkpoint(tx, size, chain, now)
	return n, err
}

// addNodesOf stores the hashes of subtrees completed by leaves that begin at
// the whole subtree old, and of those above them.
func addNodesOf(tx *db.Tx, old int64, leaves []tlog.Hash) error {
	for i := 0; i+fan <= len(leaves); i += fan {
		h := fold(append([]tlog.Hash(nil), leaves[i:i+fan]...))
		if _, err := tx.Exec(`INSERT INTO audit_node (level, n, hash) VALUES (?, ?, ?)`, 1, old/fan+int64(i/fan), h[:]); err != nil {
			return err
		}
	}
	return addNodesFrom(tx, 2, old, old+int64(len(leaves)))
}
