package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"kulla.dev/internal/council"
	"kulla.dev/internal/i18n"
	"kulla.dev/internal/incident"
	"kulla.dev/internal/marking"
	"kulla.dev/internal/registry"
	"kulla.dev/internal/report"
)

type exportCmd struct {
	Register  exportRegisterCmd  `cmd:"" help:"Write the register of institutions: CSV, XLSX or JSON."`
	Incidents exportIncidentsCmd `cmd:"" help:"Write the list of incidents: CSV or JSON."`
	Returns   exportReturnsCmd   `cmd:"" help:"Write the statistical returns of a period, with their definitions: CSV or JSON."`
	Paper     exportPaperCmd     `cmd:"" help:"Make the paper of a period and write it: PDF, HTML or JSON."`
	Form      exportFormCmd      `cmd:"" help:"Write the report form as a sheet to fill in without the desk."`
}

func (exportCmd) Help() string {
	return `Each export is recorded in the audit trail with the number of its rows. With --as
it holds what that person may take out and nothing else; without, everything.
The marking the file has to carry is printed on standard error.`
}

type exportRegisterCmd struct {
	configFlag
	asFlag
	output
	Format string `default:"csv" enum:"csv,xlsx,json" help:"csv, xlsx or json; only json holds everything."`
	Text   string `help:"Only those with these words in name, number or domain."`
	Sector string `help:"Only this sector and those below it."`
	Class  string `help:"Only this class."`
	Ended  bool   `help:"Those that no longer exist, instead of those that do."`
}

func (v *exportRegisterCmd) Run(ctx context.Context, std *stdio, env environ) error {
	a, err := v.open(ctx, env, std)
	if err != nil {
		return err
	}
	defer a.Stop(context.WithoutCancel(ctx))
	by, err := v.actor(ctx, a, std, "registry.export", "registry.read")
	if err != nil {
		return err
	}
	return v.write(std, func(w io.Writer) error {
		got, err := a.Registry.Export(ctx, by, registry.Query{Text: v.Text, Sector: v.Sector, Class: v.Class, Ended: v.Ended}, registry.Format(v.Format), w, time.Now())
		return marked(std, err, got.Count, "institutions", got.Mark)
	})
}

type exportIncidentsCmd struct {
	configFlag
	asFlag
	output
	Format string `default:"csv" enum:"csv,json" help:"csv or json."`
	Text   string `help:"Only those with these words in name or title."`
	Sector string `help:"Only this sector and those below it."`
	Ended  bool   `help:"Those that are over, instead of those that are worked on."`
}

func (v *exportIncidentsCmd) Run(ctx context.Context, std *stdio, env environ) error {
	a, err := v.open(ctx, env, std)
	if err != nil {
		return err
	}
	defer a.Stop(context.WithoutCancel(ctx))
	by, err := v.actor(ctx, a, std, "incident.export", "incident.read")
	if err != nil {
		return err
	}
	return v.write(std, func(w io.Writer) error {
		n, mark, err := a.Incident.Export(ctx, by, incident.Query{Text: v.Text, Sector: v.Sector, Ended: v.Ended}, incident.Format(v.Format), w, time.Now())
		return marked(std, err, n, "incidents", mark)
	})
}

type exportReturnsCmd struct {
	configFlag
	asFlag
	output
	period
	Format string `default:"csv" enum:"csv,json" help:"csv or json."`
	Lang   string `default:"en" help:"Language of titles and definitions."`
}

func (v *exportReturnsCmd) Run(ctx context.Context, std *stdio, env environ) error {
	a, err := v.open(ctx, env, std)
	if err != nil {
		return err
	}
	defer a.Stop(context.WithoutCancel(ctx))
	lang, err := language(v.Lang)
	if err != nil {
		return err
	}
	by, err := v.actor(ctx, a, std, "incident.read", "situation.read", "council.read")
	if err != nil {
		return err
	}
	from, to, err := v.days(time.Now(), a.Pack.Location)
	if err != nil {
		return err
	}
	sheets, err := a.Incident.Sheets(ctx, by, incident.Slice{From: from, To: to.AddDate(0, 0, 1)}, lang)
	if err != nil {
		return err
	}
	return v.write(std, func(w io.Writer) error {
		if v.Format == "csv" {
			return incident.WriteSheets(w, sheets)
		}
		return writeJSON(w, sheets)
	})
}

