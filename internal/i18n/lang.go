package i18n

import (
	"embed"
	"io/fs"
	"slices"
	"sync"

	"golang.org/x/text/language"
)

// Lang is a language the desk speaks: the name of its folder under text/, a
// BCP 47 tag such as "sq" or "en".
type Lang string

// The two languages every release carries. Others are found by their folder.
const (
	English  Lang = "en"
	Albanian Lang = "sq"
)

//go:embed text
var files embed.FS

// embedded is the catalogue built into the program. A broken file is caught by
// this package's tests; at run time its keys show as missing.
var embedded = sync.OnceValue(func() *Catalogue {
	sub, err := fs.Sub(files, "text")
	if err != nil {
		return &Catalogue{} // unreachable: the folder is embedded above
	}
	c, _ := Load(sub)
	return c
})

// Embedded gives the catalogue built into the program.
func Embedded() *Catalogue { return embedded() }

// T says the message of the key in the language, from the embedded catalogue.
// It never panics: see [Catalogue.T].
func T(l Lang, key string, args ...any) string { return embedded().T(l, key, args...) }

// Languages lists the languages of the embedded catalogue, sorted by tag.
func Languages() []Lang { return slices.Clone(embedded().order) }

// T says the message of the key in the language.
func (l Lang) T(key string, args ...any) string { return embedded().T(l, key, args...) }

// Known says whether the embedded catalogue has the language.
func (l Lang) Known() bool { return embedded().books[l] != nil }

func (l Lang) book() *book { return embedded().book(l) }

// Match chooses the language for a reader: the first of wanted that the desk
// speaks (a cookie or a person's setting), else the best match of the browser's
// Accept-Language header, else fallback.
func Match(acceptLanguage string, fallback Lang, wanted ...Lang) Lang {
	c := embedded()
	for _, w := range wanted {
		if c.books[w] != nil {
			return w
		}
	}
	asked, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil || len(asked) == 0 || len(c.order) == 0 {
		return fallback
	}
	tags := make([]language.Tag, len(c.order))
	for i, l := range c.order {
		tags[i] = c.books[l].tag
	}
	_, i, sure := language.NewMatcher(tags).Match(asked...)
	if sure == language.No {
		return fallback
	}
	return c.order[i]
}
