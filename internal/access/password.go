package access

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"kulla.dev/internal/fault"
)

// Cost is how much work one argon2id hash is.
type Cost struct {
	Memory uint32 // KiB
	Passes uint32
	Lanes  uint8
}

// DefaultCost is OWASP's recommendation for argon2id: 19 MiB, two passes.
var DefaultCost = Cost{Memory: 19 << 10, Passes: 2, Lanes: 1}

const (
	saltSize = 16
	hashSize = 32
)

// hash gives the password's hash in the PHC form, which names its own cost.
func (c Cost) hash(password string) string {
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt) // never fails (crypto/rand, Go 1.24)
	sum := argon2.IDKey([]byte(password), salt, c.Passes, c.Memory, c.Lanes, hashSize)
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.Memory, c.Passes, c.Lanes, b64(salt), b64(sum))
}

// parseHash reads the PHC form, refusing costs no desk has ever used.
func parseHash(s string) (c Cost, salt, sum []byte, err error) {
	bad := errors.New("not an argon2id hash")
	f := strings.Split(s, "$")
	if len(f) != 6 || f[0] != "" || f[1] != "argon2id" || f[2] != "v="+strconv.Itoa(argon2.Version) {
		return c, nil, nil, bad
	}
	for p := range strings.SplitSeq(f[3], ",") {
		k, v, _ := strings.Cut(p, "=")
		n, err := strconv.ParseUint(v, 10, 31)
		if err != nil {
			return c, nil, nil, bad
		}
		switch k {
		case "m":
			c.Memory = uint32(n)
		case "t":
			c.Passes = uint32(n)
		case "p":
			c.Lanes = uint8(min(n, 255))
		default:
			return c, nil, nil, bad
		}
	}
	if c.Memory < 8 || c.Memory > 4<<20 || c.Passes < 1 || c.Passes > 100 || c.Lanes < 1 {
		return c, nil, nil, bad
	}
	if salt, err = base64.RawStdEncoding.DecodeString(f[4]); err != nil || len(salt) < 8 {
		return c, nil, nil, bad
	}
	if sum, err = base64.RawStdEncoding.DecodeString(f[5]); err != nil || len(sum) < 16 || len(sum) > 128 {
		return c, nil, nil, bad
	}
	return c, salt, sum, nil
}

// verify says whether the password has the hash, taking the time of one hash
// also when there is none: the dummy is compared and the answer is no.
func (d *Desk) verify(ctx context.Context, password, hash string) (ok bool, err error) {
	known := hash != ""
	if !known {
		hash = d.dummy
	}
	c, salt, sum, err := parseHash(hash)
	if err != nil {
		return false, err
	}
	select {
	case d.hashing <- struct{}{}:
		defer func() { <-d.hashing }()
	case <-ctx.Done():
		return false, fault.New(fault.Unavailable, "access.sign-in.busy").Because(ctx.Err())
	}
	got := argon2.IDKey([]byte(password), salt, c.Passes, c.Memory, c.Lanes, uint32(len(sum)))
	same := subtle.ConstantTimeCompare(got, sum) == 1
	return same && known, nil
}

// hashNew hashes a new password within the bound on memory.
func (d *Desk) hashNew(ctx context.Context, password string) (string, error) {
	select {
	case d.hashing <- struct{}{}:
		defer func() { <-d.hashing }()
	case <-ctx.Done():
		return "", fault.New(fault.Unavailable, "access.sign-in.busy").Because(ctx.Err())
	}
	return d.cost.hash(password), nil
}

// outdated says whether the hash was made with another cost than the desk's.
func (d *Desk) outdated(hash string) bool {
	c, _, _, err := parseHash(hash)
	return err != nil || c != d.cost
}

// Limits of a password, in characters.
const (
	shortestPassword = 12
	longestPassword  = 256
)

// checkPassword notes what is wrong with a new password. Length is what
// counts; what is easily guessed of this person is refused. No rule asks for
// kinds of character (NIST SP 800-63B §3.1.1).
func checkPassword(f *fault.Fields, password, name, email string) {
	n := utf8.RuneCountInString(password)
	switch {
	case !utf8.ValidString(password):
		f.Add("password", "fault.field.text")
	case n < shortestPassword:
		f.Add("password", "fault.field.short", shortestPassword)
	case n > longestPassword:
		f.Add("password", "fault.field.long", longestPassword)
	case guessable(password, name, email):
		f.Add("password", "access.password.guessable")
	}
}

func guessable(password, name, email string) bool {
	low := strings.ToLower(password)
	kinds := map[rune]bool{}
	for _, r := range low {
		kinds[r] = true
	}
	if len(kinds) < 6 {
		return true
	}
	local, _, _ := strings.Cut(emailKey(email), "@")
	for _, w := range append(strings.Fields(strings.ToLower(name)), local, "password", "123456", "qwerty") {
		// A name may be part of a long phrase, not most of a short one.
		if utf8.RuneCountInString(w) >= 4 && strings.Contains(low, w) && utf8.RuneCountInString(low) < 2*utf8.RuneCountInString(w)+4 {
			return true
		}
	}
	return false
}

// randomText gives n random bytes as base64 without padding, for secrets.
func randomText(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails (crypto/rand, Go 1.24)
	return base64.RawURLEncoding.EncodeToString(b)
}
