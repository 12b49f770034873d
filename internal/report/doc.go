// Package report turns a document of headings, paragraphs, tables, charts and
// lists into accessible HTML, SVG and tagged PDF. It is pure: no database, no
// clock, no network, no file system.
//
// # The document
//
// A room that briefs someone builds a [Doc]: its title, its marking, the time
// its figures were known at, and a slice of [Block] values. All text is
// already in the reader's language and every number is already formatted by
// the caller; report adds only the few words in [Words], which the caller
// fills from the message catalogue.
//
//	d := report.Doc{Lang: "en", Title: "The state of cybersecurity", Marking: banner, Words: words, …}
//	d.Add(
//		report.Judgement{Text: report.Plain("No detectable change in number."), Basis: "Threat desk · moderate confidence"},
//		report.Heading{Level: 1, Text: "Incidents"},
//		report.Para{Text: report.Compose("Institutions reported {1} incidents, {2} a year before.",
//			report.Ref("50", "/evidence/1"), report.Ref("49", "/evidence/2"))},
//		report.Chart{Title: "Incidents by week", Plot: report.Lines{…}},
//		report.Table{…},
//	)
//	err := report.HTML(w, d) // a fragment for the page
//	err = report.PDF(w, d)   // a tagged, paginated file
//
// A card on a page that has its own title and marking takes [Fragment], a
// small line in a table cell [Spark].
//
// # What is always true
//
//   - The same Doc gives the same bytes, in HTML, SVG and PDF: nothing here
//     reads a clock, a map order or the environment. [Doc.Generated] is the
//     date written into the PDF.
//   - HTML and SVG carry no inline style and no script, only classes; [CSS]
//     gives the classes their look from the design tokens, so a Content
//     Security Policy without 'unsafe-inline' holds.
//   - All text is escaped. An href is kept only when it is relative or has
//     the scheme http, https or mailto; any other is dropped, the text stays.
//   - The marking stands at the top and foot of every PDF page, right aligned
//     and 12 points or more, and is an artifact there: a screen reader hears
//     it once, at the beginning of the document.
//   - Every chart has a title, a description and, unless it says otherwise,
//     its data as a table; colour is always doubled by shape, pattern or
//     word; bars begin at zero; what was not measured is never drawn as zero.
//   - Characters that a printed page cannot show (controls, emoji, scripts
//     outside the embedded faces) become a visible box, never a failure.
//
// # Layout of the package
//
// block.go and chart.go hold the types, html.go and svg.go the page, scene.go
// the drawing both media share, pdf.go and its neighbours the printed paper:
// font.go measures and sanitises, flow.go breaks lines, page.go places
// blocks, tag.go adds the structure tree and writes the file.
package report
