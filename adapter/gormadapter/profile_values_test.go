package gormadapter_test

import (
	"context"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/provider"
)

// Whatever a provider sends as an account ID, it is stored as it is, or nobody is signed in, with
// the same code on each database, for each kind of provider. Values that nobody needs are left out.
func TestValuesOfProviders(t *testing.T) {
	t.Parallel()
	const denied, either = "AccessDenied", "either"
	ids := map[string]string{ // and what comes of a sign-in
		strings.Repeat("s", 255):        "",
		strings.Repeat("s", 256):        denied, // OpenID Connect Core 1.0 § 2: it MUST NOT exceed 255 ASCII characters
		strings.Repeat("s", 5000):       denied,
		strings.Repeat("ü", 128):        denied,
		strings.Repeat("ü", 127):        "",
		"👩‍💻":                           "",
		"a\x00b":                        either, // PostgreSQL cannot store it
		" 7 ":                           "",
		"https://idp.example/users/Å#1": "",
	}
	others := map[string]func(*cardeatest.Person){
		"a long address":       func(p *cardeatest.Person) { p.Email = strings.Repeat("a", 300) + "@example.com" },
		"an address with NUL":  func(p *cardeatest.Person) { p.Email = "a\x00b@example.com" },
		"a long name":          func(p *cardeatest.Person) { p.Name = strings.Repeat("ü", 5000) },
		"a name with NUL":      func(p *cardeatest.Person) { p.Name = "a\x00b 👩‍💻" },
		"a long picture":       func(p *cardeatest.Person) { p.Picture = pictureOf(5000) },
		"a picture with NUL":   func(p *cardeatest.Person) { p.Picture = "https://example.com/\x00" },
		"a picture with emoji": func(p *cardeatest.Person) { p.Picture = "https://example.com/👩‍💻" },
	}
	for _, e := range databases() {
		for _, kind := range []string{"idp", "plain"} {
			t.Run(e.name+", "+kind, func(t *testing.T) {
				t.Parallel()
				store := openOn(t, e.empty(t))
				s := newHeldSite[gormadapter.User](t, store, func(c *cardea.Config) {
					idp := c.Providers[0].(*oauth.Provider)
					client := provider.Client{ID: idp.ClientID, Secret: idp.ClientSecret}
					c.Providers = append(c.Providers, provider.OAuth2("plain", "Plain", client, provider.Endpoints{
						Authorization: idp.Issuer + "/authorize", Token: idp.Issuer + "/token",
						Userinfo: idp.Issuer + "/userinfo",
					}, func(_ context.Context, c oauth.Claims) (oauth.Profile, error) {
						return oauth.Profile{
							ID: c.String("sub"), Name: c.String("name"), Email: c.String("email"),
							Image: c.String("picture"),
						}, nil
					}))
				})
				signIn := func(p cardeatest.Person) (*cardeatest.Browser, int, string) {
					s.issuer.Next(p)
					b := cardeatest.NewBrowser(t, s.URL)
					res := b.Post("/signin/"+kind, map[string][]string{"callbackUrl": {s.URL + "/api/auth/csrf"}})
					return b, res.StatusCode, res.Request.URL.String()
				}
				for id, want := range ids {
					before := countRows(t, store)
					b, status, end := signIn(cardeatest.Person{Subject: id})
					if want == either && b.Session() == nil || want == denied {
						s.isDenied(t, b, status, end, "")
						if got := countRows(t, store); got.users != before.users || got.accounts != before.accounts {
							t.Errorf("%.20q: %+v, before it %+v", id, got, before)
						}
						continue
					}
					first, err := store.UserByAccount(t.Context(), kind, id)
					b, _, _ = signIn(cardeatest.Person{Subject: id})
					if again := b.Session(); err != nil || again == nil {
						t.Errorf("%.20q: not found again: %v; log:\n%s", id, err, s.log.take())
					} else if u, err := store.UserByAccount(t.Context(), kind, id); err != nil || u.ID != first.ID {
						t.Errorf("%.20q: another user, %v", id, err)
					}
					s.log.take()
				}
				for what, change := range others {
					p := cardeatest.Person{Subject: what, Name: "Ann"}
					change(&p)
					if b, status, end := signIn(p); b.Session() == nil {
						t.Errorf("%s: not signed in, %d %s; log:\n%s", what, status, end, s.log.take())
					}
				}
			})
		}
	}
}
