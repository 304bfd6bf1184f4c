package cardea_test

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
)

// Auth.js GHSA-x445-f3h2-j279, standards 2 and 66: a sign-in that began at one provider cannot be
// finished as that of another, though the same server stands behind both, and both have the client.
func TestAProviderCannotFinishTheSignInOfAnother(t *testing.T) {
	t.Parallel()
	var log logbook
	s := newSite(t, func(c *cardea.Config) {
		second(c)
		c.Logger = log.logger()
	})
	b := stepper(t, s.URL)
	callback := strings.Replace(arrive(t, b, "idp"), "/callback/idp", "/callback/other", 1)
	checkRefused(t, s, visit(t, b, callback), cardea.CodeConfiguration)
	log.checkFailure(t, "InvalidCheck", `the flow is for the provider "idp"`)
	if s.issuer.Requests(cardeatest.Token) != 0 || b.Session() != nil {
		t.Error("the code was used")
	}
}

// NextAuth CVE-2023-27490, standards 18 and 66: nothing that a callback is checked by can be left
// out or changed, and an answer counts only after the state was checked.
func TestEveryCheckOfACallbackIsNeeded(t *testing.T) {
	t.Parallel()
	set := func(name, value string) func(url.Values) { return func(q url.Values) { q.Set(name, value) } }
	drop := func(name string) func(url.Values) { return func(q url.Values) { q.Del(name) } }
	for _, tc := range []struct {
		name  string
		query func(url.Values)
		cause string
	}{
		{"no state", drop("state"), "state is not one of this site"},
		{"empty state", set("state", ""), "state is not one of this site"},
		{"state that nobody made", set("state", "undefined"), "state is not one of this site"},
		{"state of another form", set("state", strings.Repeat("=;", 40)), "no cookie of this flow"},
		{"state cut short", func(q url.Values) {
			q.Set("state", q.Get("state")[:len(q.Get("state"))-1])
		}, "state is not that of the flow"},
		{"state of its first part", func(q url.Values) {
			q.Set("state", q.Get("state")[:21])
		}, "state is not one of this site"},
		{"state of its first part and a letter", func(q url.Values) {
			q.Set("state", q.Get("state")[:22])
		}, "state is not that of the flow"},
		{"state with more", func(q url.Values) { q.Set("state", q.Get("state")+"A") }, "state is not that of the flow"},
		{"state in upper case", func(q url.Values) {
			q.Set("state", strings.ToUpper(q.Get("state")))
		}, "no cookie of this flow"},
		{"two states", func(q url.Values) { q.Add("state", q.Get("state")) }, "more than one state"},
		{"two codes", func(q url.Values) { q.Add("code", q.Get("code")) }, "more than one code"},
		{"two issuers", func(q url.Values) { q.Add("iss", q.Get("iss")) }, "more than one iss"},
		{"no code", drop("code"), "no code"},
		{"empty code", set("code", ""), "no code"},
		{"no iss", drop("iss"), "no iss"},
		{"empty iss", set("iss", ""), "iss is not the issuer"},
		{"iss with a slash more", func(q url.Values) { q.Set("iss", q.Get("iss")+"/") }, "iss is not the issuer"},
		{"an error, of nobody's state", func(q url.Values) {
			q.Set("error", "access_denied")
			q.Set("state", strings.Repeat("x", 73))
		}, "no cookie of this flow"},
		{"an error, of another issuer", func(q url.Values) {
			q.Set("error", "access_denied")
			q.Set("iss", "https://evil.example")
		}, "iss is not the issuer"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var log logbook
			s := newSite(t, func(c *cardea.Config) { c.Logger = log.logger() })
			b := stepper(t, s.URL)
			callback, err := url.Parse(arrive(t, b, "idp"))
			if err != nil {
				t.Fatal(err)
			}
			q := callback.Query()
			tc.query(q)
			callback.RawQuery = q.Encode()
			checkRefused(t, s, visit(t, b, callback.String()), cardea.CodeConfiguration)
			log.checkFailure(t, "InvalidCheck", tc.cause)
			if s.issuer.Requests(cardeatest.Token) != 0 || b.Session() != nil {
				t.Error("the code was used")
			}
		})
	}
}

