package report

import (
	"bytes"
	_ "embed" // the faces are part of the program
	"encoding/binary"
	"fmt"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// The three faces: Inter (SIL Open Font License 1.1, see fonts/OFL.txt) as
// TrueType, reduced to Latin, Greek, Cyrillic, punctuation and symbols, with
// tabular figures as the default figures.
var (
	//go:embed fonts/Inter-Regular.ttf
	regularTTF []byte
	//go:embed fonts/Inter-SemiBold.ttf
	strongTTF []byte
	//go:embed fonts/Inter-Italic.ttf
	italicTTF []byte
)

// style picks a face.
type style int

const (
	regular style = iota
	strong
	italic
)

// face knows the advance width of every character it can print.
type face struct {
	data  []byte
	width [1 << 16]int16 // thousandths of the size; -1 where there is no glyph
}

var faces = sync.OnceValue(func() [3]*face {
	return [3]*face{readFace(regularTTF), readFace(strongTTF), readFace(italicTTF)}
})

// readFace reads cmap format 4 and hmtx of a face this package ships; the
// tests read all three, so a malformed one cannot be released.
func readFace(data []byte) *face {
	u16 := func(b []byte, at int) int { return int(binary.BigEndian.Uint16(b[at:])) }
	u32 := func(b []byte, at int) int { return int(binary.BigEndian.Uint32(b[at:])) }
	table := map[string][]byte{}
	for i := range u16(data, 4) {
		rec := data[12+16*i:]
		table[string(rec[:4])] = data[u32(rec, 8) : u32(rec, 8)+u32(rec, 12)]
	}
	upm := u16(table["head"], 18)
	long := u16(table["hhea"], 34)
	hmtx := table["hmtx"]
	f := &face{data: data}
	for i := range f.width {
		f.width[i] = -1
	}
	cmap := table["cmap"]
	for i := range u16(cmap, 2) {
		sub := cmap[u32(cmap, 4+8*i+4):]
		if u16(sub, 0) != 4 {
			continue
		}
		n := u16(sub, 6) / 2
		ends, starts, deltas, offsets := 14, 16+2*n, 16+4*n, 16+6*n
		for s := range n {
			for c := u16(sub, starts+2*s); c <= u16(sub, ends+2*s) && c < 0xffff; c++ {
				gid := c
				if off := u16(sub, offsets+2*s); off != 0 {
					gid = u16(sub, offsets+2*s+off+2*(c-u16(sub, starts+2*s)))
				}
				gid = (gid + u16(sub, deltas+2*s)) & 0xffff
				adv := u16(hmtx, 4*min(gid, long-1))
				f.width[c] = int16((adv*1000 + upm/2) / upm)
			}
		}
	}
	return f
}

// box stands for a character the faces cannot print.
const box = '□'

// printable makes s safe and honest for the printed page: composed accents,
// white space as single spaces, invisible direction marks removed, and a box
// for every character without a glyph.
func printable(s string) string {
	plain := true
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	f := faces()
	var b strings.Builder
	for _, r := range norm.NFC.String(s) {
		switch {
		case unicode.Is(unicode.Cf, r):
			// direction marks, joiners, soft hyphens: nothing to see
		case r == '\n' || r == '\t' || r == '\r' || r == '\u2028' || r == '\u2029':
			b.WriteByte(' ')
		case r > 0xffff || f[0].width[r] < 0 || f[1].width[r] < 0 || f[2].width[r] < 0 || unicode.IsControl(r):
			b.WriteRune(box)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// measure gives the width of s at a size, in the unit of the size.
func measure(s string, st style, size float64) float64 {
	f := faces()[st]
	w := 0
	for _, r := range s {
		if r > 0xffff || f.width[r] < 0 {
			r = box
		}
		w += int(f.width[r])
	}
	return float64(w) * size / 1000
}

// fit shortens s with an ellipsis until it is at most room wide.
func fit(s string, st style, size, room float64) string {
	if s == "" || measure(s, st, size) <= room+0.01 {
		return s
	}
	room -= measure("…", st, size)
	end := 0
	for i, r := range s {
		if room -= measure(string(r), st, size); room < 0 {
			break
		}
		end = i + utf8.RuneLen(r)
	}
	return strings.TrimRight(s[:end], " .…") + "…"
}

// toUnicode maps the codes of the printed text, which are Unicode already, to
// themselves, in ranges of 256 as the format wants, for the blocks the faces
// cover.
func toUnicode() string {
	f := faces()[0]
	var ranges []string
	for hi := range 256 {
		for lo := range 256 {
			if f.width[hi<<8|lo] >= 0 {
				ranges = append(ranges, fmt.Sprintf("<%02X00> <%02XFF> <%02X00>", hi, hi, hi))
				break
			}
		}
	}
	return "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n" +
		"/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n" +
		fmt.Sprintf("%d beginbfrange\n%s\nendbfrange\n", len(ranges), strings.Join(ranges, "\n")) +
		"endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend"
}

// fontNames gives the faces their own names back, marked as subsets.
var fontNames = strings.NewReplacer("/utf8interB", "/KULLAB+Inter-SemiBold", "/utf8interI", "/KULLAC+Inter-Italic", "/utf8inter", "/KULLAA+Inter-Regular")

// repairFonts replaces what fpdf writes about fonts and validators refuse:
// one range of 65,536 codes in ToUnicode, names, the missing family.
func (a *assemble) repairFonts() {
	for n, o := range a.objects {
		switch {
		case bytes.Contains(o, []byte("/CIDInit")):
			m := toUnicode()
			a.objects[n] = fmt.Appendf(nil, "<</Length %d>>\nstream\n%s\nendstream", len(m), m)
		case bytes.HasPrefix(o, []byte("<</Type /FontDescriptor")):
			d := fontNames.Replace(string(o))
			a.objects[n] = []byte(strings.Replace(d, "<</Type /FontDescriptor", "<</Type /FontDescriptor /FontFamily (Inter)", 1))
		case bytes.HasPrefix(o, []byte("<</Type /Font")):
			a.objects[n] = []byte(fontNames.Replace(string(o)))
		}
	}
}
