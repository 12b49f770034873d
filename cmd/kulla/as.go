package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/app"
	"kulla.dev/internal/council"
	"kulla.dev/internal/i18n"
	"kulla.dev/internal/marking"
)

// asFlag says in whose name a verb reads and writes.
type asFlag struct {
	As          string `placeholder:"EMAIL" help:"Act as this person: their roles, clearance and markings decide, and the audit trail names them."`
	Institution string `placeholder:"ID" help:"With --as: the institution the person acts for; needed by those who belong to several."`
}

// actor gives the person named, or where anonymous allows it the desk itself,
// which reads everything; then it says so aloud.
func (f asFlag) actor(ctx context.Context, a *app.App, std *stdio, may ...access.Permission) (access.Actor, error) {
	if f.As == "" {
		by := access.System("command", may...)
		by.Name, by.Clearance.TLP = a.Config.Name, marking.TLPRed
		fmt.Fprintln(std.err, "note: no --as: this is done by the desk itself, past every marking and wall; the audit trail says \"command\"")
		return by, nil
	}
	people, err := a.Access.People(ctx, access.System("command", "access.read"), access.Query{Text: f.As, Limit: 500})
	if err != nil {
		return access.Actor{}, err
	}
	for _, p := range people {
		if !strings.EqualFold(p.Email, strings.TrimSpace(f.As)) {
			continue
		}
		if !p.Active {
			return access.Actor{}, exitError{exitUsage, "--as: " + p.Email + " is no longer active"}
		}
		list := p.Institutions()
		at := f.Institution
		if at == "" && len(list) == 1 {
			at = list[0]
		}
		if at == "" {
			return access.Actor{}, exitError{exitUsage, "--as: " + p.Email + " belongs to several institutions; choose with --institution: " + strings.Join(list, ", ")}
		}
		by := a.Access.ActorOf(p, at)
		if len(by.Roles) == 0 {
			return access.Actor{}, exitError{exitUsage, "--institution: " + p.Email + " has no role in " + at}
		}
		return by, nil
	}
	return access.Actor{}, exitError{exitUsage, "--as: nobody signs in as " + f.As}
}

// output is where an export goes.
type output struct {
	Out string `short:"o" type:"path" default:"-" help:"File to write; it must not exist yet. - is standard output."`
}

// write makes the file whole or not at all.
func (o output) write(std *stdio, make func(io.Writer) error) (err error) {
	if o.Out == "-" {
		return make(std.out)
	}
	f, err := os.OpenFile(o.Out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return exitError{exitUsage, o.Out + " exists; it is not written over"}
	}
	if err != nil {
		return err
	}
	if err := errors.Join(make(f), f.Close()); err != nil {
		_ = os.Remove(o.Out) // what is not whole is not kept
		return err
	}
	return nil
}

// period is a stretch of civil days.
type period struct {
	From string `placeholder:"DAY" help:"First day, 2026-01-31; without it a year before the last."`
	To   string `placeholder:"DAY" help:"Last day; without it yesterday."`
}

// days reads the period in the zone of the desk's authority.
func (p period) days(now time.Time, zone *time.Location) (from, to time.Time, err error) {
	today := now.In(zone)
	to = time.Date(today.Year(), today.Month(), today.Day()-1, 0, 0, 0, 0, zone)
	if p.To != "" {
		if to, err = time.ParseInLocation(time.DateOnly, p.To, zone); err != nil {
			return from, to, exitError{exitUsage, fmt.Sprintf("--to: %q is not a day like 2026-01-31", p.To)}
		}
	}
	from = to.AddDate(-1, 0, 1)
	if p.From != "" {
		if from, err = time.ParseInLocation(time.DateOnly, p.From, zone); err != nil {
			return from, to, exitError{exitUsage, fmt.Sprintf("--from: %q is not a day like 2026-01-31", p.From)}
		}
	}
	if to.Before(from) {
		return from, to, exitError{exitUsage, "--from lies after --to"}
	}
	return from, to, nil
}

func dayOf(t time.Time) council.Day { return council.DayOf(t) }

// say puts a message key into the words of the command line.
func say(key string, args ...any) string { return i18n.English.T(key, args...) }
