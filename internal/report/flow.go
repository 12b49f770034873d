package report

import (
	"strings"
	"unicode"
)

// colour is red, green, blue, 0 to 255.
type colour [3]uint8

// The printed palette: the light design tokens.
var (
	ink        = colour{0x1c, 0x1e, 0x21}
	ink2       = colour{0x4b, 0x4f, 0x56}
	ink3       = colour{0x62, 0x66, 0x6d}
	lineColour = colour{0xdc, 0xd9, 0xd0}
	lineStrong = colour{0xa9, 0xa4, 0x97}
	accent     = colour{0x0b, 0x5a, 0x8f}
	brand      = colour{0xa8, 0x12, 0x1c}
	toneColour = [...]colour{ink, {0x1e, 0x6b, 0x3c}, {0x8a, 0x5a, 0x00}, {0xa1, 0x23, 0x1a}}
	tonePaper  = [...]colour{{0xf4, 0xf3, 0xef}, {0xe1, 0xf0, 0xe6}, {0xfb, 0xf0, 0xd9}, {0xfa, 0xe5, 0xe2}}
)

func (t Tone) ink() colour {
	if t < 0 || int(t) >= len(toneColour) {
		return ink
	}
	return toneColour[t]
}

// type scale of print: size and distance between baselines, in points.
type typo struct {
	size, leading float64
	style         style
	ink           colour
}

var (
	body      = typo{10, 14.6, regular, ink}
	lead      = typo{12, 17, regular, ink}
	small     = typo{8.2, 11.4, regular, ink3}
	tableText = typo{9, 12.2, regular, ink}
	tableHead = typo{8.2, 11, strong, ink3}
	caption   = typo{9.2, 12.6, strong, ink}
	judged    = typo{13.2, 18.6, regular, ink}
)

// piece is a run of one look on one line.
type piece struct {
	x, w float64 // from the line's left edge
	text string
	t    typo
	rise float64
	href string
	span int // index of the span it came from: pieces of one link share it
}

// flowed is one set line.
type flowed struct {
	pieces []piece
	w      float64
}

// token is a word with the white space before it.
type token struct {
	text  string
	space bool
	span  int
	t     typo
	rise  float64
	href  string
}

// tokens cuts a text into words of one look each.
func tokens(text Text, t typo) []token {
	var out []token
	space := false
	for i, s := range text {
		k := t
		if s.Strong {
			k.style = strong
		} else if s.Em && k.style == regular {
			k.style = italic
		}
		href := safeHref(s.Href)
		if href != "" {
			k.ink = accent
		}
		rest := printable(s.Text)
		for rest != "" {
			cut := strings.IndexFunc(rest, breaks)
			if cut == 0 {
				space = true
				rest = strings.TrimLeftFunc(rest, breaks)
				continue
			}
			word := rest
			if cut > 0 {
				word = rest[:cut]
			}
			rest = rest[len(word):]
			out = append(out, token{text: word, space: space, span: i, t: k, href: href})
			space = false
		}
		if s.Note > 0 {
			k.size *= 0.72
			k.ink = accent
			out = append(out, token{text: decimal(s.Note), span: -1 - i, t: k, rise: t.size * 0.34, href: "#n-" + decimal(s.Note)})
		}
	}
	return out
}

// breaks reports whether a line may end at the space r.
func breaks(r rune) bool {
	return unicode.IsSpace(r) && r != '\u00a0' && r != '\u202f' && r != '\u2007'
}

// flow breaks a text into lines at most width wide. Words longer than a line
// are cut. An empty text has no lines.
func flow(text Text, t typo, width float64) []flowed {
	var lines []flowed
	var cur flowed
	end := func() {
		if n := len(cur.pieces); n > 0 {
			lines = append(lines, cur)
		}
		cur = flowed{}
	}
	add := func(tk token, s string, w float64, spaced bool) {
		gap := 0.0
		if spaced && len(cur.pieces) > 0 {
			gap = measure(" ", tk.t.style, tk.t.size)
		}
		if n := len(cur.pieces); n > 0 {
			if p := &cur.pieces[n-1]; p.span == tk.span && p.t == tk.t {
				if gap > 0 {
					p.text += " "
				}
				p.text += s
				p.w += gap + w
				cur.w += gap + w
				return
			} else if gap > 0 {
				// the space belongs to the piece before, so links stay tight
				p.text += " "
				gap = measure(" ", p.t.style, p.t.size)
				if tk.href == "" && p.href != "" {
					p.text = strings.TrimSuffix(p.text, " ")
					s, w = " "+s, w+measure(" ", tk.t.style, tk.t.size)
					gap = 0
				} else {
					p.w += gap
				}
			}
		}
		cur.pieces = append(cur.pieces, piece{x: cur.w + gap, w: w, text: s, t: tk.t, rise: tk.rise, href: tk.href, span: tk.span})
		cur.w += gap + w
	}
	toks := tokens(text, t)
	for i := 0; i < len(toks); {
		// A chain of tokens without space between them must stay together.
		j, chain := i+1, measure(toks[i].text, toks[i].t.style, toks[i].t.size)
		for j < len(toks) && !toks[j].space {
			chain += measure(toks[j].text, toks[j].t.style, toks[j].t.size)
			j++
		}
		gap := 0.0
		if toks[i].space && len(cur.pieces) > 0 {
			before := cur.pieces[len(cur.pieces)-1].t
			gap = max(measure(" ", toks[i].t.style, toks[i].t.size), measure(" ", before.style, before.size))
		}
		if len(cur.pieces) > 0 && cur.w+gap+chain > width {
			end()
		}
		for ; i < j; i++ {
			tk := toks[i]
			w := measure(tk.text, tk.t.style, tk.t.size)
			if cur.w+w <= width || chain <= width {
				add(tk, tk.text, w, tk.space)
				continue
			}
			rest := tk.text
			for rest != "" {
				head, hw := cut(rest, tk.t, width-cur.w, len(cur.pieces) == 0)
				if head == "" {
					end()
					continue
				}
				add(tk, head, hw, tk.space && len(head) < len(tk.text) && len(rest) == len(tk.text))
				if rest = rest[len(head):]; rest != "" {
					end()
				}
			}
		}
	}
	end()
	return lines
}

// cut gives the longest beginning of s that fits in room, after a mark that
// invites a break where there is one; at least one character when force.
func cut(s string, t typo, room float64, force bool) (head string, w float64) {
	limit, best := 0, 0
	sum := 0.0
	for i, r := range s {
		rw := measure(string(r), t.style, t.size)
		if sum+rw > room && !(force && i == 0) {
			break
		}
		sum += rw
		limit = i + len(string(r))
		if strings.ContainsRune("-/_.:@–—", r) {
			best = limit
		}
	}
	if limit < len(s) && best > limit*2/5 {
		limit = best
	}
	return s[:limit], measure(s[:limit], t.style, t.size)
}

func decimal(n int) string {
	if n < 0 {
		return "-" + decimal(-n)
	}
	if n < 10 {
		return string(rune('0' + n))
	}
	return decimal(n/10) + decimal(n%10)
}
