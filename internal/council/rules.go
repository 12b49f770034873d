package council

import (
	"math"
	"slices"

	"kulla.dev/internal/stat"
)

// Claim is one thing the figures allow to be said. Its words are
// council.say.KEY in the message catalogue; Figs are the figures it rests on.
// A claim exists only if its check passed.
type Claim struct {
	Key  string
	Tone Tone
	Figs []Figure
	N    int // a number the sentence needs beside its figures
	Of   int
}

// Tone says how a claim is meant.
type Tone int

// The tones.
const (
	Plain Tone = iota
	Good
	Caution
	Alarm
)

// Judge says what two years of one count allow to be said of change. The
// comparison for each listed institution decides where there is one; the
// plain counts may not say more than it does.
//
//   - the interval includes no change: nothing is called a rise or a fall, and
//     what would have been found is said;
//   - nothing in one year: no ratio exists, and only the open end of the
//     interval is used;
//   - nothing in both years: nothing can be compared.
func Judge(total Figure, rate *Figure) []Claim {
	f := total
	if rate != nil {
		f = *rate
	}
	var out []Claim
	say := func(key string, tone Tone, figs ...Figure) {
		out = append(out, Claim{Key: key, Tone: tone, Figs: figs})
	}
	per := rate != nil
	name := func(key string) string {
		if per {
			return key + "-rate"
		}
		return key
	}
	switch {
	case f.Count == 0 && f.Before == 0:
		say("none-both", Plain, f)
		return out
	case f.Verdict == stat.Increased && f.Before == 0:
		say("from-none", Caution, f)
	case f.Verdict == stat.Decreased && f.Count == 0:
		say("to-none", Plain, f)
	case f.Verdict == stat.Increased:
		say(name("increase"), Caution, f)
	case f.Verdict == stat.Decreased:
		say(name("decrease"), Plain, f)
	case f.Count == 0 || f.Before == 0:
		say("none-one", Plain, f)
	default:
		say(name("no-change"), Plain, f)
		if d := float64(f.Detect); d > 1 && !math.IsInf(d, 1) {
			say("detectable", Plain, f)
		}
	}
	if per && total.Verdict == stat.Increased && f.Verdict != stat.Increased {
		say("more-reporters", Plain, total, f)
	}
	if per && total.Verdict == stat.Decreased && f.Verdict != stat.Decreased {
		say("fewer-reporters", Plain, total, f)
	}
	if float64(f.Phi) > 1.05 {
		say("clusters", Plain, f)
	}
	return out
}

// SectorLimit is the level at which one of many lines of a table is said to
// have changed, after Holm's adjustment for their number.
const SectorLimit = 1 - Confidence

// Standouts gives the lines of one table whose change holds after adjustment
// for the number of lines compared, and how many were compared. A line is
// compared when anything happened in either year.
func Standouts(lines []Figure) (changed []Figure, compared int) {
	var p []float64
	var with []Figure
	for _, f := range lines {
		if f.Hidden || f.Item == Unknown || f.Item == Other || f.Count+f.Before == 0 {
			continue
		}
		p, with = append(p, float64(f.P)), append(with, f)
	}
	adjusted, err := stat.Holm(p)
	if err != nil {
		return nil, 0
	}
	for i, f := range with {
		if adjusted[i] < SectorLimit && (f.Verdict == stat.Increased || f.Verdict == stat.Decreased) {
			changed = append(changed, f)
		}
	}
	return changed, len(with)
}

// Lines says which lines of a table changed. Key prefixes are those of the
// table's definition.
func Lines(lines []Figure) []Claim {
	changed, n := Standouts(lines)
	if n == 0 {
		return nil
	}
	if len(changed) == 0 {
		return []Claim{{Key: "lines-none", N: n}}
	}
	var up, down []Figure
	for _, f := range changed {
		if f.Verdict == stat.Increased {
			up = append(up, f)
		} else {
			down = append(down, f)
		}
	}
	var out []Claim
	if len(up) > 0 {
		out = append(out, Claim{Key: "lines-up", Tone: Caution, Figs: up, N: n})
	}
	if len(down) > 0 {
		out = append(out, Claim{Key: "lines-down", Figs: down, N: n})
	}
	return out
}

