package access

import (
	"slices"
	"strings"
	"testing"
	"time"

	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/housetest"
	"kulla.dev/internal/marking"
)

func draft(email, institution string, r Role) Draft {
	return Draft{Name: "New Person", Email: email, Phone: "+44 20 7946 0000", Languages: []string{"sq", "en"},
		Members:   []Membership{{Institution: institution, Role: r}},
		Clearance: Clearance{TLP: marking.TLPAmber, Nations: []string{"XA"}}}
}

func TestCreateAdmin(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, nil)
		ctx := t.Context()
		_, _, err := w.CreateAdmin(ctx, "Root", "root@auth.example", "auth", "short", t0)
		want(t, err, fault.Invalid)
		p, link, err := w.CreateAdmin(ctx, "Root", "root@auth.example", "auth", "", t0)
		if err != nil || link.Secret == "" || link.Email != "root@auth.example" {
			t.Fatalf("%+v, %v", link, err)
		}
		if _, err := w.SignIn(ctx, "root@auth.example", "", browser, t0); err == nil {
			t.Error("signed in without a password")
		}
		e, err := w.Accept(ctx, link.Secret, goodPassword, browser, t0)
		if err != nil || e.Next != NextEnrol || e.Person != p.ID {
			t.Fatalf("%+v, %v", e, err)
		}
		_, err = w.Accept(ctx, link.Secret, goodPassword, browser, t0)
		want(t, err, fault.Expired) // once
		_, _, err = w.CreateAdmin(ctx, "Root", "ROOT@auth.example", "auth", goodPassword, t0)
		want(t, err, fault.Invalid) // the address is taken
		if len(w.by) == 0 || w.by[0].ID() != "system:command" {
			t.Errorf("recorded by %+v", w.by)
		}
	})
}

func TestInvite(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, nil)
		ctx := t.Context()
		w.make("admin@auth.example", "auth", Administrator)
		w.make("officer@op.example", "op", Officer)
		w.make("reporter@op.example", "op", Reporter)
		_, admin, _ := w.enter("admin@auth.example", t0)
		_, officer, _ := w.enter("officer@op.example", t0)
		_, reporter, _ := w.enter("reporter@op.example", t0)

		for _, c := range []struct {
			name string
			by   Actor
			in   Draft
			kind fault.Kind // Internal: allowed
		}{
			{"officer, own institution", officer, draft("a@op.example", "op", Reporter), fault.Internal},
			{"officer, another institution", officer, draft("b@op.example", "other", Reporter), fault.Denied},
			{"officer, a role of the authority", officer, draft("c@op.example", "op", Duty), fault.Denied},
			{"officer, more clearance than own", officer, func() Draft {
				in := draft("d@op.example", "op", Reporter)
				in.Clearance.Levels = []marking.Level{{System: "xa", Rank: 1}}
				return in
			}(), fault.Denied},
			{"reporter", reporter, draft("e@op.example", "op", Reporter), fault.Denied},
			{"nobody", Actor{}, draft("f@op.example", "op", Reporter), fault.Denied},
			{"administrator, anything", admin, draft("g@auth.example", "auth", Duty), fault.Internal},
			{"address taken", admin, draft("A@op.example", "op", Reporter), fault.Invalid},
			{"no role", admin, Draft{Name: "X", Email: "h@op.example"}, fault.Invalid},
			{"unknown role", admin, draft("i@op.example", "op", "boss"), fault.Invalid},
			{"bad address", admin, draft("not an address", "op", Reporter), fault.Invalid},
			{"address with a name", admin, draft("X <x@op.example>", "op", Reporter), fault.Invalid},
			{"unknown level", admin, func() Draft {
				in := draft("j@op.example", "op", Reporter)
				in.Clearance.Levels = []marking.Level{{System: "xa", Rank: 9}}
				return in
			}(), fault.Invalid},
		} {
			t.Run(c.name, func(t *testing.T) {
				p, link, err := w.Invite(ctx, c.by, c.in, t0)
				if c.kind == fault.Internal {
					if err != nil || link.Secret == "" || !p.Active || p.Password || link.Lang != "sq" {
						t.Errorf("%+v %+v %v", p, link, err)
					}
					return
				}
				want(t, err, c.kind)
			})
		}
		stale := admin
		stale.Fresh = t0.Add(-time.Hour)
		_, _, err := w.Invite(ctx, stale, draft("z@op.example", "op", Reporter), t0)
		want(t, err, fault.Denied)
	})
}

