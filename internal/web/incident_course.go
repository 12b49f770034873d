package web

import (
	"slices"
	"strings"
	"time"

	"kulla.dev/internal/country"
	"kulla.dev/internal/incident"
	"kulla.dev/internal/outbox"
)

// shownCourse is how many lines of the course stand open.
const shownCourse = 14

// course puts everything that happened to an incident on one line of time,
// newest first: what was stated, handed in, said, done, and what left.
func (s *Server) course(v *incidentView, items []outbox.Item) {
	var all []TimelineView
	add := func(at time.Time, t TimelineView) {
		t.At, t.When = at, v.Lang.Moment(at.In(s.Zone), v.Now)
		all = append(all, t)
	}
	replaced := map[string]bool{}
	for _, e := range v.In.Events {
		if e.Supersedes != "" {
			replaced[e.Supersedes] = true
		}
	}
	for _, e := range v.In.Events {
		s.courseEvent(v, e, replaced[e.ID], add)
	}
	for _, e := range v.In.Thread {
		tone := Neutral
		if e.Kind == incident.EntryAnswer {
			tone = Good
		}
		add(e.At, TimelineView{Title: v.L("web.incident.entry." + string(e.Kind)), Text: shorten(e.Text, 120), Who: v.who(e.By), Tone: tone})
	}
	for _, t := range v.In.Tasks {
		if !t.Done.IsZero() {
			add(t.Done, TimelineView{Title: v.L("web.incident.course.task"), Text: shorten(strings.Join(nonEmpty(t.Text, t.Title.In(string(v.Lang)), t.Outcome), " – "), 120), Who: v.who(t.DoneBy), Tone: Good})
		}
	}
	for _, f := range v.In.Files {
		add(f.At, TimelineView{Title: v.L("web.incident.course.file"), Text: f.Name, Who: v.who(f.By), Href: v.Home + "/files/" + f.ID})
	}
	if v.In.Severity.At != (time.Time{}) {
		add(v.In.Severity.At, TimelineView{Title: v.L("web.incident.course.rated"), Who: v.who(v.In.Severity.By)})
	}
	for _, it := range items {
		at, word, tone := it.ProposedAt, "web.incident.course.proposed", Neutral
		if !it.SentAt.IsZero() {
			at, word, tone = it.SentAt, "web.incident.course.sent", Good
		} else if it.Error != "" {
			word, tone = "web.incident.course.failing", Warn
		}
		add(at, TimelineView{Title: v.L(word), Text: it.Subject, Who: it.Address, Tone: tone, TLP: it.Mark.TLP.String()})
	}
	slices.SortStableFunc(all, func(a, b TimelineView) int { return b.At.Compare(a.At) })
	if len(all) > shownCourse {
		v.Older = all[shownCourse:]
		all = all[:shownCourse]
	}
	v.Course = all
}

// courseEvent puts one entry of the log on the line. What the thread or the
// submissions say already is left to them.
func (s *Server) courseEvent(v *incidentView, e incident.Event, replaced bool, add func(time.Time, TimelineView)) {
	switch e.Kind {
	case country.Received, country.Answered:
		return
	case country.Requested:
		if slices.ContainsFunc(v.In.Thread, func(x incident.Entry) bool { return x.ID == e.Reason }) {
			return
		}
	}
	t := TimelineView{Title: v.L("web.incident.event." + strings.ReplaceAll(string(e.Kind), "_", "-")), Who: v.who(e.By)}
	var parts []string
	for _, c := range e.Covers {
		if name := s.stageTitle(v.Lang, c.Regime, c.Stage); !slices.Contains(parts, name) {
			parts = append(parts, name)
		}
	}
	switch e.Kind {
	case country.Submitted:
		t.Tone = Good
		if e.Submission != "" {
			t.Href = v.Home + "/receipts/" + e.Submission
		}
	case country.Held, country.Extended, country.Declassified, country.Recalled, country.Attempted, country.CrisisDeclared:
		t.Tone = Warn
	}
	if e.Role != "" {
		parts = append(parts, s.roleName(v.Lang, e.Role))
	}
	if !e.Until.IsZero() {
		parts = append(parts, v.L("web.incident.until", v.Lang.Moment(e.Until.In(s.Zone), v.Now)))
	}
	if e.Reason != "" {
		parts = append(parts, "“"+shorten(e.Reason, 140)+"”")
	}
	if e.Disputes != "" {
		parts, t.Tone = append(parts, v.L("web.incident.course.contested")), Warn
	}
	if replaced {
		parts, t.Tone = append(parts, v.L("web.incident.course.corrected")), Neutral
	}
	if e.Supersedes != "" && e.Kind != country.Recalled {
		parts = append(parts, v.L("web.incident.course.correction", v.Lang.Moment(e.Recorded.In(s.Zone), v.Now)))
	}
	t.Text = strings.Join(parts, " · ")
	if e.Precision == incident.Day || e.Precision == incident.Month || e.Precision == incident.Hour {
		t.Text = strings.Join(nonEmpty(t.Text, v.L("web.report.precision."+string(e.Precision))), " · ")
	}
	add(e.At, t)
}
