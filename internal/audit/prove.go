package audit

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
)

// Proof shows that one record is in the ledger, without any other record: the
// record's text, its place, the audit path and the (signed) checkpoint.
type Proof struct {
	Text string      `json:"text"` // the record as hashed
	Seq  int64       `json:"seq"`
	Size int64       `json:"size"`
	Root tlog.Hash   `json:"root"`
	Path []tlog.Hash `json:"path"`
	Note string      `json:"note,omitempty"`
}

// Prove makes the proof of a sealed record against the newest checkpoint.
func (l *Ledger) Prove(ctx context.Context, id string) (p Proof, err error) {
	err = l.DB.Read(ctx, func(tx *db.Tx) error {
		r, ok, err := db.One(tx, func(s db.Scanner) (Record, error) { return scanRecord(s) }, `SELECT `+recordColumns+` FROM audit_record WHERE id = ?`, id)
		if err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.NotFound, "audit.record-unknown")
		}
		if r.Seq < 0 {
			return fault.New(fault.Conflict, "audit.record-open")
		}
		cp, ok, err := db.One(tx, scanCheckpoint, `SELECT size, at, root, chain, note FROM audit_checkpoint ORDER BY size DESC LIMIT 1`)
		if err != nil || !ok {
			return fmt.Errorf("newest checkpoint: %w", err)
		}
		path, err := tlog.ProveRecord(cp.Size, r.Seq, tree{tx})
		if err != nil {
			return fmt.Errorf("prove record: %w", err)
		}
		p = Proof{r.text(), r.Seq, cp.Size, cp.Root, path, cp.Note}
		return nil
	})
	return p, err
}

// Check checks the proof by itself; with a verifier also that the desk signed
// the checkpoint.
func (p Proof) Check(ver note.Verifier) error {
	if ver != nil {
		n, err := note.Open([]byte(p.Note), note.VerifierList(ver))
		if err != nil {
			return fmt.Errorf("signature of the checkpoint: %w", err)
		}
		_, body, _ := strings.Cut(n.Text, "\n")
		t, err := tlog.ParseTree([]byte(body))
		if err != nil || t.N != p.Size || t.Hash != p.Root {
			return fmt.Errorf("the signed checkpoint speaks of another tree")
		}
	}
	return tlog.CheckRecord(p.Path, p.Size, p.Root, p.Seq, leaf(p.Text))
}
