package pattern

import (
	"strings"
	"unicode/utf8"
)

// like is a compiled LIKE constant: literal runs, % and _ (§9.6.1). There is
// no escape character.
type like struct{ pat string }

func compileLike(s string) *like { return &like{nfc(s)} }

// match says whether the whole text fits. It never looks back beyond the last
// %, so the work is at most text times pattern; it is charged to the run.
func (l *like) match(r *run, s string) bool {
	pat := l.pat
	if strings.IndexByte(pat, '%') >= 0 {
		r.spend(int64(len(s)) * int64(len(pat)) >> 5)
		if r.broke {
			return false
		}
	}
	i, j := 0, 0
	mark, back := -1, 0 // behind the last %, and where its run ends so far
	for i < len(s) {
		if j < len(pat) {
			switch c := pat[j]; {
			case c == '%':
				j++
				mark, back = j, i
				continue
			case c == '_':
				_, n := utf8.DecodeRuneInString(s[i:])
				i += n
				j++
				continue
			case c == s[i]:
				i++
				j++
				continue
			}
		}
		if mark < 0 {
			return false
		}
		_, n := utf8.DecodeRuneInString(s[back:])
		back += n
		i, j = back, mark
	}
	for j < len(pat) && pat[j] == '%' {
		j++
	}
	return j == len(pat)
}
