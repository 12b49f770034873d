package regime_test

import (
	"testing"
	"testing/fstest"
	"time"

	"io/fs"
	"strings"

	"kulla.dev/internal/country"
	"kulla.dev/internal/regime"
	"kulla.dev/packs"
)

func TestVector01_SummerTimeBegins(t *testing.T) {
	s := nis2(t)
	s.on(country.Aware, "2026-03-27 22:30", "")
	r := s.at("2026-03-27 22:31")
	wantDue(t, find(t, r, "eu.nis2/early"), "2026-03-28 22:30")
	wantDue(t, find(t, r, "eu.nis2/notice"), "2026-03-30 23:30")
}

func TestVector02_SummerTimeEnds(t *testing.T) {
	s := nis2(t)
	s.on(country.Aware, "2026-10-24 01:15", "")
	r := s.at("2026-10-24 01:16")
	wantDue(t, find(t, r, "eu.nis2/early"), "2026-10-25 01:15")
	wantDue(t, find(t, r, "eu.nis2/notice"), "2026-10-27 00:15")
}

func TestVector03_MonthEndsOnSunday(t *testing.T) {
	s := nis2(t)
	s.on(country.Aware, "2027-01-30 09:00", "")
	s.on(country.Submitted, "2027-01-31 15:00", "notice")
	wantDue(t, find(t, s.at("2027-02-01 08:00"), "eu.nis2/final"), "2027-03-01 15:00")

	off := patched(t, "eu-nis2/regime.yaml", "roll: next_working_day, min_working_days: 2", "roll: none")
	s.e = regime.New(off)
	wantDue(t, find(t, s.at("2027-02-01 08:00"), "eu.nis2/final"), "2027-02-28 15:00")
}

