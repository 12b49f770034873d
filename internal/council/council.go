package council

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/audit"
	"kulla.dev/internal/country"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/marking"
)

// Config is what the room needs; BaseURL and Invented may be zero.
type Config struct {
	DB       *db.DB
	Access   *access.Desk
	Audit    *audit.Ledger
	Pack     *country.Pack
	Source   Source
	Owner    string // institution id of the desk's authority: papers are its own
	Invented bool   // a demonstration: every paper says that its incidents are made up
	BaseURL  string // of the desk, for the links of printed papers; "" leaves them out
}

// Desk is the room's door. It is safe for concurrent use.
type Desk struct {
	Config
	tops  map[string]string // sector → its top sector
	cache cache             // counts of long ago, for the situation
}

// New opens the room.
func New(c Config) (*Desk, error) {
	if c.DB == nil || c.Access == nil || c.Audit == nil || c.Pack == nil || c.Source == nil {
		return nil, errors.New("council: no database, access, audit, pack or source")
	}
	d := &Desk{Config: c, tops: map[string]string{}}
	for _, s := range c.Pack.Sectors {
		path := c.Pack.SectorPath(s.ID)
		d.tops[s.ID] = path[len(path)-1]
	}
	return d, nil
}

// Request asks for a paper.
type Request struct {
	From, To Day         // first and last day of the period
	CutOff   time.Time   // figures as known then; zero: now
	TLP      marking.TLP // count only what readers cleared to this may read; zero: what the maker may
	Public   bool        // withhold small numbers that could point at somebody
}

// maxDays bounds a period: five years.
const maxDays = 5*366 + 1

func (d *Desk) check(r Request, now time.Time) error {
	var f fault.Fields
	today := DayOf(now.In(d.Pack.Location))
	switch {
	case r.From <= 0:
		f.Add("from", "council.compose.no-day")
	case r.To <= 0:
		f.Add("to", "council.compose.no-day")
	case r.To < r.From:
		f.Add("to", "council.compose.order")
	case r.To-r.From+1 > maxDays:
		f.Add("to", "council.compose.too-long")
	case r.To > today:
		f.Add("to", "council.compose.future")
	}
	if r.CutOff.After(now) {
		f.Add("cut-off", "council.compose.cut-off-future")
	} else if !r.CutOff.IsZero() && r.To > 0 && DayOf(r.CutOff.In(d.Pack.Location)) < r.To {
		f.Add("cut-off", "council.compose.cut-off-early")
	}
	return f.Err()
}

// Compose counts, freezes and records a paper. What the maker may not read is
// not counted.
func (d *Desk) Compose(ctx context.Context, by access.Actor, r Request, now time.Time) (Paper, error) {
	if err := access.May(by, "council.write"); err != nil {
		return Paper{}, err
	}
	if err := d.check(r, now); err != nil {
		return Paper{}, err
	}
	now = now.Truncate(time.Microsecond).UTC()
	p := Paper{ID: db.NewID(now), Owner: d.Owner, CutOff: r.CutOff.Truncate(time.Microsecond).UTC(), MadeAt: now, MadeBy: by.ID()}
	if p.CutOff.IsZero() {
		p.CutOff = now
	}
	reader := by
	if r.TLP != 0 && r.TLP < by.Clearance.TLP {
		reader.Clearance.TLP = r.TLP
	}
	p.Content = d.content(by, reader, r)
	b, marks, err := d.gather(ctx, reader, p.Content, p.CutOff)
	if err != nil {
		return Paper{}, err
	}
	p.Figures = figures(b)
	err = d.DB.Tx(ctx, func(tx *db.Tx) error {
		if p.Mark, err = d.combine(tx, marks); err != nil {
			return err
		}
		if err := d.freeze(tx, &p); err != nil {
			return err
		}
		return d.Audit.Record(tx, by, audit.Entry{Verb: "council.compose", Object: "paper", ObjectID: p.ID, Mark: p.Mark.Text(), Detail: map[string]any{
			"number": p.Number, "from": p.Content.From.Date().Format(time.DateOnly), "to": (p.Content.To - 1).Date().Format(time.DateOnly), "cut-off": p.CutOff,
			"digest": p.Digest, "figures": len(p.Figures)}}, now)
	})
	return p, err
}

