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

// What RFC 9700 (OAuth 2.0 Security Best Current Practice), RFC 9207, OWASP ASVS 5.0 and the
// session management cheat sheet ask of a client, where no test of the other files has it. The
// numbers are rows of the project's list of standards.

// Rows 1, 2 and 24 (RFC 9700 § 2.1): the redirect URI is the base URL with /callback/ and the
// provider's id, in both requests, byte for byte.
func TestTheRedirectURIIsTheSameEverywhere(t *testing.T) {
	t.Parallel()
	outside := &wiretap{}
	s := newSite(t, func(c *cardea.Config) {
		c.HTTPClient = &http.Client{Transport: outside}
		second(c)
		github(c)
	})
	for i, provider := range []string{"idp", "other", "github"} {
		want := s.URL + "/api/auth/callback/" + provider
		s.issuer.AddClient(s.issuer.ClientID, s.issuer.ClientSecret, want) // the provider compares, too
		s.issuer.Next(person(fmt.Sprint(i), fmt.Sprint(i, "@example.com")))
		b := stepper(t, s.URL)
		authorize := begin(t, b, provider, nil)
		visit(t, b, consent(t, b, authorize))
		exchanges := outside.to("/token")
		got := exchanges[len(exchanges)-1].form["redirect_uri"]
		if !slices.Equal(got, []string{want}) ||
			!strings.Contains(authorize, "redirect_uri="+url.QueryEscape(want)+"&") {
			t.Errorf("%s: %q in the token request, authorization request %s", provider, got, authorize)
		}
	}
}

// Row 4 (RFC 9700 § 4.7.1): an attempt is good for 15 minutes, even if the browser keeps its
// cookie.
func TestAnAttemptEnds(t *testing.T) {
	t.Parallel()
	for after, want := range map[time.Duration]bool{
		14 * time.Minute: true, 16 * time.Minute: false, 24 * time.Hour: false,
	} {
		t.Run(after.String(), func(t *testing.T) {
			t.Parallel()
			var log logbook
			var clock testClock
			s := newSite(t, func(c *cardea.Config) { c.Logger = log.logger() })
			s.auth.SetClock(clock.now)
			b := stepper(t, s.URL)
			authorize := begin(t, b, "idp", nil)
			mine := cookiesOf(b)
			clock.pass(after)
			s.issuer.SetClock(clock.now)
			res := send(t, consent(t, b, authorize), mine, nil)
			if want {
				if res.Header.Get("Location") != s.URL {
					t.Errorf("leads to %s", res.Header.Get("Location"))
				}
				return
			}
			checkRefused(t, s, res, cardea.CodeConfiguration)
			log.checkFailure(t, "InvalidCheck", "expired")
		})
	}
}

// testClock is a clock that goes when it is told to.
type testClock struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (c *testClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *testClock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

// stripped is a transport that takes a member out of the JSON objects that a path answers.
type stripped struct{ path, member string }

func (s stripped) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := http.DefaultTransport.RoundTrip(r)
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

// Rows 3 and 6 (RFC 9700 § 2.1.1): a provider that does not say that it knows PKCE gets the
// challenge all the same, and the nonce.
func TestPKCEIsUsedUnasked(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) {
		c.HTTPClient = &http.Client{Transport: stripped{"/openid-configuration", "code_challenge_methods_supported"}}
	})
	b := stepper(t, s.URL)
	authorize := begin(t, b, "idp", nil)
	if !strings.Contains(authorize, "code_challenge_method=S256") || !strings.Contains(authorize, "&nonce=") {
		t.Errorf("request %s", authorize)
	}
	if to := visit(t, b, consent(t, b, authorize)).Header.Get("Location"); to != s.URL {
		t.Errorf("leads to %s", to)
	}
}

