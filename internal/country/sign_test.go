package country_test

import (
	"crypto/rand"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/mod/sumdb/note"

	"kulla.dev/internal/country"
	"kulla.dev/packs"
)

func copyPack(t *testing.T, id string) fstest.MapFS {
	t.Helper()
	m := fstest.MapFS{}
	err := fs.WalkDir(packs.FS, id, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(packs.FS, name)
		m[strings.TrimPrefix(name, id+"/")] = &fstest.MapFile{Data: b}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestSignedBundle(t *testing.T) {
	skey, vkey, err := note.GenerateKey(rand.Reader, "authority.example")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	known := note.VerifierList(verifier)
	pack := copyPack(t, "eu-nis2")
	bundle, err := country.Sign(pack, signer)
	if err != nil {
		t.Fatal(err)
	}
	pack[country.SignatureFile] = &fstest.MapFile{Data: bundle}
	m, err := country.Verify(pack, bundle, known)
	if err != nil || m.Pack != "eu-nis2" || len(m.Files) != len(pack)-1 || len(m.Signers) != 1 {
		t.Fatalf("Verify = %+v, %v", m, err)
	}
	_, other, _ := note.GenerateKey(rand.Reader, "stranger.example")
	stranger, err := note.NewVerifier(other)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, want string
		spoil      func(fstest.MapFS) ([]byte, note.Verifiers)
	}{
		{"changed", "regime.yaml was changed", func(p fstest.MapFS) ([]byte, note.Verifiers) {
			p["regime.yaml"] = &fstest.MapFile{Data: append([]byte("#\n"), p["regime.yaml"].Data...)}
			return bundle, known
		}},
		{"missing", "tests.yaml is missing", func(p fstest.MapFS) ([]byte, note.Verifiers) {
			delete(p, "tests.yaml")
			return bundle, known
		}},
		{"added", "evil.yaml was added", func(p fstest.MapFS) ([]byte, note.Verifiers) {
			p["evil.yaml"] = &fstest.MapFile{Data: []byte("roles: []\n")}
			return bundle, known
		}},
		{"unknown key", "no verifiable signatures", func(fstest.MapFS) ([]byte, note.Verifiers) {
			return bundle, note.VerifierList(stranger)
		}},
		{"manifest edited", "invalid signature", func(fstest.MapFS) ([]byte, note.Verifiers) {
			return []byte(strings.Replace(string(bundle), "eu-nis2 2026.1", "eu-nis2 2027.1", 1)), known
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := copyPack(t, "eu-nis2")
			b, v := c.spoil(p)
			if _, err := country.Verify(p, b, v); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Verify says %v, want %q", err, c.want)
			}
		})
	}
}
