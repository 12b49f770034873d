package pattern

import (
	"cmp"
	"strconv"
	"strings"
)

// decimal is an exact decimal number: ±0.digits × 10^exp, digits without
// leading or trailing zeros, "" for zero. Numbers compare by full value
// (§9.2), also beyond float64. small holds those that fit an int64 as i.
type decimal struct {
	small  bool
	i      int64
	neg    bool
	exp    int
	digits string
}

// maxExponent is where exponents stop growing: numbers beyond differ no more.
const maxExponent = 1 << 40

// parseDecimal reads a JSON or pattern number.
func parseDecimal(s string) (decimal, bool) {
	if len(s) > 0 && len(s) <= 18 {
		if i, ok := smallInt(s); ok {
			return decimal{small: true, i: i}, true
		}
	}
	var d decimal
	if s != "" && (s[0] == '-' || s[0] == '+') {
		d.neg = s[0] == '-'
		s = s[1:]
	}
	e := 0
	if k := strings.IndexAny(s, "eE"); k >= 0 {
		n, err := strconv.Atoi(s[k+1:])
		if err != nil && n == 0 {
			return d, false
		}
		e, s = min(max(n, -maxExponent), maxExponent), s[:k]
	}
	whole, frac, point := strings.Cut(s, ".")
	if whole == "" && frac == "" || point && frac == "" || !allDigits(whole) || !allDigits(frac) {
		return d, false
	}
	d.exp = len(whole) + e
	d.digits = whole
	if frac != "" {
		d.digits = whole + frac
	}
	all := len(d.digits)
	d.digits = strings.TrimLeft(d.digits, "0")
	d.exp -= all - len(d.digits)
	d.digits = strings.TrimRight(d.digits, "0")
	if d.digits == "" {
		return decimal{}, true
	}
	return d, true
}

func smallInt(s string) (int64, bool) {
	neg := s[0] == '-'
	if neg {
		s = s[1:]
	}
	if s == "" {
		return 0, false
	}
	var n int64
	for i := range len(s) {
		if !digit(s[i]) {
			return 0, false
		}
		n = n*10 + int64(s[i]-'0')
	}
	if neg {
		n = -n
	}
	return n, true
}

func allDigits(s string) bool {
	for i := range len(s) {
		if !digit(s[i]) {
			return false
		}
	}
	return true
}

// long gives the digits form of a small number.
func (d decimal) long() decimal {
	if !d.small {
		return d
	}
	if d.i == 0 {
		return decimal{}
	}
	s := strconv.FormatInt(d.i, 10)
	out := decimal{neg: d.i < 0}
	if out.neg {
		s = s[1:]
	}
	out.exp = len(s)
	out.digits = strings.TrimRight(s, "0")
	return out
}

// compare gives -1, 0 or 1.
func (d decimal) compare(e decimal) int {
	if d.small && e.small {
		return cmp.Compare(d.i, e.i)
	}
	d, e = d.long(), e.long()
	if d.signum() != e.signum() {
		return cmp.Compare(d.signum(), e.signum())
	}
	c := cmp.Or(cmp.Compare(d.exp, e.exp), strings.Compare(d.digits, e.digits))
	if d.neg {
		return -c
	}
	return c
}

func (d decimal) signum() int {
	switch {
	case d.digits == "":
		return 0
	case d.neg:
		return -1
	}
	return 1
}

// appendKey appends a text equal for equal numbers and for those only.
func (d decimal) appendKey(b []byte) []byte {
	if d.small {
		d = d.long()
	}
	if d.digits == "" {
		return append(b, '0')
	}
	if d.neg {
		b = append(b, '-')
	}
	b = append(b, d.digits...)
	b = append(b, 'e')
	return strconv.AppendInt(b, int64(d.exp), 10)
}

// canonicalNumber gives the plain decimal notation of a pattern number:
// without plus sign, superfluous zeros or point.
func canonicalNumber(s string) string {
	d, ok := parseDecimal(s)
	if !ok {
		return s
	}
	d = d.long()
	if d.digits == "" {
		return "0"
	}
	var b strings.Builder
	if d.neg {
		b.WriteByte('-')
	}
	switch n := len(d.digits); {
	case d.exp <= 0:
		b.WriteString("0." + strings.Repeat("0", -d.exp) + d.digits)
	case d.exp >= n:
		b.WriteString(d.digits + strings.Repeat("0", d.exp-n))
	default:
		b.WriteString(d.digits[:d.exp] + "." + d.digits[d.exp:])
	}
	return b.String()
}
