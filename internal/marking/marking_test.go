package marking

import (
	"strings"
	"testing"

	"kulla.dev/internal/fault"
)

// houseReader is cleared for all the marking can ask except what a test takes away.
func houseReader() Reader {
	return Reader{
		Person: "p1", Institutions: []string{"inst-1"}, Nations: []string{"XA"},
		Levels: []Level{{"xa", 3}}, TLP: TLPAmberStrict,
	}
}

func TestMayRead(t *testing.T) {
	client := houseReader()
	client.Institutions, client.ClientOf = []string{"inst-9"}, []string{"inst-1"}
	barred := houseReader()
	barred.Barred = []string{"NO-SUPERVISION"}
	public := Reader{TLP: TLPClear}
	foreign := houseReader()
	foreign.Nations = []string{"XB"}
	for _, c := range []struct {
		name string
		r    Reader
		m    string
		want Axis
	}{
		{"own level", houseReader(), "LEVEL:xa=3 TLP:GREEN", AxisNone},
		{"above own level", houseReader(), "LEVEL:xa=4", AxisLevel},
		{"level of a system not held", houseReader(), "LEVEL:nato=1", AxisLevel},
		{"red is an audience, not a level", houseReader(), "TLP:RED", AxisTLP},
		{"national only, own nation", houseReader(), "TLP:AMBER REL:XA", AxisNone},
		{"national only, foreigner", foreign, "TLP:AMBER REL:XA", AxisRel},
		{"released to the foreigner too", foreign, "TLP:AMBER REL:XA,XB", AxisNone},
		{"scope of own institution", houseReader(), "TLP:AMBER+STRICT SCOPE:inst-1", AxisNone},
		{"amber reaches clients", client, "TLP:AMBER SCOPE:inst-1", AxisNone},
		{"strict does not reach clients", client, "TLP:AMBER+STRICT SCOPE:inst-1", AxisScope},
		{"caveat bars", barred, "TLP:AMBER CAVEAT:NO-SUPERVISION", AxisCaveat},
		{"other caveat does not", barred, "TLP:AMBER CAVEAT:NO-CONTRACTOR", AxisNone},
		{"compartment not held", houseReader(), "TLP:GREEN COMP:ALPHA", AxisCompartment},
		{"named", houseReader(), "TLP:GREEN NAMED:p1,p2", AxisNone},
		{"not named", houseReader(), "TLP:GREEN NAMED:p2", AxisNamed},
		{"not on the case", houseReader(), "TLP:GREEN CASE:c1", AxisCase},
		{"public reads clear", public, "TLP:CLEAR", AxisNone},
		{"public does not read green", public, "TLP:GREEN", AxisTLP},
		{"consent is not needed to read", houseReader(), "TLP:AMBER ORCON ORIG:XB", AxisNone},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := WhyNotRead(c.r, MustParse(c.m)); got != c.want {
				t.Errorf("%s: %v, want %v", c.m, got, c.want)
			}
		})
	}
}

func TestMayRelease(t *testing.T) {
	partner := Reader{Institutions: []string{"cert-b"}, Nations: []string{"XB"}, TLP: TLPGreen}
	for _, c := range []struct {
		name string
		m    string
		have []Consent
		want Axis
	}{
		{"community to the community", "TLP:GREEN", nil, AxisNone},
		{"amber stays", "TLP:AMBER", nil, AxisTLP},
		{"consent does not open the label", "TLP:AMBER ORCON ORIG:XA", []Consent{{"XA", "XB"}}, AxisTLP},
		{"consent does not open releasability", "TLP:GREEN REL:XA ORCON ORIG:XA", []Consent{{"XA", "XB"}}, AxisRel},
		{"no consent", "TLP:GREEN ORCON ORIG:XA", nil, AxisConsent},
		{"consent to the nation", "TLP:GREEN ORCON ORIG:XA", []Consent{{"XA", "XB"}}, AxisNone},
		{"consent to the institution", "TLP:GREEN ORCON ORIG:XA", []Consent{{"XA", "cert-b"}}, AxisNone},
		{"one of two consents", "TLP:GREEN ORCON ORIG:XA,XC", []Consent{{"XA", "XB"}}, AxisConsent},
		{"back to its originator", "TLP:GREEN ORCON ORIG:XB", nil, AxisNone},
		{"consent to somebody else", "TLP:GREEN ORCON ORIG:XA", []Consent{{"XA", "XC"}}, AxisConsent},
		{"originators without orcon", "TLP:GREEN ORIG:XA", nil, AxisNone},
		{"orcon without originator", "TLP:GREEN ORCON", []Consent{{"", "XB"}}, AxisConsent},
		{"undecided", "REL:XB", nil, AxisTLP},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := WhyNotRelease(partner, MustParse(c.m), c.have); got != c.want {
				t.Errorf("%s: %v, want %v", c.m, got, c.want)
			}
		})
	}
}

