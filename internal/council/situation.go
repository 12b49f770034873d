package council

import (
	"context"
	"math"
	"slices"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/db"
	"kulla.dev/internal/marking"
	"kulla.dev/internal/stat"
)

// Situation is the first page of the desk, for one reader at one moment.
type Situation struct {
	At    time.Time
	Mark  marking.Marking // of everything counted; the zero value when nothing was
	Weeks []Week          // oldest first; the last one is not over
	Heat  []Row           // sectors by week, those with most incidents first
	First int             // index in Weeks of the first column of Heat

	Year Figure  // the last 52 whole weeks against the 52 before
	Rate *Figure // the same for each listed institution; nil without a register

	Listed, Reported int // listed institutions, and those that reported in the last ReportingDays
	Clocks           []Clock
	Load             Load
	News             News
	Since            time.Time
	MayOpen          bool // the reader may open single incidents
}

// Week is one week of incidents with what was expected of it.
type Week struct {
	Monday Day
	N      int
	stat.Expected
	Verdict WeekVerdict
}

// Row is one sector over the weeks of the heat strip.
type Row struct {
	Sector string // top sector, Unknown or Other
	N      []int
	Sum    int
}

// What the page looks at.
const (
	SituationWeeks = 105 // two years and the week that runs
	HeatWeeks      = 22
	BandWeeks      = 52 // at most so many weeks before give the expected range
	ReportingDays  = 90
	lateShown      = 2
	nextShown      = 3
)

// Situation gives the first page: everything on it is counted as the reader
// may read. It notes that they looked.
func (d *Desk) Situation(ctx context.Context, by access.Actor, now time.Time) (s Situation, err error) {
	if err := access.May(by, "situation.read"); err != nil {
		return s, err
	}
	s = Situation{At: now, MayOpen: access.May(by, "incident.read") == nil}
	today := DayOf(now.In(d.Pack.Location))
	this := today.Monday()
	first := this - 7*(SituationWeeks-1)
	long, err := d.longAgo(ctx, by, first, this, now)
	if err != nil {
		return s, err
	}
	buckets, marks, err := d.Source.Weeks(ctx, by, this-7*liveWeeks, this+7, incidents)
	if err != nil {
		return s, err
	}
	buckets, marks = append(buckets, long.weeks...), append(marks, long.marks...)
	if len(marks) > 0 {
		if err := d.DB.Read(ctx, func(tx *db.Tx) error {
			s.Mark, err = d.combine(tx, marks)
			return err
		}); err != nil {
			return s, err
		}
	}
	if err := s.fill(d, buckets, first); err != nil {
		return s, err
	}
	if s.Listed, s.Reported, err = d.Source.Listed(ctx, by, today-ReportingDays+1, today+1); err != nil {
		return s, err
	}
	d.yearly(&s, this, long.listed)
	if s.Clocks, err = d.Source.Due(ctx, by, lateShown, nextShown, now); err != nil {
		return s, err
	}
	if s.Load, err = d.Source.Load(ctx, by, now); err != nil {
		return s, err
	}
	if s.Since, err = d.Since(ctx, by, now); err != nil {
		return s, err
	}
	s.News, err = d.Source.News(ctx, by, s.Since, now)
	return s, err
}

// fill puts buckets into weeks and sectors and gives each week its range.
func (s *Situation) fill(d *Desk, buckets []Bucket, first Day) error {
	counts := make([]int, SituationWeeks)
	rows := map[string]*Row{}
	s.First = SituationWeeks - HeatWeeks
	for _, b := range buckets {
		i := int(b.Week-first) / 7
		if i < 0 || i >= len(counts) {
			continue
		}
		counts[i] += b.N
		if i < s.First {
			continue
		}
		id := Unknown
		if b.Sector != "" {
			if id = d.tops[b.Sector]; id == "" {
				id = Other
			}
		}
		if rows[id] == nil {
			rows[id] = &Row{Sector: id, N: make([]int, HeatWeeks)}
		}
		rows[id].N[i-s.First] += b.N
		rows[id].Sum += b.N
	}
	bands, err := stat.Rolling(counts, BandWeeks, Confidence)
	if err != nil {
		return err
	}
	begun := slices.IndexFunc(counts, func(n int) bool { return n > 0 })
	for i, n := range counts {
		w := Week{Monday: first + Day(7*i), N: n, Expected: bands[i]}
		if begun < 0 || i < begun+stat.BandMinimum { // before the desk's first incident nothing was expected
			w.Mean = math.NaN()
		}
		if w.Verdict = JudgeWeek(n, w.Expected); i == len(counts)-1 && w.Verdict == WeekBelow {
			w.Verdict = WeekWithin // the week that runs may still fill
		}
		s.Weeks = append(s.Weeks, w)
	}
	for _, r := range d.Pack.Sectors {
		if r.Parent == "" && rows[r.ID] == nil {
			rows[r.ID] = &Row{Sector: r.ID, N: make([]int, HeatWeeks)}
		}
	}
	for _, r := range rows {
		s.Heat = append(s.Heat, *r)
	}
	slices.SortFunc(s.Heat, func(a, b Row) int {
		if d := b2i(a.Sector == Unknown || a.Sector == Other) - b2i(b.Sector == Unknown || b.Sector == Other); d != 0 {
			return d
		}
		if a.Sum != b.Sum {
			return b.Sum - a.Sum
		}
		if a.Sector < b.Sector {
			return -1
		}
		return 1
	})
	return nil
}

