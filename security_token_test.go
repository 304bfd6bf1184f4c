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
// CVE-2025-22868, standards 15, 31 to 33 and 63 to 67: whatever a provider does wrong, the sign-in
// fails and the log says what it was. Nothing is written, no attempt is left, and nobody is lured
// to the stranger's endpoints.
func TestMisbehavingProvidersSignInNobody(t *testing.T) {
	t.Parallel()
	const (
		begins = "OAuthSignInError" // fails before the visitor leaves
		check  = "InvalidCheck"
		fails  = "CallbackRouteError"
		answer = "OAuthCallbackError"
	)
	useUserinfo := func(p *oauth.Provider) { p.UseUserinfo = true }
	broken := cardeatest.Broken
	for _, tc := range []struct {
		way         cardeatest.Misbehaviour
		code, cause string
		change      func(*oauth.Provider)
	}{
		{cardeatest.DiscoveryForeignIssuer, begins, "discovered issuer is not the configured one", nil},
		{cardeatest.DiscoveryNoIssuer, begins, "discovered issuer is not the configured one", nil},
		{cardeatest.DiscoveryPlainHTTP, begins, "authorization_endpoint: URL must be https", nil},
		{cardeatest.DiscoveryNoEndpoints, begins, "authorization_endpoint: URL has no host", nil},
		{broken(cardeatest.Discovery, cardeatest.Hangs), begins, "discover issuer: ", nil},
		{broken(cardeatest.Discovery, cardeatest.SendsNothing), begins, "discover issuer: ", nil},
		{broken(cardeatest.Discovery, cardeatest.SendsNull), begins, "discover issuer: ", nil},
		{broken(cardeatest.Discovery, cardeatest.SendsHTML), begins, "discover issuer: ", nil},
		{broken(cardeatest.Discovery, cardeatest.SendsHuge), begins, "longer than", nil},
		{broken(cardeatest.Discovery, cardeatest.SendsError500), begins, "status 500", nil},
		{broken(cardeatest.Discovery, cardeatest.SendsElsewhere), begins, "redirect refused", nil},

		{cardeatest.CallbackNoIss, check, "the callback has no iss", nil},
		{cardeatest.CallbackForeignIss, check, "the callback's iss is not", nil},
		{cardeatest.CallbackNoState, check, "state is not one of this site", nil},
		{cardeatest.CallbackForeignState, check, "no cookie of this flow", nil},
		{cardeatest.CallbackError("access_denied"), answer, `error "access_denied"`, nil},
		{cardeatest.CallbackError("server_error"), answer, `error "server_error"`, nil},
		{cardeatest.CallbackError("<script>\r\n"), answer, `error ""`, nil},

		{cardeatest.ErrorWithOK, fails, "refused with status 200", nil},
		{cardeatest.AccessTokenNull, fails, "no access_token", nil},
		{cardeatest.NoAccessToken, fails, "no access_token", nil},
		{cardeatest.ForeignTokenType, fails, "token_type is not bearer", nil},
		{cardeatest.NoIDToken, fails, "no id_token", nil},
		{broken(cardeatest.Token, cardeatest.Hangs), fails, "exchange code: ", nil},
		{broken(cardeatest.Token, cardeatest.SendsNothing), fails, "not a JSON object", nil},
		{broken(cardeatest.Token, cardeatest.SendsNull), fails, "not a JSON object", nil},
		{broken(cardeatest.Token, cardeatest.SendsHTML), fails, "not a JSON object", nil},
		{broken(cardeatest.Token, cardeatest.SendsHuge), fails, "longer than", nil},
		{broken(cardeatest.Token, cardeatest.SendsError400), fails, "status 400: invalid_grant", nil},
		{broken(cardeatest.Token, cardeatest.SendsError500), fails, "status 500: server_error", nil},
		{broken(cardeatest.Token, cardeatest.SendsElsewhere), fails, "redirect refused", nil},

		{cardeatest.IssForeign, fails, "id token: iss", nil},
		{cardeatest.IssMissing, fails, "id token: iss", nil},
		{cardeatest.IssWithSlash, fails, "id token: iss", nil},
		{cardeatest.AudForeign, fails, "id token: aud", nil},
		{cardeatest.AudForeignList, fails, "id token: aud", nil},
		{cardeatest.AudEmptyList, fails, "id token: aud", nil},
		{cardeatest.AudMissing, fails, "id token: aud", nil},
		{cardeatest.AudSeveralNoAzp, fails, "id token: azp", nil},
		{cardeatest.AzpForeign, fails, "id token: azp", nil},
		{cardeatest.AzpForeignSeveral, fails, "id token: azp", nil},
		{cardeatest.ExpPast, fails, "id token: exp", nil},
		{cardeatest.ExpMissing, fails, "id token: exp", nil},
		{cardeatest.IatFuture, fails, "id token: iat", nil},
		{cardeatest.IatMissing, fails, "id token: iat", nil},
		{cardeatest.NbfFuture, fails, "id token: nbf", nil},
		{cardeatest.NonceMissing, fails, "id token: nonce", nil},
		{cardeatest.NonceForeign, fails, "id token: nonce", nil},
		{cardeatest.SubMissing, fails, "id token: sub", nil},
		{cardeatest.SubEmpty, fails, "id token: sub", nil},
		{cardeatest.SubNull, fails, "id token: sub", nil},
		{cardeatest.SubNumber, fails, "id token: sub", nil},
		{cardeatest.AtHashForeign, fails, "id token: at_hash", nil},

		{cardeatest.AlgNone, fails, "id token: ", nil},
		{cardeatest.AlgHS256, fails, "id token: alg: HS256", nil},
		{cardeatest.KidUnknown, fails, "id token: kid", nil},
		{cardeatest.HeaderJKU, fails, "id token: signature", nil},
		{cardeatest.HeaderX5U, fails, "id token: signature", nil},
		{cardeatest.HeaderJWK, fails, "id token: header: jwk", nil},
		{cardeatest.SignatureOfStranger, fails, "id token: signature", nil},
		{cardeatest.SignatureBroken, fails, "id token: signature", nil},
		{cardeatest.TokenOfStranger, fails, "id token: ", nil},
		{cardeatest.JWKSSymmetric, fails, "id token: ", nil},
		{cardeatest.JWKSNoKeys, fails, "keys: key set has no usable key", nil},
		{broken(cardeatest.JWKS, cardeatest.Hangs), fails, "keys: ", nil},
		{broken(cardeatest.JWKS, cardeatest.SendsHTML), fails, "keys: answer is not a key set", nil},
		{broken(cardeatest.JWKS, cardeatest.SendsNull), fails, "keys: key set has no usable key", nil},
		{broken(cardeatest.JWKS, cardeatest.SendsHuge), fails, "keys: answer is longer than", nil},
		{broken(cardeatest.JWKS, cardeatest.SendsError500), fails, "keys: status 500", nil},
		{broken(cardeatest.JWKS, cardeatest.SendsElsewhere), fails, "keys: redirect refused", nil},

		{cardeatest.UserinfoForeignSub, fails, "userinfo: sub", useUserinfo},
		{cardeatest.UserinfoNoSub, fails, "userinfo: sub", useUserinfo},
		{broken(cardeatest.Userinfo, cardeatest.Hangs), fails, "fetch profile: ", useUserinfo},
		{broken(cardeatest.Userinfo, cardeatest.SendsNull), fails, "fetch profile: ", useUserinfo},
		{broken(cardeatest.Userinfo, cardeatest.SendsHTML), fails, "fetch profile: ", useUserinfo},
		{broken(cardeatest.Userinfo, cardeatest.SendsHuge), fails, "fetch profile: ", useUserinfo},
		{broken(cardeatest.Userinfo, cardeatest.SendsError400), fails, "fetch profile: ", useUserinfo},
		{broken(cardeatest.Userinfo, cardeatest.SendsElsewhere), fails, "fetch profile: ", useUserinfo},
	} {
		t.Run(string(tc.way), func(t *testing.T) {
			t.Parallel()
			var log logbook
			var store *watchedStore
			outside, visits := &wiretap{}, &wiretap{}
			s := newSite(t, func(c *cardea.Config) {
				store, c.Logger = watch(c), log.logger()
				if tc.change != nil {
					tc.change(idp(c))
				}
				c.HTTPClient = &http.Client{Transport: outside}
				if strings.Contains(string(tc.way), string(cardeatest.Hangs)) {
					c.HTTPClient.Timeout = 100 * time.Millisecond
				}
			})
			s.issuer.Misbehave(tc.way)
			b := stepper(t, s.URL)
			b.Transport = visits
			var res *http.Response
			if tc.code == begins {
				res = b.Post("/signin/idp", nil)
			} else {
				res = finish(t, b, "idp")
			}
			shown := cardea.CodeConfiguration
			if tc.code == answer {
				shown = cardea.CodeOAuthCallback
			}
			checkRefused(t, s, res, shown)
			log.checkFailure(t, tc.code, tc.cause)
			if b.Session() != nil {
				t.Error("signed in")
			}
			if w := store.writes(); len(w) > 0 {
				t.Errorf("written: %v", w)
			}
			page := text(t, visit(t, b, res.Header.Get("Location")))
			if strings.Contains(page, tc.cause) {
				t.Error("the page tells the cause")
			}
			secrets := append(outside.tokens(t), s.issuer.ClientSecret)
			secrets = append(secrets, outside.parameters("code", "code_verifier")...)
			secrets = append(secrets, visits.parameters("code", "state", "nonce")...)
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
					t.Errorf("the stranger's %s was asked", e)
				}
			}
			for name := range cookiesOf(b) {
				if strings.HasPrefix(name, attemptPrefix) && !strings.HasPrefix(string(tc.way), "callback: state") {
					t.Errorf("%s is left", name)
				}
			}
		})
	}
}

