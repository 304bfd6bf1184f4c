package cardea_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/oauth"
)

// octocat is a person whose id is too large for an integer in JavaScript.
var octocat = cardeatest.Person{
	Subject: "9007199254740993", Name: "Octo Cat", Email: "octocat@example.com", EmailVerified: true,
	Picture: "https://example.com/o.png",
}

func TestGitHubSignIn(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) { addGitHub(c).LinkByVerifiedEmail = true })
	s.issuer.Next(octocat)
	b := newBrowser(t, s.URL)
	signInAt(t, b, "github", octocat.Subject)
	u, err := s.store.UserByAccount(t.Context(), "github", "9007199254740993")
	if err != nil {
		t.Fatal(err)
	}
	if u.Name != "Octo Cat" || u.Email != "octocat@example.com" || u.EmailVerified.IsZero() ||
		u.Image != "https://example.com/o.png" {
		t.Errorf("user = %+v", u)
	}
	list, err := s.store.Accounts(t.Context(), u.ID)
	if err != nil {
		t.Fatal(err)
	}
	if a := list[0]; a.Type != cardea.TypeOAuth || a.AccessToken == "" || a.IDToken != "" || a.TokenType != "bearer" ||
		a.Scope != "read:user user:email" {
		t.Errorf("type %q, token type %q, scope %q, ID token %q", a.Type, a.TokenType, a.Scope, a.IDToken)
	}
	if n := s.issuer.Requests(cardeatest.Discovery); n != 0 {
		t.Errorf("%d requests for discovery, although the endpoints are configured", n)
	}
}

func TestGitHubEmailAddresses(t *testing.T) {
	t.Parallel()
	type address struct {
		Email    string `json:"email"`
		Primary  bool   `json:"primary"`
		Verified any    `json:"verified"`
	}
	for _, tc := range []struct {
		name     string
		public   any // the address in the profile, which need not be verified
		list     []address
		want     string
		verified bool
	}{
		{
			"the primary address", "public@example.com",
			[]address{{"first@example.com", false, true}, {"Main@Example.com", true, true}},
			"main@example.com", true,
		},
		{
			"the first verified address if the primary one is not verified", nil,
			[]address{
				{"main@example.com", true, false}, {"a@example.com", false, true}, {"b@example.com", false, true},
			},
			"a@example.com", true,
		},
		{"no address if none is verified", nil, []address{{"main@example.com", true, false}}, "", false},
		{
			"the public address, as unverified, if none is verified", "public@example.com",
			[]address{{"main@example.com", true, false}}, "public@example.com", false,
		},
		{"no address if verified is a string", nil, []address{{"main@example.com", true, "true"}}, "", false},
		{"no address if the list is empty", nil, []address{}, "", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			emails := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Authorization") == "" {
					w.WriteHeader(http.StatusUnauthorized)
				}
				w.Header().Set("Content-Type", "application/json")
				json.NewEncoder(w).Encode(tc.list)
			}))
			t.Cleanup(emails.Close)
			s := newSite(t, func(c *cardea.Config) {
				p := addGitHub(c)
				p.EmailsURL, p.LinkByVerifiedEmail = emails.URL, true
			})
			s.issuer.Next(cardeatest.Person{Subject: "5", Claims: map[string]any{"email": tc.public}})
			signInAt(t, newBrowser(t, s.URL), "github", "5")
			u, err := s.store.UserByAccount(t.Context(), "github", "5")
			if err != nil {
				t.Fatal(err)
			}
			if u.Email != tc.want || !u.EmailVerified.IsZero() != tc.verified {
				t.Errorf("e-mail = %q, verified %v; want %q, %v",
					u.Email, !u.EmailVerified.IsZero(), tc.want, tc.verified)
			}
		})
	}
}

