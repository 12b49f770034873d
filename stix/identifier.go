package stix

import (
	"encoding/hex"
	"strings"
)

// ID is a STIX identifier: an object type, two hyphens and a UUID
// (section 2.9). It is a string so that foreign identifiers of any kind can be
// kept; Valid says whether it has the form the specification demands.
type ID string

// Type gives the object type in front of the UUID, "" if there is none.
func (id ID) Type() string {
	typ, _, ok := strings.Cut(string(id), "--")
	if !ok {
		return ""
	}
	return typ
}

// UUID gives the part behind the type, "" if there is none.
func (id ID) UUID() string {
	_, uuid, _ := strings.Cut(string(id), "--")
	return uuid
}

// Version gives the UUID's version, 0 if the identifier is not valid.
func (id ID) Version() int {
	if !id.Valid() {
		return 0
	}
	return int(hexDigit(id.UUID()[14]))
}

// Valid says whether the identifier has the form type--UUID with an RFC 4122
// UUID in lower case.
func (id ID) Valid() bool {
	typ, uuid, ok := strings.Cut(string(id), "--")
	return ok && validTypeName(typ) && uuidState(uuid) == uuidGood
}

type uuidStates uint8

const (
	uuidGood uuidStates = iota
	uuidUpper
	uuidBad
)

// uuidTable classes bytes: 0 other, 1 digit or lower-case a-f, 2 upper-case.
var uuidTable = func() (t [256]uint8) {
	for c := '0'; c <= '9'; c++ {
		t[c] = 1
	}
	for c := 'a'; c <= 'f'; c++ {
		t[c], t[c-32] = 1, 3
	}
	return t
}()

// uuidState checks the 36 characters of a UUID of RFC 4122 or its successor
// RFC 9562 (versions 1 to 8, variant 10).
func uuidState[T string | []byte](u T) uuidStates {
	if len(u) != 36 || u[8] != '-' || u[13] != '-' || u[18] != '-' || u[23] != '-' {
		return uuidBad
	}
	all, any := uint8(1), uint8(0)
	for i := range 8 {
		c := uuidTable[u[i]]
		all, any = all&c, any|c
	}
	for _, from := range [...]int{9, 14, 19} {
		for i := from; i < from+4; i++ {
			c := uuidTable[u[i]]
			all, any = all&c, any|c
		}
	}
	for i := 24; i < 36; i++ {
		c := uuidTable[u[i]]
		all, any = all&c, any|c
	}
	if all == 0 || u[14]-'1' > 7 || hexDigit(u[19])>>2 != 2 {
		return uuidBad
	}
	if any&2 != 0 {
		return uuidUpper
	}
	return uuidGood
}

// splitID cuts an identifier at its two hyphens.
func splitID(b []byte) (typ, uuid []byte, ok bool) {
	n := len(b) - 38
	if n < 1 || b[n] != '-' || b[n+1] != '-' {
		return nil, nil, false
	}
	return b[:n], b[n+2:], true
}

// validTypeName checks the rules of section 3.1 for type names: lower-case
// letters, digits and single hyphens, a letter first, 3 to 250 characters.
func validTypeName[T string | []byte](s T) bool {
	if len(s) < 3 || len(s) > 250 || s[0]-'a' > 25 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if c-'a' > 25 && c-'0' > 9 && (c != '-' || s[i-1] == '-') {
			return false
		}
	}
	return s[len(s)-1] != '-'
}

// validPropertyName checks the rules of section 3.1 for property names.
func validPropertyName(s []byte) bool {
	if len(s) < 3 || len(s) > 250 || s[0]-'a' > 25 {
		return string(s) == "id"
	}
	for _, c := range s {
		if c-'a' > 25 && c-'0' > 9 && c != '_' {
			return false
		}
	}
	return true
}

// formatUUID writes 16 octets in the canonical form.
func formatUUID(u [16]byte) string {
	var b [36]byte
	hex.Encode(b[0:8], u[0:4])
	hex.Encode(b[9:13], u[4:6])
	hex.Encode(b[14:18], u[6:8])
	hex.Encode(b[19:23], u[8:10])
	hex.Encode(b[24:36], u[10:16])
	b[8], b[13], b[18], b[23] = '-', '-', '-', '-'
	return string(b[:])
}
