package cardea_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/credentials"
	"github.com/cardea-auth/cardea/oauth"
)

// credentialsSite is a site with a form for a name and a password besides the provider idp.
type credentialsSite struct {
	*site
	ann    *cardea.User
	checks atomic.Int32                      // how often authorize was called
	last   atomic.Pointer[credentials.Input] // its last input
	log    logRecorder
}

// password is that of Ann.
const password = "open sesame, if you please"

func newCredentialsSite(t *testing.T, change func(*cardea.Config)) *credentialsSite {
	t.Helper()
	s := &credentialsSite{
		ann: &cardea.User{ID: "7", Name: "Ann Example", Email: "ann@example.com", EmailVerified: time.Unix(1e9, 0)},
	}
	s.site = newSite(t, func(c *cardea.Config) {
		c.Logger = s.log.logger()
		c.Providers = append(c.Providers, credentials.New(credentials.Options{
			Fields: []cardea.Field{
				{Name: "name", Label: "Name", Required: true},
				{Name: "password", Type: "password", Autocomplete: "current-password"},
			},
			Authorize: s.authorize,
			Messages:  map[string]string{"locked": "Ask the porter."},
		}))
		if err := c.Adapter.CreateUser(t.Context(), s.ann); err != nil {
			t.Fatal(err)
		}
		if change != nil {
			change(c)
		}
	})
	return s
}

// authorize accepts Ann and her password. Other names say what it does.
func (s *credentialsSite) authorize(_ context.Context, in credentials.Input) (*cardea.User, error) {
	s.checks.Add(1)
	s.last.Store(&in)
	switch name := in.Get("name"); {
	case name == "ann" && in.Get("password") == password:
		return s.ann, nil
	case name == "locked":
		return nil, credentials.Refuse("locked")
	case name == "odd":
		return nil, credentials.Refuse("a&b=<c>")
	case name == "denied":
		return nil, &cardea.Error{Code: cardea.CodeAccessDenied, Err: errors.New("not today")}
	case name == "limited":
		return nil, &cardea.Error{Code: cardea.CodeRateLimited, RetryAfter: 90*time.Second - time.Millisecond}
	case name == "broken":
		return nil, errors.New("the directory is unavailable")
	case name == "ghost":
		return &cardea.User{ID: "no such user"}, nil
	case name == "other":
		return &cardea.User{
			ID: s.ann.ID, Name: "Other", Email: "other@example.com", Image: "https://example.com/o.png",
		}, nil
	case name == "nameless":
		return &cardea.User{Name: "Nameless"}, nil
	}
	return nil, nil
}

// post posts a name and the password to the callback endpoint.
func (s *credentialsSite) post(
	t *testing.T, b *cardeatest.Browser, name string, change ...func(*http.Request),
) *http.Response {
	t.Helper()
	fields := form(b, "name", name, "password", password, "callbackUrl", "/next") // sets the CSRF cookie
	return send(t, s.URL+"/api/auth/callback/credentials", cookiesOf(b), fields, change...)
}

// signInAnn signs Ann in with the form.
func (s *credentialsSite) signInAnn(t *testing.T, b *cardeatest.Browser) {
	t.Helper()
	res := b.Post("/callback/credentials",
		url.Values{"name": {"ann"}, "password": {password}, "callbackUrl": {"/next"}})
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != s.URL+"/next" {
		t.Fatalf("response = %s to %s", res.Status, res.Header.Get("Location"))
	}
}

// Name, address and picture that Authorize returns are not used if there is a store: its row
// counts. Without a store, they are all that is known.
func TestOnlyTheIDOfAuthorizeCountsWithAStore(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*cardea.Config)
		want   [3]any
	}{
		"database": {func(c *cardea.Config) { c.Session.Strategy = cardea.StrategyDatabase },
			[3]any{"Ann Example", "ann@example.com", nil}},
		"jwt": {func(c *cardea.Config) { c.Session.Strategy = cardea.StrategyJWT },
			[3]any{"Ann Example", "ann@example.com", nil}},
		"without adapter": {func(c *cardea.Config) { c.Adapter = nil },
			[3]any{"Other", "other@example.com", "https://example.com/o.png"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newCredentialsSite(t, tc.change)
			b := newBrowser(t, s.URL)
			b.Post("/callback/credentials", url.Values{"name": {"other"}, "password": {password}})
			user, _ := b.Session()["user"].(map[string]any)
			if got := [3]any{user["name"], user["email"], user["image"]}; got != tc.want {
				t.Errorf("the session has %v, want %v", got, tc.want)
			}
		})
	}
}

