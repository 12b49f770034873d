package stix

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"strings"
)

// Conversion is what STIX 2.0 content became in STIX 2.1.
type Conversion struct {
	Original *Object   // the object as received, unchanged
	Objects  []*Object // the 2.1 objects, the one of the original's id last
	Notes    []string  // what was decided that the original does not say, by rule name
}

// maxCarried bounds the markings conversion writes, objects times markings.
const maxCarried = 1 << 20

// The rules of Convert, as they appear in Conversion.Notes.
const (
	NoteVersion   = "spec-version"     // spec_version 2.1 added
	NoteTypes     = "labels-to-types"  // labels became the type list of the object
	NoteFamily    = "is-family"        // is_family set to true: 2.0 does not tell a family from a sample
	NotePattern   = "pattern-type"     // pattern_type stix and pattern_version 2.0 added
	NoteContainer = "container"        // objects became cyber-observable objects of their own
	NoteRenamed   = "renamed"          // property renamed between the versions
	NoteKept      = "kept-as-custom"   // property 2.1 does not have, kept under an x_stix20_ name
	NoteMarked    = "markings-carried" // markings of the container carried to its objects
	NoteHeaders   = "header-lists"     // header values became lists
	NoteRandom    = "derived-uuid4"    // an object without contributing properties got a UUID derived from its place
)

// typesProperty is what the labels of STIX 2.0 became, by object type.
var typesProperty = map[string]string{
	"indicator": "indicator_types", "malware": "malware_types", "report": "report_types",
	"threat-actor": "threat_actor_types", "tool": "tool_types",
}

// Convert turns an object of STIX 2.0 into STIX 2.1. The rules:
//
//   - spec_version "2.1" is added to every object.
//   - labels of indicator, malware, report, threat-actor and tool, which 2.0
//     defines as the type of the object, are renamed to indicator_types,
//     malware_types and so on; granular marking selectors follow.
//   - indicator gets pattern_type "stix" and pattern_version "2.0".
//   - malware gets is_family true.
//   - the objects of observed-data become cyber-observable objects with
//     deterministic identifiers, listed in object_refs. References inside the
//     container become identifiers. An object without contributing properties
//     gets a version 4 UUID derived from the observed-data's id and its key, so
//     that converting twice gives the same objects. Object markings of the
//     observed-data, and granular markings on parts of its objects, are carried
//     to the new objects.
//   - properties renamed inside observables take their new names (created of a
//     process becomes created_time, binary_ref image_ref, password_last_changed
//     credential_last_changed, …); those 2.1 dropped are kept as custom
//     properties under x_stix20_ names. Values of HTTP and e-mail headers become
//     lists.
//
// Everything else keeps its bytes. An object that is 2.1 already comes back
// alone and unchanged. Content that breaks the rules of 2.0 is converted as
// far as the rules reach; Check tells what remains wrong.
func Convert(o *Object) (Conversion, error) {
	out := Conversion{Original: o}
	if o.SpecVersion() != "2.0" || o.Class() == SCO {
		out.Objects = []*Object{o}
		return out, nil
	}
	c := converter{out: &out}
	if err := c.scan.whole(o.raw); err != nil {
		return out, err
	}
	edits := []Edit{SetText("spec_version", "2.1")}
	c.note(NoteVersion)
	if to := typesProperty[o.typ]; to != "" && c.member(0, to) == 0 && c.member(0, "labels") != 0 {
		edits = append(edits, Rename("labels", to))
		c.note(NoteTypes)
		if g := c.reselect(to); g != nil {
			edits = append(edits, Set("granular_markings", g))
		}
	}
	if o.typ == "indicator" && c.member(0, "pattern_type") == 0 {
		edits = append(edits, SetText("pattern_type", "stix"), SetText("pattern_version", "2.0"))
		c.note(NotePattern)
	}
	if o.typ == "malware" && c.member(0, "is_family") == 0 {
		edits = append(edits, Set("is_family", []byte("true")))
		c.note(NoteFamily)
	}
	if at := c.member(0, "objects"); o.typ == "observed-data" && at != 0 && c.scan.nodes[at].kind == Map &&
		c.member(0, "object_refs") == 0 {
		more, err := c.observables(o, at)
		if err != nil {
			return out, err
		}
		edits = append(edits, more...)
	}
	text, err := c.scan.splice(0, edits)
	if err != nil {
		return out, err
	}
	n, err := Parse(text)
	if err != nil {
		return out, err
	}
	out.Objects = append(out.Objects, n)
	return out, nil
}

