package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/audit"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/marking"
)

// ProposalKind says what is proposed.
type ProposalKind string

// The kinds of proposal.
const (
	ProposeRegister ProposalKind = "register" // a stranger asks for an institution to be registered
	ProposeChange   ProposalKind = "change"   // an institution asks for its record to be changed
)

// ProposalState says what became of a proposal.
type ProposalState string

// The states of a proposal.
const (
	Pending   ProposalState = "pending"
	Approved  ProposalState = "approved"
	Rejected  ProposalState = "rejected"
	Withdrawn ProposalState = "withdrawn"
)

// Applicant is who asks for an institution to be registered and becomes its
// first officer.
type Applicant struct {
	Name     string `json:"name,omitempty"`
	Mail     string `json:"mail,omitempty"`
	Phone    string `json:"phone,omitempty"`
	Language string `json:"language,omitempty"`
	Position string `json:"position,omitempty"`
}

// Proposal waits for somebody with registry.approve who did not make it.
type Proposal struct {
	ID          string
	Kind        ProposalKind
	Institution ID  // "" for a registration not approved
	Base        int // version the proposer looked at
	Name        string
	Record      Record
	Applicant   Applicant
	Note        string
	By, Org     string
	State       ProposalState
	DecidedBy   string
	Decided     time.Time
	Reason      string
	Created     time.Time
	Changes     []Change // what would change now, in a Review
	Both        []string // units that were changed otherwise since Base: approval would pass them over
	Doubles     []Double // institutions it may be the same as, in a Review
}

// Application is a registration as a stranger's form hands it in.
type Application struct {
	Record    Record
	Applicant Applicant
	Note      string
}

// Register takes the registration of a stranger. Nothing is registered before
// somebody approves; the door limits how often a stranger may ask. Nothing in
// the answer tells whether the institution is known already.
func (d *Desk) Register(ctx context.Context, in Application, now time.Time) (Proposal, error) {
	r := d.tidy(in.Record, func() string { return db.NewID(now) })
	r.Mark = marking.Of(marking.TLPAmber) // strangers mark nothing
	r.Note, r.Authority, r.Successor = "", "", ""
	for i := range r.Infrastructures {
		r.Infrastructures[i].Classes = nil // listing is for the authority to decide
	}
	unproven(&r, Record{})
	a := in.Applicant
	a.Name, a.Phone, a.Position = words(a.Name), words(a.Phone), words(a.Position)
	f := d.check(r, "")
	c := &checker{d: d, Fields: f}
	if a.Name == "" {
		c.Add("applicant.name", "fault.field.required")
	}
	c.text("applicant.name", a.Name, 120)
	c.text("applicant.position", a.Position, maxName)
	c.text("note", in.Note, maxText)
	if !goodMail(a.Mail) {
		c.Add("applicant.mail", "fault.field.email")
	}
	if a.Phone != "" && !goodPhone(a.Phone) {
		c.Add("applicant.phone", "registry.check.phone")
	}
	if err := c.Err(); err != nil {
		return Proposal{}, err
	}
	p := Proposal{ID: db.NewID(now), Kind: ProposeRegister, Record: arrange(r), Applicant: a, Note: in.Note, By: "nobody", State: Pending, Created: now}
	err := d.DB.Tx(ctx, func(tx *db.Tx) error { return d.propose(tx, access.Actor{}, &p, now) })
	return p, err
}

// Propose asks for the record of the actor's institution to become r. Version
// is the one looked at; what others change in the meantime is merged when the
// proposal is decided. An institution's own class, marking and standing
// cannot be proposed by it: they stay as they are.
func (d *Desk) Propose(ctx context.Context, by access.Actor, id ID, version int, r Record, note string, now time.Time) (Proposal, error) {
	if err := access.May(by, "registry.propose"); err != nil {
		return Proposal{}, err
	}
	p := Proposal{ID: db.NewID(now), Kind: ProposeChange, Institution: id, Base: version, Note: note, By: by.ID(), Org: by.Institution, State: Pending, Created: now}
	err := d.DB.Tx(ctx, func(tx *db.Tx) error {
		was, err := must(tx, by, "registry.propose", id)
		if err != nil {
			return err
		}
		base, ok, err := atVersion(tx, id, version)
		if err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.Stale, "registry.stale")
		}
		p.Record = d.tidy(r, func() string { return db.NewID(now) })
		if access.May(by, "registry.write") != nil {
			p.Record.Mark, p.Record.Authority, p.Record.Successor = base.Mark, base.Authority, base.Successor
			keepClasses(&p.Record, base)
			unproven(&p.Record, base)
		}
		c := &checker{d: d, Fields: d.check(p.Record, id)}
		c.text("note", note, maxText)
		if err := c.Err(); err != nil {
			return err
		}
		p.Record = arrange(p.Record)
		p.Changes = Diff(base, p.Record)
		if len(p.Changes) == 0 {
			return fault.New(fault.Conflict, "registry.propose.nothing")
		}
		p.Record.Mark = marking.Combine(p.Record.Mark, was.Mark)
		return d.propose(tx, by, &p, now)
	})
	return p, err
}

