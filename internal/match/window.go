package match

import (
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"kulla.dev/stix/pattern"
)

// windows hold, for patterns over several observations, what was seen so far.
type windows struct {
	mu      sync.Mutex
	open    map[uint32]*window
	waiting int // sightings in all windows
	dropped int
	late    int
}

type window struct {
	mu     sync.Mutex
	seen   []sighting
	newest time.Time
	keep   time.Duration // how long sightings matter
	cut    bool          // has dropped sightings since the last hit
}

type sighting struct {
	pattern.Sighting
	id string
}

func (ws *windows) at(e uint32) *window {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	w := ws.open[e]
	if w == nil {
		w = &window{}
		ws.open[e] = w
	}
	return w
}

func (ws *windows) forget(e uint32) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if w := ws.open[e]; w != nil {
		ws.waiting -= len(w.seen)
		delete(ws.open, e)
	}
}

// expire closes the windows whose sightings are too old for anything that
// still may come. No events are matched meanwhile.
func (ws *windows) expire(now time.Time) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for e, w := range ws.open {
		if now.Sub(w.newest) > w.keep {
			ws.waiting -= len(w.seen)
			delete(ws.open, e)
		}
	}
}

// count adds to the counters and gives the sightings in all windows.
func (ws *windows) count(waiting, dropped, late int) int {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.waiting += waiting
	ws.dropped += dropped
	ws.late += late
	return ws.waiting
}

// stats fills in what it counts. A window is locked before the counters are,
// never after, so the windows are looked at one by one outside of them.
func (ws *windows) stats(s *Stats) {
	ws.mu.Lock()
	s.Dropped, s.Late, s.Waiting = ws.dropped, ws.late, ws.waiting
	open := slices.Collect(maps.Values(ws.open))
	ws.mu.Unlock()
	for _, w := range open {
		w.mu.Lock()
		if len(w.seen) > 0 {
			s.Windows++
		}
		w.mu.Unlock()
	}
}

// keep gives how long a pattern's sightings matter.
func keep(m *pattern.Matcher, o *Options) time.Duration {
	sec, ok := m.Window()
	if !ok {
		return o.MaxWindow + o.Late
	}
	if sec > int64(math.MaxInt64/2/time.Second) {
		return math.MaxInt64
	}
	return time.Duration(sec)*time.Second + o.Late
}

// add puts a sighting into the window of an entry and says whether the pattern
// now matches; then the hit names all sightings and the window is empty.
func (ws *windows) add(e uint32, m *pattern.Matcher, s sighting, o *Options, hit *Hit) (bool, error) {
	w := ws.at(e)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.keep = keep(m, o)
	last := s.Last.Time()
	if !w.newest.IsZero() && w.newest.Sub(last) > w.keep {
		ws.count(0, 0, 1)
		ok, err := m.Combine([]pattern.Sighting{s.Sighting}) // it may still do alone
		return ok && err == nil, err
	}
	if s.id != "" && slices.ContainsFunc(w.seen, func(old sighting) bool { return old.id == s.id }) {
		return false, nil // delivered twice: still one observation
	}
	before := len(w.seen)
	dropped := w.put(s, last, o.WindowCap, ws.count(0, 0, 0) >= o.WindowTotal)
	all := make([]pattern.Sighting, len(w.seen))
	for i := range w.seen {
		all[i] = w.seen[i].Sighting
	}
	ok, err := m.Combine(all)
	ok = ok && err == nil
	if ok {
		hit.Observations = hit.Observations[:0]
		for i := range w.seen {
			hit.Observations = append(hit.Observations, w.seen[i].id)
		}
		hit.Truncated = w.cut
		w.seen, w.cut = nil, false
	}
	ws.count(len(w.seen)-before, dropped, 0)
	return ok, err
}

// put drops what is too old, adds a sighting in order of time, and drops the
// oldest beyond the cap; a crowded house lets no window grow beyond one. It
// gives the number dropped for lack of room.
func (w *window) put(s sighting, last time.Time, most int, crowded bool) int {
	if last.After(w.newest) {
		w.newest = last
		w.seen = slices.DeleteFunc(w.seen, func(old sighting) bool { return last.Sub(old.Last.Time()) > w.keep })
	}
	if crowded {
		most = min(most, max(1, len(w.seen)))
	}
	at, _ := slices.BinarySearchFunc(w.seen, s, func(a, b sighting) int {
		if a.Last.Compare(b.Last) > 0 {
			return 1
		}
		return -1
	})
	w.seen = slices.Insert(w.seen, at, s)
	n := len(w.seen) - most
	if n <= 0 {
		return 0
	}
	w.seen = slices.Delete(w.seen, 0, n)
	w.cut = true
	return n
}
