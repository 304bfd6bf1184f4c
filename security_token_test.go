package cardea_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/oauth"
)

// Zitadel CVE-2026-55669 and GO-2026-5732, Casdoor CVE-2026-9093, -9096, -9097 and -9098,
// omniauth-auth0 CVE-2020-15240, jwt-go CVE-2020-26160, Pomerium CVE-2021-29652, x/oauth2
// CVE-2025-22868, RFC 9700, RFC 9207 and OWASP ASVS 5.0 V9 and V10: for each misbehaviour of a
// provider the sign-in fails, and the log has the cause. Nothing is written, no flow state is left,
// and no request goes to the endpoints of another issuer.
func TestMisbehavingProvidersAreRefused(t *testing.T) {
	t.Parallel()
	const (
		signIn   = "OAuthSignInError" // before the visitor leaves the site
		check    = "InvalidCheck"
		callback = "CallbackRouteError"
		answer   = "OAuthCallbackError" // the provider's answer is an error
	)
	useUserinfo := func(p *oauth.Provider) { p.UseUserinfo = true }
	broken := cardeatest.Broken
	for _, tc := range []struct {
		way         cardeatest.Misbehaviour
		code, cause string
		change      func(*oauth.Provider)
	}{
		{cardeatest.DiscoveryForeignIssuer, signIn, "discovered issuer is not the configured one", nil},
		{cardeatest.DiscoveryNoIssuer, signIn, "discovered issuer is not the configured one", nil},
		{cardeatest.DiscoveryPlainHTTP, signIn, "authorization_endpoint: URL must be https", nil},
		{cardeatest.DiscoveryNoEndpoints, signIn, "authorization_endpoint: URL has no host", nil},
		{broken(cardeatest.Discovery, cardeatest.Hangs), signIn, "discover issuer: ", nil},
		{broken(cardeatest.Discovery, cardeatest.SendsNothing), signIn, "discover issuer: ", nil},
		{broken(cardeatest.Discovery, cardeatest.SendsNull), signIn, "discover issuer: ", nil},
		{broken(cardeatest.Discovery, cardeatest.SendsHTML), signIn, "discover issuer: ", nil},
		{broken(cardeatest.Discovery, cardeatest.SendsHuge), signIn, "longer than", nil},
		{broken(cardeatest.Discovery, cardeatest.SendsError500), signIn, "status 500", nil},
		{broken(cardeatest.Discovery, cardeatest.SendsElsewhere), signIn, "redirect refused", nil},

		{cardeatest.CallbackNoIss, check, "the callback has no iss", nil},
		{cardeatest.CallbackForeignIss, check, "the callback's iss is not", nil},
		{cardeatest.CallbackNoState, check, "state is not one of this site", nil},
		{cardeatest.CallbackForeignState, check, "no cookie of this flow", nil},
		{cardeatest.CallbackError("access_denied"), answer, `error "access_denied"`, nil},
		{cardeatest.CallbackError("server_error"), answer, `error "server_error"`, nil},
		{cardeatest.CallbackError("<script>\r\n"), answer, `error ""`, nil},

		{cardeatest.ErrorWithOK, check, "refused with status 200", nil},
		{cardeatest.AccessTokenNull, callback, "no access_token", nil},
		{cardeatest.NoAccessToken, callback, "no access_token", nil},
		{cardeatest.ForeignTokenType, callback, "token_type is not bearer", nil},
		{cardeatest.NoIDToken, callback, "no id_token", nil},
		{broken(cardeatest.Token, cardeatest.Hangs), callback, "exchange code: ", nil},
		{broken(cardeatest.Token, cardeatest.SendsNothing), callback, "not a JSON object", nil},
		{broken(cardeatest.Token, cardeatest.SendsNull), callback, "not a JSON object", nil},
		{broken(cardeatest.Token, cardeatest.SendsHTML), callback, "not a JSON object", nil},
		{broken(cardeatest.Token, cardeatest.SendsHuge), callback, "longer than", nil},
		{broken(cardeatest.Token, cardeatest.SendsError400), check, "status 400: invalid_grant", nil},
		{broken(cardeatest.Token, cardeatest.SendsError500), callback, "status 500: server_error", nil},
		{broken(cardeatest.Token, cardeatest.SendsElsewhere), callback, "redirect refused", nil},

		{cardeatest.IssForeign, callback, "id token: iss", nil},
		{cardeatest.IssMissing, callback, "id token: iss", nil},
		{cardeatest.IssWithSlash, callback, "id token: iss", nil},
		{cardeatest.AudForeign, callback, "id token: aud", nil},
		{cardeatest.AudForeignList, callback, "id token: aud", nil},
		{cardeatest.AudEmptyList, callback, "id token: aud", nil},
		{cardeatest.AudMissing, callback, "id token: aud", nil},
		{cardeatest.AudSeveralNoAzp, callback, "id token: azp", nil},
		{cardeatest.AzpForeign, callback, "id token: azp", nil},
		{cardeatest.AzpForeignSeveral, callback, "id token: azp", nil},
		{cardeatest.ExpPast, callback, "id token: exp", nil},
		{cardeatest.ExpMissing, callback, "id token: exp", nil},
		{cardeatest.IatFuture, callback, "id token: iat", nil},
		{cardeatest.IatMissing, callback, "id token: iat", nil},
		{cardeatest.NbfFuture, callback, "id token: nbf", nil},
		{cardeatest.NonceMissing, callback, "id token: nonce", nil},
		{cardeatest.NonceForeign, callback, "id token: nonce", nil},
		{cardeatest.SubMissing, callback, "id token: sub", nil},
		{cardeatest.SubEmpty, callback, "id token: sub", nil},
		{cardeatest.SubNull, callback, "id token: sub", nil},
		{cardeatest.SubNumber, callback, "id token: sub", nil},
		{cardeatest.AtHashForeign, callback, "id token: at_hash", nil},

		{cardeatest.AlgNone, callback, "id token: ", nil},
		{cardeatest.AlgHS256, callback, "id token: alg: HS256", nil},
		{cardeatest.KidUnknown, callback, "id token: kid", nil},
		{cardeatest.HeaderJKU, callback, "id token: signature", nil},
		{cardeatest.HeaderX5U, callback, "id token: signature", nil},
		{cardeatest.HeaderJWK, callback, "id token: header: jwk", nil},
		{cardeatest.SignatureOfStranger, callback, "id token: signature", nil},
		{cardeatest.SignatureBroken, callback, "id token: signature", nil},
		{cardeatest.TokenOfStranger, callback, "id token: ", nil},
		{cardeatest.JWKSSymmetric, callback, "id token: ", nil},
		{cardeatest.JWKSNoKeys, callback, "keys: key set has no usable key", nil},
		{broken(cardeatest.JWKS, cardeatest.Hangs), callback, "keys: ", nil},
		{broken(cardeatest.JWKS, cardeatest.SendsHTML), callback, "keys: answer is not a key set", nil},
		{broken(cardeatest.JWKS, cardeatest.SendsNull), callback, "keys: key set has no usable key", nil},
		{broken(cardeatest.JWKS, cardeatest.SendsHuge), callback, "keys: answer is longer than", nil},
		{broken(cardeatest.JWKS, cardeatest.SendsError500), callback, "keys: status 500", nil},
		{broken(cardeatest.JWKS, cardeatest.SendsElsewhere), callback, "keys: redirect refused", nil},

		{cardeatest.UserinfoForeignSub, callback, "userinfo: sub", useUserinfo},
		{cardeatest.UserinfoNoSub, callback, "userinfo: sub", useUserinfo},
		{broken(cardeatest.Userinfo, cardeatest.Hangs), callback, "fetch profile: ", useUserinfo},
		{broken(cardeatest.Userinfo, cardeatest.SendsNull), callback, "fetch profile: ", useUserinfo},
		{broken(cardeatest.Userinfo, cardeatest.SendsHTML), callback, "fetch profile: ", useUserinfo},
		{broken(cardeatest.Userinfo, cardeatest.SendsHuge), callback, "fetch profile: ", useUserinfo},
		{broken(cardeatest.Userinfo, cardeatest.SendsError400), callback, "fetch profile: ", useUserinfo},
		{broken(cardeatest.Userinfo, cardeatest.SendsElsewhere), callback, "fetch profile: ", useUserinfo},
	} {
		t.Run(string(tc.way), func(t *testing.T) {
			t.Parallel()
			var log logRecorder
			var store *recordingStore
			outbound, inbound := &httpRecorder{}, &httpRecorder{} // to the provider, and of the browser
			s := newSite(t, func(c *cardea.Config) {
				store, c.Logger = recordCalls(c), log.logger()
				if tc.change != nil {
					tc.change(idp(c))
				}
				c.HTTPClient = &http.Client{Transport: outbound}
				if strings.Contains(string(tc.way), string(cardeatest.Hangs)) {
					c.HTTPClient.Timeout = time.Second
				}
			})
			s.issuer.Misbehave(tc.way)
			b := newBrowser(t, s.URL)
			b.Transport = inbound
			var res *http.Response
			if tc.code == signIn {
				res = b.Post("/signin/idp", nil)
			} else {
				res = signInWith(t, b, "idp")
			}
			shown := cardea.CodeConfiguration
			if tc.code == answer || tc.code == check {
				shown = cardea.Code(tc.code)
			}
			checkSignInFailed(t, s, res, shown)
			log.checkFailure(t, tc.code, tc.cause)
			if b.Session() != nil {
				t.Error("signed in")
			}
			if w := store.writes(); len(w) > 0 {
				t.Errorf("writes = %v, want none", w)
			}
			page := text(t, visit(t, b, res.Header.Get("Location")))
			if strings.Contains(page, tc.cause) {
				t.Error("the page shows the cause")
			}
			secrets := append(outbound.tokens(t), s.issuer.ClientSecret)
			secrets = append(secrets, outbound.parameters("code", "code_verifier")...)
			secrets = append(secrets, inbound.parameters("code", "state", "nonce")...)
			for _, v := range secrets {
				if text := log.String(); len(v) >= 8 && (strings.Contains(text, v) || strings.Contains(page, v)) {
					t.Errorf("%.12s… is in the log or on the page", v)
				}
			}
			stranger := s.issuer.Stranger()
			for _, e := range []cardeatest.Endpoint{
				cardeatest.Discovery, cardeatest.Token, cardeatest.JWKS, cardeatest.Userinfo,
			} {
				if stranger.Requests(e) > 0 {
					t.Errorf("a request went to the %s endpoint of another issuer", e)
				}
			}
			for name := range cookiesOf(b) {
				if strings.HasPrefix(name, stateCookiePrefix) && !strings.HasPrefix(string(tc.way), "callback: state") {
					t.Errorf("the cookie %s is left", name)
				}
			}
		})
	}
}

