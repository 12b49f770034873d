package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"go.yaml.in/yaml/v3"

	"kulla.dev/internal/access"
	"kulla.dev/internal/council"
	"kulla.dev/internal/country"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/incident"
	"kulla.dev/internal/marking"
	"kulla.dev/internal/regime"
	"kulla.dev/internal/registry"
	"kulla.dev/internal/web"
	"kulla.dev/packs"
)

// story is a demo told as data: made-up victims and reports, marked so, on
// the real institutions of a pack.
type story struct {
	Note         country.Text
	Authority    string
	Institutions []storyInstitution
	People       []storyPerson
	Kinds        []storyKind
}

type storyInstitution struct {
	ID       string
	Sector   string
	Class    string
	Kinds    []string
	Domain   string
	Names    country.Text
	Services []struct {
		ID       string
		Users    int64
		Critical bool
		Names    country.Text
	}
}

type storyPerson struct{ ID, Name, Role, Institution, TLP string }

type storyKind struct {
	ID, Code               string
	Weight                 int
	Significant, Malicious bool
	Title, Text            country.Text
}

// Clock is a clock that can be set: the story happens in the past, afterwards
// it is now.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// Now reads the clock: the time set, or the wall's once Free was called.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at.IsZero() {
		return time.Now()
	}
	return c.at
}

// Set stops the clock at t; the zero time lets it run.
func (c *Clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = t
}

// DemoPassword is the password of every demo account; only the demo verb ever
// makes such accounts.
const DemoPassword = "kulla-demo-2026"

func readStory(pack string) (story, error) {
	var s story
	b, err := fs.ReadFile(packs.FS, "demo/"+pack+".yaml")
	if err != nil {
		return s, fmt.Errorf("demo story of pack %q: %w", pack, err)
	}
	if err := yaml.Unmarshal(b, &s); err != nil {
		return s, fmt.Errorf("demo story of pack %q: %w", pack, err)
	}
	return s, nil
}

// DemoSignIns gives the demo accounts of a pack, for the sign-in page.
func DemoSignIns(pack string) ([]web.DemoSignIn, error) {
	s, err := readStory(pack)
	if err != nil {
		return nil, err
	}
	var out []web.DemoSignIn
	for _, p := range s.People {
		out = append(out, web.DemoSignIn{Role: "access.role." + p.Role, Email: p.ID + "@demo.example", Password: DemoPassword})
	}
	return out, nil
}

// teller plays the story on a desk.
type teller struct {
	*App
	story
	clock   *Clock
	lang    string
	rng     *rand.Rand
	ids     map[string]string // story id → registry id
	service map[string][]string
	actors  map[string]access.Actor // story id of an institution or person → who acts
	acts    []act
}

// act is something that happens at a time.
type act struct {
	at time.Time
	do func(now time.Time) error
}

// Tell fills an empty desk with the story: two years up to now, scale times
// as many incidents as the plain story has. It is deterministic but for ids.
func (a *App) Tell(ctx context.Context, clock *Clock, lang string, scale int, progress func(done, total int64)) error {
	s, err := readStory(a.Pack.ID)
	if err != nil {
		return err
	}
	end := time.Now()
	t := &teller{App: a, story: s, clock: clock, lang: lang, rng: rand.New(rand.NewPCG(2022, 0715)), ids: map[string]string{}, service: map[string][]string{}, actors: map[string]access.Actor{}}
	begin := end.AddDate(-2, 0, -7)
	clock.Set(begin)
	defer clock.Set(time.Time{})
	if err := t.people(ctx, begin); err != nil {
		return err
	}
	t.plan(ctx, begin, end, scale)
	slices.SortStableFunc(t.acts, func(x, y act) int { return x.at.Compare(y.at) })
	for i := 0; i < len(t.acts); i++ {
		x := t.acts[i]
		if x.at.After(end) {
			break
		}
		clock.Set(x.at)
		before := len(t.acts)
		if err := x.do(x.at); err != nil {
			return fmt.Errorf("story at %s: %w", x.at.Format(time.DateTime), err)
		}
		if len(t.acts) > before { // an act may lead to later ones
			rest := t.acts[i+1:]
			slices.SortStableFunc(rest, func(x, y act) int { return x.at.Compare(y.at) })
		}
		if i%8 == 0 {
			if err := a.Drain(ctx); err != nil {
				return err
			}
		}
		if progress != nil {
			progress(int64(i+1), int64(len(t.acts)))
		}
	}
	clock.Set(end)
	if err := a.Drain(ctx); err != nil {
		return err
	}
	last := council.DayOf(end.In(a.Pack.Location)) - 1
	_, err = a.Council.Compose(ctx, t.actors["secretary"], council.Request{From: council.DayOf(last.Date().AddDate(-1, 0, 1)), To: last}, end)
	if err != nil {
		return fmt.Errorf("paper of the story: %w", err)
	}
	return a.Drain(ctx)
}

