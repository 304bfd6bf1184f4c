package cardea_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
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

// Tests of what RFC 9700 (OAuth 2.0 Security Best Current Practice), RFC 9207, OWASP ASVS 5.0 and
// the OWASP session management cheat sheet require of a client, unless another file has them.

// RFC 9700 § 2.1: the redirect URI is the base URL with /callback/ and the provider's id, the same
// in the authorization request and in the token request.
func TestRedirectURIIsTheSameInBothRequests(t *testing.T) {
	t.Parallel()
	outbound := &httpRecorder{}
	s := newSite(t, func(c *cardea.Config) {
		c.HTTPClient = &http.Client{Transport: outbound}
		addSecondProvider(c)
		addGitHub(c)
	})
	for i, provider := range []string{"idp", "other", "github"} {
		want := s.URL + "/api/auth/callback/" + provider
		s.issuer.AddClient(s.issuer.ClientID, s.issuer.ClientSecret, want) // the provider compares it as well
		s.issuer.Next(newPerson(fmt.Sprint(i), fmt.Sprint(i, "@example.com")))
		b := newBrowser(t, s.URL)
		authorize := startSignIn(t, b, provider, nil)
		visit(t, b, consent(t, b, authorize))
		exchanges := outbound.requestsTo("/token")
		got := exchanges[len(exchanges)-1].form["redirect_uri"]
		inURL := "redirect_uri=" + url.QueryEscape(want) + "&"
		if !slices.Equal(got, []string{want}) || !strings.Contains(authorize, inURL) {
			t.Errorf("%s: want %s, got %q in the token request and %s", provider, want, got, authorize)
		}
	}
}

// RFC 9700 § 4.7.1: a flow state is valid for 15 minutes, even if the browser keeps its cookie.
func TestFlowStateExpires(t *testing.T) {
	t.Parallel()
	for after, want := range map[time.Duration]bool{
		14 * time.Minute: true, 16 * time.Minute: false, 24 * time.Hour: false,
	} {
		t.Run(after.String(), func(t *testing.T) {
			t.Parallel()
			var log logRecorder
			var clock shiftedClock
			s := newSite(t, func(c *cardea.Config) { c.Logger = log.logger() })
			s.auth.SetClock(clock.now)
			b := newBrowser(t, s.URL)
			authorize := startSignIn(t, b, "idp", nil)
			own := cookiesOf(b)
			clock.advance(after)
			s.issuer.SetClock(clock.now)
			res := send(t, consent(t, b, authorize), own, nil)
			if want {
				if res.Header.Get("Location") != s.URL {
					t.Errorf("leads to %s", res.Header.Get("Location"))
				}
				return
			}
			checkSignInFailed(t, s, res, cardea.CodeInvalidCheck)
			log.checkFailure(t, "InvalidCheck", "expired")
		})
	}
}

// shiftedClock is a running clock that is ahead of the real one. It is safe for concurrent use.
type shiftedClock struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (c *shiftedClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *shiftedClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

// memberRemover is a transport that removes a member from the JSON objects that a path returns.
type memberRemover struct{ path, member string }

func (s memberRemover) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := ownTransport.RoundTrip(r)
	if err != nil || !strings.HasSuffix(r.URL.Path, s.path) {
		return res, err
	}
	defer res.Body.Close()
	var object map[string]any
	if err := json.NewDecoder(res.Body).Decode(&object); err != nil {
		return nil, err
	}
	delete(object, s.member)
	text, err := json.Marshal(object)
	res.Body, res.ContentLength = io.NopCloser(strings.NewReader(string(text))), int64(len(text))
	return res, err
}

