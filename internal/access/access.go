package access

import (
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/marking"
)

// Record is one thing done, for the audit trail.
type Record struct {
	At       time.Time
	Verb     string // "access.sign-in"
	Object   string // kind of thing: "person", "session", "token"
	ObjectID string
	Detail   map[string]any // never a secret
}

// Recorder writes a record in the transaction of what it records.
type Recorder func(tx *db.Tx, by Actor, r Record) error

// Config is what the room needs. Key, DB and Record must be given; every
// other zero value is a good one.
type Config struct {
	Log     *slog.Logger
	DB      *db.DB
	Record  Recorder
	Key     []byte          // ≥ 32 random bytes, the same on every node; seals TOTP secrets
	Table   marking.Table   // the country's levels, pairs, caveats and compartments
	Ceiling []marking.Level // what this desk is accredited for; nil: nothing classified
	Issuer  string          // name shown in authenticator apps; "" is "Kulla"

	Cost           Cost      // of password hashes; zero is DefaultCost
	SecondOptional bool      // a person without a second factor may work; for demonstrations
	Services       []Service // other services people may sign in with
	Passkeys       Passkeys  // zero: no passkeys

	Idle    time.Duration // a session ends after so long without a request; 0 is one hour
	Longest time.Duration // and after so long in any case; 0 is twelve hours
	LinkFor time.Duration // an invitation holds so long; 0 is 72 hours
}

// Desk is the room's door. It is safe for concurrent use.
type Desk struct {
	log      *slog.Logger
	db       *db.DB
	record   Recorder
	sealKey  []byte
	countKey []byte
	table    marking.Table
	ceiling  []marking.Level
	issuer   string
	cost     Cost
	second   bool // a second factor is required
	idle     time.Duration
	longest  time.Duration
	linkFor  time.Duration
	hashing  chan struct{} // bounds memory: one argon2id per core at a time
	dummy    string        // a hash nobody's password has, for unknown names
	marks    marks
	services map[string]*serviceState
	passkeys *webauthn.WebAuthn // nil: none
}

// New opens the room.
func New(c Config) (*Desk, error) {
	if len(c.Key) < 32 {
		return nil, errors.New("access: the key must have at least 32 bytes")
	}
	if c.DB == nil || c.Record == nil {
		return nil, errors.New("access: no database or no recorder")
	}
	sealKey, err := hkdf.Key(sha256.New, c.Key, nil, "kulla access seal 1", 32)
	if err != nil {
		return nil, fmt.Errorf("access: %w", err)
	}
	countKey, err := hkdf.Key(sha256.New, c.Key, nil, "kulla access count 1", 32)
	if err != nil {
		return nil, fmt.Errorf("access: %w", err)
	}
	d := &Desk{
		log: c.Log, db: c.DB, record: c.Record, sealKey: sealKey, countKey: countKey,
		table: c.Table, ceiling: c.Ceiling, issuer: c.Issuer, cost: c.Cost, second: !c.SecondOptional,
		idle: c.Idle, longest: c.Longest, linkFor: c.LinkFor,
		hashing: make(chan struct{}, max(1, runtime.GOMAXPROCS(0))),
	}
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	if d.issuer == "" {
		d.issuer = "Kulla"
	}
	if d.cost == (Cost{}) {
		d.cost = DefaultCost
	}
	for _, t := range []struct {
		at  *time.Duration
		def time.Duration
	}{{&d.idle, time.Hour}, {&d.longest, 12 * time.Hour}, {&d.linkFor, 72 * time.Hour}} {
		if *t.at == 0 {
			*t.at = t.def
		}
	}
	// The wall's caveats exist in every country.
	for _, w := range rights().wall {
		if !slices.Contains(d.table.Caveats, w.caveat) {
			d.table.Caveats = append(d.table.Caveats[:len(d.table.Caveats):len(d.table.Caveats)], w.caveat)
		}
	}
	if d.services, err = newServices(c.Services); err != nil {
		return nil, err
	}
	if d.passkeys, err = c.Passkeys.open(); err != nil {
		return nil, err
	}
	d.dummy = d.cost.hash(randomText(24))
	return d, nil
}

// Table gives the markings this desk knows, the wall's caveats among them.
func (d *Desk) Table() marking.Table { return d.table }

// digest gives the stored form of a random secret.
func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// bucket names something counted without storing what it is.
func (d *Desk) bucket(kind, what string) string {
	h := hmac.New(sha256.New, d.countKey)
	h.Write([]byte(kind + "\x00" + what))
	return kind + ":" + hex.EncodeToString(h.Sum(nil)[:16])
}

// emailKey gives the form of an e-mail address to sign in with.
func emailKey(s string) string { return strings.ToLower(strings.TrimSpace(cleanText(s))) }

// nobody is the actor of what strangers do.
func nobody() Actor { return Actor{Kind: KindNobody} }

// errRefused is what every failed sign-in looks like, whatever the cause.
func errRefused() error { return fault.New(fault.Denied, "access.sign-in.failed") }

func (d *Desk) tx(ctx context.Context, f func(*db.Tx) error) error   { return d.db.Tx(ctx, f) }
func (d *Desk) read(ctx context.Context, f func(*db.Tx) error) error { return d.db.Read(ctx, f) }
