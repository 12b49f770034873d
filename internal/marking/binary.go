package marking

import (
	"encoding/binary"

	"kulla.dev/internal/fault"
)

// binaryVersion is the first byte of every encoding.
const binaryVersion = 1

// AppendBinary appends the compact encoding: equal markings have equal bytes.
// A version byte, a byte of TLP and PAP, a byte of flags (ORCON and which
// sets are Everyone), then each list as its length and length-prefixed ids.
func (m Marking) AppendBinary(b []byte) ([]byte, error) {
	flags := byte(0)
	for i, on := range []bool{m.ORCON, m.Rel.all, m.Scope.all, m.Named.all} {
		if on {
			flags |= 1 << i
		}
	}
	b = append(b, binaryVersion, byte(m.TLP)<<4|byte(m.PAP), flags)
	levels := maxLevels(m.Levels, nil)
	b = binary.AppendUvarint(b, uint64(len(levels)))
	for _, l := range levels {
		b = appendString(b, l.System)
		b = append(b, byte(l.Rank))
	}
	for _, ids := range [][]string{
		m.Rel.ids, sorted(m.Caveats), sorted(m.Compartments), sorted(m.Originators),
		m.Scope.ids, m.Named.ids, sorted(m.Cases),
	} {
		b = binary.AppendUvarint(b, uint64(len(ids)))
		for _, id := range ids {
			b = appendString(b, id)
		}
	}
	return b, nil
}

// MarshalBinary gives the compact encoding.
func (m Marking) MarshalBinary() ([]byte, error) { return m.AppendBinary(nil) }

// UnmarshalBinary reads the compact encoding and refuses every other byte
// sequence: what it reads encodes to the same bytes again.
func (m *Marking) UnmarshalBinary(b []byte) error {
	r := reader{b: b}
	version, labels, flags := r.byte(), r.byte(), r.byte()
	got := Marking{TLP: TLP(labels >> 4), PAP: PAP(labels & 15), ORCON: flags&1 != 0}
	for range r.count() {
		got.Levels = append(got.Levels, Level{System: r.string(), Rank: int(r.byte())})
	}
	got.Rel = Set{all: flags&2 != 0, ids: r.list()}
	got.Caveats, got.Compartments, got.Originators = r.list(), r.list(), r.list()
	got.Scope = Set{all: flags&4 != 0, ids: r.list()}
	got.Named = Set{all: flags&8 != 0, ids: r.list()}
	got.Cases = r.list()
	bad := fault.New(fault.Invalid, "marking.binary.bad")
	if r.bad || len(r.b) > 0 || version != binaryVersion || flags > 15 {
		return bad
	}
	for _, s := range []Set{got.Rel, got.Scope, got.Named} {
		if s.all && len(s.ids) > 0 {
			return bad
		}
	}
	if again, err := Parse(got.Text()); got.Text() != "" && (err != nil || !again.Equal(got)) {
		return bad
	}
	if same, _ := got.AppendBinary(nil); string(same) != string(b) {
		return bad
	}
	*m = got
	return nil
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// reader takes values off the front of b; once bad it gives zero values.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.bad = true
		return 0
	}
	c := r.b[0]
	r.b = r.b[1:]
	return c
}

// count reads a length that cannot exceed the bytes left.
func (r *reader) count() int {
	n, w := binary.Uvarint(r.b)
	if w <= 0 || n > uint64(len(r.b)-w) {
		r.bad = true
		r.b = nil
		return 0
	}
	r.b = r.b[w:]
	return int(n)
}

func (r *reader) string() string {
	n := r.count()
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}

func (r *reader) list() []string {
	var ids []string
	for range r.count() {
		ids = append(ids, r.string())
	}
	return ids
}
