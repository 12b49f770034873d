package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"kulla.dev/internal/i18n"
)

// Every refusal of the library that reads requests is said in the reader's
// language: no English word of it is left.
func TestRefusalsOfTheInterfaceSpeakTheReadersLanguage(t *testing.T) {
	s := &Server{}
	mux := http.NewServeMux()
	c := huma.DefaultConfig("x", "1")
	c.CreateHooks = nil
	c.Transformers = []huma.Transformer{s.apiWords()}
	a := humago.New(mux, c)
	huma.Register(a, huma.Operation{OperationID: "submit", Method: http.MethodPost, Path: "/reports"}, func(context.Context, *apiSubmitIn) (*apiListOut, error) { return nil, nil })
	huma.Register(a, huma.Operation{OperationID: "list", Method: http.MethodGet, Path: "/list"}, func(context.Context, *apiListIn) (*apiListOut, error) { return nil, nil })
	for _, x := range []struct {
		name, method, path, body string
		status                   int
		sq, where                string
	}{
		{"missing", "POST", "/reports", `{}`, 422, "Mungon “key”", "body"},
		{"too short", "POST", "/reports", `{"key":"x"}`, 422, "Të paktën 8", "body.key"},
		{"not one of", "POST", "/reports", `{"key":"12345678","kind":"x"}`, 422, "significant", "body.kind"},
		{"unknown field", "POST", "/reports", `{"key":"12345678","x":1}`, 422, "nuk njihet", "body.x"},
		{"wrong kind", "POST", "/reports", `{"key":1}`, 422, "tekst", "body.key"},
		{"not a moment", "POST", "/reports", `{"key":"12345678","occurred":{"at":"yesterday"}}`, 422, "2026-", "body.occurred.at"},
		{"no JSON", "POST", "/reports", `{"key":`, 400, "JSON", ""},
		{"nothing", "POST", "/reports", ``, 400, "trup", ""},
		{"not a number", "GET", "/list?limit=x", ``, 422, "numër të plotë", "query.limit"},
		{"too many", "GET", "/list?limit=900", ``, 422, "200", "query.limit"},
		{"not yes or no", "GET", "/list?ended=maybe", ``, 422, "true", "query.ended"},
	} {
		r := httptest.NewRequest(x.method, x.path, strings.NewReader(x.body))
		if x.method == "POST" {
			r.Header.Set("Content-Type", "application/json")
		}
		r = r.WithContext(context.WithValue(r.Context(), visitKey{}, &visit{id: "0", lang: i18n.Lang("sq")}))
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		said := w.Body.String()
		if w.Code != x.status || !strings.Contains(said, x.sq) || !strings.Contains(said, x.where) {
			t.Errorf("%s: %d %s, want %d, %q at %q", x.name, w.Code, said, x.status, x.sq, x.where)
		}
		for _, english := range []string{"expected", "unexpected", "invalid", "validation failed", "required property", "⟦"} {
			if strings.Contains(strings.ReplaceAll(said, apiType("web.api.invalid"), ""), english) {
				t.Errorf("%s: %q is left in %s", x.name, english, said)
			}
		}
	}
}

type apiListOut struct{ Body struct{} }
