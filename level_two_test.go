package cardea_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/feature"
)

// On a site where nothing proves a second factor, a page that demands one leads to a page that says
// so, each time, and the log says what is missing. A program gets its challenge.
func TestLevelTwoOnASiteWithoutASecondFactor(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		for _, own := range []string{"", "/own/signin"} {
			log := &logRecorder{}
			s := newSite(t, func(c *cardea.Config) {
				c.Session.Strategy, c.Pages.SignIn, c.Logger = strategy, own, log.logger()
			})
			s.handle("/strong", s.auth.RequireLevel(2, greeting).ServeHTTP)
			b := s.signedIn(t, "1001")
			for range 3 {
				to := openPage(t, b, s.URL+"/strong").Header.Get("Location")
				res := openPage(t, b, to)
				body := text(t, res)
				if res.StatusCode != http.StatusOK || !strings.Contains(body, "Sign in again") ||
					!strings.Contains(body, "This page asks for two proofs that it is you") {
					t.Fatalf("%s leads to %s: %s", to, res.Status, body)
				}
				signIn := "/api/auth/signin"
				if own != "" {
					signIn = own
				}
				if !strings.Contains(body, signIn+"?callbackUrl=") || strings.Contains(body, "SessionRequired") {
					t.Errorf("the link is another one: %s", body)
				}
				signInAt(t, b, "idp", "1001") // again with one factor
			}
			const message = "cardea: a page demands two factors, and the visitor cannot prove the second"
			if n := len(log.records(t, message)); n != 3 {
				t.Errorf("the log says it %d times", n)
			}
			res := send(t, s.URL+"/strong", cookiesOf(b), nil)
			got := res.Header.Get("WWW-Authenticate")
			if res.StatusCode != http.StatusUnauthorized || !strings.Contains(got, `acr_values="2"`) {
				t.Errorf("a program: %s, %s", res.Status, got)
			}
		}
	})
}

// openPage opens a page as a browser does.
func openPage(t *testing.T, b *cardeatest.Browser, to string) *http.Response {
	t.Helper()
	return send(t, to, cookiesOf(b), nil, func(r *http.Request) { r.Header.Set("Sec-Fetch-Mode", "navigate") })
}

// Somebody who cannot confirm with anything of a feature is led to where they set it up, if level 2
// is demanded, and not for a new proof.
func TestLevelTwoLeadsToTheSetUp(t *testing.T) {
	t.Parallel()
	var isFor []string
	s := newSite(t, func(c *cardea.Config) {
		addFeature(c, "cards", func(h *cardea.Host) error {
			r := rule(http.MethodGet, "cards/order", feature.SenderAnybody, feature.VisitorSignedIn)
			r.Enrols = func(_ context.Context, userID string) (bool, error) {
				isFor = append(isFor, userID)
				return true, nil
			}
			h.Handle(r, ok(h))
			return nil
		})
	})
	b := s.signedIn(t, "1001")
	to := openPage(t, b, s.URL+"/api/auth/confirm?level=2&callbackUrl=/strong").Header.Get("Location")
	if want := s.URL + "/api/auth/cards/order?callbackUrl="; !strings.HasPrefix(to, want) || len(isFor) != 1 ||
		isFor[0] == "" {
		t.Errorf("level 2 leads to %s, for %v", to, isFor)
	}
	res := openPage(t, b, s.URL+"/api/auth/confirm?callbackUrl=/strong")
	if res.StatusCode != http.StatusOK || len(isFor) != 1 {
		t.Errorf("a new proof leads to %s", res.Header.Get("Location"))
	}
}
