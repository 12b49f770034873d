package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"kulla.dev/internal/app"
)

type benchCmd struct {
	Scale []int    `default:"1" help:"Sizes to measure, 1,10,100: at 100 a desk has 10,000 institutions, 100,000 incidents and 5,000,000 audit records."`
	DB    string   `name:"database" placeholder:"URL" help:"An empty database to fill, postgres://…; without it an SQLite file in --dir."`
	Dir   string   `type:"path" help:"Folder for the desk; kept, and gone on with the next time. Without it a temporary one."`
	Only  []string `placeholder:"NAME" help:"Measure only these: pages, submit, verify, start, paper, import, due."`
	Fill  bool     `help:"Only fill the desk in --dir; measure later."`
	Pack  string   `default:"al" help:"Country pack of the desk."`
	JSON  bool     `name:"json" help:"Print for scripts."`
}

func (benchCmd) Help() string {
	return `Fills a desk of its own with made-up institutions, incidents and audit records and
measures what people wait for: pages through the real handler as a signed-in duty
officer, reports acknowledged at 50 a second, the proof of the audit trail, the
start of the program and its memory, the paper, an import of 20,000 institutions,
the look at what is due. Prints each figure with its target, the machine and its
load. Exit code 1 when a target is missed at the largest size.`
}

// figure is one thing measured.
type figure struct {
	Scale  int     `json:"scale"`
	Name   string  `json:"name"`
	Unit   string  `json:"unit"`
	N      int     `json:"n"`
	P50    float64 `json:"p50"`
	P95    float64 `json:"p95"`
	P99    float64 `json:"p99"`
	Max    float64 `json:"max"`
	Target string  `json:"target,omitempty"`
	Met    bool    `json:"met"`
	Load   string  `json:"load"`
	Note   string  `json:"note,omitempty"`
}

// machine is where it was measured.
type machine struct {
	CPU    string `json:"cpu"`
	Cores  int    `json:"cores"`
	Memory string `json:"memory"`
	System string `json:"system"`
	Go     string `json:"go"`
	Engine string `json:"engine"`
	Kulla  string `json:"kulla"`
}

// bench is one run.
type bench struct {
	*benchCmd
	std     *stdio
	dir     string
	machine machine
	scale   int
	size    app.Size
	out     []figure
}

