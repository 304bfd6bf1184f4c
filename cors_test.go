package cardea_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
)

const (
	front   = "http://localhost:5173"
	preview = "https://*.preview.example.com"
)

// newSplitSite returns a site whose front ends are on other origins.
func newSplitSite(t *testing.T, change func(*cardea.Config)) *site {
	t.Helper()
	return newSite(t, func(c *cardea.Config) {
		c.TrustedOrigins = []string{front, preview, "https://App.example.com:443"}
		if change != nil {
			change(c)
		}
	})
}

// trusted and untrusted are values of the header Origin.
var (
	trusted   = []string{front, "https://pr-7.preview.example.com", "https://app.example.com"}
	untrusted = []string{
		"", "null", "*", "http://localhost:5174", "https://localhost:5173", "http://localhost", "http://127.0.0.1:5173",
		"https://preview.example.com", "https://a.b.preview.example.com", "http://a.preview.example.com",
		"https://a.preview.example.com:8443", "https://a.preview.example.com.evil.example", "https://evil.example",
		"https://evil.example/.preview.example.com", "https://evil.example#.preview.example.com",
		"https://app.example.com@evil.example", "https://evilpreview.example.com", "https://.preview.example.com",
		front + ", https://evil.example", front + " https://evil.example", front + "/", "//localhost:5173",
	}
)

// corsOf returns the header fields of a response by which a browser lets a script read it.
func corsOf(res *http.Response) string {
	var fields []string
	for name, values := range res.Header {
		if strings.HasPrefix(name, "Access-Control-") {
			fields = append(fields, name+": "+strings.Join(values, "|"))
		}
	}
	slices.Sort(fields)
	return strings.Join(fields, "\n")
}

// Go-CORS issues, PortSwigger "Exploiting CORS misconfigurations": an origin that is reflected,
// prefix and suffix matches, null, and caches that do not know that the answer differs.
func TestOnlyTrustedOriginsReadAnswers(t *testing.T) {
	t.Parallel()
	s := newSplitSite(t, nil)
	want := func(origin string) string {
		return "Access-Control-Allow-Credentials: true\nAccess-Control-Allow-Origin: " + origin +
			"\nAccess-Control-Expose-Headers: HX-Redirect, Retry-After"
	}
	for _, path := range []string{"providers", "session", "csrf"} {
		for _, origin := range trusted {
			res := send(t, s.URL+"/api/auth/"+path, nil, nil, header("Origin", origin))
			if got := corsOf(res); got != want(origin) || res.StatusCode != http.StatusOK {
				t.Errorf("GET %s from %s: %s, %s", path, origin, res.Status, got)
			}
		}
		for _, origin := range untrusted {
			res := send(t, s.URL+"/api/auth/"+path, nil, nil, header("Origin", origin))
			if got := corsOf(res); got != "" || !slices.Contains(res.Header["Vary"], "Origin") {
				t.Errorf("GET %s from %q: %s, Vary %q", path, origin, got, res.Header["Vary"])
			}
		}
	}
	for _, path := range []string{"signin", "signout", "error", "verify-request", "callback/idp", "unknown", ""} {
		res := send(t, s.URL+"/api/auth/"+path, nil, nil, header("Origin", front))
		if got := corsOf(res); got != "" || !slices.Contains(res.Header["Vary"], "Origin") {
			t.Errorf("GET %s: %s, Vary %q", path, got, res.Header["Vary"])
		}
	}
	plain := newSite(t, nil)
	res := send(t, plain.URL+"/api/auth/session", nil, nil, header("Origin", front))
	if got := corsOf(res); got != "" || res.Header["Vary"] != nil {
		t.Errorf("without TrustedOrigins: %s, Vary %q", got, res.Header["Vary"])
	}
}

