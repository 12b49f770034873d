package app

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/country"
	"kulla.dev/internal/db"
	"kulla.dev/internal/incident"
	"kulla.dev/internal/jobs"
	"kulla.dev/internal/marking"
	"kulla.dev/internal/registry"
)

// Size is how much a desk to be measured holds.
type Size struct {
	Institutions int64 `json:"institutions"`
	Incidents    int64 `json:"incidents"`
	Records      int64 `json:"audit_records"`
}

// Sizes gives what a desk holds.
func (a *App) Sizes(ctx context.Context) (s Size, err error) {
	err = a.DB.Read(ctx, func(tx *db.Tx) error {
		for q, to := range map[string]*int64{
			`SELECT count(*) FROM registry_institution`: &s.Institutions,
			`SELECT count(*) FROM incident_incident`:    &s.Incidents,
			`SELECT size FROM audit_head`:               &s.Records,
		} {
			if *to, err = db.Count(tx, q); err != nil {
				return err
			}
		}
		return nil
	})
	return s, err
}

// FillTo brings a desk made for measuring to a size: the demo's story first,
// then institutions by import, copies of the story's incidents, and audit
// records. What is there already is kept. step is told what is being done; the
// function it gives is told how far.
func (a *App) FillTo(ctx context.Context, clock *Clock, want Size, step func(what string) func(done, total int64)) error {
	have, err := a.Sizes(ctx)
	if err != nil {
		return err
	}
	if have.Incidents == 0 {
		if err := a.Tell(ctx, clock, "en", 1, step("story")); err != nil {
			return err
		}
	}
	now := a.now()
	if n := want.Institutions - have.Institutions; n > 0 {
		f := step("institutions")
		sheet, err := a.sheet(int(have.Institutions), int(n))
		if err != nil {
			return err
		}
		by := access.System("bench", "registry.import", "registry.write", "registry.read")
		p, err := a.Registry.Import(ctx, by, registry.Upload{Data: sheet}, func(done, total int) { f(int64(done), int64(total)) }, now)
		if err != nil {
			return err
		}
		if p.Errors > 0 {
			return fmt.Errorf("institutions: %d rows in error, first %v", p.Errors, p.Rows[0].Problems)
		}
	}
	owners, err := a.owners(ctx)
	if err != nil {
		return err
	}
	if have, err = a.Sizes(ctx); err != nil {
		return err
	}
	if n := want.Incidents - have.Incidents; n > 0 {
		if err := a.Incident.Multiply(ctx, int(n), owners, now, step("incidents")); err != nil {
			return err
		}
	}
	if n := want.Records - have.Records; n > 0 {
		if err := a.Audit.Fill(ctx, int(n), now, step("audit records")); err != nil {
			return err
		}
	}
	if a.DB.Dialect() == db.Postgres { // what its own housekeeping does within minutes
		return a.DB.Tx(ctx, func(tx *db.Tx) error { _, err := tx.Exec(`ANALYZE`); return err })
	}
	return nil
}

// sheet makes a file of institutions like those of the story.
func (a *App) sheet(from, n int) ([]byte, error) {
	s, err := readStory(a.Pack.ID)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString("name:sq,name:en,tax_id,sector,class,class_act,kinds,employees,networks,domains,contact_name,contact_mail,contact_phone\n")
	for i := from; i < from+n; i++ {
		in := s.Institutions[i%len(s.Institutions)]
		fmt.Fprintf(&b, "Subjekti %s %d,Company %s %d,M%08dQ,%s,%s,EXERCISE,%s,%d,10.%d.%d.0/24,c%d.example,Person %d,sec@c%d.example,+355 4 %07d\n",
			in.ID, i, in.ID, i, i, in.Sector, in.Class, strings.Join(in.Kinds, "; "), i%900+1, i/256%256, i%256, i, i, i, i)
	}
	return b.Bytes(), nil
}

func (a *App) owners(ctx context.Context) (out []incident.Owner, err error) {
	by := access.System("bench", "registry.read")
	by.Clearance.TLP = marking.TLPRed
	for after := ""; ; {
		p, err := a.Registry.List(ctx, by, registry.Query{After: after, Limit: 500})
		if err != nil {
			return nil, err
		}
		for _, i := range p.Items {
			if i.ID != registry.ID(a.AuthorityID()) {
				out = append(out, incident.Owner{ID: string(i.ID), Name: i.Name})
			}
		}
		if after = p.Next; after == "" {
			return out, nil
		}
	}
}

