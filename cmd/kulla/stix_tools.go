package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"kulla.dev/internal/match"
	"kulla.dev/stix"
	"kulla.dev/stix/pattern"
)

// wholeLimits bound texts that are read in one piece.
var wholeLimits = stix.Limits{Depth: 80, Bytes: 1 << 30, Values: 1 << 26}

// whole reads one input as one JSON value.
func whole(std *stdio, name string) (stix.Value, error) {
	in, _, err := source(std, name)
	if err != nil {
		return stix.Value{}, err
	}
	defer in.Close()
	text, err := io.ReadAll(io.LimitReader(in, int64(wholeLimits.Bytes)+1))
	if err != nil {
		return stix.Value{}, exitError{exitFailed, name + ": " + err.Error()}
	}
	v, err := stix.ParseValue(text, wholeLimits)
	if err != nil {
		return stix.Value{}, exitError{exitFindings, name + ": " + err.Error()}
	}
	return v, nil
}

// stixCanonicaliseCmd prints canonical text or digests.
type stixCanonicaliseCmd struct {
	Files  []string `arg:"" optional:"" help:"JSON files."`
	Digest bool     `help:"Print SHA-256 of the bytes, SHA-256 of the meaning, and id of every object instead."`
	JSON   bool     `name:"json" help:"With --digest: one JSON object a line."`
}

// Help explains the two digests.
func (stixCanonicaliseCmd) Help() string {
	return `Canonical text is RFC 8785: members sorted, no blanks, one spelling of numbers and strings; one line a file.

With --digest, the first digest is equal for equal bytes; the second for equal meaning: blanks, order, escapes,
defaults and the spelling of numbers and times do not count.

Exit codes: 0 done; 1 a file is not sound JSON, or holds numbers beyond double precision; 2 wrong usage; 3 unreadable.`
}

// Run prints each file.
func (c stixCanonicaliseCmd) Run(std *stdio) error {
	out := bufio.NewWriter(std.out)
	defer out.Flush()
	lines := json.NewEncoder(out)
	for _, name := range inputs(c.Files) {
		if !c.Digest {
			v, err := whole(std, name)
			if err != nil {
				return err
			}
			text, err := stix.Canonical(v.Raw(), wholeLimits)
			if err != nil {
				return exitError{exitFindings, name + ": " + err.Error()}
			}
			out.Write(text)
			out.WriteByte('\n')
			continue
		}
		var refused error
		err := objects(std, name, "digest", stix.NewDecoder, func(_ *stix.Decoder, _ int, o *stix.Object) error {
			l := struct {
				Digest  string  `json:"sha256"`
				Meaning string  `json:"meaning"`
				ID      stix.ID `json:"id"`
			}{fmt.Sprintf("%x", o.Digest()), fmt.Sprintf("%x", o.Meaning()), o.ID()}
			if c.JSON {
				return lines.Encode(l)
			}
			fmt.Fprintf(out, "%s %s %s\n", l.Digest, l.Meaning, l.ID)
			return nil
		}, func(_ int, err error) { refused = err })
		if err != nil {
			return err
		}
		if refused != nil {
			return exitError{exitFindings, name + ": " + refused.Error()}
		}
	}
	return nil
}

// stixIDCmd derives identifiers.
type stixIDCmd struct {
	Files []string `arg:"" optional:"" help:"Files of observables; they need no id."`
	JSON  bool     `name:"json" help:"Print one JSON object a line."`
	Check bool     `help:"Let identifiers that differ from the derived one count as findings."`
}

// Help explains the columns.
func (stixIDCmd) Help() string {
	return `One line for each cyber-observable object: the identifier section 2.9 derives, how the object's own compares
with it (same, differs, none), and the object's own. Foreign identifiers are no fault: both name the same thing.
Objects without contributing properties are "random": they must carry a version 4 UUID.

Exit codes: 0 done; 1 not sound JSON, or with --check an identifier that differs; 2 wrong usage; 3 unreadable.`
}

type idLine struct {
	Derived stix.ID `json:"derived,omitempty"`
	State   string  `json:"state"`
	Given   stix.ID `json:"given,omitempty"`
}

