package cardea_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/feature"
)

// gateOf returns a site with the strategy, the users of newGateUsers, and a clock.
func gateOf(t *testing.T, strategy cardea.Strategy, more ...func(*cardea.Config)) (gateSite, *clock) {
	t.Helper()
	set := func(c *cardea.Config) { c.Session.Strategy = strategy }
	s := newGateSite(t, append([]func(*cardea.Config){set}, more...)...)
	now := s.setClock()
	newGateUsers(t, s)
	return s, now
}

// anotherGate returns a site with the store and users of s, and another configuration.
func (s gateSite) anotherGate(t *testing.T, more ...func(*cardea.Config)) gateSite {
	t.Helper()
	same := func(c *cardea.Config) {
		c.Adapter = s.store
		if !s.database {
			c.Session.Strategy = cardea.StrategyJWT
		}
	}
	other := newGateSite(t, append([]func(*cardea.Config){same}, more...)...)
	other.holds.Store(true)
	other.owner.Store(s.owner.Load())
	return other
}

// userNamed adds a user with a proven address.
func (s gateSite) userNamed(t *testing.T, name string) *cardea.User {
	t.Helper()
	u := &cardea.User{Name: name, Email: strings.ToLower(name) + "@example.org", EmailVerified: time.Now()}
	must(t, s.store.CreateUser(t.Context(), u))
	return u
}

// hold begins a sign-in of a user in a browser, without an account, and leaves it waiting.
func (s gateSite) hold(t *testing.T, b *cardeatest.Browser, u *cardea.User) {
	t.Helper()
	s.holds.Store(true)
	s.owner.Store(u)
	to := s.post(t, b, false, "/callback/directory", url.Values{"callbackUrl": {"/next"}}).Header.Get("Location")
	if to != s.URL+"/api/auth/factor/challenge" {
		t.Fatalf("the proof leads to %q", to)
	}
	if held := s.held(t, b); held == nil || held.UserID != u.ID {
		t.Fatalf("waiting: %+v, want user %s", held, u.ID)
	}
}

// enter signs a user in without a second factor.
func (s gateSite) enter(t *testing.T, b *cardeatest.Browser, u *cardea.User) {
	t.Helper()
	s.holds.Store(false)
	s.owner.Store(u)
	s.post(t, b, false, "/callback/directory", nil)
	if got, _ := s.greeting(t, b, "/weak"); got != `["`+u.ID+`",1,"pwd"]` {
		t.Fatalf("signed in as %s", got)
	}
	s.holds.Store(true)
}

// copyOf is another browser with the cookies of b.
func (s gateSite) copyOf(t *testing.T, b *cardeatest.Browser) *cardeatest.Browser {
	t.Helper()
	other := newBrowser(t, s.URL)
	for name, value := range cookiesOf(b) {
		setBrowserCookie(other, name, value)
	}
	return other
}

// setBrowserCookie gives a browser a cookie of its site.
func setBrowserCookie(b *cardeatest.Browser, name, value string) {
	site, _ := url.Parse(b.Site + b.BasePath)
	b.Jar.SetCookies(site, []*http.Cookie{{Name: name, Value: value, Path: "/"}})
}

// checkNothingWaits checks that the second proof of a user, given in a browser, is refused with a
// code that says that nothing waits, and changes no session.
func (s gateSite) checkNothingWaits(t *testing.T, b *cardeatest.Browser, userID string) {
	t.Helper()
	before, body := s.sessionCookieOf(b), s.sessionBody(t, cookiesOf(b))
	if held := s.held(t, b); held != nil {
		t.Errorf("there waits %+v", held)
	}
	for path, code := range map[string]string{"challenge": "Verification", "blind": "InvalidCheck"} {
		res := b.Post("/factor/"+path, url.Values{"code": {"code of " + userID}})
		to := res.Header.Get("Location")
		u, err := url.Parse(to)
		must(t, err)
		if res.StatusCode >= http.StatusInternalServerError || u.Query().Get("error") != code {
			t.Errorf("%s answers %s, to %q, want error=%s", path, res.Status, to, code)
			continue
		}
		if shown := visit(t, b, to); shown.StatusCode >= http.StatusInternalServerError {
			t.Errorf("%s: the page says %s", path, shown.Status)
		}
	}
	if s.database && s.sessionCookieOf(b) != before || before == "" && s.sessionCookieOf(b) != "" {
		t.Error("the session cookie has changed")
	}
	if (s.sessionBody(t, cookiesOf(b)) == "null") != (body == "null") {
		t.Errorf("the session was %s, and is %s", body, s.sessionBody(t, cookiesOf(b)))
	}
}

