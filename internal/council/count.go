package council

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"math"
	"slices"
	"time"

	"kulla.dev/internal/stat"
)

// Confidence of every interval of the room.
const Confidence = 0.95

// Incidents are the rungs that count as an incident; attempts and events are
// shown apart and never added to them.
var incidents = []string{"incident", "reportable"}

// Incidents gives the rungs that count as an incident.
func Incidents() []string { return slices.Clone(incidents) }

// basis is everything the figures are counted from.
type basis struct {
	c        Content
	known    time.Time
	now      []Record // of the period, sorted by id
	before   []Record // of the same days a year before
	stages   []Stage
	members  [4][]Member // on the first and last day of the year before, and of the period
	units    []string
	sectors  []branch
	classes  []string
	listed   []string
	types    []string
	tops     map[string]string // sector → its top sector
	stageKey []string          // "regime/stage" in the pack's order
}

// branch is a top sector with everything below it.
type branch struct {
	id  string
	all []string
}

// cell counts one figure over both years.
type cell struct {
	n   [2]int
	sum [2]hash.Hash
}

func newCell() *cell { return &cell{sum: [2]hash.Hash{sha256.New(), sha256.New()}} }

func (c *cell) add(year int, id string) {
	c.n[year]++
	c.sum[year].Write([]byte(id))
	c.sum[year].Write([]byte{'\n'})
}

func (c *cell) hash(year int) string { return hex.EncodeToString(c.sum[year].Sum(nil)) }

// hashOf hashes ids as a figure does.
func hashOf(ids []string) string {
	slices.Sort(ids)
	c := newCell()
	for _, id := range ids {
		c.add(0, id)
	}
	return c.hash(0)
}

type cellKey struct {
	def  Def
	item string
}

// counter builds the figures of one paper.
type counter struct {
	basis
	cells map[cellKey]*cell
	out   []Figure
	phi   float64
}

// figures counts a basis. It is pure: the same basis gives the same figures.
func figures(b basis) []Figure {
	c := &counter{basis: b, cells: map[cellKey]*cell{}}
	for year, records := range [][]Record{b.now, b.before} {
		for _, r := range records {
			c.record(year, r)
		}
	}
	c.phi = c.dispersion()
	c.incidents()
	c.punctuality()
	c.reporting()
	if b.c.Public {
		c.suppress()
	}
	for i := range c.out {
		c.out[i].N = i + 1
	}
	return c.out
}

func (c *counter) cell(d Def, item string) *cell {
	k := cellKey{d, item}
	if c.cells[k] == nil {
		c.cells[k] = newCell()
	}
	return c.cells[k]
}

func (c *counter) record(year int, r Record) {
	c.cell(Unit, c.itemOf(r.Unit, c.units)).add(year, r.ID)
	if !slices.Contains(incidents, r.Unit) {
		return
	}
	sector := Unknown
	if r.Sector != "" {
		sector = cmp.Or(c.tops[r.Sector], Other)
	}
	day := r.Day
	if year == 1 {
		day = sameDay(day, 1)
	}
	for _, k := range []cellKey{{Total, ""}, {Sector, sector}, {Class, c.itemOf(r.Class, c.classes)}, {Type, c.itemOf(r.Base, c.types)}, {Month, monthItem(day)}} {
		c.cell(k.def, k.item).add(year, r.ID)
	}
	if slices.Contains(c.listed, r.Class) {
		c.cell(Rate, "").add(year, r.ID)
	} else {
		c.cell(Outside, "").add(year, r.ID)
	}
}

// itemOf puts a value among the words of a table.
func (c *counter) itemOf(v string, words []string) string {
	switch {
	case slices.Contains(words, v):
		return v
	case v == "" || v == "unknown":
		return Unknown
	}
	return Other
}

// sameDay gives the day of the same date some years later.
func sameDay(d Day, years int) Day {
	t := d.Date()
	next := t.AddDate(years, 0, 0)
	if next.Day() != t.Day() { // 29 February
		next = next.AddDate(0, 0, -next.Day())
	}
	return DayOf(next)
}

// dispersion pools Pearson's χ²/df of the months of each year around the
// year's own mean: how far incidents come in clusters.
func (c *counter) dispersion() float64 {
	sum, df := 0.0, 0.0
	for year := range 2 {
		var counts []int
		for _, m := range c.months() {
			if m.whole {
				counts = append(counts, c.cell(Month, m.item).n[year])
			}
		}
		if phi, err := stat.Dispersion(counts, nil); err == nil {
			sum += phi * float64(len(counts)-1)
			df += float64(len(counts) - 1)
		}
	}
	if df < 6 {
		return 1 // too few whole months to tell clusters from chance
	}
	return math.Max(1, sum/df)
}

