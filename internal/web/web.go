package web

import (
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/klauspost/compress/gzhttp"

	"kulla.dev/internal/access"
	"kulla.dev/internal/audit"
	"kulla.dev/internal/council"
	"kulla.dev/internal/country"
	"kulla.dev/internal/db"
	"kulla.dev/internal/i18n"
	"kulla.dev/internal/incident"
	"kulla.dev/internal/outbox"
	"kulla.dev/internal/registry"
)

// Config of the door. Everything up to Pack must be given.
type Config struct {
	Log      *slog.Logger
	DB       *db.DB
	Access   *access.Desk
	Audit    *audit.Ledger
	Outbox   *outbox.Desk
	Registry *registry.Desk
	Incident *incident.Desk
	Council  *council.Desk
	Pack     *country.Pack

	Desk      string         // the authority's name for its desk, in titles
	BaseURL   string         // address the desk is reached at, without trailing slash
	Languages []i18n.Lang    // in the order offered; the first is the default
	Zone      *time.Location // zone times are shown in
	Secure    bool           // cookies only over TLS
	Machines  bool           // certificates of machines are asked for: they may sign in to the interface for programs
	Proxies   []netip.Prefix // trusted reverse proxies, whose X-Forwarded-For is believed
	Demo      []DemoSignIn   // shown on the sign-in page of a demo
	Storybook bool
	MaxBody   int64            // bytes of a request; 0 means 32 MiB
	Now       func() time.Time // nil means time.Now
	Ready     func(*http.Request) error
	Observe   func(pattern string, status int, took time.Duration)
}

// DemoSignIn is one of the demo's accounts; only a demo has any.
type DemoSignIn struct{ Role, Email, Password string }

// Server serves the desk's pages.
type Server struct {
	Config
	handler  http.Handler
	programs http.Handler // the interface for programs, api.go
}

// New builds the door; it serves nothing before its Handler is served.
func New(c Config) *Server {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Zone == nil {
		c.Zone = time.UTC
	}
	if len(c.Languages) == 0 {
		c.Languages = i18n.Languages()
	}
	if c.MaxBody == 0 {
		c.MaxBody = 32 << 20
	}
	if c.Observe == nil {
		c.Observe = func(string, int, time.Duration) {}
	}
	s := &Server{Config: c}
	s.programs = s.api()
	mux := http.NewServeMux()
	for _, r := range s.routes() {
		mux.Handle(r.Pattern, s.adapt(r))
	}
	mux.Handle("GET /static/", Static())
	mux.Handle("/", s.adapt(route{Pattern: "/", Need: Anyone, Handle: s.nowhere}))
	compress, err := gzhttp.NewWrapper(gzhttp.MinSize(1024), gzhttp.ExceptContentTypes([]string{"application/pdf", "application/zip", "font/woff2"}))
	if err != nil {
		panic(err) // unreachable: the options are constants
	}
	s.handler = s.guard(compress(mux))
	return s
}

// Handler is what an HTTP server serves.
func (s *Server) Handler() http.Handler { return s.handler }
