package access

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/housetest"
)

// device is a small authenticator: one key for one site, a counter, and a
// user who is or is not verified.
type device struct {
	t        *testing.T
	key      *ecdsa.PrivateKey
	id       []byte
	handle   []byte
	count    uint32
	verified bool
	origin   string
	domain   string
}

func newDevice(t *testing.T) *device {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id := make([]byte, 16)
	_, _ = rand.Read(id)
	return &device{t: t, key: key, id: id, verified: true, origin: "https://desk.example", domain: "desk.example"}
}

var b64 = base64.RawURLEncoding.EncodeToString

func (v *device) must(err error) {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
}

func (v *device) clientData(kind, challenge string) []byte {
	b, err := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": v.origin, "crossOrigin": false})
	v.must(err)
	return b
}

// authData is the authenticator data: hash of the domain, flags, counter.
func (v *device) authData(flags byte) []byte {
	sum := sha256.Sum256([]byte(v.domain))
	if v.verified {
		flags |= 0x04
	}
	v.count++
	return binary.BigEndian.AppendUint32(append(sum[:], flags|0x01), v.count)
}

func (v *device) create(options []byte) []byte {
	var o struct {
		PublicKey struct {
			Challenge string `json:"challenge"`
			User      struct {
				ID string `json:"id"`
			} `json:"user"`
		} `json:"publicKey"`
	}
	v.must(json.Unmarshal(options, &o))
	handle, err := base64.RawURLEncoding.DecodeString(o.PublicKey.User.ID)
	v.must(err)
	v.handle = handle
	pub, err := v.key.PublicKey.Bytes()
	v.must(err)
	cose, err := cbor.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: pub[1:33], -3: pub[33:]})
	v.must(err)
	data := v.authData(0x40)
	data = append(data, make([]byte, 16)...)
	data = binary.BigEndian.AppendUint16(data, uint16(len(v.id)))
	data = append(append(data, v.id...), cose...)
	object, err := cbor.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": data})
	v.must(err)
	b, err := json.Marshal(map[string]any{"id": b64(v.id), "rawId": b64(v.id), "type": "public-key", "response": map[string]any{
		"clientDataJSON": b64(v.clientData("webauthn.create", o.PublicKey.Challenge)), "attestationObject": b64(object)}})
	v.must(err)
	return b
}

