package council

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"kulla.dev/internal/i18n"
	"kulla.dev/internal/report"
)

// speaker says the figures of one paper in one language.
type speaker struct {
	p    Paper
	lang i18n.Lang
	zone *time.Location
	href func(Figure) string // where a figure's evidence is
}

func (s speaker) t(key string, args ...any) string { return s.lang.T(key, args...) }

// moment says a moment in the authority's zone.
func (s speaker) moment(t time.Time) string { return s.lang.DateTime(t.In(s.zone)) }

// span says the days [from, to).
func (s speaker) span(from, to Day) string { return s.lang.DateRange(from.Date(), (to - 1).Date()) }

// count says a figure's count, or that it is withheld.
func (s speaker) count(f Figure, n int) string {
	if f.Hidden {
		return s.t("council.word.withheld")
	}
	return s.lang.Number(int64(n))
}

// ratio says the ratio to the year before with its interval; an undefined or
// open one in words.
func (s speaker) ratio(f Figure) string {
	switch {
	case f.Hidden:
		return s.t("council.word.withheld")
	case f.Count == 0 && f.Before == 0:
		return "–"
	case f.Before == 0:
		return s.t("council.word.at-least", s.lang.Decimal(float64(f.RatioLow), 2))
	case f.Count == 0:
		return s.t("council.word.at-most", s.lang.Decimal(float64(f.RatioHigh), 2))
	}
	return s.lang.Decimal(float64(f.Ratio), 2) + " (" + s.lang.Range(float64(f.RatioLow), float64(f.RatioHigh), 2) + ")"
}

// interval says the 95 % interval of the figure's value.
func (s speaker) interval(f Figure, digits int) string {
	if isNaN(f.Low) || isNaN(f.High) {
		return ""
	}
	return s.lang.Interval(Confidence, float64(f.Low), float64(f.High), digits)
}

// value says the figure's main number.
func (s speaker) value(f Figure) string {
	switch {
	case f.Hidden:
		return s.t("council.word.withheld")
	case f.Def == Rate:
		return s.lang.Decimal(float64(f.Value), 1)
	case f.Def == Punctual && isNaN(f.Value):
		return "–"
	case f.Def == Punctual:
		return s.lang.Percent(float64(f.Value), 0)
	}
	return s.lang.Number(int64(f.Count))
}

// href is the page of a figure's evidence.
func (p Paper) href(f Figure) string { return "/papers/" + p.ID + "/figures/" + strconv.Itoa(f.N) }

// ref is a number that opens its evidence.
func (s speaker) ref(f Figure, text string) report.Span { return report.Ref(text, s.href(f)) }

// Claims says claims one after the other; href gives where a figure's evidence
// stands.
func (p Paper) Claims(claims []Claim, lang i18n.Lang, zone *time.Location, href func(Figure) string) report.Text {
	return speaker{p, lang, zone, href}.sentences(claims)
}

// Ratio says a figure's ratio to the year before with its interval.
func (p Paper) Ratio(f Figure, lang i18n.Lang) string { return speaker{p: p, lang: lang}.ratio(f) }

// Value says a figure's number, or that it is withheld.
func (p Paper) Value(f Figure, lang i18n.Lang) string { return speaker{p: p, lang: lang}.value(f) }

// Interval says the 95 % interval of a figure's value; "" where it has none.
func (p Paper) Interval(f Figure, lang i18n.Lang) string {
	s := speaker{p: p, lang: lang}
	switch {
	case f.Hidden || isNaN(f.Low) || isNaN(f.High):
		return ""
	case f.Def == Punctual:
		return lang.IntervalPercent(Confidence, float64(f.Low), float64(f.High), 0)
	case f.Def == Rate:
		return s.interval(f, 1)
	}
	return s.interval(f, 0)
}

// Item names what of its definition a figure is about: the sector, month, stage.
func (p Paper) Item(f Figure, lang i18n.Lang) string {
	switch {
	case f.Item == Unknown:
		return lang.T("council.word.unknown")
	case f.Item == Other:
		return lang.T("council.word.other")
	}
	switch f.Def {
	case Unit:
		return lang.T("council.unit." + f.Item)
	case Sector, Class, Type:
		return p.Name(string(f.Def), f.Item, string(lang))
	case Silent:
		if f.Item != "" {
			return p.Name("sector", f.Item, string(lang))
		}
	case Month:
		if m, ok := monthOf(f.Item); ok {
			return lang.MonthYear(m.Date())
		}
	case Punctual, Unverified:
		regime, stage := p.StageNames(f, string(lang))
		return stage + " · " + regime
	case Total, Rate, Running, Overdue, Past, Reported, Outside:
	}
	return upper(lang.T("council.def." + string(f.Def)))
}

