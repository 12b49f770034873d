package registry

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Change is one difference between two records. Field is a path:
// "country", "services/ID/name/en", "names/2017-02-22/text/en". Before and
// After are texts, "" where there is nothing.
type Change struct {
	Field  string `json:"field"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// Clash is the cause of a fault.Stale: what the actor meant to save, what
// somebody else saved in the meantime, and what both started from. Read it with
// errors.AsType[*Clash].
type Clash struct {
	Yours  Record      // as typed: nothing is lost
	Theirs Institution // as it stands now
	Mine   []Change    // from the common start to yours
	Other  []Change    // from the common start to theirs
	Both   []string    // units both changed, differently: "country", "services/ID"
	Merged Record      // theirs with your changes where only you changed; theirs where both did
}

// Error says how many units clash, for the log.
func (c *Clash) Error() string { return fmt.Sprintf("both changed %s", strings.Join(c.Both, ", ")) }

// encode writes a record in its one JSON form.
func encode(r Record) ([]byte, error) {
	b, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode record: %w", err)
	}
	return b, nil
}

func decode(text string) (r Record, err error) {
	if err = json.Unmarshal([]byte(text), &r); err != nil {
		err = fmt.Errorf("stored record: %w", err)
	}
	return r, err
}

// same says whether two cleaned records say the same.
func same(a, b Record) bool {
	x, err := encode(a)
	y, err2 := encode(b)
	return err == nil && err2 == nil && string(x) == string(y)
}

// elementKey gives what tells the elements of a list apart.
func elementKey(list string, v map[string]any, i int) string {
	text := func(k string) string { s, _ := v[k].(string); return s }
	switch list {
	case "infrastructures", "services", "contacts", "needs":
		return text("id")
	case "networks", "domains":
		return strings.ReplaceAll(text("value"), "/", "_") + since(text("from"))
	case "kinds":
		return text("id") + since(text("from"))
	case "attributes":
		return text("name") + since(text("as_of"))
	case "names", "classes":
		if f := text("from"); f != "" {
			return f
		}
		return "start"
	}
	return strconv.Itoa(i)
}

func since(day string) string {
	if day == "" {
		return ""
	}
	return "@" + day
}

// units splits a record into the parts that are merged as one: each scalar,
// and each element of a list.
func units(r Record) (map[string]any, error) {
	b, err := encode(r)
	if err != nil {
		return nil, err
	}
	var top map[string]any
	if err := json.Unmarshal(b, &top); err != nil {
		return nil, err
	}
	out := map[string]any{}
	for k, v := range top {
		list, ok := v.([]any)
		if !ok {
			out[k] = v
			continue
		}
		for i, e := range list {
			m, _ := e.(map[string]any)
			out[k+"/"+elementKey(k, m, i)] = e
		}
	}
	return out, nil
}

// join puts units back together.
func join(u map[string]any) (r Record, err error) {
	top := map[string]any{}
	for _, k := range slices.Sorted(maps.Keys(u)) {
		if list, _, ok := strings.Cut(k, "/"); ok {
			l, _ := top[list].([]any)
			top[list] = append(l, u[k])
		} else {
			top[k] = u[k]
		}
	}
	b, err := json.Marshal(top)
	if err != nil {
		return r, err
	}
	err = json.Unmarshal(b, &r)
	return r, err
}

// Diff lists what differs from a to b, ordered by field. The records must be
// as stored or cleaned.
func Diff(a, b Record) []Change {
	ua, err := units(a)
	ub, err2 := units(b)
	if err != nil || err2 != nil {
		return []Change{{Field: "record"}} // unreachable: a record always encodes
	}
	fa, fb := map[string]string{}, map[string]string{}
	for k, v := range ua {
		flatten(fa, k, v)
	}
	for k, v := range ub {
		flatten(fb, k, v)
	}
	var out []Change
	for k := range fa {
		if fa[k] != fb[k] {
			out = append(out, Change{k, fa[k], fb[k]})
		}
	}
	for k := range fb {
		if _, ok := fa[k]; !ok {
			out = append(out, Change{k, "", fb[k]})
		}
	}
	slices.SortFunc(out, func(x, y Change) int { return strings.Compare(x.Field, y.Field) })
	return out
}

// flatten writes every leaf of v under its path.
func flatten(out map[string]string, at string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			flatten(out, at+"/"+k, e)
		}
	case []any:
		if len(v) > 0 {
			if _, ok := v[0].(map[string]any); !ok {
				var parts []string
				for _, e := range v {
					parts = append(parts, leaf(e))
				}
				out[at] = strings.Join(parts, ", ")
				return
			}
		}
		for i, e := range v {
			m, _ := e.(map[string]any)
			flatten(out, at+"/"+elementKey(at[strings.LastIndexByte(at, '/')+1:], m, i), e)
		}
	default:
		out[at] = leaf(v)
	}
}

func leaf(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	case nil:
		return ""
	}
	return fmt.Sprint(v)
}

// merge puts what yours changed since base onto theirs. both names the units
// that both changed, differently; there theirs stands.
func merge(base, yours, theirs Record) (merged Record, both []string, err error) {
	var u [3]map[string]any
	for i, r := range []Record{base, yours, theirs} {
		if u[i], err = units(r); err != nil {
			return merged, nil, err
		}
	}
	text := func(v any) string { b, _ := json.Marshal(v); return string(b) } // decoded JSON always encodes
	out := maps.Clone(u[2])
	keys := maps.Clone(u[0])
	maps.Copy(keys, u[1])
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		b, y, t := text(u[0][k]), text(u[1][k]), text(u[2][k])
		switch {
		case y == b || y == t: // not mine, or the same by both
		case t != b:
			both = append(both, k)
		default:
			if v, ok := u[1][k]; ok {
				out[k] = v
			} else {
				delete(out, k)
			}
		}
	}
	merged, err = join(out)
	return merged, both, err
}
