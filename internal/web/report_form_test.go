package web

import (
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kulla.dev/internal/fault"
	"kulla.dev/internal/incident"
)

func tirana(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Tirane")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestNumbersAsPeopleTypeThem(t *testing.T) {
	for text, want := range map[string]float64{"1200": 1200, "1 200": 1200, "1.200": 1200, "1,200": 1200, "1.200.000": 1_200_000, "1,200,000": 1_200_000,
		"12,5": 12.5, "12.5": 12.5, "0,125": 0.125, "0.125": 0.125, "12 %": 12, "€ 5": 5, "1\u00a0200": 1200, "1.200,50": 1200.5, "1,200.50": 1200.5} {
		got, err := parseNumber(text)
		if err != nil || got != want {
			t.Errorf("%q: %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "many", "1e400", "NaN", "Inf", "12 or so", "--1"} {
		if got, err := parseNumber(text); err == nil {
			t.Errorf("%q was read as %v", text, got)
		}
	}
}

func TestMomentsWithTheirPrecision(t *testing.T) {
	zone := tirana(t)
	for _, c := range []struct {
		name, date, clock, precision string
		want                         incident.Moment
		broken                       string
	}{
		{name: "nothing"},
		{name: "unknown is an answer", precision: "unknown", want: incident.Moment{Precision: incident.Unknown}},
		{name: "minute", date: "2026-11-14", clock: "02:40", precision: "minute", want: incident.Moment{At: time.Date(2026, 11, 14, 2, 40, 0, 0, zone), Precision: incident.Minute}},
		{name: "a clock with seconds", date: "2026-11-14", clock: "02:40:59", want: incident.Moment{At: time.Date(2026, 11, 14, 2, 40, 0, 0, zone), Precision: incident.Minute}},
		{name: "no clock means the day", date: "2026-11-14", precision: "minute", want: incident.Moment{At: time.Date(2026, 11, 14, 0, 0, 0, 0, zone), Precision: incident.Day}},
		{name: "month", date: "2026-11-14", precision: "month", want: incident.Moment{At: time.Date(2026, 11, 1, 0, 0, 0, 0, zone), Precision: incident.Month}},
		{name: "hour needs a clock", date: "2026-11-14", precision: "hour", broken: "web.report.time.no-clock"},
		{name: "clock without day", clock: "02:40", precision: "minute", broken: "web.report.time.no-day"},
		{name: "no such day", date: "2026-02-30", broken: "web.report.time.bad-day"},
		{name: "the other way round", date: "14/11/2026", broken: "web.report.time.bad-day"},
		{name: "no such time", date: "2026-11-14", clock: "25:00", broken: "web.report.time.bad-clock"},
	} {
		f := sheet{Values: url.Values{"m.date": {c.date}, "m.clock": {c.clock}, "m.precision": {c.precision}}}
		var broken fault.Fields
		got := f.moment("m", zone, &broken)
		key := ""
		if len(broken) > 0 {
			key = broken[0].Key
		}
		if !got.At.Equal(c.want.At) || got.Precision != c.want.Precision || key != c.broken {
			t.Errorf("%s: %+v %q; want %+v %q", c.name, got, key, c.want, c.broken)
		}
		if c.broken == "" && !c.want.IsZero() { // and back into the form
			again := sheet{Values: url.Values{}}
			again.putMoment("m", got, zone)
			if back := again.moment("m", zone, &broken); !back.At.Equal(got.At) || back.Precision != got.Precision {
				t.Errorf("%s: written and read again: %+v, was %+v", c.name, back, got)
			}
		}
	}
}

func TestAPageClearsOnlyItsOwnFields(t *testing.T) {
	f := sheet{Values: url.Values{"kind": {"significant"}, "services": {"a", "b"}, "values.description": {"before"}}}
	f.merge(url.Values{"fields": {"services values.description version sent ../x"}, "services": {}, "values.description": {"after"}, "sent": {"/evil"}, "kind": {"threat"}, "version": {"9"}})
	want := url.Values{"kind": {"significant"}, "values.description": {"after"}}
	if d := cmp.Diff(want, f.Values); d != "" {
		t.Error(d)
	}
}

func TestTheLastHandMaySave(t *testing.T) {
	kept := sheet{Version: 4, Values: url.Values{"tab": {"t1"}}}
	for _, c := range []struct {
		posted url.Values
		want   bool
	}{
		{url.Values{"version": {"4"}, "tab": {"t2"}}, true},
		{url.Values{"version": {"3"}, "tab": {"t1"}}, true}, // its own save was under way
		{url.Values{"version": {"3"}, "tab": {"t2"}}, false},
		{url.Values{"version": {""}}, false},
	} {
		if got := sameHand(kept, c.posted); got != c.want {
			t.Errorf("%v: %v", c.posted, got)
		}
	}
}

func TestDownloadsAreNamedSafely(t *testing.T) {
	for name, want := range map[string]string{
		"log.txt":               `attachment; filename="log.txt"; filename*=UTF-8''log.txt`,
		"a\"b\r\nSet-Cookie: x": `attachment; filename="a_b__Set-Cookie: x"; filename*=UTF-8''a%22b%0D%0ASet-Cookie%3A%20x`,
		"dëshmi e re; 100%.png": `attachment; filename="d_shmi e re_ 100_.png"; filename*=UTF-8''d%C3%ABshmi%20e%20re%3B%20100%25.png`,
		"../../etc/passwd":      `attachment; filename=".._.._etc_passwd"; filename*=UTF-8''..%2F..%2Fetc%2Fpasswd`,
	} {
		if got := disposition(name); got != want {
			t.Errorf("%q: %s", name, got)
		}
	}
}

func FuzzSheet(f *testing.F) {
	f.Add("values.users_affected", "1.200", "2026-11-14", "02:40", "minute")
	f.Add("aware", "x", "0000-00-00", ":", "hour")
	f.Add("sent", "/", "2026-11-14", "24:60:00", "day")
	zone := tirana(f)
	f.Fuzz(func(t *testing.T, name, value, date, clock, precision string) {
		s := sheet{Values: url.Values{}}
		s.merge(url.Values{"fields": {name + " m.date m.clock m.precision"}, name: {value}, "m.date": {date}, "m.clock": {clock}, "m.precision": {precision}})
		for _, r := range reserved {
			if _, ok := s.Values[r]; ok {
				t.Errorf("a form set %q", r)
			}
		}
		var broken fault.Fields
		m := s.moment("m", zone, &broken)
		if !m.IsZero() && m.Precision == "" {
			t.Error("a moment without its precision")
		}
		if n, err := parseNumber(value); err == nil && n != n {
			t.Error("not a number was read as one")
		}
	})
}
