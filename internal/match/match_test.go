package match

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kulla.dev/internal/fault"
	"kulla.dev/stix"
	"kulla.dev/stix/pattern"
)

func add(t *testing.T, x *Index, patterns ...Pattern) {
	t.Helper()
	for _, p := range patterns {
		if err := x.Add(p); err != nil {
			t.Fatalf("Add(%s): %v", p.Text, err)
		}
	}
}

func event(id string, sec int, typ string, fields ...pattern.Field) Event {
	at := pattern.InstantOf(day.Add(time.Duration(sec) * time.Second))
	return Event{ID: id, First: at, Last: at, Count: 1, Objects: []pattern.Object{{Key: "0", Type: typ, Fields: fields}}}
}

func ip(id string, sec int, v string) Event {
	return event(id, sec, "ipv4-addr", pattern.Field{Name: "value", Value: pattern.Text(v)})
}

func ids(r Result) []string {
	var out []string
	for _, h := range r.Hits {
		out = append(out, h.ID)
	}
	slices.Sort(out)
	return out
}

func TestAddReplaceRemoveExpire(t *testing.T) {
	x := New(Options{})
	add(t, x, Pattern{ID: "p", Text: "[ipv4-addr:value = '10.0.0.1']"},
		Pattern{ID: "q", Text: "[ipv4-addr:value ISSUBSET '10.0.0.0/8']", Expires: day.Add(time.Hour)})
	e := ip("e", 0, "10.0.0.1")
	if got := ids(x.Match(&e, day)); !slices.Equal(got, []string{"p", "q"}) {
		t.Errorf("got %v", got)
	}
	add(t, x, Pattern{ID: "p", Text: "[ipv4-addr:value = '10.0.0.2']"})
	if got := ids(x.Match(&e, day)); !slices.Equal(got, []string{"q"}) {
		t.Errorf("after replacing p: %v", got)
	}
	if got := ids(x.Match(&e, day.Add(time.Hour))); got != nil {
		t.Errorf("expired patterns match: %v", got)
	}
	if n := x.Expire(day.Add(time.Hour - 1)); n != 0 {
		t.Errorf("dropped %d too early", n)
	}
	if n := x.Expire(day.Add(time.Hour)); n != 1 || x.Stats().Patterns != 1 {
		t.Errorf("dropped %d, %d left", n, x.Stats().Patterns)
	}
	if !x.Remove("p") || x.Remove("p") || x.Remove("q") {
		t.Error("Remove tells wrongly what was there")
	}
}

func TestAddRefuses(t *testing.T) {
	x := New(Options{SlowLimit: 2})
	err := x.Add(Pattern{ID: "p", Text: "[ipv4-addr:value = ]"})
	if !fault.Is(err, fault.Invalid) {
		t.Errorf("an unreadable pattern: %v", err)
	}
	if e, ok := errors.AsType[*pattern.Error](err); !ok || e.Column != 20 {
		t.Errorf("the place is lost: %v", err)
	}
	if err := x.Add(Pattern{ID: "p", Text: "[a:b MATCHES '(?=x)']"}); !fault.Is(err, fault.Invalid) {
		t.Errorf("an expression that cannot be evaluated: %v", err)
	}
	add(t, x, Pattern{ID: "1", Text: "[EXISTS a:b]"}, Pattern{ID: "2", Text: "[a:b != 1]"})
	if err := x.Add(Pattern{ID: "3", Text: "[a:b NOT LIKE 'x']"}); !fault.Is(err, fault.Limited) {
		t.Errorf("a third slow pattern: %v", err)
	}
	add(t, x, Pattern{ID: "2", Text: "[a:b MATCHES '.']"}, Pattern{ID: "4", Text: "[a:b != 1 AND a:c = 1]"})
	if s := x.Stats(); s.Slow != 2 || s.Patterns != 3 {
		t.Errorf("%+v", s)
	}
	n, failed := x.Load(slices.Values([]Pattern{{ID: "a", Text: "[a:b = 1]"}, {ID: "b", Text: "["}, {ID: "c",
		Text: "[EXISTS a:b]"}}))
	if n != 1 || len(failed) != 2 {
		t.Errorf("loaded %d, failed %v", n, failed)
	}
}

