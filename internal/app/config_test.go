package app

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestConfigurationIsExplainedWhereItIsWrong(t *testing.T) {
	dir := t.TempDir()
	write := func(text string) string {
		p := filepath.Join(dir, "kulla.yaml")
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	for text, want := range map[string]string{
		"databse: sqlite:x\n":                      `did you mean "database"`,
		"mail: {uri: smtp://x}\n":                  `there is no setting "uri"`,
		"database: mysql://x\n":                    "must begin with sqlite: or postgres://",
		"base_url: desk.example\n":                 "must begin with https://",
		"proxies: [10.0.0.1]\n":                    "is not a network",
		"log: {level: loud}\n":                     "must be debug, info, warn or error",
		"ceiling: [nato]\n":                        "must be system:rank",
		"tls: {cert: a}\n":                         "cert and key go together",
		"packs: []\n":                              "name at least a country pack",
		"mail: {password_file: /none/there}\n":     "mail.password_file",
		"listen: [1, 2]\n":                         "kulla.yaml",
		"database: sqlite:a\ndatabase: sqlite:b\n": "already defined",
	} {
		_, _, err := ReadConfig(write(text), nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	_, _, err := ReadConfig(write("database: mysql://x\nlog: {level: loud}\n"), []string{"KULLA_MAIL_URI=x"})
	for _, want := range []string{"sqlite:", "log.level", "KULLA_MAIL_URI", "mail.url"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("all mistakes at once: %v lacks %q", err, want)
		}
	}
}

func TestEverySettingReadsTheEnvironment(t *testing.T) {
	values := map[reflect.Type]string{reflect.TypeFor[string](): "x", reflect.TypeFor[bool](): "true", reflect.TypeFor[time.Duration](): "90s", reflect.TypeFor[[]string](): "a,b"}
	c := Defaults()
	walk(reflect.ValueOf(&c).Elem(), "", func(p, help string, v reflect.Value) {
		text, ok := values[v.Type()]
		if !ok {
			return // lists of structures come from the file only
		}
		if err := set(v, text); err != nil {
			t.Errorf("%s: %v", p, err)
		}
		if help == "" && !strings.HasSuffix(p, ".user") {
			t.Errorf("%s has no explanation", p)
		}
	})
	got, settings, err := ReadConfig("", []string{"KULLA_DATABASE=postgres://me:secret@db/kulla", "KULLA_SIGN_IN_IDLE=20m", "KULLA_PACKS=al eu-nis2"})
	if err != nil || got.SignIn.Idle != 20*time.Minute || len(got.Packs) != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	for _, s := range settings {
		if strings.Contains(s.Value, "secret") {
			t.Errorf("%s shows the password", s.Path)
		}
		if s.Path == "database" && s.Source != "environment KULLA_DATABASE" {
			t.Errorf("source of database: %q", s.Source)
		}
	}
}

func TestSecretsArePrivateAndStay(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	a, err := openSecrets(dir)
	if err != nil {
		t.Fatal(err)
	}
	b, err := openSecrets(dir)
	if err != nil || string(a.mac) != string(b.mac) || a.signer.KeyHash() != b.signer.KeyHash() {
		t.Errorf("opened again: %v", err)
	}
	if err := os.Chmod(filepath.Join(dir, "audit.key"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := openSecrets(dir); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a key that others can read: %v", err)
	}
}

func FuzzReadConfig(f *testing.F) {
	for _, s := range []string{"", "database: sqlite:x", "packs: [al]\nmail: {url: file:x}", "a: &a [*a]", "tls: {acme: [x], cert: y, key: z}", "\x00", "- - -", "log:\n level: &x warn\n format: *x\n"} {
		f.Add(s)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		p := filepath.Join(dir, "c.yaml")
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, settings, err := ReadConfig(p, nil)
		if err == nil && (len(c.Packs) == 0 || len(settings) == 0) {
			t.Errorf("%q passed without packs", text)
		}
	})
}
