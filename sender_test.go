package cardea_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
)

// A form of a page with the Referrer-Policy no-referrer has Origin: null (Fetch Standard, "append a
// request Origin header"; rails/rails issue 28299, better-auth/better-auth pull request 10944). So
// has one of a sandboxed frame, and only Sec-Fetch-Site tells them apart.
func TestFormsOfPagesWithoutReferrer(t *testing.T) {
	t.Parallel()
	for name, protocol := range map[string]cardea.Protocol{"v5": cardea.ProtocolV5, "v4": cardea.ProtocolV4} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, func(c *cardea.Config) { c.Protocol = protocol })
			for _, tc := range []struct {
				origin, site string
				want         bool
			}{
				{"null", "same-origin", true},
				{s.URL, "same-origin", true},
				{"", "same-origin", true},
				{"", "none", true},
				{"", "", true},

				{"null", "cross-site", false},
				{"null", "same-site", false},
				{"null", "none", false},
				{"null", "", false},
				{"null", "Same-Origin", false},
				{"https://evil.example", "same-origin", false},
				{"", "cross-site", false},
				{"", "same-site", false},
				{s.URL, "cross-site", false},
				{"NULL", "same-origin", false},
			} {
				for _, action := range []string{"signin", "signin/idp", "signout", "session"} {
					b := newBrowser(t, s.URL)
					form := url.Values{"csrfToken": {b.CSRFToken()}}
					res := send(t, s.URL+"/api/auth/"+action, cookiesOf(b), form, func(r *http.Request) {
						if tc.origin != "" {
							r.Header.Set("Origin", tc.origin)
						}
						if tc.site != "" {
							r.Header.Set("Sec-Fetch-Site", tc.site)
						}
					})
					to := res.Header.Get("Location")
					refused := res.StatusCode == http.StatusBadRequest || strings.Contains(to, "MissingCSRF") ||
						strings.Contains(to, "csrf=true")
					if refused == tc.want {
						t.Errorf("POST %s with Origin %q, Sec-Fetch-Site %q: %s to %s", action, tc.origin, tc.site,
							res.Status, to)
					}
				}
			}
		})
	}
}

// A refused form is most often a fault of the configuration, which only the log can explain. It
// says which check failed, what it got and wanted, and which setting to look at, and it never
// contains a token.
func TestTheLogSaysWhyAFormWasRefused(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		cookies func(cookies) cookies
		form    url.Values // with TOKEN for the token
		request func(*http.Request)
		want    []string
	}{
		{
			name:    "no cookie",
			cookies: func(c cookies) cookies { return c.without(csrfCookie) },
			form:    url.Values{"csrfToken": {"TOKEN"}},
			want:    []string{"got no cookie " + csrfCookie, "GET /api/auth/csrf"},
		},
		{
			name: "a cookie of another secret",
			cookies: func(c cookies) cookies {
				return c.with(csrfCookie, strings.Repeat("a", 64)+"%7C"+strings.Repeat("b", 64))
			},
			form: url.Values{"csrfToken": {strings.Repeat("a", 64)}},
			want: []string{csrfCookie, "Config.Secret", "Config.PreviousSecrets"},
		},
		{
			name: "a cookie of https",
			cookies: func(c cookies) cookies {
				return c.with("__Host-"+csrfCookie, c[csrfCookie]).without(csrfCookie)
			},
			form: url.Values{"csrfToken": {"TOKEN"}},
			want: []string{"got the cookie __Host-" + csrfCookie + ", want " + csrfCookie, "counts as http",
				"Config.BaseURL", "Config.TrustedProxies"},
		},
		{
			name: "no token",
			form: url.Values{"email": {"ann@example.com"}},
			want: []string{"got no csrfToken in the body", "GET /api/auth/csrf"},
		},
		{
			name: "another token",
			form: url.Values{"csrfToken": {strings.Repeat("a", 64)}},
			want: []string{"the csrfToken is not that of the cookie " + csrfCookie},
		},
		{
			name:    "another kind of form",
			form:    url.Values{"csrfToken": {"TOKEN"}},
			request: header("Content-Type", "multipart/form-data; boundary=x"),
			want:    []string{"multipart/form-data", "want application/x-www-form-urlencoded or application/json"},
		},
		{
			name:    "another origin",
			form:    url.Values{"csrfToken": {"TOKEN"}},
			request: header("Origin", "https://app.example"),
			want: []string{`Origin is "https://app.example", want http://127.0.0.1:`, "Config.BaseURL",
				"Config.TrustedProxies"},
		},
		{
			name:    "no origin",
			form:    url.Values{"csrfToken": {"TOKEN"}},
			request: header("Origin", "null"),
			want:    []string{"Origin is null", `Sec-Fetch-Site is ""`, "want http://127.0.0.1:", "Referrer-Policy"},
		},
		{
			name:    "another site",
			form:    url.Values{"csrfToken": {"TOKEN"}},
			request: header("Sec-Fetch-Site", "cross-site"),
			want:    []string{`Sec-Fetch-Site is "cross-site", want same-origin`},
		},
		{
			name:    "a front end without credentials",
			cookies: func(c cookies) cookies { return c.without(csrfCookie) },
			form:    url.Values{"csrfToken": {"TOKEN"}},
			request: header("Origin", "http://127.0.0.1:5173"),
			want: []string{"got no cookie " + csrfCookie, "a script of another origin, such as http://127.0.0.1:5173",
				`must send both GET /api/auth/csrf and the form with credentials: "include"`},
		},
		{
			name:    "a front end that has read the token without credentials",
			form:    url.Values{"csrfToken": {strings.Repeat("a", 64)}},
			request: header("Origin", "http://127.0.0.1:5173"),
			want:    []string{"the csrfToken is not that of the cookie", `credentials: "include"`},
		},
		{
			name:    "a front end of another site",
			cookies: func(c cookies) cookies { return c.without(csrfCookie) },
			form:    url.Values{"csrfToken": {"TOKEN"}},
			request: header("Origin", front),
			want: []string{"the script is of http://localhost:5173, which is another site than http://127.0.0.1:",
				"SameSite"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var log logRecorder
			s := newSite(t, func(c *cardea.Config) {
				c.Logger, c.TrustedOrigins = log.logger(), []string{front, "http://127.0.0.1:5173"}
			})
			b := newBrowser(t, s.URL)
			token, sent := b.CSRFToken(), cookiesOf(b)
			if tc.cookies != nil {
				sent = tc.cookies(sent)
			}
			if tc.request == nil {
				tc.request = func(*http.Request) {}
			}
			if tc.form.Get("csrfToken") == "TOKEN" {
				tc.form.Set("csrfToken", token)
			}
			send(t, s.URL+"/api/auth/signin/idp", sent, tc.form, tc.request)
			for _, want := range tc.want {
				log.checkFailure(t, "MissingCSRF", want)
			}
			if strings.Contains(log.String(), token) || strings.Contains(log.String(), "ann@example.com") {
				t.Errorf("the log has what was sent: %s", &log)
			}
		})
	}
}
