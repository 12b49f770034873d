package i18n

import (
	"fmt"
	"strconv"
	"time"
)

// Date is an argument said as a day without time: "13 June 2023".
type Date time.Time

// All times are written in their own location: convert before calling.

// Date writes the day in full: "13 June 2023", "13 qershor 2023".
func (l Lang) Date(t time.Time) string { return l.book().date("i18n.date.long", t) }

// ShortDate writes the day for tables: "13 Jun 2023", "13.6.2023".
func (l Lang) ShortDate(t time.Time) string { return l.book().date("i18n.date.short", t) }

// DateTime writes day and 24-hour time: "13 Jun 2023, 14:40".
func (l Lang) DateTime(t time.Time) string { return l.book().dateTime(t) }

// Moment writes day and time for a list near now, leaving out what the reader
// knows: the day when it is today, the year when it is this one.
func (l Lang) Moment(t, now time.Time) string {
	b, n := l.book(), now.In(t.Location())
	switch {
	case t.Year() == n.Year() && t.YearDay() == n.YearDay():
		return b.key("i18n.date.today", Args{"time": b.clock(t)})
	case t.Year() == n.Year():
		return b.key("i18n.date.with-time", Args{"date": b.date("i18n.date.no-year", t), "time": b.clock(t)})
	}
	return b.dateTime(t)
}

// Clock writes the 24-hour time: "02:47".
func (l Lang) Clock(t time.Time) string { return l.book().clock(t) }

// MonthYear writes "June 2023", "qershor 2023".
func (l Lang) MonthYear(t time.Time) string { return l.book().date("i18n.date.month-year", t) }

// Month writes a month's name, in the case that stands alone.
func (l Lang) Month(m time.Month) string { return l.book().month(m, "i18n.month.") }

// Weekday writes a weekday's name.
func (l Lang) Weekday(d time.Weekday) string {
	return l.book().key("i18n.weekday." + strconv.Itoa(int(d)))
}

// Week writes the ISO week: "week 47", with its year when that is not now's.
func (l Lang) Week(t, now time.Time) string {
	b := l.book()
	year, week := t.ISOWeek()
	if thisYear, _ := now.In(t.Location()).ISOWeek(); year == thisYear {
		return b.key("i18n.date.week", week)
	}
	return b.key("i18n.date.week-year", week, year)
}

// DateRange writes two days without repeating month or year: "1–7 June 2023".
func (l Lang) DateRange(from, to time.Time) string {
	b := l.book()
	sameYear := from.Year() == to.Year()
	switch {
	case sameYear && from.YearDay() == to.YearDay():
		return b.date("i18n.date.long", from)
	case sameYear && from.Month() == to.Month():
		return strconv.Itoa(from.Day()) + dash + b.date("i18n.date.long", to)
	case sameYear:
		return b.date("i18n.date.long-no-year", from) + " " + dash + " " + b.date("i18n.date.long", to)
	}
	return b.date("i18n.date.long", from) + " " + dash + " " + b.date("i18n.date.long", to)
}

// Duration writes a length in at most two units, rounded down: "1 h 10 min".
func (l Lang) Duration(d time.Duration) string { return l.book().duration(d) }

// Due writes how a deadline stands: "in 42 min", "late by 1 h 10 min", "now"
// within the same minute. It rounds down, so it never promises time that is
// not there.
func (l Lang) Due(deadline, now time.Time) string {
	return l.book().relative(deadline.Sub(now), "i18n.relative.late")
}

// Relative writes when something was or will be: "42 min ago", "in 9 h".
func (l Lang) Relative(t, now time.Time) string {
	return l.book().relative(t.Sub(now), "i18n.relative.ago")
}

func (b *book) relative(d time.Duration, past string) string {
	switch {
	case d > -time.Minute && d < 0, d >= 0 && d < time.Second:
		return b.key("i18n.relative.now")
	case d < 0:
		return b.key(past, b.duration(-d))
	}
	return b.key("i18n.relative.in", b.duration(d))
}

// duration: seconds under a minute; hours and minutes under a day; days and
// hours under three days; then days.
func (b *book) duration(d time.Duration) string {
	if d < 0 {
		d = -d
	}
	minutes := int64(d / time.Minute)
	hours, days := minutes/60, minutes/(60*24)
	unit := func(name string, n int64) string { return b.key("i18n.duration."+name, n) }
	pair := func(major, minor string, a, z int64) string {
		if z == 0 {
			return unit(major, a)
		}
		return unit(major, a) + nbsp + unit(minor, z)
	}
	switch {
	case minutes == 0:
		return unit("second", int64(d/time.Second))
	case hours == 0:
		return unit("minute", minutes)
	case days == 0:
		return pair("hour", "minute", hours, minutes%60)
	case days < 3:
		return pair("day", "hour", days, hours%24)
	}
	return unit("day", days)
}

func (b *book) month(m time.Month, prefix string) string {
	return b.key(prefix + strconv.Itoa(int(m)))
}

func (b *book) date(pattern string, t time.Time) string {
	if t.IsZero() {
		return b.key("i18n.number.unknown")
	}
	return b.key(pattern, Args{
		"day": t.Day(), "m": int(t.Month()), "year": strconv.Itoa(t.Year()),
		"month": b.month(t.Month(), "i18n.month."), "mon": b.month(t.Month(), "i18n.mon."),
	})
}

func (b *book) clock(t time.Time) string { return fmt.Sprintf("%02d:%02d", t.Hour(), t.Minute()) }

func (b *book) dateTime(t time.Time) string {
	if t.IsZero() {
		return b.key("i18n.number.unknown")
	}
	return b.key("i18n.date.with-time", Args{"date": b.date("i18n.date.short", t), "time": b.clock(t)})
}
