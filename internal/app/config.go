package app

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Config is the one configuration file. Every zero value is a good one for a
// desk of one machine; every field can be overridden by the environment
// variable KULLA_ and its path in capitals (KULLA_MAIL_URL).
type Config struct {
	Database  string   `yaml:"database" help:"sqlite:PATH or postgres://user@host/name"`
	State     string   `yaml:"state" help:"folder of keys and of the audit anchor; must survive, and be kept apart from the database"`
	Listen    string   `yaml:"listen" help:"address of the pages, host:port"`
	Metrics   string   `yaml:"metrics" help:"address of /metrics, /healthz and /readyz; empty: off"`
	BaseURL   string   `yaml:"base_url" help:"address people reach the desk at"`
	Packs     []string `yaml:"packs" help:"country pack first, then regime packs"`
	PacksDir  string   `yaml:"packs_dir" help:"folder of packs of your own; empty: the packs shipped with the program"`
	Authority string   `yaml:"authority" help:"id of the institution this desk belongs to, as in the pack"`
	Name      string   `yaml:"name" help:"name of the desk, shown in titles"`
	Languages []string `yaml:"languages" help:"languages offered, the first is the default; empty: the pack's"`
	Proxies   []string `yaml:"proxies" help:"networks of trusted reverse proxies, whose X-Forwarded-For is believed"`
	TLS       TLS      `yaml:"tls"`
	Mail      Mail     `yaml:"mail"`
	SignIn    SignIn   `yaml:"sign_in"`
	Log       Log      `yaml:"log"`
	Node      string   `yaml:"node" help:"name of this node among several on one database; empty: the host's name"`
	Ceiling   []string `yaml:"ceiling" help:"highest level of each system this desk is accredited for, system:rank; empty: nothing classified"`

	Demo      bool `yaml:"-"` // only the demo verb sets it
	Storybook bool `yaml:"-"`
}

// TLS says how the desk is reached safely.
type TLS struct {
	Cert    string   `yaml:"cert" help:"certificate file"`
	Key     string   `yaml:"key" help:"key file"`
	ACME    []string `yaml:"acme" help:"host names to get certificates for by ACME"`
	Mail    string   `yaml:"mail" help:"contact address for ACME"`
	Offload bool     `yaml:"offload" help:"a proxy before the desk does TLS: cookies are marked secure"`

	ClientCA string `yaml:"client_ca" help:"authorities of machines' certificates, PEM file: programs may then sign in by certificate"`
}

// Mail says how mail leaves.
type Mail struct {
	URL      string `yaml:"url" help:"smtp://host:port, smtps://host:port or file:FOLDER"`
	From     string `yaml:"from" help:"sender address"`
	User     string `yaml:"user"`
	Password string `yaml:"password_file" help:"file that holds the password"`
}

// SignIn bounds sessions.
type SignIn struct {
	Idle    time.Duration `yaml:"idle" help:"a session ends after so long without a request"`
	Longest time.Duration `yaml:"longest" help:"a session ends after so long in any case"`

	Services []SignInService `yaml:"services" help:"other services people may sign in with, OpenID Connect; in the file only"`
}

// Log says what is logged and how.
type Log struct {
	Level  string `yaml:"level" help:"debug, info, warn or error"`
	Format string `yaml:"format" help:"text or json"`
}

// Defaults gives the configuration of a desk of one machine.
func Defaults() Config {
	return Config{Database: "sqlite:kulla.db", State: "kulla-state", Listen: "127.0.0.1:8080", Packs: []string{"al", "eu-nis2", "eu-dora", "eu-gdpr"},
		Mail: Mail{URL: "file:kulla-mail", From: "desk@localhost.localdomain"}, Log: Log{Level: "info", Format: "text"}}
}

// Setting is one explained value of the configuration.
type Setting struct {
	Path   string `json:"path"`
	Value  string `json:"value"`
	Source string `json:"source"` // default, file, environment
	Help   string `json:"help"`
}

