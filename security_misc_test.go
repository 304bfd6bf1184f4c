package cardea_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
)

// Better Auth CVE-2025-61928: who somebody is comes from the session alone; an id in a body, a
// query or a header is not read.
func TestAUserIDInARequestIsIgnored(t *testing.T) {
	t.Parallel()
	strategies(t, func(t *testing.T, strategy cardea.Strategy) {
		s := newSite(t, func(c *cardea.Config) { c.Session.Strategy = strategy })
		s.Config.Handler = guarded(s.auth)
		cardeatest.SignIn(t, s.URL, "idp", "")
		ann := s.owner(t, "idp", "1001")
		s.issuer.Next(person("2002", "bob@example.com"))
		bob := stepper(t, s.URL)
		finish(t, bob, "idp")
		stranger := stepper(t, s.URL)

		claim := url.Values{}
		members := map[string]any{}
		for _, name := range []string{
			"userId", "user_id", "user", "id", "sub", "email", "sessionToken", "session", "data", "role",
		} {
			claim.Set(name, ann)
			members[name] = map[string]string{"id": ann, "sub": ann, "userId": ann, "name": "Ann Example"}
		}
		for name, b := range map[string]*cardeatest.Browser{"Bob": bob, "a stranger": stranger} {
			claim.Set("csrfToken", b.CSRFToken())
			members["csrfToken"] = b.CSRFToken()
			object, err := json.Marshal(members)
			if err != nil {
				t.Fatal(err)
			}
			asJSON := func(r *http.Request) {
				r.Header.Set("Content-Type", "application/json")
				r.Body, r.ContentLength = io.NopCloser(strings.NewReader(string(object))), int64(len(object))
			}
			for _, res := range []*http.Response{
				send(t, s.URL+"/api/auth/session?"+claim.Encode(), cookiesOf(b), claim),
				send(t, s.URL+"/api/auth/session", cookiesOf(b), claim, asJSON),
				send(t, s.URL+"/api/auth/session?"+claim.Encode(), cookiesOf(b), nil),
			} {
				body := text(t, res)
				if strings.Contains(body, "Ann") || strings.Contains(body, ann) || name == "a stranger" &&
					body != "null" || name == "Bob" && !strings.Contains(body, "Person 2002") {
					t.Errorf("%s: %s %s", name, res.Status, body)
				}
			}
			for _, path := range []string{"/guarded", "/typed"} {
				res := send(t, s.URL+path+"?"+claim.Encode(), cookiesOf(b), claim)
				if got := text(t, res); strings.Contains(got, ann) || name == "a stranger" &&
					res.StatusCode != http.StatusUnauthorized {
					t.Errorf("%s at %s: %s %s", name, path, res.Status, got)
				}
			}
		}
		if got := bob.Session()["user"].(map[string]any)["name"]; got != "Person 2002" {
			t.Errorf("Bob's session is of %v now", got)
		}
	})
}

