package access

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
)

// PasskeyDomain is the site passkeys are made for; "" when the desk takes none.
func (d *Desk) PasskeyDomain() string {
	if d.passkeys == nil {
		return ""
	}
	return d.passkeys.Config.RPID
}

// BeginPasskeyProof gives the options a browser proves the actor's identity
// anew with, and the secret FinishPasskeyProof asks for. A person without a
// passkey is answered NotFound.
func (d *Desk) BeginPasskeyProof(ctx context.Context, by Actor, now time.Time) (options []byte, flow string, err error) {
	if err := d.noPasskeys(); err != nil {
		return nil, "", err
	}
	if by.Kind != KindPerson {
		return nil, "", fault.New(fault.Denied, "access.step-up.needed")
	}
	err = d.tx(ctx, func(tx *db.Tx) error {
		h, _, err := holderOf(tx, by.Person)
		if err != nil {
			return err
		}
		if len(h.keys) == 0 {
			return fault.New(fault.NotFound, "access.may.not-found")
		}
		assertion, session, err := d.passkeys.BeginLogin(h, webauthn.WithUserVerification(protocol.VerificationRequired))
		if err != nil {
			return fmt.Errorf("begin passkey proof: %w", err)
		}
		if options, err = json.Marshal(assertion); err != nil {
			return err
		}
		flow, err = d.newFlow(tx, "passkey-proof", by.Person, session, now)
		return err
	})
	return options, flow, err
}

// FinishPasskeyProof makes the actor's session fresh by one of the person's
// own passkeys. It counts failures like [Desk.StepUp].
func (d *Desk) FinishPasskeyProof(ctx context.Context, by Actor, flow string, response []byte, now time.Time) error {
	if err := d.noPasskeys(); err != nil {
		return err
	}
	if by.Kind != KindPerson {
		return fault.New(fault.Denied, "access.step-up.needed")
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(response)
	if err != nil {
		return d.refuse(ctx, by.Person, "step-up", now)
	}
	good := false
	err = d.tx(ctx, func(tx *db.Tx) error {
		good = false
		bucket := d.bucket("code", by.Person)
		if err := d.try(tx, bucket, perCode, now); err != nil {
			return err
		}
		var session webauthn.SessionData
		who, err := d.takeFlow(tx, "passkey-proof", flow, &session, now)
		if err != nil {
			return err
		}
		if who != by.Person {
			return errExpired()
		}
		h, p, err := holderOf(tx, who)
		if err != nil {
			return err
		}
		c, err := d.passkeys.ValidateLogin(h, session, parsed)
		if err != nil || c.Authenticator.CloneWarning || !p.Active {
			d.log.WarnContext(ctx, "passkey refused", "person", p.ID, "cause", fmt.Sprint(err))
			return nil // the flow stays used up, the failure counted
		}
		good = true
		if err := passed(tx, bucket); err != nil {
			return err
		}
		if err := sawIdentity(tx, ByPasskey, passkeyKey(c.ID), c, now); err != nil {
			return err
		}
		n, err := tx.Exec(`UPDATE access_session SET fresh_at = ? WHERE id = ? AND revoked_at IS NULL`, now, by.Session)
		if err == nil && n != 1 {
			err = errExpired()
		}
		if err != nil {
			return err
		}
		return d.record(tx, by, Record{At: now, Verb: "access.step-up", Object: "session", ObjectID: by.Session, Detail: map[string]any{"method": "passkey"}})
	})
	if err == nil && !good {
		err = d.refuse(ctx, by.Person, "step-up", now)
	}
	return err
}
