package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/crypto/acme/autocert"
)

// listeners of a running desk.
type listeners struct {
	pages   *http.Server
	metrics *http.Server
	addr    net.Addr
}

func (a *App) listen(ctx context.Context) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.Config.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", a.Config.Listen, err)
	}
	a.net.addr = l.Addr()
	a.net.pages = &http.Server{Handler: a.Web.Handler(), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 5 * time.Minute,
		WriteTimeout: 5 * time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10, ErrorLog: a.httpLog()}
	var tc *tls.Config
	switch {
	case a.Config.TLS.Cert != "":
		cert, err := tls.LoadX509KeyPair(a.Config.TLS.Cert, a.Config.TLS.Key)
		if err != nil {
			return fmt.Errorf("TLS: %w", err)
		}
		tc = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{cert}, NextProtos: []string{"h2", "http/1.1"}}
	case len(a.Config.TLS.ACME) > 0:
		m := &autocert.Manager{Prompt: autocert.AcceptTOS, HostPolicy: autocert.HostWhitelist(a.Config.TLS.ACME...),
			Cache: autocert.DirCache(filepath.Join(a.Config.State, "acme")), Email: a.Config.TLS.Mail}
		tc = m.TLSConfig()
		tc.MinVersion = tls.VersionTLS12
	}
	if tc != nil {
		if a.Config.TLS.ClientCA != "" {
			// Optional: people bring none. Who the machine is, access says by its key.
			if tc.ClientCAs, err = clientCAs(a.Config.TLS.ClientCA); err != nil {
				return fmt.Errorf("TLS: %w", err)
			}
			tc.ClientAuth = tls.VerifyClientCertIfGiven
		}
		l = tls.NewListener(l, tc)
	}
	a.loops.Go(func() {
		if err := a.net.pages.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			a.Log.Error("pages", "error", err)
		}
	})
	if a.Config.Metrics == "" {
		return nil
	}
	ml, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.Config.Metrics)
	if err != nil {
		return fmt.Errorf("listen for metrics on %s: %w", a.Config.Metrics, err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) { a.metrics.write(w, r, a.DB, a.now()) })
	mux.Handle("GET /healthz", a.Web.Handler())
	mux.Handle("GET /readyz", a.Web.Handler())
	a.net.metrics = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ErrorLog: a.httpLog()}
	a.loops.Go(func() {
		if err := a.net.metrics.Serve(ml); !errors.Is(err, http.ErrServerClosed) {
			a.Log.Error("metrics", "error", err)
		}
	})
	return nil
}

// Addr is where the pages are served, once started.
func (a *App) Addr() string {
	if a.net.addr == nil {
		return ""
	}
	return a.net.addr.String()
}

// URL is the address people reach the desk at.
func (a *App) URL() string {
	if a.Config.BaseURL != "" {
		return a.Config.BaseURL
	}
	scheme := "http"
	if a.Config.secure() {
		scheme = "https"
	}
	addr := a.Addr()
	if addr == "" {
		addr = a.Config.Listen
	}
	return scheme + "://" + addr
}

func (c Config) secure() bool { return c.serving() || c.TLS.Offload }

// serving says whether the desk does TLS itself.
func (c Config) serving() bool { return c.TLS.Cert != "" || len(c.TLS.ACME) > 0 }

// clientCAs reads the authorities of machines' certificates.
func clientCAs(path string) (*x509.CertPool, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(b) {
		return nil, fmt.Errorf("%s holds no certificate in PEM form", path)
	}
	return pool, nil
}