// Row 7 (RFC 9700 § 2.1.2): tokens in the callback's URL are not looked at.
func TestTokensInTheURLAreIgnored(t *testing.T) {
	t.Parallel()
	outside := &wiretap{}
	s := newSite(t, func(c *cardea.Config) { c.HTTPClient = &http.Client{Transport: outside} })
	cardeatest.SignIn(t, s.URL, "idp", "")
	granted := outside.tokens(t) // real ones
	b := stepper(t, s.URL)
	callback, err := url.Parse(arrive(t, b, "idp"))
	if err != nil {
		t.Fatal(err)
	}
	q := callback.Query()
	q.Del("code")
	q.Set("access_token", granted[0])
	q.Set("id_token", granted[len(granted)-1])
	q.Set("token_type", "Bearer")
	callback.RawQuery = q.Encode()
	checkRefused(t, s, visit(t, b, callback.String()), cardea.CodeConfiguration)
	if b.Session() != nil {
		t.Error("signed in")
	}
}

// Rows 9 and 10 (RFC 9700 § 4.2 and § 4.12): redirects after a form are 303, code and state leave
// the address bar, no referrer tells them and no cache keeps them, whether the sign-in works or
// not.
func TestRedirectsLeaveNothingBehind(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	b := stepper(t, s.URL)
	form := b.Post("/signin/idp", nil)
	callback := consent(t, b, form.Header.Get("Location"))
	good := visit(t, b, callback)
	bad := visit(t, b, callback)
	out := b.Post("/signout", nil)
	unsent := send(t, s.URL+"/api/auth/signout", nil, url.Values{})
	for name, res := range map[string]*http.Response{
		"form": form, "callback": good, "failed callback": bad, "sign out": out, "form without token": unsent,
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
		if err != nil || name != "form" && (to.Query().Has("code") || to.Query().Has("state")) {
			t.Errorf("%s leads to %s, %v", name, to, err)
		}
	}
}

// Row 13 (RFC 9700 § 2.3): the scopes asked for are those configured, and little when none are.
func TestOnlyConfiguredScopesAreAsked(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		scopes []string
		want   string
	}{{nil, "openid profile email"}, {[]string{"openid"}, "openid"}} {
		s := newSite(t, func(c *cardea.Config) {
			idp(c).Scopes = tc.scopes
			github(c)
		})
		b := stepper(t, s.URL)
		for provider, want := range map[string]string{"idp": tc.want, "github": "read:user user:email"} {
			u, err := url.Parse(begin(t, b, provider+"?scope=admin", nil))
			if err != nil || !slices.Equal(u.Query()["scope"], []string{want}) {
				t.Errorf("%s asks for %q, %v", provider, u.Query()["scope"], err)
			}
		}
	}
}

// Row 14 (RFC 9700 § 2.6): no endpoint over plain http but on this machine itself.
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
			"https://idp.example/x": true, "http://localhost:1/x": true, "http://127.0.0.1/x": true,
			"http://[::1]/x":       true,
			"http://idp.example/x": false, "http://localhost.idp.example/x": false,
			"http://127.0.0.1.idp.example/x": false, "http://10.0.0.1/x": false,
			"ftp://idp.example/x": false, "//idp.example/x": false, "idp.example": false, "https://": false,
			"https://user:password@idp.example/x": false,
			"https://idp.example/x#y":             false, "javascript:alert(1)": false, "http://0.0.0.0/x": false,
		} {
			c := validConfig()
			p := *idp(&c)
			c.Providers = []cardea.Provider{&p}
			*field(&p) = raw
			_, err := cardea.New(c)
			if (err == nil) != want {
				t.Errorf("%s %q: %v", name, raw, err)
			}
			if err != nil && (!strings.Contains(err.Error(), "."+name+": ") ||
				strings.Contains(err.Error(), "password")) {
				t.Errorf("%s %q: %v", name, raw, err)
			}
		}
	}
}

