package stix

import (
	"bytes"
	"strconv"
)

// unknown checks a member the object's table does not list.
func (c *checker) unknown(sh *shape, at uint32) {
	n := &c.nodes[at]
	key := c.key(n)
	switch string(key) {
	case "severity", "username", "phone_number", "action":
		c.bad(RuleReserved, at, "3.8", "the name is reserved")
		return
	case "defanged":
		if sh.class != SCO && sh.class != Custom {
			c.bad(RuleUnknown, at, "3.2", "only cyber-observable objects may be defanged")
			return
		}
	case "modified", "revoked":
		if sh.name == "marking-definition" {
			c.bad(RuleUnknown, at, "7.2.1", "marking definitions have no versions")
			return
		}
		if c.unused(sh, key, at) {
			return
		}
	case "labels", "confidence", "lang", "external_references", "created_by_ref", "extensions":
		if c.unused(sh, key, at) {
			return
		}
	}
	if !validPropertyName(key) {
		c.bad(RulePropertyName, at, "3.1", "property names are 3 to 250 lower-case letters, digits and underscores")
	}
	c.suffix(key, at)
	c.free(at)
	if c.toplev || c.quiet || c.newType || sh.open {
		return
	}
	if !bytes.HasPrefix(key, []byte("x_")) {
		c.warn(RulePrefix, at, "11.1", "a custom property should start with x_")
	}
	if len(c.custom) < 400 {
		if len(c.custom) > 0 {
			c.custom = append(c.custom, ", "...)
		}
		c.custom = append(c.custom, clip(key)...)
	}
}

// unused remarks on a common property the type does not use, as some tools
// put them on every object.
func (c *checker) unused(sh *shape, key []byte, at uint32) bool {
	if sh.class == Custom {
		return false
	}
	c.warn(RuleUnused, at, "3.2", string(key)+" is not used by "+sh.name)
	c.free(at)
	return true
}

// suffix checks the endings section 3.1 gives a meaning.
func (c *checker) suffix(key []byte, at uint32) {
	n := &c.nodes[at]
	each := func(check func(k uint32)) {
		if n.kind != Array {
			check(at)
			return
		}
		for k := at + 1; k < n.next; k = c.nodes[k].next {
			check(k)
		}
	}
	if len(key) < 5 || key[len(key)-4] != '_' && key[len(key)-5] != '_' {
		return
	}
	switch {
	case bytes.HasSuffix(key, []byte("_hex")):
		each(func(k uint32) {
			if c.nodes[k].kind == String {
				c.hex(k)
			} else {
				c.bad(RuleSuffix, k, "3.1", "a property ending in _hex holds hexadecimal text")
			}
		})
	case bytes.HasSuffix(key, []byte("_bin")):
		each(func(k uint32) {
			if c.nodes[k].kind == String {
				c.binary(k)
			} else {
				c.bad(RuleSuffix, k, "3.1", "a property ending in _bin holds base64 text")
			}
		})
	case bytes.HasSuffix(key, []byte("_ref")), bytes.HasSuffix(key, []byte("_refs")):
		each(func(k uint32) {
			if c.nodes[k].kind != String {
				c.bad(RuleSuffix, k, "3.1", "a property ending in _ref or _refs holds identifiers")
			} else if c.local == 0 {
				if typ, uuid, ok := splitID(c.text(&c.nodes[k])); !ok || !validTypeName(typ) || uuidState(uuid) == uuidBad {
					c.bad(RuleSuffix, k, "3.1", "a property ending in _ref or _refs holds identifiers: "+c.show(&c.nodes[k]))
				}
			}
		})
	}
}

// extensionKinds notes which liberties the object's extensions announce.
func (c *checker) extensionKinds(at uint32) {
	ext := c.child(at, nameExtensions)
	if ext == 0 || c.nodes[ext].kind != Map {
		return
	}
	for k := ext + 1; k < c.nodes[ext].next; k = c.nodes[k].next {
		if t := c.child(k, nameExtensionType); t != 0 && c.nodes[t].kind == String {
			switch string(c.text(&c.nodes[t])) {
			case "toplevel-property-extension":
				c.toplev = true
			case "new-sdo", "new-sco", "new-sro":
				c.newType = true
			}
		}
	}
}

var extensionPrefix = []byte("extension-definition--")

