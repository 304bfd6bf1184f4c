package cardea_test

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
)

// Auth.js GHSA-x445-f3h2-j279, RFC 9700 (mix-up) and OWASP ASVS 5.0 V10: a sign-in that began at
// one provider cannot be finished at another one, even if both are the same server and have the
// same client.
func TestCallbackOfAnotherProviderIsRefused(t *testing.T) {
	t.Parallel()
	var log logRecorder
	s := newSite(t, func(c *cardea.Config) {
		addSecondProvider(c)
		c.Logger = log.logger()
	})
	b := newBrowser(t, s.URL)
	callback := strings.Replace(callbackURLOf(t, b, "idp"), "/callback/idp", "/callback/other", 1)
	checkSignInFailed(t, s, visit(t, b, callback), cardea.CodeInvalidCheck)
	log.checkFailure(t, "InvalidCheck", `the flow is for the provider "idp"`)
	if s.issuer.Requests(cardeatest.Token) != 0 || b.Session() != nil {
		t.Error("the code was used")
	}
}

// NextAuth CVE-2023-27490, RFC 9700 and OWASP ASVS 5.0 V10: no parameter of a callback that is
// checked can be left out or changed, and errors count only after the state was checked.
func TestChangedCallbacksAreRefused(t *testing.T) {
	t.Parallel()
	set := func(name, value string) func(url.Values) { return func(q url.Values) { q.Set(name, value) } }
	drop := func(name string) func(url.Values) { return func(q url.Values) { q.Del(name) } }
	repeat := func(name string) func(url.Values) { return func(q url.Values) { q.Add(name, q.Get(name)) } }
	change := func(name string, f func(string) string) func(url.Values) {
		return func(q url.Values) { q.Set(name, f(q.Get(name))) }
	}
	for _, tc := range []struct {
		name  string
		query func(url.Values)
		cause string
	}{
		{"no state", drop("state"), "state is not one of this site"},
		{"empty state", set("state", ""), "state is not one of this site"},
		{"state that is not random", set("state", "undefined"), "state is not one of this site"},
		{"state with characters of cookies", set("state", strings.Repeat("=;", 40)), "no cookie of this flow"},
		{
			"state without its last character",
			change("state", func(state string) string { return state[:len(state)-1] }), "state is not that of the flow",
		},
		{
			"only the id of the flow as state",
			change("state", func(state string) string { return state[:21] }), "state is not one of this site",
		},
		{
			"the id of the flow and a letter as state",
			change("state", func(state string) string { return state[:22] }), "state is not that of the flow",
		},
		{
			"state with another letter",
			change("state", func(state string) string { return state + "A" }), "state is not that of the flow",
		},
		{"state in upper case", change("state", strings.ToUpper), "no cookie of this flow"},
		{"two states", repeat("state"), "more than one state"},
		{"two codes", repeat("code"), "more than one code"},
		{"two iss", repeat("iss"), "more than one iss"},
		{"no code", drop("code"), "no code"},
		{"empty code", set("code", ""), "no code"},
		{"no iss", drop("iss"), "no iss"},
		{"empty iss", set("iss", ""), "iss is not the issuer"},
		{
			"iss with an additional slash",
			change("iss", func(iss string) string { return iss + "/" }), "iss is not the issuer",
		},
		{
			"an error with an unknown state",
			func(q url.Values) {
				q.Set("error", "access_denied")
				q.Set("state", strings.Repeat("x", 73))
			},
			"no cookie of this flow",
		},
		{
			"an error of another issuer",
			func(q url.Values) {
				q.Set("error", "access_denied")
				q.Set("iss", "https://evil.example")
			},
			"iss is not the issuer",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var log logRecorder
			s := newSite(t, func(c *cardea.Config) { c.Logger = log.logger() })
			b := newBrowser(t, s.URL)
			callback, err := url.Parse(callbackURLOf(t, b, "idp"))
			if err != nil {
				t.Fatal(err)
			}
			q := callback.Query()
			tc.query(q)
			callback.RawQuery = q.Encode()
			checkSignInFailed(t, s, visit(t, b, callback.String()), cardea.CodeInvalidCheck)
			log.checkFailure(t, "InvalidCheck", tc.cause)
			if s.issuer.Requests(cardeatest.Token) != 0 || b.Session() != nil {
				t.Error("the code was used")
			}
		})
	}
}