func TestPreflight(t *testing.T) {
	t.Parallel()
	s := newSplitSite(t, nil)
	ask := func(path, origin, method string) *http.Response {
		return send(t, s.URL+"/api/auth/"+path, nil, nil, func(r *http.Request) {
			r.Method = http.MethodOptions
			r.Header.Set("Origin", origin)
			if method != "" {
				r.Header.Set("Access-Control-Request-Method", method)
			}
			r.Header.Set("Access-Control-Request-Headers", "content-type,x-auth-return-redirect,x-evil")
		})
	}
	for _, endpoint := range []string{
		"POST signin/idp", "POST signin", "POST signout", "POST session", "POST callback/idp", "POST _log",
		"GET session", "GET csrf", "GET providers",
	} {
		method, path, _ := strings.Cut(endpoint, " ")
		for _, origin := range trusted {
			res := ask(path, origin, method)
			want := "Access-Control-Allow-Credentials: true\n" +
				"Access-Control-Allow-Headers: Content-Type, X-Auth-Return-Redirect, HX-Request, HX-Request-Type, " +
				"HX-Boosted, HX-Current-URL, HX-Source, HX-Target, HX-Trigger, HX-Trigger-Name\n" +
				"Access-Control-Allow-Methods: " + method + "\nAccess-Control-Allow-Origin: " + origin +
				"\nAccess-Control-Expose-Headers: HX-Redirect, Retry-After\nAccess-Control-Max-Age: 600"
			if got := corsOf(res); got != want || res.StatusCode != http.StatusNoContent || len(res.Cookies()) > 0 {
				t.Errorf("%s from %s: %s, %s, cookies %v", endpoint, origin, res.Status, got, res.Cookies())
			}
		}
		for _, origin := range untrusted {
			res := ask(path, origin, method)
			if corsOf(res) != "" || res.StatusCode != http.StatusMethodNotAllowed {
				t.Errorf("%s from %q: %s, %s", endpoint, origin, res.Status, corsOf(res))
			}
		}
	}
	for _, endpoint := range []string{
		"GET signin", "GET signout", "GET callback/idp", "GET error", "PUT session", "DELETE session",
		"OPTIONS session",
		"get session", "* session", " session", "POST providers", "POST unknown", "POST callback",
	} {
		method, path, _ := strings.Cut(endpoint, " ")
		if res := ask(path, front, method); corsOf(res) != "" || res.StatusCode < 400 {
			t.Errorf("%s: %s, %s", endpoint, res.Status, corsOf(res))
		}
	}
}

// What a front end on another port does: fetch with credentials, which Chrome sends with
// Sec-Fetch-Site: same-site.
func TestSignInFromATrustedOrigin(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		s := newSplitSite(t, func(c *cardea.Config) { c.Session.Strategy = strategy })
		b := newBrowser(t, s.URL)
		b.Transport = setHeader{"Origin", front}
		var csrf struct{ CSRFToken string }
		if err := json.Unmarshal([]byte(text(t, visit(t, b, s.URL+"/api/auth/csrf"))), &csrf); err != nil {
			t.Fatal(err)
		}
		fetch := func(path string, form url.Values) string {
			t.Helper()
			form.Set("csrfToken", csrf.CSRFToken)
			req, err := http.NewRequest(http.MethodPost, s.URL+"/api/auth/"+path, strings.NewReader(form.Encode()))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			req.Header.Set("X-Auth-Return-Redirect", "1")
			req.Header.Set("Sec-Fetch-Site", "same-site")
			res, err := b.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			var answer struct{ URL string }
			body := text(t, buffered(t, res))
			if err := json.Unmarshal([]byte(body), &answer); err != nil || !strings.Contains(corsOf(res), front) {
				t.Fatalf("POST %s: %s, %s, %s", path, res.Status, body, corsOf(res))
			}
			return answer.URL
		}
		authorize := fetch("signin/idp", url.Values{"callbackUrl": {front + "/inside?a=b"}})
		b.Transport = ownTransport // from here on the browser navigates
		callback := consent(t, b, authorize)
		if to := visit(t, b, callback).Header.Get("Location"); to != front+"/inside?a=b" {
			t.Fatalf("the sign-in ends at %s", to)
		}
		if b.Session() == nil {
			t.Fatal("there is no session")
		}
		csrf.CSRFToken = b.CSRFToken()
		b.Transport = setHeader{"Origin", front}
		if to := fetch("signout", url.Values{"callbackUrl": {front + "/outside"}}); to != front+"/outside" {
			t.Errorf("the sign-out ends at %s", to)
		}
		b.Transport = ownTransport
		if b.Session() != nil {
			t.Error("there is a session after signing out")
		}
	})
}

