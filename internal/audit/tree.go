package audit

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"kulla.dev/internal/db"
)

// fan is the number of children of a stored tree node: only hashes of complete
// subtrees of fan^level leaves are stored; the rest is recomputed from them.
const (
	fanBits = 8
	fan     = 1 << fanBits
)

// tree reads hashes of the Merkle tree from the records and stored nodes.
type tree struct {
	tx *db.Tx
}

// ReadHashes implements tlog.HashReader.
func (t tree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		level, n := tlog.SplitStoredHashIndex(index)
		base := level / fanBits
		width := int64(1) << (level - base*fanBits)
		hashes, err := t.row(base, n*width, width)
		if err != nil {
			return nil, err
		}
		out[i] = fold(hashes)
	}
	return out, nil
}

// row reads width hashes of stored level base from place n on; level 0 are
// the leaves, computed from the records.
func (t tree) row(base int, n, width int64) ([]tlog.Hash, error) {
	var hashes []tlog.Hash
	if base == 0 {
		texts, err := t.texts(n, n+width)
		if err != nil {
			return nil, err
		}
		for _, s := range texts {
			hashes = append(hashes, leaf(s))
		}
	} else {
		blobs, err := db.All(t.tx, db.Scalar[[]byte], `SELECT hash FROM audit_node WHERE level = ? AND n >= ? AND n < ? ORDER BY n`, base, n, n+width)
		if err != nil {
			return nil, err
		}
		for _, b := range blobs {
			var h tlog.Hash
			copy(h[:], b)
			hashes = append(hashes, h)
		}
	}
	if int64(len(hashes)) != width {
		return nil, fmt.Errorf("audit tree: level %d holds %d of %d hashes from %d", base, len(hashes), width, n)
	}
	return hashes, nil
}

func (t tree) texts(from, to int64) ([]string, error) {
	return db.All(t.tx, func(s db.Scanner) (string, error) {
		r, err := scanRecord(s)
		return r.text(), err
	}, `SELECT `+recordColumns+` FROM audit_record WHERE seq >= ? AND seq < ? ORDER BY seq`, from, to)
}

// fold hashes a complete row of 2^k hashes up to one.
func fold(h []tlog.Hash) tlog.Hash {
	for len(h) > 1 {
		for i := range len(h) / 2 {
			h[i] = tlog.NodeHash(h[2*i], h[2*i+1])
		}
		h = h[:len(h)/2]
	}
	return h[0]
}

// frontier is a Merkle tree under construction: the hashes of its complete
// subtrees, largest first, as a binary counter.
type frontier struct {
	size  int64
	stack []tlog.Hash
}

func (f *frontier) add(h tlog.Hash) {
	for n := f.size; n&1 == 1; n >>= 1 {
		last := len(f.stack) - 1
		h = tlog.NodeHash(f.stack[last], h)
		f.stack = f.stack[:last]
	}
	f.stack = append(f.stack, h)
	f.size++
}

// root is the tree hash of RFC 6962.
func (f *frontier) root() tlog.Hash {
	if len(f.stack) == 0 {
		h, _ := tlog.TreeHash(0, nil)
		return h
	}
	h := f.stack[len(f.stack)-1]
	for i := len(f.stack) - 2; i >= 0; i-- {
		h = tlog.NodeHash(f.stack[i], h)
	}
	return h
}
