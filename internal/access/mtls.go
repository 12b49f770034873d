package access

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"slices"
	"strings"
	"time"

	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
)

// machine is what is kept with a certificate.
type machine struct {
	Institution string       `json:"institution"`
	Scopes      []Permission `json:"scopes"`
}

// certificateKey names a certificate by its public key, so that a renewed
// certificate of the same key goes on working.
func certificateKey(c *x509.Certificate) string {
	sum := sha256.Sum256(c.RawSubjectPublicKeyInfo)
	return hex.EncodeToString(sum[:])
}

// AddCertificate lets the machine that holds the certificate's key act for
// the institution the actor acts for, within the scopes, which the actor's
// roles must grant. The actor answers for the machine: what they lose, it loses.
func (d *Desk) AddCertificate(ctx context.Context, by Actor, name string, pemText []byte, scopes []Permission, now time.Time) (Identity, error) {
	if err := May(by, "access.token"); err != nil {
		return Identity{}, err
	}
	if err := MustBeFresh(by, now); err != nil {
		return Identity{}, err
	}
	var f fault.Fields
	name = strings.Join(strings.Fields(cleanText(name)), " ")
	if name == "" || len(name) > 120 {
		f.Add("name", "fault.field.required")
	}
	checkScopes(&f, by, scopes)
	cert := parseCertificate(pemText)
	if cert == nil {
		f.Add("certificate", "access.certificate.unreadable")
	} else if now.After(cert.NotAfter) {
		f.Add("certificate", "access.certificate.ended")
	}
	if err := f.Err(); err != nil {
		return Identity{}, err
	}
	id := Identity{Kind: ByCertificate, Key: certificateKey(cert), Name: name, Created: now}
	scopes = slices.Clone(scopes)
	slices.Sort(scopes)
	err := d.tx(ctx, func(tx *db.Tx) error {
		if err := addIdentity(tx, ByCertificate, id.Key, by.Person, name, machine{by.Institution, slices.Compact(scopes)}, now); err != nil {
			return err
		}
		return d.record(tx, by, Record{At: now, Verb: "access.certificate", Object: "person", ObjectID: by.Person,
			Detail: map[string]any{"key": id.Key, "scopes": toJSON(scopes)}})
	})
	return id, err
}

func parseCertificate(pemText []byte) *x509.Certificate {
	block, _ := pem.Decode(pemText)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil
	}
	return c
}

// ResolveCertificate gives the actor of a client certificate. TLS has proven
// that the peer holds its key; that is all that is asked of it, besides not
// having run out: keys are registered one by one, so no authority is trusted.
func (d *Desk) ResolveCertificate(ctx context.Context, c *x509.Certificate, now time.Time) (Actor, error) {
	ended := fault.New(fault.Expired, "access.certificate.unknown")
	if c == nil || now.Before(c.NotBefore) || now.After(c.NotAfter) {
		return Actor{}, ended
	}
	key := certificateKey(c)
	var a Actor
	seen := time.Time{}
	var m machine
	err := d.read(ctx, func(tx *db.Tx) error {
		who, ok, err := identity(tx, ByCertificate, key, &m)
		if err != nil {
			return err
		}
		if !ok {
			return ended
		}
		p, err := mustPerson(tx, who)
		if err != nil {
			return err
		}
		if !p.Active {
			return ended
		}
		var at db.NullTime
		if err := tx.QueryRow(`SELECT seen_at FROM access_identity WHERE kind = 'certificate' AND key = ?`, key).Scan(&at); err != nil {
			return err
		}
		seen = at.Time
		a = p.acting(KindMachine, m.Institution, d.table)
		a.Scopes, a.Session = m.Scopes, "certificate:"+key[:16]
		return nil
	})
	if err != nil {
		return Actor{}, err
	}
	if now.Sub(seen) >= seenEvery {
		err = d.tx(ctx, func(tx *db.Tx) error { return sawIdentity(tx, ByCertificate, key, m, now) })
		if fault.Is(err, fault.Unavailable) {
			err = nil // reading goes on while nothing can be written
		}
	}
	return a, err
}

// checkScopes notes what a token or machine of the actor may not do.
func checkScopes(f *fault.Fields, by Actor, scopes []Permission) {
	if len(scopes) == 0 {
		f.Add("scopes", "fault.field.required")
	}
	may := TokenScopes(by)
	for _, s := range scopes {
		if !slices.Contains(may, s) {
			f.Add("scopes", "access.token.scope", string(s))
		}
	}
}
