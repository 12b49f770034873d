package stix

import (
	"bytes"
	"encoding/binary"
	"iter"
	"math"
	"math/bits"
	"strconv"
)

// Kind is the JSON type of a Value. The zero Kind means the value is absent.
type Kind uint8

// The kinds of value.
const (
	Absent Kind = iota
	Null
	Bool
	Number
	String
	Array
	Map // a JSON object; Object is the STIX object
)

var kindWords = [...]string{"absent", "null", "boolean", "number", "string", "array", "object"}

// String gives the JSON word for the kind.
func (k Kind) String() string {
	if int(k) < len(kindWords) {
		return kindWords[k]
	}
	return "absent"
}

// Value is a read-only view of one JSON value inside a checked text. It holds
// no tree: every question is answered from the bytes, nothing is allocated
// and nothing is lost. Copy it freely. The zero Value is absent, and asking an
// absent value for a member or an element gives an absent value, so paths can
// be walked without checks in between.
//
// A Value borrows the bytes it was made from; they must not change.
type Value struct {
	raw []byte
}

// ParseValue checks that text is exactly one JSON value with no duplicate
// member name, valid UTF-8, no lone surrogate and within the limits, and gives
// a view of it. The error is a *SyntaxError.
func ParseValue(text []byte, l Limits) (Value, error) {
	s := scanner{limits: l}
	if err := s.whole(text); err != nil {
		return Value{}, err
	}
	n := s.nodes[0]
	return Value{text[n.start:n.end:n.end]}, nil
}

// whole scans a text that must hold one value and blanks only.
func (s *scanner) whole(text []byte) error {
	if uint64(len(text)) > math.MaxUint32 {
		return s.fail(0, RuleSize, "text is longer than four gibibytes")
	}
	end, err := s.scan(text, 0)
	if err == nil {
		if end = skipBlank(text, end); end < len(text) {
			err = s.fail(end, RuleJSON, "text goes on behind the value")
		}
	}
	if err != nil {
		return err // a nil *SyntaxError must not become a non-nil error
	}
	return nil
}

// Kind tells the JSON type; Absent for the zero Value.
func (v Value) Kind() Kind {
	if len(v.raw) == 0 {
		return Absent
	}
	switch v.raw[0] {
	case '"':
		return String
	case '{':
		return Map
	case '[':
		return Array
	case 't', 'f':
		return Bool
	case 'n':
		return Null
	}
	return Number
}

// Exists says whether the value is present, null included.
func (v Value) Exists() bool { return len(v.raw) > 0 }

// Raw gives the exact bytes of the value, nil if absent. Do not change them.
func (v Value) Raw() []byte { return v.raw }

// Number gives a number's text as written, "" for any other kind. Text keeps
// what float64 would lose.
func (v Value) Number() string {
	if v.Kind() != Number {
		return ""
	}
	return string(v.raw)
}

// Int64 gives an integer number; ok is false for fractions, exponents, other
// kinds and values outside int64.
func (v Value) Int64() (n int64, ok bool) {
	if v.Kind() != Number {
		return 0, false
	}
	n, err := strconv.ParseInt(string(v.raw), 10, 64)
	return n, err == nil
}

// Float64 gives the nearest float64 of a number; ok is false for other kinds
// and for numbers beyond float64.
func (v Value) Float64() (f float64, ok bool) {
	if v.Kind() != Number {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(v.raw), 64)
	return f, err == nil
}

// Bool gives a boolean; ok is false for other kinds.
func (v Value) Bool() (b, ok bool) {
	return len(v.raw) == 4 && v.raw[0] == 't', v.Kind() == Bool
}

// Text gives a string with its escapes decoded, "" for any other kind. It
// allocates the string; EqualText and AppendText do not.
func (v Value) Text() string {
	body, esc := v.body()
	if !esc {
		return string(body)
	}
	return string(appendUnescaped(make([]byte, 0, len(body)), body))
}

// AppendText appends a string's decoded text to dst; other kinds add nothing.
func (v Value) AppendText(dst []byte) []byte {
	body, esc := v.body()
	if !esc {
		return append(dst, body...)
	}
	return appendUnescaped(dst, body)
}

// EqualText says whether the value is a string with exactly this decoded text.
func (v Value) EqualText(s string) bool {
	if v.Kind() != String {
		return false
	}
	body, esc := v.body()
	if !esc {
		return string(body) == s
	}
	if len(body) < len(s) {
		return false // an escape is never shorter than what it stands for
	}
	var room [64]byte
	return string(appendUnescaped(room[:0], body)) == s
}

