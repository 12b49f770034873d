package access

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/housetest"
)

// provider is a small sign-in service: discovery, keys, and a token endpoint
// that checks client, code and PKCE as the real ones do.
type provider struct {
	*httptest.Server
	t       *testing.T
	key     *rsa.PrivateKey
	claims  map[string]any // of the next token
	pending url.Values     // what the browser brought
	codes   int
	forge   bool // sign with a key nobody published
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &provider{t: t, key: key}
	mux := http.NewServeMux()
	reply := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v)
	}
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, r *http.Request) {
		reply(w, map[string]any{"issuer": p.URL, "authorization_endpoint": p.URL + "/auth", "token_endpoint": p.URL + "/token",
			"jwks_uri": p.URL + "/keys", "id_token_signing_alg_values_supported": []string{"RS256"}})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, r *http.Request) {
		b64 := base64.RawURLEncoding.EncodeToString
		reply(w, map[string]any{"keys": []any{map[string]any{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1",
			"n": b64(key.N.Bytes()), "e": b64(big.NewInt(int64(key.E)).Bytes())}}})
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		user, pass, _ := r.BasicAuth()
		pass, _ = url.QueryUnescape(pass) // RFC 6749 §2.3.1
		sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
		if user != "kulla" || pass != "client secret" || r.FormValue("code") != "code-1" || p.codes != 1 ||
			base64.RawURLEncoding.EncodeToString(sum[:]) != p.pending.Get("code_challenge") {
			http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
			return
		}
		p.codes = 0
		reply(w, map[string]any{"access_token": "x", "token_type": "Bearer", "id_token": p.token()})
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func (p *provider) token() string {
	b64 := base64.RawURLEncoding.EncodeToString
	claims := map[string]any{"iss": p.URL, "aud": "kulla", "sub": "subject-1", "nonce": p.pending.Get("nonce"),
		"iat": t0.Unix(), "exp": t0.Add(time.Hour).Unix()}
	maps.Copy(claims, p.claims)
	body, err := json.Marshal(claims)
	if err != nil {
		p.t.Fatal(err)
	}
	text := b64([]byte(`{"alg":"RS256","kid":"1"}`)) + "." + b64(body)
	key := p.key
	if p.forge {
		if key, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
			p.t.Fatal(err)
		}
	}
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		p.t.Fatal(err)
	}
	return text + "." + b64(sig)
}

// visit is the browser at the service: it consents and comes back.
func (p *provider) visit(address string) url.Values {
	u, err := url.Parse(address)
	if err != nil {
		p.t.Fatal(err)
	}
	p.pending, p.codes = u.Query(), 1
	return url.Values{"code": {"code-1"}, "state": {u.Query().Get("state")}}
}

func (p *provider) service() Service {
	return Service{ID: "national", Name: "National sign-in", Issuer: p.URL, ClientID: "kulla", ClientSecret: "client secret",
		Redirect: "https://desk.example/sign-in/national", Strong: true, LinkByEmail: true, Create: true,
		Rules: []ClaimRule{
			{Claim: "groups", Value: "soc", Institution: "auth", Role: Duty, Clearance: Clearance{TLP: 5, Nations: []string{"XA"}}},
			{Claim: "groups", Value: "lead", Institution: "auth", Role: Supervisor},
		}}
}

