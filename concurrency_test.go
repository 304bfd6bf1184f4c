package cardea_test

import (
	"context"
	"crypto/rand"
	"maps"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/oauth"
)

// racingStore is a store with concurrent transactions that see what others have committed:
// isolation level "read committed". A conflict shows at the commit. The first transactions wait for
// each other at a barrier.
type racingStore struct {
	*memadapter.Adapter
	barrier barrier
	racers  int64
	arrived atomic.Int64
	start   sync.WaitGroup

	mu        sync.Mutex
	written   map[string]int // how many rows of each kind were committed
	conflicts int
}

// barrier is the point in a transaction at which the racers wait for each other.
type barrier int

const (
	afterLookup  barrier = iota // the others see what the fastest has committed
	beforeCommit                // all have decided before anything was committed
)

func newRacingStore(racers int, at barrier) *racingStore {
	s := &racingStore{Adapter: memadapter.New(), barrier: at, racers: int64(racers), written: map[string]int{}}
	s.start.Add(racers)
	return s
}

// waitAt makes the racers wait for each other, once each, if point is the barrier.
func (s *racingStore) waitAt(point barrier) {
	if s.barrier == point && s.arrived.Add(1) <= s.racers {
		s.start.Done()
		s.start.Wait()
	}
}

// pendingWrites are the writes of a transaction that has not been committed.
type pendingWrites struct {
	names  []string
	writes []func(ctx context.Context) error
}

type pendingKey struct{}

