package password_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/password"
)

var errBroken = errors.New("broken by the test")

// brokenStore fails if the test asks for that: in the transaction of a change with sessions in the
// database, and after it with sessions in cookies.
type brokenStore struct {
	*memadapter.Adapter
	isBroken atomic.Bool
}

func (s *brokenStore) DeleteSessions(ctx context.Context, userID, except string) (int, error) {
	if s.isBroken.Load() {
		return 0, errBroken
	}
	return s.Adapter.DeleteSessions(ctx, userID, except)
}

func (s *brokenStore) CreateVerificationToken(ctx context.Context, t *cardea.VerificationToken) error {
	if s.isBroken.Load() && t.Identifier == "cut:" { // the end of the sessions in cookies
		return errBroken
	}
	return s.Adapter.CreateVerificationToken(ctx, t)
}

// lossyChange changes the password of somebody who is signed in.
type lossyChange struct {
	subject string // of the notice
	do      func(t *testing.T, s *site, b *cardeatest.Browser)
}

var lossyChanges = map[string]lossyChange{
	"change": {"was changed", func(t *testing.T, _ *site, b *cardeatest.Browser) {
		post(t, b, "/password/change", url.Values{"current": {first}, "password": {second}})
	}},
	"remove": {"was removed", func(t *testing.T, _ *site, b *cardeatest.Browser) {
		post(t, b, "/password/remove", nil)
	}},
	"set": {"was set", func(t *testing.T, _ *site, b *cardeatest.Browser) {
		post(t, b, "/password/set", url.Values{"password": {second}})
	}},
	"reset": {"was changed", func(t *testing.T, s *site, b *cardeatest.Browser) {
		open(t, b, s.mail(t, ann, "A new password"))
		post(t, b, "/password/choose", url.Values{"password": {second}})
	}},
}

// hashOf returns the stored hash of Ann, "" if there is none.
func hashOf(t *testing.T, s *site) string {
	t.Helper()
	u, err := s.store.UserByEmail(t.Context(), ann)
	if err != nil {
		t.Fatal(err)
	}
	hash, _, err := s.store.PasswordHash(t.Context(), u.ID)
	if err != nil && !errors.Is(err, cardea.ErrNotFound) {
		t.Fatal(err)
	}
	return hash
}

// Whoever gets another password hears of it, although something fails after it is stored: the
// callback of the application, or the store. Of one that is not stored, nobody hears.
func TestNoticesAreNotLost(t *testing.T) {
	t.Parallel()
	for name, c := range lossyChanges {
		for _, broken := range []string{"Callbacks.JWT", "the sign-outs", "the sessions"} {
			t.Run(name+", "+broken, func(t *testing.T) {
				t.Parallel()
				testNoticeIsNotLost(t, name, c, broken)
			})
		}
	}
}

func testNoticeIsNotLost(t *testing.T, name string, c lossyChange, broken string) {
	t.Helper()
	store, isCut := &brokenStore{Adapter: memadapter.New()}, &atomic.Bool{}
	s := newSite(t, func(config *cardea.Config, _ *password.Options) {
		config.Adapter = store
		if broken != "the sessions" {
			config.Session = cardea.SessionConfig{Strategy: cardea.StrategyJWT, ShareSignOuts: true}
		}
		config.Callbacks.JWT = func(_ context.Context, t *cardea.TokenChange) (oauth.Claims, error) {
			if isCut.Load() {
				return nil, errBroken
			}
			return t.Claims, nil
		}
		config.Callbacks.HasOtherCredential = func(context.Context, *cardea.User) (bool, error) { return true, nil }
	})
	s.store = store.Adapter
	u, b := s.user(t, ann, first), s.browser(t)
	signIn(t, b, ann, first)
	switch name {
	case "set":
		if err := s.store.DeletePassword(t.Context(), u.ID); err != nil {
			t.Fatal(err)
		}
	case "reset":
		post(t, b, "/password/forgot", url.Values{"email": {ann}})
	}
	before := hashOf(t, s)
	isCut.Store(broken == "Callbacks.JWT")
	store.isBroken.Store(broken != "Callbacks.JWT")
	c.do(t, s, b)
	isCut.Store(false)
	store.isBroken.Store(false)
	if isStored := hashOf(t, s) != before; isStored != (broken != "the sessions") {
		t.Fatalf("the change is stored: %v", isStored)
	} else if !isStored {
		c.do(t, s, b)
	}
	s.mail(t, ann, c.subject)
	post(t, s.browser(t), "/password/signup", url.Values{"email": {"last@example.com"}})
	s.mail(t, "last@example.com", "Sign up") // all earlier ones have left
	n := 0
	for _, m := range s.mails.All() {
		if strings.Contains(m.Subject, c.subject) {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d mails, want one for the change that is stored", n)
	}
}
