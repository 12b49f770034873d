package match

import (
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
	dropped int
	late    int
}

type window struct {
	mu     sync.Mutex
	seen   []sighting
	newest time.Time
	cut    bool // has dropped sightings since the last hit
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
	delete(ws.open, e)
}

func (ws *windows) count(dropped, late int) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.dropped += dropped
	ws.late += late
}

func (ws *windows) stats(s *Stats) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	s.Dropped, s.Late = ws.dropped, ws.late
	for _, w := range ws.open {
		w.mu.Lock()
		if len(w.seen) > 0 {
			s.Windows++
			s.Waiting += len(w.seen)
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
	d := keep(m, o)
	last := s.Last.Time()
	if !w.newest.IsZero() && w.newest.Sub(last) > d {
		ws.count(0, 1)
		ok, err := m.Combine([]pattern.Sighting{s.Sighting}) // it may still do alone
		return ok && err == nil, err
	}
	if s.id != "" && slices.ContainsFunc(w.seen, func(old sighting) bool { return old.id == s.id }) {
		return false, nil // delivered twice: still one observation
	}
	if last.After(w.newest) {
		w.newest = last
		w.seen = slices.DeleteFunc(w.seen, func(old sighting) bool { return last.Sub(old.Last.Time()) > d })
	}
	at, _ := slices.BinarySearchFunc(w.seen, s, func(a, b sighting) int {
		if a.Last.Compare(b.Last) > 0 {
			return 1
		}
		return -1
	})
	w.seen = slices.Insert(w.seen, at, s)
	if n := len(w.seen) - o.WindowCap; n > 0 {
		w.seen = slices.Delete(w.seen, 0, n)
		w.cut = true
		ws.count(n, 0)
	}
	all := make([]pattern.Sighting, len(w.seen))
	for i := range w.seen {
		all[i] = w.seen[i].Sighting
	}
	ok, err := m.Combine(all)
	if err != nil || !ok {
		return false, err
	}
	hit.Observations = hit.Observations[:0]
	for i := range w.seen {
		hit.Observations = append(hit.Observations, w.seen[i].id)
	}
	hit.Truncated = w.cut
	w.seen, w.cut = nil, false
	return true, nil
}
