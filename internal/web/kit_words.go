package web

// This file holds the plain structs the kit's components take. All texts in
// them are already in the reader's language.
//
// A page is a struct that embeds Base and a templ component that begins with
// @Layout(base) or @BareLayout(base), then @PageHead, then @Grid of @Card. The
// layouts expect these routes: POST /settings/language (lang, return),
// POST /settings/theme (theme, return), GET /search (q), GET /help/keyboard,
// and Static at /static/. A page with a KeyboardHelp dialog answers "?" in place.
//
// What static/kulla.js looks for, all optional:
//
//	form[data-draft]       FormView.Draft: POSTs the fields as they change; answer
//	                       2xx (X-Kulla-Version: the new value of the hidden field
//	                       "version"), 409 when somebody else was first
//	[data-draft-done]      on the page after a submission: forget that draft
//	form[data-guard]       FormView.Guard: ask before leaving unsaved
//	input[data-suggest]    FieldView.Suggest: GET ?q= answers
//	                       [{"value","label","note"}], at most 20 are shown
//	time[data-due]         counts down; progress[data-from][data-to] fills
//	table[data-keys]       TableView.Keys: j and k walk the rows
//	a[data-go]             NavItem.Key: g and the key go there
//	[data-dialog]          opens the <dialog> of that id, else follows its link
//	[data-copy]            copies the code block it stands in
//	details[data-closes]   closes on a click elsewhere and on Escape
//	form[data-signout]     forgets every draft kept on the device

import (
	"time"

	"github.com/a-h/templ"
)

// Tone says how a chip, flash or bar is meant. Each tone has a shape and a
// word beside its colour.
type Tone string

// The tones; the zero value is neutral.
const (
	Neutral Tone = ""
	Info    Tone = "info"
	Good    Tone = "good"
	Warn    Tone = "warn"
	Bad     Tone = "bad"
)

// HeadView is the head of a page: what stands above the title, the title, and
// the marking of the object shown. The children of PageHead are its actions.
type HeadView struct {
	Trail []Link // where the page belongs, outermost first
	Note  string // after the trail: "reported by …"
	Title string
	TLP   string // marking of the object, empty shows none
	Chips []ChipView
}

// CardView is a titled section of a page.
type CardView struct {
	ID    string // anchor; also names the section
	Title string
	Note  string // small text beside the title: unit, period, method
	Link  Link   // at the end of the header: "all 11"
	Tone  Tone   // Bad and Warn draw an edge
	Span  int    // columns taken of 12 in a Grid; zero takes all
	Level int    // heading level, 2 to 4; zero is 2
}

// JudgementView is the frame of a judgement; the sentence is the children.
type JudgementView struct {
	By         string // "Judgement by the threat desk, 21 Nov"
	Confidence string // "moderate confidence"
	Links      []Link // evidence, method
}

// ChipView is a short state in words.
type ChipView struct {
	Text string
	Tone Tone
	Href string
}

// FigureView is one number with what it needs to be understood.
type FigureView struct {
	Label    string
	Value    string
	Interval string // "95 % CI 22–56 %"
	Note     string // period, denominator
	Href     string // the records behind the number
	Tone     Tone
}

// SeverityView is a severity: level 0 to 5 with its word. Level −1 is unknown.
type SeverityView struct {
	Level int
	Word  string
	Note  string // "national score 68 of 100"
	Why   Link
}

// StepState says how an obligation stands.
type StepState string

// The states of an obligation.
const (
	StepDone   StepState = "done"
	StepLate   StepState = "late" // not done and past its deadline
	StepDue    StepState = "due"  // the next one, its clock runs
	StepOpen   StepState = "open" // not yet, or on request
	StepPaused StepState = "paused"
	StepWaived StepState = "waived" // does not apply, with its reason
)

// StepView is one obligation.
type StepView struct {
	Title    string
	State    StepState
	Word     string    // the state in words, read aloud: "done", "late"
	When     string    // "14 Nov 09:05 · 6 h 25 of 24 h"
	Deadline time.Time // counts down in place of When when scripts run; zero does not
	Href     string
	Law      string // "Art. 23(4)(b)"
}

// TimelineView is one thing that happened.
type TimelineView struct {
	Title string
	Text  string
	When  string
	At    time.Time // machine-readable moment; zero leaves it out
	Who   string
	Tone  Tone
	Href  string
	TLP   string
}

