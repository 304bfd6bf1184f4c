package sqladapter

import (
	"context"
	"time"

	"github.com/cardea-auth/cardea"
)

const accountColumns = "user_id, type, provider, provider_account_id, refresh_token, access_token, expires_at, " +
	"token_type, scope, id_token, session_state"

// LinkAccount adds account. The expiry is stored to the second.
func (a *Adapter) LinkAccount(ctx context.Context, account *cardea.Account) error {
	_, err := a.exec(ctx, "link account",
		"INSERT INTO account ("+accountColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		account.UserID, account.Type, account.Provider, account.ProviderAccountID,
		account.RefreshToken, account.AccessToken, toMillis(account.ExpiresAt.Truncate(time.Second)),
		account.TokenType, account.Scope, account.IDToken, account.SessionState)
	return err
}

// UpdateAccount writes the fields of account that are not empty. It is one statement, so that it
// cannot overwrite newer tokens that another process stored in between. A new access token replaces
// the expiry too, even with none.
func (a *Adapter) UpdateAccount(ctx context.Context, account *cardea.Account) error {
	expires := toMillis(account.ExpiresAt.Truncate(time.Second))
	return a.execOne(ctx, "update account",
		"UPDATE account SET type = coalesce(nullif(?, ''), type), "+
			"refresh_token = coalesce(nullif(?, ''), refresh_token), "+
			"access_token = coalesce(nullif(?, ''), access_token), "+
			"expires_at = CASE WHEN ? <> '' THEN ? ELSE coalesce(nullif(?, 0), expires_at) END, "+
			"token_type = coalesce(nullif(?, ''), token_type), scope = coalesce(nullif(?, ''), scope), "+
			"id_token = coalesce(nullif(?, ''), id_token), session_state = coalesce(nullif(?, ''), session_state) "+
			"WHERE provider = ? AND provider_account_id = ?",
		account.Type, account.RefreshToken, account.AccessToken, account.AccessToken, expires, expires,
		account.TokenType, account.Scope, account.IDToken, account.SessionState,
		account.Provider, account.ProviderAccountID)
}

// ForgetTokens removes the tokens of the account and their expiry.
func (a *Adapter) ForgetTokens(ctx context.Context, provider, providerAccountID string) error {
	_, err := a.exec(ctx, "forget tokens",
		"UPDATE account SET refresh_token = '', access_token = '', expires_at = 0, id_token = '' "+
			"WHERE provider = ? AND provider_account_id = ?",
		provider, providerAccountID)
	return err
}

// UnlinkAccount removes the account.
func (a *Adapter) UnlinkAccount(ctx context.Context, provider, providerAccountID string) error {
	_, err := a.exec(ctx, "unlink account", "DELETE FROM account WHERE provider = ? AND provider_account_id = ?",
		provider, providerAccountID)
	return err
}

// Accounts returns the accounts of a user, ordered by provider and account id.
func (a *Adapter) Accounts(ctx context.Context, userID string) ([]*cardea.Account, error) {
	rows, err := a.querier(ctx).QueryContext(ctx,
		"SELECT "+accountColumns+" FROM account WHERE user_id = ? ORDER BY provider, provider_account_id", userID)
	if err != nil {
		return nil, mapError("list accounts", err)
	}
	defer rows.Close()
	var accounts []*cardea.Account
	for rows.Next() {
		account, expires := &cardea.Account{}, int64(0)
		err := rows.Scan(&account.UserID, &account.Type, &account.Provider, &account.ProviderAccountID,
			&account.RefreshToken, &account.AccessToken, &expires, &account.TokenType, &account.Scope,
			&account.IDToken, &account.SessionState)
		if err != nil {
			return nil, mapError("list accounts", err)
		}
		account.ExpiresAt = fromMillis(expires)
		accounts = append(accounts, account)
	}
	return accounts, mapError("list accounts", rows.Err())
}
