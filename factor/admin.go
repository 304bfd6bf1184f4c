package factor

import (
	"context"
	"fmt"
	"time"
)

// Has reports whether a user has a second factor. It is false for a user who does not exist.
func (f *Feature) Has(ctx context.Context, userID string) (bool, error) {
	has, err := f.store.Factors(ctx, userID)
	return len(has) > 0, err
}

// RemoveAll removes all second factors and recovery codes of a user, for administrators: the user
// has lost them. It ends all sessions, sign-ins that wait, remembered devices and links of the user
// in the same transaction. It asks nothing and sends no mail: make sure that it is the user who
// wants it. For a user who has none, or who does not exist, the error is nil.
func (f *Feature) RemoveAll(ctx context.Context, userID string) error {
	err := f.host.EndSessions(ctx, userID, func(ctx context.Context) error {
		return f.store.DeleteFactors(ctx, userID)
	})
	if err != nil {
		return fmt.Errorf("factor: %w", err)
	}
	return nil
}

// revoke removes what a stranger may have added since some time, when the owner takes the account
// back: newer apps, and all recovery codes, because nobody knows who has seen them. It is called in
// a transaction that ends all else of the user.
func (f *Feature) revoke(ctx context.Context, userID string, since time.Time) error {
	has, err := f.store.Factors(ctx, userID)
	if err != nil || len(has) == 0 {
		return err
	}
	for _, row := range has {
		if row.CreatedAt.Before(since) {
			continue
		}
		if err := f.store.DeleteFactor(ctx, userID, row.ID); err != nil {
			return err
		}
	}
	return f.store.ReplaceRecoveryCodes(ctx, userID, nil)
}
