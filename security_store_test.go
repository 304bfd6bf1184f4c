package cardea_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
)

// Auth.js GHSA-8fpg-xm3f-6cx3 and fosite CVE-2020-15223, for each method of the store: while it
// fails, a sign-in gets 503 and leaves no session, no flow state and nothing in the store.
// Afterwards it works.
func TestSignInWhileTheStoreFails(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		method string
		again  bool // the person has signed in before, and still is
		jwt    bool // StrategyJWT calls the method, too
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
				var store *recordingStore
				var log logRecorder
				s := newSite(t, func(c *cardea.Config) {
					store, c.Logger, c.Session.Strategy = recordCalls(c), log.logger(), strategy
				})
				b := newBrowser(t, s.URL)
				if tc.again {
					signInWith(t, b, "idp")
				}
				callback := callbackURLOf(t, b, "idp")
				before := cookiesOf(b)[sessionCookie]
				store.failOnly(tc.method)
				res := visit(t, b, callback)
				if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" ||
					res.Header.Get("Location") != "" {
					t.Errorf("answer = %s to %s, want 503", res.Status, res.Header.Get("Location"))
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
					if strings.HasPrefix(name, stateCookiePrefix) {
						t.Errorf("the cookie %s is left", name)
					}
				}
				store.failOnly()
				if !tc.again && (s.accountOwner(t, "idp", "1001") != "" || s.emailOwner(t, "ann@example.com") != "") {
					t.Error("the failed sign-in wrote to the store")
				}
				if res := signInWith(t, b, "idp"); res.Header.Get("Location") != s.URL || b.Session() == nil {
					t.Errorf("afterwards: %s", res.Status)
				}
			})
		}
	}
}

// Auth.js GHSA-8fpg-xm3f-6cx3, for the other endpoints: while the store fails, those that need it
// answer 503, in the form that the client expects.
func TestEndpointsWhileTheStoreFails(t *testing.T) {
	t.Parallel()
	var store *recordingStore
	s := newSite(t, func(c *cardea.Config) { store = recordCalls(c) })
	s.Config.Handler = newApplication(s.auth)
	clock := make(chan time.Time, 1)
	clock <- time.Now()
	s.auth.SetClock(func() time.Time {
		now := <-clock
		clock <- now
		return now
	})
	b := newBrowser(t, s.URL)
	signInWith(t, b, "idp")
	c, token := cookiesOf(b), url.Values{"csrfToken": {b.CSRFToken()}}
	for _, broken := range []string{"Session", "RenewSession"} {
		if broken == "RenewSession" {
			clock <- (<-clock).Add(25 * time.Hour) // a renewal is due
		}
		store.failOnly(broken)
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
					t.Errorf("%s fails, %s: sets a session cookie", broken, name)
				}
			}
		}
		// These need no store.
		for _, path := range []string{"providers", "csrf", "signin", "signout", "error", "verify-request"} {
			if res := send(t, s.URL+"/api/auth/"+path, c, nil); res.StatusCode != http.StatusOK {
				t.Errorf("%s fails, %s: %s", broken, path, res.Status)
			}
		}
		store.failOnly()
		if s.sessionBody(t, c) == "null" {
			t.Error("the session has ended")
		}
	}
}
