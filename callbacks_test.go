package cardea_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/oauth"
)

func TestSignInCallbackDecides(t *testing.T) {
	t.Parallel()
	decide := func(redirect string, err error) func() (string, error) {
		return func() (string, error) { return redirect, err }
	}
	for _, tc := range []struct {
		name     string
		decide   func() (string, error)
		location string // on the site
		signedIn bool
	}{
		{"allows", decide("", nil), "/next", true},
		{"denies", decide("", errors.New("not on the list")), "/api/auth/error?error=AccessDenied", false},
		{"denies with a code", decide("", &cardea.Error{Code: cardea.CodeVerification}),
			"/api/auth/error?error=Verification", false},
		{"denies with a code of the sign-in page", decide("", &cardea.Error{Code: cardea.CodeAccountNotLinked}),
			"/api/auth/signin?error=OAuthAccountNotLinked", false},
		{"denies with a code that visitors do not see", decide("", &cardea.Error{Code: "Mine"}),
			"/api/auth/error?error=Configuration", false},
		{"denies with a wrapped code",
			decide("", errors.Join(errors.New("x"), &cardea.Error{Code: cardea.CodeVerification})),
			"/api/auth/error?error=Verification", false},
		{"redirects", decide("/welcome?step=1", nil), "/welcome?step=1", false},
		{"cannot redirect to another site", decide("https://evil.example/", nil), "", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var store *recordingStore
			s := newSite(t, func(c *cardea.Config) {
				store = recordCalls(c)
				c.Callbacks.SignIn = func(context.Context, *cardea.SignIn) (string, error) { return tc.decide() }
			})
			b := newBrowser(t, s.URL)
			if got := openCallback(t, b, beginAs(t, b, "idp", "", "/next")); got != s.URL+tc.location {
				t.Errorf("redirected to %s, want %s", got, s.URL+tc.location)
			}
			if got := b.Session() != nil; got != tc.signedIn {
				t.Errorf("signed in = %v, want %v", got, tc.signedIn)
			}
			if !tc.signedIn && len(store.writes()) > 0 {
				t.Errorf("written although nobody signed in: %v", store.writes())
			}
		})
	}
}

func TestSignInCallbackGetsUserAccountAndProfile(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		var seen []cardea.SignIn
		s := newSite(t, func(c *cardea.Config) {
			c.Session.Strategy, idp(c).LinkByVerifiedEmail = strategy, true
			c.Callbacks.SignIn = func(_ context.Context, in *cardea.SignIn) (string, error) {
				seen = append(seen, *in)
				return "", nil
			}
		})
		cardeatest.SignIn(t, s.URL, "idp", "")
		cardeatest.SignIn(t, s.URL, "idp", "")
		if len(seen) != 2 {
			t.Fatalf("called %d times, want 2", len(seen))
		}
		first, second := seen[0], seen[1]
		if !first.IsNewUser || first.User.ID != "" || first.User.Email != "ann@example.com" ||
			first.User.Name != "Ann Example" {
			t.Errorf("the first time: %+v, new = %v", first.User, first.IsNewUser)
		}
		if second.IsNewUser || second.User.ID == "" || second.User.EmailVerified.IsZero() {
			t.Errorf("the second time: %+v, new = %v", second.User, second.IsNewUser)
		}
		if a := second.Account; a.Provider != "idp" || a.ProviderAccountID != "1001" || a.AccessToken == "" ||
			a.IDToken == "" {
			t.Error("the account is not that of the provider with its tokens")
		}
		if p := second.Profile; p.ID != "1001" || !p.EmailVerified || p.Raw.String("sub") != "1001" ||
			p.Raw.String("iss") != s.issuer.URL {
			t.Errorf("profile = %+v", p)
		}
	})
}

