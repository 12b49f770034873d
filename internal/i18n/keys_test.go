package i18n

import (
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

// TestKeys holds the files of words against the source of the whole module, one
// subtest a room: go test ./internal/i18n -run TestKeys/incident
func TestKeys(t *testing.T) {
	declared := readDeclared(t)
	c := Embedded()
	rooms := map[string]bool{}
	all := map[string]bool{}
	for _, l := range c.order {
		for key := range c.books[l].text {
			all[key] = true
			room, _, _ := strings.Cut(key, ".")
			rooms[room] = true
		}
	}
	said := scanModule(t, "../..", rooms)

	for key := range said.demanded {
		room, _, _ := strings.Cut(key, ".")
		rooms[room] = true
	}
	for room := range rooms {
		t.Run(room, func(t *testing.T) {
			for key, where := range said.demanded {
				if strings.HasPrefix(key, room+".") && !all[key] && !declared.covers("other", key) {
					t.Errorf("missing: %s says %q, which no file has", where, key)
				}
			}
			for key := range all {
				if !strings.HasPrefix(key, room+".") {
					continue
				}
				for _, l := range c.order {
					if !c.Has(l, key) {
						t.Errorf("untranslated: %q is not in %s", key, l)
					}
				}
				if !said.seen[key] && !declared.covers("dynamic", key) {
					t.Errorf("unused: nothing says %q (declare a prefix in keys.txt if it is put together)", key)
				}
				checkTexts(t, c, key, declared.covers("same", key))
			}
		})
	}
}

// checkTexts compares one key over the languages.
func checkTexts(t *testing.T, c *Catalogue, key string, maySame bool) {
	en, sq := c.books[English].text[key], c.books[Albanian].text[key]
	if en.forms == nil || sq.forms == nil {
		return
	}
	for _, l := range c.order {
		m := c.books[l].text[key]
		if got, want := m.placeholders(), en.placeholders(); m.forms != nil && !strings.HasPrefix(key, "i18n.date.") && !slices.Equal(got, want) {
			t.Errorf("placeholders: %q in %s uses %v, in English %v", key, l, got, want)
		}
	}
	if a, b := textOf(en), textOf(sq); a == b && !maySame && strings.ContainsFunc(a, isLetter) {
		t.Errorf("untranslated: %q is %q in both languages (declare it in keys.txt if that is right)", key, a)
	}
	if word := bare.FindString(strings.ToLower(textOf(sq))); word != "" {
		t.Errorf("spelling: %q in Albanian has %q without its ë or ç", key, word)
	}
}

// bare finds common Albanian words typed without their marks.
var bare = regexp.MustCompile(`(^|[^\pL])(eshte|eshtë|nje|per|dhene|dhena|ceshtje|keto|ketu|ketij|kesaj|kete|behet|kerkese|kerkohet|cfare|vleresim|fjalekalim|fjalekalimi|perdorues|perdoruesi|permbajtje|njesi|cdo|jane|pergjigje|pergjigja|perfundimtar|paralajmerim|paralajmerimi|hershem|sherbim|sherbimi|demtim|rende|rendesishem|rendesishme|shendetesi|mbeshtetje|nderkohe|perseri|menyre|qe|me vonese|vonese|mund te|duhet te|infrastrukture|kercenim|kercenimi|shenim)([^\pL]|$)`)

func isLetter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }

func textOf(m message) string {
	var out strings.Builder
	for _, name := range []string{"0", "zero", "one", "two", "few", "many", "other"} {
		for _, p := range m.forms[name] {
			out.WriteString(p.text)
		}
		if m.forms[name] != nil {
			out.WriteByte('\n')
		}
	}
	return out.String()
}

// declared holds the lines of keys.txt: word → keys and prefixes.
type declared map[string][]string

func (d declared) covers(word, key string) bool {
	return slices.ContainsFunc(d[word], func(p string) bool {
		return p == key || strings.HasSuffix(p, ".") && strings.HasPrefix(key, p)
	})
}

func readDeclared(t *testing.T) declared {
	t.Helper()
	data, err := os.ReadFile("keys.txt")
	if err != nil {
		t.Fatal(err)
	}
	d := declared{}
	for i, line := range strings.Split(string(data), "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		head, reason, _ := strings.Cut(line, "  ")
		if fields := strings.Fields(head); len(fields) == 2 && slices.Contains([]string{"dynamic", "same", "other"}, fields[0]) && strings.TrimSpace(reason) != "" {
			d[fields[0]] = append(d[fields[0]], fields[1])
			continue
		}
		t.Errorf("keys.txt:%d: want word, key, two spaces, reason", i+1)
	}
	return d
}

