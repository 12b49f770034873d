package match

import (
	"hash/maphash"
	"math"
	"sync"
	"time"

	"kulla.dev/internal/fault"
	"kulla.dev/stix/pattern"
)

// Options set the limits of an Index. A zero field takes its default.
type Options struct {
	Limits    pattern.Limits // of each pattern; its Steps default to 2,000,000 here
	SlowLimit int            // patterns that only presence can find; default 10,000
	WindowCap int            // sightings one window holds; default 1,000
	// WindowTotal is from how many sightings in all windows on no window may
	// grow beyond one any more; default 1,000,000.
	WindowTotal int
	MaxWindow   time.Duration // of patterns without a WITHIN around; default 24 hours
	Late        time.Duration // how late events may come; default 1 hour
	CacheSize   int           // compiled patterns kept ready; default 20,000
	// Loose also reports patterns over one observation that match only if
	// addresses and digests are compared in one notation: see Hit.Loose. It costs
	// about 50 bytes for each constant of that kind.
	Loose bool
}

func (o Options) filled() Options {
	set := func(p *int, v int) {
		if *p <= 0 {
			*p = v
		}
	}
	set(&o.SlowLimit, 10_000)
	set(&o.WindowCap, 1_000)
	set(&o.WindowTotal, 1_000_000)
	set(&o.CacheSize, 20_000)
	if o.MaxWindow <= 0 {
		o.MaxWindow = 24 * time.Hour
	}
	if o.Late <= 0 {
		o.Late = time.Hour
	}
	if o.Limits.Steps <= 0 {
		o.Limits.Steps = 2_000_000
	}
	return o
}

// Index holds patterns. Make it with New; all methods may be called at once.
type Index struct {
	opt    Options
	stored pattern.Limits // for canonical texts, which may be longer than what was added
	seed   maphash.Seed

	mu       sync.RWMutex // held for reading by Match, for writing by all that change patterns
	types    map[string]*node
	nodes    uint32
	posts    map[uint64]uint32 // equality and text atoms: head of posting list
	post     []post            // 0 is no post
	filter   filter            // of the keys of posts
	vacant   uint32            // list of unused posts
	entries  []entry           // 0 is no entry
	unused   []uint32          // entries to use again
	ids      map[uint64]uint32 // hash of id → entry, chained by entry.nextID
	texts    arena
	slow     int
	unsorted []*bounds // to be sorted before the lock is given back
	lists    *Lists

	cache   cache
	windows windows
	scratch sync.Pool
}

// post is a link of a posting list.
type post struct{ entry, next uint32 }

// entry is one stored pattern.
type entry struct {
	ref     ref   // id and canonical text in the arena
	expires int64 // Unix nanoseconds; 0 never
	nextID  uint32
	live    bool
	slow    bool
}

// New makes an empty index.
func New(o Options) *Index {
	x := &Index{opt: o.filled(), seed: maphash.MakeSeed(), types: map[string]*node{}, posts: map[uint64]uint32{},
		post: make([]post, 1), entries: make([]entry, 1), ids: map[uint64]uint32{}}
	x.stored = pattern.Limits{Bytes: math.MaxInt32, Depth: 1 << 10, Comparisons: math.MaxInt32, Literals: math.MaxInt32,
		PathSteps: math.MaxInt32, Repeats: 1_000_000, RegexBytes: math.MaxInt32, RegexSize: math.MaxInt32,
		Steps: x.opt.Limits.Steps}
	x.cache.size = x.opt.CacheSize
	x.windows.open = map[uint32]*window{}
	x.scratch.New = func() any { return &walker{} }
	return x
}

// Pattern is a pattern to store.
type Pattern struct {
	ID      string    // unique in the index; adding it again replaces it
	Text    string    // in the STIX pattern language
	Expires time.Time // from then on it matches nothing; zero: never
}

// prepared is a pattern read and compiled, outside of any lock.
type prepared struct {
	id, text string
	expires  int64
	atoms    []atom
	slow     bool
}

// prepare reads a pattern. The error is a fault of kind Invalid; its cause is
// the *pattern.Error.
func (x *Index) prepare(in *Pattern) (prepared, error) {
	p, err := pattern.ParseLimited(in.Text, x.opt.Limits)
	if err != nil {
		return prepared{}, invalid(in.ID, err)
	}
	if mayRefuse(p) {
		if _, err := p.MatcherLimited(x.opt.Limits); err != nil {
			return prepared{}, invalid(in.ID, err)
		}
	}
	c := p.Canonicalise()
	out := prepared{id: in.ID, text: c.Source(), atoms: covers(c.Root(), nil)}
	if !in.Expires.IsZero() {
		out.expires = in.Expires.UnixNano()
	}
	for i := range out.atoms {
		out.slow = out.slow || out.atoms[i].kind == atomPresent
	}
	return out, nil
}

