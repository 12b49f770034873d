package country

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"reflect"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Limits of a pack folder.
const (
	maxPackFiles = 200
	maxFileBytes = 4 << 20
)

// manifestFile is pack.yaml.
type manifestFile struct {
	ID        string   `yaml:"id" need:"y"`
	Version   string   `yaml:"version" need:"y"`
	Kind      string   `yaml:"kind" need:"y" enum:"country|regimes"`
	Status    string   `yaml:"status" need:"y" enum:"draft|reviewed|official"`
	Title     Text     `yaml:"title" need:"y"`
	Code      string   `yaml:"code"`
	Languages []string `yaml:"languages" need:"y"`
	Authentic string   `yaml:"authentic" need:"y"`
	Currency  string   `yaml:"currency"`
	Zone      string   `yaml:"zone" need:"y"`
	Calendar  string   `yaml:"calendar"`
}

// contentFile is every other YAML file: any of the lists of a pack.
type contentFile struct {
	Roles        []Role        `yaml:"roles"`
	Acts         []Act         `yaml:"acts"`
	Institutions []Institution `yaml:"institutions"`
	Bodies       []Body        `yaml:"bodies"`
	Sectors      []Sector      `yaml:"sectors"`
	Classes      []Class       `yaml:"classes"`
	EntityKinds  []Term        `yaml:"entity_kinds"`
	Regimes      []*Regime     `yaml:"regimes"`
	Calendars    []*Calendar   `yaml:"calendars"`
	Fields       []Field       `yaml:"fields"`
	Taxonomies   []Taxonomy    `yaml:"taxonomies"`
	Severity     *Severity     `yaml:"severity"`
	Levels       []Level       `yaml:"levels"`
	Equivalences []Equivalence `yaml:"equivalences"`
	Caveats      []Caveat      `yaml:"caveats"`
	Scales       []Scale       `yaml:"scales"`
	Templates    []Template    `yaml:"templates"`
	Paper        *Paper        `yaml:"paper"`
	Crisis       *CrisisState  `yaml:"crisis_state"`
	Timeline     []Moment      `yaml:"timeline"`
	Figures      []Figure      `yaml:"figures"`
	Meetings     []Meeting     `yaml:"meetings"`
	ClockTests   []ClockTest   `yaml:"clock_tests"`
}

// Load reads one pack folder. The error joins everything wrong with it, each
// with file and line.
func Load(fsys fs.FS) (*Pack, error) {
	p, err := read(fsys)
	if err != nil {
		return nil, err
	}
	return p, p.finish()
}

// LoadAll reads the folders ids of fsys and combines them. The first is the
// country: its zone, calendar and languages hold; the others add regimes,
// roles they need, fields, kinds, acts and tests. What the country defines
// itself (the same id) wins.
func LoadAll(fsys fs.FS, ids ...string) (*Pack, error) {
	if len(ids) == 0 {
		return nil, errors.New("country: no pack named")
	}
	var whole *Pack
	var errs []error
	for _, id := range ids {
		sub, err := fs.Sub(fsys, id)
		if err != nil {
			return nil, fmt.Errorf("pack %q: %w", id, err)
		}
		p, err := read(sub)
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("pack %s: %w", id, err))
		case whole == nil:
			whole = p
		default:
			whole.add(p)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return whole, whole.finish()
}

func read(fsys fs.FS) (*Pack, error) {
	var names []string
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !d.IsDir() && (path.Ext(name) == ".yaml" || name == "glossary.csv") {
			names = append(names, name)
		}
		if len(names) > maxPackFiles {
			return fmt.Errorf("more than %d files", maxPackFiles)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if !slices.Contains(names, "pack.yaml") {
		return nil, errors.New("no pack.yaml: this folder is no country pack")
	}
	p := &Pack{}
	var errs []error
	for _, name := range names {
		b, err := readFile(fsys, name)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
			continue
		}
		errs = append(errs, p.file(name, b))
	}
	return p, errors.Join(errs...)
}

func readFile(fsys fs.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	if err == nil && len(b) > maxFileBytes {
		err = fmt.Errorf("larger than %d bytes", maxFileBytes)
	}
	return b, err
}

// file adds one file to the pack.
func (p *Pack) file(name string, b []byte) error {
	switch name {
	case "glossary.csv":
		return p.glossary(name, b)
	case "pack.yaml":
		var m manifestFile
		if err := strict(name, b, &m); err != nil {
			return err
		}
		loc, err := time.LoadLocation(m.Zone)
		if err != nil || m.Zone == "Local" {
			return fmt.Errorf("%s: zone %q is no IANA time zone", name, m.Zone)
		}
		p.ID, p.Version, p.Kind, p.Status, p.Title, p.Code = m.ID, m.Version, m.Kind, m.Status, m.Title, m.Code
		p.Languages, p.Authentic, p.Currency = m.Languages, m.Authentic, m.Currency
		p.Zone, p.Location, p.CalendarID = m.Zone, loc, m.Calendar
		p.Parts = []Part{{m.ID, m.Version, m.Status, m.Title}}
		return nil
	}
	var c contentFile
	if err := strict(name, b, &c); err != nil {
		return err
	}
	return p.content(name, c)
}

