package stix

import "strings"

// Rules of meaning. Each names one demand of the specification; Finding tells
// the section. Rules that start with "best-" are recommendations.
const (
	RuleNotObject    Rule = "not-object"         // an element of a bundle that is no JSON object
	RuleHeader       Rule = "header"             // no usable type or id: not a STIX object at all
	RuleRequired     Rule = "required"           // 3.1: required property missing
	RuleType         Rule = "value-type"         // 2: wrong JSON type for the property
	RuleEmpty        Rule = "empty"              // 2.3, 2.12: empty list or dictionary
	RuleNull         Rule = "null"               // no STIX data type is null
	RuleTypeName     Rule = "type-name"          // 3.1: malformed type name
	RuleVersion      Rule = "spec-version"       // 3.2: spec_version must be 2.1
	RuleIdentifier   Rule = "identifier"         // 2.9: malformed identifier
	RuleIDType       Rule = "identifier-type"    // 2.9: id of another type than the object
	RuleReference    Rule = "reference-type"     // reference to a type the property does not allow
	RuleLocal        Rule = "reference-local"    // 2.13: no such object in the container
	RuleTimestamp    Rule = "timestamp"          // 2.16: malformed timestamp
	RulePrecision    Rule = "timestamp-millis"   // 3.2: created and modified need milliseconds
	RuleInteger      Rule = "integer-range"      // 2.10: beyond 54 bits
	RuleRange        Rule = "range"              // outside the property's range
	RuleFloat        Rule = "float-range"        // 2.6: beyond IEEE 754
	RuleEnum         Rule = "enumeration"        // 2.4: not a value of the enumeration
	RuleHex          Rule = "hex"                // 2.8
	RuleBinary       Rule = "binary"             // 2.1
	RuleHash         Rule = "hash"               // 2.7: malformed hash value
	RuleDictionary   Rule = "dictionary-key"     // 2.3, 2.7: malformed key
	RulePropertyName Rule = "property-name"      // 3.1: malformed property name
	RuleReserved     Rule = "reserved-name"      // 3.8
	RuleUnknown      Rule = "not-applicable"     // a common property this type must not have
	RuleAtLeastOne   Rule = "at-least-one"       // none of a group is present
	RuleExactlyOne   Rule = "exactly-one"        // none or several of a group are present
	RuleDepends      Rule = "depends"            // a property demands another
	RuleExcludes     Rule = "excludes"           // a property forbids another
	RuleOrder        Rule = "order"              // the end lies before the beginning
	RuleSelector     Rule = "selector"           // 7.2.3.1: selects nothing, or malformed
	RuleCircular     Rule = "marking-circular"   // 7.2.1: a marking that marks itself
	RuleTLP          Rule = "tlp"                // 7.2.1.4: not one of the fixed TLP markings
	RuleLanguage     Rule = "language"           // RFC 5646
	RuleExtension    Rule = "extension"          // 7.3: extension without or with a wrong extension_type
	RuleHost         Rule = "extension-host"     // 3.10: predefined extension on another type
	RuleSuffix       Rule = "name-suffix"        // 3.1: _hex, _bin, _ref, _refs
	RuleAddress      Rule = "address"            // 6.8, 6.9, 6.10: malformed address
	RuleURL          Rule = "url"                // 2.5, 6.15: malformed URL
	RulePattern      Rule = "pattern"            // 9: the caller's pattern checker refuses it
	RuleFormat       Rule = "format"             // other formats: domain name, e-mail address, socket option
	RuleVocabulary   Rule = "best-vocabulary"    // 2.14: not a suggested value
	RuleWord         Rule = "best-word"          // 2.14, 2.11: capitals, blanks or underscores in a term
	RuleCustomProp   Rule = "best-custom"        // 11.1: custom property; an extension is preferred
	RulePrefix       Rule = "best-prefix"        // 11.1: custom property without x_
	RuleCustomType   Rule = "best-custom-type"   // 11.2: custom object without an extension
	RuleCustomExt    Rule = "best-extension-key" // 3.2: key neither an extension id nor a predefined name
	RuleUUID         Rule = "best-uuid"          // 2.9: UUID version other than recommended, or capitals
	RuleDeprecated   Rule = "best-deprecated"    // property or object type marked as deprecated
	RuleRelationship Rule = "best-relationship"  // 3.7, 5.1: not a relationship the text defines
	RuleUnused       Rule = "best-not-used"      // 3.2: common property the type does not use
	RuleHashName     Rule = "best-hash"          // 2.7: hash name outside the vocabulary
)

// Severity weighs a finding.
type Severity uint8

// The severities. An object with an Error is invalid; Warnings do not change
// that it may be used.
const (
	Warning Severity = iota + 1
	Error
)

// String gives "warning" or "error".
func (s Severity) String() string {
	if s == Error {
		return "error"
	}
	return "warning"
}

// Outcome sums up a Report.
type Outcome uint8

// The outcomes of a check.
const (
	Valid        Outcome = iota + 1 // no finding
	ValidWarning                    // warnings only
	Invalid                         // at least one error
)

// String gives "valid", "warning" or "invalid".
func (o Outcome) String() string {
	switch o {
	case Valid:
		return "valid"
	case ValidWarning:
		return "warning"
	case Invalid:
		return "invalid"
	}
	return "unknown"
}

// Finding is one broken rule at one place.
type Finding struct {
	Severity Severity
	Rule     Rule
	Path     string // selector of the place as in 7.2.3.1, "" for the object itself
	Section  string // of the STIX 2.1 text
	Detail   string // what stands there, or what is missing
}

// String gives the finding on one line: severity, path, detail, rule, section.
func (f Finding) String() string {
	var b strings.Builder
	b.WriteString(f.Severity.String() + ": ")
	if f.Path != "" {
		b.WriteString(f.Path + ": ")
	}
	b.WriteString(f.Detail + " [" + string(f.Rule))
	if f.Section != "" {
		b.WriteString(", section " + f.Section)
	}
	b.WriteString("]")
	return b.String()
}

// Report is what a check found. The zero Report has no outcome.
type Report struct {
	Outcome  Outcome
	Findings []Finding // errors and warnings in document order, nil if none
}

// Err gives nil unless the outcome is Invalid, then the first error as an
// error value.
func (r Report) Err() error {
	for _, f := range r.Findings {
		if f.Severity == Error {
			return &ValueError{Rule: f.Rule, Path: f.Path, Text: f.Detail}
		}
	}
	return nil
}

// ValueError says which rule a value breaks and where.
type ValueError struct {
	Rule Rule
	Path string
	Text string
}

// Error gives rule, place and value on one line.
func (e *ValueError) Error() string {
	s := "stix: "
	if e.Path != "" {
		s += e.Path + ": "
	}
	return s + e.Text + " [" + string(e.Rule) + "]"
}