// The opposite of the test above: the same steps sign in if the provider does nothing that is
// forbidden, also after a key rotation.
func TestCorrectProvidersAreAccepted(t *testing.T) {
	t.Parallel()
	for _, ways := range [][]cardeatest.Misbehaviour{nil, {cardeatest.KidMissing}, {cardeatest.IgnoresPKCE}} {
		s := newSite(t, func(c *cardea.Config) { idp(c).UseUserinfo = true })
		s.issuer.Misbehave(ways...)
		cardeatest.SignIn(t, s.URL, "idp", "")
		fetched := s.issuer.Requests(cardeatest.JWKS)
		s.issuer.RotateKeys()
		cardeatest.SignIn(t, s.URL, "idp", "")
		if n := s.issuer.Requests(cardeatest.JWKS); n != fetched+1 {
			t.Errorf("%v: %d requests for keys after the rotation, want one", ways, n-fetched)
		}
	}
}

// Many tokens with unknown key ids cause one request for the keys in five seconds, so that an
// attacker cannot flood the provider.
func TestUnknownKeyIDsCauseOneRequest(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	cardeatest.SignIn(t, s.URL, "idp", "")
	fetched := s.issuer.Requests(cardeatest.JWKS)
	s.issuer.Misbehave(cardeatest.KidUnknown)
	start := time.Now()
	for range 20 {
		checkSignInFailed(t, s, signInWith(t, newBrowser(t, s.URL), "idp"), cardea.CodeConfiguration)
	}
	most := 1 + int(time.Since(start)/(5*time.Second))
	if n := s.issuer.Requests(cardeatest.JWKS) - fetched; n < 1 || n > most {
		t.Errorf("%d requests for keys, want 1 to %d", n, most)
	}
}

