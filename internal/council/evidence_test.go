package council

import (
	"math"
	"testing"
)

func TestAPageBeyondTheListBeginsAtItsEnd(t *testing.T) {
	for _, c := range []struct{ page, n, want int }{
		{0, 0, 0}, {0, 120, 0}, {1, 120, 50}, {2, 120, 100}, {3, 120, 120}, {2, 100, 100}, {-1, 120, 0},
		{math.MaxInt, 120, 120}, {math.MinInt, 120, 0}, {math.MaxInt, 0, 0}, {math.MaxInt / PageSize, 7, 7},
	} {
		if got := firstOf(c.page, c.n); got != c.want {
			t.Errorf("page %d of %d begins at %d, want %d", c.page, c.n, got, c.want)
		}
	}
}
