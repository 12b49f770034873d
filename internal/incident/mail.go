package incident

import (
	"fmt"
	"html"
	"strings"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/country"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/i18n"
	"kulla.dev/internal/marking"
	"kulla.dev/internal/outbox"
)

// letter is one mail about an incident. Its words are the pack's template of
// the same name, where it has one, else the desk's own.
type letter struct {
	kind string // "incident.receipt"
	key  string
	org  string
	args i18n.Args
}

// addresses gives whom notices about the incident go to: the contacts the
// directory names, else the institution's own people.
func (d *Desk) addresses(tx *db.Tx, s *state) ([]Address, error) {
	if len(s.party.Addresses) > 0 {
		return s.party.Addresses, nil
	}
	if s.Institution == "" {
		return nil, nil
	}
	return d.people(tx, s.Institution, access.Reporter, access.Officer)
}

func (d *Desk) people(tx *db.Tx, institution string, roles ...access.Role) ([]Address, error) {
	people, err := d.Access.Holders(tx, institution, roles...)
	if err != nil {
		return nil, err
	}
	var out []Address
	for _, p := range people {
		a := Address{Mail: p.Email, Name: p.Name}
		if len(p.Languages) > 0 {
			a.Lang = p.Languages[0]
		}
		out = append(out, a)
	}
	return out, nil
}

// duty gives whom the authority's own reminders go to.
func (d *Desk) duty(tx *db.Tx) ([]Address, error) {
	if len(d.DutyMail) > 0 || d.Authority == "" {
		return d.DutyMail, nil
	}
	return d.people(tx, d.Authority, access.Duty)
}

// send proposes a letter to each address. What may not be released to a
// recipient stays in the house and is noted in the log; the act goes on.
func (d *Desk) send(tx *db.Tx, by access.Actor, s *state, to []Address, l letter, now time.Time) error {
	seen := map[string]bool{}
	for _, a := range to {
		key := strings.ToLower(a.Mail)
		if a.Mail == "" || seen[key] {
			continue
		}
		seen[key] = true
		_, err := d.propose(tx, by, s, a, l, now)
		if fault.Is(err, fault.Denied) {
			d.Log.Warn("incident: letter not released", "kind", l.kind, "incident", string(s.ID), "org", l.org)
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// propose hands one letter to the outbox and gives its item's id.
func (d *Desk) propose(tx *db.Tx, by access.Actor, s *state, a Address, l letter, now time.Time) (string, error) {
	lang := i18n.Lang(a.Lang)
	if lang == "" && len(d.Pack.Languages) > 0 {
		lang = i18n.Lang(d.Pack.Languages[0])
	}
	subject, text := d.wording(lang, l, s)
	return d.Outbox.Propose(tx, by, outbox.Proposal{
		Kind: l.kind, Key: l.key + "/" + strings.ToLower(a.Mail), Org: l.org, Address: a.Mail,
		To:      marking.Reader{Institutions: []string{l.org}, TLP: marking.TLPRed},
		Mark:    s.Incident.Mark,
		Subject: subject, Content: outbox.Content{Text: text, HTML: paragraphs(text)}, Object: "incident", ObjectID: string(s.ID), Exercise: s.Exercise,
	}, now)
}

// wording says a letter in a language.
func (d *Desk) wording(lang i18n.Lang, l letter, s *state) (subject, text string) {
	args := i18n.Args{}
	for k, v := range l.args {
		switch v := v.(type) {
		case country.Text:
			args[k] = v.In(string(lang))
		case time.Time:
			if v.IsZero() {
				args[k] = i18n.T(lang, "incident.mail.no-time")
			} else {
				args[k] = lang.DateTime(v.In(d.Pack.Location))
			}
		case time.Duration:
			args[k] = lang.Duration(v)
		default:
			args[k] = v
		}
	}
	args["number"], args["institution"], args["marking"] = s.Number, s.Name, s.Mark.TLP.String()
	args["link"] = ""
	if d.BaseURL != "" {
		args["link"] = d.BaseURL + "/incidents/" + string(s.ID)
	}
	name := strings.TrimPrefix(l.kind, "incident.")
	if t, ok := d.Pack.Template(l.kind); ok {
		subject, text = filled(t.Subject.In(string(lang)), args), filled(t.Body.In(string(lang)), args)
	} else {
		subject, text = i18n.T(lang, "incident.mail."+name+".subject", args), i18n.T(lang, "incident.mail."+name+".text", args)
	}
	if s.Exercise {
		subject = i18n.T(lang, "incident.mail.exercise", subject)
		text = i18n.T(lang, "incident.mail.exercise-text") + "\n\n" + text
	}
	if m := s.Mark.TLP.String(); m != "" {
		text = m + "\n\n" + strings.TrimSpace(text) + "\n\n" + m + "\n"
	}
	return strings.Join(strings.Fields(subject), " "), text
}

// filled replaces {name} in a template of the pack.
func filled(text string, args i18n.Args) string {
	for k, v := range args {
		text = strings.ReplaceAll(text, "{"+k+"}", fmt.Sprint(v))
	}
	return text
}

// paragraphs writes plain text as simple HTML.
func paragraphs(text string) string {
	var b strings.Builder
	for _, p := range strings.Split(strings.TrimSpace(text), "\n\n") {
		b.WriteString("<p>" + strings.ReplaceAll(html.EscapeString(p), "\n", "<br>") + "</p>\n")
	}
	return b.String()
}

// mailReceipt sends the receipt to those who reported and to the institution
// concerned.
func (d *Desk) mailReceipt(tx *db.Tx, by access.Actor, s *state, r Receipt, now time.Time) error {
	stage := country.Text{}
	for _, o := range s.result.Obligations {
		if o.Regime == r.NextRegime && o.Stage == r.NextStage {
			stage = o.Title
		}
	}
	l := letter{kind: "incident.receipt", key: r.Submission, org: s.Institution, args: i18n.Args{
		"version": r.Version, "digest": r.Digest, "received": r.At, "due": r.Next, "stage": stage, "signed": r.Signed}}
	to, err := d.addresses(tx, s)
	if err != nil {
		return err
	}
	if l.org == "" {
		l.org = s.Victim.ID
	}
	if s.Institution != "" { // an unlisted victim is written to by a person, not by the desk
		if err := d.send(tx, by, s, to, l, now); err != nil {
			return err
		}
	}
	if s.Reporter == "" {
		return nil
	}
	to, err = d.people(tx, s.Reporter, access.Reporter, access.Officer)
	if err != nil {
		return err
	}
	l.org, l.key = s.Reporter, l.key+"/reporter"
	return d.send(tx, by, s, to, l, now)
}
