package stix

import (
	"bufio"
	"os"
	"slices"
	"strings"
	"testing"
)

// allShapes gives every table by the name the reference list uses.
func allShapes() map[string]*shape {
	t := table()
	m := map[string]*shape{
		"ExternalReference": t.external, "KillChainPhase": t.phase, "GranularMarking": t.granular,
		"EmailMIMEComponent": t.mime, "statement": t.statement, "tlp": t.tlp1,
	}
	for _, sh := range t.list {
		m[sh.name] = sh
	}
	for n, sh := range t.extensions {
		m[n] = sh
	}
	sub := func(name, host, property string) {
		sh := m[host]
		m[name] = sh.props[sh.index[t.names.find(hashName([]byte(property)), []byte(property))]-1].want.sub
	}
	sub("AlternateDataStream", "ntfs-ext", "alternate_data_streams")
	sub("WindowsPEOptionalHeaderType", "windows-pebinary-ext", "optional_header")
	sub("WindowsPESection", "windows-pebinary-ext", "sections")
	sub("windows-registry-value-type", "windows-registry-key", "values")
	sub("x509-v3-extensions-type", "x509-certificate", "x509_v3_extensions")
	return m
}

// TestTablesAgainstReference compares every property, its presence and its
// being a list with the classes of the OASIS reference library
// (testdata/properties.txt). Where the specification's text and the library
// differ, the text rules; each such place is named here.
func TestTablesAgainstReference(t *testing.T) {
	differ := map[string]string{
		"incident kill_chain_phases": "4.6.1 does not list it",
		"indicator valid_from":       "the library fills it in; 4.7.1 requires it",
		"GranularMarking lang":       "the library adds it only for 2.1 parsing",
	}
	shapes := allShapes()
	f, err := os.Open("testdata/properties.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	seen := map[string][]string{}
	lines := 0
	for s := bufio.NewScanner(f); s.Scan(); lines++ {
		w := strings.Fields(s.Text())
		name, property, presence, kind := w[0], w[1], w[2], w[3]
		if name == "bundle" {
			continue
		}
		sh := shapes[name]
		if sh == nil {
			t.Errorf("no table for %s", name)
			continue
		}
		seen[name] = append(seen[name], property)
		i := slices.IndexFunc(sh.props, func(p prop) bool { return p.name == property })
		if i < 0 {
			if differ[name+" "+property] == "" {
				t.Errorf("%s has no %s", name, property)
			}
			continue
		}
		p := sh.props[i]
		if p.want.list != strings.HasPrefix(kind, "list:") {
			t.Errorf("%s.%s: list %v, reference %s", name, property, p.want.list, kind)
		}
		// The library fills in type, id and times, so it does not call them required.
		filled := slices.Contains([]string{"type", "id", "spec_version", "created", "modified"}, property)
		if p.must != (presence == "required") && !filled && differ[name+" "+property] == "" {
			t.Errorf("%s.%s: required %v, reference %s", name, property, p.must, presence)
		}
		if got, want := kindOf(p.want), strings.TrimPrefix(kind, "list:"); !sameKind(got, want) {
			t.Errorf("%s.%s: %s, reference %s", name, property, got, want)
		}
	}
	for name, sh := range shapes {
		for _, p := range sh.props {
			if !slices.Contains(seen[name], p.name) && differ[name+" "+p.name] == "" {
				t.Errorf("%s.%s is not in the reference", name, p.name)
			}
		}
	}
	if lines < 700 {
		t.Errorf("reference has only %d lines", lines)
	}
}

func kindOf(w want) string {
	return map[form]string{formText: "String", formBool: "Boolean", formInteger: "Integer", formFloat: "Float",
		formTime: "Timestamp", formMillis: "Timestamp", formOwnID: "ID", formRef: "Reference", formHex: "Hex",
		formBinary: "Binary", formDictionary: "Dictionary", formHashes: "Hashes", formOpen: "OpenVocab",
		formEnum: "Enum", formStruct: "struct", formType: "Type", formVersion: "String",
		formExtensions: "Extensions", formSelector: "Selector", formLang: "String", formContents: "Dictionary",
		formMarking: "Marking", formContainer: "Observable", formSocketOptions: "Dictionary",
		formSeconds: "Timestamp", formHeaders: "Dictionary"}[w.form]
}

func sameKind(got, want string) bool {
	switch {
	case got == "" || got == want: // formats of strings
		return got != "" || want == "String"
	case got == "struct":
		return slices.Contains([]string{"ExternalReference", "KillChainPhase", "GranularMarking", "EmailMIMEComponent",
			"AlternateDataStream", "WindowsPEOptionalHeaderType", "WindowsPESection", "WindowsRegistryValueType",
			"X509V3ExtensionsType"}, want)
	case want == "Pattern" || want == "String" && got == "OpenVocab":
		return true
	}
	return false
}

func TestTypes(t *testing.T) {
	for c, n := range map[Class]int{SDO: 19, SRO: 2, SCO: 18, Meta: 3} {
		if got := Types(c); len(got) != n {
			t.Errorf("%d types of class %s, want %d: %v", len(got), c, n, got)
		}
	}
	if ClassOf("x-mitre-tactic") != Custom || ClassOf("ipv4-addr") != SCO || ClassOf("relationship") != SRO {
		t.Error("ClassOf is wrong")
	}
	if s := table().types["x509-certificate"].section; s != "6.18" {
		t.Errorf("x509-certificate stands in section %s", s)
	}
}
