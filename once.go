package cardea

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/internal/expiring"
)

// onceStore remembers what was used and may be used once only: in the [TokenStore] of the site if
// there is one, so that all processes know, and in memory. What is in memory is refused without
// asking the store.
type onceStore struct {
	tokens TokenStore // nil if there is none
	flows  expiring.Set
	proofs expiring.Set
	log    *slog.Logger
	stored atomic.Int64 // how many tokens this process has stored
}

func newOnceStore(c *Config) *onceStore {
	s := &onceStore{log: c.Logger}
	s.tokens, _ = feature.StoreOf[TokenStore](c.Adapter)
	return s
}

// useFlow reports whether the flow with that ID is used for the first time. It ends at the given
// time, which is the same at each call.
func (s *onceStore) useFlow(ctx context.Context, provider, id string, now, ends time.Time) (bool, error) {
	if !s.flows.Add(id, now, ends) {
		return false, nil
	}
	return s.store(ctx, tokenOfFlow, provider, id, now, ends)
}

// useProof reports whether a proof of a provider is used for the first time.
func (s *onceStore) useProof(ctx context.Context, provider, proof string, now, until time.Time) (bool, error) {
	if !s.proofs.AddIfRoom(provider+"\x00"+proof, now, until) {
		return false, nil
	}
	return s.store(ctx, tokenOfProof, provider, proof, now, until)
}

// store reports whether no process of the site has stored the ID.
func (s *onceStore) store(ctx context.Context, kind, provider, id string, now, until time.Time) (bool, error) {
	if s.tokens == nil {
		return true, nil
	}
	err := s.tokens.CreateVerificationToken(ctx, newUsedToken(kind, provider, id, until))
	if errors.Is(err, ErrConflict) {
		return false, nil
	}
	if err == nil {
		s.deleteExpired(ctx, now)
	}
	return err == nil, storeError("remember that it was used", err)
}

// deleteExpired deletes some verification tokens that have expired, with every tenth token that is
// stored, so that they do not pile up if nobody calls [Auth.PurgeExpired].
func (s *onceStore) deleteExpired(ctx context.Context, now time.Time) {
	if !s.isPurgeDue() {
		return
	}
	if err := s.purge(ctx, now); err != nil {
		s.purgeFailed(err)
	}
}

const purgeEvery = 10 // tokens

// isPurgeDue counts a token that is stored.
func (s *onceStore) isPurgeDue() bool { return s.stored.Add(1)%purgeEvery == 0 }

func (s *onceStore) purge(ctx context.Context, now time.Time) error {
	_, err := s.tokens.DeleteExpiredVerificationTokens(ctx, now, 2*purgeEvery)
	return err
}

func (s *onceStore) purgeFailed(err error) {
	s.log.Warn("cardea: expired verification tokens not deleted; a later one tries again", "cause", err)
}
