package incident

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/country"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/i18n"
	"kulla.dev/internal/marking"
	"kulla.dev/internal/regime"
)

// extract is what another authority is given: the fields its law names, and
// nothing else.
type extract struct {
	Number      string            `json:"number"`
	Institution string            `json:"institution"`
	Recipient   string            `json:"recipient"`
	Regimes     []string          `json:"regimes,omitempty"`
	Ground      string            `json:"ground"`
	Note        string            `json:"note,omitzero"`
	Title       string            `json:"title"`
	Occurred    Moment            `json:"occurred,omitzero"`
	Detected    Moment            `json:"detected,omitzero"`
	Aware       Moment            `json:"aware,omitzero"`
	Codes       []Code            `json:"codes,omitempty"`
	Services    []string          `json:"services,omitempty"`
	Values      map[string]Stated `json:"values,omitempty"`
	Withheld    []string          `json:"withheld,omitempty"`
	Marking     string            `json:"marking"`
	At          time.Time         `json:"at"`
}

type referralMeta struct {
	Name     string   `json:"name"`
	Regime   string   `json:"regime,omitzero"`
	Ground   string   `json:"ground"`
	Fields   []string `json:"fields,omitempty"`
	Withheld []string `json:"withheld,omitempty"`
}

func scanReferral(s db.Scanner) (r Referral, err error) {
	var at int64
	var content, meta string
	if err := s.Scan(&r.ID, &r.Role, &at, &r.By, &content, &r.Digest, &meta, &r.Item); err != nil {
		return r, err
	}
	r.At, r.Content = db.Time(at), []byte(content)
	var m referralMeta
	err = decode(meta, &m)
	r.Name, r.Regime, r.Ground, r.Fields, r.Withheld = m.Name, m.Regime, m.Ground, m.Fields, m.Withheld
	return r, err
}

func referrals(tx *db.Tx, id ID) ([]Referral, error) {
	return db.All(tx, scanReferral, `SELECT id, role, at, by_id, content, digest, meta, item_id FROM incident_referral WHERE incident_id = ? ORDER BY at, id`, string(id))
}

// fieldsFor gives the fields a recipient's role is entitled to: those of the
// stages that go to it; for a role that tasks name (police, other states),
// those of the early warning of the regime the task belongs to.
func (d *Desk) fieldsFor(s *state, role string) (fields, regimes []string) {
	add := func(r *country.Regime, st country.Stage) {
		for _, u := range st.Fields {
			if !slices.Contains(fields, u.Field) {
				fields = append(fields, u.Field)
			}
		}
		if !slices.Contains(regimes, r.ID) {
			regimes = append(regimes, r.ID)
		}
	}
	for _, a := range s.result.Regimes {
		r := a.Regime
		if r == nil || a.State != regime.Applies && a.State != regime.Unsettled {
			continue
		}
		named := slices.ContainsFunc(r.CrossBorder, func(t country.Trigger) bool { return slices.Contains(t.To, role) })
		for _, st := range r.Stages {
			if slices.Contains(st.Recipients, role) || named && (st.Kind == country.EarlyWarning || st.Kind == country.Notification) {
				add(r, st)
			}
		}
	}
	slices.Sort(fields)
	return fields, regimes
}