func (v *benchCmd) Run(ctx context.Context, std *stdio) error {
	b := bench{benchCmd: v, std: std, dir: v.Dir}
	if b.dir == "" {
		if v.Fill {
			return exitError{exitUsage, "--fill needs a --dir to keep the desk in"}
		}
		dir, err := os.MkdirTemp("", "kulla-bench-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		b.dir = dir
	}
	for _, name := range v.Only {
		if !slices.Contains([]string{"pages", "submit", "verify", "start", "paper", "import", "due"}, name) {
			return exitError{exitUsage, fmt.Sprintf("--only: %q is not measured", name)}
		}
	}
	slices.Sort(v.Scale)
	for _, s := range v.Scale {
		if s < 1 || s > 1000 {
			return exitError{exitUsage, fmt.Sprintf("--scale: %d is not between 1 and 1000", s)}
		}
		b.scale, b.size = s, app.Size{Institutions: 100 * int64(s), Incidents: 1000 * int64(s), Records: 50_000 * int64(s)}
		if err := b.run(ctx); err != nil {
			return err
		}
	}
	if v.JSON {
		if err := std.json(map[string]any{"machine": b.machine, "figures": b.out}); err != nil {
			return err
		}
	}
	missed := 0
	for _, f := range b.out {
		if !f.Met && f.Scale == b.scale {
			missed++
		}
	}
	if missed > 0 {
		return exitError{exitFindings, fmt.Sprintf("%d targets are missed", missed)}
	}
	return nil
}

func (b *bench) wants(name string) bool { return len(b.Only) == 0 || slices.Contains(b.Only, name) }

func (b *bench) config() app.Config {
	c := (&demoCmd{Dir: b.dir, DB: b.DB, Pack: b.Pack, Quiet: true, Listen: "127.0.0.1:0"}).config()
	c.Mail.URL = "file:" + filepath.Join(b.dir, "mail")
	return c
}

func (b *bench) open(ctx context.Context, clock *app.Clock) (*app.App, error) {
	o := app.Options{Log: b.std.err}
	if clock != nil {
		o.Now = clock.Now
	}
	return app.New(ctx, b.config(), o)
}

// run fills the desk to the size and measures it.
func (b *bench) run(ctx context.Context) error {
	clock := &app.Clock{}
	a, err := b.open(ctx, clock)
	if err != nil {
		return err
	}
	began := time.Now()
	err = a.FillTo(ctx, clock, b.size, func(what string) func(done, total int64) { return b.std.progress(what).at })
	if err == nil {
		b.size, err = a.Sizes(ctx)
	}
	if err == nil {
		b.facts(ctx, a)
	}
	if err := errors.Join(err, a.Stop(context.WithoutCancel(ctx))); err != nil {
		return err
	}
	b.say("\n%d institutions, %d incidents, %d audit records (filled in %.0f s)\n", b.size.Institutions, b.size.Incidents, b.size.Records, time.Since(began).Seconds())
	if b.Fill {
		return nil
	}
	b.say("%-34s %6s %9s %9s %9s %9s  %-10s %-5s %s\n", "", "n", "p50", "p95", "p99", "max", "target", "load", "")
	if b.wants("start") {
		if err := b.start(ctx); err != nil {
			return fmt.Errorf("start: %w", err)
		}
	}
	if a, err = b.open(ctx, nil); err != nil {
		return err
	}
	if err := a.Start(ctx); err != nil {
		return errors.Join(err, a.DB.Close())
	}
	for _, m := range []struct {
		name string
		run  func(context.Context, *app.App) error
	}{{"verify", b.verify}, {"paper", b.paper}, {"pages", b.pages}, {"submit", b.submit}, {"import", b.imports}, {"due", b.due}} {
		if !b.wants(m.name) {
			continue
		}
		if e := m.run(ctx, a); e != nil {
			err = fmt.Errorf("%s: %w", m.name, e)
			break
		}
	}
	return errors.Join(err, a.Stop(context.WithoutCancel(ctx)))
}

// facts reads what the machine is.
func (b *bench) facts(ctx context.Context, a *app.App) {
	build := app.Build(version)
	b.machine = machine{CPU: line("/proc/cpuinfo", "model name"), Cores: runtime.NumCPU(), Memory: line("/proc/meminfo", "MemTotal"), System: runtime.GOOS + "/" + runtime.GOARCH,
		Go: build.Go, Kulla: build.Version + " " + build.Revision}
	b.machine.Engine, _ = a.EngineVersion(ctx) // shown as empty where the database does not say
	m := b.machine
	b.say("%s · %d cores · %s · %s · %s · %s\n", m.CPU, m.Cores, m.Memory, m.System, m.Go, m.Engine)
}

// line gives what follows a name in a file of the system, "" elsewhere.
func line(file, name string) string {
	text, _ := os.ReadFile(file) // other systems have none
	for l := range strings.SplitSeq(string(text), "\n") {
		if k, v, ok := strings.Cut(l, ":"); ok && strings.TrimSpace(k) == name {
			return strings.Join(strings.Fields(v), " ")
		}
	}
	return ""
}

func (b *bench) say(format string, args ...any) {
	if !b.JSON {
		b.std.printf(format, args...)
	}
}

// note keeps and prints a figure from its samples; limit 0 is no target, and
// at says which of the percentiles it is about.
func (b *bench) note(name, unit string, samples []float64, at string, limit float64, remark string) {
	if len(samples) == 0 {
		return
	}
	slices.Sort(samples)
	p := func(q float64) float64 { return samples[min(int(q*float64(len(samples))), len(samples)-1)] }
	f := figure{Scale: b.scale, Name: name, Unit: unit, N: len(samples), P50: p(.5), P95: p(.95), P99: p(.99), Max: samples[len(samples)-1], Met: true, Load: load(), Note: remark}
	if limit > 0 {
		got := map[string]float64{"p50": f.P50, "p95": f.P95, "p99": f.P99, "max": f.Max}[at]
		f.Target, f.Met = fmt.Sprintf("%s≤%g", at, limit), got <= limit
		if at == "min" {
			f.Target, f.Met = fmt.Sprintf("≥%g", limit), f.P50 >= limit
		}
	}
	b.out = append(b.out, f)
	mark := ""
	if !f.Met {
		mark = "MISSED "
	}
	b.say("%-34s %6d %9s %9s %9s %9s  %-10s %-5s %s%s\n", name+" "+unit, f.N, short(f.P50), short(f.P95), short(f.P99), short(f.Max), f.Target, f.Load, mark, remark)
}

func short(v float64) string {
	switch {
	case v >= 1000:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

// load is how busy the machine was in the last minute.
func load() string {
	text, _ := os.ReadFile("/proc/loadavg") // other systems have none
	first, _, _ := strings.Cut(string(text), " ")
	return first
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