func (p *Pack) content(name string, c contentFile) error {
	for i := range c.ClockTests {
		c.ClockTests[i].Pack = name
	}
	p.Roles = append(p.Roles, c.Roles...)
	p.Acts = append(p.Acts, c.Acts...)
	p.Institutions = append(p.Institutions, c.Institutions...)
	p.Bodies = append(p.Bodies, c.Bodies...)
	p.Sectors = append(p.Sectors, c.Sectors...)
	p.Classes = append(p.Classes, c.Classes...)
	p.EntityKinds = append(p.EntityKinds, c.EntityKinds...)
	p.Regimes = append(p.Regimes, c.Regimes...)
	p.Calendars = append(p.Calendars, c.Calendars...)
	p.Fields = append(p.Fields, c.Fields...)
	p.Taxonomies = append(p.Taxonomies, c.Taxonomies...)
	p.Levels = append(p.Levels, c.Levels...)
	p.Equivalences = append(p.Equivalences, c.Equivalences...)
	p.Caveats = append(p.Caveats, c.Caveats...)
	p.Scales = append(p.Scales, c.Scales...)
	p.Templates = append(p.Templates, c.Templates...)
	p.Timeline = append(p.Timeline, c.Timeline...)
	p.Figures = append(p.Figures, c.Figures...)
	p.Meetings = append(p.Meetings, c.Meetings...)
	p.ClockTests = append(p.ClockTests, c.ClockTests...)
	for _, one := range []struct {
		twice bool
		what  string
	}{
		{c.Severity != nil && p.Severity.ID != "", "severity"},
		{c.Paper != nil && p.Paper.Title != nil, "paper"},
		{c.Crisis != nil && p.Crisis.Title != nil, "crisis_state"},
	} {
		if one.twice {
			return fmt.Errorf("%s: %s stands in another file already", name, one.what)
		}
	}
	if c.Severity != nil {
		p.Severity = *c.Severity
	}
	if c.Paper != nil {
		p.Paper = *c.Paper
	}
	if c.Crisis != nil {
		p.Crisis = *c.Crisis
	}
	return nil
}

func (p *Pack) glossary(name string, b []byte) error {
	rows, err := csv.NewReader(strings.NewReader(string(b))).ReadAll()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if len(rows) < 2 || len(rows[0]) < 3 || rows[0][len(rows[0])-1] != "status" {
		return fmt.Errorf("%s:1: want a header of languages ending in \"status\" and at least one row", name)
	}
	langs := rows[0][:len(rows[0])-1]
	for i, row := range rows[1:] {
		g := GlossaryTerm{Text: Text{}, Status: row[len(row)-1]}
		if !slices.Contains([]string{"seen", "common", "unsure"}, g.Status) {
			return fmt.Errorf("%s:%d: status %q is none of seen, common, unsure", name, i+2, g.Status)
		}
		for j, l := range langs {
			g.Text[l] = row[j]
		}
		p.Glossary = append(p.Glossary, g)
	}
	return nil
}

// add merges a regime pack into a country.
func (p *Pack) add(q *Pack) {
	p.Parts = append(p.Parts, q.Parts...)
	p.Roles = merge(p.Roles, q.Roles, func(x Role) string { return x.ID })
	p.Acts = merge(p.Acts, q.Acts, func(x Act) string { return x.ID })
	p.Institutions = merge(p.Institutions, q.Institutions, func(x Institution) string { return x.ID })
	p.Sectors = merge(p.Sectors, q.Sectors, func(x Sector) string { return x.ID })
	p.EntityKinds = merge(p.EntityKinds, q.EntityKinds, func(x Term) string { return x.ID })
	p.Fields = merge(p.Fields, q.Fields, func(x Field) string { return x.ID })
	p.Calendars = merge(p.Calendars, q.Calendars, func(x *Calendar) string { return x.ID })
	p.Regimes = merge(p.Regimes, q.Regimes, func(x *Regime) string { return x.ID + " " + x.Version })
	p.Taxonomies = merge(p.Taxonomies, q.Taxonomies, func(x Taxonomy) string { return x.ID })
	p.Scales = merge(p.Scales, q.Scales, func(x Scale) string { return x.ID })
	p.ClockTests = append(p.ClockTests, q.ClockTests...)
}

func merge[T any](own, more []T, id func(T) string) []T {
	seen := map[string]bool{}
	for _, x := range own {
		seen[id(x)] = true
	}
	for _, x := range more {
		if !seen[id(x)] {
			own = append(own, x)
		}
	}
	return own
}

// strict decodes one YAML document into v: no unknown keys, no aliases, no
// missing needed keys, closed vocabularies closed.
func strict(name string, b []byte, v any) error {
	var doc yaml.Node
	dec := yaml.NewDecoder(strings.NewReader(string(b)))
	if err := dec.Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("%s: the file is empty", name)
		}
		return fmt.Errorf("%s: %w", name, err)
	}
	var more yaml.Node
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: one document a file", name)
	}
	w := walker{file: name, keys: map[reflect.Type]map[string]reflect.StructField{}}
	w.root(doc.Content[0], v)
	if err := errors.Join(w.errs...); err != nil {
		return err
	}
	if err := doc.Content[0].Decode(v); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