// Auth.js writes a JWT for credentials with any strategy. With database sessions, the next read of
// the session discards it.
func TestCredentialsSignInWithBothStrategies(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*cardea.Config){
		"database":        func(c *cardea.Config) { c.Session.Strategy = cardea.StrategyDatabase },
		"jwt":             func(c *cardea.Config) { c.Session.Strategy = cardea.StrategyJWT },
		"without adapter": func(c *cardea.Config) { c.Adapter = nil },
		"v4, database":    func(c *cardea.Config) { c.Protocol = cardea.ProtocolV4 },
		"v4, jwt": func(c *cardea.Config) {
			c.Protocol, c.Session.Strategy = cardea.ProtocolV4, cardea.StrategyJWT
		},
		"no other provider":   func(c *cardea.Config) { c.Providers = c.Providers[1:] },
		"an application page": func(c *cardea.Config) { c.Pages.SignIn = "/own" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked, reported []*cardea.SignIn
			s := newCredentialsSite(t, func(c *cardea.Config) {
				change(c)
				c.Callbacks.SignIn = func(_ context.Context, in *cardea.SignIn) (string, error) {
					asked = append(asked, in)
					return "", nil
				}
				c.Events.SignIn = func(_ context.Context, in *cardea.SignIn) { reported = append(reported, in) }
				c.Events.CreateUser = func(context.Context, *cardea.User) { t.Error("a user was created") }
				c.Events.LinkAccount = func(context.Context, *cardea.User, *cardea.Account, *oauth.Profile) {
					t.Error("an account was linked")
				}
			})
			b := newBrowser(t, s.URL)
			before := b.CSRFToken()
			s.signInAnn(t, b)
			if got := signedInEmail(b); got != "ann@example.com" {
				t.Errorf("signed in as %q", got)
			}
			if b.CSRFToken() == before {
				t.Error("the CSRF token from before the sign-in is still valid")
			}
			for _, in := range append(asked, reported...) {
				if in.User.ID != s.ann.ID || in.IsNewUser || in.Account.Type != cardea.TypeCredentials ||
					in.Account.Provider != "credentials" ||
					in.Account.ProviderAccountID != s.ann.ID || in.Profile.Email != "ann@example.com" {
					t.Errorf("user %+v, account %+v, profile %+v", in.User, in.Account, in.Profile)
				}
			}
			if len(asked) != 1 || len(reported) != 1 {
				t.Errorf("%d calls of the callback, %d of the event; want 1, 1", len(asked), len(reported))
			}
			if list, err := s.store.Accounts(t.Context(), s.ann.ID); err != nil || len(list) != 0 {
				t.Errorf("%d accounts, %v; want none", len(list), err)
			}
			b.Post("/signout", nil)
			if signedInEmail(b) != "" {
				t.Error("the session remains after signing out")
			}
		})
	}
}

// passport CVE-2022-25896, @fastify/passport CVE-2023-29019, fiber CVE-2024-38513: the sign-in
// replaces the session from before, whether it belongs to another user or was chosen by an
// attacker. The accounts of the other user are not linked to Ann.
func TestCredentialsSignInReplacesTheSession(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		s := newCredentialsSite(t, func(c *cardea.Config) { c.Session.Strategy = strategy })
		s.issuer.Next(bob)
		b := s.signedIn(t, bob.Subject)
		first := cookiesOf(b)
		s.signInAnn(t, b)
		if got := signedInEmail(b); got != "ann@example.com" {
			t.Errorf("signed in as %q", got)
		}
		if got := s.sessionBody(t, first); got != "null" {
			t.Errorf("the session from before is still valid: %s", got)
		}
		site, _ := url.Parse(s.URL)
		chosen := strings.Repeat("a", 43)
		b = newBrowser(t, s.URL)
		b.Jar.SetCookies(site, []*http.Cookie{{Name: sessionCookie, Value: chosen, Path: "/"}})
		s.signInAnn(t, b)
		if sessionToken(b) == chosen || s.sessionBody(t, cookies{sessionCookie: chosen}) != "null" {
			t.Error("a session token that was chosen beforehand is valid")
		}
		if got := s.accounts(t, "bob@example.com"); len(got) != 1 || got[0] != "idp:2002" {
			t.Errorf("bob's accounts = %v", got)
		}
	})
}

