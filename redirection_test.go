package cardea_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/oauth"
)

// customProvider is a provider with a protocol of its own: it accepts whatever the callback says.
func customProvider() *oauth.Provider {
	return &oauth.Provider{
		ID: "abroad", Name: "Abroad", Type: oauth.TypeOAuth2,
		Redirect: func(_ context.Context, r *oauth.Redirection) (string, error) {
			return "https://abroad.example/?" + url.Values{"back": {r.ReturnTo}}.Encode(), nil
		},
		Identify: func(_ context.Context, r *oauth.Redirection) (oauth.Claims, error) {
			if !r.Once(r.Answer.Get("proof"), r.Now.Add(time.Minute)) {
				return nil, errors.New("used already")
			}
			return oauth.Claims{"id": r.Answer.Get("who")}, nil
		},
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{ID: raw.String("id"), Name: "Ann"}, nil
		},
	}
}

// beginAtCustomProvider begins a sign-in at customProvider, and returns the callback URL.
func beginAtCustomProvider(t *testing.T, b *cardeatest.Browser) string {
	t.Helper()
	return beginAtProvider(t, b, "abroad")
}

func beginAtProvider(t *testing.T, b *cardeatest.Browser, provider string) string {
	t.Helper()
	to, err := url.Parse(b.Post("/signin/"+provider, url.Values{"callbackUrl": {"/welcome"}}).Header.Get("Location"))
	if err != nil || to.Host != "abroad.example" {
		t.Fatalf("the visitor is sent to %s, %v", to, err)
	}
	return to.Query().Get("back")
}

func TestRedirection(t *testing.T) {
	t.Parallel()
	var once func(string, time.Time) bool
	s := newSite(t, func(c *cardea.Config) {
		p := customProvider()
		redirect := p.Redirect
		p.Redirect = func(ctx context.Context, r *oauth.Redirection) (string, error) {
			once = r.Once
			return redirect(ctx, r)
		}
		c.Providers = append(c.Providers, p)
	})
	b := newBrowser(t, s.URL)
	callback := beginAtCustomProvider(t, b)
	if once("x", time.Now().Add(time.Minute)) {
		t.Error("Once returns true before the callback")
	}
	if to := openCallback(t, b, callback+"&who=7&proof=a"); to != s.URL+"/welcome" {
		t.Errorf("the visitor ends at %s", to)
	}
	if _, err := s.store.UserByAccount(t.Context(), "abroad", "7"); err != nil || b.Session() == nil {
		t.Errorf("nobody is signed in: %v", err)
	}
	_, err := s.auth.AccessToken(t.Context(), s.accountOwner(t, "abroad", "7"), "abroad")
	if !errors.Is(err, cardea.ErrGrantRevoked) {
		t.Errorf("AccessToken: %v", err)
	}
	body := text(t, visit(t, b, s.URL+"/api/auth/providers"))
	if !strings.Contains(body, `"abroad":{"id":"abroad","name":"Abroad","type":"oauth"`) {
		t.Errorf("providers: %s", body)
	}
}

func TestRedirectionIsRefused(t *testing.T) {
	t.Parallel()
	replace := func(old, new string) func(string) string {
		return func(callback string) string { return strings.ReplaceAll(callback, old, new) }
	}
	add := func(parameter string) func(string) string {
		return func(callback string) string { return callback + parameter }
	}
	for _, tc := range []struct {
		name   string
		change func(callback string) string
		code   cardea.Code
	}{
		{"without a state", replace("state=", "stat="), cardea.CodeInvalidCheck},
		{
			"with another state",
			func(callback string) string { return strings.Replace(callback, "&", "0&", 1) },
			cardea.CodeInvalidCheck,
		},
		{"with two states", add("&state=1"), cardea.CodeInvalidCheck},
		{"with another parameter twice", add("&who=8"), cardea.CodeInvalidCheck},
		{"without the person's id", replace("who=7", "who="), cardea.CodeConfiguration},
		{"at another provider", replace("/abroad", "/idp"), cardea.CodeInvalidCheck},
		{"with a proof that was used", replace("=fresh", "=used"), cardea.CodeInvalidCheck},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, func(c *cardea.Config) { c.Providers = append(c.Providers, customProvider()) })
			other := newBrowser(t, s.URL)
			openCallback(t, other, beginAtCustomProvider(t, other)+"&who=7&proof=used")
			b := newBrowser(t, s.URL)
			res := visit(t, b, tc.change(beginAtCustomProvider(t, b)+"&who=7&proof=fresh"))
			to := withoutRestart(t, res.Header.Get("Location"))
			if to != s.URL+"/api/auth/error?error="+string(tc.code) || b.Session() != nil {
				t.Errorf("the visitor is sent to %s", to)
			}
		})
	}
}

// The same proof may come from two providers, once from each.
func TestOnceIsForOneProvider(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) {
		other := customProvider()
		other.ID = "elsewhere"
		c.Providers = append(c.Providers, customProvider(), other)
	})
	for _, provider := range []string{"abroad", "elsewhere"} {
		b := newBrowser(t, s.URL)
		openCallback(t, b, beginAtProvider(t, b, provider)+"&who=7&proof=a")
		if b.Session() == nil {
			t.Errorf("%s: nobody is signed in", provider)
		}
	}
}