func TestRedirectCallbackDecides(t *testing.T) {
	t.Parallel()
	const home = "https://app.example.com/home"
	var asked []string
	s := newSite(t, func(c *cardea.Config) {
		c.Callbacks.Redirect = func(_ context.Context, target, base string) string {
			asked = append(asked, target+" "+base)
			// It is called again with its own result.
			if target == "/app" || target == home {
				return home
			}
			return base + "/start"
		}
	})
	b := newBrowser(t, s.URL)
	if got := openCallback(t, b, beginAs(t, b, "idp", "", "/app")); got != home {
		t.Errorf("redirected to %s after signing in", got)
	}
	if got := openCallback(t, b, beginAs(t, b, "idp", "", "https://evil.example/")); got != s.URL+"/start" {
		t.Errorf("redirected to %s after signing in with a target that the callback does not allow", got)
	}
	if want := "/app " + s.URL; !slices.Contains(asked, want) {
		t.Errorf("called with %q, want also %q", asked, want)
	}
	res := b.Post("/signout", url.Values{"callbackUrl": {"/app"}})
	if got := res.Header.Get("Location"); got != home {
		t.Errorf("redirected to %s after signing out", got)
	}
}

func TestJWTCallbackChangesClaims(t *testing.T) {
	t.Parallel()
	var seen []string
	s := newSite(t, func(c *cardea.Config) {
		c.Session.Strategy = cardea.StrategyJWT
		c.Callbacks.JWT = func(_ context.Context, t *cardea.TokenChange) (oauth.Claims, error) {
			line := string(t.Trigger) + " " + string(t.Update) + " " + t.Claims.String("role")
			if t.SignIn != nil {
				line += " with " + t.SignIn.Account.Provider
				t.Claims["role"] = "ADMIN"
			}
			seen = append(seen, line)
			return t.Claims, nil
		}
		c.Callbacks.Session = func(_ context.Context, v *cardea.SessionView) error {
			v.User["role"] = v.Session.Claims.String("role")
			return nil
		}
	})
	b := newBrowser(t, s.URL)
	signInAt(t, b, "idp", "")
	if user := b.Session()["user"].(map[string]any); user["role"] != "ADMIN" || user["email"] != "ann@example.com" {
		t.Errorf("user = %v", user)
	}
	post(t, b, "session", "application/json", `{"csrfToken":"`+b.CSRFToken()+`","data":{"a":1}}`)
	signInAt(t, b, "idp", "")
	want := []string{"signUp   with idp", "  ADMIN", `update {"a":1} ADMIN`, "signIn   with idp"}
	if !slices.Equal(seen, want) {
		t.Errorf("called with %q, want %q", seen, want)
	}
}

func TestJWTCallbackEndsTheSession(t *testing.T) {
	t.Parallel()
	var ended, failing atomic.Bool
	s := newSite(t, func(c *cardea.Config) {
		c.Session.Strategy = cardea.StrategyJWT
		c.Callbacks.JWT = func(_ context.Context, t *cardea.TokenChange) (oauth.Claims, error) {
			switch {
			case failing.Load():
				return t.Claims, errors.New("no")
			case ended.Load():
				return nil, nil
			}
			return t.Claims, nil
		}
	})
	t.Run("when it is read", func(t *testing.T) {
		b := s.signedIn(t, "")
		ended.Store(true)
		defer ended.Store(false)
		res, _ := getSession(t, b)
		checkSignedOut(t, res)
		if sessionToken(b) != "" {
			t.Error("the browser keeps the session cookie")
		}
	})
	t.Run("before it begins", func(t *testing.T) {
		ended.Store(true)
		defer ended.Store(false)
		b := newBrowser(t, s.URL)
		if got := openCallback(t, b, beginAs(t, b, "idp", "", "/next")); got != s.URL+"/next" {
			t.Errorf("redirected to %s", got)
		}
		if sessionToken(b) != "" {
			t.Error("the browser has a session")
		}
	})
	t.Run("but an error does not end it", func(t *testing.T) {
		b := s.signedIn(t, "")
		failing.Store(true)
		defer failing.Store(false)
		checkJSON(t, visit(t, b, s.URL+"/api/auth/session"), http.StatusInternalServerError, "null")
		other := newBrowser(t, s.URL)
		checkSignInFailed(t, s, visit(t, other, beginAs(t, other, "idp", "", "/")), cardea.CodeConfiguration)
	})
}