// month is a calendar month within the period.
type month struct {
	item     string
	from, to Day
	whole    bool
}

func (c *counter) months() (out []month) {
	for first := DayOf(monthStart(c.c.From.Date())); first < c.c.To; {
		next := DayOf(first.Date().AddDate(0, 1, 0))
		m := month{item: monthItem(first), from: max(first, c.c.From), to: min(next, c.c.To)}
		m.whole = m.from == first && m.to == next
		out = append(out, m)
		first = next
	}
	return out
}

func monthStart(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
}

func (c *counter) window(units []string) Window {
	return Window{From: c.c.From, To: c.c.To, Known: c.known, Units: units}
}

func (c *counter) prior(w Window) Window {
	w.From, w.To = sameDay(w.From, -1), sameDay(w.To-1, -1)+1
	if w.From == c.c.From {
		w.From = c.c.PriorFrom
	}
	return w
}

// compared makes the figure of a cell against the year before.
func (c *counter) compared(d Def, item string, w Window, all *cell) Figure {
	x := c.cell(d, item)
	f := Figure{Def: d, Item: item, Count: x.n[0], Before: x.n[1], Value: Num(x.n[0]), Query: Query{Set: OfRecords, Window: w, Prior: c.prior(w)},
		Hash: x.hash(0), HashBefore: x.hash(1), Of: Num(w.To - w.From)}
	f.OfBefore = Num(f.Query.Prior.To - f.Query.Prior.From)
	if all != nil {
		f.All = all.n[0]
	} else {
		f.All = x.n[0]
	}
	f.Known = f.All
	if in, err := stat.PoissonInterval(f.Count, 1, Confidence); err == nil {
		f.Low, f.High = Num(in.Low), Num(in.High)
	}
	return f.against(float64(f.Of), float64(f.OfBefore), c.phi)
}

// against compares the counts of the two years over their exposures.
func (f Figure) against(now, before, phi float64) Figure {
	f.Ratio, f.RatioLow, f.RatioHigh, f.P, f.Detect, f.Phi = Num(math.NaN()), Num(math.NaN()), Num(math.NaN()), 1, Num(math.NaN()), 1
	r, err := stat.Compare(f.Count, now, f.Before, before, Confidence)
	if err != nil {
		return f // nothing in either year: nothing can be said
	}
	if phi > 1 && f.Count > 0 && f.Before > 0 {
		r, f.Phi = r.Overdispersed(phi), Num(phi)
	}
	f.Ratio, f.RatioLow, f.RatioHigh, f.P, f.Verdict = Num(r.Value), Num(r.Exact.Low), Num(r.Exact.High), Num(r.P), r.Verdict()
	return f
}

// detectable says how large a rise the comparison would have found; clusters
// make the counts worth less.
func (f Figure) detectable(now, before float64) Figure {
	if f.Before > 0 && f.Before <= 5000 {
		if d, err := stat.Detectable(float64(f.Before)*now/before/float64(f.Phi), 0.8, 1-Confidence); err == nil {
			f.Detect = Num(d)
		}
	} else if f.Before > 5000 { // the normal approximation is exact enough here
		f.Detect = Num(math.Exp(2.8016 * math.Sqrt(2*float64(f.Phi)/float64(f.Before))))
	}
	return f
}

// incidents makes the figures of the incidents.
func (c *counter) incidents() {
	whole := c.window(incidents)
	total := c.compared(Total, "", whole, nil)
	c.out = append(c.out, total.detectable(float64(total.Of), float64(total.OfBefore)))
	c.rate(whole)
	all := newCell()
	for _, u := range append(slices.Clone(c.units), Unknown, Other) {
		for year := range 2 {
			all.n[year] += c.cell(Unit, u).n[year]
		}
	}
	c.table(Unit, all, c.window(nil), ByUnit, c.units, func(id string) []string { return []string{id} })
	sum := c.cell(Total, "")
	var tops []string
	for _, b := range c.sectors {
		tops = append(tops, b.id)
	}
	c.table(Sector, sum, whole, BySector, tops, func(id string) []string {
		return c.sectors[slices.IndexFunc(c.sectors, func(b branch) bool { return b.id == id })].all
	})
	c.table(Class, sum, whole, ByClass, c.classes, func(id string) []string { return []string{id} })
	c.table(Type, sum, whole, ByType, c.types, func(id string) []string { return []string{id} })
	for _, m := range c.months() {
		w := whole
		w.From, w.To = m.from, m.to
		f := c.compared(Month, m.item, w, nil)
		c.out = append(c.out, f)
	}
	outside := whole
	outside.By, outside.Not = ByClass, c.listed
	c.out = append(c.out, c.compared(Outside, "", outside, sum))
}