// Rows 16 and 25 (RFC 9700 § 2.5, RFC 6750 § 2): the secret goes to the token endpoint alone, in
// the way that the server's metadata or the configuration says; the access token goes into the
// Authorization header alone.
func TestSecretsGoWhereTheyBelong(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		auth   oauth.ClientAuth
		method http.RoundTripper // between us and the provider
		post   bool
	}{
		{"by default", "", http.DefaultTransport, false},
		{"basic", oauth.AuthClientSecretBasic, http.DefaultTransport, false},
		{"post", oauth.AuthClientSecretPost, http.DefaultTransport, true},
		{"post, as the metadata says", "", onlyPost{}, true},
		{"basic, against the metadata", oauth.AuthClientSecretBasic, onlyPost{}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			outside := &wiretap{base: tc.method}
			s := newSite(t, func(c *cardea.Config) {
				idp(c).ClientAuth, idp(c).UseUserinfo = tc.auth, true
				c.HTTPClient = &http.Client{Transport: outside}
			})
			b := stepper(t, s.URL)
			visits := &wiretap{}
			b.Transport = visits
			finish(t, b, "idp")
			if b.Session() == nil {
				t.Fatal("not signed in")
			}
			for _, e := range visits.all() {
				if strings.Contains(e.url.String()+e.answer.Get("Location"), s.issuer.ClientSecret) {
					t.Errorf("the secret is in the URL of %s", e.url.Path)
				}
			}
			access := outside.tokens(t)[0]
			for _, e := range outside.all() {
				basic := "Basic " + base64.StdEncoding.EncodeToString([]byte(s.issuer.ClientID+":"+
					s.issuer.ClientSecret))
				want, form := "", ""
				switch e.url.Path {
				case "/token":
					if want = basic; tc.post {
						want, form = "", s.issuer.ClientSecret
					}
				case "/userinfo":
					want = "Bearer " + access
				}
				if got := e.header.Get("Authorization"); got != want || e.form.Get("client_secret") != form ||
					e.url.RawQuery != "" {
					t.Errorf("%s: Authorization %q, form %v, query %q", e.url.Path, got, e.form, e.url.RawQuery)
				}
			}
		})
	}
}

// onlyPost makes the provider's metadata say that it knows client_secret_post alone.
type onlyPost struct{}

func (onlyPost) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil || !strings.HasSuffix(r.URL.Path, "/openid-configuration") {
		return res, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	changed := strings.Replace(string(text), `["client_secret_basic","client_secret_post","none"]`,
		`["client_secret_post"]`, 1)
	res.Body, res.ContentLength = io.NopCloser(strings.NewReader(changed)), int64(len(changed))
	return res, err
}

// Rows 31 to 34 (RFC 9207 § 2.4): iss is compared exactly, also in errors and for a provider
// without OpenID Connect that has an issuer; one that was promised may not be missing.
func TestIssIsChecked(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, provider string
		change         func(q url.Values, issuer string)
		want           cardea.Code // "" for signed in
	}{
		{"right", "idp", func(url.Values, string) {}, ""},
		{"missing, though promised", "idp", func(q url.Values, _ string) { q.Del("iss") }, cardea.CodeConfiguration},
		{"of another", "idp", func(q url.Values, _ string) {
			q.Set("iss", "https://evil.example")
		}, cardea.CodeConfiguration},
		{"in another case", "idp", func(q url.Values, issuer string) {
			q.Set("iss", strings.ToUpper(issuer))
		}, cardea.CodeConfiguration},
		{"with a slash more", "idp", func(q url.Values, issuer string) {
			q.Set("iss", issuer+"/")
		}, cardea.CodeConfiguration},
		{"empty", "idp", func(q url.Values, _ string) { q.Set("iss", "") }, cardea.CodeConfiguration},
		{"right, in an error", "idp", func(q url.Values, _ string) { failed(q) }, cardea.CodeOAuthCallback},
		{"missing, in an error", "idp", func(q url.Values, _ string) {
			failed(q).Del("iss")
		}, cardea.CodeConfiguration},
		{"of another, in an error", "idp", func(q url.Values, _ string) {
			failed(q).Set("iss", "https://evil.example")
		}, cardea.CodeConfiguration},
		{"right, without OpenID Connect", "github", func(url.Values, string) {}, ""},
		{"missing, and nobody promised it", "github", func(q url.Values, _ string) { q.Del("iss") }, ""},
		{"of another, without OpenID Connect", "github", func(q url.Values, _ string) {
			q.Set("iss", "https://evil.example")
		}, cardea.CodeConfiguration},
		{"whatever, where no issuer is known", "bare", func(q url.Values, _ string) {
			q.Set("iss", "https://idp.example")
		}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, func(c *cardea.Config) {
				bare := *github(c)
				bare.ID, bare.Issuer = "bare", ""
				c.Providers = append(c.Providers, &bare)
			})
			b := stepper(t, s.URL)
			callback, err := url.Parse(arrive(t, b, tc.provider))
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
			checkRefused(t, s, res, tc.want)
			if s.issuer.Requests(cardeatest.Token) != 0 {
				t.Error("the code was used")
			}
		})
	}
}

