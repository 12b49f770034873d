package stix

import "strings"

// domain fills sections 4 and 5: domain and relationship objects.
func (t *spec) domain() {
	name, description, aliases := must(text("name")), text("description"), texts("aliases")
	phases := embeds("kill_chain_phases", t.phase)
	first, last := when("first_seen"), when("last_seen")
	versions, seen := "order created modified", "order first_seen last_seen"

	t.set("attack-pattern", []prop{name, description, aliases, phases}, versions)
	t.set("campaign", []prop{name, description, aliases, first, last, text("objective")}, versions, seen)
	t.set("course-of-action", []prop{name, description}, versions)
	t.set("grouping", []prop{
		text("name"), description, must(open("context", t.grouping)), must(t.refs("object_refs", "sdo sro sco meta")),
	}, versions)
	t.set("identity", []prop{
		name, description, texts("roles"), open("identity_class", t.identity), opens("sectors", t.sector),
		text("contact_information"),
	}, versions)
	t.set("incident", []prop{name, description}, versions)
	t.set("indicator", []prop{
		text("name"), description, opens("indicator_types", t.indicator), must(text("pattern")),
		must(open("pattern_type", t.pattern)), text("pattern_version"), must(when("valid_from")),
		when("valid_until"), phases,
	}, versions, "strict valid_from valid_until")
	t.set("infrastructure", []prop{
		name, description, opens("infrastructure_types", t.infrastructure), aliases, phases, first, last,
	}, versions, seen)
	t.set("intrusion-set", []prop{
		name, description, aliases, first, last, texts("goals"), open("resource_level", t.resource),
		open("primary_motivation", t.motivation), opens("secondary_motivations", t.motivation),
	}, versions, seen)
	t.set("location", []prop{
		text("name"), description, decimal("latitude"), decimal("longitude"), decimal("precision"),
		open("region", t.region), text("country"), text("administrative_area"), text("city"),
		text("street_address"), text("postal_code"),
	}, versions, "any region country latitude", "needs latitude: longitude", "needs longitude: latitude",
		"needs precision: latitude longitude")
	t.set("malware", []prop{
		text("name"), description, opens("malware_types", t.malware), must(flag("is_family")), aliases, phases,
		first, last, t.refs("operating_system_refs", "software"), opens("architecture_execution_envs", t.processor),
		opens("implementation_languages", t.language), opens("capabilities", t.capability),
		t.refs("sample_refs", "artifact file"),
	}, versions, seen, "true is_family: name")
	t.set("malware-analysis", []prop{
		must(text("product")), text("version"), t.ref("host_vm_ref", "software"),
		t.ref("operating_system_ref", "software"), t.refs("installed_software_refs", "software"),
		text("configuration_version"), texts("modules"), text("analysis_engine_version"),
		text("analysis_definition_version"), when("submitted"), when("analysis_started"), when("analysis_ended"),
		text("result_name"), open("result", t.result), t.refs("analysis_sco_refs", "sco"),
		t.ref("sample_ref", "artifact file network-traffic"),
	}, versions, "any result analysis_sco_refs", "order analysis_started analysis_ended")
	t.set("note", []prop{
		text("abstract"), must(text("content")), texts("authors"), must(t.refs("object_refs", "sdo sro sco meta")),
	}, versions)
	t.set("observed-data", []prop{
		must(when("first_observed")), must(when("last_observed")), must(within("number_observed", 1, 999999999)),
		deprecated(as("objects", formContainer)), t.refs("object_refs", "sco sro"),
	}, versions, "order first_observed last_observed", "one objects object_refs")
	t.set("opinion", []prop{
		text("explanation"), texts("authors"), must(enum("opinion", t.opinion)),
		must(t.refs("object_refs", "sdo sro sco meta")),
	}, versions)
	t.set("report", []prop{
		name, description, opens("report_types", t.report), must(when("published")),
		must(t.refs("object_refs", "sdo sro sco meta")),
	}, versions)
	t.set("threat-actor", []prop{
		name, description, opens("threat_actor_types", t.actor), aliases, first, last, opens("roles", t.role),
		texts("goals"), open("sophistication", t.sophistication), open("resource_level", t.resource),
		open("primary_motivation", t.motivation), opens("secondary_motivations", t.motivation),
		opens("personal_motivations", t.motivation),
	}, versions, seen)
	t.set("tool", []prop{
		name, description, opens("tool_types", t.tool), aliases, phases, text("tool_version"),
	}, versions)
	t.set("vulnerability", []prop{name, description}, versions)
	t.set("relationship", []prop{
		must(as("relationship_type", formRelation)), description, must(t.ref("source_ref", "sdo sco")),
		must(t.ref("target_ref", "sdo sco")), when("start_time"), when("stop_time"),
	}, versions, "strict start_time stop_time")
	t.set("sighting", []prop{
		description, first, last, within("count", 0, 999999999), must(t.ref("sighting_of_ref", "sdo")),
		t.refs("observed_data_refs", "observed-data"), t.refs("where_sighted_refs", "identity location"),
		flag("summary"),
	}, versions, seen)
}

