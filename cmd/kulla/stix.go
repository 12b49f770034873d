package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"kulla.dev/stix"
	"kulla.dev/stix/pattern"
)

// stixCmd works on STIX content in files; it needs no desk and no network.
type stixCmd struct {
	Validate     stixValidateCmd     `cmd:"" help:"Check objects against STIX 2.1: valid, valid with warnings, invalid."`
	Convert      stixConvertCmd      `cmd:"" help:"Turn STIX 2.0 into STIX 2.1."`
	Canonicalise stixCanonicaliseCmd `cmd:"" aliases:"canonicalize" help:"Print canonical JSON (RFC 8785), or digests."`
	ID           stixIDCmd           `cmd:"" name:"id" help:"Derive the deterministic identifiers of observables."`
	Match        stixMatchCmd        `cmd:"" help:"Hold a file of patterns against observed data."`
}

// Help says what all the verbs share.
func (stixCmd) Help() string {
	return `Files hold a bundle, a TAXII envelope or one object; "-" or no file is standard input.
Bundles of any length are read object by object. A bar on standard error shows how far long work is.

Exit codes: 0 done; 1 done, with findings; 2 wrong usage; 3 the input could not be read.`
}

// source opens one input and tells its size, 0 if unknown.
func source(std *stdio, name string) (io.ReadCloser, int64, error) {
	if name == "-" {
		return io.NopCloser(std.in), 0, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, 0, exitError{exitFailed, err.Error()}
	}
	size := int64(0)
	if st, err := f.Stat(); err == nil {
		size = st.Size()
	}
	return f, size, nil
}

func inputs(files []string) []string {
	if len(files) == 0 {
		return []string{"-"}
	}
	return files
}

// objects reads the objects of one input. What is no STIX object goes to bad;
// the error is what ended the reading too early.
func objects(std *stdio, name, label string, d func(io.Reader) *stix.Decoder,
	do func(*stix.Decoder, int, *stix.Object) error, bad func(int, error)) error {
	in, size, err := source(std, name)
	if err != nil {
		return err
	}
	defer in.Close()
	bar := std.progress(label)
	defer bar.end()
	dec, n := d(in), 0
	for o, err := range dec.Objects() {
		if err != nil {
			if _, ok := errors.AsType[*stix.ValueError](err); !ok && !stix.IsSyntax(err) {
				return exitError{exitFailed, name + ": " + err.Error()}
			}
			bad(n, err)
		} else if err := do(dec, n, o); err != nil {
			return err
		}
		n++
		bar.at(dec.Offset(), size)
	}
	bar.at(size, size)
	return nil
}

func checkPattern(text string) error {
	_, err := pattern.Parse(text)
	return err
}

// stixValidateCmd checks objects.
type stixValidateCmd struct {
	Files  []string `arg:"" optional:"" help:"Files to check."`
	JSON   bool     `name:"json" help:"Print one JSON object a line: every object with findings, then the totals."`
	Errors bool     `help:"Leave warnings out."`
	Strict bool     `help:"Let warnings count as findings in the exit code."`
}

// Help explains the outcomes.
func (stixValidateCmd) Help() string {
	return `Every finding names the place, the rule and the section of STIX 2.1 it comes from:

  report.json: object 3 malware--31b9…: error: created: millisecond precision is required … [timestamp-millis, section 3.2]

Errors break a MUST of the text. Warnings are about vocabularies, deprecated features and best practice.
Patterns of indicators are parsed as well. STIX 2.0 is invalid here; convert it first.

Exit codes: 0 all objects valid (warnings allowed); 1 at least one invalid; 2 wrong usage; 3 unreadable.`
}

type validateTotal struct {
	Objects  int `json:"objects"`
	Valid    int `json:"valid"`
	Warnings int `json:"warnings"`
	Invalid  int `json:"invalid"`
}

type validateLine struct {
	File     string            `json:"file"`
	Index    int               `json:"index"`
	ID       stix.ID           `json:"id,omitempty"`
	Outcome  string            `json:"outcome"`
	Findings []validateFinding `json:"findings"`
}

