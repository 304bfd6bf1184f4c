package cardea

import (
	"context"
	"fmt"
	"slices"
)

// Accounts returns the accounts of a user, ordered by provider and account id, for a page on which
// the user sees them; none for a user who has none or does not exist.
//
// The accounts have no tokens; code that calls a provider's API uses [Auth.AccessToken].
// Account.Entity, if there is one, is the whole row. A user adds an account by signing in with it
// while signed in.
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

// UnlinkAccount removes an account of a user, with its tokens. The provider is not told. If there
// is no such account, or it belongs to another user, nothing changes and the error is nil. The
// user's sessions stay.
//
// The user's last credential stays too: the error is then [ErrLastCredential]. Credentials are the
// other accounts of configured providers, a verified e-mail address if an [EmailProvider] is
// configured, passkeys if the adapter is an [AuthenticatorStore], and what
// [Callbacks.HasOtherCredential] reports. Of any number of concurrent callers one is left with the
// last.
//
// Without a [Config.Adapter] the error is [errors.ErrUnsupported].
func (a *Auth) UnlinkAccount(ctx context.Context, userID, provider, providerAccountID string) error {
	if a.config.Adapter == nil {
		return noAdapter("unlink account")
	}
	err := a.config.Adapter.Transact(ctx, func(ctx context.Context) error {
		return a.unlink(ctx, userID, provider, providerAccountID)
	})
	if err != nil {
		return fmt.Errorf("cardea: unlink account: %w", err)
	}
	return nil
}

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
	return a.config.Adapter.UnlinkAccount(ctx, provider, id)
}

// hasCredential reports whether a user with these accounts can sign in.
func (a *Auth) hasCredential(ctx context.Context, userID string, accounts []*Account) (bool, error) {
	if slices.ContainsFunc(accounts, func(account *Account) bool { return a.method(account.Provider) != nil }) {
		return true, nil
	}
	keys, err := passkeys(ctx, a.config.Adapter, userID)
	if err != nil || len(keys) > 0 {
		return err == nil, err
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