func TestWindows(t *testing.T) {
	x := New(Options{WindowCap: 3})
	add(t, x, Pattern{ID: "scan",
		Text: "([ipv4-addr:value = '10.0.0.1'] FOLLOWEDBY [ipv4-addr:value = '10.0.0.2']) WITHIN 60 SECONDS"},
		Pattern{ID: "thrice", Text: "[ipv4-addr:value = '10.0.0.9'] REPEATS 3 TIMES WITHIN 60 SECONDS"})
	step := func(e Event) Result { return x.Match(&e, day) }
	if r := step(ip("e1", 0, "10.0.0.1")); r.Hits != nil {
		t.Errorf("half a pattern matched: %v", r)
	}
	if r := step(ip("e2", 60, "10.0.0.2")); r.Hits != nil {
		t.Errorf("matched outside the window: %v", r)
	}
	step(ip("e3", 70, "10.0.0.1"))
	r := step(ip("e4", 80, "10.0.0.2"))
	if len(r.Hits) != 1 || r.Hits[0].ID != "scan" || !r.Hits[0].Truncated == (x.Stats().Dropped > 0) {
		t.Fatalf("got %+v", r)
	}
	if got := r.Hits[0].Observations; !slices.Contains(got, "e3") || !slices.Contains(got, "e4") {
		t.Errorf("observations %v", got)
	}
	if r := step(ip("e5", 81, "10.0.0.2")); r.Hits != nil {
		t.Errorf("observations counted twice: %v", r)
	}
	step(ip("e6", 300, "10.0.0.9"))
	step(ip("e6", 300, "10.0.0.9"))
	if r := step(ip("e7", 301, "10.0.0.9")); r.Hits != nil {
		t.Errorf("an event delivered twice counted twice: %v", r)
	}
	if r := step(ip("e8", 302, "10.0.0.9")); len(r.Hits) != 1 {
		t.Errorf("three distinct events: %v", r)
	}
	// late, but not too late: order of arrival does not matter
	step(ip("f2", 600, "10.0.0.2"))
	if r := step(ip("f1", 590, "10.0.0.1")); len(r.Hits) != 1 {
		t.Errorf("a late event was lost: %v", r)
	}
	step(ip("g1", 10_000, "10.0.0.1"))
	if step(ip("g0", 100, "10.0.0.1")); x.Stats().Late != 1 {
		t.Errorf("%+v", x.Stats())
	}
	add(t, x, Pattern{ID: "either", Text: "[a:b = 1] OR ([a:b = 2] AND [a:b = 3])"})
	b := func(id string, sec int, v int64) Event {
		return event(id, sec, "a", pattern.Field{Name: "b", Value: pattern.Whole(v)})
	}
	step(b("h1", 1_000_000, 2))
	if r := step(b("h2", 0, 1)); !slices.Equal(ids(r), []string{"either"}) || len(r.Hits[0].Observations) != 1 {
		t.Errorf("a late event that matches alone: %+v", r)
	}
	// number_observed counts
	e := ip("n", 0, "10.0.0.9")
	e.Count, e.Last = 3, pattern.InstantOf(day.Add(59*time.Second))
	if r := step(e); !slices.Equal(ids(r), []string{"thrice"}) {
		t.Errorf("number_observed: %v", r)
	}
}

func TestWindowCapIsTold(t *testing.T) {
	x := New(Options{WindowCap: 3})
	add(t, x, Pattern{ID: "p", Text: "[ipv4-addr:value = '10.0.0.1'] FOLLOWEDBY [ipv4-addr:value = '10.0.0.2']"})
	for i := range 10 {
		e := ip(fmt.Sprint(i), i, "10.0.0.1")
		x.Match(&e, day)
	}
	if s := x.Stats(); s.Dropped != 7 || s.Waiting != 3 || s.Windows != 1 {
		t.Errorf("%+v", s)
	}
	e := ip("last", 20, "10.0.0.2")
	r := x.Match(&e, day)
	if len(r.Hits) != 1 || !r.Hits[0].Truncated {
		t.Errorf("got %+v", r)
	}
}