type validateFinding struct {
	Severity string    `json:"severity"`
	Rule     stix.Rule `json:"rule"`
	Path     string    `json:"path,omitempty"`
	Section  string    `json:"section,omitempty"`
	Detail   string    `json:"detail"`
}

// Run checks every object of every file.
func (c stixValidateCmd) Run(std *stdio) error {
	var total validateTotal
	out := bufio.NewWriter(std.out)
	defer out.Flush()
	lines := json.NewEncoder(out)
	line := func(l validateLine) {
		total.Objects++
		switch l.Outcome {
		case "valid":
			total.Valid++
			return
		case "warning":
			total.Warnings++
		default:
			total.Invalid++
		}
		if c.JSON {
			_ = lines.Encode(l) // a closed pipe shows at Flush
			return
		}
		for _, f := range l.Findings {
			text := stix.Finding{Rule: f.Rule, Path: f.Path, Section: f.Section, Detail: f.Detail, Severity: stix.Warning}
			if f.Severity == "error" {
				text.Severity = stix.Error
			}
			what := "bundle"
			if l.Index >= 0 {
				what = fmt.Sprintf("object %d", l.Index)
			}
			fmt.Fprintf(out, "%s: %s: %s\n", l.File, strings.TrimRight(what+" "+string(l.ID), " "), text)
		}
	}
	for _, name := range inputs(c.Files) {
		var head *stix.Decoder
		cut := false // reading stopped before the end, so the header is not complete
		decoder := func(r io.Reader) *stix.Decoder {
			head = stix.NewDecoder(r)
			head.Pattern, head.Quiet = checkPattern, c.Errors
			return head
		}
		err := objects(std, name, "validate", decoder, func(d *stix.Decoder, i int, o *stix.Object) error {
			line(lineOf(name, i, o.ID(), d.Check(o)))
			return nil
		}, func(i int, err error) {
			cut = cut || stix.IsSyntax(err)
			line(validateLine{File: name, Index: i, Outcome: "invalid", Findings: []validateFinding{refusal(err)}})
		})
		if err != nil {
			return err
		}
		if r := head.Header().Check(); r.Outcome == stix.Invalid && !cut {
			line(lineOf(name, -1, head.Header().ID, r))
		}
	}
	if c.JSON {
		_ = lines.Encode(map[string]validateTotal{"total": total})
	} else {
		fmt.Fprintf(out, "%d objects: %d valid, %d with warnings, %d invalid\n",
			total.Objects, total.Valid, total.Warnings, total.Invalid)
	}
	if err := out.Flush(); err != nil {
		return exitError{exitFailed, err.Error()}
	}
	if total.Invalid > 0 || c.Strict && total.Warnings > 0 {
		return exitError{exitFindings, ""}
	}
	return nil
}

// lineOf gives a report as a line; index -1 is the bundle itself.
func lineOf(file string, i int, id stix.ID, r stix.Report) validateLine {
	l := validateLine{File: file, Index: i, ID: id, Outcome: r.Outcome.String()}
	for _, f := range r.Findings {
		l.Findings = append(l.Findings, validateFinding{f.Severity.String(), f.Rule, f.Path, f.Section, f.Detail})
	}
	return l
}

// refusal turns a reading error into a finding.
func refusal(err error) validateFinding {
	f := validateFinding{Severity: "error", Detail: err.Error()}
	if e, ok := errors.AsType[*stix.SyntaxError](err); ok {
		f.Rule, f.Detail = e.Rule, fmt.Sprintf("byte %d: %s", e.Offset, e.Text)
		if e.Member != "" {
			f.Detail += fmt.Sprintf(" %q", e.Member)
		}
	} else if e, ok := errors.AsType[*stix.ValueError](err); ok {
		f.Rule, f.Path, f.Detail = e.Rule, e.Path, e.Text
		if o, ok := errors.AsType[*stix.ObjectError](err); ok {
			f.Detail = fmt.Sprintf("byte %d: %s", o.Offset, e.Text)
		}
	}
	return f
}

