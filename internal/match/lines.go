package match

import (
	"bufio"
	"io"
	"iter"
	"strings"

	"kulla.dev/stix/pattern"
)

// Line is the answer for one line of a pattern file.
type Line struct {
	Number  int    // from 1
	Text    string // the pattern
	Matched bool
	// Observations are the ids of those that satisfied an expression of a pattern
	// that matched.
	Observations []string
	// Err is a *pattern.Error if the line is no pattern this engine can
	// evaluate, pattern.ErrBudget if the evaluation ran out of steps, and the
	// reader's error, with an empty Text, if reading failed.
	Err error
}

// Lines evaluates a file of patterns, one a line, against observations. Blank
// lines and lines that begin with # are passed over. The sequence ends at the
// end of the file or with the reader's error.
func Lines(patterns io.Reader, obs []Event, lim pattern.Limits) iter.Seq[Line] {
	return func(yield func(Line) bool) {
		r := bufio.NewReader(patterns)
		most := lim.Bytes
		if most <= 0 {
			most = 4 << 20
		}
		for n := 1; ; n++ {
			text, err := readLine(r, most+1)
			if t := strings.TrimSpace(text); t != "" && t[0] != '#' {
				l := Line{Number: n, Text: t}
				l.evaluate(obs, lim)
				if !yield(l) {
					return
				}
			}
			if err == io.EOF {
				return
			}
			if err != nil {
				yield(Line{Number: n, Err: err})
				return
			}
		}
	}
}

// readLine reads a line but keeps only its first most bytes.
func readLine(r *bufio.Reader, most int) (string, error) {
	var b strings.Builder
	for {
		part, err := r.ReadSlice('\n')
		b.Write(part[:min(len(part), max(0, most-b.Len()))])
		if err != bufio.ErrBufferFull {
			return b.String(), err
		}
	}
}

func (l *Line) evaluate(obs []Event, lim pattern.Limits) {
	p, err := pattern.ParseLimited(l.Text, lim)
	if err != nil {
		l.Err = err
		return
	}
	m, err := p.MatcherLimited(lim)
	if err != nil {
		l.Err = err
		return
	}
	r, err := m.Match(obs)
	l.Matched, l.Err = r.Matched, err
	for _, i := range r.Touched {
		l.Observations = append(l.Observations, obs[i].ID)
	}
}
