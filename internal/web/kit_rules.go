package web

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
)

// Say gives the page's language as a function, for components that speak.
func (b Base) Say() Say { return b.L }

func itoa(n int) string { return strconv.Itoa(n) }

func orElse(s, other string) string { return cmp.Or(s, other) }

// stamp is a moment for machines.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func pressed(yes bool) string { return strconv.FormatBool(yes) }

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

// toneClass colours the edge of a card or row.
func toneClass(t Tone) string {
	if t == Neutral {
		return ""
	}
	return "tone-" + string(t)
}

// levelClass gives the colour class of a severity or heat level.
func levelClass(level int) string {
	if level < 0 {
		return "h-unknown"
	}
	return "h" + strconv.Itoa(min(level, 5))
}

// spanClass gives the width of a card in the grid of twelve.
func spanClass(span int) string {
	if span < 1 || span > 11 {
		return ""
	}
	return "span-" + strconv.Itoa(span)
}

// percentOf is a share as a progress value; a clock past its end is full.
func percentOf(share float64) string {
	if !(share > 0) { // also not a number
		return "0"
	}
	return strconv.Itoa(int(min(share, 1)*100 + 0.5))
}

func stepIcon(s StepState) string {
	if s == StepDone {
		return "good"
	}
	return string(s)
}

func clockIcon(c ClockView) string {
	if c.Used >= 1 {
		return "late"
	}
	return "due"
}

func cellClass(c ColumnView) string {
	var class []string
	if c.Num {
		class = append(class, "num")
	}
	if c.Mono {
		class = append(class, "mono")
	}
	if c.Hide {
		class = append(class, "phone-off")
	}
	return strings.Join(class, " ")
}

// attributes are the optional ones shared by inputs, areas and selects.
func (f FieldView) attributes() templ.Attributes {
	a := templ.Attributes{}
	set := func(name, value string) {
		if value != "" {
			a[name] = value
		}
	}
	set("aria-describedby", f.describedBy())
	set("autocomplete", f.Autocomplete)
	set("inputmode", f.InputMode)
	set("placeholder", f.Placeholder)
	if f.MaxLength > 0 {
		set("maxlength", strconv.Itoa(f.MaxLength))
	}
	if f.Suggest != "" {
		set("data-suggest", f.Suggest)
		a["autocomplete"] = "off"
	}
	if f.Error != "" {
		a["aria-invalid"] = "true"
	}
	if f.Required {
		a["aria-required"] = "true"
	}
	a["disabled"] = f.Disabled
	a["data-no-draft"] = f.NoDraft
	return a
}

func (v ButtonView) attributes() templ.Attributes {
	a := templ.Attributes{"type": "submit", "formnovalidate": v.NoCheck}
	for name, value := range map[string]string{"name": v.Name, "value": v.Value, "form": v.Form, "formaction": v.Action} {
		if value != "" {
			a[name] = value
		}
	}
	return a
}