// RFC 9700 § 2.1.1: PKCE and the nonce are sent even if the metadata does not mention PKCE.
func TestPKCEIsSentWithoutMetadata(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) {
		c.HTTPClient = &http.Client{
			Transport: memberRemover{"/openid-configuration", "code_challenge_methods_supported"},
		}
	})
	b := newBrowser(t, s.URL)
	authorize := startSignIn(t, b, "idp", nil)
	if !strings.Contains(authorize, "code_challenge_method=S256") || !strings.Contains(authorize, "&nonce=") {
		t.Errorf("the authorization request is %s", authorize)
	}
	if to := visit(t, b, consent(t, b, authorize)).Header.Get("Location"); to != s.URL {
		t.Errorf("leads to %s", to)
	}
}

// RFC 9700 § 2.1.2: tokens in the callback URL are ignored.
func TestTokensInTheURLAreIgnored(t *testing.T) {
	t.Parallel()
	outbound := &httpRecorder{}
	s := newSite(t, func(c *cardea.Config) { c.HTTPClient = &http.Client{Transport: outbound} })
	cardeatest.SignIn(t, s.URL, "idp", "")
	tokens := outbound.tokens(t) // valid ones
	b := newBrowser(t, s.URL)
	callback, err := url.Parse(callbackURLOf(t, b, "idp"))
	if err != nil {
		t.Fatal(err)
	}
	q := callback.Query()
	q.Del("code")
	q.Set("access_token", tokens[0])
	q.Set("id_token", tokens[len(tokens)-1])
	q.Set("token_type", "Bearer")
	callback.RawQuery = q.Encode()
	checkSignInFailed(t, s, visit(t, b, callback.String()), cardea.CodeInvalidCheck)
	if b.Session() != nil {
		t.Error("signed in by tokens in the URL")
	}
}

// RFC 9700 § 4.2 and § 4.12: redirects after a POST have status 303. After a callback, whether or
// not it succeeds, code and state are neither in the next URL, nor in a Referer, nor in a cache.
func TestRedirectsDropCodeAndState(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	b := newBrowser(t, s.URL)
	signIn := b.Post("/signin/idp", nil)
	callback := consent(t, b, signIn.Header.Get("Location"))
	succeeded := visit(t, b, callback)
	failed := visit(t, b, callback)
	signOut := b.Post("/signout", nil)
	refused := send(t, s.URL+"/api/auth/signout", nil, url.Values{})
	for name, res := range map[string]*http.Response{
		"sign in": signIn, "callback": succeeded, "failed callback": failed, "sign out": signOut,
		"sign out without a token": refused,
	} {
		want := http.StatusFound
		if res.Request.Method == http.MethodPost {
			want = http.StatusSeeOther
		}
		if res.StatusCode != want || res.Header.Get("Referrer-Policy") != "no-referrer" ||
			!strings.Contains(res.Header.Get("Cache-Control"), "no-store") {
			t.Errorf("%s: %s, %v", name, res.Status, res.Header)
		}
		to, err := url.Parse(res.Header.Get("Location"))
		if err != nil || name != "sign in" && (to.Query().Has("code") || to.Query().Has("state")) {
			t.Errorf("%s leads to %s, %v", name, to, err)
		}
	}
}

// RFC 9700 § 2.3: only the configured scopes are requested, and by default few.
func TestOnlyConfiguredScopesAreRequested(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		scopes []string
		want   string
	}{{nil, "openid profile email"}, {[]string{"openid"}, "openid"}} {
		s := newSite(t, func(c *cardea.Config) {
			idp(c).Scopes = tc.scopes
			addGitHub(c)
		})
		b := newBrowser(t, s.URL)
		for provider, want := range map[string]string{"idp": tc.want, "github": "read:user user:email"} {
			u, err := url.Parse(startSignIn(t, b, provider+"?scope=admin", nil))
			if err != nil || !slices.Equal(u.Query()["scope"], []string{want}) {
				t.Errorf("%s: scope = %q, %v; want %q", provider, u.Query()["scope"], err, want)
			}
		}
	}
}