// Auth.js GHSA-xmf8-cvqr-rfgj: an Authorization header is never a session, and never makes the
// handler fail.
func TestAuthorizationHeaderIsNotASession(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		s := newSite(t, func(c *cardea.Config) { c.Session.Strategy = strategy })
		h := newApplication(s.auth)
		value := cookiesOf(cardeatest.SignIn(t, s.URL, "idp", ""))[sessionCookie]
		for _, v := range []string{
			"Bearer %", "Bearer %A", "Bearer %ZZ", "Bearer", "Bearer ", "bearer " + value, "Bearer " + value,
			"Basic " + value, value, "%", strings.Repeat("x", 1<<20), "Bearer " + strings.Repeat("%", 1<<20),
			"Bearer \xff\x00",
		} {
			for path, want := range map[string]int{
				"/guarded": 401, "/typed": 401, "/loaded": 200, "/api/auth/session": 200,
			} {
				r := httptest.NewRequest(http.MethodGet, path, nil)
				r.Host = "localhost"
				r.Header["Authorization"] = []string{v}
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				body := w.Body.String()
				if w.Code != want || path == "/loaded" && body != "nobody" ||
					path == "/api/auth/session" && body != "null" {
					t.Errorf("%s with %.20q: %d %s", path, v, w.Code, body)
				}
			}
		}
	})
}

