package web

import "time"

// storyMarked sets the stricter marking of one incident.
func storyMarked(b Base, tell teller) Base {
	b.Marking = Banner{Text: tell("marking-strict"), Class: "amber"}
	return b
}

// storyKeys are the shortcuts of the desk.
func storyKeys(tell teller) []KeyView {
	return []KeyView{
		{[]string{"/"}, tell("k-search")}, {[]string{"j"}, tell("k-next")}, {[]string{"k"}, tell("k-prev")},
		{[]string{"g", "i"}, tell("k-go")}, {[]string{"?"}, tell("k-help")},
	}
}

// storyList is a list with every kind of cell.
func storyList(b Base, tell teller) TableView {
	t := TableView{
		Caption: tell("s-list"), Keys: true,
		Columns: []ColumnView{
			{Title: tell("incident"), Main: true, Sort: "#", Sorted: "descending"},
			{Title: tell("institution"), Sort: "#"},
			{Title: tell("severity")},
			{Title: tell("users"), Num: true},
			{Title: tell("state")},
			{Title: tell("detected"), Hide: true},
		},
	}
	for i, who := range []string{"operator", "registry", "hospital", "port"} {
		level := 4 - i
		t.Rows = append(t.Rows, RowView{
			Tone: []Tone{Bad, Warn, Neutral, Good}[i],
			Cells: []CellView{
				{Text: "I-2026-04" + itoa(12+i), Href: "#", Sub: tell([]string{"i-title", "o-portal", "o-dispatch", "o-portal"}[i])},
				{Text: tell(who), Sub: tell([]string{"s-energy", "s-public", "s-health", "s-transport"}[i])},
				{Body: Severity(SeverityView{Level: level, Word: tell("sev" + itoa(level))})},
				{Text: b.Lang.Number(int64(1_200_000 / (1 + i*i*37)))},
				{Body: Chip(ChipView{Text: tell([]string{"is-late", "is-due", "on-request", "done"}[i]), Tone: []Tone{Bad, Warn, Neutral, Good}[i]})},
				{Body: Moment(b.Now.Add(-time.Duration(i)*31*time.Hour), b.Lang.Moment(b.Now.Add(-time.Duration(i)*31*time.Hour), b.Now))},
			},
		})
	}
	return t
}
