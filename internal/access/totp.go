package access

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" // RFC 6238's default, the only one every authenticator app knows
	"crypto/subtle"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Time-based codes (RFC 6238): six digits of 30 seconds, one step of
// tolerance either way for clocks that differ.
const (
	totpStep   = 30
	totpDigits = 6
	totpSkew   = 1
	totpSize   = 20 // bytes of secret, RFC 4226 §4
)

// totpCode gives the code of the secret in the time step.
func totpCode(secret []byte, step int64) string {
	var msg [8]byte
	binary.BigEndian.PutUint64(msg[:], uint64(step))
	h := hmac.New(sha1.New, secret)
	h.Write(msg[:])
	sum := h.Sum(nil)
	at := sum[len(sum)-1] & 15
	n := binary.BigEndian.Uint32(sum[at:]) & 0x7fffffff
	return fmt.Sprintf("%06d", n%1_000_000)
}

// totpMatch gives the time step whose code was typed, looking only at steps
// after last, so that no code counts twice. Every candidate is compared.
func totpMatch(secret []byte, typed string, now time.Time, last int64) (step int64, ok bool) {
	code := cleanCode(typed)
	if len(code) != totpDigits {
		return 0, false
	}
	mid := now.Unix() / totpStep
	for s := mid - totpSkew; s <= mid+totpSkew; s++ {
		same := subtle.ConstantTimeCompare([]byte(totpCode(secret, s)), []byte(code)) == 1
		if same && s > last {
			step, ok = s, true
		}
	}
	return step, ok
}

// cleanCode drops the spaces and hyphens people type in codes.
func cleanCode(s string) string {
	if len(s) > 64 {
		return ""
	}
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ', '-', '\u00a0', '\t':
			return -1
		}
		return r
	}, s)
}

func newTOTP() []byte {
	b := make([]byte, totpSize)
	_, _ = rand.Read(b) // never fails (crypto/rand, Go 1.24)
	return b
}

var base32Plain = base32.StdEncoding.WithPadding(base32.NoPadding)

// totpURL gives the address authenticator apps read from a QR code.
func totpURL(issuer, email string, secret []byte) string {
	q := url.Values{}
	q.Set("secret", base32Plain.EncodeToString(secret))
	q.Set("issuer", issuer)
	u := url.URL{Scheme: "otpauth", Host: "totp", Path: "/" + issuer + ":" + email, RawQuery: strings.ReplaceAll(q.Encode(), "+", "%20")}
	return u.String()
}

// seal encrypts a secret bound to its person with the desk's key.
func (d *Desk) seal(person string, secret []byte) (string, error) {
	gcm, err := d.gcm()
	if err != nil {
		return "", err
	}
	nonce := make([]byte, gcm.NonceSize())
	_, _ = rand.Read(nonce) // never fails (crypto/rand, Go 1.24)
	return base64.RawStdEncoding.EncodeToString(gcm.Seal(nonce, nonce, secret, []byte(person))), nil
}

// open reads what seal wrote for the same person with the same key.
func (d *Desk) open(person, sealed string) ([]byte, error) {
	gcm, err := d.gcm()
	if err != nil {
		return nil, err
	}
	b, err := base64.RawStdEncoding.DecodeString(sealed)
	if err != nil || len(b) < gcm.NonceSize() {
		return nil, errors.New("sealed secret is damaged")
	}
	out, err := gcm.Open(nil, b[:gcm.NonceSize()], b[gcm.NonceSize():], []byte(person))
	if err != nil {
		return nil, fmt.Errorf("open sealed secret (was the desk's key changed?): %w", err)
	}
	return out, nil
}

func (d *Desk) gcm() (cipher.AEAD, error) {
	block, err := aes.NewCipher(d.sealKey)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// Recovery codes: ten, each used once, 80 random bits.
const recoveryCount = 10

func newRecovery() []string {
	out := make([]string, recoveryCount)
	for i := range out {
		b := make([]byte, 10)
		_, _ = rand.Read(b) // never fails (crypto/rand, Go 1.24)
		s := strings.ToLower(base32Plain.EncodeToString(b))
		out[i] = s[:4] + "-" + s[4:8] + "-" + s[8:12] + "-" + s[12:]
	}
	return out
}

// recoveryForm gives the typed recovery code as it is hashed, "" if it cannot
// be one. It contains letters or is longer than a time-based code.
func recoveryForm(typed string) string {
	s := strings.ToLower(cleanCode(typed))
	if len(s) != 16 {
		return ""
	}
	return s
}
