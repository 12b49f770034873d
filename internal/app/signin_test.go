package app

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"maps"
	"math/big"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/housetest"
	"kulla.dev/internal/marking"
)

// provider is a small OpenID provider: discovery, keys, an authorisation page
// that consents at once, and a token endpoint that checks client, code and PKCE.
type provider struct {
	*httptest.Server
	key    *rsa.PrivateKey
	claims map[string]any
	asked  url.Values // by the browser, last
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &provider{key: key}
	b64 := base64.RawURLEncoding.EncodeToString
	reply := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, map[string]any{"issuer": p.URL, "authorization_endpoint": p.URL + "/auth", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"RS256"}})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, map[string]any{"keys": []any{map[string]any{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1", "n": b64(key.N.Bytes()), "e": b64(big.NewInt(int64(key.E)).Bytes())}}})
	})
	mux.HandleFunc("GET /auth", func(w http.ResponseWriter, r *http.Request) {
		p.asked = r.URL.Query()
		http.Redirect(w, r, p.asked.Get("redirect_uri")+"?code=code-1&state="+url.QueryEscape(p.asked.Get("state")), http.StatusSeeOther)
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		user, pass, _ := r.BasicAuth()
		sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
		if user != "kulla" || pass != "from-the-file" || r.FormValue("code") != "code-1" || b64(sum[:]) != p.asked.Get("code_challenge") || r.FormValue("redirect_uri") != p.asked.Get("redirect_uri") {
			http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
			return
		}
		claims := map[string]any{"iss": p.URL, "aud": "kulla", "sub": "subject-1", "nonce": p.asked.Get("nonce"), "iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix()}
		maps.Copy(claims, p.claims)
		body, err := json.Marshal(claims)
		if err != nil {
			t.Error(err)
		}
		text := b64([]byte(`{"alg":"RS256","kid":"1"}`)) + "." + b64(body)
		digest := sha256.Sum256([]byte(text))
		sig, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
		if err != nil {
			t.Error(err)
		}
		reply(w, map[string]any{"access_token": "x", "token_type": "Bearer", "id_token": text + "." + b64(sig)})
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

// free gives an address nobody listens on.
func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// configured starts a desk of a configuration file.
func configured(t *testing.T, text string, change func(*Config)) *App {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "kulla.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, _, err := ReadConfig(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.Database, c.State, c.Metrics, c.Mail.URL = housetest.SQLiteURL(t), filepath.Join(dir, "state"), "", "file:"+filepath.Join(dir, "mail")
	if change != nil {
		change(&c)
	}
	a, err := New(t.Context(), c, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := a.Stop(ctx); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return a
}

func browser(t *testing.T, trust *x509.CertPool, own ...tls.Certificate) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trust, Certificates: own}}}
}

func get(t *testing.T, c *http.Client, address string) (int, string, *url.URL) {
	t.Helper()
	r, err := c.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(b), r.Request.URL
}

func TestSignInWithAService(t *testing.T) {
	p := newProvider(t)
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("from-the-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	at := free(t)
	a := configured(t, `
base_url: http://`+at+`
listen: `+at+`
packs: [al]
languages: [en, sq]
sign_in:
  services:
    - id: national
      name: National sign-in
      issuer: `+p.URL+`
      client_id: kulla
      secret_file: `+secret+`
      strong: true
      link_by_email: true
      create: true
      rules:
        - {claim: groups, value: soc, institution: desk, role: duty, tlp: amber, nations: [XA]}
`, nil)
	c := browser(t, nil)
	if status, page, _ := get(t, c, a.URL()+"/sign-in?next=/account"); status != 200 || !strings.Contains(page, `href="/sign-in/with/national?next=%2Faccount"`) || !strings.Contains(page, "Sign in with National sign-in") {
		t.Fatalf("%d, no button in %s", status, page)
	}

	// Without a group nobody is let in, and the page says so without saying why.
	p.claims = map[string]any{"email": "dea@auth.example", "email_verified": true, "name": "Dea D", "groups": []string{"cooks"}}
	if status, page, at := get(t, c, a.URL()+"/sign-in/with/national?next=/account"); status != 403 || at.Path != "/sign-in/with/national/back" || !strings.Contains(page, "did not let you in") {
		t.Errorf("without a group: %d at %s", status, at)
	}
	// With one, the browser ends where it wanted to go, as a person with the role.
	p.claims["groups"] = []string{"soc"}
	status, page, where := get(t, c, a.URL()+"/sign-in/with/national?next=/account")
	if status != 200 || where.Path != "/account" {
		t.Fatalf("with a group: %d at %s", status, where)
	}
	for _, want := range []string{"dea@auth.example", "Accounts of other services", "National sign-in"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q on the page", want)
		}
	}
	// The way back serves one browser once.
	other := browser(t, nil)
	if status, _, _ := get(t, other, a.URL()+"/sign-in/with/national/back?code=code-1&state="+url.QueryEscape(p.asked.Get("state"))); status != 401 {
		t.Errorf("another browser's way back: %d", status)
	}
	// Nowhere but on this desk.
	if _, _, where := get(t, c, a.URL()+"/sign-in/with/national?next=https://evil.example/"); where.Host != at {
		t.Errorf("led to %s", where)
	}
	if status, _, _ := get(t, other, a.URL()+"/sign-in/with/unknown"); status != 404 {
		t.Errorf("unknown service: %d", status)
	}
	// The link is removed by its owner.
	list, err := a.Access.Identities(t.Context(), who(t, a, c))
	if err != nil || len(list) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
	r, err := c.PostForm(a.URL()+"/account/identities/forget", url.Values{"kind": {"oidc"}, "key": {list[0].Key}})
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if list, err = a.Access.Identities(t.Context(), who(t, a, c)); err != nil || len(list) != 0 {
		t.Errorf("still linked: %v, %v", list, err)
	}
	// A service out of reach is said, and the password still serves.
	p.Close()
	b := configured(t, strings.ReplaceAll("base_url: http://AT\nlisten: 127.0.0.1:0\npacks: [al]\nlanguages: [en]\nsign_in: {services: [{id: gone, issuer: "+p.URL+", client_id: kulla}]}\n", "AT", at), nil)
	if status, page, _ := get(t, other, "http://"+b.Addr()+"/sign-in/with/gone"); status != 503 || !strings.Contains(page, "sign in with your password") {
		t.Errorf("out of reach: %d", status)
	}
}

// who is the actor of the browser's session.
func who(t *testing.T, a *App, c *http.Client) access.Actor {
	t.Helper()
	u, err := url.Parse(a.URL())
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range c.Jar.Cookies(u) {
		if k.Name == "kulla" || k.Name == "__Host-kulla" {
			by, err := a.Access.Resolve(t.Context(), k.Value, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			return by
		}
	}
	t.Fatal("no session")
	return access.Actor{}
}

// authority signs certificates for tests.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	dir  string
}

func newAuthority(t *testing.T, name string) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, form, form, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{cert, key, t.TempDir()}
}

