package cardea_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/oauth"
)

// shortSessions configures sessions that last an hour and are extended after ten minutes of use.
func shortSessions(c *cardea.Config) {
	c.Session.MaxAge, c.Session.UpdateAge = time.Hour, 10*time.Minute
}

// getSession reads the browser's session, and returns the answer and the expiry in it, the zero
// time if there is no session.
func getSession(t *testing.T, b *cardeatest.Browser) (*http.Response, time.Time) {
	t.Helper()
	res := visit(t, b, b.Site+"/api/auth/session")
	answer := text(t, res)
	res.Body = io.NopCloser(strings.NewReader(answer))
	var body *struct{ Expires string }
	if err := json.Unmarshal([]byte(answer), &body); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("GET session: %s, %v", res.Status, err)
	}
	if body == nil {
		return res, time.Time{}
	}
	expires, err := time.Parse(time.RFC3339, body.Expires)
	if err != nil {
		t.Fatal(err)
	}
	return res, expires
}

// setCookie returns the cookie that a response sets under a name, or nil.
func setCookie(res *http.Response, name string) *http.Cookie {
	for _, c := range res.Cookies() {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// checkCookie checks that a response sets a session cookie with that expiry.
func checkCookie(t *testing.T, res *http.Response, until time.Time) {
	t.Helper()
	c := setCookie(res, sessionCookie)
	if c == nil || c.Value == "" || !c.Expires.Equal(until) || c.MaxAge != 0 {
		t.Errorf("session cookie = %v, want one that expires at %v", c, until)
	}
}

// checkSignedOut checks that a response says that nobody is signed in, and clears the session
// cookie.
func checkSignedOut(t *testing.T, res *http.Response) {
	t.Helper()
	if got := text(t, res); got != "null" {
		t.Errorf("session = %s, want null", got)
	}
	if c := setCookie(res, sessionCookie); c == nil || c.Value != "" || c.MaxAge >= 0 {
		t.Errorf("session cookie = %v, want it cleared", c)
	}
}

func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func TestDatabaseSessionIsExtended(t *testing.T) {
	t.Parallel()
	var store *recordingStore
	s := newSite(t, func(c *cardea.Config) {
		shortSessions(c)
		store = recordCalls(c)
	})
	now := s.setClock()
	start := now.now()
	b := s.signedIn(t, "")
	for _, step := range []struct {
		after, expires time.Duration // since the sign-in
		writes         []string
	}{
		{0, time.Hour, nil},
		{10*time.Minute - time.Second, time.Hour, nil},
		{10 * time.Minute, 70 * time.Minute, []string{"RenewSession"}},
		{10 * time.Minute, 70 * time.Minute, nil},
		{20*time.Minute - time.Second, 70 * time.Minute, nil},
		{79*time.Minute - 10*time.Minute, 129 * time.Minute, []string{"RenewSession"}},
		{129*time.Minute - time.Second, 189*time.Minute - time.Second, []string{"RenewSession"}},
	} {
		now.advance(start.Add(step.after).Sub(now.now()))
		store.failOnly()
		res, expires := getSession(t, b)
		if got := expires.Sub(start); got != step.expires {
			t.Errorf("%v after the sign-in, the session lasts until %v, want %v", step.after, got, step.expires)
		}
		if got := store.writes(); !slices.Equal(got, step.writes) {
			t.Errorf("%v after the sign-in, writes = %v, want %v", step.after, got, step.writes)
		}
		checkCookie(t, res, now.now().Add(time.Hour))
	}
	now.advance(time.Hour)
	token := sessionToken(b)
	res, _ := getSession(t, b)
	checkSignedOut(t, res)
	if _, err := s.store.Session(t.Context(), hashOf(token)); !errors.Is(err, cardea.ErrNotFound) {
		t.Errorf("the expired session: got %v, want ErrNotFound", err)
	}
}

// deletingStore deletes each session just before its renewal.
type deletingStore struct{ *memadapter.Adapter }

func (s deletingStore) RenewSession(ctx context.Context, token string, expires time.Time) error {
	if err := s.DeleteSession(ctx, token); err != nil {
		return err
	}
	return s.Adapter.RenewSession(ctx, token, expires)
}

func TestRenewalDoesNotRestoreADeletedSession(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) {
		shortSessions(c)
		c.Adapter = deletingStore{c.Adapter.(*memadapter.Adapter)}
	})
	now := s.setClock()
	b := s.signedIn(t, "")
	now.advance(30 * time.Minute)
	token := sessionToken(b)
	res, _ := getSession(t, b)
	checkSignedOut(t, res)
	if _, err := s.store.Session(t.Context(), hashOf(token)); !errors.Is(err, cardea.ErrNotFound) {
		t.Errorf("the deleted session: got %v, want ErrNotFound", err)
	}
}

