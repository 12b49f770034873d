package report

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestSamplePaper(t *testing.T) {
	for _, lang := range []string{"en", "sq"} {
		var b bytes.Buffer
		if err := PDF(&b, sample(lang)); err != nil {
			t.Fatal(err)
		}
		if dir := os.Getenv("REPORT_OUT"); dir != "" {
			if err := os.WriteFile(filepath.Join(dir, "sample-"+lang+".pdf"), b.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		var h bytes.Buffer
		if err := HTML(&h, sample(lang)); err != nil {
			t.Fatal(err)
		}
		if dir := os.Getenv("REPORT_OUT"); dir != "" {
			if err := os.WriteFile(filepath.Join(dir, "sample-"+lang+".html"), h.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}
