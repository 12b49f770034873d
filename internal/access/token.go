package access

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
)

// Token lets a person's program act for them, within its scopes.
type Token struct {
	ID          string
	Prefix      string // "kulla_ab12cd34", what may be shown
	Person      string
	Institution string
	Name        string // what it is for
	Scopes      []Permission
	Created     time.Time
	Ends        time.Time
	Seen        time.Time
	Revoked     time.Time
}

// The form of a token: kulla_ + 8 characters that may be shown + _ + 43 that
// may not. The fixed beginning lets secret scanners find a leaked one.
const (
	tokenStart  = "kulla_"
	tokenPrefix = len(tokenStart) + 8
	tokenLength = tokenPrefix + 1 + 43
	tokenChars  = "abcdefghijklmnopqrstuvwxyz0123456789"
)

func newToken() string {
	b := make([]byte, 8)
	_, _ = rand.Read(b) // never fails (crypto/rand, Go 1.24)
	for i := range b {
		b[i] = tokenChars[int(b[i])%len(tokenChars)] // slightly uneven, and public
	}
	return tokenStart + string(b) + "_" + randomText(32)
}

// parseToken gives the public part of a well-formed token.
func parseToken(s string) (prefix string, ok bool) {
	if len(s) != tokenLength || !strings.HasPrefix(s, tokenStart) || s[tokenPrefix] != '_' {
		return "", false
	}
	for i := len(tokenStart); i < len(s); i++ {
		c := s[i]
		switch {
		case i == tokenPrefix:
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
		case i > tokenPrefix && (c >= 'A' && c <= 'Z' || c == '-' || c == '_'):
		default:
			return "", false
		}
	}
	return s[:tokenPrefix], true
}

// longestToken is how long a token can hold.
const longestToken = 366 * 24 * time.Hour

// TokenScopes lists what the actor may let a token or machine do: what their
// roles grant, except what only a person can do.
func TokenScopes(a Actor) []Permission {
	return slices.DeleteFunc(Permissions(), func(p Permission) bool { return needsPerson(p) || ReachOf(a, p) == ReachNone })
}

// Key gives the message key of the permission's name.
func (p Permission) Key() string {
	return "access.permission." + strings.ReplaceAll(string(p), ".", "-")
}

