package cardea_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	accountpage "github.com/cardea-auth/cardea/account"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/oauth"
	passwords "github.com/cardea-auth/cardea/password"
	"github.com/cardea-auth/cardea/ratelimit"
)

// testFeature is a feature that consists of what a test installs.
type testFeature struct {
	id      string
	install func(h *cardea.Host) error
	host    *cardea.Host
}

func (f *testFeature) FeatureID() string { return f.id }

func (f *testFeature) Install(h *cardea.Host) error {
	f.host = h
	return f.install(h)
}

// addFeature adds a feature to a configuration.
func addFeature(c *cardea.Config, id string, install func(h *cardea.Host) error) *testFeature {
	f := &testFeature{id: id, install: install}
	c.Features = append(c.Features, f)
	return f
}

// ok is a handler that answers with the name of the person who is signed in.
func ok(h *cardea.Host) feature.Handler {
	return func(_ http.ResponseWriter, r *http.Request) error {
		name := "nobody"
		if u, err := cardea.UserAs[cardea.User](r.Context()); err == nil {
			name = u.Name
		}
		return h.JSON(r.Context(), http.StatusOK, name)
	}
}

func rule(method, path string, sender feature.Sender, visitor feature.Visitor) feature.Rule {
	return feature.Rule{Method: method, Path: path, Sender: sender, Visitor: visitor}
}