// The other side of the test above: the same steps sign in where the provider does nothing that is
// forbidden, also after a change of its keys.
func TestBehavingProvidersSignIn(t *testing.T) {
	t.Parallel()
	for _, ways := range [][]cardeatest.Misbehaviour{nil, {cardeatest.KidMissing}, {cardeatest.IgnoresPKCE}} {
		s := newSite(t, func(c *cardea.Config) { idp(c).UseUserinfo = true })
		s.issuer.Misbehave(ways...)
		cardeatest.SignIn(t, s.URL, "idp", "")
		fetched := s.issuer.Requests(cardeatest.JWKS)
		s.issuer.RotateKeys()
		cardeatest.SignIn(t, s.URL, "idp", "")
		if n := s.issuer.Requests(cardeatest.JWKS); n != fetched+1 {
			t.Errorf("%v: the change of keys cost %d fetches", ways, n-fetched)
		}
	}
}

// A forged key id costs one fetch of the keys and no more, so that a flood of them is none at the
// provider.
func TestForgedKeyIDsCauseNoFlood(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	cardeatest.SignIn(t, s.URL, "idp", "")
	fetched := s.issuer.Requests(cardeatest.JWKS)
	s.issuer.Misbehave(cardeatest.KidUnknown)
	for range 20 {
		checkRefused(t, s, finish(t, stepper(t, s.URL), "idp"), cardea.CodeConfiguration)
	}
	if n := s.issuer.Requests(cardeatest.JWKS) - fetched; n != 1 {
		t.Errorf("%d fetches", n)
	}
}

