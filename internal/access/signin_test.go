package access

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kulla.dev/internal/db"
	"kulla.dev/internal/fault"
	"kulla.dev/internal/housetest"
)

// From the first password to an open session, and every state between.
func TestSignIn(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, nil)
		ctx := t.Context()
		p := w.make("Ana@Op.example", "op", Reporter)
		e, err := w.SignIn(ctx, " ana@op.EXAMPLE ", goodPassword, browser, t0)
		if err != nil || e.Next != NextEnrol {
			t.Fatalf("%+v, %v", e, err)
		}
		_, err = w.Resolve(ctx, e.Secret, t0)
		want(t, err, fault.Expired) // half a sign-in opens nothing
		_, err = w.Confirm(ctx, e.Secret, "000000", t0)
		want(t, err, fault.Expired) // nor does a code it does not wait for
		_, _, err = w.ConfirmEnrol(ctx, e.Secret, "000000", t0)
		want(t, err, fault.Conflict) // nothing to confirm yet
		en, err := w.Enrol(ctx, e.Secret, t0)
		if err != nil {
			t.Fatal(err)
		}
		if len(en.Code) < 21 || !strings.HasPrefix(en.URL, "otpauth://totp/Kulla:Ana@Op.example?issuer=Kulla&secret="+en.Secret) {
			t.Errorf("enrolment %s, %d rows", en.URL, len(en.Code))
		}
		_, _, err = w.ConfirmEnrol(ctx, e.Secret, "000000", t0)
		want(t, err, fault.Invalid)
		code := codeAt(en.Secret, t0)
		open, recovery, err := w.ConfirmEnrol(ctx, e.Secret, code[:3]+" "+code[3:], t0)
		if err != nil || open.Next != NextNothing || len(recovery) != recoveryCount {
			t.Fatalf("%+v, %v, %v", open, recovery, err)
		}
		_, err = w.Resolve(ctx, e.Secret, t0)
		want(t, err, fault.Expired) // the secret from before the factor is void
		a, err := w.Resolve(ctx, open.Secret, t0)
		if err != nil || a.Person != p.ID || a.Institution != "op" || !a.Has(Reporter) || a.Kind != KindPerson || a.Lang != "en" {
			t.Fatalf("%+v, %v", a, err)
		}

		// The second time a code is asked, and the one just used is no code.
		e, err = w.SignIn(ctx, "ana@op.example", goodPassword, browser, t0)
		if err != nil || e.Next != NextCode {
			t.Fatalf("%+v, %v", e, err)
		}
		_, err = w.Confirm(ctx, e.Secret, code, t0)
		want(t, err, fault.Denied)
		later := t0.Add(30 * time.Second)
		if _, err = w.Confirm(ctx, e.Secret, codeAt(en.Secret, later), later); err != nil {
			t.Fatal(err)
		}
		// A recovery code works once.
		for i, ok := range []bool{true, false} {
			e, err = w.SignIn(ctx, "ana@op.example", goodPassword, browser, later)
			if err != nil {
				t.Fatal(err)
			}
			if _, err = w.Confirm(ctx, e.Secret, strings.ToUpper(recovery[3]), later); (err == nil) != ok {
				t.Errorf("use %d: %v", i+1, err)
			}
		}
		if n, err := w.RecoveryLeft(ctx, a); err != nil || n != recoveryCount-1 {
			t.Errorf("%d left, %v", n, err)
		}
		if w.did("access.sign-in") != 3 || w.did("access.refuse") != 2 || w.did("access.enrol") != 1 {
			t.Errorf("recorded %+v", w.records)
		}
		for _, r := range w.records {
			for _, v := range r.Detail {
				if s, _ := v.(string); strings.Contains(s, goodPassword) || strings.Contains(s, en.Secret) {
					t.Errorf("a secret in the record: %+v", r)
				}
			}
		}
	})
}

func TestSecondFactorCanBeOptional(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, func(c *Config) { c.SecondOptional = true })
		w.make("ana@op.example", "op", Reporter)
		e, err := w.SignIn(t.Context(), "ana@op.example", goodPassword, browser, t0)
		if err != nil || e.Next != NextNothing {
			t.Fatalf("%+v, %v", e, err)
		}
		a, err := w.Resolve(t.Context(), e.Secret, t0)
		if err != nil {
			t.Fatal(err)
		}
		// Without a second factor the password proves identity anew.
		want(t, w.StepUp(t.Context(), a, "wrong", t0), fault.Denied)
		if err := w.StepUp(t.Context(), a, goodPassword, t0.Add(time.Hour)); err != nil {
			t.Error(err)
		}
	})
}

