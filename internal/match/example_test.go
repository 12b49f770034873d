package match_test

import (
	"fmt"
	"log"
	"time"

	"kulla.dev/internal/match"
	"kulla.dev/stix/pattern"
)

// A feed with three columns is matched against two patterns; a hit on a public
// resolver says so.
func Example() {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	x := match.New(match.Options{})
	for _, p := range []match.Pattern{
		{ID: "indicator--1", Text: "[ipv4-addr:value ISSUBSET '198.51.100.0/24']", Expires: now.AddDate(0, 1, 0)},
		{ID: "indicator--2", Text: "[network-traffic:dst_ref.value = '8.8.8.8' AND network-traffic:dst_port = 53]"},
	} {
		if err := x.Add(p); err != nil {
			log.Fatal(err)
		}
	}
	lists, err := match.NewLists(match.List{Name: "Public DNS resolvers", Kind: match.ListCIDR,
		Entries: []string{"8.8.8.8/32"}})
	if err != nil {
		log.Fatal(err)
	}
	x.SetLists(lists)

	feed, err := match.NewColumns(
		match.Column{Path: "ipv4-addr:value"},
		match.Column{Path: "network-traffic:dst_ref.value"},
		match.Column{Path: "network-traffic:dst_port"})
	if err != nil {
		log.Fatal(err)
	}
	for i, row := range [][]pattern.Value{
		{pattern.Text("198.51.100.7"), pattern.Text("203.0.113.9"), pattern.Whole(443)},
		{pattern.Text("10.0.0.1"), pattern.Text("8.8.8.8"), pattern.Whole(53)},
		{pattern.Text("10.0.0.1"), pattern.Text("203.0.113.9"), pattern.Whole(443)},
	} {
		e := feed.Event(fmt.Sprintf("event-%d", i), now, row...)
		for _, h := range x.Match(&e, now).Hits {
			fmt.Println(e.ID, h.ID, h.Evidence)
			for _, w := range h.Warnings {
				fmt.Printf("  %s is on %q: %s\n", w.Value, w.List, w.Entry)
			}
		}
	}
	// Output:
	// event-0 indicator--1 [{ipv4-addr:value 198.51.100.7}]
	// event-1 indicator--2 [{network-traffic:dst_port 53} {network-traffic:dst_ref.value 8.8.8.8}]
	//   8.8.8.8 is on "Public DNS resolvers": 8.8.8.8/32
}
