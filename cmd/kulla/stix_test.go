package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/rogpeppe/go-internal/testscript"
)

// TestStixScripts runs the scripts of testdata/stix. In a script,
//
//	stix CODE verb args...
//
// runs a verb with the file "in" as standard input if there is one, demands
// the exit code, and leaves what it wrote in the files out and err.
func TestStixScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:  "testdata/stix",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"stix": runStix},
	})
}

func runStix(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	args = args[1:]
	for i, a := range args {
		if _, err := os.Stat(ts.MkAbs(a)); err == nil && i > 0 {
			args[i] = ts.MkAbs(a)
		}
	}
	var in, out, errs bytes.Buffer
	if text, err := os.ReadFile(ts.MkAbs("in")); err == nil {
		in.Write(text)
	}
	code := stixMain(args, &stdio{&in, &out, &errs})
	for name, b := range map[string]*bytes.Buffer{"out": &out, "err": &errs} {
		text := strings.ReplaceAll(b.String(), ts.MkAbs(".")+"/", "")
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o600))
	}
	if code != want {
		ts.Fatalf("exit code %d, want %d\n%s%s", code, want, out.String(), errs.String())
	}
}

// stixMain is the command line with the stix verbs alone.
func stixMain(args []string, std *stdio) int {
	var c stixCmd
	code := -1
	p, err := kong.New(&c, kong.Name("kulla stix"), kong.Writers(std.out, std.err), kong.Exit(func(n int) { code = n }), kong.Bind(std))
	if err != nil {
		panic(err)
	}
	line, err := p.Parse(args)
	if code >= 0 {
		return code
	}
	if err != nil {
		fmt.Fprintln(std.err, err)
		return exitUsage
	}
	if err = line.Run(); err == nil {
		return exitOK
	}
	if e, ok := errors.AsType[exitError](err); ok {
		fmt.Fprintln(std.err, e.msg)
		return e.code
	}
	fmt.Fprintln(std.err, err)
	return exitFailed
}
