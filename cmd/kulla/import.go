package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"kulla.dev/internal/access"
	"kulla.dev/internal/app"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/incident"
	"kulla.dev/internal/registry"
)

type importCmd struct {
	Institutions importInstitutionsCmd `cmd:"" help:"Put a file of institutions into the register: CSV, XLSX or JSON."`
	Reports      importReportsCmd      `cmd:"" help:"Hand in reports that came as files: JSON, signed JSON or the filled sheet."`
}

type importInstitutionsCmd struct {
	configFlag
	asFlag
	File   string `arg:"" help:"File to read; - is standard input."`
	DryRun bool   `help:"Say what the file would do, row by row, and write nothing."`
	Seen   string `placeholder:"DIGEST" help:"Import only if it does what the dry run with this digest said."`
	JSON   bool   `name:"json" help:"Print for scripts."`
}

func (importInstitutionsCmd) Help() string {
	return `The first row names the columns: id, tax_id, name:sq, name:en, sector, class, …;
kulla export register prints one with all of them. A row finds its institution by
id, tax number or name; what a row leaves out stays as it is. Rows in error are
passed over and named; all others are written. Run twice, it changes nothing the
second time, so an import that was broken off is simply run again.
Exit codes: 0 all rows are well, 1 some are in error, 2 wrong usage, 3 the file
or the database cannot be read.`
}

func (v *importInstitutionsCmd) Run(ctx context.Context, std *stdio, env environ) error {
	data, err := readInput(v.File, std)
	if err != nil {
		return err
	}
	a, err := v.open(ctx, env, std)
	if err != nil {
		return err
	}
	defer a.Stop(context.WithoutCancel(ctx))
	by, err := v.actor(ctx, a, std, "registry.import", "registry.write", "registry.read")
	if err != nil {
		return err
	}
	b := std.progress("rows")
	at := func(done, total int) { b.at(int64(done), int64(total)) }
	up := registry.Upload{Data: data, Seen: v.Seen}
	var p registry.Plan
	if v.DryRun {
		p, err = a.Registry.Plan(ctx, by, up, at, time.Now())
	} else {
		p, err = a.Registry.Import(ctx, by, up, at, time.Now())
	}
	b.end()
	if err != nil {
		return err
	}
	if v.JSON {
		err = std.json(planJSON(p))
	} else {
		v.print(std, p)
	}
	if err == nil && p.Errors > 0 {
		return exitError{exitFindings, fmt.Sprintf("%d rows are in error", p.Errors)}
	}
	return err
}

func (v *importInstitutionsCmd) print(std *stdio, p registry.Plan) {
	for _, c := range p.Unknown {
		std.printf("column %s: not known, not read\n", c)
	}
	for _, r := range p.Rows {
		for _, x := range r.Problems {
			std.printf("line %d: %s: %s: %s\n", r.Line, r.Name, x.Column, say(x.Key, x.Args...))
		}
		if !v.DryRun || len(r.Problems) > 0 || r.Outcome == registry.RowUnchanged {
			continue
		}
		std.printf("line %d: %s: %s\n", r.Line, r.Name, r.Outcome)
		for _, c := range r.Changes {
			std.printf("  %s: %q → %q\n", c.Field, c.Before, c.After)
		}
	}
	std.printf("%d rows (%s): %d new, %d changed, %d unchanged, %d in error\n", len(p.Rows), p.Encoding, p.New, p.Changed, p.Same, p.Errors)
	if v.DryRun {
		std.printf("dry run, nothing is written; to import exactly this: --seen %s\n", p.Digest)
	}
}

// planJSON is a plan for scripts; rows that change nothing are left out.
func planJSON(p registry.Plan) map[string]any {
	type problem struct {
		Column string `json:"column"`
		Key    string `json:"key"`
		Text   string `json:"text"`
	}
	type row struct {
		Line     int               `json:"line"`
		ID       registry.ID       `json:"id,omitempty"`
		Name     string            `json:"name"`
		Outcome  registry.Outcome  `json:"outcome"`
		Changes  []registry.Change `json:"changes,omitempty"`
		Problems []problem         `json:"problems,omitempty"`
	}
	rows := []row{}
	for _, r := range p.Rows {
		if r.Outcome == registry.RowUnchanged {
			continue
		}
		out := row{Line: r.Line, ID: r.ID, Name: r.Name, Outcome: r.Outcome, Changes: r.Changes}
		for _, x := range r.Problems {
			out.Problems = append(out.Problems, problem{x.Column, x.Key, say(x.Key, x.Args...)})
		}
		rows = append(rows, out)
	}
	return map[string]any{"digest": p.Digest, "encoding": p.Encoding, "unknown_columns": p.Unknown, "new": p.New, "changed": p.Changed,
		"unchanged": p.Same, "errors": p.Errors, "done": p.Done, "rows": rows}
}

