package incident

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"kulla.dev/internal/access"
	"kulla.dev/internal/country"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/marking"
	"kulla.dev/internal/regime"
)

// words makes answers and labels words in JSON, not numbers: a report is read
// by people and other programs years later.
var words = sync.OnceValue(func() json.Options {
	return json.JoinOptions(
		json.WithMarshalers(json.JoinMarshalers(
			json.MarshalToFunc(func(e *jsontext.Encoder, t regime.Tri) error { return e.WriteToken(jsontext.String(t.String())) }),
			json.MarshalToFunc(func(e *jsontext.Encoder, t marking.TLP) error { return e.WriteToken(jsontext.String(t.String())) }))),
		json.WithUnmarshalers(json.JoinUnmarshalers(
			json.UnmarshalFromFunc(func(d *jsontext.Decoder, t *regime.Tri) error {
				tok, err := d.ReadToken()
				if err != nil {
					return err
				}
				for _, v := range []regime.Tri{regime.Unknown, regime.No, regime.Yes} {
					if tok.Kind() == '"' && tok.String() == v.String() {
						*t = v
						return nil
					}
				}
				return errors.New("an answer is yes, no or unknown")
			}),
			json.UnmarshalFromFunc(func(d *jsontext.Decoder, t *marking.TLP) error {
				tok, err := d.ReadToken()
				if err != nil || tok.Kind() != '"' {
					return errors.Join(errors.New("a label is written TLP:AMBER"), err)
				}
				*t, err = marking.ParseTLP(tok.String())
				return err
			}))))
})

// encode writes JSON that is the same for the same value.
func encode(v any) (string, error) {
	b, err := json.Marshal(v, json.Deterministic(true), json.OmitZeroStructFields(true), words())
	if err != nil {
		return "", fmt.Errorf("encode: %w", err)
	}
	return string(b), nil
}

// canonical writes JSON as RFC 8785 wants it for hashing.
func canonical(v any) ([]byte, error) {
	b, err := json.Marshal(v, json.OmitZeroStructFields(true), words())
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	c := jsontext.Value(b)
	if err := c.Canonicalize(); err != nil {
		return nil, fmt.Errorf("canonicalise: %w", err)
	}
	return c, nil
}

func decode(text string, v any) error {
	if text == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(text), v, words()); err != nil {
		return fmt.Errorf("decode stored JSON: %w", err)
	}
	return nil
}

const incidentColumns = `i.id, i.number, i.version, i.kind, i.owner_id, i.victim_id, i.reporter_id, i.group_id, i.name, i.title, i.unit,
	i.status, i.assignee, i.sector, i.class, i.base, i.mark_id, i.exercise, i.speed, i.significant, i.severity, i.band, i.content,
	i.reported_at, i.created_at, i.changed_at, i.merged_into, i.next_due, i.next_own, i.overdue_at`

type incidentRow struct {
	Incident
	body
	mark   int64
	victim string
}

func scanIncident(s db.Scanner) (r incidentRow, err error) {
	var severity, content, band, merged string
	var exercise, significant int
	var reported, created, changed int64
	var due, own, overdue db.NullTime
	if err := s.Scan(&r.ID, &r.Number, &r.Version, &r.Kind, &r.Institution, &r.victim, &r.Reporter, &r.Group, &r.Name, &r.Title, &r.Unit,
		&r.Status, &r.Assignee, &r.Sector, &r.Class, &r.Base, &r.mark, &exercise, &r.Speed, &significant, &severity, &band, &content,
		&reported, &created, &changed, &merged, &due, &own, &overdue); err != nil {
		return r, err
	}
	r.Exercise, r.Significant = exercise != 0, regime.Tri(significant)
	r.Created, r.Changed, r.MergedInto = db.Time(created), db.Time(changed), ID(merged)
	r.NextDue, r.NextOwn, r.Overdue = due.Time, own.Time, overdue.Time
	r.Incident.Reported = Moment{db.Time(reported), Minute}
	if err := decode(severity, &r.Severity); err != nil {
		return r, err
	}
	if err := decode(content, &r.body); err != nil {
		return r, err
	}
	r.Incident.Occurred, r.Incident.Detected, r.Incident.Aware = r.body.Occurred, r.body.Detected, r.body.Aware
	r.Incident.Codes, r.Incident.Services = r.body.Codes, r.body.Services
	return r, nil
}