// keepClasses puts back what only the authority decides.
func keepClasses(r *Record, base Record) {
	for i := range r.Infrastructures {
		x := &r.Infrastructures[i]
		x.Classes = nil
		for _, b := range base.Infrastructures {
			if b.ID == x.ID {
				x.Classes = b.Classes
			}
		}
	}
	for _, b := range base.Infrastructures { // one that was ever listed cannot be dropped
		gone := true
		for _, x := range r.Infrastructures {
			gone = gone && x.ID != b.ID
		}
		if gone && len(b.Classes) > 0 {
			r.Infrastructures = append(r.Infrastructures, b)
		}
	}
}

// unproven sets back every proof that base does not hold already: nobody
// proves their own holdings by saying so.
func unproven(r *Record, base Record) {
	for i := range r.Networks {
		n := &r.Networks[i]
		n.Proof, n.Proven = ProofClaimed, ""
		for _, b := range base.Networks {
			if b.Value == n.Value {
				n.Proof, n.Proven = b.Proof, b.Proven
			}
		}
	}
	for i := range r.Domains {
		n := &r.Domains[i]
		n.Proof, n.Proven = ProofClaimed, ""
		for _, b := range base.Domains {
			if b.Value == n.Value {
				n.Proof, n.Proven = b.Proof, b.Proven
			}
		}
	}
}

func (d *Desk) propose(tx *db.Tx, by access.Actor, p *Proposal, now time.Time) error {
	content, err := encode(p.Record)
	if err != nil {
		return err
	}
	applicant, err := json.Marshal(p.Applicant)
	if err != nil {
		return fmt.Errorf("encode applicant: %w", err)
	}
	mark, err := d.Access.Mark(tx, p.Record.Mark, now)
	if err != nil {
		return err
	}
	p.Name = p.Record.NameOn("", "")
	if len(d.Pack.Languages) > 0 {
		p.Name = p.Record.NameOn(d.Pack.Languages[0], "")
	}
	if _, err := tx.Exec(`INSERT INTO registry_proposal (id, kind, institution_id, base, name, content, applicant, note, mark_id, by_id, org, state,
		decided_by, reason, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', '', '', ?)`, p.ID, string(p.Kind), string(p.Institution),
		p.Base, p.Name, string(content), string(applicant), p.Note, int64(mark), p.By, p.Org, now); err != nil {
		return err
	}
	return d.Audit.Record(tx, by, audit.Entry{Verb: "registry." + verbOf(p.Kind), Object: "proposal", ObjectID: p.ID, Mark: p.Record.Mark.Text(),
		Detail: map[string]any{"institution": string(p.Institution), "changed": changedFields(p.Changes)}}, now)
}

func verbOf(k ProposalKind) string {
	if k == ProposeRegister {
		return "register"
	}
	return "propose"
}

const proposalColumns = `p.id, p.kind, p.institution_id, p.base, p.name, p.content, p.applicant, p.note, p.by_id, p.org, p.state, p.decided_by,
	p.decided_at, p.reason, p.created_at`

func scanProposal(s db.Scanner) (p Proposal, err error) {
	var content, applicant string
	var decided db.NullTime
	var created int64
	if err = s.Scan(&p.ID, &p.Kind, &p.Institution, &p.Base, &p.Name, &content, &applicant, &p.Note, &p.By, &p.Org, &p.State, &p.DecidedBy,
		&decided, &p.Reason, &created); err != nil {
		return p, err
	}
	p.Decided, p.Created = decided.Time, db.Time(created)
	if err = json.Unmarshal([]byte(applicant), &p.Applicant); err != nil {
		return p, fmt.Errorf("stored applicant: %w", err)
	}
	p.Record, err = decode(content)
	return p, err
}

// Proposals lists proposals in a state ("" for all), oldest first, that the
// actor may read: an institution sees its own.
func (d *Desk) Proposals(ctx context.Context, by access.Actor, state ProposalState, after string, limit int) (out []Proposal, err error) {
	if err := access.May(by, "registry.read"); err != nil {
		return nil, err
	}
	if limit <= 0 || limit > 500 {
		limit = 50
	}
	err = d.DB.Read(ctx, func(tx *db.Tx) error {
		where, err := d.Access.Filter(tx, by, "registry.read")
		if err != nil {
			return err
		}
		cond, args := where.SQL("p.mark_id", "p.institution_id")
		if state != "" {
			cond += " AND p.state = ?"
			args = append(args, string(state))
		}
		out, err = db.All(tx, scanProposal, `SELECT `+proposalColumns+` FROM registry_proposal p WHERE `+cond+` AND p.id > ? ORDER BY p.id LIMIT ?`,
			append(args, after, limit)...)
		return err
	})
	return out, err
}

