package app

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"regexp"
	"strings"

	"kulla.dev/internal/access"
	"kulla.dev/internal/marking"
)

// SignInService is another service people may sign in with (OpenID Connect).
// Its callback, to be registered there, is base_url/sign-in/with/ID/back.
type SignInService struct {
	ID          string       `yaml:"id"`            // in addresses: small letters, digits and hyphens
	Name        string       `yaml:"name"`          // on the button; empty: the id
	Issuer      string       `yaml:"issuer"`        // https:// address of its discovery document
	ClientID    string       `yaml:"client_id"`     // the desk's name there
	SecretFile  string       `yaml:"secret_file"`   // file that holds the client secret; empty: a public client
	Scopes      []string     `yaml:"scopes"`        // beyond openid, email and profile
	Strong      bool         `yaml:"strong"`        // it checks two factors itself: no code is asked here
	LinkByEmail bool         `yaml:"link_by_email"` // an address it verified signs in the person who has it
	Create      bool         `yaml:"create"`        // who gets a role by a rule and is unknown becomes a person
	Rules       []SignInRule `yaml:"rules"`
}

// SignInRule gives a role to whoever's claim has the value or lists it.
type SignInRule struct {
	Claim       string   `yaml:"claim"`
	Value       string   `yaml:"value"`
	Institution string   `yaml:"institution"`
	Role        string   `yaml:"role"`
	Within      []string `yaml:"within"`
	TLP         string   `yaml:"tlp"`     // highest label of a person who is made
	Nations     []string `yaml:"nations"` // nations a person who is made counts as
}

var serviceID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

// checkSignIn says what is wrong with the sign-in services.
func (c Config) checkSignIn(bad func(path, format string, args ...any)) {
	if len(c.SignIn.Services) > 0 && c.BaseURL == "" {
		bad("base_url", "sign-in services send people back to it: it must be set")
	}
	seen := map[string]bool{}
	for i, s := range c.SignIn.Services {
		at := fmt.Sprintf("sign_in.services[%d]", i)
		if !serviceID.MatchString(s.ID) {
			bad(at+".id", "%q must be small letters, digits and hyphens", s.ID)
		}
		if seen[s.ID] {
			bad(at+".id", "%q is there twice", s.ID)
		}
		seen[s.ID] = true
		if u, err := url.Parse(s.Issuer); err != nil || u.Host == "" || u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())) {
			bad(at+".issuer", "%q must begin with https://", s.Issuer)
		}
		if s.ClientID == "" {
			bad(at+".client_id", "is missing")
		}
		if s.SecretFile != "" {
			if _, err := os.Stat(s.SecretFile); err != nil {
				bad(at+".secret_file", "%v", err)
			}
		}
		for j, r := range s.Rules {
			rule := fmt.Sprintf("%s.rules[%d]", at, j)
			if r.Claim == "" || r.Value == "" || r.Institution == "" {
				bad(rule, "needs claim, value and institution")
			}
			if !access.Role(r.Role).Known() {
				bad(rule+".role", "%q must be one of %s", r.Role, roleNames())
			}
			if _, err := marking.ParseTLP(r.TLP); r.TLP != "" && err != nil {
				bad(rule+".tlp", "%q must be clear, green, amber, amber+strict or red", r.TLP)
			}
		}
	}
}

func roleNames() string {
	var out []string
	for _, r := range access.Roles() {
		out = append(out, string(r))
	}
	return strings.Join(out, ", ")
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// services gives the sign-in services in the form access reads, with their
// secrets.
func (c Config) services() ([]access.Service, error) {
	var out []access.Service
	for _, s := range c.SignIn.Services {
		x := access.Service{ID: s.ID, Name: s.Name, Issuer: s.Issuer, ClientID: s.ClientID, Scopes: s.Scopes, Strong: s.Strong, LinkByEmail: s.LinkByEmail,
			Create: s.Create, Redirect: strings.TrimSuffix(c.BaseURL, "/") + "/sign-in/with/" + s.ID + "/back"}
		if x.Name == "" {
			x.Name = s.ID
		}
		if s.SecretFile != "" {
			b, err := os.ReadFile(s.SecretFile)
			if err != nil {
				return nil, fmt.Errorf("secret of sign-in service %q: %w", s.ID, err)
			}
			x.ClientSecret = strings.TrimSpace(string(b))
		}
		for _, r := range s.Rules {
			y := access.ClaimRule{Claim: r.Claim, Value: r.Value, Institution: r.Institution, Role: access.Role(r.Role), Within: r.Within,
				Clearance: access.Clearance{Nations: r.Nations}}
			if r.TLP != "" {
				t, err := marking.ParseTLP(r.TLP)
				if err != nil {
					return nil, fmt.Errorf("sign-in service %q: %w", s.ID, err)
				}
				y.Clearance.TLP = t
			}
			x.Rules = append(x.Rules, y)
		}
		out = append(out, x)
	}
	return out, nil
}

// passkeys says which site passkeys are made for: the host of base_url, or
// "localhost" for a desk that only its own machine reaches. A site named by a
// network address has none: browsers make passkeys for names only.
func (c Config) passkeys() access.Passkeys {
	base := strings.TrimSuffix(c.BaseURL, "/")
	if base == "" {
		host, port, err := net.SplitHostPort(c.Listen)
		if err != nil || !loopback(host) || port == "0" {
			return access.Passkeys{}
		}
		base = "http://localhost:" + port
		if c.TLS.Cert != "" {
			base = "https://localhost:" + port
		}
	}
	u, err := url.Parse(base)
	if err != nil || u.Hostname() == "" || net.ParseIP(u.Hostname()) != nil || u.Scheme != "https" && !loopback(u.Hostname()) {
		return access.Passkeys{}
	}
	name := c.Name
	if name == "" {
		name = "Kulla"
	}
	return access.Passkeys{Domain: u.Hostname(), Name: name, Origins: []string{u.Scheme + "://" + u.Host}}
}
