// Command kulla is the desk of a national cyber authority in one program:
// pages for people, work in the background, and verbs for those who run it.
//
//	kulla demo                 a working desk with a made-up story
//	kulla serve                the desk
//	kulla user create-admin    the first administrator
//
// Every verb has --help. Exit codes: 0 done, 1 done with findings, 2 wrong
// usage or configuration, 3 could not be done.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"kulla.dev/internal/fault"
	"kulla.dev/internal/i18n"
)

// version is set by the build.
var version = "dev"

// cli is the whole command line.
type cli struct {
	Serve       serveCmd       `cmd:"" help:"Run the desk: pages, reminders, mail."`
	Demo        demoCmd        `cmd:"" help:"Run a desk with the demo story, on a database of its own."`
	Migrate     migrateCmd     `cmd:"" help:"Bring the database's schema up to this program's."`
	User        userCmd        `cmd:"" help:"Create administrators and unlock accounts."`
	Pack        packCmd        `cmd:"" help:"Check, list, sign and verify country packs."`
	Import      importCmd      `cmd:"" help:"Put institutions and reports from files into the desk."`
	Export      exportCmd      `cmd:"" help:"Write the register, incidents, returns or the paper to files."`
	Backup      backupCmd      `cmd:"" help:"Copy a running SQLite desk."`
	Restore     restoreCmd     `cmd:"" help:"Put a backup in the place of the database of a stopped desk."`
	Verify      verifyCmd      `cmd:"" help:"Prove the audit chain, or name its first broken row."`
	CheckConfig checkConfigCmd `cmd:"" help:"Explain the configuration: every value, where it comes from, what is wrong."`
	Stix        stixCmd        `cmd:"" help:"Validate, convert and match STIX content. Needs no desk."`
	Bench       benchCmd       `cmd:"" help:"Measure this machine with this program, on a desk of its own."`
	Version     versionCmd     `cmd:"" help:"Print the version."`
	Completion  completionCmd  `cmd:"" help:"Print a completion script for bash, zsh or fish."`
}

func main() { os.Exit(run(os.Args[1:], os.Environ(), &stdio{os.Stdin, os.Stdout, os.Stderr})) }

// environ is the environment, handed to verbs.
type environ []string

// run parses the line, runs the verb and gives the exit code.
func run(args []string, env []string, std *stdio) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c cli
	code := -1
	parser, err := kong.New(&c, kong.Name("kulla"), kong.Description("The desk of a national cyber authority."),
		kong.Writers(std.out, std.err), kong.UsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Exit(func(n int) { code = n }), kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(std, environ(env)))
	if err != nil {
		fmt.Fprintln(std.err, "kulla:", err) // unreachable: the command line is a constant
		return exitFailed
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	line, err := parser.Parse(args)
	if code >= 0 {
		return code
	}
	if err != nil {
		fmt.Fprintln(std.err, "kulla:", err)
		return exitUsage
	}
	return tell(std.err, line.Run(parser))
}

// tell says an error in one sentence and gives its exit code.
func tell(w io.Writer, err error) int {
	if err == nil {
		return exitOK
	}
	if e, ok := errors.AsType[exitError](err); ok {
		if e.msg != "" {
			fmt.Fprintln(w, "kulla:", e.msg)
		}
		return e.code
	}
	if f, ok := errors.AsType[*fault.Error](err); ok {
		fmt.Fprintln(w, "kulla:", i18n.English.T(f.Key, f.Args...))
		for _, x := range f.Fields {
			fmt.Fprintf(w, "  %s: %s\n", x.Name, i18n.English.T(x.Key, x.Args...))
		}
		if f.Cause != nil {
			fmt.Fprintln(w, "  cause:", f.Cause)
		}
		return exitFailed
	}
	fmt.Fprintln(w, "kulla:", err)
	return exitFailed
}