// RFC 9700 § 2.6: endpoints have https URLs, except on loopback.
func TestEndpointsAreHTTPS(t *testing.T) {
	t.Parallel()
	fields := map[string]func(*oauth.Provider) *string{
		"Issuer":           func(p *oauth.Provider) *string { return &p.Issuer },
		"AuthorizationURL": func(p *oauth.Provider) *string { return &p.AuthorizationURL },
		"TokenURL":         func(p *oauth.Provider) *string { return &p.TokenURL },
		"UserinfoURL":      func(p *oauth.Provider) *string { return &p.UserinfoURL },
		"EmailsURL":        func(p *oauth.Provider) *string { return &p.EmailsURL },
		"JWKSURL":          func(p *oauth.Provider) *string { return &p.JWKSURL },
	}
	for name, field := range fields {
		for raw, want := range map[string]bool{
			"https://idp.example/x":               true,
			"http://localhost:1/x":                true,
			"http://127.0.0.1/x":                  true,
			"http://[::1]/x":                      true,
			"http://idp.example/x":                false,
			"http://localhost.idp.example/x":      false,
			"http://127.0.0.1.idp.example/x":      false,
			"http://10.0.0.1/x":                   false,
			"http://0.0.0.0/x":                    false,
			"ftp://idp.example/x":                 false,
			"//idp.example/x":                     false,
			"idp.example":                         false,
			"https://":                            false,
			"https://user:password@idp.example/x": false,
			"https://idp.example/x#y":             false,
			"javascript:alert(1)":                 false,
		} {
			c := validConfig()
			p := *idp(&c)
			c.Providers = []cardea.Provider{&p}
			*field(&p) = raw
			_, err := cardea.New(c)
			if (err == nil) != want {
				t.Errorf("%s %q: New: %v", name, raw, err)
			}
			if err == nil {
				continue
			}
			if !strings.Contains(err.Error(), "."+name+": ") || strings.Contains(err.Error(), "password") {
				t.Errorf("%s %q: the error has no field, or the password: %v", name, raw, err)
			}
		}
	}
}

// RFC 9700 § 2.5, RFC 6750 § 2: the client secret is sent only to the token endpoint, by the method
// that the configuration or the metadata names. The access token is sent only in the Authorization
// header.
func TestWhereSecretsAreSent(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name      string
		auth      oauth.ClientAuth
		transport http.RoundTripper
		post      bool // client_secret_post is used
	}{
		{"by default", "", ownTransport, false},
		{"basic", oauth.AuthClientSecretBasic, ownTransport, false},
		{"post", oauth.AuthClientSecretPost, ownTransport, true},
		{"post, as the metadata says", "", onlyPost{}, true},
		{"basic, against the metadata", oauth.AuthClientSecretBasic, onlyPost{}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			outbound := &httpRecorder{base: tc.transport}
			s := newSite(t, func(c *cardea.Config) {
				idp(c).ClientAuth, idp(c).UseUserinfo = tc.auth, true
				c.HTTPClient = &http.Client{Transport: outbound}
			})
			b := newBrowser(t, s.URL)
			inbound := &httpRecorder{}
			b.Transport = inbound
			signInWith(t, b, "idp")
			if b.Session() == nil {
				t.Fatal("not signed in")
			}
			for _, e := range inbound.all() {
				if strings.Contains(e.url.String()+e.answer.Get("Location"), s.issuer.ClientSecret) {
					t.Errorf("the secret is in the URL of %s", e.url.Path)
				}
			}
			accessToken := outbound.tokens(t)[0]
			for _, e := range outbound.all() {
				pair := s.issuer.ClientID + ":" + s.issuer.ClientSecret
				basic := "Basic " + base64.StdEncoding.EncodeToString([]byte(pair))
				want, form := "", ""
				switch e.url.Path {
				case "/token":
					if want = basic; tc.post {
						want, form = "", s.issuer.ClientSecret
					}
				case "/userinfo":
					want = "Bearer " + accessToken
				}
				if got := e.header.Get("Authorization"); got != want || e.form.Get("client_secret") != form ||
					e.url.RawQuery != "" {
					t.Errorf("%s: Authorization %q, form %v, query %q", e.url.Path, got, e.form, e.url.RawQuery)
				}
			}
		})
	}
}

