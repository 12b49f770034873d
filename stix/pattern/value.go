package pattern

import (
	"strconv"

	"kulla.dev/stix"
)

// ValueKind is the type of a Value.
type ValueKind uint8

// The kinds of value. The zero Value is null.
const (
	NullValue ValueKind = iota
	BoolValue
	NumberValue
	TextValue
	ListValue
	DictValue
)

// Value is one property value of an observed object.
type Value struct {
	kind ValueKind
	text string  // the text, the number as written, or "true" or "false"
	kids []Field // list elements (without names) or dictionary members
}

// Field is a named value.
type Field struct {
	Name  string
	Value Value
}

// Text makes a string value.
func Text(s string) Value { return Value{kind: TextValue, text: s} }

// Whole makes an integer value.
func Whole(n int64) Value { return Value{kind: NumberValue, text: strconv.FormatInt(n, 10)} }

// Decimal makes a number from its JSON text and keeps every digit; a text that
// is no number makes null.
func Decimal(s string) Value {
	if _, ok := parseDecimal(s); !ok {
		return Value{}
	}
	return Value{kind: NumberValue, text: s}
}

// Truth makes a boolean value.
func Truth(b bool) Value { return Value{kind: BoolValue, text: strconv.FormatBool(b)} }

// List makes a list.
func List(vs ...Value) Value {
	kids := make([]Field, len(vs))
	for i, v := range vs {
		kids[i].Value = v
	}
	return Value{kind: ListValue, kids: kids}
}

// Dict makes a dictionary. Of two fields of one name the first counts.
func Dict(fields ...Field) Value { return Value{kind: DictValue, kids: fields} }

// Kind tells the type.
func (v *Value) Kind() ValueKind { return v.kind }

// Text gives the characters of a string, the digits of a number as written,
// or "true" or "false"; for others it is empty.
func (v *Value) Text() string { return v.text }

// Fields gives the members of a dictionary, or the elements of a list without
// names. The slice is shared: do not change it.
func (v *Value) Fields() []Field { return v.kids }

// member gives the value of a name, nil if there is none.
func member(fields []Field, name string) *Value {
	for i := range fields {
		if fields[i].Name == name {
			return &fields[i].Value
		}
	}
	return nil
}

// FromJSON copies a checked JSON value into a Value.
func FromJSON(v stix.Value) Value {
	switch v.Kind() {
	case stix.Bool:
		b, _ := v.Bool()
		return Truth(b)
	case stix.Number:
		return Value{kind: NumberValue, text: v.Number()}
	case stix.String:
		return Text(v.Text())
	case stix.Array:
		out := Value{kind: ListValue}
		for _, e := range v.Elements() {
			out.kids = append(out.kids, Field{Value: FromJSON(e)})
		}
		return out
	case stix.Map:
		return Value{kind: DictValue, kids: fieldsFromJSON(v)}
	}
	return Value{}
}

func fieldsFromJSON(v stix.Value) []Field {
	var out []Field
	for k, m := range v.Members() {
		out = append(out, Field{k.Text(), FromJSON(m)})
	}
	return out
}
