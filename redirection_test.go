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
)

// abroad is a provider of another protocol, which believes what it is told.
func abroad() *cardea.OAuthProvider {
	return &cardea.OAuthProvider{
		ID: "abroad", Name: "Abroad", Type: cardea.OAuth2,
		Redirect: func(_ context.Context, r *cardea.Redirection) (string, error) {
			return "https://abroad.example/?" + url.Values{"back": {r.ReturnTo}}.Encode(), nil
		},
		Identify: func(_ context.Context, r *cardea.Redirection) (cardea.Claims, error) {
			if !r.Once(r.Answer.Get("proof"), r.Now.Add(time.Minute)) {
				return nil, errors.New("used already")
			}
			return cardea.Claims{"id": r.Answer.Get("who")}, nil
		},
		Profile: func(_ context.Context, raw cardea.Claims) (cardea.Profile, error) {
			return cardea.Profile{ID: raw.String("id"), Name: "Ann"}, nil
		},
	}
}

// back begins a sign-in there, and returns where it wants the browser back.
func back(t *testing.T, b *cardeatest.Browser) string {
	t.Helper()
	to, err := url.Parse(b.Post("/signin/abroad", url.Values{"callbackUrl": {"/welcome"}}).Header.Get("Location"))
	if err != nil || to.Host != "abroad.example" {
		t.Fatalf("the visitor is sent to %s, %v", to, err)
	}
	return to.Query().Get("back")
}

func TestRedirection(t *testing.T) {
	t.Parallel()
	var once func(string, time.Time) bool
	s := newSite(t, func(c *cardea.Config) {
		p := abroad()
		redirect := p.Redirect
		p.Redirect = func(ctx context.Context, r *cardea.Redirection) (string, error) {
			once = r.Once
			return redirect(ctx, r)
		}
		c.Providers = append(c.Providers, p)
	})
	b := stepper(t, s.URL)
	callback := back(t, b)
	if once("x", time.Now().Add(time.Minute)) {
		t.Error("Once is true before there is a proof")
	}
	if to := comeBack(t, b, callback+"&who=7&proof=a"); to != s.URL+"/welcome" {
		t.Errorf("the visitor ends at %s", to)
	}
	if _, err := s.store.UserByAccount(t.Context(), "abroad", "7"); err != nil || b.Session() == nil {
		t.Errorf("nobody is signed in: %v", err)
	}
	if _, err := s.auth.AccessToken(t.Context(), s.owner(t, "abroad", "7"), "abroad"); !errors.Is(err, cardea.ErrGrantRevoked) {
		t.Errorf("AccessToken: %v", err)
	}
	if body := text(t, visit(t, b, s.URL+"/api/auth/providers")); !strings.Contains(body, `"abroad":{"id":"abroad","name":"Abroad","type":"oauth"`) {
		t.Errorf("providers: %s", body)
	}
}

func TestRedirectionIsRefused(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		change func(callback string) string
		code   cardea.Code
	}{
		{"without a state", func(callback string) string { return strings.ReplaceAll(callback, "state=", "stat=") }, cardea.Configuration},
		{"with another state", func(callback string) string { return strings.Replace(callback, "&", "0&", 1) }, cardea.Configuration},
		{"with two states", func(callback string) string { return callback + "&state=1" }, cardea.Configuration},
		{"with any parameter twice", func(callback string) string { return callback + "&who=8" }, cardea.Configuration},
		{"as somebody without an id", func(callback string) string { return strings.ReplaceAll(callback, "who=7", "who=") }, cardea.Configuration},
		{"at another provider", func(callback string) string { return strings.ReplaceAll(callback, "/abroad", "/idp") }, cardea.Configuration},
		{"with a proof that was used", func(callback string) string { return strings.ReplaceAll(callback, "=fresh", "=used") }, cardea.Configuration},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, func(c *cardea.Config) { c.Providers = append(c.Providers, abroad()) })
			other := stepper(t, s.URL)
			comeBack(t, other, back(t, other)+"&who=7&proof=used")
			b := stepper(t, s.URL)
			res := visit(t, b, tc.change(back(t, b)+"&who=7&proof=fresh"))
			if to := res.Header.Get("Location"); to != s.URL+"/api/auth/error?error="+string(tc.code) || b.Session() != nil {
				t.Errorf("the visitor is sent to %s", to)
			}
		})
	}
}

func TestNewRefusesRedirectionThatCannotWork(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		change func(*cardea.OAuthProvider)
		want   string
	}{
		{func(p *cardea.OAuthProvider) { p.Redirect = nil }, ".Redirect: is missing beside Identify"},
		{func(p *cardea.OAuthProvider) { p.Identify = nil }, ".Identify: is missing beside Redirect"},
		{func(p *cardea.OAuthProvider) { p.Profile = nil }, ".Profile: is missing"},
		{func(p *cardea.OAuthProvider) { p.Type = cardea.OIDC }, `.Type: want "oauth" beside Redirect`},
		{func(p *cardea.OAuthProvider) { p.TokenURL = "https://abroad.example/token" }, ".TokenURL: has no effect beside Redirect"},
		{func(p *cardea.OAuthProvider) { p.FormPost = true }, ".FormPost: has no effect beside Redirect"},
		{func(p *cardea.OAuthProvider) { p.ClientAuth = cardea.ClientSecretPost }, ".ClientAuth: has no effect beside Redirect"},
	} {
		t.Run(tc.want, func(t *testing.T) {
			t.Parallel()
			p := abroad()
			tc.change(p)
			_, err := cardea.New(cardea.Config{Secret: secret, Providers: []cardea.Provider{p}})
			if err == nil || !strings.Contains(err.Error(), "Config.Providers[0] (abroad)"+tc.want) {
				t.Errorf("New: %v, want %s", err, tc.want)
			}
		})
	}
}