// Reporter is an institution of its own that hands in reports by a program.
type Reporter struct {
	Token, Service string

	client *http.Client
	desk   string
}

// NewReporter makes an institution with a service and a token to report with.
func (a *App) NewReporter(ctx context.Context) (Reporter, error) {
	now := a.now()
	in, err := a.Registry.Create(ctx, access.System("bench", "registry.write", "registry.read"), registry.Draft{Anyway: true, Record: registry.Record{
		Names: []registry.Name{{Text: country.Text{"en": "Reporter", "sq": "Raportuesi"}}}, Country: a.Pack.Code,
		Contacts: []registry.Contact{{Name: "SOC", Roles: []registry.ContactRole{registry.ContactSecurity}, Mail: "soc@reporter.example"}},
		Services: []registry.Service{{Name: country.Text{"en": "Supply", "sq": "Furnizimi"}}}, Kinds: []registry.Kind{{ID: "operator"}, {ID: "essential"}}}}, now)
	if err != nil {
		return Reporter{}, err
	}
	email := "bench-" + db.NewID(now)[:13] + "@reporter.example"
	p, _, err := a.Access.Create(ctx, access.Draft{Name: "Program", Email: email, Members: []access.Membership{{Institution: string(in.ID), Role: access.Officer}},
		Clearance: access.Clearance{TLP: marking.TLPAmberStrict, Nations: []string{a.Pack.Code}}}, DemoPassword, now)
	if err != nil {
		return Reporter{}, err
	}
	by := a.Access.ActorOf(p, string(in.ID))
	by.Fresh = now
	_, token, err := a.Access.CreateToken(ctx, by, "bench", []access.Permission{"incident.submit", "incident.read"}, 24*time.Hour, now)
	return Reporter{Token: token, Service: string(in.Services[0].ID), desk: a.URL(),
		client: &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}, err
}

// FillClocks brings the number of jobs that wait to n, all due next year.
func (a *App) FillClocks(ctx context.Context, n int) error {
	for {
		done := false
		if err := a.DB.Tx(ctx, func(tx *db.Tx) error {
			c, err := jobs.Count(tx, a.now())
			if err != nil {
				return err
			}
			k := min(n-int(c.Waiting), 20_000)
			if done = k <= 0; done {
				return nil
			}
			return jobs.Fill(tx, incident.ReviewJob, k, a.now().AddDate(1, 0, 0), time.Second, a.now())
		}); err != nil || done {
			return err
		}
	}
}

// IncidentIDs gives ids of n incidents spread over all.
func (a *App) IncidentIDs(ctx context.Context, n int) (ids []string, err error) {
	err = a.DB.Read(ctx, func(tx *db.Tx) error {
		all, err := db.All(tx, db.Scalar[string], `SELECT id FROM incident_incident WHERE owner_id <> '' ORDER BY id`)
		for i := range n {
			if len(all) > 0 {
				ids = append(ids, all[i*len(all)/n])
			}
		}
		return err
	})
	return ids, err
}

// EngineVersion gives the version the database says it has.
func (a *App) EngineVersion(ctx context.Context) (v string, err error) {
	q := `SELECT 'SQLite ' || sqlite_version()`
	if a.DB.Dialect() == db.Postgres {
		q = `SELECT split_part(version(), ' on ', 1)`
	}
	err = a.DB.Read(ctx, func(tx *db.Tx) error { return tx.QueryRow(q).Scan(&v) })
	return v, err
}

// TimeImport says how long the dry run and the import of a file of n
// institutions take.
func (a *App) TimeImport(ctx context.Context, n int) (time.Duration, error) {
	sheet, err := a.sheet(1_000_000, n)
	if err != nil {
		return 0, err
	}
	by := access.System("bench", "registry.import", "registry.write", "registry.read")
	began := time.Now()
	dry, err := a.Registry.Plan(ctx, by, registry.Upload{Data: sheet}, nil, a.now())
	if err != nil {
		return 0, err
	}
	p, err := a.Registry.Import(ctx, by, registry.Upload{Data: sheet, Seen: dry.Digest}, nil, a.now())
	if err == nil && (p.New != n || !p.Done) {
		err = fmt.Errorf("%d of %d institutions are new, %d in error", p.New, n, p.Errors)
	}
	return time.Since(began), err
}
