package stix

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestNewAndWriteBundle(t *testing.T) {
	now := TimestampOf(time.Date(2026, 1, 2, 3, 4, 5, 678900000, time.UTC))
	id := NewID("identity", [16]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16})
	o, err := New("identity", id, SetTime("created", now), SetTime("modified", now), SetText("name", "A \"quoted\"\nname é"),
		SetTexts("sectors", []string{"energy", "water"}), SetTexts("roles", []string(nil)))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"type":"identity","spec_version":"2.1","id":"identity--01020304-0506-4708-890a-0b0c0d0e0f10",` +
		`"created":"2026-01-02T03:04:05.678900000Z","modified":"2026-01-02T03:04:05.678900000Z",` +
		`"name":"A \"quoted\"\nname é","sectors":["energy","water"]}`
	if string(o.Raw()) != want || o.Check().Outcome != Valid || id.Version() != 4 {
		t.Errorf("got %s %v", o.Raw(), o.Check())
	}
	for n := range 3 {
		var b bytes.Buffer
		objects := slices.Repeat([]*Object{o}, n)
		if err := WriteBundle(&b, NewID("bundle", [16]byte{}), slices.Values(objects)); err != nil {
			t.Fatal(err)
		}
		d, got := NewDecoder(&b), 0
		for r, err := range d.Objects() {
			if err != nil || string(r.Raw()) != want {
				t.Errorf("read back %v %v", r, err)
			}
			got++
		}
		if r := d.Header().Check(); got != n || r.Outcome != Valid {
			t.Errorf("%d objects of %d, %v", got, n, r)
		}
	}
}

func TestHeaderCheck(t *testing.T) {
	tests := []struct {
		text string
		want Rule
		out  Outcome
	}{
		{`{"type":"bundle","id":"bundle` + sampleUUID + `"}`, "", Valid},
		{`{"objects":[{"type":"a","id":"1"}]}`, "", Valid},
		{`{"type":"bundle"}`, RuleRequired, Invalid},
		{`{"type":"bundle","id":"bundle--1"}`, RuleIdentifier, Invalid},
		{`{"type":"bundle","id":"malware` + sampleUUID + `"}`, RuleIdentifier, Invalid},
		{`{"type":"bundle","id":"bundle` + sampleUUID + `","objects":[]}`, RuleEmpty, Invalid},
		{`{"type":"bundle","id":"bundle` + sampleUUID + `","spec_version":"2.0"}`, RuleVersion, ValidWarning},
		{`{"type":"bundle","id":"bundle` + sampleUUID + `","x_a":1}`, RuleCustomProp, ValidWarning},
		{`{"type":"bundle","id":"bundle` + sampleUUID + `","A":1}`, RulePropertyName, Invalid},
	}
	for _, tt := range tests {
		d := NewDecoder(strings.NewReader(tt.text))
		for range d.Objects() {
		}
		r := d.Header().Check()
		if r.Outcome != tt.out || (tt.want == "") != (len(r.Findings) == 0) || tt.want != "" && r.Findings[0].Rule != tt.want {
			t.Errorf("%s: %v", tt.text, r)
		}
	}
}

// TestWindowOfLongText applies the limit to each object, not to the text.
func TestWindowOfLongText(t *testing.T) {
	text := []byte(`{"type":"bundle","objects":[` + strings.Repeat(`{"type":"a","id":"1"},`, 1000) + `{"type":"a","id":"long","x":"` +
		strings.Repeat("y", 200) + `"}]}`)
	d := NewTextDecoder(text)
	d.Limits.Bytes = 100
	objects := 0
	var last error
	for _, err := range d.Objects() {
		if err != nil {
			last = err
			continue
		}
		objects++
	}
	if objects != 1000 || !IsSyntax(last) || !strings.Contains(last.Error(), string(RuleSize)) {
		t.Errorf("%d objects, %v", objects, last)
	}
}

// TestHeaderIsBounded refuses a bundle whose members before the objects exceed
// the limit, which would have to be kept.
func TestHeaderIsBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"x":1`)
	for i := range 500 {
		b.WriteString(`,"x` + itoa(i) + `":"` + strings.Repeat("y", 90) + `"`)
	}
	b.WriteString(`,"objects":[]}`)
	d := NewDecoder(strings.NewReader(b.String()))
	d.Limits.Bytes = 10_000
	var last error
	for _, err := range d.Objects() {
		last = err
	}
	if last == nil || !strings.Contains(last.Error(), string(RuleSize)) {
		t.Errorf("got %v", last)
	}
}
