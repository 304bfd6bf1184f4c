package cardea_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/memadapter"
)

// fromHTMX is the header that htmx sends with every request.
var fromHTMX = header("HX-Request", "true")

// checkHTMX checks that an answer lets htmx open a page, and has nothing to put into its own.
func checkHTMX(t *testing.T, what string, res *http.Response, status int, want string) {
	t.Helper()
	if got := res.Header.Get("HX-Redirect"); res.StatusCode != status || got != want ||
		res.Header.Get("Location") != "" || text(t, res) != "" {
		t.Errorf("%s: %s, HX-Redirect %q, Location %q, want %d and %s", what, res.Status, got,
			res.Header.Get("Location"), status, want)
	}
}

// A script cannot follow a redirect to the page of a provider, so htmx gets the URL in a header.
func TestHTMXGetsTheURLInAHeader(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	b := newBrowser(t, s.URL)
	cookies := func() cookies { b.CSRFToken(); return cookiesOf(b) }
	res := send(t, s.URL+"/api/auth/signin/idp", cookies(), form(b), fromHTMX)
	if to := res.Header.Get("HX-Redirect"); res.StatusCode != http.StatusOK || !strings.HasPrefix(to, s.issuer.URL) ||
		res.Header.Get("Location") != "" {
		t.Errorf("%s, HX-Redirect %q", res.Status, to)
	}
	res = send(t, s.URL+"/api/auth/signin/idp", cookies(), url.Values{"csrfToken": {"0"}}, fromHTMX)
	if to := res.Header.Get("HX-Redirect"); to != s.URL+"/api/auth/signin?error=MissingCSRF" {
		t.Errorf("a failure: %s, HX-Redirect %q", res.Status, to)
	}
	res = send(t, s.URL+"/api/auth/signin/idp", cookies(), form(b), fromHTMX, clientHeader)
	if res.Header.Get("HX-Redirect") != "" || res.Header.Get("Location") == "" {
		t.Error("the client of Auth.js gets the answer for htmx")
	}
}

// htmx would put a page of Cardea, or the answer for a program, into its own page.
func TestHTMXOpensPages(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) {
		addFeature(c, "x", func(h *cardea.Host) error {
			h.Handle(rule("GET", "x/page", feature.SenderAnybody, feature.VisitorAnybody),
				func(_ http.ResponseWriter, r *http.Request) error {
					return h.Page(r.Context(), feature.Page{Title: "A page"})
				})
			fresh := rule("POST", "x/fresh", feature.SenderOwnPage, feature.VisitorSignedIn)
			fresh.Fresh = time.Minute
			h.Handle(fresh, ok(h))
			return nil
		})
	})
	for _, path := range []string{
		"signin", "signin/idp?callbackUrl=/x", "signin/gone", "signout", "error?error=AccessDenied",
		"verify-request?provider=email", "callback/idp?code=x&state=y", "link", "x/page",
	} {
		path = s.URL + "/api/auth/" + path
		checkHTMX(t, path, send(t, path, nil, nil, fromHTMX), http.StatusOK, path)
	}
	if res := send(t, s.URL+"/api/auth/session", nil, nil, fromHTMX); text(t, res) != "null" {
		t.Errorf("the session: %s", res.Status)
	}
	now := s.setClock()
	b := s.signedIn(t, "1001")
	now.advance(2 * time.Minute)
	checkHTMX(t, "not fresh", send(t, s.URL+"/api/auth/x/fresh", cookiesOf(b), form(b), fromHTMX,
		header("HX-Current-URL", s.URL+"/page")), http.StatusUnauthorized,
		s.URL+"/api/auth/confirm?callbackUrl="+url.QueryEscape(s.URL+"/page"))
}

func TestRequireLeadsHTMXToTheSignInPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	page, b := s.auth.Require(greeting), newBrowser(t, s.URL)
	boosted := header("HX-Boosted", "true")
	post := func(r *http.Request) { r.Method = http.MethodPost }
	at := func(to string) func(*http.Request) { return header("HX-Current-URL", to) }
	for _, tc := range []struct {
		name   string
		change []func(*http.Request)
		want   string // the callback URL
	}{
		{"a part of a page", []func(*http.Request){at(s.URL + "/whole")}, s.URL + "/whole"},
		{"a part of a page of another site", []func(*http.Request){at("https://evil.example/")}, s.URL},
		{"a boosted link", []func(*http.Request){at(s.URL + "/whole"), boosted}, s.URL + "/page?a=b&c=d"},
		{"a boosted form", []func(*http.Request){at(s.URL + "/whole"), boosted, post}, ""},
		{"a form", []func(*http.Request){at(s.URL + "/whole"), post}, s.URL + "/whole"},
	} {
		want := s.URL + "/api/auth/signin"
		if tc.want != "" {
			want += "?callbackUrl=" + url.QueryEscape(tc.want)
		}
		change := append(tc.change, fromHTMX, header("Sec-Fetch-Mode", "same-origin"))
		checkHTMX(t, tc.name, open(t, page, b, change...), http.StatusUnauthorized, want)
	}
	// The clients of Auth.js decide themselves.
	checkJSON(t, open(t, page, b, fromHTMX, clientHeader, header("Sec-Fetch-Mode", "cors")), http.StatusUnauthorized,
		`{"error":"unauthorized","message":"Sign in first."}`)
}

func TestHTMXLearnsOfLimitsAndFaults(t *testing.T) {
	t.Parallel()
	s := newCredentialsSite(t, nil)
	b := newBrowser(t, s.URL)
	b.CSRFToken()
	limited := send(t, s.URL+"/api/auth/callback/credentials", cookiesOf(b),
		form(b, "name", "limited", "password", password), fromHTMX)
	checkHTMX(t, "a limit", limited, http.StatusTooManyRequests, s.URL+"/api/auth/signin?error=RateLimited")
	if got := limited.Header.Get("Retry-After"); got != "90" {
		t.Errorf("Retry-After %s, want 90", got)
	}

	store := &limitKeys{Adapter: memadapter.New(), err: errors.New("the store is away")}
	mail := newMailSite(t, func(c *cardea.Config, _ *email.Options) { c.Limits.Store = store })
	b = newBrowser(t, mail.URL)
	b.CSRFToken()
	away := send(t, mail.URL+"/api/auth/signin/email", cookiesOf(b), form(b, "email", "bob@example.com"), fromHTMX)
	checkHTMX(t, "a fault", away, http.StatusServiceUnavailable, mail.URL+"/api/auth/error?error=Configuration")
	if away.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}
