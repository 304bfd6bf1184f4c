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

// door is a site with a form for a name and a password, beside idp.
type door struct {
	*site
	ann   *cardea.User
	asked atomic.Int32                      // how often the check was
	last  atomic.Pointer[credentials.Input] // what it was asked
	book  logbook
}

const password = "open sesame, if you please"

func newDoor(t *testing.T, change func(*cardea.Config)) *door {
	t.Helper()
	d := &door{
		ann: &cardea.User{ID: "7", Name: "Ann Example", Email: "ann@example.com", EmailVerified: time.Unix(1e9, 0)},
	}
	d.site = newSite(t, func(c *cardea.Config) {
		c.Logger = d.book.logger()
		c.Providers = append(c.Providers, credentials.New(credentials.Options{
			Fields: []cardea.Field{
				{Name: "name", Label: "Name", Required: true},
				{Name: "password", Type: "password", Autocomplete: "current-password"},
			},
			Authorize: d.authorize,
			Messages:  map[string]string{"locked": "Ask the porter."},
		}))
		if err := c.Adapter.CreateUser(t.Context(), d.ann); err != nil {
			t.Fatal(err)
		}
		if change != nil {
			change(c)
		}
	})
	return d
}

// authorize knows Ann and her password, and does as other names say.
func (d *door) authorize(_ context.Context, in credentials.Input) (*cardea.User, error) {
	d.asked.Add(1)
	d.last.Store(&in)
	switch name := in.Get("name"); {
	case name == "ann" && in.Get("password") == password:
		return d.ann, nil
	case name == "locked":
		return nil, credentials.Refuse("locked")
	case name == "odd":
		return nil, credentials.Refuse("a&b=<c>")
	case name == "denied":
		return nil, &cardea.Error{Code: cardea.CodeAccessDenied, Err: errors.New("not today")}
	case name == "limited":
		return nil, &cardea.Error{Code: cardea.CodeRateLimited}
	case name == "broken":
		return nil, errors.New("the directory is away")
	case name == "ghost":
		return &cardea.User{ID: "no such user"}, nil
	case name == "nameless":
		return &cardea.User{Name: "Nameless"}, nil
	}
	return nil, nil
}

// knock posts name and password to the site.
func (d *door) knock(t *testing.T, b *cardeatest.Browser, name string, change ...func(*http.Request)) *http.Response {
	t.Helper()
	fields := form(b, "name", name, "password", password, "callbackUrl", "/next") // brings the cookies
	return send(t, d.URL+"/api/auth/callback/credentials", cookiesOf(b), fields, change...)
}

// enter signs Ann in.
func (d *door) enter(t *testing.T, b *cardeatest.Browser) {
	t.Helper()
	res := b.Post("/callback/credentials",
		url.Values{"name": {"ann"}, "password": {password}, "callbackUrl": {"/next"}})
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != d.URL+"/next" {
		t.Fatalf("answer = %s to %s", res.Status, res.Header.Get("Location"))
	}
}

// The original writes a JWT whatever the strategy, which the next read of the session throws away.
func TestCredentialsSignIn(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*cardea.Config){
		"database":        func(c *cardea.Config) { c.Session.Strategy = cardea.StrategyDatabase },
		"jwt":             func(c *cardea.Config) { c.Session.Strategy = cardea.StrategyJWT },
		"without adapter": func(c *cardea.Config) { c.Adapter = nil },
		"v4, database":    func(c *cardea.Config) { c.Protocol = cardea.ProtocolV4 },
		"v4, jwt": func(c *cardea.Config) {
			c.Protocol, c.Session.Strategy = cardea.ProtocolV4, cardea.StrategyJWT
		},
		"nobody but by it":  func(c *cardea.Config) { c.Providers = c.Providers[1:] },
		"a page of our own": func(c *cardea.Config) { c.Pages.SignIn = "/own" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked, told []*cardea.SignIn
			d := newDoor(t, func(c *cardea.Config) {
				change(c)
				c.Callbacks.SignIn = func(_ context.Context, in *cardea.SignIn) (string, error) {
					asked = append(asked, in)
					return "", nil
				}
				c.Events.SignIn = func(_ context.Context, in *cardea.SignIn) { told = append(told, in) }
				c.Events.CreateUser = func(context.Context, *cardea.User) { t.Error("a user was created") }
				c.Events.LinkAccount = func(context.Context, *cardea.User, *cardea.Account, *oauth.Profile) {
					t.Error("an account was linked")
				}
			})
			b := stepper(t, d.URL)
			before := b.CSRFToken()
			d.enter(t, b)
			if got := whoIs(b); got != "ann@example.com" {
				t.Errorf("signed in as %q", got)
			}
			if b.CSRFToken() == before {
				t.Error("the CSRF token from before the sign-in is still good")
			}
			for _, in := range append(asked, told...) {
				if in.User.ID != d.ann.ID || in.IsNewUser || in.Account.Type != cardea.TypeCredentials ||
					in.Account.Provider != "credentials" ||
					in.Account.ProviderAccountID != d.ann.ID || in.Profile.Email != "ann@example.com" {
					t.Errorf("told of %+v, %+v, %+v", in.User, in.Account, in.Profile)
				}
			}
			if len(asked) != 1 || len(told) != 1 {
				t.Errorf("asked %d times, told %d times", len(asked), len(told))
			}
			if list, err := d.store.Accounts(t.Context(), d.ann.ID); err != nil || len(list) != 0 {
				t.Errorf("%d accounts, %v; want none", len(list), err)
			}
			b.Post("/signout", nil)
			if whoIs(b) != "" {
				t.Error("signing out leaves the session")
			}
		})
	}
}

