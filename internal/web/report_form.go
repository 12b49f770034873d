package web

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"kulla.dev/internal/country"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/incident"
	"kulla.dev/internal/marking"
	"kulla.dev/internal/regime"
)

// sheet is a report in the making as the door keeps it: what was typed so far
// by field name. Its key makes handing it in twice harmless.
type sheet struct {
	Key     string
	Version int // of the kept form; 0: not kept yet
	Values  url.Values
	Changed time.Time
}

func (f sheet) get(name string) string { return f.Values.Get(name) }

// fieldName is what a form may call a field.
var fieldName = regexp.MustCompile(`^[a-z][a-z0-9_.-]{0,79}$`)

// reserved names travel with a form and are not answers.
var reserved = []string{"version", "fields", "step", "go", "drop", "sent", "file"}

// merge puts the answers of one page of the form into the sheet. The page
// names its fields, so that a box left empty clears an earlier answer.
func (f *sheet) merge(posted url.Values) {
	for name := range strings.FieldsSeq(posted.Get("fields")) {
		if !fieldName.MatchString(name) || slices.Contains(reserved, name) {
			continue
		}
		if v := posted[name]; len(v) > 0 && strings.TrimSpace(strings.Join(v, "")) != "" {
			f.Values[name] = v
		} else {
			delete(f.Values, name)
		}
	}
	if tab := posted.Get("tab"); fieldName.MatchString(tab) {
		f.Values.Set("tab", tab)
	}
}

// notKnown is the answer that a service or a moment is not known yet.
const notKnown = "unknown"

// draft reads the report out of the typed answers. What cannot be read is
// added to the broken fields under the name the form gives it.
func (f sheet) draft(p *country.Pack, zone *time.Location, broken *fault.Fields) incident.Draft {
	in := incident.Draft{Key: f.Key, Incident: incident.ID(f.get("incident")), Kind: regime.ReportKind(f.get("kind")), Institution: f.get("institution"),
		Title: f.get("title"), LateReason: f.get("late_reason"), Files: f.Values["files"], Values: map[string]incident.Stated{},
		Unit: incident.Unit(f.get("unit")), Grounds: f.Values["grounds"], Channel: f.get("channel"), Exercise: f.get("exercise") != ""}
	in.Seen, _ = strconv.Atoi(f.get("seen"))
	for c := range strings.FieldsSeq(f.get("covers")) {
		r, stage, ok := strings.Cut(c, "/")
		if !ok {
			r, stage = "", c
		}
		in.Covers = append(in.Covers, regime.Cover{Regime: r, Stage: stage})
	}
	if in.Incident != "" {
		in.Institution = ""
	} else if v := f.get("victim.name"); v != "" && in.Institution == "" {
		in.Victim = incident.Victim{Name: v, Sector: f.get("victim.sector"), Contact: f.get("victim.contact"), Phone: f.get("victim.phone")}
	}
	in.Others = f.Values["others"]
	in.Permission = f.get("permission") != ""
	for _, s := range f.Values["services"] {
		in.Services = append(in.Services, s)
	}
	for s := range strings.FieldsFuncSeq(f.get("services.other"), func(r rune) bool { return r == '\n' || r == ';' }) {
		in.Services = append(in.Services, strings.TrimSpace(s))
	}
	if len(in.Services) > 1 {
		in.Services = slices.DeleteFunc(in.Services, func(s string) bool { return s == notKnown })
	}
	in.Occurred = f.moment("occurred", zone, broken)
	in.Detected = f.moment("detected", zone, broken)
	in.Aware = f.moment("aware", zone, broken)
	if a := f.moment("attempt", zone, broken); !a.IsZero() {
		in.Attempt = incident.Attempt{At: a.At, Channel: f.get("attempt.channel")}
	}
	if t, err := marking.ParseTLP(f.get("tlp")); err == nil && f.get("tlp") != "" {
		in.TLP = t
	}
	for _, field := range p.Fields {
		name := "values." + field.ID
		if field.Type == "taxon" {
			if scheme, code, ok := strings.Cut(f.get(name), ":"); ok {
				in.Codes = append(in.Codes, incident.Code{Scheme: scheme, Code: code})
			}
			continue
		}
		if v, ok := f.stated(field, name, zone, broken); ok {
			in.Values[field.ID] = v
		}
	}
	return in
}

// nowAware takes an awareness left empty as the moment of asking: the form says
// so beside the field, and whoever reports knows of it.
func nowAware(in *incident.Draft, now time.Time) {
	if in.Incident == "" && in.Aware.IsZero() && in.Aware.Precision == "" && (in.Kind == regime.Significant || in.Kind == "") {
		in.Aware = incident.Moment{At: now.Truncate(time.Minute), Precision: incident.Minute}
	}
}

// stated reads the answer to one field of the pack; ok is false when nothing
// was answered.
func (f sheet) stated(field country.Field, name string, zone *time.Location, broken *fault.Fields) (v incident.Stated, ok bool) {
	text := strings.TrimSpace(f.get(name))
	switch field.Type {
	case "yes_no_unknown":
		switch text {
		case "yes":
			v.Is = regime.Yes
		case "maybe":
			v.Is, v.Suspected, v.Potential = regime.Yes, true, field.Group == "effect"
		case "no":
			v.Is = regime.No
		case notKnown:
		default:
			return v, false
		}
		return v, true
	case "number", "money", "duration":
		if text == "" {
			return v, false
		}
		n, err := parseNumber(text)
		if err != nil {
			broken.Add(name, "web.report.number")
			return v, false
		}
		v.Number, v.Estimate = &n, f.get(name+".estimate") != ""
		return v, true
	case "datetime":
		v.At = f.moment(name, zone, broken)
		return v, !v.At.IsZero() || v.At.Precision == incident.Unknown
	case "choices":
		v.List = f.Values[name]
		if len(field.Options) == 0 {
			v.List = strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || r == '\n' })
		}
		return v, len(v.List) > 0
	case "files":
		return v, false
	}
	v.Text = text
	return v, text != ""
}