func (c *checker) extensions(sh *shape, at uint32) {
	n := &c.nodes[at]
	if n.next == at+1 {
		c.bad(RuleEmpty, at, "2.3", "an empty dictionary is not allowed")
	}
	for k := at + 1; k < n.next; k = c.nodes[k].next {
		key := c.key(&c.nodes[k])
		if c.nodes[k].kind != Map {
			c.wrongKind(k, "object", "3.2")
			continue
		}
		if c.nodes[k].next == k+1 {
			c.bad(RuleEmpty, k, "2.3", "an empty extension is not allowed")
		}
		switch ext := c.spec.extensions[string(key)]; {
		case bytes.HasPrefix(key, extensionPrefix):
			c.extension(key, k)
		case ext != nil && sh != nil && ext.host == sh.name:
			c.object(ext, k)
		case ext != nil:
			c.bad(RuleHost, k, "3.10", ext.name+" extends objects of type "+ext.host+" only")
		default:
			if !validKey(key, 3) {
				c.bad(RuleDictionary, k, "2.3", "keys are letters, digits, hyphens and underscores")
			}
			c.warn(RuleCustomExt, k, "3.2", "neither the id of an extension definition nor a predefined extension")
		}
	}
}

// extension checks one extension of section 7.3.
func (c *checker) extension(key []byte, at uint32) {
	if uuidState(key[len(extensionPrefix):]) == uuidBad {
		c.bad(RuleIdentifier, at, "2.9", "not the id of an extension definition: "+string(clip(key)))
	}
	t := c.child(at, nameExtensionType)
	if t == 0 {
		c.bad(RuleExtension, at, "7.3", "extension_type is required")
		return
	}
	n := &c.nodes[t]
	if n.kind != String || !c.spec.extension.has(c.text(n)) {
		c.bad(RuleExtension, t, "10.5", c.show(n)+" is not a value of extension-type-enum")
	}
	for k := at + 1; k < c.nodes[at].next; k = c.nodes[k].next {
		if k != t {
			if !validPropertyName(c.key(&c.nodes[k])) {
				c.bad(RulePropertyName, k, "3.1", "malformed property name in extension")
			}
			c.free(k)
		}
	}
	if string(key) == tlp2Extension {
		label := c.member(at, []byte("tlp_2_0"))
		if label == 0 || c.nodes[label].kind != String || !c.spec.tlp2.has(c.text(&c.nodes[label])) {
			c.bad(RuleTLP, at, "TLP 2.0", "tlp_2_0 must be clear, green, amber, amber+strict or red")
		}
	}
}

// special checks what no table can say.
func (c *checker) special(sh *shape) {
	switch sh.name {
	case "indicator":
		p, t := c.child(0, namePattern), c.child(0, namePatternType)
		if c.pattern != nil && p != 0 && t != 0 && c.nodes[p].kind == String && c.nodes[t].kind == String &&
			string(c.text(&c.nodes[t])) == "stix" {
			if err := c.pattern(string(c.text(&c.nodes[p]))); err != nil {
				c.bad(RulePattern, p, "9", string(clip([]byte(err.Error()))))
			}
		}
	case "relationship":
		if !c.quiet {
			c.relationship()
		}
	case "marking-definition":
		c.marking()
	case "extension-definition":
		if k := c.member(0, []byte("extension_properties")); k != 0 {
			c.extensionProperties(k)
		}
	}
}

func (c *checker) extensionProperties(at uint32) {
	types := c.member(0, []byte("extension_types"))
	for k := types + 1; types != 0 && k < c.nodes[types].next; k = c.nodes[k].next {
		if c.nodes[k].kind == String && string(c.text(&c.nodes[k])) == "toplevel-property-extension" {
			return
		}
	}
	c.bad(RuleDepends, at, "7.3", "extension_properties demands the type toplevel-property-extension")
}

// relationship remarks on relationships section 5.1.1 does not list.
func (c *checker) relationship() {
	r, s, t := c.child(0, nameRelationshipType), c.child(0, nameSourceRef), c.child(0, nameTargetRef)
	if r == 0 || s == 0 || t == 0 || c.nodes[r].kind != String || c.nodes[s].kind != String ||
		c.nodes[t].kind != String || (c.nodes[s].flags|c.nodes[t].flags)&flagEscaped != 0 {
		return
	}
	word := c.text(&c.nodes[r])
	from, _, ok := splitID(c.src[c.nodes[s].start+1 : c.nodes[s].end-1])
	to, _, ok2 := splitID(c.src[c.nodes[t].start+1 : c.nodes[t].end-1])
	if !ok || !ok2 || string(word) == "related-to" {
		return
	}
	if (string(word) == "derived-from" || string(word) == "duplicate-of") && string(from) == string(to) {
		return
	}
	var room [160]byte
	key := append(append(append(append(append(room[:0], from...), ' '), word...), ' '), to...)
	if _, ok := c.spec.relations[string(key)]; !ok {
		c.warn(RuleRelationship, r, "5.1.1", "not a relationship the specification defines: "+string(clip(key)))
	}
}