// passport CVE-2022-25896, @fastify/passport CVE-2023-29019, fiber CVE-2024-38513: the session from
// before is worth nothing, a stranger's and that of another user alike; and somebody who is signed
// in gets nothing of it into Ann's user.
func TestCredentialsChangeTheSession(t *testing.T) {
	t.Parallel()
	strategies(t, func(t *testing.T, strategy cardea.Strategy) {
		d := newDoor(t, func(c *cardea.Config) { c.Session.Strategy = strategy })
		d.issuer.Next(bob)
		b := d.signedIn(t, bob.Subject)
		first := cookiesOf(b)
		d.enter(t, b)
		if got := whoIs(b); got != "ann@example.com" {
			t.Errorf("signed in as %q", got)
		}
		if got := d.sessionBody(t, first); got != "null" {
			t.Errorf("the session from before is alive: %s", got)
		}
		site, _ := url.Parse(d.URL)
		chosen := strings.Repeat("a", 43)
		b = stepper(t, d.URL)
		b.Jar.SetCookies(site, []*http.Cookie{{Name: sessionCookie, Value: chosen, Path: "/"}})
		d.enter(t, b)
		if session(b) == chosen || d.sessionBody(t, cookies{sessionCookie: chosen}) != "null" {
			t.Error("a session token that was chosen beforehand is the session")
		}
		if got := d.accounts(t, "bob@example.com"); len(got) != 1 || got[0] != "idp:2002" {
			t.Errorf("bob's accounts = %v", got)
		}
	})
}

