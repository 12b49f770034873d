package stix

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// head writes the members every domain object needs.
func head(typ string) string {
	return `"type":"` + typ + `","spec_version":"2.1","id":"` + typ + sampleUUID +
		`","created":"2020-01-01T00:00:00.000Z","modified":"2020-01-01T00:00:00.000Z"`
}

func sco(typ string) string { return `"type":"` + typ + `","id":"` + typ + sampleUUID + `"` }

func TestCheckRules(t *testing.T) {
	malware := head("malware") + `,"is_family":false`
	indicator := head("indicator") + `,"pattern":"[a:b = 1]","pattern_type":"stix","valid_from":"2020-01-01T00:00:00Z"`
	identity := head("identity") + `,"name":"n"`
	observed := head("observed-data") + `,"first_observed":"2020-01-01T00:00:00Z",` +
		`"last_observed":"2020-01-01T00:00:00Z","number_observed":1`
	marking := `"type":"marking-definition","spec_version":"2.1","id":"marking-definition` + sampleUUID +
		`","created":"2020-01-01T00:00:00.000Z"`
	relationship := head("relationship") + `,"relationship_type":"uses"`
	extdef := head("extension-definition") + `,"created_by_ref":"identity` + sampleUUID +
		`","name":"n","schema":"s","version":"1"`
	ref := func(typ string) string { return `"` + typ + sampleUUID + `"` }
	const ok = Rule("")
	tests := []struct {
		name   string
		object string
		want   Rule // ok: no finding at all
		path   string
	}{
		{"plain", identity, ok, ""},
		{"modified before created", strings.Replace(identity, `"modified":"2020`, `"modified":"2019`, 1), RuleOrder, "modified"},
		{"modified equal at another precision", strings.Replace(identity, `"modified":"2020-01-01T00:00:00.000Z`,
			`"modified":"2020-01-01T00:00:00.000000Z`, 1), ok, ""},
		{"modified before created by a nanosecond", strings.Replace(identity, `00.000Z","modified`, `00.000000001Z","modified`, 1),
			RuleOrder, "modified"},
		{"no spec_version", strings.Replace(identity, `"spec_version":"2.1",`, "", 1), RuleRequired, ""},
		{"spec_version 2.0", strings.Replace(identity, `"2.1"`, `"2.0"`, 1), RuleVersion, "spec_version"},
		{"id of another type", strings.Replace(identity, `"identity--`, `"malware--`, 1), RuleIDType, "id"},
		{"id without uuid", strings.Replace(identity, sampleUUID, "--1", 1), RuleIdentifier, "id"},
		{"id with nil uuid", strings.Replace(identity, sampleUUID, "--00000000-0000-0000-0000-000000000000", 1), RuleIdentifier, "id"},
		{"id in capitals", strings.Replace(identity, sampleUUID, strings.ToUpper(sampleUUID), 1), RuleUUID, "id"},
		{"id of version 1", strings.Replace(identity, "-4a4d-", "-1a4d-", 1), RuleUUID, "id"},
		{"confidence high", identity + `,"confidence":101`, RuleRange, "confidence"},
		{"confidence fraction", identity + `,"confidence":1.5`, RuleType, "confidence"},
		{"confidence zero", identity + `,"confidence":0`, ok, ""},
		{"defanged on a domain object", identity + `,"defanged":false`, RuleUnknown, "defanged"},
		{"reserved name", identity + `,"severity":1`, RuleReserved, "severity"},
		{"capital property", identity + `,"x_Foo":1`, RulePropertyName, "x_Foo"},
		{"short property", identity + `,"x_":1`, RulePropertyName, "x_"},
		{"custom property", identity + `,"x_foo":1`, RuleCustomProp, ""},
		{"custom property without x_", identity + `,"foo":1`, RulePrefix, "foo"},
		{"custom null", identity + `,"x_foo":null`, RuleNull, "x_foo"},
		{"custom empty list", identity + `,"x_foo":[]`, RuleEmpty, "x_foo"},
		{"custom hex", identity + `,"x_foo_hex":"0"`, RuleHex, "x_foo_hex"},
		{"custom binary", identity + `,"x_foo_bin":"!"`, RuleBinary, "x_foo_bin"},
		{"custom reference", identity + `,"x_foo_ref":"nobody"`, RuleSuffix, "x_foo_ref"},
		{"custom references", identity + `,"x_foo_refs":["nobody"]`, RuleSuffix, "x_foo_refs.[0]"},
		{"top-level extension allows properties", identity + `,"rank":5,"extensions":{"extension-definition` + sampleUUID +
			`":{"extension_type":"toplevel-property-extension"}}`, ok, ""},
		{"extension without type", identity + `,"extensions":{"extension-definition` + sampleUUID + `":{"rank":1}}`,
			RuleExtension, "extensions.extension-definition" + sampleUUID},
		{"extension of wrong type", identity + `,"extensions":{"extension-definition` + sampleUUID +
			`":{"extension_type":"other"}}`, RuleExtension, "extensions.extension-definition" + sampleUUID + ".extension_type"},
		{"extension with bad id", identity + `,"extensions":{"extension-definition--1":{"extension_type":"new-sdo"}}`,
			RuleIdentifier, "extensions.extension-definition--1"},
		{"extension empty", identity + `,"extensions":{}`, RuleEmpty, "extensions"},
		{"extension of free name", identity + `,"extensions":{"x-foo-ext":{"a":1}}`, RuleCustomExt, "extensions.x-foo-ext"},
		{"predefined extension elsewhere", sco("url") + `,"value":"a:b","extensions":{"ntfs-ext":{"sid":"1"}}`, RuleHost,
			"extensions.ntfs-ext"},
		{"vocabulary", identity + `,"identity_class":"robot"`, RuleVocabulary, "identity_class"},
		{"term in capitals", identity + `,"identity_class":"Big Robot"`, RuleWord, "identity_class"},
		{"external reference bare", identity + `,"external_references":[{"source_name":"s"}]`, RuleAtLeastOne,
			"external_references.[0]"},
		{"kill chain phase", malware + `,"name":"n","kill_chain_phases":[{"kill_chain_name":"a"}]`, RuleRequired,
			"kill_chain_phases.[0]"},
		{"kill chain capitals", malware + `,"name":"n","kill_chain_phases":[{"kill_chain_name":"a","phase_name":"A B"}]`, RuleWord,
			"kill_chain_phases.[0].phase_name"},
		{"granular with both", identity + `,"granular_markings":[{"lang":"en","marking_ref":` + ref("marking-definition") +
			`,"selectors":["name"]}]`, RuleExactlyOne, "granular_markings.[0]"},
		{"granular selector index", identity + `,"labels":["a"],"granular_markings":[{"lang":"en","selectors":["labels.[0]"]}]`, ok, ""},
		{"granular selector outside", identity + `,"labels":["a"],"granular_markings":[{"lang":"en","selectors":["labels.[1]"]}]`,
			RuleSelector, "granular_markings.[0].selectors.[0]"},
		{"granular selector empty", identity + `,"granular_markings":[{"lang":"en","selectors":[""]}]`, RuleSelector,
			"granular_markings.[0].selectors.[0]"},
		{"valid_until equal", indicator + `,"valid_until":"2020-01-01T00:00:00Z"`, RuleOrder, "valid_until"},
		{"family without name", head("malware") + `,"is_family":true`, RuleDepends, ""},
		{"sample without name", malware, ok, ""},
		{"first after last", malware + `,"first_seen":"2020-01-02T00:00:00Z","last_seen":"2020-01-01T00:00:00Z"`, RuleOrder, "last_seen"},
		{"location of nothing", head("location"), RuleAtLeastOne, ""},
		{"latitude alone", head("location") + `,"latitude":1`, RuleDepends, ""},
		{"latitude outside", head("location") + `,"latitude":90.1,"longitude":0`, RuleRange, "latitude"},
		{"longitude outside", head("location") + `,"latitude":0,"longitude":-180.5`, RuleRange, "longitude"},
		{"precision alone", head("location") + `,"country":"al","precision":1`, RuleDepends, ""},
		{"analysis of nothing", head("malware-analysis") + `,"product":"p"`, RuleAtLeastOne, ""},
		{"observed nothing", observed, RuleExactlyOne, ""},
		{"observed twice", observed + `,"object_refs":[` + ref("url") + `],"objects":{"0":{"type":"url","value":"a:b"}}`, RuleExactlyOne, ""},
		{"observed zero times", strings.Replace(observed, `observed":1`, `observed":0`, 1) + `,"object_refs":[` + ref("url") + `]`,
			RuleRange, "number_observed"},
		{"observed a domain object", observed + `,"object_refs":[` + ref("malware") + `]`, RuleReference, "object_refs.[0]"},
		{"observed a custom object", observed + `,"object_refs":[` + ref("x-thing") + `]`, ok, ""},
		{"container", observed + `,"objects":{"0":{"type":"url","value":"a:b"}}`, RuleDeprecated, "objects"},
		{"container reference", observed + `,"objects":{"0":{"type":"domain-name","value":"a","resolves_to_refs":["9"]}}`, RuleLocal,
			"objects.0.resolves_to_refs.[0]"},
		{"container reference type", observed + `,"objects":{"0":{"type":"domain-name","value":"a","resolves_to_refs":["1"]},` +
			`"1":{"type":"mutex","name":"m"}}`, RuleReference, "objects.0.resolves_to_refs.[0]"},
		{"container of a domain object", observed + `,"objects":{"0":{"type":"malware"}}`, RuleReference, "objects.0.type"},
		{"container without type", observed + `,"objects":{"0":{"value":"a"}}`, RuleRequired, "objects.0"},
		{"relationship of sighting", relationship + `,"source_ref":` + ref("sighting") + `,"target_ref":` + ref("tool"), RuleReference, "source_ref"},
		{"relationship of marking", relationship + `,"source_ref":` + ref("tool") + `,"target_ref":` + ref("marking-definition"),
			RuleReference, "target_ref"},
		{"relationship unknown", relationship + `,"source_ref":` + ref("tool") + `,"target_ref":` + ref("tool"), RuleRelationship,
			"relationship_type"},
		{"relationship known", relationship + `,"source_ref":` + ref("campaign") + `,"target_ref":` + ref("tool"), ok, ""},
		{"derived from the same type", strings.Replace(relationship, "uses", "derived-from", 1) + `,"source_ref":` + ref("tool") +
			`,"target_ref":` + ref("tool"), ok, ""},
		{"stop equal to start", relationship + `,"source_ref":` + ref("campaign") + `,"target_ref":` + ref("tool") +
			`,"start_time":"2020-01-01T00:00:00Z","stop_time":"2020-01-01T00:00:00.0Z"`, RuleOrder, "stop_time"},
		{"sighting of an observable", head("sighting") + `,"sighting_of_ref":` + ref("url"), RuleReference, "sighting_of_ref"},
		{"opinion of its own", head("opinion") + `,"opinion":"perhaps","object_refs":[` + ref("tool") + `]`, RuleEnum, "opinion"},
		{"artifact of nothing", sco("artifact"), RuleExactlyOne, ""},
		{"artifact url without hashes", sco("artifact") + `,"url":"https://a/"`, RuleDepends, ""},
		{"artifact key alone", sco("artifact") + `,"payload_bin":"aGk=","decryption_key":"k"`, RuleDepends, ""},
		{"base64 wrong padding", sco("artifact") + `,"payload_bin":"aGl="`, RuleBinary, "payload_bin"},
		{"base64 with line feed", sco("artifact") + `,"payload_bin":"aG\n="`, RuleBinary, "payload_bin"},
		{"file of nothing", sco("file") + `,"size":1`, RuleAtLeastOne, ""},
		{"file name_enc alone", sco("file") + `,"hashes":{"MD5":"d41d8cd98f00b204e9800998ecf8427e"},"name_enc":"x"`, RuleDepends, ""},
		{"file negative size", sco("file") + `,"name":"n","size":-1`, RuleRange, "size"},
		{"hash too short", sco("file") + `,"hashes":{"MD5":"d41d"}`, RuleHash, "hashes.MD5"},
		{"hash not hexadecimal", sco("file") + `,"hashes":{"MD5":"` + strings.Repeat("z", 32) + `"}`, RuleHash, "hashes.MD5"},
		{"hash of another name", sco("file") + `,"hashes":{"x_hash":"q"}`, RuleHashName, "hashes.x_hash"},
		{"hash key", sco("file") + `,"hashes":{"a":"q"}`, RuleDictionary, "hashes.a"},
		{"hash number", sco("file") + `,"hashes":{"MD5":1}`, RuleType, "hashes.MD5"},
		{"mail body of parts", sco("email-message") + `,"is_multipart":true,"body":"b"`, RuleExcludes, ""},
		{"mail parts of body", sco("email-message") + `,"is_multipart":false,"body_multipart":[{"body":"b"}]`, RuleExcludes, ""},
		{"mail part of nothing", sco("email-message") + `,"is_multipart":true,"body_multipart":[{"content_type":"t"}]`, RuleExactlyOne,
			"body_multipart.[0]"},
		{"traffic of nothing", sco("network-traffic") + `,"protocols":["tcp"]`, RuleAtLeastOne, ""},
		{"traffic active and ended", sco("network-traffic") + `,"protocols":["tcp"],"src_ref":` + ref("mac-addr") +
			`,"is_active":true,"end":"2020-01-01T00:00:00Z"`, RuleExcludes, ""},
		{"traffic port", sco("network-traffic") + `,"protocols":["tcp"],"src_port":65536,"src_ref":` + ref("mac-addr"), RuleRange, "src_port"},
		{"traffic ends first", sco("network-traffic") + `,"protocols":["tcp"],"src_ref":` + ref("mac-addr") +
			`,"start":"2020-01-01T00:00:00.1Z","end":"2020-01-01T00:00:00Z"`, RuleOrder, "end"},
		{"socket option", sco("network-traffic") + `,"protocols":["tcp"],"src_ref":` + ref("mac-addr") +
			`,"extensions":{"socket-ext":{"address_family":"AF_INET","options":{"FOO":1}}}`, RuleFormat,
			"extensions.socket-ext.options.FOO"},
		{"process of nothing", sco("process"), RuleAtLeastOne, ""},
		{"process of an extension", sco("process") + `,"extensions":{"windows-process-ext":{"priority":"p"}}`, ok, ""},
		{"extension of nothing", sco("process") + `,"extensions":{"windows-process-ext":{"x_foo":"p"}}`, RuleAtLeastOne,
			"extensions.windows-process-ext"},
		{"account of nothing", sco("user-account"), RuleAtLeastOne, ""},
		{"registry key of nothing", sco("windows-registry-key"), RuleAtLeastOne, ""},
		{"registry hive cut short", sco("windows-registry-key") + `,"key":"HKLM\\Software"`, RuleFormat, "key"},
		{"registry value of nothing", sco("windows-registry-key") + `,"values":[{"x_foo":1}]`, RuleAtLeastOne, "values.[0]"},
		{"certificate of nothing", sco("x509-certificate") + `,"defanged":true`, RuleAtLeastOne, ""},
		{"observable may omit spec_version", sco("mutex") + `,"name":"m"`, ok, ""},
		{"observable with labels", sco("mutex") + `,"name":"m","labels":["a"]`, RuleUnused, "labels"},
		{"observable of version 1", strings.Replace(sco("mutex"), "-4a4d-", "-1a4d-", 1) + `,"name":"m"`, RuleUUID, "id"},
		{"address prefix", sco("ipv4-addr") + `,"value":"1.2.3.4/33"`, RuleAddress, "value"},
		{"address zone", sco("ipv6-addr") + `,"value":"fe80::1%eth0"`, RuleAddress, "value"},
		{"url percent", sco("url") + `,"value":"http://a/%zz"`, RuleURL, "value"},
		{"url without scheme", sco("url") + `,"value":"//a/b"`, RuleURL, "value"},
		{"dictionary key", sco("process") + `,"environment_variables":{"A B":"c"}`, RuleDictionary, "environment_variables.A B"},
		{"dictionary empty", sco("process") + `,"environment_variables":{}`, RuleEmpty, "environment_variables"},
		{"marking of nothing", marking, RuleAtLeastOne, ""},
		{"marking without type", marking + `,"definition":{"statement":"s"}`, RuleAtLeastOne, ""},
		{"marking revoked", marking + `,"revoked":true,"definition_type":"statement","definition":{"statement":"s"}`, RuleUnknown, "revoked"},
		{"marking modified", marking + `,"modified":"2020-01-01T00:00:00.000Z","definition_type":"statement","definition":{"statement":"s"}`,
			RuleUnknown, "modified"},
		{"marking statement empty", marking + `,"definition_type":"statement","definition":{"text":"s"}`, RuleRequired, "definition"},
		{"marking of its own tlp", marking + `,"definition_type":"tlp","definition":{"tlp":"red"}`, RuleTLP, "definition"},
		{"marking tlp red", strings.Replace(marking, "marking-definition"+sampleUUID, tlp1IDs["red"], 1) +
			`,"definition_type":"tlp","definition":{"tlp":"red"}`, RuleDeprecated, "definition"},
		{"marking tlp 2", marking + `,"extensions":{"` + tlp2Extension + `":{"extension_type":"property-extension","tlp_2_0":"white"}}`,
			RuleTLP, "extensions." + tlp2Extension},
		{"marking itself", marking + `,"definition_type":"statement","definition":{"statement":"s"},"object_marking_refs":[` +
			ref("marking-definition") + `]`, RuleCircular, "object_marking_refs.[0]"},
		{"language of nothing", head("language-content") + `,"object_ref":` + ref("tool") + `,"contents":{}`, RuleEmpty, "contents"},
		{"language key", head("language-content") + `,"object_ref":` + ref("tool") + `,"contents":{"1":{"name":"n"}}`, RuleLanguage,
			"contents.1"},
		{"language property", head("language-content") + `,"object_ref":` + ref("tool") + `,"contents":{"sq":{"Na":"n"}}`,
			RulePropertyName, "contents.sq.Na"},
		{"language with lang", head("language-content") + `,"lang":"en","object_ref":` + ref("tool") + `,"contents":{"sq":{"name":"n"}}`,
			RuleUnused, "lang"},
		{"extension properties of the wrong kind", extdef + `,"extension_types":["new-sdo"],"extension_properties":["rank"]`, RuleDepends,
			"extension_properties"},
		{"extension definition with extensions", extdef + `,"extension_types":["new-sdo"],"extensions":{"a":{"b":1}}`, RuleUnused,
			"extensions"},
		{"extension definition anonymous", strings.Replace(extdef, `,"created_by_ref":"identity`+sampleUUID+`"`, "", 1) +
			`,"extension_types":["new-sdo"]`, RuleRequired, ""},
		{"custom object", head("x-thing") + `,"foo":1`, RuleCustomType, "type"},
		{"custom object announced", head("x-thing") + `,"foo":1,"extensions":{"extension-definition` + sampleUUID +
			`":{"extension_type":"new-sdo"}}`, ok, ""},
		{"custom object malformed", strings.ReplaceAll(head("x-thing"), "x-thing", "x_Thing"), RuleTypeName, "type"},
		{"custom object of another id", strings.Replace(head("x-thing"), `"x-thing--`, `"x-other--`, 1), RuleIDType, "id"},
		{"custom object with bad created", strings.Replace(head("x-thing"), `"created":"2020-01`, `"created":"2020-13`, 1),
			RuleTimestamp, "created"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := mustParse(t, "{"+tt.object+"}").Check()
			if tt.want == ok {
				if len(r.Findings) != 0 || r.Outcome != Valid || r.Err() != nil {
					t.Errorf("got %v, want no finding", r.Findings)
				}
				return
			}
			i := slices.IndexFunc(r.Findings, func(f Finding) bool { return f.Rule == tt.want && f.Path == tt.path })
			if i < 0 {
				t.Fatalf("got %v, want %s at %q", r.Findings, tt.want, tt.path)
			}
			wantError := !strings.HasPrefix(string(tt.want), "best-")
			if (r.Findings[i].Severity == Error) != wantError || (r.Err() != nil) != (r.Outcome == Invalid) ||
				wantError && r.Outcome != Invalid {
				t.Errorf("severity of %v, outcome %v", r.Findings[i], r.Outcome)
			}
		})
	}
}