// onlyPost is a transport that makes the metadata name client_secret_post alone.
type onlyPost struct{}

func (onlyPost) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := ownTransport.RoundTrip(r)
	if err != nil || !strings.HasSuffix(r.URL.Path, "/openid-configuration") {
		return res, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	const methods = `["client_secret_basic","client_secret_post","none"]`
	changed := strings.Replace(string(text), methods, `["client_secret_post"]`, 1)
	res.Body, res.ContentLength = io.NopCloser(strings.NewReader(changed)), int64(len(changed))
	return res, err
}

// RFC 9207 § 2.4: iss is compared exactly, also in errors, and also for an OAuth 2.0 provider that
// has an issuer. It must not be missing if the metadata promises it.
func TestIssIsChecked(t *testing.T) {
	t.Parallel()
	remove := func(q url.Values, _ string) { q.Del("iss") }
	set := func(iss string) func(url.Values, string) { return func(q url.Values, _ string) { q.Set("iss", iss) } }
	for _, tc := range []struct {
		name, provider string
		change         func(q url.Values, issuer string)
		want           cardea.Code // "" if the sign-in succeeds
	}{
		{"right", "idp", func(url.Values, string) {}, ""},
		{"missing, although promised", "idp", remove, cardea.CodeInvalidCheck},
		{"of another issuer", "idp", set("https://evil.example"), cardea.CodeInvalidCheck},
		{
			"in upper case", "idp",
			func(q url.Values, issuer string) { q.Set("iss", strings.ToUpper(issuer)) }, cardea.CodeInvalidCheck,
		},
		{
			"with an additional slash", "idp",
			func(q url.Values, issuer string) { q.Set("iss", issuer+"/") }, cardea.CodeInvalidCheck,
		},
		{"empty", "idp", set(""), cardea.CodeInvalidCheck},
		{"right, in an error", "idp", func(q url.Values, _ string) { toError(q) }, cardea.CodeOAuthCallback},
		{
			"missing, in an error", "idp",
			func(q url.Values, _ string) { toError(q).Del("iss") }, cardea.CodeInvalidCheck,
		},
		{
			"of another issuer, in an error", "idp",
			func(q url.Values, _ string) { toError(q).Set("iss", "https://evil.example") }, cardea.CodeInvalidCheck,
		},
		{"right, without OpenID Connect", "github", func(url.Values, string) {}, ""},
		{"missing, and not promised", "github", remove, ""},
		{"of another issuer, without OpenID Connect", "github", set("https://evil.example"), cardea.CodeInvalidCheck},
		{"any, without a configured issuer", "bare", set("https://idp.example"), ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, func(c *cardea.Config) {
				bare := *addGitHub(c)
				bare.ID, bare.Issuer = "bare", ""
				c.Providers = append(c.Providers, &bare)
			})
			b := newBrowser(t, s.URL)
			callback, err := url.Parse(callbackURLOf(t, b, tc.provider))
			if err != nil {
				t.Fatal(err)
			}
			q := callback.Query()
			tc.change(q, s.issuer.URL)
			callback.RawQuery = q.Encode()
			res := visit(t, b, callback.String())
			if tc.want == "" {
				if res.Header.Get("Location") != s.URL {
					t.Errorf("leads to %s", res.Header.Get("Location"))
				}
				return
			}
			checkSignInFailed(t, s, res, tc.want)
			if s.issuer.Requests(cardeatest.Token) != 0 {
				t.Error("the code was used")
			}
		})
	}
}

// toError turns a successful callback into an error, and returns it.
func toError(q url.Values) url.Values {
	q.Del("code")
	q.Set("error", "access_denied")
	return q
}

