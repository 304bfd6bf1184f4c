package cardea_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/oauth"
)

// forEachStore runs a test with each strategy, and with JWT sessions without an adapter.
func forEachStore(t *testing.T, test func(t *testing.T, set func(*cardea.Config))) {
	t.Helper()
	t.Run("database", func(t *testing.T) {
		t.Parallel()
		test(t, func(c *cardea.Config) { c.Session.Strategy = cardea.StrategyDatabase })
	})
	t.Run("jwt", func(t *testing.T) {
		t.Parallel()
		test(t, func(c *cardea.Config) { c.Session.Strategy = cardea.StrategyJWT })
	})
	t.Run("without an adapter", func(t *testing.T) {
		t.Parallel()
		test(t, func(c *cardea.Config) { c.Adapter = nil })
	})
}

// handle adds a page of the application to a site.
func (s *site) handle(pattern string, handler http.HandlerFunc) {
	s.Config.Handler.(*http.ServeMux).HandleFunc(pattern, handler)
}

// newUser stores a user, whom the application has just registered.
func (s *site) newUser(t *testing.T, name string) *cardea.User {
	t.Helper()
	u := &cardea.User{Name: name, Email: strings.ToLower(name) + "@example.com"}
	if err := s.store.CreateUser(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	return u
}

// proofOf is the proof that u signs in, with an adapter and without.
func proofOf(u *cardea.User) cardea.Proof { return cardea.Proof{UserID: u.ID, User: u} }

func TestApplicationSignsInAndOut(t *testing.T) {
	t.Parallel()
	forEachStore(t, func(t *testing.T, set func(*cardea.Config)) {
		var events []string
		var seen []cardea.SignIn
		s := newSite(t, func(c *cardea.Config) {
			set(c)
			c.Callbacks.SignIn = func(_ context.Context, in *cardea.SignIn) (string, error) {
				seen = append(seen, *in)
				return "", nil
			}
			c.Events.SignIn = func(_ context.Context, in *cardea.SignIn) {
				events = append(events, "in "+in.User.ID+" "+in.Account.Provider)
			}
			c.Events.SignOut = func(_ context.Context, s *cardea.Session) { events = append(events, "out "+s.UserID) }
		})
		ann := s.newUser(t, "Ann")
		var session *cardea.Session
		s.handle("POST /register", func(w http.ResponseWriter, r *http.Request) {
			var err error
			if session, err = s.auth.SignIn(w, r, proofOf(ann)); err != nil {
				t.Error(err)
			}
			http.Redirect(w, r, "/welcome", http.StatusSeeOther)
		})
		s.handle("POST /leave", func(w http.ResponseWriter, r *http.Request) {
			if err := s.auth.SignOut(w, r); err != nil {
				t.Error(err)
			}
		})
		b := newBrowser(t, s.URL)
		before := b.CSRFToken()
		res := answered(b.PostForm(s.URL+"/register", nil))(t)
		if res.Header.Get("Cache-Control") != "private, no-store" || res.Header.Get("Location") != "/welcome" {
			t.Errorf("Cache-Control %q, Location %q", res.Header.Get("Cache-Control"), res.Header.Get("Location"))
		}
		if got := signedInEmail(b); got != ann.Email {
			t.Fatalf("signed in as %q, want %q", got, ann.Email)
		}
		if session == nil || session.UserID != ann.ID || session.User.Email != ann.Email ||
			session.ID() != s.sessionOf(t, b).ID() || !session.Expires.Equal(s.sessionOf(t, b).Expires) &&
			session.Expires.Sub(s.sessionOf(t, b).Expires).Abs() > time.Second {
			t.Errorf("SignIn returned %+v", session)
		}
		if after := b.CSRFToken(); after == before {
			t.Error("the CSRF token is that of before the sign-in")
		}
		if len(seen) != 1 || seen[0].Account.Type != cardea.TypeCredentials || seen[0].Profile.Email != ann.Email ||
			seen[0].IsNewUser || seen[0].Linking || seen[0].Current != nil {
			t.Errorf("Callbacks.SignIn got %+v", seen)
		}

		before = b.CSRFToken()
		res = answered(b.PostForm(s.URL+"/leave", nil))(t)
		if res.Header.Get("Cache-Control") != "private, no-store" || b.Session() != nil || sessionToken(b) != "" {
			t.Errorf("Cache-Control %q, session %v", res.Header.Get("Cache-Control"), b.Session())
		}
		if after := b.CSRFToken(); after == before {
			t.Error("the CSRF token is that of before the sign-out")
		}
		before = b.CSRFToken()
		answered(b.PostForm(s.URL+"/leave", nil))(t) // nobody is signed in
		if after := b.CSRFToken(); after != before {
			t.Error("signing nobody out changes the CSRF token")
		}
		if want := []string{"in " + ann.ID + " application", "out " + ann.ID}; !slices.Equal(events, want) {
			t.Errorf("events = %q, want %q", events, want)
		}
	})
}

// answered returns the buffered response of a request that reached the site.
func answered(res *http.Response, err error) func(t *testing.T) *http.Response {
	return func(t *testing.T) *http.Response {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return buffered(t, res)
	}
}

// The session that the browser had ends, whoever it belonged to: a copy of its cookie is worthless.
// Callbacks see who was signed in, so that an application can record an impersonation.
func TestApplicationSignInRotatesTheSession(t *testing.T) {
	t.Parallel()
	for _, same := range []bool{true, false} {
		t.Run(fmt.Sprintf("as the same user %t", same), func(t *testing.T) {
			t.Parallel()
			forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
				var current []string
				s := newSite(t, func(c *cardea.Config) {
					c.Session.Strategy = strategy
					c.Callbacks.JWT = func(_ context.Context, t *cardea.TokenChange) (oauth.Claims, error) {
						if t.SignIn != nil && t.SignIn.Account.Provider == "impersonation" {
							t.Claims["act"] = map[string]any{"sub": t.SignIn.Current.ID} // RFC 8693 § 4.1
						}
						return t.Claims, nil
					}
					c.Events.SignIn = func(_ context.Context, in *cardea.SignIn) {
						if in.Current != nil {
							current = append(current, in.Current.Email+" "+in.Account.Provider)
						}
					}
				})
				b := s.signedIn(t, "1001")
				target := s.newUser(t, "Eve")
				if same {
					target.ID = s.accountOwner(t, "idp", "1001")
				}
				s.handle("POST /impersonate", func(w http.ResponseWriter, r *http.Request) {
					session, err := s.auth.SignIn(w, r, cardea.Proof{UserID: target.ID, Provider: "impersonation"})
					if err != nil {
						t.Error(err)
					} else if act, _ := session.Claims["act"].(map[string]any); strategy == cardea.StrategyJWT &&
						act["sub"] != s.accountOwner(t, "idp", "1001") {
						t.Errorf("claim act = %v", act)
					}
				})
				stolen := cookiesOf(b)
				answered(b.PostForm(s.URL+"/impersonate", nil))(t)
				if got := s.sessionOf(t, b); got == nil || got.UserID != target.ID {
					t.Errorf("session = %+v, want one of %s", got, target.ID)
				}
				if got := s.sessionBody(t, stolen); got != "null" {
					t.Errorf("a copy of the old cookie: %s", got)
				}
				if want := []string{"ann@example.com impersonation"}; !slices.Equal(current, want) {
					t.Errorf("current = %q, want %q", current, want)
				}
			})
		})
	}
}