// If a provider calls the code something else, the callback must have exactly one parameter of that
// name, and a parameter code does not count.
func TestCodeParam(t *testing.T) {
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
			var log logRecorder
			s := newSite(t, func(c *cardea.Config) { idp(c).CodeParam, c.Logger = "authCode", log.logger() })
			b := newBrowser(t, s.URL)
			callback, err := url.Parse(callbackURLOf(t, b, "idp"))
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
			checkSignInFailed(t, s, res, cardea.CodeInvalidCheck)
			log.checkFailure(t, "InvalidCheck", tc.cause)
		})
	}
}

// NextAuth CVE-2023-27490 and CVE-2023-48309: no other value that the site has encrypted or signed
// can replace the cookie of the flow state, and none of them is accepted as a session.
func TestNoCookieReplacesAnother(t *testing.T) {
	t.Parallel()
	var log logRecorder
	s := newSite(t, func(c *cardea.Config) { c.Session.Strategy, c.Logger = cardea.StrategyJWT, log.logger() })
	signedIn := cookiesOf(cardeatest.SignIn(t, s.URL, "idp", ""))
	b := newBrowser(t, s.URL)
	callback := callbackURLOf(t, b, "idp")
	own := cookiesOf(b)
	flow := own.stateCookieName(t)
	other := newBrowser(t, s.URL)
	callbackURLOf(t, other, "idp")
	others := cookiesOf(other)

	values := map[string]string{
		"the session": signedIn[sessionCookie], "the CSRF token": own[csrfCookie],
		"another flow": others[others.stateCookieName(t)], "an empty value": "", "a text": "x",
		"a callback URL": cookieEscape(s.URL),
	}
	causes := map[string]string{
		"another flow":   "the callback's state is not that of the flow",
		"an empty value": "no cookie of this flow",
	}
	for name, value := range values {
		res := send(t, callback, own.with(flow, value), nil)
		checkSignInFailed(t, s, res, cardea.CodeInvalidCheck)
		log.checkFailure(t, "InvalidCheck", cmp.Or(causes[name], "the cookie of this flow: token is not valid"))
		if s.issuer.Requests(cardeatest.Token) != 1 {
			t.Fatalf("%s is accepted as the flow state", name)
		}
	}
	checkSignInFailed(t, s, send(t, callback, own.without(flow), nil), cardea.CodeInvalidCheck)
	checkSignInFailed(t, s, send(t, callback, nil, nil), cardea.CodeInvalidCheck)

	values["the flow state"] = own[flow]
	delete(values, "the session")
	for name, value := range values {
		if got := s.sessionBody(t, cookies{sessionCookie: value}); got != "null" {
			t.Errorf("%s is accepted as a session: %s", name, got)
		}
	}
	for name, value := range map[string]string{"the session": signedIn[sessionCookie], "the flow state": own[flow]} {
		res := send(t, s.URL+"/api/auth/signout", signedIn.with(csrfCookie, value), url.Values{"csrfToken": {value}})
		if want := s.URL + "/api/auth/signin?error=MissingCSRF"; res.Header.Get("Location") != want {
			t.Errorf("%s is accepted as a CSRF token", name)
		}
	}
	// The right cookie still works, so the others were not refused for another reason.
	if res := send(t, callback, own, nil); res.Header.Get("Location") != s.URL {
		t.Errorf("the right cookie leads to %s", res.Header.Get("Location"))
	}
}