// table makes one figure for each word of a dimension, then for what is
// stated but not among the words, then for what nobody stated.
func (c *counter) table(d Def, all *cell, w Window, by Dim, words []string, in func(string) []string) {
	known := all.n[0] - c.cell(d, Unknown).n[0]
	var every []string
	for _, id := range words {
		every = append(every, in(id)...)
	}
	w.By = by
	for _, id := range append(slices.Clone(words), Other, Unknown) {
		w.In, w.Not = nil, nil
		switch id {
		case Other:
			if c.cell(d, id).n == [2]int{} {
				continue // the line is needed only where something stands in it
			}
			w.Not = append(slices.Clone(every), "", "unknown")
		case Unknown:
			w.In = []string{"", "unknown"}
		default:
			w.In = in(id)
		}
		f := c.compared(d, id, w, all)
		f.Known = known
		c.out = append(c.out, f)
	}
}

// rate makes the figure the judgement rests on: incidents at listed
// institutions for each 100 of them a year.
func (c *counter) rate(w Window) {
	years := func(from, to []Member, days Day) float64 {
		return float64(c.countListed(from)+c.countListed(to)) / 2 * float64(days) / 365.25
	}
	f := Figure{Def: Rate}
	now := years(c.members[2], c.members[3], c.c.To-c.c.From)
	before := years(c.members[0], c.members[1], c.c.PriorTo-c.c.PriorFrom)
	if now == 0 || before == 0 {
		return // no register to divide by: the figure does not exist
	}
	w.By, w.In = ByClass, c.listed
	f = c.compared(Rate, "", w, c.cell(Total, ""))
	f.Of, f.OfBefore = Num(now), Num(before)
	f.Known = f.Count
	f.Value = Num(100 * float64(f.Count) / now)
	if in, err := stat.PoissonInterval(f.Count, now/100, Confidence); err == nil {
		f.Low, f.High = Num(in.Low), Num(in.High)
	}
	c.out = append(c.out, f.against(now, before, c.phi).detectable(now, before))
}

func (c *counter) countListed(members []Member) (n int) {
	for _, m := range members {
		if slices.Contains(c.listed, m.Class) {
			n++
		}
	}
	return n
}

// punctuality makes the figures of the stages, and of what is still owed.
func (c *counter) punctuality() {
	type key struct {
		name    string
		binding bool
	}
	type sum struct {
		by  [5]int
		ids []string
	}
	sums := map[key]*sum{}
	inPeriod := map[string]bool{}
	for _, r := range c.now {
		inPeriod[r.ID] = true
	}
	var running, overdue, past []string
	for _, s := range c.stages {
		id := s.Incident + " " + s.Regime + "/" + s.Stage
		if s.State == StageOpen || s.State == StageOverdue {
			running = append(running, id)
			switch {
			case s.State == StageOverdue && s.Binding:
				overdue = append(overdue, id)
			case s.State == StageOverdue:
				past = append(past, id)
			}
		}
		if !inPeriod[s.Incident] {
			continue
		}
		k := key{s.Regime + "/" + s.Stage, s.Binding}
		if sums[k] == nil {
			sums[k] = &sum{}
		}
		sums[k].by[s.State]++
		sums[k].ids = append(sums[k].ids, id)
	}
	keys := make([]key, 0, len(sums))
	for k := range sums {
		keys = append(keys, k)
	}
	rank := func(name string) int {
		if i := slices.Index(c.stageKey, name); i >= 0 {
			return i
		}
		return len(c.stageKey)
	}
	slices.SortFunc(keys, func(a, b key) int {
		return cmp.Or(cmp.Compare(b2i(b.binding), b2i(a.binding)), cmp.Compare(rank(a.name), rank(b.name)), cmp.Compare(a.name, b.name))
	})
	nan := Num(math.NaN())
	w := c.window(nil)
	for _, k := range keys {
		s := sums[k]
		regime, stage, _ := cut(k.name)
		f := Figure{Def: Punctual, Item: k.name, Count: s.by[StageInTime], Late: s.by[StageLate], Owed: s.by[StageOverdue], Open: s.by[StageOpen], Value: nan, Low: nan, High: nan,
			Ratio: nan, RatioLow: nan, RatioHigh: nan, P: 1, Phi: 1, Detect: nan, Hash: hashOf(s.ids), Known: len(s.ids), All: len(s.ids),
			Query: Query{Set: OfStages, Window: w, Regime: regime, Stage: stage, Binding: k.binding}}
		judged := f.Count + f.Late + f.Owed
		f.Of = Num(judged)
		if !k.binding {
			f.Def = Unverified
		} else if p, err := stat.Proportions(f.Count, judged, Confidence); err == nil {
			f.Value, f.Low, f.High = Num(p.Value), Num(p.Exact.Low), Num(p.Exact.High)
		}
		c.out = append(c.out, f)
	}
	since := w
	since.From = c.c.PriorFrom
	for _, x := range []struct {
		def    Def
		ids    []string
		states []StageState
		bind   bool
	}{{Running, running, []StageState{StageOpen, StageOverdue}, false}, {Overdue, overdue, []StageState{StageOverdue}, true}, {Past, past, []StageState{StageOverdue}, false}} {
		f := census(x.def, "", len(x.ids), len(running), hashOf(x.ids), Query{Set: OfStages, Window: since, States: x.states, Binding: x.bind})
		c.out = append(c.out, f)
	}
}

