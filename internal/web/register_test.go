package web

import (
	"testing"
	"time"

	"kulla.dev/internal/fault"
)

func TestStrangersAreLimited(t *testing.T) {
	var x strangers
	now := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	for i := range strangerMost {
		if !x.pass("192.0.2.1", now) {
			t.Fatalf("refused at %d", i)
		}
		x.took("192.0.2.1", now.Add(time.Duration(i)*time.Minute))
	}
	if x.pass("192.0.2.1", now.Add(10*time.Minute)) {
		t.Error("one too many was let pass")
	}
	if !x.pass("192.0.2.2", now) {
		t.Error("another address pays for it")
	}
	if !x.pass("192.0.2.1", now.Add(time.Hour)) {
		t.Error("not let in again after an hour")
	}
}

func TestNeedLinesAreReadAsWritten(t *testing.T) {
	const text = "1 of a, b; buffer 4.5; restart 2; evidence B2; by Somebody; verified 2026-01-31; id n1\n2 of a, b, c"
	var f struct{ fault.Fields }
	needs := parseNeeds(&f.Fields, "needs", text)
	if len(f.Fields) > 0 || needLines(needs) != text {
		t.Errorf("%v\n%s", f.Fields, needLines(needs))
	}
	parseNeeds(&f.Fields, "needs", "all of them; buffer long")
	if len(f.Fields) != 1 {
		t.Errorf("a line that says nothing gave %v", f.Fields)
	}
}

func TestFileTravelsWhole(t *testing.T) {
	packed, err := packFile([]byte("name:sq\nProvë\n"))
	if err != nil {
		t.Fatal(err)
	}
	data, err := unpackFile(packed)
	if err != nil || string(data) != "name:sq\nProvë\n" {
		t.Errorf("%q, %v", data, err)
	}
	for _, bad := range []string{"", "!", packed[:len(packed)/2], "AAAA"} {
		if _, err := unpackFile(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}