func (s *racingStore) Transact(ctx context.Context, fn func(context.Context) error) error {
	p := &pendingWrites{}
	if err := fn(context.WithValue(ctx, pendingKey{}, p)); err != nil {
		return err
	}
	s.waitAt(beforeCommit)
	err := s.Adapter.Transact(ctx, func(ctx context.Context) error {
		for _, write := range p.writes {
			if err := write(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.conflicts++
		return err
	}
	for _, name := range p.names {
		s.written[name]++
	}
	return nil
}

// queueWrite delays a write until the commit.
func queueWrite(ctx context.Context, name string, write func(context.Context) error) error {
	p := ctx.Value(pendingKey{}).(*pendingWrites)
	p.names, p.writes = append(p.names, name), append(p.writes, write)
	return nil
}

// UserByAccount is the first read of each transaction.
func (s *racingStore) UserByAccount(ctx context.Context, provider, id string) (*cardea.User, error) {
	u, err := s.Adapter.UserByAccount(ctx, provider, id)
	s.waitAt(afterLookup)
	return u, err
}

func (s *racingStore) CreateUser(ctx context.Context, u *cardea.User) error {
	u.ID = rand.Text()
	row := *u
	return queueWrite(ctx, "user", func(ctx context.Context) error { return s.Adapter.CreateUser(ctx, &row) })
}

func (s *racingStore) LinkAccount(ctx context.Context, a *cardea.Account) error {
	row := *a
	return queueWrite(ctx, "account", func(ctx context.Context) error { return s.Adapter.LinkAccount(ctx, &row) })
}

func (s *racingStore) UpdateAccount(ctx context.Context, a *cardea.Account) error {
	row := *a
	return queueWrite(ctx, "tokens", func(ctx context.Context) error { return s.Adapter.UpdateAccount(ctx, &row) })
}

func (s *racingStore) CreateSession(ctx context.Context, session *cardea.Session) error {
	row := *session
	return queueWrite(ctx, "session", func(ctx context.Context) error { return s.Adapter.CreateSession(ctx, &row) })
}

// signInConcurrently signs in n new visitors at the same moment, and returns their browsers.
func (s *site) signInConcurrently(t *testing.T, n int, hint string) []*cardeatest.Browser {
	t.Helper()
	browsers, callbacks := make([]*cardeatest.Browser, n), make([]string, n)
	for i := range browsers {
		browsers[i] = newBrowser(t, s.URL)
		callbacks[i] = beginAs(t, browsers[i], "idp", hint, "/next")
	}
	var wg sync.WaitGroup
	for i, b := range browsers {
		wg.Go(func() {
			res, err := b.Get(callbacks[i])
			if err != nil {
				t.Error(err)
				return
			}
			res.Body.Close()
			if got := res.Header.Get("Location"); got != s.URL+"/next" {
				t.Errorf("visitor %d: %s to %s", i, res.Status, got)
			}
		})
	}
	wg.Wait()
	return browsers
}

func TestConcurrentFirstSignInsCreateOneUser(t *testing.T) {
	t.Parallel()
	const racers = 50
	zoe := cardeatest.Person{Subject: "9", Name: "Zoe", Email: "zoe@example.com", EmailVerified: true}
	nameless := cardeatest.Person{Subject: "9"}
	for _, tc := range []struct {
		name   string
		person cardeatest.Person
		at     barrier
	}{
		{"with an e-mail address, all commit at once", zoe, beforeCommit},
		{"with an e-mail address, one is faster", zoe, afterLookup},
		{"without an e-mail address, all commit at once", nameless, beforeCommit},
		{"without an e-mail address, one is faster", nameless, afterLookup},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			store := newRacingStore(racers, tc.at)
			var created, linked, signedIn atomic.Int64
			s := newSite(t, func(c *cardea.Config) {
				c.Adapter = store
				c.Events.CreateUser = func(context.Context, *cardea.User) { created.Add(1) }
				c.Events.LinkAccount = func(context.Context, *cardea.User, *cardea.Account, *oauth.Profile) {
					linked.Add(1)
				}
				c.Events.SignIn = func(context.Context, *cardea.SignIn) { signedIn.Add(1) }
			})
			s.issuer.Next(tc.person)
			browsers := s.signInConcurrently(t, racers, "9")

			want := map[string]int{"user": 1, "account": 1, "tokens": racers - 1, "session": racers}
			if !maps.Equal(store.written, want) {
				t.Errorf("written: %v, want %v", store.written, want)
			}
			if tc.at == beforeCommit && store.conflicts != racers-1 {
				t.Errorf("%d conflicts, want %d, otherwise nothing raced", store.conflicts, racers-1)
			}
			if created.Load() != 1 || linked.Load() != 1 || signedIn.Load() != racers {
				t.Errorf("events: %d createUser, %d linkAccount, %d signIn; want 1, 1, %d",
					created.Load(), linked.Load(), signedIn.Load(), racers)
			}
			owners, tokens := map[string]bool{}, map[string]bool{}
			for _, b := range browsers {
				row, err := store.Session(t.Context(), hashOf(sessionToken(b)))
				if err != nil {
					t.Fatal(err)
				}
				owners[row.UserID], tokens[row.Token] = true, true
				if b.Session() == nil {
					t.Error("a visitor has no session")
				}
			}
			if len(owners) != 1 || len(tokens) != racers {
				t.Errorf("%d sessions of %d users, want %d of one", len(tokens), len(owners), racers)
			}
		})
	}
}

// The same with a store that runs one transaction at a time, and with JWT sessions.
func TestConcurrentFirstSignInsInTurnCreateOneUser(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		var created atomic.Int64
		s := newSite(t, func(c *cardea.Config) {
			c.Session.Strategy = strategy
			c.Events.CreateUser = func(context.Context, *cardea.User) { created.Add(1) }
		})
		for _, b := range s.signInConcurrently(t, 20, "") {
			if signedInEmail(b) != "ann@example.com" {
				t.Error("a visitor is not signed in")
			}
		}
		if n := created.Load(); n != 1 {
			t.Errorf("%d users were created, want 1", n)
		}
	})
}

// If two people with the same address sign in at the same moment, one gets the address, the other
// is refused, and they do not share a user.
func TestConcurrentSignInsWithOneAddressShareNoUser(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]barrier{"both commit at once": beforeCommit, "one is faster": afterLookup} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := newRacingStore(2, at)
			s := newSite(t, func(c *cardea.Config) { c.Adapter = store })
			var locations [2]string
			var wg sync.WaitGroup
			for i, subject := range []string{"a", "b"} {
				s.issuer.Next(cardeatest.Person{Subject: subject, Email: "same@example.com", EmailVerified: true})
				b := newBrowser(t, s.URL)
				callback := beginAs(t, b, "idp", subject, "/next")
				wg.Go(func() {
					if res, err := b.Get(callback); err != nil {
						t.Error(err)
					} else {
						locations[i] = res.Header.Get("Location")
						res.Body.Close()
					}
				})
			}
			wg.Wait()
			in, refused := s.URL+"/next", s.URL+"/api/auth/signin?error=OAuthAccountNotLinked"
			if locations != [2]string{in, refused} && locations != [2]string{refused, in} {
				t.Errorf("redirected to %q, want one signed in and one refused", locations)
			}
			if want := map[string]int{"user": 1, "account": 1, "session": 1}; !maps.Equal(store.written, want) {
				t.Errorf("written: %v, want %v", store.written, want)
			}
		})
	}
}
