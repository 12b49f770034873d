package access

import (
	"context"
	"slices"
	"strings"
	"time"

	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/i18n"
)

// Invite makes a person and a link by which they choose a password. The actor
// must be allowed to give every role; within the own institution nobody hands
// out more clearance than they have.
func (d *Desk) Invite(ctx context.Context, by Actor, in Draft, now time.Time) (Person, Link, error) {
	if err := May(by, "access.write"); err != nil {
		return Person{}, Link{}, err
	}
	if err := MustBeFresh(by, now); err != nil {
		return Person{}, Link{}, err
	}
	in = in.clean()
	if err := in.check(d.table); err != nil {
		return Person{}, Link{}, err
	}
	if err := d.mayHandOut(by, in, Person{}); err != nil {
		return Person{}, Link{}, err
	}
	var p personRow
	var link Link
	err := d.tx(ctx, func(tx *db.Tx) (err error) {
		id := db.NewID(now)
		if err := insertPerson(tx, id, in, now); err != nil {
			return err
		}
		if link, err = d.newLink(tx, id, LinkInvite, now); err != nil {
			return err
		}
		if p, err = mustPerson(tx, id); err != nil {
			return err
		}
		return d.record(tx, by, Record{At: now, Verb: "access.invite", Object: "person", ObjectID: id, Detail: described(p.Person)})
	})
	return p.Person, link, err
}

// mayHandOut says whether the actor may turn the person as they were into
// what the draft says: every role given or taken, and the clearance.
func (d *Desk) mayHandOut(by Actor, in Draft, was Person) error {
	same := func(a, b Membership) bool {
		return a.Institution == b.Institution && a.Role == b.Role && slices.Equal(a.Within, b.Within)
	}
	differ := func(ms, others []Membership) error {
		for _, m := range ms {
			if slices.ContainsFunc(others, func(o Membership) bool { return same(m, o) }) {
				continue
			}
			if err := MayGrant(by, m.Role, m.Institution); err != nil {
				return err
			}
		}
		return nil
	}
	if err := differ(in.Members, was.Members); err != nil {
		return err
	}
	if err := differ(was.Members, in.Members); err != nil {
		return err
	}
	if ReachOf(by, "access.write") == ReachDesk || toJSON(in.Clearance) == toJSON(was.Clearance) {
		return nil
	}
	if !by.Clearance.covers(in.Clearance) {
		return fault.New(fault.Denied, "access.grant.clearance")
	}
	return nil
}

// described gives what the audit trail keeps of a person's state: roles and
// clearance, not names.
func described(p Person) map[string]any {
	var roles []string
	for _, m := range p.Members {
		w := string(m.Role) + "@" + m.Institution
		if len(m.Within) > 0 {
			w += "[" + strings.Join(m.Within, ",") + "]"
		}
		roles = append(roles, w)
	}
	return map[string]any{"roles": roles, "clearance": toJSON(p.Clearance), "active": p.Active}
}

// reachable reads a person the actor may see, NotFound otherwise. Within the
// own institution that is whoever has a role there.
func reachable(tx *db.Tx, by Actor, p Permission, id string) (personRow, error) {
	r, err := mustPerson(tx, id)
	if err != nil {
		return r, err
	}
	for _, i := range r.Institutions() {
		if within(by, p, Object{Owner: i}) {
			return r, nil
		}
	}
	if reach, limits := span(by, p); len(r.Members) == 0 && reach == ReachDesk && limits == nil {
		return r, nil
	}
	return r, fault.New(fault.NotFound, "access.may.not-found")
}

// Change replaces what a person is by the draft. Version is the one the actor
// looked at; Stale if somebody changed the person since.
func (d *Desk) Change(ctx context.Context, by Actor, id string, version int, in Draft, now time.Time) (Person, error) {
	if err := May(by, "access.write"); err != nil {
		return Person{}, err
	}
	if err := MustBeFresh(by, now); err != nil {
		return Person{}, err
	}
	in = in.clean()
	if err := in.check(d.table); err != nil {
		return Person{}, err
	}
	var p personRow
	err := d.tx(ctx, func(tx *db.Tx) error {
		was, err := reachable(tx, by, "access.write", id)
		if err != nil {
			return err
		}
		if err := d.mayHandOut(by, in, was.Person); err != nil {
			return err
		}
		// Who has roles elsewhere is not renamed from here.
		if ReachOf(by, "access.write") != ReachDesk && len(was.Institutions()) > 1 &&
			(in.Name != was.Name || emailKey(in.Email) != emailKey(was.Email)) {
			return fault.New(fault.Denied, "access.grant.elsewhere")
		}
		n, err := tx.Exec(`UPDATE access_person SET name = ?, email = ?, email_key = ?, find = ?, phone = ?, languages = ?,
			clearance = ?, version = version + 1, changed_at = ? WHERE id = ? AND version = ?`,
			in.Name, in.Email, emailKey(in.Email), findKey(in.Name, in.Email), in.Phone,
			toJSON(in.Languages), toJSON(in.Clearance), now, id, version)
		if db.IsUnique(err) {
			return taken()
		}
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Stale, "access.person.stale")
		}
		if err := writeMembers(tx, id, in.Members, was.Members, now); err != nil {
			return err
		}
		if err := keepsAdministrator(tx); err != nil {
			return err
		}
		if p, err = mustPerson(tx, id); err != nil {
			return err
		}
		return d.record(tx, by, Record{At: now, Verb: "access.change", Object: "person", ObjectID: id, Detail: described(p.Person)})
	})
	return p.Person, err
}