func TestJWTSessionIsExtended(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) {
		shortSessions(c)
		c.Session.Strategy = cardea.StrategyJWT
	})
	now := s.setClock()
	b := s.signedIn(t, "")
	for range 3 {
		before := sessionToken(b)
		now.advance(59 * time.Minute)
		res, expires := getSession(t, b)
		checkCookie(t, res, now.now().Add(time.Hour))
		if want := now.now().Add(time.Hour); !expires.Equal(want) {
			t.Errorf("the session lasts until %v, want %v", expires, want)
		}
		if sessionToken(b) == before {
			t.Error("the token was not renewed")
		}
	}
	now.advance(time.Hour + 15*time.Second) // the tolerance for clocks that differ
	res, _ := getSession(t, b)
	checkSignedOut(t, res)
}

// addClaim returns a JWT callback that adds a claim of that many bytes.
func addClaim(size *atomic.Int64) func(context.Context, *cardea.TokenChange) (oauth.Claims, error) {
	return func(_ context.Context, t *cardea.TokenChange) (oauth.Claims, error) {
		t.Claims["blob"] = strings.Repeat("x", int(size.Load()))
		return t.Claims, nil
	}
}

func TestLargeJWTSessionIsChunked(t *testing.T) {
	t.Parallel()
	var size atomic.Int64
	s := newSite(t, func(c *cardea.Config) {
		c.Session.Strategy = cardea.StrategyJWT
		c.Callbacks.JWT = addClaim(&size)
	})
	size.Store(10_000)
	b := s.signedIn(t, "")
	var chunks []string
	checkChunks := func(want ...string) {
		t.Helper()
		chunks = nil
		for name, value := range cookiesOf(b) {
			if strings.HasPrefix(name, sessionCookie) {
				chunks = append(chunks, name)
				if len(name)+len(value) > 4096 {
					t.Errorf("%s has %d bytes, more than browsers store", name, len(name)+len(value))
				}
			}
		}
		if slices.Sort(chunks); !slices.Equal(chunks, want) {
			t.Errorf("session cookies = %v, want %v", chunks, want)
		}
		if got := signedInEmail(b); got != "ann@example.com" {
			t.Errorf("signed in as %q", got)
		}
	}
	const name = sessionCookie
	checkChunks(name+".0", name+".1", name+".2", name+".3")
	size.Store(4_000)
	b.Session()
	checkChunks(name+".0", name+".1")
	size.Store(0)
	b.Session()
	checkChunks(name)
	size.Store(10_000)
	b.Session()
	checkChunks(name+".0", name+".1", name+".2", name+".3")
	b.Post("/signout", nil)
	for name := range cookiesOf(b) {
		if strings.HasPrefix(name, sessionCookie) {
			t.Errorf("%s is left after sign-out", name)
		}
	}
}

const oldSecret = "an older secret of at least 32 bytes, for tests"

