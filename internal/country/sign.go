package country

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// SignatureFile is the name under which a bundle lies beside the files it
// signs; the manifest leaves it out.
const SignatureFile = "pack.sig"

// manifestHead is the first line of every manifest.
const manifestHead = "kulla country pack manifest v1"

// Manifest lists every file of a pack with its SHA-256, as it was signed.
type Manifest struct {
	Pack    string
	Version string
	Files   map[string]string // path → hexadecimal SHA-256
	Signers []string          // names of the keys whose signatures were good
}

// Sign makes the signed bundle of a pack folder: a note (golang.org/x/mod
// sumdb) over the manifest of all its files. The pack must load.
func Sign(fsys fs.FS, signers ...note.Signer) ([]byte, error) {
	p, err := Load(fsys)
	if err != nil {
		return nil, fmt.Errorf("sign pack: %w", err)
	}
	files, err := digests(fsys)
	if err != nil {
		return nil, fmt.Errorf("sign pack %s: %w", p.ID, err)
	}
	return note.Sign(&note.Note{Text: manifestText(p.ID, p.Version, files)}, signers...)
}

func manifestText(id, version string, files map[string]string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s %s\n", manifestHead, id, version)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(&b, "%s  %s\n", files[name], name)
	}
	return b.String()
}

// digests hashes every file of the folder but the signature itself.
func digests(fsys fs.FS) (map[string]string, error) {
	out := map[string]string{}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || name == SignatureFile {
			return err
		}
		if strings.ContainsAny(name, "\r\n") {
			return fmt.Errorf("file name %q has a line break", name)
		}
		if len(out) >= maxPackFiles {
			return fmt.Errorf("more than %d files", maxPackFiles)
		}
		b, err := readFile(fsys, name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(b)
		out[name] = hex.EncodeToString(sum[:])
		return nil
	})
	return out, err
}

// Verify holds a folder against its signed bundle: at least one signature of
// a known key is good, and every file is there, unchanged, and none is added.
// The error names the first file that differs.
func Verify(fsys fs.FS, bundle []byte, known note.Verifiers) (Manifest, error) {
	n, err := note.Open(bundle, known)
	if err != nil {
		return Manifest{}, fmt.Errorf("verify pack: %w", err)
	}
	m, err := parseManifest(n.Text)
	if err != nil {
		return Manifest{}, err
	}
	for _, s := range n.Sigs {
		m.Signers = append(m.Signers, s.Name)
	}
	have, err := digests(fsys)
	if err != nil {
		return Manifest{}, fmt.Errorf("verify pack %s: %w", m.Pack, err)
	}
	for _, name := range slices.Sorted(maps.Keys(m.Files)) {
		switch sum, ok := have[name]; {
		case !ok:
			return Manifest{}, fmt.Errorf("verify pack %s: file %s is missing", m.Pack, name)
		case sum != m.Files[name]:
			return Manifest{}, fmt.Errorf("verify pack %s: file %s was changed after signing", m.Pack, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(have)) {
		if _, ok := m.Files[name]; !ok {
			return Manifest{}, fmt.Errorf("verify pack %s: file %s was added after signing", m.Pack, name)
		}
	}
	return m, nil
}

func parseManifest(text string) (Manifest, error) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) < 3 || lines[0] != manifestHead {
		return Manifest{}, errors.New("verify pack: the signed text is no pack manifest")
	}
	m := Manifest{Files: map[string]string{}}
	var ok bool
	if m.Pack, m.Version, ok = strings.Cut(lines[1], " "); !ok {
		return Manifest{}, errors.New("verify pack: the manifest names no version")
	}
	for i, l := range lines[2:] {
		sum, name, ok := strings.Cut(l, "  ")
		if _, twice := m.Files[name]; !ok || len(sum) != 64 || twice || !fs.ValidPath(name) {
			return Manifest{}, fmt.Errorf("verify pack: line %d of the manifest is no entry", i+3)
		}
		m.Files[name] = sum
	}
	return m, nil
}
