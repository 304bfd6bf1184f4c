package oidc_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/internal/oidc"
	"github.com/cardea-auth/cardea/internal/outbound"
)

// forgeries are ID tokens that no key of the issuer verifies, so that its keys are fetched again.
var forgeries = []cardeatest.Misbehaviour{
	cardeatest.KidUnknown, cardeatest.SignatureOfStranger, cardeatest.SignatureBroken, cardeatest.TokenOfStranger,
	cardeatest.HeaderJKU, cardeatest.HeaderX5U,
}

// advancing is a clock that only the test moves, so that a slow machine changes nothing.
type advancing struct {
	start time.Time
	by    atomic.Int64
}

func (a *advancing) now() time.Time          { return a.start.Add(time.Duration(a.by.Load())) }
func (a *advancing) advance(d time.Duration) { a.by.Add(int64(d)) }

func newPartyWithClock(t *testing.T) (party, *advancing) {
	t.Helper()
	clock, op := &advancing{start: time.Now()}, cardeatest.NewIssuer(t)
	op.SetClock(clock.now)
	return party{op, oidc.NewIssuer(oidc.Metadata{Issuer: op.URL}, outbound.Client(true), clock.now)}, clock
}

// forge signs in with each of the forgeries.
func (p party) forge(t *testing.T, forgeries ...cardeatest.Misbehaviour) {
	t.Helper()
	for _, way := range forgeries {
		p.op.Misbehave(way)
		if claims, err := p.signIn(t); err == nil {
			t.Errorf("%s: got %v", way, claims)
		}
	}
	p.op.Misbehave()
}

// OpenID Connect Core 1.0 § 10.1.1: the issuer may rotate its keys at any time, and the client
// fetches them again when it meets an unknown one.
func TestRotationRightAfterAForgedToken(t *testing.T) {
	t.Parallel()
	for _, way := range forgeries {
		t.Run(string(way), func(t *testing.T) {
			t.Parallel()
			p, _ := newPartyWithClock(t)
			if _, err := p.signIn(t); err != nil {
				t.Fatal(err)
			}
			p.forge(t, way)
			p.op.RotateKeys()
			if _, err := p.signIn(t); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestRotationAmongManyForgedTokens(t *testing.T) {
	t.Parallel()
	p, clock := newPartyWithClock(t)
	for round := range 10 {
		for range 5 {
			p.forge(t, forgeries...)
		}
		p.op.RotateKeys()
		clock.advance(5 * time.Second)
		if _, err := p.signIn(t); err != nil {
			t.Errorf("round %d, five seconds after the rotation: %v", round, err)
		}
	}
	if n := p.op.Requests(cardeatest.JWKS); n > 1+2+2*10 {
		t.Errorf("%d requests for keys", n)
	}
}

// The fetch that a forged token causes serves everybody.
func TestForgedTokenMayFetchTheNewKeys(t *testing.T) {
	t.Parallel()
	p, clock := newPartyWithClock(t)
	p.forge(t, forgeries...)
	p.op.RotateKeys()
	clock.advance(5 * time.Second)
	p.forge(t, forgeries[0])
	if _, err := p.signIn(t); err != nil {
		t.Error(err)
	}
}

func TestForgedTokensTogetherCauseFewFetches(t *testing.T) {
	t.Parallel()
	p, clock := newPartyWithClock(t)
	p.op.Misbehave(cardeatest.KidUnknown)
	const seconds = 60
	for range seconds {
		var group sync.WaitGroup
		for range 5 {
			group.Go(func() {
				if claims, err := p.signIn(t); err == nil {
					t.Errorf("got %v", claims)
				}
			})
		}
		group.Wait()
		clock.advance(time.Second)
	}
	if n := p.op.Requests(cardeatest.JWKS); n > 1+2+seconds/5 {
		t.Errorf("%d requests for keys in %d seconds", n, seconds)
	}
}
