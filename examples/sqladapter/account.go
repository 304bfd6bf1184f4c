package sqladapter

import (
	"context"
	"time"

	"github.com/cardea-auth/cardea"
)

// LinkAccount adds account.
func (a *Adapter) LinkAccount(ctx context.Context, account *cardea.Account) error {
	_, err := a.write(ctx, "link account",
		"INSERT INTO account (user_id, type, provider, provider_account_id, refresh_token, access_token, "+
			"expires_at, token_type, scope, id_token, session_state) "+
			"VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		account.UserID, account.Type, account.Provider, account.ProviderAccountID, account.RefreshToken,
		account.AccessToken,
		millis(account.ExpiresAt.Truncate(time.Second)), account.TokenType, account.Scope, account.IDToken,
		account.SessionState)
	return err
}

// UpdateAccount writes what is not empty in account, in one statement, so that nobody's newer token
// is lost in between. The expiry goes with the access token.
func (a *Adapter) UpdateAccount(ctx context.Context, account *cardea.Account) error {
	expires := millis(account.ExpiresAt.Truncate(time.Second))
	return a.change(ctx, "update account",
		"UPDATE account SET type = coalesce(nullif(?, ''), type), refresh_token = coalesce(nullif(?, ''), "+
			"refresh_token), "+
			"access_token = coalesce(nullif(?, ''), access_token), expires_at = CASE WHEN ? <> '' THEN ? ELSE "+
			"coalesce(nullif(?, 0), expires_at) END, "+
			"token_type = coalesce(nullif(?, ''), token_type), scope = coalesce(nullif(?, ''), scope), "+
			"id_token = coalesce(nullif(?, ''), id_token), session_state = coalesce(nullif(?, ''), session_state) "+
			"WHERE provider = ? AND provider_account_id = ?",
		account.Type, account.RefreshToken, account.AccessToken, account.AccessToken, expires, expires,
		account.TokenType, account.Scope,
		account.IDToken, account.SessionState, account.Provider, account.ProviderAccountID)
}

// ForgetTokens removes the tokens of the account.
func (a *Adapter) ForgetTokens(ctx context.Context, provider, providerAccountID string) error {
	_, err := a.write(ctx, "forget tokens",
		"UPDATE account SET refresh_token = '', access_token = '', expires_at = 0, id_token = '' WHERE provider = ? "+
			"AND provider_account_id = ?",
		provider, providerAccountID)
	return err
}

// UnlinkAccount removes the account.
func (a *Adapter) UnlinkAccount(ctx context.Context, provider, providerAccountID string) error {
	_, err := a.write(ctx, "unlink account", "DELETE FROM account WHERE provider = ? AND provider_account_id = ?",
		provider, providerAccountID)
	return err
}

// Accounts returns the accounts of a user, ordered by provider and account id.
func (a *Adapter) Accounts(ctx context.Context, userID string) ([]*cardea.Account, error) {
	rows, err := a.in(ctx).QueryContext(ctx,
		"SELECT user_id, type, provider, provider_account_id, refresh_token, access_token, expires_at, token_type, "+
			"scope, id_token, session_state "+
			"FROM account WHERE user_id = ? ORDER BY provider, provider_account_id", userID)
	if err != nil {
		return nil, failed("list accounts", err)
	}
	defer rows.Close()
	var accounts []*cardea.Account
	for rows.Next() {
		account, expires := &cardea.Account{}, int64(0)
		err := rows.Scan(&account.UserID, &account.Type, &account.Provider, &account.ProviderAccountID,
			&account.RefreshToken, &account.AccessToken,
			&expires, &account.TokenType, &account.Scope, &account.IDToken, &account.SessionState)
		if err != nil {
			return nil, failed("list accounts", err)
		}
		account.ExpiresAt = moment(expires)
		accounts = append(accounts, account)
	}
	return accounts, failed("list accounts", rows.Err())
}
