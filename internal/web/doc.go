// Package web is the door for people: every page, form and download, and the
// interface other programs call.
//
// # Reading order
//
// routes.go is the whole outside surface: pattern, permission, handler; what is
// not listed is refused, and its printed form is a golden file. serve.go turns
// a request into an actor and an error into a page. Each subject has its
// handlers in SUBJECT.go and its typed pages in SUBJECT_page.templ; the parts
// they are built from stand in kit_*.templ and are shown, in every state, by
// the storybook (kulla serve --storybook).
//
// # Always true
//
//   - A handler decodes, calls one room, renders. After decoding nobody sees
//     the request; rooms decide who may what, routes only refuse early.
//   - A page carries the banner of the highest marking on it (Base.Marking).
//   - Pages work without JavaScript and hold no inline script or style; the
//     policy PagePolicy says so to the browser.
//   - Every change comes by POST and passes http.CrossOriginProtection.
//   - A refused form comes back with everything typed, each error beside its
//     field and in the summary, in the reader's language.
//   - One log line per request; an unexpected error shows its request number,
//     never its text.
package web