// stixConvertCmd writes STIX 2.1.
type stixConvertCmd struct {
	File string `arg:"" optional:"" default:"-" help:"File to convert."`
	JSON bool   `name:"json" help:"Print the decisions on standard error as JSON, one object a line."`
}

// Help explains the rules.
func (stixConvertCmd) Help() string {
	return `A bundle of STIX 2.1 is written to standard output; what was decided for each object that changed stands on
standard error. Objects that are 2.1 already keep their bytes. The rules, by the name printed:

  spec-version       spec_version 2.1 is added
  labels-to-types    labels become malware_types, indicator_types, report_types, threat_actor_types, tool_types
  is-family          malware gets is_family true
  pattern-type       indicators get pattern_type stix and pattern_version 2.0
  container          objects of observed data become observables of their own with deterministic identifiers
  renamed            properties take the names of 2.1
  kept-as-custom     properties 2.1 does not have are kept under x_stix20_ names
  header-lists       values of HTTP and mail headers become lists
  markings-carried   markings of observed data are carried to its objects
  derived-uuid4      an observable without contributing properties gets an identifier derived from its place

Exit codes: 0 converted; 1 at least one object could not be converted; 2 wrong usage; 3 unreadable.`
}

type convertLine struct {
	Index   int       `json:"index"`
	ID      stix.ID   `json:"id"`
	Objects []stix.ID `json:"objects,omitempty"`
	Notes   []string  `json:"notes,omitempty"`
	Error   string    `json:"error,omitempty"`
}

// Run converts one file.
func (c stixConvertCmd) Run(std *stdio) error {
	out := bufio.NewWriter(std.out)
	report := json.NewEncoder(std.err)
	say := func(l convertLine) {
		switch {
		case c.JSON:
			_ = report.Encode(l)
		case l.Error != "":
			fmt.Fprintf(std.err, "object %d %s: %s\n", l.Index, l.ID, l.Error)
		default:
			fmt.Fprintf(std.err, "object %d %s: %s\n", l.Index, l.ID, strings.Join(l.Notes, ", "))
		}
	}
	out.WriteString(`{"type":"bundle","objects":[`)
	failed, first := false, true
	written, all := map[[32]byte]bool{}, sha256.New()
	var dec *stix.Decoder
	err := objects(std, c.File, "convert", stix.NewDecoder, func(d *stix.Decoder, i int, o *stix.Object) error {
		dec = d
		v, err := stix.Convert(o)
		if err != nil {
			failed = true
			say(convertLine{Index: i, ID: o.ID(), Error: err.Error()})
			return nil
		}
		l := convertLine{Index: i, ID: o.ID(), Notes: v.Notes}
		for _, n := range v.Objects {
			l.Objects = append(l.Objects, n.ID())
			sum := n.Digest()
			if n.Class() == stix.SCO && written[sum] {
				continue // the same observable in several observed data
			}
			if n.Class() == stix.SCO {
				written[sum] = true
			}
			all.Write(sum[:])
			if !first {
				out.WriteByte(',')
			}
			first = false
			out.WriteByte('\n')
			out.Write(n.Raw())
		}
		if len(v.Notes) > 0 {
			say(l)
		}
		return nil
	}, func(i int, err error) {
		failed = true
		say(convertLine{Index: i, Error: err.Error()})
	})
	if err != nil {
		return err
	}
	id := string(bundleID(all.Sum(nil)))
	if dec != nil && dec.Header().ID.Valid() {
		id = string(dec.Header().ID)
	}
	fmt.Fprintf(out, "\n],\"id\":%q}\n", id)
	if err := out.Flush(); err != nil {
		return exitError{exitFailed, err.Error()}
	}
	if failed {
		return exitError{exitFindings, "not every object could be converted"}
	}
	return nil
}

// bundleID names a bundle after its content, so that converting twice gives
// the same file.
func bundleID(sum []byte) stix.ID {
	u := bytes.Clone(sum[:16])
	u[6], u[8] = u[6]&0x0f|0x40, u[8]&0x3f|0x80
	h := hex.EncodeToString(u)
	return stix.ID("bundle--" + h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:])
}