// Where the service calls the code something else, that is what has to come once, and a code of the
// usual name is none.
func TestCodeByAnotherName(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		query func(q url.Values, code string)
		cause string // "" for a sign-in
	}{
		{"once", func(q url.Values, code string) { q.Set("authCode", code) }, ""},
		{"twice", func(q url.Values, code string) { q["authCode"] = []string{code, code} }, "more than one authCode"},
		{"only as code", func(q url.Values, code string) { q.Set("code", code) }, "no code"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var log logbook
			s := newSite(t, func(c *cardea.Config) { idp(c).CodeParam, c.Logger = "authCode", log.logger() })
			b := stepper(t, s.URL)
			callback, err := url.Parse(arrive(t, b, "idp"))
			if err != nil {
				t.Fatal(err)
			}
			q := callback.Query()
			code := q.Get("code")
			q.Del("code")
			tc.query(q, code)
			callback.RawQuery = q.Encode()
			res := visit(t, b, callback.String())
			if tc.cause == "" {
				if b.Session() == nil {
					t.Errorf("nobody is signed in: %s", &log)
				}
				return
			}
			checkRefused(t, s, res, cardea.CodeConfiguration)
			log.checkFailure(t, "InvalidCheck", tc.cause)
		})
	}
}

// NextAuth CVE-2023-27490 and CVE-2023-48309: the attempt's cookie cannot be left out or replaced
// by any other value that the site has sealed or made, and none of these is a session.
func TestNoCookieStandsInForAnother(t *testing.T) {
	t.Parallel()
	var log logbook
	s := newSite(t, func(c *cardea.Config) { c.Session.Strategy, c.Logger = cardea.StrategyJWT, log.logger() })
	signedIn := cookiesOf(cardeatest.SignIn(t, s.URL, "idp", ""))
	b := stepper(t, s.URL)
	callback := arrive(t, b, "idp")
	mine := cookiesOf(b)
	attempt := mine.attempt(t)
	another := stepper(t, s.URL)
	arrive(t, another, "idp")
	anothers := cookiesOf(another)

	values := map[string]string{
		"the session": signedIn[sessionCookie], "the CSRF token": mine[csrfCookie],
		"another attempt": anothers[anothers.attempt(t)], "nothing": "", "text": "x",
		"a callback URL": escaped(s.URL),
	}
	causes := map[string]string{
		"another attempt": "the callback's state is not that of the flow", "nothing": "no cookie of this flow",
	}
	for name, value := range values {
		res := send(t, callback, mine.with(attempt, value), nil)
		checkRefused(t, s, res, cardea.CodeConfiguration)
		log.checkFailure(t, "InvalidCheck", cmp.Or(causes[name], "the cookie of this flow: token is not valid"))
		if s.issuer.Requests(cardeatest.Token) != 1 {
			t.Fatalf("%s stands in for the attempt", name)
		}
	}
	checkRefused(t, s, send(t, callback, mine.without(attempt), nil), cardea.CodeConfiguration)
	checkRefused(t, s, send(t, callback, nil, nil), cardea.CodeConfiguration)

	values["the attempt"] = mine[attempt]
	delete(values, "the session")
	for name, value := range values {
		if got := s.sessionBody(t, cookies{sessionCookie: value}); got != "null" {
			t.Errorf("%s is a session: %s", name, got)
		}
	}
	for name, value := range map[string]string{"the session": signedIn[sessionCookie], "the attempt": mine[attempt]} {
		res := send(t, s.URL+"/api/auth/signout", signedIn.with(csrfCookie, value), url.Values{"csrfToken": {value}})
		if want := s.URL + "/api/auth/signin?error=MissingCSRF"; res.Header.Get("Location") != want {
			t.Errorf("%s is a CSRF token", name)
		}
	}
	// After all that the right cookie still works, so it was not for another reason that the others
	// did not.
	if res := send(t, callback, mine, nil); res.Header.Get("Location") != s.URL {
		t.Errorf("the right cookie leads to %s", res.Header.Get("Location"))
	}
}

