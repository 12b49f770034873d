package stix

import (
	"bytes"
	"net/netip"
	"strconv"
	"strings"
)

// rare checks the forms that few properties have.
func (c *checker) rare(w *want, sh *shape, at uint32) {
	n := &c.nodes[at]
	switch w.form {
	case formHex:
		c.hex(at)
	case formBinary:
		c.binary(at)
	case formDictionary:
		c.dictionary(at, 1)
		if string(c.key(n)) == "ipfix" {
			for k := at + 1; k < n.next; k = c.nodes[k].next {
				if v := &c.nodes[k]; v.kind != String && (v.kind != Number || v.flags&flagFraction != 0) {
					c.wrongKind(k, "integer or string", sh.section)
				}
			}
		}
	case formHashes:
		c.hashes(at)
	case formExtensions:
		c.extensions(sh, at)
	case formSelector:
		c.selector(at)
	case formLang:
		if t := c.text(n); !validLanguage(t) {
			c.bad(RuleLanguage, at, "3.2", "not a language tag of RFC 5646: "+c.show(n))
		}
	case formContents:
		c.contents(at)
	case formMarking:
		if n.next == at+1 {
			c.bad(RuleEmpty, at, "7.2.1", "an empty marking is not allowed")
		}
	case formContainer:
		c.container(at)
	case formIPv4, formIPv6:
		c.address(w.form, sh, at)
	case formMAC:
		if !validMAC(c.text(n)) {
			c.bad(RuleAddress, at, sh.section, "not a lower-case colon-separated MAC-48 address: "+c.show(n))
		}
	case formURL:
		if !validURL(c.text(n)) {
			c.bad(RuleURL, at, sh.section, "not a URL of RFC 3986: "+c.show(n))
		}
	case formDomain:
		if !validDomain(c.text(n)) {
			c.bad(RuleFormat, at, sh.section, "not a domain name: "+c.show(n))
		}
	case formEmail:
		if !validEmail(c.text(n)) {
			c.bad(RuleFormat, at, sh.section, "not an e-mail address of RFC 5322: "+c.show(n))
		}
	case formSocketOptions:
		c.socketOptions(at)
	case formSeconds:
		if t := c.text(n); !validTime(t) || len(t) != 20 {
			c.bad(RuleTimestamp, at, sh.section, "a timestamp of whole seconds is required: "+c.show(n))
		}
	case formHive:
		hive, _, _ := bytes.Cut(c.text(n), []byte("\\"))
		switch strings.ToUpper(string(hive)) {
		case "HKLM", "HKCC", "HKCR", "HKCU", "HKU":
			c.bad(RuleFormat, at, sh.section, "the hive must be written in full: "+c.show(n))
		}
	case formHeaders:
		c.headers(sh, at)
	case formCPE:
		if !validCPE(c.text(n)) {
			c.bad(RuleFormat, at, sh.section, "not a name of CPE 2.3: "+c.show(n))
		}
	case formMIME:
		if !validMIME(c.text(n)) {
			c.bad(RuleFormat, at, sh.section, "not a media type: "+c.show(n))
		}
	case formCharset:
		if t := c.text(n); len(t) < 2 || !token(t, "-+._:/") {
			c.bad(RuleFormat, at, "3.9.1", "not the name of a character set: "+c.show(n))
		}
	case formRelation:
		if t := c.text(n); !token(t, "-") || bytes.ContainsFunc(t, func(r rune) bool { return r >= 'A' && r <= 'Z' }) {
			c.bad(RuleFormat, at, "5.1.2", "lower-case letters, digits and hyphens only: "+c.show(n))
		}
	}
}

// shapeOf finds the shape of a type name, nil if the text does not define it.
func (c *checker) shapeOf(typ []byte) *shape {
	if id := c.names.find(hashName(typ), typ); id != 0 && int(id) < len(c.spec.byName) {
		return c.spec.byName[id]
	}
	return nil
}

