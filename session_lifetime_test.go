package cardea_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/internal/seal"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/oauth"
)

var strategies = []cardea.Strategy{cardea.StrategyDatabase, cardea.StrategyJWT}

// onStrategies runs a test with both strategies. The configuration has sessions that last an hour
// without use, and three hours at most.
func onStrategies(t *testing.T, run func(t *testing.T, change func(*cardea.Config))) {
	t.Helper()
	for _, strategy := range strategies {
		t.Run(string(strategy), func(t *testing.T) {
			t.Parallel()
			run(t, func(c *cardea.Config) {
				shortSessions(c)
				c.Session.Strategy, c.Session.Lifetime = strategy, 3*time.Hour
			})
		})
	}
}

// sealedClaims returns the claims of a JWT session.
func sealedClaims(t *testing.T, token string, now time.Time) oauth.Claims {
	t.Helper()
	claims, err := seal.New([]string{secret}, seal.SchemeV5).Open(sessionCookie, token, now)
	must(t, err)
	return claims
}

// OWASP ASVS 5.0, 7.3.2: a session that is used all the time ends when its lifetime is over. No
// expiry passes that end: not that of the session, of the row, of the cookie or of the token.
func TestSessionEndsWithItsLifetime(t *testing.T) {
	t.Parallel()
	onStrategies(t, func(t *testing.T, change func(*cardea.Config)) {
		s := newSite(t, change)
		now := s.setClock()
		s.issuer.SetClock(now.now)
		b := s.signedIn(t, "")
		end := now.now().Add(3 * time.Hour)
		var old []cookies
		for now.now().Before(end) {
			res, expires := getSession(t, b)
			until := now.now().Add(time.Hour)
			if until.After(end) {
				until = end
			}
			checkCookie(t, res, until)
			if left := until.Sub(expires); expires.IsZero() || left < 0 || left > 10*time.Minute {
				t.Errorf("%v before the end, the session lasts until %v, want %v", end.Sub(now.now()), expires, until)
			}
			if token := sessionToken(b); strings.Count(token, ".") == 4 {
				exp, err := sealedClaims(t, token, now.now())["exp"].(json.Number).Int64()
				if err != nil || exp > end.Unix() {
					t.Errorf("exp = %d, %v; the lifetime ends at %d", exp, err, end.Unix())
				}
			}
			for _, row := range sessionsOf(t, s, s.accountOwner(t, "idp", "1001")) {
				if row.Expires.After(end) {
					t.Errorf("the row expires at %v, after the end %v", row.Expires, end)
				}
			}
			old = append(old, cookiesOf(b))
			now.advance(10*time.Minute - time.Second)
		}
		now.advance(end.Sub(now.now())) // not a second of tolerance: that is for the clocks of tokens
		for i, c := range old {
			if got := s.sessionBody(t, c); got != "null" {
				t.Errorf("the cookie of use %d is accepted after the end: %s", i, got)
			}
		}
	})
}

// The middleware extends no session past its end either, and writes nothing when there is nothing
// to gain.
func TestMiddlewareKeepsTheLifetime(t *testing.T) {
	t.Parallel()
	onStrategies(t, func(t *testing.T, change func(*cardea.Config)) {
		var store *recordingStore
		s := newSite(t, func(c *cardea.Config) { change(c); store = recordCalls(c) })
		now := s.setClock()
		s.issuer.SetClock(now.now)
		b := s.signedIn(t, "")
		end := now.now().Add(3 * time.Hour)
		pages := s.withPages(t)
		extended := 0
		for now.advance(15 * time.Minute); now.now().Before(end); now.advance(15 * time.Minute) {
			store.failOnly()
			res := visit(t, b, pages+"/page")
			c := setCookie(res, sessionCookie)
			if c != nil && c.Expires.After(end) {
				t.Errorf("the cookie expires at %v, after the end %v", c.Expires, end)
			}
			if c != nil {
				extended++
			} else if writes := store.writes(); len(writes) > 0 {
				t.Errorf("%v before the end: writes = %v", end.Sub(now.now()), writes)
			}
			if text(t, res) != "session" {
				t.Errorf("%v before the end there is no session", end.Sub(now.now()))
			}
		}
		if extended != 8 { // until an hour before the end, and not after
			t.Errorf("extended %d times, want 8", extended)
		}
		if got := text(t, visit(t, b, pages+"/page")); got != "nobody" {
			t.Errorf("after the end: %s", got)
		}
	})
}