// A hook fails the sign-in if it returns an error, even beside a result, or no result.
func TestRedirectionHooksThatFail(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		change func(*oauth.Provider)
		cause  string
	}{
		{"no URL", func(p *oauth.Provider) {
			p.Redirect = func(context.Context, *oauth.Redirection) (string, error) { return "", nil }
		}, "hook Redirect: it returned no URL"},
		{"a URL and an error", func(p *oauth.Provider) {
			p.Redirect = func(context.Context, *oauth.Redirection) (string, error) {
				return "https://abroad.example/", errors.New("broken")
			}
		}, "hook Redirect: broken"},
		{"no claims", func(p *oauth.Provider) {
			p.Identify = func(context.Context, *oauth.Redirection) (oauth.Claims, error) { return nil, nil }
			p.Profile = func(context.Context, oauth.Claims) (oauth.Profile, error) {
				return oauth.Profile{ID: "7"}, nil
			}
		}, "hook Identify: it returned nothing"},
		{"claims and an error", func(p *oauth.Provider) {
			p.Identify = func(context.Context, *oauth.Redirection) (oauth.Claims, error) {
				return oauth.Claims{"id": "7"}, errors.New("forged")
			}
		}, "hook Identify: forged"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var log logRecorder
			s := newSite(t, func(c *cardea.Config) {
				c.Logger = log.logger()
				p := customProvider()
				tc.change(p)
				c.Providers = append(c.Providers, p)
			})
			b := newBrowser(t, s.URL)
			to := b.Post("/signin/abroad", nil).Header.Get("Location")
			if u, err := url.Parse(to); err == nil && u.Query().Has("back") {
				to = visit(t, b, u.Query().Get("back")+"&who=7&proof=fresh").Header.Get("Location")
			}
			if !strings.HasPrefix(to, s.URL+"/api/auth/") || !strings.Contains(to, "error=") || b.Session() != nil {
				t.Errorf("the visitor is sent to %s", to)
			}
			if !strings.Contains(log.String(), tc.cause) {
				t.Errorf("the log says %s, want %s", &log, tc.cause)
			}
		})
	}
}

// The same rules as for any other provider: an account is linked to the user who is signed in, and
// not to the one with the same e-mail address.
func TestRedirectionLinksAccounts(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) {
		p := customProvider()
		p.Profile = func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{ID: raw.String("id"), Email: "ann@example.com", EmailVerified: true}, nil
		}
		c.Providers = append(c.Providers, p)
	})
	b := s.signedIn(t, "")
	ann := s.emailOwner(t, "ann@example.com")
	stranger := newBrowser(t, s.URL)
	res := visit(t, stranger, beginAtCustomProvider(t, stranger)+"&who=8&proof=a")
	checkSignInFailed(t, s, res, cardea.CodeAccountNotLinked)
	openCallback(t, b, beginAtCustomProvider(t, b)+"&who=7&proof=b")
	if got := s.accountOwner(t, "abroad", "7"); got != ann {
		t.Errorf("the account belongs to %s, want %s", got, ann)
	}
}

func TestNewRefusesOptionsBesideRedirect(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		change func(*oauth.Provider)
		want   string
	}{
		{func(p *oauth.Provider) { p.Redirect = nil }, ".Redirect: is missing, and Identify needs it"},
		{func(p *oauth.Provider) { p.Identify = nil }, ".Identify: is missing, and Redirect needs it"},
		{func(p *oauth.Provider) { p.Profile = nil }, ".Profile: is missing"},
		{func(p *oauth.Provider) { p.Type = oauth.TypeOIDC }, `.Type: want "oauth" because Redirect is set`},
		{
			func(p *oauth.Provider) { p.TokenURL = "https://abroad.example/token" },
			".TokenURL: has no effect if Redirect is set",
		},
		{func(p *oauth.Provider) { p.FormPost = true }, ".FormPost: has no effect if Redirect is set"},
		{
			func(p *oauth.Provider) { p.ClientAuth = oauth.AuthClientSecretPost },
			".ClientAuth: has no effect if Redirect is set",
		},
		{
			func(p *oauth.Provider) { p.AuthorizationURL = "https://abroad.example/" },
			".AuthorizationURL: has no effect if Redirect is set",
		},
		{
			func(p *oauth.Provider) { p.UserinfoURL = "https://abroad.example/" },
			".UserinfoURL: has no effect if Redirect is set",
		},
		{
			func(p *oauth.Provider) { p.EmailsURL = "https://abroad.example/" },
			".EmailsURL: has no effect if Redirect is set",
		},
		{func(p *oauth.Provider) { p.Scopes = []string{} }, ".Scopes: has no effect if Redirect is set"},
		{
			func(p *oauth.Provider) { p.CallbackParams = []string{"user"} },
			".CallbackParams: has no effect if Redirect is set",
		},
		{func(p *oauth.Provider) { p.ClientKey.ID = "key-1" }, ".ClientKey: has no effect if Redirect is set"},
		{
			func(p *oauth.Provider) { p.PushAuthorization = true },
			".PushAuthorization: has no effect if Redirect is set",
		},
		{func(p *oauth.Provider) { p.DPoP = true }, ".DPoP: has no effect if Redirect is set"},
	} {
		t.Run(tc.want, func(t *testing.T) {
			t.Parallel()
			p := customProvider()
			tc.change(p)
			_, err := cardea.New(cardea.Config{Secret: secret, Providers: []cardea.Provider{p}})
			if err == nil || !strings.Contains(err.Error(), "Config.Providers[0] (abroad)"+tc.want) {
				t.Errorf("New: %v, want %s", err, tc.want)
			}
		})
	}
}
