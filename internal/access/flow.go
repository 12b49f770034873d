package access

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
)

// flowFor is how long somebody may take at another service or device.
const flowFor = 15 * time.Minute

// newFlow keeps what a sign-in that goes elsewhere needs when it comes back,
// sealed, under a secret that only this browser gets.
func (d *Desk) newFlow(tx *db.Tx, kind, person string, data any, now time.Time) (string, error) {
	plain, err := json.Marshal(data)
	if err != nil {
		return "", fmt.Errorf("keep %s: %w", kind, err)
	}
	sealed, err := d.seal("flow:"+kind, plain)
	if err != nil {
		return "", err
	}
	secret := randomText(32)
	_, err = tx.Exec(`INSERT INTO access_flow (hash, kind, person_id, data, ends_at) VALUES (?, ?, ?, ?, ?)`,
		digest(secret), kind, person, sealed, now.Add(flowFor))
	return secret, err
}

// takeFlow gives back what newFlow kept, once.
func (d *Desk) takeFlow(tx *db.Tx, kind, secret string, into any, now time.Time) (person string, err error) {
	var sealed string
	err = tx.QueryRow(`SELECT person_id, data FROM access_flow WHERE hash = ? AND kind = ? AND ends_at > ?`,
		digest(secret), kind, now).Scan(&person, &sealed)
	if db.NoRows(err) {
		return "", errExpired()
	}
	if err != nil {
		return "", err
	}
	n, err := tx.Exec(`DELETE FROM access_flow WHERE hash = ?`, digest(secret))
	if err != nil {
		return "", err
	}
	if n != 1 {
		return "", errExpired()
	}
	plain, err := d.open("flow:"+kind, sealed)
	if err != nil {
		return "", err
	}
	return person, json.Unmarshal(plain, into)
}

// IdentityKind says by what other means a person is known.
type IdentityKind string

// The kinds of identity.
const (
	ByService     IdentityKind = "oidc"        // another sign-in service
	ByPasskey     IdentityKind = "passkey"     // a device
	ByCertificate IdentityKind = "certificate" // a machine the person answers for
)

// Identity is one further way a person, or a machine they answer for, is known.
type Identity struct {
	Kind    IdentityKind
	Key     string // what Forget asks for
	Name    string
	Created time.Time
	Seen    time.Time
}

// Identities lists the actor's own passkeys, services and certificates.
func (d *Desk) Identities(ctx context.Context, by Actor) (out []Identity, err error) {
	err = d.read(ctx, func(tx *db.Tx) error {
		out, err = db.All(tx, func(s db.Scanner) (i Identity, err error) {
			var created int64
			var seen db.NullTime
			err = s.Scan(&i.Kind, &i.Key, &i.Name, &created, &seen)
			i.Created, i.Seen = db.Time(created), seen.Time
			return i, err
		}, `SELECT kind, key, name, created_at, seen_at FROM access_identity WHERE person_id = ? ORDER BY created_at, key`, by.Person)
		return err
	})
	return out, err
}

// Forget removes one of the actor's own identities.
func (d *Desk) Forget(ctx context.Context, by Actor, kind IdentityKind, key string, now time.Time) error {
	if err := May(by, "access.self"); err != nil {
		return err
	}
	if err := MustBeFresh(by, now); err != nil {
		return err
	}
	return d.tx(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(`DELETE FROM access_identity WHERE kind = ? AND key = ? AND person_id = ?`, string(kind), key, by.Person)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.NotFound, "access.may.not-found")
		}
		return d.record(tx, by, Record{At: now, Verb: "access.forget", Object: "person", ObjectID: by.Person,
			Detail: map[string]any{"kind": string(kind), "key": key}})
	})
}

// addIdentity stores a new identity; one that is somebody's already is refused.
func addIdentity(tx *db.Tx, kind IdentityKind, key, person, name string, data any, now time.Time) error {
	b, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("keep %s: %w", kind, err)
	}
	_, err = tx.Exec(`INSERT INTO access_identity (kind, key, person_id, name, data, created_at) VALUES (?, ?, ?, ?, ?, ?)`,
		string(kind), key, person, name, string(b), now)
	if db.IsUnique(err) {
		return fault.New(fault.Conflict, "access.identity.taken")
	}
	return err
}

// identity reads whose identity it is and what was kept with it.
func identity(tx *db.Tx, kind IdentityKind, key string, data any) (person string, ok bool, err error) {
	var text string
	err = tx.QueryRow(`SELECT person_id, data FROM access_identity WHERE kind = ? AND key = ?`, string(kind), key).Scan(&person, &text)
	if db.NoRows(err) {
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	return person, true, json.Unmarshal([]byte(text), data)
}

// sawIdentity notes its last use and what is now to be kept with it.
func sawIdentity(tx *db.Tx, kind IdentityKind, key string, data any, now time.Time) error {
	b, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("keep %s: %w", kind, err)
	}
	_, err = tx.Exec(`UPDATE access_identity SET seen_at = ?, data = ? WHERE kind = ? AND key = ?`, now, string(b), string(kind), key)
	return err
}
