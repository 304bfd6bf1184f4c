package factor_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/factor"
	"github.com/cardea-auth/cardea/memadapter"
)

// meddlingStore lets something happen just before one of the transactions of a sign-in: the last
// moment before the sign-in has the lock of the user. A token that is stored outside of one counts
// as one.
type meddlingStore struct {
	*memadapter.Adapter
	countdown atomic.Int64 // the transaction before which act runs; 0 or less for none
	act       func()
	locked    atomic.Bool // a user was locked since
}

type nested struct{}

func (s *meddlingStore) meddle(ctx context.Context) {
	if ctx.Value(nested{}) == nil && s.countdown.Add(-1) == 0 {
		s.act()
		s.locked.Store(false)
	}
}

func (s *meddlingStore) Transact(ctx context.Context, fn func(ctx context.Context) error) error {
	s.meddle(ctx)
	return s.Adapter.Transact(context.WithValue(ctx, nested{}, true), fn)
}

func (s *meddlingStore) CreateVerificationToken(ctx context.Context, t *cardea.VerificationToken) error {
	s.meddle(ctx)
	return s.Adapter.CreateVerificationToken(ctx, t)
}

func (s *meddlingStore) LockUser(ctx context.Context, id string) error {
	s.locked.Store(true)
	return s.Adapter.LockUser(ctx, id)
}

// beside is something that happens beside a sign-in.
type beside struct {
	hasApp     bool
	remembered bool // the browser of the sign-in is

	// happens returns what happens, after what has to be prepared.
	happens func(t *testing.T, s *waysSite, u *cardea.User, required *atomic.Bool) func()

	check func(t *testing.T, end ending)
}

// ending is where a sign-in has ended beside which something has happened.
type ending struct {
	*waysSite
	way    way
	v      *visitor
	user   *cardea.User
	page   page
	locked bool // the user was locked after what has happened
	ends   bool // a sign-in that is held may have ended with the sessions of the user
}

func (e ending) isDone(t *testing.T) bool { return e.waysSite.isDone(t, e.way, e.v, e.user) }

// wantGate checks that the visitor has not got past the second factor, and does with a code.
func wantGate(t *testing.T, e ending) {
	t.Helper()
	if e.isDone(t) {
		t.Fatalf("past the second factor: ended at %s", e.page.at)
	}
	if e.page.at == "/api/auth/factor/challenge" {
		if e.v.post("/factor/challenge", "code", e.phone.next()); !e.isDone(t) && !e.ends {
			t.Error("held, and not signed in after a code")
		}
	}
}

var besides = map[string]beside{
	"the first app is set up": {
		happens: func(t *testing.T, s *waysSite, u *cardea.User, _ *atomic.Bool) func() {
			own := s.enter(t, u, "pwd")
			s.phone = s.appOf(t, own.start())
			return func() { own.post("/factor/enrol", "code", s.phone.code(0)) }
		},
		check: wantGate,
	},
	"the devices are forgotten": {
		hasApp: true, remembered: true,
		happens: func(t *testing.T, s *waysSite, u *cardea.User, _ *atomic.Bool) func() {
			own := s.waits(t, u)
			own.post("/factor/challenge", "code", s.phone.next())
			tablet := s.appOf(t, own.start())
			return func() { own.post("/factor/enrol", "code", tablet.code(0)) }
		},
		check: wantGate,
	},
	"the site begins to demand a factor": {
		happens: func(_ *testing.T, _ *waysSite, _ *cardea.User, required *atomic.Bool) func() {
			return func() { required.Store(true) }
		},
		check: func(t *testing.T, e ending) {
			if e.locked && e.isDone(t) {
				t.Errorf("signed in without a factor: ended at %s", e.page.at)
			}
		},
	},
	"the app is removed": {
		hasApp: true,
		happens: func(t *testing.T, s *waysSite, u *cardea.User, _ *atomic.Bool) func() {
			own := s.waits(t, u)
			own.post("/factor/challenge", "code", s.phone.next())
			id := s.factors(t, u)[0].ID
			return func() { own.post("/factor/remove", "id", id) }
		},
		check: func(t *testing.T, e ending) {
			if e.page.heading() == "One more step" {
				t.Errorf("asked for a code of an app that is gone, at %s", e.page.at)
			}
		},
	},
}

