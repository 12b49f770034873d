package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"kulla.dev/internal/app"
)

type demoCmd struct {
	Dir    string `type:"path" default:"demo-out/desk" help:"Folder of the demo's database, keys and mail; made anew each time."`
	Keep   bool   `help:"Go on with the demo that is in the folder instead of telling the story anew."`
	Listen string `default:"127.0.0.1:8080" help:"Address of the pages; port 0 takes a free one."`
	Lang   string `default:"sq" enum:"sq,en" help:"Language the story's reports are written in."`
	Scale  int    `default:"1" help:"So many times as many incidents."`
	Once   bool   `help:"Write the papers, the register and a summary to --out, and end."`
	Out    string `type:"path" default:"demo-out" help:"Folder for --once."`
	Quiet  bool   `help:"Log errors only."`
	DB     string `name:"database" help:"Another database, empty: postgres://…; its schema is used as it is."`
	Pack   string `default:"al" help:"Country pack the story belongs to."`
	Book   bool   `name:"storybook" help:"Also serve /storybook."`
}

func (demoCmd) Help() string {
	return `A desk with two years of made-up reports: victims and reports are marked EXERCISE,
public institutions are real, no real address is shown as compromised. Accounts
are printed at the start and shown on the sign-in page.`
}

func (v *demoCmd) config() app.Config {
	c := app.Defaults()
	c.Database = "sqlite:" + filepath.Join(v.Dir, "kulla.db")
	if v.DB != "" {
		c.Database = v.DB
	}
	c.State = filepath.Join(v.Dir, "state")
	c.Mail.URL = "file:" + filepath.Join(v.Dir, "mail")
	c.Mail.From = "Kulla demo <desk@demo.example>"
	c.Listen = v.Listen
	c.Packs[0] = v.Pack
	c.Name = "Kulla demo"
	c.Demo = true
	c.Storybook = v.Book
	if v.Quiet {
		c.Log.Level = "error"
	}
	return c
}

func (v *demoCmd) Run(ctx context.Context, std *stdio) error {
	began := time.Now()
	if !v.Keep {
		if err := clear(v.Dir); err != nil {
			return err
		}
	}
	accounts, err := app.DemoSignIns(v.Pack)
	if err != nil {
		return err
	}
	clock := &app.Clock{}
	c := v.config()
	level := c.Log.Level
	c.Log.Level = "error" // the story's own requests are not the desk's
	a, err := app.New(ctx, c, app.Options{Log: std.err, Now: clock.Now, Demo: accounts})
	if err != nil {
		return err
	}
	if !v.Keep {
		b := std.progress("story")
		err := a.Tell(ctx, clock, v.Lang, v.Scale, b.at)
		b.end()
		if err != nil {
			_ = a.DB.Close()
			return err
		}
	}
	if v.Once {
		err := v.once(ctx, std, a, began)
		return errors.Join(err, a.Stop(context.WithoutCancel(ctx)))
	}
	if err := a.DB.Close(); err != nil {
		return err
	}
	c.Log.Level = level
	if a, err = app.New(ctx, c, app.Options{Log: std.err, Demo: accounts}); err != nil {
		return err
	}
	if err := a.Start(ctx); err != nil {
		_ = a.DB.Close()
		return err
	}
	std.printf("\nA desk with the demo story is at  %s   (ready in %.1f s)\n\n", a.URL(), time.Since(began).Seconds())
	for _, d := range accounts {
		std.printf("  %-34s %s\n", d.Email, d.Password)
	}
	std.printf("\nVictims and reports are an EXERCISE. Mail goes to %s. Ctrl-C ends.\n", filepath.Join(v.Dir, "mail"))
	<-ctx.Done()
	stopping, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	return a.Stop(stopping)
}

// clear empties the demo's own folder and nothing else: it must be empty,
// absent, or hold an earlier demo.
func clear(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	known := map[string]bool{"kulla.db": true, "kulla.db-wal": true, "kulla.db-shm": true, "state": true, "mail": true}
	for _, e := range entries {
		if !known[e.Name()] {
			return exitError{exitUsage, dir + " holds " + e.Name() + ", which is not a demo's: choose another --dir"}
		}
	}
	for _, e := range entries {
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}
