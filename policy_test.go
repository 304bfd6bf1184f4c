package cardea_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/oauth"
)

// Browsers apply form-action to the redirects after a form. So on https with a provider or front
// end on http loopback, as in development, the policy must allow http. Otherwise it does not.
func TestPolicyAllowsHTTPInDevelopment(t *testing.T) {
	t.Parallel()
	front := func(origin string) func(*cardea.Config) {
		return func(c *cardea.Config) { c.TrustedOrigins = []string{origin} }
	}
	for name, tc := range map[string]struct {
		change func(*cardea.Config)
		want   bool // on a host that is not loopback
	}{
		"https only":              {func(*cardea.Config) {}, false},
		"a front end on https":    {front("https://localhost:5173"), false},
		"a front end on http":     {front("http://localhost:5173"), true},
		"an issuer":               {func(c *cardea.Config) { idp(c).Issuer = "http://127.0.0.1:9000" }, true},
		"an issuer in upper case": {func(c *cardea.Config) { idp(c).Issuer = "HTTP://localhost:9000" }, true},
		"metadata":                {func(c *cardea.Config) { idp(c).DiscoveryURL = "http://[::1]:9000/m" }, true},
		"an endpoint":             {func(c *cardea.Config) { idp(c).AuthorizationURL = "http://a.localhost/" }, true},
		"another provider":        {func(c *cardea.Config) { addSecondProvider(c).Issuer = "http://[::1]" }, true},
	} {
		for base, want := range map[string]bool{"https://app.example": tc.want, "https://localhost:8443": true} {
			s := newSite(t, func(c *cardea.Config) {
				c.BaseURL, idp(c).Issuer = base, "https://idp.example"
				tc.change(c)
			})
			w := httptest.NewRecorder()
			s.auth.ServeHTTP(w, httptest.NewRequest("GET", base+"/api/auth/signin", nil))
			policy := w.Header().Get("Content-Security-Policy")
			if got := strings.HasSuffix(policy, " https: http:"); w.Code != 200 || got != want {
				t.Errorf("%s, %s: %d, %s", base, name, w.Code, policy)
			}
		}
	}
}

// New does not see where the hook Redirect and an issuer's metadata lead. If browsers do not go
// there, the log says why.
func TestLogNamesARedirectThatThePolicyForbids(t *testing.T) {
	t.Parallel()
	const site, plain = "https://app.example", "http://localhost:9000/"
	for name, tc := range map[string]struct {
		base, to string
		client   func(*http.Request)
		front    string
		want     bool
	}{
		"http":                     {base: site, to: plain, want: true},
		"http in upper case":       {base: site, to: "HTTP://127.0.0.1:9000/", want: true},
		"http, another host":       {base: site, to: "http://idp.example/", want: true},
		"https":                    {base: site, to: "https://localhost:9000/"},
		"a script of Auth.js":      {base: site, to: plain, client: clientHeader},
		"htmx":                     {base: site, to: plain, client: header("HX-Request", "true")},
		"a site on localhost":      {base: "https://localhost:8443", to: plain},
		"a site on http":           {base: "http://localhost:3000", to: plain},
		"a policy that allows it":  {base: site, to: plain, front: "http://localhost:5173"},
		"a policy that forbids it": {base: site, to: plain, front: "https://localhost:5173", want: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log logRecorder
			s := newSite(t, func(c *cardea.Config) {
				c.BaseURL, c.Logger = tc.base, log.logger()
				if tc.front != "" {
					c.TrustedOrigins = []string{tc.front}
				}
				p := customProvider()
				p.Redirect = func(context.Context, *oauth.Redirection) (string, error) { return tc.to + "?secret", nil }
				c.Providers = []cardea.Provider{p}
			})
			if w := s.postForm(t, tc.base, "/signin/abroad", tc.client); !strings.Contains(
				w.Header().Get("Location")+w.Header().Get("HX-Redirect"), tc.to+"?secret") {
				t.Fatalf("the answer is %d, %v", w.Code, w.Header())
			}
			warnings := log.records(t, "cardea: browsers do not follow the form to the provider")
			if (len(warnings) == 1) != tc.want || strings.Contains(log.String(), "?secret") {
				t.Fatalf("logged: %s", &log)
			}
			if tc.want && (warnings[0]["provider"] != "abroad" || warnings[0]["setting"] != "oauth.Provider.Redirect" ||
				!strings.Contains(warnings[0]["cause"].(string), "Content-Security-Policy")) {
				t.Errorf("logged: %v", warnings[0])
			}
		})
	}
}

// The authorization endpoint may be on http although the issuer is on https.
func TestLogNamesAnEndpointThatThePolicyForbids(t *testing.T) {
	t.Parallel()
	var idp *httptest.Server
	idp = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]any{
			"issuer": idp.URL, "authorization_endpoint": "http://127.0.0.1:9000/authorize",
			"token_endpoint": idp.URL + "/token", "jwks_uri": idp.URL + "/keys",
		})
	}))
	defer idp.Close()
	var log logRecorder
	s := newSite(t, func(c *cardea.Config) {
		c.BaseURL, c.Logger, c.HTTPClient = "https://app.example", log.logger(), idp.Client()
		c.Providers[0].(*oauth.Provider).Issuer = idp.URL
	})
	w := s.postForm(t, "https://app.example", "/signin/idp", nil)
	if to := w.Header().Get("Location"); !strings.HasPrefix(to, "http://127.0.0.1:9000/authorize?") {
		t.Fatalf("the visitor is sent to %s", to)
	}
	warnings := log.records(t, "cardea: browsers do not follow the form to the provider")
	if len(warnings) != 1 || warnings[0]["provider"] != "idp" ||
		warnings[0]["setting"] != "the provider's metadata, authorization_endpoint" {
		t.Errorf("logged: %s", &log)
	}
}

// postForm posts a form of the built-in pages to a site at base.
func (s *site) postForm(t *testing.T, base, path string, client func(*http.Request)) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	s.auth.ServeHTTP(w, httptest.NewRequest("GET", base+"/api/auth/csrf", nil))
	var csrf struct{ CSRFToken string }
	if err := json.Unmarshal(w.Body.Bytes(), &csrf); err != nil {
		t.Fatal(err)
	}
	form := url.Values{"csrfToken": {csrf.CSRFToken}}
	r := httptest.NewRequest("POST", base+"/api/auth"+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if client != nil {
		client(r)
	}
	for _, c := range w.Result().Cookies() {
		r.AddCookie(c)
	}
	w = httptest.NewRecorder()
	s.auth.ServeHTTP(w, r)
	return w
}