// failed makes an answer an error.
func failed(q url.Values) url.Values {
	q.Del("code")
	q.Set("error", "access_denied")
	return q
}

// Row 55 (ASVS 7.2.3): session tokens have 256 random bits, and the store has their hash alone.
func TestSessionTokensAreRandomAndHashed(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	seen := map[string]bool{}
	for range 20 {
		token := cookiesOf(cardeatest.SignIn(t, s.URL, "idp", ""))[sessionCookie]
		bits, err := base64.RawURLEncoding.Strict().DecodeString(token)
		if err != nil || len(bits) != 32 || seen[token] {
			t.Errorf("token of %d bytes, %v", len(bits), err)
		}
		seen[token] = true
		if _, err := s.store.Session(t.Context(), token); err == nil {
			t.Error("the store has the token itself")
		}
	}
}

// Rows 57 and 80 (ASVS 7.3.1): a session that is not used ends on the server, whatever the browser
// still sends, and one that is used lasts; clocks of two servers that differ by seconds end none.
func TestIdleSessionsEnd(t *testing.T) {
	t.Parallel()
	strategies(t, func(t *testing.T, strategy cardea.Strategy) {
		var clock testClock
		s := newSite(t, func(c *cardea.Config) {
			c.Session = cardea.SessionConfig{Strategy: strategy, MaxAge: time.Hour, UpdateAge: 10 * time.Minute}
		})
		s.auth.SetClock(clock.now)
		s.Config.Handler = guarded(s.auth)
		b := stepper(t, s.URL)
		finish(t, b, "idp")
		idle := cookiesOf(b)
		used := idle
		for range 4 {
			clock.pass(25 * time.Minute)
			res := send(t, s.URL+"/guarded", used, nil)
			if res.StatusCode != http.StatusOK {
				t.Fatalf("a session in use: %s", res.Status)
			}
			for _, c := range res.Cookies() {
				if !strings.Contains(res.Header.Get("Cache-Control"), "no-store") { // row 76
					t.Errorf("a cookie on an answer with Cache-Control %s", res.Header.Get("Cache-Control"))
				}
				used = used.with(c.Name, c.Value)
			}
		}
		if strategy == cardea.StrategyJWT {
			if res := send(t, s.URL+"/guarded", idle, nil); res.StatusCode != http.StatusUnauthorized {
				t.Errorf("a token that was not renewed: %s", res.Status)
			}
		}
		clock.pass(-10 * time.Second)
		if res := send(t, s.URL+"/guarded", used, nil); res.StatusCode != http.StatusOK {
			t.Errorf("at a server that is behind: %s", res.Status)
		}
		clock.pass(90 * time.Minute)
		for _, path := range []string{"/guarded", "/typed"} {
			if res := send(t, s.URL+path, used, nil); res.StatusCode != http.StatusUnauthorized {
				t.Errorf("%s with an idle session: %s", path, res.Status)
			}
		}
		if got := s.sessionBody(t, used); got != "null" {
			t.Errorf("idle session: %s", got)
		}
	})
}

