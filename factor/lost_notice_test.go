package factor_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/factor"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/oauth"
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

func (s *brokenStore) CountRecoveryCodes(ctx context.Context, userID string) (int, error) {
	if s.isBroken.Load() {
		return 0, errBroken
	}
	return s.Adapter.CountRecoveryCodes(ctx, userID)
}

func (s *brokenStore) CreateVerificationToken(ctx context.Context, t *cardea.VerificationToken) error {
	if s.isBroken.Load() && t.Identifier == "cut:" { // the end of the sessions in cookies
		return errBroken
	}
	return s.Adapter.CreateVerificationToken(ctx, t)
}

// lossySite is a site at which Ann changes her second factor.
type lossySite struct {
	*site
	ann   *cardea.User
	v     *visitor
	app   *app
	codes []string
}

// lossyChange is a change of a second factor.
type lossyChange struct {
	subject string                // of the notice
	start   func(s *lossySite)    // what comes before; may be nil
	do      func(s *lossySite)    // it can be done again if it has failed
	failsIn []string              // what breaks the transaction of the change
	isFor   func(*factor.Options) // may be nil
}

var lossyChanges = map[string]lossyChange{
	"enrol": {
		subject: "New second factor", failsIn: []string{"the sessions", "the sign-outs"},
		do: func(s *lossySite) { s.v.post("/factor/enrol", "code", s.appOf(s.v.t, s.v.start()).code(0)) },
	},
	"required": {
		subject: "New second factor", failsIn: []string{"the sessions"},
		isFor: func(o *factor.Options) {
			o.RequiredFor = func(_ context.Context, u *cardea.User) bool { return u.Email == annAddress }
		},
		start: func(s *lossySite) {
			s.v = s.visitor(s.v.t)
			s.app = s.appOf(s.v.t, s.v.enter(s.ann, "pwd"))
		},
		do: func(s *lossySite) { s.v.post("/factor/required", "code", s.app.next()) },
	},
	"remove": {
		subject: "Second factor removed", failsIn: []string{"the sessions"},
		start: func(s *lossySite) { s.v.enrol() },
		do: func(s *lossySite) {
			for _, row := range s.factors(s.v.t, s.ann) {
				s.v.post("/factor/remove", "id", row.ID)
			}
		},
	},
	"new codes": {
		subject: "New recovery codes",
		start:   func(s *lossySite) { s.v.enrol() },
		do:      func(s *lossySite) { s.v.post("/factor/recovery-codes") },
	},
	"recovery code": {
		subject: "Recovery code used", failsIn: []string{"the sessions", "the sign-outs"},
		start: func(s *lossySite) {
			_, s.codes = s.v.enrol()
			s.v = s.waits(s.v.t, s.ann)
		},
		do: func(s *lossySite) { s.v.post("/factor/recovery", "code", s.codes[0]) },
	},
}

// Whoever gets or loses a second factor hears of it, although something fails after it is stored:
// the callback of the application, or the store. Of a change that is not stored, nobody hears.
func TestNoticesAreNotLost(t *testing.T) {
	t.Parallel()
	for name, c := range lossyChanges {
		for _, broken := range []string{"Callbacks.JWT", "the sign-outs", "the sessions"} {
			t.Run(name+", "+broken, func(t *testing.T) {
				t.Parallel()
				testNoticeIsNotLost(t, c, broken)
			})
		}
	}
}

func testNoticeIsNotLost(t *testing.T, c lossyChange, broken string) {
	t.Helper()
	store, isCut := &brokenStore{Adapter: memadapter.New()}, &atomic.Bool{}
	s := &lossySite{site: newSite(t, func(config *cardea.Config, o *factor.Options) {
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
		if c.isFor != nil {
			c.isFor(o)
		}
	})}
	s.store = store.Adapter
	s.ann = s.user(t, annAddress)
	if s.v = s.visitor(t); c.isFor == nil {
		s.v = s.enter(t, s.ann, "pwd")
	}
	if c.start != nil {
		c.start(s)
	}
	subject := c.subject + " at " + s.host()
	isCut.Store(broken == "Callbacks.JWT")
	store.isBroken.Store(broken != "Callbacks.JWT")
	c.do(s)
	isCut.Store(false)
	store.isBroken.Store(false)
	if slices.Contains(c.failsIn, broken) {
		if broken == "the sign-outs" { // the session in a cookie has ended all the same
			s.v = s.enter(t, s.ann, "pwd")
		}
		c.do(s)
	}
	s.mailTo(t, annAddress, subject)
	s.enter(t, s.user(t, "ben@example.com"), "pwd").enrol()
	s.mailTo(t, "ben@example.com", "New second factor") // all earlier ones have left
	n := 0
	for _, m := range s.mails.All() {
		if m.To == annAddress && m.Subject == subject {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d mails %q, want one for the change that is stored", n, subject)
	}
}