// Better Auth #8949, the OAuth study of 2026 and django-allauth's notice on state, RFC 9700 § 4.7.1
// and OWASP ASVS 5.0 V10: the attacker's callback URL, opened in the victim's browser, does not
// sign in, also if the victim has begun a sign-in or is signed in.
func TestCallbackInAnotherBrowserIsRefused(t *testing.T) {
	t.Parallel()
	var log logRecorder
	s := newSite(t, func(c *cardea.Config) { c.Logger = log.logger() })
	now := s.setClock()
	s.issuer.Next(newPerson("attacker", "eve@example.com"))
	fresh, begun, signedIn := newBrowser(t, s.URL), newBrowser(t, s.URL), cardeatest.SignIn(t, s.URL, "idp", "1001")
	callbackURLOf(t, begun, "idp?login_hint=1001")
	signedIn.CheckRedirect = stopAtRedirect
	now.advance(time.Minute)
	for name, victim := range map[string]*cardeatest.Browser{
		"without cookies": fresh, "with a flow": begun, "signed in": signedIn,
	} {
		res := visit(t, victim, callbackURLOf(t, newBrowser(t, s.URL), "idp"))
		checkSignInFailed(t, s, res, cardea.CodeInvalidCheck)
		log.checkFailure(t, "InvalidCheck", "the browser has no cookie of this flow")
		session := victim.Session()
		if name != "signed in" && session != nil ||
			name == "signed in" && session["user"].(map[string]any)["email"] != "ann@example.com" {
			t.Errorf("the victim's browser, %s, has the session %v", name, session)
		}
	}
	if got := s.accountOwner(t, "idp", "attacker"); got != "" {
		t.Error("the attacker's account was linked")
	}
}

// OmniAuth CVE-2015-9284 and django-allauth's notice on sign-in by GET, OWASP ASVS 5.0 V3 and V7:
// only a POST with the CSRF token begins a sign-in.
func TestOnlyAPostWithTheCSRFTokenBeginsASignIn(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	b := newBrowser(t, s.URL)
	token := url.Values{"csrfToken": {b.CSRFToken()}}
	mine, endpoint := cookiesOf(b), s.URL+"/api/auth/signin/idp"
	put := func(r *http.Request) { r.Method = http.MethodPut }
	for name, res := range map[string]*http.Response{
		"GET":                  visit(t, b, endpoint),
		"GET with a token":     visit(t, b, endpoint+"?"+token.Encode()),
		"GET of the page":      visit(t, b, s.URL+"/api/auth/signin?provider=idp&idp=1"),
		"no token":             send(t, endpoint, mine, url.Values{}),
		"an empty token":       send(t, endpoint, mine, url.Values{"csrfToken": {""}}),
		"no cookie":            send(t, endpoint, nil, token),
		"the token in the URL": send(t, endpoint+"?"+token.Encode(), mine, url.Values{}),
		"another Content-Type": send(t, endpoint, mine, token, header("Content-Type", "text/plain")),
		"PUT":                  send(t, endpoint, mine, token, put),
		"a method in a header": send(t, endpoint, mine, nil, header("X-HTTP-Method-Override", "POST")),
		"GET of the client":    send(t, endpoint, mine, nil, header("X-Auth-Return-Redirect", "1")),
		"the CSRF cookie":      send(t, endpoint, mine, url.Values{"csrfToken": {mine[csrfCookie]}}),
	} {
		to := res.Header.Get("Location")
		if strings.HasPrefix(to, s.issuer.URL) || strings.Contains(text(t, res), s.issuer.URL) {
			t.Errorf("%s begins a sign-in", name)
		}
		for _, c := range res.Cookies() {
			if strings.HasPrefix(c.Name, stateCookiePrefix) {
				t.Errorf("%s sets a cookie for a flow state", name)
			}
		}
	}
	if n := s.issuer.Requests(cardeatest.Authorize); n != 0 {
		t.Errorf("%d authorization requests, want none", n)
	}
	startSignIn(t, b, "idp", nil) // the form of the same browser does begin one
}