// A sign-in that waits belongs to the browser that has begun it.
func TestHeldSignInOfAnotherBrowser(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		s, _ := gateOf(t, strategy)
		victim, stranger := s.userNamed(t, "Vera"), newBrowser(t, s.URL)
		b := newBrowser(t, s.URL)
		s.hold(t, b, victim)
		s.checkNothingWaits(t, stranger, victim.ID)
		s.checkNobody(t, "another browser", stranger)
		if s.rows(t, victim.ID) != 0 {
			t.Error("the other browser has made a session")
		}
		if to := s.challenge(t, b, "code of "+victim.ID); to != s.URL+"/next" {
			t.Errorf("afterwards the own browser goes to %s", to)
		}
	})
}

// The second proof of one user does not lift the session of another, whichever cookie a browser is
// given: who gives Bob's proof becomes Bob.
func TestHeldSignInDoesNotLiftAnotherSession(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		s, _ := gateOf(t, strategy)
		ann, rob := s.userNamed(t, "Anna"), s.userNamed(t, "Rob")
		own, others := newBrowser(t, s.URL), newBrowser(t, s.URL)
		s.enter(t, own, ann)
		s.hold(t, others, rob)
		before := s.sessionCookieOf(own)
		setBrowserCookie(own, "authjs.pending", cookiesOf(others)["authjs.pending"])
		want := `["` + ann.ID + `",1,"pwd"]`
		if to := s.challenge(t, own, "code of "+ann.ID); !strings.Contains(to, "error=Verification") {
			t.Errorf("the code of the session's user leads to %s", to)
		}
		if got, _ := s.greeting(t, own, "/weak"); got != want {
			t.Errorf("the session is %s, want %s", got, want)
		}
		if got, status := s.greeting(t, own, "/strong"); status != http.StatusUnauthorized {
			t.Errorf("/strong answers %d, %s", status, got)
		}
		if to := s.challenge(t, own, "code of "+rob.ID); to != s.URL+"/next" {
			t.Fatalf("the code of the one who waits leads to %s", to)
		}
		if got, _ := s.greeting(t, own, "/strong"); got != `["`+rob.ID+`",2,"pwd otp"]` {
			t.Errorf("then the session is %s", got)
		}
		if got := s.sessionBody(t, cookies{sessionCookie: before}); got != "null" || s.rows(t, ann.ID) != 0 {
			t.Errorf("the session from before has not ended: %s", got)
		}
	})
}

// Of any number of second proofs at once, in any number of processes, one makes a session.
func TestHeldSignInEndsOnce(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		s, _ := gateOf(t, strategy)
		second := s.anotherGate(t)
		u, b := s.userNamed(t, "Vera"), newBrowser(t, s.URL)
		s.hold(t, b, u)
		c, fields := cookiesOf(b), url.Values{"csrfToken": {b.CSRFToken()}}
		answers := make(chan *http.Response, 50)
		var all sync.WaitGroup
		for i := range cap(answers) {
			site := []string{s.URL, second.URL}[i%2]
			all.Go(func() { answers <- send(t, site+"/api/auth/factor/blind", c, fields) })
		}
		all.Wait()
		close(answers)
		sessions, refused := 0, 0
		for res := range answers {
			switch to := res.Header.Get("Location"); {
			case startsSession(res):
				sessions++
			case strings.Contains(to, "error=InvalidCheck"):
				refused++
			default:
				t.Errorf("%s to %s", res.Status, to)
			}
		}
		if sessions != 1 || refused != 49 || s.database && s.rows(t, u.ID) != 1 {
			t.Errorf("%d sessions, %d refused, %d rows", sessions, refused, s.rows(t, u.ID))
		}
	})
}

