package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"time"
)

// Visitor is a browser in which a person of the demo's story has signed in.
type Visitor struct {
	client *http.Client
	desk   string
}

// Visit signs a person of the story in on a started desk.
func (a *App) Visit(email string) (Visitor, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return Visitor{}, err
	}
	v := Visitor{&http.Client{Jar: jar, Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, a.URL()}
	r, err := v.client.PostForm(v.desk+"/sign-in", url.Values{"email": {email}, "password": {DemoPassword}})
	if err != nil {
		return v, err
	}
	_ = r.Body.Close()
	if r.StatusCode != http.StatusSeeOther {
		return v, fmt.Errorf("sign-in of %s: %s", email, r.Status)
	}
	return v, nil
}

// Get reads a page to its end: its status and length in bytes.
func (v Visitor) Get(path string) (status int, n int64, err error) {
	r, err := v.client.Get(v.desk + path)
	if err != nil {
		return 0, 0, err
	}
	defer r.Body.Close()
	n, err = io.Copy(io.Discard, r.Body)
	return r.StatusCode, n, err
}

// Ready asks a desk at host:port whether it is ready; false when it does not
// answer.
func Ready(addr string) bool {
	r, err := http.Get("http://" + addr + "/readyz")
	if err != nil {
		return false
	}
	_ = r.Body.Close()
	return r.StatusCode == http.StatusOK
}

// Report hands one report in over the interface for programs; no error means
// that the desk has acknowledged it.
func (r Reporter) Report(ctx context.Context, key string) error {
	at := time.Now().UTC().Add(-time.Minute)
	body, err := json.Marshal(map[string]any{"key": key, "title": "Bench " + key, "services": []string{r.Service}, "detected": map[string]any{"at": at}, "aware": map[string]any{"at": at},
		"values": map[string]any{"description": map[string]any{"text": "Both pumps stopped."}, "suspected_malicious": map[string]any{"is": "yes"}, "cross_border": map[string]any{"is": "unknown"},
			"severe_disruption": map[string]any{"is": "yes"}, "contact": map[string]any{"text": "SOC"}, "severity_assessment": map[string]any{"text": "high"}, "damage_to_others": map[string]any{"is": "unknown"}}})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.desk+"/api/v1/reports", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+r.Token)
	req.Header.Set("Content-Type", "application/json")
	res, err := r.client.Do(req)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err == nil && res.StatusCode != http.StatusCreated {
		err = fmt.Errorf("%s %.200s", res.Status, text)
	}
	return err
}