// people makes the institutions and everybody in them.
func (t *teller) people(ctx context.Context, now time.Time) error {
	by := access.System("demo", "registry.write", "registry.read")
	t.ids["authority"] = t.Authority
	day := registry.DayOf(now.AddDate(-3, 0, 0))
	for _, in := range t.Institutions {
		r := registry.Record{Names: []registry.Name{{Text: in.Names}}, Kind: "operator", Sector: registry.Coded{Code: in.Sector}, Country: t.Pack.Code, Authority: registry.ID(t.Authority),
			Infrastructures: []registry.Infrastructure{{ID: "main", Sector: registry.Coded{Code: in.Sector}, Classes: []registry.ClassSpan{{Class: in.Class, From: day, Reason: "EXERCISE"}}}},
			Domains:         []registry.Domain{{Value: in.Domain, From: day}},
			Contacts:        []registry.Contact{{Name: "SOC", Roles: []registry.ContactRole{registry.ContactSecurity, registry.ContactDuty}, Mail: "soc@" + in.Domain, Phone: "+355 4 000 0000", AllDay: true, Languages: []string{t.lang}}}}
		r.KindsComplete = true
		for _, k := range in.Kinds {
			r.Kinds = append(r.Kinds, registry.Kind{ID: k, From: day})
		}
		for _, s := range in.Services {
			r.Services = append(r.Services, registry.Service{Name: s.Names, Users: s.Users, Critical: s.Critical, Sector: registry.Coded{Code: in.Sector}, Infrastructure: "main", From: day})
		}
		made, err := t.Registry.Create(ctx, by, registry.Draft{Record: r, Reason: "demo story", Anyway: true}, now)
		if err != nil {
			return fmt.Errorf("institution %s: %w", in.ID, err)
		}
		t.ids[in.ID] = string(made.ID)
		for _, s := range made.Services {
			t.service[in.ID] = append(t.service[in.ID], string(s.ID))
		}
		if err := t.person(ctx, storyPerson{ID: "night-" + in.ID, Name: "Roja e natës", Role: "officer", Institution: in.ID, TLP: "amber+strict"}, "soc@"+in.Domain, now); err != nil {
			return err
		}
		t.actors[in.ID] = t.actors["night-"+in.ID]
	}
	for _, p := range t.People {
		if err := t.person(ctx, p, p.ID+"@demo.example", now); err != nil {
			return err
		}
	}
	return nil
}

func (t *teller) person(ctx context.Context, p storyPerson, email string, now time.Time) error {
	tlp, err := marking.ParseTLP(p.TLP)
	if err != nil {
		return err
	}
	institution := t.ids[p.Institution]
	made, _, err := t.Access.Create(ctx, access.Draft{Name: p.Name, Email: email, Languages: []string{t.lang},
		Members:   []access.Membership{{Institution: institution, Role: access.Role(p.Role)}},
		Clearance: access.Clearance{TLP: tlp, Nations: []string{t.Pack.Code}}}, DemoPassword, now)
	if err != nil {
		return fmt.Errorf("person %s: %w", p.ID, err)
	}
	t.actors[p.ID] = t.Access.ActorOf(made, institution)
	return nil
}

// plan lays out two years: a level that grows, a wave, and the clocks that
// run right now.
func (t *teller) plan(ctx context.Context, begin, end time.Time, scale int) {
	total := 0
	for _, k := range t.Kinds {
		total += k.Weight
	}
	pick := func() storyKind {
		n := t.rng.IntN(total)
		for _, k := range t.Kinds {
			if n -= k.Weight; n < 0 {
				return k
			}
		}
		return t.Kinds[0] // unreachable: n < total
	}
	weeks := int(end.Sub(begin) / (7 * 24 * time.Hour))
	for w := range weeks - 1 {
		mean := 0.9
		if w > weeks-53 {
			mean = 1.35
		}
		if w == weeks-8 || w == weeks-7 {
			mean = 5
		}
		for range t.poisson(mean) * scale {
			at := begin.Add(time.Duration(w)*7*24*time.Hour + time.Duration(t.rng.Int64N(int64(7*24*time.Hour))))
			k := pick()
			if mean == 5 && t.rng.IntN(3) == 0 {
				k = t.kind("wiper")
			}
			in := t.Institutions[t.rng.IntN(len(t.Institutions))]
			t.incident(ctx, in, k, at, true)
		}
	}
	// What runs now: a notification overdue, an early warning about to be due,
	// one of each later stage.
	t.incident(ctx, t.institution("tso"), t.kind("wiper"), end.Add(-74*time.Hour), false)
	t.incident(ctx, t.institution("registry"), t.kind("app"), end.Add(-61*time.Hour), false)
	t.incident(ctx, t.institution("hospital"), t.kind("leak"), end.Add(-30*time.Hour), false)
	t.incident(ctx, t.institution("bank"), t.kind("ddos"), end.Add(-5*time.Hour), false)
	t.incident(ctx, t.institution("port"), t.kind("outage"), end.Add(-100*time.Minute), false)
	t.incident(ctx, t.institution("municipality"), t.kind("phishing"), end.Add(-50*time.Minute), false)
}