// parseNumber reads what a person types: spaces and points or commas as
// grouping, one decimal mark.
func parseNumber(s string) (float64, error) {
	s = strings.Map(func(r rune) rune {
		if r == ' ' || r == '\u00a0' || r == '\u202f' || r == '\'' || r == '%' || r == '€' {
			return -1
		}
		return r
	}, s)
	last := strings.LastIndexAny(s, ".,")
	if last >= 0 {
		whole, rest := s[:last], s[last+1:]
		// "1.200" and "1,200,000" group; "1,5" and "12.75" do not.
		group := len(rest) == 3 && whole != "" && whole != "0"
		whole = strings.NewReplacer(".", "", ",", "").Replace(whole)
		if group {
			s = whole + rest
		} else {
			s = whole + "." + rest
		}
	}
	n, err := strconv.ParseFloat(s, 64)
	if err == nil && (n != n || n > 1e15 || n < -1e15) {
		err = strconv.ErrRange
	}
	return n, err
}

// moment reads NAME.date, NAME.clock and NAME.precision in the desk's zone. A
// day or a month is an answer, and so is "unknown".
func (f sheet) moment(name string, zone *time.Location, broken *fault.Fields) incident.Moment {
	date, clock := strings.TrimSpace(f.get(name+".date")), strings.TrimSpace(f.get(name+".clock"))
	precision := incident.Precision(f.get(name + ".precision"))
	if precision == incident.Unknown {
		return incident.Moment{Precision: incident.Unknown}
	}
	if date == "" {
		if clock != "" {
			broken.Add(name, "web.report.time.no-day")
		}
		return incident.Moment{}
	}
	day, err := time.ParseInLocation("2006-01-02", date, zone)
	if err != nil {
		broken.Add(name, "web.report.time.bad-day", date)
		return incident.Moment{}
	}
	switch precision {
	case incident.Month:
		return incident.Moment{At: time.Date(day.Year(), day.Month(), 1, 0, 0, 0, 0, zone), Precision: precision}
	case incident.Day:
		return incident.Moment{At: day, Precision: precision}
	case incident.Hour, incident.Minute, incident.Unknown, "":
	}
	if clock == "" {
		if precision == incident.Hour {
			broken.Add(name, "web.report.time.no-clock")
			return incident.Moment{}
		}
		return incident.Moment{At: day, Precision: incident.Day}
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", date+" "+clock[:min(5, len(clock))], zone)
	if err != nil {
		broken.Add(name, "web.report.time.bad-clock", clock)
		return incident.Moment{}
	}
	if precision == incident.Hour {
		return incident.Moment{At: at, Precision: incident.Hour}
	}
	return incident.Moment{At: at, Precision: incident.Minute}
}

// putMoment writes a moment back into the form.
func (f sheet) putMoment(name string, m incident.Moment, zone *time.Location) {
	if m.IsZero() {
		return
	}
	at := m.At.In(zone)
	f.Values.Set(name+".date", at.Format("2006-01-02"))
	if m.Precision == incident.Minute || m.Precision == incident.Hour {
		f.Values.Set(name+".clock", at.Format("15:04"))
	}
	f.Values.Set(name+".precision", string(m.Precision))
}

// put writes a stated answer back into the form.
func (f sheet) put(field country.Field, v incident.Stated, zone *time.Location) {
	name := "values." + field.ID
	switch field.Type {
	case "yes_no_unknown":
		word := notKnown
		switch {
		case v.Is == regime.Yes && v.Suspected:
			word = "maybe"
		case v.Is == regime.Yes:
			word = "yes"
		case v.Is == regime.No:
			word = "no"
		}
		f.Values.Set(name, word)
	case "number", "money", "duration":
		if v.Number != nil {
			f.Values.Set(name, strconv.FormatFloat(*v.Number, 'f', -1, 64))
			if v.Estimate {
				f.Values.Set(name+".estimate", "yes")
			}
		}
	case "datetime":
		f.putMoment(name, v.At, zone)
	case "choices":
		if len(field.Options) == 0 {
			f.Values.Set(name, strings.Join(v.List, ", "))
		} else {
			f.Values[name] = v.List
		}
	default:
		f.Values.Set(name, v.Text)
	}
}

// formField gives the name the form has for a field of incident's problems.
func formField(name string) string {
	switch name {
	case "values.occurred_at":
		return "occurred"
	case "values.detected_at":
		return "detected"
	case "values.aware_at":
		return "aware"
	case "values.affected_services":
		return "services"
	case "title", "values.title":
		return "values.description"
	case "institution", "victim.name":
		return "institution"
	case "attempt.channel":
		return "attempt"
	}
	base, _, _ := strings.Cut(name, "[")
	if base == "codes" {
		return "values.incident_type"
	}
	return base
}
