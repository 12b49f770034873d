package main

import (
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"kulla.dev/internal/housetest"
)

// limitFiles makes every file of this process stop growing at n bytes, as a
// full disk would.
func limitFiles(n uint64) {
	signal.Ignore(syscall.SIGXFSZ)
	_ = syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: n, Max: n})
}

// The disk is full: the reporter is told that nothing was accepted, in words,
// with 503, and what was acknowledged before stays.
func TestAFullDiskIsSaid(t *testing.T) {
	w := newWorld(t, housetest.SQLiteURL(t))
	st, err := os.Stat(strings.TrimPrefix(w.url, "sqlite:"))
	if err != nil {
		t.Fatal(err)
	}
	w.env = []string{"KULLA_TEST_FSIZE=" + itoa(st.Size()+900_000)}
	n := w.start()
	defer n.kill()
	acked := 0
	for i := range 2000 {
		status, body := w.send(n.addr, "full-disk-"+itoa(int64(i)))
		if status == http.StatusCreated {
			acked++
			continue
		}
		if status != http.StatusServiceUnavailable || !strings.Contains(body, "db.unavailable") && !strings.Contains(body, "Asgjë nuk u pranua") && !strings.Contains(body, "Nothing was accepted") {
			t.Fatalf("on a full disk: %d %.300s", status, body)
		}
		break
	}
	if acked == 0 || acked == 2000 {
		t.Fatalf("%d reports were acknowledged before the disk was full", acked)
	}
	n.kill()
	w.env = nil
	again := w.start()
	defer again.kill()
	if number, ok := w.submit(again.addr, "full-disk-0"); !ok || number == "" {
		t.Error("the first report is gone")
	}
	if _, ok := w.submit(again.addr, "full-disk-"+itoa(int64(acked))); !ok {
		t.Error("with room on the disk the report is still refused")
	}
}

// proxy stands between the desk and its database and can be cut.
type proxy struct {
	l     net.Listener
	mu    sync.Mutex
	conns []net.Conn
	cut   bool
}

func newProxy(t *testing.T, to string) *proxy {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{l: l}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", to)
			p.mu.Lock()
			if err != nil || p.cut {
				in.Close()
				p.mu.Unlock()
				continue
			}
			p.conns = append(p.conns, in, out)
			p.mu.Unlock()
			go func() { _, _ = io.Copy(out, in); out.Close() }()
			go func() { _, _ = io.Copy(in, out); in.Close() }()
		}
	}()
	return p
}

func (p *proxy) set(cut bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = cut
	if cut {
		for _, c := range p.conns {
			c.Close()
		}
		p.conns = nil
	}
}

// The database is lost during submissions: the reporter is told that nothing
// was accepted; when it is back, the same form is taken, once.
func TestALostDatabaseIsSaid(t *testing.T) {
	direct := housetest.PostgresURL(t)
	u, err := url.Parse(direct)
	if err != nil {
		t.Fatal(err)
	}
	p := newProxy(t, u.Host)
	w := newWorld(t, direct)
	u.Host = p.l.Addr().String()
	w.url = u.String()
	n := w.start()
	defer n.kill()
	first, ok := w.submit(n.addr, "lost-before")
	if !ok {
		t.Fatal("the desk does not take a report")
	}
	p.set(true)
	for range 3 {
		status, body := w.send(n.addr, "lost-during")
		if status != http.StatusServiceUnavailable {
			t.Errorf("without a database: %d %.300s, want 503", status, body)
		}
	}
	r, err := http.Get("http://" + n.addr + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("/readyz without a database: %d", r.StatusCode)
	}
	p.set(false)
	var number string
	for range 100 {
		if number, ok = w.submit(n.addr, "lost-during"); ok {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if !ok || number == first {
		t.Errorf("after the database is back: %q %v", number, ok)
	}
	if again, ok := w.submit(n.addr, "lost-before"); !ok || again != first {
		t.Errorf("the report from before: %q, want %q", again, first)
	}
}
