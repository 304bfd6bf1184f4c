// Package backoff waits between attempts at something that failed for the moment.
package backoff

import (
	"context"
	"crypto/rand"
	"math/big"
	"time"
)

const (
	shortest   = 50 * time.Millisecond // upper limit of the first wait
	maxDoubles = 3                     // how often the upper limit doubles
)

// Wait waits before another attempt; attempt counts from 0. The wait is a random time between the
// half and the whole of 50 ms for attempt 0, 100 ms for 1, 200 ms for 2 and 400 ms for all later
// ones: random, so that programs that failed together do not try again together. It returns early,
// with the error of ctx, if ctx ends.
func Wait(ctx context.Context, attempt int) error {
	longest := shortest << min(attempt, maxDoubles)
	n, err := rand.Int(rand.Reader, big.NewInt(int64(longest/2)))
	if err != nil {
		return err
	}
	select {
	case <-time.After(longest/2 + time.Duration(n.Int64())):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
