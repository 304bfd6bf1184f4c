package cardea_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/cardea-auth/cardea"
)

// impatient is a transport during whose request for a token the time of the visitor's request is
// up.
type impatient struct{ giveUp context.CancelFunc }

func (i *impatient) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPost {
		i.giveUp()
	}
	return ownTransport.RoundTrip(r)
}

// If the time of a request is up while the provider is asked, trying again may help, as if the
// store were away.
func TestTimeThatIsUpDuringASignInIs503(t *testing.T) {
	t.Parallel()
	client := &impatient{}
	s := newSite(t, func(c *cardea.Config) { c.HTTPClient = &http.Client{Transport: client} })
	inner := s.Server.Config.Handler
	s.Server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		client.giveUp = cancel
		inner.ServeHTTP(w, r.WithContext(ctx))
	})
	b := newBrowser(t, s.URL)
	res := visit(t, b, beginAs(t, b, "idp", "1001", "/"))
	if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" {
		t.Errorf("got %s to %q, want 503", res.Status, res.Header.Get("Location"))
	}
	if b.Session() != nil {
		t.Error("somebody is signed in")
	}
}