// isDone reports whether a sign-in is finished, and for a link, whether the account is linked.
func (s *waysSite) isDone(t *testing.T, w way, v *visitor, u *cardea.User) bool {
	t.Helper()
	if w.isDone != nil {
		return w.isDone(t, s, v, u)
	}
	return v.isSignedIn()
}

// What a sign-in depends on may change while it runs. Whichever of its transactions that comes
// before, the sign-in is as after the change, or has ended with it.
func TestChangesBesideASignIn(t *testing.T) {
	t.Parallel()
	for what, b := range besides {
		for name, w := range ways {
			if slices.Contains([]string{"`otp`", "`recovery`", "`mfa`"}, name) {
				continue // not asked
			}
			for _, strategy := range bothStrategies {
				t.Run(fmt.Sprintf("%s, %s, %s", what, name, strategy), func(t *testing.T) {
					t.Parallel()
					for n := int64(1); b.run(t, w, strategy, n); n++ {
						if n > 20 {
							t.Fatal("a sign-in has more than 20 transactions")
						}
					}
				})
			}
		}
	}
}

// run lets the change happen before transaction n of a sign-in. It reports whether there is one.
func (b beside) run(t *testing.T, w way, strategy cardea.Strategy, n int64) bool {
	t.Helper()
	store, required := &meddlingStore{Adapter: memadapter.New()}, &atomic.Bool{}
	s := newWaysSite(t, strategy, func(c *cardea.Config, o *factor.Options) {
		c.Adapter = store
		o.RequiredFor = func(context.Context, *cardea.User) bool { return required.Load() }
	})
	s.store = store.Adapter
	u := s.user(t, annAddress)
	s.setUp(t, u, b.hasApp)
	happened := false
	change := b.happens(t, s, u, required)
	store.act = func() {
		happened = true
		change()
	}
	v := s.visitor(t)
	if b.remembered {
		v.addCookies(s.remembered, "device")
	}
	if w.begin != nil {
		w.begin(t, s, v, u)
	}
	store.countdown.Store(n)
	p := w.prove(t, s, v, u)
	if happened {
		b.check(t, ending{s, w, v, u, p, store.locked.Load(), slices.Contains(w.ends, strategy)})
	}
	return happened && !t.Failed()
}

// What ends the devices of a user, at any moment of a sign-in that is to be remembered, leaves
// neither a session nor a device.
func TestDevicesEndBesideAChallenge(t *testing.T) {
	t.Parallel()
	for _, strategy := range bothStrategies {
		t.Run(string(strategy), func(t *testing.T) {
			t.Parallel()
			for n := int64(1); endDevicesBeforeTransaction(t, strategy, n); n++ {
				if n > 20 {
					t.Fatal("a challenge has more than 20 transactions")
				}
			}
		})
	}
}

func endDevicesBeforeTransaction(t *testing.T, strategy cardea.Strategy, n int64) (happened bool) {
	t.Helper()
	store := &meddlingStore{Adapter: memadapter.New()}
	s := newSite(t, func(c *cardea.Config, o *factor.Options) {
		c.Adapter, c.Session.Strategy, o.Remember = store, strategy, time.Hour
	})
	s.store = store.Adapter
	ann := s.user(t, annAddress)
	own := s.enter(t, ann, "pwd")
	phone, _ := own.enrol()
	tablet, v := s.appOf(t, own.start()), s.waits(t, ann)
	store.act = func() {
		happened = true
		own.post("/factor/enrol", "code", tablet.code(0))
	}
	code := phone.next()
	store.countdown.Store(n)
	p := v.post("/factor/challenge", "code", code, "remember", "on")
	if store.countdown.Store(0); !happened {
		return false
	}
	if len(s.factors(t, ann)) != 2 {
		t.Fatal("the second app is not set up")
	}
	if v.isSignedIn() {
		t.Errorf("before transaction %d: signed in, at %s", n, p.at)
	}
	device := s.visitor(t).addCookies(v.cookies(), "device")
	if p := device.enter(ann, "pwd"); device.isSignedIn() {
		t.Errorf("before transaction %d: the device is remembered, at %s", n, p.at)
	}
	return !t.Failed()
}