func TestInviteEnds(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, nil)
		ctx := t.Context()
		_, link, err := w.CreateAdmin(ctx, "Root", "root@auth.example", "auth", "", t0)
		if err != nil {
			t.Fatal(err)
		}
		if l, err := w.LookAt(ctx, link.Secret, t0.Add(71*time.Hour)); err != nil || l.Name != "Root" {
			t.Errorf("%+v, %v", l, err)
		}
		_, err = w.LookAt(ctx, link.Secret, t0.Add(72*time.Hour))
		want(t, err, fault.Expired)
		for _, bad := range []string{"password1234", "aaaaaaaaaaaaaaa", strings.Repeat("long", 100)} {
			_, err = w.Accept(ctx, link.Secret, bad, browser, t0)
			want(t, err, fault.Invalid)
		}
	})
}

func TestChange(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, nil)
		ctx := t.Context()
		root := w.make("admin@auth.example", "auth", Administrator)
		w.make("officer@op.example", "op", Officer)
		duty := w.make("duty@auth.example", "auth", Duty)
		ana := w.make("ana@op.example", "op", Reporter)
		_, admin, _ := w.enter("admin@auth.example", t0)
		_, officer, _ := w.enter("officer@op.example", t0)
		anaSecret, _, _ := w.enter("ana@op.example", t0)

		// The version that was looked at decides.
		ana, err := w.PersonByID(ctx, officer, ana.ID)
		if err != nil {
			t.Fatal(err)
		}
		in := draft("ana@op.example", "op", Officer)
		in.Clearance = ana.Clearance
		got, err := w.Change(ctx, officer, ana.ID, ana.Version, in, t0)
		if err != nil || !slices.Equal(got.Roles("op"), []Role{Officer}) || got.Name != "New Person" {
			t.Fatalf("%+v, %v", got, err)
		}
		_, err = w.Change(ctx, officer, ana.ID, ana.Version, in, t0)
		want(t, err, fault.Stale)
		// It takes effect at the next request.
		if a, err := w.Resolve(ctx, anaSecret, t0); err != nil || !a.Has(Officer) {
			t.Errorf("%+v, %v", a, err)
		}
		// An officer neither sees nor changes people elsewhere.
		_, err = w.PersonByID(ctx, officer, duty.ID)
		want(t, err, fault.NotFound)
		_, err = w.Change(ctx, officer, duty.ID, 1, draft("duty@auth.example", "op", Reporter), t0)
		want(t, err, fault.NotFound)
		_, err = w.Reset(ctx, officer, duty.ID, true, t0)
		want(t, err, fault.NotFound)
		want(t, w.SetActive(ctx, officer, duty.ID, false, t0), fault.NotFound)
		// Nor can an officer take over somebody who also works for the authority.
		both := draft("duty@auth.example", "auth", Duty)
		both.Members = append(both.Members, Membership{Institution: "op", Role: Reporter})
		v, err := w.PersonByID(ctx, admin, duty.ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = w.Change(ctx, admin, duty.ID, v.Version, both, t0); err != nil {
			t.Fatal(err)
		}
		_, err = w.Reset(ctx, officer, duty.ID, true, t0)
		want(t, err, fault.Denied)
		want(t, w.SetActive(ctx, officer, duty.ID, false, t0), fault.Denied)
		stolen := both
		stolen.Email = "mine@op.example"
		_, err = w.Change(ctx, officer, duty.ID, v.Version+1, stolen, t0)
		want(t, err, fault.Denied)
		// The last administrator stays.
		r, err := w.PersonByID(ctx, admin, root.ID)
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Change(ctx, admin, root.ID, r.Version, draft("admin@auth.example", "auth", Duty), t0)
		want(t, err, fault.Conflict)
		want(t, w.SetActive(ctx, admin, root.ID, false, t0), fault.Conflict)
		if again, err := w.PersonByID(ctx, admin, root.ID); err != nil || !again.Active || len(again.Roles("auth")) != 1 {
			t.Errorf("%+v, %v", again, err)
		}
	})
}