// Auth.js GHSA-8fpg-xm3f-6cx3: if the store or a callback fails, there is no session, and Require
// and Handle let no request pass.
func TestFailuresDenyAccess(t *testing.T) {
	t.Parallel()
	errAway := errors.New("away")
	authorizedFails := func(c *cardea.Config) {
		c.Callbacks.Authorized = func(context.Context, *cardea.Session) (bool, error) { return true, errAway }
	}
	sessionFails := func(c *cardea.Config) {
		c.Callbacks.Session = func(context.Context, *cardea.SessionView) error { return errAway }
	}
	for _, tc := range []struct {
		name     string
		strategy cardea.Strategy
		change   func(*cardea.Config)
		broken   []string
		want     int // status of Require and Handle
		session  int // status of GET session
	}{
		{"the store is unavailable", cardea.StrategyDatabase, nil, []string{"Session"}, 503, 503},
		{"the authorized callback fails", cardea.StrategyDatabase, authorizedFails, nil, 503, 503},
		{"the authorized callback fails, with JWT", cardea.StrategyJWT, authorizedFails, nil, 503, 503},
		{"the session callback fails", cardea.StrategyDatabase, sessionFails, nil, 200, 500},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var store *recordingStore
			s := newSite(t, func(c *cardea.Config) { store, c.Session.Strategy = recordCalls(c), tc.strategy })
			b := newBrowser(t, s.URL)
			signInWith(t, b, "idp")
			// Another process of the same site, which has the failure.
			failing := newSite(t, func(c *cardea.Config) {
				c.Adapter, c.Session.Strategy = store, tc.strategy
				if tc.change != nil {
					tc.change(c)
				}
			})
			failing.Config.Handler = newApplication(failing.auth)
			store.failOnly(tc.broken...)
			for path, want := range map[string]int{
				"/guarded": tc.want, "/typed": tc.want, "/api/auth/session": tc.session,
			} {
				res := send(t, failing.URL+path, cookiesOf(b), nil)
				body := text(t, res)
				if res.StatusCode != want || want != http.StatusOK && path == "/api/auth/session" && body != "null" {
					t.Errorf("%s: %s %s, want %d", path, res.Status, body, want)
				}
				if want != http.StatusOK && (strings.Contains(body, "away") || strings.Contains(body, "@")) {
					t.Errorf("%s shows the cause or an address: %s", path, body)
				}
			}
			if tc.want != http.StatusOK {
				if res := send(t, failing.URL+"/loaded", cookiesOf(b), nil); res.StatusCode != tc.want {
					t.Errorf("Load: %s", res.Status)
				}
			}
		})
	}
}

// Auth.js GHSA-8fpg-xm3f-6cx3: with JWT sessions, Handle still needs the user's row, and does not
// run the handler without it.
func TestHandleNeedsTheUser(t *testing.T) {
	t.Parallel()
	var store *entityStore
	s := newSite(t, func(c *cardea.Config) {
		store = &entityStore{recordingStore: recordCalls(c)}
		c.Adapter, c.Session.Strategy = store, cardea.StrategyJWT
	})
	h := cardea.Handle(s.auth, func(w http.ResponseWriter, _ *http.Request, m *member) { io.WriteString(w, m.ID) })
	c := cookiesOf(cardeatest.SignIn(t, s.URL, "idp", ""))
	id := s.accountOwner(t, "idp", "1001")
	if res := serve(h, http.MethodGet, "/", c, nil); res.StatusCode != http.StatusOK || text(t, res) != id {
		t.Fatalf("with the user: %s", res.Status)
	}
	store.failOnly("UserByID")
	res := serve(h, http.MethodGet, "/", c, nil)
	if res.StatusCode != http.StatusServiceUnavailable || strings.Contains(text(t, res), id) {
		t.Errorf("the store is unavailable: %s", res.Status)
	}
	store.failOnly()
	if err := store.DeleteUser(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	res = serve(h, http.MethodGet, "/", c, nil)
	if res.StatusCode != http.StatusUnauthorized || strings.Contains(text(t, res), id) {
		t.Errorf("the user was deleted: %s", res.Status)
	}
}

// Auth.js GHSA-8fpg-xm3f-6cx3: New returns no handler for a wrong configuration, so that none can
// allow access by mistake.
func TestNewReturnsNoHandlerForAWrongConfiguration(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*cardea.Config){
		"secret":   func(c *cardea.Config) { c.Secret = "short" },
		"provider": func(c *cardea.Config) { idp(c).Issuer = "://" },
		"previous": func(c *cardea.Config) { c.PreviousSecrets = []string{""} },
	} {
		c := validConfig()
		p := *idp(&c)
		c.Providers = []cardea.Provider{&p}
		change(&c)
		if auth, err := cardea.New(c); auth != nil || err == nil {
			t.Errorf("%s: New = %v, %v", name, auth, err)
		}
	}
}

