package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"kulla.dev/internal/app"
	"kulla.dev/internal/country"
	"kulla.dev/internal/regime"
	"kulla.dev/packs"
)

type packCmd struct {
	List   packListCmd   `cmd:"" help:"List the packs shipped with the program."`
	Check  packCheckCmd  `cmd:"" help:"Check packs and run their own clock tests."`
	Sign   packSignCmd   `cmd:"" help:"Sign a pack folder."`
	Verify packVerifyCmd `cmd:"" help:"Check the signature of a pack folder."`
}

type packListCmd struct {
	JSON bool `name:"json" help:"Print for scripts."`
}

func (v *packListCmd) Run(std *stdio) error {
	entries, err := fs.ReadDir(packs.FS, ".")
	if err != nil {
		return err
	}
	type line struct {
		ID, Version, Kind, Status, Title string
	}
	var out []line
	for _, e := range entries {
		if e.Name() == "schema" || e.Name() == "demo" {
			continue
		}
		p, err := country.LoadAll(packs.FS, e.Name())
		if err != nil {
			return err
		}
		out = append(out, line{p.ID, p.Version, p.Kind, p.Status, p.Title.In("en")})
	}
	if v.JSON {
		return std.json(out)
	}
	for _, l := range out {
		std.printf("%-10s %-12s %-8s %-9s %s\n", l.ID, l.Version, l.Kind, l.Status, l.Title)
	}
	return nil
}

type packCheckCmd struct {
	Packs []string `arg:"" help:"Ids of packs to combine, the country first: al eu-nis2."`
	Dir   string   `type:"existingdir" help:"Folder of packs; without it those shipped."`
	JSON  bool     `name:"json" help:"Print for scripts."`
	All   bool     `help:"Also list what nobody has verified."`
}

func (packCheckCmd) Help() string {
	return `Loads the packs strictly, looks for names that lead nowhere, missing
translations and clocks that can never fire, and runs every clock test the packs
bring. Exit code 1 when anything is wrong.`
}

func (v *packCheckCmd) Run(std *stdio) error {
	p, err := app.LoadPacks(app.Config{Packs: v.Packs, PacksDir: v.Dir})
	if err != nil {
		return exitError{exitFindings, err.Error()}
	}
	var files fs.FS = packs.FS
	if v.Dir != "" {
		files = os.DirFS(v.Dir)
	}
	schema, err := fs.ReadFile(packs.FS, "schema/pack.schema.json")
	if err != nil {
		return err
	}
	var findings []country.Finding
	for _, id := range v.Packs {
		sub, err := fs.Sub(files, id)
		if err != nil {
			return err
		}
		broken, err := country.CheckSchema(sub, schema)
		if err != nil {
			return err
		}
		findings = append(findings, broken...)
	}
	findings = append(findings, regime.Check(p)...)
	count := map[string]int{}
	for _, f := range findings {
		count[f.Level]++
	}
	if v.JSON {
		if err := std.json(map[string]any{"packs": v.Packs, "clock_tests": len(p.ClockTests), "findings": findings}); err != nil {
			return err
		}
	} else {
		for _, f := range findings {
			if f.Level != "notice" || v.All {
				std.printf("%-8s %s: %s\n", f.Level, f.Where, f.Text)
			}
		}
		std.printf("%s: %d regimes, %d clock tests, %d errors, %d warnings, %d unverified items\n", strings.Join(v.Packs, " + "), len(p.Regimes), len(p.ClockTests), count["error"], count["warning"], count["notice"])
	}
	if count["error"] > 0 {
		return exitError{exitFindings, fmt.Sprintf("%d errors", count["error"])}
	}
	return nil
}

type packSignCmd struct {
	Dir string `arg:"" type:"existingdir" help:"Folder of one pack."`
	Key string `required:"" type:"existingfile" help:"File with the signer's key, as made by note.GenerateKey."`
	Out string `default:"-" help:"Where the signed manifest goes; - prints it."`
}

func (v *packSignCmd) Run(std *stdio) error {
	b, err := os.ReadFile(v.Key)
	if err != nil {
		return err
	}
	signer, err := note.NewSigner(strings.TrimSpace(string(b)))
	if err != nil {
		return exitError{exitUsage, v.Key + ": " + err.Error()}
	}
	bundle, err := country.Sign(os.DirFS(v.Dir), signer)
	if err != nil {
		return err
	}
	if v.Out == "-" {
		_, err = std.out.Write(bundle)
		return err
	}
	return os.WriteFile(v.Out, bundle, 0o644)
}

type packVerifyCmd struct {
	Dir      string `arg:"" type:"existingdir" help:"Folder of one pack."`
	Manifest string `required:"" type:"existingfile" help:"Signed manifest."`
	Key      string `required:"" type:"existingfile" help:"File with the signer's public key."`
}

func (v *packVerifyCmd) Run(std *stdio) error {
	key, err := os.ReadFile(v.Key)
	if err != nil {
		return err
	}
	ver, err := note.NewVerifier(strings.TrimSpace(string(key)))
	if err != nil {
		return exitError{exitUsage, v.Key + ": " + err.Error()}
	}
	bundle, err := os.ReadFile(v.Manifest)
	if err != nil {
		return err
	}
	m, err := country.Verify(os.DirFS(v.Dir), append(bytes.TrimSpace(bundle), '\n'), note.VerifierList(ver))
	if err != nil {
		return exitError{exitFindings, err.Error()}
	}
	std.printf("%s %s: %d files, signed by %s\n", m.Pack, m.Version, len(m.Files), ver.Name())
	return nil
}
