package i18n

import (
	"math"
	"reflect"
	"strconv"
	"strings"

	"golang.org/x/text/feature/plural"
)

// Characters of typography that must not break a line.
const (
	narrow = "\u202f" // narrow no-break space: groups of digits
	nbsp   = "\u00a0" // no-break space: between a number and its unit
	minus  = "\u2212" // a real minus sign
	dash   = "\u2013" // en dash: between the ends of a range
)

// Percent is a share of one: Percent(0.38) is said "38 %".
type Percent float64

// Bytes is a size in bytes: Bytes(1_200_000) is said "1.2 MB".
type Bytes int64

// Fixed is a number with a chosen count of decimals.
type Fixed struct {
	Value  float64
	Digits int // decimals, 0 to 15
}

// Number writes an integer with its thousands grouped, as in tables: "1 204".
func (l Lang) Number(n int64) string { return l.book().integer(n, 4) }

// Decimal writes a number with exactly that many decimals: "0,45" in Albanian.
func (l Lang) Decimal(x float64, digits int) string { return l.book().decimal(x, digits) }

// Percent writes a share of one as a percentage with that many decimals.
func (l Lang) Percent(share float64, digits int) string { return l.book().percent(share, digits) }

// Signed writes a number with its sign always shown: "+11", "−3".
func (l Lang) Signed(x float64, digits int) string { return l.book().signed(x, digits) }

// Bytes writes a size in decimal units: "840 B", "1.2 MB".
func (l Lang) Bytes(n int64) string { return l.book().bytes(n) }

// Compact writes a large count shortly, for places with little room: "18.2 k".
func (l Lang) Compact(n int64) string { return l.book().compact(n) }

// Ordinal writes a rank: "3rd", "4-t".
func (l Lang) Ordinal(n int64) string { return l.book().ordinal(n) }

// Range writes two ends: "6–16", or with words when an end is negative, so
// that no minus stands beside a dash.
func (l Lang) Range(lo, hi float64, digits int) string { return l.book().span(lo, hi, digits, "") }

// Interval writes an interval with its level: "95 % CI 6–16".
func (l Lang) Interval(level, lo, hi float64, digits int) string {
	b := l.book()
	return b.key("i18n.interval", Args{"level": Percent(level), "range": b.span(lo, hi, digits, "")})
}

// IntervalPercent writes an interval of shares of one: "95 % CI 22–56 %".
func (l Lang) IntervalPercent(level, lo, hi float64, digits int) string {
	b := l.book()
	return b.key("i18n.interval", Args{"level": Percent(level), "range": b.span(lo*100, hi*100, digits, nbsp+"%")})
}

// key says one of this package's own keys in the book's language. The names of
// marks and units come from the files, so a new language needs no code.
func (b *book) key(key string, args ...any) string {
	if m, ok := b.text[key]; ok {
		return b.say(m, args)
	}
	for _, lang := range []Lang{b.lang, English} {
		if o := embedded().books[lang]; o != nil && o != b {
			if m, ok := o.text[key]; ok {
				return o.say(m, args)
			}
		}
	}
	return "⟦" + key + "⟧"
}

// integer groups the digits of numbers with at least from digits.
func (b *book) integer(n int64, from int) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if s[0] == '-' {
		sign, s = minus, s[1:]
	}
	return sign + group(s, from)
}

func group(digits string, from int) string {
	if len(digits) < from || len(digits) < 4 {
		return digits
	}
	var out strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			out.WriteString(narrow)
		}
		out.WriteRune(d)
	}
	return out.String()
}

func (b *book) decimal(x float64, digits int) string {
	switch {
	case math.IsNaN(x):
		return b.key("i18n.number.unknown")
	case math.IsInf(x, 1):
		return "∞"
	case math.IsInf(x, -1):
		return minus + "∞"
	}
	digits = max(-1, min(digits, 15))
	s := strconv.FormatFloat(math.Abs(x), 'f', digits, 64)
	whole, frac, _ := strings.Cut(s, ".")
	out := group(whole, 4)
	if frac != "" {
		out += b.key("i18n.number.decimal") + frac
	}
	if x < 0 && strings.Trim(s, "0.") != "" {
		out = minus + out
	}
	return out
}