func TestSecretRotation(t *testing.T) {
	t.Parallel()
	jwt := func(secret string, previous ...string) func(*cardea.Config) {
		return func(c *cardea.Config) {
			c.Session.Strategy, c.Secret, c.PreviousSecrets = cardea.StrategyJWT, secret, previous
		}
	}
	before, during, after := newSite(t, jwt(oldSecret)), newSite(t, jwt(secret, oldSecret)), newSite(t, jwt(secret))
	b := cardeatest.SignIn(t, before.URL, "idp", "") // the sites share cookies, which do not depend on ports
	signedInAt := func(s *site) string {
		b.Site = s.URL
		return signedInEmail(b)
	}
	old := cookiesOf(b)
	if got := after.sessionBody(t, old); got != "null" {
		t.Errorf("a token of a removed secret is accepted: %s", got)
	}
	if got := signedInAt(during); got != "ann@example.com" {
		t.Errorf("with the old secret in PreviousSecrets, signed in as %q", got)
	}
	if got := after.sessionBody(t, cookiesOf(b)); got == "null" {
		t.Error("reading the session did not encrypt it with the new secret")
	}
	if got := before.sessionBody(t, cookiesOf(b)); got != "null" {
		t.Errorf("the old secret still decrypts the session: %s", got)
	}
	if got := signedInAt(after); got != "ann@example.com" {
		t.Errorf("without the old secret, signed in as %q", got)
	}
}

// While a new secret comes in the steps of docs/deploying.md, instances before and after a step
// work together: each request of a browser goes to the other one.
func TestSecretRotationInSteps(t *testing.T) {
	t.Parallel()
	type secrets struct {
		current  string
		previous []string
	}
	for step, pair := range [][2]secrets{
		{{oldSecret, nil}, {oldSecret, []string{secret}}},
		{{oldSecret, []string{secret}}, {secret, []string{oldSecret}}},
		{{secret, []string{oldSecret}}, {secret, nil}},
	} {
		for _, strategy := range []cardea.Strategy{cardea.StrategyDatabase, cardea.StrategyJWT} {
			t.Run(fmt.Sprintf("step %d with %v", step+1, strategy), func(t *testing.T) {
				t.Parallel()
				var instances [2]*site
				var providers []cardea.Provider
				for i, has := range pair {
					instances[i] = newSite(t, func(c *cardea.Config) {
						c.Session.Strategy, c.Secret, c.PreviousSecrets = strategy, has.current, has.previous
						if i > 0 {
							c.Adapter, c.Providers = instances[0].store, providers
						}
						providers = c.Providers
					})
				}
				var requests atomic.Int64
				balancer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					instances[requests.Add(1)%2].auth.ServeHTTP(w, r)
				}))
				defer balancer.Close()
				b := cardeatest.SignIn(t, balancer.URL, "idp", "")
				for range 3 {
					if got := signedInEmail(b); got != "ann@example.com" {
						t.Errorf("signed in as %q", got)
					}
				}
				if b.Post("/signout", nil); b.Session() != nil {
					t.Error("still signed in")
				}
			})
		}
	}
}

// nodeSession is a session token that Auth.js made, for the cookie of that name.
type nodeSession struct{ Name, Cookie, Secret, Token string }

