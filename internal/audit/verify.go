package audit

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"kulla.dev/internal/db"
)

// Broken says what is wrong, and where it was first seen.
type Broken struct {
	Seq  int64  // place in the chain; -1 for an open record
	ID   string // record id, or "" where there is no row
	What string // edited, missing, inserted, truncated, node, checkpoint, forged, head
	Why  string
}

// Error gives one line for the command line.
func (b *Broken) Error() string {
	return fmt.Sprintf("audit: first broken row: seq %d id %q: %s: %s", b.Seq, b.ID, b.What, b.Why)
}

// Verified is what Verify has seen.
type Verified struct {
	Records     int64 // sealed and checked
	Open        int64 // not yet sealed
	Checkpoints int64
	Signed      int64 // checkpoints whose signature was checked
	Root        tlog.Hash
	Chain       string // hexadecimal
	Last        Checkpoint
}

// VerifyOptions of Verify; the zero value checks the database against itself.
type VerifyOptions struct {
	Verifier note.Verifier // checks the signatures of checkpoints
	Anchor   *Checkpoint   // a checkpoint kept outside: the ledger must contain it
	Progress func(done, total int64)
}

// verifyChunk is the number of records read in one statement; a multiple of fan.
const verifyChunk = 8 * fan

type chunk struct {
	from   int64
	leaves []tlog.Hash
	chains [][]byte
	seqs   []int64
	ids    []string
	err    error

	linked bool   // each chain value follows from the one before it and the leaf
	packed []byte // the chain values of a linked chunk, one after the other
}

// Verify recomputes the whole ledger as it stood at the call; what a running
// desk seals meanwhile is left to the next time. A defect is returned as
// *Broken, the first in chain order; other errors mean that it could not be
// checked.
func (l *Ledger) Verify(ctx context.Context, o VerifyOptions) (v Verified, err error) {
	var head headRow
	var cps []checkpointRow
	var rows int64
	err = l.DB.Read(ctx, func(tx *db.Tx) error {
		h, ok, err := db.One(tx, scanHead, `SELECT size, chain FROM audit_head WHERE one = 1`)
		if err != nil {
			return err
		}
		if !ok {
			return &Broken{-1, "", "head", "the head row is gone"}
		}
		head = h
		if rows, err = db.Count(tx, `SELECT max(seq) + 1 FROM audit_record`); err != nil {
			return err
		}
		cps, err = db.All(tx, scanCheckpoint, `SELECT size, at, root, chain, note FROM audit_checkpoint ORDER BY size`)
		return err
	})
	if err != nil {
		return v, err
	}
	total := max(rows, head.size)
	if err := l.verifyChain(ctx, o, total, cps, &v); err != nil {
		return v, err
	}
	if v.Records < head.size {
		return v, &Broken{v.Records, "", "truncated", fmt.Sprintf("the head counts %d records", head.size)}
	}
	if v.Records > head.size || (v.Records > 0 && hex.EncodeToString(head.chain) != v.Chain) {
		return v, &Broken{head.size, "", "head", "the head does not match the records"}
	}
	if o.Anchor != nil && (o.Anchor.Size > v.Records || v.Last.Size < o.Anchor.Size) {
		return v, &Broken{v.Records, "", "truncated", fmt.Sprintf("the anchor counts %d records", o.Anchor.Size)}
	}
	return v, l.verifyOpen(ctx, &v)
}

