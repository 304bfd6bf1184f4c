package cardea_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/provider"
)

const secret = "a secret of at least 32 bytes, only for tests"

// validConfig returns the smallest configuration that New accepts.
func validConfig() cardea.Config {
	return cardea.Config{
		Secret:    secret,
		Providers: []cardea.Provider{provider.GitHub(provider.Client{ID: "id", Secret: "secret"})},
		Logger:    slog.New(slog.DiscardHandler),
	}
}

// adapterWithoutSessions is an adapter that is not a SessionStore or a TokenStore.
type adapterWithoutSessions struct{ cardea.Adapter }

func TestNewReportsEachFaultWithItsField(t *testing.T) {
	t.Parallel()
	type Row struct{ ID string }
	for _, tc := range []struct {
		name   string
		change func(*cardea.Config)
		want   []string // each is part of one line of the error
	}{
		{"no secret", func(c *cardea.Config) { c.Secret = "" },
			[]string{"Config.Secret: missing; make one with: go run github.com/cardea-auth/cardea/cmd/cardea secret"}},
		{"a short secret", func(c *cardea.Config) { c.Secret = strings.Repeat("x", 31) },
			[]string{"Config.Secret: want 32 bytes or more, have 31"}},
		{"a short previous secret", func(c *cardea.Config) { c.PreviousSecrets = []string{secret, "short"} },
			[]string{"Config.PreviousSecrets[1]: want 32 bytes or more, have 5"}},
		{"no providers", func(c *cardea.Config) { c.Providers = nil }, []string{"Config.Providers: is empty"}},
		{"a nil provider", func(c *cardea.Config) { c.Providers = append(c.Providers, nil) },
			[]string{"Config.Providers[1]: is nil"}},
		{"two providers with one id", func(c *cardea.Config) { c.Providers = append(c.Providers, c.Providers[0]) },
			[]string{"Config.Providers[1] (github).ID: is used by two providers"}},
		{"a provider without a client", func(c *cardea.Config) {
			c.Providers = []cardea.Provider{provider.Google(provider.Client{})}
		},
			[]string{
				`Config.Providers[0] (google).ClientID: is empty; is its environment variable set, as provider.Env("AUTH_GOOGLE") reads it?`,
			}},
		{"OIDC without issuer", func(c *cardea.Config) {
			c.Providers = []cardea.Provider{provider.OIDC("sso", "SSO", provider.Client{ID: "id"})}
		}, []string{"Config.Providers[0] (sso).Issuer: is empty"}},
		{"an issuer over http", func(c *cardea.Config) {
			c.Providers = []cardea.Provider{
				provider.OIDC("sso", "SSO", provider.Client{ID: "id", Issuer: "http://sso.example.com"}),
			}
		}, []string{"Config.Providers[0] (sso).Issuer: "}},
		{"OAuth2 without anything", func(c *cardea.Config) {
			c.Providers = []cardea.Provider{&oauth.Provider{ID: "Acme!", Type: oauth.TypeOAuth2, ClientID: "id"}}
		}, []string{
			`.ID: want lower-case letters`, ".Name: is empty", ".Profile: is missing", ".AuthorizationURL: is empty",
			".TokenURL: is empty", ".UserinfoURL: is empty",
		}},
		{"an unknown type", func(c *cardea.Config) {
			c.Providers = []cardea.Provider{&oauth.Provider{ID: "x", Name: "X", Type: "saml", ClientID: "id"}}
		}, []string{`.Type: want "oauth" or "oidc", have "saml"`}},
		{"a flow parameter", func(c *cardea.Config) {
			p := provider.Google(provider.Client{ID: "id", Secret: "s"})
			p.AuthorizationParams = map[string][]string{"response_type": {"token"}}
			c.Providers = []cardea.Provider{p}
		}, []string{".AuthorizationParams: response_type is set by the flow"}},
		{"client authentication without a secret", func(c *cardea.Config) {
			p := provider.Google(provider.Client{ID: "id"})
			p.ClientAuth = oauth.AuthClientSecretPost
			c.Providers = []cardea.Provider{p}
		}, []string{".ClientSecret: is empty, and ClientAuth is client_secret_post"}},
		{"unknown client authentication", func(c *cardea.Config) {
			p := provider.Google(provider.Client{ID: "id"})
			p.ClientAuth = "password"
			c.Providers = []cardea.Provider{p}
		}, []string{`.ClientAuth: want one of`}},
		{"a base URL with a path that is not the base path", func(c *cardea.Config) {
			c.BaseURL, c.BasePath = "https://example.com/app", "/app/auth"
		}, []string{"Config.BaseURL: want an origin without a path, such as https://example.com"}},
		{"a base URL with a query", func(c *cardea.Config) { c.BaseURL = "https://example.com/app?a=b" },
			[]string{"Config.BaseURL: want an origin without a path, such as https://example.com"}},
		{"a base URL with a path that is no base path", func(c *cardea.Config) {
			c.BaseURL = "https://example.com/my%20app"
		}, []string{`Config.BasePath: want a path such as /api/auth, with a leading and no trailing slash, have "/my%20app"`}},
		{"a nil pointer as adapter", func(c *cardea.Config) { c.Adapter = (*memadapter.Adapter)(nil) },
			[]string{"Config.Adapter: is a nil *memadapter.Adapter; look at the error of the call that made it"}},
		{"nil pointers as providers", func(c *cardea.Config) {
			c.Providers = []cardea.Provider{(*oauth.Provider)(nil), (*cardea.EmailProvider)(nil), nil}
		}, []string{"Config.Providers[0]: is nil", "Config.Providers[1]: is nil", "Config.Providers[2]: is nil"}},
		{"a base URL without scheme", func(c *cardea.Config) { c.BaseURL = "example.com" },
			[]string{"Config.BaseURL: want an origin such as https://example.com"}},
		{"a base URL and hosts", func(c *cardea.Config) {
			c.BaseURL, c.TrustedHosts = "https://example.com", []string{"example.com"}
			c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
		}, []string{"Config.TrustedHosts: has no effect if BaseURL is set"}},
		{"wildcard hosts", func(c *cardea.Config) {
			c.TrustedHosts = []string{"*.example.com", "*.com", "a.*.example.com", "*"}
		}, []string{
			`Config.TrustedHosts[1]: want a host such as example.com or example.com:8443, have "*.com": anybody can`,
			"Config.TrustedHosts[2]: want a host", "Config.TrustedHosts[3]: want a host",
		}},
		{"other origins", func(c *cardea.Config) {
			c.BaseURL = "https://api.example.com"
			c.TrustedOrigins = []string{
				"https://app.example.com", "app.example.com", "https://*", "https://*.co.uk", "http://app.example.com",
				"http://localhost:5173", "null", "https://app.example.com/",
			}
		}, []string{
			`Config.TrustedOrigins[1]: want an origin such as https://app.example.com`,
			"Config.TrustedOrigins[2]: want an origin", "Config.TrustedOrigins[3]: want an origin",
			`Config.TrustedOrigins[4]: have "http://app.example.com", with which anybody on the network can reach`,
			"Config.TrustedOrigins[6]: want an origin", "Config.TrustedOrigins[7]: want an origin",
		}},
		{"a host with a path", func(c *cardea.Config) { c.TrustedHosts = []string{"ok.example", "example.com/x"} },
			[]string{"Config.TrustedHosts[1]: want a host"}},
		{"a base path with a trailing slash", func(c *cardea.Config) { c.BasePath = "/auth/" },
			[]string{"Config.BasePath: want a path such as /api/auth"}},
		{"database sessions without adapter", func(c *cardea.Config) { c.Session.Strategy = cardea.StrategyDatabase },
			[]string{"Config.Session.Strategy: database needs an Adapter that is a SessionStore"}},
		{"database sessions with an adapter that has none", func(c *cardea.Config) {
			c.Adapter, c.Session.Strategy = adapterWithoutSessions{memadapter.New()}, cardea.StrategyDatabase
		}, []string{"Config.Session.Strategy: database needs an Adapter that is a SessionStore"}},
		{"an unknown strategy", func(c *cardea.Config) { c.Session.Strategy = "redis" },
			[]string{`Config.Session.Strategy: want "database" or "jwt", have "redis"`}},
		{"a negative age", func(c *cardea.Config) {
			c.Session.MaxAge = -time.Hour
			c.Session.UpdateAge = time.Minute
		}, []string{"Config.Session.MaxAge: want a second or more", "Config.Session.UpdateAge: want between"}},
		{"a cookie prefix with a meaning for browsers", func(c *cardea.Config) { c.CookiePrefix = "__Host-shop" },
			[]string{"Config.CookiePrefix: want at most 64 letters"}},
		{"a cookie prefix that ends the name", func(c *cardea.Config) { c.CookiePrefix = "a=b;" },
			[]string{"Config.CookiePrefix: want at most 64 letters"}},
		{"a cookie domain with a dot in front", func(c *cardea.Config) {
			c.BaseURL, c.Session.CookieDomain = "https://app.example.com", ".example.com"
		}, []string{
			`Config.Session.CookieDomain: want a domain in lower case such as example.com, have ".example.com"`,
		}},
		{"a cookie domain that is an address", func(c *cardea.Config) {
			c.BaseURL, c.Session.CookieDomain = "https://192.0.2.1", "192.0.2.1"
		}, []string{"Config.Session.CookieDomain: want a domain"}},
		{"a cookie domain with an attribute", func(c *cardea.Config) {
			c.BaseURL, c.Session.CookieDomain = "https://app.example.com", "example.com; SameSite=None"
		}, []string{"Config.Session.CookieDomain: want a domain"}},
		{"the cookie domain of another site", func(c *cardea.Config) {
			c.BaseURL, c.Session.CookieDomain = "https://badexample.com", "example.com"
		}, []string{
			"Config.Session.CookieDomain: browsers accept no cookie for example.com from https://badexample.com",
		}},
		{"the cookie domain of one of two hosts", func(c *cardea.Config) {
			c.TrustedHosts, c.Session.CookieDomain = []string{"example.com:8443", "app.example.org"}, "example.com"
		}, []string{"Config.Session.CookieDomain: browsers accept no cookie for example.com from app.example.org"}},
		{"a cookie domain for localhost", func(c *cardea.Config) { c.Session.CookieDomain = "example.com" },
			[]string{"Config.Session.CookieDomain: needs BaseURL or TrustedHosts"}},
		{"a page of another site", func(c *cardea.Config) { c.Pages.SignIn = "//evil.example" },
			[]string{"Config.Pages.SignIn: want a path"}},
		{"a page that is a script", func(c *cardea.Config) { c.Pages.NewUser = "javascript:alert(1)" },
			[]string{"Config.Pages.NewUser: want a path"}},
		{"the cookie domain of a hosting service", func(c *cardea.Config) {
			c.BaseURL, c.Session.CookieDomain = "https://shop.github.io", "github.io"
		}, []string{"Config.Session.CookieDomain: browsers accept no cookie for github.io, where anybody"}},
		{"the cookie domain of a country", func(c *cardea.Config) {
			c.TrustedHosts, c.Session.CookieDomain = []string{"shop.co.uk"}, "co.uk"
		}, []string{"Config.Session.CookieDomain: browsers accept no cookie for co.uk"}},
		{"pages that are the built-in ones", func(c *cardea.Config) {
			c.BaseURL = "https://example.com/auth"
			c.Pages = cardea.Pages{
				SignIn: "/auth/signin", SignOut: "https://EXAMPLE.com:443/auth/signout/", Error: "/auth/error?x=1",
				VerifyRequest: "/auth/verify-request", Account: "/auth/account#top", NewUser: "/auth/signin",
				Confirm: "/auth/confirm?a=b",
			}
		}, []string{
			"Config.Pages.SignIn: is the built-in page, which would redirect to itself", "Config.Pages.SignOut: ",
			"Config.Pages.Error: ", "Config.Pages.VerifyRequest: ", "Config.Pages.Account: ",
			"Config.Pages.Confirm: is the built-in page",
		}},
		{"the built-in page at one of several hosts", func(c *cardea.Config) {
			c.TrustedHosts = []string{"example.com", "*.preview.example.com"}
			c.Pages.SignIn = "https://a.preview.example.com/api/auth/signin"
		}, []string{"Config.Pages.SignIn: is the built-in page"}},
		{"an error page that is the built-in one", func(c *cardea.Config) { c.Pages.Error = "/api/auth/error" },
			[]string{"Config.Pages.Error: is the built-in page"}},
		{"a hook without adapter", func(c *cardea.Config) {
			c.OnCreateUser = cardea.BeforeCreate(func(context.Context, *Row, *oauth.Profile) error { return nil })
		}, []string{"Config.OnCreateUser: needs an Adapter"}},
		{"a hook for another type", func(c *cardea.Config) {
			c.Adapter = memadapter.New()
			c.OnCreateUser = cardea.BeforeCreate(func(context.Context, *Row, *oauth.Profile) error { return nil })
		}, []string{"Config.OnCreateUser: is for *cardea_test.Row"}},
		{"a hook for another place", func(c *cardea.Config) {
			c.OnCreateUser = cardea.SessionUser(members("role"))
			c.SessionUser = cardea.BeforeCreate(func(context.Context, *Row, *oauth.Profile) error { return nil })
		}, []string{"Config.OnCreateUser: is a hook of SessionUser", "Config.SessionUser: is a hook of BeforeCreate"}},
		{"a session hook without adapter", func(c *cardea.Config) {
			c.SessionUser = cardea.SessionUser(func(context.Context, *Row) (map[string]any, error) { return nil, nil })
		}, []string{"Config.SessionUser: is for *cardea_test.Row and needs an Adapter"}},
		{"a session hook for another type", func(c *cardea.Config) {
			c.Adapter = memadapter.New()
			c.SessionUser = cardea.SessionUser(func(context.Context, *Row) (map[string]any, error) { return nil, nil })
		}, []string{"Config.SessionUser: is for *cardea_test.Row"}},
		{"an invalid color", func(c *cardea.Config) { c.Theme.BrandColor = "red;}" },
			[]string{"Config.Theme.BrandColor"}},
		{"a logo that is a script", func(c *cardea.Config) { c.Theme.Logo = "javascript:alert(1)" },
			[]string{"Config.Theme.Logo"}},
		{"everything at once", func(c *cardea.Config) { *c = cardea.Config{BasePath: "x"} },
			[]string{"Config.Secret: ", "Config.Providers: ", "Config.BasePath: "}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := validConfig()
			tc.change(&c)
			auth, err := cardea.New(c)
			if err == nil || auth != nil {
				t.Fatalf("New = %v, %v; want nil and an error", auth, err)
			}
			lines := strings.Split(err.Error(), "\n")
			for _, want := range tc.want {
				if !slices.ContainsFunc(lines, func(l string) bool {
					return strings.HasPrefix(l, "cardea: Config.") && strings.Contains(l, want)
				}) {
					t.Errorf("no line of\n%v\nbegins with cardea: Config. and has %q", err, want)
				}
			}
			if len(lines) != len(tc.want) {
				t.Errorf("%d faults reported, want %d:\n%v", len(lines), len(tc.want), err)
			}
			if strings.Contains(err.Error(), secret) {
				t.Error("the error contains the secret")
			}
		})
	}
}

