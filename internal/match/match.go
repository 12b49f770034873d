package match

import (
	"time"

	"kulla.dev/stix/pattern"
)

// Hit says that a pattern matched.
type Hit struct {
	ID string // of the pattern
	// Observations are the ids of the events that made the match: the one given
	// and, for a pattern over several observations, those before it.
	Observations []string
	// Evidence lists the values of this event that comparisons hold for.
	Evidence []pattern.Evidence
	// Warnings tell which of those values stand on a warning list.
	Warnings []Warning
	// Loose says that the pattern does not match by the letter: it would if its
	// addresses or digests were written as the event writes them. Only
	// Options.Loose finds such.
	Loose bool
	// Truncated says that the pattern's window had dropped sightings before.
	Truncated bool
}

// Result is the answer for one event.
type Result struct {
	Hits []Hit // in no particular order; nil if nothing matched
	// Unfinished are patterns whose step budget ran out: not known to match and
	// not known not to.
	Unfinished []string
}

// Match finds the patterns an event completes. Patterns that have expired by
// now are left out.
func (x *Index) Match(e *Event, now time.Time) Result {
	w := x.scratch.Get().(*walker)
	defer x.scratch.Put(w)
	x.mu.RLock()
	defer x.mu.RUnlock()
	var out Result
	t := now.UnixNano()
	for _, i := range w.candidates(x, e) {
		if en := &x.entries[i]; en.live && (en.expires == 0 || en.expires > t) {
			x.verify(i, e, &out)
		}
	}
	return out
}

// verify evaluates one candidate.
func (x *Index) verify(i uint32, e *Event, out *Result) {
	unfinished := func() { out.Unfinished = append(out.Unfinished, x.texts.id(x.entries[i].ref)) }
	m, err := x.matcher(i)
	if err != nil { // unreachable: the text was compiled when it was added
		unfinished()
		return
	}
	s, ok, err := m.Sight(e)
	if err != nil {
		unfinished()
		return
	}
	hit := Hit{Observations: []string{e.ID}}
	if !ok && x.opt.Loose && m.Single() {
		m, hit.Loose = m.Loose(), true
		if s, ok, err = m.Sight(e); err != nil {
			unfinished()
			return
		}
	}
	if !ok {
		return
	}
	if m.Single() {
		if ok, err = m.Combine([]pattern.Sighting{s}); err != nil {
			unfinished()
			return
		}
	} else {
		ok, err = x.windows.add(i, m, sighting{s, e.ID}, &x.opt, &hit)
		if err != nil {
			unfinished()
			return
		}
	}
	if !ok {
		return
	}
	hit.ID = x.texts.id(x.entries[i].ref)
	hit.Evidence = m.Evidence(e)
	hit.Warnings = x.lists.explain(hit.Evidence)
	out.Hits = append(out.Hits, hit)
}

// Stats describe an index.
type Stats struct {
	Patterns int // stored, expired ones not yet dropped included
	Slow     int // of these found by presence only
	Windows  int // patterns that wait for further observations
	Waiting  int // sightings they hold
	Dropped  int // sightings dropped because a window was full, so far
	Late     int // sightings that came too late for their window, so far
	Bytes    int // ids and texts of patterns
}

// Stats counts what the index holds.
func (x *Index) Stats() Stats {
	x.mu.RLock()
	defer x.mu.RUnlock()
	s := Stats{Patterns: len(x.entries) - 1 - len(x.unused), Slow: x.slow, Bytes: x.texts.used - x.texts.wasted}
	x.windows.stats(&s)
	return s
}