func (l *Ledger) verifyChain(ctx context.Context, o VerifyOptions, total int64, cps []checkpointRow, v *Verified) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	workers := runtime.GOMAXPROCS(0) + 1
	jobs := make(chan chan chunk, 2*workers) // results in order
	work := make(chan func(), workers)
	go func() {
		defer close(jobs)
		defer close(work)
		for from := int64(0); from < total; from += verifyChunk {
			out := make(chan chunk, 1)
			select {
			case jobs <- out:
			case <-ctx.Done():
				return
			}
			select {
			case work <- func() {
				c, sound := l.readPacked(ctx, from, total)
				if !sound {
					c = l.readChunk(ctx, from, total)
				}
				out <- c
			}:
			case <-ctx.Done():
				return
			}
		}
	}()
	for range workers {
		go func() {
			for f := range work {
				f()
			}
		}()
	}
	var f frontier
	var chain []byte
	anchorSeen := o.Anchor == nil
	for out := range jobs {
		var c chunk
		select {
		case c = <-out:
		case <-ctx.Done():
			return ctx.Err()
		}
		if c.err != nil {
			return c.err
		}
		if c.linked && len(c.leaves) > 0 {
			if !bytes.Equal(link(chain, c.leaves[0]), c.packed[:sha256.Size]) {
				if c = l.readChunk(ctx, c.from, total); c.err != nil { // name the row
					return c.err
				}
			}
		}
		for i, lf := range c.leaves {
			seq := c.from + int64(i)
			if c.linked {
				chain = c.packed[i*sha256.Size : (i+1)*sha256.Size]
			} else {
				if c.seqs[i] != seq {
					return &Broken{seq, "", "missing", fmt.Sprintf("the next record present is %d", c.seqs[i])}
				}
				chain = link(chain, lf)
				if !bytes.Equal(chain, c.chains[i]) {
					return &Broken{seq, c.ids[i], "edited", "the record does not give the chain value stored with it"}
				}
			}
			f.add(lf)
			for v.Checkpoints < int64(len(cps)) && cps[v.Checkpoints].Size == seq+1 {
				cp := cps[v.Checkpoints]
				if err := checkCheckpoint(cp, f.root(), chain, o.Verifier, v); err != nil {
					return err
				}
				v.Checkpoints++
				v.Last = cp.Checkpoint
				if o.Anchor != nil && o.Anchor.Size == cp.Size {
					if o.Anchor.Root != f.root() {
						return &Broken{seq, "", "edited", "the anchor has another tree hash here"}
					}
					anchorSeen = true
				}
			}
		}
		v.Records = c.from + int64(len(c.leaves))
		if len(c.leaves) < verifyChunk && v.Records < total {
			return &Broken{v.Records, "", "missing", "records after this place exist or are counted, this one is gone"}
		}
		if o.Progress != nil {
			o.Progress(v.Records, total)
		}
	}
	if v.Checkpoints < int64(len(cps)) {
		return &Broken{v.Records, "", "truncated", fmt.Sprintf("a checkpoint counts %d records", cps[v.Checkpoints].Size)}
	}
	if v.Records > 0 && v.Last.Size != v.Records {
		return &Broken{v.Last.Size, "", "checkpoint", "no checkpoint covers the records from here on"}
	}
	if !anchorSeen && o.Anchor.Size <= v.Records && o.Anchor.Size > 0 {
		return &Broken{o.Anchor.Size - 1, "", "checkpoint", "the anchored checkpoint is gone"}
	}
	v.Root, v.Chain = f.root(), hex.EncodeToString(chain)
	return l.verifyNodes(ctx, v.Records)
}

func checkCheckpoint(cp checkpointRow, root tlog.Hash, chain []byte, ver note.Verifier, v *Verified) error {
	seq := cp.Size - 1
	if cp.Root != root || !bytes.Equal(cp.chain, chain) {
		return &Broken{seq, "", "checkpoint", "the checkpoint does not match the records before it"}
	}
	if ver == nil {
		return nil
	}
	n, err := note.Open([]byte(cp.Note), note.VerifierList(ver))
	if err != nil {
		return &Broken{seq, "", "checkpoint", "the signature is not the desk's: " + err.Error()}
	}
	_, body, _ := strings.Cut(n.Text, "\n")
	t, err := tlog.ParseTree([]byte(body))
	if err != nil || t.N != cp.Size || t.Hash != root {
		return &Broken{seq, "", "checkpoint", "the signed text speaks of another tree"}
	}
	v.Signed++
	return nil
}

// readPacked reads one range of records in two long values, hashes it and
// links it. It is for a range in which nothing is wrong; where anything is, it
// says that the range is not sound, and readChunk looks again row by row.
func (l *Ledger) readPacked(ctx context.Context, from, total int64) (c chunk, sound bool) {
	c.from, c.linked = from, true
	var n int64
	var first, last *int64
	var text []byte
	c.err = l.DB.Read(ctx, func(tx *db.Tx) error {
		d := tx.Dialect()
		return tx.QueryRow(`SELECT count(*), min(seq), max(seq), `+d.Concat("line", "30", "seq")+`, `+d.ConcatBytes("chain", "seq")+`
			FROM (SELECT seq, chain, concat_ws(`+d.Char("31")+`, id, at, actor, org, verb, object, object_id, mark, request, detail) AS line
			FROM audit_record WHERE seq >= ? AND seq < ? ORDER BY seq) x`, from, min(from+verifyChunk, total)).Scan(&n, &first, &last, &text, &c.packed)
	})
	if c.err != nil {
		return c, true
	}
	if n == 0 {
		return c, true
	}
	if first == nil || last == nil || *first != from || *last != from+n-1 || int64(len(c.packed)) != n*sha256.Size {
		return c, false
	}
	// The separator before each record becomes the 0x00 a leaf is hashed with.
	buf := append(make([]byte, 1, len(text)+1), text...)
	c.leaves = make([]tlog.Hash, 0, n)
	for len(buf) > 0 {
		end := bytes.IndexByte(buf[1:], recordSep[0]) + 1
		if end == 0 {
			end = len(buf)
		}
		buf[0] = 0
		c.leaves = append(c.leaves, tlog.Hash(sha256.Sum256(buf[:end])))
		buf = buf[end:]
	}
	if int64(len(c.leaves)) != n {
		return c, false
	}
	for i := 1; i < len(c.leaves); i++ {
		at := c.packed[(i-1)*sha256.Size:]
		if !bytes.Equal(link(at[:sha256.Size], c.leaves[i]), at[sha256.Size:2*sha256.Size]) {
			return c, false
		}
	}
	return c, true
}

