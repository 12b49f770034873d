package housetest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "kulla.dev"

// storeys: an import goes to a lower storey. Rooms on the same storey do not
// know each other. A new package must be put here.
var storeys = map[string]int{
	"internal/fault": 0,
	"internal/db":    10, "internal/marking": 10, "stix": 10, "internal/stat": 10, "internal/report": 10, "internal/i18n": 10, "internal/country": 10,
	"stix/pattern": 11, "internal/regime": 11,
	"internal/match":  12,
	"internal/access": 20, "internal/jobs": 20,
	"internal/audit":  30,
	"internal/outbox": 40, "internal/registry": 40, "internal/knowledge": 40,
	"internal/incident": 50, "internal/council": 50, "internal/feed": 50, "internal/hybrid": 50, "internal/assessment": 50, "internal/risk": 50, "internal/programme": 50, "internal/sharing": 50,
	"internal/web": 60, "internal/exchange": 60,
	"internal/app": 70,
	"cmd/kulla":    80,
	// beside the house
	"packs":              0,
	"internal/housetest": 75,
}

// guarded standard packages, and the rooms that may use them.
var guarded = map[string][]string{
	"database/sql": {"internal/db"},
	"net/http":     {"internal/web", "internal/exchange", "internal/feed", "internal/outbox", "internal/access", "internal/app", "cmd/kulla"}, // cmd/kulla: bench asks for pages as a browser does
	"os":           {"internal/app", "cmd/kulla", "internal/db", "internal/country", "internal/outbox"},                                       // outbox: mail into a folder
	"unsafe":       {},
	"C":            {},
}

// clockReaders may call time.Now; everyone else is handed now.
var clockReaders = []string{"internal/web", "internal/exchange", "internal/jobs", "internal/app", "cmd/kulla"}

// modules lists which room may import which module, and why.
var modules = map[string]struct {
	rooms []string
	why   string
}{
	"modernc.org/sqlite":                       {[]string{"internal/db"}, "the embedded engine, without cgo"},
	"github.com/jackc/pgx/v5":                  {[]string{"internal/db"}, "the driver of the grown engine"},
	"github.com/pressly/goose/v3":              {[]string{"internal/db"}, "numbered migrations on both engines"},
	"github.com/a-h/templ":                     {[]string{"internal/web", "internal/report"}, "typed components: a wrong field does not compile"},
	"github.com/alecthomas/kong":               {[]string{"cmd/kulla"}, "command lines with help that teaches"},
	"github.com/wneessen/go-mail":              {[]string{"internal/outbox"}, "mail that other servers accept"},
	"golang.org/x/crypto":                      {[]string{"internal/access", "internal/app"}, "argon2id; ACME certificates"},
	"golang.org/x/mod":                         {[]string{"internal/audit", "internal/app", "internal/country", "internal/incident", "cmd/kulla"}, "transparency-log tree and signed notes"},
	"golang.org/x/text":                        {[]string{"internal/i18n", "internal/report", "internal/registry", "internal/incident", "stix/pattern", "internal/match"}, "plurals, collation, encodings, normal forms"},
	"golang.org/x/net":                         {[]string{"internal/registry", "internal/match"}, "public suffixes, IDNA"},
	"github.com/santhosh-tekuri/jsonschema/v6": {[]string{"internal/country", "internal/web"}, "the published schema of packs is the one that is checked"},
	"codeberg.org/go-pdf/fpdf":                 {[]string{"internal/report"}, "PDF without a browser"},
	"github.com/go-json-experiment/json":       {[]string{"stix", "stix/pattern", "internal/match", "internal/i18n", "cmd/kulla", "internal/incident"}, "JSON that refuses duplicate names and bad UTF-8"},
	"github.com/coreos/go-oidc/v3":             {[]string{"internal/access"}, "OpenID Connect"},
	"golang.org/x/oauth2":                      {[]string{"internal/access"}, "OpenID Connect"},
	"github.com/go-webauthn/webauthn":          {[]string{"internal/access"}, "passkeys"},
	"github.com/boombuler/barcode":             {[]string{"internal/access"}, "the square code that authenticator apps scan"},
	"github.com/danielgtaylor/huma/v2":         {[]string{"internal/web"}, "OpenAPI 3.1 of our own interface"},
	"github.com/xuri/excelize/v2":              {[]string{"internal/registry", "internal/incident"}, "spreadsheets as institutions send them"},
	"github.com/klauspost/compress":            {[]string{"internal/web"}, "compressed pages"},
	"github.com/gaissmai/bart":                 {[]string{"internal/match", "internal/registry"}, "longest prefix match"},
	"go.yaml.in/yaml/v3":                       {[]string{"internal/country", "internal/app"}, "packs and the configuration are written by people"},
}

