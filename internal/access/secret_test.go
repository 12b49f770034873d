package access

import (
	"strings"
	"testing"
	"time"

	"kulla.dev/internal/fault"
)

// RFC 6238, appendix B, the SHA-1 rows, last six digits.
func TestTOTPVectors(t *testing.T) {
	secret := []byte("12345678901234567890")
	for _, c := range []struct {
		unix int64
		want string
	}{
		{59, "287082"}, {1111111109, "081804"}, {1111111111, "050471"}, {1234567890, "005924"}, {2000000000, "279037"}, {20000000000, "353130"},
	} {
		if got := totpCode(secret, c.unix/totpStep); got != c.want {
			t.Errorf("at %d: %s, want %s", c.unix, got, c.want)
		}
	}
}

func TestTOTPWindow(t *testing.T) {
	secret := newTOTP()
	now := time.Unix(1_800_000_000, 0)
	step := now.Unix() / totpStep
	for d := int64(-3); d <= 3; d++ {
		_, ok := totpMatch(secret, totpCode(secret, step+d), now, 0)
		if ok != (d >= -totpSkew && d <= totpSkew) {
			t.Errorf("code of step %+d: %v", d, ok)
		}
	}
	if _, ok := totpMatch(secret, totpCode(secret, step), now, step); ok {
		t.Error("a used step counts again")
	}
	if got, ok := totpMatch(secret, totpCode(secret, step+1), now, step); !ok || got != step+1 {
		t.Error("the step after the used one does not count")
	}
}

// The published vector of the reference implementation of Argon2 (phc-winner-argon2 test.c, version 0x13).
func TestArgon2Vector(t *testing.T) {
	const known = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	d := &Desk{hashing: make(chan struct{}, 1)}
	if ok, err := d.verify(t.Context(), "password", known); err != nil || !ok {
		t.Errorf("%v, %v", ok, err)
	}
	if ok, err := d.verify(t.Context(), "Password", known); err != nil || ok {
		t.Errorf("%v, %v", ok, err)
	}
}

func TestHashesDiffer(t *testing.T) {
	if cheap.hash("x") == cheap.hash("x") {
		t.Error("same salt twice")
	}
}

func TestCheckPassword(t *testing.T) {
	for password, ok := range map[string]bool{
		"seven quiet boats at noon": true, "katër anije të qeta": true, "short": false, "aaaaaaaaaaaaaa": false,
		"password1234": false, "ana.berisha1": false, "Berisha berisha": false, strings.Repeat("ab c d ef", 40): false,
		"\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8\xf7\xf6\xf5\xf4": false, "qwerty123456": false,
	} {
		var f fault.Fields
		checkPassword(&f, password, "Ana Berisha", "ana.berisha@op.example")
		if (f.Err() == nil) != ok {
			t.Errorf("%q: %v", password, f.Err())
		}
	}
}

func FuzzParseHash(f *testing.F) {
	f.Add(cheap.hash("x"))
	f.Add("$argon2id$v=19$m=99999999999,t=1,p=1$$")
	f.Add("$argon2i$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$aGFzaA")
	f.Fuzz(func(t *testing.T, s string) {
		c, salt, sum, err := parseHash(s)
		if err == nil && (c.Memory > 4<<20 || c.Passes > 100 || c.Lanes == 0 || len(salt) < 8 || len(sum) < 16) {
			t.Fatalf("%q costs %+v", s, c)
		}
	})
}

func FuzzCode(f *testing.F) {
	secret := []byte("12345678901234567890")
	now := time.Unix(59, 0)
	for _, s := range []string{"287082", "287 082", "28-70-82", "", "٢٨٧٠٨٢", "abcd-efgh-ijkl-mnop", strings.Repeat("9", 70)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if step, ok := totpMatch(secret, s, now, 0); ok && totpCode(secret, step) != cleanCode(s) {
			t.Fatalf("%q counts as the code of step %d", s, step)
		}
		if r := recoveryForm(s); r != "" && (len(r) != 16 || recoveryForm(r) != r) {
			t.Fatalf("%q → %q → %q", s, r, recoveryForm(r))
		}
	})
}

func FuzzParseToken(f *testing.F) {
	f.Add(newToken())
	f.Add("kulla_abcdefgh_" + strings.Repeat("A", 43))
	f.Add("kulla_")
	f.Fuzz(func(t *testing.T, s string) {
		prefix, ok := parseToken(s)
		if ok && (len(prefix) != tokenPrefix || !strings.HasPrefix(s, prefix+"_") || strings.ContainsAny(s, " \n\"'%")) {
			t.Fatalf("%q → %q", s, prefix)
		}
	})
}

func BenchmarkHash(b *testing.B) {
	for b.Loop() {
		DefaultCost.hash(goodPassword)
	}
}