// A rule that does not say everything, or that another site could use, does not register.
func TestFeaturesWithFaultsDoNotInstall(t *testing.T) {
	t.Parallel()
	serve := func(http.ResponseWriter, *http.Request) error { return nil }
	good := rule(http.MethodPost, "x/do", feature.SenderOwnPage, feature.VisitorAnybody)
	change := func(change func(*feature.Rule)) func(*cardea.Host) error {
		return func(h *cardea.Host) error {
			r := good
			change(&r)
			h.Handle(r, serve)
			return nil
		}
	}
	for _, tc := range []struct {
		name    string
		install func(*cardea.Host) error
		want    string
	}{
		{"an error", func(*cardea.Host) error { return errors.New("needs a Store") }, "(x): needs a Store"},
		{"no rule", func(h *cardea.Host) error { h.Handle(feature.Rule{}, serve); return nil },
			"Rule.Sender is missing"},
		{"no sender", change(func(r *feature.Rule) { r.Sender = 0 }), "Rule.Sender is missing"},
		{"no visitor", change(func(r *feature.Rule) { r.Visitor = 0 }), "Rule.Visitor is missing"},
		{"no method", change(func(r *feature.Rule) { r.Method = "" }), "want Rule.Method"},
		{"another method", change(func(r *feature.Rule) { r.Method = "PUT" }), "want Rule.Method"},
		{"no path", change(func(r *feature.Rule) { r.Path = "" }), "want a Rule.Path"},
		{"a slash in front", change(func(r *feature.Rule) { r.Path = "/x" }), "want a Rule.Path"},
		{"two slashes", change(func(r *feature.Rule) { r.Path = "x//y" }), "want a Rule.Path"},
		{"dots", change(func(r *feature.Rule) { r.Path = "x/../session" }), "want a Rule.Path"},
		{"the session", change(func(r *feature.Rule) { r.Path = "session" }), "want a Rule.Path"},
		{"a callback", change(func(r *feature.Rule) { r.Path = "callback/idp" }), "want a Rule.Path"},
		{"a sign-in", change(func(r *feature.Rule) { r.Path = "signin/idp" }), "want a Rule.Path"},
		{"another site acts for the visitor", change(func(r *feature.Rule) {
			r.Sender, r.Visitor = feature.SenderAnybody, feature.VisitorSignedIn
		}), "needs Rule.Sender SenderOwnPage"},
		{"a GET with a token", change(func(r *feature.Rule) { r.Method = "GET" }), "a GET has no CSRF token"},
		{"fresh for anybody", change(func(r *feature.Rule) { r.Fresh = time.Minute }), "Rule.Fresh"},
		{"a level for anybody", change(func(r *feature.Rule) { r.Level = 1 }), "Rule.Level"},
		{"half a limit", change(func(r *feature.Rule) { r.Limit = 1 }), "both Rule.Limit and Rule.Within"},
		{"the same twice", func(h *cardea.Host) error {
			h.Handle(good, serve)
			h.Handle(good, serve)
			return nil
		}, "exists already"},
		{"no handler", func(h *cardea.Host) error { h.Handle(good, nil); return nil }, "has no handler"},
		{"a way with the id of a provider", func(h *cardea.Host) error {
			h.Offer(feature.Way{ID: "idp", Name: "x", Start: serve})
			return nil
		}, "that no provider has"},
		{"a way without anything", func(h *cardea.Host) error { h.Offer(feature.Way{ID: "y", Name: "Y"}); return nil },
			"neither Start nor Finish"},
		{"a way with a field of the protocol", func(h *cardea.Host) error {
			h.Offer(feature.Way{ID: "y", Name: "Y", Finish: serve, Fields: []feature.Field{{Name: "csrfToken"}}})
			return nil
		}, "the protocol uses the name"},
		{"a way with a bad color", func(h *cardea.Host) error {
			h.Offer(feature.Way{ID: "y", Name: "Y", Finish: serve, Style: oauth.Style{BrandColor: "red;}"}})
			return nil
		}, "want #rrggbb"},
		{"rows that stay", func(h *cardea.Host) error { h.Rows(feature.Rows{}); return nil }, "without Delete"},
		{"a section without content", func(h *cardea.Host) error { h.Section(feature.Section{ID: "y"}); return nil },
			"want a Section"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := validConfig()
			c.Adapter = memadapter.New()
			c.Providers[0].(*oauth.Provider).ID = "idp"
			addFeature(&c, "x", tc.install)
			auth, err := cardea.New(c)
			if auth != nil || err == nil || !strings.Contains(err.Error(), tc.want) ||
				!strings.HasPrefix(err.Error(), "cardea: Config.Features") {
				t.Errorf("New: %v, want %q", err, tc.want)
			}
		})
	}
	for name, change := range map[string]func(c *cardea.Config){
		"nil":      func(c *cardea.Config) { c.Features = []cardea.Feature{nil} },
		"no id":    func(c *cardea.Config) { addFeature(c, "", func(*cardea.Host) error { return nil }) },
		"id twice": func(c *cardea.Config) { c.Features = append(c.Features, c.Features[0]) },
	} {
		c := validConfig()
		addFeature(&c, "x", func(*cardea.Host) error { return nil })
		change(&c)
		if _, err := cardea.New(c); err == nil || !strings.Contains(err.Error(), "cardea: Config.Features[") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The host keeps the rule before the feature gets a request.
func TestFeatureEndpointsKeepTheirRules(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		s := newSite(t, func(c *cardea.Config) {
			c.Session.Strategy = strategy
			addFeature(c, "x", func(h *cardea.Host) error {
				h.Handle(rule("POST", "x/own", feature.SenderOwnPage, feature.VisitorAnybody), ok(h))
				h.Handle(rule("POST", "x/any", feature.SenderAnybody, feature.VisitorAnybody), ok(h))
				h.Handle(rule("GET", "x/show", feature.SenderAnybody, feature.VisitorSignedIn), ok(h))
				h.Handle(rule("POST", "x/act", feature.SenderOwnPage, feature.VisitorSignedIn), ok(h))
				fresh := rule("GET", "x/fresh", feature.SenderAnybody, feature.VisitorSignedIn)
				fresh.Fresh = time.Minute
				h.Handle(fresh, ok(h))
				strong := rule("GET", "x/strong", feature.SenderAnybody, feature.VisitorSignedIn)
				strong.Level = 2
				h.Handle(strong, ok(h))
				return nil
			})
		})
		now := s.setClock()
		s.issuer.SetClock(now.now)
		b := newBrowser(t, s.URL)
		check := func(what string, res *http.Response, status int, want string) {
			t.Helper()
			if got := text(t, res); res.StatusCode != status || !strings.Contains(got+res.Header.Get("Location"),
				want) {
				t.Errorf("%s: %s, %s, %s; want %d, %s", what, res.Status, res.Header.Get("Location"), got, status, want)
			}
		}
		get := func(path string, change ...func(*http.Request)) *http.Response {
			b.CSRFToken()
			return send(t, s.URL+"/api/auth/"+path, cookiesOf(b), nil, change...)
		}
		page := header("Accept", "text/html")
		check("own page", b.Post("/x/own", nil), 200, `"nobody"`)
		check("another page", send(t, s.URL+"/api/auth/x/own", cookiesOf(b), url.Values{}), 303, "error=MissingCSRF")
		check("another origin", send(t, s.URL+"/api/auth/x/own", cookiesOf(b), form(b),
			header("Origin", "https://evil.example")), 303, "error=MissingCSRF")
		check("any page", send(t, s.URL+"/api/auth/x/any", nil, url.Values{}), 200, `"nobody"`)
		check("nobody, a program", get("x/show"), 401, "unauthorized")
		check("nobody, a page", get("x/show", page), 303,
			"/api/auth/signin?callbackUrl="+url.QueryEscape(s.URL+"/api/auth/x/show"))
		check("nobody acts", b.Post("/x/act", nil), 401, "unauthorized")
		for _, path := range []string{"x", "x/", "x/show/y", "x/own/undefined", "y/x/show", "account"} {
			check(path, get(path), 404, "Not found")
		}
		check("the wrong method", get("x/own"), 405, "Method not allowed")

		b = s.signedIn(t, "1001")
		check("signed in", get("x/show"), 200, "Ann Example")
		check("signed in, with a slash", get("x/show/"), 200, "Ann Example")
		check("acts", b.Post("/x/act", nil), 200, "Ann Example")
		check("acts from another page", send(t, s.URL+"/api/auth/x/act", cookiesOf(b), url.Values{}), 303,
			"MissingCSRF")
		check("fresh", get("x/fresh"), 200, "Ann Example")
		check("too weak", get("x/strong"), 401, "insufficient_user_authentication")
		now.advance(2 * time.Minute)
		res := get("x/fresh")
		if got := res.Header.Get("WWW-Authenticate"); got != `Bearer error="insufficient_user_authentication", max_age="60"` {
			t.Errorf("WWW-Authenticate: %s", got)
		}
		check("not fresh, a program", res, 401, "insufficient_user_authentication")
		check("not fresh, a page", get("x/fresh", page), 303,
			"/api/auth/confirm?callbackUrl="+url.QueryEscape(s.URL+"/api/auth/x/fresh"))
		b.Post("/signout", nil)
		check("signed out", get("x/show"), 401, "unauthorized")
	})
}

