package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/audit"
	"kulla.dev/internal/council"
	"kulla.dev/internal/country"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/i18n"
	"kulla.dev/internal/incident"
	"kulla.dev/internal/jobs"
	"kulla.dev/internal/marking"
	"kulla.dev/internal/outbox"
	"kulla.dev/internal/registry"
	"kulla.dev/internal/web"
	"kulla.dev/packs"
)

// App is a desk: its rooms, built and introduced, and its loops.
type App struct {
	Config   Config
	Log      *slog.Logger
	DB       *db.DB
	Pack     *country.Pack
	Access   *access.Desk
	Audit    *audit.Ledger
	Outbox   *outbox.Desk
	Registry *registry.Desk
	Incident *incident.Desk
	Council  *council.Desk
	Web      *web.Server
	Runner   *jobs.Runner

	Demo []web.DemoSignIn

	secrets *secrets
	metrics *metrics
	now     func() time.Time
	net     listeners
	loops   sync.WaitGroup
	stop    context.CancelFunc
}

// Options of New that tests and the command line set.
type Options struct {
	Log  io.Writer // where log lines go; nil discards them
	Now  func() time.Time
	Mail *outbox.Mailer // in place of the configured one, for tests
	Demo []web.DemoSignIn
}

// New opens the database, brings its schema up to date and builds every room.
// Nothing runs before Start.
func New(ctx context.Context, c Config, o Options) (*App, error) {
	a := &App{Config: c, now: o.Now, Log: logger(c.Log, o.Log), Demo: o.Demo}
	if a.now == nil {
		a.now = time.Now
	}
	a.metrics = newMetrics(a.now())
	var err error
	if a.Pack, err = LoadPacks(c); err != nil {
		return nil, err
	}
	if a.secrets, err = openSecrets(c.State); err != nil {
		return nil, err
	}
	if a.DB, err = db.Open(ctx, db.Config{URL: c.Database}); err != nil {
		return nil, err
	}
	applied, err := a.DB.Migrate(ctx)
	if err != nil {
		_ = a.DB.Close()
		return nil, err
	}
	if len(applied) > 0 {
		a.Log.Info("schema", "applied", strings.Join(applied, " "))
	}
	if err := a.build(o); err != nil {
		_ = a.DB.Close()
		return nil, err
	}
	if err := a.seed(ctx); err != nil {
		_ = a.DB.Close()
		return nil, fmt.Errorf("institutions of the pack: %w", err)
	}
	return a, nil
}

// LoadPacks reads the configured packs.
func LoadPacks(c Config) (*country.Pack, error) {
	var files fs.FS = packs.FS
	if c.PacksDir != "" {
		files = os.DirFS(c.PacksDir)
	}
	p, err := country.LoadAll(files, c.Packs...)
	if err != nil {
		return nil, fmt.Errorf("packs %s: %w", strings.Join(c.Packs, ", "), err)
	}
	return p, nil
}

func (a *App) build(o Options) error {
	c := a.Config
	node := c.Node
	if node == "" {
		node, _ = os.Hostname() // an empty name still works for one node
	}
	node += "/" + strconv.Itoa(os.Getpid())
	wake := func() {
		if a.Runner != nil {
			a.Runner.Wake()
		}
	}
	a.Audit = audit.New(audit.Config{DB: a.DB, MACKey: a.secrets.mac, Signer: a.secrets.signer, Anchor: a.secrets.keepAnchor})
	ceiling, err := levels(c.Ceiling)
	if err != nil {
		return err
	}
	services, err := c.services()
	if err != nil {
		return err
	}
	a.Access, err = access.New(access.Config{Log: a.Log, DB: a.DB, Record: a.recorder(), Key: a.secrets.access, Table: markingTable(a.Pack),
		Services: services, Passkeys: c.passkeys(), Ceiling: ceiling, Issuer: c.Name, SecondOptional: c.Demo, Idle: c.SignIn.Idle, Longest: c.SignIn.Longest})
	if err != nil {
		return err
	}
	mailer := o.Mail
	if mailer == nil {
		mc := outbox.MailConfig{URL: c.Mail.URL, From: c.Mail.From, User: c.Mail.User}
		if c.Mail.Password != "" {
			b, err := os.ReadFile(c.Mail.Password)
			if err != nil {
				return fmt.Errorf("mail password: %w", err)
			}
			mc.Password = strings.TrimSpace(string(b))
		}
		if mailer, err = outbox.NewMailer(mc); err != nil {
			return err
		}
	}
	a.Outbox = outbox.New(outbox.Config{DB: a.DB, Audit: a.Audit, Mail: mailer, Wake: wake})
	if err := a.buildRooms(wake); err != nil {
		return err
	}
	handlers := map[string]jobs.Handler{}
	for _, room := range []map[string]jobs.Handler{a.Outbox.Handlers(), a.Incident.Handlers()} {
		for kind, h := range room {
			handlers[kind] = h
		}
	}
	a.Runner = jobs.NewRunner(jobs.Config{DB: a.DB, Log: a.Log, Node: node, Handlers: handlers, Now: a.now, Done: a.metrics.job})
	return a.buildWeb()
}

