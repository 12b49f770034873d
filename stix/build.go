package stix

import (
	"bufio"
	"io"
	"iter"
)

// NewID makes an identifier of a version 4 UUID from 16 random bytes, which
// the caller draws.
func NewID(typ string, random [16]byte) ID {
	random[6], random[8] = random[6]&0x0f|0x40, random[8]&0x3f|0x80
	return ID(typ + "--" + formatUUID(random))
}

// New makes an object of STIX 2.1 with a type, an id and the properties set by
// edits, in their order. It is not checked; Check does that.
//
//	o, err := stix.New("identity", id, stix.SetTime("created", now), stix.SetTime("modified", now),
//		stix.SetText("name", "ACME"), stix.SetTexts("sectors", []string{"energy"}))
func New(typ string, id ID, edits ...Edit) (*Object, error) {
	text := appendCanonicalText([]byte(`{"type":`), []byte(typ))
	text = append(text, `,"spec_version":"2.1","id":`...)
	text = append(appendCanonicalText(text, []byte(id)), '}')
	o, err := Parse(text)
	if err != nil {
		return nil, err
	}
	return o.Edit(edits...)
}

// SetTexts is Set with a list of strings. An empty list, which STIX forbids,
// is Drop.
func SetTexts[T ~string](name string, texts []T) Edit {
	if len(texts) == 0 {
		return Drop(name)
	}
	b := []byte{'['}
	for i, t := range texts {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendCanonicalText(b, []byte(t))
	}
	return Set(name, append(b, ']'))
}

// SetTime is Set with a timestamp; an absent one is Drop.
func SetTime(name string, t Timestamp) Edit {
	if t.IsZero() {
		return Drop(name)
	}
	return SetText(name, t.String())
}

// WriteBundle writes a bundle of STIX 2.1 with the exact bytes of the objects.
// Without objects the list is left out, as STIX forbids empty ones.
func WriteBundle(w io.Writer, id ID, objects iter.Seq[*Object]) error {
	out := bufio.NewWriterSize(w, 64<<10)
	head := appendCanonicalText([]byte(`{"type":"bundle","id":`), []byte(id))
	if _, err := out.Write(head); err != nil {
		return err
	}
	n := 0
	for o := range objects {
		sep := ",\n"
		if n == 0 {
			sep = ",\"objects\":[\n"
		}
		n++
		out.WriteString(sep) // an error stays and shows at the next Write or at Flush
		if _, err := out.Write(o.raw); err != nil {
			return err
		}
	}
	if n > 0 {
		out.WriteString("\n]")
	}
	out.WriteString("}\n")
	return out.Flush()
}

// Check tests what stands around the objects against section 8. A header that
// names no type is not a bundle and passes.
func (h Header) Check() Report {
	r := Report{Outcome: Valid}
	add := func(sev Severity, rule Rule, path, detail string) {
		r.Findings = append(r.Findings, Finding{sev, rule, path, "8", detail})
		if sev == Error {
			r.Outcome = Invalid
		} else if r.Outcome == Valid {
			r.Outcome = ValidWarning
		}
	}
	if h.Type != "bundle" {
		return r
	}
	switch {
	case h.ID == "":
		add(Error, RuleRequired, "", "required property id is missing")
	case h.ID.Type() != "bundle" || !h.ID.Valid():
		add(Error, RuleIdentifier, "id", "not the identifier of a bundle: "+string(clip([]byte(h.ID))))
	}
	if h.empty {
		add(Error, RuleEmpty, "objects", "an empty list is not allowed")
	}
	if h.SpecVersion != "" {
		add(Warning, RuleVersion, "spec_version", "a bundle of STIX 2.1 has no spec_version")
	}
	for _, m := range h.Rest {
		if !validPropertyName([]byte(m.Name)) {
			add(Error, RulePropertyName, string(clip([]byte(m.Name))), "malformed property name")
			continue
		}
		add(Warning, RuleCustomProp, m.Name, "custom properties are deprecated, an extension is preferred")
	}
	return r
}
