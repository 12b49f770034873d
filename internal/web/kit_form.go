package web

import (
	"slices"
	"strings"
)

// FormView frames a form. The browser's own checks stay off: errors are said
// once, by the server, in the reader's language, and nothing typed is lost.
type FormView struct {
	ID        string
	Action    string
	Get       bool
	Multipart bool          // the form carries files
	Errors    []FieldError  // the summary above the form
	Hidden    []HiddenField // for example the version read, for conflicts
	Draft     string        // POST address that keeps a draft; empty keeps none
	SavedAt   string        // RFC 3339 time of the draft the server holds
	DeviceOff bool          // never keep the draft on the device: classified content
	Guard     bool          // ask before leaving with unsaved changes
}

// HiddenField is a value sent along.
type HiddenField struct{ Name, Value string }

// FieldError is one broken rule; Name is the field's name in the form.
type FieldError struct{ Name, Text string }

// FieldView is one question. The zero values of the optional parts show nothing.
type FieldView struct {
	Name         string
	Label        string
	Hint         string // how to answer
	Why          string // why it is asked
	Law          string // "Art. 23(4)(a)": by which law
	Required     bool
	Optional     bool // say "optional" (when most others are required)
	Value        string
	Error        string
	Type         string // of an input: "text" when empty, "email", "password", "tel", "url", "search", "number"
	Autocomplete string // HTML autofill token
	InputMode    string
	Placeholder  string
	Rows         int    // of a text area
	MaxLength    int    // zero has no limit
	Suggest      string // address answering ?q= with suggestions; works without
	Mono         bool
	Short        bool // a short answer: a narrow field
	Disabled     bool
	NoDraft      bool // never kept in a draft
	Accept       string
	Multiple     bool // several files
}

// OptionView is one answer of a choice.
type OptionView struct {
	Value    string
	Text     string
	Hint     string
	Selected bool
	Group    string // of a select: options of one group stand together
}

// MomentView is a moment with how exactly it is known.
type MomentView struct {
	FieldView
	Date       string       // "2026-11-14"
	Clock      string       // "02:40"
	Zone       string       // shown after the clock: "Tirana"
	Precisions []OptionView // "to the minute", "about", "that day", "unknown"
}

// SaveView is the bar at the foot of a long form.
type SaveView struct {
	Buttons []ButtonView
	Saved   string // "saved on device and at the authority, 02:47"
	Tone    Tone
}

// FilterView is a row of filters above a list; it works as a plain GET form.
type FilterView struct {
	Action  string
	Label   string
	Search  FieldView // Name empty shows no search field
	Selects []FilterSelect
	Active  []Link // each removes one filter
	Clear   string // address without filters
}

// FilterSelect is one choice of a FilterView.
type FilterSelect struct {
	Name    string
	Label   string
	Options []OptionView
}

// id is the HTML id of the field, linked from the error summary.
func (f FieldView) id() string { return fieldID(f.Name) }

func fieldID(name string) string {
	return "f-" + strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '-'
	}, name)
}

// describedBy lists the ids that explain the field.
func (f FieldView) describedBy() string {
	var ids []string
	if f.Error != "" {
		ids = append(ids, f.id()+"-error")
	}
	if f.Hint != "" {
		ids = append(ids, f.id()+"-hint")
	}
	if f.Why != "" || f.Law != "" {
		ids = append(ids, f.id()+"-why")
	}
	return strings.Join(ids, " ")
}

func (f FieldView) kind() string {
	if f.Type == "" {
		return "text"
	}
	return f.Type
}

// groups splits options into runs of one group, ungrouped ones first.
func groups(options []OptionView) [][]OptionView {
	var out [][]OptionView
	for _, o := range options {
		if i := slices.IndexFunc(out, func(g []OptionView) bool { return g[0].Group == o.Group }); i >= 0 {
			out[i] = append(out[i], o)
		} else {
			out = append(out, []OptionView{o})
		}
	}
	slices.SortStableFunc(out, func(a, b []OptionView) int {
		switch {
		case a[0].Group == "" && b[0].Group != "":
			return -1
		case a[0].Group != "" && b[0].Group == "":
			return 1
		}
		return 0
	})
	return out
}