// A sign-in waits for ten minutes, to the second, and no proof makes it longer.
func TestHeldSignInExpires(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		for after, works := range map[time.Duration]bool{
			10*time.Minute - time.Second: true, 10 * time.Minute: false, 10*time.Minute + time.Second: false,
			24 * time.Hour: false,
		} {
			s, now := gateOf(t, strategy)
			u, b := s.userNamed(t, "Vera"), newBrowser(t, s.URL)
			s.hold(t, b, u)
			kept := cookiesOf(b)["authjs.pending"]
			if held := s.held(t, b); !held.Expires.Equal(now.now().Add(10 * time.Minute)) {
				t.Errorf("it ends at %v", held.Expires)
			}
			now.advance(after / 2)
			s.challenge(t, b, "a wrong code")
			now.advance(after - after/2)
			setBrowserCookie(b, "authjs.pending", kept) // a browser may keep it longer than it should
			if !works {
				s.checkNothingWaits(t, b, u.ID)
				s.checkNobody(t, after.String(), b)
			} else if to := s.challenge(t, b, "code of "+u.ID); to != s.URL+"/next" {
				t.Errorf("after %v: to %s", after, to)
			}
		}
	})
}

// endings are what ends a sign-in that waits, of a user in another browser where they are signed
// in, or in their own one.
var endings = map[string]struct {
	strategies []cardea.Strategy // nil for both
	end        func(t *testing.T, s gateSite, u *cardea.User, own, elsewhere *cardeatest.Browser)
}{
	"all sessions are ended": {[]cardea.Strategy{cardea.StrategyDatabase},
		func(t *testing.T, s gateSite, u *cardea.User, _, _ *cardeatest.Browser) {
			_, err := s.auth.EndSessions(t.Context(), u.ID, nil)
			must(t, err)
		}},
	"the user is deleted": {nil, func(t *testing.T, s gateSite, u *cardea.User, _, _ *cardeatest.Browser) {
		must(t, s.auth.DeleteUser(t.Context(), u.ID))
	}},
	"an account is unlinked": {nil, func(t *testing.T, s gateSite, u *cardea.User, _, _ *cardeatest.Browser) {
		must(t, s.auth.UnlinkAccount(t.Context(), u.ID, "posting", "55"))
	}},
	"an account is linked": {nil, func(t *testing.T, s gateSite, u *cardea.User, _, b *cardeatest.Browser) {
		signInAt(t, b, "github", octocat.Subject)
		if owner := s.accountOwner(t, "github", octocat.Subject); owner != u.ID {
			t.Fatalf("the account is %s's", owner)
		}
	}},
	"a feature ends the sessions": {nil, func(t *testing.T, _ gateSite, _ *cardea.User, _, b *cardeatest.Browser) {
		if res := b.Post("/x/change", nil); res.StatusCode != http.StatusOK {
			t.Fatalf("the change: %s", res.Status)
		}
	}},
	"the password changes": {nil, func(t *testing.T, s gateSite, u *cardea.User, _, elsewhere *cardeatest.Browser) {
		res := elsewhere.Post("/password/change", url.Values{
			"current": {longPassword}, "password": {longPassword + " again"},
		})
		to := res.Header.Get("Location")
		if res.StatusCode/100 != 3 || strings.Contains(to, "error") {
			t.Fatalf("the change: %s to %s", res.Status, to)
		}
	}},
	"the owner of the address proves it": {nil,
		func(t *testing.T, s gateSite, u *cardea.User, _, _ *cardeatest.Browser) { // Adopt: the row stays
			owner := newBrowser(t, s.URL)
			visit(t, owner, s.ask(t, owner, u.Email, "/").Link)
			if got := signedInEmail(owner); got != u.Email || s.emailOwner(t, u.Email) != u.ID {
				t.Fatalf("the owner is signed in as %q", got)
			}
		}},
	"a sign-out in the browser": {nil, func(t *testing.T, s gateSite, _ *cardea.User, own, _ *cardeatest.Browser) {
		signOut(t, s.site, s.copyOf(t, own)) // the cookie stays, as in a copy of the browser
	}},
}

