package i18n

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// plain turns the no-break spaces into ordinary ones, so that wants read well.
var plain = strings.NewReplacer(nbsp, " ", narrow, " ")

func TestNumbers(t *testing.T) {
	for _, tt := range []struct {
		name   string
		say    func(Lang) string
		en, sq string
	}{
		{"grouped in tables", func(l Lang) string { return l.Number(1204) }, "1 204", "1 204"},
		{"large", func(l Lang) string { return l.Number(-1234567) }, "−1 234 567", "−1 234 567"},
		{"three digits", func(l Lang) string { return l.Number(214) }, "214", "214"},
		{"decimal mark", func(l Lang) string { return l.Decimal(1234.5, 2) }, "1 234.50", "1 234,50"},
		{"rounds", func(l Lang) string { return l.Decimal(0.999, 2) }, "1.00", "1,00"},
		{"no minus zero", func(l Lang) string { return l.Decimal(-0.001, 1) }, "0.0", "0,0"},
		{"percent", func(l Lang) string { return l.Percent(0.385, 1) }, "38.5 %", "38,5 %"},
		{"signed", func(l Lang) string { return l.Signed(11, 0) + l.Signed(-3, 0) + l.Signed(0, 0) }, "+11−30", "+11−30"},
		{"interval", func(l Lang) string { return l.IntervalPercent(0.95, 0.22, 0.56, 0) }, "95 % CI 22–56 %", "IB 95 % 22–56 %"},
		{"interval below zero", func(l Lang) string { return l.IntervalPercent(0.95, -0.04, 0.12, 0) }, "95 % CI −4 to 12 %", "IB 95 % nga −4 në 12 %"},
		{"interval of a figure", func(l Lang) string { return l.Interval(0.995, 6, 16.26, 1) }, "99.5 % CI 6.0–16.3", "IB 99,5 % 6,0–16,3"},
		{"bytes", func(l Lang) string { return l.Bytes(840) + "|" + l.Bytes(1_234_000) + "|" + l.Bytes(999_999) }, "840 B|1.2 MB|1.0 MB", "840 B|1,2 MB|1,0 MB"},
		{"compact", func(l Lang) string { return l.Compact(9_999) + "|" + l.Compact(18_230) + "|" + l.Compact(1_200_000) }, "9999|18.2 k|1.2 M", "9999|18,2 mijë|1,2 mln"},
		{"ordinals", func(l Lang) string {
			var s []string
			for _, n := range []int64{1, 2, 3, 4, 11, 14, 21, 24} {
				s = append(s, l.Ordinal(n))
			}
			return strings.Join(s, " ")
		}, "1st 2nd 3rd 4th 11th 14th 21st 24th", "1-rë 2-të 3-të 4-t 11-të 14-të 21-të 24-t"},
		{"list", func(l Lang) string { return l.List("a", "b", "c") + "|" + l.List("a") + l.List() }, "a, b and c|a", "a, b dhe c|a"},
	} {
		if got := plain.Replace(tt.say(English)); got != tt.en {
			t.Errorf("%s in English = %q, want %q", tt.name, got, tt.en)
		}
		if got := plain.Replace(tt.say(Albanian)); got != tt.sq {
			t.Errorf("%s in Albanian = %q, want %q", tt.name, got, tt.sq)
		}
	}
}

