package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/app"
	"kulla.dev/internal/audit"
	"kulla.dev/internal/council"
	"kulla.dev/internal/marking"
	"kulla.dev/internal/report"
)

// start measures from the start of the process to its first "ready", and what
// it holds in memory a few seconds later.
func (b *bench) start(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	c := b.config()
	var took, memory []float64
	for i := range 5 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		addr := l.Addr().String()
		if err := l.Close(); err != nil {
			return err
		}
		cmd := exec.CommandContext(ctx, self, "serve")
		cmd.Env = append(slices.DeleteFunc(os.Environ(), func(e string) bool { return strings.HasPrefix(e, "KULLA_") && !strings.HasPrefix(e, "KULLA_TEST_") }),
			"KULLA_DATABASE="+c.Database, "KULLA_STATE="+c.State, "KULLA_LISTEN="+addr, "KULLA_PACKS="+strings.Join(c.Packs, ","), "KULLA_MAIL_URL="+c.Mail.URL, "KULLA_LOG_LEVEL=error")
		var log bytes.Buffer
		cmd.Stderr = &log
		began := time.Now()
		if err := cmd.Start(); err != nil {
			return err
		}
		ready := false
		for !ready && time.Since(began) < 30*time.Second {
			if ready = app.Ready(addr); !ready {
				time.Sleep(2 * time.Millisecond)
			}
		}
		took = append(took, ms(time.Since(began)))
		if i == 0 {
			time.Sleep(3 * time.Second)
			kb, _ := strconv.ParseFloat(strings.TrimSuffix(line(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid), "VmRSS"), " kB"), 64)
			memory = append(memory, kb/1024)
		}
		_ = cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); err != nil || !ready {
			return fmt.Errorf("the desk was not ready: %w %s", err, log.String())
		}
	}
	b.note("cold start", "ms", took, "p50", 1000, "process start to ready, schema current")
	b.note("idle memory", "MB", memory, "max", 150, "resident, 3 s after ready")
	return nil
}

func (b *bench) verify(ctx context.Context, a *app.App) error {
	var rate []float64
	for range 3 {
		began := time.Now()
		v, err := a.Audit.Verify(ctx, audit.VerifyOptions{})
		if err != nil {
			return err
		}
		rate = append(rate, float64(v.Records)/time.Since(began).Seconds())
	}
	b.note("audit verify", "rows/s", rate, "min", 1_000_000, "whole trail, in process")
	return nil
}

// paper makes the paper of a year and sets it as PDF.
func (b *bench) paper(ctx context.Context, a *app.App) error {
	by, err := asFlag{As: "analyst@demo.example"}.actor(ctx, a, b.std)
	if err != nil {
		return err
	}
	var took []float64
	counted := 0
	for range 3 {
		now := time.Now()
		last := council.DayOf(now.In(a.Pack.Location))
		p, err := a.Council.Compose(ctx, by, council.Request{From: council.DayOf(last.Date().AddDate(-1, 0, 1)), To: last}, now)
		if err != nil {
			return err
		}
		if err := report.PDF(io.Discard, a.Council.Doc(p, "sq")); err != nil {
			return err
		}
		took = append(took, ms(time.Since(now)))
		counted = 0
		for _, f := range p.Of(council.Unit) {
			counted += f.Count + int(f.Before)
		}
	}
	b.note("paper with PDF", "ms", took, "max", 3000, fmt.Sprintf("%d incidents counted, a year against the year before", counted))
	return nil
}