type exportPaperCmd struct {
	configFlag
	asFlag
	output
	period
	Format string `default:"pdf" enum:"pdf,html,json" help:"pdf, html (the body of a page) or json (every figure with its definition)."`
	Lang   string `default:"" help:"Language; without it the desk's first."`
	TLP    string `help:"Count only what readers cleared to this label may read: GREEN."`
	Public bool   `help:"Withhold small numbers that could point at somebody."`
}

func (exportPaperCmd) Help() string {
	return `Counts, freezes and numbers a new paper of the days from --from to --to as known
now, stores it on the desk with its evidence, and writes it.`
}

func (v *exportPaperCmd) Run(ctx context.Context, std *stdio, env environ) error {
	if v.Format == "pdf" && v.Out == "-" && isTerminal(std.out) {
		return exitError{exitUsage, "a PDF is not for a terminal: give --out FILE"}
	}
	req := council.Request{Public: v.Public}
	if v.TLP != "" {
		tlp, err := marking.ParseTLP(v.TLP)
		if err != nil {
			return exitError{exitUsage, "--tlp: " + err.Error()}
		}
		req.TLP = tlp
	}
	a, err := v.open(ctx, env, std)
	if err != nil {
		return err
	}
	defer a.Stop(context.WithoutCancel(ctx))
	if v.Lang == "" {
		v.Lang = a.Pack.Languages[0]
	}
	lang, err := language(v.Lang)
	if err != nil {
		return err
	}
	by, err := v.actor(ctx, a, std, "council.write", "council.read", "situation.read", "incident.read", "registry.read")
	if err != nil {
		return err
	}
	now := time.Now()
	from, to, err := v.days(now, a.Pack.Location)
	if err != nil {
		return err
	}
	req.From, req.To = dayOf(from), dayOf(to)
	p, err := a.Council.Compose(ctx, by, req, now)
	if err != nil {
		return err
	}
	return v.write(std, func(w io.Writer) error {
		var err error
		switch v.Format {
		case "pdf":
			err = report.PDF(w, a.Council.Doc(p, lang))
		case "html":
			err = report.HTML(w, a.Council.Doc(p, lang))
		default:
			err = writeJSON(w, p)
		}
		return marked(std, err, len(p.Figures), "figures of paper "+p.Number, p.Mark)
	})
}

type exportFormCmd struct {
	configFlag
	output
	Lang string `default:"en" help:"Language of the questions."`
}

func (v *exportFormCmd) Run(ctx context.Context, std *stdio, env environ) error {
	if v.Out == "-" && isTerminal(std.out) {
		return exitError{exitUsage, "a sheet is not for a terminal: give --out FILE"}
	}
	lang, err := language(v.Lang)
	if err != nil {
		return err
	}
	a, err := v.open(ctx, env, std)
	if err != nil {
		return err
	}
	defer a.Stop(context.WithoutCancel(ctx))
	return v.write(std, func(w io.Writer) error { return a.Incident.WriteForm(w, lang) })
}

// marked ends an export with its size and the marking it has to carry.
func marked(std *stdio, err error, n int, what string, m marking.Marking) error {
	if err == nil {
		fmt.Fprintf(std.err, "%d %s, %s\n", n, what, cmp.Or(m.Text(), "no marking"))
	}
	return err
}

func language(s string) (i18n.Lang, error) {
	if l := i18n.Lang(s); l.Known() {
		return l, nil
	}
	return "", exitError{exitUsage, fmt.Sprintf("--lang: the program does not speak %q", s)}
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	st, err := f.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice != 0
}
