package cardea

import (
	"context"
	"fmt"
)

// DeleteUser deletes a user, with the user's accounts and their tokens, sessions, passkeys, the
// rows and single-use tokens of [Config].Features, and the links and codes that were mailed to the
// address. Browsers in which the user was signed in are signed out. If there is no such user,
// nothing changes and the error is nil.
//
// If ctx carries a transaction of the application, DeleteUser joins it, so that the application's
// rows can be deleted with the user. The providers are not told, and the person can sign in again
// as a new user. If the user entity has soft deletion, the row stays, and
// [Callbacks].DeletedUser decides whether the person can.
//
// This process refuses the JWT sessions of the user immediately. In the transaction of
// [Host.Transact] or [Proof].Within it does so at the end of that, and not if it is undone. Without
// [SessionConfig].ShareSignOuts, other processes accept them, and extend them while they are used,
// until SessionConfig.Lifetime is over, unless [Handle], [UserAs] or your [Callbacks.Authorized]
// reads the row. Never reuse user IDs, as some databases do with numbers.
//
// Without a [Config.Adapter] the error is [errors.ErrUnsupported].
func (a *Auth) DeleteUser(ctx context.Context, userID string) error {
	if a.config.Adapter == nil {
		return noAdapter("delete user")
	}
	err := transactEnding(ctx, a, userID, func(ctx context.Context) error { return a.deleteUser(ctx, userID) })
	if err != nil {
		return fmt.Errorf("cardea: delete user: %w", err)
	}
	a.log.InfoContext(ctx, "cardea: user deleted", "user", userID)
	return nil
}

// deleteUser is the transaction of DeleteUser.
func (a *Auth) deleteUser(ctx context.Context, userID string) error {
	// First, so that no other transaction adds a token or a row after the user's are deleted.
	if err := a.config.Adapter.LockUser(ctx, userID); ignoreNotFound(err) != nil {
		return err
	}
	if err := a.deleteTokens(ctx, userID); err != nil {
		return err
	}
	if err := a.features.deleteRows(ctx, userID, false); err != nil {
		return err
	}
	return a.config.Adapter.DeleteUser(ctx, userID)
}