func TestRefusedCredentialsSignNobodyIn(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		protocol cardea.Protocol
		name     string
		to       string
		status   int // of the JSON response to next-auth 4
	}{
		{cardea.ProtocolV5, "wrong", "/signin?code=credentials&error=CredentialsSignin", 401},
		{cardea.ProtocolV5, "locked", "/signin?code=locked&error=CredentialsSignin", 401},
		{cardea.ProtocolV5, "odd", "/signin?code=credentials&error=CredentialsSignin", 401},
		{cardea.ProtocolV5, "denied", "/error?error=AccessDenied", 403},
		{cardea.ProtocolV5, "broken", "/error?error=Configuration", 401},
		{cardea.ProtocolV5, "ghost", "/error?error=Configuration", 401},
		{cardea.ProtocolV5, "nameless", "/error?error=Configuration", 401},
		{cardea.ProtocolV4, "wrong", "/error?error=CredentialsSignin&provider=credentials", 401},
		{cardea.ProtocolV4, "locked", "/error?error=locked", 401},
		{cardea.ProtocolV4, "odd", "/error?error=CredentialsSignin&provider=credentials", 401},
		{cardea.ProtocolV4, "denied", "/error?error=AccessDenied", 403},
		{cardea.ProtocolV4, "broken", "/error?error=Configuration", 401},
	} {
		t.Run(map[cardea.Protocol]string{cardea.ProtocolV5: "v5 ", cardea.ProtocolV4: "v4 "}[tc.protocol]+tc.name,
			func(t *testing.T) {
				t.Parallel()
				forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
					s := newCredentialsSite(t, func(c *cardea.Config) {
						c.Protocol, c.Session.Strategy = tc.protocol, strategy
					})
					b := newBrowser(t, s.URL)
					want := s.URL + "/api/auth" + tc.to
					browser := s.post(t, b, tc.name)
					if browser.StatusCode != http.StatusSeeOther || browser.Header.Get("Location") != want {
						t.Errorf("a browser: %s to %s, want 303 to %s", browser.Status, browser.Header.Get("Location"),
							want)
					}
					v5 := s.post(t, b, tc.name, clientHeader)
					checkRedirectJSON(t, v5, want)
					v4 := send(t, s.URL+"/api/auth/callback/credentials", cookiesOf(b),
						form(b, "name", tc.name, "password", password, "json", "true", "redirect", "false"))
					checkJSON(t, v4, tc.status, `{"url":`+quote(want)+`}`)
					if to := v4.Header.Get("Location"); to != "" {
						t.Errorf("the response to next-auth 4 has the Location %s", to)
					}
					for _, res := range []*http.Response{browser, v5, v4} {
						for _, c := range res.Cookies() {
							if strings.HasSuffix(c.Name, ".session-token") {
								t.Errorf("cookie %v", c)
							}
						}
					}
				})
			})
	}
}

// A check of the application can say that there was too much, and for how long.
func TestApplicationLimitsCredentials(t *testing.T) {
	t.Parallel()
	for _, protocol := range []cardea.Protocol{cardea.ProtocolV5, cardea.ProtocolV4} {
		s := newCredentialsSite(t, func(c *cardea.Config) { c.Protocol = protocol })
		b := newBrowser(t, s.URL)
		want := `{"url":` + quote(s.URL+"/api/auth/signin?error=RateLimited") + `}`
		browser, v5 := s.post(t, b, "limited"), s.post(t, b, "limited", clientHeader)
		v4 := send(t, s.URL+"/api/auth/callback/credentials", cookiesOf(b),
			form(b, "name", "limited", "password", password, "json", "true", "redirect", "false"))
		for name, res := range map[string]*http.Response{"a browser": browser, "v5": v5, "v4": v4} {
			checkLimited(t, name, res)
			if got := res.Header.Get("Retry-After"); got != "90" {
				t.Errorf("%s: Retry-After %s, want 90", name, got)
			}
		}
		checkJSON(t, v5, http.StatusTooManyRequests, want)
		checkJSON(t, v4, http.StatusTooManyRequests, want)
		if page := text(t, browser); !strings.Contains(page, "try again in 2 minutes") {
			t.Errorf("the page does not say when to try again: %s", page)
		}
	}
}