// oauth2-proxy CVE-2025-64484, CVE-2026-34457 and CVE-2026-40575, caddy-security CVE-2024-21494: no
// header makes anybody of a visitor, in any spelling.
func TestNoHeaderMakesAVisitorSomebody(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	h := guarded(s.auth)
	bob := cookiesOf(cardeatest.SignIn(t, s.URL, "idp", ""))
	id := s.owner(t, "idp", "1001")
	names := []string{
		"X-User", "X_User", "x-user-id", "X-Forwarded-User", "X_Forwarded_User", "X-Auth-Request-User",
		"X-Auth-Request-Email", "X-Remote-User", "Remote-User",
		"REMOTE_USER", "X-Forwarded-Uri", "X-Forwarded-Method", "X-Original-Url", "X-Authenticated-User", "X-Session",
		"X-Authjs-Session", "Authorization", "User",
	}
	for _, path := range []string{"/guarded", "/typed", "/loaded", "/api/auth/session"} {
		for name, c := range map[string]cookies{"a stranger": nil, "Bob": bob} {
			want := serve(h, http.MethodGet, path, c, nil)
			r := httptest.NewRequest(http.MethodGet, "http://localhost"+path, nil)
			if c != nil {
				r.Header.Set("Cookie", c.String())
			}
			for _, header := range names {
				r.Header[header] = []string{"somebody-else"} // as it is, not as Go would spell it
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if body := text(t, want); w.Code != want.StatusCode || w.Body.String() != body {
				t.Errorf("%s at %s: %d %s, without the headers %d %s", name, path, w.Code, w.Body, want.StatusCode,
					body)
			}
		}
	}
	if got := text(t, serve(h, http.MethodGet, "/guarded", bob, nil)); got != id {
		t.Errorf("Bob is %s", got)
	}
}

// hostileText is what somebody might write where a page shows text.
var hostileText = []string{
	`<script>alert(1)</script>`, `"><script>alert(1)</script>`, `'><img src=x onerror=alert(1)>`, `javascript:alert(1)`,
	`</style><script>alert(1)</script>`,
	`--><svg onload=alert(1)>`, `{{.Site}}`, "\x00<b>", `" onmouseover="alert(1)`, `</title><script>`, `&lt;script&gt;`,
	strings.Repeat("<b>", 1000),
}

// Authelia CVE-2026-33525, Hydra CVE-2019-8400, Zitadel CVE-2026-29192 and -29191, Casdoor
// CVE-2026-5468 and CVE-2024-41658, standards 20 and 21: nothing that a request, a provider or the
// configuration says becomes part of a page's markup, no page has a script, and each has its
// policy.
func TestPagesShowNothingRaw(t *testing.T) {
	t.Parallel()
	harmless := newSite(t, nil)
	b := stepper(t, harmless.URL)
	b.Post("/signin", nil) // now the site's cookies are there, and no page differs by them
	pages := map[string]string{"/signin": "", "/signout": "", "/error": "", "/verify-request": ""}
	for path := range pages {
		res := visit(t, b, harmless.URL+"/api/auth"+path)
		pages[path] = shape(text(t, res))
		policy := regexp.MustCompile(`'sha256-[A-Za-z0-9+/=]{44}'`).ReplaceAllString(
			res.Header.Get("Content-Security-Policy"), "HASH",
		)
		if want := "default-src 'none'; style-src HASH; base-uri 'none'; frame-ancestors 'none'; form-action 'self' " +
			"https: http:"; policy != want {
			t.Errorf("%s: policy %s, want %s", path, policy, want)
		}
		for name, want := range map[string]string{
			"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
			"Content-Type":  "text/html; charset=utf-8",
			"Cache-Control": "private, no-cache, no-store",
		} {
			if got := res.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
	}
	for path, want := range pages {
		for _, v := range hostileText {
			q := url.Values{}
			for _, name := range []string{
				"callbackUrl", "email", "provider", "type", "csrfToken", "site", "logo", "theme", "brandColor",
				"message", "code",
			} {
				q.Set(name, v)
			}
			page := text(t, visit(t, b, harmless.URL+"/api/auth"+path+"?"+q.Encode()))
			if got := shape(page); got != want {
				t.Errorf("%s with %.30q has the tags\n%s\nwant\n%s", path, v, got, want)
			}
			q = url.Values{"error": {v}}
			page = text(t, visit(t, b, harmless.URL+"/api/auth"+path+"?"+q.Encode()))
			if strings.Contains(page, v) && v != `{{.Site}}` || strings.Contains(page, "<script") ||
				strings.Contains(page, "javascript:") || strings.Contains(page, "onerror") {
				t.Errorf("%s shows the error %.30q raw", path, v)
			}
		}
	}
	for _, v := range hostileText {
		s := newSite(t, func(c *cardea.Config) { idp(c).Name = v })
		page := text(t, visit(t, stepper(t, s.URL), s.URL+"/api/auth/signin"))
		if got := shape(page); got != pages["/signin"] {
			t.Errorf("a provider with the name %.30q makes the tags\n%s", v, got)
		}
	}
}

var (
	tag       = regexp.MustCompile(`<[^>]*>`)
	attribute = regexp.MustCompile(`="[^"]*"`)
)

// shape is the markup of a page, without text and without the values of attributes.
func shape(page string) string {
	var b strings.Builder
	for _, t := range tag.FindAllString(page, -1) {
		b.WriteString(attribute.ReplaceAllString(t, "") + "\n")
	}
	return b.String()
}

// The same rows: a picture or a name of a provider's person that is no such thing comes no further.
func TestAProfileBringsNoScript(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, picture, wantName, wantImage string }{
		{"Ann", "https://img.example/a.png", `"Ann"`, `"https://img.example/a.png"`},
		{"Ann", "javascript:alert(1)", `"Ann"`, `null`},
		{"Ann", "data:text/html,<script>", `"Ann"`, `null`},
		{"Ann", "//img.example/a.png", `"Ann"`, `null`},
		{"Ann", "https://" + strings.Repeat("a", 3000), `"Ann"`, `null`},
		{"<script>", "", `"\u003cscript\u003e"`, `null`},
		{"A\r\nSet-Cookie: a=b", "", `"ASet-Cookie: a=b"`, `null`},
	} {
		s := newSite(t, nil)
		s.issuer.Next(cardeatest.Person{Subject: "7", Name: tc.name, Picture: tc.picture})
		b := stepper(t, s.URL)
		finish(t, b, "idp")
		body := s.sessionBody(t, cookiesOf(b))
		if want := `{"user":{"name":` + tc.wantName + `,"email":null,"image":` + tc.wantImage +
			`},"expires":"`; !strings.HasPrefix(body, want) {
			t.Errorf("session %s, want %s", body, want)
		}
	}
}

// Pomerium CVE-2024-39315: the two endpoints that tell of sessions and providers tell just this.
func TestSessionAndProvidersTellNoSecrets(t *testing.T) {
	t.Parallel()
	now := time.Date(2031, 1, 2, 3, 4, 5, 678e6, time.UTC)
	strategies(t, func(t *testing.T, strategy cardea.Strategy) {
		s := newSite(t, func(c *cardea.Config) {
			c.Session.Strategy = strategy
			idp(c).Scopes = []string{"openid", "email", "profile", "offline_access"}
			github(c)
		})
		s.auth.SetClock(func() time.Time { return now })
		s.issuer.SetClock(func() time.Time { return now })
		s.issuer.Next(cardeatest.Person{
			Subject: "7", Name: "Ann", Email: "ann@example.com", EmailVerified: true,
			Picture: "https://img.example/a.png",
		})
		b := stepper(t, s.URL)
		finish(t, b, "idp")
		want := `{"user":{"name":"Ann","email":"ann@example.com","image":"https://img.example/a.png"},"expires":"2031-02-01T03:04:05.678Z"}`
		if got := s.sessionBody(t, cookiesOf(b)); got != want {
			t.Errorf("session\n%s\nwant\n%s", got, want)
		}
		provider := `"%[1]s":{"id":"%[1]s","name":"%[2]s","type":"%[3]s","signinUrl":"` + s.URL +
			`/api/auth/signin/%[1]s","callbackUrl":"` + s.URL + `/api/auth/callback/%[1]s"}`
		want = "{" + fmt.Sprintf(provider, "idp", "Identity Provider", "oidc") + "," + fmt.Sprintf(provider, "github",
			"GitHub", "oauth") + "}"
		if got := text(t, visit(t, b, s.URL+"/api/auth/providers")); got != want {
			t.Errorf("providers\n%s\nwant\n%s", got, want)
		}
	})
}

// Auth.js GHSA-8fpg-xm3f-6cx3 and fosite CVE-2020-15223, for each method of the store: while it
// fails, signing in is a 503 that leaves no session, no attempt and nothing in the store, and
// afterwards it works.
func TestAStoreThatFailsSignsInNobody(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		method string
		again  bool // the person has been here, and is signed in
		jwt    bool // it happens with the JWT strategy too
	}{
		{"UserByAccount", false, true}, {"UserByEmail", false, true}, {"Transact", false, true},
		{"CreateUser", false, true}, {"LinkAccount", false, true},
		{"CreateSession", false, false}, {"UpdateAccount", true, true}, {"Session", true, false},
		{"DeleteSession", true, false}, {"CreateSession", true, false},
	} {
		for _, strategy := range []cardea.Strategy{cardea.StrategyDatabase, cardea.StrategyJWT} {
			if strategy == cardea.StrategyJWT && !tc.jwt {
				continue
			}
			t.Run(fmt.Sprintf("%s, again %t, %s", tc.method, tc.again, strategy), func(t *testing.T) {
				t.Parallel()
				var store *watchedStore
				var log logbook
				s := newSite(t, func(c *cardea.Config) {
					store, c.Logger, c.Session.Strategy = watch(c), log.logger(), strategy
				})
				b := stepper(t, s.URL)
				if tc.again {
					finish(t, b, "idp")
				}
				callback := arrive(t, b, "idp")
				before := cookiesOf(b)[sessionCookie]
				store.breakDown(tc.method)
				res := visit(t, b, callback)
				if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" ||
					res.Header.Get("Location") != "" {
					t.Errorf("%s to %s", res.Status, res.Header.Get("Location"))
				}
				if page := text(t, res); strings.Contains(page, errStore.Error()) || !strings.Contains(page, "<h1>") {
					t.Errorf("the page is %.80q", page)
				}
				if !store.called(tc.method) {
					t.Errorf("%s was not called", tc.method)
				}
				log.checkFailure(t, "AdapterError", errStore.Error())
				after := cookiesOf(b)
				if after[sessionCookie] != before {
					t.Error("the session cookie has changed")
				}
				for name := range after {
					if strings.HasPrefix(name, attemptPrefix) {
						t.Errorf("%s is left", name)
					}
				}
				store.breakDown()
				if !tc.again && (s.owner(t, "idp", "1001") != "" || s.holder(t, "ann@example.com") != "") {
					t.Error("something is in the store")
				}
				if res := finish(t, b, "idp"); res.Header.Get("Location") != s.URL || b.Session() == nil {
					t.Errorf("afterwards: %s", res.Status)
				}
			})
		}
	}
}