func TestMoments(t *testing.T) {
	tirana, err := time.LoadLocation("Europe/Tirane")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 17, 15, 50, 0, 0, tirana)
	day := time.Date(2023, 6, 3, 2, 7, 0, 0, tirana)
	for _, tt := range []struct {
		name   string
		say    func(Lang) string
		en, sq string
	}{
		{"date", func(l Lang) string { return l.Date(day) }, "3 June 2023", "3 qershor 2023"},
		{"short", func(l Lang) string { return l.ShortDate(day) }, "3 Jun 2023", "3.6.2023"},
		{"with time", func(l Lang) string { return l.DateTime(day) }, "3 Jun 2023, 02:07", "3.6.2023, 02:07"},
		{"zero", func(l Lang) string { return l.DateTime(time.Time{}) }, "unknown", "e panjohur"},
		{"moment today", func(l Lang) string { return l.Moment(now.Add(-time.Hour), now) }, "today 14:50", "sot 14:50"},
		{"moment this year", func(l Lang) string { return l.Moment(now.AddDate(0, 0, -3), now) }, "14 Nov, 15:50", "14 nëntor, 15:50"},
		{"moment before", func(l Lang) string { return l.Moment(day, now) }, "3 Jun 2023, 02:07", "3.6.2023, 02:07"},
		{"month", func(l Lang) string { return l.MonthYear(day) + l.Month(11) + l.Weekday(2) }, "June 2023NovemberTuesday", "qershor 2023nëntore martë"},
		{"week", func(l Lang) string { return l.Week(now, now) + "|" + l.Week(day, now) }, "week 47|week 22 of 2023", "java 47|java 22 e vitit 2023"},
		{"week of the next year", func(l Lang) string { return l.Week(time.Date(2024, 12, 30, 0, 0, 0, 0, tirana), now) }, "week 1 of 2025", "java 1 e vitit 2025"},
		{"range in a month", func(l Lang) string { return l.DateRange(day, day.AddDate(0, 0, 6)) }, "3–9 June 2023", "3–9 qershor 2023"},
		{"range in a year", func(l Lang) string { return l.DateRange(day, day.AddDate(0, 1, 0)) }, "3 June – 3 July 2023", "3 qershor – 3 korrik 2023"},
		{"range over years", func(l Lang) string { return l.DateRange(day, day.AddDate(1, 0, 0)) }, "3 June 2023 – 3 June 2024", "3 qershor 2023 – 3 qershor 2024"},
		{"due", func(l Lang) string { return l.Due(now.Add(42*time.Minute+59*time.Second), now) }, "in 42 min", "për 42 min"},
		{"late", func(l Lang) string { return l.Due(now.Add(-70*time.Minute), now) }, "late by 1 h 10 min", "me vonesë 1 orë 10 min"},
		{"due in days", func(l Lang) string { return l.Due(now.Add(6*24*time.Hour), now) }, "in 6 days", "për 6 ditë"},
		{"due in a day and a bit", func(l Lang) string { return l.Due(now.Add(25*time.Hour+59*time.Minute), now) }, "in 1 day 1 h", "për 1 ditë 1 orë"},
		{"ago", func(l Lang) string { return l.Relative(now.Add(-9*time.Hour), now) }, "9 h ago", "9 orë më parë"},
		{"now", func(l Lang) string { return l.Due(now, now) }, "now", "tani"},
		{"seconds", func(l Lang) string { return l.Duration(7 * time.Second) }, "7 s", "7 sek"},
	} {
		if got := plain.Replace(tt.say(English)); got != tt.en {
			t.Errorf("%s in English = %q, want %q", tt.name, got, tt.en)
		}
		if got := plain.Replace(tt.say(Albanian)); got != tt.sq {
			t.Errorf("%s in Albanian = %q, want %q", tt.name, got, tt.sq)
		}
	}
}

