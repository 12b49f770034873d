package incident

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
)

// chunk is how many bytes of an attachment one row holds.
const chunk = 256 << 10

// Attach takes a file: read to the end or refused, its kind found by its
// content, kept in the database under its SHA-256. With id "" it belongs to
// the person's draft until a report claims it. A file that is not what its
// name says is refused.
func (d *Desk) Attach(ctx context.Context, by access.Actor, id ID, name string, r io.Reader, now time.Time) (File, error) {
	if err := access.May(by, "incident.submit"); err != nil {
		return File{}, err
	}
	name = fileName(name)
	data, err := io.ReadAll(io.LimitReader(r, d.MaxFile+1))
	if err != nil {
		return File{}, fault.New(fault.Invalid, "incident.file.broken", name).Because(err)
	}
	var f fault.Fields
	kind, ok := sniff(data, name)
	switch {
	case name == "":
		f.Add("file", "incident.file.name")
	case int64(len(data)) > d.MaxFile:
		f.Add("file", "incident.file.too-big", name, d.MaxFile>>20)
	case len(data) == 0:
		f.Add("file", "incident.file.empty", name)
	case kind == "":
		f.Add("file", "incident.file.type", name)
	case !ok:
		f.Add("file", "incident.file.lies", name, kind)
	}
	if err := f.Err(); err != nil {
		return File{}, err
	}
	sum := sha256.Sum256(data)
	out := File{ID: db.NewID(now), Incident: id, Name: name, Type: kind, Size: int64(len(data)), Digest: hex.EncodeToString(sum[:]), At: now, By: by.ID()}
	err = d.DB.Tx(ctx, func(tx *db.Tx) error {
		var s *state
		var owner any
		if id != "" {
			if s, err = d.open(tx, by, "incident.submit", id, now); err != nil {
				return err
			}
			owner = string(id)
		}
		if _, err := tx.Exec(`INSERT INTO incident_attachment (id, incident_id, submission, owner_id, org, name, type, size, digest, created_at)
			VALUES (?, ?, '', ?, ?, ?, ?, ?, ?, ?)`, out.ID, owner, by.ID(), by.Institution, out.Name, out.Type, out.Size, out.Digest, now); err != nil {
			return err
		}
		for n := 0; n*chunk < len(data); n++ {
			if _, err := tx.Exec(`INSERT INTO incident_chunk (attachment_id, n, data) VALUES (?, ?, ?)`, out.ID, n, data[n*chunk:min(len(data), (n+1)*chunk)]); err != nil {
				return err
			}
		}
		if s == nil {
			s = &state{}
		}
		return d.record(tx, by, "incident.attach", s, map[string]any{"file": out.ID, "digest": out.Digest, "size": out.Size, "type": out.Type}, now)
	})
	return out, err
}

// fileName keeps the last part of a name, without what confuses a screen.
func fileName(name string) string {
	name = strings.ReplaceAll(clean(name), "\\", "/")
	name = strings.ReplaceAll(path.Base(name), "\n", " ")
	if name == "." || name == "/" || name == ".." {
		return ""
	}
	if r := []rune(name); len(r) > maxLine {
		ext := path.Ext(name)
		name = string(r[:maxLine-len([]rune(ext))]) + ext
	}
	return name
}

const fileColumns = `id, COALESCE(incident_id, ''), submission, name, type, size, digest, created_at, owner_id, dropped_at`

func scanFile(s db.Scanner) (f File, err error) {
	var at int64
	var dropped db.NullTime
	err = s.Scan(&f.ID, &f.Incident, &f.Submission, &f.Name, &f.Type, &f.Size, &f.Digest, &at, &f.By, &dropped)
	f.At, f.Dropped = db.Time(at), dropped.Time
	return f, err
}

// checkFiles refuses files that are not the person's own, still free ones.
func (d *Desk) checkFiles(tx *db.Tx, by access.Actor, f *fault.Fields, ids []string) error {
	for i, id := range ids {
		n, err := db.Count(tx, `SELECT count(*) FROM incident_attachment WHERE id = ? AND owner_id = ? AND incident_id IS NULL AND dropped_at IS NULL`, id, by.ID())
		if err != nil {
			return err
		}
		if n == 0 {
			f.Add(fmt.Sprintf("files[%d]", i), "incident.file.unknown")
		}
	}
	return nil
}

// claim hands files of a draft to the incident.
func (d *Desk) claim(tx *db.Tx, by access.Actor, s *state, submission string, ids []string, now time.Time) error {
	for _, id := range ids {
		if _, err := tx.Exec(`UPDATE incident_attachment SET incident_id = ?, submission = ? WHERE id = ? AND owner_id = ? AND incident_id IS NULL`,
			string(s.ID), submission, id, by.ID()); err != nil {
			return err
		}
	}
	return nil
}

// Attachment gives a file to somebody cleared for its incident, and notes
// that it was read. The bytes are checked against the digest.
func (d *Desk) Attachment(ctx context.Context, by access.Actor, id ID, file string, now time.Time) (f File, r io.Reader, err error) {
	if err := access.May(by, "incident.read"); err != nil {
		return f, nil, err
	}
	var data []byte
	err = d.DB.Tx(ctx, func(tx *db.Tx) error {
		s, err := d.load(tx, id, now, "")
		if err != nil {
			return err
		}
		if err := access.MayOn(by, "incident.read", s.object()); err != nil {
			return hide(err)
		}
		var ok bool
		if f, ok, err = db.One(tx, scanFile, `SELECT `+fileColumns+` FROM incident_attachment WHERE id = ? AND incident_id = ? AND dropped_at IS NULL`, file, string(id)); err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.NotFound, "incident.file.unknown")
		}
		parts, err := db.All(tx, db.Scalar[[]byte], `SELECT data FROM incident_chunk WHERE attachment_id = ? ORDER BY n`, file)
		if err != nil {
			return err
		}
		data = bytes.Join(parts, nil)
		sum := sha256.Sum256(data)
		if hex.EncodeToString(sum[:]) != f.Digest {
			return errors.New("attachment " + file + " does not hash to its digest")
		}
		return d.record(tx, by, "incident.download", s, map[string]any{"file": file, "digest": f.Digest}, now)
	})
	if err != nil {
		return File{}, nil, err
	}
	return f, bytes.NewReader(data), nil
}

// Files lists the free files of the person's drafts.
func (d *Desk) Files(ctx context.Context, by access.Actor) (out []File, err error) {
	if err := access.May(by, "incident.submit"); err != nil {
		return nil, err
	}
	err = d.DB.Read(ctx, func(tx *db.Tx) (err error) {
		out, err = db.All(tx, scanFile, `SELECT `+fileColumns+` FROM incident_attachment WHERE owner_id = ? AND incident_id IS NULL AND dropped_at IS NULL ORDER BY created_at, id`, by.ID())
		return err
	})
	return out, err
}

// DropAttachment takes a file out of the person's draft. Files of a report
// stay with it.
func (d *Desk) DropAttachment(ctx context.Context, by access.Actor, file string, now time.Time) error {
	if err := access.May(by, "incident.submit"); err != nil {
		return err
	}
	return d.DB.Tx(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(`UPDATE incident_attachment SET dropped_at = ? WHERE id = ? AND owner_id = ? AND incident_id IS NULL AND dropped_at IS NULL`, now, file, by.ID())
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.NotFound, "incident.file.unknown")
		}
		if _, err := tx.Exec(`DELETE FROM incident_chunk WHERE attachment_id = ?`, file); err != nil {
			return err
		}
		return d.record(tx, by, "incident.detach", &state{}, map[string]any{"file": file}, now)
	})
}