// Pomerium CVE-2024-39315: the session that a browser reads contains no token, unless the
// application adds one.
func TestSessionCallbackAddsMembers(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		s := newSite(t, func(c *cardea.Config) {
			c.Session.Strategy = strategy
			c.Callbacks.Session = func(_ context.Context, v *cardea.SessionView) error {
				v.User["id"] = v.Session.UserID
				v.Extra["plan"] = "pro"
				v.Extra["session"] = v.Session // careless: everything at once
				return nil
			}
		})
		b := s.signedIn(t, "")
		body := text(t, visit(t, b, s.URL+"/api/auth/session"))
		var got struct {
			User    map[string]any
			Plan    string
			Expires string
		}
		if err := json.Unmarshal([]byte(body), &got); err != nil {
			t.Fatal(err)
		}
		u, err := s.store.UserByEmail(t.Context(), "ann@example.com")
		if err != nil {
			t.Fatal(err)
		}
		if got.Plan != "pro" || got.User["id"] != u.ID || got.User["name"] != "Ann Example" || got.Expires == "" {
			t.Errorf("session = %s", body)
		}
		if token := sessionToken(b); strings.Contains(body, token) || strings.Contains(body, hashOf(token)) {
			t.Errorf("the token is in the session: %s", body)
		}
	})
}

func TestAuthorizedCallbackDisablesUsers(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		var disabled, broken atomic.Bool
		s := newSite(t, func(c *cardea.Config) {
			c.Session.Strategy = strategy
			c.Callbacks.Authorized = func(_ context.Context, s *cardea.Session) (bool, error) {
				if broken.Load() {
					return true, errStore
				}
				return s.User.Email == "ann@example.com" && !disabled.Load(), nil
			}
		})
		b := s.signedIn(t, "")
		page := s.auth.Require(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Write([]byte("hello"))
		}))
		if res := open(t, page, b); res.StatusCode != http.StatusOK {
			t.Errorf("an enabled user gets %s", res.Status)
		}
		disabled.Store(true)
		if res := open(t, page, b); res.StatusCode != http.StatusUnauthorized {
			t.Errorf("a disabled user gets %s", res.Status)
		}
		had := cookiesOf(b)
		if got := s.sessionBody(t, had); got != "null" {
			t.Errorf("a disabled user reads the session %s", got)
		}
		broken.Store(true)
		if res := open(t, page, b); res.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("when the callback fails: %s", res.Status)
		}
		if res := send(t, s.URL+"/api/auth/session", had, nil); res.StatusCode != http.StatusServiceUnavailable ||
			text(t, res) != "null" {
			t.Errorf("when the callback fails, GET session: %s", res.Status)
		}
	})
}

// eventRecorder records events in their order.
type eventRecorder struct {
	mu    sync.Mutex
	lines []string
}

func (d *eventRecorder) add(words ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, strings.Join(words, " "))
}

// take returns the events since the last call.
func (d *eventRecorder) take() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	lines := d.lines
	d.lines = nil
	return lines
}

// events records every event, with the user's address as it is stored at that moment.
func (d *eventRecorder) events(store cardea.Adapter) cardea.Events {
	stored := func(ctx context.Context, u *cardea.User) string {
		row, err := store.UserByID(ctx, u.ID)
		if err != nil {
			return "(not stored)"
		}
		return row.Email
	}
	return cardea.Events{
		CreateUser: func(ctx context.Context, u *cardea.User) { d.add("createUser", stored(ctx, u)) },
		UpdateUser: func(ctx context.Context, u *cardea.User) { d.add("updateUser", stored(ctx, u)) },
		LinkAccount: func(ctx context.Context, u *cardea.User, a *cardea.Account, p *oauth.Profile) {
			d.add("linkAccount", stored(ctx, u), a.Provider+":"+a.ProviderAccountID, p.ID)
		},
		SignIn: func(ctx context.Context, in *cardea.SignIn) {
			kind := "known"
			if in.IsNewUser {
				kind = "new"
			}
			d.add("signIn", stored(ctx, in.User), in.Account.Provider, kind)
		},
		SignOut: func(ctx context.Context, s *cardea.Session) { d.add("signOut", stored(ctx, s.User)) },
		Session: func(ctx context.Context, s *cardea.Session) { d.add("session", stored(ctx, s.User)) },
	}
}

// check checks which events there were since the last call of check or take.
func (d *eventRecorder) check(t *testing.T, when string, want ...string) {
	t.Helper()
	if got := d.take(); !slices.Equal(got, want) {
		t.Errorf("%s: events = %q, want %q", when, got, want)
	}
}