func (c *checker) reference(w *want, at uint32, section string) {
	n := &c.nodes[at]
	t := c.text(n)
	if c.local != 0 {
		c.localReference(w, at, section)
		return
	}
	typ, uuid, ok := splitID(t)
	if !ok || !validTypeName(typ) {
		c.bad(RuleIdentifier, at, "2.9", "not an identifier: "+c.show(n))
		return
	}
	switch uuidState(uuid) {
	case uuidBad:
		c.bad(RuleIdentifier, at, "2.9", "not a UUID of RFC 4122: "+c.show(n))
		return
	case uuidUpper:
		c.warn(RuleUUID, at, "2.9", "a UUID is written in lower case: "+c.show(n))
	}
	if w.refs == 0 {
		return
	}
	if sh := c.shapeOf(typ); sh == nil && !w.custom || sh != nil && w.refs>>sh.bit&1 == 0 {
		c.bad(RuleReference, at, section, "must not refer to an object of type "+string(clip(typ)))
	}
}

// localReference checks a reference inside an observable container.
func (c *checker) localReference(w *want, at uint32, section string) {
	n := &c.nodes[at]
	target := c.member(c.local, c.text(n))
	if c.work > maxWork {
		return
	}
	if target == 0 {
		c.bad(RuleLocal, at, "2.13", "no object of this name in the container: "+c.show(n))
		return
	}
	k := c.child(target, nameType)
	if k == 0 || c.nodes[k].kind != String || w.refs == 0 {
		return
	}
	typ := c.text(&c.nodes[k])
	if sh := c.shapeOf(typ); sh == nil && !w.custom || sh != nil && w.refs>>sh.bit&1 == 0 {
		c.bad(RuleReference, at, section, "must not refer to an object of type "+string(clip(typ)))
	}
}

// member finds a member of an object node by its decoded name, 0 if absent.
func (c *checker) member(at uint32, name []byte) uint32 {
	h := hashName(name)
	for k := at + 1; k < c.nodes[at].next && c.work <= maxWork; k = c.nodes[k].next {
		if n := &c.nodes[k]; n.hash == h && bytes.Equal(c.key(n), name) {
			return k
		}
		c.work++
	}
	return 0
}

func (c *checker) ownID(sh *shape, at uint32) {
	if c.local != 0 {
		return
	}
	n := &c.nodes[at]
	typ, uuid, ok := splitID(c.text(n))
	state := uuidBad
	if ok {
		state = uuidState(uuid)
	}
	if state == uuidBad {
		c.bad(RuleIdentifier, at, "2.9", "not an identifier: "+c.show(n))
		return
	}
	if string(typ) != sh.name && sh.class != Custom {
		c.bad(RuleIDType, at, "2.9", "identifier of type "+string(clip(typ))+" on an object of type "+sh.name)
	}
	if c.quiet {
		return
	}
	switch version := uuid[14]; {
	case state == uuidUpper:
		c.warn(RuleUUID, at, "2.9", "a UUID is written in lower case: "+c.show(n))
	case sh.class == SCO && sh.contrib != nil:
		if version != '5' && version != '4' {
			c.warn(RuleUUID, at, "2.9", "a cyber-observable object should carry a version 5 UUID")
		}
	case version != '4' && sh.class != Custom:
		c.warn(RuleUUID, at, "2.9", "a version 4 UUID is recommended")
	}
}

func (c *checker) hex(at uint32) {
	t := c.text(&c.nodes[at])
	ok := len(t)%2 == 0 && len(t) > 0
	for _, b := range t {
		ok = ok && hexDigit(b) < 16
	}
	if !ok {
		c.bad(RuleHex, at, "2.8", "an even number of hexadecimal digits is required: "+c.show(&c.nodes[at]))
	}
}

func (c *checker) binary(at uint32) {
	t := c.text(&c.nodes[at])
	if !validBase64(t) {
		c.bad(RuleBinary, at, "2.1", "not base64 of RFC 4648: "+c.show(&c.nodes[at]))
	}
}

func (c *checker) dictionary(at uint32, least int) {
	n := &c.nodes[at]
	if n.next == at+1 {
		c.bad(RuleEmpty, at, "2.3", "an empty dictionary is not allowed")
		return
	}
	for k := at + 1; k < n.next; k = c.nodes[k].next {
		if !validKey(c.key(&c.nodes[k]), least) {
			c.bad(RuleDictionary, k, "2.3", "keys are letters, digits, hyphens and underscores, at most 250")
		}
		c.free(k)
	}
}

