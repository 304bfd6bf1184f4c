package gormadapter

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/cardea-auth/cardea"
	"gorm.io/gorm/clause"
)

// LinkAccount adds account through GORM. The row is account.Entity, or a new entity if that is nil.
// If the application has an account entity, LinkAccount sets account.Entity to the row.
//
// It returns ErrNotFound if there is no such user, ErrConflict if the account exists, and an error
// if account.Entity has another type than the account entity.
func (a *Adapter) LinkAccount(ctx context.Context, account *cardea.Account) error {
	r, err := a.account.rowFor(account.Entity)
	if err != nil {
		return fmt.Errorf("link account: Account%w", err)
	}
	r.setNewID("")
	r.set("Provider", account.Provider)
	r.set("ProviderAccountID", account.ProviderAccountID)
	r.setTokens(account)
	if err := a.layouts.fitAccount(ctx, "link account", r, account); err != nil {
		return err
	}
	if err := a.insert(ctx, "link account", r, account.UserID); err != nil {
		return err
	}
	account.Entity = r.replacedEntity()
	return nil
}

// setTokens sets the fields that may change with each sign-in: the provider's type, the tokens and
// their expiry.
func (r *row) setTokens(from *cardea.Account) {
	r.set("Type", string(from.Type))
	for _, token := range tokenFields(from) {
		r.set(token.field, nullable(token.value))
	}
	if !from.ExpiresAt.IsZero() {
		r.set("ExpiresAt", from.ExpiresAt.Unix())
	} else {
		r.set("ExpiresAt", nil)
	}
}

// tokenFields returns the texts of an account that may change with each sign-in, with the names of
// their fields.
func tokenFields(a *cardea.Account) [6]struct{ field, value string } {
	return [...]struct{ field, value string }{
		{"RefreshToken", a.RefreshToken},
		{"AccessToken", a.AccessToken},
		{"TokenType", a.TokenType},
		{"Scope", a.Scope},
		{"IDToken", a.IDToken},
		{"SessionState", a.SessionState},
	}
}

// account returns the account whose entity r has.
func (r *row) account() *cardea.Account {
	a := &cardea.Account{
		UserID:            r.text("UserID"),
		Type:              cardea.ProviderType(r.text("Type")),
		Provider:          r.text("Provider"),
		ProviderAccountID: r.text("ProviderAccountID"),
		RefreshToken:      r.text("RefreshToken"),
		AccessToken:       r.text("AccessToken"),
		TokenType:         r.text("TokenType"),
		Scope:             r.text("Scope"),
		IDToken:           r.text("IDToken"),
		SessionState:      r.text("SessionState"),
		Entity:            r.replacedEntity(),
	}
	seconds, ok := columnValue(r.at("ExpiresAt")).(int64)
	if ok && (seconds != 0 || !r.storesZeroAsNull(r.byName["ExpiresAt"])) {
		a.ExpiresAt = time.Unix(seconds, 0).UTC()
	}
	return a
}

// UpdateAccount writes the type and the tokens of account through GORM, but only those that are not
// empty. It writes the expiry if that is set, or if there is a new access token. A token that does
// not fit into its column is removed. It returns ErrNotFound if there is no such account.
func (a *Adapter) UpdateAccount(ctx context.Context, account *cardea.Account) error {
	r, changed := a.account.newRow(), int64(0)
	if fields := fieldsToUpdate(account); len(fields) > 0 {
		r.setTokens(account)
		if r.err != nil {
			return fmt.Errorf("update account: %w", r.err)
		}
		if err := a.layouts.fitAccount(ctx, "update account", r, account); err != nil {
			return err
		}
		var err error
		changed, err = a.updateAccount(ctx, account.Provider, account.ProviderAccountID, r.values(ctx, fields...))
		if err != nil {
			return a.errors.wrap(ctx, "update account", err)
		}
	}
	if changed > 0 {
		return nil
	}
	// MySQL does not count rows that an update leaves unchanged.
	err := a.db.exists(ctx, a.statements.hasAccount, account.Provider, account.ProviderAccountID)
	if err != nil {
		return a.errors.wrap(ctx, "update account", err)
	}
	return nil
}

// ForgetTokens removes the refresh token, the access token with its expiry, and the ID token of the
// account, through GORM. It does nothing if there is no such account.
func (a *Adapter) ForgetTokens(ctx context.Context, provider, providerAccountID string) error {
	r := a.account.newRow()
	r.setTokens(&cardea.Account{})
	nothing := r.values(ctx, "RefreshToken", "AccessToken", "ExpiresAt", "IDToken")
	if _, err := a.updateAccount(ctx, provider, providerAccountID, nothing); err != nil {
		return a.errors.wrap(ctx, "forget tokens", err)
	}
	return nil
}

// updateAccount writes columns of an account and returns how many rows that changed.
func (a *Adapter) updateAccount(
	ctx context.Context, provider, providerAccountID string, columns map[string]any,
) (changed int64, err error) {
	if !a.db.dialect.storable(provider) || !a.db.dialect.storable(providerAccountID) {
		return 0, nil // no account has that key
	}
	condition := clause.And(a.account.sameText("Provider", provider),
		a.account.sameText("ProviderAccountID", providerAccountID))
	err = a.db.write(ctx, func(ctx context.Context) error {
		tx := a.db.writer(ctx, a.account).Model(a.account.entity.new()).Where(condition).Updates(columns)
		changed = tx.RowsAffected
		if a.db.errors.isIncomparable(tx.Error) {
			return nil // no account has that key
		}
		return tx.Error
	})
	return changed, err
}

// fieldsToUpdate returns the names of the fields that UpdateAccount writes.
func fieldsToUpdate(account *cardea.Account) (fields []string) {
	if account.Type != "" {
		fields = append(fields, "Type")
	}
	if !account.ExpiresAt.IsZero() || account.AccessToken != "" { // the expiry belongs to the access token
		fields = append(fields, "ExpiresAt")
	}
	for _, token := range tokenFields(account) {
		if token.value != "" {
			fields = append(fields, token.field)
		}
	}
	return fields
}

// UnlinkAccount removes the account. It does nothing if there is no such account.
func (a *Adapter) UnlinkAccount(ctx context.Context, provider, providerAccountID string) error {
	if _, err := a.db.exec(ctx, a.statements.unlinkAccount, provider, providerAccountID); err != nil {
		return a.errors.wrap(ctx, "unlink account", err)
	}
	return nil
}

// Accounts returns the accounts of a user, ordered by provider and account ID. It returns none and
// no error if there is no such user.
func (a *Adapter) Accounts(ctx context.Context, userID string) ([]*cardea.Account, error) {
	key, err := a.user.key(userID)
	if err != nil {
		return nil, nil // no user has that ID
	}
	rows, err := a.db.readAll(ctx, a.statements.accounts, a.account, key)
	if err != nil {
		return nil, a.errors.wrap(ctx, "list accounts", err)
	}
	accounts := make([]*cardea.Account, len(rows))
	for i, r := range rows {
		accounts[i] = r.account()
	}
	// Sorted here, because each database orders texts differently.
	slices.SortFunc(accounts, func(x, y *cardea.Account) int {
		return cmp.Or(cmp.Compare(x.Provider, y.Provider), cmp.Compare(x.ProviderAccountID, y.ProviderAccountID))
	})
	return accounts, nil
}