// Better Auth #8949, the OAuth study of 2026 and django-allauth's notice on state, standards 4 and
// 66: the attacker's sign-in, finished in the victim's browser, signs nobody in. Neither does it
// where the victim is in the middle of a sign-in, or is signed in.
func TestAnotherBrowserCannotFinishASignIn(t *testing.T) {
	t.Parallel()
	var log logbook
	s := newSite(t, func(c *cardea.Config) { c.Logger = log.logger() })
	s.issuer.Next(person("attacker", "eve@example.com"))
	bare, busy, signedIn := stepper(t, s.URL), stepper(t, s.URL), cardeatest.SignIn(t, s.URL, "idp", "1001")
	arrive(t, busy, "idp?login_hint=1001")
	signedIn.CheckRedirect = stopAtRedirect
	for name, victim := range map[string]*cardeatest.Browser{"bare": bare, "busy": busy, "signed in": signedIn} {
		res := visit(t, victim, arrive(t, stepper(t, s.URL), "idp"))
		checkRefused(t, s, res, cardea.CodeConfiguration)
		log.checkFailure(t, "InvalidCheck", "the browser has no cookie of this flow")
		session := victim.Session()
		if name != "signed in" && session != nil || name == "signed in" &&
			session["user"].(map[string]any)["email"] != "ann@example.com" {
			t.Errorf("the victim's browser, %s, has the session %v", name, session)
		}
	}
	if got := s.owner(t, "idp", "attacker"); got != "" {
		t.Error("the attacker's account was linked")
	}
}

// OmniAuth CVE-2015-9284 and django-allauth's notice on sign-in by GET, standards 22, 62 and 70:
// only a form of the site begins a sign-in.
func TestOnlyAFormOfTheSiteBeginsASignIn(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	b := stepper(t, s.URL)
	b.CSRFToken()
	for name, res := range map[string]*http.Response{
		"GET":              visit(t, b, s.URL+"/api/auth/signin/idp"),
		"GET with a token": visit(t, b, s.URL+"/api/auth/signin/idp?csrfToken="+b.CSRFToken()),
		"GET of the page":  visit(t, b, s.URL+"/api/auth/signin?provider=idp&idp=1"),
		"no token":         send(t, s.URL+"/api/auth/signin/idp", cookiesOf(b), url.Values{}),
		"an empty token":   send(t, s.URL+"/api/auth/signin/idp", cookiesOf(b), url.Values{"csrfToken": {""}}),
		"a token without":  send(t, s.URL+"/api/auth/signin/idp", nil, url.Values{"csrfToken": {b.CSRFToken()}}),
		"the token in the URL": send(t, s.URL+"/api/auth/signin/idp?csrfToken="+b.CSRFToken(), cookiesOf(b),
			url.Values{}),
		"another kind of form": send(t, s.URL+"/api/auth/signin/idp", cookiesOf(b),
			url.Values{"csrfToken": {b.CSRFToken()}}, header("Content-Type", "text/plain")),
		"another method": send(t, s.URL+"/api/auth/signin/idp", cookiesOf(b), url.Values{"csrfToken": {b.CSRFToken()}},
			func(r *http.Request) {
				r.Method = http.MethodPut
			}),
		"a method in a header": send(t, s.URL+"/api/auth/signin/idp", cookiesOf(b), nil,
			header("X-HTTP-Method-Override", "POST")),
		"GET with X-Auth": send(t, s.URL+"/api/auth/signin/idp", cookiesOf(b), nil,
			header("X-Auth-Return-Redirect", "1")),
		"the whole CSRF cookie": send(t, s.URL+"/api/auth/signin/idp", cookiesOf(b),
			url.Values{"csrfToken": {cookiesOf(b)[csrfCookie]}}),
	} {
		if to := res.Header.Get("Location"); strings.HasPrefix(to, s.issuer.URL) ||
			strings.Contains(text(t, res), s.issuer.URL) {
			t.Errorf("%s begins a sign-in", name)
		}
		for _, c := range res.Cookies() {
			if strings.HasPrefix(c.Name, attemptPrefix) {
				t.Errorf("%s leaves an attempt", name)
			}
		}
	}
	if n := s.issuer.Requests(cardeatest.Authorize); n != 0 {
		t.Errorf("the provider was asked %d times", n)
	}
	begin(t, b, "idp", nil) // the same browser can
}