// free checks a value no table describes: neither null nor an empty list.
func (c *checker) free(at uint32) {
	n := &c.nodes[at]
	switch n.kind {
	case Null:
		c.bad(RuleNull, at, "2", "null is no STIX value")
	case Array:
		if n.next == at+1 {
			c.bad(RuleEmpty, at, "2.12", "an empty list is not allowed")
		}
	default:
		return
	}
}

func (c *checker) hashes(at uint32) {
	n := &c.nodes[at]
	if n.next == at+1 {
		c.bad(RuleEmpty, at, "2.7", "an empty dictionary of hashes is not allowed")
	}
	for k := at + 1; k < n.next; k = c.nodes[k].next {
		key := c.key(&c.nodes[k])
		if !validKey(key, 3) {
			c.bad(RuleDictionary, k, "2.7", "hash names are 3 to 250 letters, digits, hyphens and underscores")
		}
		if c.nodes[k].kind != String {
			c.wrongKind(k, "string", "2.7")
			continue
		}
		digits := 0
		switch string(key) {
		case "MD5":
			digits = 32
		case "SHA-1":
			digits = 40
		case "SHA-256", "SHA3-256":
			digits = 64
		case "SHA-512", "SHA3-512":
			digits = 128
		case "TLSH":
			digits = 70
		case "SSDEEP":
		default:
			c.warn(RuleHashName, k, "10.7", string(clip(key))+" is not in hash-algorithm-ov")
		}
		t := c.text(&c.nodes[k])
		ok := digits == 0 || len(t) == digits
		for _, b := range t {
			ok = ok && (digits == 0 || hexDigit(b) < 16)
		}
		if !ok {
			c.bad(RuleHash, k, "2.7", strconv.Itoa(digits)+" hexadecimal digits expected: "+c.show(&c.nodes[k]))
		}
	}
}

func (c *checker) address(f form, sh *shape, at uint32) {
	var room [64]byte
	t := append(room[:0], c.text(&c.nodes[at])...)
	ip, prefix, cidr := bytes.Cut(t, []byte("/"))
	addr, err := netip.ParseAddr(string(ip))
	ok := err == nil && addr.Zone() == "" && addr.Is4() == (f == formIPv4)
	if cidr {
		n, err := strconv.Atoi(string(prefix))
		ok = ok && err == nil && n >= 0 && n <= addr.BitLen() && prefix[0] != '+'
	}
	if !ok {
		c.bad(RuleAddress, at, sh.section, "not an address or CIDR block of this family: "+c.show(&c.nodes[at]))
	}
}

func (c *checker) socketOptions(at uint32) {
	n := &c.nodes[at]
	if n.next == at+1 {
		c.bad(RuleEmpty, at, "2.3", "an empty dictionary is not allowed")
	}
	for k := at + 1; k < n.next; k = c.nodes[k].next {
		head, _, _ := bytes.Cut(c.key(&c.nodes[k]), []byte("_"))
		switch string(head) {
		case "SO", "ICMP", "ICMP6", "IP", "IPV6", "MCAST", "TCP", "IRLMP":
		default:
			c.bad(RuleFormat, k, "6.12.4", "not the name of a socket option")
		}
		if c.nodes[k].kind != Number {
			c.wrongKind(k, "integer", "6.12.4")
		}
	}
}

// headers checks a dictionary whose values are lists of strings.
func (c *checker) headers(sh *shape, at uint32) {
	c.dictionary(at, 1)
	for k := at + 1; k < c.nodes[at].next; k = c.nodes[k].next {
		if c.nodes[k].kind != Array {
			c.wrongKind(k, "list of strings", sh.section)
			continue
		}
		for e := k + 1; e < c.nodes[k].next; e = c.nodes[e].next {
			if c.nodes[e].kind != String {
				c.wrongKind(e, "string", sh.section)
			}
		}
	}
}