func cut(s string) (before, after string, found bool) {
	for i := range len(s) {
		if s[i] == '/' {
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// census is a figure that counts all there are: it has no interval.
func census(d Def, item string, n, of int, hash string, q Query) Figure {
	nan := Num(math.NaN())
	return Figure{Def: d, Item: item, Count: n, Value: Num(n), Of: Num(of), Low: nan, High: nan, Ratio: nan, RatioLow: nan, RatioHigh: nan, P: 1, Phi: 1, Detect: nan,
		Known: n, All: n, Hash: hash, Query: q}
}

// reporting says which listed institutions reported and which did not.
func (c *counter) reporting() {
	owners := map[string]bool{}
	for _, r := range c.now {
		owners[r.Owner] = true
	}
	var reported, silent []string
	bySector := map[string][2][]string{} // listed, silent
	for _, m := range c.members[3] {
		if !slices.Contains(c.listed, m.Class) {
			continue
		}
		top := Unknown
		if m.Sector != "" {
			top = cmp.Or(c.tops[m.Sector], Other)
		}
		s := bySector[top]
		s[0] = append(s[0], m.ID)
		if owners[m.ID] {
			reported = append(reported, m.ID)
		} else {
			silent = append(silent, m.ID)
			s[1] = append(s[1], m.ID)
		}
		bySector[top] = s
	}
	listed := len(reported) + len(silent)
	if listed == 0 {
		return
	}
	w := c.window(nil)
	q := Query{Set: OfMembers, Window: w, On: c.c.To - 1}
	c.out = append(c.out, census(Reported, "", len(reported), listed, hashOf(reported), q))
	q.Silent = true
	c.out = append(c.out, census(Silent, "", len(silent), listed, hashOf(silent), q))
	for _, b := range append(slices.Clone(c.sectors), branch{id: Other}, branch{id: Unknown}) {
		if s := bySector[b.id]; len(s[0]) > 0 {
			w.By, w.In = BySector, b.all
			q.Window = w
			c.out = append(c.out, census(Silent, b.id, len(s[1]), len(s[0]), hashOf(s[1]), q))
		}
	}
}

// suppress withholds small numbers that could point at somebody, and what
// would let them be worked out.
func (c *counter) suppress() {
	for _, d := range []Def{Unit, Sector, Class, Type, Month} {
		var at, counts, before []int
		for i, f := range c.out {
			if f.Def == d {
				at, counts, before = append(at, i), append(counts, f.Count), append(before, f.Before)
			}
		}
		hide, hideBefore := stat.Suppress(counts, stat.SmallNumber), stat.Suppress(before, stat.SmallNumber)
		for k, i := range at {
			if hide[k] || hideBefore[k] {
				f := &c.out[i]
				nan := Num(math.NaN())
				*f = Figure{Def: f.Def, Item: f.Item, Hidden: true, Known: f.Known, All: f.All, Of: f.Of, OfBefore: f.OfBefore, Value: nan, Low: nan, High: nan,
					Ratio: nan, RatioLow: nan, RatioHigh: nan, P: 1, Phi: 1, Detect: nan, Query: f.Query}
			}
		}
	}
}