// What ends the sessions or the tokens of a user, or changes how they sign in, ends what waits.
func TestHeldSignInEndsWith(t *testing.T) {
	t.Parallel()
	for name, ending := range endings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
				if ending.strategies != nil && !slices.Contains(ending.strategies, strategy) {
					return
				}
				s, _ := gateOf(t, strategy, func(c *cardea.Config) { withPassword(c, nil) })
				u := s.userNamed(t, "Vera")
				must(t, s.passwords.Set(t.Context(), u.ID, longPassword))
				for _, id := range []string{"55", "56"} {
					must(t, s.store.LinkAccount(t.Context(),
						&cardea.Account{UserID: u.ID, Type: "oidc", Provider: "posting", ProviderAccountID: id}))
				}
				if name == "the owner of the address proves it" {
					u.EmailVerified = time.Time{}
					must(t, s.store.UpdateUser(t.Context(), u))
				}
				own, elsewhere, another := newBrowser(t, s.URL), newBrowser(t, s.URL), newBrowser(t, s.URL)
				s.enter(t, elsewhere, u)
				other := s.userNamed(t, "Otto")
				s.hold(t, another, other)
				s.hold(t, own, u)
				s.holds.Store(false) // the other ways in are not what this is about
				ending.end(t, s, u, own, elsewhere)
				before := s.rows(t, u.ID)
				s.checkNothingWaits(t, own, u.ID)
				s.checkNobody(t, "ended", own)
				if n := s.rows(t, u.ID); n != before {
					t.Errorf("%d sessions, before %d", n, before)
				}
				if to := s.challenge(t, another, "code of "+other.ID); to != s.URL+"/next" {
					t.Errorf("the sign-in of another user: to %s", to)
				}
			})
		})
	}
}

// A store that cannot end the sign-in that waits keeps nobody signed in.
func TestSignOutEndsTheSessionIfTheHeldSignInCannotEnd(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		store := &failingTokenStore{}
		s, _ := gateOf(t, strategy, func(c *cardea.Config) {
			store.recordingStore = recordCalls(c)
			c.Adapter = store
		})
		u, b := s.userNamed(t, "Vera"), newBrowser(t, s.URL)
		s.enter(t, b, u)
		s.hold(t, b, u)
		copied := s.copyOf(t, b)
		store.fails(true)
		s.post(t, b, false, "/signout", nil)
		store.fails(false)
		if b.Session() != nil || s.sessionCookieOf(b) != "" || copied.Session() != nil {
			t.Error("the session goes on")
		}
	})
}

// What the second proof is about is the user who waits. If the address that was proven belongs to
// somebody else by then, neither of them is signed in.
func TestHeldSignInWhoseAddressIsAnotherUsers(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		s, _ := gateOf(t, strategy)
		u, b := s.userNamed(t, "Vera"), newBrowser(t, s.URL)
		s.holds.Store(true)
		s.post(t, b, false, "/directory/enter", url.Values{"address": {u.Email}})
		if held := s.held(t, b); held == nil || held.UserID != u.ID {
			t.Fatalf("there waits %+v", held)
		}
		address := u.Email
		u.Email = "elsewhere@example.org"
		must(t, s.store.UpdateUser(t.Context(), u))
		other := &cardea.User{Name: "Otto", Email: address, EmailVerified: time.Now()}
		must(t, s.store.CreateUser(t.Context(), other))
		if to := s.challenge(t, b, "code of "+u.ID); !strings.Contains(to, "error=InvalidCheck") {
			t.Errorf("to %s", to)
		}
		s.checkNobody(t, "the address is another user's", b)
		if s.rows(t, u.ID)+s.rows(t, other.ID) != 0 {
			t.Error("there is a session")
		}
	})
}