// converter works on the scanned original.
type converter struct {
	scan scanner
	out  *Conversion
	keys map[string]uint32 // nodes of the container's objects by key
	ids  map[string]ID     // their identifiers, as far as known
	busy map[string]bool
	root uint32   // the container
	all  []string // JSON texts of the markings every object of the container takes over
	obj  *Object
}

func (c *converter) note(n string) {
	if !slices.Contains(c.out.Notes, n) {
		c.out.Notes = append(c.out.Notes, n)
	}
}

func (c *converter) member(at uint32, name string) uint32 {
	for k := at + 1; k < c.scan.nodes[at].next; k = c.scan.nodes[k].next {
		if string(c.scan.key(&c.scan.nodes[k])) == name {
			return k
		}
	}
	return 0
}

func (c *converter) value(at uint32) Value {
	n := &c.scan.nodes[at]
	return Value{c.scan.src[n.start:n.end]}
}

// reselect rewrites granular marking selectors that name labels; nil if none does.
func (c *converter) reselect(to string) []byte {
	g := c.member(0, "granular_markings")
	if g == 0 {
		return nil
	}
	var patches []patch
	base := c.scan.nodes[g].start
	for k := g + 1; k < c.scan.nodes[g].next; k++ {
		n := &c.scan.nodes[k]
		if n.kind != String {
			continue
		}
		if t := (Value{c.scan.src[n.start:n.end]}).Text(); t == "labels" || strings.HasPrefix(t, "labels.") {
			text := appendCanonicalText(nil, []byte(to+t[len("labels"):]))
			patches = append(patches, patch{n.start - base, n.end - base, text})
		}
	}
	if patches == nil {
		return nil
	}
	return apply(c.value(g).raw, patches)
}

// observables makes objects of the container's members and gives the edits of
// the observed-data.
func (c *converter) observables(o *Object, at uint32) ([]Edit, error) {
	c.obj, c.root = o, at
	c.keys, c.ids, c.busy = map[string]uint32{}, map[string]ID{}, map[string]bool{}
	for k := at + 1; k < c.scan.nodes[at].next; k = c.scan.nodes[k].next {
		c.keys[string(c.scan.key(&c.scan.nodes[k]))] = k
	}
	c.note(NoteContainer)
	marks, rest := c.carried(o)
	if len(c.all)*len(c.keys) > maxCarried {
		return nil, &ValueError{RuleSize, "objects", "too many markings on too many objects to carry over"}
	}
	refs := []byte{'['}
	for k := at + 1; k < c.scan.nodes[at].next; k = c.scan.nodes[k].next {
		key := string(c.scan.key(&c.scan.nodes[k]))
		if c.scan.nodes[k].kind != Map {
			return nil, &ValueError{RuleType, "objects." + key, "object expected in the container"}
		}
		text, id, err := c.observable(key, k)
		if err != nil {
			return nil, err
		}
		sco, err := Parse(text)
		if err == nil {
			sco, err = c.mark(sco, marks[key])
		}
		if err != nil {
			return nil, err
		}
		c.out.Objects = append(c.out.Objects, sco)
		if len(refs) > 1 {
			refs = append(refs, ',')
		}
		refs = appendCanonicalText(refs, []byte(id))
	}
	edits := []Edit{Rename("objects", "object_refs"), Set("objects", append(refs, ']'))}
	if rest != nil {
		edits = append(edits, *rest)
	}
	return edits, nil
}