// Auth.js GHSA-xmf8-cvqr-rfgj: nothing in an Authorization header is a session or brings the
// handler down.
func TestAnAuthorizationHeaderIsNoSession(t *testing.T) {
	t.Parallel()
	strategies(t, func(t *testing.T, strategy cardea.Strategy) {
		s := newSite(t, func(c *cardea.Config) { c.Session.Strategy = strategy })
		h := guarded(s.auth)
		value := cookiesOf(cardeatest.SignIn(t, s.URL, "idp", ""))[sessionCookie]
		for _, v := range []string{
			"Bearer %", "Bearer %A", "Bearer %ZZ", "Bearer", "Bearer ", "bearer " + value, "Bearer " + value,
			"Basic " + value, value, "%", strings.Repeat("x", 1<<20),
			"Bearer " + strings.Repeat("%", 1<<20), "Bearer \xff\x00",
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
				if w.Code != want || path == "/loaded" && body != "nobody" || path == "/api/auth/session" &&
					body != "null" {
					t.Errorf("%s with %.20q: %d %s", path, v, w.Code, body)
				}
			}
		}
	})
}

// Auth.js GHSA-8fpg-xm3f-6cx3: whatever goes wrong, there is no session, and no guard lets anybody
// pass.
func TestEverythingFailsClosed(t *testing.T) {
	t.Parallel()
	away := errors.New("away")
	for _, tc := range []struct {
		name     string
		strategy cardea.Strategy
		change   func(*cardea.Config)
		broken   []string
		want     int // of the guards
		session  int
	}{
		{"the store is away", cardea.StrategyDatabase, nil, []string{"Session"}, 503, 503},
		{"the application cannot tell", cardea.StrategyDatabase, func(c *cardea.Config) {
			c.Callbacks.Authorized = func(context.Context, *cardea.Session) (bool, error) { return true, away }
		}, nil, 503, 503},
		{"the application cannot tell, and the session is a token", cardea.StrategyJWT, func(c *cardea.Config) {
			c.Callbacks.Authorized = func(context.Context, *cardea.Session) (bool, error) { return true, away }
		}, nil, 503, 503},
		{"the session callback fails", cardea.StrategyDatabase, func(c *cardea.Config) {
			c.Callbacks.Session = func(context.Context, *cardea.SessionView) error { return away }
		}, nil, 200, 500},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var store *watchedStore
			s := newSite(t, func(c *cardea.Config) { store, c.Session.Strategy = watch(c), tc.strategy })
			b := stepper(t, s.URL)
			finish(t, b, "idp")
			// Another process of the same site, in which things go wrong.
			wrong := newSite(t, func(c *cardea.Config) {
				c.Adapter, c.Session.Strategy = store, tc.strategy
				if tc.change != nil {
					tc.change(c)
				}
			})
			wrong.Config.Handler = guarded(wrong.auth)
			store.breakDown(tc.broken...)
			for path, want := range map[string]int{
				"/guarded": tc.want, "/typed": tc.want, "/api/auth/session": tc.session,
			} {
				res := send(t, wrong.URL+path, cookiesOf(b), nil)
				body := text(t, res)
				if res.StatusCode != want || want != http.StatusOK && path == "/api/auth/session" && body != "null" {
					t.Errorf("%s: %s %s, want %d", path, res.Status, body, want)
				}
				if want != http.StatusOK && (strings.Contains(body, "away") || strings.Contains(body, "@")) {
					t.Errorf("%s tells %s", path, body)
				}
			}
			if tc.want != http.StatusOK {
				if res := send(t, wrong.URL+"/loaded", cookiesOf(b), nil); res.StatusCode != tc.want {
					t.Errorf("Load: %s", res.Status)
				}
			}
		})
	}
}

