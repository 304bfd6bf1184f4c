package cardea_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/memadapter"
)

// cutStore keeps the ends of JWT sessions outside of its transactions, as Redis does.
type cutStore struct {
	*memadapter.Adapter
	mu           sync.Mutex
	cuts         map[string]cardea.VerificationToken
	beforeCommit atomic.Pointer[func()]
}

func (s *cutStore) Transact(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.Adapter.Transact(ctx, func(inner context.Context) error {
		err := fn(context.WithValue(inner, insideKey{}, true))
		if check := s.beforeCommit.Load(); err == nil && check != nil && ctx.Value(insideKey{}) == nil {
			(*check)()
		}
		return err
	})
}

func (s *cutStore) VerificationToken(_ context.Context, identifier, token string) (*cardea.VerificationToken, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if cut, ok := s.cuts[identifier+" "+token]; ok {
		return &cut, nil
	}
	return nil, cardea.ErrNotFound
}

func (s *cutStore) ExtendVerificationToken(_ context.Context, t *cardea.VerificationToken) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cuts[t.Identifier+" "+t.Token] = *t
	return nil
}

// Sessions that end in a transaction end if it is stored, before others can lock the user. If it is
// undone, nobody is signed out.
func TestSessionsEndWithTheTransaction(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]cardea.SessionConfig{
		"in rows":              {Strategy: cardea.StrategyDatabase},
		"in cookies":           {Strategy: cardea.StrategyJWT},
		"in cookies, and told": {Strategy: cardea.StrategyJWT, ShareSignOuts: true},
	} {
		for _, in := range []string{"Complete", "Transact"} {
			for _, by := range []string{"EndSessions", "DeleteUser"} {
				for _, fault := range []string{"none", "undone", "panic", "undone inside"} {
					t.Run(name+", "+in+", "+by+", "+fault, func(t *testing.T) {
						t.Parallel()
						testSessionsEndWithTheTransaction(t, config, in, by, fault)
					})
				}
			}
		}
	}
}

func testSessionsEndWithTheTransaction(t *testing.T, config cardea.SessionConfig, in, by, fault string) {
	t.Helper()
	store := &cutStore{cuts: map[string]cardea.VerificationToken{}}
	var f *testFeature
	var within func(ctx context.Context) error
	s := newSite(t, func(c *cardea.Config) {
		c.Session = config
		store.Adapter, c.Adapter = c.Adapter.(*memadapter.Adapter), store
		f = addFeature(c, "x", func(h *cardea.Host) error {
			h.Handle(rule("POST", "x/change", feature.SenderOwnPage, feature.VisitorSignedIn),
				func(_ http.ResponseWriter, r *http.Request) error {
					if in == "Complete" {
						return h.Complete(r.Context(), cardea.Proof{
							UserID: cardea.SessionFrom(r.Context()).UserID, Methods: []string{"otp"},
							Within: func(ctx context.Context, _ *cardea.User) error { return within(ctx) },
						})
					}
					if err := h.Transact(r.Context(), within); err != nil {
						return err
					}
					return h.JSON(r.Context(), http.StatusOK, "changed")
				})
			return nil
		})
	})
	admin := s.signedIn(t, "1001")
	ann, _ := signedInJWT(t, s, "1002")
	user := s.sessionOf(t, ann).UserID
	within = func(ctx context.Context) error {
		end := func(ctx context.Context) error { return f.host.EndSessions(ctx, user, nil) }
		if by == "DeleteUser" {
			end = func(ctx context.Context) error { return s.auth.DeleteUser(ctx, user) }
		}
		if fault == "undone inside" {
			_ = f.host.Transact(ctx, func(ctx context.Context) error { return errors.Join(end(ctx), errStore) })
			return nil
		}
		if err := end(ctx); err != nil || fault == "none" {
			return err
		}
		if fault == "panic" {
			panic(http.ErrAbortHandler)
		}
		return errStore
	}
	isDue := fault == "none"
	check := func() {
		if config.Strategy == cardea.StrategyJWT && (s.sessionOf(t, ann) == nil) != isDue {
			t.Errorf("before the transaction is stored, the session has ended: %v", !isDue)
		}
	}
	store.beforeCommit.Store(&check)
	res, err := admin.PostForm(s.URL+"/api/auth/x/change", url.Values{"csrfToken": {admin.CSRFToken()}})
	if err == nil {
		res.Body.Close()
	}
	if isEnded := s.sessionOf(t, ann) == nil; isEnded != isDue {
		t.Errorf("the session has ended: %v", isEnded)
	}
	if s.sessionOf(t, admin) == nil {
		t.Error("the session of the visitor has ended")
	}
}