// What has proven the person may be gone from the configuration when the second proof comes.
func TestHeldSignInOfARemovedWay(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		for name, prove := range map[string]func(*testing.T, gateSite, *cardeatest.Browser){
			"github": func(t *testing.T, s gateSite, b *cardeatest.Browser) {
				s.holds.Store(true)
				visit(t, b, beginAs(t, b, "github", octocat.Subject, "/next"))
			},
			"credentials": func(t *testing.T, s gateSite, b *cardeatest.Browser) {
				s.holds.Store(true)
				s.post(t, b, false, "/callback/credentials", url.Values{"name": {"ann"}})
			},
			"directory": func(t *testing.T, s gateSite, b *cardeatest.Browser) { s.hold(t, b, s.owner.Load()) },
		} {
			s, _ := gateOf(t, strategy)
			b := newBrowser(t, s.URL)
			prove(t, s, b)
			held := s.held(t, b)
			if held == nil {
				t.Fatalf("%s: nothing waits", name)
			}
			before, err := s.store.Accounts(t.Context(), held.UserID)
			must(t, err)
			without := s.anotherGate(t, func(c *cardea.Config) {
				isIt := func(p cardea.Provider) bool { return p.ProviderID() == name }
				c.Providers = slices.DeleteFunc(c.Providers, isIt)
				c.Features = slices.DeleteFunc(c.Features, func(f cardea.Feature) bool { return f.FeatureID() == name })
			})
			b.Site = without.URL
			without.checkNothingWaits(t, b, held.UserID)
			without.checkNobody(t, name, b)
			after, err := s.store.Accounts(t.Context(), held.UserID)
			must(t, err)
			if s.rows(t, held.UserID) != 0 || len(after) != len(before) {
				t.Errorf("%s: something was stored", name)
			}
			b.Site = s.URL // with the provider again
			if to := s.challenge(t, b, "code of "+held.UserID); strings.Contains(to, "error=") {
				t.Errorf("%s: to %s", name, to)
			}
		}
	})
}

// A sign-in that waits is finished for its user alone, also where a setting has changed and nothing
// holds sign-ins any more.
func TestHeldSignInOfAMovedAccountWhereNothingHolds(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		s, _ := gateOf(t, strategy)
		b := newBrowser(t, s.URL)
		s.holds.Store(true)
		visit(t, b, beginAs(t, b, "github", octocat.Subject, "/next"))
		held := s.held(t, b)
		if held == nil {
			t.Fatal("nothing waits")
		}
		accounts, err := s.store.Accounts(t.Context(), held.UserID)
		must(t, err)
		for _, a := range accounts {
			must(t, s.store.UnlinkAccount(t.Context(), a.Provider, a.ProviderAccountID))
			a.UserID = s.userNamed(t, "Stranger").ID
			must(t, s.store.LinkAccount(t.Context(), a))
		}
		open := s.anotherGate(t, func(c *cardea.Config) {
			c.Features = slices.DeleteFunc(c.Features, func(f cardea.Feature) bool { return f.FeatureID() == "factor" })
			addFeature(c, "factor", func(h *cardea.Host) error {
				h.Handle(rule(http.MethodPost, "factor/blind", feature.SenderOwnPage, feature.VisitorAnybody),
					func(_ http.ResponseWriter, r *http.Request) error { return h.Resume(r.Context(), "otp") })
				h.Handle(rule(http.MethodGet, "factor/settings", feature.SenderAnybody, feature.VisitorSignedIn), ok(h))
				return nil
			})
		})
		b.Site = open.URL
		b.Post("/factor/blind", nil)
		open.checkNobody(t, "for another user", b)
	})
}

