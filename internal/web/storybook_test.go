package web

import (
	"net"
	"net/http"
	"os"
	"testing"
	"time"
)

// TestServeStorybook serves the storybook for a browser when
// KULLA_STORYBOOK names an address; it ends when its standard input does.
func TestServeStorybook(t *testing.T) {
	addr := os.Getenv("KULLA_STORYBOOK")
	if addr == "" {
		t.Skip("KULLA_STORYBOOK is not set")
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("storybook on http://%s/storybook", l.Addr())
	srv := &http.Server{Handler: StorybookHandler(time.Now().Truncate(time.Minute)), ReadHeaderTimeout: 5 * time.Second}
	go func() {
		var b [1]byte
		for {
			if _, err := os.Stdin.Read(b[:]); err != nil {
				_ = srv.Close()
				return
			}
		}
	}()
	if err := srv.Serve(l); err != http.ErrServerClosed {
		t.Fatal(err)
	}
}