// patched loads al and eu-nis2 with one text of one file replaced.
func patched(t *testing.T, file, old, new string) *country.Pack {
	t.Helper()
	m := fstest.MapFS{}
	err := fs.WalkDir(packs.FS, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(packs.FS, name)
		if name == file {
			text := strings.ReplaceAll(string(b), old, new)
			if text == string(b) {
				t.Fatalf("%s does not contain %q", file, old)
			}
			b = []byte(text)
		}
		m[name] = &fstest.MapFile{Data: b}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	p, err := country.LoadAll(m, "al", "eu-nis2")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestVector04_LeapFebruary(t *testing.T) {
	for _, day := range []string{"2028-01-30", "2028-01-31"} {
		s := nis2(t)
		s.on(country.Aware, "2028-01-29 09:00", "")
		s.on(country.Submitted, day+" 11:00", "notice")
		wantDue(t, find(t, s.at("2028-02-01 08:00"), "eu.nis2/final"), "2028-02-29 11:00")
	}
}

// The weekday vectors run in an ordinary week and in the weeks of both changes.
var weeks = map[string]string{"ordinary": "2026-06-18", "spring": "2026-03-26", "autumn": "2026-10-22"} // Thursdays

func eachWeek(t *testing.T, f func(t *testing.T, day func(n int, clock string) string)) {
	for name, thursday := range weeks {
		t.Run(name, func(t *testing.T) {
			base, err := country.ParseDate(thursday)
			if err != nil || base.Weekday() != time.Thursday {
				t.Fatalf("%s is no Thursday", thursday)
			}
			f(t, func(n int, clock string) string { return base.AddDays(n).String() + " " + clock })
		})
	}
}

func TestVector05_ClassifiedSameDay(t *testing.T) {
	eachWeek(t, func(t *testing.T, day func(int, string) string) {
		s := dora(t)
		s.on(country.Aware, day(0, "08:00"), "")
		s.on(country.Classified, day(0, "14:00"), "")
		wantDue(t, find(t, s.at(day(0, "14:01")), "eu.dora/initial"), day(0, "18:00"))
	})
}

func TestVector06_ClassifiedNextMorning(t *testing.T) {
	eachWeek(t, func(t *testing.T, day func(int, string) string) {
		s := dora(t)
		s.on(country.Aware, day(0, "08:00"), "")
		s.on(country.Classified, day(1, "07:00"), "")
		wantDue(t, find(t, s.at(day(1, "07:01")), "eu.dora/initial"), day(1, "08:00"))
	})
}

func TestVector07_ClassifiedOnSaturday(t *testing.T) {
	eachWeek(t, func(t *testing.T, day func(int, string) string) {
		for _, c := range []struct{ kind, due string }{
			{"credit_institution", day(2, "14:00")}, {"payment_institution", day(4, "12:00")},
		} {
			s := dora(t, c.kind)
			s.on(country.Aware, day(0, "08:00"), "")
			s.on(country.Classified, day(2, "10:00"), "")
			wantDue(t, find(t, s.at(day(2, "10:01")), "eu.dora/initial"), c.due)
		}
	})
}

func TestVector08_IntermediateOnSunday(t *testing.T) {
	eachWeek(t, func(t *testing.T, day func(int, string) string) {
		s := dora(t, "payment_institution")
		s.on(country.Aware, day(0, "08:00"), "")
		s.on(country.Classified, day(0, "10:00"), "")
		s.on(country.Submitted, day(0, "13:00"), "initial")
		wantDue(t, find(t, s.at(day(0, "13:01")), "eu.dora/intermediate"), day(4, "12:00"))
	})
}

func TestVector09_LateNoticeMovesTheFinal(t *testing.T) {
	s := nis2(t)
	s.on(country.Aware, "2026-06-01 09:00", "")
	sub := s.on(country.Submitted, "2026-06-04 17:00", "notice") // 80 h
	r := s.at("2026-06-05 09:00")
	n := find(t, r, "eu.nis2/notice")
	wantState(t, n, regime.Late)
	if n.SatisfiedBy != sub || n.Lateness != 7*time.Hour {
		// 72 h counted from 10:00 by the rule on the hour of the event
		t.Errorf("notice satisfied by %q, late %v; want %q, 7h", n.SatisfiedBy, n.Lateness, sub)
	}
	wantDue(t, n, "2026-06-04 09:00")
	wantDue(t, find(t, r, "eu.nis2/final"), "2026-07-06 17:00") // 4 July 2026 is a Saturday
}

func TestVector10_NoticeNeverSubmitted(t *testing.T) {
	s := nis2(t)
	s.on(country.Aware, "2026-06-01 09:00", "")
	f := find(t, s.at("2026-06-10 09:00"), "eu.nis2/final")
	wantDue(t, f, "2026-07-06 09:00") // one month after Thu 4 June 09:00 is a Saturday
	wantFlag(t, f, "regime.warn.anchor-missing")
	if !f.Anchor.Fallback || f.Anchor.Text != "due(notice)" {
		t.Errorf("anchor %+v, want the fallback due(notice)", f.Anchor)
	}
}

func TestVector11_SubstituteDays(t *testing.T) {
	p := load(t, "al", "eu-nis2")
	c, _ := p.Calendar("")
	for day, works := range map[string]bool{
		"2026-11-27": true, "2026-11-28": false, "2026-11-29": false, "2026-11-30": false, "2026-12-01": false, "2026-12-02": true,
	} {
		d, _ := country.ParseDate(day)
		if c.IsWorking(d) != works {
			t.Errorf("IsWorking(%s) = %v, want %v", day, !works, works)
		}
	}
	from, _ := country.ParseDate("2026-11-27")
	if got := c.AddWorking(from, 1).String(); got != "2026-12-02" {
		t.Errorf("one working day after 27 November = %s, want 2026-12-02", got)
	}
	s := nis2(t)
	s.on(country.Aware, "2026-11-27 10:00", "")
	wantDue(t, find(t, s.at("2026-11-27 11:00"), "eu.nis2/notice"), "2026-11-30 10:00") // an hour clock knows no feast
}

func TestVector12_AwarenessCorrected(t *testing.T) {
	s := nis2(t)
	id := s.on(country.Aware, "2026-06-01 10:00", "", func(e *regime.Event) { e.Recorded = local(t, "2026-06-01 10:05") })
	s.on(country.Submitted, "2026-06-02 10:30", "early", func(e *regime.Event) { e.Recorded = e.At })
	s.on(country.Aware, "2026-06-01 08:00", "", func(e *regime.Event) {
		e.Supersedes, e.Recorded = id, local(t, "2026-06-03 09:00")
	})
	before, after := find(t, s.at("2026-06-02 12:00"), "eu.nis2/early"), find(t, s.at("2026-06-03 12:00"), "eu.nis2/early")
	wantState(t, before, regime.Met)
	wantDue(t, before, "2026-06-02 10:00")
	wantState(t, after, regime.Late)
	wantDue(t, after, "2026-06-02 08:00")
	if after.Lateness != 90*time.Minute { // the limit was 09:00
		t.Errorf("lateness after the correction %v, want 1h30m", after.Lateness)
	}
	if len(s.c.Events) != 3 {
		t.Errorf("the log holds %d events, both versions must stay", len(s.c.Events))
	}
}

func TestVector13_HourOfTheEventNotCounted(t *testing.T) {
	s := nis2(t)
	s.on(country.Aware, "2026-06-01 22:30", "")
	o := find(t, s.at("2026-06-01 22:31"), "eu.nis2/early")
	wantDue(t, o, "2026-06-02 22:30")
	if want := local(t, "2026-06-02 23:00"); !o.LegalOuter.Equal(want) {
		t.Errorf("legal limit %v, want %v", o.LegalOuter, want)
	}
	s.on(country.Submitted, "2026-06-02 22:45", "early")
	wantState(t, find(t, s.at("2026-06-03 09:00"), "eu.nis2/early"), regime.Met)

	s.e = regime.New(patched(t, "eu-nis2/regime.yaml", "hour_of_event: not_counted", "hour_of_event: counted"))
	wantState(t, find(t, s.at("2026-06-03 09:00"), "eu.nis2/early"), regime.Late)
}