// body gives the bytes between the quotes and whether they hold escapes.
func (v Value) body() (body []byte, escaped bool) {
	if v.Kind() != String || len(v.raw) < 2 {
		return nil, false
	}
	body = v.raw[1 : len(v.raw)-1]
	return body, bytes.IndexByte(body, '\\') >= 0
}

// PlainText gives a string's bytes without copying when it holds no escape;
// ok is false for escaped strings and other kinds.
func (v Value) PlainText() (text []byte, ok bool) {
	body, esc := v.body()
	return body, !esc && v.Kind() == String
}

// Get gives the member of an object with this decoded name, absent if there
// is none or v is no object. It walks the members; to look at many of them,
// range over Members once.
func (v Value) Get(name string) Value {
	for k, m := range v.Members() {
		if k.EqualText(name) {
			return m
		}
	}
	return Value{}
}

// Path follows member names from v.
func (v Value) Path(names ...string) Value {
	for _, n := range names {
		v = v.Get(n)
	}
	return v
}

// Index gives element i of an array, absent if out of range or no array. It
// walks the elements; range over Elements to visit all of them.
func (v Value) Index(i int) Value {
	for n, e := range v.Elements() {
		if n == i {
			return e
		}
	}
	return Value{}
}

// Len counts the elements of an array or the members of an object.
func (v Value) Len() int {
	n := 0
	switch v.Kind() {
	case Array:
		for range v.Elements() {
			n++
		}
	case Map:
		for range v.Members() {
			n++
		}
	}
	return n
}

// Members iterates an object's members in written order. The name comes as a
// string Value: compare it by EqualText, keep it by Text.
func (v Value) Members() iter.Seq2[Value, Value] {
	return func(yield func(Value, Value) bool) {
		if v.Kind() != Map {
			return
		}
		b := v.raw
		i := skipBlank(b, 1)
		for i < len(b) && b[i] == '"' {
			kend := skipString(b, i)
			j := skipBlank(b, skipBlank(b, kend)+1) // behind the colon
			end := skipValue(b, j)
			if end <= j || end > len(b) || !yield(Value{b[i:kend:kend]}, Value{b[j:end:end]}) {
				return
			}
			i = skipBlank(b, end)
			if i >= len(b) || b[i] != ',' {
				return
			}
			i = skipBlank(b, i+1)
		}
	}
}

// Elements iterates an array's elements in order.
func (v Value) Elements() iter.Seq2[int, Value] {
	return func(yield func(int, Value) bool) {
		if v.Kind() != Array {
			return
		}
		b := v.raw
		i := skipBlank(b, 1)
		for n := 0; i < len(b) && b[i] != ']'; n++ {
			end := skipValue(b, i)
			if end <= i || end > len(b) || !yield(n, Value{b[i:end:end]}) {
				return
			}
			i = skipBlank(b, end)
			if i >= len(b) || b[i] != ',' {
				return
			}
			i = skipBlank(b, i+1)
		}
	}
}

// skipString gives the position behind the string that starts at i. The text
// is known to be well formed; a malformed one ends at its end.
func skipString(b []byte, i int) int {
	i++
	for i < len(b) {
		for i+8 <= len(b) {
			w := binary.LittleEndian.Uint64(b[i:])
			q, e := w^('"'*lo8), w^('\\'*lo8)
			m := ((q-lo8)&^q | (e-lo8)&^e) & hi8
			if m != 0 {
				i += bits.TrailingZeros64(m) >> 3
				break
			}
			i += 8
		}
		if i >= len(b) {
			break
		}
		switch b[i] {
		case '"':
			return i + 1
		case '\\':
			i += 2
		default:
			i++
		}
	}
	return len(b)
}

// skipValue gives the position behind the value that starts at i of a text
// known to be well formed.
func skipValue(b []byte, i int) int {
	if i >= len(b) {
		return len(b)
	}
	switch b[i] {
	case '"':
		return skipString(b, i)
	case '{', '[':
		depth := 0
		for i < len(b) {
			switch b[i] {
			case '"':
				i = skipString(b, i)
				continue
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
			i++
		}
		return len(b)
	}
	for i < len(b) {
		switch b[i] {
		case ',', '}', ']', ' ', '\n', '\r', '\t':
			return i
		}
		i++
	}
	return i
}
