package match

import (
	"fmt"
	"time"

	"kulla.dev/stix/pattern"
)

// Event is one observation: one or more objects seen at one time. What
// pattern.Observations reads from a bundle are Events; a feed makes them with
// Columns.
type Event = pattern.Observation

// Column is a place in the events of a feed.
type Column struct {
	// Object tells objects of one type apart, for example "src" and "dst";
	// columns with equal Object and type describe one object.
	Object string
	// Path is an object path without list steps, for example "ipv4-addr:value"
	// or "network-traffic:dst_ref.value".
	Path string
}

// Columns makes Events from rows of values. Paths are read once, so that a row
// costs little more than its values.
type Columns struct {
	objects []columnObject
	n       int
}

type columnObject struct {
	key, typ string
	props    []columnProp
}

// columnProp is a property: a column, or a dictionary of more of them.
type columnProp struct {
	name string
	col  int // -1 for a dictionary
	kids []columnProp
}

// NewColumns reads the columns of a feed.
func NewColumns(cols ...Column) (*Columns, error) {
	c := &Columns{n: len(cols)}
	at := map[[2]string]int{}
	for i, col := range cols {
		p, err := pattern.Parse("[EXISTS " + col.Path + "]")
		if err != nil {
			return nil, fmt.Errorf("column %d, path %q: %w", i, col.Path, err)
		}
		if p.Root().Op != pattern.Observe || p.Root().Test.Op != pattern.Compare {
			return nil, fmt.Errorf("column %d: %q is more than an object path", i, col.Path)
		}
		path := p.Root().Test.Cmp.Path
		slot := [2]string{path.Type, col.Object}
		o, ok := at[slot]
		if !ok {
			o = len(c.objects)
			at[slot] = o
			c.objects = append(c.objects, columnObject{key: fmt.Sprintf("%d", o), typ: path.Type})
		}
		if !place(&c.objects[o].props, path.Steps, i) {
			return nil, fmt.Errorf("column %d, path %q: a list step, or a path that another column also fills", i, col.Path)
		}
	}
	return c, nil
}

func place(props *[]columnProp, steps []pattern.Step, col int) bool {
	if steps[0].Kind != pattern.Key {
		return false
	}
	for i := range *props {
		p := &(*props)[i]
		if p.name == steps[0].Name {
			return p.col < 0 && len(steps) > 1 && place(&p.kids, steps[1:], col)
		}
	}
	p := columnProp{name: steps[0].Name, col: col}
	if len(steps) > 1 {
		p.col = -1
		if !place(&p.kids, steps[1:], col) {
			return false
		}
	}
	*props = append(*props, p)
	return true
}

// Event makes an event seen once at a time. Null values (the zero Value) are
// left out, and so are objects without any value. The row must have one value
// for each column; missing ones count as null.
func (c *Columns) Event(id string, at time.Time, row ...pattern.Value) Event {
	t := pattern.InstantOf(at)
	e := Event{ID: id, First: t, Last: t, Count: 1, Objects: make([]pattern.Object, 0, len(c.objects))}
	for i := range c.objects {
		o := &c.objects[i]
		if f := fields(o.props, row); len(f) > 0 {
			e.Objects = append(e.Objects, pattern.Object{Key: o.key, Type: o.typ, Fields: f})
		}
	}
	return e
}

func fields(props []columnProp, row []pattern.Value) []pattern.Field {
	out := make([]pattern.Field, 0, len(props))
	for i := range props {
		p := &props[i]
		if p.col >= 0 {
			if p.col < len(row) && row[p.col].Kind() != pattern.NullValue {
				out = append(out, pattern.Field{Name: p.name, Value: row[p.col]})
			}
			continue
		}
		if f := fields(p.kids, row); len(f) > 0 {
			out = append(out, pattern.Field{Name: p.name, Value: pattern.Dict(f...)})
		}
	}
	return out
}