func TestFeatureEndpointsHaveLimits(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) {
		addFeature(c, "x", func(h *cardea.Host) error {
			r := rule("POST", "x/json", feature.SenderAnybody, feature.VisitorAnybody)
			r.Limit, r.Within, r.JSON = 3, time.Minute, true
			h.Handle(r, ok(h))
			r.Path, r.JSON = "x/page", false
			h.Handle(r, ok(h))
			return nil
		})
	})
	now := s.setClock()
	var mu sync.Mutex
	var wg sync.WaitGroup
	statuses := map[int]int{}
	for range 20 {
		wg.Go(func() {
			res, err := s.Client().Post(s.URL+"/api/auth/x/json", "", nil)
			if err != nil {
				t.Error(err)
				return
			}
			body, _ := io.ReadAll(res.Body)
			res.Body.Close()
			if res.StatusCode == http.StatusTooManyRequests && string(body) != `{"error":"RateLimited"}` {
				t.Errorf("body %s", body)
			}
			mu.Lock()
			defer mu.Unlock()
			statuses[res.StatusCode]++
		})
	}
	wg.Wait()
	if statuses[200] != 3 || statuses[429] != 17 {
		t.Errorf("statuses %v, want 3 of 200 and 17 of 429", statuses)
	}
	for range 3 {
		send(t, s.URL+"/api/auth/x/page", nil, url.Values{})
	}
	if res := send(t, s.URL+"/api/auth/x/page", nil, url.Values{}); res.StatusCode != http.StatusTooManyRequests ||
		res.Header.Get("Retry-After") == "" || !strings.Contains(text(t, res), "</html>") {
		t.Errorf("a page: %s", res.Status)
	}
	now.advance(time.Minute)
	if res := send(t, s.URL+"/api/auth/x/json", nil, url.Values{}); res.StatusCode != 200 {
		t.Errorf("after a minute: %s", res.Status)
	}
}