// yearly compares the last 52 whole weeks with the 52 before them.
func (d *Desk) yearly(s *Situation, this Day, listed [3]int) {
	n := len(s.Weeks) - 1
	var counts [2][]int // in blocks of four weeks: how far incidents come in clusters
	var sums [2]int
	for year, end := range []int{n, n - 52} {
		for i := end - 52; i < end; i += 4 {
			block := 0
			for k := range 4 {
				block += s.Weeks[i+k].N
			}
			counts[year] = append(counts[year], block)
			sums[year] += block
		}
	}
	phi, df := 0.0, 0.0
	for _, c := range counts {
		if p, err := stat.Dispersion(c, nil); err == nil {
			phi, df = phi+p*float64(len(c)-1), df+float64(len(c)-1)
		}
	}
	if df > 0 {
		phi = math.Max(1, phi/df)
	}
	f := Figure{Def: Total, Count: sums[0], Before: sums[1], Value: Num(sums[0]), Of: 364, OfBefore: 364,
		Query: Query{Set: OfRecords, Window: Window{From: this - 364, To: this, Units: incidents}, Prior: Window{From: this - 728, To: this - 364, Units: incidents}}}
	if in, err := stat.PoissonInterval(f.Count, 1, Confidence); err == nil {
		f.Low, f.High = Num(in.Low), Num(in.High)
	}
	s.Year = f.against(1, 1, phi).detectable(1, 1)
	now, before := float64(listed[1]+listed[2])/2, float64(listed[0]+listed[1])/2
	if now == 0 || before == 0 {
		return
	}
	r := f
	r.Def, r.Of, r.OfBefore = Rate, Num(now), Num(before)
	r = r.against(now, before, phi).detectable(now, before)
	s.Rate = &r
}

// Last gives the last week that is over.
func (s Situation) Last() Week { return s.Weeks[len(s.Weeks)-2] }

// This gives the week that runs.
func (s Situation) This() Week { return s.Weeks[len(s.Weeks)-1] }

// Judgement says what the checks of the situation allow.
func (s Situation) Judgement() []Claim { return Judge(s.Year, s.Rate) }

// Records lists the incidents behind a number of the situation, as known now
// and as far as the reader may open them, newest first: PageSize of page, and
// whether there are more.
func (d *Desk) Records(ctx context.Context, by access.Actor, w Window, page int) (lines []Line, more bool, err error) {
	if err := access.May(by, "situation.read"); err != nil {
		return nil, false, err
	}
	w.Known = time.Time{}
	var ids []string
	if err := d.Source.Records(ctx, by, w, func(r Record) {
		if w.Match(r) {
			ids = append(ids, r.ID)
		}
	}); err != nil {
		return nil, false, err
	}
	slices.Sort(ids)
	slices.Reverse(ids)
	from := firstOf(page, len(ids))
	to := min(len(ids), from+PageSize)
	lines, err = d.Source.Lines(ctx, by, ids[from:to])
	return lines, to < len(ids), err
}

// SectorWindow narrows a window to a row of the heat strip.
func (d *Desk) SectorWindow(w Window, sector string) Window {
	w.By = BySector
	switch sector {
	case Unknown:
		w.In = []string{""}
	case Other:
		w.Not = []string{""}
		for _, s := range d.Pack.Sectors {
			w.Not = append(w.Not, s.ID)
		}
	default:
		for _, s := range d.Pack.Sectors {
			if d.tops[s.ID] == sector {
				w.In = append(w.In, s.ID)
			}
		}
		if len(w.In) == 0 {
			w.In = []string{sector}
		}
	}
	return w
}
