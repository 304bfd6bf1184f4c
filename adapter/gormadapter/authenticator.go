package gormadapter

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/cardea-auth/cardea"
)

// CreateAuthenticator adds authenticator through GORM. The row is authenticator.Entity, or a new
// entity if that is nil. If the application has an authenticator entity, CreateAuthenticator sets
// authenticator.Entity to the row.
//
// It returns ErrNotFound if there is no such user, ErrConflict if the credential ID is taken, and
// an error if authenticator.Entity has another type than the authenticator entity.
func (a *Adapter) CreateAuthenticator(ctx context.Context, authenticator *cardea.Authenticator) error {
	r, err := a.authenticator.rowFor(authenticator.Entity)
	if err != nil {
		return fmt.Errorf("create authenticator: Authenticator%w", err)
	}
	r.setAuthenticator(authenticator)
	if err := a.insert(ctx, "create authenticator", r, authenticator.UserID); err != nil {
		return err
	}
	authenticator.Entity = r.replacedEntity()
	return nil
}

func (r *row) setAuthenticator(from *cardea.Authenticator) {
	r.set("CredentialID", from.CredentialID)
	r.set("ProviderAccountID", from.ProviderAccountID)
	r.set("CredentialPublicKey", from.CredentialPublicKey)
	r.set("Counter", int64(from.Counter))
	r.set("CredentialDeviceType", from.CredentialDeviceType)
	r.set("CredentialBackedUp", from.CredentialBackedUp)
	r.set("Transports", nullable(from.Transports))
}

// authenticator returns the authenticator whose entity r has.
func (r *row) authenticator() *cardea.Authenticator {
	return &cardea.Authenticator{
		CredentialID:         r.text("CredentialID"),
		UserID:               r.text("UserID"),
		ProviderAccountID:    r.text("ProviderAccountID"),
		CredentialPublicKey:  r.text("CredentialPublicKey"),
		Counter:              uint32(numberAt(r.at("Counter"))),
		CredentialDeviceType: r.text("CredentialDeviceType"),
		CredentialBackedUp:   boolAt(r.at("CredentialBackedUp")),
		Transports:           r.text("Transports"),
		Entity:               r.replacedEntity(),
	}
}

// Authenticator returns the authenticator with that credential ID, or ErrNotFound.
func (a *Adapter) Authenticator(ctx context.Context, credentialID string) (*cardea.Authenticator, error) {
	r := a.authenticator.newRow()
	err := a.db.read(ctx, a.statements.authenticator, []any{credentialID}, nil, r)
	if err == nil && r.text("CredentialID") != credentialID { // equal only by the collation
		err = cardea.ErrNotFound
	}
	if err != nil {
		return nil, a.errors.wrap(ctx, "find authenticator", err)
	}
	return r.authenticator(), nil
}

// Authenticators returns the authenticators of a user, ordered by credential ID. It returns none
// and no error if there is no such user, or no such table: MikroORM's adapter does not create it.
func (a *Adapter) Authenticators(ctx context.Context, userID string) ([]*cardea.Authenticator, error) {
	key, err := a.user.key(userID)
	if err != nil {
		return nil, nil // no user has that ID
	}
	if a.layouts.lacks(ctx, a.authenticator) { // PostgreSQL would abort the transaction
		return nil, nil
	}
	rows, err := a.db.readAll(ctx, a.statements.authenticators, a.authenticator, key)
	if err != nil {
		return nil, a.errors.wrap(ctx, "list authenticators", err)
	}
	list := make([]*cardea.Authenticator, len(rows))
	for i, r := range rows {
		list[i] = r.authenticator()
	}
	slices.SortFunc(list, func(x, y *cardea.Authenticator) int { return cmp.Compare(x.CredentialID, y.CredentialID) })
	return list, nil
}

// UpdateAuthenticatorCounter sets the counter if it is higher than the stored one, in one
// statement. Otherwise it returns ErrConflict, unless both are 0, as for an authenticator without a
// counter. It returns ErrNotFound if there is no such authenticator.
func (a *Adapter) UpdateAuthenticatorCounter(ctx context.Context, credentialID string, counter uint32) error {
	n, err := a.db.exec(ctx, a.statements.raiseCounter, int64(counter), credentialID)
	if err == nil && n == 0 {
		err = checkHasNoCounter(ctx, a, credentialID, counter)
	}
	if err != nil {
		return a.errors.wrap(ctx, "update authenticator counter", err)
	}
	return nil
}

// checkHasNoCounter returns nil if both the new and the stored counter are 0: the authenticator
// does not count.
func checkHasNoCounter(ctx context.Context, a *Adapter, credentialID string, counter uint32) error {
	stored, err := a.Authenticator(ctx, credentialID)
	if err == nil && (counter > 0 || stored.Counter > 0) {
		err = cardea.ErrConflict
	}
	return err
}

// DeleteAuthenticator removes the authenticator if it belongs to that user. Otherwise it does
// nothing.
func (a *Adapter) DeleteAuthenticator(ctx context.Context, userID, credentialID string) error {
	key, err := a.user.key(userID)
	if err != nil {
		return nil // no user has that ID
	}
	if _, err := a.db.exec(ctx, a.statements.deleteAuthenticator, key, credentialID); err != nil {
		return a.errors.wrap(ctx, "delete authenticator", err)
	}
	return nil
}