type importReportsCmd struct {
	configFlag
	asFlag
	Files  []string `arg:"" help:"Files to read."`
	DryRun bool     `help:"Say what each report would be owed and what it lacks, and write nothing."`
	Keys   []string `placeholder:"FILE" help:"Public keys (as made by note.GenerateKey) whose signatures on a form are believed."`
	JSON   bool     `name:"json" help:"Print for scripts."`
}

func (importReportsCmd) Help() string {
	return `Hands in what came by mail or on paper, in the name of the person given by --as.
A file is one report: JSON with the members the interface for programs takes, the
same signed as a note, or the sheet the desk gives out to fill in. A file handed
in twice gives the receipt of the first time. Exit code 1 when any was refused.`
}

func (v *importReportsCmd) Run(ctx context.Context, std *stdio, env environ) error {
	if v.As == "" {
		return exitError{exitUsage, "--as: a report needs somebody who hands it in"}
	}
	known, err := readKeys(v.Keys)
	if err != nil {
		return err
	}
	a, err := v.open(ctx, env, std)
	if err != nil {
		return err
	}
	defer a.Stop(context.WithoutCancel(ctx))
	by, err := v.actor(ctx, a, std)
	if err != nil {
		return err
	}
	b := std.progress("reports")
	var lines []reportLine
	refused := 0
	for i, name := range v.Files {
		l := v.hand(ctx, a, by, name, known)
		if l.Error != "" {
			refused++
		}
		lines = append(lines, l)
		b.at(int64(i+1), int64(len(v.Files)))
	}
	b.end()
	if v.JSON {
		if err := std.json(lines); err != nil {
			return err
		}
	} else {
		for _, l := range lines {
			l.print(std)
		}
	}
	if refused > 0 {
		return exitError{exitFindings, fmt.Sprintf("%d of %d reports were refused", refused, len(v.Files))}
	}
	return nil
}

// reportLine says what became of one file.
type reportLine struct {
	File   string            `json:"file"`
	Number string            `json:"number,omitempty"`
	Digest string            `json:"digest,omitempty"`
	Signed string            `json:"signed_by,omitempty"`
	Error  string            `json:"error,omitempty"`
	Fields map[string]string `json:"fields,omitempty"`
	order  []string
}

func (l reportLine) print(std *stdio) {
	switch {
	case l.Error != "":
		std.printf("%s: refused: %s\n", l.File, l.Error)
		for _, f := range l.order {
			std.printf("  %s: %s\n", f, l.Fields[f])
		}
	case l.Number == "":
		std.printf("%s: can be handed in\n", l.File)
	default:
		std.printf("%s: %s, digest %s\n", l.File, l.Number, l.Digest)
	}
}

// hand reads one file and hands it in, or with --dry-run checks it.
func (v *importReportsCmd) hand(ctx context.Context, a *app.App, by access.Actor, name string, known note.Verifiers) (l reportLine) {
	l.File = name
	refuse := func(err error) reportLine {
		l.Error = err.Error()
		if f, ok := errors.AsType[*fault.Error](err); ok {
			l.Error, l.Fields = say(f.Key, f.Args...), map[string]string{}
			for _, x := range f.Fields {
				l.Fields[x.Name] = say(x.Key, x.Args...)
				l.order = append(l.order, x.Name)
			}
		}
		return l
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return refuse(err)
	}
	var in incident.Draft
	if bytes.HasPrefix(data, []byte("PK\x03\x04")) {
		in, err = a.Incident.ReadForm(bytes.NewReader(data))
	} else {
		in, l.Signed, err = incident.ReadJSON(bytes.NewReader(data), known)
	}
	if err != nil {
		return refuse(err)
	}
	if in.Key == "" {
		sum := sha256.Sum256(data)
		in.Key = "file-" + hex.EncodeToString(sum[:16])
	}
	if in.Institution == "" && in.Victim.Name == "" && in.Incident == "" {
		in.Institution = by.Institution
	}
	if in.Channel == "" {
		in.Channel = "file"
	}
	if v.DryRun {
		if _, err := a.Incident.Check(ctx, by, in, time.Now()); err != nil {
			return refuse(err)
		}
		return l
	}
	r, err := a.Incident.Submit(ctx, by, in, time.Now())
	if err != nil {
		return refuse(err)
	}
	l.Number, l.Digest = r.Number, r.Digest
	return l
}

// readKeys reads public keys of institutions that sign their forms.
func readKeys(files []string) (note.Verifiers, error) {
	var list []note.Verifier
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		ver, err := note.NewVerifier(strings.TrimSpace(string(b)))
		if err != nil {
			return nil, exitError{exitUsage, f + ": " + err.Error()}
		}
		list = append(list, ver)
	}
	if list == nil {
		return nil, nil
	}
	return note.VerifierList(list...), nil
}

// readInput reads a file or standard input.
func readInput(name string, std *stdio) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(std.in)
	}
	return os.ReadFile(name)
}
