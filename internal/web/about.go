package web

import (
	"net/http"

	"kulla.dev/internal/access"
	"kulla.dev/internal/marking"
)

// accessibilityPage says how the desk can be used by everybody, and where not.
func (s *Server) accessibilityPage(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	v := s.board(r, by, visitOf(r).lang.T("web.desk.accessibility.title"))
	v.banner(marking.Public())
	v.Lead = v.L("web.desk.accessibility.lead")
	v.Blocks = []blockView{{Card: CardView{Title: v.L("web.desk.accessibility.standard")}, Facts: []DefinitionView{
		{Term: v.L("web.desk.accessibility.standard"), Value: v.L("web.desk.accessibility.standard-text")},
		{Term: v.L("web.desk.accessibility.keyboard"), Value: v.L("web.desk.accessibility.keyboard-text"), Why: Link{v.L("web.desk.accessibility.keyboard-link"), "/help/keyboard"}},
		{Term: v.L("web.desk.accessibility.script"), Value: v.L("web.desk.accessibility.script-text")},
		{Term: v.L("web.desk.accessibility.known"), Value: v.L("web.desk.accessibility.known-text")},
		{Term: v.L("web.desk.accessibility.contact"), Value: v.L("web.desk.accessibility.contact-text")},
	}}}
	return s.show(w, r, http.StatusOK, v)
}
