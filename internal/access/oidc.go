package access

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
)

// Service is another service people may sign in with (OpenID Connect, code
// flow with PKCE).
type Service struct {
	ID           string // in addresses, for example "national"
	Name         string // on the button
	Issuer       string
	ClientID     string
	ClientSecret string
	Redirect     string   // absolute address of the desk's callback for this service
	Scopes       []string // beyond openid, email and profile
	Strong       bool     // the service checks two factors itself: no code is asked here
	LinkByEmail  bool     // a verified address signs in the person who has it
	Create       bool     // who gets a role by Rules and is unknown becomes a person
	Rules        []ClaimRule
	Client       *http.Client // nil: the default, with a time limit
}

// ClaimRule gives a role at an institution to whoever's claim has the value,
// or holds it if the claim is a list. Roles that rules of the service could
// give are taken away at the next sign-in when no rule gives them any more;
// other roles are not touched.
type ClaimRule struct {
	Claim       string
	Value       string
	Institution string
	Role        Role
	Within      []string
	Clearance   Clearance // of a person who is made; that of known people is not touched
}

// serviceState is a service and what it said about itself.
type serviceState struct {
	Service
	mu       sync.Mutex
	provider *oidc.Provider
}

// oidcFlow is what is kept while somebody is at the service.
type oidcFlow struct {
	Service, State, Nonce, Verifier, Back string
}

func newServices(list []Service) (map[string]*serviceState, error) {
	out := map[string]*serviceState{}
	for _, s := range list {
		if s.ID == "" || s.Issuer == "" || s.ClientID == "" || s.Redirect == "" || out[s.ID] != nil {
			return nil, fmt.Errorf("access: sign-in service %q needs an id of its own, issuer, client id and redirect", s.ID)
		}
		for _, r := range s.Rules {
			if r.Claim == "" || r.Institution == "" || !r.Role.Known() {
				return nil, fmt.Errorf("access: sign-in service %q: a rule needs claim, institution and a known role", s.ID)
			}
		}
		if s.Client == nil {
			s.Client = &http.Client{Timeout: 15 * time.Second}
		}
		out[s.ID] = &serviceState{Service: s}
	}
	return out, nil
}

// Services lists the services people may sign in with, id and name.
func (d *Desk) Services() [][2]string {
	var out [][2]string
	for _, s := range d.services {
		out = append(out, [2]string{s.ID, s.Name})
	}
	slices.SortFunc(out, func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	return out
}

// discover asks the service about itself, once; a failure is asked again.
func (s *serviceState) discover(ctx context.Context) (*oidc.Provider, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.provider != nil {
		return s.provider, nil
	}
	// The provider fetches keys later with this context: it must outlive the request.
	p, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), s.Client), s.Issuer)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "access.service.unreachable").Because(err)
	}
	s.provider = p
	return p, nil
}

func (s *serviceState) oauth(p *oidc.Provider) *oauth2.Config {
	scopes := append([]string{oidc.ScopeOpenID, "email", "profile"}, s.Scopes...)
	return &oauth2.Config{ClientID: s.ClientID, ClientSecret: s.ClientSecret, RedirectURL: s.Redirect,
		Endpoint: p.Endpoint(), Scopes: scopes}
}

// BeginService gives the address at the service to send the browser to, and a
// secret the browser keeps in a cookie until it comes back. Back is the local
// path to go to afterwards.
func (d *Desk) BeginService(ctx context.Context, id, back string, now time.Time) (address, cookie string, err error) {
	s := d.services[id]
	if s == nil {
		return "", "", fault.New(fault.NotFound, "access.may.not-found")
	}
	p, err := s.discover(ctx)
	if err != nil {
		return "", "", err
	}
	f := oidcFlow{Service: id, State: randomText(24), Nonce: randomText(24), Verifier: oauth2.GenerateVerifier(), Back: back}
	err = d.tx(ctx, func(tx *db.Tx) error {
		cookie, err = d.newFlow(tx, "oidc", "", f, now)
		return err
	})
	return s.oauth(p).AuthCodeURL(f.State, oidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier)), cookie, err
}

// claims is what of an ID token is looked at by name; rules see all.
type claims struct {
	Email    string `json:"email"`
	Verified bool   `json:"email_verified"`
	Name     string `json:"name"`
}

// FinishService takes the browser back from the service: query is what the
// service appended, cookie what BeginService gave. Whatever does not fit is
// refused like a wrong password, with the cause in the log.
func (d *Desk) FinishService(ctx context.Context, id, cookie string, query url.Values, v Visit, now time.Time) (e Entry, back string, err error) {
	s := d.services[id]
	if s == nil {
		return Entry{}, "", fault.New(fault.NotFound, "access.may.not-found")
	}
	var f oidcFlow
	if err := d.tx(ctx, func(tx *db.Tx) error {
		_, err := d.takeFlow(tx, "oidc", cookie, &f, now)
		return err
	}); err != nil {
		return Entry{}, "", err
	}
	token, all, c, err := s.exchange(ctx, f, query, now)
	if err != nil {
		if fault.Is(err, fault.Unavailable) {
			return Entry{}, "", err
		}
		d.log.WarnContext(ctx, "sign-in service refused", "service", id, "cause", err.Error())
		return Entry{}, "", d.refuse(ctx, "", "service", now)
	}
	refused := false
	err = d.tx(ctx, func(tx *db.Tx) error {
		p, ok, err := d.known(tx, s, token, all, c, now)
		if err != nil {
			return err
		}
		if refused = !ok || !p.Active; refused {
			return nil
		}
		e, err = d.begin(tx, p, "oidc:"+id, s.Strong, v, now)
		return err
	})
	if err == nil && refused {
		err = d.refuse(ctx, "", "service", now)
	}
	return e, f.Back, err
}

