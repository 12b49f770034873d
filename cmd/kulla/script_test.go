package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/mod/sumdb/note"

	"kulla.dev/internal/access"
	"kulla.dev/internal/app"
	"kulla.dev/internal/country"
	"kulla.dev/internal/db"
	"kulla.dev/internal/marking"
	"kulla.dev/internal/registry"
)

// TestScripts runs the transcripts of testdata/script: each is a person at a
// terminal with a folder of their own. Beside the usual commands,
//
//	code N kulla args...    runs kulla and demands exit code N
//	desk                    makes a desk with one institution, "grid", one duty
//	                        officer duty@desk.example and one security officer
//	                        officer@grid.example; $GRID, $SERVICE are its ids
//	serve                   runs kulla serve until the script ends; $URL is where
//	fetch PATH              gets a page of it into the file page, its status first
//	sql TEXT                changes the database behind the desk's back
//	packs                   copies the made-up country of the tests to packs/zz
//	edit FILE OLD NEW       replaces the first OLD in a file
//	expand FILE             puts variables into a file
//	keys                    makes signer.key, signer.pub and other.pub
func TestScripts(t *testing.T) {
	bin := filepath.Join(t.TempDir(), "bin")
	if err := os.Mkdir(bin, 0o700); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(bin, "kulla")); err != nil {
		t.Fatal(err)
	}
	zz, err := filepath.Abs("../../internal/housetest/testdata/pack-zz")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
			e.Setenv("KULLA_TEST_MAIN", "1")
			e.Setenv("PACK_ZZ", zz)
			e.Setenv("TODAY", time.Now().Format(time.DateOnly))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code": scriptCode, "desk": scriptDesk, "serve": scriptServe, "fetch": scriptFetch, "expand": scriptExpand, "sql": scriptSQL,
			"packs": scriptPacks, "edit": scriptEdit, "keys": scriptKeys,
		},
	})
}

func scriptCode(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if e, ok := errors.AsType[*exec.ExitError](ts.Exec(args[1], args[2:]...)); ok {
		got = e.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// scriptConfig is that of the desk command: kulla.yaml, written for the verbs.
func scriptConfig(ts *testscript.TestScript) app.Config {
	c := app.Defaults()
	c.Database, c.State = "sqlite:"+ts.MkAbs("kulla.db"), ts.MkAbs("state")
	c.Mail = app.Mail{URL: "file:" + ts.MkAbs("mail"), From: "desk@desk.example"}
	ts.Check(os.WriteFile(ts.MkAbs("kulla.yaml"), fmt.Appendf(nil, "database: %s\nstate: %s\nmail: {url: %q, from: %s}\n", c.Database, c.State, c.Mail.URL, c.Mail.From), 0o600))
	ts.Setenv("KULLA_CONFIG", ts.MkAbs("kulla.yaml"))
	return c
}

func scriptDesk(ts *testscript.TestScript, _ bool, _ []string) {
	ctx, now := context.Background(), time.Now()
	a, err := app.New(ctx, scriptConfig(ts), app.Options{})
	ts.Check(err)
	in, err := a.Registry.Create(ctx, access.System("test", "registry.write", "registry.read"), registry.Draft{Record: registry.Record{
		Names: []registry.Name{{Text: country.Text{"en": "Grid", "sq": "Rrjeti"}}}, Country: a.Pack.Code,
		Contacts: []registry.Contact{{Name: "SOC", Roles: []registry.ContactRole{registry.ContactSecurity}, Mail: "soc@grid.example"}},
		Services: []registry.Service{{Name: country.Text{"en": "Supply", "sq": "Furnizimi"}}}, Kinds: []registry.Kind{{ID: "operator"}}}}, now)
	ts.Check(err)
	for _, p := range []struct {
		email, institution string
		role               access.Role
	}{{"duty@desk.example", a.AuthorityID(), access.Duty}, {"analyst@desk.example", a.AuthorityID(), access.Analyst}, {"officer@grid.example", string(in.ID), access.Officer}} {
		_, _, err := a.Access.Create(ctx, access.Draft{Name: strings.ToUpper(p.email[:1]) + p.email[1:4], Email: p.email, Members: []access.Membership{{Institution: p.institution, Role: p.role}},
			Clearance: access.Clearance{TLP: marking.TLPAmberStrict, Nations: []string{a.Pack.Code}}}, "a long enough password", now)
		ts.Check(err)
	}
	ts.Check(a.Stop(ctx))
	ts.Setenv("GRID", string(in.ID))
	ts.Setenv("SERVICE", string(in.Services[0].ID))
}

func scriptServe(ts *testscript.TestScript, _ bool, _ []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	addr := l.Addr().String()
	ts.Check(l.Close())
	cmd := exec.Command(os.Args[0], "serve", "--config", ts.MkAbs("kulla.yaml"))
	cmd.Env = []string{"KULLA_TEST_MAIN=1", "KULLA_LISTEN=" + addr, "HOME=" + ts.MkAbs(".")}
	log, err := os.Create(ts.MkAbs("log"))
	ts.Check(err)
	cmd.Stderr = log
	ts.Check(cmd.Start())
	ts.Defer(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); err != nil {
			ts.Logf("serve ended with %v", err)
		}
		log.Close()
	})
	ts.Setenv("URL", "http://"+addr)
	for range 1000 {
		if r, err := http.Get("http://" + addr + "/readyz"); err == nil {
			r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	ts.Fatalf("the desk did not become ready: %s", ts.ReadFile("log"))
}

func scriptFetch(ts *testscript.TestScript, _ bool, args []string) {
	r, err := http.Get(ts.Getenv("URL") + args[0])
	ts.Check(err)
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("page"), append([]byte(r.Status+"\n"), body...), 0o600))
}

// scriptSQL changes the desk's SQLite file behind its back.
func scriptSQL(ts *testscript.TestScript, _ bool, args []string) {
	d, err := db.Open(context.Background(), db.Config{URL: "sqlite:" + ts.MkAbs("kulla.db")})
	ts.Check(err)
	defer d.Close()
	ts.Check(d.Tx(context.Background(), func(tx *db.Tx) error { _, err := tx.Exec(strings.Join(args, " ")); return err }))
}

func scriptPacks(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Check(os.RemoveAll(ts.MkAbs("packs")))
	ts.Check(os.CopyFS(ts.MkAbs("packs/zz"), os.DirFS(ts.Getenv("PACK_ZZ"))))
}

func scriptEdit(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile(args[0])
	if !strings.Contains(text, args[1]) {
		ts.Fatalf("%s does not hold %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Replace(text, args[1], args[2], 1)), 0o600))
}

func scriptKeys(ts *testscript.TestScript, _ bool, _ []string) {
	for _, name := range []string{"signer", "other"} {
		key, pub, err := note.GenerateKey(rand.Reader, "desk.example")
		ts.Check(err)
		ts.Check(os.WriteFile(ts.MkAbs(name+".key"), []byte(key), 0o600))
		ts.Check(os.WriteFile(ts.MkAbs(name+".pub"), []byte(pub), 0o600))
	}
}

func scriptExpand(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(os.Expand(ts.ReadFile(args[0]), ts.Getenv)), 0o600))
}
