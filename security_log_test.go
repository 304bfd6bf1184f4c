package cardea_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
)

// next-auth CVE-2022-31186, RFC 9700 and OWASP ASVS 5.0 V16: after many kinds of successful and
// failed sign-ins, with the log level debug, the log has no secret and no e-mail address, and no
// page or URL of the site has the provider's tokens or the site's secrets.
func TestSecretsAreNotLoggedOrShown(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		var log logRecorder
		var store *recordingStore
		outbound, inbound := &httpRecorder{}, &httpRecorder{} // to the provider, and of the browsers
		var clientSecret string
		s := newSite(t, func(c *cardea.Config) {
			c.Session.Strategy, c.Logger, c.HTTPClient = strategy, log.logger(), &http.Client{Transport: outbound}
			idp(c).Scopes = []string{"openid", "profile", "email", "offline_access"}
			addGitHub(c)
			clientSecret = idp(c).ClientSecret
			store = recordCalls(c)
		})
		s.Config.Handler = newApplication(s.auth)
		signInInManyWays(t, s, store, inbound)

		text := log.String()
		for _, message := range []string{
			"cardea: signed in", "cardea: signed out", "cardea: request failed", "cardea: request refused",
		} {
			if len(log.records(t, message)) == 0 {
				t.Errorf("nothing was logged as %q", message)
			}
		}
		parameters := []string{
			"code", "state", "csrfToken", "code_verifier", "nonce", "access_token", "client_secret", "login_hint",
		}
		private := append(outbound.tokens(t), secret, clientSecret)
		private = append(private, outbound.parameters("code_verifier")...)
		secrets := append(inbound.cookieValues(), private...)
		secrets = append(secrets, inbound.parameters(parameters...)...)
		secrets = append(secrets, outbound.parameters(parameters...)...)
		secrets = append(secrets, "ann@example.com", "ann%40example.com")
		for _, e := range outbound.all() {
			if _, credentials, ok := strings.Cut(e.header.Get("Authorization"), " "); ok {
				private = append(private, credentials)
				secrets = append(secrets, credentials)
			}
		}
		if len(private) < 20 || len(secrets) < 60 {
			t.Fatalf("only %d and %d secrets found, so the test checks too little", len(private), len(secrets))
		}
		for _, v := range secrets {
			if len(v) >= 8 && strings.Contains(text, v) {
				t.Errorf("the log has %.12s… in\n%s", v, lineWith(text, v))
			}
		}
		for _, e := range inbound.all() {
			if !strings.HasPrefix(s.URL, "http://"+e.url.Host) {
				continue
			}
			for _, v := range private {
				if strings.Contains(e.body, v) || strings.Contains(e.url.String(), v) ||
					strings.Contains(e.answer.Get("Location"), v) {
					t.Errorf("%s %s shows %.12s…", e.method, e.url.Path, v)
				}
			}
			for _, v := range e.answer["Set-Cookie"] {
				value, _, _ := strings.Cut(v[strings.IndexByte(v, '=')+1:], ";")
				if len(value) > 40 && strings.Contains(e.body, value) {
					t.Errorf("%s %s shows the value of a cookie", e.method, e.url.Path)
				}
			}
		}
	})
}

// lineWith returns the first line of a text that contains part.
func lineWith(text, part string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(line, part) {
			return line
		}
	}
	return ""
}

// signInInManyWays makes successful and failing sign-ins of all kinds.
func signInInManyWays(t *testing.T, s *site, store *recordingStore, requests *httpRecorder) {
	t.Helper()
	browser := func() *cardeatest.Browser {
		b := newBrowser(t, s.URL)
		b.Transport = requests
		return b
	}
	b := browser()
	for _, provider := range []string{"idp", "github"} {
		visit(t, b, s.URL+"/api/auth/signin")
		callback := callbackURLOf(t, b, provider+"?login_hint=ann@example.com")
		visit(t, b, callback)
		if b.Session() == nil {
			t.Fatal("not signed in")
		}
		b.Post("/session", url.Values{"data": {`{"name":"x"}`}})
		for _, path := range []string{"/guarded", "/typed", "/loaded"} {
			visit(t, b, s.URL+path)
		}
		visit(t, b, callback) // a replay
		b.Post("/signout", url.Values{"csrfToken": {strings.Repeat("f", 64)}})
	}
	store.failOnly("DeleteSession", "Session", "UserByAccount", "Transact")
	visit(t, b, s.URL+"/guarded")
	visit(t, b, s.URL+"/api/auth/session")
	b.Post("/signout", nil)
	store.failOnly()

	for _, way := range []cardeatest.Misbehaviour{
		cardeatest.SignatureBroken, cardeatest.NonceForeign, cardeatest.ErrorWithOK,
		cardeatest.CallbackError("access_denied"), cardeatest.CallbackForeignState,
		cardeatest.Broken(cardeatest.Token, cardeatest.SendsError400),
		cardeatest.Broken(cardeatest.Token, cardeatest.SendsHTML), cardeatest.AlgNone,
		cardeatest.Broken(cardeatest.User, cardeatest.SendsError500),
	} {
		for _, provider := range []string{"idp", "github"} {
			s.issuer.Misbehave(way)
			failing := browser()
			res := signInWith(t, failing, provider)
			visit(t, failing, res.Header.Get("Location"))
		}
	}
	s.issuer.Misbehave()
	for _, method := range []string{"UserByAccount", "CreateUser", "CreateSession", "UpdateAccount"} {
		failing := browser()
		callback := callbackURLOf(t, failing, "idp")
		store.failOnly(method)
		visit(t, failing, callback)
		store.failOnly()
	}
	own := cookiesOf(b)
	own[sessionCookie] = strings.Repeat("garbage.", 30)
	send(t, s.URL+"/guarded", own, nil)
	send(t, s.URL+"/api/auth/callback/idp?code=abcdefghijk&state=lmnopqrst.uvw&iss=x", own, nil)
	send(t, s.URL+"/api/auth/callback/nobody?code=abcdefghijk&state=lmnopqrst.uvw", own, nil)
	send(t, s.URL+"/api/auth/session", own, nil, func(r *http.Request) { r.Host = "evil.example" })
	last := browser()
	signInWith(t, last, "idp")
	last.Post("/signout", nil)
}