// Auth.js GHSA-8fpg-xm3f-6cx3, for the other endpoints: what needs the store while it fails answers
// 503, to each client in its way.
func TestAStoreThatFailsIsToldAsSuch(t *testing.T) {
	t.Parallel()
	var store *watchedStore
	s := newSite(t, func(c *cardea.Config) { store = watch(c) })
	s.Config.Handler = guarded(s.auth)
	clock := make(chan time.Time, 1)
	clock <- time.Now()
	s.auth.SetClock(func() time.Time {
		now := <-clock
		clock <- now
		return now
	})
	b := stepper(t, s.URL)
	finish(t, b, "idp")
	c, token := cookiesOf(b), url.Values{"csrfToken": {b.CSRFToken()}}
	for _, broken := range []string{"Session", "RenewSession"} {
		if broken == "RenewSession" {
			clock <- (<-clock).Add(25 * time.Hour) // when a renewal is due
		}
		store.breakDown(broken)
		api := header("X-Auth-Return-Redirect", "1")
		answers := map[string]*http.Response{
			"GET session":  send(t, s.URL+"/api/auth/session", c, nil),
			"POST session": send(t, s.URL+"/api/auth/session", c, token),
			"Require":      send(t, s.URL+"/guarded", c, nil),
			"Handle":       send(t, s.URL+"/typed", c, nil),
			"Load":         send(t, s.URL+"/loaded", c, nil),
		}
		if broken == "Session" {
			answers["POST signin"] = send(t, s.URL+"/api/auth/signin/idp", c, token)
			answers["POST signin by the client"] = send(t, s.URL+"/api/auth/signin/idp", c, token, api)
			answers["POST signout by the client"] = send(t, s.URL+"/api/auth/signout", c, token, api)
		}
		for name, res := range answers {
			body := text(t, res)
			if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" ||
				res.Header.Get("Location") != "" {
				t.Errorf("%s fails, %s: %s to %s", broken, name, res.Status, res.Header.Get("Location"))
			}
			if strings.Contains(body, errStore.Error()) || strings.Contains(body, "ann@") ||
				strings.HasSuffix(name, " session") && body != "null" {
				t.Errorf("%s fails, %s: %s", broken, name, body)
			}
			for _, cookie := range res.Cookies() {
				if strings.HasPrefix(cookie.Name, sessionCookie) && cookie.Value != "" {
					t.Errorf("%s fails, %s: sets the session", broken, name)
				}
			}
		}
		// these need no store
		for _, path := range []string{"providers", "csrf", "signin", "signout", "error", "verify-request"} {
			if res := send(t, s.URL+"/api/auth/"+path, c, nil); res.StatusCode != http.StatusOK {
				t.Errorf("%s fails, %s: %s", broken, path, res.Status)
			}
		}
		store.breakDown()
		if s.sessionBody(t, c) == "null" {
			t.Error("the session has not lived through it")
		}
	}
}

