package pattern

import (
	"fmt"

	"kulla.dev/stix"
)

// Observation is what one observed-data object says: some objects, seen
// Count times between First and Last.
//
// Time: of Count observations the first was made at First and, if Count is at
// least two, the last at Last. The text leaves open when the others were made
// (§9.1); here they count only where any time between First and Last would do.
type Observation struct {
	ID          string
	First, Last Instant
	Count       int // number_observed; less than 1 counts as 1
	Objects     []Object
}

// Object is one cyber observable. A reference property may hold the key of
// another object of the same observation, or that object itself as a Dict.
type Object struct {
	Key    string // its id, or its key in a STIX 2.0 objects map
	Type   string
	Fields []Field
}

// property gives a property by name; type and id are always known.
func (o *Object) property(name string) (v Value, ok bool) {
	if p := member(o.Fields, name); p != nil {
		return *p, true
	}
	switch name {
	case "type":
		return Text(o.Type), true
	case "id":
		return Text(o.Key), o.Key != ""
	}
	return Value{}, false
}

// BundleError says which object of a bundle could not be read as an observation.
type BundleError struct {
	Index int    // position in the bundle's objects
	ID    string // of the object
	Text  string
}

// Error names the object and the reason.
func (e *BundleError) Error() string {
	return fmt.Sprintf("object %d (%s): %s", e.Index, e.ID, e.Text)
}

// Observations gives the observed-data objects of a bundle, of a list of
// objects or of one object, in written order. STIX 2.1 object_refs are followed
// to the observables of the same text; one that is missing is left out, which
// makes its properties absent (§9.7.4). STIX 2.0 objects maps are read as well.
// The error is a *BundleError. Observables that no observed-data refers to were
// not observed and are ignored.
func Observations(v stix.Value) ([]Observation, error) {
	list := v.Get("objects")
	switch {
	case v.Kind() == stix.Array:
		list = v
	case v.Get("type").EqualText("observed-data"):
		return observations([]stix.Value{v})
	case list.Kind() != stix.Array:
		return nil, &BundleError{Text: "neither a bundle nor observed data"}
	}
	var all []stix.Value
	for _, o := range list.Elements() {
		all = append(all, o)
	}
	return observations(all)
}

func observations(all []stix.Value) ([]Observation, error) {
	seen := make(map[string]int, len(all))
	for i, o := range all {
		if id := o.Get("id").Text(); id != "" && !o.Get("type").EqualText("observed-data") {
			seen[id] = i
		}
	}
	made := make(map[string]Object) // observables are shared, so each is copied once
	var out []Observation
	for i, o := range all {
		if !o.Get("type").EqualText("observed-data") {
			continue
		}
		ob, text := observation(o)
		if text != "" {
			return nil, &BundleError{Index: i, ID: o.Get("id").Text(), Text: text}
		}
		for _, ref := range o.Get("object_refs").Elements() {
			id := ref.Text()
			at, ok := seen[id]
			if !ok {
				continue
			}
			obj, ok := made[id]
			if !ok {
				obj = objectFromJSON(id, all[at])
				made[id] = obj
			}
			ob.Objects = append(ob.Objects, obj)
		}
		for k, m := range o.Get("objects").Members() {
			ob.Objects = append(ob.Objects, objectFromJSON(k.Text(), m))
		}
		out = append(out, ob)
	}
	return out, nil
}

func objectFromJSON(key string, v stix.Value) Object {
	return Object{Key: key, Type: v.Get("type").Text(), Fields: fieldsFromJSON(v)}
}

// observation reads the frame of an observed-data object; text says what is wrong.
func observation(o stix.Value) (ob Observation, text string) {
	ob.ID = o.Get("id").Text()
	var ok bool
	if ob.First, ok = ParseInstant(o.Get("first_observed").Text()); !ok {
		return ob, "first_observed is no timestamp"
	}
	if ob.Last, ok = ParseInstant(o.Get("last_observed").Text()); !ok {
		return ob, "last_observed is no timestamp"
	}
	if ob.Last.Compare(ob.First) < 0 {
		return ob, "last_observed lies before first_observed"
	}
	n, ok := o.Get("number_observed").Int64()
	if !ok || n < 1 || n > 999_999_999 {
		return ob, "number_observed is no number from 1 to 999,999,999"
	}
	ob.Count = int(n)
	return ob, ""
}
