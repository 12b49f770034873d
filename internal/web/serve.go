package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/a-h/templ"

	"kulla.dev/internal/access"
	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/i18n"
)

// handler does one thing for one actor: decode, call one room, render.
type handler func(w http.ResponseWriter, r *http.Request, by access.Actor) error

// the request's own facts, kept for the log line and the error page.
type visitKey struct{}

type visit struct {
	id     string
	lang   i18n.Lang
	status int
	bytes  int
	actor  access.Actor
	room   string
	err    error
}

func visitOf(r *http.Request) *visit { return visitIn(r.Context()) }

func visitIn(ctx context.Context) *visit {
	if v, ok := ctx.Value(visitKey{}).(*visit); ok {
		return v
	}
	return &visit{lang: i18n.English} // unreachable: guard sets it
}

// counting notes the status and size of an answer.
type counting struct {
	http.ResponseWriter
	v *visit
}

func (c counting) WriteHeader(status int) {
	if c.v.status == 0 {
		c.v.status = status
	}
	c.ResponseWriter.WriteHeader(status)
}

func (c counting) Write(b []byte) (int, error) {
	if c.v.status == 0 {
		c.v.status = http.StatusOK
	}
	n, err := c.ResponseWriter.Write(b)
	c.v.bytes += n
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (c counting) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// guard is what every request passes: limits, headers, cross-origin refusal,
// one log line.
func (s *Server) guard(next http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, fault.New(fault.Denied, "web.error.cross-origin"))
	}))
	inner := cross.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := s.Now()
		v := &visit{id: db.NewID(began), lang: s.language(r)}
		r = r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
		r.Body = http.MaxBytesReader(w, r.Body, s.MaxBody)
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()")
		h.Set("Content-Security-Policy", PagePolicy)
		if s.Secure {
			h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
		}
		cw := counting{w, v}
		defer func() {
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler {
					panic(p)
				}
				s.Log.Error("panic", "request", v.id, "panic", p)
				if v.status == 0 {
					s.fail(cw, r, errors.New("panic"))
				}
			}
			took := s.Now().Sub(began)
			pattern := r.Pattern
			if v.room != "" {
				pattern = v.room
			}
			attrs := []any{"request", v.id, "method", r.Method, "route", pattern, "status", v.status, "bytes", v.bytes, "took", took, "actor", v.actor.ID()}
			if v.err != nil {
				attrs = append(attrs, "error", v.err.Error())
			}
			if v.status >= 500 {
				s.Log.Error("request", attrs...)
			} else {
				s.Log.Info("request", attrs...)
			}
			s.Observe(pattern, v.status, took)
		}()
		inner.ServeHTTP(cw, r)
	})
}

// adapt turns a route into an http.Handler: who is it, may they, do it.
func (s *Server) adapt(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := visitOf(r)
		v.room = rt.Pattern
		by, err := s.actor(r)
		if err != nil && rt.Need != Anyone {
			s.unsigned(w, r, err)
			return
		}
		by.Request = v.id
		if by.Lang == "" {
			by.Lang = string(v.lang)
		}
		v.actor = by
		if rt.Need != Anyone && rt.Need != SignedIn {
			if err := access.May(by, rt.Need); err != nil {
				s.fail(w, r, err)
				return
			}
		}
		if err := rt.Handle(w, r, by); err != nil {
			s.fail(w, r, err)
		}
	})
}

// actor says who asks: a bearer token, a machine's certificate or a session cookie.
func (s *Server) actor(r *http.Request) (access.Actor, error) {
	if auth := r.Header.Get("Authorization"); auth != "" {
		token, ok := strings.CutPrefix(auth, "Bearer ")
		if !ok {
			return access.Actor{}, fault.New(fault.Denied, "web.error.bearer")
		}
		return s.Access.ResolveToken(r.Context(), token, s.Now())
	}
	if s.Machines && isAPI(r) && r.TLS != nil && len(r.TLS.VerifiedChains) > 0 {
		return s.Access.ResolveCertificate(r.Context(), r.TLS.PeerCertificates[0], s.Now())
	}
	c, err := r.Cookie(s.cookieName())
	if err != nil {
		return access.Actor{}, fault.New(fault.Expired, "web.error.sign-in")
	}
	return s.Access.Resolve(r.Context(), c.Value, s.Now())
}

// unsigned answers a request nobody has signed in for: a page leads to the
// sign-in and back, a program is told.
func (s *Server) unsigned(w http.ResponseWriter, r *http.Request, err error) {
	if isAPI(r) || r.Header.Get("Authorization") != "" || r.Method != http.MethodGet || !fault.Is(err, fault.Expired) {
		s.fail(w, r, err)
		return
	}
	http.Redirect(w, r, "/sign-in?next="+queryEscape(r.URL.RequestURI()), http.StatusSeeOther)
}

// cookieName: over TLS the browser itself guarantees the prefix's promise.
func (s *Server) cookieName() string {
	if s.Secure {
		return "__Host-kulla"
	}
	return "kulla"
}