// open reads an incident the actor may so act on and locks it to the end of a
// writing transaction.
func (d *Desk) open(tx *db.Tx, by access.Actor, p access.Permission, id ID, now time.Time) (*state, error) {
	s, err := d.load(tx, id, now, tx.Dialect().ForUpdate())
	if err != nil {
		return nil, err
	}
	if err := access.MayOn(by, p, s.object()); err != nil {
		return nil, hide(err)
	}
	return s, nil
}

// hide makes what one may not know of look like what is not there.
func hide(err error) error {
	if fault.Is(err, fault.NotFound) {
		return fault.New(fault.NotFound, "incident.get.unknown")
	}
	return err
}

// load reads an incident with all that its legal position follows from.
func (d *Desk) load(tx *db.Tx, id ID, now time.Time, lock string) (*state, error) {
	if !db.ValidID(string(id)) {
		return nil, fault.New(fault.NotFound, "incident.get.unknown")
	}
	r, ok, err := db.One(tx, scanIncident, `SELECT `+incidentColumns+` FROM incident_incident i WHERE i.id = ?`+lock, string(id))
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fault.New(fault.NotFound, "incident.get.unknown")
	}
	s := &state{Incident: r.Incident, body: r.body}
	if s.Mark, err = d.Access.MarkOf(tx, access.MarkID(r.mark)); err != nil {
		return nil, err
	}
	if r.victim != "" {
		if s.Victim, err = victim(tx, r.victim); err != nil {
			return nil, err
		}
	}
	if s.events, err = db.All(tx, scanEvent, `SELECT seq, submission, content FROM incident_event WHERE incident_id = ? ORDER BY seq`, string(id)); err != nil {
		return nil, err
	}
	if s.facts, err = db.All(tx, scanFact, `SELECT seq, name, recorded_at, by_id, submission, content FROM incident_fact WHERE incident_id = ? ORDER BY seq`, string(id)); err != nil {
		return nil, err
	}
	if s.questions, err = db.All(tx, scanEntry, `SELECT `+entryColumns+` FROM incident_message WHERE incident_id = ? AND kind = 'question' AND answered_at IS NULL ORDER BY at, id`, string(id)); err != nil {
		return nil, err
	}
	s.stored, s.kept, s.indexed = len(s.events), len(s.facts), findText(s.Name, s.Title)
	if s.group, err = d.related(tx, s); err != nil {
		return nil, err
	}
	return s, d.identify(tx, s, now)
}

// identify fills in who the incident concerns, as the directory knows them.
func (d *Desk) identify(tx *db.Tx, s *state, now time.Time) error {
	if s.Institution == "" {
		s.party = Party{ID: s.Victim.ID, Name: s.Victim.Name, Kinds: s.Victim.Kinds, KindsOpen: true, Class: "unlisted"}
		if s.Victim.Sector != "" {
			s.party.Sectors = d.Pack.SectorPath(s.Victim.Sector)
		}
		if s.Victim.Contact != "" {
			s.party.Addresses = []Address{{Mail: s.Victim.Contact, Name: s.Victim.Name}}
		}
		return nil
	}
	p, ok, err := d.party(tx, s.Institution, now)
	if err != nil {
		return err
	}
	if !ok {
		p = Party{ID: s.Institution, Name: s.Name, KindsOpen: true}
	}
	s.party = p
	return nil
}

type storedEvent struct {
	Event     regime.Event `json:"event"`
	Precision Precision    `json:"precision,omitzero"`
}

