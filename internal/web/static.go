package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"maps"
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"

	"kulla.dev/internal/report"
)

//go:embed static
var staticFiles embed.FS

// asset is one shipped file, with its compressed form where that is smaller.
type asset struct {
	kind  string
	plain []byte
	gzip  []byte
}

// assets reads the shipped files once and names them by their content: the
// address of a page's files changes when any of them does, so browsers may keep
// them for ever.
var assets = sync.OnceValue(func() (a struct {
	version string
	files   map[string]asset
}) {
	a.files = map[string]asset{}
	sum := sha256.New()
	_ = fs.WalkDir(staticFiles, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := staticFiles.ReadFile(name)
		if err != nil {
			return err // unreachable: embedded
		}
		sum.Write([]byte(name))
		sum.Write(data)
		a.files[strings.TrimPrefix(name, "static/")] = newAsset(name, data)
		return nil
	})
	// One style sheet is sent; it is written in several, in the order of their names.
	var sheet []byte
	for _, name := range slices.Sorted(maps.Keys(a.files)) {
		if strings.HasPrefix(name, "css/") {
			sheet = append(sheet, a.files[name].plain...)
			delete(a.files, name)
		}
	}
	// Documents and charts bring their own.
	sheet = append(sheet, report.CSS...)
	sum.Write([]byte(report.CSS))
	a.files["kulla.css"] = newAsset("kulla.css", sheet)
	a.version = hex.EncodeToString(sum.Sum(nil))[:12]
	return a
})

func newAsset(name string, data []byte) asset {
	kind := mime.TypeByExtension(path.Ext(name))
	switch path.Ext(name) {
	case ".js":
		kind = "text/javascript; charset=utf-8"
	case ".woff2":
		kind = "font/woff2"
	case ".txt":
		kind = "text/plain; charset=utf-8"
	}
	a := asset{kind: kind, plain: data}
	if path.Ext(name) == ".woff2" {
		return a // compressed already
	}
	var buf bytes.Buffer
	w, err := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	if err != nil {
		return a // unreachable: the level is a constant
	}
	if _, err := w.Write(data); err == nil && w.Close() == nil && buf.Len() < len(data) {
		a.gzip = buf.Bytes()
	}
	return a
}

// Asset gives the address of a shipped file: "kulla.css" →
// "/static/3f2a…/kulla.css".
func Asset(name string) string { return "/static/" + assets().version + "/" + name }

// Static serves the shipped files below /static/. Addresses with the present
// version are kept by browsers for a year, others are never stored.
func Static() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		all := assets()
		version, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/static/"), "/")
		file, ok := all.files[name]
		if !ok {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", file.kind)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		if version == all.version {
			h.Set("Cache-Control", "public, max-age=31536000, immutable")
		}
		body := file.plain
		if file.gzip != nil {
			h.Add("Vary", "Accept-Encoding")
			if acceptsGzip(r.Header.Get("Accept-Encoding")) {
				h.Set("Content-Encoding", "gzip")
				body = file.gzip
			}
		}
		if r.Method != http.MethodHead {
			_, _ = w.Write(body) // the reader may have gone
		}
	})
}

func acceptsGzip(header string) bool {
	return slices.ContainsFunc(strings.Split(header, ","), func(part string) bool {
		coding, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		return strings.TrimSpace(coding) == "gzip" && strings.ReplaceAll(q, " ", "") != "q=0"
	})
}

// PagePolicy is the Content-Security-Policy of every page: nothing but the
// desk's own files, no inline script, no inline style.
const PagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
