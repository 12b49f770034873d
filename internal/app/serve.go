package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
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
	switch {
	case a.Config.TLS.Cert != "":
		cert, err := tls.LoadX509KeyPair(a.Config.TLS.Cert, a.Config.TLS.Key)
		if err != nil {
			return fmt.Errorf("TLS: %w", err)
		}
		l = tls.NewListener(l, &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{cert}, NextProtos: []string{"h2", "http/1.1"}})
	case len(a.Config.TLS.ACME) > 0:
		m := &autocert.Manager{Prompt: autocert.AcceptTOS, HostPolicy: autocert.HostWhitelist(a.Config.TLS.ACME...),
			Cache: autocert.DirCache(filepath.Join(a.Config.State, "acme")), Email: a.Config.TLS.Mail}
		c := m.TLSConfig()
		c.MinVersion = tls.VersionTLS12
		l = tls.NewListener(l, c)
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

func (c Config) secure() bool { return c.TLS.Cert != "" || len(c.TLS.ACME) > 0 || c.TLS.Offload }