// authentik CVE-2024-23647, RFC 9700 § 2.1.1: every authorization request has a fresh state, S256
// challenge and, for OIDC, nonce, and parameters of the visitor change nothing.
func TestEachAuthorizationRequestHasFreshSecrets(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) { addGitHub(c) })
	evil := "code_challenge_method=plain&code_challenge=x&state=x&nonce=x&response_type=token&scope=admin" +
		"&client_id=evil&redirect_uri=https://evil.example&request=x&request_uri=https://evil.example" +
		"&response_mode=fragment&client_secret=x"
	for provider, nonce := range map[string]bool{"idp": true, "github": false} {
		seen := map[string]bool{}
		for range 20 {
			to, err := url.Parse(startSignIn(t, newBrowser(t, s.URL), provider+"?"+evil, nil))
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
					t.Errorf("%s: %s = %q, want one fresh value", provider, name, q[name])
				}
				seen[v] = true
			}
			if q.Get("code_challenge_method") != "S256" || q.Get("response_type") != "code" ||
				q.Get("client_id") != s.issuer.ClientID ||
				q.Get("redirect_uri") != s.URL+"/api/auth/callback/"+provider ||
				strings.Contains(to.RawQuery, "evil") || q.Has("response_mode") ||
				q.Has("request") || q.Has("request_uri") || q.Has("client_secret") || q.Has("nonce") != nonce {
				t.Errorf("%s: the authorization request is %s", provider, to)
			}
		}
	}
}

// authentik CVE-2024-23647, RFC 9700 § 2.1.1 and OWASP ASVS 5.0 V10: a stolen code in the callback
// of another flow is refused because of PKCE or, if the provider ignores PKCE, because of the
// nonce.
func TestInjectedCodeIsRefused(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, provider string
		ways           []cardeatest.Misbehaviour
		shown          cardea.Code
		logged         string
		cause          string
	}{
		{"by PKCE", "idp", nil, cardea.CodeInvalidCheck, "InvalidCheck", "invalid_grant"},
		{
			"by PKCE, without OpenID Connect", "github", nil, cardea.CodeInvalidCheck, "InvalidCheck", "invalid_grant",
		},
		{ // the provider is at fault, because it should have refused the code
			"by the nonce", "idp", []cardeatest.Misbehaviour{cardeatest.IgnoresPKCE}, cardea.CodeConfiguration,
			"CallbackRouteError", "id token: nonce",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var log logRecorder
			s := newSite(t, func(c *cardea.Config) {
				addGitHub(c)
				c.Logger = log.logger()
			})
			s.issuer.Misbehave(tc.ways...)
			s.issuer.Next(newPerson("attacker", "eve@example.com"))
			stolen, err := url.Parse(callbackURLOf(t, newBrowser(t, s.URL), tc.provider))
			if err != nil {
				t.Fatal(err)
			}
			victim := newBrowser(t, s.URL)
			callback, err := url.Parse(callbackURLOf(t, victim, tc.provider+"?login_hint=1001"))
			if err != nil {
				t.Fatal(err)
			}
			q := callback.Query()
			q.Set("code", stolen.Query().Get("code"))
			callback.RawQuery = q.Encode()
			checkSignInFailed(t, s, visit(t, victim, callback.String()), tc.shown)
			log.checkFailure(t, tc.logged, tc.cause)
			if victim.Session() != nil || s.accountOwner(t, tc.provider, "attacker") != "" {
				t.Error("signed in with a stolen code")
			}
		})
	}
}