// TestThirdLanguage adds a language by adding a folder, with other plural
// forms than ours, and a pseudo-locale beside it.
func TestThirdLanguage(t *testing.T) {
	c, err := Load(fstest.MapFS{
		"en/room.json":       {Data: []byte(`{"room.open": {"one": "{0} door", "other": "{0} doors"}, "room.only-english": "only"}`)},
		"sl/room.json":       {Data: []byte(`{"room.open": {"one": "{0} vrata", "two": "{0} vrati", "few": "{0} vrate", "other": "{0} vrat"}}`)},
		"en-XA/room.json":    {Data: []byte(`{"room.open": {"one": "[{0} ðööŕ one]", "other": "[{0} ðööŕš one two]"}}`)},
		"en/room.split.json": {Data: []byte(`{"room.split.word": "{{{name}} has {n}", "room.split.by": {"by": "n", "one": "{who} sent {n} file", "other": "{who} sent {n} files", "0": "{who} sent nothing"}}`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := []Lang{"en", "en-XA", "sl"}; !slices.Equal(c.Languages(), want) {
		t.Errorf("Languages = %v, want %v", c.Languages(), want)
	}
	for _, tt := range []struct {
		lang Lang
		key  string
		args []any
		want string
	}{
		{"en", "room.open", []any{1}, "1 door"},
		{"en", "room.open", []any{1.5}, "1.5 doors"},
		{"sl", "room.open", []any{2}, "2 vrati"},
		{"sl", "room.open", []any{103}, "103 vrate"},
		{"sl", "room.open", []any{uint8(5)}, "5 vrat"},
		{"en-XA", "room.open", []any{1}, "[1 ðööŕ one]"},
		{"sl", "room.only-english", nil, "only"},
		{"sl", "room.nowhere", nil, "⟦room.nowhere⟧"},
		{"xx", "room.open", []any{3}, "3 doors"},
		{"en", "room.open", nil, "{0} doors"},
		{"en", "room.split.word", []any{Args{"name": "Drin", "n": 12345}}, "{Drin} has 12 345"},
		{"en", "room.split.by", []any{Args{"who": "A", "n": 1}}, "A sent 1 file"},
		{"en", "room.split.by", []any{Args{"who": "A", "n": 0}}, "A sent nothing"},
		{"en", "room.split.by", []any{Args{"who": "A", "n": 2023}}, "A sent 2023 files"},
	} {
		if got := plain.Replace(c.T(tt.lang, tt.key, tt.args...)); got != tt.want {
			t.Errorf("T(%s, %s, %v) = %q, want %q", tt.lang, tt.key, tt.args, got, tt.want)
		}
	}
	if got := c.Missing(); got["sl room.only-english"] != 1 || got["sl room.nowhere"] != 1 || got["xx room.open"] != 1 || len(got) != 3 {
		t.Errorf("Missing = %v", got)
	}
}

// TestPseudoLocale adds a made-up language to the real files as a translator
// would, by a folder alone, and finds every key and every format in it.
func TestPseudoLocale(t *testing.T) {
	world := fstest.MapFS{}
	accents := strings.NewReplacer("a", "á", "e", "é", "i", "í", "o", "ö", "u", "ü")
	sub, err := fs.Sub(files, "text")
	if err != nil {
		t.Fatal(err)
	}
	err = fs.WalkDir(sub, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(sub, name)
		if err != nil {
			return err
		}
		world[name] = &fstest.MapFile{Data: data}
		if file, english := strings.CutPrefix(name, "en/"); english {
			var out []string
			for line := range strings.Lines(string(data)) {
				key, value, isPair := strings.Cut(line, `": "`)
				if !isPair || strings.Contains(value, "{") {
					out = append(out, line)
					continue
				}
				out = append(out, key+`": "⁅`+accents.Replace(value))
			}
			world["en-XA/"+file] = &fstest.MapFile{Data: []byte(strings.Join(out, ""))}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	c, err := Load(world)
	if err != nil {
		t.Fatal(err)
	}
	for key := range c.books[English].text {
		if !c.Has("en-XA", key) {
			t.Errorf("%s is lost", key)
		}
	}
	b := c.book("en-XA")
	june := time.Date(2023, 6, 13, 0, 0, 0, 0, time.UTC)
	if got := plain.Replace(b.date("i18n.date.long", june)); got != "13 ⁅Jüné 2023" {
		t.Errorf("date = %q", got)
	}
	if got := b.decimal(1.5, 1); got != "1⁅.5" {
		t.Errorf("decimal = %q", got)
	}
	if got := plain.Replace(b.duration(72 * time.Hour)); got != "3 days" {
		t.Errorf("duration = %q", got)
	}
}

func TestArgumentsSpeakTheLanguage(t *testing.T) {
	c, err := Load(fstest.MapFS{
		"en/room.json": {Data: []byte(`{"room.say": "{0}", "room.word": "word"}`)},
		"sq/room.json": {Data: []byte(`{"room.say": "{0}", "room.word": "fjalë"}`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	type named string
	at := time.Date(2023, 6, 13, 9, 5, 0, 0, time.UTC)
	for _, tt := range []struct {
		arg    any
		en, sq string
	}{
		{Key("room.word"), "word", "fjalë"},
		{at, "13 Jun 2023, 09:05", "13.6.2023, 09:05"},
		{Date(at), "13 June 2023", "13 qershor 2023"},
		{70 * time.Minute, "1 h 10 min", "1 orë 10 min"},
		{Percent(0.385), "38.5 %", "38,5 %"},
		{Percent(0.4), "40 %", "40 %"},
		{Bytes(1200000), "1.2 MB", "1,2 MB"},
		{Fixed{2, 2}, "2.00", "2,00"},
		{0.25, "0.25", "0,25"},
		{[]string{"a", "b"}, "a and b", "a dhe b"},
		{named("x"), "x", "x"},
		{nil, "unknown", "e panjohur"},
		{time.Monday, "Monday", "Monday"},
		{struct{ A int }{3}, "{3}", "{3}"},
	} {
		if got := plain.Replace(c.T("en", "room.say", tt.arg)); got != tt.en {
			t.Errorf("English %#v = %q, want %q", tt.arg, got, tt.en)
		}
		if got := plain.Replace(c.T("sq", "room.say", tt.arg)); got != tt.sq {
			t.Errorf("Albanian %#v = %q, want %q", tt.arg, got, tt.sq)
		}
	}
}

func TestBadFilesAreNamed(t *testing.T) {
	for name, tt := range map[string]struct{ file, data, want string }{
		"duplicate key":    {"en/a.json", `{"a.b": "x", "a.b": "y"}`, "duplicate"},
		"foreign key":      {"en/a.json", `{"b.c": "x"}`, `must begin with "a."`},
		"shape":            {"en/a.json", `{"a.B": "x"}`, "not shaped like a key"},
		"empty":            {"en/a.json", `{"a.b": " "}`, "empty text"},
		"open brace":       {"en/a.json", `{"a.b": "x {0"}`, "bad placeholder"},
		"no other":         {"en/a.json", `{"a.b": {"one": "x"}}`, `need "other"`},
		"unknown category": {"en/a.json", `{"a.b": {"other": "x", "lots": "y"}}`, "not a plural category"},
		"number":           {"en/a.json", `{"a.b": 7}`, "want a text"},
		"not a language":   {"english words/a.json", `{"a.b": "x"}`, "not a language tag"},
		"not JSON":         {"en/a.json", `{`, "EOF"},
	} {
		c, err := Load(fstest.MapFS{tt.file: {Data: []byte(tt.data)}})
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), tt.file) {
			t.Errorf("%s: error %v does not name %q and %q", name, err, tt.file, tt.want)
		}
		if c.T("en", "a.b") == "" {
			t.Errorf("%s: T said nothing", name)
		}
	}
}

func TestMatch(t *testing.T) {
	for _, tt := range []struct {
		accept string
		wanted []Lang
		want   Lang
	}{
		{"sq-AL,sq;q=0.9,en;q=0.5", nil, "sq"},
		{"de-DE,en-GB;q=0.5", nil, "en"},
		{"de-DE", nil, "sq"},
		{"", nil, "sq"},
		{"en", []Lang{"xx", "sq"}, "sq"},
		{"\x00;;;q=9", nil, "sq"},
	} {
		if got := Match(tt.accept, Albanian, tt.wanted...); got != tt.want {
			t.Errorf("Match(%q, %v) = %s, want %s", tt.accept, tt.wanted, got, tt.want)
		}
	}
	if !Albanian.Known() || Lang("xx").Known() {
		t.Error("Known is wrong")
	}
}

func TestAlbanianOrder(t *testing.T) {
	words := []string{"zhurmë", "zë", "ëndërr", "ez", "çelës", "cikël", "dhomë", "dyer", "eja", "shtet", "sy", "Xhevahir", "xixë", "gjak", "gyp"}
	Albanian.Sort(words)
	want := []string{"cikël", "çelës", "dyer", "dhomë", "eja", "ez", "ëndërr", "gyp", "gjak", "sy", "shtet", "xixë", "Xhevahir", "zë", "zhurmë"}
	if !slices.Equal(words, want) {
		t.Errorf("order = %v\nwant    %v", words, want)
	}
}

func TestFold(t *testing.T) {
	for in, want := range map[string]string{
		"Çështje  E\tRëndësishme ": "ceshtje e rendesishme",
		"e\u0308":                  "e",
		"Straße":                   "strasse",
		"Đuro Łukasz":              "duro lukasz",
		"ﬁle №5":                   "file no5",
		"":                         "",
	} {
		if got := Fold(in); got != want {
			t.Errorf("Fold(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzFold(f *testing.F) {
	f.Add("Çështje")
	f.Add("\xff\u0308 ﬃ")
	f.Fuzz(func(t *testing.T, s string) {
		once := Fold(s)
		if strings.ToValidUTF8(s, "") == s && Fold(once) != once {
			t.Errorf("Fold(%q) = %q folds again to %q", s, once, Fold(once))
		}
	})
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(`{"a.b": "x {0}"}`), "a.b")
	f.Add([]byte(`{"a.b": {"by": "n", "one": "{n}", "other": "{{"}}`), "a.b")
	f.Fuzz(func(t *testing.T, data []byte, key string) {
		c, _ := Load(fstest.MapFS{"en/a.json": {Data: data}})
		if c.T("en", key, 1) == "" && c.Has("en", key) {
			t.Errorf("a known key says nothing")
		}
		c.T("sq", key, Args{"n": 1.5})
	})
}

func TestEmbeddedFilesAreSound(t *testing.T) {
	sub, err := fs.Sub(files, "text")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Load(sub); err != nil {
		t.Error(err)
	}
}

func BenchmarkT(b *testing.B) {
	for b.Loop() {
		T(Albanian, "i18n.duration.day", 3)
	}
}
