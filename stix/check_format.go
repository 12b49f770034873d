package stix

import (
	"bytes"
	"encoding/base64"
)

func validBase64(t []byte) bool {
	if len(t) == 0 || len(t)%4 != 0 || bytes.IndexByte(t, '\n') >= 0 || bytes.IndexByte(t, '\r') >= 0 {
		return false
	}
	var room [1536]byte
	for len(t) > 0 { // in pieces: payloads may be megabytes
		part := t[:min(2048, len(t))]
		if t = t[len(part):]; len(t) > 0 && bytes.IndexByte(part, '=') >= 0 {
			return false
		}
		if _, err := base64.StdEncoding.Strict().Decode(room[:], part); err != nil {
			return false
		}
	}
	return true
}

func validKey(k []byte, least int) bool {
	if len(k) < least || len(k) > 250 {
		return false
	}
	for _, b := range k {
		if b-'a' > 25 && b-'A' > 25 && b-'0' > 9 && b != '-' && b != '_' {
			return false
		}
	}
	return true
}

func validMAC(t []byte) bool {
	if len(t) != 17 {
		return false
	}
	for i, b := range t {
		if i%3 == 2 {
			if b != ':' {
				return false
			}
		} else if uuidTable[b] != 1 {
			return false
		}
	}
	return true
}

// validURL demands a scheme and refuses what RFC 3986 does not allow in a URI;
// characters beyond ASCII pass, because international URLs are common.
func validURL(t []byte) bool {
	i := bytes.IndexByte(t, ':')
	if i < 1 || t[0]|0x20-'a' > 25 {
		return false
	}
	for _, b := range t[:i] {
		if b|0x20-'a' > 25 && b-'0' > 9 && b != '+' && b != '-' && b != '.' {
			return false
		}
	}
	for j, b := range t[i+1:] {
		switch {
		case b <= ' ' || b == 0x7f || b == '"' || b == '<' || b == '>' || b == '\\' || b == '^' || b == '`' ||
			b == '{' || b == '|' || b == '}':
			return false
		case b == '%':
			rest := t[i+1+j:]
			if len(rest) < 3 || hexDigit(rest[1]) > 15 || hexDigit(rest[2]) > 15 {
				return false
			}
		}
	}
	return i+1 < len(t)
}

// validDomain refuses blanks, empty labels and labels or names that are too
// long; international names pass in either form.
func validDomain(t []byte) bool {
	t = bytes.TrimSuffix(t, []byte("."))
	if len(t) == 0 || len(t) > 253*4 {
		return false
	}
	for label := range bytes.SplitSeq(t, []byte(".")) {
		if len(label) == 0 || len(label) > 63*4 {
			return false
		}
		for _, b := range label {
			if b <= ' ' || b == 0x7f || b == '/' || b == '@' || b == ':' {
				return false
			}
		}
	}
	return true
}

func validEmail(t []byte) bool {
	i := bytes.LastIndexByte(t, '@')
	if i < 1 || i == len(t)-1 {
		return false
	}
	quoted := t[0] == '"'
	for _, b := range t {
		if b < ' ' || b == 0x7f || !quoted && (b == ' ' || b == '<' || b == '>') {
			return false
		}
	}
	return true
}

// validLanguage checks the form of a language tag of RFC 5646: subtags of one
// to eight letters and digits, the first of letters only.
func validLanguage(t []byte) bool {
	first := true
	for sub := range bytes.SplitSeq(t, []byte("-")) {
		if len(sub) == 0 || len(sub) > 8 || first && len(sub) == 1 && sub[0]|0x20 != 'x' && sub[0]|0x20 != 'i' {
			return false
		}
		for _, b := range sub {
			if b|0x20-'a' > 25 && (first || b-'0' > 9) {
				return false
			}
		}
		first = false
	}
	return !first
}

// token says whether t is made of letters, digits and the marks allowed.
func token(t []byte, marks string) bool {
	for _, b := range t {
		if b|0x20-'a' > 25 && b-'0' > 9 && bytes.IndexByte([]byte(marks), b) < 0 {
			return false
		}
	}
	return len(t) > 0
}

func validMIME(t []byte) bool {
	kind, sub, ok := bytes.Cut(t, []byte("/"))
	sub, _, _ = bytes.Cut(sub, []byte(";"))
	return ok && token(kind, "-+._!#$&^") && token(bytes.TrimRight(sub, " "), "-+._!#$&^")
}

// validCPE checks the formatted string binding of CPE 2.3: thirteen parts
// joined by colons, of which backslash-escaped ones do not count.
func validCPE(t []byte) bool {
	rest, ok := bytes.CutPrefix(t, []byte("cpe:2.3:"))
	if !ok || len(rest) == 0 || bytes.IndexByte([]byte("aho*-"), rest[0]) < 0 {
		return false
	}
	parts, size := 1, 0
	for i := 0; i < len(rest); i++ {
		switch b := rest[i]; {
		case b <= ' ' || b >= 0x7f:
			return false
		case b == '\\':
			if i++; i == len(rest) {
				return false
			}
			size++
		case b == ':':
			if size == 0 {
				return false
			}
			parts, size = parts+1, 0
		default:
			size++
		}
	}
	return parts == 11 && size > 0
}