func TestCredentialsRefused(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		protocol cardea.Protocol
		name     string
		to       string
		status   int // of the JSON answer to next-auth 4
	}{
		{cardea.ProtocolV5, "wrong", "/signin?code=credentials&error=CredentialsSignin", 401},
		{cardea.ProtocolV5, "locked", "/signin?code=locked&error=CredentialsSignin", 401},
		{cardea.ProtocolV5, "odd", "/signin?code=credentials&error=CredentialsSignin", 401},
		{cardea.ProtocolV5, "denied", "/error?error=AccessDenied", 403},
		{cardea.ProtocolV5, "broken", "/error?error=Configuration", 401},
		{cardea.ProtocolV5, "ghost", "/error?error=Configuration", 401},
		{cardea.ProtocolV5, "nameless", "/error?error=Configuration", 401},
		{cardea.ProtocolV5, "limited", "/signin?error=RateLimited", 401},
		{cardea.ProtocolV4, "wrong", "/error?error=CredentialsSignin&provider=credentials", 401},
		{cardea.ProtocolV4, "locked", "/error?error=locked", 401},
		{cardea.ProtocolV4, "odd", "/error?error=CredentialsSignin&provider=credentials", 401},
		{cardea.ProtocolV4, "denied", "/error?error=AccessDenied", 403},
		{cardea.ProtocolV4, "broken", "/error?error=Configuration", 401},
	} {
		t.Run(map[cardea.Protocol]string{cardea.ProtocolV5: "v5 ", cardea.ProtocolV4: "v4 "}[tc.protocol]+tc.name,
			func(t *testing.T) {
				t.Parallel()
				strategies(t, func(t *testing.T, strategy cardea.Strategy) {
					d := newDoor(t, func(c *cardea.Config) { c.Protocol, c.Session.Strategy = tc.protocol, strategy })
					b := stepper(t, d.URL)
					want := d.URL + "/api/auth" + tc.to
					browser := d.knock(t, b, tc.name)
					if browser.StatusCode != http.StatusSeeOther || browser.Header.Get("Location") != want {
						t.Errorf("a browser: %s to %s, want 303 to %s", browser.Status, browser.Header.Get("Location"),
							want)
					}
					v5 := d.knock(t, b, tc.name, clientHeader)
					checkRedirectJSON(t, v5, want)
					v4 := send(t, d.URL+"/api/auth/callback/credentials", cookiesOf(b),
						form(b, "name", tc.name, "password", password, "json", "true", "redirect", "false"))
					checkJSON(t, v4, tc.status, `{"url":`+quote(want)+`}`)
					if to := v4.Header.Get("Location"); to != "" {
						t.Errorf("the answer to next-auth 4 has the Location %s", to)
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

// The application's callback has the last word, whatever the check says, and nothing is written
// before it.
func TestCredentialsAndTheSignInCallback(t *testing.T) {
	t.Parallel()
	strategies(t, func(t *testing.T, strategy cardea.Strategy) {
		var elsewhere atomic.Bool
		d := newDoor(t, func(c *cardea.Config) {
			c.Session.Strategy = strategy
			c.Callbacks.SignIn = func(context.Context, *cardea.SignIn) (string, error) {
				if elsewhere.Load() {
					return "/terms", nil
				}
				return "", errors.New("disabled")
			}
		})
		b := stepper(t, d.URL)
		fields := url.Values{"name": {"ann"}, "password": {password}, "json": {"true"}}
		checkJSON(t, b.Post("/callback/credentials", fields), http.StatusForbidden,
			`{"url":`+quote(d.URL+"/api/auth/error?error=AccessDenied")+`}`)
		elsewhere.Store(true)
		checkJSON(t, b.Post("/callback/credentials", fields), http.StatusOK, `{"url":`+quote(d.URL+"/terms")+`}`)
		if got := b.Session(); got != nil {
			t.Errorf("session = %v", got)
		}
	})
}

func TestCredentialsFailuresInTheLog(t *testing.T) {
	t.Parallel()
	d := newDoor(t, nil)
	b := stepper(t, d.URL)
	for _, tc := range []struct{ name, level, code, cause string }{
		{"wrong", "WARN", "CredentialsSignin", "no user"},
		{"locked", "WARN", "CredentialsSignin", "refused by the application's check"},
		{"denied", "WARN", "AccessDenied", "not today"},
		{"broken", "ERROR", "Configuration", "the directory is away"},
		{"ghost", "ERROR", "Configuration", "not in the store"},
		{"nameless", "ERROR", "Configuration", "without ID"},
	} {
		d.knock(t, b, tc.name)
		d.book.checkFailure(t, tc.code, tc.cause)
		failures := d.book.records(t, "cardea: request failed")
		if got := failures[len(failures)-1]["level"]; got != tc.level {
			t.Errorf("%s: level %v, want %s", tc.name, got, tc.level)
		}
	}
	d.enter(t, b)
	if strings.Contains(d.book.String(), password) || strings.Contains(d.book.String(), b.CSRFToken()) {
		t.Error("the log has the password or a token")
	}
}

// away is a store that cannot be reached.
type away struct{ cardea.Adapter }

func (away) UserByID(context.Context, string) (*cardea.User, error) {
	return nil, errors.New("connection refused")
}

func TestCredentialsWhileTheStoreIsAway(t *testing.T) {
	t.Parallel()
	d := newDoor(t, func(c *cardea.Config) { c.Adapter = away{c.Adapter} })
	b := stepper(t, d.URL)
	for name, res := range map[string]*http.Response{
		"a browser": d.knock(t, b, "ann"),
		"Auth.js":   d.knock(t, b, "ann", clientHeader),
		"next-auth 4": send(t, d.URL+"/api/auth/callback/credentials", cookiesOf(b),
			form(b, "name", "ann", "password", password, "json", "true")),
	} {
		isJSON := strings.HasPrefix(text(t, res), `{"url":"http`)
		if res.StatusCode != http.StatusServiceUnavailable || isJSON != (name != "a browser") {
			t.Errorf("%s: %s", name, res.Status)
		}
	}
}

func TestCredentialsForm(t *testing.T) {
	t.Parallel()
	const asForm, asJSON = "application/x-www-form-urlencoded", "application/json"
	const in, refused, noToken, bad = "in", "refused", "no token", "bad request"
	d := newDoor(t, nil)
	fields := func(b *cardeatest.Browser, pairs ...string) string { return form(b, pairs...).Encode() }
	object := func(b *cardeatest.Browser, members string) string {
		return `{"csrfToken":"` + b.CSRFToken() + `",` + members + `}`
	}
	for _, tc := range []struct {
		name string
		kind string
		body func(b *cardeatest.Browser) string
		want string
	}{
		{"a form", asForm, func(b *cardeatest.Browser) string {
			return fields(b, "name", "ann", "password", password)
		}, in},
		{"JSON", asJSON, func(b *cardeatest.Browser) string {
			return object(b, `"name":"ann","password":"`+password+`"`)
		}, in},
		{"no fields", asForm, func(b *cardeatest.Browser) string { return fields(b) }, refused},
		{"an empty field", asForm, func(b *cardeatest.Browser) string {
			return fields(b, "name", "", "password", password)
		}, refused},
		{"a number", asJSON, func(b *cardeatest.Browser) string {
			return object(b, `"name":7,"password":"x"`)
		}, refused},
		{"a list", asJSON, func(b *cardeatest.Browser) string {
			return object(b, `"name":["ann"],"password":"x"`)
		}, refused},
		{"an object", asJSON, func(b *cardeatest.Browser) string {
			return object(b, `"name":{"$ne":null},"password":"x"`)
		}, refused},
		{"null", asJSON, func(b *cardeatest.Browser) string {
			return object(b, `"name":null,"password":"x"`)
		}, refused},
		{"a long field", asForm, func(b *cardeatest.Browser) string {
			return fields(b, "name", "ann", "password", strings.Repeat("x", 4097))
		}, refused},
		{"NUL", asForm, func(b *cardeatest.Browser) string {
			return fields(b, "name", "ann\x00", "password", password)
		}, refused},
		{"no UTF-8", asForm, func(b *cardeatest.Browser) string {
			return fields(b, "name", "ann\xff", "password", password)
		}, refused},
		{"a long body", asForm, func(b *cardeatest.Browser) string {
			return fields(b, "name", "ann", "x", strings.Repeat("x", 65<<10))
		}, bad},
		{"broken JSON", asJSON, func(b *cardeatest.Browser) string { return object(b, `"name"`) }, bad},
		{"multipart", "multipart/form-data; boundary=x", func(b *cardeatest.Browser) string {
			return "--x\r\nContent-Disposition: form-data; name=\"csrfToken\"\r\n\r\n" + b.CSRFToken() + "\r\n--x--"
		}, noToken},
		{"no body", "", func(*cardeatest.Browser) string { return "" }, noToken},
		{"a foreign token", asForm, func(*cardeatest.Browser) string {
			return url.Values{"csrfToken": {strings.Repeat("0", 64)}, "name": {"ann"}, "password": {password}}.Encode()
		}, noToken},
	} {
		b := stepper(t, d.URL)
		body := tc.body(b)
		asked := d.asked.Load()
		res := post(t, b, "callback/credentials", tc.kind, body)
		got, to := bad, strings.TrimPrefix(res.Header.Get("Location"), d.URL)
		switch {
		case res.StatusCode == http.StatusBadRequest:
		case to == "":
			got = in
		case to == "/api/auth/signin?code=credentials&error=CredentialsSignin":
			got = refused
		case to == "/api/auth/signin?error=MissingCSRF":
			got = noToken
		}
		if got != tc.want || (whoIs(b) != "") != (tc.want == in) {
			t.Errorf("%s: %s to %q, want %s", tc.name, res.Status, to, tc.want)
		}
		if n := d.asked.Load() - asked; (n == 1) != (tc.want == in) {
			t.Errorf("%s: the check was asked %d times", tc.name, n)
		}
	}
}

// OmniAuth CVE-2015-9284 for forms: another site cannot sign anybody in, even with the token.
func TestCredentialsFromAnotherSite(t *testing.T) {
	t.Parallel()
	d := newDoor(t, nil)
	b := stepper(t, d.URL)
	for _, origin := range []string{"https://evil.example", "null", "http://localhost"} {
		if to := d.knock(t, b, "ann", header("Origin", origin)).Header.Get("Location"); to != d.URL+
			"/api/auth/signin?error=MissingCSRF" {
			t.Errorf("from %s: sent to %s", origin, to)
		}
	}
	if d.asked.Load() != 0 {
		t.Error("the check was asked")
	}
}

func TestCredentialsElsewhere(t *testing.T) {
	t.Parallel()
	d := newDoor(t, nil)
	b := stepper(t, d.URL)
	checkRefused(t, d.site, visit(t, b, d.URL+"/api/auth/callback/credentials?name=ann&password="+
		url.QueryEscape(password)), cardea.CodeConfiguration)
	checkRefused(t, d.site, b.Post("/callback/idp", url.Values{"name": {"ann"}}), cardea.CodeConfiguration)
	checkRefused(t, d.site, b.Post("/callback/unknown", url.Values{"name": {"ann"}}), cardea.CodeConfiguration)
	want := d.URL + "/api/auth/signin?callbackUrl=" + url.QueryEscape(d.URL+"/next")
	for _, path := range []string{"/signin/credentials", "/signin/undefined", "/signin"} {
		if to := b.Post(path, url.Values{"callbackUrl": {"/next"}}).Header.Get("Location"); to != want {
			t.Errorf("POST %s: sent to %s, want %s", path, to, want)
		}
	}
	if d.asked.Load() != 0 {
		t.Error("the check was asked")
	}
	for _, path := range []string{
		"signin/credentials", "signout/undefined", "session/undefined", "callback/undefined", "callback/credentials/x",
		"error/undefined/x",
	} {
		if res := visit(t, b, d.URL+"/api/auth/"+path); !unserved(res.StatusCode) {
			t.Errorf("GET %s: %s", path, res.Status)
		}
	}
	if res := visit(t, b, d.URL+"/api/auth/signin/undefined"); res.StatusCode != http.StatusOK {
		t.Errorf("GET signin/undefined: %s", res.Status)
	}
	if got := text(t, visit(t, b, d.URL+"/api/auth/providers")); !strings.Contains(got,
		`"credentials":{"id":"credentials","name":"Credentials","type":"credentials",`+
			`"signinUrl":"`+d.URL+`/api/auth/signin/credentials","callbackUrl":"`+d.URL+
			`/api/auth/callback/credentials"}`) {
		t.Errorf("providers = %s", got)
	}
}

func TestCredentialsOnTheSignInPage(t *testing.T) {
	t.Parallel()
	d := newDoor(t, nil)
	b := stepper(t, d.URL)
	page := text(t, visit(t, b, d.URL+"/api/auth/signin"))
	for _, want := range []string{
		`<form action="/api/auth/callback/credentials" method="post">`, `name="name"`,
		`type="password" name="password"`, `autocomplete="current-password"`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s", want)
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
		if page := text(t, visit(t, b, d.URL+"/api/auth/signin?"+query)); !strings.Contains(page, want) {
			t.Errorf("%s: the page does not say %q", query, want)
		}
	}
}

// Only what the form asks for reaches the check, and no print of it shows what was typed.
func TestCredentialsInput(t *testing.T) {
	t.Parallel()
	d := newDoor(t, nil)
	b := stepper(t, d.URL)
	b.Post("/callback/credentials", url.Values{
		"name": {" Ann "}, "password": {password}, "role": {"admin"}, "callbackUrl": {"/x"},
	})
	in := d.last.Load()
	if in == nil || in.Get("name") != " Ann " || in.Get("password") != password ||
		in.Request().URL.Path != "/api/auth/callback/credentials" {
		t.Fatalf("the check was asked for %v", in)
	}
	for _, name := range []string{"role", "csrfToken", "callbackUrl"} {
		if in.Get(name) != "" {
			t.Errorf("%s reaches the check", name)
		}
	}
}

func TestNewNamesTheFaultsOfCredentials(t *testing.T) {
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
		{"an odd id", credentials.Options{ID: "Log In", Fields: name, Authorize: authorize},
			[]string{".ID: want lower-case letters"}},
		{"a field twice", credentials.Options{Fields: append(name, name...), Authorize: authorize},
			[]string{`"name" is there twice`}},
		{"a field of the protocol", credentials.Options{Fields: []cardea.Field{{Name: "csrfToken"}},
			Authorize: authorize}, []string{`uses the name "csrfToken"`}},
		{"a field without name", credentials.Options{Fields: []cardea.Field{{Label: "x"}}, Authorize: authorize},
			[]string{"want a name of letters"}},
		{"a field to send files", credentials.Options{Fields: []cardea.Field{{Name: "x", Type: "file"}},
			Authorize: authorize}, []string{`"x": want a type of`}},
		{"a message for no code", credentials.Options{Fields: name, Authorize: authorize,
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