// KnownMinimum is the share of records that must state a dimension before its
// table is shown without a warning.
const KnownMinimum = 0.8

// Complete warns when too few records state the dimension of a table.
func Complete(lines []Figure) []Claim {
	for _, f := range lines {
		if f.All > 0 && float64(f.Known) < KnownMinimum*float64(f.All) {
			return []Claim{{Key: "incomplete", Tone: Caution, N: f.Known, Of: f.All}}
		}
		break
	}
	return nil
}

// Stages says how punctual the stages of verified law were: all of them
// together, then the least punctual where it is worse than the rest beyond
// doubt.
func Stages(stages []Figure) []Claim {
	in, judged := 0, 0
	var worst *Figure
	for i, f := range stages {
		in += f.Count
		judged += int(f.Of)
		if f.Of > 0 && (worst == nil || f.Value < worst.Value) {
			worst = &stages[i]
		}
	}
	if judged == 0 {
		return []Claim{{Key: "stages-none"}}
	}
	out := []Claim{{Key: "stages", N: in, Of: judged}}
	if worst != nil && len(stages) > 1 && judged > int(worst.Of) {
		rest := float64(in-worst.Count) / float64(judged-int(worst.Of))
		if float64(worst.High) < rest {
			out = append(out, Claim{Key: "stages-worst", Tone: Caution, Figs: []Figure{*worst}})
		}
	}
	return out
}

// Owed says what is still owed at the cut-off.
func Owed(running, overdue, past Figure) []Claim {
	switch {
	case running.Count == 0:
		return []Claim{{Key: "owed-none", Tone: Good, Figs: []Figure{running}}}
	case overdue.Count == 0 && past.Count == 0:
		return []Claim{{Key: "owed-in-time", Figs: []Figure{running}}}
	case overdue.Count == 0:
		return []Claim{{Key: "owed-past", Figs: []Figure{running, past}}}
	}
	out := []Claim{{Key: "owed-late", Tone: Alarm, Figs: []Figure{running, overdue}}}
	if past.Count > 0 {
		out = append(out, Claim{Key: "owed-past-too", Figs: []Figure{past}})
	}
	return out
}

// Silence says who did not report.
func Silence(reported, silent Figure) []Claim {
	if reported.Count+silent.Count == 0 {
		return nil
	}
	if silent.Count == 0 {
		return []Claim{{Key: "silence-none", Figs: []Figure{reported}}}
	}
	return []Claim{{Key: "silence", Tone: Caution, Figs: []Figure{reported, silent}}}
}

// WeekVerdict says how the last whole week compares with its expected range.
type WeekVerdict int

// The verdicts of a week.
const (
	WeekUnknown WeekVerdict = iota // too short a history for a range
	WeekWithin
	WeekAbove
	WeekBelow
)

// JudgeWeek compares a count with its expected range.
func JudgeWeek(n int, e stat.Expected) WeekVerdict {
	switch {
	case math.IsNaN(e.Mean):
		return WeekUnknown
	case n > e.High:
		return WeekAbove
	case n < e.Low:
		return WeekBelow
	}
	return WeekWithin
}

// Judgement gives what stands at the head of a paper.
func (p Paper) Judgement() []Claim {
	total, ok := p.Figure(Total, "")
	if !ok {
		return nil
	}
	if rate, ok := p.Figure(Rate, ""); ok {
		return Judge(total, &rate)
	}
	return Judge(total, nil)
}

// sorted puts lines in falling order of count, what is not a word of the pack
// last.
func sorted(lines []Figure) []Figure {
	out := slices.Clone(lines)
	rest := func(f Figure) int { return b2i(f.Item == Other) + 2*b2i(f.Item == Unknown) }
	slices.SortStableFunc(out, func(a, b Figure) int {
		if d := rest(a) - rest(b); d != 0 {
			return d
		}
		return b.Count - a.Count
	})
	return out
}
