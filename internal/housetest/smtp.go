package housetest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// Post is a real mail server with TLS on the loopback; it keeps what it is
// handed.
type Post struct {
	Addr  string      // host:port, speaks STARTTLS
	Roots *tls.Config // trusts its certificate

	mu       sync.Mutex
	letters  []Letter
	onData   func(Letter) error // asked after the text, before it is accepted
	server   *smtp.Server
	listener net.Listener
}

// Letter is one accepted message.
type Letter struct {
	From, To string
	Text     string
}

// StartPost starts a mail server that ends with the test.
func StartPost(t testing.TB) *Post {
	t.Helper()
	cert, roots := certificate(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Post{Addr: l.Addr().String(), Roots: &tls.Config{RootCAs: roots, ServerName: "localhost"}, listener: l}
	p.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{post: p}, nil }))
	p.server.Domain = "localhost"
	p.server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}}
	p.server.ErrorLog = quiet{}
	go func() { _ = p.server.Serve(l) }()
	t.Cleanup(func() { _ = p.server.Close() })
	return p
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

// OnData sets what the server answers to a message: nil accepts it.
func (p *Post) OnData(f func(Letter) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.onData = f
}

// Letters gives what was accepted so far.
func (p *Post) Letters() []Letter {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Letter(nil), p.letters...)
}

type session struct {
	post   *Post
	letter Letter
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error { s.letter.From = from; return nil }
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error   { s.letter.To = to; return nil }
func (s *session) Reset()                                      { s.letter = Letter{} }
func (s *session) Logout() error                               { return nil }

func (s *session) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.letter.Text = string(b)
	s.post.mu.Lock()
	ask := s.post.onData
	s.post.mu.Unlock()
	if ask != nil {
		if err := ask(s.letter); err != nil {
			return err
		}
	}
	s.post.mu.Lock()
	defer s.post.mu.Unlock()
	s.post.letters = append(s.post.letters, s.letter)
	return nil
}

// certificate makes a self-signed certificate for localhost.
func certificate(t testing.TB) (tls.Certificate, *x509.CertPool) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}
