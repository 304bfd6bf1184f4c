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

// LinkAccount adds account, in account.Entity or a new entity, through GORM.
func (a *Adapter) LinkAccount(ctx context.Context, account *cardea.Account) error {
	r, err := a.account.given(a.entities.account, account.Entity)
	if err != nil {
		return fmt.Errorf("link account: Account%w", err)
	}
	a.identify(r, "")
	r.set("Provider", account.Provider)
	r.set("ProviderAccountID", account.ProviderAccountID)
	r.setTokens(account)
	if err := a.insert(ctx, "link account", r, account.UserID); err != nil {
		return err
	}
	account.Entity = r.shown()
	return nil
}

// setTokens sets what may change with each sign-in.
func (r *row) setTokens(from *cardea.Account) {
	r.set("Type", string(from.Type))
	for _, token := range tokens(from) {
		r.set(token.role, optional(token.value))
	}
	if !from.ExpiresAt.IsZero() {
		r.set("ExpiresAt", from.ExpiresAt.Unix())
	} else {
		r.set("ExpiresAt", nil)
	}
}

func tokens(a *cardea.Account) [6]struct{ role, value string } {
	return [...]struct{ role, value string }{
		{"RefreshToken", a.RefreshToken}, {"AccessToken", a.AccessToken}, {"TokenType", a.TokenType},
		{"Scope", a.Scope},
		{"IDToken", a.IDToken}, {"SessionState", a.SessionState},
	}
}

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
		Entity:            r.shown(),
	}
	if seconds, ok := held(r.at("ExpiresAt")).(int64); ok && (seconds != 0 || !r.isBlank(r.roles["ExpiresAt"])) {
		a.ExpiresAt = time.Unix(seconds, 0).UTC()
	}
	return a
}

// UpdateAccount writes the type and those tokens of account that are not empty, through GORM.
func (a *Adapter) UpdateAccount(ctx context.Context, account *cardea.Account) error {
	var changed int64
	if filled := filledRoles(account); len(filled) > 0 && a.dialect.storable(account.Provider) &&
		a.dialect.storable(account.ProviderAccountID) {
		r := a.account.fill(a.entities.account.new())
		if r.setTokens(account); r.err != nil {
			return fmt.Errorf("update account: %w", r.err)
		}
		if err := a.retried(ctx, func() error {
			tx := a.writer(ctx, a.account).Model(a.entities.account.new()).Where(a.accountKey(account)).Updates(
				r.values(ctx, filled...),
			)
			changed = tx.RowsAffected
			return tx.Error
		}); err != nil {
			return a.errors.wrap(ctx, "update account", err)
		}
	}
	if changed > 0 {
		return nil
	}
	// MySQL does not count a row that already is as it should be.
	if err := a.exists(ctx, a.statements.hasAccount, account.Provider, account.ProviderAccountID); err != nil {
		return a.errors.wrap(ctx, "update account", err)
	}
	return nil
}

func filledRoles(account *cardea.Account) (roles []string) {
	if account.Type != "" {
		roles = append(roles, "Type")
	}
	if !account.ExpiresAt.IsZero() || account.AccessToken != "" { // the expiry is of the access token
		roles = append(roles, "ExpiresAt")
	}
	for _, token := range tokens(account) {
		if token.value != "" {
			roles = append(roles, token.role)
		}
	}
	return roles
}

func (a *Adapter) accountKey(account *cardea.Account) clause.Expression {
	return clause.And(a.exactly(a.account, "Provider", account.Provider),
		a.exactly(a.account, "ProviderAccountID", account.ProviderAccountID))
}

// UnlinkAccount removes the account.
func (a *Adapter) UnlinkAccount(ctx context.Context, provider, providerAccountID string) error {
	if _, err := a.exec(ctx, a.statements.unlinkAccount, provider, providerAccountID); err != nil {
		return a.errors.wrap(ctx, "unlink account", err)
	}
	return nil
}

// Accounts returns the accounts of a user, ordered by provider and account id.
func (a *Adapter) Accounts(ctx context.Context, userID string) ([]*cardea.Account, error) {
	key, err := a.key(userID)
	if err != nil {
		return nil, nil // nobody has that id
	}
	rows, err := a.readAll(ctx, a.statements.accounts, a.account, a.entities.account, key)
	if err != nil {
		return nil, a.errors.wrap(ctx, "list accounts", err)
	}
	accounts := make([]*cardea.Account, len(rows))
	for i, r := range rows {
		accounts[i] = r.account()
	}
	slices.SortFunc(accounts, func(x, y *cardea.Account) int { // here, because databases order by rules of their own
		return cmp.Or(cmp.Compare(x.Provider, y.Provider), cmp.Compare(x.ProviderAccountID, y.ProviderAccountID))
	})
	return accounts, nil
}