// What a stranger learns about unknown, inactive and known people is the same.
func TestNoEnumeration(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, nil)
		ctx := t.Context()
		w.make("known@op.example", "op", Reporter)
		gone := w.make("gone@op.example", "op", Reporter)
		w.make("admin@auth.example", "auth", Administrator)
		_, admin, _ := w.enter("admin@auth.example", t0)
		if err := w.SetActive(ctx, admin, gone.ID, false, t0); err != nil {
			t.Fatal(err)
		}
		answers := map[string][]string{}
		for i := range 9 {
			for _, email := range []string{"known@op.example", "gone@op.example", "never@op.example", "", "\x00\xff", strings.Repeat("a", 5000)} {
				v := Visit{Addr: "198.51.100.9"}
				_, err := w.SignIn(ctx, email, "not the password", v, t0.Add(time.Duration(i)*time.Second))
				if err == nil {
					t.Fatal("signed in")
				}
				answers[email] = append(answers[email], err.Error())
			}
		}
		for email, got := range answers {
			if a, b := strings.Join(got, "\n"), strings.Join(answers["known@op.example"], "\n"); a != b {
				t.Errorf("%.20q is answered\n%s\nbut a known person\n%s", email, a, b)
			}
		}
		// Not even the right password lets an inactive person in.
		_, err := w.SignIn(ctx, "gone@op.example", goodPassword, browser, t0.Add(48*time.Hour))
		want(t, err, fault.Denied)
		if _, ok, err := w.Forgot(ctx, "gone@op.example", browser, t0); ok || err != nil {
			t.Errorf("a link for an inactive person: %v, %v", ok, err)
		}
	})
}

func TestUnknownNameTakesTheTimeOfAHash(t *testing.T) {
	d := housetest.Open(t, housetest.SQLiteURL(t))
	w := newWorld(t, d, func(c *Config) { c.Cost = Cost{Memory: 8 << 10, Passes: 1, Lanes: 1} })
	w.make("known@op.example", "op", Reporter)
	best := func(email string) time.Duration {
		least := time.Hour
		for i := range 4 {
			start := time.Now()
			_, _ = w.SignIn(t.Context(), email, "not the password", Visit{Addr: email}, t0.Add(time.Duration(i)*time.Minute))
			least = min(least, time.Since(start))
		}
		return least
	}
	known, unknown := best("known@op.example"), best("unknown@op.example")
	if unknown < known/4 || known < unknown/4 {
		t.Errorf("known takes %v, unknown %v", known, unknown)
	}
}

func TestLockOut(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, nil)
		ctx := t.Context()
		w.make("ana@op.example", "op", Reporter)
		stranger := Visit{Addr: "203.0.113.5"}
		for range perName.free {
			_, err := w.SignIn(ctx, "ana@op.example", "wrong wrong wrong", stranger, t0)
			want(t, err, fault.Denied)
		}
		// Now the right password is refused too, from any address.
		_, err := w.SignIn(ctx, "ana@op.example", goodPassword, browser, t0.Add(14*time.Second))
		want(t, err, fault.Limited)
		// Another node sees the same count.
		other := newWorld(t, d, nil)
		_, err = other.SignIn(ctx, "ana@op.example", goodPassword, browser, t0.Add(14*time.Second))
		want(t, err, fault.Limited)
		// After the wait it is looked at again, and success forgets.
		now := t0.Add(16 * time.Second)
		_, _, _ = w.enter("ana@op.example", now)
		// From where she signed in, strangers cannot lock her out any more.
		for range 3 * perName.free {
			_, _ = w.SignIn(ctx, "ana@op.example", "wrong wrong wrong", stranger, now)
		}
		_, err = w.SignIn(ctx, "ana@op.example", goodPassword, stranger, now)
		want(t, err, fault.Limited)
		if _, err = w.SignIn(ctx, "ana@op.example", goodPassword, browser, now); err != nil {
			t.Errorf("locked out of her own office: %v", err)
		}
	})
}