// keepsAdministrator refuses a state in which nobody could let anybody in.
func keepsAdministrator(tx *db.Tx) error {
	n, err := db.Count(tx, `SELECT COUNT(*) FROM access_person p JOIN access_member m ON m.person_id = p.id
		WHERE p.active = 1 AND m.role = 'administrator'`)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "access.person.last-administrator")
	}
	return err
}

// SetActive lets a person in or out. Out ends every session and token.
func (d *Desk) SetActive(ctx context.Context, by Actor, id string, active bool, now time.Time) error {
	if err := May(by, "access.write"); err != nil {
		return err
	}
	if err := MustBeFresh(by, now); err != nil {
		return err
	}
	return d.tx(ctx, func(tx *db.Tx) error {
		was, err := reachable(tx, by, "access.write", id)
		if err != nil {
			return err
		}
		// All roles of the person are touched, so all must be the actor's to give.
		if err := d.mayHandOut(by, Draft{Clearance: was.Clearance}, was.Person); err != nil {
			return err
		}
		if was.Active == active {
			return nil
		}
		if _, err := tx.Exec(`UPDATE access_person SET active = ?, version = version + 1, changed_at = ? WHERE id = ?`,
			active, now, id); err != nil {
			return err
		}
		if !active {
			if err := d.revoke(tx, by, "person_id", id, now); err != nil {
				return err
			}
			if _, err := tx.Exec(`UPDATE access_token SET revoked_at = ? WHERE person_id = ? AND revoked_at IS NULL`, now, id); err != nil {
				return err
			}
			if err := keepsAdministrator(tx); err != nil {
				return err
			}
		}
		return d.record(tx, by, Record{At: now, Verb: "access.activate", Object: "person", ObjectID: id,
			Detail: map[string]any{"active": active}})
	})
}

// EndSessions signs a person out everywhere and voids their tokens: for a
// stolen device, before anything else is decided.
func (d *Desk) EndSessions(ctx context.Context, by Actor, id string, now time.Time) error {
	if err := May(by, "access.write"); err != nil {
		return err
	}
	return d.tx(ctx, func(tx *db.Tx) error {
		if _, err := reachable(tx, by, "access.write", id); err != nil {
			return err
		}
		n, err := tx.Exec(`UPDATE access_token SET revoked_at = ? WHERE person_id = ? AND revoked_at IS NULL`, now, id)
		if err != nil {
			return err
		}
		if err := d.revoke(tx, by, "person_id", id, now); err != nil {
			return err
		}
		return d.record(tx, by, Record{At: now, Verb: "access.end", Object: "person", ObjectID: id,
			Detail: map[string]any{"tokens": n}})
	})
}

// Profile changes what a person may say about themselves.
func (d *Desk) Profile(ctx context.Context, by Actor, name, phone string, languages []string, now time.Time) error {
	if err := May(by, "access.self"); err != nil {
		return err
	}
	return d.tx(ctx, func(tx *db.Tx) error {
		p, err := mustPerson(tx, by.Person)
		if err != nil {
			return err
		}
		in := Draft{Name: name, Email: p.Email, Phone: phone, Languages: languages, Members: p.Members}.clean()
		if err := in.check(d.table); err != nil {
			return err
		}
		if _, err := tx.Exec(`UPDATE access_person SET name = ?, find = ?, phone = ?, languages = ?, version = version + 1,
			changed_at = ? WHERE id = ?`, in.Name, findKey(in.Name, p.Email), in.Phone, toJSON(in.Languages), now, by.Person); err != nil {
			return err
		}
		return d.record(tx, by, Record{At: now, Verb: "access.profile", Object: "person", ObjectID: by.Person})
	})
}

// CreateAdmin makes the desk's first administrator, or a further one, from
// the command line. With an empty password the link says how to choose one.
func (d *Desk) CreateAdmin(ctx context.Context, name, email, institution, password string, now time.Time) (Person, Link, error) {
	return d.Create(ctx, Draft{Name: name, Email: email,
		Members:   []Membership{{Institution: institution, Role: Administrator}},
		Clearance: Clearance{TLP: 1},
	}, password, now)
}