type source struct {
	path string // file, slash-separated, from the root
	room string
	test bool
	file *ast.File
	fset *token.FileSet
}

func sources(t *testing.T) []source {
	t.Helper()
	root := filepath.Join("..", "..")
	var out []source
	err := filepath.WalkDir(root, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel := filepath.ToSlash(strings.TrimPrefix(strings.TrimPrefix(p, root), string(filepath.Separator)))
		if e.IsDir() {
			if name := e.Name(); rel != "" && (name == "node_modules" || name == "testdata" || strings.HasPrefix(name, ".") || rel == "demo-out" || rel == "tools") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(rel, ".go") {
			return nil
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, p, nil, parser.ParseComments)
		if err != nil {
			return fmt.Errorf("%s: %w", rel, err)
		}
		out = append(out, source{rel, strings.TrimSuffix(filepath.ToSlash(filepath.Dir(rel)), "/"), strings.HasSuffix(rel, "_test.go"), f, fset})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 20 {
		t.Fatalf("only %d sources found", len(out))
	}
	return out
}

func imports(s source) []string {
	var out []string
	for _, i := range s.file.Imports {
		p, _ := strconv.Unquote(i.Path.Value)
		out = append(out, p)
	}
	return out
}

func TestImportsGoDownAStorey(t *testing.T) {
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		mine, ok := storeys[s.room]
		if !ok {
			t.Errorf("%s: package %s stands on no storey: put it into storeys", s.path, s.room)
			continue
		}
		for _, p := range imports(s) {
			other, own := strings.CutPrefix(p, module+"/")
			if !own {
				continue
			}
			theirs, ok := storeys[other]
			if !ok || theirs >= mine {
				t.Errorf("%s: %s (storey %d) imports %s (storey %d)", s.path, s.room, mine, other, theirs)
			}
			if other == "packs" && s.room != "internal/app" && s.room != "cmd/kulla" && s.room != "internal/housetest" {
				t.Errorf("%s: the core knows no country: only app and the command line load packs", s.path)
			}
		}
	}
}

func TestGuardedPackages(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || s.room == "internal/housetest" {
			continue
		}
		for _, p := range imports(s) {
			if rooms, ok := guarded[p]; ok && !slices.Contains(rooms, s.room) {
				t.Errorf("%s imports %s, which only %v may", s.path, p, rooms)
			}
		}
		if slices.Contains(clockReaders, s.room) {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok && sel.Sel.Name == "Now" {
				if id, ok := sel.X.(*ast.Ident); ok && id.Name == "time" {
					t.Errorf("%s: reads the clock; it must be handed now", s.fset.Position(n.Pos()))
				}
			}
			return true
		})
	}
}

func TestModulesAreListedWithAReason(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || s.room == "internal/housetest" {
			continue
		}
		for _, p := range imports(s) {
			first, _, _ := strings.Cut(p, "/")
			if !strings.Contains(first, ".") || p == module || strings.HasPrefix(p, module+"/") {
				continue
			}
			found := false
			for m, entry := range modules {
				if p == m || strings.HasPrefix(p, m+"/") {
					found = true
					if !slices.Contains(entry.rooms, s.room) {
						t.Errorf("%s: %s is for %v (%s), not for %s", s.path, m, entry.rooms, entry.why, s.room)
					}
				}
			}
			if !found {
				t.Errorf("%s: module of %s is not listed with a reason", s.path, p)
			}
		}
	}
}

