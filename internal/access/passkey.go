package access

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
)

// Passkeys says for which site passkeys are made. The zero value: none.
type Passkeys struct {
	Domain  string   // the site's domain; a key made for it works nowhere else
	Name    string   // shown by the device
	Origins []string // the addresses pages are served from, "https://desk.example"
}

func (c Passkeys) open() (*webauthn.WebAuthn, error) {
	if c.Domain == "" {
		return nil, nil
	}
	w, err := webauthn.New(&webauthn.Config{RPID: c.Domain, RPDisplayName: c.Name, RPOrigins: c.Origins,
		AttestationPreference: protocol.PreferNoAttestation})
	if err != nil {
		return nil, fmt.Errorf("access: passkeys: %w", err)
	}
	return w, nil
}

// HasPasskeys says whether this desk takes passkeys.
func (d *Desk) HasPasskeys() bool { return d.passkeys != nil }

// holder is a person as the library asks for them.
type holder struct {
	Person
	keys []webauthn.Credential
}

func (h holder) WebAuthnID() []byte                         { return []byte(h.ID) }
func (h holder) WebAuthnName() string                       { return h.Email }
func (h holder) WebAuthnDisplayName() string                { return h.Name }
func (h holder) WebAuthnCredentials() []webauthn.Credential { return h.keys }

func passkeyKey(id []byte) string { return base64.RawURLEncoding.EncodeToString(id) }

// holderOf reads a person with their passkeys.
func holderOf(tx *db.Tx, id string) (holder, personRow, error) {
	if !db.ValidID(id) {
		return holder{}, personRow{}, fault.New(fault.NotFound, "access.may.not-found")
	}
	p, err := mustPerson(tx, id)
	if err != nil {
		return holder{}, p, err
	}
	h := holder{Person: p.Person}
	h.keys, err = db.All(tx, func(s db.Scanner) (c webauthn.Credential, err error) {
		var text string
		if err := s.Scan(&text); err != nil {
			return c, err
		}
		return c, json.Unmarshal([]byte(text), &c)
	}, `SELECT data FROM access_identity WHERE kind = 'passkey' AND person_id = ? ORDER BY created_at, key`, id)
	return h, p, err
}

func (d *Desk) noPasskeys() error {
	if d.passkeys == nil {
		return fault.New(fault.NotFound, "access.may.not-found")
	}
	return nil
}

// BeginPasskey gives the options a browser makes a new passkey with (JSON for
// parseCreationOptionsFromJSON, under "publicKey") and the secret FinishPasskey asks for.
func (d *Desk) BeginPasskey(ctx context.Context, by Actor, now time.Time) (options []byte, flow string, err error) {
	if err := d.noPasskeys(); err != nil {
		return nil, "", err
	}
	if err := May(by, "access.self"); err != nil {
		return nil, "", err
	}
	if err := MustBeFresh(by, now); err != nil {
		return nil, "", err
	}
	err = d.tx(ctx, func(tx *db.Tx) error {
		h, _, err := holderOf(tx, by.Person)
		if err != nil {
			return err
		}
		var have []protocol.CredentialDescriptor
		for _, k := range h.keys {
			have = append(have, k.Descriptor())
		}
		creation, session, err := d.passkeys.BeginRegistration(h, webauthn.WithExclusions(have),
			webauthn.WithAuthenticatorSelection(protocol.AuthenticatorSelection{
				ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired,
			}))
		if err != nil {
			return fmt.Errorf("begin passkey: %w", err)
		}
		if options, err = json.Marshal(creation); err != nil {
			return err
		}
		flow, err = d.newFlow(tx, "passkey-new", by.Person, session, now)
		return err
	})
	return options, flow, err
}