// authentik CVE-2024-23647, standards 3, 4, 6 and 23: every request has a fresh S256 challenge,
// state and, for OIDC, nonce, whatever the visitor adds to the URL.
func TestEveryRequestHasAFreshChallenge(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) { github(c) })
	evil := "code_challenge_method=plain&code_challenge=x&state=x&nonce=x&response_type=token&scope=admin&client_id=evil" +
		"&redirect_uri=https://evil.example&request=x&request_uri=https://evil.example&response_mode=fragment&client_secret=x"
	for provider, nonce := range map[string]bool{"idp": true, "github": false} {
		seen := map[string]bool{}
		for range 20 {
			to, err := url.Parse(begin(t, stepper(t, s.URL), provider+"?"+evil, nil))
			if err != nil {
				t.Fatal(err)
			}
			q := to.Query()
			names := []string{"code_challenge", "state"}
			if nonce {
				names = append(names, "nonce")
			}
			for _, name := range names {
				v := q.Get(name)
				if len(v) < 43 || seen[v] || len(q[name]) != 1 {
					t.Errorf("%s: %s is %q", provider, name, q[name])
				}
				seen[v] = true
			}
			if q.Get("code_challenge_method") != "S256" || q.Get("response_type") != "code" ||
				q.Get("client_id") != s.issuer.ClientID ||
				q.Get("redirect_uri") != s.URL+"/api/auth/callback/"+provider ||
				strings.Contains(to.RawQuery, "evil") || q.Has("response_mode") ||
				q.Has("request") || q.Has("request_uri") || q.Has("client_secret") || q.Has("nonce") != nonce {
				t.Errorf("%s: request %s", provider, to)
			}
		}
	}
}

// authentik CVE-2024-23647, standards 6 and 67: a code that somebody slips into the callback is
// refused by a provider that knows PKCE, and by the nonce where the provider does not.
func TestAnInjectedCodeIsRefused(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, provider string
		ways           []cardeatest.Misbehaviour
		cause          string
	}{
		{"PKCE stops it", "idp", nil, "invalid_grant"},
		{"PKCE stops it without OpenID Connect", "github", nil, "invalid_grant"},
		{"the nonce stops it", "idp", []cardeatest.Misbehaviour{cardeatest.IgnoresPKCE}, "id token: nonce"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var log logbook
			s := newSite(t, func(c *cardea.Config) {
				github(c)
				c.Logger = log.logger()
			})
			s.issuer.Misbehave(tc.ways...)
			s.issuer.Next(person("attacker", "eve@example.com"))
			stolen, err := url.Parse(arrive(t, stepper(t, s.URL), tc.provider))
			if err != nil {
				t.Fatal(err)
			}
			victim := stepper(t, s.URL)
			callback, err := url.Parse(arrive(t, victim, tc.provider+"?login_hint=1001"))
			if err != nil {
				t.Fatal(err)
			}
			q := callback.Query()
			q.Set("code", stolen.Query().Get("code"))
			callback.RawQuery = q.Encode()
			checkRefused(t, s, visit(t, victim, callback.String()), cardea.CodeConfiguration)
			log.checkFailure(t, "CallbackRouteError", tc.cause)
			if victim.Session() != nil || s.owner(t, tc.provider, "attacker") != "" {
				t.Error("signed in with a stolen code")
			}
		})
	}
}

// authentik CVE-2024-23647: a provider that mixes up two visitors signs in neither.
func TestSwappedCodesSignInNobody(t *testing.T) {
	t.Parallel()
	var log logbook
	s := newSite(t, func(c *cardea.Config) { c.Logger = log.logger() })
	s.issuer.Next(person("2002", "bob@example.com"))
	ann, bob := stepper(t, s.URL), stepper(t, s.URL)
	anns, bobs := arrive(t, ann, "idp?login_hint=1001"), arrive(t, bob, "idp?login_hint=2002")
	s.issuer.Misbehave(cardeatest.SwapsCodes)
	checkRefused(t, s, visit(t, ann, anns), cardea.CodeConfiguration)
	log.checkFailure(t, "CallbackRouteError", "id token: nonce")
	checkRefused(t, s, visit(t, bob, bobs), cardea.CodeConfiguration)
	if ann.Session() != nil || bob.Session() != nil {
		t.Error("somebody is signed in")
	}
}

