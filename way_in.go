package cardea

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Accounts returns the accounts of a user, ordered by provider and id, for a page on which the user
// sees them; none for a user who has none or does not exist. They come without tokens: what calls a
// provider's API wants [Auth.AccessToken]. Account.Entity, where there is one, is the whole row. A
// user adds an account by signing in with it while signed in.
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
			ProviderAccountID: account.ProviderAccountID,
			Scope:             account.Scope, Entity: account.Entity,
		}
	}
	return accounts, nil
}

// UnlinkAccount removes an account of a user, with its tokens; the provider is not told. One that
// is not there, or is another user's, is no error, and stays. The user's last way in stays too:
// then the error is [ErrLastCredential]. What counts as one is another account of a provider that is
// configured, a proven e-mail address where people sign in by mail, a passkey where the adapter is
// an [AuthenticatorStore], and whatever [Callbacks.HasOtherCredential] says. Of any number of concurrent
// callers one is left with the last. The user's sessions go on.
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
		return missing(err)
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
	if ok, err := a.hasWayIn(ctx, userID, left); err != nil {
		return err
	} else if !ok {
		return ErrLastCredential
	}
	return a.config.Adapter.UnlinkAccount(ctx, provider, id)
}

// hasWayIn reports whether a user can sign in who has these accounts.
func (a *Auth) hasWayIn(ctx context.Context, userID string, accounts []*Account) (bool, error) {
	if slices.ContainsFunc(accounts, func(account *Account) bool { return a.provider(account.Provider) != nil }) {
		return true, nil
	}
	passkeys, err := a.passkeys(ctx, userID)
	if err != nil || len(passkeys) > 0 {
		return err == nil, err
	}
	u, err := a.config.Adapter.UserByID(ctx, userID)
	if err != nil {
		return false, err
	}
	if len(a.mailers) > 0 && u.Email != "" && !u.EmailVerified.IsZero() {
		return true, nil
	}
	if ask := a.config.Callbacks.HasOtherCredential; ask != nil {
		return ask(ctx, u)
	}
	return false, nil
}

// passkeys are those of a user, none where the store has none.
func (a *Auth) passkeys(ctx context.Context, userID string) ([]*Authenticator, error) {
	if store, ok := a.config.Adapter.(AuthenticatorStore); ok {
		return store.Authenticators(ctx, userID)
	}
	return nil, nil
}

func noAdapter(doing string) error {
	return fmt.Errorf("cardea: %s: nothing is stored without an Adapter: %w", doing, errors.ErrUnsupported)
}