func invalid(id string, err error) error {
	return fault.New(fault.Invalid, "match.add.invalid", id, err.Error()).Because(err)
}

// mayRefuse says whether compiling can fail: only expressions can.
func mayRefuse(p *pattern.Pattern) bool {
	found := false
	p.Walk(func(c *pattern.Comparison) { found = found || c.Op == pattern.Matches })
	return found
}

// Add stores a pattern, in place of one of the same ID. The error is a fault:
// Invalid if the pattern cannot be read or evaluated, Limited if it could only
// be found by presence and there are too many of those.
func (x *Index) Add(in Pattern) error {
	p, err := x.prepare(&in)
	if err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.insert(&p, false)
}

// Remove drops a pattern and says whether it was there.
func (x *Index) Remove(id string) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	e := x.find(id)
	if e == 0 {
		return false
	}
	x.drop(e)
	return true
}

// Expire drops what has expired by now and gives the number of patterns
// dropped. Expired patterns match nothing also before they are dropped. It also
// closes windows that hold nothing but sightings too old to matter, so now has
// to be the time of the stream: for events of last year, a time of last year.
func (x *Index) Expire(now time.Time) int {
	x.mu.Lock()
	x.windows.expire(now)
	x.mu.Unlock()
	x.mu.RLock()
	var due []uint32
	t := now.UnixNano()
	for e := range x.entries {
		if en := &x.entries[e]; en.live && en.expires != 0 && en.expires <= t {
			due = append(due, uint32(e))
		}
	}
	x.mu.RUnlock()
	n := 0
	for len(due) > 0 { // in parts, so that matching goes on in between
		part := due[:min(len(due), 1000)]
		due = due[len(part):]
		x.mu.Lock()
		for _, e := range part {
			if en := &x.entries[e]; en.live && en.expires != 0 && en.expires <= t {
				x.drop(e)
				n++
			}
		}
		x.mu.Unlock()
	}
	return n
}

// insert stores a prepared pattern; bulk leaves bounds unsorted.
func (x *Index) insert(p *prepared, bulk bool) error {
	old := x.find(p.id)
	if p.slow && x.slow >= x.opt.SlowLimit && (old == 0 || !x.entries[old].slow) {
		return fault.New(fault.Limited, "match.add.slow", p.id, x.opt.SlowLimit)
	}
	if old != 0 {
		x.drop(old)
	}
	e := uint32(len(x.entries))
	if n := len(x.unused); n > 0 {
		e = x.unused[n-1]
		x.unused = x.unused[:n-1]
	} else {
		x.entries = append(x.entries, entry{})
	}
	h := maphash.String(x.seed, p.id)
	x.entries[e] = entry{ref: x.texts.add(p.id, p.text), expires: p.expires, nextID: x.ids[h], live: true, slow: p.slow}
	x.ids[h] = e
	if p.slow {
		x.slow++
	}
	for i := range p.atoms {
		x.link(&p.atoms[i], e, bulk)
	}
	return nil
}

// find gives the entry of an id, 0 if there is none.
func (x *Index) find(id string) uint32 {
	e := x.ids[maphash.String(x.seed, id)]
	for e != 0 && !x.texts.hasID(x.entries[e].ref, id) {
		e = x.entries[e].nextID
	}
	return e
}

// drop removes an entry: its atoms are found again from its text.
func (x *Index) drop(e uint32) {
	en := &x.entries[e]
	id, text := x.texts.id(en.ref), x.texts.text(en.ref)
	if p, err := pattern.ParseLimited(text, x.stored); err == nil {
		for _, a := range covers(p.Root(), nil) {
			x.unlink(&a, e)
		}
	}
	h := maphash.String(x.seed, id)
	if x.ids[h] == e {
		if en.nextID == 0 {
			delete(x.ids, h)
		} else {
			x.ids[h] = en.nextID
		}
	} else {
		for k := x.ids[h]; k != 0; k = x.entries[k].nextID {
			if x.entries[k].nextID == e {
				x.entries[k].nextID = en.nextID
			}
		}
	}
	if en.slow {
		x.slow--
	}
	x.cache.forget(e)
	x.windows.forget(e)
	x.texts.free(en.ref)
	*en = entry{}
	x.unused = append(x.unused, e)
	if x.texts.wasteful() {
		x.texts.compact(x.entries)
	}
}