func (a *App) buildWeb() error {
	var langs []i18n.Lang
	list := a.Config.Languages
	if len(list) == 0 {
		list = a.Pack.Languages
	}
	for _, l := range list {
		if !i18n.Lang(l).Known() {
			return fmt.Errorf("languages: the program does not speak %q", l)
		}
		langs = append(langs, i18n.Lang(l))
	}
	var proxies []netip.Prefix
	for _, p := range a.Config.Proxies {
		n, err := netip.ParsePrefix(p)
		if err != nil {
			return fmt.Errorf("proxies: %w", err)
		}
		proxies = append(proxies, n)
	}
	a.Web = web.New(web.Config{Log: a.Log, DB: a.DB, Access: a.Access, Audit: a.Audit, Outbox: a.Outbox, Registry: a.Registry, Incident: a.Incident, Council: a.Council,
		Pack: a.Pack, Desk: a.Config.Name, BaseURL: a.Config.BaseURL, Languages: langs, Zone: a.Pack.Location, Secure: a.Config.secure(), Machines: a.Config.TLS.ClientCA != "",
		Proxies: proxies, Demo: a.Demo, Storybook: a.Config.Storybook, Now: a.now, Ready: a.ready, Observe: a.metrics.request})
	return nil
}

// ready says whether the schema is the one this program wants.
func (a *App) ready(r *http.Request) error {
	s, err := a.DB.SchemaState(r.Context())
	if err != nil {
		return err
	}
	if s.Have != s.Want {
		return fault.New(fault.Unavailable, "db.schema-newer", s.Have, s.Want)
	}
	return nil
}

// Start serves the pages and starts the loops.
func (a *App) Start(ctx context.Context) error {
	if err := a.listen(ctx); err != nil {
		return err
	}
	a.Log.Info("started", "pages", a.URL(), "packs", strings.Join(a.Config.Packs, " "), "database", a.DB.Dialect().String())
	a.Work(ctx)
	return nil
}

// Work starts the loops without serving pages.
func (a *App) Work(ctx context.Context) {
	ctx, a.stop = context.WithCancel(ctx)
	a.loops.Go(func() { a.Runner.Run(ctx) })
	a.loops.Go(func() { a.sealLoop(ctx) })
	a.loops.Go(func() { a.tidyLoop(ctx) })
}

// Drain does everything that is due now, without loops: for one-shot verbs.
func (a *App) Drain(ctx context.Context) error {
	for {
		n, err := a.Runner.Step(ctx)
		if err != nil {
			return err
		}
		if n == 0 {
			_, _, err := a.Audit.Seal(ctx, a.now())
			return err
		}
	}
}

func (a *App) sealLoop(ctx context.Context) {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			_, forged, err := a.Audit.Seal(ctx, a.now())
			if err != nil && ctx.Err() == nil {
				a.Log.Error("audit: seal", "error", err)
			}
			if len(forged) > 0 {
				a.Log.Error("audit: records no desk has written", "ids", strings.Join(forged, " "))
			}
		}
	}
}

// tidyLoop forgets what nobody needs: ended sessions, used links, counted
// attempts.
func (a *App) tidyLoop(ctx context.Context) {
	t := time.NewTicker(time.Hour)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			if err := a.Access.Sweep(ctx, 30*24*time.Hour, a.now()); err != nil {
				a.Log.Error("access: sweep", "error", err)
			}
		}
	}
}

// Stop ends listening, lets requests and jobs in hand finish, seals what was
// done and closes the database.
func (a *App) Stop(ctx context.Context) error {
	var errs []error
	for _, s := range []*http.Server{a.net.pages, a.net.metrics} {
		if s != nil {
			errs = append(errs, s.Shutdown(ctx))
		}
	}
	if a.stop != nil {
		a.stop()
	}
	a.loops.Wait()
	if _, _, err := a.Audit.Seal(ctx, a.now()); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(append(errs, a.DB.Close())...)
}

// logger writes lines for people or machines.
func logger(c Log, w io.Writer) *slog.Logger {
	if w == nil {
		return slog.New(slog.DiscardHandler)
	}
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.Level)) // checked by Config.check; info otherwise
	o := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

func (a *App) httpLog() *log.Logger { return slog.NewLogLogger(a.Log.Handler(), slog.LevelDebug) }

// levels reads "system:rank" settings.
func levels(list []string) ([]marking.Level, error) {
	var out []marking.Level
	for _, s := range list {
		system, rank, _ := strings.Cut(s, ":")
		n, err := strconv.Atoi(rank)
		if err != nil {
			return nil, fmt.Errorf("ceiling %q: %w", s, err)
		}
		out = append(out, marking.Level{System: system, Rank: n})
	}
	return out, nil
}
