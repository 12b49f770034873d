package registry

import (
	"context"
	"net/netip"
	"strings"
	"time"

	"github.com/gaissmai/bart"

	"kulla.dev/internal/access"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
)

// The kinds of holding.
const (
	kindNet    = "net"
	kindASN    = "asn"
	kindDomain = "domain"
)

// Owner says who held an address or name, and by which holding.
type Owner struct {
	Institution ID
	Holding     string // the most specific prefix, number or domain that covers it
	Proof       Proof
}

// OwnerOf gives who held the address, AS number or domain name on the day of
// at: the most specific holding wins; several owners mean that several claim
// it. None is no error. It asks nobody's permission: see Attribute for people.
func (d *Desk) OwnerOf(tx *db.Tx, what string, at time.Time) ([]Owner, error) {
	kind, candidates := covering(what)
	if len(candidates) == 0 {
		return nil, nil
	}
	args := []any{kind, string(d.today(at)), string(d.today(at))}
	for _, c := range candidates {
		args = append(args, c)
	}
	rows, err := db.All(tx, func(s db.Scanner) (o Owner, err error) {
		err = s.Scan(&o.Institution, &o.Holding, &o.Proof)
		return o, err
	}, `SELECT h.institution_id, h.value, h.proof FROM registry_holding h WHERE h.kind = ? AND h.valid_from <= ? AND h.valid_to >= ?
		AND h.value IN `+db.In(len(candidates))+` ORDER BY h.institution_id`, args...)
	if err != nil {
		return nil, err
	}
	for _, c := range candidates { // most specific first
		var out []Owner
		for _, o := range rows {
			if o.Holding == c {
				out = append(out, o)
			}
		}
		if out != nil {
			return out, nil
		}
	}
	return nil, nil
}

// Attribute is OwnerOf for a person: owners the actor may not know of are left
// out.
func (d *Desk) Attribute(ctx context.Context, by access.Actor, what string, at time.Time) (out []Owner, err error) {
	if err := access.May(by, "registry.read"); err != nil {
		return nil, err
	}
	if _, c := covering(what); len(c) == 0 {
		var f fault.Fields
		f.Add("what", "registry.check.address", short(what))
		return nil, f.Err()
	}
	err = d.DB.Read(ctx, func(tx *db.Tx) error {
		owners, err := d.OwnerOf(tx, what, at)
		if err != nil {
			return err
		}
		where, err := d.Access.Filter(tx, by, "registry.read")
		if err != nil {
			return err
		}
		out = nil
		for _, o := range owners {
			cond, args := where.SQL("i.mark_id", "i.id")
			n, err := db.Count(tx, `SELECT COUNT(*) FROM registry_institution i WHERE i.id = ? AND `+cond, append([]any{string(o.Institution)}, args...)...)
			if err != nil {
				return err
			}
			if n > 0 {
				out = append(out, o)
			}
		}
		return nil
	})
	return out, err
}

// covering gives the kind of what and every holding that would cover it, most
// specific first.
func covering(what string) (kind string, values []string) {
	v, ok := ParseNetwork(what)
	switch {
	case ok && strings.HasPrefix(v, "AS"):
		return kindASN, []string{v}
	case ok:
		p := netip.MustParsePrefix(v)
		least := 16
		if p.Addr().Is4() {
			least = 8
		}
		for bits := p.Bits(); bits >= least; bits-- {
			values = append(values, netip.PrefixFrom(p.Addr(), bits).Masked().String())
		}
		return kindNet, values
	}
	if v, ok = ParseDomain(what); !ok {
		return "", nil
	}
	for strings.Contains(v, ".") {
		values = append(values, v)
		_, v, _ = strings.Cut(v, ".")
	}
	return kindDomain, values
}

// Table attributes a stream of addresses and names without asking the
// database for each. It is a value of one moment: make a new one when
// Generation has changed.
type Table struct {
	nets  bart.Table[[]Owner]
	exact map[string][]Owner // domains and AS numbers
	Count int
}

// Table loads the holdings of the day of at.
func (d *Desk) Table(tx *db.Tx, at time.Time) (*Table, error) {
	t := &Table{exact: map[string][]Owner{}}
	day := string(d.today(at))
	rows, err := tx.Query(`SELECT h.institution_id, h.kind, h.value, h.proof FROM registry_holding h WHERE h.valid_from <= ? AND h.valid_to >= ?
		ORDER BY h.institution_id, h.value`, day, day)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var o Owner
		var kind string
		if err := rows.Scan(&o.Institution, &kind, &o.Holding, &o.Proof); err != nil {
			return nil, err
		}
		t.Count++
		if kind != kindNet {
			t.exact[o.Holding] = append(t.exact[o.Holding], o)
			continue
		}
		p, err := netip.ParsePrefix(o.Holding)
		if err != nil {
			return nil, err // unreachable: stored in canonical form
		}
		have, _ := t.nets.Get(p)
		t.nets.Insert(p, append(have, o))
	}
	return t, rows.Err()
}

// Addr gives the owners of the most specific prefix that holds the address.
func (t *Table) Addr(a netip.Addr) []Owner {
	o, _ := t.nets.Lookup(a.Unmap().WithZone(""))
	return o
}

// Name gives the owners of the longest domain that covers the name, or of an
// AS number.
func (t *Table) Name(s string) []Owner {
	_, values := covering(s)
	for _, v := range values {
		if o, ok := t.exact[v]; ok {
			return o
		}
	}
	return nil
}

// Generation changes with every change of the register: a Table of an older
// generation is to be made anew.
func (d *Desk) Generation(tx *db.Tx) (int64, error) {
	return db.Count(tx, `SELECT COUNT(*) FROM registry_version`)
}