// Row 69 (RFC 6265bis § 5.6): no cookie is longer than browsers keep, however large the session is.
func TestCookiesAreNoLongerThanBrowsersKeep(t *testing.T) {
	t.Parallel()
	s := newSite(t, fat)
	b := stepper(t, s.URL)
	b.Post("/signin?callbackUrl="+url.QueryEscape("/"+strings.Repeat("%25", 600)), nil)
	res := finish(t, b, "idp?callbackUrl="+url.QueryEscape("/"+strings.Repeat("a%20", 500)))
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

// Rows 71, 76 and 74 (ASVS 14.3.2): no answer of an endpoint or of a guard is kept by caches, and a
// session in a URL is none.
func TestNothingIsCached(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	h := guarded(s.auth)
	c := cookiesOf(cardeatest.SignIn(t, s.URL, "idp", ""))
	for _, path := range []string{
		"providers", "session", "csrf", "signin", "signin/idp", "callback/idp", "callback/idp?code=a&state=b",
		"signout", "verify-request", "error", "nothing",
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodHead} {
			for name, who := range map[string]cookies{"nobody": nil, "somebody": c} {
				res := serve(h, method, "/api/auth/"+path, who, nil)
				if !strings.Contains(res.Header.Get("Cache-Control"), "no-store") ||
					res.Header.Get("X-Content-Type-Options") != "nosniff" {
					t.Errorf("%s %s by %s: %s, %v", method, path, name, res.Status, res.Header)
				}
			}
		}
	}
	for _, path := range []string{"/guarded", "/typed"} {
		for name, who := range map[string]cookies{"nobody": nil, "somebody": c} {
			if res := serve(h, http.MethodGet, path, who, nil); !strings.Contains(res.Header.Get("Cache-Control"),
				"no-store") {
				t.Errorf("%s by %s: %v", path, name, res.Header)
			}
		}
	}
	if res := serve(h, http.MethodGet, "/loaded", c, nil); res.Header.Get("Vary") != "Cookie" {
		t.Errorf("Load: Vary %q", res.Header.Get("Vary"))
	}
	for _, name := range []string{sessionCookie, "sessionToken", "session", "token"} {
		if res := serve(h, http.MethodGet, "/guarded?"+name+"="+c[sessionCookie], nil,
			nil); res.StatusCode != http.StatusUnauthorized {
			t.Errorf("the session in the parameter %s: %s", name, res.Status)
		}
	}
}

// Row 72 (ASVS 16.3.1): signing in, out and failing to is logged, with who, how and from where.
func TestSignInsAreLogged(t *testing.T) {
	t.Parallel()
	strategies(t, func(t *testing.T, strategy cardea.Strategy) {
		var log logbook
		s := newSite(t, func(c *cardea.Config) { c.Logger, c.Session.Strategy = log.logger(), strategy })
		b := stepper(t, s.URL)
		callback := arrive(t, b, "idp")
		visit(t, b, callback)
		visit(t, b, callback)
		b.Post("/signout", nil)
		user := s.owner(t, "idp", "1001")
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
					t.Errorf("%s: %s is %v, want %v", message, name, records[0][name], value)
				}
			}
			if remote, _ := records[0]["remote"].(string); !strings.HasPrefix(remote, "127.0.0.1:") {
				t.Errorf("%s: from %q", message, remote)
			}
		}
	})
}

// Row 76: a guard that renews a cookie forbids caches to keep the answer, though the page behind
// Load would allow it.
func TestARenewalIsNotCached(t *testing.T) {
	t.Parallel()
	var clock testClock
	s := newSite(t, nil)
	s.auth.SetClock(clock.now)
	h := guarded(s.auth)
	c := cookiesOf(cardeatest.SignIn(t, s.URL, "idp", ""))
	clock.pass(25 * time.Hour)
	r := httptest.NewRequest(http.MethodGet, "http://localhost/loaded", nil)
	r.Header.Set("Cookie", c.String())
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Header().Get("Set-Cookie") == "" || !strings.Contains(w.Header().Get("Cache-Control"), "no-store") {
		t.Errorf("%v", w.Header())
	}
}