func scanEvent(s db.Scanner) (e Event, err error) {
	var content string
	if err := s.Scan(&e.Seq, &e.Submission, &content); err != nil {
		return e, err
	}
	var v storedEvent
	err = decode(content, &v)
	e.Event, e.Precision = v.Event, v.Precision
	return e, err
}

func scanFact(s db.Scanner) (f fact, err error) {
	var at int64
	var content string
	if err := s.Scan(&f.Seq, &f.Name, &at, &f.By, &f.Submission, &content); err != nil {
		return f, err
	}
	f.Recorded = db.Time(at)
	if f.Name == spansField {
		return f, decode(content, &f.Spans)
	}
	return f, decode(content, &f.Stated)
}

// writeLog stores the events and facts added since the incident was read.
func writeLog(tx *db.Tx, s *state) error {
	for _, e := range s.events[s.stored:] {
		content, err := encode(storedEvent{e.Event, e.Precision})
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO incident_event (id, incident_id, seq, kind, at, recorded_at, supersedes, submission, content)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, e.ID, string(s.ID), e.Seq, string(e.Kind), e.At, e.Recorded, e.Supersedes, e.Submission, content); err != nil {
			return err
		}
	}
	for _, f := range s.facts[s.kept:] {
		var v any = f.Stated
		if f.Name == spansField {
			v = f.Spans
		}
		content, err := encode(v)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO incident_fact (incident_id, seq, name, recorded_at, by_id, submission, content)
			VALUES (?, ?, ?, ?, ?, ?, ?)`, string(s.ID), f.Seq, f.Name, f.Recorded, f.By, f.Submission, content); err != nil {
			return err
		}
	}
	s.stored, s.kept = len(s.events), len(s.facts)
	return nil
}

func victim(tx *db.Tx, id string) (Victim, error) {
	v, ok, err := db.One(tx, func(s db.Scanner) (v Victim, err error) {
		var kinds string
		if err := s.Scan(&v.ID, &v.Name, &kinds, &v.Sector, &v.Contact, &v.Phone); err != nil {
			return v, err
		}
		return v, decode(kinds, &v.Kinds)
	}, `SELECT id, name, kinds, sector, contact, phone FROM incident_victim WHERE id = ?`, id)
	if err == nil && !ok {
		err = fmt.Errorf("victim %s is not there", id)
	}
	return v, err
}

// related gives the other incidents of the same entity with the same root
// cause, for recurrence rules.
func (d *Desk) related(tx *db.Tx, s *state) ([]regime.Related, error) {
	ids, err := db.All(tx, db.Scalar[string], `SELECT CASE WHEN from_id = ? THEN to_id ELSE from_id END FROM incident_link
		WHERE (from_id = ? OR to_id = ?) AND kind = 'same-root'`, string(s.ID), string(s.ID), string(s.ID))
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	var out []regime.Related
	for _, id := range ids {
		facts, err := db.All(tx, scanFact, `SELECT seq, name, recorded_at, by_id, submission, content FROM incident_fact WHERE incident_id = ? ORDER BY seq`, id)
		if err != nil {
			return nil, err
		}
		at, ok, err := db.One(tx, db.Scalar[int64], `SELECT COALESCE(min(at), 0) FROM incident_event WHERE incident_id = ? AND kind IN (?, ?, ?)`,
			id, string(country.Occurred), string(country.Detected), string(country.Aware))
		if err != nil || !ok {
			return nil, err
		}
		r := regime.Related{ID: id, At: db.Time(at)}
		for _, f := range facts {
			if f.Name == spansField {
				continue
			}
			if rf, ok := d.fact(f); ok {
				r.Facts = append(r.Facts, rf)
			}
		}
		out = append(out, r)
	}
	return out, nil
}

// findText is the text a search by name or title looks into.
func findText(parts ...string) string { return strings.ToLower(strings.Join(parts, " · ")) }
