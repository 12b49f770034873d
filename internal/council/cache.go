package council

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"kulla.dev/internal/access"
)

// The situation counts the last liveWeeks weeks anew each time. What was
// reported before seldom changes and is counted at most once in keepFor for
// readers who may read the same.
const (
	liveWeeks = 8
	keepFor   = 10 * time.Minute
	keepMost  = 256 // readers of different clearance kept at once
)

// past is what the situation knows of long ago.
type past struct {
	at     time.Time
	this   Day // Monday it was counted in
	weeks  []Bucket
	marks  []int64
	listed [3]int // institutions on the list two years ago, one year ago, now
}

// cache keeps counts by who may read what.
type cache struct {
	mu sync.Mutex
	by map[string]past
}

// longAgo gives the counts of the weeks from first to those that are counted
// live, and the sizes of the list.
func (d *Desk) longAgo(ctx context.Context, by access.Actor, first, this Day, now time.Time) (p past, err error) {
	key, err := readerKey(by)
	if err != nil {
		return p, err
	}
	d.cache.mu.Lock()
	p, ok := d.cache.by[key]
	d.cache.mu.Unlock()
	if age := now.Sub(p.at); ok && p.this == this && age >= 0 && age < keepFor {
		return p, nil
	}
	p = past{at: now, this: this}
	if p.weeks, p.marks, err = d.Source.Weeks(ctx, by, first, this-7*liveWeeks, incidents); err != nil {
		return p, err
	}
	for i, on := range []Day{this - 7*104, this - 7*52, this} {
		if p.listed[i], _, err = d.Source.Listed(ctx, by, on+1, on+1); err != nil {
			return p, err
		}
	}
	d.cache.mu.Lock()
	defer d.cache.mu.Unlock()
	if d.cache.by == nil || len(d.cache.by) >= keepMost {
		d.cache.by = map[string]past{}
	}
	d.cache.by[key] = p
	return p, nil
}

// readerKey is equal for actors who may read the same: everything that decides
// it is in the key, so that nobody is shown what was counted for another.
func readerKey(by access.Actor) (string, error) {
	b, err := json.Marshal(struct {
		Kind        access.Kind
		Person      string
		Institution string
		Roles       []access.Role
		Within      map[access.Role][]string
		Clearance   access.Clearance
		Scopes      []access.Permission
	}{by.Kind, by.Person, by.Institution, by.Roles, by.Within, by.Clearance, by.Scopes})
	return string(b), err
}