func TestNewAcceptsTheSmallestConfig(t *testing.T) {
	t.Parallel()
	if _, err := cardea.New(validConfig()); err != nil {
		t.Fatal(err)
	}
}

// The path of AUTH_URL is that of the handler, as in Auth.js.
func TestBaseURLWithPath(t *testing.T) {
	t.Parallel()
	for _, c := range []cardea.Config{
		{BaseURL: "https://example.com/shop/auth"},
		{BaseURL: "https://example.com/shop/auth/"},
		{BaseURL: "https://example.com/shop/auth", BasePath: "/shop/auth"},
		{BaseURL: "https://example.com/", BasePath: "/shop/auth"},
	} {
		valid := validConfig()
		c.Secret, c.Providers = valid.Secret, valid.Providers
		auth, err := cardea.New(c)
		if err != nil {
			t.Errorf("%s, %s: %v", c.BaseURL, c.BasePath, err)
			continue
		}
		w := httptest.NewRecorder()
		auth.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/shop/auth/providers", nil))
		if want := `"signinUrl":"https://example.com/shop/auth/signin/`; !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s, %s: got %d and %s, want %s in it", c.BaseURL, c.BasePath, w.Code, w.Body, want)
		}
	}
}

// A configuration may have the settings of both strategies, of which one is chosen at run time.
func TestSettingsOfBothStrategies(t *testing.T) {
	t.Parallel()
	for _, strategy := range []cardea.Strategy{cardea.StrategyDatabase, cardea.StrategyJWT} {
		c := validConfig()
		c.Adapter = memadapter.New()
		c.Session = cardea.SessionConfig{Strategy: strategy, ShareSignOuts: true, InsecureStoreRawTokens: true}
		if _, err := cardea.New(c); err != nil {
			t.Errorf("%s: %v", strategy, err)
		}
	}
}

func TestHandlePanicsForAnotherUserType(t *testing.T) {
	t.Parallel()
	type Row struct{ ID string }
	c := validConfig()
	c.Adapter = memadapter.New()
	auth, err := cardea.New(c)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if r := recover(); r == nil || !strings.Contains(r.(string), "the handler is for *cardea_test.Row") {
			t.Errorf("recovered %v", r)
		}
	}()
	cardea.Handle(auth, func(http.ResponseWriter, *http.Request, *Row) {})
}
