package gormadapter_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/cardeatest"
)

// On every database: a sign-in that runs beside the set-up of the user's first app leaves no
// session without the app.
func TestSignInBesideTheFirstApp(t *testing.T) {
	t.Parallel()
	for _, e := range engines() {
		for _, strategy := range []cardea.Strategy{cardea.StrategyDatabase, cardea.StrategyJWT} {
			t.Run(e.name+", "+string(strategy), func(t *testing.T) {
				t.Parallel()
				o := e.empty(t)
				s := &factorSite{
					user: &cardea.User{Email: "ann@example.com", EmailVerified: time.Now()}, strategy: strategy,
				}
				var before *beforeTransaction
				s.wrap = func(a *gormadapter.Adapter) cardea.Adapter {
					before = &beforeTransaction{Adapter: a}
					return before
				}
				s.start(t, o)
				s.wrap = nil
				s.start(t, o)
				for n := int64(1); s.enrolBefore(t, before, n); n++ {
				}
				for range raceRounds() / 5 {
					s.enrolBeside(t)
				}
			})
		}
	}
}

// beforeTransaction lets something happen once, before one of the transactions of a sign-in.
type beforeTransaction struct {
	*gormadapter.Adapter
	countdown atomic.Int64
	act       func()
}

func (b *beforeTransaction) Transact(ctx context.Context, fn func(ctx context.Context) error) error {
	if b.countdown.Add(-1) == 0 {
		b.act()
	}
	return b.Adapter.Transact(ctx, fn)
}

// enrolBefore sets up an app at the second process before transaction n of a sign-in at the first.
// It reports whether there is one.
func (s *factorSite) enrolBefore(t *testing.T, before *beforeTransaction, n int64) (happened bool) {
	t.Helper()
	own := s.enter(t, 1)
	secret := startApp(t, own)
	before.act = func() {
		happened = true
		confirmApp(own, secret)
	}
	before.countdown.Store(n)
	b := s.enter(t, 0)
	before.countdown.Store(0)
	if happened {
		if b.Session() != nil {
			t.Errorf("before transaction %d: signed in without the app", n)
		}
		s.removeApps(t)
	}
	return happened
}

// enrolBeside sets up an app at one process, while somebody signs in at the other.
func (s *factorSite) enrolBeside(t *testing.T) {
	t.Helper()
	own := s.enter(t, 1)
	secret := startApp(t, own)
	own.CSRFToken()
	b := cardeatest.NewBrowser(t, s.processes[0])
	var wg sync.WaitGroup
	wg.Go(func() { confirmApp(own, secret) })
	wg.Go(func() {
		res, err := b.Get(b.Site + "/enter")
		if err != nil {
			t.Error(err)
			return
		}
		res.Body.Close()
	})
	wg.Wait()
	if b.Session() != nil {
		t.Error("signed in without the app")
	}
	s.removeApps(t)
}

// removeApps removes the app that was set up.
func (s *factorSite) removeApps(t *testing.T) {
	t.Helper()
	has, err := s.stores[0].Factors(t.Context(), s.user.ID)
	must(t, err)
	if len(has) != 1 {
		t.Fatalf("%d apps, want 1", len(has))
	}
	must(t, s.stores[0].DeleteFactors(t.Context(), s.user.ID))
}
