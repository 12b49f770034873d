package report

import (
	"fmt"
	"reflect"
	"strings"
)

// Words are the few words report itself must say, in the document's language.
// Every one must be filled: an empty word is an error, not an English word in
// an Albanian paper.
type Words struct {
	Contents    string // "Contents"
	Page        string // "Page {1} of {2}"
	Table       string // "Table"
	Figure      string // "Figure"
	Source      string // "Source"
	Data        string // "Data of this figure"
	Note        string // "Note"
	Continued   string // "continued"
	Marking     string // "Marking"
	NotMeasured string // "not measured"
	Item        string // head of a chart table's first column: "Period or item"
	Value       string // "Value"
	Expected    string // "Expected"
	Lower       string // "Lower limit"
	Upper       string // "Upper limit"
	Above       string // "above the expected range"
	Decimal     string // decimal mark on axes: "." or ","
	Group       string // thousands mark on axes: "," or a no-break space
}

// check says which word is missing.
func (w Words) check() error {
	v := reflect.ValueOf(w)
	for i := range v.NumField() {
		if v.Field(i).String() == "" {
			return fmt.Errorf("report: word %s is empty", v.Type().Field(i).Name)
		}
	}
	return nil
}

func (w Words) page(n, of int) string {
	return strings.NewReplacer("{1}", fmt.Sprint(n), "{2}", fmt.Sprint(of)).Replace(w.Page)
}

// number writes x with at most places decimals, trailing zeros dropped, in
// the document's marks.
func (w Words) number(x float64, places int) string {
	s := fmt.Sprintf("%.*f", places, x)
	neg := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(s, "-")
	whole, frac, _ := strings.Cut(s, ".")
	frac = strings.TrimRight(frac, "0")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + w.Group + whole[i:]
	}
	if frac != "" {
		whole += w.Decimal + frac
	}
	if neg && strings.Trim(whole, "0"+w.Decimal) != "" {
		whole = "−" + whole
	}
	return whole
}
