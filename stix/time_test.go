package stix

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseTimestamp(t *testing.T) {
	good := []string{"2016-01-20T12:31:12Z", "2016-01-20T12:31:12.1Z", "2016-01-20T12:31:12.123456789012345678901234567890Z",
		"0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z", "2016-12-31T23:59:60Z", "2015-06-30T23:59:60.5Z",
		"2000-02-29T00:00:00Z", "2020-02-29T00:00:00.000Z"}
	bad := []string{"", "2016", "2016-01-20", "2016-01-20T12:31:12", "2016-01-20T12:31:12+00:00", "2016-01-20T12:31:12.Z",
		"2016-01-20t12:31:12Z", "2016-01-20T12:31:12z", "2016-01-20 12:31:12Z", "2016-1-20T12:31:12Z", "2016-00-20T12:31:12Z",
		"2016-13-20T12:31:12Z", "2016-01-00T12:31:12Z", "2016-01-32T12:31:12Z", "2016-04-31T12:31:12Z", "2015-02-29T12:31:12Z",
		"1900-02-29T12:31:12Z", "2016-01-20T24:00:00Z", "2016-01-20T12:60:12Z", "2016-01-20T12:31:61Z", "2016-01-20T12:31:60Z",
		"2016-12-30T23:59:60Z", "2016-01-20T12:31:12,5Z", "2016-01-20T12:31:12.1 Z", "2016-01-20T12:31Z", " 2016-01-20T12:31:12Z",
		"2016-01-20T12:31:12Z ", "20160120T123112Z", "+2016-01-20T12:31:12Z", "2016-01-20T12:31:12.1ZZ", "٢٠١٦-01-20T12:31:12Z"}
	for _, s := range good {
		if ts, err := ParseTimestamp(s); err != nil || ts.String() != s {
			t.Errorf("%s: %v %v", s, ts, err)
		}
	}
	for _, s := range bad {
		if _, err := ParseTimestamp(s); err == nil {
			t.Errorf("%q passed", s)
		}
	}
}

func TestTimestampOrder(t *testing.T) {
	ordered := []string{"2016-12-31T23:59:59Z", "2016-12-31T23:59:59.0000000000000000001Z", "2016-12-31T23:59:59.1Z",
		"2016-12-31T23:59:59.123456789Z", "2016-12-31T23:59:59.1234567891Z", "2016-12-31T23:59:59.9Z", "2016-12-31T23:59:60Z",
		"2016-12-31T23:59:60.5Z", "2017-01-01T00:00:00Z", "2017-01-01T00:00:00.000001Z"}
	for i, a := range ordered {
		for j, b := range ordered {
			ta, _ := ParseTimestamp(a)
			tb, _ := ParseTimestamp(b)
			want := min(max(i-j, -1), 1)
			if got := ta.Compare(tb); got != want {
				t.Errorf("Compare(%s, %s) = %d", a, b, got)
			}
			if got := compareTimes([]byte(a), []byte(b)); min(max(got, -1), 1) != want {
				t.Errorf("compareTimes(%s, %s) = %d", a, b, got)
			}
		}
	}
	a, _ := ParseTimestamp("2016-01-20T12:31:12Z")
	b, _ := ParseTimestamp("2016-01-20T12:31:12.000Z")
	if a.Compare(b) != 0 || a == b {
		t.Error("equal instants must compare equal and keep their texts")
	}
}

// TestTimestampLaw: for every instant, text and time agree, and order agrees
// with package time.
func TestTimestampLaw(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) time.Time {
			return time.Unix(rapid.Int64Range(-62167219200, 253402300799).Draw(t, name),
				rapid.Int64Range(0, 999999999).Draw(t, name+" ns")).UTC()
		}
		x, y := draw("x"), draw("y")
		tx, ty := TimestampOf(x), TimestampOf(y)
		if !tx.Time().Equal(x) || !hasMillis([]byte(tx.String())) {
			t.Fatalf("%v became %v", x, tx)
		}
		if tx.Compare(ty) != x.Compare(y) {
			t.Fatalf("%v and %v compare as %d", tx, ty, tx.Compare(ty))
		}
	})
}
