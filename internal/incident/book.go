package incident

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// Limits of a workbook handed in. The form has some hundred rows and a few
// columns; a reader of sheets makes room for every cell up to the last one, so
// that a few bytes could otherwise ask for all the memory there is.
const (
	maxBookParts  = 200
	maxBookRow    = 2000
	maxBookColumn = 52
	maxBookCells  = 40_000
)

// smallBook refuses a workbook that unpacks to more than a form can hold,
// before anything is built from it.
func smallBook(data []byte) error {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return fmt.Errorf("not a workbook: %w", err)
	}
	if len(z.File) > maxBookParts {
		return fmt.Errorf("%d parts", len(z.File))
	}
	left := int64(maxUnzipped)
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			return fmt.Errorf("part %q: %w", f.Name, err)
		}
		in := &io.LimitedReader{R: r, N: left + 1}
		err = smallPart(in)
		if err == nil {
			_, err = io.Copy(io.Discard, in)
		}
		r.Close()
		if left = in.N - 1; left < 0 {
			err = errors.New("unpacks to too much")
		}
		if err != nil {
			return fmt.Errorf("part %q: %w", f.Name, err)
		}
	}
	return nil
}

// smallPart looks at one part; what is not XML holds no cells.
func smallPart(r io.Reader) error {
	in := bufio.NewReader(r)
	if start, _ := in.Peek(4); !bytes.HasPrefix(bytes.TrimPrefix(bytes.TrimLeft(start, " \t\r\n"), []byte("\xef\xbb\xbf")), []byte("<")) {
		_, err := io.Copy(io.Discard, in)
		return err
	}
	d := xml.NewDecoder(in)
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	rows, cells := 0, 0
	for {
		t, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		e, ok := t.(xml.StartElement)
		if !ok {
			continue
		}
		switch e.Name.Local {
		case "row":
			rows++
		case "c":
			cells++
		default:
			continue
		}
		if rows > maxBookRow || cells > maxBookCells {
			return errors.New("too many cells")
		}
		for _, a := range e.Attr {
			if a.Name.Local == "r" && !near(a.Value) {
				return fmt.Errorf("cell or row %.20q is too far out", a.Value)
			}
		}
	}
}

// near says whether a row number or a cell such as "D12" lies where a form may
// have one.
func near(ref string) bool {
	column, i := 0, 0
	for i < len(ref) && i < 4 && ref[i]|0x20 >= 'a' && ref[i]|0x20 <= 'z' {
		column = column*26 + int(ref[i]|0x20-'a') + 1
		i++
	}
	if i == len(ref) {
		return column <= maxBookColumn
	}
	row, err := strconv.Atoi(ref[i:])
	return err == nil && row <= maxBookRow && column <= maxBookColumn
}