// A feature counts what can be guessed where the site counts; what was harmless is taken back.
func TestFeaturesTakeFromLimits(t *testing.T) {
	t.Parallel()
	var f *testFeature
	s := newSite(t, func(c *cardea.Config) { f = addFeature(c, "x", func(*cardea.Host) error { return nil }) })
	s.setClock()
	rate := ratelimit.Rate{Count: 5, Within: time.Minute}
	limit := f.host.Limit("code", rate)
	var passed atomic.Int32
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			err := limit.Take(t.Context(), "ann")
			if err == nil {
				passed.Add(1)
			} else if e, ok := errors.AsType[*cardea.Error](err); !ok || e.Code != cardea.CodeRateLimited ||
				e.RetryAfter <= 0 {
				t.Errorf("Take: %v", err)
			}
		})
	}
	wg.Wait()
	if passed.Load() != 5 {
		t.Errorf("%d passed, want 5", passed.Load())
	}
	for _, other := range [][2]string{{"code", "bob"}, {"password", "ann"}} {
		if err := f.host.Limit(other[0], rate).Take(t.Context(), other[1]); err != nil {
			t.Errorf("%v: %v", other, err)
		}
	}
	limit.Give(t.Context(), "ann")
	if limit.Take(t.Context(), "ann") != nil || limit.Take(t.Context(), "ann") == nil {
		t.Error("Give does not give back one event")
	}
}

// What a handler returns is answered like a failure of any endpoint.
func TestFeatureEndpointsFail(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		err    error
		status int
		body   string
		to     string // of the endpoint that answers with pages; "" for status 503
	}{
		{&cardea.Error{Code: cardea.CodeAccessDenied}, 403, `{"error":"AccessDenied"}`, "error?error=AccessDenied"},
		{&cardea.Error{Code: cardea.CodeCredentialsSignIn}, 401, `{"error":"CredentialsSignin"}`,
			"signin?code=credentials&error=CredentialsSignin"},
		{errors.New("secret detail"), 500, `{"error":"Configuration"}`, "error?error=Configuration"},
		{&cardea.Error{Code: "Mine"}, 500, `{"error":"Configuration"}`, "error?error=Configuration"},
		{new(cardea.Host).StoreError("read the code", errStore), 503, `{"error":"unavailable"}`, ""},
		{fmt.Errorf("read: %w", context.DeadlineExceeded), 503, `{"error":"unavailable"}`, ""},
	} {
		var log logRecorder
		s := newSite(t, func(c *cardea.Config) {
			c.Logger = log.logger()
			addFeature(c, "x", func(h *cardea.Host) error {
				r := rule("POST", "x/json", feature.SenderAnybody, feature.VisitorAnybody)
				r.JSON = true
				fails := func(http.ResponseWriter, *http.Request) error { return tc.err }
				h.Handle(r, fails)
				r.Path, r.JSON = "x/page", false
				h.Handle(r, fails)
				return nil
			})
		})
		checkJSON(t, send(t, s.URL+"/api/auth/x/json", nil, url.Values{}), tc.status, tc.body)
		res := send(t, s.URL+"/api/auth/x/page", nil, url.Values{})
		if to := res.Header.Get("Location"); tc.to != "" && to != s.URL+"/api/auth/"+tc.to ||
			tc.to == "" && res.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("%v: %s to %s", tc.err, res.Status, to)
		}
		if len(log.records(t, "cardea: request failed")) != 2 {
			t.Errorf("%v: logged %s", tc.err, log.String())
		}
	}
}

