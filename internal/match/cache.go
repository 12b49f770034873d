package match

import (
	"sync"

	"kulla.dev/stix/pattern"
)

// cache keeps patterns that were candidates lately ready for evaluation.
type cache struct {
	mu   sync.RWMutex
	size int
	kept map[uint32]*pattern.Matcher
}

func (c *cache) get(e uint32) *pattern.Matcher {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.kept[e]
}

// put keeps a matcher; when the cache is full some others go.
func (c *cache) put(e uint32, m *pattern.Matcher) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept == nil {
		c.kept = make(map[uint32]*pattern.Matcher)
	}
	if len(c.kept) >= c.size {
		n := c.size/8 + 1
		for k := range c.kept {
			delete(c.kept, k)
			if n--; n == 0 {
				break
			}
		}
	}
	c.kept[e] = m
}

func (c *cache) forget(e uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.kept, e)
}

// matcher gives an entry's pattern ready for evaluation.
func (x *Index) matcher(e uint32) (*pattern.Matcher, error) {
	if m := x.cache.get(e); m != nil {
		return m, nil
	}
	p, err := pattern.ParseLimited(x.texts.text(x.entries[e].ref), x.stored)
	if err != nil {
		return nil, err
	}
	m, err := p.MatcherLimited(x.stored)
	if err != nil {
		return nil, err
	}
	x.cache.put(e, m)
	return m, nil
}
