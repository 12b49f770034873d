package stix

// TLP is a label of the Traffic Light Protocol in its second version.
type TLP uint8

// The labels of TLP 2.0 from least to most restrictive. TLPUnknown is no
// label; it is not the same as Clear.
const (
	TLPUnknown TLP = iota
	TLPClear
	TLPGreen
	TLPAmber
	TLPAmberStrict
	TLPRed
)

const tlp2Extension = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"

var tlpLabels = [...]struct{ name, value, id, id1 string }{
	TLPClear: {"TLP:CLEAR", "clear", "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
		"marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"},
	TLPGreen: {"TLP:GREEN", "green", "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
		"marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da"},
	TLPAmber: {"TLP:AMBER", "amber", "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
		"marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"},
	TLPAmberStrict: {"TLP:AMBER+STRICT", "amber+strict", "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003", ""},
	TLPRed: {"TLP:RED", "red", "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
		"marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"},
}

// tlp1IDs are the fixed TLP 1 markings of section 7.2.1.4 by their value.
var tlp1IDs = map[string]string{
	"white": tlpLabels[TLPClear].id1, "green": tlpLabels[TLPGreen].id1,
	"amber": tlpLabels[TLPAmber].id1, "red": tlpLabels[TLPRed].id1,
}

// String gives the label as it is written on a page, for example
// "TLP:AMBER+STRICT"; "" for TLPUnknown.
func (t TLP) String() string {
	if int(t) >= len(tlpLabels) {
		return ""
	}
	return tlpLabels[t].name
}

// ID gives the fixed identifier of the label's TLP 2.0 marking definition, ""
// for TLPUnknown.
func (t TLP) ID() ID {
	if int(t) >= len(tlpLabels) {
		return ""
	}
	return ID(tlpLabels[t].id)
}

// Object gives the label's TLP 2.0 marking definition, the same bytes every
// time; nil for TLPUnknown.
func (t TLP) Object() *Object {
	if t == TLPUnknown || int(t) >= len(tlpLabels) {
		return nil
	}
	l := tlpLabels[t]
	o, err := Parse([]byte(`{"type":"marking-definition","spec_version":"2.1","id":"` + l.id +
		`","created":"2022-10-01T00:00:00.000Z","name":"` + l.name + `","extensions":{"` + tlp2Extension +
		`":{"extension_type":"property-extension","tlp_2_0":"` + l.value + `"}}}`))
	if err != nil {
		panic(err) // unreachable: the text is constant and tested
	}
	return o
}

// TLPOf gives the label a marking definition's identifier stands for. The
// fixed identifiers of TLP 2.0 and of TLP 1 (white reads as clear) are known
// without the object, as bundles may refer to them without carrying them.
func TLPOf(marking ID) TLP {
	for t := TLPClear; t <= TLPRed; t++ {
		if l := tlpLabels[t]; string(marking) == l.id || string(marking) == l.id1 {
			return t
		}
	}
	return TLPUnknown
}

// ParseTLP reads a label in any usual spelling: "TLP:AMBER+STRICT", "amber",
// "white"; case and the prefix do not matter.
func ParseTLP(label string) TLP {
	b := make([]byte, 0, 20)
	for i := range len(label) {
		if c := label[i]; c != ' ' && len(b) < 20 {
			b = append(b, c|0x20)
		}
	}
	s := string(b)
	if len(s) > 4 && s[:4] == "tlp:" {
		s = s[4:]
	}
	if s == "white" {
		return TLPClear
	}
	for t := TLPClear; t <= TLPRed; t++ {
		if v := tlpLabels[t].value; s == v || len(v) > 5 && len(s) == len(v) && s[:5] == "amber" && s[6:] == "strict" {
			return t
		}
	}
	return TLPUnknown
}