// ReadConfig reads the file (none when path is ""), then the environment, and
// checks every value. The error joins everything that is wrong.
func ReadConfig(path string, environ []string) (Config, []Setting, error) {
	c := Defaults()
	var errs []error
	fromFile := map[string]bool{}
	if path != "" {
		b, err := os.ReadFile(path)
		if err != nil {
			return c, nil, fmt.Errorf("configuration: %w", err)
		}
		dec := yaml.NewDecoder(bytes.NewReader(b))
		dec.KnownFields(true)
		if err := dec.Decode(&c); err != nil && !errors.Is(err, io.EOF) {
			errs = append(errs, explainYAML(path, err))
		}
		var tree map[string]any
		_ = yaml.Unmarshal(b, &tree) // its errors were told above
		flatten("", tree, fromFile)
	}
	env := map[string]string{}
	for _, e := range environ {
		if k, v, ok := strings.Cut(e, "="); ok && strings.HasPrefix(k, "KULLA_") {
			env[k] = v
		}
	}
	var settings []Setting
	walk(reflect.ValueOf(&c).Elem(), "", func(p, help string, v reflect.Value) {
		name := "KULLA_" + strings.ToUpper(strings.ReplaceAll(p, ".", "_"))
		source := "default"
		if fromFile[p] {
			source = "file"
		}
		if text, ok := env[name]; ok {
			source = "environment " + name
			if err := set(v, text); err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", name, err))
			}
			delete(env, name)
		}
		settings = append(settings, Setting{p, show(v), source, help})
	})
	for name := range env {
		if name != "KULLA_CONFIG" && !strings.HasPrefix(name, "KULLA_TEST_") {
			errs = append(errs, fmt.Errorf("%s: there is no such setting%s", name, nearest(strings.ToLower(strings.TrimPrefix(name, "KULLA_")), settings)))
		}
	}
	errs = append(errs, c.check()...)
	return c, settings, errors.Join(errs...)
}

func (c Config) check() (errs []error) {
	bad := func(path, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s: "+format, append([]any{path}, args...)...))
	}
	if len(c.Packs) == 0 {
		bad("packs", "name at least a country pack")
	}
	if (c.TLS.Cert == "") != (c.TLS.Key == "") {
		bad("tls", "cert and key go together")
	}
	if c.TLS.Cert != "" && len(c.TLS.ACME) > 0 {
		bad("tls", "choose certificate files or acme, not both")
	}
	if c.TLS.ClientCA != "" {
		if !c.serving() {
			bad("tls.client_ca", "the desk must do TLS itself (cert and key, or acme) to see certificates of machines")
		}
		if _, err := clientCAs(c.TLS.ClientCA); err != nil {
			bad("tls.client_ca", "%v", err)
		}
	}
	c.checkSignIn(bad)
	if c.BaseURL != "" && !strings.HasPrefix(c.BaseURL, "http://") && !strings.HasPrefix(c.BaseURL, "https://") {
		bad("base_url", "%q must begin with https:// (or http:// on a closed network)", c.BaseURL)
	}
	for _, p := range c.Proxies {
		if _, err := netip.ParsePrefix(p); err != nil {
			bad("proxies", "%q is not a network like 10.0.0.0/8", p)
		}
	}
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, c.Log.Level) {
		bad("log.level", "%q must be debug, info, warn or error", c.Log.Level)
	}
	if c.Log.Format != "text" && c.Log.Format != "json" {
		bad("log.format", "%q must be text or json", c.Log.Format)
	}
	if c.Mail.Password != "" {
		if _, err := os.Stat(c.Mail.Password); err != nil {
			bad("mail.password_file", "%v", err)
		}
	}
	for _, l := range c.Ceiling {
		system, rank, ok := strings.Cut(l, ":")
		if n, err := strconv.Atoi(rank); !ok || system == "" || err != nil || n < 1 || n > 15 {
			bad("ceiling", "%q must be system:rank, for example nato:2", l)
		}
	}
	if dir := filepath.Dir(strings.TrimPrefix(c.Database, "sqlite:")); strings.HasPrefix(c.Database, "sqlite:") && dir != "." {
		if st, err := os.Stat(dir); err == nil && !st.IsDir() {
			bad("database", "%s is not a folder", dir)
		}
	}
	if !strings.HasPrefix(c.Database, "sqlite:") && !strings.HasPrefix(c.Database, "postgres://") && !strings.HasPrefix(c.Database, "postgresql://") {
		bad("database", "must begin with sqlite: or postgres://")
	}
	return errs
}