// The SignIn callback can refuse a visitor whom the check accepts.
func TestSignInCallbackDecidesAboutCredentials(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		var redirect atomic.Bool
		s := newCredentialsSite(t, func(c *cardea.Config) {
			c.Session.Strategy = strategy
			c.Callbacks.SignIn = func(context.Context, *cardea.SignIn) (string, error) {
				if redirect.Load() {
					return "/terms", nil
				}
				return "", errors.New("disabled")
			}
		})
		b := newBrowser(t, s.URL)
		fields := url.Values{"name": {"ann"}, "password": {password}, "json": {"true"}}
		checkJSON(t, b.Post("/callback/credentials", fields), http.StatusForbidden,
			`{"url":`+quote(s.URL+"/api/auth/error?error=AccessDenied")+`}`)
		redirect.Store(true)
		checkJSON(t, b.Post("/callback/credentials", fields), http.StatusOK, `{"url":`+quote(s.URL+"/terms")+`}`)
		if got := b.Session(); got != nil {
			t.Errorf("session = %v", got)
		}
	})
}

func TestCredentialsFailuresAreLogged(t *testing.T) {
	t.Parallel()
	s := newCredentialsSite(t, nil)
	b := newBrowser(t, s.URL)
	for _, tc := range []struct{ name, level, code, cause string }{
		{"wrong", "WARN", "CredentialsSignin", "no user"},
		{"locked", "WARN", "CredentialsSignin", "refused by the application's check"},
		{"denied", "WARN", "AccessDenied", "not today"},
		{"broken", "ERROR", "Configuration", "the directory is unavailable"},
		{"ghost", "ERROR", "Configuration", "not in the store"},
		{"nameless", "ERROR", "Configuration", "without ID"},
	} {
		s.post(t, b, tc.name)
		s.log.checkFailure(t, tc.code, tc.cause)
		failures := s.log.records(t, "cardea: request failed")
		if got := failures[len(failures)-1]["level"]; got != tc.level {
			t.Errorf("%s: level %v, want %s", tc.name, got, tc.level)
		}
	}
	s.signInAnn(t, b)
	if strings.Contains(s.log.String(), password) || strings.Contains(s.log.String(), b.CSRFToken()) {
		t.Error("the log contains the password or the CSRF token")
	}
}

// unreachableStore is a store whose users cannot be read.
type unreachableStore struct{ cardea.Adapter }

func (unreachableStore) UserByID(context.Context, string) (*cardea.User, error) {
	return nil, errors.New("connection refused")
}

func TestCredentialsWithUnavailableStoreIs503(t *testing.T) {
	t.Parallel()
	s := newCredentialsSite(t, func(c *cardea.Config) { c.Adapter = unreachableStore{c.Adapter} })
	b := newBrowser(t, s.URL)
	for name, res := range map[string]*http.Response{
		"a browser": s.post(t, b, "ann"),
		"Auth.js":   s.post(t, b, "ann", clientHeader),
		"next-auth 4": send(t, s.URL+"/api/auth/callback/credentials", cookiesOf(b),
			form(b, "name", "ann", "password", password, "json", "true")),
	} {
		isJSON := strings.HasPrefix(text(t, res), `{"url":"http`)
		if res.StatusCode != http.StatusServiceUnavailable || isJSON != (name != "a browser") {
			t.Errorf("%s: %s", name, res.Status)
		}
	}
}