// A browser has one sign-in that waits: the one that began last. Each is finished once at most.
func TestHeldSignInsOfTwoTabs(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		s, _ := gateOf(t, strategy)
		ann, rob, b := s.userNamed(t, "Anna"), s.userNamed(t, "Rob"), newBrowser(t, s.URL)
		s.hold(t, b, ann)
		s.hold(t, b, rob)
		if to := s.challenge(t, b, "code of "+ann.ID); !strings.Contains(to, "error=Verification") {
			t.Errorf("the code of the first leads to %s", to)
		}
		s.checkNobody(t, "the code of the first", b)
		if to := s.challenge(t, b, "code of "+rob.ID); to != s.URL+"/next" {
			t.Errorf("the code of the second leads to %s", to)
		}
		s.checkNothingWaits(t, b, ann.ID)
		s.checkNothingWaits(t, b, rob.ID)
		if got, _ := s.greeting(t, b, "/strong"); got != `["`+rob.ID+`",2,"pwd otp"]` {
			t.Errorf("the session is %s", got)
		}
		if s.database && (s.rows(t, ann.ID) != 0 || s.rows(t, rob.ID) != 1) {
			t.Errorf("%d and %d sessions", s.rows(t, ann.ID), s.rows(t, rob.ID))
		}

		// One proof that two tabs open, and that nobody can use twice.
		for name, first := range map[string]func(b *cardeatest.Browser) string{
			"a callback": func(b *cardeatest.Browser) string { return beginAs(t, b, "idp", "1001", "/next") },
			"a link":     func(b *cardeatest.Browser) string { return s.ask(t, b, annsMail, "/next").Link },
		} {
			b := newBrowser(t, s.URL)
			link := first(b)
			tab := s.copyOf(t, b)
			visit(t, b, link)
			held := s.held(t, b)
			if held == nil {
				t.Fatalf("%s: nothing waits", name)
			}
			visit(t, tab, link)
			s.checkNothingWaits(t, tab, held.UserID)
			s.checkNobody(t, name, tab)
			if to := s.challenge(t, b, "code of "+held.UserID); to != s.URL+"/next" {
				t.Errorf("%s: to %s", name, to)
			}
		}
	})
}

// Whoever has copied the cookies before the second proof has nothing after it.
func TestHeldSignInIsNotReplayed(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		s, now := gateOf(t, strategy)
		u, b := s.userNamed(t, "Vera"), newBrowser(t, s.URL)
		s.hold(t, b, u)
		copied := s.copyOf(t, b)
		if to := s.challenge(t, b, "code of "+u.ID); to != s.URL+"/next" {
			t.Fatalf("to %s", to)
		}
		second := s.anotherGate(t)
		for range 2 {
			s.checkNothingWaits(t, copied, u.ID)
			s.checkNobody(t, "the copy", copied)
			copied.Site = second.URL // another process
			second.checkNothingWaits(t, copied, u.ID)
			copied.Site = s.URL
			now.advance(time.Minute)
		}
		if s.database && s.rows(t, u.ID) != 1 {
			t.Errorf("%d sessions", s.rows(t, u.ID))
		}
	})
}

// The session that a browser has goes on while a sign-in waits, and after it is refused, has
// expired, or has ended.
func TestSessionGoesOnWhileASignInIsHeld(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		for name, end := range map[string]func(*testing.T, gateSite, *clock, *cardeatest.Browser, *cardea.User){
			"a wrong code": func(t *testing.T, s gateSite, _ *clock, b *cardeatest.Browser, _ *cardea.User) {
				s.challenge(t, b, "a wrong code")
			},
			"expired": func(_ *testing.T, _ gateSite, now *clock, _ *cardeatest.Browser, _ *cardea.User) {
				now.advance(11 * time.Minute)
			},
			"the user is deleted": func(t *testing.T, s gateSite, _ *clock, b *cardeatest.Browser, u *cardea.User) {
				must(t, s.auth.DeleteUser(t.Context(), u.ID))
				s.checkNothingWaits(t, b, u.ID)
			},
			"finished elsewhere": func(t *testing.T, s gateSite, _ *clock, b *cardeatest.Browser, u *cardea.User) {
				elsewhere := newBrowser(t, s.URL)
				setBrowserCookie(elsewhere, "authjs.pending", cookiesOf(b)["authjs.pending"])
				s.challenge(t, elsewhere, "code of "+u.ID)
				s.checkNothingWaits(t, b, u.ID)
			},
		} {
			s, now := gateOf(t, strategy)
			ann, rob, b := s.userNamed(t, "Anna"), s.userNamed(t, "Rob"), newBrowser(t, s.URL)
			s.enter(t, b, ann)
			check := func(when string) {
				t.Helper()
				if got, status := s.greeting(t, b, "/weak"); got != `["`+ann.ID+`",1,"pwd"]` {
					t.Errorf("%s, %s: %d, %s", name, when, status, got)
				}
			}
			s.hold(t, b, rob)
			check("held")
			end(t, s, now, b, rob)
			check("ended")
			s.post(t, b, false, "/factor/blind", nil)
			if name != "a wrong code" {
				check("another try")
			}
		}
	})
}

