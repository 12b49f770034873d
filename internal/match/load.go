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
// batches, in the order given, so that matching goes on and of two patterns of
// one ID the later stays. It gives the number filed and those that could not be.
func (x *Index) Load(patterns iter.Seq[Pattern]) (stored int, failed []Failure) {
	const batch = 1024
	type part struct {
		n  int
		in []Pattern
	}
	type done struct {
		n      int
		ok     []prepared
		failed []Failure
	}
	todo, ready := make(chan part, 4), make(chan done, 4)
	var readers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		readers.Go(func() {
			for p := range todo {
				d := done{n: p.n, ok: make([]prepared, 0, len(p.in))}
				for i := range p.in {
					if one, err := x.prepare(&p.in[i]); err != nil {
						d.failed = append(d.failed, Failure{p.in[i].ID, err})
					} else {
						d.ok = append(d.ok, one)
					}
				}
				ready <- d
			}
		})
	}
	go func() {
		p := part{in: make([]Pattern, 0, batch)}
		for one := range patterns {
			if p.in = append(p.in, one); len(p.in) == batch {
				todo <- p
				p = part{n: p.n + 1, in: make([]Pattern, 0, batch)}
			}
		}
		todo <- p
		close(todo)
		readers.Wait()
		close(ready)
	}()
	early := map[int]done{} // parts that are ready before their turn
	turn := 0
	for d := range ready {
		early[d.n] = d
		for d, ok := early[turn]; ok; d, ok = early[turn] {
			delete(early, turn)
			turn++
			n, bad := x.fileAll(d.ok)
			stored += n
			failed = append(append(failed, d.failed...), bad...)
		}
	}
	return stored, failed
}

// fileAll inserts prepared patterns under one lock.
func (x *Index) fileAll(ps []prepared) (stored int, failed []Failure) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for i := range ps {
		if err := x.insert(&ps[i], true); err != nil {
			failed = append(failed, Failure{ps[i].id, err})
			continue
		}
		stored++
	}
	for _, b := range x.unsorted {
		b.sort()
	}
	x.unsorted = x.unsorted[:0]
	return stored, failed
}
