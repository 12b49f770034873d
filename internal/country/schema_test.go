package country_test

import (
	"bytes"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"kulla.dev/internal/country"
	"kulla.dev/packs"
)

var update = flag.Bool("update", false, "write the published schema anew")

const schemaFile = "../../packs/schema/pack.schema.json"

// docs reads the comments of the pack types, so that the schema explains itself.
func docs(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.TYPE {
				continue
			}
			for _, s := range g.Specs {
				ts := s.(*ast.TypeSpec)
				st, ok := ts.Type.(*ast.StructType)
				if !ok {
					continue
				}
				out[ts.Name.Name] = oneLine(g.Doc.Text())
				for _, fl := range st.Fields.List {
					for _, n := range fl.Names {
						if c := oneLine(fl.Comment.Text()); c != "" {
							out[ts.Name.Name+"."+n.Name] = c
						}
					}
				}
			}
		}
	}
	return out
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func TestPublishedSchemaIsCurrent(t *testing.T) {
	got, err := country.Schema(docs(t))
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(schemaFile, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("packs/schema/pack.schema.json is not what the types say; run go test ./internal/country -run Schema -update")
	}
}

func TestShippedPacksSatisfyTheSchema(t *testing.T) {
	schema, err := fs.ReadFile(packs.FS, "schema/pack.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"al", "eu-nis2", "eu-dora", "eu-gdpr", "eu-cra", "eu-cer"} {
		sub, err := fs.Sub(packs.FS, id)
		if err != nil {
			t.Fatal(err)
		}
		found, err := country.CheckSchema(sub, schema)
		if err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		for _, f := range found {
			t.Errorf("%s/%s: %s", id, f.Where, f.Text)
		}
	}
	bad := fstest.MapFS{"pack.yaml": {Data: []byte(minimal + "flag: red\n")}, "x.yaml": {Data: []byte("roles:\n  - {id: a, title: {en: A}, institution: 7}\n")}}
	found, err := country.CheckSchema(bad, schema)
	if err != nil || len(found) != 2 {
		t.Errorf("a wrong pack gives %v, %v; want a finding for each file", found, err)
	}
}