// A way of a feature is on the page and in GET providers, and the clients of Auth.js start it like
// any other. It ends where every sign-in ends.
func TestWaysOfFeatures(t *testing.T) {
	t.Parallel()
	forEachStore(t, func(t *testing.T, set func(*cardea.Config)) {
		var signedIn []string
		ann := &cardea.User{ID: "ann", Name: "Ann", Email: "ann@example.com"}
		s := newSite(t, func(c *cardea.Config) {
			set(c)
			if c.Adapter != nil {
				ann.ID = ""
				if err := c.Adapter.CreateUser(t.Context(), ann); err != nil {
					t.Fatal(err)
				}
			}
			c.Events.SignIn = func(_ context.Context, in *cardea.SignIn) {
				signedIn = append(signedIn, in.Account.Provider+" "+strings.Join(in.Methods, " "))
			}
			addFeature(c, "x", func(h *cardea.Host) error {
				h.Offer(feature.Way{
					ID: "directory", Name: "the directory", Messages: map[string]string{"locked": "It is locked."},
					Fields: []feature.Field{{Name: "name", Label: "Your name", Required: true}},
					Finish: func(_ http.ResponseWriter, r *http.Request) error {
						if h.Form(r.Context())["name"] != "ann" {
							return &cardea.Error{Code: cardea.CodeCredentialsSignIn, Reason: "locked"}
						}
						return h.Complete(r.Context(),
							cardea.Proof{UserID: ann.ID, User: ann, Provider: "directory", Methods: []string{"pwd"}})
					},
				})
				h.Offer(feature.Way{
					ID: "phone", Name: "a phone",
					Start: func(_ http.ResponseWriter, r *http.Request) error {
						err := h.Cookie(r.Context(), "flow").Set(time.Minute,
							oauth.Claims{"to": h.CallbackURL(r.Context())})
						if err != nil {
							return err
						}
						return h.Redirect(r.Context(), h.URL(r.Context(), "callback/phone?ok=1"))
					},
					Return: func(_ http.ResponseWriter, r *http.Request) error {
						flow := h.Cookie(r.Context(), "flow").Values()
						if flow == nil {
							return &cardea.Error{Code: cardea.CodeVerification}
						}
						h.Cookie(r.Context(), "flow").Clear()
						h.SetCallbackURL(r.Context(), flow.String("to"))
						return h.Complete(r.Context(), cardea.Proof{UserID: ann.ID, User: ann,
							Methods: []string{"pop"}})
					},
				})
				return nil
			})
		})
		b := newBrowser(t, s.URL)
		body := text(t, visit(t, b, s.URL+"/api/auth/signin"))
		for _, want := range []string{
			`action="/api/auth/callback/directory"`, `name="name"`, "Your name", `action="/api/auth/signin/phone"`,
			"signin/idp",
		} {
			if !strings.Contains(body, want) {
				t.Errorf("the sign-in page lacks %s", want)
			}
		}
		body = text(t, visit(t, b, s.URL+"/api/auth/providers"))
		for _, want := range []string{`"id":"directory","name":"the directory","type":"credentials"`, `"id":"phone","name":"a phone"`} {
			if !strings.Contains(body, want) {
				t.Errorf("GET providers lacks %s: %s", want, body)
			}
		}

		res := b.Post("/callback/directory", url.Values{"name": {"eve"}})
		if to := res.Header.Get("Location"); !strings.HasSuffix(to, "/signin?code=locked&error=CredentialsSignin") {
			t.Errorf("refused: to %s", to)
		} else if !strings.Contains(text(t, visit(t, b, to)), "It is locked.") {
			t.Error("the page does not say why")
		}
		res = b.Post("/callback/directory", url.Values{"name": {"ann"}, "callbackUrl": {"/next"}})
		if to := res.Header.Get("Location"); to != s.URL+"/next" || signedInEmail(b) != ann.Email {
			t.Errorf("the form: to %s, signed in as %q", to, signedInEmail(b))
		}
		b.Post("/signout", nil)
		res = send(t, s.URL+"/api/auth/callback/directory", cookiesOf(b), url.Values{"name": {"ann"}})
		if to := res.Header.Get("Location"); !strings.Contains(to, "MissingCSRF") {
			t.Errorf("a form of another page: to %s", to)
		}

		b = newBrowser(t, s.URL)
		if res := visit(t, b, s.URL+"/api/auth/callback/phone?ok=1"); !strings.Contains(res.Header.Get("Location"),
			"Verification") {
			t.Errorf("without the cookie: to %s", res.Header.Get("Location"))
		}
		to := b.Post("/signin/phone", url.Values{"callbackUrl": {"/from"}}).Header.Get("Location")
		res = visit(t, b, to)
		if to := res.Header.Get("Location"); to != s.URL+"/from" || signedInEmail(b) != ann.Email {
			t.Errorf("the phone: to %s, signed in as %q", to, signedInEmail(b))
		}
		if res := visit(t, b, s.URL+"/api/auth/callback/phone?ok=1"); !strings.Contains(res.Header.Get("Location"),
			"Verification") {
			t.Errorf("the cookie is there still: to %s", res.Header.Get("Location"))
		}
		if got := strings.Join(signedIn, ", "); got != "directory pwd, x pop" {
			t.Errorf("signed in: %s", got)
		}
	})
}

// With features and without, the sign-in page has one form for each way in GET providers.
func TestSignInPageHasEachWayOnce(t *testing.T) {
	t.Parallel()
	sender := new(cardeatest.Mailbox)
	for name, features := range map[string][]cardea.Feature{
		"no feature": nil, "the account page": {accountpage.New(accountpage.Options{})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newCredentialsSite(t, func(c *cardea.Config) {
				c.Features = features
				c.Providers = append(c.Providers,
					email.New(email.Options{From: "no-reply@example.com", Sender: sender}),
					passwords.New(passwords.Options{From: "no-reply@example.com", Sender: sender}))
			})
			b := newBrowser(t, s.URL)
			page := text(t, visit(t, b, s.URL+"/api/auth/signin"))
			for _, action := range []string{
				"signin/idp", "callback/credentials", "signin/email", "callback/password",
			} {
				if n := strings.Count(page, `action="/api/auth/`+action+`"`); n != 1 {
					t.Errorf("%d forms for %s, want 1", n, action)
				}
			}
			if n := strings.Count(page, "<form "); n != 4 {
				t.Errorf("%d forms, want 4", n)
			}
		})
	}
}

