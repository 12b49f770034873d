package pattern

import (
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
)

// regex is a compiled MATCHES constant. The engine is Go's: it runs in time
// linear in the text, for every expression.
type regex struct {
	re   *regexp.Regexp
	size int // instructions
}

// regexFault is why an expression is refused.
type regexFault struct{ key, text string }

// match searches the text and charges the run what the search may cost.
func (x *regex) match(r *run, s string) bool {
	r.spend((int64(len(s)) + 1) * int64(x.size) >> 3)
	return !r.broke && x.re.MatchString(s)
}

// compileRegex reads a PCRE expression as far as it is regular. The meaning is
// PCRE's with DOTALL, without UCP: where Go reads the same letters differently
// (\s, \h, \v, \R, \Z, $ before a final line feed) they are translated, and
// what cannot be had without backtracking is refused by name.
func compileRegex(src string, lim Limits) (*regex, *regexFault) {
	if len(src) > lim.RegexBytes {
		return nil, &regexFault{"limit.regex",
			"the regular expression is longer than " + strconv.Itoa(lim.RegexBytes) + " bytes"}
	}
	text, fault := translateRegex(nfc(src))
	if fault != nil {
		return nil, fault
	}
	tree, err := syntax.Parse(text, syntax.Perl|syntax.DotNL)
	if err != nil {
		return nil, &regexFault{"regex.syntax", "not a regular expression: " + strings.TrimPrefix(err.Error(),
			"error parsing regexp: ")}
	}
	if !dollars(tree, true) {
		return nil, &regexFault{"regex.dollar",
			"$ stands where something follows it; only a line feed could, and this engine cannot look ahead"}
	}
	prog, err := syntax.Compile(tree.Simplify())
	if err != nil || len(prog.Inst) > lim.RegexSize {
		return nil, &regexFault{"limit.regex-size",
			"the regular expression is too large: at most " + strconv.Itoa(lim.RegexSize) + " instructions"}
	}
	re, err := regexp.Compile(tree.String())
	if err != nil {
		return nil, &regexFault{"regex.syntax", "not a regular expression: " + err.Error()}
	}
	return &regex{re, len(prog.Inst)}, nil
}

// dollars rewrites each $ into \n?\z, PCRE's meaning of it, and says whether
// each stands at an end of the expression, where that is the same.
func dollars(re *syntax.Regexp, end bool) bool {
	switch re.Op {
	case syntax.OpEndText:
		if re.Flags&syntax.WasDollar == 0 {
			return true
		}
		lf := &syntax.Regexp{Op: syntax.OpLiteral, Rune: []rune{'\n'}}
		*re = syntax.Regexp{Op: syntax.OpConcat, Sub: []*syntax.Regexp{
			{Op: syntax.OpQuest, Sub: []*syntax.Regexp{lf}}, {Op: syntax.OpEndText}}}
		return end
	case syntax.OpConcat:
		for i := len(re.Sub) - 1; i >= 0; i-- {
			if !dollars(re.Sub[i], end) {
				return false
			}
			end = end && emptyWidth(re.Sub[i])
		}
		return true
	case syntax.OpAlternate, syntax.OpCapture, syntax.OpQuest:
	default:
		end = false
	}
	for _, s := range re.Sub {
		if !dollars(s, end) {
			return false
		}
	}
	return true
}

// emptyWidth says whether re can only match the empty text at the very end.
func emptyWidth(re *syntax.Regexp) bool {
	return re.Op == syntax.OpEmptyMatch || re.Op == syntax.OpEndText
}

const (
	horizontal = `\t \x{a0}\x{1680}\x{180e}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}`
	vertical   = `\n\v\f\r\x{85}\x{2028}\x{2029}`
	space      = `\t\n\v\f\r `
	notSpace   = `\x00-\x08\x0e-\x1f\x21-\x{10ffff}`
)

// translateRegex rewrites escapes that Go reads differently and finds what it
// cannot do.
func translateRegex(s string) (string, *regexFault) {
	refuse := func(key, what string) (string, *regexFault) {
		return "", &regexFault{"regex." + key, what + " needs a backtracking engine and is not supported"}
	}
	groups := strings.Count(s, "(")
	var b strings.Builder
	class := false
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\\' && i+1 < len(s):
			i++
			out, what := escapeRegex(s, &i, class, groups)
			if what != "" {
				return refuse(what, "\\"+s[i:i+1]+" ("+what+")")
			}
			b.WriteString(out)
			continue
		case class:
			if c == '[' && i+1 < len(s) && s[i+1] == ':' {
				if k := strings.Index(s[i:], ":]"); k > 0 {
					b.WriteString(s[i : i+k+2])
					i += k + 1
					continue
				}
			}
			class = c != ']'
		case c == '[':
			class = true
			b.WriteByte(c)
			if i+1 < len(s) && s[i+1] == '^' {
				i++
				b.WriteByte('^')
			}
			if i+1 < len(s) && s[i+1] == ']' { // a ] that stands first is itself
				i++
				b.WriteString(`\]`)
			}
			continue
		case c == '(':
			if key, what := groupKind(s[i:]); key != "" {
				return refuse(key, what)
			}
		case c == '+' && i > 0 && possessive(s, i):
			return refuse("possessive", "the possessive quantifier "+s[i-1:i+1])
		}
		b.WriteByte(c)
	}
	return b.String(), nil
}