func mustProposal(tx *db.Tx, by access.Actor, p access.Permission, id string) (Proposal, error) {
	x, ok, err := db.One(tx, scanProposal, `SELECT `+proposalColumns+` FROM registry_proposal p WHERE p.id = ?`+tx.Dialect().ForUpdate(), id)
	if err != nil {
		return x, err
	}
	if !ok || !db.ValidID(id) {
		return x, unknown()
	}
	err = access.MayOn(by, p, access.Object{Owner: string(x.Institution), Mark: x.Record.Mark})
	if fault.Is(err, fault.NotFound) {
		return x, unknown()
	}
	return x, err
}

// Review reads a proposal with what it would change now, what was changed
// otherwise in the meantime, and whom it may double; the read is recorded.
func (d *Desk) Review(ctx context.Context, by access.Actor, id string, now time.Time) (p Proposal, err error) {
	if err := access.May(by, "registry.read"); err != nil {
		return p, err
	}
	err = d.DB.Tx(ctx, func(tx *db.Tx) error {
		if p, err = mustProposal(tx, by, "registry.read", id); err != nil {
			return err
		}
		if p.Kind == ProposeRegister {
			p.Changes = Diff(Record{}, p.Record)
			if p.Doubles, err = d.doubles(tx, by, p.Record, p.Institution); err != nil {
				return err
			}
		} else if p.Changes, p.Both, _, err = d.effect(tx, p); err != nil {
			return err
		}
		return d.Audit.Record(tx, by, audit.Entry{Verb: "registry.read", Object: "proposal", ObjectID: p.ID, Mark: p.Record.Mark.Text()}, now)
	})
	return p, err
}

// effect gives what a change would do to the record as it stands.
func (d *Desk) effect(tx *db.Tx, p Proposal) (changes []Change, both []string, merged Record, err error) {
	base, ok, err := atVersion(tx, p.Institution, p.Base)
	if err != nil || !ok {
		return nil, nil, merged, errors.Join(err, unknown())
	}
	in, ok, err := load(tx, p.Institution)
	if err != nil || !ok {
		return nil, nil, merged, errors.Join(err, unknown())
	}
	yours := p.Record
	yours.Mark = base.Mark // the proposal's own marking is not a change of the record's
	if merged, both, err = merge(base, yours, in.Record); err != nil {
		return nil, nil, merged, err
	}
	merged = d.clean(merged, func() string { return db.NewID(p.Created) })
	return Diff(in.Record, merged), both, merged, nil
}

// Decision is what came of a proposal.
type Decision struct {
	Proposal    Proposal
	Institution Institution  // as it stands after an approval
	Link        *access.Link // invitation of the first officer, to be mailed; nil for none
	NotInvited  error        // why there is no invitation, when one was due
}

// Approve carries a proposal out. Whoever made it, or belongs to the
// institution that did, does not decide it. Where both sides changed the same
// thing since, the error is Stale and names it, unless pass is set: then what
// stands stays and the rest is carried out. The approval of a registration
// makes the institution and invites the applicant as its first officer.
func (d *Desk) Approve(ctx context.Context, by access.Actor, id, reason string, pass bool, now time.Time) (Decision, error) {
	var out Decision
	err := d.decide(ctx, by, id, Approved, reason, now, func(tx *db.Tx, p *Proposal) (err error) {
		w := d.writer(tx, by, now)
		defer w.close()
		if p.Kind == ProposeRegister {
			p.Institution = ID(db.NewID(now))
			out.Institution, err = w.create(p.Institution, p.Record, SourceRegister, words("proposal "+p.ID+" "+reason))
			return err
		}
		changes, both, merged, err := d.effect(tx, *p)
		if err != nil {
			return err
		}
		if len(both) > 0 && !pass {
			return fault.New(fault.Stale, "registry.approve.both", both)
		}
		was, _, err := load(tx, p.Institution)
		if err != nil {
			return err
		}
		if out.Institution = was; len(changes) == 0 {
			return nil
		}
		if err := d.check(merged, p.Institution).Err(); err != nil {
			return err
		}
		out.Institution, err = w.replace(was, merged, "registry.change", words("proposal "+p.ID+" "+reason))
		return err
	}, &out.Proposal)
	if err != nil {
		return Decision{}, err
	}
	if out.Proposal.Kind == ProposeRegister {
		out.Link, out.NotInvited = d.invite(ctx, out.Proposal, now)
	}
	return out, nil
}

