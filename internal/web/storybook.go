package web

import (
	"embed"
	"io/fs"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/a-h/templ"

	"kulla.dev/internal/i18n"
)

// The storybook shows the kit's components in their states, with invented
// content. It needs no database: `kulla serve -storybook` mounts it, and the
// browser tests look at it.

//go:embed storybook
var storyFiles embed.FS

// stories holds the storybook's sentences, in the format of package i18n.
var stories = sync.OnceValue(func() *i18n.Catalogue {
	sub, err := fs.Sub(storyFiles, "storybook")
	if err != nil {
		return i18n.Embedded() // unreachable: the folder is embedded above
	}
	c, _ := i18n.Load(sub)
	return c
})

// storyPages are the pages of the storybook by path.
var storyPages = map[string]func(Base, teller) templ.Component{
	"/storybook":          storySituation,
	"/storybook/incident": storyIncident,
	"/storybook/report":   storyReport,
	"/storybook/parts":    storyParts,
}

// teller says a sentence of the storybook.
type teller func(name string, args ...any) string

// StorybookHandler serves the storybook at /storybook with the shipped files.
// ?lang= and ?theme= choose; ?exercise=1 shows the exercise banner.
func StorybookHandler(now time.Time) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /static/", Static())
	mux.HandleFunc("GET /storybook/suggest", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`[{"value":"Port authority","label":"Port authority","note":"transport"},{"value":"Postal service","label":"Postal service"}]`))
	})
	mux.HandleFunc("POST /storybook/draft", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Kulla-Version", "4")
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("POST /settings/theme", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusNoContent)
	})
	for path, page := range storyPages {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			lang := i18n.Match(r.Header.Get("Accept-Language"), i18n.English, i18n.Lang(r.FormValue("lang")))
			b, tell := storyBase(lang, ParseTheme(r.FormValue("theme")), r.URL.RequestURI(), now)
			if r.FormValue("exercise") != "" {
				b.Exercise = tell("exercise")
			}
			w.Header().Set("Content-Security-Policy", PagePolicy)
			templ.Handler(page(b, tell)).ServeHTTP(w, r)
		})
	}
	return mux
}

// storyBase is a duty officer's base with a full navigation.
func storyBase(lang i18n.Lang, theme Theme, path string, now time.Time) (Base, teller) {
	tell := func(name string, args ...any) string { return stories().T(lang, "story."+name, args...) }
	item := func(name, href, count string, urgent bool, key string) NavItem {
		return NavItem{Text: tell(name), Href: href, Count: count, Urgent: urgent, Key: key}
	}
	b := Base{
		Lang: lang, Theme: theme, Path: path, Now: now, Title: tell("title"),
		Marking: Banner{Text: tell("marking"), Class: "amber"},
		Actor: &ActorView{
			Name: tell("person"), Role: tell("role"), Institution: tell("authority"), Clearance: "TLP:RED", SignOut: "/sign-out",
			Links: []Link{{tell("profile"), "#profile"}, {tell("help"), "#help"}},
		},
		Nav: []NavGroup{
			{Items: []NavItem{item("situation", "/storybook", "", false, "s")}},
			{tell("report"), []NavItem{
				item("incidents", "/storybook/incident", tell("due", 3), true, "i"),
				item("form", "/storybook/report", "", false, "r"),
				item("institutions", "#", lang.Number(214), false, ""),
			}},
			{tell("know"), []NavItem{item("actors", "#", "", false, ""), item("indicators", "#", lang.Compact(18_230), false, "")}},
			{tell("assess"), []NavItem{item("trend", "#", "", false, ""), item("risk", "#", "", false, ""), item("measures", "#", "", false, "")}},
			{tell("share"), []NavItem{item("partners", "#", "", false, ""), item("deliveries", "#", "", false, "")}},
			{tell("decide"), []NavItem{item("council", "#", "", false, ""), item("decisions", "#", tell("late", 2), true, "")}},
			{tell("title"), []NavItem{item("parts", "/storybook/parts", "", false, "p")}},
		},
	}
	return b, tell
}

// at marks the navigation item of the page.
func (b Base) at(href, title string) Base {
	b.Title = title
	for _, g := range b.Nav {
		for i := range g.Items {
			g.Items[i].Current = g.Items[i].Href == href
		}
	}
	return b
}

