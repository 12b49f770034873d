package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"

	"kulla.dev/internal/app"
	"kulla.dev/internal/audit"
)

type backupCmd struct {
	configFlag
	To string `arg:"" type:"path" help:"File to write; must not exist."`
}

func (backupCmd) Help() string {
	return `Makes a consistent copy while the desk runs. Keep it together with a copy of the
state folder (keys), but not in the same place. PostgreSQL: use pg_dump or
pg_basebackup, as docs/deploy.md shows.`
}

func (v *backupCmd) Run(ctx context.Context, std *stdio, env environ) error {
	c, err := v.read(env)
	if err != nil {
		return err
	}
	if err := app.Backup(ctx, c, v.To); err != nil {
		return err
	}
	st, err := os.Stat(v.To)
	if err != nil {
		return err
	}
	std.printf("wrote %s (%d bytes)\n", v.To, st.Size())
	return nil
}

type restoreCmd struct {
	configFlag
	From string `arg:"" type:"existingfile" help:"Backup to restore."`
}

func (v *restoreCmd) Run(ctx context.Context, std *stdio, env environ) error {
	c, err := v.read(env)
	if err != nil {
		return err
	}
	if err := app.Restore(ctx, c, v.From); err != nil {
		return err
	}
	std.printf("restored; a database that was there is kept beside it as .before-restore\nrun kulla verify before you start the desk\n")
	return nil
}

type verifyCmd struct {
	configFlag
	Anchor string `type:"path" help:"Checkpoint kept outside the desk (JSON); without it the state folder's."`
	Record string `help:"Print the proof of one record instead."`
	Proof  string `type:"existingfile" help:"Check a proof printed before, offline."`
	Key    string `type:"path" help:"Public key of the desk (audit.pub); without it the state folder's."`
	JSON   bool   `name:"json" help:"Print for scripts."`
}

func (verifyCmd) Help() string {
	return `Recomputes the whole chain and tree of the audit trail from the database and
compares them with every checkpoint, its signature, and the anchor kept outside.
Exit code 1 names the first broken row. The desk need not run.`
}

func (v *verifyCmd) Run(ctx context.Context, std *stdio, env environ) error {
	c, err := v.read(env)
	if err != nil {
		return err
	}
	if v.Proof != "" {
		return v.checkProof(c, std)
	}
	if v.Record != "" {
		p, err := app.Prove(ctx, c, v.Record)
		if err != nil {
			return err
		}
		return std.json(p)
	}
	b := std.progress("verify")
	got, err := app.Verify(ctx, c, v.Anchor, v.Key, b.at)
	b.end()
	broken, isBroken := errors.AsType[*audit.Broken](err)
	if err != nil && !isBroken {
		return err
	}
	if v.JSON {
		out := map[string]any{"ok": err == nil, "records": got.Records, "open": got.Open, "checkpoints": got.Checkpoints, "signed": got.Signed, "root": got.Root.String(), "chain": got.Chain}
		if isBroken {
			out["broken"] = broken
		}
		if e := std.json(out); e != nil {
			return e
		}
	}
	if isBroken {
		return exitError{exitFindings, broken.Error()}
	}
	if !v.JSON {
		std.printf("%d records, %d checkpoints (%d signed), %d not yet sealed: nothing broken\ntree %s\n", got.Records, got.Checkpoints, got.Signed, got.Open, got.Root)
	}
	return nil
}

func (v *verifyCmd) checkProof(c app.Config, std *stdio) error {
	text, err := os.ReadFile(v.Proof)
	if err != nil {
		return err
	}
	var p audit.Proof
	if err := json.Unmarshal(text, &p); err != nil {
		return exitError{exitUsage, v.Proof + " is not a proof: " + err.Error()}
	}
	ver, err := app.PublicKey(c, v.Key)
	if err != nil {
		return err
	}
	if err := p.Check(ver); err != nil {
		return exitError{exitFindings, "the proof does not hold: " + err.Error()}
	}
	std.printf("record %d of %d is in the ledger\n", p.Seq, p.Size)
	return nil
}
