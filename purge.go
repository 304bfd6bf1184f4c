package cardea

import (
	"context"
	"fmt"
	"time"
)

// PurgeExpired deletes sessions and verification tokens that have expired, in batches of 1000, and
// returns how many. It stops when ctx ends, or at the first error, with the number that it has
// deleted by then. It may run concurrently.
//
// Expired rows are never accepted, and most of them are deleted when they are read. With
// StrategyDatabase an application may call this once a day to delete the rest.
func (a *Auth) PurgeExpired(ctx context.Context) (int, error) {
	total := 0
	if s, ok := a.config.Adapter.(SessionStore); ok {
		n, err := purge(ctx, s.DeleteExpiredSessions, a.now())
		total += n
		if err != nil {
			return total, fmt.Errorf("cardea: purge sessions: %w", err)
		}
	}
	if s, ok := a.config.Adapter.(TokenStore); ok {
		n, err := purge(ctx, s.DeleteExpiredVerificationTokens, a.now())
		total += n
		if err != nil {
			return total, fmt.Errorf("cardea: purge verification tokens: %w", err)
		}
	}
	return total, nil
}

const purgeBatch = 1000

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