// authentik CVE-2024-23647: if a provider mixes up two visitors, neither is signed in.
func TestSwappedCodesSignInNobody(t *testing.T) {
	t.Parallel()
	var log logRecorder
	s := newSite(t, func(c *cardea.Config) { c.Logger = log.logger() })
	s.issuer.Next(newPerson("2002", "bob@example.com"))
	ann, bob := newBrowser(t, s.URL), newBrowser(t, s.URL)
	anns, bobs := callbackURLOf(t, ann, "idp?login_hint=1001"), callbackURLOf(t, bob, "idp?login_hint=2002")
	s.issuer.Misbehave(cardeatest.SwapsCodes)
	checkSignInFailed(t, s, visit(t, ann, anns), cardea.CodeConfiguration)
	log.checkFailure(t, "CallbackRouteError", "id token: nonce")
	checkSignInFailed(t, s, visit(t, bob, bobs), cardea.CodeConfiguration)
	if ann.Session() != nil || bob.Session() != nil {
		t.Error("a visitor is signed in")
	}
}

// passport-oauth2 CVE-2021-41580, for a provider without ID tokens: responses without a token, and
// unusable responses with the profile, fail.
func TestResponsesWithoutTokenOrProfileFail(t *testing.T) {
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
			var log logRecorder
			var store *recordingStore
			s := newSite(t, func(c *cardea.Config) {
				addGitHub(c)
				store, c.Logger = recordCalls(c), log.logger()
			})
			s.issuer.Misbehave(tc.way)
			b := newBrowser(t, s.URL)
			shown, logged := cardea.CodeConfiguration, "CallbackRouteError"
			if strings.Contains(tc.cause, "invalid_grant") || strings.Contains(tc.cause, "bad_verification_code") {
				shown, logged = cardea.CodeInvalidCheck, "InvalidCheck"
			}
			checkSignInFailed(t, s, signInWith(t, b, "github"), shown)
			log.checkFailure(t, logged, tc.cause)
			if b.Session() != nil || len(store.writes()) > 0 || s.issuer.Stranger().Requests(cardeatest.User) != 0 {
				t.Errorf("session = %v, writes = %v, or the request followed a redirect", b.Session(), store.writes())
			}
		})
	}
}

// fosite CVE-2020-15223: if the store cannot delete the session, the sign-out fails with 503, and
// still clears the browser's cookie.
func TestFailedSignOutIsReported(t *testing.T) {
	t.Parallel()
	for _, broken := range []string{"Session", "DeleteSession"} {
		t.Run(broken, func(t *testing.T) {
			t.Parallel()
			var store *recordingStore
			s := newSite(t, func(c *cardea.Config) { store = recordCalls(c) })
			b := cardeatest.SignIn(t, s.URL, "idp", "")
			before := cookiesOf(b)
			store.failOnly(broken)
			b.CheckRedirect = stopAtRedirect
			res := b.Post("/signout", nil)
			if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Location") != "" {
				t.Errorf("answer = %s to %s, want 503", res.Status, res.Header.Get("Location"))
			}
			if _, has := cookiesOf(b)[sessionCookie]; has {
				t.Error("the browser still has its cookie")
			}
			store.failOnly()
			if s.sessionBody(t, before) == "null" {
				t.Error("the session has ended, so nothing failed")
			}
		})
	}
}

// Several tabs can sign in at once. Of more than five flows in one browser, the oldest is dropped:
// they begin in different milliseconds, as those of a person do.
func TestFlowsInOneBrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	now := s.setClock()
	b := newBrowser(t, s.URL)
	var callbacks []string
	for i := range 6 {
		now.advance(time.Millisecond)
		form := url.Values{"callbackUrl": {fmt.Sprint("/tab", i)}}
		callbacks = append(callbacks, consent(t, b, startSignIn(t, b, "idp", form)))
	}
	dropped := 0
	for i, callback := range callbacks {
		switch to := visit(t, b, callback).Header.Get("Location"); to {
		case fmt.Sprint(s.URL, "/tab", i):
		default:
			if withoutRestart(t, to) == s.URL+"/api/auth/error?error=InvalidCheck" {
				dropped++
				continue
			}
			t.Errorf("tab %d ends at %s", i, to)
		}
	}
	if dropped != 1 {
		t.Errorf("%d flows were dropped, want 1", dropped)
	}
}