func (v *device) get(options []byte) []byte {
	var o struct {
		PublicKey struct {
			Challenge string `json:"challenge"`
		} `json:"publicKey"`
	}
	v.must(json.Unmarshal(options, &o))
	client := v.clientData("webauthn.get", o.PublicKey.Challenge)
	data := v.authData(0)
	hash := sha256.Sum256(client)
	sum := sha256.Sum256(append(data[:len(data):len(data)], hash[:]...))
	sig, err := ecdsa.SignASN1(rand.Reader, v.key, sum[:])
	v.must(err)
	b, err := json.Marshal(map[string]any{"id": b64(v.id), "rawId": b64(v.id), "type": "public-key", "response": map[string]any{
		"clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(sig), "userHandle": b64(v.handle)}})
	v.must(err)
	return b
}

func TestPasskeys(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, func(c *Config) {
			c.Passkeys = Passkeys{Domain: "desk.example", Name: "Desk", Origins: []string{"https://desk.example"}}
		})
		ctx := t.Context()
		// The library looks at the clock itself for the life of a challenge.
		now := time.Now().UTC().Truncate(time.Second)
		w.make("ana@op.example", "op", Reporter)
		w.make("admin@auth.example", "auth", Administrator)
		_, ana, _ := w.enter("ana@op.example", now)
		_, admin, _ := w.enter("admin@auth.example", now)
		v := newDevice(t)
		options, flow, err := w.BeginPasskey(ctx, ana, now)
		if err != nil {
			t.Fatal(err)
		}
		answer := v.create(options)
		_, err = w.FinishPasskey(ctx, admin, flow, "stolen", answer, now)
		want(t, err, fault.Expired) // begun by another
		options, flow, err = w.BeginPasskey(ctx, ana, now)
		if err != nil {
			t.Fatal(err)
		}
		id, err := w.FinishPasskey(ctx, ana, flow, "my phone", v.create(options), now)
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.FinishPasskey(ctx, ana, flow, "again", v.create(options), now)
		want(t, err, fault.Expired)
		stale := ana
		stale.Fresh = now.Add(-time.Hour)
		_, _, err = w.BeginPasskey(ctx, stale, now)
		want(t, err, fault.Denied)

		enter := func(change func(*device)) (Entry, error) {
			t.Helper()
			options, flow, err := w.BeginPasskeySignIn(ctx, now)
			if err != nil {
				t.Fatal(err)
			}
			c := *v
			if change != nil {
				change(&c)
			}
			answer := c.get(options)
			v.count = max(v.count, c.count)
			return w.FinishPasskeySignIn(ctx, flow, answer, browser, now)
		}
		e, err := enter(nil)
		if err != nil || e.Next != NextNothing || e.Person != ana.Person {
			t.Fatalf("%+v, %v", e, err)
		}
		if a, err := w.Resolve(ctx, e.Secret, now); err != nil || a.Person != ana.Person {
			t.Errorf("%+v, %v", a, err)
		}
		other := newDevice(t)
		for name, change := range map[string]func(*device){
			"another key":         func(c *device) { c.key = other.key },
			"another credential":  func(c *device) { c.id = other.id },
			"another person":      func(c *device) { c.handle = []byte(admin.Person) },
			"no person":           func(c *device) { c.handle = []byte("\xff\x00") },
			"another site":        func(c *device) { c.origin = "https://desk.example.evil" },
			"another domain":      func(c *device) { c.domain = "evil.example" },
			"user not verified":   func(c *device) { c.verified = false },
			"a counter gone back": func(c *device) { c.count = 0 },
		} {
			if _, err := enter(change); !fault.Is(err, fault.Denied) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := enter(nil); err != nil {
			t.Errorf("the true key after all that: %v", err)
		}
		// An answer works once.
		options, flow, err = w.BeginPasskeySignIn(ctx, now)
		if err != nil {
			t.Fatal(err)
		}
		answer = v.get(options)
		if _, err = w.FinishPasskeySignIn(ctx, flow, answer, browser, now); err != nil {
			t.Fatal(err)
		}
		_, err = w.FinishPasskeySignIn(ctx, flow, answer, browser, now)
		want(t, err, fault.Expired)
		_, err = w.FinishPasskeySignIn(ctx, flow, []byte("{"), browser, now)
		want(t, err, fault.Denied)
		// Out with the person, out with the key.
		if err := w.SetActive(ctx, admin, ana.Person, false, now); err != nil {
			t.Fatal(err)
		}
		_, err = enter(nil)
		want(t, err, fault.Denied)
		if err := w.SetActive(ctx, admin, ana.Person, true, now); err != nil {
			t.Fatal(err)
		}
		list, err := w.Identities(ctx, ana)
		if err != nil || len(list) != 1 || list[0].Key != id.Key || list[0].Name != "my phone" {
			t.Fatalf("%+v, %v", list, err)
		}
		want(t, w.Forget(ctx, admin, ByPasskey, id.Key, now), fault.NotFound)
		if err := w.Forget(ctx, ana, ByPasskey, id.Key, now); err != nil {
			t.Fatal(err)
		}
		_, err = enter(nil)
		want(t, err, fault.Denied)
	})
}

func TestNoPasskeysWhereNotConfigured(t *testing.T) {
	w := newWorld(t, housetest.Open(t, housetest.SQLiteURL(t)), nil)
	_, _, err := w.BeginPasskeySignIn(t.Context(), t0)
	want(t, err, fault.NotFound)
	_, err = w.FinishPasskeySignIn(t.Context(), "", nil, browser, t0)
	want(t, err, fault.NotFound)
}

func certificate(t *testing.T, key *ecdsa.PrivateKey, from, to time.Time) (*x509.Certificate, []byte) {
	t.Helper()
	c := &x509.Certificate{SerialNumber: big.NewInt(from.Unix()), Subject: pkix.Name{CommonName: "siem"}, NotBefore: from, NotAfter: to}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	out, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func TestCertificates(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, nil)
		ctx := t.Context()
		w.make("admin@auth.example", "auth", Administrator)
		w.make("ana@op.example", "op", Reporter)
		_, ana, _ := w.enter("ana@op.example", t0)
		_, admin, _ := w.enter("admin@auth.example", t0)
		key := newDevice(t).key
		cert, text := certificate(t, key, t0.Add(-time.Hour), t0.Add(24*time.Hour))
		_, old := certificate(t, newDevice(t).key, t0.Add(-48*time.Hour), t0.Add(-time.Hour))
		scopes := []Permission{"incident.submit"}
		for name, f := range map[string]func() error{
			"not a certificate": func() error { _, err := w.AddCertificate(ctx, ana, "x", []byte("hello"), scopes, t0); return err },
			"a key": func() error {
				_, err := w.AddCertificate(ctx, ana, "x", []byte(strings.ReplaceAll(string(text), "CERTIFICATE", "PRIVATE KEY")), scopes, t0)
				return err
			},
			"run out":  func() error { _, err := w.AddCertificate(ctx, ana, "x", old, scopes, t0); return err },
			"no scope": func() error { _, err := w.AddCertificate(ctx, ana, "x", text, nil, t0); return err },
			"more than the role": func() error {
				_, err := w.AddCertificate(ctx, ana, "x", text, []Permission{"incident.answer"}, t0)
				return err
			},
		} {
			if err := f(); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		_, err := w.ResolveCertificate(ctx, cert, t0)
		want(t, err, fault.Expired)
		id, err := w.AddCertificate(ctx, ana, "siem", text, scopes, t0)
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.AddCertificate(ctx, ana, "siem", text, scopes, t0)
		want(t, err, fault.Conflict)
		a, err := w.ResolveCertificate(ctx, cert, t0)
		if err != nil || a.Kind != KindMachine || a.Institution != "op" || May(a, "incident.submit") != nil || May(a, "incident.read") == nil {
			t.Fatalf("%+v, %v", a, err)
		}
		renewed, _ := certificate(t, key, t0, t0.Add(48*time.Hour))
		if _, err = w.ResolveCertificate(ctx, renewed, t0.Add(30*time.Hour)); err != nil {
			t.Errorf("renewed for the same key: %v", err)
		}
		for _, at := range []time.Time{t0.Add(-2 * time.Hour), t0.Add(25 * time.Hour)} {
			_, err = w.ResolveCertificate(ctx, cert, at)
			want(t, err, fault.Expired)
		}
		twin, _ := certificate(t, newDevice(t).key, t0, t0.Add(time.Hour)) // same name, another key
		_, err = w.ResolveCertificate(ctx, twin, t0)
		want(t, err, fault.Expired)
		_, err = w.ResolveCertificate(ctx, nil, t0)
		want(t, err, fault.Expired)
		if err := w.SetActive(ctx, admin, ana.Person, false, t0); err != nil {
			t.Fatal(err)
		}
		_, err = w.ResolveCertificate(ctx, cert, t0)
		want(t, err, fault.Expired)
		if err := w.SetActive(ctx, admin, ana.Person, true, t0); err != nil {
			t.Fatal(err)
		}
		if err := w.Forget(ctx, ana, ByCertificate, id.Key, t0); err != nil {
			t.Fatal(err)
		}
		_, err = w.ResolveCertificate(ctx, cert, t0)
		want(t, err, fault.Expired)
	})
}