func TestWindowTotal(t *testing.T) {
	x := New(Options{WindowTotal: 5})
	for i := range 10 {
		add(t, x, Pattern{ID: fmt.Sprint(i), Text: fmt.Sprintf("[a:b = %d] REPEATS 3 TIMES WITHIN 60 SECONDS", i)})
	}
	hits := 0
	for k := range 3 {
		for i := range 10 {
			e := event(fmt.Sprintf("%d-%d", k, i), k, "a", pattern.Field{Name: "b", Value: pattern.Whole(int64(i))})
			hits += len(x.Match(&e, day).Hits)
		}
	}
	if s := x.Stats(); hits != 0 || s.Waiting != 10 || s.Dropped != 20 || x.windows.waiting != 10 {
		t.Errorf("%d hits, %+v, %d waiting", hits, s, x.windows.waiting)
	}
	x.Expire(day.Add(time.Hour))
	if s := x.Stats(); s.Waiting != 10 {
		t.Errorf("closed too early: %+v", s)
	}
	x.Expire(day.Add(2 * time.Hour))
	if s := x.Stats(); s.Waiting != 0 || x.windows.waiting != 0 || len(x.windows.open) != 0 || s.Patterns != 10 {
		t.Errorf("%+v, %d waiting", s, x.windows.waiting)
	}
}

func TestUnfinishedIsTold(t *testing.T) {
	x := New(Options{Limits: pattern.Limits{Steps: 1000}})
	add(t, x, Pattern{ID: "p", Text: "[a:b MATCHES 'needle.*[a-z]{50}x']"})
	e := event("e", 0, "a", pattern.Field{Name: "b", Value: pattern.Text(strings.Repeat("needle", 10_000))})
	if r := x.Match(&e, day); !slices.Equal(r.Unfinished, []string{"p"}) || r.Hits != nil {
		t.Errorf("got %+v", r)
	}
}

func TestWarningLists(t *testing.T) {
	lists, err := NewLists(
		List{Name: "resolvers", Kind: ListCIDR, Entries: []string{"8.8.8.0/24", "2001:4860::/32"}},
		List{Name: "top sites", Kind: ListHostname, Entries: []string{"example.com", ".Example.ORG"}},
		List{Name: "empty files", Kind: ListString, Entries: []string{"D41D8CD98F00B204E9800998ECF8427E"}},
		List{Name: "sandboxes", Kind: ListSubstring, Entries: []string{"sandbox-"}},
		List{Name: "paths", Kind: ListRegex, Entries: []string{`/\.microsoft\.com$/i`, `^C:\\Windows\\`}})
	if err != nil {
		t.Fatal(err)
	}
	for value, want := range map[string][]string{
		"8.8.8.8":                          {"resolvers 8.8.8.0/24"},
		"8.8.8.0/25":                       {"resolvers 8.8.8.0/24"},
		"8.8.0.0/16":                       nil,
		"2001:4860:4860::8888":             {"resolvers 2001:4860::/32"},
		"https://8.8.8.8:443/dns-query":    {"resolvers 8.8.8.0/24"},
		"8.8.8.8:53":                       {"resolvers 8.8.8.0/24"},
		"www.Example.com":                  {"top sites example.com"},
		"notexample.com":                   nil,
		"example.com.evil.test":            nil,
		"http://a.b.example.org/x?y=1":     {"top sites .Example.ORG"},
		"me@mail.example.com":              {"top sites example.com"},
		"d41d8cd98f00b204e9800998ecf8427e": {"empty files D41D8CD98F00B204E9800998ECF8427E"},
		"host-SANDBOX-7":                   {"sandboxes sandbox-"},
		"update.MICROSOFT.com":             {`paths /\.microsoft\.com$/i`},
		`C:\Windows\x`:                     {`paths ^C:\\Windows\\`},
		"":                                 nil,
	} {
		var got []string
		for _, w := range lists.Check(value) {
			got = append(got, w.List+" "+w.Entry)
		}
		if !slices.Equal(got, want) {
			t.Errorf("Check(%s) = %v, want %v", value, got, want)
		}
	}

	x := New(Options{})
	x.SetLists(lists)
	add(t, x, Pattern{ID: "p", Text: "[ipv4-addr:value = '8.8.8.8' OR domain-name:value = 'x']"})
	e := ip("e", 0, "8.8.8.8")
	want := Result{Hits: []Hit{{ID: "p", Observations: []string{"e"},
		Evidence: []pattern.Evidence{{Path: "ipv4-addr:value", Value: "8.8.8.8"}},
		Warnings: []Warning{{List: "resolvers", Kind: ListCIDR, Entry: "8.8.8.0/24", Path: "ipv4-addr:value",
			Value: "8.8.8.8"}}}}}
	if diff := cmp.Diff(want, x.Match(&e, day)); diff != "" {
		t.Error(diff)
	}

	_, err = NewLists(List{Name: "bad", Kind: ListCIDR, Entries: []string{"8.8.8.0/24", "nonsense", ""}},
		List{Name: "worse", Kind: ListRegex, Entries: []string{"("}}, List{Name: "odd", Kind: "color",
			Entries: []string{"x"}})
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || len(f.Fields) != 4 {
		t.Errorf("every bad entry is named: %v", err)
	}
}