func (c *authority) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.cert.Raw})
}

func (c *authority) issue(t *testing.T, name string, ends time.Time) (cert tls.Certificate, certPEM, keyPEM []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: ends,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}, KeyUsage: x509.KeyUsageDigitalSignature}
	der, err := x509.CreateCertificate(rand.Reader, form, c.cert, &key.PublicKey, c.key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certPEM, keyPEM = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
	if cert, err = tls.X509KeyPair(certPEM, keyPEM); err != nil {
		t.Fatal(err)
	}
	return cert, certPEM, keyPEM
}

func (c *authority) file(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(c.dir, name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestMachinesSignInByCertificate(t *testing.T) {
	ca, foreign := newAuthority(t, "Machines"), newAuthority(t, "Others")
	_, serverPEM, serverKey := ca.issue(t, "desk", time.Now().Add(time.Hour))
	machine, machinePEM, _ := ca.issue(t, "ticket system", time.Now().Add(time.Hour))
	unknown, _, _ := ca.issue(t, "not registered", time.Now().Add(time.Hour))
	stranger, _, _ := foreign.issue(t, "stranger", time.Now().Add(time.Hour))
	at := free(t)
	a := configured(t, `
base_url: https://`+at+`
listen: `+at+`
packs: [al]
languages: [en]
tls:
  cert: `+ca.file(t, "desk.pem", serverPEM)+`
  key: `+ca.file(t, "desk.key", serverKey)+`
  client_ca: `+ca.file(t, "machines.pem", ca.pem())+`
`, func(c *Config) { c.Demo = true })
	const institution = "operator-1"
	if _, _, err := a.Access.Create(t.Context(), access.Draft{Name: "Ana", Email: "ana@op.example", Languages: []string{"en"},
		Members: []access.Membership{{Institution: institution, Role: access.Officer}}, Clearance: access.Clearance{TLP: marking.TLPAmber}}, DemoPassword, time.Now()); err != nil {
		t.Fatal(err)
	}
	trust := x509.NewCertPool()
	trust.AddCert(ca.cert)
	c := browser(t, trust)
	post := func(path string, form url.Values) (int, string) {
		t.Helper()
		r, err := c.PostForm(a.URL()+path, form)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		b, _ := io.ReadAll(r.Body)
		return r.StatusCode, string(b)
	}
	if status, _ := post("/sign-in", url.Values{"email": {"ana@op.example"}, "password": {DemoPassword}, "next": {"/account"}}); status != 200 {
		t.Fatalf("sign-in: %d", status)
	}
	const list = "/api/v1/incidents"
	if status, _, _ := get(t, browser(t, trust, machine), a.URL()+list); status != 401 {
		t.Errorf("before it is registered: %d", status)
	}
	if status, page := post("/account/certificates", url.Values{"cert-name": {"x"}, "certificate": {"nonsense"}, "scopes": {"incident.read"}}); status != 422 || !strings.Contains(page, "BEGIN CERTIFICATE") {
		t.Errorf("nonsense as a certificate: %d", status)
	}
	if status, page := post("/account/certificates", url.Values{"cert-name": {"Ticket system"}, "certificate": {string(machinePEM)}, "scopes": {"incident.read"}}); status != 200 || !strings.Contains(page, "Ticket system") {
		t.Fatalf("register: %d\n%s", status, page)
	}
	for name, x := range map[string]struct {
		own  []tls.Certificate
		path string
		want int
	}{
		"the machine reads what it may":              {[]tls.Certificate{machine}, list, 200},
		"and nothing else":                           {[]tls.Certificate{machine}, "/api/v1/institutions", 403},
		"its certificate opens no page":              {[]tls.Certificate{machine}, "/account", 200}, // led to the sign-in
		"a machine of the authority, not registered": {[]tls.Certificate{unknown}, list, 401},
		"no certificate":                             {nil, list, 401},
	} {
		status, page, where := get(t, browser(t, trust, x.own...), a.URL()+x.path)
		if status != x.want || x.path == "/account" && where.Path != "/sign-in" {
			t.Errorf("%s: %d at %s, want %d\n%.300s", name, status, where, x.want, page)
		}
	}
	// A certificate of another authority does not get through the door.
	client := browser(t, trust)
	client.Transport.(*http.Transport).TLSClientConfig.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &stranger, nil }
	if r, err := client.Get(a.URL() + list); err == nil {
		r.Body.Close()
		t.Errorf("a stranger's certificate: %d", r.StatusCode)
	}
}

func TestSignInConfiguration(t *testing.T) {
	read := func(text string, env ...string) error {
		file := filepath.Join(t.TempDir(), "kulla.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, _, err := ReadConfig(file, env)
		return err
	}
	good := "base_url: https://desk.example\nsign_in: {services: [{id: national, issuer: 'https://id.example', client_id: kulla, rules: [{claim: g, value: v, institution: i, role: duty}]}]}\n"
	if err := read(good); err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]struct {
		text, want string
		env        []string
	}{
		"no base_url":    {strings.Replace(good, "base_url: https://desk.example\n", "", 1), "base_url", nil},
		"bad id":         {strings.Replace(good, "id: national", "id: 'a/b'", 1), `sign_in.services[0].id: "a/b"`, nil},
		"plain issuer":   {strings.Replace(good, "https://id.example", "http://id.example", 1), "https://", nil},
		"no client":      {strings.Replace(good, "client_id: kulla", "client_id: ''", 1), "client_id", nil},
		"unknown role":   {strings.Replace(good, "role: duty", "role: boss", 1), `rules[0].role: "boss" must be one of`, nil},
		"no secret file": {strings.Replace(good, "client_id: kulla", "client_id: kulla, secret_file: /nowhere/secret", 1), "secret_file", nil},
		"misspelt":       {strings.Replace(good, "client_id", "client_idd", 1), "did you mean", nil},
		"environment":    {good, "set it in the configuration file", []string{"KULLA_SIGN_IN_SERVICES=x"}},
		"client_ca":      {"tls: {client_ca: /nowhere/ca.pem}\n", "tls.client_ca", nil},
	} {
		if err := read(x.text, x.env...); err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: %v, want %q", name, err, x.want)
		}
	}
	for name, x := range map[string]struct {
		c    Config
		want string
	}{
		"its own name":       {Config{BaseURL: "https://desk.example"}, "desk.example"},
		"a closed machine":   {Config{Listen: "127.0.0.1:8080"}, "localhost"},
		"a network address":  {Config{BaseURL: "https://192.0.2.1"}, ""},
		"not safely reached": {Config{BaseURL: "http://desk.example"}, ""},
		"open without name":  {Config{Listen: "0.0.0.0:80"}, ""},
	} {
		if got := x.c.passkeys().Domain; got != x.want {
			t.Errorf("passkeys of a desk with %s: %q, want %q", name, got, x.want)
		}
	}
}