// passport-oauth2 CVE-2021-41580, for a provider without ID tokens: an answer that holds no token
// is none.
func TestATokenAnswerWithoutTokenFails(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		way   cardeatest.Misbehaviour
		cause string
	}{
		{cardeatest.ErrorWithOK, "exchange code: refused with status 200: bad_verification_code"},
		{cardeatest.AccessTokenNull, "exchange code: answer has no access_token"},
		{cardeatest.NoAccessToken, "exchange code: answer has no access_token"},
		{cardeatest.ForeignTokenType, "exchange code: token_type is not bearer"},
		{cardeatest.Broken(cardeatest.Token, cardeatest.SendsNothing), "exchange code: answer is not a JSON object"},
		{cardeatest.Broken(cardeatest.Token, cardeatest.SendsNull), "exchange code: answer is not a JSON object"},
		{cardeatest.Broken(cardeatest.Token, cardeatest.SendsHTML), "exchange code: answer is not a JSON object"},
		{cardeatest.Broken(cardeatest.Token, cardeatest.SendsError400),
			"exchange code: refused with status 400: invalid_grant"},
		{cardeatest.Broken(cardeatest.User, cardeatest.SendsNull), "fetch profile: answer is not a JSON object"},
		{cardeatest.Broken(cardeatest.User, cardeatest.SendsHTML), "fetch profile: answer is not a JSON object"},
		{cardeatest.Broken(cardeatest.User, cardeatest.SendsError500), "fetch profile: status 500"},
		{cardeatest.Broken(cardeatest.User, cardeatest.SendsElsewhere), "fetch profile: redirect refused"},
		{cardeatest.Broken(cardeatest.Emails, cardeatest.SendsNull), "e-mail addresses: "},
		{cardeatest.Broken(cardeatest.Emails, cardeatest.SendsError500), "e-mail addresses: "},
	} {
		t.Run(string(tc.way), func(t *testing.T) {
			t.Parallel()
			var log logbook
			var store *watchedStore
			s := newSite(t, func(c *cardea.Config) {
				github(c)
				store, c.Logger = watch(c), log.logger()
			})
			s.issuer.Misbehave(tc.way)
			b := stepper(t, s.URL)
			checkRefused(t, s, finish(t, b, "github"), cardea.CodeConfiguration)
			log.checkFailure(t, "CallbackRouteError", tc.cause)
			if b.Session() != nil || len(store.writes()) > 0 || s.issuer.Stranger().Requests(cardeatest.User) != 0 {
				t.Errorf("session %v, written %v", b.Session(), store.writes())
			}
		})
	}
}

// fosite CVE-2020-15223: where the store cannot delete the session, signing out says that it
// failed, and the browser still forgets its cookie.
func TestASignOutThatFailsSaysSo(t *testing.T) {
	t.Parallel()
	for _, broken := range []string{"Session", "DeleteSession"} {
		t.Run(broken, func(t *testing.T) {
			t.Parallel()
			var store *watchedStore
			s := newSite(t, func(c *cardea.Config) { store = watch(c) })
			b := cardeatest.SignIn(t, s.URL, "idp", "")
			before := cookiesOf(b)
			store.breakDown(broken)
			b.CheckRedirect = stopAtRedirect
			res := b.Post("/signout", nil)
			if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Location") != "" {
				t.Errorf("%s to %s", res.Status, res.Header.Get("Location"))
			}
			if _, has := cookiesOf(b)[sessionCookie]; has {
				t.Error("the browser keeps its cookie")
			}
			store.breakDown()
			if s.sessionBody(t, before) == "null" {
				t.Error("the session is gone after all, so nothing failed")
			}
		})
	}
}

// Two tabs can sign in at once, and a third attempt in the browser does not disturb them; of more
// than five the oldest is forgotten.
func TestAttemptsDoNotDisturbEachOther(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	b := stepper(t, s.URL)
	var callbacks []string
	for i := range 6 {
		callbacks = append(callbacks, consent(t, b,
			begin(t, b, "idp", url.Values{"callbackUrl": {fmt.Sprint("/tab", i)}})))
	}
	forgotten := 0
	for i, callback := range callbacks {
		switch to := visit(t, b, callback).Header.Get("Location"); to {
		case fmt.Sprint(s.URL, "/tab", i):
		case s.URL + "/api/auth/error?error=Configuration":
			forgotten++
		default:
			t.Errorf("tab %d ends at %s", i, to)
		}
	}
	if forgotten != 1 {
		t.Errorf("%d attempts forgotten, want 1", forgotten)
	}
}
