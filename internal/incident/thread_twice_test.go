package incident

import (
	"context"
	"sync"
	"testing"

	"kulla.dev/internal/db"
	"kulla.dev/internal/housetest"
)

// A second press of the button is the same message: it stands once, and leaves
// once.
func TestTheSameMessageStandsOnce(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		r := w.submit(officer(), report(w.now))
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				if _, err := w.Answer(context.Background(), duty(), r.Incident, Message{Text: "We are on it."}, w.now); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if _, err := w.Answer(context.Background(), duty(), r.Incident, Message{Text: "Another text."}, w.now); err != nil {
			t.Error(err)
		}
		if n := w.count(`SELECT count(*) FROM incident_message`); n != 2 {
			t.Errorf("%d messages, want 2", n)
		}
		if n := w.count(`SELECT count(*) FROM outbox_item WHERE kind = 'incident.answer'`); n != 2 {
			t.Errorf("%d letters, want 2", n)
		}
	})
}