// readChunk reads one packed range of records with everything needed to name
// the row that is wrong, and hashes it.
func (l *Ledger) readChunk(ctx context.Context, from, total int64) (c chunk) {
	c.from = from
	var packed db.NullString
	c.err = l.DB.Read(ctx, func(tx *db.Tx) error {
		d := tx.Dialect()
		us := d.Char("31")
		line := strings.Join([]string{"seq", d.Hex("chain"), "id", "at", "actor", "org", "verb", "object", "object_id", "mark", "request", "detail"}, " || "+us+" || ")
		return tx.QueryRow(`SELECT `+d.Concat("line", "30", "seq")+` FROM (SELECT seq, `+line+` AS line FROM audit_record
			WHERE seq >= ? AND seq < ? ORDER BY seq) x`, from, min(from+verifyChunk, total)).Scan(&packed)
	})
	if c.err != nil || packed.String == "" {
		return c
	}
	for s := range strings.SplitSeq(packed.String, recordSep) {
		seqText, rest, _ := strings.Cut(s, unitSep)
		chainText, text, ok := strings.Cut(rest, unitSep)
		seq, err := strconv.ParseInt(seqText, 10, 64)
		chain, err2 := hex.DecodeString(chainText)
		id, _, _ := strings.Cut(text, unitSep)
		if err := errors.Join(err, err2); err != nil || !ok {
			c.err = &Broken{from + int64(len(c.leaves)), id, "edited", "the row cannot be read as a record"}
			return c
		}
		c.leaves = append(c.leaves, leaf(text))
		c.chains = append(c.chains, chain)
		c.seqs = append(c.seqs, seq)
		c.ids = append(c.ids, id)
	}
	return c
}

// verifyNodes checks the stored subtree hashes against the records by their
// own sums: each level from the one below.
func (l *Ledger) verifyNodes(ctx context.Context, size int64) error {
	return l.DB.Read(ctx, func(tx *db.Tx) error {
		t := tree{tx}
		for level, span := 2, int64(fan*fan); size/span > 0; level, span = level+1, span*fan {
			for n := range size / span {
				below, err := t.row(level-1, n*fan, fan)
				if err != nil {
					return &Broken{n * span, "", "node", err.Error()}
				}
				own, err := t.row(level, n, 1)
				if err != nil || own[0] != fold(below) {
					return &Broken{n * span, "", "node", fmt.Sprintf("tree node %d/%d does not match the records", level, n)}
				}
			}
		}
		head, _, err := db.One(tx, scanHead, `SELECT size, chain FROM audit_head WHERE one = 1`) // of now: it may have grown
		if err != nil {
			return err
		}
		nodes, err := db.Count(tx, `SELECT count(*) FROM audit_node WHERE level = 1`)
		if err == nil && nodes != max(size, head.size)/fan {
			return &Broken{min(nodes, size/fan) * fan, "", "node", "a tree node is missing or too many"}
		}
		if err != nil {
			return err
		}
		// level 1 against the checkpointed root: the root rebuilt from the nodes must be the same
		root, err := tlog.TreeHash(size, t)
		if err != nil {
			return &Broken{size, "", "node", err.Error()}
		}
		last, ok, err := db.One(tx, db.Scalar[[]byte], `SELECT root FROM audit_checkpoint WHERE size = ?`, size)
		if err != nil {
			return err
		}
		if ok && size > 0 && !bytes.Equal(last, root[:]) {
			return &Broken{0, "", "node", "the stored tree nodes do not give the checkpoint's root"}
		}
		return nil
	})
}

// verifyOpen checks the records that wait to be sealed.
func (l *Ledger) verifyOpen(ctx context.Context, v *Verified) error {
	return l.DB.Read(ctx, func(tx *db.Tx) error {
		type open struct {
			Record
			mac []byte
		}
		rows, err := db.All(tx, func(s db.Scanner) (o open, err error) {
			o.Record, err = scanRecord(s, &o.mac)
			return o, err
		}, `SELECT `+recordColumns+`, mac FROM audit_record WHERE seq IS NULL ORDER BY at, id LIMIT 10000`)
		v.Open = int64(len(rows))
		if len(l.MACKey) == 0 {
			return err
		}
		for _, r := range rows {
			if !hmac.Equal(r.mac, l.mac(r.text())) {
				return &Broken{-1, r.ID, "inserted", "an open record that no desk with this key has written"}
			}
		}
		return err
	})
}

type checkpointRow struct {
	Checkpoint
	chain []byte
}

func scanCheckpoint(s db.Scanner) (c checkpointRow, err error) {
	var at int64
	var root []byte
	err = s.Scan(&c.Size, &at, &root, &c.chain, &c.Note)
	c.At = time.UnixMicro(at).UTC()
	copy(c.Root[:], root)
	return c, err
}
