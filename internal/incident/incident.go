package incident

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/note"

	"kulla.dev/internal/access"
	"kulla.dev/internal/audit"
	"kulla.dev/internal/country"
	"kulla.dev/internal/db"
	"kulla.dev/internal/jobs"
	"kulla.dev/internal/outbox"
	"kulla.dev/internal/regime"
)

// Party is an institution as the rules of reporting see it.
type Party struct {
	ID        string
	Name      string
	Kinds     []string // entity kinds of the pack
	Disputed  []string
	KindsOpen bool // the list of kinds is not complete
	Sectors   []string
	Class     string
	State     string // ISO 3166-1 alpha-2
	Authority string
	Zone      string
	Calendar  string
	Facts     []regime.Fact
	Services  map[string]string // id → name
	Addresses []Address         // whom notices go to
}

// Address is one recipient of mail.
type Address struct {
	Mail, Name, Lang string
}

// Directory answers who an institution is. It is read in the transaction of
// the report; ok is false for an id nobody has.
type Directory interface {
	Party(tx *db.Tx, id string, now time.Time) (p Party, ok bool, err error)
}

// Config is what the room needs. DB, Access, Audit, Outbox and Pack
// must be given.
type Config struct {
	Log       *slog.Logger
	DB        *db.DB
	Access    *access.Desk
	Audit     *audit.Ledger
	Outbox    *outbox.Desk
	Pack      *country.Pack
	Directory Directory   // nil: institutions have no attributes
	Authority string      // institution id of the desk's own authority
	Signer    note.Signer // signs receipts; nil leaves them unsigned
	DutyMail  []Address   // where reminders of the authority's own duties go; none: the duty officers' addresses
	MaxFile   int64       // largest attachment in bytes; 0: 25 MiB
	Wake      func()      // makes the job runner look at once; may be nil
	BaseURL   string      // of the desk, for links in mail; "" leaves them out
}

// Desk is the room's door. It is safe for concurrent use.
type Desk struct {
	Config
	engine *regime.Engine
	facts  map[string]bool // facts the regimes speak of
}

// New opens the room.
func New(c Config) (*Desk, error) {
	if c.DB == nil || c.Access == nil || c.Audit == nil || c.Outbox == nil || c.Pack == nil {
		return nil, errors.New("incident: no database, access, audit, outbox or pack")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.MaxFile == 0 {
		c.MaxFile = 25 << 20
	}
	return &Desk{Config: c, engine: regime.New(c.Pack), facts: namedFacts(c.Pack)}, nil
}

// Engine gives the regime engine of the desk's pack.
func (d *Desk) Engine() *regime.Engine { return d.engine }

// Job kinds of the room.
const (
	RemindJob = "incident.remind" // one reminder of one obligation or duty
	ReviewJob = "incident.review" // derive again at a moment at which something changes
)

// Handlers gives the room's job handlers by kind.
func (d *Desk) Handlers() map[string]jobs.Handler {
	return map[string]jobs.Handler{
		RemindJob: {Do: d.remind},
		ReviewJob: {Do: d.review},
	}
}

func (d *Desk) wake(tx *db.Tx) {
	if d.Wake != nil {
		tx.AfterCommit(d.Wake)
	}
}

// party gives the institution as the directory knows it; an id is kept even
// where no directory is introduced.
func (d *Desk) party(tx *db.Tx, id string, now time.Time) (Party, bool, error) {
	if d.Directory == nil {
		return Party{ID: id, Name: id, KindsOpen: true}, true, nil
	}
	return d.Directory.Party(tx, id, now)
}

// change runs f on one incident the actor may so act on, in one transaction:
// the row is locked, the version checked, what follows is derived again and
// the act recorded.
func (d *Desk) change(ctx context.Context, by access.Actor, p access.Permission, id ID, seen int, now time.Time,
	verb string, f func(*db.Tx, *state) (map[string]any, error)) (Incident, error) {
	if err := access.May(by, p); err != nil {
		return Incident{}, err
	}
	var out Incident
	err := d.DB.Tx(ctx, func(tx *db.Tx) error {
		s, err := d.open(tx, by, p, id, now)
		if err != nil {
			return err
		}
		if err := s.seen(seen); err != nil {
			return err
		}
		detail, err := f(tx, s)
		if err != nil {
			return err
		}
		if err := d.settle(tx, by, s, now, true); err != nil {
			return err
		}
		out = s.Incident
		return d.record(tx, by, verb, s, detail, now)
	})
	return out, err
}

func (d *Desk) record(tx *db.Tx, by access.Actor, verb string, s *state, detail map[string]any, now time.Time) error {
	return d.Audit.Record(tx, by, audit.Entry{Verb: verb, Object: "incident", ObjectID: string(s.ID),
		Mark: s.Mark.Text(), Detail: detail}, now)
}

// object is the incident as the rules of access see it.
func (i Incident) object() access.Object {
	o := access.Object{Owner: i.Institution, Mark: i.Mark}
	if i.Reporter != "" {
		o.Parties = append(slices.Clone(o.Parties), i.Reporter)
	}
	return o
}