func TestApplicationSignInIsRefused(t *testing.T) {
	t.Parallel()
	coded := func(code cardea.Code) func(error) bool {
		return func(err error) bool {
			e, ok := errors.AsType[*cardea.Error](err)
			return ok && e.Code == code && e.Redirect == ""
		}
	}
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		var decide func() (string, error)
		var endToken bool
		var store *recordingStore
		s := newSite(t, func(c *cardea.Config) {
			store = recordCalls(c)
			c.Session.Strategy = strategy
			c.Callbacks.SignIn = func(context.Context, *cardea.SignIn) (string, error) { return decide() }
			c.Callbacks.JWT = func(_ context.Context, t *cardea.TokenChange) (oauth.Claims, error) {
				if endToken {
					return nil, nil
				}
				return t.Claims, nil
			}
		})
		ann := s.newUser(t, "Ann")
		gone := s.newUser(t, "Gone")
		if err := s.auth.DeleteUser(t.Context(), gone.ID); err != nil {
			t.Fatal(err)
		}
		allow := func() (string, error) { return "", nil }
		for _, tc := range []struct {
			name   string
			proof  cardea.Proof
			decide func() (string, error)
			fail   string
			want   func(error) bool
		}{
			{"no user", cardea.Proof{}, allow, "", func(err error) bool { return err != nil }},
			{"an unknown user", cardea.Proof{UserID: "nobody"}, allow, "",
				func(err error) bool { return errors.Is(err, cardea.ErrNotFound) }},
			{"a deleted user", cardea.Proof{UserID: gone.ID}, allow, "",
				func(err error) bool { return errors.Is(err, cardea.ErrNotFound) }},
			{"two users", cardea.Proof{UserID: ann.ID, User: gone}, allow, "",
				func(err error) bool { return strings.Contains(err.Error(), "Proof.User ") }},
			{"a malformed provider", cardea.Proof{UserID: ann.ID, Provider: "A b"}, allow, "",
				func(err error) bool { return strings.Contains(err.Error(), "Proof.Provider") }},
			{"banned", cardea.Proof{UserID: ann.ID}, func() (string, error) { return "", errors.New("banned") }, "",
				coded(cardea.CodeAccessDenied)},
			{"banned with a code", cardea.Proof{UserID: ann.ID},
				func() (string, error) { return "", &cardea.Error{Code: cardea.CodeVerification} }, "",
				coded(cardea.CodeVerification)},
			{"sent elsewhere", cardea.Proof{UserID: ann.ID}, func() (string, error) { return "/terms", nil }, "",
				func(err error) bool {
					e, ok := errors.AsType[*cardea.Error](err)
					return ok && e.Code == cardea.CodeAccessDenied && e.Redirect == s.URL+"/terms"
				}},
			{"the store fails", cardea.Proof{UserID: ann.ID}, allow, "UserByID",
				func(err error) bool { return errors.Is(err, errStore) }},
			{"the token is refused", cardea.Proof{UserID: ann.ID}, allow, "", coded(cardea.CodeAccessDenied)},
		} {
			if endToken = tc.name == "the token is refused"; endToken && strategy != cardea.StrategyJWT {
				continue
			}
			decide = tc.decide
			store.failOnly()
			if tc.fail != "" {
				store.failOnly(tc.fail)
			}
			w := httptest.NewRecorder()
			session, err := s.auth.SignIn(w, httptest.NewRequest(http.MethodPost, s.URL+"/", nil), tc.proof)
			if session != nil || err == nil || !tc.want(err) || !strings.HasPrefix(err.Error(), "cardea: sign in: ") {
				t.Errorf("%s: %v, %v", tc.name, session, err)
			}
			if c := setCookie(w.Result(), sessionCookie); c != nil && c.MaxAge >= 0 {
				t.Errorf("%s: the session cookie is set", tc.name)
			}
		}
		store.failOnly()
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodPost, "http://evil.example/", nil)
		if _, err := s.auth.SignIn(w, r, cardea.Proof{UserID: ann.ID}); err == nil || len(w.Result().Cookies()) > 0 {
			t.Errorf("for another host: %v, cookies %v", err, w.Result().Cookies())
		}
		if list, err := s.store.Sessions(t.Context(), ann.ID); len(list) > 0 || err != nil {
			t.Errorf("%d sessions are stored, %v", len(list), err)
		}
	})
}