// identify gives the identifier of a container's object. Only contributing
// properties are followed; circles among them, which valid content cannot
// form, and chains deeper than the depth limit end in a derived identifier.
func (c *converter) identify(key string) (ID, bool) {
	if id, ok := c.ids[key]; ok {
		return id, true
	}
	at, ok := c.keys[key]
	if !ok || c.scan.nodes[at].kind != Map {
		return "", false
	}
	if c.busy[key] || len(c.busy) > DefaultDepth {
		c.note(NoteRandom)
		c.ids[key] = c.derive(key, at)
		return c.ids[key], true
	}
	c.busy[key] = true
	defer delete(c.busy, key)
	typ := c.typeOf(at)
	var id ID
	err := ErrNotDeterministic
	if sh := table().types[typ]; sh != nil && sh.class == SCO {
		var text []byte
		if text, err = c.rewrite(typ, at, sh.contrib); err == nil {
			id, err = DeterministicID(typ, Value{text})
		}
	}
	if known, ok := c.ids[key]; ok {
		return known, true
	}
	if err != nil {
		c.note(NoteRandom)
		id = c.derive(key, at)
	}
	c.ids[key] = id
	return id, true
}

func (c *converter) typeOf(at uint32) string {
	if t := c.member(at, "type"); t != 0 {
		return c.value(t).Text()
	}
	return ""
}

// derive makes a version 4 UUID that depends on the place only.
func (c *converter) derive(key string, at uint32) ID {
	sum := sha256.Sum256([]byte("stix 2.0 container\x00" + string(c.obj.id) + "\x00" + key))
	var u [16]byte
	copy(u[:], sum[:])
	u[6], u[8] = u[6]&0x0f|0x40, u[8]&0x3f|0x80
	typ := c.typeOf(at)
	if typ == "" {
		typ = "x-unknown"
	}
	return ID(typ + "--" + formatUUID(u))
}

// observable converts one object of the container.
func (c *converter) observable(key string, at uint32) ([]byte, ID, error) {
	id, _ := c.identify(key)
	text, err := c.rewrite(c.typeOf(at), at, nil)
	if err != nil {
		return nil, "", err
	}
	var s scanner
	if err := s.whole(text); err != nil {
		return nil, "", err
	}
	text, err = s.splice(0, []Edit{SetText("id", string(id)), SetText("spec_version", "2.1")})
	return text, id, err
}

// rewrite gives an observable's text with the names and references of 2.1;
// with only, references are rewritten in those properties alone.
func (c *converter) rewrite(typ string, at uint32, only []string) ([]byte, error) {
	n := &c.scan.nodes[at]
	patches, err := c.scan.patches(at, c.renamed(typ, at))
	if err != nil {
		return nil, err
	}
	patches = append(patches, c.references(at, only)...)
	for i := range patches {
		patches[i].from -= n.start
		patches[i].to -= n.start
	}
	return apply(c.scan.src[n.start:n.end], patches), nil
}

// references rewrites the references of an object to its targets' identifiers.
func (c *converter) references(at uint32, only []string) []patch {
	var out []patch
	one := func(k uint32) {
		if c.scan.nodes[k].kind != String {
			return
		}
		if id, ok := c.identify(c.value(k).Text()); ok {
			n := &c.scan.nodes[k]
			out = append(out, patch{n.start, n.end, appendCanonicalText(nil, []byte(id))})
		}
	}
	for top := at + 1; top < c.scan.nodes[at].next; top = c.scan.nodes[top].next {
		if only != nil && !slices.Contains(only, string(c.scan.key(&c.scan.nodes[top]))) {
			continue
		}
		for k := top; k < c.scan.nodes[top].next; k++ {
			n := &c.scan.nodes[k]
			if n.kend == 0 {
				continue // an element of a list has no name
			}
			switch key := c.scan.key(n); {
			case n.kind == Map && (string(key) == "request_header" || string(key) == "additional_header_fields"):
				for h := k + 1; h < n.next; h = c.scan.nodes[h].next {
					if v := &c.scan.nodes[h]; v.kind == String {
						c.note(NoteHeaders)
						out = append(out, patch{v.start, v.start, []byte{'['}}, patch{v.end, v.end, []byte{']'}})
					}
				}
			case bytes.HasSuffix(key, []byte("_ref")) && n.kind == String:
				one(k)
			case bytes.HasSuffix(key, []byte("_refs")) && n.kind == Array:
				for e := k + 1; e < n.next; e = c.scan.nodes[e].next {
					one(e)
				}
			}
		}
	}
	return out
}
