package memadapter

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/cardea-auth/cardea"
)

type accountKey struct{ provider, id string }

// LinkAccount adds account.
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

// UpdateAccount writes the type and those tokens of account that are not empty, and the expiry with
// an access token in any case.
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

// ForgetTokens removes the tokens of the account.
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

// UnlinkAccount removes the account.
func (a *Adapter) UnlinkAccount(ctx context.Context, provider, providerAccountID string) error {
	return a.do(ctx, func(tx *transaction) error {
		remove(tx, a.accounts, accountKey{provider, providerAccountID})
		return nil
	})
}

// Accounts returns the accounts of a user, ordered by provider and account id.
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

func storedSeconds(t time.Time) time.Time {
	return stored(t).Truncate(time.Second)
}
