package web

import (
	"fmt"
	"io"

	"kulla.dev/internal/access"
)

// What a route needs beside a permission of access.
const (
	Anyone   access.Permission = "(anyone)"    // strangers too
	SignedIn access.Permission = "(signed in)" // any role; the room decides
)

// route is one line of the outside surface.
type route struct {
	Pattern string
	Need    access.Permission
	Handle  handler
}

// routes is the whole outside surface of the door for people. A request that
// matches none is answered "not found"; a permission is refused before the
// handler runs, and asked again by the room with the object at hand.
func (s *Server) routes() []route {
	all := []route{
		{"GET /healthz", Anyone, s.health},
		{"GET /readyz", Anyone, s.ready},

		{"GET /sign-in", Anyone, s.signInPage},
		{"POST /sign-in", Anyone, s.signIn},
		{"GET /sign-in/code", Anyone, s.codePage},
		{"POST /sign-in/code", Anyone, s.code},
		{"GET /sign-in/enrol", Anyone, s.enrolPage},
		{"POST /sign-in/enrol", Anyone, s.enrol},
		{"GET /forgot", Anyone, s.forgotPage},
		{"POST /forgot", Anyone, s.forgot},
		{"GET /link/{secret}", Anyone, s.linkPage},
		{"POST /link/{secret}", Anyone, s.link},
		{"POST /sign-out", Anyone, s.signOut},
		{"POST /settings/language", Anyone, s.preferences},
		{"POST /settings/theme", Anyone, s.preferences},

		{"GET /{$}", SignedIn, s.home},
		{"GET /proof", SignedIn, s.proofPage},
		{"POST /proof", SignedIn, s.proof},
		{"GET /account", "access.self", s.accountPage},
		{"POST /account/profile", "access.self", s.accountProfile},
		{"POST /account/password", "access.self", s.accountPassword},
		{"POST /account/recovery", "access.self", s.accountRecovery},
		{"POST /account/sessions/{id}/revoke", "access.self", s.accountRevoke},
		{"POST /account/institution", "access.self", s.accountAct},
		{"POST /account/tokens", "access.token", s.accountToken},
		{"POST /account/tokens/{id}/revoke", "access.token", s.accountTokenRevoke},
		{"GET /help/keyboard", Anyone, s.keyboardPage},
	}
	return all
}

// WriteRoutes prints the surface, one line a route: the golden file that shows
// a reviewer every change of it.
func (s *Server) WriteRoutes(w io.Writer) error {
	for _, r := range s.routes() {
		if _, err := fmt.Fprintf(w, "%-52s %s\n", r.Pattern, r.Need); err != nil {
			return err
		}
	}
	return nil
}