// ASVS 7.2.3: session tokens have 256 random bits, and the store has only their hashes.
func TestSessionTokensAreRandomAndHashed(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	seen := map[string]bool{}
	for range 20 {
		token := cookiesOf(cardeatest.SignIn(t, s.URL, "idp", ""))[sessionCookie]
		bits, err := base64.RawURLEncoding.Strict().DecodeString(token)
		if err != nil || len(bits) != 32 || seen[token] {
			t.Errorf("a token has %d bytes, %v; want 32, different each time", len(bits), err)
		}
		seen[token] = true
		if _, err := s.store.Session(t.Context(), token); err == nil {
			t.Error("the store has the token itself")
		}
	}
}

// ASVS 7.3.1: a session that is not used ends on the server, even if the browser still sends its
// cookie. A session that is used lasts, also if the clocks of two servers differ by seconds.
func TestIdleSessionsEnd(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		var clock shiftedClock
		s := newSite(t, func(c *cardea.Config) {
			c.Session = cardea.SessionConfig{Strategy: strategy, MaxAge: time.Hour, UpdateAge: 10 * time.Minute}
		})
		s.auth.SetClock(clock.now)
		s.Config.Handler = newApplication(s.auth)
		b := newBrowser(t, s.URL)
		signInWith(t, b, "idp")
		idle := cookiesOf(b)
		used := idle
		for range 4 {
			clock.advance(25 * time.Minute)
			res := send(t, s.URL+"/guarded", used, nil)
			if res.StatusCode != http.StatusOK {
				t.Fatalf("a session that is used: %s", res.Status)
			}
			for _, c := range res.Cookies() {
				if !strings.Contains(res.Header.Get("Cache-Control"), "no-store") { // session management cheat sheet
					t.Errorf("a response with a cookie has Cache-Control %s", res.Header.Get("Cache-Control"))
				}
				used = used.with(c.Name, c.Value)
			}
		}
		if strategy == cardea.StrategyJWT {
			if res := send(t, s.URL+"/guarded", idle, nil); res.StatusCode != http.StatusUnauthorized {
				t.Errorf("a token that was not renewed: %s", res.Status)
			}
		}
		clock.advance(-10 * time.Second)
		if res := send(t, s.URL+"/guarded", used, nil); res.StatusCode != http.StatusOK {
			t.Errorf("at a server whose clock is behind: %s", res.Status)
		}
		clock.advance(90 * time.Minute)
		for _, path := range []string{"/guarded", "/typed"} {
			if res := send(t, s.URL+path, used, nil); res.StatusCode != http.StatusUnauthorized {
				t.Errorf("%s with an idle session: %s", path, res.Status)
			}
		}
		if got := s.sessionBody(t, used); got != "null" {
			t.Errorf("GET session with an idle session: %s", got)
		}
	})
}

// RFC 6265bis § 5.6: no cookie is longer than browsers store, even if the session is large.
func TestCookiesFitIntoBrowsers(t *testing.T) {
	t.Parallel()
	s := newSite(t, withLargeSessions)
	b := newBrowser(t, s.URL)
	b.Post("/signin?callbackUrl="+url.QueryEscape("/"+strings.Repeat("%25", 600)), nil)
	res := signInWith(t, b, "idp?callbackUrl="+url.QueryEscape("/"+strings.Repeat("a%20", 500)))
	lines := append(res.Header["Set-Cookie"], visit(t, b, s.URL+"/api/auth/session").Header["Set-Cookie"]...)
	if len(lines) < 8 {
		t.Fatalf("only %d cookies", len(lines))
	}
	for _, line := range lines {
		pair, _, _ := strings.Cut(line, ";")
		if len(pair)-1 > 4096 {
			t.Errorf("a cookie of %d bytes: %.40s", len(pair), pair)
		}
	}
}