func TestDeactivationEndsEverything(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, nil)
		ctx := t.Context()
		w.make("admin@auth.example", "auth", Administrator)
		ana := w.make("ana@op.example", "op", Reporter)
		_, admin, _ := w.enter("admin@auth.example", t0)
		secret, a, _ := w.enter("ana@op.example", t0)
		_, token, err := w.CreateToken(ctx, a, "script", []Permission{"incident.submit"}, time.Hour, t0)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.SetActive(ctx, admin, ana.ID, false, t0); err != nil {
			t.Fatal(err)
		}
		_, err = w.Resolve(ctx, secret, t0)
		want(t, err, fault.Expired)
		_, err = w.ResolveToken(ctx, token, t0)
		want(t, err, fault.Expired)
		if err := w.SetActive(ctx, admin, ana.ID, true, t0); err != nil {
			t.Fatal(err)
		}
		_, err = w.Resolve(ctx, secret, t0)
		want(t, err, fault.Expired) // coming back does not revive old sessions
		_, err = w.ResolveToken(ctx, token, t0)
		want(t, err, fault.Expired)
		if w.ActorOf(Person{ID: "x"}, "op").Kind != KindNobody {
			t.Error("an inactive person acts")
		}
	})
}

func TestResetAndForgot(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, nil)
		ctx := t.Context()
		w.make("admin@auth.example", "auth", Administrator)
		ana := w.make("ana@op.example", "op", Reporter)
		_, admin, _ := w.enter("admin@auth.example", t0)
		secret, _, _ := w.enter("ana@op.example", t0)

		l, ok, err := w.Forgot(ctx, "ANA@op.example", browser, t0)
		if err != nil || !ok || l.Kind != LinkReset {
			t.Fatalf("%+v %v %v", l, ok, err)
		}
		newer, ok, err := w.Forgot(ctx, "ana@op.example", browser, t0)
		if err != nil || !ok {
			t.Fatal(err)
		}
		_, err = w.LookAt(ctx, l.Secret, t0)
		want(t, err, fault.Expired) // the newer link voids the older
		e, err := w.Accept(ctx, newer.Secret, "another quiet boat tonight", browser, t0)
		if err != nil || e.Next != NextCode {
			t.Fatalf("a mailbox alone opened a session: %+v, %v", e, err)
		}
		_, err = w.Resolve(ctx, secret, t0)
		want(t, err, fault.Expired)
		_, err = w.SignIn(ctx, "ana@op.example", goodPassword, browser, t0)
		want(t, err, fault.Denied)
		// Askings are limited.
		limited := false
		for range 5 {
			_, _, err := w.Forgot(ctx, "ana@op.example", browser, t0)
			limited = limited || fault.Is(err, fault.Limited)
		}
		if !limited {
			t.Error("mails without end")
		}
		// A lost phone: the administrator drops the factor.
		l, err = w.Reset(ctx, admin, ana.ID, true, t0)
		if err != nil {
			t.Fatal(err)
		}
		if e, err = w.Accept(ctx, l.Secret, goodPassword, browser, t0); err != nil || e.Next != NextEnrol {
			t.Errorf("%+v, %v", e, err)
		}
	})
}

func TestOwnPassword(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, nil)
		ctx := t.Context()
		w.make("ana@op.example", "op", Reporter)
		secret, a, key := w.enter("ana@op.example", t0)
		want(t, w.ChangePassword(ctx, a, "another quiet boat tonight", t0.Add(time.Hour)), fault.Denied)
		want(t, w.ChangePassword(ctx, a, "short", t0), fault.Invalid)
		if err := w.ChangePassword(ctx, a, "another quiet boat tonight", t0); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Resolve(ctx, secret, t0); err != nil {
			t.Errorf("the session that asked ended: %v", err)
		}
		if err := w.DropSecond(ctx, a, t0); err != nil {
			t.Fatal(err)
		}
		e, err := w.SignIn(ctx, "ana@op.example", "another quiet boat tonight", browser, t0)
		if err != nil || e.Next != NextEnrol {
			t.Errorf("%+v, %v", e, err)
		}
		_ = key
	})
}