func TestService(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		p := newProvider(t)
		w := newWorld(t, d, func(c *Config) { c.Services = []Service{p.service()} })
		ctx := t.Context()
		through := func(change func(cookie *string, q url.Values)) (Entry, string, error) {
			t.Helper()
			address, cookie, err := w.BeginService(ctx, "national", "/incidents", t0)
			if err != nil {
				t.Fatal(err)
			}
			q := p.visit(address)
			if change != nil {
				change(&cookie, q)
			}
			return w.FinishService(ctx, "national", cookie, q, browser, t0)
		}
		// Unknown and without a role: not let in.
		p.claims = map[string]any{"email": "dea@auth.example", "email_verified": true, "name": "Dea D", "groups": []string{"cooks"}}
		_, _, err := through(nil)
		want(t, err, fault.Denied)
		// A group gives a role, and the person is made.
		p.claims["groups"] = []string{"cooks", "soc"}
		e, back, err := through(nil)
		if err != nil || e.Next != NextNothing || back != "/incidents" {
			t.Fatalf("%+v, %q, %v", e, back, err)
		}
		a, err := w.Resolve(ctx, e.Secret, t0)
		if err != nil || a.Name != "Dea D" || !a.Has(Duty) || a.Has(Supervisor) || a.Clearance.TLP != 5 {
			t.Fatalf("%+v, %v", a, err)
		}
		// Another group later: roles follow, the person stays.
		p.claims["groups"] = []string{"lead"}
		if e, _, err = through(nil); err != nil {
			t.Fatal(err)
		}
		if b, err := w.Resolve(ctx, e.Secret, t0); err != nil || b.Person != a.Person || b.Has(Duty) || !b.Has(Supervisor) {
			t.Errorf("%+v, %v", b, err)
		}
		// No group any more: out.
		p.claims["groups"] = []string{}
		_, _, err = through(nil)
		want(t, err, fault.Denied)

		// A known person is linked by a verified address only, and keeps other roles.
		known := w.make("ana@op.example", "op", Reporter)
		p.claims = map[string]any{"sub": "subject-2", "email": "ana@op.example", "email_verified": false}
		_, _, err = through(nil)
		want(t, err, fault.Denied)
		p.claims["email_verified"] = true
		if e, _, err = through(nil); err != nil || e.Person != known.ID {
			t.Fatalf("%+v, %v", e, err)
		}
		p.claims["email"] = "renamed@op.example" // linked by subject from now on
		if e, _, err = through(nil); err != nil || e.Person != known.ID {
			t.Fatalf("%+v, %v", e, err)
		}

		for name, change := range map[string]func(*string, url.Values){
			"another browser's cookie": func(c *string, _ url.Values) { *c = randomText(32) },
			"no cookie":                func(c *string, _ url.Values) { *c = "" },
			"another state":            func(_ *string, q url.Values) { q.Set("state", "x") },
			"no state":                 func(_ *string, q url.Values) { q.Del("state") },
			"another code":             func(_ *string, q url.Values) { q.Set("code", "code-2") },
			"an error":                 func(_ *string, q url.Values) { q.Set("error", "access_denied") },
			"another audience":         func(*string, url.Values) { p.claims["aud"] = "other" },
			"another issuer":           func(*string, url.Values) { p.claims["iss"] = "https://evil.example" },
			"another nonce":            func(*string, url.Values) { p.claims["nonce"] = "x" },
			"an old token":             func(*string, url.Values) { p.claims["exp"] = t0.Add(-time.Hour).Unix() },
			"a forged signature":       func(*string, url.Values) { p.forge = true },
			"another verifier":         func(*string, url.Values) { p.pending.Set("code_challenge", "x") },
		} {
			p.claims, p.forge = map[string]any{"sub": "subject-2"}, false
			if _, _, err := through(change); !fault.Is(err, fault.Denied) && !fault.Is(err, fault.Expired) {
				t.Errorf("%s: %v", name, err)
			}
		}
		p.claims, p.forge = map[string]any{"sub": "subject-2"}, false
		// The way back works once.
		address, cookie, err := w.BeginService(ctx, "national", "/", t0)
		if err != nil {
			t.Fatal(err)
		}
		q := p.visit(address)
		if _, _, err = w.FinishService(ctx, "national", cookie, q, browser, t0); err != nil {
			t.Fatal(err)
		}
		_, _, err = w.FinishService(ctx, "national", cookie, q, browser, t0)
		want(t, err, fault.Expired)
		_, _, err = w.BeginService(ctx, "other", "/", t0)
		want(t, err, fault.NotFound)
	})
}

func TestServiceThatIsNotStrongIsNotEnough(t *testing.T) {
	d := housetest.Open(t, housetest.SQLiteURL(t))
	p := newProvider(t)
	s := p.service()
	s.Strong = false
	w := newWorld(t, d, func(c *Config) { c.Services = []Service{s} })
	w.make("ana@op.example", "op", Reporter)
	w.enter("ana@op.example", t0)
	p.claims = map[string]any{"email": "ana@op.example", "email_verified": true}
	address, cookie, err := w.BeginService(t.Context(), "national", "/", t0)
	if err != nil {
		t.Fatal(err)
	}
	e, _, err := w.FinishService(t.Context(), "national", cookie, p.visit(address), browser, t0)
	if err != nil || e.Next != NextCode {
		t.Errorf("%+v, %v", e, err)
	}
}

func TestServiceOutOfReach(t *testing.T) {
	d := housetest.Open(t, housetest.SQLiteURL(t))
	p := newProvider(t)
	w := newWorld(t, d, func(c *Config) { c.Services = []Service{p.service()} })
	p.Close()
	_, _, err := w.BeginService(t.Context(), "national", "/", t0)
	want(t, err, fault.Unavailable)
	if got := w.Services(); len(got) != 1 || got[0][1] != "National sign-in" {
		t.Errorf("%v", got)
	}
}

func TestServiceConfiguration(t *testing.T) {
	good := Service{ID: "a", Issuer: "i", ClientID: "c", Redirect: "r"}
	rule := good
	rule.Rules = []ClaimRule{{Claim: "g", Value: "v", Institution: "i", Role: "boss"}}
	for name, list := range map[string][]Service{
		"no id": {{Issuer: "i", ClientID: "c", Redirect: "r"}}, "twice": {good, good}, "unknown role": {rule},
	} {
		if _, err := newServices(list); err == nil || !strings.Contains(err.Error(), "sign-in service") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