// ASVS 14.3.2 and the session management cheat sheet: caches store no response of the endpoints,
// Require and Handle, and a session token in a URL is ignored.
func TestNothingIsCached(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	h := newApplication(s.auth)
	c := cookiesOf(cardeatest.SignIn(t, s.URL, "idp", ""))
	for _, path := range []string{
		"providers", "session", "csrf", "signin", "signin/idp", "callback/idp", "callback/idp?code=a&state=b",
		"signout", "verify-request", "error", "nothing",
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodHead} {
			for name, c := range map[string]cookies{"a stranger": nil, "a user": c} {
				res := serve(h, method, "/api/auth/"+path, c, nil)
				if !strings.Contains(res.Header.Get("Cache-Control"), "no-store") ||
					res.Header.Get("X-Content-Type-Options") != "nosniff" {
					t.Errorf("%s %s by %s: %s, %v", method, path, name, res.Status, res.Header)
				}
			}
		}
	}
	for _, path := range []string{"/guarded", "/typed"} {
		for name, c := range map[string]cookies{"a stranger": nil, "a user": c} {
			res := serve(h, http.MethodGet, path, c, nil)
			if !strings.Contains(res.Header.Get("Cache-Control"), "no-store") {
				t.Errorf("%s by %s: %v", path, name, res.Header)
			}
		}
	}
	if res := serve(h, http.MethodGet, "/loaded", c, nil); res.Header.Get("Vary") != "Cookie" {
		t.Errorf("Load: Vary = %q, want Cookie", res.Header.Get("Vary"))
	}
	for _, name := range []string{sessionCookie, "sessionToken", "session", "token"} {
		res := serve(h, http.MethodGet, "/guarded?"+name+"="+c[sessionCookie], nil, nil)
		if res.StatusCode != http.StatusUnauthorized {
			t.Errorf("the session token in the parameter %s: %s", name, res.Status)
		}
	}
}

// ASVS 16.3.1: sign-ins, failed ones and sign-outs are logged with the user, the provider and the
// client's address.
func TestSignInsAreLogged(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		var log logRecorder
		s := newSite(t, func(c *cardea.Config) { c.Logger, c.Session.Strategy = log.logger(), strategy })
		b := newBrowser(t, s.URL)
		callback := callbackURLOf(t, b, "idp")
		visit(t, b, callback)
		b.Post("/signout", nil)
		visit(t, b, callback)
		user := s.accountOwner(t, "idp", "1001")
		for message, want := range map[string]map[string]any{
			"cardea: signed in":      {"level": "INFO", "user": user, "provider": "idp", "new": true},
			"cardea: signed out":     {"level": "INFO", "user": user},
			"cardea: request failed": {"level": "WARN", "provider": "idp", "code": "InvalidCheck"},
		} {
			records := log.records(t, message)
			if len(records) != 1 {
				t.Errorf("%s: %d records", message, len(records))
				continue
			}
			for name, value := range want {
				if records[0][name] != value {
					t.Errorf("%s: %s = %v, want %v", message, name, records[0][name], value)
				}
			}
			if remote, _ := records[0]["remote"].(string); !strings.HasPrefix(remote, "127.0.0.1:") {
				t.Errorf("%s: remote = %q", message, remote)
			}
		}
	})
}

// OWASP session management cheat sheet: if Load renews the session cookie, caches must not store
// the response.
func TestRenewedCookieIsNotCached(t *testing.T) {
	t.Parallel()
	var clock shiftedClock
	s := newSite(t, nil)
	s.auth.SetClock(clock.now)
	h := newApplication(s.auth)
	c := cookiesOf(cardeatest.SignIn(t, s.URL, "idp", ""))
	clock.advance(25 * time.Hour)
	r := httptest.NewRequest(http.MethodGet, "http://localhost/loaded", nil)
	r.Header.Set("Cookie", c.String())
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Header().Get("Set-Cookie") == "" || !strings.Contains(w.Header().Get("Cache-Control"), "no-store") {
		t.Errorf("header = %v, want Set-Cookie and no-store", w.Header())
	}
}
