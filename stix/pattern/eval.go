package pattern

// run is the state of one evaluation.
type run struct {
	left    int64
	loose   bool // compare texts in one notation: see Matcher.Loose
	broke   bool // left fell below zero: no answer counts any more
	obs     *Observation
	keys    map[string]int // object keys of obs, once needed, if they are many
	visited map[visit]struct{}
	hops    int
	// found, if set, is told each value a comparison holds for and says whether
	// that is enough.
	found func(*ccmp, *Value) bool
}

// visit is one step of a path reached at one object through a reference.
type visit struct{ step, object int }

func (r *run) spend(n int64) {
	if r.left -= n + 1; r.left < 0 {
		r.broke = true
	}
}

// observe turns to another observation.
func (r *run) observe(o *Observation) { r.obs, r.keys = o, nil }

// object finds a referenced object within the observation; -1 if it is not there.
func (r *run) object(key string) int {
	objs := r.obs.Objects
	if key == "" {
		return -1
	}
	if len(objs) > 8 {
		if r.keys == nil {
			r.spend(int64(len(objs)))
			r.keys = make(map[string]int, len(objs))
			for i := len(objs) - 1; i >= 0; i-- { // of two with one key the first counts
				r.keys[objs[i].Key] = i
			}
		}
		if i, ok := r.keys[key]; ok {
			return i
		}
		return -1
	}
	for i := range objs {
		if objs[i].Key == key {
			return i
		}
	}
	return -1
}

// expression says whether some object of the observation satisfies a test:
// all comparisons start at the same object (§9.5).
func (r *run) expression(t *ctest) bool {
	for i := range r.obs.Objects {
		if r.test(t, i) {
			return true
		}
		if r.broke {
			return false
		}
	}
	return false
}

func (r *run) test(t *ctest, obj int) bool {
	switch t.op {
	case All:
		for i := range t.kids {
			if !r.test(&t.kids[i], obj) {
				return false
			}
		}
		return true
	case Any:
		for i := range t.kids {
			if r.test(&t.kids[i], obj) {
				return true
			}
		}
		return false
	}
	r.spend(1)
	c := t.cmp
	if r.broke || r.obs.Objects[obj].Type != c.Path.Type {
		return false
	}
	if len(r.visited) > 64 {
		r.visited = nil // emptying a large map costs its size
	}
	clear(r.visited)
	r.hops = 0
	return r.enter(c, 0, obj)
}

// enter takes step i of the comparison's path at an object.
func (r *run) enter(c *ccmp, i, obj int) bool {
	s := &c.Path.Steps[i]
	if s.Kind != Key {
		return false
	}
	o := &r.obs.Objects[obj]
	r.spend(int64(len(o.Fields)) >> 3)
	v, ok := o.property(s.Name)
	return ok && r.walk(c, i+1, &v, s.Name)
}

// walk takes step i of the path at v, which property name led to, and says
// whether some value at the end of the path satisfies the comparison. An
// absent value satisfies none (§9.6).
func (r *run) walk(c *ccmp, i int, v *Value, name string) bool {
	if i == len(c.Path.Steps) {
		if r.found != nil {
			return c.eval(r, v) && r.found(c, v)
		}
		return c.eval(r, v)
	}
	if r.spend(0); r.broke {
		return false
	}
	s := &c.Path.Steps[i]
	switch s.Kind {
	case Key:
		switch v.kind {
		case DictValue:
			r.spend(int64(len(v.kids)) >> 3)
			m := member(v.kids, s.Name)
			return m != nil && r.walk(c, i+1, m, s.Name)
		case TextValue:
			return reference(name) && r.follow(c, i, v.text)
		}
	case Index:
		if v.kind == ListValue && s.Index >= 0 && s.Index < len(v.kids) {
			return r.walk(c, i+1, &v.kids[s.Index].Value, name)
		}
	case Star:
		if v.kind == ListValue {
			for k := range v.kids {
				if r.walk(c, i+1, &v.kids[k].Value, name) {
					return true
				}
			}
		}
	}
	return false
}

// follow continues a path at the object a reference names. Each object is
// entered once per step of the path, so circles and fans of references cost
// objects times steps at most.
func (r *run) follow(c *ccmp, i int, key string) bool {
	obj := r.object(key)
	if obj < 0 {
		return false
	}
	if r.hops++; r.hops > 1 {
		if r.visited == nil {
			r.visited = make(map[visit]struct{})
		}
		if _, seen := r.visited[visit{i, obj}]; seen {
			return false
		}
		r.visited[visit{i, obj}] = struct{}{}
	}
	return r.enter(c, i, obj)
}

// reference says whether a property holds references: its name ends so (§9.7.4).
func reference(name string) bool {
	n := len(name)
	return n > 4 && name[n-4:] == "_ref" || n > 5 && name[n-5:] == "_refs"
}