// Refer hands an extract to another authority: police, prosecutor, the
// authority for data protection, the contact point of other states. It holds
// the fields the recipient's law names, less what is withheld on a claimed
// ground; the record here stays whole.
func (d *Desk) Refer(ctx context.Context, by access.Actor, id ID, in ReferralDraft, now time.Time) (Referral, error) {
	in.Ground, in.Note, in.Address = clean(in.Ground), clean(in.Note), clean(in.Address)
	var f fault.Fields
	role, ok := d.Pack.Role(in.Role)
	if !ok {
		f.Add("role", "incident.field.unknown", in.Role)
	}
	if in.Ground == "" {
		f.Add("ground", "incident.field.needed")
	}
	if in.Address != "" && !mailShaped(in.Address) {
		f.Add("address", "incident.field.mail")
	}
	tooLong(&f, "ground", in.Ground, maxText)
	tooLong(&f, "note", in.Note, maxText)
	if err := f.Err(); err != nil {
		return Referral{}, err
	}
	var out Referral
	_, err := d.change(ctx, by, "incident.refer", id, 0, now, "incident.refer", func(tx *db.Tx, s *state) (map[string]any, error) {
		s.result = d.engine.Evaluate(d.kase(s), now)
		fields, regimes := d.fieldsFor(s, in.Role)
		x := extract{Number: s.Number, Institution: s.Name, Recipient: in.Role, Regimes: regimes, Ground: in.Ground, Note: in.Note, Title: s.Title,
			Occurred: s.body.Occurred, Detected: s.body.Detected, Aware: s.body.Aware, Codes: s.body.Codes, Marking: s.Incident.Mark.Text(), At: now, Values: map[string]Stated{}}
		withheld := d.withheld(s, regimes, append(slices.Clone(s.Grounds), in.Grounds...))
		for name, v := range s.current() {
			switch {
			case !slices.Contains(fields, name):
			case slices.Contains(withheld, name):
				x.Withheld = append(x.Withheld, name)
			default:
				x.Values[name] = v
			}
		}
		if slices.Contains(fields, "affected_services") {
			x.Services = s.body.Services
		}
		slices.Sort(x.Withheld)
		if slices.Contains(withheld, "description") {
			x.Title = ""
		}
		content, err := canonical(x)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(content)
		out = Referral{ID: db.NewID(now), Role: in.Role, Name: role.Title.In(d.Pack.Authentic), Ground: in.Ground, Fields: sortedKeys(x.Values), Withheld: x.Withheld,
			Content: content, Digest: hex.EncodeToString(sum[:]), At: now, By: by.ID()}
		if inst, ok := d.Pack.InstitutionOf(in.Role); ok {
			out.Name = inst.NameOn(country.DateOf(now)).Text.In(d.Pack.Authentic)
		}
		if len(regimes) > 0 {
			out.Regime = regimes[0]
		}
		if in.Address != "" {
			if out.Item, err = d.sendReferral(tx, by, s, out, role.Institution, in.Address, now); err != nil {
				return nil, err
			}
		}
		meta, err := encode(referralMeta{out.Name, out.Regime, out.Ground, out.Fields, out.Withheld})
		if err != nil {
			return nil, err
		}
		if _, err := tx.Exec(`INSERT INTO incident_referral (id, incident_id, role, at, by_id, content, digest, meta, item_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			out.ID, string(s.ID), out.Role, now, out.By, string(content), out.Digest, meta, out.Item); err != nil {
			return nil, err
		}
		e := Event{}
		e.Kind, e.By, e.Role, e.At, e.Reason, e.Channel = country.Forwarded, by.ID(), in.Role, now, in.Ground, in.Address
		s.add(e, now)
		return map[string]any{"referral": out.ID, "role": in.Role, "digest": out.Digest, "fields": out.Fields, "withheld": out.Withheld}, nil
	})
	return out, err
}

// withheld lists the fields that leave an outward report on the grounds.
func (d *Desk) withheld(s *state, regimes, grounds []string) []string {
	var out []string
	for _, a := range s.result.Regimes {
		if a.Regime == nil || !slices.Contains(regimes, a.ID) {
			continue
		}
		for _, w := range a.Regime.Withheld {
			if slices.Contains(grounds, w.Ground) {
				out = append(out, w.Fields...)
			}
		}
	}
	return out
}

func (d *Desk) sendReferral(tx *db.Tx, by access.Actor, s *state, r Referral, institution, address string, now time.Time) (string, error) {
	org := institution
	if org == "" {
		org = "role:" + r.Role
	}
	l := letter{kind: "incident.referral", key: r.ID, org: org, args: i18n.Args{"recipient": r.Name, "ground": r.Ground, "digest": r.Digest, "content": string(r.Content)}}
	// The officer's decision, with its ground, lets the extract reach the
	// recipient; whatever else the marking forbids still holds.
	t := *s
	if m := s.Incident.Mark; !m.Scope.IsEveryone() {
		t.Incident.Mark.Scope = marking.Only(append(m.Scope.IDs(), org)...)
	}
	item, err := d.propose(tx, by, &t, Address{Mail: address, Name: r.Name}, l, now)
	return item, err
}