func (t *teller) institution(id string) storyInstitution {
	return t.Institutions[slices.IndexFunc(t.Institutions, func(in storyInstitution) bool { return in.ID == id })]
}

func (t *teller) kind(id string) storyKind {
	return t.Kinds[slices.IndexFunc(t.Kinds, func(k storyKind) bool { return k.ID == id })]
}

// poisson draws by Knuth's product method; means here are small.
func (t *teller) poisson(mean float64) int {
	limit, p, n := 1.0, 1.0, 0
	for m := mean; m > 0; m-- {
		if m >= 1 {
			limit *= 0.36787944117144233
		} else {
			limit *= 1 - m + m*m/2 - m*m*m/6
		}
	}
	for {
		if p *= t.rng.Float64(); p <= limit {
			return n
		}
		n++
	}
}

// incident plans one incident: the first report, and unless it is one of
// those that run now, everything up to its end.
func (t *teller) incident(ctx context.Context, in storyInstitution, k storyKind, aware time.Time, whole bool) {
	delay := time.Duration(20+t.rng.IntN(600)) * time.Minute
	if !whole {
		delay = time.Duration(5+t.rng.IntN(20)) * time.Minute
	}
	if whole && t.rng.IntN(12) == 0 {
		delay = time.Duration(25+t.rng.IntN(20)) * time.Hour // late
	}
	by := t.actors[in.ID]
	var id incident.ID
	after := func(d time.Duration, f func(now time.Time) error) {
		at := aware.Add(delay + d)
		t.acts = append(t.acts, act{at, func(now time.Time) error {
			if id == "" {
				return nil // the first report was not taken
			}
			return f(now)
		}})
	}
	t.acts = append(t.acts, act{aware.Add(delay), func(now time.Time) error {
		d := t.draft(in, k, aware)
		if whole && !k.Significant {
			d.Kind = "voluntary"
		}
		r, err := t.submit(ctx, by, d, k, now)
		id = r.Incident
		return err
	}})
	duty := t.actors["duty"]
	if !whole && t.rng.IntN(2) == 0 {
		return
	}
	after(time.Duration(1+t.rng.IntN(20))*time.Hour, func(now time.Time) error {
		return soft(second(t.Incident.Answer(ctx, duty, id, incident.Message{Text: t.say("answer")}, now)))
	})
	if !whole {
		return
	}
	after(21*time.Hour, func(now time.Time) error {
		for _, kind := range []country.EventKind{country.Forwarded, country.Acknowledged} {
			if err := soft(second(t.Incident.Order(ctx, duty, id, incident.Order{Kind: string(kind)}, now))); err != nil {
				return err
			}
		}
		return nil
	})
	if k.Significant {
		notice := 30 + t.rng.IntN(38)
		if t.rng.IntN(9) == 0 {
			notice += 20
		}
		after(time.Duration(notice)*time.Hour, func(now time.Time) error {
			_, err := t.submit(ctx, by, incident.Draft{Key: t.key(), Incident: id, Values: map[string]incident.Stated{}}, k, now)
			return soft(err)
		})
		after(time.Duration(80+t.rng.IntN(60))*time.Hour, func(now time.Time) error {
			return soft(second(t.Incident.Record(ctx, by, id, incident.Happening{Kind: "handled", At: incident.Moment{At: now, Precision: incident.Hour}}, now)))
		})
		for _, day := range []int{4, 20 + t.rng.IntN(11), 31} { // intermediate, final; what is no longer owed is refused, softly
			if day == 31 && t.rng.IntN(3) == 0 {
				continue
			}
			after(time.Duration(day)*24*time.Hour, func(now time.Time) error {
				_, err := t.submit(ctx, by, incident.Draft{Key: t.key(), Incident: id, Values: map[string]incident.Stated{}}, k, now)
				return soft(err)
			})
		}
	}
	after(time.Duration(36+t.rng.IntN(10))*24*time.Hour, func(now time.Time) error {
		v, err := t.Incident.Get(ctx, duty, id, now)
		if err != nil {
			return soft(err)
		}
		return soft(second(t.Incident.SetStatus(ctx, duty, id, v.Version, incident.StatusClosed, now)))
	})
}

func second[T any](_ T, err error) error { return err }