// recordedWriter is a ResponseWriter of another package, such as that of gin.
type recordedWriter struct {
	http.ResponseWriter
	written bool
}

func (w *recordedWriter) Written() bool               { return w.written }
func (w *recordedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
func (w *recordedWriter) WriteHeader(status int) {
	w.written = true
	w.ResponseWriter.WriteHeader(status)
}

// A cookie that comes after the header reaches nobody, so the session must not be made either.
func TestTooLateForACookie(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		s := newSite(t, func(c *cardea.Config) {
			shortSessions(c)
			c.Session.Strategy = strategy
		})
		now := s.setClock()
		s.issuer.SetClock(now.now)
		ann := s.newUser(t, "Late")
		check := func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusOK)
			if _, err := s.auth.SignIn(w, r, cardea.Proof{UserID: ann.ID}); err == nil {
				t.Error("SignIn returned no error")
			}
			if err := s.auth.SignOut(w, r); err == nil {
				t.Error("SignOut returned no error")
			}
			if token := s.auth.CSRF(w, r); token != "" {
				t.Errorf("CSRF returned %q", token)
			}
		}
		s.handle("/known", func(w http.ResponseWriter, r *http.Request) {
			check(struct{ *recordedWriter }{&recordedWriter{ResponseWriter: w}}, r)
		})
		s.handle("/extended", func(w http.ResponseWriter, r *http.Request) {
			s.auth.Load(http.HandlerFunc(check)).ServeHTTP(w, r)
		})
		b := s.signedIn(t, "1001")
		visit(t, b, s.URL+"/known")
		now.advance(10 * time.Minute)
		visit(t, b, s.URL+"/extended")
		if list, _ := s.store.Sessions(t.Context(), ann.ID); len(list) > 0 {
			t.Errorf("%d sessions are stored", len(list))
		}
		if b.Session() == nil {
			t.Error("the session that the browser had has ended")
		}
	})
}