// DefinitionView is one row of a list of facts. Body wins over Value.
type DefinitionView struct {
	Term  string
	Value string
	Body  templ.Component
	Note  string
	Why   Link
}

// ClockView is a deadline with the time already used.
type ClockView struct {
	Label    string    // "Early warning"
	Text     string    // "in 42 min", "late by 1 h 10 min"
	Started  time.Time // with Deadline: scripts keep text and bar fresh
	Deadline time.Time
	Used     float64 // share of the time used, 0 to 1; past 1 is late
	Tone     Tone
}

// FlashView tells what just happened, or what is wrong.
type FlashView struct {
	Tone  Tone
	Title string
	Text  string
	Links []Link
}

// EmptyView says why there is nothing, and what one can do.
type EmptyView struct {
	Title  string
	Text   string
	Action Link
}

// ErrorView is a page or a part that could not be made.
type ErrorView struct {
	Title  string
	Text   string
	Number string // reference number for the log
	Links  []Link
}

// ColumnView is one column of a table.
type ColumnView struct {
	Title  string
	Num    bool   // numbers: right-aligned, tabular
	Mono   bool   // identifiers
	Main   bool   // the column that names the row; it heads the card on a phone
	Hide   bool   // may be left out on a phone
	Sort   string // address that sorts by this column; empty does not sort
	Sorted string // "ascending", "descending" or empty
}

// CellView is one cell; Body wins over Text.
type CellView struct {
	Text string
	Sub  string // second, smaller line
	Href string
	Body templ.Component
}

// RowView is one row.
type RowView struct {
	ID    string
	Cells []CellView
	Tone  Tone
}

// TableView is a table that becomes cards on a phone.
type TableView struct {
	Caption  string // says what the table holds
	ShowName bool   // show the caption; it is always read aloud
	Columns  []ColumnView
	Rows     []RowView
	Empty    EmptyView // shown in place of no rows
	Keys     bool      // j and k walk the rows
	Dense    bool      // stay a table on a phone and scroll inside
}

// PageView leads through a long list by its ends.
type PageView struct {
	Shown string // "1–50 of 1 204"
	First string
	Prev  string
	Next  string
}

// HeatView is a grid of levels by two axes; each cell has its number in words
// for those who do not see colour.
type HeatView struct {
	Caption string
	Columns []string
	Rows    []HeatRow
	Legend  []string // words of level 0 to 5
}

// HeatRow is one line of a HeatView.
type HeatRow struct {
	Title string
	Href  string
	Cells []HeatCell
}

// HeatCell is one cell: its level 0 to 5 and the figure shown in it.
type HeatCell struct {
	Level int
	Text  string
	Title string // whole sentence: "Energy, week 12: 3 incidents"
	Href  string
}

// DiffView shows two versions side by side.
type DiffView struct {
	Caption string
	Before  string // heading of the old side
	After   string
	Rows    []DiffRow
}

// DiffRow is one field of a DiffView. Tone: Good is added, Bad is removed, Warn
// is changed, Neutral is the same. Word says it: "changed".
type DiffRow struct {
	Field  string
	Before string
	After  string
	Tone   Tone
	Word   string
}

// CodeView is machine text, with a button to copy it.
type CodeView struct {
	Label string
	Text  string
}

// KeyView is one shortcut of the keyboard help.
type KeyView struct {
	Keys []string // pressed one after another
	Text string
}

// ConfirmView asks before an act that cannot be undone.
type ConfirmView struct {
	Title   string
	Text    string
	Facts   []DefinitionView
	Action  string            // POST address
	Hidden  map[string]string // fields sent along
	Confirm string            // the act in words: "Withdraw the report"
	Cancel  Link
	Danger  bool
}

// DisclosureView is a part that opens.
type DisclosureView struct {
	Summary string
	Note    string
	Open    bool
}

// ButtonView is a button, or a link that looks like one when Href is set.
type ButtonView struct {
	Text    string
	Href    string
	Name    string
	Value   string
	Primary bool
	Danger  bool
	Small   bool
	Form    string // id of the form it sends, when it stands outside
	Action  string // another address to send the form to
	NoCheck bool   // send without the browser's own checks: save a draft
}