// Pomerium CVE-2021-29652: a value that is encrypted or signed is refused if any of its characters
// changes.
func TestAlteredValuesAreRefused(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		s := newSite(t, func(c *cardea.Config) { c.Session.Strategy = strategy })
		signedIn := cookiesOf(cardeatest.SignIn(t, s.URL, "idp", ""))
		isSession := func(v string) bool {
			res := serve(s.auth, http.MethodGet, "/api/auth/session", cookies{sessionCookie: v}, nil)
			return text(t, res) != "null"
		}
		if !isSession(signedIn[sessionCookie]) {
			t.Fatal("the unchanged session is refused")
		}
		for i, v := range altered(signedIn[sessionCookie]) {
			if isSession(v) {
				t.Errorf("altered session %d is accepted", i)
			}
		}

		token := signedIn[csrfCookie][:64]
		accepted := func(cookie, token string) bool {
			c := signedIn.without(sessionCookie).with(csrfCookie, cookie)
			res := serve(s.auth, http.MethodPost, "/api/auth/signout", c, url.Values{"csrfToken": {token}})
			return !strings.Contains(res.Header.Get("Location"), "MissingCSRF")
		}
		if !accepted(signedIn[csrfCookie], token) {
			t.Fatal("the unchanged CSRF token is refused")
		}
		for i, v := range altered(signedIn[csrfCookie]) {
			if accepted(v, token) || accepted(v, v[:64]) {
				t.Errorf("altered CSRF cookie %d is accepted", i)
			}
		}
		for i, v := range altered(token) {
			if accepted(signedIn[csrfCookie], v) {
				t.Errorf("altered CSRF token %d is accepted", i)
			}
		}

		b := newBrowser(t, s.URL)
		callback := callbackURLOf(t, b, "idp")
		own := cookiesOf(b)
		name := own.stateCookieName(t)
		path := strings.TrimPrefix(callback, s.URL)
		requests := s.issuer.Requests(cardeatest.Token)
		for i, v := range altered(own[name]) {
			to := serve(s.auth, http.MethodGet, path, own.with(name, v), nil).Header.Get("Location")
			if !strings.Contains(to, "error=InvalidCheck") {
				t.Errorf("altered flow state %d leads to %s", i, to)
			}
		}
		u, err := url.Parse(path)
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		for i, v := range altered(q.Get("state")) {
			q.Set("state", v)
			to := serve(s.auth, http.MethodGet, u.Path+"?"+q.Encode(), own, nil).Header.Get("Location")
			if !strings.Contains(to, "error=InvalidCheck") {
				t.Errorf("altered state %d leads to %s", i, to)
			}
		}
		if n := s.issuer.Requests(cardeatest.Token); n != requests {
			t.Errorf("%d token requests, want none", n-requests)
		}
		if to := send(t, callback, own, nil).Header.Get("Location"); to != s.URL {
			t.Errorf("the unchanged callback leads to %s", to)
		}
	})
}

// altered returns v with each of its characters changed in turn, without its last character, and
// with another one. Characters in percent-encoding stay as they are.
func altered(v string) []string {
	var list []string
	for i := range len(v) {
		b := []byte(v)
		switch {
		case b[i] == '%' || i > 0 && b[i-1] == '%' || i > 1 && b[i-2] == '%':
			continue
		case b[i] == 'A':
			b[i] = 'B'
		default:
			b[i] = 'A'
		}
		list = append(list, string(b))
	}
	return append(list, v[:len(v)-1], v+"A", v+"=")
}
