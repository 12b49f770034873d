package i18n

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/collate"
	"golang.org/x/text/unicode/norm"
)

// write says one argument as the language writes it.
func (b *book) write(v any) string {
	switch v := v.(type) {
	case nil:
		return b.key("i18n.number.unknown")
	case string:
		return v
	case Key:
		return b.key(string(v))
	case time.Time:
		return b.dateTime(v)
	case Date:
		return b.date("i18n.date.long", time.Time(v))
	case time.Duration:
		return b.duration(v)
	case Percent:
		return b.percentShort(float64(v))
	case Bytes:
		return b.bytes(int64(v))
	case Fixed:
		return b.decimal(v.Value, v.Digits)
	case []string:
		return b.list(v)
	case fmt.Stringer:
		return v.String()
	case error:
		return v.Error()
	}
	rv := reflect.ValueOf(v)
	switch {
	case rv.CanInt():
		return b.integer(rv.Int(), 5)
	case rv.CanUint():
		return b.integer(int64(min(rv.Uint(), 1<<62)), 5)
	case rv.CanFloat():
		return b.decimal(rv.Float(), -1)
	case rv.Kind() == reflect.String:
		return rv.String()
	}
	return fmt.Sprint(v)
}

// percentShort keeps one decimal only where it says something: 0.385 → 38.5 %.
func (b *book) percentShort(share float64) string {
	if s := b.decimal(share*100, 1); !strings.HasSuffix(s, "0") {
		return s + nbsp + "%"
	}
	return b.percent(share, 0)
}

// List joins items as the language does: "a, b and c".
func (l Lang) List(items ...string) string { return l.book().list(items) }

func (b *book) list(items []string) string {
	switch len(items) {
	case 0:
		return ""
	case 1:
		return items[0]
	}
	last := len(items) - 1
	return b.key("i18n.list.and", strings.Join(items[:last], ", "), items[last])
}

// Sort puts texts in the language's dictionary order: in Albanian ç after c,
// dh after d, ë after e.
func (l Lang) Sort(items []string) {
	slices.SortStableFunc(items, l.Compare())
}

// Compare gives an order for slices.SortFunc. The function must not be shared
// between goroutines: ask for a new one.
func (l Lang) Compare() func(a, z string) int {
	c := collate.New(l.book().tag)
	return c.CompareString
}

// Fold makes a text comparable for search, whatever the keyboard: lower case,
// ë → e, ç → c and every other mark removed, ligatures opened, one space
// between words.
func Fold(s string) string {
	var out strings.Builder
	space := false
	for _, r := range norm.NFKD.String(s) {
		switch {
		case unicode.Is(unicode.Mn, r):
			continue
		case unicode.IsSpace(r):
			space = out.Len() > 0
			continue
		}
		if space {
			out.WriteByte(' ')
			space = false
		}
		for _, low := range lower(r) {
			out.WriteRune(low)
		}
	}
	return out.String()
}

// lower maps a letter to the letters people type for it.
func lower(r rune) string {
	switch r = unicode.ToLower(r); r {
	case 'ß':
		return "ss"
	case 'æ':
		return "ae"
	case 'œ':
		return "oe"
	case 'ø':
		return "o"
	case 'đ', 'ð':
		return "d"
	case 'ł':
		return "l"
	case 'ı':
		return "i"
	case '’', 'ʼ', '‘':
		return "'"
	}
	return string(r)
}
