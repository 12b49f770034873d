package audit

import (
	"context"
	"crypto/hmac"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"kulla.dev/internal/db"
)

// sealBatch bounds the records sealed in one transaction.
const sealBatch = 4096

// Checkpoint is a tree head: what an auditor keeps to hold the desk to.
type Checkpoint struct {
	Size int64
	At   time.Time
	Root tlog.Hash
	Note string // signed note with size and root; "" without a key
}

// Seal gives open records their place in the chain and the tree, in order of
// time and id, and writes a checkpoint. sealed is their number; forged are the
// ids of open records whose MAC is false: they stay open.
//
// Any node may call it at any time; one works, the others return at once.
func (l *Ledger) Seal(ctx context.Context, now time.Time) (sealed int, forged []string, err error) {
	var cp *Checkpoint
	for {
		n := 0
		err = l.DB.Tx(ctx, func(tx *db.Tx) (err error) {
			forged, cp = nil, nil
			n, forged, cp, err = l.seal(tx, now)
			return err
		})
		sealed += n
		if cp != nil && err == nil && l.Anchor != nil {
			if err := l.Anchor(*cp); err != nil {
				return sealed, forged, fmt.Errorf("keep audit anchor: %w", err)
			}
		}
		if err != nil || n < sealBatch {
			return sealed, forged, err
		}
	}
}

func (l *Ledger) seal(tx *db.Tx, now time.Time) (n int, forged []string, cp *Checkpoint, err error) {
	// The head is locked before the open records are read: what another node has
	// just sealed is then no longer among them.
	head, ok, err := db.One(tx, scanHead, `SELECT size, chain FROM audit_head WHERE one = 1`+tx.Dialect().SkipLocked())
	if err != nil || !ok {
		return 0, nil, nil, err // another node is sealing
	}
	type open struct {
		Record
		mac []byte
	}
	rows, err := db.All(tx, func(s db.Scanner) (o open, err error) {
		o.Record, err = scanRecord(s, &o.mac)
		return o, err
	}, `SELECT `+recordColumns+`, mac FROM audit_record WHERE seq IS NULL ORDER BY at, id LIMIT ?`, sealBatch)
	if err != nil || len(rows) == 0 {
		return 0, nil, nil, err
	}
	size, chain := head.size, head.chain
	update, err := tx.Prepare(`UPDATE audit_record SET seq = ?, chain = ? WHERE id = ? AND seq IS NULL`)
	if err != nil {
		return 0, nil, nil, err
	}
	defer update.Close()
	for _, r := range rows {
		text := r.text()
		if !hmac.Equal(r.mac, l.mac(text)) {
			forged = append(forged, r.ID)
			continue
		}
		chain = link(chain, leaf(text))
		if err := update.Exec(size, chain, r.ID); err != nil {
			return 0, nil, nil, fmt.Errorf("seal record: %w", err)
		}
		size++
	}
	if size == head.size {
		return 0, forged, nil, nil
	}
	if err := addNodes(tx, head.size, size); err != nil {
		return 0, nil, nil, err
	}
	cp, err = l.checkpoint(tx, size, chain, now)
	if err != nil {
		return 0, nil, nil, err
	}
	return int(size - head.size), forged, cp, nil
}

type headRow struct {
	size  int64
	chain []byte
}

func scanHead(s db.Scanner) (h headRow, err error) {
	err = s.Scan(&h.size, &h.chain)
	return h, err
}

// addNodes stores the hashes of subtrees completed by growing from old to size.
func addNodes(tx *db.Tx, old, size int64) error { return addNodesFrom(tx, 1, old, size) }

// addNodesFrom does so from a level on; those below are stored.
func addNodesFrom(tx *db.Tx, level int, old, size int64) error {
	t := tree{tx}
	span := int64(1)
	for range level {
		span *= fan
	}
	for ; size/span > old/span; level++ {
		for n := old / span; n < size/span; n++ {
			hashes, err := t.row(level-1, n*fan, fan)
			if err != nil {
				return err
			}
			h := fold(hashes)
			if _, err := tx.Exec(`INSERT INTO audit_node (level, n, hash) VALUES (?, ?, ?)`, level, n, h[:]); err != nil {
				return err
			}
		}
		span *= fan
	}
	return nil
}

// checkpoint writes the tree head of the records so far and moves the head.
func (l *Ledger) checkpoint(tx *db.Tx, size int64, chain []byte, now time.Time) (*Checkpoint, error) {
	root, err := tlog.TreeHash(size, tree{tx})
	if err != nil {
		return nil, err
	}
	cp := &Checkpoint{Size: size, At: now, Root: root}
	if l.Signer != nil {
		msg, err := note.Sign(&note.Note{Text: l.Signer.Name() + "\n" + string(tlog.FormatTree(tlog.Tree{N: size, Hash: root}))}, l.Signer)
		if err != nil {
			return nil, fmt.Errorf("sign checkpoint: %w", err)
		}
		cp.Note = string(msg)
	}
	if _, err := tx.Exec(`INSERT INTO audit_checkpoint (size, at, root, chain, note) VALUES (?, ?, ?, ?, ?)`, size, now, root[:], chain, cp.Note); err != nil {
		return nil, err
	}
	_, err = tx.Exec(`UPDATE audit_head SET size = ?, chain = ? WHERE one = 1`, size, chain)
	return cp, err
}
