package country

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

// SchemaID names the published schema of pack files.
const SchemaID = "https://kulla.dev/schema/pack.schema.json"

// Schema writes the JSON Schema (2020-12) of the files of a pack, from the
// types they are decoded into. docs gives the description of a type
// ("Regime") or of a field ("Regime.ValidTo"); it may be nil. pack.yaml
// satisfies #/$defs/manifest, every other file #/$defs/content.
func Schema(docs map[string]string) ([]byte, error) {
	s := schemaWriter{defs: map[string]any{}, docs: docs}
	s.object(reflect.TypeFor[manifestFile](), "manifest")
	s.object(reflect.TypeFor[contentFile](), "content")
	whole := map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"$id":     SchemaID,
		"title":   "A file of a Kulla country pack",
		"$defs":   s.defs,
		"oneOf":   []any{ref("manifest"), ref("content")},
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(whole)
	return b.Bytes(), err
}

type schemaWriter struct {
	defs map[string]any
	docs map[string]string
}

func ref(name string) map[string]any { return map[string]any{"$ref": "#/$defs/" + name} }

func (s *schemaWriter) object(t reflect.Type, name string) map[string]any {
	if _, ok := s.defs[name]; ok {
		return ref(name)
	}
	props := map[string]any{}
	def := map[string]any{"type": "object", "additionalProperties": false, "properties": props}
	s.defs[name] = def
	if d := s.docs[t.Name()]; d != "" {
		def["description"] = d
	}
	for i := range t.NumField() {
		f := t.Field(i)
		k := f.Tag.Get("yaml")
		if k == "" || k == "-" {
			continue
		}
		p := s.of(f.Type, f.Tag.Get("enum"))
		if d := s.docs[t.Name()+"."+f.Name]; d != "" {
			p = map[string]any{"allOf": []any{p}, "description": d}
		}
		props[k] = p
	}
	if need := neededOf(t); need != nil {
		def["required"] = need
	}
	return ref(name)
}

func (s *schemaWriter) of(t reflect.Type, enum string) map[string]any {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t {
	case reflect.TypeFor[Expr]():
		return s.scalar("condition", "A condition or amount over the facts, such as: entity.is(bank) and incident.loss > 500000", "string", "")
	case reflect.TypeFor[Anchor]():
		return s.scalar("anchor", "The moment a due counts from: aware, submitted(stage), last(submitted(stage)), due(stage)", "string", `^[a-z_]+(\(.+\))?$`)
	case reflect.TypeFor[Date]():
		return s.scalar("date", "A civil day", "string", `^\d{4}-\d{2}-\d{2}$`)
	case reflect.TypeFor[Span]():
		return s.scalar("span", "A length of elapsed time: 30min, 24h, 14d", "string", `^\d+(s|min|h|d|w)$`)
	case reflect.TypeFor[Text]():
		s.defs["text"] = map[string]any{"type": "object", "description": "One text for each language", "minProperties": 1,
			"propertyNames": map[string]any{"pattern": "^[a-z]{2,3}(-.+)?$"}, "additionalProperties": map[string]any{"type": "string", "minLength": 1}}
		return ref("text")
	}
	switch t.Kind() {
	case reflect.Struct:
		return s.object(t, strings.ToLower(t.Name()[:1])+t.Name()[1:])
	case reflect.Slice:
		return map[string]any{"type": "array", "items": s.of(t.Elem(), enum)}
	case reflect.Map:
		return map[string]any{"type": "object"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int:
		return map[string]any{"type": "integer"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	}
	out := map[string]any{"type": "string"}
	if v, ok := reflect.Zero(t).Interface().(vocabulary); ok {
		out["enum"] = v.Values()
	} else if enum != "" {
		out["enum"] = strings.Split(enum, "|")
	}
	return out
}

func (s *schemaWriter) scalar(name, doc, typ, pattern string) map[string]any {
	d := map[string]any{"type": typ, "description": doc}
	if pattern != "" {
		d["pattern"] = pattern
	}
	s.defs[name] = d
	return ref(name)
}

// CheckSchema holds every YAML file of a pack folder against the published
// schema and names each violation by file and place.
func CheckSchema(fsys fs.FS, schema []byte) ([]Finding, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		return nil, fmt.Errorf("pack schema: %w", err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(SchemaID, doc); err != nil {
		return nil, fmt.Errorf("pack schema: %w", err)
	}
	parts := map[string]*jsonschema.Schema{}
	for _, p := range []string{"manifest", "content"} {
		if parts[p], err = c.Compile(SchemaID + "#/$defs/" + p); err != nil {
			return nil, fmt.Errorf("pack schema: %w", err)
		}
	}
	var out []Finding
	err = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".yaml" {
			return err
		}
		b, err := readFile(fsys, name)
		if err != nil {
			return err
		}
		var n yaml.Node
		if err := yaml.Unmarshal(b, &n); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		part := parts["content"]
		if name == "pack.yaml" {
			part = parts["manifest"]
		}
		if err := part.Validate(plain(&n)); err != nil {
			out = append(out, Finding{Level: LevelError, Where: name, Key: "country.check.schema", Args: []any{err.Error()}, Text: err.Error()})
		}
		return nil
	})
	return out, err
}

// plain turns a YAML tree into the values JSON has; a date stays the text it
// was written as.
func plain(n *yaml.Node) any {
	switch n.Kind {
	case yaml.DocumentNode:
		return plain(n.Content[0])
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			m[n.Content[i].Value] = plain(n.Content[i+1])
		}
		return m
	case yaml.SequenceNode:
		list := make([]any, 0, len(n.Content))
		for _, c := range n.Content {
			list = append(list, plain(c))
		}
		return list
	}
	switch n.ShortTag() {
	case "!!bool":
		return slices.Contains([]string{"true", "True", "TRUE"}, n.Value)
	case "!!int", "!!float":
		if f, err := strconv.ParseFloat(n.Value, 64); err == nil {
			return f
		}
	case "!!null":
		return nil
	}
	return n.Value
}
