package password_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/password"
	"github.com/cardea-auth/cardea/passwordhash"
	"github.com/cardea-auth/cardea/ratelimit"
)

// slowHash is a hash of another system that takes until open is closed.
type slowHash struct {
	open         chan struct{}
	inside, most atomic.Int32
}

const slowText = "$slow$"

func (h *slowHash) Parse(hash string) (*passwordhash.Check, error) {
	if hash != slowText {
		return nil, nil
	}
	return &passwordhash.Check{Matches: func(string) bool {
		h.most.Store(max(h.most.Load(), h.inside.Add(1)))
		<-h.open
		h.inside.Add(-1)
		return false
	}}, nil
}

// Class 7: GO-2026-4584, keycloak#28477: of 100 sign-ins at once, two are hashed, 32 wait, and
// the others get 503 with Retry-After, at once. Then the site goes on as before.
func TestFloodOfSignIns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const all, parallel, served = 100, 2, 34
		slow := &slowHash{open: make(chan struct{})}
		s, handler := newHandler(t, func(c *cardea.Config, o *password.Options) {
			c.BaseURL = "http://localhost"
			none := ratelimit.InsecureUnlimited()
			c.Limits.Client, c.Limits.Account, c.Limits.AccountClient = none, none, none
			o.Hashing.Parallel, o.Hashing.Import = parallel, []passwordhash.Verifier{slow}
		})
		u := s.user(t, ann, first)
		if err := s.passwords.SetHash(t.Context(), u.ID, slowText); err != nil {
			t.Fatal(err)
		}
		answers := make(chan *http.Response, all)
		for range all {
			go func() {
				b := cardeatest.NewBrowser(t, "http://localhost")
				b.Transport = handlerTransport{handler}
				b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
				answers <- b.Post("/callback/password", url.Values{"email": {ann}, "password": {first}})
			}()
		}
		synctest.Wait()
		if n := len(answers); n != all-served || slow.inside.Load() != parallel {
			t.Errorf("%d are answered, and %d are hashed", n, slow.inside.Load())
		}
		for range len(answers) {
			res := <-answers
			if retry := res.Header.Get("Retry-After"); res.StatusCode != http.StatusServiceUnavailable || retry == "" {
				t.Errorf("answer %s, Retry-After %q", res.Status, retry)
			}
		}
		close(slow.open)
		for range served {
			if res := <-answers; !strings.Contains(res.Header.Get("Location"), "error=CredentialsSignin") {
				t.Errorf("one that waited: %s to %q", res.Status, res.Header.Get("Location"))
			}
		}
		if n := slow.most.Load(); n != parallel {
			t.Errorf("%d were hashed at once", n)
		}
		if err := s.passwords.Set(t.Context(), u.ID, second); err != nil {
			t.Fatal(err)
		}
		b := cardeatest.NewBrowser(t, "http://localhost")
		b.Transport = handlerTransport{handler}
		if at := signIn(t, b, ann, second); at != "/" || !isSignedIn(b) {
			t.Errorf("afterwards, ended at %s", at)
		}
	})
}