// FinishPasskey stores the passkey the browser made. Response is its JSON.
func (d *Desk) FinishPasskey(ctx context.Context, by Actor, flow, name string, response []byte, now time.Time) (Identity, error) {
	if err := d.noPasskeys(); err != nil {
		return Identity{}, err
	}
	if err := May(by, "access.self"); err != nil {
		return Identity{}, err
	}
	bad := func(err error) error { return fault.New(fault.Invalid, "access.passkey.unreadable").Because(err) }
	name = strings.Join(strings.Fields(cleanText(name)), " ")
	if name == "" || len(name) > 120 {
		var f fault.Fields
		f.Add("name", "fault.field.required")
		return Identity{}, f.Err()
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(response)
	if err != nil {
		return Identity{}, bad(err)
	}
	id := Identity{Kind: ByPasskey, Name: name, Created: now}
	err = d.tx(ctx, func(tx *db.Tx) error {
		var session webauthn.SessionData
		who, err := d.takeFlow(tx, "passkey-new", flow, &session, now)
		if err != nil {
			return err
		}
		if who != by.Person {
			return errExpired()
		}
		h, _, err := holderOf(tx, who)
		if err != nil {
			return err
		}
		c, err := d.passkeys.CreateCredential(h, session, parsed)
		if err != nil {
			return bad(err)
		}
		id.Key = passkeyKey(c.ID)
		if err := addIdentity(tx, ByPasskey, id.Key, who, name, c, now); err != nil {
			return err
		}
		return d.record(tx, by, Record{At: now, Verb: "access.passkey", Object: "person", ObjectID: who,
			Detail: map[string]any{"key": id.Key}})
	})
	return id, err
}

// BeginPasskeySignIn gives the options a browser signs in with (JSON for
// parseRequestOptionsFromJSON, under "publicKey") and the secret FinishPasskeySignIn asks for. It
// asks for no name: the device knows whose key it holds.
func (d *Desk) BeginPasskeySignIn(ctx context.Context, now time.Time) (options []byte, flow string, err error) {
	if err := d.noPasskeys(); err != nil {
		return nil, "", err
	}
	assertion, session, err := d.passkeys.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return nil, "", fmt.Errorf("begin passkey sign-in: %w", err)
	}
	if options, err = json.Marshal(assertion); err != nil {
		return nil, "", err
	}
	err = d.tx(ctx, func(tx *db.Tx) error {
		flow, err = d.newFlow(tx, "passkey", "", session, now)
		return err
	})
	return options, flow, err
}

// FinishPasskeySignIn opens a session for whoever holds the passkey. The
// device has checked its user, so no code is asked. A key whose counter went
// back may have been copied: it is refused.
func (d *Desk) FinishPasskeySignIn(ctx context.Context, flow string, response []byte, v Visit, now time.Time) (Entry, error) {
	if err := d.noPasskeys(); err != nil {
		return Entry{}, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(response)
	if err != nil {
		return Entry{}, d.refuse(ctx, "", "passkey", now)
	}
	var e Entry
	who, good := "", false
	err = d.tx(ctx, func(tx *db.Tx) error {
		e, who, good = Entry{}, "", false
		if err := d.try(tx, d.bucket("passkey", v.clean().Addr), perAddress, now); err != nil {
			return err
		}
		var session webauthn.SessionData
		if _, err := d.takeFlow(tx, "passkey", flow, &session, now); err != nil {
			return err
		}
		var p personRow
		var broken error
		_, c, err := d.passkeys.ValidatePasskeyLogin(func(rawID, handle []byte) (webauthn.User, error) {
			var h holder
			if h, p, broken = holderOf(tx, string(handle)); broken != nil {
				return nil, broken
			}
			return h, nil
		}, session, parsed)
		if broken != nil && !fault.Is(broken, fault.NotFound) {
			return broken
		}
		who = p.ID
		if err != nil || c.Authenticator.CloneWarning || !p.Active {
			d.log.WarnContext(ctx, "passkey refused", "person", p.ID, "cause", fmt.Sprint(err))
			return nil // the flow stays used up, the failure counted
		}
		good = true
		if err := undo(tx, d.bucket("passkey", v.clean().Addr)); err != nil {
			return err
		}
		if err := sawIdentity(tx, ByPasskey, passkeyKey(c.ID), c, now); err != nil {
			return err
		}
		e, err = d.begin(tx, p, "passkey", true, v, now)
		return err
	})
	if err == nil && !good {
		err = d.refuse(ctx, who, "passkey", now)
	}
	return e, err
}