func TestCredentialsCheckGetsValidInputOnly(t *testing.T) {
	t.Parallel()
	const asForm, asJSON = "application/x-www-form-urlencoded", "application/json"
	const in, refused, noToken, bad = "signed in", "refused", "no CSRF token", "bad request"
	s := newCredentialsSite(t, nil)
	type bodyFunc func(b *cardeatest.Browser) string
	fields := func(pairs ...string) bodyFunc {
		return func(b *cardeatest.Browser) string { return form(b, pairs...).Encode() }
	}
	object := func(members string) bodyFunc {
		return func(b *cardeatest.Browser) string { return `{"csrfToken":"` + b.CSRFToken() + `",` + members + `}` }
	}
	for _, tc := range []struct {
		name string
		kind string
		body bodyFunc
		want string
	}{
		{"a form", asForm, fields("name", "ann", "password", password), in},
		{"JSON", asJSON, object(`"name":"ann","password":"` + password + `"`), in},
		{"no fields", asForm, fields(), refused},
		{"an empty field", asForm, fields("name", "", "password", password), refused},
		{"a number", asJSON, object(`"name":7,"password":"x"`), refused},
		{"a list", asJSON, object(`"name":["ann"],"password":"x"`), refused},
		{"an object", asJSON, object(`"name":{"$ne":null},"password":"x"`), refused},
		{"null", asJSON, object(`"name":null,"password":"x"`), refused},
		{"a long field", asForm, fields("name", "ann", "password", strings.Repeat("x", 4097)), refused},
		{"NUL", asForm, fields("name", "ann\x00", "password", password), refused},
		{"invalid UTF-8", asForm, fields("name", "ann\xff", "password", password), refused},
		{"a long body", asForm, fields("name", "ann", "x", strings.Repeat("x", 65<<10)), bad},
		{"broken JSON", asJSON, object(`"name"`), bad},
		{"multipart", "multipart/form-data; boundary=x", func(b *cardeatest.Browser) string {
			return "--x\r\nContent-Disposition: form-data; name=\"csrfToken\"\r\n\r\n" + b.CSRFToken() + "\r\n--x--"
		}, noToken},
		{"no body", "", func(*cardeatest.Browser) string { return "" }, noToken},
		{"the CSRF token of another browser", asForm, func(*cardeatest.Browser) string {
			return url.Values{"csrfToken": {strings.Repeat("0", 64)}, "name": {"ann"}, "password": {password}}.Encode()
		}, noToken},
	} {
		b := newBrowser(t, s.URL)
		body := tc.body(b)
		before := s.checks.Load()
		res := post(t, b, "callback/credentials", tc.kind, body)
		got, to := bad, strings.TrimPrefix(res.Header.Get("Location"), s.URL)
		switch {
		case res.StatusCode == http.StatusBadRequest:
		case to == "":
			got = in
		case to == "/api/auth/signin?code=credentials&error=CredentialsSignin":
			got = refused
		case to == "/api/auth/signin?error=MissingCSRF":
			got = noToken
		}
		if got != tc.want || (signedInEmail(b) != "") != (tc.want == in) {
			t.Errorf("%s: %s to %q, want %s", tc.name, res.Status, to, tc.want)
		}
		if n := s.checks.Load() - before; (n == 1) != (tc.want == in) {
			t.Errorf("%s: the check was called %d times", tc.name, n)
		}
	}
}

// OmniAuth CVE-2015-9284, for forms: another site cannot sign a visitor in, even with the CSRF
// token.
func TestAttackerCannotPostCredentialsFromAnotherSite(t *testing.T) {
	t.Parallel()
	s := newCredentialsSite(t, nil)
	b := newBrowser(t, s.URL)
	for _, origin := range []string{"https://evil.example", "null", "http://localhost"} {
		res := s.post(t, b, "ann", header("Origin", origin))
		if to := res.Header.Get("Location"); to != s.URL+"/api/auth/signin?error=MissingCSRF" {
			t.Errorf("from %s: redirected to %s", origin, to)
		}
	}
	if s.checks.Load() != 0 {
		t.Error("the check was called")
	}
}