func (c *checker) marking() {
	id := c.child(0, nameIDMember)
	if id == 0 || c.nodes[id].kind != String {
		return
	}
	own := string(c.text(&c.nodes[id]))
	for _, name := range [...]nameID{nameMarkings, nameGranular} {
		k := c.child(0, name)
		for e := k + 1; k != 0 && e < c.nodes[k].next; e++ {
			if n := &c.nodes[e]; n.kind == String && string(c.text(n)) == own {
				c.bad(RuleCircular, e, "3.2", "a marking definition must not mark itself")
			}
		}
	}
	typ, def := c.child(0, nameDefinitionType), c.child(0, nameDefinition)
	if typ == 0 || def == 0 || c.nodes[typ].kind != String || c.nodes[def].kind != Map {
		return
	}
	switch string(c.text(&c.nodes[typ])) {
	case "statement":
		c.object(c.spec.statement, def)
	case "tlp":
		c.object(c.spec.tlp1, def)
		label := c.member(def, []byte("tlp"))
		if label == 0 || c.nodes[label].kind != String {
			return
		}
		if want, ok := tlp1IDs[string(c.text(&c.nodes[label]))]; !ok || want != own {
			c.bad(RuleTLP, def, "7.2.1.4", "TLP markings other than the four fixed objects are not allowed")
		}
	default:
		c.warn(RuleVocabulary, typ, "7.2.1", c.show(&c.nodes[typ])+" is not statement or tlp")
	}
}

// customObject checks an object of a type the specification does not define.
func (c *checker) customObject(typ string) {
	if !validTypeName(typ) {
		c.bad(RuleTypeName, c.child(0, nameType), "3.1", "malformed type name "+strconv.Quote(string(clip([]byte(typ)))))
	}
	sh := customShape()
	c.object(sh, 0)
	if id := c.child(0, nameIDMember); id != 0 && c.nodes[id].kind == String {
		if t, _, ok := splitID(c.text(&c.nodes[id])); ok && string(t) != typ {
			c.bad(RuleIDType, id, "2.9", "identifier of type "+string(clip(t))+" on an object of type "+typ)
		}
	}
	if !c.newType {
		c.warn(RuleCustomType, c.child(0, nameType), "11.2", "a custom object should be announced by an extension")
	}
}

func (c *checker) contents(at uint32) {
	n := &c.nodes[at]
	if n.next == at+1 {
		c.bad(RuleEmpty, at, "7.1", "an empty dictionary is not allowed")
	}
	for k := at + 1; k < n.next; k = c.nodes[k].next {
		if !validLanguage(c.key(&c.nodes[k])) {
			c.bad(RuleLanguage, k, "7.1", "keys are language tags of RFC 5646")
		}
		if c.nodes[k].kind != Map {
			c.wrongKind(k, "dictionary", "7.1")
			continue
		}
		if c.nodes[k].next == k+1 {
			c.bad(RuleEmpty, k, "7.1", "an empty translation is not allowed")
		}
		for p := k + 1; p < c.nodes[k].next; p = c.nodes[p].next {
			if !validPropertyName(c.key(&c.nodes[p])) {
				c.bad(RulePropertyName, p, "7.1", "translations are keyed by property names")
			}
			c.free(p)
		}
	}
}

// container checks the deprecated objects of observed data (section 2.13).
func (c *checker) container(at uint32) {
	n := &c.nodes[at]
	if n.next == at+1 {
		c.bad(RuleEmpty, at, "2.13", "an empty container is not allowed")
	}
	if c.local != 0 {
		return
	}
	c.local = at
	defer func() { c.local = 0 }()
	for k := at + 1; k < n.next; k = c.nodes[k].next {
		if c.nodes[k].kind != Map {
			c.wrongKind(k, "object", "2.13")
			continue
		}
		t := c.child(k, nameType)
		if t == 0 || c.nodes[t].kind != String {
			c.bad(RuleRequired, k, "2.13", "required property type is missing")
			continue
		}
		typ := c.text(&c.nodes[t])
		switch sh := c.shapeOf(typ); {
		case sh == nil:
			c.warn(RuleCustomType, t, "11.2", "a custom object should be announced by an extension")
		case sh.class != SCO:
			c.bad(RuleReference, t, "2.13", "only cyber-observable objects may stand in the container")
		default:
			c.object(sh, k)
		}
	}
}