// A feature does not see the cookies of another one.
func TestCookiesOfFeaturesAreApart(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	s := newSite(t, func(c *cardea.Config) {
		for _, id := range []string{"x", "y"} {
			addFeature(c, id, func(h *cardea.Host) error {
				h.Handle(rule("GET", id+"/set", feature.SenderAnybody, feature.VisitorAnybody),
					func(w http.ResponseWriter, r *http.Request) error {
						err := h.Cookie(r.Context(), "a").Set(time.Minute, oauth.Claims{"of": id})
						w.WriteHeader(http.StatusNoContent) // the feature writes the response itself
						return err
					})
				h.Handle(rule("GET", id+"/get", feature.SenderAnybody, feature.VisitorAnybody),
					func(_ http.ResponseWriter, r *http.Request) error {
						seen[id] = h.Cookie(r.Context(), "a").Values().String("of")
						return h.JSON(r.Context(), 200, nil)
					})
				return nil
			})
		}
	})
	now := s.setClock()
	b := newBrowser(t, s.URL)
	visit(t, b, s.URL+"/api/auth/x/set")
	visit(t, b, s.URL+"/api/auth/x/get")
	visit(t, b, s.URL+"/api/auth/y/get")
	if seen["x"] != "x" || seen["y"] != "" {
		t.Errorf("seen %v", seen)
	}
	// The value of one under the name of the other is worth nothing.
	c := cookiesOf(b)
	c["authjs.feature.y.a"] = c["authjs.feature.x.a"]
	send(t, s.URL+"/api/auth/y/get", c, nil)
	if seen["y"] != "" || c["authjs.feature.x.a"] == "" {
		t.Errorf("seen %v", seen)
	}
	now.advance(2 * time.Minute)
	send(t, s.URL+"/api/auth/x/get", c, nil)
	if seen["x"] != "" {
		t.Error("the cookie is accepted after it has expired")
	}
}

// A condition holds for every way in: whoever does not meet it gets no session.
func TestConditionsHoldForEveryWayIn(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		refuse := func(to string, err error) func(*cardea.Config, *email.Options) {
			return func(c *cardea.Config, _ *email.Options) {
				c.Session.Strategy = strategy
				addFeature(c, "gate", func(h *cardea.Host) error {
					h.Require(func(ctx context.Context, in *cardea.SignIn) (string, error) {
						if in.VerificationRequest {
							t.Error("asked about a person who has proven nothing")
						}
						if err := h.Cookie(ctx, "pending").Set(time.Minute,
							oauth.Claims{"user": in.User.ID}); err != nil {
							return "", err
						}
						return to, err
					})
					h.Offer(feature.Way{ID: "form", Name: "a form", Finish: func(_ http.ResponseWriter,
						r *http.Request) error {
						u, err := h.Adapter().UserByEmail(r.Context(), "ann@example.com")
						if err != nil {
							return err
						}
						return h.Complete(r.Context(), cardea.Proof{UserID: u.ID})
					}})
					return nil
				})
			}
		}
		for _, tc := range []struct {
			name string
			to   string
			err  error
			want string
		}{
			{"elsewhere", "/api/auth/challenge", nil, "/api/auth/challenge"},
			{"refused", "", errors.New("no"), "error=AccessDenied"},
			{"refused with a code", "", &cardea.Error{Code: cardea.CodeVerification}, "error=Verification"},
		} {
			m := newMailSite(t, refuse(tc.to, tc.err))
			ann := m.newUser(t, "Ann")
			for way, signIn := range map[string]func(b *cardeatest.Browser) string{
				"a provider": func(b *cardeatest.Browser) string {
					m.issuer.Next(bob)
					return openCallback(t, b, beginAs(t, b, "idp", bob.Subject, "/"))
				},
				"a form": func(b *cardeatest.Browser) string {
					return b.Post("/callback/form",
						nil).Header.Get("Location")
				},
				"a link": func(b *cardeatest.Browser) string {
					b.Post("/signin/email", url.Values{"email": {"eve@example.com"}})
					sent := m.mails.All()
					return visit(t, b, sent[len(sent)-1].Link).Header.Get("Location")
				},
				"a code": func(b *cardeatest.Browser) string {
					b.Post("/signin/email", url.Values{"email": {"eva@example.com"}})
					sent := m.mails.All()
					return b.Post("/callback/email",
						url.Values{"code": {sent[len(sent)-1].Code}}).Header.Get("Location")
				},
				"the application": func(b *cardeatest.Browser) string {
					w := httptest.NewRecorder()
					_, err := m.auth.SignIn(w, requestOf(m.site, b), cardea.Proof{UserID: ann.ID})
					e, ok := errors.AsType[*cardea.Error](err)
					if !ok || setCookie(w.Result(), sessionCookie) != nil {
						t.Errorf("SignIn: %v", err)
						return ""
					}
					site, _ := url.Parse(m.URL)
					b.Jar.SetCookies(site, w.Result().Cookies())
					return e.Redirect + "error=" + string(e.Code)
				},
			} {
				b := newBrowser(t, m.URL)
				b.CSRFToken()
				if to := signIn(b); !strings.Contains(to, tc.want) || b.Session() != nil {
					t.Errorf("%s, %s: to %s, session %v", tc.name, way, to, b.Session())
				}
				if cookiesOf(b)["authjs.feature.gate.pending"] == "" {
					t.Errorf("%s, %s: the cookie of the condition is lost", tc.name, way)
				}
			}
		}
	})
}

