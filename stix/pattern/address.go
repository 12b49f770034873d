package pattern

import (
	"net/netip"
	"strings"
)

// parseNet reads an address or CIDR block as the set of addresses it stands
// for: a bare address is a block of one, host bits are dropped. IPv4 stays
// IPv4, also when written inside IPv6.
func parseNet(s string) (netip.Prefix, bool) {
	if !strings.Contains(s, "/") {
		a, err := netip.ParseAddr(s)
		if err != nil || a.Zone() != "" {
			return netip.Prefix{}, false
		}
		return netip.PrefixFrom(a, a.BitLen()), true
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, false
	}
	return p.Masked(), true
}

// covers says whether set b lies wholly in set a, families being equal.
func covers(a, b netip.Prefix) bool {
	return a.Addr().BitLen() == b.Addr().BitLen() && a.Bits() <= b.Bits() && a.Contains(b.Addr())
}

// netText is the canonical notation: a single address without its length.
func netText(p netip.Prefix) string {
	if p.IsSingleIP() {
		return p.Addr().String()
	}
	return p.String()
}
