package incident

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"kulla.dev/internal/access"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/regime"
)

// begin gives a new incident its number, and an unlisted victim its row.
// Numbers count up by year without holes: a report that fails gives its
// number back.
func (d *Desk) begin(tx *db.Tx, s *state, now time.Time) error {
	kind := "I"
	if s.Exercise {
		kind = "X"
	}
	year := now.In(d.Pack.Location).Year()
	var n int64
	if err := tx.QueryRow(`INSERT INTO incident_number (year, kind, last) VALUES (?, ?, 1)
		ON CONFLICT (year, kind) DO UPDATE SET last = incident_number.last + 1 RETURNING last`, year, kind).Scan(&n); err != nil {
		return fmt.Errorf("number: %w", err)
	}
	s.Number = fmt.Sprintf("%s-%d-%04d", kind, year, n)
	if s.Victim.ID == "" {
		return nil
	}
	kinds, err := encode(s.Victim.Kinds)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO incident_victim (id, name, kinds, sector, contact, phone, institution_id, created_at) VALUES (?, ?, ?, ?, ?, ?, '', ?)`,
		s.Victim.ID, s.Victim.Name, kinds, s.Victim.Sector, s.Victim.Contact, s.Victim.Phone, now)
	return err
}

// sealed is what the digest of a submission is computed over.
type sealed struct {
	Number  string    `json:"number"`
	Version int       `json:"version"`
	At      time.Time `json:"at"`
	By      string    `json:"by"`
	Org     string    `json:"org,omitzero"`
	Name    string    `json:"institution_name"`
	Mark    string    `json:"marking"`
	Covers  []cover   `json:"covers"`
	Draft   Draft     `json:"report"`
}

type cover struct {
	Regime string `json:"regime,omitzero"`
	Stage  string `json:"stage"`
}

// seal fixes the content of a submission and its digest.
func (d *Desk) seal(tx *db.Tx, s *state, sub *Submission, in Draft, now time.Time) error {
	n, err := db.Count(tx, `SELECT max(version) FROM incident_submission WHERE incident_id = ?`, string(s.ID))
	if err != nil {
		return err
	}
	sub.Version = int(n) + 1
	in.Key, in.Seen = "", 0
	c := sealed{Number: s.Number, Version: sub.Version, At: now, By: sub.By, Org: sub.Org, Name: s.Name, Mark: s.Mark.Text(), Draft: in}
	for _, v := range sub.Covers {
		c.Covers = append(c.Covers, cover{v.Regime, v.Stage})
	}
	if sub.Content, err = canonical(c); err != nil {
		return err
	}
	sum := sha256.Sum256(sub.Content)
	sub.Digest = hex.EncodeToString(sum[:])
	return nil
}

// sign writes the receipt as a signed note, where the desk has a key.
func (d *Desk) sign(s *state, sub Submission) (string, error) {
	if d.Signer == nil {
		return "", nil
	}
	next := "-"
	if !sub.Next.IsZero() {
		next = sub.Next.UTC().Format(time.RFC3339) + " " + sub.NextStage
	}
	text := fmt.Sprintf("kulla receipt 1\n%s version %d\nsha256 %s\nreceived %s\ncovers %s\nnext %s\n",
		s.Number, sub.Version, sub.Digest, sub.At.UTC().Format(time.RFC3339Nano), coverText(sub.Covers), next)
	b, err := note.Sign(&note.Note{Text: text}, d.Signer)
	if err != nil {
		return "", fmt.Errorf("sign receipt: %w", err)
	}
	return string(b), nil
}

func coverText(covers []regime.Cover) string {
	var out []string
	for _, c := range covers {
		if c.Regime == "" {
			out = append(out, c.Stage)
		} else {
			out = append(out, c.Regime+"/"+c.Stage)
		}
	}
	return strings.Join(out, " ")
}

// next gives the deadline the institution has to meet next: of the laws that
// certainly apply; only where there is none, of those that perhaps do.
func (s *state) next() (at time.Time, stage string) {
	for _, certain := range []bool{true, false} {
		for _, o := range s.result.Obligations {
			applies := slices.ContainsFunc(s.result.Regimes, func(a regime.Applied) bool { return a.ID == o.Regime && a.State == regime.Applies })
			if applies == certain && o.SatisfiedBy == "" && !o.Optional && !o.Due.IsZero() && (o.State == regime.Open || o.State == regime.Late || o.State == regime.HeldState) &&
				(at.IsZero() || o.Due.Before(at)) {
				at, stage = o.Due, o.Regime+"/"+o.Stage
			}
		}
		if stage != "" {
			break
		}
	}
	return at, stage
}

func writeSubmission(tx *db.Tx, sub Submission, key string) error {
	covers, err := encode(sub.Covers)
	if err != nil {
		return err
	}
	nextRegime, nextStage, _ := strings.Cut(sub.NextStage, "/")
	_, err = tx.Exec(`INSERT INTO incident_submission (id, incident_id, version, form_key, covers, at, by_id, by_name, org, content, digest, signed, late_reason,
		channel, next_due, next_regime, next_stage) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		sub.ID, string(sub.Incident), sub.Version, key, covers, sub.At, sub.By, sub.ByName, sub.Org, string(sub.Content), sub.Digest, sub.Signed, sub.LateReason,
		sub.Channel, sub.Next, nextRegime, nextStage)
	return err
}

