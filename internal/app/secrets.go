package app

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"kulla.dev/internal/audit"
)

// secrets are the desk's keys, in files of the state folder that only the
// desk can read. They are made at the first start; several nodes share a copy.
type secrets struct {
	access   []byte // seals second factors
	mac      []byte // authenticates open audit records
	signer   note.Signer
	verifier note.Verifier
	dir      string
}

// openSecrets reads the keys, making what is missing.
func openSecrets(dir string) (*secrets, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("state folder: %w", err)
	}
	s := &secrets{dir: dir}
	var err error
	if s.access, err = secretBytes(filepath.Join(dir, "access.key")); err != nil {
		return nil, err
	}
	if s.mac, err = secretBytes(filepath.Join(dir, "audit-mac.key")); err != nil {
		return nil, err
	}
	private, err := secretFile(filepath.Join(dir, "audit.key"), func() (string, error) {
		skey, vkey, err := note.GenerateKey(rand.Reader, "kulla.audit")
		if err != nil {
			return "", err
		}
		return skey, os.WriteFile(filepath.Join(dir, "audit.pub"), []byte(vkey+"\n"), 0o644)
	})
	if err != nil {
		return nil, err
	}
	if s.signer, err = note.NewSigner(private); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, "audit.key"), err)
	}
	s.verifier, err = readVerifier(filepath.Join(dir, "audit.pub"))
	return s, err
}

func readVerifier(path string) (note.Verifier, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("public key of the audit: %w", err)
	}
	v, err := note.NewVerifier(strings.TrimSpace(string(b)))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return v, nil
}

func secretBytes(path string) ([]byte, error) {
	text, err := secretFile(path, func() (string, error) {
		b := make([]byte, 32)
		_, _ = rand.Read(b) // never fails (crypto/rand, Go 1.24)
		return string(b), nil
	})
	if err == nil && len(text) < 32 {
		err = fmt.Errorf("%s holds %d bytes, at least 32 are needed", path, len(text))
	}
	return []byte(text), err
}

// secretFile reads a file, or makes it whole with mode 0600.
func secretFile(path string, create func() (string, error)) (string, error) {
	b, err := os.ReadFile(path)
	if err == nil {
		st, err := os.Stat(path)
		if err != nil {
			return "", err
		}
		if st.Mode().Perm()&0o077 != 0 {
			return "", fmt.Errorf("%s can be read by others (mode %04o): chmod 600 it", path, st.Mode().Perm())
		}
		return string(b), nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("secret: %w", err)
	}
	text, err := create()
	if err != nil {
		return "", err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return secretFile(path, create) // another process was first
	}
	if err != nil {
		return "", fmt.Errorf("secret: %w", err)
	}
	if _, err := f.WriteString(text); err != nil {
		f.Close()
		return "", fmt.Errorf("secret: %w", err)
	}
	return text, errors.Join(f.Sync(), f.Close())
}

// anchorPath is where the newest audit checkpoint is kept outside the database.
func (s *secrets) anchorPath() string { return filepath.Join(s.dir, "audit-anchor.json") }

func (s *secrets) keepAnchor(c audit.Checkpoint) error {
	b, err := json.Marshal(c)
	if err != nil {
		return err
	}
	part := s.anchorPath() + ".part"
	if err := os.WriteFile(part, append(b, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(part, s.anchorPath())
}

// readAnchor reads a kept checkpoint; nil when there is none.
func readAnchor(path string) (*audit.Checkpoint, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var c audit.Checkpoint
	if err := json.Unmarshal(b, &c); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &c, nil
}