func TestCredentialsAreTakenAtTheirEndpointOnly(t *testing.T) {
	t.Parallel()
	s := newCredentialsSite(t, nil)
	b := newBrowser(t, s.URL)
	inQuery := s.URL + "/api/auth/callback/credentials?name=ann&password=" + url.QueryEscape(password)
	checkSignInFailed(t, s.site, visit(t, b, inQuery), cardea.CodeInvalidCheck)
	checkSignInFailed(t, s.site, b.Post("/callback/idp", url.Values{"name": {"ann"}}), cardea.CodeInvalidCheck)
	checkSignInFailed(t, s.site, b.Post("/callback/unknown", url.Values{"name": {"ann"}}), cardea.CodeInvalidCheck)
	want := s.URL + "/api/auth/signin?callbackUrl=" + url.QueryEscape(s.URL+"/next")
	for _, path := range []string{"/signin/credentials", "/signin/undefined", "/signin"} {
		if to := b.Post(path, url.Values{"callbackUrl": {"/next"}}).Header.Get("Location"); to != want {
			t.Errorf("POST %s: redirected to %s, want %s", path, to, want)
		}
	}
	if s.checks.Load() != 0 {
		t.Error("the check was called")
	}
	for _, path := range []string{
		"signin/credentials/x", "signout/undefined", "session/undefined", "callback/undefined",
		"callback/credentials/x", "error/undefined/x",
	} {
		if res := visit(t, b, s.URL+"/api/auth/"+path); !unserved(res.StatusCode) {
			t.Errorf("GET %s: %s", path, res.Status)
		}
	}
	for _, path := range []string{"undefined", "credentials?name=ann&password=" + url.QueryEscape(password)} {
		res := visit(t, b, s.URL+"/api/auth/signin/"+path)
		if res.StatusCode != http.StatusOK || b.Session() != nil || s.checks.Load() != 0 {
			t.Errorf("GET signin/%s: %s, session %v", path, res.Status, b.Session())
		}
	}
	want = `"credentials":{"id":"credentials","name":"Credentials","type":"credentials",` +
		`"signinUrl":"` + s.URL + `/api/auth/signin/credentials",` +
		`"callbackUrl":"` + s.URL + `/api/auth/callback/credentials"}`
	if got := text(t, visit(t, b, s.URL+"/api/auth/providers")); !strings.Contains(got, want) {
		t.Errorf("providers = %s, want also %s", got, want)
	}
}