// 30 sign-ins of a user may wait. A client that asks for more has to wait itself, and nobody else
// does.
func TestHeldSignInsOfAUserAreLimited(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		s, now := gateOf(t, strategy)
		u, other := s.userNamed(t, "Vera"), s.userNamed(t, "Otto")
		browsers := []*cardeatest.Browser{newBrowser(t, s.URL), newBrowser(t, s.URL)}
		for i := range 30 {
			s.hold(t, browsers[i%2], u)
		}
		s.owner.Store(u)
		third := newBrowser(t, s.URL)
		checkLimited(t, "the 31st", s.post(t, third, false, "/callback/directory", nil))
		checkLimited(t, "the 31st, a client", s.post(t, third, true, "/callback/directory", nil))
		if held := s.held(t, third); held != nil {
			t.Errorf("there waits %+v", held)
		}
		s.checkNobody(t, "the 31st", third)
		s.hold(t, third, other)

		s.challenge(t, browsers[0], "code of "+u.ID) // makes room for one
		s.hold(t, third, u)
		checkLimited(t, "one too many", s.post(t, newBrowser(t, s.URL), false, "/callback/directory", nil))
		now.advance(10 * time.Minute)
		s.hold(t, newBrowser(t, s.URL), u)
	})
}

// A cookie that was changed, or that another secret has sealed, is none. An old secret of the site
// opens what it has sealed.
func TestHeldSignInWithAnAlteredCookie(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		s, _ := gateOf(t, strategy)
		u, b := s.userNamed(t, "Vera"), newBrowser(t, s.URL)
		s.hold(t, b, u)
		kept := cookiesOf(b)["authjs.pending"]
		session := newBrowser(t, s.URL)
		s.enter(t, session, u)
		parts := strings.Split(kept, ".")
		altered := map[string]string{
			"empty": "", "half": kept[:len(kept)/2], "without its end": kept[:len(kept)-1], "longer": kept + "A",
			"twice": kept + kept, "in capitals": strings.ToUpper(kept),
			"no tag": strings.Join(parts[:len(parts)-1], "."), "a session": s.sessionCookieOf(session),
			"the id of a user": u.ID,
		}
		for i := 5; i < len(kept)-1; i += len(kept) / 8 { // not the last character: its last bits mean nothing
			changed := []byte(kept)
			changed[i] = map[bool]byte{true: 'B', false: 'A'}[changed[i] == 'A']
			altered["changed at "+string(kept[:i])] = string(changed)
		}
		for name, value := range altered {
			setBrowserCookie(b, "authjs.pending", value)
			if held := s.held(t, b); held != nil {
				t.Fatalf("%s: there waits %+v", name, held)
			}
			s.checkNothingWaits(t, b, u.ID)
		}
		s.checkNobody(t, "altered", b)
		asSession := newBrowser(t, s.URL)
		setBrowserCookie(asSession, sessionCookie, kept)
		if body := s.sessionBody(t, cookiesOf(asSession)); body != "null" {
			t.Errorf("as a session: %s", body)
		}

		newer := strings.Repeat("n", 32)
		foreign := s.anotherGate(t, func(c *cardea.Config) { c.Secret = newer })
		rotated := s.anotherGate(t, func(c *cardea.Config) { c.Secret, c.PreviousSecrets = newer, []string{secret} })
		setBrowserCookie(b, "authjs.pending", kept)
		b.Site = foreign.URL
		foreign.checkNothingWaits(t, b, u.ID)
		foreign.checkNobody(t, "another secret", b)
		b.Site = rotated.URL
		if to := rotated.challenge(t, b, "code of "+u.ID); to != s.URL+"/next" && to != rotated.URL+"/next" &&
			to != rotated.URL {
			t.Errorf("with the previous secret: to %s", to)
		}
		if got, _ := rotated.greeting(t, b, "/strong"); got != `["`+u.ID+`",2,"pwd otp"]` {
			t.Errorf("with the previous secret: %s", got)
		}
	})
}