func TestColumns(t *testing.T) {
	c, err := NewColumns(Column{"src", "ipv4-addr:value"}, Column{"dst", "ipv4-addr:value"}, Column{"",
		"network-traffic:dst_ref.value"},
		Column{"", "network-traffic:dst_port"}, Column{"", "file:hashes.'SHA-256'"}, Column{"", "file:hashes.MD5"})
	if err != nil {
		t.Fatal(err)
	}
	e := c.Event("e", day, pattern.Text("10.0.0.1"), pattern.Text("10.0.0.2"), pattern.Text("10.0.0.2"),
		pattern.Whole(443), pattern.Value{}, pattern.Text("m"))
	x := New(Options{})
	add(t, x,
		Pattern{ID: "1", Text: "[ipv4-addr:value = '10.0.0.1']"}, Pattern{ID: "2", Text: "[ipv4-addr:value = '10.0.0.2']"},
		Pattern{ID: "3", Text: "[network-traffic:dst_ref.value = '10.0.0.2' AND network-traffic:dst_port = 443]"},
		Pattern{ID: "4", Text: "[file:hashes.MD5 = 'm']"}, Pattern{ID: "5", Text: "[EXISTS file:hashes.'SHA-256']"})
	if got := ids(x.Match(&e, day)); !slices.Equal(got, []string{"1", "2", "3", "4"}) {
		t.Errorf("got %v", got)
	}
	for _, bad := range [][]Column{{{"", "nonsense"}}, {{"", "a:l[*]"}}, {{"", "a:b"}, {"", "a:b"}}, {{"", "a:b"}, {"",
		"a:b.c"}}, {{"", "a:b.c"}, {"", "a:b"}},
		{{"", "a:b = 1 OR a:c"}},
		{{"", "a:b OR EXISTS a:c"}}, {{"", "a:b] AND [EXISTS a:c"}}} {
		if _, err := NewColumns(bad...); err == nil {
			t.Errorf("%v was accepted", bad)
		}
	}
	if e := c.Event("short", day, pattern.Text("10.0.0.1")); len(e.Objects) != 1 {
		t.Errorf("a short row: %+v", e)
	}
}

