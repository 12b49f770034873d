package i18n

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/text/language"
)

// Catalogue holds the messages of every language found in a folder of files.
// It is safe for concurrent use.
type Catalogue struct {
	books map[Lang]*book
	order []Lang

	mu     sync.Mutex
	missed map[string]int // "lang key" → times asked in vain
}

// missedMax bounds the number of different missing keys remembered.
const missedMax = 1000

// book is one language: its messages and the tag that picks plural rules.
type book struct {
	lang Lang
	tag  language.Tag
	text map[string]message
}

var keyShape = regexp.MustCompile(`^[a-z][a-z0-9]*(\.[a-z0-9]+(-[a-z0-9]+)*)+$`)

// Load reads every {lang}/{room}.json below fsys. The error joins everything
// wrong with the files; the catalogue holds whatever could be read.
func Load(fsys fs.FS) (*Catalogue, error) {
	c := &Catalogue{books: map[Lang]*book{}, missed: map[string]int{}}
	names, err := fs.Glob(fsys, "*/*.json")
	if err != nil {
		return c, fmt.Errorf("list languages: %w", err)
	}
	var errs []error
	for _, name := range names {
		lang := Lang(path.Dir(name))
		b := c.books[lang]
		if b == nil {
			tag, err := language.Parse(string(lang))
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: folder is not a language tag: %w", name, err))
				continue
			}
			b = &book{lang: lang, tag: tag, text: map[string]message{}}
			c.books[lang] = b
		}
		if err := b.read(fsys, name); err != nil {
			errs = append(errs, err)
		}
	}
	c.order = slices.Sorted(maps.Keys(c.books))
	return c, errors.Join(errs...)
}

// read adds one file to the book.
func (b *book) read(fsys fs.FS, name string) error {
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	var raw map[string]jsontext.Value
	if err := json.Unmarshal(data, &raw); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	prefix := strings.TrimSuffix(path.Base(name), ".json") + "."
	var errs []error
	for _, key := range slices.Sorted(maps.Keys(raw)) {
		switch {
		case !keyShape.MatchString(key):
			errs = append(errs, fmt.Errorf("%s: %q is not shaped like a key", name, key))
			continue
		case !strings.HasPrefix(key, prefix):
			errs = append(errs, fmt.Errorf("%s: key %q must begin with %q", name, key, prefix))
			continue
		}
		if _, twice := b.text[key]; twice {
			errs = append(errs, fmt.Errorf("%s: key %q stands in another file too", name, key))
		}
		m, err := parseMessage(raw[key])
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %s: %w", name, key, err))
			continue
		}
		b.text[key] = m
	}
	return errors.Join(errs...)
}

// book gives the language's book, or English, or an empty one.
func (c *Catalogue) book(l Lang) *book {
	return cmp.Or(c.books[l], c.books[English], &book{lang: l, tag: language.English})
}

// Languages lists the languages found, sorted by tag.
func (c *Catalogue) Languages() []Lang { return slices.Clone(c.order) }

// Has says whether the language has the key.
func (c *Catalogue) Has(l Lang, key string) bool {
	b := c.books[l]
	if b == nil {
		return false
	}
	_, ok := b.text[key]
	return ok
}

// T says the message of the key in the language. A key the language lacks is
// said in English, or in any other language that has it; a key nobody has
// stands as ⟦key⟧. Both are counted, see [Catalogue.Missing]. A placeholder
// without argument stays visible. T never panics.
func (c *Catalogue) T(l Lang, key string, args ...any) string {
	b := c.books[l]
	if b != nil {
		if m, ok := b.text[key]; ok {
			return b.say(m, args)
		}
	}
	c.miss(l, key)
	for _, other := range append([]Lang{English}, c.order...) {
		if o := c.books[other]; o != nil {
			if m, ok := o.text[key]; ok {
				return o.say(m, args)
			}
		}
	}
	return "⟦" + key + "⟧"
}

func (c *Catalogue) miss(l Lang, key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := string(l) + " " + key
	if _, known := c.missed[k]; !known && len(c.missed) >= missedMax || c.missed == nil {
		return
	}
	c.missed[k]++
}

// Missing gives how often each "lang key" was asked in vain since the start.
func (c *Catalogue) Missing() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.missed)
}
