package stix_test

import (
	"fmt"
	"strings"

	"kulla.dev/stix"
)

const indicator = `{
  "type": "indicator",
  "spec_version": "2.1",
  "id": "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
  "created": "2016-04-06T20:03:48.000Z",
  "modified": "2016-04-06T20:03:48.1234567890Z",
  "pattern": "[ipv4-addr:value = '198.51.100.3']",
  "pattern_type": "stix",
  "valid_from": "2016-01-01T00:00:00Z",
  "x_score": 12345678901234567890
}`

func Example() {
	bundle := `{"type":"bundle","id":"bundle--5d0092c5-5f74-4287-9642-33f4c354e56d","objects":[` + indicator + `]}`
	d := stix.NewDecoder(strings.NewReader(bundle))
	for o, err := range d.Objects() {
		if err != nil {
			fmt.Println("refused:", err)
			continue
		}
		fmt.Println(o.Type(), o.Modified(), o.Get("x_score").Number())
		for _, f := range d.Check(o).Findings {
			fmt.Println(f)
		}
	}
	// Output:
	// indicator 2016-04-06T20:03:48.1234567890Z 12345678901234567890
	// warning: custom properties are deprecated, an extension is preferred: x_score [best-custom, section 11.1]
}

func ExampleParse() {
	_, err := stix.Parse([]byte(`{"type":"identity","id":"identity--1","name":"a","name":"b"}`))
	fmt.Println(err)
	// Output:
	// stix: byte 56: member name appears twice "name" [json-duplicate]
}

func ExampleObject_Check() {
	o, err := stix.Parse([]byte(`{"type":"malware","spec_version":"2.1","id":"malware--31b940d4-6f7f-459a-80ea-9c1f17b58abc",` +
		`"created":"2016-05-12T08:17:27Z","modified":"2016-05-12T08:17:27.000Z","is_family":true}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	r := o.Check()
	fmt.Println(r.Outcome)
	for _, f := range r.Findings {
		fmt.Println(f)
	}
	// Output:
	// invalid
	// error: created: millisecond precision is required: "2016-05-12T08:17:27Z" [timestamp-millis, section 3.2]
	// error: name is required while is_family is true [depends, section 4.11]
}

func ExampleObject_Edit() {
	o, err := stix.Parse([]byte(`{ "type":"x-note",  "id":"x-note--1", "text":"a" }`))
	if err != nil {
		fmt.Println(err)
		return
	}
	n, err := o.Edit(stix.SetText("text", "b"), stix.Set("rank", []byte("7")))
	fmt.Println(string(n.Raw()), err)
	// Output:
	// { "type":"x-note",  "id":"x-note--1", "text":"b", "rank":7 } <nil>
}

func ExampleDeterministicID() {
	v, err := stix.ParseValue([]byte(`{"value":"198.51.100.3"}`), stix.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(stix.DeterministicID("ipv4-addr", v))
	// Output:
	// ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4 <nil>
}

func ExampleConvert() {
	old, err := stix.Parse([]byte(`{"type":"indicator","id":"indicator--a932fcc6-e032-176c-126f-cb970a5a1ade",` +
		`"created":"2014-02-20T09:16:08.989Z","modified":"2014-02-20T09:16:08.989Z","labels":["malicious-activity"],` +
		`"pattern":"[url:value = 'http://x.example/']","valid_from":"2014-02-20T09:00:00Z"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := stix.Convert(old)
	fmt.Println(c.Objects[0].Get("indicator_types").Index(0).Text(), c.Notes, err)
	// Output:
	// malicious-activity [spec-version labels-to-types pattern-type] <nil>
}

func ExampleValue_Select() {
	o, err := stix.Parse([]byte(`{"type":"tool","id":"tool--1","external_references":[{"url":"https://a.example/"}]}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	v, ok := o.Value().Select("external_references.[0].url")
	fmt.Println(v.Text(), ok)
	// Output:
	// https://a.example/ true
}

func ExampleTLPOf() {
	fmt.Println(stix.TLPOf("marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"))
	fmt.Println(stix.ParseTLP("amber+strict").ID())
	// Output:
	// TLP:CLEAR
	// marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003
}
