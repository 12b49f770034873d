package web

import (
	"encoding/json"
	"io"
	"net/http"

	"kulla.dev/internal/access"
)

// Passkeys need a script between the device and the desk: these routes speak
// JSON with static/passkey.js. Each pair asks for options first, whose secret
// stays in a cookie, and then hands in the device's answer.

// passkeyOptions answers with what the device is asked.
func (s *Server) passkeyOptions(w http.ResponseWriter, kind string, options []byte, secret string) error {
	s.keepFlow(w, kind, secret)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, err := w.Write(options)
	return ignoreGone(err)
}

// goOn tells the script where to go.
func goOn(w http.ResponseWriter, to string) error {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	return ignoreGone(json.NewEncoder(w).Encode(map[string]string{"location": to}))
}

// longestAnswer of a device, in bytes; attestations are asked for by nobody.
const longestAnswer = 64 << 10

func deviceAnswer(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, longestAnswer))
	if err != nil {
		return nil, formError(err)
	}
	return b, nil
}

func (s *Server) passkeySignInOptions(w http.ResponseWriter, r *http.Request, _ access.Actor) error {
	options, secret, err := s.Access.BeginPasskeySignIn(r.Context(), s.Now())
	if err != nil {
		return err
	}
	return s.passkeyOptions(w, "passkey", options, secret)
}

func (s *Server) passkeySignIn(w http.ResponseWriter, r *http.Request, _ access.Actor) error {
	answer, err := deviceAnswer(w, r)
	if err != nil {
		return err
	}
	e, err := s.Access.FinishPasskeySignIn(r.Context(), s.takeFlow(w, r, "passkey"), answer, s.visit(r), s.Now())
	if err != nil {
		return err
	}
	s.setCookie(w, s.cookieName(), e.Secret, e.Ends, true)
	return goOn(w, localPath(r.URL.Query().Get("next")))
}

func (s *Server) passkeyNewOptions(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	options, secret, err := s.Access.BeginPasskey(r.Context(), by, s.Now())
	if err != nil {
		return err
	}
	return s.passkeyOptions(w, "passkey-new", options, secret)
}

func (s *Server) passkeyNew(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	answer, err := deviceAnswer(w, r)
	if err != nil {
		return err
	}
	if _, err := s.Access.FinishPasskey(r.Context(), by, s.takeFlow(w, r, "passkey-new"), r.URL.Query().Get("name"), answer, s.Now()); err != nil {
		return err
	}
	s.flash(w, Good, "web.passkey.added")
	return goOn(w, "/account")
}

func (s *Server) passkeyProofOptions(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	options, secret, err := s.Access.BeginPasskeyProof(r.Context(), by, s.Now())
	if err != nil {
		return err
	}
	return s.passkeyOptions(w, "passkey-proof", options, secret)
}

func (s *Server) passkeyProof(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	answer, err := deviceAnswer(w, r)
	if err != nil {
		return err
	}
	if err := s.Access.FinishPasskeyProof(r.Context(), by, s.takeFlow(w, r, "passkey-proof"), answer, s.Now()); err != nil {
		return err
	}
	return goOn(w, localPath(r.URL.Query().Get("next")))
}

// proofDomain is the passkeys' site when the actor has a passkey to prove with.
func (s *Server) proofDomain(r *http.Request, by access.Actor) string {
	if !s.Access.HasPasskeys() {
		return ""
	}
	list, err := s.Access.Identities(r.Context(), by)
	if err != nil {
		return "" // the code or password still serves
	}
	for _, x := range list {
		if x.Kind == access.ByPasskey {
			return s.Access.PasskeyDomain()
		}
	}
	return ""
}
