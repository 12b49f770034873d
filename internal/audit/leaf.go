package audit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// Record is one entry of the ledger.
type Record struct {
	ID       string
	At       time.Time
	Actor    string // id of the person, token or system part that did it
	Org      string // institution the actor acted for, or ""
	Verb     string // room.verb, for example "incident.submit"
	Object   string // kind of thing, for example "incident"
	ObjectID string
	Mark     string // canonical marking of the object
	Request  string // id of the request or job, as in the log
	Detail   string // canonical JSON
	Seq      int64  // place in the chain, from 0; -1 while open
}

const (
	unitSep   = "\x1f" // between the fields of a leaf
	recordSep = "\x1e" // between records in a packed read
)

// clean keeps the separators out of a field, so that no two records can have
// the same leaf text.
func clean(s string) string {
	if strings.ContainsAny(s, unitSep+recordSep+"\x00") {
		return strings.NewReplacer(unitSep, " ", recordSep, " ", "\x00", " ").Replace(s)
	}
	return s
}

// text is the record as hashed.
func (r Record) text() string {
	return strings.Join([]string{r.ID, strconv.FormatInt(r.At.UnixMicro(), 10), r.Actor, r.Org, r.Verb,
		r.Object, r.ObjectID, r.Mark, r.Request, r.Detail}, unitSep)
}

// leaf is the RFC 6962 hash of a record's text.
func leaf(text string) tlog.Hash { return tlog.RecordHash([]byte(text)) }

// link extends the chain by a leaf.
func link(previous []byte, l tlog.Hash) []byte {
	var b [64]byte
	n := copy(b[:], previous)
	n += copy(b[n:], l[:])
	h := sha256.Sum256(b[:n])
	return h[:]
}

func (l *Ledger) mac(text string) []byte {
	m := hmac.New(sha256.New, l.MACKey)
	m.Write([]byte(text))
	return m.Sum(nil)
}

// canonicalJSON writes detail with sorted keys; control characters are escaped
// by encoding/json, so the separators cannot occur.
func canonicalJSON(detail map[string]any) (string, error) {
	if len(detail) == 0 {
		return "{}", nil
	}
	b, err := json.Marshal(detail)
	if err != nil {
		return "", fmt.Errorf("audit detail: %w", err)
	}
	return string(b), nil
}