// exchange turns the code into an ID token and verifies it.
func (s *serviceState) exchange(ctx context.Context, f oidcFlow, query url.Values, now time.Time) (*oidc.IDToken, map[string]any, claims, error) {
	var c claims
	if f.Service != s.ID || subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(f.State)) != 1 {
		return nil, nil, c, fmt.Errorf("state does not match")
	}
	if e := query.Get("error"); e != "" {
		return nil, nil, c, fmt.Errorf("service says %.100q", e)
	}
	p, err := s.discover(ctx)
	if err != nil {
		return nil, nil, c, err
	}
	ctx = oidc.ClientContext(ctx, s.Client)
	tok, err := s.oauth(p).Exchange(ctx, query.Get("code"), oauth2.VerifierOption(f.Verifier))
	if err != nil {
		return nil, nil, c, fmt.Errorf("exchange code: %w", err)
	}
	raw, _ := tok.Extra("id_token").(string)
	id, err := p.Verifier(&oidc.Config{ClientID: s.ClientID, Now: func() time.Time { return now }}).Verify(ctx, raw)
	if err != nil {
		return nil, nil, c, fmt.Errorf("verify token: %w", err)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(f.Nonce)) != 1 {
		return nil, nil, c, fmt.Errorf("nonce does not match")
	}
	var all map[string]any
	if err := id.Claims(&all); err != nil {
		return nil, nil, c, fmt.Errorf("read claims: %w", err)
	}
	return id, all, c, id.Claims(&c)
}

// serviceKey names a person of a service without storing who they are there.
func serviceKey(issuer, subject string) string {
	sum := sha256.Sum256([]byte(issuer + "\x00" + subject))
	return hex.EncodeToString(sum[:])
}

// known finds, links or makes the person of the token and brings the roles
// that rules give up to date.
func (d *Desk) known(tx *db.Tx, s *serviceState, token *oidc.IDToken, all map[string]any, c claims, now time.Time) (personRow, bool, error) {
	key := serviceKey(token.Issuer, token.Subject)
	given, clearance := rolesOf(s.Rules, all)
	who, ok, err := identity(tx, ByService, key, &struct{}{})
	if err != nil {
		return personRow{}, false, err
	}
	var p personRow
	switch {
	case ok:
		if p, err = mustPerson(tx, who); err != nil {
			return p, false, err
		}
	default:
		var found bool
		if s.LinkByEmail && c.Verified && c.Email != "" {
			if p, found, err = person(tx, "email_key", emailKey(c.Email)); err != nil {
				return p, false, err
			}
		}
		if !found {
			if !s.Create || !c.Verified || len(given) == 0 {
				return p, false, nil
			}
			in := Draft{Name: c.Name, Email: c.Email, Members: given, Clearance: clearance}.clean()
			if in.check(d.table) != nil {
				return p, false, nil
			}
			id := db.NewID(now)
			if err := insertPerson(tx, id, in, now); err != nil {
				if fault.Is(err, fault.Invalid) {
					err = errRefused() // the address is somebody's who may not be linked
				}
				return p, false, err
			}
			if p, err = mustPerson(tx, id); err != nil {
				return p, false, err
			}
		}
		if err := addIdentity(tx, ByService, key, p.ID, s.Name, struct{}{}, now); err != nil {
			return p, false, err
		}
	}
	if err := sawIdentity(tx, ByService, key, struct{}{}, now); err != nil {
		return p, false, err
	}
	want := merge(p.Members, given, s.Rules)
	if !sameMembers(want, p.Members) {
		if err := writeMembers(tx, p.ID, want, p.Members, now); err != nil {
			return p, false, err
		}
		p.Members = want
		if err := d.record(tx, System("service:"+s.ID), Record{At: now, Verb: "access.change", Object: "person", ObjectID: p.ID,
			Detail: described(p.Person)}); err != nil {
			return p, false, err
		}
	}
	return p, len(p.Members) > 0, nil
}

// rolesOf gives the memberships the rules give for the claims, and the
// clearance of the first rule that fits.
func rolesOf(rules []ClaimRule, all map[string]any) (ms []Membership, c Clearance) {
	for _, r := range rules {
		fits := false
		switch v := all[r.Claim].(type) {
		case string:
			fits = v == r.Value
		case bool:
			fits = fmt.Sprint(v) == r.Value
		case []any:
			fits = slices.ContainsFunc(v, func(x any) bool { s, ok := x.(string); return ok && s == r.Value })
		}
		if !fits || slices.ContainsFunc(ms, func(m Membership) bool { return m.Institution == r.Institution && m.Role == r.Role }) {
			continue
		}
		if len(ms) == 0 {
			c = r.Clearance
		}
		ms = append(ms, Membership{Institution: r.Institution, Role: r.Role, Within: r.Within})
	}
	return ms, c
}

// merge keeps memberships no rule could give and adds those the rules gave.
func merge(have, given []Membership, rules []ClaimRule) []Membership {
	var out []Membership
	for _, m := range have {
		if !slices.ContainsFunc(rules, func(r ClaimRule) bool { return r.Institution == m.Institution && r.Role == m.Role }) {
			out = append(out, m)
		}
	}
	return Draft{Members: append(out, given...)}.clean().Members
}

func sameMembers(a, b []Membership) bool {
	return slices.EqualFunc(a, b, func(x, y Membership) bool {
		return x.Institution == y.Institution && x.Role == y.Role && slices.Equal(x.Within, y.Within)
	})
}
