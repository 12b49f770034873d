package stix

import (
	"slices"
	"strings"
	"testing"
)

const observed20 = `{"type":"observed-data","id":"observed-data--b67d30ff-02ac-498a-92f9-32f845f448cf",` +
	`"created":"2016-04-06T19:58:16.000Z","modified":"2016-04-06T19:58:16.000Z","first_observed":"2015-12-21T19:00:00Z",` +
	`"last_observed":"2015-12-21T19:00:00Z","number_observed":50,` +
	`"object_marking_refs":["marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"],` +
	`"granular_markings":[{"marking_ref":"marking-definition--f88d31f6-486f-44da-b317-01333bde0b82",` +
	`"selectors":["objects.1.created","first_observed","objects.0"]}],` +
	`"objects":{"0":{"type":"ipv4-addr","value":"198.51.100.3","belongs_to_refs":["3"]},` +
	`"1":{"type":"process","pid":1,"created":"2016-01-20T14:11:25.55Z","binary_ref":"2","name":"a.exe","parent_ref":"1"},` +
	`"2":{"type":"file","name":"a.exe","extensions":{"archive-ext":{"contains_refs":["2"]}}},` +
	`"3":{"type":"autonomous-system","number":42},` +
	`"4":{"type":"network-traffic","src_ref":"0","protocols":["tcp"],"extensions":{"http-request-ext":` +
	`{"request_method":"get","request_value":"/","request_header":{"Host":"a"}}}}}}`

func TestConvertObservedData(t *testing.T) {
	o := mustParse(t, observed20)
	c, err := Convert(o)
	if err != nil {
		t.Fatal(err)
	}
	if c.Original != o || string(o.Raw()) != observed20 || len(c.Objects) != 6 {
		t.Fatalf("%d objects", len(c.Objects))
	}
	for _, n := range c.Objects {
		if r := n.Check(); r.Outcome == Invalid {
			t.Errorf("%s: %v", n.Raw(), r.Err())
		}
	}
	address, process, traffic, data := c.Objects[0], c.Objects[1], c.Objects[4], c.Objects[5]
	if address.ID() != "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4" {
		t.Errorf("address is %s", address.ID())
	}
	if process.ID().Version() != 4 || process.Get("parent_ref").Text() != string(process.ID()) ||
		process.Get("image_ref").Text() != string(c.Objects[2].ID()) || process.Get("created_time").Text() == "" ||
		process.Get("x_stix20_name").Text() != "a.exe" || process.Get("created").Exists() {
		t.Errorf("process is %s", process.Raw())
	}
	if traffic.Get("src_ref").Text() != string(address.ID()) ||
		traffic.Get("extensions").Path("http-request-ext", "request_header", "Host").Index(0).Text() != "a" {
		t.Errorf("traffic is %s", traffic.Raw())
	}
	if data.ID() != o.ID() || data.Get("object_refs").Len() != 5 || data.Get("objects").Exists() {
		t.Errorf("observed data is %s", data.Raw())
	}
	// The markings of the container protect its objects.
	red, amber := TLPRed, TLPAmber
	marks := func(o *Object) (out []TLP) {
		for m := range o.Markings() {
			out = append(out, TLPOf(m))
		}
		return out
	}
	if !slices.Equal(marks(address), []TLP{red, amber}) || !slices.Equal(marks(process), []TLP{red}) {
		t.Errorf("markings %v and %v", marks(address), marks(process))
	}
	if s := process.Get("granular_markings").Index(0).Get("selectors"); string(s.Raw()) != `["created_time"]` {
		t.Errorf("process selectors %s", s.Raw())
	}
	if s := data.Get("granular_markings").Index(0).Get("selectors"); string(s.Raw()) != `["first_observed"]` {
		t.Errorf("observed-data selectors %s", s.Raw())
	}
	again, err := Convert(o)
	if err != nil {
		t.Fatal(err)
	}
	for i := range again.Objects {
		if string(again.Objects[i].Raw()) != string(c.Objects[i].Raw()) {
			t.Errorf("converting twice differs: %s", again.Objects[i].Raw())
		}
	}
}

func TestConvertTypes(t *testing.T) {
	old := func(typ, more string) string {
		return `{"type":"` + typ + `","id":"` + typ + sampleUUID + `","created":"2016-04-06T19:58:16.000Z",` +
			`"modified":"2016-04-06T19:58:16.000Z","name":"n",` + more + `}`
	}
	tests := []struct {
		object, has string
		note        string
	}{
		{old("malware", `"labels":["trojan"]`), `"malware_types":["trojan"]`, NoteFamily},
		{old("tool", `"labels":["exploitation"],"granular_markings":[{"marking_ref":"marking-definition`+sampleUUID+
			`","selectors":["labels.[0]"]}]`), `"selectors":["tool_types.[0]"]`, NoteTypes},
		{old("report", `"labels":["campaign"],"published":"2016-04-06T19:58:16Z","object_refs":["tool`+sampleUUID+`"]`),
			`"report_types":["campaign"]`, NoteTypes},
		{old("threat-actor", `"labels":["spy"]`), `"threat_actor_types":["spy"]`, NoteTypes},
		{old("identity", `"identity_class":"group","labels":["ours"]`), `"labels":["ours"]`, NoteVersion},
	}
	for _, tt := range tests {
		c, err := Convert(mustParse(t, tt.object))
		if err != nil {
			t.Errorf("%s: %v", tt.object, err)
			continue
		}
		n := c.Objects[len(c.Objects)-1]
		if r := n.Check(); r.Outcome == Invalid || !strings.Contains(string(n.Raw()), tt.has) || !slices.Contains(c.Notes, tt.note) {
			t.Errorf("%s\nbecame %s %v %v", tt.object, n.Raw(), c.Notes, r)
		}
	}
	new21 := mustParse(t, "{"+head("malware")+`,"is_family":false}`)
	if c, err := Convert(new21); err != nil || len(c.Objects) != 1 || c.Objects[0] != new21 {
		t.Errorf("2.1 content was touched: %v %v", c, err)
	}
}

// TestConvertCircle converts a container whose objects contribute to each
// other's identifiers in a circle, which valid content cannot do.
func TestConvertCircle(t *testing.T) {
	text := strings.Replace(observed20, `["2"]}}}`, `["9"]}}},"9":{"type":"file","name":"b","extensions":{"archive-ext":{"contains_refs":["2"]}}}`, 1)
	c, err := Convert(mustParse(t, text))
	if err != nil || len(c.Objects) != 7 {
		t.Fatalf("%d objects, %v", len(c.Objects), err)
	}
	ids := map[ID]bool{}
	for _, o := range c.Objects {
		ids[o.ID()] = true
	}
	for _, o := range c.Objects[:6] {
		for _, v := range o.Value().Path("extensions", "archive-ext", "contains_refs").Elements() {
			if !ids[ID(v.Text())] {
				t.Errorf("%s refers to nothing", o.Raw())
			}
		}
	}
}

func TestConvertIsBounded(t *testing.T) {
	var refs, objects strings.Builder
	for i := range 20_000 {
		refs.WriteString(`"marking-definition--` + itoa(i) + `",`)
		objects.WriteString(`"k` + itoa(i) + `":{"type":"mutex","name":"m"},`)
	}
	text := strings.Replace(strings.Replace(observed20, `"object_marking_refs":[`, `"object_marking_refs":[`+refs.String(), 1),
		`"objects":{`, `"objects":{"x"`+":{},"+objects.String(), 1)
	if _, err := Convert(mustParse(t, text)); err == nil {
		t.Error("400 million markings were written")
	}
}