// pages asks for the main pages as a signed-in duty officer.
func (b *bench) pages(ctx context.Context, a *app.App) error {
	duty, err := a.Visit("duty@demo.example")
	if err != nil {
		return err
	}
	auditor, err := a.Visit("auditor@demo.example")
	if err != nil {
		return err
	}
	ids, err := a.IncidentIDs(ctx, 100)
	if err != nil {
		return err
	}
	papers, err := a.Council.List(ctx, systemReader(), 1)
	if err != nil {
		return err
	}
	if len(papers) == 0 {
		p, err := a.YearPaper(ctx, time.Now())
		if err != nil {
			return err
		}
		papers = append(papers, p)
	}
	for _, page := range []struct {
		name string
		by   app.Visitor
		path func(i int) string
	}{
		{"situation", duty, func(int) string { return "/" }},
		{"triage list", duty, func(int) string { return "/incidents" }},
		{"triage list, ended", duty, func(int) string { return "/incidents?ended=1" }},
		{"incident", duty, func(i int) string { return "/incidents/" + ids[i%len(ids)] }},
		{"institutions", duty, func(int) string { return "/institutions" }},
		{"institutions, searched", duty, func(i int) string { return "/institutions?q=company+" + strconv.Itoa(i) }},
		{"paper", duty, func(int) string { return "/papers/" + papers[0].ID }},
		{"audit trail", auditor, func(int) string { return "/audit" }},
	} {
		var took []float64
		bad := ""
		for i := range 105 {
			began := time.Now()
			status, n, err := page.by.Get(page.path(i))
			if err != nil {
				return err
			}
			if i >= 5 {
				took = append(took, ms(time.Since(began)))
			}
			if status != 200 {
				bad = fmt.Sprintf("%s: status %d", page.path(i), status)
			} else if i == 5 && bad == "" {
				bad = fmt.Sprintf("%d kB", n/1024)
			}
			if time.Since(began) > 5*time.Second && i >= 7 {
				break // slow enough to know
			}
		}
		b.note("page: "+page.name, "ms", took, "p95", 150, bad)
	}
	return nil
}

func systemReader() access.Actor {
	by := access.System("bench", "council.read", "council.write")
	by.Clearance.TLP = marking.TLPRed
	return by
}

// submit hands in 50 reports a second for ten seconds, whether the desk keeps
// up or not, and measures from the moment each should have gone out.
func (b *bench) submit(ctx context.Context, a *app.App) error {
	r, err := a.NewReporter(ctx)
	if err != nil {
		return err
	}
	const perSecond, seconds = 50, 10
	run := strconv.FormatUint(rand.Uint64(), 36)
	send := func(i int) error { return r.Report(ctx, fmt.Sprintf("bench-%s-%d", run, i)) }
	for i := range 20 { // the first ones compile statements
		if err := send(-1 - i); err != nil {
			return err
		}
	}
	took, errs := make([]float64, perSecond*seconds), make([]error, perSecond*seconds)
	var all sync.WaitGroup
	began := time.Now()
	for i := range took {
		due := began.Add(time.Duration(i) * time.Second / perSecond)
		time.Sleep(time.Until(due))
		all.Go(func() {
			errs[i] = send(i)
			took[i] = ms(time.Since(due))
		})
	}
	all.Wait()
	remark := ""
	failed := 0
	for _, err := range errs {
		if err != nil {
			failed++
			remark = fmt.Sprintf("%d failed: %v", failed, err)
		}
	}
	b.note("report acknowledged, 50/s", "ms", took, "p99", 50, remark)
	return nil
}

// imports brings a file of 20,000 institutions in, dry run and all, on an
// empty desk of its own; SQLite, or a schema of its own is not to be had.
func (b *bench) imports(ctx context.Context, _ *app.App) error {
	if b.DB != "" {
		return nil // the database given is full already
	}
	dir := filepath.Join(b.dir, "import")
	defer os.RemoveAll(dir)
	c := (&demoCmd{Dir: dir, Pack: b.Pack, Quiet: true, Listen: "127.0.0.1:0"}).config()
	a, err := app.New(ctx, c, app.Options{Log: b.std.err})
	if err != nil {
		return err
	}
	defer a.Stop(context.WithoutCancel(ctx))
	took, err := a.TimeImport(ctx, 20_000)
	if err == nil {
		b.note("import of 20,000 institutions", "ms", []float64{ms(took)}, "max", 10_000, "dry run, then import")
	}
	return err
}

// due measures the look at what is due, with more and more that is not.
func (b *bench) due(ctx context.Context, a *app.App) error {
	sizes := []int{1_000, 100_000}
	if b.scale >= 100 {
		sizes = append(sizes, 1_000_000)
	}
	for _, n := range sizes {
		if err := a.FillClocks(ctx, n); err != nil {
			return err
		}
		if err := a.Drain(ctx); err != nil {
			return err
		}
		var took []float64
		for range 200 {
			began := time.Now()
			if _, err := a.Runner.Step(ctx); err != nil {
				return err
			}
			took = append(took, ms(time.Since(began)))
		}
		b.note(fmt.Sprintf("look at what is due, %d open", n), "ms", took, "p95", 0, "")
	}
	return nil
}
