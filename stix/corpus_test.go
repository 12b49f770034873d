package stix

import (
	"compress/gzip"
	"io"
	"os"
	"testing"
)

// corpus gives the bundle the benchmarks read: the file KULLA_STIX_CORPUS
// names, else the ATT&CK-shaped bundle of testdata.
func corpus(tb testing.TB) []byte {
	tb.Helper()
	if path := os.Getenv("KULLA_STIX_CORPUS"); path != "" {
		b, err := os.ReadFile(path)
		if err != nil {
			tb.Fatal(err)
		}
		return b
	}
	return gunzip(tb, "testdata/attack-shaped.json.gz")
}

func gunzip(tb testing.TB, path string) []byte {
	tb.Helper()
	f, err := os.Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		tb.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}