// The calls for one response build on each other: the last one counts, each cookie is set once, and
// no session stays behind.
func TestSeveralCallsForOneResponse(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		large := strings.Repeat("x", 9000)
		s := newSite(t, func(c *cardea.Config) {
			shortSessions(c)
			c.Session.Strategy = strategy
			c.Callbacks.JWT = func(_ context.Context, t *cardea.TokenChange) (oauth.Claims, error) {
				if t.Claims.String("name") == "Large" {
					t.Claims["large"] = large
				}
				return t.Claims, nil
			}
		})
		now := s.setClock()
		s.issuer.SetClock(now.now)
		small, big := s.newUser(t, "Small"), s.newUser(t, "Large")
		for i, tc := range []struct {
			name string
			call func(w http.ResponseWriter, r *http.Request)
			want string
		}{
			{"two users", func(w http.ResponseWriter, r *http.Request) {
				s.signIn(t, w, r, big)
				s.signIn(t, w, r, small)
			}, small.Email},
			{"two users, the larger session last", func(w http.ResponseWriter, r *http.Request) {
				s.signIn(t, w, r, small)
				s.signIn(t, w, r, big)
			}, big.Email},
			{"in and out", func(w http.ResponseWriter, r *http.Request) {
				s.signIn(t, w, r, big)
				s.signOut(t, w, r)
			}, ""},
			{"out and in", func(w http.ResponseWriter, r *http.Request) {
				s.signOut(t, w, r)
				s.signIn(t, w, r, big)
			}, big.Email},
			{"in, out and in", func(w http.ResponseWriter, r *http.Request) {
				s.signIn(t, w, r, big)
				s.signOut(t, w, r)
				s.signIn(t, w, r, small)
			}, small.Email},
		} {
			for _, start := range []*cardea.User{nil, small, big} {
				var token string
				var lines []string
				pattern := fmt.Sprintf("/%d/%t/%t", i, start == nil, start == big)
				s.handle(pattern, func(w http.ResponseWriter, r *http.Request) {
					s.auth.Load(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						s.auth.CSRF(w, r)
						tc.call(w, r)
						token = s.auth.CSRF(w, r)
						lines = w.Header()["Set-Cookie"]
					})).ServeHTTP(w, r)
				})
				b := newBrowser(t, s.URL)
				if start != nil {
					signInDirectly(t, s, b, start)
				}
				now.advance(10 * time.Minute) // so that Load extends the session
				visit(t, b, s.URL+pattern)
				if got := signedInEmail(b); got != tc.want {
					t.Errorf("%s, at first %v: signed in as %q, want %q", tc.name, start, got, tc.want)
				}
				if got := b.CSRFToken(); got != token {
					t.Errorf("%s, at first %v: the page has another token than the browser", tc.name, start)
				}
				names := map[string]bool{}
				for _, line := range lines {
					name, _, _ := strings.Cut(line, "=")
					if names[name] {
						t.Errorf("%s, at first %v: %s is set twice", tc.name, start, name)
					}
					names[name] = true
				}
				if got := s.sessionBody(t, cookiesOf(b)); (got == "null") != (tc.want == "") {
					t.Errorf("%s: session %s", tc.name, got)
				}
				left := 0
				for _, u := range []*cardea.User{small, big} {
					list, _ := s.store.Sessions(t.Context(), u.ID)
					left += len(list)
					_, _ = s.store.DeleteSessions(t.Context(), u.ID, "")
				}
				if want := map[bool]int{true: 1}[strategy == cardea.StrategyDatabase && tc.want != ""]; left != want {
					t.Errorf("%s, at first %v: %d sessions are stored, want %d", tc.name, start, left, want)
				}
			}
		}
	})
}