func TestPeopleListShowsOnlyWhomOneMaySee(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, nil)
		ctx := t.Context()
		w.make("admin@auth.example", "auth", Administrator)
		w.make("officer@op.example", "op", Officer)
		w.make("ana_b@op.example", "op", Reporter)
		other := w.make("other@two.example", "two", Reporter)
		_, admin, _ := w.enter("admin@auth.example", t0)
		_, officer, _ := w.enter("officer@op.example", t0)
		if err := w.Profile(ctx, w.ActorOf(other, "two"), "Zoë Çakır", "", nil, t0); err != nil {
			t.Fatal(err)
		}
		count := func(by Actor, q Query) int {
			t.Helper()
			ps, err := w.People(ctx, by, q)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range ps {
				if len(p.Members) == 0 {
					t.Errorf("%s without memberships", p.Email)
				}
			}
			return len(ps)
		}
		for _, c := range []struct {
			by   Actor
			q    Query
			want int
		}{
			{admin, Query{}, 4}, {officer, Query{}, 2}, {officer, Query{Institution: "two"}, 0},
			{admin, Query{Institution: "two"}, 1}, {admin, Query{Text: "OFFICER@"}, 1}, {admin, Query{Text: "a_b"}, 1},
			{admin, Query{Text: "%"}, 0}, {admin, Query{Limit: 3}, 3}, {admin, Query{Text: `\`}, 0},
			{admin, Query{Text: "ZOE"}, 1}, {admin, Query{Text: "zoë c"}, 1},
		} {
			if got := count(c.by, c.q); got != c.want {
				t.Errorf("%s %+v: %d people, want %d", c.by.Roles, c.q, got, c.want)
			}
		}
		first, err := w.People(ctx, admin, Query{Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		if got := count(admin, Query{After: first[0].ID}); got != 3 {
			t.Errorf("%d after the first", got)
		}
		_, err = w.People(ctx, at("op", Reporter), Query{})
		want(t, err, fault.Denied)
		err = d.Read(ctx, func(tx *db.Tx) error {
			hs, err := w.Holders(tx, "op", Officer, Reporter)
			if err != nil || len(hs) != 2 {
				t.Errorf("%d holders, %v", len(hs), err)
			}
			names, err := w.Names(tx, []string{hs[0].ID, hs[0].ID, "nobody"})
			if len(names) != 1 {
				t.Errorf("%v", names)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestActForAnotherInstitution(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, func(c *Config) { c.SecondOptional = true })
		ctx := t.Context()
		in := draft("ana@op.example", "op", Reporter)
		in.Members = append(in.Members, Membership{Institution: "two", Role: Officer})
		if _, _, err := w.Create(ctx, in, goodPassword, t0); err != nil {
			t.Fatal(err)
		}
		secret, a, _ := w.enter("ana@op.example", t0)
		if a.Institution != "op" || a.Has(Officer) {
			t.Fatalf("%+v", a)
		}
		want(t, w.Act(ctx, a, "three", t0), fault.NotFound)
		if err := w.Act(ctx, a, "two", t0); err != nil {
			t.Fatal(err)
		}
		if a, err := w.Resolve(ctx, secret, t0); err != nil || a.Institution != "two" || !a.Has(Officer) || a.Has(Reporter) {
			t.Errorf("%+v, %v", a, err)
		}
		// The next sign-in begins where the last one was.
		if _, a, _ := w.enter("ana@op.example", t0.Add(time.Minute)); a.Institution != "two" {
			t.Errorf("%+v", a)
		}
		if err := w.Profile(ctx, a, "  Ana   B ", "+44 1", []string{"sq"}, t0); err != nil {
			t.Error(err)
		}
		want(t, w.Profile(ctx, a, "", "x", []string{"s"}, t0), fault.Invalid)
	})
}

func TestTokens(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, nil)
		ctx := t.Context()
		w.make("ana@op.example", "op", Reporter)
		w.make("ben@op.example", "op", Reporter)
		_, ana, _ := w.enter("ana@op.example", t0)
		_, ben, _ := w.enter("ben@op.example", t0)
		for _, c := range []struct {
			name   string
			by     Actor
			label  string
			scopes []Permission
			last   time.Duration
			kind   fault.Kind
		}{
			{"more than the role", ana, "x", []Permission{"incident.answer"}, time.Hour, fault.Invalid},
			{"people", ana, "x", []Permission{"access.self"}, time.Hour, fault.Invalid},
			{"no scope", ana, "x", nil, time.Hour, fault.Invalid},
			{"no name", ana, " ", []Permission{"incident.read"}, time.Hour, fault.Invalid},
			{"for ever", ana, "x", []Permission{"incident.read"}, 400 * 24 * time.Hour, fault.Invalid},
			{"no longer than nothing", ana, "x", []Permission{"incident.read"}, 0, fault.Invalid},
			{"nobody", Actor{}, "x", []Permission{"incident.read"}, time.Hour, fault.Denied},
			{"a role without tokens", at("a", Member), "x", []Permission{"council.read"}, time.Hour, fault.Denied},
		} {
			_, _, err := w.CreateToken(ctx, c.by, c.label, c.scopes, c.last, t0)
			if !fault.Is(err, c.kind) {
				t.Errorf("%s: %v", c.name, err)
			}
		}
		tok, secret, err := w.CreateToken(ctx, ana, "nightly", []Permission{"incident.read", "incident.read"}, 24*time.Hour, t0)
		if err != nil || len(secret) != tokenLength || !strings.HasPrefix(secret, tok.Prefix+"_") || len(tok.Scopes) != 1 {
			t.Fatalf("%+v %q %v", tok, secret, err)
		}
		a, err := w.ResolveToken(ctx, secret, t0.Add(time.Hour))
		if err != nil || a.Kind != KindToken || a.Person != ana.Person || May(a, "incident.read") != nil || May(a, "incident.submit") == nil {
			t.Fatalf("%+v, %v", a, err)
		}
		want(t, MustBeFresh(a, t0), fault.Denied)
		_, _, err = w.CreateToken(ctx, a, "child", []Permission{"incident.read"}, time.Hour, t0)
		want(t, err, fault.Denied) // a token makes no tokens
		flip := []byte(secret)
		flip[len(flip)-1] ^= 1
		for _, s := range []string{"", secret[:20], secret + "x", string(flip), strings.ToUpper(secret), tok.Prefix} {
			_, err = w.ResolveToken(ctx, s, t0)
			want(t, err, fault.Expired)
		}
		_, err = w.ResolveToken(ctx, secret, t0.Add(24*time.Hour))
		want(t, err, fault.Expired)
		if list, err := w.Tokens(ctx, ana, t0); err != nil || len(list) != 1 || list[0].Seen.IsZero() {
			t.Errorf("%+v, %v", list, err)
		}
		want(t, w.RevokeToken(ctx, ben, tok.ID, t0), fault.NotFound)
		if err := w.RevokeToken(ctx, ana, tok.ID, t0); err != nil {
			t.Fatal(err)
		}
		_, err = w.ResolveToken(ctx, secret, t0)
		want(t, err, fault.Expired)
	})
}

// Nothing that opens anything stands in the database as it is used.
func TestNoSecretIsStoredReadable(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, nil)
		ctx := t.Context()
		w.make("ana@op.example", "op", Reporter)
		secret, a, key := w.enter("ana@op.example", t0)
		codes, err := w.NewRecovery(ctx, a, t0)
		if err != nil {
			t.Fatal(err)
		}
		_, token, err := w.CreateToken(ctx, a, "x", []Permission{"incident.read"}, time.Hour, t0)
		if err != nil {
			t.Fatal(err)
		}
		l, _, err := w.Forgot(ctx, "ana@op.example", browser, t0)
		if err != nil {
			t.Fatal(err)
		}
		hidden := append([]string{secret, key, token, token[tokenPrefix+1:], l.Secret, goodPassword, browser.Addr + "\x00"}, codes...)
		err = d.Read(ctx, func(tx *db.Tx) error {
			for _, q := range []string{
				`SELECT password || totp FROM access_person`, `SELECT secret FROM access_session`, `SELECT hash FROM access_recovery`,
				`SELECT prefix || hash FROM access_token`, `SELECT hash FROM access_link`, `SELECT bucket FROM access_attempt`,
			} {
				got, err := db.All(tx, db.Scalar[string], q)
				if err != nil || len(got) == 0 {
					t.Errorf("%s: %d rows, %v", q, len(got), err)
				}
				for _, s := range got {
					for _, h := range hidden {
						if strings.Contains(s, h) || strings.Contains(s, recoveryForm(h)) && recoveryForm(h) != "" {
							t.Errorf("%s shows a secret: %s", q, s)
						}
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		// Another key opens nothing.
		thief := newWorld(t, d, func(c *Config) { c.Key = []byte(strings.Repeat("x", 32)) })
		e, err := thief.SignIn(ctx, "ana@op.example", goodPassword, browser, t0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := thief.Confirm(ctx, e.Secret, codeAt(key, t0.Add(time.Minute)), t0.Add(time.Minute)); err == nil {
			t.Error("a TOTP secret was opened with another key")
		}
	})
}
