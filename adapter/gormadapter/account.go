package gormadapter

import (
	"cmp"
	"context"
	"slices"

	"github.com/cardea-auth/cardea"
	"gorm.io/gorm/clause"
)

// LinkAccount adds account through GORM.
func (a *Adapter) LinkAccount(ctx context.Context, account *cardea.Account) error {
	entity := a.entities.newAccount()
	entity.setAccount(newID(), account)
	if err := a.writer(ctx, a.account).Omit(clause.Associations).Create(entity).Error; err != nil {
		return a.failedOwned(ctx, "link account", err)
	}
	return nil
}

// UpdateAccount writes the type and those tokens of account that are not empty, through GORM.
func (a *Adapter) UpdateAccount(ctx context.Context, account *cardea.Account) error {
	var changed int64
	if columns := a.filledColumns(account); len(columns) > 0 {
		tx := a.writer(ctx, a.account).Model(a.entities.newAccount()).Where(a.accountKey(account)).Updates(columns)
		if tx.Error != nil {
			return a.failed(ctx, "update account", tx.Error)
		}
		changed = tx.RowsAffected
	}
	if changed > 0 {
		return nil
	}
	// MySQL does not count a row that already is as it should be.
	if err := a.exists(ctx, a.statements.hasAccount, account.Provider, account.ProviderAccountID); err != nil {
		return a.failed(ctx, "update account", err)
	}
	return nil
}

func (a *Adapter) filledColumns(account *cardea.Account) map[string]any {
	columns := map[string]any{}
	for name, value := range map[string]string{
		"Type": string(account.Type), "RefreshToken": account.RefreshToken, "AccessToken": account.AccessToken,
		"TokenType": account.TokenType, "Scope": account.Scope, "IDToken": account.IDToken, "SessionState": account.SessionState,
	} {
		if value != "" {
			columns[a.accountColumn(name)] = value
		}
	}
	if !account.ExpiresAt.IsZero() {
		columns[a.accountColumn("ExpiresAt")] = account.ExpiresAt.Unix()
	}
	return columns
}

func (a *Adapter) accountKey(account *cardea.Account) clause.Expression {
	return clause.And(
		clause.Eq{Column: clause.Column{Name: a.accountColumn("Provider")}, Value: account.Provider},
		clause.Eq{Column: clause.Column{Name: a.accountColumn("ProviderAccountID")}, Value: account.ProviderAccountID},
	)
}

func (a *Adapter) accountColumn(name string) string {
	return a.account.schema.FieldsByName[name].DBName
}

// UnlinkAccount removes the account.
func (a *Adapter) UnlinkAccount(ctx context.Context, provider, providerAccountID string) error {
	if _, err := a.exec(ctx, a.statements.unlinkAccount, provider, providerAccountID); err != nil {
		return a.failed(ctx, "unlink account", err)
	}
	return nil
}

// Accounts returns the accounts of a user, ordered by provider and account id.
func (a *Adapter) Accounts(ctx context.Context, userID string) ([]*cardea.Account, error) {
	rows, err := a.query(ctx, a.statements.accounts, userID)
	if err != nil {
		return nil, a.failed(ctx, "list accounts", err)
	}
	defer rows.Close()
	var accounts []*cardea.Account
	for rows.Next() {
		entity := a.entities.newAccount()
		if err := a.account.scan(ctx, rows, entity); err != nil {
			return nil, a.failed(ctx, "list accounts", err)
		}
		accounts = append(accounts, entity.account())
	}
	if err := rows.Err(); err != nil {
		return nil, a.failed(ctx, "list accounts", err)
	}
	slices.SortFunc(accounts, func(x, y *cardea.Account) int { // here, because databases order by rules of their own
		return cmp.Or(cmp.Compare(x.Provider, y.Provider), cmp.Compare(x.ProviderAccountID, y.ProviderAccountID))
	})
	return accounts, nil
}
