package cardea

import (
	"context"
	"fmt"
	"time"
)

// DeleteUser removes a user with all that hangs on it: accounts with their tokens, sessions,
// passkeys, and the links and codes that were mailed to the address. Browsers that are signed in as
// the user are not any more. It takes part in a transaction of the application's that ctx carries,
// so that the application's own rows can go with it. No such user is no error. The providers are
// not told, and nothing keeps the person from signing in as a new user.
//
// A JWT session cannot be taken back: this process refuses it at once, others until it expires only
// where they read the row, as [Handle] and [UserAs] do, or where [Callbacks.Authorized] does. Ids
// must therefore not be given to somebody else afterwards, as some databases do with numbers.
//
// Without a [Config.Adapter] the error is [errors.ErrUnsupported].
func (a *Auth) DeleteUser(ctx context.Context, userID string) error {
	if a.config.Adapter == nil {
		return noAdapter("delete user")
	}
	if err := a.config.Adapter.Transact(ctx, func(ctx context.Context) error {
		return a.deleteUser(ctx, userID)
	}); err != nil {
		return fmt.Errorf("cardea: delete user: %w", err)
	}
	if a.tokens != nil {
		a.tokens.endAll(userID, a.now().Add(time.Second))
	}
	a.log.InfoContext(ctx, "cardea: user deleted", "user", userID)
	return nil
}

func (a *Auth) deleteUser(ctx context.Context, userID string) error {
	u, err := a.config.Adapter.UserByID(ctx, userID)
	if missing(err) != nil {
		return err
	}
	if store, ok := a.config.Adapter.(TokenStore); ok && err == nil && u.Email != "" {
		if _, err := store.DeleteVerificationTokens(ctx, u.Email); err != nil {
			return err
		}
	}
	return a.config.Adapter.DeleteUser(ctx, userID)
}