// withPages adds a page behind Load to the site, and returns the site's address. Cookies do not
// depend on ports.
func (s *site) withPages(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(s.auth.Load(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := "nobody"
		if cardea.SessionFrom(r.Context()) != nil {
			answer = "session"
		}
		_, _ = w.Write([]byte(answer))
	})))
	t.Cleanup(server.Close)
	return server.URL
}

func TestLifetimeDefaults(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for _, strategy := range strategies {
		for name, tc := range map[string]struct {
			lifetime, maxAge, want time.Duration // want 0 for no end
		}{
			"default":                       {0, 0, 90 * day},
			"default with a longer MaxAge":  {0, 120 * day, 120 * day},
			"set":                           {10 * day, 0, 10 * day},
			"set, with a shorter MaxAge":    {10 * day, 2 * day, 10 * day},
			"shorter than MaxAge":           {2 * day, 30 * day, 2 * day},
			"shorter than the UpdateAge":    {time.Hour, 0, time.Hour},
			"none":                          {-1, 0, 0},
			"none, as any negative value":   {-day, 0, 0},
			"none, with a MaxAge of a year": {-1, 365 * day, 0},
		} {
			s := newSite(t, func(c *cardea.Config) {
				c.Session = cardea.SessionConfig{Strategy: strategy, Lifetime: tc.lifetime, MaxAge: tc.maxAge}
			})
			now := s.setClock()
			s.issuer.SetClock(now.now)
			b := s.signedIn(t, "")
			start := now.now()
			for now.now().Sub(start) < 10*365*day {
				if now.advance(min(day, max(tc.want, day)/24)); b.Session() == nil {
					break
				}
				if tc.want == 0 {
					now.advance(20 * day)
				}
			}
			if got := now.now().Sub(start); tc.want != 0 && (got < tc.want || got > tc.want+day) ||
				tc.want == 0 && got < 10*365*day {
				t.Errorf("%s, %s: ended after %v, want %v", strategy, name, got, tc.want)
			}
		}
	}
}

func TestLifetimeIsChecked(t *testing.T) {
	t.Parallel()
	_, err := cardea.New(cardea.Config{Secret: secret, Session: cardea.SessionConfig{Lifetime: time.Millisecond}})
	const want = "Session.Lifetime: want a second or more, or -1 for no limit, have 1ms"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}

// Whoever has a copy of a JWT session can have it extended by a process that does not know that the
// visitor has signed out. It ends with its lifetime, in both processes and for good.
func TestCopiedJWTSessionEndsWithItsLifetime(t *testing.T) {
	t.Parallel()
	change := func(c *cardea.Config) {
		shortSessions(c)
		c.Session.Strategy, c.Session.Lifetime = cardea.StrategyJWT, 3*time.Hour
	}
	first, second := newSite(t, change), newSite(t, change)
	now := first.setClock()
	first.issuer.SetClock(now.now)
	second.auth.SetClock(now.now)
	b := first.signedIn(t, "")
	end := now.now().Add(3 * time.Hour)
	thief := newBrowser(t, second.URL)
	storeCookie(t, thief, sessionCookie, sessionToken(b))
	now.advance(time.Minute)
	signOut(t, first, b)
	for now.now().Before(end) {
		if signedInEmail(thief) == "" {
			t.Fatalf("%v before the end the second process does not know the session", end.Sub(now.now()))
		}
		// The first process never forgets the sign-out, however often the copy was extended.
		if got := first.sessionBody(t, cookiesOf(thief)); got != "null" {
			t.Errorf("%v before the end the first process accepts the copy: %s", end.Sub(now.now()), got)
		}
		now.advance(10 * time.Minute)
	}
	last := cookiesOf(thief)
	for range 3 {
		for _, s := range []*site{first, second} {
			if got := s.sessionBody(t, last); got != "null" {
				t.Errorf("accepted after the end: %s", got)
			}
		}
		now.advance(time.Hour)
	}
}

