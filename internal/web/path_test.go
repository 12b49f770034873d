package web

import (
	"net/url"
	"strings"
	"testing"
)

// A return address stays inside the desk, whatever is in it.
func FuzzLocalPath(f *testing.F) {
	for _, s := range []string{"/", "/incidents?x=1", "//evil.example", "/\\evil.example", "https://evil.example/", "javascript:alert(1)", "/a\r\nSet-Cookie: x=y", "/%2f%2fevil", "\t//x", "/./..//x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := localPath(s)
		u, err := url.Parse(got)
		if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(got, "/") || strings.HasPrefix(got, "//") || strings.ContainsAny(got, "\\\r\n") {
			t.Errorf("localPath(%q) = %q", s, got)
		}
	})
}