func TestWaitDoublesAndIsForgotten(t *testing.T) {
	l := limit{free: 2, base: time.Second, longest: 5 * time.Second, forget: time.Hour}
	c := count{}
	var waits []time.Duration
	now := t0
	for range 6 {
		c = l.fail(c, now)
		waits = append(waits, max(0, c.lockedUntil.Sub(now)))
		now = now.Add(10 * time.Second)
	}
	for i, want := range []time.Duration{0, 1, 2, 4, 5, 5} {
		if waits[i] != want*time.Second {
			t.Errorf("failure %d waits %v, want %v s", i+1, waits[i], int(want))
		}
	}
	if c = l.fail(c, now.Add(2*time.Hour)); c.fails != 1 || !c.lockedUntil.IsZero() {
		t.Errorf("not forgotten: %+v", c)
	}
	for range 100 { // no overflow
		c = l.fail(c, now)
		if w := c.lockedUntil.Sub(now); w > l.longest {
			t.Fatalf("waits %v", w)
		}
	}
}

// Guesses made at once are all counted: of many, only the free ones are looked at.
func TestParallelGuessesAreCounted(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, nil)
		w.make("ana@op.example", "op", Reporter)
		var looked atomic.Int64
		var wg sync.WaitGroup
		for range 24 {
			wg.Go(func() {
				_, err := w.SignIn(t.Context(), "ana@op.example", "wrong wrong wrong", browser, t0)
				switch {
				case fault.Is(err, fault.Denied):
					looked.Add(1)
				case !fault.Is(err, fault.Limited):
					t.Errorf("%v", err)
				}
			})
		}
		wg.Wait()
		if n := looked.Load(); n != int64(perName.free) {
			t.Errorf("%d guesses were looked at, want %d", n, perName.free)
		}
	})
}

// One time-based code used at once by many opens one session.
func TestCodeCountsOnce(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, nil)
		w.make("ana@op.example", "op", Reporter)
		_, _, key := w.enter("ana@op.example", t0)
		now := t0.Add(time.Minute)
		var secrets []string
		for range 4 {
			e, err := w.SignIn(t.Context(), "ana@op.example", goodPassword, browser, now)
			if err != nil {
				t.Fatal(err)
			}
			secrets = append(secrets, e.Secret)
		}
		var opened atomic.Int64
		var wg sync.WaitGroup
		for _, s := range secrets {
			wg.Go(func() {
				if _, err := w.Confirm(t.Context(), s, codeAt(key, now), now); err == nil {
					opened.Add(1)
				}
			})
		}
		wg.Wait()
		if opened.Load() != 1 {
			t.Errorf("%d sessions opened by one code", opened.Load())
		}
	})
}

func TestCodeGuessingIsLimited(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, nil)
		ctx := t.Context()
		w.make("ana@op.example", "op", Reporter)
		_, a, key := w.enter("ana@op.example", t0)
		now := t0.Add(time.Minute)
		right := codeAt(key, now)
		wrong := "000000"
		if right == wrong {
			wrong = "000001"
		}
		for range perCode.free {
			// A new password sign-in each time does not reset the count.
			e, err := w.SignIn(ctx, "ana@op.example", goodPassword, browser, now)
			if err != nil {
				t.Fatal(err)
			}
			_, err = w.Confirm(ctx, e.Secret, wrong, now)
			want(t, err, fault.Denied)
		}
		e, _ := w.SignIn(ctx, "ana@op.example", goodPassword, browser, now)
		_, err := w.Confirm(ctx, e.Secret, right, now)
		want(t, err, fault.Limited)
		want(t, w.StepUp(ctx, a, right, now), fault.Limited)
	})
}