// gather asks the neighbours for everything the figures are counted from.
func (d *Desk) gather(ctx context.Context, by access.Actor, c Content, known time.Time) (b basis, marks []int64, err error) {
	b = d.words()
	b.c, b.known = c, known
	// Everything is asked as known at the cut-off, so the questions may be asked
	// side by side.
	var work sync.WaitGroup
	var errs [5]error
	records := func(to *[]Record, w Window) error {
		err := d.Source.Records(ctx, by, w, func(r Record) { *to = append(*to, r) })
		slices.SortFunc(*to, func(a, z Record) int { return strings.Compare(a.ID, z.ID) })
		return err
	}
	now, before := Window{From: c.From, To: c.To, Known: known}, Window{From: c.PriorFrom, To: c.PriorTo, Known: known}
	var owed []Stage // of what was reported before the period
	work.Go(func() { errs[0] = records(&b.now, now) })
	work.Go(func() { errs[1] = records(&b.before, before) })
	work.Go(func() {
		errs[2] = d.Source.Stages(ctx, by, now, false, func(s Stage) { b.stages = append(b.stages, s) })
	})
	work.Go(func() {
		earlier := Window{From: c.PriorFrom, To: c.From, Known: known}
		errs[3] = d.Source.Stages(ctx, by, earlier, true, func(s Stage) { owed = append(owed, s) })
	})
	work.Go(func() {
		for i, on := range []Day{c.PriorFrom, c.PriorTo - 1, c.From, c.To - 1} {
			if err := d.Source.Members(ctx, by, on, known, func(m Member) { b.members[i] = append(b.members[i], m) }); err != nil {
				errs[4] = err
			}
		}
	})
	work.Wait()
	b.stages = append(b.stages, owed...)
	seen := map[int64]bool{}
	mark := func(m int64) {
		if !seen[m] {
			seen[m] = true
			marks = append(marks, m)
		}
	}
	for _, list := range [][]Record{b.now, b.before} {
		for _, r := range list {
			mark(r.Mark)
		}
	}
	for _, list := range b.members {
		for _, m := range list {
			mark(m.Mark)
		}
	}
	return b, marks, errors.Join(errs[:]...)
}

// combine joins the markings of everything that was counted. A paper counted
// from nothing is the authority's own.
func (d *Desk) combine(tx *db.Tx, marks []int64) (marking.Marking, error) {
	if len(marks) == 0 {
		m := marking.Of(marking.TLPAmberStrict)
		if d.Owner != "" {
			m.Scope = marking.Only(d.Owner)
		}
		return m, nil
	}
	parts := make([]marking.Marking, len(marks))
	for i, id := range marks {
		var err error
		if parts[i], err = d.Access.MarkOf(tx, access.MarkID(id)); err != nil {
			return marking.Marking{}, err
		}
	}
	return marking.Combine(parts...), nil
}

// words gives the vocabularies the tables of a paper are made of.
func (d *Desk) words() (b basis) {
	b.units, b.tops = []string{"reportable", "incident", "attempt", "event"}, d.tops
	for _, s := range d.Pack.Sectors {
		if s.Parent != "" {
			continue
		}
		br := branch{id: s.ID}
		for _, x := range d.Pack.Sectors {
			if d.tops[x.ID] == s.ID {
				br.all = append(br.all, x.ID)
			}
		}
		b.sectors = append(b.sectors, br)
	}
	classes := slices.Clone(d.Pack.Classes)
	slices.SortStableFunc(classes, func(x, y country.Class) int { return cmp.Compare(y.Rank, x.Rank) })
	for _, c := range classes {
		b.classes = append(b.classes, c.ID)
		if c.Listed {
			b.listed = append(b.listed, c.ID)
		}
	}
	if t, ok := d.baseTaxonomy(); ok {
		for _, g := range t.Groups {
			b.types = append(b.types, g.ID)
		}
	}
	for _, r := range d.Pack.Regimes {
		for _, s := range r.Stages {
			b.stageKey = append(b.stageKey, r.ID+"/"+s.ID)
		}
	}
	return b
}

// baseTaxonomy is the pack's scheme of types that others map to.
func (d *Desk) baseTaxonomy() (country.Taxonomy, bool) {
	i := slices.IndexFunc(d.Pack.Taxonomies, func(t country.Taxonomy) bool { return t.Base == "" })
	if i < 0 {
		return country.Taxonomy{}, false
	}
	return d.Pack.Taxonomies[i], true
}

