package cardea_test

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/memadapter"
)

// brokenTokens is a store that cannot add a token while it is broken.
type brokenTokens struct {
	*memadapter.Adapter
	isBroken atomic.Bool
}

func (s *brokenTokens) CreateVerificationToken(ctx context.Context, t *cardea.VerificationToken) error {
	if s.isBroken.Load() {
		return errStore
	}
	return s.Adapter.CreateVerificationToken(ctx, t)
}

// If a sign-out cannot be stored, the answer is 503. Whoever tries again, such as a program that
// has kept the cookie, must not be told that the session has ended while other processes accept it.
func TestSignOutThatWasNotStoredIsTriedAgain(t *testing.T) {
	t.Parallel()
	var store *brokenTokens
	s, second := secondProcess(t, func(c *cardea.Config) {
		shareSignOuts(c)
		store = &brokenTokens{Adapter: c.Adapter.(*memadapter.Adapter)}
		c.Adapter = store
	})
	b, _ := signedInJWT(t, s, "1001")
	form := map[string][]string{"csrfToken": {b.CSRFToken()}}
	copied := cookiesOf(b)
	store.isBroken.Store(true)
	if res := send(t, s.URL+"/api/auth/signout", copied, form); res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("while the store is away: %s", res.Status)
	}
	store.isBroken.Store(false)
	send(t, s.URL+"/api/auth/signout", copied, form)
	if got := bodyFrom(t, second, s.URL, copied); got != "null" {
		t.Errorf("after the second try, another process answers %s", got)
	}
}
