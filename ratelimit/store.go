package ratelimit

import (
	"context"
	"time"
)

// Store counts events, such as wrong codes and mails, so that all processes of the site
// share the counts and a restart does not reset them. It is an optional part of an adapter, or a
// store of its own in [Config.Store]. Without one, each process counts in its own memory.
//
// These rules hold for all methods:
//   - They may be called concurrently, and stop when ctx ends.
//   - They do not take part in a transaction that ctx carries. What was counted stays counted if
//     the transaction is undone.
//   - Keys compare byte for byte. They are at most 64 letters and digits, hashes that contain
//     nothing about a person.
//   - If the store has no place for counts, such as a database without the table, the error wraps
//     [errors.ErrUnsupported]. The process then counts in its memory, with one warning in the log.
//     A store may return that error while it is away, too.
//     Any other error is a failure of the store, and what was to be counted is refused with 503.
//
// The time now is that of the caller. A store that several machines use takes its own clock
// instead, so that their clocks need not agree.
type Store interface {
	// TakeLimit counts one event of the key if the limit allows it, in one atomic step. If the
	// limit does not allow it, ok is false, retry is how long it takes until the limit allows one,
	// and nothing changes. Of any number of concurrent callers exactly as many succeed as the limit
	// allows.
	TakeLimit(ctx context.Context, key string, limit Rate, now time.Time) (ok bool, retry time.Duration, err error)

	// GiveLimit takes back one event that TakeLimit has counted with the same limit. If the key is
	// unknown, or its events no longer count, nothing changes and the error is nil.
	GiveLimit(ctx context.Context, key string, limit Rate) error

	// ResetLimit forgets all events of the key. If the key is unknown, the error is nil.
	ResetLimit(ctx context.Context, key string) error

	// DeleteExpiredLimits deletes at most limit keys whose events no longer counted at the given
	// time, and returns how many. If keys expire by themselves, it deletes none, and the error
	// wraps errors.ErrUnsupported.
	DeleteExpiredLimits(ctx context.Context, before time.Time, limit int) (int, error)
}