// Auth.js issues about login CSRF; CVE-2023-48309's kind: a form of another site must not act.
func TestFormsOfOtherOriginsAreRefused(t *testing.T) {
	t.Parallel()
	s := newSplitSite(t, nil)
	b := s.signedIn(t, "")
	form := url.Values{"csrfToken": {b.CSRFToken()}, "callbackUrl": {"/"}}
	for _, origin := range untrusted {
		if origin == "" {
			continue // no browser
		}
		for _, site := range []string{"", "same-site", "cross-site"} {
			res := send(t, s.URL+"/api/auth/signout", cookiesOf(b), form, header("Origin", origin),
				header("Sec-Fetch-Site", site))
			if to := res.Header.Get("Location"); to == s.URL+"/" || res.StatusCode >= 500 || corsOf(res) != "" {
				t.Errorf("from %q, %s: %s to %s", origin, site, res.Status, to)
			}
		}
	}
	wrong := url.Values{"csrfToken": {"wrong"}, "callbackUrl": {"/"}}
	res := send(t, s.URL+"/api/auth/signout", cookiesOf(b), wrong, header("Origin", front))
	if to := res.Header.Get("Location"); to == s.URL+"/" || b.Session() == nil {
		t.Errorf("without the token: %s to %s", res.Status, to)
	}
	res = send(t, s.URL+"/api/auth/signout", cookiesOf(b), form, header("Origin", trusted[1]),
		header("Sec-Fetch-Site", "cross-site"))
	if to := res.Header.Get("Location"); to != s.URL+"/" || b.Session() != nil {
		t.Errorf("from %s: %s to %s", trusted[1], res.Status, to)
	}
}

func TestCallbackURLsOfTrustedOrigins(t *testing.T) {
	t.Parallel()
	s := newSplitSite(t, nil)
	stored := func(s *site, target string) string {
		t.Helper()
		res := send(t, s.URL+"/api/auth/csrf"+query(target), nil, nil)
		for _, c := range res.Cookies() {
			if strings.HasSuffix(c.Name, "callback-url") {
				plain, _ := url.QueryUnescape(c.Value)
				return plain
			}
		}
		return ""
	}
	for target, want := range map[string]string{
		front:                                              front,
		front + "/a b?c=ü#d":                               front + "/a%20b?c=%C3%BC#d",
		"HTTPS://PR-7.preview.Example.com:443/a":           "https://pr-7.preview.example.com/a",
		"https://app.example.com//evil.example":            "https://app.example.com/evil.example",
		"https://app.example.com/../x":                     "https://app.example.com",
		"/inside":                                          s.URL + "/inside",
		"//localhost:5173/a":                               s.URL, // without a scheme
		"https://localhost:5173/":                          s.URL,
		"https://a.b.preview.example.com/":                 s.URL,
		"https://app.example.com@evil.example/":            s.URL,
		"https://evil.example/.preview.example.com":        s.URL,
		"https://evil.example\\@a.preview.example.com/":    s.URL,
		"https://a.preview.example.com\\@evil.example/":    s.URL,
		"https://a.preview.example.com\u3002evil.example/": s.URL,
		"javascript://a.preview.example.com/%0aalert(1)":   s.URL,
		"https://evil.example/?https://app.example.com":    s.URL,
		"https://a.preview.example.com:8443/":              s.URL,
		"http://user@localhost:5173/":                      s.URL,
	} {
		if got := stored(s, target); got != want {
			t.Errorf("%s: stored %s, want %s", target, got, want)
		}
	}
	asked := newSplitSite(t, func(c *cardea.Config) {
		c.Callbacks.Redirect = func(_ context.Context, target, base string) string {
			if target == front+"/no" {
				return base
			}
			return target
		}
	})
	if got := stored(asked, front+"/no"); got != asked.URL {
		t.Errorf("the callback refused, and stored is %s", got)
	}
}

// The developer of a front end whose origin is not trusted sees an error in the browser, and
// whoever looks after the server sees a warning: one in an hour, because anybody can cause it.
func TestBrowserThatCannotReadTheAnswerIsLogged(t *testing.T) {
	t.Parallel()
	const warning = "cardea: a browser cannot read the answer"
	for _, path := range []string{"session", "csrf"} {
		var log logRecorder
		var now atomic.Int64
		s := newSplitSite(t, func(c *cardea.Config) { c.Logger = log.logger() })
		s.auth.SetClock(func() time.Time { return time.Now().Add(time.Duration(now.Load())) })
		ask := func(origin string, want int) {
			t.Helper()
			send(t, s.URL+"/api/auth/"+path, nil, nil, header("Origin", origin))
			if got := strings.Count(log.String(), warning); got != want {
				t.Errorf("GET %s from %q: %d warnings, want %d", path, origin, got, want)
			}
		}
		for _, origin := range append([]string{"", "null", "*", "chrome-extension://abc", s.URL}, trusted...) {
			ask(origin, 0)
		}
		ask("https://other.example", 1)
		for _, part := range []string{"https://other.example", "Config.TrustedOrigins", path} {
			if !strings.Contains(log.String(), part) {
				t.Errorf("the warning does not name %s", part)
			}
		}
		for range 50 {
			ask("https://other.example", 1)
		}
		ask("https://a-third.example", 1)
		now.Store(int64(61 * time.Minute))
		ask("https://other.example", 2)
	}
}