// Run derives the identifiers of each file.
func (c stixIDCmd) Run(std *stdio) error {
	out := bufio.NewWriter(std.out)
	defer out.Flush()
	lines, differs := json.NewEncoder(out), false
	one := func(v stix.Value) error {
		if stix.ClassOf(v.Get("type").Text()) != stix.SCO {
			return nil
		}
		l := idLine{Given: stix.ID(v.Get("id").Text()), State: "none"}
		var err error
		switch l.Derived, err = stix.DeterministicID(v.Get("type").Text(), v); {
		case errors.Is(err, stix.ErrNoContributing):
			l.State = "random"
		case err != nil:
			return exitError{exitFindings, err.Error()}
		case l.Given == l.Derived:
			l.State = "same"
		case l.Given != "":
			l.State, differs = "differs", true
		}
		if c.JSON {
			return lines.Encode(l)
		}
		derived, given := l.Derived, l.Given
		if derived == "" {
			derived = "-"
		}
		if given == "" {
			given = "-"
		}
		fmt.Fprintf(out, "%s %s %s\n", derived, l.State, given)
		return nil
	}
	for _, name := range inputs(c.Files) {
		v, err := whole(std, name)
		if err != nil {
			return err
		}
		list := v
		if l := v.Get("objects"); l.Kind() == stix.Array {
			list = l
		}
		if list.Kind() != stix.Array {
			err = one(v)
		}
		for _, e := range list.Elements() {
			if err == nil {
				err = one(e)
			}
		}
		if err != nil {
			return err
		}
	}
	if differs && c.Check {
		return exitError{exitFindings, ""}
	}
	return nil
}

// stixMatchCmd holds patterns against observed data.
type stixMatchCmd struct {
	Patterns string   `arg:"" help:"File of STIX patterns, one a line; # begins a comment line."`
	Observed []string `arg:"" optional:"" help:"Bundles with observed-data objects."`
	JSON     bool     `name:"json" help:"Print one JSON object a line, for patterns that do not match too."`
	Fail     bool     `name:"fail-on-match" help:"Let a match count as a finding in the exit code."`
}

// Help explains the answers.
func (stixMatchCmd) Help() string {
	return `The observed data of all files is one body of observations: a pattern over several observations may find them
in several files. One line for each pattern that matches, with the observations that made it match:

  line 7: matches observed-data--b67d…: [ipv4-addr:value ISSUBSET '198.51.100.0/24']

Exit codes: 0 done; 1 a pattern could not be evaluated or, with --fail-on-match, one matches; 2 wrong usage;
3 unreadable.`
}

type matchLine struct {
	Line         int      `json:"line"`
	Pattern      string   `json:"pattern"`
	Matched      bool     `json:"matched"`
	Observations []string `json:"observations,omitempty"`
	Error        string   `json:"error,omitempty"`
}

// Run evaluates the patterns.
func (c stixMatchCmd) Run(std *stdio) error {
	if c.Patterns == "-" && len(inputs(c.Observed)) > 0 && inputs(c.Observed)[0] == "-" {
		return exitError{exitUsage, "patterns and observed data cannot both come from standard input"}
	}
	var seen []match.Event
	for _, name := range inputs(c.Observed) {
		v, err := whole(std, name)
		if err != nil {
			return err
		}
		obs, err := pattern.Observations(v)
		if err != nil {
			return exitError{exitFindings, name + ": " + err.Error()}
		}
		seen = append(seen, obs...)
	}
	in, size, err := source(std, c.Patterns)
	if err != nil {
		return err
	}
	defer in.Close()
	count := &counter{r: in}
	bar := std.progress("match")
	defer bar.end()
	out := bufio.NewWriter(std.out)
	defer out.Flush()
	lines := json.NewEncoder(out)
	matched, broken := 0, 0
	for l := range match.Lines(count, seen, pattern.Limits{}) {
		bar.at(count.n, size)
		if l.Err != nil && l.Text == "" {
			return exitError{exitFailed, c.Patterns + ": " + l.Err.Error()}
		}
		m := matchLine{Line: l.Number, Pattern: l.Text, Matched: l.Matched, Observations: l.Observations}
		switch {
		case l.Err != nil:
			broken++
			m.Error = l.Err.Error()
		case l.Matched:
			matched++
		}
		switch {
		case c.JSON:
			_ = lines.Encode(m)
		case l.Err != nil:
			fmt.Fprintf(out, "line %d: %s\n", m.Line, m.Error)
		case l.Matched:
			fmt.Fprintf(out, "line %d: matches %s: %s\n", m.Line, strings.Join(m.Observations, " "), m.Pattern)
		}
	}
	if !c.JSON {
		fmt.Fprintf(out, "%d matched, %d not evaluated, against %d observations\n", matched, broken, len(seen))
	}
	if err := out.Flush(); err != nil {
		return exitError{exitFailed, err.Error()}
	}
	if broken > 0 || c.Fail && matched > 0 {
		return exitError{exitFindings, ""}
	}
	return nil
}

// counter counts the bytes read, for progress.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