// storyClocks is the table of open clocks.
func storyClocks(b Base, tell teller) TableView {
	t := TableView{
		Caption: tell("clocks-caption"), Keys: true,
		Columns: []ColumnView{{Title: tell("incident"), Main: true, Mono: true}, {Title: tell("stage")}, {Title: tell("deadline")}},
		Empty:   EmptyView{Title: tell("empty"), Text: tell("empty-t")},
	}
	for _, row := range []struct {
		id, who, stage string
		left, length   time.Duration
		tone           Tone
	}{
		{"I-2026-0412", "operator", "n72", -70 * time.Minute, 72 * time.Hour, Bad},
		{"I-2026-0418", "registry", "early", 42*time.Minute + 30*time.Second, 24 * time.Hour, Bad},
		{"I-2026-0415", "hospital", "n72", 9*time.Hour + 20*time.Second, 72 * time.Hour, Warn},
		{"I-2026-0399", "port", "final", 6*24*time.Hour + time.Minute, 30 * 24 * time.Hour, Info},
	} {
		end := b.Now.Add(row.left)
		clock := ClockView{
			Text: b.Lang.Due(end, b.Now), Started: end.Add(-row.length), Deadline: end, Tone: row.tone,
			Used: 1 - float64(row.left)/float64(row.length),
		}
		tone := Neutral
		if row.left < 0 {
			tone = Bad
		}
		t.Rows = append(t.Rows, RowView{Tone: tone, Cells: []CellView{
			{Text: row.id, Href: "/storybook/incident", Sub: tell(row.who)}, {Text: tell(row.stage)}, {Body: ClockBar(clock)},
		}})
	}
	return t
}

// storyHeat is a grid with every level.
func storyHeat(tell teller) HeatView {
	h := HeatView{Caption: tell("where-note"), Legend: []string{tell("l0"), tell("l1"), tell("l2"), tell("l3"), tell("l4"), tell("l5")}}
	for w := 30; w < 48; w++ {
		h.Columns = append(h.Columns, strconv.Itoa(w))
	}
	counts := map[string]string{
		"s-public": "120143152306241327", "s-energy": "001002110031200104", "s-finance": "110200103000120010", "s-health": "000100020010001100",
		"s-transport": "000000100000000000", "s-telecom": "00101002001004a111", "s-water": "000000000100002000",
	}
	for _, name := range []string{"s-public", "s-energy", "s-finance", "s-health", "s-transport", "s-telecom", "s-water"} {
		row := HeatRow{Title: tell(name), Href: "#"}
		for i, c := range counts[name] {
			n := int(c - '0')
			if c == 'a' {
				n = 12
			}
			cell := HeatCell{Level: storyLevel(n), Title: tell("cell", tell(name), h.Columns[i], tell("count", n))}
			if n > 0 {
				cell.Text = strconv.Itoa(n)
			}
			row.Cells = append(row.Cells, cell)
		}
		h.Rows = append(h.Rows, row)
	}
	return h
}

func storyLevel(n int) int {
	switch {
	case n >= 10:
		return 5
	case n >= 5:
		return 4
	case n >= 3:
		return 3
	}
	return n
}

// storySteps are the obligations of one incident.
func storySteps(b Base, tell teller, all bool) []StepView {
	late := b.Now.Add(-70 * time.Minute)
	steps := []StepView{
		{Title: tell("detected"), State: StepDone, Word: tell("done"), When: b.Lang.Moment(b.Now.Add(-85*time.Hour), b.Now)},
		{Title: tell("early"), State: StepDone, Word: tell("done"), When: tell("used"), Href: "#", Law: tell("law")},
		{Title: tell("n72"), State: StepLate, Word: tell("is-late"), When: b.Lang.Due(late, b.Now), Deadline: late, Href: "#"},
		{Title: tell("progress"), State: StepOpen, Word: tell("is-open"), When: tell("on-request")},
		{Title: tell("final"), State: StepOpen, Word: tell("is-open"), When: b.Lang.Date(b.Now.AddDate(0, 1, 0))},
	}
	if all {
		due := b.Now.Add(9*time.Hour + time.Minute)
		steps = append(steps[:3],
			StepView{Title: tell("final"), State: StepDue, Word: tell("is-due"), When: b.Lang.Due(due, b.Now), Deadline: due},
			StepView{Title: tell("progress"), State: StepPaused, Word: tell("is-paused"), When: tell("is-paused"), Law: tell("law")},
			StepView{Title: tell("progress"), State: StepWaived, Word: tell("is-waived"), When: tell("is-waived")})
	}
	return steps
}