// Create makes a person on the word of whoever holds the command line: the
// desk itself is the actor. With an empty password a link is made.
func (d *Desk) Create(ctx context.Context, in Draft, password string, now time.Time) (Person, Link, error) {
	in = in.clean()
	if err := in.check(d.table); err != nil {
		return Person{}, Link{}, err
	}
	hash := ""
	if password != "" {
		var f fault.Fields
		checkPassword(&f, password, in.Name, in.Email)
		if err := f.Err(); err != nil {
			return Person{}, Link{}, err
		}
		var err error
		if hash, err = d.hashNew(ctx, password); err != nil {
			return Person{}, Link{}, err
		}
	}
	var p personRow
	var link Link
	err := d.tx(ctx, func(tx *db.Tx) (err error) {
		id := db.NewID(now)
		if err := insertPerson(tx, id, in, now); err != nil {
			return err
		}
		if hash == "" {
			if link, err = d.newLink(tx, id, LinkInvite, now); err != nil {
				return err
			}
		} else if _, err := tx.Exec(`UPDATE access_person SET password = ? WHERE id = ?`, hash, id); err != nil {
			return err
		}
		if p, err = mustPerson(tx, id); err != nil {
			return err
		}
		return d.record(tx, System("command"), Record{At: now, Verb: "access.create", Object: "person", ObjectID: id, Detail: described(p.Person)})
	})
	return p.Person, link, err
}

// Query asks for people; the zero Query for the first page of all.
type Query struct {
	Institution string // only who has a role there
	Text        string // part of name or e-mail address
	After       string // id of the last person of the page before
	Limit       int    // 0 is 50
}

// People lists the people the actor may see, by id, which is the order they
// were made in.
func (d *Desk) People(ctx context.Context, by Actor, q Query) ([]Person, error) {
	if err := May(by, "access.read"); err != nil {
		return nil, err
	}
	cond := []string{"p.id > ?"}
	args := []any{q.After}
	at := func(institutions ...string) {
		cond = append(cond, `EXISTS (SELECT 1 FROM access_member m WHERE m.person_id = p.id AND m.institution_id IN `+db.In(len(institutions))+`)`)
		for _, i := range institutions {
			args = append(args, i)
		}
	}
	if _, limits := span(by, "access.read"); limits != nil {
		at(limits...)
	}
	if q.Institution != "" {
		at(q.Institution)
	}
	if text := i18n.Fold(cleanText(q.Text)); text != "" {
		like := "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(text) + "%"
		cond = append(cond, `p.find LIKE ? ESCAPE '\'`)
		args = append(args, like)
	}
	if q.Limit <= 0 || q.Limit > 500 {
		q.Limit = 50
	}
	args = append(args, q.Limit)
	var out []Person
	err := d.read(ctx, func(tx *db.Tx) error {
		out = nil
		rows, err := db.All(tx, scanPerson, `SELECT `+personColumns+` FROM access_person p
			WHERE `+strings.Join(cond, " AND ")+` ORDER BY p.id LIMIT ?`, args...)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if r.Members, err = members(tx, r.ID); err != nil {
				return err
			}
			out = append(out, r.Person)
		}
		return nil
	})
	return out, err
}

// PersonByID gives one person the actor may see; oneself always.
func (d *Desk) PersonByID(ctx context.Context, by Actor, id string) (Person, error) {
	var p personRow
	err := d.read(ctx, func(tx *db.Tx) (err error) {
		if id == by.Person && by.Kind != KindNobody && by.Kind != KindSystem {
			p, err = mustPerson(tx, id)
			return err
		}
		p, err = reachable(tx, by, "access.read", id)
		return err
	})
	if err != nil {
		return Person{}, err
	}
	return p.Person, nil
}

// Holders lists the active people who hold one of the roles at the
// institution, for a room that has something to tell them. Rooms check
// themselves that what they tell is for these eyes: see ActorOf.
func (d *Desk) Holders(tx *db.Tx, institution string, roles ...Role) ([]Person, error) {
	args := []any{institution}
	for _, r := range roles {
		args = append(args, string(r))
	}
	rows, err := db.All(tx, scanPerson, `SELECT `+personColumns+` FROM access_person p WHERE p.active = 1 AND EXISTS
		(SELECT 1 FROM access_member m WHERE m.person_id = p.id AND m.institution_id = ? AND m.role IN `+db.In(len(roles))+`)
		ORDER BY p.id`, args...)
	if err != nil {
		return nil, err
	}
	var out []Person
	for _, r := range rows {
		if r.Members, err = members(tx, r.ID); err != nil {
			return nil, err
		}
		out = append(out, r.Person)
	}
	return out, nil
}

// ActorOf gives the person as they would act for the institution, to ask MayOn
// before telling them something. It has no session and proves nothing.
func (d *Desk) ActorOf(p Person, institution string) Actor {
	if !p.Active {
		return Actor{}
	}
	return p.acting(KindPerson, institution, d.table)
}

// Names gives the names of people by id, for showing who did something. Ids
// that are nobody's are left out.
func (d *Desk) Names(tx *db.Tx, ids []string) (map[string]string, error) {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	ids = slices.Compact(ids)
	out := map[string]string{}
	for chunk := range slices.Chunk(ids, 500) {
		args := make([]any, len(chunk))
		for i, id := range chunk {
			args[i] = id
		}
		pairs, err := db.All(tx, func(s db.Scanner) (p [2]string, err error) {
			err = s.Scan(&p[0], &p[1])
			return p, err
		}, `SELECT id, name FROM access_person WHERE id IN `+db.In(len(chunk)), args...)
		if err != nil {
			return nil, err
		}
		for _, p := range pairs {
			out[p[0]] = p[1]
		}
	}
	return out, nil
}
