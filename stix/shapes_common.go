package stix

// common gives the common properties of a class in the order of section 3.2.
func (t *spec) common(sh *shape) []prop {
	marking := t.refs("object_marking_refs", "marking-definition")
	granular := embeds("granular_markings", t.granular)
	external := embeds("external_references", t.external)
	kind, version, id := must(as("type", formType)), must(as("spec_version", formVersion)), must(as("id", formOwnID))
	by := t.ref("created_by_ref", "identity")
	created, modified := must(as("created", formMillis)), must(as("modified", formMillis))
	extensions := as("extensions", formExtensions)
	switch {
	case sh.class == SCO:
		version.must = false
		return []prop{kind, version, id, marking, granular, flag("defanged"), extensions}
	case sh.name == "marking-definition":
		return []prop{kind, version, id, by, created, external, marking, granular, extensions}
	case sh.name == "extension-definition":
		return []prop{kind, version, id, must(by), created, modified, flag("revoked"), texts("labels"), external,
			marking, granular}
	case sh.name == "language-content":
		return []prop{kind, version, id, by, created, modified, flag("revoked"), texts("labels"),
			within("confidence", 0, 100), external, marking, granular, extensions}
	}
	return []prop{kind, version, id, by, created, modified, flag("revoked"), texts("labels"),
		within("confidence", 0, 100), as("lang", formLang), external, marking, granular, extensions}
}

// embedded fills the types that live inside objects: sections 2.5, 2.11,
// 7.2.3.1 and the two marking definitions of 7.2.1.
func (t *spec) embedded() {
	t.external = &shape{name: "external-reference", section: "2.5.2", props: []prop{
		must(text("source_name")), text("description"), as("url", formURL), hashes("hashes"), text("external_id"),
	}, rules: []string{"any description url external_id"}}
	t.phase = &shape{name: "kill-chain-phase", section: "2.11", props: []prop{
		must(open("kill_chain_name", nil)), must(open("phase_name", nil)),
	}}
	selectors := must(as("selectors", formSelector))
	selectors.want.list = true
	t.granular = &shape{name: "granular-marking", section: "7.2.3.1", props: []prop{
		as("lang", formLang), t.ref("marking_ref", "marking-definition"), selectors,
	}, rules: []string{"one lang marking_ref"}}
	t.statement = &shape{name: "statement", section: "7.2.1.3", props: []prop{must(text("statement"))}}
	t.tlp1 = &shape{name: "tlp", section: "7.2.1.4", props: []prop{must(text("tlp"))}}
	t.mime = &shape{name: "email-mime-component", section: "6.6.2", props: []prop{
		text("body"), t.ref("body_raw_ref", "artifact file"), text("content_type"), text("content_disposition"),
	}, rules: []string{"one body body_raw_ref"}}
	for _, sh := range []*shape{t.external, t.phase, t.granular, t.statement, t.tlp1, t.mime} {
		t.compile(sh)
	}
	t.unlisted = &shape{name: "custom object", section: "11.2", open: true}
	for _, p := range append(t.common(t.unlisted), flag("defanged")) {
		p.must = p.name == "type" || p.name == "id"
		t.unlisted.props = append(t.unlisted.props, p)
	}
	t.unlisted.rules = []string{"order created modified"}
}

// meta fills section 7.
func (t *spec) meta() {
	t.set("language-content", []prop{
		must(t.ref("object_ref", "sdo sro sco marking-definition extension-definition")), when("object_modified"),
		must(as("contents", formContents)),
	}, "order created modified")
	t.set("marking-definition", []prop{
		text("name"), deprecated(text("definition_type")), deprecated(as("definition", formMarking)),
	}, "any definition extensions", "any definition_type extensions")
	types := must(enum("extension_types", t.extension))
	types.want.list = true
	t.set("extension-definition", []prop{
		must(text("name")), text("description"), must(text("schema")), must(text("version")), types,
		texts("extension_properties"),
	}, "order created modified")
}