func TestPatternHook(t *testing.T) {
	p := Parser{Pattern: func(s string) error { return fmt.Errorf("no %s", s) }}
	o := mustParse(t, "{"+head("indicator")+`,"pattern":"[x","pattern_type":"stix","valid_from":"2020-01-01T00:00:00Z"}`)
	if r := p.Check(o); r.Outcome != Invalid || r.Findings[0].Rule != RulePattern || r.Findings[0].Path != "pattern" {
		t.Errorf("got %v", r)
	}
	o, _ = o.Edit(SetText("pattern_type", "yara"))
	if r := p.Check(o); r.Outcome != Valid {
		t.Errorf("a yara rule was read as a STIX pattern: %v", r)
	}
}

func TestReportIsBounded(t *testing.T) {
	var b strings.Builder
	for i := range 50000 {
		fmt.Fprintf(&b, `,"X%d":null`, i)
	}
	r := mustParse(t, "{"+head("identity")+b.String()+"}").Check()
	if len(r.Findings) > maxFindings+1 {
		t.Errorf("%d findings", len(r.Findings))
	}
}

func TestQuietGivesErrorsOnly(t *testing.T) {
	p := Parser{Quiet: true}
	o := mustParse(t, "{"+head("identity")+`,"name":"n","foo":1,"identity_class":"X"}`)
	if r := p.Check(o); r.Outcome != Valid {
		t.Errorf("got %v", r)
	}
}

// TestCheckIsBounded checks objects that make naive look-ups quadratic.
func TestCheckIsBounded(t *testing.T) {
	var names, selectors, container strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&names, `,"x_%d":1`, i)
		fmt.Fprintf(&selectors, `"no_%d",`, i)
		fmt.Fprintf(&container, `,"%d":{"type":"process","parent_ref":"no"}`, i)
	}
	for _, text := range []string{
		"{" + head("identity") + `,"name":"n"` + names.String() + `,"granular_markings":[{"lang":"en","selectors":[` +
			selectors.String() + `"name"]}]}`,
		"{" + head("observed-data") + `,"first_observed":"2020-01-01T00:00:00Z","last_observed":"2020-01-01T00:00:00Z",` +
			`"number_observed":1,"objects":{"x":{"type":"url","value":"a:b"}` + container.String() + "}}",
	} {
		r := mustParse(t, text).Check()
		if !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Rule == RuleSize }) || r.Outcome != Invalid {
			t.Errorf("%d findings, none of %s", len(r.Findings), RuleSize)
		}
	}
}
