// Package stat holds the published statistical methods behind every figure
// Kulla prints: intervals and ratios of small counts, proportions, trends,
// expected ranges and alarms, standardisation and small-number suppression.
//
// It is pure: numbers in, numbers out, no clock, no random numbers. Each
// exported function names its source, its units and its errors, and is tested
// against reference values of independent implementations (testdata).
//
// # What the rooms rely on
//
//   - A count comes with an exposure and a confidence; the answer always has
//     an interval. An interval that is open ends in ±Inf, a value that does
//     not exist is NaN, never a made-up number.
//   - Comparing two periods is [Compare]; [Ratio.Verdict] decides which words
//     the interval allows, and [Detectable] says how large a change would
//     have been seen.
//   - This period against the expected is [Expect] (a stable mean), [EARS] (a
//     short history) or [Farrington] (three years or more).
//   - Bad input (negative counts, exposure that is not positive, confidence
//     outside 0–1, too few points) is an error that wraps [ErrInput] or
//     [ErrTooFew]; nothing panics.
package stat

import "errors"

// ErrInput is wrapped when an argument is outside its domain.
var ErrInput = errors.New("stat: argument outside its domain")

// ErrTooFew is wrapped when a method needs more observations than given.
var ErrTooFew = errors.New("stat: too few observations")

// Interval is a range of plausible values. High may be +Inf and Low −Inf
// when the data do not bound it.
type Interval struct{ Low, High float64 }

// Contains reports whether v lies in the interval, ends included.
func (i Interval) Contains(v float64) bool { return i.Low <= v && v <= i.High }
