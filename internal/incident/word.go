package incident

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"kulla.dev/internal/db"
)

// Limits of what is searched by word.
const (
	maxWords   = 40 // of one incident
	maxAsked   = 6  // of one search
	maxLetters = 24 // of one word
	maxMatches = 5000
)

// searchWords splits a text into words to search by: without accents, lower
// case, Latin letters and digits only, two or more.
func searchWords(text string, limit int) []string {
	var out []string
	seen := map[string]bool{}
	var b strings.Builder
	end := func() {
		w := b.String()
		b.Reset()
		if len(w) > maxLetters {
			w = w[:maxLetters]
		}
		if len(w) >= 2 && !seen[w] && len(out) < limit {
			seen[w] = true
			out = append(out, w)
		}
	}
	for _, r := range norm.NFD.String(strings.ToLower(text)) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case unicode.Is(unicode.Mn, r):
		default:
			end()
		}
	}
	end()
	return out
}

// digits writes a word as two digits for each letter, so that every collation
// of every engine orders words and their beginnings alike.
func digits(word string) string {
	b := make([]byte, 0, 2*len(word))
	for i := range len(word) {
		n := word[i] - '0'
		if word[i] >= 'a' {
			n = word[i] - 'a' + 10
		}
		b = append(b, '1'+n/10, '0'+n%10)
	}
	return string(b)
}

// writeWords indexes the words of an incident, when they changed.
func writeWords(tx *db.Tx, s *state) error {
	text := findText(s.Name, s.Title)
	if text == s.indexed {
		return nil
	}
	if s.indexed != "" {
		if _, err := tx.Exec(`DELETE FROM incident_word WHERE incident_id = ?`, string(s.ID)); err != nil {
			return err
		}
	}
	s.indexed = text
	words := searchWords(text, maxWords)
	if len(words) == 0 {
		return nil
	}
	var args []any
	for _, w := range words {
		args = append(args, digits(w), string(s.ID))
	}
	_, err := tx.Exec(`INSERT INTO incident_word (word, incident_id) VALUES `+strings.TrimSuffix(strings.Repeat("(?, ?),", len(words)), ","), args...)
	return err
}

// wordCondition lets through the incidents that have a word beginning with
// each word asked for. Of a single word the newest maxMatches are looked at.
func wordCondition(text string) (string, []any) {
	words := searchWords(text, maxAsked)
	if len(words) == 0 {
		return "1 = 0", nil
	}
	var parts []string
	var args []any
	for _, w := range words {
		limit := ""
		if len(words) == 1 {
			limit = " ORDER BY word DESC, incident_id DESC LIMIT ?"
		}
		parts = append(parts, "i.id IN (SELECT incident_id FROM incident_word WHERE word >= ? AND word < ?"+limit+")")
		args = append(args, digits(w), digits(w)+"99")
		if limit != "" {
			args = append(args, maxMatches)
		}
	}
	return strings.Join(parts, " AND "), args
}
