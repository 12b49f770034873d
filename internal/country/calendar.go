package country

import (
	"cmp"
	"slices"
	"time"
)

// Calendar says which days are not working days, in one version: adding an
// ad-hoc day makes a new version, and computed dues name the version used.
type Calendar struct {
	ID           string       `yaml:"id" need:"y"`
	Version      string       `yaml:"version" need:"y"`
	Title        Text         `yaml:"title" need:"y"`
	Weekend      []string     `yaml:"weekend"` // default saturday, sunday
	Feasts       []Feast      `yaml:"feasts"`
	AdHoc        []DayOff     `yaml:"ad_hoc"` // days off by a decision
	Substitute   Substitute   `yaml:"substitute"`
	LegalRef     LegalRef     `yaml:"legal_ref" need:"y"`
	Verification Verification `yaml:"verification" need:"y"`

	weekend [7]bool
	years   map[int][]Holiday // every year of calendarFrom..calendarTo, made at load
}

// Years for which a calendar is worked out at load; outside them Holidays
// works it out anew.
const (
	calendarFrom = 2010
	calendarTo   = 2060
)

// Feast is one yearly day off; exactly one of On, Easter and Dates is set.
type Feast struct {
	ID           string       `yaml:"id" need:"y"`
	Title        Text         `yaml:"title" need:"y"`
	On           string       `yaml:"on"` // MM-DD
	Easter       string       `yaml:"easter" enum:"gregorian|orthodox"`
	Offset       int          `yaml:"offset"` // days after Easter Sunday
	Dates        []Date       `yaml:"dates"`  // moving feasts listed by year
	From         Date         `yaml:"from"`
	To           Date         `yaml:"to"`
	Verification Verification `yaml:"verification"`
}

// DayOff is one ad-hoc day off, or with Works a day off that is worked.
type DayOff struct {
	On       Date     `yaml:"on" need:"y"`
	Title    Text     `yaml:"title" need:"y"`
	Works    bool     `yaml:"works"`
	LegalRef LegalRef `yaml:"legal_ref" need:"y"`
}

// Substitute says whether a feast on a weekend is made up for.
type Substitute struct {
	Rule         string       `yaml:"rule" enum:"none|next_working_day"`
	Verification Verification `yaml:"verification"`
	LegalRef     *LegalRef    `yaml:"legal_ref"`
}

// Holiday is one day off of one year.
type Holiday struct {
	On         Date
	Title      Text
	Substitute bool // stands in for a feast that fell on a day off
	Status     Verification
}

// IsWorking says whether d is a working day.
func (c *Calendar) IsWorking(d Date) bool {
	if w, ok := c.adHoc(d); ok {
		return w
	}
	if c.weekend[d.Weekday()] {
		return false
	}
	hs := c.Holidays(d.Year)
	_, found := slices.BinarySearchFunc(hs, d, func(h Holiday, d Date) int { return h.On.Compare(d) })
	return !found
}

func (c *Calendar) adHoc(d Date) (works, found bool) {
	for i := range c.AdHoc {
		if c.AdHoc[i].On == d {
			return c.AdHoc[i].Works, true
		}
	}
	return false, false
}

// NextWorking gives d itself when it is a working day, else the first one
// after it.
func (c *Calendar) NextWorking(d Date) Date {
	for range 60 {
		if c.IsWorking(d) {
			return d
		}
		d = d.AddDays(1)
	}
	return d // unreachable: Load refuses a calendar without two working days in any fortnight
}

// AddWorking gives the n-th working day after d.
func (c *Calendar) AddWorking(d Date, n int) Date {
	for range n {
		d = c.NextWorking(d.AddDays(1))
	}
	return d
}

// HasWorking says whether at least n working days lie from a to b, both
// included.
func (c *Calendar) HasWorking(a, b Date, n int) bool {
	for d := a; n > 0 && !b.Before(d); d = d.AddDays(1) {
		if c.IsWorking(d) {
			n--
		}
	}
	return n <= 0
}

// Holidays lists the days off of year that are not mere weekends, in order.
func (c *Calendar) Holidays(year int) []Holiday {
	if hs, ok := c.years[year]; ok {
		return hs
	}
	return c.holidays(year)
}