func nodeSessions(t *testing.T) []nodeSession {
	t.Helper()
	data, err := os.ReadFile("testdata/authjs-sessions.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Tokens []nodeSession }
	if err := json.Unmarshal(data, &file); err != nil || len(file.Tokens) == 0 {
		t.Fatalf("%d tokens, %v", len(file.Tokens), err)
	}
	return file.Tokens
}

func TestSessionsOfAuthJS(t *testing.T) {
	t.Parallel()
	for _, token := range nodeSessions(t) {
		for _, scheme := range []string{"http", "https"} {
			t.Run(token.Name+" over "+scheme, func(t *testing.T) {
				t.Parallel()
				s := newSite(t, func(c *cardea.Config) {
					c.Session.Strategy, c.PreviousSecrets = cardea.StrategyJWT, []string{oldSecret}
					c.BaseURL = scheme + "://app.example"
				})
				name := map[string]string{"http": sessionCookie, "https": "__Secure-" + sessionCookie}[scheme]
				got := s.sessionBody(t, cookies{name: token.Token})
				const want = `{"user":{"name":"Ada Lovelace","email":"ada@example.com",` +
					`"image":"https://example.com/a.png"},"expires":`
				if accepted := strings.HasPrefix(got, want); accepted != (name == token.Cookie) {
					t.Errorf("the token for cookie %s, sent in cookie %s, is read as %s", token.Cookie, name, got)
				}
			})
		}
	}
}

func TestStoredTokenIsAHash(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	token := sessionToken(s.signedIn(t, ""))
	if raw, err := s.store.Session(t.Context(), token); !errors.Is(err, cardea.ErrNotFound) {
		t.Errorf("the store has the token itself: %v, %v", raw, err)
	}
	row, err := s.store.Session(t.Context(), hashOf(token))
	if err != nil {
		t.Fatalf("the store does not have the token's hash: %v", err)
	}
	if got := s.sessionBody(t, cookies{sessionCookie: row.Token}); got != "null" {
		t.Errorf("the stored hash is accepted as a token: %s", got)
	}
}

func TestInsecureStoreRawTokens(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) { c.Session.InsecureStoreRawTokens = true })
	row, err := s.store.Session(t.Context(), sessionToken(s.signedIn(t, "")))
	if err != nil {
		t.Fatalf("a Node server would not find the session: %v", err)
	}
	const uuid = "8a1de0c2-5d0f-4f0e-9a5e-2d8c7c1e4b11" // as Auth.js makes them
	err = s.store.CreateSession(t.Context(),
		&cardea.Session{Token: uuid, UserID: row.UserID, Expires: time.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if got := s.sessionBody(t, cookies{sessionCookie: uuid}); !strings.Contains(got, "ann@example.com") {
		t.Errorf("the session that a Node server made is read as %s", got)
	}
}

// oauth2-proxy CVE-2026-34454, caddy-security CVE-2024-21492: after sign-out the server refuses all
// cookies that the browser had before.
func TestOldCookiesAreRefusedAfterSignOut(t *testing.T) {
	t.Parallel()
	node := nodeSessions(t)[0]
	for _, tc := range []struct {
		name   string
		change func(*cardea.Config)
		token  string // of a session that exists already; "" signs in
	}{
		{"database", nil, ""},
		{"jwt", func(c *cardea.Config) { c.Session.Strategy = cardea.StrategyJWT }, ""},
		{"jwt, with a callback that drops the other claims", func(c *cardea.Config) {
			c.Session.Strategy = cardea.StrategyJWT
			c.Callbacks.JWT = func(_ context.Context, t *cardea.TokenChange) (oauth.Claims, error) {
				return oauth.Claims{"sub": t.Claims["sub"], "role": "admin"}, nil
			}
		}, ""},
		{"jwt, from a Node server", func(c *cardea.Config) { c.Session.Strategy = cardea.StrategyJWT }, node.Token},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, tc.change)
			b := newBrowser(t, s.URL)
			if tc.token == "" {
				signInAt(t, b, "idp", "")
			} else {
				storeCookie(t, b, sessionCookie, tc.token)
			}
			first := cookiesOf(b)
			if b.Session() == nil {
				t.Fatal("there is no session")
			}
			last := cookiesOf(b) // a read renews the token of a JWT session
			b.Post("/signout", nil)
			for name := range cookiesOf(b) {
				if strings.HasPrefix(name, sessionCookie) {
					t.Errorf("the browser still has %s", name)
				}
			}
			if s.sessionBody(t, last) != "null" {
				t.Error("the last cookies of the browser are accepted")
			}
			if s.sessionBody(t, first) != "null" {
				t.Error("the first cookies of the browser are accepted")
			}
		})
	}
}

// storeCookie stores a cookie in a browser.
func storeCookie(t *testing.T, b *cardeatest.Browser, name, value string) {
	t.Helper()
	u, err := url.Parse(b.Site)
	if err != nil {
		t.Fatal(err)
	}
	b.Jar.SetCookies(u, []*http.Cookie{{Name: name, Value: value, Path: "/"}})
}

func TestSignOutEndsOneSession(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		s := newSite(t, func(c *cardea.Config) { c.Session.Strategy = strategy })
		phone, laptop := s.signedIn(t, ""), s.signedIn(t, "")
		phone.Post("/signout", nil)
		if got := signedInEmail(laptop); got != "ann@example.com" {
			t.Errorf("the other browser is signed in as %q", got)
		}
	})
}