// Nothing that the application's callback does to the claims moves the sign-in.
func TestJWTCallbackCannotExtendTheLifetime(t *testing.T) {
	t.Parallel()
	for name, callback := range map[string]func(*cardea.TokenChange) oauth.Claims{
		"drops the other claims": func(c *cardea.TokenChange) oauth.Claims {
			return oauth.Claims{"sub": c.Claims["sub"]}
		},
		"sets the claim": func(c *cardea.TokenChange) oauth.Claims {
			c.Claims["signin"] = "iat=9000000000 exp=9000000000 order=1 acr=2 amr=mfa auth_time=9000000000"
			return c.Claims
		},
		"sets a claim of another type": func(c *cardea.TokenChange) oauth.Claims {
			c.Claims["signin"] = map[string]any{"iat": 9_000_000_000}
			return c.Claims
		},
		"sets the claims of the token": func(c *cardea.TokenChange) oauth.Claims {
			c.Claims["iat"], c.Claims["exp"], c.Claims["auth_time"] = 9_000_000_000, 9_000_000_000, 9_000_000_000
			c.Claims["amr"], c.Claims["acr"] = []string{"mfa"}, "2"
			return c.Claims
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, func(c *cardea.Config) {
				shortSessions(c)
				c.Session.Strategy, c.Session.Lifetime = cardea.StrategyJWT, 3*time.Hour
				c.Callbacks.JWT = func(_ context.Context, c *cardea.TokenChange) (oauth.Claims, error) {
					return callback(c), nil
				}
			})
			now := s.setClock()
			s.issuer.SetClock(now.now)
			b := s.signedIn(t, "")
			begin := now.now()
			for range 17 {
				now.advance(10 * time.Minute)
				if b.Session() == nil {
					t.Fatalf("ended after %v", now.now().Sub(begin))
				}
				got := s.sessionOf(t, b)
				if !got.CreatedAt.Equal(begin) || !got.AuthTime.Equal(begin) || got.Level != 1 ||
					!slices.Equal(got.Methods, []string{"fed"}) {
					t.Fatalf("after %v: %+v", now.now().Sub(begin), got)
				}
			}
			now.advance(10 * time.Minute)
			if b.Session() != nil {
				t.Error("the session lives on after the end")
			}
		})
	}
}

// A token of a Node server does not say when the sign-in was. Its lifetime counts from iat, and the
// claims that applications copy there from the ID token of a provider are not believed.
func TestLifetimeOfAJWTSessionOfANodeServer(t *testing.T) {
	t.Parallel()
	for name, claims := range map[string]map[string]any{
		"Auth.js":  {"name": "Ann", "email": "ann@example.com", "sub": "1"},
		"copied":   {"sub": "1", "acr": "2", "amr": []string{"mfa"}, "auth_time": time.Now().Unix()},
		"odd":      {"sub": "1", "signin": []any{1, "x"}},
		"odd text": {"sub": "1", "signin": "iat=x exp= order==1 acr=0 =2 , amr=,"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, func(c *cardea.Config) {
				shortSessions(c)
				c.Session.Strategy, c.Session.Lifetime = cardea.StrategyJWT, 3*time.Hour
			})
			now := s.setClock()
			begin := now.now()
			token, err := seal.New([]string{secret}, seal.SchemeV5).Seal(sessionCookie, claims, begin, 30*24*time.Hour)
			must(t, err)
			b := newBrowser(t, s.URL)
			storeCookie(t, b, sessionCookie, token)
			for now.advance(30 * time.Minute); now.now().Sub(begin) < 3*time.Hour; now.advance(30 * time.Minute) {
				if b.Session() == nil {
					t.Fatalf("ended after %v", now.now().Sub(begin))
				}
				got := s.sessionOf(t, b)
				if !got.CreatedAt.Equal(begin) || !got.AuthTime.IsZero() || got.Level != 1 || got.Methods != nil {
					t.Fatalf("got %+v, want nothing but the sign-in at %v", got, begin)
				}
			}
			if b.Session() != nil || s.sessionBody(t, cookies{sessionCookie: token}) != "null" {
				t.Error("the session lives on after the end")
			}
		})
	}
}

// A clock that goes back and forth neither moves the end nor revives a session.
func TestLifetimeWithAClockThatJumps(t *testing.T) {
	t.Parallel()
	onStrategies(t, func(t *testing.T, change func(*cardea.Config)) {
		s := newSite(t, change)
		now := s.setClock()
		s.issuer.SetClock(now.now)
		b := s.signedIn(t, "")
		end := now.now().Add(3 * time.Hour)
		for _, step := range []time.Duration{
			30 * time.Minute, -45 * time.Minute, 40 * time.Minute, 40 * time.Minute, -20 * time.Minute,
			45 * time.Minute, 40 * time.Minute, -30 * time.Minute, 45 * time.Minute, 30 * time.Minute,
		} {
			now.advance(step)
			if now.now().Before(end) && b.Session() == nil {
				t.Fatalf("ended %v before the end", end.Sub(now.now()))
			}
			if c := sessionOrNil(s, t, b); c != nil && c.Expires.After(end) {
				t.Errorf("lasts until %v, after the end %v", c.Expires, end)
			}
		}
		now.advance(end.Sub(now.now()))
		old := cookiesOf(b)
		if s.sessionBody(t, old) != "null" {
			t.Error("the session lives on after the end")
		}
		if now.advance(-time.Hour); s.sessions(t) != 0 {
			t.Error("the row is still there")
		}
	})
}