func TestLines(t *testing.T) {
	v, err := stix.ParseValue([]byte(`{"type":"observed-data","id":"observed-data--1","first_observed":"2026-01-01T00:00:00Z",
		"last_observed":"2026-01-01T00:00:00Z","number_observed":1,"objects":{"0":{"type":"file","name":"a.exe"}}}`), stix.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	obs, err := pattern.Observations(v)
	if err != nil {
		t.Fatal(err)
	}
	file := "# patterns\n\n[file:name = 'a.exe']\r\n  [file:name = 'b.exe']\n[file:name = ]\n[file:name MATCHES '(?=a)']\n[file:name LIKE '%exe']"
	var got []string
	for l := range Lines(strings.NewReader(file), obs, pattern.Limits{}) {
		got = append(got, fmt.Sprintf("%d %v %v %v", l.Number, l.Matched, l.Observations, l.Err != nil))
	}
	want := []string{"3 true [observed-data--1] false", "4 false [] false", "5 false [] true", "6 false [] true",
		"7 true [observed-data--1] false"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	long := "[a:b = '" + strings.Repeat("x", 10_000) + "']\n[file:name = 'a.exe']\n"
	got = nil
	for l := range Lines(strings.NewReader(long), obs, pattern.Limits{Bytes: 100}) {
		got = append(got, fmt.Sprint(l.Number, l.Matched, l.Err != nil))
	}
	if !slices.Equal(got, []string{"1 false true", "2 true false"}) {
		t.Errorf("a line beyond the limit: %q", got)
	}
}

func TestLoose(t *testing.T) {
	x := New(Options{Loose: true})
	md5 := "cead3f77f6cda6ec00f57d76c9a6879f"
	add(t, x, Pattern{ID: "net", Text: "[ipv4-addr:value = '10.0.0.1/32']"}, Pattern{ID: "in",
		Text: "[ipv6-addr:value IN ('2001:DB8:0::1', 'x')]"},
		Pattern{ID: "hash", Text: "[file:hashes.MD5 = '" + strings.ToUpper(md5) + "' AND file:size = 5]"},
		Pattern{ID: "name", Text: "[domain-name:value = 'A.example']"}, Pattern{ID: "pair",
			Text: "[ipv4-addr:value = '10.0.0.1/32'] REPEATS 2 TIMES"},
		Pattern{ID: "ref", Text: "[network-traffic:dst_ref.value = '10.0.0.1/32']"})
	hash := pattern.Field{Name: "hashes", Value: pattern.Dict(pattern.Field{Name: "MD5", Value: pattern.Text(md5)})}
	for _, c := range []struct {
		e     Event
		want  []string
		loose bool
	}{
		{ip("e", 0, "10.0.0.1"), []string{"net"}, true},
		{ip("e", 0, "10.0.0.2"), nil, false},
		{event("e", 0, "ipv6-addr", pattern.Field{Name: "value", Value: pattern.Text("2001:db8::1/128")}), []string{"in"},
			true},
		{event("e", 0, "ipv6-addr", pattern.Field{Name: "value", Value: pattern.Text("2001:DB8:0::1")}), []string{"in"},
			false},
		{event("e", 0, "file", hash, pattern.Field{Name: "size", Value: pattern.Whole(5)}), []string{"hash"}, true},
		{event("e", 0, "file", hash, pattern.Field{Name: "size", Value: pattern.Whole(6)}), nil, false},
		{event("e", 0, "domain-name", pattern.Field{Name: "value", Value: pattern.Text("a.example")}), nil, false},
		{event("e", 0, "network-traffic", pattern.Field{Name: "dst_ref", Value: pattern.Dict(pattern.Field{Name: "value",
			Value: pattern.Text("10.0.0.1")})}),
			[]string{"ref"}, true},
	} {
		r := x.Match(&c.e, day)
		if got := ids(r); !slices.Equal(got, c.want) || len(got) > 0 && r.Hits[0].Loose != c.loose {
			t.Errorf("%+v: %+v, want %v, loose %v", c.e.Objects, r.Hits, c.want, c.loose)
		}
	}
	for _, id := range []string{"net", "in", "hash", "name", "pair", "ref"} {
		x.Remove(id)
	}
	if len(x.posts) > 0 || len(x.types) > 0 {
		t.Errorf("%d posting lists left", len(x.posts))
	}
}

func TestSlow(t *testing.T) {
	for text, want := range map[string]bool{
		"[a:b = 1]": false, "[a:b != 1]": true, "[EXISTS a:b]": true, "[a:b LIKE '%ab%']": true, "[a:b LIKE '%abc%']": false,
		"[a:b MATCHES '[a-z]+']": true, "[a:b MATCHES '(abc|defg)+']": false, "[a:b MATCHES 'abc|d']": true,
		"[a:b > 1]": false, "[a:b > 'x']": true,
		"[a:b != 1 AND a:c = 2]": false, "[a:b != 1 OR a:c = 2]": true, "[a:b = 1] AND [a:b != 2]": true,
		"[a:b NOT = 1]": true,
	} {
		p, err := pattern.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := Slow(p); got != want {
			t.Errorf("Slow(%s) = %v", text, got)
		}
	}
}

func TestLoadKeepsOrder(t *testing.T) {
	x := New(Options{})
	n, failed := x.Load(func(yield func(Pattern) bool) {
		for i := range 20_000 {
			if !yield(Pattern{ID: fmt.Sprint(i % 10), Text: fmt.Sprintf("[a:b = %d]", i)}) {
				return
			}
		}
	})
	if n != 20_000 || failed != nil || x.Stats().Patterns != 10 {
		t.Fatalf("%d stored, %v failed, %+v", n, failed, x.Stats())
	}
	for i := range 10 {
		e := event("e", 0, "a", pattern.Field{Name: "b", Value: pattern.Whole(int64(19_990 + i))})
		if got := ids(x.Match(&e, day)); !slices.Equal(got, []string{fmt.Sprint(i)}) {
			t.Errorf("id %d: %v", i, got)
		}
	}
}

// TestChurn replaces patterns many times over: what is gone takes no room, and
// what is left still matches.
func TestChurn(t *testing.T) {
	x := New(Options{})
	pad := strings.Repeat("x", 2000)
	for round := range 30 {
		for i := range 500 {
			add(t, x, Pattern{ID: fmt.Sprint(i),
				Text: fmt.Sprintf("[file:name = '%s-%d-%d' OR file:path LIKE '%%tail-%d-%d%%']", pad, i, round, i, round)})
		}
	}
	size := 0
	for _, b := range x.texts.blocks {
		size += cap(b)
	}
	if s := x.Stats(); s.Patterns != 500 || size > 4*s.Bytes+2*blockSize+9*blockSize {
		t.Errorf("%+v held in %d bytes", s, size)
	}
	if len(x.posts) != 1000 || len(x.entries) > 600 {
		t.Errorf("%d posting lists, %d entries", len(x.posts), len(x.entries))
	}
	for i := range 500 {
		e := event("e", 0, "file", pattern.Field{Name: "path", Value: pattern.Text(fmt.Sprintf("/a/tail-%d-29/b", i))})
		if got := ids(x.Match(&e, day)); !slices.Equal(got, []string{fmt.Sprint(i)}) {
			t.Fatalf("pattern %d: %v", i, got)
		}
		old := event("e", 0, "file", pattern.Field{Name: "path", Value: pattern.Text(fmt.Sprintf("/a/tail-%d-28/b", i))})
		if got := ids(x.Match(&old, day)); got != nil {
			t.Fatalf("replaced pattern %d: %v", i, got)
		}
	}
}

// TestConcurrent changes the index while events are matched; the race detector
// watches, and what is stored throughout matches throughout.
func TestConcurrent(t *testing.T) {
	x := New(Options{})
	add(t, x, Pattern{ID: "always", Text: "[ipv4-addr:value = '10.0.0.1']"},
		Pattern{ID: "pair", Text: "[ipv4-addr:value = '10.0.0.1'] REPEATS 2 TIMES"})
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for w := range 2 {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				id := fmt.Sprintf("w%d-%d", w, i%50)
				if err := x.Add(Pattern{ID: id,
					Text: fmt.Sprintf("[ipv4-addr:value ISSUBSET '10.%d.0.0/16' OR url:value LIKE '%%abc%d%%']", i%200,
						i)}); err != nil {
					t.Error(err)
				}
				if i%3 == 0 {
					x.Remove(id)
				}
				if i%100 == 0 {
					x.Expire(day)
					x.Stats()
				}
			}
		})
	}
	pairs := 0
	for i := range 2000 {
		e := ip(fmt.Sprint(i), i, "10.0.0.1")
		got := ids(x.Match(&e, day))
		if !slices.Contains(got, "always") {
			t.Fatalf("event %d: %v", i, got)
		}
		if slices.Contains(got, "pair") {
			pairs++
		}
	}
	close(stop)
	wg.Wait()
	if pairs != 1000 {
		t.Errorf("2000 observations made %d pairs", pairs)
	}
}

// TestHostileEvent: circles and fans of references, and large values.
func TestHostileEvent(t *testing.T) {
	x := New(Options{})
	path := strings.Repeat("y_refs[*].", 20)
	add(t, x, Pattern{ID: "deep", Text: "[a:" + path + "v = 'x']"}, Pattern{ID: "text",
		Text: "[a:v MATCHES '(?i)needle' OR a:v LIKE '%other%']"})
	var refs []pattern.Value
	for i := range 60 {
		refs = append(refs, pattern.Text(fmt.Sprint(i)))
	}
	var e Event
	for i := range 60 {
		e.Objects = append(e.Objects, pattern.Object{Key: fmt.Sprint(i), Type: "a", Fields: []pattern.Field{{Name: "y_refs",
			Value: pattern.List(refs...)},
			{Name: "v", Value: pattern.Text(strings.Repeat("y", 1<<16))}}})
	}
	start := time.Now()
	if r := x.Match(&e, day); r.Hits != nil || r.Unfinished != nil {
		t.Errorf("got %v", r)
	}
	if d := time.Since(start); d > 20*time.Second {
		t.Errorf("took %v", d)
	}
}
