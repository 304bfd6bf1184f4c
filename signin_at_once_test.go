package cardea_test

import (
	"context"
	"slices"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/memadapter"
)

// A sign-in of somebody whom the store knows locks the user with the read. In a browser that is
// signed in it locks with LockUser: two users may be read there, and they must not be locked one
// after the other.
func TestSignInThatIsDecidedAtOnce(t *testing.T) {
	t.Parallel()
	for _, strategy := range strategies {
		t.Run(string(strategy), func(t *testing.T) {
			t.Parallel()
			var store *recordingStore
			s := newSite(t, func(c *cardea.Config) {
				c.Session.Strategy = strategy
				store = recordCalls(c)
			})
			first := newBrowser(t, s.URL)
			signInAt(t, first, "idp", "1001")
			for _, tc := range []struct {
				name    string
				browser *cardeatest.Browser
				locks   bool
			}{
				{"in a new browser", newBrowser(t, s.URL), false},
				{"in the browser that is signed in", first, true},
			} {
				store.failOnly()
				signInAt(t, tc.browser, "idp", "1001")
				if locks := slices.Contains(store.seen(), "LockUser"); locks != tc.locks {
					t.Errorf("%s: LockUser is called: %v, want %v: %q", tc.name, locks, tc.locks, store.seen())
				}
			}
		})
	}
}

// blindStore is a store whose reads with a lock find nobody, as rows that policies of a database
// let nobody change.
type blindStore struct{ *memadapter.Adapter }

type blindKey struct{}

func (blindStore) LockReads(ctx context.Context, _ cardea.Adapter) (context.Context, bool) {
	return context.WithValue(ctx, blindKey{}, true), true
}

func (s blindStore) UserByAccount(ctx context.Context, provider, id string) (*cardea.User, error) {
	if ctx.Value(blindKey{}) != nil {
		return nil, cardea.ErrNotFound
	}
	return s.Adapter.UserByAccount(ctx, provider, id)
}

func (s blindStore) UserByEmail(ctx context.Context, email string) (*cardea.User, error) {
	if ctx.Value(blindKey{}) != nil {
		return nil, cardea.ErrNotFound
	}
	return s.Adapter.UserByEmail(ctx, email)
}

// cachingStore is a store in front of another one, whose reads need not reach that one.
type cachingStore struct {
	*recordingStore
	cached map[string]*cardea.User
}

// LockReads is the one that the store would have without recordingStore, by embedding.
func (s cachingStore) LockReads(ctx context.Context, of cardea.Adapter) (context.Context, bool) {
	return s.recordingStore.Adapter.LockReads(ctx, of)
}

func (s cachingStore) UserByAccount(ctx context.Context, provider, id string) (*cardea.User, error) {
	if u := s.cached[id]; u != nil {
		clone := *u
		return &clone, nil
	}
	u, err := s.recordingStore.UserByAccount(ctx, provider, id)
	if err == nil {
		s.cached[id] = u
	}
	return u, err
}

// A store that embeds another one has its LockReads, and may answer without it. Then the user is
// locked with LockUser.
func TestSignInWithAStoreInFrontOfAnother(t *testing.T) {
	t.Parallel()
	for _, strategy := range strategies {
		t.Run(string(strategy), func(t *testing.T) {
			t.Parallel()
			var store cachingStore
			s := newSite(t, func(c *cardea.Config) {
				c.Session.Strategy = strategy
				store = cachingStore{recordCalls(c), map[string]*cardea.User{}}
				c.Adapter = store
			})
			for range 3 { // a new user, one who is not in the cache, and one who is
				store.failOnly()
				signInAt(t, newBrowser(t, s.URL), "idp", "1001")
			}
			if !slices.Contains(store.seen(), "LockUser") {
				t.Errorf("nobody has locked the user: %q", store.seen())
			}
		})
	}
}

// A decision that the store contradicts is made again without the lock of a read.
func TestSignInWhoseReadWithALockFindsNobody(t *testing.T) {
	t.Parallel()
	for _, strategy := range strategies {
		t.Run(string(strategy), func(t *testing.T) {
			t.Parallel()
			s := newSite(t, func(c *cardea.Config) {
				c.Session.Strategy = strategy
				c.Adapter = blindStore{c.Adapter.(*memadapter.Adapter)}
			})
			for range 2 {
				b := newBrowser(t, s.URL)
				signInAt(t, b, "idp", "1001")
				if b.Session() == nil {
					t.Error("nobody is signed in")
				}
			}
		})
	}
}
