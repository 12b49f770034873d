package pattern

import (
	"math/big"
	"strings"
	"time"
)

// Instant is a point in time with a fraction of any length: STIX timestamps
// compare exactly, however many digits they carry (§9.2). The zero Instant is
// 1970-01-01T00:00:00Z. Instants compare by Compare, not by ==.
type Instant struct {
	sec  int64
	nano int32
	rest string // digits behind the ninth, without trailing zeros
}

// maxFraction is the longest fraction read: a longer one is no timestamp.
const maxFraction = 1000

// InstantOf gives the Instant of a time.
func InstantOf(t time.Time) Instant { return Instant{sec: t.Unix(), nano: int32(t.Nanosecond())} }

// Time gives the time, cut to nanoseconds, in UTC.
func (i Instant) Time() time.Time { return time.Unix(i.sec, int64(i.nano)).UTC() }

// ParseInstant reads an RFC 3339 timestamp in UTC as STIX writes it:
// YYYY-MM-DDThh:mm:ss[.fraction]Z. Impossible dates and leap seconds are refused.
func ParseInstant(s string) (Instant, bool) {
	if len(s) < 20 || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' || s[len(s)-1] != 'Z' {
		return Instant{}, false
	}
	num := func(i, j int) int {
		n := 0
		for ; i < j; i++ {
			if !digit(s[i]) {
				return -1
			}
			n = n*10 + int(s[i]-'0')
		}
		return n
	}
	y, mo, d, h, mi, sec := num(0, 4), num(5, 7), num(8, 10), num(11, 13), num(14, 16), num(17, 19)
	if y < 0 || mo < 1 || mo > 12 || d < 1 || h < 0 || h > 23 || mi < 0 || mi > 59 || sec < 0 || sec > 59 ||
		d > time.Date(y, time.Month(mo)+1, 0, 0, 0, 0, 0, time.UTC).Day() {
		return Instant{}, false
	}
	out := Instant{sec: time.Date(y, time.Month(mo), d, h, mi, sec, 0, time.UTC).Unix()}
	if frac := s[19 : len(s)-1]; frac != "" {
		if frac[0] != '.' || len(frac) < 2 || len(frac) > maxFraction {
			return Instant{}, false
		}
		var ok bool
		if out.nano, out.rest, ok = fraction(frac[1:]); !ok {
			return Instant{}, false
		}
	}
	return out, true
}

// fraction splits the digits behind a point.
func fraction(s string) (nano int32, rest string, ok bool) {
	for i := range len(s) {
		if !digit(s[i]) {
			return 0, "", false
		}
	}
	for i := range 9 {
		nano *= 10
		if i < len(s) {
			nano += int32(s[i] - '0')
		}
	}
	if len(s) > 9 {
		rest = strings.TrimRight(s[9:], "0")
	}
	return nano, rest, true
}

// Compare gives -1, 0 or 1 as i is before, at or after j.
func (i Instant) Compare(j Instant) int {
	switch {
	case i.sec != j.sec:
		return sign(i.sec < j.sec)
	case i.nano != j.nano:
		return sign(i.nano < j.nano)
	}
	return strings.Compare(i.rest, j.rest)
}

func sign(less bool) int {
	if less {
		return -1
	}
	return 1
}

// String gives the shortest STIX timestamp of the instant.
func (i Instant) String() string {
	s := time.Unix(i.sec, 0).UTC().Format("2006-01-02T15:04:05")
	if i.nano != 0 || i.rest != "" {
		f := []byte("000000000")
		for n, k := i.nano, 8; k >= 0; n, k = n/10, k-1 {
			f[k] = byte('0' + n%10)
		}
		s += "." + strings.TrimRight(string(f)+i.rest, "0")
	}
	return s + "Z"
}

// span is a length of time in exact decimal seconds.
type span struct {
	sec  int64
	nano int32
	rest string
}

func (d span) zero() bool { return d.sec == 0 && d.nano == 0 && d.rest == "" }

// parseSpan reads a decimal number of seconds. Beyond 10^12 seconds every
// window is the same: it holds all of time.
func parseSpan(s string) (span, bool) {
	whole, frac, _ := strings.Cut(s, ".")
	if s == "" || s[0] == '-' || len(frac) > maxFraction {
		return span{}, false
	}
	var d span
	for i := range len(whole) {
		if !digit(whole[i]) {
			return span{}, false
		}
		d.sec = min(d.sec*10+int64(whole[i]-'0'), 1_000_000_000_000)
	}
	var ok bool
	d.nano, d.rest, ok = fraction(frac)
	return d, ok
}

// before says whether i < start + d, exactly.
func (i Instant) before(start Instant, d span) bool {
	if i.rest == "" && start.rest == "" && d.rest == "" {
		sec, nano := start.sec+d.sec, start.nano+d.nano
		if nano >= 1e9 {
			sec, nano = sec+1, nano-1e9
		}
		return i.sec < sec || i.sec == sec && i.nano < nano
	}
	width := max(len(i.rest), len(start.rest), len(d.rest))
	a := scaled(i.sec, i.nano, i.rest, width)
	b := scaled(start.sec, start.nano, start.rest, width)
	return a.Cmp(b.Add(b, scaled(d.sec, d.nano, d.rest, width))) < 0
}

// scaled gives (sec + nano·1e-9 + rest…)·10^(9+width) as an integer.
func scaled(sec int64, nano int32, rest string, width int) *big.Int {
	n := new(big.Int).Mul(big.NewInt(sec), big.NewInt(1e9))
	n.Add(n, big.NewInt(int64(nano)))
	tail, _ := new(big.Int).SetString("0"+rest+strings.Repeat("0", width-len(rest)), 10)
	n.Mul(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(width)), nil))
	return n.Add(n, tail)
}
