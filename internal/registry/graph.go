package registry

import (
	"cmp"
	"slices"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/db"
)

// Node is one service in the graph of what needs what.
type Node struct {
	Service
	Institution ID
}

// Graph gives every service that ran on the day of at, with its requirement
// groups, in order of id, as far as the actor may read the institutions that
// run them: what a service needs of an institution one may not know of is not
// in the graph, nor in the group. Cut says that something was left out so.
func (d *Desk) Graph(tx *db.Tx, by access.Actor, at time.Time) (nodes []Node, cut bool, err error) {
	where, err := d.Access.Filter(tx, by, "registry.read")
	if err != nil {
		return nil, false, err
	}
	cond, args := where.SQL("i.mark_id", "i.id")
	all, err := db.All(tx, scanInstitution, `SELECT `+institutionColumns+` FROM registry_institution i WHERE `+cond+`
		AND EXISTS (SELECT 1 FROM registry_service s WHERE s.institution_id = i.id)`, args...)
	if err != nil {
		return nil, false, err
	}
	on, known := d.today(at), map[ServiceID]bool{}
	for _, in := range all {
		for _, s := range in.Services {
			if within(on, s.From, s.To) {
				nodes = append(nodes, Node{s, in.ID})
				known[s.ID] = true
			}
		}
	}
	slices.SortFunc(nodes, func(a, b Node) int { return cmp.Compare(a.ID, b.ID) })
	for i := range nodes {
		nodes[i].Needs = slices.Clone(nodes[i].Needs)
		for j := range nodes[i].Needs {
			n := &nodes[i].Needs[j]
			of := slices.DeleteFunc(slices.Clone(n.Of), func(s ServiceID) bool { return !known[s] })
			cut = cut || len(of) < len(n.Of)
			n.Of = of
		}
	}
	return nodes, cut, nil
}
