package web

import (
	"encoding/json"
	"net/http"
	"strings"

	"kulla.dev/internal/access"
	"kulla.dev/internal/incident"
	"kulla.dev/internal/marking"
	"kulla.dev/internal/registry"
)

// found is one thing a search found.
type found struct {
	Kind, Title, Sub, Href string
	Mark                   marking.Marking // zero: as an incident in a list
}

// lookUp finds institutions and incidents by the beginning of a word, at most
// limit of each, as far as the reader may know of them.
func (s *Server) lookUp(r *http.Request, by access.Actor, text string, limit int) (institutions, incidents []found, err error) {
	lang := visitOf(r).lang
	if access.May(by, "registry.read") == nil {
		p, err := s.Registry.List(r.Context(), by, registry.Query{Text: text, Limit: limit})
		if err != nil {
			return nil, nil, err
		}
		for _, x := range p.Items {
			institutions = append(institutions, found{"institution", x.Record.NameOn(string(lang), ""), s.sectorText(lang, x.Sector), "/institutions/" + string(x.ID), x.Record.Mark})
		}
	}
	if access.May(by, "incident.read") == nil {
		for _, q := range []incident.Query{{Text: text, Limit: limit}, {Text: text, Limit: limit, Ended: true}} {
			p, err := s.Incident.Queue(r.Context(), by, q, s.Now())
			if err != nil {
				return nil, nil, err
			}
			for _, x := range p.Rows {
				if len(incidents) < limit {
					incidents = append(incidents, found{"incident", orElse(x.Title, x.Number), x.Number + " · " + x.Name, "/incidents/" + string(x.ID), marking.Marking{}})
				}
			}
		}
	}
	return institutions, incidents, nil
}

// searchPage finds what the field at the top of every page was asked for.
func (s *Server) searchPage(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	text := strings.TrimSpace(r.URL.Query().Get("q"))
	v := s.board(r, by, visitOf(r).lang.T("web.desk.search.title"))
	v.Search = text
	if text == "" {
		v.banner(marking.Public())
		v.Blocks = []blockView{{Lead: v.L("web.desk.search.ask")}}
		return s.show(w, r, http.StatusOK, v)
	}
	institutions, incidents, err := s.lookUp(r, by, text, 25)
	if err != nil {
		return err
	}
	v.Title = v.L("web.desk.search.for", text)
	v.Head.Title = v.Title
	marks := []marking.Marking{inHouse()}
	for _, part := range []struct {
		title, all string
		list       []found
	}{
		{v.L("web.nav.institutions"), "/institutions?q=" + queryEscape(text), institutions},
		{v.L("web.nav.incidents"), "/incidents?q=" + queryEscape(text), incidents},
	} {
		if len(part.list) == 0 {
			continue
		}
		b := blockView{Card: CardView{Title: part.title, Link: Link{v.L("web.desk.all"), part.all}}}
		b.Table = TableView{Caption: part.title, Keys: true, Columns: []ColumnView{{Title: v.L("web.desk.search.what"), Main: true}, {Title: v.L("web.desk.search.more")}}}
		for _, x := range part.list {
			b.Table.Rows = append(b.Table.Rows, RowView{Cells: []CellView{{Text: x.Title, Href: x.Href}, {Text: x.Sub}}})
			if x.Mark.TLP != marking.TLPNone {
				marks = append(marks, x.Mark)
			}
		}
		v.Blocks = append(v.Blocks, b)
	}
	if len(v.Blocks) == 0 {
		e := EmptyView{Title: v.L("web.desk.search.none", text), Text: v.L("web.desk.search.none-text")}
		v.Blocks = []blockView{{Table: TableView{Columns: []ColumnView{{}}, Empty: e}}}
	}
	v.banner(marks...)
	return s.show(w, r, http.StatusOK, v)
}

// searchSuggest answers while somebody types. kind=institution gives ids, for
// fields that take one.
func (s *Server) searchSuggest(w http.ResponseWriter, r *http.Request, by access.Actor) error {
	q := r.URL.Query()
	list := []suggestion{}
	text := strings.TrimSpace(q.Get("q"))
	if text == "" {
		return writeJSON(w, list)
	}
	institutions, incidents, err := s.lookUp(r, by, text, 10)
	if err != nil {
		return err
	}
	if q.Get("kind") == "institution" {
		incidents = nil
	}
	for _, x := range append(institutions, incidents...) {
		value := x.Title
		if q.Get("kind") == "institution" {
			value = strings.TrimPrefix(x.Href, "/institutions/")
		}
		list = append(list, suggestion{value, x.Title, x.Sub})
	}
	return writeJSON(w, list)
}

// writeJSON answers a script of the page.
func writeJSON(w http.ResponseWriter, v any) error {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	return ignoreGone(json.NewEncoder(w).Encode(v))
}
