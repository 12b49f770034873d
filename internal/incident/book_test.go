package incident

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"io"
	"runtime"
	"strings"
	"testing"

	"kulla.dev/internal/fault"
)

// formDesk reads forms without a database.
func formDesk() *Desk {
	return &Desk{Config: Config{Pack: testPack()}, facts: namedFacts(testPack())}
}

// book is the form of the pack with one part put in place of its sheet.
func book(t testing.TB, d *Desk, sheet func(io.Writer)) []byte {
	t.Helper()
	var form, out bytes.Buffer
	if err := d.WriteForm(&form, "en"); err != nil {
		t.Fatal(err)
	}
	if sheet == nil {
		return form.Bytes()
	}
	z, err := zip.NewReader(bytes.NewReader(form.Bytes()), int64(form.Len()))
	if err != nil {
		t.Fatal(err)
	}
	w := zip.NewWriter(&out)
	w.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	for _, f := range z.File {
		to, err := w.Create(f.Name)
		if err != nil {
			t.Fatal(err)
		}
		if f.Name == "xl/worksheets/sheet1.xml" {
			sheet(to)
			continue
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(to, r); err != nil {
			t.Fatal(err)
		}
		r.Close()
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

const (
	sheetHead = `<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`
	sheetTail = `</sheetData></worksheet>`
)

func bombs() map[string]func(io.Writer) {
	sheet := func(body string, n int) func(io.Writer) {
		return func(w io.Writer) {
			io.WriteString(w, sheetHead)
			for range n {
				io.WriteString(w, body)
			}
			io.WriteString(w, sheetTail)
		}
	}
	return map[string]func(io.Writer){
		"zeros": func(w io.Writer) {
			zeros := make([]byte, 1<<20)
			for range 64 {
				w.Write(zeros)
			}
		},
		"far columns":  sheet(`<row><c r="XFD1"><v>1</v></c></row>`, 1500),
		"far row":      sheet(`<row r="1048576"><c r="A1048576"><v>1</v></c></row>`, 1),
		"many cells":   sheet(`<row>`+strings.Repeat(`<c><v>1</v></c>`, 1000)+`</row>`, 500),
		"many rows":    sheet(`<row><c><v>1</v></c></row>`, 500_000),
		"other letter": sheet(`<row r="1"><c r="xfd1"><v>1</v></c></row>`, 1),
		"not closed":   func(w io.Writer) { io.WriteString(w, sheetHead+strings.Repeat("<row>", 100)) },
	}
}

func TestAWorkbookThatSwellsIsRefused(t *testing.T) {
	d := formDesk()
	if _, err := d.ReadForm(bytes.NewReader(book(t, d, nil))); err != nil {
		t.Fatalf("the empty form itself: %v", err)
	}
	for name, sheet := range bombs() {
		data := book(t, d, sheet)
		if len(data) > maxFormFile {
			t.Fatalf("%s: %d bytes are refused for their number alone", name, len(data))
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := d.ReadForm(bytes.NewReader(data))
		runtime.ReadMemStats(&after)
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v, want invalid", name, err)
		}
		if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 128 {
			t.Errorf("%s: %d MB allocated for %d kB", name, took, len(data)>>10)
		}
	}
}

func FuzzReadForm(f *testing.F) {
	d := formDesk()
	f.Add(book(f, d, nil))
	for name, sheet := range bombs() {
		if name != "zeros" && name != "many rows" && name != "many cells" { // too slow to begin from
			f.Add(book(f, d, sheet))
		}
	}
	f.Add(book(f, d, func(w io.Writer) {
		io.WriteString(w, sheetHead+`<row r="1"><c r="A1" t="inlineStr"><is><t>`+formVersion+`</t></is></c></row><row r="2"><c r="A2" t="inlineStr"><is><t>title</t></is></c><c r="D2"><f>1+1</f><v>2</v></c></row>`+sheetTail)
	}))
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Fuzz(func(t *testing.T, data []byte) {
		in, err := d.ReadForm(bytes.NewReader(data))
		if err != nil && !fault.Is(err, fault.Invalid) {
			t.Fatalf("%v", err)
		}
		if err == nil {
			var fs fault.Fields
			d.checkDraft(&fs, in.cleaned(), t0)
			if _, err := canonical(in.cleaned()); err != nil {
				t.Fatal(err)
			}
		}
	})
}
