package report_test

import (
	"fmt"
	"io"
	"strings"
	"time"

	"kulla.dev/internal/report"
)

// A paper of one judgement, one sentence with its evidence, and one chart, as
// a page and as a file.
func Example() {
	words := report.Words{Contents: "Contents", Page: "Page {1} of {2}", Table: "Table", Figure: "Figure", Source: "Source", Data: "Data of this figure",
		Note: "Note", Continued: "continued", Marking: "Marking", NotMeasured: "not measured", Item: "Item", Value: "Value", Expected: "Expected",
		Lower: "Lower limit", Upper: "Upper limit", Above: "above the expected range", Decimal: ".", Group: ","}
	d := report.Doc{
		Lang: "en", Title: "The state of cybersecurity", Issuer: "National desk", Words: words,
		Marking:   report.Banner{Text: "TLP:GREEN", Class: "green"},
		Generated: time.Date(2026, 11, 24, 18, 0, 0, 0, time.UTC),
	}
	d.Add(
		report.Judgement{Text: report.Plain("No detectable change in number."), Basis: "Threat desk · moderate confidence"},
		report.Heading{Level: 1, Text: "Incidents"},
		report.Para{Text: report.Compose("Institutions reported {1} incidents, {2} a year before.", report.Ref("50", "/evidence/1"), report.Ref("49", "/evidence/2"))},
		report.Chart{Title: "Incidents by month", Plot: report.Bars{Labels: []string{"Jan", "Feb", "Mar"}, Series: []report.Series{{Values: []float64{4, 7, 5}}}}},
	)
	var page strings.Builder
	if err := report.HTML(&page, d); err != nil {
		fmt.Println(err)
	}
	fmt.Println(strings.Contains(page.String(), `<a href="/evidence/1"><strong>50</strong></a>`))
	fmt.Println(report.PDF(io.Discard, d))
	// Output:
	// true
	// <nil>
}
