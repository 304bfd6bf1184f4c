package cardea

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cardea-auth/cardea/feature"
)

// PurgeExpired deletes sessions, verification tokens and counts for limits that have expired, in
// batches of 1000, and returns how many. If ctx ends or the store fails, it stops, and returns the
// error with the number of rows that it has deleted so far. It may run concurrently.
//
// Expired rows are never accepted, and most of them are deleted when they are read. An application
// may call PurgeExpired once a day to delete the rest. Without a [Config.Adapter] it does nothing.
func (a *Auth) PurgeExpired(ctx context.Context) (int, error) {
	total := 0
	if s, ok := feature.StoreOf[SessionStore](a.config.Adapter); ok {
		n, err := purge(ctx, s.DeleteExpiredSessions, a.now())
		total += n
		if err != nil {
			return total, fmt.Errorf("cardea: purge sessions: %w", err)
		}
	}
	if s, ok := feature.StoreOf[TokenStore](a.config.Adapter); ok {
		n, err := purge(ctx, s.DeleteExpiredVerificationTokens, a.now())
		total += n
		if err != nil {
			return total, fmt.Errorf("cardea: purge verification tokens: %w", err)
		}
	}
	if s := a.counter.store; s != nil {
		n, err := purge(ctx, s.DeleteExpiredLimits, a.now())
		total += n
		if err != nil && !errors.Is(err, errors.ErrUnsupported) {
			return total, fmt.Errorf("cardea: purge limits: %w", err)
		}
	}
	return total, nil
}

const purgeBatch = 1000 // rows in one call of the store

// purge calls batch until it finds no more rows, and returns how many rows were deleted.
func purge(
	ctx context.Context, batch func(context.Context, time.Time, int) (int, error), before time.Time,
) (int, error) {
	total := 0
	for {
		n, err := batch(ctx, before, purgeBatch)
		total += n
		if err != nil || n < purgeBatch {
			return total, err
		}
	}
}