func TestCombine(t *testing.T) {
	for _, c := range []struct{ name, a, b, want string }{
		{"national only against released", "TLP:GREEN REL:XA", "TLP:GREEN REL:XA,XB,XC", "TLP:GREEN REL:XA"},
		{"disjoint releases leave nobody", "TLP:GREEN REL:XA", "TLP:GREEN REL:XB", "TLP:GREEN REL:-"},
		{"strict wins over amber", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:AMBER+STRICT"},
		{"amber is not strict", "TLP:AMBER", "TLP:GREEN", "TLP:AMBER"},
		{"levels of two systems stay two", "LEVEL:xa=2", "LEVEL:nato=3,xa=1", "LEVEL:nato=3,xa=2"},
		{"consent stays and both are asked", "TLP:GREEN ORCON ORIG:XA", "TLP:GREEN ORIG:XB", "TLP:GREEN ORCON ORIG:XA,XB"},
		{"cases and compartments add up", "TLP:GREEN CASE:c1 COMP:A", "TLP:GREEN CASE:c2 COMP:B", "TLP:GREEN COMP:A,B CASE:c1,c2"},
		{"old white is clear", "TLP:WHITE", "PAP:WHITE", "TLP:CLEAR PAP:CLEAR"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Combine(MustParse(c.a), MustParse(c.b)).Text(); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for _, s := range []string{
		"", " ", "TLP:EX:CHR", "TLP:UNCLEAR", "TLP:amber", "TLP:", "TLP", "TLP:RED TLP:RED", "LEVEL:xa=0",
		"LEVEL:xa=16", "LEVEL:xa=+1", "LEVEL:xa=1,xa=2", "LEVEL:=1", "REL:", "REL:XA,", "ORCON:", "FOO:1",
		"REL:X A", "NAMED:a;b", "PAP:STRICT", "TLP:TLP:RED", strings.Repeat("x", maxText+1),
	} {
		if m, err := Parse(s); err == nil {
			t.Errorf("Parse(%q) = %s", s, m)
		} else if !fault.Is(err, fault.Invalid) {
			t.Errorf("Parse(%q): %v is not a fault the user can act on", s, err)
		}
	}
}

func TestParseTLPOfOtherSystems(t *testing.T) {
	for s, want := range map[string]TLP{
		"white": TLPClear, "tlp:amber+strict": TLPAmberStrict, "TLP:CLEAR": TLPClear, "red": TLPRed, " Green ": TLPGreen,
	} {
		if got, err := ParseTLP(s); err != nil || got != want {
			t.Errorf("ParseTLP(%q) = %v, %v", s, got, err)
		}
	}
	for _, s := range []string{"ex:chr", "tlp:ex:chr", "unclear", "AMBER STRICT", ""} {
		if got, err := ParseTLP(s); err == nil {
			t.Errorf("ParseTLP(%q) = %v, want refusal", s, got)
		}
	}
}

func TestTable(t *testing.T) {
	table := Table{
		Systems: []System{
			{"xa", []LevelName{{"R", map[string]string{"en": "restricted", "xx": "kufi"}}, {"C", nil}, {"S", nil}}},
			{"nato", []LevelName{{"NR", nil}, {"NC", nil}, {"NS", nil}}},
			{"eu", []LevelName{{"R-EU", nil}}},
		},
		Pairs: []Pair{
			{Level{"xa", 2}, Level{"nato", 2}, true},
			{Level{"xa", 3}, Level{"nato", 3}, false},
			{Level{"nato", 1}, Level{"eu", 1}, true},
		},
		Caveats: []string{"NO-SUPERVISION"},
	}
	got := table.Expand([]Level{{"xa", 3}})
	if rankIn(got, "nato") != 2 {
		t.Errorf("secret opens %v, want nato 2: the pair at 3 is unverified", got)
	}
	if rankIn(got, "eu") != 0 {
		t.Errorf("a treaty with nato became one with eu: %v", got)
	}
	if got := table.Expand([]Level{{"nato", 3}}); rankIn(got, "xa") != 2 || rankIn(got, "eu") != 1 {
		t.Errorf("nato 3 opens %v", got)
	}
	for s, ok := range map[string]bool{
		"LEVEL:xa=3": true, "LEVEL:xa=4": false, "LEVEL:us=1": false,
		"TLP:RED CAVEAT:NO-SUPERVISION": true, "TLP:RED CAVEAT:OTHER": false, "TLP:RED COMP:ALPHA": false, "PAP:RED": false,
	} {
		if err := table.Check(MustParse(s)); (err == nil) != ok {
			t.Errorf("Check(%s) = %v", s, err)
		}
	}
	for s, want := range map[string]Banner{
		"LEVEL:xa=1 TLP:AMBER REL:XA":             {"KUFI // XA ONLY // TLP:AMBER", "level-1"},
		"LEVEL:nato=3,xa=2 REL:XA,XB ORCON ORIG:": {},
		"TLP:AMBER+STRICT PAP:RED NAMED:p1":       {"LIMITED DISTRIBUTION // TLP:AMBER+STRICT // PAP:RED", "tlp-amber-strict"},
		"LEVEL:nato=3,xa=2 REL:XA,XB":             {"NS // C // REL TO XA, XB", "level-3"},
		"TLP:CLEAR":                               {"TLP:CLEAR", "tlp-clear"},
	} {
		m, err := Parse(s)
		if err != nil {
			if want != (Banner{}) {
				t.Error(err)
			}
			continue
		}
		if got := table.Banner(m, "xx"); got != want {
			t.Errorf("Banner(%s) = %+v, want %+v", s, got, want)
		}
	}
	if m := MustParse("LEVEL:xa=3"); !m.Exceeds([]Level{{"xa", 2}}) || m.Exceeds([]Level{{"xa", 3}}) || !m.Exceeds(nil) {
		t.Error("ceiling")
	}
}

func TestPAP(t *testing.T) {
	for p, most := range map[PAP]Act{PAPNone: ActAny, PAPClear: ActAny, PAPGreen: ActActive, PAPAmber: ActPassive, PAPRed: ActHidden} {
		for a := ActUnknown; a <= ActAny; a++ {
			if got, want := p.Allows(a), a != ActUnknown && a <= most; got != want {
				t.Errorf("%v allows %d: %v", p, a, got)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"TLP:CLEAR", "LEVEL:nato=2,xa=1 TLP:AMBER+STRICT PAP:RED REL:XA,XB CAVEAT:X COMP:Y ORCON ORIG:XA SCOPE:i NAMED:p CASE:c",
		"REL:- SCOPE:- NAMED:-", "TLP:WHITE", "TLP:EX:CHR", "ORCON ORCON", "LEVEL:x=99999999999999999999",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, err := Parse(s)
		if err != nil {
			return
		}
		again, err := Parse(m.Text())
		if err != nil || again.Text() != m.Text() {
			t.Fatalf("%q → %q → %q, %v", s, m.Text(), again.Text(), err)
		}
		if !Combine(m, m).Equal(m) {
			t.Fatalf("%q: not idempotent", s)
		}
	})
}

func FuzzUnmarshalBinary(f *testing.F) {
	for _, s := range []string{"TLP:CLEAR", "LEVEL:xa=3 REL:XA ORCON ORIG:XA", "REL:- SCOPE:- NAMED:-"} {
		b, _ := MustParse(s).MarshalBinary()
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var m Marking
		if m.UnmarshalBinary(b) != nil {
			return
		}
		if got, _ := m.MarshalBinary(); string(got) != string(b) {
			t.Fatalf("%x decodes to %s, which encodes to %x", b, m, got)
		}
	})
}

func BenchmarkMayRead(b *testing.B) {
	r, m := houseReader(), MustParse("LEVEL:xa=2 TLP:AMBER REL:XA,XB SCOPE:inst-1,inst-2")
	for b.Loop() {
		if !MayRead(r, m) {
			b.Fatal("refused")
		}
	}
}

func BenchmarkCombine(b *testing.B) {
	x, y := MustParse("LEVEL:xa=2 TLP:AMBER REL:XA,XB"), MustParse("LEVEL:nato=1 TLP:GREEN REL:XA COMP:A")
	for b.Loop() {
		Combine(x, y)
	}
}
