//go:build unix

package stix

import (
	"bytes"
	"fmt"
	"syscall"
	"testing"
	"time"
)

// BenchmarkParseValidateDigest reads bundles of one, ten and a hundred times
// the corpus from memory: strict parse, full check with warnings, SHA-256 of
// every object. plainscan/x tells how many times as long it takes as stepping
// over the strings of the same bytes by IndexByte.
func BenchmarkParseValidateDigest(b *testing.B) {
	text := corpus(b)
	for _, times := range []int{1, 10, 100} {
		b.Run(fmt.Sprintf("%dx", times), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(times) * int64(len(text)))
			objects, cpu := 0, cpuTime()
			for b.Loop() {
				objects = 0
				for range times {
					d := NewTextDecoder(text)
					for o, err := range d.Objects() {
						if err != nil {
							b.Fatal(err)
						}
						if d.Check(o).Outcome == Invalid {
							b.Fatal(d.Check(o))
						}
						sum := o.Digest()
						objects += 1 + int(sum[0]&0)
					}
				}
			}
			per := b.Elapsed() / time.Duration(b.N)
			b.ReportMetric(float64(objects)/per.Seconds(), "objects/s")
			b.ReportMetric(float64(objects)*float64(b.N)/(cpuTime()-cpu).Seconds(), "objects/cpu-s")
			b.ReportMetric(per.Seconds()/plainScan(text, times).Seconds(), "plainscan/x")
		})
	}
}

// cpuTime gives the processor time used so far: on a busy machine it tells
// more than the clock.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func plainScan(text []byte, times int) time.Duration {
	start, n := time.Now(), 0
	for range times {
		for i := 0; ; n++ {
			j := bytes.IndexByte(text[i:], '"')
			if j < 0 {
				break
			}
			i += j + 1
		}
	}
	_ = n
	return time.Since(start)
}

// BenchmarkStream is the same through a reader: memory must not grow with the
// input.
func BenchmarkStream(b *testing.B) {
	text := corpus(b)
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	objects := 0
	for b.Loop() {
		objects = 0
		d := NewDecoder(bytes.NewReader(text))
		for o, err := range d.Objects() {
			if err != nil {
				b.Fatal(err)
			}
			d.Check(o)
			sum := o.Digest()
			objects += 1 + int(sum[0]&0)
		}
	}
	b.ReportMetric(float64(objects)*float64(b.N)/b.Elapsed().Seconds(), "objects/s")
}

// BenchmarkSteps tells what each step costs by itself.
func BenchmarkSteps(b *testing.B) {
	text := corpus(b)
	var objects []*Object
	for o, err := range NewTextDecoder(text).Objects() {
		if err != nil {
			b.Fatal(err)
		}
		objects = append(objects, o)
	}
	run := func(name string, step func(p *Parser, o *Object)) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			var p Parser
			for b.Loop() {
				for _, o := range objects {
					step(&p, o)
				}
			}
			b.ReportMetric(float64(len(objects))*float64(b.N)/b.Elapsed().Seconds(), "objects/s")
		})
	}
	run("parse", func(p *Parser, o *Object) { p.Parse(o.raw) })
	run("parse+check", func(p *Parser, o *Object) { o, _ = p.Parse(o.raw); p.Check(o) })
	run("parse+check-quiet", func(p *Parser, o *Object) { p.Quiet = true; o, _ = p.Parse(o.raw); p.Check(o) })
	run("digest", func(p *Parser, o *Object) { o.Digest() })
	run("meaning", func(p *Parser, o *Object) { p.Meaning(o) })
	run("canonical", func(p *Parser, o *Object) { _, _ = Canonical(o.raw, Limits{}) })
	run("edit", func(p *Parser, o *Object) { _, _ = o.Edit(SetText("modified", "2026-01-01T00:00:00.000Z")) })
}
