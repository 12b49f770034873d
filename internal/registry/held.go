package registry

import "kulla.dev/internal/country"

// Infrastructure is what the law lists: something an institution operates,
// with the history of its class.
type Infrastructure struct {
	ID      string       `json:"id"` // unique within the institution; "main" for the first
	Name    country.Text `json:"name,omitempty"`
	Sector  Coded        `json:"sector,omitzero"`
	Classes []ClassSpan  `json:"classes,omitempty"` // in order of From; only appended to and ended
}

// ClassSpan says which class an infrastructure had, from when, and who
// decided it.
type ClassSpan struct {
	Class  string `json:"class"`          // id of the pack
	From   Day    `json:"from,omitempty"` // first day
	To     Day    `json:"to,omitempty"`   // last day; "" still
	Act    string `json:"act,omitempty"`  // the deciding act, as cited
	Reason string `json:"reason,omitempty"`
}

// ClassOn gives the class held on the day, "" for none. For "" it is the
// newest that has not ended.
func (i Infrastructure) ClassOn(on Day) string {
	for n := len(i.Classes) - 1; n >= 0; n-- {
		c := i.Classes[n]
		if on == "" && c.To == "" || on != "" && within(on, c.From, c.To) {
			return c.Class
		}
	}
	return ""
}

// ServiceID names a service of any institution for ever.
type ServiceID string

// Service is what users get.
type Service struct {
	ID             ServiceID    `json:"id"` // "" when new
	Name           country.Text `json:"name"`
	Users          int64        `json:"users,omitempty"` // 0: not stated
	Area           string       `json:"area,omitempty"`  // where, in words
	Critical       bool         `json:"critical,omitempty"`
	Sector         Coded        `json:"sector,omitzero"`
	Infrastructure string       `json:"infrastructure,omitempty"` // id of the one it runs on
	From           Day          `json:"from,omitempty"`
	To             Day          `json:"to,omitempty"`
	Needs          []Need       `json:"needs,omitempty"`
}

// Need is a requirement group: the service works while at least K of the
// services Of work, and for Buffer hours after they stop.
type Need struct {
	ID         string      `json:"id"` // unique within the service
	K          int         `json:"k"`
	Of         []ServiceID `json:"of"`
	Buffer     float64     `json:"buffer,omitempty"`   // hours it lasts without
	Restart    float64     `json:"restart,omitempty"`  // hours until it works again
	Evidence   string      `json:"evidence,omitempty"` // grade: source A–F, then information 1–6 ("B2")
	DeclaredBy string      `json:"declared_by,omitempty"`
	Verified   Day         `json:"verified,omitempty"`
}

// Proof says how well control of a network or domain is shown.
type Proof string

// The states of proof; "" reads as claimed.
const (
	ProofClaimed  Proof = "claimed"  // somebody says so
	ProofRegistry Proof = "registry" // an address or domain registry says so
	ProofShown    Proof = "shown"    // control was demonstrated
	ProofDisputed Proof = "disputed" // somebody else claims it
)

// Network is an address prefix or an autonomous system held for some time.
type Network struct {
	Value  string `json:"value"` // "192.0.2.0/24", "2001:db8::/32" or "AS64496"
	From   Day    `json:"from,omitempty"`
	To     Day    `json:"to,omitempty"`
	Proof  Proof  `json:"proof,omitempty"`
	Proven Day    `json:"proven,omitempty"`
}

// Domain is a domain name held for some time, with everything below it.
type Domain struct {
	Value  string `json:"value"` // lower case, IDNA ASCII form
	From   Day    `json:"from,omitempty"`
	To     Day    `json:"to,omitempty"`
	Proof  Proof  `json:"proof,omitempty"`
	Proven Day    `json:"proven,omitempty"`
}

// ContactRole says what a contact is for.
type ContactRole string

// The roles of contacts.
const (
	ContactSecurity   ContactRole = "security" // takes incident matters
	ContactDuty       ContactRole = "duty"     // answers day and night
	ContactTechnical  ContactRole = "technical"
	ContactManagement ContactRole = "management"
	ContactPrivacy    ContactRole = "privacy" // data protection
	ContactPress      ContactRole = "press"
)

// ContactRoles lists the roles in order of who is asked first.
func ContactRoles() []ContactRole {
	return []ContactRole{ContactDuty, ContactSecurity, ContactTechnical, ContactManagement, ContactPrivacy, ContactPress}
}

// Contact is a person, or a desk, that can be reached at an institution.
type Contact struct {
	ID        string        `json:"id"` // unique within the institution; "" when new
	Name      string        `json:"name"`
	Roles     []ContactRole `json:"roles,omitempty"`
	Phone     string        `json:"phone,omitempty"`
	Mail      string        `json:"mail,omitempty"`
	Languages []string      `json:"languages,omitempty"` // first is preferred
	AllDay    bool          `json:"all_day,omitempty"`   // reached at any hour of any day
	Key       string        `json:"key,omitempty"`       // fingerprint of an OpenPGP key, 40 or 64 hexadecimal digits
	Note      string        `json:"note,omitempty"`
}