// escapeRegex translates the escape whose letter stands at s[*i]; what names a
// construct that is refused.
func escapeRegex(s string, i *int, class bool, groups int) (out, what string) {
	wrap := func(set string) string {
		if class {
			return set
		}
		return "[" + set + "]"
	}
	switch c := s[*i]; c {
	case 's':
		return wrap(space), ""
	case 'S':
		return wrap(notSpace), ""
	case 'h':
		return wrap(horizontal), ""
	case 'v':
		return wrap(vertical), ""
	case 'e':
		return `\x1b`, ""
	case 'H', 'V', 'N':
		if !class {
			return map[byte]string{'H': "[^" + horizontal + "]", 'V': "[^" + vertical + "]", 'N': `[^\n]`}[c], ""
		}
	case 'R':
		if !class {
			return "(?:\\r\\n|[" + vertical + "])", ""
		}
	case 'Z':
		if !class {
			return `(?-m:$)`, ""
		}
	case 'Q':
		end := strings.Index(s[*i:], `\E`)
		lit := s[*i+1:]
		if end >= 0 {
			lit = s[*i+1 : *i+end]
			*i += end + 1
		} else {
			*i = len(s) - 1
		}
		return regexp.QuoteMeta(lit), ""
	case 'E':
		return "", ""
	case 'K':
		return "", "match-reset"
	case 'G':
		return "", "start-anchor"
	case 'X':
		return "", "grapheme"
	case 'k', 'g':
		return "", "back-reference"
	case '1', '2', '3', '4', '5', '6', '7', '8', '9':
		if class {
			break
		}
		end := *i
		for end < len(s) && digit(s[end]) && end < *i+3 {
			end++
		}
		n, _ := strconv.Atoi(s[*i:end])
		if n < 10 || n <= groups {
			return "", "back-reference"
		}
	}
	return `\` + s[*i:*i+1], ""
}

// groupKind names a group that is refused.
func groupKind(s string) (key, what string) {
	for _, g := range []struct{ open, key, what string }{
		{"(?=", "look-ahead", "a look-ahead (?=…)"},
		{"(?!", "look-ahead", "a negative look-ahead (?!…)"},
		{"(?<=", "look-behind", "a look-behind (?<=…)"},
		{"(?<!", "look-behind", "a negative look-behind (?<!…)"},
		{"(?>", "atomic", "an atomic group (?>…)"},
		{"(?|", "branch-reset", "a branch reset (?|…)"},
		{"(?(", "conditional", "a conditional group (?(…)"},
		{"(?R", "recursion", "a recursion (?R)"},
		{"(?&", "recursion", "a recursion (?&…)"},
		{"(?P>", "recursion", "a recursion (?P>…)"},
		{"(?P=", "back-reference", "a back-reference (?P=…)"},
		{"(?C", "callout", "a callout (?C…)"},
		{"(*", "verb", "a backtracking verb (*…)"},
		{"(?#", "comment", "a comment (?#…)"},
		{"(?x", "extended", "the extended syntax (?x)"},
	} {
		if strings.HasPrefix(s, g.open) {
			return g.key, g.what
		}
	}
	if len(s) > 2 && s[1] == '?' && (digit(s[2]) || s[2] == '+' || s[2] == '-' && len(s) > 3 && digit(s[3])) {
		return "recursion", "a recursion (?…)"
	}
	return "", ""
}

// possessive says whether the + at i follows a quantifier.
func possessive(s string, i int) bool {
	q := s[i-1]
	if q != '+' && q != '*' && q != '?' && q != '}' {
		return false
	}
	slashes := 0
	for k := i - 2; k >= 0 && s[k] == '\\'; k-- {
		slashes++
	}
	if slashes%2 == 1 {
		return false // the quantifier letter is escaped: a literal
	}
	if q == '}' {
		k := strings.LastIndexByte(s[:i-1], '{')
		return k > 0 && strings.Trim(s[k+1:i-1], "0123456789,") == "" && k+1 < i-1 && digit(s[k+1])
	}
	return i > 1 // a quantifier needs something in front of it
}
