package web

import (
	"encoding/json"
	"strings"
	"time"

	"kulla.dev/internal/i18n"
)

// Base is what every page knows beside its own content. A page's view struct
// embeds it; the layouts of kit_layout.templ read it.
type Base struct {
	Lang      i18n.Lang   // language of the page
	Languages []i18n.Lang // languages offered; empty means all the desk speaks
	Theme     Theme       // the reader's choice; empty follows the device
	Title     string      // page title, already in Lang, without the desk's name
	Desk      string      // the authority's own name for the desk, shown in the title
	Path      string      // path and query of this page, where language and theme return to
	Actor     *ActorView  // who is signed in; nil for a stranger
	Nav       []NavGroup  // the main navigation; empty shows none
	Search    string      // words searched for, kept in the search field
	Marking   Banner      // highest marking on the page
	Flash     []FlashView // what happened just now
	Exercise  string      // name of the exercise when the page shows exercise data; empty otherwise
	KnownAt   string      // the moment the page shows the world of; empty is now
	Now       time.Time   // the moment of rendering, in the reader's zone
}

// Say says a message: [Base.L], or a test's own. Kit components that speak take
// one; all other words reach them through their fields, already translated.
type Say func(key string, args ...any) string

// L says a message in the page's language.
func (b Base) L(key string, args ...any) string { return b.Lang.T(key, args...) }

// Theme is the reader's choice of colours.
type Theme string

// The themes; the zero value follows the device.
const (
	ThemeAuto  Theme = ""
	ThemeLight Theme = "light"
	ThemeDark  Theme = "dark"
)

// ParseTheme reads a cookie or form value; anything unknown follows the device.
func ParseTheme(s string) Theme {
	if t := Theme(s); t == ThemeLight || t == ThemeDark {
		return t
	}
	return ThemeAuto
}

// ActorView is the person signed in, as the top bar names them.
type ActorView struct {
	Name        string
	Role        string // role in the page's language
	Institution string
	Clearance   string // "TLP:RED", or the national level
	Links       []Link // of the user menu: profile, sign-ins, help
	SignOut     string // POST address
}

// NavGroup is one titled group of the navigation; the first may have no title.
type NavGroup struct {
	Title string
	Items []NavItem
}

// NavItem is one place in the navigation.
type NavItem struct {
	Text    string
	Href    string
	Count   string // "214", "3 due"; empty shows none
	Urgent  bool   // the count is about something late or due
	Current bool
	Key     string // second key of "g i"; empty has no shortcut
}

// Link is a text that leads somewhere.
type Link struct {
	Text string
	Href string
}

// Banner is a marking shown across the page. Text is the whole banner line:
// "TLP:AMBER · Authority and operators". Class colours it and is empty (amber
// text), "clear", "green", "amber" or "red"; see [TLPClass].
type Banner struct {
	Text  string
	Class string
}

// TLPClass gives the colour class of a TLP 2.0 label or a longer banner line.
func TLPClass(label string) string {
	label = strings.ToUpper(label)
	for _, c := range []string{"RED", "AMBER", "GREEN", "CLEAR"} {
		if strings.Contains(label, "TLP:"+c) {
			return strings.ToLower(c)
		}
	}
	return ""
}

// languages gives the languages to offer.
func (b Base) languages() []i18n.Lang {
	if len(b.Languages) > 0 {
		return b.Languages
	}
	return i18n.Languages()
}

// fullTitle is the document title.
func (b Base) fullTitle() string {
	desk := b.Desk
	if desk == "" {
		desk = "Kulla"
	}
	if b.Title == "" {
		return desk
	}
	return b.Title + " · " + desk
}

// now is the moment of rendering for scripts that count down.
func (b Base) now() string { return b.Now.UTC().Format(time.RFC3339) }

// scriptWords are the messages static/kulla.js says, as JSON in an attribute:
// the policy of the pages forbids inline script, and the words of the desk live
// in one place.
func (b Base) scriptWords() string {
	words := map[string]string{}
	for name, key := range map[string]string{
		"in": "kit.script.in", "late": "kit.script.late", "now": "kit.script.now",
		"day": "kit.script.day", "days": "kit.script.days", "hour": "kit.script.hour", "minute": "kit.script.minute",
		"savedBoth": "kit.script.saved-both", "savedHere": "kit.script.saved-here", "saving": "kit.script.saving",
		"conflict": "kit.script.conflict", "refused": "kit.script.refused", "restore": "kit.script.restore",
		"restoreYes": "kit.script.restore-yes", "restoreNo": "kit.script.restore-no",
		"copied": "kit.script.copied", "results": "kit.script.results", "noResults": "kit.script.no-results",
	} {
		words[name] = b.L(key)
	}
	data, err := json.Marshal(words)
	if err != nil {
		return "{}" // unreachable: a map of strings
	}
	return string(data)
}
