package password_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/password"
)

// hangUpStore is a store whose caller hangs up at the moment in which a transaction has committed.
type hangUpStore struct {
	*memadapter.Adapter
	armed   atomic.Bool
	changed atomic.Bool // the transaction has changed what opens the user
	hangUp  func()
}

func (s *hangUpStore) SetPasswordHash(ctx context.Context, id, hash string, changed time.Time) error {
	s.changed.Store(true)
	return s.Adapter.SetPasswordHash(ctx, id, hash, changed)
}

func (s *hangUpStore) DeleteUser(ctx context.Context, id string) error {
	s.changed.Store(true)
	return s.Adapter.DeleteUser(ctx, id)
}

func (s *hangUpStore) Transact(ctx context.Context, fn func(ctx context.Context) error) error {
	outer := s.armed.Load() && ctx.Value(insideKey{}) == nil
	err := s.Adapter.Transact(context.WithValue(ctx, insideKey{}, true), fn)
	if outer && err == nil && s.changed.Load() && s.armed.CompareAndSwap(true, false) {
		s.hangUp()
		select {
		case <-ctx.Done():
		case <-time.After(time.Minute):
		}
	}
	return err
}

type insideKey struct{}

// What ends the sessions of a user ends them in every process, also if whoever has asked for it
// does not wait for the answer: sessions in cookies end after the transaction.
func TestSessionsInCookiesEndAlthoughSomebodyHangsUp(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(ctx context.Context, s *site, u *cardea.User) error{
		"Feature.Set": func(ctx context.Context, s *site, u *cardea.User) error {
			return s.passwords.Set(ctx, u.ID, second)
		},
		"DeleteUser": func(ctx context.Context, s *site, u *cardea.User) error { return s.DeleteUser(ctx, u.ID) },
		"the form of the link in a mail": func(ctx context.Context, s *site, _ *cardea.User) error {
			b := s.browser(t)
			post(t, b, "/password/forgot", url.Values{"email": {ann}})
			_, _, page := open(t, b, s.mail(t, ann, "A new password"))
			form := url.Values{"password": {second}, "link": {markIn(t, page)}, "csrfToken": {b.CSRFToken()}}
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+"/api/auth/password/choose",
				strings.NewReader(form.Encode()))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			res, err := b.Client.Do(r)
			if err == nil {
				res.Body.Close()
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := &hangUpStore{Adapter: memadapter.New()}
			start := func() *site {
				return newSite(t, func(c *cardea.Config, _ *password.Options) {
					c.Adapter = store
					c.Session = cardea.SessionConfig{Strategy: cardea.StrategyJWT, ShareSignOuts: true}
				})
			}
			s, other := start(), start()
			s.store, other.store = store.Adapter, store.Adapter
			u := s.user(t, ann, first)
			thief := other.browser(t)
			signIn(t, thief, ann, first)
			ctx, cancel := context.WithCancel(t.Context())
			store.hangUp = cancel
			store.changed.Store(false)
			store.armed.Store(true)
			if err := change(ctx, s, u); ctx.Err() == nil {
				t.Fatalf("nobody has hung up: %v", err)
			}
			for range 5000 { // the server goes on without the visitor
				if _, _, body := open(t, thief, other.URL+"/private"); body != "private" {
					return
				}
				time.Sleep(2 * time.Millisecond)
			}
			t.Error("a session goes on in another process")
		})
	}
}
