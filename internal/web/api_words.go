package web

import (
	"net/http"
	"regexp"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"kulla.dev/internal/fault"
	"kulla.dev/internal/i18n"
)

// The library that reads requests of programs says what is wrong in English.
// Here its sentences become the desk's, in the reader's language.

// apiSentence is one sentence of the library and the message that says it.
type apiSentence struct {
	form *regexp.Regexp
	key  string
}

// apiSentences reads the library's own list, so that a new version's wording
// is followed; words it puts into a sentence are its captures.
func apiSentences() []apiSentence {
	var out []apiSentence
	verb := regexp.MustCompile(`%[vds]`)
	for _, x := range []struct{ form, key string }{
		{validation.MsgUnexpectedProperty, "web.api.unexpected"},
		{validation.MsgExpectedRFC3339DateTime, "web.api.moment"},
		{validation.MsgExpectedBoolean, "web.api.boolean"},
		{validation.MsgExpectedNumber, "web.api.number"},
		{validation.MsgExpectedInteger, "web.api.integer"},
		{validation.MsgExpectedString, "web.api.string"},
		{validation.MsgExpectedBase64String, "web.api.base64"},
		{validation.MsgExpectedArray, "web.api.list"},
		{validation.MsgExpectedObject, "web.api.object"},
		{validation.MsgExpectedArrayItemsUnique, "web.api.unique"},
		{validation.MsgExpectedOneOf, "web.api.one-of"},
		{validation.MsgExpectedMinimumNumber, "web.api.at-least"},
		{validation.MsgExpectedMaximumNumber, "web.api.at-most"},
		{validation.MsgExpectedMinLength, "web.api.longer"},
		{validation.MsgExpectedMaxLength, "web.api.shorter"},
		{validation.MsgExpectedMinItems, "web.api.more"},
		{validation.MsgExpectedMaxItems, "web.api.fewer"},
		{validation.MsgExpectedRequiredProperty, "web.api.required"},
		{"request body is required", "web.api.body"},
		{"unexpected end of JSON input", "web.api.json"},
		{"required query parameter is missing", "web.api.parameter"},
		{"invalid boolean", "web.api.boolean"},
		{"invalid integer", "web.api.integer"},
		{"invalid float", "web.api.number"},
	} {
		parts := verb.Split(x.form, -1)
		for i := range parts {
			parts[i] = regexp.QuoteMeta(parts[i])
		}
		out = append(out, apiSentence{regexp.MustCompile(`(?s)^` + strings.Join(parts, `(.*)`) + `$`), x.key})
	}
	return out
}

// apiType names a fault for programs: the same in every language and version.
func apiType(key string) string { return "urn:kulla:fault:" + key }

// apiProblem is a fault that the door itself meets, before the interface, in
// the form the interface describes.
func apiProblem(f *fault.Error, status int, lang i18n.Lang, number string) *huma.ErrorModel {
	m := &huma.ErrorModel{Type: apiType(f.Key), Status: status, Title: lang.T(titleOf(f.Kind)), Detail: lang.T(f.Key, f.Args...), Instance: "urn:uuid:" + number}
	for _, x := range f.Fields {
		m.Errors = append(m.Errors, &huma.ErrorDetail{Location: x.Name, Message: lang.T(x.Key, x.Args...), Value: x.Key})
	}
	return m
}

// apiWords is a transformer of the library: it runs on each answer and says
// the library's own refusals anew. Answers of the rooms pass as they are.
func (s *Server) apiWords() huma.Transformer {
	sentences := apiSentences()
	return func(ctx huma.Context, _ string, v any) (any, error) {
		m, ok := v.(*huma.ErrorModel)
		if !ok || m.Instance != "" { // an instance has what apiFault made
			return v, nil
		}
		at := visitIn(ctx.Context())
		kind, key := fault.Invalid, "web.api.invalid"
		switch {
		case m.Status == http.StatusRequestEntityTooLarge:
			key = "web.api.too-large"
		case m.Status == http.StatusUnsupportedMediaType:
			key = "web.api.media-type"
		case m.Status == http.StatusNotAcceptable:
			key = "web.api.not-acceptable"
		case m.Status == http.StatusNotFound:
			kind, key = fault.NotFound, "web.error.nowhere"
		case m.Status >= 500:
			kind, key = fault.Internal, "web.error.internal"
		case m.Detail == "request body is required":
			key = "web.api.body"
		}
		out := *m
		out.Type, out.Title, out.Detail, out.Instance = apiType(key), at.lang.T(titleOf(kind)), at.lang.T(key), "urn:uuid:"+at.id
		out.Errors = nil
		for _, e := range m.Errors {
			if e == nil || kind == fault.Internal {
				continue // causes are for the log
			}
			x := *e
			x.Message = apiSay(sentences, at.lang, e.Message)
			out.Errors = append(out.Errors, &x)
		}
		return &out, nil
	}
}

// apiSay says one of the library's sentences in the language; what is not
// known is said in general, never in the library's words.
func apiSay(sentences []apiSentence, lang i18n.Lang, text string) string {
	for _, x := range sentences {
		if found := x.form.FindStringSubmatch(text); found != nil {
			var args []any
			for _, a := range found[1:] {
				args = append(args, a)
			}
			return lang.T(x.key, args...)
		}
	}
	return lang.T("web.api.unreadable")
}