// rowStore keeps the rows of a feature.
type rowStore struct {
	mu     sync.Mutex
	rows   map[string]bool
	broken error
}

func (s *rowStore) has(_ context.Context, id string) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rows[id], s.broken
}

func (s *rowStore) delete(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken == nil {
		delete(s.rows, id)
	}
	return s.broken
}

// Rows of a feature go with the user, count for the last credential, and keep a stranger who
// registered an address from sharing the user with its owner.
func TestRowsOfFeatures(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		rows := &rowStore{rows: map[string]bool{}}
		logs := &rowStore{rows: map[string]bool{}}
		adopt := false
		m := newMailSite(t, func(c *cardea.Config, o *email.Options) {
			c.Session.Strategy = strategy
			o.Adopt = func(context.Context, *cardea.User) (bool, error) { return adopt, nil }
			addFeature(c, "x", func(h *cardea.Host) error {
				h.Rows(feature.Rows{Delete: rows.delete, HasCredential: rows.has})
				h.Rows(feature.Rows{Delete: logs.delete})
				return nil
			})
		})
		b := m.signedIn(t, "1001")
		ann := m.accountOwner(t, "idp", "1001")
		u, err := m.store.UserByID(t.Context(), ann)
		if err != nil {
			t.Fatal(err)
		}
		u.EmailVerified = time.Time{}
		if err := m.store.UpdateUser(t.Context(), u); err != nil {
			t.Fatal(err)
		}
		logs.rows[ann] = true
		if err := m.auth.UnlinkAccount(t.Context(), ann, "idp", "1001"); !errors.Is(err, cardea.ErrLastCredential) {
			t.Errorf("unlinking the last credential: %v", err)
		}
		rows.rows[ann], rows.broken = true, errStore
		if err := m.auth.UnlinkAccount(t.Context(), ann, "idp", "1001"); !errors.Is(err, errStore) {
			t.Errorf("unlinking when the feature fails: %v", err)
		}
		if err := m.auth.DeleteUser(t.Context(), ann); !errors.Is(err, errStore) || signedInEmail(b) == "" {
			t.Errorf("deleting when the feature fails: %v", err)
		}
		rows.broken = nil
		if err := m.auth.UnlinkAccount(t.Context(), ann, "idp", "1001"); err != nil {
			t.Errorf("unlinking beside a credential of the feature: %v", err)
		}

		// The owner of the address, by mail: another user, because the old one has a credential.
		byMail := func() string {
			owner := newBrowser(t, m.URL)
			owner.Post("/signin/email", url.Values{"email": {"ann@example.com"}})
			sent := m.mails.All()
			visit(t, owner, sent[len(sent)-1].Link)
			if s := m.sessionOf(t, owner); s != nil {
				return s.UserID
			}
			return ""
		}
		if got := byMail(); got == ann || got == "" {
			t.Errorf("by mail signed in as %q, and the stranger is %q", got, ann)
		}
		squatter := m.newUser(t, "Squatter")
		squatter.Email = "ann@example.com"
		if first, err := m.store.UserByEmail(t.Context(), squatter.Email); err != nil ||
			m.auth.DeleteUser(t.Context(), first.ID) != nil {
			t.Fatal(err)
		}
		if err := m.store.UpdateUser(t.Context(), squatter); err != nil {
			t.Fatal(err)
		}
		rows.rows[squatter.ID], logs.rows[squatter.ID], adopt = true, true, true
		if got := byMail(); got != squatter.ID || rows.rows[squatter.ID] || !logs.rows[squatter.ID] {
			t.Errorf("adopted %q, credential left %t, log left %t", got, rows.rows[squatter.ID], logs.rows[squatter.ID])
		}
		rows.rows[squatter.ID] = true
		if err := m.auth.DeleteUser(t.Context(), squatter.ID); err != nil || rows.rows[squatter.ID] ||
			logs.rows[squatter.ID] {
			t.Errorf("deleted: %v, rows %v, %v", err, rows.rows, logs.rows)
		}
	})
}

