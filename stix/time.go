package stix

import (
	"bytes"
	"cmp"
	"strings"
	"time"
)

// Timestamp is a STIX timestamp (section 2.16) kept exactly: the text as
// written, and for comparison the second and the fraction's digits. Fractions
// of any length compare without rounding. The zero Timestamp is absent.
type Timestamp struct {
	text string
	sec  int64
	frac string // digits of the fraction without trailing zeros
	leap bool   // 23:59:60, which lies between second sec and the next
}

// ParseTimestamp reads YYYY-MM-DDTHH:MM:SS[.s+]Z. It refuses dates that do not
// exist, other zones, lower-case letters and a point without digits; second 60
// is accepted at 23:59 on the last day of a month, where leap seconds fall.
func ParseTimestamp(s string) (Timestamp, error) {
	sec, frac, leap, ok := splitTime(s)
	if !ok {
		return Timestamp{}, &ValueError{Rule: RuleTimestamp, Text: s}
	}
	return Timestamp{text: s, sec: sec, frac: frac, leap: leap}, nil
}

// TimestampOf writes t as a STIX timestamp in UTC with at least millisecond
// precision, as the created and modified properties demand.
func TimestampOf(t time.Time) Timestamp {
	t = t.UTC()
	layout := "2006-01-02T15:04:05.000Z"
	if t.Nanosecond()%1e6 != 0 {
		layout = "2006-01-02T15:04:05.000000000Z"
	}
	ts, _ := ParseTimestamp(t.Format(layout))
	return ts
}

// String gives the timestamp as it was written, "" if absent.
func (t Timestamp) String() string { return t.text }

// IsZero says whether the timestamp is absent.
func (t Timestamp) IsZero() bool { return t.text == "" }

// Compare orders timestamps by the instant they name: -1, 0 or 1.
func (t Timestamp) Compare(u Timestamp) int {
	if c := cmp.Compare(t.sec, u.sec); c != 0 {
		return c
	}
	if t.leap != u.leap {
		if u.leap {
			return -1
		}
		return 1
	}
	return strings.Compare(t.frac, u.frac)
}

// Time gives the instant to the nanosecond, cutting what is finer; a leap
// second reads as the second after it begins.
func (t Timestamp) Time() time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	var nano int64
	for i := range 9 {
		nano *= 10
		if i < len(t.frac) {
			nano += int64(t.frac[i] - '0')
		}
	}
	sec := t.sec
	if t.leap {
		sec++
	}
	return time.Unix(sec, nano).UTC()
}

// splitTime checks a timestamp and gives its second, fraction digits and
// whether it is a leap second.
func splitTime[T string | []byte](s T) (sec int64, frac T, leap, ok bool) {
	if !validTime(s) {
		return 0, frac, false, false
	}
	frac = s[min(20, len(s)):max(len(s)-1, 20)]
	if len(s) == 20 {
		frac = s[:0]
	}
	for len(frac) > 0 && frac[len(frac)-1] == '0' {
		frac = frac[:len(frac)-1]
	}
	d2 := func(i int) int { return int(s[i]-'0')*10 + int(s[i+1]-'0') }
	second := d2(17)
	if second == 60 {
		second, leap = 59, true
	}
	days := civilDays(d2(0)*100+d2(2), d2(5), d2(8))
	return int64(days)*86400 + int64(d2(11)*3600+d2(14)*60+second), frac, leap, true
}

// civilDays counts days from 1970-01-01 in the proleptic Gregorian calendar.
func civilDays(y, m, d int) int {
	if m <= 2 {
		y--
	}
	era := (y + 400) / 400
	yoe := y + 400 - era*400
	mp := (m + 9) % 12
	doy := (153*mp+2)/5 + d - 1
	return (era-1)*146097 + yoe*365 + yoe/4 - yoe/100 + doy - 719468
}

// validTime says whether s has the form and values of a STIX timestamp.
func validTime[T string | []byte](s T) bool {
	if len(s) < 20 || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' || s[len(s)-1] != 'Z' {
		return false
	}
	for _, i := range [...]int{0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18} {
		if s[i]-'0' > 9 {
			return false
		}
	}
	if len(s) > 20 {
		if s[19] != '.' || len(s) == 21 {
			return false
		}
		for i := 20; i < len(s)-1; i++ {
			if s[i]-'0' > 9 {
				return false
			}
		}
	}
	month, day := (s[5]-'0')*10+s[6]-'0', (s[8]-'0')*10+s[9]-'0'
	hour, minute, second := (s[11]-'0')*10+s[12]-'0', (s[14]-'0')*10+s[15]-'0', (s[17]-'0')*10+s[18]-'0'
	if month-1 > 11 || day == 0 || hour > 23 || minute > 59 || second > 60 {
		return false
	}
	last := byte(31)
	switch month {
	case 4, 6, 9, 11:
		last = 30
	case 2:
		last = 28
		y := int(s[0]-'0')*1000 + int(s[1]-'0')*100 + int(s[2]-'0')*10 + int(s[3]-'0')
		if y%4 == 0 && (y%100 != 0 || y%400 == 0) {
			last = 29
		}
	}
	if second == 60 && (hour != 23 || minute != 59 || day != last) {
		return false
	}
	return day <= last
}

// hasMillis says whether a valid timestamp carries three digits or more.
func hasMillis(s []byte) bool { return len(s) >= 24 }

// compareTimes orders two valid timestamps without parsing them: in this
// format the first 19 characters order like the instants, leap seconds
// included, and fractions order like their digits.
func compareTimes(a, b []byte) int {
	if c := bytes.Compare(a[:19], b[:19]); c != 0 {
		return c
	}
	return bytes.Compare(trimFraction(a), trimFraction(b))
}

// trimFraction gives the digits of a valid timestamp's fraction without the
// zeros at its end.
func trimFraction(s []byte) []byte {
	if len(s) <= 21 {
		return nil
	}
	return bytes.TrimRight(s[20:len(s)-1], "0")
}
