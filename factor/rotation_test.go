package factor_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/factor"
	"github.com/cardea-auth/cardea/memadapter"
)

// An app that was used with a new Config.Secret works after the old one is gone, and one that was
// not does not.
func TestAppsAfterARotationOfTheSecret(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	ann, bob := s.user(t, annAddress), s.user(t, "bob@example.com")
	annApp, _ := s.enter(t, ann, "pwd").enrol()
	bobApp, _ := s.enter(t, bob, "pwd").enrol()

	next := strings.Repeat("n", 32)
	both := rotated(t, s, s.store, next, strings.Repeat("s", 32))
	before := s.factors(t, ann)[0]
	if at := both.waits(t, ann).post("/factor/challenge", "code", annApp.next()).at; at != "/" {
		t.Fatalf("with both secrets: ended at %s", at)
	}
	after := s.factors(t, ann)[0]
	if after.Secret == before.Secret || after.LastStep <= before.LastStep {
		t.Errorf("stored %v, before %v", after, before)
	}
	if at := both.waits(t, ann).post("/factor/challenge", "code", annApp.next()).at; at != "/" {
		t.Errorf("once more: ended at %s", at)
	}
	if again := s.factors(t, ann)[0]; again.Secret != after.Secret {
		t.Error("what is sealed with the present secret was sealed again")
	}

	alone := rotated(t, s, s.store, next)
	if at := alone.waits(t, ann).post("/factor/challenge", "code", annApp.next()).at; at != "/" {
		t.Errorf("without the old secret: ended at %s: %s", at, alone.log)
	}
	p := alone.waits(t, bob).post("/factor/challenge", "code", bobApp.next())
	if p.at == "/" || !strings.Contains(alone.log.String(), "a stored secret cannot be opened") {
		t.Errorf("an app that was not used: ended at %s: %s", p.at, alone.log)
	}
}

// A right code counts also if the store cannot keep the text that is sealed again.
func TestRightCodeCountsWithoutANewSeal(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	u := s.user(t, annAddress)
	a, _ := s.enter(t, u, "pwd").enrol()
	both := rotated(t, s, keepsSecrets{s.store}, strings.Repeat("n", 32), strings.Repeat("s", 32))
	if at := both.waits(t, u).post("/factor/challenge", "code", a.next()).at; at != "/" {
		t.Errorf("ended at %s", at)
	}
	if log := both.log.String(); !strings.Contains(log, "a secret cannot be sealed again") {
		t.Errorf("log: %s", log)
	}
}

// keepsSecrets is a store that cannot replace secrets.
type keepsSecrets struct{ *memadapter.Adapter }

func (keepsSecrets) ReplaceFactorSecret(context.Context, string, string, string, string) error {
	return errors.New("the disk is full")
}

// rotated returns a site with the store and the clock of another one, and other secrets.
func rotated(t *testing.T, s *site, store cardea.Adapter, secret string, previous ...string) *site {
	t.Helper()
	next := newSite(t, func(c *cardea.Config, _ *factor.Options) {
		c.Adapter, c.Secret, c.PreviousSecrets = store, secret, previous
	})
	next.store, next.clock = s.store, s.clock
	next.factor.SetClock(s.clock.now)
	return next
}