// content freezes the period and the words of the country.
func (d *Desk) content(by, reader access.Actor, r Request) Content {
	p := d.Pack.Paper
	c := Content{From: r.From, To: r.To + 1, PriorFrom: sameDay(r.From, -1), PriorTo: sameDay(r.To, -1) + 1, Maker: by.Name, Clearance: reader.Clearance, Public: r.Public,
		Invented: d.Invented, Zone: d.Pack.Location.String(), Title: p.Title, Subtitle: p.Subtitle, Sections: map[string]Part{},
		Sentences: map[string]country.Text{}, Names: map[string]country.Text{}}
	for _, part := range d.Pack.Parts {
		c.Pack = strings.TrimSpace(c.Pack + " " + part.ID + "@" + part.Version)
	}
	if in, ok := d.Pack.Institution(p.Issuer); ok {
		c.Issuer = in.NameOn(country.DateOf(r.To.Date())).Text
	}
	for _, s := range p.Sections {
		c.Sections[s.ID] = Part{s.Title, s.Lead}
	}
	for _, s := range p.Sentences {
		c.Sentences[s.ID] = s.Title
	}
	for _, s := range d.Pack.Sectors {
		if s.Parent == "" {
			c.Names["sector:"+s.ID] = s.Title
		}
	}
	for _, x := range d.Pack.Classes {
		c.Names["class:"+x.ID] = x.Title
	}
	if t, ok := d.baseTaxonomy(); ok {
		c.Names["taxonomy:"] = t.Title
		for _, g := range t.Groups {
			c.Names["type:"+g.ID] = g.Title
		}
	}
	for _, x := range d.Pack.Regimes {
		title := x.Short
		if len(title) == 0 {
			title = x.Title
		}
		c.Names["regime:"+x.ID] = title
		for _, s := range x.Stages {
			c.Names["stage:"+x.ID+"/"+s.ID] = s.Title
		}
		if !x.Verification.Binding() && len(x.Warning) > 0 {
			c.Warnings = append(c.Warnings, x.Warning)
		}
	}
	for _, m := range d.Pack.Timeline {
		x := Moment{From: m.From.String(), Precision: m.Precision, Title: m.Title, Source: m.Source, Verified: m.Verification.Binding()}
		if !m.To.IsZero() {
			x.To = m.To.String()
		}
		c.Background = append(c.Background, x)
	}
	for _, f := range d.Pack.Figures {
		if f.Unit == "incident" || f.Unit == "high_impact_incident" || f.Unit == "attempt" || f.Unit == "event" || f.Unit == "report" {
			c.Published = append(c.Published, Published{Period: f.Period, Unit: f.Unit, Value: Num(f.Value), Counts: f.Counts, Publisher: f.Publisher, Source: f.Source,
				Caution: f.Caution, Verified: f.Verification.Binding()})
		}
	}
	return c
}

// Get gives a paper to a reader who may know of it; the read is recorded.
func (d *Desk) Get(ctx context.Context, by access.Actor, id string, now time.Time) (p Paper, err error) {
	if err := access.May(by, "council.read"); err != nil {
		return Paper{}, err
	}
	if !db.ValidID(id) {
		return Paper{}, fault.New(fault.NotFound, "council.paper.not-found")
	}
	err = d.DB.Tx(ctx, func(tx *db.Tx) error {
		if p, err = d.open(tx, by, id); err != nil {
			return err
		}
		return d.Audit.Record(tx, by, audit.Entry{Verb: "council.read", Object: "paper", ObjectID: id, Mark: p.Mark.Text()}, now)
	})
	return p, err
}

// open reads a paper the actor may read, or none.
func (d *Desk) open(tx *db.Tx, by access.Actor, id string) (Paper, error) {
	p, ok, err := d.load(tx, id)
	if err != nil {
		return p, err
	}
	if !ok || access.MayOn(by, "council.read", access.Object{Owner: p.Owner, Mark: p.Mark}) != nil {
		return Paper{}, fault.New(fault.NotFound, "council.paper.not-found")
	}
	return p, nil
}

// List gives the papers the actor may read, newest first, without their
// figures.
func (d *Desk) List(ctx context.Context, by access.Actor, limit int) (out []Paper, err error) {
	if err := access.May(by, "council.read"); err != nil {
		return nil, err
	}
	err = d.DB.Read(ctx, func(tx *db.Tx) error {
		out, err = d.list(tx, by, limit)
		return err
	})
	return out, err
}

func isNaN(n Num) bool { return math.IsNaN(float64(n)) }
