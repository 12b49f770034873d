package council

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"kulla.dev/internal/access"
	"kulla.dev/internal/db"
)

// freeze writes the paper and its figures, for good.
func (d *Desk) freeze(tx *db.Tx, p *Paper) error {
	mark, err := d.Access.Mark(tx, p.Mark, p.MadeAt)
	if err != nil {
		return err
	}
	year := p.MadeAt.In(d.Pack.Location).Year()
	n, _, err := db.One(tx, db.Scalar[int], `INSERT INTO council_number (year, last) VALUES (?, 1) ON CONFLICT (year) DO UPDATE SET last = council_number.last + 1 RETURNING last`, year)
	if err != nil {
		return fmt.Errorf("number of the paper: %w", err)
	}
	p.Number = fmt.Sprintf("P-%d-%03d", year, n)
	content, err := json.Marshal(p.Content)
	if err != nil {
		return err
	}
	sum := sha256.New()
	sum.Write(content)
	figures := make([][]byte, len(p.Figures))
	for i, f := range p.Figures {
		if figures[i], err = json.Marshal(f); err != nil {
			return err
		}
		fmt.Fprintf(sum, "\n%d %s %s %s", f.N, f.Def, f.Item, figures[i])
	}
	p.Digest = hex.EncodeToString(sum.Sum(nil))
	if _, err := tx.Exec(`INSERT INTO council_paper (id, number, owner_id, mark_id, cutoff, made_at, made_by, content, digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		p.ID, p.Number, p.Owner, int64(mark), p.CutOff, p.MadeAt, p.MadeBy, string(content), p.Digest); err != nil {
		return err
	}
	for i, f := range p.Figures {
		if _, err := tx.Exec(`INSERT INTO council_figure (paper_id, n, definition, item, content) VALUES (?, ?, ?, ?, ?)`, p.ID, f.N, string(f.Def), f.Item, string(figures[i])); err != nil {
			return err
		}
	}
	return nil
}

const paperColumns = `p.id, p.number, p.owner_id, p.mark_id, p.cutoff, p.made_at, p.made_by, p.content, p.digest`

type paperRow struct {
	Paper
	mark access.MarkID
}

func scanPaper(s db.Scanner) (r paperRow, err error) {
	var mark, cutoff, made int64
	var content string
	if err := s.Scan(&r.ID, &r.Number, &r.Owner, &mark, &cutoff, &made, &r.MadeBy, &content, &r.Digest); err != nil {
		return r, err
	}
	r.mark, r.CutOff, r.MadeAt = access.MarkID(mark), db.Time(cutoff), db.Time(made)
	if err := json.Unmarshal([]byte(content), &r.Content); err != nil {
		return r, fmt.Errorf("paper %s: %w", r.ID, err)
	}
	return r, nil
}

// load reads a paper with its figures.
func (d *Desk) load(tx *db.Tx, id string) (Paper, bool, error) {
	r, ok, err := db.One(tx, scanPaper, `SELECT `+paperColumns+` FROM council_paper p WHERE p.id = ?`, id)
	if err != nil || !ok {
		return Paper{}, false, err
	}
	if r.Mark, err = d.Access.MarkOf(tx, r.mark); err != nil {
		return Paper{}, false, err
	}
	r.Figures, err = db.All(tx, func(s db.Scanner) (f Figure, err error) {
		var content string
		if err := s.Scan(&f.N, &f.Def, &f.Item, &content); err != nil {
			return f, err
		}
		return f, json.Unmarshal([]byte(content), &f)
	}, `SELECT n, definition, item, content FROM council_figure WHERE paper_id = ? ORDER BY n`, id)
	return r.Paper, true, err
}

// list reads the newest papers the actor may read.
func (d *Desk) list(tx *db.Tx, by access.Actor, limit int) ([]Paper, error) {
	filter, err := d.Access.Filter(tx, by, "council.read")
	if err != nil {
		return nil, err
	}
	cond, args := filter.SQL("p.mark_id", "p.owner_id")
	rows, err := db.All(tx, scanPaper, `SELECT `+paperColumns+` FROM council_paper p WHERE `+cond+` ORDER BY p.made_at DESC, p.id DESC LIMIT ?`, append(args, limit)...)
	if err != nil {
		return nil, err
	}
	out := make([]Paper, len(rows))
	for i, r := range rows {
		if r.Mark, err = d.Access.MarkOf(tx, r.mark); err != nil {
			return nil, err
		}
		out[i] = r.Paper
	}
	return out, nil
}