func TestPagesAndSectionsOfFeatures(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) {
		for _, id := range []string{"b", "a"} {
			addFeature(c, id, func(h *cardea.Host) error {
				h.Section(feature.Section{ID: id, Order: 1, Content: func(ctx context.Context) (feature.Page, error) {
					u, err := cardea.UserAs[cardea.User](ctx)
					if err != nil {
						return feature.Page{}, err
					}
					return feature.Page{
						Title: "Section " + id, Text: []string{"of <b>" + u.Name}, Error: "Oh!", HTML: "<svg></svg>",
						Forms: []feature.Form{{
							Path: id + "/act", Button: "Act", Hidden: map[string]string{"q": `"1"`},
							Fields: []feature.Field{{Name: "n"}},
						}},
					}, nil
				}})
				h.Handle(rule("GET", id+"/page", feature.SenderAnybody, feature.VisitorAnybody),
					func(_ http.ResponseWriter, r *http.Request) error {
						return h.Page(r.Context(), feature.Page{Title: "Alone", Text: []string{"x"}})
					})
				return nil
			})
		}
	})
	if res := visit(t, newBrowser(t, s.URL), s.URL+"/api/auth/account"); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("nobody's account page: %s", res.Status)
	}
	b := s.signedIn(t, "1001")
	res := visit(t, b, s.URL+"/api/auth/account")
	body := text(t, res)
	for _, want := range []string{
		`<section id="a">`, `<section id="b">`, "<h2>Section a</h2>", "of &lt;b&gt;Ann Example", "<svg></svg>",
		`role="alert"`,
		`action="/api/auth/a/act"`, `name="q" value="&#34;1&#34;"`, `name="n"`,
		`name="csrfToken" value="` + b.CSRFToken() + `"`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the account page lacks %s", want)
		}
	}
	if strings.Index(body, "Section a") > strings.Index(body, "Section b") {
		t.Error("the sections are not sorted")
	}
	if csp := res.Header.Get("Content-Security-Policy"); !strings.HasPrefix(csp,
		"default-src 'none'; style-src 'sha256-") {
		t.Errorf("policy %q", csp)
	}
	checkPrivate(t, res)
	if body := text(t, visit(t, b, s.URL+"/api/auth/a/page")); !strings.Contains(body, "<h1>Alone</h1>") {
		t.Errorf("a page of a feature:\n%s", body)
	}
}

// The methods of Host say so if they are called without a request.
func TestHostWithoutARequest(t *testing.T) {
	t.Parallel()
	var f *testFeature
	newSite(t, func(c *cardea.Config) { f = addFeature(c, "x", func(*cardea.Host) error { return nil }) })
	h, ctx := f.host, t.Context()
	for what, err := range map[string]error{
		"Complete": h.Complete(ctx, cardea.Proof{UserID: "1"}), "Redirect": h.Redirect(ctx, "/"),
		"JSON": h.JSON(ctx, 200, nil), "Page": h.Page(ctx, feature.Page{}), "Cookie": h.Cookie(ctx, "a").Set(1, nil),
	} {
		if err == nil {
			t.Errorf("%s: no error", what)
		}
	}
	h.Cookie(ctx, "a").Clear()
	h.SetCallbackURL(ctx, "/")
	if h.Form(ctx) != nil || h.Cookie(ctx, "a").Values() != nil || h.URL(ctx, "x")+h.CallbackURL(ctx) != "" {
		t.Error("there is something without a request")
	}
}
