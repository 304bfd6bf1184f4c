package cardea_test

import (
	"net/url"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/memadapter"
)

// A request that waits for the lock of the user gets it when the transaction is stored that ends
// the sessions. It must not change anything with a session that has ended.
func TestNobodyComesBetweenACommitAndTheEndOfTheSessions(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		for name, end := range map[string]func(t *testing.T, s *outboxSite, owner string) error{
			"EndSessions": func(t *testing.T, s *outboxSite, owner string) error {
				return s.feature.host.EndSessions(t.Context(), owner, nil)
			},
			"EndSessions, again": func(t *testing.T, s *outboxSite, owner string) error {
				s.store.isAgain.Store(true)
				defer s.store.isAgain.Store(false)
				return s.feature.host.EndSessions(t.Context(), owner, nil)
			},
			"DeleteUser": func(t *testing.T, s *outboxSite, owner string) error {
				return s.auth.DeleteUser(t.Context(), owner)
			},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				for _, in := range []string{"Transact", "EndSessions"} {
					s := newOutboxSite(t, strategy)
					b := s.signedIn(t, "1001")
					owner, isAnswered := s.sessionOf(t, b).UserID, false
					waiting := func() {
						s.store.isAgain.Store(false)
						isAnswered = s.post(t, b, url.Values{"in": {in}}) != 0
					}
					s.store.afterCommit.Store(&waiting)
					must(t, end(t, s, owner))
					u, err := s.store.UserByID(t.Context(), owner)
					isChanged := err == nil && u.Name == "Changed"
					if mails := s.got(); !isAnswered || isChanged || len(mails) > 0 {
						t.Errorf("%s: answered: %v; changed: %v; mails %q", in, isAnswered, isChanged, mails)
					}
				}
			})
		}
	})
}

// The same of a sign-in that links an account to the visitor.
func TestNobodyLinksBetweenACommitAndTheEndOfTheSessions(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		store := &againStore{}
		var f *testFeature
		s := newSite(t, func(c *cardea.Config) {
			addSecondProvider(c)
			store.Adapter = c.Adapter.(*memadapter.Adapter)
			c.Adapter, c.Session.Strategy = store, strategy
			f = addFeature(c, "x", func(*cardea.Host) error { return nil })
		})
		s.issuer.Next(bob)
		b := s.signedIn(t, "1001")
		ann := s.accountOwner(t, "idp", "1001")
		var during func()
		callback := beginAs(t, b, "other", bob.Subject, "/")
		during = func() { openCallback(t, b, callback) }
		store.afterCommit.Store(&during)
		must(t, f.host.EndSessions(t.Context(), ann, nil))
		if got := s.accountOwner(t, "other", bob.Subject); got == ann {
			t.Error("the account is linked to the user whose sessions have ended")
		}
	})
}
