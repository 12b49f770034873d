package stix

import (
	"slices"
	"testing"
)

func TestReferences(t *testing.T) {
	o := mustParse(t, `{"type":"x-a","id":"x-a--1","created_by_ref":"identity--1","object_refs":["a--1","b--2",3],"x_ref":5,`+
		`"objects":{"0":{"src_ref":"1"}},"body_multipart":[{"body_raw_ref":"file--1"}],"note":"c--3",`+
		`"extensions":{"archive-ext":{"contains_refs":["file--2"]}},"granular_markings":[{"marking_ref":"m--1","selectors":["id"]}]}`)
	var got []string
	for place, id := range o.References() {
		got = append(got, place+" "+string(id))
	}
	want := []string{"created_by_ref identity--1", "object_refs.[0] a--1", "object_refs.[1] b--2", "body_multipart.[0].body_raw_ref file--1",
		"extensions.archive-ext.contains_refs.[0] file--2", "granular_markings.[0].marking_ref m--1"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	for range o.References() {
		break
	}
	if g := o.Granular(); len(g) != 1 || g[0].Marking != "m--1" || !slices.Equal(g[0].Selectors, []string{"id"}) {
		t.Errorf("granular %v", g)
	}
}

func TestCovers(t *testing.T) {
	for _, tt := range []struct {
		selector, place string
		want            bool
	}{
		{"labels", "labels", true}, {"labels", "labels.[0]", true}, {"labels.[0]", "labels", false}, {"label", "labels", false},
		{"labels.[1]", "labels.[10]", false}, {"external_references.[0]", "external_references.[0].url", true}, {"", "labels", false},
	} {
		if got := Covers(tt.selector, tt.place); got != tt.want {
			t.Errorf("Covers(%q, %q) = %v", tt.selector, tt.place, got)
		}
	}
}