func (s *site) signIn(t *testing.T, w http.ResponseWriter, r *http.Request, u *cardea.User) {
	if _, err := s.auth.SignIn(w, r, cardea.Proof{UserID: u.ID}); err != nil {
		t.Error(err)
	}
}

func (s *site) signOut(t *testing.T, w http.ResponseWriter, r *http.Request) {
	if err := s.auth.SignOut(w, r); err != nil {
		t.Error(err)
	}
}

// signInDirectly signs a browser in as a user of the store.
func signInDirectly(t *testing.T, s *site, b *cardeatest.Browser, u *cardea.User) {
	t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, s.URL+"/", nil)
	s.signIn(t, w, r, u)
	site, _ := url.Parse(s.URL)
	b.Jar.SetCookies(site, w.Result().Cookies())
	if signedInEmail(b) != u.Email {
		t.Fatalf("signed in as %q", signedInEmail(b))
	}
}

// One browser that signs in many times at once, as after a double click, has one session in the
// end, and each of the others has ended or belongs to a response that the browser has got.
func TestConcurrentSignInsByTheApplication(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		s := newSite(t, func(c *cardea.Config) { c.Session.Strategy = strategy })
		ann := s.newUser(t, "Ann")
		b := newBrowser(t, s.URL)
		signInDirectly(t, s, b, ann)
		header := cookiesOf(b).String()
		var wg sync.WaitGroup
		var mu sync.Mutex
		tokens := map[string]bool{}
		for range 20 {
			wg.Go(func() {
				w := httptest.NewRecorder()
				r := httptest.NewRequest(http.MethodPost, s.URL+"/", nil)
				r.Header.Set("Cookie", header)
				s.signIn(t, w, r, ann)
				mu.Lock()
				defer mu.Unlock()
				tokens[setCookie(w.Result(), sessionCookie).Value] = true
			})
		}
		wg.Wait()
		if len(tokens) != 20 {
			t.Errorf("%d different sessions, want 20", len(tokens))
		}
		if got := s.sessionBody(t, cookiesOf(b)); got != "null" {
			t.Errorf("the session of before is alive: %s", got)
		}
	})
}