// walk visits every leaf setting with its path.
func walk(v reflect.Value, prefix string, f func(path, help string, v reflect.Value)) {
	t := v.Type()
	for i := range t.NumField() {
		name := t.Field(i).Tag.Get("yaml")
		if name == "-" {
			continue
		}
		if v.Field(i).Kind() == reflect.Struct {
			walk(v.Field(i), prefix+name+".", f)
			continue
		}
		f(prefix+name, t.Field(i).Tag.Get("help"), v.Field(i))
	}
}

func flatten(prefix string, tree map[string]any, out map[string]bool) {
	for k, v := range tree {
		if sub, ok := v.(map[string]any); ok {
			flatten(prefix+k+".", sub, out)
			continue
		}
		out[prefix+k] = true
	}
}

func set(v reflect.Value, text string) error {
	switch v.Interface().(type) {
	case string:
		v.SetString(text)
	case bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("%q must be true or false", text)
		}
		v.SetBool(b)
	case time.Duration:
		d, err := time.ParseDuration(text)
		if err != nil {
			return fmt.Errorf("%q must be a duration like 30m", text)
		}
		v.SetInt(int64(d))
	case []string:
		v.Set(reflect.ValueOf(strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })))
	default:
		return fmt.Errorf("is a list of entries: set it in the configuration file")
	}
	return nil
}

// show prints a value without secrets: a password in a URL is hidden.
func show(v reflect.Value) string {
	switch x := v.Interface().(type) {
	case []string:
		return strings.Join(x, ", ")
	case []SignInService:
		var ids []string
		for _, s := range x {
			ids = append(ids, s.ID)
		}
		return strings.Join(ids, ", ")
	case string:
		if i, j := strings.Index(x, "://"), strings.LastIndex(x, "@"); i > 0 && j > i {
			user, _, _ := strings.Cut(x[i+3:j], ":")
			return x[:i+3] + user + x[j:]
		}
		return x
	}
	return fmt.Sprint(v.Interface())
}

// explainYAML turns the library's words into ours, with the nearest key.
func explainYAML(path string, err error) error {
	text := err.Error()
	var lines []error
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSpace(strings.TrimPrefix(line, "yaml: unmarshal errors:"))
		if line == "" {
			continue
		}
		if before, rest, ok := strings.Cut(line, ": field "); ok {
			key, _, _ := strings.Cut(rest, " ")
			var known []Setting
			note := func(p, _ string, _ reflect.Value) { known = append(known, Setting{Path: p}) }
			walk(reflect.ValueOf(new(Config)).Elem(), "", note)
			walk(reflect.ValueOf(new(SignInService)).Elem(), "sign_in.services[].", note)
			walk(reflect.ValueOf(new(SignInRule)).Elem(), "sign_in.services[].rules[].", note)
			line = before + ": there is no setting " + strconv.Quote(key) + nearest(key, known)
		}
		lines = append(lines, fmt.Errorf("%s: %s", path, line))
	}
	return errors.Join(lines...)
}

// nearest suggests the setting most like a misspelt one.
func nearest(word string, known []Setting) string {
	best, dist := "", 4
	for _, k := range known {
		for _, name := range []string{k.Path, k.Path[strings.LastIndex(k.Path, ".")+1:], strings.ReplaceAll(k.Path, ".", "_")} {
			if d := distance(word, name); d < dist {
				best, dist = k.Path, d
			}
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + strconv.Quote(best) + "?"
}

// distance is the edit distance of two words.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		prev := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			prev, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, prev+cost)
		}
	}
	return row[len(b)]
}