// upper writes the first letter large.
func upper(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

// percentOf says a rise that would have been found, "+38 %".
func (s speaker) percentOf(ratio Num) string {
	return s.lang.Percent(math.Ceil((float64(ratio)-1)*100)/100, 0)
}

// sentence says one claim.
func (s speaker) sentence(c Claim) report.Text {
	f := Figure{}
	if len(c.Figs) > 0 {
		f = c.Figs[0]
	}
	key := "council.say." + c.Key
	change := func() report.Text {
		return report.Compose(s.t(key, "{1}", "{2}", "{3}"), s.ref(f, s.lang.Number(int64(f.Count))), report.Strong(s.lang.Number(int64(f.Before))), s.ref(f, s.ratio(f)))
	}
	switch c.Key {
	case "increase", "decrease", "no-change", "increase-rate", "decrease-rate", "no-change-rate", "from-none", "to-none", "none-one":
		return change()
	case "none-both":
		return report.Plain(s.t(key, s.lang.Decimal(float64(f.High), 1)))
	case "detectable":
		return report.Plain(s.t(key, s.percentOf(f.Detect)))
	case "more-reporters", "fewer-reporters":
		return report.Compose(s.t(key, "{1}", "{2}"), s.ref(c.Figs[0], s.ratio(c.Figs[0])), s.ref(c.Figs[1], s.ratio(c.Figs[1])))
	case "clusters":
		return report.Plain(s.t(key, s.lang.Decimal(float64(f.Phi), 1)))
	case "lines-none":
		return report.Plain(s.t(key, c.N))
	case "lines-up", "lines-down":
		var items []string
		for _, x := range c.Figs {
			items = append(items, s.p.Item(x, s.lang)+" "+s.ratio(x))
		}
		return report.Plain(s.t(key, c.N, items))
	case "incomplete":
		return report.Plain(s.t(key, c.N, c.Of))
	case "stages":
		return report.Compose(s.t(key, "{1}", "{2}"), report.Strong(s.lang.Number(int64(c.N))), report.Strong(s.lang.Number(int64(c.Of))))
	case "stages-worst":
		return report.Compose(s.t(key, "{1}", "{2}"), report.Strong(s.p.Item(f, s.lang)), s.ref(f, s.value(f)+" ("+s.lang.Range(100*float64(f.Low), 100*float64(f.High), 0)+")"))
	case "owed-none", "owed-in-time", "owed-past-too":
		return report.Compose(s.t(key, "{1}"), s.ref(f, s.lang.Number(int64(f.Count))))
	case "owed-past", "owed-late":
		g := c.Figs[1]
		return report.Compose(s.t(key, "{1}", "{2}"), s.ref(f, s.lang.Number(int64(f.Count))), s.ref(g, s.lang.Number(int64(g.Count))))
	case "silence-none":
		return report.Compose(s.t(key, "{1}"), s.ref(f, s.lang.Number(int64(f.Count))))
	case "silence":
		g := c.Figs[1]
		return report.Compose(s.t(key, "{1}", "{2}", "{3}"), s.ref(f, s.lang.Number(int64(f.Count))), report.Strong(s.lang.Number(int64(f.Of))), s.ref(g, s.lang.Number(int64(g.Count))))
	}
	return report.Plain(s.t(key))
}

// sentences says claims one after the other.
func (s speaker) sentences(claims []Claim) report.Text {
	var out report.Text
	for _, c := range claims {
		if len(out) > 0 {
			out = append(out, report.Span{Text: " "})
		}
		out = append(out, s.sentence(c)...)
	}
	return out
}

// standing says a standing sentence of the pack with its placeholders filled,
// or the desk's own.
func (s speaker) standing(id string, args map[string]string) string {
	t, ok := s.p.Content.Sentences[id]
	if !ok {
		return ""
	}
	text := t.In(string(s.lang))
	for k, v := range args {
		text = strings.ReplaceAll(text, "{"+k+"}", v)
	}
	return text
}

// words are the words the report itself says.
func words(l i18n.Lang) report.Words {
	t := func(k string, args ...any) string { return l.T("council.report."+k, args...) }
	sample := l.Number(10000)
	return report.Words{Contents: t("contents"), Page: t("page", "{1}", "{2}"), Table: t("table"), Figure: t("figure"), Source: t("source"), Data: t("data"), Note: t("note"),
		Continued: t("continued"), Marking: t("marking"), NotMeasured: t("not-measured"), Item: t("item"), Value: t("value"), Expected: t("expected"), Lower: t("lower"),
		Upper: t("upper"), Above: t("above"), Decimal: strings.Trim(l.Decimal(0.5, 1), "05"), Group: strings.Trim(sample, "10")}
}

// Words gives the words the report says in a language, for pages that draw
// charts of their own.
func Words(l i18n.Lang) report.Words { return words(l) }