// found is what the source says: every literal shaped like a key, and those
// that must be one, with a place.
type found struct {
	seen     map[string]bool
	demanded map[string]string
}

var (
	templCall    = regexp.MustCompile(`\b(?:L|T|Key)\(\s*"([^"]+)"`)
	templLiteral = regexp.MustCompile(`"([a-z][a-z0-9.-]+)"`)
)

func scanModule(t *testing.T, root string, rooms map[string]bool) found {
	t.Helper()
	f := found{map[string]bool{}, map[string]string{}}
	files := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules" || d.Name() == "testdata"):
			return filepath.SkipDir
		case strings.HasSuffix(path, "_test.go"):
			return nil
		case strings.HasSuffix(path, ".go"):
			files++
			return f.scanGo(path, rooms)
		case strings.HasSuffix(path, ".templ"):
			files++
			return f.scanTempl(path, rooms)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 10 {
		t.Fatalf("only %d source files found below %s", files, root)
	}
	return f
}

func (f found) note(literal, where string, rooms map[string]bool, demand bool) {
	room, _, _ := strings.Cut(literal, ".")
	if !keyShape.MatchString(literal) || !rooms[room] && !demand {
		return
	}
	f.seen[literal] = true
	if demand || strings.Count(literal, ".") >= 2 {
		f.demanded[literal] = where
	}
}

func (f found) scanGo(path string, rooms map[string]bool) error {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil // a file being written: its own package's build says so
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.CallExpr:
			if i := keyArgument(n); i >= 0 && i < len(n.Args) {
				if lit, ok := n.Args[i].(*ast.BasicLit); ok && lit.Kind == token.STRING {
					f.note(unquote(lit), fset.Position(lit.Pos()).String(), rooms, true)
				}
			}
		case *ast.BasicLit:
			if n.Kind == token.STRING {
				f.note(unquote(n), fset.Position(n.Pos()).String(), rooms, false)
			}
		}
		return true
	})
	return nil
}

// keyArgument says which argument of a call is a message key, or −1.
func keyArgument(call *ast.CallExpr) int {
	name, of := "", ""
	switch fun := call.Fun.(type) {
	case *ast.Ident:
		name = fun.Name
	case *ast.SelectorExpr:
		name = fun.Sel.Name
		if x, ok := fun.X.(*ast.Ident); ok {
			of = x.Name
		}
	}
	switch {
	case of == "i18n" && name == "T", of == "fault" && name == "New", name == "Add" && len(call.Args) >= 2:
		return 1
	case name == "T", name == "L", name == "Key":
		return 0
	}
	return -1
}

func unquote(lit *ast.BasicLit) string {
	s, err := strconv.Unquote(lit.Value)
	if err != nil {
		return ""
	}
	return s
}

func (f found) scanTempl(path string, rooms map[string]bool) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	for _, m := range templCall.FindAllStringSubmatch(string(data), -1) {
		f.note(m[1], path, rooms, true)
	}
	for _, m := range templLiteral.FindAllStringSubmatch(string(data), -1) {
		f.note(m[1], path, rooms, false)
	}
	return nil
}

// TestKeysFinds proves the check on a module made wrong in every way.
func TestKeysFinds(t *testing.T) {
	dir := t.TempDir()
	for i := range 10 {
		src := "package p\nfunc f" + strconv.Itoa(i) + "() {}\n"
		if i == 0 {
			src = "package p\nfunc f() { L(\"room.two\"); fault.New(1, \"room.new\"); x.Add(\"field\", \"room.add\"); y = \"room.a.b\"; z = \"room.permission\"; q = \"other.a.b\" }\n"
		}
		if err := os.WriteFile(filepath.Join(dir, "f"+strconv.Itoa(i)+".go"), []byte(src), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "p.templ"), []byte(`templ P() { <p class="room.class">{ b.L("room.templ", 1) }</p> }`), 0o600); err != nil {
		t.Fatal(err)
	}
	f := scanModule(t, dir, map[string]bool{"room": true})
	for _, want := range []string{"room.two", "room.new", "room.add", "room.a.b", "room.templ"} {
		if f.demanded[want] == "" {
			t.Errorf("%s is not demanded", want)
		}
	}
	for _, no := range []string{"room.permission", "room.class", "other.a.b"} {
		if f.demanded[no] != "" {
			t.Errorf("%s is demanded", no)
		}
	}
	if !f.seen["room.permission"] {
		t.Error("a literal of two words must count as said")
	}
}
