package report

// Chart is a drawing of numbers with its title, its words for those who do
// not see it, and its data.
type Chart struct {
	Title  string // what the chart shows; printed above, numbered
	Desc   string // the finding in words: the alternative text; Title serves when empty
	Unit   string // of the value axis: "incidents a week"
	Plot   Plot   // how it is drawn
	Note   Text   // printed small below
	Source Text   // where the numbers come from, after the word Source
	NoData bool   // leave out the data table, when a Table beside it has the same numbers
}

// Plot is one way to draw: [Lines], [Bars], [Intervals] or [Heat].
type Plot interface {
	scene(c Chart, f frame) *scene
	table(c Chart, w Words) Table
}

// Tick is a label on the horizontal axis of Lines, under the point At.
type Tick struct {
	At   int
	Text string
}

// Series is one row of numbers. A NaN was not measured: it breaks the line
// and leaves the bar out.
type Series struct {
	Name   string
	Values []float64
}

// Band is the expected range around a middle, point by point.
type Band struct {
	Name           string // "expected range, 95 %"
	Low, Mid, High []float64
}

// Mark points at one value of the first series of Lines.
type Mark struct {
	At   int
	Text string // short; may be empty
	Tone Tone   // Bad is an alarm and drawn as a triangle, others as a ring
}

// Lines draws one to three series over equally spaced points, from a zero
// baseline, optionally within an expected band.
type Lines struct {
	Labels []string // name of each point, for the data table: "2026 week 47"
	Ticks  []Tick   // which points are named on the axis
	Series []Series
	Band   *Band
	Marks  []Mark
	Open   int // this many last points are not yet complete and drawn dashed
}

// Bars draws one bar per label, or one group of bars per label when there are
// several series. Bars always begin at zero.
type Bars struct {
	Labels     []string
	Hrefs      []string // optional: the records behind each label
	Series     []Series
	Horizontal bool       // labels at the left, for long names
	Texts      [][]string // optional: value texts by series and label; formatted axis style when absent
}

// Intervals draws estimates as dots with their intervals as whiskers, and a
// line of reference: rate ratios around 1, rates around the mean.
type Intervals struct {
	Rows    []Interval
	Ref     float64 // position of the reference line
	RefText string  // its name, "as last year"
	NoRef   bool    // draw no reference line
	Log     bool    // logarithmic axis, for ratios
}

// Interval is one estimate. A Point that is NaN is undefined and only the
// whisker is drawn; a Low or High that is infinite ends in an arrow.
type Interval struct {
	Label            string
	Point, Low, High float64
	Text             string // the numbers in words, at the right: "1.22 (0.81–1.85)"
	Href             string
	Tone             Tone
}

// Heat draws rows of cells shaded by value on a scale from zero: a heat strip
// when there is one row. A NaN is hatched: not measured.
type Heat struct {
	Columns []string // names of the columns, for the data table
	Ticks   []Tick   // which columns are named on the axis
	Rows    []Series
	Max     float64 // top of the scale; 0 takes the largest value
}