func (b *book) percent(share float64, digits int) string {
	return b.decimal(share*100, digits) + nbsp + "%"
}

func (b *book) signed(x float64, digits int) string {
	s := b.decimal(x, digits)
	if strings.HasPrefix(s, minus) || math.IsNaN(x) || strings.Trim(s, "0.,") == "" {
		return s
	}
	return "+" + s
}

func (b *book) span(lo, hi float64, digits int, unit string) string {
	from, to := b.decimal(lo, digits), b.decimal(hi, digits)+unit
	if strings.HasPrefix(from, minus) || strings.HasPrefix(to, minus) {
		return b.key("i18n.range.words", Args{"from": from, "to": to})
	}
	return from + dash + to
}

func (b *book) bytes(n int64) string {
	units := []string{"B", "kB", "MB", "GB", "TB", "PB"}
	x, i := float64(n), 0
	for i < len(units)-1 && math.Abs(x) >= 999.5 {
		x, i = x/1000, i+1
	}
	digits := 0
	if i > 0 && math.Abs(x) < 9.95 {
		digits = 1
	}
	return b.decimal(x, digits) + nbsp + units[i]
}

func (b *book) compact(n int64) string {
	x := math.Abs(float64(n))
	key, scale := "", 1.0
	switch {
	case x < 10_000:
		return b.integer(n, 5)
	case x < 999_500:
		key, scale = "i18n.number.thousand", 1e3
	default:
		key, scale = "i18n.number.million", 1e6
	}
	v := float64(n) / scale
	digits := 0
	if math.Abs(v) < 99.95 {
		digits = 1
	}
	return b.key(key, b.decimal(v, digits))
}

func (b *book) ordinal(n int64) string {
	m, ok := b.text["i18n.number.ordinal"]
	if !ok {
		return b.integer(n, 5)
	}
	v, _ := toNumber(n)
	chosen := message{forms: map[string][]part{"other": m.form(v.category(plural.Ordinal, b))}}
	return b.say(chosen, []any{n})
}

// number holds the operands CLDR's plural rules ask of a number: its whole
// part and its visible decimals.
type number struct {
	whole    int
	decimals string
}

// toNumber reads any integer or float, named types included.
func toNumber(v any) (number, bool) {
	rv := reflect.ValueOf(v)
	if f, ok := v.(Fixed); ok {
		return fromText(strconv.FormatFloat(math.Abs(f.Value), 'f', max(0, f.Digits), 64)), true
	}
	switch {
	case rv.CanInt():
		return number{whole: int(min(max(rv.Int(), -rv.Int()), 1<<53))}, true
	case rv.CanUint():
		return number{whole: int(min(rv.Uint(), 1<<53))}, true
	case rv.CanFloat():
		return fromText(strconv.FormatFloat(math.Abs(rv.Float()), 'f', -1, 64)), true
	}
	return number{}, false
}

func fromText(s string) number {
	whole, frac, _ := strings.Cut(s, ".")
	n, err := strconv.Atoi(whole)
	if err != nil {
		n = 1 << 53 // beyond any plural rule's interest
	}
	return number{n, frac}
}

func (n number) zero() bool { return n.whole == 0 && strings.Trim(n.decimals, "0") == "" }

// category asks CLDR which form the number takes; see the operands i, v, w, f
// and t of UTS 35 part 3.
func (n number) category(rules *plural.Rules, b *book) plural.Form {
	trimmed := strings.TrimRight(n.decimals, "0")
	return rules.MatchPlural(b.tag, n.whole%10_000_000, len(n.decimals), len(trimmed), small(n.decimals), small(trimmed))
}

func small(digits string) int {
	if len(digits) > 7 {
		digits = digits[:7]
	}
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0 // no decimals
	}
	return n
}