func sessionOrNil(s *site, t *testing.T, b *cardeatest.Browser) *cardea.Session {
	t.Helper()
	if len(cookiesOf(b)) == 0 {
		return nil
	}
	return s.sessionOf(t, b)
}

// sessions returns how many sessions Ann has in the store.
func (s *site) sessions(t *testing.T) int {
	t.Helper()
	return len(sessionsOf(t, s, s.accountOwner(t, "idp", "1001")))
}

// The lifetime of a row that does not say when the sign-in was counts from its last extension, and
// from then on it is fixed: extensions do not move it.
func TestLifetimeOfARowOfANodeServer(t *testing.T) {
	t.Parallel()
	for name, nodeMaxAge := range map[string]time.Duration{
		"the same age": time.Hour, "a longer age": 30 * 24 * time.Hour, "a shorter age": 20 * time.Minute,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, func(c *cardea.Config) {
				shortSessions(c)
				c.Session.Lifetime, c.Session.InsecureStoreRawTokens = 3*time.Hour, true
			})
			now := s.setClock()
			u := &cardea.User{Email: "ann@example.com"}
			must(t, s.store.CreateUser(t.Context(), u))
			must(t, s.store.CreateSession(t.Context(),
				&cardea.Session{Token: "node", UserID: u.ID, Expires: now.now().Add(nodeMaxAge)}))
			b := newBrowser(t, s.URL)
			storeCookie(t, b, sessionCookie, "node")
			begin := now.now()
			if nodeMaxAge < time.Hour {
				begin = begin.Add(nodeMaxAge - time.Hour)
			}
			for now.now().Before(begin.Add(3 * time.Hour)) {
				if b.Session() == nil {
					t.Fatalf("ended after %v", now.now().Sub(begin))
				}
				got := s.sessionOf(t, b)
				if got.Level != 1 || !got.AuthTime.IsZero() || got.Methods != nil ||
					got.Expires.After(begin.Add(3*time.Hour)) {
					t.Fatalf("got %+v", got)
				}
				now.advance(19 * time.Minute)
			}
			must(t, s.store.RenewSession(t.Context(), "node", now.now().Add(30*24*time.Hour))) // by the Node server
			if b.Session() != nil {
				t.Error("the session lives on after the end")
			}
			if got := sessionsOf(t, s, u.ID); len(got) != 0 {
				t.Errorf("the row is still there: %+v", got[0])
			}
		})
	}
}

// A shorter lifetime in the configuration ends the sessions that exist.
func TestShorterLifetimeEndsSessionsThatExist(t *testing.T) {
	t.Parallel()
	onStrategies(t, func(t *testing.T, change func(*cardea.Config)) {
		before := newSite(t, func(c *cardea.Config) { change(c); c.Session.Lifetime = -1 })
		after := newSite(t, func(c *cardea.Config) {
			change(c)
			c.Session.Lifetime, c.Adapter = 30*time.Minute, before.store
		})
		now := before.setClock()
		before.issuer.SetClock(now.now)
		after.auth.SetClock(now.now)
		b := before.signedIn(t, "")
		b.Site = after.URL
		if _, expires := getSession(t, b); !expires.Equal(now.now().Add(30 * time.Minute)) {
			t.Errorf("lasts until %v", expires.Sub(now.now()))
		}
		now.advance(30 * time.Minute)
		if b.Session() != nil {
			t.Error("the session lives on after the end")
		}
	})
}

// untouchedStore has no SessionTracker, and its TouchSession is another method.
type untouchedStore struct{ *memadapter.Adapter }

func (untouchedStore) TouchSession() {}

// brokenTouch fails to store when a session is used.
type brokenTouch struct{ *memadapter.Adapter }

func (brokenTouch) TouchSession(context.Context, string, time.Time, time.Time, time.Time) error {
	return errors.New("no space left")
}

