package marking

import (
	"strings"

	"kulla.dev/internal/fault"
)

// TLP is a label of the Traffic Light Protocol 2.0 (FIRST, August 2022), in
// the order of restriction. TLPNone limits nothing: it stands on what carries
// another marking instead.
type TLP uint8

// The labels, from no label to the most restrictive.
const (
	TLPNone        TLP = iota
	TLPClear           // no limit
	TLPGreen           // the community, not the public
	TLPAmber           // the recipient's organisation and its clients
	TLPAmberStrict     // the recipient's organisation only
	TLPRed             // individual recipients only
)

var tlpNames = [...]string{"", "CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"}

// String gives the label as it must be written, for example
// "TLP:AMBER+STRICT"; empty for TLPNone.
func (t TLP) String() string {
	if t == TLPNone || int(t) >= len(tlpNames) {
		return ""
	}
	return "TLP:" + tlpNames[t]
}

// ParseTLP reads a label as other systems write it: with or without "TLP:",
// in any case, and WHITE as the old name of CLEAR. Labels of extensions that
// are not part of TLP 2.0 (ex:chr, unclear and any other) are refused.
func ParseTLP(s string) (TLP, error) {
	w := strings.ToUpper(strings.TrimSpace(s))
	w = strings.TrimPrefix(w, "TLP:")
	switch w {
	case "WHITE":
		return TLPClear, nil
	case "":
		return TLPNone, fault.New(fault.Invalid, "marking.tlp.unknown", s)
	}
	for i, name := range tlpNames {
		if name == w {
			return TLP(i), nil
		}
	}
	return TLPNone, fault.New(fault.Invalid, "marking.tlp.unknown", s)
}

// Colour gives the label's colour on black as #RRGGBB (TLP 2.0).
func (t TLP) Colour() string {
	switch t {
	case TLPRed:
		return "#FF2B2B"
	case TLPAmber, TLPAmberStrict:
		return "#FFC000"
	case TLPGreen:
		return "#33FF00"
	case TLPClear:
		return "#FFFFFF"
	case TLPNone:
	}
	return ""
}

// PAP is a label of the Permissible Actions Protocol, in the order of
// restriction. It governs acts, not readers. PAPNone limits nothing.
type PAP uint8

// The labels, from no label to the most restrictive.
const (
	PAPNone  PAP = iota
	PAPClear     // no limit
	PAPGreen     // active, not destructive: query, block
	PAPAmber     // passive cross-check; no contact with the source's infrastructure
	PAPRed       // only what cannot be detected, on one's own infrastructure
)

var papNames = [...]string{"", "CLEAR", "GREEN", "AMBER", "RED"}

// String gives the label, for example "PAP:AMBER"; empty for PAPNone.
func (p PAP) String() string {
	if p == PAPNone || int(p) >= len(papNames) {
		return ""
	}
	return "PAP:" + papNames[p]
}

// ParsePAP reads a label with or without "PAP:", in any case, WHITE as CLEAR.
func ParsePAP(s string) (PAP, error) {
	w := strings.ToUpper(strings.TrimSpace(s))
	w = strings.TrimPrefix(w, "PAP:")
	if w == "WHITE" {
		return PAPClear, nil
	}
	for i, name := range papNames {
		if i > 0 && name == w {
			return PAP(i), nil
		}
	}
	return PAPNone, fault.New(fault.Invalid, "marking.pap.unknown", s)
}

// Act is something one may want to do with an indicator, from the least to
// the most visible to the adversary.
type Act uint8

// The acts that PAP tells apart.
const (
	ActUnknown Act = iota // never allowed
	ActHidden             // undetectable, on own infrastructure: search own logs
	ActPassive            // look up in third-party services
	ActActive             // query or block the adversary's infrastructure
	ActAny                // anything lawful
)

// Allows says whether the label permits the act.
func (p PAP) Allows(a Act) bool {
	most := ActUnknown
	switch p {
	case PAPNone, PAPClear:
		most = ActAny
	case PAPGreen:
		most = ActActive
	case PAPAmber:
		most = ActPassive
	case PAPRed:
		most = ActHidden
	}
	return a != ActUnknown && a <= most
}
