package fault

import (
	"errors"
	"fmt"
	"testing"
)

func TestKindSurvivesWrapping(t *testing.T) {
	err := fmt.Errorf("load: %w", New(Stale, "fault.stale").Because(errors.New("row 7")))
	if Of(err) != Stale || !Is(err, Stale) || Is(nil, Internal) {
		t.Errorf("Of(%v) = %v, want stale", err, Of(err))
	}
	if Of(errors.New("x")) != Internal {
		t.Error("a plain error must be internal")
	}
}

func TestFieldsErr(t *testing.T) {
	var f Fields
	if f.Err() != nil {
		t.Fatal("no field, yet an error")
	}
	f.Add("email", "fault.field.required")
	f.Add("name", "fault.field.long", 200)
	e, ok := errors.AsType[*Error](f.Err())
	if !ok || e.Kind != Invalid || len(e.Fields) != 2 {
		t.Fatalf("got %v", f.Err())
	}
}
