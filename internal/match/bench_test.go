//go:build unix

package match

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"kulla.dev/stix/pattern"
)

var day = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// feed makes n patterns: 95 % equality, 4 % address blocks, 1 % LIKE and MATCHES.
func feed(n int, mixed bool) iter.Seq[Pattern] {
	return func(yield func(Pattern) bool) {
		for i := range n {
			p := Pattern{ID: fmt.Sprintf("indicator--%08x-0000-4000-8000-%012x", i, i)}
			switch k := i % 100; {
			case mixed && k == 99 && i%200 == 99:
				p.Text = fmt.Sprintf("[domain-name:value LIKE '%%.bad-%d.example']", i)
			case mixed && k == 99:
				p.Text = fmt.Sprintf("[url:value MATCHES '^https?://[a-z]+\\\\.evil%d\\\\.example/gate\\\\.php$']", i)
			case mixed && k >= 95:
				p.Text = fmt.Sprintf("[ipv4-addr:value ISSUBSET '%d.%d.%d.%d/28']", 11+i>>20&63, i>>12&255, i>>4&255, i<<4&255)
			case k%3 == 0:
				p.Text = fmt.Sprintf("[file:hashes.'SHA-256' = '%064x']", i)
			case k%3 == 1:
				p.Text = fmt.Sprintf("[domain-name:value = 'host%d.example.org']", i)
			default:
				p.Text = fmt.Sprintf("[ipv4-addr:value = '10.%d.%d.%d']", i>>16&255, i>>8&255, i&255)
			}
			if !yield(p) {
				return
			}
		}
	}
}

// events makes n events of ten values; about one in a hundred hits.
func events(n, patterns int) []Event {
	cols, err := NewColumns(Column{"", "ipv4-addr:value"}, Column{"", "network-traffic:dst_ref.value"},
		Column{"", "network-traffic:dst_port"}, Column{"", "network-traffic:src_port"}, Column{"", "domain-name:value"},
		Column{"", "url:value"}, Column{"", "file:hashes.'SHA-256'"}, Column{"", "file:name"},
		Column{"", "file:size"}, Column{"", "user-account:user_id"})
	if err != nil {
		panic(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	out := make([]Event, n)
	for i := range out {
		hash := fmt.Sprintf("%064x", rng.Uint64()|1<<63)
		if i%100 == 0 {
			hash = fmt.Sprintf("%064x", rng.IntN(patterns/300)*300)
		}
		ip := fmt.Sprintf("192.%d.%d.%d", rng.IntN(256), rng.IntN(256), rng.IntN(256))
		out[i] = cols.Event(fmt.Sprintf("e%d", i), day, pattern.Text(ip), pattern.Text(ip), pattern.Whole(443),
			pattern.Whole(int64(rng.IntN(60000))), pattern.Text(fmt.Sprintf("www%d.benign.example.net", rng.IntN(1e9))),
			pattern.Text(fmt.Sprintf("https://www%d.benign.example.net/index/%d.html", rng.IntN(1e9), i)),
			pattern.Text(hash), pattern.Text("setup.exe"), pattern.Whole(int64(rng.IntN(1e6))), pattern.Text("1001"))
	}
	return out
}

// spent gives the processor time used so far: on a machine that others use,
// it says more than the clock.
func spent() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func heap() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / 1e6
}

func BenchmarkLoad(b *testing.B) {
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			all := slices.Collect(feed(n, true))
			for b.Loop() {
				before, start, cpu := heap(), time.Now(), spent()
				x := New(Options{})
				stored, failed := x.Load(slices.Values(all))
				took, used := time.Since(start), spent()-cpu
				if stored != n || len(failed) > 0 {
					b.Fatal(stored, failed)
				}
				b.ReportMetric(float64(n)/took.Seconds(), "patterns/s")
				b.ReportMetric(used.Seconds(), "cpu-s")
				b.ReportMetric(heap()-before, "MB")
				runtime.KeepAlive(x)
			}
		})
	}
}

// benchIndexes keeps the indexes of benchmarks from run to run.
var benchIndexes = sync.Map{}

func loaded(n int, mixed bool) (*Index, []Event) {
	type made struct {
		x  *Index
		es []Event
	}
	key := fmt.Sprint(n, mixed)
	v, ok := benchIndexes.Load(key)
	if !ok {
		x := New(Options{})
		x.Load(feed(n, mixed))
		v = made{x, events(100_000, n)}
		benchIndexes.Store(key, v)
	}
	return v.(made).x, v.(made).es
}

func BenchmarkMatch(b *testing.B) {
	for _, kind := range []string{"equality", "mixed"} {
		for _, n := range []int{10_000, 100_000, 1_000_000} {
			b.Run(fmt.Sprintf("%s/%d", kind, n), func(b *testing.B) {
				x, es := loaded(n, kind == "mixed")
				hits := 0
				cpu := spent()
				b.ResetTimer()
				for i := range b.N {
					hits += len(x.Match(&es[i%len(es)], day).Hits)
				}
				b.ReportMetric(float64((spent()-cpu).Nanoseconds())/float64(b.N), "cpu-ns/event")
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s/core")
				b.ReportMetric(float64(hits)/float64(b.N), "hits/event")
			})
		}
	}
}

func BenchmarkMatchAllCores(b *testing.B) {
	x, es := loaded(1_000_000, true)
	cpu := spent()
	b.ResetTimer()
	var wg sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		wg.Go(func() {
			for i := w; i < b.N; i += workers {
				x.Match(&es[i%len(es)], day)
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64((spent()-cpu).Nanoseconds())/float64(b.N), "cpu-ns/event")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkNaive evaluates every pattern against every event: what the index
// saves. Its figure is for 10,000 patterns.
func BenchmarkNaive(b *testing.B) {
	const n = 10_000
	var all []*pattern.Matcher
	for p := range feed(n, true) {
		parsed, err := pattern.Parse(p.Text)
		if err != nil {
			b.Fatal(err)
		}
		m, err := parsed.Matcher()
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, m)
	}
	es := events(100, n)
	cpu := spent()
	b.ResetTimer()
	for i := range b.N {
		for _, m := range all {
			if _, _, err := m.Sight(&es[i%len(es)]); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64((spent()-cpu).Nanoseconds())/float64(b.N), "cpu-ns/event")
	b.ReportMetric(float64((spent()-cpu).Nanoseconds())/float64(b.N)/n, "cpu-ns/pattern")
}
