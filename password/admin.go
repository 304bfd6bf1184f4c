package password

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cardea-auth/cardea"
)

// Has reports whether a user has a password. It is false for a user who does not exist.
func (f *Feature) Has(ctx context.Context, userID string) (bool, error) {
	_, _, err := f.store.PasswordHash(ctx, userID)
	if errors.Is(err, cardea.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// Set gives a user a password, for administrators, seeding and tests, and ends all sessions and
// links of the user in the same transaction. It does not ask the [Policy]. The error is
// [passwordhash.ErrPassword] for a password that is never hashed, such as an empty one,
// [passwordhash.ErrBusy] if too many wait, and [cardea.ErrNotFound] if there is no such user.
func (f *Feature) Set(ctx context.Context, userID, password string) error {
	hash, err := f.hasher.Hash(ctx, password)
	if err != nil {
		return err
	}
	return f.setHash(ctx, userID, hash)
}

// SetHash gives a user the password of a hash that another system has made, for an import. It ends
// sessions and links as Set does. The error is [passwordhash.ErrHash] if no [passwordhash.Verifier]
// of [Options].Hashing accepts the hash.
//
// The hash is replaced by one of [Options].Hashing when the user signs in.
func (f *Feature) SetHash(ctx context.Context, userID, hash string) error {
	if err := f.hasher.Check(hash); err != nil {
		return err
	}
	return f.setHash(ctx, userID, hash)
}

func (f *Feature) setHash(ctx context.Context, userID, hash string) error {
	err := f.host.EndSessions(ctx, userID, func(ctx context.Context) error {
		return f.store.SetPasswordHash(ctx, userID, hash, f.host.Now())
	})
	if err != nil {
		return fmt.Errorf("password: %w", err)
	}
	return nil
}

// export returns when the user got the password, and nil if there is none.
func (f *Feature) export(ctx context.Context, userID string) (any, error) {
	changed, err := f.changedAt(ctx, userID)
	if err != nil || changed.IsZero() {
		return nil, err
	}
	return map[string]time.Time{"changed": changed}, nil
}
