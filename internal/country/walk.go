package country

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// walker checks a YAML tree against the Go types it will be decoded into, so
// that every mistake is named at its line before anything is decoded.
type walker struct {
	file string
	errs []error
	keys map[reflect.Type]map[string]reflect.StructField
}

// maxErrors keeps the report of a hopeless file readable.
const maxErrors = 50

func (w *walker) add(n *yaml.Node, format string, args ...any) {
	if len(w.errs) < maxErrors {
		w.errs = append(w.errs, fmt.Errorf("%s:%d: %s", w.file, n.Line, fmt.Sprintf(format, args...)))
	}
}

func (w *walker) root(n *yaml.Node, v any) { w.value(n, reflect.TypeOf(v).Elem(), "", "") }

// vocabulary is a string type with a closed list of values.
type vocabulary interface{ Values() []string }

func (w *walker) value(n *yaml.Node, t reflect.Type, path, enum string) {
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		w.add(n, "%s: anchors and aliases are not used in packs", path)
		return
	}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t != reflect.TypeFor[Expr]() && reflect.PointerTo(t).Implements(reflect.TypeFor[yaml.Unmarshaler]()) || t == reflect.TypeFor[Expr]() {
		w.own(n, t, path)
		return
	}
	switch t.Kind() {
	case reflect.Struct:
		w.object(n, t, path)
	case reflect.Slice:
		if n.Kind != yaml.SequenceNode {
			w.add(n, "%s: want a list", path)
			return
		}
		for i, c := range n.Content {
			w.value(c, t.Elem(), fmt.Sprintf("%s[%d]", path, i), enum)
		}
	case reflect.Map:
		w.table(n, t, path)
	case reflect.String:
		w.word(n, t, path, enum)
	default:
		if n.Kind != yaml.ScalarNode {
			w.add(n, "%s: want a single value", path)
		}
	}
}

// own lets a type read itself, for its error alone.
func (w *walker) own(n *yaml.Node, t reflect.Type, path string) {
	v := reflect.New(t)
	if err := v.Interface().(yaml.Unmarshaler).UnmarshalYAML(n); err != nil {
		w.add(n, "%s: %s", path, strings.TrimPrefix(err.Error(), fmt.Sprintf("line %d: ", n.Line)))
	}
}

func (w *walker) table(n *yaml.Node, t reflect.Type, path string) {
	if n.Kind != yaml.MappingNode {
		w.add(n, "%s: want a table of name: value%s", path, textHint(t))
		return
	}
	if t != reflect.TypeFor[Text]() {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if !isLang(k.Value) {
			w.add(k, "%s: %q is no language tag", path, k.Value)
		}
		if v.Kind != yaml.ScalarNode || strings.TrimSpace(v.Value) == "" {
			w.add(v, "%s.%s: want a text", path, k.Value)
		}
	}
}

func textHint(t reflect.Type) string {
	if t == reflect.TypeFor[Text]() {
		return ", one text for each language"
	}
	return ""
}

func isLang(s string) bool {
	base, _, _ := strings.Cut(s, "-")
	return (len(base) == 2 || len(base) == 3) && strings.IndexFunc(base, func(r rune) bool { return r < 'a' || r > 'z' }) < 0
}

func (w *walker) word(n *yaml.Node, t reflect.Type, path, enum string) {
	if n.Kind != yaml.ScalarNode {
		w.add(n, "%s: want a text", path)
		return
	}
	var known []string
	if v, ok := reflect.Zero(t).Interface().(vocabulary); ok {
		known = v.Values()
	} else if enum != "" {
		known = strings.Split(enum, "|")
	}
	if known != nil && !slices.Contains(known, n.Value) {
		w.add(n, "%s: %q is none of %s%s", path, n.Value, strings.Join(known, ", "), suggest(n.Value, known))
	}
}

func (w *walker) object(n *yaml.Node, t reflect.Type, path string) {
	if n.Kind != yaml.MappingNode {
		w.add(n, "%s: want a table of key: value", cmpOr(path, "file"))
		return
	}
	fields := w.keysOf(t)
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		f, ok := fields[k.Value]
		if !ok {
			known := make([]string, 0, len(fields))
			for name := range fields {
				known = append(known, name)
			}
			slices.Sort(known)
			w.add(k, "%s: unknown key %q%s", cmpOr(path, "file"), k.Value, suggest(k.Value, known))
			continue
		}
		if seen[k.Value] {
			w.add(k, "%s: key %q stands twice", cmpOr(path, "file"), k.Value)
		}
		seen[k.Value] = true
		w.value(v, f.Type, join(path, k.Value), f.Tag.Get("enum"))
	}
	for _, name := range neededOf(t) {
		if !seen[name] {
			w.add(n, "%s: key %q is missing", cmpOr(path, "file"), name)
		}
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func cmpOr(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

// keysOf lists the YAML keys of a struct type.
func (w *walker) keysOf(t reflect.Type) map[string]reflect.StructField {
	if known, ok := w.keys[t]; ok {
		return known
	}
	out := map[string]reflect.StructField{}
	for i := range t.NumField() {
		f := t.Field(i)
		if k := f.Tag.Get("yaml"); k != "" && k != "-" {
			out[k] = f
		}
	}
	w.keys[t] = out
	return out
}

// neededOf lists the keys that must be present, in declaration order.
func neededOf(t reflect.Type) []string {
	var out []string
	for i := range t.NumField() {
		if f := t.Field(i); f.Tag.Get("need") != "" {
			out = append(out, f.Tag.Get("yaml"))
		}
	}
	return out
}