func TestEventsReportWhatWasStored(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		var d eventRecorder
		s := newSite(t, func(c *cardea.Config) {
			c.Session.Strategy = strategy
			c.Events = d.events(c.Adapter)
			addSecondProvider(c)
		})
		s.issuer.Next(bob)
		b := newBrowser(t, s.URL)
		const ann = "ann@example.com"
		signInAt(t, b, "idp", ann)
		d.check(t, "the first sign-in", "createUser "+ann, "linkAccount "+ann+" idp:1001 1001",
			"signIn "+ann+" idp new")
		b.Session()
		d.check(t, "reading the session", "session "+ann)
		signInAt(t, b, "idp", ann)
		d.check(t, "another sign-in", "signIn "+ann+" idp known")
		signInAt(t, b, "other", bob.Subject)
		d.check(t, "linking", "linkAccount "+ann+" other:2002 2002", "signIn "+ann+" other known")
		b.Post("/signout", nil)
		d.check(t, "signing out", "signOut "+ann)
		b.Post("/signout", nil)
		b.Session()
		d.check(t, "a visitor who is not signed in")
	})
}

func TestFailedSignInHasNoEvents(t *testing.T) {
	t.Parallel()
	for _, broken := range []string{
		"CreateUser", "LinkAccount", "CreateSession", "UserByAccount", "UserByEmail", "Transact",
	} {
		t.Run(broken, func(t *testing.T) {
			t.Parallel()
			var d eventRecorder
			var store *recordingStore
			s := newSite(t, func(c *cardea.Config) {
				c.Events = d.events(c.Adapter)
				store = recordCalls(c)
			})
			store.failOnly(broken)
			b := newBrowser(t, s.URL)
			res := visit(t, b, beginAs(t, b, "idp", "", "/"))
			if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" ||
				sessionToken(b) != "" {
				t.Errorf("%s, session cookie %q; want 503 and none", res.Status, sessionToken(b))
			}
			d.check(t, "a sign-in that failed")
			if _, err := s.store.UserByEmail(t.Context(), "ann@example.com"); !errors.Is(err, cardea.ErrNotFound) {
				t.Errorf("the user: %v, want none", err)
			}
			if _, err := s.store.UserByAccount(t.Context(), "idp", "1001"); !errors.Is(err, cardea.ErrNotFound) {
				t.Errorf("the account: %v, want none", err)
			}
			store.failOnly()
			if signInAt(t, b, "idp", ""); signedInEmail(b) != "ann@example.com" {
				t.Error("signing in does not work when the store is available again")
			}
		})
	}
}

func TestBeforeCreateFillsColumns(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		var calls atomic.Int64
		s := newSite(t, func(c *cardea.Config) {
			c.Session.Strategy = strategy
			c.Adapter = withUserRows(c)
			c.OnCreateUser = cardea.BeforeCreate(func(ctx context.Context, u *User, p *oauth.Profile) error {
				calls.Add(1)
				*u = User{
					ID: "of the hook", Name: "of the hook", Email: "of@the.hook",
					Role: strings.ToUpper(p.Raw.String("team")),
				}
				return nil
			})
		})
		s.issuer.Next(cardeatest.Person{
			Subject: "5", Name: "Eve", Email: "eve@example.com",
			Claims: map[string]any{"team": "ops", "role": "ROOT", "id": "0"},
		})
		b := s.signedIn(t, "5")
		signInAt(t, b, "idp", "5")
		if n := calls.Load(); n != 1 {
			t.Errorf("the hook ran %d times, want once for the one new user", n)
		}
		var got User
		open(t, cardea.Handle(s.auth, func(_ http.ResponseWriter, _ *http.Request, u *User) { got = *u }), b)
		row, err := s.store.UserByEmail(t.Context(), "eve@example.com")
		if err != nil {
			t.Fatal(err)
		}
		if want := (User{ID: row.ID, Name: "Eve", Email: "eve@example.com", Role: "OPS"}); got != want {
			t.Errorf("row = %+v, want %+v", got, want)
		}
	})
}