// A user who is deleted while the sign-in runs gets no session, with either strategy, and no 503:
// trying again does not help.
func TestUserDeletedDuringTheSignIn(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		var s *site
		var ann *cardea.User
		s = newSite(t, func(c *cardea.Config) {
			c.Session.Strategy = strategy
			c.Callbacks.SignIn = func(ctx context.Context, _ *cardea.SignIn) (string, error) {
				return "", s.store.DeleteUser(ctx, ann.ID)
			}
		})
		ann = s.newUser(t, "Ann")
		w := httptest.NewRecorder()
		_, err := s.auth.SignIn(w, httptest.NewRequest(http.MethodPost, s.URL+"/", nil), cardea.Proof{UserID: ann.ID})
		if !errors.Is(err, cardea.ErrNotFound) || setCookie(w.Result(), sessionCookie) != nil {
			t.Errorf("got %v, cookie %v", err, setCookie(w.Result(), sessionCookie))
		}
	})
}

// A failing store clears the cookie all the same.
func TestApplicationSignOutWhenTheStoreFails(t *testing.T) {
	t.Parallel()
	var store *recordingStore
	s := newSite(t, func(c *cardea.Config) { store = recordCalls(c) })
	b := s.signedIn(t, "1001")
	store.failOnly("DeleteSession")
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, s.URL+"/", nil)
	r.Header.Set("Cookie", cookiesOf(b).String())
	err := s.auth.SignOut(w, r)
	if c := setCookie(w.Result(), sessionCookie); !errors.Is(err, errStore) || c == nil || c.MaxAge >= 0 {
		t.Errorf("got %v, cookie %v", err, c)
	}
}

// The token of CSRF is the one that the endpoints accept, in a form and in JSON, also for a browser
// that had none; a header is not enough.
func TestCSRFTokenOfAPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	var tokens []string
	s.handle("GET /page", func(w http.ResponseWriter, r *http.Request) {
		tokens = append(tokens, s.auth.CSRF(w, r), s.auth.CSRF(w, r))
	})
	b := newBrowser(t, s.URL)
	res := visit(t, b, s.URL+"/page")
	if n := len(res.Cookies()); n != 1 || res.Header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("%d cookies, Cache-Control %q", n, res.Header.Get("Cache-Control"))
	}
	res = visit(t, b, s.URL+"/page")
	if n := len(res.Cookies()); n != 0 {
		t.Errorf("%d cookies at the second visit", n)
	}
	if token := b.CSRFToken(); len(slices.Compact(tokens)) != 1 || tokens[0] != token {
		t.Errorf("tokens differ, or from that of GET csrf")
	}
	signIn := s.URL + "/api/auth/signin/idp"
	if res := answered(b.PostForm(signIn, url.Values{"csrfToken": tokens[:1]}))(t); !strings.HasPrefix(
		res.Header.Get("Location"), s.issuer.URL) {
		t.Errorf("a form: redirected to %s", res.Header.Get("Location"))
	}
	r, _ := http.NewRequest(http.MethodPost, signIn, nil)
	r.Header.Set("X-CSRF-Token", tokens[0])
	if res := answered(b.Do(r))(t); !strings.Contains(res.Header.Get("Location"), "error=MissingCSRF") {
		t.Errorf("a header: redirected to %s", res.Header.Get("Location"))
	}
	w := httptest.NewRecorder()
	other := httptest.NewRequest(http.MethodGet, "http://evil.example/page", nil)
	if token := s.auth.CSRF(w, other); token != "" || len(w.Result().Cookies()) > 0 {
		t.Errorf("for another host: token %q", token)
	}
}