// Auth.js GHSA-8fpg-xm3f-6cx3, where the session is a token and the row is still needed: without it
// no typed handler runs.
func TestATypedHandlerNeedsTheRow(t *testing.T) {
	t.Parallel()
	var store *entityStore
	s := newSite(t, func(c *cardea.Config) {
		store = &entityStore{watchedStore: watch(c)}
		c.Adapter, c.Session.Strategy = store, cardea.StrategyJWT
	})
	h := cardea.Handle(s.auth, func(w http.ResponseWriter, _ *http.Request, m *member) { io.WriteString(w, m.ID) })
	c := cookiesOf(cardeatest.SignIn(t, s.URL, "idp", ""))
	id := s.owner(t, "idp", "1001")
	if res := serve(h, http.MethodGet, "/", c, nil); res.StatusCode != http.StatusOK || text(t, res) != id {
		t.Fatalf("with the row: %s", res.Status)
	}
	store.breakDown("UserByID")
	if res := serve(h, http.MethodGet, "/", c, nil); res.StatusCode != http.StatusServiceUnavailable ||
		strings.Contains(text(t, res), id) {
		t.Errorf("the store is away: %s", res.Status)
	}
	store.breakDown()
	if err := store.DeleteUser(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if res := serve(h, http.MethodGet, "/", c, nil); res.StatusCode != http.StatusUnauthorized ||
		strings.Contains(text(t, res), id) {
		t.Errorf("the row is gone: %s", res.Status)
	}
}

// Auth.js GHSA-8fpg-xm3f-6cx3: a handler without a good configuration does not come to be, so there
// is none that could fail open.
func TestABrokenConfigurationMakesNoHandler(t *testing.T) {
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

// Pomerium CVE-2021-29652: of every value that is sealed or signed, each single character counts.
func TestEveryCharacterCounts(t *testing.T) {
	t.Parallel()
	strategies(t, func(t *testing.T, strategy cardea.Strategy) {
		s := newSite(t, func(c *cardea.Config) { c.Session.Strategy = strategy })
		signedIn := cookiesOf(cardeatest.SignIn(t, s.URL, "idp", ""))
		session := func(v string) bool {
			res := serve(s.auth, http.MethodGet, "/api/auth/session", cookies{sessionCookie: v}, nil)
			return text(t, res) != "null"
		}
		if !session(signedIn[sessionCookie]) {
			t.Fatal("the whole value is no session")
		}
		for i, v := range altered(signedIn[sessionCookie]) {
			if session(v) {
				t.Errorf("altered value %d is a session", i)
			}
		}

		token := signedIn[csrfCookie][:64]
		accepted := func(cookie, token string) bool {
			c := signedIn.without(sessionCookie).with(csrfCookie, cookie)
			res := serve(s.auth, http.MethodPost, "/api/auth/signout", c, url.Values{"csrfToken": {token}})
			return !strings.Contains(res.Header.Get("Location"), "MissingCSRF")
		}
		if !accepted(signedIn[csrfCookie], token) {
			t.Fatal("the whole CSRF token is not accepted")
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

		b := stepper(t, s.URL)
		callback := arrive(t, b, "idp")
		mine := cookiesOf(b)
		name := mine.attempt(t)
		path := strings.TrimPrefix(callback, s.URL)
		asked := s.issuer.Requests(cardeatest.Token)
		for i, v := range altered(mine[name]) {
			if to := serve(s.auth, http.MethodGet, path, mine.with(name, v),
				nil).Header.Get("Location"); !strings.Contains(to, "error=Configuration") {
				t.Errorf("altered attempt %d leads to %s", i, to)
			}
		}
		u, err := url.Parse(path)
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		for i, v := range altered(q.Get("state")) {
			q.Set("state", v)
			if to := serve(s.auth, http.MethodGet, u.Path+"?"+q.Encode(), mine,
				nil).Header.Get("Location"); !strings.Contains(to, "error=Configuration") {
				t.Errorf("altered state %d leads to %s", i, to)
			}
		}
		if n := s.issuer.Requests(cardeatest.Token); n != asked {
			t.Errorf("the code was used %d times", n-asked)
		}
		if to := send(t, callback, mine, nil).Header.Get("Location"); to != s.URL {
			t.Errorf("the whole attempt leads to %s", to)
		}
	})
}

// altered returns v with each of its characters in turn changed, then cut short, then longer.
// Characters that are encoded stay so.
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
