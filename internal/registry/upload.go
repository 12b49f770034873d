package registry

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"kulla.dev/internal/fault"
)

// The most an upload may hold. What is larger is refused before it is read.
const (
	maxUpload   = 64 << 20  // bytes of the file
	maxUnpacked = 256 << 20 // bytes of an XLSX once unpacked
	maxParts    = 2000      // files within an XLSX
	maxRows     = 200_000
	maxColumns  = 200
	maxCell     = 16 << 10 // bytes of one cell
)

// sheet is an upload as text: a header and rows, with the line of each.
type sheet struct {
	header   []string
	rows     [][]string
	lines    []int
	encoding string // what the bytes were read as
}

func badFile(key string, args ...any) error {
	var f fault.Fields
	f.Add("file", key, args...)
	return f.Err()
}

// readSheet reads CSV or XLSX, told apart by content.
func readSheet(data []byte) (sheet, error) {
	switch {
	case len(data) > maxUpload:
		return sheet{}, badFile("registry.import.large", maxUpload>>20)
	case len(bytes.TrimSpace(data)) == 0:
		return sheet{}, badFile("registry.import.empty")
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return readXLSX(data)
	case bytes.HasPrefix(data, []byte("\xd0\xcf\x11\xe0")):
		return sheet{}, badFile("registry.import.old-excel")
	case bytes.HasPrefix(data, []byte("%PDF")):
		return sheet{}, badFile("registry.import.format")
	}
	return readCSV(data)
}

// decodeText gives the text of a CSV file and what it was read as. Without a
// byte order mark and not UTF-8 it is one of the two Windows pages of the
// region: 1250 and 1252 agree on the letters of Albanian and differ on those of
// its neighbours, so the letters decide; where neither fits it says so.
func decodeText(data []byte) (text, name string, err error) {
	utf16 := func(e unicode.Endianness) (string, string, error) {
		b, err := unicode.UTF16(e, unicode.UseBOM).NewDecoder().Bytes(data)
		if err != nil || bytes.ContainsRune(b, utf8.RuneError) {
			return "", "", badFile("registry.import.encoding")
		}
		return string(b), "UTF-16", nil
	}
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		if data = data[3:]; !utf8.Valid(data) {
			return "", "", badFile("registry.import.encoding")
		}
		return string(data), "UTF-8", nil
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		return utf16(unicode.LittleEndian)
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		return utf16(unicode.BigEndian)
	case bytes.IndexByte(data, 0) >= 0:
		return "", "", badFile("registry.import.encoding") // UTF-16 without its mark, or no text at all
	case utf8.Valid(data):
		return string(data), "UTF-8", nil
	}
	page, name := charmap.Windows1252, "Windows-1252"
	if east := count(data, "\xe8\xc8\xe6\xc6\xf0\xd0\x9d\x8d\x9f\x8f\xb3\xa3\xb9\xa5\xea\xca\xf8\xd8\xec\xcc"); east > 0 {
		// č ć đ and their like in 1250; è æ ð and their like in 1252
		if west := count(data, "\xe0\xc0\xf9\xd9\xf2\xd2\xfb\xdb\xf1\xd1\xef\xcf"); west > 0 {
			return "", "", badFile("registry.import.encoding") // à ù ò ñ ï beside them: nobody can tell
		}
		page, name = charmap.Windows1250, "Windows-1250"
	}
	b, err := encodingOf(page).Bytes(data)
	if err != nil || bytes.ContainsRune(b, utf8.RuneError) || bytes.ContainsFunc(b, func(r rune) bool { return r >= 0x80 && r < 0xa0 }) {
		return "", "", badFile("registry.import.encoding")
	}
	return string(b), name, nil
}

func encodingOf(m *charmap.Charmap) *encoding.Decoder { return m.NewDecoder() }

func count(data []byte, set string) (n int) {
	for _, b := range data {
		if b >= 0x80 && strings.IndexByte(set, b) >= 0 {
			n++
		}
	}
	return n
}

func readCSV(data []byte) (sheet, error) {
	text, name, err := decodeText(data)
	if err != nil {
		return sheet{}, err
	}
	if err := longField(text); err != nil {
		return sheet{}, err
	}
	first, _, _ := strings.Cut(text, "\n")
	c := csv.NewReader(strings.NewReader(text))
	c.FieldsPerRecord, c.Comma = -1, ','
	for _, sep := range ";\t" {
		if strings.Count(first, string(sep)) > strings.Count(first, string(c.Comma)) {
			c.Comma = sep
		}
	}
	s := sheet{encoding: name}
	for {
		row, err := c.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if e, ok := errors.AsType[*csv.ParseError](err); ok {
			return sheet{}, badFile("registry.import.quotes", e.Line)
		}
		if err != nil {
			return sheet{}, badFile("registry.import.format")
		}
		line, _ := c.FieldPos(0)
		if err := s.add(row, line); err != nil {
			return sheet{}, err
		}
	}
	return s.whole()
}