// next-auth CVE-2022-31186, standards 12, 16 and 72: over a whole life of good and bad sign-ins,
// with everything logged, no secret of anybody's is in the log, and none of the provider's tokens
// or the site's secrets is on a page or in a URL of the site.
func TestNoSecretIsLoggedOrShown(t *testing.T) {
	t.Parallel()
	strategies(t, func(t *testing.T, strategy cardea.Strategy) {
		var log logbook
		var store *watchedStore
		outside, visits := &wiretap{}, &wiretap{}
		var clientSecret string
		s := newSite(t, func(c *cardea.Config) {
			c.Session.Strategy, c.Logger, c.HTTPClient = strategy, log.logger(), &http.Client{Transport: outside}
			idp(c).Scopes = []string{"openid", "profile", "email", "offline_access"}
			github(c)
			clientSecret = idp(c).ClientSecret
			store = watch(c)
		})
		s.Config.Handler = guarded(s.auth)
		live(t, s, store, visits)

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
		private := append(outside.tokens(t), secret, clientSecret)
		private = append(private, outside.parameters("code_verifier")...)
		secrets := append(visits.cookieValues(), private...)
		secrets = append(secrets, visits.parameters(parameters...)...)
		secrets = append(secrets, outside.parameters(parameters...)...)
		secrets = append(secrets, "ann@example.com", "ann%40example.com")
		for _, e := range outside.all() {
			if _, credentials, ok := strings.Cut(e.header.Get("Authorization"), " "); ok {
				private = append(private, credentials)
				secrets = append(secrets, credentials)
			}
		}
		if len(private) < 20 || len(secrets) < 60 {
			t.Fatalf("%d and %d secrets collected, so the test sees too little", len(private), len(secrets))
		}
		for _, v := range secrets {
			if len(v) >= 8 && strings.Contains(text, v) {
				t.Errorf("logged: %.12s…, in\n%s", v, lineWith(text, v))
			}
		}
		for _, e := range visits.all() {
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
				if value, _, _ := strings.Cut(v[strings.IndexByte(v, '=')+1:], ";"); len(value) > 40 &&
					strings.Contains(e.body, value) {
					t.Errorf("%s %s shows a cookie", e.method, e.url.Path)
				}
			}
		}
	})
}