func TestGitHubFailureWritesNothing(t *testing.T) {
	t.Parallel()
	for _, e := range []cardeatest.Endpoint{cardeatest.Token, cardeatest.User, cardeatest.Emails} {
		for _, how := range []cardeatest.Failure{
			cardeatest.SendsHTML, cardeatest.SendsNothing, cardeatest.SendsNull, cardeatest.SendsError500,
			cardeatest.SendsElsewhere,
		} {
			t.Run(string(e)+" "+string(how), func(t *testing.T) {
				t.Parallel()
				var store *recordingStore
				s := newSite(t, func(c *cardea.Config) {
					store = recordCalls(c)
					addGitHub(c)
				})
				s.issuer.Misbehave(cardeatest.Broken(e, how))
				b := newBrowser(t, s.URL)
				checkSignInFailed(t, s, visit(t, b, beginAs(t, b, "github", "", "/")), cardea.CodeConfiguration)
				if writes := store.writes(); len(writes) != 0 {
					t.Errorf("writes = %v, want none", writes)
				}
			})
		}
	}
}

func TestUserinfoHeaders(t *testing.T) {
	t.Parallel()
	tap := &httpRecorder{}
	s := newSite(t, func(c *cardea.Config) {
		c.HTTPClient = &http.Client{Transport: tap}
		addGitHub(c).Headers = map[string]string{"X-Api-Version": "7"}
	})
	signInAt(t, newBrowser(t, s.URL), "github", "")
	for _, path := range []string{"/user", "/user/emails"} {
		requests := tap.requestsTo(path)
		if len(requests) != 1 {
			t.Fatalf("%d requests to %s", len(requests), path)
		}
		if h := requests[0].header; h.Get("X-Api-Version") != "7" || h.Get("Authorization") == "" ||
			h.Get("Accept") != "application/json" {
			t.Errorf("%s: Accept %q, X-Api-Version %q", path, h.Get("Accept"), h.Get("X-Api-Version"))
		}
	}
}

// An error of the Profile function fails the sign-in, and so does a profile without a usable id.
func TestProfileFunctionFails(t *testing.T) {
	t.Parallel()
	for name, profile := range map[string]func(context.Context, oauth.Claims) (oauth.Profile, error){
		"with an error": func(context.Context, oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{ID: "1"}, errors.New("no")
		},
		"with an empty profile": func(context.Context, oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{}, nil
		},
		"with an id of spaces": func(context.Context, oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{ID: "  "}, nil
		},
		"with nil formatted as the id": func(context.Context, oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{ID: "<nil>"}, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, func(c *cardea.Config) { idp(c).Profile = profile })
			b := newBrowser(t, s.URL)
			checkSignInFailed(t, s, visit(t, b, beginAs(t, b, "idp", "", "/")), cardea.CodeConfiguration)
		})
	}
}

func TestUserinfoOfAnOIDCProvider(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) {
		idp(c).UseUserinfo = true
		plain := addSecondProvider(c)
		plain.UseUserinfo = false
	})
	signInAt(t, newBrowser(t, s.URL), "idp", "")
	if n := s.issuer.Requests(cardeatest.Userinfo); n != 1 {
		t.Errorf("%d requests to userinfo, want one", n)
	}
	s.issuer.Next(bob)
	signInAt(t, newBrowser(t, s.URL), "other", bob.Subject)
	if n := s.issuer.Requests(cardeatest.Userinfo); n != 1 {
		t.Error("userinfo was requested without UseUserinfo")
	}
}

func TestKeysAndDiscoveryAreFetchedOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	for range 3 {
		signInAt(t, newBrowser(t, s.URL), "idp", "")
	}
	if d, k := s.issuer.Requests(cardeatest.Discovery), s.issuer.Requests(cardeatest.JWKS); d != 1 || k != 1 {
		t.Errorf("%d requests for discovery and %d for keys in three sign-ins, want one each", d, k)
	}
	b := newBrowser(t, s.URL)
	callback := beginAs(t, b, "idp", "", "/")
	s.issuer.RotateKeys()
	openCallback(t, b, callback)
	if n := s.issuer.Requests(cardeatest.JWKS); n != 2 || b.Session() == nil {
		t.Errorf("after a key rotation: %d requests for keys, want one, and a session", n-1)
	}
}
