package main

import (
	"context"
	"time"

	"kulla.dev/internal/app"
)

// configFlag is the one configuration file, common to most verbs.
type configFlag struct {
	Config string `short:"c" type:"path" env:"KULLA_CONFIG" placeholder:"FILE" help:"Configuration file (YAML). Every setting can also come from the environment; see kulla check-config."`
}

func (f configFlag) read(env environ) (app.Config, error) {
	c, _, err := app.ReadConfig(f.Config, env)
	if err != nil {
		return c, exitError{exitUsage, "the configuration is wrong; run kulla check-config\n" + err.Error()}
	}
	return c, nil
}

// open builds the desk for a verb, without listening.
func (f configFlag) open(ctx context.Context, env environ, std *stdio) (*app.App, error) {
	c, err := f.read(env)
	if err != nil {
		return nil, err
	}
	return app.New(ctx, c, app.Options{Log: nil})
}

type serveCmd struct {
	configFlag
	Storybook bool `help:"Also serve /storybook: every component and page state."`
}

// Help teaches what the one-line help cannot.
func (serveCmd) Help() string {
	return `Runs until it is told to stop (SIGTERM, Ctrl-C): pages on "listen", /metrics on
"metrics" if set. The schema is brought up to date first; a database of a newer
program is refused, untouched. Several processes on one PostgreSQL are one desk.`
}

func (v *serveCmd) Run(ctx context.Context, std *stdio, env environ) error {
	c, err := v.read(env)
	if err != nil {
		return err
	}
	c.Storybook = v.Storybook
	a, err := app.New(ctx, c, app.Options{Log: std.err})
	if err != nil {
		return err
	}
	if err := a.Start(ctx); err != nil {
		_ = a.DB.Close()
		return err
	}
	<-ctx.Done()
	stopping, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	return a.Stop(stopping)
}

type migrateCmd struct {
	configFlag
	JSON bool `name:"json" help:"Print for scripts."`
}

func (v *migrateCmd) Run(ctx context.Context, std *stdio, env environ) error {
	c, err := v.read(env)
	if err != nil {
		return err
	}
	applied, err := app.Migrate(ctx, c)
	if err != nil {
		return err
	}
	if v.JSON {
		return std.json(map[string]any{"applied": applied})
	}
	if len(applied) == 0 {
		std.printf("The schema is up to date.\n")
	}
	for _, a := range applied {
		std.printf("applied %s\n", a)
	}
	return nil
}

type checkConfigCmd struct {
	configFlag
	JSON bool `name:"json" help:"Print for scripts."`
}

func (v *checkConfigCmd) Run(std *stdio, env environ) error {
	_, settings, err := app.ReadConfig(v.Config, env)
	if v.JSON {
		out := map[string]any{"settings": settings, "ok": err == nil}
		if err != nil {
			out["error"] = err.Error()
		}
		if e := std.json(out); e != nil {
			return e
		}
	} else {
		for _, s := range settings {
			std.printf("%-22s %-34s %s\n", s.Path, s.Value, s.Source)
			if s.Help != "" {
				std.printf("%-22s   %s\n", "", s.Help)
			}
		}
	}
	if err != nil {
		return exitError{exitUsage, "the configuration is wrong:\n" + err.Error()}
	}
	if !v.JSON {
		std.printf("The configuration is sound.\n")
	}
	return nil
}

type versionCmd struct {
	JSON bool `name:"json" help:"Print for scripts."`
}

func (v *versionCmd) Run(std *stdio) error {
	b := app.Build(version)
	if v.JSON {
		return std.json(b)
	}
	std.printf("kulla %s %s (%s)\n", b.Version, b.Revision, b.Go)
	return nil
}

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

func (completionCmd) Help() string {
	return `bash:  eval "$(kulla completion bash)"
zsh:   eval "$(kulla completion zsh)"
fish:  kulla completion fish | source`
}

func (v *completionCmd) Run(std *stdio) error {
	tree, err := verbs()
	if err != nil {
		return err
	}
	switch v.Shell {
	case "fish":
		for path, words := range tree {
			for _, w := range words {
				cond := "__fish_use_subcommand"
				if path != "" {
					cond = "__fish_seen_subcommand_from " + path
				}
				std.printf("complete -c kulla -f -n %q -a %q -d %q\n", cond, w.name, w.help)
			}
		}
		return nil
	case "zsh":
		std.printf("autoload -Uz bashcompinit && bashcompinit\n")
	}
	std.printf("_kulla() {\n  local cur=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]}\n  if [ \"$COMP_CWORD\" = 1 ]; then COMPREPLY=( $(compgen -W %q -- \"$cur\") ); return; fi\n  case $verb in\n", joined(tree[""]))
	for path, words := range tree {
		if path != "" {
			std.printf("    %s) COMPREPLY=( $(compgen -W %q -- \"$cur\") $(compgen -f -- \"$cur\") );;\n", path, joined(words))
		}
	}
	std.printf("    *) COMPREPLY=( $(compgen -f -- \"$cur\") );;\n  esac\n}\ncomplete -F _kulla kulla\n")
	return nil
}

func joined(words []word) string {
	s := ""
	for i, w := range words {
		if i > 0 {
			s += " "
		}
		s += w.name
	}
	return s
}

type word struct{ name, help string }
