package cardea

import (
	"context"
	"fmt"
	"slices"
)

// Accounts returns the accounts of a user, ordered by provider and account id, for a page that
// shows them to the user. If the user has none or does not exist, the list is empty and the error
// is nil.
//
// The accounts have no tokens; code that calls a provider's API uses [Auth.AccessToken].
// Account.Entity, if there is one, is the whole row. A signed-in user links another account by
// signing in with it.
//
// Without a [Config.Adapter] the error is [errors.ErrUnsupported].
func (a *Auth) Accounts(ctx context.Context, userID string) ([]*Account, error) {
	if a.config.Adapter == nil {
		return nil, noAdapter("list accounts")
	}
	accounts, err := a.config.Adapter.Accounts(ctx, userID)
	if err != nil {
		return nil, fmt.Errorf("cardea: list accounts: %w", err)
	}
	for i, account := range accounts {
		accounts[i] = &Account{
			UserID: account.UserID, Type: account.Type, Provider: account.Provider,
			ProviderAccountID: account.ProviderAccountID, Scope: account.Scope, Entity: account.Entity,
		}
	}
	return accounts, nil
}

// UnlinkAccount removes an account of a user, with its tokens. The provider is not told, and the
// user's sessions stay. If there is no such account, or it belongs to another user, nothing changes
// and the error is nil.
//
// If the user could not sign in without the account, the account stays, and the error is
// [ErrLastCredential]. A user can sign in with another account of a configured provider, with a
// verified e-mail address if an [EmailProvider] is configured, with a passkey if the adapter is an
// [AuthenticatorStore], with the credentials of [Config].Features, and with what
// [Callbacks.HasOtherCredential] reports. Concurrent calls cannot together remove a user's last
// credential.
//
// Without a [Config.Adapter] the error is [errors.ErrUnsupported].
func (a *Auth) UnlinkAccount(ctx context.Context, userID, provider, providerAccountID string) error {
	if a.config.Adapter == nil {
		return noAdapter("unlink account")
	}
	err := transact(ctx, a, func(ctx context.Context) error {
		return a.unlink(ctx, userID, provider, providerAccountID)
	})
	if err != nil {
		return fmt.Errorf("cardea: unlink account: %w", err)
	}
	return nil
}

// unlink is the transaction of UnlinkAccount.
func (a *Auth) unlink(ctx context.Context, userID, provider, id string) error {
	if err := a.config.Adapter.LockUser(ctx, userID); err != nil {
		return ignoreNotFound(err)
	}
	accounts, err := a.config.Adapter.Accounts(ctx, userID)
	if err != nil {
		return err
	}
	left := slices.DeleteFunc(slices.Clone(accounts), func(a *Account) bool {
		return a.Provider == provider && a.ProviderAccountID == id
	})
	if len(left) == len(accounts) {
		return nil
	}
	if ok, err := a.hasCredential(ctx, userID, left); err != nil {
		return err
	} else if !ok {
		return ErrLastCredential
	}
	if err := a.features.deletePending(ctx, a.config.Adapter, userID); err != nil {
		return err
	}
	return a.config.Adapter.UnlinkAccount(ctx, provider, id)
}

// hasCredential reports whether a user who has only these accounts can sign in.
func (a *Auth) hasCredential(ctx context.Context, userID string, accounts []*Account) (bool, error) {
	if slices.ContainsFunc(accounts, func(account *Account) bool { return a.method(account.Provider) != nil }) {
		return true, nil
	}
	keys, err := passkeys(ctx, a.config.Adapter, userID)
	if err != nil || len(keys) > 0 {
		return err == nil, err
	}
	if has, err := a.features.hasCredential(ctx, userID); has || err != nil {
		return has, err
	}
	u, err := a.config.Adapter.UserByID(ctx, userID)
	if err != nil {
		return false, err
	}
	byEmail := slices.ContainsFunc(a.methods, func(m signInMethod) bool { return m.info().provesEmail })
	if byEmail && u.Email != "" && !u.EmailVerified.IsZero() {
		return true, nil
	}
	if ask := a.config.Callbacks.HasOtherCredential; ask != nil {
		return ask(ctx, u)
	}
	return false, nil
}
