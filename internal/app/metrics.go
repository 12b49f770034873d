package app

import (
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"kulla.dev/internal/db"
	"kulla.dev/internal/jobs"
)

// bounds of the latency histograms, in seconds.
var bounds = []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 10}

// metrics counts what the desk does, in the text form of Prometheus.
type metrics struct {
	mu    sync.Mutex
	http  map[string]*series // by route and status class
	jobs  map[string]*series // by kind and outcome
	seals int64
	began time.Time
}

type series struct {
	labels  string
	buckets []int64
	sum     float64
	count   int64
}

func newMetrics(now time.Time) *metrics {
	return &metrics{http: map[string]*series{}, jobs: map[string]*series{}, began: now}
}

func (m *metrics) observe(in map[string]*series, labels string, took time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, ok := in[labels]
	if !ok {
		s = &series{labels: labels, buckets: make([]int64, len(bounds))}
		in[labels] = s
	}
	sec := took.Seconds()
	for i, b := range bounds {
		if sec <= b {
			s.buckets[i]++
		}
	}
	s.sum += sec
	s.count++
}

func (m *metrics) request(pattern string, status int, took time.Duration) {
	m.observe(m.http, fmt.Sprintf("route=%q,status=\"%dxx\"", pattern, status/100), took)
}

func (m *metrics) job(j jobs.Job, took time.Duration, err error) {
	outcome := "done"
	if err != nil {
		outcome = "failed"
	}
	m.observe(m.jobs, fmt.Sprintf("kind=%q,outcome=%q", j.Kind, outcome), took)
}

// write prints everything; the counts of rows are read when asked for.
func (m *metrics) write(w http.ResponseWriter, r *http.Request, d *db.DB, now time.Time) {
	var b strings.Builder
	histogram := func(name, help string, in map[string]*series) {
		fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s histogram\n", name, help, name)
		m.mu.Lock()
		defer m.mu.Unlock()
		var keys []string
		for k := range in {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			s := in[k]
			for i, bound := range bounds {
				fmt.Fprintf(&b, "%s_bucket{%s,le=\"%g\"} %d\n", name, s.labels, bound, s.buckets[i])
			}
			fmt.Fprintf(&b, "%s_bucket{%s,le=\"+Inf\"} %d\n%s_sum{%s} %g\n%s_count{%s} %d\n", name, s.labels, s.count, name, s.labels, s.sum, name, s.labels, s.count)
		}
	}
	histogram("kulla_http_request_seconds", "Time to answer a request.", m.http)
	histogram("kulla_job_seconds", "Time to do a job.", m.jobs)
	gauge := func(name, help string, v float64) {
		fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s gauge\n%s %g\n", name, help, name, name, v)
	}
	_ = d.Read(r.Context(), func(tx *db.Tx) error {
		c, err := jobs.Count(tx, now)
		if err != nil {
			return err
		}
		gauge("kulla_jobs_waiting", "Jobs due later.", float64(c.Waiting))
		gauge("kulla_jobs_due", "Jobs due now or overdue.", float64(c.Due))
		gauge("kulla_jobs_failed", "Jobs that gave up: a person must look.", float64(c.Failed))
		lag := 0.0
		if !c.Oldest.IsZero() {
			lag = now.Sub(c.Oldest).Seconds()
		}
		gauge("kulla_jobs_lag_seconds", "How overdue the most overdue job is.", lag)
		for _, q := range []struct{ name, help, sql string }{
			{"kulla_outbox_uncertain", "Messages nobody knows the fate of: a person must look.", `SELECT count(*) FROM outbox_item WHERE state = 'uncertain'`},
			{"kulla_outbox_waiting", "Messages that wait for approval or hand-over.", `SELECT count(*) FROM outbox_item WHERE state IN ('proposed', 'approved', 'claimed', 'handing')`},
			{"kulla_audit_open", "Audit records not yet sealed.", `SELECT count(*) FROM audit_record WHERE seq IS NULL`},
		} {
			n, err := db.Count(tx, q.sql)
			if err != nil {
				return err
			}
			gauge(q.name, q.help, float64(n))
		}
		return nil
	})
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	gauge("kulla_memory_heap_bytes", "Bytes of live and not yet collected objects.", float64(mem.HeapAlloc))
	gauge("kulla_goroutines", "Running goroutines.", float64(runtime.NumGoroutine()))
	gauge("kulla_uptime_seconds", "Seconds since the start.", now.Sub(m.began).Seconds())
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	_, _ = w.Write([]byte(b.String()))
}
