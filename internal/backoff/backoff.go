// Package backoff waits between the attempts of an operation that failed temporarily.
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

// Wait waits after a failed attempt; the first attempt has the number 0. It waits 25 to 50 ms after
// attempt 0, 50 to 100 ms after 1, 100 to 200 ms after 2, and 200 to 400 ms after every later one.
// The time is random, so that programs that failed together do not try again together. If ctx ends,
// Wait returns its error at once.
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