func TestPasswordIsRehashedWhenTheCostChanges(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, nil)
		p := w.make("ana@op.example", "op", Reporter)
		dearer := newWorld(t, d, func(c *Config) { c.Cost = Cost{Memory: 128, Passes: 2, Lanes: 1} })
		for range 2 {
			if _, err := dearer.SignIn(t.Context(), "ana@op.example", goodPassword, browser, t0); err != nil {
				t.Fatal(err)
			}
		}
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			r, err := mustPerson(tx, p.ID)
			if dearer.outdated(r.password) || !strings.Contains(r.password, "m=128,t=2,p=1") {
				t.Errorf("still %s", r.password)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestSessionEnds(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, func(c *Config) { c.Idle, c.Longest = time.Hour, 3*time.Hour })
		ctx := t.Context()
		w.make("ana@op.example", "op", Reporter)
		secret, _, _ := w.enter("ana@op.example", t0)
		now := t0
		for now.Before(t0.Add(3*time.Hour - time.Minute)) {
			if _, err := w.Resolve(ctx, secret, now); err != nil {
				t.Fatalf("after %v of work: %v", now.Sub(t0), err)
			}
			now = now.Add(50 * time.Minute)
		}
		_, err := w.Resolve(ctx, secret, t0.Add(3*time.Hour))
		want(t, err, fault.Expired) // in any case
		w.make("ben@op.example", "op", Reporter)
		secret, _, _ = w.enter("ben@op.example", t0)
		_, err = w.Resolve(ctx, secret, t0.Add(time.Hour+time.Second))
		want(t, err, fault.Expired) // idle
		for _, s := range []string{"", "x", secret + "x", strings.ToUpper(secret)} {
			_, err = w.Resolve(ctx, s, t0)
			want(t, err, fault.Expired)
		}
	})
}

func TestSessionsCanBeListedAndRevoked(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, func(c *Config) { c.SecondOptional = true })
		ctx := t.Context()
		w.make("ana@op.example", "op", Reporter)
		w.make("ben@op.example", "op", Reporter)
		one, ana, _ := w.enter("ana@op.example", t0)
		two, _, _ := w.enter("ana@op.example", t0.Add(time.Second))
		_, ben, _ := w.enter("ben@op.example", t0)
		list, err := w.Sessions(ctx, ana, t0.Add(time.Minute))
		if err != nil || len(list) != 2 || list[0].This || !list[1].This || list[0].Agent != "test" {
			t.Fatalf("%+v, %v", list, err)
		}
		want(t, w.Revoke(ctx, ben, list[0].ID, t0), fault.NotFound) // not another's
		if err := w.Revoke(ctx, ana, list[0].ID, t0); err != nil {
			t.Fatal(err)
		}
		_, err = w.Resolve(ctx, two, t0.Add(time.Minute))
		want(t, err, fault.Expired)
		if _, err = w.Resolve(ctx, one, t0.Add(time.Minute)); err != nil {
			t.Error(err)
		}
		if err := w.SignOut(ctx, one, t0); err != nil {
			t.Fatal(err)
		}
		_, err = w.Resolve(ctx, one, t0)
		want(t, err, fault.Expired)
		if err := w.SignOut(ctx, one, t0); err != nil {
			t.Errorf("signing out twice: %v", err)
		}
	})
}

func TestStepUp(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, nil)
		ctx := t.Context()
		w.make("ana@op.example", "op", Reporter)
		secret, a, key := w.enter("ana@op.example", t0)
		now := t0.Add(20 * time.Minute)
		want(t, MustBeFresh(a, now), fault.Denied)
		want(t, w.StepUp(ctx, a, goodPassword, now), fault.Denied) // who has a factor proves by it
		if err := w.StepUp(ctx, a, codeAt(key, now), now); err != nil {
			t.Fatal(err)
		}
		a, err := w.Resolve(ctx, secret, now)
		if err != nil || MustBeFresh(a, now) != nil {
			t.Errorf("%+v, %v", a, err)
		}
	})
}

func TestAddressIsLimited(t *testing.T) {
	housetest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, nil)
		ctx := t.Context()
		w.make("ana@op.example", "op", Reporter)
		v := Visit{Addr: "203.0.113.77"}
		for i := range perAddress.free {
			_, err := w.SignIn(ctx, "guess"+string(rune('a'+i))+"@op.example", "wrong wrong wrong", v, t0)
			want(t, err, fault.Denied)
		}
		_, err := w.SignIn(ctx, "ana@op.example", goodPassword, v, t0)
		want(t, err, fault.Limited)
		if _, err = w.SignIn(ctx, "ana@op.example", goodPassword, browser, t0); err != nil {
			t.Errorf("other addresses: %v", err)
		}
		if err := w.Sweep(ctx, 24*time.Hour, t0.Add(48*time.Hour)); err != nil {
			t.Fatal(err)
		}
		err = d.Read(ctx, func(tx *db.Tx) error {
			for _, table := range []string{"access_attempt", "access_session"} {
				if n, err := db.Count(tx, `SELECT COUNT(*) FROM `+table); err != nil || n != 0 {
					t.Errorf("%d rows left in %s, %v", n, table, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
