package gormadapter_test

import (
	"context"
	"errors"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
)

// ready looks in the tables of a sign-in for what nobody has. What it deletes is not there either,
// but shows whether the database accepts writes.
func ready(ctx context.Context, store *gormadapter.Adapter) error {
	_, account := store.UserByAccount(ctx, "ready", "ready")
	_, session := store.Session(ctx, "ready")
	_, token := store.ConsumeVerificationToken(ctx, "ready", "ready")
	for _, err := range []error{account, session, token} {
		if err != nil && !errors.Is(err, cardea.ErrNotFound) {
			return err
		}
	}
	return nil
}
