package relyingparty_test

import (
	"net/http"
	"path"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/provider"
)

// ownTransport sends the requests of the tests. When an httptest.Server closes, it closes the idle
// connections of http.DefaultTransport, also those that a test beside it is about to use.
var ownTransport = &http.Transport{DisableKeepAlives: true}

// deadlines is a transport that notes by the last part of its path how long each request may take.
type deadlines struct {
	mu   sync.Mutex
	left map[string]time.Duration
}

func (d *deadlines) RoundTrip(r *http.Request) (*http.Response, error) {
	at, ok := r.Context().Deadline()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.left[path.Base(r.URL.Path)] = time.Until(at); !ok {
		d.left[path.Base(r.URL.Path)] = time.Hour
	}
	return ownTransport.RoundTrip(r)
}

// An http.Client has no timeout unless somebody sets one, and an application may bring any.
func TestEveryRequestOfASignInHasADeadline(t *testing.T) {
	t.Parallel()
	op, transport := cardeatest.NewIssuer(t), &deadlines{left: map[string]time.Duration{}}
	_, site := newApplication(t, func(string) cardea.Provider {
		return configured(op, func(p *oauth.Provider) {
			p.UseUserinfo, p.PushAuthorization, p.EmailsURL = true, true, op.URL+"/user/emails"
		})
	}, func(c *cardea.Config) { c.HTTPClient = &http.Client{Transport: transport, Timeout: time.Hour} })
	cardeatest.SignIn(t, site, "op", "")
	for _, endpoint := range []string{"openid-configuration", "par", "token", "jwks", "userinfo", "emails"} {
		if left := transport.left[endpoint]; left <= 0 || left > 10*time.Second {
			t.Errorf("a request to %s may take %v", endpoint, left)
		}
	}
}

// OpenID Connect Core 1.0 § 10.1.1. A forged token does not keep the new keys away.
func TestRotationOfKeysAfterAForgedToken(t *testing.T) {
	t.Parallel()
	for _, way := range []cardeatest.Misbehaviour{
		cardeatest.KidUnknown, cardeatest.SignatureOfStranger, cardeatest.TokenOfStranger, cardeatest.SignatureBroken,
	} {
		t.Run(string(way), func(t *testing.T) {
			t.Parallel()
			op := cardeatest.NewIssuer(t)
			_, site := newApplication(t, func(string) cardea.Provider {
				return configured(op, func(*oauth.Provider) {})
			}, func(*cardea.Config) {})
			cardeatest.SignIn(t, site, "op", "")
			op.Misbehave(way)
			visitor := cardeatest.NewBrowser(t, site)
			visitor.Post("/signin/op", nil)
			if visitor.Session() != nil {
				t.Fatal("a forged token was accepted")
			}
			op.Misbehave()
			op.RotateKeys()
			cardeatest.SignIn(t, site, "op", "")
		})
	}
}

// configured is the provider for an issuer, changed.
func configured(op *cardeatest.Issuer, change func(*oauth.Provider)) *oauth.Provider {
	p := provider.OIDC("op", "OpenID provider",
		provider.Client{ID: op.ClientID, Secret: op.ClientSecret, Issuer: op.URL})
	change(p)
	return p
}