// CreateToken makes a token for the institution the actor acts for. It can do
// no more than the actor: scopes the actor's roles do not grant are refused,
// and roles lost later are lost to the token. The secret is shown once.
func (d *Desk) CreateToken(ctx context.Context, by Actor, name string, scopes []Permission, last time.Duration, now time.Time) (Token, string, error) {
	if err := May(by, "access.token"); err != nil {
		return Token{}, "", err
	}
	if err := MustBeFresh(by, now); err != nil {
		return Token{}, "", err
	}
	name = strings.Join(strings.Fields(cleanText(name)), " ")
	var f fault.Fields
	switch n := utf8.RuneCountInString(name); {
	case n == 0:
		f.Add("name", "fault.field.required")
	case n > 80:
		f.Add("name", "fault.field.long", 80)
	}
	checkScopes(&f, by, scopes)
	if last <= 0 || last > longestToken {
		f.Add("ends", "access.token.ends", int(longestToken/(24*time.Hour)))
	}
	if err := f.Err(); err != nil {
		return Token{}, "", err
	}
	secret := newToken()
	scopes = slices.Clone(scopes)
	slices.Sort(scopes)
	t := Token{ID: db.NewID(now), Prefix: secret[:tokenPrefix], Person: by.Person, Institution: by.Institution,
		Name: name, Scopes: slices.Compact(scopes), Created: now, Ends: now.Add(last)}
	err := d.tx(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(`INSERT INTO access_token (id, prefix, hash, person_id, institution_id, name, scopes, created_at, ends_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, t.ID, t.Prefix, digest(secret), t.Person, t.Institution, t.Name,
			toJSON(t.Scopes), t.Created, t.Ends); err != nil {
			return err
		}
		return d.record(tx, by, Record{At: now, Verb: "access.token", Object: "token", ObjectID: t.ID,
			Detail: map[string]any{"prefix": t.Prefix, "scopes": toJSON(t.Scopes)}})
	})
	if err != nil {
		return Token{}, "", err
	}
	return t, secret, nil
}

const tokenColumns = `id, prefix, person_id, institution_id, name, scopes, created_at, ends_at, seen_at, revoked_at`

func scanToken(s db.Scanner) (Token, error) {
	var t Token
	var scopes string
	var created, ends int64
	var seen, revoked db.NullTime
	err := s.Scan(&t.ID, &t.Prefix, &t.Person, &t.Institution, &t.Name, &scopes, &created, &ends, &seen, &revoked)
	if err != nil {
		return t, err
	}
	t.Created, t.Ends, t.Seen, t.Revoked = db.Time(created), db.Time(ends), seen.Time, revoked.Time
	return t, json.Unmarshal([]byte(scopes), &t.Scopes)
}

// ResolveToken gives the actor of a token from an Authorization header.
// Expired when there is no such token, whatever the cause.
func (d *Desk) ResolveToken(ctx context.Context, secret string, now time.Time) (Actor, error) {
	ended := fault.New(fault.Expired, "access.token.ended")
	prefix, ok := parseToken(secret)
	if !ok {
		return Actor{}, ended
	}
	var a Actor
	var t Token
	err := d.read(ctx, func(tx *db.Tx) error {
		var hash string
		err := tx.QueryRow(`SELECT hash FROM access_token WHERE prefix = ?`, prefix).Scan(&hash)
		if db.NoRows(err) || err == nil && subtle.ConstantTimeCompare([]byte(hash), []byte(digest(secret))) != 1 {
			return ended
		}
		if err != nil {
			return err
		}
		if t, _, err = db.One(tx, scanToken, `SELECT `+tokenColumns+` FROM access_token WHERE prefix = ?`, prefix); err != nil {
			return err
		}
		p, err := mustPerson(tx, t.Person)
		if err != nil {
			return err
		}
		if !t.Revoked.IsZero() || !now.Before(t.Ends) || !p.Active {
			return ended
		}
		a = p.acting(KindToken, t.Institution, d.table)
		a.Scopes, a.Session = t.Scopes, t.ID
		return nil
	})
	if err != nil {
		return Actor{}, err
	}
	if now.Sub(t.Seen) >= seenEvery {
		err = d.tx(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE access_token SET seen_at = ? WHERE id = ?`, now, t.ID)
			return err
		})
		if fault.Is(err, fault.Unavailable) {
			err = nil // reading goes on while nothing can be written
		}
	}
	return a, err
}

// Tokens lists the actor's own tokens that hold, newest first.
func (d *Desk) Tokens(ctx context.Context, by Actor, now time.Time) (out []Token, err error) {
	err = d.read(ctx, func(tx *db.Tx) error {
		out, err = db.All(tx, scanToken, `SELECT `+tokenColumns+` FROM access_token
			WHERE person_id = ? AND revoked_at IS NULL AND ends_at > ? ORDER BY created_at DESC, id DESC LIMIT 500`, by.Person, now)
		return err
	})
	return out, err
}

// RevokeToken voids one of the actor's own tokens.
func (d *Desk) RevokeToken(ctx context.Context, by Actor, id string, now time.Time) error {
	if err := May(by, "access.self"); err != nil {
		return err
	}
	return d.tx(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(`UPDATE access_token SET revoked_at = ? WHERE id = ? AND person_id = ? AND revoked_at IS NULL`, now, id, by.Person)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.NotFound, "access.may.not-found")
		}
		return d.record(tx, by, Record{At: now, Verb: "access.token-revoke", Object: "token", ObjectID: id})
	})
}