func TestSignInPageHasTheCredentialsForm(t *testing.T) {
	t.Parallel()
	s := newCredentialsSite(t, nil)
	b := newBrowser(t, s.URL)
	page := text(t, visit(t, b, s.URL+"/api/auth/signin"))
	for _, want := range []string{
		`<form action="/api/auth/callback/credentials" method="post">`, `name="name"`,
		`type="password" name="password"`, `autocomplete="current-password"`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	for query, want := range map[string]string{
		"error=CredentialsSignin&code=credentials":       "These details do not match",
		"error=CredentialsSignin&code=locked":            "Ask the porter.",
		"error=CredentialsSignin&code=%3Cscript%3E":      "These details do not match",
		"error=OAuthAccountNotLinked&code=locked":        "sign in the way you did the first time",
		"error=CredentialsSignin":                        "These details do not match",
		"error=CredentialsSignin&provider=other&code=no": "These details do not match",
	} {
		if page := text(t, visit(t, b, s.URL+"/api/auth/signin?"+query)); !strings.Contains(page, want) {
			t.Errorf("%s: the page does not say %q", query, want)
		}
	}
}

// The check gets the configured fields, unchanged, and no others.
func TestCredentialsInputHasTheConfiguredFieldsOnly(t *testing.T) {
	t.Parallel()
	s := newCredentialsSite(t, nil)
	b := newBrowser(t, s.URL)
	b.Post("/callback/credentials", url.Values{
		"name": {" Ann "}, "password": {password}, "role": {"admin"}, "callbackUrl": {"/x"},
	})
	in := s.last.Load()
	if in == nil || in.Get("name") != " Ann " || in.Get("password") != password ||
		in.Request().URL.Path != "/api/auth/callback/credentials" {
		t.Fatalf("the input of the check is %v", in)
	}
	for _, name := range []string{"role", "csrfToken", "callbackUrl"} {
		if in.Get(name) != "" {
			t.Errorf("%s reaches the check", name)
		}
	}
}

func TestNewReportsFaultsOfCredentials(t *testing.T) {
	t.Parallel()
	authorize := func(context.Context, credentials.Input) (*cardea.User, error) { return nil, nil }
	name := []cardea.Field{{Name: "name"}}
	for _, tc := range []struct {
		name string
		o    credentials.Options
		want []string
	}{
		{"nothing", credentials.Options{},
			[]string{"(credentials): want either Password or Authorize", "(credentials).Fields: is empty"}},
		{"both", credentials.Options{Fields: name, Authorize: authorize, Password: &credentials.Password{}},
			[]string{"want either Password or Authorize"}},
		{"an empty Password", credentials.Options{Fields: name, Password: &credentials.Password{}},
			[]string{"want Password.Find", "want Password.Verify", "want Password.Decoy", `want a field "password"`}},
		{"an invalid ID", credentials.Options{ID: "Log In", Fields: name, Authorize: authorize},
			[]string{".ID: want lower-case letters"}},
		{"a field twice", credentials.Options{Fields: append(name, name...), Authorize: authorize},
			[]string{`two fields have the name "name"`}},
		{"a field of the protocol", credentials.Options{Fields: []cardea.Field{{Name: "csrfToken"}},
			Authorize: authorize}, []string{`uses the name "csrfToken"`}},
		{"a field without name", credentials.Options{Fields: []cardea.Field{{Label: "x"}}, Authorize: authorize},
			[]string{"want a name of letters"}},
		{"a field for files", credentials.Options{Fields: []cardea.Field{{Name: "x", Type: "file"}},
			Authorize: authorize}, []string{`"x": want a type of`}},
		{"a message for an invalid code", credentials.Options{Fields: name, Authorize: authorize,
			Messages: map[string]string{"a b": "x"}}, []string{".Messages: want a reason"}},
	} {
		c := validConfig()
		c.Providers = []cardea.Provider{credentials.New(tc.o)}
		_, err := cardea.New(c)
		if err == nil {
			t.Errorf("%s: no error", tc.name)
			continue
		}
		lines := strings.Split(err.Error(), "\n")
		for _, want := range tc.want {
			if !slices.ContainsFunc(lines, func(l string) bool {
				return strings.HasPrefix(l, "cardea: Config.Providers[0] (") && strings.Contains(l, want)
			}) {
				t.Errorf("%s: no %q in\n%v", tc.name, want, err)
			}
		}
		if len(lines) != len(tc.want) {
			t.Errorf("%s: %d faults, want %d:\n%v", tc.name, len(lines), len(tc.want), err)
		}
	}
	c := validConfig()
	c.Protocol = 3
	c.Providers = append(c.Providers, &cardea.CredentialsProvider{ID: "x", Name: "X", Fields: name})
	if _, err := cardea.New(c); err == nil ||
		!strings.Contains(err.Error(), "Config.Protocol: want ProtocolV5 or ProtocolV4") ||
		!strings.Contains(err.Error(), "(x).Authorize: is missing") {
		t.Errorf("New: %v", err)
	}
}

// A form that is sent to signin/{id}, which GET providers calls signinUrl, checks nothing. The log
// says where it belongs.
func TestTheLogSaysWhereAFormBelongs(t *testing.T) {
	t.Parallel()
	var log logRecorder
	s := newSite(t, func(c *cardea.Config) {
		c.Logger = log.logger()
		c.Providers = append(c.Providers, credentials.New(credentials.Options{
			Fields: []cardea.Field{{Name: "password"}},
			Authorize: func(context.Context, credentials.Input) (*cardea.User, error) {
				return nil, credentials.Refuse("")
			},
		}))
	})
	newBrowser(t, s.URL).Post("/signin/credentials", url.Values{"password": {"secret"}})
	got := log.records(t, "cardea: a form was sent to the wrong endpoint")
	if len(got) != 1 || got[0]["cause"] != "post the fields of credentials to /api/auth/callback/credentials" {
		t.Errorf("got %v", got)
	}
	newBrowser(t, s.URL).Post("/signin/idp", nil)
	if got := log.records(t, "cardea: a form was sent to the wrong endpoint"); len(got) != 1 {
		t.Errorf("another provider: %v", got)
	}
}