func (c *Calendar) holidays(year int) []Holiday {
	var own []Holiday
	// A substitute for a feast of late December may fall into January.
	for y := year - 1; y <= year; y++ {
		own = append(own, c.feasts(y)...)
	}
	slices.SortStableFunc(own, func(a, b Holiday) int { return a.On.Compare(b.On) })
	taken := map[Date]bool{}
	for _, h := range own {
		taken[h.On] = true
	}
	for _, a := range c.AdHoc {
		if !a.Works && !taken[a.On] {
			own = append(own, Holiday{On: a.On, Title: a.Title, Status: a.LegalRef.Status})
			taken[a.On] = true
		}
	}
	if c.Substitute.Rule == "next_working_day" {
		seen := map[Date]bool{}
		for _, h := range slices.Clone(own) {
			if !c.weekend[h.On.Weekday()] || seen[h.On] {
				continue
			}
			seen[h.On] = true
			d := h.On.AddDays(1)
			for c.weekend[d.Weekday()] || taken[d] {
				d = d.AddDays(1)
			}
			taken[d] = true
			own = append(own, Holiday{On: d, Title: h.Title, Substitute: true, Status: worse(h.Status, c.Substitute.Verification)})
		}
	}
	own = slices.DeleteFunc(own, func(h Holiday) bool { return h.On.Year != year })
	slices.SortStableFunc(own, func(a, b Holiday) int {
		return cmp.Or(a.On.Compare(b.On), cmp.Compare(a.Title.In("en"), b.Title.In("en")))
	})
	return own
}

func (c *Calendar) feasts(year int) []Holiday {
	var out []Holiday
	add := func(f Feast, d Date) {
		if (f.From.IsZero() || !d.Before(f.From)) && (f.To.IsZero() || !f.To.Before(d)) {
			out = append(out, Holiday{On: d, Title: f.Title, Status: f.Verification})
		}
	}
	for _, f := range c.Feasts {
		switch {
		case f.On != "":
			if t, err := time.Parse("01-02", f.On); err == nil {
				add(f, Date{year, t.Month(), t.Day()})
			}
		case f.Easter == "gregorian":
			add(f, GregorianEaster(year).AddDays(f.Offset))
		case f.Easter == "orthodox":
			add(f, OrthodoxEaster(year).AddDays(f.Offset))
		}
		for _, d := range f.Dates {
			if d.Year == year {
				add(f, d)
			}
		}
	}
	return out
}

// worse gives the weaker of two grades; the empty one counts as verified here.
func worse(a, b Verification) Verification {
	all := Verification("").Values()
	return Verification(all[max(slices.Index(all, string(a)), slices.Index(all, string(b)), 0)])
}

// prepare works the years out once, so that reading never writes.
func (c *Calendar) prepare() {
	days := c.Weekend
	if len(days) == 0 {
		days = []string{"saturday", "sunday"}
	}
	for i, name := range weekdays() {
		c.weekend[i] = slices.Contains(days, name)
	}
	years := make(map[int][]Holiday, calendarTo-calendarFrom+1)
	for y := calendarFrom; y <= calendarTo; y++ {
		years[y] = c.holidays(y)
	}
	c.years = years
}

func weekdays() []string {
	return []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}
}

// GregorianEaster gives Easter Sunday of the western churches (the anonymous
// Gregorian computus, Meeus, Astronomical Algorithms, ch. 8).
func GregorianEaster(year int) Date {
	a, b, c := year%19, year/100, year%100
	d, e := b/4, b%4
	f := (b + 8) / 25
	g := (b - f + 1) / 3
	h := (19*a + b - d - g + 15) % 30
	i, k := c/4, c%4
	l := (32 + 2*e + 2*i - h - k) % 7
	m := (a + 11*h + 22*l) / 451
	n := h + l - 7*m + 114
	return Date{year, time.Month(n / 31), n%31 + 1}
}

// OrthodoxEaster gives Easter Sunday by the Julian computus, as a Gregorian
// day (Meeus, ch. 8).
func OrthodoxEaster(year int) Date {
	d := (19*(year%19) + 15) % 30
	e := (2*(year%4) + 4*(year%7) - d + 34) % 7
	n := d + e + 114
	julian := Date{year, time.Month(n / 31), n%31 + 1}
	return julian.AddDays(year/100 - year/400 - 2)
}