func (s *Server) setCookie(w http.ResponseWriter, name, value string, ends time.Time, httpOnly bool) {
	c := &http.Cookie{Name: name, Value: value, Path: "/", HttpOnly: httpOnly, Secure: s.Secure, SameSite: http.SameSiteLaxMode}
	if value == "" {
		c.MaxAge = -1
	} else if !ends.IsZero() {
		c.Expires = ends
	}
	http.SetCookie(w, c)
}

// language is the reader's choice, or the best of what the browser asks for.
func (s *Server) language(r *http.Request) i18n.Lang {
	if c, err := r.Cookie("lang"); err == nil {
		for _, l := range s.Languages {
			if string(l) == c.Value {
				return l
			}
		}
	}
	return i18n.Match(r.Header.Get("Accept-Language"), s.Languages[0], s.Languages...)
}

// addr is the visitor's network address, through trusted proxies only.
func (s *Server) addr(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	hops := strings.Split(r.Header.Get("X-Forwarded-For"), ",")
	for i := len(hops) - 1; i >= 0 && s.trusted(host); i-- {
		next := strings.TrimSpace(hops[i])
		if _, err := netip.ParseAddr(next); err != nil {
			break
		}
		host = next
	}
	return host
}

func (s *Server) trusted(host string) bool {
	a, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	for _, p := range s.Proxies {
		if p.Contains(a.Unmap()) {
			return true
		}
	}
	return false
}

func isAPI(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/api/") }

// render writes a page, whole or not at all.
func (s *Server) render(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	var b bytes.Buffer
	if err := c.Render(r.Context(), &b); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Add("Vary", "Cookie, Accept-Language")
	w.WriteHeader(status)
	_, err := b.WriteTo(w)
	return ignoreGone(err)
}

// ignoreGone: a reader who went away is nobody's fault.
func ignoreGone(error) error { return nil }

// statusOf is the HTTP status of a kind of fault.
func statusOf(k fault.Kind) int {
	switch k {
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Denied:
		return http.StatusForbidden
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.Conflict, fault.Stale:
		return http.StatusConflict
	case fault.Expired:
		return http.StatusUnauthorized
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	case fault.Limited:
		return http.StatusTooManyRequests
	case fault.Internal:
	}
	return http.StatusInternalServerError
}

// asFault reads any error as a fault; what the standard library says of
// requests becomes one.
func asFault(err error) *fault.Error {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f
	}
	if m, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return fault.New(fault.Invalid, "web.error.too-large", i18n.Bytes(m.Limit))
	}
	return &fault.Error{Kind: fault.Internal, Key: "web.error.internal", Cause: err}
}

// fail answers with an error: a page for people, a problem document
// (RFC 9457) for programs.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	v := visitOf(r)
	v.err = err
	f := asFault(err)
	status := statusOf(f.Kind)
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		status = http.StatusRequestEntityTooLarge
	}
	if f.Kind == fault.Limited || f.Kind == fault.Unavailable {
		w.Header().Set("Retry-After", "30")
	}
	lang := v.lang
	if isAPI(r) || strings.Contains(r.Header.Get("Accept"), "application/json") {
		s.problem(w, r, status, f, lang)
		return
	}
	if f.Kind == fault.Denied && f.Key == "access.step-up.needed" && v.actor.Kind == access.KindPerson {
		s.askProof(w, r)
		return
	}
	view := errorPage{Base: s.base(r, v.actor, lang.T(titleOf(f.Kind))), Text: lang.T(f.Key, f.Args...), Number: v.id, ShowNumber: f.Kind == fault.Internal,
		NotAccepted: f.Kind == fault.Unavailable && r.Method == http.MethodPost}
	for _, x := range f.Fields {
		view.Fields = append(view.Fields, FieldError{x.Name, lang.T(x.Key, x.Args...)})
	}
	if err := s.render(w, r, status, errorView(view)); err != nil {
		s.Log.Error("error page", "error", err)
	}
}

func titleOf(k fault.Kind) string {
	return map[fault.Kind]string{
		fault.NotFound: "web.error.title.not-found", fault.Denied: "web.error.title.denied", fault.Invalid: "web.error.title.invalid",
		fault.Conflict: "web.error.title.conflict", fault.Stale: "web.error.title.stale", fault.Expired: "web.error.title.expired",
		fault.Unavailable: "web.error.title.unavailable", fault.Limited: "web.error.title.limited", fault.Internal: "web.error.title.internal",
	}[k]
}

// problem answers a program: RFC 9457, with the fault's stable code.
func (s *Server) problem(w http.ResponseWriter, r *http.Request, status int, f *fault.Error, lang i18n.Lang) {
	p := problem{Type: "about:blank", Title: lang.T(titleOf(f.Kind)), Status: status, Detail: lang.T(f.Key, f.Args...), Code: f.Key, Number: visitOf(r).id}
	for _, x := range f.Fields {
		p.Fields = append(p.Fields, problemField{x.Name, lang.T(x.Key, x.Args...), x.Key})
	}
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="kulla"`)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if isAPI(r) {
		_ = json.NewEncoder(w).Encode(apiProblem(f, status, lang, visitOf(r).id))
		return
	}
	_ = json.NewEncoder(w).Encode(p)
}
