package match

import (
	"iter"
	"runtime"
	"sync"
)

// Failure is a pattern that could not be stored.
type Failure struct {
	ID  string
	Err error // see Index.Add
}

// Load stores many patterns: it reads them on all processors and files them in
// batches, so that matching goes on. It gives the number stored and those that
// could not be.
func (x *Index) Load(patterns iter.Seq[Pattern]) (stored int, failed []Failure) {
	const batch = 1024
	type done struct {
		ok     []prepared
		failed []Failure
	}
	todo := make(chan []Pattern, 4)
	ready := make(chan done, 4)
	var readers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		readers.Go(func() {
			for in := range todo {
				d := done{ok: make([]prepared, 0, len(in))}
				for i := range in {
					p, err := x.prepare(&in[i])
					if err != nil {
						d.failed = append(d.failed, Failure{in[i].ID, err})
						continue
					}
					d.ok = append(d.ok, p)
				}
				ready <- d
			}
		})
	}
	go func() {
		part := make([]Pattern, 0, batch)
		for p := range patterns {
			if part = append(part, p); len(part) == batch {
				todo <- part
				part = make([]Pattern, 0, batch)
			}
		}
		if len(part) > 0 {
			todo <- part
		}
		close(todo)
		readers.Wait()
		close(ready)
	}()
	for d := range ready {
		failed = append(failed, d.failed...)
		x.mu.Lock()
		for i := range d.ok {
			if err := x.insert(&d.ok[i], true); err != nil {
				failed = append(failed, Failure{d.ok[i].id, err})
				continue
			}
			stored++
		}
		for _, b := range x.unsorted {
			b.sort()
		}
		x.unsorted = x.unsorted[:0]
		x.mu.Unlock()
	}
	return stored, failed
}