// soft lets the story go on where the law or the state of the incident says
// no: some of what is planned is no longer owed when its time comes.
func soft(err error) error {
	switch fault.Of(err) {
	case fault.Conflict, fault.Invalid, fault.Stale, fault.NotFound:
		return nil
	}
	return err
}

func (t *teller) key() string { return fmt.Sprintf("demo-%016x", t.rng.Uint64()) }

func (t *teller) say(what string) string {
	words := map[string]map[string]string{
		"answer": {"en": "Received. Isolate what is hit, keep the logs, do not switch off. We call you within the hour.", "sq": "E morëm. Veçoni ç'është prekur, ruani regjistrat, mos i fikni. Ju telefonojmë brenda orës."},
		"late":   {"en": "The night team had no access to the form.", "sq": "Ekipi i natës nuk kishte hyrje te formulari."},
		"text":   {"en": "EXERCISE: see the first report.", "sq": "USHTRIM: shihni raportin e parë."},
		"short":  {"en": "EXERCISE", "sq": "USHTRIM"},
	}
	if w := words[what][t.lang]; w != "" {
		return w
	}
	return words[what]["en"]
}

func (t *teller) draft(in storyInstitution, k storyKind, aware time.Time) incident.Draft {
	d := incident.Draft{Key: t.key(), Institution: t.ids[in.ID], Title: k.Title.In(t.lang), Services: t.service[in.ID][:1],
		Detected: incident.Moment{At: aware.Add(-time.Duration(t.rng.IntN(300)) * time.Minute).Truncate(time.Minute), Precision: incident.Minute},
		Aware:    incident.Moment{At: aware.Truncate(time.Minute), Precision: incident.Minute},
		Values: map[string]incident.Stated{"description": {Text: k.Text.In(t.lang)}, "suspected_malicious": {Is: regime.TriOf(k.Malicious)},
			"cross_border": {Is: regime.TriOf(false)}, "severe_disruption": {Is: regime.TriOf(k.Significant)}}}
	for _, f := range []string{"recipients_affected", "outsourced_reporting", "clients_financial_interests", "high_risk", "personal_data", "recurring"} {
		if _, ok := t.Pack.Field(f); ok {
			d.Values[f] = incident.Stated{Is: regime.No}
		}
	}
	for _, tax := range t.Pack.Taxonomies {
		for _, c := range tax.Groups {
			for _, e := range c.Entries {
				if e.ID == k.Code && len(d.Codes) == 0 {
					d.Codes = []incident.Code{{Scheme: tax.ID, Version: tax.Version, Code: c.ID + "/" + e.ID}}
				}
			}
		}
	}
	return d
}

// submit hands a draft in, answering whatever the laws that apply ask for.
func (t *teller) submit(ctx context.Context, by access.Actor, d incident.Draft, k storyKind, now time.Time) (incident.Receipt, error) {
	var last error
	for range 4 {
		r, err := t.Incident.Submit(ctx, by, d, now)
		last = err
		f, ok := errors.AsType[*fault.Error](err)
		if err == nil || !ok || f.Kind != fault.Invalid {
			return r, err
		}
		changed := false
		for _, x := range f.Fields {
			id, isValue := strings.CutPrefix(x.Name, "values.")
			switch {
			case x.Name == "late_reason":
				d.LateReason, changed = t.say("late"), true
			case isValue:
				if v, ok := t.value(id, k, now); ok {
					d.Values[id], changed = v, true
				}
			}
		}
		if !changed {
			return r, fmt.Errorf("report of %s by %s: %w", k.ID, by.Name, err)
		}
	}
	return incident.Receipt{}, last
}

// value makes a plausible answer to a field of the pack.
func (t *teller) value(id string, k storyKind, now time.Time) (incident.Stated, bool) {
	f, ok := t.Pack.Field(id)
	if !ok {
		return incident.Stated{}, false
	}
	switch f.Type {
	case "yes_no_unknown":
		return incident.Stated{Is: regime.TriOf(k.Significant)}, true
	case "number", "money", "duration":
		n := float64(1 + t.rng.IntN(2000))
		return incident.Stated{Number: &n, Estimate: true, AsOf: now}, true
	case "datetime":
		return incident.Stated{At: incident.Moment{At: now.Add(-time.Hour).Truncate(time.Minute), Precision: incident.Hour}}, true
	case "choice", "choices":
		if len(f.Options) == 0 {
			return incident.Stated{List: []string{t.say("short")}, Text: t.say("short")}, true
		}
		if f.Type == "choices" {
			return incident.Stated{List: []string{f.Options[0].ID}}, true
		}
		return incident.Stated{Text: f.Options[0].ID}, true
	case "longtext":
		return incident.Stated{Text: t.say("text")}, true
	case "contact":
		return incident.Stated{Text: "SOC, +355 4 000 0000"}, true
	}
	return incident.Stated{Text: t.say("short")}, true
}