// Reject ends a proposal with a reason its maker will read.
func (d *Desk) Reject(ctx context.Context, by access.Actor, id, reason string, now time.Time) (p Proposal, err error) {
	if words(reason) == "" {
		var f fault.Fields
		f.Add("reason", "registry.reject.reason")
		return p, f.Err()
	}
	err = d.decide(ctx, by, id, Rejected, reason, now, func(*db.Tx, *Proposal) error { return nil }, &p)
	return p, err
}

// Withdraw takes a pending proposal back; its maker's institution may.
func (d *Desk) Withdraw(ctx context.Context, by access.Actor, id string, now time.Time) error {
	if err := access.May(by, "registry.propose"); err != nil {
		return err
	}
	return d.DB.Tx(ctx, func(tx *db.Tx) error {
		p, err := mustProposal(tx, by, "registry.propose", id)
		if err != nil {
			return err
		}
		if p.By != by.ID() && p.Org != by.Institution {
			return fault.New(fault.Denied, "registry.withdraw.not-yours")
		}
		return d.close(tx, by, p, Withdrawn, "", now)
	})
}

func (d *Desk) decide(ctx context.Context, by access.Actor, id string, to ProposalState, reason string, now time.Time,
	act func(*db.Tx, *Proposal) error, out *Proposal) error {
	if err := access.May(by, "registry.approve"); err != nil {
		return err
	}
	if err := access.MustBeFresh(by, now); err != nil {
		return err
	}
	return d.DB.Tx(ctx, func(tx *db.Tx) error {
		p, err := mustProposal(tx, by, "registry.approve", id)
		if err != nil {
			return err
		}
		if p.By == by.ID() {
			return fault.New(fault.Denied, "registry.approve.own")
		}
		if p.State != Pending {
			return fault.New(fault.Conflict, "registry.approve.decided")
		}
		if err := act(tx, &p); err != nil {
			return err
		}
		if err := d.close(tx, by, p, to, reason, now); err != nil {
			return err
		}
		p.State, p.Reason, p.DecidedBy, p.Decided = to, reason, by.ID(), now
		*out = p
		return nil
	})
}

func (d *Desk) close(tx *db.Tx, by access.Actor, p Proposal, to ProposalState, reason string, now time.Time) error {
	n, err := tx.Exec(`UPDATE registry_proposal SET state = ?, institution_id = ?, decided_by = ?, decided_at = ?, reason = ? WHERE id = ? AND state = 'pending'`,
		string(to), string(p.Institution), by.ID(), now, reason, p.ID)
	if err != nil {
		return err
	}
	if n != 1 {
		return fault.New(fault.Conflict, "registry.approve.decided")
	}
	return d.Audit.Record(tx, by, audit.Entry{Verb: "registry." + string(to), Object: "proposal", ObjectID: p.ID, Mark: p.Record.Mark.Text(),
		Detail: map[string]any{"institution": string(p.Institution), "reason": reason}}, now)
}

// InviteAgain makes the invitation of an approved registration's applicant
// once more, where it could not be made at the approval.
func (d *Desk) InviteAgain(ctx context.Context, by access.Actor, id string, now time.Time) (*access.Link, error) {
	if err := access.May(by, "registry.approve"); err != nil {
		return nil, err
	}
	if err := access.MustBeFresh(by, now); err != nil {
		return nil, err
	}
	var p Proposal
	err := d.DB.Tx(ctx, func(tx *db.Tx) (err error) {
		p, err = mustProposal(tx, by, "registry.approve", id)
		return err
	})
	if err != nil {
		return nil, err
	}
	if p.Kind != ProposeRegister || p.State != Approved {
		return nil, fault.New(fault.Conflict, "registry.approve.decided")
	}
	return d.invite(ctx, p, now)
}

// invite gives the applicant of an approved registration a way in. The right
// to hand out the first role of a new institution comes with the approval.
func (d *Desk) invite(ctx context.Context, p Proposal, now time.Time) (*access.Link, error) {
	langs := []string{p.Applicant.Language}
	if p.Applicant.Language == "" {
		langs = d.Pack.Languages
	}
	_, link, err := d.Access.Invite(ctx, access.System("registry", "access.write", "role.officer"), access.Draft{
		Name: p.Applicant.Name, Email: p.Applicant.Mail, Phone: p.Applicant.Phone, Languages: langs,
		Members:   []access.Membership{{Institution: string(p.Institution), Role: access.Officer}},
		Clearance: access.Clearance{TLP: marking.TLPAmberStrict, Nations: []string{d.Pack.Code}},
	}, now)
	if err != nil {
		return nil, err
	}
	return &link, nil
}
