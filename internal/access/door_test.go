package access

import (
	"testing"
	"time"

	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/housetest"
)

// Every operation that takes an actor refuses nobody, a stranger from another
// institution, a token and the desk itself, and changes nothing by it.
func TestOperationsRefuse(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, nil)
		ctx := t.Context()
		ana := w.make("ana@op.example", "op", Reporter)
		secret, a, _ := w.enter("ana@op.example", t0)
		w.make("officer@two.example", "two", Officer)
		_, stranger, _ := w.enter("officer@two.example", t0)
		token := a
		token.Kind, token.Scopes = KindToken, Permissions()
		state := func() (v string) {
			err := d.Read(ctx, func(tx *db.Tx) error {
				p, err := mustPerson(tx, ana.ID)
				v = toJSON(p.Person) + p.password + p.totp
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		before, records := state(), len(w.records)
		in := draft("x@op.example", "op", Reporter)
		ops := map[string]func(Actor) error{
			"Invite":      func(by Actor) error { _, _, err := w.Invite(ctx, by, in, t0); return err },
			"Change":      func(by Actor) error { _, err := w.Change(ctx, by, ana.ID, 2, in, t0); return err },
			"SetActive":   func(by Actor) error { return w.SetActive(ctx, by, ana.ID, false, t0) },
			"EndSessions": func(by Actor) error { return w.EndSessions(ctx, by, ana.ID, t0) },
			"Reset":       func(by Actor) error { _, err := w.Reset(ctx, by, ana.ID, true, t0); return err },
			"PersonByID":  func(by Actor) error { _, err := w.PersonByID(ctx, by, ana.ID); return err },
			"Revoke":      func(by Actor) error { return w.Revoke(ctx, by, a.Session, t0) },
			"Act":         func(by Actor) error { return w.Act(ctx, by, "op", t0) },
			"RevokeToken": func(by Actor) error { return w.RevokeToken(ctx, by, "none", t0) },
			"Forget":      func(by Actor) error { return w.Forget(ctx, by, ByPasskey, "none", t0) },
			"StepUp":      func(by Actor) error { return w.StepUp(ctx, by, "000000", t0) },
			"CreateToken": func(by Actor) error {
				_, _, err := w.CreateToken(ctx, by, "x", []Permission{"audit.read"}, time.Hour, t0)
				return err
			},
			"AddCertificate": func(by Actor) error { _, err := w.AddCertificate(ctx, by, "x", nil, nil, t0); return err },
		}
		for who, by := range map[string]Actor{"nobody": {}, "stranger": stranger, "desk": System("jobs", "incident.read")} {
			for name, op := range ops {
				if err := op(by); fault.Of(err) == fault.Internal {
					t.Errorf("%s by %s: %v", name, who, err)
				}
			}
		}
		for _, name := range []string{"Invite", "Change", "SetActive", "EndSessions", "Reset", "Forget", "StepUp", "CreateToken", "AddCertificate"} {
			if err := ops[name](token); !fault.Is(err, fault.Denied) {
				t.Errorf("%s by a token: %v", name, err)
			}
		}
		if after := state(); after != before {
			t.Errorf("changed from\n%s to\n%s", before, after)
		}
		for _, r := range w.records[records:] {
			if r.Verb != "access.refuse" {
				t.Errorf("recorded %+v", r)
			}
		}
		if _, err := w.Resolve(ctx, secret, t0); err != nil {
			t.Errorf("her session ended: %v", err)
		}
	})
}

func TestEndSessions(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, nil)
		ctx := t.Context()
		ana := w.make("ana@op.example", "op", Reporter)
		w.make("officer@op.example", "op", Officer)
		secret, a, _ := w.enter("ana@op.example", t0)
		_, officer, _ := w.enter("officer@op.example", t0)
		_, token, err := w.CreateToken(ctx, a, "x", []Permission{"incident.read"}, time.Hour, t0)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.EndSessions(ctx, officer, ana.ID, t0); err != nil {
			t.Fatal(err)
		}
		_, err = w.Resolve(ctx, secret, t0)
		want(t, err, fault.Expired)
		_, err = w.ResolveToken(ctx, token, t0)
		want(t, err, fault.Expired)
	})
}