func lineWith(text, part string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(line, part) {
			return line
		}
	}
	return ""
}

// live is a life of good and bad sign-ins.
func live(t *testing.T, s *site, store *watchedStore, visits *wiretap) {
	t.Helper()
	newcomer := func() *cardeatest.Browser {
		b := stepper(t, s.URL)
		b.Transport = visits
		return b
	}
	b := newcomer()
	for _, provider := range []string{"idp", "github"} {
		visit(t, b, s.URL+"/api/auth/signin")
		callback := arrive(t, b, provider+"?login_hint=ann@example.com")
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
	store.breakDown("DeleteSession", "Session", "UserByAccount", "Transact")
	visit(t, b, s.URL+"/guarded")
	visit(t, b, s.URL+"/api/auth/session")
	b.Post("/signout", nil)
	store.breakDown()

	for _, way := range []cardeatest.Misbehaviour{
		cardeatest.SignatureBroken, cardeatest.NonceForeign, cardeatest.ErrorWithOK,
		cardeatest.CallbackError("access_denied"), cardeatest.CallbackForeignState,
		cardeatest.Broken(cardeatest.Token, cardeatest.SendsError400),
		cardeatest.Broken(cardeatest.Token, cardeatest.SendsHTML), cardeatest.AlgNone,
		cardeatest.Broken(cardeatest.User, cardeatest.SendsError500),
	} {
		for _, provider := range []string{"idp", "github"} {
			s.issuer.Misbehave(way)
			failing := newcomer()
			res := finish(t, failing, provider)
			visit(t, failing, res.Header.Get("Location"))
		}
	}
	s.issuer.Misbehave()
	for _, method := range []string{"UserByAccount", "CreateUser", "CreateSession", "UpdateAccount"} {
		failing := newcomer()
		callback := arrive(t, failing, "idp")
		store.breakDown(method)
		visit(t, failing, callback)
		store.breakDown()
	}
	own := cookiesOf(b)
	own[sessionCookie] = strings.Repeat("garbage.", 30)
	send(t, s.URL+"/guarded", own, nil)
	send(t, s.URL+"/api/auth/callback/idp?code=abcdefghijk&state=lmnopqrst.uvw&iss=x", own, nil)
	send(t, s.URL+"/api/auth/callback/nobody?code=abcdefghijk&state=lmnopqrst.uvw", own, nil)
	send(t, s.URL+"/api/auth/session", own, nil, func(r *http.Request) { r.Host = "evil.example" })
	last := newcomer()
	finish(t, last, "idp")
	last.Post("/signout", nil)
}