// longField refuses a quoted field without end before the reader collects it.
func longField(text string) error {
	quoted, began, line, beganAt := false, 0, 1, 1
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			if quoted = !quoted; quoted {
				began, beganAt = i, line
			}
		case '\n':
			line++
		}
		if quoted && i-began > maxUpload/8 {
			return badFile("registry.import.quotes", beganAt)
		}
	}
	return nil
}

// add takes one row; the first that says anything is the header.
func (s *sheet) add(row []string, line int) error {
	blank := true
	for i := range row {
		row[i] = restore(strings.TrimSpace(row[i]))
		blank = blank && row[i] == ""
	}
	if blank {
		return nil
	}
	if len(row) > maxColumns {
		for len(row) > maxColumns && row[len(row)-1] == "" {
			row = row[:len(row)-1]
		}
		if len(row) > maxColumns {
			return badFile("registry.import.columns", maxColumns)
		}
	}
	if s.header == nil {
		s.header = row
		return nil
	}
	if len(s.rows) == maxRows {
		return badFile("registry.import.rows", maxRows)
	}
	s.rows, s.lines = append(s.rows, row), append(s.lines, line)
	return nil
}

func (s *sheet) whole() (sheet, error) {
	if s.header == nil {
		return *s, badFile("registry.import.empty")
	}
	seen := map[string]bool{}
	for i, h := range s.header {
		h = strings.ToLower(strings.Join(strings.Fields(h), "_"))
		if h != "" && seen[h] {
			return *s, badFile("registry.import.column-twice", short(h))
		}
		seen[h], s.header[i] = true, h
	}
	return *s, nil
}

// readXLSX reads the first sheet with anything in it. Formulas are not
// computed: what the file shows for them is taken as text.
func readXLSX(data []byte) (sheet, error) {
	if err := bomb(data); err != nil {
		return sheet{}, err
	}
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{RawCellValue: true, UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: maxUnpacked})
	if err != nil {
		return sheet{}, badFile("registry.import.format")
	}
	defer f.Close()
	for _, name := range f.GetSheetList() {
		s := sheet{encoding: "XLSX"}
		rows, err := f.Rows(name)
		if err != nil {
			continue // a sheet of charts
		}
		line := 0
		for rows.Next() {
			if line++; line > maxRows+100 {
				rows.Close()
				return sheet{}, badFile("registry.import.rows", maxRows)
			}
			row, err := rows.Columns()
			if err == nil {
				err = s.add(row, line)
			}
			if err != nil {
				rows.Close()
				if fault.Is(err, fault.Invalid) {
					return sheet{}, err
				}
				return sheet{}, badFile("registry.import.format")
			}
		}
		bad := rows.Error()
		rows.Close()
		if bad != nil {
			return sheet{}, badFile("registry.import.format")
		}
		if s.header != nil {
			return s.whole()
		}
	}
	return sheet{}, badFile("registry.import.empty")
}

// bomb unpacks every part of a zip file to nowhere and refuses one that is
// larger than it may be, whatever its directory claims.
func bomb(data []byte) error {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return badFile("registry.import.format")
	}
	if len(z.File) > maxParts {
		return badFile("registry.import.bomb", maxUnpacked>>20)
	}
	left := int64(maxUnpacked)
	for _, part := range z.File {
		r, err := part.Open()
		if err != nil {
			return badFile("registry.import.format")
		}
		n, err := io.Copy(io.Discard, io.LimitReader(r, left+1))
		r.Close()
		if left -= n; left < 0 {
			return badFile("registry.import.bomb", maxUnpacked>>20)
		}
		if err != nil {
			return badFile("registry.import.format")
		}
	}
	return nil
}

// neutral makes a cell that a spreadsheet would take for a formula a text: an
// apostrophe before it. restore undoes exactly that.
func neutral(s string) string {
	if formula(strings.TrimLeft(s, "'")) {
		return "'" + s
	}
	return s
}

func restore(s string) string {
	if strings.HasPrefix(s, "'") && formula(strings.TrimLeft(s, "'")) {
		return s[1:]
	}
	return s
}

func formula(s string) bool { return s != "" && strings.IndexByte("=+-@\t\r", s[0]) >= 0 }

// letter names a column as spreadsheets do: A, B, … AA.
func letter(i int) string {
	if i >= 26 {
		return letter(i/26-1) + string(rune('A'+i%26))
	}
	return string(rune('A' + i))
}

// where names a column for a message: its header, or its letter.
func (s *sheet) where(i int) string {
	if i < len(s.header) && s.header[i] != "" {
		return s.header[i]
	}
	return letter(i) + " (" + strconv.Itoa(i+1) + ")"
}