// An error of the hook also undoes what the hook wrote to the store in the same transaction.
func TestErrorOfBeforeCreateUndoesTheSignIn(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		err  error
		want cardea.Code
	}{
		{"without a code", errors.New("no seat left"), cardea.CodeConfiguration},
		{"with a code", &cardea.Error{Code: cardea.CodeAccessDenied, Err: errors.New("no seat left")},
			cardea.CodeAccessDenied},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var d eventRecorder
			s := newSite(t, func(c *cardea.Config) {
				store := c.Adapter
				c.Events = d.events(store)
				c.Adapter = withUserRows(c)
				c.OnCreateUser = cardea.BeforeCreate(func(ctx context.Context, u *User, p *oauth.Profile) error {
					if err := store.CreateUser(ctx, &cardea.User{Email: "seat@example.com"}); err != nil {
						return err
					}
					return tc.err
				})
			})
			b := newBrowser(t, s.URL)
			checkSignInFailed(t, s, visit(t, b, beginAs(t, b, "idp", "", "/")), tc.want)
			d.check(t, "a sign-in that the hook undid")
			for _, email := range []string{"ann@example.com", "seat@example.com"} {
				if _, err := s.store.UserByEmail(t.Context(), email); !errors.Is(err, cardea.ErrNotFound) {
					t.Errorf("%s: %v, want no user", email, err)
				}
			}
			if b.Session() != nil {
				t.Error("there is a session")
			}
		})
	}
}

// A hook that ran out of time, or reports that the store did, is no fault of the configuration: the
// visitor can try again.
func TestTimeoutOfBeforeCreateIs503(t *testing.T) {
	t.Parallel()
	for _, cause := range []error{context.DeadlineExceeded, context.Canceled} {
		t.Run(cause.Error(), func(t *testing.T) {
			t.Parallel()
			failing := true
			var log logRecorder
			s := newSite(t, func(c *cardea.Config) {
				c.Adapter, c.Logger = withUserRows(c), log.logger()
				c.OnCreateUser = cardea.BeforeCreate(func(context.Context, *User, *oauth.Profile) error {
					if failing {
						return fmt.Errorf("count the seats: %w", cause)
					}
					return nil
				})
			})
			b := newBrowser(t, s.URL)
			res := visit(t, b, beginAs(t, b, "idp", "", "/"))
			if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" ||
				b.Session() != nil {
				t.Errorf("%s, want 503 and no session", res.Status)
			}
			log.checkFailure(t, "AdapterError", "OnCreateUser: count the seats: "+cause.Error())
			if _, err := s.store.UserByEmail(t.Context(), "ann@example.com"); !errors.Is(err, cardea.ErrNotFound) {
				t.Errorf("got %v, want no user", err)
			}
			failing = false
			if signInAt(t, b, "idp", ""); signedInEmail(b) != "ann@example.com" {
				t.Error("signing in does not work afterwards")
			}
		})
	}
}

// retryingStore is a store that repeats each transaction once, as after a deadlock.
type retryingStore struct{ *userRows }

func (s retryingStore) Transact(ctx context.Context, fn func(context.Context) error) error {
	gaveUp := errors.New("deadlock")
	err := s.userRows.Transact(ctx, func(ctx context.Context) error { return errors.Join(gaveUp, fn(ctx)) })
	if !errors.Is(err, gaveUp) {
		return err
	}
	return s.userRows.Transact(ctx, fn)
}

func TestRepeatedTransactionHasNoDoubleEffect(t *testing.T) {
	t.Parallel()
	var d eventRecorder
	var hooked atomic.Int64
	s := newSite(t, func(c *cardea.Config) {
		c.Events = d.events(c.Adapter)
		c.Adapter = retryingStore{withUserRows(c)}
		c.OnCreateUser = cardea.BeforeCreate(func(_ context.Context, u *User, _ *oauth.Profile) error {
			hooked.Add(1)
			if u.Role != "" {
				t.Error("the second run gets the entity of the first run")
			}
			u.Role = "ADMIN"
			return nil
		})
	})
	b := newBrowser(t, s.URL)
	signInAt(t, b, "idp", "")
	if hooked.Load() != 2 {
		t.Errorf("the hook ran %d times, want 2: otherwise this test proves nothing", hooked.Load())
	}
	d.check(t, "a sign-in whose transaction was repeated", "createUser ann@example.com",
		"linkAccount ann@example.com idp:1001 1001", "signIn ann@example.com idp new")
	if got := text(t, open(t, cardea.Handle(s.auth, greet), b)); got != "hello Ann Example, ADMIN" {
		t.Errorf("page = %q", got)
	}
}