// The use of a session is stored at most once an hour, and when the session is extended. If it
// cannot be stored, the session works all the same.
func TestSessionKnowsWhenItWasUsed(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) { c.Session.MaxAge, c.Session.UpdateAge = 48*time.Hour, 24*time.Hour })
	now := s.setClock()
	s.issuer.SetClock(now.now)
	b := s.signedIn(t, "")
	pages := s.withPages(t)
	start := now.now()
	for _, step := range []struct{ after, seen time.Duration }{
		{59 * time.Minute, 0}, {time.Hour, time.Hour}, {90 * time.Minute, time.Hour}, {2 * time.Hour, 2 * time.Hour},
		{10 * time.Hour, 10 * time.Hour}, {9 * time.Hour, 10 * time.Hour}, // a clock that goes back
		{23*time.Hour + 30*time.Minute, 23*time.Hour + 30*time.Minute},
		{24 * time.Hour, 24 * time.Hour}, // extended
	} {
		now.advance(start.Add(step.after).Sub(now.now()))
		for range 2 {
			visit(t, b, pages+"/page")
			if got := onlySession(t, s); got.SeenAt.Sub(start) != step.seen || !got.CreatedAt.Equal(start) {
				t.Errorf("after %v: seen after %v, want %v; created at %v", step.after, got.SeenAt.Sub(start),
					step.seen, got.CreatedAt)
			}
		}
	}
	for _, wrap := range []func(*memadapter.Adapter) cardea.Adapter{
		func(a *memadapter.Adapter) cardea.Adapter { return untouchedStore{a} },
		func(a *memadapter.Adapter) cardea.Adapter { return brokenTouch{a} },
	} {
		s := newSite(t, func(c *cardea.Config) { c.Adapter = wrap(c.Adapter.(*memadapter.Adapter)) })
		now := s.setClock()
		b := s.signedIn(t, "")
		if now.advance(25 * time.Hour); b.Session() == nil || s.sessionOf(t, b) == nil {
			t.Errorf("%T: no session", s.auth)
		}
	}
}

// The list is in the order of the last use, and not of the expiry, which the lifetime limits.
func TestSessionsAreInTheOrderOfTheirUse(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) {
		shortSessions(c)
		c.Session.Lifetime = 2 * time.Hour
	})
	now := s.setClock()
	s.issuer.SetClock(now.now)
	var browsers []*cardeatest.Browser
	for range 3 {
		browsers = append(browsers, s.signedIn(t, "1001"))
		now.advance(time.Minute)
	}
	ann := s.accountOwner(t, "idp", "1001")
	var ids []string
	for _, b := range browsers {
		ids = append(ids, s.sessionOf(t, b).ID())
	}
	want := []string{ids[2], ids[1], ids[0]}
	if got := s.sessionIDs(t, ann); !slices.Equal(got, want) {
		t.Errorf("the latest sign-in is not the first: %q, want %q", got, want)
	}
	for range 2 {
		now.advance(50 * time.Minute)
		for _, i := range []int{2, 0, 1} { // the expiry of 0 is the earliest, and it is used last but one
			browsers[i].Session()
			now.advance(time.Minute)
		}
	}
	want = []string{ids[1], ids[0], ids[2]}
	if got := s.sessionIDs(t, ann); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Some applications write "for ever" as the longest time there is. Signing out ends such a session
// too, also for somebody who has a copy of the cookie.
func TestSignOutEndsTheLongestSessions(t *testing.T) {
	t.Parallel()
	const longest = time.Duration(math.MaxInt64)
	for name, config := range map[string]cardea.SessionConfig{
		"lifetime":       {Lifetime: longest},
		"max age":        {MaxAge: longest},
		"both":           {MaxAge: longest, Lifetime: longest, UpdateAge: longest},
		"no lifetime":    {MaxAge: longest, Lifetime: -1},
		"a second less":  {MaxAge: longest - time.Second, Lifetime: longest - time.Second},
		"some centuries": {MaxAge: 200 * 365 * 24 * time.Hour},
	} {
		forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
			s := newSite(t, func(c *cardea.Config) {
				c.Session = config
				c.Session.Strategy = strategy
			})
			b := s.signedIn(t, "1001")
			stolen := cookiesOf(b)
			if signedInEmail(b) == "" {
				t.Fatalf("%s: not signed in", name)
			}
			b.Post("/signout", nil)
			if got := text(t, send(t, s.URL+"/api/auth/session", stolen, nil)); got != "null" {
				t.Errorf("%s: after signing out a copy of the cookie gets %s", name, got)
			}
		})
	}
}
