package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// stdio is where a verb reads and writes.
type stdio struct {
	in       io.Reader
	out, err io.Writer
}

// Exit codes, documented in docs/commands.md.
const (
	exitOK       = 0 // done
	exitFindings = 1 // done, and something is wrong with what was looked at
	exitUsage    = 2 // the command line or configuration is wrong
	exitFailed   = 3 // could not be done: input or output, database, network
)

// exitError ends the program with a code and a sentence that says what to do.
type exitError struct {
	code int
	msg  string
}

func (e exitError) Error() string { return e.msg }

// json writes v for scripts.
func (s *stdio) json(v any) error {
	enc := json.NewEncoder(s.out)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

func (s *stdio) printf(format string, args ...any) { fmt.Fprintf(s.out, format, args...) }

// bar shows how far a long work is, on a terminal only.
type bar struct {
	w     io.Writer
	label string
	began time.Time
	last  time.Time
}

// progress starts a bar; it draws nothing where err is not a terminal.
func (s *stdio) progress(label string) *bar {
	b := &bar{label: label, began: time.Now()}
	if f, ok := s.err.(*os.File); ok {
		if st, err := f.Stat(); err == nil && st.Mode()&os.ModeCharDevice != 0 {
			b.w = f
		}
	}
	return b
}

// at draws the bar at done of total.
func (b *bar) at(done, total int64) {
	now := time.Now()
	if b.w == nil || total <= 0 || (done < total && now.Sub(b.last) < 100*time.Millisecond) {
		return
	}
	b.last = now
	const width = 30
	full := int(min(done, total) * width / total)
	rate := float64(done) / max(now.Sub(b.began).Seconds(), 0.001)
	fmt.Fprintf(b.w, "\r%s [%s%s] %3d %%  %d of %d  %.0f/s ", b.label, strings.Repeat("#", full), strings.Repeat(".", width-full), min(done, total)*100/total, done, total, rate)
}

// end finishes the line.
func (b *bar) end() {
	if b.w != nil {
		fmt.Fprintln(b.w)
	}
}
