package memadapter

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/cardea-auth/cardea"
)

type accountKey struct{ provider, id string }

// LinkAccount adds account. An account that is already linked, to any user, is
// [cardea.ErrConflict]; a user who does not exist is [cardea.ErrNotFound].
func (a *Adapter) LinkAccount(ctx context.Context, account *cardea.Account) error {
	return a.do(ctx, func(tx *transaction) error {
		key := accountKey{account.Provider, account.ProviderAccountID}
		if _, taken := a.accounts[key]; taken {
			return cardea.ErrConflict
		}
		if _, ok := a.users[account.UserID]; !ok {
			return cardea.ErrNotFound
		}
		row := *account
		row.ExpiresAt, row.Entity = storedSeconds(account.ExpiresAt), nil
		put(tx, a.accounts, key, row)
		return nil
	})
}

// UpdateAccount writes the fields of account that are not empty, but neither the owner nor the key.
// A new access token replaces the stored expiry even if account.ExpiresAt is zero. No such account
// is [cardea.ErrNotFound].
func (a *Adapter) UpdateAccount(ctx context.Context, account *cardea.Account) error {
	return a.do(ctx, func(tx *transaction) error {
		key := accountKey{account.Provider, account.ProviderAccountID}
		row, ok := a.accounts[key]
		if !ok {
			return cardea.ErrNotFound
		}
		row.Type = cmp.Or(account.Type, row.Type)
		row.RefreshToken = cmp.Or(account.RefreshToken, row.RefreshToken)
		if account.AccessToken != "" || !account.ExpiresAt.IsZero() {
			row.ExpiresAt = storedSeconds(account.ExpiresAt)
		}
		row.AccessToken = cmp.Or(account.AccessToken, row.AccessToken)
		row.TokenType = cmp.Or(account.TokenType, row.TokenType)
		row.Scope = cmp.Or(account.Scope, row.Scope)
		row.IDToken = cmp.Or(account.IDToken, row.IDToken)
		row.SessionState = cmp.Or(account.SessionState, row.SessionState)
		put(tx, a.accounts, key, row)
		return nil
	})
}

// ForgetTokens removes the refresh token, the access token with its expiry, and the ID token of the
// account. No such account is no error.
func (a *Adapter) ForgetTokens(ctx context.Context, provider, providerAccountID string) error {
	return a.do(ctx, func(tx *transaction) error {
		key := accountKey{provider, providerAccountID}
		if row, ok := a.accounts[key]; ok {
			row.RefreshToken, row.AccessToken, row.ExpiresAt, row.IDToken = "", "", time.Time{}, ""
			put(tx, a.accounts, key, row)
		}
		return nil
	})
}

// UnlinkAccount removes the account. No such account is no error.
func (a *Adapter) UnlinkAccount(ctx context.Context, provider, providerAccountID string) error {
	return a.do(ctx, func(tx *transaction) error {
		remove(tx, a.accounts, accountKey{provider, providerAccountID})
		return nil
	})
}

// Accounts returns the accounts of a user, ordered by provider and account ID. The list is empty if
// the user has none or does not exist.
func (a *Adapter) Accounts(ctx context.Context, userID string) ([]*cardea.Account, error) {
	var accounts []*cardea.Account
	err := a.do(ctx, func(*transaction) error {
		for _, row := range a.accounts {
			if row.UserID == userID {
				accounts = append(accounts, &row)
			}
		}
		return nil
	})
	slices.SortFunc(accounts, func(x, y *cardea.Account) int {
		return cmp.Or(cmp.Compare(x.Provider, y.Provider), cmp.Compare(x.ProviderAccountID, y.ProviderAccountID))
	})
	return accounts, err
}

// storedSeconds returns t as a database keeps it: in UTC, to the second.
func storedSeconds(t time.Time) time.Time {
	return stored(t).Truncate(time.Second)
}