// relate lists the relationships the specification defines (section 5.1.1);
// others are allowed and only remarked on.
func (t *spec) relate() {
	for line := range strings.Lines(relationTable) {
		source, rest, _ := strings.Cut(strings.TrimSpace(line), ": ")
		for r := range strings.SplitSeq(rest, "; ") {
			word, targets, _ := strings.Cut(r, " > ")
			if targets == "sco" {
				targets = strings.Join(classTypes(t, SCO), " ")
			}
			for target := range strings.FieldsSeq(targets) {
				t.relations[source+" "+word+" "+target] = struct{}{}
			}
		}
	}
}

func classTypes(t *spec, c Class) (out []string) {
	for _, sh := range t.list {
		if sh.class == c {
			out = append(out, sh.name)
		}
	}
	return out
}

const relationTable = `attack-pattern: delivers > malware; targets > location vulnerability identity; uses > malware tool
campaign: attributed-to > intrusion-set threat-actor; compromises > infrastructure; originates-from > location
campaign: targets > location identity vulnerability; uses > attack-pattern infrastructure malware tool
course-of-action: investigates > indicator; mitigates > attack-pattern indicator malware tool vulnerability
course-of-action: remediates > malware vulnerability
domain-name: resolves-to > domain-name ipv4-addr ipv6-addr
identity: located-at > location
indicator: indicates > attack-pattern campaign infrastructure intrusion-set malware threat-actor tool
indicator: based-on > observed-data
infrastructure: communicates-with > infrastructure ipv4-addr ipv6-addr domain-name url
infrastructure: consists-of > infrastructure observed-data; consists-of > sco; controls > infrastructure malware
infrastructure: delivers > malware; has > vulnerability; hosts > tool malware; located-at > location
infrastructure: uses > infrastructure
intrusion-set: attributed-to > threat-actor; compromises > infrastructure; hosts > infrastructure
intrusion-set: originates-from > location; owns > infrastructure; targets > identity location vulnerability
intrusion-set: uses > attack-pattern infrastructure malware tool
ipv4-addr: resolves-to > mac-addr; belongs-to > autonomous-system
ipv6-addr: resolves-to > mac-addr; belongs-to > autonomous-system
malware: authored-by > threat-actor intrusion-set; beacons-to > infrastructure; exfiltrates-to > infrastructure
malware: communicates-with > ipv4-addr ipv6-addr domain-name url; controls > malware
malware: downloads > malware file tool; drops > malware file tool; exploits > vulnerability
malware: originates-from > location; targets > identity infrastructure location vulnerability
malware: uses > attack-pattern infrastructure malware tool; variant-of > malware
malware-analysis: characterizes > malware; analysis-of > malware; static-analysis-of > malware
malware-analysis: dynamic-analysis-of > malware
threat-actor: attributed-to > identity; compromises > infrastructure; hosts > infrastructure
threat-actor: impersonates > identity; located-at > location; owns > infrastructure
threat-actor: targets > identity location vulnerability; uses > attack-pattern infrastructure malware tool
tool: delivers > malware; drops > malware; has > vulnerability; uses > infrastructure
tool: targets > identity infrastructure location vulnerability`