var writes = regexp.MustCompile(`(?i)\b(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|UPDATE|DELETE\s+FROM)\s+([a-z]+)_[a-z_]+`)

func TestOnlyTheOwnerWritesATable(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || s.room == "internal/housetest" || s.room == "internal/db" {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			for _, m := range writes.FindAllStringSubmatch(lit.Value, -1) {
				if owner := "internal/" + strings.ToLower(m[1]); owner != s.room {
					t.Errorf("%s: %s writes a table of %s: %q", s.fset.Position(n.Pos()), s.room, owner, m[0])
				}
			}
			return true
		})
	}
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	doc, file := map[string]string{}, map[string]bool{}
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		if s.file.Doc != nil {
			doc[s.room] = s.file.Doc.Text()
		} else if doc[s.room] == "" {
			doc[s.room] = ""
		}
		if filepath.Base(s.path) == "doc.go" {
			file[s.room] = true
		}
	}
	for room, text := range doc {
		if len(text) < 60 {
			t.Errorf("%s has no package comment worth the name", room)
		}
		if storeys[room] >= 20 && storeys[room] < 80 && room != "internal/housetest" && !file[room] {
			t.Errorf("%s has no doc.go", room)
		}
	}
}

func TestFilesAreOfAReadableSize(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || strings.HasSuffix(s.path, "_templ.go") {
			continue
		}
		if n := s.fset.File(s.file.Pos()).LineCount(); n > 800 {
			t.Errorf("%s has %d lines: two ideas share the file", s.path, n)
		}
	}
}

func TestMigrationsAreNumberedWithoutHoles(t *testing.T) {
	names, err := filepath.Glob(filepath.Join("..", "db", "schema", "*.sql"))
	if err != nil || len(names) == 0 {
		t.Fatal("no migrations", err)
	}
	seen := map[int]bool{}
	for _, n := range names {
		i, err := strconv.Atoi(filepath.Base(n)[:4])
		if err != nil {
			t.Errorf("%s: the name must begin with four digits", n)
		}
		seen[i] = true
	}
	for i := 1; i <= len(seen); i++ {
		if !seen[i] {
			t.Errorf("migration %04d is missing", i)
		}
	}
}

// The core knows no country: what stands in a pack as the name of an
// institution or an act does not stand in code.
func TestNoCountryInCode(t *testing.T) {
	words := regexp.MustCompile(`\b(AKSK|AKCESK|AKSHI|SHISH|AKEP|KDIMDP|Shqip[a-zëç]*|Tiran[aëe]|Albania[n]?|Kosov[oaë])\b`)
	for _, s := range sources(t) {
		if s.test || s.room == "packs" || s.path == "internal/i18n/lang.go" { // a language may be named after its country
			continue
		}
		check := func(pos token.Pos, text string) {
			if w := words.FindString(text); w != "" {
				t.Errorf("%s: %q belongs into a pack", s.fset.Position(pos), w)
			}
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Ident:
				check(n.Pos(), n.Name)
			case *ast.BasicLit:
				if n.Kind == token.STRING && !strings.Contains(s.path, "_templ.go") {
					check(n.Pos(), n.Value)
				}
			}
			return true
		})
	}
}

func TestNothingSpeaksOfTheMachine(t *testing.T) {
	bad := regexp.MustCompile(`/(work|root|home)/[a-z]+/|(?:proxy\.golang\.org|registry\.npmjs\.org|pypi\.org|deb\.debian\.org)`)
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() {
			if n := e.Name(); n == "node_modules" || n == ".git" || n == "demo-out" {
				return fs.SkipDir
			}
			return nil
		}
		info, err := e.Info()
		if err != nil || e.Name() == ".git" || info.Size() > 1<<20 || filepath.Base(p) == "house_test.go" || strings.HasSuffix(p, ".sum") {
			return err
		}
		b, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		if m := bad.Find(b); m != nil && !slices.Contains([]string{".woff2", ".ttf", ".png", ".gz", ".db"}, filepath.Ext(p)) {
			t.Errorf("%s speaks of %q", p, m)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