const submissionColumns = `id, incident_id, version, covers, at, by_id, by_name, org, content, digest, signed, late_reason, channel, next_due, next_regime, next_stage`

func scanSubmission(s db.Scanner) (v Submission, err error) {
	var covers, content, nextRegime string
	var at int64
	var next db.NullTime
	if err := s.Scan(&v.ID, &v.Incident, &v.Version, &covers, &at, &v.By, &v.ByName, &v.Org, &content, &v.Digest, &v.Signed, &v.LateReason, &v.Channel,
		&next, &nextRegime, &v.NextStage); err != nil {
		return v, err
	}
	v.At, v.Next, v.Content = db.Time(at), next.Time, []byte(content)
	if v.NextStage != "" {
		v.NextStage = nextRegime + "/" + v.NextStage
	}
	return v, decode(covers, &v.Covers)
}

func receiptOf(s *state, v Submission) Receipt {
	r := Receipt{Incident: s.ID, Number: s.Number, Submission: v.ID, Version: v.Version, Digest: v.Digest, At: v.At, Next: v.Next, Signed: v.Signed, Mark: s.Mark}
	r.NextRegime, r.NextStage, _ = strings.Cut(v.NextStage, "/")
	return r
}

// replay finds the receipt of a form that was handed in before.
func (d *Desk) replay(tx *db.Tx, by access.Actor, key string) (Receipt, bool, error) {
	v, ok, err := db.One(tx, scanSubmission, `SELECT `+submissionColumns+` FROM incident_submission WHERE form_key = ?`, by.ID()+"|"+key)
	if err != nil || !ok {
		return Receipt{}, false, err
	}
	out, err := d.receiptAgain(tx, v)
	if err != nil {
		return Receipt{}, false, err
	}
	for i := 1; ; i++ {
		v, ok, err := db.One(tx, scanSubmission, `SELECT `+submissionColumns+` FROM incident_submission WHERE form_key = ?`, fmt.Sprintf("%s|%s#%d", by.ID(), key, i))
		if err != nil || !ok {
			return out, err == nil, err
		}
		r, err := d.receiptAgain(tx, v)
		if err != nil {
			return Receipt{}, false, err
		}
		out.Others = append(out.Others, r)
	}
}

func (d *Desk) receiptAgain(tx *db.Tx, v Submission) (Receipt, error) {
	r, ok, err := db.One(tx, scanIncident, `SELECT `+incidentColumns+` FROM incident_incident i WHERE i.id = ?`, string(v.Incident))
	if err != nil || !ok {
		return Receipt{}, err
	}
	s := &state{Incident: r.Incident}
	if s.Mark, err = d.Access.MarkOf(tx, access.MarkID(r.mark)); err != nil {
		return Receipt{}, err
	}
	out := receiptOf(s, v)
	out.Replayed = true
	return out, nil
}

// Submission gives one submission with its content, and notes that it was read.
func (d *Desk) Submission(ctx context.Context, by access.Actor, id ID, submission string, now time.Time) (v Submission, err error) {
	if err := access.May(by, "incident.read"); err != nil {
		return v, err
	}
	err = d.DB.Tx(ctx, func(tx *db.Tx) error {
		s, err := d.load(tx, id, now, "")
		if err != nil {
			return err
		}
		if err := access.MayOn(by, "incident.read", s.object()); err != nil {
			return hide(err)
		}
		var ok bool
		if v, ok, err = db.One(tx, scanSubmission, `SELECT `+submissionColumns+` FROM incident_submission WHERE incident_id = ? AND id = ?`, string(id), submission); err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.NotFound, "incident.get.unknown")
		}
		v.Recalled = s.recalled(v.ID)
		return d.record(tx, by, "incident.read", s, map[string]any{"submission": submission}, now)
	})
	return v, err
}

// Receipt gives the receipt of a submission once more.
func (d *Desk) Receipt(ctx context.Context, by access.Actor, id ID, submission string, now time.Time) (Receipt, error) {
	v, err := d.Submission(ctx, by, id, submission, now)
	if err != nil {
		return Receipt{}, err
	}
	var out Receipt
	err = d.DB.Read(ctx, func(tx *db.Tx) (err error) {
		out, err = d.receiptAgain(tx, v)
		out.Replayed = false
		return err
	})
	return out, err
}

// Verify says whether the content of a submission hashes to its digest.
func (v Submission) Verify() bool {
	sum := sha256.Sum256(v.Content)
	return hex.EncodeToString(sum[:]) == v.Digest
}