// meteredStore records the limits of calls of DeleteExpiredSessions, and can fail one of them.
type meteredStore struct {
	*memadapter.Adapter
	limits []int
	failAt int // number of the call that fails, from 1; 0 for none
}

func (s *meteredStore) DeleteExpiredSessions(ctx context.Context, before time.Time, limit int) (int, error) {
	s.limits = append(s.limits, limit)
	if len(s.limits) == s.failAt {
		return 0, errStore
	}
	return s.Adapter.DeleteExpiredSessions(ctx, before, limit)
}

// fill adds a user with expired sessions and verification tokens, and one of each that is valid.
func (s *meteredStore) fill(t *testing.T, now time.Time, sessions, tokens int) {
	t.Helper()
	ctx := t.Context()
	u := &cardea.User{Name: "Ann"}
	errs := []error{s.CreateUser(ctx, u)}
	for i := range sessions {
		errs = append(errs, s.CreateSession(ctx,
			&cardea.Session{Token: fmt.Sprint(i), UserID: u.ID, Expires: now.Add(-time.Second)}))
	}
	for i := range tokens {
		errs = append(errs, s.CreateVerificationToken(ctx,
			&cardea.VerificationToken{Identifier: "a@b", Token: fmt.Sprint(i), Expires: now.Add(-time.Second)}))
	}
	errs = append(errs,
		s.CreateSession(ctx, &cardea.Session{Token: "good", UserID: u.ID, Expires: now.Add(time.Second)}),
		s.CreateVerificationToken(ctx, &cardea.VerificationToken{
			Identifier: "a@b", Token: "good", Expires: now.Add(time.Second),
		}))
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func TestPurgeExpired(t *testing.T) {
	t.Parallel()
	store := &meteredStore{Adapter: memadapter.New()}
	s := newSite(t, func(c *cardea.Config) { c.Adapter = store })
	store.fill(t, s.setClock().now(), 2500, 3)
	if n, err := s.auth.PurgeExpired(t.Context()); n != 2503 || err != nil {
		t.Errorf("PurgeExpired = %d, %v; want 2503", n, err)
	}
	if want := []int{1000, 1000, 1000}; !slices.Equal(store.limits, want) {
		t.Errorf("batches = %v, want %v", store.limits, want)
	}
	if _, err := store.Session(t.Context(), "good"); err != nil {
		t.Errorf("the valid session: %v", err)
	}
	if _, err := store.ConsumeVerificationToken(t.Context(), "a@b", "good"); err != nil {
		t.Errorf("the valid verification token: %v", err)
	}
}

func TestPurgeExpiredStops(t *testing.T) {
	t.Parallel()
	t.Run("when the store fails", func(t *testing.T) {
		t.Parallel()
		store := &meteredStore{Adapter: memadapter.New(), failAt: 2}
		s := newSite(t, func(c *cardea.Config) { c.Adapter = store })
		store.fill(t, s.setClock().now(), 2500, 0)
		if n, err := s.auth.PurgeExpired(t.Context()); n != 1000 || !errors.Is(err, errStore) {
			t.Errorf("PurgeExpired = %d, %v; want 1000 and the store's error", n, err)
		}
	})
	t.Run("when its context has ended", func(t *testing.T) {
		t.Parallel()
		store := &meteredStore{Adapter: memadapter.New()}
		s := newSite(t, func(c *cardea.Config) { c.Adapter = store })
		store.fill(t, s.setClock().now(), 1, 0)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if n, err := s.auth.PurgeExpired(ctx); n != 0 || !errors.Is(err, context.Canceled) {
			t.Errorf("PurgeExpired = %d, %v; want 0 and context canceled", n, err)
		}
	})
	t.Run("without an adapter", func(t *testing.T) {
		t.Parallel()
		s := newSite(t, func(c *cardea.Config) { c.Adapter = nil })
		if n, err := s.auth.PurgeExpired(t.Context()); n != 0 || err != nil {
			t.Errorf("PurgeExpired = %d, %v; want 0 and no error", n, err)
		}
	})
}
